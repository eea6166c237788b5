"""The kernel: private modules; the public API is in `codegraph` and `codegraph.plugins`."""

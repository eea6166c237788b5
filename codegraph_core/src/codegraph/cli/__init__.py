"""The command line. This module imports nothing heavy: `codegraph --help` must feel instant."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the `codegraph` command.

    Args:
        arguments: The words after the program's name; None takes them from the process.

    Returns:
        The exit code: 0 success, 1 the command's own 'no', 2 usage, 3 permanent error, 4 transient,
        5 infrastructure, 130 interrupted.
    """
    if arguments is None:
        import os

        # numpy's threads for matrices, of which we have none, would spin for 0.1 s of CPU before they sleep.
        os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    from codegraph.cli.app import run

    code = run(arguments)
    if arguments is None:
        import gc

        gc.freeze()  # the process ends, and a last look for cycles takes 60 ms after a large run
    return code

"""Built-in plugins: languages, parsers, stages, sinks."""

"""Built-in languages."""

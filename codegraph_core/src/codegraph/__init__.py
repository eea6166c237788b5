"""CodeGraph."""

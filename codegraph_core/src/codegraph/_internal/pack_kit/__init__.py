"""Language packs by others: a new one from a template, and the checks of one that is being written."""

"""Error contract 1.0: the classes that CodeGraph raises. Classes, codes and categories are API; texts are not."""

from codegraph_hookspecs.errors import (
    ERROR_CONTRACT_VERSION,
    CodeGraphError,
    ConfigError,
    ConflictError,
    ErrorCategory,
    IndexingError,
    PluginError,
    QueryError,
    StorageError,
)

__all__ = [
    "ERROR_CONTRACT_VERSION",
    "CodeGraphError",
    "ConfigError",
    "ConflictError",
    "ErrorCategory",
    "IndexingError",
    "PluginError",
    "QueryError",
    "StorageError",
]

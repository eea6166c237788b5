"""CodeGraph: turn a repository into a code graph that people and programs query.

Importing this package loads nothing else; each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codegraph._internal.query import EdgeQuery, Explanation, GraphQuery, NodeQuery, Q, Query, TableQuery
    from codegraph._internal.rows import (
        CallSite,
        Diagnostic,
        Edge,
        File,
        Finding,
        Import,
        Metric,
        Node,
        Row,
        Span,
    )
    from codegraph._internal.sdk import CodeGraph, Graph, IndexResult, Module, ModuleGraph, Relation, SymbolView
    from codegraph._internal.settings import IndexingConfig
    from codegraph.errors import (
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
    "CallSite",
    "CodeGraph",
    "CodeGraphError",
    "ConfigError",
    "ConflictError",
    "Diagnostic",
    "Edge",
    "EdgeQuery",
    "ErrorCategory",
    "Explanation",
    "File",
    "Finding",
    "Graph",
    "GraphQuery",
    "Import",
    "IndexResult",
    "IndexingConfig",
    "IndexingError",
    "Metric",
    "Module",
    "ModuleGraph",
    "Node",
    "NodeQuery",
    "PluginError",
    "Q",
    "Query",
    "QueryError",
    "Relation",
    "Row",
    "Span",
    "StorageError",
    "SymbolView",
    "TableQuery",
]

_HOMES = {
    "codegraph._internal.query": ("EdgeQuery", "Explanation", "GraphQuery", "NodeQuery", "Q", "Query", "TableQuery"),
    "codegraph._internal.rows": (
        "CallSite", "Diagnostic", "Edge", "File", "Finding", "Import", "Metric", "Node", "Row", "Span",
    ),
    "codegraph._internal.sdk": (
        "CodeGraph", "Graph", "IndexResult", "Module", "ModuleGraph", "Relation", "SymbolView",
    ),
    "codegraph._internal.settings": ("IndexingConfig",),
    "codegraph.errors": (
        "CodeGraphError", "ConfigError", "ConflictError", "ErrorCategory", "IndexingError", "PluginError",
        "QueryError", "StorageError",
    ),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

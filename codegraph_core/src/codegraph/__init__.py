"""CodeGraph: turn a repository into a code graph that people and programs query.

Importing this package loads nothing else; each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codegraph._internal.contracts import Compatibility, ContractVersion
    from codegraph._internal.query import (
        EdgeQuery,
        Explanation,
        GraphQuery,
        NodeQuery,
        Prefetched,
        Q,
        Query,
        RelatedEdge,
        RelatedNode,
        SqlQuery,
        TableQuery,
    )
    from codegraph._internal.rows import (
        CallSite,
        Diagnostic,
        Edge,
        File,
        Finding,
        Import,
        Metric,
        Node,
        Occurrence,
        Row,
        Span,
    )
    from codegraph._internal.sdk import (
        BasicBlock,
        CodeGraph,
        ControlFlow,
        DefUse,
        Dependence,
        DependencePoint,
        EdgeExplanation,
        ExplainedEdge,
        Export,
        FlowEdge,
        FunctionFlow,
        Graph,
        IndexResult,
        Module,
        ModuleGraph,
        PendingChange,
        Phi,
        ProgramDependence,
        Relation,
        RunError,
        Session,
        Slice,
        SliceLine,
        SnapshotEntry,
        Snapshots,
        Ssa,
        StaleRows,
        SymbolView,
    )
    from codegraph._internal.sdk.jobs import Jobs
    from codegraph._internal.settings import IndexingConfig
    from codegraph._internal.store.definitions import DefinitionChange, TypeStamp
    from codegraph._internal.store.diff import SnapshotDiff
    from codegraph._internal.watching.options import ChangeEvent, WatchOptions
    from codegraph._internal.watching.watcher import Watcher
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
    from codegraph_hookspecs.jobs import Job, JobEntry, JobState

__all__ = [
    "BasicBlock",
    "CallSite",
    "ChangeEvent",
    "CodeGraph",
    "CodeGraphError",
    "Compatibility",
    "ConfigError",
    "ConflictError",
    "ContractVersion",
    "ControlFlow",
    "DefUse",
    "DefinitionChange",
    "Dependence",
    "DependencePoint",
    "Diagnostic",
    "Edge",
    "EdgeExplanation",
    "EdgeQuery",
    "ErrorCategory",
    "ExplainedEdge",
    "Explanation",
    "Export",
    "File",
    "Finding",
    "FlowEdge",
    "FunctionFlow",
    "Graph",
    "GraphQuery",
    "Import",
    "IndexResult",
    "IndexingConfig",
    "IndexingError",
    "Job",
    "JobEntry",
    "JobState",
    "Jobs",
    "Metric",
    "Module",
    "ModuleGraph",
    "Node",
    "NodeQuery",
    "Occurrence",
    "PendingChange",
    "Phi",
    "PluginError",
    "Prefetched",
    "ProgramDependence",
    "Q",
    "Query",
    "QueryError",
    "RelatedEdge",
    "RelatedNode",
    "Relation",
    "Row",
    "RunError",
    "Session",
    "Slice",
    "SliceLine",
    "SnapshotDiff",
    "SnapshotEntry",
    "Snapshots",
    "Span",
    "SqlQuery",
    "Ssa",
    "StaleRows",
    "StorageError",
    "SymbolView",
    "TableQuery",
    "TypeStamp",
    "WatchOptions",
    "Watcher",
]

_HOMES = {
    "codegraph._internal.contracts": ("Compatibility", "ContractVersion"),
    "codegraph._internal.query": (
        "EdgeQuery", "Explanation", "GraphQuery", "NodeQuery", "Prefetched", "Q", "Query", "RelatedEdge",
        "RelatedNode", "SqlQuery", "TableQuery",
    ),
    "codegraph._internal.rows": (
        "CallSite", "Diagnostic", "Edge", "File", "Finding", "Import", "Metric", "Node",
        "Occurrence", "Row", "Span",
    ),
    "codegraph._internal.sdk": (
        "BasicBlock", "CodeGraph", "ControlFlow", "DefUse", "Dependence", "DependencePoint", "EdgeExplanation",
        "ExplainedEdge", "Export", "FlowEdge", "FunctionFlow", "Graph", "IndexResult", "Module", "ModuleGraph",
        "PendingChange", "Phi", "ProgramDependence", "Relation", "RunError", "Session", "Slice", "SliceLine",
        "SnapshotEntry", "Snapshots", "Ssa", "StaleRows", "SymbolView",
    ),
    "codegraph._internal.sdk.jobs": ("Jobs",),
    "codegraph._internal.settings": ("IndexingConfig",),
    "codegraph._internal.store.definitions": ("DefinitionChange", "TypeStamp"),
    "codegraph._internal.store.diff": ("SnapshotDiff",),
    "codegraph._internal.watching.options": ("ChangeEvent", "WatchOptions"),
    "codegraph._internal.watching.watcher": ("Watcher",),
    "codegraph_hookspecs.jobs": ("Job", "JobEntry", "JobState"),
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

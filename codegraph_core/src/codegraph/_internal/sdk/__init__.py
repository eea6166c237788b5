"""The SDK: `CodeGraph` runs the kernel, `Graph` reads what it committed."""

from codegraph._internal.sdk.codegraph import CodeGraph
from codegraph._internal.sdk.explaining import EdgeExplanation, ExplainedEdge
from codegraph._internal.sdk.exporting import Export
from codegraph._internal.sdk.flow import (
    BasicBlock,
    ControlFlow,
    DefUse,
    Dependence,
    DependencePoint,
    FlowEdge,
    FunctionFlow,
    Phi,
    ProgramDependence,
    Ssa,
)
from codegraph._internal.sdk.graph import Graph
from codegraph._internal.sdk.modules import Module, ModuleGraph
from codegraph._internal.sdk.result import IndexResult
from codegraph._internal.sdk.run_errors import RunError
from codegraph._internal.sdk.session import PendingChange, Session
from codegraph._internal.sdk.slicing import Slice, SliceLine
from codegraph._internal.sdk.snapshots import SnapshotEntry, Snapshots
from codegraph._internal.sdk.stale_rows import StaleRows
from codegraph._internal.sdk.symbols import Relation, SymbolView

__all__ = [
    "BasicBlock",
    "CodeGraph",
    "ControlFlow",
    "DefUse",
    "Dependence",
    "DependencePoint",
    "EdgeExplanation",
    "ExplainedEdge",
    "Export",
    "FlowEdge",
    "FunctionFlow",
    "Graph",
    "IndexResult",
    "Module",
    "ModuleGraph",
    "PendingChange",
    "Phi",
    "ProgramDependence",
    "Relation",
    "RunError",
    "Session",
    "Slice",
    "SliceLine",
    "SnapshotEntry",
    "Snapshots",
    "Ssa",
    "StaleRows",
    "SymbolView",
]

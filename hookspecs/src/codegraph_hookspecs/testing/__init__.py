"""Conformance kit v1: checks that a third party's plugin keeps the plugin API's contract.

Each `check_…` function raises `ConformanceError` (an `AssertionError`) with a code and a message. Install
with `codegraph-hookspecs[testing]`; nothing here needs the kernel. `pytest --codegraph-plugin NAME` runs the
checks that fit a plugin (see `pytest_plugin`).
"""

from codegraph_hookspecs.testing.analyzers import check_analyzer, check_finding
from codegraph_hookspecs.testing.damage import check_damage
from codegraph_hookspecs.testing.failures import ConformanceError
from codegraph_hookspecs.testing.languages import check_language_pack, check_truncations
from codegraph_hookspecs.testing.memory import (
    MemoryContext,
    MemorySnapshot,
    Samples,
    documents,
    empty_table,
    ir_artifact,
    parse_samples,
    source_file,
)
from codegraph_hookspecs.testing.parsers import check_parser
from codegraph_hookspecs.testing.parsing import check_batch, check_same_rows
from codegraph_hookspecs.testing.plugins import (
    check_plugin,
    installed_languages,
    installed_linkers,
    installed_parsers,
    load_plugin,
)
from codegraph_hookspecs.testing.resolved_edges import ResolvedEdges, check_resolved_edges, resolve_edges
from codegraph_hookspecs.testing.services import check_executor, check_job_store, check_sink
from codegraph_hookspecs.testing.stages import check_stage
from codegraph_hookspecs.testing.suite import Check, CheckSkipped, conformance_checks, write_baseline
from codegraph_hookspecs.testing.tables import check_tables

__all__ = [
    "Check",
    "CheckSkipped",
    "ConformanceError",
    "MemoryContext",
    "MemorySnapshot",
    "ResolvedEdges",
    "Samples",
    "check_analyzer",
    "check_batch",
    "check_damage",
    "check_executor",
    "check_finding",
    "check_job_store",
    "check_language_pack",
    "check_parser",
    "check_plugin",
    "check_resolved_edges",
    "check_same_rows",
    "check_sink",
    "check_stage",
    "check_tables",
    "check_truncations",
    "conformance_checks",
    "documents",
    "empty_table",
    "installed_languages",
    "installed_linkers",
    "installed_parsers",
    "ir_artifact",
    "load_plugin",
    "parse_samples",
    "resolve_edges",
    "source_file",
    "write_baseline",
]

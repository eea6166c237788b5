"""Conformance kit v1: checks that a third party's plugin keeps the plugin API's contract.

Each `check_…` function raises `ConformanceError` (an `AssertionError`) with a code and a message. Install
with `codegraph-hookspecs[testing]`; nothing here needs the kernel. `pytest --codegraph-plugin NAME` runs the
checks that fit a plugin (see `pytest_plugin`).
"""

from codegraph_hookspecs.testing.analyzers import check_analyzer, check_finding
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
from codegraph_hookspecs.testing.plugins import check_plugin, installed_languages, installed_parsers, load_plugin
from codegraph_hookspecs.testing.services import check_executor, check_sink
from codegraph_hookspecs.testing.stages import check_stage
from codegraph_hookspecs.testing.tables import check_tables

__all__ = [
    "ConformanceError",
    "MemoryContext",
    "MemorySnapshot",
    "Samples",
    "check_analyzer",
    "check_batch",
    "check_executor",
    "check_finding",
    "check_language_pack",
    "check_parser",
    "check_plugin",
    "check_same_rows",
    "check_sink",
    "check_stage",
    "check_tables",
    "check_truncations",
    "documents",
    "empty_table",
    "installed_languages",
    "installed_parsers",
    "ir_artifact",
    "load_plugin",
    "parse_samples",
    "source_file",
]

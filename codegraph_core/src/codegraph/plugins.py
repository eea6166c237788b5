"""For plugin authors: the hook marker, contract types, and `CustomAnalyzer`.

A distributed plugin depends on `codegraph_hookspecs` alone; this module is for code that already uses the SDK.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from codegraph_hookspecs import (
    HOOKSPEC_VERSION,
    IR_ARTIFACT,
    SPAN,
    TABLES,
    AnalysisContext,
    Analyzer,
    Change,
    Diagnostic,
    Grammar,
    IRDocument,
    LanguagePack,
    ParsedBatch,
    ParseOptions,
    Parser,
    ParseSession,
    Pipeline,
    PluginInfo,
    RulePack,
    Sink,
    SnapshotReader,
    SourceFile,
    Stage,
    StageContext,
    StageEvent,
    TableBatch,
    TableSpec,
    hookimpl,
)

if TYPE_CHECKING:
    from codegraph._internal.store.liveness import Holder as ProcessIdentity

__all__ = [
    "HOOKSPEC_VERSION",
    "IR_ARTIFACT",
    "SPAN",
    "TABLES",
    "AnalysisContext",
    "Analyzer",
    "Change",
    "CustomAnalyzer",
    "Diagnostic",
    "Grammar",
    "IRDocument",
    "LanguagePack",
    "ParseOptions",
    "ParseSession",
    "ParsedBatch",
    "Parser",
    "Pipeline",
    "PluginInfo",
    "ProcessIdentity",
    "RulePack",
    "Sink",
    "SnapshotReader",
    "SourceFile",
    "Stage",
    "StageContext",
    "StageEvent",
    "TableBatch",
    "TableSpec",
    "hookimpl",
]


class CustomAnalyzer(Analyzer):
    """An analyzer to register on a `CodeGraph`: define `analyze`, which gets each file's `IRDocument`.

    The name, which is the value of the findings' `analyzer` column, is the class name in kebab-case unless
    the class sets `name`. Setting `version`, and raising it whenever the findings change, lets a run over an
    unchanged repository be skipped.

    >>> class LongFunctions(CustomAnalyzer):
    ...     def analyze(self, ir_document):
    ...         for node in ir_document.rows("nodes"):
    ...             if node["kind"] == "function" and node["end_line"] - node["start_line"] > 100:
    ...                 yield {"type": "long_function", "message": "Split it.", "node_id": node["id"]}
    >>> LongFunctions.name
    'long-functions'
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Give the class its name."""
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            cls.name = (
                re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+", "-", cls.__name__).strip("-").lower()
            )


def __getattr__(name: str) -> Any:
    """Load what needs the store when it is first used (PEP 562)."""
    if name != "ProcessIdentity":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from codegraph._internal.store.liveness import Holder

    return Holder

"""The plugin API of CodeGraph: hooks, contract types and table schemas.

A plugin depends on this package alone. `hookspecs` is the map of the system.
"""

from codegraph_hookspecs import hookspecs
from codegraph_hookspecs._version import HOOKSPEC_VERSION, IR_VERSION
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
from codegraph_hookspecs.languages import (
    FieldUse,
    FqnRules,
    Grammar,
    ImportRules,
    KindRule,
    LanguagePack,
    ModuleName,
    Role,
    TestRules,
    VisibilityRules,
    module_name,
    package_id,
)
from codegraph_hookspecs.markers import PROJECT_NAME, hookimpl, hookspec
from codegraph_hookspecs.parsing import (
    IR_TABLES,
    IRDocument,
    ParsedBatch,
    ParseOptions,
    Parser,
    ParseSession,
    SourceFile,
)
from codegraph_hookspecs.pipeline import Pipeline
from codegraph_hookspecs.services import Embedder, Executor, JobStore, PluginInfo, RulePack, StageEvent
from codegraph_hookspecs.stages import (
    IR_ARTIFACT,
    AnalysisContext,
    Analyzer,
    Change,
    Diagnostic,
    Scope,
    Sink,
    SnapshotReader,
    Stage,
    StageContext,
    TableBatch,
)
from codegraph_hookspecs.tables import (
    CALL_STATUSES,
    EDGE_KINDS,
    FILE_STATUSES,
    NODE_KINDS,
    SPAN,
    TABLES,
    TableSpec,
)

__all__ = [
    "CALL_STATUSES", "EDGE_KINDS", "ERROR_CONTRACT_VERSION", "FILE_STATUSES", "HOOKSPEC_VERSION", "IR_ARTIFACT",
    "IR_TABLES", "IR_VERSION", "NODE_KINDS", "PROJECT_NAME", "SPAN", "TABLES", "AnalysisContext", "Analyzer",
    "Change", "CodeGraphError", "ConfigError", "ConflictError", "Diagnostic", "Embedder", "ErrorCategory",
    "Executor", "FieldUse", "FqnRules", "Grammar", "IRDocument", "ImportRules", "IndexingError", "JobStore",
    "KindRule", "LanguagePack", "ModuleName", "ParseOptions", "ParseSession", "ParsedBatch", "Parser", "Pipeline",
    "PluginError", "PluginInfo", "QueryError", "Role", "RulePack", "Scope", "Sink", "SnapshotReader", "SourceFile",
    "Stage", "StageContext", "StageEvent", "StorageError", "TableBatch", "TableSpec", "TestRules",
    "VisibilityRules", "hookimpl", "hookspec", "hookspecs", "module_name", "package_id",
]  # fmt: skip

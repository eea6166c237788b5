"""The plugin API of CodeGraph: hooks, contract types and table schemas.

A plugin depends on this package alone. `hookspecs` is the map of the system.

Importing it loads no pyarrow (0.2 s of CPU): the names that need it are loaded when they are first used.
"""

from typing import TYPE_CHECKING, Any

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
from codegraph_hookspecs.execution import (
    Executor,
    LostTask,
    SupervisingExecutor,
    TaskLimits,
    sign_of_life,
    start_thread,
)
from codegraph_hookspecs.explaining import (
    CallExplanation,
    EdgeExplainer,
    ExplainedDefinition,
    ExplainedFile,
    ExplanationStep,
)
from codegraph_hookspecs.jobs import (
    JOB_TRANSITIONS,
    Job,
    JobBoard,
    JobEntry,
    JobState,
    JobStore,
    RunningJob,
    WorkerOptions,
)
from codegraph_hookspecs.kinds import CALL_STATUSES, EDGE_KINDS, FILE_STATUSES, NODE_KINDS
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
from codegraph_hookspecs.lowering import LoweredFile, Lowering
from codegraph_hookspecs.markers import PROJECT_NAME, hookimpl, hookspec
from codegraph_hookspecs.parsing import (
    IR_TABLES,
    SOURCES_TABLE,
    IRDocument,
    ParsedBatch,
    ParseOptions,
    Parser,
    ParseSession,
    PrefetchingSession,
    SourceFile,
)
from codegraph_hookspecs.pipeline import Pipeline
from codegraph_hookspecs.services import (
    REPOSITORY_SETTING,
    TIMING_SETTING,
    Embedder,
    PluginInfo,
    RulePack,
    StageEvent,
)
from codegraph_hookspecs.stages import (
    IR_ARTIFACT,
    AnalysisContext,
    Analyzer,
    Change,
    Diagnostic,
    Follower,
    Scope,
    Sink,
    SnapshotReader,
    Stage,
    StageContext,
    TableBatch,
    UpdateContext,
)

if TYPE_CHECKING:
    from codegraph_hookspecs.tables import KEY_COLUMNS, SPAN, TABLES, TableSpec

__all__ = [
    "CALL_STATUSES", "EDGE_KINDS", "ERROR_CONTRACT_VERSION", "FILE_STATUSES", "HOOKSPEC_VERSION", "IR_ARTIFACT",
    "IR_TABLES", "IR_VERSION", "JOB_TRANSITIONS", "KEY_COLUMNS", "NODE_KINDS", "PROJECT_NAME", "REPOSITORY_SETTING",
    "SOURCES_TABLE", "SPAN", "TABLES", "TIMING_SETTING", "AnalysisContext", "Analyzer", "CallExplanation", "Change",
    "CodeGraphError", "ConfigError", "ConflictError", "Diagnostic", "EdgeExplainer", "Embedder", "ErrorCategory",
    "Executor", "ExplainedDefinition", "ExplainedFile", "ExplanationStep", "FieldUse", "Follower", "FqnRules",
    "Grammar", "IRDocument", "ImportRules", "IndexingError", "Job", "JobBoard", "JobEntry", "JobState", "JobStore",
    "KindRule", "LanguagePack", "LostTask", "LoweredFile", "Lowering", "ModuleName", "ParseOptions", "ParseSession",
    "ParsedBatch", "Parser", "Pipeline", "PluginError", "PluginInfo", "PrefetchingSession", "QueryError", "Role",
    "RulePack", "RunningJob", "Scope", "Sink", "SnapshotReader", "SourceFile", "Stage", "StageContext",
    "StageEvent", "StorageError", "SupervisingExecutor", "TableBatch", "TableSpec", "TaskLimits", "TestRules",
    "UpdateContext", "VisibilityRules", "WorkerOptions", "hookimpl", "hookspec", "hookspecs", "module_name",
    "package_id", "sign_of_life", "start_thread",
]  # fmt: skip

_OF_TABLES = ("KEY_COLUMNS", "SPAN", "TABLES", "TableSpec")


def __getattr__(name: str) -> Any:
    """Load a name that needs pyarrow when it is first used (PEP 562)."""
    if name not in _OF_TABLES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from codegraph_hookspecs import tables

    value = getattr(tables, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

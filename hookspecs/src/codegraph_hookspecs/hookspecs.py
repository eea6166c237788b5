"""The map of the system: every hook a plugin can implement.

All arguments are keyword-only in spirit: pluggy passes them by name, and an implementation may leave
out those it does not need. Unless a hook says otherwise, it is called once per run after plugins are
loaded, each implementation singly and under a deadline; one that fails disables its plugin for the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from codegraph_hookspecs.execution import Executor
from codegraph_hookspecs.explaining import EdgeExplainer
from codegraph_hookspecs.jobs import JobStore
from codegraph_hookspecs.languages import LanguagePack
from codegraph_hookspecs.lowering import Lowering
from codegraph_hookspecs.markers import hookspec
from codegraph_hookspecs.parsing import Parser
from codegraph_hookspecs.pipeline import Pipeline
from codegraph_hookspecs.services import Embedder, PluginInfo, RulePack, StageEvent
from codegraph_hookspecs.stages import Analyzer, Sink, Stage


@hookspec
def codegraph_plugin_info() -> PluginInfo:  # type: ignore[empty-body]
    """Say who the plugin is and which hookspecs it was written for.

    When: once, at discovery, before any other hook of the plugin.
    Returns: a `PluginInfo`. A plugin without this hook is named after its entry point, has version
        "0" and is taken to fit any hookspec 1.x.
    Order: none; asked of each plugin by itself.
    Added in: 1.0
    """


@hookspec
def codegraph_languages() -> Sequence[LanguagePack]:  # type: ignore[empty-body]
    """Give language packs.

    When: once per run, before files are discovered.
    Returns: packs in any order. Two packs with one name or one extension are an error that disables
        the plugin found later.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_parsers() -> Sequence[Parser]:  # type: ignore[empty-body]
    """Give parsers.

    When: once per run, before parsing.
    Returns: parsers in any order; `backend` selects by name, "auto" by priority.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_stages() -> Sequence[Stage]:  # type: ignore[empty-body]
    """Give stages of the pipeline.

    When: once per run, before the DAG is composed.
    Returns: stage instances in any order; their `inputs` and `outputs` decide when they run.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_analyzers() -> Sequence[Analyzer]:  # type: ignore[empty-body]
    """Give analyzers, whose findings become rows of `findings`.

    When: once per run, before the DAG is composed; analyzers run after all stages.
    Returns: analyzer instances in any order.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_rules() -> Sequence[RulePack]:  # type: ignore[empty-body]
    """Give rule packs for the analyzers that read them.

    When: once per run, before analyzers run.
    Returns: rule packs in any order.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_sinks() -> Sequence[Sink]:  # type: ignore[empty-body]
    """Give sinks, selected by name when a snapshot is exported.

    When: on export.
    Returns: sink instances in any order.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_executors() -> Sequence[Executor]:  # type: ignore[empty-body]
    """Give executors; the `executor` setting selects one by name.

    When: once per run.
    Returns: executors in any order. One that is a `SupervisingExecutor` survives tasks that hang or kill
        their worker, and the run goes on without the file at fault.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_job_stores() -> Sequence[JobStore]:  # type: ignore[empty-body]
    """Give stores for durable jobs; the beginning of a URL selects one.

    When: when jobs are submitted, looked at or done; never for an index.
    Returns: job stores in any order. One opens URLs that begin with its name and a colon, or with one of its
        `schemes`; opening gives a `JobBoard`.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_embedders() -> Sequence[Embedder]:  # type: ignore[empty-body]
    """Give embedders.

    When: when embeddings are asked for.
    Returns: embedders in any order.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_lowerings() -> Sequence[Lowering]:  # type: ignore[empty-body]
    """Give lowerings to the semantic IR.

    When: when control flow or data flow of a function is asked for.
    Returns: lowerings in any order. Of two for one language the one whose name sorts first is taken.
    Order: none.
    Added in: 1.3
    """


@hookspec
def codegraph_explainers() -> Sequence[EdgeExplainer]:  # type: ignore[empty-body]
    """Give explainers of calls.

    When: when somebody asks why there is an edge of a call.
    Returns: explainers in any order. Of two for one language the one whose name sorts first is taken.
    Order: none.
    Added in: 1.3
    """


@hookspec
def codegraph_modify_pipeline(pipeline: Pipeline) -> None:
    """Have the last word on the composed DAG.

    When: once per run, after stages are collected and before the DAG is checked and ordered.

    Args:
        pipeline: the stages; add, replace and remove in place. Changes by an implementation that
            raises are undone.
    Order: plugins by name; `tryfirst` and `trylast` are honoured.
    Added in: 1.0
    """


@hookspec
def codegraph_stage_started(event: StageEvent) -> None:
    """Observe that a stage starts.

    When: in the scheduler's thread, before each stage.

    Args:
        event: which stage; read only.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_stage_finished(event: StageEvent) -> None:
    """Observe that a stage finished.

    When: in the scheduler's thread, after each stage that succeeded.

    Args:
        event: which stage, its wall seconds and rows by table; read only.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_stage_failed(event: StageEvent) -> None:
    """Observe that a stage failed or passed its deadline.

    When: in the scheduler's thread, after the stage's plugin was disabled for the run.

    Args:
        event: which stage, and `error` with code, category and message; read only.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_snapshot_committed(snapshot_id: str, summary: Mapping[str, Any]) -> None:
    """Observe that a snapshot became visible.

    When: after the commit; an implementation that fails changes nothing about it.

    Args:
        snapshot_id: the new snapshot.
        summary: the object that `codegraph index --json` prints; read only.
    Order: none.
    Added in: 1.0
    """


@hookspec
def codegraph_alert(error: Mapping[str, Any]) -> None:
    """Be told of an infrastructure error (disk full, I/O error, worker lost).

    When: when the error is raised, after its one retry; at once for what a query meets while it streams rows.

    Args:
        error: code, category, message and context as JSON-ready values; read only.
    Order: none.
    Added in: 1.0
    """

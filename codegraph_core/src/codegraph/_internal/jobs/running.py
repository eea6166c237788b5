"""Doing a job: what each kind does, so that doing it twice has the effect of doing it once.

A snapshot names the job that made it. An attempt that finds one ends with it; one that does not builds it from the
checkpoints of the attempts before. Right before the commit it asks the store of jobs whether it is still its turn, and
its own store whether an attempt that was stopped at this point has gone on meanwhile. What is committed after these
questions meets its own commit in the store, where the second is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from codegraph._internal.indexing import CancelToken, Event, Indexer
from codegraph._internal.indexing.checkpoints import Checkpoints
from codegraph._internal.pipeline.cancel import Cancelled
from codegraph._internal.retry import RetryPolicy
from codegraph._internal.settings import IndexingConfig
from codegraph_hookspecs.errors import CodeGraphError, IndexingError

if TYPE_CHECKING:
    from codegraph._internal.sdk.codegraph import CodeGraph
    from codegraph_hookspecs import RunningJob

_ONCE: Final = RetryPolicy(transient=0, infrastructure=0)
"""Attempts are the job's, where they are logged and survive the worker."""


class _MadeMeanwhile(Exception):  # noqa: N818 -- no error: the job is done
    """An earlier attempt, which had been stopped, committed while this one worked."""


class JobToken(CancelToken):
    """The token of a run that does a job: set when the job is cancelled or another worker's."""

    __slots__ = ("_job",)

    def __init__(self, job: RunningJob) -> None:
        super().__init__()
        self._job = job

    @property
    def cancelled(self) -> bool:
        """Whether the run should stop."""
        return self._job.lost or super().cancelled

    def check(self) -> None:
        """Raise `Cancelled` if the run should stop."""
        if self.cancelled:
            raise Cancelled(f"The job {self._job.id} was cancelled, or is another worker's by now.")


def run_job(owner: CodeGraph, job: RunningJob) -> dict[str, Any]:
    """Do a job.

    Args:
        owner: Gives plugins and analyzers.
        job: What to do.

    Returns:
        What the job's record keeps as its result, JSON-ready.

    Raises:
        IndexingError: `job-kind-unknown`.
        CodeGraphError: Whatever the work raises.
    """
    return _kind(job.kind)(owner, job, dict(job.arguments))


def check_job(owner: CodeGraph, kind: str, arguments: Mapping[str, Any]) -> None:
    """Raise what can be known before a job is queued: an unknown kind, a folder or a setting that is not there."""
    _kind(kind)
    _config(owner, arguments)


def delay_policy(policy: RetryPolicy | None = None) -> Callable[[CodeGraphError, int], float | None]:
    """Return how long an attempt's error delays the next one, by the error contract; None where none follows."""
    import random

    chosen = policy or RetryPolicy()

    def delay(error: CodeGraphError, failed: int) -> float | None:
        if failed > chosen.retries(error):
            return None
        seconds = chosen.first_delay_s * 2.0 ** (failed - 1) + random.uniform(0, chosen.jitter_s)
        return float(round(min(seconds, chosen.longest_delay_s), 3))

    return delay


def _index(owner: CodeGraph, job: RunningJob, arguments: Mapping[str, Any]) -> dict[str, Any]:
    config = _config(owner, arguments)
    return _indexed(owner, job, config)


def _export(owner: CodeGraph, job: RunningJob, arguments: Mapping[str, Any]) -> dict[str, Any]:
    from codegraph._internal.plugin_host import PluginHost
    from codegraph._internal.sdk.exporting import export, find_sink
    from codegraph._internal.settings.plugin_tables import with_table

    config = _config(owner, arguments)
    host = PluginHost.load(objects=owner.plugins)
    snapshot, changed = arguments.get("snapshot"), False
    if snapshot is None:
        tables = config.plugins
        for plugin in find_sink(host, arguments["sink"]).needs:
            tables = with_table(tables, plugin, {})
        made = _indexed(owner, job, attrs.evolve(config, plugins=tables))
        snapshot, changed = made["snapshot_id"], made["changed"]
    job.confirm()
    written = export(owner, config, host, arguments["sink"], Path(arguments["output"]), snapshot, {})
    return {**written.to_dict(), "indexed": changed}


def _verify(owner: CodeGraph, job: RunningJob, arguments: Mapping[str, Any]) -> dict[str, Any]:
    from codegraph._internal.sdk.snapshots import Snapshots

    found = Snapshots(_config(owner, arguments)).verify()
    job.confirm()
    problems = [problem.to_dict() for problem in found.problems]
    return {"ok": not problems, "checked": dict(found.checked), "problems": problems}


_KINDS: Final = {"index": _index, "export": _export, "verify": _verify}
KINDS: Final = tuple(_KINDS)
"""What can be done as a job."""


def _kind(name: str) -> Callable[[CodeGraph, RunningJob, dict[str, Any]], dict[str, Any]]:
    if name not in _KINDS:
        raise IndexingError(
            f"There is no kind of job {name!r}; there is: {', '.join(_KINDS)}.",
            code="job-kind-unknown",
            context={"kind": name},
        )
    return _KINDS[name]


def _config(owner: CodeGraph, arguments: Mapping[str, Any]) -> IndexingConfig:
    return owner.index(arguments["path"], **arguments.get("settings", {})).config


def _indexed(owner: CodeGraph, job: RunningJob, config: IndexingConfig) -> dict[str, Any]:
    made = _made_by(job.id, config)
    if made is not None:
        return made
    told = {"restored": 0, "computed": 0}
    restored: set[str] = set()

    def on_checkpoint(what: str, was_kept: bool) -> None:
        if what == "partitions":
            told["restored" if was_kept else "computed"] += 1
        elif was_kept:
            restored.add(what)

    def on_event(event: Event) -> None:
        if event.kind == "progress":
            job.progress(event.stage, event.done, event.total, event.unit)
        elif event.kind == "stage_finished":
            facts = dict(event.data)
            if event.stage == "parse":
                facts |= {"files": event.done, "partitions": dict(told)}
            elif event.stage in restored:
                facts["restored"] = True
            job.log("stage", stage=event.stage, seconds=event.seconds, facts=facts)
        elif event.kind in ("stage_failed", "committed"):
            job.log(event.kind, stage=event.stage, seconds=event.seconds, facts=event.data)

    def confirm() -> None:
        job.confirm()
        if _made_by(job.id, config) is not None:
            raise _MadeMeanwhile

    checkpoints = Checkpoints(config.store_path / "checkpoints", job=job.id, confirm=confirm, told=on_checkpoint)
    indexer: Indexer = owner.indexer(config, JobToken(job), on_event=on_event, retry=_ONCE, checkpoints=checkpoints)
    try:
        result = indexer.run()
    except _MadeMeanwhile:
        made = _made_by(job.id, config)
        assert made is not None
        checkpoints.clear()
        return made
    if result.held is not None:
        result.held.close()
    checkpoints.clear()
    return {"snapshot_id": result.snapshot_id, "changed": result.changed, "summary": _brief(result.summary)}


def _made_by(job: str, config: IndexingConfig) -> dict[str, Any] | None:
    """Return the result of a job whose snapshot an earlier attempt has committed."""
    from codegraph._internal.store.repository import open_store

    if not config.store_path.is_dir():
        return None
    store = open_store(config, reading=True)
    try:
        for info in reversed(store.snapshots()):
            if info.summary.get("job") == job:
                return {"snapshot_id": info.id, "changed": True, "summary": _brief(info.summary)}
    finally:
        store.close()
    return None


def _brief(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts of a summary: what a record of a job keeps."""
    names = ("mode", "mode_run", "mode_reason", "backend", "files", "lines", "nodes", "edges", "seconds", "errors")
    return {name: summary[name] for name in names if name in summary}

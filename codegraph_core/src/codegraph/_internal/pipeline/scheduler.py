"""Runs stages under watch: each in its own daemon thread, with a deadline, its rows staged until it ends well.

A stage that raises, hangs or ends the interpreter fails alone. Rows become visible to dependants and to
the store only after the stage succeeded, and in wave order, so that the result does not depend on timing.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa
from attrs import define, field

from codegraph._internal.pipeline.cancel import Cancelled, CancelToken, Deadline
from codegraph._internal.pipeline.context import Context
from codegraph._internal.pipeline.spool import Spool
from codegraph._internal.pipeline.validate import BatchProblem, checked_batch
from codegraph._internal.plugin_host.calls import describe, is_users
from codegraph_hookspecs import CodeGraphError, ErrorCategory, PluginError, Stage, TableBatch, start_thread

DEFAULT_STAGE_TIMEOUT_S = 3_600.0
"""Deadline of a stage that declares none: a hang must end some day, a big repository must not be cut off."""

_POLL_S = 0.1


@define(kw_only=True, eq=False)
class StageOutcome:
    """How a stage went.

    Args:
        stage: The stage.
        seconds: Wall time in its code.
        rows: Rows by table that passed the boundary check.
        output: Those rows.
        error: Why it failed, or None.
        dropped: Batches that were dropped at the boundary: code and message.
        take: Gets the rows, in the stage's thread, where they do not just go to `output`.
    """

    stage: Stage
    output: Spool
    seconds: float = 0.0
    rows: dict[str, int] = field(factory=dict)
    error: CodeGraphError | None = None
    dropped: list[tuple[str, str]] = field(factory=list)
    take: Callable[[str, pa.RecordBatch], None] | None = None


class Scheduler:
    """Runs stage calls for one run.

    Args:
        cancel: The run's token, looked at while stages run.
        workers: Stages of one wave that run at the same time.
        isolated: False runs stages in the calling thread, without deadlines (for debuggers).
    """

    def __init__(self, *, cancel: CancelToken, workers: int = 1, isolated: bool = True) -> None:
        self._cancel = cancel
        self._workers = max(1, workers)
        self._isolated = isolated

    def run_wave(
        self,
        stages: Sequence[Stage],
        start: Callable[[Stage], tuple[Context, StageOutcome]],
        finished: Callable[[StageOutcome], None],
        idle: Callable[[], None] = lambda: None,
    ) -> None:
        """Run the stages of a wave, at most `workers` at a time.

        Args:
            stages: In the order in which their results count.
            start: Called in this thread before a stage; gives its context and an empty outcome.
            finished: Called in this thread, in the order of `stages`.
            idle: Called in this thread about ten times a second while stages run.

        Raises:
            Cancelled: The token was set; stages still running are cut off from the run.
        """
        waiting, running = list(stages), dict[str, tuple[_Call, StageOutcome]]()
        done: dict[str, StageOutcome] = {}
        finished_queue: queue.SimpleQueue[str] = queue.SimpleQueue()
        position = 0
        try:
            while position < len(stages):
                while waiting and len(running) < self._workers:
                    stage = waiting.pop(0)
                    context, outcome = start(stage)
                    call = _Call(stage, context, outcome, finished_queue)
                    running[stage.name] = (call, outcome)
                    call.start(threaded=self._isolated)
                self._await(running, done, finished_queue)
                idle()
                while position < len(stages) and stages[position].name in done:
                    finished(done[stages[position].name])
                    position += 1
        finally:
            for call, _outcome in running.values():
                call.context.end()

    def _await(
        self,
        running: dict[str, tuple[_Call, StageOutcome]],
        done: dict[str, StageOutcome],
        finished: queue.SimpleQueue[str],
    ) -> None:
        try:
            name = finished.get(timeout=_POLL_S)
        except queue.Empty:
            name = ""
        self._cancel.check()
        if name in running:
            call, outcome = running.pop(name)
            outcome.seconds, outcome.error = call.seconds, call.error
            done[name] = outcome
        for late, (call, outcome) in list(running.items()):
            if call.deadline.passed:
                call.context.end()
                del running[late]
                # The thread may still write to its spool, so the outcome gets none of it.
                outcome.error = PluginError(
                    f"The stage {late!r} did not finish within {call.deadline.seconds:g} s.",
                    code="stage-timeout",
                    context={"stage": late},
                )
                outcome.seconds = call.deadline.seconds or 0.0
                done[late] = outcome


class _Call:
    """One stage's `run`, in a thread."""

    def __init__(self, stage: Stage, context: Context, outcome: StageOutcome, finished: queue.SimpleQueue[str]) -> None:
        self.stage = stage
        self.context = context
        self.outcome = outcome
        self.deadline = context.deadline
        self.seconds = 0.0
        self.error: CodeGraphError | None = None
        self._finished = finished

    def start(self, *, threaded: bool) -> None:
        if threaded:
            start_thread(self._run)
        else:
            self._run()

    def _run(self) -> None:
        began = time.perf_counter()
        try:
            collect(self.outcome, self.stage.run(self.context), self.context)
        except BaseException as error:
            if is_users(error):
                raise
            self.error = stage_error(self.stage, error)
        self.seconds = time.perf_counter() - began
        self._finished.put(self.stage.name)


def collect(outcome: StageOutcome, yielded: Iterable[TableBatch], context: Context) -> None:
    """Take what a stage yields; a batch that breaks the contract is dropped and noted, the rest kept.

    Raises:
        PluginError: The stage yields something that is not (table, batch), or a table it did not declare.
    """
    stage, take = outcome.stage, outcome.take or outcome.output.append
    for item in yielded or ():
        context.check()
        if not isinstance(item, tuple) or len(item) != 2 or not isinstance(item[0], str):
            raise PluginError(
                f"The stage {stage.name!r} yields a {type(item).__name__}, not (table, batch).",
                code="plugin-bad-result",
            )
        table, batch = item
        if table not in stage.tables:
            raise PluginError(
                f"The stage {stage.name!r} yields rows for {table!r}, which it did not declare in `tables`.",
                code="stage-undeclared-table",
                context={"stage": stage.name, "table": table},
            )
        try:
            checked = checked_batch(table, batch)
        except BatchProblem as problem:
            outcome.dropped.append((problem.code, str(problem)))
            continue
        take(table, checked)
        outcome.rows[table] = outcome.rows.get(table, 0) + checked.num_rows


def stage_error(stage: Stage, error: BaseException) -> CodeGraphError:
    """Return the error of a stage's failure, whatever it raised."""
    if isinstance(error, Cancelled):
        return error
    if isinstance(error, CodeGraphError):
        return error
    category = ErrorCategory.INFRASTRUCTURE if isinstance(error, (OSError, MemoryError)) else ErrorCategory.PERMANENT
    return PluginError(
        f"The stage {stage.name!r} raised {type(error).__name__}: {describe(error)}",
        code="stage-failed",
        category=category,
        context={"stage": stage.name},
        cause=error,
    )


def stage_deadline(stage: Stage) -> Deadline:
    """Return the deadline of a stage that starts now."""
    seconds = stage.timeout_s if stage.timeout_s is not None else DEFAULT_STAGE_TIMEOUT_S
    return Deadline(seconds, f"The stage {stage.name!r}")

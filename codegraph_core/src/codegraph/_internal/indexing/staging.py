"""Runs the stages of a run: some on each batch while files are parsed, the others in waves afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from codegraph._internal.indexing.environment import Environment
from codegraph._internal.indexing.events import EventSink
from codegraph._internal.indexing.following import Following
from codegraph._internal.indexing.parsing import Chunk
from codegraph._internal.indexing.project_files import ProjectFiles
from codegraph._internal.indexing.report import Report
from codegraph._internal.indexing.stages import FileStageOverSpool
from codegraph._internal.indexing.summary import SummaryBuilder
from codegraph._internal.indexing.tables import RunTables, is_eager
from codegraph._internal.pipeline.cancel import CancelToken
from codegraph._internal.pipeline.compose import ComposedPipeline
from codegraph._internal.pipeline.context import Context
from codegraph._internal.pipeline.scheduler import Scheduler, StageOutcome, collect, stage_deadline, stage_error
from codegraph._internal.plugin_host import PluginHost, call_with_deadline
from codegraph._internal.settings import IndexingConfig
from codegraph_hookspecs import IR_ARTIFACT, CodeGraphError, Diagnostic, IndexingError, PluginError, Stage, StageEvent

if TYPE_CHECKING:
    from codegraph._internal.indexing.checkpoints import Checkpoints
    from codegraph._internal.store import Transaction

Reader = Callable[[str], Iterator[pa.RecordBatch]]


class StageRunner:
    """Runs the stages of one run and reports how each went.

    Args:
        config: The settings.
        host: The plugins; one whose stage fails is disabled.
        environment: Languages and stages in use.
        pipeline: The composed stages.
        files: What stages read besides artifacts.
        tables: Where stages read and what they give goes.
        report: Gets every failure.
        summary: Gets the time of every stage.
        events: Told of every step.
        cancel: The run's token.
        run_id: For the observation hooks.
        checkpoints: What a durable job keeps of stages.
        replaced: Gives what runs in the place of a stage: a worker process, or the stage itself.
    """

    def __init__(
        self,
        *,
        config: IndexingConfig,
        host: PluginHost,
        environment: Environment,
        pipeline: ComposedPipeline,
        files: ProjectFiles,
        tables: RunTables,
        report: Report,
        summary: SummaryBuilder,
        events: EventSink,
        cancel: CancelToken,
        run_id: str,
        checkpoints: Checkpoints | None = None,
        replaced: Callable[[Stage], Stage] = lambda stage: stage,
    ) -> None:
        self._replaced = replaced
        self._config = config
        self._host = host
        self._environment = environment
        self._pipeline = pipeline
        self._files = files
        self._tables = tables
        self._report = report
        self._summary = summary
        self._events = events
        self._cancel = cancel
        self._run_id = run_id
        self._checkpoints = checkpoints
        self._eager = [stage for stage in pipeline.stages if is_eager(stage)]
        self._following: Following | None = None
        tables.outcomes.update((stage.name, tables.open(stage)) for stage in self._eager)

    # -- while files are parsed ----------------------------------------------------------------------

    def follow(self) -> None:
        """Let stages follow the parser, where there is a thread for it beside parsing; before the first chunk."""
        if self._tables.aside and self._checkpoints is None and self._config.isolation != "none":
            stages = [stage for stage in self._pipeline.stages if stage.scope == "repo" and self._is_here(stage)]
            self._following = Following(
                stages,
                lambda stage, said: self._context(stage, {}, said),
                self._tables.beside,
                self._report.diagnose,
                self._cancel,
            )

    def forget(self) -> None:
        """Let go of what followed the parser: a circle would keep the run, and with it a connection to the store."""
        if self._following is not None:
            self._following.end()
        self._following = None

    def _is_here(self, stage: Stage) -> bool:
        return self._replaced(stage) is stage

    def run_on(self, chunk: Chunk) -> float:
        """Run the stages that need nothing but a batch; return the seconds that took."""
        if self._following is not None:
            self._following.take(chunk)
        began = time.perf_counter()
        for stage in self._eager:
            self._run_eager(stage, chunk)
        return time.perf_counter() - began

    def finish_parsing(self, transaction: Transaction) -> None:
        """Finish the stages that ran while files were parsed."""
        for stage in self._eager:
            outcome = self._tables.outcomes.pop(stage.name)
            outcome.output.seal()
            self._finish(transaction, outcome)

    def _run_eager(self, stage: Stage, chunk: Chunk) -> None:
        outcome = self._tables.outcomes[stage.name]
        if outcome.error is not None:
            return
        context = self._context(stage, {IR_ARTIFACT: _no_ir_yet(stage)})
        began = time.perf_counter()

        def call() -> None:
            collect(outcome, self._replaced(stage).run_batch(context, chunk.parsed()), context)

        try:
            if self._config.isolation == "none":
                call()
            else:
                call_with_deadline(call, deadline_s=context.deadline.seconds, what=f"the stage {stage.name!r}")
        except CodeGraphError as error:
            cause = error.cause if error.code == "plugin-hook-failed" and error.cause is not None else error
            outcome.error = stage_error(stage, cause)
        except Exception as error:  # with isolation "none" nothing stands between
            outcome.error = stage_error(stage, error)
        finally:
            context.end()
        outcome.seconds += time.perf_counter() - began
        self._cancel.check()

    # -- afterwards ----------------------------------------------------------------------------------

    def run_waves(self, transaction: Transaction) -> None:
        """Run all other stages, wave after wave."""
        # Two that want the interpreter take longer beside each other; what needs none has threads of its own.
        workers = max(1, min(2, self._config.parallel_workers - 1))
        scheduler = Scheduler(cancel=self._cancel, workers=workers, isolated=self._config.isolation != "none")
        tables = self._tables
        inner_of = {stage.name: stage for stage in self._pipeline.stages}
        for wave in self._pipeline.waves:
            runnable = [stage for stage in wave if stage.name not in tables.outcomes and self._may_run(stage)]
            wrapped = [self._over(stage) for stage in runnable]
            if not wrapped:
                continue

            def start(stage: Stage, first: Stage = wrapped[0]) -> tuple[Context, StageOutcome]:
                inner = inner_of[stage.name]
                reads = inner.reads if inner.scope == "repo" else None
                artifacts = {artifact: tables.artifact(artifact, self._pipeline, reads) for artifact in inner.inputs}
                self._events.send("stage_started", stage.name)
                event = StageEvent(run_id=self._run_id, stage=stage.name, layer=stage.layer)
                self._host.notify("codegraph_stage_started", event=event)
                # Rows are stored in wave order, so only the first stage's can be while it runs.
                outcome = tables.open_ahead(transaction, inner) if stage is first else tables.open(inner)
                return self._context(inner, artifacts), outcome

            def finished(outcome: StageOutcome) -> None:
                if outcome.error is None:
                    outcome.output.seal()
                self._finish(transaction, outcome)

            scheduler.run_wave(wrapped, start, finished)
            tables.sort_ahead(transaction)

    def _over(self, stage: Stage) -> Stage:
        """Return what runs in the place of a stage."""
        if stage.scope == "file":
            return FileStageOverSpool(self._replaced(stage), self._tables.ir)
        if self._following is not None and self._is_here(stage):
            return self._following.over(stage)
        stage = self._replaced(stage)
        if self._checkpoints is not None:
            return self._checkpoints.stage(stage, self._pipeline, self._environment.digest)
        return stage

    def _may_run(self, stage: Stage) -> bool:
        """Say whether a stage can run; if not, report what it lacks."""
        outcomes, providers = self._tables.outcomes, self._pipeline.providers
        lost = [
            provider
            for artifact in stage.inputs
            if (provider := providers[artifact]) != "parse"
            and (provider not in outcomes or outcomes[provider].error is not None)
        ]
        plugin = self._host.owner(stage)
        if lost:
            why = f"the stage {lost[0]!r}, whose output it needs, did not succeed"
        elif self._report.disabled(plugin):
            why = f"its plugin {plugin!r} is disabled"
        else:
            return True
        error = IndexingError(
            f"The stage {stage.name!r} did not run: {why}.", code="stage-skipped", context={"stage": stage.name}
        )
        outcomes[stage.name] = self._tables.open(stage, error)
        self._report.failed(error, stage=stage.name)
        return False

    # -- both ----------------------------------------------------------------------------------------

    def _context(
        self,
        stage: Stage,
        artifacts: Mapping[str, Reader],
        on_report: Callable[[Diagnostic], None] | None = None,
    ) -> Context:
        name = stage.name
        return Context(
            name=name,
            root=self._config.root_path,
            packs=self._environment.packs,
            workers=self._config.parallel_workers,
            config=self._host.config(self._host.owner(stage)),
            backend=self._config.backend,
            artifacts=artifacts,
            files=self._tables.reading(name, self._files),
            cancel=self._cancel,
            deadline=stage_deadline(stage),
            on_progress=lambda done, total: self._events.progress(name, done, total, ""),
            on_report=on_report or (lambda diagnostic: self._report.diagnose(name, diagnostic)),
        )

    def _finish(self, transaction: Transaction, outcome: StageOutcome) -> None:
        stage = outcome.stage
        self._tables.outcomes[stage.name] = outcome
        self._summary.spent(stage.name, outcome.seconds)
        for code, message in outcome.dropped:
            error = PluginError(
                f"The stage {stage.name!r} gave a batch that was dropped: {message}.",
                code=code,
                context={"stage": stage.name, "plugin": self._host.owner(stage)},
            )
            self._report.error(error, stage=stage.name)
        rows = dict(outcome.rows)
        event = StageEvent(
            run_id=self._run_id,
            stage=stage.name,
            layer=stage.layer,
            seconds=outcome.seconds,
            rows=rows,
            error=outcome.error.to_dict() if outcome.error else None,
        )
        if outcome.error is None:
            self._tables.succeeded(transaction, outcome)
            self._events.send("stage_finished", stage.name, seconds=outcome.seconds, data={"rows": rows})
            self._host.notify("codegraph_stage_finished", event=event)
            return
        self._tables.failed(transaction, outcome)
        self._cancel.check()
        if outcome.error.code == "parity-difference":
            raise outcome.error  # as from the parse step: nothing is stored
        self._report.failed(outcome.error, stage=stage.name)
        self._events.send("stage_failed", stage.name, seconds=outcome.seconds, data=outcome.error.to_dict())
        plugin = self._host.owner(stage)
        if plugin:
            self._host.disable(plugin, outcome.error.message, outcome.error.code)
        self._host.notify("codegraph_stage_failed", event=event)


def _no_ir_yet(stage: Stage) -> Reader:
    def read(_table: str) -> Iterator[pa.RecordBatch]:
        raise PluginError(
            f"The stage {stage.name!r} runs while files are parsed: it has its batch, and no whole artifact yet.",
            code="stage-undeclared-input",
            context={"stage": stage.name},
        )

    return read

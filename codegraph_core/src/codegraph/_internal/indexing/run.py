"""One attempt to index: discover, parse, stages, analyzers, commit. The order of these steps is the product."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from codegraph._internal.discovery import Discovery, path_text
from codegraph._internal.indexing import freshness, unchanged
from codegraph._internal.indexing.analyzing import AnalyzerRunner
from codegraph._internal.indexing.chunks import ChunkRunner
from codegraph._internal.indexing.dispatch import DEFAULT_EXECUTOR, Dispatcher, chosen_executor
from codegraph._internal.indexing.elsewhere import stages_elsewhere
from codegraph._internal.indexing.environment import Environment, gather
from codegraph._internal.indexing.events import EventSink, RunResult
from codegraph._internal.indexing.given_up import GivenUp, GivenUpFile, stage_gave_up
from codegraph._internal.indexing.incremental import lazy, outputs, views
from codegraph._internal.indexing.incremental.engine import IncrementalRun
from codegraph._internal.indexing.incremental.reasons import FullRunNeeded
from codegraph._internal.indexing.incremental.resident import Resident
from codegraph._internal.indexing.incremental.session import record_after
from codegraph._internal.indexing.memory import process_of_a_run
from codegraph._internal.indexing.parsing import Chunk, ParseTeam
from codegraph._internal.indexing.project_files import ProjectFiles
from codegraph._internal.indexing.report import Report
from codegraph._internal.indexing.sources import DiskSources, SourceSet
from codegraph._internal.indexing.stages import composed
from codegraph._internal.indexing.staging import StageRunner
from codegraph._internal.indexing.starting import ParseStart
from codegraph._internal.indexing.stored import SnapshotSources
from codegraph._internal.indexing.summary import SummaryBuilder
from codegraph._internal.indexing.tables import RunTables
from codegraph._internal.logging import get_logger
from codegraph._internal.pandas_later import import_pandas_later
from codegraph._internal.pipeline.cancel import CancelToken
from codegraph._internal.pipeline.spool import SpoolDirectory
from codegraph._internal.plugin_host import PluginHost
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.settings.plugin_tables import asked_for
from codegraph_hookspecs import (
    SOURCES_TABLE,
    Analyzer,
    CodeGraphError,
    Executor,
    IndexingError,
    LanguagePack,
    ParseOptions,
    Parser,
    PluginError,
    Stage,
    StageEvent,
    StorageError,
)

if TYPE_CHECKING:
    from codegraph._internal.indexing.checkpoints import Checkpoints
    from codegraph._internal.indexing.incremental.engine import Preview
    from codegraph._internal.store import SnapshotInfo, Store, Transaction

_log = get_logger("codegraph.indexing")

SPOOL_SHARE: Final = 14
"""The part of `memory_budget_bytes` that spools get: rows being parsed, linked and stored take several times that."""


class Run:
    """One attempt.

    Args:
        config: The settings.
        host: The plugins.
        events: Told of every step.
        analyzers: Analyzers besides those of plugins.
        cancel: Stops the run; the snapshot before it stays.
        sources: Where files come from; the working tree when not given.
        resident: What this process keeps between runs.
        checkpoints: What a durable job keeps of its attempts.
        refresh: Lazy stages and analyzers whose rows must not be stale; see `lazy.wanted`.
    """

    def __init__(
        self,
        config: IndexingConfig,
        host: PluginHost,
        events: EventSink,
        analyzers: tuple[Analyzer, ...],
        cancel: CancelToken,
        sources: SourceSet | None = None,
        resident: Resident | None = None,
        checkpoints: Checkpoints | None = None,
        refresh: frozenset[str] | None = None,
    ) -> None:
        self.config = config
        self.sources: SourceSet = sources or DiskSources(config)
        self.resident = resident or Resident()
        self.host = host
        self.events = events
        self.analyzers = analyzers
        self.cancel = cancel
        self.checkpoints = checkpoints if config.backend != "both" else None  # comparing needs both parsers to run
        self._job = checkpoints
        self.refresh = refresh
        self.root = config.root_path.resolve()
        self.run_id = f"{time.time_ns():x}"
        self.given_up = GivenUp(config.store_path)
        self._parse_codes: set[str] = set()
        self.summary = SummaryBuilder()
        self.report = Report(host, self.summary, events)
        self.spools = SpoolDirectory(config.store_path / "tmp", config.memory_budget_bytes // SPOOL_SHARE)
        self.tables = RunTables(self.spools, self.summary)

    def commit(self, store: Store, reason: str) -> RunResult:
        """Make a snapshot of the sources the head: from the one that they are changes of, where that can be told.

        Raises what `Indexer.run` raises.
        """
        self.report.begin()
        environment = self._environment()
        try:
            base = self.sources.base
            if base is not None and freshness.may_update(self.config):
                updated, _ = self._updated(store, store.find(base), environment, unchanged.Look(""), reason)
                if updated is not None:
                    return updated
            return self._build(store, environment, reason)
        finally:
            self.report.end()
            self.spools.close()

    def preview(self, store: Store, preview: Preview) -> None:
        """Make what `commit` would make of a snapshot, where that can be told without building everything.

        Raises what `Indexer.run` raises.
        """
        self.report.begin()
        try:
            if freshness.may_update(self.config):
                head = preview.head.info
                self._updated(store, head, self._environment(), unchanged.Look(""), "preview", preview)
        finally:
            self.report.end()
            self.spools.close()

    def run(self) -> RunResult:
        """Index the working tree once. Raises what `Indexer.run` raises, without trying again."""
        from codegraph._internal.store.held import HeldSnapshot
        from codegraph._internal.store.repository import open_store

        self.report.begin()
        environment = self._environment()
        store = open_store(self.config)
        try:
            head = store.hold()
            record = None if head is None else self.resident.record(self.config.store_path, head.id)
            look = freshness.reason_to_run(
                store, head, self.config, environment, self.summary, root=self.root, record=record
            )
            if head is not None and not look.reason and (stale := self._stale_of(head, environment)):
                look = evolve(look, reason=f"{', '.join(stale)} refreshed")
            reason = look.reason
            if head is not None and not reason:
                try:
                    held = HeldSnapshot(store, head.id)
                except StorageError as error:
                    if error.code != "segment-corrupt":
                        raise
                    reason = "the current snapshot is damaged"
                else:
                    self.resident.keep_open(store, held.segments())
                    return evolve(freshness.unchanged_result(head, self.config, self.summary), held=held)
            elif head is not None:
                result, reason = self._updated(store, head, environment, look)
                if result is not None:
                    return self._held(store, result)
            return self._held(store, self._build(store, environment, reason))
        except BaseException:
            store.close()
            raise
        finally:
            self.report.end()
            self.spools.close()

    def _stale_of(self, head: SnapshotInfo, environment: Environment) -> list[str]:
        """Return what is stale and asked for, or may not be by the settings.

        Raises:
            IndexingError: Something is asked for that there is not (`stage-unknown`).
        """
        known = [*(each.name for each in environment.stages), *(each.name for each in environment.analyzers)]
        unknown = sorted({name.removeprefix("analyzer:") for name in self.refresh or ()} - {*known})
        if unknown:
            raise IndexingError(
                f"There is no stage or analyzer {unknown[0]!r} to refresh.",
                code="stage-unknown",
                context={
                    "stage": unknown[0],
                    "known": sorted(known),
                    "remedy": "`codegraph pipeline show` lists them.",
                },
            )
        stale = head.summary.get("stale", {})
        due = lazy.due(stale, environment.stages, lambda stage: self.host.config(self.host.owner(stage)))
        return sorted(lazy.wanted(self.refresh, stale, environment.stages) | due)

    def _environment(self) -> Environment:
        settings = json.dumps({**self.config.to_dict(), "mode": ""}, sort_keys=True, default=str)  # no plugin sees it
        key = (settings, tuple(map(id, self.analyzers)))
        return self.resident.environment(self.host, key, lambda: gather(self.host, self.config, self.analyzers))

    def _held(self, store: Store, result: RunResult) -> RunResult:
        from codegraph._internal.store.held import HeldSnapshot

        held = HeldSnapshot(store, result.snapshot_id)
        self.resident.keep_open(store, held.segments())
        return evolve(result, held=held)

    def _updated(
        self,
        store: Store,
        head: SnapshotInfo,
        environment: Environment,
        look: unchanged.Look,
        reason: str = "",
        preview: Preview | None = None,
    ) -> tuple[RunResult | None, str]:
        """Write anew what changed, if that can be told; else say why everything is built."""
        if not freshness.may_update(self.config):
            return None, look.reason
        attempt = IncrementalRun(
            self, store, head, environment, self.resident, always=self.config.mode == "incremental", preview=preview
        )
        import_pandas_later()
        try:
            with process_of_a_run():
                return attempt.execute(look, reason), look.reason
        except FullRunNeeded as why:
            _log.info("everything is built", reason=str(why))
            self.summary = SummaryBuilder()
            self.report.again(self.summary)
            self.tables = RunTables(self.spools, self.summary)
            return None, str(why)

    def _build(self, store: Store, environment: Environment, reason: str) -> RunResult:
        import_pandas_later()
        with process_of_a_run():
            return self._build_snapshot(store, environment, reason)

    def _build_snapshot(self, store: Store, environment: Environment, reason: str) -> RunResult:
        recorded_ns = time.time_ns()
        start = self._parse_start(environment)
        try:
            return self._build_of(self._discover(environment, start), store, environment, reason, start, recorded_ns)
        finally:
            start.close()
            self.close(environment.executor)

    def _build_of(
        self,
        found: Discovery,
        store: Store,
        environment: Environment,
        reason: str,
        start: ParseStart,
        recorded_ns: int,
    ) -> RunResult:
        walked = self.sources.base is None  # a session may have written into folders that the walk passed over
        self.files = ProjectFiles(self.sources, (source.path for source in found.sources), walked=walked)
        pipeline = composed(environment.stages, self.host.owner, self.report.left_out)
        self.tables.plan(pipeline, environment.analyzers)
        stages = StageRunner(
            config=self.config,
            host=self.host,
            environment=environment,
            pipeline=pipeline,
            files=self.files,
            tables=self.tables,
            report=self.report,
            summary=self.summary,
            events=self.events,
            cancel=self.cancel,
            run_id=self.run_id,
            checkpoints=self.checkpoints,
            replaced=stages_elsewhere(
                self,
                environment,
                pipeline.providers,
                pipeline.stages,
                tree=self.sources.tree,
                on_given_up=self._stage_gave_up,
                on_unsendable=lambda _stage, error: self.report.noted(error),
            ),
        )
        analyzers = AnalyzerRunner(
            config=self.config,
            host=self.host,
            environment=environment,
            files=self.files,
            tables=self.tables,
            report=self.report,
            summary=self.summary,
            events=self.events,
            cancel=self.cancel,
        )
        team, chunks = start.ready(found.sources)
        repository = path_text(os.fsencode(self.root))
        with store.begin(repo_id=repository, reason=reason, base=self.sources.base) as transaction:
            aside = self.config.parallel_workers > 1
            with self.tables.storing_aside(aside):
                try:
                    self._parse(transaction, self._chunks(chunks, environment, found), stages, found)
                    _check_parity(team)
                    team.close()
                    self.close(environment.executor)
                    self.tables.trim()
                    self.tables.sort_ahead(transaction)
                    with self.tables.storing_at_once():
                        stages.run_waves(transaction)
                        self.tables.store_provisional(transaction)
                finally:
                    stages.forget()  # first: the thread that stores may be in a stage's call
                self.tables.index(transaction)
                analyzers.run(transaction)
                state = self._state(store, environment, found, recorded_ns)
            self.tables.release(sorted_before=aside)
            return self._commit(transaction, team, environment, found, reason, state)

    @property
    def parse_options(self) -> ParseOptions:
        """How files are parsed."""
        return ParseOptions(
            workers=self.config.parallel_workers,
            max_file_bytes=self.config.max_file_bytes,
            parse_timeout_s=self.config.parse_timeout_s,
            keep_sources=True,
        )

    def _parse_start(self, environment: Environment) -> ParseStart:
        options = self.parse_options
        told: set[str] = set()

        def failed(parser: Parser, error: CodeGraphError) -> None:
            if parser.name not in told:  # by parsers that were made anew for a language that came late
                told.add(parser.name)
                self.report.parser_failed(parser, error)

        def team(packs: dict[str, LanguagePack], parsers: Sequence[Parser]) -> ParseTeam:
            return ParseTeam(
                backend=self.config.backend,
                parsers=parsers,
                packs=packs,
                options=options,
                load=self.sources.load,
                on_failure=failed,
            )

        return self.parse_start(
            environment, make_team=team, on_error=lambda error: self.report.failed(error, stage="parse")
        )

    def parse_start(
        self,
        environment: Environment,
        *,
        make_team: Callable[[dict[str, LanguagePack], Sequence[Parser]], ParseTeam],
        on_error: Callable[[CodeGraphError], None],
    ) -> ParseStart:
        """Return what makes the parsers of this run.

        Args:
            environment: Languages, parsers and the executor.
            make_team: As in `ParseStart`.
            on_error: Told of what goes wrong with a chunk as a whole.
        """
        options = self.parse_options
        here = Dispatcher(chosen_executor(DEFAULT_EXECUTOR, self.host.executors()), self.cancel)

        def runner(packs: dict[str, LanguagePack], team: ParseTeam) -> ChunkRunner:
            return ChunkRunner(
                team=team,
                options=options,
                packs=packs,
                backend=self.config.backend,
                executor=here if environment.executor is None else Dispatcher(environment.executor, self.cancel),
                here=here,
                worker_memory_bytes=self.config.worker_memory_bytes,
                on_error=on_error,
                given_up=self.given_up,
                on_given_up=self.report.noted,
            )

        return ParseStart(
            packs=dict(environment.packs),
            parsers=environment.parsers,
            make_team=make_team,
            make_runner=runner,
            cancel=self.cancel,
        )

    def _stage_gave_up(self, stage: Stage, note: GivenUpFile) -> None:
        error, said = stage_gave_up(stage, note)
        self.report.noted(error)
        self.report.diagnose(stage.name, said)

    def close(self, executor: Executor | None) -> None:
        """End an executor's workers."""
        if executor is not None:
            with contextlib.suppress(Exception):  # a foreign executor's; what it gave was taken already
                executor.close()

    def _discover(self, environment: Environment, start: ParseStart) -> Discovery:
        began = time.perf_counter()
        # A job skips the chunks that an earlier attempt has parsed.
        first = start.first if self.config.parallel_workers > 1 and self.checkpoints is None else None
        found = self.sources.find(environment.packs, first)
        seconds = time.perf_counter() - began
        self.summary.spent("discover", seconds)
        for diagnostic in found.diagnostics:
            self.report.diagnose("discover", diagnostic)
        total = len(found.sources)
        size = sum(source.size for source in found.sources)
        self.events.send(
            "discovered", "discover", done=total, total=total, unit="files", seconds=seconds,
            data={"bytes": size, "other_files": found.other},
        )  # fmt: skip
        self.cancel.check()
        return found

    def _chunks(self, chunks: ChunkRunner, environment: Environment, found: Discovery) -> Iterator[Chunk]:
        if self.checkpoints is None:
            return chunks.chunks(found.sources)
        partitions = chunks.partitions(found.sources)
        sound = lambda: not self.report.incomplete  # noqa: E731
        return self.checkpoints.partitions(partitions, environment.digest, chunks.chunks, sound)

    def _parse(self, transaction: Transaction, chunks: Iterator[Chunk], stages: StageRunner, found: Discovery) -> None:
        began, total, done, size = time.perf_counter(), len(found.sources), 0, 0
        in_stages = 0.0
        self.events.send("stage_started", "parse", total=total, unit="files")
        event = StageEvent(run_id=self.run_id, stage="parse", layer="L1")
        self.host.notify("codegraph_stage_started", event=event)
        stages.follow()
        for chunk in chunks:
            in_stages += stages.run_on(chunk)
            self.tables.parsed(transaction, chunk.batches)
            self._parse_codes.update(chunk.batches["diagnostics"].column("code").to_pylist())
            done += len(chunk.sources)
            size += sum(source.size for source in chunk.sources)
            seconds = time.perf_counter() - began
            self.events.progress("parse", done, total, "files", seconds, lines=self.summary.lines, bytes=size)
        self.tables.ir.seal()
        seconds = time.perf_counter() - began - in_stages
        self.summary.spent("parse", seconds)
        self.events.send("stage_finished", "parse", done=done, total=total, unit="files", seconds=seconds)
        event = StageEvent(run_id=self.run_id, stage="parse", layer="L1", seconds=seconds, rows=dict(self.summary.rows))
        self.host.notify("codegraph_stage_finished", event=event)
        stages.finish_parsing(transaction)

    def _state(self, store: Store, environment: Environment, found: Discovery, recorded_ns: int) -> bytes | None:
        """Return what says later whether anything changed; None where the next run must try again, after a failure."""
        digest = freshness.environment_digest(self.root, environment)
        if self.report.incomplete:
            return None
        if isinstance(self.sources, SnapshotSources):
            return self._session_state(store, self.sources, digest)
        if not found.watched:
            return None
        watched = [*found.watched, *self.files.watched(found.watched)]
        retry_ns = self.given_up.next_try(self._parse_codes)
        return unchanged.encode(watched, environment=digest, recorded_ns=recorded_ns, retry_ns=retry_ns)

    def _session_state(self, store: Store, sources: SnapshotSources, digest: str) -> bytes | None:
        record = unchanged.decode(store.state(unchanged.STATE_NAME, sources.base)) if sources.base else None
        known = outputs.decode(store.state(outputs.STATE_NAME, sources.base)) if sources.base else None
        if record is None or known is None:
            return None
        prefix = os.fsencode(self.root).rstrip(b"/") + b"/"
        after = record_after(record, sources, self.files, known.values(), environment=digest, prefix=prefix)
        return after.to_bytes()

    def _commit(
        self,
        transaction: Transaction,
        team: ParseTeam,
        environment: Environment,
        found: Discovery,
        reason: str,
        state: bytes | None,
    ) -> RunResult:
        self.cancel.check()
        began = time.perf_counter()
        self._check_graph(transaction)
        transaction.put_state(lazy.STATE_NAME, b"")
        diagnostics = self.report.diagnostics()
        if diagnostics is not None:
            self.tables.store(transaction, "diagnostics", diagnostics)
        self.tables.store(transaction, SOURCES_TABLE, self.files.rows())
        if state is not None and not self.report.incomplete:  # the graph was checked meanwhile
            transaction.put_state(unchanged.STATE_NAME, state)
            transaction.put_state(outputs.STATE_NAME, outputs.encode(self.tables.outputs()))
            seen = self.tables.seen()
            if seen is not None:
                transaction.put_state(views.STATE_NAME, seen.to_bytes())
        values: dict[str, Any] = {
            "root": path_text(os.fsencode(self.root)),
            "mode": self.config.mode,
            "mode_run": "full" if self.sources.base is None else "session",
            "mode_reason": reason,
            "changed": True,
            "stale": {},
            "backend": team.backend,
            "workers": self.config.parallel_workers,
            "executor": self.config.executor,
            "other_files": found.other,
            "spilled_bytes": self.spools.spilled_bytes,
            "plugins": {record.name: record.version for record in self.host.plugins() if record.state == "enabled"},
            "layers": sorted(asked_for(self.config.plugins)),
        }
        if team.parity is not None:
            values["parity"] = team.parity.to_dict()
        self.confirm(values)
        snapshot_id = transaction.commit(self.summary.build(snapshot_id="", **values))
        self.summary.spent("commit", time.perf_counter() - began)
        summary = self.summary.build(snapshot_id=snapshot_id, **values)
        _log.info("committed", snapshot_id=snapshot_id, seconds=summary["seconds"]["wall"])
        self.events.send("committed", "commit", seconds=summary["seconds"]["wall"], data={"snapshot_id": snapshot_id})
        self.host.notify("codegraph_snapshot_committed", snapshot_id=snapshot_id, summary=summary)
        return RunResult(snapshot_id=snapshot_id, summary=summary, changed=True, errors=tuple(self.summary.errors))

    def confirm(self, values: dict[str, Any]) -> None:
        """Have the job that this run does, if any, agree to the commit that comes next, and name it in the summary."""
        if self._job is not None:
            values["job"] = self._job.job
            self._job.confirm()

    def _check_graph(self, transaction: Transaction) -> None:
        """Report ids that two nodes share and edges that name no node; who gave them cannot be told any more."""
        counts = transaction.dangling()
        dangling = counts.get("source_id", 0) + counts.get("target_id", 0)
        if dangling:
            message = f"{dangling} ends of edges name no node."
            self.report.error(PluginError(message, code="dangling-edges", context=dict(counts)), stage="commit")
        if counts.get("duplicate_id"):
            message = f"{counts['duplicate_id']} nodes have the id of another node."
            self.report.error(PluginError(message, code="duplicate-node-ids", context=dict(counts)), stage="commit")


def _check_parity(team: ParseTeam) -> None:
    if team.parity is not None and team.parity.total:
        report = team.parity.to_dict()
        raise IndexingError(
            f"The parsers {team.parity.left!r} and {team.parity.right!r} differ in {team.parity.total} rows.",
            code="parity-difference",
            context={"parity": report, "remedy": "Report it; index with a single backend meanwhile."},
        )

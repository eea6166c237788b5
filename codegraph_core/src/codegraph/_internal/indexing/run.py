"""The indexer: discover, parse, stages, analyzers, commit. One `Indexer` does one run.

It is longer than 400 lines because the order of these steps, and what each failure costs, is the product and
reads best in one place; each step's own work is in the module named after it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from codegraph._internal.discovery import Discovery, discover, path_bytes, path_text
from codegraph._internal.indexing import unchanged
from codegraph._internal.indexing.analysis import FindingRows, GraphContext, analyze_all
from codegraph._internal.indexing.environment import Environment, gather
from codegraph._internal.indexing.events import Event, EventSink, RunResult
from codegraph._internal.indexing.memory import return_freed_memory
from codegraph._internal.indexing.parsing import Chunk, ParseTeam
from codegraph._internal.indexing.stages import FileStageOverSpool, composed
from codegraph._internal.indexing.summary import SummaryBuilder
from codegraph._internal.logging import get_logger
from codegraph._internal.pipeline.cancel import CancelToken, Deadline
from codegraph._internal.pipeline.compose import ComposedPipeline
from codegraph._internal.pipeline.context import Context
from codegraph._internal.pipeline.scheduler import Scheduler, StageOutcome, collect, stage_deadline, stage_error
from codegraph._internal.pipeline.spool import Columns, Spool, SpoolDirectory, selected
from codegraph._internal.plugin_host import PluginHost, PluginRecord, call_with_deadline
from codegraph._internal.settings import IndexingConfig
from codegraph_hookspecs import (
    IR_ARTIFACT,
    IR_TABLES,
    TABLES,
    Analyzer,
    CodeGraphError,
    Diagnostic,
    IndexingError,
    ParseOptions,
    Parser,
    PluginError,
    Stage,
    StageEvent,
)

if TYPE_CHECKING:
    from codegraph._internal.store import Store, Transaction

PROVISIONAL_TABLES = ("call_sites", "imports")
"""Tables of the parser that a resolving stage replaces as a whole; without one they are stored as they are."""

ANALYZER_DEADLINE_S = 3_600.0
_RETRY_DELAYS_S = (1.0, 2.0, 4.0)

_log = get_logger("codegraph.indexing")


class Indexer:
    """Builds a snapshot of a repository.

    Args:
        config: The settings.
        plugins: Plugins as objects, besides the installed ones.
        on_event: Gets every `Event`, in the thread that calls `run`.
        analyzers: Analyzers besides those of plugins.
        cancel: Stops the run; the snapshot before it stays.
        origins: Where settings came from, for the errors of plugin settings.
    """

    def __init__(
        self,
        config: IndexingConfig,
        *,
        plugins: Sequence[object] = (),
        on_event: Callable[[Event], None] | None = None,
        analyzers: Sequence[Analyzer] = (),
        cancel: CancelToken | None = None,
        origins: Mapping[str, object] | None = None,
    ) -> None:
        self.config = config
        self._plugins = tuple(plugins)
        self._events = EventSink(on_event)
        self._analyzers = tuple(analyzers)
        self._cancel = cancel or CancelToken()
        self._origins = {key: str(origin) for key, origin in (origins or {}).items()}

    def run(self) -> RunResult:
        """Index the repository.

        Transient errors are tried again up to three times (after 1, 2 and 4 s), infrastructure errors once.

        Returns:
            The new snapshot, or the current one when nothing changed and the mode allows to see that.

        Raises:
            IndexingError: `cancelled`, `backend-unavailable`, `parity-difference`.
            ConfigError: A setting does not fit what is installed.
            StorageError: The snapshot could not be written; the one before it is unchanged.
            ConflictError: Another indexer committed first, three times over.
        """
        host = PluginHost.load(
            objects=self._plugins,
            tables=self.config.plugins,
            origins=self._origins,
            root=self.config.root_path,
        )
        attempt = 0
        while True:
            try:
                return _Run(self.config, host, self._events, self._analyzers, self._cancel).run()
            except CodeGraphError as error:
                retries = {"transient": len(_RETRY_DELAYS_S), "infrastructure": 1}.get(str(error.category), 0)
                if attempt >= retries:
                    if str(error.category) == "infrastructure":
                        host.notify("codegraph_alert", error=error.to_dict())
                    raise
                delay = _RETRY_DELAYS_S[attempt]
                _log.warning("run failed, trying again", code=error.code, attempt=attempt + 1, delay_s=delay)
                self._pause(delay)
                attempt += 1

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._cancel.check()
            time.sleep(min(left, 0.1))


class _Run:
    """One attempt."""

    def __init__(
        self,
        config: IndexingConfig,
        host: PluginHost,
        events: EventSink,
        analyzers: tuple[Analyzer, ...],
        cancel: CancelToken,
    ) -> None:
        self.config = config
        self.host = host
        self.events = events
        self.analyzers = analyzers
        self.cancel = cancel
        self.summary = SummaryBuilder()
        self.diagnostics: list[dict[str, Any]] = []
        self.run_id = f"{time.time_ns():x}"
        self.spools = SpoolDirectory(config.store_path / "tmp", config.memory_budget_bytes // 4)
        self.ir = Spool(self.spools)
        self.outcomes: dict[str, StageOutcome] = {}
        self._known_disabled: set[str] = set()
        self._read_later: frozenset[str] = frozenset()  # stages whose rows something else will read
        self._readers: list[Mapping[str, Sequence[str]] | None] = []  # what stages and analyzers say they read
        self._incomplete = False  # something failed that may succeed next time

    def run(self) -> RunResult:
        from codegraph._internal.store import Store

        for record in self.host.plugins():
            if record.state == "disabled":
                self._plugin_disabled(record)
        self.host.on_disabled(self._plugin_disabled)
        environment = gather(self.host, self.config, self.analyzers)
        store = Store.open(self.config.store_path)
        try:
            reason = self._reason_to_run(store, environment)
            if not reason:
                return self._unchanged(store)
            return self._build(store, environment, reason)
        finally:
            self.spools.close()
            store.close()

    # -- nothing changed -----------------------------------------------------------------------------

    def _reason_to_run(self, store: Store, environment: Environment) -> str:
        """Say why everything is built, or return an empty string when the current snapshot is up to date."""
        mode = self.config.mode
        if mode == "full":
            return "asked for"
        if mode == "smart" and not self.config.auto_detect_mode:
            return "auto_detect_mode is off"
        head = store.head()
        if head is None:
            return "there is no snapshot yet"
        began_ns, began = time.time_ns(), time.perf_counter()
        verified_ns = unchanged.read_verified(self.config.store_path, head.id)
        difference = unchanged.difference(
            store.state(unchanged.STATE_NAME),
            environment=self._environment_digest(environment),
            content_hashes=lambda: self._content_hashes(store),
            verified_ns=verified_ns,
            paranoid=self.config.paranoid,
        )
        self.summary.spent("unchanged-check", time.perf_counter() - began)
        if not difference and began_ns - verified_ns > unchanged.GRAIN_NS:
            unchanged.write_verified(self.config.store_path, head.id, began_ns)
        return difference

    def _environment_digest(self, environment: Environment) -> str:
        return f"{environment.digest}:{os.fsencode(self.config.root_path.resolve()).hex()}"

    def _content_hashes(self, store: Store) -> dict[bytes, str | None]:
        prefix = os.fsencode(self.config.root_path.resolve()).rstrip(b"/") + b"/"
        hashes: dict[bytes, str | None] = {}
        with store.snapshot() as snapshot:
            for batch in snapshot.scan("files", ["path", "content_hash"]):
                for path, digest in zip(
                    batch.column("path").to_pylist(), batch.column("content_hash").to_pylist(), strict=True
                ):
                    hashes[prefix + path_bytes(path)] = digest
        return hashes

    def _unchanged(self, store: Store) -> RunResult:
        head = store.head()
        if head is None:
            raise IndexingError("The current snapshot is gone.", code="snapshot-missing")
        fresh = self.summary.build()
        errors = [
            *fresh["errors"],
            *(error for error in head.summary.get("errors", ()) if error not in fresh["errors"]),
        ]
        summary = {
            **head.summary,
            "snapshot_id": head.id,
            "mode": self.config.mode,
            "mode_run": "unchanged",
            "mode_reason": "nothing changed",
            "changed": False,
            "seconds": fresh["seconds"],
            "lines_per_second": 0,
            "peak_rss_bytes": fresh["peak_rss_bytes"],
            "errors": errors,
        }
        return RunResult(snapshot_id=head.id, summary=summary, changed=False, errors=tuple(errors))

    # -- building ------------------------------------------------------------------------------------

    def _build(self, store: Store, environment: Environment, reason: str) -> RunResult:
        recorded_ns = time.time_ns()
        found = self._discover(environment)
        pipeline = composed(environment.stages, self.host.owner, self._pipeline_error)
        providers = {pipeline.providers[artifact] for stage in pipeline.stages for artifact in stage.inputs}
        everything = {stage.name for stage in pipeline.stages} if environment.analyzers else set()
        self._read_later = frozenset(providers | everything)
        readers: list[Stage | Analyzer] = [
            *(stage for stage in pipeline.stages if not _is_eager(stage)),
            *environment.analyzers,
        ]
        self._readers = [getattr(each, "reads", None) if each.scope == "repo" else None for each in readers]
        languages = {source.language for source in found.sources}
        packs = {name: pack for name, pack in environment.packs.items() if name in languages}
        team = ParseTeam(
            backend=self.config.backend,
            parsers=environment.parsers,
            packs=packs,
            options=ParseOptions(
                workers=self.config.parallel_workers,
                max_file_bytes=self.config.max_file_bytes,
                parse_timeout_s=self.config.parse_timeout_s,
            ),
            cancel=self.cancel,
            on_failure=self._parser_failed,
        )
        repository = path_text(os.fsencode(self.config.root_path.resolve()))
        try:
            with store.begin(repo_id=repository, reason=reason) as transaction:
                self._parse(transaction, team, pipeline, found, environment)
                self._check_parity(team)
                team.close()
                self._run_stages(transaction, pipeline, environment)
                self._append_provisional(transaction)
                self._analyze(transaction, environment)
                self._release()
                return self._commit(transaction, team, environment, found, reason, recorded_ns)
        finally:
            team.close()

    def _discover(self, environment: Environment) -> Discovery:
        began = time.perf_counter()
        found = discover(
            self.config.root_path.resolve(),
            environment.packs,
            include=self.config.include,
            exclude=self.config.exclude,
            skip=[self.config.store_path.resolve()],
            watch=True,
        )
        seconds = time.perf_counter() - began
        self.summary.spent("discover", seconds)
        for diagnostic in found.diagnostics:
            self._diagnose("discover", diagnostic)
        total = len(found.sources)
        size = sum(source.size for source in found.sources)
        self.events.send(
            "discovered", "discover", done=total, total=total, unit="files", seconds=seconds,
            data={"bytes": size, "other_files": found.other},
        )  # fmt: skip
        self.cancel.check()
        return found

    def _parse(
        self,
        transaction: Transaction,
        team: ParseTeam,
        pipeline: ComposedPipeline,
        found: Discovery,
        environment: Environment,
    ) -> None:
        eager = [stage for stage in pipeline.stages if _is_eager(stage)]
        for stage in eager:
            self.outcomes[stage.name] = StageOutcome(stage=stage, output=Spool(self.spools))
        kept = self._tables_needed(pipeline, environment)
        began, total, done, size = time.perf_counter(), len(found.sources), 0, 0
        in_stages = 0.0
        self.events.send("stage_started", "parse", total=total, unit="files")
        self._notify_stage("codegraph_stage_started", StageEvent(run_id=self.run_id, stage="parse", layer="L1"))
        for chunk in team.chunks(found.sources):
            for table in ("files", "nodes", "diagnostics"):
                self._append(transaction, table, chunk.batches[table])
            for table in kept:
                batch, columns = chunk.batches[table], self._needed(table)
                self.ir.append(table, batch if columns is None else selected(batch, columns))
            stage_began = time.perf_counter()
            for stage in eager:
                self._run_eager(stage, chunk, environment)
            in_stages += time.perf_counter() - stage_began
            done += len(chunk.sources)
            size += sum(source.size for source in chunk.sources)
            seconds = time.perf_counter() - began
            self.events.progress("parse", done, total, "files", seconds, lines=self.summary.lines, bytes=size)
        self.ir.seal()
        seconds = time.perf_counter() - began - in_stages
        self.summary.spent("parse", seconds)
        self.events.send("stage_finished", "parse", done=done, total=total, unit="files", seconds=seconds)
        event = StageEvent(run_id=self.run_id, stage="parse", layer="L1", seconds=seconds, rows=dict(self.summary.rows))
        self._notify_stage("codegraph_stage_finished", event)
        for stage in eager:
            outcome = self.outcomes.pop(stage.name)
            outcome.output.seal()
            self._finish_stage(transaction, outcome)

    def _tables_needed(self, pipeline: ComposedPipeline, environment: Environment) -> tuple[str, ...]:
        """Return the IR tables that something after parsing may read."""
        later = any(IR_ARTIFACT in stage.inputs for stage in pipeline.stages if not _is_eager(stage))
        if not later and not environment.analyzers:
            return PROVISIONAL_TABLES
        return tuple(table for table in IR_TABLES if self._needed(table) != frozenset())

    def _needed(self, table: str) -> Columns:
        """Return the columns of a table that something after this moment reads."""
        if table in PROVISIONAL_TABLES:  # stored as they are if no stage replaces them
            return None
        return self._read(table)

    def _read(self, table: str) -> Columns:
        """Return the columns of a table that some stage or analyzer reads."""
        columns: set[str] = set()
        for reads in self._readers:
            if reads is None:
                return None
            columns.update(reads.get(table, ()))
        return frozenset(columns)

    def _run_eager(self, stage: Stage, chunk: Chunk, environment: Environment) -> None:
        outcome = self.outcomes[stage.name]
        if outcome.error is not None:
            return
        context = self._context(stage, environment, {IR_ARTIFACT: _no_ir_yet(stage)})
        began = time.perf_counter()

        def call() -> None:
            collect(outcome, stage.run_batch(context, chunk.parsed()), context)

        try:
            if self.config.isolation == "none":
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
        self.cancel.check()

    def _run_stages(self, transaction: Transaction, pipeline: ComposedPipeline, environment: Environment) -> None:
        workers = min(2, self.config.parallel_workers)
        scheduler = Scheduler(cancel=self.cancel, workers=workers, isolated=self.config.isolation != "none")
        for wave in pipeline.waves:
            runnable = [stage for stage in wave if stage.name not in self.outcomes and self._may_run(stage, pipeline)]
            wrapped = [FileStageOverSpool(stage, self.ir) if stage.scope == "file" else stage for stage in runnable]

            def start(stage: Stage) -> tuple[Context, StageOutcome]:
                inner = stage.inner if isinstance(stage, FileStageOverSpool) else stage
                artifacts = {artifact: self._artifact(artifact, pipeline) for artifact in inner.inputs}
                self.events.send("stage_started", stage.name)
                event = StageEvent(run_id=self.run_id, stage=stage.name, layer=stage.layer)
                self._notify_stage("codegraph_stage_started", event)
                context = self._context(inner, environment, artifacts)
                return context, StageOutcome(stage=inner, output=Spool(self.spools))

            def finished(outcome: StageOutcome) -> None:
                if outcome.error is None:
                    outcome.output.seal()
                self._finish_stage(transaction, outcome)

            scheduler.run_wave(wrapped, start, finished)

    def _may_run(self, stage: Stage, pipeline: ComposedPipeline) -> bool:
        """Say whether a stage can run; if not, report what it lacks."""
        lost = [
            provider
            for artifact in stage.inputs
            if (provider := pipeline.providers[artifact]) != "parse"
            and (provider not in self.outcomes or self.outcomes[provider].error is not None)
        ]
        plugin = self.host.owner(stage)
        if lost:
            code, why = "stage-skipped", f"the stage {lost[0]!r}, whose output it needs, did not succeed"
        elif plugin in self._known_disabled:
            code, why = "stage-skipped", f"its plugin {plugin!r} is disabled"
        else:
            return True
        error = IndexingError(f"The stage {stage.name!r} did not run: {why}.", code=code, context={"stage": stage.name})
        self.outcomes[stage.name] = StageOutcome(stage=stage, output=Spool(self.spools), error=error)
        self._failed(error, stage=stage.name)
        return False

    def _artifact(self, artifact: str, pipeline: ComposedPipeline) -> Callable[[str], Iterator[pa.RecordBatch]]:
        return self.ir.read if artifact == IR_ARTIFACT else self.outcomes[pipeline.providers[artifact]].output.read

    def _finish_stage(self, transaction: Transaction, outcome: StageOutcome) -> None:
        stage = outcome.stage
        self.outcomes[stage.name] = outcome
        self.summary.spent(stage.name, outcome.seconds)
        for code, message in outcome.dropped:
            error = PluginError(
                f"The stage {stage.name!r} gave a batch that was dropped: {message}.",
                code=code,
                context={"stage": stage.name, "plugin": self.host.owner(stage)},
            )
            self._error(error, stage=stage.name)
        event = StageEvent(
            run_id=self.run_id,
            stage=stage.name,
            layer=stage.layer,
            seconds=outcome.seconds,
            rows=dict(outcome.rows),
            error=outcome.error.to_dict() if outcome.error else None,
        )
        if outcome.error is None:
            for table in outcome.output.tables():
                if TABLES[table].public:
                    for batch in outcome.output.read(table):
                        self._append(transaction, table, batch)
            if stage.name in self._read_later:
                outcome.output.keep(self._read)
            else:
                outcome.output.clear()
            self.events.send("stage_finished", stage.name, seconds=outcome.seconds, data={"rows": dict(outcome.rows)})
            self._notify_stage("codegraph_stage_finished", event)
            return
        self.cancel.check()
        self._failed(outcome.error, stage=stage.name)
        self.events.send("stage_failed", stage.name, seconds=outcome.seconds, data=outcome.error.to_dict())
        plugin = self.host.owner(stage)
        if plugin:
            self.host.disable(plugin, outcome.error.message, outcome.error.code)
        self._notify_stage("codegraph_stage_failed", event)

    def _append_provisional(self, transaction: Transaction) -> None:
        replaced = {
            table for outcome in self.outcomes.values() if outcome.error is None for table in outcome.stage.tables
        }
        for table in PROVISIONAL_TABLES:
            if table not in replaced:
                for batch in self.ir.read(table):
                    self._append(transaction, table, batch)

    def _analyze(self, transaction: Transaction, environment: Environment) -> None:
        for analyzer in environment.analyzers:
            self.cancel.check()
            plugin = self.host.owner(analyzer)
            if plugin in self._known_disabled:
                continue
            rows = FindingRows()
            context = GraphContext(
                root=self.config.root_path,
                packs=environment.packs,
                config=self.host.config(plugin),
                reader=self._table,
                cancel=self.cancel,
                deadline=Deadline(ANALYZER_DEADLINE_S, f"The analyzer {analyzer.name!r}"),
            )
            self._analyze_one(transaction, analyzer, rows, context, plugin)

    def _analyze_one(
        self, transaction: Transaction, analyzer: Analyzer, rows: FindingRows, context: GraphContext, plugin: str
    ) -> None:
        name = f"analyzer:{analyzer.name}"
        began = time.perf_counter()
        self.events.send("stage_started", name)

        def call() -> None:
            analyze_all(analyzer, rows, context, self._table)

        try:
            if self.config.isolation == "none":
                call()
            else:
                call_with_deadline(call, deadline_s=ANALYZER_DEADLINE_S, what=f"the analyzer {analyzer.name!r}")
        except Exception as error:
            self.cancel.check()
            failure = error if isinstance(error, CodeGraphError) else PluginError(str(error), cause=error)
            notes = "; ".join(getattr(failure.cause, "__notes__", ()))
            failure = PluginError(
                f"{failure.message} ({notes})" if notes else failure.message,
                code="analyzer-failed" if failure.code.startswith("plugin-hook") else failure.code,
                context={"analyzer": analyzer.name, "plugin": plugin},
                cause=failure.cause,
            )
            self._failed(failure, stage=name)
            self.events.send("stage_failed", name, data=failure.to_dict())
            if plugin:
                self.host.disable(plugin, failure.message, failure.code)
            return
        seconds = time.perf_counter() - began
        self.summary.spent(name, seconds)
        for problem in rows.problems[:10]:
            message = f"The analyzer {analyzer.name!r} gave a finding that was dropped: {problem}."
            context_values = {"analyzer": analyzer.name, "plugin": plugin, "dropped": len(rows.problems)}
            self._error(PluginError(message, code="finding-malformed", context=context_values), stage=name)
        batch = rows.batch()
        if batch is not None:
            self._append(transaction, "findings", batch)
        self.events.send("stage_finished", name, seconds=seconds, data={"rows": {"findings": len(batch or ())}})

    def _commit(
        self,
        transaction: Transaction,
        team: ParseTeam,
        environment: Environment,
        found: Discovery,
        reason: str,
        recorded_ns: int,
    ) -> RunResult:
        self.cancel.check()
        began = time.perf_counter()
        self._check_graph(transaction)
        if self.diagnostics:
            schema = TABLES["diagnostics"].physical_schema
            self._append(transaction, "diagnostics", pa.RecordBatch.from_pylist(self.diagnostics, schema=schema))
        if not self._incomplete:
            # After a failure the next run must try again, so nothing is kept that would call it up to date.
            digest = self._environment_digest(environment)
            state = unchanged.encode(found.watched, environment=digest, recorded_ns=recorded_ns)
            transaction.put_state(unchanged.STATE_NAME, state)
        values: dict[str, Any] = {
            "root": path_text(os.fsencode(self.config.root_path.resolve())),
            "mode": self.config.mode,
            "mode_run": "full",
            "mode_reason": reason,
            "changed": True,
            "backend": team.backend,
            "workers": self.config.parallel_workers,
            "other_files": found.other,
            "spilled_bytes": self.spools.spilled_bytes,
            "plugins": {record.name: record.version for record in self.host.plugins() if record.state == "enabled"},
        }
        if team.parity is not None:
            values["parity"] = team.parity.to_dict()
        snapshot_id = transaction.commit(self.summary.build(snapshot_id="", **values))
        self.summary.spent("commit", time.perf_counter() - began)
        summary = self.summary.build(snapshot_id=snapshot_id, **values)
        _log.info("committed", snapshot_id=snapshot_id, seconds=summary["seconds"]["wall"])
        self.events.send("committed", "commit", seconds=summary["seconds"]["wall"], data={"snapshot_id": snapshot_id})
        self.host.notify("codegraph_snapshot_committed", snapshot_id=snapshot_id, summary=summary)
        return RunResult(snapshot_id=snapshot_id, summary=summary, changed=True, errors=tuple(self.summary.errors))

    # -- small parts ---------------------------------------------------------------------------------

    def _append(self, transaction: Transaction, table: str, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self.summary.add(table, batch)
            transaction.append(table, batch)

    def _table(self, table: str) -> Iterator[pa.RecordBatch]:
        """Stream a public table of this run as it will be stored, but for findings."""
        succeeded = [outcome for outcome in self.outcomes.values() if outcome.error is None]
        replaced = any(table in outcome.stage.tables for outcome in succeeded)
        if table in IR_TABLES and not (table in PROVISIONAL_TABLES and replaced):
            yield from self.ir.read(table)
        for outcome in succeeded:
            yield from outcome.output.read(table)

    def _context(
        self, stage: Stage, environment: Environment, artifacts: Mapping[str, Callable[[str], Iterator[pa.RecordBatch]]]
    ) -> Context:
        name = stage.name
        return Context(
            name=name,
            root=self.config.root_path,
            packs=environment.packs,
            workers=self.config.parallel_workers,
            config=self.host.config(self.host.owner(stage)),
            artifacts=artifacts,
            cancel=self.cancel,
            deadline=stage_deadline(stage),
            on_progress=lambda done, total: self.events.progress(name, done, total, ""),
            on_report=lambda diagnostic: self._diagnose(name, diagnostic),
        )

    def _check_parity(self, team: ParseTeam) -> None:
        if team.parity is not None and team.parity.total:
            report = team.parity.to_dict()
            raise IndexingError(
                f"The parsers {team.parity.left!r} and {team.parity.right!r} differ in {team.parity.total} rows.",
                code="parity-difference",
                context={"parity": report, "remedy": "Report it; index with a single backend meanwhile."},
            )

    def _release(self) -> None:
        """Free the memory of all spools: the commit sorts, and wants it."""
        self.ir.clear()
        for outcome in self.outcomes.values():
            if outcome.error is None:
                outcome.output.clear()
        return_freed_memory()

    def _check_graph(self, transaction: Transaction) -> None:
        """Report ids that two nodes share and edges that name no node; who gave them cannot be told any more."""
        counts = transaction.dangling()
        dangling = counts.get("source_id", 0) + counts.get("target_id", 0)
        if dangling:
            message = f"{dangling} ends of edges name no node."
            self._error(PluginError(message, code="dangling-edges", context=dict(counts)), stage="commit")
        if counts.get("duplicate_id"):
            message = f"{counts['duplicate_id']} nodes have the id of another node."
            self._error(PluginError(message, code="duplicate-node-ids", context=dict(counts)), stage="commit")

    def _diagnose(self, stage: str, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(
            {
                "file_path": diagnostic.file_path,
                "stage": stage,
                "code": diagnostic.code,
                "category": diagnostic.category,
                "message": diagnostic.message,
                "span": dict(diagnostic.span) if diagnostic.span else None,
            }
        )

    def _error(self, error: CodeGraphError, *, stage: str) -> None:
        self.summary.errors.append(error.to_dict())
        _log.info("error", code=error.code, category=str(error.category), message=error.message, stage=stage)
        diagnostic = Diagnostic(code=error.code, message=error.message, category=str(error.category))
        self._diagnose(stage, diagnostic)

    def _failed(self, error: CodeGraphError, *, stage: str) -> None:
        self._incomplete = True
        self._error(error, stage=stage)

    def _pipeline_error(self, error: CodeGraphError, stages: Sequence[Stage]) -> None:
        self._error(error, stage="pipeline")
        for plugin in {self.host.owner(stage) for stage in stages} - {""}:
            self.host.disable(plugin, error.message, error.code)

    def _parser_failed(self, parser: Parser, error: CodeGraphError) -> None:
        self._failed(error, stage="parse")
        plugin = self.host.owner(parser)
        if plugin:
            self.host.disable(plugin, error.message, error.code)

    def _plugin_disabled(self, record: PluginRecord) -> None:
        self._known_disabled.add(record.name)
        message = f"The plugin {record.name!r} is disabled: {record.reason}"
        error = PluginError(message, code=record.code or "plugin-failed", context={"plugin": record.name})
        self._error(error, stage="plugin-host")
        self.events.send("plugin_disabled", record.name, data=record.to_dict())

    def _notify_stage(self, hook: str, event: StageEvent) -> None:
        self.host.notify(hook, event=event)


def _is_eager(stage: Stage) -> bool:
    """Say whether a stage can run on each batch as it is parsed."""
    return stage.scope == "file" and set(stage.inputs) <= {IR_ARTIFACT}


def _no_ir_yet(stage: Stage) -> Callable[[str], Iterator[pa.RecordBatch]]:
    def read(_table: str) -> Iterator[pa.RecordBatch]:
        raise PluginError(
            f"The stage {stage.name!r} runs while files are parsed: it has its batch, and no whole artifact yet.",
            code="stage-undeclared-input",
            context={"stage": stage.name},
        )

    return read

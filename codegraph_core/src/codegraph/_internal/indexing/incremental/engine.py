"""One incremental run: what changed, what that affects, new rows for those files, one commit.

Whatever cannot be told for sure raises `FullRunNeeded` before anything is committed. The promise is that the snapshot
has the rows that building everything would give. Longer than most modules because it is one decision, which owners'
rows are written anew, and every table's rows have to follow it.
"""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from attrs import define, evolve

from codegraph._internal.discovery import Watched, path_bytes, path_text
from codegraph._internal.indexing import freshness, unchanged
from codegraph._internal.indexing.elsewhere import stages_elsewhere
from codegraph._internal.indexing.events import RunResult
from codegraph._internal.indexing.given_up import GivenUpFile, given_up_files, stage_gave_up
from codegraph._internal.indexing.incremental import base, counting, lazy, outputs, views
from codegraph._internal.indexing.incremental.before import Before
from codegraph._internal.indexing.incremental.producers import Producers
from codegraph._internal.indexing.incremental.reasons import FullRunNeeded
from codegraph._internal.indexing.incremental.resident import Kept, Resident, Said
from codegraph._internal.indexing.incremental.rows import PARSE, IncrementalRows
from codegraph._internal.indexing.incremental.session import SessionChange, session_change
from codegraph._internal.indexing.incremental.tree import TreeChange, source_file, tree_change
from codegraph._internal.indexing.parsing import ParseTeam
from codegraph._internal.indexing.project_files import ProjectFiles
from codegraph._internal.indexing.sources import DiskSources, kept_source, source_rows
from codegraph._internal.indexing.stages import composed
from codegraph._internal.indexing.starting import ParseStart
from codegraph._internal.indexing.stored import SnapshotSources
from codegraph._internal.indexing.summary import COUNTED, resumable
from codegraph._internal.indexing.tables import kept_tables, readers_of_all, updates_itself
from codegraph._internal.indexing.tree import Tree
from codegraph._internal.indexing.worker import Worker
from codegraph._internal.logging import get_logger
from codegraph._internal.pipeline.validate import without_keys
from codegraph._internal.settings.plugin_tables import asked_for
from codegraph_hookspecs import (
    SOURCES_TABLE,
    TABLES,
    Analyzer,
    Change,
    CodeGraphError,
    Diagnostic,
    LanguagePack,
    ParseOptions,
    Parser,
    SourceFile,
    Stage,
)

if TYPE_CHECKING:
    from codegraph._internal.indexing.environment import Environment
    from codegraph._internal.indexing.run import Run
    from codegraph._internal.settings import IndexingConfig
    from codegraph._internal.store import Snapshot, SnapshotInfo, Store, Transaction

_log = get_logger("codegraph.indexing")

MOST_WRITTEN: Final = 0.6
"""The part of a repository's files that one incremental run writes anew. Of 1,000 files of Django, 500 cost half of the
CPU of a full run, 600 six tenths, 700 and 800 eight tenths, merging segments afterwards included; beyond, building
everything leaves a tidier store for about as much (`docs/reference/incremental.md`)."""
FEW_FILES: Final = 64
"""In a repository of fewer files the share does not matter."""
STORED_ASIDE: Final = 32
"""Of so many changed files rows are stored in a thread: below, it costs more to begin one than it saves."""
_EMPTY: Final = "\0structure"
_ROUNDS: Final = 20
_STORED_IR: Final = ("files", "nodes", "diagnostics", "uses", "exports", SOURCES_TABLE)


@define
class Preview:
    """What an incremental run needs that ends with a snapshot which no store knows.

    Args:
        head: The snapshot to start from, leased; the new one holds it from then on.
        folder: Where to write the new segment.
        made: The snapshot; set by the run.
    """

    head: Snapshot
    folder: Path
    made: Snapshot | None = None


class IncrementalRun:
    """One attempt.

    Args:
        run: The run that this is an attempt of: settings, plugins, events, report.
        store: Where.
        head: The snapshot to start from.
        environment: What the run is made with.
        resident: What this process keeps between runs.
        always: Whether the share of files that are written anew does not matter.
        preview: What holds the head and where to write, for a snapshot that no store knows; see `Preview`.
    """

    def __init__(
        self,
        run: Run,
        store: Store,
        head: SnapshotInfo,
        environment: Environment,
        resident: Resident,
        *,
        always: bool,
        preview: Preview | None = None,
    ) -> None:
        self._run = run
        self._config = run.config
        self._store = store
        self._head = head
        self._environment = environment
        self._resident = resident
        self._always = always
        self.preview = preview
        self._prefix = os.fsencode(run.root).rstrip(b"/") + b"/"
        self._chunks: list[Mapping[str, pa.RecordBatch]] = []
        self._current: list[Mapping[str, pa.RecordBatch]] = []
        self._failures: list[str] = []
        self._team_key = partial(_team_key, self._environment, self._config, run.parse_options)
        self._start = self._parse_start()

    def execute(self, look: unchanged.Look, reason: str = "") -> RunResult:
        """Do it.

        Args:
            look: What the first look at the tree found.
            reason: Why; what changed when not given.

        Raises:
            FullRunNeeded: It cannot be done; nothing happened.
            ConflictError: Another writer was faster.
            StorageError: The machine failed.
        """
        try:
            repository = path_text(os.fsencode(self._run.root))
            folder = self.preview.folder if self.preview is not None else None
            with self._store.begin(
                repo_id=repository, reason="", base=self._head.id, replaces=(), folder=folder
            ) as transaction:
                return self._from(transaction, look, reason)
        finally:
            self._start.close()
            self._run.close(self._environment.executor)

    def _from(self, transaction: Transaction, look: unchanged.Look, reason: str) -> RunResult:
        snapshot = transaction.base
        assert snapshot is not None
        recorded_ns, began = time.time_ns(), time.perf_counter()
        digest = freshness.environment_digest(self._run.root, self._environment)
        take = self._resident.take if self.preview is None else self._resident.borrow
        kept = take(self._config.store_path, self._head.id, digest)
        if kept is None:
            known = outputs.decode(self._store.state(outputs.STATE_NAME, self._head.id))
            if known is None or not resumable(self._head.summary):
                raise FullRunNeeded("the snapshot does not say what its stages gave")
            files, shared = base.file_rows(snapshot), base.shared_nodes(snapshot)
            kept = Kept(self._head.id, digest, files, shared, known, _tree_row(snapshot))
        change = self._change(snapshot, kept, digest, recorded_ns, look)
        self._run.summary.spent("changes", time.perf_counter() - began)
        retried = look.reason if look.reason == unchanged.RETRIED else ""
        reason = reason or retried or _said_of(change, len(kept.files)) or look.reason
        self._check_size(len(change.added) + len(change.modified) + len(change.removed), len(kept.files))
        changed = {**change.added, **change.modified}
        sources = [changed[path] for path in sorted(changed, key=path_bytes)]
        self._begin_parsing(sources)
        job = _Job(self, snapshot, kept, change, sources)
        try:
            with job.storing_aside(transaction):
                written = job.compute()
                if not job.differs(written):
                    return self._nothing(job, recorded_ns, digest)
                transaction.reason = reason
                transaction.replace(*written, *job.ending)
                return self._commit(transaction, job, written, recorded_ns, digest)
        finally:
            job.close()

    def _change(
        self, snapshot: Snapshot, kept: Kept, digest: str, recorded_ns: int, look: unchanged.Look
    ) -> TreeChange | SessionChange:
        record = kept.record or unchanged.decode(self._store.state(unchanged.STATE_NAME, self._head.id))
        sources, packs = self._run.sources, self._environment.packs
        if isinstance(sources, SnapshotSources):
            known = kept.outputs.values()
            return session_change(sources, record, environment=digest, files=kept.files, known=known, packs=packs)
        assert isinstance(sources, DiskSources)
        return tree_change(
            record,
            environment=digest,
            recorded_ns=recorded_ns,
            files=kept.files,
            packs=packs,
            sources=sources,
            prefix=self._prefix,
            verified_ns=unchanged.read_verified(self._config.store_path, self._head.id),
            paranoid=self._config.paranoid,
            look=look,
            given_up=lambda: given_up_files(snapshot),
        )

    def _check_size(self, written: int, files: int) -> None:
        if not self._always and files >= FEW_FILES and written > MOST_WRITTEN * files:
            most = f"more than {MOST_WRITTEN:.0%}"
            raise FullRunNeeded(f"{written} of {files} files are written anew, {most}")

    # -- parsing -------------------------------------------------------------------------------------

    def parse(self, sources: Sequence[SourceFile]) -> Iterator[Any]:
        """Parse files and yield their chunks."""
        start, failures = self._start, self._failures
        try:
            team, chunks = start.ready(sources)
            checkpoints = self._run.checkpoints
            if checkpoints is None:
                yield from chunks.chunks(sources)
            else:
                partitions = chunks.partitions(sources)
                digest = self._environment.digest
                yield from checkpoints.partitions(partitions, digest, chunks.chunks, lambda: not failures)
            if team.parity is not None and team.parity.total:
                raise FullRunNeeded("the parsers differ")
            if failures:
                raise FullRunNeeded(failures[0])
        except BaseException:
            start.close()
            raise
        start.take()
        self._resident.keep_team(self._team_key(source.language for source in sources), team)

    def _begin_parsing(self, sources: Sequence[SourceFile]) -> None:
        """Have files parsed from now on, where that needs nobody to wait for it."""
        if sources and self._run.checkpoints is None:  # a job skips what an earlier attempt has parsed
            self._start.begin(sources, all_files=True)

    def _parse_start(self) -> ParseStart:
        """Return what makes the parsers; it does not hold this run, which would be a circle."""
        run, environment, failures, options = self._run, self._environment, self._failures, self._run.parse_options
        config, resident, team_key = self._config, self._resident, self._team_key

        def failed(parser: Parser, error: CodeGraphError) -> None:
            failures.append(f"the parser {parser.name!r} failed: {error.message}")

        def team(packs: dict[str, LanguagePack], parsers: Sequence[Parser]) -> ParseTeam:
            load = run.sources.load
            kept = resident.take_team(team_key(packs))
            if kept is not None:
                kept.resume(load=load, on_failure=failed)
                return kept
            return ParseTeam(
                backend=config.backend, parsers=parsers, packs=packs, options=options, load=load, on_failure=failed
            )

        return run.parse_start(environment, make_team=team, on_error=lambda error: failures.append(error.message))

    def _nothing(self, job: _Job, recorded_ns: int, digest: str) -> RunResult:
        """Keep the snapshot, and what the look saw, so that the next one need not read the same files."""
        job.record = job.record_of(digest, recorded_ns)
        self._store.put_state(unchanged.STATE_NAME, job.record.to_bytes(), self._head.id)
        job.said_nothing_new()
        job.remember(self._head.id)
        self._resident.keep(self._config.store_path, job.kept)
        return freshness.unchanged_result(self._head, self._config, self._run.summary)

    # -- the end -------------------------------------------------------------------------------------

    def _commit(
        self, transaction: Transaction, job: _Job, written: frozenset[str], recorded_ns: int, digest: str
    ) -> RunResult:
        run, config = self._run, self._config
        run.cancel.check()
        began = time.perf_counter()
        job.store(transaction)
        counts = transaction.dangling()
        if any(counts.values()):
            raise FullRunNeeded("edges would name no node, or nodes share an id")
        stale = job.stale()
        values = self._values(transaction, job, written, stale)
        if self.preview is not None:
            return self._previewed(transaction, job, values)
        job.record = job.record_of(digest, recorded_ns)
        transaction.put_state(unchanged.STATE_NAME, job.record.to_bytes())
        transaction.put_state(outputs.STATE_NAME, job.encoded_outputs())
        transaction.put_state(lazy.STATE_NAME, lazy.encode(stale))
        seen = job.rows.seen()
        # What is not said anew would stay as the snapshot before had it.
        transaction.put_state(views.STATE_NAME, b"" if seen is None else seen.to_bytes())
        run.confirm(values)
        snapshot_id = transaction.commit(run.summary.build(snapshot_id="", **values))
        run.summary.spent("commit", time.perf_counter() - began)
        summary = run.summary.build(snapshot_id=snapshot_id, **values)
        job.remember(snapshot_id)
        job.kept.seen = seen
        self._resident.keep(config.store_path, job.kept)
        _log.info("committed", snapshot_id=snapshot_id, seconds=summary["seconds"]["wall"])
        run.events.send("committed", "commit", seconds=summary["seconds"]["wall"], data={"snapshot_id": snapshot_id})
        run.host.notify("codegraph_snapshot_committed", snapshot_id=snapshot_id, summary=summary)
        return RunResult(snapshot_id=snapshot_id, summary=summary, changed=True, errors=tuple(run.summary.errors))

    def _previewed(self, transaction: Transaction, job: _Job, values: dict[str, Any]) -> RunResult:
        """End with the snapshot that the commit would make, and go back to where the head is."""
        assert self.preview is not None
        summary = self._run.summary.build(snapshot_id="", **values)
        self.preview.made = made = transaction.preview(summary, self.preview.head)
        job.producers.go_back()
        self._resident.lend_back(self._config.store_path, job.kept)
        return RunResult(snapshot_id=made.id, summary=dict(made.info.summary), changed=True)

    def _values(
        self, transaction: Transaction, job: _Job, written: frozenset[str], stale: Mapping[str, lazy.Stale]
    ) -> dict[str, Any]:
        """Return what the summary says besides counts."""
        run, config, changed = self._run, self._config, job.change
        moved = changed.modified.keys() | changed.removed
        known = self._head.summary.get("errors", ())
        kept = [error for error in known if error.get("context", {}).get("file") not in moved]
        run.summary.errors = [*kept, *run.summary.errors]
        return {
            **{name: self._head.summary[name] for name in _CARRIED if name in self._head.summary},
            "root": path_text(os.fsencode(run.root)),
            "mode": config.mode,
            "mode_run": "incremental" if run.sources.base is None else "session",
            "mode_reason": transaction.reason,
            "changed": True,
            "changes": {
                "added": len(changed.added),
                "modified": len(changed.modified),
                "removed": len(changed.removed),
                "affected": len(job.change_of(written).affected),
            },
            "stale": lazy.summary_of(stale, job.producers.stale_tables()),
            "workers": config.parallel_workers,
            "executor": config.executor,
            "other_files": self._other_files(changed),
            "plugins": {record.name: record.version for record in run.host.plugins() if record.state == "enabled"},
            "layers": sorted(asked_for(config.plugins)),
        }

    def _other_files(self, change: TreeChange | SessionChange) -> int:
        """Return how many files of no known language there are; a walk that changed no row left it in the record."""
        if change.found is not None:
            return change.found.other
        recorded = change.record.other
        return self._head.summary.get("other_files", 0) if recorded is None else recorded


def _team_key(
    environment: Environment, config: IndexingConfig, options: ParseOptions, languages: Iterable[str]
) -> tuple[object, ...]:
    """Return what parsers that an earlier run left must have been made with."""
    return (environment.digest, config.backend, frozenset(languages), options)


_CARRIED: Final = ("backend", "spilled_bytes")


class _Job:
    """The rows of one incremental run, worked out until nothing else has to be written anew."""

    def __init__(
        self,
        engine: IncrementalRun,
        snapshot: Snapshot,
        kept: Kept,
        change: TreeChange | SessionChange,
        sources: Sequence[SourceFile],
    ) -> None:
        self._engine = engine
        self._sources = sources
        self._run = engine._run
        self._snapshot = snapshot
        self._known = known = kept.outputs
        self.kept = kept
        self.change = change
        self.ending: list[str] = []
        environment = engine._environment
        present = (kept.files.keys() | change.added.keys()) - change.removed
        self._tree_before = kept.tree
        names = _Names(engine._run.sources, self._tree_before, walked=change.found is not None)
        self.files = ProjectFiles(names, present)  # type: ignore[arg-type]
        self._tree_now = names.tree()
        pipeline = composed(environment.stages, self._run.host.owner, self._run.report.left_out)
        updating = frozenset(stage.name for stage in pipeline.stages if updates_itself(stage))
        likely = _read_of_old_rows(pipeline.stages, environment.analyzers)
        seen_by = views.views_of(readers_of_all(pipeline.stages, environment.analyzers))
        if kept.seen is None:
            blob = engine._store.state(views.STATE_NAME, engine._head.id)
            kept.seen = views.Seen.from_bytes(blob, views.signature(seen_by))
        self._kept_tables = kept_tables(pipeline.stages)
        self.rows = IncrementalRows(
            snapshot, known, pipeline.providers, updating, self._kept_tables, likely, seen_by, kept.seen
        )
        self._stale_before = lazy.decode(engine._store.state(lazy.STATE_NAME, engine._head.id))
        self.producers = Producers(
            self._run,
            pipeline,
            environment.analyzers,
            environment.packs,
            self.rows,
            self.files,
            known,
            kept,
            Before(snapshot, self.rows, kept.shared, updating, frozenset().union(*self._kept_tables.values())),
            self._current_rows,
            self._parsed_rows,
            stages_elsewhere(
                self._run,
                environment,
                pipeline.providers,
                pipeline.stages,
                tree=names.tree,
                on_given_up=self._stage_gave_up,
                on_unsendable=lambda _stage, _error: None,
            ),
            self._stale_before,
            engine._run.refresh,
            preview=engine.preview is not None,
        )
        self._updating = updating
        self._counts_moved: bool | None = None
        self._shared: dict[str, tuple[object, ...]] = {}
        self._shared_at = (-1, -1)
        self._shared_found: dict[str, tuple[object, ...]] = {}
        self._round = 0
        self._unowned: set[str] = set()
        self._shared_rows: dict[str, tuple[list[pa.RecordBatch], dict[str, tuple[object, ...]]]] = {}
        self.record: unchanged.Record | None = None
        self._aside: Callable[[Callable[[Transaction], None]], Future[None]] | None = None
        self._storing: list[Future[None]] = []
        self._thread = Worker()
        self._parsed: list[tuple[str, pa.RecordBatch]] = []
        self._counted: frozenset[str] = frozenset()
        self._said_before = _diagnostics(snapshot) if kept.said is None else kept.said
        self._said_now: list[Said] | None = None

    def close(self) -> None:
        """Let go of all rows: who gave them knows this, and in a process that stays a collection may be far away."""
        self.rows.close()
        self._parsed.clear()
        self._engine._chunks.clear()
        self._engine._current.clear()

    def change_of(self, written: frozenset[str]) -> Change:
        """Return what stages are told of."""
        added, modified = frozenset(self.change.added), frozenset(self.change.modified)
        present = self.kept.files.keys() - self.change.removed
        affected = frozenset(path for path in written if path in present and path not in modified)
        return Change(added=added, modified=modified, removed=self.change.removed, affected=affected)

    def differs(self, written: frozenset[str]) -> bool:
        """Say whether there is anything to store; another copy of the tree gets a snapshot of its own in any case."""
        change = self.change
        if isinstance(change, SessionChange) or change.elsewhere or written or self.ending or self._unowned:
            return True
        if self._stale_before.keys() != self.stale().keys():
            return True
        now = self.producers.after
        return (change.folders and any(_folders(now))) or _reading(self._known) != _reading(now)

    def stale(self) -> dict[str, lazy.Stale]:
        """Return the producers whose rows are older than the snapshot that is made."""
        change, before = self.change, self._stale_before
        changed = {*change.added, *change.modified, *change.removed}
        kept = {name for name in before if name not in self.rows.whole and name not in self._updating}
        names = self.producers.left | self.producers.waiting.keys() | kept
        found = {}
        for name in names:
            known = before.get(name, lazy.Stale(self._engine._head.id, ()))
            found[name] = lazy.Stale(known.since, tuple(sorted({*known.paths, *changed})))
        return found

    # -- working out ---------------------------------------------------------------------------------

    def compute(self) -> frozenset[str]:
        """Work out all new rows; return the owners that are written anew."""
        if any(stage == "commit" for stage, *_ in self._said_before):
            raise FullRunNeeded("the last run found edges that name no node, or nodes that share an id")
        change = self.change
        self._check_project_files()
        parsed = frozenset(source.path for source in self._sources)
        written = parsed | change.removed
        self._count_ended(written)
        if self._sources:
            self.producers.expect(self.change_of(frozenset()))
        self._parse(self._sources, self._engine._current, self._store_parsed)
        self._write_parsed()
        written |= self.producers.affected(self.change_of(written))
        written |= self._discovered()
        tree_changed = change.found is not None and (change.folders or self._tree_now != self._tree_before)
        if self._tree_now != self._tree_before:
            self._unowned.add(_EMPTY)
        for self._round in range(_ROUNDS):
            self._engine._check_size(len(written), len(self.kept.files))
            more = sorted((p for p in written if p in self.kept.files and p not in change.removed), key=path_bytes)
            self._parse([self._kept_file(path) for path in more if path not in parsed], self._engine._chunks)
            parsed |= frozenset(more)
            self.rows.new[PARSE] = base.merged_rows(
                (table, batch)
                for chunk in (*self._engine._current, *self._engine._chunks)
                for table, batch in chunk.items()
            )
            self.rows.written = written
            self.producers.update(self.change_of(written))
            differing = self.producers.run_others(tree_changed, self._shared_changed, change.removed)
            self._unowned |= {owner for owner in differing if owner.startswith("\0")}
            if self._unowned - {_EMPTY}:
                differing |= self.producers.run_unowned(self._unowned - {_EMPTY})
            grown = written | {owner for owner in differing if not owner.startswith("\0")}
            grown |= self._said_differs()
            if grown == written:
                return self._settled(written)
            written = grown
        raise FullRunNeeded("one change leads to another without end")

    def _check_project_files(self) -> None:
        """Raise if a file appeared or is gone that somebody asked for: all that was read may say something else."""
        if self._tree_now == self._tree_before:
            return
        before, now = Tree(self._tree_before), Tree(self._tree_now)
        for path in sorted({path for output in self._known.values() for path in output.files}):
            folder, name = posixpath.split(path)
            was, there = name in (before.names(folder) or ()), name in (now.names(folder) or ())
            if was != there:
                raise FullRunNeeded(f"{path} {'appeared' if there else 'is gone'}")

    def _settled(self, written: frozenset[str]) -> frozenset[str]:
        """Work out nodes without a file, rows of no file, and what was read besides tables."""
        self.producers.note_updating(self._files_changed())
        for stage in self.producers.eager:
            if self.producers.reads_files(stage.name):
                raise FullRunNeeded(f"the stage {stage.name!r} reads files")
        before, after = self.kept.shared, self._shared_now()
        if after is not before:
            self.ending = [f"/{identifier}" for identifier, row in before.items() if after.get(identifier) != row]
        self._shared = after
        listed, lists = ("" in _folders(outputs_) for outputs_ in (self._known, self.producers.after))
        if listed != lists or (lists and self.change.folders) or self._cross_unowned_differ():
            self._unowned.add(_EMPTY)
        for key in list(self._unowned):
            for name, output in self._known.items():
                if key in output.owners and name not in self.rows.whole and name not in self._updating:
                    if self.producers.leave_unowned(name):
                        continue
                    raise FullRunNeeded(f"rows of {name} that belong to no file are written anew")
        return written | self._gone_files()

    def _files_changed(self) -> bool:
        """Say whether a file came or went, or came to have rows or lost them."""
        if self._counts_moved is None:
            self._counts_moved = bool(self.change.added or self.change.removed) or self._statuses_moved()
        return self._counts_moved

    def _statuses_moved(self) -> bool:
        for chunk in self._engine._current:
            names = zip(
                chunk["files"].column("path").to_pylist(), chunk["files"].column("status").to_pylist(), strict=True
            )
            if any((status in _PARSED) != (self.kept.files[path].status in _PARSED) for path, status in names):
                return True
        return False

    def _gone_files(self) -> frozenset[str]:
        """Return what somebody read before and nobody reads now."""
        was = {path for output in self._known.values() for path in (*output.files, *output.folders)}
        now = {path for output in self.producers.after.values() for path in (*output.files, *output.folders)}
        parsed = self.kept.files.keys() | self.change.added.keys()
        return frozenset(path for path in was - now if path and path not in parsed)

    def _discovered(self) -> frozenset[str]:
        """Return the files of which the walk says something else than before."""
        if self.change.found is None:
            return frozenset()
        self.producers.said["discover"] = list(self.change.found.diagnostics)
        return frozenset()

    def _said_differs(self) -> frozenset[str]:
        """Return the files of which a stage that ran reports something else; note whether that is so of no file."""
        found: set[str] = set()
        for stage, said in self.producers.said.items():
            local = not self._files_changed()
            if local and stage in self._updating and not said and not self.producers.reads_files(stage):
                continue  # nothing was prepared, so nothing was looked for
            if stage not in self.rows.whole and stage not in self._updating and stage != "discover":
                continue
            before = {row for row in self._said_before if row[0] == stage}
            now = {_said(stage, each) for each in said}
            for row in before ^ now:
                if row[1] is None:
                    self._unowned.add(_EMPTY)
                else:
                    found.add(row[1])
        return frozenset(found)

    # -- nodes without a file, rows of no file -------------------------------------------------------

    def _shared_changed(self, each: Stage | Analyzer) -> bool:
        """Say whether nodes without a file changed that something looks at."""
        reads = each.reads or {}
        if "nodes" not in reads:
            return False
        kinds = each.selects.get("nodes", {}).get("kind")
        before, after = self.kept.shared, self._shared_now()
        if before is after or before == after:
            return False
        changed = [before.get(key) or after.get(key) for key in before.keys() | after.keys()
                   if before.get(key) != after.get(key)]  # fmt: skip
        return any(kinds is None or (row is not None and row[1] in kinds) for row in changed)

    def _shared_now(self) -> dict[str, tuple[object, ...]]:
        if self._shared_at != (state := (len(self.rows.whole), self._round)):
            self._shared_at, self._shared_found = state, self._shared_of_all()
        return self._shared_found

    def _shared_of_all(self) -> dict[str, tuple[object, ...]]:
        """Return the nodes without a file; the very same object where they are as before."""
        pieces: list[dict[str, tuple[object, ...]]] = []
        same = True
        for name in self.rows.new:
            if name != PARSE:
                rows, known = self._shared_by(name)
                same = same and known
                pieces.append(rows)
        if same and self.rows.new:
            return self.kept.shared
        found: dict[str, tuple[object, ...]] = {}
        for piece in pieces:
            found.update(piece)
        for name, output in self._known.items():
            if name not in self.rows.whole:
                found.update((key, self.kept.shared[key]) for key in output.shared if key in self.kept.shared)
        return found

    def _shared_by(self, name: str) -> tuple[dict[str, tuple[object, ...]], bool]:
        """Return the nodes without a file that a producer gives now, and whether they are those of the last run."""
        given = [
            base.only(without_keys(table, batch), "file_path", _UNOWNED).select(list(base.SHARED_COLUMNS))
            for table, batch in self.rows.new[name]
            if table == "nodes"
        ]
        given = [batch for batch in given if batch.num_rows]
        known = self.kept.shared_rows.get(name)
        if known is not None and len(given) == len(known[0]) and all(map(pa.RecordBatch.equals, given, known[0])):
            return known[1], True
        rows: dict[str, tuple[object, ...]] = {}
        for batch in given:
            rows.update(base.shared_rows(batch))
        self._shared_rows[name] = (given, rows)
        return rows, not given and name not in self._known

    def _cross_unowned_differ(self) -> bool:
        """Say whether edges of no file differ that stages gave which update themselves."""
        if not self._updating or not any(stage in self.rows.new for stage in self._updating):
            return False
        if self.change.found is None and (self._shared is self.kept.shared or self._shared == self.kept.shared):
            return False  # they lie between folders, which are nodes without a file
        foreign = self.rows.foreign("edges", *self._updating)
        old = base.OwnedRows(self._snapshot, [""]).read("edges", ["id"]).column("id").to_pylist()
        new: set[str] = set()
        for name in self._updating:
            for table, batch in self.rows.new[name]:
                if table == "edges":
                    new.update(base.only(batch, "file_path", _UNOWNED).column("id").to_pylist())
        return {identifier for identifier in old if identifier not in foreign} != new

    # -- parsing -------------------------------------------------------------------------------------

    def _parse(
        self,
        sources: Sequence[SourceFile],
        into: list[Mapping[str, pa.RecordBatch]],
        parsed: Callable[[Mapping[str, pa.RecordBatch]], None] = lambda _: None,
    ) -> None:
        if not sources:
            return
        began = time.perf_counter()
        for chunk in self._engine.parse(sources):
            into.append(chunk.batches)
            parsed(chunk.batches)
            self.producers.run_eager(chunk)
        self._run.summary.spent(PARSE, time.perf_counter() - began)

    def _kept_file(self, path: str) -> SourceFile:
        row = self.kept.files[path]
        content = kept_source(self._snapshot, path)
        if content is None:
            raise FullRunNeeded(f"the bytes of {path} were not kept")
        source = source_file(path, row, self._engine._environment.packs, self._engine._prefix)
        return evolve(source, content=content)

    def _current_rows(self, table: str) -> Sequence[pa.RecordBatch]:
        chunks = self._engine._current
        if chunks and table not in chunks[0]:
            return self._current_rows_of_stages(table)
        return [without_keys(table, chunk[table]) for chunk in chunks]

    def _parsed_rows(self, table: str) -> Sequence[pa.RecordBatch]:
        chunks = (*self._engine._current, *self._engine._chunks)
        return list(base.in_path_order((without_keys(table, chunk[table]) for chunk in chunks), TABLES[table].owner))

    def _current_rows_of_stages(self, table: str) -> Sequence[pa.RecordBatch]:
        """Return what file stages give of the files that were added or modified."""
        changed = frozenset((*self.change.added, *self.change.modified))
        owner = TABLES[table].owner
        given = (rows for stage in self.producers.eager for rows in self.rows.new.get(stage.name, ()))
        found = (base.only(batch, owner, changed) for name, batch in given if name == table)
        return list(base.in_path_order((batch for batch in found if batch.num_rows), owner))

    # -- storing -------------------------------------------------------------------------------------

    @contextmanager
    def storing_aside(self, transaction: Transaction) -> Iterator[None]:
        """Have a thread store the parser's rows of many changed files beside what follows."""
        if self._run.config.parallel_workers == 1:
            yield
            return
        if len(self.change.added) + len(self.change.modified) >= STORED_ASIDE:
            self._aside = lambda act: self._thread.submit(partial(act, transaction))
        try:
            yield
        finally:
            self._thread.close()  # before the transaction ends

    def _store_parsed(self, chunk: Mapping[str, pa.RecordBatch]) -> None:
        """Begin to store the parser's rows of some changed files: whatever else is written anew, those are."""
        if self._aside is not None:
            rows = [(table, chunk[table]) for table in _STORED_IR if table in chunk]
            self._parsed += rows
            self._storing.append(self._aside(lambda transaction: _append_all(transaction, rows)))

    def _write_parsed(self) -> None:
        """Have the tables packed and written of which few rows are to come."""
        if self._aside is not None:
            self._storing.append(self._aside(lambda transaction: transaction.write(*_STORED_IR)))

    def _count_ended(self, written: frozenset[str]) -> None:
        """Count without the rows that end, of files whose rows end in any case, while the parser is at work."""
        self._run.summary.resume(self._engine._head.summary, self._language_before)
        self._take_off(written)
        self._counted = written

    def _take_off(self, owners: frozenset[str]) -> None:
        counting.take_off(self._run.summary, self._snapshot, owners, self._language_before)

    def _count_without_ended(self) -> None:
        """Count without the rows that end of files that were not known when the parser began."""
        if more := self.rows.written - self._counted:
            self._take_off(more)

    def store(self, transaction: Transaction) -> None:
        """Append everything that is new, and count it."""
        summary, rows = self._run.summary, self.rows
        for storing in self._storing:
            self._thread.result(storing)
        self._count_without_ended()
        self._count_ending()
        empty = {*self._unowned}
        final = self._final()
        if not empty:  # rows of no file may end with others of their layer
            ended = rows.written
            self._said_now = [row for row in self._said_before if row[1] not in ended]
            said = [batch for table, batch in self._parsed if table == "diagnostics"]
            self._said_now += _said_in([*said, *final.get("diagnostics", ())])
        for table, batch in self._parsed:
            if table in COUNTED or table == "diagnostics":
                summary.add(table, without_keys(table, batch))
        for table, batches in final.items():
            owner = TABLES[table].owner
            for batch in base.merged(table, batches):
                if not owner or (table != "nodes" and base.only(batch, owner, _UNOWNED).num_rows):
                    if base.unowned_key(table) not in self._unowned:
                        raise FullRunNeeded(f"rows of {table} that belong to no file are written anew")
                    empty.discard(base.unowned_key(table))
                if table in COUNTED or table == "diagnostics":
                    summary.add(table, without_keys(table, batch))
                transaction.append(table, batch)
        if empty - {_EMPTY}:  # the tree itself belongs to no file, so there is always a row of that kind
            raise FullRunNeeded("no rows are left that belong to no file")

    def _language_before(self, path: str) -> str | None:
        row = self.kept.files.get(path)
        return None if row is None else row.language

    def _final(self) -> dict[str, list[pa.RecordBatch]]:
        found: dict[str, list[pa.RecordBatch]] = {}
        written, shared = self.rows.written, self._shared
        kept = self.kept.shared
        new_nodes = {key for key, row in shared.items() if kept.get(key) != row} if shared is not kept else frozenset()
        more = [pair for chunk in self._engine._chunks for pair in chunk.items()]
        for table, batch in more if self._storing else self.rows.new[PARSE]:
            if table in _STORED_IR:
                found.setdefault(table, []).append(batch)
        replaced = {table for name, rows in self.rows.new.items() if name != PARSE for table, _ in rows}
        for name, rows in self.rows.new.items():
            for table, batch in rows:
                if name == PARSE and (table not in ("imports", "call_sites") or table in replaced):
                    continue
                if not TABLES[table].public and table not in self._kept_tables.get(name, frozenset()):
                    continue
                owner = TABLES[table].owner
                if not owner:
                    if base.unowned_key(table) in self._unowned:
                        found.setdefault(table, []).append(batch)
                    continue
                found.setdefault(table, []).append(base.only(batch, owner, written))
                rest = base.only(batch, owner, _UNOWNED)
                if not rest.num_rows:
                    continue
                if table == "nodes":
                    ids = rest.column("id").to_pylist() if new_nodes else []
                    wanted = [position for position, identifier in enumerate(ids) if identifier in new_nodes]
                    found[table].append(rest.take(pa.array(wanted, pa.int64())))
                elif base.unowned_key(table) in self._unowned:
                    found[table].append(rest)
        said = self._said_rows()
        if said is not None:
            found.setdefault("diagnostics", []).append(said)
        found.setdefault(SOURCES_TABLE, []).append(self._project_rows())
        return found

    def _said_rows(self) -> pa.RecordBatch | None:
        written = self.rows.written
        rows: list[dict[str, Any]] = []
        eager = {stage.name for stage in self.producers.eager}  # they ran over whatever is written
        ran = {
            name
            for name in self.producers.said
            if name in self.rows.whole
            or name == "discover"
            or self.producers.said[name]
            or name in eager
            or (name in self._updating and self._files_changed())
        }
        for stage, path, code, category, message, span in self._said_before:
            # What the parser says comes with the file's own rows.
            if (
                stage in ran
                or stage == PARSE
                or (path not in written if path is not None else _EMPTY not in self._unowned)
            ):
                continue
            rows.append(_said_row(stage, path, code, category, message, span))
        for stage in sorted(ran):
            rows += [
                _said_row(*_said(stage, each))
                for each in self.producers.said[stage]
                if each.file_path in written or (each.file_path is None and _EMPTY in self._unowned)
            ]
        if not rows:
            return None
        return pa.RecordBatch.from_pylist(rows, schema=TABLES["diagnostics"].physical_schema)

    def _project_rows(self) -> pa.RecordBatch:
        """Return the rows of `sources` for what somebody read that is no source, where they are new or written anew."""
        from codegraph._internal.indexing.sources import FOLDER_ROLE, PROJECT_ROLE, TREE_ROLE

        after = self.producers.after.values()
        files = {path for output in after for path in output.files} - self.files.parsed
        folders = {path for output in after for path in output.folders}
        was_files = {path for output in self._known.values() for path in output.files}
        was_folders = {path for output in self._known.values() for path in output.folders}
        written = self.rows.written
        fresh = [path for path in sorted(files) if path not in was_files or path in written]
        rows: list[tuple[str, str, bytes | None]] = [(path, PROJECT_ROLE, self.files.read(path)) for path in fresh]
        for path in sorted(folders - {""}):
            names = (
                "\0".join(self.files.names(path)).encode() if path not in was_folders or self.change.folders else None
            )
            if names is not None:
                rows.append((path, FOLDER_ROLE, names))
        if _EMPTY in self._unowned:
            if "" in folders:
                rows.append(("", FOLDER_ROLE, "\0".join(self.files.names("")).encode()))
            rows.append(("", TREE_ROLE, self._tree_now))
        return source_rows(rows)

    def _count_ending(self) -> None:
        """Take nodes without a file that end off the counts, and rows of no file that are written anew."""
        summary = self._run.summary
        gone = [identifier[1:] for identifier in self.ending]
        if gone:
            summary.take_off("nodes", self._snapshot.nodes_by_id(gone, ["id", "kind"]))
        if _EMPTY in self._unowned:
            for table in ("edges", "diagnostics"):
                columns = [*COUNTED.get(table, ()), TABLES[table].owner]
                summary.take_off(table, base.OwnedRows(self._snapshot, [""]).read(table, columns))

    def record_of(self, environment: str, recorded_ns: int) -> unchanged.Record:
        """Return what a later look compares."""
        known, after = self._known, self.producers.after
        if isinstance(self.change, SessionChange):
            return self.change.record_after(environment, self.files, known.values(), self._engine._prefix)
        if self.change.found is None and not self.files.watched(()) and _reading(known) == _reading(after):
            return evolve(self.change.record, retry_ns=self._retry_ns(self.change.record))
        watched = [*self.change.watched, *self.asked(self.change)]
        retry_ns = self._retry_ns(self.change.record)
        other = self.change.record.other if self.change.found is None else self.change.found.other
        return unchanged.record(
            watched, environment=environment, recorded_ns=recorded_ns, retry_ns=retry_ns, other=other
        )

    def _retry_ns(self, record: unchanged.Record) -> int:
        """Return when files are tried again that were given up, now or before."""
        codes = (chunk["diagnostics"].column("code").to_pylist() for chunk in self._engine._current)
        known_ns = 0 if record.is_due else record.retry_ns
        return self._run.given_up.next_try(set[str]().union(*codes), known_ns)

    def _stage_gave_up(self, stage: Stage, note: GivenUpFile) -> None:
        error, said = stage_gave_up(stage, note)
        self._run.report.noted(error)
        self.producers.said.setdefault(stage.name, []).append(said)

    def asked(self, change: TreeChange) -> list[Watched]:
        """Return what a later look compares besides what a walk sees."""
        now = self.producers.after.values()
        paths = {path for output in now for path in (*output.files, *output.folders)} - self.files.parsed
        prefix = self._engine._prefix
        kept = [
            entry
            for entry in change.asked
            if path_text(entry[1][len(prefix) :]) in paths or not entry[1].startswith(prefix) or entry[2] < 0
        ]
        known = {entry[1] for entry in kept}
        return [*kept, *(entry for entry in self.files.watched(change.watched) if entry[1] not in known)]

    def encoded_outputs(self) -> bytes:
        """Return what producers gave, as it is kept with the snapshot."""
        after, known = self.producers.after, self.kept.encoded
        if known is None or known[0] != after:
            known = self.kept.encoded = (after, outputs.encode(after))
        return known[1]

    def said_nothing_new(self) -> None:
        """Note that the rows of `diagnostics` are as they were."""
        self._said_now = self._said_before

    def remember(self, snapshot_id: str) -> None:
        """Move what the process keeps to the new snapshot."""
        for path in self.change.removed:
            self.kept.files.pop(path, None)
        for chunk in self._engine._current:
            rows = chunk["files"]
            names = ("path", "language", "content_hash", "size", "mtime_ns", "status")
            columns = [rows.column(name).to_pylist() for name in names]
            self.kept.files.update((path, base.FileRow(*values)) for path, *values in zip(*columns, strict=True))
        self.kept.shared = self._shared
        self.kept.outputs = self.producers.after
        self.kept.tree = self._tree_now
        self.kept.record = self.record
        self.kept.shared_rows.update(self._shared_rows)
        self.kept.said = self._said_now
        self.kept.snapshot = snapshot_id


_PARSED: Final = frozenset({"ok", "degraded"})
_UNOWNED: Final = frozenset({""})


class _Names:
    """The disk's files, with the names in all folders as they were where nothing was walked."""

    def __init__(self, sources: Any, tree: bytes, *, walked: bool) -> None:
        self._sources = sources
        self._tree = sources.tree() if walked else tree
        self.read = sources.read
        self.names = sources.names
        self.stamp = sources.stamp

    def tree(self) -> bytes:
        return self._tree


def _append_all(transaction: Transaction, rows: Iterable[tuple[str, pa.RecordBatch]]) -> None:
    for table, batch in rows:
        if batch.num_rows:
            transaction.append(table, batch)


def _folders(given: Mapping[str, outputs.Output]) -> set[str]:
    return {path for output in given.values() for path in output.folders}


def _said_of(change: TreeChange | SessionChange, files: int) -> str:
    """Say how many files changed, and name one; nothing where only something else did."""
    paths = [path for group in (change.modified, change.added, change.removed) for path in sorted(group)]
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{len(paths)} of {files} files changed: {paths[0]}{more}" if paths else ""


def _reading(given: Mapping[str, outputs.Output]) -> dict[str, tuple[Sequence[str], Sequence[str]]]:
    return {name: (output.files, output.folders) for name, output in given.items()}


def _tree_row(snapshot: Snapshot) -> bytes:
    from codegraph._internal.indexing.sources import TREE_ROLE, decompressed

    rows = snapshot.rows_of_file(SOURCES_TABLE, "", ["role", "size", "source"])
    for role, size, block in zip(rows.column("role"), rows.column("size"), rows.column("source"), strict=True):
        if role.as_py() == TREE_ROLE and block.is_valid:
            return decompressed(block, size.as_py())
    return b""


def _diagnostics(snapshot: Snapshot) -> list[Said]:
    return _said_in(snapshot.scan("diagnostics"))


def _said_in(batches: Iterable[pa.RecordBatch]) -> list[Said]:
    return [
        (row["stage"], row["file_path"], row["code"], row["category"], row["message"], _span(row["span"]))
        for batch in batches
        for row in batch.to_pylist()
    ]


def _said(stage: str, each: Diagnostic) -> Said:
    return (stage, each.file_path, each.code, each.category, each.message, _span(each.span))


def _span(span: Mapping[str, int] | None) -> tuple[tuple[str, int], ...] | None:
    return None if span is None else tuple(sorted(span.items()))


def _said_row(stage: str, path: str | None, code: str, category: str, message: str, span: Any) -> dict[str, Any]:
    return {
        "file_path": path,
        "stage": stage,
        "code": code,
        "category": category,
        "message": message,
        "span": None if span is None else dict(span),
    }


def _read_of_old_rows(stages: Sequence[Stage], analyzers: Sequence[Analyzer]) -> dict[str, base.Likely]:
    """Return what is compared of rows that end, by table."""
    readers: dict[str, list[tuple[Sequence[str], Mapping[str, Sequence[str]]]]] = {}
    declared: list[Stage | Analyzer] = [*stages, *analyzers]
    for each in declared:
        if each.reads is None or (isinstance(each, Stage) and updates_itself(each)) or getattr(each, "by_file", False):
            continue
        for table, columns in each.reads.items():
            if table in TABLES and TABLES[table].owner:
                readers.setdefault(table, []).append((columns, each.selects.get(table, {})))
    found: dict[str, base.Likely] = {}
    for table, given in readers.items():
        names = dict.fromkeys(name for columns, where in given for name in (*columns, *where))
        needed = dict.fromkeys([*names, TABLES[table].owner, *(["id"] if "id" in TABLES[table].schema.names else [])])
        shared = set.intersection(*({*where} for _, where in given))
        where = {name: sorted({value for _, each in given for value in each[name]}) for name in shared}
        found[table] = base.Likely(tuple(needed), where)
    return found

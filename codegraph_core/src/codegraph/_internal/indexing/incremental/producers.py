"""Runs stages and analyzers in an incremental run: those that update themselves, and the others where they must.

A failure here is no verdict on a plugin: the run that builds everything meets it again, and reports it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from attrs import evolve

from codegraph._internal.indexing.analysis import FindingRows, GraphContext, analyze_all
from codegraph._internal.indexing.analyzing import ANALYZER_DEADLINE_S
from codegraph._internal.indexing.following import expects
from codegraph._internal.indexing.incremental import lazy
from codegraph._internal.indexing.incremental.contexts import Previous, UpdatingContext
from codegraph._internal.indexing.incremental.outputs import Output, output_of, producer_name
from codegraph._internal.indexing.incremental.reasons import FullRunNeeded
from codegraph._internal.indexing.incremental.rows import IncrementalRows, Rows
from codegraph._internal.indexing.project_files import FilesOf, ProjectFiles
from codegraph._internal.indexing.tables import is_eager, updates_itself
from codegraph._internal.pipeline.cancel import Deadline
from codegraph._internal.pipeline.scheduler import stage_deadline
from codegraph._internal.pipeline.validate import BatchProblem, checked_batch
from codegraph._internal.plugin_host import call_with_deadline
from codegraph._internal.plugin_host.calls import is_users
from codegraph_hookspecs import TABLES, Analyzer, Change, Diagnostic, Stage, TableBatch

if TYPE_CHECKING:
    from codegraph._internal.indexing.incremental.resident import Kept
    from codegraph._internal.indexing.parsing import Chunk
    from codegraph._internal.indexing.run import Run
    from codegraph._internal.pipeline.compose import ComposedPipeline

Said = tuple[str, Diagnostic]
_FEW_ROWS: Final = 4096
"""Larger batches are checked each time and not kept."""


class Producers:
    """The stages and analyzers of one incremental run.

    Args:
        run: The run: settings, plugins, events.
        pipeline: Its stages.
        analyzers: Its analyzers.
        packs: Languages in use.
        rows: Old and new rows.
        files: What is read besides tables.
        outputs: What producers gave before.
        kept: What stages keep between runs.
        previous: What the run starts from, as stages see it.
        current: Gives the rows of a table that files have which were added or modified.
        parsed: Gives the parser's rows of a table that files have which are written anew.
        replaced: Gives what runs in the place of a stage: a worker process, or the stage itself.
        stale: Producers whose rows are older than the snapshot, and what that is said of.
        refresh: Lazy stages and analyzers that are asked for; see `lazy.wanted`.
        preview: Whether the run's snapshot is thrown away.
    """

    def __init__(
        self,
        run: Run,
        pipeline: ComposedPipeline,
        analyzers: Sequence[Analyzer],
        packs: Mapping[str, Any],
        rows: IncrementalRows,
        files: ProjectFiles,
        outputs: Mapping[str, Output],
        kept: Kept,
        previous: Previous,
        current: Callable[[str], Sequence[pa.RecordBatch]],
        parsed: Callable[[str], Sequence[pa.RecordBatch]],
        replaced: Callable[[Stage], Stage] = lambda stage: stage,
        stale: Mapping[str, lazy.Stale] = MappingProxyType({}),
        refresh: frozenset[str] | None = None,
        *,
        preview: bool = False,
    ) -> None:
        self._run = run
        self._pipeline = pipeline
        self._analyzers = analyzers
        self._packs = packs
        self._rows = rows
        self._files = files
        self._before = outputs
        self._kept = kept
        self._previous = previous
        self._current = current
        self._parsed = parsed
        self._replaced = replaced
        self._undo: dict[str, list[Callable[[], None]]] | None = {} if preview else None
        self._reading: dict[str, FilesOf] = {}
        self.after: dict[str, Output] = dict(outputs)
        """What producers gave, with what they give now."""
        self.said: dict[str, list[Diagnostic]] = {}
        """What producers reported that ran; those that did not are missing."""
        self.eager = [stage for stage in pipeline.stages if is_eager(stage)]
        repo = [stage for stage in pipeline.stages if not is_eager(stage)]
        self.updating = [stage for stage in repo if updates_itself(stage)]
        self.lazy = lazy.lazy_of(pipeline.stages, analyzers)
        """Tables of the producers that may be left as they were."""
        self._stale = stale
        may_wait = frozenset(stage.name for stage in self.updating if lazy.waits(stage, self._config_of(stage)))
        asked = lazy.wanted(refresh, {*self.lazy, *may_wait}, pipeline.stages)
        self._may_wait = may_wait - asked
        self.waiting: dict[str, Sequence[str]] = {}
        """Stages that update themselves and said that their rows are older than the files, with the tables."""
        self._leaving = frozenset(self.lazy) - asked
        self._again = asked & frozenset(stale)
        self.left: set[str] = set()
        """Producers whose rows are stale from now on."""
        self.others: list[Stage | Analyzer] = [*(s for s in repo if not updates_itself(s)), *analyzers]
        for stage in self.others:
            if isinstance(stage, Stage) and stage.scope == "file":
                raise FullRunNeeded(f"the stage {stage.name!r} needs another stage's rows for each file")

    def _config_of(self, stage: Stage) -> Any:
        return self._run.host.config(self._run.host.owner(stage))

    def stale_tables(self) -> dict[str, Sequence[str]]:
        """Return the tables of what may be stale, with those of all who read them."""
        waiting = {
            stage.name: lazy.with_readers(stage, self.waiting[stage.name], self._pipeline.stages, self._analyzers)
            for stage in self.updating
            if stage.name in self.waiting
        }
        return {**self.lazy, **waiting}

    # -- stages that update themselves ---------------------------------------------------------------

    def expect(self, change: Change) -> None:
        """Have stages get ready, while the changed files are parsed."""
        for stage in self.updating:
            if expects(stage):
                self._guarded(stage, lambda context, s=stage: s.expect(context, change))  # type: ignore[misc]

    def affected(self, change: Change) -> frozenset[str]:
        """Return the unchanged files whose rows may be others."""
        found: set[str] = set()
        for stage in self.updating:
            named = self._guarded(stage, lambda context, s=stage: s.affected(context, change))  # type: ignore[misc]
            if named is None:
                raise FullRunNeeded(f"the stage {stage.name!r} runs over the whole repository")
            found |= named
        return frozenset(found)

    def update(self, change: Change) -> None:
        """Have stages give the rows of all files that are written anew."""
        for stage in self.updating:

            def call(context: UpdatingContext, stage: Stage = stage) -> Rows | None:
                given = stage.update(context, change)
                return None if given is None else self._checked_again(stage, given)

            rows = self._guarded(stage, call)
            if rows is None:
                raise FullRunNeeded(f"the stage {stage.name!r} runs over the whole repository")
            self._rows.new[stage.name] = rows

    def _checked_again(self, stage: Stage, given: Iterable[TableBatch]) -> Rows:
        """Check rows, but for batches that the stage gave in the run before as well."""
        known, self._kept.checked = self._kept.checked, {}
        rows: Rows = []
        for table, batch in given:
            found = known.get(id(batch))
            if found is None or found[0] is not batch:
                ((_, checked),) = _checked(stage, [(table, batch)])
                found = (batch, checked)
            if batch.num_rows <= _FEW_ROWS:
                self._kept.checked[id(batch)] = found
            rows.append((table, found[1]))
        return rows

    def run_eager(self, chunk: Chunk) -> None:
        """Run the stages that need nothing but a batch of files."""
        for stage in self.eager:

            def call(context: UpdatingContext, stage: Stage = stage) -> Rows:
                return _checked(stage, self._replaced(stage).run_batch(context, chunk.parsed()))

            self._rows.new.setdefault(stage.name, []).extend(self._guarded(stage, call))

    # -- all others ----------------------------------------------------------------------------------

    def run_others(
        self, tree_changed: bool, shared_changed: Callable[[Stage | Analyzer], bool], removed: frozenset[str]
    ) -> frozenset[str]:
        """Run what must run; return the owners whose rows of it differ from before.

        Args:
            tree_changed: Whether names in folders changed.
            shared_changed: Says whether nodes without a file changed that something looks at.
            removed: Files that are gone.
        """
        differing: set[str] = set()
        moved: set[str] = set()
        self._removed = removed
        for each in self.others:
            name = producer_name(each)
            before = self._before.get(name, Output())
            if name in self._rows.whole:
                continue
            files_moved = tree_changed and before.reads
            if isinstance(each, Analyzer) and (each.scope == "file" or (each.by_file and not files_moved)):
                if self._run_by_file(each, before):
                    continue
            else:
                owned = self._rows.written & before.owners.keys()
                inputs = {self._pipeline.providers.get(artifact, "") for artifact in getattr(each, "inputs", ())}
                stirred = name in self._again or files_moved or bool(inputs & moved) or shared_changed(each)
                stirred = stirred or bool(inputs & self.left) or self._inputs_differ(each)
                if name in self._leaving:
                    if stirred:
                        self.left.add(name)
                    self._leave(each, owned, before)
                    continue
                if not stirred and (not owned or (isinstance(each, Analyzer) and self._carry(each, owned, before))):
                    continue
            after = self._run_whole(each)
            self.after[name] = after
            owners = before.owners.keys() | after.owners.keys()
            new = {owner for owner in owners if before.owners.get(owner) != after.owners.get(owner)}
            if new or before.shared != after.shared:
                moved.add(name)
            differing |= new
        return frozenset(differing)

    def run_unowned(self, keys: Set[str]) -> frozenset[str]:
        """Run what gave rows of no file that are written anew together with others'; return as `run_others`."""
        differing: set[str] = set()
        for each in self.others:
            name = producer_name(each)
            before = self._before.get(name, Output())
            by_file = isinstance(each, Analyzer) and (each.by_file or each.scope == "file")
            if by_file or name in self._leaving or name in self._rows.whole or keys.isdisjoint(before.owners):
                continue
            after = self.after[name] = self._run_whole(each)
            owners = before.owners.keys() | after.owners.keys()
            differing |= {owner for owner in owners if before.owners.get(owner) != after.owners.get(owner)}
        return frozenset(differing)

    def _leave(self, each: Stage | Analyzer, owned: frozenset[str], before: Output) -> None:
        """Keep the rows of a lazy producer as they were, but for those of files that are gone."""
        name = producer_name(each)
        there = owned - self._removed
        rows: Rows = []
        if isinstance(each, Stage):
            for table in each.tables:
                if there and TABLES[table].owner and table != "diagnostics":
                    rows += [(table, batch) for batch in self._rows.left(table, there)]
        elif there:
            rows = [("findings", batch) for batch in self._rows.findings(each.name, there).to_batches()]
        self._rows.new[name] = rows
        gone = before.owners.keys() & self._removed
        owners = {owner: digest for owner, digest in before.owners.items() if owner not in gone}
        self.after[name] = evolve(before, owners=owners)

    def leave_unowned(self, name: str) -> bool:
        """Keep the rows of a lazy producer that belong to no file; False for another producer."""
        if name not in self._leaving or name in self._rows.whole:
            return False
        rows = self._rows.new.setdefault(name, [])
        if not name.startswith("analyzer:"):
            found = self._rows.metrics(self._before[name].ids.get("metrics", ()))
            rows += [("metrics", batch) for batch in found if batch.num_rows]
        else:
            unowned = self._rows.findings(name.removeprefix("analyzer:"), frozenset({""}))
            rows += [("findings", batch) for batch in unowned.to_batches()]
        return True

    def _carry(self, analyzer: Analyzer, owned: frozenset[str], before: Output) -> bool:
        """Keep the findings of files that are written anew, where nothing changed that the analyzer looks at.

        Returns:
            False when they are not those that it gave.
        """
        found = self._rows.findings(analyzer.name, owned)
        batches = [("findings", batch) for batch in found.to_batches()]
        same = output_of(batches).owners == {owner: before.owners[owner] for owner in owned}
        if same:
            self._rows.new[producer_name(analyzer)] = batches
        return same

    def _inputs_differ(self, each: Stage | Analyzer) -> bool:
        if each.reads is None:
            return True
        if self._rows.looks_same(producer_name(each)):
            return False
        producers = None
        if isinstance(each, Stage):
            providers = {self._pipeline.providers[artifact] for artifact in each.inputs}
            producers = sorted(providers)
        return any(
            self._rows.differ(table, columns, each.selects.get(table, {}), producers)
            for table, columns in each.reads.items()
        )

    def _run_by_file(self, analyzer: Analyzer, before: Output) -> bool:
        """Run an analyzer over the files that are written anew.

        Returns:
            False when it must run over everything: what it reads besides tables cannot be told for other files.
        """
        name = producer_name(analyzer)
        where = getattr(analyzer, "selects", {})
        reading = self._reading[name] = self._files.noted()
        batch = self._analyze(analyzer, lambda table: self._rows.changed(table, where.get(table, {})), reading)
        rows: Rows = [] if batch is None else [("findings", batch)]
        if before.reads or reading.files or reading.folders or reading.finds:
            if not self._reads_as_before(analyzer, before, reading):
                return False
            kept = {owner: digest for owner, digest in before.owners.items() if owner not in self._rows.written}
            self.after[name] = evolve(before, owners={**kept, **output_of(rows).owners})
        self._rows.new[name] = rows
        return True

    def _reads_as_before(self, analyzer: Analyzer, before: Output, reading: FilesOf) -> bool:
        """Say whether an analyzer lists the folders for the new rows that it listed for those that end."""
        if before.files or before.finds or reading.files or reading.finds or analyzer.reads is None:
            return False
        reads, where = analyzer.reads, analyzer.selects
        if "edges" in reads:
            return False  # rows that end have no ids of nodes
        ended = self._files.noted()
        self._analyze(
            analyzer,
            lambda table: iter(self._rows.old(table, tuple(reads.get(table, ())), where.get(table, {})).to_batches()),
            ended,
        )
        return not ended.files and not ended.finds and ended.folders == reading.folders

    def _run_whole(self, each: Stage | Analyzer) -> Output:
        name = producer_name(each)
        self._reading.pop(name, None)
        if isinstance(each, Analyzer):

            def read(table: str) -> Iterator[pa.RecordBatch]:
                columns = None if each.reads is None else each.reads.get(table, ())
                return self._rows.public(table, columns, each.selects.get(table, {}))

            batch = self._analyze(each, read, self._reading.setdefault(name, self._files.noted()))
            rows: Rows = [] if batch is None else [("findings", batch)]
        else:
            rows = self._guarded(each, lambda context: _checked(each, self._replaced(each).run(context)))
        self._rows.new[name] = rows
        self._rows.whole.add(name)
        output = output_of(rows)
        self.note(name, output)
        return output

    def note(self, name: str, output: Output) -> None:
        """Put down what a producer read."""
        reading = self._reading.get(name)
        if reading is not None:
            output.files, output.folders = sorted(reading.files), sorted(reading.folders)
            output.finds = reading.finds

    def note_updating(self, files_changed: bool) -> None:
        """Put down what stages that update themselves read.

        Args:
            files_changed: Whether there are files that there were not, or the other way round. Otherwise a stage that
                read nothing had no need to, and what it read before still counts.
        """
        for stage in self.updating:
            if files_changed or stage.name in self._reading:
                self.after[stage.name] = Output()
                self.note(stage.name, self.after[stage.name])

    def _analyze(
        self, analyzer: Analyzer, read: Callable[[str], Iterator[pa.RecordBatch]], files: FilesOf
    ) -> pa.RecordBatch | None:
        run, name = self._run, producer_name(analyzer)
        rows = FindingRows()
        context = GraphContext(
            root=run.config.root_path,
            packs=self._packs,
            config=run.host.config(run.host.owner(analyzer)),
            reader=read,
            files=files,
            cancel=run.cancel,
            deadline=Deadline(ANALYZER_DEADLINE_S, f"The analyzer {analyzer.name!r}"),
        )
        self._call(name, lambda: analyze_all(analyzer, rows, context, read), ANALYZER_DEADLINE_S)
        if rows.problems:
            raise FullRunNeeded(f"{name} gave findings that are dropped")
        return rows.batch()

    # -- both ----------------------------------------------------------------------------------------

    def _guarded(self, stage: Stage, act: Callable[[UpdatingContext], Any]) -> Any:
        context = self._context(stage)
        try:
            return self._call(stage.name, lambda: act(context), context.deadline.seconds)
        finally:
            context.end()

    def _call(self, name: str, act: Callable[[], Any], seconds: float | None) -> Any:
        began = time.perf_counter()
        try:
            if self._run.config.isolation == "none":
                return act()
            return call_with_deadline(act, deadline_s=seconds or ANALYZER_DEADLINE_S, what=name)
        except FullRunNeeded:
            raise
        except Exception as error:
            self._run.cancel.check()
            cause = getattr(error, "cause", None)
            if isinstance(cause, FullRunNeeded):
                raise cause from None
            if is_users(error):
                raise
            raise FullRunNeeded(f"{name} failed: {error}") from error
        finally:
            self._run.summary.spent(name, time.perf_counter() - began)

    def _context(self, stage: Stage) -> UpdatingContext:
        name, run = stage.name, self._run

        def artifact(which: str) -> Callable[[str], Iterator[pa.RecordBatch]]:
            def read(table: str) -> Iterator[pa.RecordBatch]:
                columns = None if stage.reads is None else stage.reads.get(table, ())
                return self._rows.artifact(which, table, columns, stage.selects.get(table, {}))

            return read

        self.said.setdefault(name, [])
        return UpdatingContext(
            name=name,
            root=run.config.root_path,
            packs=self._packs,
            workers=run.config.parallel_workers,
            config=self._config_of(stage),
            backend=run.config.backend,
            artifacts={which: artifact(which) for which in stage.inputs},
            files=_Noting(self, name),
            cancel=run.cancel,
            deadline=stage_deadline(stage),
            on_progress=lambda done, total: run.events.progress(name, done, total, ""),
            on_report=self.said[name].append,
            resident=self._kept.stages.setdefault(name, {}),
            previous=self._previous,
            current=self._current,
            parsed=self._parsed,
            disk=self._files.unnoted(),
            undo_with=lambda act: self._note_undo(name, act),
            wait=lambda tables: self.waiting.update({name: tuple(tables)}),
            may_wait=name in self._may_wait,
            waiting=frozenset(self._stale[name].paths if name in self._stale else ()),
        )

    def _note_undo(self, name: str, act: Callable[[], None]) -> None:
        if self._undo is not None:  # else nobody goes back, and what it holds can go
            self._undo.setdefault(name, []).append(act)

    def go_back(self) -> None:
        """Have stages put what they keep back to where it was before this run; what cannot is forgotten."""
        for name, kept in self._kept.stages.items():
            acts = (self._undo or {}).get(name)
            try:
                for act in reversed(acts or ()):
                    act()
            except Exception:
                acts = None  # a plugin's; the next run begins from the store
            if acts is None:
                kept.clear()

    def reads_files(self, name: str) -> bool:
        """Say whether a producer read files this time."""
        return name in self._reading and bool(self._reading[name].files)

    def reading(self, name: str) -> FilesOf:
        """Return what a producer reads files through."""
        return self._reading.setdefault(name, self._files.noted())


class _Noting:
    """Makes a producer's note of what it read when it first reads something."""

    def __init__(self, producers: Producers, name: str) -> None:
        self._producers = producers
        self._name = name

    def read(self, path: str, max_bytes: int) -> bytes | None:
        return self._producers.reading(self._name).read(path, max_bytes)

    def names(self, folder: str) -> Sequence[str]:
        return self._producers.reading(self._name).names(folder)

    def find(self, names: Iterable[str]) -> Sequence[str]:
        return self._producers.reading(self._name).find(names)


def _checked(stage: Stage, given: Iterable[TableBatch] | None) -> Rows:
    rows: Rows = []
    for table, batch in given or ():
        if table not in stage.tables:
            raise FullRunNeeded(f"the stage {stage.name!r} gave rows for {table!r}, which it did not declare")
        try:
            rows.append((table, checked_batch(table, batch)))
        except BatchProblem as problem:
            raise FullRunNeeded(f"the stage {stage.name!r} gave a batch that is dropped: {problem}") from problem
    return rows

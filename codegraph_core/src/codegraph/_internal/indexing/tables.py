"""The tables of a run between parsing and the commit: what is stored, what waits for whom, and in which columns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow as pa
from attrs import frozen

from codegraph._internal.indexing.incremental.outputs import Output, output_of
from codegraph._internal.indexing.incremental.views import Looking, Seen, views_of
from codegraph._internal.indexing.memory import return_freed_memory
from codegraph._internal.indexing.project_files import FilesOf, ProjectFiles
from codegraph._internal.indexing.summary import SummaryBuilder, SummaryMark
from codegraph._internal.indexing.worker import Worker
from codegraph._internal.pipeline.compose import ComposedPipeline
from codegraph._internal.pipeline.scheduler import StageOutcome
from codegraph._internal.pipeline.spool import (
    EVERYTHING,
    NOTHING,
    Columns,
    Spool,
    SpoolDirectory,
    Wanted,
    wanted_by_all,
)
from codegraph._internal.pipeline.validate import without_keys
from codegraph_hookspecs import (
    IR_ARTIFACT,
    IR_TABLES,
    KEY_COLUMNS,
    SOURCES_TABLE,
    TABLES,
    Analyzer,
    IndexingError,
    Stage,
)

if TYPE_CHECKING:
    from codegraph._internal.store import Transaction
    from codegraph._internal.store.transaction import Mark

MOST_WAITING_BYTES: Final = 16 << 20
"""Rows that may wait to be stored beside the rest of a run: a few chunks of files."""

BATCHES_PER_TRIM: Final = 25
"""After so many batches stored while their stage runs, freed memory is returned."""

PROVISIONAL_TABLES: Final = ("call_sites", "imports")
"""Tables of the parser that a resolving stage replaces as a whole; without one they are stored as they are."""


class RunTables:
    """Rows of one run: IR tables and the stages' outputs in spools, public ones on their way to the store.

    Args:
        spools: Budget and disk space of all spools.
        summary: Counts what is stored.
    """

    def __init__(self, spools: SpoolDirectory, summary: SummaryBuilder) -> None:
        self._spools = spools
        self._summary = summary
        self.ir = Spool(spools, self._readers_of)
        self.outcomes: dict[str, StageOutcome] = {}
        self._kept: tuple[str, ...] = PROVISIONAL_TABLES  # IR tables that something after parsing may read
        self._read_later: frozenset[str] = frozenset()  # stages whose rows something else will read
        # What stages and analyzers say they read, by their names, as long as they have not run.
        self._readers: dict[str, _Reader] = {}
        self._thread: Worker | None = None
        self._aside = False  # whether rows are stored in the thread
        self._waiting: list[_Waiting] = []
        self._ahead: dict[str, _Ahead] = {}  # stages whose rows are stored while they run
        self._outputs: dict[str, Output] = {}
        self._reading: dict[str, FilesOf] = {}
        self._looking = Looking(())
        self._stored_besides: Mapping[str, frozenset[str]] = {}

    def plan(self, pipeline: ComposedPipeline, analyzers: Sequence[Analyzer]) -> None:
        """Work out from the declarations of stages and analyzers what must wait for whom."""
        providers = {pipeline.providers[artifact] for stage in pipeline.stages for artifact in stage.inputs}
        everything = {stage.name for stage in pipeline.stages} if analyzers else set()
        self._read_later = frozenset(providers | everything)
        later = [stage for stage in pipeline.stages if not is_eager(stage)]
        readers: list[Stage | Analyzer] = [*later, *analyzers]
        self._looking = Looking(views_of(readers_of_all(pipeline.stages, analyzers)))
        self._stored_besides = kept_tables(pipeline.stages)
        self._readers = {_reader(each): _Reader.of(each) for each in readers}
        if analyzers or any(IR_ARTIFACT in stage.inputs for stage in later):
            self._kept = tuple(table for table in IR_TABLES if self._needed(table))

    # -- writing -------------------------------------------------------------------------------------

    def store(self, transaction: Transaction, table: str, batch: pa.RecordBatch) -> None:
        """Hand rows to the store, after those that were handed to it before."""
        if batch.num_rows:
            self._summary.add(table, batch)
            self._do(lambda: self._append(transaction, table, batch), batch.nbytes)

    def _store(self, transaction: Transaction, table: str, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._summary.add(table, batch)
            self._append(transaction, table, batch)

    def _append(self, transaction: Transaction, table: str, batch: pa.RecordBatch) -> None:
        transaction.append(table, batch)
        self._looking.add(table, batch)

    @contextmanager
    def storing_aside(self, aside: bool) -> Iterator[None]:
        """Have rows stored in a thread beside what comes next; all of them are stored at the end.

        The order of each table's rows stays. Few batches wait; what a stage gave is in a spool anyway.

        Args:
            aside: False stores them at once.
        """
        if not aside:
            yield
            return
        self._thread, self._aside = Worker(), True
        try:
            yield
            self._settle()
        finally:
            for ahead in self._ahead.values():
                ahead.end()
            self._thread.close()
            self._thread, self._aside = None, False
            self._waiting.clear()

    @contextmanager
    def storing_at_once(self) -> Iterator[None]:
        """Have rows stored where they are given, after all that wait.

        Stages that run in Python and a thread that stores want the interpreter at the same time, and take a quarter
        more CPU then: what needs none, such as linking, is better done beside the one thread that has it.
        """
        aside, self._aside = self._aside, False
        try:
            yield
        finally:
            self._aside = aside

    def _do(self, work: Callable[[], None], size: int = 0) -> None:
        """Do something at once, or in its turn; an error in what had its turn is raised by the next call."""
        if self._thread is None or not self._aside:
            self._settle()
            work()
            return
        while self._waiting and (self._waiting[0].done.done() or _crowd(self._waiting) is not None):
            self._thread.result(self._waiting.pop(0).done)
        self._waiting.append(_Waiting(self._thread.submit(work), size))

    def beside(self, work: Callable[[], None]) -> Callable[[], None]:
        """Have something done in the thread that stores, in its turn; only while rows are stored aside.

        Args:
            work: Raises nothing.

        Returns:
            Waits for it.
        """
        assert self._thread is not None
        return partial(self._thread.result, self._thread.submit(work))

    @property
    def aside(self) -> bool:
        """Whether rows are stored in a thread."""
        return self._aside

    def _settle(self) -> None:
        while self._thread is not None and self._waiting:
            self._thread.result(self._waiting.pop(0).done)

    def parsed(self, transaction: Transaction, batches: Mapping[str, pa.RecordBatch]) -> None:
        """Take the tables of a parsed chunk: final ones go to the store, those that are read later are kept."""
        for table in ("files", "nodes", "diagnostics", "uses", "exports", SOURCES_TABLE):
            if table in batches:
                self.store(transaction, table, batches[table])
        for table in self._kept:
            self.ir.append(table, self._needed(table).of(without_keys(table, batches[table])))

    def open(self, stage: Stage, error: IndexingError | None = None) -> StageOutcome:
        """Return an empty outcome for a stage."""
        return StageOutcome(stage=stage, output=Spool(self._spools), error=error)

    def open_ahead(self, transaction: Transaction, stage: Stage) -> StageOutcome:
        """Return an outcome whose rows are stored while the stage runs, where that can be; `failed` takes them back.

        What `gave` looks at is needed as a whole.
        """
        outcome = self.open(stage)
        if stage.scope == "repo" and updates_itself(stage):
            own, later = _reader(stage), stage.name in self._read_later
            ahead = self._ahead[stage.name] = _Ahead(
                output=outcome.output,
                kept=lambda table: self._read(table, besides=own) if later else NOTHING,
                besides=self._stored_besides.get(stage.name, frozenset()),
                store=lambda table, batch: self._do(lambda: self._store(transaction, table, batch)),
                marks=self._marks(transaction),
            )
            outcome.take = ahead.take
        return outcome

    def _marks(self, transaction: Transaction) -> Callable[[], tuple[Mark, SummaryMark]]:
        """Return what gives the marks of this moment: all that was to be stored before is, and nothing else."""

        def mark() -> tuple[Mark, SummaryMark]:
            return transaction.mark(), self._summary.mark()

        if self._thread is not None:
            marked = self._thread.submit(mark)
            self._waiting.append(_Waiting(marked, 0))  # what comes next waits for it
            return marked.result
        marks = mark()
        return lambda: marks

    def failed(self, transaction: Transaction, outcome: StageOutcome) -> None:
        """Take back what was stored of a stage that failed."""
        ahead = self._ahead.pop(outcome.stage.name, None)
        if ahead is not None:
            ahead.end()
            ahead.check()
            self._do(lambda: self._take_back(transaction, ahead))

    def _take_back(self, transaction: Transaction, ahead: _Ahead) -> None:
        stored, counted = ahead.marks()
        transaction.undo(stored)
        self._looking.spoil()
        self._summary.undo(counted)

    def succeeded(self, transaction: Transaction, outcome: StageOutcome) -> None:
        """Store a stage's public rows, and keep those that something else will read.

        What only this stage read goes first: storing takes memory of its own.
        """
        ahead = self._ahead.pop(outcome.stage.name, None)
        if ahead is not None:
            ahead.check()  # first: what was to be stored after an error says less
        self._readers.pop(_reader(outcome.stage), None)
        replaced = {table for table in outcome.stage.tables if table in PROVISIONAL_TABLES}
        self.ir.keep(lambda table: self._read(table) if table in replaced else self._needed(table))
        self.trim()
        if ahead is None:
            self._do(lambda: self._store_all(transaction, outcome))
        else:
            self._do(lambda: self._keep(outcome))

    def reading(self, producer: str, files: ProjectFiles) -> FilesOf:
        """Return what a stage or analyzer reads files through; it is noted what those are."""
        return self._reading.setdefault(producer, files.noted())

    def gave(self, producer: str, rows: Iterable[tuple[str, pa.RecordBatch]]) -> None:
        """Note what a stage or analyzer gave, for the incremental runs that follow."""
        self._outputs[producer] = output_of(rows)

    def outputs(self) -> dict[str, Output]:
        """Return what stages and analyzers gave and read; call when all is stored."""
        found = {name: self._outputs.get(name) or Output() for name in {*self._outputs, *self._reading}}
        for name, read in self._reading.items():
            output = found[name]
            output.files, output.folders, output.finds = sorted(read.files), sorted(read.folders), read.finds
        return dict(sorted(found.items()))

    def seen(self) -> Seen | None:
        """Return how files look to those that run over everything; None where rows were taken back. As `outputs`."""
        return self._looking.seen()

    def _store_all(self, transaction: Transaction, outcome: StageOutcome) -> None:
        if not updates_itself(outcome.stage) and outcome.stage.scope == "repo":
            public = (table for table in outcome.output.tables() if TABLES[table].public)
            self.gave(outcome.stage.name, ((table, batch) for table in public for batch in outcome.output.read(table)))
        besides = self._stored_besides.get(outcome.stage.name, frozenset())
        for table in outcome.output.tables():
            if TABLES[table].public or table in besides:
                for batch in outcome.output.read(table):
                    self._store(transaction, table, batch)
        self._keep(outcome)

    def _keep(self, outcome: StageOutcome) -> None:
        """Keep of a stage's rows what something else will read."""
        if outcome.stage.name in self._read_later:
            outcome.output.keep(self._read)
        else:
            outcome.output.clear()

    def store_provisional(self, transaction: Transaction) -> None:
        """Store the parser's own rows of the tables that no stage replaced."""
        self._do(lambda: self._store_provisional(transaction))

    def _store_provisional(self, transaction: Transaction) -> None:
        replaced = {table for outcome in self._succeeded() for table in outcome.stage.tables}
        for table in PROVISIONAL_TABLES:
            if table not in replaced:
                for batch in self.ir.read(table):
                    self._store(transaction, table, batch)

    def index(self, transaction: Transaction) -> None:
        """Have the store index nodes and edges beside what comes next, where rows are stored beside it."""
        if self._thread is not None:
            self._do(transaction.index)

    def sort_ahead(self, transaction: Transaction) -> None:
        """Have the store begin to sort nodes and edges, where rows are stored beside what computes them."""
        if self._thread is not None:
            self._do(transaction.sort_ahead)

    def trim(self) -> None:
        """Return freed memory to the system, before what is stored next and beside what else comes next."""
        self._do(_trim)

    def release(self, *, sorted_before: bool) -> None:
        """Free the memory of all spools: the commit sorts, and wants it.

        Args:
            sorted_before: False returns it to the system.
        """
        self.ir.clear()
        for outcome in self._succeeded():
            outcome.output.clear()
        if not sorted_before:
            return_freed_memory()

    # -- reading -------------------------------------------------------------------------------------

    def artifact(
        self, artifact: str, pipeline: ComposedPipeline, reads: Mapping[str, Sequence[str]] | None = None
    ) -> Callable[[str], Iterator[pa.RecordBatch]]:
        """Return the reader of an artifact that exists: from table name to batches, of the columns that are read."""
        spool = self.ir if artifact == IR_ARTIFACT else self.outcomes[pipeline.providers[artifact]].output
        if reads is None:
            return spool.read
        columns = {table: frozenset(names) for table, names in reads.items()}
        return lambda table: spool.read(table, columns.get(table, frozenset()))

    def read(self, table: str) -> Iterator[pa.RecordBatch]:
        """Stream a public table of this run as it will be stored, but for findings."""
        succeeded = self._succeeded()
        replaced = any(table in outcome.stage.tables for outcome in succeeded)
        if table in IR_TABLES and not (table in PROVISIONAL_TABLES and replaced):
            yield from self.ir.read(table)
        for outcome in succeeded:
            yield from outcome.output.read(table)

    def _succeeded(self) -> list[StageOutcome]:
        return [outcome for outcome in self.outcomes.values() if outcome.error is None]

    def _readers_of(self, table: str) -> int:
        return sum(reader.reads_table(table) for reader in self._readers.values())

    def _needed(self, table: str) -> Wanted:
        """Return what something after this moment reads of a table."""
        if table in PROVISIONAL_TABLES:  # stored as they are if no stage replaces them
            return EVERYTHING
        return self._read(table)

    def _read(self, table: str, besides: str = "") -> Wanted:
        """Return what stages and analyzers read of a table, besides one of them."""
        # A stage that ends meanwhile is taken off.
        readers = [reader for name, reader in list(self._readers.items()) if name != besides]
        return wanted_by_all(reader.of_table(table) for reader in readers if reader.reads_table(table))


@frozen
class _Reader:
    """What a stage or analyzer says it reads.

    Args:
        reads: Table → columns; None for all of all tables.
        selects: Table → column → the values that rows have there.
    """

    reads: Mapping[str, Sequence[str]] | None
    selects: Mapping[str, Mapping[str, Sequence[str]]]

    @classmethod
    def of(cls, each: Stage | Analyzer) -> Self:
        """Return what one says."""
        return cls(each.reads, each.selects) if each.scope == "repo" else cls(None, {})

    def reads_table(self, table: str) -> bool:
        """Say whether it reads anything of a table."""
        return self.reads is None or bool(self.reads.get(table))

    def of_table(self, table: str) -> tuple[Columns, Mapping[str, Sequence[str]]]:
        """Return the columns that it reads of a table, and column → values."""
        if self.reads is not None:
            return frozenset(self.reads.get(table, ())), self.selects.get(table, {})
        # All of them, but keys are for the store alone.
        columns = frozenset(TABLES[table].schema.names) if table in KEY_COLUMNS else None
        return columns, self.selects.get(table, {})


@frozen
class _Waiting:
    """Something that waits to be stored.

    Args:
        done: Ends when it is.
        size: Bytes of its rows.
    """

    done: Future[Any]
    size: int


def _crowd(waiting: Sequence[_Waiting]) -> Future[Any] | None:
    """Return what must be stored before more may wait, or None."""
    size = 0
    for each in reversed(waiting):
        size += each.size
        if size > MOST_WAITING_BYTES:
            return None if each.done.done() else each.done
    return None


def _trim() -> None:
    return_freed_memory()


class _Ahead:
    """Has the rows of a running stage stored as they come.

    Args:
        output: Gets what is kept of the rows.
        kept: What something else will read of a table.
        besides: Tables that are stored though they are not public.
        store: Stores rows.
        marks: Returns what takes the rows back.
    """

    def __init__(
        self,
        *,
        output: Spool,
        kept: Callable[[str], Wanted],
        besides: frozenset[str],
        store: Callable[[str, pa.RecordBatch], None],
        marks: Callable[[], tuple[Mark, SummaryMark]],
    ) -> None:
        self._output = output
        self._kept = kept
        self._besides = besides
        self._store = store
        self.marks = marks
        self._lock = threading.Lock()
        self._ended = False
        self._error: Exception | None = None
        self._taken = 0

    def take(self, table: str, batch: pa.RecordBatch) -> None:
        """Take rows; called in the stage's thread, which may outlive its time."""
        with self._lock:
            if self._ended:
                return
            kept = self._kept(table)
            if kept:
                self._output.append(table, kept.of(batch))
            if not TABLES[table].public and table not in self._besides:
                return
            try:
                self._store(table, batch)
            except Exception as error:  # not this stage's: `check` raises it
                self._error, self._ended = error, True
            self._taken += 1
            if self._taken % BATCHES_PER_TRIM == 0:  # linking and storing leave gaps: 15 MB on Django
                return_freed_memory()

    def check(self) -> None:
        """Raise what kept rows from being stored."""
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """Take nothing any more."""
        with self._lock:
            self._ended = True


def _reader(each: Stage | Analyzer) -> str:
    return f"{'stage' if isinstance(each, Stage) else 'analyzer'} {each.name}"


def updates_itself(stage: Stage) -> bool:
    """Say whether a stage can tell which files' rows change."""
    return type(stage).update is not Stage.update


def readers_of_all(stages: Iterable[Stage], analyzers: Iterable[Analyzer]) -> list[Stage | Analyzer]:
    """Return the stages and analyzers that run over everything, and again where what they read differs."""
    return [*(stage for stage in stages if not is_eager(stage) and not updates_itself(stage)), *analyzers]


def kept_tables(stages: Sequence[Stage]) -> dict[str, frozenset[str]]:
    """Return the tables that are kept with the snapshot though they are not public, by stage.

    Those of file stages that a stage of the whole repository reads: in incremental runs they are, of files that did not
    change, as they were. And a repository's stage that updates itself has its own from the run before.
    """
    again = [stage for stage in stages if not is_eager(stage)]
    read = {artifact for stage in again for artifact in stage.inputs}
    found = {}
    for stage in stages:
        tables = frozenset(table for table in stage.tables if not TABLES[table].public)
        is_read = is_eager(stage) and not read.isdisjoint(stage.outputs)
        if tables and (is_read or (stage.scope == "repo" and updates_itself(stage))):
            found[stage.name] = tables
    return found


def is_eager(stage: Stage) -> bool:
    """Say whether a stage can run on each batch as it is parsed."""
    return stage.scope == "file" and set(stage.inputs) <= {IR_ARTIFACT}

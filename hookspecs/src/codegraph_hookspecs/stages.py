"""Stages of the pipeline DAG: what runs after parsing, on a batch of files or on the whole repository."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from attrs import frozen

from codegraph_hookspecs.languages import LanguagePack
from codegraph_hookspecs.parsing import ParsedBatch

if TYPE_CHECKING:
    import pyarrow as pa

Scope = Literal["file", "repo"]
TableBatch = tuple[str, "pa.RecordBatch"]
"""A table's name and rows for it, in the table's physical schema."""

IR_ARTIFACT = "ir"
"""The artifact that parsing provides: the tables in `IR_TABLES`."""


@frozen(kw_only=True)
class Diagnostic:
    """Something a user should know about a file or a stage.

    Args:
        code: Kebab-case name of the defect.
        message: One sentence without source text.
        category: An `ErrorCategory` value.
        file_path: The file, or None for the whole run.
        span: As the `SPAN` struct, or None.
    """

    code: str
    message: str
    category: str = "permanent"
    file_path: str | None = None
    span: Mapping[str, int] | None = None


@frozen(kw_only=True)
class Change:
    """What changed since the snapshot that an incremental run starts from (paths as in `files.path`).

    Args:
        added: Files that are new.
        modified: Files with other bytes.
        removed: Files that are gone.
        affected: Files that are as they were and whose rows may be others; empty while `Stage.affected` is asked.
    """

    added: frozenset[str] = frozenset()
    modified: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    affected: frozenset[str] = frozenset()

    @property
    def written(self) -> frozenset[str]:
        """Files whose rows an incremental run writes anew (1.3)."""
        return self.added | self.modified | self.affected


class StageContext(Protocol):
    """What the kernel gives a running stage. Valid only during the call.

    Attributes:
        root: The repository.
        packs: Languages in use, by name.
        workers: Threads that the stage may use.
        config: The plugin's typed settings.
        backend: "auto", "both", or the name of the parser that the run was told to use. A stage that has an engine
            of that name takes it; with "both" it runs two and raises an `IndexingError` `parity-difference`
            when their rows differ (1.1).
    """

    root: Path
    packs: Mapping[str, LanguagePack]
    workers: int
    config: Any
    backend: str

    def read(self, artifact: str, table: str) -> Iterator[pa.RecordBatch]:
        """Stream a table of an input artifact, rows grouped by file in path order.

        Each call starts from the beginning; memory does not grow with the table.

        Raises:
            PluginError: The stage did not declare the artifact as an input.
        """
        ...

    def read_file(self, path: str, max_bytes: int = 1 << 20) -> bytes | None:
        """Return the bytes of a file of the repository that is no source, such as a build file (1.1).

        Read files this way and never below `root`: what was read is kept with the snapshot, so that a session can
        compute the same rows from it, and a later run sees that the file has changed.

        Args:
            path: Repository-relative, `/` separators, as in `files.path`.
            max_bytes: Larger files come cut off after `max_bytes` + 1 bytes, which tells that they are larger.

        Returns:
            None where there is no such regular file, or it may not be read. Links are not followed.
        """
        ...

    def list_folder(self, folder: str) -> Sequence[str]:
        """Return the sorted names in a folder of the repository ("" is the root), none if there is none (1.1)."""
        ...

    def find_files(self, names: Iterable[str]) -> Sequence[str]:
        """Return the sorted paths of what has one of some names, in every folder that was searched for sources (1.2).

        Ignored folders are left out. What is found may be a folder or a link; `read_file` tells. Costs no look at
        the disk, and nothing is kept.

        Args:
            names: Names of files, without folders: `package.json`.
        """
        ...

    def check(self) -> None:
        """Raise if the run was cancelled or the stage's deadline has passed; call it in long loops."""
        ...

    def progress(self, done: int, total: int) -> None:
        """Report progress in the stage's own unit."""
        ...

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a row to `diagnostics`."""
        ...


class UpdateContext(StageContext, Protocol):
    """What the kernel gives a stage in an incremental run (1.3).

    Attributes:
        resident: The stage's own, kept between the runs of one process as long as each starts from the snapshot that
            the one before made; empty otherwise. A run that does not commit throws it away, unless `undo_with` was
            told how to go back.
        may_wait: Whether rows of the stage may be older than the run's files: it `waits`, and nobody asked for them to
            be brought up to date (1.5).
        waiting: Files of which the stage's rows are older than the snapshot that the run starts from: all that changed
            since they last were not (1.5).
    """

    resident: MutableMapping[str, Any]
    may_wait: bool
    waiting: frozenset[str]

    def before(self) -> UpdateContext:
        """Return a context for what the stage must do again that it did in the run before, to know where it starts.

        What is read through it is not kept, and what is reported to it is not said again.
        """
        ...

    def previous(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        *,
        files: Collection[str] | None = None,
        where: Mapping[str, Sequence[str]] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Stream an IR table as it was at the start, whole files in path order, without provisional values.

        `imports` and `call_sites` come as the stages of that run left them. What is not asked for is not read.

        Args:
            table: The table. Others than the IR's are those that are not public of the stage itself, and of file stages
                that it reads (1.5).
            columns: What is wanted of it; None for all.
            files: The files whose rows are wanted; None for all (1.5).
            where: Columns and the values that rows must have one of (1.5).
        """
        ...

    def named_nodes(self) -> Sequence[pa.RecordBatch] | None:
        """Return which nodes without a file the edges of each file named at the start (1.5).

        They are read from the store's indexes: a stage that gives such nodes as long as somebody names them need not
        work out anew what files name that did not change.

        Returns:
            Pairs of `file_path` and `id`, in no order and some several times, of the edges that the stage gave which
            belong to files; None where they cannot be told from another stage's.
        """
        ...

    def current(self, table: str) -> Sequence[pa.RecordBatch]:
        """Return the IR rows of the files that were added or modified, whole files in path order.

        Args:
            table: The table: the IR's, or that of a file stage which the stage reads (1.5).
        """
        ...

    def parsed(self, table: str) -> Sequence[pa.RecordBatch]:
        """Return the IR rows of the files that are written anew, as the parser gave them, whole files in path order.

        While `Stage.update` runs; of `imports` and `call_sites` they have provisional values as in a full run (1.5).
        """
        ...

    def wait(self, tables: Sequence[str]) -> None:
        """Say that rows of the stage are older than the run's files: the snapshot says so, until a run does not (1.5).

        Whoever reads them has rows that are as old, and is said to.

        Args:
            tables: Tables that have such rows.
        """
        ...

    def undo_with(self, act: Callable[[], None]) -> None:
        """Say how `resident` is put back to where it was before this run (1.5).

        Called where the run's snapshot is only looked at and thrown away, as a session's preview is; several are called
        in reverse order. Without it `resident` is emptied then.

        Args:
            act: Changes `resident` alone; the run's context is over by then.
        """
        ...


class Follower(Protocol):
    """A stage that takes what is parsed as it comes; it serves one run (1.5)."""

    def take(self, batch: ParsedBatch) -> None:
        """Take a parsed batch: all of them, one after another, in the order of their files; not in `run`'s thread."""
        ...

    def run(self, context: StageContext) -> Iterable[TableBatch]:
        """Return what the stage's `run` would; called in its place after the last `take`."""
        ...


class Stage(ABC):
    """One step of the pipeline.

    Attributes:
        name: Unique, kebab-case.
        layer: The layer it belongs to, for example "L3".
        inputs: Artifacts that must exist before it runs ("ir", or another stage's output).
        outputs: Artifacts it provides; exactly one stage may provide each.
        tables: Tables whose rows it yields; several stages may add rows to one table.
        scope: "file": `run_batch` is called for every parsed batch. "repo": `run` is called once.
        version: Part of the cache key; raise it when the output changes.
        timeout_s: Deadline, or None.
        reads: Table → columns that `run` reads of its inputs, or None for all. Declaring them keeps
            memory small: what nobody reads is not held for later stages, and `context.read` leaves
            those columns out.
        selects: Table → column → values: `run` looks at no row of the table that has another value there (1.3).
            An incremental run leaves a stage without `update` out when no row that it looks at changed. Rows that
            nobody looks at are not held, so `context.read` may leave them out, and texts that only others look at may
            be empty (1.5).
        in_process: The stage runs in the run's own process even where work goes to worker processes, since bringing
            it what it reads would cost more than it does (1.3). Stages with an `update` always do.
        lazy: Scope "repo", without an `update`: an incremental run leaves the stage's rows as they were, and the
            snapshot says that they are stale, until somebody asks for them: `Graph.refresh_stale`, `codegraph index
            --refresh` (1.4). For numbers of the whole graph that nothing needs at once. A stage runs as any other all
            the same where something reads its rows that is not lazy, and where its rows cannot be told from others':
            nodes, edges, and rows of files in a table that another stage adds to. One with an `update` may wait, too:
            see `waits`.
    """

    name: ClassVar[str]
    layer: ClassVar[str]
    inputs: ClassVar[Sequence[str]] = (IR_ARTIFACT,)
    outputs: ClassVar[Sequence[str]] = ()
    tables: ClassVar[Sequence[str]] = ()
    scope: ClassVar[Scope] = "repo"
    version: ClassVar[str] = "1"
    timeout_s: ClassVar[float | None] = None
    reads: ClassVar[Mapping[str, Sequence[str]] | None] = None
    selects: ClassVar[Mapping[str, Mapping[str, Sequence[str]]]] = {}
    in_process: ClassVar[bool] = False
    lazy: ClassVar[bool] = False

    def run_batch(self, context: StageContext, batch: ParsedBatch) -> Iterable[TableBatch]:
        """Return rows for the files of one parsed batch (scope "file")."""
        raise TypeError(f"stage {self.name!r} has scope {self.scope!r} and defines no run_batch")

    def run(self, context: StageContext) -> Iterable[TableBatch]:
        """Return rows for the whole repository (scope "repo")."""
        raise TypeError(f"stage {self.name!r} has scope {self.scope!r} and defines no run")

    def follow(self, context: StageContext) -> Follower | None:
        """Begin while files are parsed, where a run has threads for that (scope "repo"; 1.5).

        For what would wait until all is parsed, and need not: importing libraries, a table of what there is. Runs with
        one worker or without isolation, durable jobs, worker processes and incremental runs do not ask, so `run` must
        give the same rows without it. What is raised here or by `Follower.take` is logged, and `run` is called as if
        nobody had asked; so is a call that takes 30 s. A class with a `run` of its own does not inherit this.

        Args:
            context: As for `run`, without artifacts: nothing is whole yet.

        Returns:
            What takes the batches, for this run alone; None for a stage that had only to get ready.
        """
        return None

    def waits(self, config: Any) -> bool:
        """Say by the settings of the stage's plugin whether rows that `update` gives may be older than the files (1.5).

        `UpdateContext.may_wait` then is true until somebody asks for rows that are not; a run whose settings say
        otherwise brings them up to date. Declare such settings with `TIMING_SETTING`.
        """
        return False

    def expect(self, context: UpdateContext, change: Change) -> None:
        """Get ready for `affected` while the changed files are parsed (1.5).

        For what can be said of the rows before: `context.current` has nothing yet, and `change.affected` is empty.
        Incremental runs ask where files were added or modified, durable jobs and previews included; `affected` must
        give the same without it. What is raised here counts as if `affected` had raised it. A class with an `affected`
        of its own does not inherit this.
        """
        return

    def affected(self, context: UpdateContext, change: Change) -> frozenset[str] | None:
        """Return the unchanged files whose rows of this stage may be others now (1.3).

        Called before `update`, in incremental runs.

        Returns:
            None when the stage cannot tell: it has no `update`, or must run over the whole repository this time.
        """
        return None

    def update(self, context: UpdateContext, change: Change) -> Iterable[TableBatch] | None:
        """Return the rows of `change.written`, and all rows that belong to no file; what else there was stays.

        `change.affected` has the files that `affected` named, and those that have to be written anew for another
        reason. The rows must be those that `run` gives, unless the stage said that they are older
        (`UpdateContext.wait`); rows of other files are left out.

        Returns:
            None to have the whole repository indexed anew.
        """
        return None


class Analyzer(ABC):
    """Produces findings from the committed tables of a run.

    Attributes:
        name: Unique, kebab-case; the value of the findings' `analyzer` column.
        version: Part of the cache key.
        scope: "file": `analyze` gets an `IRDocument`. "repo": it gets an `AnalysisContext`.
        reads: Scope "repo": table → columns that `analyze` reads, or None for all; as for a stage.
        selects: Scope "repo": table → column → values, as for a stage (1.3).
        by_file: Scope "repo": the findings of a file depend on that file's rows alone, and on the names in folders, so
            that `analyze` over the rows of some files gives those files' findings (1.3).
        lazy: Scope "repo", not `by_file`: findings stay as they were until somebody asks, as for a stage (1.4).
    """

    name: ClassVar[str]
    version: ClassVar[str] = "1"
    scope: ClassVar[Scope] = "file"
    reads: ClassVar[Mapping[str, Sequence[str]] | None] = None
    selects: ClassVar[Mapping[str, Mapping[str, Sequence[str]]]] = {}
    by_file: ClassVar[bool] = False
    lazy: ClassVar[bool] = False

    @abstractmethod
    def analyze(self, document: Any, /) -> Iterable[Mapping[str, object]]:
        """Yield findings as mappings; an implementation may call its argument as it likes.

        Required: `type` and `message`. Optional: `node_id`, `rule_id` (default: `type`), `severity`
        (info, low, medium, high, critical; default medium), `confidence` (0–1, default 1.0), `cwe`,
        `file_path`, `span`, `properties` (JSON-ready mapping). Other keys go to `properties`.
        """


class AnalysisContext(Protocol):
    """The whole graph of a run, for analyzers of scope "repo"."""

    root: Path
    packs: Mapping[str, LanguagePack]
    config: Any

    def read(self, table: str) -> Iterator[pa.RecordBatch]:
        """Stream a public table; dictionary columns as in its physical schema."""
        ...

    def read_file(self, path: str, max_bytes: int = 1 << 20) -> bytes | None:
        """Return the bytes of a file of the repository, as for a stage (1.1)."""
        ...

    def list_folder(self, folder: str) -> Sequence[str]:
        """Return the sorted names in a folder of the repository, as for a stage (1.1)."""
        ...

    def find_files(self, names: Iterable[str]) -> Sequence[str]:
        """Return the sorted paths of what has one of some names, as for a stage (1.2)."""
        ...

    def check(self) -> None:
        """Raise if the run was cancelled or the deadline has passed."""
        ...


class SnapshotReader(Protocol):
    """A committed snapshot, for sinks."""

    snapshot_id: str

    def tables(self) -> Sequence[str]:
        """Return the names of the tables that have rows."""
        ...

    def read(self, table: str) -> Iterator[pa.RecordBatch]:
        """Stream a public table in its logical schema."""
        ...

    def rows_of_file(self, table: str, path: str) -> pa.Table:
        """Return the rows of a public table that belong to a file, in its logical schema (1.2)."""
        ...

    def source(self, path: str) -> bytes | None:
        """Return the bytes of a file as they were indexed, None where they are not kept (1.3)."""
        ...


class Sink(ABC):
    """Writes a snapshot somewhere: a file format, a graph database.

    Attributes:
        name: Unique, kebab-case; what `codegraph export` calls it.
        suffix: Of the file that it writes, such as ".scip"; empty for one that writes a folder (1.2).
        needs: Optional plugins whose tables it reads: they run before it where the snapshot lacks their rows (1.2).
    """

    name: ClassVar[str]
    suffix: ClassVar[str] = ""
    needs: ClassVar[Sequence[str]] = ()

    @abstractmethod
    def write(self, snapshot: SnapshotReader, destination: Path, **options: Any) -> Sequence[Path]:
        """Write the snapshot and return the files written, in order.

        Args:
            snapshot: What to write.
            destination: The file to write where the sink has a `suffix`, else the folder to write below.
            **options: `root` is the repository; others are the sink's own.
        """

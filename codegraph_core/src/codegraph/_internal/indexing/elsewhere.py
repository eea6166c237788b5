"""Stages in worker processes: one that crashes, or takes too much memory, costs its worker and not the run.

A stage that wants a batch of files gets smaller and smaller ones after a loss, until the file that it dies of is found
and left out. A stage that wants the whole repository fails alone. What a stage reads comes to the worker as Arrow
files, and what it gives goes back the same way; files of the repository are read there, and noted here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import blake3
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, evolve, frozen

from codegraph._internal.discovery import path_bytes, path_text
from codegraph._internal.indexing.disk import DiskFiles
from codegraph._internal.indexing.dispatch import Dispatcher
from codegraph._internal.indexing.given_up import GivenUp, GivenUpFile
from codegraph._internal.indexing.sources import DiskSources
from codegraph._internal.indexing.tables import updates_itself
from codegraph._internal.pipeline.cancel import CancelToken, Deadline
from codegraph._internal.pipeline.context import Context
from codegraph._internal.pipeline.scheduler import stage_deadline
from codegraph_hookspecs import (
    IR_ARTIFACT,
    IR_TABLES,
    TABLES,
    Diagnostic,
    ErrorCategory,
    LanguagePack,
    LostTask,
    ParsedBatch,
    PluginError,
    Stage,
    StageContext,
    SupervisingExecutor,
    TableBatch,
    TaskLimits,
)

if TYPE_CHECKING:
    from codegraph._internal.indexing.environment import Environment
    from codegraph._internal.indexing.run import Run

BATCH: Final = ""
"""The artifact under which a batch's own tables lie."""

Found = tuple[tuple[str, ...], tuple[str, ...]]


@frozen(kw_only=True)
class Setting:
    """What a worker needs of a run besides tables.

    Args:
        root: The repository.
        packs: Languages in use, by name.
        config: The settings of the stage's plugin.
        backend: The `backend` setting.
        tree: The names in all folders, as `SourceSet.tree` gives them.
        timeout_s: The stage's deadline, or None.
    """

    root: Path
    packs: dict[str, LanguagePack]
    config: Any
    backend: str
    tree: bytes
    timeout_s: float | None


@frozen(kw_only=True)
class StageTask:
    """One call of a stage.

    Args:
        setting: What it needs besides tables.
        tables: Artifact and table → the Arrow stream that has the rows.
        results: The folder for what it gives.
    """

    setting: Setting
    tables: Mapping[tuple[str, str], Path]
    results: Path


@frozen(kw_only=True)
class StageResult:
    """What came of it.

    Args:
        batches: Table and Arrow stream of each batch that it gave, in order.
        reported: What it reported.
        read: Path, limit and hash of the bytes (None: no file) of what it read of the repository.
        listed: Folders that it listed.
        found: Names that it searched for, and what was found.
    """

    batches: list[tuple[str, Path]]
    reported: list[Diagnostic]
    read: list[tuple[str, int, str | None]]
    listed: list[tuple[str, tuple[str, ...]]]
    found: list[Found]


@define
class RemoteStage:
    """Runs a stage wherever it is called."""

    stage: Stage

    def __call__(self, task: StageTask) -> StageResult:
        """Run it once."""
        setting, stage = task.setting, self.stage
        files = _Files(setting.root, setting.tree)
        reported: list[Diagnostic] = []
        context = Context(
            name=stage.name,
            root=setting.root,
            packs=setting.packs,
            workers=1,
            config=setting.config,
            backend=setting.backend,
            artifacts={name: partial(_stream, task.tables, name) for name in stage.inputs},
            files=files,
            cancel=CancelToken(),
            deadline=Deadline(setting.timeout_s, f"The stage {stage.name!r}"),
            on_progress=lambda _done, _total: None,
            on_report=reported.append,
        )
        if stage.scope == "file":
            tables = {
                table: pa.Table.from_batches(list(_stream(task.tables, name, table)), TABLES[table].physical_schema)
                for name, table in task.tables
                if name == BATCH
            }
            given: Iterable[TableBatch] | None = stage.run_batch(context, ParsedBatch(tables=tables))
        else:
            given = stage.run(context)
        batches = []
        for number, item in enumerate(given or ()):
            table, batch = _checked(stage, item)
            path = task.results / f"{number}.arrow"
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            batches.append((table, path))
        return StageResult(
            batches=batches, reported=reported, read=files.was_read, listed=files.listed, found=files.found
        )


class _Files:
    """Reads the repository in a worker, and notes what was read."""

    def __init__(self, root: Path, tree: bytes) -> None:
        self._disk = DiskFiles(root)
        self._tree = tree
        self.was_read: list[tuple[str, int, str | None]] = []
        self.listed: list[tuple[str, tuple[str, ...]]] = []
        self.found: list[Found] = []

    def read(self, path: str, max_bytes: int) -> bytes | None:
        content = self._disk.read(path, max_bytes)
        self.was_read.append((path, max_bytes, _hash(content)))
        return content

    def names(self, folder: str) -> Sequence[str]:
        names = self._disk.names(folder)
        self.listed.append((folder, names))
        return names

    def find(self, names: Iterable[str]) -> Sequence[str]:
        wanted = tuple(names)
        found = found_in(self._tree, wanted)
        self.found.append((wanted, tuple(found)))
        return found


def found_in(tree: bytes, names: Iterable[str]) -> list[str]:
    """Return the sorted paths of what has one of some names.

    Args:
        tree: The names in all folders (`SourceSet.tree`).
        names: Names without folders.
    """
    wanted = {path_bytes(name) for name in names}
    found = []
    for part in tree.split(b"\0\0"):
        folder, *inside = part.split(b"\0")
        found += [path_text(folder[2:] + name) for name in wanted.intersection(inside)]
    return sorted(found)


class StagesElsewhere:
    """Puts worker processes in the place of stages, for one run.

    Args:
        executor: Where they run.
        folder: Where Arrow files lie meanwhile; it need not exist.
        setting: Gives what a stage needs besides tables.
        provided: The tables of an artifact.
        memory_bytes: Resident memory that a worker may take.
        given_up: Which files a stage died of before.
        on_given_up: Told of each file that is left out, and of the stage.
        on_unsendable: Told of a stage that cannot be sent; it runs here.
    """

    def __init__(
        self,
        *,
        executor: Dispatcher,
        folder: Path,
        setting: Callable[[Stage], Setting],
        provided: Callable[[str], Sequence[str]],
        memory_bytes: int,
        given_up: GivenUp,
        on_given_up: Callable[[Stage, GivenUpFile], None],
        on_unsendable: Callable[[Stage, PluginError], None],
    ) -> None:
        self._executor = executor
        self._folder = folder
        self._setting = setting
        self._provided = provided
        self._memory = memory_bytes
        self._given_up = given_up
        self._on_given_up = on_given_up
        self._on_unsendable = on_unsendable

    def over(self, stage: Stage) -> Stage:
        """Return what runs in the place of a stage: one that has to run here does so itself."""
        return stage if stage.in_process or updates_itself(stage) else _StageElsewhere(stage, self)

    def run(self, stage: Stage, context: StageContext) -> Iterator[TableBatch]:
        """Have a stage run over the repository.

        Raises:
            PluginError: Its worker was lost.
        """
        with self._scratch() as folder:
            tables: dict[tuple[str, str], Path] = {}
            for artifact in stage.inputs:
                for table in self._provided(artifact):
                    if stage.reads is None or table in stage.reads:
                        tables[artifact, table] = folder / f"in-{len(tables)}.arrow"
                        _write(tables[artifact, table], context.read(artifact, table))
            outcome = self._call(stage, tables, folder / "out")
            if outcome is None:
                yield from stage.run(context) or ()
                return
            if isinstance(outcome, LostTask):
                raise PluginError(
                    f"The stage {stage.name!r} was given up. {outcome.message}",
                    code=outcome.code,
                    context={"stage": stage.name},
                )
            _note(stage, context, outcome)
            for table, path in outcome.batches:
                yield table, _read(path)

    def run_batch(self, stage: Stage, context: StageContext, batch: ParsedBatch) -> Iterator[TableBatch]:
        """Have a stage run over a batch of files, less those that it dies of."""
        by = f"stage:{stage.name}:{stage.version}"
        files = batch.tables["files"].select(["path", "content_hash"])
        hashes = dict(zip(files.column(0).to_pylist(), files.column(1).to_pylist(), strict=True))
        known = [note for path, digest in hashes.items() if (note := self._given_up.file(by, path, digest))]
        for note in known:
            self._on_given_up(stage, note)
        left_out = {note.path for note in known}
        waiting = [([path for path in hashes if path not in left_out], False)]
        while waiting:
            paths, lost_before = waiting.pop()
            if not paths:
                continue
            with self._scratch() as folder:
                outcome = self._call(stage, _written(batch, paths, len(hashes), folder), folder / "out")
                if outcome is None:
                    yield from stage.run_batch(context, _only(batch, paths, len(hashes))) or ()
                    continue
                if not isinstance(outcome, LostTask):
                    _note(stage, context, outcome)
                    for table, path in outcome.batches:
                        yield table, _read(path)
                    continue
            half = len(paths) // 2
            if half:  # in the order of their files, so that rows come in that order
                waiting += [(paths[half:], True), (paths[:half], True)]
            elif not lost_before:
                waiting.append((paths, True))
            else:
                message = f"The stage {stage.name!r} gave up this file: it cost two worker processes. {outcome.message}"
                note = self._given_up.add(by, paths[0], hashes[paths[0]] or "", code=outcome.code, message=message)
                self._on_given_up(stage, note)

    def _call(
        self, stage: Stage, tables: Mapping[tuple[str, str], Path], results: Path
    ) -> StageResult | LostTask | None:
        results.mkdir()
        setting = self._setting(stage)
        limits = TaskLimits(timeout_s=setting.timeout_s, memory_bytes=self._memory)
        try:
            return self._executor.one(
                RemoteStage(stage), StageTask(setting=setting, tables=dict(tables), results=results), limits=limits
            )
        except PluginError as error:
            if error.code != "executor-unsendable":
                raise
            self._on_unsendable(stage, error)
            return None

    def _scratch(self) -> _Scratch:
        return _Scratch(self._folder)


def stages_elsewhere(
    run: Run,
    environment: Environment,
    providers: Mapping[str, str],
    stages: Iterable[Stage],
    *,
    tree: Callable[[], bytes],
    on_given_up: Callable[[Stage, GivenUpFile], None],
    on_unsendable: Callable[[Stage, PluginError], None],
) -> Callable[[Stage], Stage]:
    """Return what puts worker processes in the place of a run's stages, where its executor has some.

    A session's files are no files of the disk, which is what workers read: its stages run here.

    Args:
        run: The run.
        environment: What it is made with.
        providers: Artifact → the stage that provides it.
        stages: All stages.
        tree: Gives the names in all folders.
        on_given_up: As for `StagesElsewhere`.
        on_unsendable: As for `StagesElsewhere`.
    """
    executor = environment.executor
    apart = isinstance(executor, SupervisingExecutor) and not getattr(executor, "in_process", False)
    if not apart or not isinstance(run.sources, DiskSources):
        return lambda stage: stage
    tables = {stage.name: stage.tables for stage in stages}
    return StagesElsewhere(
        executor=Dispatcher(executor, run.cancel),
        folder=run.config.store_path / "tmp",
        setting=lambda stage: Setting(
            root=run.config.root_path.resolve(),
            packs=dict(environment.packs),
            config=run.host.config(run.host.owner(stage)),
            backend=run.config.backend,
            tree=tree(),
            timeout_s=stage_deadline(stage).seconds,
        ),
        provided=lambda artifact: IR_TABLES if artifact == IR_ARTIFACT else tables[providers[artifact]],
        memory_bytes=run.config.worker_memory_bytes,
        given_up=run.given_up,
        on_given_up=on_given_up,
        on_unsendable=on_unsendable,
    ).over


class _StageElsewhere(Stage):
    """Stands for a stage; the scheduler and the boundary check see the stage's own declarations."""

    name = ""
    layer = ""

    def __init__(self, inner: Stage, elsewhere: StagesElsewhere) -> None:
        self.inner = inner
        self._elsewhere = elsewhere
        for attribute in ("name", "layer", "inputs", "outputs", "tables", "scope", "version", "timeout_s", "reads"):
            setattr(self, attribute, getattr(inner, attribute))

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        return self._elsewhere.run(self.inner, context)

    def run_batch(self, context: StageContext, batch: ParsedBatch) -> Iterator[TableBatch]:
        return self._elsewhere.run_batch(self.inner, context, batch)


class _Scratch(tempfile.TemporaryDirectory[str]):
    """A folder for one call's files."""

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True)
        super().__init__(prefix="stage-", dir=parent)

    def __enter__(self) -> Path:  # type: ignore[override]
        return Path(super().__enter__())


def _note(stage: Stage, context: StageContext, outcome: StageResult) -> None:
    """Read here what the worker read, so that it is kept and watched.

    Raises:
        PluginError: It is another by now, so that the rows belong to nothing that is kept.
    """
    for path, limit, digest in outcome.read:
        if _hash(context.read_file(path, limit)) != digest:
            raise _moved(stage, path)
    for folder, names in outcome.listed:
        if tuple(context.list_folder(folder)) != tuple(names):
            raise _moved(stage, folder)
    for wanted, found in outcome.found:
        if tuple(context.find_files(wanted)) != found:
            raise _moved(stage, ", ".join(wanted))
    for diagnostic in outcome.reported:
        context.report(diagnostic)


def _moved(stage: Stage, what: str) -> PluginError:
    return PluginError(
        f"{what} changed while the stage {stage.name!r} read it.",
        code="stage-file-changed",
        category=ErrorCategory.TRANSIENT,
        context={"stage": stage.name, "file": what},
    )


def _checked(stage: Stage, item: Any) -> TableBatch:
    if not isinstance(item, tuple) or len(item) != 2 or not isinstance(item[1], pa.RecordBatch):
        raise PluginError(
            f"The stage {stage.name!r} yields a {type(item).__name__}, not (table, batch).", code="plugin-bad-result"
        )
    return item


def _hash(content: bytes | None) -> str | None:
    return None if content is None else blake3.blake3(content).hexdigest()


def _write(path: Path, batches: Iterable[pa.RecordBatch]) -> None:
    """Write batches as a stream; each with dictionaries of its own."""
    writer = None
    with pa.OSFile(str(path), "wb") as sink:
        for batch in batches:
            writer = writer or pa.ipc.new_stream(sink, batch.schema)
            writer.write_batch(batch)
        if writer is not None:
            writer.close()


def _stream(tables: Mapping[tuple[str, str], Path], artifact: str, table: str) -> Iterator[pa.RecordBatch]:
    path = tables.get((artifact, table))
    if path is not None and path.stat().st_size:
        yield from pa.ipc.open_stream(pa.memory_map(str(path)))


def _read(path: Path) -> pa.RecordBatch:
    """Return the batch of a file that is going to be deleted."""
    return pa.ipc.open_stream(pa.py_buffer(path.read_bytes())).read_next_batch()


def _only(batch: ParsedBatch, paths: Sequence[str], files: int) -> ParsedBatch:
    """Return a batch with some of its files."""
    if len(paths) == files:
        return batch
    wanted = pa.array(paths, pa.string())
    tables = {}
    for name, table in batch.tables.items():
        owner = table.column(TABLES[name].owner).cast(pa.string())
        tables[name] = table.filter(pc.is_in(owner, value_set=wanted))
    return evolve(batch, tables=tables)


def _written(batch: ParsedBatch, paths: Sequence[str], files: int, folder: Path) -> dict[tuple[str, str], Path]:
    written = {}
    for name, table in _only(batch, paths, files).tables.items():
        if name in IR_TABLES or name in TABLES:
            written[BATCH, name] = folder / f"in-{name}.arrow"
            _write(written[BATCH, name], table.combine_chunks().to_batches())
    return written

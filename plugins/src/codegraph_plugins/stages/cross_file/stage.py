"""The stage `cross-file`: streams the IR twice, once for the symbol table and once for the rows."""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

import numpy as np
import pyarrow as pa
from attrs import evolve

from codegraph_hookspecs import (
    IR_ARTIFACT,
    TABLES,
    Change,
    Follower,
    LanguagePack,
    ParsedBatch,
    Stage,
    StageContext,
    TableBatch,
    UpdateContext,
)
from codegraph_plugins.stages.cross_file.ahead import one_ahead
from codegraph_plugins.stages.cross_file.groups import Cursor, Group, codes, languages_of, whole_files

if TYPE_CHECKING:
    from codegraph_plugins.stages.cross_file.incremental import LinkState
    from codegraph_plugins.stages.cross_file.project_config import ProjectConfig

_GROUP_TABLES = ("imports", "call_sites", "uses")
GROUP_NODES: Final = 20_000
"""Nodes of the files that are linked at a time, at least: few groups make few batches, and each takes memory."""

BASE_USES: Final[Mapping[str, Sequence[str]]] = {"use": ("base", "implements", "owner", "type")}
"""The uses that say what types are: their bases, the owners of members, the types of values."""
_STATE = "links"
"""Name of what the stage keeps between runs."""


class Linker(Protocol):
    """A link engine: takes the symbol table's rows, then turns groups of files into final rows."""

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Take a batch of `nodes` (whole files), `imports`, `exports`, or of `uses` that name bases."""
        ...

    def prepare(self, config: ProjectConfig) -> None:
        """Resolve imports and bases, after the last `add`."""
        ...

    def packages(self) -> Sequence[TableBatch]:
        """Return package nodes and the edges between them."""
        ...

    def link(self, first: int, end: int, group: Group) -> Sequence[TableBatch]:
        """Return the rows of the files from position `first` up to `end`."""
        ...

    def externals(self) -> Sequence[TableBatch]:
        """Return the external nodes that the rows so far name, sorted by id."""
        ...


class CrossFileStage(Stage):
    """Resolves imports, calls, references and bases across files (layer L3).

    Memory is the symbol table and one group of files. `docs/reference/cross-file.md` has the rules.
    """

    name: ClassVar[str] = "cross-file"
    layer: ClassVar[str] = "L3"
    inputs: ClassVar[Sequence[str]] = (IR_ARTIFACT,)
    outputs: ClassVar[Sequence[str]] = ("links",)
    tables: ClassVar[Sequence[str]] = ("nodes", "edges", "call_sites", "imports", "diagnostics")
    version: ClassVar[str] = "1"
    reads: ClassVar[Mapping[str, Sequence[str]] | None] = {
        "nodes": (
            "id",
            "kind",
            "name",
            "parent_id",
            "file_path",
            "start_line",
            "language",
            "modifiers",
            "metadata",
            "visibility",
        ),
        **{table: tuple(TABLES[table].schema.names) for table in ("imports", "call_sites", "uses", "exports")},
    }

    def linker(self, context: StageContext) -> Linker:
        """Return the engine to use; the native plugin's subclass returns its own, and never needs this one's code."""
        from codegraph_plugins.stages.cross_file.surveying import SurveyingReferenceLinker

        return SurveyingReferenceLinker(context.packs)

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield final rows: packages first, then groups of files in order, then external nodes."""
        return self.rows(context, *self.prepared(context))

    def follow(self, context: StageContext) -> Follower:
        """Fill the symbol table while files are parsed."""
        return _Following(self, context)

    def rows(
        self, context: StageContext, linker: Linker, files: dict[str, int], ends: Sequence[int]
    ) -> Iterator[TableBatch]:
        """Yield what `run` does, given what `prepared` returns."""
        yield from linker.packages()
        cursors = {table: Cursor(context.read(IR_ARTIFACT, table), "file_path", files) for table in _GROUP_TABLES}
        spans = list(pairwise([0, *ends]))

        def calls() -> Iterator[Callable[[], Sequence[TableBatch]]]:
            for first, end in spans:
                context.check()
                yield partial(linker.link, first, end, {table: cursor.until(end) for table, cursor in cursors.items()})

        found = one_ahead(calls()) if context.workers > 1 else map(_called, calls())
        for _, end in spans:
            linked = deque(next(found))
            while linked:  # what was taken is not kept until all is
                yield linked.popleft()
            context.progress(end, len(files))
        yield from linker.externals()

    def expect(self, context: UpdateContext, change: Change) -> None:
        """Read the symbol table, where it is not in memory, and look at the rows that end."""
        state = self._state(context)
        if state is not None:
            state.look(change.modified)

    def affected(self, context: UpdateContext, change: Change) -> frozenset[str] | None:
        """Return the files whose rows differ; None for an engine that only runs over everything."""
        state = self._state(context)
        return None if state is None else state.change(context, change)

    def _state(self, context: UpdateContext) -> LinkState | None:
        """Return what stays in memory; None for an engine that only runs over everything."""
        from codegraph_plugins.stages.cross_file.incremental import LinkState, SurveyingLinker

        state: LinkState | None = context.resident.get(_STATE)
        if state is None and isinstance(self.linker(context), SurveyingLinker):
            state = context.resident[_STATE] = LinkState(self, context.before())
        return state

    def update(self, context: UpdateContext, change: Change) -> Iterator[TableBatch] | None:
        """Yield the rows of the files that are written anew, and packages and external nodes."""
        state = context.resident.get(_STATE)
        return None if state is None else state.rows(context, change.written)

    def prepared(
        self,
        context: StageContext,
        also: Callable[[pa.RecordBatch], None] | None = None,
        imports: str = IR_ARTIFACT,
    ) -> tuple[Linker, dict[str, int], Sequence[int]]:
        """Return an engine that knows every definition, import and base.

        Args:
            context: Reads "ir".
            also: Gets the batches of `nodes` that the engine gets, whole files each.
            imports: The artifact whose imports are read: linked ones do as well.

        Returns:
            The engine; the number of each file by its path; the number after the last file of each group.
        """
        known = Known(self.linker(context))
        for batch in whole_files(context.read(IR_ARTIFACT, "nodes"), "file_path"):
            context.check()
            known.add_nodes(batch)
            if also is not None:
                also(batch)
        for table in ("imports", "exports", "uses"):
            for batch in context.read(imports if table == "imports" else IR_ARTIFACT, table):
                known.add(table, batch)
        return known.prepared(context)


class Known:
    """What a link engine is told before it links: definitions, imports and bases of all files.

    Args:
        linker: The engine.
    """

    def __init__(self, linker: Linker) -> None:
        self._linker = linker
        self._files: dict[str, int] = {}
        self._languages: dict[str, str] = {}
        self._ends: list[int] = []
        self._nodes = 0

    def add_nodes(self, batch: pa.RecordBatch) -> None:
        """Take rows of `nodes`, whole files."""
        for path, language in languages_of(batch):
            self._files[path] = len(self._files)
            if language is not None:
                self._languages[path] = language
        self._nodes += batch.num_rows
        if self._nodes >= GROUP_NODES:
            self._ends.append(len(self._files))
            self._nodes = 0
        self._linker.add("nodes", batch)

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Take rows of `imports`, `exports` or `uses` of files whose nodes are known."""
        if table == "uses":
            batch = bases_of(batch)
        if batch.num_rows:
            self._linker.add(table, batch)

    def prepared(self, context: StageContext) -> tuple[Linker, dict[str, int], Sequence[int]]:
        """Return what `CrossFileStage.prepared` does; nothing can be added after it."""
        if self._nodes:
            self._ends.append(len(self._files))
        context.check()
        self._linker.prepare(project_of(context, self._languages))
        return self._linker, self._files, self._ends


class _Following:
    """The stage on its way through one run, with a symbol table that grows while files are parsed."""

    def __init__(self, stage: CrossFileStage, context: StageContext) -> None:
        self._stage = stage
        self._known = Known(stage.linker(context))

    def take(self, batch: ParsedBatch) -> None:
        """Take the definitions, imports and bases of some files."""
        for rows in batch.tables["nodes"].to_batches():
            if rows.num_rows:
                self._known.add_nodes(rows)
        for table in ("imports", "exports", "uses"):
            for rows in batch.tables[table].to_batches():
                self._known.add(table, rows)

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield what the stage's `run` does."""
        return self._stage.rows(context, *self._known.prepared(context))


def _called(call: Callable[[], Sequence[TableBatch]]) -> Sequence[TableBatch]:
    return call()


def bases_of(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the uses that say what types are (`BASE_USES`)."""
    use_codes, uses = codes(batch.column("use"))
    wanted = np.array([use in BASE_USES["use"] for use in uses], bool)
    if not wanted.any():
        return batch.slice(0, 0)
    return batch.take(pa.array(np.flatnonzero(wanted[use_codes])))


def project_of(context: StageContext, languages: Mapping[str, str]) -> ProjectConfig:
    """Read the build files that imports depend on, given the language of every file."""
    # Imported here, since a run that finds nothing changed makes the stage and reads no build file.
    from codegraph_plugins.stages.cross_file.cargo import read_crates
    from codegraph_plugins.stages.cross_file.go_mod import read_modules
    from codegraph_plugins.stages.cross_file.project_config import ProjectConfig, read_project

    config = ProjectConfig()
    packs, folders = _folders(context, languages, "path")
    if folders:
        config = read_project(context.read_file, folders, packs, context.report)
    _, folders = _folders(context, languages, "go")
    if folders:
        config = evolve(config, go_modules=read_modules(context.read_file, folders, context.report))
    packs, _ = _folders(context, languages, "cargo")
    rust = {pack.name for pack in packs}
    paths = [path for path, name in languages.items() if name in rust]
    if paths:
        config = evolve(config, crates=read_crates(context.read_file, paths, context.report))
    return config


def _folders(
    context: StageContext, languages: Mapping[str, str], style: str
) -> tuple[Sequence[LanguagePack], set[str]]:
    """Return the languages whose imports have a style, and the folders of their files."""
    packs = {name: pack for name, pack in sorted(context.packs.items()) if pack.imports.style == style}
    return list(packs.values()), {posixpath.dirname(path) for path, name in languages.items() if name in packs}

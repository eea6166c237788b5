"""The adapter between the stage and a native link engine, whichever extension module brings it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

import pyarrow as pa

from codegraph_hookspecs import TABLES, LanguagePack, StageContext, TableBatch
from codegraph_plugins.stages.cross_file.both import ComparingLinker
from codegraph_plugins.stages.cross_file.groups import Group
from codegraph_plugins.stages.cross_file.stage import CrossFileStage, Linker

if TYPE_CHECKING:
    from codegraph_plugins.stages.cross_file.project_config import ProjectConfig


class NativeEngine(Protocol):
    """The class `Linker` of an extension module."""

    def add(self, table: str, batch: pa.RecordBatch, /) -> None: ...  # noqa: D102
    def prepare(self, project: str, /) -> None: ...  # noqa: D102
    def packages(self) -> list[TableBatch]: ...  # noqa: D102
    def link(  # noqa: D102
        self,
        files: Sequence[int],
        imports: list[pa.RecordBatch],
        call_sites: list[pa.RecordBatch],
        uses: list[pa.RecordBatch],
        /,
    ) -> list[TableBatch]: ...
    def externals(self) -> list[TableBatch]: ...  # noqa: D102
    def survey(  # noqa: D102
        self,
        files: Sequence[int],
        imports: list[pa.RecordBatch],
        call_sites: list[pa.RecordBatch],
        uses: list[pa.RecordBatch],
        /,
    ) -> list[int]: ...
    def link_surveyed(  # noqa: D102
        self,
        files: Sequence[int],
        imports: list[pa.RecordBatch],
        call_sites: list[pa.RecordBatch],
        uses: list[pa.RecordBatch],
        /,
    ) -> tuple[list[TableBatch], list[int]]: ...
    def relocate(self, nodes: pa.RecordBatch, /) -> None: ...  # noqa: D102
    def file_digests(  # noqa: D102
        self, batches: list[pa.RecordBatch], columns: Sequence[str], /
    ) -> Mapping[str, int]: ...
    def note_named(self, pairs: pa.RecordBatch, /) -> None: ...  # noqa: D102
    def named_of(self, files: Sequence[int], /) -> list[list[int]]: ...  # noqa: D102
    def put_named(self, files: Sequence[int], named: Sequence[Sequence[int]], /) -> None: ...  # noqa: D102
    def named_externals(self) -> list[TableBatch]: ...  # noqa: D102


class NativeEngineType(Protocol):
    """Makes native engines."""

    def __call__(self, languages: str, workers: int, /) -> NativeEngine: ...  # noqa: D102


class NativeLinker:
    """A native engine as the stage sees it.

    Args:
        engine: The extension module's class.
        packs: Language packs by name.
        workers: Threads that the engine may use.
    """

    survey_columns: ClassVar[Mapping[str, Sequence[str]]] = {
        "imports": ("id", "file_path", "span", "module", "name", "alias"),
        "call_sites": ("file_path", "arity"),
    }
    """The columns that the symbol table and surveys need of tables; all of those that are not here."""

    def __init__(self, engine: NativeEngineType, packs: Mapping[str, LanguagePack], workers: int) -> None:
        self._engine = engine(languages_json(packs), workers)

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Take a batch of `nodes`, `imports`, `exports`, or of `uses` that name bases."""
        self._engine.add(table, _ids_apart(batch) if table == "nodes" else batch)

    def prepare(self, config: ProjectConfig) -> None:
        """Resolve imports and bases."""
        self._engine.prepare(config.to_json())

    def packages(self) -> Sequence[TableBatch]:
        """Return package nodes and the edges between them."""
        return physical(self._engine.packages())

    def link(self, first: int, end: int, group: Group) -> Sequence[TableBatch]:
        """Return the rows of the files from position `first` up to `end`."""
        return self.link_files(range(first, end), group)

    def link_files(self, files: Sequence[int], group: Group) -> Sequence[TableBatch]:
        """Return the rows of some files, given by their positions, ascending; the group has their rows only."""
        tables = (list(group[table]) for table in ("imports", "call_sites", "uses"))
        return physical(self._engine.link(files, *tables))

    def externals(self) -> Sequence[TableBatch]:
        """Return the external nodes, sorted by id."""
        return physical(self._engine.externals())

    def survey(self, files: Sequence[int], group: Group) -> Sequence[int]:
        """Return a digest of the rows of each of some files, given as for `link_files`."""
        tables = (list(group[table]) for table in ("imports", "call_sites", "uses"))
        return self._engine.survey(files, *tables)

    def link_surveyed(self, files: Sequence[int], group: Group) -> tuple[Sequence[TableBatch], Sequence[int]]:
        """Return what `link_files` and what `survey` return; names are looked up once for both."""
        tables = (list(group[table]) for table in ("imports", "call_sites", "uses"))
        rows, digests = self._engine.link_surveyed(files, *tables)
        return physical(rows), digests

    def relocate(self, nodes: pa.RecordBatch) -> None:
        """Take the lines of some files' nodes anew."""
        self._engine.relocate(nodes)

    def file_digests(self, batches: Sequence[pa.RecordBatch], columns: Sequence[str]) -> Mapping[str, int]:
        """Return for each file a digest of its rows in some columns, in row order."""
        return self._engine.file_digests(list(batches), columns)

    def note_named(self, pairs: pa.RecordBatch) -> None:
        """Note what files name outside the repository: pairs of `file_path` and `id`."""
        self._engine.note_named(pairs)

    def named_of(self, files: Sequence[int]) -> Sequence[Sequence[int]]:
        """Return what some files name outside the repository, for `put_named`."""
        return self._engine.named_of(files)

    def put_named(self, files: Sequence[int], named: Sequence[Sequence[int]]) -> None:
        """Note what `named_of` returned."""
        self._engine.put_named(files, named)

    def named_externals(self) -> Sequence[TableBatch]:
        """Return the external nodes that the surveyed files name, sorted by id."""
        return physical(self._engine.named_externals())


class NativeCrossFileStage(CrossFileStage):
    """The stage `cross-file` with a native engine, unless the run's backend is "python".

    Args:
        engine: The extension module's class.
    """

    def __init__(self, engine: NativeEngineType) -> None:
        self._native = engine

    def linker(self, context: StageContext) -> Linker:
        """Return the native engine, the reference engine, or with the backend "both" one that compares them."""
        if context.backend == "python":
            return super().linker(context)
        native = NativeLinker(self._native, context.packs, context.workers)
        if context.backend != "both":
            return native
        return ComparingLinker(native, super().linker(context), ("rust", "python"))


def _ids_apart(nodes: pa.RecordBatch) -> pa.RecordBatch:
    """Have ids, which the engine keeps, hold on to nothing else: columns that were read together share one buffer."""
    position = nodes.schema.get_field_index("id")
    ids = nodes.column(position)
    texts = ids.buffers()[-1]
    if texts is None or texts.parent is None or texts.parent.size < 2 * texts.size:
        return nodes
    return nodes.set_column(position, nodes.schema.field(position), pa.concat_arrays([ids, ids.slice(0, 0)]))


def languages_json(packs: Mapping[str, LanguagePack]) -> str:
    """Return what linking needs of the packs, sorted by name, as the native engine reads it."""
    return json.dumps(
        [
            {
                "name": pack.name,
                "style": pack.imports.style,
                "extensions": pack.imports.extensions,
                "file_extensions": pack.extensions,
                "index_names": pack.imports.index_names,
                "explicit_exports": pack.imports.explicit_exports,
                "export_list": pack.imports.export_list,
                "builtins": sorted(pack.builtins),
                "builtins_module": pack.builtins_module,
                "constructor": pack.constructor,
                "super_call": pack.super_call,
                "default_packages": pack.imports.defaults,
                "stub_extension": pack.imports.stub_extension,
                "local_callables": pack.local_callables,
            }
            for _, pack in sorted(packs.items())
        ]
    )


def physical(batches: Sequence[TableBatch]) -> list[TableBatch]:
    """Give batches the schema object of the contract, which carries the table's name; keys follow its columns."""
    return [
        (table, pa.RecordBatch.from_arrays(batch.columns, schema=_schema(table, batch))) for table, batch in batches
    ]


def _schema(table: str, batch: pa.RecordBatch) -> pa.Schema:
    schema = TABLES[table].physical_schema
    for name in batch.schema.names[len(schema) :]:
        schema = schema.append(batch.schema.field(name))
    return schema

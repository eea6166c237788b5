"""Linking after a change: the symbol table stays in memory, files are surveyed, and what differs is linked anew.

A survey costs a fraction of a run: it makes no rows. Where only bodies changed (nothing that another file can see),
only the changed files are looked at, and until something else changes nothing is surveyed: a process whose first edit
is one of a body reads the symbol table's rows and no others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeGuard, TypeVar, runtime_checkable

import pyarrow as pa

from codegraph_hookspecs import Change, TableBatch, UpdateContext
from codegraph_plugins.stages.cross_file.groups import Group, beginnings, languages_of, whole_files
from codegraph_plugins.stages.cross_file.stage import BASE_USES, CrossFileStage, Linker, bases_of, project_of

_ESCAPE: Final = re.compile(rb"\\(\\|x[0-9a-f]{2})")
_PIECES: Final = 32
"""So many more pieces of a table than it began with: each costs a link engine as much as a few files, so edits' are
joined then."""
_KEPT: Final = 256
"""The rows of so many files are kept in case that a run asks for more besides."""
_GROUP_TABLES: Final = ("imports", "call_sites", "uses")
_SURVEYED: Final = ("call_sites", "uses")
"""What surveys read and the symbol table does not."""
_TABLES: Final = ("nodes", *_GROUP_TABLES, "exports")
_BASES: Final = "bases"
"""The rows of `uses` that say what a type is, which the symbol table needs of every file."""
_NODE_COLUMNS: Final = (CrossFileStage.reads or {})["nodes"]
_SEEN: Final[Mapping[str, Sequence[str]]] = {
    "nodes": tuple(name for name in _NODE_COLUMNS if name not in ("file_path", "start_line")),
    "imports": ("id", "module", "name", "alias"),
    "exports": ("name", "node", "module", "source_name"),
    _BASES: ("use", "node", "name", "binding", "target"),
}
"""Columns that other files can see; of `nodes` all that linking reads but the line."""

_FEW_FILES: Final = 16
"""So few files are looked at one by one; for more, all are, and what they look like is kept: a slice costs as much as a
hundred rows."""

Seen = tuple[int, ...]
_NOTHING_SEEN: Final[Seen] = ()
Value = TypeVar("Value")


@runtime_checkable
class SurveyingLinker(Linker, Protocol):
    """A link engine that can say what a file's rows are without making them.

    Attributes:
        survey_columns: By table, the columns that the symbol table and surveys need; all of other tables.
    """

    @property
    def survey_columns(self) -> Mapping[str, Sequence[str]]: ...  # noqa: D102

    def survey(self, files: Sequence[int], group: Group) -> Sequence[int]:
        """Return a digest of the rows of each of some files, and note what they name outside the repository.

        Args:
            files: Their positions, ascending.
            group: Their rows, and no others, in that order.
        """
        ...

    def link_files(self, files: Sequence[int], group: Group) -> Sequence[TableBatch]:
        """Return the rows of some files, which are given as for `survey`."""
        ...

    def relocate(self, nodes: pa.RecordBatch) -> None:
        """Take the lines of some files' nodes anew."""
        ...

    def file_digests(self, batches: Sequence[pa.RecordBatch], columns: Sequence[str]) -> Mapping[str, int]:
        """Return for each file a digest of its rows in some columns, in row order."""
        ...

    def note_named(self, pairs: pa.RecordBatch) -> None:
        """Note what files name outside the repository, without surveying them.

        Args:
            pairs: Columns `file_path` and `id`: files, and ids of nodes that their edges name, external or not.
        """
        ...

    def named_of(self, files: Sequence[int]) -> Sequence[Any]:
        """Return what some files name outside the repository, in the engine's own terms."""
        ...

    def put_named(self, files: Sequence[int], named: Sequence[Any]) -> None:
        """Note what `named_of` returned."""
        ...

    def named_externals(self) -> Sequence[TableBatch]:
        """Return the external nodes that files name, as was surveyed or noted, sorted by id."""
        ...


class LinkingSurveyor(SurveyingLinker, Protocol):
    """A link engine that can do both at once."""

    def link_surveyed(self, files: Sequence[int], group: Group) -> tuple[Sequence[TableBatch], Sequence[int]]:
        """Return what `link_files` and what `survey` return."""
        ...


class FileRows:
    """A table cut by file, without a copy.

    Args:
        owner: The column with the file's path.
    """

    def __init__(self, owner: str = "file_path") -> None:
        self._owner = owner
        self._slices: dict[str, tuple[pa.RecordBatch, int, int]] = {}
        self._began = 0

    def take(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Take whole files; those that are known already are replaced."""
        for batch in whole_files(batches, self._owner):
            starts, paths = beginnings(batch.column(self._owner))
            ends = [*starts[1:].tolist(), batch.num_rows]
            for path, start, end in zip(paths, starts.tolist(), ends, strict=True):
                self._slices[path or ""] = (batch, start, end)

    def places(self, paths: Iterable[str]) -> dict[str, tuple[pa.RecordBatch, int, int] | None]:
        """Return where the rows of some files are, for `put_back`."""
        return {path: self._slices.get(path) for path in paths}

    def put_back(self, places: Mapping[str, tuple[pa.RecordBatch, int, int] | None]) -> None:
        """Have files lie where they lay."""
        for path, place in places.items():
            _put_back(self._slices, path, place)

    def drop(self, paths: Iterable[str]) -> None:
        """Forget files."""
        for path in paths:
            self._slices.pop(path, None)

    def paths(self) -> list[str]:
        """Return the files, in the order of their raw paths."""
        return sorted(self._slices, key=raw_path)

    def stream(self, paths: Iterable[str]) -> Iterator[pa.RecordBatch]:
        """Give the rows of some files, in that order; neighbours come together.

        A batch may name other files among the values of its dictionary.
        """
        batch: pa.RecordBatch | None = None
        start = end = 0
        for found in map(self._slices.get, paths):
            if found is None:
                continue
            if found[0] is batch and found[1] == end:
                end = found[2]
                continue
            if batch is not None:
                yield batch.slice(start, end - start)
            batch, start, end = found
        if batch is not None:
            yield batch.slice(start, end - start)

    def all_rows(self, paths: Sequence[str]) -> list[pa.RecordBatch]:
        """Give the rows of all files; they are joined where edits have cut them to many pieces."""
        given = list(self.stream(paths))
        self._began = self._began or len(given)
        if len(given) > self._began + _PIECES:
            given = _joined(given)
            self._began = len(given)
            self._slices.clear()
            self.take(given)
        return given


class LinkState:
    """The symbol table, the engine over it, and what each file's rows are.

    Args:
        stage: Gives the engine.
        context: Reads the rows of the run before.
    """

    def __init__(self, stage: CrossFileStage, context: UpdateContext) -> None:
        self._stage = stage
        self._tables = {table: FileRows() for table in (*_TABLES, _BASES)}
        self._languages: dict[str, str] = {}
        self._fresh: dict[str, list[pa.RecordBatch]] = {}
        self._changed: frozenset[str] = frozenset()
        self._linked: tuple[frozenset[str], list[TableBatch]] = (frozenset(), [])
        self._packages: Sequence[TableBatch] | None = None
        self._surveyed = False
        self._seen: dict[str, Seen] = {}
        self.linker: SurveyingLinker = self._engine(context)
        self.positions: dict[str, int] = {}
        self.digests: dict[str, int] = {}
        for table in ("nodes", "imports", "exports"):
            self._take(table, context.previous(table, self._columns(table)))
        self._tables[_BASES].take(filter(len, map(bases_of, context.previous("uses", where=BASE_USES))))
        self._build(context)
        named = context.named_nodes()
        if named is None:
            self._survey_all(context)
        else:
            for pairs in named:
                self.linker.note_named(pairs)

    def _engine(self, context: UpdateContext) -> SurveyingLinker:
        linker = self._stage.linker(context)
        if not isinstance(linker, SurveyingLinker):
            raise TypeError("this engine cannot survey")
        return linker

    def _columns(self, table: str) -> Sequence[str] | None:
        """Return the columns of a table that are kept in memory; None for all."""
        return _NODE_COLUMNS if table == "nodes" else self.linker.survey_columns.get(table)

    def change(self, context: UpdateContext, change: Change) -> frozenset[str]:
        """Move to the present rows of the changed files.

        Returns:
            Files whose rows differ, besides those that changed.
        """
        self._fresh = {table: list(context.current(table)) for table in _TABLES}
        self._fresh["nodes"] = [batch.select(list(_NODE_COLUMNS)) for batch in self._fresh["nodes"]]
        self._fresh[_BASES] = list(map(bases_of, self._fresh["uses"]))
        seen = self._seen_of(self._fresh)
        local = not change.added and not change.removed and self._look_same(change.modified, seen)
        if not local and not self._surveyed:
            self._survey_all(context)  # of the rows before
        context.undo_with(self._way_back(change))
        self._changed = change.added | change.modified
        self._linked = (frozenset(), [])
        for path in (*change.removed, *change.modified):
            self._seen.pop(path, None)
        self._seen.update(seen)
        for rows in self._tables.values():
            rows.drop(change.removed | change.modified)
        for path in change.removed | change.modified:
            self._languages.pop(path, None)
        for table in _TABLES:
            if self._surveyed or table not in _SURVEYED:
                self._take(table, self._fresh[table])
        self._tables[_BASES].take(filter(len, self._fresh[_BASES]))
        if local:
            for batch in self._fresh["nodes"]:
                self.linker.relocate(batch)
            self._link_changed()
            return frozenset()
        earlier = self.digests
        self.linker = self._engine(context)
        self._build(context)
        self._survey_all(context)
        return frozenset(
            path for path, digest in self.digests.items() if earlier.get(path) != digest and path not in self._changed
        )

    def look(self, paths: frozenset[str]) -> None:
        """Note what other files see of some files before they change."""
        missing = paths - self._seen.keys()
        if missing:
            everyone = self._tables["nodes"].paths() if len(missing) > _FEW_FILES else sorted(missing, key=raw_path)
            found = self._seen_of({table: list(self._tables[table].stream(everyone)) for table in _SEEN})
            for path in missing.union(everyone):
                self._seen.setdefault(path, found.get(path, _NOTHING_SEEN))

    def _look_same(self, paths: frozenset[str], seen: Mapping[str, Seen]) -> bool:
        """Say whether other files see what they saw of some files."""
        self.look(paths)
        return all(self._seen[path] == seen.get(path, _NOTHING_SEEN) for path in paths)

    def _way_back(self, change: Change) -> Callable[[], None]:
        """Return what moves back to the rows before a change."""
        paths = change.added | change.modified | change.removed
        places = {table: rows.places(paths) for table, rows in self._tables.items()}
        seen = {path: self._seen.get(path) for path in paths}
        languages = {path: self._languages.get(path) for path in paths}
        linker, positions, digests, packages = self.linker, self.positions, self.digests, self._packages
        own = {path: digests.get(path) for path in paths}
        files = sorted(paths & positions.keys(), key=raw_path)
        named = linker.named_of([positions[path] for path in files])

        def go_back() -> None:
            for table, found in places.items():
                self._tables[table].put_back(found)
            for path in paths:
                _put_back(self._seen, path, seen[path])
                _put_back(self._languages, path, languages[path])
                _put_back(digests, path, own[path])
            self._fresh, self._changed, self._linked = {}, frozenset(), (frozenset(), [])
            self.linker, self.positions, self.digests, self._packages = linker, positions, digests, packages
            # It was told of the lines of bodies, and of what they name outside the repository.
            for batch in self._tables["nodes"].stream(files):
                linker.relocate(batch)
            linker.put_named([positions[path] for path in files], named)

        return go_back

    def _link_changed(self) -> None:
        """Survey the changed files, and link them where that is one step: their rows are asked for next."""
        files = sorted(self.positions[path] for path in self._changed if path in self.positions)
        if not files or not _links_surveyed(self.linker):
            self._survey(self._changed, self._fresh)
            return
        rows, digests = self.linker.link_surveyed(files, self._fresh)
        order = list(self.positions)
        self.digests.update(zip((order[position] for position in files), digests, strict=True))
        self._linked = (self._changed, list(rows))

    def rows(self, context: UpdateContext, paths: frozenset[str]) -> Iterator[TableBatch]:
        """Give the rows of some files, and all rows that belong to no file."""
        done, linked = self._linked
        if not done <= paths:
            done, linked = frozenset(), []
        fresh = self._changed if self._changed <= paths - done else frozenset()
        for wanted in (fresh, paths - done - fresh):
            files = sorted(self.positions[path] for path in wanted if path in self.positions)
            if files:
                group = self._fresh if wanted is fresh else self._group(context, files)
                linked = [*linked, *self.linker.link_files(files, group)]
        self._linked = (paths, linked) if len(paths) <= _KEPT else (frozenset(), [])
        yield from linked
        if self._packages is None:  # they depend on nothing but which files there are
            self._packages = self.linker.packages()
        yield from self._packages
        yield from self.linker.named_externals()

    def _build(self, context: UpdateContext) -> None:
        """Fill the symbol table of a new engine."""
        paths, linker = self._tables["nodes"].paths(), self.linker
        for batch in self._tables["nodes"].all_rows(paths):
            context.check()
            linker.add("nodes", batch)
        for table in ("imports", "exports", _BASES):
            for batch in self._tables[table].all_rows(paths):
                linker.add("uses" if table == _BASES else table, batch)
        linker.prepare(project_of(context, {path: self._languages[path] for path in paths if path in self._languages}))
        self._packages = None
        self.positions = {path: position for position, path in enumerate(paths)}
        self.digests = {}

    def _take(self, table: str, batches: Iterable[pa.RecordBatch]) -> None:
        columns = self._columns(table)
        given = [batch if columns is None else batch.select(list(columns)) for batch in batches]
        self._tables[table].take(given)
        if table == "nodes":
            for batch in given:
                self._languages.update((path, name) for path, name in languages_of(batch) if name is not None)

    def _survey_all(self, context: UpdateContext) -> None:
        if not self._surveyed:
            for table in _SURVEYED:
                self._take(table, context.previous(table, self._columns(table)))
            self._surveyed = True
        paths = list(self.positions)
        self._survey(frozenset(paths), {table: self._tables[table].all_rows(paths) for table in _GROUP_TABLES})

    def _survey(self, paths: frozenset[str], group: Group) -> None:
        order = sorted((self.positions[path], path) for path in paths if path in self.positions)
        if order:
            digests = self.linker.survey([position for position, _ in order], group)
            self.digests.update(zip((path for _, path in order), digests, strict=True))

    def _group(self, context: UpdateContext, files: Sequence[int]) -> Group:
        """Return all columns of the rows of files that did not change."""
        order = list(self.positions)
        paths = [order[position] for position in files]
        group = {
            table: list(
                self._tables[table].stream(paths)
                if self._columns(table) is None and (self._surveyed or table not in _SURVEYED)
                else context.previous(table, files=paths)
            )
            for table in _GROUP_TABLES
            if table != "call_sites"
        }
        # What a later stage made of a call stands in the store, and linking leaves to the parser what it cannot say.
        parsed = FileRows()
        parsed.take(context.parsed("call_sites"))
        return {**group, "call_sites": list(parsed.stream(paths))}

    def _seen_of(self, given: Mapping[str, Sequence[pa.RecordBatch]]) -> dict[str, Seen]:
        """Return what other files can see of those that have rows."""
        found: list[Mapping[str, int]] = []
        for table, columns in _SEEN.items():
            found.append(self.linker.file_digests(given[table], columns))
        paths = {path for digests in found for path in digests}
        return {path: tuple(digests.get(path, 0) for digests in found) for path in paths}


def _links_surveyed(linker: SurveyingLinker) -> TypeGuard[LinkingSurveyor]:
    """Say whether an engine can do both at once; to ask for every member of the protocol takes as long as a file."""
    return callable(getattr(linker, "link_surveyed", None))


def _put_back(values: dict[str, Value], path: str, value: Value | None) -> None:
    if value is None:
        values.pop(path, None)
    else:
        values[path] = value


def _joined(batches: Sequence[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Return rows as one batch, or few."""
    joined: list[pa.RecordBatch] = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks().to_batches()
    return joined


def raw_path(path: str) -> bytes:
    """Return the bytes that a path's text stands for: files are in their order."""
    if "\\" not in path:
        return path.encode()
    return _ESCAPE.sub(lambda found: b"\\" if found[1] == b"\\" else bytes([int(found[1][1:], 16)]), path.encode())

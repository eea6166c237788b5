"""Linking after a change: the symbol table stays in memory, every file is surveyed, and what differs is linked anew.

A survey costs a fraction of a run: it makes no rows. Where only bodies changed (nothing that another file can see),
only the changed files are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from codegraph_hookspecs import Change, TableBatch, UpdateContext
from codegraph_plugins.stages.cross_file.groups import codes, runs, whole_files
from codegraph_plugins.stages.cross_file.reference import Group
from codegraph_plugins.stages.cross_file.stage import CrossFileStage, Linker, bases_of, project_of

_ESCAPE: Final = re.compile(rb"\\(\\|x[0-9a-f]{2})")
_PIECES: Final = 4
_GAP: Final = 16
"""Files are linked together if no more lie between them: a call reads every text that its rows' batches share."""
_GROUP_TABLES: Final = ("imports", "call_sites", "uses")
_TABLES: Final = ("nodes", *_GROUP_TABLES, "exports")
_SEEN: Final[Mapping[str, Sequence[str]]] = {
    "imports": ("id", "module", "name", "alias"),
    "exports": ("name", "node", "module", "source_name"),
    "uses": ("use", "node", "name", "binding", "target"),
}
"""Columns that other files can see; of `nodes` all that linking reads but the line."""


@runtime_checkable
class SurveyingLinker(Linker, Protocol):
    """A link engine that can say what a file's rows are without making them."""

    def survey(self, first: int, end: int, group: Group) -> Sequence[int]:
        """Return a digest of the rows of each file from position `first` up to `end`, and note what they name."""
        ...

    def relocate(self, position: int, nodes: pa.RecordBatch) -> None:
        """Take the lines of a file's nodes anew."""
        ...

    def named_externals(self) -> Sequence[TableBatch]:
        """Return the external nodes that the surveyed files name, sorted by id."""
        ...


class FileRows:
    """A table cut by file, without a copy.

    Args:
        owner: The column with the file's path.
    """

    def __init__(self, owner: str = "file_path") -> None:
        self._owner = owner
        self._slices: dict[str, tuple[pa.RecordBatch, int, int]] = {}
        self._gone = False  # a batch may name files that are not there any more

    def take(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Take whole files; those that are known already are replaced."""
        for batch in whole_files(batches, self._owner):
            file_codes, paths = codes(batch.column(self._owner))
            starts = runs(file_codes)
            ends = np.append(starts[1:], len(file_codes))
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
                self._slices[paths[file_codes[start]] or ""] = (batch, start, end)

    def drop(self, paths: Iterable[str]) -> None:
        """Forget files."""
        for path in paths:
            self._gone |= self._slices.pop(path, None) is not None

    def lost(self) -> None:
        """Note that batches may name files that are not there any more."""
        self._gone = True

    def replace(self, paths: Iterable[str]) -> None:
        """Forget files that are taken anew; those that have no rows any more are known to other tables."""
        for path in paths:
            self._slices.pop(path, None)

    def of(self, path: str) -> pa.RecordBatch | None:
        """Return a file's rows, or None."""
        found = self._slices.get(path)
        return None if found is None else found[0].slice(found[1], found[2] - found[1])

    def paths(self) -> list[str]:
        """Return the files, in the order of their raw paths."""
        return sorted(self._slices, key=_raw)

    def stream(self, paths: Iterable[str], known: Container[str]) -> Iterator[pa.RecordBatch]:
        """Give the rows of some files, in that order; neighbours come together.

        Args:
            paths: The files.
            known: All files; a batch must not name others among the values of its dictionary.
        """
        if not self._gone:
            yield from self._neighbours(paths)
            return
        for batch in self._neighbours(paths):
            position = batch.schema.get_field_index(self._owner)
            column = batch.column(position)
            if all(path in known for path in column.dictionary.to_pylist()):
                yield batch
            else:
                plain = column.dictionary_decode().dictionary_encode()
                yield batch.set_column(position, batch.schema.field(position), plain)

    def _neighbours(self, paths: Iterable[str]) -> Iterator[pa.RecordBatch]:
        held: tuple[pa.RecordBatch, int, int] | None = None
        for path in paths:
            found = self._slices.get(path)
            if found is None:
                continue
            if held is not None and held[0] is found[0] and held[2] == found[1]:
                held = (held[0], held[1], found[2])
                continue
            if held is not None:
                yield held[0].slice(held[1], held[2] - held[1])
            held = found
        if held is not None:
            yield held[0].slice(held[1], held[2] - held[1])


class LinkState:
    """The symbol table, the engine over it, and what each file's rows are.

    Args:
        stage: Gives the engine.
        context: Reads the rows of the run before.
    """

    def __init__(self, stage: CrossFileStage, context: UpdateContext) -> None:
        self._stage = stage
        self._tables = {table: FileRows() for table in _TABLES}
        for table, rows in self._tables.items():
            columns = (CrossFileStage.reads or {})["nodes"] if table == "nodes" else None
            rows.take(context.previous(table, columns))
        self.linker: SurveyingLinker
        self.positions: dict[str, int] = {}
        self.digests: dict[str, int] = {}
        self._build(context)

    def change(self, context: UpdateContext, change: Change) -> frozenset[str]:
        """Move to the present rows of the changed files.

        Returns:
            Files whose rows differ, besides those that changed.
        """
        before = {path: self._seen(path) for path in change.modified}
        for table, rows in self._tables.items():
            rows.drop(change.removed)
            rows.replace(change.modified)
            columns = (CrossFileStage.reads or {})["nodes"]
            rows.take(batch.select(list(columns)) if table == "nodes" else batch for batch in context.current(table))
        if any(path in self.positions and self._tables["nodes"].of(path) is None for path in change.modified):
            for rows in self._tables.values():
                rows.lost()
        local = not change.added and not change.removed
        if local and all(_same(before[path], self._seen(path)) for path in change.modified):
            self._relocate(change.modified)
            return frozenset()
        earlier = self.digests
        self._build(context)
        changed = change.added | change.modified
        return frozenset(
            path for path, digest in self.digests.items() if earlier.get(path) != digest and path not in changed
        )

    def rows(self, paths: frozenset[str]) -> Iterator[TableBatch]:
        """Give the rows of some files (and of what lies between them), and all rows that belong to no file."""
        order = list(self.positions)
        for first, end in self._ranges(paths):
            yield from self.linker.link(first, end, self._group(order[first:end]))
        yield from self.linker.packages()
        yield from self.linker.named_externals()

    def _build(self, context: UpdateContext) -> None:
        paths = self._tables["nodes"].paths()
        linker = self._stage.linker(context)
        if not isinstance(linker, SurveyingLinker):
            raise TypeError("this engine cannot survey")
        languages: dict[str, str] = {}
        known = frozenset(paths)
        for batch in self._tables["nodes"].stream(paths, known):
            context.check()
            linker.add("nodes", batch)
            _take_languages(batch, languages)
        for table in ("imports", "exports"):
            for batch in self._tables[table].stream(paths, known):
                linker.add(table, batch)
        for batch in self._tables["uses"].stream(paths, known):
            bases = bases_of(batch)
            if bases.num_rows:
                linker.add("uses", bases)
        linker.prepare(project_of(context, languages))
        self.linker = linker
        self.positions = {path: position for position, path in enumerate(paths)}
        digests = linker.survey(0, len(paths), self._group(paths)) if paths else ()
        self.digests = dict(zip(paths, digests, strict=True))

    def _relocate(self, changed: frozenset[str]) -> None:
        for path in changed:
            position, nodes = self.positions.get(path), self._tables["nodes"].of(path)
            if position is not None and nodes is not None:
                self.linker.relocate(position, nodes)
        order = list(self.positions)
        for first, end in self._ranges(changed):
            paths = order[first:end]
            digests = self.linker.survey(first, end, self._group(paths))
            self.digests.update(zip(paths, digests, strict=True))

    def _ranges(self, paths: frozenset[str]) -> Iterator[tuple[int, int]]:
        """Give the positions of some files as ranges; what lies between neighbours costs less than a call."""
        wanted = sorted(position for path, position in self.positions.items() if path in paths)
        at = 0
        while at < len(wanted):
            first = wanted[at]
            while at + 1 < len(wanted) and wanted[at + 1] - wanted[at] <= _GAP:
                at += 1
            yield first, wanted[at] + 1
            at += 1

    def _group(self, paths: Sequence[str]) -> dict[str, list[pa.RecordBatch]]:
        return {table: _joined(self._tables[table].stream(paths, self.positions)) for table in _GROUP_TABLES}

    def _seen(self, path: str) -> list[pa.RecordBatch | None]:
        """Return what other files can see of a file."""
        nodes = self._tables["nodes"].of(path)
        seen = [None if nodes is None else nodes.drop_columns(["start_line"])]
        for table, columns in _SEEN.items():
            rows = self._tables[table].of(path)
            if rows is not None and table == "uses":
                rows = bases_of(rows)
            seen.append(rows.select(list(columns)) if rows is not None and rows.num_rows else None)
        return seen


def _joined(batches: Iterable[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Join what edits have cut to pieces: each piece costs as much as a hundred files."""
    given = list(batches)
    if len(given) <= _PIECES:
        return given
    joined: list[pa.RecordBatch] = pa.Table.from_batches(given).unify_dictionaries().combine_chunks().to_batches()
    return joined


def _same(before: Sequence[pa.RecordBatch | None], after: Sequence[pa.RecordBatch | None]) -> bool:
    return all(
        (one is None) == (other is None) and (one is None or other is None or _equal(one, other))
        for one, other in zip(before, after, strict=True)
    )


def _equal(one: pa.RecordBatch, other: pa.RecordBatch) -> bool:
    if one.num_rows != other.num_rows:
        return False
    return all(_text(a).equals(_text(b)) for a, b in zip(one.columns, other.columns, strict=True))


def _text(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _take_languages(batch: pa.RecordBatch, languages: dict[str, str]) -> None:
    file_codes, paths = codes(batch.column("file_path"))
    language_codes, names = codes(batch.column("language"))
    for row in runs(file_codes).tolist():
        if language_codes[row] >= 0:
            languages[paths[file_codes[row]] or ""] = names[language_codes[row]] or ""


def _raw(path: str) -> bytes:
    """Return the bytes that a path's text stands for: files are in their order."""
    if "\\" not in path:
        return path.encode()
    return _ESCAPE.sub(lambda found: b"\\" if found[1] == b"\\" else bytes([int(found[1][1:], 16)]), path.encode())

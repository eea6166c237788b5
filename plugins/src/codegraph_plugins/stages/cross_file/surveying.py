"""The reference engine in incremental runs: its survey of a file is a digest of the rows that it makes, and drops.

So a survey costs what linking costs, unlike the native engine's. What an incremental run saves with this engine is
parsing, which costs several times as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import ClassVar, Final

import pyarrow as pa
import xxhash

from codegraph_hookspecs import TableBatch
from codegraph_plugins.stages.cross_file.groups import Cursor, Group, codes, runs
from codegraph_plugins.stages.cross_file.reference import ReferenceLinker
from codegraph_plugins.stages.cross_file.rows import node_batch

_TABLES: Final = ("imports", "call_sites", "uses")
_AT_ONCE: Final = 32
"""Files that are linked together: fewer cost more each, and the rows of all of them are held."""
_EXTERNAL: Final = "@external"
_DECIDED: Final[Mapping[str, Sequence[str]]] = {
    "edges": ("id", "line_number", "column", "resolver", "confidence"),
    "call_sites": ("status", "reason", "candidates"),
    "imports": ("target_id", "target_file", "status", "reason"),
}
"""The columns that linking fills in, by table; an edge's id stands for its kind and its ends."""
_ENDS: Final = {"edges": ("source_id", "target_id"), "call_sites": ("candidates",), "imports": ("target_id",)}


class SurveyingReferenceLinker(ReferenceLinker):
    """Links in Python, and says what a file's rows are; implements `incremental.SurveyingLinker`."""

    survey_columns: ClassVar[Mapping[str, Sequence[str]]] = {}
    """The columns that surveys need of tables: all, since rows are made."""

    def survey(self, files: Sequence[int], group: Group) -> list[int]:
        """Return a digest of the rows of each of some files, and note what they name outside the repository.

        Args:
            files: Their positions, ascending.
            group: Their rows, and no others, in that order.
        """
        digests: list[int] = []
        for first, end, part in self._parts(files, group):
            hashers = {position: xxhash.xxh3_64() for position in range(first, end)}
            named: dict[int, set[str]] = {position: set() for position in hashers}
            for table, batch in self.link(first, end, part):
                for position, rows in self._files_of(batch):
                    hashers[position].update(table.encode() + _bytes(rows, _DECIDED[table]))
                    for column in _ENDS[table]:
                        named[position].update(_externals(rows.column(column)))
            self._externals_of.update(named)
            digests += [hasher.intdigest() for hasher in hashers.values()]
        return digests

    def link_files(self, files: Sequence[int], group: Group) -> list[TableBatch]:
        """Return the rows of some files, which are given as for `survey`."""
        return [row for first, end, part in self._parts(files, group) for row in self.link(first, end, part)]

    def relocate(self, nodes: pa.RecordBatch) -> None:
        """Take the lines of some files' nodes anew; nothing else of them may have changed.

        Raises:
            ValueError: These are not all nodes of the files.
        """
        for position, rows in self._files_of(nodes):
            start, stop = self._table.base[position], self._table.base[position + 1]
            if rows.num_rows != stop - start:
                raise ValueError("these are not the file's nodes")
            self._table.line[start:stop] = rows.column("start_line").fill_null(-1).to_numpy(zero_copy_only=False)

    def file_digests(self, batches: Sequence[pa.RecordBatch], columns: Sequence[str]) -> dict[str, int]:
        """Return for each file a digest of its rows in some columns, in row order."""
        hashers: dict[str, xxhash.xxh3_64] = {}
        for batch in batches:
            for path, rows in _by_file(batch):
                hashers.setdefault(path, xxhash.xxh3_64()).update(_bytes(rows, columns))
        return {path: hasher.intdigest() for path, hasher in hashers.items()}

    def note_named(self, pairs: pa.RecordBatch) -> None:
        """Note what files name outside the repository: pairs of `file_path` and `id`; other ids do not count."""
        for path, name in zip(pairs.column("file_path").to_pylist(), pairs.column("id").to_pylist(), strict=True):
            if name.endswith(_EXTERNAL):
                self._externals_of.setdefault(self._table.file_of[path], set()).add(name)

    def named_of(self, files: Sequence[int]) -> list[set[str]]:
        """Return what some files name outside the repository, for `put_named`."""
        return [set(self._externals_of.get(position, ())) for position in files]

    def put_named(self, files: Sequence[int], named: Sequence[set[str]]) -> None:
        """Note what `named_of` returned."""
        self._externals_of.update(zip(files, named, strict=True))

    def named_externals(self) -> list[TableBatch]:
        """Return the external nodes that the surveyed files name, sorted by id."""
        ids = sorted(set().union(*self._externals_of.values()), key=str.encode)
        if not ids:
            return []
        fqns = [each.removesuffix(_EXTERNAL) for each in ids]
        names = [fqn.rpartition(".")[2] or fqn for fqn in fqns]
        return [("nodes", node_batch("external", ids, names, fqns, [None] * len(ids)))]

    @property
    def _externals_of(self) -> dict[int, set[str]]:
        """What each surveyed file names outside the repository, by position."""
        if not hasattr(self, "_externals_named"):
            self._externals_named: dict[int, set[str]] = {}
        return self._externals_named

    def _parts(self, files: Sequence[int], group: Group) -> Iterator[tuple[int, int, Group]]:
        """Cut files into neighbours, a few at a time, with their rows."""
        cursors = {table: Cursor(group[table], "file_path", self._table.file_of) for table in _TABLES}
        at = 0
        while at < len(files):
            first = files[at]
            count = 1
            while count < _AT_ONCE and at + count < len(files) and files[at + count] == first + count:
                count += 1
            yield first, first + count, {table: cursor.until(first + count) for table, cursor in cursors.items()}
            at += count

    def _files_of(self, batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
        return ((self._table.file_of[path], rows) for path, rows in _by_file(batch))


def _by_file(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Cut rows, which are grouped by file, by file."""
    file_codes, paths = codes(batch.column("file_path"))
    starts = runs(file_codes).tolist()
    for start, end in pairwise([*starts, batch.num_rows]):
        yield paths[file_codes[start]] or "", batch.slice(start, end - start)


def _bytes(rows: pa.RecordBatch, columns: Sequence[str]) -> bytes:
    """Return bytes that are the same for the same values, whatever the dictionaries."""
    return repr([rows.column(name).to_pylist() for name in columns]).encode("utf-8", "surrogatepass")


def _externals(column: pa.Array) -> Iterator[str]:
    """Give the ids of external nodes in a column of ids, or of lists of ids."""
    values = column.to_pylist()
    texts = chain.from_iterable(each or () for each in values) if pa.types.is_list(column.type) else values
    return (text for text in texts if text is not None and text.endswith(_EXTERNAL))

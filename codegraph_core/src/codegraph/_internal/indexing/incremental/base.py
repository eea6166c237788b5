"""The snapshot that an incremental run starts from: rows by owner, whole tables in path order, nodes without a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from codegraph._internal.discovery import path_bytes
from codegraph._internal.pipeline.spool import rows_with
from codegraph._internal.pipeline.validate import without_keys
from codegraph._internal.store.columns import undictionaried
from codegraph._internal.store.hashing import column_keys
from codegraph._internal.store.layout import OWNERS, layer_of
from codegraph_hookspecs import TABLES

if TYPE_CHECKING:
    from codegraph._internal.store import Snapshot
    from codegraph._internal.store.live import LiveSegment

SHARED_COLUMNS: Final = ("id", "kind", "name", "fqn", "parent_id", "metadata")
"""What decides whether a node without a file is still the same."""
EDGE_ENDS: Final = ("source_id", "target_id")
_NOBODY: Final = frozenset({""})
_FEW_ROWS: Final = 8192
_MANY_ROWS: Final = 4096
_PIECES: Final = 16
"""So many more pieces than batches, and rows are joined instead of cut: a piece costs its reader some 0.1 ms."""
_JOINED_ROWS: Final = 1 << 16


Place = tuple["LiveSegment", npt.NDArray[np.int64]]
"""Rows of a segment, or slots of owners."""


@frozen
class FileRow:
    """What is known of a file: its row of `files`, as far as it is needed."""

    language: str | None
    content_hash: str | None
    size: int
    mtime_ns: int
    status: str


def file_rows(snapshot: Snapshot) -> dict[str, FileRow]:
    """Return what a snapshot says of its files, by path."""
    found: dict[str, FileRow] = {}
    for batch in snapshot.scan("files", ["path", "language", "content_hash", "size", "mtime_ns", "status"]):
        columns = [column.to_pylist() for column in batch.columns]
        found.update((path, FileRow(*values)) for path, *values in zip(*columns, strict=True))
    return found


@frozen
class Likely:
    """What is going to be read of a table's rows that end.

    Args:
        columns: The columns.
        where: Columns and the values that rows have one of, whoever reads them; empty where somebody reads all rows.
    """

    columns: Sequence[str]
    where: Mapping[str, Sequence[str]]


class OwnedRows:
    """Reads the rows that some owners have in a snapshot; other rows are not read.

    The ends of edges are given as keys of the nodes' ids: the ids themselves are spread over the whole snapshot.

    Args:
        snapshot: The snapshot.
        owners: The owners; "" are the rows of no file.
        likely: By table; it is read at once where it is little, since each reading costs more than a few rows.
    """

    def __init__(self, snapshot: Snapshot, owners: Iterable[str], likely: Mapping[str, Likely] | None = None) -> None:
        self._snapshot = snapshot
        self._likely = likely or {}
        wanted = pa.array(list(owners), pa.string())
        self._held: list[Place] = []
        self._places: dict[str, list[Place]] = {}
        self._read: dict[str, pa.Table | None] = {}
        for part in snapshot.live_segments():
            held = np.flatnonzero(np.asarray(pc.is_in(part.segment.read(OWNERS, 0).column(0), value_set=wanted)))
            if len(held):
                self._held.append((part, held))

    def read(self, table: str, columns: Sequence[str], where: Mapping[str, Sequence[str]] | None = None) -> pa.Table:
        """Return their rows of a table, in row order.

        Args:
            table: The table.
            columns: What is wanted of them.
            where: Columns and the values that rows must have one of.
        """
        where, likely, places = where or {}, self._likely.get(table), self._rows(table)
        if likely is not None and {*columns, *where} <= {*likely.columns} and within(where, likely.where):
            if table not in self._read:
                chosen = self._chosen(table, places, likely.where)
                few = sum(len(rows) for _, rows in chosen) <= _FEW_ROWS
                self._read[table] = self._taken(table, chosen, likely.columns) if few else None
            known = self._read[table]
            if known is not None:
                if where and known.num_rows:
                    mask = np.concatenate([matching(batch, where) for batch in known.to_batches()])
                    known = known.filter(pa.array(mask))
                return known.select(list(columns))
        return self._taken(table, self._chosen(table, places, where), columns)

    def counts(self, table: str, columns: Sequence[str] = ()) -> tuple[int, dict[str, Counter[str | None]]]:
        """Count their rows of a table, and how often the values of some columns of texts occur; no row is read."""
        places = self._rows(table)
        found = {column: Counter[str | None]() for column in columns}
        for part, rows in places:
            for column, counted in found.items():
                counted.update(part.segment.counts(table, rows, column))
        return sum(len(rows) for _, rows in places), found

    def _rows(self, table: str) -> list[Place]:
        places = self._places.get(table)
        if places is None:
            places = self._places[table] = []
            for part, held in self._held:
                if part.has(table):
                    dead = part.dead[part.segment.layer(table)]
                    if len(dead):  # ascending
                        held = held[dead.take(dead.searchsorted(held), mode="clip") != held]
                    if not len(held):
                        continue
                    rows = part.rows_of(table, held)
                    if len(rows):
                        places.append((part, rows))
        return places

    def _chosen(self, table: str, places: list[Place], where: Mapping[str, Sequence[str]]) -> list[Place]:
        if not where:
            return places
        masks = [[matching(batch, where) for batch in part.take(table, rows, list(where))] for part, rows in places]
        chosen = [(part, rows[np.concatenate(mask)]) for (part, rows), mask in zip(places, masks, strict=True)]
        return [(part, rows) for part, rows in chosen if len(rows)]

    def _taken(self, table: str, places: list[Place], columns: Sequence[str]) -> pa.Table:
        ends = [name for name in columns if table == "edges" and name in EDGE_ENDS]
        others = [name for name in columns if name not in ends] or [TABLES[table].owner]
        found = []
        for part, rows in places:
            taken = pa.Table.from_batches(part.take(table, rows, others))
            for name in ends:
                taken = taken.append_column(name, pa.array(part.segment.end_keys(name, rows)))
            found.append(taken.select(list(columns)))
        if not found:
            schema = self._snapshot.schema(table)
            return pa.schema(
                [pa.field(name, pa.uint64()) if name in ends else schema.field(name) for name in columns]
            ).empty_table()
        return found[0] if len(found) == 1 else pa.concat_tables(found)


def within(where: Mapping[str, Sequence[str]], wider: Mapping[str, Sequence[str]]) -> bool:
    """Say whether rows that fit some conditions fit wider ones."""
    return all(name in where and {*where[name]} <= {*values} for name, values in wider.items())


def matching(batch: pa.RecordBatch, where: Mapping[str, Sequence[str]]) -> npt.NDArray[np.bool_]:
    """Say for each row whether it has one of the wanted values in each column named."""
    mask = np.ones(batch.num_rows, bool)
    for name, values in where.items():
        codes, texts = codes_of(batch.column(name))
        mask &= np.array([text in values for text in texts] + [False], bool)[codes]
    return mask


def same_rows(one: pa.Table, other: pa.Table, owner: str) -> bool:
    """Say whether two tables have the same rows in the same order for each owner, whatever order owners are in."""
    if one.num_rows != other.num_rows:
        return False
    if not one.num_rows:
        return True
    pair = (one, other)
    places = [_by_owner(table.column(owner)) for table in pair]
    for name in one.schema.names:
        left, right = (_plain(table.column(name)).take(place) for table, place in zip(pair, places, strict=True))
        if not left.equals(right):
            return False
    return True


def _by_owner(column: pa.ChunkedArray) -> pa.Array:
    """Return where the rows are, owners in the order of their paths; an owner's rows stay in theirs."""
    return pc.sort_indices(_plain(column))


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array without dictionaries."""
    chunks = list(map(undictionaried, column.chunks))
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)


def in_path_order(batches: Iterable[pa.RecordBatch], owner: str) -> Iterator[pa.RecordBatch]:
    """Give rows that are grouped by file in the order of the files' raw paths; rows of no file are left out.

    Where neighbours in that order lie in different batches, as after edits of many files, rows are joined: each batch
    costs whoever reads it as much as a few hundred rows.

    Args:
        batches: The rows; a file may be spread over neighbouring batches.
        owner: The column with the file's path.
    """
    given: list[pa.RecordBatch] = []
    runs: list[tuple[bytes, int, int, int]] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        column = batch.column(owner)
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        indices = column.indices
        codes = (indices.fill_null(-1) if indices.null_count else indices).to_numpy(zero_copy_only=False)
        starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
        wanted = codes[starts]  # a dictionary may have many more
        paths = column.dictionary.take(pa.array(wanted, mask=wanted < 0)).to_pylist()
        number = len(given)
        given.append(batch)
        runs += [
            (path_bytes(path), number, start, end)
            for path, start, end in zip(paths, starts.tolist(), [*starts[1:].tolist(), len(codes)], strict=True)
            if path is not None
        ]
    runs.sort()
    pieces: list[tuple[int, int, int]] = []
    for _, number, start, end in runs:
        if pieces and pieces[-1][0] == number and pieces[-1][2] == start:
            pieces[-1] = (number, pieces[-1][1], end)
        else:
            pieces.append((number, start, end))
    joined = _joined(given) if len(pieces) > len(given) + _PIECES else None
    if joined is None:
        yield from (given[number].slice(start, end - start) for number, start, end in pieces)
        return
    before = np.cumsum([0, *(batch.num_rows for batch in given)])
    del given
    starts = np.array([before[number] + start for number, start, _ in pieces])
    lengths = np.array([end - start for _, start, end in pieces])
    ends = lengths.cumsum()
    rows = np.arange(ends[-1]) + np.repeat(starts - ends + lengths, lengths)
    at = 0
    while at < len(rows):  # whole pieces, so that files stay whole
        until = int(ends[min(int(ends.searchsorted(at + _JOINED_ROWS)), len(ends) - 1)])
        yield joined.take(pa.array(rows[at:until]))
        at = until


def _joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch | None:
    """Return batches as one; None where they are not alike, or hold more text than one can."""
    if len(batches) == 1:
        return batches[0]
    if any(not batch.schema.equals(batches[0].schema) for batch in batches):
        return None
    joined = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks().to_batches()
    return joined[0] if len(joined) == 1 else None


def without(batch: pa.RecordBatch, owner: str, owners: frozenset[str]) -> pa.RecordBatch:
    """Return the rows of a batch that none of some owners has; None among rows of no owner is kept."""
    codes, paths = codes_of(batch.column(owner))
    gone = np.array([path in owners for path in paths], bool)
    if not gone.any():
        return batch
    return batch.take(pa.array(np.flatnonzero(~np.append(gone, False)[codes])))


def only(batch: pa.RecordBatch, owner: str, owners: frozenset[str]) -> pa.RecordBatch:
    """Return the rows of a batch that some owners have; "" are the rows of no file."""
    column = batch.column(owner)
    if column.null_count == len(column):
        return batch if "" in owners else batch.slice(0, 0)
    if not column.null_count:
        if owners == _NOBODY:
            return batch.slice(0, 0)
        if pa.types.is_dictionary(column.type) and owners.issuperset(column.dictionary.to_pylist()):
            return batch
    codes, paths = codes_of(column)
    kept = np.array([path in owners for path in paths], bool)
    mask = np.append(kept, "" in owners)[codes]
    return batch if mask.all() else batch.take(pa.array(np.flatnonzero(mask)))


def selected(
    batch: pa.RecordBatch, conditions: Mapping[str, Sequence[str]], columns: Sequence[str] | None = None
) -> pa.RecordBatch:
    """Return the rows that have one of the wanted values in each column named."""
    mask = rows_with(batch, conditions)
    batch = batch if mask is None else batch.filter(mask)
    return batch if columns is None else batch.select(list(columns))


def shared_nodes(snapshot: Snapshot) -> dict[str, tuple[object, ...]]:
    """Return the nodes without a file, by id."""
    found: dict[str, tuple[object, ...]] = {}
    # The kinds are narrow to read; of the others' columns nothing is unpacked.
    for batch, read in snapshot.chosen("nodes", ["kind", "file_path"], SHARED_COLUMNS):
        rows = np.flatnonzero(np.asarray(batch.column("file_path").is_null()))
        if len(rows):
            found.update(shared_rows(read(rows)))
    return found


def named_nodes(snapshot: Snapshot, shared: Collection[str], but: frozenset[str]) -> list[pa.RecordBatch]:
    """Return which nodes without a file the edges of each file name; ids of edges are not read, but to leave some out.

    Args:
        snapshot: The snapshot.
        shared: The ids of its nodes without a file.
        but: Ids of edges that do not count.

    Returns:
        Pairs of `file_path` and `id`, one for each edge and end.
    """
    ids, found = pa.array(list(shared), pa.string()), []
    keys = column_keys(ids)
    for part in snapshot.live_segments():
        if not part.has("edges"):
            continue
        segment, mask = part.segment, part.mask("edges")
        owners, paths = segment.row_owners("edges"), segment.read(OWNERS, 0).column(0)
        of_file = np.asarray(pc.not_equal(paths, ""))
        for end in EDGE_ENDS:
            which = segment.ends_among(end, keys)
            named = which >= 0
            if mask is not None:
                named &= mask
            rows = np.flatnonzero(named)
            if but and len(rows):
                known = [text for batch in part.take("edges", rows, ["id"]) for text in batch.column(0).to_pylist()]
                rows = rows[np.array([text not in but for text in known], bool)]
            rows = rows[of_file[owners[rows]]]
            columns = [
                pa.DictionaryArray.from_arrays(pa.array(codes[rows].astype(np.int32)), texts)
                for codes, texts in ((owners, paths), (which, ids))
            ]
            found.append(pa.RecordBatch.from_arrays(columns, names=["file_path", "id"]))
    return found


def shared_rows(batch: pa.RecordBatch) -> dict[str, tuple[object, ...]]:
    """Return the rows of nodes without a file as values, by id."""
    columns = [batch.column(name).to_pylist() for name in SHARED_COLUMNS]
    return {row[0]: row for row in zip(*columns, strict=True)}


def merged(table: str, batches: Iterable[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Return rows as one batch, since each costs a store as much as a thousand rows; many rows as they are."""
    given = [batch for batch in batches if batch.num_rows]
    if len(given) <= 1 or min(batch.num_rows for batch in given) >= _MANY_ROWS:
        return given
    if any(batch.schema.names != given[0].schema.names for batch in given):
        given = [without_keys(table, batch) for batch in given]
    schema = given[0].schema
    alike = [
        pa.RecordBatch.from_arrays(
            [
                column if column.type == wanted.type else column.cast(wanted.type)
                for column, wanted in zip(batch.columns, schema, strict=True)
            ],
            schema=schema,
        )
        for batch in given
    ]
    joined: list[pa.RecordBatch] = pa.Table.from_batches(alike).unify_dictionaries().combine_chunks().to_batches()
    return joined


def merged_rows(rows: Iterable[tuple[str, pa.RecordBatch]]) -> list[tuple[str, pa.RecordBatch]]:
    """Return rows as one batch for each table, or as few."""
    tables: dict[str, list[pa.RecordBatch]] = {}
    for table, batch in rows:
        tables.setdefault(table, []).append(batch)
    return [(table, batch) for table, batches in tables.items() for batch in merged(table, batches)]


def unowned_key(table: str) -> str:
    """Return the owner of a table's rows that belong to no file: one for each layer, as the store has it."""
    return f"\0{layer_of(table)}"


def codes_of(column: pa.Array) -> tuple[npt.NDArray[np.int64], list[str | None]]:
    """Return a text column as codes and the texts they stand for; null is code -1."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    indices = column.indices
    codes = (indices.fill_null(-1) if indices.null_count else indices).to_numpy(zero_copy_only=False)
    codes = codes.astype(np.int64, copy=False)
    values = column.dictionary.to_pylist()
    if None in values:  # a null among the values of a dictionary
        codes = np.where(codes == values.index(None), -1, codes)
    return codes, values

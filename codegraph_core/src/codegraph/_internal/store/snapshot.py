"""Reads one snapshot: streams tables, finds nodes by key, follows edges. Nothing is loaded before it is asked for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from codegraph._internal.store import indexes
from codegraph._internal.store.failures import closed
from codegraph._internal.store.hashing import Keys, text_keys
from codegraph._internal.store.layout import BLOCK_ROWS
from codegraph._internal.store.live import LiveSegment, Mask
from codegraph._internal.store.predicate import matches
from codegraph._internal.store.records import SnapshotInfo
from codegraph._internal.store.segment import Segment, rows_schema
from codegraph_hookspecs import TABLES, StorageError

_RENEW_S: Final = 60.0
_FEW_VALUES: Final = 64
"""So few nodes are looked up by value; for more, Arrow's arrays are faster, unless hardly two rows share a block."""
_SCATTERED_VALUES: Final = 4_096
_SHARING: Final = 2.5
"""Rows in a block, on average, up to which values are cheaper: 0.7 of the time for 1,000 of 141,000 nodes."""
_NODES: Final = TABLES["nodes"].schema
_Found = tuple[LiveSegment, npt.NDArray[Any], npt.NDArray[Any]]
"""A part, rows of it, and which key each is for."""


class Snapshot:
    """One committed state of the graph; stays as it is whatever writers do. Close it, or use it as a context manager.

    Batches and tables are in the physical schema, with each chunk's own dictionaries, and may point into the mapped
    files; they stay valid after `close`.

    Attributes:
        id: The snapshot id.
        info: What the catalog says of it.
    """

    def __init__(
        self,
        info: SnapshotInfo,
        segments: Sequence[tuple[Segment, dict[str, npt.NDArray[np.int64]]]],
        *,
        renew: Callable[[], None],
        release: Callable[[], None],
    ) -> None:
        self.id = info.id
        self.info = info
        self._parts = [LiveSegment(segment, dead) for segment, dead in segments]
        self._renew = renew
        self._release: Callable[[], None] | None = release
        self._renewed = time.monotonic()

    def live_segments(self) -> list[LiveSegment]:
        """Return the segments that the snapshot is made of, in the order of its rows.

        Raises:
            StorageError: The snapshot is closed.
        """
        if self._release is None:
            raise closed("snapshot")
        return list(self._parts)

    def tables(self) -> list[str]:
        """Return the names of the tables that have rows, sorted."""
        return sorted({table for part in self.live_segments() for table in part.tables() if part.count(table)})

    def count(self, table: str) -> int:
        """Return the number of rows of a table; reads no row."""
        return sum(part.count(table) for part in self._holding(table))

    def schema(self, table: str) -> pa.Schema:
        """Return the physical schema of a table; an empty one for a table that nobody declared or wrote."""
        if table in TABLES:
            return TABLES[table].physical_schema
        for part in self._holding(table):
            return part.segment.schema(table)
        return pa.schema([])

    def _holding(self, table: str) -> list[LiveSegment]:
        if self._release is None:
            raise closed("snapshot")
        if time.monotonic() - self._renewed > _RENEW_S:
            self._renewed = time.monotonic()
            with contextlib.suppress(StorageError):  # a busy catalog: the next read renews
                self._renew()
        return [part for part in self._parts if part.has(table)]

    def _largest_first(self, table: str) -> list[LiveSegment]:
        """Return the parts in which most keys are found first."""
        return sorted(self._holding(table), key=lambda part: -part.segment.rows(table))

    def scan(
        self, table: str, columns: Sequence[str] | None = None, predicate: pc.Expression | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Stream a table in row order, a chunk at a time (at most 32,768 rows); memory does not grow.

        Args:
            table: Table name; one without rows gives no batch.
            columns: Columns to return, in this order; None for all. The others cost nothing.
            predicate: Rows to keep; may use any column.
        """
        for part in self._holding(table):
            used = None if predicate is None else _used(predicate, part.segment.schema(table))
            for first, count, read in part.segment.pieces(table, columns, used or ()):
                keep = part.between(table, first, count)
                if keep is not None and not keep.any():
                    continue
                if predicate is not None:
                    matching = matches(read(used), predicate)
                    if not matching.any():
                        continue
                    keep = matching if keep is None else keep & matching
                batch = read(columns)
                if keep is not None and not keep.all():
                    rows = np.flatnonzero(keep)
                    if not len(rows):
                        continue
                    batch = batch.take(pa.array(rows))
                yield batch

    def chosen(
        self, table: str, first: Sequence[str], columns: Sequence[str]
    ) -> Iterator[tuple[pa.RecordBatch, Callable[[npt.NDArray[np.int64]], pa.RecordBatch]]]:
        """Stream some columns of a table, and read others of the rows that turn out to be wanted.

        Args:
            table: The table.
            first: What decides.
            columns: What is read afterwards.

        Yields:
            The deciding columns of some rows, and a function that reads the others of a few of them, by position.
        """
        for part in self._holding(table):
            for start, count, read in part.segment.pieces(table, first):
                keep = part.between(table, start, count)
                batch, rows = read(first), np.arange(start, start + count)
                if keep is not None:
                    alive = np.flatnonzero(keep)
                    if not len(alive):
                        continue
                    batch, rows = batch.take(pa.array(alive)), rows[alive]
                yield batch, partial(_one_of, part, table, rows, columns)

    def rows_at(
        self, table: str, places: npt.NDArray[np.int64], columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Return the rows at some positions of `scan`, which ascend; other rows are not read."""
        before = 0
        for part in self._holding(table):
            count = part.count(table)
            low, high = np.searchsorted(places, [before, before + count])
            rows = places[low:high] - before
            mask = part.mask(table)
            if len(rows) and mask is not None:
                rows = np.flatnonzero(mask)[rows]
            yield from part.take(table, rows, columns)
            before += count

    def rows_of_file(self, table: str, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of a table that one file owns, in row order; other rows are not read."""
        batches: list[pa.RecordBatch] = []
        for part in self._holding(table):
            segment = part.segment
            slots = segment.slots_of(path)
            slots = slots[~np.isin(slots, part.dead[segment.layer(table)])]
            if not len(slots):
                continue
            starts = segment.array(f"{table}/owner.start").astype(np.int64)
            ends = np.append(starts[1:], segment.rows(table))
            runs = np.flatnonzero(np.isin(segment.array(f"{table}/owner.slot"), slots))
            rows = [np.arange(starts[run], ends[run]) for run in runs]
            if rows:
                batches.extend(part.take(table, np.concatenate(rows), columns))
        if batches:
            return pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
        schema = self.schema(table)
        return (schema if columns is None else pa.schema([schema.field(name) for name in columns])).empty_table()

    def nodes_by_id(self, ids: Sequence[str], columns: Sequence[str] | None = None) -> pa.Table:
        """Return the nodes with these ids, in the order of `ids`; an unknown id gives no row."""
        return self._nodes("id", list(dict.fromkeys(ids)), columns)

    def nodes_by_fqn(self, fqn: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the nodes with a fully qualified name, in row order."""
        return self._nodes("fqn", [fqn], columns)

    def nodes_by_name(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the nodes with a name, in row order."""
        return self._nodes("name", [name], columns)

    def edges_from(
        self, ids: Sequence[str], kinds: Sequence[str] | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the edges whose source is one of the nodes, by node in the order of `ids`, then in row order."""
        return self._edges("source_id", ids, kinds, columns)

    def edges_to(
        self, ids: Sequence[str], kinds: Sequence[str] | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the edges whose target is one of the nodes, by node in the order of `ids`, then in row order."""
        return self._edges("target_id", ids, kinds, columns)

    def reachable(
        self, ids: Sequence[str], *, depth: int, kinds: Sequence[str] | None = None, reverse: bool = False
    ) -> pa.Table:
        """Return every node within some hops, breadth first.

        Args:
            ids: Where to start; these nodes are not in the result unless a cycle leads back from another one.
            depth: Most hops.
            kinds: Edge kinds to follow; None for all.
            reverse: Follow edges from target to source.

        Returns:
            Columns `id` and `depth` (int32, from 1), nearest first. Works on keys alone and reads ids at the end.
        """
        near, far = ("target_id", "source_id") if reverse else ("source_id", "target_id")
        frontier = np.unique(text_keys(list(dict.fromkeys(ids))))
        seen = frontier
        found: list[Keys] = []
        depths: list[npt.NDArray[np.int32]] = []
        for hop in range(1, depth + 1):
            ends = [
                part.segment.end_keys(far, rows)
                for part in self._holding("edges")
                for rows, _ in [self._edge_rows(part, near, frontier, kinds)]
            ]
            frontier = np.unique(np.concatenate(ends)) if ends else np.zeros(0, np.uint64)
            frontier = frontier[~indexes.contains(seen, frontier)]
            if len(frontier) == 0:
                break
            seen = np.union1d(seen, frontier)
            found.append(frontier)
            depths.append(np.full(len(frontier), hop, np.int32))
        keys = np.concatenate(found) if found else np.zeros(0, np.uint64)
        return self._named(keys, np.concatenate(depths) if depths else np.zeros(0, np.int32))

    def _named(self, keys: Keys, depths: npt.NDArray[np.int32]) -> pa.Table:
        texts: list[pa.Array] = []
        levels: list[npt.NDArray[np.int32]] = []
        for part in self._holding("nodes"):
            rows, wanted = self._node_rows(part, "id", keys)
            order = np.argsort(rows, kind="stable")
            taken = part.take("nodes", rows[order], ["id"])
            texts.extend(batch.column("id") for batch in taken)
            levels.append(depths[wanted[order]])
        depth = np.concatenate(levels) if levels else np.zeros(0, np.int32)
        order = np.argsort(depth, kind="stable")
        column = pa.chunked_array(texts, pa.string()).take(pa.array(order))
        return pa.table({"id": column, "depth": pa.array(depth[order])})

    def edge_ends(
        self,
        keys: Keys,
        near: str,
        *,
        kinds: Sequence[str] | None = None,
        resolvers: Sequence[str] | None = None,
        min_confidence: float | None = None,
    ) -> tuple[npt.NDArray[np.int64], Keys]:
        """Follow edges by key, without reading an id: the step of every walk.

        Args:
            keys: Keys of node ids (`text_keys`).
            near: `source_id` to follow edges, `target_id` to follow them backwards.
            kinds: Edge kinds to follow; None for all.
            resolvers: Resolvers whose edges to follow; None for all.
            min_confidence: Least confidence of an edge; None for any.

        Returns:
            For every such edge the position in `keys` of the node it was found at, and the key of its other end.
        """
        far = "target_id" if near == "source_id" else "source_id"
        positions: list[npt.NDArray[np.int64]] = []
        ends: list[Keys] = []
        for part in self._holding("edges"):
            rows, wanted = self._edge_rows(part, near, keys, kinds)
            if len(rows) and (resolvers is not None or min_confidence is not None):
                chosen = part.trusted(rows, resolvers, min_confidence)
                rows, wanted = rows[chosen], wanted[chosen]
            positions.append(wanted)
            ends.append(part.segment.end_keys(far, rows))
        if len(ends) == 1:
            return positions[0], ends[0]
        if not ends:
            return np.zeros(0, np.int64), np.zeros(0, np.uint64)
        return np.concatenate(positions), np.concatenate(ends)

    def nodes_by_key(
        self, keys: Keys, columns: Sequence[str], levels: npt.NDArray[np.int64] | None = None
    ) -> pa.RecordBatch:
        """Return the nodes whose ids have these keys, in the logical schema; a key without a node gives no row.

        Args:
            keys: Keys of node ids (`text_keys`).
            columns: Columns to return, in this order.
            levels: A number for each key; rows are ordered by it and by id. Without, they are as the keys are.
        """
        needed = list(columns) if levels is None else _with(columns, "id")
        places = self._found_nodes("id", keys)
        if _few_or_scattered(places):
            return _few_nodes(places, columns, needed, levels)
        batches: list[pa.RecordBatch] = []
        wanted: list[npt.NDArray[Any]] = []
        for part, rows, which in places:
            by_row = np.argsort(rows, kind="stable")  # rows of one chunk are taken together
            # Text now: few rows with a chunk's whole dictionaries would be slow to join and to sort.
            batches.extend(part.take_plain("nodes", rows[by_row], needed))
            wanted.append(which[by_row])
        if not batches:
            spec = TABLES["nodes"].schema
            return pa.RecordBatch.from_pylist([], schema=pa.schema([spec.field(name) for name in columns]))
        found = batches[0] if len(batches) == 1 else pa.concat_batches(batches)
        if found.num_rows > 1:
            which = np.concatenate(wanted)
            if levels is not None:
                found = _by_level(found, levels[which], found.column(needed.index("id")))
            elif not (which[1:] >= which[:-1]).all():
                found = found.take(pa.array(np.argsort(which, kind="stable")))
        return found if len(needed) == len(columns) else found.select(list(columns))

    def node_versions(
        self, keys: Keys, stamps: Keys
    ) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any], Sequence[str]]]:
        """Find nodes that the snapshot has with the same content.

        Args:
            keys: Keys of node ids.
            stamps: Stamps of their content hashes; 0 (no hash) equals 0.

        Yields:
            For a segment: positions in `keys` that it has, the number of each one's version, and the versions' names.
        """
        order = keys.argsort()  # sorted keys are found faster, and there may be dozens of segments
        keys, stamps = keys[order], stamps[order]
        for part in self._largest_first("nodes"):
            # A compacted segment may have several versions of a node, of which the snapshot has one.
            place, positions = indexes.matches(part.segment.array("nodes.id/key"), keys)
            if not len(place):
                continue
            live = part.live("nodes", part.segment.array("nodes.id/row")[place])
            place, positions = place[live], positions[live]
            same = part.segment.array("nodes.id/stamp")[place] == stamps[positions]
            versions = part.segment.array("nodes.id/version")[place[same]]
            if len(versions):
                yield order[positions[same]], versions, part.segment.facts["versions"]
            left = np.ones(len(keys), np.bool_)
            left[positions] = False
            order, keys, stamps = order[left], keys[left], stamps[left]
            if not len(keys):
                break

    def has_nodes(self, keys: Keys, *, outside: frozenset[str] = frozenset()) -> Mask:
        """Say for every key whether a node has it that no file in `outside` owns."""
        found = np.zeros(len(keys), np.bool_)
        if not len(keys):
            return found
        order = keys.argsort()  # sorted keys are found faster, and there may be dozens of segments
        left = keys[order]
        for part in self._largest_first("nodes"):
            rows, wanted = self._node_rows(part, "id", left)
            if not len(rows):
                continue
            if outside:
                starts = part.segment.array("nodes/owner.start")
                slots = part.segment.array("nodes/owner.slot")[starts.searchsorted(rows, "right") - 1]
                used, which = np.unique(slots, return_inverse=True)
                stays = np.array([owner not in outside for owner in part.segment.owners(used)], np.bool_)
                wanted = wanted[stays[which]]
            found[order[wanted]] = True
            missing = np.ones(len(left), np.bool_)
            missing[wanted] = False
            left, order = left[missing], order[missing]
            if not len(left):
                break
        return found

    def verify(self) -> None:
        """Check every byte of the snapshot's segments.

        Raises:
            StorageError: A segment is damaged (`segment-corrupt`).
        """
        for part in self._parts:
            part.segment.verify()

    def over(self, info: SnapshotInfo, segments: Sequence[tuple[Segment, dict[str, npt.NDArray[np.int64]]]]) -> Self:
        """Return a snapshot of other parts under this one's lease: closing it closes this one."""
        return type(self)(info, segments, renew=self._renew, release=self.close)

    def close(self) -> None:
        """Give the lease back; later writers may then drop the snapshot."""
        release, self._release = self._release, None
        if release is not None:
            self._parts = []
            release()

    def _node_rows(self, part: LiveSegment, column: str, keys: Keys) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return the live rows that a key index gives, and which key each is for."""
        rows, wanted = part.segment.nodes_at(column, keys)
        if not part.whole("nodes"):
            live = part.live("nodes", rows)
            rows, wanted = rows[live], wanted[live]
        return rows, wanted

    def _found_nodes(self, column: str, keys: Keys) -> list[_Found]:
        """Return the parts that have live rows of some keys, with the rows and which key each is for."""
        found = [(part, *self._node_rows(part, column, keys)) for part in self._holding("nodes")]
        return [(part, rows, which) for part, rows, which in found if len(rows)]

    def _nodes(self, column: str, texts: list[str], columns: Sequence[str] | None) -> pa.Table:
        keys = text_keys(texts)
        found = self._found_nodes(column, keys)
        if columns is not None and 1 < sum(len(rows) for _, rows, _ in found) <= _FEW_VALUES:  # one row is sliced
            needed = _with(columns, column)
            values, wanted = _values_of(found, needed)
            named = values[needed.index(column)]
            order = [place for place, of in enumerate(wanted) if named[place] == texts[of]]
            order.sort(key=wanted.__getitem__)
            picked = _picked(columns, values, order)
            return pa.Table.from_batches([_with_symbols(picked, rows_schema("nodes", tuple(columns)))])
        batches: list[pa.RecordBatch] = []
        for part, rows, _ in found:
            batches.extend(part.take("nodes", rows, columns if columns is None else _with(columns, column)))
        return _checked("nodes", column, texts, batches, [which for _, _, which in found], columns)

    def _edge_rows(
        self, part: LiveSegment, column: str, keys: Keys, kinds: Sequence[str] | None
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return the live edge rows at some nodes, and which key each is for."""
        segment = part.segment
        rows, wanted = segment.edges_at(column, keys)
        if not len(rows):
            return rows, wanted
        if kinds is not None:
            of_code = np.array([kind in kinds for kind in segment.facts["kinds"]], np.bool_)
            chosen = of_code[segment.array("edges.kind/of_row")[rows]]
            rows, wanted = rows[chosen], wanted[chosen]
        if not part.whole("edges"):
            live = part.live("edges", rows)
            rows, wanted = rows[live], wanted[live]
        return rows, wanted

    def _edges(
        self, column: str, ids: Sequence[str], kinds: Sequence[str] | None, columns: Sequence[str] | None
    ) -> pa.Table:
        if isinstance(kinds, str):
            kinds = [kinds]
        texts = list(dict.fromkeys(ids))
        keys = text_keys(texts)
        batches: list[pa.RecordBatch] = []
        wanted: list[npt.NDArray[Any]] = []
        for part in self._holding("edges"):
            rows, which = self._edge_rows(part, column, keys, kinds)
            if len(rows):
                batches.extend(part.take("edges", rows, columns if columns is None else _with(columns, column)))
                wanted.append(which)
        return _checked("edges", column, texts, batches, wanted, columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _few_nodes(
    found: Sequence[_Found], columns: Sequence[str], needed: list[str], levels: npt.NDArray[np.int64] | None
) -> pa.RecordBatch:
    """Return a few nodes: their values are put in order first, and made an array of each column once."""
    values, wanted = _values_of(found, needed)
    if levels is None:
        order = sorted(range(len(wanted)), key=wanted.__getitem__)
    else:
        ids, level_of = values[needed.index("id")], levels.tolist()
        order = sorted(range(len(wanted)), key=lambda place: (level_of[wanted[place]], ids[place]))
    return _picked(columns, values, order)


def _few_or_scattered(found: Sequence[_Found]) -> bool:
    """Say whether rows are best read as values: where few share a block, arrays cost more than they save."""
    rows = sum(len(rows) for _, rows, _ in found)
    if not _FEW_VALUES < rows <= _SCATTERED_VALUES:
        return rows <= _FEW_VALUES
    return rows <= _SHARING * sum(len(np.unique(rows // BLOCK_ROWS)) for _, rows, _ in found)


def _values_of(found: Sequence[_Found], columns: Sequence[str]) -> tuple[list[list[Any]], list[int]]:
    """Return the values of a few rows of nodes, column by column, and what each row was found for."""
    values: list[list[Any]] = [[] for _ in columns]
    wanted: list[int] = []
    for part, rows, which in found:
        by_row = np.argsort(rows, kind="stable")  # rows of one chunk are read together
        for column, some in zip(values, part.segment.values("nodes", rows[by_row], columns), strict=True):
            column += some
        wanted += which[by_row].tolist()
    return values, wanted


def _picked(columns: Sequence[str], values: Sequence[Sequence[Any]], order: Sequence[int]) -> pa.RecordBatch:
    """Return rows of nodes in some order; there may be values of more columns."""
    arrays = [
        pa.array([column[place] for place in order], _NODES.field(name).type)
        for name, column in zip(columns, values, strict=False)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def _with_symbols(rows: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return rows in the physical schema, as `take` does however many there are."""
    arrays = [
        column.dictionary_encode() if pa.types.is_dictionary(field.type) else column
        for column, field in zip(rows.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _used(predicate: pc.Expression, schema: pa.Schema) -> list[str]:
    """Return the columns that an expression may use: those whose names are in its text."""
    text = str(predicate)
    return [name for name in schema.names if name in text] or schema.names


def _one_of(
    part: LiveSegment,
    table: str,
    rows: npt.NDArray[np.int64],
    columns: Sequence[str],
    wanted: npt.NDArray[np.int64],
) -> pa.RecordBatch:
    """Return some of a chunk's rows."""
    (batch,) = part.take(table, rows[wanted], columns)
    return batch


def _with(columns: Sequence[str], column: str) -> list[str]:
    return list(columns) if column in columns else [*columns, column]


def _by_level(rows: pa.RecordBatch, levels: npt.NDArray[np.int64], ids: pa.Array) -> pa.RecordBatch:
    """Return rows by level and id."""
    keyed = pa.table([pa.array(levels), ids], names=["level", "id"])
    return rows.take(pc.sort_indices(keyed, sort_keys=[("level", "ascending"), ("id", "ascending")]))


def _checked(
    table: str,
    column: str,
    texts: list[str],
    batches: list[pa.RecordBatch],
    wanted: list[npt.NDArray[Any]],
    columns: Sequence[str] | None,
) -> pa.Table:
    """Join candidate rows, drop those whose text only shares a key with the wanted one, and sort by wanted text."""
    if not batches:
        return rows_schema(table, None if columns is None else tuple(columns)).empty_table()
    if len(batches) == 1 and batches[0].num_rows == 1 and batches[0].column(column)[0].as_py() == texts[wanted[0][0]]:
        (only,) = batches
        return pa.Table.from_batches(batches if columns is None or len(columns) == only.num_columns else [
            only.select(list(columns))
        ])  # fmt: skip
    which = np.concatenate(wanted)
    found = [value for batch in batches for value in batch.column(column).to_pylist()]
    same = np.fromiter(
        (value == texts[index] for value, index in zip(found, which.tolist(), strict=True)), np.bool_, len(found)
    )
    rows = pa.Table.from_batches(batches)
    if columns is not None:
        rows = rows.select(list(columns))
    order = np.argsort(which, kind="stable")
    if not same.all():
        order = order[same[order]]
    elif len(wanted) == 1 or (order == np.arange(len(order))).all():
        return rows
    return rows.take(pa.array(order))

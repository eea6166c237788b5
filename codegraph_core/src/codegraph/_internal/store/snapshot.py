"""Reads one snapshot: streams tables, finds nodes by key, follows edges. Nothing is loaded before it is asked for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from codegraph._internal.store import indexes
from codegraph._internal.store.failures import closed
from codegraph._internal.store.hashing import Keys, text_keys
from codegraph._internal.store.predicate import matches
from codegraph._internal.store.records import SnapshotInfo
from codegraph._internal.store.segment import Segment
from codegraph._internal.store.segment_writer import decoded
from codegraph_hookspecs import TABLES, StorageError

_RENEW_S: Final = 60.0
Mask = npt.NDArray[np.bool_]


@define
class _LiveSegment:
    """A segment and which of its rows the snapshot has.

    Args:
        dead: Layer → slots whose rows do not count; a layer that is not there has no live row.
    """

    segment: Segment
    dead: dict[str, tuple[int, ...]]
    _masks: dict[str, Mask | None] = field(factory=dict)

    def tables(self) -> list[str]:
        return [table for table in self.segment.tables if self.segment.layer(table) in self.dead]

    def mask(self, table: str) -> Mask | None:
        """Return which rows live; None where all do."""
        dead = self.dead[self.segment.layer(table)]
        if not dead:
            return None
        if table not in self._masks:
            starts = self.segment.array(f"{table}/owner.start")
            owners = self.segment.array(f"{table}/owner.slot")
            lengths = np.diff(np.append(starts.astype(np.int64), self.segment.rows(table)))
            self._masks[table] = np.repeat(~np.isin(owners, dead), lengths)
        return self._masks[table]

    def live(self, table: str, rows: npt.NDArray[Any]) -> Mask:
        mask = self.mask(table)
        return np.ones(len(rows), np.bool_) if mask is None else mask[rows]

    def take(self, table: str, rows: npt.NDArray[Any], columns: Sequence[str] | None) -> list[pa.RecordBatch]:
        """Return some rows in the given order, one batch for each run of rows in one chunk."""
        if len(rows) == 0:
            return []
        chunk_starts = self.segment.chunk_starts[table]
        numbers = np.searchsorted(chunk_starts, rows, "right") - 1
        local = rows - chunk_starts[numbers]
        ends = [*(np.flatnonzero(numbers[1:] != numbers[:-1]) + 1).tolist(), len(rows)]
        batches = []
        start = 0
        for end in ends:
            batch = _projected(table, self.segment.chunk(table, int(numbers[start])), columns)
            if end - start == 1:
                batches.append(batch.slice(int(local[start]), 1))
            else:
                batches.append(batch.take(pa.array(local[start:end])))
            start = end
        return batches


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
        segments: Sequence[tuple[Segment, dict[str, tuple[int, ...]]]],
        *,
        renew: Callable[[], None],
        release: Callable[[], None],
    ) -> None:
        self.id = info.id
        self.info = info
        self._parts = [_LiveSegment(segment, dead) for segment, dead in segments]
        self._renew = renew
        self._release: Callable[[], None] | None = release
        self._renewed = time.monotonic()

    def tables(self) -> list[str]:
        """Return the names of the tables that have rows, sorted."""
        return sorted({table for part in self._parts for table in part.tables() if self._rows(part, table)})

    def count(self, table: str) -> int:
        """Return the number of rows of a table; reads no row."""
        return sum(self._rows(part, table) for part in self._holding(table))

    def schema(self, table: str) -> pa.Schema:
        """Return the physical schema of a table; an empty one for a table that nobody declared or wrote."""
        if table in TABLES:
            return TABLES[table].physical_schema
        for part in self._holding(table):
            return part.segment.chunk(table, 0).schema
        return pa.schema([])

    @staticmethod
    def _rows(part: _LiveSegment, table: str) -> int:
        mask = part.mask(table)
        return part.segment.rows(table) if mask is None else int(mask.sum())

    def _holding(self, table: str) -> list[_LiveSegment]:
        if self._release is None:
            raise closed("snapshot")
        if time.monotonic() - self._renewed > _RENEW_S:
            self._renewed = time.monotonic()
            with contextlib.suppress(StorageError):  # a busy catalog: the next read renews
                self._renew()
        return [part for part in self._parts if table in part.tables()]

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
            mask = part.mask(table)
            for first, chunk in part.segment.chunks(table):
                keep = None if mask is None else mask[first : first + chunk.num_rows]
                if keep is not None and not keep.any():
                    continue
                if predicate is not None:
                    matching = matches(_projected(table, chunk, None), predicate)
                    keep = matching if keep is None else keep & matching
                batch = _projected(table, chunk, columns)
                if keep is not None and not keep.all():
                    rows = np.flatnonzero(keep)
                    if not len(rows):
                        continue
                    batch = batch.take(pa.array(rows))
                yield batch

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
                part.segment.array(f"edges.{far}/of_row")[rows]
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
        for part in self._holding("nodes"):
            known = part.segment.array("nodes.id/key")
            place = np.searchsorted(known, keys)
            place[place == len(known)] = 0
            same = (known[place] == keys) & (part.segment.array("nodes.id/stamp")[place] == stamps)
            positions = np.flatnonzero(same)
            place = place[positions]
            live = part.live("nodes", part.segment.array("nodes.id/row")[place])
            versions = part.segment.array("nodes.id/version")[place[live]]
            yield positions[live], versions, part.segment.facts["versions"]

    def has_nodes(self, keys: Keys, *, outside: frozenset[str] = frozenset()) -> Mask:
        """Say for every key whether a node has it that no file in `outside` owns."""
        found = np.zeros(len(keys), np.bool_)
        for part in self._holding("nodes"):
            rows, wanted = self._node_rows(part, "id", keys)
            starts = part.segment.array("nodes/owner.start")
            slots = part.segment.array("nodes/owner.slot")[np.searchsorted(starts, rows, "right") - 1]
            excluded = [slot for slot, path in enumerate(part.segment.owners()) if path in outside]
            found[wanted[~np.isin(slots, excluded)]] = True
        return found

    def verify(self) -> None:
        """Check every byte of the snapshot's segments.

        Raises:
            StorageError: A segment is damaged (`segment-corrupt`).
        """
        for part in self._parts:
            part.segment.verify()

    def close(self) -> None:
        """Give the lease back; later writers may then drop the snapshot."""
        release, self._release = self._release, None
        if release is not None:
            self._parts = []
            release()

    def _node_rows(self, part: _LiveSegment, column: str, keys: Keys) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return the live rows that a key index gives, and which key each is for."""
        starts, ends = indexes.find(part.segment.array(f"nodes.{column}/key"), keys)
        positions, wanted = indexes.expand(starts, ends)
        rows = part.segment.array(f"nodes.{column}/row")[positions]
        if part.mask("nodes") is not None:
            live = part.live("nodes", rows)
            rows, wanted = rows[live], wanted[live]
        return rows, wanted

    def _nodes(self, column: str, texts: list[str], columns: Sequence[str] | None) -> pa.Table:
        keys = text_keys(texts)
        batches: list[pa.RecordBatch] = []
        wanted: list[npt.NDArray[Any]] = []
        for part in self._holding("nodes"):
            rows, which = self._node_rows(part, column, keys)
            if len(rows):
                batches.extend(part.take("nodes", rows, None))
                wanted.append(which)
        return _checked("nodes", column, texts, batches, wanted, columns)

    def _edge_rows(
        self, part: _LiveSegment, column: str, keys: Keys, kinds: Sequence[str] | None
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return the live edge rows at some nodes, and which key each is for."""
        segment = part.segment
        known = segment.array(f"edges.{column}/key")
        place = np.searchsorted(known, keys)
        present = place < len(known)
        present[present] = known[place[present]] == keys[present]
        groups = place[present]
        starts = segment.array(f"edges.{column}/start")
        positions, which = indexes.expand(starts[groups], starts[groups + 1])
        rows = segment.array(f"edges.{column}/row")[positions]
        wanted = np.flatnonzero(present)[which]
        if kinds is not None:
            codes = [code for code, kind in enumerate(segment.facts["kinds"]) if kind in kinds]
            chosen = np.isin(segment.array("edges.kind/of_row")[rows], codes)
            rows, wanted = rows[chosen], wanted[chosen]
        if part.mask("edges") is not None:
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
                batches.extend(part.take("edges", rows, None))
                wanted.append(which)
        return _checked("edges", column, texts, batches, wanted, columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _projected(table: str, chunk: pa.RecordBatch, columns: Sequence[str] | None) -> pa.RecordBatch:
    """Return a chunk's columns in the table's physical schema."""
    spec = TABLES.get(table)
    schema = spec.physical_schema if spec else chunk.schema
    if columns is not None:
        chunk = chunk.select(list(columns))
        schema = pa.schema([schema.field(name) for name in columns], metadata=schema.metadata)
    return decoded(chunk, schema)


def _checked(
    table: str,
    column: str,
    texts: list[str],
    batches: list[pa.RecordBatch],
    wanted: list[npt.NDArray[Any]],
    columns: Sequence[str] | None,
) -> pa.Table:
    """Join candidate rows, drop those whose text only shares a key with the wanted one, and sort by wanted text."""
    schema = TABLES[table].physical_schema
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns], metadata=schema.metadata)
    if not batches:
        return schema.empty_table()
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

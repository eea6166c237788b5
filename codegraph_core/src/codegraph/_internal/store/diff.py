"""What differs between two snapshots, streamed as Arrow batches.

Snapshots share segments, so only file versions that one of them has and the other lacks are looked at: what neither
changed costs nothing, however large it is. Those files' rows are compared some files at a time, by key.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from codegraph._internal.cancellation import check_cancelled, chunked, in_thread, threaded
from codegraph._internal.store.definitions import DefinitionChange, changed_definitions
from codegraph._internal.store.held import HeldSnapshot
from codegraph._internal.store.layout import OWNERS
from codegraph._internal.store.live import LiveSegment
from codegraph._internal.store.segment_writer import decoded
from codegraph._internal.store.snapshot import Snapshot
from codegraph._internal.telling import telling
from codegraph_hookspecs import TABLES, QueryError, TableSpec

CHANGES: Final = ("added", "removed", "changed", "moved")
"""A row is `moved` when nothing but its place in the file differs."""
_PLACE: Final = frozenset({"start_line", "end_line", "start_byte", "end_byte", "line_number", "column", "span"})
_IGNORED: Final = frozenset({"version", "mtime_ns"})
"""Columns that say when something was seen, not what it is."""
_OWNERS_AT_ONCE: Final = 256

Mask = npt.NDArray[np.bool_]


class SnapshotDiff:
    """The differences between two open snapshots; valid while both are open. They may be of different stores.

    Args:
        before: The older one.
        after: The newer one.
    """

    def __init__(self, before: Snapshot | HeldSnapshot, after: Snapshot | HeldSnapshot) -> None:
        self.before = before
        self.after = after
        self._only_before = _Only(before, after)
        self._only_after = _Only(after, before)

    def tables(self) -> list[str]:
        """Return the tables in which rows may differ, as far as they can be compared (their rows have a key)."""
        names = {*self._only_before.tables(), *self._only_after.tables()}
        return sorted(name for name in names if name in TABLES and TABLES[name].key and TABLES[name].public)

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """Stream the differing rows of a table, some files at a time.

        Args:
            table: A table whose rows have a key.

        Yields:
            `change` (one of `CHANGES`), `fields` (the columns that differ, of changed and moved rows), and the table's
            columns: of the newer snapshot, for removed rows of the older one.

        Raises:
            QueryError: The table is unknown, or its rows have no key.
        """
        spec = _comparable(table)
        owners = sorted({*self._only_before.owners(table), *self._only_after.owners(table)})
        for start in range(0, len(owners), _OWNERS_AT_ONCE):
            check_cancelled()
            some = owners[start : start + _OWNERS_AT_ONCE]
            with telling(self.after):
                found = _compared(self._only_before.rows(table, some), self._only_after.rows(table, some), spec.key)
            if found.num_rows:
                yield from found.combine_chunks().to_batches()

    def schema(self, table: str) -> pa.Schema:
        """Return the schema of `batches`; raises what they raise."""
        return diff_schema(_comparable(table).schema)

    def to_arrow(self, table: str) -> pa.Table:
        """Return the differing rows of a table at once; see `batches`."""
        return pa.Table.from_batches(self.batches(table), schema=self.schema(table))

    def definitions(self) -> Iterator[DefinitionChange]:
        """Say which definitions were added, removed, changed or moved, by the hash of their text.

        Lines that shift are no change. Costs the nodes of the files that differ, which are held in memory.
        """
        owners = sorted({*self._only_before.owners("nodes"), *self._only_after.owners("nodes")})
        sides = (self._only_before.rows("nodes", owners), self._only_after.rows("nodes", owners))
        return changed_definitions(*([side] for side in sides))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many rows of each table were added, removed, changed and moved, of tables that have any."""
        totals: dict[str, dict[str, int]] = {}
        for table in self.tables():
            for batch in self.batches(table):
                counts = totals.setdefault(table, dict.fromkeys(CHANGES, 0))
                for entry in batch.column("change").value_counts().to_pylist():
                    counts[entry["values"]] += entry["counts"]
        return totals

    async def abatches(self, table: str) -> AsyncIterator[pa.RecordBatch]:
        """Stream the differing rows, each batch made in a worker thread when it is awaited; see `batches`."""
        async for batch in threaded(lambda: self.batches(table)):
            yield batch

    async def ato_arrow(self, table: str) -> pa.Table:
        """Return the differing rows of a table from a worker thread; see `to_arrow`."""
        return await in_thread(lambda: self.to_arrow(table))

    async def adefinitions(self) -> AsyncIterator[DefinitionChange]:
        """Compare definitions in a worker thread; see `definitions`."""
        async for some in threaded(lambda: chunked(self.definitions(), _OWNERS_AT_ONCE)):
            for change in some:
                yield change

    async def acounts(self) -> dict[str, dict[str, int]]:
        """Count in a worker thread; see `counts`."""
        return await in_thread(self.counts)


def _comparable(table: str) -> TableSpec:
    spec = TABLES.get(table)
    if spec is None or not spec.key:
        comparable = ", ".join(name for name, known in TABLES.items() if known.key and known.public)
        raise QueryError(
            f"Rows of the table {table!r} cannot be compared.",
            code="table-unknown" if spec is None else "argument-invalid",
            context={"table": table, "remedy": f"Compare one of: {comparable}."},
        )
    return spec


def diff_schema(schema: pa.Schema) -> pa.Schema:
    """Return a table's schema with the two columns of a difference before it."""
    fields = [pa.field("change", pa.string(), nullable=False), pa.field("fields", pa.list_(pa.string()))]
    return pa.schema([*fields, *(field.with_nullable(True) for field in schema)])


class _Only:
    """The file versions that one snapshot has and another lacks."""

    def __init__(self, snapshot: Snapshot | HeldSnapshot, other: Snapshot | HeldSnapshot) -> None:
        theirs = {part.segment.path: part for part in other.live_segments()}
        self._alive: list[tuple[LiveSegment, dict[str, npt.NDArray[np.int64]]]] = []
        for part in snapshot.live_segments():
            match = theirs.get(part.segment.path)
            layers = {}
            for layer in part.dead:
                slots = part.slots(layer)
                if match is not None and layer in match.dead:
                    slots = np.setdiff1d(slots, match.slots(layer))
                if len(slots):
                    layers[layer] = slots
            if layers:
                self._alive.append((part, layers))

    def tables(self) -> set[str]:
        return {
            table
            for part, layers in self._alive
            for table in part.segment.tables
            if table != OWNERS and part.segment.layer(table) in layers
        }

    def owners(self, table: str) -> set[str]:
        found: set[str] = set()
        for part, layers in self._alive:
            if table in part.segment.tables and part.segment.layer(table) in layers:
                used = np.unique(part.segment.array(f"{table}/owner.slot"))
                found.update(part.segment.owners(np.intersect1d(used, layers[part.segment.layer(table)])))
        return found

    def rows(self, table: str, owners: Sequence[str]) -> pa.Table:
        """Return the rows of some owners, in the table's logical schema."""
        wanted = set(owners)
        schema = TABLES[table].schema
        batches: list[pa.RecordBatch] = []
        for part, layers in self._alive:
            slots = layers.get(part.segment.layer(table)) if table in part.segment.tables else None
            if slots is None:
                continue
            chosen = slots[np.array([owner in wanted for owner in part.segment.owners(slots)], np.bool_)]
            batches.extend(decoded(batch, schema) for batch in part.take(table, part.rows_of(table, chosen), None))
        return pa.Table.from_batches(batches, schema=schema)


def _compared(before: pa.Table, after: pa.Table, key: str) -> pa.Table:
    place = pc.index_in(after[key].combine_chunks(), value_set=before[key].combine_chunks())
    known = np.asarray(place.is_valid())
    old = before.take(place.filter(pa.array(known)))
    new = after.filter(pa.array(known))
    differing: dict[str, Mask] = {
        name: _differs(old[name], new[name]) for name in after.schema.names if name not in _IGNORED and name != key
    }
    other = np.zeros(new.num_rows, np.bool_)
    moved = np.zeros(new.num_rows, np.bool_)
    for name, mask in differing.items():
        if name in _PLACE:
            moved |= mask
        else:
            other |= mask
    removed = np.ones(before.num_rows, np.bool_)
    removed[np.asarray(place.drop_null())] = False
    chosen = other | moved
    fields = [[name for name, mask in differing.items() if mask[row]] for row in np.flatnonzero(chosen).tolist()]
    parts = [
        _marked(after.filter(pa.array(~known)), "added"),
        _marked(before.filter(pa.array(removed)), "removed"),
        _marked(new.filter(pa.array(chosen)), np.where(other, "changed", "moved")[chosen], fields),
    ]
    return pa.concat_tables(part for part in parts if part.num_rows or part is parts[0])


def _marked(table: pa.Table, change: Any, fields: list[list[str]] | None = None) -> pa.Table:
    changes = pa.array([change] * table.num_rows if isinstance(change, str) else change.tolist(), pa.string())
    named = (
        pa.nulls(table.num_rows, pa.list_(pa.string())) if fields is None else pa.array(fields, pa.list_(pa.string()))
    )
    return pa.table([changes, named, *table.columns], schema=diff_schema(table.schema))


def _differs(one: pa.ChunkedArray, other: pa.ChunkedArray) -> Mask:
    """Say for every row whether two columns differ; null equals null."""
    one, other = one.combine_chunks(), other.combine_chunks()
    if pa.types.is_struct(one.type):
        masks = [_differs(_chunked(one, index), _chunked(other, index)) for index in range(one.type.num_fields)]
        nulls: Mask = np.asarray(one.is_null()) != np.asarray(other.is_null())
        for mask in masks:
            nulls |= mask
        return nulls
    if pa.types.is_list(one.type):
        return np.fromiter(
            (a != b for a, b in zip(one.to_pylist(), other.to_pylist(), strict=True)), np.bool_, len(one)
        )
    unequal: Mask = np.asarray(pc.not_equal(one, other).fill_null(False))
    nulls = np.asarray(one.is_null()) != np.asarray(other.is_null())
    return unequal | nulls


def _chunked(column: pa.StructArray, index: int) -> pa.ChunkedArray:
    return pa.chunked_array([pc.struct_field(column, index)])

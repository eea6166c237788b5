"""The part of a snapshot that one segment gives: its rows, less those of the slots that are dead in the snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from attrs import define, field

from codegraph._internal.store import indexes
from codegraph._internal.store.columns import undictionaried
from codegraph._internal.store.layout import OWNERS
from codegraph._internal.store.segment import Segment

Mask = npt.NDArray[np.bool_]
_FEW: Final = 64
"""Rows are few when the table has so many times more: then each is looked up, and no mask of the table is made."""
_FEW_SLOTS: Final = 4


@define
class LiveSegment:
    """A segment and which of its rows a snapshot has.

    Args:
        dead: Layer → slots whose rows do not count; a layer that is not there has no live row.
    """

    segment: Segment
    dead: dict[str, npt.NDArray[np.int64]]
    _masks: dict[str, Mask] = field(factory=dict)
    _living: dict[str, Mask] = field(factory=dict)

    def tables(self) -> list[str]:
        """Return the names of the tables that have rows here."""
        return [table for table in self.segment.tables if self.segment.layer(table) in self.dead]

    def has(self, table: str) -> bool:
        """Say whether there are rows of a table."""
        return self.segment.rows(table) > 0 and self.segment.layer(table) in self.dead

    def count(self, table: str) -> int:
        """Return how many rows of a table live; reads the runs of owners, no row."""
        rows = self.segment.rows(table)
        if self.whole(table):
            return rows
        starts = self.segment.array(f"{table}/owner.start").astype(np.int64)
        return int(np.diff(starts, append=rows)[self._alive(table, slice(None))].sum())

    def slots(self, layer: str) -> npt.NDArray[np.int64]:
        """Return the slots of a layer that the snapshot has, ascending."""
        tables = [table for table in self.segment.tables if self.segment.layer(table) == layer]
        held = [np.unique(self.segment.array(f"{table}/owner.slot")) for table in tables]
        return np.setdiff1d(np.concatenate(held) if held else np.zeros(0, np.int64), self.dead[layer]).astype(np.int64)

    def rows_of(self, table: str, slots: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the rows that some slots own, ascending."""
        starts, owners = self.segment.array(f"{table}/owner.start"), self.segment.array(f"{table}/owner.slot")
        if len(slots) > _FEW_SLOTS:
            wanted = np.zeros(self.segment.rows(OWNERS), np.bool_)
            wanted[slots] = True
            chosen = np.flatnonzero(wanted[owners])
        else:  # comparing with each takes a tenth of the time
            mask = owners == slots[0] if len(slots) else np.zeros(len(owners), np.bool_)
            for slot in slots[1:].tolist():
                mask |= owners == slot
            chosen = np.flatnonzero(mask)
        if not len(chosen):
            return np.zeros(0, np.int64)
        first = starts[chosen].astype(np.int64)
        after = starts.take(chosen + 1, mode="clip").astype(np.int64)
        after[chosen + 1 == len(starts)] = self.segment.rows(table)
        if len(first) == 1:
            return np.arange(first[0], after[0])
        return indexes.expand(first, after)[0]

    def whole(self, table: str) -> bool:
        """Say whether every row of a table lives, as far as that is known without reading anything."""
        return not len(self.dead[self.segment.layer(table)])

    def mask(self, table: str) -> Mask | None:
        """Return which rows live; None where all do. It is kept: `between` and `live` need none."""
        if self.whole(table):
            return None
        if table not in self._masks:
            starts = self.segment.array(f"{table}/owner.start").astype(np.int64)
            lengths = np.diff(starts, append=self.segment.rows(table))
            self._masks[table] = np.repeat(self._alive(table, slice(None)), lengths)
        return self._masks[table]

    def between(self, table: str, first: int, count: int) -> Mask | None:
        """Return which of some consecutive rows live; None where all do."""
        if self.whole(table):
            return None
        starts = self.segment.array(f"{table}/owner.start")
        run = int(starts.searchsorted(starts.dtype.type(first), "right")) - 1
        last = int(starts.searchsorted(starts.dtype.type(first + count), "left"))
        alive = self._alive(table, slice(run, last))
        if alive.all():
            return None
        bounds = starts[run:last].astype(np.int64)
        bounds[0] = first
        mask: Mask = np.repeat(alive, np.diff(bounds, append=first + count))
        return mask

    def live(self, table: str, rows: npt.NDArray[Any]) -> Mask:
        """Say for each of some rows whether it lives."""
        if self.whole(table):
            return np.ones(len(rows), np.bool_)
        if table not in self._masks and len(rows) * _FEW < self.segment.rows(table):
            starts = self.segment.array(f"{table}/owner.start")
            # Of one type: numpy would convert all the starts.
            return self._alive(table, starts.searchsorted(rows.astype(starts.dtype, copy=False), "right") - 1)
        mask = self.mask(table)
        assert mask is not None
        found: Mask = mask[rows]
        return found

    def _alive(self, table: str, runs: slice | npt.NDArray[Any]) -> Mask:
        """Say for some runs of rows with one owner whether they live."""
        layer = self.segment.layer(table)
        living = self._living.get(layer)
        if living is None:
            living = np.ones(self.segment.rows(OWNERS), np.bool_)
            living[self.dead[layer]] = False
            self._living[layer] = living
        alive: Mask = living[self.segment.array(f"{table}/owner.slot")[runs]]
        return alive

    def take(self, table: str, rows: npt.NDArray[Any], columns: Sequence[str] | None) -> list[pa.RecordBatch]:
        """Return some rows in the given order, one batch for each run of rows in one chunk."""
        return self.segment.take(table, rows, columns)

    def take_plain(self, table: str, rows: npt.NDArray[Any], columns: Sequence[str]) -> list[pa.RecordBatch]:
        """Return some rows like `take`, with text as text and not as dictionaries."""
        return [
            pa.RecordBatch.from_arrays(list(map(undictionaried, batch.columns)), names=batch.schema.names)
            for batch in self.take(table, rows, columns)
        ]

    def trusted(
        self, rows: npt.NDArray[Any], resolvers: Sequence[str] | None, min_confidence: float | None
    ) -> npt.NDArray[np.bool_]:
        """Say for each edge row whether one of some resolvers made it, with at least some confidence."""
        order = np.argsort(rows, kind="stable")
        keep = np.ones(len(rows), np.bool_)
        start = 0
        for batch in self.take("edges", rows[order], ["resolver", "confidence"]):
            part = slice(start, start + batch.num_rows)
            if resolvers is not None:
                known = batch.column(0).dictionary.to_pylist()
                codes = [code for code, name in enumerate(known) if name in resolvers]
                keep[part] &= np.isin(np.asarray(batch.column(0).indices), codes)
            if min_confidence is not None:
                keep[part] &= np.asarray(batch.column(1)) >= np.float32(min_confidence)
            start = part.stop
        result = np.empty(len(rows), np.bool_)
        result[order] = keep
        return result

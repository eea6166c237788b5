"""What a stage that updates itself reads of the snapshot that a run starts from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from codegraph._internal.indexing.incremental import base
from codegraph._internal.indexing.incremental.reasons import FullRunNeeded
from codegraph_hookspecs import IR_TABLES, TABLES

if TYPE_CHECKING:
    from codegraph._internal.indexing.incremental.rows import IncrementalRows
    from codegraph._internal.store import Snapshot


class Before:
    """Implements `contexts.Previous`.

    Args:
        snapshot: The snapshot.
        rows: Tells whose rows are whose.
        shared: Its nodes without a file, by id.
        updating: Stages that update themselves.
        kept: Tables that are stored though they are not public.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        rows: IncrementalRows,
        shared: Collection[str],
        updating: frozenset[str],
        kept: frozenset[str] = frozenset(),
    ) -> None:
        self._snapshot = snapshot
        self._rows = rows
        self._shared = shared
        self._updating = updating
        self._kept = kept

    def rows(
        self,
        table: str,
        columns: Sequence[str] | None,
        files: Collection[str] | None,
        where: Mapping[str, Sequence[str]],
    ) -> Iterator[pa.RecordBatch]:
        """Stream an IR table, or one that stages keep, whole files in path order.

        Args:
            table: The table.
            columns: What is wanted of it; None for all.
            files: Whose rows; None for those of all files.
            where: Columns and the values that rows must have one of.

        Raises:
            FullRunNeeded: It is no such table.
        """
        owner = TABLES[table].owner
        if (table not in IR_TABLES and table not in self._kept) or not owner:
            raise FullRunNeeded(f"{table!r} is no table of the IR, and no stage keeps it")
        foreign = self._rows.foreign(table)
        wanted = list(columns or TABLES[table].schema.names)
        needed = list(dict.fromkeys([*wanted, owner, *(["id"] if foreign else [])]))
        batches: Iterator[pa.RecordBatch]
        if files is not None:
            batches = iter(base.OwnedRows(self._snapshot, files).read(table, needed, where).to_batches())
        elif where:
            chosen = self._snapshot.chosen(table, list(where), needed)
            found = ((np.flatnonzero(base.matching(batch, where)), read) for batch, read in chosen)
            batches = (read(rows) for rows, read in found if len(rows))
        else:
            batches = self._snapshot.scan(table, needed)
        if foreign:
            batches = (_without_ids(batch, foreign) for batch in batches)
        for batch in base.in_path_order(batches, owner):
            yield batch.select(wanted) if columns is not None else batch

    def named_nodes(self, stage: str) -> Sequence[pa.RecordBatch] | None:
        """Return which nodes without a file the edges of each file name, as far as a stage gave them.

        Returns:
            Pairs of `file_path` and `id`; None where the stage's edges cannot be told from others'.
        """
        if self._updating != {stage}:
            return None
        return base.named_nodes(self._snapshot, self._shared, self._rows.foreign("edges"))


def _without_ids(batch: pa.RecordBatch, ids: frozenset[str]) -> pa.RecordBatch:
    kept = [position for position, known in enumerate(batch.column("id").to_pylist()) if known not in ids]
    return batch if len(kept) == batch.num_rows else batch.take(pa.array(kept, pa.int64()))

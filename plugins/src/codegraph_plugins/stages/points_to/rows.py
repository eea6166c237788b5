"""From what the analysis found to rows: the native engine's corrections of linked rows.

`codegraph-link/src/corrections` has the rules. Here batches go to the engine and come back, and are cut in two where
only some rows of one are final.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import TABLES, TableBatch
from codegraph_plugins.stages.cross_file.native import physical
from codegraph_plugins.stages.points_to.engine import native


class CorrectedRows:
    """Rows of calls, reads, writes and types in the analysed files.

    Memory is the nodes and the references of the files as numbers, their call sites, and what the analysis found.

    Args:
        paths: The files, in the order in which the analysis numbers them.
        tables: What the analysis found.
    """

    def __init__(self, paths: Sequence[str], tables: Sequence[TableBatch]) -> None:
        self._engine: Any = native().Corrections(list(paths), list(tables))

    @classmethod
    def over(cls, engine: Any) -> CorrectedRows:
        """Return the rows of one run of an engine that stays."""
        rows = cls.__new__(cls)
        rows._engine = engine
        return rows

    def final(self, table: str, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Keep the linked rows of a batch that the analysis may correct, and return the others."""
        if table not in ("nodes", "edges", "call_sites") or not batch.num_rows:
            return batch
        flags = self._engine.take(table, batch)
        if flags is None:
            return batch
        is_final = flags.column(0)
        if table == "call_sites":
            is_held = pc.invert(is_final)
            self._engine.hold_call_sites(batch if pc.all(is_held).as_py() else batch.filter(is_held))
        return batch.filter(is_final)

    def add_nodes(self, batch: pa.RecordBatch) -> None:
        """Learn the definitions in a batch of parsed nodes, after the linked rows."""
        self._engine.add_nodes(batch)

    def calls(self) -> Iterator[TableBatch]:
        """Yield the corrected call sites, the external nodes that nobody has named before, and the edges of calls."""
        yield from _each(physical(self._engine.calls()))

    def facts(self) -> Iterator[TableBatch]:
        """Yield the edges `reads`, `writes`, `has_type`, `returns_type`, after external nodes that only they name."""
        yield from _each(physical(self._engine.facts()))


def facts_batch(facts: Mapping[str, bytes]) -> pa.RecordBatch:
    """Return what was found in files as rows of `call_facts`, in the order given."""
    columns = [pa.array(list(facts), pa.string()).dictionary_encode(), pa.array(list(facts.values()), pa.binary())]
    return pa.RecordBatch.from_arrays(columns, schema=TABLES["call_facts"].physical_schema)


def _each(batches: list[TableBatch]) -> Iterator[TableBatch]:
    """Yield batches that have rows; each is free as soon as it is used."""
    batches.reverse()
    while batches:
        table, batch = batches.pop()
        if batch.num_rows:
            yield table, batch


def plain(column: pa.Array) -> pa.Array:
    """Return a column of texts without its dictionary."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column

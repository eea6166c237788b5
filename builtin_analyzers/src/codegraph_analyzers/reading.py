"""Columns of a whole table at once: analyzers of scope "repo" work on columns, never row by row over the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import TABLES, AnalysisContext


def read_columns(
    context: AnalysisContext,
    table: str,
    columns: Sequence[str],
    *,
    where: Callable[[pa.RecordBatch], pa.Array] | None = None,
) -> pa.Table:
    """Return some columns of a table, dictionaries decoded.

    Args:
        context: The run.
        table: Name of a public table.
        columns: Columns to keep, in this order.
        where: Says for each row of a batch, dictionaries as they are, whether it is kept; None keeps all. Decoding
            costs more than anything else here, and what is left out is not decoded.
    """
    logical = TABLES[table].schema
    schema = pa.schema([logical.field(name) for name in columns])
    batches = []
    for batch in context.read(table):
        context.check()
        if where is not None:
            kept = where(batch)
            batch = batch.select(list(columns)).filter(kept)
        arrays = [batch.column(name).cast(logical.field(name).type) for name in columns]
        batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


def is_in(column: pa.Array, values: Sequence[str]) -> pa.Array:
    """Say for each row whether its text is one of some values; a dictionary is searched once."""
    wanted = pa.array(values, pa.string())
    if not pa.types.is_dictionary(column.type):
        return pc.is_in(column, value_set=wanted)
    return pc.is_in(column.dictionary, value_set=wanted).take(column.indices).fill_null(False)

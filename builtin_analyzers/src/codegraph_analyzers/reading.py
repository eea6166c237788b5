"""Columns of a whole table at once: analyzers of scope "repo" work on columns, never row by row over the graph."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import TABLES, AnalysisContext


def read_columns(
    context: AnalysisContext, table: str, columns: Sequence[str], *, kinds: Sequence[str] | None = None
) -> pa.Table:
    """Return some columns of a table, dictionaries decoded.

    Args:
        context: The run.
        table: Name of a public table.
        columns: Columns to keep, in this order.
        kinds: Only rows whose `kind` is one of these, or None for all; left out before they are decoded.
    """
    logical = TABLES[table].schema
    schema = pa.schema([logical.field(name) for name in columns])
    batches = []
    for batch in context.read(table):
        context.check()
        if kinds is not None:
            batch = batch.filter(_is_in(batch.column("kind"), kinds))
        arrays = [batch.column(name).cast(logical.field(name).type) for name in columns]
        batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


def _is_in(column: pa.Array, values: Sequence[str]) -> pa.Array:
    """Say for each row whether its text is one of some values; a dictionary is searched once."""
    wanted = pa.array(values, pa.string())
    if not pa.types.is_dictionary(column.type):
        return pc.is_in(column, value_set=wanted)
    return pc.is_in(column.dictionary, value_set=wanted).take(column.indices).fill_null(False)

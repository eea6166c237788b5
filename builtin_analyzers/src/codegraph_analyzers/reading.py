"""Columns of a whole table at once: analyzers of scope "repo" work on columns, never row by row over the graph."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from codegraph_hookspecs import TABLES, AnalysisContext


def read_columns(context: AnalysisContext, table: str, columns: Sequence[str]) -> pa.Table:
    """Return some columns of a table, dictionaries decoded.

    Args:
        context: The run.
        table: Name of a public table.
        columns: Columns to keep, in this order.
    """
    logical = TABLES[table].schema
    schema = pa.schema([logical.field(name) for name in columns])
    batches = []
    for batch in context.read(table):
        context.check()
        arrays = [batch.column(name).cast(logical.field(name).type) for name in columns]
        batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)

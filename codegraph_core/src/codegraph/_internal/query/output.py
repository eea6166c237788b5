"""What comes out of a query: logical batches, and batches of one size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.types as pt

from codegraph._internal.query.fields import Field


def output_schema(fields: Sequence[Field], schema: pa.Schema) -> pa.Schema:
    """Return the logical schema of some fields of a table."""
    columns = [
        pa.field(field.name, field.type, nullable=True) if field.child else schema.field(field.column)
        for field in fields
    ]
    return pa.schema(columns, metadata=schema.metadata)


def project(batch: pa.RecordBatch, fields: Sequence[Field]) -> pa.RecordBatch:
    """Return a batch of these fields, in order, dictionaries as they are."""
    names = [field.name for field in fields]
    if not any(field.child for field in fields):
        return batch if batch.schema.names == names else batch.select(names)
    return pa.RecordBatch.from_arrays([field.read(batch) for field in fields], names=names)


def logical(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch in a logical schema: dictionaries decoded."""
    arrays = []
    for column, field in zip(batch.columns, schema, strict=True):
        values = column.dictionary_decode() if pt.is_dictionary(column.type) else column
        arrays.append(values if values.type == field.type else values.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def rebatched(batches: Iterable[pa.RecordBatch], size: int, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Cut and join batches so that each has `size` rows, the last one fewer; holds less than `size` rows."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        start = 0
        if held:  # only what fills the batch that was begun is copied
            start = min(size - rows, batch.num_rows)
            held.append(batch.slice(0, start))
            rows += start
            if rows < size:
                continue
            yield _joined(held, schema)
            held, rows = [], 0
        while batch.num_rows - start >= size:
            yield batch.slice(start, size)
            start += size
        if start < batch.num_rows:
            held, rows = [batch.slice(start)], batch.num_rows - start
    if rows:
        yield _joined(held, schema)


def _joined(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    return pa.concat_batches(batches).cast(schema) if batches[0].schema != schema else pa.concat_batches(batches)

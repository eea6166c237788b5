"""What comes out of a query: logical batches, batches of one size, typed rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from codegraph._internal.query.fields import Field, plain_type
from codegraph._internal.rows import Row, Span


def output_schema(fields: Sequence[Field], schema: pa.Schema) -> pa.Schema:
    """Return the logical schema of some fields of a table."""
    columns = [
        pa.field(field.name, field.type, nullable=True) if field.child else schema.field(field.column)
        for field in fields
    ]
    return pa.schema(columns, metadata=schema.metadata)


def project(batch: pa.RecordBatch, fields: Sequence[Field]) -> pa.RecordBatch:
    """Return a batch of these fields, in order, dictionaries as they are."""
    return pa.RecordBatch.from_arrays([field.read(batch) for field in fields], names=[field.name for field in fields])


def logical(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch in a logical schema: dictionaries decoded."""
    arrays = []
    for column, field in zip(batch.columns, schema, strict=True):
        values = column.dictionary_decode() if pt.is_dictionary(column.type) else column
        arrays.append(values if values.type == field.type else values.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def rebatched(batches: Iterable[pa.RecordBatch], size: int, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Cut and join batches so that each has `size` rows, the last one fewer; memory is one input batch more."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if not batch.num_rows:
            continue
        held.append(batch)
        rows += batch.num_rows
        if rows < size:
            continue
        joined = _joined(held, schema)
        whole = rows - rows % size
        for start in range(0, whole, size):
            yield joined.slice(start, size)
        held = [joined.slice(whole)] if rows > whole else []
        rows -= whole
    if rows:
        yield _joined(held, schema)


def _joined(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    return pa.concat_batches(batches).cast(schema) if batches[0].schema != schema else pa.concat_batches(batches)


def rows(batch: pa.RecordBatch, row_class: type[Row] | None) -> Iterator[Any]:
    """Iterate over a batch's rows as objects of a class, or as dictionaries.

    Floats of 32 bits become the shortest decimal that they stand for: 0.9, not 0.8999999761581421.
    """
    names = batch.schema.names
    columns = [_values(column, typed=row_class is not None) for column in batch.columns]
    make: Any = dict if row_class is None else row_class
    for values in zip(*columns, strict=True):
        yield make(**dict(zip(names, values, strict=True))) if row_class else dict(zip(names, values, strict=True))


def _values(column: pa.Array, *, typed: bool) -> list[Any]:
    if pt.is_dictionary(column.type):
        words = column.dictionary.to_pylist()
        return [None if code is None else words[code] for code in column.indices.to_pylist()]
    values: list[Any] = column.to_pylist()
    type_ = plain_type(column.type)
    if pt.is_float32(type_):
        return [None if value is None else _shortest(value) for value in values]
    if typed and pt.is_struct(type_):
        return [None if value is None else Span(**value) for value in values]
    return values


@lru_cache(maxsize=4096)
def _shortest(value: float) -> float:
    return float(str(np.float32(value)))

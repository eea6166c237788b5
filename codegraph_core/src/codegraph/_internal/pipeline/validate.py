"""The boundary check: a batch is in its table's physical schema, complete, and its spans make sense."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from codegraph_hookspecs import FILE_STATUSES, KEY_COLUMNS, TABLES, TableSpec


class BatchProblem(ValueError):  # noqa: N818 - reads as what it is
    """A batch breaks the contract.

    Args:
        code: Kebab-case name of the defect.
        message: What is wrong, without cell values.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


_SCHEMAS: Final[Mapping[str, pa.Schema]] = {name: spec.physical_schema for name, spec in TABLES.items()}
_STATUSES: Final = {"files": {"status": FILE_STATUSES}}


def checked_batch(table: str, batch: object) -> pa.RecordBatch:
    """Return a batch in the table's physical schema; columns are encoded or cast where that loses nothing.

    Key columns (`KEY_COLUMNS`) may follow those of the schema; they stay if they are right in a few rows, which is
    enough to find out a producer that hashes something else.

    Args:
        table: The table's name.
        batch: What a plugin gave.

    Raises:
        BatchProblem: `batch-unknown-table`, `batch-not-arrow`, `batch-schema`, `batch-null`,
            `batch-span` or `batch-value`.
    """
    spec = TABLES.get(table)
    if spec is None:
        raise BatchProblem("batch-unknown-table", f"there is no table {table!r}")
    if not isinstance(batch, pa.RecordBatch):
        raise BatchProblem("batch-not-arrow", f"rows of {table!r} are a {type(batch).__name__}, not a RecordBatch")
    checked, keys = _split(table, batch)
    schema = _SCHEMAS[table]
    if not checked.schema.equals(schema):
        checked = _conform(spec, checked, schema)
    try:
        checked.validate()
    except pa.ArrowInvalid as error:
        raise BatchProblem("batch-schema", f"rows of {table!r} are no valid Arrow data: {error}") from error
    _check_nulls(table, checked, schema)
    _check_spans(table, checked)
    _check_values(table, checked)
    for name, column in keys.items():
        _check_keys(table, name, column, checked.column(KEY_COLUMNS[table][name]))
        checked = checked.append_column(pa.field(name, pa.uint64(), nullable=False), column)
    return checked


def without_keys(table: str, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch without its key columns: what stages and analyzers see."""
    return _split(table, batch)[0]


def _split(table: str, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, dict[str, pa.Array]]:
    known = KEY_COLUMNS.get(table, {})
    names = batch.schema.names
    if not known or not set(known) & set(names):
        return batch, {}
    keys = {name: batch.column(name) for name in known if name in names}
    return batch.select([name for name in names if name not in known]), keys


def _check_keys(table: str, name: str, keys: pa.Array, texts: pa.Array) -> None:
    if keys.type != pa.uint64() or keys.null_count:
        raise BatchProblem("batch-schema", f"the column {name!r} of {table!r} must be uint64 without nulls")
    for row in {0, len(keys) // 2, len(keys) - 1} if len(keys) else ():
        if keys[row].as_py() != xxhash.xxh3_64_intdigest(texts[row].as_py().encode()):
            raise BatchProblem("batch-value", f"{name!r} in {table!r} is not the xxh3_64 of its text")


def _conform(spec: TableSpec, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    missing = [name for name in schema.names if name not in batch.schema.names]
    extra = [name for name in batch.schema.names if name not in schema.names]
    if missing or extra or len(batch.schema.names) != len(set(batch.schema.names)):
        parts = [f"lacks {', '.join(missing)}" if missing else "", f"has unknown {', '.join(extra)}" if extra else ""]
        detail = " and ".join(part for part in parts if part) or "names a column twice"
        raise BatchProblem("batch-schema", f"a batch of {spec.name!r} {detail}")
    columns = []
    for field in schema:
        column = batch.column(field.name)
        if not column.type.equals(field.type):
            column = _cast(spec.name, field, column)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _cast(table: str, field: pa.Field, column: pa.Array) -> pa.Array:
    try:
        if pa.types.is_dictionary(field.type):
            if pa.types.is_dictionary(column.type):
                return column.cast(field.type)
            return column.cast(pa.string()).dictionary_encode()
        if pa.types.is_dictionary(column.type):
            if pa.types.is_string(field.type):
                # "Extra dictionary encodings tolerated", but one column has one type for every reader.
                return column.dictionary_decode().cast(field.type)
        elif pa.types.is_string(field.type) and not pa.types.is_large_string(column.type) and not _textual(column.type):
            raise pa.ArrowInvalid(f"is {column.type}")
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        message = f"the column {field.name!r} of {table!r} is {column.type}, not {field.type}"
        raise BatchProblem("batch-schema", message) from error


def _textual(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_null(kind) or pa.types.is_string_view(kind))


def _check_nulls(table: str, batch: pa.RecordBatch, schema: pa.Schema) -> None:
    for field, column in zip(schema, batch.columns, strict=True):
        if not field.nullable and column.null_count:
            raise BatchProblem("batch-null", f"{column.null_count} rows of {table!r} have no {field.name!r}")


def _check_spans(table: str, batch: pa.RecordBatch) -> None:
    names = batch.schema.names
    if "start_line" in names:
        starts, ends = batch.column("start_line"), batch.column("end_line")
        _ordered(table, starts, ends, "lines", least=1)
        _ordered(table, batch.column("start_byte"), batch.column("end_byte"), "bytes", least=0)
    if "span" in names:
        span = batch.column("span")
        if len(span) == span.null_count:
            return
        parts = dict(zip([field.name for field in span.type], span.flatten(), strict=True))
        _ordered(table, parts["start_line"], parts["end_line"], "lines", least=1)
        _ordered(table, parts["start_byte"], parts["end_byte"], "bytes", least=0)


def _ordered(table: str, starts: pa.Array, ends: pa.Array, unit: str, *, least: int) -> None:
    lowest = pc.min(starts).as_py()
    if lowest is not None and lowest < least:
        raise BatchProblem("batch-span", f"a span in {table!r} starts at {lowest}; {unit} start at {least}")
    backwards = pc.sum(pc.less(ends, starts)).as_py()
    if backwards:
        raise BatchProblem("batch-span", f"{backwards} spans in {table!r} end before they start ({unit})")


def _check_values(table: str, batch: pa.RecordBatch) -> None:
    for name, allowed in _STATUSES.get(table, {}).items():
        column = batch.column(name)
        values = column.dictionary.to_pylist() if pa.types.is_dictionary(column.type) else column.unique().to_pylist()
        wrong = [value for value in values if value not in allowed]
        if wrong:
            raise BatchProblem("batch-value", f"{name!r} in {table!r} must be one of {', '.join(allowed)}")

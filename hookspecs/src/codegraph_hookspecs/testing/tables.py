"""Checks of rows: physical schemas, keys, spans, closed vocabularies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs.errors import ErrorCategory
from codegraph_hookspecs.kinds import CALL_STATUSES, EDGE_KINDS, FILE_STATUSES, NODE_KINDS
from codegraph_hookspecs.tables import KEY_COLUMNS, TABLES, TableSpec
from codegraph_hookspecs.testing.failures import fail, require

SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
_VISIBILITIES: Final = ("public", "protected", "internal", "private")
_CLOSED: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("files", "status"): FILE_STATUSES,
    ("nodes", "kind"): NODE_KINDS,
    ("nodes", "visibility"): _VISIBILITIES,
    ("edges", "kind"): EDGE_KINDS,
    ("call_sites", "status"): CALL_STATUSES,
    ("imports", "status"): CALL_STATUSES,
    ("diagnostics", "category"): tuple(str(category) for category in ErrorCategory),
    ("findings", "severity"): SEVERITIES,
}
_SPAN_NAMES: Final = ("start_line", "start_column", "end_line", "end_column", "start_byte", "end_byte")


def check_tables(tables: Mapping[str, pa.Table | pa.RecordBatch | Iterable[pa.RecordBatch]]) -> dict[str, pa.Table]:
    """Check that rows are what the data contract says.

    Checked for each table: it exists; columns, order and types are those of the physical schema; no
    null where none may be; keys are unique; spans end after they start; closed vocabularies hold.

    Args:
        tables: Rows by table name, in the physical schemas.

    Returns:
        The rows as one `pyarrow.Table` per name.

    Raises:
        ConformanceError: `table-unknown`, `table-schema`, `table-null`, `table-key`, `table-span` or
            `table-value`.
    """
    return {name: _check_table(name, rows) for name, rows in tables.items()}


def _check_table(name: str, rows: pa.Table | pa.RecordBatch | Iterable[pa.RecordBatch]) -> pa.Table:
    spec = TABLES.get(name)
    if spec is None:
        fail("table-unknown", f"there is no table {name!r}; there is: {', '.join(TABLES)}")
    table = _without_keys(name, _as_table(spec, rows))
    schema = spec.physical_schema
    if not table.schema.equals(schema):
        fail("table-schema", _schema_difference(name, table.schema, schema))
    table.validate(full=True)
    for field, column in zip(schema, table.columns, strict=True):
        if not field.nullable and column.null_count:
            fail("table-null", f"{column.null_count} rows of {name!r} have no {field.name!r}")
    if spec.key:
        _check_key(spec, table)
    _check_spans(name, table)
    for (owner, column_name), allowed in _CLOSED.items():
        if owner == name:
            _check_vocabulary(name, column_name, table.column(column_name), allowed)
    return table


def _as_table(spec: TableSpec, rows: Any) -> pa.Table:
    if isinstance(rows, pa.Table):
        return rows
    batches = [rows] if isinstance(rows, pa.RecordBatch) else list(rows)
    for batch in batches:
        if not isinstance(batch, pa.RecordBatch):
            fail("table-schema", f"rows of {spec.name!r} are a {type(batch).__name__}, not a pyarrow.RecordBatch")
        schema = _without_keys(spec.name, batch).schema
        if not schema.equals(spec.physical_schema):
            fail("table-schema", _schema_difference(spec.name, schema, spec.physical_schema))
    return pa.Table.from_batches([_without_keys(spec.name, batch) for batch in batches], schema=spec.physical_schema)


def _without_keys(name: str, rows: Any) -> Any:
    """Check the optional key columns after those of the schema, and take them off."""
    given = rows.schema.names
    keys = [column for column in KEY_COLUMNS.get(name, {}) if column in given]
    if not keys:
        return rows
    if given[-len(keys) :] != keys:
        fail("table-schema", f"rows of {name!r}: the columns {', '.join(keys)} must follow those of the schema")
    for column in keys:
        if rows.schema.field(column).type != pa.uint64() or rows.column(column).null_count:
            fail("table-schema", f"rows of {name!r}: the column {column!r} must be uint64 without nulls")
    return rows.select(given[: -len(keys)])


def _schema_difference(name: str, given: pa.Schema, wanted: pa.Schema) -> str:
    missing = [column for column in wanted.names if column not in given.names]
    extra = [column for column in given.names if column not in wanted.names]
    if missing or extra:
        parts = [f"lacks {', '.join(missing)}" if missing else "", f"has unknown {', '.join(extra)}" if extra else ""]
        return f"rows of {name!r}: the schema {' and '.join(part for part in parts if part)}"
    if given.names != wanted.names:
        return f"rows of {name!r}: columns must be in the order {', '.join(wanted.names)}"
    for field in wanted:
        other = given.field(field.name)
        if not other.equals(field):
            return f"rows of {name!r}: the column {field.name!r} is {_spelled(other)}, not {_spelled(field)}"
    return f"rows of {name!r}: use TABLES[{name!r}].physical_schema"


def _spelled(field: pa.Field) -> str:
    return f"{field.type}{'' if field.nullable else ' not null'}"


def _check_key(spec: TableSpec, table: pa.Table) -> None:
    counts = pc.value_counts(decoded(table.column(spec.key)))
    repeated = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(repeated):
        example = repeated.field("values")[0].as_py()
        fail("table-key", f"{len(repeated)} values of {spec.name}.{spec.key} occur twice, {example!r} for one")


def _check_spans(name: str, table: pa.Table) -> None:
    names = table.schema.names
    if "start_line" in names:
        _check_order(name, table, "line", 1)
        _check_order(name, table, "byte", 0)
    if "span" in names:
        spans = table.column("span").drop_null().combine_chunks()
        parts = pa.Table.from_arrays(spans.flatten(), names=list(_SPAN_NAMES))
        _check_order(name, parts, "line", 1)
        _check_order(name, parts, "byte", 0)


def _check_order(name: str, table: pa.Table, unit: str, least: int) -> None:
    starts, ends = table.column(f"start_{unit}"), table.column(f"end_{unit}")
    lowest = pc.min(starts).as_py()
    if lowest is not None and lowest < least:
        fail("table-span", f"a span in {name!r} starts at {unit} {lowest}; {unit}s start at {least}")
    backwards = pc.sum(pc.less(ends, starts)).as_py()
    if backwards:
        fail("table-span", f"{backwards} spans in {name!r} end before they start ({unit}s)")


def _check_vocabulary(table: str, name: str, column: pa.ChunkedArray, allowed: tuple[str, ...]) -> None:
    wrong = sorted({value for value in decoded(column).unique().to_pylist() if value is not None} - set(allowed))
    require(not wrong, "table-value", f"{table}.{name} is {', '.join(map(repr, wrong))}; allowed: {', '.join(allowed)}")


def decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without dictionary encoding."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def plain(table: pa.Table) -> pa.Table:
    """Return a table without keys, dictionaries decoded and chunks joined: what two runs are compared by."""
    keys = {key for columns in KEY_COLUMNS.values() for key in columns}
    columns = {name: decoded(table.column(name)) for name in table.schema.names if name not in keys}
    return pa.table(columns).combine_chunks()


def first_difference(left: pa.Table, right: pa.Table) -> str:
    """Say where two tables with the same columns differ first, or return an empty string."""
    one, other = plain(left), plain(right)
    if one.equals(other):
        return ""
    if one.num_rows != other.num_rows:
        return f"{one.num_rows} rows against {other.num_rows}"
    for position, (mine, theirs) in enumerate(zip(one.to_pylist(), other.to_pylist(), strict=True)):
        for column, value in mine.items():
            if value != theirs[column]:
                return f"row {position}, column {column!r}: {value!r} against {theirs[column]!r}"
    return "the schemas differ"


def fingerprint(tables: Mapping[str, pa.Table]) -> dict[str, str]:
    """Return a digest of each table's buffers; a plugin that writes into its input changes it."""
    return {name: _digest(table) for name, table in tables.items()}


def _digest(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return hashlib.blake2b(sink.getvalue(), digest_size=16).hexdigest()

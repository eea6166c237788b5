"""Aggregates in one pass: each batch is reduced by Arrow's grouper, and the partial results are merged.

Memory grows with the number of groups, not of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from attrs import evolve, frozen

from codegraph._internal.query.counting import FIRST as _FIRST
from codegraph._internal.query.counting import coded_partial
from codegraph._internal.query.fields import INTEGER, NUMBER, ORDERED, STRUCT, TEXTS, Field, Fields, nearest
from codegraph._internal.query.output import logical, output_schema, project
from codegraph_hookspecs.errors import QueryError

FUNCTIONS: Final = ("count", "sum", "min", "max", "avg")
_MERGE: Final = {"count": "sum", "sum": "sum", "min": "min", "max": "max"}
_PARTIALS_MAX: Final = 64


@frozen
class Aggregate:
    """One output column of an aggregation.

    Args:
        name: Its name: the function, or the function and a suffix (`avg_complexity`).
        function: One of `FUNCTIONS`. Missing values are left out; of no value at all, `count` is 0 and
            the others are missing.
        field: What is aggregated.
    """

    name: str
    function: str
    field: Field

    @property
    def type(self) -> pa.DataType:
        """Type of the result."""
        if self.function == "count":
            return pa.int64()
        if self.function == "avg":
            return pa.float64()
        if self.function == "sum":
            return pa.int64() if self.field.family == INTEGER else pa.float64()
        return self.field.type


def bind_aggregates(fields: Fields, specs: Mapping[str, Any]) -> tuple[Aggregate, ...]:
    """Check the keywords of `aggregate(...)`.

    Raises:
        QueryError: A name that starts with no function, an unknown field, or a field that the function
            cannot take.
    """
    if not specs:
        raise QueryError('An aggregation needs at least one function, such as count="id".', code="aggregate-invalid")
    return tuple(_bind(fields, name, target) for name, target in specs.items())


def _bind(fields: Fields, name: str, target: Any) -> Aggregate:
    function = name.partition("_")[0]
    if function not in FUNCTIONS:
        near = nearest(function, FUNCTIONS)
        raise QueryError(
            f"{name!r} starts with no aggregate function.",
            code="aggregate-invalid",
            context={"remedy": f"Did you mean {near!r}?" if near else f"Functions: {', '.join(FUNCTIONS)}."},
        )
    field = fields.resolve(target)
    numeric = {INTEGER, NUMBER}
    fits = {"sum": field.family in numeric, "avg": field.family in numeric, "count": True}
    if not fits.get(function, field.family in ORDERED):
        raise QueryError(
            f"{function} cannot be computed over {fields.table}.{field.name} ({field.family}).",
            code="value-type",
            context={"table": fields.table, "field": field.name},
        )
    return Aggregate(name, function, field)


def bind_groups(fields: Fields, group_by: str | Sequence[str]) -> tuple[Field, ...]:
    """Check the fields of `group_by`."""
    groups = fields.resolve_all((group_by,) if isinstance(group_by, str) else tuple(group_by))
    for group in groups:
        if group.family in {TEXTS, STRUCT}:
            raise QueryError(
                f"{fields.table}.{group.name} ({group.family}) cannot be grouped by.",
                code="value-type",
                context={"table": fields.table, "field": group.name},
            )
    return groups


def counting_rows(fields: Fields, aggregates: tuple[Aggregate, ...], groups: Sequence[Field]) -> tuple[Aggregate, ...]:
    """Let counts of a column that misses no value count a key of the groups instead, which is read anyway."""
    full = [field for field in groups if not field.child and not fields.schema.field(field.column).nullable]
    if not full:
        return aggregates
    return tuple(
        evolve(each, field=full[0])
        if each.function == "count" and not each.field.child and not fields.schema.field(each.field.column).nullable
        else each
        for each in aggregates
    )


def aggregate_schema(aggregates: Sequence[Aggregate], groups: Sequence[Field]) -> pa.Schema:
    """Return the schema of the result: groups, then aggregates."""
    keys = [pa.field(group.name, group.type) for group in groups]
    return pa.schema([*keys, *(pa.field(aggregate.name, aggregate.type) for aggregate in aggregates)])


def aggregated(
    batches: Iterable[pa.RecordBatch], aggregates: Sequence[Aggregate], groups: Sequence[Field], schema: pa.Schema
) -> pa.RecordBatch:
    """Return the result, groups in order of their first row; without groups always one row."""
    names = [f"g{position}" for position in range(len(groups))]
    steps = _steps(aggregates)
    partials: list[pa.Table] = []
    rows = 0
    for batch in batches:
        partials.append(coded_partial(batch, steps, groups, names, rows) or _partial(batch, steps, groups, names, rows))
        rows += batch.num_rows
        if len(partials) >= _PARTIALS_MAX:
            partials = [_merged(partials, steps, names)]
    if not partials:
        empty = pa.RecordBatch.from_arrays([pa.array([], column.type) for column in schema], schema=schema)
        if groups:
            return empty
        nothing = [pa.array([0 if a.function == "count" else None], a.type) for a in aggregates]
        return pa.RecordBatch.from_arrays(nothing, schema=schema)
    total = _merged(partials, steps, names).sort_by(_FIRST)
    columns: list[pa.Array] = [total.column(name).combine_chunks() for name in names]
    columns += [_final(total, aggregate, steps).cast(aggregate.type) for aggregate in aggregates]
    flat = [column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column for column in columns]
    return pa.RecordBatch.from_arrays(
        [column.cast(field.type) for column, field in zip(flat, schema, strict=True)], schema=schema
    )


def _steps(aggregates: Sequence[Aggregate]) -> dict[tuple[str, Field], str]:
    """Return the partial aggregates that are needed, and their column names."""
    needed: dict[tuple[str, Field], str] = {}
    for aggregate in aggregates:
        for function in ("sum", "count") if aggregate.function == "avg" else (aggregate.function,):
            needed.setdefault((function, aggregate.field), f"a{len(needed)}")
    return needed


def _partial(
    batch: pa.RecordBatch,
    steps: Mapping[tuple[str, Field], str],
    groups: Sequence[Field],
    names: Sequence[str],
    start: int,
) -> pa.Table:
    # Keys are grouped by dictionary code and decoded afterwards, when there are few of them left.
    columns: dict[str, pa.Array] = dict(zip(names, (group.read(batch) for group in groups), strict=True))
    for (function, field), name in steps.items():
        columns[name] = _countable(field, batch) if function == "count" else _plain(field, batch, function)
    columns[_FIRST] = _positions(start, batch.num_rows)
    reduced = _reduced(pa.table(columns), names, {name: function for (function, _), name in steps.items()})
    keys = [pa.field(name, group.type) for name, group in zip(names, groups, strict=True)]
    whole = pa.schema([*keys, *list(reduced.schema)[len(keys) :]])
    decoded = [logical(part, whole) for part in reduced.combine_chunks().to_batches()]
    return pa.Table.from_batches(decoded, schema=whole)


def _merged(partials: list[pa.Table], steps: Mapping[tuple[str, Field], str], names: Sequence[str]) -> pa.Table:
    return _reduced(
        pa.concat_tables(partials), names, {name: _MERGE[function] for (function, _), name in steps.items()}
    )


def _reduced(table: pa.Table, names: Sequence[str], functions: Mapping[str, str]) -> pa.Table:
    """Return one row for each group: its keys, its aggregates under their columns' own names, its first row."""
    wanted = {**functions, _FIRST: "min"}
    reduced = table.group_by(list(names), use_threads=False).aggregate(list(wanted.items()))
    reduced = reduced.select([*names, *(f"{name}_{function}" for name, function in wanted.items())])
    return reduced.rename_columns([*names, *wanted])


def _positions(start: int, count: int) -> pa.Array:
    return pa.array(np.arange(start, start + count, dtype=np.int64))


def _final(total: pa.Table, aggregate: Aggregate, steps: Mapping[tuple[str, Field], str]) -> Any:
    if aggregate.function != "avg":
        return total.column(steps[aggregate.function, aggregate.field])
    counts = total.column(steps["count", aggregate.field])
    sums = total.column(steps["sum", aggregate.field]).cast(pa.float64())
    return pc.divide(sums, pc.if_else(pc.equal(counts, 0), None, counts).cast(pa.float64()))


def _countable(field: Field, batch: pa.RecordBatch) -> pa.Array:
    return pc.if_else(pc.is_null(field.read(batch)), None, True)


def _plain(field: Field, batch: pa.RecordBatch, function: str) -> pa.Array:
    values = field.read(batch)
    if pt.is_dictionary(values.type):
        values = values.dictionary_decode()
    if function == "sum":
        return values.cast(pa.int64() if field.family == INTEGER else pa.float64())
    return values


def distinct_rows(
    batches: Iterable[pa.RecordBatch], fields: Sequence[Field], schema: pa.Schema
) -> Iterable[pa.RecordBatch]:
    """Yield each different row once, where it first appears, in the logical schema.

    Memory grows with the number of different rows.
    """
    seen: set[Any] = set()
    plain = output_schema(fields, schema)
    simple = all(field.family not in {TEXTS, STRUCT} for field in fields)
    for batch in batches:
        projected = project(batch, fields)
        if simple and projected.num_rows:
            names = projected.schema.names
            numbered = pa.table([*projected.columns, _positions(0, projected.num_rows)], names=[*names, _FIRST])
            reduced = _reduced(numbered, names, {}).sort_by(_FIRST).select(names).combine_chunks().to_batches()
        else:
            reduced = [projected]
        for part in reduced:
            rows = logical(part, plain)
            fresh = [_is_new(seen, row) for row in zip(*(column.to_pylist() for column in rows.columns), strict=True)]
            yield rows.filter(pa.array(fresh, pa.bool_()))


def _is_new(seen: set[Any], row: tuple[Any, ...]) -> bool:
    key = tuple(_hashable(value) for value in row)
    if key in seen:
        return False
    seen.add(key)
    return True


def _hashable(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_hashable(item) for item in value)
    if isinstance(value, dict):
        return tuple(sorted((name, _hashable(item)) for name, item in value.items()))
    return value

"""The plan of a query and running it: access, filter, distinct, order, limit, projection, batch by batch.

`explain()` describes the same `Plan` that `run` executes; nothing is planned twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from attrs import frozen

from codegraph._internal.cancellation import check_cancelled
from codegraph._internal.query.aggregation import distinct_rows
from codegraph._internal.query.conditions import And, Predicate, columns_of, conjuncts
from codegraph._internal.query.fields import Field
from codegraph._internal.query.masks import Masks
from codegraph._internal.query.ordering import OrderKey, rows_at, sorted_rows, top_places, top_rows
from codegraph._internal.query.output import logical, output_schema, project
from codegraph._internal.query.sources import Access, Source, TableSource

EVERYTHING: Final = And()
_READ_ROWS: Final = 4_096
"""Most rows that are read at once after a filter kept them."""


@frozen(kw_only=True)
class Plan:
    """What a query asks for.

    Args:
        source: Where rows come from.
        predicate: Which rows.
        order: Keys, the first one most significant; empty is the source's order.
        limit: At most so many rows, after `offset`.
        offset: Rows to skip.
        outputs: Fields of the result in order.
        distinct: Leave out rows that are equal to an earlier one.
    """

    source: Source
    predicate: Predicate = EVERYTHING
    order: tuple[OrderKey, ...] = ()
    limit: int | None = None
    offset: int = 0
    outputs: tuple[Field, ...]
    distinct: bool = False

    @property
    def schema(self) -> pa.Schema:
        """Logical schema of the result."""
        return output_schema(self.outputs, self.source.fields.schema)

    @property
    def whole(self) -> bool:
        """Whether the result is whole rows: then what is read is what is returned."""
        return self.outputs is self.source.fields.columns

    @property
    def wanted(self) -> int | None:
        """Rows that must be found before the limit is reached."""
        return None if self.limit is None else self.offset + self.limit

    def columns(self, predicate: Predicate, extra: Iterable[str] = ()) -> list[str]:
        """Return the columns that a predicate reads and some others, in the table's order."""
        needed = columns_of(predicate) | set(extra)
        every = self.source.fields.column_names
        return [name for name in every if name in needed] or list(every[:1])

    def read_columns(self, residual: Predicate) -> list[str]:
        """Return every column that running the plan reads where an index left this much of its predicate."""
        if self.whole:
            return list(self.source.fields.column_names)
        return self.columns(residual, [*(f.column for f in self.outputs), *(key.field.column for key in self.order)])


def run(plan: Plan, access: Access | None = None) -> Iterator[pa.RecordBatch]:
    """Execute a plan.

    Returns:
        Batches of the plan's schema, of any size, without empty ones; text columns may still be
        dictionaries.
    """
    if plan.limit == 0:
        return
    access = access or plan.source.access(plan.predicate)
    columns = plan.read_columns(access.residual)
    outputs = None if plan.whole else plan.outputs
    if plan.distinct:
        yield from _distinct(plan, _filtered(access, columns))
    elif plan.order:
        yield from _sliced([_ordered(plan, access, columns)], plan, outputs)
    elif outputs is None and plan.limit is None and not plan.offset:
        yield from _filtered(access, columns)
    else:
        yield from _sliced(_filtered(access, columns), plan, outputs)


def named_ids(plan: Plan) -> list[str] | None:
    """Return the ids of a plan that asks for nodes by id and nothing else; None for any other."""
    if plan.limit is not None or plan.offset or not isinstance(plan.source, TableSource):
        return None
    return plan.source.named_ids(plan.predicate)


def count(plan: Plan) -> int:
    """Return how many rows a plan gives, reading only the columns that its filter needs."""
    if plan.distinct:
        return sum(batch.num_rows for batch in run(plan))
    access = plan.source.access(plan.predicate)
    total = access.rows() if access.residual == EVERYTHING else None
    if total is None:
        total = sum(batch.num_rows for batch in _filtered(access, plan.columns(access.residual)))
    total = max(total - plan.offset, 0)
    return total if plan.limit is None else min(total, plan.limit)


def _filtered(access: Access, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if access.residual == EVERYTHING:
        for batch in access.batches(columns):
            check_cancelled()
            if batch.num_rows:
                yield batch
        return
    masks = Masks()
    deciding = columns_of(access.residual)
    first = [name for name in columns if name in deciding]
    if access.chosen is not None and 0 < len(first) < len(columns):
        for batch, read in access.chosen(first, columns):
            check_cancelled()
            mask = masks.mask(access.residual, batch)
            rows = np.arange(batch.num_rows) if mask is None else np.flatnonzero(mask)
            for start in range(0, len(rows), _READ_ROWS):
                check_cancelled()
                yield read(rows[start : start + _READ_ROWS])
        return
    for batch in access.batches(columns):
        check_cancelled()
        kept = masks.filter(access.residual, batch)
        if kept.num_rows:
            yield kept


def _ordered(plan: Plan, access: Access, columns: Sequence[str]) -> pa.RecordBatch:
    whole = plan.source.fields.schema
    schema = pa.schema([whole.field(name) for name in columns])
    if plan.wanted is None:
        return sorted_rows(_filtered(access, columns), plan.order, schema)
    narrow = plan.columns(access.residual, (key.field.column for key in plan.order))
    at = access.at
    if at is not None and len(narrow) < len(columns):
        # Read what decides first, and the other columns of the rows that won afterwards.
        places = top_places(access.batches(narrow), access.residual, plan.order, plan.wanted)
        return rows_at(lambda ascending: at(ascending, columns), places, schema)
    return top_rows(access.batches(columns), access.residual, plan.order, schema, plan.wanted)


def _distinct(plan: Plan, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    unique = distinct_rows(batches, plan.outputs, plan.source.fields.schema)
    if not plan.order:
        return _sliced(unique, plan, None)
    # The rows are projected already: a nested field is now a column of its own name.
    keys = [
        OrderKey(
            Field(key.field.name, key.field.name, "", key.field.type, key.field.family),
            key.descending,
            key.nulls_first,
        )
        for key in plan.order
    ]
    if plan.wanted is None:
        return _sliced([sorted_rows(unique, keys, plan.schema)], plan, None)
    return _sliced([top_rows(unique, EVERYTHING, keys, plan.schema, plan.wanted)], plan, None)


def _sliced(batches: Iterable[pa.RecordBatch], plan: Plan, outputs: Sequence[Field] | None) -> Iterator[pa.RecordBatch]:
    """Apply offset and limit, then keep the output fields; stops reading when the limit is reached."""
    skip = plan.offset
    left = plan.limit
    for batch in batches:
        if skip >= batch.num_rows:
            skip -= batch.num_rows
            continue
        part = batch.slice(skip, left)
        skip = 0
        yield project(part, outputs) if outputs is not None else part
        if left is not None:
            left -= part.num_rows
            if left == 0:
                return


@frozen(kw_only=True)
class Explanation:
    """The plan that a query really runs; its text is one line per step.

    Args:
        access: The index or scan that rows come from.
        index: Name of the index, or an empty string.
        columns: Columns that are read.
        answered: Conditions that the index answered: rows that do not meet them are never read.
        predicates: Conditions pushed down into reading: checked on each batch before any other step.
        distinct: Fields whose values must differ.
        order: Keys of the order.
        strategy: `stream`, `top-k` (bounded memory) or `sort` (holds the filtered rows).
        limit: At most so many rows.
        offset: Rows skipped first.
        estimated_rows: Rows expected before the limit: exact for an index or an unfiltered table, else from
            the first batch; None where unknown before running.
        chunk_size: Rows of a batch of the result.
        workers: Threads that execute the query.
        steps: The lines of the query that this one starts from.
        related: What `prefetch` looks up for a thousand rows at a time, with the indexes that answer it.
    """

    access: str
    index: str
    columns: tuple[str, ...]
    answered: tuple[str, ...]
    predicates: tuple[str, ...]
    distinct: tuple[str, ...]
    order: tuple[str, ...]
    strategy: str
    limit: int | None
    offset: int
    estimated_rows: int | None
    chunk_size: int
    workers: int
    steps: tuple[str, ...] = ()
    related: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON-ready values."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in self._values().items()}

    def __str__(self) -> str:
        lines = [*self.steps, self.access, f"  read: {', '.join(self.columns)}"]
        lines += [f"  answered by the index: {predicate}" for predicate in self.answered]
        lines += [f"  filter while reading: {predicate}" for predicate in self.predicates]
        lines += [f"  distinct: {', '.join(self.distinct)}"] if self.distinct else []
        lines += [f"  order by ({self.strategy}): {'; '.join(self.order)}"] if self.order else []
        if self.limit is not None or self.offset:
            lines.append(f"  limit: {'none' if self.limit is None else self.limit}, offset: {self.offset}")
        lines += [f"  related: {relation}" for relation in self.related]
        rows = "unknown" if self.estimated_rows is None else str(self.estimated_rows)
        lines.append(f"  estimated rows: {rows}, chunk size: {self.chunk_size}, workers: {self.workers}")
        return "\n".join(lines)

    def _values(self) -> dict[str, Any]:
        from attrs import asdict

        return asdict(self, recurse=False)


def explain(plan: Plan, chunk_size: int) -> Explanation:
    """Describe how a plan runs; reads one batch at most, or the ids of an index."""
    access = plan.source.access(plan.predicate)
    strategy = "stream" if not plan.order else ("sort" if plan.wanted is None else "top-k")
    return Explanation(
        access=access.text,
        index=access.index,
        columns=tuple(plan.read_columns(access.residual)),
        answered=tuple(str(part) for part in access.answered),
        predicates=tuple(str(part) for part in conjuncts(access.residual) if part != EVERYTHING),
        distinct=tuple(field.name for field in plan.outputs) if plan.distinct else (),
        order=tuple(str(key) for key in plan.order),
        strategy=strategy,
        limit=plan.limit,
        offset=plan.offset,
        estimated_rows=_estimate(plan, access),
        chunk_size=chunk_size,
        workers=1,
        steps=plan.source.describe(),
    )


def _estimate(plan: Plan, access: Access) -> int | None:
    total = access.rows()
    if total is None or access.residual == EVERYTHING:
        return total
    batches = access.batches(plan.columns(access.residual))
    sample = list(itertools.islice(batches, None if access.index else 1))
    seen = sum(batch.num_rows for batch in sample)
    if not seen:
        return 0
    masks = Masks()
    kept: int = sum(masks.filter(access.residual, batch).num_rows for batch in sample)
    return round(float(total * kept / seen))


def decoded(plan: Plan, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Bring batches of `run` into the plan's logical schema."""
    schema = plan.schema
    return (logical(batch, schema) for batch in batches)

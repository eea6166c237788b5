"""Sorting: stable, several keys, missing values last in either direction.

With a limit, only the best rows so far are kept (`top_rows`): memory does not grow with the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from attrs import frozen

from codegraph._internal.query.conditions import And, Condition, Predicate
from codegraph._internal.query.fields import TEXT, Field
from codegraph._internal.query.masks import Masks
from codegraph._internal.query.output import logical

_GATHER_ROWS: Final = 2_048


@frozen
class OrderKey:
    """One key of an order.

    Args:
        field: What is compared.
        descending: Largest first; missing values are last all the same.
    """

    field: Field
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.field.name} {'descending' if self.descending else 'ascending'}, missing last"


def sorted_rows(batches: Iterable[pa.RecordBatch], keys: Sequence[OrderKey], schema: pa.Schema) -> pa.RecordBatch:
    """Return all rows in order, in the logical schema. Holds all of them in memory."""
    return _sorted([logical(batch, schema) for batch in batches], keys, schema, None)


def top_rows(
    batches: Iterable[pa.RecordBatch], predicate: Predicate, keys: Sequence[OrderKey], schema: pa.Schema, count: int
) -> pa.RecordBatch:
    """Return the first `count` rows of the order that a predicate holds for, in the logical schema.

    Memory: about `2 × count` rows, or 2,048 where that is more. Once `count` rows are known, a row that
    is worse than all of them by the first key is dropped before it is copied.
    """
    masks = Masks()
    best: list[pa.RecordBatch] = []
    held = 0
    bound: Condition | None = None
    for batch in batches:
        kept = masks.filter(predicate if bound is None else And((predicate, bound)), batch)
        for part in _pieces(kept):
            best.append(logical(part, schema))
            held += part.num_rows
            if held >= max(2 * count, _GATHER_ROWS):
                top = _sorted(best, keys, schema, count)
                best, held, bound = [top], top.num_rows, _bound(top, keys[0], count)
    return _sorted(best, keys, schema, count)


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    for start in range(0, batch.num_rows, _GATHER_ROWS):
        yield batch.slice(start, _GATHER_ROWS)


def _bound(top: pa.RecordBatch, key: OrderKey, count: int) -> Condition | None:
    """Return the condition that the first key of any better (or equal) row meets."""
    if top.num_rows < count or not count:
        return None
    last = key.field.read(top)[top.num_rows - 1]
    value = last.as_py()
    if value is None or value != value or pt.is_boolean(last.type):  # noqa: PLR0124 -- NaN
        return None
    return Condition(key.field, "gte" if key.descending else "lte", value)


def _sorted(
    batches: list[pa.RecordBatch], keys: Sequence[OrderKey], schema: pa.Schema, count: int | None
) -> pa.RecordBatch:
    if not batches:
        return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
    rows = pa.concat_batches(batches)
    columns = {f"k{position}": _comparable(key.field, rows) for position, key in enumerate(keys)}
    order = [(f"k{position}", "descending" if key.descending else "ascending") for position, key in enumerate(keys)]
    positions = pc.sort_indices(pa.table(columns), sort_keys=order)  # stable; missing values last by default
    return rows.take(positions if count is None else positions[:count])


def _comparable(field: Field, rows: pa.RecordBatch) -> Any:
    values = field.read(rows)
    if field.family == TEXT:
        # Sorting by codes of the distinct words beats comparing words: names repeat.
        words = values.dictionary_encode() if not pt.is_dictionary(values.type) else values
        return pc.take(_ranks(words.dictionary), words.indices)
    return values


def _ranks(words: pa.Array) -> pa.Array:
    ranks = np.empty(len(words), dtype=np.int32)
    ranks[np.asarray(pc.sort_indices(words))] = np.arange(len(words), dtype=np.int32)
    return pa.array(ranks)

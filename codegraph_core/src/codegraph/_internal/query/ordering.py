"""Sorting: stable, several keys, missing values last in either direction unless they are asked for first.

With a limit, only the best rows so far are kept (`top_rows`): memory does not grow with the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from attrs import frozen

from codegraph._internal.cancellation import check_cancelled
from codegraph._internal.query.conditions import And, Condition, Or, Predicate
from codegraph._internal.query.fields import TEXT, Field
from codegraph._internal.query.masks import Masks
from codegraph._internal.query.output import logical

_GATHER_ROWS: Final = 2_048
_PLACE: Final = "place"


@frozen
class OrderKey:
    """One key of an order.

    Args:
        field: What is compared.
        descending: Largest first; where missing values go does not depend on it.
        nulls_first: Whether missing values are first; the same for all keys of an order.
    """

    field: Field
    descending: bool = False
    nulls_first: bool = False

    def __str__(self) -> str:
        direction = "descending" if self.descending else "ascending"
        return f"{self.field.name} {direction}, missing {'first' if self.nulls_first else 'last'}"


def sorted_rows(batches: Iterable[pa.RecordBatch], keys: Sequence[OrderKey], schema: pa.Schema) -> pa.RecordBatch:
    """Return all rows in order, in the logical schema. Holds all of them in memory."""
    rows = [logical(batch, schema) for batch in batches]
    return _sorted(rows, keys, None) if rows else _empty(schema)


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
    bound: Predicate | None = None
    for batch in batches:
        check_cancelled()
        kept = masks.filter(predicate if bound is None else And((predicate, bound)), batch)
        for part in _pieces(kept):
            best.append(logical(part, schema))
            held += part.num_rows
            if held >= max(2 * count, _GATHER_ROWS):
                top = _sorted(best, keys, count)
                best, held, bound = [top], top.num_rows, _bound(keys[0].field.read(top), keys, count)
    return _sorted(best, keys, count) if best else _empty(schema)


def top_places(
    batches: Iterable[pa.RecordBatch], predicate: Predicate, keys: Sequence[OrderKey], count: int
) -> npt.NDArray[np.int64]:
    """Return where the first `count` rows of the order are: positions in the stream of batches, best first.

    Copies nothing but keys: 8 bytes and the keys for about `2 × count` rows, or 2,048 where that is more.
    """
    masks = Masks()
    names = [f"k{position}" for position in range(len(keys))]
    best: list[pa.RecordBatch] = []
    held = start = 0
    bound: Predicate | None = None
    for batch in batches:
        check_cancelled()
        mask = masks.mask(predicate if bound is None else And((bound, predicate)), batch)
        rows = np.arange(batch.num_rows) if mask is None else np.flatnonzero(mask)
        columns = [key.field.read(batch) for key in keys] if len(rows) else []
        for first in range(0, len(rows), _GATHER_ROWS):
            piece = rows[first : first + _GATHER_ROWS]
            values = [_at(column, piece) for column in columns]
            best.append(pa.RecordBatch.from_arrays([*values, pa.array(piece + start)], names=[*names, _PLACE]))
            held += len(piece)
            if held >= max(2 * count, _GATHER_ROWS):
                top = _sorted(best, [_renamed(key, name) for key, name in zip(keys, names, strict=True)], count)
                best, held, bound = [top], top.num_rows, _bound(top.column(0), keys, count)
        start += batch.num_rows
    if not best:
        return np.zeros(0, np.int64)
    found = _sorted(best, [_renamed(key, name) for key, name in zip(keys, names, strict=True)], count)
    return np.asarray(found.column(_PLACE))


def rows_at(
    read: Callable[[npt.NDArray[np.int64]], Iterable[pa.RecordBatch]],
    places: npt.NDArray[np.int64],
    schema: pa.Schema,
) -> pa.RecordBatch:
    """Return the rows at some positions, in the order of `places`, in the logical schema.

    Args:
        read: Reads the rows at ascending positions.
        places: The positions, all different.
        schema: The logical schema.
    """
    order = np.argsort(places)
    found = [logical(batch, schema) for batch in read(places[order])] if len(places) else []
    if not found:
        return _empty(schema)
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return pa.concat_batches(found).take(pa.array(back))


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    for start in range(0, batch.num_rows, _GATHER_ROWS):
        yield batch.slice(start, _GATHER_ROWS)


def _bound(first_key: pa.Array, keys: Sequence[OrderKey], count: int) -> Predicate | None:
    """Return the condition that the first key of any row meets that may still be among the best.

    Of rows that are equal in every key the earlier one wins; so with one key a later row must be better.

    Args:
        first_key: The first key of the best rows so far, in order.
        keys: The keys of the order.
        count: How many rows are wanted.
    """
    if len(first_key) < count or not count:
        return None
    key = keys[0]
    last = first_key[len(first_key) - 1]
    value = last.as_py()
    missing = Condition(key.field, "isnull", True)
    if value is None:
        return (missing if len(keys) > 1 else Or()) if key.nulls_first else None
    if value != value or pt.is_boolean(last.type) or pt.is_nested(last.type):  # noqa: PLR0124 -- NaN
        return None
    better = Condition(key.field, ("gt" if key.descending else "lt") + ("e" if len(keys) > 1 else ""), value)
    return Or((better, missing)) if key.nulls_first else better


def _sorted(batches: list[pa.RecordBatch], keys: Sequence[OrderKey], count: int | None) -> pa.RecordBatch:
    rows = pa.concat_batches(batches)
    columns: dict[str, Any] = {}
    order: list[tuple[str, str]] = []
    for position, key in enumerate(keys):
        if key.nulls_first:  # a key of its own: Arrow's option for it changed between versions
            columns[f"n{position}"] = pc.is_valid(key.field.read(rows))
            order.append((f"n{position}", "ascending"))
        columns[f"k{position}"] = _comparable(key.field, rows)
        order.append((f"k{position}", "descending" if key.descending else "ascending"))
    positions = pc.sort_indices(pa.table(columns), sort_keys=order)  # stable; missing values last
    return rows.take(positions if count is None else positions[:count])


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _renamed(key: OrderKey, name: str) -> OrderKey:
    field = key.field
    return OrderKey(Field(name, name, "", field.type, field.family), key.descending, key.nulls_first)


def _at(values: pa.Array, rows: npt.NDArray[np.int64]) -> pa.Array:
    """Return some values as a plain column."""
    if not values.null_count and pt.is_integer(values.type):
        return pa.array(np.asarray(values)[rows])
    taken = values.take(pa.array(rows))
    return taken.dictionary_decode() if pt.is_dictionary(taken.type) else taken


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

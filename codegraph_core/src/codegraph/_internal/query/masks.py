"""Predicates over record batches: one truth value a row, computed over codes and numbers in place.

A condition on a dictionary column is computed once over the dictionary and then compared by code: filtering a
million rows by kind compares twenty strings and a million small integers. Text goes through Arrow's kernels.
"""

from __future__ import annotations

import operator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from codegraph._internal.query.conditions import And, Condition, Not, Or, Predicate
from codegraph._internal.query.fields import INTEGER, NUMBER, TEXTS

Mask = npt.NDArray[np.bool_]
_FEW_CODES: Final = 4

_COMPARE = {
    "exact": pc.equal,
    "gt": pc.greater,
    "gte": pc.greater_equal,
    "lt": pc.less,
    "lte": pc.less_equal,
}
_NUMBERS = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_MATCH = {
    "contains": pc.match_substring,
    "startswith": pc.starts_with,
    "endswith": pc.ends_with,
    "regex": pc.match_substring_regex,
}


class Masks:
    """Computes masks; remembers those over dictionaries, which neighbouring batches often share.

    Use one per execution, from one thread at a time.
    """

    def __init__(self) -> None:
        self._remembered: dict[tuple[int, int], tuple[Condition, pa.Array, Mask]] = {}

    def mask(self, predicate: Predicate, batch: pa.RecordBatch) -> Mask | None:
        """Return which rows a predicate holds for; None is every row."""
        if isinstance(predicate, Condition):
            return self.condition(predicate, predicate.field.read(batch))
        if isinstance(predicate, Not):
            inner = self.mask(predicate.child, batch)
            return np.zeros(batch.num_rows, np.bool_) if inner is None else ~inner
        if isinstance(predicate, Or):
            found = np.zeros(batch.num_rows, np.bool_)
            for child in predicate.children:
                part = self.mask(child, batch)
                if part is None:
                    return None
                found |= part
            return found
        return self._all(predicate, batch)

    def filter(self, predicate: Predicate, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows that a predicate holds for, in order; the batch itself when all do."""
        mask = self.mask(predicate, batch)
        if mask is None:
            return batch
        kept = int(np.count_nonzero(mask))
        if kept == batch.num_rows:
            return batch
        return batch.filter(pa.array(mask)) if kept else batch.slice(0, 0)

    def condition(self, condition: Condition, values: pa.Array) -> Mask | None:
        """Return which values a condition holds for; None is every value."""
        if not pt.is_dictionary(values.type):
            return _leaf(condition, values)
        if values.dictionary.null_count or len(values.dictionary) > 4 * len(values) + 64:
            return _leaf(condition, values.dictionary_decode())
        missing = values.null_count
        if condition.operator == "isnull":
            return _bits(values.is_null()) if missing else np.zeros(len(values), np.bool_)
        hits = self._over_dictionary(condition, values.dictionary)
        found = _chosen(hits, np.asarray(values.indices.fill_null(0) if missing else values.indices))
        if not missing:
            return found
        valid = _bits(values.is_valid())
        return valid if found is None else found & valid

    def _all(self, predicate: And, batch: pa.RecordBatch) -> Mask | None:
        found: Mask | None = None
        for child in predicate.children:
            part = self.mask(child, batch)
            if part is not None:
                found = part if found is None else found & part
                if not found.any():
                    break
        return found

    def _over_dictionary(self, condition: Condition, dictionary: pa.Array) -> Mask:
        # The buffer's address names the dictionary; keeping it in the entry keeps the address taken.
        buffers = [buffer.address for buffer in dictionary.buffers() if buffer is not None]
        key = (id(condition), hash((len(dictionary), dictionary.offset, *buffers)))
        known = self._remembered.get(key)
        if known is None:
            if len(self._remembered) > 64:
                self._remembered.clear()
            known = (condition, dictionary, _leaf(condition, dictionary))
            self._remembered[key] = known
        return known[2]


def _chosen(hits: Mask, codes: npt.NDArray[Any]) -> Mask | None:
    """Return which rows have a code that is hit; comparing codes beats looking each up when few are hit or missed."""
    places = np.flatnonzero(hits)
    if len(places) == len(hits):
        return None
    if len(places) <= _FEW_CODES:
        found = np.zeros(len(codes), np.bool_) if not len(places) else codes == places[0]
        for code in places[1:]:
            found |= codes == code
        return found
    if len(hits) - len(places) == 1:
        missed: Mask = codes != int(np.flatnonzero(~hits)[0])
        return missed
    return hits.take(codes)


def _leaf(condition: Condition, values: pa.Array) -> Mask:
    if condition.operator == "isnull":
        return _bits(values.is_null())
    if condition.field.family == TEXTS:
        return _in_lists(condition, values)
    if condition.operator in _NUMBERS and _is_plain_number(values.type):
        return _compared(condition, values)
    if condition.operator in _MATCH:
        found = _MATCH[condition.operator](values, condition.value)
    elif condition.operator == "in":
        wide = values.cast(_wide(condition, values.type))
        found = pc.is_in(wide, value_set=pa.array(condition.value, wide.type))
    else:
        literal = pa.scalar(condition.value, _wide(condition, values.type))
        found = _COMPARE[condition.operator](values, literal)
    return _bits(pc.fill_null(found, False) if found.null_count else found)


def _is_plain_number(type_: pa.DataType) -> bool:
    return bool(pt.is_integer(type_) or pt.is_float32(type_) or pt.is_float64(type_))


def _compared(condition: Condition, values: pa.Array) -> Mask:
    """Compare numbers: exact for integers of any size, in the column's own precision for decimals."""
    missing = values.null_count
    numbers = np.asarray(values.fill_null(0) if missing else values)
    found: Mask = _NUMBERS[condition.operator](numbers, condition.value)
    return found & _bits(values.is_valid()) if missing else found


def _bits(values: pa.BooleanArray) -> Mask:
    bits: Mask = values.to_numpy(zero_copy_only=False)
    return bits


def _wide(condition: Condition, type_: pa.DataType) -> pa.DataType:
    """Return the type of literals: 64 bits for integers (a literal may not fit the column's own type)."""
    if condition.field.family == INTEGER and not pt.is_uint64(type_):
        return pa.int64()
    if condition.field.family == NUMBER and pt.is_float16(type_):
        return pa.float32()
    return type_


def _in_lists(condition: Condition, lists: pa.Array) -> Mask:
    wanted = condition.value
    if condition.operator == "equal_list":
        lengths = pc.fill_null(pc.list_value_length(lists), -1)
        rows = np.flatnonzero(np.asarray(pc.equal(lengths, len(wanted))))
        same = np.ones(len(rows), dtype=bool)
        candidates = lists.take(pa.array(rows))
        for position, item in enumerate(wanted):
            element = pc.list_element(candidates, position)
            same &= np.asarray(pc.fill_null(pc.equal(element, item), False))
        return _rows_mask(rows[same], len(lists))
    members = pc.list_flatten(lists)
    hits = pc.is_in(members, value_set=pa.array(wanted, members.type))
    parents = pc.list_parent_indices(lists).filter(hits)
    return _rows_mask(np.asarray(parents), len(lists))


def _rows_mask(rows: Any, length: int) -> Mask:
    mask = np.zeros(length, dtype=bool)
    mask[rows] = True
    return mask

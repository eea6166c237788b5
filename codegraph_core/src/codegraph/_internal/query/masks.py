"""Predicates over record batches: boolean masks without nulls, computed by Arrow kernels.

A condition on a dictionary column is computed once over the dictionary and looked up by code: filtering
a million rows by kind compares twenty strings.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from codegraph._internal.query.conditions import And, Condition, Not, Or, Predicate
from codegraph._internal.query.fields import INTEGER, NUMBER, TEXTS

_COMPARE = {
    "exact": pc.equal,
    "gt": pc.greater,
    "gte": pc.greater_equal,
    "lt": pc.less,
    "lte": pc.less_equal,
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
        self._remembered: dict[tuple[int, int], tuple[Condition, pa.Array, pa.Array]] = {}

    def mask(self, predicate: Predicate, batch: pa.RecordBatch) -> pa.BooleanArray | None:
        """Return which rows a predicate holds for; None is every row."""
        if isinstance(predicate, Condition):
            return self.condition(predicate, predicate.field.read(batch))
        if isinstance(predicate, Not):
            inner = self.mask(predicate.child, batch)
            return _constant(False, batch.num_rows) if inner is None else pc.invert(inner)
        if isinstance(predicate, Or):
            found = _constant(False, batch.num_rows)
            for child in predicate.children:
                part = self.mask(child, batch)
                if part is None:
                    return None
                found = pc.or_(found, part)
            return found
        return self._all(predicate, batch)

    def filter(self, predicate: Predicate, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows that a predicate holds for, in order; the batch itself when all do."""
        mask = self.mask(predicate, batch)
        if mask is None:
            return batch
        kept = mask.true_count
        if kept == batch.num_rows:
            return batch
        return batch.filter(mask) if kept else batch.slice(0, 0)

    def condition(self, condition: Condition, values: pa.Array) -> pa.BooleanArray:
        """Return which values a condition holds for."""
        if pt.is_dictionary(values.type):
            if values.dictionary.null_count or len(values.dictionary) > 4 * len(values) + 64:
                return _leaf(condition, values.dictionary_decode())
            if condition.operator == "isnull":
                return pc.is_null(values.indices)
            return pc.fill_null(pc.take(self._over_dictionary(condition, values.dictionary), values.indices), False)
        return _leaf(condition, values)

    def _all(self, predicate: And, batch: pa.RecordBatch) -> pa.BooleanArray | None:
        found: pa.BooleanArray | None = None
        for child in predicate.children:
            part = self.mask(child, batch)
            if part is not None:
                found = part if found is None else pc.and_(found, part)
                if not found.true_count:
                    break
        return found

    def _over_dictionary(self, condition: Condition, dictionary: pa.Array) -> pa.BooleanArray:
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


def _leaf(condition: Condition, values: pa.Array) -> pa.BooleanArray:
    if condition.operator == "isnull":
        return pc.is_null(values)
    if condition.field.family == TEXTS:
        return _in_lists(condition, values)
    if condition.operator in _MATCH:
        found = _MATCH[condition.operator](values, condition.value)
    elif condition.operator == "in":
        wide = values.cast(_wide(condition, values.type))
        found = pc.is_in(wide, value_set=pa.array(condition.value, wide.type))
    else:
        literal = pa.scalar(condition.value, _wide(condition, values.type))
        found = _COMPARE[condition.operator](values, literal)
    return pc.fill_null(found, False) if found.null_count else found


def _wide(condition: Condition, type_: pa.DataType) -> pa.DataType:
    """Return the type of literals: 64 bits for integers (a literal may not fit the column's own type).

    Floating literals are rounded to the column's precision, so that `confidence=0.9` finds 0.9.
    """
    if condition.field.family == INTEGER and not pt.is_uint64(type_):
        return pa.int64()
    if condition.field.family == NUMBER and pt.is_float16(type_):
        return pa.float32()
    return type_


def _in_lists(condition: Condition, lists: pa.Array) -> pa.BooleanArray:
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


def _rows_mask(rows: Any, length: int) -> pa.BooleanArray:
    mask = np.zeros(length, dtype=bool)
    mask[rows] = True
    return pa.array(mask)


def _constant(value: bool, length: int) -> pa.BooleanArray:
    return pa.array(np.full(length, value, dtype=bool))

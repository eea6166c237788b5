"""From record batches to Python objects: typed rows or dictionaries, column by column.

A row object is made without its `__init__`: the columns are checked already, and setting a thousand objects'
slots one column at a time costs a third of a thousand calls with 21 arguments.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise, repeat
from typing import Any, Final, cast

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from codegraph._internal.rows import Row, Span

SLICE_ROWS: Final = 1_000
"""Rows turned into objects at a time."""
_WORDS_KEPT: Final = 8
"""Dictionaries whose words are remembered, those used last; of wide tables one for each column that has one."""
_FEW: Final = 8
_AS_THEY_ARE: Final = frozenset(
    kind.id for kind in (pa.string(), pa.bool_(), pa.int32(), pa.int64(), pa.dictionary(pa.int32(), pa.string()))
)
"""Types of which a few values need no conversion; asking for each other type costs more than the values."""


class Objects:
    """Makes the rows of one execution; remembers the words of dictionaries, which neighbouring slices share.

    Args:
        row_class: An attrs class with slots whose fields are the columns, or None: rows are dictionaries.
    """

    def __init__(self, row_class: type[Row] | None) -> None:
        self._class = row_class
        self._words: dict[tuple[int, ...], tuple[pa.Array, list[Any]]] = {}
        self._kept = _WORDS_KEPT

    def stream(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Any]:
        """Stream the rows of some batches; holds the objects of one slice."""
        for batch in batches:
            if batch.num_rows <= SLICE_ROWS:
                yield from self.rows(batch)
                continue
            for start in range(0, batch.num_rows, SLICE_ROWS):
                yield from self.rows(batch.slice(start, SLICE_ROWS))

    def rows(self, batch: pa.RecordBatch) -> list[Any]:
        """Return a batch's rows.

        Floats of 32 bits become the shortest decimal that they stand for: 0.9, not 0.8999999761581421. Decimals
        without a fraction become integers.
        """
        names = batch.schema.names
        values_of = self._short
        if batch.num_rows > _FEW:
            values_of = self._values
            self._kept = max(_WORDS_KEPT, sum(map(pt.is_dictionary, batch.schema.types)))
        columns = [values_of(column) for column in batch.columns]
        if self._class is None:
            return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        return made(self._class, names, columns, batch.num_rows)

    def _values(self, column: pa.Array) -> list[Any]:
        type_ = column.type
        if len(column) <= _FEW:
            return self._short(column)
        if pt.is_dictionary(type_):
            if len(column.dictionary) > 2 * len(column) + 64:
                return self._values(column.dictionary_decode())
            words = self._of(column.dictionary)
            codes = column.indices.fill_null(len(words) - 1) if column.null_count else column.indices
            return list(map(words.__getitem__, codes.to_numpy(zero_copy_only=False).tolist()))
        if pt.is_float32(type_):
            return [None if value is None else _shortest(value) for value in column.to_pylist()]
        if pt.is_decimal(type_):
            return self._few(column.to_pylist(), type_)
        if pt.is_list(type_) and self._class is not None:
            return self._tuples(column)
        if pt.is_struct(type_) and self._class is not None:
            return _spans(column)
        values: list[Any] = column.to_pylist()
        return values

    def _short(self, column: pa.Array) -> list[Any]:
        few: list[Any] = column.to_pylist()
        type_ = column.type
        return few if type_.id in _AS_THEY_ARE else self._few(few, type_)

    def _few(self, values: list[Any], type_: pa.DataType) -> list[Any]:
        """Convert the values of a short column, for which Arrow's kernels would cost more than they save."""
        if pt.is_float32(type_):
            return [None if value is None else _shortest(value) for value in values]
        if pt.is_decimal(type_) and type_.scale == 0:  # what SQL's sum() of integers is
            return [None if value is None else int(value) for value in values]
        if self._class is not None and pt.is_list(type_):
            return [None if value is None else tuple(value) for value in values]
        if self._class is not None and pt.is_struct(type_):
            return [None if value is None else Span(**value) for value in values]
        return values

    def _of(self, dictionary: pa.Array) -> list[Any]:
        """Return a dictionary's values, and None at the end."""
        # The buffers' addresses name the dictionary; keeping it in the entry keeps the addresses taken.
        key = (len(dictionary), dictionary.offset, *(b.address for b in dictionary.buffers() if b is not None))
        known = self._words.pop(key, None)
        if known is None:
            if len(self._words) >= self._kept:
                del self._words[next(iter(self._words))]
            known = (dictionary, [*self._values(dictionary), None])
        self._words[key] = known
        return known[1]

    def _tuples(self, column: pa.Array) -> list[Any]:
        lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
        if not lengths.any():
            found: list[Any] = [()] * len(column)
        else:
            flat = self._values(column.flatten())
            ends = [0, *np.cumsum(lengths).tolist()]
            found = [tuple(flat[start:end]) for start, end in pairwise(ends)]
        return _with_nulls(found, column)


def _spans(column: pa.Array) -> list[Any]:
    names = [column.type.field(position).name for position in range(column.type.num_fields)]
    values = [child.to_pylist() for child in column.flatten()]
    return _with_nulls(made(Span, names, values, len(column)), column)


def _with_nulls(values: list[Any], column: pa.Array) -> list[Any]:
    if column.null_count:
        for row in np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False)).tolist():
            values[row] = None
    return values


def made(row_class: type[Row], names: Sequence[str], columns: Sequence[Sequence[Any]], count: int) -> list[Any]:
    """Return `count` objects of a class, with the given values in the slots of these names."""
    setters = _setters(cast("Any", row_class))
    if count == 1:
        one = object.__new__(row_class)
        for name, values in zip(names, columns, strict=True):
            setters[name](one, values[0])
        return [one]
    objects = list(map(object.__new__, repeat(row_class, count)))
    for name, values in zip(names, columns, strict=True):
        deque(map(setters[name], objects, values), maxlen=0)
    return objects


@cache
def _setters(row_class: Any) -> dict[str, Any]:
    return {field.name: getattr(row_class, field.name).__set__ for field in attrs.fields(row_class)}


@lru_cache(maxsize=4096)
def _shortest(value: float) -> float:
    return float(str(np.float32(value)))

"""Groups of words counted by their dictionary codes: no hash table, a few nanoseconds a row.

Where it applies (keys that are dictionaries or truth values, only `count` and `sum`), a batch of 32,768 rows
is reduced by two passes over small integers; anything else is left to Arrow's grouper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.types as pt

from codegraph._internal.query.fields import INTEGER, Field

FIRST: Final = " first"
"""Column with the position of a group's first row: Arrow's grouper promises no order."""

_GROUPS_MAX: Final = 65_536
_PREFIX_ROWS: Final = 512
_FEW_GROUPS: Final = 10
"""Up to so many codes, comparing all rows with each is quicker than one histogram."""
# From buffers: `pa.array` imports pandas where it is installed, which takes longer than all the rest of an import.
_TRUTH: Final = pa.Array.from_buffers(pa.bool_(), 2, [None, pa.py_buffer(b"\x02")])  # [False, True]
Codes = npt.NDArray[Any]


def coded_partial(
    batch: pa.RecordBatch,
    steps: Mapping[tuple[str, Field], str],
    groups: Sequence[Field],
    names: Sequence[str],
    start: int,
) -> pa.Table | None:
    """Reduce a batch to one row for each group.

    Args:
        batch: Rows.
        steps: (function, field) → name of the output column.
        groups: Keys.
        names: Names of the keys' output columns.
        start: Position of the batch's first row in the whole.

    Returns:
        Keys, aggregates, and the position of each group's first row; None where codes do not apply. A key may
        appear twice if its dictionary has a word twice.
    """
    if not groups or not batch.num_rows or any(not _summable(*step) for step in steps):
        return None
    coded = [_codes(group.read(batch)) for group in groups]
    if any(part is None for part in coded):
        return None
    keys = [part for part in coded if part is not None]
    total = 1
    for words, _ in keys:
        total *= len(words)
    if total > max(_PREFIX_ROWS, min(_GROUPS_MAX, 2 * batch.num_rows)):
        return None
    combined = keys[0][1]
    for words, codes in keys[1:]:
        combined = combined.astype(np.intp) * len(words) + codes
    counts, firsts = _histogram(combined, total)
    present = np.flatnonzero(counts)
    columns: dict[str, pa.Array] = {}
    left = present
    for name, (words, _) in zip(reversed(names), reversed(keys), strict=True):
        left, code = np.divmod(left, len(words))
        columns[name] = words if len(present) == len(words) == total else words.take(pa.array(code))
    columns = {name: columns[name] for name in names}
    for (function, field), name in steps.items():
        columns[name] = _reduced(function, field, field.read(batch), combined, counts, present)
    columns[FIRST] = pa.array(firsts[present] + start)
    return pa.Table.from_batches([pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))])


def _summable(function: str, field: Field) -> bool:
    """Say whether a function can be computed by counting; sums of 64-bit integers might not be exact."""
    if function == "count":
        return True
    type_ = field.type
    return function == "sum" and (pt.is_floating(type_) or (pt.is_integer(type_) and type_.bit_width <= 32))


def _codes(values: pa.Array) -> tuple[pa.Array, Codes] | None:
    """Return the words of a column, a missing one last where rows miss it, and each row's number among them."""
    if pt.is_boolean(values.type):
        words, codes = _TRUTH, values.cast(pa.int8())
    elif pt.is_dictionary(values.type) and len(values.dictionary) < _GROUPS_MAX:
        words, codes = values.dictionary, values.indices
    else:
        return None
    if codes.null_count:
        words = pa.concat_arrays([words, pa.nulls(1, words.type)])
        codes = codes.fill_null(len(words) - 1)
    return words, np.asarray(codes)


def _reduced(function: str, field: Field, values: pa.Array, combined: Codes, counts: Any, present: Any) -> pa.Array:
    if values.null_count:
        valid = values.is_valid().to_numpy(zero_copy_only=False)
        counted = np.bincount(combined[valid], minlength=len(counts))
    else:
        valid, counted = None, counts
    if function == "count":
        return pa.array(counted[present])
    numbers = (values.fill_null(0) if values.null_count else values).to_numpy(zero_copy_only=False)
    sums = np.bincount(combined, weights=numbers.astype(np.float64), minlength=len(counts))[present]
    exact = sums.astype(np.int64) if field.family == INTEGER else sums
    return pa.array(exact, mask=None if valid is None else counted[present] == 0)


def _histogram(combined: Codes, total: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """Return how many rows have each code, and the first row that has it (any number where none does)."""
    firsts = np.zeros(total, np.int64)
    if total <= _FEW_GROUPS:
        counts = np.zeros(total, np.intp)
        left = len(combined)
        for code in range(total):
            if left:
                same = combined == code
                counts[code] = np.count_nonzero(same)
                firsts[code] = same.argmax()
                left -= int(counts[code])
        return counts, firsts
    counts = np.bincount(combined, minlength=total)
    seen, places = np.unique(combined[:_PREFIX_ROWS], return_index=True)
    if len(seen) == np.count_nonzero(counts):
        firsts[seen] = places
    else:
        firsts[combined[::-1]] = np.arange(len(combined) - 1, -1, -1)  # the last assignment counts
    return counts, firsts

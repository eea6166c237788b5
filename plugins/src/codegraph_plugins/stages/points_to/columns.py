"""Columns of rows as numbers: names and keys of several columns become integers that can be compared in bulk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
"""int64[n]"""
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
"""bool[n]"""


def numbers(column: pa.Array, missing: int = -1) -> Numbers:
    """Return a column of integers; nulls become `missing`."""
    return np.asarray(pc.fill_null(column, missing)).astype(np.int64)


def plain(column: pa.Array) -> pa.Array:
    """Return a column of texts without its dictionary."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def vocabulary(*columns: pa.Array) -> pa.Array:
    """Return the texts of all columns, each once, sorted: a text's position is its rank."""
    values = [one.dictionary if pa.types.is_dictionary(one.type) else one for one in columns]
    texts = pc.drop_null(pc.unique(pa.concat_arrays([one.cast(pa.string()) for one in values])))
    return texts.take(pc.sort_indices(texts))


def codes(column: pa.Array, known: pa.Array) -> Numbers:
    """Return each text's position in `known`, -1 where it is null or not there."""
    if not pa.types.is_dictionary(column.type):
        return numbers(pc.index_in(column, known))
    at = numbers(column.indices)
    inner = np.append(numbers(pc.index_in(column.dictionary, known)), -1)
    return inner[at]


def symbols(values: Numbers, known: pa.Array) -> pa.DictionaryArray:
    """Return the texts at positions of `known` as a dictionary column; -1 is null."""
    used, indices = np.unique(values, return_inverse=True)
    if used.size and used[0] < 0:
        used, indices = used[1:], indices - 1
    indices = pa.array(indices.astype(np.int32), mask=indices < 0)
    return pa.DictionaryArray.from_arrays(indices, known.take(pa.array(used)))


def keys(*sides: Sequence[Numbers]) -> list[Numbers]:
    """Return a number for each row of each side, given by its columns; equal rows of all sides have equal numbers."""
    columns = [np.concatenate(parts) for parts in zip(*sides, strict=True)]
    found = columns[0]
    for column in columns[1:]:
        found = np.unique(found, return_inverse=True)[1].astype(np.int64) << 32 | (column & 0xFFFF_FFFF)
    return np.split(found, np.cumsum([len(side[0]) for side in sides])[:-1])


def last_of(wanted: Numbers, known: Numbers) -> Numbers:
    """Return where each key stands in `known`: its last place there, or -1."""
    if not known.size:
        return np.full(wanted.size, -1)
    order = np.argsort(known, kind="stable")
    at = np.searchsorted(known, wanted, side="right", sorter=order) - 1
    return np.where((at >= 0) & (known[order[at]] == wanted), order[at], -1)


def firsts(key: Numbers) -> Flags:
    """Say of each key whether it is the first of its equals."""
    found = np.zeros(key.size, bool)
    found[np.unique(key, return_index=True)[1]] = True
    return found


def occurrences(key: Numbers) -> Numbers:
    """Return how many equals each key has before it."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if key.size else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, key.size))
    found = np.empty(key.size, np.int64)
    found[order] = np.arange(key.size) - np.repeat(starts, lengths)
    return found


def runs(starts: Numbers, lengths: Numbers) -> Numbers:
    """Return `start, start + 1, …` of each run, one after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if ends.size else 0
    found: Numbers = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return found

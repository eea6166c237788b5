"""64-bit keys of strings: the sorted arrays in a segment hold keys, never text.

A key only finds candidates; whoever follows it compares the string itself.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

Keys = npt.NDArray[np.uint64]

_hash: Final = xxhash.xxh3_64_intdigest
_HASHED_AT_ONCE: Final = 10_000
_MIX: Final = tuple(
    np.uint64(factor) for factor in (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63)
)


def text_key(text: str) -> int:
    """Return the 64-bit key of one string (xxh3 of its UTF-8 bytes)."""
    return _hash(text.encode())


def text_keys(texts: list[str]) -> Keys:
    """Return the keys of some strings, in order."""
    return np.fromiter((_hash(text.encode()) for text in texts), np.uint64, len(texts))


def text_layout(column: pa.Array) -> tuple[npt.NDArray[np.int32], pa.Buffer | None]:
    """Return the offsets (one more than there are rows) and the bytes of a string column."""
    _, offsets, content = column.buffers()
    if offsets is None:
        return np.zeros(len(column) + 1, np.int32), content
    view = np.frombuffer(offsets, np.int32, len(column) + 1, column.offset * 4)
    return view, content


def column_keys(column: pa.Array) -> Keys:
    """Return the key of every row of a `string` column; a null has the key of the empty string.

    Arrow makes the bytes objects, and few of them live at a time: 0.1 µs a row for ids of 60 bytes.
    """
    if column.null_count:
        column = column.fill_null("")
    raw = column.cast(pa.binary())
    keys = np.empty(len(raw), np.uint64)
    for start in range(0, len(raw), _HASHED_AT_ONCE):
        part = raw.slice(start, _HASHED_AT_ONCE)
        keys[start : start + len(part)] = np.fromiter(map(_hash, part.to_pylist()), np.uint64, len(part))
    return keys


class DictionaryKeys:
    """Keys of dictionary columns: each distinct dictionary is hashed once.

    Producers often use one dictionary for many batches; the last few are remembered by address (and held, so that an
    address cannot be reused while it is remembered).
    """

    def __init__(self, capacity: int = 4) -> None:
        self._known: OrderedDict[tuple[int, ...], tuple[Any, Keys]] = OrderedDict()
        self._capacity = capacity

    def of(self, dictionary: pa.Array) -> Keys:
        """Return the keys of a dictionary's values."""
        address = dictionary_address(dictionary)
        found = self._known.get(address)
        if found is None:
            found = (dictionary, column_keys(dictionary))
            self._known[address] = found
            if len(self._known) > self._capacity:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(address)
        return found[1]

    def rows(self, column: pa.Array) -> Keys:
        """Return the key of every row of a string column, dictionary-encoded or not."""
        if not pa.types.is_dictionary(column.type):
            return column_keys(column)
        keys = self.of(column.dictionary)
        if len(keys) == 0:
            return np.full(len(column), text_key(""), np.uint64)
        picked: Keys = keys[dictionary_codes(column)]
        if column.indices.null_count:
            picked[np.asarray(column.indices.is_null())] = text_key("")
        return picked


def dictionary_address(dictionary: pa.Array) -> tuple[int, ...]:
    """Return what two dictionaries have in common only if they are one, as long as they live."""
    address = tuple(0 if buffer is None else buffer.address for buffer in dictionary.buffers()[1:])
    return (*address, len(dictionary), dictionary.offset)


def dictionary_codes(column: pa.DictionaryArray) -> npt.NDArray[Any]:
    """Return the indices of a dictionary column; a null row has index 0."""
    indices = column.indices
    if indices.null_count:
        indices = indices.fill_null(0)
    return np.asarray(indices)


def content_stamps(column: pa.Array) -> Keys:
    """Return a 64-bit stamp of every content hash; null is 0.

    Content hashes are 32 hex digits of a cryptographic hash: four words mixed by multiplication keep all of their
    entropy that 64 bits can hold, and are computed for a whole column at once. Other texts are hashed one by one.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    offsets, content = text_layout(column)
    stamps = np.zeros(len(column), np.uint64)
    if content is None or not len(column):
        return stamps
    present = np.asarray(column.is_valid())
    widths = np.diff(offsets)
    regular = present & (widths == 32)
    starts = offsets[:-1][regular].astype(np.int64)
    if len(starts):
        raw = np.frombuffer(content, np.uint8)
        words = np.ndarray((len(raw) - 7,), np.dtype(np.uint64), raw, 0, (1,))
        mixed = np.zeros(len(starts), np.uint64)
        for position, factor in enumerate(_MIX):
            mixed = (mixed ^ words[starts + 8 * position]) * factor
            mixed ^= mixed >> np.uint64(29)
        stamps[regular] = mixed
    odd = np.flatnonzero(present & ~regular)
    if len(odd):
        stamps[odd] = column_keys(column.take(pa.array(odd)))
    return stamps

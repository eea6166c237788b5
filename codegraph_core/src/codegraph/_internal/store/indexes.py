"""Sorted arrays: from a key to its rows, and from a node to its edges. Built once per segment, searched in place."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from codegraph._internal.store.hashing import Keys

Rows = npt.NDArray[np.uint32]
Positions = npt.NDArray[np.int64]

_FEW: Final = 512
"""Up to so many keys numpy's own stable sort is faster than the steps of the other one."""


def sort_rows(keys: Keys) -> tuple[Keys, Rows]:
    """Sort keys; equal keys keep row order.

    A stable sort of (key, row) pairs costs six times an unstable sort of integers, so the row number replaces the
    key's low bits; the few groups of different keys that share the remaining prefix are then put in order one by one.

    Returns:
        The sorted keys and the row of each.
    """
    count = len(keys)
    if count == 0:
        return keys.astype(np.uint64), np.zeros(0, np.uint32)
    if count <= _FEW:
        rows = keys.argsort(kind="stable").astype(np.uint32)
        return keys[rows], rows
    bits = np.uint64(max(1, (count - 1).bit_length()))
    low = (np.uint64(1) << bits) - np.uint64(1)
    packed = (keys & ~low) | np.arange(count, dtype=np.uint64)
    packed.sort()
    rows = (packed & low).astype(np.uint32)
    ordered = keys[rows]
    prefix = packed >> bits
    shared = (prefix[1:] == prefix[:-1]) & (ordered[1:] != ordered[:-1])
    if shared.any():
        done = 0
        for position in np.flatnonzero(shared).tolist():
            if position < done:
                continue
            start = int(np.searchsorted(prefix, prefix[position], "left"))
            done = int(np.searchsorted(prefix, prefix[position], "right"))
            order = np.argsort(ordered[start:done], kind="stable")
            ordered[start:done] = ordered[start:done][order]
            rows[start:done] = rows[start:done][order]
    return ordered, rows


def merge_rows(first: tuple[Keys, Rows], later: tuple[Keys, Rows]) -> tuple[Keys, Rows]:
    """Merge what `sort_rows` gave of two runs of rows; the later ones' rows are counted on from the first ones'."""
    (keys, rows), (later_keys, later_rows) = first, later
    if not len(later_keys):
        return first
    count = len(keys) + len(later_keys)
    places = keys.searchsorted(later_keys, side="right") + np.arange(len(later_keys))
    others = np.ones(count, np.bool_)
    others[places] = False
    merged_keys, merged_rows = np.empty(count, np.uint64), np.empty(count, np.uint32)
    merged_keys[places], merged_rows[places] = later_keys, later_rows + np.uint32(len(keys))
    merged_keys[others], merged_rows[others] = keys, rows
    return merged_keys, merged_rows


def group(ordered: Keys) -> tuple[Keys, Rows]:
    """Return the distinct keys of a sorted array and where each group starts (one entry more than there are keys)."""
    if len(ordered) == 0:
        return ordered, np.zeros(1, np.uint32)
    heads = np.flatnonzero(ordered[1:] != ordered[:-1])
    starts = np.empty(len(heads) + 2, np.uint32)
    starts[0], starts[-1] = 0, len(ordered)
    np.add(heads, 1, out=starts[1:-1], casting="unsafe")
    return ordered[starts[:-1]], starts


def expand(starts: npt.NDArray[Any], ends: npt.NDArray[Any]) -> tuple[Positions, Positions]:
    """Write ranges out.

    Returns:
        Every position inside the half-open ranges, in order, and the number of the range each comes from.
    """
    starts = starts.astype(np.int64)
    lengths = ends.astype(np.int64) - starts
    owners = np.repeat(np.arange(len(lengths)), lengths)
    shift = np.concatenate(([0], np.cumsum(lengths)[:-1])) if len(lengths) else np.zeros(0, np.int64)
    return np.arange(len(owners)) - shift[owners] + starts[owners], owners


def matches(sorted_keys: Keys, wanted: Keys) -> tuple[Positions, Positions]:
    """Return where a sorted array has some keys, and which key each of these entries has, in the order of the keys.

    Costs one search where no key is there twice, as in most segments; sorted keys are found faster.
    """
    starts = sorted_keys.searchsorted(wanted)
    hits = np.flatnonzero(sorted_keys.take(starts, mode="clip") == wanted) if len(sorted_keys) else starts[:0]
    starts, found = starts[hits], wanted[hits]
    after = sorted_keys.take(starts + 1, mode="clip") == found
    if len(after) and (after & (starts + 1 < len(sorted_keys))).any():
        starts, which = expand(starts, sorted_keys.searchsorted(found, "right"))
        hits = hits[which]
    return starts, hits


def contains(sorted_keys: Keys, wanted: Keys) -> npt.NDArray[np.bool_]:
    """Say for every wanted key whether the sorted array holds it."""
    if len(sorted_keys) == 0:
        return np.zeros(len(wanted), np.bool_)
    position = sorted_keys.searchsorted(wanted)
    found: npt.NDArray[np.bool_] = sorted_keys.take(position, mode="clip") == wanted  # beyond the last: not it
    return found

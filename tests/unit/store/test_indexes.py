"""Sorted arrays against numpy's own stable sort and plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from codegraph._internal.store import indexes


@pytest.mark.parametrize("count", [0, 1, 2, 3, 1000, 4097])
@pytest.mark.parametrize("distinct", [1, 3, 1 << 62])
def test_sort_rows_is_a_stable_sort(count: int, distinct: int) -> None:
    keys = np.random.default_rng(count).integers(0, distinct, count).astype(np.uint64)
    ordered, rows = indexes.sort_rows(keys)
    expected = np.argsort(keys, kind="stable")
    assert rows.tolist() == expected.tolist()
    assert ordered.tolist() == keys[expected].tolist()


def test_sort_rows_tells_keys_with_equal_high_bits_apart() -> None:
    rng = np.random.default_rng(7)
    keys = (rng.integers(0, 4, 5000).astype(np.uint64) << np.uint64(60)) | rng.integers(0, 3, 5000).astype(np.uint64)
    ordered, rows = indexes.sort_rows(keys)
    expected = np.argsort(keys, kind="stable")
    assert rows.tolist() == expected.tolist()
    assert ordered.tolist() == keys[expected].tolist()


def test_group_gives_each_distinct_key_and_its_range() -> None:
    keys, starts = indexes.group(np.array([2, 2, 5, 9, 9, 9], np.uint64))
    assert keys.tolist() == [2, 5, 9]
    assert starts.tolist() == [0, 2, 3, 6]
    keys, starts = indexes.group(np.array([], np.uint64))
    assert (keys.tolist(), starts.tolist()) == ([], [0])


def test_expand_writes_ranges_out_in_order() -> None:
    positions, owners = indexes.expand(np.array([4, 9, 0]), np.array([6, 9, 1]))
    assert positions.tolist() == [4, 5, 0]
    assert owners.tolist() == [0, 0, 2]
    positions, owners = indexes.expand(np.array([], np.int64), np.array([], np.int64))
    assert (positions.tolist(), owners.tolist()) == ([], [])


def test_contains_agrees_with_sets_and_matches_gives_every_entry() -> None:
    known = np.array([1, 3, 3, 7], np.uint64)
    wanted = np.array([0, 1, 3, 7, 9], np.uint64)
    assert indexes.contains(known, wanted).tolist() == [False, True, True, True, False]
    assert indexes.contains(known[:0], wanted).tolist() == [False] * 5
    places, which = indexes.matches(known, wanted)
    assert (places.tolist(), which.tolist()) == ([0, 1, 2, 3], [1, 2, 2, 3])
    places, which = indexes.matches(known, wanted[[3, 1, 4]])  # in the order of the keys; none is there twice
    assert (places.tolist(), which.tolist()) == ([3, 0], [0, 1])
    for nothing in (indexes.matches(known[:0], wanted), indexes.matches(known, wanted[:0])):
        assert [each.tolist() for each in nothing] == [[], []]

"""Which rows of a segment a snapshot has: looked up by row, by range and as a whole, with one answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegraph._internal.store import Store
from codegraph._internal.store.live import LiveSegment
from tests.unit.store.graphs import commit, module

FILES = 40


@pytest.fixture
def live(tmp_path: Path) -> LiveSegment:
    with Store.open(tmp_path) as store:
        commit(store, *(module(f"m{number}.py", "fgh") for number in range(FILES)))
        commit(store, module("m0.py", "x"), replaces=["m0.py", "m7.py", "m8.py", f"m{FILES - 1}.py"])
        with store.snapshot() as snapshot:
            return max(snapshot.live_segments(), key=lambda part: part.segment.rows("nodes"))


def test_by_row_by_range_and_as_a_whole_the_answer_is_the_same(live: LiveSegment) -> None:
    rows = live.segment.rows("nodes")
    one_by_one = [bool(live.live("nodes", np.array([row], np.uint8))[0]) for row in range(rows)]
    ranges = [(first, count) for first in range(rows) for count in range(1, rows - first + 1, 7)]
    by_range = {place: live.between("nodes", *place) for place in ranges}
    assert not live._masks  # few rows and ranges need no mask of the table
    mask = live.mask("nodes")
    assert mask is not None
    assert mask.tolist() == one_by_one
    assert live.count("nodes") == sum(one_by_one) < rows
    assert live.live("nodes", np.arange(rows)).tolist() == one_by_one
    for (first, count), found in by_range.items():
        expected = one_by_one[first : first + count]
        assert (found is None) == all(expected)
        assert found is None or found.tolist() == expected


def test_a_segment_without_dead_rows_needs_no_mask(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        commit(store, module("a.py", "fgh"))
        with store.snapshot() as snapshot:
            (live,) = snapshot.live_segments()
            assert live.whole("nodes")
            assert live.mask("nodes") is live.between("nodes", 0, 2) is None
            assert live.count("nodes") == live.segment.rows("nodes")

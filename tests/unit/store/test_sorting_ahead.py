"""Columns that are sorted before their last row is known come out as those that are sorted at the end."""

from __future__ import annotations

from concurrent.futures import wait

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegraph._internal.store import graph_indexes, indexes
from codegraph._internal.store.graph_indexes import GraphIndexes
from codegraph._internal.store.hashing import Keys

KEYS = st.lists(st.integers(0, 40), max_size=60).map(lambda values: np.array(values, np.uint64) * np.uint64(1 << 58))
STEPS = st.lists(st.one_of(KEYS, st.sampled_from(["ahead", "order", "aside"])), max_size=12)


def add(graph: GraphIndexes, keys: Keys) -> None:
    graph.add_edges({"source_id": keys, "target_id": keys[::-1]}, np.zeros(len(keys), np.uint16))


@given(KEYS, KEYS)
def test_merging_two_runs_sorts_both(first: Keys, later: Keys) -> None:
    merged = indexes.merge_rows(indexes.sort_rows(first), indexes.sort_rows(later))
    whole = indexes.sort_rows(np.concatenate((first, later)))
    assert (merged[0].tolist(), merged[1].tolist()) == (whole[0].tolist(), whole[1].tolist())


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_it_does_not_matter_when_columns_are_sorted(steps: list[Keys | str]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(graph_indexes, "_SORTED_AHEAD", 4)
        graph, parts = GraphIndexes(), [np.zeros(0, np.uint64)]
        for step in steps:
            if not isinstance(step, str):
                add(graph, step)
                parts.append(step)
            elif step == "ahead":
                graph.sort_ahead()
            elif step == "aside":
                graph.sort_aside()
            else:
                graph.order("edges", "source_id")
        for column, flip in (("source_id", 1), ("target_id", -1)):
            keys, rows = graph.order("edges", column)
            wanted = indexes.sort_rows(np.concatenate([part[::flip] for part in parts]))
            assert (keys.tolist(), rows.tolist()) == (wanted[0].tolist(), wanted[1].tolist())


def test_what_is_taken_back_is_not_sorted() -> None:
    graph = GraphIndexes()
    add(graph, np.arange(30_000, dtype=np.uint64))
    mark = graph.mark()
    add(graph, np.arange(30_000, dtype=np.uint64))
    graph.sort_ahead()
    running = list(graph._coming.values())
    graph.undo(mark)
    add(graph, np.array([7], np.uint64))
    keys, rows = graph.order("edges", "source_id")
    assert (len(keys), rows[keys == 7].tolist()) == (30_001, [7, 30_000])
    wait(running)  # the next test counts what is sorted


def test_a_column_is_sorted_again_only_when_that_doubles_what_is_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    sorted_rows: list[int] = []
    sort = indexes.sort_rows

    def noted(keys: Keys) -> tuple[Keys, indexes.Rows]:
        sorted_rows.append(len(keys))
        return sort(keys)

    monkeypatch.setattr(indexes, "sort_rows", noted)
    graph = GraphIndexes()
    for count in (30_000, 20_000, 20_000):
        add(graph, np.arange(count, dtype=np.uint64))
        graph.sort_ahead()
    graph.order("edges", "source_id")
    graph.order("edges", "target_id")
    assert sorted(sorted_rows) == [30_000, 30_000, 40_000, 40_000]


@pytest.mark.parametrize("error", [MemoryError, RuntimeError])
def test_where_there_can_be_no_thread_columns_are_sorted_when_they_are_needed(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refused(target: object) -> None:
        raise error("can't start new thread")

    monkeypatch.setattr(graph_indexes, "start_thread", refused)
    graph = GraphIndexes()
    add(graph, np.arange(30_000, dtype=np.uint64))
    graph.sort_ahead()
    graph.sort_aside()
    for column in ("source_id", "target_id"):
        assert graph.order("edges", column)[0].tolist() == list(range(30_000))

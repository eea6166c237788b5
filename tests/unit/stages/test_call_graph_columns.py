"""Columns as numbers: vocabularies, keys of several columns, runs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from codegraph_plugins.stages.points_to.columns import (
    codes,
    firsts,
    keys,
    last_of,
    occurrences,
    runs,
    symbols,
    vocabulary,
)


def test_codes_are_ranks_whether_a_column_has_a_dictionary_or_not() -> None:
    texts = pa.array(["b", None, "a", "b"])
    known = vocabulary(texts, pa.array(["c"]).dictionary_encode())
    assert known.to_pylist() == ["a", "b", "c"]
    assert codes(texts, known).tolist() == [1, -1, 0, 1]
    assert codes(texts.dictionary_encode(), known).tolist() == [1, -1, 0, 1]
    assert codes(pa.array(["x"]), known).tolist() == [-1]


def test_symbols_are_the_texts_again() -> None:
    known = pa.array(["a", "b", "c"])
    column = symbols(np.array([2, -1, 0, 2]), known)
    assert column.to_pylist() == ["c", None, "a", "c"]
    assert column.dictionary.to_pylist() == ["a", "c"]
    assert symbols(np.array([1]), known).to_pylist() == ["b"]


def test_equal_rows_have_equal_keys_on_all_sides() -> None:
    left, right = keys(
        (np.array([1, 1, 2]), np.array([5, -1, 5])),
        (np.array([2, 1]), np.array([5, -1])),
    )
    assert [int(key) for key in left][1:] == [int(right[1]), int(right[0])]
    assert int(left[0]) not in right.tolist()


def test_the_last_place_of_a_key_counts() -> None:
    assert last_of(np.array([7, 8, 9]), np.array([9, 7, 7])).tolist() == [2, -1, 0]
    assert last_of(np.array([7]), np.array([], np.int64)).tolist() == [-1]


def test_equals_are_counted_in_order() -> None:
    key = np.array([3, 1, 3, 3, 1])
    assert occurrences(key).tolist() == [0, 0, 1, 2, 1]
    assert firsts(key).tolist() == [True, True, False, False, False]
    assert occurrences(key[:0]).tolist() == []


def test_runs_follow_one_another() -> None:
    assert runs(np.array([10, 0, 5]), np.array([2, 0, 3])).tolist() == [10, 11, 5, 6, 7]
    assert runs(np.array([], np.int64), np.array([], np.int64)).tolist() == []

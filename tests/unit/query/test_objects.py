"""Rows as objects: what is remembered between slices stays small, however many dictionaries a stream has."""

from __future__ import annotations

import pyarrow as pa
import pytest

from codegraph._internal.query.objects import Objects


def _batch(number: int, columns: int) -> pa.RecordBatch:
    words = pa.array([f"{number}.{word}" for word in range(20)])
    codes = pa.array([row % 20 for row in range(40)], pa.int32())
    column = pa.DictionaryArray.from_arrays(codes, words)
    others = [
        pa.DictionaryArray.from_arrays(codes, pa.array([f"{number}.{place}.{word}" for word in range(20)]))
        for place in range(columns - 1)
    ]
    return pa.record_batch([column, *others], names=[f"c{place}" for place in range(columns)])


@pytest.mark.parametrize(("columns", "most"), [(1, 8), (3, 8), (12, 12)])
def test_words_of_the_dictionaries_used_last_are_kept(columns: int, most: int) -> None:
    objects = Objects(None)
    for number in range(50):
        batch = _batch(number, columns)
        rows = objects.rows(batch)
        assert rows == batch.to_pylist()
        assert len(objects._words) <= most
    assert len(objects._words) == most


def test_words_are_made_once_for_neighbouring_slices() -> None:
    objects = Objects(None)
    batch = _batch(0, 12)
    first, second = objects.rows(batch.slice(0, 20)), objects.rows(batch.slice(20, 20))
    assert all(a[name] is b[name] for a, b in zip(first, second, strict=True) for name in a)

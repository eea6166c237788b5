"""The arrays that the reference linker makes edges of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import xxhash

from codegraph_plugins.stages.cross_file import codes, rows
from codegraph_plugins.stages.cross_file.rows import EdgeArrays, distinct_of, edge_digests


def edges(source: np.ndarray, target: np.ndarray) -> EdgeArrays:
    count = len(source)
    zeros = np.zeros(count, np.int64)
    kind = np.arange(count) % len(codes.EDGES)
    return EdgeArrays(zeros, zeros, kind, source, target, zeros, np.zeros(count, bool), zeros, zeros)


@pytest.mark.parametrize("count", [0, 1, 6, 7, 8, 20])
def test_edges_are_hashed_alike_wherever_they_are_cut(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_HASHED_AT_ONCE", 7)
    ids = ["a@1", "ä.b@1", "c" * 300]
    source, target, numbers = np.arange(count) % 3, np.arange(count) // 3 % 3, np.arange(count) % 4
    wanted = [
        xxhash.xxh3_64_intdigest("\0".join((codes.EDGES[row % len(codes.EDGES)], ids[s], ids[t], str(n))).encode())
        for row, (s, t, n) in enumerate(zip(source.tolist(), target.tolist(), numbers.tolist(), strict=True))
    ]
    assert edge_digests(edges(source, target), pa.array(ids), numbers).tolist() == wanted


@pytest.mark.parametrize("size", [10, 100_000], ids=["marked", "sorted"])
def test_distinct_values_are_those_of_numpy(size: int) -> None:
    values = np.array([7, 3, 7, 0, 9, 3], np.int64)
    distinct, position = distinct_of(values, size)
    assert distinct.tolist() == [0, 3, 7, 9]
    assert distinct[position].tolist() == values.tolist()
    nothing, nowhere = distinct_of(values[:0], size)
    assert (len(nothing), len(nowhere)) == (0, 0)


def test_kind_tables_say_what_the_sets_do_and_no_to_no_kind() -> None:
    for table, kinds in (
        (codes.IS_INSTANTIABLE, codes.INSTANTIABLE),
        (codes.IS_CALLED, codes.CALLABLE | {codes.EXTERNAL}),
        (codes.IS_UNCALLABLE, codes.UNCALLABLE),
        (codes.IS_HERITABLE, codes.HERITABLE),
    ):
        assert set(np.flatnonzero(table).tolist()) == set(kinds)
        assert not table[-1]
        assert not table[codes.OTHER]

"""Batches are cut so that no file is spread over two, and each row comes once."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest

from codegraph_plugins.stages.cross_file.groups import beginnings, whole_files


def rows(paths: str, *, dictionary: bool) -> pa.RecordBatch:
    owner = pa.array(list(paths), pa.string())
    lists = pa.array([[path] * at for at, path in enumerate(paths)], pa.list_(pa.string()))
    columns = [owner.dictionary_encode() if dictionary else owner, pa.array(range(len(paths))), lists]
    return pa.RecordBatch.from_arrays(columns, names=["file_path", "number", "texts"])


@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize(
    "cuts",
    [(0, 10), (0, 3, 10), (0, 2, 4, 6, 8, 10), (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), (0, 5, 5, 10), (0, 4, 9, 10)],
)
def test_no_file_is_in_two_batches(cuts: tuple[int, ...], dictionary: bool) -> None:
    whole = rows("aabbbbccdd", dictionary=dictionary)
    # Every batch has a dictionary of its own.
    given = [
        whole.slice(start, end - start).take(pa.array(range(end - start), pa.int64())) for start, end in pairwise(cuts)
    ]
    found = list(whole_files(given, "file_path"))
    assert [row for batch in found for row in batch.to_pylist()] == whole.to_pylist()
    owners = [{*batch.column("file_path").to_pylist()} for batch in found]
    assert sum(map(len, owners)) == len(set().union(*owners))
    assert all(batch.schema == whole.schema for batch in found)


@pytest.mark.parametrize("dictionary", [True, False])
def test_beginnings_are_told_with_their_texts(dictionary: bool) -> None:
    column = rows("aabbbaxx", dictionary=dictionary).column(0).slice(1)
    starts, texts = beginnings(column)
    assert (starts.tolist(), texts) == ([0, 1, 4, 5], ["a", "b", "a", "x"])
    missing = pa.array(["a", None, None, "b"])
    assert beginnings(missing.dictionary_encode() if dictionary else missing)[1] == ["a", None, "b"]

"""Rows in path order, however the store has them: cut where they lie together, joined where they do not."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest

from codegraph._internal.indexing.incremental import base

SYMBOL = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema([("file_path", SYMBOL), ("name", SYMBOL), ("row", pa.int64())])


def batch(paths: list[str | None], rows: int, first: int = 0) -> pa.RecordBatch:
    """Return so many rows of each file."""
    owners = [path for path in paths for _ in range(rows)]
    names = [None if at % 3 == 0 else f"n{at % 5}-{first}" for at in range(len(owners))]
    columns = [pa.array(owners, SYMBOL), pa.array(names, SYMBOL), pa.array(range(first, first + len(owners)))]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def expected(batches: list[pa.RecordBatch]) -> list[dict[str, object]]:
    rows = [row for each in batches for row in each.to_pylist() if row["file_path"] is not None]
    return sorted(rows, key=lambda row: str(row["file_path"]).encode())


@pytest.mark.parametrize(("at_once", "number"), [(1, 100), (7, 34), (base._JOINED_ROWS, 1)])
def test_rows_of_two_halves_of_a_repository_come_in_few_batches(
    at_once: int, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "_JOINED_ROWS", at_once)
    paths = [f"p{at:03}.py" for at in range(100)]
    given = [batch([*paths[::2], None], 3), batch([*paths[1::2]], 2, first=1000)]
    found = list(base.in_path_order(given, "file_path"))
    assert [row for each in found for row in each.to_pylist()] == expected(given)
    ends = [(one.column(0)[-1].as_py(), other.column(0)[0].as_py()) for one, other in pairwise(found)]
    assert all(before != after for before, after in ends)  # files stay whole
    assert len(found) == number


def test_one_batch_in_another_order_is_put_in_order() -> None:
    given = [batch([f"p{at:02}.py" for at in range(40, 0, -1)], 2)]
    found = list(base.in_path_order(given, "file_path"))
    assert len(found) == 1
    assert found[0].to_pylist() == expected(given)


def test_few_pieces_are_not_copied() -> None:
    given = [batch(["a.py", "c.py"], 2), batch(["b.py"], 2, first=10)]
    found = list(base.in_path_order(given, "file_path"))
    assert [each.num_rows for each in found] == [2, 2, 2]
    assert found[0].column("row").buffers()[1].address == given[0].column("row").buffers()[1].address


def test_batches_that_are_not_alike_stay_pieces() -> None:
    plain = pa.schema([("file_path", pa.string()), ("name", pa.string()), ("row", pa.int64())])
    paths = [f"p{at:03}.py" for at in range(100)]
    given = [batch(paths[::2], 2), batch(paths[1::2], 2, first=500).cast(plain)]
    found = list(base.in_path_order(given, "file_path"))
    assert len(found) == 100
    assert [row for each in found for row in each.to_pylist()] == expected(given)

"""Digests by file say whether rows are the same, whatever their encoding."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from codegraph_parser_rust._native import Linker

COLUMNS = ("name", "node", "marks", "flag")


def batch(rows: list[dict[str, Any]], *, dictionary: bool = False) -> pa.RecordBatch:
    schema = pa.schema(
        [
            ("file_path", pa.dictionary(pa.int32(), pa.string())),
            ("name", pa.dictionary(pa.int32(), pa.string()) if dictionary else pa.string()),
            ("node", pa.int32()),
            ("marks", pa.list_(pa.field("item", pa.string(), nullable=False))),
            ("flag", pa.bool_()),
        ]
    )
    return pa.RecordBatch.from_pylist(rows, schema=schema)


def row(path: str, **values: Any) -> dict[str, Any]:
    return {"file_path": path, "name": "f", "node": 1, "marks": ["x"], "flag": True} | values


def digests(*batches: pa.RecordBatch) -> dict[str, int]:
    return Linker.file_digests(list(batches), COLUMNS)


ROWS = [row("a.py"), row("a.py", name=None, node=None, marks=[], flag=None), row("b.py", name="g")]


def test_encodings_slices_and_batches_make_no_difference() -> None:
    expected = digests(batch(ROWS))
    assert expected.keys() == {"a.py", "b.py"}
    assert digests(batch(ROWS, dictionary=True)) == expected
    assert digests(batch([row("z.py", name="other"), *ROWS], dictionary=True).slice(1)) == expected
    assert digests(batch(ROWS[:1]), batch(ROWS[1:], dictionary=True)) == expected


@pytest.mark.parametrize(
    "values",
    [{"name": "h"}, {"name": None}, {"node": 2}, {"node": None}, {"marks": ["x", "x"]}, {"marks": []}, {"flag": False}],
    ids=repr,
)
def test_every_column_counts(values: dict[str, Any]) -> None:
    before, after = digests(batch(ROWS)), digests(batch([row("a.py", **values), *ROWS[1:]]))
    assert before["a.py"] != after["a.py"]
    assert before["b.py"] == after["b.py"]


def test_order_counts_within_a_file() -> None:
    assert digests(batch([ROWS[1], ROWS[0]]))["a.py"] != digests(batch(ROWS))["a.py"]


def test_a_column_of_another_type_is_refused() -> None:
    rows = pa.RecordBatch.from_pydict({"file_path": ["a.py"], "name": [1.5]})
    with pytest.raises(ValueError, match="no digest"):
        Linker.file_digests([rows], ["name"])

"""Rows come out complete in every format."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codegraph.cli.failures import UsageError
from codegraph.cli.formats import write_rows

SCHEMA = pa.schema(
    [
        pa.field("name", pa.string()),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("span", pa.struct([pa.field("start_line", pa.int32()), pa.field("start_byte", pa.int32())])),
        pa.field("n", pa.int64()),
    ]
)
ROWS = [
    {"name": 'a,"b"\nc', "tags": ["x", "y"], "span": {"start_line": 1, "start_byte": 0}, "n": 1},
    {"name": "名\x1b", "tags": [], "span": None, "n": None},
    {"name": None, "tags": None, "span": {"start_line": 3, "start_byte": 9}, "n": -3},
]


def batches():
    yield pa.RecordBatch.from_pylist(ROWS[:2], schema=SCHEMA)
    yield pa.RecordBatch.from_pylist(ROWS[2:], schema=SCHEMA)


def write(form, path, rows=batches):
    return write_rows(rows(), SCHEMA, form, path, head={"snapshot_id": "s"})


def test_json_is_one_object_with_the_rows_and_their_count(tmp_path):
    assert write("json", tmp_path / "rows.json") == 3
    value = json.loads((tmp_path / "rows.json").read_text())
    assert value == {"snapshot_id": "s", "columns": SCHEMA.names, "rows": ROWS, "count": 3}


def test_json_without_rows_is_still_an_object(tmp_path):
    assert write("json", tmp_path / "rows.json", rows=lambda: iter(())) == 0
    assert json.loads((tmp_path / "rows.json").read_text())["rows"] == []


def test_jsonl_is_one_object_a_line(tmp_path):
    write("jsonl", tmp_path / "rows.jsonl")
    assert [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()] == ROWS


def test_csv_quotes_text_and_writes_nested_values_as_json(tmp_path):
    write("csv", tmp_path / "rows.csv")
    text = (tmp_path / "rows.csv").read_text()
    read = list(csv.reader(io.StringIO(text)))
    assert read[0] == SCHEMA.names
    assert read[1] == ['a,"b"\nc', '["x", "y"]', '{"start_line": 1, "start_byte": 0}', "1"]
    assert read[3] == ["", "", '{"start_line": 3, "start_byte": 9}', "-3"]


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_binary_formats_keep_schema_and_rows(tmp_path, form):
    write(form, tmp_path / "rows.bin")
    path = tmp_path / "rows.bin"
    table = pq.read_table(path) if form == "parquet" else pa.ipc.open_stream(path.read_bytes()).read_all()
    assert table.to_pylist() == ROWS


def test_a_failure_half_way_leaves_the_old_file_and_no_partial_one(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("old")

    def failing():
        yield from batches()
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write("csv", path, rows=failing)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_table_does_not_go_to_a_file(tmp_path):
    with pytest.raises(UsageError, match="jsonl"):
        write("table", tmp_path / "rows.txt")


def test_binary_rows_do_not_go_to_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with pytest.raises(UsageError, match="--output"):
        write("parquet", None)

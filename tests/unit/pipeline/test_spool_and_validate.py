"""Tables wait in memory or on disk with the same content; what breaks the contract does not get in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import xxhash

from codegraph._internal.pipeline import BatchProblem, Spool, SpoolDirectory, checked_batch
from codegraph._internal.pipeline.validate import without_keys
from codegraph_hookspecs import KEY_COLUMNS, TABLES
from tests.unit.indexing.fakes import batch, edge, node


def nodes(count: int, start: int = 0) -> pa.RecordBatch:
    return batch("nodes", [node(f"n{start + i}@x", file_path=f"f{i}.toy") for i in range(count)])


def with_keys(rows: pa.RecordBatch) -> pa.RecordBatch:
    for key, column in KEY_COLUMNS["nodes"].items():
        hashes = [xxhash.xxh3_64_intdigest(text.encode()) for text in rows.column(column).to_pylist()]
        rows = rows.append_column(pa.field(key, pa.uint64(), nullable=False), pa.array(hashes, pa.uint64()))
    return rows


class TestSpool:
    @pytest.mark.parametrize("budget", [0, 3_000, 10**9])
    def test_what_was_appended_is_read_in_order_from_wherever_it_is(self, tmp_path: Path, budget: int) -> None:
        directory = SpoolDirectory(tmp_path, budget)
        spool = Spool(directory)
        for start in range(0, 50, 10):
            spool.append("nodes", nodes(10, start))
        spool.append("edges", batch("edges", [edge("e", "a", "b")]))
        spool.seal()
        for _ in range(2):
            ids = [value for part in spool.read("nodes") for value in part.column("id").to_pylist()]
            assert ids == [f"n{i}@x" for i in range(50)]
        assert spool.rows == {"nodes": 50, "edges": 1}
        assert list(spool.read("imports")) == []
        assert (directory.spilled_bytes > 0) is (budget < 10**9)
        directory.close()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("budget", [0, 3_000, 10**9])
    @pytest.mark.parametrize("columns", [{"id"}, {"id", "no such column"}, set(nodes(1).schema.names) - {"kind"}])
    def test_only_the_columns_asked_for_are_read(self, tmp_path: Path, budget: int, columns: set[str]) -> None:
        spool = Spool(SpoolDirectory(tmp_path, budget))
        for start in range(0, 50, 10):
            spool.append("nodes", nodes(10, start))
        spool.seal()
        read = list(spool.read("nodes", frozenset(columns)))
        assert [value for part in read for value in part.column("id").to_pylist()] == [f"n{i}@x" for i in range(50)]
        assert {name for part in read for name in part.schema.names} == columns & set(nodes(1).schema.names)
        assert [part.num_columns for part in spool.read("nodes", frozenset())] == [0] * 5

    def test_tables_that_more_read_take_the_memory_of_others_whose_rows_stay_in_order(self, tmp_path: Path) -> None:
        size = nodes(10).get_total_buffer_size()
        directory = SpoolDirectory(tmp_path, 2 * size + size // 2)
        spool = Spool(directory, {"nodes": 2, "edges": 1, "calls": 1}.__getitem__)
        for start in (0, 10, 20):  # the last of them is on disk before the first are
            spool.append("edges", nodes(10, start))
        assert directory.spilled_bytes > 0
        for start in (0, 10):
            spool.append("nodes", nodes(10, start))
        spool.append("edges", nodes(10, 30))
        before = directory.spilled_bytes
        spool.append("calls", nodes(10))
        assert directory.spilled_bytes > before  # fewer read it than what is in memory
        spool.append("nodes", nodes(10, 20))
        spool.seal()
        for table, count in (("nodes", 30), ("edges", 40), ("calls", 10)):
            ids = [value for part in spool.read(table) for value in part.column("id").to_pylist()]
            assert ids == [f"n{i}@x" for i in range(count)], table
        assert spool.rows == {"nodes": 30, "edges": 40, "calls": 10}
        directory.spilled_bytes = 0
        spool.clear()
        spool.append("edges", nodes(10))
        spool.append("edges", nodes(10, 10))
        assert directory.spilled_bytes == 0  # nothing is counted that is not held

    def test_a_table_moves_to_disk_though_its_schema_changed(self, tmp_path: Path) -> None:
        size = nodes(10).get_total_buffer_size()
        spool = Spool(SpoolDirectory(tmp_path, size), {"nodes": 2, "edges": 1}.__getitem__)
        spool.append("edges", nodes(3).select(["id"]))
        spool.append("edges", nodes(3, 3).select(["id", "name"]))
        spool.append("nodes", nodes(10))
        spool.append("edges", nodes(3, 6).select(["id"]))
        spool.seal()
        read = list(spool.read("edges"))
        assert [value for part in read for value in part.column("id").to_pylist()] == [f"n{i}@x" for i in range(9)]
        assert [part.num_columns for part in read] == [1, 2, 1]

    def test_clearing_gives_the_budget_back(self, tmp_path: Path) -> None:
        size = nodes(10).get_total_buffer_size()
        directory = SpoolDirectory(tmp_path, size)
        for _ in range(3):
            spool = Spool(directory)
            spool.append("nodes", nodes(10))
            spool.clear()
        assert directory.spilled_bytes == 0

    def test_what_two_batches_share_counts_once(self, tmp_path: Path) -> None:
        rows = nodes(10)
        directory = SpoolDirectory(tmp_path, rows.get_total_buffer_size())
        one, other = Spool(directory), Spool(directory)
        one.append("nodes", rows)
        other.append("nodes", rows.select(rows.schema.names))
        assert directory.spilled_bytes == 0
        one.clear()
        one.append("nodes", nodes(10))  # the first rows are still held
        assert directory.spilled_bytes > 0
        other.keep(lambda _table: frozenset())
        again = Spool(directory)
        again.append("nodes", nodes(10))
        assert next(iter(again.read("nodes"))).num_rows == 10
        directory.close()

    def test_more_may_be_appended_after_reading(self, tmp_path: Path) -> None:
        spool = Spool(SpoolDirectory(tmp_path, 0))
        for start in (0, 10):
            spool.append("nodes", nodes(10, start))
            spool.seal()
        assert sum(part.num_rows for part in spool.read("nodes")) == 20


def changed(name: str, values: pa.Array) -> pa.RecordBatch:
    good = nodes(len(values))
    return good.set_column(good.schema.get_field_index(name), name, values)


class TestCheckedBatch:
    def test_a_good_batch_is_passed_on_as_it_is(self) -> None:
        good = nodes(3)
        assert checked_batch("nodes", good) is good

    def test_plain_and_large_strings_are_brought_into_the_physical_schema(self) -> None:
        plain = pa.RecordBatch.from_pylist(nodes(3).to_pylist(), schema=TABLES["nodes"].schema)
        large = plain.set_column(0, "id", plain.column("id").cast(pa.large_string()))
        for given in (plain, large, plain.select(list(reversed(plain.schema.names)))):
            checked = checked_batch("nodes", given)
            assert checked.schema.equals(TABLES["nodes"].physical_schema)
            assert checked.to_pylist() == plain.to_pylist()

    @pytest.mark.parametrize(
        ("name", "values", "code"),
        [
            ("id", pa.array(["a", None]), "batch-null"),
            ("kind", pa.array([None, "class"]), "batch-null"),
            ("start_line", pa.array([0, 1], pa.int32()), "batch-span"),
            ("end_line", pa.array([0, 1], pa.int32()), "batch-span"),
            ("start_byte", pa.array([-1, 0], pa.int32()), "batch-span"),
            ("end_byte", pa.array([1, -5], pa.int32()), "batch-span"),
            ("id", pa.array([1, 2]), "batch-schema"),
            ("start_line", pa.array(["one", "two"]), "batch-schema"),
            ("start_line", pa.array([2**40, 1]), "batch-schema"),
        ],
    )
    def test_a_broken_column_is_named_by_its_code(self, name: str, values: pa.Array, code: str) -> None:
        with pytest.raises(BatchProblem) as caught:
            checked_batch("nodes", changed(name, values))
        assert caught.value.code == code

    def test_missing_and_unknown_columns_are_listed(self) -> None:
        good = nodes(1)
        with pytest.raises(BatchProblem, match="lacks id"):
            checked_batch("nodes", good.drop_columns(["id"]))
        with pytest.raises(BatchProblem, match="unknown extra"):
            checked_batch("nodes", good.append_column("extra", pa.array([1])))

    @pytest.mark.parametrize(
        ("table", "value", "code"),
        [
            ("nodez", nodes(1), "batch-unknown-table"),
            ("nodes", [{"id": "x"}], "batch-not-arrow"),
            ("nodes", None, "batch-not-arrow"),
        ],
    )
    def test_what_is_no_batch_is_refused(self, table: str, value: object, code: str) -> None:
        with pytest.raises(BatchProblem) as caught:
            checked_batch(table, value)
        assert caught.value.code == code

    def test_spans_in_structs_are_checked_and_may_be_null(self) -> None:
        row: dict[str, Any] = {
            "file_path": None,
            "stage": "s",
            "code": "c",
            "category": "permanent",
            "message": "m",
            "span": None,
        }
        places = ("start_line", "start_column", "end_line", "end_column", "start_byte", "end_byte")
        good = dict(zip(places, (1, 0, 1, 2, 0, 2), strict=True))
        checked_batch("diagnostics", batch("diagnostics", [row, {**row, "span": good}]))
        with pytest.raises(BatchProblem):
            checked_batch("diagnostics", batch("diagnostics", [row, {**row, "span": {**good, "end_byte": -1}}]))

    def test_a_file_status_outside_the_contract_is_refused(self) -> None:
        row = {
            "path": "a", "language": None, "content_hash": None, "size": 0, "mtime_ns": 0, "lines": 0, "status": "fine",
            "parse_errors": 0, "module_fqn": None,
        }  # fmt: skip
        with pytest.raises(BatchProblem, match="status"):
            checked_batch("files", batch("files", [row]))

    def test_keys_pass_and_come_off_for_stages(self) -> None:
        rows = nodes(3)
        checked = checked_batch("nodes", with_keys(rows))
        assert checked.schema.names[-3:] == ["key", "name_key", "fqn_key"]
        assert checked.equals(with_keys(rows))
        assert without_keys("nodes", checked).equals(rows)

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            (pa.array([1, 2, 3], pa.uint64()), "batch-value"),
            (pa.array([1, None, 3], pa.uint64()), "batch-schema"),
            (pa.array([1, 2, 3], pa.int64()), "batch-schema"),
        ],
    )
    def test_keys_of_something_else_are_refused(self, values: pa.Array, code: str) -> None:
        rows = with_keys(nodes(3))
        position = rows.schema.get_field_index("name_key")
        with pytest.raises(BatchProblem) as caught:
            checked_batch("nodes", rows.set_column(position, "name_key", values))
        assert caught.value.code == code

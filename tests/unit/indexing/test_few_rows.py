"""A few rows compared value by value say what comparing columns says."""

from __future__ import annotations

import pyarrow as pa
import pytest

from codegraph._internal.indexing.incremental import base
from codegraph._internal.indexing.incremental.rows import FewRows, IncrementalRows
from codegraph_hookspecs import TABLES
from tests.unit.indexing.fakes import batch, edge, node

COLUMNS = ("id", "kind", "file_path")


class Known(IncrementalRows):
    """Rows whose old ones are given."""

    def __init__(self, old: pa.Table, *fresh: pa.RecordBatch, likely: bool) -> None:
        expected = {"nodes": base.Likely(COLUMNS, {})} if likely else {}
        super().__init__(None, {}, {}, frozenset(), {}, expected)  # type: ignore[arg-type]
        self._before = old
        self.written = frozenset({"a.py", "b.py"})
        self.new = {"parse": [("nodes", rows) for rows in fresh]}

    def old(self, table, columns, where=None):  # type: ignore[no-untyped-def]
        mask = [path in self.written for path in self._before.column("file_path").to_pylist()]
        rows = self._before.filter(pa.array(mask, pa.bool_()))
        for name, values in (where or {}).items():
            rows = rows.filter(pa.array([value in values for value in rows.column(name).to_pylist()], pa.bool_()))
        return rows.select(list(columns))


def rows_of(*ids: str) -> pa.RecordBatch:
    """Return nodes whose file is what comes before the colon."""
    found = batch("nodes", [node(f"{each}@py") for each in ids])
    paths = pa.array([each.partition(":")[0] or None for each in ids], pa.string())
    position = found.schema.get_field_index("file_path")
    return found.set_column(position, found.schema.field(position), paths.cast(found.schema.field(position).type))


OLD = ("a.py:1", "a.py:2", "b.py:1", "c.py:1")


@pytest.mark.parametrize(
    ("fresh", "differ"),
    [
        ((("a.py:1", "a.py:2", "b.py:1"),), False),
        ((("b.py:1",), ("a.py:1", "a.py:2")), False),  # the order of files does not matter
        ((("a.py:2", "a.py:1", "b.py:1"),), True),  # that of a file's rows does
        ((("a.py:1", "a.py:2", "b.py:1", "c.py:9", ""),), False),  # others than those written anew
        ((("a.py:1", "a.py:2"),), True),
        ((("a.py:1", "a.py:2", "b.py:2"),), True),
        ((), True),
    ],
)
@pytest.mark.parametrize("where", [{}, {"kind": ("function",)}])
def test_few_rows_differ_where_columns_do(
    fresh: tuple[tuple[str, ...], ...], differ: bool, where: dict[str, tuple[str, ...]]
) -> None:
    old = pa.Table.from_batches([rows_of(*OLD)])
    kinds = {*old.column("kind").to_pylist()}
    where = {name: (*values, *kinds) for name, values in where.items()}
    new = [rows_of(*ids) for ids in fresh]
    for likely in (True, False):
        rows = Known(old, *new, likely=likely)
        assert rows.differ("nodes", COLUMNS, where, None) is differ
    assert not Known(old, *new, likely=True).differ("nodes", COLUMNS, {"kind": ("none",)}, None)


def test_ends_of_edges_are_compared_as_keys() -> None:
    rows = batch("edges", [edge("e1", "n1@py", "n2@py"), edge("e2", "n2@py", "n1@py")])
    few = FewRows.of("edges", rows.select(["id", "source_id", "target_id"]))
    first, second = few.rows(("source_id", "target_id"), {}, frozenset())
    assert first == second[::-1]
    assert all(isinstance(key, int) for key in first)
    assert few.rows(("id",), {"id": ("e1", "e2")}, frozenset({"e1"})) == [("e2",)]
    empty = FewRows.of("nodes", TABLES["nodes"].schema.empty_table())
    assert empty.rows(("id",), {"kind": ("function",)}, frozenset()) == []

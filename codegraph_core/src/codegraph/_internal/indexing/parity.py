"""`backend = "both"`: compares the tables of two parsers row by row."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import IR_TABLES, TABLES, ParsedBatch

_SHOWN: Final = 20


class ParityReport:
    """Differences between two parsers over all batches of a run.

    Args:
        left: Name of the first parser.
        right: Name of the second.
    """

    def __init__(self, left: str, right: str) -> None:
        self.left = left
        self.right = right
        self.rows: dict[str, int] = dict.fromkeys(IR_TABLES, 0)
        self.differences: dict[str, int] = dict.fromkeys(IR_TABLES, 0)
        self.first: list[dict[str, Any]] = []

    @property
    def total(self) -> int:
        """How many rows differ, are missing or are too many, in all tables."""
        return sum(self.differences.values())

    def compare(self, left: ParsedBatch, right: ParsedBatch) -> None:
        """Compare two results for the same files."""
        for table in IR_TABLES:
            self._compare(table, _plain(table, left.tables[table]), _plain(table, right.tables[table]))

    def to_dict(self) -> dict[str, Any]:
        """Return counts by table and the first differences, JSON-ready."""
        return {
            "parsers": [self.left, self.right],
            "rows": dict(self.rows),
            "differences": dict(self.differences),
            "total_differences": self.total,
            "first": list(self.first),
        }

    def _compare(self, table: str, left: pa.Table, right: pa.Table) -> None:
        self.rows[table] += max(left.num_rows, right.num_rows)
        if left.equals(right):
            return
        if left.num_rows == right.num_rows and self._compare_rows(table, left, right):
            return
        self._compare_unordered(table, left, right)

    def _compare_rows(self, table: str, left: pa.Table, right: pa.Table) -> bool:
        """Compare row by row; False when most rows differ, which means that one row is missing somewhere."""
        differing: pa.ChunkedArray | None = None
        for name in left.column_names:
            mask = _unequal(left.column(name), right.column(name))
            differing = mask if differing is None else pc.or_(differing, mask)
        count = pc.sum(differing).as_py() or 0
        if count > 0.5 * left.num_rows and left.num_rows > 20:
            return False
        self.differences[table] += count
        positions = pc.indices_nonzero(differing).to_pylist()
        for position in positions[: _SHOWN - len(self.first)]:
            one, other = (side.slice(position, 1).to_pylist()[0] for side in (left, right))
            self._note(table, {key: one[key] for key in one if one[key] != other[key]}, other, one)
        return True

    def _compare_unordered(self, table: str, left: pa.Table, right: pa.Table) -> None:
        """Compare as multisets; order alone is a difference too, and counts as one row."""
        one, other = ([repr(sorted(row.items())) for row in side.to_pylist()] for side in (left, right))
        missing, surplus = Counter(other) - Counter(one), Counter(one) - Counter(other)
        count = max(missing.total(), surplus.total())
        self.differences[table] += count or 1
        if not count:
            self._show({"table": table, "difference": "order"})
        for side, rows in ((self.left, surplus), (self.right, missing)):
            for row in list(rows)[:_SHOWN]:
                self._show({"table": table, "only": side, "row": row[:500]})

    def _note(self, table: str, columns: dict[str, Any], other: dict[str, Any], one: dict[str, Any]) -> None:
        spec = TABLES[table]
        where = one.get(spec.key or spec.owner)
        values = {key: {self.left: repr(value), self.right: repr(other[key])} for key, value in columns.items()}
        self._show({"table": table, "row": where, "file_path": one.get(spec.owner), "columns": values})

    def _show(self, difference: dict[str, Any]) -> None:
        if len(self.first) < _SHOWN:
            self.first.append(difference)


def _plain(table: str, rows: pa.Table) -> pa.Table:
    schema = TABLES[table].schema
    return rows.select(schema.names).cast(schema).combine_chunks()


def _unequal(left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = left.type
    if pa.types.is_struct(kind):
        mask = pc.not_equal(pc.is_null(left), pc.is_null(right))
        for index in range(kind.num_fields):
            mask = pc.or_(mask, _unequal(pc.struct_field(left, index), pc.struct_field(right, index)))
        return mask
    if pa.types.is_list(kind):
        pairs = zip(left.to_pylist(), right.to_pylist(), strict=True)
        return pa.chunked_array([pa.array([one != other for one, other in pairs], pa.bool_())])
    nulls = pc.not_equal(pc.is_null(left), pc.is_null(right))
    return pc.or_(nulls, pc.fill_null(pc.not_equal(left, right), False))

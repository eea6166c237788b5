"""`backend = "both"`: two link engines run side by side, and every row of theirs is compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from codegraph_hookspecs import TABLES, IndexingError, TableBatch
from codegraph_plugins.stages.cross_file.groups import Group
from codegraph_plugins.stages.cross_file.stage import Linker

if TYPE_CHECKING:
    from codegraph_plugins.stages.cross_file.project_config import ProjectConfig

_SHOWN: Final = 20


class ComparingLinker:
    """Two link engines as one: gives the rows of the first, having compared them with the second's.

    Args:
        left: The engine whose rows are used.
        right: The other one.
        names: What they are called in reports.

    Raises:
        IndexingError: `parity-difference`, from whatever method returned rows that differ.
    """

    def __init__(self, left: Linker, right: Linker, names: tuple[str, str]) -> None:
        self._left = left
        self._right = right
        self._names = names

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Take a batch of `nodes`, `imports`, `exports`, or of `uses` that name bases."""
        self._left.add(table, batch)
        self._right.add(table, batch)

    def prepare(self, config: ProjectConfig) -> None:
        """Resolve imports and bases."""
        self._left.prepare(config)
        self._right.prepare(config)

    def packages(self) -> Sequence[TableBatch]:
        """Return package nodes and the edges between them."""
        return self._same(self._left.packages(), self._right.packages())

    def link(self, first: int, end: int, group: Group) -> Sequence[TableBatch]:
        """Return the rows of the files from position `first` up to `end`."""
        return self._same(self._left.link(first, end, group), self._right.link(first, end, group))

    def externals(self) -> Sequence[TableBatch]:
        """Return the external nodes, sorted by id."""
        return self._same(self._left.externals(), self._right.externals())

    def _same(self, left: Sequence[TableBatch], right: Sequence[TableBatch]) -> Sequence[TableBatch]:
        one, other = _by_table(left), _by_table(right)
        report = _report(self._names, one, other)
        if report["total_differences"]:
            raise IndexingError(
                f"The link engines {self._names[0]!r} and {self._names[1]!r} differ in "
                f"{report['total_differences']} rows.",
                code="parity-difference",
                context={"parity": report, "remedy": "Report it; index with a single backend meanwhile."},
            )
        return left


def _by_table(batches: Sequence[TableBatch]) -> dict[str, list[pa.RecordBatch]]:
    """Return the batches of each table, with the contract's columns: an engine may add keys for the store."""
    tables: dict[str, list[pa.RecordBatch]] = {}
    for table, batch in batches:
        tables.setdefault(table, []).append(batch.select(TABLES[table].schema.names))
    return tables


def _report(
    names: tuple[str, str], left: dict[str, list[pa.RecordBatch]], right: dict[str, list[pa.RecordBatch]]
) -> dict[str, Any]:
    """Return counts by table and the first differences, in the form of the parse step's report."""
    rows: dict[str, int] = {}
    differences: dict[str, int] = {}
    first: list[dict[str, Any]] = []
    for table in sorted(left.keys() | right.keys()):
        sides = (left.get(table, []), right.get(table, []))
        rows[table] = max(sum(batch.num_rows for batch in side) for side in sides)
        differences[table] = 0
        if _equal(*sides):
            continue
        for one, other in zip_longest(_rows(sides[0]), _rows(sides[1])):
            if one != other:
                differences[table] += 1
                if len(first) < _SHOWN:
                    first.append({"table": table, names[0]: repr(one)[:500], names[1]: repr(other)[:500]})
    return {
        "parsers": list(names),
        "rows": rows,
        "differences": differences,
        "total_differences": sum(differences.values()),
        "first": first,
    }


def _equal(left: Sequence[pa.RecordBatch], right: Sequence[pa.RecordBatch]) -> bool:
    """Say whether rows are equal without looking at each: dictionaries may differ in order, values may not."""
    return len(left) == len(right) and all(
        one.num_rows == other.num_rows
        and one.schema.names == other.schema.names
        and all(_plain(a).equals(_plain(b)) for a, b in zip(one.columns, other.columns, strict=True))
        for one, other in zip(left, right, strict=True)
    )


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch.to_pylist()

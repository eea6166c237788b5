"""Where a query's rows come from: a table of a snapshot, or the rows that another query leads to.

A source chooses its own access: it looks at the predicate and answers with an index lookup or a scan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final, Protocol

import pyarrow as pa
from attrs import frozen

from codegraph._internal.query.calls import CALL_KIND, call_nodes
from codegraph._internal.query.conditions import Condition, Predicate, conjuncts
from codegraph._internal.query.fields import Fields, plain_schema
from codegraph._internal.query.snapshot import SnapshotLike
from codegraph._internal.rows import ROW_CLASSES, Row
from codegraph_hookspecs.tables import TABLES

INDEX_KEYS_MAX: Final = 2_000
"""Above this many keys one scan is cheaper than looking each up."""

_TEXT_KEYS_MAX: Final = 50
"""The same for names and fqns, which are looked up one by one."""


Batches = Callable[[Sequence[str]], Iterator[pa.RecordBatch]]
"""Reads the given columns; each call starts from the beginning."""


@frozen
class Access:
    """How a source will be read for one predicate.

    Args:
        text: For `explain()`.
        index: Name of the index used, or an empty string for a scan.
        rows: Rows that will be read before filtering; exact for an index, None when unknown.
        batches: Reads them; rows come in table order for a scan.
    """

    text: str
    index: str
    rows: int | None
    batches: Batches


class Source(Protocol):
    """Rows to query."""

    @property
    def fields(self) -> Fields:
        """The rows' fields."""
        ...

    @property
    def row_class(self) -> type[Row] | None:
        """Class of typed rows, or None: rows are dictionaries."""
        ...

    def access(self, predicate: Predicate) -> Access:
        """Choose how to read the rows that a predicate may hold for."""
        ...

    def describe(self) -> tuple[str, ...]:
        """Return lines about how the source itself comes about, for `explain()`."""
        ...


@frozen(eq=False)
class TableSource:
    """A table of a snapshot."""

    snapshot: SnapshotLike
    fields: Fields
    row_class: type[Row] | None

    def access(self, predicate: Predicate) -> Access:
        """Use an index when a condition that must hold names its keys; else scan the needed columns."""
        table = self.fields.table
        if table == "nodes" and CALL_KIND in (kinds := _keys(conjuncts(predicate), "kind")):
            return self._with_calls(kinds)
        lookups = {"nodes": self._node_index, "edges": self._edge_index}
        if table in lookups and (found := lookups[table](conjuncts(predicate))):
            index, rows = found
            return Access(f"index {table}.{index}", f"{table}.{index}", rows.num_rows, _table_batches(rows))
        return Access(
            f"scan of {table}",
            "",
            self.snapshot.count(table),
            lambda columns: self.snapshot.scan(table, columns=list(columns)),
        )

    def describe(self) -> tuple[str, ...]:
        """Return nothing: a table is simply there."""
        return ()

    def _with_calls(self, kinds: list[str]) -> Access:
        others = len(kinds) > 1

        def batches(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            if others:
                yield from self.snapshot.scan("nodes", columns=list(columns))
            yield from call_nodes(self.snapshot, columns)

        rows = self.snapshot.count("call_sites") + (self.snapshot.count("nodes") if others else 0)
        return Access("scan of nodes and call_sites" if others else "scan of call_sites", "", rows, batches)

    def _node_index(self, parts: tuple[Predicate, ...]) -> tuple[str, pa.Table] | None:
        if ids := _keys(parts, "id"):
            return "id", self.snapshot.nodes_by_id(ids)
        for column, lookup in (("fqn", self.snapshot.nodes_by_fqn), ("name", self.snapshot.nodes_by_name)):
            if keys := _keys(parts, column, most=_TEXT_KEYS_MAX):
                return column, _concatenated([lookup(key) for key in keys])
        return None

    def _edge_index(self, parts: tuple[Predicate, ...]) -> tuple[str, pa.Table] | None:
        kinds = _keys(parts, "kind") or None
        if ids := _keys(parts, "source_id"):
            return "source_id", self.snapshot.edges_from(ids, kinds)
        if ids := _keys(parts, "target_id"):
            return "target_id", self.snapshot.edges_to(ids, kinds)
        return None


@frozen(eq=False)
class RowsSource:
    """Rows made when they are first needed, such as an aggregation's or a traversal's.

    Args:
        fields: Their fields.
        row_class: Class of typed rows, or None.
        make: Makes the rows, in order, with the given columns at least; called once per execution.
        lines: How they come about, for `explain()`.
    """

    fields: Fields
    row_class: type[Row] | None
    make: Batches
    lines: Callable[[], tuple[str, ...]]
    title: str

    def access(self, predicate: Predicate) -> Access:
        """Read all rows: there is no index over what was just computed."""
        return Access(
            self.title, "", None, lambda columns: (batch.select(list(columns)) for batch in self.make(columns))
        )

    def _batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        return (batch.select(list(columns)) for batch in self.make(columns))

    def describe(self) -> tuple[str, ...]:
        """Return the lines of the query that the rows come from."""
        return self.lines()


def table_source(snapshot: SnapshotLike, table: str) -> TableSource:
    """Return the source of a table: a public one, or a plugin's whose schema the snapshot knows."""
    fields = _contract_fields(table) if table in TABLES else Fields(table, _stored_schema(snapshot, table))
    return TableSource(snapshot, fields, ROW_CLASSES.get(table))


@cache
def _contract_fields(table: str) -> Fields:
    return Fields(table, TABLES[table].schema)


def _stored_schema(snapshot: SnapshotLike, table: str) -> pa.Schema:
    schema = getattr(snapshot, "schema", None)
    if callable(schema):
        return plain_schema(schema(table))
    first = next(snapshot.scan(table), None)
    return plain_schema(first.schema) if first is not None else pa.schema([])


def _keys(parts: tuple[Predicate, ...], column: str, most: int = INDEX_KEYS_MAX) -> list[str]:
    """Return the values that a column must have one of, or nothing when no condition (or too many) says so."""
    for part in parts:
        if isinstance(part, Condition) and part.field.name == column and part.operator in {"exact", "in"}:
            values: tuple[Any, ...] = (part.value,) if part.operator == "exact" else part.value
            if 0 < len(values) <= most:
                return list(values)
    return []


def _table_batches(table: pa.Table) -> Batches:
    return lambda columns: iter(table.select(list(columns)).to_batches())


def _concatenated(tables: list[pa.Table]) -> pa.Table:
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables)

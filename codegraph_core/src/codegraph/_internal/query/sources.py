"""Where a query's rows come from: a table of a snapshot, or the rows that another query leads to.

A source chooses its own access: it looks at the predicate and answers with an index lookup or a scan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any, Final, Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from attrs import frozen

from codegraph._internal.query.calls import CALL_KIND, call_nodes
from codegraph._internal.query.conditions import And, Condition, Predicate, conjuncts
from codegraph._internal.query.fields import Fields, plain_schema
from codegraph._internal.query.missing import OPTIONAL, has_layer
from codegraph._internal.query.snapshot import SnapshotLike
from codegraph._internal.rows import ROW_CLASSES, Row
from codegraph._internal.telling import telling
from codegraph_hookspecs.tables import TABLES

INDEX_KEYS_MAX: Final = 2_000
"""Above this many keys one scan is cheaper than looking each up."""

_TEXT_KEYS_MAX: Final = 50
"""The same for names and fqns, which are looked up one by one."""


Batches = Callable[[Sequence[str]], Iterator[pa.RecordBatch]]
"""Reads the given columns; each call starts from the beginning."""


Rows = npt.NDArray[np.int64]
Chosen = Callable[[Sequence[str], Sequence[str]], Iterator[tuple[pa.RecordBatch, Callable[[Rows], pa.RecordBatch]]]]
At = Callable[[Rows, Sequence[str]], Iterator[pa.RecordBatch]]


@frozen
class Access:
    """How a source will be read for one predicate.

    Args:
        text: For `explain()`.
        index: Name of the index used, or an empty string for a scan.
        rows: Returns the number of rows that will be read before filtering; None when unknown.
        batches: Reads them; rows come in table order for a scan.
        residual: What is left of the predicate to check for each row; the rest was answered by the index.
        answered: The conditions that the index answered.
        chosen: Reads some columns of all rows, and others of those that a filter keeps, where the source can.
        at: Reads the rows at some ascending positions of `batches`, where the source can without the rows between.
    """

    text: str
    index: str
    rows: Callable[[], int | None]
    batches: Batches
    residual: Predicate
    answered: tuple[Predicate, ...] = ()
    chosen: Chosen | None = None
    at: At | None = None


_Found = tuple[str, tuple[Predicate, ...], Batches]
"""Name of an index, the conditions that it answers, and the lookup."""


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
        parts = conjuncts(predicate)
        if table == "nodes" and CALL_KIND in (kinds := _keys(parts, "kind")[0]):
            return self._with_calls(kinds, predicate)
        lookups = {"nodes": self._node_index, "edges": self._edge_index}
        if table in lookups and (found := lookups[table](parts)):
            index, answered, lookup = found
            left = tuple(part for part in parts if part not in answered)
            return Access(
                f"index {table}.{index}",
                f"{table}.{index}",
                lambda: sum(batch.num_rows for batch in lookup(["id"])),
                lookup,
                And(left),
                answered,
            )
        return Access(
            f"scan of {table}",
            "",
            lambda: self.snapshot.count(table),
            lambda columns: self.snapshot.scan(table, columns=list(columns)),
            predicate,
            chosen=partial(self.snapshot.chosen, table),
            at=partial(self.snapshot.rows_at, table),
        )

    def named_ids(self, predicate: Predicate) -> list[str] | None:
        """Return the ids that a predicate names if it says nothing else of nodes; None otherwise."""
        parts = conjuncts(predicate)
        return _keys(parts, "id")[0] or None if len(parts) == 1 and self.fields.table == "nodes" else None

    def describe(self) -> tuple[str, ...]:
        """Return nothing: a table is simply there."""
        return ()

    def _with_calls(self, kinds: list[str], predicate: Predicate) -> Access:
        others = len(kinds) > 1

        def batches(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            if others:
                yield from self.snapshot.scan("nodes", columns=list(columns))
            yield from call_nodes(self.snapshot, columns)

        def rows() -> int:
            return self.snapshot.count("call_sites") + (self.snapshot.count("nodes") if others else 0)

        text = "scan of nodes and call_sites" if others else "scan of call_sites"
        return Access(text, "", rows, batches, predicate)

    def _node_index(self, parts: tuple[Predicate, ...]) -> _Found | None:
        ids, answered = _keys(parts, "id")
        if ids:
            return "id", answered, lambda columns: iter(self.snapshot.nodes_by_id(ids, columns).to_batches())
        for column, lookup in (("fqn", self.snapshot.nodes_by_fqn), ("name", self.snapshot.nodes_by_name)):
            keys, answered = _keys(parts, column, most=_TEXT_KEYS_MAX)
            if keys:
                return column, answered, _each(lookup, keys)
        return None

    def _edge_index(self, parts: tuple[Predicate, ...]) -> _Found | None:
        kinds, by_kind = _keys(parts, "kind")
        for column, lookup in (("source_id", self.snapshot.edges_from), ("target_id", self.snapshot.edges_to)):
            ids, answered = _keys(parts, column)
            if ids:
                return column, answered + by_kind, _at(lookup, ids, kinds or None)
        return None


@frozen(eq=False)
class RowsSource:
    """Rows made when they are first needed, such as an aggregation's or a traversal's.

    Args:
        fields: Their fields.
        row_class: Class of typed rows, or None.
        make: Makes the rows, in order, with the given columns at least; called once per execution.
        lines: How they come about, for `explain()`.
        title: The same in one line.
        index: Names of the indexes that making them uses, or an empty string.
    """

    fields: Fields
    row_class: type[Row] | None
    make: Batches
    lines: Callable[[], tuple[str, ...]]
    title: str
    index: str = ""

    def access(self, predicate: Predicate) -> Access:
        """Read all rows: there is no index over what was just computed."""
        return Access(
            self.title,
            self.index,
            lambda: None,
            lambda columns: (batch.select(list(columns)) for batch in self.make(columns)),
            predicate,
        )

    def describe(self) -> tuple[str, ...]:
        """Return the lines of the query that the rows come from."""
        return self.lines()


def table_source(snapshot: SnapshotLike, table: str) -> Source:
    """Return the source of a table: a public one, a plugin's whose schema the snapshot knows, or one that is made."""
    made = getattr(snapshot, "made_source", None)
    if made is not None and (source := made(table)) is not None:
        return cast("Source", source)
    fields = _contract_fields(table) if table in TABLES else Fields(table, plain_schema(table_schema(snapshot, table)))
    return TableSource(snapshot, fields, ROW_CLASSES.get(table))


def public_tables(snapshot: SnapshotLike) -> list[str]:
    """Return the names of the tables that can be queried, sorted: the contract's, and those that plugins wrote."""
    left_out = {name for name, spec in TABLES.items() if not spec.public}
    left_out.update(name for name in OPTIONAL if not has_layer(snapshot, name))
    with telling(snapshot):
        return sorted((set(TABLES) | set(snapshot.tables())) - left_out)


def table_schema(snapshot: SnapshotLike, table: str) -> pa.Schema:
    """Return the physical schema of a table: the contract's, else that of its rows; empty where there are none."""
    if table in TABLES:
        return TABLES[table].physical_schema
    schema = getattr(snapshot, "schema", None)
    if callable(schema):
        return schema(table)
    first = next(snapshot.scan(table), None)
    return first.schema if first is not None else pa.schema([])


@cache
def _contract_fields(table: str) -> Fields:
    return Fields(table, TABLES[table].schema)


def _keys(
    parts: tuple[Predicate, ...], column: str, most: int = INDEX_KEYS_MAX
) -> tuple[list[str], tuple[Predicate, ...]]:
    """Return the values that a column must have one of, and what says so; nothing when none (or too many)."""
    for part in parts:
        if isinstance(part, Condition) and part.field.name == column and part.operator in {"exact", "in"}:
            values: tuple[Any, ...] = (part.value,) if part.operator == "exact" else part.value
            if 0 < len(values) <= most:
                return list(values), (part,)
    return [], ()


def _each(lookup: Callable[[str, Sequence[str]], pa.Table], keys: list[str]) -> Batches:
    return lambda columns: (batch for key in keys for batch in lookup(key, columns).to_batches())


def _at(lookup: Callable[..., pa.Table], ids: list[str], kinds: list[str] | None) -> Batches:
    return lambda columns: iter(lookup(ids, kinds, columns).to_batches())

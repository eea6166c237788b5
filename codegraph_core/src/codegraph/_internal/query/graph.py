"""`GraphQuery`: where every query over a snapshot starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from codegraph._internal.query.builder import EdgeQuery, NodeQuery, Query, TableQuery
from codegraph._internal.query.fields import nearest
from codegraph._internal.query.missing import OPTIONAL, not_installed, require_layer
from codegraph._internal.query.snapshot import SnapshotLike
from codegraph._internal.query.sources import public_tables, table_source
from codegraph._internal.rows import CallSite, Diagnostic, File, Finding, Import, Metric, Occurrence
from codegraph_hookspecs.errors import QueryError

_LATER: Final = {
    "taint_flows": "taint",
    "chunks": "chunks",
    "embeddings": "embeddings",
}
"""Tables of the data contract that a plugin provides → its name, for the remedy."""


class _UnknownTableError(QueryError, AttributeError):
    """An attribute that is no table: a `QueryError` that `hasattr` understands."""


class GraphQuery:
    """Starts queries over one snapshot.

    Args:
        snapshot: What is read. It stays the caller's: close it when no query needs it any more.
        made: Gives the same with tables that are made while they are read, which `table` finds by name.
    """

    __slots__ = ("_made", "_snapshot")

    def __init__(self, snapshot: SnapshotLike, made: Callable[[], SnapshotLike] | None = None) -> None:
        self._snapshot = snapshot
        self._made = made or (lambda: snapshot)

    def nodes(self) -> NodeQuery:
        """Query definitions, imports, modules, packages and external names; with `kind="call"`, call sites."""
        return NodeQuery.over(self._snapshot, table_source(self._snapshot, "nodes"))

    def edges(self) -> EdgeQuery:
        """Query relations between nodes."""
        return EdgeQuery.over(self._snapshot, table_source(self._snapshot, "edges"))

    def call_sites(self) -> Query[CallSite]:
        """Query calls as written, resolved or not."""
        return Query[CallSite].over(self._snapshot, table_source(self._snapshot, "call_sites"))

    def imports(self) -> Query[Import]:
        """Query imported names and what they were resolved to."""
        return Query[Import].over(self._snapshot, table_source(self._snapshot, "imports"))

    def files(self) -> Query[File]:
        """Query the files that were seen."""
        return Query[File].over(self._snapshot, table_source(self._snapshot, "files"))

    def diagnostics(self) -> Query[Diagnostic]:
        """Query what went wrong, by file and stage."""
        return Query[Diagnostic].over(self._snapshot, table_source(self._snapshot, "diagnostics"))

    def findings(self) -> Query[Finding]:
        """Query what analyzers found."""
        return Query[Finding].over(self._snapshot, table_source(self._snapshot, "findings"))

    def metrics(self) -> Query[Metric]:
        """Query numbers about nodes."""
        return Query[Metric].over(self._snapshot, table_source(self._snapshot, "metrics"))

    def occurrences(self) -> Query[Occurrence]:
        """Query where symbols are defined and used.

        Raises:
            QueryError: The snapshot was made without them (code `layer-missing`).
        """
        require_layer(self._snapshot, "occurrences")
        return Query[Occurrence].over(self._snapshot, table_source(self._snapshot, "occurrences"))

    def table(self, name: str) -> TableQuery:
        """Query any table by name; rows are dictionaries.

        Raises:
            QueryError: There is no such table (code `table-unknown`), or nobody asked for its rows when the snapshot
                was made (`layer-missing`).
            PluginError: The table is a plugin's that is not installed (code `not-installed`).
        """
        if name in OPTIONAL:
            require_layer(self._snapshot, name)
        if name in self.tables():
            return TableQuery.over(self._snapshot, table_source(self._snapshot, name))
        wide = self._made()
        known = public_tables(wide)
        if name not in known:
            if name in _LATER:
                raise not_installed(f"query().{name}()", _LATER[name], table=name)
            near = nearest(name, known)
            hint = f"Did you mean {near!r}?" if near else f"Tables: {', '.join(known)}."
            raise _UnknownTableError(
                f"There is no table {name!r}.", code="table-unknown", context={"table": name, "remedy": hint}
            )
        return TableQuery.over(wide, table_source(wide, name))

    def tables(self) -> list[str]:
        """Return the names of the tables that are stored and can be queried, sorted."""
        return public_tables(self._snapshot)

    def __getattr__(self, name: str) -> _TableMethod:
        if name.startswith("_"):
            raise AttributeError(name)
        return _TableMethod(self.table(name))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.tables()})


class _TableMethod:
    """A plugin's table as a method: `query().my_table()`."""

    __slots__ = ("_query",)

    def __init__(self, query: TableQuery) -> None:
        self._query = query

    def __call__(self) -> TableQuery:
        return self._query

"""`Graph`: reading one snapshot. Queries keep the snapshot's lease alive; `close()` gives it back at once."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from codegraph._internal.query import EdgeQuery, GraphQuery, NodeQuery, Query, SnapshotLike
from codegraph._internal.rows import CallSite, Diagnostic, File, Finding, Import, Metric, Node
from codegraph._internal.sdk.modules import ModuleGraph, module_graph
from codegraph._internal.sdk.symbols import SymbolView, find_symbol, show_symbol
from codegraph_hookspecs.errors import ErrorCategory, QueryError, StorageError

if TYPE_CHECKING:
    from codegraph._internal.store import Snapshot, Store


class HeldSnapshot:
    """A leased snapshot: the lease is given back by `close()`, or when nothing refers to this any more."""

    def __init__(self, store: Store, snapshot_id: str | None) -> None:
        snapshot = store.snapshot(snapshot_id)
        self._snapshot = snapshot
        self._finalizer = weakref.finalize(self, _release, store, snapshot)

    @classmethod
    def open(cls, cache_dir: Path, snapshot_id: str | None = None) -> HeldSnapshot:
        """Open a snapshot of a store; None is the newest.

        Raises:
            StorageError: There is no store, or no such snapshot.
        """
        from codegraph._internal.store import Store

        store = Store.open(cache_dir, read_only=True)
        try:
            return cls(store, snapshot_id)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Give the lease back."""
        self._finalizer()

    @property
    def summary(self) -> Mapping[str, Any]:
        """The summary of the run that made the snapshot."""
        # The run does not know its snapshot's id before the commit that stores the summary.
        return {**self._snapshot.info.summary, "snapshot_id": self._snapshot.id}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if not self._finalizer.alive:
            raise StorageError(
                "The snapshot was closed.",
                code="snapshot-closed",
                category=ErrorCategory.PERMANENT,
                context={"remedy": "Open it again with CodeGraph().open(path)."},
            )
        return getattr(self._snapshot, name)


def _release(store: Store, snapshot: Snapshot) -> None:
    snapshot.close()
    store.close()


class Graph:
    """One snapshot of a repository's graph.

    A context manager: leaving it releases the snapshot. Without one, the snapshot is released when the graph
    and all its queries are gone.
    """

    def __init__(self, held: HeldSnapshot) -> None:
        self._held: HeldSnapshot | None = held

    def _snapshot(self) -> HeldSnapshot:
        if self._held is None:
            raise StorageError("The graph has no snapshot.", code="snapshot-closed", category=ErrorCategory.PERMANENT)
        return self._held

    @property
    def snapshot_id(self) -> str:
        """Id of the snapshot."""
        return str(self._snapshot().id)

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the run that made the snapshot counted: the object that `codegraph index --json` prints."""
        return self._snapshot().summary

    @property
    def errors(self) -> tuple[Mapping[str, Any], ...]:
        """What failed without stopping the run, as JSON-ready errors."""
        return tuple(self.summary.get("errors", ()))

    def query(self) -> GraphQuery:
        """Start a query."""
        return GraphQuery(cast("SnapshotLike", self._snapshot()))

    def nodes(self) -> NodeQuery:
        """Query all nodes; iterating streams them."""
        return self.query().nodes()

    def edges(self) -> EdgeQuery:
        """Query all edges; iterating streams them."""
        return self.query().edges()

    def call_sites(self) -> Query[CallSite]:
        """Query all call sites; iterating streams them."""
        return self.query().call_sites()

    def imports(self) -> Query[Import]:
        """Query all imports; iterating streams them."""
        return self.query().imports()

    def files(self) -> Query[File]:
        """Query all files; iterating streams them."""
        return self.query().files()

    def diagnostics(self) -> Query[Diagnostic]:
        """Query all diagnostics; iterating streams them."""
        return self.query().diagnostics()

    def findings(self) -> Query[Finding]:
        """Query all findings; iterating streams them."""
        return self.query().findings()

    def metrics(self) -> Query[Metric]:
        """Query all metrics; iterating streams them."""
        return self.query().metrics()

    def custom_results(self, type: str) -> list[Finding]:  # noqa: A002 -- the customer's name
        """Return the findings of a type, as analyzers named it."""
        return self.findings().filter(type=type).execute()

    def module_graph(self) -> ModuleGraph:
        """Return the graph of modules that import each other."""
        return module_graph(self.query())

    def find_symbol(self, text: str) -> list[Node]:
        """Resolve an id, an fqn, a dotted suffix or a name to nodes, the most exact reading first.

        Returns:
            Every candidate of the first reading that finds any, sorted by id; empty when none does.
        """
        return find_symbol(self.query(), text)

    def show(self, symbol: str | Node) -> list[SymbolView]:
        """Return source, callers and callees of a symbol: one view for each candidate.

        Raises:
            QueryError: Nothing has that name (code `symbol-unknown`).
        """
        query = self.query()
        nodes = [symbol] if isinstance(symbol, Node) else find_symbol(query, symbol)
        if not nodes:
            raise QueryError(
                f"There is no symbol {symbol!r}.",
                code="symbol-unknown",
                context={"remedy": "Give an id, a dotted name, its last parts, or a plain name."},
            )
        return [show_symbol(query, node, self._root()) for node in nodes]

    def close(self) -> None:
        """Release the snapshot; queries over it fail from now on."""
        if self._held is not None:
            self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _root(self) -> Path | None:
        root = self.summary.get("root")
        return Path(root) if root else None

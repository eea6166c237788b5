"""`Graph`: reading one snapshot. Queries keep the snapshot's lease alive; `close()` gives it back at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from codegraph._internal.query import EdgeQuery, GraphQuery, NodeQuery, Query, SnapshotLike, SqlQuery, sql
from codegraph._internal.query.missing import require_layer
from codegraph._internal.rows import CallSite, Diagnostic, File, Finding, Import, Metric, Node, Occurrence
from codegraph._internal.sdk.asynchronous import cancellable, in_thread
from codegraph._internal.sdk.modules import ModuleGraph, module_graph
from codegraph._internal.sdk.run_errors import RunError
from codegraph._internal.sdk.symbols import SymbolView, find_symbol, show_symbol
from codegraph._internal.telling import telling
from codegraph_hookspecs.errors import ErrorCategory, QueryError, StorageError

if TYPE_CHECKING:
    import pyarrow as pa

    from codegraph._internal.indexing import CancelToken
    from codegraph._internal.plugin_host import PluginHost
    from codegraph._internal.sdk.explaining import EdgeExplanation
    from codegraph._internal.sdk.flow import FunctionFlow
    from codegraph._internal.sdk.slicing import Direction, Slice
    from codegraph._internal.sdk.stale_rows import StaleRows
    from codegraph._internal.store.diff import SnapshotDiff
    from codegraph._internal.store.held import HeldSnapshot
    from codegraph_hookspecs import LoweredFile


class Graph:
    """One snapshot of a repository's graph.

    A context manager: leaving it releases the snapshot. Without one, the snapshot is released when the graph
    and all its queries are gone.
    """

    _host: PluginHost | None = None
    _refreshed: Callable[[Sequence[str], CancelToken | None], HeldSnapshot | None] | None = None

    def __init__(self, held: HeldSnapshot, plugins: Sequence[object] = ()) -> None:
        self._held: HeldSnapshot | None = held
        self._plugin_objects = tuple(plugins)

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
    def errors(self) -> tuple[RunError, ...]:
        """What failed without stopping the run; `summary["errors"]` has the same in JSON-ready form."""
        return tuple(map(RunError.from_dict, self.summary.get("errors", ())))

    def stale(self, table: str | None = None) -> tuple[StaleRows, ...]:
        """Return what is older than the snapshot: rows of lazy stages and analyzers that nobody refreshed.

        Args:
            table: Only those that have rows in this table; None is all.
        """
        from codegraph._internal.sdk.stale_rows import stale_rows

        return stale_rows(self.summary, table)

    def refresh_stale(self, *stages: str) -> Self:
        """Index what changed, have stale rows computed anew, and move to the snapshot that this makes.

        The rows are those that building everything gives. Queries that were made before keep the snapshot that they
        had.

        Args:
            *stages: Names of lazy stages and analyzers, as `stale` names them; none are all.

        Raises:
            IndexingError: There is no such stage or analyzer (`stage-unknown`).
            StorageError: The graph is a session or a preview (`store-missing`).
        """
        self._refresh_stale(stages, None)
        return self

    async def arefresh_stale(self, *stages: str) -> Self:
        """Refresh in a worker thread; cancelling the task cancels the run, and the graph stays where it was."""
        await cancellable(lambda token: self._refresh_stale(stages, token))
        return self

    def _refresh_stale(self, stages: Sequence[str], cancel: CancelToken | None) -> None:
        if self._refreshed is None:
            raise StorageError(
                "The graph is a preview or a session: it is not what the repository's newest snapshot has.",
                code="store-missing",
                category=ErrorCategory.PERMANENT,
                context={"remedy": "Open the repository with CodeGraph().open(path)."},
            )
        held = self._refreshed(stages, cancel)
        if held is not None:
            held.tell = self._held.tell if self._held is not None else None
            self._held = held

    def query(self) -> GraphQuery:
        """Start a query."""
        return GraphQuery(cast("SnapshotLike", self._snapshot()), self._with_flow_tables)

    def _with_flow_tables(self) -> SnapshotLike:
        from codegraph._internal.sdk.flow_tables import FlowSnapshot, flow_files

        held = self._snapshot()
        return FlowSnapshot(held, lambda: flow_files(held, self._plugins()))

    def sql(
        self,
        text: str,
        params: Sequence[Any] | Mapping[str, Any] | None = None,
        *,
        timeout_s: float | None = 30.0,
        memory_limit_bytes: int = 2**30,
    ) -> SqlQuery:
        """Query with one SELECT in DuckDB's dialect; lazy, and sealed off from everything but the snapshot.

        Args:
            text: The statement; `?` and `$1` stand for a sequence's values, `$name` for a mapping's.
            params: Those values: text, numbers, truth values, bytes, None, lists of these.
            timeout_s: Seconds of the engine's own work; None is unlimited.
            memory_limit_bytes: Memory of the engine, which never spills to disk.

        Returns:
            A query whose rows are dictionaries; it runs each time something is read from it.

        Raises:
            QueryError: The text is not exactly one SELECT (`sql-refused`), cannot be read (`sql-invalid`) or
                names an unknown table (`table-unknown`).
        """
        return sql(
            self._with_flow_tables(),
            text,
            params,
            timeout_s=timeout_s,
            memory_limit_bytes=memory_limit_bytes,
        )

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

    def occurrences(self) -> Query[Occurrence]:
        """Query where symbols are defined and used; iterating streams them.

        Raises:
            QueryError: The snapshot was made without them (code `layer-missing`).
        """
        return self.query().occurrences()

    def occurrences_at(self, path: str, line: int, column: int) -> list[Occurrence]:
        """Return what the identifier at a place is: usually one occurrence, none where no known name stands.

        Args:
            path: The file, as in `files.path`.
            line: From 1.
            column: From 0, in UTF-8 bytes; the place right behind an identifier counts, too.

        Raises:
            QueryError: The snapshot was made without occurrences (code `layer-missing`).
        """
        from codegraph._internal.sdk.occurrences import occurrences_at

        require_layer(cast("SnapshotLike", self._snapshot()), "occurrences")
        return occurrences_at(self._snapshot().snapshot, path, line, column)

    def definitions_at(self, path: str, line: int, column: int) -> list[Occurrence]:
        """Return where the name at a place is defined, locals and parameters included; see `occurrences_at`.

        Of several definitions of one name in a scope it is the one that holds; in Python all bindings that reach the
        place, in source order. Where a member stands that overrides one of a base, both are returned, its own first.
        The name of a package of Go is defined by the import that brings it.

        Returns:
            Occurrences with the role definition, or write where a name is bound again; none for a name outside the
            repository, or deleted before the place.
        """
        from codegraph._internal.sdk.occurrences import definitions_of, named

        found: list[Occurrence] = []
        snapshot = self._snapshot().snapshot
        for one in named(snapshot, self.occurrences_at(path, line, column)):
            found.extend(each for each in definitions_of(self.query(), snapshot, one) if each not in found)
        return found

    def references_at(self, path: str, line: int, column: int) -> list[Occurrence]:
        """Return all occurrences of the name at a place, its definition included; see `occurrences_at`.

        What a stub declares and what implements it are one name here. A name of Python of which nothing is known refers
        to nothing else: it is returned alone, without a symbol.
        """
        from codegraph._internal.sdk.occurrences import (
            declared_there,
            once,
            references_with_stubs,
            referred,
            unknown_name,
        )

        query, snapshot = self.query(), self._snapshot().snapshot
        here = declared_there(snapshot, self.occurrences_at(path, line, column))
        symbols = dict.fromkeys(referred(query, snapshot, one).symbol for one in here)
        found: dict[Occurrence, None] = {}
        for symbol in symbols:
            found.update(dict.fromkeys(references_with_stubs(query, snapshot, symbol, path)))
        return once(found) if here else unknown_name(snapshot, path, line, column)

    def references_of(self, symbol: Node | str) -> list[Occurrence]:
        """Return all occurrences of a symbol, its definition included, by file and place, then those in its stub.

        Args:
            symbol: A node, a symbol as in `occurrences.symbol`, or what `find_symbol` takes.

        Raises:
            QueryError: The snapshot was made without occurrences (code `layer-missing`), or nothing, or several things,
                have that name (`symbol-unknown`, `symbol-ambiguous`).
        """
        from codegraph._internal.sdk.occurrences import chosen_symbol, references_with_stubs

        query = self.query()
        chosen = chosen_symbol(query, symbol)
        return [] if chosen is None else references_with_stubs(query, self._snapshot().snapshot, chosen)

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
        return [show_symbol(query, node, self._root(), self.source) for node in nodes]

    def function(self, symbol: str | Node) -> FunctionFlow:
        """Return control flow and data flow of a function, class body or module: its file is lowered when asked for.

        Args:
            symbol: A node, or what `find_symbol` resolves to one.

        Raises:
            QueryError: No symbol or several have that name (`symbol-unknown`, `symbol-ambiguous`), or there is no
                lowering, no source or no code of it (`flow-unavailable`).
        """
        from codegraph._internal.sdk.flow import function_flow

        node = self._one_symbol(symbol)
        host = self._plugins()
        content = None if node.file_path is None else self.source(node.file_path)
        rows = self.files().filter(path=node.file_path).execute() if node.file_path is not None else ()
        content_hash = next((row.content_hash for row in rows), None)
        return function_flow(node, content, content_hash, host.languages(), host.lowerings())

    def _one_symbol(self, symbol: str | Node) -> Node:
        found = [symbol] if isinstance(symbol, Node) else find_symbol(self.query(), symbol)
        if len(found) != 1:
            shown = ", ".join(node.id for node in found[:5])
            raise QueryError(
                f"{len(found)} symbols are named {symbol!r}." if found else f"There is no symbol {symbol!r}.",
                code="symbol-ambiguous" if found else "symbol-unknown",
                context={
                    "remedy": f"Give one id: {shown}." if found else "Give an id, a dotted name or its last parts."
                },
            )
        return found[0]

    def slice(self, place: str, direction: Direction = "backward", *, depth: int | None = None) -> Slice:
        """Return what a value depends on, or what depends on it, through calls.

        Args:
            place: "path:line:name": a variable or attribute that the line reads or writes; "path:line": all of it.
            direction: "backward" (what it depends on) or "forward" (what depends on it).
            depth: How many functions away it may lead; 0 stays in the function, None goes as far as it leads.

        Raises:
            QueryError: The place cannot be read or does not exist (`slice-criterion-unknown`), or no plugin lowers the
                file's language (`flow-unavailable`).
        """
        from codegraph._internal.sdk.flow import lowered_file
        from codegraph._internal.sdk.slicing import Slicer, read_place

        path, line, name = read_place(place)
        host = self._plugins()
        languages, lowerings = host.languages(), host.lowerings()

        def lower(path: str) -> tuple[bytes, LoweredFile] | None:
            row = self.files().filter(path=path).first()
            content = None if row is None else self.source(path)
            lowered = None if row is None else lowered_file(row, content, languages, lowerings)
            return None if content is None or lowered is None else (content, lowered)

        return Slicer(self.snapshot_id, self.query(), lower).slice(path, line, name, direction, depth)

    def explain_edge(self, caller: str | Node, callee: str | Node) -> EdgeExplanation:
        """Return why somebody calls somebody: places, resolvers, and how the callee's object got to each call.

        The chains come from a plugin that analyses the snapshot's files anew, and are shortest ones.

        Args:
            caller: A node, or what `find_symbol` resolves to one.
            callee: The same.

        Returns:
            One entry for each edge `calls` or `instantiates` between them, by place; none if there is no such edge.

        Raises:
            QueryError: No symbol or several have that name (`symbol-unknown`, `symbol-ambiguous`).
        """
        from codegraph._internal.sdk.explaining import explain_edge

        host = self._plugins()
        ends = self._one_symbol(caller), self._one_symbol(callee)
        return explain_edge(self.snapshot_id, self.query(), self.source, *ends, host.languages(), host.explainers())

    async def aexplain_edge(self, caller: str | Node, callee: str | Node) -> EdgeExplanation:
        """Explain in a worker thread; see `explain_edge`."""
        return await in_thread(self.explain_edge, caller, callee)

    async def aslice(self, place: str, direction: Direction = "backward", *, depth: int | None = None) -> Slice:
        """Slice in a worker thread; see `slice`."""
        return await in_thread(self.slice, place, direction, depth=depth)

    def _plugins(self) -> PluginHost:
        from codegraph._internal.plugin_host import PluginHost

        if self._host is None:
            self._host = PluginHost.load(objects=self._plugins_given())
        return self._host

    async def afunction(self, symbol: str | Node) -> FunctionFlow:
        """Lower in a worker thread; see `function`."""
        return await in_thread(self.function, symbol)

    def _plugins_given(self) -> Sequence[object]:
        """Plugins passed in code, beside the installed ones."""
        return self._plugin_objects

    def source(self, path: str) -> bytes | None:
        """Return a file's bytes as the snapshot was made from them, whatever the disk holds now.

        Args:
            path: As in `files.path`.

        Returns:
            None for a file that is not in the snapshot, and for one that was not parsed.
        """
        from codegraph._internal.indexing.sources import kept_source

        held = self._snapshot()
        with telling(held):
            return kept_source(held, path)

    def diff(self, other: Graph | str) -> SnapshotDiff:
        """Compare with another snapshot, the older one by convention: what was added since, removed, changed, moved.

        Args:
            other: A graph, or a snapshot's id, tag or branch in the same store.

        Returns:
            Differences by table, streamed as Arrow batches; files that neither changed cost nothing.

        Raises:
            StorageError: There is no such snapshot (code `snapshot-missing`).
        """
        from codegraph._internal.store.diff import SnapshotDiff

        ours = self._snapshot()
        with telling(ours):
            return SnapshotDiff(other._snapshot() if isinstance(other, Graph) else ours.sibling(other), ours)

    def history(self, node: Node | str) -> pa.Table:
        """Return the versions that a node had, as far as snapshots are kept, up to this one; oldest first.

        Args:
            node: The node, or its id.

        Returns:
            A row for each version: `change` (added, changed, moved, removed), `node_id` (what it was before it was
            moved, too), first and last snapshot with it, `version` (UUIDv7), `since` (when it first appeared),
            `content_hash`, place and signature.
        """
        held = self._snapshot()
        with telling(held):
            return held.history(node if isinstance(node, str) else node.id)

    async def adiff(self, other: Graph | str) -> SnapshotDiff:
        """Compare in a worker thread; see `diff`."""
        return await in_thread(self.diff, other)

    async def ahistory(self, node: Node | str) -> pa.Table:
        """Return a node's versions from a worker thread; see `history`."""
        return await in_thread(self.history, node)

    async def afind_symbol(self, text: str) -> list[Node]:
        """Resolve a text in a worker thread; see `find_symbol`."""
        return await in_thread(self.find_symbol, text)

    async def ashow(self, symbol: str | Node) -> list[SymbolView]:
        """Collect what is known of a symbol in a worker thread; see `show`."""
        return await in_thread(self.show, symbol)

    async def aoccurrences_at(self, path: str, line: int, column: int) -> list[Occurrence]:
        """Look a place up in a worker thread; see `occurrences_at`."""
        return await in_thread(self.occurrences_at, path, line, column)

    async def adefinitions_at(self, path: str, line: int, column: int) -> list[Occurrence]:
        """Look a definition up in a worker thread; see `definitions_at`."""
        return await in_thread(self.definitions_at, path, line, column)

    async def areferences_at(self, path: str, line: int, column: int) -> list[Occurrence]:
        """Look references up in a worker thread; see `references_at`."""
        return await in_thread(self.references_at, path, line, column)

    async def areferences_of(self, symbol: Node | str) -> list[Occurrence]:
        """Look references up in a worker thread; see `references_of`."""
        return await in_thread(self.references_of, symbol)

    async def asource(self, path: str) -> bytes | None:
        """Return a file's bytes in a worker thread; see `source`."""
        return await in_thread(self.source, path)

    async def amodule_graph(self) -> ModuleGraph:
        """Build the module graph in a worker thread; see `module_graph`."""
        return await in_thread(self.module_graph)

    async def acustom_results(self, type: str) -> list[Finding]:  # noqa: A002 -- the customer's name
        """Return findings of a type from a worker thread; see `custom_results`."""
        return await in_thread(self.custom_results, type)

    async def aclose(self) -> None:
        """Release the snapshot in a worker thread; see `close`."""
        await in_thread(self.close)

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
        await self.aclose()

    def _root(self) -> Path | None:
        root = self.summary.get("root")
        return Path(root) if root else None

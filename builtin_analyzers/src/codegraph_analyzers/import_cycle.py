"""import-cycle: modules that need each other to load."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, ClassVar

from codegraph_hookspecs import AnalysisContext, Analyzer, PluginInfo, hookimpl

if TYPE_CHECKING:
    import pyarrow as pa
    import rustworkx as rx


class ImportCycle(Analyzer):
    """Finds modules that import each other while they load.

    What it does:
        Builds the graph of files by their resolved imports and reports each strongly connected component
        of two or more files, once, with one shortest cycle through its first file. Imports inside
        functions run later and do not count; TypeScript's `import type` does not run at all.

    Why:
        In a cycle, which module is loaded first decides whether names exist when they are used: a cycle
        that works today breaks when an import moves. Its modules can be tested, moved and understood only
        together. Components are Tarjan's ("Depth-first search and linear graph algorithms", SIAM J.
        Comput. 1(2), 1972).

    Example:
        ```python
        # a.py
        from b import helper      # finding: a.py → b.py → a.py
        # b.py
        import a
        ```
        Moving what both need into a third module ends the finding.
    """

    name = "import-cycle"
    version = "1"
    scope = "repo"
    reads: ClassVar[Mapping[str, Sequence[str]] | None] = {
        "nodes": ("id", "kind", "file_path", "parent_id"),
        "imports": ("id", "file_path", "target_file", "raw"),
    }
    selects: ClassVar[Mapping[str, Mapping[str, Sequence[str]]]] = {"nodes": {"kind": ("module", "import")}}

    def analyze(self, document: Any) -> Iterator[Mapping[str, object]]:
        """Yield one finding for each cycle, by the first file's path."""
        import pyarrow.compute as pc
        import rustworkx as rx

        from codegraph_analyzers.reading import is_in, read_columns

        context: AnalysisContext = document
        nodes = read_columns(
            context,
            "nodes",
            ["id", "kind", "file_path", "parent_id"],
            where=lambda batch: is_in(batch.column("kind"), ["module", "import"]),
        )
        modules = nodes.filter(pc.equal(nodes["kind"], "module"))
        ids = dict(zip(modules["file_path"].to_pylist(), modules["id"].to_pylist(), strict=True))
        graph, index = _file_graph(_load_time_imports(context, nodes, modules["id"].combine_chunks()))
        found = []
        for component in rx.strongly_connected_components(graph):
            if len(component) > 1:
                files = sorted(graph[position] for position in component)
                found.append((files, _shortest_cycle(graph, index[files[0]], frozenset(component))))
        for files, cycle in sorted(found):
            context.check()
            path = " → ".join([*cycle, cycle[0]])
            yield {
                "type": self.name,
                "message": f"{len(files)} modules import each other: {path}.",
                "severity": "medium",
                "node_id": ids.get(files[0]),
                "file_path": files[0],
                "properties": {"files": files, "cycle": cycle},
            }


def _load_time_imports(context: AnalysisContext, nodes: pa.Table, module_ids: pa.Array) -> set[tuple[str, str]]:
    """Return the distinct (file_path, target_file) of the imports that run when their module is loaded."""
    import pyarrow.compute as pc

    from codegraph_analyzers.reading import read_columns

    imports = read_columns(
        context,
        "imports",
        ["id", "file_path", "target_file", "raw"],
        where=lambda batch: pc.is_valid(batch.column("target_file")),
    )
    imports = imports.filter(pc.invert(pc.starts_with(imports["raw"], "import type ")))
    at_top = nodes.filter(
        pc.and_(pc.equal(nodes["kind"], "import"), pc.is_in(nodes["parent_id"], value_set=module_ids))
    )
    imports = imports.filter(pc.is_in(imports["id"], value_set=at_top["id"].combine_chunks()))
    return set(zip(imports["file_path"].to_pylist(), imports["target_file"].to_pylist(), strict=True))


def _file_graph(pairs: Set[tuple[str, str]]) -> tuple[rx.PyDiGraph[str, None], dict[str, int]]:
    import rustworkx as rx

    graph: rx.PyDiGraph[str, None] = rx.PyDiGraph()
    # By name, so that the order of rows decides nothing.
    names = sorted({name for pair in pairs for name in pair})
    index = dict(zip(names, graph.add_nodes_from(names), strict=True))
    graph.add_edges_from_no_data(sorted((index[source], index[target]) for source, target in pairs))
    return graph, index


def _shortest_cycle(graph: rx.PyDiGraph[str, None], start: int, component: frozenset[int]) -> list[str]:
    """Return the files of one shortest cycle through a file; among equals the first by path."""
    came_from = {start: start}
    waiting = deque([start])
    while waiting:
        current = waiting.popleft()
        for following in sorted(graph.successor_indices(current)):
            if following == start and current != start:
                path = [current]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return [graph[position] for position in reversed(path)]
            if following in component and following not in came_from:
                came_from[following] = current
                waiting.append(following)
    raise AssertionError("a file of a strongly connected component lies on a cycle")


class ImportCyclePlugin:
    """The plugin that brings the analyzer."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(
            name="analyzer-import-cycle", version="0.1.0", summary="Modules that import each other while they load"
        )

    @hookimpl
    def codegraph_analyzers(self) -> list[Analyzer]:
        """Give the analyzer."""
        return [ImportCycle()]


plugin = ImportCyclePlugin()

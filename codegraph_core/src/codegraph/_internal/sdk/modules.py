"""The graph of modules that import each other, over rustworkx."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
import rustworkx as rx
from attrs import frozen

from codegraph._internal.query import GraphQuery


@frozen(order=True)
class Module:
    """A module of the repository.

    Args:
        fqn: Dotted name.
        id: Node id.
        file_path: Its file.
    """

    fqn: str
    id: str
    file_path: str


class ModuleGraph:
    """Modules and the imports between them.

    Args:
        modules: The modules, sorted.
        imports: (importing module's position, imported module's position, number of imports).

    Attributes:
        graph: `PyDiGraph` whose nodes are `Module`s and whose edges, from the importer to the imported, are
            the number of imports.
    """

    def __init__(self, modules: Iterable[Module], imports: Iterable[tuple[int, int, int]]) -> None:
        self.graph: rx.PyDiGraph[Module, int] = rx.PyDiGraph(multigraph=False)
        self.graph.add_nodes_from(list(modules))
        self.graph.add_edges_from(list(imports))

    def __len__(self) -> int:
        return self.graph.num_nodes()

    def modules(self) -> list[Module]:
        """Return the modules, sorted by name."""
        return sorted(self.graph.nodes())

    def imports(self, fqn: str) -> list[Module]:
        """Return the modules that a module imports, sorted; empty when there is no such module."""
        found: set[Module] = set()
        for index in self.graph.node_indices():
            if self.graph[index].fqn == fqn:
                found.update(self.graph.successors(index))
        return sorted(found)

    def imported_by(self, fqn: str) -> list[Module]:
        """Return the modules that import a module, sorted; empty when there is no such module."""
        found: set[Module] = set()
        for index in self.graph.node_indices():
            if self.graph[index].fqn == fqn:
                found.update(self.graph.predecessors(index))
        return sorted(found)

    def sccs(self) -> list[list[Module]]:
        """Return the strongly connected components, each sorted, in the order of `topological_order`."""
        components = [sorted(component) for component in self._components()]
        return [components[position] for position in self._order(components)]

    def cycles(self) -> list[list[Module]]:
        """Return the groups of two or more modules that import each other, directly or not."""
        return [component for component in self.sccs() if len(component) > 1]

    def topological_order(self) -> list[Module]:
        """Return the modules, imported ones before their importers; modules of one cycle stand together."""
        return [module for component in self.sccs() for module in component]

    def _components(self) -> list[list[Module]]:
        return [[self.graph[index] for index in part] for part in rx.strongly_connected_components(self.graph)]

    def _order(self, components: list[list[Module]]) -> list[int]:
        home = {module.id: position for position, members in enumerate(components) for module in members}
        condensed: rx.PyDiGraph[int, None] = rx.PyDiGraph(multigraph=False)
        condensed.add_nodes_from(list(range(len(components))))
        for source, target in self.graph.edge_list():
            importer, imported = home[self.graph[source].id], home[self.graph[target].id]
            if importer != imported:
                condensed.add_edge(imported, importer, None)
        # The key makes the order independent of how components were found.
        rank = {position: f"{index:09d}" for index, position in enumerate(_by_name(components))}
        return list(rx.lexicographical_topological_sort(condensed, key=lambda position: rank[position]))


def _by_name(components: list[list[Module]]) -> list[int]:
    return sorted(range(len(components)), key=lambda position: components[position][0])


def module_graph(query: GraphQuery) -> ModuleGraph:
    """Build the module graph of a snapshot from its `imports` edges.

    Time is one scan of nodes and edges; imports of external names have no module and are left out.
    """
    rows = query.nodes().filter(kind="module", file_path__isnull=False).select("fqn", "id", "file_path").to_arrow()
    modules = sorted(Module(**row) for row in rows.to_pylist())
    files = pa.array([module.file_path for module in modules], pa.string())
    edges = query.edges().filter(kind="imports").select("file_path", "target_id").to_arrow()
    targets = edges.column("target_id").combine_chunks().dictionary_encode()
    source = pc.index_in(edges.column("file_path").combine_chunks(), value_set=files)
    home = pc.index_in(_files_of(query, targets.dictionary), value_set=files)
    pairs = pa.table({"source": source, "target": pc.take(home, targets.indices)})
    between = pairs.filter(pc.not_equal(pairs["source"], pairs["target"]))  # a null at either end drops the row
    counted = between.group_by(["source", "target"], use_threads=False).aggregate([([], "count_all")])
    counted = counted.sort_by([("source", "ascending"), ("target", "ascending")])
    columns = [counted[name].to_pylist() for name in ("source", "target", "count_all")]
    return ModuleGraph(modules, zip(*columns, strict=True))


def _files_of(query: GraphQuery, ids: pa.Array) -> pa.Array:
    """Return the file of each node, null where it has none."""
    nodes = query.nodes().select("id", "file_path")
    found = [batch.filter(pc.is_in(batch.column("id"), value_set=ids)) for batch in nodes.batches(10_000)]
    known = pa.Table.from_batches(found, schema=nodes.schema)
    positions = pc.index_in(ids, value_set=known["id"].combine_chunks())
    return known["file_path"].combine_chunks().take(positions)

"""The module graph agrees with networkx-free brute force: reachability decides components and order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from codegraph._internal.query import GraphQuery
from codegraph._internal.sdk.modules import Module, module_graph
from tests.unit.query.memory_snapshot import MemorySnapshot, edge, node

NAMES = [f"m{index}" for index in range(6)]
IMPORTS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=14)


def snapshot(imports: list[tuple[str, str]]) -> MemorySnapshot:
    nodes = [node(f"{name}@py", kind="module", file_path=f"{name}.py") for name in NAMES]
    nodes += [node(f"{name}.f@py", file_path=f"{name}.py") for name in NAMES]
    nodes.append(node("os@external", kind="external"))
    edges = []
    for position, (source, target) in enumerate(imports):
        # Whole modules and symbols in them count alike; so do imports in nested scopes.
        ends = (f"{source}@py", f"{target}.f@py") if position % 2 else (f"{source}.f@py", f"{target}@py")
        edges.append(edge(*ends, "imports", file_path=f"{source}.py"))
    edges.append(edge("m0@py", "os@external", "imports", file_path="m0.py"))
    edges.append(edge("m0@py", "m5@py", "references", file_path="m0.py"))
    return MemorySnapshot(4, nodes=nodes, edges=edges)


@given(IMPORTS)
@settings(max_examples=150, deadline=None)
def test_components_and_order_follow_from_reachability(imports: list[tuple[str, str]]) -> None:
    graph = module_graph(GraphQuery(snapshot(imports)))
    direct = {name: {b for a, b in imports if a == name and a != b} for name in NAMES}
    reach = {name: set(direct[name]) for name in NAMES}
    for _ in NAMES:
        reach = {name: ends.union(*(reach[end] for end in ends)) for name, ends in reach.items()}

    expected = {frozenset({a} | {b for b in NAMES if b in reach[a] and a in reach[b]}) for a in NAMES}
    components = [[module.fqn for module in component] for component in graph.sccs()]
    assert {frozenset(component) for component in components} == expected
    assert all(component == sorted(component) for component in components)
    assert [[m.fqn for m in cycle] for cycle in graph.cycles()] == [c for c in components if len(c) > 1]

    order = [module.fqn for module in graph.topological_order()]
    assert sorted(order) == NAMES
    for a in NAMES:
        for b in reach[a]:
            if a not in reach[b]:
                assert order.index(b) < order.index(a)
    for name in NAMES:
        assert [module.fqn for module in graph.imports(name)] == sorted(direct[name])
        assert [module.fqn for module in graph.imported_by(name)] == sorted(a for a in NAMES if name in direct[a])
    weights = {(graph.graph[a].fqn, graph.graph[b].fqn): w for a, b, w in graph.graph.weighted_edge_list()}
    assert weights == {(a, b): imports.count((a, b)) for a, b in imports if a != b}


def test_the_order_is_the_same_however_rows_are_stored() -> None:
    imports = [("m3", "m1"), ("m1", "m3"), ("m5", "m0"), ("m2", "m4")]
    orders = [module_graph(GraphQuery(snapshot(given))).topological_order() for given in (imports, imports[::-1])]
    assert orders[0] == orders[1]
    assert len(module_graph(GraphQuery(snapshot([])))) == len(NAMES)


def test_a_repository_without_modules_has_an_empty_graph() -> None:
    graph = module_graph(GraphQuery(MemorySnapshot()))
    assert (graph.modules(), graph.cycles(), graph.topological_order(), graph.imports("m")) == ([], [], [], [])
    assert Module("a", "a@py", "a.py") < Module("b", "b@py", "b.py")

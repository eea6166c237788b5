"""Prefetched relations are what a query for each row would give, in a number of lookups that does not grow."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from codegraph import Node
from codegraph._internal.query import GraphQuery
from codegraph._internal.store import Snapshot
from codegraph_hookspecs import QueryError
from tests.unit.query.memory_snapshot import MemorySnapshot, edge, node
from tests.unit.query.stored import opened

NODES = [node("m@py", kind="module")] + [
    node(f"m.f{n:02d}@py", parent_id="m@py" if n % 4 else None, start_line=n) for n in range(40)
]
EDGES = [
    *(edge(f"m.f{n:02d}@py", f"m.f{(n * 7 + 3) % 40:02d}@py") for n in range(40)),
    *(edge(f"m.f{n:02d}@py", f"m.f{(n * 3) % 40:02d}@py", "instantiates") for n in range(0, 40, 2)),
    *(edge(f"m.f{n:02d}@py", f"m.f{n % 5:02d}@py", "references") for n in range(40)),
    *(edge("m@py", f"m.f{n:02d}@py", "defines") for n in range(40) if n % 4),
    edge("m.f00@py", "gone@py"),
]
RELATIONS = ("callers", "callees", "children", "in_edges", "out_edges", "parent")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with opened(tmp_path_factory.mktemp("store"), nodes=NODES, edges=EDGES) as snapshot:
        yield snapshot


def test_each_relation_is_what_a_query_for_the_row_gives(snapshot: Snapshot) -> None:
    query = GraphQuery(snapshot)
    found = query.nodes().order_by("id", descending=True).prefetch(*RELATIONS).execute()
    assert [row.node for row in found] == query.nodes().order_by("id", descending=True).execute()
    for row in found:
        start = query.nodes().filter(id=row.node.id)
        assert list(row.callers) == start.callers().execute()
        assert list(row.callees) == start.callees().execute()
        assert list(row.children) == query.nodes().filter(parent_id=row.node.id).order_by("id").execute()
        assert list(row.out_edges) == query.edges().filter(source_id=row.node.id).execute()
        assert list(row.in_edges) == query.edges().filter(target_id=row.node.id).execute()
        assert row.parent == (query.nodes().filter(id=row.node.parent_id).first() if row.node.parent_id else None)


def test_edges_come_with_the_nodes_at_their_ends(snapshot: Snapshot) -> None:
    query = GraphQuery(snapshot)
    nodes = {row.id: row for row in query.nodes()}
    found = query.edges().prefetch("source", "target").execute()
    assert [row.edge for row in found] == query.edges().execute()
    assert [(row.source, row.target) for row in found] == [
        (nodes.get(row.edge.source_id), nodes.get(row.edge.target_id)) for row in found
    ]
    assert None in [row.target for row in found]


@pytest.mark.parametrize("rows", [30, 900])
def test_the_number_of_lookups_does_not_grow_with_the_rows(rows: int) -> None:
    names = [f"m.f{n:03d}@py" for n in range(rows)]
    snapshot = MemorySnapshot(
        400, nodes=[node(n) for n in names], edges=[edge(a, b) for a, b in itertools.pairwise(names)]
    )
    found = GraphQuery(snapshot).nodes().prefetch("callers", "callees", "out_edges").execute()
    assert len(found) == rows
    assert snapshot.looked_up == ["edges.target_id", "edges.source_id", "nodes.id", "edges.source_id"]


@pytest.mark.parametrize("relation", [*RELATIONS, "source", "target"])
def test_explain_names_the_indexes_that_are_really_used(relation: str) -> None:
    rows = [node("m.f@py"), node("m.g@py", parent_id="m.f@py"), node("m.h@py", parent_id="m.f@py")]
    pairs = [(a["id"], b["id"]) for a, b in itertools.permutations(rows, 2)]
    edges = [edge(a, b, kind) for a, b in pairs for kind in ("calls", "defines")]
    snapshot = MemorySnapshot(400, nodes=rows, edges=edges)
    query = GraphQuery(snapshot)
    found: Any = (query.edges() if relation in {"source", "target"} else query.nodes().limit(2)).prefetch(relation)
    assert found.execute()
    (line,) = found.explain().related
    assert line == f"{relation} by index {', '.join(dict.fromkeys(snapshot.looked_up))}"
    assert f"  related: {line}" in str(found.explain()).splitlines()
    assert asyncio.run(found.aexplain()) == found.explain()


def test_rows_stream_and_asynchronous_twins_agree(snapshot: Snapshot) -> None:
    query = GraphQuery(snapshot).nodes().filter(kind="function").prefetch("callers")
    expected = query.execute()
    assert list(query) == list(query.execute(stream=True)) == expected
    assert query.first() == expected[0]

    async def run() -> None:
        assert await query.aexecute() == expected
        assert await query.afirst() == expected[0]
        assert [row async for row in query] == expected

    asyncio.run(run())
    assert GraphQuery(snapshot).nodes().filter(id="nothing").prefetch("parent").first() is None


def test_limits_order_and_walks_apply_to_the_rows_themselves(snapshot: Snapshot) -> None:
    query = GraphQuery(snapshot).nodes().filter(id="m.f01@py").callees(3)
    assert [row.node for row in query.prefetch("callers")] == query.execute()
    limited = GraphQuery(snapshot).nodes().order_by("start_line").limit(3).prefetch("callees")
    assert [row.node.start_line for row in limited] == [0, 1, 2]


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda q: q.nodes().prefetch("caller"), "callers"),
        (lambda q: q.nodes().prefetch(), "callers"),
        (lambda q: q.edges().prefetch("sorce"), "source"),
        (lambda q: q.edges().prefetch("xyz"), "target"),
    ],
)
def test_an_unknown_relation_is_named_with_the_nearest(snapshot: Snapshot, call: Any, hint: str) -> None:
    with pytest.raises(QueryError, match=hint) as caught:
        call(GraphQuery(snapshot))
    assert caught.value.code == "argument-invalid"


def test_a_relation_that_was_not_prefetched_is_an_error_and_not_a_hidden_lookup(snapshot: Snapshot) -> None:
    row = GraphQuery(snapshot).nodes().prefetch("callers").first()
    assert row is not None
    assert all(isinstance(caller, Node) for caller in row.callers)
    for relation in set(RELATIONS) - {"callers"}:
        with pytest.raises(QueryError, match="not prefetched"):
            getattr(row, relation)
    joined = GraphQuery(snapshot).edges().prefetch("source").first()
    assert joined is not None
    assert joined.source is not None
    with pytest.raises(QueryError, match="not prefetched"):
        _ = joined.target

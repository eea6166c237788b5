"""The builder over a real store agrees with DuckDB over the same rows, and its walks agree with networkx."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import networkx as nx
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegraph import Q
from codegraph._internal.query import GraphQuery
from codegraph._internal.query.sql import sql
from codegraph._internal.store import Snapshot
from codegraph_hookspecs import TABLES
from tests.unit.query.memory_snapshot import edge, node
from tests.unit.query.stored import opened

Row = dict[str, Any]
KINDS = ["calls", "instantiates", "references", "inherits"]
RESOLVERS = ["lexical", "imports", "types"]
IDS = [f"pkg.m{n}.f@py" for n in range(9)]

NODES = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["function", "class", "method"]),
            "language": st.none() | st.sampled_from(["python", "go"]),
            "complexity": st.none() | st.integers(-3, 6),
            "start_line": st.none() | st.integers(0, 5),
            "is_test": st.booleans(),
            "docstring": st.none() | st.text(alphabet="ab%_é", max_size=3),
            "file_path": st.none() | st.sampled_from(["a/b.py", "a/c/d.py", "e.go"]),
        }
    ),
    max_size=20,
).map(lambda rows: [node(f"pkg.f{n:02d}@py", **row) for n, row in enumerate(rows)])
EDGES = st.lists(
    st.tuples(
        st.sampled_from(IDS),
        st.sampled_from(IDS),
        st.sampled_from(KINDS),
        st.sampled_from(RESOLVERS),
        st.sampled_from([0.25, 0.5, 1.0]),
    ),
    max_size=25,
    unique_by=lambda e: e[:4],
).map(
    lambda found: [
        {**edge(s, t, k), "id": f"{k}:{s}>{t}:{r}", "resolver": r, "confidence": c} for s, t, k, r, c in found
    ]
)

# A condition twice: as a filter's keyword, and as SQL that DuckDB evaluates over its own table.
CONDITIONS = st.sampled_from(
    [
        (Q(kind="class"), "kind = 'class'"),
        (Q(kind__in=["class", "method"]), "kind IN ('class', 'method')"),
        (Q(kind=[]), "false"),
        (Q(kind__ne="class"), "kind IS DISTINCT FROM 'class'"),
        (Q(language=None), "language IS NULL"),
        (Q(language="go"), "coalesce(language = 'go', false)"),
        (Q(complexity__gt=2), "coalesce(complexity > 2, false)"),
        (Q(complexity__lte=2), "coalesce(complexity <= 2, false)"),
        (Q(complexity__isnull=False), "complexity IS NOT NULL"),
        (Q(complexity=[1, 2, None]), "complexity IN (1, 2) OR complexity IS NULL"),
        (Q(is_test=True), "is_test"),
        (Q(docstring__contains="a"), "coalesce(contains(docstring, 'a'), false)"),
        (Q(docstring__startswith="a"), "coalesce(starts_with(docstring, 'a'), false)"),
        (Q(docstring__endswith="é"), "coalesce(ends_with(docstring, 'é'), false)"),
        (Q(docstring__regex="^[ab]+$"), "coalesce(regexp_matches(docstring, '^[ab]+$'), false)"),
        (Q(docstring__contains="%"), "coalesce(contains(docstring, '%'), false)"),
        (Q(file_path="a/**"), "coalesce(file_path GLOB 'a/*', false)"),
        (Q(id="pkg.f03@py"), "id = 'pkg.f03@py'"),
        (Q(name="f04"), "name = 'f04'"),
        (Q(fqn__in=["pkg.f01", "pkg.f05"]), "fqn IN ('pkg.f01', 'pkg.f05')"),
        (Q(name__gte="f05"), "name >= 'f05'"),
    ]
)
TREES = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        inner.map(lambda a: (~a[0], f"NOT ({a[1]})")),
        st.tuples(inner, inner).map(lambda ab: (ab[0][0] & ab[1][0], f"({ab[0][1]}) AND ({ab[1][1]})")),
        st.tuples(inner, inner).map(lambda ab: (ab[0][0] | ab[1][0], f"({ab[0][1]}) OR ({ab[1][1]})")),
    ),
    max_leaves=4,
)
ORDERS = st.lists(
    st.tuples(st.sampled_from(["complexity", "language", "docstring", "is_test", "start_line"]), st.booleans()),
    max_size=3,
    unique_by=lambda key: key[0],
)


@contextmanager
def stored(**tables: list[Row]) -> Iterator[Snapshot]:
    with TemporaryDirectory() as folder, opened(Path(folder), **tables) as snapshot:
        yield snapshot


@contextmanager
def oracle(rows: list[Row]) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the rows in a table of its own, numbered."""
    names = ["id", "name", "fqn", *NODE_COLUMNS]
    schema = TABLES["nodes"].schema
    given = pa.table(
        {"place": list(range(len(rows)))}
        | {name: pa.array([row.get(name) for row in rows], schema.field(name).type) for name in names}
    )
    connection = duckdb.connect(":memory:")
    try:
        connection.register("given", given)
        connection.execute("CREATE TABLE nodes AS SELECT * FROM given")
        yield connection
    finally:
        connection.close()


NODE_COLUMNS = ("kind", "language", "complexity", "start_line", "is_test", "docstring", "file_path")


@given(NODES, TREES, ORDERS, st.sampled_from(["first", "last"]), st.none() | st.integers(0, 8), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_filter_order_limit_and_offset_are_those_of_duckdb(
    rows: list[Row], tree: tuple[Q, str], order: list[tuple[str, bool]], nulls: Any, limit: int | None, offset: int
) -> None:
    condition, text = tree
    keys = [f"{field} {'DESC' if down else 'ASC'} NULLS {nulls}" for field, down in order]
    asked = f"SELECT id FROM nodes WHERE {text} ORDER BY {', '.join([*keys, 'place'])}"
    asked += f" LIMIT {'ALL' if limit is None else limit} OFFSET {offset}"
    with oracle(rows) as connection:
        expected = [row[0] for row in connection.execute(asked).fetchall()]
    with stored(nodes=rows) as snapshot:
        query = GraphQuery(snapshot).nodes().filter(condition)
        query = query.order_by(*(f"-{f}" if down else f for f, down in order), nulls=nulls) if order else query
        query = query.limit(limit).offset(offset)
        found = [row.id for row in query]
        assert query.count() == len(expected)
        assert query.to_arrow()["id"].to_pylist() == found
        estimated = query.explain().estimated_rows
    indexed = not order and any(f"{key} " in text for key in ("id", "name", "fqn"))
    if indexed and limit is None and not offset:
        assert sorted(found) == sorted(expected)  # an index gives rows in the order of its keys
    elif not indexed:
        assert found == expected
    assert estimated is None or estimated >= 0


@given(NODES, TREES, st.lists(st.sampled_from(["kind", "language", "is_test", "start_line"]), max_size=3, unique=True))
@settings(max_examples=50, deadline=None)
def test_aggregates_are_those_of_duckdb(rows: list[Row], tree: tuple[Q, str], groups: list[str]) -> None:
    condition, text = tree
    columns = (
        "count(id) AS count, count(docstring) AS count_doc, sum(complexity) AS sum, avg(complexity) AS avg,"
        " min(complexity) AS min, max(docstring) AS max_doc"
    )
    by = f"GROUP BY {', '.join(groups)}" if groups else ""
    with oracle(rows) as connection:
        result = connection.sql(f"SELECT {', '.join([*groups, columns])} FROM nodes WHERE {text} {by}")
        expected = result.to_arrow_table().to_pylist()
    with stored(nodes=rows) as snapshot:
        found = (
            GraphQuery(snapshot)
            .nodes()
            .filter(condition)
            .aggregate(
                group_by=groups,
                count="id",
                count_doc="docstring",
                sum="complexity",
                avg="complexity",
                min="complexity",
                max_doc="docstring",
            )
            .execute()
        )

    def key(row: Row) -> str:
        return repr([row[group] for group in groups])

    assert sorted(found, key=key) == [
        {**row, "sum": None if row["sum"] is None else int(row["sum"])} for row in sorted(expected, key=key)
    ]


@given(NODES, TREES)
@settings(max_examples=30, deadline=None)
def test_sql_over_the_snapshot_is_sql_over_the_rows(rows: list[Row], tree: tuple[Q, str]) -> None:
    text = f"SELECT id, kind, complexity FROM nodes WHERE {tree[1]} ORDER BY id"
    with oracle(rows) as connection:
        expected = connection.sql(text).to_arrow_table().to_pylist()
    with stored(nodes=rows) as snapshot:
        assert sql(snapshot, text).execute() == expected


def graph(edges: list[Row], kinds: list[str] | None, resolver: str | None, least: float | None) -> nx.DiGraph:
    made = nx.DiGraph()
    made.add_nodes_from(IDS)
    made.add_edges_from(
        (row["source_id"], row["target_id"])
        for row in edges
        if (kinds is None or row["kind"] in kinds)
        and (resolver is None or row["resolver"] == resolver)
        and (least is None or row["confidence"] >= least)
    )
    return made


FILTERS = st.tuples(
    st.none() | st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True),
    st.none() | st.sampled_from(RESOLVERS),
    st.none() | st.sampled_from([0.25, 0.4, 1.0]),
)


@given(EDGES, FILTERS, st.sampled_from(["in", "out", "both"]), st.none() | st.integers(1, 4), st.sampled_from(IDS))
@settings(max_examples=60, deadline=None)
def test_walks_reach_what_networkx_reaches(
    edges: list[Row], filters: tuple[Any, Any, Any], direction: Any, depth: int | None, start: str
) -> None:
    kinds, resolver, least = filters
    whole = graph(edges, kinds, resolver, least)
    walked = {"out": whole, "in": whole.reverse(), "both": nx.DiGraph(whole.to_undirected())}[direction]
    # The start is reached only by a walk that returns to it: ask from a twin that nothing leads to.
    walked.add_node("start")
    walked.add_edges_from([("start", end) for end in walked.successors(start)])
    lengths = nx.single_source_shortest_path_length(walked, "start", cutoff=depth)
    expected = {end: length for end, length in lengths.items() if end != "start"}
    with stored(nodes=[node(i) for i in IDS], edges=edges) as snapshot:
        begin = GraphQuery(snapshot).nodes().filter(id=start)
        found = begin.neighbors(kinds, depth, direction=direction, resolver=resolver, min_confidence=least)
        assert [row.id for row in found] == sorted(expected, key=lambda i: (expected[i], i))
        assert found.count() == len(expected)
        if direction != "both":
            same = begin.callees if direction == "out" else begin.callers
            assert same(depth, kinds=kinds, resolver=resolver, min_confidence=least).execute() == found.execute()


@given(EDGES, FILTERS, st.sampled_from(["in", "out", "both"]), st.lists(st.sampled_from(IDS), max_size=3), st.data())
@settings(max_examples=60, deadline=None)
def test_paths_are_as_short_as_networkx_finds_them(
    edges: list[Row], filters: tuple[Any, Any, Any], direction: Any, starts: list[str], data: st.DataObject
) -> None:
    kinds, resolver, least = filters
    goal = data.draw(st.sampled_from(IDS))
    most = data.draw(st.none() | st.integers(1, 4))
    whole = graph(edges, kinds, resolver, least)
    walked = {"out": whole, "in": whole.reverse(), "both": nx.DiGraph(whole.to_undirected())}[direction]
    reach = nx.multi_source_dijkstra_path_length(walked, set(starts)) if starts else {}
    with stored(nodes=[node(i) for i in IDS], edges=edges) as snapshot:
        begin = GraphQuery(snapshot).nodes().filter(id=starts)
        options: Any = {"kinds": kinds, "resolver": resolver, "min_confidence": least, "direction": direction}
        path = [row.id for row in begin.path_to(goal, max_depth=most, **options)]
        again = [row.id for row in begin.path_to(goal, max_depth=most, **options)]
    assert path == again
    if goal not in reach or (most is not None and reach[goal] > most):
        assert path == []
        return
    assert len(path) == reach[goal] + 1
    assert path[0] in starts
    assert path[-1] == goal
    assert nx.is_path(walked, path)


@pytest.mark.parametrize("direction", ["in", "out", "both"])
def test_a_long_chain_with_a_cycle_is_walked_to_its_end(direction: Any) -> None:
    names = [f"m.f{n:04d}@py" for n in range(3_000)]
    edges = [edge(a, b) for a, b in zip(names, [*names[1:], names[0]], strict=True)]
    with stored(nodes=[node(name) for name in names], edges=edges) as snapshot:
        start = GraphQuery(snapshot).nodes().filter(id=names[0])
        assert start.neighbors(["calls"], None, direction=direction).count() == 3_000
        path = start.path_to(names[1_500], direction=direction).select("id").execute()
        assert len(path) == 1_501

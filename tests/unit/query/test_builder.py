"""Builders: immutable, checked when built, lazy, and every way to run them."""

from __future__ import annotations

import asyncio
import itertools
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from codegraph import Node, Q
from codegraph._internal.query import GraphQuery
from codegraph_hookspecs import TABLES, PluginError, QueryError
from tests.unit.query.memory_snapshot import MemorySnapshot, edge, node

NODES = [
    node("pkg@/", kind="package"),
    node("pkg.a@py", kind="module", language="python", file_path="pkg/a.py"),
    node("pkg.a.f@py", language="python", file_path="pkg/a.py", complexity=3, modifiers=["async"]),
    node("pkg.a.g@py", language="python", file_path="pkg/a.py", complexity=9),
    node("web.h@ts", language="typescript", file_path="web/[slug]/h.ts", complexity=None),
    node("builtins.len@external", kind="external"),
]
EDGES = [edge("pkg.a.f@py", "pkg.a.g@py", confidence=0.9), edge("pkg.a.g@py", "builtins.len@external")]


@pytest.fixture
def snapshot() -> MemorySnapshot:
    return MemorySnapshot(2, nodes=NODES, edges=EDGES, plugin_rows=[{"word": "a", "n": 1}, {"word": "b", "n": 2}])


@pytest.fixture
def query(snapshot: MemorySnapshot) -> GraphQuery:
    return GraphQuery(snapshot)


# -- building --------------------------------------------------------------------------------------


def test_every_builder_call_leaves_the_old_builder_as_it_was(query: GraphQuery) -> None:
    base = query.nodes().filter(language="python")
    before = [row.id for row in base]
    for derived in (
        base.filter(complexity__gt=5),
        base.exclude(kind="module"),
        base.order_by("name", descending=True),
        base.limit(1),
        base.offset(1),
        base.select("name"),
        base.distinct(),
        base.aggregate(count="id"),
        base.callees(),
    ):
        assert derived is not base
        assert [row.id for row in base] == before


def test_the_order_of_calls_does_not_matter(query: GraphQuery) -> None:
    one = query.nodes().limit(1).order_by("complexity", descending=True).filter(language="python")
    two = query.nodes().filter(language="python").order_by("complexity", descending=True).limit(1)
    assert one.execute() == two.execute()


def test_a_selected_query_can_still_filter_and_order_by_other_fields(query: GraphQuery) -> None:
    rows = query.nodes().select("name").filter(complexity__gte=3).order_by("-complexity").execute()
    assert rows == [{"name": "g"}, {"name": "f"}]


def test_building_reads_nothing(snapshot: MemorySnapshot, query: GraphQuery) -> None:
    query.nodes().filter(id="x").order_by("name").limit(3).callers(2).aggregate(count="id")
    assert snapshot.scanned == []
    assert snapshot.looked_up == []


BAD: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "field": (lambda q: q.nodes().filter(compexity=1), "field-unknown", "complexity"),
    "field with operator": (lambda q: q.nodes().filter(nmae__contains="x"), "field-unknown", "name"),
    "nested field": (lambda q: q.call_sites().filter(span__start_lin=1), "field-unknown", "span__start_line"),
    "operator": (lambda q: q.nodes().filter(name__contain="x"), "operator-unknown", "contains"),
    "operator of another type": (lambda q: q.nodes().filter(complexity__contains=1), "operator-unknown", "exact"),
    "text for a number": (lambda q: q.nodes().filter(complexity="3"), "value-type", "integer"),
    "number for text": (lambda q: q.nodes().filter(name=3), "value-type", "text"),
    "bool for a number": (lambda q: q.nodes().filter(complexity=True), "value-type", "integer"),
    "number for a bool": (lambda q: q.nodes().filter(is_test=1), "value-type", "boolean"),
    "too large": (lambda q: q.nodes().filter(complexity=2**63), "value-type", "64 bits), not 9.2e+18"),
    "wrong type in a list": (lambda q: q.nodes().filter(name=["a", 1]), "value-type", "text"),
    "in without a list": (lambda q: q.nodes().filter(name__in="abc"), "value-type", "list"),
    "isnull without a bool": (lambda q: q.nodes().filter(name__isnull="yes"), "value-type", "True or False"),
    "None compared": (lambda q: q.nodes().filter(complexity__gt=None), "value-type", "integer"),
    "text for a list": (lambda q: q.nodes().filter(modifiers="async"), "value-type", "modifiers__contains"),
    "look-ahead": (lambda q: q.nodes().filter(name__regex="(?=a)"), "pattern-invalid", "RE2"),
    "inside Q": (lambda q: q.nodes().filter(Q(kind="class") | ~Q(kindd="x")), "field-unknown", "kind"),
    "no Q": (lambda q: q.nodes().filter("kind"), "argument-invalid", "Q object"),
    "nulls": (lambda q: q.nodes().order_by("name", nulls="middle"), "argument-invalid", "first"),
    "edge kind": (lambda q: q.nodes().neighbors(["call"]), "argument-invalid", "calls"),
    "edge kind of a walk": (lambda q: q.nodes().callers(kinds="xyz"), "argument-invalid", "inherits"),
    "resolver": (lambda q: q.nodes().callees(resolver=[3]), "value-type", "resolver"),
    "confidence": (lambda q: q.nodes().callees(min_confidence=1.5), "argument-invalid", "min_confidence"),
    "confidence of another type": (lambda q: q.nodes().callees(min_confidence=True), "argument-invalid", "0 to 1"),
    "direction of a path": (lambda q: q.nodes().path_to("x", direction="up"), "argument-invalid", "both"),
    "order": (lambda q: q.nodes().order_by("-nam"), "field-unknown", "name"),
    "order by a list": (lambda q: q.nodes().order_by("modifiers"), "value-type", "ordered"),
    "select": (lambda q: q.edges().select("source"), "field-unknown", "source_id"),
    "select nothing": (lambda q: q.edges().select(), "argument-invalid", "select"),
    "limit": (lambda q: q.edges().limit(-1), "argument-invalid", "limit"),
    "offset": (lambda q: q.edges().offset("1"), "argument-invalid", "offset"),
    "chunk size": (lambda q: q.edges().batches(0), "argument-invalid", "chunk_size"),
    "depth": (lambda q: q.nodes().callers(0), "argument-invalid", "depth"),
    "direction": (lambda q: q.nodes().neighbors(direction="up"), "argument-invalid", "both"),
    "path target": (lambda q: q.nodes().path_to(3), "value-type", "id"),
    "aggregate function": (lambda q: q.nodes().aggregate(average="id"), "aggregate-invalid", "avg"),
    "aggregate of nothing": (lambda q: q.nodes().aggregate(group_by="kind"), "aggregate-invalid", "function"),
    "aggregate field": (lambda q: q.nodes().aggregate(count="idd"), "field-unknown", "id"),
    "sum of text": (lambda q: q.nodes().aggregate(sum="name"), "value-type", "name"),
    "same column twice": (
        lambda q: q.nodes().aggregate(count="id", group_by=["kind", "kind"]),
        "aggregate-invalid",
        "",
    ),
    "group by a list": (lambda q: q.nodes().aggregate(count="id", group_by="modifiers"), "value-type", "grouped"),
    "distinct order": (lambda q: q.nodes().select("kind").distinct().order_by("name"), "argument-invalid", "select"),
    "distinct aggregate": (lambda q: q.nodes().distinct().select("kind").aggregate(count="id"), "field-unknown", "id"),
    "table": (lambda q: q.nodez(), "table-unknown", "nodes"),
    "private table": (lambda q: q.table("uses"), "table-unknown", "uses"),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_a_wrong_query_fails_when_it_is_built_and_says_what_is_right(
    case: str, query: GraphQuery, snapshot: MemorySnapshot
) -> None:
    build, code, hint = BAD[case]
    with pytest.raises(QueryError) as caught:
        build(query)
    assert caught.value.code == code
    assert hint in str(caught.value)
    assert not caught.value.is_retryable()
    assert snapshot.scanned == []


def test_tables_of_missing_plugins_are_not_installed(query: GraphQuery) -> None:
    for table in ("taint_flows", "chunks", "embeddings"):
        with pytest.raises(PluginError) as caught:
            getattr(query, table)()
        assert caught.value.code == "not-installed"
        assert "Install" in caught.value.remedy
    with pytest.raises(PluginError, match="embeddings"):
        query.nodes().similar_to("text", 3)


def test_hasattr_tells_tables_from_other_names(query: GraphQuery) -> None:
    assert hasattr(query, "plugin_rows")
    assert not hasattr(query, "nonsense")
    assert not hasattr(query, "__wrapped__")
    assert "plugin_rows" in dir(query)


# -- filters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("pkg/a.py", 3),
        ("pkg/*.py", 3),
        ("*.py", 3),
        ("*", 4),
        ("**/*.ts", 1),
        ("web/*", 0),
        ("web/**", 1),
        ("web/[slug]/h.ts", 1),
        ("web/?slug?/h.ts", 1),
        (["pkg/*.py", "web/[slug]/h.ts"], 4),
        ("PKG/*.py", 0),
    ],
)
def test_file_paths_take_globs(query: GraphQuery, value: Any, expected: int) -> None:
    assert query.nodes().filter(file_path=value).count() == expected


def test_a_missing_value_fails_every_comparison_and_passes_every_negation(query: GraphQuery) -> None:
    nodes = query.nodes()
    assert nodes.filter(language="python").count() + nodes.exclude(language="python").count() == len(NODES)
    assert nodes.filter(language__ne="python").count() == nodes.exclude(language="python").count() == 3
    assert nodes.filter(complexity__lt=100).count() == 2
    assert nodes.filter(complexity=None).count() == nodes.filter(complexity__isnull=True).count() == 4


def test_a_decimal_finds_the_32_bit_number_it_was_stored_as(query: GraphQuery) -> None:
    assert query.edges().filter(confidence=0.9).count() == 1
    assert query.edges().filter(confidence__gte=0.9).count() == 2
    assert query.edges().filter(confidence__lt=0.9).count() == 0
    assert next(iter(query.edges())).confidence == 0.9


def test_an_empty_q_is_neutral(query: GraphQuery) -> None:
    condition = Q()
    for name in ("f", "g"):
        condition |= Q(name=name)
    assert query.nodes().filter(condition).count() == 2
    assert query.nodes().filter(Q()).count() == len(NODES)
    assert repr(Q(a=1) & ~Q(b=2)) == "(Q(a=1) & ~Q(b=2))"


def test_children_of_spans_are_fields() -> None:
    span = {"start_line": 4, "start_column": 0, "end_line": 5, "end_column": 1, "start_byte": 0, "end_byte": 9}
    rows = [
        {"file_path": "a.py", "stage": "parse", "code": "c", "category": "permanent", "message": "m", "span": value}
        for value in (span, None, {**span, "start_line": 2})
    ]
    diagnostics = GraphQuery(MemorySnapshot(diagnostics=rows)).diagnostics()
    assert diagnostics.filter(span__start_line__gte=3).count() == 1
    assert diagnostics.filter(span__isnull=True).count() == 1
    ordered = diagnostics.order_by("span__start_line").select("span__start_line").execute()
    assert ordered == [{"span__start_line": 2}, {"span__start_line": 4}, {"span__start_line": None}]
    assert [row.span.start_line if row.span else None for row in diagnostics] == [4, None, 2]
    assert diagnostics.aggregate(max="span__start_line", group_by="stage").execute() == [{"stage": "parse", "max": 4}]
    assert diagnostics.select("span").distinct().count() == 3


# -- running ---------------------------------------------------------------------------------------


def test_execute_gives_a_list_an_iterator_or_batches(query: GraphQuery) -> None:
    nodes = query.nodes()
    listed = nodes.execute()
    assert isinstance(listed, list)
    assert all(type(row) is Node for row in listed)
    streamed = nodes.execute(stream=True)
    assert isinstance(streamed, Iterator)
    assert list(streamed) == listed == list(nodes)
    chunks = list(nodes.execute(chunk_size=4))
    assert [chunk.num_rows for chunk in chunks] == [4, 2]
    assert all(chunk.schema.equals(TABLES["nodes"].schema) for chunk in chunks)


def test_results_have_the_logical_schema_even_without_rows(query: GraphQuery) -> None:
    empty = query.nodes().filter(name="nothing")
    assert empty.to_arrow().schema.equals(TABLES["nodes"].schema)
    assert (empty.execute(), empty.first(), empty.count(), empty.exists(), list(empty.batches())) == (
        [],
        None,
        0,
        False,
        [],
    )
    assert query.nodes().select("kind", "id").to_arrow().schema.types == [pa.string(), pa.string()]
    assert query.nodes().order_by("kind").to_arrow().schema.equals(TABLES["nodes"].schema)


def test_a_query_can_run_again_and_again(query: GraphQuery) -> None:
    walked = query.nodes().filter(name="f").callees(2).order_by("name")
    assert [row.name for row in walked] == [row.name for row in walked] == ["g", "len"]


def test_plugin_tables_are_queried_by_name_with_checked_fields(query: GraphQuery) -> None:
    assert query.plugin_rows().filter(n__gt=1).execute() == [{"word": "b", "n": 2}]
    assert query.table("plugin_rows").order_by("-n").select("word").execute() == [{"word": "b"}, {"word": "a"}]
    with pytest.raises(QueryError, match="word"):
        query.plugin_rows().filter(wrod="a")


def test_only_the_columns_that_matter_are_read(snapshot: MemorySnapshot, query: GraphQuery) -> None:
    query.nodes().select("name").filter(kind="function").order_by("complexity").execute()
    query.nodes().filter(kind="function").count()
    assert query.nodes().count() == len(NODES)
    assert snapshot.scanned == [("nodes", ("kind", "name", "complexity")), ("nodes", ("kind",))]


@pytest.mark.parametrize(
    ("conditions", "index"),
    [
        ({"id": "pkg.a.f@py"}, "nodes.id"),
        ({"id__in": ["pkg.a.f@py", "x"], "kind": "function"}, "nodes.id"),
        ({"fqn": "pkg.a.f", "language__isnull": False}, "nodes.fqn"),
        ({"name": "f"}, "nodes.name"),
    ],
)
def test_point_filters_use_an_index(
    snapshot: MemorySnapshot, query: GraphQuery, conditions: dict[str, Any], index: str
) -> None:
    built = query.nodes().filter(**conditions)
    assert [row.name for row in built] == ["f"]
    assert snapshot.scanned == []
    assert snapshot.looked_up == [index]
    assert built.explain().index == index
    assert built.explain().estimated_rows == 1


def test_conditions_that_need_not_hold_use_no_index(snapshot: MemorySnapshot, query: GraphQuery) -> None:
    assert query.nodes().filter(Q(name="f") | Q(name="g")).count() == 2
    assert query.nodes().exclude(name="f").count() == len(NODES) - 1
    assert snapshot.looked_up == []


def test_edges_use_the_index_of_either_end(snapshot: MemorySnapshot, query: GraphQuery) -> None:
    assert query.edges().filter(source_id="pkg.a.f@py", kind="calls").count() == 1
    assert query.edges().filter(target_id=["builtins.len@external"], kind="imports").count() == 0
    assert snapshot.looked_up == ["edges.source_id", "edges.target_id"]


def test_explain_tells_the_plan_that_runs(query: GraphQuery) -> None:
    scan = query.nodes().filter(kind="function").order_by("-complexity").limit(2).explain(chunk_size=500)
    assert scan.access == "scan of nodes"
    assert (scan.strategy, scan.limit, scan.chunk_size, scan.workers) == ("top-k", 2, 500, 1)
    assert scan.predicates == ("kind exact 'function'",)
    assert "order by (top-k): complexity descending, missing last" in str(scan)
    assert query.nodes().order_by("name").explain().strategy == "sort"
    assert query.nodes().explain().estimated_rows == len(NODES)
    walk = query.nodes().filter(name="f").callers(2).explain()
    assert "index nodes.name" in str(walk)
    assert "callers over calls, instantiates, depth 2" in walk.access
    assert walk.index == "edges.target_id, nodes.id"


def test_a_walk_from_very_many_nodes_is_one_lookup_a_level(snapshot: MemorySnapshot) -> None:
    names = [f"m.f{index}@py" for index in range(2_500)]
    edges = [edge(a, b) for a, b in itertools.pairwise(names)] + [edge(names[0], "m.x@py", "references")]
    big = MemorySnapshot(1_000, nodes=[node(name) for name in [*names, "m.x@py"]], edges=edges)
    assert GraphQuery(big).nodes().callees().count() == 2_499
    assert big.looked_up.count("edges.source_id") == 1


def test_streaming_and_top_k_hold_a_few_batches_only() -> None:
    rows = [node(f"m.f{index}@py", docstring="x" * 500, complexity=index % 97) for index in range(20_000)]
    query = GraphQuery(MemorySnapshot(1_000, nodes=rows)).nodes()
    runs: list[Callable[[], int]] = [
        lambda: sum(1 for _ in query),
        lambda: len(query.order_by("-complexity").limit(5).execute()),
    ]
    for run in runs:
        before = pa.total_allocated_bytes()
        peak = 0
        tracemalloc.start()
        iterator = query.batches(1_000)
        for _ in iterator:
            peak = max(peak, pa.total_allocated_bytes() - before)
        run()
        _, python_peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 8_000_000  # the table itself is over 10 MB
        assert python_peak < 8_000_000


def test_async_twins_agree_with_their_originals(query: GraphQuery) -> None:
    async def run() -> None:
        nodes = query.nodes().order_by("name")
        assert await nodes.aexecute() == nodes.execute()
        assert [row async for row in nodes] == nodes.execute()
        assert [batch.num_rows async for batch in nodes.astream(4)] == [4, 2]
        assert await nodes.acount() == nodes.count()
        assert await nodes.afirst() == nodes.first()
        assert await nodes.aexists()
        assert (await nodes.ato_arrow()).equals(nodes.to_arrow())

    asyncio.run(run())


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_missing_data_frame_library_is_named(
    query: GraphQuery, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(QueryError) as caught:
        getattr(query.nodes(), f"to_{package}")()
    assert caught.value.code == "dependency-missing"
    assert f"pip install {package}" in caught.value.remedy


def test_an_aggregation_is_a_query_of_its_own(query: GraphQuery) -> None:
    counted = query.nodes().limit(4).aggregate(count="id", group_by="language").filter(count__gt=1)
    assert counted.execute() == [{"language": "python", "count": 3}]
    assert query.nodes().filter(name="nobody").aggregate(count="id", max="name").execute() == [
        {"count": 0, "max": None}
    ]
    assert query.nodes().filter(name="nobody").aggregate(count="id", group_by="kind").execute() == []


def test_missing_values_are_last_unless_they_are_wanted_first(query: GraphQuery) -> None:
    def order(**options: Any) -> list[Any]:
        return [row.complexity for row in query.nodes().order_by("complexity", **options)]

    assert order() == [3, 9, None, None, None, None]
    assert order(descending=True) == [9, 3, None, None, None, None]
    assert order(nulls="first") == [None, None, None, None, 3, 9]
    assert order(nulls="first", descending=True) == [None, None, None, None, 9, 3]
    assert "missing first" in str(query.nodes().order_by("complexity", nulls="first").explain())


def test_top_rows_with_missing_values_first_are_those_of_the_whole_order() -> None:
    rows = [node(f"m.f{n:05d}@py", complexity=None if n % 1_000 == 7 else n % 97) for n in range(9_000)]
    nodes = GraphQuery(MemorySnapshot(700, nodes=rows)).nodes()
    for limit in (3, 9, 12, 300):
        for descending in (False, True):
            ordered = nodes.order_by("complexity", descending=descending, nulls="first")
            assert [row.id for row in ordered.limit(limit)] == [row.id for row in ordered][:limit]


def test_explain_tells_what_the_index_answered_and_what_is_left(query: GraphQuery) -> None:
    plan = query.nodes().filter(id="pkg.a.f@py", complexity__gt=2).explain()
    assert (plan.index, plan.answered, plan.predicates) == (
        "nodes.id",
        ("id exact 'pkg.a.f@py'",),
        ("complexity gt 2",),
    )
    assert plan.estimated_rows == 1
    assert "answered by the index: id exact" in str(plan)


@pytest.mark.parametrize(
    "start",
    [
        lambda query: query.nodes().aggregate(max_complexity="complexity", group_by="kind"),
        lambda query: query.nodes().filter(language="python").callers(),
        lambda query: query.nodes().filter(language="python").path_to("builtins.len@external"),
    ],
)
def test_explain_names_the_columns_that_are_read_to_start_from(
    snapshot: MemorySnapshot, query: GraphQuery, start: Callable[[GraphQuery], Any]
) -> None:
    made = start(query)
    told = made.explain().steps[1]
    snapshot.scanned.clear()
    list(made)
    read = snapshot.scanned[0][1]
    assert set(told.removeprefix("  read: ").split(", ")) == set(read)
    assert len(read) == 2


def test_a_builder_is_shared_between_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    rows = [node(f"m.f{n:04d}@py", complexity=n % 13) for n in range(2_000)]
    shared = GraphQuery(MemorySnapshot(300, nodes=rows)).nodes().filter(complexity__gte=6)

    def use(n: int) -> tuple[int, int, list[str]]:
        part = shared.filter(complexity__lt=6 + n % 7).order_by("-complexity").limit(5)
        return shared.count(), part.count(), [row.id for row in part]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(use, range(64)))
    assert found == [use(n) for n in range(64)]


def test_a_regular_expression_takes_time_linear_in_the_text() -> None:
    import time

    rows = [node("m.f@py", docstring="a" * 50_000 + "b"), node("m.g@py", docstring="a" * 50_000)]
    nodes = GraphQuery(MemorySnapshot(nodes=rows)).nodes()
    started = time.process_time()
    assert [row.id for row in nodes.filter(docstring__regex="^(a+)+$")] == ["m.g@py"]
    assert [row.id for row in nodes.filter(docstring__regex="^(a|aa)*c?$")] == ["m.g@py"]
    assert time.process_time() - started < 60  # where it tries all ways, more than a life


@pytest.mark.parametrize("pattern", ["a{1000}{1000}", "(?=a)b", r"(a)\1", "("])
def test_a_pattern_that_cannot_be_matched_in_linear_time_is_refused(query: GraphQuery, pattern: str) -> None:
    with pytest.raises(QueryError) as caught:
        query.nodes().filter(name__regex=pattern)
    assert caught.value.code == "pattern-invalid"

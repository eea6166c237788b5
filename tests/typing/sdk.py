"""The typed API as users write it; mypy and pyright read this (`tests/unit/sdk/test_typing.py`), nothing runs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, assert_type

import pyarrow as pa

from codegraph import (
    CallSite,
    CodeGraph,
    CodeGraphError,
    Edge,
    Explanation,
    Finding,
    Graph,
    GraphQuery,
    IndexingConfig,
    IndexResult,
    ModuleGraph,
    Node,
    NodeQuery,
    Prefetched,
    Q,
    Query,
    RelatedEdge,
    RelatedNode,
    RunError,
    Session,
    SnapshotDiff,
    SnapshotEntry,
    Snapshots,
    SqlQuery,
    SymbolView,
    TableQuery,
)
from codegraph.plugins import CustomAnalyzer, IRDocument


class Warn(CustomAnalyzer):
    """An analyzer with a typed document."""

    def analyze(self, ir_document: IRDocument) -> Iterator[Mapping[str, object]]:
        """Yield one finding for each node."""
        for row in ir_document.rows("nodes"):
            yield {"type": "custom_warning", "message": "m", "node_id": row["id"]}


def levels() -> None:
    """L1 to L4."""
    cg = CodeGraph()
    result = cg.index("path")
    assert_type(result, IndexResult)
    for node in result.nodes():
        assert_type(node, Node)
    assert_type(result.parallel(workers=8).backend("auto").mode("full").execute(), IndexResult)
    config = IndexingConfig(root_path="path", mode="incremental", parallel_workers=8)
    assert_type(CodeGraph(config=config).index(), IndexResult)
    assert_type(cg.register_analyzer(Warn()), Warn)
    assert_type(result.custom_results("custom_warning"), list[Finding])
    assert_type(result.errors, tuple[RunError, ...])


def queries(query: GraphQuery) -> None:
    """Builders keep their row type; a selection or aggregation has dictionaries."""
    nodes = query.nodes().filter(Q(kind="class") | ~Q(name="x"), language="python").exclude(name="y")
    assert_type(nodes, NodeQuery)
    assert_type(nodes.order_by("complexity", descending=True).limit(1).offset(2).distinct(), NodeQuery)
    assert_type(nodes.callers(2).callees().neighbors(["calls"], 2).path_to("id"), NodeQuery)
    assert_type(nodes.execute(), list[Node])
    assert_type(nodes.execute(stream=False), list[Node])
    assert_type(nodes.execute(stream=True), Iterator[Node])
    assert_type(nodes.execute(chunk_size=10), Iterator[pa.RecordBatch])
    assert_type(nodes.first(), Node | None)
    assert_type(query.edges().first(), Edge | None)
    assert_type(query.call_sites(), Query[CallSite])
    assert_type(query.call_sites().limit(1).execute(), list[CallSite])
    assert_type(nodes.select("id"), TableQuery)
    assert_type(nodes.aggregate(count="id", group_by="kind").execute(), list[dict[str, Any]])
    assert_type(query.my_plugin_table(), TableQuery)
    assert_type(nodes.order_by("name", nulls="first").callers(None, kinds="calls", resolver="import"), NodeQuery)
    assert_type(nodes.neighbors(direction="in", min_confidence=0.5).path_to("id", direction="both"), NodeQuery)
    assert_type(nodes.prefetch("callers"), Prefetched[RelatedNode])
    assert_type(nodes.prefetch("callers").execute(), list[RelatedNode])
    assert_type(nodes.prefetch("callers").execute(stream=True), Iterator[RelatedNode])
    for related in nodes.prefetch("callers", "parent", "in_edges"):
        assert_type(related.node, Node)
        assert_type(related.callers, tuple[Node, ...])
        assert_type(related.parent, Node | None)
        assert_type(related.in_edges, tuple[Edge, ...])
    assert_type(query.edges().prefetch("source").first(), RelatedEdge | None)
    assert_type(nodes.explain(), Explanation)
    assert_type(list(nodes), list[Node])
    nodes.order_by("name", nulls="middle")  # type: ignore[arg-type]
    nodes.limit("3")  # type: ignore[arg-type]
    nodes.neighbors(direction="up")  # type: ignore[arg-type]


def reading(cg: CodeGraph) -> None:
    """An existing snapshot."""
    with cg.open("path") as graph:
        assert_type(graph, Graph)
        assert_type(graph.find_symbol("a.b"), list[Node])
        assert_type(graph.show("a.b"), list[SymbolView])
        assert_type(graph.module_graph(), ModuleGraph)
    assert_type(cg.query("path"), GraphQuery)


def sql(graph: Graph) -> None:
    """SQL has dictionaries."""
    rows = graph.sql("SELECT id FROM nodes WHERE kind = ?", ["class"], timeout_s=1.0)
    assert_type(rows, SqlQuery)
    assert_type(rows.execute(), list[dict[str, Any]])
    assert_type(rows.first(), dict[str, Any] | None)
    assert_type(rows.batches(10), Iterator[pa.RecordBatch])
    for row in graph.sql("SELECT 1 AS a", {"a": 1}):
        assert_type(row, dict[str, Any])


async def asynchronous(cg: CodeGraph) -> None:
    """Async twins."""
    assert_type(await cg.index("path"), IndexResult)
    result = await cg.aindex("path")
    async with result:
        async for batch in result.nodes().astream():
            assert_type(batch, pa.RecordBatch)
        async for node in result.nodes():
            assert_type(node, Node)
        assert_type(await result.nodes().aexecute(), list[Node])
        assert_type(await result.nodes().afirst(), Node | None)
        assert_type(await result.nodes().prefetch("callers").aexecute(), list[RelatedNode])
        assert_type(await result.sql("SELECT 1").aexecute(), list[dict[str, Any]])
        async for related in result.nodes().prefetch("callees"):
            assert_type(related, RelatedNode)


def errors() -> str:
    """Errors are importable and typed."""
    try:
        CodeGraph().open()
    except CodeGraphError as error:
        return error.code
    return ""


async def sessions(cg: CodeGraph) -> None:
    """A session reads like a graph, and its twins give what the calls give."""
    with cg.session(repo="path", reads=["a.py"]) as sess:
        assert_type(sess, Session)
        assert_type(sess.query().nodes().filter(kind="function").execute(), list[Node])
        assert_type(sess.commit(), str)
        assert_type(sess.pending("a.py"), bytes | None)
    async with cg.asession("path") as sess:
        assert_type(sess, Session)
        assert_type(await sess.acommit(), str)
        assert_type(await sess.ashow("x"), list[SymbolView])


async def snapshots(cg: CodeGraph) -> None:
    """Snapshots are a typed sequence; differences and histories are Arrow."""
    kept = cg.snapshots("path")
    assert_type(kept, Snapshots)
    assert_type(kept[0], SnapshotEntry)
    assert_type(kept[1:], list[SnapshotEntry])
    assert_type(kept.get("v1").tags, tuple[str, ...])
    assert_type(kept.diff("v1"), SnapshotDiff)
    with cg.at("v1", "path") as graph:
        assert_type(graph, Graph)
        assert_type(graph.diff("head~1").to_arrow("nodes"), pa.Table)
        assert_type(graph.history("id"), pa.Table)
        for batch in graph.diff(graph).batches("edges"):
            assert_type(batch, pa.RecordBatch)
        async for batch in (await graph.adiff("head~1")).abatches("edges"):
            assert_type(batch, pa.RecordBatch)
    assert_type(await (await cg.asnapshots("path")).atag("v2"), SnapshotEntry)

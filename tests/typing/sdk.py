"""The typed API as users write it; mypy reads this file (`tests/unit/sdk/test_typing.py`), nothing runs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, assert_type

import pyarrow as pa

from codegraph import (
    CallSite,
    CodeGraph,
    CodeGraphError,
    Edge,
    Finding,
    Graph,
    GraphQuery,
    IndexingConfig,
    IndexResult,
    ModuleGraph,
    Node,
    NodeQuery,
    Q,
    Query,
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
    assert_type(result.errors, tuple[Mapping[str, Any], ...])


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


def errors() -> str:
    """Errors are importable and typed."""
    try:
        CodeGraph().open()
    except CodeGraphError as error:
        return error.code
    return ""

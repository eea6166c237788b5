"""Other libraries read a query as they read a table: through the Arrow C stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from codegraph._internal.query import GraphQuery
from codegraph._internal.query.sql import sql
from codegraph._internal.store import Snapshot
from tests.unit.query.memory_snapshot import edge, node
from tests.unit.query.stored import opened

NODES = [
    node(f"m.f{n:03d}@py", complexity=n % 7 or None, language="python", modifiers=["async"] * (n % 3))
    for n in range(100)
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    edges = [edge(NODES[n]["id"], NODES[n + 1]["id"], confidence=0.5) for n in range(99)]
    with opened(tmp_path_factory.mktemp("store"), nodes=NODES, edges=edges) as snapshot:
        yield snapshot


QUERIES = {
    "table": lambda s: GraphQuery(s).nodes(),
    "filtered and ordered": lambda s: GraphQuery(s).nodes().filter(complexity__gte=3).order_by("-complexity", "id"),
    "selection": lambda s: GraphQuery(s).nodes().select("id", "complexity", "modifiers"),
    "edges": lambda s: GraphQuery(s).edges(),
    "walk": lambda s: GraphQuery(s).nodes().filter(id=NODES[0]["id"]).callees(5),
    "aggregate": lambda s: GraphQuery(s).nodes().aggregate(count="id", avg="complexity", group_by="language"),
    "without rows": lambda s: GraphQuery(s).nodes().filter(id="nothing"),
    "sql": lambda s: sql(s, "SELECT id, complexity, modifiers FROM nodes ORDER BY id"),
}


@pytest.mark.parametrize("kind", QUERIES)
def test_pyarrow_polars_pandas_and_duckdb_read_the_same_rows(snapshot: Snapshot, kind: str) -> None:
    query: Any = QUERIES[kind](snapshot)
    expected = query.to_arrow().to_pylist()
    assert pa.table(query).to_pylist() == expected
    assert pa.RecordBatchReader.from_stream(query).read_all().to_pylist() == expected
    assert pl.DataFrame(query).to_dicts() == expected
    found = duckdb.sql("FROM query").to_arrow_table().to_pylist()
    assert found == expected
    frame = pd.DataFrame.from_arrow(query) if hasattr(pd.DataFrame, "from_arrow") else query.to_pandas()
    assert frame["id" if "id" in query.schema.names else "count"].tolist() == [
        row["id" if "id" in query.schema.names else "count"] for row in expected
    ]


def test_conversions_of_our_own_give_the_same(snapshot: Snapshot) -> None:
    query = GraphQuery(snapshot).nodes().select("id", "complexity")
    expected = query.execute()
    assert query.to_polars().to_dicts() == expected
    assert query.to_pandas()["id"].tolist() == [row["id"] for row in expected]


def test_duckdb_joins_two_queries(snapshot: Snapshot) -> None:
    nodes, edges = GraphQuery(snapshot).nodes(), GraphQuery(snapshot).edges().filter(kind="calls")
    found = duckdb.sql("SELECT count(*) FROM nodes JOIN edges ON nodes.id = edges.source_id").fetchall()
    assert (found, nodes.count(), edges.count()) == ([(99,)], 100, 99)


def test_a_consumer_may_ask_for_another_schema(snapshot: Snapshot) -> None:
    query = GraphQuery(snapshot).nodes().select("complexity")
    wanted = pa.schema([("complexity", pa.int64())])
    assert pa.RecordBatchReader.from_stream(query, schema=wanted).read_all().schema == wanted


def test_a_stream_is_read_batch_by_batch(snapshot: Snapshot) -> None:
    reader = pa.RecordBatchReader.from_stream(GraphQuery(snapshot).nodes())
    assert reader.schema == GraphQuery(snapshot).nodes().schema
    assert all(batch.num_rows <= 10_000 for batch in reader)

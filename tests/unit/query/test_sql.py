"""SQL over a snapshot: what it gives, how it streams, and how it says what is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from codegraph._internal.query import GraphQuery
from codegraph._internal.query.sql import engine, sql
from codegraph._internal.store import Snapshot
from codegraph_hookspecs import TABLES, QueryError
from tests.unit.query.memory_snapshot import edge, node
from tests.unit.query.stored import opened

NODES = [
    node(f"pkg.m{n % 7}.f{n}@py", kind=("class" if n % 5 == 0 else "function"), complexity=n % 11 or None,
         file_path=f"pkg/m{n % 7}.py", language="python", modifiers=["async"] if n % 3 == 0 else [], start_line=n)
    for n in range(200)
]  # fmt: skip
EDGES = [
    edge(NODES[n]["id"], NODES[(n * 3 + 1) % 200]["id"], confidence=0.5 if n % 4 else 1.0, line_number=n)
    for n in range(200)
]
PLUGIN = [{"word": "a", "n": 1}, {"word": "b", "n": 2}]
SLOW = "SELECT count(*) FROM range(10000000) a, range(1000000) b"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with opened(tmp_path_factory.mktemp("store"), nodes=NODES, edges=EDGES, words=PLUGIN) as snapshot:
        yield snapshot


def refused(snapshot: Snapshot, text: str, params: Any = None, **limits: Any) -> QueryError:
    with pytest.raises(QueryError) as caught:
        sql(snapshot, text, params, **limits).execute()
    return caught.value


def test_rows_are_dictionaries_with_the_names_of_the_select(snapshot: Snapshot) -> None:
    found = sql(snapshot, "SELECT kind, count(*) AS n FROM nodes GROUP BY kind ORDER BY kind").execute()
    assert found == [{"kind": "class", "n": 40}, {"kind": "function", "n": 160}]


def test_joins_subqueries_windows_lists_and_recursion_work(snapshot: Snapshot) -> None:
    joined = sql(
        snapshot,
        "SELECT s.fqn AS caller, t.fqn AS callee FROM edges e JOIN nodes s ON s.id = e.source_id"
        " JOIN nodes t ON t.id = e.target_id WHERE e.confidence = 1 ORDER BY s.start_line LIMIT 2",
    ).execute()
    assert joined == [{"caller": "pkg.m0.f0", "callee": "pkg.m1.f1"}, {"caller": "pkg.m4.f4", "callee": "pkg.m6.f13"}]
    ranked = "SELECT fqn FROM nodes QUALIFY row_number() OVER (PARTITION BY kind ORDER BY start_line DESC) = 1"
    assert {row["fqn"] for row in sql(snapshot, ranked)} == {"pkg.m3.f199", "pkg.m6.f195"}
    members = "SELECT count(*) AS n FROM (SELECT unnest(modifiers) AS word FROM nodes) WHERE word = 'async'"
    assert sql(snapshot, members).first() == {"n": 67}
    walk = (
        "WITH RECURSIVE r(id, d) AS (SELECT id, 0 FROM nodes WHERE start_line = 0 UNION ALL"
        " SELECT e.target_id, d + 1 FROM edges e JOIN r ON e.source_id = r.id WHERE d < 3) SELECT count(*) AS n FROM r"
    )
    assert sql(snapshot, walk).first() == {"n": 4}


def test_placeholders_take_values_by_position_or_name(snapshot: Snapshot) -> None:
    assert sql(snapshot, "SELECT fqn FROM nodes WHERE id = ?", [NODES[3]["id"]]).first() == {"fqn": NODES[3]["fqn"]}
    named = sql(snapshot, "SELECT count(*) AS n FROM nodes WHERE complexity > $least", {"least": 5})
    assert named.first() == {"n": sum((row["complexity"] or 0) > 5 for row in NODES)}
    listed = sql(snapshot, "SELECT count(*) AS n FROM nodes WHERE id IN $ids", {"ids": [n["id"] for n in NODES[:4]]})
    assert listed.first() == {"n": 4}


def test_a_value_is_never_read_as_sql(snapshot: Snapshot) -> None:
    assert sql(snapshot, "SELECT ? AS text", ["'; DROP TABLE nodes; --"]).first() == {"text": "'; DROP TABLE nodes; --"}


def test_a_plugin_s_table_and_every_table_of_the_contract_can_be_read(snapshot: Snapshot) -> None:
    assert sql(snapshot, "SELECT * FROM words ORDER BY n").execute() == PLUGIN
    for table, spec in TABLES.items():
        if spec.public:
            assert sql(snapshot, f"SELECT * FROM {table}").schema.names == spec.schema.names


def test_a_table_that_is_only_between_parser_and_stages_is_not_there(snapshot: Snapshot) -> None:
    hidden = next(name for name, spec in TABLES.items() if not spec.public)
    assert refused(snapshot, f"SELECT * FROM {hidden}").code == "table-unknown"


def test_nothing_runs_before_something_is_read(snapshot: Snapshot) -> None:
    query = sql(snapshot, SLOW)
    assert (query.text, query.tables) == (SLOW, ())
    assert sql(snapshot, "SELECT a.id FROM nodes a, edges").tables == ("edges", "nodes")


def test_a_query_can_be_run_again_and_from_several_threads(snapshot: Snapshot) -> None:
    query = sql(snapshot, "SELECT kind, sum(complexity) AS s FROM nodes GROUP BY kind ORDER BY kind")
    expected = query.execute()
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(query.execute())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_batches_have_the_size_that_was_asked_for(snapshot: Snapshot) -> None:
    query = sql(snapshot, "SELECT id, complexity FROM nodes ORDER BY start_line")
    batches = list(query.batches(64))
    assert [batch.num_rows for batch in batches] == [64, 64, 64, 8]
    assert pa.Table.from_batches(batches) == query.to_arrow()
    assert query.to_arrow().schema == query.schema == pa.schema([("id", pa.string()), ("complexity", pa.int32())])
    with pytest.raises(QueryError, match=r"1 to 10,000") as caught:
        query.batches(10_001)
    assert caught.value.code == "argument-invalid"


def test_a_result_without_rows_still_has_columns(snapshot: Snapshot) -> None:
    nothing = sql(snapshot, "SELECT id, complexity FROM nodes WHERE false")
    assert (nothing.execute(), nothing.first(), nothing.to_arrow().num_rows) == ([], None, 0)
    assert nothing.schema.names == ["id", "complexity"]


def test_only_the_columns_and_rows_that_a_statement_needs_are_read(snapshot: Snapshot) -> None:
    plan = sql(snapshot, "SELECT count(*) FROM nodes WHERE kind = 'class' AND complexity > 3").explain()
    assert "'class'" in plan
    assert "docstring" not in plan
    reads: list[Any] = []

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(snapshot, name)

        def scan(self, table: str, columns: Any = None, predicate: Any = None) -> Any:
            reads.append((table, columns, str(predicate)))
            return snapshot.scan(table, columns, predicate)

    found = sql(Watched(), "SELECT fqn FROM nodes WHERE kind = 'class' AND complexity > 9").execute()  # type: ignore[arg-type]
    assert len(found) == sum(row["kind"] == "class" and (row["complexity"] or 0) > 9 for row in NODES)
    assert reads == [("nodes", ["fqn"], '((kind == "class") and (complexity > 9))')]


def test_an_unknown_table_is_named_with_the_nearest(snapshot: Snapshot) -> None:
    error = refused(snapshot, "SELECT * FROM nods")
    assert (error.code, "nodes" in error.remedy) == ("table-unknown", True)


def test_an_unknown_column_is_named_with_candidates(snapshot: Snapshot) -> None:
    error = refused(snapshot, "SELECT compexity FROM nodes")
    assert error.code == "sql-invalid"
    assert "complexity" in str(error.context["reason"])


@pytest.mark.parametrize("text", ["SELECT 'a", "SELECT FROM FROM", "SELECT (1", "SELECT 1 +"])
def test_what_cannot_be_read_is_refused_when_the_query_is_made(snapshot: Snapshot, text: str) -> None:
    with pytest.raises(QueryError) as caught:
        sql(snapshot, text)
    assert caught.value.code == "sql-invalid"


@pytest.mark.parametrize(
    ("params", "code"),
    [("abc", "value-type"), (3, "value-type"), ([object()], "value-type"), ({"a": {}}, "value-type")],
)
def test_a_parameter_that_is_no_plain_value_is_refused(snapshot: Snapshot, params: Any, code: str) -> None:
    with pytest.raises(QueryError) as caught:
        sql(snapshot, "SELECT 1", params)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "limits", [{"timeout_s": 0}, {"timeout_s": True}, {"memory_limit_bytes": 10}, {"memory_limit_bytes": True}]
)
def test_a_limit_out_of_range_is_refused(snapshot: Snapshot, limits: dict[str, Any]) -> None:
    assert refused(snapshot, "SELECT 1", **limits).code == "argument-invalid"


def test_a_statement_is_text(snapshot: Snapshot) -> None:
    assert refused(snapshot, 3).code == "value-type"  # type: ignore[arg-type]


def test_a_statement_that_takes_too_long_is_stopped(snapshot: Snapshot) -> None:
    started = time.monotonic()
    error = refused(snapshot, SLOW, timeout_s=0.2)
    assert (error.code, error.context["limit"]) == ("sql-limit", "timeout_s")
    assert time.monotonic() - started < 120


def test_the_time_of_a_slow_consumer_does_not_count(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [0.0]
    monkeypatch.setattr(engine, "time", SimpleNamespace(monotonic=lambda: moment[0]))
    batches = sql(snapshot, "SELECT * FROM range(40000)", timeout_s=60.0).batches(10_000)
    next(batches)
    moment[0] += 3_600
    assert sum(batch.num_rows for batch in batches) == 30_000


def test_a_statement_that_needs_too_much_memory_is_stopped_and_writes_nothing(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "SELECT list(a.range ORDER BY random()) FROM range(20000000) a"
    error = refused(snapshot, text, memory_limit_bytes=32 * 2**20)
    assert (error.code, error.context["limit"]) == ("sql-limit", "memory_limit_bytes")
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_snapshot_is_raised_as_it_is(tmp_path: Path) -> None:
    with opened(tmp_path, nodes=NODES) as snapshot:
        query = sql(snapshot, "SELECT id FROM nodes")
        snapshot.close()
        with pytest.raises(Exception, match="closed") as caught:
            query.execute()
    assert getattr(caught.value, "code", "") == "store-closed"


def test_abandoning_the_rows_closes_the_engine(snapshot: Snapshot) -> None:
    import weakref

    made: list[Any] = []
    original = engine.Engine.__init__

    def noted(self: Any, *arguments: Any) -> None:
        original(self, *arguments)
        made.append(weakref.ref(self))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.Engine, "__init__", noted)
        rows = iter(sql(snapshot, "SELECT * FROM range(1000000)"))
        next(rows)
        del rows
    gc.collect()
    assert [ref() for ref in made] == [None]


def test_asynchronous_twins_give_the_same(snapshot: Snapshot) -> None:
    query = sql(snapshot, "SELECT id, start_line FROM nodes ORDER BY start_line")

    async def run() -> None:
        assert await query.aexecute() == query.execute()
        assert await query.afirst() == query.first()
        assert (await query.ato_arrow()) == query.to_arrow()
        assert await sql(snapshot, query.text).aschema() == query.schema
        assert "nodes" in await query.aexplain() or "ARROW" in await query.aexplain()
        assert [batch.num_rows async for batch in query.astream(150)] == [150, 50]
        assert [row async for row in query] == query.execute()

    asyncio.run(run())


def test_a_cancelled_task_interrupts_the_engine(snapshot: Snapshot) -> None:
    async def run() -> float:
        task = asyncio.create_task(sql(snapshot, SLOW, timeout_s=None).aexecute())
        await asyncio.sleep(0.2)
        started = time.monotonic()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        return time.monotonic() - started

    assert asyncio.run(run()) < 120


def test_sql_and_the_builder_agree(snapshot: Snapshot) -> None:
    built = GraphQuery(snapshot).nodes().filter(complexity__gte=4).order_by("start_line").select("id", "complexity")
    asked = sql(snapshot, "SELECT id, complexity FROM nodes WHERE complexity >= 4 ORDER BY start_line")
    assert asked.execute() == built.execute()


def test_sums_of_integers_are_integers(snapshot: Snapshot) -> None:
    row = sql(snapshot, "SELECT sum(complexity) AS s, 1.5 AS d, sum(complexity) FILTER (false) AS n FROM nodes").first()
    assert row is not None
    assert (type(row["s"]), row["s"]) == (int, sum(each["complexity"] or 0 for each in NODES))
    assert (float(row["d"]), row["n"]) == (1.5, None)
    many = sql(snapshot, "SELECT start_line, sum(complexity) AS s FROM nodes GROUP BY start_line").execute()
    assert {type(row["s"]) for row in many} == {int, type(None)}


def test_an_engine_that_has_hardly_any_memory_says_so(snapshot: Snapshot) -> None:
    assert refused(snapshot, "SELECT * FROM nodes ORDER BY id", memory_limit_bytes=2**20).code == "sql-limit"

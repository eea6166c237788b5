"""Hostile SQL: whatever a text says, it reads the snapshot's tables and nothing else, and changes nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codegraph._internal.query.sql import sql
from codegraph._internal.query.sql.engine import Engine, Limits
from codegraph._internal.query.sql.statement import Statement, check_tree, checked_statement
from codegraph._internal.store import Snapshot
from codegraph_hookspecs import QueryError
from tests.unit.query.memory_snapshot import edge, node
from tests.unit.query.stored import opened

NODES = [node(f"m.f{n}@py", complexity=n) for n in range(20)]
SECRET = "the canary's words"
REFUSALS = ("sql-refused", "sql-invalid", "table-unknown")
LIMITS = Limits(5.0, 2**27)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with opened(tmp_path_factory.mktemp("store"), nodes=NODES, edges=[edge("m.f1@py", "m.f2@py")]) as snapshot:
        yield snapshot


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the current folder that no statement may read, and whose neighbours must not change."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "canary.csv"
    path.write_text(f"words\n{SECRET}\n")
    return path


REFUSED = [
    # Other statements, alone, after, before and inside a SELECT.
    "DROP TABLE nodes",
    "DROP VIEW nodes",
    "CREATE TABLE x AS SELECT 1",
    "CREATE MACRO f(x) AS x",
    "INSERT INTO nodes VALUES (1)",
    "UPDATE nodes SET id = 'x'",
    "DELETE FROM nodes",
    "ALTER TABLE nodes ADD COLUMN x INT",
    "ATTACH 'canary.csv' AS x",
    "DETACH memory",
    "COPY nodes TO 'out.csv'",
    "COPY nodes FROM 'canary.csv'",
    "EXPORT DATABASE 'out'",
    "IMPORT DATABASE 'out'",
    "INSTALL httpfs",
    "LOAD json",
    "LOAD '/tmp/x.so'",
    "PRAGMA database_list",
    "SET threads = 1",
    "SET enable_external_access = true",
    "RESET ALL",
    "CALL pragma_version()",
    "CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "USE memory",
    "BEGIN",
    "COMMIT",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "DESCRIBE nodes",
    "SUMMARIZE nodes",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "VALUES (1)",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DEALLOCATE p",
    "PIVOT nodes ON kind USING count(*)",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE nodes",
    ";;SELECT 1; LOAD json",
    "DROP TABLE nodes; SELECT 1",
    "SELECT 1 --\n; DROP TABLE nodes",
    "/* x */ DROP TABLE nodes",
    "",
    ";",
    "-- nothing",
    "WITH a AS MATERIALIZED (INSERT INTO edges VALUES ('1') RETURNING *) SELECT * FROM a",
    "WITH a AS (DELETE FROM nodes RETURNING *) SELECT * FROM a",
    "SELECT * INTO x FROM nodes",
    "FROM (SUMMARIZE nodes)",
    "FROM (DESCRIBE nodes)",
    "FROM (SHOW TABLES)",
    "SELECT * FROM (PIVOT nodes ON kind USING count(*))",
    # Files, the network, and the process.
    "SELECT * FROM read_csv('canary.csv')",
    "SELECT * FROM read_csv_auto('canary.csv')",
    "SELECT * FROM READ_TEXT('canary.csv')",
    "SELECT * FROM read_blob('canary.csv')",
    "SELECT * FROM read_json('canary.csv')",
    "SELECT * FROM read_parquet('canary.csv')",
    "SELECT * FROM parquet_scan('canary.csv')",
    "SELECT * FROM parquet_metadata('canary.csv')",
    "SELECT * FROM glob('*')",
    "SELECT * FROM sniff_csv('canary.csv')",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM pandas_scan(1)",
    "SELECT * FROM 'canary.csv'",
    'SELECT * FROM "canary.csv"',
    "FROM 'https://example.com/x.parquet'",
    "SELECT getenv('HOME')",
    "SELECT * FROM nodes, LATERAL (SELECT * FROM read_text('canary.csv'))",
    "SELECT (SELECT content FROM read_text('canary.csv'))",
    "SELECT * FROM nodes WHERE id IN (FROM read_text('canary.csv'))",
    "WITH read_text AS (SELECT 1) SELECT * FROM read_text('canary.csv')",
    # The engine's own settings, catalog and side doors.
    "SELECT current_setting('home_directory')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_extensions()",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_table_info('nodes')",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM pg_class",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM memory.main.nodes",
    "SELECT * FROM main.nodes",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table(['nodes'])",
    "SELECT getvariable('x')",
    "SELECT nextval('s')",
    "SELECT write_log('x')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "SELECT * FROM sql_auto_complete('SEL')",
    "SELECT * FROM which_secret('x', 'y')",
    "SELECT 'x'.current_setting()",
    "SELECT * FROM unknown_function(1)",
    "WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings",
    # Python, nesting and length.
    "SELECT * FROM NODES_OF_THE_CALLER",
    "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
    "SELECT '" + "x" * 200_000 + "'",
]


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:50])
def test_a_hostile_statement_is_refused(snapshot: Snapshot, canary: Path, text: str) -> None:
    nodes_of_the_caller = NODES  # noqa: F841 -- what a replacement scan would find
    with pytest.raises(QueryError) as caught:
        sql(snapshot, text).execute()
    assert caught.value.code in REFUSALS
    assert SECRET not in str(caught.value) + json.dumps(dict(caught.value.context), default=str)
    assert [path.name for path in canary.parent.iterdir()] == ["canary.csv"]


ALLOWED = [
    "SELECT ';' AS x",
    'SELECT 1 AS "drop table nodes; --"',
    "SELECT $$ ; DROP TABLE nodes $$ AS x",
    "SELECT 1;",
    "/* a ; b */ SELECT 1 -- ; c",
    "FROM nodes SELECT id",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "SELECT 'read_csv(''x'')'",
    "SELECT * FROM range(3)",
    "SELECT * FROM generate_series(1, 3)",
    "SELECT unnest([1, 2])",
    "SELECT * FROM NODES",
    "WITH nodes AS (SELECT * FROM nodes WHERE complexity > 3) SELECT count(*) FROM nodes",
    "SELECT list_transform([1], lambda x: x + 1)",
    "SELECT regexp_matches(name, '(a+)+$') FROM nodes",
    "SELECT json_extract('{\"a\": 1}', '$.a')",
    "SELECT COLUMNS('i.*') FROM nodes",
]


@pytest.mark.parametrize("text", ALLOWED)
def test_a_harmless_statement_that_looks_hostile_runs(snapshot: Snapshot, text: str) -> None:
    sql(snapshot, text).execute()


SEALED = [
    "SELECT * FROM read_csv('canary.csv')",
    "SELECT * FROM read_text('canary.csv')",
    "SELECT * FROM 'canary.csv'",
    "COPY (SELECT 1) TO 'out.csv'",
    "ATTACH 'out.db' AS x",
    "EXPORT DATABASE 'out'",
    "INSTALL httpfs",
    "SET threads = 1",
    "SET enable_external_access = true",
    "RESET ALL",
    "SET lock_configuration = false",
    "SELECT * FROM glob('*')",
    "SET temp_directory = '.'",
    "SELECT * FROM NODES_OF_THE_CALLER",
    "SELECT * FROM snapshot",
]


@pytest.mark.parametrize("text", SEALED)
def test_the_engine_alone_reaches_nothing_even_if_every_check_failed(
    snapshot: Snapshot, canary: Path, text: str
) -> None:
    nodes_of_the_caller = NODES  # noqa: F841
    engine = Engine(snapshot, Statement("SELECT 1", ("nodes",)), LIMITS)
    try:
        for run in (engine._connection.execute, engine._connection.sql):
            with pytest.raises(duckdb.Error):
                run(text).fetchall()
    finally:
        engine.close()
    assert [path.name for path in canary.parent.iterdir()] == ["canary.csv"]


TREES = [
    "WITH a AS MATERIALIZED (INSERT INTO edges VALUES ('1') RETURNING *) SELECT * FROM a",
    "FROM (SUMMARIZE nodes)",
    "DROP TABLE x",
    "SELECT 1; SELECT 2",
    "SELECT * FROM read_csv('canary.csv')",
    "SELECT * FROM nodes WHERE id IN (FROM read_text('x'))",
    "SELECT * FROM query('SELECT 1')",
    "SELECT current_setting('x')",
    "SELECT [current_setting(x) FOR x IN ['a']]",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_class",
    "SHOW TABLES",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "WITH a AS (SELECT * FROM read_text('x')) SELECT 1",
    "SELECT 1 ORDER BY getenv('HOME')",
    "SELECT 1 LIMIT (SELECT count(*) FROM glob('*'))",
    "FROM (PIVOT nodes ON kind USING count(*))",
]


@pytest.mark.parametrize("text", TREES)
def test_the_second_check_refuses_by_duckdb_s_own_tree_what_the_first_might_overlook(text: str) -> None:
    connection = duckdb.connect(":memory:")
    try:
        [(serialized,)] = connection.execute("SELECT json_serialize_sql(?)", [text]).fetchall()
    finally:
        connection.close()
    with pytest.raises(QueryError) as caught:
        check_tree(json.loads(serialized))
    assert caught.value.code == "sql-refused"


WORDS = st.sampled_from(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "nodes",
        "edges",
        "id",
        "*",
        "1",
        "'x'",
        "(",
        ")",
        ",",
        ";",
        "WITH a AS (",
        "INSERT INTO",
        "DELETE FROM",
        "DROP TABLE",
        "COPY",
        "TO",
        "'out.csv'",
        "read_csv('canary.csv')",
        "UNION ALL",
        "VALUES (1)",
        "--",
        "/*",
        "*/",
        "$$",
        '"',
        "'",
        "\\",
        "RETURNING *",
        "AS",
        "SET",
        "=",
        "ATTACH",
        "PRAGMA",
        "CALL",
        "\n",
        "PIVOT",
        "ON",
        "USING",
        "MATERIALIZED",
    ]
)


@given(st.lists(WORDS, max_size=14).map(" ".join))
@example("SELECT '\\' ; DROP TABLE nodes ; --'")
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_mixture_of_words_writes_or_does_anything_but_answer_or_refuse(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "canary.csv").write_text(f"words\n{SECRET}\n")
    monkeypatch.chdir(tmp_path)
    code = None
    rows: Any = None
    try:
        rows = sql(snapshot, f"SELECT 1 WHERE true {text}", timeout_s=2.0).execute()
    except QueryError as error:
        code = error.code
    assert code in (None, *REFUSALS, "sql-limit")
    assert SECRET not in str(rows)
    assert [path.name for path in tmp_path.iterdir()] == ["canary.csv"]


@given(st.text(max_size=60) | st.lists(WORDS, max_size=10).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_any_text_is_checked_without_another_error(text: str) -> None:
    try:
        found = checked_statement(text, ["nodes", "edges"])
    except QueryError:
        return
    assert set(found.tables) <= {"nodes", "edges"}


def test_importing_the_query_layer_imports_neither_engine_nor_parser() -> None:
    import subprocess

    code = "import sys, codegraph._internal.query; print([m for m in ('duckdb', 'sqlglot') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""`query`, `show`, `status`, `plugins list`, `pipeline show` and `config show` on an indexed repository."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codegraph_hookspecs.tables import TABLES
from tests.e2e.conftest import Cli, write_repository

PUBLIC = sorted(name for name, spec in TABLES.items() if spec.public)


@pytest.mark.parametrize("table", PUBLIC)
def test_every_table_can_be_printed_with_its_own_columns(indexed, table, tmp_path):
    if table == "occurrences":  # a layer of its own
        assert "layer-missing" in indexed("query", table, code=3).stderr
        indexed = Cli(write_repository(tmp_path))
        indexed("index", ".", "--with", table)
    value = indexed.json("query", table)
    assert value["columns"] == TABLES[table].schema.names
    assert value["count"] == len(value["rows"])
    indexed("query", table)


def test_conditions_order_limit_offset_and_columns_are_applied(indexed):
    words = (
        "query",
        "nodes",
        "--where",
        "kind__in=function,method",
        "--where",
        "file_path=shop/*",
        "--order-by",
        "-name",
    )
    everything = [row["name"] for row in indexed.json(*words)["rows"]]
    assert everything == sorted(everything, reverse=True)
    assert {"with_tax", "checkout", "total"} <= set(everything)
    part = indexed.json(*words, "--offset", "1", "--limit", "2", "--select", "name,kind")
    assert [row["name"] for row in part["rows"]] == everything[1:3]
    assert part["columns"] == ["name", "kind"]


def test_callers_and_callees_of_a_symbol(indexed):
    callers = indexed.json("query", "callers", "shop.prices.with_tax")["rows"]
    assert {row["fqn"] for row in callers} == {"shop.basket.Basket.total", "shop.basket.total"}
    callees = indexed.json("query", "callees", "Basket.total", "--where", "kind!=external")["rows"]
    assert [row["fqn"] for row in callees] == ["shop.prices.with_tax"]


def test_typescript_calls_cross_files_too(indexed):
    assert [row["fqn"] for row in indexed.json("query", "callers", "web.format.format")["rows"]] == [
        "web.cart.Cart.total"
    ]


def test_the_formats_agree(indexed, tmp_path):
    words = ("query", "edges", "--order-by", "id")
    rows = indexed.json(*words)["rows"]
    lines = indexed(*words, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == rows
    table = list(csv.DictReader(io.StringIO(indexed(*words, "--format", "csv").stdout)))
    assert [row["id"] for row in table] == [row["id"] for row in rows]
    indexed(*words, "--format", "parquet", "--output", str(tmp_path / "e.parquet"))
    indexed(*words, "--format", "arrow", "--output", str(tmp_path / "e.arrow"))
    assert pq.read_table(tmp_path / "e.parquet").to_pylist() == rows
    assert pa.ipc.open_stream((tmp_path / "e.arrow").read_bytes()).read_all().to_pylist() == rows


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("query", "nods"), "nodes"),
        (("query", "nodes", "--where", "complexty=1"), "complexity"),
        (("query", "nodes", "--where", "kind"), "FIELD OPERATOR VALUE"),
        (("query", "nodes", "--order-by", "nme"), "name"),
        (("query", "nodes", "--where", "name~("), "RE2"),
        (("query", "callers"), "needs a symbol"),
        (("query", "callers", "no_such_symbol"), "no_such_symbol"),
        (("query", "nodes", "--json", "--format", "csv"), "contradict"),
        (("query", "nodes", "--limit", "-1"), "limit"),
    ],
)
def test_a_wrong_question_exits_2_and_says_what_is_wrong(indexed, words, expected):
    done = indexed(*words, code=2)
    assert expected in done.stderr + done.stdout


def test_show_prints_source_callers_and_callees_with_resolver_and_confidence(indexed):
    printed = indexed("show", "with_tax").stdout
    assert "return round(net * (1 + VAT), 2)" in printed
    assert "shop.basket" in printed
    value = indexed.json("show", "shop.prices.with_tax")
    assert value["source"].startswith("def with_tax(net: float)")
    assert value["callers"]
    for edge in value["callers"] + value["callees"] + value["edges"]:
        assert edge["resolver"]
        assert 0 < edge["confidence"] <= 1


def test_show_lists_the_candidates_of_an_ambiguous_name_and_exits_1(indexed):
    value = indexed.json("show", "total", code=1)
    assert value["code"] == "symbol-ambiguous"
    assert len(value["candidates"]) == 3
    one = value["candidates"][0]["id"]
    assert indexed.json("show", one)["symbol"]["id"] == one
    assert "Give one id" in indexed("show", "total", code=1).stdout


def test_show_of_an_unknown_name_suggests_similar_ones(indexed):
    value = indexed.json("show", "tax", code=1)
    assert (value["code"], value["similar"]) == ("symbol-unknown", ["shop.prices.with_tax"])


def test_show_gives_the_source_that_was_indexed_whatever_the_disk_holds(repository):
    cli = Cli(repository)
    cli("index", ".", "--quiet")
    indexed = cli.json("show", "with_tax")["source"]
    path = repository / "shop" / "prices.py"
    path.write_text("# moved\n" + path.read_text())
    shown = cli.json("show", "with_tax")
    assert (shown["source_state"], shown["source"]) == ("ok", indexed)
    path.unlink()
    assert cli.json("show", "with_tax")["source"] == indexed


def test_status_tells_tables_snapshots_and_the_last_summary(indexed):
    value = indexed.json("status")
    assert value["indexed"] is True
    assert value["tables"]["nodes"] == value["summary"]["nodes"]["total"]
    assert value["snapshots"][-1]["id"] == value["snapshot_id"]
    assert value["snapshot_id"] in indexed("status").stdout


def test_status_without_an_index_exits_1_and_says_how_to_make_one(repository):
    cli = Cli(repository)
    assert cli.json("status", code=1)["indexed"] is False
    assert "codegraph index" in cli("status", code=1).stdout
    assert not (repository / ".codegraph").exists()


@pytest.mark.parametrize("words", [("query", "nodes"), ("show", "x")])
def test_reading_without_an_index_is_a_permanent_error_that_says_how_to_make_one(repository, words):
    done = Cli(repository)(*words, code=3)
    assert "codegraph index" in done.stderr
    assert not (repository / ".codegraph").exists()


def test_a_subfolder_means_the_repository_around_it(indexed):
    assert Cli(indexed.folder / "shop").json("query", "files")["count"] == indexed.json("query", "files")["count"]


def test_an_unknown_snapshot_is_told(indexed):
    assert "error[" in indexed("query", "nodes", "--snapshot", "1_abc_0001", code=3).stderr


def test_plugins_list_names_the_built_in_plugins_with_their_origin(indexed):
    records = {record["name"]: record for record in indexed.json("plugins", "list")["plugins"]}
    assert records["language-python"]["state"] == "enabled"
    assert records["language-python"]["distribution"].startswith("codegraph-framework ")
    assert "python" in records["language-python"]["gives"]["languages"]
    assert "language-python" in indexed("plugins", "list").stdout


def test_an_empty_plugin_set_is_said_to_be_empty(indexed, monkeypatch):
    monkeypatch.setenv("CODEGRAPH_PLUGINS", "none")
    assert indexed.json("plugins", "list")["plugins"] == []
    assert "No plugin was found" in indexed("plugins", "list").stdout


def test_pipeline_show_orders_stages_by_what_they_need(indexed):
    waves = indexed.json("pipeline", "show")["waves"]
    assert [stage["name"] for stage in waves[0]] == ["parse"]
    made = set()
    for wave in waves:
        assert all(set(stage["inputs"]) <= made for stage in wave)
        made |= {artifact for stage in wave for artifact in stage["outputs"]}
    assert "cross-file" in indexed("pipeline", "show").stdout


def test_config_show_tells_where_each_value_came_from(repository, monkeypatch):
    (repository / "codegraph.toml").write_text('mode = "full"\n')
    monkeypatch.setenv("CODEGRAPH_BACKEND", "python")
    cli = Cli(repository)
    settings = {each["key"]: each for each in cli.json("config", "show", "--cache-dir", "elsewhere")["settings"]}
    assert (settings["mode"]["value"], settings["mode"]["layer"]) == ("full", "file")
    assert settings["mode"]["origin"].endswith("codegraph.toml:1")
    assert (settings["backend"]["value"], settings["backend"]["origin"]) == ("python", "CODEGRAPH_BACKEND")
    assert settings["cache_dir"]["origin"] == "--cache-dir"
    assert settings["isolation"]["origin"] == "default"
    assert "CODEGRAPH_BACKEND" in cli("config", "show").stdout


@pytest.mark.parametrize("name", [*PUBLIC, "config", "summary"])
def test_every_contract_has_a_json_schema(indexed, name):
    schema = indexed.json("schema", name)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["properties"]


def test_hostile_names_cannot_drive_the_terminal(repository):
    (repository / "evil\x1b[31m\n.py").write_text("def \u202eevil(): pass\n")
    cli = Cli(repository)
    printed = cli("index", ".").stdout + cli("query", "files").stdout + cli("query", "nodes").stdout
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert "evil\\x1b[31m\\x0a.py" in printed


def test_sql_prints_the_rows_of_one_select(indexed):
    text = "SELECT name, complexity FROM nodes WHERE kind = 'function' AND file_path = 'shop/basket.py' ORDER BY name"
    found = indexed.json("sql", text)
    assert (found["tables"], found["columns"], found["count"]) == (["nodes"], ["name", "complexity"], 2)
    assert [row["name"] for row in found["rows"]] == ["checkout", "total"]
    assert indexed("sql", text, "--format", "csv", "-n", "1").stdout.splitlines()[0] == "name,complexity"
    assert "checkout" in indexed("sql", text).stdout
    assert "'function'" in indexed("sql", "--explain", text).stdout
    assert "'function'" in indexed.json("sql", "--explain", text)["plan"]


def test_sql_takes_values_by_name_or_position(indexed):
    named = indexed.json("sql", "SELECT $n + 1 AS a, $t AS b, $z AS c", "-p", "n=2", "-p", "t='3'", "-p", "z=null")
    assert named["rows"] == [{"a": 3, "b": "3", "c": None}]
    assert indexed.json("sql", "SELECT ? AS a, ? AS b", "-p", "-1.5", "-p", "true")["rows"] == [{"a": -1.5, "b": True}]
    indexed("sql", "SELECT 1", "-p", "a=1", "-p", "2", code=2)
    indexed("sql", "SELECT 1", "--limit", "-1", code=2)


def test_sql_reads_a_statement_from_standard_input(indexed, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 7 AS a"))
    assert indexed.json("sql", "-")["rows"] == [{"a": 7}]


def test_sql_shortens_a_table_and_says_so(indexed):
    shown = indexed("sql", "SELECT range AS n FROM range(60)").stdout
    assert "The first 50 rows." in shown
    assert " 49 " in shown
    assert " 50 " not in shown.replace("first 50", "")
    assert indexed.json("sql", "SELECT range AS n FROM range(60)", "-n", "55")["count"] == 55


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DROP TABLE nodes", "sql-refused"),
        ("SELECT nope FROM nodes", "sql-invalid"),
        ("SELECT * FROM nods", "table-unknown"),
    ],
)
def test_sql_that_is_not_allowed_exits_2_and_says_why(indexed, text, code):
    assert indexed.json("sql", text, code=2)["error"]["code"] == code


def test_neighbors_follow_the_edges_that_are_asked_for(indexed):
    defined = indexed.json("query", "neighbors", "shop.basket.Basket", "--kind", "defines", "--direction", "out")
    assert {row["name"] for row in defined["rows"]} >= {"__init__", "total"}
    callers = ("query", "callers", "with_tax", "--kind", "calls", "--resolver", "import", "--min-confidence", "0.5")
    assert {row["name"] for row in indexed.json(*callers)["rows"]} == {"total"}
    assert indexed.json("query", "callers", "with_tax", "--resolver", "nobody")["rows"] == []
    indexed("query", "neighbors", "Basket", "--kind", "cals", code=2)


def test_a_plan_is_printed_instead_of_rows(indexed):
    words = ("query", "nodes", "--where", "kind=class", "--order-by", "complexity", "--nulls-first", "--explain")
    assert "missing first" in indexed(*words).stdout
    plan = indexed.json(*words)["plan"]
    assert (plan["access"], plan["index"]) == ("scan of nodes", "")
    walk = indexed.json("query", "callers", "with_tax", "--explain")["plan"]
    assert walk["index"] == "edges.target_id, nodes.id"


def test_sql_prints_sums_as_numbers(indexed):
    assert indexed.json("sql", "SELECT sum(range) AS s, 1.5 AS d FROM range(5)")["rows"] == [{"s": 10, "d": 1.5}]
    assert indexed("sql", "SELECT sum(range) AS s FROM range(5)", "--format", "jsonl").stdout == '{"s": 10}\n'

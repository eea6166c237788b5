"""`query`, `show`, `status`, `plugins list`, `pipeline show` and `config show` on an indexed repository."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codegraph_hookspecs.tables import TABLES
from tests.e2e.conftest import Cli

PUBLIC = sorted(name for name, spec in TABLES.items() if spec.public)


@pytest.mark.parametrize("table", PUBLIC)
def test_every_table_can_be_printed_with_its_own_columns(indexed, table):
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


def test_show_says_when_the_file_has_changed_since(repository):
    cli = Cli(repository)
    cli("index", ".", "--quiet")
    path = repository / "shop" / "prices.py"
    path.write_text("# moved\n" + path.read_text())
    assert cli.json("show", "with_tax")["source_state"] == "changed"
    assert "has changed since" in cli("show", "with_tax").stdout
    path.unlink()
    assert "cannot be read" in cli("show", "with_tax").stdout


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

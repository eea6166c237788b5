"""The Lua plugin: the conformance kit, and the rows that its kind table makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from codegraph_lua import PACK, DocumentationStage, GlobalNames, plugin

from codegraph_hookspecs import ParsedBatch, Parser
from codegraph_hookspecs.testing import check_analyzer, check_stage, parse_samples
from codegraph_hookspecs.testing.pack_tests import pack_tests

FOLDER = Path(__file__).parent / "samples"
SAMPLES = {path.relative_to(FOLDER).as_posix(): path.read_text() for path in sorted(FOLDER.rglob("*.lua"))}
SHAPE = "geo/shape.lua"


@pytest.fixture
def batch(codegraph_parser: Parser) -> ParsedBatch:
    return parse_samples(codegraph_parser, [PACK], SAMPLES)


def nodes_of(batch: ParsedBatch, path: str) -> dict[str, dict[str, object]]:
    rows = batch.tables["nodes"].to_pylist()
    return {row["id"].split(":", 1)[-1].partition("@")[0]: row for row in rows if row["file_path"] == path}


test_the_plugin_conforms, test_what_the_case_says_holds, test_names_lead_where_the_case_says = pack_tests(
    plugin, PACK, Path(__file__).parent
)


def test_functions_are_named_by_their_last_part_and_methods_are_methods(batch: ParsedBatch) -> None:
    nodes = nodes_of(batch, SHAPE)
    assert {name: row["kind"] for name, row in nodes.items() if row["kind"] in {"function", "method"}} == {
        "area": "function",
        "scale": "function",
        "describe": "method",
        "describe.<lambda1>": "function",
        "helper": "function",
        "callback": "function",
        "apply": "function",
        "forward~2": "function",
        "go": "function",
        "global_function": "function",
    }
    assert nodes["area"]["fqn"] == "geo.shape.area"
    assert nodes["area"]["signature"] == "function M.area(w, h, ...)"
    assert nodes["area"]["docstring"] == "Area of a rectangle.\n@param w width"
    assert nodes["helper"]["modifiers"] == ["local"]


def test_only_names_outside_functions_are_variables(batch: ParsedBatch) -> None:
    nodes = nodes_of(batch, SHAPE)
    assert {name: row["kind"] for name, row in nodes.items() if row["kind"] in {"variable", "constant"}} == {
        "floor": "variable",
        "format": "variable",
        "M": "constant",
        "MAX_SIZE": "constant",
        "forward": "variable",
        "counter": "variable",
        "options": "variable",
    }


def test_require_is_an_import_with_or_without_parentheses_and_inside_a_table(batch: ParsedBatch) -> None:
    rows = batch.tables["imports"].to_pylist()
    assert [(row["file_path"], row["module"], row["alias"]) for row in rows] == [
        ("geo/init.lua", "geo.shape", None),
        ("geo/init.lua", "geo.point", None),
        (SHAPE, "json", "json"),
        (SHAPE, "geo.point", "point"),
        ("spec/shape_spec.lua", "geo.shape", "shape"),
    ]


def test_an_init_file_takes_its_folders_name(batch: ParsedBatch) -> None:
    names = dict(zip(*(batch.tables["files"].column(name).to_pylist() for name in ("path", "module_fqn")), strict=True))
    assert names["geo/init.lua"] == "geo"


def test_tests_are_recognised_by_file_and_name(batch: ParsedBatch) -> None:
    assert nodes_of(batch, "spec/shape_spec.lua")["test_area"]["is_test"] is True
    assert not any(row["is_test"] for row in nodes_of(batch, SHAPE).values())


def test_complexity_is_lizards(batch: ParsedBatch) -> None:
    lizard = pytest.importorskip("lizard")
    wanted = {
        (function.start_line, function.cyclomatic_complexity)
        for function in lizard.analyze_file.analyze_source_code(SHAPE, SAMPLES[SHAPE]).function_list
    }
    given = {
        (row["start_line"], row["complexity"])
        for row in nodes_of(batch, SHAPE).values()
        if row["kind"] in {"function", "method"}
    }
    assert wanted <= given
    assert (14, 9) in wanted


def test_the_stage_gives_each_module_its_share_of_documented_functions(batch: ParsedBatch) -> None:
    rows = check_stage(DocumentationStage(), batch)["metrics"].to_pylist()
    assert [(row["node_id"], row["name"], round(row["value"], 2)) for row in rows] == [
        ("geo.point@lua", "documented_functions", 1.0),
        ("geo.shape@lua", "documented_functions", 0.22),
        ("spec.shape_spec@lua", "documented_functions", 0.0),
    ]


def test_the_analyzer_reports_global_names_outside_tests(batch: ParsedBatch) -> None:
    findings = check_analyzer(GlobalNames(), batch)
    assert [finding["node_id"] for finding in findings] == ["geo.shape:counter@lua", "geo.shape:global_function@lua"]
    assert findings[0]["message"] == "The variable 'counter' is global; make it local or a member of a table."

"""`Graph.function()`: control flow and data flow of one function, made when asked for."""

import asyncio
import xml.etree.ElementTree as ET

import pytest

from codegraph import CodeGraph, CodeGraphError
from codegraph._internal.sdk import flow
from codegraph_hookspecs import hookimpl

pytest.importorskip("codegraph_parser_rust")

SOURCE = """\
import os

LIMIT = 3


def load(paths, strict=False):
    found = []
    for path in paths:
        try:
            text = os.read(path)
        except OSError:
            if strict:
                raise
            continue
        found.append(text)
    if LIMIT and 1 > 2:
        os.abort()
    return found or None


@os.register
class Reader:
    name = "x"

    def read(self):
        return (lambda: self.name)()
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    root = tmp_path_factory.mktemp("flow")
    (root / "app.py").write_text(SOURCE)
    (root / "page.js").write_text("function f(a) { return a?.b ?? 1; }\n")
    (root / "Box.java").write_text("class Box { int m(int a) { return a > 1 ? a : 0; } }\n")
    (root / "work.go").write_text(
        "package work\n\nfunc Run(m M) (n int) {\n\tdefer m.Close()\n\tn = 1\n\treturn n + m.Size()\n}\n"
    )
    (root / "view.tsx").write_text("export const v = <T,>(x: T) => <p>{x}</p>;\n")
    (root / "tool.rs").write_text("fn h() -> i32 { 1 }\n")
    (root / "old.py").write_bytes(b"def g():\n    return 1\n")
    with CodeGraph().index(root, backend="rust").execute() as result:
        yield result


def test_a_function_has_blocks_that_edges_connect(graph):
    cfg = graph.function("app.load").cfg()
    assert [block.name for block in cfg.blocks[:3]] == ["b0", "exit", "raise"]
    assert {edge.kind for edge in cfg.edges} >= {"item", "exhausted", "exception", "true", "false", "return"}
    (loop,) = {block.loop_header for block in cfg.blocks if block.loop_depth}
    assert cfg.blocks[loop].terminator.startswith("iterate")
    dead = [line for block in cfg.blocks if not block.is_live for line in block.lines]
    assert dead == [17]
    assert all(block.is_reachable for block in cfg.blocks if block.block > 2)
    assert cfg.blocks[0].immediate_dominator is None
    assert cfg.to_text().startswith("function load\nb0:\n")
    assert cfg.to_arrow("cfg_edges").num_rows == len(cfg.edges)


def test_uses_know_the_definitions_that_reach_them(graph):
    uses = graph.function("app.load").def_use()
    text = [use for use in uses if use.name == "text"]
    assert [(use.kind, use.definition_line, use.definition_column, use.use_line) for use in text] == [
        ("store", 10, 12, 15)
    ]
    found = {(use.definition_line, use.use_line) for use in uses if use.name == "found"}
    assert found == {(7, 15), (7, 18)}


def test_merges_are_pruned(graph):
    ssa = graph.function("app.load").ssa()
    assert [phi.name for phi in ssa.phis] == []
    assert ssa.to_arrow("variables").num_rows > 0


@pytest.mark.parametrize("symbol", ["app", "app.Reader", "Reader.read", "app.Reader.read.<lambda1>"])
def test_modules_classes_methods_and_lambdas_have_code(graph, symbol):
    function = graph.function(symbol)
    assert function.node.fqn.endswith(symbol)
    name = symbol.rpartition(".")[2]
    assert function.to_text().splitlines()[0].endswith("<module>" if symbol == "app" else name)


def test_drawings_show_source_or_instructions(graph):
    cfg = graph.function("app.load").cfg()
    dot = cfg.to_dot()
    assert dot.startswith('digraph "app.load" {')
    assert "for path in paths:" in dot
    assert "get-iterator" in cfg.to_dot(instructions=True)
    for text in (cfg.to_svg(), cfg.to_svg(instructions=True)):
        root = ET.fromstring(text)
        boxes = list(root.iter("{http://www.w3.org/2000/svg}rect"))
        assert len(boxes) == len(cfg.blocks) + 1
    assert cfg.to_svg() == graph.function("app.load").cfg().to_svg()


@pytest.mark.parametrize(
    ("symbol", "kinds"), [("page.f", {"true", "false"}), ("Box.m", {"true", "false"}), ("view.v", set())]
)
def test_each_language_with_a_lowering_has_the_same_graph(graph, symbol, kinds):
    function = graph.function(symbol)
    assert {edge.kind for edge in function.cfg().edges} >= kinds | {"return"}
    assert function.def_use()


def test_names_of_nothing_or_of_several_are_errors(graph):
    for symbol, code in [
        ("nothing", "symbol-unknown"),
        ("app.LIMIT", "flow-unavailable"),
        ("tool.h", "flow-unavailable"),
    ]:
        with pytest.raises(CodeGraphError) as caught:
            graph.function(symbol)
        assert caught.value.code == code
        assert caught.value.context["remedy"]


def test_the_file_is_lowered_once(graph, monkeypatch):
    first = graph.function("old.g")
    monkeypatch.setattr("codegraph_parser_rust.NativeLowering.lower", lambda *_: pytest.fail("lowered again"))
    assert graph.function("old.g").to_text() == first.to_text()
    assert asyncio.run(graph.afunction("old.g")).to_text() == first.to_text()


def test_a_lowering_that_refuses_a_text_is_named_with_the_file(graph, tmp_path):
    class Refusing:
        name = "a-refusing"
        version = "1"
        languages = ("python",)

        def lower(self, pack, path, content):
            raise ValueError("not today")

    class Plugin:
        @hookimpl
        def codegraph_lowerings(self):
            return [Refusing()]

    (tmp_path / "m.py").write_text("def f(): pass\n")
    with CodeGraph(plugins=[Plugin()]).index(tmp_path).execute() as result, pytest.raises(CodeGraphError) as caught:
        result.function("m.f")
    assert (caught.value.code, caught.value.context["path"]) == ("flow-unavailable", "m.py")


def test_lowered_files_are_forgotten_beyond_a_number(graph, tmp_path):
    for index in range(flow._KEPT_FILES + 3):
        (tmp_path / f"m{index}.py").write_text(f"def f(): return {index}\n")
    with CodeGraph().index(tmp_path).execute() as result:
        for index in range(flow._KEPT_FILES + 3):
            result.function(f"m{index}.f")
    assert len(flow._kept) == flow._KEPT_FILES


def test_go_has_flow_with_the_analyses_of_the_others(graph):
    function = graph.function("work.Run")
    kinds = {edge.kind for edge in function.cfg().edges}
    assert {"return", "exception", "true", "false"} <= kinds
    uses = {(use.name, use.definition_line, use.use_line) for use in function.def_use()}
    assert ("m", 3, 6) in uses
    found = graph.slice("work.go:6:n")
    assert {line.line for line in found.lines} >= {5, 6}

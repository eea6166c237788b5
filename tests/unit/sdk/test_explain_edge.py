"""Why there is an edge of a call: places, resolvers, and the way of the callee's object."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from codegraph import CodeGraph, EdgeExplanation, IndexResult, QueryError
from codegraph.cli.app import run

pytest.importorskip("codegraph_parser_rust")

SHOP = """\
from handlers import Base, make


class Cart(Base):
    def total(self):
        return 1


def pick(items):
    return items["t"]


def run(action):
    return action()


def main():
    cart = make(Cart)
    cart.total()
    table = {"t": helper}
    run(pick(table))
    helper()


def helper():
    return 2


main()
"""

HANDLERS = """\
class Base:
    def total(self):
        raise NotImplementedError


def make(kind):
    return kind()
"""

SCRIPT = """\
function greet() {}
function run(action) {
  action();
}
run(greet);
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> IndexResult:
    root = tmp_path_factory.mktemp("shop")
    for name, text in {"shop.py": SHOP, "handlers.py": HANDLERS, "script.js": SCRIPT}.items():
        (root / name).write_text(text, encoding="utf-8")
    return CodeGraph().index(root).with_call_graph().execute()


def chains(explanation: EdgeExplanation) -> dict[str, list[str]]:
    """Return the steps by place of the call."""
    return {
        f"{edge.file_path}:{edge.line_number}": [f"{step.path}:{step.line} {step.text}" for step in edge.steps]
        for edge in explanation.edges
    }


def test_a_function_is_followed_from_its_definition_to_the_call(shop: IndexResult) -> None:
    explanation = shop.explain_edge("shop.run", "shop.helper")
    assert chains(explanation) == {
        "shop.py:14": [
            "shop.py:25 `helper` is defined",
            "shop.py:25 is bound to `helper`",
            "shop.py:20 `helper` is read",
            "shop.py:20 is put into a container",
            "shop.py:10 an item is read",
            "shop.py:9 is returned by `pick`",
            "shop.py:21 is what the call gives",
            "shop.py:13 is given to `run` as `action`",
        ]
    }
    (edge,) = explanation.edges
    assert (edge.resolver, edge.confidence, edge.is_implicit) == ("points-to", 0.95, False)


def test_a_method_is_called_because_of_its_receiver(shop: IndexResult) -> None:
    assert chains(shop.explain_edge("shop.main", "shop.Cart.total")) == {
        "shop.py:19": [
            "handlers.py:7 an instance of `Cart` is made",
            "handlers.py:6 is returned by `make`",
            "shop.py:18 is what the call gives",
            "shop.py:19 attribute `total` is read",
            "shop.py:5 has `total`, which is defined here",
        ]
    }


def test_a_class_is_followed_like_a_function(shop: IndexResult) -> None:
    assert chains(shop.explain_edge("handlers.make", "shop.Cart")) == {
        "handlers.py:7": [
            "shop.py:4 class `Cart` is defined",
            "shop.py:4 is bound to `Cart`",
            "shop.py:18 `Cart` is read",
            "handlers.py:6 is given to `make` as `kind`",
        ]
    }


def test_javascript_is_explained_by_the_same_steps(shop: IndexResult) -> None:
    (steps,) = chains(shop.explain_edge("script.run", "script.greet")).values()
    assert steps[0] == "script.js:1 `greet` is defined"
    assert steps[-1] == "script.js:2 is given to `run` as `action`"


SHAPES = """\
package app;

import java.util.List;

class Shapes {
    interface Shape { int area(); }

    static class Square implements Shape {
        private final int side;
        Square(int side) { this.side = side; }
        public int area() { return side * side; }
    }

    static class Circle implements Shape {
        public int area() { return 3; }
    }

    private Shape kept;

    static Shape make() { return new Square(2); }

    void keep(Shape shape) { kept = shape; }

    int run() { return kept.area(); }

    static void each(List<Runnable> list) {
        for (Runnable one : list) one.run();
    }

    public static void main(String[] args) {
        Shapes shapes = new Shapes();
        shapes.keep(make());
        shapes.run();
        each(List.of(() -> say()));
        Object made = new Circle();
        ((Shape) made).area();
    }

    static void say() { }
}

class Other {
    int measure(Shapes.Shape shape) { return shape.area(); }
}
"""


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> IndexResult:
    root = tmp_path_factory.mktemp("shapes")
    (root / "Shapes.java").write_text(SHAPES, encoding="utf-8")
    return CodeGraph().index(root).with_call_graph().execute()


def texts(explanation: EdgeExplanation) -> list[str]:
    """Return the steps of the one place."""
    (edge,) = explanation.edges
    return [f"{step.line} {step.text}" for step in edge.steps]


def test_javas_receivers_are_followed_through_returns_parameters_and_fields(shapes: IndexResult) -> None:
    assert texts(shapes.explain_edge("app.Shapes.run", "app.Shapes.Square.area")) == [
        "20 an instance of `Square` is made",
        "20 is returned by `Shapes.make`",
        "32 is what the call gives",
        "22 is given to `Shapes.keep` as `shape`",
        "22 is bound to field `kept`",
        "24 field `kept` is read",
        "11 `Square.area`, defined here, is the one that it has",
    ]


def test_a_lambda_comes_out_of_what_the_library_keeps_it_in(shapes: IndexResult) -> None:
    (lambda_,) = shapes.nodes().filter(kind="function", file_path="Shapes.java")
    explanation = shapes.explain_edge("app.Shapes.each", lambda_)
    assert texts(explanation) == ["34 a lambda is written", "27 is what the call gives"]
    assert texts(shapes.explain_edge(lambda_, "app.Shapes.say"))[-1] == (
        "39 `Shapes.say`, defined here, is what is named"
    )


def test_a_cast_lets_a_receiver_through(shapes: IndexResult) -> None:
    assert texts(shapes.explain_edge("app.Shapes.main", "app.Shapes.Circle.area")) == [
        "35 an instance of `Circle` is made",
        "15 `Circle.area`, defined here, is the one that it has",
    ]


def test_a_guess_by_the_declared_type_is_said_to_be_one(shapes: IndexResult) -> None:
    explanation = shapes.explain_edge("app.Other.measure", "app.Shapes.Square.area")
    assert [edge.resolver for edge in explanation.edges] == ["rta"]
    assert texts(explanation)[0] == (
        "43 `shape` of `Other.measure` is taken for an instance of `Square`: no object is seen to get there"
    )


def test_two_runs_give_the_same(shop: IndexResult) -> None:
    first, second = (shop.explain_edge("shop.main", "shop.pick") for _ in range(2))
    assert first == second
    assert asyncio.run(shop.aexplain_edge("shop.main", "shop.pick")) == first


def test_without_an_edge_there_is_nothing_to_explain(shop: IndexResult) -> None:
    assert shop.explain_edge("shop.helper", "shop.main").edges == ()


def test_a_name_that_nothing_has_is_an_error(shop: IndexResult) -> None:
    with pytest.raises(QueryError) as caught:
        shop.explain_edge("shop.nothing", "shop.main")
    assert caught.value.code == "symbol-unknown"


def test_without_the_call_graph_the_resolver_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(): ...\n\ndef g():\n    f()\n", encoding="utf-8")
    (edge,) = CodeGraph().index(tmp_path).execute().explain_edge("a.g", "a.f").edges
    assert (edge.resolver, edge.reason) == ("lexical", "The name is bound in a scope around the call.")


def test_the_command_prints_chains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.py").write_text("def f(): ...\n\ndef g(x):\n    x()\n\ng(f)\n", encoding="utf-8")
    CodeGraph().index(tmp_path).with_call_graph().execute()
    monkeypatch.chdir(tmp_path)
    assert run(["explain-edge", "a.g", "a.f"]) == 0
    assert capsys.readouterr().out == (
        "a.g → a.f\n\n"
        "a.py:4  calls, points-to, confidence 0.95\n"
        "  The callee's object arrives at the call.\n"
        "   1. a.py:1  `f` is defined\n"
        "   2. a.py:3  is given to `g` as `x`\n"
    )
    assert run(["explain-edge", "a.g", "a.f", "--json"]) == 0
    (edge,) = json.loads(capsys.readouterr().out)["edges"]
    assert edge["steps"][0] == {"path": "a.py", "line": 1, "column": 0, "text": "`f` is defined"}
    assert run(["explain-edge", "a.f", "a.g"]) == 1
    assert capsys.readouterr().out == "a.f has no call of a.g.\n"
    assert run(["explain-edge", "a.nothing", "a.g"]) == 1

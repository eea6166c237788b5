"""Slices: which lines a value depends on, and which depend on it, within functions and through calls."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from codegraph import CodeGraph, QueryError, Slice

pytest.importorskip("codegraph_parser_rust")

SHOP = """\
from tax import rate_of

RATES = {"de": 19}


class Cart:
    def __init__(self, country):
        self.country = country
        self.items = []
        self.label = "cart"

    def total(self):
        return sum(self.items)

    def name(self):
        return self.label


def clean(text):
    print("cleaning", text)
    return text.strip()


def fill(target, value):
    target.append(value)


def look(target):
    return len(target)


def bill(order, currency):
    cart = Cart(order["country"])
    unused = clean(currency)
    notes = []
    for line in order["lines"]:
        fill(notes, line.note)
    size = look(notes)
    net = order["net"]
    rate = rate_of(order["country"], RATES)
    if rate > 0:
        gross = net * (1 + rate)
    else:
        gross = net
    print(unused)
    return gross, notes, size, cart
"""

TAX = """\
DEFAULT = 0


def rate_of(country, table):
    found = table.get(country)
    note = len(country)
    print(note)
    if found is None:
        return DEFAULT
    return found / 100


def report(order):
    rate = rate_of(order["country"], {})
    shown = str(rate)
    other = len(order)
    return shown, other
"""


def lines(found: Slice, path: str) -> list[int]:
    return [line.line for line in found.lines if line.path == path and not line.context]


def sliced(tmp_path: Path, place: str, direction: str = "backward", **files: str) -> Slice:
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text)
    with CodeGraph().index(tmp_path).execute() as graph:
        return graph.slice(place, direction)  # type: ignore[arg-type]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "tax.py").write_text(TAX)
    return tmp_path


def at(text: str, what: str) -> int:
    """Return the line of a text that begins so, indentation aside."""
    (line,) = [number for number, line in enumerate(text.split("\n"), 1) if line.strip().startswith(what)]
    return line


def test_backward_through_calls_branches_and_globals(shop: Path) -> None:
    with CodeGraph().index(shop).execute() as graph:
        found = graph.slice(f"shop.py:{at(SHOP, 'return gross')}:gross")
    wanted = ("RATES", "def bill", "net =", "rate =", "if rate", "gross = net *", "gross = net")
    expected = {line for line, text in enumerate(SHOP.split("\n"), 1) if text.strip().startswith(wanted)}
    expected |= {at(SHOP, "return gross"), at(SHOP, "from tax")}
    assert set(lines(found, "shop.py")) == expected
    inside = {"DEFAULT", "def rate_of", "found", "if found", "return DEFAULT", "return found"}
    assert {at(TAX, start) for start in inside} == set(lines(found, "tax.py"))
    assert found.complete
    assert found.nodes == ("shop:bill@py", "shop@py", "tax:rate_of@py", "tax@py")


def test_what_a_callee_changes_and_what_it_only_reads(shop: Path) -> None:
    with CodeGraph().index(shop).execute() as graph:
        notes = graph.slice(f"shop.py:{at(SHOP, 'return gross')}:notes")
        unused = graph.slice(f"shop.py:{at(SHOP, 'print(unused')}:unused")
    assert {at(SHOP, "notes = []"), at(SHOP, "fill("), at(SHOP, "target.append"), at(SHOP, "for line")} <= set(
        lines(notes, "shop.py")
    )
    assert at(SHOP, "size =") not in lines(notes, "shop.py")
    assert at(SHOP, "return len(target)") not in lines(notes, "shop.py")
    assert at(SHOP, "return text.strip") in lines(unused, "shop.py")
    assert at(SHOP, "rate =") not in lines(unused, "shop.py")


def test_forward_follows_arguments_results_and_callers(shop: Path) -> None:
    with CodeGraph().index(shop).execute() as graph:
        found = graph.slice(f"tax.py:{at(TAX, 'found =')}:found", "forward")
    assert {at(TAX, "if found"), at(TAX, "return found"), at(TAX, "return DEFAULT"), at(TAX, "shown =")} <= set(
        lines(found, "tax.py")
    )
    assert at(TAX, "note =") not in lines(found, "tax.py")
    assert at(TAX, "other =") not in lines(found, "tax.py")
    assert {at(SHOP, "rate ="), at(SHOP, "if rate"), at(SHOP, "gross = net *")} <= set(lines(found, "shop.py"))
    assert at(SHOP, "size =") not in lines(found, "shop.py")


def test_a_callee_gives_back_only_to_the_call_that_entered_it(tmp_path: Path) -> None:
    text = "def same(x):\n    return x\n\n\ndef f(a, b):\n    left = same(a)\n    right = same(b)\n    return left\n"
    found = sliced(tmp_path, "m.py:8:left", m__py=text)
    assert lines(found, "m.py") == [1, 2, 5, 6, 8]
    forward = sliced(tmp_path, "m.py:6:a", "forward", m__py=text)
    assert 7 not in lines(forward, "m.py")
    assert {1, 2, 6, 8} <= set(lines(forward, "m.py"))


def test_depth_counts_functions_and_annotations_are_no_part(tmp_path: Path) -> None:
    low = "def low(x):\n    return x + 1\n\n\n"
    text = f"import t\n\n\n{low}def mid(x: t.T):\n    return low(x)\n\n\ndef top(y):\n    return mid(y)\n"
    places = {0: [8, 9], 1: [4, 5, 8, 9, 12, 13], None: [4, 5, 8, 9, 12, 13]}
    (tmp_path / "m.py").write_text(text)
    with CodeGraph().index(tmp_path).execute() as graph:
        for depth, expected in places.items():
            assert lines(graph.slice("m.py:9", depth=depth), "m.py") == expected


def test_attributes_of_self_come_from_other_methods(shop: Path) -> None:
    with CodeGraph().index(shop).execute() as graph:
        found = graph.slice(f"shop.py:{at(SHOP, 'return self.label')}:label")
        forth = graph.slice(f"shop.py:{at(SHOP, 'self.items = []')}:items", "forward")
    assert at(SHOP, "self.label =") in lines(found, "shop.py")
    assert at(SHOP, "self.items = []") not in lines(found, "shop.py")
    assert at(SHOP, "return sum(self.items)") in lines(forth, "shop.py")


@pytest.mark.parametrize(
    ("body", "line", "name", "expected"),
    [
        ("x = 1\ny = 2\nz = x\nprint(z)", 4, "z", [1, 3, 4]),
        ("xs = []\nxs.append(a)\nys = [b]\nreturn xs", 4, "xs", [1, 2, 4]),
        ("o.a = a\no.b = b\nreturn o.a", 3, "a", [1, 3]),
        ("xs = ys = []\nys.append(a)\nreturn xs", 3, "xs", [1, 2, 3]),
        ("xs = [[]]\nx = xs[0]\nx.append(a)\nreturn xs", 4, "xs", [1, 2, 3, 4]),
        ("d = {}\nd[a] = b\nreturn d", 3, "d", [1, 2, 3]),
        ("x = 1\nif a:\n    x = 2\nreturn x", 4, "x", [1, 2, 3, 4]),
        ("x = 1\nx = 2\nreturn x", 3, "x", [2, 3]),
        ("t = 0\nfor i in a:\n    t += i\n    u = i\nreturn t", 5, "t", [1, 2, 3, 5]),
        ("x = a if b else 3\ny = 4\nreturn x", 3, "x", [1, 3]),
        ("try:\n    x = int(a)\nexcept ValueError:\n    x = 0\nreturn x", 5, "x", [2, 3, 4, 5]),
        ("k = 2\nxs = [i * k for i in a]\nreturn xs", 3, "xs", [1, 2, 3]),
        ("k = 2\nf = lambda i: i * k\nreturn f", 3, "f", [1, 2, 3]),
        ("import os\nn = os.getcwd()\nm = os.name\nreturn m", 4, "m", [1, 3, 4]),
    ],
)
def test_within_a_function(tmp_path: Path, body: str, line: int, name: str, expected: list[int]) -> None:
    text = "def f(a, b, o):\n" + "".join(f"    {each}\n" for each in body.split("\n"))
    found = sliced(tmp_path, f"m.py:{line + 1}:{name}", m__py=text)
    assert [each - 1 for each in lines(found, "m.py") if each > 1] == expected


def test_other_languages(tmp_path: Path) -> None:
    script = (
        "function scale(x) {\n  return x * 2;\n}\n"
        "function f(a, b) {\n  const y = scale(a);\n  const z = scale(b);\n  return y;\n}\n"
    )
    found = sliced(tmp_path, "m.js:7:y", m__js=script)
    assert lines(found, "m.js") == [1, 2, 4, 5, 7]
    java = "class A {\n  int n;\n  void set(int v) {\n    this.n = v;\n  }\n  int get() {\n    return this.n;\n  }\n}\n"
    found = sliced(tmp_path, "A.java:7:n", A__java=java)
    assert {4, 7} <= set(lines(found, "A.java"))


def test_the_listing_shows_heads_and_gaps(tmp_path: Path) -> None:
    text = "class A:\n    def f(self, a):\n        x = a\n        y = 1\n        return x\n"
    found = sliced(tmp_path, "m.py:5:x", m__py=text)
    assert found.to_text() == (
        "m.py\n    1   class A:\n    2 │     def f(self, a):\n"
        "    3 │         x = a\n      ⋯\n    5 │         return x\n"
    )
    assert found.to_dict()["criterion"] == "m.py:5:x"


def test_dependences_of_one_function(shop: Path) -> None:
    with CodeGraph().index(shop).execute() as graph:
        pdg = graph.function("tax.rate_of").pdg()
        assert asyncio.run(graph.aslice("tax.py:5:found")).lines
    numbers = {point.point for point in pdg.points}
    assert {edge.source for edge in pdg.dependences} | {edge.target for edge in pdg.dependences} <= numbers
    assert {edge.kind for edge in pdg.dependences} >= {"value", "variable", "control"}
    by_number = {point.point: point for point in pdg.points}
    deciding = {by_number[edge.source].text.split()[0] for edge in pdg.dependences if edge.kind == "control"}
    assert deciding == {"branch"}
    assert pdg.to_arrow().num_rows == len(pdg.dependences)


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("shop.py", "slice-criterion-unknown"),
        ("shop.py:x:y", "slice-criterion-unknown"),
        ("shop.py:2:gross", "slice-criterion-unknown"),
        ("shop.py:37:nothing", "slice-criterion-unknown"),
        ("none.py:1:x", "flow-unavailable"),
    ],
)
def test_a_place_that_is_none(shop: Path, place: str, code: str) -> None:
    with CodeGraph().index(shop).execute() as graph, pytest.raises(QueryError) as caught:
        graph.slice(place)
    assert caught.value.code == code
    assert caught.value.context["remedy"]

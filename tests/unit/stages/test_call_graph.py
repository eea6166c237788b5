"""The plugin `call-graph`: rows, statuses, and what it says where it cannot decide."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from codegraph import CodeGraph
from codegraph_hookspecs import PluginError
from codegraph_plugins.stages.cross_file import CrossFileStage
from codegraph_plugins.stages.points_to import engine, stage, units
from codegraph_plugins.stages.points_to.summaries import summaries_json
from tests.unit.stages.linking import Context, language_packs

pytest.importorskip("codegraph_parser_rust")


def index(root: Path, text: str, workers: int = 1, name: str = "main.py") -> Any:
    root.mkdir(exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")
    return CodeGraph().index(root).with_call_graph().parallel(workers).execute()


def sites(result: Any) -> dict[str, tuple[str, str | None, tuple[str, ...]]]:
    rows = result.query().call_sites().execute()
    return {row.callee_text: (row.status, row.reason, tuple(row.candidates)) for row in rows}


def test_a_call_of_a_value_has_its_callees_as_candidates(tmp_path: Path) -> None:
    found = sites(index(tmp_path / "r", "def f(a):\n    a()\n\ndef g(): ...\nf(g)\n"))
    assert found["a"] == ("resolved", None, ("main:g@py",))


def test_an_edge_that_the_analysis_disproves_is_gone(tmp_path: Path) -> None:
    text = "def a(): ...\ndef b(): ...\nf = a\nf = b\nf()\n"
    edges = index(tmp_path / "r", text).query().edges().filter(kind="calls").execute()
    assert [(edge.target_id, edge.resolver) for edge in edges] == [("main:b@py", "points-to")]


def test_a_class_is_instantiated_and_its_constructor_called(tmp_path: Path) -> None:
    text = "class A:\n    def __init__(self): ...\n\nclass B(A): ...\n\nB()\n"
    edges = index(tmp_path / "r", text).query().edges().filter(kind=["calls", "instantiates"]).execute()
    assert {(edge.kind, edge.target_id) for edge in edges} == {
        ("calls", "main:A.__init__@py"),
        ("instantiates", "main:B@py"),
    }


def test_a_shared_new_gives_each_class_its_own_instances(tmp_path: Path) -> None:
    """Sixty calls of one ``__new__`` are more than are told apart."""
    text = "class Base:\n    def __new__(cls):\n        made = super().__new__(cls)\n        return made\n"
    for at in range(60):
        text += f"class C{at}(Base):\n    def go(self): ...\n\ndef call{at}():\n    C{at}().go()\n\ncall{at}()\n"
    edges = index(tmp_path / "r", text).query().edges().filter(kind="calls").execute()
    found = {(edge.source_id, edge.target_id) for edge in edges if edge.target_id.endswith(".go@py")}
    assert found == {(f"main:call{at}@py", f"main:C{at}.go@py") for at in range(60)}


def test_an_analysis_that_would_end_early_begins_anew_with_fewer_contexts(tmp_path: Path) -> None:
    """Sums of anything with anything need more than the bounds allow."""
    text = "class Base:\n    def __add__(self, other):\n        return pick(self, other)\n\n"
    text += "def pick(one, other):\n    return one if other else other\n\n"
    for at in range(100):
        text += f"class C{at}(Base):\n    def __add__(self, other):\n        return super().__add__(other)\n\n"
    text += "pool = [" + ", ".join(f"C{at}()" for at in range(100)) + "]\n\n"
    for at in range(3_000):
        text += f"def sum{at}(index):\n    return pool[index] + pool[index + 1]\n\n"
    edges = index(tmp_path / "r", text).query().edges().filter(kind="calls").execute()
    assert {f"main:sum{at}@py" for at in range(3_000)} <= {edge.source_id for edge in edges}


def test_what_is_raised_has_an_edge(tmp_path: Path) -> None:
    edges = index(tmp_path / "r", "def f():\n    raise ValueError(1)\n").query().edges().filter(kind="raises").execute()
    assert [(edge.source_id, edge.target_id) for edge in edges] == [("main:f@py", "builtins.ValueError@external")]


def test_what_is_not_known_is_not_guessed(tmp_path: Path) -> None:
    found = sites(index(tmp_path / "r", "def save(): ...\n\ndef f(x):\n    x.save()\n"))
    assert found["x.save"][0] == "unresolved"


def test_a_call_in_code_that_cannot_run_has_no_edge(tmp_path: Path) -> None:
    result = index(tmp_path / "r", "def f(): ...\nif False:\n    f()\n")
    assert sites(result)["f"] == ("unresolved", "dead-code", ())
    assert not result.query().edges().filter(kind="calls").execute()


def test_rows_do_not_depend_on_workers(tmp_path: Path) -> None:
    text = "class A:\n    def m(self): ...\n\nfor f in [A().m, print]:\n    f()\n"
    one, two = (index(tmp_path / str(workers), text, workers).query().edges().execute() for workers in (1, 2))
    assert [edge.to_dict() for edge in one] == [edge.to_dict() for edge in two]


def test_without_the_plugin_nothing_of_it_runs(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("def f(a):\n    a()\n", encoding="utf-8")
    edges = CodeGraph().index(tmp_path).execute().query().edges().execute()
    assert all(edge.resolver != "points-to" for edge in edges)


def test_without_the_native_engine_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "codegraph_parser_rust._native", None)
    with pytest.raises(PluginError) as caught:
        engine.native()
    assert caught.value.code == "native-engine-missing"


@pytest.mark.parametrize("exported", [{}, {"ENGINE_VERSION": 0}])
def test_an_engine_older_than_its_package_is_refused(
    exported: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ModuleType("codegraph_parser_rust._native")
    vars(old).update(exported)
    monkeypatch.setitem(sys.modules, "codegraph_parser_rust._native", old)
    with pytest.raises(PluginError, match="version 0") as caught:
        engine.native()
    assert caught.value.code == "native-engine-version"
    assert "maturin develop" in caught.value.context["remedy"]
    (tmp_path / "main.py").write_text("", encoding="utf-8")
    found = CodeGraph().index(tmp_path).execute().query().diagnostics().execute()
    assert "native-engine-version" in {one.code for one in found}


def test_a_file_that_cannot_be_lowered_is_reported(tmp_path: Path) -> None:
    context = Context(root=tmp_path, packs=language_packs(), artifacts={})
    assert not list(units._lowered(context, "python", "", [("a.py", b"x\0")]))
    assert [diagnostic.code for diagnostic in context.diagnostics] == ["flow-units-skipped"]


def test_bounds_that_were_met_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Engine:
        """Solves nothing and gives up."""

        def PointsTo(self, models: str) -> Any:  # noqa: N802
            real = engine.native().PointsTo(models)

            class Full:
                add = real.add

                def solve(self) -> Any:
                    tables, counts, _ = real.solve()
                    return tables, counts, ["python"]

            return Full()

    monkeypatch.setattr(stage, "native", Engine)
    artifacts: dict[str, Any] = {"ir": {}, "flow-units": {}}
    context = Context(root=tmp_path, packs=language_packs(), artifacts=artifacts)
    list(stage.CallGraphStage(CrossFileStage()).run(context))
    assert [diagnostic.code for diagnostic in context.diagnostics] == ["call-graph-degraded"]


def test_an_edge_that_rests_on_a_declared_type_is_less_sure(tmp_path: Path) -> None:
    text = "export class A { run() {} }\nexport function f(a: A) { a.run(); }\nfunction g() {}\ng();\n"
    edges = index(tmp_path / "r", text, name="main.ts").query().edges().filter(kind="calls").execute()
    assert {(edge.target_id, round(edge.confidence, 2)) for edge in edges} == {
        ("main:A.run@ts", 0.7),
        ("main:g@ts", 0.95),
    }


def test_a_member_of_a_key_that_nobody_knows_is_dynamic(tmp_path: Path) -> None:
    text = "class A { a() {} }\nconst one = new A();\nfunction f(key) { one[key](); }\nnew Function('x')();\n"
    found = sites(index(tmp_path / "r", text, name="main.js"))
    assert found["one[key]"] == ("dynamic", "computed-callee", ())


def test_a_member_of_a_key_that_nobody_knows_is_any_of_a_literal_that_has_few(tmp_path: Path) -> None:
    few = "const few = { a() {} };\nfunction f(key) { few[key](); }\n"
    names = ", ".join(f"m{number}() {{}}" for number in range(25))
    many = f"const many = {{ {names} }};\nfunction g(key) {{ many[key](); }}\n"
    found = sites(index(tmp_path / "r", few + many, name="main.js"))
    assert found["few[key]"] == ("resolved", None, ("main:few.a@js",))
    assert found["many[key]"] == ("dynamic", "computed-callee", ())


def test_both_constructors_are_candidates(tmp_path: Path) -> None:
    text = "class A { constructor() {} }\nclass B extends A {}\nnew B();\n"
    found = sites(index(tmp_path / "r", text, name="main.js"))
    assert found["B"] == ("resolved", None, ("main:A.constructor@js", "main:B@js"))


@pytest.mark.parametrize("workers", [1, 3])
def test_languages_are_solved_together_whatever_the_workers(tmp_path: Path, workers: int) -> None:
    root = tmp_path / "r"
    root.mkdir()
    (root / "b.py").write_text("def f(a):\n    a()\n\ndef g(): ...\nf(g)\n", encoding="utf-8")
    for name in ("a.js", "c.ts", "d.tsx"):
        (root / name).write_text("const f = (a) => a();\nfunction g() {}\nf(g);\n", encoding="utf-8")
    edges = CodeGraph().index(root).with_call_graph().parallel(workers).execute().query().edges().execute()
    assert {(edge.source_id, edge.target_id) for edge in edges if edge.kind == "calls"} == {
        (f"{stem}:f@{language}", f"{stem}:g@{language}") if inner else (f"{stem}@{language}", f"{stem}:f@{language}")
        for stem, language in (("a", "js"), ("b", "py"), ("c", "ts"), ("d", "tsx"))
        for inner in (False, True)
    }


def test_summaries_name_each_member_on_its_own() -> None:
    assert '["builtins.takewhile"' not in summaries_json()
    assert '["itertools.takewhile", "Argument[1].Element -> ReturnValue.Element"]' in summaries_json()

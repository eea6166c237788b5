"""Occurrences of every language at exact places, with either engine."""

from __future__ import annotations

import importlib.util

import pytest

from codegraph import CodeGraph, IndexingConfig, QueryError

from .occurrence_cases import CASES, found, read_case

BACKENDS = ("python", "rust") if importlib.util.find_spec("codegraph_parser_rust") else ("python",)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("path", sorted(CASES.glob("*.md")), ids=lambda path: path.stem)
def test_every_name_of_a_case_is_found_where_it_stands(path, backend):
    case = read_case(path)
    assert len(case.expected) > 20
    assert found(case.files, backend) == case.expected


def _index(root, files, **options):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return CodeGraph(config=IndexingConfig(root_path=root)).index(**options).with_occurrences().execute()


def _lines(result):
    return [
        (one.file_path, one.span.start_line, one.span.start_column, one.span.end_column, one.role, one.symbol)
        for one in result.occurrences()
    ]


def test_a_run_that_was_not_asked_has_none_and_says_so(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    result = CodeGraph().index(tmp_path).execute()
    assert not {"occurrences", "occurrence-sites"} & set(result.summary["seconds"]["stages"])
    with pytest.raises(QueryError, match="made without occurrences") as caught:
        result.query().occurrences()
    assert caught.value.code == "layer-missing"
    with pytest.raises(QueryError) as caught:
        result.sql("SELECT count(*) FROM occurrences")
    assert caught.value.code == "layer-missing"
    assert "occurrences" not in result.query().tables()
    with pytest.raises(QueryError):
        result.query().table("occurrences")
    with pytest.raises(QueryError):
        result.definitions_at("a.py", 1, 0)


def test_places_are_those_of_the_file_s_own_bytes(tmp_path):
    result = _index(
        tmp_path,
        {
            "utf8.py": "# ä\nnamé = 'é'; b = namé\n",
            "latin.py": "# -*- coding: latin-1 -*-\na = 'é'; b = a\n".encode("latin-1"),
            "crlf.py": b"a = 1\r\nb = a\r\n",
            "empty.py": "",
            "broken.py": "g = 1\ng\nx = = 2\n",
        },
    )
    lines = _lines(result)
    assert ("utf8.py", 2, 0, 5, "definition", "scip-codegraph pip . . utf8/`namé`.") in lines
    assert ("utf8.py", 2, 18, 23, "read", "scip-codegraph pip . . utf8/`namé`.") in lines
    assert ("latin.py", 2, 13, 14, "read", "scip-codegraph pip . . latin/a.") in lines
    assert ("crlf.py", 2, 4, 5, "read", "scip-codegraph pip . . crlf/a.") in lines
    assert ("broken.py", 2, 0, 1, "read", "scip-codegraph pip . . broken/g.") in lines
    assert [line for line in lines if line[0] == "empty.py"] == [
        ("empty.py", 1, 0, 0, "definition", "scip-codegraph pip . . empty/__init__:")
    ]


def test_a_file_that_its_parser_gave_up_on_has_none_and_says_so(tmp_path):
    (tmp_path / "long.py").write_text("def f(a): return a\n" * 20_000)
    (tmp_path / "short.py").write_text("x = 1\n")
    result = CodeGraph().index(tmp_path, parse_timeout_s=0.001, backend="python").with_occurrences().execute()
    codes = {(row.file_path, row.code) for row in result.diagnostics()}
    assert {("long.py", "parse-timeout"), ("long.py", "occurrences-skipped")} <= codes
    assert {one.file_path for one in result.occurrences()} <= {"short.py"}


def test_definitions_that_share_a_name_have_symbols_of_their_own(tmp_path):
    result = _index(
        tmp_path,
        {
            "a.py": "def f(): pass\ndef f(): pass\nx = 1\ndef x(): pass\n",
            "a.pyi": "def f() -> None: ...\n",
            "main/p/C.java": "package p;\nclass C { void m() {} void m(int a) {} }\n",
            "test/p/C.java": "package p;\nclass C { void m() {} }\n",
        },
    )
    defined: dict[str, set[str]] = {}
    for one in result.occurrences().filter(role="definition"):
        defined.setdefault(one.symbol, set()).add(one.node_id)
    # In Python a name that is defined again is the same name; what a stub beside the file defines is not.
    assert {symbol: len(nodes) for symbol, nodes in defined.items() if len(nodes) > 1} == {
        "scip-codegraph pip . . a/f().": 2,
        "scip-codegraph pip . . a/x.": 2,
    }
    assert "scip-codegraph pip . . a/`a.pyi`/f()." in defined
    assert "scip-codegraph maven . . p/C#m(+1)." in defined
    assert "scip-codegraph maven . . p/`test/p/C.java`/C#m()." in defined


def test_a_definition_and_its_stub_are_one_name_to_users(tmp_path):
    result = _index(
        tmp_path,
        {
            "m.py": "class C:\n    def run(self): ...\n\ndef f(): ...\n",
            "m.pyi": "class C:\n    def run(self) -> C: ...\n\ndef f() -> C: ...\n",
            "main.py": "from m import f\nf().run()\n",
        },
    )
    assert [node.id for node in result.find_symbol("m.f")] == ["m:f@py"]
    assert [node.id for node in result.find_symbol("run")] == ["m:C.run@py"]
    lines = [("m.py", 4), ("main.py", 1), ("main.py", 2)]
    assert [(one.file_path, one.span.start_line) for one in result.references_of("m.f")] == [*lines, ("m.pyi", 4)]
    at_stub = [(one.file_path, one.span.start_line) for one in result.references_at("m.pyi", 4, 4)]
    assert at_stub == [("m.pyi", 4), *lines]
    of_class = {(one.file_path, one.span.start_line) for one in result.references_of("m.C")}
    assert of_class == {("m.py", 1), ("m.pyi", 1), ("m.pyi", 2), ("m.pyi", 4)}
    # A method does not override what its stub declares.
    assert [(one.file_path, one.span.start_line) for one in result.definitions_at("m.py", 2, 8)] == [("m.py", 2)]


def test_a_session_s_commit_has_the_occurrences_of_a_full_run(tmp_path):
    files = {"a.py": "def f(): pass\n", "b.py": "from a import f\nf()\n"}
    result = _index(tmp_path, files)
    cg = CodeGraph(config=IndexingConfig(root_path=tmp_path, plugins={"occurrences": {}}))
    with cg.session() as session:
        session.update_file("a.py", "\n\ndef g(): pass\ndef f(): g()\n")
        session.commit()
        changed = _lines(session)
    (tmp_path / "a.py").write_text("\n\ndef g(): pass\ndef f(): g()\n")
    fresh = cg.index(mode="full").execute()
    assert sorted(changed) == sorted(_lines(fresh))
    assert _lines(fresh) != _lines(result)


def test_the_place_of_a_name_leads_to_its_definition_and_uses(tmp_path):
    result = _index(
        tmp_path,
        {
            "lib.py": "class Base:\n    def run(self, n):\n        total = n\n        return total\n",
            "app.py": "from lib import Base as B\n\nclass C(B):\n    def go(self):\n        return self.run(1), B\n",
        },
    )

    def places(found):
        return [(one.file_path, one.span.start_line, one.span.start_column, one.role) for one in found]

    assert places(result.definitions_at("app.py", 5, 22)) == [("lib.py", 2, 8, "definition")]
    assert places(result.definitions_at("app.py", 5, 23)) == [("lib.py", 2, 8, "definition")], "right behind it"
    assert places(result.definitions_at("lib.py", 4, 15)) == [("lib.py", 3, 8, "definition")]
    assert places(result.definitions_at("lib.py", 3, 16)) == [("lib.py", 2, 18, "definition")]
    assert places(result.definitions_at("app.py", 2, 0)) == []
    everywhere = [
        ("app.py", 1, 16, "import"),
        ("app.py", 1, 24, "import"),
        ("app.py", 3, 8, "reference"),
        ("app.py", 5, 28, "reference"),
        ("lib.py", 1, 6, "definition"),
    ]
    assert places(result.references_at("app.py", 3, 8)) == everywhere
    assert places(result.references_of("lib.Base")) == everywhere
    assert places(result.references_of(result.find_symbol("lib.Base")[0])) == everywhere
    assert places(result.references_of("scip-codegraph pip . . lib/Base#")) == everywhere
    with pytest.raises(QueryError, match="no symbol"):
        result.references_of("nothing.at.all")
    with pytest.raises(QueryError, match="one file only"):
        result.references_of("local 0")


def test_a_definition_leads_to_itself_and_to_what_it_overrides(tmp_path):
    files = {
        "base.py": "class Top:\n    def run(self): pass\n    def other(self): pass\n\nclass Mid(Top):\n    pass\n",
        "app.py": "from base import Mid\n\nclass C(Mid):\n"
        "    def run(self): pass\n    def own(self): pass\n    other = 1\n",
    }
    result = _index(tmp_path, files)

    def places(line, column):
        return [(one.file_path, one.span.start_line) for one in result.definitions_at("app.py", line, column)]

    assert places(4, 8) == [("app.py", 4), ("base.py", 2)]
    assert places(5, 8) == [("app.py", 5)]
    assert places(6, 4) == [("app.py", 6), ("base.py", 3)]
    assert places(3, 6) == [("app.py", 3)]


def test_of_several_definitions_the_one_that_holds_is_gone_to_and_all_are_references(tmp_path):
    result = _index(tmp_path, {"a.py": "def f(): pass\ndef f(n): pass\nf(1)\n"})
    assert [one.span.start_line for one in result.definitions_at("a.py", 3, 0)] == [2]
    assert [one.span.start_line for one in result.references_at("a.py", 3, 0)] == [1, 2, 3]


def test_a_name_of_which_nothing_is_known_refers_to_itself_alone(tmp_path):
    result = _index(tmp_path, {"a.py": "import x\n# told\nx.y().told\nx.y().told\n", "a.go": "package a\n"})
    (one,) = result.references_at("a.py", 3, 10)
    assert (one.span.start_line, one.span.start_column, one.span.end_column) == (3, 6, 10)
    assert (one.symbol, one.role, one.node_id) == ("", "reference", None)
    assert result.definitions_at("a.py", 3, 6) == []
    assert result.references_at("a.py", 2, 3) == []
    assert result.references_at("a.py", 9, 0) == []
    assert result.references_at("a.go", 1, 1) == []


@pytest.mark.parametrize(
    ("path", "text", "place", "expected"),
    [
        (
            "a.ts",
            "class P { constructor(private readonly db: string) {} get() { return this.db; } }\n",
            (1, 74),
            [(1, 39), (1, 74)],
        ),
        ("a.kt", "data class P(val x: Int)\nfun f(p: P) = p.x\n", (2, 16), [(1, 17), (2, 16)]),
    ],
)
def test_a_parameter_that_is_a_field_as_well_is_listed_once(tmp_path, path, text, place, expected):
    result = _index(tmp_path, {path: text})
    for asked in (place, expected[0]):
        spans = [one.span for one in result.references_at(path, *asked)]
        assert [(span.start_line, span.start_column) for span in spans] == expected

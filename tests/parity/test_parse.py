"""The native parser and the reference parser make the same tables, row by row, whatever the text."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import pytest
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegraph_hookspecs import KEY_COLUMNS, TABLES, ParsedBatch, ParseOptions, PluginError, SourceFile
from codegraph_hookspecs.languages import Grammar
from codegraph_hookspecs.testing import check_batch, source_file
from codegraph_plugins.parsers.reference import ReferenceParser, deadline
from codegraph_plugins.parsers.reference import trees as reference_trees
from tests.property.test_parsing_edits import TEXTS, edited, edits
from tests.spec.literate import all_cases
from tests.unit.parsers.parsing import PACKS, pack_of

if importlib.util.find_spec("codegraph_parser_rust") is None:
    pytest.skip("the native engine is not installed", allow_module_level=True)

from attrs import evolve
from codegraph_parser_rust import NativeParser, _native
from codegraph_parser_rust.parity import differences

ROOT: Final = Path(__file__).resolve().parents[2]
SPEC: Final = ROOT / "tests" / "spec"
EXAMPLES: Final = int(os.environ.get("HYPOTHESIS_EXAMPLES", "50"))
"""Of each property; others in each run."""
MACROS: Final = """fn h() { println!
("{}", g(1)); println! /* c */ ("é {}", g(2)); assert!(g(3) == 1
); vec!{g(4), g(5)}; std::print!("{}", g(6) }
fn k() { assert!(x, g(7)); write!(a, "{}", b = g(8), c == g(9)); matches!(g(11)); matches!(g(12), _ if g(13) == 1);
dbg!(// g(0)
 g(14), /* g(0) */ g(15)); log::info!(target: "x", "{}", g(16)); warn!("{}", g(17)); other!(g(18)); own!(g(19), 1); }
macro_rules! own { ($a:expr, $($b:literal),*) => { $a }; }
macro_rules! r#vec { ($a:ident) => { $a }; }
fn l() { vec![g(20)]; dbg!({ let g = |x| x; g(21) }, [g(22); 2], |y| g(y)); assert!(g(23) <); panic!(g(24)
"""
"""Macros with what is read of them and what is not, some of it damaged."""
FIXTURES: Final = [
    *TEXTS.items(),
    ("empty.py", ""),
    ("bom.py", "\ufeffimport a\n"),
    ("latin.py", b"# coding: latin-1\nn\xe4me = '\xfc'\ndef f\xe9(): return n\xe4me.x(  \xa0 1)\n"),
    ("not_utf8.py", b"x = '\xff'\nclass A: pass\n"),
    ("wide.py", "\ufeffclass Ä:\n    def m(self, é):\n        self.x = é . y(1,  2)\n".encode("utf-16-le")),
    ("wide.ts", "\ufeff/** Dök. */\nexport class Ä { m() { this.é(1) } }\n".encode("utf-16-be")),
    ("binary.py", b"x = 1\0"),
    ("crlf.py", "def f():\r\n    '''Doc.\r\n\r\n    More.\r\n    '''\r\n"),
    ("deep.py", "(" * 3_000 + "f(1)" + ")" * 3_000),
    ("lambdas.py", "lambda: " * 600 + "1"),
    ("deep.js", "function f() {" * 1_000 + "g()" + "}" * 1_000),
    ("comp.tsx", "export const A = (p: P) => <B on={() => f(p)}><c.D/>{p.x}</B>;\n"),
    ("query.ts", "let x: typeof User.json.Type; type Y = ReturnType<typeof a.b.c.d>;\n"),
    ("unexpected.ts", "`${a` ` \x01 class X {\n"),
    ("macros.rs", MACROS),
    ("crlf.rs", MACROS.replace("\n", "\r\n")),
    ("latin.rs", MACROS.encode("latin-1")),
    ("wide.rs", MACROS.encode("utf-16")),
    ("deep.rs", "fn f() { assert!(g" + "(" * 3_000 + "1" + ")" * 3_000 + "); }\n"),
    ("nested.rs", "fn f() { " + 'format!("{}", g(' * 40 + "1" + "))" * 40 + "; }\n"),
    ("names.py", f"def {'n' * 600}(): pass\n"),
]


def tables(parser: object, sources: list[SourceFile], *, workers: int = 1) -> ParsedBatch:
    """Parse files with every built-in pack."""
    session = parser.open(PACKS, ParseOptions(workers=workers))  # type: ignore[attr-defined]
    try:
        batch: ParsedBatch = session.parse(sources)
    finally:
        session.close()
    return batch


def assert_same(sources: list[SourceFile], *, workers: int = 1) -> None:
    """Parse with both engines and compare all tables."""
    reference = tables(ReferenceParser(), sources)
    native = tables(NativeParser(), sources, workers=workers)
    assert list(differences(reference, native)) == []


def sources_of(files: dict[str, str]) -> list[SourceFile]:
    """Return a case's files that are in a known language."""
    known = [path for path in files if any(path.endswith(pack.extensions) for pack in PACKS)]
    return [source_file(path, files[path], pack_of(path)) for path in sorted(known)]


def spec_cases() -> Iterator[object]:
    """Yield the literate cases that the reference engine is specified by."""
    for path, case in all_cases(SPEC):
        yield pytest.param(case.files, id=f"{path.parent.name}-{path.stem}-{case.line}")


@pytest.mark.parametrize("files", list(spec_cases()))
def test_every_literate_case_gives_the_same_rows(files: dict[str, str]) -> None:
    assert_same(sources_of(files))


@pytest.mark.parametrize(("path", "content"), FIXTURES, ids=[path for path, _ in FIXTURES])
def test_odd_texts_give_the_same_rows(path: str, content: str | bytes) -> None:
    assert_same([source_file(path, content, pack_of(path))])


def test_this_repository_gives_the_same_rows_for_any_number_of_workers() -> None:
    paths = sorted(path for path in (ROOT / "plugins" / "src").rglob("*.py"))
    sources = [source_file(path.relative_to(ROOT).as_posix(), path.read_bytes(), PACKS[0]) for path in paths]
    assert_same(sources)
    assert_same(sources, workers=4)
    check_batch(tables(NativeParser(), sources, workers=4), sources)


@pytest.mark.parametrize("path", TEXTS)
@given(changes=edits)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_edit_gives_the_same_rows(path: str, changes: list[tuple[float, int, str]]) -> None:
    text = edited(TEXTS[path], changes).encode("utf-8", "surrogatepass")
    assert_same([source_file(path, text, pack_of(path))])


@pytest.mark.parametrize("path", TEXTS)
def test_every_truncation_gives_the_same_rows(path: str) -> None:
    text = TEXTS[path].encode()
    assert_same([source_file(f"t{end}/{path}", text[:end], pack_of(path)) for end in range(0, len(text), 3)])


@given(content=st.binary(max_size=120))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_bytes_give_the_same_rows(content: bytes) -> None:
    assert_same([source_file(path, content, pack_of(path)) for path in TEXTS])


@given(mark=st.sampled_from([b"\xff\xfe", b"\xfe\xff"]), content=st.binary(max_size=120))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_bytes_after_a_mark_of_utf_16_give_the_same_rows(mark: bytes, content: bytes) -> None:
    assert_same([source_file(path, mark + content, pack_of(path)) for path in TEXTS])


UNITS: Final = ["a", " = ", "\n", "\r", "\u2028", "'", "f(", ")", "Ä", "\U0001d400", "\U0001f600", "\ud835", "\udc00"]


@given(
    codec=st.sampled_from(["utf-16-le", "utf-16-be"]),
    text=st.lists(st.sampled_from(UNITS), max_size=40).map("".join),
    odd=st.sampled_from([b"", b"\0", b"\n"]),
)
@settings(max_examples=EXAMPLES, deadline=None)
def test_wide_text_in_any_state_gives_the_same_rows_and_lines(codec: str, text: str, odd: bytes) -> None:
    content = ("\ufeff" + text).encode(codec, "surrogatepass") + odd
    sources = [source_file(path, content, pack_of(path)) for path in TEXTS]
    assert_same(sources)
    lines = tables(NativeParser(), sources).tables["files"].column("lines").to_pylist()
    last = bool(odd or (text and not text.endswith("\n")))
    assert lines == [text.count("\n") + last] * len(sources)


@pytest.mark.parametrize("piece", [4, 6, 16, 100])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
def test_text_read_in_pieces_gives_the_same_rows(codec: str, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Files over 100 kB are read in pieces of 64 KiB, which may end within a character.
    monkeypatch.setattr(reference_trees, "_CANCELLABLE_BYTES", -1)
    monkeypatch.setattr(reference_trees, "_READ_BYTES", piece)
    body = "\U0001d400b = f(\U0001d401)\ndef \U0001d400(): pass\n" * 3
    texts = ["\ufeff" + "a" * shift + "\n" + body for shift in range(4)]
    assert_same([source_file(f"m{i}.py", text.encode(codec), PACKS[0]) for i, text in enumerate(texts)])


def test_files_that_cannot_be_read_have_the_same_rows(tmp_path: Path) -> None:
    (tmp_path / "large.py").write_bytes(b"x = 1\n" * 400_000)
    (tmp_path / "link.py").symlink_to(tmp_path / "large.py")
    (tmp_path / "folder.py").mkdir()
    names = ("large.py", "link.py", "folder.py", "vanished.py")
    sources = [
        evolve(source_file(name, b"", PACKS[0]), content=None, location=bytes(tmp_path / name)) for name in names
    ]
    assert_same(sources)
    statuses = tables(NativeParser(), sources).tables["files"].column("status").to_pylist()
    assert statuses == ["skipped", "skipped", "skipped", "failed"]


def test_native_tables_have_the_physical_schemas_of_the_contract_and_right_keys() -> None:
    batch = tables(NativeParser(), [source_file("a.py", "import a\nclass É:\n    def m(self): a.b()\n", PACKS[0])])
    for name, table in batch.tables.items():
        for key, column in KEY_COLUMNS.get(name, {}).items():
            texts = table.column(column).to_pylist()
            assert table.column(key).to_pylist() == [xxhash.xxh3_64_intdigest(text.encode()) for text in texts], key
            table = table.drop_columns([key])
        assert table.schema.equals(TABLES[name].physical_schema, check_metadata=True), name


def test_a_walk_that_takes_too_long_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    # From the second look on past the deadline; so small a text is parsed in one go.
    wall, spent = iter([0.0]), iter([0.0])
    clock = SimpleNamespace(monotonic=lambda: next(wall, 1e9), thread_time=lambda: next(spent, 1e9))
    monkeypatch.setattr(deadline, "time", clock)
    source = source_file("a.py", "def f(): g(1)\n" * 2_000, PACKS[0])
    batch = tables(ReferenceParser(), [source])
    assert batch.tables["files"].column("status").to_pylist() == ["degraded"]
    assert batch.tables["diagnostics"].column("code").to_pylist() == ["parse-timeout"]
    assert batch.tables["nodes"].column("kind").to_pylist() == ["module"]
    assert [batch.tables[name].num_rows for name in ("call_sites", "imports", "uses", "exports")] == [0, 0, 0, 0]
    check_batch(batch, [source])


@pytest.mark.parametrize("size", [2_000, 20_000])
def test_a_file_is_not_given_up_because_others_use_the_machine(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = itertools.count(0.0, 60.0)
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: next(minutes), thread_time=lambda: 1.0))
    batch = tables(ReferenceParser(), [source_file("a.py", "def f(): g(1)\n" * size, PACKS[0])])
    assert batch.tables["files"].column("status").to_pylist() == ["ok"]
    assert batch.tables["call_sites"].num_rows == size


def test_a_parse_that_takes_too_long_is_cancelled() -> None:
    session = NativeParser().open([PACKS[0]], ParseOptions(parse_timeout_s=0.000_001))
    batch = session.parse([source_file("a.py", "x = (1, 2)\n" * 2_000, PACKS[0])])
    assert batch.tables["files"].column("status").to_pylist() == ["degraded"]
    assert batch.tables["diagnostics"].column("code").to_pylist() == ["parse-timeout"]
    assert batch.tables["nodes"].column("kind").to_pylist() == ["module"]


@pytest.mark.parametrize("function", ["version", "capsule_of_another_name"])
def test_what_is_no_grammar_is_an_error_that_names_the_language(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime

    import tree_sitter_python

    values = {"version": 14, "capsule_of_another_name": datetime.datetime_CAPI}  # type: ignore[attr-defined]
    monkeypatch.setattr(tree_sitter_python, function, lambda: values[function], raising=False)
    pack = evolve(PACKS[0], grammar=Grammar(module="tree_sitter_python", function=function))
    with pytest.raises(PluginError) as caught:
        NativeParser().open([pack], ParseOptions())
    assert caught.value.code == "grammar-abi"
    assert caught.value.context["language"] == "python"


def test_the_stub_names_what_the_extension_module_has() -> None:
    stub = ast.parse(Path(inspect.getfile(_native)).with_name("_native.pyi").read_text())
    for declared in (node for node in stub.body if isinstance(node, ast.ClassDef)):
        actual = getattr(_native, declared.name)
        methods = {node.name for node in declared.body if isinstance(node, ast.FunctionDef)} - {"__init__"}
        public = {name for name in vars(actual) if not name.startswith("_") or name.startswith("__arrow_c_")}
        assert methods == public


LOWERED: Final = ("python", "javascript", "typescript")
"""Languages of `PACKS` whose units of flow the native parser can make of a file's tree."""


def units_of(sources: list[SourceFile]) -> list[tuple[bytes | None, str | None]]:
    """Return the units of each file, with the grammar of its ending."""
    packs = {pack.name: pack for pack in PACKS}
    found = []
    for source in sources:
        pack = packs[source.language]
        ending = next((ending for ending in pack.grammars if source.path.endswith(ending)), None)
        grammar = pack.grammars[ending] if ending else pack.grammar
        found += _native.flow_units(pack.name, grammar.load(), [source.content], 1)
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_units_made_of_the_parsers_tree_are_those_of_the_text(workers: int) -> None:
    texts = [*FIXTURES, ("one.py", "def f(a):\n    a()\n"), ("same.py", "def f(a):\n    a()\n")]
    sources = [source_file(path, text, pack_of(path)) for path, text in texts]
    sources = [source for source in sources if source.language in LOWERED]
    session = NativeParser().open(PACKS, ParseOptions(workers=workers, parse_timeout_s=60))
    try:
        session.parse(sources)
        before = _native.cpu_seconds()["lower"]
        parsed_again = units_of(sources)
        assert _native.cpu_seconds()["lower"] == before  # no session lowers before somebody asks
        session.parse(sources)
        assert _native.cpu_seconds()["lower"] > before
        assert units_of(sources) == parsed_again
        assert units_of(sources) == parsed_again  # they were taken
    finally:
        session.close()
    assert any(one for one, _ in parsed_again)

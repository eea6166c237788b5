"""The reference engine's session: grammars, test files, batches."""

from __future__ import annotations

import attrs
import pytest
import tree_sitter

from codegraph_hookspecs import Grammar, ParseOptions, PluginError, TestRules
from codegraph_hookspecs.testing import source_file
from codegraph_plugins.languages import python, typescript
from codegraph_plugins.parsers.reference import ReferenceParser
from codegraph_plugins.parsers.reference import compiled as compiled_module
from codegraph_plugins.parsers.reference.compiled import compile_language
from codegraph_plugins.parsers.reference.session import count_errors, is_test_file


def test_a_missing_grammar_names_the_wheel() -> None:
    pack = attrs.evolve(python.PACK, grammar=Grammar(module="tree_sitter_nowhere"))
    with pytest.raises(PluginError) as caught:
        ReferenceParser().open([pack], ParseOptions())
    assert caught.value.code == "grammar-missing"
    assert "tree_sitter_nowhere" in caught.value.context["remedy"]


def test_a_wheel_without_the_function_is_a_missing_grammar() -> None:
    pack = attrs.evolve(python.PACK, grammar=Grammar(module="tree_sitter_python", function="language_nothing"))
    with pytest.raises(PluginError) as caught:
        compile_language(pack)
    assert caught.value.code == "grammar-missing"


def test_something_that_is_no_language_is_refused() -> None:
    pack = attrs.evolve(python.PACK, grammar=Grammar(module="builtins", function="list"))
    with pytest.raises(PluginError) as caught:
        compile_language(pack)
    assert caught.value.code == "grammar-abi"


def test_an_abi_out_of_range_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_module, "ABI_RANGE", range(99, 100))
    with pytest.raises(PluginError) as caught:
        compile_language(python.PACK)
    assert caught.value.code == "grammar-abi"


def test_an_extension_may_have_a_grammar_of_its_own() -> None:
    plain, markup = compile_language(typescript.PACK, ".ts"), compile_language(typescript.PACK, ".tsx")
    assert plain.language != markup.language
    assert plain.rules.keys() != markup.rules.keys()


def test_a_table_may_name_kinds_that_a_grammar_lacks() -> None:
    pack = attrs.evolve(python.PACK, kinds={**python.PACK.kinds, "no_such_kind": python.PACK.kinds["module"]})
    assert len(compile_language(pack).rules) == len(compile_language(python.PACK).rules)


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("tests/a.py", True), ("pkg/tests/deep/a.py", True), ("test_a.py", True), ("pkg/test_a.py", True),
        ("a_test.py", True), ("latest_a.py", False), ("contest/a.py", False), ("a.py", False),
    ],
)  # fmt: skip
def test_test_files_are_found_by_pattern(path: str, is_test: bool) -> None:
    assert is_test_file(path, python.PACK) is is_test


def test_a_pack_without_patterns_has_no_test_files() -> None:
    assert not is_test_file("tests/a.py", attrs.evolve(python.PACK, tests=TestRules()))


def test_errors_and_missing_tokens_are_counted_from_the_first() -> None:
    parser = tree_sitter.Parser(compile_language(python.PACK).language)
    assert count_errors(parser.parse(b"x = 1\n").root_node) == (0, None)
    count, first = count_errors(parser.parse(b"x = 1\ny = (\nz = = 3\n").root_node)
    assert count >= 1
    assert first is not None
    assert first.start_point[0] >= 1


def test_rows_of_a_batch_are_grouped_by_file_in_input_order() -> None:
    session = ReferenceParser().open([python.PACK], ParseOptions())
    sources = [source_file(name, "def f(): g()\n", python.PACK) for name in ("z.py", "a.py")]
    tables = session.parse(sources).tables
    assert tables["files"]["path"].to_pylist() == ["z.py", "a.py"]
    assert tables["nodes"]["file_path"].to_pylist() == ["z.py", "z.py", "a.py", "a.py"]
    assert tables["uses"]["target"].to_pylist() == [-1, -1]
    assert session.parse([]).tables["nodes"].num_rows == 0
    session.close()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/a.py", True),
        ("pkg/tests/a.py", True),
        ("contests/a.py", False),
        ("a_test.py", True),
        ("a_test.pyi", False),
        ("src/spec3.py", True),
        ("src/spec_.py", False),
    ],
)
def test_a_test_file_matches_a_pattern_wherever_its_literal_parts_stand(path: str, expected: bool) -> None:
    tests = attrs.evolve(python.PACK.tests, files=("*/tests/*", "*_test.py", "*/spec[0-9].py"))
    assert is_test_file(path, attrs.evolve(python.PACK, tests=tests)) is expected

"""What a grammar's wheel tells: its module and function, kinds, tokens, and which kind has which field."""

import json
import types

import pytest

from codegraph._internal.pack_kit import grammar
from codegraph._internal.pack_kit.grammar import find_grammar, read_vocabulary
from codegraph_hookspecs import PluginError


@pytest.fixture(scope="module")
def python():
    return read_vocabulary(find_grammar("tree-sitter-python"))


def test_a_wheel_is_found_by_its_distribution():
    found = find_grammar("tree-sitter-typescript")
    assert (found.module, found.function, found.others) == (
        "tree_sitter_typescript", "language_tsx", ("language_typescript",),
    )  # fmt: skip
    assert find_grammar("tree-sitter-typescript", "language_typescript").function == "language_typescript"
    assert find_grammar("tree_sitter_python").function == "language"


@pytest.mark.parametrize(
    ("name", "function"), [("tree-sitter-klingon", None), ("tree-sitter-python", "tongue"), ("attrs", None)]
)
def test_what_is_no_installed_grammar_is_an_error_with_a_remedy(name, function):
    with pytest.raises(PluginError) as caught:
        find_grammar(name, function)
    assert caught.value.code == "grammar-missing"
    assert caught.value.remedy


def test_a_function_that_gives_no_language_is_an_error(monkeypatch):
    import tree_sitter_python

    monkeypatch.setattr(tree_sitter_python, "language", lambda: "no capsule")
    with pytest.raises(PluginError) as caught:
        read_vocabulary(find_grammar("tree-sitter-python"))
    assert caught.value.code == "grammar-abi"


def test_fields_and_children_are_known_without_node_types(python):
    assert (python.root, python.source) == ("module", "grammar")
    assert python.has_field("function_definition", "parameters")
    assert not python.has_field("function_definition", "alternative")
    assert not python.has_field("function_definition", "no_such_field")
    assert not python.has_field("no_such_kind", "body")
    assert python.has_child("decorated_definition", "decorator")
    assert not python.has_child("decorator", "block")
    assert not python.has_child("decorator", "no_such_kind")
    assert python.has_token("boolean_operator", "and")
    assert not python.has_token("boolean_operator", "&&")
    assert python.first_field("class_definition", ("extends", "superclasses")) == "superclasses"


def test_what_a_text_shows_is_known_whatever_the_analysis_says(python):
    assert python.observe(b"f(1)\n")
    assert python.has_field("call", "function")
    assert python.has_child("call", "argument_list")
    assert not python.observe(b"def (:\n")


def test_node_types_are_read_where_a_wheel_has_them(tmp_path):
    entries = [
        {"type": "expression", "named": True, "subtypes": [{"type": "name", "named": True}]},
        {
            "type": "call",
            "named": True,
            "fields": {"callee": {"types": [{"type": "expression", "named": True}], "multiple": False}},
            "children": {"types": [{"type": "comment", "named": True}], "multiple": True},
        },
        {"type": "(", "named": False},
    ]
    (tmp_path / "src").mkdir()
    (tmp_path / "src/node-types.json").write_text(json.dumps(entries))
    module = types.SimpleNamespace(__file__=str(tmp_path / "__init__.py"))
    known = grammar._node_types(module)
    assert known["call"].fields == {"callee"}
    assert known["call"].children == {"expression", "name", "comment"}
    (tmp_path / "src/node-types.json").write_text("[1]")
    assert grammar._node_types(module) == {}

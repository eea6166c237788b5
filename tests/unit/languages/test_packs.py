"""The built-in packs say only what their grammars have, and what their docstrings promise."""

from __future__ import annotations

import json

import pytest

from codegraph_hookspecs import LanguagePack, module_name
from codegraph_hookspecs.testing import check_language_pack, installed_parsers
from codegraph_plugins.languages import go, javascript, python, rust, typescript
from codegraph_plugins.languages.go import plugin as go_plugin
from codegraph_plugins.languages.python import plugin as python_plugin
from codegraph_plugins.languages.rust import plugin as rust_plugin
from codegraph_plugins.languages.web import plugin as web_plugin
from tests.property.test_parsing_edits import TEXTS

PACKS = [go.PACK, python.PACK, rust.PACK, javascript.PACK, typescript.PACK]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_the_conformance_kit_accepts_the_pack(pack: LanguagePack) -> None:
    samples = {path: text for path, text in TEXTS.items() if path.endswith(pack.extensions)}
    check_language_pack(pack, samples, parsers=installed_parsers())


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_pack_becomes_json_in_a_fixed_order(pack: LanguagePack) -> None:
    text = json.dumps(pack.to_dict())
    assert text == json.dumps(pack.to_dict())
    assert list(json.loads(text)["kinds"]) == sorted(pack.kinds)


def test_the_plugins_give_the_packs() -> None:
    assert python_plugin.codegraph_languages() == [python.PACK]
    assert go_plugin.codegraph_languages() == [go.PACK]
    assert rust_plugin.codegraph_languages() == [rust.PACK]
    assert rust_plugin.codegraph_plugin_info().name == "language-rust"
    assert go_plugin.codegraph_plugin_info().name == "language-go"
    assert web_plugin.codegraph_languages() == [javascript.PACK, typescript.PACK]
    assert {python_plugin.codegraph_plugin_info().name, web_plugin.codegraph_plugin_info().name} == {
        "language-python",
        "languages-web",
    }


@pytest.mark.parametrize(
    ("path", "fqn", "suffix"),
    [("a/b/c.go", "a.b", "c.go"), ("a/b_test.go", "a", "b_test.go"), ("main.go", "main", "go")],
)
def test_go_files_are_named_by_their_package(path: str, fqn: str, suffix: str) -> None:
    name = module_name(path, go.PACK)
    assert (name.fqn, name.suffix) == (fqn, suffix)


def test_no_two_packs_want_the_same_extension() -> None:
    extensions = [extension for pack in PACKS for extension in pack.extensions]
    assert len(extensions) == len(set(extensions))


@pytest.mark.parametrize(
    ("path", "fqn", "suffix"),
    [
        ("a.py", "a", "py"), ("a/b.pyi", "a.b", "pyi"), ("a/__init__.py", "a", "__init__.py"),
        ("a/b.test.py", "a.b.test", "b.test.py"),
        ("__init__.py", "__init__", "py"), ("a.b/c.py", "a.b.c", "a.b/py"),
    ],
)  # fmt: skip
def test_python_modules_are_named_by_their_path(path: str, fqn: str, suffix: str) -> None:
    name = module_name(path, python.PACK)
    assert (name.fqn, name.suffix) == (fqn, suffix)


@pytest.mark.parametrize(
    ("path", "fqn", "suffix"),
    [
        ("src/a.ts", "src.a", "ts"), ("src/index.ts", "src", "index.ts"), ("src/a.d.ts", "src.a", "d.ts"),
        ("src/a.test.tsx", "src.a.test", "a.test.tsx"), ("a/index.d.mts", "a", "index.d.mts"),
    ],
)  # fmt: skip
def test_typescript_modules_are_named_by_their_path(path: str, fqn: str, suffix: str) -> None:
    name = module_name(path, typescript.PACK)
    assert (name.fqn, name.suffix) == (fqn, suffix)

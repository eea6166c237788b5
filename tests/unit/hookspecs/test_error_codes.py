"""The registry of codes is complete, alive, documented, and each of its codes is named by some other test."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegraph_hookspecs.error_codes import ERROR_CODES, render_reference

ROOT = Path(__file__).parents[3]
SOURCES = (
    "hookspecs/src",
    "codegraph_core/src",
    "plugins/src",
    "builtin_analyzers/src",
    "plugins/parser_rust/python",
    "contrib/codegraph-lua/src",
)
REGISTRY = ROOT / "hookspecs/src/codegraph_hookspecs/error_codes.py"
KIT = ROOT / "hookspecs/src/codegraph_hookspecs/testing"
RUST = ROOT / "plugins/parser_rust/crates"

KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
POSITIONAL = {"BatchProblem": 0, "fail": 0, "require": 1, "_report": 1, "_disable": 2, "_add": 2}
"""Functions that take a code by position, and where."""
ONE_WORD = {"usage", "cancelled"}
"""Codes without a hyphen, which an ordinary word of a test could be taken for."""

UNREACHABLE = {
    "parser-panic": "only a defect of the native parser leads to it; tested in Rust",
    "parse-memory": "takes a gigabyte; tested in Rust with a smaller limit",
}
"""Codes that a test cannot provoke, and why."""


def python_files() -> Iterator[Path]:
    for folder in SOURCES:
        yield from (path for path in (ROOT / folder).rglob("*.py") if path != REGISTRY)


def texts(node: ast.AST) -> Iterator[str]:
    """Yield the strings that an expression for a code can have as its value."""
    if isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from texts(value)
    elif isinstance(node, ast.Tuple) and node.elts:
        yield from texts(node.elts[0])
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and KEBAB.fullmatch(node.value):
        yield node.value


def named(target: ast.AST) -> str:
    first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
    return getattr(first, "id", getattr(first, "attr", ""))


def codes_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "code":
                    yield from texts(keyword.value)
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            position = POSITIONAL.get(called)
            if position is not None and position < len(node.args):
                yield from texts(node.args[position])
        elif isinstance(node, ast.Assign) and named(node.targets[0]) in ("code", "default_code"):
            yield from texts(node.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "code":
                    yield from texts(value)
        elif isinstance(node, ast.arguments):
            defaults = zip(node.kwonlyargs, node.kw_defaults, strict=True)
            for argument, default in defaults:
                if argument.arg == "code" and default is not None:
                    yield from texts(default)


def given() -> dict[str, set[str]]:
    """Return every code that the Python and Rust sources give, with the files that do."""
    found: dict[str, set[str]] = {}
    for path in python_files():
        for code in codes_in(ast.parse(path.read_text())):
            found.setdefault(code, set()).add(str(path.relative_to(ROOT)))
    pattern = re.compile(r'(?:code: |skipped\(|failed\()"([a-z0-9-]+)"')
    for path in RUST.rglob("*.rs"):
        if "target" not in path.parts:
            for code in pattern.findall(path.read_text()):
                found.setdefault(code, set()).add(str(path.relative_to(ROOT)))
    return found


def literals(folders: Iterator[Path]) -> set[str]:
    found: set[str] = set()
    for path in folders:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_every_code_that_a_source_gives_is_in_the_registry():
    known = {entry.code for entry in ERROR_CODES}
    missing = {code: sorted(files) for code, files in given().items() if code not in known}
    assert not missing


def test_the_scan_finds_codes_in_every_form_that_the_sources_use():
    found = given()
    # A keyword, a class attribute, a conditional, a tuple, a positional argument, a dictionary, a parameter's default.
    assert {
        "disk-full", "storage-failed", "plugin-import-timeout", "stage-skipped", "batch-null", "no-parser",
        "config-invalid",
    } <= set(found)  # fmt: skip


def test_no_entry_of_the_registry_is_dead():
    used = literals(python_files())
    rust = "\n".join(path.read_text() for path in RUST.rglob("*.rs") if "target" not in path.parts)
    dead = [entry.code for entry in ERROR_CODES if entry.code not in used and f'"{entry.code}"' not in rust]
    assert not dead


def test_each_code_occurs_once_a_kind_and_each_error_says_what_to_do():
    pairs = [(entry.kind, entry.code) for entry in ERROR_CODES]
    assert len(pairs) == len(set(pairs))
    for entry in ERROR_CODES:
        assert KEBAB.fullmatch(entry.code)
        assert entry.meaning.endswith(".")
        assert (entry.category is not None) == (entry.kind in ("error", "diagnostic")), entry.code
        assert bool(entry.remedy) == (entry.category is not None), entry.code


def test_the_reasons_in_the_registry_are_those_of_the_stage_and_the_parser():
    from codegraph_plugins.stages.cross_file.codes import REASONS

    listed = {entry.code for entry in ERROR_CODES if entry.kind == "reason"}
    assert set(REASONS) - {""} <= listed


def test_the_reference_is_what_the_registry_says():
    written = (ROOT / "docs/reference/errors.md").read_text()
    assert written == render_reference(), "run: python -m codegraph_hookspecs.error_codes > docs/reference/errors.md"


def mentions() -> str:
    folders = (ROOT / "tests", *(ROOT / "contrib").glob("*/tests"))
    paths = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".md")]
    return "\n".join(path.read_text() for path in paths if path.name != Path(__file__).name)


@pytest.mark.parametrize("kind", ["error", "diagnostic", "verification", "reason", "conformance"])
def test_each_code_is_named_by_a_test(kind):
    text = mentions()
    untested = []
    for entry in ERROR_CODES:
        if entry.kind == kind:
            quoted = rf"""["'\[]{re.escape(entry.code)}["'\]:]""" if kind != "reason" else re.escape(entry.code)
            if entry.code in ONE_WORD:
                quoted = rf"""["'\[]{entry.code}["'\]]"""
            if entry.code not in UNREACHABLE and not re.search(quoted, text):
                untested.append(entry.code)
    assert not untested

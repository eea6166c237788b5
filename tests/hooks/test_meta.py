"""Every hook has a test named after it and a heading in the reference whose arguments match."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from codegraph_hookspecs import hookspecs
from codegraph_hookspecs.testing.plugins import GIVING_HOOKS

ROOT = Path(__file__).parents[2]
HOOKS = {
    name: value
    for name, value in vars(hookspecs).items()
    if name.startswith("codegraph_") and hasattr(value, "codegraph_spec")
}
TESTS = [
    node.name
    for path in sorted(Path(__file__).parent.glob("test_*.py"))
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.FunctionDef)
]
HEADINGS = dict(
    re.findall(r"^## (codegraph_\w+)\((.*)\)$", (ROOT / "docs/reference/hooks.md").read_text(), flags=re.MULTILINE)
)


def test_every_hook_of_the_contract_is_specified():
    assert set(HOOKS) == {
        "codegraph_plugin_info",
        "codegraph_modify_pipeline",
        "codegraph_stage_started",
        "codegraph_stage_finished",
        "codegraph_stage_failed",
        "codegraph_snapshot_committed",
        "codegraph_alert",
        *GIVING_HOOKS,
    }


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test_named_after_it(hook):
    assert any(name.startswith(f"test_{hook}_") for name in TESTS)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_heading_whose_arguments_match(hook):
    assert HEADINGS[hook] == ", ".join(inspect.signature(HOOKS[hook]).parameters)


def test_the_reference_has_no_heading_of_a_hook_that_is_gone():
    assert set(HEADINGS) == set(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hooks_docstring_follows_the_template(hook):
    text = inspect.getdoc(HOOKS[hook])
    for section in ("When: ", "Order: ", "Added in: "):
        assert f"\n{section}" in text
    parameters = inspect.signature(HOOKS[hook]).parameters
    assert ("\nArgs:\n" in text) == bool(parameters)
    assert all(f"\n    {parameter}: " in text for parameter in parameters)
    assert ("\nReturns: " in text) == (HOOKS[hook].__annotations__["return"] != "None")

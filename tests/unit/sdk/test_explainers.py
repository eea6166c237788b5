"""An edge is explained as far as can be when its explainer cannot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraph, IndexResult
from codegraph_hookspecs import EdgeExplainer, PluginError, hookimpl


class Refusing(EdgeExplainer):
    """Raises what it was made with. Its name comes first, so it is the one that is asked."""

    name = "a"
    languages: Sequence[str] = ("python",)

    def __init__(self, error: Exception) -> None:
        self._error = error

    def explain(self, packs: Any, files: Any, caller: Any, callee: Any) -> Any:
        raise self._error


class Plugin:
    """Brings one explainer."""

    name = "refusing"

    def __init__(self, error: Exception) -> None:
        self._explainer = Refusing(error)

    @hookimpl
    def codegraph_explainers(self) -> list[EdgeExplainer]:
        return [self._explainer]


def indexed(root: Path, error: Exception) -> IndexResult:
    (root / "a.py").write_text("def f():\n    pass\n\n\ndef g():\n    f()\n", encoding="utf-8")
    return CodeGraph(plugins=[Plugin(error)]).index(root).execute()


def test_a_missing_engine_leaves_place_resolver_and_reason(tmp_path: Path) -> None:
    missing = PluginError("There is no engine.", code="native-engine-missing")
    with indexed(tmp_path, missing) as result:
        (edge,) = result.explain_edge("a.g", "a.f").edges
    assert (edge.line_number, edge.resolver, edge.steps) == (6, "lexical", ())
    assert "scope" in edge.reason


def test_an_explainer_that_raises_is_named(tmp_path: Path) -> None:
    with indexed(tmp_path, KeyError("python")) as result, pytest.raises(PluginError) as caught:
        result.explain_edge("a.g", "a.f")
    assert caught.value.code == "plugin-hook-failed"
    assert caught.value.context["explainer"] == "a"

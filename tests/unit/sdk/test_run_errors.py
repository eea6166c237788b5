"""Errors of a run as typed rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codegraph import CodeGraph, ConflictError, PluginError, RunError
from codegraph.plugins import CustomAnalyzer


class Broken(CustomAnalyzer):
    """Raises."""

    name = "broken"
    version = "1"

    def analyze(self, ir_document: Any) -> Iterator[dict[str, Any]]:
        raise RuntimeError("no")


def test_the_errors_of_a_run_are_typed_rows_and_stay_with_the_snapshot(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    graph = CodeGraph()
    graph.register_analyzer(Broken())
    result = graph.index(tmp_path).execute()
    (error,) = result.errors
    assert (error.code, error.category, error.attempts) == ("analyzer-failed", "permanent", 1)
    assert "no" in error.message
    assert error.remedy == "Report it to the analyzer's author."
    assert error.to_dict() == result.summary["errors"][0]
    assert CodeGraph().open(tmp_path).errors == (error,)


def test_a_row_has_the_path_the_remedy_and_the_number_of_tries() -> None:
    error = ConflictError("no", context={"path": "/x", "attempts": 4, "remedy": "Wait."})
    assert RunError.from_dict(error.to_dict()) == RunError(
        code="commit-conflict", category="transient", path="/x", message="no", remedy="Wait.", attempts=4
    )
    other = RunError.from_dict(PluginError("no", code="parser-failed", context={"file": "a.py"}).to_dict())
    assert (other.path, other.attempts) == ("a.py", 1)
    assert other.remedy.startswith("Report it")

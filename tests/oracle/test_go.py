"""Go against tools that share no code with what is tested: lizard, and the language's own `go list`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import lizard
import pytest

from codegraph_plugins.languages import go
from tests.oracle import go_definitions
from tests.oracle.complexity import _ours, source_files
from tests.oracle.go_imports import compare

SAMPLES = Path(__file__).parent / "samples"
ANNOTATED = Path(__file__).parents[1] / "unit/stages/definitions/go.md"
_FENCE = re.compile(r"^```(?P<path>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

SOURCES: Mapping[str, str] = {
    "go.mod": "module example.com/m\n\ngo 1.18\n\nreplace example.com/other => ./other\n",
    "main.go": 'package main\n\nimport (\n\t"fmt"\n\n\t"example.com/m/a"\n\tx "example.com/m/b/v2"\n)\n\n'
    "func main() { fmt.Println(a.F, x.G) }\n",
    "a/a.go": "package a\n\nfunc F() {}\n",
    "a/a_test.go": 'package a_test\n\nimport "example.com/m/a"\n\nvar _ = a.F\n',
    "a/a_windows.go": 'package a\n\nimport _ "example.com/m/a/internal/deep"\n',
    "a/internal/deep/d.go": "package deep\n",
    "b/v2/b.go": 'package b\n\nimport "example.com/m/a"\n\nfunc G() { a.F() }\n',
}


def test_every_decision_of_the_samples_counts_like_lizards() -> None:
    files = list(source_files(SAMPLES, go.PACK))
    ours = {
        (name, end): value
        for file in files
        for name, _, end, value in _ours([file], go.PACK)[file.path]
        if not name.startswith("<")
    }
    found = [one for file in files for one in lizard.analyze_file(str(SAMPLES / file.path)).function_list]
    theirs = {(one.name.rpartition(")")[2].strip(), one.end_line): one.cyclomatic_complexity for one in found}
    assert len(theirs) >= 4
    assert {key: ours.get(key) for key in theirs} == theirs  # lizard leaves methods of interfaces out


@pytest.mark.skipif(shutil.which("go") is None, reason="the Go tools are not installed")
def test_imports_lead_where_go_list_says(tmp_path: Path) -> None:
    for path, text in SOURCES.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    agreement = compare(tmp_path)
    assert agreement.inside == 5
    assert agreement.misses == []


@pytest.mark.skipif(shutil.which("go") is None, reason="the Go tools are not installed")
def test_names_lead_where_the_type_checker_says(tmp_path: Path) -> None:
    for case in _FENCE.finditer(ANNOTATED.read_text()):
        target = tmp_path / case["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(case["text"])
    agreement = go_definitions.compare(tmp_path)
    assert agreement.asked.total() > 2_500
    assert agreement.precision() == 1.0
    assert agreement.recall() > 0.997
    assert {cause for cause, *_ in agreement.misses} <= {
        "method: nothing",  # of a function that is kept in a variable of a type with methods
        "package (definition): nothing",  # the dot of a dot import
        "var (definition): nothing",  # `nil := 3`
        "var: nothing",  # what only inner tests declare, by the package's name
    }

"""Runs the call-graph cases: Markdown whose fences are source files, and fences with all edges of some kinds.

A case is `## Title`, fences ```` ```python path ````, and a fence ```` ```calls ```` with a line `caller -> callee`
for each edge of kind `calls`, or a fence ```` ```edges reads writes ```` with a line `kind source -> target` for each
edge of those kinds, no more and no fewer.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from codegraph import CodeGraph

pytest.importorskip("codegraph_parser_rust")

FOLDER = Path(__file__).parent


@define
class Case:
    """A case of a Markdown file."""

    title: str
    files: dict[str, str] = field(factory=dict)
    calls: set[str] | None = None
    kinds: list[str] = field(factory=list)
    edges: set[str] = field(factory=set)


def read(path: Path) -> list[Case]:
    cases: list[Case] = []
    for part in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        case = Case(part.splitlines()[0].strip())
        for info, text in re.findall(r"^```(\w+[^\n]*)\n(.*?)^```$", part, flags=re.MULTILINE | re.DOTALL):
            language, _, name = info.partition(" ")
            if language == "calls":
                case.calls = {line.strip() for line in text.splitlines() if line.strip()}
            elif language == "edges":
                case.kinds = name.split()
                case.edges = {line.strip() for line in text.splitlines() if line.strip()}
            else:
                case.files[name] = text
        assert case.files, case.title
        assert case.calls is not None or case.kinds, case.title
        cases.append(case)
    return cases


CASES = [
    pytest.param(case, id=f"{path.relative_to(FOLDER).with_suffix('')}: {case.title}")
    for path in sorted(FOLDER.rglob("*.md"))
    for case in read(path)
]


def calls(result: Any, root: Path) -> set[str]:
    nodes = result.query().nodes().execute()
    # Of Java's library the link stage tells, by declared types: the cases are about callees that the program defines.
    names = {node.id: node.fqn for node in nodes if node.kind != "external" or not is_java(root)}
    edges = result.query().edges().filter(kind="calls").execute()
    return {f"{names[edge.source_id]} -> {names[edge.target_id]}" for edge in edges if edge.target_id in names}


def edges(result: Any, kinds: list[str]) -> set[str]:
    names = {node.id: node.fqn for node in result.query().nodes().execute()}
    rows = result.query().edges().filter(kind=kinds).execute()
    return {f"{row.kind} {names[row.source_id]} -> {names[row.target_id]}" for row in rows}


def is_java(root: Path) -> bool:
    return any(root.rglob("*.java"))


@pytest.mark.parametrize("case", CASES)
def test_who_calls_whom(case: Case, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    for name, text in case.files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    result = CodeGraph().index(root).with_call_graph().execute()
    if case.calls is not None:
        assert sorted(calls(result, root)) == sorted(case.calls)
    if case.kinds:
        assert sorted(edges(result, case.kinds)) == sorted(case.edges)


def test_there_are_cases_of_every_kind() -> None:
    assert len(CASES) >= 60

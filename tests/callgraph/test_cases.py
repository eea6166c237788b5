"""Runs the call-graph cases: Markdown whose fences are source files, and a fence `calls` with all calls there are.

A case is `## Title`, fences ```` ```python path ````, and one fence ```` ```calls ```` with a line `caller -> callee`
for each edge of kind `calls`, no more and no fewer.
"""

from __future__ import annotations

import re
from pathlib import Path

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
    calls: set[str] = field(factory=set)


def read(path: Path) -> list[Case]:
    cases: list[Case] = []
    for part in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        case = Case(part.splitlines()[0].strip())
        for info, text in re.findall(r"^```(\w+ ?\S*)\n(.*?)^```$", part, flags=re.MULTILINE | re.DOTALL):
            language, _, name = info.partition(" ")
            if language == "calls":
                case.calls = {line.strip() for line in text.splitlines() if line.strip()}
            else:
                case.files[name] = text
        assert case.files, case.title
        cases.append(case)
    return cases


CASES = [
    pytest.param(case, id=f"{path.relative_to(FOLDER).with_suffix('')}: {case.title}")
    for path in sorted(FOLDER.rglob("*.md"))
    for case in read(path)
]


def calls(root: Path) -> set[str]:
    result = CodeGraph().index(root).with_call_graph().execute()
    nodes = result.query().nodes().execute()
    # Of Java's library the link stage tells, by declared types: the cases are about callees that the program defines.
    names = {node.id: node.fqn for node in nodes if node.kind != "external" or not is_java(root)}
    edges = result.query().edges().filter(kind="calls").execute()
    return {f"{names[edge.source_id]} -> {names[edge.target_id]}" for edge in edges if edge.target_id in names}


def is_java(root: Path) -> bool:
    return any(root.rglob("*.java"))


@pytest.mark.parametrize("case", CASES)
def test_who_calls_whom(case: Case, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    for name, text in case.files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    found = calls(root)
    assert sorted(found) == sorted(case.calls)


def test_there_are_cases_of_every_kind() -> None:
    assert len(CASES) >= 60

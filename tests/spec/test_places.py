"""Where names lead: `places.md` of each language, through `definitions_at` as users ask.

A case is a `## Title` with fenced files. A comment at a line's end, `// name -> 3; other#2 -> a/B.java:4 5`, says in
which lines the last occurrence of a name in its line (or the one that is counted by `#`) is defined, in its own file or
in another; with nothing after the arrow it is defined nowhere.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from attrs import frozen

from codegraph import CodeGraph, IndexingConfig

FOLDER = Path(__file__).parent
BACKENDS = ("python", "rust") if importlib.util.find_spec("codegraph_parser_rust") else ("python",)
_FENCE = re.compile(r"^```(\S+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"\s(?://|#) ([^/#\s][^\s#]*(?:#\d+)? ->.*)$")
_ASKED = re.compile(r"([^\s#]+)(?:#(\d+))? -> ?(.*)$")


@frozen
class Place:
    """A name at a place, and the places that it is defined at: `path:line`."""

    path: str
    line: int
    column: int
    name: str
    expected: list[str]


@frozen
class Case:
    """Files of one repository."""

    title: str
    files: dict[str, str]
    places: list[Place]


def read_cases(path: Path) -> list[Case]:
    """Read a Markdown file's cases."""
    found = []
    for part in path.read_text().split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        files: dict[str, str] = {}
        places: list[Place] = []
        for _, name, text in _FENCE.findall(body):
            files[name] = text
            for number, line in enumerate(text.splitlines(), 1):
                comment = _COMMENT.search(line)
                if comment is not None:
                    code = line[: comment.start()]
                    places += [_place(name, number, code, asked) for asked in comment[1].split("; ")]
        found.append(Case(title, files, places))
    return found


def _place(path: str, number: int, code: str, asked: str) -> Place:
    matched = _ASKED.match(asked)
    assert matched is not None, (path, number, asked)
    name, count, lines = matched.groups()
    starts = [one.start() for one in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", code)]
    if len(starts) < int(count or 1):
        raise ValueError(f"{path}:{number}: the line has {name!r} {len(starts)} times")
    column = len(code[: starts[int(count) - 1 if count else -1]].encode())
    expected = [where if ":" in where else f"{path}:{where}" for where in lines.split()]
    return Place(path, number, column, name, expected)


def wrong_places(case: Case, root: Path, backend: str) -> list[str]:
    """Index a case; return what leads elsewhere than it says."""
    for name, text in case.files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    wrong = []
    config = IndexingConfig(root_path=root, backend=backend, plugins={"occurrences": {}})
    with CodeGraph(config=config).index() as result:
        if result.errors:
            return [str(one) for one in result.errors]
        for place in case.places:
            found = result.definitions_at(place.path, place.line, place.column)
            lines = [f"{one.file_path}:{one.span.start_line}" for one in found]
            if lines != place.expected:
                at = f"{place.path}:{place.line}:{place.column} {place.name}"
                wrong.append(f"{at}: {lines} instead of {place.expected}")
    return wrong


CASES = [
    pytest.param(case, id=f"{path.parent.name}: {case.title}")
    for path in sorted(FOLDER.glob("*/places.md"))
    for case in read_cases(path)
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CASES)
def test_names_lead_where_the_case_says(case: Case, backend: str, tmp_path: Path) -> None:
    assert case.places
    assert wrong_places(case, tmp_path, backend) == []

"""Where names lead: cases whose comments say where the names of their lines are defined, asked as users ask.

A case is a `## Title` with fenced files; a line `Skip: reason` before the first fence skips it visibly. A comment at a
line's end, `// name -> 3; other#2 -> a/B.java:4 5` (or `#`, `--`), says in which lines the last occurrence of a name in
its line (or the one that is counted by `#`) is defined, in its own file or in another; with nothing after the arrow it
is defined nowhere. Running a case needs the kernel.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from attrs import frozen

_FENCE: Final = re.compile(r"^```(\S+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT: Final = re.compile(r"\s(?://|#|--) ([^/#\s][^\s#]*(?:#\d+)? ->.*)$")
_ASKED: Final = re.compile(r"([^\s#]+)(?:#(\d+))? -> ?(.*)$")
_SKIP: Final = re.compile(r"^Skip: (.+)$", re.MULTILINE)


@frozen
class Place:
    """A name at a place, and the places that it is defined at: `path:line`."""

    path: str
    line: int
    column: int
    name: str
    expected: list[str]


@frozen
class PlacesCase:
    """Files of one repository, and what is asked of them."""

    title: str
    files: dict[str, str]
    places: list[Place]
    skip: str | None = None


def read_places(path: Path) -> list[PlacesCase]:
    """Read a Markdown file's cases.

    Raises:
        ValueError: A comment names what its line has not, or a case asks nothing.
    """
    found = []
    for part in path.read_text(encoding="utf-8").split("\n## ")[1:]:
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
        if not places:
            raise ValueError(f"{path.name}: {title!r} asks nothing")
        skipped = _SKIP.search(body.partition("```")[0])
        found.append(PlacesCase(title, files, places, skipped[1].strip() if skipped else None))
    return found


def _place(path: str, number: int, code: str, asked: str) -> Place:
    matched = _ASKED.match(asked)
    if matched is None:
        raise ValueError(f"{path}:{number}: {asked!r} is not written `name -> lines`")
    name, count, lines = matched.groups()
    starts = [one.start() for one in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", code)]
    if len(starts) < int(count or 1):
        raise ValueError(f"{path}:{number}: the line has {name!r} {len(starts)} times")
    column = len(code[: starts[int(count) - 1 if count else -1]].encode())
    expected = [where if ":" in where else f"{path}:{where}" for where in lines.split()]
    return Place(path, number, column, name, expected)


def wrong_places(case: PlacesCase, root: Path, index: Callable[[], AbstractContextManager[Any]]) -> list[str]:
    """Index a case; return what leads elsewhere than it says.

    Args:
        case: The case.
        root: An empty folder, which gets its files.
        index: Indexes that folder with occurrences and returns what has its `definitions_at`: `CodeGraph(…).index`.
    """
    for name, text in case.files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    wrong = []
    with index() as result:
        if result.errors:
            return [str(one) for one in result.errors]
        for place in case.places:
            found = result.definitions_at(place.path, place.line, place.column)
            lines = [f"{one.file_path}:{one.span.start_line}" for one in found]
            if lines != place.expected:
                at = f"{place.path}:{place.line}:{place.column} {place.name}"
                wrong.append(f"{at}: {lines} instead of {place.expected}")
    return wrong

"""Annotated files: where the names in a line are defined, with either engine."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from codegraph import CodeGraph, IndexingConfig

BACKENDS = ("python", "rust") if importlib.util.find_spec("codegraph_parser_rust") else ("python",)
CASES = Path(__file__).with_name("definitions")
_FENCE = re.compile(r"^```(?P<path>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NOTE = re.compile(r"(\S+) ->((?: (?:[\w./-]+:)?\d+)*)(?:;|$)")


def _notes(line: str) -> tuple[str, list[tuple[str, list[str]]]]:
    """Return a line's code, and the names that its comment speaks of with their places."""
    code, mark, comment = line.rpartition(" // ")
    if not mark:
        return line, []
    return code, [(name, places.split()) for name, places in _NOTE.findall(comment)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", sorted(CASES.glob("*.md")), ids=lambda path: path.stem)
def test_a_name_leads_to_where_it_is_defined(tmp_path, case, backend):
    files = {found["path"]: found["text"] for found in _FENCE.finditer(case.read_text())}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    config = IndexingConfig(root_path=tmp_path, backend=backend)
    wrong, asked = [], 0
    with CodeGraph(config=config).index().with_occurrences().execute() as result:
        for path, text in files.items():
            for number, line in enumerate(text.splitlines(), 1):
                code, notes = _notes(line)
                for name, expected in notes:
                    found = list(re.finditer(rf"(?<![\w$#]){re.escape(name)}(?![\w$])", code))
                    column = len(code[: found[-1].start()].encode())
                    places = sorted(
                        {(one.file_path, one.span.start_line) for one in result.definitions_at(path, number, column)}
                    )
                    given = [str(at) if file == path else f"{file}:{at}" for file, at in places]
                    asked += 1
                    if given != expected:
                        wrong.append((path, number, name, expected, given))
    assert asked > 20
    assert wrong == []

"""Literate cases of occurrences: fenced files, and a block `occurrences` that lists every one of them.

A line of that block is `path line:column name role symbol`; the symbol is without scheme and package, an external one
has its package in front. Lines are from 1, columns from 0 in UTF-8 bytes.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from attrs import frozen

from codegraph import CodeGraph, IndexingConfig

CASES = Path(__file__).with_name("occurrences")
_FENCE = re.compile(r"^```(?P<info>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@frozen
class Case:
    """Files by path, and the lines that are expected."""

    files: dict[str, str]
    expected: list[str]


def read_case(path: Path) -> Case:
    """Read a case."""
    files: dict[str, str] = {}
    expected: list[str] = []
    for found in _FENCE.finditer(path.read_text()):
        if found["info"] == "occurrences":
            expected = found["text"].splitlines()
        else:
            files[found["info"]] = found["text"]
    return Case(files, expected)


def found(files: dict[str, str], backend: str) -> list[str]:
    """Index files and return the lines of their occurrences."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "repo"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        config = IndexingConfig(root_path=root, backend=backend, plugins={"occurrences": {}})
        with CodeGraph(config=config).index() as result:
            assert result.errors == ()
            lines = []
            for one in result.occurrences():
                name = files[one.file_path].encode()[one.span.start_byte : one.span.end_byte].decode()
                symbol = one.symbol
                if not symbol.startswith("local "):
                    _, _, package, _, path = symbol.split(" ", 4)
                    symbol = path if package == "." else f"{package}: {path}"
                place = f"{one.span.start_line}:{one.span.start_column}"
                lines.append(f"{one.file_path} {place} {name or '-'} {one.role} {symbol}")
            return lines

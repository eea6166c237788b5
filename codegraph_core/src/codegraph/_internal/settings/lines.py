"""On which line of a TOML file each key stands, for error messages; tomllib itself does not say."""

from __future__ import annotations

import re
from typing import Final

_HEADER: Final = re.compile(r"^\s*\[\[?\s*(?P<name>[^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY: Final = re.compile(
    r"""^\s*(?P<key>(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'))*)\s*="""
)
_PART: Final = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def key_lines(text: str) -> dict[str, int]:
    """Return the 1-based line of every table header and key, by dotted name.

    Keys inside inline tables are not listed: their table is.
    """
    lines: dict[str, int] = {}
    table: list[str] = []
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            if closing in line:
                closing = ""
            continue
        header = _HEADER.match(line)
        key = None if header else _KEY.match(line)
        if header:
            table = _parts(header["name"])
            lines.setdefault(".".join(table), number)
        elif key:
            parts = table + _parts(key["key"])
            lines[".".join(parts)] = number
            for quotes in ('"""', "'''"):
                if line.count(quotes) % 2:
                    closing = quotes
    return lines


def _parts(name: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(name)]

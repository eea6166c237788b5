"""Places in texts, as servers count them and as we do; what servers say about places."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from attrs import frozen

UTF_8: Final = "utf-8"
UTF_16: Final = "utf-16"
"""Units in which columns are counted; a server that names none counts in UTF-16 (LSP 3.17)."""


@frozen
class Place:
    """Where something is defined.

    Args:
        path: Absolute path of the file.
        line: From 0.
        column: From 0, in the server's units.
    """

    path: str
    line: int
    column: int


class Lines:
    """Turns offsets of a text into lines and columns, and back.

    Args:
        content: The file's bytes.
        encoding: Units of the columns.
    """

    def __init__(self, content: bytes, encoding: str) -> None:
        self._lines = content.splitlines(keepends=True)
        self._encoding = encoding
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line, from 0, and the server's column of a byte offset."""
        line = bisect_right(self._starts, offset, hi=len(self._lines)) - 1 if self._lines else 0
        column = offset - self._starts[line]
        if self._encoding == UTF_8:
            return line, column
        before = self._lines[line][:column].decode("utf-8", "replace") if self._lines else ""
        return line, len(before) if before.isascii() else len(before.encode("utf-16-le")) // 2

    def offset(self, line: int, column: int) -> int:
        """Return the byte offset of a server's position, or -1 where the text has none such."""
        if not 0 <= line < len(self._lines) or column < 0:
            return -1
        text = self._lines[line]
        if self._encoding == UTF_8 or text.isascii():
            size = column
        else:
            units = text.decode("utf-8", "replace").encode("utf-16-le")[: 2 * column]
            size = len(units.decode("utf-16-le", "replace").encode())
        return self._starts[line] + size if size <= len(text) else -1


def places_of(answer: Any) -> list[Place]:
    """Return the places of an answer about definitions, each once; what is malformed is left out.

    Args:
        answer: `Location | Location[] | LocationLink[] | null`, or whatever else a server sent.
    """
    listed: Sequence[Any] = answer if isinstance(answer, list) else [answer]
    found: dict[Place, None] = {}
    for one in listed:
        if not isinstance(one, dict):
            continue
        path = _path_of(one.get("targetUri", one.get("uri")))
        span = one.get("targetSelectionRange", one.get("range"))
        start = span.get("start") if isinstance(span, dict) else None
        line, column = (start.get("line"), start.get("character")) if isinstance(start, dict) else (None, None)
        if path and isinstance(line, int) and isinstance(column, int):
            found[Place(path, line, column)] = None
    return list(found)


def _path_of(uri: Any) -> str:
    """Return the path of a `file:` URI, or an empty text."""
    if not isinstance(uri, str):
        return ""
    try:
        parts = urlsplit(uri)
        if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
            return ""
        path = url2pathname(parts.path) if not parts.path.startswith("//") else unquote(parts.path)
    except ValueError:
        return ""
    return path if "\0" not in path and Path(path).is_absolute() else ""

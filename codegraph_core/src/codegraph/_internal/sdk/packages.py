"""Which import of a file brings the name of a package: in Go that is where the name is defined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from codegraph._internal.rows import Occurrence

GO: Final = "go"
NAMESPACE: Final = "/"
"""What the symbols of packages end with."""
_QUOTES: Final = b'"`'


def imports_of(source: bytes | None, rows: Sequence[Occurrence], one: Occurrence) -> list[Occurrence]:
    """Return the import that defines a package's name: its own name there if it gives one, else its path.

    Args:
        source: The file's bytes; without them nothing is known.
        rows: The occurrences of the package in the file, in source order.
        one: The place; a path that has a name beside it defines nothing.
    """
    if source is None:
        return []
    brought = [each for each in rows if each.role == "import"]
    renamed = [each for each in brought if not _is_path(source, each)]
    named = {each.span.start_line for each in renamed}
    plain = [each for each in brought if _is_path(source, each) and each.span.start_line not in named]
    if one.role == "import":
        return [one] if one in renamed or one in plain else []
    text = _text(source, one)
    return [each for each in renamed if _text(source, each) == text][:1] or plain[:1]


def _text(source: bytes, one: Occurrence) -> bytes:
    return source[one.span.start_byte : one.span.end_byte]


def _is_path(source: bytes, one: Occurrence) -> bool:
    return source[one.span.start_byte - 1 : one.span.start_byte] in {_QUOTES[:1], _QUOTES[1:]}

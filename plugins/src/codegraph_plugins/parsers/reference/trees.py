"""Trees of texts, within a file's time."""

from __future__ import annotations

from typing import Final, Literal

import tree_sitter

from codegraph_plugins.parsers.reference.deadline import Deadline, OutOfTimeError

_CANCELLABLE_BYTES: Final = 100_000
"""Smaller files cannot exceed a deadline of seconds; the cancellable parse is slower (it reads through a
callback, because this binding ignores progress callbacks for bytes)."""

_READ_BYTES: Final = 65_536


def parsed(
    language: tree_sitter.Language,
    content: bytes,
    written: Literal["utf8", "latin1", "utf16le", "utf16be"],
    deadline: Deadline,
) -> tree_sitter.Tree:
    """Return the tree of a text.

    Args:
        language: The grammar.
        content: The text.
        written: Its encoding.
        deadline: Of the file.

    Raises:
        OutOfTimeError: The deadline passed.
    """
    parser = tree_sitter.Parser(language)
    encoding: Literal["utf8", "utf16le", "utf16be"] = "utf8" if written == "latin1" else written
    if len(content) <= _CANCELLABLE_BYTES:
        return parser.parse(content, encoding=encoding)
    high_byte = {"utf16le": 1, "utf16be": 2}.get(encoding, 0)
    try:
        return parser.parse(
            lambda offset, _point: _piece(content, offset, high_byte),
            encoding=encoding,
            progress_callback=lambda *_: deadline.passed(),
        )
    except ValueError:
        raise OutOfTimeError from None


def _piece(content: bytes, offset: int, high_byte: int) -> bytes:
    """Return what the parser reads next.

    A piece of UTF-16 must not end within a surrogate pair: the lexer would see two halves and no character.

    Args:
        content: The file.
        offset: Where to read.
        high_byte: How far before a code unit's end its high byte lies; 0 for other encodings.
    """
    end = offset + _READ_BYTES
    if high_byte and end < len(content) and 0xD8 <= content[end - high_byte] < 0xDC:
        end += 2
    return content[offset:end]

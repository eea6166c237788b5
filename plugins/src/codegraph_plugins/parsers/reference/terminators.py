"""Sets terminators that a grammar wants before a closing brace, where the language wants none.

`crates/codegraph-syntax/src/terminators.rs` does the same, byte by byte.
"""

from __future__ import annotations

from typing import Final

_BLANKS: Final = b" \t"
_OPEN: Final = b"{;,(>"
"""What a blank before `}` needs no terminator behind."""
_QUOTE: Final = 0x22
_APOSTROPHE: Final = 0x27
_BACKSLASH: Final = 0x5C
_NEWLINE: Final = 0x0A


def terminated(source: bytes, terminator: str) -> bytes | None:
    """Return a text with a terminator instead of each blank before a `}` that closes what stands in its line.

    Length, lines and columns stay. Comments and texts are those of C's family, with `${…}` and raw texts in three
    quotes.

    Args:
        source: In UTF-8 or another encoding in which ASCII is ASCII.
        terminator: One ASCII character.

    Returns:
        None if nothing is to be set. Takes time that is linear in the text's length.
    """
    found = bytearray(source)
    count, at = len(source), 0
    before = 0  # the last byte in this line that is no blank
    changed = False
    while at < count:
        byte = source[at]
        if byte == _QUOTE:
            at = _behind_text(source, at)
            before = byte
            continue
        if byte == _APOSTROPHE:
            at = _behind_character(source, at)
            before = byte
            continue
        if byte == 0x2F and source[at + 1 : at + 2] in {b"/", b"*"}:
            at = _behind_comment(source, at)
            continue
        if byte == 0x7D and at and source[at - 1] in _BLANKS and before and before not in _OPEN:
            found[at - 1] = ord(terminator)
            changed = True
        if byte == _NEWLINE:
            before = 0
        elif byte not in b" \t\r":
            before = byte
        at += 1
    return bytes(found) if changed else None


def _behind_comment(source: bytes, at: int) -> int:
    """Return where a comment ends: at the line's end, or behind `*/`; such comments nest."""
    if source[at + 1] == 0x2F:
        end = source.find(b"\n", at)
        return len(source) if end < 0 else end
    depth, at = 1, at + 2
    while at < len(source) and depth:
        pair = source[at : at + 2]
        depth += (pair == b"/*") - (pair == b"*/")
        at += 2 if pair in {b"/*", b"*/"} else 1
    return at


def _behind_character(source: bytes, at: int) -> int:
    at += 1
    while at < len(source) and source[at] not in {_APOSTROPHE, _NEWLINE}:
        at += 2 if source[at] == _BACKSLASH else 1
    return at + 1 if at < len(source) and source[at] == _APOSTROPHE else at


def _behind_text(source: bytes, at: int) -> int:
    """Return where a text ends that begins at a place; expressions and texts in it are part of it."""
    texts = [source[at : at + 3] == b'"""']  # the texts that are open, outermost first: whether each is a raw one
    braces: list[int] = []  # of each text but the last: how many braces are open in its expression
    at += 3 if texts[0] else 1
    while at < len(source):
        byte = source[at]
        if len(braces) == len(texts):  # in an expression
            if byte == _QUOTE:
                raw = source[at : at + 3] == b'"""'
                texts.append(raw)
                at += 3 if raw else 1
                continue
            braces[-1] += (byte == 0x7B) - (byte == 0x7D)
            if not braces[-1]:
                braces.pop()
            at += 1
        elif source[at : at + 2] == b"${":
            braces.append(1)
            at += 2
        elif not texts[-1] and byte == _BACKSLASH:
            at += 2
        elif not texts[-1] and byte == _NEWLINE:
            return at
        elif byte == _QUOTE and (not texts[-1] or source[at : at + 3] == b'"""'):
            at += 3 if texts.pop() else 1
            if not texts:
                while at < len(source) and source[at] == _QUOTE:
                    at += 1  # quotes at the end of a raw text are its own
                return at
        else:
            at += 1
    return at

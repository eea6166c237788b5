"""Rewrites what a grammar of TypeScript misreads, byte for byte, so that a file with syntax errors can be parsed again.

`crates/codegraph-syntax/src/misreadings.rs` does the same, byte by byte.
"""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(rb"[A-Za-z0-9_$\x80-\xff]+|//[^\n]*|/\*|.", re.DOTALL)
_WORD: Final = re.compile(rb"[A-Za-z0-9_$\x80-\xff]*")
_BLANKS: Final = re.compile(rb"[ \t\r\n]*")
_TEMPLATE: Final = re.compile(rb"[`\\]|\$\{")
_TEXT: Final = {quote: re.compile(rb"[\\\n" + quote + rb"]") for quote in (b'"', b"'")}
_BEFORE_REGEX: Final = frozenset(
    b"return typeof case in of delete void throw new do else instanceof await yield".split()
)
"""Words after which `/` begins an expression."""
_NO_PARAMETER: Final = frozenset(b"extends in instanceof of as satisfies is".split())
"""What is no name of a type parameter behind `in` or `out`."""
_ENDS: Final = frozenset({b")", b"]", b"}", b">", b"`"})
"""Signs, and what stands for texts, with which a value or a type may end."""
_TEXT_TOKEN: Final = b"`"
_ARROW: Final = b"=>"


def rewritten(source: bytes) -> bytes | None:
    """Return a text in which what the grammar misreads is written so that it reads it right.

    Length, lines and columns stay. A member that begins a line with `<` (the grammar takes `A` and `<B>` of the next
    line for one type) or with a keyword's name (`in: string`) has a `;` instead of the blank before; the modifiers `in`
    and `out` of type parameters are blanks; a quote that is escaped in a template is `__`; a type that is called `type`
    has another name in `(type extends`, and `export type *` has no `type`.

    Args:
        source: In UTF-8 or another encoding in which ASCII is ASCII.

    Returns:
        None if nothing is to be rewritten. Takes time that is linear in the text's length.
    """
    scan = _Scan(source)
    before = b""
    first = False  # in its line
    at, count = 0, len(source)
    while at < count:
        match = _TOKEN.match(source, at)
        token, end = (match[0], match.end()) if match else (b"", count)
        if token in {b" ", b"\t", b"\r", b"\n"}:
            first = first or token == b"\n"
            at = end
            continue
        if token[:2] == b"//":
            at = end
            continue
        if token == b"/*":
            found = source.find(b"*/", end)
            at = count if found < 0 else found + 2
            continue
        if token == b"`":
            end = scan.template(end)
        elif token in {b'"', b"'"}:
            token, end = _TEXT_TOKEN, _behind_text(source, at)
        elif token == b"/" and not _is_value(before):
            token, end = _TEXT_TOKEN, _behind_regex(source, at)
        elif token == b"}" and not scan.depth and scan.templates:
            scan.depth = scan.templates.pop()
            token, end = _TEXT_TOKEN, scan.template(end)
        elif token == b">" and before == b"=" and source[at - 1] == 0x3D:
            token = _ARROW
        else:
            scan.depth += (token == b"{") - (token == b"}")
        is_end = before in _ENDS or _behind(_WORD, before, 0) > 0
        if first and is_end and source[at - 1] in b" \t" and _begins_member(source, token, end):
            scan.set(at - 1, 0x3B)
        if token in {b"in", b"out"} and before in {b"<", b","}:
            scan.blank_modifiers(at)
        if token == b"type":
            scan.rewrite_type(before, end)
        before, first, at = token, False, end
    return bytes(scan.found) if scan.changed else None


class _Scan:
    """A text and what is made of it."""

    __slots__ = ("changed", "depth", "found", "source", "templates")

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.found = bytearray(source)
        self.changed = False
        self.depth = 0
        """Braces that are open in the expression of the innermost template."""
        self.templates: list[int] = []
        """Those that were open around each template."""

    def set(self, at: int, byte: int) -> None:
        """Write a byte."""
        self.found[at] = byte
        self.changed = True

    def template(self, at: int) -> int:
        """Go behind a template's text from a place in it: to its end, or into its next expression."""
        source = self.source
        while (match := _TEMPLATE.search(source, at)) is not None:
            if match[0] == b"`":
                return match.end()
            if match[0] == b"${":
                self.templates.append(self.depth)
                self.depth = 0
                return match.end()
            if source[match.end() : match.end() + 1] == b"`":
                self.set(match.start(), 0x5F)
                self.set(match.end(), 0x5F)
            at = match.end() + 1
        return len(source)

    def rewrite_type(self, before: bytes, end: int) -> None:
        """Give a type that is called `type` another name in `(type extends`; blank the word in `export type *`."""
        following = _behind(_BLANKS, self.source, end)
        if before == b"(" and self.source[following : _behind(_WORD, self.source, following)] == b"extends":
            self.set(end - 1, 0x5F)
        elif before == b"export" and self.source[following : following + 1] == b"*":
            for at in range(end - 4, end):
                self.set(at, 0x20)

    def blank_modifiers(self, first: int) -> None:
        """Blank `in`, `out` or both from a place on, if the name of a type parameter follows."""
        source, at = self.source, first
        while True:
            end = _behind(_WORD, source, at)
            if source[at:end] not in {b"in", b"out"} or (at != first and source[first : first + 3] == b"out"):
                break
            following = _behind(_BLANKS, source, end)
            if following == end:
                return
            at = following
        end = _behind(_WORD, source, at)
        if at in {first, end} or source[at : at + 1].isdigit() or source[at:end] in _NO_PARAMETER:
            return
        for each in range(first, at):
            if source[each] not in b"\r\n":
                self.set(each, 0x20)


def _behind(pattern: re.Pattern[bytes], source: bytes, at: int) -> int:
    match = pattern.match(source, at)
    return match.end() if match else at


def _is_value(before: bytes) -> bool:
    """Say whether `/` divides behind a token."""
    if before in _ENDS:
        return before != b">"
    return before not in _BEFORE_REGEX and _behind(_WORD, before, 0) > 0


def _begins_member(source: bytes, token: bytes, end: int) -> bool:
    """Say whether a token that begins a line begins a member.

    That is type parameters, or a property whose name is an operator elsewhere.
    """
    following = source[end : end + 1]
    if token == b"<":
        return following in {b"\n", b"\r", b"/"} or _behind(_WORD, source, end) > end
    return token in {b"in", b"instanceof"} and (following == b":" or source[end : end + 2] == b"?:")


def _behind_text(source: bytes, first: int) -> int:
    """Return where a text in quotes ends: behind them, or at the line's end."""
    pattern, at = _TEXT[source[first : first + 1]], first + 1
    while (match := pattern.search(source, at)) is not None:
        if match[0] != b"\\":
            return match.start() if match[0] == b"\n" else match.end()
        at = match.end() + 1
    return len(source)


def _behind_regex(source: bytes, first: int) -> int:
    """Return where a regular expression ends: behind its `/`, or at the line's end."""
    at, in_class = first + 1, False
    while at < len(source):
        byte = source[at]
        if byte == 0x5C:
            at += 2
            continue
        if byte == 0x0A:
            return at
        at += 1
        if byte == 0x2F and not in_class:
            return at
        in_class = byte == 0x5B or (in_class and byte != 0x5D)
    return len(source)

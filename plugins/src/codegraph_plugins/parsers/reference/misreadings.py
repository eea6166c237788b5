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
_BEFORE_MEMBERS: Final = frozenset({b":", b"=", b"|", b"&", b"<", b","})
"""Signs before a brace that may hold the members of a type; an interface's header may be before it as well."""
_DECLARES: Final = frozenset({b"interface", b"type", b"class"})
"""Words before the name of what may have type parameters with variance."""
_TEXT_TOKEN: Final = b"`"
_ARROW: Final = b"=>"


def rewritten(source: bytes) -> bytes | None:
    """Return a text in which what the grammar misreads is written so that it reads it right.

    Length, lines and columns stay. A member of a type that begins a line with `<` (the grammar takes `A` and `<B>` of
    the next line for one type) or with a keyword's name (`in: string`) has a `;` instead of the blank before; the
    modifiers `in` and `out` of a declaration's type parameters are blanks; a quote that is escaped in a template is
    `__`; a type that is called `type` has another name in `(type extends`, and `export type *` has no `type`.

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
        if first and is_end and source[at - 1] in b" \t" and scan.among_members and _begins_member(source, token, end):
            scan.set(at - 1, 0x3B)
        if token in {b"in", b"out"} and before in {b"<", b","} and scan.among_parameters:
            scan.blank_modifiers(at)
        if token == b"type":
            scan.rewrite_type(before, end)
        scan.pass_by(before, token)
        before, first, at = token, False, end
    return bytes(scan.found) if scan.changed else None


class _Scan:
    """A text and what is made of it."""

    __slots__ = (
        "_angles", "_braces", "_declared", "_header", "_inner", "changed", "depth", "found", "source", "templates"
    )  # fmt: skip

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.found = bytearray(source)
        self.changed = False
        self._braces: list[bool] = []
        """Whether each open brace may hold the members of a type."""
        self._header = False
        """Whether an interface's body is to come."""
        self._declared = False
        """Whether the last token is the name of what may have type parameters, or `class`."""
        self._angles = 0
        """Angles that are open from its type parameters on, …"""
        self._inner = 0
        """… and other brackets in them."""
        self.depth = 0
        """Braces that are open in the expression of the innermost template."""
        self.templates: list[int] = []
        """Those that were open around each template."""

    @property
    def among_members(self) -> bool:
        """Whether the innermost brace may hold the members of a type."""
        return bool(self._braces) and self._braces[-1]

    @property
    def among_parameters(self) -> bool:
        """Whether a declaration's type parameters are open, and nothing in them."""
        return self._angles == 1 and not self._inner

    def pass_by(self, before: bytes, token: bytes) -> None:
        """Note what a token opens and closes."""
        is_word = _behind(_WORD, token, 0) > 0
        if token == b"{":
            after_sign = before in _BEFORE_MEMBERS
            self._braces.append(after_sign or self._header)
            self._header = self._header and after_sign
        elif token == b"}" and self._braces:
            self._braces.pop()
        elif before == b"{" and token == b"<" and self._braces:
            self._braces[-1] = True  # no statement begins so: a function's type returns an object
        elif token == b"interface":
            self._header = True
        elif before == b"interface" and not is_word:
            self._header = False
        if not self._angles:
            self._angles = int(self._declared and token == b"<")
            self._inner = 0
        elif token in {b"(", b"[", b"{"}:
            self._inner += 1
        elif token in {b")", b"]", b"}"}:
            self._inner -= 1
            if self._inner < 0:  # no such list
                self._angles = 0
        elif not self._inner:
            self._angles += (token == b"<") - (token == b">")
        self._declared = token == b"class" or (is_word and before in _DECLARES)

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

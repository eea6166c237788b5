"""Texts that the walker takes from source: collapsed, capped, unquoted, cleaned.

Byte semantics are stated exactly, because the native engine must produce the same characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

MAX_TEXT_BYTES: Final = 200
"""Cap of callee, receiver, annotation, default, decorator and raw import texts."""

MAX_SIGNATURE_BYTES: Final = 1_000

MAX_PATH_CHARACTERS: Final = 1_000
"""Definitions whose parent's id is longer than its module's by more than this get no row: ids repeat the
path, so that hostile nesting would cost memory quadratic in the file's size."""

MAX_NAME_CHARACTERS: Final = 500
"""A definition with a longer name is anonymous, for the same reason."""

Decoder = Callable[[bytes], str]

_QUOTES: Final = ('"""', "'''", '"', "'", "`")
_PREFIX: Final = re.compile(r"[A-Za-z]{0,3}(?=[\"'`])")
_CONSTANT_NAME: Final = re.compile(r"_*[A-Z][A-Z0-9_]*\Z")


def decode_utf8(raw: bytes) -> str:
    """Return UTF-8 as text; what is not valid becomes U+FFFD."""
    return raw.decode("utf-8", errors="replace")


def collapse(raw: bytes, decode: Decoder, limit: int = MAX_TEXT_BYTES) -> str:
    """Return source text on one line: runs of ASCII whitespace become one space, ends trimmed.

    Text longer than `limit` bytes is cut there, back to a character boundary, and ends with "…".
    """
    joined = b" ".join(raw.split())
    if len(joined) <= limit:
        return decode(joined)
    return cut(joined, decode, limit)


def cut(raw: bytes, decode: Decoder, limit: int) -> str:
    """Return at most `limit` bytes as text, ending with "…"; a partial UTF-8 character is dropped."""
    end = limit
    while end > 0 and raw[end] & 0xC0 == 0x80:
        end -= 1
    return decode(raw[:end]) + "…"


def signature_text(raw: bytes, decode: Decoder) -> str:
    """Return a definition's head: collapsed, without the token that opens the body or ends the statement."""
    joined = b" ".join(raw.split())
    for ending in (b"=>", b"{", b":", b"=", b";"):
        if joined.endswith(ending):
            joined = joined[: -len(ending)].rstrip(b" ")
            break
    if len(joined) > MAX_SIGNATURE_BYTES:
        return cut(joined, decode, MAX_SIGNATURE_BYTES)
    return decode(joined)


def unquote(literal: str) -> str:
    """Return a string literal's content: up to three prefix letters and the quotes are dropped."""
    body = literal[_PREFIX.match(literal).end() :] if _PREFIX.match(literal) else literal  # type: ignore[union-attr]
    for quote in _QUOTES:
        if body.startswith(quote):
            body = body[len(quote) :]
            return body.removesuffix(quote)
    if body.startswith("[[") and body.endswith("]]"):
        return body[2:-2]
    return body


def clean_docstring(text: str) -> str:
    """Remove common indentation and blank ends, like `inspect.cleandoc` but for spaces and tabs only."""
    lines = [line.rstrip(" \t\r\f\v") for line in text.expandtabs().split("\n")]
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines[1:] if line), default=0)
    lines = [lines[0].lstrip(" "), *(line[margin:] for line in lines[1:])]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return "\n".join(lines)


def clean_block_comment(text: str) -> str:
    """Return the text of a `/** … */` comment without the frame and leading asterisks."""
    body = text.removeprefix("/**").removesuffix("*/")
    lines = []
    for line in body.split("\n"):
        stripped = line.strip(" \t\r\f\v")
        lines.append(stripped.removeprefix("*").removeprefix(" ") if stripped.startswith("*") else stripped)
    return "\n".join(lines).strip(" \t\r\f\v\n")


def clean_line_comments(text: str) -> str:
    """Return the text of consecutive line comments without their markers (`//`, `///`, `--`, `#`, `!`)."""
    lines = [line.strip(" \t\r\f\v").lstrip("/#-!").strip(" \t\r\f\v") for line in text.split("\n")]
    return "\n".join(lines).strip(" \t\r\f\v\n")


def is_constant_name(name: str) -> bool:
    """Say whether a name is written like a constant: capitals, digits and underscores."""
    return _CONSTANT_NAME.match(name) is not None


def visibility_of(name: str, modifiers: list[str], style: str, default: str, private_prefix: str) -> str:
    """Apply a pack's visibility rules to a name and its modifiers."""
    if style == "underscore":
        if not name.startswith("_") or (len(name) > 4 and name.startswith("__") and name.endswith("__")):
            return "public"
        return "private" if name.startswith("__") else "internal"
    if style == "capital":
        return "public" if name[:1].isupper() else "internal"
    if private_prefix and name.startswith(private_prefix):
        return "private"
    for modifier in modifiers:
        if modifier in {"private", "protected", "public", "internal"}:
            return modifier
    return default

"""Texts that the walker takes from source: collapsed, capped, unquoted, cleaned.

Byte semantics are stated exactly, because the native engine must produce the same characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring
from typing import Final

import tree_sitter

MAX_TEXT_BYTES: Final = 200
"""Cap of callee, receiver, annotation, default, decorator and raw import texts."""

MAX_SIGNATURE_BYTES: Final = 1_000

MAX_PATH_CHARACTERS: Final = 1_000
"""Definitions whose parent's id is longer than its module's by more than this get no row: ids repeat the
path, so that hostile nesting would cost memory quadratic in the file's size."""

MAX_NAME_CHARACTERS: Final = 500
"""A definition with a longer name is anonymous, for the same reason."""

Decoder = Callable[[bytes], str]
NodeText = Callable[[tree_sitter.Node], str]

_quoted: Final = encode_basestring
"""What the encoder does with a string where `ensure_ascii` is off."""
_QUOTES: Final = ('"""', "'''", '"', "'", "`")
_COMMON_QUOTES: Final = frozenset("\"'")
_PREFIX: Final = re.compile(r"[A-Za-z]{0,3}(?=[\"'`])")
_TYPE_NAME: Final = re.compile(r"([A-Za-z_$][A-Za-z0-9_$.]*)(?:\?|<[^\[\]]*>\??)?\Z")
_CONSTANT_NAME: Final = re.compile(r"_*[A-Z][A-Z0-9_]*\Z")


def decode_utf8(raw: bytes) -> str:
    """Return UTF-8 as text; what is not valid becomes U+FFFD."""
    return raw.decode("utf-8", "replace")


def node_text(source: bytes, characters: str | None, decode: Decoder, *, ascii_only: bool) -> NodeText:
    """Return the function that gives a node's source text.

    Args:
        source: The file.
        characters: The same with a character for each byte, where ASCII bytes mean ASCII characters, else None.
        decode: How its bytes become text.
        ascii_only: Whether all of it is ASCII.
    """
    if characters is None:
        return lambda node: decode(source[node.start_byte : node.end_byte])
    if ascii_only:
        return lambda node: characters[node.start_byte : node.end_byte]

    def text(node: tree_sitter.Node) -> str:
        piece = characters[node.start_byte : node.end_byte]
        return piece if piece.isascii() else decode(piece.encode("latin-1"))

    return text


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
    if joined.endswith(b"=>"):
        joined = joined[:-2].rstrip(b" ")
    elif joined.endswith((b"{", b":", b"=", b";")):
        joined = joined[:-1].rstrip(b" ")
    if len(joined) > MAX_SIGNATURE_BYTES:
        return cut(joined, decode, MAX_SIGNATURE_BYTES)
    return decode(joined)


def metadata_text(values: Mapping[str, str | Sequence[str]]) -> str | None:
    """Return what is known of a node as compact JSON with sorted keys, or None if that is nothing.

    Written out because the encoder of the standard library is made anew for each object that is no string.
    """
    if not values:
        return None
    parts = []
    for key in sorted(values) if len(values) > 1 else values:
        value = values[key]
        text = _quoted(value) if isinstance(value, str) else f"[{','.join(map(_quoted, value))}]"
        parts.append(f'"{key}":{text}')
    return f"{{{','.join(parts)}}}"


def unquote(literal: str) -> str:
    """Return a string literal's content: up to three prefix letters and the quotes are dropped."""
    quote = literal[:1]
    if quote in _COMMON_QUOTES:  # no prefix, as most
        return literal[3:].removesuffix(quote * 3) if literal[1:3] == quote * 2 else literal[1:].removesuffix(quote)
    prefix = _PREFIX.match(literal)
    body = literal[prefix.end() :] if prefix is not None else literal
    for quote in _QUOTES:
        if body.startswith(quote):
            body = body[len(quote) :]
            return body.removesuffix(quote)
    if body.startswith("[[") and body.endswith("]]"):
        return body[2:-2]
    return body


def clean_docstring(text: str) -> str:
    """Remove common indentation and blank ends, like `inspect.cleandoc` but for spaces and tabs only."""
    if "\n" not in text:
        return text.expandtabs().strip(" \t\r\f\v")
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
        if stripped.startswith("*"):
            stripped = stripped[2:] if stripped.startswith("* ") else stripped[1:]
        lines.append(stripped)
    return "\n".join(lines).strip(" \t\r\f\v\n")


def clean_doc_comment(text: str) -> str:
    """Return the text of one doc comment: `/// …`, `//! …`, `/** … */` or `/*! … */`."""
    if text.startswith("/*"):
        return clean_block_comment(f"/**{text[3:]}")
    return text[3:].rstrip(" \t\r\f\v\n").removeprefix(" ")


def clean_line_comments(text: str) -> str:
    """Return the text of consecutive line comments without their markers (`//`, `///`, `--`, `#`, `!`)."""
    lines = [line.strip(" \t\r\f\v").lstrip("/#-!").strip(" \t\r\f\v") for line in text.split("\n")]
    return "\n".join(lines).strip(" \t\r\f\v\n")


_DIRECTIVE: Final = re.compile(r"//(?:[a-z0-9]+:[a-z0-9]|line |export |extern )")


def clean_adjacent_comments(text: str) -> str:
    """Return the text of `//` comments without markers and directives (`//go:build`), or of one `/* */`."""
    if text.startswith("/*"):
        lines = [line.strip(" \t\r\f\v") for line in text[2:].removesuffix("*/").split("\n")]
        lines = [line.removeprefix("*").removeprefix(" ") for line in lines]
    else:
        written = [line.strip(" \t\r\f\v") for line in text.split("\n")]
        kept = [line for line in written if _DIRECTIVE.match(line) is None]
        lines = [line.removeprefix("//").removeprefix(" ") for line in kept]
    return "\n".join(lines).strip(" \t\r\f\v\n")


def is_constant_name(name: str) -> bool:
    """Say whether a name is written like a constant: capitals, digits and underscores."""
    return _CONSTANT_NAME.match(name) is not None


def type_name(annotation: str) -> str | None:
    """Return the dotted name of a written type without its arguments; None for arrays, functions and such."""
    found = _TYPE_NAME.match(annotation)
    return found[1] if found is not None else None


_PUB: Final = {"pub": "public", "pub(self)": "private", "pub(inself)": "private"}


def visibility_of(name: str, modifiers: list[str], style: str, default: str, private_prefix: str) -> str:
    """Apply a pack's visibility rules to a name and its modifiers."""
    if style == "underscore":
        if not name.startswith("_") or (len(name) > 4 and name.startswith("__") and name.endswith("__")):
            return "public"
        return "private" if name.startswith("__") else "internal"
    if style == "capital":
        return "public" if name[:1].isupper() else "internal"
    if style == "pub":
        for modifier in modifiers:
            if modifier.startswith("pub"):
                return _PUB.get("".join(modifier.split()), "internal")
        return default
    if private_prefix and name.startswith(private_prefix):
        return "private"
    for modifier in modifiers:
        if modifier in {"private", "protected", "public", "internal"}:
            return modifier
    return default

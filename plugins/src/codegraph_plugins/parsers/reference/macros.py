"""Expressions that are a macro's arguments: the grammar has but tokens there, which are parsed again as a list.

Which macros' arguments are expressions nobody can tell from a call alone: `quote!(f(x))` calls nothing, and in
`matches!(x, Some(y))` the second is a pattern. So only three kinds are read: the standard library's, by name; those
whose rules stand in the file and take nothing but `expr` and `literal` fragments; and, of others, those that are called
in parentheses with a text as one of several arguments, as all that format a message are. Where the tokens
are no list of expressions (a key and a colon, a sign of another language) nothing in them is read.

The twin of the native engine's `macros.rs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Final

import tree_sitter
from attrs import frozen

Node = tree_sitter.Node

_LISTS: Final = frozenset(
    """
    addr_of addr_of_mut assert assert_eq assert_ne dbg debug_assert debug_assert_eq debug_assert_ne eprint eprintln
    format format_args panic pin print println ready todo try unimplemented unreachable write writeln
    """.split()  # noqa: SIM905
)
"""The standard library's macros whose arguments are expressions."""
_LIBRARY: Final = frozenset({"std", "core", "alloc"})
_CLOSING: Final = {b"(": b")", b"[": b"]", b"{": b"}"}
_MAX_ROUNDS: Final = 8
"""Macros in macros' arguments that are read: one more level for each."""
_ALL_BUT_LINES: Final = bytes(byte if byte == 10 else 32 for byte in range(256))
_SPACE: Final = b" \t\n\r\x0b\x0c"
_IF: Final = re.compile(rb"(?<![A-Za-z0-9_])if(?![A-Za-z0-9_])")
_FRAGMENT: Final = re.compile(rb"\$(?:\(|[A-Za-z_][A-Za-z0-9_]*\s*:\s*(?:expr|literal)(?![A-Za-z0-9_]))|[\s),*+?]")


@frozen(slots=True)
class Arguments:
    """What a macro's arguments are, read as expressions.

    Args:
        node: The list, in a tree of its own: places are those of the file.
        patterns: Where what is no expression stands: the pattern of `matches!`.
    """

    node: Node
    patterns: tuple[tuple[int, int], ...] = ()

    def is_pattern(self, token: Node) -> bool:
        """Say whether a token is part of a pattern."""
        return any(start <= token.start_byte and token.end_byte <= end for start, end in self.patterns)


@frozen(slots=True)
class _Wanted:
    """Tokens to be parsed: where they lie, what stands around them, what is left out, and what of that is a pattern."""

    start: int
    end: int
    brackets: bytes
    behind: int
    left_out: tuple[tuple[int, int], ...]
    patterns: tuple[tuple[int, int], ...]


@cache
def _query(language: tree_sitter.Language) -> tree_sitter.Query:
    return tree_sitter.Query(language, "(macro_invocation) @called (macro_definition) @defined")


def read_arguments(
    language: tree_sitter.Language, root: Node, source: bytes, parse: Callable[[bytes], Node]
) -> dict[int, Arguments]:
    """Return the arguments of macros that are expressions, by where their tokens begin.

    Args:
        language: The grammar.
        root: The file's tree.
        source: The file, in an encoding whose ASCII bytes mean ASCII.
        parse: Gives the root of a text's tree.
    """
    found: dict[int, Arguments] = {}
    if b"!" not in source:
        return found
    captures = tree_sitter.QueryCursor(_query(language)).captures(root)
    own = _own_macros(captures.get("defined", ()), source)
    called = captures.get("called", [])
    blank: bytes | None = None
    for _ in range(_MAX_ROUNDS):
        wanted = {one.start: one for node in called if (one := _wanted(node, source, own)) is not None}
        if not wanted:
            break
        blank = blank if blank is not None else source.translate(_ALL_BUT_LINES)
        called = []
        for child in parse(_text(source, blank, wanted.values())).named_children:
            node = child.named_child(0) if child.type == "expression_statement" else None
            one = wanted.get(node.start_byte) if node is not None else None
            if node is None or one is None or node.end_byte != one.end or node.has_error:
                continue
            found[one.start] = Arguments(node, one.patterns)
            called.extend(tree_sitter.QueryCursor(_query(language)).captures(node).get("called", ()))
    return found


def _text(source: bytes, blank: bytes, wanted: Iterable[_Wanted]) -> bytes:
    """Return a text that has each list of arguments as a statement where it stands, and blanks elsewhere."""
    text = bytearray(blank)
    for one in wanted:
        text[one.start : one.end] = source[one.start : one.end]
        text[one.start], text[one.end - 1] = one.brackets
        for start, end in one.left_out:
            text[start:end] = blank[start:end]
        text[one.behind] = ord(";")
    return bytes(text) + b";"


def _own_macros(definitions: Iterable[Node], source: bytes) -> dict[str, bool]:
    """Return the macros that a file defines, and whether they take nothing but expressions."""
    found: dict[str, bool] = {}
    for node in definitions:
        name = node.child_by_field_name("name")
        if name is None:
            continue
        text = _name(source[name.start_byte : name.end_byte])
        rules = (child for child in node.named_children if child.type == "macro_rule")
        taken = all(_takes_expressions(source[rule.start_byte : rule.end_byte]) for rule in rules)
        found[text] = taken and found.get(text, True)
    return found


def _takes_expressions(rule: bytes) -> bool:
    """Say whether what a rule matches is a list of expressions."""
    depth, end = 0, 0
    for at, byte in enumerate(rule):
        depth += (byte in b"([{") - (byte in b")]}")
        if depth <= 0:
            end = at
            break
    at = 1
    while at < end:
        match = _FRAGMENT.match(rule, at, end)
        if match is None:
            return False
        at = match.end()
    return end > 0


def _name(text: bytes) -> str:
    return b"".join(text.split()).decode("utf-8", "replace").removeprefix("r#")


def _wanted(node: Node, source: bytes, own: Mapping[str, bool]) -> _Wanted | None:
    """Return what of a macro's call is to be parsed, or None if its arguments may be anything."""
    macro = node.child_by_field_name("macro")
    tree = next((child for child in node.named_children if child.type == "token_tree"), None)
    if macro is None or tree is None:
        return None
    start, end = tree.start_byte, tree.end_byte
    opening, closing = source[start : start + 1], source[end - 1 : end]
    children = tree.named_children
    if _CLOSING.get(opening) != closing or not any(child.type in {"identifier", "token_tree"} for child in children):
        return None
    behind = start - 1
    while source[behind] == 10:
        behind -= 1
    if behind < macro.end_byte:
        return None
    path, _, name = _name(source[macro.start_byte : macro.end_byte]).rpartition("::")
    library = path.removeprefix("::").partition("::")[0] in _LIBRARY if path else name not in own
    if library and name == "matches":
        parted = _parted(source, children, start, end)
        return _Wanted(start, end, b"()", behind, *parted) if parted is not None else None
    if library and name == "vec":
        return _Wanted(start, end, b"[]", behind, (), ())
    if (library and name in _LISTS) or (not path and own.get(name)):
        return _Wanted(start, end, b"()", behind, _names(source, children, end), ())
    if opening == b"(" and (path or name not in own) and _has_text(source, children, end):
        return _Wanted(start, end, b"()", behind, _names(source, children, end), ())
    return None


def _parted(
    source: bytes, children: list[Node], start: int, end: int
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]] | None:
    """Return what of `matches!(value, pattern if condition)` is left out, and the pattern; None without a comma."""
    comma, at = -1, start + 1
    for next_start, next_end in [*((child.start_byte, child.end_byte) for child in children), (end - 1, end)]:
        if comma < 0:
            comma = at = source.find(b",", at, next_start)
            at += 1
        if comma >= 0 and (found := _IF.search(source, at, next_start)) is not None:
            return ((comma + 1, found.end()),), ((comma + 1, found.start()),)
        at = next_end
    whole = ((comma + 1, end - 1),)
    return (whole, whole) if comma >= 0 else None


def _names(source: bytes, children: list[Node], end: int) -> tuple[tuple[int, int], ...]:
    """Return where arguments are named, with the sign behind the name: `name = value`."""
    found = []
    for child, before, behind in _between(source, children, end):
        text = source[child.end_byte : behind]
        sign = text.lstrip(_SPACE)
        if child.type == "identifier" and before in b"(," and sign[:1] == b"=" and sign[1:2] not in (b"=", b">"):
            found.append((child.start_byte, child.end_byte + len(text) - len(sign) + 1))
    return tuple(found)


def _has_text(source: bytes, children: list[Node], end: int) -> bool:
    """Say whether one of several arguments is a text."""
    for child, before, behind in _between(source, children, end):
        sign = source[child.end_byte : behind].lstrip(_SPACE)[:1]
        is_text = child.type in {"string_literal", "raw_string_literal"}
        if is_text and before in b"(," and (sign == b"," or (not sign and child == children[-1])):
            return True
    return False


def _between(source: bytes, children: list[Node], end: int) -> Iterable[tuple[Node, bytes, int]]:
    """Yield tokens with the sign right before each (`x` for another token) and where the next one begins."""
    before = b"("
    for position, child in enumerate(children):
        behind = children[position + 1].start_byte if position + 1 < len(children) else end - 1
        if not child.type.endswith("comment"):
            yield child, before, behind
            before = b"x"
        before = source[child.end_byte : behind].rstrip(_SPACE)[-1:] or before

"""Which calls servers are asked about, and where the names of their callees stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import tree_sitter
from attrs import frozen

from codegraph_hookspecs import LanguagePack

REASONS: Final = frozenset(
    {
        "receiver-unknown",
        "value-member",
        "value-call",
        "local-value",
        "member-not-found",
        "external-base",
        "unresolved-base",
        "unresolved-import",
        "star-import",
        "undefined-name",
        "dynamic-attribute",
        "name-not-found",
        "unbound-name",
    }
)
"""Why calls are unresolved that types can decide; what cannot run or is computed is not asked about."""

_CALLEE: Final = ("function", "constructor", "name", "type")
_LAST: Final = ("attribute", "property", "field", "name", "suffix")
_WRAPPERS: Final = {
    "generic_function": "function",
    "non_null_expression": "",
    "instantiation_expression": "",
    "generic_type": "",
    "navigation_expression": "",
    "navigation_suffix": "",
    "parenthesized_expression": "",
    "scoped_type_identifier": "",
    "qualified_type": "name",
}
"""Nodes around what is called; the field, or an empty text for the last named child that is no list of types."""
_NAME: Final = re.compile(r"[^\W\d]\w*\Z|[$\w]+\Z")
_LAST_NAME: Final = re.compile(r"([$\w]+)\W*\Z")


@frozen
class Site:
    """One call.

    Args:
        row: Its number among all rows.
        start: First byte of the call.
        end: Byte after it.
        text: What is called, as written.
    """

    row: int
    start: int
    end: int
    text: str


def grammar_of(pack: LanguagePack, path: str) -> tree_sitter.Language:
    """Return the grammar that a file of a language is read by."""
    capsule: Any = pack.grammars.get(PurePosixPath(path).suffix, pack.grammar).load()
    return tree_sitter.Language(capsule)


def written_name(text: str) -> str:
    """Return the name at the end of what is called, or an empty text."""
    found = _LAST_NAME.search(text)
    return found[1] if found is not None else ""


def names_of(content: bytes, grammar: tree_sitter.Language, sites: Sequence[Site]) -> dict[int, int]:
    """Return the first byte of the callee's name, by a site's row; sites whose callee has none are left out."""
    root = tree_sitter.Parser(grammar).parse(content).root_node
    found: dict[int, int] = {}
    for site in sites:
        call = root.descendant_for_byte_range(site.start, site.end)
        # Of nodes with one range the innermost is given; the call is the one around it that still has that range.
        while call is not None and not any(call.child_by_field_name(one) for one in _CALLEE):
            around = call.parent
            if around is None or (around.start_byte, around.end_byte) != (site.start, site.end):
                break
            call = around
        name = None if call is None or (call.start_byte, call.end_byte) != (site.start, site.end) else _name(call)
        if name is not None and name.text is not None:
            text = name.text.decode("utf-8", "replace").removeprefix("#")
            if text == written_name(site.text) and _NAME.match(text):
                found[site.row] = name.start_byte
    return found


def _name(call: tree_sitter.Node) -> tree_sitter.Node | None:
    node = next((child for one in _CALLEE if (child := call.child_by_field_name(one)) is not None), None)
    if node is None and call.named_child_count:
        node = call.named_children[0]  # Kotlin's calls have no fields
    while node is not None and node.named_child_count:
        last = next((child for one in _LAST if (child := node.child_by_field_name(one)) is not None), None)
        if last is not None:
            node = last
        elif node.type in _WRAPPERS:
            named = [child for child in node.named_children if not child.type.endswith(("arguments", "parameters"))]
            field = _WRAPPERS[node.type]
            node = node.child_by_field_name(field) if field else (named[-1] if named else None)
        else:
            return None
    return node

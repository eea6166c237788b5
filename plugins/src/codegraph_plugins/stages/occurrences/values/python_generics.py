"""Python: the type parameters that stand in brackets behind a name (PEP 695)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import tree_sitter
from attrs import define

Node = tree_sitter.Node
Range = tuple[int, int]
"""Start and end byte."""

TYPE_PARAMETERS: Final = "type_parameter"
"""What the grammar calls the list in brackets."""
_WRITTEN: Final = re.compile(rb"(?:class|def|type)[ \t]+\w+[ \t]*\[")
"""What every definition with type parameters looks like: files without it are not asked."""
_QUERY: Final = """
(class_definition type_parameters: (type_parameter) @list)
(function_definition type_parameters: (type_parameter) @list)
(type_alias_statement left: (type (generic_type (type_parameter) @list)))
"""


@define(frozen=True, slots=True)
class GenericScope:
    """What takes type parameters.

    Args:
        start, end: Bytes where the parameters are known.
        names: Where each of them is written.
    """

    start: int
    end: int
    names: dict[str, Range]


@cache
def _query(language: tree_sitter.Language) -> tree_sitter.Query:
    return tree_sitter.Query(language, _QUERY)


def type_parameters(list_: Node | None) -> Iterator[tuple[Node, Node | None]]:
    """Yield the names in the brackets of a definition, each with what it is bound by."""
    for child in () if list_ is None else list_.named_children:
        inner = child
        while inner.type in {"type", "splat_type"} and inner.named_child_count:
            inner = inner.named_children[0]
        if inner.type == "identifier":
            yield inner, None
        elif inner.type == "constrained_type" and inner.named_child_count == 2:
            name, bound = inner.named_children
            yield (name.named_children[0] if name.named_child_count else name), bound


def generic_scopes(language: tree_sitter.Language, root: Node, source: bytes) -> list[GenericScope]:
    """Return what takes type parameters in a tree, inner ones first."""
    found: list[GenericScope] = []
    if _WRITTEN.search(source) is None:
        return found
    for list_ in tree_sitter.QueryCursor(_query(language)).captures(root).get("list", []):
        owner = list_.parent
        while owner is not None and owner.type in {"generic_type", "type"}:
            owner = owner.parent
        names = {
            one.text.decode("utf-8", "replace"): (one.start_byte, one.end_byte)
            for one, _ in type_parameters(list_)
            if one.text is not None
        }
        if owner is not None and names:
            found.append(GenericScope(owner.start_byte, owner.end_byte, names))
    return sorted(found, key=lambda one: one.end - one.start)

"""Texts that names at the top of a JavaScript or TypeScript file stand for: computed keys are told by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import tree_sitter

Node = tree_sitter.Node

_AROUND: Final = frozenset({"export_statement", "lexical_declaration", "ambient_declaration"})
_CASTS: Final = frozenset({"as_expression", "satisfies_expression"})


def constants(root: Node) -> dict[str, str]:
    """Return what constants, members of enums and of constant objects are texts of, by how they are written."""
    found: dict[str, str] = {}
    stack = list(reversed(root.named_children))
    while stack:
        node = stack.pop()
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if node.type in _AROUND:
            if node.type != "lexical_declaration" or any(child.type == "const" for child in node.children):
                stack.extend(reversed(node.named_children))
        elif name is None:
            continue
        elif node.type == "enum_declaration" and (body := node.child_by_field_name("body")) is not None:
            found.update((f"{_text(name)}.{key}", text) for key, text in _texts_in(body))
        elif node.type == "variable_declarator" and value is not None:
            while value.type in _CASTS and value.named_child_count:
                value = value.named_children[0]
            if value.type == "string":
                found[_text(name)] = _text(value)[1:-1]
            elif value.type == "object":
                found.update((f"{_text(name)}.{key}", text) for key, text in _texts_in(value))
    return found


def _texts_in(body: Node) -> Iterator[tuple[str, str]]:
    """Yield the names of members that are texts, with those texts."""
    for child in body.named_children:
        key = child.child_by_field_name("key") or child.child_by_field_name("name")
        value = child.child_by_field_name("value")
        if key is not None and value is not None and value.type == "string":
            yield _text(key), _text(value)[1:-1]


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")

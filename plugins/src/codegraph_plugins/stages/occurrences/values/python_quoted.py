"""Python: types that annotations name in quotes, read as the code that they are."""

from __future__ import annotations

from typing import Final

import tree_sitter

from codegraph_plugins.stages.occurrences.values.python_places import LONGEST, PlacedExpressions

Node = tree_sitter.Node

_WITHIN: Final = frozenset({
    "subscript", "generic_type", "type_parameter", "binary_operator", "union_type", "member_type", "list", "type",
    "parenthesized_expression", "keyword_argument", "argument_list",
})  # fmt: skip
_TEXTS: Final = frozenset({"Literal", "Annotated"})
"""Names of what takes texts that are no types."""
_NAMING: Final = frozenset({"cast", "TypeVar", "NewType"})
"""Functions that take types: the first, those behind the name, that behind the name."""
_DEPTH: Final = 32
"""What is deeper in others is no type, but a text among very many."""


class QuotedTypes:
    """Reads a file's quoted types; their nodes have the places that they have in the file.

    Args:
        source: The file's bytes as parsed.
        language: The grammar that they were parsed with.
    """

    def __init__(self, source: bytes, language: tree_sitter.Language) -> None:
        self._source, self._placed = source, PlacedExpressions(source, language)

    def read(self, node: Node) -> Node | None:
        """Return the expression in a string's quotes, or None if no type is written there."""
        if node.parent is None or node.parent.type not in _WITHIN or not self._is_type(node):
            return None
        inner = [child for child in node.children if child.type == "string_content"]
        quote = node.children[0] if node.children else None
        if len(inner) != 1 or inner[0].child_count or inner[0].end_byte - inner[0].start_byte > LONGEST:
            return None
        if quote is None or self._source[quote.start_byte : quote.end_byte].strip(b"\"'"):
            return None  # not a plain string
        content = inner[0]
        place = tree_sitter.Range(content.start_point, content.end_point, content.start_byte, content.end_byte)
        return self._placed.read(place)

    def _is_type(self, node: Node) -> bool:
        """Say whether a string stands in an annotation, as an argument of a base, or where a function takes a type."""
        inside, around = node, node.parent
        for _ in range(_DEPTH):
            if around is None or around.type not in _WITHIN:
                return False
            if around.type == "type":
                holder = around.parent
                if holder is None or holder.type not in {"type_parameter", "generic_type"}:
                    return True
            elif around.type == "argument_list":
                return self._is_taken(inside, around)
            elif around.type in {"subscript", "generic_type"} and around.named_child(0) != inside:
                head = around.named_child(0)
                name = self._source[head.start_byte : head.end_byte].rpartition(b".")[2].decode("utf-8", "replace")
                if name in _TEXTS and (name == "Literal" or not self._is_first(node, around)):
                    return False
            inside, around = around, around.parent
        return False

    def _is_first(self, node: Node, around: Node) -> bool:
        """Say whether a node begins what is in the brackets of another."""
        behind = around.named_child(1)
        return (
            behind is not None
            and behind.start_byte <= node.start_byte
            and (b"," not in self._source[behind.start_byte : node.start_byte])
        )

    def _is_taken(self, node: Node, list_: Node) -> bool:
        """Say whether an argument is a type: in a class's head, or of one of the functions that take types."""
        call = list_.parent
        if call is not None and call.type == "class_definition":
            return node.type != "string"
        callee = call.child_by_field_name("function") if call is not None else None
        if callee is None:
            return False
        name = self._source[callee.start_byte : callee.end_byte].rpartition(b".")[2].decode("utf-8", "replace")
        if name not in _NAMING:
            return False
        if node.type == "keyword_argument":
            key = node.child_by_field_name("name")
            return key is not None and key.text == b"bound"
        first = list_.named_child(0) == node
        return first if name == "cast" else not first

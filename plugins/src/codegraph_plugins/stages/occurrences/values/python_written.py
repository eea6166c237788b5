"""Python: types that comments (PEP 484) and the fields of docstrings name, read as the code that they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import tree_sitter

from codegraph_plugins.stages.occurrences.values.python_places import LONGEST, PlacedExpressions

Node = tree_sitter.Node

_COMMENT: Final = re.compile(rb"#\s*type:\s*(?!ignore\b)(?P<type>[^\s#][^#]*)")
_SIGNATURE: Final = re.compile(rb"(?P<taken>\(.*\))\s*->\s*(?P<given>\S.*)")
_NAME: Final = rb"[A-Za-z_][\w.]*(?:\[[\w.,\[\] ]*\])?"
_FIELD: Final = re.compile(
    rb"[:@](?:"
    rb"(?:type|vartype)[ ]+(?P<of>\w+)[ ]*:[ ]*(?P<said>" + _NAME + rb")[ ]*(?=\n|\r|$|[\"'])|"
    rb"param(?:eter)?[ ]+(?P<typed>" + _NAME + rb")[ ]+(?P<name>\w+)[ ]*:|"
    rb"(?:rtype|returntype)[ ]*:[ ]*(?P<given>" + _NAME + rb")[ ]*(?=\n|\r|$|[\"']))"
)
"""A field of a docstring as Sphinx and Epydoc read it: `:type name: T`, `:param T name:`, `:rtype: T`."""
_FIELDS: Final = 64
"""Fields of one docstring that are read."""
_NO_TYPE: Final = frozenset({"", "*", "..."})


class WrittenTypes:
    """Reads types in a file's comments and docstrings; their nodes have the places that they have in the file.

    Args:
        source: The file's bytes as parsed.
        language: The grammar that they were parsed with.
    """

    def __init__(self, source: bytes, language: tree_sitter.Language) -> None:
        self._source, self._placed = source, PlacedExpressions(source, language)
        self.comments = _COMMENT.search(source) is not None
        """Whether the file has comments with types."""
        self.docstrings = _FIELD.search(source) is not None
        """Whether it has fields with types."""

    def of_comment(self, node: Node) -> tuple[list[Node] | None, Node | None]:
        """Return the types of parameters, None where a comment is about none, and that of the result or value."""
        said = _COMMENT.match(self._source, node.start_byte, node.end_byte)
        if said is None or node.end_byte - node.start_byte > LONGEST:
            return None, None
        function = _SIGNATURE.match(self._source, *said.span("type"))
        if function is None:
            return None, self._read(node, *said.span("type"))
        start, end = function.span("taken")
        taken = self._read(node, start, end)
        given = self._read(node, *function.span("given"))
        if taken is None:
            return [], given
        several = taken.type == "tuple"
        return list(taken.named_children) if several or taken.type == "parenthesized_expression" else [taken], given

    def of_docstring(self, node: Node) -> Iterator[tuple[str, Node]]:
        """Yield the names of parameters, nothing for the result, each with its type."""
        if not self.docstrings or node.end_byte - node.start_byte > 64 * LONGEST:
            return
        for count, found in enumerate(_FIELD.finditer(self._source, node.start_byte, node.end_byte)):
            if count == _FIELDS:
                return
            group = next(one for one in ("said", "typed", "given") if found[one] is not None)
            name = found["of"] or found["name"] or b""
            type_ = self._read(node, *found.span(group))
            if type_ is not None:
                yield name.decode(), type_

    def nodes_in(self, node: Node) -> list[Node]:
        """Return the types in a comment or in a docstring."""
        if node.type != "comment":
            return [type_ for _, type_ in self.of_docstring(node)] if is_docstring(node) else []
        taken, given = self.of_comment(node)
        return [*(taken or ()), *((given,) if given is not None else ())]

    def _read(self, node: Node, start: int, end: int) -> Node | None:
        """Return the expression between two bytes of one line, None if it is none."""
        text = self._source[start:end].rstrip()
        if text.decode("utf-8", "replace") in _NO_TYPE or b"\n" in text or len(text) > LONGEST:
            return None
        above = self._source.count(b"\n", node.start_byte, start)
        column = start - (self._source.rfind(b"\n", 0, start) + 1)
        row = node.start_point[0] + above
        place = tree_sitter.Range((row, column), (row, column + len(text)), start, start + len(text))
        return self._placed.read(place)


def is_docstring(node: Node) -> bool:
    """Say whether a string is the first statement of a function's body."""
    statement = node.parent
    block = statement.parent if statement is not None and statement.type == "expression_statement" else None
    holder = block.parent if block is not None and block.type == "block" else None
    if holder is None or statement is None or holder.type != "function_definition":
        return False
    return statement.prev_named_sibling is None or statement.prev_named_sibling.type == "comment"

"""Python: expressions that stand where the grammar has none, in texts and comments, read where they stand."""

from __future__ import annotations

from typing import Final

import tree_sitter

Node = tree_sitter.Node

LONGEST: Final = 1_000
"""Bytes of a type; longer texts are none."""


class PlacedExpressions:
    """Reads parts of a file as expressions; their nodes have the places that they have in the file.

    Args:
        source: The file's bytes as parsed.
        language: The grammar that they were parsed with.
    """

    def __init__(self, source: bytes, language: tree_sitter.Language) -> None:
        self._source, self._language = source, language
        self._trees: list[tree_sitter.Tree] = []  # nodes are of their trees

    def read(self, place: tree_sitter.Range) -> Node | None:
        """Return the expression that is all of a place, or None if it is none."""
        tree = tree_sitter.Parser(self._language, included_ranges=[place]).parse(self._source)
        statements = tree.root_node.named_children
        if tree.root_node.has_error or len(statements) != 1 or statements[0].type != "expression_statement":
            return None
        self._trees.append(tree)
        found = statements[0].named_children
        return found[0] if len(found) == 1 else None

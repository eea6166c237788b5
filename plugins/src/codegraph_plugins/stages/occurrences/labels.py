"""Labels of statements: where they are defined, and what jumps to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import tree_sitter
from attrs import frozen

Node = tree_sitter.Node

_PATTERNS: Final = (
    "(labeled_statement . (identifier) @definition)",
    "(labeled_statement label: (label_name) @definition)",
    "(break_statement (identifier) @use)",
    "(continue_statement (identifier) @use)",
    "(break_statement (label_name) @use)",
    "(continue_statement (label_name) @use)",
    "(goto_statement (label_name) @anywhere)",
    "(goto_statement (identifier) @anywhere)",
    "(label) @marked",
    "(labeled_expression (label) @jump (identifier) @use)",
    "(return_expression label: (identifier) @use)",
)
"""Of the grammars that have labels; those of other languages are left out when the query is made."""


@frozen
class Label:
    """A label: the node that spells it, and the statement that it stands for."""

    node: Node
    statement: Node | None

    @property
    def start(self) -> int:
        """First byte of its name."""
        return self.node.start_byte

    @property
    def end(self) -> int:
        """Byte after its name; Kotlin's end with `@`."""
        return self.node.end_byte - (self.node.type == "label")

    @property
    def name(self) -> bytes:
        """Its name."""
        return (self.node.text or b"").rstrip(b"@")


@cache
def _query(language: tree_sitter.Language) -> tree_sitter.Query | None:
    patterns = []
    for pattern in _PATTERNS:
        try:
            tree_sitter.Query(language, pattern)
        except tree_sitter.QueryError:
            continue
        patterns.append(pattern)
    return tree_sitter.Query(language, "\n".join(patterns)) if patterns else None


def labels(language: tree_sitter.Language, root: Node) -> list[tuple[Label, Sequence[Node]]]:
    """Return each label with the jumps to it, in source order."""
    query = _query(language)
    found = tree_sitter.QueryCursor(query).captures(root) if query is not None else {}
    jumps = {node.id for node in found.get("jump", ())}
    marked = [node for node in found.get("marked", ()) if node.id not in jumps]
    defined = [
        *(Label(node, node.parent) for node in found.get("definition", ())),
        *(Label(node, node.parent) for node in marked),
    ]
    defined.sort(key=lambda one: one.start)
    uses: dict[int, list[Node]] = {}
    for capture in ("use", "anywhere"):
        for use in sorted(found.get(capture, ()), key=lambda one: one.start_byte):  # they come in no order
            target = _target(defined, use, anywhere=capture == "anywhere")
            if target is not None:
                uses.setdefault(target.start, []).append(use)
    return [(one, uses.get(one.start, ())) for one in defined]


def _target(defined: Sequence[Label], use: Node, *, anywhere: bool) -> Label | None:
    """Return the innermost label around a jump that has its name; a `goto` may also jump to one that is not around."""
    named = [one for one in defined if one.name == use.text]
    around = [
        one
        for one in named
        if one.statement is not None and one.start < use.start_byte and one.statement.end_byte >= use.end_byte
    ]
    if around:
        return around[-1]
    if not anywhere or not named:
        return None
    return min(named, key=lambda one: abs(one.start - use.start_byte))

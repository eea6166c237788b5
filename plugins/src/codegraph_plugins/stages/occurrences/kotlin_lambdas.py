"""Kotlin: which lambdas may have the parameter `it`, as far as their text says it."""

from __future__ import annotations

from typing import Final

import tree_sitter

Node = tree_sitter.Node

_WITHOUT_IT: Final = frozenset(
    [
        "run",
        "apply",
        "with",
        "lazy",
        "buildString",
        "buildList",
        "buildSet",
        "buildMap",
        "sequence",
        "iterator",
        "flow",
        "synchronized",
        "runCatching",
    ]
)
"""Functions of the standard library whose lambdas take nothing: `it` in them is what it is around them."""


def may_have_it(node: Node) -> bool:
    """Say whether a lambda may have the parameter that nobody writes."""
    return not any(child.type == "lambda_parameters" for child in node.children) and _called_by(node) not in _WITHOUT_IT


def _called_by(node: Node) -> str:
    """Return the name of the function that a lambda is handed to behind the parentheses."""
    around = node.parent
    if around is None or around.type != "annotated_lambda" or around.parent is None:
        return ""
    callee = around.parent.named_child(0)
    while callee is not None and callee.type in {"call_expression", "navigation_expression"}:
        callee = callee.named_child(0 if callee.type == "call_expression" else callee.named_child_count - 1)
    return callee.text.decode("utf-8", "replace") if callee is not None and callee.text is not None else ""

"""Where what a pattern of Java binds is in scope: where the pattern has matched (JLS 6.3.1 and 6.3.2)."""

from __future__ import annotations

from typing import Final

import tree_sitter

Node = tree_sitter.Node

_LEAVES: Final = frozenset(
    {"return_statement", "throw_statement", "break_statement", "continue_statement", "yield_statement"}
)
_LOOPS: Final = frozenset({"while_statement", "for_statement", "do_statement", "enhanced_for_statement"})
_DEPTH: Final = 64
"""Statements nested deeper than this are taken to complete."""

Region = tuple[int, int]
"""First byte, and the byte past the last one."""


def regions(pattern: Node) -> list[Region] | None:
    """Return where what a pattern binds can be seen; None for one of a `switch`, which its label limits."""
    inner: Node | None = pattern
    while inner is not None and inner.type != "instanceof_expression":
        if inner.type in {"switch_label", "block", "class_body"}:
            return None
        inner = inner.parent
    found: list[Region] = []
    holds = True  # what is bound is bound where the expression is true
    while inner is not None and (around := inner.parent) is not None:
        kind = around.type
        if kind == "unary_expression":
            operator = around.child_by_field_name("operator")
            if operator is None or operator.type != "!":
                break
            holds = not holds
        elif kind == "binary_expression":
            operator, right = around.child_by_field_name("operator"), around.child_by_field_name("right")
            if operator is None or right is None or operator.type != ("&&" if holds else "||"):
                break
            if right != inner:
                found.append((right.start_byte, right.end_byte))
        elif kind != "parenthesized_expression":
            found.extend(_in_statement(inner, around, holds=holds))
            break
        inner = around
    return found


def _in_statement(condition: Node, around: Node, *, holds: bool) -> list[Region]:
    """Return where a condition, or its opposite, is known to hold in what it is the condition of, and behind that."""
    if around.child_by_field_name("condition") != condition:
        return []
    then = around.child_by_field_name("consequence") or around.child_by_field_name("body")
    otherwise = around.child_by_field_name("alternative")
    parts = [then if holds else otherwise]
    if around.type == "for_statement" and holds:
        parts += around.children_by_field_name("update")
    found = [(part.start_byte, part.end_byte) for part in parts if part is not None]
    if around.type == "if_statement":
        goes_on, leaves = (then, otherwise) if holds else (otherwise, then)
        behind = leaves is not None and not _completes(leaves) and (goes_on is None or _completes(goes_on))
    else:
        behind = around.type in _LOOPS and not holds and not _breaks(around)
    if behind and around.parent is not None:
        found.append((around.end_byte, around.parent.end_byte))
    return found


def _completes(node: Node, depth: int = 0) -> bool:
    """Say whether what follows a statement can be reached through it."""
    kind = node.type
    if kind in _LEAVES:
        return False
    inner = [child for child in node.named_children if not child.type.endswith("comment")]
    if depth > _DEPTH or not inner:
        return True
    if kind == "block":
        return _completes(inner[-1], depth + 1)
    if kind == "labeled_statement":
        return _completes(inner[-1], depth + 1) or _breaks(node)
    if kind == "synchronized_statement":
        return _completes(inner[-1], depth + 1)
    if kind == "if_statement":
        then, otherwise = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
        return then is None or otherwise is None or _completes(then, depth + 1) or _completes(otherwise, depth + 1)
    if kind == "while_statement":
        condition = node.child_by_field_name("condition")
        always = condition is not None and condition.text in {b"(true)", b"true"}
        return not always or _breaks(node)
    if kind == "try_statement":
        last = next((child for child in inner if child.type == "finally_clause"), None)
        if last is not None and last.named_child_count and not _completes(last.named_children[-1], depth + 1):
            return False
        bodies = [node.child_by_field_name("body")]
        bodies += [child.child_by_field_name("body") for child in inner if child.type == "catch_clause"]
        return any(body is None or _completes(body, depth + 1) for body in bodies)
    return True


def _breaks(node: Node) -> bool:
    """Say whether a statement that is left by `break` may be, by one with a label too."""
    stack = [(child, False) for child in node.named_children]
    while stack:
        current, nested = stack.pop()
        if current.type == "break_statement" and (not nested or current.named_child_count):
            return True
        if current.type in {"lambda_expression", "class_body"}:
            continue
        deeper = nested or current.type in _LOOPS or current.type == "switch_expression"
        stack.extend((child, deeper) for child in current.named_children)
    return False

"""Which types Rust's locals, fields and results have, as dotted texts that the link stage follows.

A text begins with a name and goes on with what is asked of it. A part that is called ends with `()`; three parts are
marks: `#` is `Option` or `Result` of what stands before, `?` takes that out again, and `*` is a `Box`, `Rc` or `Arc`
of it. Nothing is guessed: what has no such text has no type. The twin of the native engine's `rust_values.rs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tree_sitter

from codegraph_plugins.parsers.reference.compiled import HEAD_NAME, HEAD_RECEIVER, HEAD_TYPE
from codegraph_plugins.parsers.reference.scopes import LOCAL, RANK_LOCAL, Scope

if TYPE_CHECKING:
    from codegraph_plugins.parsers.reference.walker import Walker

Node = tree_sitter.Node

_MOST_CHARACTERS: Final = 200
"""A longer text is no type: chains that build on chains must end."""
_DEPTH: Final = 16
"""Expressions nested deeper than this have no type."""
_WRAPPERS: Final = frozenset({"Option", "Result"})
_POINTERS: Final = frozenset({"Box", "Rc", "Arc"})
_WRAPPED: Final = frozenset({"Some", "Ok"})
_THROUGH: Final = frozenset({"parenthesized_expression", "await_expression", "reference_expression"})
_PATHS: Final = frozenset({"type_identifier", "scoped_type_identifier", "identifier", "scoped_identifier"})
_LETS: Final = frozenset({"let_declaration", "let_condition"})
_MARKS: Final = frozenset("()#?*")
"""Characters of texts that lead through values."""

Typed = tuple[int, str]
"""How the first name of a text is looked up, and the text."""


def type_of(walker: Walker, node: Node, depth: int = 0) -> Typed | None:
    """Return what a type as written leads to, or None where its members are not known."""
    kind = node.type
    if depth > _DEPTH:
        return None
    if kind in _PATHS:
        return _path(walker, node)
    if kind == "reference_type":
        inner = node.child_by_field_name("type")
        return type_of(walker, inner, depth + 1) if inner is not None else None
    if kind in {"dynamic_type", "abstract_type"}:
        inner = node.child_by_field_name("trait")
        return type_of(walker, inner, depth + 1) if inner is not None else None
    if kind in {"bounded_type", "trait_bounds"}:
        return _bounded(walker, node, depth)
    if kind != "generic_type":
        return None
    name, arguments = node.child_by_field_name("type"), node.child_by_field_name("type_arguments")
    if name is None or arguments is None:
        return None
    last = walker.text(name).rpartition("::")[2]
    mark = ".#" if last in _WRAPPERS else ".*" if last in _POINTERS else ""
    if not mark:
        return _path(walker, name)
    first = next((child for child in arguments.named_children if child.type != "lifetime"), None)
    return _and(type_of(walker, first, depth + 1) if first is not None else None, mark)


def _bounded(walker: Walker, node: Node, depth: int) -> Typed | None:
    """Return the only bound that is no lifetime and none of the traits that every module sees."""
    found: Typed | None = None
    for child in node.named_children:
        if child.type == "lifetime" or walker.text(child) in walker.pack.builtins:
            continue
        known = type_of(walker, child, depth + 1)
        if known is None or found is not None:
            return None
        found = known
    return found


def _path(walker: Walker, node: Node) -> Typed | None:
    kept = walker.leftovers  # of the chain that this is asked for
    found = walker.dotted(node)
    walker.leftovers = kept
    return _checked(HEAD_TYPE, found[1]) if found is not None else None


def _and(known: Typed | None, more: str) -> Typed | None:
    return _checked(known[0], known[1] + more) if known is not None else None


def _checked(head: int, text: str) -> Typed | None:
    return (head, text) if len(text) <= _MOST_CHARACTERS else None


def value_of(walker: Walker, node: Node, scope: Scope, at: int, depth: int = 0) -> Typed | None:
    """Return what the value of an expression leads to, or None; locals are those of a byte of the source."""
    kind = node.type
    if depth > _DEPTH:
        return None
    if kind == "identifier":
        return _named(walker.text(node), scope, at)
    if kind == "self":
        return HEAD_RECEIVER, "self"
    if kind == "scoped_identifier":
        return _path(walker, node)
    if kind == "field_expression":
        return _member(walker, node, "", scope, at, depth)
    if kind in _THROUGH:
        inner = node.child_by_field_name("value") or (node.named_children[0] if node.named_child_count else None)
        return value_of(walker, inner, scope, at, depth + 1) if inner is not None else None
    if kind == "try_expression":
        inner = node.named_children[0] if node.named_child_count else None
        return _and(value_of(walker, inner, scope, at, depth + 1) if inner is not None else None, ".?")
    if kind == "struct_expression":
        name = node.child_by_field_name("name")
        return type_of(walker, name, depth + 1) if name is not None else None
    if kind == "type_cast_expression":
        type_ = node.child_by_field_name("type")
        return type_of(walker, type_, depth + 1) if type_ is not None else None
    return _called(walker, node, scope, at, depth) if kind == "call_expression" else None


def _named(name: str, scope: Scope, at: int) -> Typed | None:
    """Return what a lone name stands for: a local's type, or what is no local."""
    found = scope.lookup_at(name, at)
    if found is None or found[0] != RANK_LOCAL:
        return HEAD_TYPE, name
    return local_type(scope, name, at)


def _member(walker: Walker, node: Node, called: str, scope: Scope, at: int, depth: int) -> Typed | None:
    target, name = node.child_by_field_name("value"), node.child_by_field_name("field")
    if target is None or name is None:
        return None
    return _and(value_of(walker, target, scope, at, depth + 1), f".{walker.text(name)}{called}")


def _called(walker: Walker, node: Node, scope: Scope, at: int, depth: int) -> Typed | None:
    callee, passed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if callee is not None and callee.type == "generic_function":
        callee = callee.child_by_field_name("function")
    if callee is None:
        return None
    if callee.type == "field_expression":
        return _member(walker, callee, "()", scope, at, depth)
    if callee.type not in {"identifier", "scoped_identifier"}:
        return None
    text = walker.text(callee)
    owner, _, last = text.rpartition("::")
    mark = ".#" if text in _WRAPPED else ".*" if last == "new" and owner in _POINTERS else ""
    if mark:
        first = passed.named_children[0] if passed is not None and passed.named_child_count else None
        return _and(value_of(walker, first, scope, at, depth + 1) if first is not None else None, mark)
    if callee.type == "scoped_identifier":
        return _and(_path(walker, callee), "()")
    found = scope.lookup_at(text, at)
    return _checked(HEAD_TYPE, text + "()") if found is None or found[0] != RANK_LOCAL else None


# -- locals ------------------------------------------------------------------------------------------


def note_local(walker: Walker, name: str, node: Node, binder: Node, scope: Scope, since: int) -> None:
    """Remember the type of a local that a `let` or a pattern binds, or that it has none that is known."""
    pattern = binder.child_by_field_name("pattern") if binder.type in _LETS else None
    note(scope, name, since, _bound_type(walker, node, pattern, binder, scope) if pattern is not None else None)


def _bound_type(walker: Walker, node: Node, pattern: Node, binder: Node, scope: Scope) -> Typed | None:
    type_, value = binder.child_by_field_name("type"), binder.child_by_field_name("value")
    taken = ""
    if pattern.type == "tuple_struct_pattern":
        named = pattern.child_by_field_name("type")
        if named is None or walker.text(named) not in _WRAPPED or pattern.named_child_count != 2:
            return None
        pattern, taken = pattern.named_children[1], ".?"
    if pattern != node:
        return None
    if type_ is not None:
        return _and(type_of(walker, type_), taken)
    if value is None:
        return None
    return _and(value_of(walker, value, scope, binder.start_byte), taken)


def note_parameter(walker: Walker, name: str, node: Node, scope: Scope) -> None:
    """Remember the type of a parameter that is nothing but a name."""
    around = node.parent
    type_ = around.child_by_field_name("type") if around is not None and around.type == "parameter" else None
    note(scope, name, 0, type_of(walker, type_) if type_ is not None else None)


def note_bounds(walker: Walker, name: str, bounds: Node | None, scope: Scope) -> None:
    """Remember what a type parameter must implement."""
    note(scope, name, 0, type_of(walker, bounds) if bounds is not None else None)


def note_where(walker: Walker, node: Node, scope: Scope) -> None:
    """Remember what a `where` clause says of type parameters."""
    for predicate in node.named_children:
        left = predicate.child_by_field_name("left")
        if left is not None and left.type == "type_identifier":
            note_bounds(walker, walker.text(left), predicate.child_by_field_name("bounds"), scope)


def note(scope: Scope, name: str, since: int, known: Typed | None) -> None:
    """Remember a type from a byte on; one that is not known hides an earlier one."""
    if scope.typed is None:
        if known is None:
            return
        scope.typed = {}
    if known is not None or name in scope.typed:
        scope.typed.setdefault(name, []).append((since, known))


def local_type(scope: Scope | None, name: str, at: int) -> Typed | None:
    """Return the type of a local at a byte of the source, or None."""
    while scope is not None:
        found = scope.names.get(name)
        if found is not None and found[3] <= at:
            listed = scope.typed.get(name, ()) if scope.typed is not None else ()
            return next((known for since, known in reversed(listed) if since <= at), None)
        scope = scope.parent
    return None


def parameter_type(scope: Scope | None, name: str) -> Typed | None:
    """Return the only trait that a type parameter must implement, or None."""
    while scope is not None:
        found = scope.names.get(name)
        if found is not None and found[0] != RANK_LOCAL:
            listed = [known for _, known in (scope.typed or {}).get(name, ()) if known is not None]
            return listed[0] if len(listed) == 1 else None
        scope = scope.parent
    return None


# -- rows --------------------------------------------------------------------------------------------


def note_type(walker: Walker, node: Node, ordinal: int, scope: Scope) -> None:
    """Add the use that says which type a field, a constant or what a function returns has."""
    known = type_of(walker, node)
    if known is not None and known[1] not in walker.pack.builtins:
        walker.pending_uses.append((scope, "type", ordinal, known[0], known[1], node.start_byte, -1))


def followed(scope: Scope, use: str, head: int, name: str, at: int) -> Typed | None:
    """Return the text that a name in use stands for if a value's type comes into it, else None.

    A type parameter is its only bound where a value of it is used, but not where a type is told to others: those
    that call know which type it is.
    """
    first, _, remainder = name.partition(".")
    local = head == HEAD_NAME
    if local:
        found = scope.lookup_at(first, at)
        if found is None or found[2] or found[1] != LOCAL:
            return None
        known = local_type(scope, first, at)
        if known is None:
            return None
        longer = _and(known, f".{remainder}")
        if longer is None:
            return None
        head, name = longer
    elif use == "type":
        return head, name
    if head == HEAD_TYPE:
        first, dot, remainder = name.partition(".")
        found = scope.lookup_type(first)
        if found is not None and found[1] == LOCAL and dot and (bound := parameter_type(scope, first)) is not None:
            return _and(bound, f".{remainder}")
    return (head, name) if local or not _MARKS.isdisjoint(name) else None


def receiver(walker: Walker, callee: Node, scope: Scope) -> Typed | None:
    """Return the text of a called member whose receiver is no plain name: `a().b` of `a(1).b()`."""
    if callee.type != "field_expression":
        return None
    return _member(walker, callee, "", scope, callee.start_byte, 0)

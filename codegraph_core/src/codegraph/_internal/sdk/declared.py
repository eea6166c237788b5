"""Which of several declarations of one name is gone to, in JavaScript and TypeScript.

There a name may be declared several times and be one thing: overloads, merged interfaces, namespaces and enums, a
getter and its setter. All of them are where it is defined; but a call is one of the overload that takes its arguments,
and an overload's own name leads to the function that implements it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

import tree_sitter

from codegraph._internal.rows import Occurrence
from codegraph._internal.store.snapshot import Snapshot

Node = tree_sitter.Node

LANGUAGES: Final = frozenset({"javascript", "typescript"})
_SIGNATURES: Final = frozenset({"function_signature", "method_signature", "abstract_method_signature"})
_CALLABLE: Final = _SIGNATURES | {"function_declaration", "generator_function_declaration", "method_definition"}
_LITERALS: Final = {"string": "string", "template_string": "string", "number": "number", "true": "boolean",
                    "false": "boolean"}  # fmt: skip
_NAMES: Final = frozenset({"identifier", "nested_identifier"})
_FUNCTIONS: Final = frozenset({"arrow_function", "function_expression"})
_DECLARATIONS: Final = 256
"""Declarations of one name looked at; generated files have more."""


@cache
def _grammar(function: str) -> tree_sitter.Language | None:
    try:
        module = importlib.import_module("tree_sitter_typescript")
    except ImportError:
        return None
    return tree_sitter.Language(getattr(module, function)())


@lru_cache(maxsize=4)
def _tree(source: bytes, function: str) -> tree_sitter.Tree | None:
    grammar = _grammar(function)
    return None if grammar is None else tree_sitter.Parser(grammar).parse(source)


def _leaf(snapshot: Snapshot, one: Occurrence) -> Node | None:
    """Return the identifier of an occurrence."""
    from codegraph._internal.indexing.sources import kept_source

    source = kept_source(snapshot, one.file_path)
    if source is None:
        return None
    tree = _tree(source, "language_typescript" if one.file_path.endswith("ts") else "language_tsx")
    return None if tree is None else tree.root_node.descendant_for_byte_range(one.span.start_byte, one.span.end_byte)


def declared(snapshot: Snapshot, definitions: Sequence[Occurrence], one: Occurrence) -> list[Occurrence]:
    """Return the declarations of a name that a place means.

    Args:
        snapshot: Has the table `occurrences`.
        definitions: All definitions of the name's symbol in their file, in source order.
        one: The place.

    Returns:
        Some of `definitions`, in source order.
    """
    found = [each for each in definitions if not is_assigned(snapshot, each)] or list(definitions)
    if len(found) < 2 or len(found) > _DECLARATIONS:
        return found
    literals = {each: _literal(snapshot, each) for each in found}
    own = next((literal for each, literal in literals.items() if each.node_id == one.node_id), None)
    found = [each for each in found if literals[each] == own]  # each literal has members of its own
    if len(found) < 2 or len(found) > _DECLARATIONS:
        return found
    kinds = {each: _callable(snapshot, each) for each in found}
    signatures = [each for each in found if (node := kinds[each]) is not None and node.type in _SIGNATURES]
    if not signatures:
        written = [each for each in found if kinds[each] is not None]
        called = len(written) == 1 and one.role != "definition" and _arguments(_leaf(snapshot, one)) is not None
        return written if called else found  # what a function is merged with is not called
    if one.role == "definition":
        written = [each for each in found if (node := kinds[each]) is not None and node.type not in _SIGNATURES]
        return written or found
    passed = _arguments(_leaf(snapshot, one))
    if passed is None:
        return found
    chosen = next((each for each in signatures if (node := kinds[each]) is not None and _takes(node, passed)), None)
    return found if chosen is None else [chosen]


def is_assigned(snapshot: Snapshot, one: Occurrence) -> bool:
    """Say whether a definition is an assignment to a member: a declaration of the same name comes before it."""
    leaf = _leaf(snapshot, one)
    return leaf is not None and leaf.parent is not None and leaf.parent.type == "member_expression"


def binding_of(snapshot: Snapshot, rows: Sequence[Occurrence], one: Occurrence, *, whole: bool) -> Occurrence | None:
    """Return the import that brings a name to a file, if that is where the name is defined as far as one can tell.

    Args:
        snapshot: Has the table `occurrences`.
        rows: The occurrences of the name's symbol in the file, in source order.
        one: The place.
        whole: Whether the name stands for a module of the repository: only `* as name` and a variable bind that.
    """
    own = _leaf(snapshot, one)
    for each in rows:
        leaf = _leaf(snapshot, each) if each.role == "import" else None
        if (
            leaf is None
            or own is None
            or leaf.type == "string_fragment"
            or leaf.text != own.text
            or leaf.parent is None
        ):
            continue
        value = leaf.parent.child_by_field_name("value") if leaf.parent.type == "variable_declarator" else None
        awaited = value is not None and value.type == "await_expression"  # what is required is the module itself
        if not whole or awaited or leaf.parent.type == "namespace_import":
            return each
    return None


def renames(snapshot: Snapshot, one: Occurrence) -> int | None:
    """Return the byte of the name that a definition is another name for (`import Name = Space.Inner`), or None."""
    leaf = _leaf(snapshot, one)
    alias = leaf.parent if leaf is not None and leaf.parent is not None and leaf.parent.type == "import_alias" else None
    names = [] if alias is None else [each for each in alias.named_children if each.type in _NAMES]
    if leaf is None or len(names) != 2 or names[0] != leaf:
        return None
    return (names[1].child_by_field_name("property") or names[1]).start_byte


def is_made(snapshot: Snapshot, one: Occurrence) -> bool:
    """Say whether a place is what `new` makes."""
    inside = _leaf(snapshot, one)
    node = inside.parent if inside is not None else None
    if node is not None and node.type == "member_expression" and node.child_by_field_name("property") == inside:
        inside, node = node, node.parent
    return node is not None and node.type == "new_expression" and node.child_by_field_name("constructor") == inside


def _literal(snapshot: Snapshot, one: Occurrence) -> int:
    """Return the first byte of the object literal that a definition is a member of, or -1."""
    leaf = _leaf(snapshot, one)
    member = leaf.parent if leaf is not None else None
    while member is not None and member.type not in {"pair", "method_definition"}:
        if member.named_child_count != 1:
            return -1
        member = member.parent
    around = member.parent if member is not None else None
    return around.start_byte if around is not None and around.type == "object" else -1


def _callable(snapshot: Snapshot, one: Occurrence) -> Node | None:
    leaf = _leaf(snapshot, one)
    parent = leaf.parent if leaf is not None else None
    return parent if parent is not None and parent.type in _CALLABLE else None


def _arguments(leaf: Node | None) -> list[Node] | None:
    """Return the arguments that what an identifier names is called with, or None where it is not called."""
    node, inside = leaf, leaf
    while node is not None:
        inside, node = node, node.parent
        if node is None:
            return None
        if node.type in {"call_expression", "new_expression"}:
            callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
            if callee != inside:
                return None
            passed = node.child_by_field_name("arguments")
            if passed is None and node.type == "new_expression":
                return []
            if passed is None or passed.type != "arguments":
                return None
            return [child for child in passed.named_children if child.type != "comment"]
        last = node.child_by_field_name("property") if node.type == "member_expression" else None
        if last != inside and node.type not in {"non_null_expression", "parenthesized_expression"}:
            return None
    return None


def _takes(node: Node, passed: Sequence[Node]) -> bool:
    """Say whether a signature takes arguments, as far as their number and literals tell."""
    listed = node.child_by_field_name("parameters")
    taken = (
        [child for child in listed.named_children if child.type.endswith("_parameter")] if listed is not None else []
    )
    taken = [child for child in taken if (pattern := child.child_by_field_name("pattern")) and pattern.type != "this"]
    variadic = bool(taken) and (last := taken[-1].child_by_field_name("pattern")) and last.type == "rest_pattern"
    needed = sum(child.type == "required_parameter" and not child.child_by_field_name("value") for child in taken)
    spread = any(child.type == "spread_element" for child in passed)
    if variadic:
        needed -= 1
    elif len(passed) > len(taken) and not spread:
        return False
    if len(passed) < needed and not spread:
        return False
    return spread or all(_fits(child, given) for child, given in zip(taken, passed, strict=False))


def _fits(parameter: Node, given: Node) -> bool:
    """Say whether an argument may be what a parameter is declared to be: literals and functions tell what they are."""
    written = parameter.child_by_field_name("type")
    type_ = written.named_children[0] if written is not None and written.named_child_count else None
    if type_ is None or type_.type not in {"predefined_type", "literal_type", "function_type", "array_type"}:
        return True
    text = type_.text.decode() if type_.text is not None else ""
    literal = _LITERALS.get(given.type)
    if type_.type == "predefined_type":
        if text not in {"string", "number", "boolean"}:
            return True
        return (literal is None or literal == text) and given.type not in _FUNCTIONS | {"object", "array"}
    if type_.type == "literal_type":
        return given.type not in _LITERALS or given.text == type_.text
    if type_.type == "function_type":
        return literal is None and given.type not in {"object", "array"}
    return literal is None and given.type not in _FUNCTIONS | {"object"}

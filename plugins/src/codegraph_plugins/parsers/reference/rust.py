"""What Rust says beyond a kind table: attributes, doc comments, `impl` blocks, fields without names, `use` trees.

The twin of the native engine's `rust.rs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import tree_sitter

from codegraph_plugins.parsers.reference import rust_values
from codegraph_plugins.parsers.reference.scopes import RANK_DEFINITION, Frame, Scope
from codegraph_plugins.parsers.reference.text import clean_doc_comment, unquote
from codegraph_plugins.parsers.reference.vocabulary import (
    ROLE_ATTRIBUTE,
    ROLE_COMMENT,
    ROLE_DEFINITION,
    ROLE_IDENTIFIER,
    ROLE_RECEIVER,
    ROLE_SKIP,
    USE_BIND,
    USE_BODY,
    USE_EXPRESSION,
    USE_IMPLEMENTS,
    USE_OWNER,
    USE_TYPE,
)

if TYPE_CHECKING:
    from codegraph_plugins.parsers.reference.compiled import CompiledRule
    from codegraph_plugins.parsers.reference.walker import Walker

Node = tree_sitter.Node

_MARKER_BYTES: Final = 8
"""Enough of a comment to say what it documents, in any encoding."""
_BLANK: Final = b" \t\n\r\x0b\x0c"
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_WRITTEN_TYPE: Final = re.compile(r"[A-Za-z0-9_&*'()\[\],;:<>+=!?-]+\Z")
_UNNAMED: Final = "<impl>"
MAX_NAME_CHARACTERS: Final = 500


# -- what stands before a definition -----------------------------------------------------------------


def _doc_kind(walker: Walker, node: Node) -> str:
    """Return "outer" for a comment that documents what follows, "inner" for one of what is around, or ""."""
    start = node.start_byte
    mark = walker.transcoded(start, min(node.end_byte, start + _MARKER_BYTES))
    if mark.startswith((b"//!", b"/*!")):
        return "inner"
    if mark.startswith(b"///"):
        return "" if mark.startswith(b"////") else "outer"
    return "outer" if mark.startswith(b"/**") and not mark.startswith((b"/***", b"/**/")) else ""


def note_comment(walker: Walker, node: Node) -> None:
    """Remember a doc comment for the definition after it; other comments may stand between."""
    if _doc_kind(walker, node) == "outer":
        note_lead(walker, node)
    elif walker.lead:
        if _is_blank(walker, walker.lead_end, node.start_byte):
            walker.lead_end = node.end_byte
        else:
            walker.lead = []


def note_lead(walker: Walker, node: Node) -> None:
    """Remember an attribute or doc comment for the definition right after it."""
    if walker.lead and not _is_blank(walker, walker.lead_end, node.start_byte):
        walker.lead = []
    walker.lead.append(node)
    walker.lead_end = node.end_byte


def take_lead(walker: Walker, start: int) -> list[Node]:
    """Return the attributes and doc comments right before a definition, and forget them."""
    if not walker.lead:
        return []
    lead, walker.lead = walker.lead, []
    return lead if _is_blank(walker, walker.lead_end, start) else []


def _is_blank(walker: Walker, start: int, end: int) -> bool:
    return not walker.transcoded(start, end).strip(_BLANK)


def attributes(walker: Walker, lead: Iterable[Node]) -> list[str]:
    """Return the texts of attributes: `derive(Debug)`."""
    texts = []
    for node in lead:
        if walker.plans[node.kind_id].role is ROLE_ATTRIBUTE:
            inner = next(iter(node.named_children), None)
            if inner is not None:
                texts.append(walker.short(inner))
    return texts


def derived(walker: Walker, lead: Iterable[Node]) -> list[list[Node]]:
    """Return the paths that `#[derive(a::B, C)]` names, each as its names."""
    found = []
    for node in lead:
        inner = next(iter(node.named_children), None)
        if walker.plans[node.kind_id].role is not ROLE_ATTRIBUTE or inner is None:
            continue
        parts = inner.named_children
        if len(parts) > 1 and walker.text(parts[0]) == "derive":
            found += paths_in(walker, parts[1])
    return found


def paths_in(walker: Walker, tokens: Node) -> list[list[Node]]:
    """Return the paths that commas part in a tree of tokens, each as its names; what is no path is left out."""
    paths: list[list[Node]] = [[]]
    at = tokens.start_byte
    for child in tokens.named_children:
        if _is_comment(walker, child):
            continue
        between = walker.transcoded(at, child.start_byte)
        at = child.end_byte
        if b"::" not in between:
            paths.append([])
        if walker.plans[child.kind_id].role in {ROLE_IDENTIFIER, ROLE_RECEIVER}:
            paths[-1].append(child)
        else:
            paths[-1] = []
    return [path for path in paths if path]


def documentation(walker: Walker, lead: Iterable[Node], body: Node | None) -> str | None:
    """Return the cleaned text of the doc comments before a definition and at the top of its body."""
    texts = [_text(walker, node) for node in lead if walker.plans[node.kind_id].role is ROLE_COMMENT]
    if body is not None:
        texts += [_text(walker, node) for node in _inner(walker, body) if _is_comment(walker, node)]
    return "\n".join(texts).strip(" \t\r\f\v\n") or None if texts else None


def inner_attributes(walker: Walker, body: Node) -> list[str]:
    """Return the texts of the attributes at the top of a body: `cfg(test)` of `#![cfg(test)]`."""
    return attributes(walker, _inner(walker, body))


def _text(walker: Walker, node: Node) -> str:
    return clean_doc_comment(walker.decode(walker.source[node.start_byte : node.end_byte]))


def _is_comment(walker: Walker, node: Node) -> bool:
    return walker.plans[node.kind_id].role is ROLE_COMMENT


def _inner(walker: Walker, body: Node) -> list[Node]:
    """Return the inner doc comments and attributes at the top of a body."""
    found = []
    for child in body.named_children:
        rule = walker.plans[child.kind_id]
        if rule.role is ROLE_COMMENT:
            if _doc_kind(walker, child) == "inner":
                found.append(child)
        elif rule.role is ROLE_ATTRIBUTE and rule.rule.modifiers:
            found.append(child)
        elif rule.role is not ROLE_SKIP:
            break
    return found


# -- members that stand elsewhere, and those without names -------------------------------------------


def extension(walker: Walker, node: Node, rule: CompiledRule, scope: Scope) -> None:
    """Walk an `impl` block: what it defines are members of its type."""
    target = walker.part(node, rule, USE_OWNER)
    trait = walker.part(node, rule, USE_IMPLEMENTS)
    owner, own_arguments = _extended_frame(walker, target, walker.part(node, rule, USE_BIND), scope)
    inner = Scope(scope, owner, scope.counter)
    inner.bind(walker.pack.self_type, RANK_DEFINITION, walker.receiver_target(owner))
    items: list[tuple[Node, int, Any, Scope]] = []
    for child, use in walker.fields(node, rule):
        if use is USE_OWNER and child == target and own_arguments is not None:
            items.extend((argument, 0, None, inner) for argument in own_arguments)
        elif use is USE_IMPLEMENTS and child == trait:
            found = walker.type_name(child)
            if found is None:
                items.append((child, 0, None, inner))
                continue
            items.extend((argument, 0, None, inner) for argument in walker.leftovers)
            walker.leftovers = []
            if walker.transcoded(node.start_byte, child.start_byte).rstrip(_BLANK).endswith(b"!"):
                continue  # `impl !Send for T`
            walker.traits[inner] = (found[0], found[1])
            name: str | None = found[1]
            if owner.foreign:
                name = f"{name} for {owner.owner}" if owner.owner is not None else None
            if name is not None:
                entry = (inner, "implements", owner.ordinal, found[0], name, found[2].start_byte, -1)
                walker.pending_uses.append(entry)
        elif use is USE_BODY:
            for member in child.named_children:
                lent = trait is not None and walker.plans[member.kind_id].role is ROLE_DEFINITION
                items.append((member, 0, walker.lend(("override",), member) if lent else None, inner))
        elif not walker.special(child, use):
            if child.type == "where_clause":
                rust_values.note_where(walker, child, inner)
            items.append((child, 0, None, inner))
    walker.push_all(items, scope)


def _extended_frame(
    walker: Walker, target: Node | None, parameters: Node | None, scope: Scope
) -> tuple[Frame, list[Node] | None]:
    """Return the frame of the type that an `impl` block extends; for one of this file also its type arguments.

    The type is the path that is left without references, pointers, `dyn` and type arguments. A parameter of
    the block and what is no path are named by their text between angle brackets; what is damaged `<impl>`.
    """
    around = scope.frame
    found = walker.type_name(target) if target is not None else None
    arguments, walker.leftovers = walker.leftovers, []
    name = found[1] if found is not None else ""
    first = name.partition(".")[0]
    written: str | None = None
    if not name or len(name) > MAX_NAME_CHARACTERS:
        name = label = _written_type(walker, target)
    elif name in _parameters(walker, parameters):
        name = label = f"<{name}>"
    else:
        label = name.rpartition(".")[2]
        bound = scope.lookup_type(first)
        if bound is not None and bound[1] in walker.type_frames and first == name:
            return walker.type_frames[bound[1]], arguments
        if bound is None or bound[1] >= 0:
            written = name
    return walker.foreign_frame(around, name, label, written), None


def _parameters(walker: Walker, node: Node | None) -> set[str]:
    """Return the names of type parameters."""
    names = set()
    for child in node.named_children if node is not None else ():
        rule = walker.plans[child.kind_id]
        bound = walker.part(child, rule, USE_BIND)
        if bound is not None:
            names.add(walker.text(bound))
    return names


def _written_type(walker: Walker, node: Node | None) -> str:
    """Return the name of a type that is no path: a word as it is, else its text between angle brackets."""
    text = "".join(walker.text(node).split()) if node is not None else ""
    if len(text) > MAX_NAME_CHARACTERS - 2:
        return _UNNAMED
    if _WORD.match(text):
        return text
    return f"<{text}>" if _WRITTEN_TYPE.match(text) else _UNNAMED


def positions(walker: Walker, node: Node, rule: CompiledRule, scope: Scope) -> None:
    """Add the rows of members that are named by position; walk their types."""
    frame = scope.frame
    makes_rows = frame.is_type and scope.home is scope
    items: list[tuple[Node, int, Any, Scope]] = []
    modifiers: list[str] = []
    count = 0
    for child, use in walker.fields(node, rule):
        if child.kind_id in rule.modifier_ids:
            modifiers.append(walker.text(child))
        elif use is USE_TYPE:
            if makes_rows:
                digest = walker.digest(child.start_byte, child.end_byte)
                metadata = {"annotation": annotation} if (annotation := walker.annotation_text(child)) else None
                ordinal, _, _ = walker.row(
                    frame, str(count), "field", child, modifiers=modifiers, content_hash=digest, metadata=metadata
                )
                rust_values.note_type(walker, child, ordinal, scope)
            count += 1
            modifiers = []
            items.append((child, 0, None, scope))
        elif use is USE_EXPRESSION and walker.plans[child.kind_id].role not in {ROLE_ATTRIBUTE, ROLE_COMMENT}:
            items.append((child, 0, None, scope))
    walker.push_all(items, scope)


def pieces(walker: Walker, node: Node) -> int:
    """Return how many pieces the commas of a macro's arguments part."""
    text = []
    at = node.start_byte
    for child in node.named_children:
        text.append(walker.transcoded(at, child.start_byte))
        if not _is_comment(walker, child):
            text.append(b"x")
        at = child.end_byte
    text.append(walker.transcoded(at, node.end_byte))
    inside = b"".join(text)[1:-1].strip(_BLANK)
    return inside.count(b",") + (not inside.endswith(b",")) if inside else 0


# -- imports -----------------------------------------------------------------------------------------


def read_use(walker: Walker, node: Node, rule: CompiledRule, scope: Scope) -> None:
    """Read a `use` tree: a row for each name that it brings, `*` for a glob."""
    given = _given(walker, node, rule)
    argument = node.child_by_field_name("argument")
    stack: list[tuple[Node, str]] = [(argument, "")] if argument is not None else []
    while stack:
        current, prefix = stack.pop()
        kind = current.type
        if kind == "use_list":
            stack.extend((child, prefix) for child in reversed(current.named_children))
        elif kind == "scoped_use_list":
            path, inner = current.child_by_field_name("path"), current.child_by_field_name("list")
            text = _joined(walker, path) if path is not None else "::"
            if inner is not None:
                stack.append((inner, _join(prefix, text)))
        elif kind == "use_wildcard":
            path = next(iter(current.named_children), None)
            module = _join(prefix, _joined(walker, path)) if path is not None else prefix
            if module:
                walker.star_import = True
                walker.add_import(scope, current, node, module, "*", None, None, given)
        elif kind == "use_as_clause":
            path, alias = current.child_by_field_name("path"), current.child_by_field_name("alias")
            if path is not None:
                _use_one(
                    walker, current, path, walker.text(alias) if alias is not None else None, prefix, node, scope, given
                )
        elif not _is_comment(walker, current):
            _use_one(walker, current, current, None, prefix, node, scope, given)


def _use_one(
    walker: Walker,
    row: Node,
    path: Node,
    alias: str | None,
    prefix: str,
    statement: Node,
    scope: Scope,
    given: Given,
) -> None:
    """Add the import of one path of a `use` tree."""
    full = _join(prefix, _joined(walker, path))
    if full.endswith("::self"):
        full = full.removesuffix("::self")
    module, parted, name = full.rpartition("::")
    if not name:
        return
    if not module:
        module = full
    whole = not parted or module == full
    local = alias or (None if name in _KEYWORDS else name)
    if local == "_" or (local is not None and not _RAW_WORD.match(local)):
        local = None
    walker.add_import(scope, row, statement, module, None if whole else name, alias, local, given)


_KEYWORDS: Final = frozenset({"crate", "self", "super"})
_RAW_WORD: Final = re.compile(r"(?:r#)?[A-Za-z0-9_\u0080-\U0010ffff]+\Z")


def read_crate(walker: Walker, node: Node, rule: CompiledRule, scope: Scope) -> None:
    """Read `extern crate name as alias;`."""
    given = _given(walker, node, rule)
    name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
    text = walker.text(name) if name is not None else ""
    if not text:
        return
    renamed = walker.text(alias) if alias is not None else None
    local = renamed or (text if text != "self" else None)
    module = "crate" if text == "self" else f"::{text}"
    walker.add_import(scope, node, node, module, None, renamed, local if local != "_" else None, given)


def read_mod(walker: Walker, node: Node, rule: CompiledRule, scope: Scope) -> None:
    """Read `mod name;`: the module is a file of its own, which `#[path]` may name."""
    name = node.child_by_field_name("name")
    local = walker.text(name) if name is not None else ""
    if not local:
        return
    path = local.removeprefix("r#")
    for attribute in walker.lead:
        written = _path_attribute(walker, attribute)
        path = written or path
    given = _given(walker, node, rule)
    walker.add_import(scope, node, node, f"./{path}", None, None, local, given)


def _path_attribute(walker: Walker, node: Node) -> str | None:
    """Return the file that `#[path = "file.rs"]` names, or None."""
    inner = next(iter(node.named_children), None)
    if walker.plans[node.kind_id].role is not ROLE_ATTRIBUTE or inner is None:
        return None
    value = inner.child_by_field_name("value")
    name = next(iter(inner.named_children), None)
    if value is None or name is None or walker.text(name) != "path":
        return None
    return unquote(walker.text(value)) or None


Given = tuple[list[str], str | None, list[str]]
"""Modifiers, documentation and attributes of an import statement."""


def _given(walker: Walker, node: Node, rule: CompiledRule) -> Given:
    lead = take_lead(walker, node.start_byte)
    return list(walker.tokens(node, rule)), documentation(walker, lead, None), attributes(walker, lead)


def _joined(walker: Walker, node: Node) -> str:
    return "".join(walker.text(node).split())


def _join(prefix: str, path: str) -> str:
    if not prefix or not path:
        return prefix or path
    return f"{prefix}{path}" if prefix.endswith("::") else f"{prefix}::{path}"

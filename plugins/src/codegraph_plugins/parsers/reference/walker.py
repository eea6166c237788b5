"""The walk from a syntax tree to IR rows: the normative algorithm that every engine must equal.

One pre-order pass with an explicit stack (sources may be nested 10,000 deep). Work items carry how a
node is read (mode), what surrounds it (carry) and where (scope). Names are resolved after the pass,
when every binding of every scope is known. The module is longer than most because the cases of one
loop are easier to compare with the native twin in one place; `docs/reference/kind-tables.md` explains it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import blake3
import tree_sitter
from attrs import define, field

from codegraph_hookspecs import FieldUse, KindRule, Role
from codegraph_plugins.parsers.reference import imports as import_forms
from codegraph_plugins.parsers.reference.compiled import CompiledLanguage, CompiledRule
from codegraph_plugins.parsers.reference.scopes import (
    LOCAL,
    RANK_DEFINITION,
    RANK_LOCAL,
    RANK_VARIABLE,
    RECEIVER_CLASS,
    RECEIVER_INSTANCE,
    Counter,
    Frame,
    Scope,
)
from codegraph_plugins.parsers.reference.text import (
    MAX_NAME_CHARACTERS,
    MAX_PATH_CHARACTERS,
    MAX_TEXT_BYTES,
    Decoder,
    clean_block_comment,
    clean_docstring,
    clean_line_comments,
    collapse,
    cut,
    decode_utf8,
    is_constant_name,
    signature_text,
    unquote,
    visibility_of,
)

Node = tree_sitter.Node

EXPR: Final = 0  # names are references
BIND: Final = 1  # names are bound
PARAM: Final = 2  # names are bound as parameters
MEMBER: Final = 3  # the node itself names a member

HEAD_NAME: Final = 0
HEAD_RECEIVER: Final = 1
HEAD_SUPER: Final = 2

_PARAMETER_FIELD_MODIFIERS: Final = frozenset({"private", "protected", "public", "readonly"})


@define(eq=False)
class Wrap:
    """What wrappers around a definition lend it: modifiers, where it starts, how it binds."""

    modifiers: tuple[str, ...]
    start: Node
    hoist: bool = False
    export: bool = False


@define(eq=False)
class Named:
    """A name that an anonymous definition takes from the place it is assigned to."""

    name: str
    wrap: Wrap | None
    start_byte: int
    scope: Scope | None


@define(eq=False)
class Binding:
    """What is known about names while a binder's targets are walked."""

    rule: CompiledRule
    node: Node
    wrap: Wrap | None
    annotation: str | None = None
    strings: list[str] | None = None
    hoist: bool = False
    module: import_forms.Required | None = None
    call: tuple[int, int] = (-1, -1)
    key: str | None = None
    depth: int = 0


@define(eq=False)
class Parameter:
    """What is known about a parameter while its pattern is walked."""

    annotation: str | None = None
    default: str | None = None
    modifiers: tuple[str, ...] = ()


@define(eq=False)
class FileRows:
    """IR rows of one file as tuples in column order; see `emit.py` for the columns."""

    nodes: list[tuple[Any, ...]] = field(factory=list)
    complexity: dict[int, int] = field(factory=dict)
    call_sites: list[list[Any]] = field(factory=list)
    imports: list[tuple[Any, ...]] = field(factory=list)
    uses: list[tuple[Any, ...]] = field(factory=list)
    exports: list[tuple[Any, ...]] = field(factory=list)
    buried: int = 0
    """Definitions without a row because they are nested too deep."""


class Walker:
    """Walks one file.

    Args:
        language: The compiled language.
        source: The file's bytes, as parsed.
        decode: How byte slices become text.
        utf8: Whether the source is valid UTF-8.
        path: Repository-relative path text.
        fqn: The module's dotted name.
        suffix: The module's id suffix.
        package_id: Id of the folder's package node, or None.
        test_file: Whether the path is a test file's.
        content_hash: BLAKE3 of the file, hex.
        lines: Number of lines.
    """

    def __init__(
        self,
        language: CompiledLanguage,
        source: bytes,
        decode: Decoder,
        *,
        utf8: bool,
        fqn: str,
        suffix: str,
        package_id: str | None,
        test_file: bool,
        content_hash: str,
        lines: int,
    ) -> None:
        self.pack = language.pack
        self.rules = language.rules
        self.source = source
        self.decode = decode
        self.utf8 = utf8
        # Of an ASCII source, byte offsets are character offsets: one decoding serves all slices.
        self.characters = source.decode("ascii") if source.isascii() else None
        self.suffix = suffix
        self.fqn = fqn
        self.package_id = package_id
        self.test_file = test_file
        self.file_hash = content_hash
        self.lines = lines
        self.rows = FileRows()
        self.frames: list[Frame] = []
        # (nodes still to walk, mode, carry, scope): one entry a nesting level, not one a node
        self.stack: list[tuple[Iterator[Node], int, Any, Scope]] = []
        # (scope, use, ordinal of the using node, head, dotted name, node, call ordinal)
        self.pending_uses: list[tuple[Scope, str, int, int, str, Node, int]] = []
        self.pending_exports: list[tuple[str, str]] = []
        self.pending_decorators: list[tuple[Frame, Node, str, int, str | None, Scope]] = []
        self.generators: set[int] = set()
        self.taken_calls: set[tuple[int, int]] = set()
        self.value_exports: dict[tuple[int, int], str] = {}
        self.comment_start = -1
        self.comment_end = -1
        self.star_import = False

    # -- texts -----------------------------------------------------------------------------------

    def text(self, node: Node) -> str:
        """Return a node's source text."""
        if self.characters is not None:
            return self.characters[node.start_byte : node.end_byte]
        return self.decode(self.source[node.start_byte : node.end_byte])

    def short(self, node: Node) -> str:
        """Return a node's source text on one line, capped."""
        start, end = node.start_byte, node.end_byte
        if end - start > 4 * MAX_TEXT_BYTES and self.utf8:
            # Enough of a long text, unless it is mostly white space: chains of calls nest such texts.
            joined = b" ".join(self.source[start : start + 4 * MAX_TEXT_BYTES].split())
            if len(joined) > MAX_TEXT_BYTES:
                return cut(joined, decode_utf8, MAX_TEXT_BYTES)
        return collapse(self.transcoded(start, end), decode_utf8)

    def transcoded(self, start_byte: int, end_byte: int) -> bytes:
        """Return a byte range in UTF-8, whatever the source's encoding: white space is looked for there."""
        raw = self.source[start_byte:end_byte]
        return raw if self.utf8 else self.decode(raw).encode()

    def string_value(self, node: Node) -> str | None:
        """Return a string literal's content, or None if it is not a literal without interpolation."""
        rule = self.rules.get(node.kind_id)
        if rule is None or rule.role is not Role.STRING:
            return None
        if any(child.child_count for child in node.named_children):
            return None
        return unquote(self.text(node))

    def name_text(self, node: Node) -> str | None:
        """Return the name that a NAME child spells, or None if it is computed."""
        rule = self.rules.get(node.kind_id)
        if rule is not None and rule.role is Role.STRING:
            return self.string_value(node) or None
        if node.child_count == 0:
            return self.text(node) or None
        if rule is not None and rule.role in {Role.DOTTED, Role.MEMBER}:
            return self.text(node)
        return None

    def dotted(self, node: Node) -> tuple[int, str, Node] | None:
        """Return (head, dotted name, node) for a name or a pure member chain, else None."""
        head, text, base = self.chain(node)
        return (head, text, base) if text is not None else None

    def chain(self, node: Node) -> tuple[int, str | None, Node]:
        """Follow member accesses down to their base.

        Returns:
            The kind of head, the dotted name (None if the base is not a name), and the base.
        """
        parts: list[str] = []
        rules = self.rules
        while True:
            rule = rules.get(node.kind_id)
            if rule is None:
                return HEAD_NAME, None, node
            role = rule.role
            if role is Role.MEMBER:
                prop = node.child_by_field_name(rule.property_field)
                target = node.child_by_field_name(rule.object_field)
                if prop is None or target is None:
                    return HEAD_NAME, None, node
                if prop.start_byte < target.end_byte:
                    # tree-sitter looks for the field inside an aliased child first (`typeof a.b.c`).
                    prop = node.children_by_field_name(rule.property_field)[0]
                parts.append(self.text(prop))
                node = target
            elif role is Role.IDENTIFIER or role is Role.DOTTED:
                parts.append("".join(self.text(node).split()))
                parts.reverse()
                return HEAD_NAME, ".".join(parts), node
            elif role is Role.RECEIVER or role is Role.SUPER:
                parts.append(self.text(node))
                parts.reverse()
                return (HEAD_RECEIVER if role is Role.RECEIVER else HEAD_SUPER), ".".join(parts), node
            elif role is Role.CALL and parts and self.pack.super_call:
                callee = node.child_by_field_name(rule.callee_field)
                if callee is None or self.text(callee) != self.pack.super_call:
                    return HEAD_NAME, None, node
                parts.append("super")
                parts.reverse()
                return HEAD_SUPER, ".".join(parts), node
            elif rule.all_same and role is Role.NONE and node.named_child_count == 1:
                inner = node.named_child(0)
                if inner is None:
                    return HEAD_NAME, None, node
                node = inner
            else:
                return HEAD_NAME, None, node

    def fields(self, node: Node, rule: CompiledRule) -> list[tuple[Node, FieldUse]]:
        """Return a node's named children in source order with how each is read."""
        if not rule.by_field and not rule.by_kind:
            return [(child, rule.star) for child in node.named_children]
        by_field, by_kind, star = rule.by_field, rule.by_kind, rule.star
        found = []
        for position, child in enumerate(node.children):
            if child.is_named:
                name = node.field_name_for_child(position)
                use = by_field.get(name) if name is not None else None
                found.append((child, use or by_kind.get(child.kind_id) or star))
        return found

    def tokens(self, node: Node, rule: CompiledRule) -> tuple[str, ...]:
        """Return the modifiers that a node's own tokens spell, in source order."""
        if not rule.modifier_tokens:
            return ()
        wanted = rule.modifier_tokens
        return tuple(
            self.text(child) if child.is_named else child.type for child in node.children if child.type in wanted
        )

    # -- rows ------------------------------------------------------------------------------------

    def claim(self, frame: Frame, name: str) -> str:
        """Return a name's part in the id: redefinitions in one scope are numbered."""
        count = frame.names.get(name, 0) + 1
        frame.names[name] = count
        return name if count == 1 else f"{name}~{count}"

    def row(
        self,
        frame: Frame,
        name: str,
        kind: str,
        node: Node,
        *,
        modifiers: list[str] | None = None,
        is_test: bool = False,
        signature: str | None = None,
        docstring: str | None = None,
        content_hash: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> tuple[int, str, str]:
        """Add a node row below a frame; return its ordinal, fqn and id without suffix."""
        # ":" ends the module's part: `a.b` in a.py and the module a/b.py have one fqn, not one id.
        ids = f"{frame.ids}{':' if frame.parent is None else '.'}{self.claim(frame, name)}"
        fqn = f"{frame.fqn}.{name}"
        rules = self.pack.visibility
        modifiers = modifiers if modifiers is not None else []
        ordinal = len(self.rows.nodes)
        self.rows.nodes.append(
            (
                f"{ids}@{self.suffix}",
                kind,
                name,
                fqn,
                frame.node_id,
                node.start_point[0] + 1,
                max(node.end_point[0] + (node.end_point[1] > 0), node.start_point[0] + 1),
                node.start_byte,
                node.end_byte,
                modifiers,
                visibility_of(name, modifiers, rules.style, rules.default, rules.private_prefix),
                is_test,
                signature,
                docstring,
                content_hash,
                json.dumps(metadata, ensure_ascii=False, separators=(",", ":"), sort_keys=True) if metadata else None,
            )
        )
        return ordinal, fqn, ids

    def digest(self, start_byte: int, end_byte: int) -> str:
        """Return BLAKE3-128 of a byte range, hex."""
        return blake3.blake3(self.source[start_byte:end_byte]).hexdigest(length=16)

    def export(self, wrap: Wrap | None, frame: Frame, name: str, ordinal: int) -> None:
        """Add an `exports` row if the wrapper exports and the frame is the module."""
        if wrap is not None and wrap.export and frame.parent is None:
            self.rows.exports.append(("default" if "default" in wrap.modifiers else name, ordinal, None, None))

    # -- the walk --------------------------------------------------------------------------------

    def walk(self, root: Node) -> FileRows:
        """Walk a file's tree and return its rows."""
        scope = self.open_module(root)
        stack = self.stack
        stack.append((iter(root.named_children), EXPR, None, scope))
        rule_of = self.rules.get
        references = self.pending_uses
        text = self.text
        while stack:
            nodes, mode, carry, scope = stack[-1]
            # Leaves are dealt with in place; anything that may push leaves the loop, so that what it
            # pushed is walked before the nodes that follow.
            for node in nodes:
                rule = rule_of(node.kind_id)
                if rule is None:
                    if mode == MEMBER:
                        self.bare_member(node, scope)
                    elif node.child_count:
                        stack.append((iter(node.named_children), EXPR, None, scope))
                        break
                    continue
                role = rule.role
                if role is Role.IDENTIFIER:
                    if mode == EXPR:
                        references.append((scope, "reference", scope.frame.ordinal, HEAD_NAME, text(node), node, -1))
                    elif mode == MEMBER:
                        self.bare_member(node, scope)
                    elif name := text(node):
                        self.bind_name(name, node, mode, carry, scope)
                elif role is Role.COMMENT:
                    self.comment(node)
                else:
                    self.visit(node, rule, mode, carry, scope)
                    break
            else:
                stack.pop()
        self.finish()
        return self.rows

    def visit(self, node: Node, rule: CompiledRule, mode: int, carry: Any, scope: Scope) -> None:
        """Deal with a node whose kind has a rule, by its role."""
        if mode == MEMBER:
            self.bare_member(node, scope)
            return
        if rule.complexity:
            self.count(node, rule, scope)
        role = rule.role
        if rule.below and not self.below(node, rule):
            role = Role.SCOPE
        if role is Role.MEMBER:
            self.member(node, mode, carry, scope)
        elif role is Role.CALL:
            self.call(node, rule, scope)
        elif role is Role.NONE or role is Role.ARGUMENTS or role is Role.STRING:
            self.plain(node, rule, mode, carry, scope)
        elif role is Role.BINDER:
            self.binder(node, rule, mode, carry, scope)
        elif role is Role.DEFINITION:
            self.definition(node, rule, carry, scope)
        elif role is Role.DOTTED:
            self.dotted_name(node, mode, carry, scope)
        elif role is Role.WRAPPER or role is Role.EXPORT:
            self.wrapper(node, rule, carry, scope)
        elif role is Role.DECORATOR:
            self.decorator(node, scope, None)
        elif role is Role.IMPORT:
            import_forms.read_import(self, node, rule, scope)
        elif role is Role.SCOPE:
            self.inner_scope(node, rule, scope)
        elif role is Role.OUTER_NAMES:
            self.outer_names(node, rule, scope)
        elif role is Role.YIELD:
            self.generators.add(scope.frame.ordinal)
            self.plain(node, rule, EXPR, None, scope)

    def push_all(self, items: list[tuple[Node, int, Any, Scope]]) -> None:
        """Push work so that the first item is walked first."""
        items.reverse()
        self.stack.extend([(iter((node,)), mode, carry, scope) for node, mode, carry, scope in items])

    def count(self, node: Node, rule: CompiledRule, scope: Scope) -> None:
        """Add a kind's decisions to the enclosing function."""
        if rule.parents:
            parent = node.parent
            if parent is None or parent.type not in rule.parents:
                return
        if rule.operators and not any(child.type in rule.operators for child in node.children if not child.is_named):
            return
        if rule.rule.irrefutable and self.irrefutable(node, rule):
            return
        scope.counter.decisions += rule.complexity

    def below(self, node: Node, rule: CompiledRule) -> bool:
        """Say whether a node stands where its kind makes rows."""
        parent = node.parent
        return parent is not None and parent.type in rule.below

    def irrefutable(self, node: Node, rule: CompiledRule) -> bool:
        """Say whether a branch's pattern matches everything."""
        patterns = [child for child, use in self.fields(node, rule) if use is FieldUse.BIND]
        if len(patterns) != 1:
            return False
        pattern = patterns[0]
        text = self.text(pattern)
        while pattern.named_child_count == 1:
            pattern = pattern.named_child(0)
        inner = self.rules.get(pattern.kind_id)
        single = inner is not None and inner.role is Role.IDENTIFIER and self.text(pattern) == text
        return text in rule.rule.irrefutable or ("*" in rule.rule.irrefutable and single)

    def plain(self, node: Node, rule: CompiledRule, mode: int, carry: Any, scope: Scope) -> None:
        """Walk a node that only says how its children are read."""
        if rule.rule.complexity_stops:
            scope = scope.uncounted(Counter())
        if rule.rule.opens == "object" and scope.frame.is_type:
            scope = scope.block()  # what an object literal holds is no member of the type around it
        if rule.plain or (mode == EXPR and rule.all_same):
            self.stack.append((iter(node.named_children), EXPR, None, scope))
            return
        if mode == EXPR:
            self.push_all(
                [
                    (child, MEMBER if use is FieldUse.ROW else EXPR, None, scope)
                    for child, use in self.fields(node, rule)
                    if not self.special(child, use)
                ]
            )
            return
        if mode == PARAM:
            carry = self.parameter_carry(node, rule, carry)
        items: list[tuple[Node, int, Any, Scope]] = []
        key: str | None = None
        for child, use in self.fields(node, rule):
            if use is FieldUse.SAME:
                inner = carry
                if mode == BIND and carry.module is not None:
                    inner = import_forms.descend(carry, key, rule)
                items.append((child, mode, inner, scope))
            elif use is FieldUse.DEFAULT:
                outer = scope.parent if mode == PARAM and scope.parent is not None else scope
                # Where a default is itself a decision, those inside it count for the function too.
                counter = scope.counter if rule.complexity else Counter()
                items.append((child, EXPR, None, outer.uncounted(counter)))
            elif use is FieldUse.PROPERTY:
                key = self.name_text(child)
                if key is None:
                    items.append((child, EXPR, None, scope))
            elif not self.special(child, use):
                items.append((child, EXPR, None, scope))
        self.push_all(items)

    def special(self, child: Node, use: FieldUse) -> bool:
        """Handle a child that is not walked as an expression; return whether it was."""
        if use is FieldUse.NAME or use is FieldUse.PROPERTY:
            return self.name_text(child) is not None
        if use is FieldUse.COMPONENT:
            text = self.text(child)
            return "." not in text and text[:1].islower()
        return use is FieldUse.SKIP

    def bare_member(self, node: Node, scope: Scope) -> None:
        """Add the row of a member that is just a name: `enum E { A, B }`."""
        frame = scope.frame
        name = self.name_text(node)
        if name is None or not frame.is_type or name in frame.variables:
            return
        frame.variables.add(name)
        kind = "enum_member" if frame.kind == "enum" else "field"
        ordinal, _, _ = self.row(frame, name, kind, node, content_hash=self.digest(node.start_byte, node.end_byte))
        scope.bind(name, RANK_VARIABLE, ordinal)

    def inner_scope(self, node: Node, rule: CompiledRule, scope: Scope) -> None:
        """Walk a block or comprehension."""
        inner = scope.block()
        items: list[tuple[Node, int, Any, Scope]] = []
        for child, use in self.fields(node, rule):
            if use is FieldUse.BIND or use is FieldUse.PARAMETERS:
                items.append((child, BIND, Binding(rule, node, None), inner))
            elif not self.special(child, use):
                items.append((child, EXPR, None, inner))
        self.push_all(items)

    # -- names -----------------------------------------------------------------------------------

    def bind_name(self, name: str, node: Node, mode: int, carry: Any, scope: Scope) -> None:
        """Bind a name where names are bound."""
        if mode == PARAM:
            self.parameter(name, node, carry, scope)
        elif carry.module is not None and import_forms.bind_required(self, name, node, carry, scope):
            return
        else:
            self.variable(name, node, carry, scope)

    def variable(self, name: str, node: Node, binding: Binding, scope: Scope) -> None:
        """Bind an assigned name; outside functions it gets a row."""
        target = scope.home if binding.hoist else scope
        if target.outer is not None and name in target.outer:
            outer = target.outer[name]
            if outer is None:
                return
            target = outer
        frame = target.frame
        if frame.is_function or target.home is not target or not binding.rule.rule.rows:
            target.bind(name, RANK_LOCAL, LOCAL)
            return
        ordinal = self.variable_row(name, node, binding, frame)
        if ordinal is not None and (not frame.is_type or self.pack.members_bind or frame.kind == "enum"):
            target.bind(name, RANK_VARIABLE, ordinal)

    def variable_row(self, name: str, node: Node, binding: Binding, frame: Frame) -> int | None:
        """Add the row of a variable, constant or field, unless the frame has it already."""
        if name in frame.variables:
            return None
        frame.variables.add(name)
        rule = binding.rule.rule
        wrap = binding.wrap
        modifiers = [*(wrap.modifiers if wrap else ()), *rule.modifiers, *self.tokens(binding.node, binding.rule)]
        if frame.is_type:
            kind = "enum_member" if frame.kind == "enum" else rule.member_kind or rule.kind
            if kind == "field" and any(m in self.pack.property_modifiers for m in modifiers):
                kind = "property"
        else:
            kind = rule.kind
            if kind == "variable" and self.is_constant(name, rule.constant_tokens, modifiers):
                kind = "constant"
        start = self.outer_start(wrap.start if wrap else binding.node, frame)
        metadata: dict[str, Any] = {}
        if binding.annotation:
            metadata["annotation"] = binding.annotation
        if binding.strings is not None and name == self.pack.imports.export_list:
            metadata["strings"] = binding.strings
        decorators = self.take_decorators(frame, len(self.rows.nodes))
        if decorators:
            metadata["decorators"] = decorators
        end = max(binding.node.end_byte, wrap.start.end_byte if wrap else 0)
        ordinal, _, _ = self.row(
            frame,
            name,
            kind,
            binding.node,
            modifiers=modifiers,
            docstring=self.leading_comment(start),
            content_hash=self.digest(start, end),
            metadata=metadata,
        )
        self.export(wrap, frame, name, ordinal)
        return ordinal

    def is_constant(self, name: str, tokens: tuple[str, ...], modifiers: list[str]) -> bool:
        """Apply the pack's rule for constants."""
        if self.pack.constants == "upper-case":
            return is_constant_name(name)
        return self.pack.constants == "token" and any(token in modifiers for token in tokens)

    def parameter_carry(self, node: Node, rule: CompiledRule, carry: Any) -> Parameter:
        """Return what a parameter's pattern inherits from this node."""
        known: Parameter = carry
        annotation, default = known.annotation, known.default
        own = (*rule.rule.modifiers, *self.tokens(node, rule))
        modifiers = (*known.modifiers, *(m for m in own if m not in known.modifiers))
        for child, use in self.fields(node, rule) if rule.by_field else ():
            if use is FieldUse.TYPE:
                annotation = self.annotation_text(child)
            elif use is FieldUse.DEFAULT:
                default = self.short(child)
        return Parameter(annotation, default, modifiers)

    def annotation_text(self, node: Node) -> str:
        """Return a type's text without the colon or arrow that introduces it."""
        return self.short(node).removeprefix(":").removeprefix("->").strip(" ")

    def parameter(self, name: str, node: Node, carry: Parameter, scope: Scope) -> None:
        """Add a parameter's row and bind its name."""
        frame = scope.frame
        metadata: dict[str, Any] = {}
        if carry.annotation:
            metadata["annotation"] = carry.annotation
        if carry.default:
            metadata["default"] = carry.default
        modifiers = [m for m in carry.modifiers if m not in _PARAMETER_FIELD_MODIFIERS]
        decorators = self.take_decorators(frame, len(self.rows.nodes))
        if decorators:
            metadata["decorators"] = decorators
        self.row(frame, name, "parameter", node, modifiers=modifiers, metadata=metadata)
        frame.parameters += 1
        owner = frame.parent
        in_type = owner is not None and owner.is_type
        if owner is not None and self.pack.self_parameter and in_type and frame.parameters == 1 and not frame.static:
            receiver = RECEIVER_CLASS if frame.class_receiver else RECEIVER_INSTANCE
            scope.bind(name, RANK_LOCAL, owner.ordinal, receiver)
        else:
            scope.bind(name, RANK_LOCAL, LOCAL)
        if owner is not None and in_type and len(modifiers) != len(carry.modifiers) and name not in owner.variables:
            owner.variables.add(name)
            fields = [m for m in carry.modifiers if m in _PARAMETER_FIELD_MODIFIERS]
            annotation = {"annotation": carry.annotation} if carry.annotation else None
            digest = self.digest(node.start_byte, node.end_byte)
            self.row(owner, name, "field", node, modifiers=fields, content_hash=digest, metadata=annotation)

    def dotted_name(self, node: Node, mode: int, carry: Any, scope: Scope) -> None:
        """Walk a node of identifiers joined by dots."""
        name = "".join(self.text(node).split())
        if mode == EXPR or "." in name:
            self.pending_uses.append((scope, "reference", scope.frame.ordinal, HEAD_NAME, name, node, -1))
        elif name:
            self.bind_name(name, node, mode, carry, scope)

    def member(self, node: Node, mode: int, carry: Any, scope: Scope) -> None:
        """Walk a member access: a reference, or a field of the receiver where names are bound."""
        head, name, base = self.chain(node)
        if mode == BIND and name is not None and name.count(".") == 1:
            owner = self.receiver_type(head, name, scope)
            if owner is not None:
                self.field_of_receiver(name.partition(".")[2], carry, owner)
                return
        if name is None:
            self.stack.append((iter((base,)), EXPR, None, scope))
        else:
            self.pending_uses.append((scope, "reference", scope.frame.ordinal, head, name, node, -1))

    def receiver_type(self, head: int, name: str, scope: Scope) -> Frame | None:
        """Return the type whose receiver a dotted name starts with, or None."""
        if head == HEAD_RECEIVER:
            return self.enclosing_type(scope.frame)
        if head == HEAD_NAME and self.pack.self_parameter:
            binding = scope.lookup(name.partition(".")[0])
            if binding is not None and binding[2]:
                return next(frame for frame in self.frames if frame.ordinal == binding[1])
        return None

    def enclosing_type(self, frame: Frame | None) -> Frame | None:
        """Return the type that `this` belongs to inside a frame, or None."""
        while frame is not None:
            if frame.is_type:
                return frame
            if not frame.is_function:
                return None
            if frame.parent is not None and frame.is_member:
                return frame.parent
            if not frame.lexical_receiver:
                return None
            frame = frame.parent
        return None

    def field_of_receiver(self, name: str, binding: Binding, owner: Frame) -> None:
        """Add a field that a method assigns on its receiver, unless the type has such a member."""
        if name in owner.names or name in owner.variables or not name:
            return
        owner.variables.add(name)
        metadata = {"annotation": binding.annotation} if binding.annotation else None
        digest = self.digest(binding.node.start_byte, binding.node.end_byte)
        kind = binding.rule.rule.member_kind or "field"
        self.row(owner, name, kind, binding.node, content_hash=digest, metadata=metadata)

    def outer_names(self, node: Node, rule: CompiledRule, scope: Scope) -> None:
        """Note names that this function takes from outside (`global`, `nonlocal`)."""
        home = scope.home
        if home.parent is None:
            return
        outer: Scope | None = None
        if "global" in rule.rule.modifiers:
            outer = home
            while outer.parent is not None:
                outer = outer.parent
        home.outer = home.outer if home.outer is not None else {}
        for child in node.named_children:
            home.outer[self.text(child)] = outer

    # -- binders and wrappers --------------------------------------------------------------------

    def wrapper(self, node: Node, rule: CompiledRule, carry: Any, scope: Scope) -> None:
        """Walk what surrounds a definition, lending it modifiers and its start."""
        outer = carry if isinstance(carry, Wrap) else None
        modifiers = (*(outer.modifiers if outer else ()), *rule.rule.modifiers, *self.tokens(node, rule))
        wrap = Wrap(
            modifiers,
            outer.start if outer else node,
            rule.rule.hoist or (outer is not None and outer.hoist),
            rule.role is Role.EXPORT or (outer is not None and outer.export),
        )
        if rule.role is Role.EXPORT and import_forms.read_export(self, node, rule, scope):
            return
        items: list[tuple[Node, int, Any, Scope]] = []
        for child, use in self.fields(node, rule):
            if use is FieldUse.BIND:
                # A declaration without a value has no binder of its own (Lua's `local x`).
                items.append((child, BIND, Binding(rule, node, outer, hoist=wrap.hoist), scope))
            elif not self.special(child, use):
                items.append((child, EXPR, wrap, scope))
        self.push_all(items)

    def binder(self, node: Node, rule: CompiledRule, mode: int, carry: Any, scope: Scope) -> None:
        """Walk something that binds names: assignment, declarator, loop, clause, field, key."""
        wrap = carry if isinstance(carry, Wrap) else None
        if rule.rule.opens == "block":
            scope = scope.block()
        binding = Binding(rule, node, wrap, hoist=rule.rule.hoist or (wrap is not None and wrap.hoist))
        children = self.fields(node, rule)
        value: Node | None = None
        target: Node | None = None
        targets = 0
        for position, (child, use) in enumerate(children):
            if use is FieldUse.VALUE:
                value = child = self.sole(child)
            elif use is FieldUse.TYPE:
                binding.annotation = self.annotation_text(child)
            elif use is FieldUse.BIND or use is FieldUse.NAME or use is FieldUse.ASSIGN:
                target = child = self.sole(child)
                targets += 1
            children[position] = (child, use)
        named = self.named_value(value, target, targets, binding, scope)
        if value is not None and named is None:
            binding.module = import_forms.required(self, value, scope)
            if binding.module is not None:
                call = value if binding.module.member is None else self.chain(value)[2]
                binding.call = (call.start_byte, call.end_byte)
            if self.pack.imports.export_list:
                binding.strings = self.literal_strings(value)
        items: list[tuple[Node, int, Any, Scope]] = []
        for child, use in children:
            if use is FieldUse.SAME:
                items.append((child, mode, carry if mode != EXPR else None, scope))
            elif use is FieldUse.BIND:
                if named is None:
                    items.append((child, BIND, binding, scope))
                elif named.scope is None:
                    items.append((self.chain(child)[2], EXPR, None, scope))
            elif use is FieldUse.ASSIGN:
                child_rule = self.rules.get(child.kind_id)
                if child_rule is not None and child_rule.role is Role.MEMBER and named is None:
                    items.append((child, BIND, binding, scope))
                else:
                    items.append((child, EXPR, None, scope))
            elif use is FieldUse.NAME:
                name = self.name_text(child)
                if name is None:
                    items.append((child, EXPR, None, scope))
                elif named is None and rule.rule.rows:
                    self.member_row(name, child, binding, scope)
            elif use is FieldUse.VALUE:
                items.append((child, EXPR, named, scope))
            elif self.rules.get(child.kind_id) is not None and self.rules[child.kind_id].role is Role.DECORATOR:
                self.decorator(child, scope, None)
            elif not self.special(child, use):
                items.append((child, EXPR, None, scope))
        if target is not None and value is not None:
            import_forms.assigned_export(self, target, value, scope)
        self.push_all(items)

    def sole(self, node: Node) -> Node:
        """Return the only member of a list of one, else the node itself."""
        rule = self.rules.get(node.kind_id)
        if rule is not None and rule.rule.opens == "list" and node.named_child_count == 1:
            return node.named_child(0) or node
        return node

    def member_row(self, name: str, child: Node, binding: Binding, scope: Scope) -> None:
        """Add the row of a field that a declaration in a type's body names."""
        frame = scope.frame
        if frame.is_function:
            return
        ordinal = self.variable_row(name, child, binding, frame)
        if ordinal is not None and (self.pack.members_bind or frame.kind == "enum"):
            scope.bind(name, RANK_VARIABLE, ordinal)

    def named_value(
        self, value: Node | None, target: Node | None, targets: int, binding: Binding, scope: Scope
    ) -> Named | None:
        """Return the name that an anonymous definition on the right takes, or None."""
        if value is None or target is None or targets != 1:
            return None
        rule = self.rules.get(value.kind_id)
        if rule is None or rule.role is not Role.DEFINITION or not rule.rule.takes_name:
            return None
        start = target.start_byte
        target_rule = self.rules.get(target.kind_id)
        if target_rule is not None and target_rule.role is Role.IDENTIFIER:
            declared = FieldUse.ASSIGN not in binding.rule.by_field.values()
            home = (scope.home if binding.hoist else scope) if declared else None
            return Named(self.text(target), binding.wrap, start, home)
        if target_rule is not None and target_rule.role is Role.MEMBER:
            prop = target.child_by_field_name(target_rule.property_field)
            name = self.text(prop) if prop is not None else ""
            return Named(name, binding.wrap, start, None) if name else None
        name_text = self.name_text(target)
        return Named(name_text, binding.wrap, start, None) if name_text is not None else None

    def literal_strings(self, value: Node) -> list[str] | None:
        """Return the strings of a literal list or tuple, or None."""
        rule = self.rules.get(value.kind_id)
        if rule is None or not rule.all_same or rule.role is not Role.NONE:
            return None
        strings = [self.string_value(child) for child in value.named_children]
        return [text for text in strings if text is not None]

    # -- definitions -----------------------------------------------------------------------------

    def open_module(self, root: Node | None) -> Scope:
        """Add the module's row and open its scope."""
        name = self.fqn.rpartition(".")[2]
        frame = Frame(0, None, "module", self.fqn, self.fqn, f"{self.fqn}@{self.suffix}")
        frame.is_test = self.test_file
        self.frames.append(frame)
        self.rows.nodes.append(
            (
                frame.node_id,
                "module",
                name,
                self.fqn,
                self.package_id,
                1,
                max(self.lines, 1),
                0,
                len(self.source),
                [],
                "public",
                self.test_file,
                None,
                self.first_string(root) if root is not None and self.pack.docstring == "first-string" else None,
                self.file_hash[:32],
                None,
            )
        )
        self.module_scope = Scope(None, frame, frame.counter)
        return self.module_scope

    def definition(self, node: Node, rule: CompiledRule, carry: Any, scope: Scope) -> None:
        """Add a definition's row, open its scope and walk what it contains."""
        named = carry if isinstance(carry, Named) else None
        wrap = named.wrap if named else carry if isinstance(carry, Wrap) else None
        spec = rule.rule
        frame = scope.frame
        if len(frame.ids) > len(self.fqn) + MAX_PATH_CHARACTERS:
            self.rows.buried += 1
            self.inner_scope(node, rule, scope)
            return
        own_name: str | None = None
        named_kind = ""
        body: Node | None = None
        returns: str | None = None
        bases: list[tuple[str, int, str, Node]] = []
        own_decorators: list[Node] = []
        rest: list[tuple[Node, FieldUse]] = []
        for child, use in self.fields(node, rule):
            child_rule = self.rules.get(child.kind_id)
            if (
                use is FieldUse.NAME
                and child_rule is not None
                and child_rule.role is Role.MEMBER
                and rule.opens_function
            ):
                # `function M.name()`: the member's name, bound nowhere; its object is a reference.
                prop = child.child_by_field_name(child_rule.property_field)
                if prop is not None and named is None:
                    named = Named(self.text(prop), wrap, node.start_byte, None)
                    named_kind = child_rule.rule.kind
                self.stack.append((iter((self.chain(child)[2],)), EXPR, None, scope))
            elif use is FieldUse.NAME:
                own_name = self.name_text(child)
                if own_name is None:
                    rest.append((child, FieldUse.EXPRESSION))
            elif use is FieldUse.BASES or use is FieldUse.IMPLEMENTS:
                self.collect_bases(child, use, bases, scope)
            elif child_rule is not None and child_rule.role is Role.DECORATOR:
                own_decorators.append(child)
            elif use is not FieldUse.SKIP and child.type not in rule.modifier_tokens:
                if use is FieldUse.BODY:
                    body = child
                elif use is FieldUse.RETURNS:
                    returns = self.annotation_text(child)
                rest.append((child, use))

        modifiers = [*(wrap.modifiers if wrap else ()), *spec.modifiers, *self.tokens(node, rule)]
        name = named.name if named and (named.scope is not None or own_name is None) else own_name
        if name is not None and len(name) > MAX_NAME_CHARACTERS:
            name = None
        if name is None and "default" in modifiers:
            name = "default"
        if name is None:
            frame.lambdas += 1
            name = f"<lambda{frame.lambdas}>" if rule.opens_function else f"<{spec.kind}{frame.lambdas}>"
        for child in own_decorators:
            self.decorator(child, scope, frame)
        start = self.outer_start(wrap.start if wrap else node, frame)
        ordinal = len(self.rows.nodes)
        decorators = self.take_decorators(frame, ordinal)
        last_parts = [text.partition("(")[0].rpartition(".")[2].strip("@ ") for text in decorators]
        modifiers += [
            self.pack.decorator_modifiers[part] for part in last_parts if part in self.pack.decorator_modifiers
        ]
        # A member stands directly in the type's body, or is the anonymous value of a field there.
        member = frame.is_type and scope.home is scope and (named is not None or not spec.takes_name)
        kind = named_kind or self.definition_kind(spec, modifiers, last_parts, bases, member=member)
        head_start = named.start_byte if named else node.start_byte
        head_end = body.start_byte if body is not None else node.end_byte
        metadata: dict[str, Any] = {}
        if bases:
            metadata["bases"] = [text for _, _, text, _ in bases]
        if decorators:
            metadata["decorators"] = decorators
        if returns:
            metadata["returns"] = returns
        is_test = self.is_test(name, rule, frame, bases)
        _, fqn, ids = self.row(
            frame,
            name,
            kind,
            node,
            modifiers=modifiers,
            is_test=is_test,
            signature=signature_text(self.transcoded(head_start, head_end), decode_utf8),
            docstring=self.docstring(body, start),
            content_hash=self.digest(start, max(node.end_byte, wrap.start.end_byte if wrap else 0)),
            metadata=metadata,
        )
        self.export(wrap, frame, name, ordinal)
        exported = self.value_exports.pop((node.start_byte, node.end_byte), None) if self.value_exports else None
        if exported is not None:
            self.rows.exports.append((exported, ordinal, None, None))
        for use_kind, head, text, base in bases:
            self.pending_uses.append((scope, use_kind, ordinal, head, text, base, -1))
        self.bind_definition(name, own_name, named, spec, ordinal, scope)
        inner = self.open_definition(rule, ordinal, frame, kind, fqn, ids, modifiers, is_test, scope, rest, own_name)
        inner.is_member = member

    def bind_definition(
        self, name: str, own_name: str | None, named: Named | None, spec: KindRule, ordinal: int, scope: Scope
    ) -> None:
        """Bind a definition's name where the language binds it."""
        if named is not None:
            if named.scope is not None:
                named.scope.bind(name, RANK_DEFINITION, ordinal)
            return
        visible = not scope.frame.is_type or scope.home is not scope or self.pack.members_bind
        if visible and not spec.takes_name and own_name is not None and spec.binds:
            scope.bind(name, RANK_DEFINITION, ordinal)

    def open_definition(
        self,
        rule: CompiledRule,
        ordinal: int,
        parent: Frame,
        kind: str,
        fqn: str,
        ids: str,
        modifiers: list[str],
        is_test: bool,
        scope: Scope,
        rest: list[tuple[Node, FieldUse]],
        own_name: str | None,
    ) -> Frame:
        """Open a definition's frame and scope, push its children and return the frame."""
        frame = Frame(ordinal, parent, kind, fqn, ids, f"{ids}@{self.suffix}")
        frame.is_type = rule.opens_type
        frame.is_function = rule.opens_function
        frame.is_test = is_test
        frame.static = "static" in modifiers
        frame.class_receiver = "class" in modifiers
        frame.lexical_receiver = rule.rule.lexical_receiver
        if rule.rule.complexity_outward:
            frame.counter.outward = scope.counter
        self.frames.append(frame)
        outer = scope
        # A function does not see the members around it, but it does see a block between.
        while outer.frame.is_type and outer.home is outer and outer.parent is not None and rule.opens_function:
            outer = outer.parent
        if rule.rule.takes_name and own_name is not None:
            # Visible inside only, to the methods of a class too.
            outer = outer.block()
            outer.bind(own_name, RANK_DEFINITION, ordinal)
        inner = Scope(outer, frame, frame.counter)
        items: list[tuple[Node, int, Any, Scope]] = []
        for child, use in rest:
            if use is FieldUse.PARAMETERS:
                items.append((child, PARAM, Parameter(), inner))
            elif use is FieldUse.BIND:
                items.append((child, BIND, Binding(rule, child, None), inner))
            elif use is FieldUse.BODY and self.is_block(child):
                # The body's block is the definition's own scope.
                items.extend((part, EXPR, None, inner) for part in child.named_children)
            else:
                items.append((child, EXPR, None, inner))
        self.push_all(items)
        return frame

    def is_block(self, node: Node) -> bool:
        """Say whether a node is a block that opens a scope."""
        rule = self.rules.get(node.kind_id)
        return rule is not None and rule.role is Role.SCOPE and rule.rule.opens == "block"

    def definition_kind(
        self,
        spec: KindRule,
        modifiers: list[str],
        decorators: list[str],
        bases: list[tuple[str, int, str, Node]],
        *,
        member: bool,
    ) -> str:
        """Return the node kind of a definition's row."""
        kind: str = spec.member_kind if member and spec.member_kind else spec.kind
        if kind == "method":
            wanted = self.pack.property_modifiers
            if any(part in wanted for part in decorators) or any(m in wanted for m in modifiers):
                return "property"
        if kind == "class" and any(text.rpartition(".")[2] in self.pack.enum_bases for _, _, text, _ in bases):
            return "enum"
        return kind

    def is_test(self, name: str, rule: CompiledRule, frame: Frame, bases: list[tuple[str, int, str, Node]]) -> bool:
        """Apply the pack's rules for tests."""
        tests = self.pack.tests
        if tests.whole_file and self.test_file:
            return True
        if rule.opens_type:
            if any(text.rpartition(".")[2].endswith(tests.bases) for _, _, text, _ in bases if tests.bases):
                return True
            return self.test_file and bool(tests.classes) and name.startswith(tests.classes)
        if rule.opens_function and tests.functions and name.startswith(tests.functions):
            return self.test_file or (frame.is_type and frame.is_test)
        return False

    def collect_bases(self, node: Node, use: FieldUse, found: list[tuple[str, int, str, Node]], scope: Scope) -> None:
        """Collect the names that a type inherits from; the rest of each expression is walked."""
        stack: list[tuple[Node, FieldUse]] = [(node, use)]
        expressions: list[tuple[Node, int, Any, Scope]] = []
        while stack:
            current, how = stack.pop()
            if how is not FieldUse.BASES and how is not FieldUse.IMPLEMENTS:
                expressions.append((current, EXPR, None, scope))
                continue
            dotted = self.dotted(current)
            if dotted is not None:
                label = "base" if how is FieldUse.BASES else "implements"
                found.append((label, dotted[0], dotted[1], current))
                continue
            rule = self.rules.get(current.kind_id)
            if rule is None or not rule.passes_bases:
                expressions.append((current, EXPR, None, scope))
                continue
            children = self.fields(current, rule)
            for child, child_use in reversed(children):
                if child_use is FieldUse.SAME:
                    stack.append((child, how))
                elif child_use is not FieldUse.SKIP:
                    stack.append((child, child_use))
        # Pushed before the definition's own children, so walked after them.
        self.push_all(expressions)

    # -- calls and decorators --------------------------------------------------------------------

    def call(self, node: Node, rule: CompiledRule, scope: Scope) -> None:
        """Add a call site; walk its receiver and arguments."""
        callee = node.child_by_field_name(rule.callee_field)
        arguments = node.child_by_field_name(rule.arguments_field)
        items: list[tuple[Node, int, Any, Scope]] = []
        if callee is not None:
            head, name, base = self.chain(callee)
            callee_rule = self.rules.get(callee.kind_id)
            member = callee_rule is not None and callee_rule.role is Role.MEMBER
            if not self.is_super_call(callee, name) and not self.is_import_keyword(node, callee, name, scope):
                self.call_site(node, callee, callee_rule, arguments, head, name, scope)
            if name is None:
                items.append((base if member else callee, EXPR, None, scope))
            self.import_call(node, callee, arguments, scope)
        if arguments is not None and node.named_child_count == 2:
            items.append((arguments, EXPR, None, scope))
        else:
            items.extend((child, EXPR, None, scope) for child in node.named_children if child != callee)
        self.push_all(items)

    def is_super_call(self, callee: Node, name: str | None) -> bool:
        """Say whether this is `super()` itself, which stands for the base class and is not a call site."""
        return bool(self.pack.super_call) and name == self.pack.super_call and callee.child_count == 0

    def is_import_keyword(self, node: Node, callee: Node, name: str | None, scope: Scope) -> bool:
        """Say whether this is a literal `import("m")`, which is an import and not a call."""
        return name is None and callee.child_count <= 1 and import_forms.required(self, node, scope) is not None

    def call_site(
        self,
        node: Node,
        callee: Node,
        callee_rule: CompiledRule | None,
        arguments: Node | None,
        head: int,
        name: str | None,
        scope: Scope,
    ) -> None:
        """Add the row of a call site and the use that its callee is."""
        frame = scope.frame
        frame.calls += 1
        receiver: str | None = None
        status, reason = "unresolved", "unbound-name"
        text: str | None = None
        if name is not None and len(name) <= MAX_TEXT_BYTES and len(name) == callee.end_byte - callee.start_byte:
            text = name  # nothing but the name: no need to collapse
        if callee_rule is not None and callee_rule.role is Role.MEMBER:
            reason = "receiver-unknown"
            if text is not None:
                receiver = text.rpartition(".")[0]
            else:
                target = callee.child_by_field_name(callee_rule.object_field)
                receiver = self.short(target) if target is not None else None
        elif name is None:
            status, reason = "dynamic", "computed-callee"
        ordinal = len(self.rows.call_sites)
        start, end = node.start_point, node.end_point
        self.rows.call_sites.append(
            [
                f"{frame.node_id}#call{frame.calls}",
                frame.node_id,
                text if text is not None else self.short(callee),
                receiver,
                self.arity(arguments),
                (start[0] + 1, start[1], end[0] + 1, end[1], node.start_byte, node.end_byte),
                status,
                reason,
            ]
        )
        if name is not None:
            self.pending_uses.append((scope, "call", frame.ordinal, head, name, node, ordinal))

    def arity(self, arguments: Node | None) -> int:
        """Return the number of arguments."""
        if arguments is None:
            return 0
        rule = self.rules.get(arguments.kind_id)
        if rule is None or rule.role is not Role.ARGUMENTS:
            return 1
        count = 0
        for child in arguments.named_children:
            child_rule = self.rules.get(child.kind_id)
            count += child_rule is None or child_rule.role is not Role.COMMENT
        return count

    def import_call(self, node: Node, callee: Node, arguments: Node | None, scope: Scope) -> None:
        """Add an import for `require("x")` that no binder took."""
        if arguments is None or not self.pack.imports.calls or self.text(callee) not in self.pack.imports.calls:
            return
        if (node.start_byte, node.end_byte) in self.taken_calls:
            return
        required = import_forms.required(self, node, scope)
        if required is not None:
            import_forms.add_import(self, scope, node, node, required.module, None, None, None)

    def decorator(self, node: Node, scope: Scope, frame: Frame | None) -> None:
        """Note a decorator for the definition it belongs to, and walk its expression."""
        expression = next(iter(node.named_children), None)
        if expression is None:
            return
        uncounted = scope.uncounted(Counter())
        rule = self.rules.get(expression.kind_id)
        subject = expression
        is_call = rule is not None and rule.role is Role.CALL
        if rule is not None and is_call:
            subject = expression.child_by_field_name(rule.callee_field) or expression
        head, name, _ = self.chain(subject)
        self.pending_decorators.append((frame or scope.frame, expression, self.short(expression), head, name, scope))
        if is_call or name is None:
            self.stack.append((iter((expression,)), EXPR, None, uncounted))

    def take_decorators(self, frame: Frame, ordinal: int) -> list[str]:
        """Give the noted decorators to a definition; return their texts."""
        mine = [item for item in self.pending_decorators if item[0] is frame]
        if not mine:
            return []
        self.pending_decorators = [item for item in self.pending_decorators if item[0] is not frame]
        for _, node, _, head, name, scope in mine:
            if name is not None:
                self.pending_uses.append((scope, "decorator", ordinal, head, name, node, -1))
        return [text for _, _, text, _, _, _ in mine]

    # -- documentation ---------------------------------------------------------------------------

    def comment(self, node: Node) -> None:
        """Remember a comment; line comments on consecutive lines are one."""
        start = node.start_byte
        if self.pack.docstring == "line-comments" and self.comment_end >= 0:
            between = self.transcoded(self.comment_end, start)
            if not between.strip() and between.count(b"\n") <= 1:
                self.comment_end = node.end_byte
                return
        self.comment_start, self.comment_end = start, node.end_byte

    def outer_start(self, node: Node, frame: Frame) -> int:
        """Return where a definition starts, its decorators included."""
        start = node.start_byte
        for owner, decorator, *_ in self.pending_decorators:
            if owner is frame:
                start = min(start, decorator.start_byte)
        return start

    def leading_comment(self, start: int) -> str | None:
        """Return the cleaned comment that ends right before a definition, or None."""
        style = self.pack.docstring
        if self.comment_end < 0 or self.comment_end > start or style not in {"leading-comment", "line-comments"}:
            return None
        # A decorator's "@" may stand between the comment and the recorded start.
        if self.transcoded(self.comment_end, start).strip(b" \t\r\n\f\v@"):
            return None
        text = self.decode(self.source[self.comment_start : self.comment_end])
        if style == "leading-comment":
            return clean_block_comment(text) or None if text.startswith("/**") and text.endswith("*/") else None
        return clean_line_comments(text) or None

    def docstring(self, body: Node | None, start: int) -> str | None:
        """Return a definition's documentation, or None."""
        if self.pack.docstring == "first-string":
            return self.first_string(body) if body is not None else None
        return self.leading_comment(start)

    def first_string(self, body: Node) -> str | None:
        """Return the string literal that is a body's first statement, cleaned."""
        for child in body.named_children:
            rule = self.rules.get(child.kind_id)
            if rule is not None and rule.role is Role.COMMENT:
                continue
            if rule is None and child.named_child_count == 1:
                child = child.named_child(0)
            value = self.string_value(child)
            return clean_docstring(value) or None if value is not None else None
        return None

    # -- after the pass --------------------------------------------------------------------------

    def finish(self) -> None:
        """Resolve names, now that every binding is known, and close the frames."""
        for frame in reversed(self.frames):
            if frame.is_function:
                self.rows.complexity[frame.ordinal] = frame.counter.decisions + 1
            if frame.counter.outward is not None:
                frame.counter.outward.decisions += frame.counter.decisions
        for ordinal in sorted(self.generators):
            if self.rows.nodes[ordinal][1] != "module":
                self.rows.nodes[ordinal][9].append("generator")
        for item in self.pending_uses:
            self.resolve(*item)
        for name, exported in self.pending_exports:
            binding = self.module_scope.names.get(name)
            self.rows.exports.append((exported, binding[1] if binding is not None else -1, None, None))

    def resolve(self, scope: Scope, use: str, ordinal: int, head: int, name: str, node: Node, call: int) -> None:
        """Turn a name in use into a row, unless it is a local."""
        first, _, remainder = name.partition(".")
        target = -1
        if head != HEAD_NAME:
            owner = self.enclosing_type(scope.frame) if head == HEAD_RECEIVER else self.super_type(scope.frame)
            if owner is None or (use == "reference" and not remainder):
                return
            binding, target = ("self" if head == HEAD_RECEIVER else "super"), owner.ordinal
        else:
            found = scope.lookup(first)
            if found is None:
                if use == "reference" and not self.star_import:
                    return
                binding = "global"
            elif found[2]:
                if not remainder and (use != "call" or found[2] != RECEIVER_CLASS):
                    if call >= 0:
                        self.rows.call_sites[call][7] = "local-value"
                    return
                binding, target = "self", found[1]
            elif found[1] == LOCAL:
                if call >= 0 and not remainder:
                    self.rows.call_sites[call][7] = "local-value"
                return
            else:
                target = found[1]
                binding = "import" if self.rows.nodes[target][1] == "import" else "definition"
        start = node.start_point
        self.rows.uses.append((use, ordinal, name, binding, target, start[0] + 1, start[1], call))

    def super_type(self, frame: Frame | None) -> Frame | None:
        """Return the type around a frame, whatever functions lie between."""
        while frame is not None and not frame.is_type:
            frame = frame.parent
        return frame

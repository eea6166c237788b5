"""The walk from a syntax tree to IR rows: the normative algorithm that every engine must equal.

One pre-order pass with an explicit stack (sources may be nested 10,000 deep). Most nodes lie on it as they
are: expressions in the current scope. What is read in another way is wrapped in a `Work`, and a `Scope`
among the nodes says where what follows it stands. Names are resolved after the pass, when every binding of
every scope is known. The module is longer than most because the cases of one loop are easier to compare with
the native twin in one place; `docs/reference/kind-tables.md` explains it.

Time is what the loop does for each of millions of nodes: no call and no object that it can do without.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Final

import blake3
import tree_sitter
from attrs import define, evolve, field, frozen

from codegraph_hookspecs import FieldUse, KindRule
from codegraph_plugins.parsers.reference import headers, packages, rust, rust_values
from codegraph_plugins.parsers.reference import imports as import_forms
from codegraph_plugins.parsers.reference.compiled import (
    ACT_BINDER,
    ACT_CALL,
    ACT_CHILDREN,
    ACT_COMMENT,
    ACT_COUNT,
    ACT_DEFINITION,
    ACT_MEMBER,
    ACT_NAME,
    ACT_PARTS,
    ACT_SCOPE,
    ACT_SOME,
    ASSIGN_CALL,
    HEAD_NAME,
    HEAD_RECEIVER,
    HEAD_SUPER,
    HEAD_TYPE,
    WORK_ID,
    CompiledLanguage,
    CompiledRule,
)
from codegraph_plugins.parsers.reference.deadline import Deadline, OutOfTimeError
from codegraph_plugins.parsers.reference.macros import Arguments, read_arguments
from codegraph_plugins.parsers.reference.scopes import (
    A_LOCAL,
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
    NodeText,
    clean_adjacent_comments,
    clean_block_comment,
    clean_docstring,
    clean_line_comments,
    collapse,
    cut,
    decode_utf8,
    is_constant_name,
    metadata_text,
    node_text,
    signature_text,
    type_name,
    unquote,
    visibility_of,
)
from codegraph_plugins.parsers.reference.trees import parsed
from codegraph_plugins.parsers.reference.vocabulary import (
    ROLE_ARGUMENTS,
    ROLE_ATTRIBUTE,
    ROLE_BINDER,
    ROLE_CALL,
    ROLE_COMMENT,
    ROLE_DECORATOR,
    ROLE_DEFINITION,
    ROLE_DOTTED,
    ROLE_EXPORT,
    ROLE_EXTENSION,
    ROLE_IDENTIFIER,
    ROLE_IMPORT,
    ROLE_MEMBER,
    ROLE_NONE,
    ROLE_OUTER_NAMES,
    ROLE_PACKAGE,
    ROLE_POSITIONS,
    ROLE_RECEIVER,
    ROLE_SCOPE,
    ROLE_STRING,
    ROLE_SUPER,
    ROLE_WRAPPER,
    ROLE_YIELD,
    USE_ARGUMENTS,
    USE_ASSIGN,
    USE_BASES,
    USE_BIND,
    USE_BODY,
    USE_CALLEE,
    USE_COMPONENT,
    USE_DEFAULT,
    USE_EXPRESSION,
    USE_EXTENDED,
    USE_IMPLEMENTS,
    USE_KEY,
    USE_MODIFIERS,
    USE_NAME,
    USE_OBJECT,
    USE_OWNER,
    USE_PARAMETERS,
    USE_PROPERTY,
    USE_RESULTS,
    USE_RETURNS,
    USE_ROW,
    USE_SAME,
    USE_SKIP,
    USE_TYPE,
    USE_VALUE,
)

Node = tree_sitter.Node

EXPR: Final = 0  # names are references
BIND: Final = 1  # names are bound
PARAM: Final = 2  # names are bound as parameters
MEMBER: Final = 3  # the node itself names a member

_MAKERS: Final = frozenset({ROLE_DEFINITION, ROLE_BINDER})
_SIGNS: Final = frozenset({b"!", b"+", b"-"})
"""Roles that make rows."""

_NAMES: Final = frozenset({HEAD_NAME, HEAD_TYPE})
_VISITS_PER_LOOK: Final = 512
"""Nodes between two looks at the clock."""

_PARAMETER_FIELD_MODIFIERS: Final = frozenset({"private", "protected", "public", "readonly"})
_PROPERTY_MODIFIERS: Final = frozenset({"val", "var"})
_QUALIFIED_KINDS: Final = frozenset({"class", "interface", "enum", "struct", "trait", "type_alias", "namespace"})
"""Kinds that a declared package qualifies; functions and variables may belong to a file's facade."""


Work = tuple[Node, int, Any, Scope]
"""A node on the walk's stack with how it is read (mode), what surrounds it (carry) and where (scope).

It lies below `WORK`, which says so: a tuple takes half the time of an instance of a class that could say it itself."""


class _Mark:
    """What lies on the walk's stack to say how to read what is below it."""

    __slots__ = ()
    kind_id = WORK_ID


WORK: Final = _Mark()


@define(eq=False)
class Wrap:
    """What wrappers around a definition lend it: modifiers, where it starts, how it binds."""

    modifiers: tuple[str, ...]
    start: Node
    hoist: bool = False
    export: bool = False
    annotation: str | None = None


@define(eq=False)
class Named:
    """A name that an anonymous definition takes from the place it is assigned to."""

    name: str
    wrap: Wrap | None
    start_byte: int
    scope: Scope | None
    since: int = 0
    owner: Frame | None = None
    """What it is a member of, where it does not stand in its body: `Type.prototype.name = …`, a key of an object."""


@define(eq=False)
class Members:
    """What the functions in an object literal are members of: a frame, or the variable that a binding makes."""

    owner: Frame | None
    binding: Binding | None = None


@define(eq=False)
class Binding:
    """What is known about names while a binder's targets are walked."""

    rule: CompiledRule
    node: Node
    wrap: Wrap | None
    annotation: str | None = None
    extended: str | None = None
    value: Node | None = None
    hoist: bool = False
    module: import_forms.Required | None = None
    key: str | None = None
    depth: int = 0
    embedded: bool = False
    made: tuple[int, str, str] | None = None
    """Ordinal, fqn and id without suffix of the last row that was made."""


@define(eq=False)
class Anonymous:
    """The call that an anonymous class stands in: its base."""

    head: int
    base: str | None
    callee: Node


@frozen(eq=False)
class Parameter:
    """What is known about a parameter while its pattern is walked."""

    annotation: str | None = None
    default: str | None = None
    modifiers: tuple[str, ...] = ()
    receiver: bool = False


NO_FACTS: Final = Parameter()
"""What is known about most parameters."""


@define(eq=False)
class Deferred:
    """A definition or extension that waits for the types of its file: a method by receiver, an `impl`."""

    node: Node
    rule: CompiledRule
    carry: Any
    scope: Scope
    comment: tuple[int, int]
    lead: list[Node]


@define(eq=False)
class FileRows:
    """IR rows of one file in column order; see `emit.py` for the columns.

    Of call sites and uses, which are most, the cells lie one after the other: a tuple for each takes twice the time.
    """

    nodes: list[tuple[Any, ...]] = field(factory=list)
    complexity: dict[int, int] = field(factory=dict)
    call_sites: list[Any] = field(factory=list)
    """Cells."""
    reasons: list[str | None] = field(factory=list)
    """Why each call site is not resolved, as far as one file tells."""
    dynamic: list[int] = field(factory=list)
    """Call sites whose callee is computed."""
    imports: list[tuple[Any, ...]] = field(factory=list)
    uses: list[Any] = field(factory=list)
    """Cells."""
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
        bytewise: Whether ASCII bytes mean ASCII characters in its encoding.
        path: Repository-relative path text.
        fqn: The module's dotted name.
        suffix: The module's id suffix.
        package_id: Id of the folder's package node, or None.
        test_file: Whether the path is a test file's.
        content_hash: BLAKE3 of the file, hex.
        deadline: By when the walk must have ended; None is any time.
    """

    # Slots, because methods of an object with a large dict are looked up anew at each call.
    __slots__ = (
        "actions",
        "ascii",
        "blank",
        "characters",
        "comment_end",
        "comment_start",
        "deadline",
        "decode",
        "deferred",
        "documented",
        "facade",
        "file_hash",
        "first_strings",
        "foreign",
        "foreign_frames",
        "fqn",
        "frames",
        "free",
        "generators",
        "hasher",
        "holders",
        "import_calls",
        "intact",
        "language",
        "lead",
        "lead_end",
        "leftovers",
        "longest_path",
        "macro_arguments",
        "module_scope",
        "pack",
        "package",
        "package_id",
        "pending_decorators",
        "pending_exports",
        "pending_uses",
        "placed",
        "plain_calls",
        "plain_definitions",
        "plain_locals",
        "plain_members",
        "plain_parameters",
        "plain_targets",
        "plans",
        "promised",
        "raw",
        "rows",
        "rules",
        "self_type",
        "source",
        "star_import",
        "suffix",
        "super_call",
        "taken_calls",
        "telling_calls",
        "test_file",
        "text",
        "todo",
        "traits",
        "type_frames",
        "types",
        "until_look",
        "utf8",
        "value_exports",
        "visibilities",
    )

    def __init__(
        self,
        language: CompiledLanguage,
        source: bytes,
        decode: Decoder,
        *,
        utf8: bool,
        bytewise: bool,
        fqn: str,
        suffix: str,
        package_id: str | None,
        test_file: bool,
        content_hash: str,
        deadline: Deadline | None = None,
    ) -> None:
        self.deadline = deadline or Deadline()
        self.until_look = _VISITS_PER_LOOK
        self.language = language
        self.pack = language.pack
        self.rules = language.rules
        self.plans = language.plans
        self.actions = language.actions
        self.visibilities = language.visibilities
        # Whether visibility also depends on where a name stands.
        self.placed = bool(language.pack.visibility.in_interfaces) or language.pack.visibility.style == "pub"
        self.source = source
        self.decode = decode
        self.utf8 = utf8
        self.ascii = source.isascii()
        self.characters = source.decode("latin-1") if bytewise else None
        """A character for each byte: a slice of it is what `text` gives if it is ASCII, and all of it is if `ascii`."""
        self.text: NodeText = node_text(source, self.characters, decode, ascii_only=self.ascii)
        """Gives a node's source text."""
        self.intact = False
        self.suffix = suffix
        self.fqn = fqn
        self.longest_path = len(fqn) + MAX_PATH_CHARACTERS
        self.package_id = package_id
        self.test_file = test_file
        self.file_hash = content_hash
        self.rows = FileRows()
        self.hasher = blake3.blake3()
        self.raw = (-1, -1, "")
        """Where the last statement with an import stands, and its text."""
        self.frames: list[Frame] = []
        self.todo: list[Any] = []
        """Nodes, `Work`s and `Scope`s still to be walked, the next one last; see the module's docstring."""
        # (scope, use, ordinal of the using node, head, dotted name, node, call ordinal)
        self.pending_uses: list[tuple[Scope, str, int, int, str, int, int]] = []
        self.pending_exports: list[tuple[str, str]] = []
        self.pending_decorators: list[tuple[Frame, Node, str, int, str | None, Scope]] = []
        self.generators: set[int] = set()
        self.taken_calls: set[tuple[int, int]] = set()
        self.promised: dict[int, tuple[str, str | None]] = {}  # where parameters stand → module and member they get
        self.value_exports: dict[tuple[int, int], str] = {}
        self.comment_start = -1
        self.comment_end = -1
        self.star_import = False
        self.free = language.pack.free_names
        self.self_type = self.pack.self_type
        self.documented = self.pack.docstring == "doc-comments"
        self.first_strings = self.pack.docstring == "first-string"
        self.super_call = language.pack.super_call
        self.import_calls = language.pack.imports.calls
        # Macros' arguments that are expressions, by where they begin.
        self.macro_arguments: dict[int, Arguments] = {}
        # Calls of which more is read than that they are calls.
        self.telling_calls = language.telling_calls
        # Whether calls and dotted names are read where they stand, without `call` and `chain`.
        self.plain_calls = not self.free
        # Whether a local says nothing but its name: not its type, nor what a pattern compares with.
        self.plain_locals = not (self.free or language.pack.capital_patterns)
        # Whether a key of a literal says nothing but the name of a function or a literal that is its value.
        self.plain_members = not self.free
        # Whether `name = value` outside functions and `self.name = value` say nothing but what they assign to.
        self.plain_targets = self.first_strings and not (
            self.free
            or language.pack.capital_patterns
            or language.pack.imports.calls
            or language.pack.imports.explicit_exports
        )
        # Whether a function without decorators is a name, parameters and a body, and nothing else tells of it.
        self.plain_definitions = self.first_strings and not (
            self.free
            or self.placed
            or self.self_type
            or language.pack.tests.scopes
            or language.pack.imports.explicit_exports
        )
        # Whether a parameter that is nothing but a name is just a row and a local.
        self.plain_parameters = not (self.free or self.placed or language.pack.capital_patterns)
        # What a dotted name leaves unread: type arguments in it.
        self.leftovers: list[Node] = []
        # Names of the declared types of locals; a binding's target -2 - n is a local of type n.
        self.types: list[str] = []
        self.package = ""
        self.facade = ""
        self.blank = self.pack.blank
        self.deferred: deque[Deferred] = deque()
        self.type_frames: dict[int, Frame] = {}
        self.foreign: dict[tuple[int, str], Frame] = {}
        # Frames by ordinal, of the languages in which values get members by assignment and in object literals.
        self.holders: dict[int, Frame] | None = {} if language.pack.imports.explicit_exports else None
        self.foreign_frames: list[Frame] = []
        self.traits: dict[Scope, tuple[int, str]] = {}
        # Attributes and doc comments that wait for the definition right after them; where the last one ends.
        self.lead: list[Node] = []
        self.lead_end = -1

    # -- texts -----------------------------------------------------------------------------------

    def short(self, node: Node) -> str:
        """Return a node's source text on one line, capped."""
        return self.short_range(node.start_byte, node.end_byte)

    def short_range(self, start: int, end: int) -> str:
        """Return a range of the source on one line, capped."""
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
        if rule is None or rule.role is not ROLE_STRING:
            return None
        if node.descendant_count != node.child_count + 1:  # some child has children itself
            for child in node.named_children:
                if child.child_count:
                    return None
        return unquote(self.text(node))

    def name_text(self, node: Node) -> str | None:
        """Return the name that a NAME child spells, or None if it is computed."""
        rule = self.rules.get(node.kind_id)
        if rule is not None and rule.role is ROLE_STRING:
            return self.string_value(node) or None
        if node.child_count == 0:
            return self.text(node) or None
        if rule is not None and rule.role in {ROLE_DOTTED, ROLE_MEMBER}:
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
        if self.free:
            return self.free_chain(node)
        if self.intact:
            characters = self.characters
            text = characters[node.start_byte : node.end_byte] if characters is not None else self.text(node)
            # Only letters, digits and dots: whatever the accesses are, they read as they are written.
            if text.replace(".", "0").isidentifier() and (self.ascii or text.isascii()):
                plans = self.plans
                base = node
                while (rule := plans[base.kind_id]).role is ROLE_MEMBER:
                    base = base.named_child(0)
                if rule.head >= 0:
                    return rule.head, text, base
        parts: list[str] = []
        path = False
        if self.self_type:
            self.leftovers = []
        while True:
            rule = self.plans[node.kind_id]
            role = rule.role
            if role is ROLE_MEMBER:
                prop = node.child_by_field_id(rule.property_field)
                target = node.child_by_field_id(rule.object_field)
                path = rule.rule.path
                if prop is None or target is None:
                    if path and prop is not None:  # `::name`
                        parts.append(self.text(prop))
                        parts.reverse()
                        return HEAD_TYPE, ".".join(parts), node
                    return HEAD_NAME, None, node
                if prop.start_byte < target.end_byte:
                    # tree-sitter looks for the field inside an aliased child first (`typeof a.b.c`).
                    prop = node.children_by_field_id(rule.property_field)[0]
                parts.append(self.text(prop))
                node = target
            elif role is ROLE_IDENTIFIER or role is ROLE_DOTTED:
                parts.append("".join(self.text(node).split()))
                parts.reverse()
                return (HEAD_TYPE if path or rule.names_type else HEAD_NAME), ".".join(parts), node
            elif role is ROLE_RECEIVER or role is ROLE_SUPER:
                parts.append(self.text(node))
                parts.reverse()
                if path:
                    return HEAD_TYPE, ".".join(parts), node
                return (HEAD_RECEIVER if role is ROLE_RECEIVER else HEAD_SUPER), ".".join(parts), node
            elif role is ROLE_CALL and parts and self.pack.super_call:
                callee = node.child_by_field_id(rule.callee_field)
                if callee is None or self.text(callee) != self.pack.super_call:
                    return HEAD_NAME, None, node
                parts.append("super")
                parts.reverse()
                return HEAD_SUPER, ".".join(parts), node
            elif rule.all_same and role is ROLE_NONE and node.named_child_count == 1:
                inner = node.named_child(0)
                if inner is None:
                    return HEAD_NAME, None, node
                node = inner
            elif rule.through and self.self_type:
                within = self.fields(node, rule)
                same = next((child for child, use in within if use is USE_SAME), None)
                if same is None:
                    return HEAD_NAME, None, node
                self.leftovers.extend(child for child, use in within if use is USE_EXPRESSION)
                node = same
            else:
                return HEAD_NAME, None, node

    def free_chain(self, node: Node) -> tuple[int, str | None, Node]:
        """Follow a chain whose names the link stage looks up: through calls (`a.b().c`) and type arguments.

        Returns:
            As `chain`; where the name leads through a call, the base is the outermost such call, which
            is yet to be walked, also if there is no name. `leftovers` are children outside that call that
            no name stands for.
        """
        parts: list[str] = []
        rules = self.rules
        self.leftovers = []
        leftovers: list[Node] = self.leftovers
        through: Node | None = None
        called = ""
        while True:
            rule = rules.get(node.kind_id)
            if rule is None:
                return HEAD_NAME, None, through or node
            role = rule.role
            if role is ROLE_MEMBER or (role is ROLE_CALL and rule.member_call):
                prop, target, own = None, None, called
                called, of_super = "", False
                if role is ROLE_CALL:
                    through, own = through or node, "()"
                for child, use in self.fields(node, rule):
                    if use is USE_PROPERTY:
                        prop = child
                    elif use is USE_OBJECT:
                        target = child
                    elif (inner := rules.get(child.kind_id)) is not None and inner.role is ROLE_SUPER:
                        of_super = True  # `Type.super.member`
                    elif through is None and use is USE_EXPRESSION:
                        leftovers.append(child)
                if prop is None:
                    return HEAD_NAME, None, through or node
                parts.append(self.text(prop) + own)
                if of_super:
                    parts.append("super")
                if target is None:
                    parts.reverse()
                    return (
                        (HEAD_NAME, ".".join(parts), through or node)
                        if role is ROLE_CALL
                        else (HEAD_NAME, None, through or node)
                    )
                node = target
            elif role is ROLE_IDENTIFIER or role is ROLE_DOTTED:
                parts.append(self.dotted_text(node, rule, leftovers if through is None else None) + called)
                parts.reverse()
                return (HEAD_TYPE if rule.names_type else HEAD_NAME), ".".join(parts), through or node
            elif role is ROLE_RECEIVER or role is ROLE_SUPER:
                if called:
                    return HEAD_NAME, None, through or node
                parts.append(self.receiver_text(node))
                parts.reverse()
                if parts[0] not in {"this", "super", "self"}:
                    return HEAD_NAME, ".".join(parts), through or node
                return (HEAD_RECEIVER if role is ROLE_RECEIVER else HEAD_SUPER), ".".join(parts), through or node
            elif role is ROLE_CALL and not called:
                callee = self.part(node, rule, USE_CALLEE)
                if callee is None:
                    return HEAD_NAME, None, through or node
                through = through or node
                if not self.goes_on(node, rule, callee):
                    called = "" if rule.opens_type else "()"
                node = callee
            elif role is ROLE_NONE:
                inside = [child for child, use in self.fields(node, rule) if use is USE_SAME]
                if not inside or (len(inside) > 1 and rule.all_same):
                    return HEAD_NAME, None, through or node
                if through is None:
                    leftovers.extend(c for c, use in self.fields(node, rule) if use is USE_EXPRESSION)
                node = inside[0]
            else:
                return HEAD_NAME, None, through or node

    def goes_on(self, node: Node, rule: CompiledRule, callee: Node) -> bool:
        """Say whether a call is the end of the one before it: `f(1) { … }` is one call with two arguments."""
        if not self.is_call(callee):
            return False
        own, inner = self.fields(node, rule), self.fields(callee, self.rules[callee.kind_id])
        ends, begins = (
            any(use is USE_ARGUMENTS and self.is_argument_list(one) for one, use in each) for each in (own, inner)
        )
        return begins and not ends

    def dotted_text(self, node: Node, rule: CompiledRule, leftovers: list[Node] | None) -> str:
        """Return a name without white space; of a node with other children than names, those names."""
        if rule.role is ROLE_IDENTIFIER or rule.plain:
            return "".join(self.text(node).split())
        names = []
        for child, use in self.fields(node, rule):
            if use is USE_NAME:
                names.append(self.text(child))
            elif leftovers is not None and use is USE_EXPRESSION:
                leftovers.append(child)
        return ".".join(names)

    def receiver_text(self, node: Node) -> str:
        """Return `this`, `self`, `super`, or of a labelled one (`this@Outer`) `Outer.this`."""
        text = self.text(node)
        keyword, at, label = text.partition("@")
        return f"{label}.{keyword}" if at else keyword.partition("<")[0]

    def part(self, node: Node, rule: CompiledRule, wanted: FieldUse) -> Node | None:
        """Return the first child that is read in one way."""
        if wanted not in rule.uses:
            return None
        return next((child for child, use in self.fields(node, rule) if use is wanted), None)

    def fields(self, node: Node, rule: CompiledRule) -> list[tuple[Node, FieldUse]]:
        """Return a node's named children in source order with how each is read."""
        if rule.by_first:
            return self.fields_of_firsts(node, rule)
        # Loops and not comprehensions: with so few children, making a function for each takes longer.
        found: list[tuple[Node, FieldUse]] = []
        star, by_kind, by_field = rule.star, rule.by_kind, rule.by_field
        if by_field:
            field_of = node.field_name_for_named_child
            for position, child in enumerate(node.named_children):
                use = by_field.get(field_of(position))
                if use is None:
                    use = by_kind.get(child.kind_id, star) if by_kind else star
                found.append((child, use))
        elif by_kind:
            for child in node.named_children:
                use = by_kind.get(child.kind_id, star)
                found.append((child, use))
        else:
            use = star
            for child in node.named_children:
                pair = child, use
                found.append(pair)
        if rule.by_position:
            self.place(found, rule, node)
        return found

    def fields_of_firsts(self, node: Node, rule: CompiledRule) -> list[tuple[Node, FieldUse]]:
        """Return children where the first of some kind is read in a way of its own."""
        found: list[tuple[Node, FieldUse]] = []
        seen: set[int] = set()
        for position, child in enumerate(node.named_children):
            kind = child.kind_id
            use = rule.by_field.get(node.field_name_for_named_child(position))
            if use is None and kind not in seen:
                use = rule.by_first.get(kind)
                seen.add(kind)
            found.append((child, use or rule.by_kind.get(kind) or rule.star))
        if rule.by_position:
            self.place(found, rule, node)
        return found

    def place(self, found: list[tuple[Node, FieldUse]], rule: CompiledRule, node: Node) -> None:
        """Give children without a field the uses of their positions."""
        rows = [row for row, (child, _) in enumerate(found) if not self.is_comment(child)]
        count = len(rows)
        for at, row in enumerate(rows):
            use = rule.by_position.get(at) or rule.by_position.get(at - count)
            if use is not None:
                found[row] = (found[row][0], use)

    def is_comment(self, node: Node) -> bool:
        """Say whether a node is a comment."""
        rule = self.rules.get(node.kind_id)
        return rule is not None and rule.role is ROLE_COMMENT

    def tokens(self, node: Node, rule: CompiledRule) -> tuple[str, ...]:
        """Return the modifiers that a node's own tokens spell, or those in a `MODIFIERS` child, in source order."""
        wanted = rule.modifier_ids
        if USE_MODIFIERS not in rule.uses:
            if not wanted:
                return ()
            own: tuple[str, ...] = ()
            for child in node.children:
                if child.kind_id in wanted:
                    own = (*own, self.text(child) if child.is_named else child.type)
            return own
        found: list[str] = []
        for child in node.children:
            if child.kind_id in wanted:
                found.append(self.text(child) if child.is_named else child.type)
            elif rule.by_kind.get(child.kind_id) is USE_MODIFIERS and child.kind_id in self.rules:
                found.extend(self.tokens(child, self.rules[child.kind_id]))
        return tuple(found)

    def decorators_in(self, node: Node) -> list[Node]:
        """Return the decorators in a `MODIFIERS` child."""
        return [child for child in node.named_children if self.plans[child.kind_id].role is ROLE_DECORATOR]

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
        number = frame.names.get(name, 0) + 1  # as `claim`
        frame.names[name] = number
        ids = frame.prefix + name if number == 1 else f"{frame.prefix}{name}~{number}"
        qualifier = self.package if frame.parent is None and self.qualifies(kind) else frame.fqn
        fqn = f"{qualifier}.{name}" if qualifier else name
        if modifiers or self.placed:
            visibility = self.visibility(frame, name, kind, modifiers or [])
        else:
            # Of names without modifiers, what was found once holds for the whole language.
            known = self.visibilities.get(name)
            visibility = known or self.visibilities.setdefault(name, self.visibility(frame, name, kind, []))
        ordinal = len(self.rows.nodes)
        self.rows.nodes.append(
            (
                f"{ids}@{self.suffix}",
                kind,
                name,
                fqn,
                frame.node_id,
                node.start_byte,
                node.end_byte,
                modifiers or [],
                visibility,
                is_test,
                signature,
                docstring,
                content_hash,
                metadata_text(metadata) if metadata else None,
            )
        )
        return ordinal, fqn, ids

    def visibility(self, frame: Frame, name: str, kind: str, modifiers: list[str]) -> str:
        """Apply the pack's rules for visibility."""
        rules = self.pack.visibility
        default = rules.default
        if rules.in_interfaces and (
            frame.kind == "interface" or kind in {"parameter", "import", "enum_member"} or "component" in modifiers
        ):
            default = rules.in_interfaces
        if rules.style == "pub" and (
            frame.kind in {"trait", "enum_member"} or kind in {"parameter", "enum_member"} or "override" in modifiers
        ):
            return "public"
        return visibility_of(name, modifiers, rules.style, default, rules.private_prefix)

    def qualifies(self, kind: str) -> bool:
        """Say whether the declared package, not the file, qualifies a top-level definition."""
        return self.pack.fqn.package and kind in _QUALIFIED_KINDS

    def digest(self, start_byte: int, end_byte: int) -> str:
        """Return BLAKE3-128 of a byte range, hex."""
        hasher = self.hasher  # one for all: making one takes longer than what it hashes, mostly
        hasher.reset()
        hasher.update(self.source[start_byte:end_byte])
        text: str = hasher.digest(16).hex()
        return text

    def export(self, wrap: Wrap | None, frame: Frame, name: str, ordinal: int) -> None:
        """Add an `exports` row if the wrapper exports and the frame is the module."""
        if wrap is not None and wrap.export and frame.parent is None:
            self.rows.exports.append(("default" if "default" in wrap.modifiers else name, ordinal, None, None))

    # -- the walk --------------------------------------------------------------------------------

    def walk(self, root: Node) -> FileRows:
        """Walk a file's tree and return its rows.

        Raises:
            OutOfTimeError: The deadline passed.
        """
        scope = self.open_module(root)
        self.intact = not root.has_error
        self.plain_calls = self.plain_calls and self.intact
        if self.language.calls_have_tokens and self.characters is not None:
            self.macro_arguments = read_arguments(
                self.language.language,
                root,
                self.source,
                lambda text: parsed(self.language.language, text, "utf8", self.deadline).root_node,
            )
        self.todo.extend(reversed(root.named_children))
        self.drain(scope)
        while self.deferred:
            self.drain(self.resume())
        self.finish()
        return self.rows

    def drain(self, scope: Scope) -> None:
        """Walk what lies on the stack; `scope` is where the next node stands."""
        actions, plans, chain, text, characters = self.actions, self.plans, self.chain, self.text, self.characters
        use = self.pending_uses.append
        written = characters if self.plain_calls else None
        ascii_only = self.ascii
        plain_calls, plain_definitions = self.plain_calls, self.plain_definitions and self.intact
        todo = self.todo
        take, push, push_nodes = todo.pop, todo.append, todo.extend
        ordinal = scope.frame.ordinal
        while todo:
            node = take()
            kind_id = node.kind_id
            action = actions[kind_id]
            while action == ACT_CHILDREN:
                count = node.named_child_count  # the first child need not lie on the stack
                if count == 1:
                    node = node.named_child(0)
                elif count == 2:
                    push(node.named_child(1))
                    node = node.named_child(0)
                elif count:
                    nodes = node.named_children
                    nodes.reverse()
                    node = nodes.pop()
                    push_nodes(nodes)
                elif todo:
                    node = take()
                else:
                    return
                kind_id = node.kind_id
                action = actions[kind_id]
            if action <= ACT_PARTS:
                if action == ACT_CALL:
                    rule = plans[kind_id]
                    if not (plain_calls and rule.calls_plainly and self.plain_call(node, scope)):
                        self.call(node, rule, scope)
                elif node.descendant_count != node.child_count + 1:  # some child has children itself
                    self.push_some(node, plans[kind_id])
            elif action <= ACT_MEMBER:
                if action == ACT_NAME:
                    start = node.start_byte
                    name = characters[start : node.end_byte] if characters is not None else text(node)
                    if not (ascii_only or name.isascii()):
                        name = text(node)
                    use((scope, "reference", ordinal, HEAD_NAME, name, start, -1))
                elif action == ACT_SCOPE:
                    scope = node
                    ordinal = scope.frame.ordinal
                elif action == ACT_MEMBER:
                    if written is not None:  # what `chain` does first: a call for each takes longer
                        start = node.start_byte
                        name = written[start : node.end_byte]
                        if name.replace(".", "0").isidentifier() and (ascii_only or name.isascii()):
                            base = node.named_child(0)
                            while (rule := plans[base.kind_id]).role is ROLE_MEMBER:
                                base = base.named_child(0)
                            if rule.head >= 0:
                                use((scope, "reference", ordinal, rule.head, name, start, -1))
                                continue
                    head, dotted, base = chain(node)
                    if dotted is not None:
                        use((scope, "reference", ordinal, head, dotted, node.start_byte, -1))
                        if self.leftovers:
                            self.push_leftovers(scope)
                    elif base.id != node.id:
                        push(base)
                    else:  # one side is missing (`::name`): what is there is walked
                        push_nodes(reversed(node.named_children))
                else:
                    node, mode, carry, inner = take()
                    if inner is not scope:
                        push(scope)
                        scope = inner
                        ordinal = scope.frame.ordinal
                    self.visit(node, plans[node.kind_id], mode, carry, scope)
            elif action <= ACT_DEFINITION and self.until_look > 1 and not scope.anonymous:
                self.until_look -= 1
                rule = plans[kind_id]
                if action == ACT_BINDER:
                    self.binder(node, rule, EXPR, None, scope)
                elif not (plain_definitions and rule.defines_plainly and self.plain_definition(node, rule, scope)):
                    self.definition(node, rule, None, scope)
            elif action == ACT_SOME:
                self.push_some(node, plans[kind_id])
            elif action == ACT_COUNT:
                scope.counter.decisions += plans[kind_id].complexity
                push_nodes(reversed(node.named_children))
            elif action == ACT_COMMENT:
                self.comment(node)
            else:
                self.visit(node, plans[kind_id], EXPR, None, scope)

    def push_some(self, node: Node, rule: CompiledRule) -> None:
        """Push those children of a node that are looked at."""
        skipped = rule.skipped
        if skipped:
            field_of = node.field_name_for_named_child
            if node.named_child_count == 2 and field_of(0) in skipped:  # `name=value`, by far the commonest
                if field_of(1) not in skipped:
                    self.todo.append(node.named_child(1))
                return
            nodes = [child for at, child in enumerate(node.named_children) if field_of(at) not in skipped]
        else:
            nodes = [child for child, how in self.fields(node, rule) if how is not USE_SKIP]
        nodes.reverse()
        self.todo.extend(nodes)

    def look_at_clock(self) -> None:
        """Stop the walk if its time is up."""
        if self.deadline.passed():
            raise OutOfTimeError
        self.until_look = _VISITS_PER_LOOK

    def visit(self, node: Node, rule: CompiledRule, mode: int, carry: Any, scope: Scope) -> None:
        """Deal with a node by its role. What it pushes is walked next."""
        self.until_look -= 1
        if not self.until_look:
            self.look_at_clock()
        if mode == MEMBER:
            self.bare_member(node, scope)
            return
        if rule.role is ROLE_IDENTIFIER:
            if mode == EXPR:
                head = HEAD_TYPE if rule.names_type else HEAD_NAME
                self.pending_uses.append(
                    (scope, "reference", scope.frame.ordinal, head, self.text(node), node.start_byte, -1)
                )
            elif name := self.text(node):
                self.bind_name(name, node, mode, carry, scope)
            return
        role = rule.role
        if role is ROLE_MEMBER and not rule.complexity:
            self.member(node, mode, carry, scope)
            return
        if rule.complexity:
            self.count(node, rule, scope)
        if (rule.below and not self.below(node, rule)) or (scope.anonymous and role in _MAKERS):
            role = ROLE_SCOPE
        elif rule.owner:
            lead = rust.take_lead(self, node.start_byte)
            self.deferred.append(Deferred(node, rule, carry, scope, (self.comment_start, self.comment_end), lead))
            return
        if role is ROLE_BINDER:
            if mode == PARAM:
                self.plain(node, rule, mode, carry, scope)
            else:
                self.binder(node, rule, mode, carry, scope)
        elif role is ROLE_DEFINITION:
            lent = carry if isinstance(carry, Wrap) else None
            if (
                lent is None
                or not (self.plain_definitions and self.intact and rule.defines_plainly)
                or not self.plain_definition(node, rule, scope, lent)
            ):
                self.definition(node, rule, carry, scope)
        elif role is ROLE_NONE or role is ROLE_ARGUMENTS or role is ROLE_STRING:
            self.plain(node, rule, mode, carry, scope)
        elif role is ROLE_MEMBER:
            self.member(node, mode, carry, scope)
        elif role is ROLE_CALL:
            self.call(node, rule, scope)
        elif role is ROLE_DOTTED:
            self.dotted_name(node, mode, carry, scope)
        elif role is ROLE_WRAPPER or role is ROLE_EXPORT:
            self.wrapper(node, rule, carry, scope)
        elif role is ROLE_DECORATOR:
            self.decorator(node, scope, None)
        elif role is ROLE_IMPORT:
            import_forms.read_import(self, node, rule, scope)
        elif role is ROLE_SCOPE:
            self.inner_scope(node, rule, scope)
        elif role is ROLE_OUTER_NAMES:
            self.outer_names(node, rule, scope)
        elif role is ROLE_YIELD:
            self.generators.add(scope.frame.ordinal)
            self.plain(node, rule, EXPR, None, scope)
        elif role is ROLE_COMMENT:
            self.comment(node)
        elif role is ROLE_PACKAGE:
            body = self.part(node, rule, FieldUse.BODY)
            if body is not None and packages.is_decided(self):
                self.definition(node, rule, carry, scope)  # a file has one package; a second one is a namespace in it
                return
            packages.read_package(self, node, rule)
            if body is not None:
                self.push_nodes([body], scope, scope)
        elif role is ROLE_ATTRIBUTE:
            if not rule.rule.modifiers:
                rust.note_lead(self, node)
        elif role is ROLE_POSITIONS:
            rust.positions(self, node, rule, scope)
        elif role is ROLE_RECEIVER and mode == PARAM and rule.rule.kind:
            self.bind_name(self.text(node), node, mode, carry, scope)

    def lend(self, modifiers: tuple[str, ...], node: Node) -> Wrap:
        """Return what a definition is lent where nothing wraps it: modifiers alone."""
        return Wrap(modifiers, node)

    def add_import(
        self,
        scope: Scope,
        node: Node,
        statement: Node,
        module: str,
        name: str | None,
        alias: str | None,
        local: str | None,
        given: rust.Given,
    ) -> int:
        """Add an import's rows; see `imports.add_import`."""
        return import_forms.add_import(self, scope, node, statement, module, name, alias, local, given)

    def push_leftovers(self, scope: Scope) -> None:
        """Walk what the last chain left unread."""
        if self.leftovers:
            self.push_nodes(self.leftovers, scope, scope)
            self.leftovers = []

    def resume(self) -> Scope:
        """Begin the first of what waited for the rest of the file; return where it stands."""
        item = self.deferred.popleft()
        self.comment_start, self.comment_end = item.comment
        self.lead, self.lead_end = item.lead, item.node.start_byte
        if item.rule.role is ROLE_EXTENSION:
            rust.extension(self, item.node, item.rule, item.scope)
            return item.scope
        owner = self.owner_frame(item.node, item.rule, item.scope)
        self.definition(item.node, item.rule, item.carry, item.scope, owner)
        return item.scope

    def push_all(self, items: list[tuple[Node, int, Any, Scope]], scope: Scope) -> None:
        """Push work so that the first item is walked first.

        Args:
            items: Nodes with how and where they are read.
            scope: Where what lies on the stack already is read.
        """
        if not items:
            return
        push = self.todo.append
        after = scope
        items.reverse()
        for item in items:
            node, mode, carry, inner = item
            if mode or carry is not None:
                push(item)
                push(WORK)
            else:
                if inner is not after:
                    push(after)
                    after = inner
                push(node)
        if after is not scope:
            push(after)

    def push_nodes(self, nodes: list[Node], inner: Scope, scope: Scope) -> None:
        """Push nodes that are read as expressions in a scope; see `push_all`."""
        if inner is not scope:
            self.todo.append(scope)
        nodes.reverse()
        self.todo.extend(nodes)
        if inner is not scope:
            self.todo.append(inner)

    def count(self, node: Node, rule: CompiledRule, scope: Scope) -> None:
        """Add a kind's decisions to the enclosing function."""
        if rule.parents:
            parent = node.parent
            if parent is None or parent.type not in rule.parents:
                return
        if rule.operators:
            operators, found = rule.operators, 0
            for child in node.children:
                if child.kind_id in operators:
                    found += 1
            if rule.rule.opens == "tokens":
                scope.counter.decisions += rule.complexity * found
                return
            if not found:
                return
        if rule.rule.irrefutable and self.irrefutable(node, rule):
            return
        if rule.complexity < 0 and all(self.is_comment(child) for child in node.named_children):
            return  # branches that are not there
        scope.counter.decisions += rule.complexity

    def below(self, node: Node, rule: CompiledRule) -> bool:
        """Say whether a node stands where its kind makes rows."""
        parent = node.parent
        return parent is not None and parent.type in rule.below

    def irrefutable(self, node: Node, rule: CompiledRule) -> bool:
        """Say whether a branch's pattern matches everything."""
        patterns = [child for child, use in self.fields(node, rule) if use is USE_BIND]
        if len(patterns) != 1:
            return False
        pattern = patterns[0]
        text = self.text(pattern)
        while pattern.named_child_count == 1:
            pattern = pattern.named_child(0)
        inner = self.rules.get(pattern.kind_id)
        single = inner is not None and inner.role is ROLE_IDENTIFIER and self.text(pattern) == text
        return text in rule.rule.irrefutable or ("*" in rule.rule.irrefutable and single)

    def plain(self, node: Node, rule: CompiledRule, mode: int, carry: Any, scope: Scope) -> None:
        """Walk a node that only says how its children are read."""
        if mode == PARAM and rule.parameter_list:
            self.parameters(node, carry, scope)
            return
        around = scope
        if isinstance(carry, Members):
            if rule.rule.opens == "object" and (owner := self.object_frame(carry, scope)) is not None:
                self.object_members(node, owner, scope)
                return
            carry = None
        if rule.rule.complexity_stops:
            scope = scope.uncounted(Counter())
        if rule.rule.opens == "object" and scope.frame.is_type:
            scope = scope.block()  # what an object literal holds is no member of the type around it
        if rule.plain or (mode == EXPR and rule.all_same):
            self.push_nodes(node.named_children, scope, around)
            return
        if mode == EXPR:
            items: list[tuple[Node, int, Any, Scope]] = []
            for child, use in self.fields(node, rule):
                if use is USE_EXPRESSION or use is USE_SAME:
                    items.append((child, EXPR, None, scope))
                elif use is USE_ROW:
                    items.append((child, MEMBER, None, scope))
                elif not self.special(child, use):
                    items.append((child, EXPR, None, scope))
            self.push_all(items, around)
            return
        if mode == PARAM:
            carry = self.parameter_carry(node, rule, carry)
        elif self.free and USE_TYPE in rule.uses:
            type_ = self.part(node, rule, USE_TYPE)
            carry = carry if type_ is None else evolve(carry, annotation=self.annotation_text(type_))
        items = []
        plans = self.plans
        key: str | None = None
        listed = mode == PARAM and rule.rule.opens == "list"
        children = self.fields(node, rule)
        for position, (child, use) in enumerate(children):
            if use is USE_SAME or (mode == PARAM and use is USE_BIND):
                inner = self.listed_parameter(children, position, carry) if listed else carry
                if mode == BIND and carry.module is not None:
                    inner = import_forms.descend(carry, key, rule)
                if not items and plans[child.kind_id].action == ACT_NAME and (name := self.text(child)):
                    self.bind_name(name, child, mode, inner, scope)  # what the walk would do next
                else:
                    items.append((child, mode, inner, scope))
            elif use is USE_DEFAULT:
                # Where a default is itself a decision of the function, it is evaluated in it: it sees the parameters,
                # and the decisions inside it count for the function too.
                around_it = mode == PARAM and scope.parent is not None and not rule.complexity
                outer = scope.parent if around_it and scope.parent is not None else scope
                counter = scope.counter if rule.complexity else Counter()
                items.append((child, EXPR, None, outer.uncounted(counter)))
            elif use is USE_PROPERTY:
                key = self.name_text(child)
                if key is None:
                    items.append((child, EXPR, None, scope))
            elif not self.special(child, use):
                items.append((child, EXPR, None, scope))
        self.push_all(items, around)

    def object_frame(self, members: Members, scope: Scope) -> Frame | None:
        """Return the frame that the members of an object literal belong to; one for a variable is made."""
        if members.owner is not None or members.binding is None or members.binding.made is None:
            return members.owner
        ordinal, fqn, ids = members.binding.made
        parent = scope.frame
        frame = Frame(ordinal, parent, "object", fqn, ids, f"{ids}@{self.suffix}")
        frame.is_test = parent.is_test
        self.frames.append(frame)
        if self.holders is not None:
            self.holders[ordinal] = frame
        return frame

    def object_members(self, node: Node, owner: Frame, scope: Scope) -> None:
        """Walk an object literal whose functions are members of what it is assigned to, and so are objects in it."""
        items: list[tuple[Node, int, Any, Scope]] = []
        for child in node.named_children:
            plan = self.plans[child.kind_id]
            carry: Any = None
            if plan.role is ROLE_DEFINITION:
                carry = Named("", None, child.start_byte, None, 0, owner)
            elif plan.role is ROLE_BINDER:
                carry = Members(owner)
            items.append((child, EXPR, carry, scope))
        self.push_all(items, scope)

    def holder_of(self, target: Node, scope: Scope, *, whole: bool = False) -> Frame | None:
        """Return what a member that is assigned belongs to: a class, function or object of the file by its name.

        Args:
            target: `name.member`, `name.prototype.member`; with `whole`, `name` or `name.prototype` itself.
            scope: Where it stands.
            whole: Whether all members are assigned at once.
        """
        if self.holders is None:
            return None
        head, text, _ = self.chain(target)
        parts = text.split(".") if text is not None and head == HEAD_NAME else []
        own = parts[1:] if whole else parts[1:-1]
        if not parts or own not in ([], ["prototype"]) or not (whole or len(parts) > 1):
            return None
        bound = scope.lookup(parts[0])
        return None if bound is None or bound[1] < 0 or bound[2] else self.holders.get(bound[1])

    def parameters(self, node: Node, carry: Parameter, scope: Scope) -> None:
        """Walk a list of parameters; those before the first that is more than a name are added at once."""
        nodes = node.named_children
        actions, text = self.actions, self.text
        plain = self.plain_parameters and carry is NO_FACTS and not self.pending_decorators and not self.promised
        for position, child in enumerate(nodes):
            if actions[child.kind_id] != ACT_NAME or not (name := text(child)):
                for each in reversed(nodes[position:]):
                    self.todo.append((each, PARAM, carry, scope))
                    self.todo.append(WORK)
                return
            if plain:
                self.plain_parameter(name, child, scope)
            else:
                self.bind_name(name, child, PARAM, carry, scope)

    def plain_parameter(self, name: str, node: Node, scope: Scope) -> None:
        """Add the row of a parameter that is nothing but a name, and bind it; see `parameter` and `row`."""
        if name == self.blank:
            return
        frame = scope.frame
        number = frame.names.get(name, 0) + 1
        frame.names[name] = number
        self.rows.nodes.append(
            (
                f"{frame.prefix}{name}@{self.suffix}"
                if number == 1
                else f"{frame.prefix}{name}~{number}@{self.suffix}",
                "parameter",
                name,
                f"{frame.fqn}.{name}" if frame.fqn else name,
                frame.node_id,
                node.start_byte,
                node.end_byte,
                [],
                self.visibilities.get(name)
                or self.visibilities.setdefault(name, self.visibility(frame, name, "parameter", [])),
                False,
                None,
                None,
                None,
                None,
            )
        )
        frame.parameters += 1
        if frame.parameters == 1 and self.pack.self_parameter and not frame.static:
            owner = frame.parent
            if owner is not None and owner.is_type:
                receiver = RECEIVER_CLASS if frame.class_receiver else RECEIVER_INSTANCE
                scope.bind(name, RANK_LOCAL, owner.ordinal, receiver)
                return
        if name in scope.names:
            scope.bind(name, RANK_LOCAL, LOCAL)
        else:
            scope.names[name] = A_LOCAL

    def listed_parameter(self, children: list[tuple[Node, FieldUse]], position: int, carry: Parameter) -> Parameter:
        """Return what a parameter takes from its neighbours in a list: modifiers before it, a default after it."""
        before, after = position - 1, position + 1
        while before >= 0 and self.is_comment(children[before][0]):
            before -= 1
        while after < len(children) and self.is_comment(children[after][0]):
            after += 1
        modifiers, default = carry.modifiers, carry.default
        if before >= 0 and children[before][1] is USE_MODIFIERS:
            held = children[before][0]
            modifiers = (*modifiers, *self.tokens(held, self.plans[held.kind_id]))
        if after < len(children) and children[after][1] is USE_DEFAULT:
            default = self.short(children[after][0])
        return evolve(carry, modifiers=modifiers, default=default)

    def special(self, child: Node, use: FieldUse) -> bool:
        """Handle a child that is not walked as an expression; return whether it was."""
        if use is USE_NAME or use is USE_PROPERTY:
            return self.name_text(child) is not None
        if use is USE_COMPONENT:
            text = self.text(child)
            return "." not in text and text[:1].islower()
        if use is USE_KEY:
            return self.is_lone_name(child)
        return use is USE_SKIP

    def is_lone_name(self, node: Node) -> bool:
        """Say whether a node is nothing but one identifier."""
        while True:
            rule = self.rules.get(node.kind_id)
            if rule is not None:
                return rule.role is ROLE_IDENTIFIER
            if node.named_child_count != 1:
                return False
            node = node.named_children[0]

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
        if rule.rule.anonymous and inner is not scope:
            inner.anonymous = True
        if rule.plain:
            self.push_nodes(node.named_children, inner, scope)
            return
        items: list[tuple[Node, int, Any, Scope]] = []
        for child, use in self.fields(node, rule):
            bound = use is USE_BIND or use is USE_PARAMETERS or use is USE_RESULTS
            if bound and (use is not USE_RESULTS or self.is_list(child)):
                items.append((child, BIND, Binding(rule, node, None), inner))
            elif not self.special(child, use):
                items.append((child, EXPR, None, inner))
        self.push_all(items, scope)

    # -- names -----------------------------------------------------------------------------------

    def bind_name(self, name: str, node: Node, mode: int, carry: Any, scope: Scope) -> None:
        """Bind a name where names are bound."""
        if name == self.blank:
            return
        if self.pack.capital_patterns and "A" <= name[:1] <= "Z" and (mode == PARAM or not carry.rule.names_types):
            entry = (scope, "reference", scope.frame.ordinal, HEAD_NAME, name, node.start_byte, -1)
            self.pending_uses.append(entry)
            return
        if mode == PARAM:
            self.parameter(name, node, carry, scope)
            if self.promised and node.start_byte in self.promised:
                import_forms.bind_promised(self, name, node, scope)
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
            if self.free and self.pending_decorators:
                self.take_decorators(frame, frame.ordinal, "reference")
            rank = RANK_DEFINITION if binding.rule.names_types else RANK_LOCAL
            known = self.local_of_type(binding.annotation) if binding.annotation else LOCAL
            since = binding.node.end_byte if binding.rule.rule.late and frame.is_function else 0
            if self.self_type:
                if binding.rule.names_types:
                    rust_values.note_bounds(self, name, binding.node.child_by_field_name("bounds"), target)
                else:
                    rust_values.note_local(self, name, node, binding.node, target, since)
            target.bind(name, rank, known, since=since)
            return
        ordinal = self.variable_row(name, node, binding, frame)
        if (
            ordinal is not None
            and not self.free
            and (not frame.is_type or self.pack.members_bind or frame.kind == "enum")
        ):
            target.bind(name, RANK_VARIABLE, ordinal)

    def local_of_type(self, annotation: str | None) -> int:
        """Return the target of a local: one that knows its declared type, if that is a plain name."""
        if not self.free or not annotation:
            return LOCAL
        name = type_name(annotation)
        if name is None:
            return LOCAL
        self.types.append(name)
        return -1 - len(self.types)

    def variable_row(self, name: str, node: Node, binding: Binding, frame: Frame) -> int | None:
        """Add the row of a variable, constant or field, unless the frame has it already."""
        if name in frame.variables:
            return None
        frame.variables.add(name)
        rule = binding.rule.rule
        wrap = binding.wrap
        owned = frame.kind == "object"
        modifiers = [*(wrap.modifiers if wrap else ()), *rule.modifiers, *self.tokens(binding.node, binding.rule)]
        if binding.embedded:
            modifiers.append("embedded")
        if frame.is_type:
            # Where a base makes a class an enum, what is assigned in it are its members.
            listed = frame.kind == "enum" and not self.free
            kind = "enum_member" if listed else rule.member_kind or rule.kind
            if kind == "field" and any(m in self.pack.property_modifiers for m in modifiers):
                kind = "property"
        else:
            kind = rule.member_kind if owned else rule.kind
            if kind == "variable" and self.is_constant(name, rule.constant_tokens, modifiers):
                kind = "constant"
        start = (wrap.start if wrap else binding.node).start_byte
        if self.pending_decorators:
            start = self.outer_start(start, frame)
        lead = rust.take_lead(self, start) if self.lead else []
        metadata: dict[str, Any] = {}
        if binding.annotation:
            metadata["annotation"] = binding.annotation
        if binding.extended is not None:
            modifiers.append("extension")
            metadata["receiver"] = binding.extended
        if binding.value is not None and name == self.pack.imports.export_list:
            strings = self.literal_strings(binding.value)
            if strings is not None:
                metadata["strings"] = strings
        decorators = self.take_decorators(frame, len(self.rows.nodes)) if self.pending_decorators else []
        if lead:
            decorators += rust.attributes(self, lead)
        if decorators:
            metadata["decorators"] = decorators
        end = binding.node.end_byte
        if wrap:
            end = max(end, wrap.start.end_byte)
        binding.made = self.row(
            frame,
            name,
            kind,
            binding.node,
            modifiers=modifiers,
            docstring=rust.documentation(self, lead, None) if self.documented else self.leading_comment(start),
            content_hash=self.digest(start, end),
            metadata=metadata,
        )
        ordinal = binding.made[0]
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
        if rule.rule.opens == "list" or (rule.all_same and not rule.modifier_ids and not rule.rule.modifiers):
            return known
        annotation, default = known.annotation, known.default
        own = (*rule.rule.modifiers, *self.tokens(node, rule))
        modifiers = (*known.modifiers, *(m for m in own if m not in known.modifiers))
        for child, use in self.fields(node, rule) if rule.tells_parameters else ():
            if use is USE_TYPE:
                annotation = self.annotation_text(child)
            elif use is USE_DEFAULT:
                default = self.short(child)
        return Parameter(annotation, default, modifiers, known.receiver)

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
        modifiers: list[str] = []
        if carry.modifiers:
            made = _PARAMETER_FIELD_MODIFIERS
            if self.free:
                properties = not _PROPERTY_MODIFIERS.isdisjoint(carry.modifiers)
                made = frozenset(carry.modifiers) if properties else frozenset()
            modifiers = [m for m in carry.modifiers if m not in made]
        decorators = self.take_decorators(frame, len(self.rows.nodes)) if self.pending_decorators else None
        if decorators:
            metadata["decorators"] = decorators
        if self.free and frame.is_type:
            # What a record is made of.
            digest = self.digest(node.start_byte, node.end_byte)
            self.row(
                frame, name, "field", node, modifiers=["component", *modifiers], content_hash=digest, metadata=metadata
            )
            return
        self.row(frame, name, "parameter", node, modifiers=modifiers, metadata=metadata)
        frame.parameters += 1
        owner = frame.parent
        in_type = owner is not None and owner.is_type
        if carry.receiver and owner is not None and in_type:
            scope.bind(name, RANK_LOCAL, self.receiver_target(owner), RECEIVER_INSTANCE)
        elif owner is not None and self.pack.self_parameter and in_type and frame.parameters == 1 and not frame.static:
            receiver = RECEIVER_CLASS if frame.class_receiver else RECEIVER_INSTANCE
            scope.bind(name, RANK_LOCAL, owner.ordinal, receiver)
        else:
            known = None if "variadic" in modifiers or "vararg" in modifiers else carry.annotation
            if self.self_type:
                rust_values.note_parameter(self, name, node, scope)
            scope.bind(name, RANK_LOCAL, self.local_of_type(known) if known else LOCAL)
        if owner is not None and in_type and len(modifiers) != len(carry.modifiers) and name not in owner.variables:
            owner.variables.add(name)
            fields = [m for m in carry.modifiers if m in made]
            kind = "property" if self.free else "field"
            annotation = {"annotation": carry.annotation} if carry.annotation else None
            digest = self.digest(node.start_byte, node.end_byte)
            self.row(owner, name, kind, node, modifiers=fields, content_hash=digest, metadata=annotation)

    def dotted_name(self, node: Node, mode: int, carry: Any, scope: Scope) -> None:
        """Walk a node of identifiers joined by dots."""
        if self.free:
            head, free_name, _ = self.chain(node)
            self.pending_uses.append(
                (scope, "reference", scope.frame.ordinal, head, free_name or "", node.start_byte, -1)
            )
            self.push_leftovers(scope)
            return
        name = "".join(self.text(node).split())
        if mode == EXPR or "." in name:
            self.pending_uses.append((scope, "reference", scope.frame.ordinal, HEAD_NAME, name, node.start_byte, -1))
        elif name:
            self.bind_name(name, node, mode, carry, scope)

    def member(self, node: Node, mode: int, carry: Any, scope: Scope) -> None:
        """Walk a member access: a reference, or a field of the receiver where names are bound."""
        head, name, base = self.chain(node)
        if self.free:
            self.free_member(node, head, name, base, scope)
            return
        if mode == BIND and name is not None and name.count(".") == 1:
            owner = self.receiver_type(head, name, scope)
            if owner is not None:
                self.field_of_receiver(name.partition(".")[2], carry, owner)
                return
        if name is not None:
            self.pending_uses.append((scope, "reference", scope.frame.ordinal, head, name, node.start_byte, -1))
            self.push_leftovers(scope)
        elif base.id != node.id:
            self.todo.append(base)
        else:  # one side is missing (`::name`): what is there is walked
            self.todo.extend(reversed(node.named_children))

    def free_member(self, node: Node, head: int, name: str | None, base: Node, scope: Scope) -> None:
        """Walk a member access or a method reference whose names the link stage looks up."""
        if name is None and base == node:
            self.push_nodes(node.named_children, scope, scope)
            return
        if name is not None:
            use = "method" if self.rules[node.kind_id].opens_function else "reference"
            self.pending_uses.append((scope, use, scope.frame.ordinal, head, name, node.start_byte, -1))
            self.push_leftovers(scope)
        if name is None or self.is_call(base):
            self.todo.append(base)

    def is_call(self, node: Node) -> bool:
        """Say whether a node is a call."""
        rule = self.rules.get(node.kind_id)
        return rule is not None and rule.role is ROLE_CALL

    def receiver_type(self, head: int, name: str, scope: Scope) -> Frame | None:
        """Return the type whose receiver a dotted name starts with, or None."""
        if head == HEAD_RECEIVER:
            return self.enclosing_type(scope.frame)
        if head == HEAD_NAME and self.pack.self_parameter:
            binding = scope.lookup(name.partition(".")[0])
            if binding is not None and binding[2]:
                known = self.type_frames.get(binding[1])
                return known or next(frame for frame in self.frames if frame.ordinal == binding[1])
        return None

    def enclosing_type(self, frame: Frame | None) -> Frame | None:
        """Return the type that `this` belongs to inside a frame, or None."""
        while frame is not None:
            if frame.is_type:
                return frame
            if not frame.is_function:
                return None
            if frame.parent is not None and frame.is_member and (frame.parent.is_type or not frame.lexical_receiver):
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
        if rule.rule.opens == "group" and self.is_group(node):
            self.push_nodes(node.named_children, scope, scope)
            return
        modifiers = (*(outer.modifiers if outer else ()), *rule.rule.modifiers, *self.tokens(node, rule))
        wrap = Wrap(
            modifiers,
            outer.start if outer else node,
            rule.rule.hoist or (outer is not None and outer.hoist),
            rule.role is ROLE_EXPORT or (outer is not None and outer.export),
            outer.annotation if outer else None,
        )
        if USE_TYPE in rule.uses:
            type_ = self.part(node, rule, USE_TYPE)
            wrap.annotation = self.annotation_text(type_) if type_ is not None else None
        if rule.role is ROLE_EXPORT and import_forms.read_export(self, node, rule, scope):
            return
        if rule.plain:
            todo = self.todo
            nodes = node.named_children
            nodes.reverse()
            for child in nodes:
                todo.append((child, EXPR, wrap, scope))
                todo.append(WORK)
            return
        items: list[tuple[Node, int, Any, Scope]] = []
        for child, use in self.fields(node, rule):
            if use is USE_BIND:
                # A declaration without a value has no binder of its own (Lua's `local x`).
                items.append((child, BIND, Binding(rule, node, outer, hoist=wrap.hoist), scope))
            elif not self.special(child, use):
                items.append((child, EXPR, wrap, scope))
        self.push_all(items, scope)

    def is_group(self, node: Node) -> bool:
        """Say whether a declaration has parentheses around what it declares: `const (…)`."""
        first = next(iter(node.named_children), None)
        return first is not None and b"(" in self.source[node.start_byte : first.start_byte]

    def binder(self, node: Node, rule: CompiledRule, mode: int, carry: Any, scope: Scope) -> None:
        """Walk something that binds names: assignment, declarator, loop, clause, field, key."""
        if carry is None:
            if self.plain_locals and rule.binds_plainly and self.plain_assignment(node, rule, scope, bare=True):
                return
            if self.plain_members and rule.names_plainly and self.plain_member(node, rule):
                return
        elif (
            rule.binds_plainly
            and self.plain_locals
            and isinstance(carry, Wrap)
            and not carry.hoist
            and self.plain_assignment(node, rule, scope, bare=False)
        ):
            return
        children = self.target_and_value(node, rule) or self.fields(node, rule)
        wrap = carry if isinstance(carry, Wrap) else None
        around = scope
        if rule.rule.opens == "block":
            scope = scope.block()
        binding = Binding(rule, node, wrap, hoist=rule.rule.hoist or (wrap is not None and wrap.hoist))
        binding.annotation = wrap.annotation if wrap else None
        plans = self.plans
        value: Node | None = None
        target: Node | None = None
        targets = 0
        for position, (child, use) in enumerate(children):
            if use is USE_VALUE:
                value = self.sole(child)
                children[position] = (value, use)
            elif use is USE_TYPE:
                binding.annotation = self.annotation_text(child)
            elif use is USE_EXTENDED:
                binding.extended = self.annotation_text(child)
            elif use is USE_BIND or use is USE_NAME or use is USE_ASSIGN:
                target = self.sole(child)
                targets += 1
                children[position] = (target, use)
        embedded = self.embedded(children, binding, scope) if rule.rule.embeds and not targets else None
        named: Named | None = None
        members: Members | None = None
        if value is not None:
            if target is not None and targets == 1 and plans[value.kind_id].takes_name:
                named = self.named_value(value, target, binding, scope)
            if named is None:
                self.value_facts(value, binding, scope)
                if self.holders is not None and target is not None and plans[value.kind_id].rule.opens == "object":
                    members = self.members_of(target, binding, carry, scope)
            elif isinstance(carry, Members):
                named.owner = carry.owner
        items: list[tuple[Node, int, Any, Scope]] = []
        for child, use in children:
            if child == embedded:
                continue
            if use is USE_EXPRESSION:
                if plans[child.kind_id].role is ROLE_DECORATOR:
                    self.decorator(child, scope, None)
                else:
                    items.append((child, EXPR, None, scope))
            elif use is USE_SAME:
                items.append((child, mode, carry if mode != EXPR else None, scope))
            elif use is USE_BIND:
                if named is None:
                    if not items and plans[child.kind_id].action == ACT_NAME and (bound := self.text(child)):
                        self.bind_name(bound, child, BIND, binding, scope)  # what the walk would do next
                    else:
                        items.append((child, BIND, binding, scope))
                elif named.scope is None:
                    items.append((self.chain(child)[2], EXPR, None, scope))
            elif use is USE_ASSIGN:
                if plans[child.kind_id].role is ROLE_MEMBER and named is None:
                    items.append((child, BIND, binding, scope))
                else:
                    items.append((child, EXPR, None, scope))
            elif use is USE_NAME:
                name = self.name_text(child)
                if name is None:
                    items.append((child, EXPR, None, scope))
                elif named is None and rule.rule.rows:
                    self.member_row(name, child, binding, scope)
                elif members is not None and isinstance(carry, Members) and carry.owner is not None:
                    self.variable_row(name, child, binding, carry.owner)  # an object in an object
                    members.owner = None if binding.made is None else self.object_frame(Members(None, binding), scope)
            elif use is USE_VALUE:
                items.append((child, EXPR, named if named is not None else members, scope))
            elif use is USE_MODIFIERS:
                for decorator in self.decorators_in(child):
                    self.decorator(decorator, scope, None)
            elif plans[child.kind_id].role is ROLE_DECORATOR:
                self.decorator(child, scope, None)
            elif not self.special(child, use):
                items.append((child, EXPR, None, scope))
        if self.holders is not None and scope.frame.parent is None and target is not None and value is not None:
            import_forms.assigned_export(self, target, value, scope)
        self.push_all(items, around)

    def target_and_value(self, node: Node, rule: CompiledRule) -> list[tuple[Node, FieldUse]] | None:
        """Return what `fields` does of a binder that has nothing but a target and a value, or None."""
        if not (rule.binds_plainly and self.intact and node.named_child_count == 2):
            return None
        target, value = node.child_by_field_id(rule.target_field), node.child_by_field_id(rule.value_field)
        if target is None or value is None or not value.is_named or not target.is_named:
            return None
        return [(target, USE_BIND), (value, USE_VALUE)]

    def members_of(self, target: Node, binding: Binding, carry: Any, scope: Scope) -> Members | None:
        """Return what the functions in an assigned object literal are members of."""
        if isinstance(carry, Members):
            return Members(None)
        plan = self.plans[target.kind_id]
        if plan.role is ROLE_IDENTIFIER and USE_BIND in binding.rule.uses:
            return Members(None, binding)
        owner = self.holder_of(target, scope, whole=True) if plan.role is ROLE_MEMBER else None
        return Members(owner) if owner is not None else None

    def plain_assignment(self, node: Node, rule: CompiledRule, scope: Scope, *, bare: bool) -> bool:
        """Bind the target of `name = value`, the commonest binder, and walk the value; False if it is another.

        Args:
            node: The binder.
            rule: Its rule, one of nothing but a target and a value.
            scope: Where it stands.
            bare: Whether nothing around it lends it anything: then it may have a row, or assign a receiver's member.
        """
        in_function = scope.frame.is_function
        if not (in_function or bare) or scope.outer is not None or node.named_child_count != 2:
            return False
        target, value = node.child_by_field_id(rule.target_field), node.child_by_field_id(rule.value_field)
        if target is None or value is None or not value.is_named:
            return False
        made = self.plans[value.kind_id]
        if made.lists or made.takes_name or rule.rule.late:
            return False
        if self.holders is not None and made.rule.opens == "object":
            return False
        if self.import_calls and made.may_import and import_forms.required(self, value, scope) is not None:
            return False
        action = self.actions[target.kind_id]
        if action != ACT_NAME:
            if action != ACT_MEMBER or not (bare and self.plain_targets and self.intact):
                return False
            self.todo.append(value)
            self.assigned_member(target, node, rule, scope)
            return True
        name = self.text(target)
        if not name:
            return False
        if not in_function:
            if not (self.plain_targets and self.intact) or not self.plain_variable(name, node, rule, scope):
                return False
        elif name != self.blank:
            if name in scope.names:
                scope.bind(name, RANK_LOCAL, LOCAL)
            else:
                scope.names[name] = A_LOCAL
        self.todo.append(value)
        return True

    def assigned_member(self, target: Node, node: Node, rule: CompiledRule, scope: Scope) -> None:
        """Walk the target of `a.b = value`: a field, if `a` is the receiver; see `member`."""
        head, name, base = self.chain(target)
        if name is not None:
            receiver, _, member = name.partition(".")
            if member and "." not in member:
                owner = self.receiver_type(head, receiver, scope)
                if owner is not None:
                    if member not in owner.names and member not in owner.variables:  # most are known already
                        self.field_of_receiver(member, Binding(rule, node, None), owner)
                    return
            self.pending_uses.append((scope, "reference", scope.frame.ordinal, head, name, target.start_byte, -1))
            self.push_leftovers(scope)
        elif base.id != target.id:
            self.todo.append(base)
        else:
            self.todo.extend(reversed(target.named_children))

    def plain_variable(self, name: str, node: Node, rule: CompiledRule, scope: Scope) -> bool:
        """Bind the name of `name = value` outside functions and add its row; False if more is read.

        Does what `variable` and `variable_row` do of it.
        """
        spec, frame = rule.rule, scope.frame
        if rule.modifier_ids or self.pending_decorators or self.lead or name == self.pack.imports.export_list:
            return False
        if name == self.blank:
            return True
        if scope.home is not scope or not spec.rows:
            scope.bind(name, RANK_LOCAL, LOCAL)
            return True
        if name in frame.variables:
            return True
        frame.variables.add(name)
        modifiers = list(spec.modifiers)
        if frame.is_type:
            kind = "enum_member" if frame.kind == "enum" else spec.member_kind or spec.kind
            if kind == "field" and modifiers and any(m in self.pack.property_modifiers for m in modifiers):
                kind = "property"
        else:
            kind = spec.kind
            if kind == "variable" and self.is_constant(name, spec.constant_tokens, modifiers):
                kind = "constant"
        digest = self.digest(node.start_byte, node.end_byte)
        ordinal, _, _ = self.row(frame, name, kind, node, modifiers=modifiers, content_hash=digest)
        if not frame.is_type or self.pack.members_bind or frame.kind == "enum":
            scope.bind(name, RANK_VARIABLE, ordinal)
        return True

    def plain_member(self, node: Node, rule: CompiledRule) -> bool:
        """Walk the value of `name: value` where that is all there is to it; False where more is read."""
        if node.named_child_count != 2:
            return False
        name, value = node.child_by_field_id(rule.name_field), node.child_by_field_id(rule.value_field)
        if name is None or value is None or name.child_count or not value.is_named:
            return False
        made = self.plans[value.kind_id]
        if made.lists or made.takes_name or made.rule.opens == "object" or self.actions[name.kind_id] != ACT_CHILDREN:
            return False
        self.todo.append(value)
        return True

    def value_facts(self, value: Node, binding: Binding, scope: Scope) -> None:
        """Note what an assigned value may say of the names: an import call, a literal list of strings."""
        imports = self.pack.imports
        if imports.calls:
            binding.module = import_forms.required(self, value, scope)
        if imports.export_list:
            binding.value = value
        if self.free and (binding.annotation is None or binding.annotation == "var"):
            made = self.made_type(value)
            binding.annotation = made or binding.annotation

    def made_type(self, value: Node) -> str | None:
        """Return the type that a value makes an instance of (`new Type()`), as written."""
        rule = self.rules.get(value.kind_id)
        if rule is None or rule.role is not ROLE_CALL or not rule.opens_type:
            return None
        callee = self.part(value, rule, USE_CALLEE)
        return self.short(callee) if callee is not None else None

    def embedded(self, children: list[tuple[Node, FieldUse]], binding: Binding, scope: Scope) -> Node | None:
        """Make a member without a name a base of the type around; return the child that is dealt with by that."""
        types = [child for child, use in children if use is USE_TYPE]
        found = self.type_name(types[0]) if len(types) == 1 else None
        frame = scope.frame
        if found is None or not frame.is_type or scope.home is not scope:
            return None
        head, text, base = found
        if binding.rule.rule.rows:
            binding.embedded = True
            self.member_row(text.rpartition(".")[2], base, binding, scope)
        self.pending_uses.append((scope, "base", frame.ordinal, head, text, base.start_byte, -1))
        return types[0] if base == types[0] else None

    def type_name(self, node: Node) -> tuple[int, str, Node] | None:
        """Return (head, dotted name, node) of the type that a node names through pointers and arguments, or None."""
        while True:
            dotted = self.dotted(node)
            if dotted is not None:
                return dotted[0], dotted[1], node
            rule = self.rules.get(node.kind_id)
            if rule is None or rule.role is not ROLE_NONE:
                return None
            inner = [child for child, use in self.fields(node, rule) if use is USE_TYPE or use is USE_CALLEE]
            if rule.all_same and node.named_child_count == 1:
                inner = node.named_children
            if not inner:
                return None
            node = inner[0]

    def sole(self, node: Node) -> Node:
        """Return the only member of a list of one, else the node itself."""
        if self.plans[node.kind_id].lists and node.named_child_count == 1:
            return node.named_child(0) or node
        return node

    def member_row(self, name: str, child: Node, binding: Binding, scope: Scope) -> None:
        """Add the row of a field that a declaration in a type's body names."""
        frame = scope.frame
        if frame.is_function or name == self.blank:
            return
        ordinal = self.variable_row(name, child, binding, frame)
        if ordinal is not None and self.self_type and (type_ := binding.node.child_by_field_name("type")) is not None:
            rust_values.note_type(self, type_, ordinal, scope)
        if ordinal is not None and not self.free and (self.pack.members_bind or frame.kind == "enum"):
            scope.bind(name, RANK_VARIABLE, ordinal)

    def named_value(self, value: Node, target: Node, binding: Binding, scope: Scope) -> Named | None:
        """Return the name that a definition on the right with `takes_name` takes, or None."""
        if self.plans[value.kind_id].role is not ROLE_DEFINITION:
            return None
        start = target.start_byte
        target_rule = self.rules.get(target.kind_id)
        if target_rule is not None and target_rule.role is ROLE_IDENTIFIER:
            declared = USE_ASSIGN not in binding.rule.by_field.values()
            home = (scope.home if binding.hoist else scope) if declared else None
            since = binding.node.end_byte if binding.rule.rule.late and scope.frame.is_function else 0
            return Named(self.text(target), binding.wrap, start, home, since)
        if target_rule is not None and target_rule.role is ROLE_MEMBER:
            prop = target.child_by_field_id(target_rule.property_field)
            name = self.text(prop) if prop is not None else ""
            owner = self.holder_of(target, scope)
            return Named(name, binding.wrap, start, None, 0, owner) if name else None
        name_text = self.name_text(target)
        return Named(name_text, binding.wrap, start, None) if name_text is not None else None

    def literal_strings(self, value: Node) -> list[str] | None:
        """Return the strings of a literal list or tuple, or None."""
        rule = self.rules.get(value.kind_id)
        if rule is None or not rule.all_same or rule.role is not ROLE_NONE:
            return None
        strings = [self.string_value(child) for child in value.named_children]
        return [text for text in strings if text is not None]

    # -- definitions -----------------------------------------------------------------------------

    def open_module(self, root: Node | None) -> Scope:
        """Add the module's row and open its scope."""
        name = self.fqn.rpartition(".")[2]
        fqn = packages.module_fqn(self, name)
        metadata = packages.facts(self)
        docstring: str | None = None
        if root is not None and self.first_strings:
            docstring = self.first_string(root.named_children)
        if root is not None and self.documented:
            docstring = rust.documentation(self, [], root)
            if inner := rust.inner_attributes(self, root):
                metadata = metadata_text({"decorators": inner})
        if root is not None and self.pack.fqn.header == "go":
            header = headers.read_header(self, root)
            docstring = header.docstring
            if header.name is not None:
                fqn, name = headers.package_fqn(self, header.name), header.name
            if header.build:
                metadata = json.dumps({"build": header.build}, ensure_ascii=False, separators=(",", ":"))
        frame = Frame(0, None, "module", fqn, self.fqn, f"{self.fqn}@{self.suffix}")
        frame.is_test = self.test_file
        self.frames.append(frame)
        self.rows.nodes.append(
            (
                frame.node_id,
                "module",
                name,
                fqn,
                self.package_id,
                0,
                len(self.source),
                [],
                "public",
                self.test_file,
                None,
                docstring,
                self.file_hash[:32],
                metadata,
            )
        )
        self.module_scope = Scope(None, frame, frame.counter)
        return self.module_scope

    def owner_frame(self, node: Node, rule: CompiledRule, scope: Scope) -> Frame | None:
        """Return the frame of the type that a definition or extension belongs to, or None if it has no name.

        A type of this file has its own. Another gets one without a row, which stands for it in ids and names.
        """
        around = scope.frame
        child = next(child for child, use in self.fields(node, rule) if use is USE_OWNER)
        found = self.type_name(child)
        if found is None:
            return None
        name = found[1]
        written: str | None = name
        if found[0] != HEAD_NAME:
            written = None
        else:
            bound = scope.lookup(name.partition(".")[0])
            if bound is not None:
                if bound[1] in self.type_frames and "." not in name:
                    return self.type_frames[bound[1]]
                if bound[1] == LOCAL or bound[2]:
                    written = None
        return self.foreign_frame(around, name, name.rpartition(".")[2], written)

    def foreign_frame(self, around: Frame, name: str, label: str, written: str | None) -> Frame:
        """Return the frame that stands for a type of another file.

        Args:
            around: What the definitions stand in.
            name: The type's name; one name has one frame in what is around.
            label: The part of it that ids and names show.
            written: What the type can be looked up by, if it can be.
        """
        key = (around.ordinal, name)
        frame = self.foreign.get(key)
        if frame is None:
            ids = around.prefix + self.claim(around, label)
            fqn = f"{around.fqn}.{label}"
            frame = self.foreign[key] = Frame(around.ordinal, around, "", fqn, ids, around.node_id)
            frame.is_type = frame.foreign = True
            frame.is_test = around.is_test
            frame.owner = written
            self.frames.append(frame)
            self.foreign_frames.append(frame)
        return frame

    def receiver_target(self, owner: Frame) -> int:
        """Return what a receiver is bound to: its type's ordinal, or a number for a type of another file."""
        return -2 - self.foreign_frames.index(owner) if owner.foreign else owner.ordinal

    def definition(self, node: Node, rule: CompiledRule, carry: Any, scope: Scope, owner: Frame | None = None) -> None:
        """Add a definition's row, to the type `owner` if it has one, open its scope and walk what it contains."""
        named = carry if isinstance(carry, Named) else None
        anonymous = carry if isinstance(carry, Anonymous) else None
        wrap = named.wrap if named else carry if isinstance(carry, Wrap) else None
        spec = rule.rule
        if named is not None and named.owner is not None:
            owner = named.owner
        frame = owner or scope.frame
        if len(frame.ids) > self.longest_path:
            self.rows.buried += 1
            self.inner_scope(node, rule, scope)
            return
        if spec.import_form and node.child_by_field_name("body") is None:
            rust.read_mod(self, node, rule, scope)
            return
        own_name: str | None = None
        annotation: str | None = None
        named_kind = ""
        body: Node | None = None
        returns: str | None = None
        typed: Node | None = None
        extended: str | None = None
        bases: list[tuple[str, int, str, Node]] = []
        own_decorators: list[Node] = []
        rest: list[tuple[Node, FieldUse]] = []
        if anonymous is not None and anonymous.base is not None:
            bases.append(("base", anonymous.head, anonymous.base, anonymous.callee))
        plans = self.plans
        modifier_ids = rule.modifier_ids
        for child, use in self.fields(node, rule):
            kind_id = child.kind_id
            child_rule = plans[kind_id]
            if use is USE_BODY and child_rule.role is not ROLE_DECORATOR and kind_id not in modifier_ids:
                body = child
                rest.append((child, use))
            elif use is USE_NAME and child_rule.role is ROLE_MEMBER and rule.opens_function:
                # `function M.name()`: the member's name, bound nowhere; its object is a reference.
                prop = child.child_by_field_id(child_rule.property_field)
                if prop is not None and named is None:
                    named = Named(self.text(prop), wrap, node.start_byte, None)
                    named_kind = child_rule.rule.kind
                self.todo.append(self.chain(child)[2])
            elif use is USE_NAME:
                own_name = self.name_text(child)
                if own_name is None:
                    rest.append((child, USE_EXPRESSION))
            elif use is USE_BASES or use is USE_IMPLEMENTS:
                self.collect_bases(child, use, bases, scope, rest)
            elif use is USE_MODIFIERS:
                own_decorators.extend(self.decorators_in(child))
            elif child_rule.role is ROLE_DECORATOR:
                own_decorators.append(child)
            elif use is not USE_SKIP and kind_id not in modifier_ids:
                if use is USE_EXTENDED and own_name is None:
                    extended = self.annotation_text(child)
                elif use is USE_EXTENDED or use is USE_RETURNS or use is USE_RESULTS:
                    returns = self.annotation_text(child)
                elif use is USE_TYPE and not spec.opens:
                    annotation = self.annotation_text(child)
                    typed = child
                rest.append((child, use))

        own_tokens = self.tokens(node, rule) if modifier_ids or USE_MODIFIERS in rule.uses else ()
        modifiers = [*(wrap.modifiers if wrap else ()), *spec.modifiers, *own_tokens]
        name = (named.name or None) if named and (named.scope is not None or own_name is None) else own_name
        if name is not None and len(name) > MAX_NAME_CHARACTERS:
            name = None
        if name is None and "default" in modifiers and not self.free:
            name = "default"
        if name is None:
            name = spec.name or None
        if name is None:
            frame.lambdas += 1
            name = f"<lambda{frame.lambdas}>" if rule.opens_function else f"<{spec.kind}{frame.lambdas}>"
        for child in own_decorators:
            self.decorator(child, scope, frame)
        node_start, node_end = node.start_byte, node.end_byte
        start = wrap.start.start_byte if wrap else node_start
        if self.pending_decorators:
            start = self.outer_start(start, frame)
        ordinal = len(self.rows.nodes)
        decorators = self.take_decorators(frame, ordinal) if self.pending_decorators else []
        lead = rust.take_lead(self, start) if self.lead else []
        if lead:
            decorators += rust.attributes(self, lead)
            start = min([start, *(one.start_byte for one in lead if not self.is_comment(one))])
        last_parts: list[str] = []
        if decorators:
            last_parts = self.decorator_names(decorators)
            meanings = self.pack.decorator_modifiers
            modifiers += [meanings[part] for part in last_parts if part in meanings]
        # A member stands directly in the type's body, or is the anonymous value of a field there.
        member = owner is not None or (
            frame.is_type and scope.home is scope and (named is not None or not spec.takes_name)
        )
        kind = named_kind or (spec.member_kind if member and spec.member_kind else spec.kind)
        if not named_kind and (modifiers or last_parts or bases):
            kind = self.definition_kind(spec, modifiers, last_parts, bases, member=member)
        if spec.kinds:
            kind = next((spec.kinds[child.type] for child in node.children if child.type in spec.kinds), kind)
            if USE_MODIFIERS in rule.uses:
                kind = next((spec.kinds[m] for m in modifiers if m in spec.kinds), kind)
                modifiers = [m for m in modifiers if m not in spec.kinds]
        if extended is not None:
            modifiers.append("extension")
        head_start = named.start_byte if named else node_start
        head_end = body.start_byte if body is not None else node_end
        if anonymous is not None:
            head_start, head_end = anonymous.callee.start_byte, node_start
        metadata: dict[str, Any] = {}
        if annotation:
            metadata["annotation"] = annotation
        if bases:
            metadata["bases"] = [text for _, _, text, _ in bases]
        if decorators:
            metadata["decorators"] = decorators
        if extended is not None:
            metadata["receiver"] = extended
        if returns:
            metadata["returns"] = returns
        tests = self.pack.tests
        telling = self.test_file or frame.is_test or bases or last_parts
        is_test = bool(telling) and self.is_test(name, rule, frame, bases, last_parts)
        if tests.scopes and not is_test:
            is_test = self.in_test(frame, decorators)
        statements: list[Node] | None = None
        if self.first_strings:
            statements = body.named_children if body is not None else None
            docstring = self.first_string(statements) if statements else None
        else:
            docstring = rust.documentation(self, lead, body) if self.documented else self.leading_comment(start)
        _, fqn, ids = self.row(
            frame,
            name,
            kind,
            node,
            modifiers=modifiers,
            is_test=is_test,
            signature=signature_text(
                self.source[head_start:head_end] if self.utf8 else self.transcoded(head_start, head_end), decode_utf8
            ),
            docstring=docstring,
            content_hash=self.digest(start, max(node_end, wrap.start.end_byte) if wrap else node_end),
            metadata=metadata,
        )
        if frame.owner is not None:
            self.pending_uses.append((scope, "owner", ordinal, HEAD_NAME, frame.owner, node_start, -1))
        if self.traits and (trait := self.traits.get(scope)) is not None:
            self.pending_uses.append((scope, "overrides", ordinal, *trait, node_start, -1))
        if wrap is not None:
            self.export(wrap, frame, name, ordinal)
        exported = self.value_exports.pop((node_start, node_end), None) if self.value_exports else None
        if exported is not None:
            self.rows.exports.append((exported, ordinal, None, None))
        for use_kind, head, text, base in bases:
            self.pending_uses.append((scope, use_kind, ordinal, head, text, base.start_byte, -1))
        if lead and rule.opens_type:
            for path in rust.derived(self, lead):
                self.derive(path, ordinal, scope)
        if typed is not None and self.self_type and kind != "type_alias":
            rust_values.note_type(self, typed, ordinal, scope)
        self.bind_definition(name, own_name, named, spec, ordinal, scope)
        inner = self.open_definition(
            rule, ordinal, frame, kind, fqn, ids, modifiers, is_test, scope, rest, own_name, statements
        )
        inner.is_member = member
        if extended is not None:
            inner.extended = type_name(extended)

    def plain_definition(self, node: Node, rule: CompiledRule, scope: Scope, wrap: Wrap | None = None) -> bool:
        """Add a function that is a name, parameters and a body, the commonest definition; False if it is another.

        Does what `definition` and `open_definition` do of it, in one step. What is around it (`wrap`) may lend it
        decorators and its start.
        """
        frame = scope.frame
        if len(frame.ids) > self.longest_path or frame.foreign:
            return False
        if self.pending_decorators if wrap is None else wrap.modifiers or wrap.export:
            return False
        actions, by_kind, modifier_ids, spec = self.actions, rule.by_kind, rule.modifier_ids, rule.rule
        named: Node | None = None
        parameters: Node | None = None
        returned: Node | None = None
        body: Node | None = None
        modifiers = list(spec.modifiers)
        for child in node.children:
            kind_id = child.kind_id
            use = by_kind.get(kind_id)
            if use is USE_NAME:
                named = child
            elif use is USE_PARAMETERS:
                parameters = child
            elif use is USE_BODY:
                body = child
            elif use is USE_RETURNS:
                returned = child
            elif child.is_named:
                return False
            elif kind_id in modifier_ids:
                modifiers.append(child.type)
        if named is None or parameters is None or body is None or actions[named.kind_id] != ACT_NAME:
            return False
        name = self.text(named)
        if (
            not name
            or len(name) > MAX_NAME_CHARACTERS
            or not self.plans[parameters.kind_id].parameter_list
            or actions[body.kind_id] != ACT_CHILDREN
        ):
            return False
        start, end = node.start_byte, node.end_byte
        outer_start, outer_end = start, end
        decorators: list[str] = []
        last_parts: list[str] = []
        if wrap is not None:
            outer_start, outer_end = wrap.start.start_byte, wrap.start.end_byte
            if self.pending_decorators:
                outer_start = self.outer_start(outer_start, frame)
                decorators = self.take_decorators(frame, len(self.rows.nodes))
                last_parts = self.decorator_names(decorators)
                meanings = self.pack.decorator_modifiers
                modifiers += [meanings[part] for part in last_parts if part in meanings]
        in_body = scope.home is scope
        kind = spec.member_kind if frame.is_type and in_body and spec.member_kind else spec.kind
        if modifiers or last_parts:
            kind = self.definition_kind(spec, modifiers, last_parts, [], member=frame.is_type and in_body)
        telling = self.test_file or frame.is_test or bool(last_parts)
        is_test = telling and self.is_test(name, rule, frame, [], last_parts)
        statements = body.named_children
        metadata: dict[str, Any] | None = None
        if decorators:
            metadata = {"decorators": decorators}
        if returned is not None and (returns := self.annotation_text(returned)):
            metadata = {"returns": returns} if metadata is None else {**metadata, "returns": returns}
        head = body.start_byte
        ordinal, fqn, ids = self.row(
            frame,
            name,
            kind,
            node,
            modifiers=modifiers,
            is_test=is_test,
            signature=signature_text(self.transcoded(start, head), decode_utf8),
            docstring=self.first_string(statements) if statements else None,
            content_hash=self.digest(outer_start, max(end, outer_end)),
            metadata=metadata,
        )
        if not (frame.is_type and in_body) or self.pack.members_bind:
            scope.bind(name, RANK_DEFINITION, ordinal)
        made = Frame(ordinal, frame, kind, fqn, ids, f"{ids}@{self.suffix}")
        made.is_function = True
        made.is_test = is_test
        made.is_member = frame.is_type and in_body
        made.static = "static" in modifiers
        made.class_receiver = "class" in modifiers
        self.frames.append(made)
        outer = scope
        while outer.parent is not None and outer.frame.is_type and outer.home is outer and self.pack.members_bind:
            outer = outer.parent
        inner = Scope(outer, made, made.counter)
        todo = self.todo
        todo.append(scope)
        statements.reverse()
        todo.extend(statements)
        if returned is not None:
            todo.append(returned)
        self.parameters(parameters, NO_FACTS, inner)
        todo.append(inner)
        return True

    def derive(self, path: list[Node], ordinal: int, scope: Scope) -> None:
        """Note that a macro named by a path implements something for a type: `a.B!`."""
        name = f"{'.'.join(map(self.text, path))}!"
        self.pending_uses.append((scope, "implements", ordinal, HEAD_NAME, name, path[0].start_byte, -1))

    def bind_definition(
        self, name: str, own_name: str | None, named: Named | None, spec: KindRule, ordinal: int, scope: Scope
    ) -> None:
        """Bind a definition's name where the language binds it."""
        if named is not None:
            if named.scope is not None:
                named.scope.bind(name, RANK_DEFINITION, ordinal, since=named.since)
            return
        visible = not scope.frame.is_type or scope.home is not scope or self.pack.members_bind
        if self.free:
            visible = scope.frame.is_function or scope.home is not scope
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
        statements: list[Node] | None,
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
        if self.holders is not None:
            self.holders[ordinal] = frame
        if frame.is_type:
            self.type_frames[ordinal] = frame
        outer = scope
        # A function does not see the members around it, but it does see a block between. Where a type's body binds no
        # members, what it does bind are type parameters, which are seen.
        while rule.opens_function and outer.frame.is_type and outer.home is outer and outer.parent is not None:
            if not self.pack.members_bind:
                break
            outer = outer.parent
        if rule.rule.takes_name and own_name is not None:
            # Visible inside only, to the methods of a class too.
            outer = outer.block()
            outer.bind(own_name, RANK_DEFINITION, ordinal)
        inner = Scope(outer, frame, frame.counter)
        if frame.is_type and self.self_type:
            inner.bind(self.self_type, RANK_DEFINITION, ordinal)
        elif rule.opens_function and self.self_type:
            for child, use in rest:
                if use is USE_RETURNS:
                    rust_values.note_type(self, child, ordinal, inner)
                elif child.type == "where_clause":
                    rust_values.note_where(self, child, inner)
        todo = self.todo
        push = todo.append
        push(scope)
        plans = self.plans
        for at in range(len(rest) - 1, -1, -1):
            child, use = rest[at]
            if use is USE_BODY and self.is_block(child):
                # The body's block is the definition's own scope.
                nodes = statements if statements is not None else child.named_children
                nodes.reverse()
                todo.extend(nodes)
            elif use is USE_PARAMETERS:
                if not at and plans[child.kind_id].parameter_list:
                    self.parameters(child, NO_FACTS, inner)  # the walk would begin with them
                else:
                    push((child, PARAM, NO_FACTS, inner))
                    push(WORK)
            elif use is USE_BIND or (use is USE_RESULTS and self.is_list(child)):
                push((child, BIND, Binding(rule, child, None), inner))
                push(WORK)
            elif use is USE_OWNER:
                self.bind_arguments(child, inner)
                push((child, PARAM, Parameter(modifiers=("receiver",), receiver=True), inner))
                push(WORK)
            else:
                push(child)
        push(inner)
        return frame

    def bind_arguments(self, node: Node, scope: Scope) -> None:
        """Bind the names that stand as arguments of a receiver's type: `func (s *Stack[T])` declares T."""
        found = self.type_name(node)
        if found is None:
            return
        end = found[2].end_byte
        stack = list(node.named_children)
        while stack:
            current = stack.pop()
            rule = self.rules.get(current.kind_id)
            if rule is not None and rule.role is ROLE_IDENTIFIER and current.start_byte >= end:
                scope.bind(self.text(current), RANK_LOCAL, LOCAL)
            stack.extend(current.named_children)

    def is_list(self, node: Node) -> bool:
        """Say whether a node stands for its children alone."""
        rule = self.rules.get(node.kind_id)
        return rule is not None and rule.all_same

    def is_block(self, node: Node) -> bool:
        """Say whether a node is a block that opens a scope, or a definition that is none here."""
        rule = self.rules.get(node.kind_id)
        if rule is None:
            return False
        if rule.role is ROLE_DEFINITION:
            return bool(rule.below) and not self.below(node, rule)
        return rule.role is ROLE_SCOPE and rule.rule.opens == "block" and not rule.complexity

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
        if kind == "method" and (decorators or modifiers):
            wanted = self.pack.property_modifiers
            if any(part in wanted for part in decorators) or any(m in wanted for m in modifiers):
                return "property"
        if (
            kind == "class"
            and bases
            and any(text.rpartition(".")[2] in self.pack.enum_bases for _, _, text, _ in bases)
        ):
            return "enum"
        return kind

    def is_test(
        self,
        name: str,
        rule: CompiledRule,
        frame: Frame,
        bases: list[tuple[str, int, str, Node]],
        decorators: list[str],
    ) -> bool:
        """Apply the pack's rules for tests."""
        tests = self.pack.tests
        if tests.whole_file and self.test_file:
            return True
        if rule.opens_type:
            if bases and any(text.rpartition(".")[2].endswith(tests.bases) for _, _, text, _ in bases if tests.bases):
                return True
            if self.test_file and tests.class_suffixes and name.endswith(tests.class_suffixes):
                return True
            return self.test_file and bool(tests.classes) and self.begins(name, tests.classes)
        if rule.opens_function and tests.decorators and any(part in tests.decorators for part in decorators):
            return True
        if rule.opens_function and tests.functions and self.begins(name, tests.functions):
            return self.test_file or (frame.is_type and frame.is_test)
        return False

    def in_test(self, frame: Frame, decorators: list[str]) -> bool:
        """Say whether a definition is part of a test for what is around it, or for a decorator."""
        scopes = self.pack.tests.scopes
        if not scopes:
            return False
        for text in decorators:
            joined = "".join(text.split())
            if any(joined.startswith(one[:-1]) if one.endswith("*") else joined == one for one in scopes):
                return True
        return frame.is_test

    def begins(self, name: str, prefixes: tuple[str, ...]) -> bool:
        """Say whether a name starts with a prefix, and with the whole word if the pack asks for that."""
        if not self.pack.tests.whole_words:
            return name.startswith(prefixes)
        return any(name.startswith(prefix) and not name[len(prefix) :][:1].islower() for prefix in prefixes)

    def collect_bases(
        self,
        node: Node,
        use: FieldUse,
        found: list[tuple[str, int, str, Node]],
        scope: Scope,
        rest: list[tuple[Node, FieldUse]],
    ) -> None:
        """Collect the names that a type inherits from; the rest of each expression is walked."""
        stack: list[tuple[Node, FieldUse]] = [(node, use)]
        expressions: list[tuple[Node, int, Any, Scope]] = []
        while stack:
            current, how = stack.pop()
            if how is not USE_BASES and how is not USE_IMPLEMENTS:
                expressions.append((current, EXPR, None, scope))
                continue
            if self.free and self.is_call(current):
                # A base that is constructed: `Base(argument)`.
                call_rule = self.rules[current.kind_id]
                for child, child_use in reversed(self.fields(current, call_rule)):
                    stack.append((child, how if child_use is USE_CALLEE else USE_EXPRESSION))
                continue
            dotted = self.dotted(current)
            if dotted is not None and self.free and dotted[2] != current and self.is_call(dotted[2]):
                self.leftovers = []
                stack.append((dotted[2], how))  # what it passes is walked
                continue
            if dotted is not None:
                expressions.extend((left, EXPR, None, scope) for left in self.leftovers)
                self.leftovers = []
                label = "base" if how is USE_BASES else "implements"
                found.append((label, dotted[0], dotted[1], current))
                continue
            rule = self.rules.get(current.kind_id)
            if rule is None or not rule.passes_bases:
                expressions.append((current, EXPR, None, scope))
                continue
            children = self.fields(current, rule)
            for child, child_use in reversed(children):
                if child_use is USE_SAME:
                    stack.append((child, how))
                elif child_use is not USE_SKIP:
                    stack.append((child, child_use))
        if self.free:
            # They see the type's parameters.
            rest.extend((expression, USE_EXPRESSION) for expression, *_ in expressions)
            return
        # Pushed before the definition's own children, so walked after them.
        self.push_all(expressions, scope)

    # -- calls and decorators --------------------------------------------------------------------

    def call(self, node: Node, rule: CompiledRule, scope: Scope) -> None:
        """Add a call site; walk its receiver and arguments."""
        self.until_look -= 1
        if not self.until_look:
            self.look_at_clock()
        if self.free:
            self.free_call(node, rule, scope)
            return
        plans = self.plans
        callee = node.child_by_field_id(rule.callee_field)
        arguments = node.child_by_field_id(rule.arguments_field)
        suffix = rule.rule.callee_suffix
        if suffix:
            arguments = self.part(node, rule, USE_ARGUMENTS)
        passed: list[Node] | None = None
        arity = 0
        if arguments is not None:
            if plans[arguments.kind_id].list_of_arguments:
                passed = arguments.named_children
                arity = len(passed)
                for child in passed:
                    if plans[child.kind_id].role is ROLE_COMMENT:
                        arity -= 1
            else:
                arity = self.arity(arguments)
        base: Node | None = None
        written = callee
        others: list[Node] = []
        if callee is not None:
            callee_rule = plans[callee.kind_id]
            if callee_rule.wraps_callee:
                callee = self.inner_callee(callee, others)
                callee_rule = plans[callee.kind_id]
            head, name, end = self.chain(callee)
            if name is None and rule.rule.named_callee:
                base = written
                others = []
            else:
                if name is None:
                    base = end if callee_rule.role is ROLE_MEMBER else callee
                    stands = not self.is_import_keyword(node, callee, scope)
                else:
                    # `super()` stands for the base class and is not a call site.
                    stands = name != self.super_call or callee.child_count > 0
                if stands:
                    self.call_site(node, callee, callee_rule, arity, head, name, scope, suffix)
                    if name is None and self.import_calls and callee_rule.role is ROLE_MEMBER:
                        self.made_call(node, callee, arguments, scope)
                if self.leftovers:
                    others += self.leftovers
                    self.leftovers = []
                if self.import_calls:
                    self.import_call(node, callee, arguments, scope)
        if passed and self.holders is not None and callee is not None and self.text(callee) == ASSIGN_CALL:
            owner = self.holder_of(passed[0], scope, whole=True)
            if owner is not None:
                self.push_all([(child, EXPR, Members(owner), scope) for child in passed], scope)
                passed = []
        todo = self.todo
        if suffix and arguments is not None and (within := self.macro_arguments.get(arguments.start_byte)) is not None:
            # What decides in there was counted by its tokens.
            self.push_nodes([within.node], scope.uncounted(Counter()), scope)
        if arguments is None or node.named_child_count != 2:
            self.push_nodes([child for child in node.named_children if child != written], scope, scope)
        elif passed is None:
            todo.append(arguments)
        else:
            passed.reverse()
            todo.extend(passed)
        if base is not None:
            todo.append(base)
        if others:
            self.push_nodes(others, scope, scope)

    def plain_call(self, node: Node, scope: Scope) -> bool:
        """Add the call site of `name(…)` or `a.b(…)`, the commonest calls; False if it is another. See `call`."""
        # A list of arguments and one thing before it, which is called: there is no other way to write a call.
        children = node.children  # both at once: it takes less than asking for each
        if len(children) != 2 or self.until_look == 1:  # `call` looks at the clock
            return False
        callee, arguments = children
        plans, actions = self.plans, self.actions
        if not plans[arguments.kind_id].list_of_arguments:
            return False
        kind_id = callee.kind_id
        action = actions[kind_id]
        start, end = callee.start_byte, callee.end_byte
        receiver: str | None
        characters = self.characters
        if action == ACT_MEMBER:
            head = -1
            if characters is not None:  # what `chain` does first
                name = characters[start:end]
                if name.replace(".", "0").isidentifier() and (self.ascii or name.isascii()):
                    base = callee.named_child(0)
                    while (rule := plans[base.kind_id]).role is ROLE_MEMBER:
                        base = base.named_child(0)
                    head = rule.head
            if head < 0:
                head, dotted, _ = self.chain(callee)
                if dotted is None or self.leftovers:
                    self.leftovers = []
                    return False
                if len(dotted) != end - start:  # it is not written as it reads
                    return False
                name = dotted
            receiver, reason = name.rpartition(".")[0], "receiver-unknown"
        elif action == ACT_NAME:
            head, name = plans[kind_id].head, characters[start:end] if characters is not None else self.text(callee)
            if head < 0 or not name.isidentifier() or not (self.ascii or name.isascii()):
                return False
            receiver, reason = None, "unbound-name"
        else:
            return False
        if len(name) > MAX_TEXT_BYTES or name in self.telling_calls:  # it means more than a call
            return False
        self.until_look -= 1
        frame = scope.frame
        around = frame.ordinal
        while frame.foreign and frame.parent is not None:
            frame = frame.parent
        frame.calls += 1
        rows = self.rows
        reasons = rows.reasons
        use = self.pending_uses.append
        use((scope, "call", frame.ordinal, head, name, start, len(reasons)))
        arity = arguments.named_child_count
        if arity:
            if arity == 1:
                passed = [arguments.named_child(0)]
            elif arity == 2:  # one by one: `named_children` makes objects for the parentheses and commas too
                passed = [arguments.named_child(0), arguments.named_child(1)]
            else:
                passed = arguments.named_children
            left: list[Node] = []
            for child in passed:  # what the walk would do next needs no place on the stack
                action = actions[child.kind_id]
                if action == ACT_COMMENT:
                    arity -= 1
                if left:
                    left.append(child)
                elif action == ACT_NAME:
                    at = child.start_byte
                    text = characters[at : child.end_byte] if characters is not None else self.text(child)
                    if not (self.ascii or text.isascii()):
                        text = self.text(child)
                    use((scope, "reference", around, HEAD_NAME, text, at, -1))
                elif action == ACT_PARTS:
                    if child.descendant_count != child.child_count + 1:  # as in `drain`
                        left.append(child)
                elif action != ACT_CHILDREN or child.named_child_count:
                    left.append(child)
            if left:
                left.reverse()
                self.todo.extend(left)
        reasons.append(reason)
        rows.call_sites.extend((frame.ordinal, frame.calls, name, receiver, arity, start, node.end_byte))
        return True

    def inner_callee(self, callee: Node, others: list[Node]) -> Node:
        """Return what is called below type arguments (`f[int]`, `f::<T>`), and collect those: they are left to walk."""
        while True:
            rule = self.plans[callee.kind_id]
            inner = None
            for child, use in self.fields(callee, rule) if rule.wraps_callee else ():
                if use is USE_CALLEE and inner is None:
                    inner = child
                else:
                    others.append(child)
            if inner is None:
                return callee
            callee = inner

    def free_call(self, node: Node, rule: CompiledRule, scope: Scope) -> None:
        """Add the call site of a call whose names the link stage looks up; walk what no name stands for."""
        callee: Node | None = None
        prop: Node | None = None
        target: Node | None = None
        arguments: list[Node] = []
        others: list[Node] = []
        parent_name = ""
        for child, use in self.fields(node, rule):
            if use is USE_CALLEE and callee is None:
                callee = child
            elif use is USE_PROPERTY:
                prop = child
            elif use is USE_OBJECT:
                target = child
            else:
                child_rule = self.rules.get(child.kind_id)
                if use is USE_ARGUMENTS:
                    arguments.append(child)
                elif child_rule is not None and child_rule.role is ROLE_SUPER:
                    parent_name = ".super"
                others.append(child)
        if callee is not None and self.is_call(callee) and not any(self.is_argument_list(one) for one in arguments):
            # `f(1) { … }` is a call of `f` with two arguments, not of what `f(1)` gives.
            inner_rule = self.rules[callee.kind_id]
            within = self.fields(callee, inner_rule)
            lists = [child for child, use in within if use is USE_ARGUMENTS and self.is_argument_list(child)]
            inner_callee = next((child for child, use in within if use is USE_CALLEE), None)
            if lists and inner_callee is not None:
                arguments = [*lists, *arguments]
                others = [*(child for child, use in within if use is not USE_CALLEE), *others]
                callee = inner_callee
        items: list[tuple[Node, int, Any, Scope]] = []
        head, name, base = HEAD_NAME, None, node
        receiver: Node | None = None
        end = node
        member = False
        if prop is not None:
            end, receiver, member = prop, target, target is not None
            own = self.text(prop)
            if target is None:
                name = own
            else:
                head, name, base = self.chain(target)
                name = f"{name}{parent_name}.{own}" if name is not None else None
                if base == target and name is None and not self.is_call(base):
                    items.append((target, EXPR, None, scope))
                elif name is None or self.is_call(base):
                    items.append((base, EXPR, None, scope))
        elif callee is not None:
            end = callee
            callee_rule = self.rules.get(callee.kind_id)
            member = callee_rule is not None and callee_rule.role is ROLE_MEMBER
            if not self.is_call(callee):
                head, name, base = self.chain(callee)
            else:
                base = callee
            if callee_rule is not None and member:
                receiver = self.part(callee, callee_rule, USE_OBJECT)
            if name is None or self.is_call(base):
                items.append((base if base != node else callee, EXPR, None, scope))
        else:
            self.push_nodes(others, scope, scope)
            return
        items.extend((left, EXPR, None, scope) for left in self.leftovers)
        self.leftovers = []
        self.free_call_site(node, (callee or node).start_byte, end, receiver, arguments, head, name, scope, member)
        for child in others:
            child_rule = self.rules.get(child.kind_id)
            if child_rule is not None and child_rule.role is ROLE_DEFINITION and callee is not None and rule.opens_type:
                items.append((child, EXPR, Anonymous(head, name, callee), scope))
            else:
                items.append((child, EXPR, None, scope))
        self.push_all(items, scope)

    def is_argument_list(self, node: Node) -> bool:
        """Say whether a node is a list of arguments, not one argument."""
        return self.plans[node.kind_id].role is ROLE_ARGUMENTS

    def free_call_site(
        self,
        node: Node,
        start_byte: int,
        end: Node,
        receiver: Node | None,
        arguments: list[Node],
        head: int,
        name: str | None,
        scope: Scope,
        member: bool,
    ) -> None:
        """Add the row of a call site and the use that its callee is."""
        frame = scope.frame
        frame.calls += 1
        reason = "unbound-name"
        if member:
            reason = "receiver-unknown"
        elif name is None:
            reason = "computed-callee"
            self.rows.dynamic.append(len(self.rows.reasons))
        ordinal = len(self.rows.reasons)
        self.rows.reasons.append(reason)
        start_byte = self.behind_signs(start_byte, end.end_byte)
        receiver_start = self.behind_signs(receiver.start_byte, receiver.end_byte) if receiver is not None else -1
        self.rows.call_sites.extend(
            (
                frame.ordinal,
                frame.calls,
                self.short_range(start_byte, end.end_byte),
                self.short_range(receiver_start, receiver.end_byte) if receiver is not None else None,
                sum(self.arity(one) for one in arguments),
                node.start_byte,
                node.end_byte,
            )
        )
        if name is not None:
            self.pending_uses.append((scope, "call", frame.ordinal, head, name, node.start_byte, ordinal))

    def behind_signs(self, start: int, end: int) -> int:
        """Return where what is called begins: Kotlin's grammar takes the signs before a call to be part of it."""
        if not self.utf8 or self.source[start : start + 1] not in _SIGNS:
            return start
        text = self.source[start:end]
        return end - len(text.lstrip(b"!+-").lstrip(b" \t\r\n"))

    def is_import_keyword(self, node: Node, callee: Node, scope: Scope) -> bool:
        """Say whether this is a literal `import("m")`, which is an import and not a call."""
        return (
            callee.child_count <= 1
            and bool(self.pack.imports.calls)
            and import_forms.required(self, node, scope) is not None
        )

    def call_site(
        self,
        node: Node,
        callee: Node,
        callee_rule: CompiledRule,
        arity: int,
        head: int,
        name: str | None,
        scope: Scope,
        suffix: str = "",
    ) -> None:
        """Add the row of a call site and the use that its callee is."""
        frame = scope.frame
        while frame.foreign and frame.parent is not None:
            frame = frame.parent
        frame.calls += 1
        receiver: str | None = None
        reason = "unbound-name"
        text: str | None = None
        start = node.start_byte
        if name is not None and len(name) <= MAX_TEXT_BYTES and len(name) == callee.end_byte - callee.start_byte:
            text = name  # nothing but the name: no need to collapse
        if callee_rule.role is ROLE_MEMBER:
            reason = "receiver-unknown"
            if text is not None:
                receiver = text.rpartition(".")[0]
            else:
                target = callee.child_by_field_id(callee_rule.object_field)
                receiver = self.short(target) if target is not None else None
        elif name is None:
            reason = "computed-callee"
            self.rows.dynamic.append(len(self.rows.reasons))
        if suffix:
            text = (self.short(callee) if text is None else text) + suffix
            name = name + suffix if name is not None else None
        if name is None and self.self_type and (known := rust_values.receiver(self, callee, scope)) is not None:
            head, name = known
        ordinal = len(self.rows.reasons)
        self.rows.reasons.append(reason)
        self.rows.call_sites.extend(
            (
                frame.ordinal,
                frame.calls,
                text if text is not None else self.short(callee),
                receiver,
                arity,
                start,
                node.end_byte,
            )
        )
        if name is not None:
            self.pending_uses.append((scope, "call", frame.ordinal, head, name, start, ordinal))

    def arity(self, arguments: Node | None) -> int:
        """Return the number of arguments."""
        if arguments is None:
            return 0
        plans = self.plans
        if plans[arguments.kind_id].rule.opens == "tokens":
            return rust.pieces(self, arguments)
        if plans[arguments.kind_id].role is not ROLE_ARGUMENTS:
            return 1
        count = arguments.named_child_count
        for child in arguments.named_children if count else ():
            if plans[child.kind_id].role is ROLE_COMMENT:
                count -= 1
        return count

    def made_call(self, node: Node, callee: Node, arguments: Node | None, scope: Scope) -> str | None:
        """Say what the last call site calls if it is a member of what is made or imported right there."""
        name = import_forms.made_member(self, callee, scope)
        if name is not None:
            entry = (
                scope,
                "call",
                scope.frame.ordinal,
                HEAD_NAME,
                name,
                node.start_byte,
                len(self.rows.reasons) - 1,
            )
            self.pending_uses.append(entry)
        elif arguments is not None:
            import_forms.note_promised(self, callee, arguments, scope)
        return name

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
        if self.free:
            self.annotation(node, scope, frame)
            return
        expression = next(iter(node.named_children), None)
        if expression is None:
            return
        uncounted = scope.uncounted(Counter())
        rule = self.rules.get(expression.kind_id)
        subject = expression
        is_call = rule is not None and rule.role is ROLE_CALL
        if rule is not None and is_call:
            subject = expression.child_by_field_id(rule.callee_field) or expression
        head, name, _ = self.chain(subject)
        self.pending_decorators.append((frame or scope.frame, expression, self.short(expression), head, name, scope))
        if is_call or name is None:
            self.push_nodes([expression], uncounted, scope)

    def annotation(self, node: Node, scope: Scope, frame: Frame | None) -> None:
        """Note an annotation: a type's name, and arguments that are walked."""
        rule = self.rules[node.kind_id]
        outer, subject = node, self.part(node, rule, USE_CALLEE)
        if subject is None:
            return
        inner = self.rules.get(subject.kind_id)
        if inner is not None and inner.role is ROLE_CALL:
            outer, rule, subject = subject, inner, self.part(subject, inner, USE_CALLEE) or subject
        _, name, _ = self.chain(subject)
        left = self.leftovers
        self.leftovers = []
        text = self.short_range(subject.start_byte, outer.end_byte)
        self.pending_decorators.append((frame or scope.frame, subject, text, HEAD_TYPE, name, scope))
        uncounted = scope.uncounted(Counter())
        others = [child for child, use in self.fields(outer, rule) if use is not USE_CALLEE]
        self.push_nodes([*left, *others], uncounted, scope)

    def decorator_names(self, decorators: list[str]) -> list[str]:
        """Return the last parts of the names of decorators, given as written."""
        heads = [text.partition("(")[0].replace("::", ".") for text in decorators]
        return [head.rpartition(".")[2].strip("@ ") for head in heads]

    def take_decorators(self, frame: Frame, ordinal: int, use: str = "decorator") -> list[str]:
        """Give the noted decorators to a definition; return their texts."""
        mine = [item for item in self.pending_decorators if item[0] is frame]
        if not mine:
            return []
        self.pending_decorators = [item for item in self.pending_decorators if item[0] is not frame]
        for _, node, _, head, name, scope in mine:
            if name is not None:
                self.pending_uses.append((scope, use, ordinal, head, name, node.start_byte, -1))
        return [text for _, _, text, _, _, _ in mine]

    # -- documentation ---------------------------------------------------------------------------

    def comment(self, node: Node) -> None:
        """Remember a comment; line comments on consecutive lines are one."""
        start = node.start_byte
        if self.documented:
            rust.note_comment(self, node)
            return
        if self.pack.docstring == "adjacent-comments":
            self.adjacent_comment(start, node.end_byte)
            return
        if self.pack.docstring == "line-comments" and self.comment_end >= 0:
            between = self.transcoded(self.comment_end, start)
            if not between.strip() and between.count(b"\n") <= 1:
                self.comment_end = node.end_byte
                return
        self.comment_start, self.comment_end = start, node.end_byte

    def adjacent_comment(self, start: int, end: int) -> None:
        """Remember a comment that has its line to itself; `//` comments on consecutive lines are one."""
        if self.source[self.source.rfind(b"\n", 0, start) + 1 : start].strip():
            return
        known = self.comment_start
        if self.comment_end >= 0 and self.source[start : start + 2] == self.source[known : known + 2] == b"//":
            between = self.source[self.comment_end : start]
            if not between.strip() and between.count(b"\n") <= 1:
                self.comment_end = end
                return
        self.comment_start, self.comment_end = start, end

    def outer_start(self, start: int, frame: Frame) -> int:
        """Return where a definition that starts at a byte does so with its decorators included."""
        for owner, decorator, *_ in self.pending_decorators:
            if owner is frame:
                start = min(start, decorator.start_byte)
        return start

    def leading_comment(self, start: int) -> str | None:
        """Return the cleaned comment that ends right before a definition, or None."""
        if self.comment_end < 0 or self.comment_end > start:
            return None
        style = self.pack.docstring
        if style in {"", "first-string"}:
            return None
        if style == "adjacent-comments":
            between = self.source[self.comment_end : start]
            if between.strip() or between.count(b"\n") > 1:
                return None
            return clean_adjacent_comments(self.decode(self.source[self.comment_start : self.comment_end])) or None
        # A decorator's "@" may stand between the comment and the recorded start.
        if self.transcoded(self.comment_end, start).strip(b" \t\r\n\f\v@"):
            return None
        text = self.decode(self.source[self.comment_start : self.comment_end])
        if style == "leading-comment":
            return clean_block_comment(text) or None if text.startswith("/**") and text.endswith("*/") else None
        return clean_line_comments(text) or None

    def first_string(self, statements: list[Node]) -> str | None:
        """Return the string literal that is a body's first statement, cleaned."""
        rules = self.rules
        for child in statements:
            rule = rules.get(child.kind_id)
            if rule is None:
                if child.named_child_count == 1:
                    child = child.named_child(0)
                    rule = rules.get(child.kind_id)
            elif rule.role is ROLE_COMMENT:
                continue
            if rule is None or rule.role is not ROLE_STRING:
                return None
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
                self.rows.nodes[ordinal][7].append("generator")
        if self.free or self.self_type or self.foreign_frames or self.pack.package_scope:
            for item in self.pending_uses:
                self.resolve(*item)
        else:
            self.resolve_all()
        for name, exported in self.pending_exports:
            binding = self.module_scope.names.get(name)
            self.rows.exports.append((exported, binding[1] if binding is not None else -1, None, None))

    def resolve_all(self) -> None:
        """Turn names in use into rows where names have no more to them than scopes; see `resolve`."""
        rows = self.rows
        reasons, nodes, add = rows.reasons, rows.nodes, rows.uses.extend
        unbound_matter = self.star_import
        for scope, use, ordinal, head, name, start_byte, call in self.pending_uses:
            if head != HEAD_NAME:
                self.resolve(scope, use, ordinal, head, name, start_byte, call)
                continue
            dotted = "." in name
            first = name.partition(".")[0] if dotted else name
            around: Scope | None = scope
            while around is not None:  # `Scope.lookup_at`
                found = around.names.get(first)
                if found is not None and found[3] <= start_byte:
                    break
                outer = around.outer
                around = around.parent if outer is None else outer.get(first) or around.parent
            else:
                found = None
            if found is None:
                if use == "reference" and not unbound_matter:
                    continue  # a builtin's name, mostly
                binding, target = "global", -1
            else:
                _, target, receiver, _ = found
                if receiver:
                    if not dotted and (use != "call" or receiver != RECEIVER_CLASS):
                        if call >= 0:
                            reasons[call] = "local-value"
                        continue
                    binding = "self"
                elif target == LOCAL:
                    if call >= 0 and not dotted:
                        reasons[call] = "local-value"
                    continue
                else:
                    binding = "import" if nodes[target][1] == "import" else "definition"
            if call >= 0:
                reasons[call] = None
            add((use, ordinal, name, binding, target, start_byte, call))

    def resolve(self, scope: Scope, use: str, ordinal: int, head: int, name: str, start_byte: int, call: int) -> None:
        """Turn a name in use into a row, unless it is a local."""
        if self.self_type and (use == "type" or (use == "call" and "." in name)):
            typed = rust_values.followed(scope, use, head, name, start_byte)
            if typed is not None:
                self.resolve_typed(scope, use, ordinal, *typed, start_byte, call)
                return
        first, _, remainder = name.partition(".")
        target = -1
        if self.free and head in {HEAD_NAME, HEAD_TYPE}:
            self.resolve_free(scope, use, ordinal, head, name, start_byte, call)
            return
        if self.free and head == HEAD_RECEIVER and (extended := self.extended_type(scope.frame)) is not None:
            if remainder:
                self.resolve_free(scope, use, ordinal, HEAD_TYPE, f"{extended}.{remainder}", start_byte, call)
            return
        if head == HEAD_RECEIVER and self.self_type:
            owner = self.enclosing_type(scope.frame)
            if owner is not None and owner.foreign:
                if owner.owner is None or not remainder:
                    return
                name, head = f"{owner.owner}.{remainder}", HEAD_TYPE
                first = name.partition(".")[0]
        elif self.foreign_frames and head in _NAMES and (remainder or use == "call" or first == self.self_type != ""):
            found = scope.lookup_at(first, start_byte) if head == HEAD_NAME else scope.lookup_type(first)
            if found is not None and found[1] < LOCAL:
                written = self.foreign_frames[-2 - found[1]].owner
                if written is None or not (remainder or first == self.self_type):
                    self.local_value(call, remainder)
                    return
                name = f"{written}.{remainder}" if remainder else written
                first = written.partition(".")[0]
        if head not in _NAMES:
            owner = self.enclosing_type(scope.frame) if head == HEAD_RECEIVER else self.super_type(scope.frame)
            if owner is None or (use == "reference" and not remainder):
                return
            binding, target = ("self" if head == HEAD_RECEIVER else "super"), owner.ordinal
        else:
            found = scope.lookup_at(first, start_byte) if head == HEAD_NAME else scope.lookup_type(first)
            if found is None:
                if use == "reference" and not self.star_import and not self.is_free(first):
                    return
                binding = "global"
            elif found[2]:
                if not remainder and (use != "call" or found[2] != RECEIVER_CLASS):
                    if call >= 0:
                        self.rows.reasons[call] = "local-value"
                    return
                binding, target = "self", found[1]
            elif found[1] == LOCAL:
                if call >= 0 and not remainder:
                    self.rows.reasons[call] = "local-value"
                return
            else:
                target = found[1]
                binding = "import" if self.rows.nodes[target][1] == "import" else "definition"
        if call >= 0:
            self.rows.reasons[call] = None
        self.rows.uses.extend((use, ordinal, name, binding, target, start_byte, call))

    def resolve_typed(
        self, scope: Scope, use: str, ordinal: int, head: int, name: str, start_byte: int, call: int
    ) -> None:
        """Turn what goes on from a value's type into a row for the link stage, unless the type is not known."""
        first, _, remainder = name.partition(".")
        bare = first.removesuffix("()")
        target, binding = -1, "type"
        if head == HEAD_RECEIVER:
            owner = self.enclosing_type(scope.frame)
            if owner is None:
                return
            if owner.foreign:
                if owner.owner is None:
                    return
                name = f"{owner.owner}.{remainder}"
            else:
                target, binding = owner.ordinal, "self"
        else:
            found = scope.lookup_type(bare)
            if found is not None and found[1] < LOCAL and bare == self.self_type:
                written = self.foreign_frames[-2 - found[1]].owner
                if written is None:
                    return
                name = written + name[len(first) :]
            elif found is not None:
                if found[1] < 0:
                    return
                target = found[1]
        if call >= 0:
            self.rows.reasons[call] = None
        self.rows.uses.extend((use, ordinal, name, binding, target, start_byte, call))

    def extended_type(self, frame: Frame | None) -> str | None:
        """Return the type that `this` has in an extension, or None where it is a type's own."""
        while frame is not None and not frame.is_type:
            if frame.extended is not None:
                return frame.extended
            frame = frame.parent
        return None

    def resolve_free(
        self, scope: Scope, use: str, ordinal: int, head: int, name: str, start_byte: int, call: int
    ) -> None:
        """Turn a name into a row for the link stage, unless it is a local of no known type."""
        first, dot, remainder = name.partition(".")
        known = scope.lookup(first.removesuffix("()"))
        local = known is not None and known[1] < 0
        called = first.endswith("()") or (use == "call" and not dot and head == HEAD_NAME)
        if local and called and not self.pack.local_callables:
            known, local = None, False
        if known is not None and local:
            if not dot or known[1] == LOCAL or called:
                if call >= 0 and not dot:
                    self.rows.reasons[call] = "local-value"
                return
            # A member of a local's declared type.
            name = f"{self.types[-2 - known[1]]}.{remainder}"
            head = HEAD_TYPE
            known = scope.lookup(name.partition(".")[0])
            if known is not None and known[1] < 0:
                return
        target = -1 if known is None else known[1]
        binding = "definition" if known is not None else "type" if head == HEAD_TYPE else "global"
        if call >= 0:
            self.rows.reasons[call] = None
        self.rows.uses.extend((use, ordinal, name, binding, target, start_byte, call))

    def is_free(self, name: str) -> bool:
        """Say whether a name that the file does not bind may be bound by another file of its package."""
        return self.pack.package_scope and name not in self.pack.builtins and name != self.blank

    def local_value(self, call: int, remainder: str) -> None:
        """Note that a call is one of a local value."""
        if call >= 0 and not remainder:
            self.rows.reasons[call] = "local-value"

    def super_type(self, frame: Frame | None) -> Frame | None:
        """Return the type around a frame, whatever functions lie between."""
        while frame is not None and not frame.is_type:
            frame = frame.parent
        return frame

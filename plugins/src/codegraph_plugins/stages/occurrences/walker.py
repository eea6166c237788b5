"""The walk that finds where each name of a file stands: the parser's own scopes, with positions.

It is the reference engine's walk (`parsers/reference/walker.py`) with what that one throws away: the identifier of
every definition, the binding of every local, and each part of every dotted name. What only the link stage can decide
comes out as a *site* of the kind "use", which is a row of the table `uses` with a span.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import tree_sitter
from attrs import define, evolve

from codegraph_hookspecs import KindRule
from codegraph_plugins.parsers.reference.compiled import (
    ACT_VISIT,
    HEAD_NAME,
    HEAD_SUPER,
    HEAD_TYPE,
    CompiledLanguage,
    CompiledRule,
)
from codegraph_plugins.parsers.reference.macros import Arguments
from codegraph_plugins.parsers.reference.scopes import RANK_LOCAL, RANK_VARIABLE, Frame, Scope
from codegraph_plugins.parsers.reference.text import MAX_NAME_CHARACTERS
from codegraph_plugins.parsers.reference.vocabulary import (
    ROLE_CALL,
    ROLE_COMMENT,
    ROLE_DOTTED,
    ROLE_EXTENSION,
    ROLE_IDENTIFIER,
    ROLE_MEMBER,
    ROLE_NONE,
    ROLE_RECEIVER,
    ROLE_STRING,
    ROLE_SUPER,
    USE_ARGUMENTS,
    USE_CALLEE,
    USE_IMPLEMENTS,
    USE_KEY,
    USE_NAME,
    USE_OBJECT,
    USE_OWNER,
    USE_PROPERTY,
    USE_SAME,
)
from codegraph_plugins.parsers.reference.walker import BIND, Binding, Deferred, Named, Parameter, Walker
from codegraph_plugins.stages.occurrences.early_reads import early_reads
from codegraph_plugins.stages.occurrences.ecma_added import added_members
from codegraph_plugins.stages.occurrences.ecma_types import EcmaTypes
from codegraph_plugins.stages.occurrences.facts import Added, Fact, FramesByPlace, Key, Label
from codegraph_plugins.stages.occurrences.java_patterns import regions
from codegraph_plugins.stages.occurrences.jsdoc import Doc, read_doc
from codegraph_plugins.stages.occurrences.jsdoc_types import JavaScriptTypes
from codegraph_plugins.stages.occurrences.kotlin_lambdas import may_have_it
from codegraph_plugins.stages.occurrences.labels import labels
from codegraph_plugins.stages.occurrences.rust_impls import IMPL, impl_name, impl_of, module_of
from codegraph_plugins.stages.occurrences.rust_types import PATH_TOKENS, RustTypes
from codegraph_plugins.stages.occurrences.symbols import HELD
from codegraph_plugins.stages.occurrences.typed import MADE
from codegraph_plugins.stages.occurrences.values.expressions import Facts
from codegraph_plugins.stages.occurrences.values.python_generics import generic_scopes
from codegraph_plugins.stages.occurrences.values.python_quoted import QuotedTypes
from codegraph_plugins.stages.occurrences.values.python_written import WrittenTypes
from codegraph_plugins.stages.occurrences.values.readers import READERS

Node = tree_sitter.Node
Range = tuple[int, int]
"""Start and end byte."""

Local = tuple[int, str, int]
"""A scope's table of names, a name, and the byte that it is bound from: 0 where a scope has one local of a name."""

_SHADOWING: Final[Mapping[str, frozenset[str]]] = {
    "java": frozenset({"variable_declarator", "instanceof_expression", "type_pattern", "record_pattern_component"}),
    "go": frozenset({"type_switch_statement"}),
    "kotlin": frozenset({"property_declaration", "for_statement"}),
    "rust": frozenset({"let_declaration", "let_condition", "for_expression", "match_arm"}),
}
"""What declares locals that are seen behind it only: before it, what is around has the name."""
_SUPER_OF: Final = re.compile(rb"super<\s*(\w+)")
"""Kotlin's `super<Base>`."""
_ASSIGNING: Final[Mapping[str, frozenset[str]]] = {"go": frozenset({"range_clause", "receive_statement"})}
"""What declares names, or with `=` gives those that are declared a value."""
_CAPTURED: Final = re.compile(rb"(?<!\{)(?:\{\{)*\{([A-Za-z_]\w*)(?=[:}])")
"""A name in a text that a macro formats: `{total:?}`."""
_TRAIT_OF: Final = " for "
"""Parts a trait from the type of another file that implements it, in the name of a use."""
TYPE_PARAMETER: Final = "type_parameter"
"""What grammars call the definition of a type parameter, and the use of the site that defines one.

Such a site's name has the ordinal of what takes the parameter, and the parameter's name.
"""
_NAMED_TYPE_PARAMETERS: Final = frozenset({"java", "kotlin", "typescript"})
"""Languages whose indexers name type parameters below what takes them; elsewhere they are locals."""
RECEIVER: Final = "receiver"
"""Name in the site of a field that a method defines on its receiver: instances have it, their class has not."""
_DECLARES_FIELDS: Final = frozenset({"javascript", "typescript"})
"""Languages in which what a method assigns is defined where the class declares it, wherever that stands."""
_FUNCTIONS: Final = frozenset({"function", "method"})
_HOLDING: Final = frozenset({"variable_declarator", "public_field_definition", "field_definition", "assignment"})
"""What grammars of JavaScript, TypeScript and Python call what gives a variable or a field a value."""
BESIDE: Final = "beside"
"""Use of the site of a member whose name is that of a local, too."""
_LEAVES: Final = 4_096
"""Leaves looked at for the names in one import."""
_SEPARATORS: Final = re.compile(r"[.:/]+")
_TEMPLATE_NAME: Final = re.compile(rb"(?!this\b)[A-Za-z_]\w*")
_IT: Final = "it"
"""The parameter that a lambda of Kotlin has without one that is written."""
_STATEMENT_DEPTH: Final = 5
"""How far above an imported name its statement may stand."""


TYPES: Final[Mapping[str, type[EcmaTypes] | type[RustTypes]]] = {
    "javascript": JavaScriptTypes,
    "typescript": EcmaTypes,
    "rust": RustTypes,
}
"""What reads the types of a language's files."""


@define(frozen=True, slots=True)
class Site:
    """A name at a place.

    Args:
        kind: "node": the row `target` of the file; "local": the local number `target`; "import": what the file's
            import number `target` leads to; "module": the module of that import, or `name` levels above it;
            "use": what the link stage makes of `use`, `name`, `binding`, `target` and `call_site`; "member": what the
            expression in `name` is; "key": a member of the literal that begins at the byte `target`, `name` has its
            name and the expression that it is expected to be; "fact": no name, but an expression of the kind `use`
            about what is defined at the byte `start`. Expressions are those of `types.py`;
            "value": what the file's expression number `target` leads to, see `values`.
        role: definition, write, import, or read (which covers every other use).
        node: Ordinal of the definition around it.
        start, end: Bytes.
        target: See `kind`; -1 where there is none.
        use, name, binding, call_site: As in the table `uses`.
    """

    kind: str
    role: str
    node: int
    start: int
    end: int
    target: int = -1
    use: str = ""
    name: str = ""
    binding: str = ""
    call_site: int = -1


_WRITING: Final = {
    "assignment": ("left", "#0"),
    "assignment_expression": ("left",),
    "assignment_statement": ("left",),
    "augmented_assignment": ("left",),
    "augmented_assignment_expression": ("left",),
    "compound_assignment_expr": ("left",),
    "operator_assignment": ("left",),
    "update_expression": ("argument", "#0"),
    "inc_statement": ("#0",),
    "dec_statement": ("#0",),
    "delete_statement": ("#0",),
}
"""What tree-sitter grammars call the nodes that assign or unbind, and the field (or place) of what is assigned to."""


@cache
def _assignments(language: tree_sitter.Language) -> tree_sitter.Query | None:
    patterns = []
    for kind, places in _WRITING.items():
        if language.id_for_node_kind(kind, True) is None:
            continue
        for place in places:
            pattern = f"({kind} . (_) @target)" if place == "#0" else f"({kind} {place}: (_) @target)"
            try:
                tree_sitter.Query(language, pattern)
            except tree_sitter.QueryError:
                continue  # this grammar has no such field there
            patterns.append(pattern)
            break
    return tree_sitter.Query(language, "\n".join(patterns)) if patterns else None


def assignments(language: CompiledLanguage) -> tree_sitter.Query | None:
    """Return a query whose captures `target` are what a language's assignments assign to, or None."""
    return _assignments(language.language)


class OccurrenceWalker(Walker):
    """Walks one file for its occurrences; takes what `Walker` takes. Use `find`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.language: CompiledLanguage = arguments[0]
        # The short cuts keep no positions.
        self.plain_calls = self.plain_locals = self.plain_parameters = self.plain_definitions = False
        self.templates = self.utf8 and self.pack.name == "kotlin"
        if self.templates:
            strings = {kind for kind, rule in self.rules.items() if rule.role is ROLE_STRING}
            self.actions = list(self.actions)
            for kind in strings:
                self.actions[kind] = ACT_VISIT
        self.quoted: QuotedTypes | None = None
        self.written_types: WrittenTypes | None = None
        if self.utf8 and self.pack.name == "python":
            self.quoted = QuotedTypes(self.source, self.language.language)
            self.actions = list(self.actions)
            self.written_types = WrittenTypes(self.source, self.language.language)
            roles = {ROLE_STRING, ROLE_COMMENT} if self.written_types.comments else {ROLE_STRING}
            for kind in (kind for kind, rule in self.rules.items() if rule.role in roles):
                self.actions[kind] = ACT_VISIT
        self.comments_have_types = self.utf8 and self.pack.name == "javascript"
        if self.comments_have_types:
            comments = {kind for kind, rule in self.rules.items() if rule.role is ROLE_COMMENT}
            self.actions = list(self.actions)
            for kind in comments:
                self.actions[kind] = ACT_VISIT
        self.parts: dict[tuple[int, str], list[Range | None]] = {}
        self.naming: Node | None = None
        self.on_receiver = False
        self.is_held = False
        self.lambdas: FramesByPlace | None = None  # those that may have the parameter `it`
        self.its: dict[int, int] = {}  # where lambdas begin that use it → what they stand in
        self.named: list[tuple[Named, Node]] = []
        self.names_of_named: dict[int, Node] = {}
        self.writes: set[int] = set()
        self.implemented: list[tuple[Scope, int, str, Node]] = []  # traits of `impl` blocks
        self.in_impl = (-1, "")  # where the last one begins, and what marks its members
        self.imported: list[tuple[Node, int]] = []
        # Scopes' tables of names are told apart by their ids, so they are kept alive.
        self.tables: list[dict[str, Any]] = []
        self.locals: dict[Local, list[tuple[int, Range]]] = {}
        self.since: dict[tuple[int, str], list[int]] = {}  # scope and name → where locals begin that are told apart
        self.regions: dict[Local, list[Range]] = {}  # where locals of patterns are seen
        self.parameters_of: dict[Local, int] = {}
        self.variables_of: dict[tuple[int, str], int] = {}
        self.assigned_fields: dict[tuple[int, str], tuple[int, int]] = {}  # place among the sites, and the row
        self.outside: dict[int, tuple[int, Scope]] = {}  # where iterables start → where they end, what they see
        self.loose: list[tuple[Scope, str, Range, bool]] = []
        self.docs: list[tuple[int, int, Doc]] = []  # where comments that say something begin and end
        self.documented_names: list[tuple[Scope, str, Range]] = []  # in them
        self.sites: list[Site] = []
        self.facts: Facts | None = None
        self.numbers: dict[Local, int] = {}
        self.more_locals = 0
        self.type_parameters: set[Local] = set()

    def find(self, root: Node) -> list[Site]:
        """Walk a file's tree and return its sites in source order.

        Raises:
            OutOfTimeError: The deadline passed.
        """
        self.note_writes(root)
        if self.templates and b"it" in self.source:
            self.lambdas = implicit_lambdas(self.language.language, root)
        self.walk(root)
        reader = READERS.get(self.pack.name) if self.utf8 else None
        if reader is not None:
            self.facts = reader(self.source, self.language.language, self.deadline).read(root)
        if self.pack.name not in TYPES:
            self.take_labels(root)
        if self.facts is not None:
            self.take_members(self.facts)
        if self.pack.name == "python" and self.utf8:
            self.take_generics(root)
            self.free_early_reads(root)
        chosen: dict[tuple[int, int, str, int], Site] = {}
        taken: set[Range] = set()
        order = {"definition": 0, "write": 1, "import": 2, "read": 3}
        for site in sorted(self.sites, key=lambda site: (site.start, site.end, order[site.role], site.kind != "node")):
            place = (site.start, site.end)
            if site.role != "definition" and place in taken and site.use != "base":
                continue  # a name has one meaning, but one identifier may define two things, or embed a type
            taken.add(place)
            chosen.setdefault((*place, site.kind, site.target), site)
        typed = list(self.typed_sites(root, list(chosen.values())))
        local = {
            (site.start, site.end)
            for site in typed
            if site.kind == "local" or (site.kind == "key" and site.target == 0)  # no scope shows them
        }
        found = [
            *(site for site in chosen.values() if site.kind != "use" or (site.start, site.end) not in local),
            *typed,
        ]
        return sorted(found, key=lambda site: (site.start, site.end))

    def typed_sites(self, root: Node, known: Sequence[Site]) -> Iterator[Site]:
        """Yield what the file says about types, and the members that only types decide; `known` are the other sites."""
        read = TYPES.get(self.pack.name)
        if read is None or not self.utf8:
            return
        taken = {(site.start, site.end) for site in known if site.kind in {"local", "node"}}
        numbers = {site.start: site.target for site in known if site.kind == "local" and site.role == "definition"}
        around = FramesByPlace([(row[5], row[6]) for row in self.rows.nodes])
        rows = {site.start: site.target for site in known if site.kind == "node" and site.role == "definition"}
        reader = read(self.source)
        if isinstance(reader, RustTypes):
            reader.take(self.macro_arguments)
        if isinstance(reader, JavaScriptTypes):
            reader.take(self.docs)
        if isinstance(reader, EcmaTypes):
            yield from made_names(self.language.language, root)
        items = list(reader.read(root))
        added = list(added_members(items, known, self.rows.nodes))
        own = {key.start for key in added}
        for item in (*items, *added):
            if isinstance(item, Added):
                continue
            if isinstance(item, Fact):
                text = json.dumps(item.expression, separators=(",", ":"))
                ordinal = around.at(item.at) if item.kind == "class" else 0
                yield Site("fact", "read", ordinal, item.at, item.at, use=item.kind, name=text)
            elif isinstance(item, Label):
                if (item.start, item.end) in taken:
                    continue
                if item.definition in rows:
                    yield Site("node", "read", around.at(item.start), item.start, item.end, rows[item.definition])
                    continue
                if item.definition not in numbers:
                    numbers[item.definition] = self.own_local()
                number = numbers[item.definition]
                role = "definition" if item.start == item.definition else "read"
                yield Site("local", role, around.at(item.start), item.start, item.end, number)
            elif isinstance(item, Key):
                said = [item.name, item.expected, *([1] if item.keeps and item.expected is not None else ())]
                text = json.dumps(said, separators=(",", ":"))
                yield Site("key", "definition", around.at(item.start), item.start, item.end, item.literal, name=text)
            elif item.start not in own:
                text = json.dumps(item.expression, separators=(",", ":"))
                role = "write" if item.start in self.writes else "read"
                use = BESIDE if item.beside else ""
                yield Site("member", role, around.at(item.start), item.start, item.end, use=use, name=text)

    def take_members(self, facts: Facts) -> None:
        """Add the sites of members of values that the link engine does not know."""
        taken = {site.start for site in self.sites}
        for place in facts.fields:
            self.sites.append(Site("local", "definition", 0, *place, self.own_local()))
        if facts.its:
            self.take_more_its(facts.its)
        asked = {facts.expressions[number][3]: (facts.expressions[number][2], number) for number in facts.members}
        asked = {**dict.fromkeys((*facts.implicit, *facts.makes), ("", -1)), **asked}
        around = self.frames_in_order()
        opened: list[tuple[int, int]] = []
        position = 0
        for start in sorted(asked.keys() - taken):
            while position < len(around) and around[position][0] <= start:
                opened.append(around[position][1:])
                position += 1
            while len(opened) > 1 and opened[-1][0] <= start:
                opened.pop()
            name, number = asked[start]
            end = start + len(name.encode()) if name else self.end_of_name(start)
            role = "write" if start in self.writes else "read"
            self.sites.append(Site("value", role, opened[-1][1], start, end, number))

    def take_more_its(self, its: Mapping[int, Sequence[Any]]) -> None:
        """Define the `it` of lambdas around others: types tell which of them one means, the others are left out."""
        ordinals = {site.start: site.node for site in self.sites if site.start in its}
        defined = {site.start for site in self.sites if site.kind == "local" and site.role == "definition"}
        for place, (_, *lambdas) in its.items():
            for start, *_ in lambdas:
                if place in ordinals and start not in defined:
                    defined.add(start)
                    number = self.own_local()
                    self.sites.append(Site("local", "definition", ordinals[place], start, start + 1, number))

    def end_of_name(self, start: int) -> int:
        """Return where an identifier ends."""
        text = self.source[start : start + 4 * MAX_NAME_CHARACTERS].decode("utf-8", "replace")
        return start + len(
            text[: next((i for i, c in enumerate(text) if not (c.isalnum() or c in "_$`")), len(text))].encode()
        )

    def take_labels(self, root: Node) -> None:
        """Add the sites of labels of statements: they are locals of their own."""
        for label, uses in labels(self.language.language, root):
            number = self.own_local()
            self.sites.append(Site("local", "definition", 0, label.start, label.end, number))
            for use in uses:
                self.sites.append(Site("local", "read", 0, use.start_byte, use.end_byte, number))

    def take_generics(self, root: Node) -> None:
        """Have the names of Python's type parameters be locals of what takes them (PEP 695)."""
        scopes = generic_scopes(self.language.language, root, self.source)
        if not scopes:
            return
        numbers = [{name: self.own_local() for name in scope.names} for scope in scopes]
        nodes, kept, defined = self.rows.nodes, [], set()
        for scope, own in zip(scopes, numbers, strict=True):
            for name, place in scope.names.items():
                defined.add(place)
                kept.append(Site("local", "definition", 0, *place, own[name]))
        for site in self.sites:
            if (site.start, site.end) in defined:
                continue
            number = -1
            for scope, own in zip(scopes, numbers, strict=True):
                if site.kind == "use" and site.name in own and scope.start <= site.start < scope.end:
                    # A class may have a member of that name, which is nearer.
                    is_inside = site.target > 0 and nodes[site.target][5] >= scope.start
                    number = -1 if is_inside else own[site.name]
                    break
            kept.append(site if number < 0 else Site("local", "read", site.node, site.start, site.end, number))
        self.sites = kept

    def free_early_reads(self, root: Node) -> None:
        """Have what a module of Python reads before it binds it be bound by nothing in the module."""
        early = early_reads(self.sites, self.rows.nodes, root)
        for at, site in enumerate(self.sites if early else ()):
            if site.kind == "use" and site.start in early:
                self.sites[at] = evolve(site, target=-1, binding="global")

    def own_local(self) -> int:
        """Return the number of a local that is in no scope."""
        self.more_locals += 1
        return len(self.numbers) + self.more_locals - 1

    def frames_in_order(self) -> list[tuple[int, int, int]]:
        """Return start, end and ordinal of what definitions stand in, outer ones first."""
        nodes = self.rows.nodes
        spans = {frame.ordinal: nodes[frame.ordinal][5:7] for frame in self.frames if not frame.foreign}
        return sorted((start, end, ordinal) for ordinal, (start, end) in spans.items())

    # -- definitions -------------------------------------------------------------------------------

    def row(self, frame: Frame, name: str, kind: str, node: Node, **facts: Any) -> tuple[int, str, str]:
        """Add a node row, and the site of the identifier that names it."""
        ordinal = len(self.rows.nodes)
        made = super().row(frame, name, kind, node, **facts)
        if kind == "import":
            self.imported.append((node, frame.ordinal))
            return made
        spelled = self.naming or next((child for child in node.children if self.text(child) == name), None)
        if spelled is None and name.isdigit():
            spelled = node  # a field that has a position and no name: it is defined where its type ends
        if spelled is None and name == "default" and node.parent is not None:  # `export default function () {}`
            spelled = next((child for child in node.parent.children if child.type == name), None)
        if spelled is None and name == self.plans[node.kind_id].rule.name and self.plans[node.kind_id].opens_type:
            spelled = node.child(0)  # an object without a name is known by the keyword
        if spelled is not None and not name.startswith("<"):
            start, end = (node.end_byte, node.end_byte) if name.isdigit() else self.inside(spelled)
            is_held = self.is_held and kind in _FUNCTIONS
            mark = RECEIVER if self.on_receiver else HELD if is_held else ""
            if self.pack.name == "rust" and kind != "parameter" and (block := impl_of(node)) is not None:
                mark = self.impl_mark(block)
            self.is_held = self.is_held and not is_held  # its parameters are not
            if self.on_receiver and self.pack.name in _DECLARES_FIELDS:
                self.assigned_fields[id(frame), name] = len(self.sites), ordinal
            self.sites.append(Site("node", "definition", frame.ordinal, start, end, ordinal, name=mark))
        return made

    def impl_mark(self, block: Node) -> str:
        """Return what marks the members of an `impl` block."""
        if self.in_impl[0] != block.start_byte:
            start, nodes = module_of(block), self.rows.nodes
            module = next((at for at in range(1, len(nodes)) if nodes[at][5] == start), 0) if start >= 0 else 0
            self.in_impl = (block.start_byte, f"{IMPL}{module} {impl_name(block)}")
        return self.in_impl[1]

    def inside(self, node: Node) -> Range:
        """Return where a name is spelled: a string's content, the last part of a dotted name, else the whole node."""
        rule = self.rules.get(node.kind_id)
        if rule is not None and rule.role is ROLE_STRING and node.end_byte - node.start_byte > 2:
            return node.start_byte + 1, node.end_byte - 1
        return next((one for one in self.parts_from_the_end(node) if one is not None), (node.start_byte, node.end_byte))

    def open_module(self, root: Node | None) -> Scope:
        """Add the module's row; a module is defined at the file's beginning."""
        self.sites.append(Site("node", "definition", 0, 0, 0, 0))
        return super().open_module(root)

    def definition(self, node: Node, rule: CompiledRule, carry: Any, scope: Scope, owner: Frame | None = None) -> None:
        """Note which identifier names a definition."""
        named = self.names_of_named.get(id(carry)) if isinstance(carry, Named) else None
        own: Node | None = None
        if USE_NAME in rule.uses:
            own = self.part(node, rule, USE_NAME)
            inner = self.rules.get(own.kind_id) if own is not None else None
            if own is not None and inner is not None and inner.role is ROLE_MEMBER:
                own = own.child_by_field_id(inner.property_field) or own
        by_target = named is not None and (carry.scope is not None or own is None)
        self.naming = named if by_target else own
        holder = named.parent if named is not None and by_target else None
        self.is_held = holder is not None and holder.type in _HOLDING
        super().definition(node, rule, carry, scope, owner)
        self.naming, self.is_held = None, False

    def named_value(self, value: Node, target: Node, binding: Binding, scope: Scope) -> Named | None:
        """Note which identifier an anonymous definition takes its name from."""
        named = super().named_value(value, target, binding, scope)
        if named is not None:
            rule = self.rules.get(target.kind_id)
            spelled = target
            if rule is not None and rule.role is ROLE_MEMBER:
                spelled = target.child_by_field_id(rule.property_field) or target
            self.named.append((named, spelled))
            self.names_of_named[id(named)] = spelled
        return named

    def bare_member(self, node: Node, scope: Scope) -> None:
        """Add the row of a member that is just a name."""
        self.naming = node
        super().bare_member(node, scope)
        self.naming = None

    def member_row(self, name: str, child: Node, binding: Binding, scope: Scope) -> None:
        """Add the row of a field that a declaration in a type's body names."""
        self.variable_at(name, child, scope.frame, lambda: super(OccurrenceWalker, self).member_row(
            name, child, binding, scope))  # fmt: skip

    def variable_at(self, name: str, node: Node, frame: Frame, make: Any) -> None:
        """Have a variable's row made; where the frame has it already, it is assigned again."""
        before = len(self.rows.nodes)
        self.naming = node
        make()
        self.naming = None
        key = (id(frame), name)
        assigned = self.assigned_fields.pop(key, None) if not self.on_receiver else None
        if assigned is not None:  # the class declares behind its constructor what that assigns
            position, row = assigned
            self.sites[position] = evolve(self.sites[position], role="write", name="")
            start, end = self.inside(node)
            self.sites.append(Site("node", "definition", frame.ordinal, start, end, row))
        elif len(self.rows.nodes) > before:
            self.variables_of[key] = before
        elif key in self.variables_of:
            start, end = self.inside(node)
            self.sites.append(Site("node", "write", frame.ordinal, start, end, self.variables_of[key]))

    def variable(self, name: str, node: Node, binding: Binding, scope: Scope) -> None:
        """Bind an assigned name, noting the local or the variable that it is."""
        target = scope.home if binding.hoist else scope
        if target.outer is not None and name in target.outer:
            outer = target.outer[name]
            if outer is None:
                self.writes.add(node.start_byte)
                self.mention(scope, name, node)
                return
            target = outer
        if binding.node.type in _ASSIGNING.get(self.pack.name, ()) and _assigns(binding.node):
            self.writes.add(node.start_byte)
            self.mention(scope, name, node)
            return
        if target.frame.is_function or target.home is not target or not binding.rule.rule.rows:
            if self.pack.name == "java" and binding.node.type != "variable_declarator":
                scope = target = self.of_pattern(target, name, binding.node)
            self.local(target, name, node, scope.frame, self.bound_from(binding.node))
            super().variable(name, node, binding, scope)
            return
        known = name in target.names
        self.variable_at(name, node, target.frame, lambda: super(OccurrenceWalker, self).variable(
            name, node, binding, scope))  # fmt: skip
        self.bound_here(target, name, binding.node.end_byte, known=known)

    def of_pattern(self, scope: Scope, name: str, binder: Node) -> Scope:
        """Note where what a pattern of Java binds is seen; return where it is bound: behind a loop, around that."""
        found = regions(binder) if binder.type in _SHADOWING["java"] else None
        if found is None:
            return scope
        last, loop = max(found, default=(0, 0))[0], binder.parent
        while loop is not None and loop.type != "for_statement" and loop.end_byte < last:
            loop = loop.parent
        if loop is not None and loop.type == "for_statement" and loop.end_byte <= last:
            scope = scope.parent or scope
        self.regions[id(scope.names), name, binder.start_byte] = found
        return scope

    def seen_since(self, scope: Scope, name: str, at: int) -> int:
        """Return where the local of a scope begins that a name at a byte means, of those that are told apart; or 0."""
        for begin in sorted(self.since.get((id(scope.names), name), ()), reverse=True):
            inside = self.regions.get((id(scope.names), name, begin)) if begin <= at else ()
            if inside is None or any(start <= at < end for start, end in inside):
                return begin
        return 0

    def parameter(self, name: str, node: Node, carry: Parameter, scope: Scope) -> None:
        """Add a parameter's row, noting which row the name is bound to."""
        before = len(self.rows.nodes)
        self.naming = node
        super().parameter(name, node, carry, scope)
        self.naming = None
        self.tables.append(scope.names)
        self.parameters_of[id(scope.names), name, 0] = before

    def bind_definition(
        self, name: str, own_name: str | None, named: Named | None, spec: KindRule, ordinal: int, scope: Scope
    ) -> None:
        """Bind a definition's name; before it, the rest of a class's body sees what is around the class."""
        if self.naming is not None and self.pack.name in TYPES and self.is_string(self.naming):
            return  # `declare module "name"` binds nothing
        known = name in scope.names
        super().bind_definition(name, own_name, named, spec, ordinal, scope)
        self.bound_here(scope, name, self.rows.nodes[ordinal][6], known=known)

    def bound_here(self, scope: Scope, name: str, end: int, *, known: bool) -> None:
        """Have a name of a class's body mean something behind its first binding only, where that is the rule."""
        if self.pack.members_bind and not known and scope.frame.is_type and scope.home is scope:
            found = scope.names.get(name)
            if found is not None:
                scope.names[name] = (*found[:3], end)

    def bound_from(self, binder: Node) -> int:
        """Return the byte that the names of a declaration, a loop or a pattern are seen from, 0 where order is none."""
        if binder.type not in _SHADOWING.get(self.pack.name, ()):
            return 0
        body, pattern = binder.child_by_field_name("body"), binder.child_by_field_name("pattern")
        if body is not None:
            return body.start_byte
        if binder.type == "for_statement" and binder.named_child_count:  # Kotlin's names no children
            return binder.named_children[-1].start_byte
        if self.pack.name == "go":  # the value of `switch x := x.(type)` stands before
            value = binder.child_by_field_name("value")
            return value.end_byte if value is not None else 0
        if self.pack.name == "java":  # a local is in scope in its own initializer
            return binder.start_byte
        return pattern.start_byte if binder.type == "match_arm" and pattern is not None else binder.end_byte

    def local(self, scope: Scope, name: str, node: Node, frame: Frame, since: int = 0) -> None:
        """Note where a local is bound."""
        known = self.parameters_of.get((id(scope.names), name, since))
        if known is not None:  # a parameter is assigned
            self.sites.append(Site("node", "write", frame.ordinal, node.start_byte, node.end_byte, known))
            return
        self.tables.append(scope.names)
        if self.pack.name in _NAMED_TYPE_PARAMETERS and node.parent is not None and node.parent.type == TYPE_PARAMETER:
            self.type_parameters.add((id(scope.names), name, since))
        places = self.locals.setdefault((id(scope.names), name, since), [])
        if since and not places:
            self.since.setdefault((id(scope.names), name), []).append(since)
        places.append((frame.ordinal, (node.start_byte, node.end_byte)))

    def bind_arguments(self, node: Node, scope: Scope) -> None:
        """Bind the names that stand as arguments of a receiver's type."""
        found = self.type_name(node)
        stack = list(node.named_children) if found is not None else []
        while stack:
            current = stack.pop()
            rule = self.rules.get(current.kind_id)
            if rule is not None and rule.role is ROLE_IDENTIFIER and found and current.start_byte >= found[2].end_byte:
                self.local(scope, self.text(current), current, scope.frame)
            stack.extend(current.named_children)
        super().bind_arguments(node, scope)

    # -- uses ----------------------------------------------------------------------------------------

    def mention(self, scope: Scope, name: str, node: Node) -> None:
        """Add a use of a name that the walk itself takes as no reference."""
        self.pending_uses.append((scope, "reference", scope.frame.ordinal, HEAD_NAME, name, node.start_byte, -1))

    def outer_names(self, node: Node, rule: CompiledRule, scope: Scope) -> None:
        """Note the names in `global` and `nonlocal` as uses."""
        super().outer_names(node, rule, scope)
        for child in node.named_children:
            self.mention(scope, self.text(child), child)

    def derive(self, path: list[Node], ordinal: int, scope: Scope) -> None:
        """Note the names in a path of `#[derive]`: the trait that goes with the macro has its name."""
        name = ".".join(map(self.text, path))
        self.parts[path[0].start_byte, name] = [(one.start_byte, one.end_byte) for one in path]
        self.pending_uses.append((scope, "reference", ordinal, HEAD_NAME, name, path[0].start_byte, -1))

    def note_writes(self, root: Node) -> None:
        """Note which names are assigned to."""
        query = assignments(self.language)
        targets = tree_sitter.QueryCursor(query).captures(root).get("target", []) if query is not None else []
        while targets:
            node = targets.pop()
            rule = self.rules.get(node.kind_id)
            if (rule is None or rule.all_same) and node.named_child_count:
                targets.extend(node.named_children)
            else:
                self.writes.add(self.last_part(node).start_byte)

    def last_part(self, node: Node) -> Node:
        """Return the property of a member access, else the node itself."""
        rule = self.rules.get(node.kind_id)
        if rule is None or rule.role is not ROLE_MEMBER:
            return node
        return self.part(node, rule, USE_PROPERTY) or node

    def plain(self, node: Node, rule: CompiledRule, mode: int, carry: Any, scope: Scope) -> None:
        """Note the names in a string's `$name` or quoted type, and keys of literals: types tell which are fields."""
        if rule.role is ROLE_STRING and self.templates:
            self.take_templates(node, scope)
        if self.quoted is not None and rule.role is ROLE_STRING and (written := self.quoted.read(node)) is not None:
            self.push_nodes([written], scope, scope)
            return
        written_types = self.written_types if rule.role is ROLE_STRING else None
        if written_types is not None and written_types.docstrings and (types := written_types.nodes_in(node)):
            self.push_nodes(types, scope, scope)
            return
        if USE_KEY in rule.uses and self.pack.name in READERS:
            for child, use in self.fields(node, rule):
                leaf: Node | None = child
                while leaf is not None and leaf.named_child_count:
                    leaf = leaf.named_child(0)
                if use is USE_KEY and leaf is not None and self.is_lone_name(child):
                    self.mention(scope, self.text(leaf), leaf)
        super().plain(node, rule, mode, carry, scope)

    def take_templates(self, node: Node, scope: Scope) -> None:
        """Note the names in `$name`, which the grammar reads as text."""
        before = False
        for child in node.named_children:
            text = self.source[child.start_byte : child.end_byte] if child.type == "string_content" else b""
            name = _TEMPLATE_NAME.match(text) if before else None
            if name is not None:
                entry = (scope, "reference", scope.frame.ordinal, HEAD_NAME, name[0].decode(), child.start_byte, -1)
                self.pending_uses.append(entry)
            before = text == b"$"

    def inner_scope(self, node: Node, rule: CompiledRule, scope: Scope) -> None:
        """Note what a comprehension goes through first: that is read outside of it."""
        if rule.rule.opens == "comprehension":
            clause = next((child for child in node.named_children if child.type == "for_in_clause"), None)
            source = clause.child_by_field_name("right") if clause is not None else None
            if source is not None:
                self.outside[source.start_byte] = (source.end_byte, scope)
        super().inner_scope(node, rule, scope)

    def member(self, node: Node, mode: int, carry: Any, scope: Scope) -> None:
        """Walk a member access; where it is assigned on the receiver, it may define a field."""
        if mode == BIND and not self.free:
            spelled = self.last_part(node)
            if not self.plans[node.kind_id].rule.path:  # `a::b` in a pattern is compared with
                self.writes.add(spelled.start_byte)
            head, name, _ = self.chain(node)
            if name is not None and name.count(".") == 1 and self.receiver_type(head, name, scope) is not None:
                self.naming, self.on_receiver = spelled, True
                super().member(node, mode, carry, scope)
                self.naming, self.on_receiver = None, False
                entry = (scope, "reference", scope.frame.ordinal, head, name, node.start_byte, -1)
                self.pending_uses.append(entry)
                return
        super().member(node, mode, carry, scope)

    def resume(self) -> Scope:
        """Note the type that a method or an extension belongs to as a use."""
        item: Deferred = self.deferred[0]
        owner = self.part(item.node, item.rule, USE_OWNER)
        found = self.type_name(owner) if owner is not None else None
        self.leftovers = []
        if found is not None:
            scope = item.scope
            entry = (scope, "reference", scope.frame.ordinal, found[0], found[1], found[2].start_byte, -1)
            if item.rule.role is ROLE_EXTENSION or found[0] == HEAD_NAME:
                self.pending_uses.append(entry)
        trait = self.part(item.node, item.rule, USE_IMPLEMENTS) if item.rule.role is ROLE_EXTENSION else None
        found = self.type_name(trait) if trait is not None else None
        self.leftovers = []
        if found is not None:
            self.implemented.append((item.scope, *found))
        return super().resume()

    def chain(self, node: Node) -> tuple[int, str | None, Node]:
        """Follow member accesses down to their base, and note where each part stands."""
        head, text, base = super().chain(node)
        if text is not None:
            self.parts[node.start_byte, text] = self.ranges(node, text.count(".") + 1)
        return head, text, base

    def call_site(self, node: Node, callee: Node, callee_rule: CompiledRule, arity: int, head: int,
                  name: str | None, scope: Scope, suffix: str = "") -> None:  # fmt: skip
        """Note where the parts of a callee stand."""
        super().call_site(node, callee, callee_rule, arity, head, name, scope, suffix)
        if name is not None:
            self.parts[node.start_byte, name + suffix] = self.ranges(callee, name.count(".") + 1)

    def made_call(self, node: Node, callee: Node, arguments: Node | None, scope: Scope) -> str | None:
        """Note where the parts of a member of what is made or imported stand."""
        name = super().made_call(node, callee, arguments, scope)
        if name is not None:
            self.parts[node.start_byte, name] = self.ranges(callee, name.count(".") + 1)
        return name

    def free_call_site(self, node: Node, start_byte: int, end: Node, receiver: Node | None, arguments: list[Node],
                       head: int, name: str | None, scope: Scope, member: bool) -> None:  # fmt: skip
        """Note where the parts of a callee stand."""
        super().free_call_site(node, start_byte, end, receiver, arguments, head, name, scope, member)
        if name is None:
            return
        of_super = name.rpartition(".")[0].endswith(".super")  # `Type.super.member()`: the keyword has no site
        count = name.count(".") + 1
        rule = self.rules.get(end.kind_id)
        if receiver is not None and of_super and self.rules[receiver.kind_id].role is not ROLE_SUPER:
            found = [*self.ranges(receiver, count - 2), None, (end.start_byte, end.end_byte)]
        elif receiver is not None and (rule is None or rule.role is not ROLE_MEMBER):
            found = [*self.ranges(receiver, count - 1), (end.start_byte, end.end_byte)]
        else:
            found = self.ranges(end, count)
        self.parts[node.start_byte, name] = found

    def ranges(self, node: Node, count: int) -> list[Range | None]:
        """Return where the `count` parts of a dotted name stand, None for one that is not written."""
        found = list(self.parts_from_the_end(node))
        found.reverse()
        if len(found) > count:
            found = found[len(found) - count :]
        return [*([None] * (count - len(found))), *found]

    def parts_from_the_end(self, node: Node) -> Iterator[Range | None]:
        """Yield the parts of a dotted name, the last one first; mirrors `chain` and `free_chain`."""
        while True:
            rule = self.plans[node.kind_id]
            role = rule.role
            if role is ROLE_MEMBER or (role is ROLE_CALL and rule.member_call):
                prop, target = self.sides(node, rule)
                if prop is None:
                    return
                yield prop.start_byte, prop.end_byte
                if target is None:
                    return
                node = target
            elif role is ROLE_IDENTIFIER or role is ROLE_DOTTED:
                yield from reversed(self.words(node, rule))
                return
            elif role is ROLE_RECEIVER or role is ROLE_SUPER:
                yield node.start_byte, node.end_byte
                return
            elif role is ROLE_CALL:
                callee = self.part(node, rule, USE_CALLEE)
                if callee is None:
                    return
                node = callee
            elif role is ROLE_NONE:
                inner = [child for child, use in self.fields(node, rule) if use is USE_SAME]
                if not inner and rule.all_same:
                    inner = node.named_children
                if not inner:
                    return
                node = inner[0]
            else:
                return

    def sides(self, node: Node, rule: CompiledRule) -> tuple[Node | None, Node | None]:
        """Return the property and the object of a member access."""
        prop: Node | None = None
        target: Node | None = None
        for child, use in self.fields(node, rule):
            if use is USE_PROPERTY:
                prop = child
            elif use is USE_OBJECT:
                target = child
        if prop is None and rule.property_field:
            prop = node.child_by_field_id(rule.property_field)
        if target is None and rule.object_field:
            target = node.child_by_field_id(rule.object_field)
        return prop, target

    def words(self, node: Node, rule: CompiledRule) -> list[Range]:
        """Return the identifiers of a name, which may be one node with dots in it."""
        if node.child_count == 0 or (
            rule.role is ROLE_IDENTIFIER and b"." not in self.source[node.start_byte : node.end_byte]
        ):
            return [(node.start_byte, node.end_byte)]
        if rule.plain or not any(use is USE_NAME for _, use in self.fields(node, rule)):
            return [(leaf.start_byte, leaf.end_byte) for leaf in self.leaves(node)]
        return [(child.start_byte, child.end_byte) for child, use in self.fields(node, rule) if use is USE_NAME]

    # -- after the pass ------------------------------------------------------------------------------

    def call(self, node: Node, rule: CompiledRule, scope: Scope) -> None:
        """Note the names in a macro's arguments which the walk does not read."""
        if rule.rule.callee_suffix:
            passed = self.part(node, rule, USE_ARGUMENTS)
            if passed is not None:
                self.tokens_of(passed, scope, self.macro_arguments.get(passed.start_byte))
        super().call(node, rule, scope)

    def tokens_of(self, node: Node, scope: Scope, read: Arguments | None) -> None:
        """Note the names that stand alone in a tree of tokens, or begin a path, unless they are read as expressions."""
        stack = [node]
        while stack:
            current = stack.pop()
            before = ""
            for child in current.children:
                if read is not None and not read.is_pattern(child) and not self.is_string(child):
                    before = child.type
                elif child.type == "token_tree":
                    stack.append(child)
                elif child.type in PATH_TOKENS and before not in {".", "::", "$"}:
                    following = child.next_sibling
                    begins = following is not None and following.type == "::"
                    if begins or child.type == "identifier":
                        self.loose.append((scope, self.text(child), (child.start_byte, child.end_byte), begins))
                elif self.is_string(child) and self.utf8 and current is node:
                    text = self.source[child.start_byte : child.end_byte]
                    for name in _CAPTURED.finditer(text):
                        start, end = name.span(1)
                        place = (child.start_byte + start, child.start_byte + end)
                        self.loose.append((scope, name[1].decode(), place, False))
                before = child.type

    def take_tokens(self) -> None:
        """Add the sites of names in macros' arguments that the scopes around bind: what a macro binds is not known.

        What a path begins with may be a crate, too.
        """
        for scope, name, place, begins_path in self.loose:
            at = place[0]
            if begins_path:
                self.take_head(scope, name, place)
                continue
            found = scope.lookup_at(name, at)
            if found is None:
                continue
            key = self.bound_local(scope, name, "reference", HEAD_NAME, at)
            if key is not None or found[1] >= 0:
                self.take_part(scope, "reference", scope.frame.ordinal, HEAD_NAME, name, at, place, -1)

    def take_head(self, scope: Scope, name: str, place: Range) -> None:
        """Add the site of what a path begins with: no variable has members there, and `self` is the module."""
        around: Scope | None = scope
        while around is not None and (found := around.lookup_at(name, place[0])) is not None:
            is_value = found[0] == RANK_LOCAL or name == "self"
            if not is_value:
                break
            around = around.parent
        self.take_part(around or scope, "reference", scope.frame.ordinal, HEAD_NAME, name, place[0], place, -1)

    def visit(self, node: Node, rule: CompiledRule, mode: int, carry: Any, scope: Scope) -> None:
        """Note the names in a comment that says what types there are."""
        if self.comments_have_types and rule.role is ROLE_COMMENT:
            doc = read_doc(self.source, node.start_byte, node.end_byte)
            if doc is not None:
                self.docs.append((node.start_byte, node.end_byte, doc))
                self.documented_names.extend((scope, name, (start, end)) for name, start, end in doc.names)
        written = self.written_types if rule.role is ROLE_COMMENT else None
        if written is not None and (types := written.nodes_in(node)):
            self.push_nodes(types, scope, scope)
            return
        super().visit(node, rule, mode, carry, scope)

    def finish(self) -> None:
        """Resolve names, now that every binding is known."""
        self.join_variables()
        numbers = {key: number for number, key in enumerate(sorted(self.locals, key=self.first_place))}
        around = FramesByPlace([(row[5], row[6]) for row in self.rows.nodes]) if self.type_parameters else None
        for key, places in self.locals.items():
            named = key in self.type_parameters
            for position, (frame, (start, end)) in enumerate(sorted(places, key=lambda place: place[1])):
                role = "write" if position else "definition"
                use = TYPE_PARAMETER if named and not position else ""
                name = f"{around.at(start)} {key[1]}" if use and around is not None else ""
                self.sites.append(Site("local", role, frame, start, end, numbers[key], use=use, name=name))
        self.numbers = numbers
        self.iterables = sorted(self.outside)
        uses = [use for use in self.pending_uses if use[1] == "implements"]
        known = {start for *_, name, start, _ in uses if _TRAIT_OF not in name}
        for scope, head, name, node in self.implemented:  # of a type of another file: named all the same
            if node.start_byte not in known:
                self.take_use(scope, "reference", scope.frame.ordinal, head, name, node.start_byte, -1)
        for scope, use, ordinal, head, name, start, call in self.pending_uses:
            if use == "implements" and _TRAIT_OF in name:
                continue
            if use not in {"owner", "overrides", "type"}:  # names written at an `impl` block or a receiver, not here
                self.take_use(scope, use, ordinal, head, name, start, call)
        self.take_tokens()
        for scope, name, place in self.documented_names:
            self.take_part(scope, "reference", scope.frame.ordinal, HEAD_NAME, name, place[0], place, -1)
        self.take_its()
        seen: set[Range] = set()
        for number, ((node, frame), row) in enumerate(zip(self.imported, self.rows.imports, strict=True)):
            self.take_import(number, node, frame, row[4:7], seen)

    def take_its(self) -> None:
        """Define the `it` of each lambda that uses it, where the lambda begins."""
        if not self.its:
            return
        numbers = {start: self.own_local() for start in self.its}
        for at, site in enumerate(self.sites):
            if site.kind == _IT:
                self.sites[at] = evolve(site, kind="local", target=numbers[site.target])
        for start, ordinal in self.its.items():
            self.sites.append(Site("local", "definition", ordinal, start, start + 1, numbers[start]))

    def join_variables(self) -> None:
        """Have what binds without a row (a loop, `+=`) write the variable that the same scope has by that name."""
        tables = {id(table): table for table in self.tables}
        for key in list(self.locals):
            bound = tables[key[0]].get(key[1])
            if not self.free and bound is not None and bound[0] == RANK_VARIABLE and bound[1] >= 0:
                for frame, place in self.locals.pop(key):
                    self.sites.append(Site("node", "write", frame, *place, bound[1]))

    def first_place(self, key: Local) -> tuple[Range, str]:
        """Return where a local is bound first."""
        return min(place for _, place in self.locals[key]), key[1]

    def take_use(self, scope: Scope, use: str, ordinal: int, head: int, name: str, start: int, call: int) -> None:
        """Add the sites of a dotted name: one for each part after the last call in it."""
        base = _SUPER_OF.match(self.source, start) if head == HEAD_SUPER else None
        if base is not None:  # the member is of the base that is named there, which values know
            self.take_use(scope, "reference", ordinal, HEAD_TYPE, base[1].decode(), base.start(1), -1)
            return
        scope = self.seen_from(scope, start)
        names = name.split(".")
        places = self.parts.get((start, name))
        if places is None:
            if len(names) > 1:
                return
            places = [(start, start + len(self.encoded(names[0].removesuffix("!"))))]
        first = max((i + 1 for i, part in enumerate(names[:-1]) if part.endswith("()")), default=0)
        for i in range(first, len(names)):
            place = places[i]
            last = i == len(names) - 1
            if place is not None:
                prefix = ".".join(names[: i + 1])
                self.take_part(
                    scope, use if last else "reference", ordinal, head, prefix, start, place, call if last else -1
                )

    def seen_from(self, scope: Scope, at: int) -> Scope:
        """Return the scope that a name is looked up in: the one around, for what a comprehension goes through first."""
        position = bisect_right(self.iterables, at) - 1
        if position >= 0 and scope.parent is not None:
            end, around = self.outside[self.iterables[position]]
            if at < end and scope.parent.names is around.names:
                return around
        return scope

    def encoded(self, text: str) -> bytes:
        """Return a name's bytes as they stand in the source."""
        if self.utf8:
            return text.encode()
        for encoding in ("utf-16-le", "utf-16-be"):
            if self.source.startswith("\ufeff".encode(encoding)):
                return text.encode(encoding)
        return text.encode("latin-1", "replace")

    def take_part(self, scope: Scope, use: str, ordinal: int, head: int, name: str, start: int, place: Range,
                  call: int) -> None:  # fmt: skip
        """Add the site of one part of a dotted name, if its first name is bound to something that is known."""
        role = "write" if place[0] in self.writes else "read"
        if "." not in name:
            if head in {HEAD_NAME, HEAD_TYPE}:
                key = self.bound_local(scope, name, use, head, start)
                if key is not None:
                    known = self.parameters_of.get(key)
                    kind, target = ("local", self.numbers[key]) if known is None else ("node", known)
                    self.sites.append(Site(kind, role, ordinal, *place, target))
                    return
                if name == _IT and use != "call" and self.lambdas is not None and scope.lookup_at(name, start) is None:
                    opened = self.lambdas.at(place[0])
                    if opened:
                        self.its.setdefault(opened - 1, ordinal)
                        self.sites.append(Site(_IT, role, ordinal, *place, opened - 1))
                        return
            elif use != "call":
                return  # the receiver's keyword
        uses = self.rows.uses
        before = len(uses)
        self.resolve(self.behind(scope, name, start), use, ordinal, head, name, start, call)
        if len(uses) > before:
            made, around, text, binding, target, _, site = uses[before:]
            self.sites.append(Site("use", role, around, *place, target, made, text, binding, site))

    def behind(self, scope: Scope, name: str, at: int) -> Scope:
        """Return where a name is looked up from: past the scopes whose locals of that name are declared later."""
        first = name.partition(".")[0]
        current: Scope | None = scope if self.since else None
        while current is not None:
            key = (id(current.names), first)
            begins = self.since.get(key, ())
            if begins and not self.seen_since(current, first, at) and (*key, 0) not in self.parameters_of:
                scope = current.parent or scope
            elif first in current.names:
                break
            current = current.parent
        return scope

    def bound_local(self, scope: Scope, name: str, use: str, head: int, at: int) -> Local | None:
        """Return the local or parameter that a name is bound to, or None if it is something else."""
        called = name.endswith("()") or (use == "call" and head == HEAD_NAME)
        name = name.removesuffix("()")
        if self.free and called and not self.pack.local_callables:
            return None
        current: Scope | None = scope
        while current is not None:
            found = current.names.get(name)
            if (
                found is not None
                and (self.free or found[3] <= at)
                and (self.free or head != HEAD_TYPE or found[0] != RANK_LOCAL)
            ):
                begins = self.since.get((id(current.names), name), ())
                key = (id(current.names), name, self.seen_since(current, name, at) if begins else 0)
                if key in self.parameters_of or key in self.locals:
                    return key
                if not begins:
                    return None
            outer = current.outer
            current = current.parent if outer is None else outer.get(name) or current.parent
        return None

    def is_free(self, name: str) -> bool:
        """Say yes: a name that nothing binds may be a builtin."""
        return True

    # -- imports -------------------------------------------------------------------------------------

    def wrapper(self, node: Node, rule: CompiledRule, carry: Any, scope: Scope) -> None:
        """Note the names in `export { a as b }` as uses."""
        if rule.rule.import_form == "es-export" and node.child_by_field_name("source") is None:
            clauses = [child for child in node.named_children if child.type == "export_clause"]
            for specifier in clauses[0].named_children if clauses else ():
                spelled, alias = (specifier.child_by_field_name(field) for field in ("name", "alias"))
                if spelled is None or spelled.child_count:
                    continue
                name = self.text(spelled)
                self.mention(scope, name, spelled)
                if alias is not None:
                    self.mention(scope, name, alias)
                    self.parts[alias.start_byte, name] = [(alias.start_byte, alias.end_byte)]
        super().wrapper(node, rule, carry, scope)

    def take_import(
        self, number: int, node: Node, frame: int, names: tuple[str, str | None, str | None], seen: set[Range]
    ) -> None:
        """Add the sites of the names in an import: its own, its alias's, its module's."""
        module, name, alias = names
        spelled: Node | None = None
        found = self.leaves(node)
        words = [leaf for leaf in found if not self.is_string(leaf)]
        if alias is not None:
            at = next((i for i in range(len(words) - 1, -1, -1) if self.text(words[i]) == alias), None)
            if at is not None:
                self.sites.append(self.import_site(words[at], number, frame))
                words = words[:at]
        if name is None:
            spelled_out = _SEPARATORS.split(module)
            while len(words) > len(spelled_out) or (words and self.text(words[0]) not in spelled_out):
                words = words[1:]  # modifiers of the statement
            self.take_module(words, number, frame, seen, whole=True)
        elif name != "*":
            spelled = next((leaf for leaf in reversed(words) if self.text(leaf) == name), None)
            if spelled is None:
                spelled = self.key_of(node, name)
            renamed = node.child_by_field_name("alias") if node.type == "export_specifier" else None
            if renamed is not None and renamed != spelled:
                self.sites.append(self.import_site(renamed, number, frame))
            if spelled is not None:
                self.sites.append(self.import_site(spelled, number, frame))
        if self.pack.imports.style == "cargo":
            self.take_prefix(node, number, frame, seen, glob=name == "*")
            return
        source = self.source_of(node)
        if self.pack.imports.style == "package" and name is not None:
            before = words if name == "*" else words[: max((i for i, w in enumerate(words) if w == spelled), default=0)]
            size = module.count(".") + 1  # modifiers of the statement stand before them
            before = [word for word in before if word.type.endswith("identifier")]
            self.take_module(before[-size:], number, frame, seen, whole=False)
        elif source is not None:
            self.take_module(self.leaves(source), number, frame, seen, whole=name is None)
        elif name is None and not words:
            strings = [leaf for leaf in found if self.is_string(leaf) and self.string_value(leaf) == module]
            self.take_module(strings, number, frame, seen, whole=True)

    def key_of(self, node: Node, name: str) -> Node | None:
        """Return the key that a pattern takes a name by: `name` in `{ name: local } = require("m")`."""
        above = node.parent
        if above is not None and above.type == "assignment_pattern":
            above = above.parent
        key = above.child_by_field_name("key") if above is not None and above.type == "pair_pattern" else None
        return key if key is not None and self.text(key) == name else None

    def take_prefix(self, node: Node, number: int, frame: int, seen: set[Range], *, glob: bool) -> None:
        """Add the sites of the modules in the path of one name of a `use` tree, those of the lists around included."""
        path = node.child_by_field_name("path") if node.type == "use_as_clause" else node
        words = self.leaves(path) if path is not None else []
        own = len(words)
        above = node.parent
        while above is not None and above.type in {"use_list", "scoped_use_list"}:
            prefix = above.child_by_field_name("path")
            words = [*(self.leaves(prefix) if prefix is not None else ()), *words]
            above = above.parent
        if above is None or above.type != "use_declaration":
            return  # `mod name;`, `extern crate name;`
        names = [self.text(word) for word in words]
        if own and names[-1] == "self" and len(names) > 1:  # `a::{self}`: the keyword is what the path names
            self.sites.append(self.import_site(words[-1], number, frame))
        for at, word in enumerate(words if glob else words[:-1]):
            place = (word.start_byte, word.end_byte)
            if place not in seen:
                seen.add(place)
                name = ".".join(names[: at + 1])
                self.sites.append(Site("use", "import", frame, *place, use="reference", name=name, binding="global"))

    def source_of(self, node: Node) -> Node | None:
        """Return what names the module in an import statement, where that stands apart from the names."""
        statement: Node | None = node
        for _ in range(_STATEMENT_DEPTH):
            if statement is None:
                return None
            source = statement.child_by_field_name("module_name")
            if source is not None:
                return source
            for key in ("source", "path"):
                source = statement.child_by_field_name(key)
                if source is not None and self.is_string(source):
                    return source
            if statement.type == "variable_declarator" and self.pack.imports.style == "path":
                return self.required(statement)
            statement = statement.parent
        return None

    def required(self, declarator: Node) -> Node | None:
        """Return the string in what a variable begins with: `require("m")`, `await import("m").name`."""
        value = declarator.child_by_field_name("value")
        for _ in range(_STATEMENT_DEPTH):
            if value is None:
                return None
            if value.type == "call_expression":
                passed = value.child_by_field_name("arguments")
                first = passed.named_children[0] if passed is not None and passed.named_child_count else None
                return first if first is not None and self.is_string(first) else None
            value = value.child_by_field_name("object") or next(iter(value.named_children), None)
        return None

    def take_module(self, words: list[Node], number: int, frame: int, seen: set[Range], *, whole: bool) -> None:
        """Add the sites of a module's name: the last word is the module (or what is imported), others are around it."""
        for level, word in enumerate(reversed(words)):
            place = self.inside(word)
            if place in seen or not self.text(word).strip("."):
                continue  # named before, or the dots of a relative import
            seen.add(place)
            if whole and level == 0:
                self.sites.append(self.import_site(word, number, frame))
            else:
                self.sites.append(Site("module", "import", frame, *place, number, name=str(level)))

    def import_site(self, node: Node, number: int, frame: int) -> Site:
        """Return the site of a name that an import brings."""
        return Site("import", "import", frame, *self.inside(node), number)

    def is_string(self, node: Node) -> bool:
        """Say whether a node is a string literal."""
        rule = self.rules.get(node.kind_id)
        return rule is not None and rule.role is ROLE_STRING

    def leaves(self, node: Node) -> list[Node]:
        """Return the names and strings below a node in source order."""
        found: list[Node] = []
        stack = [node]
        while stack and len(found) < _LEAVES:
            current = stack.pop()
            rule = self.rules.get(current.kind_id)
            if rule is not None and rule.role is ROLE_COMMENT:
                continue
            if self.is_string(current) or (current.named_child_count == 0 and current.is_named):
                found.append(current)
            else:
                stack.extend(reversed(current.named_children))
        return found


def implicit_lambdas(language: tree_sitter.Language, root: Node) -> FramesByPlace:
    """Return which lambda's `it` a place may mean: one more than where the innermost begins that can have one, or 0."""
    query = tree_sitter.Query(language, "(lambda_literal) @lambda")
    found = [(-1, root.end_byte + 1)]
    for node in tree_sitter.QueryCursor(query).captures(root).get("lambda", []):
        found += [(node.start_byte, node.end_byte)] if may_have_it(node) else []
    return FramesByPlace(found, [start + 1 for start, _ in found])


def made_names(language: tree_sitter.Language, root: Node) -> Iterator[Site]:
    """Yield a site for each name that `new` makes an instance of."""
    query = tree_sitter.Query(language, "(new_expression constructor: (_) @made)")
    for node in tree_sitter.QueryCursor(query).captures(root).get("made", []):
        name = node.child_by_field_name("property") if node.type == "member_expression" else node
        if name is not None and name.type in {"identifier", "property_identifier"}:
            yield Site(MADE, "read", 0, name.start_byte, name.end_byte)


def _assigns(binder: Node) -> bool:
    """Say whether a node has an `=` of its own."""
    return any(child.type == "=" for child in binder.children)

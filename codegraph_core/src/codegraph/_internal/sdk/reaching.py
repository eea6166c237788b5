"""Which bindings of a name reach a place: reaching definitions over the tree of one file.

A forward data flow of one name in one function's or module's body, in evaluation order: a binding replaces what was
known, branches merge, a loop's end leads back to its beginning, a handler sees what any step of its `try` left, and
what comes after a jump sees nothing. (Aho, Lam, Sethi, Ullman: Compilers, 2nd ed., 9.2.4.) It is for languages in which
assignment is what binds; where names are declared, the declaration is the definition.
"""

from __future__ import annotations

import importlib
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

import tree_sitter
from attrs import define, field

from codegraph._internal.rows import Span

Node = tree_sitter.Node
State = frozenset[int] | None
"""Starts of the bindings that may hold, -1 where the name may be deleted; None where nothing runs."""

GRAMMARS: Final = {"python": "tree_sitter_python"}
"""Languages in which assignment binds, and the modules of their grammars; the kinds below are theirs."""
DELETED: Final = -1
_DEFERRED: Final = frozenset({"module", "function_definition", "lambda"})
_PARTS: Final = frozenset({"attribute", "subscript"})
_PASSES: Final = 8
"""Times a loop is gone through at most; two suffice for one without jumps."""
_DEPTH: Final = 100
"""Levels of a tree at most: what is deeper is not looked at."""
_VISITS: Final = 100_000
"""Nodes gone through at most: loops in loops, and nothing said after that, bound the work on hostile input."""
_BINDINGS: Final = 1_000
"""Bindings of one name at most: generated tables have more."""
_NONE: Final[frozenset[int]] = frozenset()


@cache
def _language(language: str) -> tree_sitter.Language | None:
    try:
        module = importlib.import_module(GRAMMARS[language])
    except (KeyError, ImportError):
        return None
    return tree_sitter.Language(module.language())


@lru_cache(maxsize=2)
def _tree(source: bytes, language: str) -> tree_sitter.Tree | None:
    """Return a file's tree; the last ones are kept, because who asks for one place asks for others of the file."""
    grammar = _language(language)
    return None if grammar is None else tree_sitter.Parser(grammar).parse(source)


def identifier_at(source: bytes, language: str, line: int, column: int) -> Span | None:
    """Return where the identifier stands that a place is in, or right behind.

    Args:
        source: The file's bytes.
        language: As in `files.language`.
        line: From 1.
        column: From 0, in bytes.
    """
    tree = _tree(source, language)
    if tree is None:
        return None
    for at in (column, column - 1):
        leaf = tree.root_node.descendant_for_point_range((line - 1, at), (line - 1, at)) if at >= 0 else None
        if leaf is not None and leaf.type == "identifier":
            (first, start), (last, end) = leaf.start_point, leaf.end_point
            return Span(
                start_line=first + 1,
                start_column=start,
                end_line=last + 1,
                end_column=end,
                start_byte=leaf.start_byte,
                end_byte=leaf.end_byte,
            )
    return None


def reaching(source: bytes, language: str, bound: Iterable[tuple[int, int]], place: int | None) -> list[int] | None:
    """Return the starts of the bindings that reach a place.

    Args:
        source: The file's bytes.
        language: As in `files.language`.
        bound: Starts and ends of the identifiers that bind, or may delete, one name.
        place: Start of the identifier that uses it; None is a place outside the file: what its scope leaves behind.

    Returns:
        In source order; empty where the name is deleted, and None where the tree does not say it.
    """
    bound = list(bound)
    tree = _tree(source, language) if len(bound) <= _BINDINGS else None
    if tree is None:
        return None
    root = tree.root_node
    bindings: dict[int, Node] = {}
    for start, end in bound:
        leaf = root.descendant_for_byte_range(start, end)
        if leaf is None or (leaf.start_byte, leaf.end_byte) != (start, end) or leaf.type != "identifier":
            return None
        if leaf.parent is None or leaf.parent.type not in _PARTS:
            bindings[start] = leaf
        elif leaf.parent.type == "attribute" and leaf.parent.child_by_field_name("attribute") == leaf:
            return None  # a field: any method may have run before
    kept = {start for start, leaf in bindings.items() if not _is_deleted(leaf)}
    if len(bindings) < 2 or not kept:
        return None
    if place is not None and place in kept:
        return [place]
    units = {start: _unit(leaf) for start, leaf in bindings.items()}
    owner = _outermost(list(units.values()))
    leaf = None if place is None else root.descendant_for_byte_range(place, place + 1)
    if leaf is not None and leaf.type != "identifier":
        return None
    unit = None if leaf is None or _is_member(leaf) else _unit(leaf)
    entry = _NONE
    if unit is None or unit != owner:  # it sees what the scope that has the name leaves behind
        outer = _Flow(bindings)
        left = _NONE if owner is None else outer.exits(owner, _NONE)
        if outer.visits > _VISITS:
            return None
        entry = left if left - {DELETED} else frozenset(kept)
    if unit is None:
        return sorted(entry - {DELETED})
    flow = _Flow(bindings, -1 if place is None else place)
    flow.exits(unit, entry)
    return sorted(flow.seen - {DELETED}) if flow.seen and flow.visits <= _VISITS else None


def _is_deleted(leaf: Node) -> bool:
    above = leaf.parent
    while above is not None and above.type in {"expression_list", "tuple", "list", "parenthesized_expression"}:
        above = above.parent
    return above is not None and above.type == "delete_statement"


def _is_member(leaf: Node) -> bool:
    return leaf.parent is not None and leaf.parent.type == "attribute" and leaf.start_byte != leaf.parent.start_byte


def _unit(leaf: Node) -> Node:
    """Return the module, function or lambda whose run an identifier is part of."""
    below, above = leaf, leaf.parent
    while above is not None:
        if above.type in _DEFERRED and _is_inner(above, below, leaf):
            return above
        below, above = above, above.parent
    return below


def _is_inner(unit: Node, below: Node, leaf: Node) -> bool:
    """Say whether an identifier belongs to the inside of a function: not its name, defaults, and annotations."""
    if unit.type == "module" or below == unit.child_by_field_name("body"):
        return True
    if below != unit.child_by_field_name("parameters"):
        return False
    current = leaf
    while current.parent is not None and current != below:
        above = current.parent
        if current in (above.child_by_field_name("value"), above.child_by_field_name("type")):
            return False
        current = above
    return True


def _outermost(units: list[Node]) -> Node | None:
    """Return the one of some units that all others are in, or None."""
    widest = max(units, key=lambda unit: unit.end_byte - unit.start_byte)
    inside = all(widest.start_byte <= unit.start_byte and unit.end_byte <= widest.end_byte for unit in units)
    return widest if inside else None


def _join(*states: State) -> State:
    live = [state for state in states if state is not None]
    return frozenset().union(*live) if live else None


@define
class _Flow:
    """Runs a unit for one name.

    Args:
        bindings: Identifiers that bind or delete the name, by start.
        place: Start of the use; -1 for none.
        seen: What reached the use.
    """

    bindings: dict[int, Node]
    place: int = -1
    starts: list[int] = field(init=False)
    seen: frozenset[int] = _NONE
    returned: State = None
    broken: list[State] = field(factory=list)
    continued: list[State] = field(factory=list)
    raised: list[State] = field(factory=list)
    depth: int = 0
    visits: int = 0
    in_module: bool = False

    def __attrs_post_init__(self) -> None:
        self.starts = sorted([*self.bindings, *([self.place] if self.place >= 0 else ())])

    def exits(self, unit: Node, entry: frozenset[int]) -> frozenset[int]:
        """Run a unit and return what it leaves behind; jumps out of it count."""
        state: State = entry
        if unit.parent is None:  # a module, or what its errors left of it
            self.in_module = True
            state = self.all(unit.children, state)
        else:
            parameters = unit.child_by_field_name("parameters")
            for start in self.starts:
                if (
                    parameters is not None
                    and parameters.start_byte <= start < parameters.end_byte
                    and start in self.bindings
                ):
                    state = frozenset({start})
            if (
                self.place >= 0
                and parameters is not None
                and (parameters.start_byte <= self.place < parameters.end_byte)
            ):
                self.seen = state or _NONE
            body = unit.child_by_field_name("body")
            state = state if body is None else self.run(body, state)
        return _join(state, self.returned) or _NONE

    def all(self, nodes: Iterable[Node], state: State) -> State:
        """Run nodes one after the other."""
        for node in nodes:
            state = self.run(node, state)
        return state

    def run(self, node: Node, state: State) -> State:
        """Return what holds after a node."""
        if not node.is_named or state is None:
            return state
        jump = _JUMPS.get(node.type)
        if jump is None and node.type not in _STATEMENTS and not self.concerns(node):
            return state
        self.visits += 1
        if self.depth > _DEPTH or self.visits > _VISITS:
            return state
        self.depth += 1
        step = _STEPS.get(node.type)
        after = step(self, node, state) if step is not None else self.plain(node, state)
        if jump is not None:
            after = jump(self, after)
        self.depth -= 1
        return after

    def concerns(self, node: Node) -> bool:
        """Say whether the name stands in a node."""
        first = bisect_left(self.starts, node.start_byte)
        return first < len(self.starts) and self.starts[first] < node.end_byte

    def plain(self, node: Node, state: State) -> State:
        """Run a node whose children are evaluated in source order."""
        if node.child_count:
            return self.all(node.children, state)
        start = node.start_byte
        if start == self.place and node.type == "identifier":
            self.seen |= state or _NONE
        if start in self.bindings:
            state = frozenset({DELETED if _is_deleted(node) else start})
            if self.raised:
                self.raised[-1] = _join(self.raised[-1], state)
        return state

    def fields(self, node: Node, state: State, *names: str) -> State:
        """Run the children of some fields, in this order, one after the other."""
        for name in names:
            state = self.all(node.children_by_field_name(name), state)
        return state

    def assignment(self, node: Node, state: State) -> State:
        """Run what gives the value before what is bound."""
        return self.fields(node, state, "right", "value", "type", "left", "name")

    def function(self, node: Node, state: State) -> State:
        """Run what a definition does where it stands: defaults and annotations, then its name is bound."""
        parameters = node.child_by_field_name("parameters")
        body = node.child_by_field_name("body")
        if parameters is not None:
            for child in parameters.named_children:
                state = self.fields(child, state, "type", "value")
        if node.type == "lambda":
            return state
        name = node.child_by_field_name("name")
        rest = [child for child in node.children if child not in (parameters, body, name)]
        state = self.all(rest, state)
        return state if name is None else self.run(name, state)

    def type(self, node: Node, state: State) -> State:
        """Run a class: its body runs where it stands, then its name is bound."""
        name = node.child_by_field_name("name")
        state = self.all([child for child in node.children if child != name], state)
        return state if name is None else self.run(name, state)

    def condition(self, node: Node, state: State) -> State:
        """Run the branches of an `if`; each condition runs if those before it were false."""
        state = self.fields(node, state, "condition")
        ends = [self.fields(node, state, "consequence")]
        for branch in node.children_by_field_name("alternative"):
            if branch.type == "else_clause":
                ends.append(self.all(branch.children, state))
                return _join(*ends)
            state = self.fields(branch, state, "condition")
            ends.append(self.fields(branch, state, "consequence"))
        return _join(state, *ends)

    def choice(self, node: Node, state: State) -> State:
        """Run a conditional expression: either side, or none of it binds."""
        parts = node.named_children
        if len(parts) != 3:  # a comment stands between
            return self.plain(node, state)
        state = self.run(parts[1], state)
        return _join(self.run(parts[0], state), self.run(parts[2], state))

    def cases(self, node: Node, state: State) -> State:
        """Run the cases of a `match`."""
        state = self.fields(node, state, "subject")
        body = node.child_by_field_name("body")
        ends: list[State] = []
        for case in body.named_children if body is not None else ():
            if case.type != "case_clause":
                continue
            ends.append(self.all(case.children, state))
            patterns = [child for child in case.named_children if child.type == "case_pattern"]
            if case.child_by_field_name("guard") is None and [one.text for one in patterns] == [b"_"]:
                return _join(*ends)
        return _join(state, *ends)

    def loop(self, node: Node, state: State) -> State:
        """Run a loop until nothing new comes round."""
        state = self.fields(node, state, "right")
        self.broken.append(None)
        known: State = state
        for _ in range(_PASSES):
            self.continued.append(None)
            tested = self.fields(node, known, "condition")
            end = self.fields(node, self.fields(node, tested, "left"), "body")
            following = _join(known, end, self.continued.pop())
            if following == known:
                break
            known = following
        condition = node.child_by_field_name("condition")
        after = self.fields(node, known, "condition")
        if condition is not None and condition.type in {"true", "integer"} and condition.text != b"0":
            after = None
        return _join(self.fields(node, after, "alternative"), self.broken.pop())

    def attempt(self, node: Node, state: State) -> State:
        """Run a `try`: a handler sees what any step of the body left."""
        self.raised.append(state)
        end = self.fields(node, state, "body")
        thrown = self.raised.pop()
        self.raised.append(_join(thrown, end))
        ends: list[State] = []
        final: Node | None = None
        for clause in node.named_children:
            if clause.type in {"except_clause", "except_group_clause"}:
                ends.append(self.all(clause.children, thrown))
            elif clause.type == "else_clause":
                end = self.all(clause.children, end)
            elif clause.type == "finally_clause":
                final = clause
        anywhere = _join(self.raised.pop(), *ends)
        if self.raised:
            self.raised[-1] = _join(self.raised[-1], anywhere)
        after = _join(end, *ends)
        if final is None:
            return after
        self.all(final.children, anywhere)
        return self.all(final.children, after)

    def comprehension(self, node: Node, state: State) -> State:
        """Run what a comprehension goes through before what it makes; nothing says that it makes anything."""
        body = node.child_by_field_name("body")
        clauses = [child for child in node.named_children if child != body]
        inner = self.all(clauses, state)
        return _join(state, inner if body is None else self.run(body, inner))

    def leave(self, state: State) -> State:
        """Return from the unit; in a module that is an error, which says nothing."""
        if self.in_module:
            return state
        self.returned = _join(self.returned, state)
        return None

    def throw(self, state: State) -> State:
        """Raise: handlers around see what holds."""
        if self.raised:
            self.raised[-1] = _join(self.raised[-1], state)
        return None

    def stop(self, state: State) -> State:
        """Leave the loop."""
        if not self.broken:
            return state
        self.broken[-1] = _join(self.broken[-1], state)
        return None

    def go_on(self, state: State) -> State:
        """Go to the loop's beginning."""
        if not self.continued:
            return state
        self.continued[-1] = _join(self.continued[-1], state)
        return None


_JUMPS: Final = {
    "return_statement": _Flow.leave,
    "raise_statement": _Flow.throw,
    "break_statement": _Flow.stop,
    "continue_statement": _Flow.go_on,
}
_STEPS: Final = {
    "assignment": _Flow.assignment,
    "augmented_assignment": _Flow.assignment,
    "named_expression": _Flow.assignment,
    "for_in_clause": _Flow.assignment,
    "as_pattern": _Flow.plain,
    "function_definition": _Flow.function,
    "lambda": _Flow.function,
    "class_definition": _Flow.type,
    "if_statement": _Flow.condition,
    "conditional_expression": _Flow.choice,
    "match_statement": _Flow.cases,
    "for_statement": _Flow.loop,
    "while_statement": _Flow.loop,
    "try_statement": _Flow.attempt,
    "list_comprehension": _Flow.comprehension,
    "set_comprehension": _Flow.comprehension,
    "dictionary_comprehension": _Flow.comprehension,
    "generator_expression": _Flow.comprehension,
}
_STATEMENTS: Final = frozenset(
    {
        "block",
        "if_statement",
        "elif_clause",
        "else_clause",
        "match_statement",
        "case_clause",
        "for_statement",
        "while_statement",
        "try_statement",
        "except_clause",
        "except_group_clause",
        "finally_clause",
        "with_statement",
    }
)
"""Kinds that may contain a jump, so that they are gone through even if the name is not in them."""

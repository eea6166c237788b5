"""What a file says of its values' types: expressions by place, written down without knowing what any name means.

An expression is a tuple whose first item says what it is; other expressions in it are numbers in the file's list, `-1`
is one that is not known. Places are start bytes of identifiers, which is how occurrences are told apart:

- `name at around`: what the identifier there leads to, maybe a member of a base of the type that is defined `around`
- `self at`: an instance of the type that is defined there
- `type at arguments name`: an instance of the type that is written there; `array element`, `map key value`
- `function parameters result`, `tuple items`, `primitive name`
- `struct fields`, each a name, its place and its type; `field base name at`: a key of a literal, if it names a field
- `argument callee name at`: the name of an argument; `within receiver name arity`: a bare name as a receiver's member,
  `bare name arity at…`: as one of the types around; `placed at`: as what is defined there; `around place name at`: the
  type around that a name means; `maybe expression at`: a name, or what `implicit` says of it
- `same of`, `pair one other`, `sum`, `operator left right function`, `range` the same;
  `delegate of`, `indexed of argument`
- `class at`: the type that is defined there; `made_class of`, `entered of`: what `with` binds
- `receiving parameters result receiver`: a function's type that has a receiver
- `call callee arguments`, `made type arguments` (a constructor's call), `member base name at arity`
- `bound_at of number`: what constrains a type's parameter of that number
- `library name`: a class of the standard library; `collected stream collector arguments`: what `collect` makes
- `it arguments at`: what the lambdas around hand to it, for the one whose it is
- `element of`, `key of`, `part of number`, `either one other`, `meant of` (what a type or a value stands for)
- `lambda call number parameter count`: what a parameter of the lambda is that is given as an argument of that number
  (or name, or below 0 as the last one, after so many);
  `taking type parameter`: the same for a lambda where a value of a type is wanted; `extended call number`: its `this`
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import tree_sitter
from attrs import define, field

from codegraph_plugins.parsers.reference.deadline import Deadline

Node = tree_sitter.Node
Expression = tuple[Any, ...]

UNKNOWN: Final = -1
_ASKING: Final = frozenset({"member", "field", "argument", "around"})
_DEPTH: Final = 60
"""Expressions nested deeper are not looked into."""
ANY: Final = -1
"""Arity of a member that is not called."""


@define
class Facts:
    """Of one file; the keys are places of names.

    Args:
        expressions: See the module.
        declared: Type of a value, or what a function gives.
        parameters: Places of a function's parameters.
        type_parameters: Places of a type's or function's own type parameters.
        bases: Types that a type is made of, nearest first.
        stands_for: The type that a named type is defined as.
        owners: Type whose member a function is that is written elsewhere: a Go method's, a Kotlin extension's.
        members: Numbers of the `member` expressions that are names to be found, in source order.
        fields: Start and end of the fields of structs that have no name.
        calls: Place of a callee's name → arguments: where only their types choose between overloads.
        makes: Place of the name of what is constructed → what it is an instance of, -1 for what the name leads to,
            and the arguments of the constructor that runs there.
        optional: Places of parameters that a call may leave out → whether they take any number of arguments.
        implicit: Place of a bare name → what it may be where the link engine knows nothing: members of what is around.
        its: Place of an `it` that may be one of several → the member of a type around that it is if it is none of the
            lambdas', and of each lambda that may have it, the innermost first, its place, its call, and which argument.
        passing: Name of what is called → calls that hand it something, in languages whose parameters may have no type.
        anonymous: Where types without a name begin: that is the place they are known by.
        package: The declared package.
        imports: Dotted names; `a.b.*` for all of a package.
    """

    expressions: list[Expression] = field(factory=list)
    declared: dict[int, int] = field(factory=dict)
    parameters: dict[int, list[int]] = field(factory=dict)
    type_parameters: dict[int, list[int]] = field(factory=dict)
    bases: dict[int, list[int]] = field(factory=dict)
    stands_for: dict[int, int] = field(factory=dict)
    owners: dict[int, int] = field(factory=dict)
    members: list[int] = field(factory=list)
    fields: list[tuple[int, int]] = field(factory=list)
    calls: dict[int, list[int]] = field(factory=dict)
    makes: dict[int, list[int]] = field(factory=dict)
    optional: dict[int, bool] = field(factory=dict)
    implicit: dict[int, list[int]] = field(factory=dict)
    its: dict[int, list[Any]] = field(factory=dict)
    passing: dict[str, list[int]] = field(factory=dict)
    anonymous: list[int] = field(factory=list)
    package: str = ""
    imports: list[str] = field(factory=list)

    def text(self) -> str:
        """Return the facts as JSON."""
        values = [getattr(self, name) for name in _FIELDS]
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Facts:
        """Return the facts that `text` gave."""
        values = dict(zip(_FIELDS, json.loads(text), strict=True))
        for name in _BY_PLACE:
            values[name] = {int(place): value for place, value in values[name].items()}
        return cls(**values)


_FIELDS: Final = tuple(one.name for one in Facts.__attrs_attrs__)
_BY_PLACE: Final = (
    "declared", "parameters", "type_parameters", "bases", "stands_for", "owners", "calls", "makes", "optional",
    "implicit", "its",
)  # fmt: skip


class Reader:
    """Reads a file's facts off its tree; a subclass for each language says how its nodes read.

    Args:
        source: The file's bytes as parsed.
        language: The grammar that they were parsed with.
        deadline: When it has passed, no more nodes are looked at: what is above a node is found in time that grows with
            its depth. None is never.
    """

    def __init__(self, source: bytes, language: tree_sitter.Language, deadline: Deadline | None = None) -> None:
        self.deadline = deadline or Deadline()
        self.source = source
        self.language = language
        self.facts = Facts()
        self._known: dict[int, int] = {}
        self._same: dict[Expression, int] = {}
        self._reading: set[int] = set()
        self._waiting: dict[int, int] = {}
        self._depth = 0

    def read(self, root: Node) -> Facts:
        """Return the facts of a tree. Every node is looked at once, inner ones first: that keeps recursion flat."""
        stack: list[tuple[Node, bool]] = [(root, False)]
        while stack and not self.deadline.passed():
            node, seen = stack.pop()
            if seen or not node.named_child_count:
                self.look(node)
                continue
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.named_children))
        return self.finished()

    def finished(self) -> Facts:
        """Return what was noted."""
        members = [n for n, one in enumerate(self.facts.expressions) if one[0] in _ASKING]
        self.facts.members = sorted(members, key=lambda n: self.facts.expressions[n][3])
        return self.facts

    # -- for subclasses --------------------------------------------------------------------------------

    def look(self, node: Node) -> None:
        """Note what one node declares or asks for."""
        raise NotImplementedError

    def expression(self, node: Node) -> Expression | int:
        """Return what a node is: an expression, or the number of one."""
        raise NotImplementedError

    def written(self, node: Node) -> Expression | int:
        """Return what a type node is."""
        raise NotImplementedError

    # -- expressions -----------------------------------------------------------------------------------

    def of(self, node: Node | None) -> int:
        """Return the number of an expression's node."""
        return self._number(node, self.expression)

    def type_of(self, node: Node | None) -> int:
        """Return the number of a type's node."""
        return self._number(node, self.written)

    def _number(self, node: Node | None, read: Any) -> int:
        if node is None or self._depth > _DEPTH:
            return UNKNOWN
        known = self._known.get(node.id)
        if known is not None:
            return known
        if node.id in self._reading:  # a lambda's parameter is what the call gives it that the lambda is part of
            if node.id not in self._waiting:
                self._waiting[node.id] = len(self.facts.expressions)
                self.facts.expressions.append(("same", UNKNOWN))
            return self._waiting[node.id]
        self._depth += 1
        self._reading.add(node.id)
        found = read(node)
        self._reading.discard(node.id)
        self._depth -= 1
        known = found if isinstance(found, int) else self.add(*found)
        self._known[node.id] = known
        waiting = self._waiting.pop(node.id, None)
        if waiting is not None:
            self.facts.expressions[waiting] = ("same", known)
        return known

    def add(self, *expression: Any) -> int:
        """Return the number of an expression."""
        key = expression
        try:
            number = self._same.get(key)
        except TypeError:
            key = tuple(tuple(one) if isinstance(one, list) else one for one in expression)
            number = self._same.get(key)
        if number is None:
            number = self._same[key] = len(self.facts.expressions)
            self.facts.expressions.append(key)
        return number

    def member(self, base: int, name: Node, arity: int = ANY) -> int:
        """Return a member of a value, and ask for it."""
        return self.add("member", base, self.text(name), name.start_byte, arity)

    def named(self, name: Node, arguments: Sequence[int] = ()) -> Expression:
        """Return the type that is written by a name."""
        return "type", name.start_byte, tuple(arguments), self.text(name)

    def declare(self, name: Node | None, type_: int) -> None:
        """Note the type of what a name defines."""
        if name is not None and type_ != UNKNOWN:
            self.facts.declared.setdefault(name.start_byte, type_)

    def text(self, node: Node) -> str:
        """Return a node's text."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")


def children_of(node: Node | None, *kinds: str) -> list[Node]:
    """Return the named children of some kinds."""
    return [] if node is None else [child for child in node.named_children if child.type in kinds]


def child_of(node: Node | None, *kinds: str) -> Node | None:
    """Return the first named child of some kinds."""
    return next(iter(children_of(node, *kinds)), None)


def written_children(node: Node | None) -> list[Node]:
    """Return the named children that are no comments."""
    return [] if node is None else [child for child in node.named_children if not child.type.endswith("comment")]

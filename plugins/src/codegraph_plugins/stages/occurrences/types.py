"""Evaluates the type expressions of a repository's files: which member a name behind a dot is.

Languages write the expressions (`ecma_expressions.py` says which there are), the link stage has said what their names
lead to, and this module puts the two together: declared types, values that variables begin with, what functions return,
members of types and of their bases, type arguments. Nothing is guessed: an expression that leads nowhere has no type.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import Factory, define, frozen

from codegraph_plugins.stages.occurrences.symbols import SymbolNames

Place = tuple[int, int]
"""A file's number and a byte."""
Environment = Mapping[Place, "Type"]
"""Type arguments by where their parameters are defined."""

_STEPS: Final = 400
"""Expressions evaluated for one question; hostile types need more."""
_LINEAGE: Final = 64
"""Types looked at for one member."""
_TYPES: Final = frozenset({"class", "interface", "struct", "enum", "trait"})
_HOLDERS: Final = _TYPES | {"namespace", "module", "package"}
_SAME: Final = frozenset(
    {
        "iter",
        "iter_mut",
        "into_iter",
        "drain",
        "rev",
        "skip",
        "take",
        "chain",
        "cloned",
        "copied",
        "clone",
        "by_ref",
        "to_vec",
        "as_slice",
        "as_ref",
        "as_mut",
        "peekable",
        "step_by",
        "take_while",
        "skip_while",
        "filter",
        "slice",
        "concat",
        "reverse",
        "sort",
        "toSorted",
        "toReversed",
        "splice",
        "fill",
    }
)
_ELEMENT: Final = frozenset({"find", "findLast", "pop", "shift", "at"})
_REDUCERS: Final = {"reduce": 0, "reduceRight": 0, "fold": 1}
"""Methods that call a function with what was found so far and an element, and which argument that is."""
_WRAPPED: Final = frozenset(
    {
        "next",
        "first",
        "last",
        "first_mut",
        "last_mut",
        "get",
        "get_mut",
        "peek",
        "nth",
        "min_by_key",
        "max_by_key",
        "pop_front",
        "pop_back",
        "next_back",
        "remove",
        "position",
    }
)
_UNWRAPS: Final = frozenset(
    {"unwrap", "expect", "unwrap_or", "unwrap_or_default", "unwrap_or_else", "unwrap_unchecked"}
)
_STILL_WRAPPED: Final = frozenset(
    {
        "as_ref",
        "as_mut",
        "as_deref",
        "as_deref_mut",
        "cloned",
        "copied",
        "clone",
        "take",
        "ok",
        "ok_or",
        "ok_or_else",
        "map_err",
        "or",
        "or_else",
        "filter",
        "lock",
        "read",
        "write",
        "insert",
        "replace",
        "context",
        "with_context",
    }
)
_ITSELF: Final = frozenset(
    {
        "clone",
        "borrow",
        "borrow_mut",
        "as_ref",
        "as_mut",
        "to_owned",
        "deref",
        "deref_mut",
        "into_inner",
        "get_mut",
        "by_ref",
        "into",
        "upgrade",
    }
)
_CALLED_BACK: Final = frozenset(
    {
        "filter",
        "find",
        "findLast",
        "findIndex",
        "forEach",
        "map",
        "flatMap",
        "some",
        "every",
        "sort",
        "toSorted",
        "for_each",
        "any",
        "all",
        "filter_map",
        "flat_map",
        "position",
        "find_map",
        "take_while",
        "skip_while",
        "max_by_key",
        "min_by_key",
        "sort_by_key",
        "retain",
        "partition",
        "inspect",
        "and_then",
        "map_or",
        "is_some_and",
        "is_ok_and",
        "unwrap_or_else",
    }
)
"""Methods of arrays by what they give; the last: methods that call a function with an element."""
_ITERABLE: Final = frozenset(
    {"Array", "ReadonlyArray", "Set", "ReadonlySet", "Iterable", "Iterator", "IterableIterator", "Generator",
     "AsyncIterable", "AsyncGenerator", "AsyncIterableIterator", "ArrayLike"}
)  # fmt: skip
_PROMISES: Final = frozenset({"Promise", "PromiseLike", "Awaited"})
_MAPS: Final = frozenset({"Map", "ReadonlyMap", "WeakMap", "HashMap", "BTreeMap", "IndexMap"})
_TRANSPARENT: Final = frozenset({"Partial", "Required", "Readonly", "Pick", "Omit", "NonNullable", "InstanceType"})


@frozen
class Definition:
    """What a name leads to.

    Args:
        row: Row of a node of a file, or -1.
        file, at: Of a member of a literal or a local: its file, and the byte where its name stands.
        outside: Name of what lies outside the repository, or "".
    """

    row: int = -1
    file: int = -1
    at: int = -1
    outside: str = ""


@define(frozen=True, eq=False, slots=True)
class Type:
    """A type.

    Args:
        kind: "instance" of the node `row`; "holder": the node itself, a class or a module; "literal", "function": what
            begins at `place`; "array", "promise", "tuple", "union" of `parts`; "outside": `name` with arguments
            `parts`; "method": the method `name` of an array or promise of `parts`; "callback": a function that takes
            `parts`.
        environment: Type arguments that hold inside.
    """

    kind: str
    row: int = -1
    place: Place = (-1, -1)
    name: str = ""
    parts: tuple[Type | None, ...] = ()
    environment: Environment = Factory(dict)


class Types:
    """The expressions of all files, and what their names lead to.

    Args:
        names: All nodes.
    """

    def __init__(self, names: SymbolNames) -> None:
        self._names = names
        self._facts: dict[str, dict[Place, str]] = {}
        self._spreads: dict[Place, list[str]] = {}
        self._keys: dict[Place, dict[str, int]] = {}
        self._members: dict[Place, str] = {}
        self._meanings: dict[Place, Definition] = {}
        self._home_of_row: dict[int, Place] = {}
        self._bases: dict[int, list[int]] = {}
        self._extra: dict[int, list[int]] = {}
        self._known: dict[Place, Type | None] = {}
        self._busy: set[tuple[Place, str]] = set()
        self._left = 0

    # -- taking facts ------------------------------------------------------------------------------

    def fact(self, file: int, kind: str, at: int, text: str) -> None:
        """Take an expression about what stands at a byte; see `ecma_types.Fact`."""
        if kind == "spread":
            self._spreads.setdefault((file, at), []).append(text)
        else:
            self._facts.setdefault(kind, {}).setdefault((file, at), text)

    def key(self, file: int, literal: int, name: str, at: int) -> None:
        """Take a member of a literal."""
        self._keys.setdefault((file, literal), {}).setdefault(name, at)

    def member(self, file: int, at: int, text: str) -> None:
        """Take a member access."""
        self._members[file, at] = text

    def meaning(self, file: int, at: int, definition: Definition) -> None:
        """Take what the name at a byte leads to."""
        self._meanings.setdefault((file, at), definition)

    def home(self, row: int, file: int, at: int) -> None:
        """Take where a node's name is defined."""
        self._home_of_row.setdefault(row, (file, at))

    def inherits(self, row: int, base: int) -> None:
        """Take a base of a type, nearest first."""
        self._bases.setdefault(row, []).append(base)

    def has(self, row: int, member: int) -> None:
        """Take a member of a type that is defined elsewhere."""
        self._extra.setdefault(row, []).append(member)

    # -- asking ------------------------------------------------------------------------------------

    def lead(self, file: int, text: str) -> Definition | None:
        """Return what the member that an expression `["m", …]` names is, or None."""
        self._left = _STEPS
        found = self._led(file, json.loads(text), {})
        return found[0] if found else None

    def _led(self, file: int, expression: Any, env: Environment) -> tuple[Definition, Environment] | None:
        if expression[0] == "v":
            place = (file, expression[1])
            meant = self._meanings.get(place)
            if meant is not None:
                return meant, env
            text = self._members.get(place)
            if text is None or (place, "v") in self._busy:
                return None
            self._busy.add((place, "v"))
            try:
                return self._led(file, json.loads(text), env)
            finally:
                self._busy.discard((place, "v"))
        of = self._value(file, expression[1], env)
        return self._member(of, str(expression[2]), called=len(expression) > 3) if of is not None else None

    # -- values ------------------------------------------------------------------------------------

    def _value(self, file: int, expression: Any, env: Environment) -> Type | None:
        """Return the type of an expression."""
        self._left -= 1
        if self._left < 0 or not isinstance(expression, list):
            return None
        kind = expression[0]
        rest = expression[1:]
        if kind == "p":
            return self._at(file, rest[0], env)
        if kind == "t":
            return self._named(file, rest[0], [self._value(file, one, env) for one in rest[1:]], env)
        if kind == "m":
            found = self._led(file, expression, env)
            return self._of(*found) if found is not None else None
        if kind == "c":
            return self._called(self._value(file, rest[0], env))
        if kind == "n":
            return self._made(self._value(file, rest[0], env), [self._value(file, one, env) for one in rest[1:]])
        if kind == "e":
            return self._element(self._value(file, rest[0], env), rest[1] if len(rest) > 1 else -1)
        if kind == "w":
            return self._awaited(self._value(file, rest[0], env))
        if kind in {"ar", "pr", "tu", "u"}:
            parts = tuple(self._value(file, one, env) for one in rest)
            return Type({"ar": "array", "pr": "promise", "tu": "tuple", "u": "union"}[kind], parts=parts)
        if kind == "s":
            return Type("literal", place=(file, rest[0]), environment=env)
        if kind == "f":
            return Type("function", place=(file, rest[0]), environment=env)
        if kind == "a":
            return self._parameter(self._value(file, rest[0], env), rest[1])
        if kind == "d":
            row = self._meant(file, rest[0]).row
            return Type("instance", row=row, environment=env) if row >= 0 else None
        if kind == "i":
            row = self._meant(file, rest[0]).row
            return Type("holder", row=row) if row >= 0 else None
        return None

    def _meant(self, file: int, at: int) -> Definition:
        return self._meanings.get((file, at)) or Definition()

    def _at(self, file: int, at: int, env: Environment) -> Type | None:
        """Return the type of the name or member at a byte."""
        place = (file, at)
        if not env and place in self._known:
            return self._known[place]
        if (place, "p") in self._busy:
            return None
        self._busy.add((place, "p"))
        try:
            meant = self._meanings.get(place)
            if meant is not None and (meant.row >= 0 or meant.at >= 0 or meant.outside):
                found = self._of(meant, env)
            elif place in self._members:
                found = self._accessed(file, json.loads(self._members[place]), env)
            else:
                found = None
        finally:
            self._busy.discard((place, "p"))
        if not env and self._left > 0:
            self._known[place] = found
        return found

    def _accessed(self, file: int, expression: Any, env: Environment) -> Type | None:
        """Return the type of a member."""
        if expression[0] == "v":
            led = self._led(file, expression, env)
            return self._of(*led) if led is not None else None
        of, name = self._value(file, expression[1], env), str(expression[2])
        if of is None:
            return None
        led = self._member(of, name, called=len(expression) > 3)
        if led is not None:
            return self._of(*led)
        if of.kind in {"array", "promise"}:
            return Type("method", name=name, place=(of.kind == "promise", 0), parts=of.parts or (None,))
        if name in _ITSELF and of.kind == "instance":
            return Type("method", name=name, parts=(of,))
        if of.kind == "outside":
            last = of.name.rpartition(".")[2]
            if of.parts and last in _MAPS:
                return Type("method", name=name, place=(2 + last.endswith(("hMap", "eMap", "xMap")), 0), parts=of.parts)
            return Type("outside", name=f"{of.name}.{name}") if not of.parts else None
        return None

    def _of(self, definition: Definition, env: Environment) -> Type | None:
        """Return the type that what is defined has as a value."""
        if definition.outside:
            return Type("outside", name=definition.outside)
        place = (definition.file, definition.at)
        if definition.row >= 0:
            kind = self._names.kind(definition.row)
            if kind in _HOLDERS:
                return Type("holder", row=definition.row, environment=env)
            if kind == "enum_member":
                return Type("instance", row=self._names.parent(definition.row))
            place = self._home_of_row.get(definition.row, place)
            if self._names.name(definition.row).isdigit() and kind == "field":
                return self._positional(definition.row, env)
        found = self._fact("fact", place, env) or self._fact("assigned", place, env)
        if found is not None and found.kind == "function" and definition.row >= 0:
            return Type("function", row=definition.row, place=found.place, environment=found.environment)
        return found

    def _positional(self, row: int, env: Environment) -> Type | None:
        """Return the type of a field that has a position and no name."""
        place = self._home_of_row.get(self._names.parent(row), (-1, -1))
        text = self._facts.get("tuple", {}).get(place)
        given, at = json.loads(text) if text is not None else [], int(self._names.name(row))
        return self._value(place[0], given[at], env) if at < len(given) else None

    def _fact(self, kind: str, place: Place, env: Environment) -> Type | None:
        """Evaluate what a file says about a place."""
        text = self._facts.get(kind, {}).get(place)
        if text is None or (place, kind) in self._busy:
            return None
        self._busy.add((place, kind))
        try:
            return self._value(place[0], json.loads(text), env)
        finally:
            self._busy.discard((place, kind))

    def _named(self, file: int, at: int, arguments: Sequence[Type | None], env: Environment) -> Type | None:
        """Return an instance of the type that is named at a byte."""
        led = self._led(file, ["v", at], env)
        if led is None:
            return None
        meant = led[0]
        if meant.outside:
            return self._outside(meant.outside, arguments)
        place = (meant.file, meant.at) if meant.row < 0 else self._home_of_row.get(meant.row, (-1, -1))
        if meant.row < 0:  # a type parameter
            return env.get(place) or self._stood_for(place, env) or self._fact("bound", place, env)
        inner = self._arguments(place, arguments)
        if self._names.kind(meant.row) == "type_alias":
            return self._fact("fact", place, inner)
        return Type("instance", row=meant.row, environment=inner)

    def _stood_for(self, place: Place, env: Environment) -> Type | None:
        """Return the type argument that a parameter of a block stands for: the n-th of the type it is about."""
        text = self._facts.get("stands for", {}).get(place)
        if text is None or not env:
            return None
        at, position = json.loads(text)
        home = self._home_of_row.get(self._meant(place[0], at).row, (-1, -1))
        listed = json.loads(self._facts.get("generic", {}).get(home, "[]"))
        return env.get((home[0], listed[position])) if position < len(listed) else None

    def _outside(self, name: str, arguments: Sequence[Type | None]) -> Type | None:
        last = name.rpartition(".")[2]
        if last in _PROMISES:
            return Type("promise", parts=tuple(arguments[:1]))
        if last in _ITERABLE:
            return Type("array", parts=tuple(arguments[:1]))
        if last in _TRANSPARENT:
            return arguments[0] if arguments else None
        return Type("outside", name=name, parts=tuple(arguments))

    def _arguments(self, place: Place, arguments: Sequence[Type | None]) -> Environment:
        """Return the type arguments of what is named at a place by its parameters."""
        text = self._facts.get("generic", {}).get(place)
        if text is None or not arguments:
            return {}
        found = {}
        for at, given in zip(json.loads(text), arguments, strict=False):
            if given is not None:
                found[place[0], int(at)] = given
        return found

    # -- what is made of a type --------------------------------------------------------------------

    def _called(self, of: Type | None) -> Type | None:
        """Return what a call of a value gives."""
        if of is None:
            return None
        if of.kind == "function":
            return self._fact("returns", of.place, of.environment)
        if of.kind == "instance" and self._names.kind(of.row) == "enum":
            return of  # a variant with fields
        if of.kind == "holder" and self._names.kind(of.row) == "struct":
            return Type("instance", row=of.row, environment=of.environment)
        if of.kind == "union":
            return self._first(self._called(part) for part in of.parts)
        if of.kind == "method":
            element = of.parts[0]
            if of.place[0] >= 2:
                return self._of_map(of)
            if of.place[0] == 1:
                if of.name in _UNWRAPS:
                    return element
                if of.name in {"iter", "iter_mut", "into_iter"}:
                    return Type("array", parts=(element,))
                return Type("promise", parts=(element,)) if of.name in _STILL_WRAPPED else None
            if of.place[0] == 0 and of.name in _WRAPPED:
                return Type("promise", parts=(element,))
            if of.place[0] == 0 and of.name == "enumerate":
                return Type("array", parts=(Type("tuple", parts=(None, element)),))
            if of.place[0] < 0 and of.name in _ITSELF:
                return element
            if of.name in _ELEMENT:
                return element
            if of.name in _SAME:
                return Type("array", parts=(element,))
        return None

    @staticmethod
    def _of_map(of: Type) -> Type | None:
        """Return what a method of a map gives: `get` an element in JavaScript, an optional one in Rust."""
        key, value = of.parts[0], of.parts[-1]
        if of.name in {"get", "get_mut", "remove", "insert", "first_key_value"}:
            return value if of.place[0] == 2 else Type("promise", parts=(value,))
        if of.name in {"keys", "into_keys"}:
            return Type("array", parts=(key,))
        if of.name in {"values", "values_mut", "into_values"}:
            return Type("array", parts=(value,))
        if of.name in {"entries", "iter", "iter_mut", "into_iter", "drain"}:
            return Type("array", parts=(Type("tuple", parts=(key, value)),))
        return None

    def _made(self, of: Type | None, arguments: Sequence[Type | None]) -> Type | None:
        """Return what `new` makes."""
        if of is None:
            return None
        if of.kind == "outside":
            return self._outside(of.name, arguments)
        if of.kind in {"holder", "function"} and of.row >= 0:
            inner = self._arguments(self._home_of_row.get(of.row, (-1, -1)), arguments)
            return Type("instance", row=of.row, environment=inner)
        return None

    def _element(self, of: Type | None, position: int) -> Type | None:
        """Return an element of what can be indexed or gone through."""
        if of is None:
            return None
        if of.kind == "array":
            return of.parts[0] if of.parts else None
        if of.kind == "tuple":
            if 0 <= position < len(of.parts):
                return of.parts[position]
            return self._first(of.parts)
        if of.kind == "union":
            return self._first(self._element(part, position) for part in of.parts)
        if of.kind == "outside" and of.name.rpartition(".")[2] in _MAPS and len(of.parts) == 2:
            return Type("tuple", parts=of.parts)
        return None

    def _awaited(self, of: Type | None) -> Type | None:
        if of is not None and of.kind == "promise":
            return of.parts[0] if of.parts else None
        return of

    def _parameter(self, of: Type | None, position: int) -> Type | None:
        """Return the type of the n-th parameter of a function."""
        if of is None:
            return None
        if of.kind == "union":
            return self._first(self._parameter(part, position) for part in of.parts)
        if of.kind == "callback":
            return of.parts[position] if position < len(of.parts) else None
        if of.kind == "method":
            if position == 0 and of.place[0] == 2 and of.name == "forEach":
                return Type("callback", parts=of.parts[::-1])
            if position == _REDUCERS.get(of.name, -1):
                return Type("callback", parts=(None, *of.parts[:1]))
            if position == 0 and of.name in _CALLED_BACK:
                return Type("callback", parts=of.parts)
            if of.name == "then" and position == 0:
                return Type("callback", parts=of.parts)
            return None
        place, env = of.place, of.environment
        if of.kind == "holder" and self._names.kind(of.row) == "class":
            made = self._member(Type("instance", row=of.row), "constructor")
            if made is None:
                return None
            known = self._of(*made)
            place = known.place if known is not None else (-1, -1)
        elif of.kind != "function":
            return None
        text = self._facts.get("parameters", {}).get(place)
        given = json.loads(text) if text is not None else []
        return self._value(place[0], given[position], env) if position < len(given) else None

    @staticmethod
    def _first(types: Iterable[Type | None]) -> Type | None:
        return next((one for one in types if one is not None), None)

    # -- members -----------------------------------------------------------------------------------

    def _member(
        self, of: Type, name: str, depth: int = 0, *, called: bool = False
    ) -> tuple[Definition, Environment] | None:
        """Return a member of a type, and the type arguments that hold in it."""
        if depth > _LINEAGE or self._left < 0:
            return None
        self._left -= 1
        if of.kind == "union":
            return next(
                (found for part in of.parts if part and (found := self._member(part, name, depth + 1, called=called))),
                None,
            )
        if of.kind == "literal":
            return self._of_literal(of, name, depth)
        if of.kind in {"instance", "holder"} or (of.kind == "function" and of.row >= 0):
            return self._of_node(of, name, called=called)
        return None

    def _of_literal(self, of: Type, name: str, depth: int) -> tuple[Definition, Environment] | None:
        at = self._keys.get(of.place, {}).get(name)
        if at is not None:
            meant = self._meanings.get((of.place[0], at))
            own = meant is not None and meant.row >= 0 and self._home_of_row.get(meant.row) == (of.place[0], at)
            return (meant if own and meant is not None else Definition(file=of.place[0], at=at)), of.environment
        for text in reversed(self._spreads.get(of.place, ())):
            spread = self._value(of.place[0], json.loads(text), of.environment)
            found = self._member(spread, name, depth + 1) if spread is not None else None
            if found is not None:
                return found
        return None

    def _of_node(self, of: Type, name: str, *, called: bool = False) -> tuple[Definition, Environment] | None:
        level, seen = [of.row], {of.row}
        while level and len(seen) <= _LINEAGE:
            following: list[int] = []
            for row in level:
                for each in self._names.merged(row):
                    found = self._names.child(each, name, called=called)
                    if found < 0:
                        found = next((one for one in self._extra.get(each, ()) if self._names.name(one) == name), -1)
                    if found >= 0:
                        return Definition(row=found), of.environment
                    home = self._home_of_row.get(each, (-1, -1))
                    at = self._keys.get(home, {}).get(name)
                    if at is not None:  # a function gives its instances members
                        return Definition(file=home[0], at=at), of.environment
                    seen.add(each)
                    following += [base for base in self._bases.get(each, ()) if base not in seen]
            seen.update(following)
            level = list(dict.fromkeys(following))
        return None

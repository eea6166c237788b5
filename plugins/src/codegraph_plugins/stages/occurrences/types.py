"""Evaluates the type expressions of a repository's files: which member a name behind a dot is.

Languages write the expressions (`ecma_expressions.py` says which there are), the link stage has said what their names
lead to, and this module puts the two together: declared types, values that variables begin with, what functions return,
members of types and of their bases, type arguments, those that calls' arguments decide among them. Nothing is guessed:
an expression that leads nowhere has no type. It is one class, and longer than others, because values, members and type
arguments are found by way of each other.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import Factory, define, evolve, frozen

from codegraph_plugins.stages.occurrences.global_names import GlobalNames
from codegraph_plugins.stages.occurrences.symbols import SymbolNames
from codegraph_plugins.stages.occurrences.type_library import (
    CALLED_BACK,
    COLLECTIONS,
    COMPARING,
    COMPONENT_PARTS,
    COMPONENTS,
    ELEMENT,
    FLATTENED,
    FUNCTION_COMPONENTS,
    ITERABLE,
    ITERATING,
    ITSELF,
    MAPPED,
    MAPS,
    OF_ERRORS,
    PIECES,
    PROMISES,
    REDUCERS,
    REMOVED,
    RUST_ITERATORS,
    SAME,
    STILL_WRAPPED,
    TRANSPARENT,
    UNWRAPS,
    WRAPPED,
    WRAPPING_COMPONENTS,
)

Place = tuple[int, int]
"""A file's number and a byte."""
_EXTENSIONS: Final = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
"""Of the modules that a specifier may leave out."""
_COMPILED: Final = frozenset({".js", ".jsx", ".mjs", ".cjs"})
Environment = Mapping[Place, "Type"]
"""Type arguments by where their parameters are defined."""

_STEPS: Final = 1_000
"""Expressions evaluated for one question; hostile types need more."""
_NESTED: Final = 48
"""Expressions that are evaluated inside each other; types that are made of themselves need more."""
_ITERATORS: Final = ("[Symbol.iterator]", "[Symbol.asyncIterator]")
_LINEAGE: Final = 64
"""Types looked at for one member."""
_TYPES: Final = frozenset({"class", "interface", "struct", "enum", "trait"})
_TYPES_ONLY: Final = frozenset({"interface", "type_alias"})
_NAMED: Final = _TYPES | _TYPES_ONLY
"""Kinds of which there are instances; and those that are no values, so that a value of the name is another thing."""
_HOLDERS: Final = _TYPES | {"namespace", "module", "package"}
_LIBRARY_TYPES: Final = {
    "array": "Array", "tuple": "Array", "promise": "Promise", "function": "Function", "string": "String",
    "number": "Number", "boolean": "Boolean",
}  # fmt: skip
"""Interfaces that `declare global` adds members to, by what they are interfaces of."""
_HOLDING: Final = frozenset({"parameter", "variable", "constant", "field"})
"""Kinds of what holds a value, and is not the function that it holds."""
_THIS: Final = (-1, -1)
"""In an environment: what the receiver is, where a member of a base says `this`."""
_MADE_OF: Final = {"ar": "array", "pr": "promise", "tu": "tuple", "u": "union", "first": "union"}
_ALTERNATIVES: Final = 32
"""Types that a value may have of which each is asked for a member."""
_MAPPED_TO: Final = (-2, -2)
"""In the environment of a mapped type's member: what that member is."""


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
            `parts`; "primitive": one of the name `name`.
        environment: Type arguments that hold inside.
    """

    kind: str
    row: int = -1
    place: Place = (-1, -1)
    name: str = ""
    parts: tuple[Type | None, ...] = ()
    environment: Environment = Factory(dict)


@frozen
class _Given:
    """What a call passes: expressions of type arguments and arguments, which are evaluated when they are needed."""

    file: int = -1
    environment: Environment = Factory(dict)
    types: Sequence[Any] = ()
    values: Sequence[Any] = ()


_NOTHING: Final = _Given()


class Types:
    """The expressions of all files, and what their names lead to.

    Args:
        names: All nodes.
    """

    def __init__(self, names: SymbolNames) -> None:
        self._names = names
        self._facts: dict[str, dict[Place, str]] = {}
        self._spreads: dict[Place, list[str]] = {}
        self._signatures: dict[tuple[int, int, str], list[str]] = {}
        self._keys: dict[Place, dict[str, int]] = {}
        self._members: dict[Place, str] = {}
        self._meanings: dict[Place, Definition] = {}
        self._extending: dict[str, list[tuple[Place, Any]]] = {}  # method → where it is, the type it is given to
        self._blankets: dict[str, list[tuple[Place, Place]]] = {}  # method → where it is, its type parameter
        self._operators: dict[str, list[Place]] = {}  # trait → where types say what its operator gives
        self._outputs: dict[tuple[str, int], list[int]] | None = None  # trait and type → those rows
        self._home_of_row: dict[int, Place] = {}
        self._row_at: dict[Place, int] = {}
        self._bases: dict[int, list[int]] = {}
        self._extra: dict[int, list[int]] = {}
        self._stars: dict[int, list[str]] = {}
        self._exported: dict[tuple[int, str], Any] = {}
        self._added: dict[int, list[int]] = {}
        self.shared: GlobalNames | None = None
        self._known: dict[Place, Type | None] = {}
        self._busy: set[tuple[Place, str]] = set()
        self._cuts = 0  # times that something was asked for while it was being found out
        self._left = 0
        self._nested = 0

    # -- taking facts ------------------------------------------------------------------------------

    def fact(self, file: int, kind: str, at: int, text: str) -> None:
        """Take an expression about what stands at a byte; see `ecma_types.Fact`."""
        if kind == "spread":
            self._spreads.setdefault((file, at), []).append(text)
        elif kind == "star":
            self._stars.setdefault(file, []).append(text)
        elif kind == "exported":
            name, of = json.loads(text)
            self._exported.setdefault((file, name), of)
        elif kind == "blanket":
            name, parameter = json.loads(text)
            self._blankets.setdefault(name, []).append(((file, at), (file, parameter)))
        elif kind == "extends":
            name, type_ = json.loads(text)
            self._extending.setdefault(name, []).append(((file, at), type_))
        elif kind == "operator":
            self._operators.setdefault(json.loads(text), []).append((file, at))
        elif kind in {"calls", "constructs"}:
            self._signatures.setdefault((file, at, kind), []).append(text)
        else:
            self._facts.setdefault(kind, {}).setdefault((file, at), text)

    def key(self, file: int, literal: int, name: str, at: int) -> None:
        """Take a member of a literal."""
        self._keys.setdefault((file, literal), {}).setdefault(name, at)

    def member(self, file: int, at: int, text: str) -> None:
        """Take a member access."""
        self._members[file, at] = text

    def meaning(self, file: int, at: int, definition: Definition, *, says: bool = False) -> None:
        """Take what the name at a byte leads to; what `says` it comes before what was taken."""
        if says:
            self._meanings[file, at] = definition
        self._meanings.setdefault((file, at), definition)

    def assigned(self, file: int, at: int, home: Place) -> None:
        """Take that what is assigned at a byte is assigned to what is defined at a place."""
        text = self._facts.get("assigned", {}).get((file, at))
        if text is not None and home[0] == file:
            self._facts["assigned"].setdefault(home, text)

    def home_of(self, row: int) -> Place:
        """Return where a node's name is defined."""
        return self._home_of_row.get(row, _THIS)

    def home(self, row: int, file: int, at: int) -> None:
        """Take where a node's name is defined."""
        self._home_of_row.setdefault(row, (file, at))
        if self._names.kind(row) in {"method", "type_alias"}:
            self._row_at.setdefault((file, at), row)

    def inherits(self, row: int, base: int) -> None:
        """Take a base of a type, nearest first."""
        self._bases.setdefault(row, []).append(base)

    def found_outside(self, declared: Callable[[str], int]) -> None:
        """Take which names of what lies outside are declared in the repository all the same."""
        for place, meant in self._meanings.items():
            row = declared(meant.outside) if meant.outside else -1
            if row >= 0:
                self._meanings[place] = Definition(row=row)

    def adds(self, row: int, more: int) -> None:
        """Take that another definition adds members to one."""
        self._added.setdefault(row, []).append(more)

    def has(self, row: int, member: int) -> None:
        """Take a member of a type that is defined elsewhere."""
        self._extra.setdefault(row, []).append(member)

    # -- asking ------------------------------------------------------------------------------------

    def lead(self, file: int, text: str) -> Definition | None:
        """Return what the member that an expression `["m", …]` names is, or None."""
        self._left = _STEPS
        found = self._led(file, json.loads(text), {})
        return found[0] if found else None

    def leads(self, file: int, text: str) -> list[Definition]:
        """Return what the member that an expression `["m", …]` names is, of each type that the value may have."""
        expression = json.loads(text)
        if expression[0] != "m" or self._is_rust(file):
            found = self.lead(file, text)
            return [] if found is None else [found]
        self._left = _STEPS
        of = self._value(file, expression[1], {})
        parts = [] if of is None else list(self._alternatives(of))
        led = (self._member(part, str(expression[2]), called=len(expression) > 3) for part in parts[:_ALTERNATIVES])
        return list(dict.fromkeys(one[0] for one in led if one is not None))

    def _alternatives(self, of: Type) -> Iterator[Type]:
        """Yield the types that a value may have; where the first decides, that is the whole."""
        if of.kind != "union" or of.name:
            yield of
            return
        for part in of.parts:
            if part is not None:
                yield from self._alternatives(part)

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
        if expression[0] == "mo":
            row = self._module_of(file, expression[1])
            return (Definition(row=row), env) if row >= 0 else None
        of = self._value(file, expression[1], env)
        return self._member(of, str(expression[2]), called=len(expression) > 3) if of is not None else None

    def _module_of(self, file: int, specifier: str) -> int:
        """Return the module that a relative specifier in a comment names, or -1."""
        if not specifier.startswith("."):
            return -1
        base = posixpath.normpath(posixpath.join(posixpath.dirname(self._names.path(file)), specifier))
        stem, extension = posixpath.splitext(base)
        tried = [base, *(base + each for each in _EXTENSIONS), *(f"{base}/index{each}" for each in _EXTENSIONS)]
        if extension in _COMPILED:  # what is compiled is named, its source is there
            tried += [stem + each for each in _EXTENSIONS]
        found = next((self._names.file_of[path] for path in tried if path in self._names.file_of), -1)
        return self._names.first_row(found) if found >= 0 else -1

    # -- values ------------------------------------------------------------------------------------

    def _value(self, file: int, expression: Any, env: Environment) -> Type | None:
        """Return the type of an expression."""
        self._left -= 1
        if self._left < 0 or not isinstance(expression, list):
            return None
        if self._nested >= _NESTED:
            self._cuts += 1
            return None
        self._nested += 1
        try:
            return self._evaluated(file, expression, env)
        finally:
            self._nested -= 1

    def _evaluated(self, file: int, expression: list[Any], env: Environment) -> Type | None:
        kind = expression[0]
        rest = expression[1:]
        if kind == "p":
            return self._at(file, rest[0], env)
        if kind == "t":
            return self._named(file, rest[0], [self._value(file, one, env) for one in rest[1:]], env)
        if kind == "mo":
            row = self._module_of(file, rest[0])
            return Type("holder", row=row) if row >= 0 else None
        if kind == "tb":
            return self._with_bindings(file, rest, env)
        if kind == "m":
            return self._accessed(file, expression, env)
        if kind == "c":
            of = self._value(file, rest[0], env)
            return self._called(of, _Given(file, env, *rest[1:])) if of is not None else None
        if kind == "n":
            of = self._value(file, rest[0], env)
            return self._made(of, _Given(file, env, *rest[1:])) if of is not None else None
        if kind == "b":
            return Type("primitive", name="|".join(rest))
        if kind == "g":
            of = self._value(file, rest[0], env)
            known = self._fact("predicate", of.place, of.environment) if of is not None else None
            return known or (self._value(file, rest[1], env) if len(rest) > 1 else None)
        if kind == "gt":
            of = self._value(file, rest[0], env)
            known = self._fact("this is", of.place, of.environment) if of is not None else None
            return known or self._value(file, rest[1], env)
        if kind == "y":
            asserting = (self._value(file, one, env) for one in reversed(rest[1:]))
            said = (self._fact("asserts", of.place, of.environment) for of in asserting if of is not None)
            return self._first(said) or self._value(file, rest[0], env)
        if kind == "nr":
            of = self._value(file, rest[0], env)
            return self._left_of(file, of, rest[1:], env) if of is not None else None
        if kind == "sy":
            of = self._value(file, rest[0], env)
            led = self._member(of, rest[1]) if of is not None else None
            return self._of(*led) if led is not None else self._element(of, -1)
        if kind == "su":
            row = self._meant(file, rest[0]).row
            return self._first(self._written(row, env)) if row >= 0 else None
        if kind in {"o", "r"}:
            return self._value(file, rest[0], env)
        if kind == "e":
            return self._element(self._value(file, rest[0], env), rest[1] if len(rest) > 1 else -1)
        if kind == "x":
            of = self._value(file, rest[0], env)
            return of.parts[1] if of is not None and of.kind == "promise" and len(of.parts) > 1 else None
        if kind == "k":
            of = self._value(file, rest[0], env)
            if of is not None and of.kind == "outside" and of.name.rpartition(".")[2] in MAPS:
                return of.parts[-1] if of.parts else None
            return self._element(of, -1)
        if kind == "or":
            return self._first(self._value(file, one, env) for one in rest)
        if kind == "un":
            return self._value(file, rest[1], env) if self._value(file, rest[0], env) is None else None
        if kind == "op":
            of = self._value(file, rest[0], env)
            return self._operated(of, rest[1]) if of is not None else None
        if kind == "fi":
            of = self._value(file, rest[0], env)
            return self._filled(file, of, rest[1], env) if of is not None else None
        if kind == "as":
            of, seen = self._value(file, rest[0], env), self._value(file, rest[1], env)
            return self._matched(of, seen) if of is not None else None
        if kind == "mp":
            return Type("outside", name="std.HashMap", parts=tuple(self._value(file, one, env) for one in rest))
        if kind == "l":
            of, named = self._value(file, rest[0], env), self._value(file, rest[1], env)
            text = named.name.partition("|")[2] if named is not None and named.kind == "primitive" else ""
            led = self._member(of, text.strip("\"'`")) if of is not None and text else None
            return self._of(*led) if led is not None else self._element(of, -1)
        if kind == "ev":
            of = self._value(file, rest[0], env)
            return self._value_in(of) if of is not None else None
        if kind == "q":
            return self._conditional(file, rest, env)
        if kind == "w":
            return self._awaited(self._value(file, rest[0], env))
        if kind in {"ar", "pr", "tu", "u", "first"}:
            parts = tuple(self._value(file, one, env) for one in rest)
            name = "rest" if kind == "tu" and rest and rest[-1] is not None and rest[-1][0] == "r" else ""
            if name and parts[-1] is not None:
                parts = (*parts[:-1], self._element(parts[-1], -1))
            if kind == "pr":
                parts = tuple(map(self._awaited, parts))  # a promise of a promise is one
            return Type(_MADE_OF[kind], name=kind if kind == "first" else name, parts=parts)
        if kind == "s":
            return Type("literal", place=(file, rest[0]), environment=env)
        if kind == "f":
            return Type("function", place=(file, rest[0]), environment=env)
        if kind == "a":
            return self._parameter(self._value(file, rest[0], env), rest[1], _Given(file, env, *rest[2:]))
        if kind == "d":
            row = self._meant(file, rest[0]).row
            return (env.get(_THIS) or Type("instance", row=row, environment=env)) if row >= 0 else None
        if kind == "om":
            return Type("holder", row=self._names.first_row(file))
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
            self._cuts += 1
            return None
        before = self._cuts
        self._busy.add((place, "p"))
        try:
            meant = self._meanings.get(place)
            if meant is not None and (meant.row >= 0 or meant.at >= 0 or meant.outside):
                text = self._members.get(place) if meant.outside else None
                found = self._accessed(file, json.loads(text), env) if text is not None else None
                found = found or self._of(meant, self._around(place, meant, env))
            elif place in self._members:
                found = self._accessed(file, json.loads(self._members[place]), env)
            else:
                found = None
        finally:
            self._busy.discard((place, "p"))
        if not env and self._left > 0 and (before == self._cuts or not self._busy):
            self._known[place] = found
        return found

    def _around(self, place: Place, meant: Definition, env: Environment) -> Environment:
        """Return the type arguments that hold in a member whose meaning is known: its receiver has them."""
        text = self._members.get(place) if meant.row >= 0 else None
        led = self._led(place[0], json.loads(text), env) if text is not None else None
        return led[1] if led is not None and led[0].row == meant.row else env

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
        if of.kind == "union":  # one of them may be of the library
            of = self._first(one for one in of.parts if one is not None and one.kind in {"array", "promise"}) or of
        if of.kind == "promise" and name == "value" and of.name == "step":
            return of.parts[0]  # of what an iterator's `next()` gives
        if of.kind in {"array", "promise"}:
            return Type("method", name=name, place=(of.kind == "promise", 0), parts=of.parts or (None,))
        if of.kind == "tuple" and name.isdigit():
            return self._element(of, int(name))
        if of.kind == "tuple":
            return Type("method", name=name, place=(0, 0), parts=(self._first(of.parts),))
        if of.kind in {"instance", "literal", "record"}:
            indexed = self._by_index(of)
            if indexed is not None:
                return indexed
        if of.kind == "instance" and self._is_rust(file) and name in ITERATING and (item := self._item(of)) is not None:
            return Type("method", name=name, place=(0, 0), parts=(item,))  # an iterator of the repository
        if name in ITSELF and of.kind == "instance" and (name not in UNWRAPS or self._is_rust(file)):
            return Type("method", name=name, parts=(of,))
        if name in COMPONENT_PARTS and of.kind == "instance":
            return self._of_component(of, COMPONENT_PARTS[name])
        if name == "default" and of.kind == "holder" and self._exports(of.row):
            return of  # what CommonJS exports as a whole is imported as the default
        if of.kind == "outside":
            last = of.name.rpartition(".")[2]
            if of.parts and last in MAPS:
                return Type("method", name=name, place=(2 + last.endswith(("hMap", "eMap", "xMap")), 0), parts=of.parts)
            return Type("outside", name=f"{of.name}.{name}") if not of.parts else None
        return None

    def _of_component(self, of: Type, position: int) -> Type | None:
        """Return the n-th type argument that a class gives React's class of components."""
        for row, env in self._lineage(of):
            for base in self._written(row, env) if row >= 0 else ():
                if base.kind == "outside" and base.name.rpartition(".")[2] in COMPONENTS:
                    return base.parts[position] if position < len(base.parts) else None
        return None

    def _of(self, definition: Definition, env: Environment) -> Type | None:
        """Return the type that what is defined has as a value."""
        if _MAPPED_TO in env:
            return env[_MAPPED_TO]
        if definition.outside:
            return Type("outside", name=definition.outside)
        place = (definition.file, definition.at)
        if definition.row >= 0:
            kind = self._names.kind(definition.row)
            if kind == "import":  # of what no declaration exports: an assignment to `exports`
                place = self._home_of_row.get(definition.row, place)
                text = self._members.get(place)
                return self._accessed(place[0], json.loads(text), {}) if text is not None else None
            if kind in _TYPES_ONLY:
                definition = self._declared(definition, _TYPES_ONLY, like=False)
                kind = self._names.kind(definition.row)
            if kind in _HOLDERS:
                return Type("holder", row=definition.row, environment=env)
            if kind == "enum_member":
                return Type("instance", row=self._names.parent(definition.row))
            place = self._home_of_row.get(definition.row, place)
            if self._names.name(definition.row).isdigit() and kind == "field":
                return self._positional(definition.row, env)
        found = self._fact("fact", place, env) or self._fact("assigned", place, env)
        held = definition.row >= 0 and self._names.kind(definition.row) in _HOLDING
        if found is not None and found.kind == "function" and definition.row >= 0 and not held:
            return Type("function", row=definition.row, place=found.place, environment=found.environment)
        return found

    def _declared(self, definition: Definition, kinds: Iterable[str], *, like: bool) -> Definition:
        """Return the declaration of a merged name that is of some kinds, or of others; without one, that given."""
        for row in self._names.merged(definition.row):
            if (self._names.kind(row) in kinds) == like:
                return Definition(row=row)
        return definition

    def _positional(self, row: int, env: Environment) -> Type | None:
        """Return the type of a field that has a position and no name."""
        place = self._home_of_row.get(self._names.parent(row), (-1, -1))
        text = self._facts.get("tuple", {}).get(place)
        given, at = json.loads(text) if text is not None else [], int(self._names.name(row))
        return self._value(place[0], given[at], env) if at < len(given) else None

    def _fact(self, kind: str, place: Place, env: Environment) -> Type | None:
        """Evaluate what a file says about a place."""
        text = self._facts.get(kind, {}).get(place)
        if text is None:
            return None
        if (place, kind) in self._busy:
            self._cuts += 1
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
        meant = self._behind_alias(led[0])
        if meant.outside:
            return self._outside(meant.outside, arguments)
        if meant.row >= 0 and self._names.kind(meant.row) not in _NAMED:
            meant = self._declared(meant, _NAMED, like=True)
        place = (meant.file, meant.at) if meant.row < 0 else self._home_of_row.get(meant.row, (-1, -1))
        if meant.row < 0:  # a type parameter
            known = env.get(place) or self._stood_for(place, env)
            return known or self._fact("default", place, env) or self._fact("bound", place, env)
        inner = self._arguments(place, arguments)
        if self._names.kind(meant.row) == "type_alias":
            return env.get(place) or self._fact("fact", place, inner)
        return Type("instance", row=meant.row, environment=inner)

    def _with_bindings(self, file: int, rest: Sequence[Any], env: Environment) -> Type | None:
        """Return a trait with the types that its associated types are said to be: `Trait<Output = Type>`."""
        of = self._value(file, rest[0], env)
        if of is None or of.kind != "instance":
            return of
        found: dict[Place, Type] = {}
        for name, type_ in rest[1]:
            led = self._member(of, name) if type_ is not None else None
            known = self._value(file, type_, env) if led is not None else None
            if known is not None and led is not None and led[0].row in self._home_of_row:
                found[self._home_of_row[led[0].row]] = known
        return evolve(of, environment={**of.environment, **found}) if found else of

    def _behind_alias(self, meant: Definition) -> Definition:
        """Return what a name that only renames another is a name of."""
        for _ in range(_LINEAGE):
            home = self._home_of_row.get(meant.row, _THIS)
            text = self._facts.get("alias", {}).get(home)
            led = self._led(home[0], json.loads(text), {}) if text is not None else None
            if led is None:
                break
            meant = led[0]
        return meant

    def _conditional(self, file: int, rest: Sequence[Any], env: Environment) -> Type | None:
        """Return what a conditional type is; of a type parameter that is one of several, what it is of each."""
        checked, _, then, otherwise, _ = rest
        of = self._value(file, checked, env)
        if of is None:
            return self._either_branch(file, then, otherwise, env)
        led = self._led(file, ["v", checked[1]], env) if checked[0] == "t" and len(checked) == 2 else None
        parameter = (led[0].file, led[0].at) if led is not None and led[0].row < 0 else None
        if of.kind != "union" or parameter is None:
            return self._branch(file, rest, of, env)
        parts = [part for part in of.parts if part is not None]
        found = [self._branch(file, rest, part, {**env, parameter: part}) for part in parts]
        known = tuple(one for one in found if one is not None)
        return Type("union", parts=known) if len(known) > 1 else self._first(known)

    def _branch(self, file: int, rest: Sequence[Any], of: Type, env: Environment) -> Type | None:
        """Return what a conditional type is of a type that is checked."""
        _, pattern, then, otherwise, inferred = rest
        fits = self._is_a(of, self._value(file, pattern, env))
        found: dict[Place, Type] = {}
        if inferred and fits is not False:
            self._unify(file, pattern, of, env, {(file, at) for at in inferred}, found)
            fits = bool(found) or fits
        if fits is None:
            return self._either_branch(file, then, otherwise, env)
        return self._value(file, then, {**env, **found}) if fits else self._value(file, otherwise, env)

    def _either_branch(self, file: int, then: Any, otherwise: Any, env: Environment) -> Type | None:
        """Return what a conditional type is if its condition is not known: the only type that has members."""
        known = [one for one in (self._value(file, each, env) for each in (then, otherwise)) if one is not None]
        return known[0] if len(known) == 1 else None

    def _left_of(self, file: int, of: Type, said: Sequence[Any], env: Environment) -> Type | None:
        """Return those of several types that a condition leaves: what is said of them, and how."""
        if of.kind != "union":
            return of
        parts = [part for part in self._flat(of) if self._is_left(file, part, said, env)]
        return Type("union", parts=tuple(parts)) if len(parts) > 1 else self._first(parts)

    def _flat(self, of: Type) -> Iterator[Type]:
        for part in of.parts:
            if part is not None and part.kind == "union":
                yield from self._flat(part)
            elif part is not None:
                yield part

    def _is_left(self, file: int, part: Type, said: Sequence[Any], env: Environment) -> bool:
        how: str = said[0]
        what = said[1]
        if how == "not":
            excluded = self._value(file, what, env)
            rows = {row for row, _ in self._lineage(part)} if part.row >= 0 else set()
            return excluded is None or excluded.row not in rows
        led = self._member(part, what)
        if how in {"has", "lacks"}:
            return (led is not None) == (how == "has")
        tag = self._of(*led) if led is not None else None
        tags = [] if tag is None else list(self._flat(tag)) if tag.kind == "union" else [tag]
        texts = {one.name.partition("|")[2].strip('"') for one in tags if one.kind == "primitive"}
        if not texts or "" in texts:
            return True
        given: set[str] = set(said[2])
        return bool(texts & given) if how == "eq" else not texts <= given

    def _is_a(self, of: Type, wanted: Type | None) -> bool | None:
        """Say whether a type can be assigned to another; None if that is not known."""
        if wanted is None or "outside" in {of.kind, wanted.kind}:
            return None
        if wanted.kind == "union":
            said = [self._is_a(of, one) for one in wanted.parts]
            return True if True in said else None if None in said else False
        if wanted.kind == "primitive":
            return self._is_primitive(of, wanted)
        if wanted.kind in {"array", "tuple"}:
            return of.kind in {"array", "tuple"}
        if wanted.kind == "promise":
            return of.kind == "promise" or (None if of.kind == "instance" else False)
        if wanted.kind == "function":
            return of.kind in {"function", "holder", "method"} or (
                None if of.kind in {"instance", "literal"} else False
            )
        if of.kind in {"instance", "literal"} and wanted.kind in {"instance", "literal"}:
            if wanted.kind == "instance" and any(row == wanted.row for row, _ in self._lineage(of)):
                return True
            names = self._names_in(wanted)
            return None if not names else all(self._member(of, name) is not None for name in names)
        return False if of.kind == "primitive" else None

    @staticmethod
    def _is_primitive(of: Type, wanted: Type) -> bool:
        if wanted.name in {"any", "unknown"}:
            return True
        if wanted.name == "object":
            return of.kind != "primitive"
        name, _, text = wanted.name.partition("|")
        return of.kind == "primitive" and of.name.partition("|")[0] == name and text in {"", of.name.partition("|")[2]}

    def _names_in(self, of: Type) -> list[str]:
        """Return the names of a type's own members."""
        if of.kind == "literal":
            return list(self._keys.get(of.place, {}))
        return [self._names.name(one) for row in self._names.merged(of.row) for one in self._names.children(row)]

    def _stood_for(self, place: Place, env: Environment) -> Type | None:
        """Return the type argument that a parameter of a block stands for: the n-th of the type it is about."""
        text = self._facts.get("stands for", {}).get(place)
        if text is None or not env:
            return None
        at, position, *written = json.loads(text)
        home = self._home_of_row.get(self._meant(place[0], at).row, (-1, -1))
        listed = json.loads(self._facts.get("generic", {}).get(home, "[]"))
        known = env.get((home[0], listed[position])) if position < len(listed) else None
        if known is None or not written:
            return known
        found: dict[Place, Type] = {}
        self._unify(place[0], written[0], known, {}, {place}, found)
        return found.get(place)

    def _outside(self, name: str, arguments: Sequence[Type | None]) -> Type | None:
        last = name.rpartition(".")[2]
        if last in PROMISES:
            first = arguments[0] if arguments else None
            return self._awaited(first) if last == "Awaited" else Type("promise", parts=(first,))
        if last in ITERABLE or (last in RUST_ITERATORS and name.partition(".")[0] in {"std", "core", "alloc"}):
            return Type("array", parts=tuple(arguments[:1]))
        first = arguments[0] if arguments else None
        if last in TRANSPARENT:
            return first
        if last == "Record" and len(arguments) == 2:
            return Type("record", parts=(arguments[1],))
        if last == "ReturnType" and first is not None:
            return self._called(first)
        if last == "InstanceType" and first is not None:
            return self._made(first) if first.kind == "holder" else self._made(first) or first
        if last in {"Parameters", "ConstructorParameters"} and first is not None:
            return Type("tuple", parts=tuple(self._parameters(first)))
        return Type("outside", name=name, parts=tuple(arguments))

    def _by_index(self, of: Type) -> Type | None:
        """Return what an index signature says that the members of a type are."""
        if of.kind == "record":
            return of.parts[0]
        place = of.place if of.kind == "literal" else self._home_of_row.get(of.row, (-1, -1))
        return self._fact("index", place, of.environment)

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

    # -- what Rust's operators, patterns and struct expressions say ---------------------------------

    def _operated(self, of: Type, trait: str) -> Type | None:
        """Return what an operator gives: what the type's `impl` of its trait says, else what the language does."""
        if of.kind == "union":
            return self._first(self._operated(part, trait) for part in of.parts if part is not None)
        given = self._output(of, trait)
        if given is not None or trait != "Index":
            return given or (of if trait == "Deref" else None)
        if of.kind == "outside" and of.name.rpartition(".")[2] in MAPS:
            return of.parts[-1] if of.parts else None
        inner = self._output(of, "Deref") if of.kind == "instance" else None
        return self._operated(inner, trait) if inner is not None else self._element(of, -1)

    def _output(self, of: Type, trait: str) -> Type | None:
        """Return the associated type of a type's only `impl` of an operator's trait."""
        if of.kind not in {"instance", "holder"} or not self._operators:
            return None
        if self._outputs is None:
            self._outputs = {}
            for name, places in self._operators.items():
                told = [row for place in places if (row := self._row_at.get(place, -1)) >= 0]
                for row in told:
                    self._outputs.setdefault((name, self._names.parent(row)), []).append(row)
                for owner, members in self._extra.items():
                    self._outputs.setdefault((name, owner), []).extend(sorted(set(told).intersection(members)))
        found = [
            self._fact("fact", self._home_of_row.get(row, _THIS), of.environment)
            for row in self._outputs.get((trait, of.row), ())
        ]
        first = self._first(found)
        same = all(
            one is not None and first is not None and (one.kind, one.row) == (first.kind, first.row) for one in found
        )
        return first if same else None

    def _filled(self, file: int, of: Type, fields: Sequence[tuple[str, Any]], env: Environment) -> Type:
        """Return a type with the type arguments that the values of its fields say."""
        home = self._home_of_row.get(of.row, _THIS)
        text = self._facts.get("generic", {}).get(home) if of.kind == "instance" and not of.environment else None
        if text is None:
            return of
        wanted, found = {(home[0], int(at)) for at in json.loads(text)}, dict[Place, Type]()
        for name, value in fields:
            field = self._names.child(of.row, name)
            place = self._home_of_row.get(field, _THIS) if field >= 0 else _THIS
            declared = self._facts.get("fact", {}).get(place)
            known = self._value(file, value, env) if declared is not None else None
            if known is not None and declared is not None:
                self._unify(place[0], json.loads(declared), known, found, wanted, found)
        return evolve(of, environment=found) if found else of

    def _matched(self, of: Type, seen: Type | None) -> Type:
        """Return the type that a pattern names with the type arguments of the value that it is matched with."""
        if seen is None or of.kind != "instance" or seen.kind != "instance" or not seen.environment:
            return of
        variant = self._names.kind(of.row) == "enum_member" and self._names.parent(of.row) == seen.row
        return evolve(of, environment=seen.environment) if variant or of.row == seen.row else of

    # -- what is made of a type --------------------------------------------------------------------

    def _called(self, of: Type, given: _Given = _NOTHING) -> Type | None:
        """Return what a call of a value gives."""
        if of.kind == "function":
            chosen = self._overload(of, given)
            return self._fact("returns", chosen.place, self._inferred(chosen, given))
        if of.kind == "instance" and self._names.kind(of.row) == "enum":
            return of  # a variant with fields
        if of.kind == "holder" and self._names.kind(of.row) == "struct":
            return Type("instance", row=of.row, environment=of.environment)
        if of.kind in {"instance", "literal"}:
            place = of.place if of.kind == "literal" else self._home_of_row.get(of.row, (-1, -1))
            signature = self._unnamed("calls", place, of.environment, given)
            return self._called(signature, given) if signature is not None else None
        if of.kind == "union":
            return self._first(self._called(part, given) for part in of.parts if part is not None)
        if of.kind == "outside":
            return self._of_library(of.name, given)
        return self._of_method(of, given) if of.kind == "method" else None

    def _of_method(self, of: Type, given: _Given) -> Type | None:
        """Return what a method of an array, an optional value, a promise or a map gives."""
        element = of.parts[0]
        if of.place[0] >= 2:
            return self._of_map(of)
        if of.name in MAPPED and (made := self._returned(given, 0, of)) is not None:
            if of.place[0] == 1:
                return Type("promise", parts=(self._awaited(made) if of.name != "map" else made,))
            if of.name in FLATTENED:  # an optional value gives one or none
                made = self._awaited(made) or made
            return Type("array", parts=(made if of.name == "map" else self._element(made, -1) or made,))
        if of.place[0] == 1:
            if of.name in UNWRAPS:
                return element
            if of.name in {"map_or", "map_or_else"}:
                return self._returned(given, 1, of)
            if of.name == "err":
                return Type("promise", parts=of.parts[1:]) if len(of.parts) > 1 else None
            if of.name in {"iter", "iter_mut", "into_iter"}:
                return Type("array", parts=(element,))
            return Type("promise", parts=(element,)) if of.name in STILL_WRAPPED else None
        if of.place[0] == 0 and of.name in REDUCERS:
            start = self._given(given, 1 - REDUCERS[of.name])
            return start if start is not None and start.kind != "primitive" else self._returned(given, 0, of) or element
        if of.place[0] == 0 and of.name == "flat":
            return Type("array", parts=(self._element(element, -1) or element,))
        if of.place[0] == 0 and of.name == "next" and not self._is_rust(given.file):
            return Type("promise", name="step", parts=(element,))
        if of.place[0] == 0 and (of.name in WRAPPED or (of.name in ELEMENT and self._is_rust(given.file))):
            return Type("promise", parts=(element,))
        if of.place[0] == 0 and of.name == "zip":
            return Type("array", parts=(Type("tuple", parts=(element, self._element(self._given(given, 0), -1))),))
        if of.place[0] == 0 and of.name in PIECES:
            return Type("array", parts=(Type("array", parts=(element,)),))
        if of.place[0] == 0 and of.name in {"enumerate", "entries"}:
            return Type("array", parts=(Type("tuple", parts=(None, element)),))
        if of.place[0] < 0 and of.name in ITSELF:
            return element
        if of.name in ELEMENT or of.name in REMOVED:
            return element
        if of.name == "collect":  # of pairs it may be a map, which has other methods
            return Type("array", parts=(element,)) if element is not None and element.kind != "tuple" else None
        if of.name in SAME:
            function = self._given(given, 0) if of.name == "filter" else None
            known = self._fact("predicate", function.place, function.environment) if function is not None else None
            return Type("array", parts=(known or element,))
        return None

    def _is_rust(self, file: int) -> bool:
        return file >= 0 and self._names.language(file) == "rust"

    def _of_library(self, name: str, given: _Given) -> Type | None:
        """Return what a function of the standard library gives."""
        last = ".".join(name.split(".")[-2:])
        if last.rpartition(".")[2] in WRAPPING_COMPONENTS:
            return self._given(given, 0)
        if last.rpartition(".")[2] == "useState" and given.file >= 0:
            types = [self._value(given.file, one, given.environment) for one in given.types]
            return Type("tuple", parts=(types[0] if types else self._given(given, 0), None))
        if last in {"Object.values", "Object.entries", "Array.from", "Array.of", "Promise.all", "Promise.resolve",
                    "Promise.race", "Promise.any", "Promise.allSettled", "structuredClone"}:  # fmt: skip
            first = self._given(given, 0)
            if first is None:
                return None
            if last in {"Object.values", "Object.entries"}:
                value = self._value_in(first)
                return Type("array", parts=(value if last == "Object.values" else Type("tuple", parts=(None, value)),))
            if last == "Array.from":
                element = self._element(first, -1)
                made = self._returned(given, 1, Type("callback", parts=(element,)))
                return Type("array", parts=(made or element,))
            if last == "Array.of":
                return Type("array", parts=(first,))
            if last == "Promise.all" and first.kind == "tuple":
                return Type("promise", parts=(Type("tuple", parts=tuple(map(self._awaited, first.parts))),))
            if last == "Promise.all":
                return Type("promise", parts=(Type("array", parts=(self._awaited(self._element(first, -1)),)),))
            if last in {"Promise.race", "Promise.any"}:
                return Type("promise", parts=(self._awaited(self._element(first, -1)),))
            return Type("promise", parts=(self._awaited(first),)) if last == "Promise.resolve" else first
        return None

    def _value_in(self, of: Type) -> Type | None:
        """Return what the members of an object are."""
        if of.kind == "literal":
            keys = self._keys.get(of.place, {}).values()
            known = self._first(self._fact("fact", (of.place[0], at), of.environment) for at in keys)
            return known or self._by_index(of)
        return self._by_index(of) if of.kind in {"instance", "record"} else self._element(of, -1)

    def _given(self, given: _Given, position: int) -> Type | None:
        """Return the type of a call's argument."""
        if position >= len(given.values):
            return None
        return self._value(given.file, given.values[position], given.environment)

    def _returned(self, given: _Given, position: int, _: Type) -> Type | None:
        """Return what the function gives that a call takes as an argument."""
        function = self._given(given, position)
        return self._called(function) if function is not None and function.kind in {"function", "holder"} else None

    # -- type arguments ----------------------------------------------------------------------------

    def _signature(self, place: Place) -> list[Any]:
        """Return the expressions of a function's parameters."""
        text = self._facts.get("parameters", {}).get(place)
        found: list[Any] = json.loads(text) if text is not None else []
        return found

    def _parameters(self, of: Type) -> list[Type | None]:
        """Return the types of a function's parameters, or of a constructor's."""
        place = of.place
        if of.kind == "holder":
            made = self._member(Type("instance", row=of.row), "constructor")
            known = self._of(*made) if made is not None else None
            place = known.place if known is not None else _THIS
        return [self._value(place[0], one, of.environment) for one in self._signature(place)]

    def _overload(self, of: Type, given: _Given) -> Type:
        """Return the one of several signatures that a call takes: the first that its arguments fit."""
        rows = self._names.merged(of.row) if of.row >= 0 else []
        if len(rows) < 2 or len(rows) > _LINEAGE:
            return of
        for row in sorted(rows):  # the one that implements the others comes last
            home = self._home_of_row.get(row, _THIS)
            text = self._facts.get("fact", {}).get(home)
            expression = json.loads(text) if text is not None else None
            if expression is None or expression[0] != "f":
                continue
            if self._fits(home[0], self._signature((home[0], expression[1])), of.environment, given):
                return evolve(of, place=(home[0], expression[1]))
        return of

    def _unnamed(self, kind: str, place: Place, env: Environment, given: _Given) -> Type | None:
        """Return the call signature, or construct signature, of a type that takes arguments."""
        found = [self._value(place[0], json.loads(one), env) for one in self._signatures.get((*place, kind), ())]
        known = [one for one in found if one is not None]
        fitting = (one for one in known if self._fits(one.place[0], self._signature(one.place), env, given))
        return next(fitting, known[0] if known else None)

    def _fits(self, file: int, parameters: Sequence[Any], env: Environment, given: _Given) -> bool:
        """Say whether a signature takes arguments, as far as their number and what is known of them tell."""
        rest = bool(parameters) and parameters[-1] is not None and parameters[-1][0] == "r"
        needed = sum(one is None or one[0] not in {"o", "r"} for one in parameters)
        if given.values and ((len(given.values) > len(parameters) and not rest) or len(given.values) < needed):
            return False
        for one, value in zip(parameters, given.values, strict=False):
            if one is None or value is None or one[0] == "r":
                continue
            taken, passed = self._value(file, one, env), self._value(given.file, value, given.environment)
            if taken is None or passed is None or (taken.kind, passed.kind).count("primitive") == 0:
                continue
            named, given_name = taken.name.partition("|"), passed.name.partition("|")
            if taken.kind != passed.kind or named[0] != given_name[0]:
                return False
            if named[2] and given_name[2] and named[2] != given_name[2]:
                return False
        return True

    def _inferred(self, of: Type, given: _Given) -> Environment:
        """Return the type arguments that hold in a call of a function: written, else what its arguments say."""
        text = self._facts.get("generic", {}).get(of.place)
        if text is None:
            return of.environment
        return {**of.environment, **self._solved(of.place, of.environment, json.loads(text), of.place[0], given)}

    def _solved(
        self, signature: Place, env: Environment, generic: Sequence[int], file: int, given: _Given
    ) -> Environment:
        """Return type arguments of the parameters that are defined at the bytes `generic` of a file."""
        found: dict[Place, Type] = {}
        for at, one in zip(generic, given.types, strict=False):
            known = self._value(given.file, one, given.environment)
            if known is not None:
                found[file, at] = known
        if found:
            return found
        wanted = {(file, at) for at in generic}
        parameters = self._signature(signature)
        for position, value in enumerate(given.values):
            one = parameters[min(position, len(parameters) - 1)] if parameters else None
            if value is None or one is None or (position >= len(parameters) and one[0] != "r"):
                continue
            passed = self._value(given.file, value, given.environment)
            if passed is not None:
                if one[0] == "r":
                    passed = Type("array", parts=(passed,))
                self._unify(signature[0], one, passed, {**env, **found}, wanted, found)
        return found

    def _unify(
        self, file: int, expression: Any, of: Type, env: Environment, wanted: set[Place], found: dict[Place, Type]
    ) -> None:
        """Find what type parameters stand for, where a value of one type is passed as what an expression says.

        Args:
            file: Where the expression stands.
            expression: Says what is taken.
            of: What is given.
            env: Type arguments that are known.
            wanted: Type parameters that are asked for.
            found: Gets them.
        """
        self._left -= 1
        if self._left < 0 or not isinstance(expression, list):
            return
        kind, rest = expression[0], expression[1:]
        if kind in {"o", "r"}:
            self._unify(file, rest[0], of, env, wanted, found)
        elif kind == "t":
            self._unify_named(file, rest, of, env, wanted, found)
        elif kind in {"ar", "pr"} and rest:
            inner = self._element(of, -1) if kind == "ar" else of.parts[0] if of.kind == "promise" and of.parts else of
            if inner is not None:
                self._unify(file, rest[0], inner, env, wanted, found)
        elif kind == "tu":
            for position, one in enumerate(rest):
                inner = self._element(of, position)
                if one is not None and one[0] == "r" and of.kind == "tuple":
                    inner = evolve(of, parts=of.parts[position:])
                if inner is not None:
                    self._unify(file, one, inner, env, wanted, found)
        elif kind == "u":
            before = len(found)
            bare = [one for one in rest if one is not None and one[0] == "t" and len(one) == 2]
            for one in (*(one for one in rest if one not in bare), *bare):
                if len(found) == before:
                    self._unify(file, one, of, env, wanted, found)
        elif kind == "s":
            for name, at in self._keys.get((file, rest[0]), {}).items():
                text = self._facts.get("fact", {}).get((file, at))
                led = self._member(of, name) if text is not None else None
                inner = self._of(*led) if led is not None else None
                if inner is not None and text is not None:
                    self._unify(file, json.loads(text), inner, env, wanted, found)
        elif kind == "f":
            text = self._facts.get("returns", {}).get((file, rest[0]))
            inner = self._called(of) if text is not None and of.kind in {"function", "holder"} else None
            if text is not None and of.kind == "holder":  # `new () => T`
                inner = self._made(of)
            if inner is not None and text is not None:
                self._unify(file, json.loads(text), inner, env, wanted, found)
            if of.kind in {"function", "holder"}:
                self._unify_parameters(file, rest[0], of, env, wanted, found)

    def _unify_parameters(
        self, file: int, at: int, of: Type, env: Environment, wanted: set[Place], found: dict[Place, Type]
    ) -> None:
        """Find what type parameters stand for in the parameters of the function type that begins at a byte."""
        passed = tuple(self._parameters(of))
        for position, one in enumerate(self._signature((file, at))):
            if one is not None and one[0] == "r":
                self._unify(file, one, Type("tuple", parts=passed[position:]), env, wanted, found)
            elif position < len(passed) and (inner := passed[position]) is not None:
                self._unify(file, one, inner, env, wanted, found)

    def _unify_named(
        self, file: int, rest: Sequence[Any], of: Type, env: Environment, wanted: set[Place], found: dict[Place, Type]
    ) -> None:
        led = self._led(file, ["v", rest[0]], env)
        if led is None:
            return
        meant, arguments = led[0], rest[1:]
        place = (meant.file, meant.at) if meant.row < 0 else self._home_of_row.get(meant.row, _THIS)
        if place in wanted:
            if place not in found:
                found[place] = of
                bound = self._facts.get("bound", {}).get(place)
                if bound is not None and of.kind == "function":  # `F: Fn(A) -> B`
                    self._unify(place[0], json.loads(bound), of, env, wanted, found)
            return
        if meant.outside:
            parts = of.parts if of.kind in {"array", "promise", "outside", "record"} else ()
            if of.kind == "tuple":
                parts = (self._first(of.parts),)
            last = meant.outside.rpartition(".")[2]
            if (last in PROMISES and of.kind != "promise") or last in TRANSPARENT:
                parts = (of,)
            elif last == "Record":
                parts = (None, self._value_in(of))
            for one, inner in zip(arguments, parts, strict=False):
                if inner is not None:
                    self._unify(file, one, inner, env, wanted, found)
            return
        listed = [(place[0], int(at)) for at in json.loads(self._facts.get("generic", {}).get(place, "[]"))]
        if not listed or not arguments:
            return
        inside: Mapping[Place, Type] = {}
        if meant.row >= 0 and self._names.kind(meant.row) == "type_alias":
            text = self._facts.get("fact", {}).get(place)
            sub: dict[Place, Type] = {}
            if text is not None and (place, "unify") not in self._busy:  # a type may be made of itself
                self._busy.add((place, "unify"))
                try:
                    self._unify(place[0], json.loads(text), of, env, set(listed), sub)
                finally:
                    self._busy.discard((place, "unify"))
            inside = sub
        elif of.kind == "instance":
            inside = self._seen_as(of, meant.row)
        for one, parameter in zip(arguments, listed, strict=False):
            known = inside.get(parameter)
            if known is not None:
                self._unify(file, one, known, env, wanted, found)

    def _seen_as(self, of: Type, row: int) -> Environment:
        """Return the type arguments that an instance has where it is seen as one of a base, or of its own type."""
        return next((env for each, env in self._lineage(of) if each == row), {})

    @staticmethod
    def _of_map(of: Type) -> Type | None:
        """Return what a method of a map gives: `get` an element in JavaScript, an optional one in Rust."""
        key, value = of.parts[0], of.parts[-1]
        if of.name == "entry":
            return Type("promise", parts=(value,))
        if of.name in {"first_key_value", "last_key_value", "pop_first", "pop_last", "remove_entry"}:
            return Type("promise", parts=(Type("tuple", parts=(key, value)),))
        if of.name in {"get", "get_mut", "remove", "insert"}:
            return value if of.place[0] == 2 else Type("promise", parts=(value,))
        if of.name in {"keys", "into_keys"}:
            return Type("array", parts=(key,))
        if of.name in {"values", "values_mut", "into_values"}:
            return Type("array", parts=(value,))
        if of.name in {"entries", "iter", "iter_mut", "into_iter", "drain"}:
            return Type("array", parts=(Type("tuple", parts=(key, value)),))
        return Type("outside", name="std.HashMap", parts=of.parts) if of.name in ITSELF else None

    def _made(self, of: Type, given: _Given = _NOTHING) -> Type | None:
        """Return what `new` makes."""
        if of.kind == "outside":
            types = [self._value(given.file, one, given.environment) for one in given.types]
            first = self._given(given, 0)
            if not types and first is not None:
                last = of.name.rpartition(".")[2]
                element = self._element(first, -1)
                if last in COLLECTIONS:
                    types = [element]
                elif last in MAPS and element is not None:
                    types = list(element.parts[:2]) if element.kind == "tuple" else [None, element]
            return self._outside(of.name, types)
        if of.kind in {"holder", "function"} and of.row >= 0:
            home = self._home_of_row.get(of.row, _THIS)
            text = self._facts.get("generic", {}).get(home)
            if text is None:
                return Type("instance", row=of.row, environment=of.environment)
            made = self._member(Type("instance", row=of.row), "constructor") if of.kind == "holder" else None
            known = self._of(*made) if made is not None else None
            chosen = self._overload(known, given) if known is not None and known.kind == "function" else None
            place = chosen.place if chosen is not None else of.place
            inner = self._solved(place, {}, json.loads(text), home[0], given)
            return Type("instance", row=of.row, environment={**of.environment, **inner})
        if of.kind in {"instance", "literal"}:
            place = of.place if of.kind == "literal" else self._home_of_row.get(of.row, _THIS)
            signature = self._unnamed("constructs", place, of.environment, given)
            return self._called(signature, given) if signature is not None else None
        if of.kind == "function":  # what a constructor type gives
            return self._fact("returns", of.place, of.environment)
        return None

    def _element(self, of: Type | None, position: int) -> Type | None:
        """Return an element of what can be indexed or gone through."""
        if of is None:
            return None
        if of.kind == "holder" and self._names.kind(of.row) == "struct":  # a unit struct is its own value
            of = evolve(of, kind="instance")
        if of.kind == "array":
            return of.parts[0] if of.parts else None
        if of.kind == "tuple":
            if 0 <= position < len(of.parts):
                return of.parts[position]
            return of.parts[-1] if of.name else self._first(of.parts)
        if of.kind == "union":
            return self._first(self._element(part, position) for part in of.parts)
        if of.kind == "outside" and of.name.rpartition(".")[2] in MAPS and len(of.parts) == 2:
            return Type("tuple", parts=of.parts)
        if (
            of.kind in {"instance", "literal"}
            and position >= 0
            and (led := self._member(of, str(position))) is not None
        ):
            return self._of(*led)
        if of.kind not in {"instance", "literal", "record"}:
            return None
        return self._by_index(of) or self._item(of) or self._iterated(of)

    def _iterated(self, of: Type) -> Type | None:
        """Return what the iterator gives that a type of the repository has."""
        for name in _ITERATORS:
            led = self._member(of, name) if of.kind in {"instance", "literal"} else None
            made = self._of(*led) if led is not None else None
            if made is not None:
                given = self._called(made)
                return self._element(given, -1) if given is not None and given.kind == "array" else None
        return None

    def _item(self, of: Type) -> Type | None:
        """Return what an iterator of the repository gives: its associated type."""
        found = self._member(of, "Item") if of.kind == "instance" else None
        if found is None or found[0].row < 0 or self._names.kind(found[0].row) != "type_alias":
            return None
        return self._fact("fact", self._home_of_row.get(found[0].row, _THIS), found[1])

    def _awaited(self, of: Type | None) -> Type | None:
        if of is not None and of.kind == "promise":
            return of.parts[0] if of.parts else None
        return of

    def _parameter(self, of: Type | None, position: int, given: _Given = _NOTHING) -> Type | None:
        """Return the type of the n-th parameter of a function."""
        if of is None:
            return None
        if of.kind == "union":
            return self._first(self._parameter(part, position, given) for part in of.parts)
        if of.kind == "callback":
            return of.parts[position] if position < len(of.parts) else None
        if of.kind == "method":
            if position == 0 and of.place[0] == 2 and of.name == "forEach":
                return Type("callback", parts=of.parts[::-1])
            if position == REDUCERS.get(of.name, -1):
                start = self._given(given, 1 - position)
                known = start if start is not None and start.kind != "primitive" else None
                if known is None and not given.values:
                    known = of.parts[0] if of.parts else None
                return Type("callback", parts=(known, *of.parts[:1]))
            if position == 0 and of.place[0] == 1 and of.name in OF_ERRORS:
                return Type("callback", parts=of.parts[1:])
            if position == 1 and of.place[0] == 1 and of.name in {"map_or", "map_or_else"}:
                return Type("callback", parts=of.parts)
            if position == 0 and of.place[0] == 0 and of.name in {"push", "push_back", "push_front"}:
                return of.parts[0]
            if position == 0 and of.name in CALLED_BACK:
                return Type("callback", parts=of.parts * 2 if of.name in COMPARING else of.parts)
            if of.name == "then" and position == 0:
                return Type("callback", parts=of.parts)
            return None
        if of.kind == "outside" and of.name.rpartition(".")[2] in FUNCTION_COMPONENTS:
            return of.parts[0] if of.parts and position == 0 else None
        if of.kind == "outside":
            over = self._given(given, 0) if of.name.endswith("Array.from") and position == 1 else None
            return Type("callback", parts=(self._element(over, -1),)) if over is not None else None
        if of.kind in {"instance", "literal"}:
            place = of.place if of.kind == "literal" else self._home_of_row.get(of.row, _THIS)
            signature = self._unnamed("calls", place, of.environment, given)
            return self._parameter(signature, position, given) if signature is not None else None
        place, env = of.place, of.environment
        if of.kind == "holder" and self._names.kind(of.row) == "class":
            made = self._member(Type("instance", row=of.row), "constructor")
            known = self._of(*made) if made is not None else None
            if known is None:
                return self._of_component(Type("instance", row=of.row), 0) if position == 0 else None
            place = known.place
            home = self._home_of_row.get(of.row, _THIS)
            listed = json.loads(self._facts.get("generic", {}).get(home, "[]"))
            env = {**env, **self._solved(place, env, listed, home[0], given)}
        elif of.kind == "function":
            of = self._overload(of, given) if any(given.values) else of
            place, env = of.place, self._inferred(of, given)
        else:
            return None
        listed = self._signature(place)
        if position >= len(listed):
            if not listed or listed[-1] is None or listed[-1][0] != "r":
                return None
            return self._element(self._value(place[0], listed[-1], env), -1)
        known = self._value(place[0], listed[position], env)
        rest = listed[position] is not None and listed[position][0] == "r"
        return self._element(known, -1) if rest else known

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
            found = self._of_node(of, name, depth, called=called) or self._of_blanket(of, name)
            if found is None and of.kind == "instance" and (inner := self._output(of, "Deref")) is not None:
                return self._member(inner, name, depth + 1, called=called)
            return found or (self._handed_on(of.row, name, depth) if of.kind == "holder" else None)
        return self._of_global(of, name)

    def _handed_on(self, row: int, name: str, depth: int) -> tuple[Definition, Environment] | None:
        """Return what a module exports by another name, or of another module."""
        if self._names.kind(row) != "module":
            return None
        file = self._names.file_of_row(row)
        if (file, name) in self._exported:
            return self._led(file, self._exported[file, name], {})
        if name == "default":
            said = (one for one in self._names.children(row) if name in self._names.flags.get(one, ()))
            own = next(said, -1)
            return (Definition(row=own), {}) if own >= 0 else None
        for text in self._stars.get(file, ()):
            of = self._value(file, json.loads(text), {})
            led = self._member(of, name, depth + 1) if of is not None else None
            if led is not None:
                return led
        return None

    def _of_global(self, of: Type, name: str) -> tuple[Definition, Environment] | None:
        """Return the member that the repository adds to a type of the language or the browser."""
        for home, type_ in self._extending.get(name, ()):
            given, row = self._value(home[0], type_, {}), self._row_at.get(home, -1)
            if row >= 0 and given is not None and _same_outside(given, of):
                return Definition(row=row), {}
        if self.shared is None:
            return None
        last = of.name.rpartition(".")[2] if of.kind == "outside" else of.name.partition("|")[0]
        for type_ in _LIBRARY_TYPES.get(last if of.kind in {"outside", "primitive"} else of.kind, last), last:
            for each in self.shared.rows(type_):
                row = self._names.child(each, name)
                if row >= 0:
                    return Definition(row=row), {}
        return None

    def _of_blanket(self, of: Type, name: str) -> tuple[Definition, Environment] | None:
        """Return the method that a trait has for all types which its bounds let in."""
        known: set[int] = set()
        for home, parameter in self._blankets.get(name, ()):
            row, bound = self._row_at.get(home, -1), self._fact("bound", parameter, {})
            wanted = () if bound is None else bound.parts if bound.kind == "union" else (bound,)
            known = known or {each for each, _ in self._lineage(of)}
            if row >= 0 and wanted and all(one is not None and one.row in known for one in wanted):
                return Definition(row=row), {parameter: of}
        return None

    def _of_literal(self, of: Type, name: str, depth: int) -> tuple[Definition, Environment] | None:
        at = self._keys.get(of.place, {}).get(name)
        if at is not None:
            meant = self._meanings.get((of.place[0], at))
            own = meant is not None and meant.row >= 0 and self._home_of_row.get(meant.row) == (of.place[0], at)
            return (meant if own and meant is not None else Definition(file=of.place[0], at=at)), of.environment
        mapped = self._facts.get("mapped", {}).get(of.place)
        if mapped is not None:
            return self._of_mapped(of, json.loads(mapped), name, depth)
        for text in reversed(self._spreads.get(of.place, ())):
            spread = self._value(of.place[0], json.loads(text), of.environment)
            found = self._member(spread, name, depth + 1) if spread is not None else None
            if found is not None:
                return found
        return None

    def _of_mapped(
        self, of: Type, mapped: tuple[int, Any, Any], name: str, depth: int
    ) -> tuple[Definition, Environment] | None:
        """Return the member that a mapped type is made of, and what it is there."""
        file, (at, source, value) = of.place[0], mapped
        over = self._value(file, source, of.environment)
        led = self._member(over, name, depth + 1) if over is not None else None
        if led is None or value is None:
            return led
        key = Type("primitive", name=f'string|"{name}"')
        made = self._value(file, value, {**of.environment, (file, at): key})
        return (led[0], {**led[1], _MAPPED_TO: made}) if made is not None else led

    def _of_node(
        self, of: Type, name: str, depth: int, *, called: bool = False
    ) -> tuple[Definition, Environment] | None:
        for row, env in self._lineage(of):
            if row < 0:  # the literal that a type alias is another name for
                found = self._of_literal(Type("literal", place=env[_THIS].place, environment=env), name, depth)
                if found is not None:
                    return found
                continue
            for each in (*self._names.merged(row), *self._added.get(row, ())):
                found_row = self._names.child(each, name, called=called)
                extra = [one for one in self._extra.get(each, ()) if self._names.name(one) == name]
                if extra and (found_row < 0 or found_row in self._names.of_trait):
                    known = [found_row] if found_row >= 0 else []
                    found_row = self._names.chosen([*known, *extra], called=called)
                inner = env if row == of.row or of.kind != "instance" else {**env, _THIS: of}
                if found_row >= 0:
                    return Definition(row=found_row), inner
                home = self._home_of_row.get(each, _THIS)
                if home in self._keys or home in self._spreads:  # a function gives its instances members
                    found = self._of_literal(Type("literal", place=home, environment=inner), name, depth)
                    if found is not None:
                        return found
        return None

    def _exports(self, row: int) -> bool:
        """Say whether a module assigns what it exports."""
        home = self._home_of_row.get(row, _THIS)
        return self._names.kind(row) == "module" and (home in self._keys or home in self._spreads)

    def _lineage(self, of: Type) -> Iterator[tuple[int, Environment]]:
        """Yield a type and its bases, nearest first, each with its type arguments.

        A base that is another name for a literal is the row -1, and the literal is the environment's `this`.
        """
        level: list[tuple[int, Environment]] = [(of.row, of.environment)]
        seen = {of.row}
        while level and len(seen) <= _LINEAGE:
            yield from level
            following: dict[int, tuple[int, Environment]] = {}
            for row, env in level:
                for each in self._names.merged(row) if row >= 0 else ():
                    for base in self._written(each, env):
                        for part in base.parts if base.kind == "union" else (base,):
                            if part is not None and part.kind == "instance" and part.row not in seen:
                                following.setdefault(part.row, (part.row, part.environment))
                            elif part is not None and part.kind == "literal":
                                literal = (-1, {**part.environment, _THIS: part})
                                following.setdefault(-2 - len(following), literal)
                    for one in self._bases.get(each, ()):
                        if one not in seen:
                            following.setdefault(one, (one, {}))
                if row >= 0 and self._names.kind(row) == "enum_member":  # a variant is of its enum
                    parent = self._names.parent(row)
                    following.setdefault(parent, (parent, env))
            seen.update(following)
            level = list(following.values())

    def _written(self, row: int, env: Environment) -> Iterator[Type]:
        """Yield the bases that a type's text says, with their type arguments."""
        home = self._home_of_row.get(row, _THIS)
        text = self._facts.get("bases", {}).get(home)
        if text is None:
            return
        if (home, "bases") in self._busy:
            self._cuts += 1
            return
        self._busy.add((home, "bases"))
        try:
            found = [self._value(home[0], one, env) for one in json.loads(text)]
        finally:
            self._busy.discard((home, "bases"))
        yield from (one for one in found if one is not None)


def _same_outside(wanted: Type, given: Type) -> bool:
    """Say whether a type outside the repository is another, as far as the types of the repository in both say it."""
    return (
        wanted.kind == given.kind
        and wanted.name == given.name
        and all(
            one is None or other is None or one.kind != "instance" or other.kind != "instance" or one.row == other.row
            for one, other in zip(wanted.parts, given.parts, strict=False)
        )
    )

"""Works out which types values have, and what their members are, once it is known what every name leads to.

A type is a tuple: `of row arguments` (an instance), `type row arguments` (the type itself), `function row bound` (of
the repository), `callable parameters result`, `array item`, `channel item`, `map key value`, `tuple items`,
`primitive name`, `variable file local`, `struct file fields`, `outside name arguments`, `maker name arguments`
(something outside by its name), `given result taken` (a member of something outside), `all types` (each of them, or
one of them), `class_of variable` (the class that a type parameter stands for), `named type result` (what decorators
make of a function, and what calling it gives). None is unknown.

Longer than most modules because each kind of expression is a few lines that call the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from codegraph_plugins.stages.occurrences.symbols import SymbolNames
from codegraph_plugins.stages.occurrences.values import library
from codegraph_plugins.stages.occurrences.values.expressions import ANY, Expression, Facts
from codegraph_plugins.stages.occurrences.values.places import NOTHING, Places
from codegraph_plugins.stages.occurrences.values.python_passed import HandedOnError
from codegraph_plugins.stages.occurrences.values.python_rules import PythonRules

Type = tuple[Any, ...]
Bound = Mapping[tuple[int, int], Type]
"""What type parameters stand for: (file, number of the local) → type."""

_TYPES: Final = frozenset({"class", "interface", "enum", "struct", "trait", "type_alias"})
_FUNCTIONS: Final = frozenset({"function", "method"})
_BASES: Final = frozenset({"of", "outside", "array", "map", "tuple"})
"""Kinds of types that others may be made of; Python's classes may be lists and mappings."""
_DEPTH: Final = 60
_LINEAGE: Final = 256
_NONE: Final[Bound] = {}
_DEEPEST: Final = 30
_LARGEST: Final = 200
_FLAT: Final = 3
_WIDEST: Final = 2_000
"""How deep a type may be nested, how many parts it may have, and how many one may have that is hardly nested."""


class Solver:
    """Answers for a repository.

    Args:
        names: All nodes.
        places: What every place leads to, once the link engine has said it.
        facts: Gives a file's facts, None for a file that has none.
        flags: Modifiers of nodes that matter here, by row.
    """

    def __init__(
        self,
        names: SymbolNames,
        places: Places,
        facts: Callable[[int], Facts | None],
        flags: Mapping[int, frozenset[str]],
    ) -> None:
        self._names = names
        self._places = places
        self._facts = facts
        self._flags = flags
        self.methods: dict[tuple[int, str], list[int]] = {}
        self.extensions: dict[str, list[int]] = {}
        self.on_instances: frozenset[int] = frozenset()
        self.declarations: dict[int, int] = {}
        """Definition → what a stub declares of it, where there is one."""
        self.definitions: dict[int, int] = {}
        """The other way round."""
        self.python = PythonRules(self, names, places, facts, flags)
        self._known: dict[tuple[int, int], Type | None] = {}
        self._members: dict[tuple[int, str], list[int]] = {}
        self._bases: dict[int, list[Type]] = {}
        self._depth = 0

    def close(self) -> None:
        """Forget everything; nothing can be asked any more."""
        for part in (self.python.passed, self.python, self):
            vars(part).clear()

    # -- expressions -----------------------------------------------------------------------------------

    def type(self, file: int, number: int) -> Type | None:
        """Return the type of an expression of a file."""
        facts = self._facts(file)
        if number < 0 or facts is None or self._depth > _DEPTH:
            return None
        key = (file, number)
        if key in self._known:
            return self._known[key]
        self._known[key] = None  # what is made of itself is not known
        self._depth += 1
        expression = facts.expressions[number]
        name = expression[0]
        work_out = self.python.operations.get(name)
        try:
            found: Type | None = bounded((work_out or getattr(self, f"_{name}"))(file, expression))
        except HandedOnError:  # it is asked for again
            del self._known[key]
            raise
        finally:
            self._depth -= 1
        self._known[key] = found
        return found

    def forget(self, keep: int = 400_000) -> None:
        """Drop what is remembered when it is too much."""
        if len(self._known) > keep:
            self._known.clear()
        if len(self._members) > keep:
            self._members.clear()
            self._bases.clear()

    def recover(self) -> None:
        """Drop everything that is remembered, for an answer was broken off: some of it is half an answer."""
        self.forget(-1)
        self._depth = 0
        self.python.recover()

    def _name(self, file: int, one: Expression) -> Type | None:
        target = self._places.target(file, one[1])
        if len(one) > 2 and 0 <= target < self._places.count:  # it may be a base's member: with the base's arguments
            row, holder = self._defined_at(file, one[2]), self._names.parent(target)
            view = self.seen_as(("of", row, self.own_arguments(row)), holder) if row >= 0 and row != holder else None
            if view is not None:
                return self._of_node(target, self.bound(view))
        return self._of_target(file, target)

    def _of_target(self, file: int, target: int) -> Type | None:
        if target == NOTHING:
            return None
        if target < 0:
            place = self._places.local_definition(file, Places.local(target))
            facts = self._facts(file)
            return None if place < 0 or facts is None else self.type(file, facts.declared.get(place, -1))
        if target >= self._places.count:
            return "maker", self._places.outside[target - self._places.count].rpartition("@")[0], ()
        return self._of_node(target, _NONE)

    def _of_node(self, row: int, bound: Bound) -> Type | None:
        row = self.definitions.get(row, row)
        kind = self._names.kind(row)
        if kind in _TYPES:
            return "type", row, ()
        if self._is_python(row):
            return self.python.of_node(row, bound)
        if kind in _FUNCTIONS:
            return "function", row, bound
        found = self.declared(row)
        return found if found is None else substituted(found, bound)

    def _is_python(self, row: int) -> bool:
        return self._names.language_of_row(row) == "python"

    def declared(self, row: int) -> Type | None:
        """Return the type that a value has, or that a function gives, as declared: a stub comes before its source."""
        stub = self._declaration(row) if self.declarations else -1
        given = self._declared(stub) if stub >= 0 else None
        return self._declared(row) if given is None else given

    def _declaration(self, row: int) -> int:
        """Return what a stub declares of a node, or of the parameter of a function; -1 if there is no such thing."""
        if self._names.kind(row) != "parameter":
            return self.declarations.get(row, -1)
        function = self.declarations.get(self._names.parent(row), -1)
        found = self._names.children_named(function, self._names.name(row)) if function >= 0 else []
        return found[0] if found else -1

    def _declared(self, row: int) -> Type | None:
        file = self._names.file_of_row(row)
        facts = self._facts(file)
        place = int(self._places.defined[row])
        found = None if facts is None or place < 0 else self.type(file, facts.declared.get(place, -1))
        if found is not None and found[0] == "named":  # what decorators make of a function
            return self.python.given_by(found)
        return found

    def _self(self, file: int, one: Expression) -> Type | None:
        row = self._defined_at(file, one[1])
        return None if row < 0 else ("of", row, self.own_arguments(row))

    def _class(self, file: int, one: Expression) -> Type | None:
        row = self._defined_at(file, one[1])
        return None if row < 0 else ("type", row, ())

    def _defined_at(self, file: int, place: int) -> int:
        target = self._places.target(file, place)
        return target if 0 <= target < self._places.count else -1

    def own_arguments(self, row: int) -> tuple[Type | None, ...]:
        """Return a type's own parameters as arguments."""
        return tuple(("variable", *key) for key in self.parameters(row))

    def parameters(self, row: int) -> list[tuple[int, int]]:
        """Return the type parameters of a type or function as the keys of what they are bound to."""
        file = self._names.file_of_row(row)
        facts = self._facts(file)
        if facts is None:
            return []
        if int(self._places.defined[row]) not in facts.type_parameters and self._names.language(file) == "python":
            return self.python.parameters(row)
        found = []
        for place in facts.type_parameters.get(int(self._places.defined[row]), ()):
            target = self._places.target(file, place)
            found.append((file, Places.local(target) if target < NOTHING else -1 - place))
        return found

    def _type(self, file: int, one: Expression) -> Type | None:
        target = self._places.target(file, one[1])
        target = self.definitions.get(target, target)
        arguments = tuple(self.type(file, number) for number in one[2])
        if target < NOTHING:
            found = "variable", file, Places.local(target)
            return self.python.of_local(found) if self._names.language(file) == "python" else found
        if target == NOTHING:
            return library_type(one[3], arguments)
        if target >= self._places.count:
            name = self._places.outside[target - self._places.count].rpartition("@")[0]
            short = library.SMALL.get(name.rpartition(".")[2])
            return ("primitive", short) if short else ("outside", name, arguments)
        if self._names.kind(target) in _FUNCTIONS:
            return self._instantiated(("function", target, _NONE), arguments)
        if self._names.kind(target) not in _TYPES:
            return self.python.of_value(target, arguments) if self._is_python(target) else None
        return self._resolved_alias(("of", target, arguments))

    def _instantiated(self, function: Type, arguments: Sequence[Type | None]) -> Type:
        """Return a generic function with its type arguments."""
        pairs = zip(self.parameters(function[1]), arguments, strict=False)
        return "function", function[1], {**function[2], **{key: one for key, one in pairs if one is not None}}

    def _resolved_alias(self, found: Type) -> Type:
        """Return what a type alias stands for where it is no type of its own: Kotlin's, and Go's `type A = B`."""
        row = found[1]
        if self._names.kind(row) != "type_alias" or self._own_methods(row):
            return found
        return self._underlying(found) or found

    def _own_methods(self, row: int) -> bool:
        return self._names.language(self._names.file_of_row(row)) == "go"

    def _underlying(self, found: Type) -> Type | None:
        """Return the type that a named type is defined as."""
        row = found[1]
        file = self._names.file_of_row(row)
        facts = self._facts(file)
        number = -1 if facts is None else facts.stands_for.get(int(self._places.defined[row]), -1)
        inner = self.type(file, number)
        return None if inner is None else substituted(inner, self.bound(found))

    def shape(self, found: Type | None) -> Type | None:
        """Return what a type is made like: through names that stand for other types, and type parameters' bounds."""
        for _ in range(8):
            if found is None:
                return None
            inner: Type | None = None
            if found[0] == "of":
                inner = self._underlying(found)
            elif found[0] == "variable":
                inner = self.bound_of(found)
            if inner is None:
                return found
            found = inner
        return found

    def bound_of(self, variable: Type) -> Type | None:
        """Return what a type parameter is declared to be."""
        if variable[2] < 0:
            return self.python.bound_of(variable)
        place = self._places.local_definition(variable[1], variable[2])
        facts = self._facts(variable[1])
        return None if place < 0 or facts is None else self.type(variable[1], facts.declared.get(place, -1))

    def _bound_at(self, file: int, one: Expression) -> Type | None:
        of = self.type(file, one[1])
        keys = self.parameters(of[1]) if of is not None and of[0] == "of" else []
        return self.bound_of(("variable", *keys[one[2]])) if one[2] < len(keys) else None

    def _array(self, file: int, one: Expression) -> Type | None:
        return "array", self.type(file, one[1])

    def _channel(self, file: int, one: Expression) -> Type | None:
        return "channel", self.type(file, one[1])

    def _map(self, file: int, one: Expression) -> Type | None:
        return "map", self.type(file, one[1]), self.type(file, one[2])

    def _function(self, file: int, one: Expression) -> Type | None:
        return "callable", tuple(self.type(file, number) for number in one[1]), self.type(file, one[2])

    def _tuple(self, file: int, one: Expression) -> Type | None:
        return "tuple", tuple(self.type(file, number) for number in one[1])

    def _primitive(self, file: int, one: Expression) -> Type | None:
        return "primitive", one[1]

    def _either(self, file: int, one: Expression) -> Type | None:
        first = self.type(file, one[1])
        return first if first is not None else self.type(file, one[2])

    def _sum(self, file: int, one: Expression) -> Type | None:
        both = [self.type(file, number) for number in one[1:]]
        text = next((side for side in both if side is not None and simple_name(side) == "String"), None)
        return text if text is not None else both[0] or both[1]

    def _all(self, file: int, one: Expression) -> Type | None:
        known = tuple(found for number in one[1] if (found := self.type(file, number)) is not None)
        return ("all", known) if len(known) > 1 else known[0] if known else None

    def _seen(self, file: int, one: Expression) -> Type | None:
        """Return the type that a check says a value has, with the arguments that the value's own type says."""
        found, given = self.type(file, one[1]), self.type(file, one[2])
        keys = self.parameters(found[1]) if found is not None and found[0] == "of" and not found[2] else []
        if not keys or found is None or given is None or given[0] != "of":
            return found
        view = self.seen_as(("of", found[1], self.own_arguments(found[1])), given[1])
        known: dict[tuple[int, int], Type] = {}
        self.unify(view, given, known)
        return "of", found[1], tuple(known.get(key) for key in keys)

    def _same(self, file: int, one: Expression) -> Type | None:
        return self.type(file, one[1])

    def _library(self, file: int, one: Expression) -> Type | None:
        return "maker", one[1], ()

    def _collected(self, file: int, one: Expression) -> Type | None:
        item = self.element(self.type(file, one[1]))
        if one[2] not in _TO_MAPS:
            return "outside", "List", (item,)
        told = [self.type(file, number) for number in one[3]]
        said = [found[2] if found is not None and found[0] == "callable" else None for found in told]
        if one[2].endswith("Map") and len(said) > 1:
            return "outside", "Map", (said[0], said[1])
        return "outside", "Map", (said[0] if said else None, ("outside", "List", (item,)))

    def _pair(self, file: int, one: Expression) -> Type | None:
        return "outside", "Pair", (self.type(file, one[1]), self.type(file, one[2]))

    def _operator(self, file: int, one: Expression) -> Type | None:
        left = self.type(file, one[1])
        if left is None or left[0] == "primitive":
            return left
        own = self.member(left, one[3], 1) or self._extension(file, left, one[3])
        return self.result(own, (self.type(file, one[2]),)) if own is not None else left

    def _range(self, file: int, one: Expression) -> Type | None:
        left = self.type(file, one[1])
        if left is None:
            return None
        own = self.member(left, one[3], 1) or self._extension(file, left, one[3])
        if own is not None and own[0] == "function":
            return self.result(own, (self.type(file, one[2]),))
        return "outside", "Iterable", (left,)

    def _delegate(self, file: int, one: Expression) -> Type | None:
        facts = self._facts(file)
        call = facts.expressions[one[1]] if facts is not None and one[1] >= 0 else ("",)
        if call[0] == "call" and call[2]:
            last = self.type(file, call[2][-1])
            if last is not None and last[0] == "callable":
                result: Type | None = last[2]
                return result
        given = self.type(file, one[1])
        own = self.member(given, "getValue", 2) if given is not None else None
        return self.result(own, ()) if own is not None else None

    def _maybe(self, file: int, one: Expression) -> Type | None:
        facts = self._facts(file)
        found = self.implied(file, facts, one[2]) if facts is not None else None
        if found is None:
            return self.type(file, one[1])
        if found[0] == "given":  # of a receiver from outside: a property, unless it is called
            return found if facts is not None and one[2] in facts.calls else found[1](())
        return self._of_node(found[1], found[2]) if found[0] == "node" else found

    def implied(self, file: int, facts: Facts, place: int) -> Type | None:
        """Return what a bare name is by what is around it, where that comes before what the link engine says."""
        target = self._places.target(file, place)
        outside = target == NOTHING or target >= self._places.count
        if target < NOTHING or (0 <= target < self._places.count and self._names.kind(target) == "parameter"):
            return None  # locals come first
        for number in facts.implicit.get(place, ()):
            one = facts.expressions[number]
            if one[0] == "placed":
                row = self._defined_at(file, one[1])
                same = 0 <= target < self._places.count and int(self._places.defined[target]) == one[1]
                found = None if row < 0 or same else ("node", row, _NONE)
            elif one[0] == "bare":
                found = self.found_bare(file, one) if outside else None
                if target != NOTHING and found is not None and found[0] != "given":
                    found = None  # the link engine knows that it is a base's from outside
            else:
                receiver = self.type(file, one[1])
                found = None
                if receiver is not None:
                    found = self.member(receiver, one[2], one[3]) or self._extension(file, receiver, one[2])
            if found is None:
                continue
            copies = found[0] == "type" and "data" in self._flags.get(found[1], _PLAIN)
            name = one[1] if one[0] == "bare" else one[2] if one[0] == "within" else ""
            given = found[0] == "given" and name in library.MEMBERS
            if found[0] in {"function", "node"} or (outside and (copies or given)):
                return found
        return None

    def _it(self, file: int, one: Expression) -> Type | None:
        facts = self._facts(file)
        chosen = self.own_it(file, facts.its[one[2]]) if facts is not None else -1
        if chosen >= 0:
            return self.type(file, one[1][chosen])
        found = self.member_it(file, one[2])
        return None if found is None else self._of_node(found[1], found[2]) if found[0] == "node" else found

    def own_it(self, file: int, said: Sequence[Any]) -> int:
        """Return which of the lambdas around an `it` has it: the innermost that takes anything; -1 if none does."""
        for number, (_, callee, argument) in enumerate(said[1:]):
            if not self._takes_nothing(self._called(self.type(file, callee)), argument):
                return number
        return -1

    def _takes_nothing(self, callee: Type | None, argument: int | str) -> bool:
        """Say whether a function hands nothing to the lambda that is one of its arguments."""
        if callee is None or callee[0] != "function":
            return False
        wanted = self.parameter_for(callee[1], self.parameter_types(callee[1]), argument)
        return wanted is not None and wanted[0] == "callable" and not wanted[1]

    def is_lambdas(self, file: int, facts: Facts, number: int) -> bool:
        """Say whether an expression is the `it` of a lambda: the link engine knows only a member of that name."""
        one = facts.expressions[number] if number >= 0 else ("",)
        return one[0] == "it" and self.own_it(file, facts.its[one[2]]) >= 0

    def member_it(self, file: int, place: int) -> Type | None:
        """Return the member of a type around that an `it` is which is no lambda's."""
        facts = self._facts(file)
        return None if facts is None else self.found_bare(file, facts.expressions[facts.its[place][0]])

    def _within(self, file: int, one: Expression) -> Type | None:
        return None

    _placed = _around = _within

    def _argument(self, file: int, one: Expression) -> Type | None:
        return None

    def argument(self, file: int, one: Expression) -> int:
        """Return the parameter that the name of an argument names, or `NOTHING`."""
        callee = self.type(file, one[1])
        if callee is not None and callee[0] == "class_of":
            callee = self.python.plain(callee)
        if callee is None or callee[0] not in {"function", "type", "of", "all"}:
            return NOTHING
        if callee[0] == "all":
            callee = next((each for each in callee[1] if each[0] in {"function", "type"}), ("of", -1, ()))
            if callee[1] < 0:
                return NOTHING
        row = callee[1]
        if callee[0] != "function":
            return self._constructor_argument(callee, one[2])
        own = self._values_named([row], one[2])
        if own:
            return own[0]
        parent = self._names.parent(row)
        others = self._names.children_named(parent, self._names.name(row)) if parent >= 0 else []
        return next(iter(self._values_named(others, one[2])), NOTHING)

    def _constructor_argument(self, made: Type, name: str) -> int:
        """Return the parameter or the field that an argument of a constructor's call sets, or `NOTHING`."""
        row = made[1]
        holders = self._names.children_named(row, "constructor")
        for each in (made, *self.lineage(made)):
            if each[0] in {"of", "type"} and not holders:
                holders = self._names.children_named(each[1], "__init__")
                if not holders:
                    holders = self._names.children_named(each[1], "__new__")
        fields = self._values_named([row], name)
        taken = self._values_named(holders, name)
        if self._names.language(self._names.file_of_row(row)) == "python":
            return next(iter(taken if holders else fields), NOTHING)
        return next(iter(fields or taken), NOTHING)

    def _values_named(self, holders: Sequence[int], name: str) -> list[int]:
        found = [one for holder in holders for one in self._names.children_named(holder, name)]
        return [one for one in found if self._names.kind(one) in {"parameter", "property", "field", "variable"}]

    def _meant(self, file: int, one: Expression) -> Type | None:
        found = self.type(file, one[1])
        return ("of", found[1], self.own_arguments(found[1])) if found is not None and found[0] == "type" else found

    def _element(self, file: int, one: Expression) -> Type | None:
        return self.element(self.type(file, one[1]))

    def element(self, found: Type | None) -> Type | None:
        """Return what one gets out of a value that is indexed or gone through."""
        found = self.shape(found)
        if found is None:
            return None
        if found[0] in {"array", "channel"}:
            item: Type | None = found[1]
            return item
        if found[0] == "map":
            value: Type | None = found[2]
            return value
        if found[0] == "outside":
            if len(found[2]) == 1:
                only: Type | None = found[2][0]
                return only
            return ("outside", "Entry", found[2]) if len(found[2]) == 2 else None
        if found[0] == "of":
            for name in ("iterator", "get"):
                given = self.member(found, name, 0 if name == "iterator" else 1)
                if given is not None and given[0] == "function":
                    result = self.result(given, ())
                    return self.element(result) if name == "iterator" else result
            for base in self.lineage(found):
                if base[0] == "outside" and len(base[2]) == 1:
                    first: Type | None = base[2][0]
                    return first
        return None

    def _indexed(self, file: int, one: Expression) -> Type | None:
        found = self.type(file, one[1])
        if found is not None and found[0] == "type" and "object" in self._flags.get(found[1], _PLAIN):
            return self.element(("of", *found[1:]))
        if found is not None and found[0] in {"function", "type"}:  # a generic function or type with its argument
            index = self.type(file, one[2]) if found[0] == "function" and len(one) > 2 else None
            if index is None:
                return found
            return self._instantiated(found, [("of", *index[1:]) if index[0] == "type" else index])
        shape = self.shape(found)
        if shape is not None and shape[0] == "outside" and len(shape[2]) == 2:
            value: Type | None = shape[2][1]
            return value
        return self.element(found)

    def _key(self, file: int, one: Expression) -> Type | None:
        found = self.shape(self.type(file, one[1]))
        if found is None:
            return None
        if found[0] in {"map", "channel"}:
            key: Type | None = found[1]
            return key
        return "primitive", "int"

    def _part(self, file: int, one: Expression) -> Type | None:
        return self.part(self.type(file, one[1]), one[2])

    def part(self, found: Type | None, number: int) -> Type | None:
        """Return one of several values, or of what a value is taken apart into."""
        if found is None:
            return None
        if found[0] == "tuple":
            items: Sequence[Type | None] = found[1]
            return items[number] if number < len(items) else None
        if found[0] == "outside" and len(found[2]) > number:
            argument: Type | None = found[2][number]
            return argument
        if found[0] == "of":
            own = self.own_member(found[1], f"component{number + 1}", 0)
            if own >= 0:
                return self.result(("function", own, self.bound(found)), ())
            file = self._names.file_of_row(found[1])
            facts = self._facts(file)
            places = [] if facts is None else facts.parameters.get(int(self._places.defined[found[1]]), [])
            if facts is not None and number < len(places):
                inner = self.type(file, facts.declared.get(places[number], -1))
                return None if inner is None else substituted(inner, self.bound(found))
        return None

    # -- calls -----------------------------------------------------------------------------------------

    def _made(self, file: int, one: Expression) -> Type | None:
        found = self.type(file, one[1])
        if found is None or found[0] != "of" or found[2] or len(one) < 3:
            return found
        return self._instance(found, [self.type(file, number) for number in one[2]], ())  # `new Box<>(value)`

    def _call(self, file: int, one: Expression) -> Type | None:
        callee = self.type(file, one[1])
        arguments = [self.type(file, number) for number in one[2]]
        explicit = tuple(self.type(file, number) for number in one[3]) if len(one) > 3 else ()
        return self.result(callee, arguments, explicit)

    def result(
        self, callee: Type | None, arguments: Sequence[Type | None], explicit: tuple[Type | None, ...] = ()
    ) -> Type | None:
        """Return what a call gives.

        Args:
            callee: What is called.
            arguments: Types of its arguments.
            explicit: Type arguments that are written.
        """
        if callee is None:
            return None
        what = callee[0]
        if what == "function":
            found = self.declared(callee[1])
            if found is None:
                return None
            if self._is_python(callee[1]):
                return self.python.given(callee, arguments)
            return substituted(found, self._inferred(callee, arguments, explicit))
        if what == "type":
            return self._instance(callee, arguments, explicit)
        if what == "maker":
            return self._made_outside(callee, arguments, explicit)
        if what == "given":  # a member of a type outside
            given: Type | None = callee[1](arguments)
            return given
        shape = self.shape(callee)
        if shape is not None and shape[0] == "callable":
            result: Type | None = shape[2]
            return result
        if callee[0] == "of":
            invoked = self.member(callee, "invoke", len(arguments))
            if invoked is not None:
                return self.result(invoked, arguments)
            return callee  # a conversion to a type
        return callee if what in {"array", "map", "callable", "outside", "primitive"} else None

    def _instance(self, made: Type, arguments: Sequence[Type | None], explicit: tuple[Type | None, ...]) -> Type:
        """Return what a type's constructor makes, its arguments as far as those of the call say them."""
        row = made[1]
        keys = self.parameters(row)
        given = explicit or made[2]
        if keys and not given:
            known: dict[tuple[int, int], Type] = {}
            file = self._names.file_of_row(row)
            facts = self._facts(file)
            places = [] if facts is None else facts.parameters.get(int(self._places.defined[row]), [])
            if facts is not None and not places:  # a constructor that is written as a member with the type's name
                maker = self.own_member(row, self._names.name(row), len(arguments))
                places = facts.parameters.get(int(self._places.defined[maker]), []) if maker >= 0 else []
            for place, argument in zip(places, arguments, strict=False):
                self.unify(self.type(file, facts.declared.get(place, -1)) if facts else None, argument, known)
            given = tuple(known.get(key) for key in keys)
        return self._resolved_alias(("of", row, given))

    def _made_outside(
        self, maker: Type, arguments: Sequence[Type | None], explicit: tuple[Type | None, ...]
    ) -> Type | None:
        name = maker[1].rpartition(".")[2]
        given = explicit
        if name in library.MAKERS and not given:
            given = (next((one for one in arguments if one is not None), None),)
        if maker[1].endswith("Map.of") and len(arguments) > 1:
            given = tuple(arguments[:2])
        if name in library.MAP_MAKERS and not given:
            pair = next((one for one in arguments if one is not None and one[0] == "outside"), None)
            given = pair[2] if pair is not None and len(pair[2]) == 2 else ()
        if name in {"Pair", "Triple"} and not given:
            given = tuple(arguments)
        last = arguments[-1] if arguments else None
        if last is not None and last[0] == "callable" and not explicit:
            if name in library.MAKING:
                return "outside", library.MAKING[name], (last[2],)
            if name in library.GIVING_LAST:
                return last[2]  # type: ignore[no-any-return]
        if name in library.GIVING_FIRST and arguments:
            return arguments[0]
        return ("outside", maker[1], given) if given or name[:1].isupper() else None

    def _inferred(
        self, callee: Type, arguments: Sequence[Type | None], explicit: tuple[Type | None, ...] = ()
    ) -> Bound:
        """Return what a function's type parameters stand for in a call, with those of the type it belongs to."""
        row, bound = callee[1], callee[2]
        keys = self.parameters(row)
        if not keys:
            return bound  # type: ignore[no-any-return]
        known = {key: one for key, one in zip(keys, explicit, strict=False) if one is not None}
        if not explicit:
            for wanted, given in zip(self.parameter_types(row), arguments, strict=False):
                self.unify(wanted, given, known)
        return {**bound, **{key: one for key, one in known.items() if key not in bound}}

    def parameter_types(self, row: int) -> list[Type | None]:
        """Return the types of a function's parameters, or of the fields that a class is made of."""
        file = self._names.file_of_row(row)
        facts = self._facts(file)
        if facts is None:
            return []
        places = facts.parameters.get(int(self._places.defined[row]), ())
        return [self.type(file, facts.declared.get(place, -1)) for place in places]

    def unify(
        self, wanted: Type | None, given: Type | None, known: dict[tuple[int, int], Type], depth: int = 0
    ) -> None:
        """Note what type parameters in a declared type stand for, as a given type says it."""
        if wanted is None or given is None or depth > 8:
            return
        if given[0] == "type" and wanted[0] == "of":
            given = next(iter(self._companions(given)), given)
        if wanted[0] == "variable":
            known.setdefault((wanted[1], wanted[2]), given)
        elif wanted[0] == "of" and given[0] == "of":
            view = self.seen_as(given, wanted[1])
            if view is not None:
                for one, other in zip(wanted[2], view[2], strict=False):
                    self.unify(one, other, known, depth + 1)
        elif wanted[0] == "outside" and given[0] == "outside":
            for one, other in zip(wanted[2], given[2], strict=False):
                self.unify(one, other, known, depth + 1)
        elif wanted[0] in {"array", "channel"}:
            shape = self.shape(given)
            if shape is not None and shape[0] in {wanted[0], "array"}:
                self.unify(wanted[1], shape[1], known, depth + 1)
            else:
                self.unify(wanted[1], given, known, depth + 1)  # one of a variadic parameter's
        elif wanted[0] == "class_of" and given[0] == "type":
            self.unify(wanted[1], ("of", *given[1:]), known, depth + 1)
        elif wanted[0] == "tuple" and given[0] == "tuple":
            for one, other in zip(wanted[1], given[1], strict=False):
                self.unify(one, other, known, depth + 1)
        elif wanted[0] == "map" and given[0] == "map":
            self.unify(wanted[1], given[1], known, depth + 1)
            self.unify(wanted[2], given[2], known, depth + 1)
        elif given[0] == "callable":
            if wanted[0] == "callable":
                for one, other in zip((*wanted[3:], *wanted[1]), (*given[3:], *given[1]), strict=False):
                    self.unify(one, other, known, depth + 1)
            self.unify(self.result_of(wanted), given[2], known, depth + 1)
        elif given[0] == "function":
            self.unify(self.result_of(wanted), self.declared(given[1]), known, depth + 1)

    def result_of(self, found: Type) -> Type | None:
        """Return what a function gives that is a value of a type."""
        if found[0] == "callable":
            result: Type | None = found[2]
            return result
        if found[0] == "of":
            method = self._only_method(found)
            return None if method is None else self.result(method, ())
        if found[0] == "outside" and len(found[2]) > 1:
            last: Type | None = found[2][-1]
            return last
        return None

    def _lambda(self, file: int, one: Expression) -> Type | None:
        callee = self._called(self.type(file, one[1]))
        if callee is None:
            return None
        facts = self._facts(file)
        if callee[0] == "given":
            named = facts.expressions[one[1]] if facts is not None else ("",)
            if facts is not None and named[0] == "member" and named[2] in library.FOLDS and one[4] > 1:
                if one[3] == _FOLDED[named[2]]:
                    beside = self._arguments_beside(file, facts, one)
                    return beside[0] if beside else None
                return callee[2](_OTHER, 1)  # type: ignore[no-any-return]
            given: Type | None = callee[2](one[3], one[4])
            return given
        if callee[0] == "maker" and callee[1].rpartition(".")[2] in library.TAKING_FIRST:
            beside = self._arguments_beside(file, facts, one) if facts is not None else ()
            return beside[0] if beside else None
        if callee[0] == "type" and self._names.kind(callee[1]) == "interface":  # `Check { … }` makes one of a lambda
            return self.taken(("of", callee[1], callee[2]), one[3])
        if callee[0] == "callable" and isinstance(one[2], int):  # a value that is a function
            handed = callee[1]
            number = min(one[2], len(handed) - 1) if one[2] >= 0 else -1
            return self.taken(handed[number], one[3]) if handed and handed[number] is not None else None
        if callee[0] != "function":
            return None
        types = self.parameter_types(callee[1])
        wanted = self.parameter_for(callee[1], types, one[2])
        if wanted is None:
            return None
        around = self._arguments_beside(file, facts, one) if facts is not None else ()
        return self.taken(substituted(wanted, self._inferred(callee, around)), one[3])

    def _called(self, callee: Type | None) -> Type | None:
        """Return the function that is called: of a value that has one for it, its `invoke`."""
        if callee is None or callee[0] != "of" or self._names.kind(callee[1]) == "interface":
            return callee
        return self.member(callee, "invoke", ANY) or callee

    def parameter_for(self, row: int, types: Sequence[Type | None], number: int | str) -> Type | None:
        """Return the type of the parameter that an argument is for.

        Args:
            row: The function.
            types: Of its parameters.
            number: Which argument it is, its name, or what is below 0 for the one behind the parentheses.
        """
        if isinstance(number, str):
            file = self._names.file_of_row(row)
            facts = self._facts(file)
            places = facts.parameters.get(int(self._places.defined[row]), []) if facts is not None else []
            for place, one in zip(places, types, strict=False):
                target = self._places.target(file, place)
                if 0 <= target < self._places.count and self._names.name(target) == number:
                    return one
            return None
        return types[min(number, len(types) - 1) if number >= 0 else -1] if types else None

    def _arguments_beside(self, file: int, facts: Facts, one: Expression) -> Sequence[Type | None]:
        """Return the arguments before a lambda in its call, which may say what its parameters are."""
        callee = facts.expressions[one[1]]
        place = callee[3] if callee[0] == "member" else callee[2] if callee[0] == "maybe" else callee[1]
        passed = facts.calls.get(place, [])
        before = len(passed) if isinstance(one[2], str) else one[2] if one[2] >= 0 else -one[2] - 1
        return [self.type(file, number) for number in passed[:before]]

    def _taking(self, file: int, one: Expression) -> Type | None:
        return self.taken(self.type(file, one[1]), one[2])

    def taken(self, found: Type | None, number: int) -> Type | None:
        """Return a parameter of the function that a value of a type is."""
        if found is None:
            return None
        if found[0] == "callable":
            types: Sequence[Type | None] = found[1]
            if number < 0:
                receiver: Type | None = found[3] if len(found) > 3 else None
                return receiver
            return types[number] if 0 <= number < len(types) else None
        if found[0] == "outside" and found[2]:
            arguments: Sequence[Type | None] = found[2]
            return arguments[min(number, len(arguments) - 1)]
        if found[0] == "of":
            method = self._only_method(found)
            types = [] if method is None else self.parameter_types(method[1])
            inner = types[number] if method is not None and number < len(types) else None
            return None if inner is None or method is None else substituted(inner, method[2])
        return None

    def _only_method(self, found: Type) -> Type | None:
        """Return the method of an interface that a lambda is."""
        for each in (found, *self.lineage(found)):
            if each[0] != "of":
                continue
            for row in self._names.children(each[1]):
                if self._names.kind(row) in _FUNCTIONS and not self._flags.get(row, _PLAIN) & {"default", "static"}:
                    return "function", row, self.bound(each)
        return None

    def _extended(self, file: int, one: Expression) -> Type | None:
        """Return the receiver that the lambda has that is an argument of a call."""
        callee = self._called(self.type(file, one[1]))
        if callee is None or callee[0] != "function":
            return None
        wanted = self.parameter_for(callee[1], self.parameter_types(callee[1]), one[2])
        if wanted is None or wanted[0] != "callable" or len(wanted) < 4:
            return None
        receiver: Type | None = wanted[3]
        return None if receiver is None else substituted(receiver, self._inferred(callee, ()))

    def _receiving(self, file: int, one: Expression) -> Type | None:
        """Return the type of a function that has a receiver."""
        parameters = tuple(self.type(file, number) for number in one[1])
        return "callable", parameters, self.type(file, one[2]), self.type(file, one[3])

    # -- members ---------------------------------------------------------------------------------------

    def _member(self, file: int, one: Expression) -> Type | None:
        return self.found_member(file, one)[1]

    def _field(self, file: int, one: Expression) -> Type | None:
        return None

    def _struct(self, file: int, one: Expression) -> Type | None:
        return "struct", file, tuple((name, place, self.type(file, number)) for name, place, number in one[1:])

    def key(self, file: int, one: Expression) -> int | None:
        """Return what a key of a literal leads to: the field of a struct; None where it is a name like others."""
        base = self.shape(self.type(file, one[1]))
        if base is None or base[0] not in {"of", "struct", "outside", "maker"}:
            return None if base is not None else NOTHING
        return self.found_member(file, ("member", one[1], one[2], -1, ANY))[0]

    def found_member(self, file: int, one: Expression) -> tuple[int, Type | None]:
        """Return the target that a member access leads to, and the type it has."""
        base = self.type(file, one[1])
        target = self._places.target(file, one[3])
        linked = target if 0 <= target < self._places.count else NOTHING
        facts = self._facts(file) if linked >= 0 else None
        if facts is not None and self.is_lambdas(file, facts, one[1]):
            target = linked = NOTHING
        if base is not None and base[0] == "class_of":
            base = self.python.plain(base)
        if base is None:
            return linked, None if target == NOTHING else self._of_target(file, target)
        if base[0] == "maker":
            return linked, self._of_target(file, target) if linked >= 0 else ("maker", f"{base[1]}.{one[2]}", ())
        if linked >= 0 and self._names.kind(self._names.parent(linked)) == "enum_member":
            declared = self.member(base, one[2], one[4])  # a constant's type is its enum, whatever its body has
            linked = declared[1] if declared is not None and declared[0] in {"function", "node"} else linked
        if linked >= 0 and self._names.parent(linked) >= 0:
            holder = self._names.parent(linked)
            view = self.seen_as(self._shape_of_variable(base), holder)
            bound = self.bound(view) if view is not None else _NONE
            if self._names.language(file) == "python":
                bound = self.python.with_receiver(bound, holder, self.python.receiver(file, one[1], base))
                return linked, self.python.value_of(linked, bound, base)
            return linked, self._of_node(linked, bound)
        shape = self.shape(base)
        if shape is not None and shape[0] == "struct":
            known = next(((place, type_) for name, place, type_ in shape[2] if name == one[2]), None)
            if known is not None:
                return self._places.target(file, known[0]) if shape[1] == file else NOTHING, known[1]
            embedded = (type_ for name, _, type_ in shape[2] if not name and type_ is not None)
            found = next(filter(None, (self.member(type_, one[2], one[4]) for type_ in embedded)), None)
        else:
            found = self.member(base, one[2], one[4])
        if self._names.language(file) == "python":
            if found is None and base[0] == "type" and (meta := self.python.metaclass_of(base)) is not None:
                base, found = meta, self.member(meta, one[2], one[4])
            return self.python.found(base, one[2], found, self.python.receiver(file, one[1], base))
        if found is None or found[0] == "given":
            found = self._extension(file, base, one[2]) or found
        if (found is None or found[0] == "given") and len(one) > 5:
            held = self._of_target(file, self._places.target(file, one[5]))
            if held is not None and held[0] == "callable" and len(held) > 3:
                return self._places.target(file, one[5]), held
        if found is not None and found[0] == "given" and one[4] == ANY:
            return NOTHING, found[1](())
        if found is not None and found[0] == "node":
            return found[1], self._of_node(found[1], found[2])
        if found is not None and found[0] == "function":
            return found[1], found
        if found is not None and found[0] == "type" and "data" in self._flags.get(found[1], _PLAIN):
            return found[1], found  # its copy
        return NOTHING, found

    def _bare(self, file: int, one: Expression) -> Type | None:
        return None

    def found_bare(self, file: int, one: Expression) -> Type | None:
        """Return the member of one of the types around that a bare name is, as `member` does."""
        for place in one[3:]:
            row = self._defined_at(file, place)
            if row >= 0:
                found = self.member(("of", row, self.own_arguments(row)), one[1], one[2])
                if found is not None:
                    return found
        return None

    def _shape_of_variable(self, found: Type) -> Type:
        return (self.bound_of(found) or found) if found[0] == "variable" else found

    def member(self, base: Type, name: str, arity: int) -> Type | None:
        """Return a member of a type: `function row bound`, `node row bound`, or what something outside gives."""
        for _ in range(4):
            if base[0] in {"of", "type"}:
                break
            if base[0] == "variable":
                inner = self.bound_of(base)
                if inner is None:
                    return None
                base = inner
            elif base[0] == "tuple":
                return None
            elif base[0] == "callable" and name == "invoke":
                return _always(base[2])
            elif base[0] == "all":
                members = (self.member(one, name, arity) for one in base[1])
                return next((one for one in members if one is not None), None)
            else:
                return _outside_member(base, name)
        if base[0] not in {"of", "type"}:
            return _outside_member(base, name)
        lineage = self.lineage(base)
        for each in (base, *lineage):
            if each[0] not in {"of", "type"}:
                continue
            chosen = self.own_member(each[1], name, arity)
            if chosen in self.on_instances and base[0] == "type":
                return None  # a class does not have what methods give its instances
            if chosen >= 0:
                function = self._names.kind(chosen) in _FUNCTIONS
                return "function" if function else "node", chosen, self._method_bound(chosen, each, base)
        for each in (base, *lineage) if self.declarations else ():
            stub = self.declarations.get(each[1], -1) if each[0] in {"of", "type"} else -1
            chosen = self.own_member(stub, name, arity) if stub >= 0 else -1
            if chosen >= 0:  # a member that only the stub has
                return "function" if self._names.kind(chosen) in _FUNCTIONS else "node", chosen, self.bound(each)
        implied = self._implied_member(base, name)
        if implied is not None:
            return implied
        for each in lineage:
            if each[0] == "outside":
                given = _outside_member(each, name)
                if given is not None:
                    return given
        return None

    def _implied_member(self, base: Type, name: str) -> Type | None:
        """Return what types have that nobody writes: a data class's copy and parts, an enum's constants."""
        row = base[1]
        if self._names.kind(row) == "enum" and name in {"valueOf", "values", "entries"}:
            one = ("of", row, ())
            return _always(one if name == "valueOf" else ("array", one))
        if name == "copy":
            return "type", row, base[2]
        number = name.removeprefix("component")
        if number != name and number.isdigit():
            return _always(self.part(base, int(number) - 1))
        return None

    def own_member(self, row: int, name: str, arity: int) -> int:
        """Return a type's own member, or its companion's, that takes so many arguments; -1 if there is none."""
        key = (row, name)
        rows = self._members.get(key)
        if rows is None:
            rows = [*self._names.children_named(row, name), *self.methods.get(key, ())]
            for inner in self._names.children(row):
                if "companion" in self._flags.get(inner, _PLAIN):
                    rows += self._names.children_named(inner, name)
            kinds = [self._names.kind(one) for one in rows]
            rows = [one for one, kind in zip(rows, kinds, strict=True) if kind not in {"parameter", "import"}]
            self._members[key] = rows
        if not rows:
            return -1
        values = [one for one in rows if self._names.kind(one) not in _FUNCTIONS]
        functions = [one for one in rows if self._names.kind(one) in _FUNCTIONS]
        if arity == ANY or not functions:
            return (values or functions)[0]
        return next((one for one in functions if len(self.parameter_types(one)) == arity), functions[0])

    def _method_bound(self, row: int, holder: Type, receiver: Type) -> Bound:
        """Return what the parameters of a type stand for in one of its members, which may name them anew (Go)."""
        bound, language = self.bound(holder), self._names.language_of_row(row)
        if language == "python":
            return self.python.with_receiver(bound, holder[1], receiver)
        if language != "go":
            return bound
        pairs = zip(self.parameters(row), holder[2], strict=False)
        return {**bound, **{key: argument for key, argument in pairs if argument is not None}}

    def bound(self, found: Type) -> Bound:
        """Return what the parameters of a type stand for."""
        if found[0] not in {"of", "type"} or not found[2]:
            return _NONE
        pairs = zip(self.parameters(found[1]), found[2], strict=False)
        return {key: argument for key, argument in pairs if argument is not None}

    def seen_as(self, found: Type, row: int) -> Type | None:
        """Return a type as the one of its bases that has a row."""
        return next((one for one in (found, *self.lineage(found)) if one[0] in {"of", "type"} and one[1] == row), None)

    def lineage(self, found: Type) -> list[Type]:
        """Return a type's bases, nearest first, breadth first."""
        result: list[Type] = []
        seen = {found[1]} if found[0] in {"of", "type"} else set()
        level = [found]
        while level and len(result) < _LINEAGE:
            following: list[Type] = []
            for one in level:
                if one[0] not in {"of", "type"}:
                    continue
                bound = self.bound(one)
                for base in self.bases_of(one[1]):
                    if base[0] == "of" and base[1] in seen:
                        continue
                    if base[0] == "of":
                        seen.add(base[1])
                    following.append(substituted(base, bound) or base)
            result += following
            level = following
        return result

    def bases_of(self, row: int) -> list[Type]:
        """Return the types that a type is made of, nearest first, in its own parameters."""
        known = self._bases.get(row)
        if known is None:
            file = self._names.file_of_row(row)
            facts = self._facts(file)
            place = int(self._places.defined[row])
            numbers = [] if facts is None or place < 0 else list(facts.bases.get(place, ()))
            if facts is not None and self._names.kind(row) == "enum_member":
                numbers.append(facts.declared.get(place, -1))
            if facts is not None and place in facts.stands_for:
                numbers.append(facts.stands_for[place])
            found = [self.type(file, number) for number in numbers]
            stub = self.declarations.get(row, -1)
            found += [one for one in (self.bases_of(stub) if stub >= 0 else ()) if one not in found]
            known = self._bases[row] = [one for one in found if one is not None and one[0] in _BASES]
        return known

    def _extension(self, file: int, base: Type, name: str) -> Type | None:
        """Return an extension in scope of a file whose receiver is a type or one of its bases."""
        candidates = self.extensions.get(name)
        facts = self._facts(file)
        if not candidates or facts is None:
            return None
        receivers = []
        for row in candidates:
            home = self._names.file_of_row(row)
            there = self._facts(home)
            if there is None or not _sees(facts, there.package, name):
                continue
            receiver = self.type(home, there.owners.get(int(self._places.defined[row]), -1))
            if receiver is not None:
                receivers.append((row, receiver))
        if not receivers:
            return None
        views = (base, *(self.lineage(base) if base[0] in {"of", "type"} else ()))
        if base[0] == "type":
            views = (*views, *self._companions(base))
        for view in (*views, *(wider for one in views for wider in _wider(one))):
            for row, receiver in receivers:
                if receiver[0] != "variable" and alike(receiver, view):
                    return self._extending(row, receiver, view)
        row, receiver = next(((row, one) for row, one in receivers if one[0] == "variable"), (-1, base))
        return None if row < 0 else self._extending(row, receiver, base)

    def _extending(self, row: int, receiver: Type, view: Type) -> Type:
        """Return an extension for a receiver that is seen as the type that it extends."""
        known: dict[tuple[int, int], Type] = {}
        self.unify(receiver, view, known)
        return "function" if self._names.kind(row) in _FUNCTIONS else "node", row, known

    def _companions(self, found: Type) -> list[Type]:
        """Return the companion that a type's name is where a value is meant."""
        inside = self._names.children(found[1])
        return [("of", one, ()) for one in inside if "companion" in self._flags.get(one, _PLAIN)]

    # -- overloads -------------------------------------------------------------------------------------

    def overload(self, file: int, row: int, arguments: Sequence[int]) -> int:
        """Return the overload that takes the arguments by their types; the function itself if nothing says more."""
        parent = self._names.parent(row)
        alike_named = self._names.children_named(parent, self._names.name(row)) if parent >= 0 else []
        rows = [one for one in alike_named if self._names.kind(one) in _FUNCTIONS]
        fitting = [one for one in rows if len(self.parameter_types(one)) == len(arguments)]
        if len(fitting) < 2 or row not in fitting:
            return row
        given = [self.type(file, number) for number in arguments]
        scores = {one: self._score(self.parameter_types(one), given) for one in fitting}
        best = max(scores.values())
        winners = [one for one in fitting if scores[one] == best]
        return row if best < 0 or row in winners else winners[0]

    def constructor(self, file: int, row: int, arguments: Sequence[int]) -> int:
        """Return the constructor of a type that takes the arguments, by how many they are and by their types.

        -1 if the type has none that is written, or none of them takes so many.
        """
        chosen, most = -1, (-1, -1, -1)
        given: list[Type | None] | None = None
        written = self.constructors(row)
        for one in written:
            places, types = self._taken_by(one, row)
            facts = self._facts(self._names.file_of_row(one))
            optional = {} if facts is None else facts.optional
            variadic = any(optional.get(place, False) for place in places)
            needed = sum(place not in optional for place in places)
            if not needed <= len(arguments) or (len(arguments) > len(places) and not variadic):
                continue
            score = 0
            if len(written) > 1:
                given = [self.type(file, number) for number in arguments] if given is None else given
                score = self._score_of(types, given, variadic=variadic)
            rank = (int(score >= 0), int(not variadic) + int(len(arguments) == len(places) and not variadic), score)
            if rank > most:
                chosen, most = one, rank
        return chosen

    def _score_of(self, types: Sequence[Type | None], given: Sequence[Type | None], *, variadic: bool) -> int:
        """Return how well arguments fit parameters of which there may be more, or the last of which takes several."""
        if len(types) == len(given) and not variadic:
            return self._score(types, given)
        wanted = list(types[: len(given)])
        if variadic and types:
            rest = len(given) - len(types) + 1
            last = types[-1]
            each = last[1] if last is not None and last[0] == "array" else None
            wanted = [*types[:-1], *([each] * rest)] if rest >= 0 else wanted
        return self._score(wanted[: len(given)], given)

    def constructors(self, row: int) -> list[int]:
        """Return the constructors that are written in a type, in source order."""
        children = self._names.children(row)
        return [one for one in children if "constructor" in self._flags.get(one, _PLAIN)]

    def _taken_by(self, row: int, type_: int) -> tuple[Sequence[int], list[Type | None]]:
        """Return the places and the types of a constructor's parameters; those of a type's head stand at the type."""
        file = self._names.file_of_row(row)
        facts = self._facts(file)
        if facts is None:
            return (), []
        flags, place = self._flags.get(row, _PLAIN), int(self._places.defined[row])
        if flags & _OF_HEAD:
            place = int(self._places.defined[type_])
        places = facts.parameters.get(place, ())
        return places, [self.type(file, facts.declared.get(one, -1)) for one in places]

    def _score(self, wanted: Sequence[Type | None], given: Sequence[Type | None]) -> int:
        """Return how well arguments fit: -1 if one cannot be taken."""
        total = 0
        for one, other in zip(wanted, given, strict=True):
            if one is None or other is None:
                continue
            if simple_name(one) == simple_name(other) and one[0] != "of":
                total += 3
            elif one[0] == "of" and other[0] == "of":
                if one[1] == other[1]:
                    total += 3
                elif self.seen_as(other, one[1]) is not None:
                    total += 2
                else:
                    return -1
            elif one[0] == "callable" or other[0] == "callable":
                total += 1 if one[0] == other[0] or one[0] in {"of", "outside"} else 0
                if one[0] == "primitive" or simple_name(one) == "String":
                    return -1
            elif one[0] == "variable" or simple_name(one) in {"Object", "Any"}:
                total += 1
            elif "primitive" in {one[0], other[0]} or one[0] == "of" or other[0] == "of":
                if not _widens(simple_name(other), simple_name(one)):
                    return -1
                total += 1
        return total


def _always(found: Type | None) -> Type:
    """Return a member outside the repository that gives one type."""
    return "given", lambda _arguments: found, lambda _number, _count: None


def library_type(name: str, arguments: tuple[Type | None, ...]) -> Type | None:
    """Return the type that a name means that nothing in the repository binds: one of a standard library, or None."""
    short = library.SMALL.get(name, name if name in library.PRIMITIVES else None)
    if short:
        return "primitive", short
    return ("outside", name, arguments) if name in library.TYPES else None


_PLAIN: Final[frozenset[str]] = frozenset()
_OF_HEAD: Final = frozenset({"primary", "compact"})
"""Modifiers of constructors whose parameters are those of the type's head."""
_NUMBERS: Final = ("byte", "short", "char", "int", "long", "float", "double")


def _widens(given: str, wanted: str) -> bool:
    if given in _NUMBERS and wanted in _NUMBERS:
        return _NUMBERS.index(given) <= _NUMBERS.index(wanted)
    return wanted in {"CharSequence", "Comparable", "Number", "Serializable"} or given == wanted


def _sees(facts: Facts, package: str, name: str) -> bool:
    """Say whether a file sees what a package declares."""
    if facts.package == package:
        return True
    full = f"{package}.{name}" if package else name
    return full in facts.imports or f"{package}.*" in facts.imports


def alike(wanted: Type, given: Type) -> bool:
    """Say whether two types are one, whatever their arguments; a type parameter is any."""
    if wanted[0] == "variable":
        return True
    if wanted[0] in {"of"} and given[0] in {"of", "type"}:
        return bool(wanted[1] == given[1])
    if wanted[0] != given[0]:
        return simple_name(wanted) == simple_name(given) != ""
    if wanted[0] == "outside":
        return simple_name(wanted) == simple_name(given)
    if wanted[0] == "callable":
        return len(wanted[1]) + len(wanted[3:]) == len(given[1]) + len(given[3:])
    return wanted[0] == "array" or wanted == given


def _wider(found: Type) -> list[Type]:
    """Return the types of the standard libraries that every value of one of them is as well, nearest first."""
    arguments = (found[1],) if found[0] == "array" else found[2] if found[0] == "outside" else ()
    names = library.WIDER.get("Array" if found[0] == "array" else simple_name(found), ())
    return [*(("outside", one, arguments) for one in names), ("outside", "Any", ())]


def simple_name(found: Type) -> str:
    """Return a type's name as a language's literals say it."""
    if found[0] in {"outside", "primitive"}:
        name = str(found[1]).rpartition(".")[2]
        return library.SMALL.get(name, name)
    return ""


def bounded(found: Type | None) -> Type | None:
    """Return a type, None for one of more parts than anybody writes: source can double what it has with each line.

    All that walks through types does so without a limit of its own, hence none that is made may be larger.
    """
    if found is None or not (parts := _parts(found)):
        return found
    count = deepest = 1
    left = [(one, 2) for one in parts]
    while left:
        one, depth = left.pop()
        count += 1
        deepest = max(deepest, depth)
        if deepest > _DEEPEST or count > _WIDEST or (count > _LARGEST and deepest > _FLAT):
            return None
        if one is not None:
            left += ((inner, depth + 1) for inner in _parts(one))
    return found


def _parts(found: Type) -> Sequence[Type | None]:
    """Return the types that a type is made of."""
    what = found[0]
    if what in {"of", "type", "outside", "maker"}:
        return found[2]  # type: ignore[no-any-return]
    if what == "function":
        return tuple(found[2].values())
    if what in {"array", "channel", "class_of"}:
        return (found[1],)
    if what in {"map", "named"}:
        return found[1:]
    if what in {"tuple", "all"}:
        return found[1]  # type: ignore[no-any-return]
    if what == "struct":
        return [one for _, _, one in found[2]]
    return (*found[1], *found[2:]) if what == "callable" else ()


def substituted(found: Type | None, bound: Bound) -> Type | None:
    """Return a type with its parameters replaced."""
    return bounded(_replaced(found, bound)) if found is not None and bound else found


def _replaced(found: Type | None, bound: Bound) -> Type | None:
    if found is None:
        return None
    what = found[0]
    if what == "variable":
        return bound.get((found[1], found[2]), found)
    if what in {"of", "type", "outside"}:
        if not found[2]:
            return found
        return what, found[1], tuple(_replaced(one, bound) for one in found[2])
    if what in {"array", "channel"}:
        return what, _replaced(found[1], bound)
    if what == "map":
        return what, _replaced(found[1], bound), _replaced(found[2], bound)
    if what in {"tuple", "all"}:
        return what, tuple(_replaced(one, bound) for one in found[1])
    if what == "class_of":
        of = _replaced(found[1], bound)
        return of if of is None else ("type", *of[1:]) if of[0] == "of" else (what, of)
    if what == "struct":
        return what, found[1], tuple((name, place, _replaced(one, bound)) for name, place, one in found[2])
    if what == "callable":
        parameters = tuple(_replaced(one, bound) for one in found[1])
        return (what, parameters, *(_replaced(one, bound) for one in found[2:]))
    return found


def _outside_member(base: Type, name: str) -> Type | None:
    """Return what a member of a value from outside gives, as far as its type's arguments say it.

    That is `given`, with a function that tells its result from its arguments, and one that tells the parameters of a
    lambda that it takes.
    """
    if base[0] in {"array", "channel"}:
        base = ("outside", "Array", (base[1],))
    elif base[0] == "map":
        base = ("outside", "Map", base[1:])
    if name in library.COUNTS and base[0] in {"outside", "primitive"}:
        return _always(("primitive", "int"))
    if name in library.TEXTS and base[0] in {"outside", "primitive"}:
        return _always(("primitive", "String"))
    if base[0] != "outside" or not base[2]:
        return None
    kind, arguments = base[1], base[2]
    pair = len(arguments) == 2
    item: Type | None = ("outside", "Entry", arguments) if pair and kind.rpartition(".")[2] != "Entry" else arguments[0]

    def result(given: Sequence[Type | None]) -> Type | None:
        if name in {"stream", "parallelStream"}:
            return "outside", "Stream", (arguments[0],)
        if name == "reduce" and kind.endswith("Stream") and len(given) == 1:
            return base  # an optional value
        if kind.endswith(("Function", "Operator")):
            return arguments[-1] if name == "apply" else None
        if kind.endswith("Triple") and name in _PARTS:
            return arguments[_PARTS.index(name)] if len(arguments) > _PARTS.index(name) else None
        if pair:
            if name in library.ENTRIES:
                return "outside", "Set", (item,)
            if name in library.KEYS:
                return "outside", "Set", (arguments[0],)
            if name in library.VALUES:
                return "outside", "Collection", (arguments[1],)
            if name in library.KEY:
                return arguments[0]  # type: ignore[no-any-return]
            if name in library.VALUE:
                return arguments[1]  # type: ignore[no-any-return]
        elif name in library.ELEMENT or (name in _EXTREMES and not kind.endswith("Stream")):
            return arguments[0]  # type: ignore[no-any-return]
        if name in library.TO_MAP and not pair and arguments[0] is not None and simple_name(arguments[0]) == "Pair":
            return "outside", "Map", arguments[0][2]
        if name == "toList" and pair and kind.rpartition(".")[2] not in {"Entry", "Pair"}:
            return "outside", "List", (("outside", "Pair", arguments),)
        if name in library.SAME:
            return base
        if name in library.FOLDS and given and (given[0] is None or given[0][0] != "callable"):
            return given[0] if _FOLDED.get(name, -1) >= 0 and name in _TO_ONE else ("outside", "List", (given[0],))
        if name in library.FOLDS and len(given) == 2 and given[0] is not None:
            return given[0][2]  # type: ignore[no-any-return]
        made = next((one for one in given if one is not None and one[0] == "callable"), None)
        if name in library.PIECES:
            piece = ("outside", "List", (arguments[0],))
            return "outside", kind, (piece if made is None else made[2],)
        if pair and name in {"mapValues", "mapKeys"} and made is not None:
            return "outside", kind, (arguments[0], made[2]) if name == "mapValues" else (made[2], arguments[1])
        if name == "associateWith" and made is not None:
            return "outside", "Map", (arguments[0], made[2])
        if name == "associate" and made is not None and made[2] is not None and made[2][0] == "outside":
            return "outside", "Map", made[2][2]
        if name in library.MAPPED and made is not None:
            return "outside", kind, (made[2],)
        if name in library.FLAT and made is not None:
            return made[2]  # type: ignore[no-any-return]
        if name == "flatten":
            return arguments[0]  # type: ignore[no-any-return]
        if name == "partition":
            return "outside", "Pair", (base, base)
        if name == "zip" and given and given[0] is not None:
            beside = given[0][1] if given[0][0] == "array" else given[0][2][0] if given[0][0] == "outside" else None
            return "outside", kind, (("outside", "Pair", (arguments[0], beside)),)
        if name == "withIndex":
            return "outside", "Indexed", (("outside", "IndexedValue", (None, arguments[0])),)
        if name in {"groupBy", "groupingBy", "associateBy"}:
            value = arguments[0] if name == "associateBy" else ("outside", "List", (arguments[0],))
            return "outside", "Map", (None if made is None else made[2], value)
        return None

    def taken(number: int, count: int) -> Type | None:
        if name in library.INDEXED:
            return item if number else ("primitive", "int")
        if name in library.PIECES:
            return "outside", "List", (item,)
        if number == _OTHER:
            return item
        if pair and name in _BY_VALUE:
            return arguments[1]  # type: ignore[no-any-return]
        if pair and (count == 2 or name in _BY_BOTH):
            return arguments[min(number, 1)]  # type: ignore[no-any-return]
        return item

    return "given", result, taken


_TO_MAPS: Final = frozenset(
    {"groupingBy", "groupingByConcurrent", "partitioningBy", "toMap", "toUnmodifiableMap", "toConcurrentMap"}
)
"""Collectors that make maps."""
_PARTS: Final = ("first", "second", "third")
_OTHER: Final = -1
"""What of a folding function's parameters is not what it folds into."""
_FOLDED: Final = {"fold": 0, "foldRight": 1, "scan": 0, "runningFold": 0}
"""Which parameter of the function that folds is what it folds into."""
_TO_ONE: Final = frozenset({"fold", "foldRight"})
_EXTREMES: Final = frozenset({"max", "min"})
_BY_VALUE: Final = frozenset({"filterValues"})
_BY_BOTH: Final = frozenset(
    {"filterKeys", "compute", "computeIfAbsent", "computeIfPresent", "getOrPut", "replaceAll", "merge"}
)

"""Python's own rules of types: iteration, `with`, calls, generic types, decorators, descriptors, what builtins give.

Type variables, and the type that a method's receiver has, are `variable file -1-place`: the place is that of the
variable's name, or of the name of the class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from codegraph_plugins.stages.occurrences.symbols import SymbolNames
from codegraph_plugins.stages.occurrences.values import python_library as library
from codegraph_plugins.stages.occurrences.values.expressions import ANY, Expression, Facts
from codegraph_plugins.stages.occurrences.values.places import NOTHING, Places
from codegraph_plugins.stages.occurrences.values.python_passed import HandedOnError, PassedArguments
from codegraph_plugins.stages.occurrences.values.python_variables import variables

if TYPE_CHECKING:
    from codegraph_plugins.stages.occurrences.values.solver import Solver

Type = tuple[Any, ...]
Key = tuple[int, int]
Named = Sequence[tuple[str, Type | None]]
"""Arguments by name."""

_FUNCTIONS: Final = frozenset({"function", "method"})
_FUNCTION_TYPES: Final = frozenset({"function", "callable", "variable"})
_FIELDS: Final = frozenset({"field", "variable", "property", "constant"})
_CLASSES: Final = frozenset({"class", "enum", "interface", "type_alias"})
_ITERATORS: Final = 16
"""Iterators of iterators that are gone through: two types may give each other."""
_VARIABLES: Final = 8
"""Type variables that are bound by others at most."""
_PLAIN: Final[frozenset[str]] = frozenset()
_DECLARING: Final = frozenset({"Generic", "Protocol"})
"""Bases in whose brackets a class lists its type parameters."""
_ANYTHING: Final = frozenset({"of", "all", "variable"})
"""Kinds of types of values that the repository defines."""


class PythonRules:
    """What the solver asks where the language is Python.

    Args:
        solver: Answers what is the same in all languages.
        names, places, facts, flags: As the solver has them.
    """

    def __init__(
        self,
        solver: Solver,
        names: SymbolNames,
        places: Places,
        facts: Callable[[int], Facts | None],
        flags: Mapping[int, frozenset[str]],
    ) -> None:
        self._solver, self._names, self._places, self._facts, self._flags = solver, names, places, facts, flags
        self._parameters: dict[int, list[Key]] = {}
        self._bounds: dict[Key, Type | None] = {}
        self._deep = 0
        self.passed = PassedArguments(solver, names, places, facts)
        """What calls hand to parameters without a type."""
        self.operations: Mapping[str, Callable[[int, Expression], Type | None]] = {
            "above": self._above,
            "binary": self._binary,
            "called": self._called,
            "decorated": self._decorated,
            "entered": lambda file, one: self._each(self._solver.type(file, one[1]), self.entered),
            "handed": self._handed,
            "item": self._item,
            "iterated": lambda file, one: self.iterated(self._solver.type(file, one[1])),
            "made_class": self._made_class,
            "managed": self._managed,
            "mapped": lambda file, one: self._each(
                self._solver.type(file, one[1]), lambda found: self._mapped(found, one[2])
            ),
            "own": self._own,
            "passed": self._passed,
            "rest": self._rest,
            "sliced": self._sliced,
            "typevar": lambda file, one: ("variable", file, -1 - one[1]),
            "unpacked": lambda file, one: self._each(
                self._solver.type(file, one[1]), lambda found: self.unpacked(found, one[2])
            ),
        }

    def recover(self) -> None:
        """Drop everything that is remembered, for an answer was broken off."""
        self._parameters.clear()
        self._bounds.clear()
        self._deep = 0
        self.passed.recover()

    def _each(self, found: Type | None, ask: Callable[[Type], Type | None]) -> Type | None:
        """Return what a type answers, or the first that answers of those that a value may have."""
        found = self.plain(found) if found is not None else None
        if found is None:
            return None
        if found[0] != "all":
            return ask(found)
        return next((answer for one in found[1] if (answer := ask(one)) is not None), None)

    def plain(self, found: Type) -> Type:
        """Return a type with what it is bound by instead of a type variable, or of a receiver."""
        for _ in range(_VARIABLES):
            if found[0] == "variable":
                inner = self._solver.bound_of(found)
            elif found[0] == "class_of":
                inner = self.plain(found[1])
                inner = ("type", *inner[1:]) if inner[0] == "of" else None
            else:
                return found
            if inner is None:
                return found
            found = inner
        return found

    # -- type parameters -------------------------------------------------------------------------------

    def own_key(self, row: int) -> Key:
        """Return the key of the type that the receiver of a class's methods has."""
        return self._names.file_of_row(row), -1 - int(self._places.defined[row])

    def _own(self, file: int, one: Expression) -> Type | None:
        return "variable", file, -1 - one[1]

    def _passed(self, file: int, one: Expression) -> Type | None:
        """Return the type variable that a parameter without a type is, None where no call says anything."""
        return ("variable", file, -1 - one[5]) if self.passed.is_called(file, one[1]) else None

    def with_receiver(self, bound: Mapping[Key, Type], holder: int, receiver: Type) -> Mapping[Key, Type]:
        """Return what type parameters stand for in a member of a class that is asked of a value of a type."""
        if receiver[0] == "type":
            receiver = ("of", *receiver[1:])
        elif receiver[0] == "class_of":
            receiver = receiver[1]
        return {**bound, self.own_key(holder): receiver} if receiver[0] in {"of", "variable"} else bound

    def bound_of(self, variable: Type) -> Type | None:
        """Return what a type variable is bound by; of a receiver, its class."""
        key = variable[1], variable[2]
        waiting = [] if key in self._bounds else [key]
        while waiting:  # for those that hand on what they are handed: functions may do so in any number
            asked = waiting[-1]
            self._bounds[asked] = None  # what is handed to itself
            try:
                self._bounds[asked] = self._bound_of(("variable", *asked))
            except HandedOnError as first:
                if self.passed.is_asked:
                    del self._bounds[asked]
                    raise
                waiting.append(first.key)
            else:
                waiting.pop()
        return self._bounds[key]

    def receiver(self, file: int, number: int, base: Type) -> Type:
        """Return what the receiver is of a member of a value: for one of `super()` the method's own."""
        facts = self._facts(file)
        one = facts.expressions[number] if facts is not None and number >= 0 else ("",)
        return ("variable", file, -1 - one[1]) if one[0] == "above" else base

    def _bound_of(self, variable: Type) -> Type | None:
        file, place = variable[1], -1 - variable[2]
        facts = self._facts(file)
        number = -1 if facts is None else facts.declared.get(place, -1)
        one = facts.expressions[number] if facts is not None and number >= 0 else ("",)
        if one[0] == "typevar":
            return self._solver.type(file, one[2])
        if one[0] == "passed":
            return self.passed.types(file, one)
        row = self._places.target(file, place)
        if not 0 <= row < self._places.count or self._names.kind(row) in _FIELDS | _FUNCTIONS:
            return None
        return "of", row, self._solver.own_arguments(row)

    def parameters(self, row: int) -> list[Key]:
        """Return the type variables of a class or a function: those in its bases, or in its parameters' types."""
        known = self._parameters.get(row)
        if known is not None:
            return known
        self._parameters[row] = []  # what is made of itself
        try:
            self._parameters[row] = list(dict.fromkeys(self._parameters_of(row)))
        except HandedOnError:
            del self._parameters[row]
            raise
        return self._parameters[row]

    def _parameters_of(self, row: int) -> Sequence[Key]:
        file = self._names.file_of_row(row)
        facts = self._facts(file)
        found: list[Key] = []
        if self._names.kind(row) in _FUNCTIONS:
            found = [key for type_ in self._solver.parameter_types(row) for key in variables(type_)]
        elif facts is not None:
            place = int(self._places.defined[row])
            number = facts.stands_for.get(place)
            bases = [self._solver.type(file, one) for one in facts.bases.get(place, ())]
            listed = [one for one in bases if one is not None and one[0] == "outside" and _short(one) in _DECLARING]
            chosen = [one for one in listed if one[2]] or bases
            found = [key for type_ in chosen for key in variables(type_)]
            found += variables(self._solver.type(file, number)) if number is not None else ()
        return found

    def of_local(self, variable: Type) -> Type:
        """Return the type that a local means where a type is written: a type parameter, or what it was given."""
        place = self._places.local_definition(variable[1], variable[2])
        facts = self._facts(variable[1])
        given = None if place < 0 or facts is None else self._solver.type(variable[1], facts.declared.get(place, -1))
        if given is not None and given[0] in {"type", "variable"}:
            return ("of", *given[1:]) if given[0] == "type" else given
        return variable

    def of_value(self, row: int, arguments: Sequence[Type | None]) -> Type | None:
        """Return the type that a variable means where a type is written: a type variable or an alias."""
        file = self._names.file_of_row(row)
        facts = self._facts(file)
        number = None if facts is None else facts.stands_for.get(int(self._places.defined[row]))
        if number is not None:
            found = self._solver.type(file, number)
            pairs = zip(dict.fromkeys(variables(found)), arguments, strict=False)
            return _substituted(found, {key: one for key, one in pairs if one is not None})
        given = self._solver.declared(row)
        if given is None or given[0] not in {"type", "maker", "variable"}:
            return None
        if given[0] == "type":
            return "of", given[1], tuple(arguments) or given[2]
        return given if given[0] == "variable" else ("outside", given[1], tuple(arguments))

    # -- what names are --------------------------------------------------------------------------------

    def of_node(self, row: int, bound: Mapping[Key, Type]) -> Type | None:
        """Return the type that a name has by its definition."""
        kind = self._names.kind(row)
        if kind == "enum_member":
            return "of", self._names.parent(row), ()
        if kind in _CLASSES:
            return "type", row, ()
        if kind in _FUNCTIONS:
            made = self._made_of(row)
            return ("function", row, bound) if made is None else _substituted(made, bound)
        return _substituted(self._solver.declared(row), bound)

    def value_of(self, row: int, bound: Mapping[Key, Type], base: Type) -> Type | None:
        """Return the type that a member has of a value: what a descriptor gives there."""
        found = self.of_node(row, bound)
        if found is None or found[0] != "of" or row in self._solver.on_instances:
            return found
        if self._names.kind(row) not in _FIELDS | _FUNCTIONS or self._names.kind(self._names.parent(row)) != "class":
            return found
        base = self.plain(base)
        if self._names.kind(row) in _FIELDS and base[0] != "of":
            return found
        given = self.called_member(found, "__get__", (base, ("type", *base[1:]) if base[0] == "of" else base))
        if given is None and self._names.kind(row) in _FUNCTIONS and self._solver.member(found, "__get__", ANY):
            return _substituted(self._solver.declared(row), bound)
        return given if given is not None else found

    def _made_of(self, row: int) -> Type | None:
        """Return what decorators made of a function, None while it is a function."""
        file = self._names.file_of_row(row)
        facts = self._facts(file)
        number = -1 if facts is None else facts.declared.get(int(self._places.defined[row]), -1)
        if facts is None or number < 0 or facts.expressions[number][0] != "decorated":
            return None
        found = self._solver.type(file, number)
        return found[1] if found is not None and found[0] == "named" else None

    def _decorated(self, file: int, one: Expression) -> Type | None:
        """Return `named type result`: what decorators make of a function, and what calling that gives.

        What a decorator gives of which nothing is known is taken to be the function, as type checkers do.
        """
        result = self._solver.type(file, one[2])
        made: Type | None = None
        for number in one[1]:
            decorator = self._solver.type(file, number)
            if decorator is None or decorator[0] not in {"function", "type", "of"}:
                continue
            given = self.result(decorator, (made or ("callable", (), result),), ())
            if given is not None and given[0] == "all":  # of several ways out, the one that is of functions
                given = next((each for each in given[1] if each[0] in _FUNCTION_TYPES), given)
            inner = self._solver.declared(given[1]) if given is not None and given[0] == "function" else None
            if given is None or given[0] in {"variable", "function"}:
                result = result if inner is None else inner
            elif given[0] == "callable":
                result = result if given[2] is None else given[2]
                made = None
            else:
                made = given
                called = self.called_member(given, "__call__", ()) if given[0] == "of" else None
                result = result if called is None else called
        return "named", made, result

    def given_by(self, named: Type) -> Type | None:
        """Return what a function gives that has decorators."""
        found: Type | None = named[2]
        return found

    # -- members ---------------------------------------------------------------------------------------

    def found(self, base: Type, name: str, member: Type | None, receiver: Type) -> tuple[int, Type | None]:
        """Return the target that a member access leads to, and the type it has."""
        if member is not None and member[0] in {"function", "node"}:
            bound = self.with_receiver(member[2], self._names.parent(member[1]), receiver)
            return member[1], self.value_of(member[1], bound, base)
        return NOTHING, self._each(base, lambda one: self._outside(one, name))

    def metaclass_of(self, class_: Type) -> Type | None:
        """Return what a class is an instance of, as the nearest of its bases says it."""
        for each in (class_, *self._solver.lineage(class_)):
            if each[0] in {"of", "type"}:
                found = self._solver.declared(each[1])
                if found is not None and found[0] == "of":
                    return found
        return None

    def _outside(self, base: Type, name: str) -> Type | None:
        """Return a member that a value has of a type outside the repository: `given`, or its type."""
        if name == "__class__" and base[0] == "of":
            return ("type", *base[1:])
        lineage = self._solver.lineage(base) if base[0] in {"of", "type"} else ()
        for one in (base, *lineage):
            found = self._of_container(one, name)
            if found is not None:
                return found
        return None

    def _of_container(self, base: Type, name: str) -> Type | None:
        if base[0] == "array":
            if name in library.ITEM:
                return _giving(base[1])
            if name in library.SEQUENCE:
                return _giving(base)
            return ("given", lambda _: None, lambda _number, _count: base[1]) if name == "sort" else None
        if base[0] == "map":
            key, value = base[1:]
            if name in library.VALUE:
                return _giving(value)
            if name in {"keys", "values"}:
                return _giving(("array", key if name == "keys" else value))
            if name in {"items", "popitem"}:
                pair = ("tuple", (key, value))
                return _giving(("array", pair) if name == "items" else pair)
            return _giving(base) if name in {"copy", "__or__"} else None
        if base[0] == "outside" and base[2] and name == "result":  # of a future
            return _giving(base[2][0])
        if base[0] in {"outside", "maker"}:
            if name in {"enter_context", "enter_async_context"}:
                return "given", lambda given: self._each(given[0] if given else None, self.entered), _no_parameter
            if name == "submit":
                return "given", lambda given: ("outside", "Future", (self._result_of(given),)), _no_parameter
        return None

    def _result_of(self, given: Sequence[Type | None]) -> Type | None:
        return self.result(given[0], (), ()) if given else None

    def called_member(self, base: Type, name: str, arguments: Sequence[Type | None]) -> Type | None:
        """Return what a method of a value gives, None if it has none."""
        member = self._solver.member(base, name, ANY)
        if member is None or member[0] != "function":
            return None
        return self.result(member, arguments, ())

    # -- what is in something --------------------------------------------------------------------------

    def iterated(self, found: Type | None) -> Type | None:
        """Return what one gets that goes through a value."""
        if self._deep > _ITERATORS:
            return None
        self._deep += 1
        try:
            return self._each(found, self._iterated)
        finally:
            self._deep -= 1

    def _iterated(self, found: Type) -> Type | None:
        if found[0] in {"array", "map"}:
            item: Type | None = found[1]
            return item
        if found[0] == "tuple":
            return any_of(found[1])
        if found[0] == "outside":
            return found[2][0] if len(found[2]) == 1 else None
        if found[0] == "type" and self._names.kind(found[1]) == "enum":
            return "of", found[1], ()
        if found[0] != "of":
            return None
        for begin, following in (("__iter__", "__next__"), ("__aiter__", "__anext__")):
            given = self.called_member(found, begin, ())
            if given is None:
                continue
            step = self.called_member(given, following, ()) if given[0] in {"of", "variable"} else None
            item = step if step is not None else self.iterated(given) if given != found else None
            if item is not None:
                return item
        for base in self._solver.lineage(found):
            if base[0] in {"array", "map", "tuple", "outside"}:
                item = self._iterated(base)
                if item is not None:
                    return item
        return self.called_member(found, "__getitem__", ())

    def _mapped(self, found: Type, part: int) -> Type | None:
        """Return the keys (0) or the values (1) that a mapping takes from a value: a mapping, or pairs."""
        for one in (found, *(self._solver.lineage(found) if found[0] == "of" else ())):
            if one[0] == "map":
                return one[1 + part]  # type: ignore[no-any-return]
        return self._each(self.iterated(found), lambda pair: self.unpacked(pair, part) if pair[0] == "tuple" else None)

    def unpacked(self, found: Type, at: int) -> Type | None:
        """Return one of what a value is taken apart into, counted from the end below 0."""
        if found[0] == "tuple":
            items: Sequence[Type | None] = found[1]
            return items[at] if -len(items) <= at < len(items) else None
        field = self._field_at(found, at) if found[0] == "of" else None
        return field if field is not None else self._iterated(found)

    def _field_at(self, found: Type, at: int) -> Type | None:
        """Return the type of a named tuple's field of a number, None for other values."""
        for each in (found, *self._solver.lineage(found)):
            if each[0] == "tuple":
                return self.unpacked(each, at)
            if each[0] != "of" or not any(_short(base) == "NamedTuple" for base in self._solver.bases_of(each[1])):
                continue
            types = self._solver.parameter_types(each[1])
            return types[at] if -len(types) <= at < len(types) else None
        return None

    def _rest(self, file: int, one: Expression) -> Type | None:
        return "array", self.iterated(self._solver.type(file, one[1]))

    def _sliced(self, file: int, one: Expression) -> Type | None:
        found = self._solver.type(file, one[1])
        found = self.plain(found) if found is not None else None
        if found is not None and found[0] == "of":
            return self.called_member(found, "__getitem__", ())
        return ("array", self._iterated(found)) if found is not None and found[0] == "tuple" else found

    def _item(self, file: int, one: Expression) -> Type | None:
        found = self._solver.type(file, one[1])
        found = self.plain(found) if found is not None else None
        if found is not None and found[0] in {"type", "maker"}:
            if found[0] == "type" and self._names.kind(found[1]) == "enum":
                return "of", found[1], ()
            given = tuple(self._solver.type(file, number) for number in one[3])
            return (*found[:2], given) if any(given) else found
        return self._each(found, lambda each: self.item(each, one[2]))

    def item(self, found: Type, key: int | str | None) -> Type | None:
        """Return what a value gives for an index or a key that is written there, None for another."""
        if found[0] == "map":
            value: Type | None = found[2]
            return value
        if found[0] == "outside":
            return found[2][-1] if found[2] else None
        if found[0] != "of":
            return self.unpacked(found, key) if isinstance(key, int) else self._iterated(found)
        own = self.called_member(found, "__getitem__", ())
        if own is not None:
            return own
        if isinstance(key, int) and (field := self._field_at(found, key)) is not None:
            return field
        if isinstance(key, str):  # of a typed dictionary
            member = self._solver.member(found, key, ANY)
            if member is not None and member[0] == "node":
                return self.of_node(member[1], member[2])
        bases = (one for one in self._solver.lineage(found) if one[0] in {"array", "map", "tuple", "outside"})
        return next((item for one in bases if (item := self.item(one, key)) is not None), None)

    def entered(self, found: Type) -> Type | None:
        """Return what `with` binds."""
        for name in ("__enter__", "__aenter__"):
            given = self.called_member(found, name, ()) if found[0] == "of" else None
            if given is not None:
                return given
        lineage = self._solver.lineage(found) if found[0] == "of" else ()
        for one in (found, *lineage):
            if one[0] == "outside" and one[2] and _short(one).endswith("ContextManager"):
                return one[2][0]  # type: ignore[no-any-return]
        return None

    def _managed(self, file: int, one: Expression) -> Type | None:
        return "outside", "AbstractContextManager", (self._solver.type(file, one[1]),)

    def _made_class(self, file: int, one: Expression) -> Type | None:
        found = self._solver.type(file, one[1])
        if found is None or found[0] not in {"of", "variable"}:
            return None  # of something outside
        return ("type", *found[1:]) if found[0] == "of" else ("class_of", found)

    def _above(self, file: int, one: Expression) -> Type | None:
        """Return what `super()` is in a class."""
        row = self._places.target(file, one[1])
        bases = tuple(self._solver.bases_of(row)) if 0 <= row < self._places.count else ()
        return ("all", bases) if len(bases) > 1 else bases[0] if bases else None

    def _binary(self, file: int, one: Expression) -> Type | None:
        left, right = self._solver.type(file, one[1]), self._solver.type(file, one[2])
        arguments = () if right is None else (right,)
        if left is not None and left[0] in _ANYTHING:
            found = self._each(left, lambda each: self.called_member(each, one[3], arguments))
            if found is not None:
                return found
        if right is not None and right[0] == "of":
            found = self.called_member(right, "__r" + one[3].removeprefix("__"), () if left is None else (left,))
            if found is not None:
                return found
        if left is not None and left[0] in {"array", "map"}:
            return right if left[1] is None and right is not None and right[0] == left[0] else left
        return left if left is not None and left[0] == "primitive" else None

    # -- calls -----------------------------------------------------------------------------------------

    def _called(self, file: int, one: Expression) -> Type | None:
        callee = self._solver.type(file, one[1])
        if callee is None:
            return None
        positional = [self._solver.type(file, number) for number in one[2]]
        named = [(name, self._solver.type(file, number)) for name, number in one[3]]
        return self.result(callee, positional, named)

    def result(self, callee: Type | None, positional: Sequence[Type | None], named: Named) -> Type | None:
        """Return what a call gives."""
        if callee is None:
            return None
        what = callee[0]
        if what == "function":
            return self.given(callee, positional, named)
        if what == "type":
            return self.instance(callee, positional, named)
        if what == "maker":
            return self._made_outside(callee, positional, named)
        if what == "given":
            given: Type | None = callee[1](positional)
            return given
        if what == "callable":
            result: Type | None = callee[2]
            return result
        if what == "class_of":
            of: Type | None = callee[1]
            return of
        if what == "all":
            answers = (self.result(each, positional, named) for each in callee[1])
            return next((answer for answer in answers if answer is not None), None)
        return self.called_member(callee, "__call__", positional) if what in _ANYTHING else None

    def given(self, function: Type, positional: Sequence[Type | None], named: Named = ()) -> Type | None:
        """Return what a function of the repository gives, by what its type variables stand for in a call."""
        row, bound = function[1], function[2]
        found = self._solver.declared(row)
        if found is None or next(variables(found), None) is None:
            return found
        known = dict(bound)
        types = self._solver.parameter_types(row)
        if self.has_receiver(row):
            holder = self._names.parent(row)
            self._unify(types[0] if types else None, bound.get(self.own_key(holder)), known)
            types = types[1:]
        self._fit(row, types, positional, named, known)
        return self._without_own(row, _substituted(found, known))

    def _without_own(self, row: int, found: Type | None) -> Type | None:
        """Return what a call gives; None where that is a parameter of which the call says nothing."""
        if found is None or found[0] != "variable":
            return found
        file = self._names.file_of_row(row)
        facts = self._facts(file)
        number = -1 if facts is None or found[1] != file else facts.declared.get(-1 - found[2], -1)
        one = facts.expressions[number] if facts is not None and number >= 0 else ("",)
        return None if one[0] == "passed" and one[1] == int(self._places.defined[row]) else found

    def _fit(
        self,
        row: int,
        types: Sequence[Type | None],
        positional: Sequence[Type | None],
        named: Named,
        known: dict[Key, Type],
    ) -> None:
        """Note what type variables in parameters' types stand for, by the arguments of a call."""
        for wanted, given in zip(types, positional, strict=False):
            self._unify(wanted, given, known)
        for name, given in named:
            all_types = self._solver.parameter_types(row)
            self._unify(self._solver.parameter_for(row, all_types, name), given, known)

    def _unify(self, wanted: Type | None, given: Type | None, known: dict[Key, Type]) -> None:
        if wanted is not None and given is not None and wanted[0] != "variable":
            given = self.plain(given)
        self._solver.unify(wanted, given, known)

    def has_receiver(self, row: int) -> bool:
        """Say whether a function's first parameter is what it is a member of."""
        return self._names.kind(row) == "method" and "static" not in self._flags.get(row, _PLAIN)

    def is_of_class(self, row: int) -> bool:
        """Say whether the receiver of a method is the class."""
        types = self._solver.parameter_types(row)
        return bool(types) and types[0] is not None and types[0][0] in {"class_of", "type"}

    def instance(self, made: Type, positional: Sequence[Type | None], named: Named) -> Type:
        """Return what a class makes, its arguments as far as those of the call say them."""
        row = made[1]
        keys = self._solver.parameters(row)
        if made[2] or not keys:
            return "of", row, made[2]
        known: dict[Key, Type] = {}
        self._fit_class(("of", row, self._solver.own_arguments(row)), positional, named, known)
        return "of", row, tuple(known.get(key) for key in keys)

    def _fit_class(self, made: Type, positional: Sequence[Type | None], named: Named, known: dict[Key, Type]) -> None:
        taking = self._maker_of(made)
        if taking is None:
            return
        row, bound, own = taking
        types = [_substituted(one, bound) for one in self._solver.parameter_types(row)]
        self._fit(row, types[own:], positional, (), known)
        for name, given in named:
            self._unify(self._solver.parameter_for(row, types, name), given, known)

    def _maker_of(self, made: Type) -> tuple[int, Mapping[Key, Type], int] | None:
        """Return what takes a constructor's arguments, what is bound there, and how many it has before them."""
        for name in ("__init__", "__new__"):
            found = self._solver.member(made, name, ANY)
            if found is not None and found[0] == "function":
                return found[1], found[2], 1
        for each in (made, *self._solver.lineage(made)):
            if each[0] == "of" and self._solver.parameter_types(each[1]):
                return each[1], self._solver.bound(each), 0
        return None

    def _made_outside(self, maker: Type, positional: Sequence[Type | None], named: Named) -> Type | None:
        """Return what a function or a class gives that is outside the repository."""
        name = _known_short(maker)
        first = positional[0] if positional else None
        if name in library.THROUGH:
            if maker[2] and not positional:
                return "array", maker[2][0]
            source = positional[1] if name in library.SECOND and len(positional) > 1 else first
            if maker[1].endswith("from_iterable"):
                source = self.iterated(first)
            return "array", self.iterated(source)
        if name == "from_iterable":
            return "array", self.iterated(self.iterated(first))
        if name == "enumerate":
            return "array", ("tuple", (("primitive", "int"), self.iterated(first)))
        if name in library.BESIDE:
            return "array", ("tuple", tuple(self.iterated(one) for one in positional))
        if name == "pairwise":
            return "array", ("tuple", (self.iterated(first),) * 2)
        if name in library.GROUPS:
            return "array", ("array", self.iterated(first))
        if name == "groupby":
            return "array", ("tuple", (None, ("array", self.iterated(first))))
        if name in library.ONE_AT_A_TIME:
            items = [self.iterated(one) for one in positional[1:]]
            return "array", self.result(first, items, ())
        if name in library.ONE_OF:
            return self.iterated(first) if len(positional) < 2 or name == "next" else first or positional[1]
        if name in {"nlargest", "nsmallest", "sample", "choices"}:
            return "array", self.iterated(positional[1] if name.startswith("n") and len(positional) > 1 else first)
        if name == "reduce":
            return positional[2] if len(positional) > 2 else self.iterated(positional[1] if positional[1:] else None)
        if name in library.MANAGING:
            return "outside", "AbstractContextManager", (first,)
        if maker[1] in library.SAME:
            return first
        if name == "gather":
            return "tuple", tuple(positional)
        if name == "partial":
            return "callable", (), self.result(first, positional[1:], named)
        if name == "ref":
            return "callable", (), first
        if name == "type" and first is not None and len(positional) == 1:
            return ("type", *first[1:]) if first[0] == "of" else ("class_of", first) if first[0] == "variable" else None
        if name == "defaultdict":
            return "map", None, self.result(first, (), ()) if first is not None else None
        if name in library.MAPPINGS:
            return self._mapping(maker, first, named)
        if name == "fromkeys":
            return "map", self.iterated(first), positional[1] if len(positional) > 1 else None
        return ("outside", maker[1], maker[2]) if _short(maker)[:1].isupper() else None

    def _mapping(self, maker: Type, first: Type | None, named: Named) -> Type:
        """Return what `dict` and the like make."""
        if len(maker[2]) == 2:
            return ("map", *maker[2])
        if first is not None and first[0] == "map":
            return first
        pair = self.iterated(first)
        if pair is not None and pair[0] == "tuple" and len(pair[1]) == 2:
            return ("map", *pair[1])
        return "map", ("primitive", "str"), next((given for _, given in named if given is not None), None)

    def _handed(self, file: int, one: Expression) -> Type | None:
        """Return what a parameter of a lambda is that is handed to a function."""
        callee = self._solver.type(file, one[1])
        if callee is None:
            return None
        callee = self.plain(callee)
        (positional, key, position) = one[2:]
        given = [self._solver.type(file, number) for number in positional]
        if callee[0] == "maker":
            return self._handed_outside(_known_short(callee), given, key, position)
        if callee[0] == "given":
            taken: Type | None = callee[2](position, 1)
            return taken
        if callee[0] == "type":
            taking = self._maker_of(("of", callee[1], callee[2] or self._solver.own_arguments(callee[1])))
            if taking is None:
                return None
            row, bound, own = taking
        elif callee[0] == "function":
            row, bound, own = callee[1], callee[2], int(self.has_receiver(callee[1]))
        elif callee[0] == "callable" and isinstance(key, int):
            types = callee[1]
            return self._solver.taken(types[key], position) if key < len(types) else None
        else:
            return None
        known = dict(bound)
        types = [_substituted(type_, bound) for type_ in self._solver.parameter_types(row)]
        self._fit(row, types[own:], given, (), known)
        wanted = self._solver.parameter_for(row, types, key if isinstance(key, str) else key + own)
        return self._solver.taken(_substituted(wanted, known), position)

    def _handed_outside(self, name: str, given: Sequence[Type | None], key: int | str, position: int) -> Type | None:
        """Return what a function from outside hands to a lambda."""
        if key == "key" and name in library.WITH_KEY and given:
            return self.iterated(given[-1] if name.startswith("n") else given[0])
        if key != 0 or len(given) < 2:
            return None
        if name == "reduce":
            return self.iterated(given[1]) if position or len(given) < 3 else given[2]
        if name in library.SECOND:
            return self.iterated(given[1])
        if name == "map" and position + 1 < len(given):
            return self.iterated(given[position + 1])
        return (
            self._each(self.iterated(given[1]), lambda one: self.unpacked(one, position)) if name == "starmap" else None
        )


def any_of(types: Sequence[Type | None]) -> Type | None:
    """Return the type of a value that has one of several; those of functions cannot be hashed."""
    known: list[Type] = []
    for one in types:
        if one is not None and one not in known:
            known.append(one)
    return ("all", tuple(known)) if len(known) > 1 else known[0] if known else None


def _substituted(found: Type | None, bound: Mapping[Key, Type]) -> Type | None:
    from codegraph_plugins.stages.occurrences.values.solver import substituted

    return substituted(found, bound)


def _giving(found: Type | None) -> Type:
    """Return a method outside the repository that gives one type."""
    return "given", lambda _: found, _no_parameter


def _no_parameter(_number: int, _count: int) -> Type | None:
    return None


def _short(found: Type) -> str:
    """Return the last part of the name of something outside."""
    return str(found[1]).rpartition(".")[2] if found[0] in {"outside", "maker"} else ""


def _known_short(maker: Type) -> str:
    """Return the last part of the name of what the standard library has, nothing for what other packages have."""
    return _short(maker) if str(maker[1]).partition(".")[0] in library.HOMES else ""

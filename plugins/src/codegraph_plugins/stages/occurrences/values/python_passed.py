"""Python: what parameters without a type are handed, by the calls that lead to their function.

A parameter is then a type variable that its function's calls decide: in the function it has the types that all calls
hand it, and what a call gives has the type that this one does. It is known only where each of the calls that are found
hands it something known, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from codegraph_plugins.stages.occurrences.symbols import SymbolNames
from codegraph_plugins.stages.occurrences.values.expressions import ANY, UNKNOWN, Expression, Facts
from codegraph_plugins.stages.occurrences.values.places import Places
from codegraph_plugins.stages.occurrences.values.python_variables import variables

if TYPE_CHECKING:
    from codegraph_plugins.stages.occurrences.values.solver import Solver

Type = tuple[Any, ...]
Call = tuple[int, int]
"""A file, and the number of an expression in it."""

_CALLS: Final = 48
"""Calls of one name that are looked at: of a name that has more, nothing is known."""
_TYPES: Final = 3
"""Types that a parameter may have."""
_DEEP: Final = 4
"""Parameters that are handed on to others, and asked for at once."""
_MAKERS: Final = frozenset({"__init__", "__new__"})
_FUNCTIONS: Final = frozenset({"function", "method"})


class HandedOnError(Exception):
    """A parameter is handed on by so many that it has to be asked for first.

    Args:
        key: Of the parameter: its file and the number of its type variable.
    """

    def __init__(self, key: tuple[int, int]) -> None:
        super().__init__(key)
        self.key = key


class PassedArguments:
    """Finds what calls hand to parameters.

    Args:
        solver, names, places, facts: As the rules of Python have them.
    """

    def __init__(
        self, solver: Solver, names: SymbolNames, places: Places, facts: Callable[[int], Facts | None]
    ) -> None:
        self._solver, self._names, self._places, self._facts = solver, names, places, facts
        self._calls: dict[str, list[Call]] = {}
        self._deep = 0

    def take(self, file: int, facts: Facts) -> None:
        """Note a file's calls; files in order."""
        for name, numbers in facts.passing.items():
            known = self._calls.setdefault(name, [])
            if len(known) <= _CALLS:
                known += [(file, number) for number in numbers[: _CALLS + 1]]

    def recover(self) -> None:
        """Begin anew, for an answer was broken off."""
        self._deep = 0

    @property
    def is_asked(self) -> bool:
        """Whether what a parameter is handed is being found."""
        return self._deep > 0

    def is_called(self, file: int, place: int) -> bool:
        """Say whether calls may say what a function is handed."""
        row = self._places.target(file, place)
        return 0 <= row < self._places.count and any(0 < len(found) <= _CALLS for found in self._named_as(row))

    def types(self, file: int, one: Expression) -> Type | None:
        """Return what a parameter is handed: `passed function number name stars place`.

        Raises:
            HandedOnError: It is asked for by too many others.
        """
        row = self._places.target(file, one[1])
        if not 0 <= row < self._places.count or self._names.kind(row) not in _FUNCTIONS:
            return None
        if self._deep >= _DEEP:
            raise HandedOnError((file, -1 - one[5]))
        self._deep += 1
        try:
            found = self._all_handed(row, one)
        finally:
            self._deep -= 1
        if not 0 < len(found) <= _TYPES:
            return None
        given = ("all", tuple(found)) if len(found) > 1 else found[0]
        return ("array", given) if one[4] == 1 else ("map", ("primitive", "str"), given) if one[4] == 2 else given

    def _all_handed(self, row: int, one: Expression) -> list[Type]:
        """Return what all calls hand to a parameter, nothing where that is not known of one of them."""
        found: list[Type] = []
        for call in (call for calls in self._named_as(row) if len(calls) <= _CALLS for call in calls):
            handed = self._handed(call, row, one)
            if handed is None or any(self._stands_in(given, row) for given in handed):
                return []
            found += [given for given in handed if given not in found]
        return found

    def _stands_in(self, given: Type, row: int) -> bool:
        """Say whether something is of a class of tests, and handed to what is no test: others hand it the real one."""
        if given[0] not in {"of", "type"}:
            return False
        names = self._names
        return names.is_test(names.file_of_row(given[1])) and not names.is_test(names.file_of_row(row))

    def _named_as(self, row: int) -> Iterator[Sequence[Call]]:
        """Yield the calls of a name that a function may be called by."""
        name = self._names.name(row)
        yield self._calls.get(name, ())
        if name in _MAKERS and self._names.parent(row) >= 0:
            yield self._calls.get(self._names.name(self._names.parent(row)), ())

    def _handed(self, call: Call, row: int, one: Expression) -> list[Type] | None:
        """Return what a call hands to a parameter: nothing if it calls something else; None where it is not known."""
        file, number = call
        facts = self._facts(file)
        if facts is None:
            return []
        _, callee, positional, named = facts.expressions[number]
        found = self._solver.type(file, callee)
        if found is None:
            return []
        shift = self._shift(file, facts, callee, found, row)
        if shift < 0:
            return []
        at = one[2] - shift
        if one[4] == 1:
            numbers = list(positional[at:]) if at >= 0 else []
        elif one[4] == 2:
            taken = self._parameter_names(row)
            numbers = [given for name, given in named if name not in taken]
        else:
            numbers = [given for name, given in named if name == one[3]]
            numbers += [positional[at]] if 0 <= at < len(positional) else []
        types = [one for given in numbers if given != UNKNOWN for one in self._plain(self._solver.type(file, given))]
        return None if None in types else [one for one in types if one is not None]

    def _plain(self, found: Type | None) -> Sequence[Type | None]:
        """Return the types that a value may have; None is one of them where a variable stands for nothing known.

        None has a variable in it: what a parameter is handed may be made of itself.
        """
        found = self._solver.python.plain(found) if found is not None else None
        if found is not None and found[0] == "all":
            return [each for one in found[1] for each in self._plain(one)]
        is_known = found is not None and next(variables(found), None) is None
        return (found if is_known else None,)

    def _shift(self, file: int, facts: Facts, callee: int, found: Type, row: int) -> int:
        """Return how many parameters come before a call's first argument; -1 where it does not call the function."""
        if found[0] == "type":
            made = self._solver.member(("of", *found[1:]), self._names.name(row), ANY)
            is_maker = self._names.name(row) in _MAKERS
            return 1 if is_maker and made is not None and made[0] == "function" and made[1] == row else -1
        if found[0] != "function" or found[1] != row:
            return -1
        if not self._solver.python.has_receiver(row):
            return 0
        expression = facts.expressions[callee]
        base = self._solver.type(file, expression[1]) if expression[0] == "member" else None
        of_class = base is not None and base[0] == "type" and not self._solver.python.is_of_class(row)
        return 0 if of_class else 1

    def _parameter_names(self, row: int) -> set[str]:
        return {self._names.name(one) for one in self._names.children(row) if self._names.kind(one) == "parameter"}

"""Fills in the members of values where the link engine knew none, files of one group after the other."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from attrs import define

from codegraph_plugins.stages.occurrences.symbols import SymbolNames
from codegraph_plugins.stages.occurrences.values.expressions import Facts
from codegraph_plugins.stages.occurrences.values.places import NOTHING, Places
from codegraph_plugins.stages.occurrences.values.solver import Solver

Numbers = npt.NDArray[np.int32]

_FILES: Final = 512
"""Files whose facts are kept as objects; others are texts."""
_FUNCTIONS: Final = frozenset({"function", "method"})
_MADE: Final = frozenset({"class", "enum"})
"""Kinds of types that have constructors."""
_IMPLYING: Final = frozenset({"java", "kotlin"})
"""Languages in which a class without a written constructor has one all the same."""


_OBJECTS: Final = frozenset({"object", "companion"})
_PLAIN: Final[frozenset[str]] = frozenset()


@define(frozen=True, slots=True)
class Beside:
    """What a site names besides what it leads to: its number, the target, the role; a literal's member has a symbol."""

    site: int
    target: int
    role: str
    symbol: str = ""


class ValueMembers:
    """Members of values, over all files.

    Args:
        names: All nodes.
        places: Filled by `add`.
        flags: Modifiers by row.
        texts: Facts of files by their number.
    """

    def __init__(
        self, names: SymbolNames, places: Places, flags: Mapping[int, frozenset[str]], texts: Mapping[int, str]
    ) -> None:
        self._names = names
        self._places = places
        self._flags = flags
        self._texts = texts
        self._read: OrderedDict[int, Facts] = OrderedDict()
        self._solver = Solver(names, places, self.facts, flags)
        self.any = bool(texts)

    def close(self) -> None:
        """Let go of all that was read: parts know each other, and in a process that stays a collection is far away."""
        self._read.clear()
        self._texts = {}
        self._solver.close()

    def facts(self, file: int) -> Facts | None:
        """Return a file's facts."""
        found = self._read.get(file)
        if found is not None:
            self._read.move_to_end(file)
        else:
            text = self._texts.get(file)
            if text is None:
                return None
            found = self._read[file] = Facts.read(text)
            if len(self._read) > _FILES:
                self._read.popitem(last=False)
        return found

    def add(self, files: Numbers, starts: Numbers, targets: Numbers, defining: npt.NDArray[np.bool_]) -> None:
        """Take what the sites of a group lead to; files in order."""
        for file, first, end in _files(files):
            if file in self._texts:
                self._places.add(file, starts[first:end], targets[first:end], defining[first:end])

    def begin(self, on_instances: frozenset[str], stubs: Sequence[tuple[int, int]] = ()) -> None:
        """Note which functions belong to types that they are written outside of, when every place is known.

        Args:
            on_instances: Ids of the fields that methods define on their receiver.
            stubs: Rows of definitions and of what stubs declare of them.
        """
        solver = self._solver
        for definition, declaration in stubs:
            solver.declarations.setdefault(definition, declaration)
            solver.definitions.setdefault(declaration, definition)
        rows = self._names.rows(pa.array(sorted(on_instances), pa.string()))
        solver.on_instances = frozenset(rows.tolist())
        for file in self._texts:
            facts = self.facts(file)
            if facts is not None and facts.passing:
                solver.python.passed.take(file, facts)
            if facts is not None and facts.anonymous:
                self._know_anonymous(file, facts)
            if facts is None or not facts.owners:
                continue
            for row in self._names.rows_of_file(file):
                number = facts.owners.get(int(self._places.defined[row]))
                if number is None or self._names.kind(row) in {"parameter", "import"}:
                    continue
                name = self._names.name(row)
                if self._names.language(file) != "go":
                    solver.extensions.setdefault(name, []).append(row)
                    continue
                owner = self._places.target(file, facts.expressions[number][1])
                if owner >= 0:
                    solver.methods.setdefault((owner, name), []).append(row)

    def _open(self, file: int, place: int) -> bool:
        """Say whether the link engine knew nothing of a place, or only what a type outside may have."""
        target = self._places.target(file, place)
        return target == NOTHING or target >= self._places.count

    def _know_anonymous(self, file: int, facts: Facts) -> None:
        """Have types without a name known by where they begin."""
        rows = [row for row in self._names.rows_of_file(file) if self._names.name(row).startswith("<class")]
        for row, start in zip(rows, sorted(facts.anonymous), strict=False):
            if len(rows) == len(facts.anonymous):
                self._places.defined[row] = start
                self._places.know(file, start, row)

    def filled(
        self, files: Numbers, starts: Numbers, targets: Numbers, defining: npt.NDArray[np.bool_]
    ) -> tuple[Numbers, list[Beside]]:
        """Return the targets of a group's sites with those of values' members, and what some sites name besides."""
        found = targets.copy()
        beside: list[Beside] = []
        for file, first, end in _files(files):
            facts = self.facts(file)
            if facts is None:
                continue
            own = {int(start): first + at for at, start in enumerate(starts[first:end]) if not defining[first + at]}
            named = {
                int(starts[at]): at
                for at in range(first, end)
                if defining[at] and 0 <= targets[at] < self._places.count and self._is_made(int(targets[at]))
            }
            self._solver.forget()
            try:
                answers = self._answers(file, facts)
            except RecursionError:  # what a file says leads too deep: the names of the others have their answers
                self._solver.recover()
                answers = {}
            for place, target in answers.items():
                at = own.get(place)
                if at is not None:
                    found[at] = target
                elif (at := named.get(place)) is not None:  # a constant of an enum runs a constructor
                    beside.append(Beside(at, target, "reference"))
            if facts.its:
                self._choose_its(file, facts, found, (first, end), starts, defining)
            for at in named.values():
                made = self._made_by(int(targets[at]))
                if made != NOTHING:
                    beside.append(Beside(at, made, "definition"))
        return found, beside

    def _choose_its(
        self,
        file: int,
        facts: Facts,
        found: Numbers,
        sites: tuple[int, int],
        starts: Numbers,
        defining: npt.NDArray[np.bool_],
    ) -> None:
        """Have each `it` be that of the lambda that takes something, and leave out those of which none is used."""
        places = range(*sites)
        used = {int(starts[at]): at for at in places if not defining[at]}
        defined = {int(starts[at]): at for at in places if defining[at] and found[at] < NOTHING}
        offered: set[int] = set()
        for place, said in facts.its.items():
            offered.update(start for start, *_ in said[1:])
            at, chosen = used.get(place), self._solver.own_it(file, said)
            if at is None:
                continue
            if chosen >= 0:
                own = defined.get(said[1 + chosen][0])
                found[at] = found[own] if own is not None else found[at]
                continue
            member = self._solver.member_it(file, place)
            found[at] = member[1] if member is not None and member[0] == "node" else NOTHING
        left = {int(found[at]) for at in used.values()}
        for start in offered & defined.keys():
            if int(found[defined[start]]) not in left:
                found[defined[start]] = NOTHING

    def _is_made(self, row: int) -> bool:
        """Say whether a constructor belongs to a definition: a type's own, or that which a constant of an enum runs."""
        kind = self._names.kind(row)
        return (kind in _MADE or kind == "enum_member") and self._names.language_of_row(row) in _IMPLYING

    def _made_by(self, row: int) -> int:
        """Return the constructor that is defined where a type's name stands, or `NOTHING`."""
        if self._names.kind(row) not in _MADE or _OBJECTS & self._flags.get(row, _PLAIN):
            return NOTHING
        written = self._solver.constructors(row)
        if not written:
            return self._places.implied(row)
        of_head = [one for one in written if int(self._places.defined[one]) < 0]
        return of_head[0] if of_head else NOTHING

    def _answers(self, file: int, facts: Facts) -> dict[int, int]:
        """Return what places of a file lead to that the link engine did not know, or not as well."""
        found: dict[int, int] = {}
        for number in facts.members:
            one = facts.expressions[number]
            if one[0] == "field":
                key = self._solver.key(file, one)
                if key is not None:
                    found[one[3]] = key
            elif one[0] == "around":
                found[one[3]] = self._places.target(file, one[1])
            elif one[0] == "argument":
                found[one[3]] = self._solver.argument(file, one)
            else:
                of_lambda = self._solver.is_lambdas(file, facts, one[1])
                if not of_lambda and not self._open(file, one[3]):
                    continue
                target, _ = self._solver.found_member(file, one)
                if target != NOTHING or of_lambda:
                    found[one[3]] = target
        for place in facts.implicit:
            implied = self._solver.implied(file, facts, place)
            if implied is not None and implied[0] != "given":
                found[place] = implied[1]
        for place, arguments in facts.calls.items():
            target = found.get(place, self._places.target(file, place))
            if 0 <= target < self._places.count and self._names.kind(target) in _FUNCTIONS:
                chosen = self._solver.overload(file, target, arguments)
                if chosen != target:
                    found[place] = chosen
            elif 0 <= target < self._places.count and self._names.kind(target) in _MADE:
                chosen = self._solver.constructor(file, target, arguments)
                found[place] = chosen if chosen >= 0 else self._implied(target)
        for place, (made, *arguments) in facts.makes.items():
            target = self._made(file, place, made, found)
            if target >= 0:
                chosen = self._solver.constructor(file, target, arguments)
                found[place] = chosen if chosen >= 0 else self._implied(target)
        return found

    def _made(self, file: int, place: int, made: int, found: Mapping[int, int]) -> int:
        """Return the type that a constructor's call makes an instance of, or -1."""
        target = found.get(place, self._places.target(file, place))
        if made >= 0:
            type_ = self._solver.type(file, made)
            target = type_[1] if type_ is not None and type_[0] == "of" else NOTHING
        return target if 0 <= target < self._places.count and self._names.kind(target) in _MADE else -1

    def _implied(self, row: int) -> int:
        """Return the constructor that a type has without one that is written, else the type."""
        named = int(self._places.defined[row]) >= 0 and self._is_made(row)
        return self._places.implied(row) if named and not self._solver.constructors(row) else row


def _files(files: Numbers) -> list[tuple[int, int, int]]:
    """Return the runs of one file each: its number, the first row, the row after the last."""
    if not len(files):
        return []
    bounds = [0, *(np.flatnonzero(files[1:] != files[:-1]) + 1).tolist(), len(files)]
    return [(int(files[first]), first, end) for first, end in pairwise(bounds)]

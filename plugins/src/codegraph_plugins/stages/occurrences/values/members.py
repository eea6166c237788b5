"""Fills in the members of values where the link engine knew none, files of one group after the other."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from codegraph_plugins.stages.occurrences.symbols import SymbolNames
from codegraph_plugins.stages.occurrences.values.expressions import Facts
from codegraph_plugins.stages.occurrences.values.places import NOTHING, Places
from codegraph_plugins.stages.occurrences.values.solver import Solver

Numbers = npt.NDArray[np.int32]

_FILES: Final = 256
"""Files whose facts are kept as objects; others are texts."""
_FUNCTIONS: Final = frozenset({"function", "method"})


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

    def facts(self, file: int) -> Facts | None:
        """Return a file's facts."""
        found = self._read.get(file)
        if found is None:
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

    def filled(self, files: Numbers, starts: Numbers, targets: Numbers, defining: npt.NDArray[np.bool_]) -> Numbers:
        """Return the targets of a group's sites with those of values' members; `Places` learns them too."""
        found = targets.copy()
        for file, first, end in _files(files):
            facts = self.facts(file)
            if facts is None:
                continue
            own = {int(start): first + at for at, start in enumerate(starts[first:end]) if not defining[first + at]}
            self._solver.forget()
            for place, target in self._answers(file, facts).items():
                at = own.get(place)
                if at is not None:
                    found[at] = target
        return found

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
            elif self._open(file, one[3]):
                target, _ = self._solver.found_member(file, one)
                if target != NOTHING:
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
        return found


def _files(files: Numbers) -> list[tuple[int, int, int]]:
    """Return the runs of one file each: its number, the first row, the row after the last."""
    if not len(files):
        return []
    bounds = [0, *(np.flatnonzero(files[1:] != files[:-1]) + 1).tolist(), len(files)]
    return [(int(files[first]), first, end) for first, end in pairwise(bounds)]

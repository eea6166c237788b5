"""What every place leads to, kept in a few bytes for each: 4 for where it is, 4 for what it means."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

NOTHING: Final = -1
_LOCAL: Final = -2
_IMPLIED: Final = "\0"
"""What the name of a type's unwritten constructor begins with: no name outside the repository does."""

Numbers = npt.NDArray[np.int32]


class Places:
    """Targets by file and start byte.

    A target is a node's row, `NOTHING`, `-2 - n` for the local `n` of the file, or, from `count` on, a name outside.

    Args:
        count: Number of nodes.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.outside: list[str] = []
        self._outside: dict[str, int] = {}
        self._files: dict[int, tuple[Numbers, Numbers]] = {}
        self._locals: dict[int, Numbers] = {}
        self._rows: dict[int, dict[int, int]] = {}
        self.defined: Numbers = np.full(count, -1, np.int32)
        """Where each node's name stands, -1 for none."""

    def external(self, name: str) -> int:
        """Return the number of a name outside the repository."""
        code = self._outside.get(name)
        if code is None:
            code = self._outside[name] = self.count + len(self.outside)
            self.outside.append(name)
        return code

    def implied(self, row: int) -> int:
        """Return the target that stands for the constructor of a type in which none is written."""
        return self.external(f"{_IMPLIED}{row}")

    def implied_in(self, target: int) -> int:
        """Return the row of the type whose unwritten constructor a target is, or -1."""
        text = self.outside[target - self.count] if target >= self.count else ""
        return int(text[len(_IMPLIED) :]) if text.startswith(_IMPLIED) else -1

    @staticmethod
    def local(number: int) -> int:
        """Return the target of a file's local; its own inverse."""
        return _LOCAL - number

    def add(self, file: int, starts: Numbers, targets: Numbers, definition: npt.NDArray[np.bool_]) -> None:
        """Take the sites of a file.

        Args:
            file: Its number.
            starts: int32[n], first byte of each site, in ascending order.
            targets: int32[n].
            definition: bool[n], whether the site defines its target.
        """
        defining = np.flatnonzero(definition)
        rows = targets[defining]
        nodes = (rows >= 0) & (rows < self.count)
        self.defined[rows[nodes][::-1]] = starts[defining][nodes][::-1]
        local = rows <= _LOCAL
        numbers = _LOCAL - rows[local]
        if len(numbers):
            first = np.full(int(numbers.max()) + 1, -1, np.int32)
            first[numbers[::-1]] = starts[defining][local][::-1]
            self._locals[file] = first
        # Where an identifier defines one thing and means another, it is what it means that is asked for.
        order = np.lexsort((definition, starts))
        starts, targets = starts[order], targets[order]
        kept = np.ones(len(starts), bool)
        kept[1:] = starts[1:] != starts[:-1]
        self._files[file] = (starts[kept].copy(), targets[kept].copy())

    def target(self, file: int, start: int) -> int:
        """Return what the identifier at a place leads to."""
        starts, targets = self._files.get(file, _NONE)
        at = int(starts.searchsorted(start))
        if at < len(starts) and int(starts[at]) == start:
            return int(targets[at])
        known = self._rows.get(file)
        return NOTHING if known is None else known.get(start, NOTHING)

    def know(self, file: int, start: int, row: int) -> None:
        """Say which node is known by a place where no identifier stands."""
        self._rows.setdefault(file, {})[start] = row

    def local_definition(self, file: int, number: int) -> int:
        """Return where a local is defined first, or -1."""
        places = self._locals.get(file)
        return int(places[number]) if places is not None and number < len(places) else -1


_NONE: Final = (np.zeros(0, np.int32), np.zeros(0, np.int32))

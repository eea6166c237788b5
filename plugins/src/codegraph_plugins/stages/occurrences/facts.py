"""What a pass over one file's tree says about types, whatever the language.

Expressions are JSON lists, explained in `ecma_expressions.py` and evaluated in `types.py`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from attrs import define

Expression = list[Any]


@define(frozen=True, slots=True)
class Fact:
    """What is known about what stands at a byte.

    Args:
        kind: "fact": the type of what is defined there; "assigned": of a member that is assigned there; "returns",
            "parameters": what the function that begins there gives and takes; "generic": where the type parameters of
            what is named there stand; "bound", "default": of a type parameter; "spread": what the literal there takes
            over; "bases": of the type that is named there; "calls", "constructs", "index": what can be done with it;
            "predicate": what a value is of which the function says yes; "this is", "asserts": what its receiver is
            then, what it asserts that its argument is; "mapped": where the mapped type that begins there has its
            parameter, whose names it keeps and what they are; "class": a class without a name begins there; "star": a
            module exports all of another; "exported": what it exports by a name, with the name; "global": all files
            have what is defined from there to the byte; "module": a module is declared by its specifier there;
            "blanket": the method there is one of all types that a type parameter stands for, with its name and where
            the parameter is defined; "extends": the method there is given to a type, with its name and the type.
        at: The byte.
        expression: One, or a list of them or of bytes.
    """

    kind: str
    at: int
    expression: Any


@define(frozen=True, slots=True)
class Key:
    """A member of a literal: where its name stands, the literal's first byte, the member that it is expected to be.

    One that `keeps` is a member of its literal all the same, as under `satisfies`.
    """

    start: int
    end: int
    name: str
    literal: int
    expected: Expression | None
    keeps: bool = False


@define(frozen=True, slots=True)
class Member:
    """A member access that no scope decides: where its name stands, and the expression `["m", …]`.

    One that stands `beside` is named by an identifier that names a local as well: `Type { name }`.
    """

    start: int
    end: int
    expression: Expression
    beside: bool = False


@define(frozen=True, slots=True)
class Added:
    """A member that is assigned: where its name stands, where the name before it, what is between them."""

    start: int
    end: int
    name: str
    head: int
    path: tuple[str, ...]


@define(frozen=True, slots=True)
class Label:
    """A name of its own kind, such as a loop's, or a local that no scope shows: where it stands and is defined."""

    start: int
    end: int
    definition: int


class FramesByPlace:
    """Finds the innermost of a file's definitions around a byte.

    Args:
        spans: First and last byte of each definition, by its ordinal; they nest.
        numbers: What is answered for each of them, if not its ordinal.
    """

    def __init__(self, spans: Sequence[tuple[int, int]], numbers: Sequence[int] | None = None) -> None:
        self._numbers = numbers
        order = sorted(range(len(spans)), key=lambda one: (spans[one][0], -spans[one][1], one))
        self._starts: list[int] = []
        self._inner: list[int] = []  # what holds from each start on
        open_: list[int] = []
        for one in order:
            start = spans[one][0]
            while open_ and spans[open_[-1]][1] <= start:
                self._mark(spans[open_.pop()][1], open_[-1] if open_ else 0)
            open_.append(one)
            self._mark(start, one)
        while open_:
            self._mark(spans[open_.pop()][1], open_[-1] if open_ else 0)

    def _mark(self, at: int, ordinal: int) -> None:
        self._starts.append(at)
        self._inner.append(ordinal)

    def at(self, place: int) -> int:
        """Return the ordinal of the innermost definition around a byte; the module's where there is none."""
        position = bisect_right(self._starts, place) - 1
        found = self._inner[position] if position >= 0 else 0
        return found if self._numbers is None else self._numbers[found]

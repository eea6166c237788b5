"""Python: the type variables in a type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Type = tuple[Any, ...]


def variables(found: Type | None) -> Iterator[tuple[int, int]]:
    """Yield the keys of the type variables in a type."""
    if found is None:
        return
    what = found[0]
    if what == "variable":
        yield found[1], found[2]
        return
    if what in {"of", "type", "outside"}:
        inner: Sequence[Type | None] = found[2]
    elif what in {"array", "class_of"}:
        inner = (found[1],)
    elif what == "map":
        inner = found[1:]
    elif what in {"tuple", "all"}:
        inner = found[1]
    elif what == "callable":
        inner = (*found[1], *found[2:])
    else:
        return
    for one in inner:
        yield from variables(one)

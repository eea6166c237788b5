"""Members that assignments add to functions, classes and object literals: `load.cache = new Map()`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from codegraph_plugins.stages.occurrences.facts import Added, Expression, Fact, Key, Label, Member


def added_members(
    items: Sequence[Fact | Key | Label | Member | Added], known: Sequence[Any], nodes: Sequence[Sequence[Any]]
) -> Iterator[Key]:
    """Yield the members that are added, each where it is assigned first.

    Args:
        items: What a file says about types.
        known: The file's other sites.
        nodes: Rows of the file's definitions, by ordinal.
    """
    asked = [item for item in items if isinstance(item, Added)]
    if not asked:
        return
    homes, ordinals = _homes(known)
    facts: dict[int, Expression] = {}
    keys: set[tuple[int, str]] = set()
    for item in items:
        if isinstance(item, Fact) and item.kind in {"fact", "assigned"}:
            facts.setdefault(item.at, item.expression)
        elif isinstance(item, Key):
            keys.add((item.literal, item.name))
    members = {(row[4], row[2]) for row in nodes}
    places: dict[tuple[int, str], int] = {}  # what something is added to, and the member → where that stands
    for item in asked:
        place: int | None = homes.get(item.head)
        holder = _holder(place, facts, ordinals, nodes)
        for name in item.path:
            place = places.get((holder, name)) if holder is not None else None
            holder = _holder(place, facts, ordinals, nodes)
        if holder is None or (holder, item.name) in keys or (holder, item.name) in places:
            continue
        owner = ordinals.get(holder)
        if owner is not None and (nodes[owner][0], item.name) in members:
            continue
        places[holder, item.name] = item.start
        yield Key(item.start, item.end, item.name, holder, None)


def _homes(known: Sequence[Any]) -> tuple[dict[int, int], dict[int, int]]:
    """Return where names are defined by where they stand, and ordinals of definitions by where they are named."""
    ordinals: dict[int, int] = {}
    nodes: dict[int, int] = {}
    locals_: dict[int, int] = {}
    for site in known:
        if site.role == "definition" and site.kind == "node":
            ordinals.setdefault(site.start, site.target)
            nodes.setdefault(site.target, site.start)
        elif site.role == "definition" and site.kind == "local":
            locals_.setdefault(site.target, site.start)
    homes: dict[int, int] = {}
    for site in known:
        if site.kind == "local" and site.target in locals_:
            homes[site.start] = locals_[site.target]
        elif (site.kind == "node" or (site.kind == "use" and "." not in site.name)) and site.target in nodes:
            homes[site.start] = nodes[site.target]
    return homes, ordinals


def _holder(
    place: int | None, facts: Mapping[int, Expression], ordinals: Mapping[int, int], nodes: Sequence[Sequence[Any]]
) -> int | None:
    """Return what members are added to: the literal that a variable holds, or the function or class that is named."""
    if place is None:
        return None
    fact, ordinal = facts.get(place), ordinals.get(place)
    if fact is not None and fact[0] == "s":
        found: int = fact[1]
        return found
    is_class = ordinal is not None and nodes[ordinal][1] == "class"
    return place if is_class or (fact is not None and fact[0] == "f") else None

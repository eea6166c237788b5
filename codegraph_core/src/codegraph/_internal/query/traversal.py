"""Walks over edges: breadth first, level by level, by 64-bit keys of node ids; ids are read only for what is returned.

Each level is one lookup for all its nodes. Cycle-safe: a node is expanded once. A start node is part of the
result only if a walk returns to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.types as pt
from attrs import frozen

from codegraph._internal.cancellation import check_cancelled
from codegraph._internal.query.snapshot import Keys, SnapshotLike
from codegraph._internal.store.hashing import column_keys, text_key

CALL_KINDS: Final = ("calls", "instantiates")
_LOOKUP_KEYS: Final = 10_000
_TOGETHER_KEYS: Final = 256
_NONE: Final[Keys] = np.zeros(0, np.uint64)

Direction = Literal["in", "out", "both"]
_NEAR: Final = {"out": ("source_id",), "in": ("target_id",), "both": ("source_id", "target_id")}


@frozen
class EdgeFilter:
    """Which edges a walk follows.

    Args:
        kinds: Their kinds; None is all.
        direction: `out` along the edges, `in` against them, or `both`.
        resolvers: Who made them; None is anyone.
        min_confidence: Least confidence; None is any.
    """

    kinds: tuple[str, ...] | None
    direction: Direction
    resolvers: tuple[str, ...] | None = None
    min_confidence: float | None = None

    def __str__(self) -> str:
        parts = ["all edges" if self.kinds is None else ", ".join(self.kinds)]
        parts += [f"resolver {' or '.join(self.resolvers)}"] if self.resolvers is not None else []
        parts += [f"confidence at least {self.min_confidence:g}"] if self.min_confidence is not None else []
        return "; ".join(parts)

    @property
    def indexes(self) -> str:
        """Names of the edge indexes that the walk uses, for `explain()`."""
        return ", ".join(f"edges.{near}" for near in _NEAR[self.direction])

    def reversed(self) -> EdgeFilter:
        """Return the filter that walks the same edges the other way."""
        turned: dict[str, Direction] = {"in": "out", "out": "in", "both": "both"}
        return EdgeFilter(self.kinds, turned[self.direction], self.resolvers, self.min_confidence)


def id_keys(batches: Iterator[pa.RecordBatch]) -> Keys:
    """Return the distinct keys of the only column of some batches, sorted."""
    keys = [column_keys(_plain(batch.column(0))) for batch in batches]
    return np.unique(np.concatenate(keys)) if keys else _NONE


def reached(snapshot: SnapshotLike, starts: Keys, edges: EdgeFilter, depth: int | None) -> Iterator[Keys]:
    """Yield the keys first reached at distance 1, 2, … (at most `depth`) from any start, each array sorted.

    Memory: 16 bytes for each node reached.
    """
    expanded = found = _NONE
    frontier = starts
    level = 0
    while len(frontier) and (depth is None or level < depth):
        check_cancelled()
        expanded = _union(expanded, frontier)
        fresh = _outside(found, np.unique(_step(snapshot, frontier, edges)[1]))
        if len(fresh):
            found = _union(found, fresh)
            yield fresh
        frontier = _outside(expanded, fresh)
        level += 1


def shortest_path(snapshot: SnapshotLike, starts: Keys, target: str, edges: EdgeFilter, depth: int | None) -> Keys:
    """Return the keys along a shortest walk from any start to the target, both included; empty when there is none.

    Searches from both ends, the smaller frontier first. Of several shortest walks always the same one.
    """
    ahead = _Search(snapshot, np.unique(starts), edges)
    back = _Search(snapshot, np.array([text_key(target)], np.uint64), edges.reversed())
    steps = 0
    while True:
        check_cancelled()
        meeting = ahead.seen[_contains(back.seen, ahead.seen)]
        if len(meeting):
            middle = meeting[0]
            return np.array([*ahead.path(middle)[::-1], *back.path(middle)[1:]], np.uint64)
        if steps == depth or not len(ahead.frontier) or not len(back.frontier):
            return _NONE
        (ahead if len(ahead.frontier) <= len(back.frontier) else back).advance()
        steps += 1


class _Search:
    """One side of a search from both ends."""

    def __init__(self, snapshot: SnapshotLike, starts: Keys, edges: EdgeFilter) -> None:
        self._snapshot = snapshot
        self._edges = edges
        self._levels: list[tuple[Keys, Keys]] = [(starts, starts)]
        self.frontier = starts
        self.seen = starts

    def advance(self) -> None:
        """Go one step further everywhere."""
        positions, ends = _step(self._snapshot, self.frontier, self._edges)
        parents = self.frontier[positions]
        order = np.lexsort((parents, ends))
        keys, first = np.unique(ends[order], return_index=True)
        new = ~_contains(self.seen, keys)
        self.frontier = keys[new]
        self._levels.append((self.frontier, parents[order][first][new]))
        self.seen = _union(self.seen, self.frontier)

    def path(self, key: Any) -> list[Any]:
        """Return the keys from one that was seen back to a start."""
        path = [key]
        for keys, parents in self._levels[:0:-1]:
            place = int(np.searchsorted(keys, path[-1]))
            if place < len(keys) and keys[place] == path[-1]:
                path.append(parents[place])
        return path


def node_batches(snapshot: SnapshotLike, keys: Keys, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Look nodes up by key, in the order of the keys; keys without a node are left out."""
    for start in range(0, len(keys), _LOOKUP_KEYS):
        yield snapshot.nodes_by_key(keys[start : start + _LOOKUP_KEYS], columns)


def level_batches(snapshot: SnapshotLike, levels: Iterator[Keys], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Look up the nodes of some levels, those of one level in the order of their ids.

    Small neighbouring levels share a lookup; a large one holds no more than some thousand whole rows.
    """
    held: list[Keys] = []
    for level in levels:
        held.append(level)
        if sum(map(len, held)) >= _TOGETHER_KEYS:
            yield from _together(snapshot, held, columns)
            held = []
    if held:
        yield from _together(snapshot, held, columns)


def _together(snapshot: SnapshotLike, levels: list[Keys], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    keys = np.concatenate(levels)
    numbers = np.repeat(np.arange(len(levels)), [len(level) for level in levels])
    if len(keys) <= _LOOKUP_KEYS:
        yield snapshot.nodes_by_key(keys, columns, numbers)
        return
    # Many: their ids alone are put in order first.
    yield from node_batches(snapshot, column_keys(snapshot.nodes_by_key(keys, ["id"], numbers).column(0)), columns)


def _step(snapshot: SnapshotLike, frontier: Keys, edges: EdgeFilter) -> tuple[npt.NDArray[np.int64], Keys]:
    """Return, for every edge at the frontier, the position of its near end there and the key of its far end."""
    found = [
        snapshot.edge_ends(
            frontier, near, kinds=edges.kinds, resolvers=edges.resolvers, min_confidence=edges.min_confidence
        )
        for near in _NEAR[edges.direction]
    ]
    if len(found) == 1:
        return found[0]
    return np.concatenate([found[0][0], found[1][0]]), np.concatenate([found[0][1], found[1][1]])


def _union(known: Keys, more: Keys) -> Keys:
    """Return the union of two sorted arrays, sorted."""
    return np.union1d(known, more) if len(known) else more


def _outside(known: Keys, keys: Keys) -> Keys:
    return keys[~_contains(known, keys)] if len(known) else keys


def _contains(known: Keys, keys: Keys) -> npt.NDArray[np.bool_]:
    """Say for every key whether a sorted array holds it."""
    if not len(known):
        return np.zeros(len(keys), np.bool_)
    place = np.searchsorted(known, keys)
    place[place == len(known)] = 0
    held: npt.NDArray[np.bool_] = known[place] == keys
    return held


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pt.is_dictionary(column.type) else column

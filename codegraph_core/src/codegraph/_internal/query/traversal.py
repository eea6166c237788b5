"""Walks over edges: breadth first, level by level, each level one lookup for all its nodes.

Cycle-safe: a node is expanded once. A start node is part of the result only if a walk returns to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from codegraph._internal.query.fields import plain_type
from codegraph._internal.query.snapshot import SnapshotLike
from codegraph._internal.query.sources import INDEX_KEYS_MAX

CALL_KINDS: Final = ("calls", "instantiates")
_LOOKUP_IDS: Final = 1_000

Direction = Literal["in", "out", "both"]


def reached(
    snapshot: SnapshotLike,
    starts: Iterable[str],
    *,
    kinds: Sequence[str] | None,
    direction: Direction,
    depth: int | None,
) -> Iterator[list[str]]:
    """Yield the ids first reached at distance 1, 2, … (at most `depth`) from any start, each list sorted."""
    expanded: set[str] = set()
    found: set[str] = set()
    frontier = sorted(set(starts))
    level = 0
    while frontier and (depth is None or level < depth):
        expanded.update(frontier)
        ends = {end for _, end in _steps(snapshot, frontier, kinds, direction)}
        fresh = sorted(ends - found)
        found.update(fresh)
        if fresh:
            yield fresh
        frontier = [node for node in fresh if node not in expanded]
        level += 1


def shortest_path(
    snapshot: SnapshotLike,
    starts: Iterable[str],
    target: str,
    *,
    kinds: Sequence[str] | None,
    depth: int | None,
) -> list[str]:
    """Return the ids along a shortest path from any start to the target, both included; empty when none.

    Of several shortest paths the one whose ids sort first, compared from the target backwards.
    """
    frontier = sorted(set(starts))
    parents: dict[str, str | None] = dict.fromkeys(frontier)
    level = 0
    while frontier and target not in parents and (depth is None or level < depth):
        fresh: dict[str, str] = {}
        for source, end in _steps(snapshot, frontier, kinds, "out"):
            if end not in parents and (end not in fresh or source < fresh[end]):
                fresh[end] = source
        parents.update(fresh)
        frontier = sorted(fresh)
        level += 1
    path: list[str] = []
    step: str | None = target if target in parents else None
    while step is not None:
        path.append(step)
        step = parents[step]
    return path[::-1]


def node_batches(snapshot: SnapshotLike, ids: Sequence[str], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Look nodes up by id, in the order of the ids; ids without a node are left out."""
    for start in range(0, len(ids), _LOOKUP_IDS):
        yield from snapshot.nodes_by_id(ids[start : start + _LOOKUP_IDS], columns).to_batches()


def _steps(
    snapshot: SnapshotLike, ids: Sequence[str], kinds: Sequence[str] | None, direction: Direction
) -> Iterator[tuple[str, str]]:
    """Yield (from, to) for the edges at some nodes, in the direction walked."""
    if direction != "in":
        yield from _ends(snapshot, ids, kinds, "source_id", "target_id")
    if direction != "out":
        yield from _ends(snapshot, ids, kinds, "target_id", "source_id")


def _ends(
    snapshot: SnapshotLike, ids: Sequence[str], kinds: Sequence[str] | None, near: str, far: str
) -> Iterator[tuple[str, str]]:
    if len(ids) <= INDEX_KEYS_MAX:
        lookup = snapshot.edges_from if near == "source_id" else snapshot.edges_to
        yield from _pairs(lookup(ids, kinds, [near, far]), near, far)
        return
    wanted = pa.array(ids, pa.string())
    allowed = pa.array(kinds, pa.string()) if kinds is not None else None
    for batch in snapshot.scan("edges", columns=["kind", "source_id", "target_id"]):
        mask = _is_in(batch.column(near), wanted)
        if allowed is not None:
            mask = pc.and_(mask, _is_in(batch.column("kind"), allowed))
        yield from _pairs(pa.Table.from_batches([batch.filter(mask)]), near, far)


def _pairs(edges: pa.Table, near: str, far: str) -> Iterator[tuple[str, str]]:
    if edges.num_rows:
        yield from zip(_plain(edges.column(near)).to_pylist(), _plain(edges.column(far)).to_pylist(), strict=True)


def _is_in(values: pa.Array, wanted: pa.Array) -> pa.Array:
    if pt.is_dictionary(values.type):
        return pc.take(pc.is_in(values.dictionary, value_set=wanted), values.indices)
    return pc.is_in(values, value_set=wanted)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(plain_type(column.type))

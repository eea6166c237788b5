"""Rows with the rows that belong to them, looked up in bulk: a few lookups for a thousand rows, never one for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Final, Generic, Literal, TypeVar, overload

import numpy as np
import pyarrow as pa
from attrs import evolve, frozen

from codegraph._internal.cancellation import check_cancelled, chunked, in_thread, threaded
from codegraph._internal.query.fields import nearest
from codegraph._internal.query.objects import Objects
from codegraph._internal.query.output import logical, rebatched
from codegraph._internal.query.plan import Explanation
from codegraph._internal.query.results import CHUNK_ROWS
from codegraph._internal.query.snapshot import Keys, SnapshotLike
from codegraph._internal.query.traversal import CALL_KINDS
from codegraph._internal.rows import Edge, Node
from codegraph._internal.store.hashing import column_keys, text_keys
from codegraph._internal.telling import telling
from codegraph_hookspecs.errors import QueryError
from codegraph_hookspecs.tables import TABLES

R = TypeVar("R")

_NODES_OVER: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "callers": ("target_id", CALL_KINDS),
    "callees": ("source_id", CALL_KINDS),
    "children": ("source_id", ("contains", "defines")),
}
_EDGES_AT: Final = {"out_edges": "source_id", "in_edges": "target_id"}
NODE_RELATIONS: Final = (*_NODES_OVER, *_EDGES_AT, "parent")
EDGE_RELATIONS: Final = ("source", "target")
_INDEXES: Final[Mapping[str, tuple[str, ...]]] = {
    **{relation: (f"edges.{near}", "nodes.id") for relation, (near, _) in _NODES_OVER.items()},
    **{relation: (f"edges.{near}",) for relation, near in _EDGES_AT.items()},
    **dict.fromkeys(("parent", *EDGE_RELATIONS), ("nodes.id",)),
}
"""Relation → the indexes that its rows are found in."""


@frozen
class RelatedNode:
    """A node with rows that belong to it: those that `prefetch` named. Reading another one is an error.

    Args:
        node: The node.
        related: Name of the relation → its rows.
    """

    node: Node
    related: Mapping[str, Any]

    @property
    def callers(self) -> tuple[Node, ...]:
        """Nodes from which a call or instantiation leads here, by id."""
        return tuple(self._get("callers"))

    @property
    def callees(self) -> tuple[Node, ...]:
        """Nodes that this one calls or instantiates, by id."""
        return tuple(self._get("callees"))

    @property
    def children(self) -> tuple[Node, ...]:
        """Nodes that this one contains or defines, by id."""
        return tuple(self._get("children"))

    @property
    def out_edges(self) -> tuple[Edge, ...]:
        """Edges that leave the node, of every kind."""
        return tuple(self._get("out_edges"))

    @property
    def in_edges(self) -> tuple[Edge, ...]:
        """Edges that reach the node, of every kind."""
        return tuple(self._get("in_edges"))

    @property
    def parent(self) -> Node | None:
        """The node that contains this one, or None."""
        found: Node | None = self._get("parent")
        return found

    def _get(self, relation: str) -> Any:
        return _related(self.related, relation)


@frozen
class RelatedEdge:
    """An edge with the nodes at its ends: those that `prefetch` named. Reading another one is an error.

    Args:
        edge: The edge.
        related: `source` or `target` → the node.
    """

    edge: Edge
    related: Mapping[str, Any]

    @property
    def source(self) -> Node | None:
        """The node that the edge leaves; None if the snapshot has no row for it."""
        found: Node | None = _related(self.related, "source")
        return found

    @property
    def target(self) -> Node | None:
        """The node that the edge reaches; None if the snapshot has no row for it."""
        found: Node | None = _related(self.related, "target")
        return found


def _related(related: Mapping[str, Any], relation: str) -> Any:
    if relation not in related:
        raise QueryError(
            f"{relation!r} was not prefetched.",
            code="argument-invalid",
            context={"relation": relation, "remedy": f"Call prefetch({relation!r})."},
        )
    return related[relation]


class Prefetched(Generic[R]):
    """A lazy query for rows with their related rows. Made by `prefetch()`; each reading runs it again.

    Memory: a thousand rows and what belongs to them.
    """

    __slots__ = ("_join", "_plan", "_rows", "_snapshot")

    def __init__(
        self,
        snapshot: SnapshotLike,
        rows: Callable[[], Iterator[pa.RecordBatch]],
        join: Callable[[pa.RecordBatch], list[R]],
        plan: Callable[[], Explanation],
    ) -> None:
        self._snapshot = snapshot
        self._rows = rows
        self._join = join
        self._plan = plan

    def __iter__(self) -> Iterator[R]:
        """Run the query and stream its rows."""
        for batch in self._rows():
            check_cancelled()
            with telling(self._snapshot):
                joined = self._join(batch)
            yield from joined

    @overload
    def execute(self, *, stream: Literal[False] = False) -> list[R]: ...
    @overload
    def execute(self, *, stream: Literal[True]) -> Iterator[R]: ...

    def execute(self, *, stream: bool = False) -> list[R] | Iterator[R]:
        """Run the query; a list, or with `stream` an iterator in bounded memory."""
        return iter(self) if stream else list(self)

    def first(self) -> R | None:
        """Return the first row, or None."""
        return next(iter(self), None)

    def explain(self) -> Explanation:
        """Return the plan that really runs: of the rows, and what is looked up for them."""
        with telling(self._snapshot):
            return self._plan()

    async def aexplain(self) -> Explanation:
        """Return the plan that really runs, made in a worker thread."""
        return await in_thread(self.explain)

    async def aexecute(self) -> list[R]:
        """Run the query in a worker thread and return a list."""
        return await in_thread(lambda: list(self))

    async def afirst(self) -> R | None:
        """Return the first row or None, found in a worker thread."""
        return await in_thread(self.first)

    async def __aiter__(self) -> AsyncIterator[R]:
        """Stream rows, each thousand made in a worker thread when the first of them is awaited."""
        async for chunk in threaded(lambda: chunked(iter(self), CHUNK_ROWS)):
            for row in chunk:
                yield row


def checked_relations(names: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of relations, each once.

    Raises:
        QueryError: There are none, or one is unknown (code `argument-invalid`); it names the nearest.
    """
    for name in names:
        if name not in known:
            near = nearest(str(name), known)
            hint = f"Did you mean {near!r}?" if near else f"Relations: {', '.join(known)}."
            raise QueryError(f"There is no relation {name!r}.", code="argument-invalid", context={"remedy": hint})
    if not names:
        raise QueryError(f"prefetch() takes relations: {', '.join(known)}.", code="argument-invalid")
    return tuple(dict.fromkeys(names))


def prefetched_nodes(
    snapshot: SnapshotLike,
    rows: Callable[[], Iterator[pa.RecordBatch]],
    relations: tuple[str, ...],
    plan: Callable[[], Explanation],
) -> Prefetched[RelatedNode]:
    """Return the query for nodes with their relations.

    Args:
        snapshot: What is read.
        rows: Runs the query for the nodes themselves; batches in the logical schema of nodes.
        relations: Some of `NODE_RELATIONS`.
        plan: Explains the query for the nodes themselves.
    """
    return Prefetched(
        snapshot,
        lambda: rebatched(rows(), CHUNK_ROWS, TABLES["nodes"].schema),
        lambda batch: _with_relations(snapshot, batch, relations),
        lambda: _explained(plan(), relations),
    )


def _explained(plan: Explanation, relations: tuple[str, ...]) -> Explanation:
    return evolve(plan, related=tuple(f"{relation} by index {', '.join(_INDEXES[relation])}" for relation in relations))


def _with_relations(snapshot: SnapshotLike, batch: pa.RecordBatch, relations: tuple[str, ...]) -> list[RelatedNode]:
    nodes: list[Node] = Objects(Node).rows(batch)
    ids = [node.id for node in nodes]
    keys = column_keys(batch.column("id"))
    order = np.argsort(keys)
    steps: dict[str, tuple[Any, Keys]] = {}
    for relation in relations:
        if relation in _NODES_OVER:
            near, kinds = _NODES_OVER[relation]
            positions, ends = snapshot.edge_ends(keys[order], near, kinds=kinds)
            steps[relation] = (order[positions], ends)
        elif relation == "parent":
            held = [(place, node.parent_id) for place, node in enumerate(nodes) if node.parent_id is not None]
            steps[relation] = (np.array([p for p, _ in held], np.int64), text_keys([i for _, i in held]))
    by_key = _nodes_of(snapshot, [ends for _, ends in steps.values()])
    found: dict[str, list[Any]] = {}
    for relation, (places, ends) in steps.items():
        members: list[dict[str, Node]] = [{} for _ in nodes]
        for place, key in zip(places.tolist(), ends.tolist(), strict=True):
            if (member := by_key.get(key)) is not None:
                members[place][member.id] = member
        if relation == "parent":
            found[relation] = [next(iter(each.values()), None) for each in members]
        else:
            found[relation] = [tuple(each[name] for name in sorted(each)) for each in members]
    for relation in relations:
        if relation in _EDGES_AT:
            found[relation] = _edges_at(snapshot, ids, _EDGES_AT[relation])
    return [
        RelatedNode(node, {relation: found[relation][place] for relation in relations})
        for place, node in enumerate(nodes)
    ]


def _nodes_of(snapshot: SnapshotLike, ends: list[Keys]) -> dict[int, Node]:
    """Look up each different node once."""
    keys = np.unique(np.concatenate(ends)) if ends else np.zeros(0, np.uint64)
    if not len(keys):
        return {}
    batch = snapshot.nodes_by_key(keys, TABLES["nodes"].schema.names)
    return dict(zip(column_keys(batch.column("id")).tolist(), Objects(Node).rows(batch), strict=True))


def _edges_at(snapshot: SnapshotLike, ids: list[str], near: str) -> list[tuple[Edge, ...]]:
    lookup = snapshot.edges_from if near == "source_id" else snapshot.edges_to
    schema, objects = TABLES["edges"].schema, Objects(Edge)
    grouped: dict[str, list[Edge]] = {node_id: [] for node_id in ids}
    for part in lookup(ids).to_batches():
        for edge in objects.rows(logical(part, schema)):
            grouped[getattr(edge, near)].append(edge)
    return [tuple(grouped[node_id]) for node_id in ids]


def prefetched_edges(
    snapshot: SnapshotLike,
    rows: Callable[[], Iterator[pa.RecordBatch]],
    relations: tuple[str, ...],
    plan: Callable[[], Explanation],
) -> Prefetched[RelatedEdge]:
    """Return the query for edges with the nodes at their ends; arguments as of `prefetched_nodes`."""

    def join(batch: pa.RecordBatch) -> list[RelatedEdge]:
        keys = {relation: column_keys(batch.column(f"{relation}_id")) for relation in relations}
        by_key = _nodes_of(snapshot, list(keys.values()))
        ends = {relation: [by_key.get(key) for key in found.tolist()] for relation, found in keys.items()}
        return [
            RelatedEdge(edge, {relation: ends[relation][place] for relation in relations})
            for place, edge in enumerate(Objects(Edge).rows(batch))
        ]

    return Prefetched(
        snapshot,
        lambda: rebatched(rows(), CHUNK_ROWS, TABLES["edges"].schema),
        join,
        lambda: _explained(plan(), relations),
    )

"""The query builders that users hold: immutable, reusable, safe to share between threads.

Each method returns a new builder. The order of calls does not matter: a query filters, then removes
duplicates, then orders, then skips and limits, then selects. An aggregation or a traversal starts from the
rows of the query it is called on. The module is long because it is the whole surface, mostly docstrings; the work is
done in its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Self, TypeVar, cast

import attrs
import numpy as np
import pyarrow as pa

from codegraph._internal.cancellation import in_thread
from codegraph._internal.query import plan as plans
from codegraph._internal.query.aggregation import (
    aggregate_schema,
    aggregated,
    bind_aggregates,
    bind_groups,
    counting_rows,
)
from codegraph._internal.query.conditions import And, Not, Predicate, Q, bind_condition
from codegraph._internal.query.fields import ORDERED, Fields, nearest
from codegraph._internal.query.objects import Objects
from codegraph._internal.query.ordering import OrderKey
from codegraph._internal.query.plan import Explanation, Plan
from codegraph._internal.query.prefetch import (
    EDGE_RELATIONS,
    NODE_RELATIONS,
    Prefetched,
    RelatedEdge,
    RelatedNode,
    checked_relations,
    prefetched_edges,
    prefetched_nodes,
)
from codegraph._internal.query.results import CHUNK_ROWS, Results, checked_chunk_size
from codegraph._internal.query.snapshot import Keys, SnapshotLike
from codegraph._internal.query.sources import Batches, RowsSource, Source
from codegraph._internal.query.traversal import (
    CALL_KINDS,
    Direction,
    EdgeFilter,
    id_keys,
    level_batches,
    node_batches,
    reached,
    shortest_path,
)
from codegraph._internal.rows import Edge, Node
from codegraph._internal.store.hashing import text_keys
from codegraph._internal.telling import telling
from codegraph_hookspecs.errors import QueryError
from codegraph_hookspecs.kinds import EDGE_KINDS

R = TypeVar("R")
DictRow = dict[str, Any]
Kinds = str | Sequence[str] | None


class Query(Results[R]):
    """A lazy query whose rows are `R`.

    Iterating runs it and streams rows. `execute()` returns a list.
    """

    __slots__ = ("_plan", "_snapshot")

    def __init__(self, snapshot: SnapshotLike, plan: Plan) -> None:
        self._snapshot = snapshot
        self._plan = plan

    @classmethod
    def over(cls, snapshot: SnapshotLike, source: Source) -> Self:
        """Return the query for all rows of a source."""
        fields = source.fields
        return cls(snapshot, Plan(source=source, outputs=fields.columns))

    # -- building ---------------------------------------------------------------------------------

    def filter(self, *conditions: Q, **fields: Any) -> Self:
        """Keep rows for which every condition holds.

        Args:
            *conditions: `Q` objects.
            **fields: `field=value`, `field=[values]`, or `field__operator=value` with an operator of
                `in ne gt gte lt lte contains startswith endswith regex isnull`. `file_path` takes globs:
                `*` stays in a folder, `**` crosses folders, a pattern without `/` matches at any depth.
                A child of a struct column is `span__start_line`. `regex` uses RE2 and searches. On lists
                `contains` is membership, `in` is "any of these".

        Raises:
            QueryError: An unknown field or operator, or a value of a wrong type; it names the nearest.
        """
        return self._where(self._bound(conditions, fields))

    def exclude(self, *conditions: Q, **fields: Any) -> Self:
        """Keep rows for which not every condition holds: the exact complement of `filter`."""
        return self._where((Not(And(self._bound(conditions, fields))),))

    def order_by(self, *fields: str, descending: bool = False, nulls: Literal["first", "last"] = "last") -> Self:
        """Order by fields, the first most significant; replaces an earlier order.

        Args:
            *fields: Names; a leading `-` turns one key around.
            descending: Largest first, for all keys. Equal rows keep the order they were read in.
            nulls: Where missing values go, for all keys and in either direction.

        Raises:
            QueryError: An unknown field, one that has no order, or another word for `nulls`.
        """
        if nulls not in {"first", "last"}:
            raise QueryError(f"nulls is 'first' or 'last', not {nulls!r}.", code="argument-invalid")
        keys = []
        for name in fields:
            turned = isinstance(name, str) and name.startswith("-")
            field = self._fields.resolve(name[1:] if turned else name)
            if field.family not in ORDERED:
                raise QueryError(
                    f"{self._fields.table}.{field.name} ({field.family}) cannot be ordered by.",
                    code="value-type",
                    context={"table": self._fields.table, "field": field.name},
                )
            keys.append(OrderKey(field, descending != turned, nulls == "first"))
        return self._with(order=tuple(keys))

    def limit(self, count: int | None) -> Self:
        """Keep at most `count` rows; None takes the limit away."""
        return self._with(limit=None if count is None else _natural("limit", count))

    def offset(self, count: int) -> Self:
        """Skip the first `count` rows."""
        return self._with(offset=_natural("offset", count))

    def select(self, *fields: str) -> TableQuery:
        """Keep these columns only; rows are dictionaries."""
        if not fields:
            raise QueryError("select() needs at least one field.", code="argument-invalid")
        outputs = self._fields.resolve_all(dict.fromkeys(fields))
        return TableQuery(self._snapshot, self._checked(attrs.evolve(self._plan, outputs=outputs)))

    def distinct(self) -> Self:
        """Leave out rows that equal an earlier one in all selected columns."""
        return self._with(distinct=True)

    def aggregate(self, *, group_by: str | Sequence[str] = (), **aggregates: str) -> TableQuery:
        """Aggregate the rows of this query.

        Args:
            group_by: Field or fields; without any there is one row.
            **aggregates: `function="field"` or `function_suffix="field"`; functions `count` (of values that
                are not missing), `sum`, `min`, `max`, `avg`.

        Returns:
            A query over the result, groups first, in order of their first row.

        Raises:
            QueryError: An unknown function or field, or a field that the function cannot take.
        """
        fields = self._fields
        groups = bind_groups(fields, group_by)
        bound = bind_aggregates(fields, aggregates)
        schema = aggregate_schema(bound, groups)
        if len(set(schema.names)) < len(schema.names):
            raise QueryError("Two columns of the aggregation have one name.", code="aggregate-invalid")
        needed = tuple(dict.fromkeys([*groups, *(aggregate.field for aggregate in bound)]))
        plan = self._plan
        if not plan.distinct:
            bound = counting_rows(fields, bound, groups)
            needed = tuple(dict.fromkeys([*groups, *(aggregate.field for aggregate in bound)]))
        else:
            missing = [field.name for field in needed if field not in plan.outputs]
            if missing:
                raise QueryError(
                    f"distinct() rows have no field {missing[0]!r}; select() it first.",
                    code="field-unknown",
                    context={"field": missing[0]},
                )

        inner = plan if plan.distinct else attrs.evolve(plan, outputs=_whole_columns(fields, needed))

        def make(_: Sequence[str]) -> Iterator[pa.RecordBatch]:
            yield aggregated(plans.run(inner), bound, groups, schema)

        title = f"aggregate of {fields.table}" + (f" by {', '.join(g.name for g in groups)}" if groups else "")
        source = RowsSource(Fields(title, schema), None, make, lambda: _lines(inner), title)
        return TableQuery.over(self._snapshot, source)

    # -- running ----------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[R]:
        """Run the query and stream its rows."""
        with telling(self._snapshot):
            yield from Objects(self._row_class).stream(plans.run(self._plan))

    def count(self) -> int:
        """Return the number of rows, reading only what the filter needs."""
        with telling(self._snapshot):
            return plans.count(self._plan)

    def first(self) -> R | None:
        """Return the first row, or None."""
        wanted = 1 if self._plan.limit is None else min(1, self._plan.limit)
        return next(iter(self._with(limit=wanted)), None)

    def exists(self) -> bool:
        """Say whether there is any row; stops at the first."""
        plan = attrs.evolve(self._plan, limit=1 if self._plan.limit is None else min(1, self._plan.limit), order=())
        with telling(self._snapshot):
            return next(plans.run(plan), None) is not None

    def explain(self, chunk_size: int = CHUNK_ROWS) -> Explanation:
        """Return the plan that really runs; its text is one line per step."""
        return plans.explain(self._plan, checked_chunk_size(chunk_size))

    @property
    def schema(self) -> pa.Schema:
        """Logical schema of the result."""
        return self._plan.schema

    async def acount(self) -> int:
        """Return the number of rows, counted in a worker thread."""
        return await in_thread(self.count)

    async def afirst(self) -> R | None:
        """Return the first row or None, found in a worker thread."""
        return await in_thread(self.first)

    async def aexists(self) -> bool:
        """Say whether there is any row, found in a worker thread."""
        return await in_thread(self.exists)

    async def aexplain(self, chunk_size: int = CHUNK_ROWS) -> Explanation:
        """Return the plan that really runs, made in a worker thread."""
        return await in_thread(lambda: self.explain(chunk_size))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._fields.table} where {self._plan.predicate}>"

    # -- inside -----------------------------------------------------------------------------------

    def _record_batches(self) -> Iterator[pa.RecordBatch]:
        with telling(self._snapshot):
            yield from plans.decoded(self._plan, plans.run(self._plan))

    @property
    def _fields(self) -> Fields:
        return self._plan.source.fields

    @property
    def _row_class(self) -> Any:
        return self._plan.source.row_class

    def _bound(self, conditions: tuple[Q, ...], fields: dict[str, Any]) -> tuple[Predicate, ...]:
        for condition in conditions:
            if not isinstance(condition, Q):
                raise QueryError(
                    f"A condition is a Q object or a keyword, not {type(condition).__name__}.", code="argument-invalid"
                )
        bound = [condition.bind(self._fields) for condition in conditions]
        return (*bound, *(bind_condition(self._fields, lookup, value) for lookup, value in fields.items()))

    def _where(self, predicates: tuple[Predicate, ...]) -> Self:
        return self._with(predicate=And((*cast("And", self._plan.predicate).children, *predicates)))

    def _with(self, **changes: Any) -> Self:
        return type(self)(self._snapshot, self._checked(attrs.evolve(self._plan, **changes)))

    def _checked(self, plan: Plan) -> Plan:
        if plan.distinct:
            for key in plan.order:
                if key.field not in plan.outputs:
                    raise QueryError(
                        f"distinct() rows cannot be ordered by {key.field.name!r}, which is not selected.",
                        code="argument-invalid",
                        context={"field": key.field.name, "remedy": f"Add {key.field.name!r} to select()."},
                    )
        return plan


class TableQuery(Query[DictRow]):
    """A query whose rows are dictionaries: a selection, an aggregation, or a plugin's table."""

    __slots__ = ()

    @property
    def _row_class(self) -> Any:
        return None


class EdgeQuery(Query[Edge]):
    """A query over edges."""

    __slots__ = ()

    def prefetch(self, *ends: str) -> Prefetched[RelatedEdge]:
        """Return the edges with the nodes at their ends, looked up a thousand edges at a time. Call it last.

        Args:
            *ends: `source`, `target`.

        Raises:
            QueryError: Another name; the error gives the nearest one.
        """
        relations = checked_relations(ends, EDGE_RELATIONS)
        return prefetched_edges(self._snapshot, self._record_batches, relations, self.explain)


class NodeQuery(Query[Node]):
    """A query over nodes, and walks that start from its rows."""

    __slots__ = ()

    def callers(
        self,
        depth: int | None = 1,
        *,
        kinds: Kinds = CALL_KINDS,
        resolver: Kinds = None,
        min_confidence: float | None = None,
    ) -> NodeQuery:
        """Return the nodes from which calls or instantiations lead to these nodes.

        Args:
            depth: Longest walk; None is unlimited. A node of this query is in the result only if a walk
                returns to it (recursion).
            kinds: Edge kinds that count as calls; None is all kinds.
            resolver: Only edges that this resolver, or one of several, made.
            min_confidence: Only edges of at least this confidence, 0 to 1.

        Returns:
            A query over nodes, nearest first, those at one distance by id.

        Raises:
            QueryError: An unknown edge kind, or a depth or confidence out of range.
        """
        return self._walk("callers", _edges(kinds, "in", resolver, min_confidence), depth)

    def callees(
        self,
        depth: int | None = 1,
        *,
        kinds: Kinds = CALL_KINDS,
        resolver: Kinds = None,
        min_confidence: float | None = None,
    ) -> NodeQuery:
        """Return the nodes that these nodes call or instantiate; arguments as of `callers`."""
        return self._walk("callees", _edges(kinds, "out", resolver, min_confidence), depth)

    def neighbors(
        self,
        kinds: Kinds = None,
        depth: int | None = 1,
        *,
        direction: Direction = "both",
        resolver: Kinds = None,
        min_confidence: float | None = None,
    ) -> NodeQuery:
        """Return the nodes that edges of some kinds lead to.

        Args:
            kinds: Edge kinds; None is all.
            depth: Longest walk; None is unlimited.
            direction: `out` along the edges, `in` against them, or `both`.
            resolver: Only edges that this resolver, or one of several, made.
            min_confidence: Only edges of at least this confidence, 0 to 1.
        """
        return self._walk("neighbors", _edges(kinds, direction, resolver, min_confidence), depth)

    def path_to(
        self,
        target: str | Node,
        *,
        kinds: Kinds = CALL_KINDS,
        max_depth: int | None = None,
        direction: Direction = "out",
        resolver: Kinds = None,
        min_confidence: float | None = None,
    ) -> NodeQuery:
        """Return the nodes along a shortest walk from any node of this query to a node, both ends included.

        Args:
            target: Id of the node, or the node.
            kinds: Edge kinds to follow; None is all.
            max_depth: Longest walk; None is unlimited.
            direction: `out` along the edges, `in` against them, or `both`.
            resolver: Only edges that this resolver, or one of several, made.
            min_confidence: Only edges of at least this confidence, 0 to 1.

        Returns:
            A query over nodes in walking order; without rows when there is no walk.
        """
        goal = target.id if isinstance(target, Node) else target
        if not isinstance(goal, str):
            raise QueryError(f"path_to() takes an id or a node, not {type(goal).__name__}.", code="value-type")
        edges, depth, snapshot = _edges(kinds, direction, resolver, min_confidence), _depth(max_depth), self._snapshot

        def make(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            path = shortest_path(snapshot, self._keys(), goal, edges, depth)
            return node_batches(snapshot, path, columns)

        return self._from(make, f"shortest path to {goal} over {edges}", edges)

    def prefetch(self, *relations: str) -> Prefetched[RelatedNode]:
        """Return the nodes with rows that belong to them, looked up a thousand nodes at a time. Call it last.

        Args:
            *relations: `callers`, `callees`, `children`, `parent`, `in_edges`, `out_edges`.

        Returns:
            A lazy query for `RelatedNode`: `row.node`, and a property for each relation.

        Raises:
            QueryError: Another name; the error gives the nearest one.
        """
        checked = checked_relations(relations, NODE_RELATIONS)
        return prefetched_nodes(self._snapshot, self._record_batches, checked, self.explain)

    def similar_to(self, _what: str | Node, k: int = 10) -> NodeQuery:
        """Return the `k` nodes most similar to a text or a node; needs a plugin that makes embeddings.

        Raises:
            PluginError: None is installed (code `not-installed`).
        """
        from codegraph._internal.query.missing import not_installed

        raise not_installed("similar_to()", "embeddings", limit=k)

    def _walk(self, name: str, edges: EdgeFilter, depth: int | None) -> NodeQuery:
        steps, snapshot = _depth(depth), self._snapshot

        def make(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            return level_batches(snapshot, reached(snapshot, self._keys(), edges, steps), columns)

        title = f"{name} over {edges}, depth {'unlimited' if steps is None else steps}"
        return self._from(make, title, edges)

    def _from(self, make: Batches, title: str, edges: EdgeFilter) -> NodeQuery:
        source = RowsSource(
            self._fields, Node, make, lambda: _lines(self._starts()), title, f"{edges.indexes}, nodes.id"
        )
        return NodeQuery.over(self._snapshot, source)

    def _starts(self) -> Plan:
        """Return the plan of a walk's first nodes, of which only ids are read."""
        return attrs.evolve(self._plan, outputs=self._fields.resolve_all(("id",)))

    def _keys(self) -> Keys:
        named = plans.named_ids(self._plan)
        if named is not None:  # a walk from an id that no node has leads nowhere
            return np.unique(text_keys(named))
        return id_keys(plans.run(self._starts()))


def _lines(plan: Plan) -> tuple[str, ...]:
    """Return the lines of `explain()` about a plan that another starts from."""
    return tuple(str(plans.explain(plan, CHUNK_ROWS)).splitlines())


def _whole_columns(fields: Fields, needed: Sequence[Any]) -> tuple[Any, ...]:
    columns = dict.fromkeys(field.column for field in needed)
    return fields.resolve_all(columns)


def _edges(kinds: Kinds, direction: Direction, resolver: Kinds, min_confidence: float | None) -> EdgeFilter:
    if direction not in {"in", "out", "both"}:
        raise QueryError(f"{direction!r} is no direction: in, out, both.", code="argument-invalid")
    followed = _names("kinds", kinds)
    for kind in followed or ():
        if kind not in EDGE_KINDS:
            near = nearest(kind, EDGE_KINDS)
            hint = f"Did you mean {near!r}?" if near else f"Edge kinds: {', '.join(sorted(EDGE_KINDS))}."
            raise QueryError(
                f"There is no edge kind {kind!r}.", code="argument-invalid", context={"kind": kind, "remedy": hint}
            )
    sure = min_confidence
    if sure is not None and (isinstance(sure, bool) or not isinstance(sure, (int, float)) or not 0 <= sure <= 1):
        raise QueryError("min_confidence is a number from 0 to 1.", code="argument-invalid")
    return EdgeFilter(followed, direction, _names("resolver", resolver), sure)


def _names(argument: str, names: Kinds) -> tuple[str, ...] | None:
    if names is None:
        return None
    found = (names,) if isinstance(names, str) else tuple(names)
    if not all(isinstance(name, str) for name in found):
        raise QueryError(f"{argument} takes text or several texts.", code="value-type", context={"argument": argument})
    return found


def _depth(depth: int | None) -> int | None:
    return None if depth is None else _natural("depth", depth, least=1)


def _natural(name: str, value: int, least: int = 0) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise QueryError(
            f"{name} must be an integer of at least {least}.", code="argument-invalid", context={"argument": name}
        )
    return value

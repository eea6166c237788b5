"""The query builders that users hold: immutable, reusable, safe to share between threads.

Each method returns a new builder. The order of calls does not matter: a query filters, then removes
duplicates, then orders, then skips and limits, then selects. An aggregation or a traversal starts from the
rows of the query it is called on. The module is long because it is the whole surface, mostly docstrings; the work is
done in its neighbours.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Final, Generic, Literal, Self, TypeVar, cast, overload

import attrs
import pyarrow as pa

from codegraph._internal.query import plan as plans
from codegraph._internal.query.aggregation import aggregate_schema, aggregated, bind_aggregates, bind_groups
from codegraph._internal.query.conditions import And, Not, Predicate, Q, bind_condition
from codegraph._internal.query.fields import ORDERED, Fields
from codegraph._internal.query.ordering import OrderKey
from codegraph._internal.query.output import rebatched, rows
from codegraph._internal.query.plan import CHUNK_ROWS, Explanation, Plan
from codegraph._internal.query.snapshot import SnapshotLike
from codegraph._internal.query.sources import Batches, RowsSource, Source
from codegraph._internal.query.traversal import CALL_KINDS, Direction, node_batches, reached, shortest_path
from codegraph._internal.rows import Edge, Node
from codegraph_hookspecs.errors import QueryError

R = TypeVar("R")
T = TypeVar("T")
DictRow = dict[str, Any]
_END: Final = object()


class Query(Generic[R]):
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

    def order_by(self, *fields: str, descending: bool = False) -> Self:
        """Order by fields, the first most significant; replaces an earlier order.

        Args:
            *fields: Names; a leading `-` turns one key around.
            descending: Largest first, for all keys. Missing values are last in either direction; equal
                rows keep the order they were read in.
        """
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
            keys.append(OrderKey(field, descending != turned))
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
        if plan.distinct:
            missing = [field.name for field in needed if field not in plan.outputs]
            if missing:
                raise QueryError(
                    f"distinct() rows have no field {missing[0]!r}; select() it first.",
                    code="field-unknown",
                    context={"field": missing[0]},
                )

        def make(_: Sequence[str]) -> Iterator[pa.RecordBatch]:
            inner = plan if plan.distinct else attrs.evolve(plan, outputs=_whole_columns(fields, needed))
            yield aggregated(plans.run(inner), bound, groups, schema)

        title = f"aggregate of {fields.table}" + (f" by {', '.join(g.name for g in groups)}" if groups else "")
        source = RowsSource(Fields(title, schema), None, make, self._lines, title)
        return TableQuery.over(self._snapshot, source)

    # -- running ----------------------------------------------------------------------------------

    @overload
    def execute(self, *, stream: Literal[False] = False, chunk_size: None = None) -> list[R]: ...
    @overload
    def execute(self, *, stream: Literal[True], chunk_size: None = None) -> Iterator[R]: ...
    @overload
    def execute(self, *, stream: bool = False, chunk_size: int) -> Iterator[pa.RecordBatch]: ...

    def execute(
        self, *, stream: bool = False, chunk_size: int | None = None
    ) -> list[R] | Iterator[R] | Iterator[pa.RecordBatch]:
        """Run the query.

        Args:
            stream: Iterate over rows instead of returning a list; memory stays bounded.
            chunk_size: Return record batches of so many rows instead of rows.
        """
        if chunk_size is not None:
            return self.batches(chunk_size)
        return iter(self) if stream else list(self)

    def __iter__(self) -> Iterator[R]:
        """Run the query and stream its rows."""
        row_class = self._row_class
        for batch in plans.run(self._plan):
            for start in range(0, batch.num_rows, 1_000):
                yield from rows(batch.slice(start, 1_000), row_class)

    def batches(self, chunk_size: int = CHUNK_ROWS) -> Iterator[pa.RecordBatch]:
        """Run the query and stream record batches of `chunk_size` rows (the last has fewer), logical schema."""
        size = _natural("chunk_size", chunk_size, least=1)
        return rebatched(plans.decoded(self._plan, plans.run(self._plan)), size, self.schema)

    def to_arrow(self) -> pa.Table:
        """Run the query and return a table in the logical schema."""
        return pa.Table.from_batches(plans.decoded(self._plan, plans.run(self._plan)), schema=self.schema)

    def to_pandas(self) -> Any:
        """Run the query and return a `pandas.DataFrame`.

        Raises:
            QueryError: pandas is not installed (code `dependency-missing`).
        """
        _require("pandas")
        return self.to_arrow().to_pandas()

    def to_polars(self) -> Any:
        """Run the query and return a `polars.DataFrame`.

        Raises:
            QueryError: polars is not installed (code `dependency-missing`).
        """
        return _require("polars").from_arrow(self.to_arrow())

    def count(self) -> int:
        """Return the number of rows, reading only what the filter needs."""
        return plans.count(self._plan)

    def first(self) -> R | None:
        """Return the first row, or None."""
        wanted = 1 if self._plan.limit is None else min(1, self._plan.limit)
        return next(iter(self._with(limit=wanted)), None)

    def exists(self) -> bool:
        """Say whether there is any row; stops at the first."""
        plan = attrs.evolve(self._plan, limit=1 if self._plan.limit is None else min(1, self._plan.limit), order=())
        return next(plans.run(plan), None) is not None

    def explain(self, chunk_size: int = CHUNK_ROWS) -> Explanation:
        """Return the plan that really runs; its text is one line per step."""
        return plans.explain(self._plan, _natural("chunk_size", chunk_size, least=1))

    @property
    def schema(self) -> pa.Schema:
        """Logical schema of the result."""
        return self._plan.schema

    # -- async twins: the same work in a worker thread ----------------------------------------------

    async def aexecute(self) -> list[R]:
        """Run the query in a worker thread and return a list."""
        return await asyncio.to_thread(self.execute)

    async def astream(self, chunk_size: int = CHUNK_ROWS) -> AsyncIterator[pa.RecordBatch]:
        """Stream record batches of `chunk_size` rows, each made in a worker thread."""
        async for batch in _threaded(lambda: self.batches(chunk_size)):
            yield batch

    async def __aiter__(self) -> AsyncIterator[R]:
        """Stream rows, each thousand made in a worker thread."""
        async for chunk in _threaded(lambda: _chunks(iter(self), 1_000)):
            for row in chunk:
                yield row

    async def ato_arrow(self) -> pa.Table:
        """Run the query in a worker thread and return a table."""
        return await asyncio.to_thread(self.to_arrow)

    async def acount(self) -> int:
        """Return the number of rows, counted in a worker thread."""
        return await asyncio.to_thread(self.count)

    async def afirst(self) -> R | None:
        """Return the first row or None, found in a worker thread."""
        return await asyncio.to_thread(self.first)

    async def aexists(self) -> bool:
        """Say whether there is any row, found in a worker thread."""
        return await asyncio.to_thread(self.exists)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._fields.table} where {self._plan.predicate}>"

    # -- inside -----------------------------------------------------------------------------------

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

    def _lines(self) -> tuple[str, ...]:
        return tuple(str(self.explain()).splitlines())


class TableQuery(Query[DictRow]):
    """A query whose rows are dictionaries: a selection, an aggregation, or a plugin's table."""

    __slots__ = ()

    @property
    def _row_class(self) -> Any:
        return None


class EdgeQuery(Query[Edge]):
    """A query over edges."""

    __slots__ = ()


class NodeQuery(Query[Node]):
    """A query over nodes, and walks that start from its rows."""

    __slots__ = ()

    def callers(self, depth: int | None = 1) -> NodeQuery:
        """Return the nodes from which calls or instantiations lead to these nodes.

        Args:
            depth: Longest walk; None is unlimited. A node of this query is in the result only if a walk
                returns to it (recursion).

        Returns:
            A query over nodes, nearest first.
        """
        return self._walk("callers", CALL_KINDS, "in", depth)

    def callees(self, depth: int | None = 1) -> NodeQuery:
        """Return the nodes that these nodes call or instantiate; see `callers`."""
        return self._walk("callees", CALL_KINDS, "out", depth)

    def neighbors(
        self,
        kinds: str | Sequence[str] | None = None,
        depth: int | None = 1,
        *,
        direction: Direction = "both",
    ) -> NodeQuery:
        """Return the nodes that edges of some kinds lead to.

        Args:
            kinds: Edge kinds; None is all.
            depth: Longest walk; None is unlimited.
            direction: `out` along the edges, `in` against them, or `both`.
        """
        if direction not in {"in", "out", "both"}:
            raise QueryError(f"{direction!r} is no direction: in, out, both.", code="argument-invalid")
        return self._walk("neighbors", _kinds(kinds), direction, depth)

    def path_to(
        self, target: str | Node, *, kinds: str | Sequence[str] | None = CALL_KINDS, max_depth: int | None = None
    ) -> NodeQuery:
        """Return the nodes along a shortest walk from any node of this query to a node, both ends included.

        Args:
            target: Id of the node, or the node.
            kinds: Edge kinds to follow; None is all.
            max_depth: Longest walk; None is unlimited.

        Returns:
            A query over nodes in walking order; without rows when there is no walk.
        """
        goal = target.id if isinstance(target, Node) else target
        if not isinstance(goal, str):
            raise QueryError(f"path_to() takes an id or a node, not {type(goal).__name__}.", code="value-type")
        followed, depth, snapshot = _kinds(kinds), _depth(max_depth), self._snapshot

        def make(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            path = shortest_path(snapshot, self._ids(), goal, kinds=followed, depth=depth)
            return node_batches(snapshot, path, columns)

        return self._from(make, f"shortest path to {goal} over {_named(followed)}")

    def similar_to(self, _what: str | Node, k: int = 10) -> NodeQuery:
        """Return the `k` nodes most similar to a text or a node; needs a plugin that makes embeddings.

        Raises:
            PluginError: None is installed (code `not-installed`).
        """
        from codegraph._internal.query.missing import not_installed

        raise not_installed("similar_to()", "embeddings", limit=k)

    def _walk(self, name: str, kinds: Sequence[str] | None, direction: Direction, depth: int | None) -> NodeQuery:
        steps, snapshot = _depth(depth), self._snapshot

        def make(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            for level in reached(snapshot, self._ids(), kinds=kinds, direction=direction, depth=steps):
                yield from node_batches(snapshot, level, columns)

        return self._from(make, f"{name} over {_named(kinds)}, depth {'unlimited' if steps is None else steps}")

    def _from(self, make: Batches, title: str) -> NodeQuery:
        source = RowsSource(self._fields, Node, make, self._lines, title)
        return NodeQuery.over(self._snapshot, source)

    def _ids(self) -> Iterator[str]:
        outputs = self._fields.resolve_all(("id",))
        for batch in plans.decoded(chosen := attrs.evolve(self._plan, outputs=outputs), plans.run(chosen)):
            yield from batch.column("id").to_pylist()


def _whole_columns(fields: Fields, needed: Sequence[Any]) -> tuple[Any, ...]:
    columns = dict.fromkeys(field.column for field in needed)
    return fields.resolve_all(columns)


def _kinds(kinds: str | Sequence[str] | None) -> tuple[str, ...] | None:
    return (kinds,) if isinstance(kinds, str) else None if kinds is None else tuple(kinds)


def _named(kinds: Sequence[str] | None) -> str:
    return "all edges" if kinds is None else ", ".join(kinds)


def _depth(depth: int | None) -> int | None:
    return None if depth is None else _natural("depth", depth, least=1)


def _natural(name: str, value: int, least: int = 0) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise QueryError(
            f"{name} must be an integer of at least {least}.", code="argument-invalid", context={"argument": name}
        )
    return value


def _require(package: str) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise QueryError(
            f"{package} is not installed.",
            code="dependency-missing",
            context={"package": package, "remedy": f"Run: pip install {package}"},
            cause=error,
        ) from error


def _chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    import itertools

    while chunk := list(itertools.islice(items, size)):
        yield chunk


async def _threaded(make: Callable[[], Iterator[T]]) -> AsyncIterator[T]:
    """Iterate in worker threads, one step at a time."""
    iterator = await asyncio.to_thread(make)
    while (item := await asyncio.to_thread(next, iterator, cast("T", _END))) is not _END:
        yield item

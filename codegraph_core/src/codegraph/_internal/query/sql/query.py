"""`sql()`: a lazy SELECT over a snapshot; it runs each time something is read from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from codegraph._internal.cancellation import in_thread
from codegraph._internal.query.missing import OPTIONAL, require_layer
from codegraph._internal.query.objects import Objects
from codegraph._internal.query.output import logical
from codegraph._internal.query.results import Results
from codegraph._internal.query.snapshot import SnapshotLike
from codegraph._internal.query.sources import public_tables
from codegraph._internal.telling import telling
from codegraph_hookspecs.errors import QueryError

if TYPE_CHECKING:
    from codegraph._internal.query.sql.engine import Engine

TIMEOUT_S: Final = 30.0
MEMORY_LIMIT_BYTES: Final = 2**30


def sql(
    snapshot: SnapshotLike,
    text: str,
    params: Sequence[Any] | Mapping[str, Any] | None = None,
    *,
    timeout_s: float | None = TIMEOUT_S,
    memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
) -> SqlQuery:
    """Return a lazy query for one SELECT over a snapshot's tables.

    Args:
        snapshot: What is read; queries keep it alive.
        text: One SELECT in DuckDB's dialect over the tables of the data contract and of plugins. In the text,
            `?` and `$1` stand for a sequence's values, `$name` for a mapping's.
        params: Those values: text, numbers, truth values, bytes, None, lists of these.
        timeout_s: Seconds of the engine's work; the time a consumer takes between batches does not count.
            None is unlimited.
        memory_limit_bytes: Memory of the engine, at least 1 MiB. It never spills to disk.

    Raises:
        QueryError: The text is not exactly one SELECT (`sql-refused`), cannot be read (`sql-invalid`), names
            an unknown table (`table-unknown`) or one that nobody asked for (`layer-missing`), or a parameter or
            limit is not allowed. What only the engine can tell, such as an unknown column (`sql-invalid`) or an
            exceeded limit (`sql-limit`), is raised when the query runs.
    """
    from codegraph._internal.query.sql.engine import Limits, checked_parameters
    from codegraph._internal.query.sql.statement import checked_statement

    if timeout_s is not None and (isinstance(timeout_s, bool) or not timeout_s > 0):
        raise QueryError("timeout_s is a positive number of seconds, or None.", code="argument-invalid")
    if isinstance(memory_limit_bytes, bool) or not isinstance(memory_limit_bytes, int) or memory_limit_bytes < 2**20:
        raise QueryError("memory_limit_bytes is an integer of at least 1 MiB.", code="argument-invalid")
    statement = checked_statement(text, sorted({*public_tables(snapshot), *OPTIONAL}))
    for table in statement.tables:
        if table in OPTIONAL:
            require_layer(snapshot, table)
    return SqlQuery(snapshot, statement, checked_parameters(params), Limits(timeout_s, memory_limit_bytes))


class SqlQuery(Results[dict[str, Any]]):
    """A lazy SELECT whose rows are dictionaries. Made by `sql()`; reusable, and safe to share between threads.

    Each execution has an engine of its own and reads the same snapshot, so each gives the same rows.
    """

    __slots__ = ("_known_schema", "_limits", "_params", "_snapshot", "_statement")

    def __init__(self, snapshot: SnapshotLike, statement: Any, params: Any, limits: Any) -> None:
        self._snapshot = snapshot
        self._statement = statement
        self._params = params
        self._limits = limits
        self._known_schema: pa.Schema | None = None

    @property
    def text(self) -> str:
        """The statement."""
        return str(self._statement.text)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it reads, sorted."""
        return tuple(self._statement.tables)

    @property
    def schema(self) -> pa.Schema:
        """Schema of the result; asks the engine the first time, and reads no row."""
        if self._known_schema is None:
            with self._engine() as engine:
                self._known_schema = engine.schema(self._params)
        return self._known_schema

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Run the statement and stream its rows as dictionaries."""
        return Objects(None).stream(self._record_batches())

    def first(self) -> dict[str, Any] | None:
        """Return the first row, or None."""
        return next(iter(self), None)

    async def afirst(self) -> dict[str, Any] | None:
        """Return the first row or None, found in a worker thread."""
        return await in_thread(self.first)

    async def aschema(self) -> pa.Schema:
        """Return the schema of the result, asked for in a worker thread; see `schema`."""
        return await in_thread(lambda: self.schema)

    def explain(self) -> str:
        """Return the engine's plan as text: which columns and filters each scan was given, and what follows."""
        with self._engine() as engine:
            return str(engine.plan(self._params))

    async def aexplain(self) -> str:
        """Return the engine's plan, made in a worker thread."""
        return await in_thread(self.explain)

    def _record_batches(self) -> Iterator[pa.RecordBatch]:
        with self._engine() as engine:
            for batch in engine.batches(self._params):
                if self._known_schema is None:
                    self._known_schema = batch.schema
                yield batch if batch.schema == self._known_schema else logical(batch, self._known_schema)

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        from codegraph._internal.query.sql.engine import Engine

        with telling(self._snapshot), closing(Engine(self._snapshot, self._statement, self._limits)) as engine:
            yield engine

    def __repr__(self) -> str:
        return f"<SqlQuery {self.text[:80]!r}>"

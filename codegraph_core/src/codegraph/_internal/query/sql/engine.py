"""A DuckDB of its own for each execution, sealed before any user's text reaches it, that reads a snapshot's tables.

A table is lent as a dataset whose scanner streams only the columns and rows that DuckDB asks for: DuckDB
pushes projections and filters down into it, and the snapshot's batches are handed over without a copy.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.dataset as ds
from attrs import frozen

from codegraph._internal.cancellation import check_cancelled, interrupting
from codegraph._internal.query.snapshot import SnapshotLike
from codegraph._internal.query.sources import table_schema
from codegraph._internal.query.sql.statement import Statement, check_tree
from codegraph_hookspecs.errors import CodeGraphError, ErrorCategory, QueryError

_READ_ROWS: Final = 10_000
_THREADS_MAX: Final = 4


@frozen
class Limits:
    """What one execution may use.

    Args:
        timeout_s: Seconds of DuckDB's own work; a slow consumer does not use them up. None is unlimited.
        memory_limit_bytes: Memory of DuckDB. It never writes to disk: a query that needs more fails.
    """

    timeout_s: float | None
    memory_limit_bytes: int


class Engine:
    """One sealed DuckDB with the tables that a statement reads. Use it from one thread at a time, and close it."""

    def __init__(self, snapshot: SnapshotLike, statement: Statement, limits: Limits) -> None:
        import duckdb

        self._limits = limits
        self._left_s = limits.timeout_s
        self._statement = statement
        self._timed_out = False
        self._lent = [_Table(snapshot, name) for name in statement.tables]
        self._connection = duckdb.connect(":memory:", config=_configuration(limits))
        try:
            with self._translated():
                for table in self._lent:
                    self._connection.register(table.name, table)
                [(text,)] = self._connection.execute("SELECT json_serialize_sql(?)", [statement.text]).fetchall()
            check_tree(json.loads(text))
        except BaseException:
            self._connection.close()
            raise

    def schema(self, parameters: Any) -> pa.Schema:
        """Return the schema of the result; reads no row."""
        with self._translated(), self._timed():
            return self._relation(parameters).limit(0).to_arrow_table().schema

    def plan(self, parameters: Any) -> str:
        """Return DuckDB's plan as text."""
        with self._translated(), self._timed():
            rows = self._connection.execute(f"EXPLAIN {self._statement.text}", parameters or None).fetchall()
            return "\n".join(str(row[-1]) for row in rows)

    def batches(self, parameters: Any) -> Iterator[pa.RecordBatch]:
        """Run the statement and stream its batches; each is computed when it is asked for."""
        with self._translated():
            with self._timed():
                reader = self._relation(parameters).to_arrow_reader(_READ_ROWS)
            while True:
                check_cancelled()
                with self._timed():
                    try:
                        batch = reader.read_next_batch()
                    except StopIteration:
                        return
                yield batch

    def close(self) -> None:
        """Let go of the tables and of DuckDB's memory."""
        self._connection.close()
        self._lent.clear()

    def _relation(self, parameters: Any) -> Any:
        return self._connection.sql(self._statement.text, params=parameters or None)

    @contextlib.contextmanager
    def _timed(self) -> Iterator[None]:
        """Interrupt the block when the time is used up or the caller goes away."""
        with interrupting(self._connection.interrupt):
            if self._left_s is None:
                yield
                return
            watch = threading.Timer(max(self._left_s, 0.0), self._stop)
            watch.daemon = True
            started = time.monotonic()
            watch.start()
            try:
                yield
            finally:
                watch.cancel()
                self._left_s -= time.monotonic() - started

    def _stop(self) -> None:
        self._timed_out = True
        self._connection.interrupt()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn DuckDB's errors, and those of the tables that it read, into ours."""
        import duckdb

        try:
            yield
        except (duckdb.Error, OSError, pa.ArrowException) as error:
            failed = next((table.error for table in self._lent if table.error is not None), None)
            if failed is not None:
                raise failed from None
            check_cancelled()
            raise self._translation(error) from error

    def _translation(self, error: Exception) -> QueryError:
        text = str(error).strip()
        if self._timed_out:
            return QueryError(
                f"The SQL did not finish within {self._limits.timeout_s:g} s.",
                code="sql-limit",
                context={"limit": "timeout_s", "remedy": "Narrow the query, or raise timeout_s."},
            )
        if "Out of Memory" in text[:60]:
            return QueryError(
                f"The SQL needs more than {self._limits.memory_limit_bytes / 2**20:,.0f} MiB.",
                code="sql-limit",
                context={
                    "limit": "memory_limit_bytes",
                    "remedy": "Narrow the query, select fewer columns, or raise memory_limit_bytes.",
                },
            )
        return QueryError(
            text.splitlines()[0][:500] if text else "DuckDB refused the SQL.",
            code="sql-invalid",
            context={"reason": text[:2_000]},
            category=ErrorCategory.PERMANENT,
        )


def threads() -> int:
    """Return how many threads an execution uses."""
    return max(1, min(_THREADS_MAX, os.cpu_count() or 1))


def _configuration(limits: Limits) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "allow_community_extensions": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "enable_external_access": "false",
        "memory_limit": f"{limits.memory_limit_bytes // 2**10}KiB",
        "python_enable_replacements": "false",  # a table name never means a Python variable
        "temp_directory": "",
        "threads": threads(),
        "lock_configuration": "true",
    }


class _Table(ds.Dataset):  # type: ignore[misc]
    """A snapshot's table as DuckDB reads Arrow datasets: by `schema` and `scanner(columns, filter)`.

    Attributes:
        name: The table.
        error: What went wrong while it was read; DuckDB passes on its text only.
    """

    def __init__(self, snapshot: SnapshotLike, name: str) -> None:
        # The base class has no constructor; it is only there for DuckDB to know the object by.
        self._snapshot = snapshot
        self.name = name
        self._schema = table_schema(snapshot, name)
        self.error: CodeGraphError | None = None

    @property
    def schema(self) -> pa.Schema:
        return self._schema

    def scanner(self, columns: Sequence[str] | None = None, filter: Any = None, **_: Any) -> _Scan:  # noqa: A002
        return _Scan(self, columns, filter)

    def read(self, columns: Sequence[str] | None, predicate: Any) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._snapshot.scan(self.name, columns, predicate)
        except CodeGraphError as error:
            self.error = error
            raise


class _Scan:
    """One reading of a table; DuckDB may ask for several."""

    def __init__(self, table: _Table, columns: Sequence[str] | None, predicate: Any) -> None:
        self._table = table
        self._columns = None if columns is None else list(columns)
        self._predicate = predicate
        names = table.schema.names if columns is None else columns
        self.projected_schema = pa.schema([table.schema.field(name) for name in names])

    def to_reader(self) -> pa.RecordBatchReader:
        batches = self._table.read(self._columns, self._predicate)
        return pa.RecordBatchReader.from_batches(self.projected_schema, batches)


def checked_parameters(parameters: Sequence[Any] | Mapping[str, Any] | None) -> list[Any] | dict[str, Any] | None:
    """Return the values for a statement's placeholders.

    Raises:
        QueryError: They are neither a sequence nor a mapping, or a value is not plain (code `value-type`).
    """
    if parameters is None:
        return None
    if isinstance(parameters, Mapping):
        return {str(name): _plain(value) for name, value in parameters.items()}
    if isinstance(parameters, (str, bytes)) or not isinstance(parameters, Sequence):
        raise QueryError("params is a sequence, for ? or $1, or a mapping, for $name.", code="value-type")
    return [_plain(value) for value in parameters]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    raise QueryError(
        f"A parameter is text, a number, a truth value, bytes, None, or a list of these, not {type(value).__name__}.",
        code="value-type",
    )

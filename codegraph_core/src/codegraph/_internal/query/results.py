"""What a lazy query gives: rows, lists, record batches, tables, an Arrow stream, and the asynchronous twins of each.

Shared by the query builders and by SQL. Whoever derives from `Results` says what its batches and rows are.
"""

from __future__ import annotations

import abc
import importlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, Generic, Literal, TypeVar, overload

import pyarrow as pa

from codegraph._internal.cancellation import chunked, in_thread, threaded
from codegraph._internal.query.output import rebatched
from codegraph_hookspecs.errors import QueryError

R = TypeVar("R")

CHUNK_ROWS: Final = 1_000
"""Rows of a batch where the caller does not say."""
CHUNK_ROWS_MAX: Final = 10_000
"""Largest `chunk_size`: a batch of a few megabytes, so that memory stays bounded whatever the query."""


class Results(abc.ABC, Generic[R]):
    """The results of a lazy query whose rows are `R`; each call runs the query again."""

    __slots__ = ()

    @property
    @abc.abstractmethod
    def schema(self) -> pa.Schema:
        """Logical schema of the result."""

    @abc.abstractmethod
    def __iter__(self) -> Iterator[R]:
        """Run the query and stream its rows."""

    @abc.abstractmethod
    def _record_batches(self) -> Iterator[pa.RecordBatch]:
        """Run the query; batches of any size in the logical schema."""

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
            chunk_size: Return record batches of so many rows (1 to 10,000) instead of rows.
        """
        if chunk_size is not None:
            return self.batches(chunk_size)
        return iter(self) if stream else list(self)

    def batches(self, chunk_size: int = CHUNK_ROWS) -> Iterator[pa.RecordBatch]:
        """Run the query and stream record batches, each made when it is asked for.

        Args:
            chunk_size: Rows of each batch, 1 to 10,000; the last has fewer.

        Returns:
            Batches in the logical schema. Dropping the iterator releases what the query holds.

        Raises:
            QueryError: `chunk_size` is out of range (code `argument-invalid`).
        """
        size = checked_chunk_size(chunk_size)
        return rebatched(self._record_batches(), size, self.schema)

    def to_arrow(self) -> pa.Table:
        """Run the query and return a table in the logical schema."""
        return pa.Table.from_batches(self._record_batches(), schema=self.schema)

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

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Run the query as an Arrow C stream (the Arrow PyCapsule interface).

        polars, pandas, DuckDB, pyarrow and others take the query itself where they take a table, and pull
        batches of at most 10,000 rows as they need them.

        Args:
            requested_schema: Capsule of a schema that the consumer would like; cast to where Arrow can.
        """
        batches = rebatched(self._record_batches(), CHUNK_ROWS_MAX, self.schema)
        reader = pa.RecordBatchReader.from_batches(self.schema, batches)
        return reader.__arrow_c_stream__(requested_schema)

    # -- asynchronous twins: the same work in a worker thread, stopped when the task is cancelled -----------

    async def aexecute(self) -> list[R]:
        """Run the query in a worker thread and return a list."""
        return await in_thread(lambda: list(self))

    async def astream(self, chunk_size: int = CHUNK_ROWS) -> AsyncIterator[pa.RecordBatch]:
        """Stream record batches, each made in a worker thread when it is awaited; see `batches`.

        A consumer that stops early should close the generator (`contextlib.aclosing`), or let the event loop
        do it when the generator is dropped; either releases what the query holds.
        """
        size = checked_chunk_size(chunk_size)
        async for batch in threaded(lambda: self.batches(size)):
            yield batch

    async def __aiter__(self) -> AsyncIterator[R]:
        """Stream rows, each thousand made in a worker thread when the first of them is awaited."""
        async for chunk in threaded(lambda: chunked(iter(self), CHUNK_ROWS)):
            for row in chunk:
                yield row

    async def ato_arrow(self) -> pa.Table:
        """Run the query in a worker thread and return a table."""
        return await in_thread(self.to_arrow)

    async def ato_pandas(self) -> Any:
        """Run the query in a worker thread and return a `pandas.DataFrame`."""
        return await in_thread(self.to_pandas)

    async def ato_polars(self) -> Any:
        """Run the query in a worker thread and return a `polars.DataFrame`."""
        return await in_thread(self.to_polars)


def checked_chunk_size(value: int) -> int:
    """Return a chunk size, if it is one.

    Raises:
        QueryError: It is no integer from 1 to 10,000 (code `argument-invalid`).
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= CHUNK_ROWS_MAX:
        raise QueryError(
            f"chunk_size must be an integer from 1 to {CHUNK_ROWS_MAX:,}.",
            code="argument-invalid",
            context={"argument": "chunk_size", "value": repr(value)[:100], "remedy": "Use to_arrow() for one table."},
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

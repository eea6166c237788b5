"""What queries need of a snapshot reader: the store's, or one made for a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Keys = npt.NDArray[np.uint64]
"""Keys of node ids: 64-bit hashes (`store.hashing`) that walks follow instead of text."""


class SnapshotLike(Protocol):
    """What queries need of a snapshot reader; `codegraph._internal.store.Snapshot` is one."""

    @property
    def id(self) -> str:
        """The snapshot's id."""
        ...

    def tables(self) -> list[str]:
        """Return the names of the tables that exist."""
        ...

    def count(self, table: str) -> int:
        """Return a table's number of rows."""
        ...

    def scan(
        self, table: str, columns: Sequence[str] | None = None, predicate: pc.Expression | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Stream a table in its physical schema."""
        ...

    def chosen(
        self, table: str, first: Sequence[str], columns: Sequence[str]
    ) -> Iterator[tuple[pa.RecordBatch, Callable[[npt.NDArray[np.int64]], pa.RecordBatch]]]:
        """Stream some columns of a table, each batch with a function that reads others of some of its rows."""
        ...

    def rows_at(
        self, table: str, places: npt.NDArray[np.int64], columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Return the rows at some ascending positions of `scan`."""
        ...

    def nodes_by_id(self, ids: Sequence[str], columns: Sequence[str] | None = None) -> pa.Table:
        """Look nodes up by id; rows in the order of the ids, none for an unknown id."""
        ...

    def nodes_by_fqn(self, fqn: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Look nodes up by fqn."""
        ...

    def nodes_by_name(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Look nodes up by name."""
        ...

    def edges_from(
        self, ids: Sequence[str], kinds: Sequence[str] | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the edges that leave nodes."""
        ...

    def edges_to(
        self, ids: Sequence[str], kinds: Sequence[str] | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the edges that reach nodes."""
        ...

    def edge_ends(
        self,
        keys: Keys,
        near: str,
        *,
        kinds: Sequence[str] | None = None,
        resolvers: Sequence[str] | None = None,
        min_confidence: float | None = None,
    ) -> tuple[npt.NDArray[np.int64], Keys]:
        """Follow edges: positions in `keys` of the nodes they were found at, and keys of their other ends."""
        ...

    def nodes_by_key(
        self, keys: Keys, columns: Sequence[str], levels: npt.NDArray[np.int64] | None = None
    ) -> pa.RecordBatch:
        """Look nodes up by key; rows in the logical schema, as the keys are, or by level and id."""
        ...

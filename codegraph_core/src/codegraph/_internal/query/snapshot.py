"""What queries need of a snapshot reader: the store's, or one made for a test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc


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

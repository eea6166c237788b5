"""What stages and analyzers see of an incremental run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any

import pyarrow as pa

from codegraph._internal.pipeline.context import Context

Previous = Callable[[str, Sequence[str] | None], Iterator[pa.RecordBatch]]


class UpdatingContext(Context):
    """Implements `codegraph_hookspecs.UpdateContext`.

    Args:
        resident: The stage's own.
        previous: Gives an IR table as it was.
        current: Gives the rows of a table that files have which were added or modified.
        **values: As for `Context`.
    """

    def __init__(
        self,
        *,
        resident: MutableMapping[str, Any],
        previous: Previous,
        current: Callable[[str], Sequence[pa.RecordBatch]],
        **values: Any,
    ) -> None:
        super().__init__(**values)
        self.resident = resident
        self._previous = previous
        self._current = current

    def previous(self, table: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Stream an IR table as it was at the start, whole files in path order."""
        self.check()
        return self._checked(self._previous(table, columns))

    def current(self, table: str) -> Sequence[pa.RecordBatch]:
        """Return the IR rows of the files that were added or modified, whole files in path order."""
        self.check()
        return self._current(table)

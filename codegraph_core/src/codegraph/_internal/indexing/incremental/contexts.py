"""What stages and analyzers see of an incremental run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from codegraph._internal.pipeline.context import Context, FileReader


class Previous(Protocol):
    """What a run starts from, as stages see it."""

    def rows(
        self,
        table: str,
        columns: Sequence[str] | None,
        files: Collection[str] | None,
        where: Mapping[str, Sequence[str]],
    ) -> Iterator[pa.RecordBatch]:
        """Give rows of an IR table; see `UpdateContext.previous`."""
        ...

    def named_nodes(self, stage: str) -> Sequence[pa.RecordBatch] | None:
        """Return what files name; see `UpdateContext.named_nodes`."""
        ...


class UpdatingContext(Context):
    """Implements `codegraph_hookspecs.UpdateContext`.

    Args:
        resident: The stage's own.
        previous: What the run starts from.
        current: Gives the rows of a table that files have which were added or modified.
        parsed: Gives the parser's rows of a table that files have which are written anew.
        disk: Reads files without a note of it.
        undo_with: Takes what puts `resident` back.
        wait: Takes the tables whose rows wait.
        may_wait: Whether any may.
        waiting: Files whose rows of the stage wait.
        **values: As for `Context`.
    """

    def __init__(
        self,
        *,
        resident: MutableMapping[str, Any],
        previous: Previous,
        current: Callable[[str], Sequence[pa.RecordBatch]],
        parsed: Callable[[str], Sequence[pa.RecordBatch]],
        disk: FileReader,
        undo_with: Callable[[Callable[[], None]], None],
        wait: Callable[[Sequence[str]], None],
        may_wait: bool,
        waiting: frozenset[str],
        **values: Any,
    ) -> None:
        super().__init__(**values)
        self.resident = resident
        self._values = values
        self._disk = disk
        self._previous = previous
        self._current = current
        self._parsed = parsed
        self._undo_with = undo_with
        self._wait = wait
        self.may_wait = may_wait
        self.waiting = waiting

    def before(self) -> UpdatingContext:
        """Return a context for what a stage must do again that it did in the run before."""
        values = {**self._values, "files": self._disk, "on_report": lambda _diagnostic: None}
        return UpdatingContext(
            resident=self.resident,
            previous=self._previous,
            current=self._current,
            parsed=self._parsed,
            disk=self._disk,
            undo_with=self._undo_with,
            wait=self._wait,
            may_wait=self.may_wait,
            waiting=self.waiting,
            **values,
        )

    def wait(self, tables: Sequence[str]) -> None:
        """Note that rows of the stage in some tables are older than the run's files."""
        self._wait(tables)

    def undo_with(self, act: Callable[[], None]) -> None:
        """Take what puts `resident` back to where it was before the run."""
        self._undo_with(act)

    def previous(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        *,
        files: Collection[str] | None = None,
        where: Mapping[str, Sequence[str]] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Stream rows of an IR table as they were at the start, whole files in path order."""
        self.check()
        return self._checked(self._previous.rows(table, columns, files, where or {}))

    def named_nodes(self) -> Sequence[pa.RecordBatch] | None:
        """Return which nodes without a file the stage's edges named at the start, by file."""
        self.check()
        return self._previous.named_nodes(str(self._values["name"]))

    def current(self, table: str) -> Sequence[pa.RecordBatch]:
        """Return the IR rows of the files that were added or modified, whole files in path order."""
        self.check()
        return self._current(table)

    def parsed(self, table: str) -> Sequence[pa.RecordBatch]:
        """Return the parser's rows of the files that are written anew, whole files in path order."""
        self.check()
        return self._parsed(table)

"""Parsing in worker processes: what is sent there, what comes back, and what a lost worker costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from attrs import define, field, frozen

from codegraph._internal.indexing.parsing import ParseTeam, failed_batches
from codegraph._internal.indexing.sources import Loaded
from codegraph._internal.pandas_later import import_pandas_later
from codegraph_hookspecs import CodeGraphError, LanguagePack, LostTask, ParseOptions, Parser, SourceFile

Batches = Mapping[str, pa.RecordBatch]


@frozen(kw_only=True)
class ParsedElsewhere:
    """What a worker gives for some files.

    Args:
        batches: Checked tables, rows in the order of the files.
        failures: Parsers that were left out there: name, and the error as a dict.
    """

    batches: Batches
    failures: tuple[tuple[str, dict[str, Any]], ...]


@define(kw_only=True)
class RemoteParse:
    """Parses files wherever it is called; pickled, it takes parsers and packs along, and no session.

    Args:
        backend: The `backend` setting.
        parsers: Parsers that may be used.
        packs: Languages in use.
        options: For every session.
    """

    backend: str
    parsers: tuple[Parser, ...]
    packs: dict[str, LanguagePack]
    options: ParseOptions
    _team: ParseTeam | None = field(default=None, init=False)
    _failures: list[tuple[str, dict[str, Any]]] = field(factory=list, init=False)

    def __getstate__(self) -> tuple[Any, ...]:
        """Leave the sessions behind."""
        return self.backend, self.parsers, self.packs, self.options

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Begin without sessions."""
        self.backend, self.parsers, self.packs, self.options = state
        self._team, self._failures = None, []

    def __call__(self, sources: Sequence[SourceFile]) -> ParsedElsewhere:
        """Parse files."""
        if self._team is None:
            import_pandas_later()
            self._team = ParseTeam(
                backend=self.backend,
                parsers=self.parsers,
                packs=self.packs,
                options=self.options,
                on_failure=self._note,
                load=lambda group: Loaded(sources=group),
                apart=True,
            )
        chunk = self._team.parse(sources)
        failures = tuple(self._failures)
        self._failures.clear()
        return ParsedElsewhere(batches=dict(chunk.batches), failures=failures)

    def _note(self, parser: Parser, error: CodeGraphError) -> None:
        self._failures.append((parser.name, error.to_dict()))


def rescue(
    sources: Sequence[SourceFile],
    lost: LostTask,
    run: Callable[[Sequence[SourceFile]], ParsedElsewhere | LostTask],
    quarantined: Callable[[SourceFile, LostTask, str], None],
) -> list[Batches]:
    """Parse the files of a lost task again, without the one that kills its worker.

    A file is given up when it killed a worker twice: once among others (or at its first try), and once alone.

    Args:
        sources: The files of the lost task.
        lost: How it was lost.
        run: Parses files in a worker.
        quarantined: Told of each file that is given up, and why.

    Returns:
        Tables of all the files, in parts.
    """
    parts: list[Batches] = []
    waiting = [(list(sources), lost)]
    while waiting:
        group, how = waiting.pop()
        # The file that the worker was at is most likely the one; else halves are tried.
        if how.position is not None and how.position < len(group):
            tries = [[group.pop(how.position)], group]
        else:
            tries = [group[: len(group) // 2], group[len(group) // 2 :]]
        for some in filter(None, tries):
            outcome = run(some)
            if not isinstance(outcome, LostTask):
                parts.append(outcome.batches)
            elif len(some) > 1:
                waiting.append((some, outcome))
            else:
                message = f"This file cost two worker processes and was given up. {outcome.message}"
                quarantined(some[0], outcome, message)
                parts.append(failed_batches(some, code=outcome.code, message=message))
    return parts

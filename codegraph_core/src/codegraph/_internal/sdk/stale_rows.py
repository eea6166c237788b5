"""What of a snapshot is older than it: rows that lazy stages and analyzers gave earlier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen


@frozen(kw_only=True)
class StaleRows:
    """Rows of one lazy stage or analyzer.

    Args:
        stage: Its name; an analyzer's is "analyzer:NAME".
        since: The last snapshot whose rows they are.
        files: How many files came, went or changed since.
        tables: Tables that it has rows in.
    """

    stage: str
    since: str
    files: int
    tables: Sequence[str]


def stale_rows(summary: Mapping[str, Any], table: str | None) -> tuple[StaleRows, ...]:
    """Return what a summary says, by name.

    Args:
        summary: Of the run that made a snapshot.
        table: Only what has rows there; None is all.
    """
    found = (
        StaleRows(stage=name, since=said["since"], files=said["files"], tables=tuple(said["tables"]))
        for name, said in sorted(summary.get("stale", {}).items())
    )
    return tuple(each for each in found if table is None or table in each.tables)

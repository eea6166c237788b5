"""Takes rows that end off a summary: values are counted by their codes, and no row is read but those of `files`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from codegraph._internal.indexing.incremental import base
from codegraph._internal.indexing.summary import COUNTED, SummaryBuilder

if TYPE_CHECKING:
    from codegraph._internal.store import Snapshot

_OF_FILES: Final = (*COUNTED["files"], "lines")
_CALLS: Final = "call_sites"


def take_off(
    summary: SummaryBuilder, snapshot: Snapshot, owners: frozenset[str], language_of: Callable[[str], str | None]
) -> None:
    """Take the rows of some owners off.

    Args:
        summary: Resumed from the snapshot's.
        snapshot: What has the rows.
        owners: Files and others that rows belong to.
        language_of: Gives the language of one of the snapshot's files.
    """
    ending = base.OwnedRows(snapshot, owners)
    summary.take_off("files", ending.read("files", _OF_FILES))
    for table in (*(table for table in COUNTED if table != "files"), "diagnostics"):
        rows, counts = ending.counts(table, COUNTED.get(table, ()))
        summary.take_off_counts(table, rows, counts)
        if table == _CALLS:
            only = summary.only_language
            if only is not None:
                summary.take_off_calls(only, counts["status"])
                continue
            by_language: dict[str | None, set[str]] = {}
            for owner in owners:
                by_language.setdefault(language_of(owner), set()).add(owner)
            for language, some in by_language.items():
                _, calls = base.OwnedRows(snapshot, some).counts(_CALLS, ("status",))
                summary.take_off_calls(language, calls["status"])

"""The summary of a run, counted column-wise from the batches as they go to the store."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from codegraph._internal.indexing.incremental.base import codes_of
from codegraph_hookspecs import CALL_STATUSES, FILE_STATUSES

COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "files": ("status", "language"),
    "nodes": ("kind",),
    "edges": ("kind", "resolver"),
    "call_sites": ("status",),
    "imports": ("status",),
    "findings": ("severity",),
}


def value_counts(column: pa.Array) -> dict[str, int]:
    """Return how often each value occurs; null is "null"."""
    counted = pc.value_counts(column)
    values, counts = counted.field("values"), counted.field("counts")
    return {
        NO_VALUE if value is None else str(value): count
        for value, count in zip(values.to_pylist(), counts.to_pylist(), strict=True)
    }


def resumable(summary: Mapping[str, Any]) -> bool:
    """Say whether a snapshot's summary has all that a summary counts: earlier versions counted less."""
    return "calls_by_language" in summary


def _counted_calls(
    paths: pa.Array | pa.ChunkedArray, statuses: pa.Array | pa.ChunkedArray, language_of: Callable[[str], str]
) -> dict[tuple[str, str], int]:
    """Count calls by language and status; each path of a dictionary is looked up once."""
    codes, files = codes_of(_whole(paths))
    statuses = _whole(statuses)
    statuses = statuses if isinstance(statuses, pa.DictionaryArray) else statuses.dictionary_encode()
    numbers: dict[str, int] = {}
    of_files = [numbers.setdefault(language_of(path), len(numbers)) for path in files if path is not None]
    of_rows = np.array(of_files)[codes]
    names, known = statuses.dictionary.to_pylist(), list(numbers)
    counts = np.bincount(of_rows * len(names) + statuses.indices.to_numpy())
    places = np.flatnonzero(counts).tolist()
    found: dict[tuple[str, str], int] = {}
    for place in places:  # a dictionary may have a value twice
        language_and_status = known[place // len(names)], names[place % len(names)]
        found[language_and_status] = found.get(language_and_status, 0) + int(counts[place])
    return found


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def peak_rss_bytes() -> int:
    """Return the most memory this process had resident so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def cpu_seconds() -> float:
    """Return the CPU time of this process and of the worker processes that ended, in seconds."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


SummaryMark = tuple[int, dict[str, int], dict[tuple[str, str], dict[str, int]], dict[tuple[str, str], int]]
"""What was counted so far: lines, rows, values, and calls by language and status."""

NO_VALUE: Final = "null"
"""Stands for null among counted values."""
NO_LANGUAGE: Final = NO_VALUE
"""Stands for the language of files that have none."""


class SummaryBuilder:
    """Adds up batches and times."""

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = cpu_seconds()
        self.stages: dict[str, float] = {}
        self.errors: list[dict[str, Any]] = []
        self.rows: dict[str, int] = {}
        self.lines = 0
        self._counts: dict[tuple[str, str], dict[str, int]] = {}
        self._languages: dict[str, str] = {}
        self._language_before: Callable[[str], str | None] | None = None
        self._calls: dict[tuple[str, str], int] = {}

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Count a batch that goes to the store."""
        self.rows[table] = self.rows.get(table, 0) + batch.num_rows
        if not batch.num_rows:
            return
        for column in COUNTED.get(table, ()):
            total = self._counts.setdefault((table, column), {})
            for value, count in value_counts(batch.column(column)).items():
                total[value] = total.get(value, 0) + count
        if table == "files":
            self.lines += pc.sum(batch.column("lines")).as_py() or 0
            languages = (language or NO_LANGUAGE for language in batch.column("language").to_pylist())
            self._languages.update(zip(batch.column("path").to_pylist(), languages, strict=True))
        elif table == "call_sites":
            self._count_calls(batch)

    def mark(self) -> SummaryMark:
        """Return what `undo` goes back to."""
        counts = {place: dict(counts) for place, counts in self._counts.items()}
        return self.lines, dict(self.rows), counts, dict(self._calls)

    def undo(self, mark: SummaryMark) -> None:
        """Forget what was counted since a mark."""
        self.lines, self.rows, self._counts, self._calls = mark

    def resume(self, summary: Mapping[str, Any], language_of: Callable[[str], str | None]) -> None:
        """Begin with what a snapshot has; its rows that end are then taken off, and new ones added.

        Args:
            summary: The snapshot's; one that `resumable` says no of is not for this.
            language_of: Gives the language of one of the snapshot's files.
        """
        self._language_before = language_of
        self._calls = {
            (language, status): counts[status]
            for language, counts in summary["calls_by_language"].items()
            for status in CALL_STATUSES
        }
        self.lines = summary["lines"]
        self.rows["files"] = summary["files"]["seen"]
        self.rows["diagnostics"] = summary["diagnostics"]
        for table in ("nodes", "edges", "call_sites", "imports", "findings"):
            self.rows[table] = summary[table]["total"]
        statuses = {name: summary["files"][name] for name in FILE_STATUSES}
        self._counts = {
            ("files", "status"): statuses,
            ("files", "language"): dict(summary["files"]["by_language"]),
            ("nodes", "kind"): dict(summary["nodes"]["by_kind"]),
            ("edges", "kind"): dict(summary["edges"]["by_kind"]),
            ("edges", "resolver"): dict(summary["edges"]["by_resolver"]),
            ("call_sites", "status"): {name: summary["call_sites"][name] for name in CALL_STATUSES},
            ("imports", "status"): {name: summary["imports"][name] for name in CALL_STATUSES},
            ("findings", "severity"): dict(summary["findings"]["by_severity"]),
        }

    def take_off(self, table: str, rows: pa.Table) -> None:
        """Take off rows that end, but for calls; they have at least the columns that are counted."""
        if not rows.num_rows:
            return
        self.rows[table] = self.rows.get(table, 0) - rows.num_rows
        for column in COUNTED.get(table, ()):
            total = self._counts.setdefault((table, column), {})
            for value, count in value_counts(rows.column(column)).items():
                total[value] = total.get(value, 0) - count
        if table == "files":
            self.lines -= pc.sum(rows.column("lines")).as_py() or 0

    def take_off_counts(self, table: str, rows: int, counts: Mapping[str, Mapping[str | None, int]]) -> None:
        """Take off rows that end and were counted already; files have lines besides, and calls languages.

        Args:
            table: Their table.
            rows: How many there are.
            counts: Column → how often each value occurs.
        """
        self.rows[table] = self.rows.get(table, 0) - rows
        for column, counted in counts.items():
            total = self._counts.setdefault((table, column), {})
            for value, count in counted.items():
                name = NO_VALUE if value is None else value
                total[name] = total.get(name, 0) - count

    def take_off_calls(self, language: str | None, statuses: Mapping[str | None, int]) -> None:
        """Take off calls of files of one language, by status."""
        for status, count in statuses.items():
            place = (language or NO_LANGUAGE, status or NO_VALUE)
            self._calls[place] = self._calls.get(place, 0) - count

    @property
    def only_language(self) -> str | None:
        """The language of all files that were counted; None where there are several."""
        known = list(self._counts.get(("files", "language"), ())) or [NO_LANGUAGE]
        return known[0] if len(known) == 1 else None

    def _count_calls(self, rows: pa.RecordBatch) -> None:
        """Count calls by their files' languages."""
        only = self.only_language
        if only is not None:  # nothing to look up
            counted = {(only, status): count for status, count in value_counts(rows.column("status")).items()}
        else:
            counted = _counted_calls(rows.column("file_path"), rows.column("status"), self._language_of)
        for place, count in counted.items():
            self._calls[place] = self._calls.get(place, 0) + count

    def _language_of(self, path: str) -> str:
        found = self._languages.get(path)
        if found is None and self._language_before is not None:
            found = self._language_before(path)
        return found or NO_LANGUAGE

    def _calls_by_language(self) -> dict[str, dict[str, int]]:
        languages = sorted({language for (language, _), count in self._calls.items() if count})
        found = {}
        for language in languages:
            counts = {status: self._calls.get((language, status), 0) for status in CALL_STATUSES}
            found[language] = {"total": sum(counts.values()), **counts}
        return found

    def spent(self, stage: str, seconds: float) -> None:
        """Add wall time to a stage."""
        self.stages[stage] = self.stages.get(stage, 0.0) + seconds

    def counts(self, table: str, column: str) -> dict[str, int]:
        """Return counts by value, most frequent first."""
        counted = self._counts.get((table, column), {})
        kept = ((value, count) for value, count in counted.items() if count)
        return dict(sorted(kept, key=lambda item: (-item[1], item[0])))

    def build(self, **values: Any) -> dict[str, Any]:
        """Return the summary; `values` are the fields that are not counted here."""
        wall = time.perf_counter() - self._wall
        statuses = self.counts("files", "status")
        call_sites = self._statuses("call_sites")
        return {
            **values,
            "files": {
                "seen": sum(statuses.values()),
                **{status: statuses.get(status, 0) for status in FILE_STATUSES},
                "by_language": self.counts("files", "language"),
            },
            "lines": self.lines,
            "nodes": {"total": self.rows.get("nodes", 0), "by_kind": self.counts("nodes", "kind")},
            "edges": {
                "total": self.rows.get("edges", 0),
                "by_kind": self.counts("edges", "kind"),
                "by_resolver": self.counts("edges", "resolver"),
            },
            "call_sites": call_sites,
            "calls_by_language": self._calls_by_language(),
            "imports": self._statuses("imports"),
            "findings": {"total": self.rows.get("findings", 0), "by_severity": self.counts("findings", "severity")},
            "diagnostics": self.rows.get("diagnostics", 0),
            "unresolved_rate": round(call_sites["unresolved"] / call_sites["total"], 4) if call_sites["total"] else 0.0,
            "seconds": {
                "wall": round(wall, 4),
                "cpu": round(cpu_seconds() - self._cpu, 4),
                "stages": {name: round(seconds, 4) for name, seconds in self.stages.items()},
            },
            "lines_per_second": round(self.lines / wall) if wall > 0 else 0,
            "peak_rss_bytes": peak_rss_bytes(),
            "errors": list(self.errors),
        }

    def _statuses(self, table: str) -> dict[str, int]:
        counted = self.counts(table, "status")
        return {"total": self.rows.get(table, 0), **{status: counted.get(status, 0) for status in CALL_STATUSES}}

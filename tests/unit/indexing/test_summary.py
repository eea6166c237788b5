"""Calls are counted by the languages of their files, whatever comes and goes."""

from __future__ import annotations

import pyarrow as pa
import pytest

from codegraph._internal.indexing.summary import SummaryBuilder


def files(**languages: str | None) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {
            "path": list(languages),
            "language": pa.array(languages.values(), pa.string()),
            "status": ["ok"] * len(languages),
            "lines": [1] * len(languages),
        }
    )


def calls(*rows: tuple[str, str], packed: bool = False) -> pa.RecordBatch:
    paths, statuses = (pa.array(column, pa.string()) for column in zip(*rows, strict=True))
    if packed:
        paths, statuses = paths.dictionary_encode(), statuses.dictionary_encode()
    return pa.RecordBatch.from_arrays([paths, statuses], ["file_path", "status"])


def unresolved(summary: SummaryBuilder) -> dict[str, tuple[int, int]]:
    built = summary.build()["calls_by_language"]
    return {language: (counts["unresolved"], counts["total"]) for language, counts in built.items()}


@pytest.mark.parametrize("packed", [False, True])
def test_each_language_has_its_own_counts(packed: bool) -> None:
    summary = SummaryBuilder()
    summary.add("files", files(a="python", b="go", c=None))
    rows = [("a", "resolved"), ("a", "unresolved"), ("b", "unresolved"), ("a", "dynamic"), ("c", "unresolved")]
    summary.add("call_sites", calls(*rows, packed=packed))
    assert unresolved(summary) == {"python": (1, 3), "go": (1, 1), "null": (1, 1)}
    assert summary.build()["calls_by_language"]["python"] == {
        "total": 3, "resolved": 1, "external": 0, "unresolved": 1, "dynamic": 1,
    }  # fmt: skip


def test_what_is_taken_back_does_not_count() -> None:
    summary = SummaryBuilder()
    summary.add("files", files(a="python"))
    mark = summary.mark()
    summary.add("call_sites", calls(("a", "unresolved")))
    summary.undo(mark)
    assert unresolved(summary) == {}


def test_rows_that_end_are_of_the_language_that_their_file_had() -> None:
    first = SummaryBuilder()
    first.add("files", files(a="python", b="go"))
    first.add("call_sites", calls(("a", "unresolved"), ("b", "unresolved"), ("b", "resolved")))
    later = SummaryBuilder()
    later.resume(first.build(), {"a": "python", "b": "go"}.get)
    later.take_off("files", pa.table(files(b="go")))
    assert later.only_language is None
    later.take_off_counts("call_sites", 2, {"status": {"unresolved": 1, "resolved": 1}})
    later.take_off_calls("go", {"unresolved": 1, "resolved": 1})
    later.add("files", files(b="rust"))
    later.add("call_sites", calls(("b", "resolved"), ("a", "unresolved")))
    assert unresolved(later) == {"python": (2, 2), "rust": (0, 1)}
    assert later.build()["call_sites"] == {
        "total": 3, "resolved": 1, "external": 0, "unresolved": 2, "dynamic": 0,
    }  # fmt: skip


def test_rows_that_are_counted_already_are_taken_off_by_value() -> None:
    summary = SummaryBuilder()
    summary.add("imports", pa.record_batch({"status": pa.array(["resolved", None, None, "external"])}))
    summary.add("call_sites", calls(("a", "unresolved")))
    assert summary.only_language == "null"
    summary.take_off_counts("imports", 2, {"status": {"resolved": 1, None: 1}})
    summary.take_off_calls(None, {"unresolved": 1})
    assert summary.counts("imports", "status") == {"external": 1, "null": 1}
    assert summary.rows["imports"] == 2
    assert unresolved(summary) == {}

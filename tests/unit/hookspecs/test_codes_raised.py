"""Codes that no other test meets on its way: raised, with their category, where users would meet them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from codegraph import CodeGraph, IndexingConfig
from codegraph._internal.pipeline import BatchProblem, checked_batch
from codegraph._internal.store import Store
from codegraph_hookspecs import (
    TABLES,
    CodeGraphError,
    ConfigError,
    ConflictError,
    IndexingError,
    PluginError,
    QueryError,
    StorageError,
)
from codegraph_hookspecs.error_codes import ERROR_CODES
from tests.faults.hostile import index, put
from tests.invariants import rows
from tests.unit.indexing.fakes import Plugin, ToyParser, pack


@pytest.mark.parametrize(
    ("kind", "code", "retryable"),
    [
        (CodeGraphError, "codegraph-error", False),
        (IndexingError, "indexing-failed", False),
        (QueryError, "query-invalid", False),
        (ConfigError, "config-invalid", False),
        (PluginError, "plugin-failed", False),
        (StorageError, "storage-failed", True),
        (ConflictError, "commit-conflict", True),
    ],
)
def test_an_error_without_a_code_has_that_of_its_class_as_the_registry_lists_it(kind, code, retryable):
    error = kind("It did not work.")
    assert (error.code, error.is_retryable()) == (code, retryable)
    listed = {entry.code: entry.category for entry in ERROR_CODES if entry.kind == "error"}
    assert error.category is listed[code]


def test_a_language_that_is_not_installed_is_named_with_the_nearest(tmp_path):
    put(tmp_path, "a.py")
    with pytest.raises(ConfigError, match="pythn") as caught:
        index(tmp_path, tmp_path / ".codegraph", languages=("pythn",))
    assert caught.value.code == "language-unknown"
    assert "python" in caught.value.remedy


def test_a_word_that_is_not_allowed_drops_the_batch():
    values = {
        "path": "a.py", "language": "python", "content_hash": None, "size": 0, "mtime_ns": 0, "lines": 0,
        "status": "fine", "parse_errors": 0, "module_fqn": "a",
    }  # fmt: skip
    with pytest.raises(BatchProblem) as caught:
        checked_batch("files", pa.RecordBatch.from_pylist([values], schema=TABLES["files"].physical_schema))
    assert caught.value.code == "batch-value"


def test_a_parser_that_raises_is_named_in_the_summary(tmp_path):
    class Broken(ToyParser):
        def open(self, packs, options):
            raise RuntimeError("it broke")

    put(tmp_path, "a.toy", "def f\n")
    config = IndexingConfig(root_path=tmp_path, cache_dir=tmp_path / ".codegraph", mode="full")
    plugin = Plugin(packs=[pack()], parsers=[Broken()])
    summary = CodeGraph(config=config, plugins=[plugin]).index().execute().summary
    assert summary["files"]["failed"] == 1
    assert [e["context"]["parser"] for e in summary["errors"] if "parser" in e["context"]] == ["toy-parser"]
    assert {error["code"] for error in summary["errors"]} == {"parser-failed"}


def test_the_second_of_two_overlapping_commits_may_be_tried_again(tmp_path):
    store = Store.open(tmp_path)
    first, second = store.begin(repo_id="r", reason="one"), store.begin(repo_id="r", reason="two")
    first.commit({})
    with pytest.raises(ConflictError) as caught:
        second.commit({})
    assert caught.value.code == "commit-conflict"
    assert caught.value.is_retryable()
    store.close()


def test_calls_that_no_stage_is_asked_about_have_the_parsers_reason(tmp_path):
    put(tmp_path, "a.py", "def f(x):\n    x()\n    x.g()\n    (f or g)(x)\n")
    put(tmp_path, "b.js", "this();\n")
    index(tmp_path, tmp_path / ".codegraph")
    with CodeGraph(config=IndexingConfig(root_path=tmp_path, cache_dir=tmp_path / ".codegraph")).open() as graph:
        reasons = {row["callee_text"]: row["reason"] for row in rows(graph.query(), "call_sites")}
    assert reasons == {
        "x": "local-value", "x.g": "receiver-unknown", "(f or g)": "computed-callee", "this": "unbound-name",
    }  # fmt: skip


def test_a_call_of_a_module_is_not_callable(tmp_path):
    put(tmp_path, "a.py", "import b\n\nb()\n")
    put(tmp_path, "b.py", "")
    index(tmp_path, tmp_path / ".codegraph")
    with CodeGraph(config=IndexingConfig(root_path=tmp_path, cache_dir=tmp_path / ".codegraph")).open() as graph:
        sites = rows(graph.query(), "call_sites")
    assert [(row["status"], row["reason"]) for row in sites] == [("unresolved", "not-callable")]

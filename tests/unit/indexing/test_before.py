"""What a stage that updates itself reads of the snapshot before: rows of some files, and what files name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from codegraph import CodeGraph
from codegraph._internal.indexing.incremental import base
from codegraph._internal.indexing.incremental.before import Before
from codegraph._internal.indexing.incremental.reasons import FullRunNeeded
from codegraph._internal.indexing.incremental.rows import IncrementalRows
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store import Snapshot
from codegraph._internal.store.repository import open_store

FILES = {
    "b.py": "import os\nimport re\n\n\nclass B:\n    def go(self):\n        return os.getcwd(), re.compile('x')\n",
    "a/c.py": "import json\nfrom b import B\n\n\n@json.loads\ndef c(one: B) -> str:\n    return json.dumps(one.go())\n",
    "a/e.py": "",
}


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snapshot]:
    """Give one of two segments, with rows that live no more."""
    monkeypatch.delenv("CODEGRAPH_PLUGINS", raising=False)
    (tmp_path / "a").mkdir()
    config = IndexingConfig(root_path=tmp_path, cache_dir=tmp_path / ".store", mode="incremental")
    graph = CodeGraph(config=config)
    for path, text in FILES.items():
        (tmp_path / path).write_text(text)
    graph.run(config)
    (tmp_path / "b.py").write_text(FILES["b.py"].replace("re.compile('x')", "os.sep"))
    assert graph.run(config).summary["mode_run"] == "incremental"
    with open_store(config) as store:
        info = store.hold()
        assert info is not None
        with store.snapshot(info.id) as opened:
            yield opened


def before(snapshot: Snapshot, foreign: frozenset[str] = frozenset(), updating: frozenset[str] = frozenset("s")) -> Any:
    rows = cast("IncrementalRows", SimpleNamespace(foreign=lambda _table: foreign))
    return Before(snapshot, rows, base.shared_nodes(snapshot), updating)


def pairs(found: Any) -> set[tuple[str, str]]:
    return {(row["file_path"], row["id"]) for batch in found for row in batch.to_pylist()}


def test_files_name_the_nodes_without_a_file_that_their_edges_lead_to(snapshot: Snapshot) -> None:
    shared = base.shared_nodes(snapshot)
    edges = [row for batch in snapshot.scan("edges") for row in batch.to_pylist() if row["file_path"] is not None]
    expected = {(e["file_path"], e[end]) for e in edges for end in ("source_id", "target_id") if e[end] in shared}
    assert pairs(before(snapshot).named_nodes("s")) == expected
    assert ("b.py", "os@external") in expected
    assert ("b.py", "re.compile@external") not in expected  # it was before
    assert {"a/c.py", "b.py"} <= {path for path, _ in expected}


def test_edges_of_others_name_nothing(snapshot: Snapshot) -> None:
    edges = [row for batch in snapshot.scan("edges") for row in batch.to_pylist()]
    others = frozenset(edge["id"] for edge in edges if "json" in edge["target_id"] or "json" in edge["source_id"])
    named = pairs(before(snapshot, others).named_nodes("s"))
    assert named
    assert named == {pair for pair in pairs(before(snapshot).named_nodes("s")) if "json" not in pair[1]}


@pytest.mark.parametrize("updating", [frozenset(), frozenset({"s", "t"}), frozenset({"t"})])
def test_nothing_is_told_where_edges_may_be_another_stages(snapshot: Snapshot, updating: frozenset[str]) -> None:
    assert before(snapshot, updating=updating).named_nodes("s") is None


@pytest.mark.parametrize("table", ["nodes", "imports", "call_sites", "uses"])
def test_rows_of_some_files_are_those_of_all_without_the_others(snapshot: Snapshot, table: str) -> None:
    def rows(**how: Any) -> list[dict[str, object]]:
        given = {"columns": None, "files": None, "where": {}, **how}
        return [row for batch in before(snapshot).rows(table, **given) for row in batch.to_pylist()]

    everything = rows()
    for wanted in (["a/c.py"], ["b.py"], ["b.py", "a/c.py"], ["a/e.py"], ["gone.py"]):
        assert rows(files=wanted) == [row for row in everything if row["file_path"] in wanted]
    owners = [*dict.fromkeys(str(row["file_path"]) for row in everything)]
    assert owners == sorted(owners)
    assert {"a/c.py", "b.py"} <= {*owners}


def test_rows_are_chosen_by_their_values(snapshot: Snapshot) -> None:
    def uses(**how: Any) -> list[dict[str, object]]:
        given = {"columns": ["use", "name"], "files": None, "where": {}, **how}
        return [row for batch in before(snapshot).rows("uses", **given) for row in batch.to_pylist()]

    calls = [row for row in uses() if row["use"] == "call"]
    assert calls
    assert uses(where={"use": ["call"]}) == calls
    assert uses(where={"use": ["nothing"]}) == []
    assert 0 < len(uses(where={"use": ["call"]}, files=["b.py"])) < len(calls)


def test_other_tables_are_not_to_be_had(snapshot: Snapshot) -> None:
    with pytest.raises(FullRunNeeded, match="no table of the IR"):
        list(before(snapshot).rows("edges", None, None, {}))

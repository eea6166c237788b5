"""Who reads holds a lease from the step that finds the snapshot, and gives it back however the reading ends."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from codegraph import CodeGraph
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store import Store
from codegraph._internal.store.held import HeldSnapshot
from codegraph_hookspecs import StorageError
from tests.unit.store.graphs import commit, content, module, rows

READ = """
import sys
from codegraph import CodeGraph
graph = CodeGraph().open(sys.argv[1])
print(graph.snapshot_id, flush=True)
sys.stdin.readline()
print(graph.nodes().count())
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with Store.open(tmp_path / ".codegraph") as store:
        commit(store, module("a.py", "f"))
    return tmp_path


def leases(root: Path) -> int:
    database = sqlite3.connect(root / ".codegraph/catalog.sqlite")
    (count,) = database.execute("SELECT count(*) FROM lease").fetchone()
    database.close()
    return int(count)


def test_a_graph_of_the_sdk_holds_its_snapshot_until_closed_or_dropped(root: Path) -> None:
    graph = CodeGraph().open(root)
    assert leases(root) == 1
    query = graph.nodes()
    del graph
    gc.collect()
    assert leases(root) == 1
    with Store.open(root / ".codegraph") as store:
        for text in "abc":
            commit(store, module("a.py", "g", text=text))
    assert [node.name for node in query] == ["f"]
    del query
    gc.collect()
    assert leases(root) == 0


def test_an_abandoned_iterator_gives_its_lease_back(root: Path) -> None:
    iterator = iter(CodeGraph().open(root).nodes())
    next(iterator)
    assert leases(root) == 1
    del iterator
    gc.collect()
    assert leases(root) == 0


def test_the_lease_of_a_killed_reader_is_swept(root: Path) -> None:
    command = [sys.executable, "-c", READ, str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        first = reader.stdout.readline().strip()
        with Store.open(root / ".codegraph") as store:
            for text in "abc":
                commit(store, module("a.py", "g", text=text))
            store.gc()
            assert first in {info.id for info in store.snapshots()}
            reader.send_signal(signal.SIGKILL)
            reader.wait()
            assert first in store.gc().snapshots
    assert leases(root) == 0


def test_what_a_store_committed_or_holds_stays_while_it_is_open(root: Path) -> None:
    with Store.open(root / ".codegraph") as other:
        with Store.open(root / ".codegraph") as store:
            held = store.hold()
            assert held is not None
            for text in "ab":
                commit(other, module("a.py", "g", text=text))
            assert store.find(held.id).id == held.id
            made = commit(store, module("a.py", "h"))
            for text in "cd":
                commit(other, module("a.py", "g", text=text))
            assert store.find(made).id == made
            with pytest.raises(StorageError, match="snapshot-missing"):
                store.find(held.id)
        commit(other, module("a.py", "i"))
        with pytest.raises(StorageError, match="snapshot-missing"):
            other.find(made)


def test_an_empty_store_has_nothing_to_hold(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        assert store.hold() is None


def test_reading_needs_a_store_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="store-missing"):
        Store.open_reading(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_reading_goes_on_where_nothing_can_be_written(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = IndexingConfig(root_path=root)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Store.open_reading(config.store_path) as store, store.snapshot() as snapshot:
        assert store.read_only
        assert [row["name"] for row in rows(snapshot, "nodes")] == ["f"]
        assert store.hold() is not None
    assert leases(root) == 0
    monkeypatch.undo()
    database = sqlite3.connect(root / ".codegraph/catalog.sqlite", isolation_level=None)
    database.execute("PRAGMA user_version = 99")
    held = HeldSnapshot.open(config)
    assert held.count("nodes") == 1
    held.close()
    database.close()


def test_a_compaction_between_finding_a_snapshot_and_opening_its_files_is_not_noticed(root: Path) -> None:
    with Store.open(root / ".codegraph") as store:
        for number in range(3):
            commit(store, module(f"b{number}.py", "g"), replaces=[f"b{number}.py"])
        with store.snapshot() as snapshot:
            before = content(snapshot)
        catalog = store._open_catalog()
        info, parts = catalog.open_snapshot(None, "reader")
        with Store.open(root / ".codegraph") as other:
            other.compact(force=True)
        store._recent = {}
        opened = store._open_parts(info.id, parts)
        assert len(opened) == 1
        catalog.release(["reader"])
        with store.snapshot() as snapshot:
            assert content(snapshot) == before

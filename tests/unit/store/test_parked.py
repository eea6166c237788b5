"""Connections that stay between the runs of a process, and those that must not be used again."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from codegraph import CodeGraph, IndexingConfig
from codegraph._internal.store.parked import ParkedCatalogs
from codegraph._internal.store.store import CATALOG, Store

PLACE = {"branch": "main", "repo_id": ""}


@pytest.fixture
def connected(monkeypatch):
    """Count the connections that are made."""
    made = []
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **more: made.append(args[0]) or connect(*args, **more))
    return made


def _log(folder):
    path = folder / f"{CATALOG}-wal"
    return path.stat().st_size if path.exists() else None


def test_the_next_store_has_the_connection_and_its_own_branch(tmp_path, connected):
    parked = ParkedCatalogs()
    with Store.open(tmp_path, parked=parked) as store:
        catalog = store.catalog
    with Store.open(tmp_path, parked=parked, branch="other", repo_id="r") as store:
        assert store.catalog is catalog
        assert (store.branch, catalog.repo_id) == ("other", "r")
    assert len(connected) == 1


def test_a_store_that_is_open_has_a_connection_of_its_own(tmp_path, connected):
    parked = ParkedCatalogs()
    with Store.open(tmp_path, parked=parked) as one, Store.open(tmp_path, parked=parked) as other:
        assert one.catalog is not other.catalog
    assert len(connected) == 2
    with Store.open(tmp_path, parked=parked), Store.open(tmp_path, parked=parked):
        assert len(connected) == 3, "one of the two was kept"


def test_a_reader_s_connection_is_not_kept(tmp_path, connected):
    parked = ParkedCatalogs()
    Store.open(tmp_path).close()
    Store.open(tmp_path, read_only=True, parked=parked).close()
    assert parked.take(tmp_path / CATALOG, **PLACE) is None


@pytest.mark.parametrize("again", [False, True])
def test_a_catalog_that_was_deleted_is_not_written_to(tmp_path, again):
    parked, folder = ParkedCatalogs(), tmp_path / "store"
    Store.open(folder, parked=parked).close()
    shutil.rmtree(folder)
    if again:  # by another process
        Store.open(folder).close()
    with Store.open(folder, parked=parked) as store:
        store.tags()
        with sqlite3.connect(folder / CATALOG) as db:
            assert db.execute("SELECT count(*) FROM snapshot").fetchone() == (0,)
        db.close()


def test_closing_a_connection_to_a_deleted_catalog_leaves_the_new_one_s_log_alone(tmp_path):
    parked, folder = ParkedCatalogs(), tmp_path / "store"
    Store.open(folder, parked=parked).close()
    shutil.rmtree(folder)
    with Store.open(folder) as store:
        store.catalog.intend("other")
        assert _log(folder)
        del parked
        gc.collect()
        assert _log(folder)
        assert [name for _, name, _, _ in store.catalog.holders()] == ["other"]


def test_a_schema_that_another_version_wrote_is_looked_at_anew(tmp_path):
    parked = ParkedCatalogs()
    Store.open(tmp_path, parked=parked).close()
    with sqlite3.connect(tmp_path / CATALOG) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()
    assert parked.take(tmp_path / CATALOG, **PLACE) is None


def test_a_connection_inside_a_transaction_is_not_used(tmp_path):
    parked = ParkedCatalogs()
    store = Store.open(tmp_path, parked=parked)
    catalog = store.catalog
    store.close()
    catalog._db.execute("BEGIN")
    assert parked.take(tmp_path / CATALOG, **PLACE) is None


def test_runs_of_one_codegraph_share_a_connection_and_leave_no_log_when_it_goes(tmp_path, connected):
    root, cache = tmp_path / "tree", tmp_path / "cache"
    root.mkdir()
    graph = CodeGraph(config=IndexingConfig(root_path=root, cache_dir=cache))
    for number in range(3):
        (root / "a.py").write_text(f"x = {number}\n" * (number + 1))
        graph.index().execute().close()
    assert len([place for place in connected if str(place).endswith(CATALOG)]) == 1
    assert _log(cache)
    del graph
    gc.collect()
    assert not _log(cache)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_fork_leaves_its_parent_s_connection_alone(tmp_path):
    program = f"""if True:
        import os
        from pathlib import Path
        from codegraph._internal.store.parked import ParkedCatalogs
        from codegraph._internal.store.store import Store
        folder, parked = Path({str(tmp_path)!r}), ParkedCatalogs()
        store = Store.open(folder, parked=parked)
        catalog = store.catalog
        store.close()
        child = os.fork()
        if not child:
            store = Store.open(folder, parked=parked)
            os._exit(0 if store.catalog is not catalog and catalog._db.total_changes >= 0 else 1)
        assert not os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert Store.open(folder, parked=parked).catalog is catalog
    """
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=False, timeout=60).returncode == 0

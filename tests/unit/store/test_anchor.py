"""A process that opens a store again and again keeps SQLite from emptying its log at every close."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from codegraph import CodeGraph
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store import Store
from codegraph._internal.store.anchor import CatalogAnchor
from tests.unit.store.graphs import commit, content, module


def test_the_log_stays_while_an_anchor_is_open_and_goes_with_it(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        commit(store, module("a.py", "f"))
        anchor = store.anchored()
    assert anchor is not None
    log = tmp_path / "catalog.sqlite-wal"
    with Store.open(tmp_path) as store:
        commit(store, module("a.py", "g"))
        assert store.anchored(anchor) is anchor
    assert log.exists()
    with Store.open(tmp_path) as store, store.snapshot() as snapshot:
        assert content(snapshot)
    anchor.close()
    anchor.close()
    assert not log.exists()


def test_an_anchor_is_of_one_file(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    with Store.open(one) as store:
        commit(store, module("a.py", "f"))
        anchor = store.anchored()
    assert anchor is not None
    shutil.rmtree(one)
    assert not anchor.holds(one / "catalog.sqlite")
    for folder in (one, other):
        with Store.open(folder) as store:
            commit(store, module("a.py", "f"))
            new = store.anchored(anchor)
            assert new is not None
            assert new is not anchor
            assert not anchor.holds(folder / "catalog.sqlite")
            new.close()


def test_a_store_that_is_only_read_has_none(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        commit(store, module("a.py", "f"))
    with Store.open(tmp_path, read_only=True) as store:
        assert store.anchored() is None


def test_a_catalog_that_cannot_be_read_is_no_failure(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with pytest.raises(FileNotFoundError):
            CatalogAnchor(tmp_path / "missing")
        commit(store, module("a.py", "f"))
        store.path = tmp_path / "elsewhere"
        assert store.anchored() is None


def test_a_codegraph_lets_go_of_the_store_when_it_is_closed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(): pass\n")
    config = IndexingConfig(root_path=tmp_path, cache_dir=tmp_path / "store")
    log = tmp_path / "store/catalog.sqlite-wal"
    with CodeGraph(config=config) as graph:
        for text in ("def f(): pass\n", "def f(): return 1\n"):
            (tmp_path / "a.py").write_text(text)
            held = graph.run(config).held
            assert held is not None
            held.close()
            assert log.exists()
    assert not log.exists()

"""Several processes on one store: no lost update, no torn read, no leftover of the dead."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from codegraph._internal.store import Store, catalog
from codegraph._internal.store.compaction import MOST_SEGMENTS
from codegraph._internal.store.liveness import Holder
from codegraph._internal.store.verification import verify
from codegraph_hookspecs import StorageError
from tests.unit.store.graphs import commit, content, module

ROOT = Path(__file__).parents[2]


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.store_driver", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_no_commit_of_several_writers_is_lost_while_others_read(tmp_path: Path) -> None:
    writers = [start("add", tmp_path, name, 8) for name in "abcd"]
    ids: list[str] = []
    with Store.open(tmp_path) as store:
        while any(writer.poll() is None for writer in writers):
            if store.head() is None:
                continue
            with store.snapshot() as snapshot:
                found = content(snapshot)
                assert len(found["nodes"]) == 2 * len(found["files"]) == 2 * len(found["edges"])
                assert {row["file_path"] for row in found["nodes"]} == {row["path"] for row in found["files"]}
                ids.append(snapshot.id)
        for writer in writers:
            _, errors = writer.communicate()
            assert writer.returncode == 0, errors
        with store.snapshot() as snapshot:
            paths = {row["path"] for row in content(snapshot)["files"]}
    assert paths == {f"{name}{number}.py" for name in "abcd" for number in range(8)}
    assert ids == sorted(ids)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_eight_processes_of_a_hundred_commits_lose_none_while_a_pinned_reader_sees_one_answer(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        commit(store, *(module(f"base{n}.py", "fgh") for n in range(5)))
        pinned = store.snapshot()
        before = content(pinned)
        writers = [start("add", tmp_path, name, 100) for name in "abcdefgh"]
        looks = 0
        while any(writer.poll() is None for writer in writers):
            assert content(pinned) == before
            with store.snapshot(pinned.id) as again:
                assert content(again) == before
            with store.snapshot() as snapshot:
                found = content(snapshot)
                assert {row["file_path"] for row in found["nodes"]} == {row["path"] for row in found["files"]}
            looks += 1
            if looks % 20 == 0:
                store.gc()
                store.compact()
        for writer in writers:
            _, errors = writer.communicate()
            assert writer.returncode == 0, errors
        assert content(pinned) == before
        pinned.close()
        with store.snapshot() as snapshot:
            paths = {row["path"] for row in content(snapshot)["files"]}
            assert len(snapshot.live_segments()) <= MOST_SEGMENTS
        assert paths == {f"base{n}.py" for n in range(5)} | {f"{name}{n}.py" for name in "abcdefgh" for n in range(100)}
        assert verify(store, repair=True).ok
        assert verify(store).problems == ()
    assert looks > 10


@pytest.mark.parametrize("table", ["lease", "intent"])
def test_what_a_dead_process_held_is_given_back(tmp_path: Path, table: str) -> None:
    with Store.open(tmp_path) as store:
        first = commit(store, module("a.py", "f"))
    (tmp_path / "segments" / "01a1fc75-0000-7000-8000-000000000000.seg.tmp").write_bytes(b"torn")
    (tmp_path / "segments" / "01a1fc75-0000-7000-8000-000000000001.seg").write_bytes(b"never committed")
    database = sqlite3.connect(tmp_path / "catalog.sqlite")
    gone = attrs.evolve(Holder.current(), pid=2**22 + 1)
    names = ("01a1fc75-0000-7000-8000-000000000000", 1, *attrs.astuple(gone), 0.0)
    database.execute(f"INSERT INTO {table} VALUES(?,?,?,?,?,?,?)", names)
    database.commit()
    database.close()
    with Store.open(tmp_path) as store:
        for number in range(3):
            commit(store, module("a.py", "f", text=str(number)))
        assert first not in {info.id for info in store.snapshots()}
        assert len(list((tmp_path / "segments").iterdir())) == 2


def test_the_file_of_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.begin(repo_id="r", reason="t") as transaction:
        (tmp_path / "segments" / "orphan.seg.tmp").write_bytes(b"")
        with Store.open(tmp_path):
            names = {entry.name for entry in (tmp_path / "segments").iterdir()}
        assert names == {f"{transaction.uuid}.seg.tmp"}
        transaction.commit({})


def test_a_catalog_that_stays_locked_is_a_transient_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "_BUSY_TIMEOUT_S", 0.05)
    with Store.open(tmp_path) as store:
        commit(store, module("a.py", "f"))
        holder = sqlite3.connect(tmp_path / "catalog.sqlite", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError) as caught:
            store.begin(repo_id="r", reason="t")
        assert (caught.value.code, caught.value.is_retryable()) == ("store-busy", True)
        holder.execute("ROLLBACK")
        holder.close()
        commit(store, module("a.py", "g"))

"""Segments are merged beside what a process does next: rows stay, nobody waits, and the process ends tidy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from codegraph import CodeGraph
from codegraph._internal.store import Store, tidying
from codegraph._internal.store.compaction import MANY_TINY
from codegraph._internal.store.tidying import Tidying
from codegraph_hookspecs import StorageError
from tests.unit.store.graphs import commit, content, module


def files_of(folder: Path) -> int:
    return len(list((folder / "segments").iterdir()))


def untidy(folder: Path) -> None:
    """Leave more tiny segments than stay when a store is closed."""
    for number in range(MANY_TINY + 1):
        with Store.open(folder) as store:
            commit(store, module(f"n{number}.py", ["k"], text=str(number)), replaces=[f"n{number}.py"])
            store._many = False


def test_a_store_is_merged_after_it_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    untidy(tmp_path)
    let, began, thread = threading.Event(), threading.Event(), threading.current_thread()
    compact = Store._compact

    def slowly(store: Store, **how: bool) -> object:
        assert threading.current_thread() is not thread
        began.set()
        assert let.wait(60)
        return compact(store, **how)

    monkeypatch.setattr(Store, "_compact", slowly)
    aside = Tidying()
    with Store.open(tmp_path) as store:
        store.tidying = aside
        commit(store, module("last.py", ["k"]), replaces=["last.py"])
    assert began.wait(60)  # and the store is closed
    before = files_of(tmp_path)
    with Store.open(tmp_path) as store:
        store.tidying = aside
        commit(store, module("more.py", ["k"]), replaces=["more.py"])
        with store.snapshot() as snapshot:
            rows = content(snapshot)
    assert files_of(tmp_path) == before + 1  # one at a time: the second store did not wait either
    let.set()
    aside.wait()
    assert files_of(tmp_path) <= 2
    with Store.open(tmp_path) as store, store.snapshot() as snapshot:
        assert content(snapshot) == rows
        assert snapshot.count("files") == MANY_TINY + 3


def test_what_is_done_meanwhile_goes_first_unless_somebody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    began, stepped = threading.Event(), threading.Event()

    def tidy(give_way: tidying.GiveWay) -> None:
        began.set()
        assert stepped.wait(60)
        give_way()
        steps.append("tidied")

    monkeypatch.setattr(tidying, "IDLE_S", 0.0)
    monkeypatch.setattr(tidying, "PATIENCE_S", 600.0)
    aside = Tidying()
    aside.begin(tidy)
    assert began.wait(60)
    with aside.working():
        stepped.set()
        steps.append("worked")
    aside.wait()
    assert steps == ["worked", "tidied"]
    with aside.working():
        aside.begin(lambda _: steps.append("waited for"))
        aside.wait()
    with aside.working():
        aside.begin(lambda _: steps.append("waited for by all"))
        tidying.wait_for_all()
    monkeypatch.setattr(tidying, "PATIENCE_S", 0.0)
    done = threading.Event()
    with aside.working():
        aside.begin(lambda _: done.set())
        assert done.wait(60)
    assert steps[2:] == ["waited for", "waited for by all"]


def test_a_store_that_is_busy_is_tidied_when_it_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    moment, looked = [100.0], threading.Event()

    def monotonic() -> float:
        looked.set()
        return moment[0]

    monkeypatch.setattr(tidying, "time", SimpleNamespace(monotonic=monotonic))
    aside, done = Tidying(), threading.Event()
    with aside.working():
        aside.begin(lambda _: done.set())
    for _ in range(3):
        moment[0] += 0.7 * tidying.IDLE_S
        with aside.working():
            pass
        looked.clear()
        assert looked.wait(60)
        assert not done.wait(0.02)
    moment[0] += 1.1 * tidying.IDLE_S
    assert done.wait(60)


def test_commits_go_on_while_segments_are_merged(tmp_path: Path) -> None:
    aside = Tidying()
    for number in range(4 * MANY_TINY):
        path = f"n{number % (2 * MANY_TINY)}.py"
        with Store.open(tmp_path) as store:
            store.tidying = aside
            commit(store, module(path, ["k"], text=str(number)), replaces=[path])
    aside.wait()
    with Store.open(tmp_path) as store, store.snapshot() as snapshot:
        assert snapshot.count("files") == 2 * MANY_TINY
        texts = {row["file_path"]: row["content_hash"] for row in content(snapshot)["nodes"]}
        for number in range(2 * MANY_TINY, 4 * MANY_TINY):
            path = f"n{number % (2 * MANY_TINY)}.py"
            assert texts[path] == module(path, ["k"], text=str(number))["nodes"][0]["content_hash"]


@pytest.mark.parametrize("gone", [True, False])
def test_what_goes_wrong_is_left_for_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, gone: bool) -> None:
    folder = tmp_path / "store"
    untidy(folder)
    begin, tries = Tidying.begin, []

    def late(aside: Tidying, tidy: object) -> None:
        if gone:
            shutil.rmtree(folder)
        begin(aside, tidy)  # type: ignore[arg-type]

    def fails(store: Store, **how: bool) -> object:
        tries.append(how)
        raise StorageError("The disk is full.", code="disk-full", category="permanent")  # type: ignore[arg-type]

    monkeypatch.setattr(Tidying, "begin", late)
    monkeypatch.setattr(Store, "_compact", fails)
    aside = Tidying()
    with Store.open(folder) as store:
        store.tidying = aside
        commit(store, module("last.py", ["k"]), replaces=["last.py"])
    aside.wait()
    assert folder.exists() != gone
    assert bool(tries) != gone
    if not gone:
        with Store.open(folder) as store, store.snapshot() as snapshot:
            assert snapshot.count("files") == MANY_TINY + 2


def test_a_process_without_threads_does_it_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(target: object) -> None:
        raise RuntimeError("can't start new thread")

    untidy(tmp_path)
    monkeypatch.setattr(tidying, "start_thread", none)
    with Store.open(tmp_path) as store:
        store.tidying = Tidying()
        commit(store, module("last.py", ["k"]), replaces=["last.py"])
    assert files_of(tmp_path) == 1


def test_runs_of_a_graph_leave_merging_to_a_thread_that_the_end_of_the_process_waits_for(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    code = f"""
import pathlib, threading
from codegraph import CodeGraph
from codegraph._internal.store import Store
compact, main = Store._compact, threading.current_thread()
def aside(store, **how):
    assert threading.current_thread() is not main
    print("merged", flush=True)
    return compact(store, **how)
Store._compact = aside
root = pathlib.Path({str(root)!r})
graph = CodeGraph()
for number in range({MANY_TINY + 3}):
    (root / f"m{{number}}.py").write_text("def f():\\n    return 1\\n")
    with graph.index(root, mode="smart" if number else "full") as result:
        assert result.summary["changed"]
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}, check=False)
    assert done.returncode == 0, done.stderr
    assert "merged" in done.stdout
    assert files_of(root / ".codegraph") <= 3
    with CodeGraph() as graph:
        assert graph.snapshots(root).compact(force=True).after == 1


def assert_set(event: threading.Event) -> None:
    assert event.wait(60)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_fork_waits_for_nothing_that_its_parent_tidies() -> None:
    let, aside = threading.Event(), Tidying()
    aside.begin(lambda _: assert_set(let))
    child = os.fork()
    if child == 0:  # pragma: no cover
        aside.wait()
        os._exit(7)
    try:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    finally:
        let.set()
        aside.wait()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_fork_inside_a_run_tidies_once_its_own_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "PATIENCE_S", 600.0)
    aside, tidied = Tidying(), threading.Event()
    with aside.working():
        child = os.fork()
    if child == 0:  # pragma: no cover
        aside.begin(lambda _: tidied.set())
        os._exit(7 if tidied.wait(60) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_store_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="store-missing"):
        Store.open(tmp_path / "gone", must_exist=True)
    assert not (tmp_path / "gone").exists()


def test_what_goes_wrong_aside_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    aside = Tidying()

    def fail(_: object) -> None:
        raise ValueError("no")

    aside.begin(fail)
    aside.wait()
    assert "store not tidied" in capsys.readouterr().err

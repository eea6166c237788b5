"""A watched repository: after whatever happens to its files the newest snapshot is what a full build gives."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from codegraph import ChangeEvent, CodeGraph, IndexingConfig, Watcher, WatchOptions
from codegraph._internal.indexing import Indexer
from codegraph._internal.store.diff import SnapshotDiff
from codegraph._internal.store.held import HeldSnapshot
from codegraph._internal.watching.notices import EXHAUSTED

LIMIT_S = 240.0
FAST = WatchOptions(debounce_ms=50, reconcile_s=3.0, poll_s=0.3)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg" / "__init__.py").write_text("")
    (folder / "pkg" / "base.py").write_text("def base():\n    return 1\n")
    (folder / "main.py").write_text("from pkg.base import base\n\nbase()\n")
    return folder


@pytest.fixture
def watched(root: Path) -> Iterator[Watcher]:
    config = IndexingConfig(root_path=root, parallel_workers=1, mode="incremental")
    with CodeGraph(config).watch(options=FAST) as watcher:
        yield watcher


def differences(root: Path, folder: Path) -> dict[str, object]:
    """Return what the newest snapshot and a full build differ in."""
    config = IndexingConfig(root_path=root, parallel_workers=1)
    ours = HeldSnapshot.open(config)
    fresh = Indexer(evolve(config, mode="full", cache_dir=folder)).run().held
    assert fresh is not None
    try:
        counts = SnapshotDiff(ours, fresh).counts()
        return {table: changes for table, changes in counts.items() if any(changes.values())}
    finally:
        ours.close()
        fresh.close()


def paths(root: Path) -> set[str]:
    with CodeGraph().open(root) as graph:
        return {file.path for file in graph.files().execute()}


def until(condition, limit_s: float = LIMIT_S) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < limit_s, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - began


def save(path: Path, text: str) -> None:
    """Write a file in one step: a writer that has to wait after it made the file empty would be seen there."""
    beside = path.with_name(f".{path.name}.swp")
    beside.write_text(text)
    beside.replace(path)


def test_a_save_becomes_visible_and_older_graphs_keep_their_snapshot(root, tmp_path):
    config = IndexingConfig(root_path=root, parallel_workers=1, mode="incremental")
    with CodeGraph(config).watch(options=evolve(FAST, reconcile_s=0.0)) as watcher:  # no look finds it but by notices
        becomes_visible(root, watcher, tmp_path)


def becomes_visible(root: Path, watched: Watcher, tmp_path: Path) -> None:
    old = CodeGraph().open(root)
    events = watched.events()
    save(root / "pkg" / "base.py", "def base():\n    return other()\n\ndef other():\n    return 2\n")
    event = events.get(LIMIT_S)
    assert event is not None
    assert event.kind == "updated"
    if event.reason == "overflow":  # within the first moments; which files it was is then found by looking at all
        assert event.paths in {(), ("pkg/base.py",)}
    else:
        assert (event.reason, event.paths) == ("notices", ("pkg/base.py",))
        assert event.latency_ms is not None
    assert event.changes["modified"] == 1
    with CodeGraph().open(root) as new:
        assert new.snapshot_id == event.snapshot_id == watched.snapshot_id != old.snapshot_id
        assert new.nodes().filter(name="other").exists()
    assert not old.nodes().filter(name="other").exists()
    old.close()
    assert differences(root, tmp_path / "fresh") == {}


def test_two_hundred_files_in_new_folders_are_all_found(root, watched, tmp_path):
    for number in range(40):
        folder = root / f"new{number}" / "inner"
        folder.mkdir(parents=True)
        for each in range(5):
            (folder / f"m{each}.py").write_text(f"from pkg.base import base\n\ndef f{each}():\n    return base()\n")
    until(lambda: len(paths(root)) == 203)
    assert differences(root, tmp_path / "fresh") == {}


def test_a_thousand_rapid_saves_end_in_the_last_one(root, watched, tmp_path):
    for number in range(1_000):
        (root / "pkg" / "base.py").write_text(f"def base():\n    return {number}\n\ndef f{number}():\n    pass\n")
    until(lambda: CodeGraph().open(root).nodes().filter(name="f999").exists())
    assert differences(root, tmp_path / "fresh") == {}


def test_an_editors_atomic_rename_is_one_change(root, watched, tmp_path):
    for number in range(3):
        temporary = root / "pkg" / f".base.py.{number}.swp"
        temporary.write_text(f"def base():\n    return {number}\n\ndef saved{number}():\n    pass\n")
        temporary.replace(root / "pkg" / "base.py")
        until(lambda number=number: CodeGraph().open(root).nodes().filter(name=f"saved{number}").exists())
    assert differences(root, tmp_path / "fresh") == {}


def git(root: Path, *words: str) -> None:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(root), *words]
    subprocess.run(command, check=True, capture_output=True)


def test_a_checkout_of_another_branch_leads_to_that_branchs_snapshot(root, tmp_path):
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    git(root, "checkout", "-qb", "other")
    for number in range(20):
        (root / f"only{number}.py").write_text(f"def only{number}():\n    pass\n")
    (root / "pkg" / "base.py").write_text("def base():\n    return 2\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "two")
    git(root, "checkout", "-q", "main")
    with CodeGraph(IndexingConfig(root_path=root, parallel_workers=1)).watch(options=FAST):
        assert len(paths(root)) == 3
        git(root, "checkout", "-q", "other")
        until(lambda: len(paths(root)) == 23)
        assert differences(root, tmp_path / "first") == {}
        git(root, "checkout", "-q", "main")
        until(lambda: len(paths(root)) == 3)
        assert differences(root, tmp_path / "second") == {}


def test_a_name_that_is_no_utf8_ends_nothing(root, watched, tmp_path):
    with open(os.fsencode(root) + b"/\xff.py", "w") as file:  # noqa: PTH123
        file.write("def odd():\n    pass\n")
    (root / "after.py").write_text("def after():\n    pass\n")
    until(lambda: len(paths(root)) == 5)
    (root / "later.py").write_text("def later():\n    pass\n")
    until(lambda: len(paths(root)) == 6)
    assert watched.running
    assert differences(root, tmp_path / "fresh") == {}


def test_what_is_ignored_foreign_or_the_stores_own_leads_to_no_look(root, watched):
    runs = []
    inner = watched._run
    watched._run = lambda *given, **more: runs.append(1) or inner(*given, **more)
    until(lambda: watched._relevance._folders)
    quiet = watched._relevance.judge
    for path, expected in [
        ("pkg/base.py", (True, False)),
        ("pkg/notes.log", (False, False)),
        (".codegraph/catalog.sqlite", (False, False)),
        (".git/objects/aa/bb", (False, False)),
        (".git/HEAD", (True, False)),
        ("brandnew/x.py", (True, True)),
        (".gitignore", (True, True)),
    ]:
        assert quiet(f"{root.resolve()}/{path}") == expected, path
    assert quiet(f"{root.resolve().parent}/elsewhere.py") == (False, False)
    (root / "node_modules" / "dep").mkdir(parents=True)
    (root / "node_modules" / "dep" / "i.js").write_text("x()\n")
    until(lambda: b"node_modules/" in watched._relevance._left_out)
    assert quiet(f"{root.resolve()}/node_modules/dep/i.js") == (False, False)
    (root / "big.py").write_text("x = 1\n" * 200_000)
    assert quiet(f"{root.resolve()}/big.py") == (False, False)


def test_where_the_system_gives_no_notices_the_tree_is_looked_at_and_that_is_said(root, tmp_path):
    def exhausted(_root, _ended):
        raise OSError(28, "OS file watch limit reached")
        yield set()

    cg = CodeGraph(IndexingConfig(root_path=root, parallel_workers=1))
    made = cg.watch(options=FAST)
    watcher = Watcher(made.config, cg.run, {}, evolve(FAST, reconcile_s=0.0), watch=exhausted)
    stream = watcher.events()
    with watcher:
        told: list[ChangeEvent] = []
        until(lambda: (event := stream.get(0.1)) is not None and (told.append(event) or event.kind == "polling"))
        assert told[-1].message == EXHAUSTED
        assert "max_user_watches" in told[-1].message
        assert watcher.polling
        (root / "added.py").write_text("def added():\n    pass\n")
        until(lambda: len(paths(root)) == 4)
    assert differences(root, tmp_path / "fresh") == {}


def test_notices_that_are_dropped_are_repaired_by_the_next_look(root, tmp_path):
    cg = CodeGraph(IndexingConfig(root_path=root, parallel_workers=1))

    def deaf(_root, ended):
        yield set()
        ended.wait()

    watcher = Watcher(cg.watch().config, cg.run, {}, evolve(FAST, reconcile_s=0.5), watch=deaf)
    with watcher:
        (root / "silent.py").write_text("def silent():\n    pass\n")
        until(lambda: len(paths(root)) == 4)
        assert not watcher.polling


def test_an_update_that_fails_is_told_and_tried_again(root):
    cg = CodeGraph(IndexingConfig(root_path=root, parallel_workers=1))
    watcher = cg.watch(options=FAST)
    with watcher:
        inner, failing = watcher._run, threading.Event()

        def refuse(*given, **more):
            if failing.is_set():
                raise OSError(5, "Input/output error")
            return inner(*given, **more)

        watcher._run = refuse
        stream = watcher.events()
        failing.set()
        for number in range(4, 9):  # what had begun before may see a file
            (root / f"x{number}.py").write_text("def x():\n    pass\n")
            event = stream.get(LIMIT_S)
            assert event is not None
            if event.kind != "updated":
                break
        assert (event.kind, event.code) == ("failed", "internal-error")
        failing.clear()
        until(lambda: len(paths(root)) == number)


def test_events_come_as_a_bounded_async_stream(root):
    async def story() -> list[ChangeEvent]:
        told: list[ChangeEvent] = []
        async for event in CodeGraph(IndexingConfig(root_path=root, parallel_workers=1)).awatch(options=FAST):
            told.append(event)
            if len(told) == 1:
                (root / "x.py").write_text("def x():\n    pass\n")
            elif len(told) == 2:
                break
        return told

    told = asyncio.run(story())
    assert [event.kind for event in told] == ["updated", "updated"]
    assert told[1].snapshot_id > told[0].snapshot_id


def test_the_setting_keeps_a_result_fresh_until_the_owner_is_closed(root):
    with CodeGraph() as cg:
        result = cg.index(root, file_watcher=True, parallel_workers=1).execute()
        assert cg.index(root, file_watcher=True, parallel_workers=1).execute().snapshot_id == result.snapshot_id
        (watcher,) = cg._watchers.values()  # one for both
        (root / "x.py").write_text("def x():\n    pass\n")
        until(lambda: cg.open(root).snapshot_id != result.snapshot_id)
        assert watcher.running
    assert not watcher.running


def test_the_command_prints_one_object_a_line(root):
    command = [sys.executable, "-m", "codegraph.cli", "watch", str(root), "--json", "--debounce-ms", "50"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert (first["kind"], first["reason"]) == ("updated", "start")
        (root / "x.py").write_text("def x():\n    pass\n")
        second = json.loads(process.stdout.readline())
        assert second["kind"] == "updated"
        process.terminate()
        assert process.wait(LIMIT_S) == 0

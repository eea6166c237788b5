"""A cancelled task: its work stops at the next check, nothing of it runs afterwards, nothing that it held is left."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraph, CodeGraphError, IndexingConfig, StorageError
from codegraph._internal import cancellation
from codegraph._internal.cancellation import Cancellation, check_cancelled, handing_over, in_thread
from codegraph._internal.sdk import exporting, jobs
from codegraph._internal.store import bundle, compaction, diff, history, locks, verification


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with two snapshots, in two segments."""
    root = tmp_path / "repository"
    root.mkdir()
    for number in range(3):
        (root / f"m{number}.py").write_text(f"def f{number}():\n    return {number}\n")
    CodeGraph().index(root).execute().close()
    (root / "m0.py").write_text("def f0():\n    return f1()\n\n\ndef f1():\n    return 1\n")
    CodeGraph().index(root).execute().close()
    return root


class Gate:
    """Stands where work looks whether it was cancelled: says that it is there, and waits to be opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self.passed = 0

    def hold(self) -> None:
        """Wait without a look."""
        self.reached.set()
        self.opened.wait(60)

    def hold_parsing(self, event: Any) -> None:
        """Wait where a run begins to parse."""
        if event.kind == "stage_started" and event.stage == "parse":
            self.hold()

    def __call__(self) -> None:
        self.hold()
        check_cancelled()
        self.passed += 1


async def cancelled_at(gate: Gate, work: Awaitable[Any]) -> None:
    """Cancel a task, more than once, while its work stands at a gate; return when the task has ended."""
    task = asyncio.ensure_future(work)
    await asyncio.to_thread(gate.reached.wait, 60)
    task.cancel()
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.sleep(0.01)
    assert not task.done()  # it waits for the thread
    gate.opened.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gate.passed == 0


def rows(root: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(root / ".codegraph" / "catalog.sqlite")) as catalog:
        return int(catalog.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


STORE_CALLS: dict[str, tuple[Any, Callable[[CodeGraph, Path, Path], Awaitable[Any]]]] = {
    "verify": (verification, lambda cg, root, _: cg.snapshots(root).averify()),
    "compact": (compaction, lambda cg, root, _: cg.snapshots(root).acompact(force=True)),
    "export": (bundle, lambda cg, root, other: cg.snapshots(root).aexport(other / "new.zip")),
    "load": (bundle, lambda cg, root, other: cg.snapshots(root).aload(other / "old.zip")),
    "diff": (diff, lambda cg, root, _: cg.snapshots(root).diff().ato_arrow("nodes")),
    "diff counts": (diff, lambda cg, root, _: cg.snapshots(root).diff().acounts()),
    "history": (history, lambda cg, root, _: cg.snapshots(root).ahistory("m0:f0@py")),
    "sink": (exporting, lambda cg, root, other: cg.aexport("scip", root, output=other / "new.scip")),
}


@pytest.mark.parametrize("name", STORE_CALLS)
def test_long_work_on_the_store_stops_and_leaves_the_store_as_it_was(
    name: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cg = CodeGraph()
    cg.snapshots(root).export(tmp_path / "old.zip")
    if name == "sink":
        cg.index(root).with_occurrences().execute().close()
    with cg.open(root) as graph:
        before = graph.nodes().to_arrow()
    kept = len(cg.snapshots(root))
    module, call = STORE_CALLS[name]
    gate = Gate()
    monkeypatch.setattr(module, "check_cancelled", gate)
    asyncio.run(cancelled_at(gate, _called(call, cg, root, tmp_path)))
    monkeypatch.undo()
    gc.collect()
    assert rows(root, "lease") == 0
    assert not [path for path in tmp_path.iterdir() if path.name not in {"old.zip", "repository"}]
    found = cg.snapshots(root)
    assert (len(found), found.verify().problems) == (kept, ())
    with cg.open(root) as graph:
        assert graph.nodes().to_arrow().equals(before)


async def _called(call: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    return await call(*arguments)


def test_whoever_stops_waiting_for_a_lock_does_not_get_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()

    async def run() -> None:
        async with CodeGraph().asession(root) as one, CodeGraph().asession(root) as other:

            async def wait() -> None:
                async with other.alock("numbers"):
                    raise AssertionError

            async with one.alock("numbers"):
                monkeypatch.setattr(locks, "check_cancelled", gate)
                await cancelled_at(gate, wait())
                monkeypatch.undo()
            with other.lock("numbers", timeout_s=0):
                pass

    asyncio.run(run())


def test_a_lock_that_comes_in_the_moment_of_the_cancellation_is_given_back(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    got, go = threading.Event(), threading.Event()
    acquire = locks._acquire

    def late(*arguments: Any) -> None:
        acquire(*arguments)
        got.set()
        go.wait(60)

    async def run() -> None:
        async with CodeGraph().asession(root) as session:
            monkeypatch.setattr(locks, "_acquire", late)

            async def take() -> None:
                async with session.alock("numbers"):
                    raise AssertionError

            task = asyncio.create_task(take())
            await asyncio.to_thread(got.wait, 60)
            task.cancel()
            await asyncio.sleep(0)
            go.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            monkeypatch.undo()
            with session.lock("numbers", timeout_s=0):
                pass

    asyncio.run(run())


def test_opening_a_session_of_a_repository_without_an_index_cancels_the_run(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "m.py").write_text("x = 1\n")
    gate = Gate()

    async def run() -> None:
        await cancelled_at(gate, _called(CodeGraph(on_event=gate.hold_parsing).asession, root))

    asyncio.run(run())
    with pytest.raises(StorageError) as caught:
        CodeGraph().open(root)
    assert caught.value.code in {"store-missing", "snapshot-missing"}


@pytest.mark.parametrize("call", ["amodule_graph", "acustom_results"])
def test_what_first_reads_a_lazy_result_cancels_its_run(call: str, root: Path) -> None:
    head = CodeGraph().snapshots(root)[-1].id
    gate = Gate()

    async def run() -> None:
        result = CodeGraph(on_event=gate.hold_parsing).index(root, mode="full")
        twin = getattr(result, call)
        await cancelled_at(gate, twin("x") if call == "acustom_results" else twin())
        assert not result.executed

    asyncio.run(run())
    assert CodeGraph().snapshots(root)[-1].id == head


@pytest.mark.parametrize("call", ["aopen", "aat", "aquery", "asession"])
def test_what_is_opened_although_its_task_was_cancelled_is_closed(
    call: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    original = CodeGraph.session if call == "asession" else CodeGraph.open

    def late(self: CodeGraph, *arguments: Any, **named: Any) -> Any:
        found = original(self, *arguments, **named)
        kept.append(found)
        gate.hold()
        return found

    kept: list[Any] = []
    monkeypatch.setattr(CodeGraph, original.__name__, late)

    async def run() -> None:
        twin = getattr(CodeGraph(), call)
        await cancelled_at(gate, _called(twin, *(["head", root] if call == "aat" else [root])))

    asyncio.run(run())
    assert rows(root, "lease") == 0  # although `kept` still refers to it
    assert kept


def test_a_preview_that_comes_too_late_is_closed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from codegraph._internal.sdk import scratch

    gate = Gate()
    original = scratch.preview_snapshot
    kept: list[Any] = []

    def late(*arguments: Any) -> Any:
        kept.append(original(*arguments))
        gate.hold()
        return kept[0]

    monkeypatch.setattr(scratch, "preview_snapshot", late)

    async def run() -> None:
        async with CodeGraph().asession(root) as session:
            await session.aadd_change("m1.py", "y = 1\n")
            await cancelled_at(gate, session.apreview())

    asyncio.run(run())
    with pytest.raises(StorageError) as caught:
        _ = kept[0].snapshot
    assert caught.value.code == "snapshot-closed"


def test_a_change_that_waited_for_a_commit_and_was_cancelled_is_not_made(root: Path) -> None:
    async def run() -> None:
        async with CodeGraph().asession(root) as session:
            loop = asyncio.get_running_loop()
            holding, go = threading.Event(), threading.Event()

            def hold() -> None:
                with session._mutex:
                    holding.set()
                    go.wait(60)

            holder = loop.run_in_executor(None, hold)
            await asyncio.to_thread(holding.wait, 60)
            task = asyncio.create_task(session.aadd_file("late.py", ""))
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.sleep(0)
            go.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            await holder
            assert session.changes() == []

    asyncio.run(run())


def test_a_watcher_whose_start_is_cancelled_does_not_watch(root: Path) -> None:
    gate = Gate()

    watcher = CodeGraph(IndexingConfig(root_path=root, mode="full"), on_event=gate.hold_parsing).watch()
    asyncio.run(cancelled_at(gate, _called(watcher.astart)))
    assert not watcher.running
    watcher.stop()


def test_waiting_for_a_job_ends_with_the_task(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()

    async def run() -> None:
        async with await CodeGraph().ajobs(f"sqlite:///{tmp_path}/jobs.db") as board:
            job = await board.asubmit(root)
            monkeypatch.setattr(jobs, "check_cancelled", gate)
            await cancelled_at(gate, board.await_end(job))

    asyncio.run(run())


# -- the parts ---------------------------------------------------------------------------------------------


def test_work_that_is_handed_over_is_not_stopped_by_checks_in_it() -> None:
    stop, seen = Cancellation(), []

    def work() -> None:
        with handing_over(lambda: seen.append("told")):
            stop.cancel()
            check_cancelled()
            seen.append("went on")
        check_cancelled()

    with pytest.raises(CodeGraphError) as caught:
        asyncio.run(_called(in_thread, work, stop))
    assert (seen, caught.value.code) == (["told", "went on"], "cancelled")


def test_what_a_cancelled_call_returns_is_undone_and_what_it_raises_is_forgotten() -> None:
    undone: list[int] = []

    async def run(result: int) -> None:
        begun, go = threading.Event(), threading.Event()

        def work() -> int:
            begun.set()
            go.wait(60)
            return 1 // result

        task = asyncio.ensure_future(cancellation.in_thread(work, undo=undone.append))
        await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        await asyncio.sleep(0)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run(1))
    asyncio.run(run(0))
    assert undone == [1]

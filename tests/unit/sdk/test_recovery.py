"""Outside of runs, too: errors that may pass are tried again, and those of the machine reach `codegraph_alert`."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraph, ConflictError, StorageError
from codegraph._internal.sdk import recovery
from codegraph._internal.store import Store
from codegraph._internal.store.layout import FOOTER
from codegraph.plugins import hookimpl


class Told:
    """A plugin that keeps the codes it is told of."""

    def __init__(self) -> None:
        self.codes: list[str] = []

    @hookimpl
    def codegraph_alert(self, error: Mapping[str, Any]) -> None:
        self.codes.append(error["code"])


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the pauses between tries, which take no time."""
    found: list[float] = []
    monkeypatch.setattr(recovery, "_pause", found.append)
    return found


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what makes a method of the store raise these errors first."""

    def fail(method: str, *errors: Exception) -> None:
        left, original = list(errors), getattr(Store, method)

        def call(self: Store, *arguments: Any, **named: Any) -> Any:
            if left:
                raise left.pop(0)
            return original(self, *arguments, **named)

        monkeypatch.setattr(Store, method, call)

    return fail


def io_error() -> StorageError:
    return StorageError("The disk refused.", code="storage-io")


def test_an_error_of_the_machine_that_passes_is_tried_again_and_not_told(
    repository: Path, pauses: list[float], failing: Callable[..., None]
) -> None:
    told = Told()
    CodeGraph().index(repository).execute().close()
    snapshots = CodeGraph(plugins=[told]).snapshots(repository)
    failing("tag", io_error())
    assert snapshots.tag("v1").tags == ("v1",)
    assert (len(pauses), told.codes) == (1, [])


@pytest.mark.parametrize(
    ("method", "call"),
    [
        ("tag", lambda cg, root: cg.snapshots(root).tag("v1")),
        ("gc", lambda cg, root: cg.snapshots(root).gc()),
        ("compact", lambda cg, root: cg.snapshots(root).compact()),
        ("snapshots", lambda cg, root: cg.snapshots(root)),
        ("snapshot", lambda cg, root: cg.open(root)),
        ("snapshot", lambda cg, root: cg.snapshots(root).export(root / "x.zip")),
        ("snapshot", lambda cg, root: cg.session(root)),
        ("find", lambda cg, root: cg.snapshots(root).diff()),
    ],
)
def test_an_error_of_the_machine_that_stays_is_raised_and_told_once(
    method: str, call: Callable[[CodeGraph, Path], Any], repository: Path, pauses: list[float],
    failing: Callable[..., None],
) -> None:  # fmt: skip
    told = Told()
    CodeGraph().index(repository).execute().close()
    failing(method, io_error(), io_error(), io_error())
    with pytest.raises(StorageError) as caught:
        call(CodeGraph(plugins=[told]), repository)
    assert (caught.value.code, caught.value.context["attempts"]) == ("storage-io", 2)
    assert (len(pauses), told.codes) == (1, ["storage-io"])


def test_transient_errors_are_tried_three_times_more_and_told_to_nobody(
    repository: Path, pauses: list[float], failing: Callable[..., None]
) -> None:
    told = Told()
    CodeGraph().index(repository).execute().close()
    snapshots = CodeGraph(plugins=[told]).snapshots(repository)
    failing("tag", *(ConflictError("busy") for _ in range(4)))
    with pytest.raises(ConflictError):
        snapshots.tag("v1")
    assert [int(seconds) for seconds in pauses] == [1, 2, 4]
    assert told.codes == []


def test_permanent_errors_are_raised_at_once(repository: Path, pauses: list[float]) -> None:
    told = Told()
    CodeGraph().index(repository).execute().close()
    with pytest.raises(StorageError) as caught:
        CodeGraph(plugins=[told]).at("no such", repository)
    assert (caught.value.code, pauses, told.codes) == ("snapshot-missing", [], [])


READING: dict[str, Callable[[Any], Any]] = {
    "rows": lambda graph: list(graph.nodes()),
    "batches": lambda graph: list(graph.nodes().batches()),
    "count": lambda graph: graph.nodes().filter(name__contains="f").count(),
    "exists": lambda graph: graph.nodes().filter(name__contains="nothing").exists(),
    "prefetch": lambda graph: list(graph.edges().prefetch("source")),
    "sql": lambda graph: graph.sql("SELECT * FROM nodes").execute(),
    "walk": lambda graph: graph.nodes().filter(kind="module").neighbors().execute(),
    "source": lambda graph: [graph.source(file.path) for file in graph.files()],
    "diff": lambda graph: graph.diff("head~1").to_arrow("nodes"),
    "history": lambda graph: [graph.history(row["id"]) for row in graph.nodes().select("id")],
}


@pytest.fixture
def damaged(repository: Path, tmp_path: Path) -> Path:
    """Return a copy of an indexed repository, whose segments have zeros in them; no process has read it yet."""
    CodeGraph().index(repository).execute().close()
    (repository / "new.py").write_text("def f():\n    return 1\n")
    CodeGraph().index(repository).execute().close()
    copy = tmp_path / "damaged"
    shutil.copytree(repository, copy)
    for segment in (copy / ".codegraph" / "segments").iterdir():
        content = bytearray(segment.read_bytes())
        table_of_contents, *_ = FOOTER.unpack(content[-FOOTER.size :])
        for start in range(64, table_of_contents - 16, 48):
            content[start : start + 16] = bytes(16)
        segment.write_bytes(content)
    return copy


@pytest.mark.parametrize("name", READING)
def test_damage_that_a_reader_meets_is_told_once(name: str, damaged: Path) -> None:
    told = Told()
    with CodeGraph(plugins=[told]).open(damaged) as graph:
        with pytest.raises(StorageError) as caught:
            READING[name](graph)
        assert caught.value.code == "segment-corrupt"
        assert told.codes == ["segment-corrupt"]


def test_a_reader_without_plugins_of_its_own_meets_the_same_error(damaged: Path) -> None:
    with CodeGraph().open(damaged) as graph, pytest.raises(StorageError):
        graph.nodes().execute()


def test_waiting_for_another_try_ends_with_the_task(
    repository: Path, failing: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    CodeGraph().index(repository).execute().close()
    waiting = threading.Event()
    pause = recovery._pause

    def told(seconds: float) -> None:
        waiting.set()
        pause(seconds * 600)

    monkeypatch.setattr(recovery, "_pause", told)
    failing("snapshot", io_error())

    async def run() -> None:
        task = asyncio.ensure_future(CodeGraph().aopen(repository))
        await asyncio.to_thread(waiting.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(asyncio.shield(task), 60)

    asyncio.run(run())

"""Streams: batch sizes, back-pressure, cancellation, and leases that end with whoever reads."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from codegraph import Node
from codegraph._internal.cancellation import Cancellation, check_cancelled, in_thread, threaded
from codegraph._internal.query import GraphQuery
from codegraph._internal.query.sql import sql
from codegraph._internal.store import Store
from codegraph._internal.store.held import HeldSnapshot
from codegraph._internal.store.store import CATALOG
from codegraph_hookspecs import QueryError
from tests.unit.query.memory_snapshot import MemorySnapshot, edge, node
from tests.unit.query.stored import commit

ROWS = [node(f"m.f{n:05d}@py", complexity=n) for n in range(2_500)]


class Slow(MemorySnapshot):
    """A snapshot that notes how many batches it was asked for, and may wait before each."""

    def __init__(self, wait: Callable[[], object] = lambda: None) -> None:
        super().__init__(100, nodes=ROWS)
        self.read = 0
        self.running = 0
        self.wait = wait

    def scan(self, table: str, columns: Any = None, predicate: Any = None) -> Iterator[pa.RecordBatch]:
        for batch in super().scan(table, columns, predicate):
            self.read += 1
            self.running += 1
            try:
                self.wait()
            finally:
                self.running -= 1
            yield batch


# -- sizes -----------------------------------------------------------------------------------------


def test_a_batch_has_1000_rows_unless_another_size_is_given() -> None:
    query = GraphQuery(Slow()).nodes()
    assert [batch.num_rows for batch in query.batches()] == [1_000, 1_000, 500]
    assert [batch.num_rows for batch in query.execute(chunk_size=2_000)] == [2_000, 500]
    assert query.explain().chunk_size == 1_000


@pytest.mark.parametrize("size", [0, -1, 10_001, True, 1.5, "9", None])
def test_a_size_out_of_range_is_refused_before_anything_runs(size: Any) -> None:
    snapshot = Slow()
    query = GraphQuery(snapshot).nodes()
    calls: list[Callable[[], object]] = [
        lambda: query.batches(size),
        lambda: query.explain(size),
        lambda: asyncio.run(_all(query.astream(size))),
    ]
    if size is not None:
        calls.append(lambda: query.execute(chunk_size=size))
    for call in calls:
        with pytest.raises(QueryError) as caught:
            call()
        assert caught.value.code == "argument-invalid"
    assert snapshot.read == 0


async def _all(stream: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in stream]


# -- back-pressure -----------------------------------------------------------------------------------


def test_nothing_is_read_ahead_of_a_synchronous_reader() -> None:
    snapshot = Slow()
    batches = GraphQuery(snapshot).nodes().batches(100)
    assert snapshot.read == 0
    for wanted in (1, 2, 3):
        next(batches)
        assert snapshot.read == wanted


def test_a_slow_asynchronous_consumer_blocks_the_producer() -> None:
    snapshot = Slow()

    async def run() -> None:
        stream = GraphQuery(snapshot).nodes().astream(100)
        await anext(stream)
        await asyncio.sleep(0.05)
        assert snapshot.read == 1
        await anext(stream)
        await asyncio.sleep(0.05)
        assert snapshot.read == 2
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.sleep(0.05)
        assert snapshot.read == 2

    asyncio.run(run())


def test_the_event_loop_goes_on_while_a_batch_is_made() -> None:
    passed = threading.Event()
    snapshot = Slow(wait=lambda: passed.wait(60))

    async def run() -> bool:
        first = asyncio.create_task(anext(GraphQuery(snapshot).nodes().astream(100)))
        await asyncio.sleep(0.01)
        waiting = not first.done()
        passed.set()
        await first
        return waiting

    assert asyncio.run(run())


# -- cancellation --------------------------------------------------------------------------------------


def test_a_cancelled_call_stops_at_the_next_batch_and_nothing_of_it_runs_afterwards() -> None:
    entered, release = threading.Event(), threading.Event()

    def wait() -> None:
        entered.set()
        release.wait(60)

    snapshot = Slow(wait)

    async def run() -> None:
        task = asyncio.create_task(GraphQuery(snapshot).nodes().filter(complexity__gte=0).aexecute())
        await asyncio.to_thread(entered.wait, 60)
        task.cancel()
        await asyncio.sleep(0.01)
        task.cancel()  # impatience changes nothing
        release.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        assert (snapshot.read, snapshot.running) == (1, 0)

    asyncio.run(run())


@pytest.mark.parametrize(
    "call",
    [
        lambda q: q.order_by("complexity").aexecute(),
        lambda q: q.order_by("complexity").limit(3).afirst(),
        lambda q: q.filter(complexity__gte=1).acount(),
        lambda q: q.filter(name__contains="nothing here").aexists(),
        lambda q: q.aggregate(count="id").ato_arrow(),
        lambda q: q.select("kind").distinct().ato_arrow(),
    ],
)
def test_every_kind_of_query_notices_that_it_was_cancelled(call: Any) -> None:
    entered, release = threading.Event(), threading.Event()

    def wait() -> None:
        entered.set()
        release.wait(60)

    snapshot = Slow(wait)
    query = GraphQuery(snapshot).nodes().filter(start_line__isnull=True)

    async def run() -> None:
        task = asyncio.create_task(call(query))
        await asyncio.to_thread(entered.wait, 60)
        task.cancel()
        await asyncio.sleep(0.01)
        release.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(run())
    assert snapshot.read == 1


def test_a_timeout_ends_a_stream() -> None:
    release = threading.Event()
    snapshot = Slow(wait=lambda: release.wait(0.2))

    async def run() -> int:
        seen = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):  # 25 batches take five seconds
                async for batch in GraphQuery(snapshot).nodes().astream(100):
                    seen += batch.num_rows
        return seen

    assert 0 <= asyncio.run(run()) < len(ROWS)
    assert snapshot.running == 0


def test_a_cancelled_step_reports_itself_as_cancelled() -> None:
    stop = Cancellation()
    stop.cancel()

    async def run() -> None:
        await in_thread(check_cancelled, stop)

    with pytest.raises(QueryError) as caught:
        asyncio.run(run())
    assert (caught.value.code, caught.value.is_retryable(), stop.cancelled) == ("cancelled", True, True)
    check_cancelled()  # without an asynchronous caller there is nothing to stop


def test_a_failing_step_ends_the_stream_with_its_error() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    seen: list[int] = []

    async def run() -> None:
        async for item in threaded(failing):
            seen.append(item)  # noqa: PERF401 -- what came before the error counts

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(run())
    assert seen == [1]


# -- leases ----------------------------------------------------------------------------------------------


def leases(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / CATALOG)) as catalog:
        return int(catalog.execute("SELECT count(*) FROM lease").fetchone()[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    nodes = [node(f"m.f{n:05d}@py", complexity=n) for n in range(12_000)]
    edges = [edge(nodes[3]["id"], row["id"]) for row in nodes[4:9]]
    with Store.open(folder) as store:
        commit(store, batch_rows=500, nodes=nodes, edges=edges)
    return folder


def held_snapshot(folder: Path) -> Any:
    """Open the snapshot as the SDK holds it: the lease ends when nobody refers to it any more."""
    return HeldSnapshot(Store.open(folder))


SYNCHRONOUS: dict[str, Callable[[Any], Iterator[Any]]] = {
    "rows": lambda held: iter(GraphQuery(held).nodes()),
    "batches": lambda held: GraphQuery(held).nodes().batches(10),
    "walk": lambda held: iter(GraphQuery(held).nodes().filter(complexity=3).neighbors().limit(3)),
    "sql rows": lambda held: iter(sql(held, "SELECT * FROM nodes")),
    "sql batches": lambda held: sql(held, "SELECT * FROM nodes").batches(10),
    "Arrow stream": lambda held: iter(pa.RecordBatchReader.from_stream(GraphQuery(held).nodes())),
}


@pytest.mark.parametrize("kind", SYNCHRONOUS)
def test_an_abandoned_iterator_gives_its_lease_back(folder: Path, kind: str) -> None:
    iterator = SYNCHRONOUS[kind](held_snapshot(folder))
    next(iterator, None)
    gc.collect()
    assert leases(folder) == 1
    del iterator
    gc.collect()
    assert leases(folder) == 0


@pytest.mark.parametrize("how", ["closed", "dropped", "cancelled"])
@pytest.mark.parametrize("kind", ["rows", "batches", "sql"])
def test_an_abandoned_asynchronous_iterator_gives_its_lease_back(folder: Path, kind: str, how: str) -> None:
    def started() -> Any:
        held: Any = held_snapshot(folder)
        if kind == "rows":
            return GraphQuery(held).nodes().__aiter__()
        return (
            GraphQuery(held).nodes().astream(10) if kind == "batches" else sql(held, "SELECT * FROM nodes").astream(9)
        )

    async def consume() -> None:
        async for _ in started():
            await asyncio.sleep(300)

    async def run() -> None:
        if how == "cancelled":
            task = asyncio.create_task(consume())
            while leases(folder) == 0:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            return
        stream = started()
        await anext(stream)
        assert leases(folder) == 1
        if how == "closed":
            await stream.aclose()
        del stream
        await asyncio.sleep(0.05)

    asyncio.run(run())
    gc.collect()
    assert leases(folder) == 0


def test_typed_rows_of_a_stream_are_nodes(folder: Path) -> None:
    async def run() -> list[Node]:
        return [row async for row in GraphQuery(held_snapshot(folder)).nodes().order_by("complexity").limit(2)]  # type: ignore[arg-type]

    assert [(type(row), row.id) for row in asyncio.run(run())] == [(Node, ROWS[0]["id"]), (Node, ROWS[1]["id"])]

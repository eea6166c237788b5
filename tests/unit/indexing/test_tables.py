"""Rows on their way to the store, at once or beside what comes next."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from codegraph._internal.indexing import tables as tables_module
from codegraph._internal.indexing.summary import SummaryBuilder
from codegraph._internal.indexing.tables import RunTables
from codegraph._internal.indexing.worker import Worker
from codegraph._internal.pipeline.spool import SpoolDirectory
from codegraph_hookspecs import StorageError
from tests.unit.indexing.fakes import batch, edge, node

WAITING = 8


class Rows:
    """A transaction that remembers what came when, and in which thread."""

    def __init__(self, refused: str = "") -> None:
        self.got: list[tuple[str, Sequence[str]]] = []
        self.threads: set[str] = set()
        self.refused = refused
        self.go = threading.Event()
        self.go.set()

    def append(self, table: str, rows: pa.RecordBatch) -> None:
        assert self.go.wait(60)
        if table == self.refused:
            raise StorageError("The disk refused.", code="disk-full")
        self.got.append((table, rows.column("id").to_pylist()))
        self.threads.add(threading.current_thread().name)


@pytest.fixture
def tables(tmp_path: Path) -> RunTables:
    return RunTables(SpoolDirectory(tmp_path, 1 << 20), SummaryBuilder())


def hand_over(tables: RunTables, rows: Any) -> None:
    for number in range(5):
        tables.store(rows, "nodes", batch("nodes", [node(f"n{number}@py")]))
        tables.store(rows, "edges", batch("edges", [edge(f"e{number}", "n0@py", "n0@py")]))


@pytest.mark.parametrize("aside", [False, True])
def test_rows_are_stored_in_the_order_in_which_they_were_handed_over(tables: RunTables, aside: bool) -> None:
    rows = Rows()
    with tables.storing_aside(aside):
        hand_over(tables, rows)

    expected = [(table, [f"{letter}{n}"]) for n in range(5) for table, letter in (("nodes", "n"), ("edges", "e"))]
    assert [(table, [name.partition("@")[0] for name in names]) for table, names in rows.got] == expected
    assert (threading.current_thread().name in rows.threads) is not aside


def test_the_caller_goes_on_while_rows_are_stored_aside_and_waits_at_the_end(tables: RunTables) -> None:
    rows = Rows()
    rows.go.clear()
    with tables.storing_aside(True):
        for number in range(WAITING):
            tables.store(rows, "nodes", batch("nodes", [node(f"n{number}@py")]))
        assert rows.got == []
        rows.go.set()
    assert len(rows.got) == WAITING


def test_an_error_of_the_store_is_raised_where_rows_are_handed_over_or_at_the_end(tables: RunTables) -> None:
    rows = Rows(refused="edges")
    with pytest.raises(StorageError, match="refused"), tables.storing_aside(True):
        hand_over(tables, rows)


def test_no_more_rows_wait_than_memory_has_room_for(tables: RunTables, monkeypatch: pytest.MonkeyPatch) -> None:
    size = batch("nodes", [node("n0@py")]).nbytes
    monkeypatch.setattr(tables_module, "MOST_WAITING_BYTES", WAITING * size - 1)
    rows = Rows()
    rows.go.clear()
    timer = threading.Timer(0.2, rows.go.set)
    with tables.storing_aside(True):
        for number in range(WAITING):
            tables.store(rows, "nodes", batch("nodes", [node(f"n{number}@py")]))
        timer.start()
        tables.store(rows, "nodes", batch("nodes", [node("last@py")]))  # waits for the first
        assert len(rows.got) >= 1
    timer.join()


def test_what_waits_is_dropped_when_the_run_fails(tables: RunTables, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Rows()
    rows.go.clear()
    close = Worker.close

    def closed(worker: Worker) -> None:
        """Let the store go on only when what waits was dropped."""
        stop = worker.stop
        monkeypatch.setattr(worker, "stop", lambda: (stop(), rows.go.set()))
        close(worker)

    monkeypatch.setattr(Worker, "close", closed)

    def run() -> None:
        with tables.storing_aside(True):
            for number in range(WAITING):
                tables.store(rows, "nodes", batch("nodes", [node(f"n{number}@py")]))
            raise KeyError("the run")

    with pytest.raises(KeyError):
        run()
    assert rows.go.is_set()
    assert len(rows.got) <= 1

"""Calls in one thread, in order; nobody waits for a thread that has ended."""

from __future__ import annotations

import _thread
import threading

import pytest

from codegraph._internal.indexing.worker import Worker
from codegraph_hookspecs import execution


def test_calls_are_done_in_order_and_give_what_they_return():
    worker, seen = Worker(), []
    calls = [worker.submit(lambda number=number: seen.append(number) or number) for number in range(5)]
    assert [worker.result(call) for call in calls] == [0, 1, 2, 3, 4]
    assert seen == [0, 1, 2, 3, 4]
    worker.close()


def test_what_a_call_raises_is_raised_where_it_is_waited_for():
    worker = Worker()
    call = worker.submit(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        worker.result(call)
    assert worker.result(worker.submit(lambda: "still there")) == "still there"
    worker.close()


def test_closing_leaves_out_what_has_not_begun_and_waits_for_what_has():
    worker, began, may_end, done = Worker(), threading.Event(), threading.Event(), []

    def work() -> None:
        began.set()
        may_end.wait()
        done.append("first")

    worker.submit(work)
    worker.submit(lambda: done.append("second"))
    began.wait()
    threading.Timer(0.05, may_end.set).start()
    worker.close()
    assert done == ["first"]


def test_whoever_waits_for_a_thread_without_memory_is_told(monkeypatch):
    worker = Worker()

    def full(_self, _value) -> None:
        raise MemoryError

    monkeypatch.setattr("concurrent.futures.Future.set_result", full)
    monkeypatch.setattr("concurrent.futures.Future.set_exception", full)
    monkeypatch.setattr("sys.unraisablehook", lambda _: None)
    calls = [worker.submit(lambda: 1), worker.submit(lambda: 2)]
    for call in calls:
        with pytest.raises(MemoryError):
            worker.result(call)
    worker.close()


def test_a_thread_that_cannot_begin_is_told_at_once_and_the_next_may_begin(monkeypatch):
    worker = Worker()
    start = _thread.start_new_thread
    monkeypatch.setattr(execution, "_waiting", lambda: None)

    def none_left(*_) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", none_left)
    with pytest.raises(RuntimeError):
        worker.submit(lambda: 1)
    monkeypatch.setattr(_thread, "start_new_thread", start)
    assert worker.result(worker.submit(lambda: 1)) == 1
    worker.close()

"""Threads that begin, or are given up."""

import _thread
import threading
import time

import pytest

from codegraph_hookspecs import start_thread


def test_a_thread_calls_what_it_was_given_and_does_not_keep_the_process():
    seen: list[int] = []
    done = threading.Event()

    def target() -> None:
        seen.append(threading.get_ident())
        done.set()

    start_thread(target)
    assert done.wait(10)
    assert seen != [threading.get_ident()]


def test_a_thread_that_dies_before_it_begins_is_a_memory_error(monkeypatch):
    monkeypatch.setattr(_thread, "start_new_thread", lambda function, arguments: 0)
    with pytest.raises(MemoryError, match="did not begin within"):
        start_thread(lambda: None, within_s=0.02)


def test_a_thread_that_begins_after_it_was_given_up_does_nothing(monkeypatch):
    begun: list[object] = []
    late: list[object] = []
    monkeypatch.setattr(_thread, "start_new_thread", lambda function, arguments: late.append(function))
    with pytest.raises(MemoryError):
        start_thread(lambda: begun.append(None), within_s=0.02)
    for function in late:
        function()
    assert late
    assert begun == []


def test_a_slow_target_is_not_given_up():
    done = threading.Event()

    def target() -> None:
        time.sleep(0.2)
        done.set()

    start_thread(target, within_s=0.1)
    assert done.wait(10)

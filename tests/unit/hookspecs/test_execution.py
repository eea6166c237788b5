"""Threads that begin, or are given up, and wait for another function when one has returned."""

import _thread
import os
import subprocess
import sys
import threading
import time
import weakref
from contextvars import ContextVar

import pytest

from codegraph_hookspecs import execution, start_thread


@pytest.fixture(autouse=True)
def _own_threads(monkeypatch):
    """Begin without threads that wait, and leave none: a thread looks for the list when its function has returned."""
    _end_idle(_thread._count() - len(execution._IDLE))
    monkeypatch.setattr(execution, "_IDLE", [])
    before = _thread._count()
    yield
    _end_idle(before)


def _end_idle(left: int) -> None:
    """Have threads that wait raise, which ends them, until no more than `left` are there."""
    limit = time.monotonic() + 60
    while _thread._count() > left and time.monotonic() < limit:
        while (seat := execution._waiting()) is not None:
            seat.hand(sys.exit)
        time.sleep(0.001)


def _call(function):
    """Return what a function gives in another thread, once that thread waits for the next one, or has ended."""
    found, ended, waiting = [], threading.Event(), len(execution._IDLE)

    def target():
        try:
            found.append(function())
        finally:
            ended.set()

    start_thread(target)
    assert ended.wait(60)
    limit = time.monotonic() + 60
    while len(execution._IDLE) < max(1, waiting) and time.monotonic() < limit:
        time.sleep(0.001)
    return found[0]


def test_a_thread_calls_what_it_was_given_and_does_not_keep_the_process():
    seen: list[int] = []
    done = threading.Event()

    def target() -> None:
        seen.append(threading.get_ident())
        done.set()

    start_thread(target)
    assert done.wait(60)
    assert seen != [threading.get_ident()]


def test_a_thread_that_dies_before_it_begins_is_a_memory_error(monkeypatch):
    monkeypatch.setattr(execution, "_waiting", lambda: None)
    monkeypatch.setattr(_thread, "start_new_thread", lambda function, arguments: 0)
    with pytest.raises(MemoryError, match="did not begin within"):
        start_thread(lambda: None, within_s=0.02)


def test_a_thread_that_begins_after_it_was_given_up_does_nothing(monkeypatch):
    monkeypatch.setattr(execution, "_waiting", lambda: None)
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
    go, done = threading.Event(), threading.Event()

    def target() -> None:
        assert go.wait(60)
        done.set()

    start_thread(target, within_s=30.0)  # which is over before the target is, if that is what it waits for
    go.set()
    assert done.wait(60)


def test_a_thread_whose_function_returned_calls_the_next_one():
    assert _call(threading.get_ident) == _call(threading.get_ident) != threading.get_ident()


def test_a_thread_that_waits_keeps_nothing_of_what_it_called():
    class Held:
        pass

    for _ in range(2):
        held = Held()
        gone = weakref.ref(held)
        _call(lambda held=held: None)
        del held
        assert gone() is None


def test_functions_at_the_same_time_have_threads_of_their_own():
    first = _call(threading.get_ident)
    seen = []
    gate = threading.Barrier(3)

    def target():
        seen.append(threading.get_ident())
        gate.wait(60)

    start_thread(target)
    start_thread(target)
    gate.wait(60)
    assert len(set(seen)) == 2
    assert first in seen


def test_a_function_finds_no_context_of_the_one_before_it():
    variable = ContextVar("variable", default="")
    thread = _call(lambda: (variable.set("left"), threading.get_ident())[1])
    assert _call(lambda: (variable.get(), threading.get_ident())) == ("", thread)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_thread_whose_function_raised_is_not_used_again(monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    begun: list[int] = []

    def target():
        begun.append(threading.get_ident())
        raise ValueError

    start_thread(target)
    limit = time.monotonic() + 30
    while (not begun or begun[0] in sys._current_frames()) and not execution._IDLE and time.monotonic() < limit:
        time.sleep(0.001)
    assert begun
    assert begun[0] not in sys._current_frames()
    assert execution._IDLE == []


def test_a_thread_that_nobody_needs_ends(monkeypatch):
    monkeypatch.setattr(execution, "IDLE_S", 0.01)
    threads = _thread._count()
    done = threading.Event()
    start_thread(done.set)
    assert done.wait(60)
    limit = time.monotonic() + 60
    while (execution._IDLE or _thread._count() > threads) and time.monotonic() < limit:
        time.sleep(0.005)
    assert execution._IDLE == []
    assert _thread._count() <= threads


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_fork_waits_for_no_thread_of_its_parent():
    program = """if True:
        import os, threading, time
        from codegraph_hookspecs import execution, start_thread
        done = threading.Event()
        start_thread(done.set)
        done.wait(60)
        while not execution._IDLE:
            time.sleep(0.001)
        child = os.fork()
        if not child:
            late = threading.Event()
            start_thread(late.set)
            os._exit(0 if late.wait(60) else 1)
        raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=False, timeout=300).returncode == 0

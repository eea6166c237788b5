"""Bounded queues of the watcher: notices before an update, events after it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from codegraph import ChangeEvent, WatchOptions
from codegraph._internal.watching.inbox import Inbox
from codegraph._internal.watching.notices import DEATHS, Notices
from codegraph._internal.watching.stream import Streams


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_notices_are_taken_after_the_quiet_each_path_once():
    clock = Clock()
    inbox = Inbox(10, clock)
    for _ in range(5):
        inbox.put("a.py")
    inbox.put("new", folder=True)
    clock.now += 0.3
    batch = inbox.take(quiet_s=0.3, longest_s=3.0, until=None)
    assert batch is not None
    assert (batch.reason, batch.paths, batch.first, batch.folders) == ("notices", ("a.py", "new"), 100.0, True)


def test_notices_without_an_end_are_taken_after_the_longest_wait():
    clock = Clock()
    inbox = Inbox(10, clock)
    for _ in range(31):
        inbox.put("a.py")
        clock.now += 0.1
    assert inbox.take(quiet_s=0.3, longest_s=3.0, until=None) is not None


def test_more_notices_than_may_wait_are_an_overflow():
    clock = Clock()
    inbox = Inbox(2, clock)
    for number in range(5):
        inbox.put(f"{number}.py")
    clock.now += 1
    batch = inbox.take(quiet_s=0.1, longest_s=3.0, until=None)
    assert batch is not None
    assert (batch.reason, len(batch.paths)) == ("overflow", 2)


def test_without_notices_the_moment_of_a_look_comes_and_the_end_too():
    inbox = Inbox(2, Clock())
    batch = inbox.take(quiet_s=0.1, longest_s=3.0, until=99.0)
    assert batch is not None
    assert (batch.reason, batch.first) == ("reconciliation", None)
    inbox.close()
    assert inbox.take(quiet_s=0.1, longest_s=3.0, until=None) is None


def test_a_slow_reader_misses_the_oldest_and_is_told_how_many():
    streams = Streams(2)
    slow, other = streams.open(), streams.open()
    for number in range(5):
        streams.send(ChangeEvent(kind="updated", snapshot_id=str(number)))
        assert other.get(0.0) is not None
    first = slow.get(0.0)
    assert first is not None
    assert (first.snapshot_id, first.missed) == ("3", 3)
    streams.close()
    assert [(event.snapshot_id, event.missed) for event in slow] == [("4", 0)]
    assert slow.ended
    assert streams.open().get(0.0) is None


def test_a_task_reads_what_a_thread_sends():
    streams = Streams(10)
    stream = streams.open()

    async def read() -> list[str]:
        timer = threading.Timer(
            0.05, lambda: (streams.send(ChangeEvent(kind="updated", snapshot_id="s")), streams.close())
        )
        timer.start()
        return [event.snapshot_id async for event in stream]

    assert asyncio.run(read()) == ["s"]


def test_notices_that_die_again_and_again_are_left_alone_for_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr("codegraph._internal.watching.notices.AGAIN_S", 0.05)
    begun, states, lost = [], [], []
    done = threading.Event()

    def dying(_root, _ended):
        begun.append(1)
        yield {"a"}
        raise RuntimeError("Unable to decode path")

    def state(notices, why):
        states.append((notices, why))
        if not notices:
            done.set()

    notices = Notices(tmp_path, on_paths=lambda _: None, on_lost=lambda: lost.append(1), on_state=state, watch=dying)
    notices.start()
    assert done.wait(60)
    notices.stop()
    assert len(begun) >= DEATHS
    assert len(lost) == len(begun)
    assert "Unable to decode" in next(why for given, why in states if not given)


@pytest.mark.parametrize("values", [{"debounce_ms": -1}, {"poll_s": 0}, {"queue": 0}, {"max_file_bytes": 0}])
def test_options_have_limits(values):
    with pytest.raises(ValueError, match="must be"):
        WatchOptions(**values)

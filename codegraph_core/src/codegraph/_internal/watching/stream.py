"""Events for readers that may be slow: each has its own bounded queue, and learns how many it missed."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator

from attrs import evolve

from codegraph._internal.watching.options import ChangeEvent


class Streams:
    """All readers of one watcher.

    Args:
        limit: Events that wait for each reader.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._readers: list[Stream] = []
        self._closed = False

    def open(self) -> Stream:
        """Return a stream of the events from now on; close it, or use it to its end."""
        with self._lock:
            stream = Stream(self._limit, self._forget)
            if self._closed:
                stream.end()
            else:
                self._readers.append(stream)
            return stream

    def send(self, event: ChangeEvent) -> None:
        """Hand an event to every reader; never waits."""
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            reader.put(event)

    def close(self) -> None:
        """End all streams after what waits in them."""
        with self._lock:
            self._closed = True
            readers, self._readers = self._readers, []
        for reader in readers:
            reader.end()

    def _forget(self, stream: Stream) -> None:
        with self._lock:
            self._readers = [reader for reader in self._readers if reader is not stream]


class Stream:
    """One reader's events: iterate over it with `for` in a thread, or with `async for` in a task."""

    def __init__(self, limit: int, forget: Callable[[Stream], None]) -> None:
        self._limit = limit
        self._forget = forget
        self._waiting: deque[ChangeEvent] = deque()
        self._missed = 0
        self._ended = False
        self._changed = threading.Condition()
        self._wakers: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def put(self, event: ChangeEvent) -> None:
        """Add an event; the oldest gives way when the queue is full."""
        with self._changed:
            if len(self._waiting) >= self._limit:
                dropped = self._waiting.popleft()
                self._missed += 1 + dropped.missed
            self._waiting.append(event)
            self._wake()

    def end(self) -> None:
        """Let readers stop after what waits."""
        with self._changed:
            self._ended = True
            self._wake()

    def close(self) -> None:
        """Stop reading."""
        self._forget(self)
        self.end()

    def get(self, timeout_s: float | None = None) -> ChangeEvent | None:
        """Return the next event; None at the end, or when none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended, timeout_s)
            return self._take()

    @property
    def ended(self) -> bool:
        """Whether nothing comes any more, and nothing waits."""
        with self._changed:
            return self._ended and not self._waiting

    def __iter__(self) -> Iterator[ChangeEvent]:
        while (event := self.get()) is not None:
            yield event

    async def __aiter__(self) -> AsyncIterator[ChangeEvent]:
        waker = (asyncio.get_running_loop(), asyncio.Event())
        with self._changed:
            self._wakers.append(waker)
        try:
            while True:
                with self._changed:
                    event, ended = self._take(), self._ended
                    waker[1].clear()
                if event is not None:
                    yield event
                elif ended:
                    return
                else:
                    await waker[1].wait()
        finally:
            with self._changed:
                self._wakers.remove(waker)

    def _take(self) -> ChangeEvent | None:
        if not self._waiting:
            return None
        event = self._waiting.popleft()
        missed, self._missed = self._missed, 0
        return evolve(event, missed=event.missed + missed) if missed else event

    def _wake(self) -> None:
        self._changed.notify_all()
        for loop, event in self._wakers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

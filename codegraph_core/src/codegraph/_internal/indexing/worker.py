"""One daemon thread that does calls in order: it parses ahead, or stores beside the rest of a run."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from typing import Any, Final, TypeVar

from codegraph._internal.pipeline.cancel import CancelToken
from codegraph_hookspecs import start_thread

T = TypeVar("T")

_POLL_S: Final = 0.1


class Worker:
    """A thread with a queue.

    Unlike `ThreadPoolExecutor`'s it does not keep the process when a call hangs, and nobody waits without end for
    one that ran out of memory: neither for its start (`start_thread`) nor for what it was to do.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._serving = False
        self._alive = threading.Lock()  # held by the thread: to release a lock takes no memory

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Have a function called after those submitted before.

        Raises:
            MemoryError: The thread did not begin.
        """
        if not self._serving:
            self._alive.acquire()
            try:
                start_thread(self._serve)
            except BaseException:
                self._alive.release()
                raise
            self._serving = True
        future: Future[T] = Future()
        self._queue.put((future, function))
        return future

    def result(self, future: Future[T]) -> T:
        """Wait for a call and return what it gave, or raise what it raised.

        Raises:
            MemoryError: The thread ended without doing it.
        """
        return self.wait(future, None)

    def wait(self, future: Future[T], cancel: CancelToken | None) -> T:
        """Return a call's result; look at the token while waiting.

        Raises:
            Cancelled: The token was set.
            MemoryError: The thread ended without doing the call.
        """
        while True:
            if cancel is not None:
                cancel.check()
            ended = not self._alive.locked()
            try:
                return future.result(timeout=0 if ended else _POLL_S)
            except FutureTimeoutError:
                if future.done():
                    return future.result()
                if ended:
                    raise MemoryError("There was no memory left to end a call.") from None

    def stop(self) -> None:
        """End the thread after what it is doing."""
        if self._serving:
            self._queue.put(None)
            self._serving = False

    def close(self) -> None:
        """Leave out what has not begun, and wait for the end of the thread."""
        if not self._serving:
            return
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        self.stop()
        with self._alive:
            pass

    def _serve(self) -> None:
        try:
            while (item := self._queue.get()) is not None:
                future, function = item
                try:
                    future.set_result(function())
                except BaseException as error:  # handed to whoever waits
                    future.set_exception(error)
                del item, future, function  # what a call held is not kept until the next comes
        finally:
            self._alive.release()

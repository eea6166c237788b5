"""One daemon thread that does calls in order: it parses ahead, and a call that hangs does not keep the process."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from codegraph._internal.pipeline.cancel import CancelToken
from codegraph_hookspecs import start_thread

_POLL_S = 0.1


class Worker:
    """A thread with a queue."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._serving = False

    def submit(self, function: Callable[[], Any]) -> Future[Any]:
        """Have a function called after those submitted before."""
        if not self._serving:
            start_thread(self._serve)
            self._serving = True
        future: Future[Any] = Future()
        self._queue.put((future, function))
        return future

    def wait(self, future: Future[Any], cancel: CancelToken) -> Any:
        """Return a call's result; look at the token while waiting.

        Raises:
            Cancelled: The token was set.
        """
        while True:
            cancel.check()
            try:
                return future.result(timeout=_POLL_S)
            except FutureTimeoutError:
                if future.done():
                    return future.result()

    def stop(self) -> None:
        """End the thread after what it is doing."""
        if self._serving:
            self._queue.put(None)
            self._serving = False

    def _serve(self) -> None:
        while (item := self._queue.get()) is not None:
            future, function = item
            try:
                future.set_result(function())
            except BaseException as error:  # handed to whoever waits
                future.set_exception(error)

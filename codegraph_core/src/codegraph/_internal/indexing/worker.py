"""One daemon thread that does calls in order: it parses ahead, and a call that hangs does not keep the process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from codegraph._internal.pipeline.cancel import CancelToken

_POLL_S = 0.1


class Worker:
    """A thread with a queue.

    Args:
        name: The thread's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._queue: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, function: Callable[[], Any]) -> Future[Any]:
        """Have a function called after those submitted before."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
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
        if self._thread is not None:
            self._queue.put(None)
            self._thread = None

    def _serve(self) -> None:
        while (item := self._queue.get()) is not None:
            future, function = item
            try:
                future.set_result(function())
            except BaseException as error:  # handed to whoever waits
                future.set_exception(error)

"""Calls that are begun one ahead, in a thread beside what is done with the results before."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from codegraph_hookspecs import start_thread

T = TypeVar("T")


def one_ahead(calls: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Yield what calls return, in order; while one result is worked on, the next call runs in a thread of its own.

    At most one call runs at a time. Worth it for calls that need no interpreter. What a call raises is raised here, in
    its turn. Who stops in between leaves at most one call to its end.

    Raises:
        MemoryError: There was none left to end a call.
    """
    running: list[_Running[T]] = []
    for call in calls:
        done = [each.result() for each in running]
        running = [_Running(call)]
        del call  # neither it nor what was taken is kept
        while done:
            yield done.pop()
    while running:
        yield running.pop().result()


class _Running(Generic[T]):
    """A call in a thread."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._given: list[T] = []
        self._error: BaseException | None = None
        self._alive = threading.Lock()  # not an Event: to release a lock takes no memory
        self._alive.acquire()
        try:
            start_thread(lambda: self._run(call))
        except (MemoryError, RuntimeError):  # there can be no thread
            self._run(call)

    def result(self) -> T:
        """Wait for the end of the call; its result is handed out once."""
        with self._alive:
            pass
        if self._error is not None:
            raise self._error
        if not self._given:
            raise MemoryError("There was no memory left to end a call.")
        return self._given.pop()

    def _run(self, call: Callable[[], T]) -> None:
        try:
            self._given.append(call())
        except BaseException as error:  # handed to whoever waits
            self._error = error
        finally:
            self._alive.release()

"""Running a query's steps in worker threads: one step at a time, cancellable, nothing read ahead.

A step is asked for only when its result is awaited, so a slow consumer blocks the producer. A cancelled task
stops the step that is under way at its next batch, waits for it, and lets go of what the query holds.
"""

from __future__ import annotations

import contextlib
import contextvars
import itertools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final, TypeVar, cast

from codegraph_hookspecs.errors import ErrorCategory, QueryError

T = TypeVar("T")
_END: Final = object()


class Cancellation:
    """Tells the steps of one asynchronous call to stop. Any thread may call `cancel`."""

    __slots__ = ("_callbacks", "_event", "_lock")

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """Ask for a stop; runs what `on_cancel` registered."""
        with self._lock:
            self._event.set()
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    @contextlib.contextmanager
    def calling(self, callback: Callable[[], None]) -> Iterator[None]:
        """Have `cancel` call something while the block runs, such as the interruption of another engine."""
        with self._lock:
            self._callbacks.append(callback)
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)


_CURRENT: contextvars.ContextVar[Cancellation | None] = contextvars.ContextVar("codegraph_query", default=None)


def check_cancelled() -> None:
    """Stop a query whose caller went away; called between batches.

    Raises:
        QueryError: The task that awaits the query was cancelled (code `cancelled`).
    """
    current = _CURRENT.get()
    if current is not None and current.cancelled:
        raise QueryError("The query was cancelled.", code="cancelled", category=ErrorCategory.TRANSIENT)


@contextlib.contextmanager
def interrupting(callback: Callable[[], None]) -> Iterator[None]:
    """Have a cancellation of this query call something while the block runs."""
    current = _CURRENT.get()
    if current is None:
        yield
        return
    with current.calling(callback):
        check_cancelled()
        yield


async def in_thread(call: Callable[[], T], cancellation: Cancellation | None = None) -> T:
    """Run a call in a worker thread.

    If the awaiting task is cancelled, the call is told so, and waited for: afterwards nothing of it runs.
    """
    import asyncio  # a twentieth of what every command imports, and few call this

    stop = cancellation or Cancellation()
    context = contextvars.copy_context()
    context.run(_CURRENT.set, stop)
    work = asyncio.get_running_loop().run_in_executor(None, context.run, call)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.cancel()
        while not work.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({work})
        work.cancelled() or work.exception()  # seen here; the caller gets the cancellation
        raise


async def threaded(make: Callable[[], Iterator[T]]) -> AsyncIterator[T]:
    """Iterate in worker threads, one step at a time; closing or dropping this closes the iterator."""
    stop = Cancellation()
    iterator = await in_thread(make, stop)
    try:
        while (item := await in_thread(lambda: next(iterator, cast("T", _END)), stop)) is not _END:
            yield item
    finally:
        close: Any = getattr(iterator, "close", None)
        if close is not None:
            close()


def chunked(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Yield lists of `size` items, the last one shorter."""
    while chunk := list(itertools.islice(items, size)):
        yield chunk

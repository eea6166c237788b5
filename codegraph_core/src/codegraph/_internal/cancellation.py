"""Calls in worker threads that a task may cancel: the work is told so, stops at its next check, and is waited for.

Afterwards nothing of a cancelled call runs, so that whatever it read may be closed. Work that takes long calls
`check_cancelled` now and then; work of its own kind of cancellation, such as an indexing run, uses `handing_over`.
A stream runs one step at a time, asked for only when its result is awaited: a slow consumer blocks the producer.
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


_CURRENT: contextvars.ContextVar[Cancellation | None] = contextvars.ContextVar("codegraph_cancellation", default=None)


def check_cancelled() -> None:
    """Stop work whose caller went away; called between batches.

    Raises:
        QueryError: The task that awaits the call was cancelled (code `cancelled`).
    """
    current = _CURRENT.get()
    if current is not None and current.cancelled:
        raise QueryError("The call was cancelled.", code="cancelled", category=ErrorCategory.TRANSIENT)


@contextlib.contextmanager
def interrupting(callback: Callable[[], None]) -> Iterator[None]:
    """Have a cancellation of this call run something while the block runs."""
    current = _CURRENT.get()
    if current is None:
        yield
        return
    with current.calling(callback):
        check_cancelled()
        yield


@contextlib.contextmanager
def handing_over(callback: Callable[[], None]) -> Iterator[None]:
    """Have a cancellation of this call run something, and nothing else: `check_cancelled` is silent in the block.

    For work that knows by itself where it may stop, such as a run, which must not stop behind its commit.
    """
    with interrupting(callback):
        token = _CURRENT.set(None)
        try:
            yield
        finally:
            _CURRENT.reset(token)


async def in_thread(
    call: Callable[[], T], cancellation: Cancellation | None = None, *, undo: Callable[[T], object] | None = None
) -> T:
    """Run a call in a worker thread.

    If the awaiting task is cancelled, the call is told so, and waited for: afterwards nothing of it runs.

    Args:
        call: What to do.
        cancellation: Shared by several calls; else one of its own.
        undo: Gets what the call returned although its task was cancelled, such as something open that nobody will
            close.
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
        # An error is seen here, so that nobody logs it; the caller gets the cancellation.
        if not work.cancelled() and work.exception() is None and undo is not None:
            undo(work.result())
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

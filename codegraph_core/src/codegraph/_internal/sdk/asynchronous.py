"""Calls in worker threads that a task may cancel: the work stops, and the task waits until it has."""

from __future__ import annotations

from collections.abc import Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from codegraph._internal.indexing import CancelToken

P = ParamSpec("P")
T = TypeVar("T")


class Closable(Protocol):
    """What `Opening` closes."""

    def close(self) -> None:
        """Release it."""
        ...


C = TypeVar("C", bound=Closable)


async def in_thread(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function in a worker thread. Cancelling the task leaves a read that has begun to end by itself."""
    import asyncio

    return await asyncio.to_thread(function, *arguments, **named)


async def cancellable(function: Callable[[CancelToken], T]) -> T:
    """Call a function in a worker thread; cancelling the task sets the token that the function got.

    Args:
        function: Looks at the token now and then, and raises when it is set.
    """
    import asyncio

    from codegraph._internal.indexing import CancelToken

    token = CancelToken()
    work = asyncio.ensure_future(asyncio.to_thread(function, token))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        token.cancel()
        await asyncio.wait({work})
        work.cancelled() or work.exception()  # seen here; the caller gets the cancellation
        raise


class Opening(Generic[C]):
    """Something that is opened in a worker thread: await it, or use it with `async with`.

    Args:
        function: Opens it.
    """

    def __init__(self, function: Callable[[], C]) -> None:
        self._function = function
        self._opened: C | None = None

    def __await__(self) -> Generator[Any, None, C]:
        return self._open().__await__()

    async def _open(self) -> C:
        import asyncio

        work = asyncio.ensure_future(asyncio.to_thread(self._function))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait({work})
            if not work.cancelled() and work.exception() is None:
                work.result().close()
            raise

    async def __aenter__(self) -> C:
        self._opened = await self._open()
        return self._opened

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opened is not None:
            await in_thread(self._opened.close)

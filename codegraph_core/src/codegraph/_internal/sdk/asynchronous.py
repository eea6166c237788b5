"""Calls in worker threads that a task may cancel: the work stops, and the task waits until it has."""

from __future__ import annotations

from collections.abc import Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar

from codegraph._internal import cancellation
from codegraph._internal.cancellation import handing_over

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
    """Call a function in a worker thread; a cancelled task stops it at its next check, and waits for that."""
    return await cancellation.in_thread(lambda: function(*arguments, **named))


async def cancellable(function: Callable[[CancelToken], T], undo: Callable[[T], object] | None = None) -> T:
    """Call a function in a worker thread; cancelling the task sets the token that the function got.

    Args:
        function: Looks at the token now and then, and raises when it is set.
        undo: Gets what the function returned although its task was cancelled.
    """
    from codegraph._internal.indexing import CancelToken

    token = CancelToken()

    def call() -> T:
        with handing_over(token.cancel):
            return function(token)

    return await cancellation.in_thread(call, undo=undo)


class Opening(Generic[C]):
    """Something that is opened in a worker thread: await it, or use it with `async with`.

    A task that is cancelled meanwhile waits until it is open, and closes it.

    Args:
        function: Opens it.
    """

    def __init__(self, function: Callable[[], C]) -> None:
        self._function = function
        self._opened: C | None = None

    def __await__(self) -> Generator[Any, None, C]:
        return self._open().__await__()

    async def _open(self) -> C:
        return await cancellation.in_thread(self._function, undo=lambda opened: opened.close())

    async def __aenter__(self) -> C:
        self._opened = await self._open()
        return self._opened

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opened is not None:
            await in_thread(self._opened.close)

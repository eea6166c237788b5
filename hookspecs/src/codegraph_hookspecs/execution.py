"""Executors: where tasks run, what holds them to their limits, and what is left of a task that broke them."""

from __future__ import annotations

import _thread
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, ContextVar
from typing import Final, Protocol, TypeVar, runtime_checkable

from attrs import frozen

T = TypeVar("T")
R = TypeVar("R")

SIGN_LISTENER: Final[ContextVar[Callable[[int], None] | None]] = ContextVar("codegraph_sign_listener", default=None)
"""Set by a supervising executor around each task; `sign_of_life` calls it."""


def sign_of_life(position: int) -> None:
    """Tell whoever supervises this task where it is.

    Args:
        position: 0-based position of the item that is worked on now; -1 when all items were taken, so that
            what follows may take its time. Does nothing outside a supervised task.
    """
    listener = SIGN_LISTENER.get()
    if listener is not None:
        listener(position)


class Watch:
    """The time of whoever waits for others and holds them to a limit, and looks once a second at least.

    A pause in which it did not look counts as a second, because it could not have seen an end in it: its process was
    stopped and went on (Ctrl-Z and `fg`), a busy machine did not let it run, or it did something else. Those that it
    waits for were stopped too, or had no chance to say that they are done.
    """

    MOST_S: Final = 1.0

    def __init__(self) -> None:
        self._at = (time.monotonic(), 0.0)  # the last look, and the time then

    def now(self) -> float:
        """Return the time; anybody may ask."""
        looked, then = self._at
        return then + min(time.monotonic() - looked, self.MOST_S)

    def look(self) -> float:
        """Return the time, for whoever waits: it goes on from here."""
        looked, then = self._at
        moment = time.monotonic()
        self._at = moment, (now := then + min(moment - looked, self.MOST_S))
        return now


IDLE_S: Final = 10.0
"""So long a thread whose function returned waits for another one: a run asks for half a dozen, one after the other."""
_IDLE: Final[list[_Seat]] = []
"""Threads that wait, the last one last: its memory is warm."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_IDLE.clear)  # a fork has one thread


def start_thread(target: Callable[[], None], *, within_s: float = 10.0) -> None:
    """Call a function in another thread, one of its own until it returns, that does not keep the process.

    A thread whose function returned waits a while for another one. A new one costs more than it seems: each allocator
    begins with untouched memory in it. It is new for the function but for what others left in a `threading.local`.

    `threading.Thread.start` waits without end for a thread that runs out of memory before it reports that it
    started (CPython issue 140746); this gives up after a while, and what comes late does nothing.

    Args:
        target: What to call; it hands its outcome, exceptions included, to whoever waits.
        within_s: Seconds in which the thread has to begin.

    Raises:
        MemoryError: The thread did not begin.
        RuntimeError: The system allows no more threads.
    """
    seat = _waiting()
    if seat is not None:
        seat.hand(target)
        return
    given = [target]
    began = threading.Event()
    turn = threading.Lock()  # taken by whoever comes first: the thread that begins, or its caller giving up

    def run() -> None:
        seat, context = _Seat(), Context()  # where memory ends here, the thread has not begun
        if turn.acquire(blocking=False):
            began.set()
            _serve(given, seat, context)

    _thread.start_new_thread(run, ())
    watch = Watch()
    until = watch.now() + within_s
    while not began.wait(max(0.0, min(until - watch.look(), Watch.MOST_S / 2))) and watch.look() < until:
        pass
    if not began.is_set() and turn.acquire(blocking=False):
        raise MemoryError(f"A thread did not begin within {within_s:g} s.")


def _waiting() -> _Seat | None:
    """Return a thread that waits, and nobody else gets."""
    try:
        return _IDLE.pop()
    except IndexError:
        return None


class _Seat:
    """Where a thread waits for a function."""

    __slots__ = ("_called", "_target")

    def __init__(self) -> None:
        self._target: Callable[[], None] | None = None
        self._called = threading.Lock()  # not an Event: to release a lock takes no memory
        self._called.acquire()

    def hand(self, target: Callable[[], None]) -> None:
        """Have the thread call a function; it is taken off the list already."""
        self._target = target
        self._called.release()

    def wait(self, idle: list[_Seat]) -> Callable[[], None] | None:
        """Return the next function, or None where nobody came in time; meanwhile this is on the list."""
        idle.append(self)
        if not self._called.acquire(timeout=IDLE_S):
            try:
                idle.remove(self)
            except ValueError:  # somebody took this just now
                self._called.acquire()
            else:
                return None
        target, self._target = self._target, None
        return target


def _serve(following: list[Callable[[], None]], seat: _Seat, context: Context) -> None:
    """Call functions until none comes any more; one that raises ends the thread, as it would one of its own."""
    while following:
        context.run(following.pop())  # taken off, so that what it holds is not kept until the next one comes
        context = Context()  # before it waits: nobody would learn of a function that there is no memory to begin with
        another = seat.wait(_IDLE)
        if another is not None:
            following.append(another)
            del another


@frozen(kw_only=True)
class TaskLimits:
    """What a supervising executor holds each task to.

    Args:
        timeout_s: Seconds for the whole task, or None.
        silence_s: Seconds between a sign of life and the next, or None.
        memory_bytes: Resident memory of the process that runs it, or None; only for work in other processes.
        ahead: Tasks that may be begun besides the one that is waited for, or None for the executor's choice.
        idle: Called about ten times a second while waiting; what it raises ends the iteration.
    """

    timeout_s: float | None = None
    silence_s: float | None = None
    memory_bytes: int | None = None
    ahead: int | None = None
    idle: Callable[[], None] | None = None


@frozen(kw_only=True)
class LostTask:
    """Comes in the place of a task's result when the task broke a limit or its worker died.

    Args:
        code: "worker-crashed", "worker-memory" or "worker-timeout".
        message: One sentence that says how.
        position: Where the task was by its last sign of life, or None.
    """

    code: str
    message: str
    position: int | None = None


@runtime_checkable
class Executor(Protocol):
    """Where tasks run: this thread, processes, a cluster.

    Attributes:
        name: Value of the `executor` setting that selects it.

    An executor whose tasks run in this process has an attribute `in_process = True`: they need not be
    pickled then.
    """

    name: str

    def map(self, function: Callable[[T], R], tasks: Iterable[T], *, workers: int) -> Iterator[R]:
        """Apply a function to tasks and yield the results in task order; at most `2 × workers` ahead."""
        ...

    def close(self) -> None:
        """Release workers; running tasks are abandoned."""
        ...


@runtime_checkable
class SupervisingExecutor(Executor, Protocol):
    """An executor that outlives its tasks: one that hangs or kills its worker costs itself alone."""

    def supervise(
        self, function: Callable[[T], R], tasks: Iterable[T], *, workers: int, limits: TaskLimits
    ) -> Iterator[R | LostTask]:
        """Do what `map` does within limits; a task that is lost comes as a `LostTask`, in its turn.

        Raises:
            PluginError: `executor-unsendable`: the function or a task cannot be brought to a worker.
        """
        ...

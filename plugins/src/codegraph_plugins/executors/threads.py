"""The executor `threads`: daemon threads of this process; one whose task hangs is left behind and replaced."""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Generic, TypeVar

from codegraph_hookspecs import LostTask, TaskLimits, start_thread
from codegraph_hookspecs.execution import SIGN_LISTENER, Watch

T = TypeVar("T")
R = TypeVar("R")

_POLL_S: Final = 0.1


class ThreadsExecutor:
    """Runs tasks in threads of this process.

    A thread cannot be killed: one that is given up keeps what it holds, but neither the run nor the process
    waits for it. Memory is the process's own and is not limited.
    """

    name = "threads"
    in_process = True

    def map(self, function: Callable[[T], R], tasks: Iterable[T], *, workers: int) -> Iterator[R]:
        """Yield results in task order; as many tasks as workers are begun besides the one waited for."""
        for result in self.supervise(function, tasks, workers=workers, limits=TaskLimits()):
            if not isinstance(result, LostTask):  # without limits no task is lost
                yield result

    def supervise(
        self, function: Callable[[T], R], tasks: Iterable[T], *, workers: int, limits: TaskLimits
    ) -> Iterator[R | LostTask]:
        """Yield results in task order; a task that breaks a time limit comes as a `LostTask`."""
        ahead = workers if limits.ahead is None else limits.ahead
        crew: _Crew[T, R] = _Crew(function, workers)
        waiting: deque[_Call[T, R]] = deque()
        try:
            for task in tasks:
                waiting.append(crew.submit(task))
                if len(waiting) > ahead:
                    yield crew.result(waiting.popleft(), limits)
            while waiting:
                yield crew.result(waiting.popleft(), limits)
        finally:
            crew.stop()

    def close(self) -> None:
        """Do nothing: threads end with the iteration that they were started for."""


class _Call(Generic[T, R]):
    """One task and what came of it."""

    def __init__(self, task: T, watch: Watch) -> None:
        self.task = task
        self._watch = watch
        self.running = threading.Lock()  # not an Event: to release a lock takes no memory
        self.running.acquire()
        self.ended = False
        self.began: float | None = None
        self.sign: float | None = None
        self.position: int | None = None
        self.abandoned = False
        self.value: R | None = None
        self.error: BaseException | None = None

    def run(self, function: Callable[[T], R]) -> None:
        try:
            self._run(function)
        finally:
            self.running.release()

    def _run(self, function: Callable[[T], R]) -> None:
        SIGN_LISTENER.set(self._note)
        self.began = self._watch.now()
        try:
            self.value = function(self.task)
        except MemoryError as error:
            self.error = error
            traceback.clear_frames(error.__traceback__)  # what they hold is the memory that is missing
        except BaseException as error:  # handed to whoever waits
            self.error = error
        self.ended = True

    def _note(self, position: int) -> None:
        self.position = position if position >= 0 else None
        self.sign = self._watch.now() if position >= 0 else None

    def broken(self, limits: TaskLimits) -> str:
        """Say which time limit the call broke, or return an empty string."""
        began, sign, now = self.began, self.sign, self._watch.look()
        if began is not None and limits.timeout_s is not None and now - began > limits.timeout_s:
            return f"did not end within {limits.timeout_s:g} s"
        if sign is not None and limits.silence_s is not None and now - sign > limits.silence_s:
            return f"gave no sign of life for {limits.silence_s:g} s"
        return ""


class _Crew(Generic[T, R]):
    """Threads that take calls from one queue, in order."""

    def __init__(self, function: Callable[[T], R], width: int) -> None:
        self._function = function
        self._width = width
        self._queue: deque[_Call[T, R]] = deque()
        self._changed = threading.Condition()
        self._threads = 0
        self._stopped = False
        self._watch = Watch()

    def submit(self, task: T) -> _Call[T, R]:
        call: _Call[T, R] = _Call(task, self._watch)
        with self._changed:
            self._queue.append(call)
            self._changed.notify()
        self._fill()
        return call

    def result(self, call: _Call[T, R], limits: TaskLimits) -> R | LostTask:
        self._fill()  # a thread was left behind, perhaps
        while not call.running.acquire(timeout=_POLL_S):
            if limits.idle is not None:
                limits.idle()
            how = call.broken(limits)
            if how and call.running.locked():
                with self._changed:
                    call.abandoned = True
                    self._threads -= 1
                return LostTask(code="worker-timeout", message=f"It {how}.", position=call.position)
        if call.error is not None:
            raise call.error
        if not call.ended:
            raise MemoryError("There was no memory left to end a task.")
        value: Any = call.value
        return value  # type: ignore[no-any-return]

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._queue.clear()
            self._changed.notify_all()

    def _fill(self) -> None:
        with self._changed:
            while self._threads < min(self._width, len(self._queue) + self._threads) and self._queue:
                self._threads += 1
                start_thread(self._serve)
                if self._threads >= self._width:
                    break

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._stopped:
                    self._changed.wait()
                if self._stopped:
                    return
                call = self._queue.popleft()
            call.run(self._function)
            if call.abandoned:
                return  # another thread has this one's place

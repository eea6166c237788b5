"""The executor of a run: which one, and one way to use it whether or not it supervises its tasks."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from codegraph._internal.indexing.worker import Worker
from codegraph._internal.pipeline.cancel import CancelToken
from codegraph._internal.plugin_host.calls import describe
from codegraph_hookspecs import (
    CodeGraphError,
    ConfigError,
    ErrorCategory,
    Executor,
    LostTask,
    PluginError,
    SupervisingExecutor,
    TaskLimits,
)

DEFAULT_EXECUTOR: Final = "threads"
T = TypeVar("T")
R = TypeVar("R")

_END: Final = object()


def chosen_executor(name: str, executors: Sequence[Executor]) -> Executor | None:
    """Return the executor that the setting names; None is the calling thread, for a host without plugins.

    Raises:
        ConfigError: `executor-unknown`: no plugin gives it.
    """
    known = {executor.name: executor for executor in executors}
    if name in known:
        return known[name]
    if name == DEFAULT_EXECUTOR:
        return None
    close = difflib.get_close_matches(name, known, n=1)
    raise ConfigError(
        f"The executor {name!r} is not installed; there is: {', '.join(sorted(known)) or 'none'}.",
        code="executor-unknown",
        context={
            "key": "executor",
            "remedy": f"Did you mean {close[0]!r}?" if close else "Use one that there is, or install its plugin.",
        },
    )


class Dispatcher:
    """Has an executor do tasks, and looks at the run's token meanwhile.

    Args:
        executor: The executor, or None for the calling thread.
        cancel: The run's token.
    """

    def __init__(self, executor: Executor | None, cancel: CancelToken) -> None:
        self._executor = executor
        self._cancel = cancel

    @property
    def in_process(self) -> bool:
        """Whether tasks run in this process, so that they share its objects."""
        return self._executor is None or bool(getattr(self._executor, "in_process", False))

    def map(
        self, function: Callable[[T], R], tasks: Iterable[T], *, workers: int, limits: TaskLimits
    ) -> Iterator[R | LostTask]:
        """Yield results in task order.

        Raises:
            Cancelled: The run's token was set.
            PluginError: `executor-unsendable`, or `executor-failed`: the executor itself raised.
        """
        executor = self._executor
        if executor is None:
            for task in tasks:
                self._cancel.check()
                yield function(task)
        elif isinstance(executor, SupervisingExecutor):
            held = TaskLimits(
                timeout_s=limits.timeout_s,
                silence_s=limits.silence_s,
                memory_bytes=limits.memory_bytes,
                ahead=limits.ahead,
                idle=self._cancel.check,
            )
            yield from self._guarded(executor, executor.supervise(function, tasks, workers=workers, limits=held))
        elif self.in_process:
            yield from self._guarded(executor, executor.map(function, tasks, workers=workers))
        else:
            yield from self._apart(executor, executor.map(function, tasks, workers=workers))

    def one(self, function: Callable[[T], R], task: T, *, limits: TaskLimits) -> R | LostTask:
        """Return the result of one task."""
        results = self.map(function, [task], workers=1, limits=limits)
        try:
            return next(results)
        finally:
            results.close()  # type: ignore[attr-defined]

    def _guarded(self, executor: Executor, results: Iterator[R | LostTask]) -> Iterator[R | LostTask]:
        try:
            while True:
                self._cancel.check()
                result: Any = self._next(executor, results)
                if result is _END:
                    return
                yield result
        finally:
            close = getattr(results, "close", None)
            if close is not None:
                close()

    def _apart(self, executor: Executor, results: Iterator[R]) -> Iterator[R]:
        """Ask an executor that does not look at the token from a thread of its own."""
        worker = Worker()
        try:
            while True:
                asked = worker.submit(partial(self._next, executor, results))
                result: Any = worker.wait(asked, self._cancel)
                if result is _END:
                    return
                yield result
        finally:
            worker.stop()

    def _next(self, executor: Executor, results: Iterator[Any]) -> Any:
        try:
            return next(results, _END)
        except CodeGraphError:
            raise
        except Exception as error:
            if self.in_process:  # it is the task's own
                raise
            raise PluginError(
                f"The executor {executor.name!r} raised {type(error).__name__}: {describe(error)}",
                code="executor-failed",
                category=ErrorCategory.INFRASTRUCTURE,
                context={"executor": executor.name, "remedy": "Use the executor 'threads' meanwhile."},
                cause=error,
            ) from error

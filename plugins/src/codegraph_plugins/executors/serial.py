"""The executor `serial`: every task in the caller's thread, when its result is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class SerialExecutor:
    """Runs tasks in the caller's thread: for debuggers. A task that hangs cannot be given up."""

    name = "serial"
    in_process = True

    def map(self, function: Callable[[T], R], tasks: Iterable[T], *, workers: int) -> Iterator[R]:
        """Yield each task's result; `workers` is not used."""
        for task in tasks:
            yield function(task)

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

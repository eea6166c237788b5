"""A limit of a thread's CPU time: what a file gives must not depend on who else uses the machine."""

from __future__ import annotations

import time


class OutOfTimeError(Exception):
    """A walk passed its deadline; its rows are not complete."""


class Deadline:
    """A limit of the calling thread's CPU time, from now on. Only the thread that made it may ask it.

    Args:
        limit_s: Seconds; infinite for no limit.
    """

    __slots__ = ("_spent_s", "_wall_s")

    def __init__(self, limit_s: float = float("inf")) -> None:
        self._wall_s = time.monotonic() + limit_s
        self._spent_s = time.thread_time() + limit_s

    def passed(self) -> bool:
        """Say whether the time is spent."""
        # The first costs no system call, and a thread never spends more than passes.
        return time.monotonic() > self._wall_s and time.thread_time() > self._spent_s

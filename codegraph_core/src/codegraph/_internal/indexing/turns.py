"""Turns at the interpreter's lock: threads of a run that wait for it get it soon.

The thread that stores rows gives the lock up for each block that it compresses, thousands of times, and the stages
beside it for each call of the engine. Whoever wants it back waits for a whole turn of the other, 5 ms as Python has
it, for a call that took some microseconds: of Django's index with two workers that was a fortieth of the time.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TURN_S: Final = 0.0001
"""What `sys.setswitchinterval` gets; a tenth of it wins nothing more."""


class _Runs:
    """How many runs of this process want short turns, and what the first of them found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._found = self._set = 0.0

    def begin(self) -> None:
        with self._lock:
            self._count += 1
            if self._count == 1:
                self._found = sys.getswitchinterval()
                sys.setswitchinterval(min(TURN_S, self._found))
                self._set = sys.getswitchinterval()  # Python rounds

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count and sys.getswitchinterval() == self._set:
                sys.setswitchinterval(self._found)


_RUNS: Final = _Runs()


@contextmanager
def short_turns(wanted: bool) -> Iterator[None]:
    """Have threads take short turns, until the last run of this process that wants it has ended.

    A program that has shorter ones keeps them, and so does one that sets others meanwhile.

    Args:
        wanted: False does nothing, where no threads work beside each other.
    """
    if not wanted:
        yield
        return
    _RUNS.begin()
    try:
        yield
    finally:
        _RUNS.end()

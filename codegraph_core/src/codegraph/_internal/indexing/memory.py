"""What a run changes in its process: freed memory goes back to the system, the collector leaves alone what lives on.

Engines free whole batches at a time, and glibc keeps what it was given: on Django 100 MB that nobody used
stayed resident between parsing and the commit. Other C libraries return it by themselves. Arrow's own allocator
keeps it too and has no such call, so during a run tables lie on the C heap: 22 MB less at the peak.

A run makes millions of tuples and strings and hardly a cycle. At the collector's usual pace, one pass for every 700
new objects, passes over them took a quarter of the reference linker's time and freed nothing.
"""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

COLLECTOR_PACE: Final = (250_000, 20, 50)
"""What `gc.set_threshold` gets during a run: cycles are still found, after 350 times as many new objects.

Of 50,000 new objects, which nearly all live on, a look takes 2 ms, and no other thread runs Python meanwhile.
"""


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):  # no dynamic loading, or a platform where it needs a name
        return None
    return library if hasattr(library, "malloc_trim") else None


def return_freed_memory() -> bool:
    """Return free pages of the C heap to the system; False where the C library has no call for it."""
    library = _library()
    if library is None:
        return False
    library.malloc_trim(0)
    return True


class _Runs:
    """How many runs of this process are on their way, and what the first of them found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._restore: list[Callable[[], None]] = []

    def begin(self) -> None:
        import pyarrow as pa

        with self._lock:
            self._count += 1
            if self._count > 1:
                return
            if _library() is not None:
                pool = pa.default_memory_pool()
                pa.set_memory_pool(pa.system_memory_pool())
                self._restore.append(lambda: pa.set_memory_pool(pool))
            if gc.isenabled() and not gc.get_freeze_count():  # else the program has plans of its own
                gc.freeze()
                self._restore.append(gc.unfreeze)
            if gc.isenabled() and 0 < gc.get_threshold()[0] < COLLECTOR_PACE[0]:  # 0 is a program's way to turn it off
                pace = gc.get_threshold()
                gc.set_threshold(*COLLECTOR_PACE)
                self._restore.append(lambda: gc.set_threshold(*pace))

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count:
                while self._restore:
                    self._restore.pop()()


_RUNS = _Runs()


@contextmanager
def process_of_a_run() -> Iterator[None]:
    """Have tables allocated where `return_freed_memory` reaches them, and modules left out of collections.

    Both hold for the process until the last run of it has ended; tables may outlive that.
    """
    _RUNS.begin()
    try:
        yield
    finally:
        _RUNS.end()

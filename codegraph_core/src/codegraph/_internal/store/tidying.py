"""Merging segments beside what a process does next, so that whoever closes a store need not wait for it.

Nothing depends on it: it changes no snapshot, and one that is cut off leaves the old segments, or the new one.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial
from typing import Final

from codegraph._internal.logging import get_logger
from codegraph_hookspecs import start_thread

GiveWay = Callable[[], None]
"""Called now and then by who merges; waits while there is something better to do."""

IDLE_S: Final = 0.2
"""So long nothing must have been done: runs that follow each other are slowed down by what runs beside them."""
PATIENCE_S: Final = 20.0
"""After so long it goes on whatever else is done."""
_RUNNING: Final[dict[Future[None], Tidying]] = {}
"""What runs in this process; a short one would end before a store is ever tidy if it did not wait."""
_ENDED = threading.Event()
_log = get_logger("codegraph.store")
_ALL: Final[weakref.WeakSet[Tidying]] = weakref.WeakSet()


class Tidying:
    """Tidies stores in a thread, one at a time, while nothing else is done. Thread-safe."""

    def __init__(self) -> None:
        self._begin_anew()
        _ALL.add(self)

    def _begin_anew(self) -> None:
        self._changed = threading.Condition()
        self._last: Future[None] | None = None
        self._working = 0
        self._idle_since = 0.0
        self._awaited = 0

    @contextmanager
    def working(self) -> Iterator[None]:
        """Have nothing tidied while the block runs, but for what waited for long, or is waited for."""
        with (began := self._changed):
            self._working += 1
        try:
            yield
        finally:
            with self._changed:
                self._working -= self._changed is began  # a fork inside the block has begun anew
                self._idle_since = time.monotonic()
                self._changed.notify_all()

    def begin(self, tidy: Callable[[GiveWay], None]) -> None:
        """Have a store tidied; when one still is, the next commit that finds it untidy asks again.

        Args:
            tidy: What to do, here where there can be no thread. It is not called where nothing is done, so it must hold
                nothing that has to be let go of.
        """
        with self._changed:
            if self._last is not None and not self._last.done():
                return
            self._last = future = Future[None]()
            _RUNNING[future] = self

        def run(give_way: GiveWay) -> None:
            try:
                give_way()
                tidy(give_way)
            except Exception as error:  # nobody waits for it, and the next one tries again
                _log.warning("store not tidied", error=repr(error))
            finally:
                _RUNNING.pop(future, None)
                future.set_result(None)

        try:
            if not _ENDED.is_set():
                start_thread(partial(run, partial(self._give_way, time.monotonic() + PATIENCE_S)))
                return
        except (MemoryError, RuntimeError):
            pass
        run(lambda: None)

    def _give_way(self, until: float) -> None:
        with self._changed:
            while not self._awaited:
                now = time.monotonic()
                left = until - now
                if not self._working:
                    left = min(left, self._idle_since + IDLE_S - now)
                if left <= 0:
                    return
                self._changed.wait(left)

    @contextmanager
    def _hurried(self) -> Iterator[None]:
        with (began := self._changed):
            self._awaited += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._awaited -= self._changed is began

    def wait(self) -> None:
        """Wait until nothing is tidied any more."""
        with self._changed:
            last = self._last
        if last is not None:
            with self._hurried():
                last.result()


def _forked() -> None:
    """Forget what other threads did: a fork has one."""
    _RUNNING.clear()
    for tidying in _ALL:
        tidying._begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def wait_for_all() -> None:
    """Wait for everything that is tidied in this process."""
    for future, tidying in list(_RUNNING.items()):
        with tidying._hurried():
            wait([future])


@atexit.register
def _end() -> None:
    _ENDED.set()
    wait_for_all()

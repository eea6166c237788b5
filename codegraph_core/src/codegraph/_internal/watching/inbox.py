"""Notices on their way from the system to the updater: bounded, each path once, an overflow instead of a loss."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from attrs import frozen

PATHS_TOLD = 20


@frozen(kw_only=True)
class Batch:
    """Notices that were taken together.

    Args:
        reason: "notices", "overflow", "reconciliation", "refresh" or "start".
        paths: Some of the paths.
        first: Monotonic seconds of the first notice; None where nothing was noticed.
        folders: Whether a folder appeared or went, so that more may have happened in it than was told.
    """

    reason: str
    paths: tuple[str, ...] = ()
    first: float | None = None
    folders: bool = False


class Inbox:
    """Collects notices until the tree has been quiet for a while.

    Args:
        limit: How many paths may wait.
        clock: Monotonic seconds.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._changed = threading.Condition()
        self._paths: dict[str, None] = {}
        self._first: float | None = None
        self._last = 0.0
        self._folders = False
        self._overflown = False
        self._closed = False

    def put(self, path: str, *, folder: bool = False) -> None:
        """Add a notice; never waits."""
        with self._changed:
            self._touch()
            self._folders = self._folders or folder
            if len(self._paths) < self._limit:
                self._paths[path] = None
            else:
                self._overflown = True
            self._changed.notify_all()

    def overflow(self) -> None:
        """Note that notices were lost: whatever happened, everything is looked at."""
        with self._changed:
            self._touch()
            self._overflown = True
            self._changed.notify_all()

    def close(self) -> None:
        """End the wait of whoever waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def take(self, *, quiet_s: float, longest_s: float, until: float | None) -> Batch | None:
        """Wait for notices and for the quiet after them; return them, or None when closed.

        Args:
            quiet_s: Without a notice for so long.
            longest_s: Or so long after the first one.
            until: Return a batch of reason "reconciliation" at this monotonic moment if nothing was noticed.
        """
        with self._changed:
            while not self._closed:
                now = self._clock()
                if self._first is None:
                    if until is not None and now >= until:
                        return Batch(reason="reconciliation")
                    self._changed.wait(None if until is None else max(0.0, until - now))
                    continue
                due = min(self._last + quiet_s, self._first + longest_s)
                if now >= due:
                    return self._drain()
                self._changed.wait(due - now)
            return None

    def _drain(self) -> Batch:
        batch = Batch(
            reason="overflow" if self._overflown else "notices",
            paths=tuple(path for path, _ in zip(self._paths, range(PATHS_TOLD), strict=False)),
            first=self._first,
            folders=self._folders,
        )
        self._paths.clear()
        self._first, self._folders, self._overflown = None, False, False
        return batch

    def _touch(self) -> None:
        self._last = self._clock()
        if self._first is None:
            self._first = self._last

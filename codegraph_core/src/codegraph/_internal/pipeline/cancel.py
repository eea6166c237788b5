"""Stopping: a token that another thread or a signal handler sets, and deadlines on the monotonic clock."""

from __future__ import annotations

import threading
import time

from codegraph_hookspecs import IndexingError, PluginError


class Cancelled(IndexingError):  # noqa: N818 - it is not a defect, and reads as what happened
    """The run was cancelled; the snapshot before it is untouched."""

    default_code = "cancelled"


class CancelToken:
    """Tells a run to stop. `cancel` may be called from any thread and from a signal handler."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the run to stop at its next check."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if `cancel` was called."""
        if self._event.is_set():
            raise Cancelled("The run was cancelled; the previous snapshot is unchanged.")


class Deadline:
    """A moment by which something must have finished.

    Args:
        seconds: From now, or None for never.
        what: What must have finished, for the error.
    """

    __slots__ = ("at", "seconds", "what")

    def __init__(self, seconds: float | None, what: str) -> None:
        self.seconds = seconds
        self.what = what
        self.at = None if seconds is None else time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        """Whether the moment is over."""
        return self.at is not None and time.monotonic() > self.at

    def check(self) -> None:
        """Raise PluginError `stage-timeout` if the moment is over."""
        if self.passed:
            raise PluginError(f"{self.what} did not finish within {self.seconds:g} s.", code="stage-timeout")

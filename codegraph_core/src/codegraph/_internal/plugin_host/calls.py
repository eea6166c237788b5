"""One call into foreign code: a deadline, and no exception of any kind gets past it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from codegraph_hookspecs import PluginError, start_thread
from codegraph_hookspecs.execution import Watch

DEFAULT_DEADLINE_S: Final = 30.0
_POLL_S: Final = 0.1


def call_with_deadline(
    function: Callable[[], Any], *, deadline_s: float | None, what: str, unless: Callable[[], bool] | None = None
) -> Any:
    """Call a function in a daemon thread and wait for it.

    A call that hangs is left behind: a thread cannot be killed, but it keeps neither the run nor the
    process. Costs some 0.03 ms over a plain call, and 0.2 where no thread waits for one.

    Args:
        function: What to call, without arguments.
        deadline_s: Seconds to wait, or None to wait for as long as it takes.
        what: What is called, for the error's message.
        unless: Asked about ten times a second whether the call is to be left behind before the deadline.

    Raises:
        PluginError: `plugin-hook-timeout` when the deadline passed or `unless` said so, `plugin-hook-failed` when the
            function raised anything, SystemExit and KeyboardInterrupt included.
        MemoryError: There is no memory left for the thread.
    """
    outcome: list[tuple[bool, Any]] = []
    running = threading.Lock()  # not an Event: to release a lock takes no memory
    running.acquire()

    def target() -> None:
        try:
            try:
                outcome.append((True, function()))
            except BaseException as error:
                outcome.append((False, error))
        finally:
            running.release()

    start_thread(target)
    if not _acquired(running, deadline_s, unless):
        raise PluginError(
            f"{what} did not return within {deadline_s:g} s.",
            code="plugin-hook-timeout",
            context={"deadline_s": deadline_s},
        )
    if not outcome:
        raise MemoryError("There was no memory left to end a call.")
    succeeded, value = outcome[0]
    if succeeded:
        return value
    raise PluginError(
        f"{what} raised {type(value).__name__}: {describe(value)}", code="plugin-hook-failed", cause=value
    ) from value


def _acquired(lock: threading.Lock, within_s: float | None, unless: Callable[[], bool] | None) -> bool:
    if unless is None and within_s is None:
        return lock.acquire()
    watch = Watch()
    until = None if within_s is None else watch.now() + within_s
    poll_s = Watch.MOST_S / 2 if unless is None else _POLL_S
    while unless is None or not unless():
        left = poll_s if until is None else min(poll_s, until - watch.look())
        if lock.acquire(timeout=max(left, 0)):
            return True
        if left <= 0:
            break
    return False


def is_users(error: BaseException) -> bool:
    """Say whether an exception is the user's Ctrl-C, which comes to the main thread, and nothing a plugin raised."""
    return isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread()


def describe(error: BaseException) -> str:
    """Return an exception's text in one line of at most 300 characters."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = "(its message cannot be shown)"
    return text[:300] or "(no message)"

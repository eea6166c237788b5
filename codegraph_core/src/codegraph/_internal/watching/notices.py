"""The thread that asks the system for notices; where that fails it says so, and the tree is looked at instead."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

GRAIN_MS: Final = 20
"""Notices of so many milliseconds come together; the debounce comes after that."""

DEATHS: Final = 5
WITHIN_S: Final = 10.0
"""So many deaths within so many seconds, and the system's notices are left alone for a while."""

AGAIN_S: Final = 60.0
EXHAUSTED: Final = (
    "The system's limit of watched folders is reached, so the tree is looked at instead, which is slower. "
    "More: sysctl fs.inotify.max_user_watches=1048576 (and max_user_instances)."
)

Watch = Callable[[Path, threading.Event], Iterator[set[str]]]


class Notices:
    """Hands paths to a function while the system tells of them.

    Args:
        root: The folder.
        on_paths: Gets what was noticed.
        on_lost: Called whenever the system begins to give notices: what was before, it does not tell.
        on_state: Told whether the system gives notices, and why not.
        watch: Yields sets of paths until the event is set.
    """

    def __init__(
        self,
        root: Path,
        *,
        on_paths: Callable[[set[str]], None],
        on_lost: Callable[[], None],
        on_state: Callable[[bool, str], None],
        watch: Watch | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root
        self._on_paths = on_paths
        self._on_lost = on_lost
        self._on_state = on_state
        self._watch = watch or system_notices
        self._clock = clock
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="codegraph-notices", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the thread."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def _run(self) -> None:
        deaths: list[float] = []
        while not self._ended.is_set():
            why = "The system's notices ended."
            begun = False
            try:
                for paths in self._watch(self._root, self._ended):
                    if not begun:
                        begun = True
                        self._on_state(True, "")
                        self._on_lost()  # what happened before the system was asked
                    if paths:
                        self._on_paths(paths)
            except Exception as error:  # a name that is no UTF-8 ends them, a limit, a folder that is moved away
                why = _reason(error)
            if self._ended.is_set():
                return
            moment = self._clock()
            deaths = [each for each in deaths if moment - each < WITHIN_S] + [moment]
            if why == EXHAUSTED or len(deaths) >= DEATHS:
                deaths.clear()
                self._on_state(False, why)
                self._ended.wait(AGAIN_S)


def system_notices(root: Path, ended: threading.Event) -> Iterator[set[str]]:
    """Yield paths that the system tells of; an empty set first, once it is asked."""
    from watchfiles import watch

    # Asking takes a while in a large tree; the first answer, also when there is none yet, says that it is done.
    for changes in watch(
        root,
        watch_filter=None,
        debounce=5 * GRAIN_MS,
        step=GRAIN_MS,
        rust_timeout=500,
        yield_on_timeout=True,
        stop_event=ended,
        raise_interrupt=False,
        force_polling=False,
        ignore_permission_denied=True,
    ):
        yield {path for _change, path in changes}


def _reason(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}"
    exhausted = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EMFILE)
    if exhausted or "watch limit" in text or "No space left" in text or "Too many open files" in text:
        return EXHAUSTED
    return f"The system's notices ended: {text[:300]}"

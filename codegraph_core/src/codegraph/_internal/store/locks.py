"""Named locks over threads and processes, for critical sections that a read set cannot describe.

A lock is a `flock` on a file of its own, so the system gives it back when the holder dies, however it dies. The file
stays (deleting it would let two holders have one name) and says who holds it, for the message of whoever waits.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from codegraph._internal.cancellation import check_cancelled
from codegraph._internal.store.failures import shown, translated
from codegraph_hookspecs import ErrorCategory, StorageError

_FIRST_PAUSE_S: Final = 0.001
_LONGEST_PAUSE_S: Final = 0.05
_NAME_BYTES: Final = 200


@contextmanager
def named_lock(folder: Path, name: str, timeout_s: float) -> Iterator[None]:
    """Hold a lock while the block runs. Not reentrant: a thread that asks twice waits for itself.

    Args:
        folder: Where lock files are; created when missing.
        name: Any text; equal names are one lock.
        timeout_s: How long to wait for another holder.

    Raises:
        StorageError: `lock-timeout` (transient; names the lock and its holder), or the folder cannot be written.
    """
    path = folder / f"{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.lock"
    with translated(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # A file description of its own for every holder: flock then keeps threads apart, too.
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(fd, path, name, timeout_s)
        with translated(path):
            note = f"{os.getpid()} {name}".encode("utf-8", "backslashreplace")[:_NAME_BYTES]
            os.ftruncate(fd, 0)
            os.pwrite(fd, note, 0)
        yield
    finally:
        os.close(fd)


def _acquire(fd: int, path: Path, name: str, timeout_s: float) -> None:
    until = time.monotonic() + timeout_s
    pause = _FIRST_PAUSE_S
    while True:
        try:
            with translated(path):
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except StorageError as error:
            if not isinstance(error.cause, BlockingIOError):
                raise
        else:
            return
        check_cancelled()
        left = until - time.monotonic()
        if left <= 0:
            raise _timed_out(fd, path, name, timeout_s)
        time.sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE_S)


def _timed_out(fd: int, path: Path, name: str, timeout_s: float) -> StorageError:
    holder = os.pread(fd, _NAME_BYTES, 0).decode("utf-8", "replace").partition(" ")[0]
    return StorageError(
        f"The lock {name!r} was not free within {timeout_s:g} s.",
        code="lock-timeout",
        category=ErrorCategory.TRANSIENT,
        context={"path": shown(path), "lock": name, "holder_pid": holder, "remedy": "Try again, or wait longer."},
    )

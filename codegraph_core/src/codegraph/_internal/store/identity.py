"""Identifiers that never go back: UUIDv7 (RFC 9562) and snapshot ids, whatever the clock does."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import threading
import time
import uuid
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

Clock = Callable[[], int]
"""Milliseconds since 1970."""
Stamp = tuple[int, str, int]
"""Timestamp in milliseconds, the repository's digest, and a counter from 0 to 9999."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ID: Final = re.compile(rb"(\d{1,16})_([0-9a-f]{8})_(\d{4}) ")


def wall_clock_ms() -> int:
    """Return milliseconds since 1970 by the machine's clock."""
    return time.time_ns() // 1_000_000


def timestamp(now_ms: int) -> str:
    """Write milliseconds since 1970 as the catalog does: UTC, ISO 8601 with milliseconds."""
    return (_EPOCH + timedelta(milliseconds=now_ms)).isoformat(timespec="milliseconds")


class UUIDv7:
    """Generates UUIDs of version 7, each greater than the one before (RFC 9562, 6.2, method 1: counter in rand_a).

    Thread-safe. When the clock goes back, the last timestamp stays and the counter goes on.
    """

    def __init__(self, clock: Clock = wall_clock_ms) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last_ms = 0
        self._counter = 0

    def __call__(self) -> str:
        """Return the next UUID as text."""
        with self._lock:
            now = self._clock()
            if now > self._last_ms:
                self._last_ms = now
                self._counter = int.from_bytes(os.urandom(2)) & 0x7FF
            else:
                self._counter += 1
                if self._counter > 0xFFF:
                    self._last_ms += 1
                    self._counter = 0
            timestamp, counter = self._last_ms, self._counter
        tail = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
        value = (timestamp & ((1 << 48) - 1)) << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | tail
        return str(uuid.UUID(int=value))


def next_snapshot_stamp(now_ms: int, repo: str, last: Stamp | None) -> Stamp:
    """Return (timestamp, repository digest, counter) that sorts after `last`.

    Args:
        now_ms: The clock's time.
        repo: First 8 hex digits of the repository's digest.
        last: The last triple given out, or None.
    """
    if last is None or now_ms > last[0]:
        return now_ms, repo, 0
    timestamp, last_repo, counter = last
    if repo == last_repo and counter < 9999:
        return timestamp, repo, counter + 1
    return timestamp + 1, repo, 0


def repo_digest(repo_id: str) -> str:
    """Return the 8 hex digits by which a repository appears in snapshot ids."""
    return hashlib.sha256(repo_id.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def snapshot_id(stamp: Stamp) -> str:
    """Write a stamp as `{timestamp_ms}_{digest}_{counter:04d}`; text order is stamp order."""
    timestamp, repo, counter = stamp
    return f"{timestamp}_{repo}_{counter:04d}"


class SnapshotIds:
    """Gives out the snapshot ids of one store, unique and ascending over all threads and processes that use it.

    The last one given out is in a small file under a `flock`: 20 µs an id, without a write to the disk. After a power
    cut the file may be behind; the catalog's last committed stamp (`after`) then makes up for it, since ids that never
    reached a commit are known to nobody.

    Args:
        path: The file; created when missing. None where nothing may be written: then only this process is heard.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()

    def next(self, now_ms: int, repo: str, after: Stamp | None = None) -> Stamp:
        """Return a stamp greater than every one given out before and than `after`.

        Raises:
            OSError: The file cannot be written.
        """
        with self._lock:
            if self._path is None:
                return _given_out(now_ms, repo, after)
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
                known = [stamp for stamp in (after, _parsed(os.pread(fd, 64, 0))) if stamp is not None]
                stamp = _given_out(now_ms, repo, max(known, default=None))
                os.pwrite(fd, _written(stamp), 0)
                return stamp
            finally:
                os.close(fd)


_process_lock = threading.Lock()
_process_last: list[Stamp] = []


def _given_out(now_ms: int, repo: str, last: Stamp | None) -> Stamp:
    """Return the stamp after `last` and after this process's own last one, whatever store it was for."""
    with _process_lock:
        known = [stamp for stamp in (last, *_process_last) if stamp is not None]
        stamp = next_snapshot_stamp(now_ms, repo, max(known, default=None))
        _process_last[:] = [stamp]
        return stamp


def _written(stamp: Stamp) -> bytes:
    text = snapshot_id(stamp).encode("ascii")
    return b"%s %08x\n" % (text, zlib.crc32(text))


def _parsed(content: bytes) -> Stamp | None:
    """Read the file back; None for anything that was not written by `_written`."""
    match = _ID.match(content)
    stamp = None if match is None else (int(match[1]), match[2].decode("ascii"), int(match[3]))
    return stamp if stamp is not None and content.startswith(_written(stamp)) else None

"""Identifiers that never go back: UUIDv7 (RFC 9562) and snapshot ids, whatever the clock does."""

from __future__ import annotations

import hashlib
import os
import threading
import time
import uuid
from collections.abc import Callable

Clock = Callable[[], int]
"""Milliseconds since 1970."""


def wall_clock_ms() -> int:
    """Return milliseconds since 1970 by the machine's clock."""
    return time.time_ns() // 1_000_000


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


def next_snapshot_stamp(now_ms: int, repo: str, last: tuple[int, str, int] | None) -> tuple[int, str, int]:
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


def snapshot_id(stamp: tuple[int, str, int]) -> str:
    """Write a stamp as `{timestamp_ms}_{digest}_{counter:04d}`; text order is stamp order."""
    timestamp, repo, counter = stamp
    return f"{timestamp}_{repo}_{counter:04d}"


class SnapshotStamps:
    """The process's own last stamp: two stores in one process never give the same id.

    The catalog keeps the other half, the last stamp of all processes that used one store.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[int, str, int] | None = None

    def after(self, now_ms: int, repo: str, stored: tuple[int, str, int] | None) -> tuple[int, str, int]:
        """Return the next stamp after everything this process or the catalog has given out."""
        with self._lock:
            known = [last for last in (self._last, stored) if last is not None]
            self._last = next_snapshot_stamp(now_ms, repo, max(known, default=None))
            return self._last


SNAPSHOT_STAMPS = SnapshotStamps()

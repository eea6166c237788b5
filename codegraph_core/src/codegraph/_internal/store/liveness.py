"""Whether the process that holds a lease or an intent still lives.

Process ids are reused and clocks jump, so a holder is named by pid, its start time, the machine's boot and its pid
namespace, and its heartbeat counts seconds since boot.
"""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path
from typing import Final

from attrs import frozen

FOREIGN_HEARTBEAT_S: Final = 24 * 3600.0
"""A holder in another pid namespace cannot be looked up; it counts as alive this long after its last heartbeat."""


def since_boot() -> float:
    """Return seconds since the machine started, suspended time included where the system can say."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@cache
def boot_id() -> str:
    """Return a name of this boot of the machine, or an empty string where the system has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


@cache
def _current(pid: int) -> Holder:
    """Return the process that has this number now; a fork has another."""
    return Holder(pid, process_start(pid) or "", boot_id(), _namespace())


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def process_start(pid: int) -> str | None:
    """Return the start time of a process in clock ticks, an empty string if unknowable, None if it does not live."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        if not Path("/proc/self/stat").exists():
            return _signalled(pid)
        return None
    except OSError:
        return ""
    # The command name is in parentheses and may hold any byte; what follows the last one is regular.
    fields = stat[stat.rfind(b")") + 2 :].split()
    if fields[0] in {b"Z", b"X"}:
        return None
    return fields[19].decode("ascii")


def _signalled(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass
    return ""


@frozen
class Holder:
    """The process behind a lease or an intent."""

    pid: int
    start: str
    boot: str
    namespace: str

    @classmethod
    def current(cls) -> Holder:
        """Return the calling process."""
        return _current(os.getpid())

    def lives(self, heartbeat: float) -> bool:
        """Say whether the process still runs.

        Args:
            heartbeat: `since_boot()` of its last sign of life.
        """
        if self.boot != boot_id():
            return False
        if self.namespace != _namespace():
            return since_boot() - heartbeat < FOREIGN_HEARTBEAT_S
        start = process_start(self.pid)
        return start is not None and (not start or not self.start or start == self.start)

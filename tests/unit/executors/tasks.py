"""Functions for worker processes: they must be importable there."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from codegraph_hookspecs import sign_of_life


def work(task: object) -> object:
    """Do what a task says; anything that is no instruction comes back as it is."""
    match task:
        case "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "exit":
            os._exit(3)
        case "system-exit":
            sys.exit(4)
        case "hang":
            time.sleep(60)
        case "hog":  # more than is allowed, and no more than that: whoever watches may be late
            held = [b"x" * (16 * 1024 * 1024) for _ in range(25)]
            time.sleep(60)
            return len(held)
        case "huge":
            return len(bytearray(2**40))
        case "refuse":
            raise ValueError("no")
        case "odd-error":
            raise NeedsTwo("a", "b")
        case "print":
            print("said by a task")
        case "pid":
            return os.getpid()
        case "path":
            return sys.path
        case ("write", path):
            Path(path).write_text(str(os.getpid()))
            time.sleep(60)
        case ("silent-at", position):
            for item in range(position + 1):
                sign_of_life(item)
            time.sleep(60)
        case ("crash-at", position):
            for item in range(position + 1):
                sign_of_life(item)
            os.kill(os.getpid(), signal.SIGKILL)
    return task


class NeedsTwo(Exception):  # noqa: N818
    """An exception that does not survive pickling."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)

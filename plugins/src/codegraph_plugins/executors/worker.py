"""What runs in a worker process: takes tasks from a socket, one at a time, and sends back what comes of them.

Messages are (kind, value). To the worker: "limits", "function" (pickled), "task" (pickled). From it: "ready",
"at" (a sign of life), "result", "error", "memory", "unsendable". It ends when its parent does.
"""

from __future__ import annotations

import io
import os
import pickle
import resource
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final

from codegraph_hookspecs.execution import SIGN_LISTENER

_PARENT_POLL_S: Final = 0.5
_ADDRESS_SPACE_SLACK_BYTES: Final = 1024 * 1024 * 1024
"""Address space over the limit of resident memory: mapped libraries, arenas of threads, freed pages."""


def serve(handle: int, parent: int) -> None:
    """Serve until the socket is closed.

    Args:
        handle: File descriptor of the socket.
        parent: Process id of the one that started this one.
    """
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash is told to the parent, not written to the disk
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # it may be killed at any moment
    connection = Connection(handle)
    connection.send(("ready", None))
    SIGN_LISTENER.set(lambda position: connection.send(("at", position)))
    function: Callable[[Any], Any] | None = None
    problem = ""
    while True:
        try:
            kind, value = connection.recv()
        except (EOFError, OSError):
            return
        if kind == "limits":
            _limit_address_space(value)
        elif kind == "function":
            function, problem = _load(value)
        elif problem or function is None:
            connection.send(("unsendable", problem))
        else:
            connection.send(_outcome(function, value))


def _outcome(function: Callable[[Any], Any], pickled: bytes) -> tuple[str, Any]:
    task, problem = _load(pickled)
    if problem:
        return "unsendable", problem
    try:
        return "result", function(task)
    except MemoryError:
        return "memory", None
    except BaseException as error:  # SystemExit as well: it is the task's, not the worker's
        return "error", _sendable(error)


def _load(pickled: bytes) -> tuple[Any, str]:
    try:
        return pickle.loads(pickled), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def _sendable(error: BaseException) -> Exception:
    """Return an exception, or one that says the same where it does not survive the way."""
    try:
        copy = pickle.loads(pickle.dumps(error))
    except Exception:
        copy = None
    if isinstance(copy, Exception):
        return copy
    return RuntimeError(f"{type(error).__name__}: {error}")


def _limit_address_space(memory_bytes: int | None) -> None:
    """Let a single allocation that is far too large fail; the parent watches what is resident."""
    if memory_bytes is None or not sys.platform.startswith("linux"):
        return
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
        mapped = int(statm.read().split()[0]) * resource.getpagesize()
    wanted = mapped + memory_bytes + _ADDRESS_SPACE_SLACK_BYTES
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_S)
    os._exit(1)

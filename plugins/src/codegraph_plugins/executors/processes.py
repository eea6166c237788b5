"""The executor `processes`: worker processes that are watched one by one.

The standard pools do not do: when a worker dies, `ProcessPoolExecutor` fails every task that is waiting, and
`multiprocessing.Pool` waits for ever. Here a dead worker costs the one task that it had.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from codegraph_hookspecs import ErrorCategory, LostTask, PluginError, TaskLimits
from codegraph_hookspecs.execution import Watch

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")
R = TypeVar("R")

_POLL_S: Final = 0.05
_START_TIMEOUT_S: Final = 60.0
_EXIT_TIMEOUT_S: Final = 30.0
_FINISHED: Final = object()

# The parent's import path and nothing else: a folder that happens to be the current one is never on it,
# since it may be the analysed repository.
_PROGRAM: Final = (
    "import json, sys\n"
    "sys.path[:] = json.loads(sys.argv[1])\n"
    "from codegraph_plugins.executors.worker import serve\n"
    "serve(int(sys.argv[2]), int(sys.argv[3]))\n"
)


class ProcessesExecutor:
    """Runs tasks in worker processes; functions and tasks must be picklable.

    Workers are started when they are needed and kept until `close`. One that dies, stays silent for too long
    or takes too much memory is killed and replaced, and its task comes as a `LostTask`.
    """

    name = "processes"
    in_process = False

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()

    def map(self, function: Callable[[T], R], tasks: Iterable[T], *, workers: int) -> Iterator[R]:
        """Yield results in task order.

        Raises:
            PluginError: `worker-crashed`: a worker died; `supervise` would go on.
        """
        for result in self.supervise(function, tasks, workers=workers, limits=TaskLimits()):
            if isinstance(result, LostTask):
                raise PluginError(result.message, code=result.code)
            yield result

    def supervise(
        self, function: Callable[[T], R], tasks: Iterable[T], *, workers: int, limits: TaskLimits
    ) -> Iterator[R | LostTask]:
        """Yield results in task order; a task that is lost comes as a `LostTask`, in its turn."""
        payload = _pickled(function)
        ahead = 2 * workers if limits.ahead is None else min(limits.ahead, 2 * workers)
        left, watch = iter(tasks), Watch()
        running: dict[_Worker, int] = {}
        results: dict[int, Any] = {}
        taken = given = 0
        exhausted = False
        try:
            while True:
                while not exhausted and len(running) < workers and taken - given <= ahead:
                    task: Any = next(left, _FINISHED)
                    if task is _FINISHED:
                        exhausted = True
                        break
                    running[self._start(payload, task, limits, watch)] = taken
                    taken += 1
                if given in results:
                    yield results.pop(given)
                    given += 1
                    continue
                if not running and exhausted:
                    return
                for worker in _ready(running):
                    self._hear(worker, running, results)
                watch.look()
                for worker in list(running):
                    lost = worker.broken(limits)
                    if lost is not None:
                        results[running.pop(worker)] = lost
                        self._drop(worker)
                if limits.idle is not None:
                    limits.idle()
        finally:
            for worker in running:
                self._drop(worker)

    def close(self) -> None:
        """End all workers."""
        for worker in [*self._idle, *self._busy]:
            worker.kill()
        self._idle.clear()
        self._busy.clear()

    def _start(self, payload: bytes, task: Any, limits: TaskLimits, watch: Watch) -> _Worker:
        pickled = _pickled(task)
        while True:
            worker = self._idle.pop() if self._idle else _Worker(limits.memory_bytes)
            self._busy.add(worker)
            try:
                worker.give(payload, pickled, watch)
            except OSError:  # it died while it had nothing to do
                self._drop(worker)
                continue
            return worker

    def _hear(self, worker: _Worker, running: dict[_Worker, int], results: dict[int, Any]) -> None:
        try:
            kind, value = worker.connection.recv()
        except (EOFError, OSError):
            results[running.pop(worker)] = worker.crashed()
            self._drop(worker)
            return
        if kind == "at":
            worker.note(value)
            return
        position = running.pop(worker)
        if kind == "memory":
            results[position] = worker.lost("worker-memory", "It ran out of memory.")
            self._drop(worker)
            return
        self._busy.discard(worker)
        self._idle.append(worker)
        if kind == "error":
            raise value
        if kind == "unsendable":
            raise _unsendable(value)
        results[position] = value

    def _drop(self, worker: _Worker) -> None:
        self._busy.discard(worker)
        worker.kill()


class _Worker:
    """One worker process, seen from its parent."""

    def __init__(self, memory_bytes: int | None) -> None:
        from multiprocessing.connection import Connection  # every run lists executors, and few start processes

        mine, its = socket.socketpair()
        path = [folder for folder in sys.path if Path(folder).is_absolute()]
        command = [sys.executable, "-I", "-c", _PROGRAM, json.dumps(path), str(its.fileno()), str(os.getpid())]
        with its:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=2,  # what a plugin prints is no output of ours
                pass_fds=[its.fileno()],
                start_new_session=True,  # Ctrl-C is for the parent, which ends its workers
            )
        self.connection: Connection[Any, Any] = Connection(mine.detach())
        self._payload = b""
        self._watch = Watch()
        self._began = 0.0
        self._sign: float | None = None
        self._position: int | None = None
        self._await_ready()
        self.connection.send(("limits", memory_bytes))

    def _await_ready(self) -> None:
        try:
            if self.connection.poll(_START_TIMEOUT_S) and self.connection.recv()[0] == "ready":
                return
        except (EOFError, OSError):
            pass
        self.kill()
        raise PluginError(
            "A worker process did not start.",
            code="executor-failed",
            category=ErrorCategory.INFRASTRUCTURE,
            context={"remedy": "Read what it wrote to standard error, or use the executor 'threads'."},
        )

    def give(self, payload: bytes, pickled: bytes, watch: Watch) -> None:
        """Send a task, and its function when that is another than the last one's; its time is the watch's."""
        if payload != self._payload:
            self.connection.send(("function", payload))
            self._payload = payload
        self._watch, self._began, self._sign, self._position = watch, watch.now(), None, None
        self.connection.send(("task", pickled))

    def note(self, position: int) -> None:
        """Take a sign of life."""
        self._position = position if position >= 0 else None
        self._sign = self._watch.now() if position >= 0 else None

    def broken(self, limits: TaskLimits) -> LostTask | None:
        """Say which limit the task broke, or return None."""
        now = self._watch.now()
        if limits.timeout_s is not None and now - self._began > limits.timeout_s:
            return self.lost("worker-timeout", f"It did not end within {limits.timeout_s:g} s.")
        if limits.silence_s is not None and self._sign is not None and now - self._sign > limits.silence_s:
            return self.lost("worker-timeout", f"It gave no sign of life for {limits.silence_s:g} s.")
        if limits.memory_bytes is not None:
            resident = _resident_bytes(self._process.pid)
            if resident > limits.memory_bytes:
                allowed = limits.memory_bytes
                return self.lost("worker-memory", f"It took {resident} bytes of memory; {allowed} are allowed.")
        return None

    def crashed(self) -> LostTask:
        """Say how the process ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_TIMEOUT_S)
        code = self._process.returncode
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                return self.lost("worker-crashed", f"Its process was ended by {signal.Signals(-code).name}.")
        return self.lost("worker-crashed", f"Its process ended with status {code}.")

    def lost(self, code: str, message: str) -> LostTask:
        """Return the task as lost."""
        return LostTask(code=code, message=message, position=self._position)

    def kill(self) -> None:
        """End the process, whatever it does."""
        with contextlib.suppress(OSError):
            self.connection.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def _ready(running: dict[_Worker, int]) -> list[_Worker]:
    from multiprocessing.connection import wait

    by_connection = {worker.connection: worker for worker in running}
    return [by_connection[connection] for connection in wait(list(by_connection), _POLL_S)]  # type: ignore[index]


def _resident_bytes(process: int) -> int:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):  # ended, or a system that has no such file
        return 0
    return pages * resource.getpagesize()


def _pickled(value: Any) -> bytes:
    try:
        return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # whatever an object's own reduction raises
        raise _unsendable(f"{type(error).__name__}: {error}") from error


def _unsendable(reason: str) -> PluginError:
    return PluginError(
        f"It cannot be brought to a worker process: {' '.join(reason.split())[:300]}",
        code="executor-unsendable",
        context={"remedy": "Define it in a module that can be imported, or use the executor 'threads'."},
    )

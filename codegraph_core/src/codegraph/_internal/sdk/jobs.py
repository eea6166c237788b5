"""`Jobs`: durable work on repositories, done by workers that may die at any moment."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from attrs import evolve

from codegraph._internal import cancellation
from codegraph._internal.cancellation import Cancellation, check_cancelled, handing_over
from codegraph._internal.jobs.stores import open_board
from codegraph._internal.plugin_host import PluginHost
from codegraph._internal.sdk.asynchronous import in_thread
from codegraph_hookspecs.errors import ErrorCategory, IndexingError
from codegraph_hookspecs.jobs import Job, JobEntry, JobState, WorkerOptions

if TYPE_CHECKING:
    from codegraph._internal.sdk.codegraph import CodeGraph

_WAIT_S: Final = 0.25


class Jobs:
    """The jobs of one database. Close it, or use it with `with`.

    Args:
        owner: Gives plugins and analyzers.
        url: The database; see `CodeGraph.jobs`.
    """

    def __init__(self, owner: CodeGraph, url: str | None = None) -> None:
        self._owner = owner
        self._board = open_board(PluginHost.load(objects=owner.plugins), url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(
        self,
        path: str | os.PathLike[str],
        kind: str = "index",
        *,
        key: str = "",
        priority: int = 0,
        settings: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> str:
        """Queue a job and return its id.

        Args:
            path: The repository, where every worker finds it.
            kind: "index", "export" (with `sink`, `output` and perhaps `snapshot`) or "verify".
            key: At most one job of a key is queued or running; while there is one, its id is returned.
            priority: Lower comes first, from 0.
            settings: As for `CodeGraph.index`, JSON-ready.
            **arguments: The kind's own.

        Raises:
            ConfigError: The path is no directory, or a setting is not allowed.
            IndexingError: `job-kind-unknown`.
        """
        from codegraph._internal.jobs.running import check_job

        given: dict[str, Any] = {"path": str(Path(path).expanduser().resolve()), "settings": dict(settings or {})}
        if "output" in arguments:
            arguments["output"] = str(Path(arguments["output"]).expanduser().resolve())
        given |= arguments
        check_job(self._owner, kind, given)
        return self._board.submit(kind, given, key=key, priority=priority)

    def get(self, job: str) -> Job:
        """Return the record of a job. Raises IndexingError `job-unknown`."""
        return self._board.get(job)

    def list(self, *states: JobState | str, limit: int = 100) -> Sequence[Job]:
        """Return records, newest first; of these states, or of all."""
        return self._board.jobs(states=[JobState(state) for state in states], limit=limit)

    def log(self, job: str) -> Sequence[JobEntry]:
        """Return what happened to a job, oldest first. Raises IndexingError `job-unknown`."""
        return self._board.log(job)

    def cancel(self, job: str) -> Job:
        """Cancel a queued or running job. Raises IndexingError `job-unknown`, or `job-state` when it has ended."""
        return self._board.cancel(job)

    def retry(self, job: str) -> Job:
        """Queue a failed or cancelled job again. Raises IndexingError `job-unknown`, or `job-state`."""
        return self._board.retry(job)

    def wait(self, job: str, timeout_s: float | None = None) -> Job:
        """Return the record of a job once it has ended.

        Raises:
            IndexingError: `job-unknown`, or `job-timeout`: it had not ended in time.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            check_cancelled()
            record = self._board.get(job)
            if record.state not in (JobState.QUEUED, JobState.RUNNING):
                return record
            if until is not None and time.monotonic() > until:
                raise IndexingError(
                    f"The job {job} is {record.state} after {timeout_s:g} s.",
                    code="job-timeout",
                    category=ErrorCategory.TRANSIENT,
                    context={"job": job, "remedy": "Wait longer; see that a worker runs: codegraph jobs worker."},
                )
            time.sleep(_WAIT_S)

    def work(self, options: WorkerOptions | None = None) -> int:
        """Do jobs in this thread until told to stop; see `WorkerOptions`. One worker a process.

        Returns:
            How many jobs were done.
        """
        from codegraph._internal.jobs.running import delay_policy, run_job

        chosen = options or WorkerOptions()
        if chosen.delay is WorkerOptions().delay:
            chosen = evolve(chosen, delay=delay_policy())
        return self._board.work(lambda job: run_job(self._owner, job), chosen)

    def close(self) -> None:
        """Release connections."""
        self._board.close()

    async def asubmit(
        self,
        path: str | os.PathLike[str],
        kind: str = "index",
        *,
        key: str = "",
        priority: int = 0,
        settings: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> str:
        """Queue a job from a worker thread; see `submit`."""
        return await in_thread(self.submit, path, kind, key=key, priority=priority, settings=settings, **arguments)

    async def aget(self, job: str) -> Job:
        """Return a record; see `get`."""
        return await in_thread(self.get, job)

    async def alist(self, *states: JobState | str, limit: int = 100) -> Sequence[Job]:
        """Return records; see `list`."""
        return await in_thread(self.list, *states, limit=limit)

    async def alog(self, job: str) -> Sequence[JobEntry]:
        """Return a log; see `log`."""
        return await in_thread(self.log, job)

    async def acancel(self, job: str) -> Job:
        """Cancel a job; see `cancel`."""
        return await in_thread(self.cancel, job)

    async def aretry(self, job: str) -> Job:
        """Queue a job again; see `retry`."""
        return await in_thread(self.retry, job)

    async def await_end(self, job: str, timeout_s: float | None = None) -> Job:
        """Return the record of a job once it has ended; see `wait`."""
        return await in_thread(self.wait, job, timeout_s)

    async def awork(self, options: WorkerOptions | None = None) -> int:
        """Do jobs in a worker thread until told to stop; cancelling the task stops the worker. See `work`.

        The job under way then goes back to the queue.
        """
        chosen, told = options or WorkerOptions(), Cancellation()

        def work() -> int:
            with handing_over(lambda: None):  # what a job does is stopped by the board, and put back
                return self.work(evolve(chosen, stop=lambda: told.cancelled or chosen.stop()))

        return await cancellation.in_thread(work, told)

    async def aclose(self) -> None:
        """Release connections from a worker thread; see `close`."""
        await in_thread(self.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

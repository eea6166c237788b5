"""Durable jobs: their states, what a record of one holds, and what a store of jobs can do (1.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Protocol, runtime_checkable

from attrs import field, frozen

from codegraph_hookspecs.errors import CodeGraphError


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


JOB_TRANSITIONS: Final[Mapping[JobState, frozenset[JobState]]] = MappingProxyType(
    {
        JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED}),
        JobState.RUNNING: frozenset({JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.QUEUED}),
        JobState.COMPLETED: frozenset(),
        JobState.FAILED: frozenset({JobState.QUEUED}),
        JobState.CANCELLED: frozenset({JobState.QUEUED}),
    }
)
"""The states that may follow each state. A running job is queued again when its worker is lost; a failed or cancelled
one when it is retried; a completed one stays so."""


@frozen(kw_only=True)
class Job:
    """The record of a job as it was when it was read.

    Args:
        id: Unique; later jobs have greater ids.
        kind: What is done: "index", "export", "verify".
        arguments: What it is done with, JSON-ready.
        state: Where it is.
        key: At most one job of a key is queued or running; empty for none.
        attempts: How often it was begun, by whichever worker.
        worker: Who has it, or had it last; empty while no worker ever had.
        submitted_at: UTC, ISO 8601 with milliseconds.
        started_at: When it was last begun, or None.
        finished_at: When it ended, or None.
        progress: `stage`, `done`, `total`, `unit` as last told.
        result: What it gave, once completed.
        error: code, category, message and context, once failed.
    """

    id: str
    kind: str
    arguments: Mapping[str, Any]
    state: JobState
    key: str = ""
    attempts: int = 0
    worker: str = ""
    submitted_at: str = ""
    started_at: str | None = None
    finished_at: str | None = None
    progress: Mapping[str, Any] = field(factory=dict)
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "id": self.id,
            "kind": self.kind,
            "arguments": dict(self.arguments),
            "state": str(self.state),
            "key": self.key,
            "attempts": self.attempts,
            "worker": self.worker,
            "submitted_at": self.submitted_at,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "progress": dict(self.progress),
            "result": None if self.result is None else dict(self.result),
            "error": None if self.error is None else dict(self.error),
        }


@frozen(kw_only=True)
class JobEntry:
    """One line of a job's log.

    Args:
        at: UTC, ISO 8601 with milliseconds.
        attempt: The job's attempt, from 1; 0 for what no attempt did.
        worker: Who wrote it.
        event: "started", "stage", "partitions", "committed", "retry", "completed", "failed", "lost", "cancelled",
            "retried".
        stage: The stage it is about, or empty.
        seconds: What the stage took.
        facts: Further facts, JSON-ready: rows by table, partitions computed and restored, the error, the delay.
    """

    at: str
    attempt: int
    worker: str
    event: str
    stage: str = ""
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "at": self.at,
            "attempt": self.attempt,
            "worker": self.worker,
            "event": self.event,
            "stage": self.stage,
            "seconds": self.seconds,
            "facts": dict(self.facts),
        }


class RunningJob(Protocol):
    """A job as the function that does it sees it.

    Attributes:
        id: The job's id; the same in every attempt, so that what a lost attempt left can be recognised.
        kind: What is to be done.
        arguments: What with.
        attempt: From 1.
    """

    @property
    def id(self) -> str: ...  # noqa: D102

    @property
    def kind(self) -> str: ...  # noqa: D102

    @property
    def arguments(self) -> Mapping[str, Any]: ...  # noqa: D102

    @property
    def attempt(self) -> int: ...  # noqa: D102

    @property
    def lost(self) -> bool:
        """Whether the job was cancelled, or is another worker's by now; looked up about once a second."""
        ...

    def confirm(self) -> None:
        """Ask the store whether the job is still this attempt's; to be called right before an effect is made visible.

        Raises:
            CodeGraphError: `cancelled`, or `job-lost`: another worker has adopted it.
        """
        ...

    def log(self, event: str, *, stage: str = "", seconds: float = 0.0, facts: Mapping[str, Any] | None = None) -> None:
        """Add a line to the job's log."""
        ...

    def progress(self, stage: str, done: int, total: int, unit: str) -> None:
        """Tell how far it is; written about once a second."""
        ...


@frozen(kw_only=True)
class WorkerOptions:
    """How a worker works.

    Args:
        name: Unique among all workers of the store at any time; empty for a name made of host, process and chance.
        lease_s: A worker that was silent for so long has lost its jobs to the others. It must be well above the
            longest pause that a healthy worker makes.
        poll_s: Seconds between two looks for a queued job.
        max_attempts: A job whose worker was lost so often fails, for it may be what kills them.
        drain: Return when no job is queued or running any more.
        delay: What to do about an attempt's error: seconds to wait before the next attempt, or None to fail.
            Gets the error and how many attempts have failed with its category so far, this one included.
        stop: Looked at about ten times a second; True ends the worker, and its job goes back to the queue.
    """

    name: str = ""
    lease_s: float = 30.0
    poll_s: float = 0.2
    max_attempts: int = 10
    drain: bool = False
    delay: Callable[[CodeGraphError, int], float | None] = lambda _error, _failed: None
    stop: Callable[[], bool] = lambda: False


class JobBoard(Protocol):
    """An open store of jobs. Threads may share one."""

    def submit(self, kind: str, arguments: Mapping[str, Any], *, key: str = "", priority: int = 0) -> str:
        """Queue a job and return its id; of a key that has an open job already, that job's.

        Args:
            kind: What to do.
            arguments: What with, JSON-ready.
            key: At most one job of a key is open.
            priority: Lower comes first, from 0.
        """
        ...

    def get(self, job: str) -> Job:
        """Return the record of a job.

        Raises:
            CodeGraphError: `job-unknown`.
        """
        ...

    def jobs(self, *, states: Sequence[JobState] = (), limit: int = 100) -> list[Job]:
        """Return records, newest first."""
        ...

    def log(self, job: str) -> list[JobEntry]:
        """Return the log of a job, oldest first."""
        ...

    def cancel(self, job: str) -> Job:
        """Cancel a queued or running job, which notices within about a second.

        Raises:
            CodeGraphError: `job-unknown`, or `job-state`: it has ended already.
        """
        ...

    def retry(self, job: str) -> Job:
        """Queue a failed or cancelled job again, under its id.

        Raises:
            CodeGraphError: `job-unknown`, or `job-state`: it is open, or completed.
        """
        ...

    def work(self, run: Callable[[RunningJob], Mapping[str, Any]], options: WorkerOptions) -> int:
        """Do jobs, one at a time, and adopt those of workers that were lost; return how many were done.

        Args:
            run: Does a job and returns its result, JSON-ready. It may be called again for a job that a lost worker
                had already done in part or whole.
            options: How.
        """
        ...

    def close(self) -> None:
        """Release connections."""
        ...


@runtime_checkable
class JobStore(Protocol):
    """Where durable jobs live.

    Attributes:
        name: Unique.

    It opens the URLs that begin with its name and a colon, or with one of the texts in its attribute `schemes`, where
    it has one: `("sqlite", "postgresql")` (1.3).
    """

    name: str

    def open(self, url: str) -> JobBoard:
        """Open the store at a URL; what is missing there is made.

        Raises:
            CodeGraphError: `job-store-unreachable`.
        """
        ...

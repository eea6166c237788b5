"""Between DBOS's rows and job records: states, times, and values as JSON instead of pickles."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

from dbos import Serializer, WorkflowStatus

from codegraph_hookspecs import CodeGraphError, Job, JobState
from codegraph_plugins.jobs.ledger import stamp

WORKFLOW: Final = "codegraph_job"
QUEUE: Final = "codegraph_jobs"
APPLICATION: Final = "codegraph"
VERSION: Final = "1"
"""Of what is written into jobs; a worker takes only those of its own."""

STATUSES: Final[Mapping[JobState, tuple[str, ...]]] = {
    JobState.QUEUED: ("ENQUEUED", "DELAYED"),
    JobState.RUNNING: ("PENDING",),
    JobState.COMPLETED: ("SUCCESS",),
    JobState.FAILED: ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"),
    JobState.CANCELLED: ("CANCELLED",),
}
OPEN: Final = (*STATUSES[JobState.QUEUED], *STATUSES[JobState.RUNNING])
_STATES: Final = {status: state for state, statuses in STATUSES.items() for status in statuses}
_ERROR: Final = "codegraph error"


class JobFailed(Exception):  # noqa: N818 - it is what happened to a job, and no defect of this code
    """Carries the error of a job through DBOS."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__(str(facts.get("message", "")))
        self.facts = dict(facts)


class JsonSerializer(Serializer):
    """Writes values as JSON: what is read back is never code."""

    def name(self) -> str:
        """Return the name that stands beside each value."""
        return "codegraph_json"

    def serialize(self, data: Any) -> str:
        """Return a value, or an exception's facts, as JSON."""
        if isinstance(data, BaseException):
            data = {_ERROR: error_facts(data)}
        return json.dumps(data)

    def deserialize(self, serialized_data: str) -> Any:
        """Return the value; an exception as `JobFailed`."""
        data = json.loads(serialized_data)
        return JobFailed(data[_ERROR]) if isinstance(data, dict) and _ERROR in data else data


def error_facts(error: BaseException) -> dict[str, Any]:
    """Return what a record says about an error: code, category, message, context."""
    if isinstance(error, JobFailed):
        return error.facts
    if isinstance(error, CodeGraphError):
        return error.to_dict()
    infrastructure = isinstance(error, (OSError, MemoryError))
    return {
        "code": "system-error" if infrastructure else "internal-error",
        "category": "infrastructure" if infrastructure else "permanent",
        "message": f"{type(error).__name__}: {error}"[:500],
        "context": {},
    }


def new_id() -> str:
    """Return an id for a job: later ones are greater."""
    return f"{time.time_ns() // 1_000_000:011x}-{secrets.token_hex(4)}"


def submitted_ms(job: str, otherwise: int) -> int:
    """Return when a job got its id, in milliseconds since 1970; the database may know the second only."""
    head = job.partition("-")[0]
    return int(head, 16) if re.fullmatch("[0-9a-f]{11}", head) else otherwise


def as_job(status: WorkflowStatus, attempts: int) -> Job:
    """Return the record of a workflow.

    Args:
        status: DBOS's row, with its input.
        attempts: How often the log says that it was begun.
    """
    inputs: Any = status.input
    kind, arguments = inputs["args"] if inputs else ("", {})
    attributes: Mapping[str, Any] = status.attributes or {}
    state = _STATES[status.status]
    error: Mapping[str, Any] | None = None
    if status.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
        error = {
            "code": "job-worker-lost",
            "category": "infrastructure",
            "message": f"The worker was lost {attempts} times while it did this job.",
            "context": {"remedy": "Look for what ends the workers (memory, a crash); then codegraph jobs retry."},
        }
    elif isinstance(status.error, BaseException):
        error = error_facts(status.error)
    elif state is JobState.FAILED:
        error = error_facts(RuntimeError(status.error))  # what some other program wrote
    return Job(
        id=status.workflow_id,
        kind=kind,
        arguments=arguments,
        state=state,
        key=str(attributes.get("key", "")),
        attempts=attempts,
        worker=status.executor_id or "",
        submitted_at=stamp(submitted_ms(status.workflow_id, status.created_at or 0)),
        started_at=stamp(status.dequeued_at) if status.dequeued_at else None,
        finished_at=stamp(status.completed_at) if status.completed_at else None,
        progress=attributes.get("progress", {}) if state is JobState.RUNNING else {},
        result=status.output if state is JobState.COMPLETED else None,
        error=error,
    )

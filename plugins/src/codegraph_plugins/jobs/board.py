"""An open job store: submits, reads, cancels and retries through DBOS's client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, EnqueueOptions, WorkflowStatus

from codegraph_hookspecs import IndexingError, Job, JobEntry, JobState, RunningJob, WorkerOptions
from codegraph_plugins.jobs.ledger import SCHEMA, Ledger, make_folder, now
from codegraph_plugins.jobs.records import (
    APPLICATION,
    QUEUE,
    STATUSES,
    VERSION,
    WORKFLOW,
    JsonSerializer,
    as_job,
    new_id,
)


class Board:
    """Implements `codegraph_hookspecs.JobBoard`.

    Args:
        url: `sqlite:///…` or `postgresql://…`.
    """

    def __init__(self, url: str) -> None:
        made = sa.make_url(url)
        if made.get_backend_name() == "sqlite":
            make_folder(made)
        self.url = url
        _connect_once(made)
        DBOS.migrate(url, schema=SCHEMA)
        self.ledger = Ledger(made)
        self.client = DBOSClient(
            system_database_url=url,
            dbos_system_schema=SCHEMA,
            serializer=JsonSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=False,
        )

    def submit(self, kind: str, arguments: Mapping[str, Any], *, key: str = "", priority: int = 0) -> str:
        """Queue a job; see `JobBoard.submit`."""
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": new_id(),
            "app_version": VERSION,
            "attributes": {"key": key} if key else {},
        }
        if priority:
            options["priority"] = priority
        if key:
            options["deduplication_id"] = key
            options["duplication_policy"] = "return-existing"
        handle: Any = self.client.enqueue(options, kind, dict(arguments))
        return str(handle.get_workflow_id())

    def get(self, job: str) -> Job:
        """Return a record; see `JobBoard.get`."""
        return as_job(self.status(job), self.ledger.attempts([job])[job])

    def jobs(self, *, states: Sequence[JobState] = (), limit: int = 100) -> list[Job]:
        """Return records, newest first."""
        rows = self.client.list_workflows(
            name=WORKFLOW,
            status=[status for state in states for status in STATUSES[state]] or None,
            sort_desc=True,
            limit=limit,
        )
        attempts = self.ledger.attempts([row.workflow_id for row in rows])
        return [as_job(row, attempts[row.workflow_id]) for row in rows]

    def log(self, job: str) -> list[JobEntry]:
        """Return a log; see `JobBoard.log`."""
        self.status(job)
        return self.ledger.read(job)

    def cancel(self, job: str) -> Job:
        """Cancel a job; see `JobBoard.cancel`."""
        self._require(self.get(job), {JobState.QUEUED, JobState.RUNNING}, "cancelled")
        self.client.cancel_workflow(job)
        after = self.get(job)
        self._require(after, {JobState.CANCELLED}, "cancelled")  # it may have ended meanwhile
        self.ledger.write(job, [JobEntry(at=now(), attempt=0, worker="", event="cancelled")])
        return after

    def retry(self, job: str) -> Job:
        """Queue a job again; see `JobBoard.retry`."""
        self._require(self.get(job), {JobState.FAILED, JobState.CANCELLED}, "retried")
        self.client.rewind_workflow(job, start_step=1, queue_name=QUEUE, application_version=VERSION)
        self.ledger.write(job, [JobEntry(at=now(), attempt=0, worker="", event="retried")])
        return self.get(job)

    def work(self, run: Callable[[RunningJob], Mapping[str, Any]], options: WorkerOptions) -> int:
        """Do jobs; see `JobBoard.work`. One worker a process."""
        from codegraph_plugins.jobs.worker import Worker

        return Worker(self, run, options).work()

    def close(self) -> None:
        """Release connections."""
        self.client.destroy()
        self.ledger.close()

    def status(self, job: str, *, whole: bool = True) -> WorkflowStatus:
        """Return DBOS's row of a job; without its values where not `whole`.

        Raises:
            IndexingError: `job-unknown`.
        """
        rows = self.client.list_workflows(workflow_ids=[job], name=WORKFLOW, load_input=whole, load_output=whole)
        if not rows:
            raise IndexingError(
                f"There is no job {job!r}.",
                code="job-unknown",
                context={"job": job, "remedy": "codegraph jobs list shows those that there are."},
            )
        return rows[0]

    def _require(self, job: Job, allowed: set[JobState], what: str) -> None:
        if job.state not in allowed:
            raise IndexingError(
                f"The job {job.id} is {job.state} and cannot be {what}.",
                code="job-state",
                context={"job": job.id, "state": str(job.state)},
            )


def _connect_once(url: sa.URL) -> None:
    """Raise at once where nobody answers; what follows would try again for long."""
    engine = sa.create_engine(url if url.get_backend_name() == "sqlite" else url.set(drivername="postgresql+psycopg"))
    try:
        with engine.connect():
            pass
    finally:
        engine.dispose()

"""`codegraph jobs`: durable work, done by workers that may die at any moment."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from attrs import frozen
from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.options import Common
from codegraph.cli.terminal import escape, print_json, print_table

if TYPE_CHECKING:
    from codegraph._internal.sdk.jobs import Jobs
    from codegraph_hookspecs import Job, JobEntry

State = Literal["queued", "running", "completed", "failed", "cancelled"]

EXAMPLES: Final = """\
Examples:
  codegraph jobs submit ~/src/project --with occurrences
  codegraph jobs submit . --key nightly --mode full
  codegraph jobs submit . --sink scip --output index.scip
  codegraph jobs list --state running --state failed
  codegraph jobs show 1a1ff168a13-db3e1032
  codegraph jobs cancel 1a1ff168a13-db3e1032
  codegraph jobs retry 1a1ff168a13-db3e1032
  codegraph jobs worker
  codegraph jobs worker --url postgresql://me@db/codegraph --lease 60

Jobs are in an SQLite file of this user unless --url or CODEGRAPH_JOBS_URL names
a PostgreSQL database. A job waits until a worker runs. Needs the extra 'jobs':
pip install 'codegraph-framework[jobs]'.
"""

app = App(name="jobs", help_epilogue=EXAMPLES)


@Parameter(name="*")
@frozen(kw_only=True)
class Where:
    """The option of every command about jobs.

    Args:
        url: Where the jobs are.
    """

    url: Annotated[
        str | None, Parameter(help="sqlite:////path or postgresql://…; default: CODEGRAPH_JOBS_URL, or a file.")
    ] = None

    def open(self) -> Jobs:
        """Open the jobs."""
        from codegraph._internal.sdk import CodeGraph

        return CodeGraph().jobs(self.url)


@app.command(name="submit")
def submit_job(
    path: Path = Path(),
    /,
    *,
    kind: Literal["index", "export", "verify"] | None = None,
    key: str = "",
    priority: int = 0,
    mode: Literal["full", "incremental", "smart"] | None = None,
    backend: Literal["auto", "rust", "python", "both"] | None = None,
    workers: Annotated[int | None, Parameter(name=["--workers", "-w"])] = None,
    executor: str | None = None,
    layers: Annotated[list[str] | None, Parameter(name=["--with"], negative=())] = None,
    sink: str | None = None,
    output: Path | None = None,
    wait: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    where: Where | None = None,
    common: Common | None = None,
) -> int:
    """Queue a job and print its id. With --wait, exit code 1: it failed or was cancelled.

    Args:
        path: The repository's folder, where every worker finds it.
        kind: What to do; index unless --sink says export.
        key: At most one job of a key is queued or running; while there is one, its id is printed.
        priority: Lower comes first, from 0.
        mode: full builds everything anew; incremental and smart reuse what did not change.
        backend: Which parser; both runs two and compares their rows.
        workers: How many CPUs the job may use.
        executor: Where files are parsed: threads, processes or serial.
        layers: Also run an optional plugin, as in --with occurrences; repeatable.
        sink: For an export: the format, such as scip.
        output: For an export: the file to write.
        wait: Return when the job has ended.
    """
    common = common or Common()
    settings: dict[str, Any] = {name: str(value) for name, value in common.overrides().items()}
    given = {"mode": mode, "backend": backend, "parallel_workers": workers, "executor": executor}
    settings |= {name: value for name, value in given.items() if value is not None}
    if layers:
        settings["plugins"] = {name: {} for name in layers}
    chosen = kind or ("export" if sink else "index")
    if (chosen == "export") != (sink is not None and output is not None):
        raise failures.UsageError("An export takes both --sink and --output, and nothing else takes them.")
    arguments = {"sink": sink, "output": output} if chosen == "export" else {}
    with (where or Where()).open() as jobs:
        job = jobs.submit(path, chosen, key=key, priority=priority, settings=settings, **arguments)
        record = jobs.wait(job) if wait else jobs.get(job)
    if common.json:
        print_json({"job": record.to_dict()})
    elif wait and not common.quiet:
        _print_job(record)
    else:
        print(record.id)
    return failures.NO if wait and record.state != "completed" else failures.SUCCESS


@app.command(name="list")
def list_jobs(
    *,
    state: Annotated[list[State] | None, Parameter(negative=())] = None,
    limit: Annotated[int, Parameter(name=["--limit", "-n"])] = 50,
    where: Where | None = None,
    common: Common | None = None,
) -> int:
    """List jobs, newest first.

    Args:
        state: Only jobs in this state; repeatable.
        limit: At most so many.
    """
    common = common or Common()
    with (where or Where()).open() as jobs:
        found = jobs.list(*(state or ()), limit=limit)
    if common.json:
        print_json({"jobs": [job.to_dict() for job in found]})
        return failures.SUCCESS
    columns = ("id", "state", "kind", "path", "attempts", "submitted", "finished", "what")
    rows = [
        (
            job.id, job.state, job.kind, job.arguments.get("path"), job.attempts, job.submitted_at, job.finished_at,
            _what(job),
        )
        for job in found
    ]  # fmt: skip
    print_table(columns, rows, right=["attempts"])
    return failures.SUCCESS


@app.command(name="show")
def show_job(job: str, /, *, where: Where | None = None, common: Common | None = None) -> int:
    """Show a job: its state, what it was given, what came of it, and its log."""
    common = common or Common()
    with (where or Where()).open() as jobs:
        record, entries = jobs.get(job), jobs.log(job)
    if common.json:
        print_json({"job": record.to_dict(), "log": [entry.to_dict() for entry in entries]})
        return failures.SUCCESS
    _print_job(record)
    print_table(
        ("at", "attempt", "event", "stage", "seconds", "facts", "worker"),
        [(e.at, e.attempt, e.event, e.stage, e.seconds, _facts(e), e.worker) for e in entries],
        title="Log",
        right=("attempt", "seconds"),
    )
    return failures.SUCCESS


@app.command(name="cancel")
def cancel_job(job: str, /, *, where: Where | None = None, common: Common | None = None) -> int:
    """Cancel a queued or running job; the snapshot before it stays. Its worker notices within about a second."""
    with (where or Where()).open() as jobs:
        return _changed(jobs.cancel(job), common)


@app.command(name="retry")
def retry_job(job: str, /, *, where: Where | None = None, common: Common | None = None) -> int:
    """Queue a failed or cancelled job again, under its id; what it had done already is not done again."""
    with (where or Where()).open() as jobs:
        return _changed(jobs.retry(job), common)


@app.command(name="worker")
def run_worker(
    *,
    until_empty: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    lease: float = 30.0,
    poll: float = 0.2,
    max_attempts: int = 10,
    where: Where | None = None,
    common: Common | None = None,
) -> int:
    """Do jobs, one at a time, until interrupted; start several workers to do several at once.

    The first Ctrl-C or SIGTERM puts the job that is being done back into the queue and ends the worker.

    Args:
        until_empty: Return when no job is queued or running any more.
        lease: Seconds after which the jobs of a silent worker are adopted by the others.
        poll: Seconds between two looks for a job.
        max_attempts: A job whose worker was lost so often fails.
    """
    from codegraph._internal.logging import configure_logging
    from codegraph_hookspecs import WorkerOptions

    common = common or Common()
    configure_logging(level="error" if common.quiet else None, json=common.json)
    ending = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ending.set())
    options = WorkerOptions(
        lease_s=lease, poll_s=poll, max_attempts=max_attempts, drain=until_empty, stop=ending.is_set
    )
    with (where or Where()).open() as jobs:
        done = jobs.work(options)
    if common.json:
        print_json({"done": done})
    elif not common.quiet:
        print(f"{done} job(s) done")
    sys.stdout.flush()
    sys.stderr.flush()
    # An attempt that lost its job waits in a thread for what the other worker makes of it; this process does not.
    os._exit(failures.SUCCESS)


def _changed(job: Job, common: Common | None) -> int:
    common = common or Common()
    if common.json:
        print_json({"job": job.to_dict()})
    elif not common.quiet:
        print(f"{escape(job.id)} {job.state}")
    return failures.SUCCESS


def _print_job(job: Job) -> None:
    lines = [
        ("job", job.id),
        ("state", job.state),
        ("kind", job.kind),
        ("path", job.arguments.get("path")),
        ("key", job.key),
        ("settings", _pairs(job.arguments.get("settings", {}))),
        ("attempts", job.attempts),
        ("worker", job.worker),
        ("submitted", job.submitted_at),
        ("started", job.started_at),
        ("finished", job.finished_at),
        ("what", _what(job)),
    ]
    print("".join(f"{label:<10} {escape(str(value))}\n" for label, value in lines if value not in (None, "")), end="")


def _what(job: Job) -> str:
    """Return the one thing to know about a job in its state."""
    if job.error is not None:
        return f"[{job.error.get('code')}] {job.error.get('message')}"
    if job.progress:
        return f"{job.progress.get('stage')} {job.progress.get('done')}/{job.progress.get('total')}"
    if job.result is not None:
        for name in ("snapshot_id", "ok"):
            if name in job.result:
                return f"{name} {job.result[name]}"
    return ""


def _facts(entry: JobEntry) -> str:
    facts = dict(entry.facts)
    error = facts.pop("error", None)
    told = [f"[{error.get('code')}] {error.get('message')}"] if isinstance(error, Mapping) else []
    return "; ".join([*told, *([_pairs(facts)] if facts else [])])


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({_pairs(value)})"
    return ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)

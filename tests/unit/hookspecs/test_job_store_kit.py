"""The kit's check of a store of jobs: a store in memory passes, and each way to break it is named."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from attrs import evolve

from codegraph import CodeGraph
from codegraph_hookspecs import CodeGraphError, IndexingError, Job, JobEntry, JobState, hookimpl
from codegraph_hookspecs.testing import ConformanceError, check_job_store

OPEN = (JobState.QUEUED, JobState.RUNNING)


class MemoryBoard:
    """Jobs of one process."""

    def __init__(self) -> None:
        self.records: dict[str, Job] = {}
        self.entries: dict[str, list[JobEntry]] = {}
        self.numbers = itertools.count()

    def submit(self, kind, arguments, *, key="", priority=0):
        for job in self.records.values():
            if key and job.key == key and job.state in OPEN:
                return job.id
        identifier = f"{next(self.numbers):04}"
        self.records[identifier] = Job(
            id=identifier, kind=kind, arguments=dict(arguments), state=JobState.QUEUED, key=key
        )
        self.entries[identifier] = []
        return identifier

    def get(self, job):
        if job not in self.records:
            raise IndexingError("unknown", code="job-unknown")
        return self.records[job]

    def jobs(self, *, states=(), limit=100):
        newest = sorted(self.records.values(), key=lambda job: job.id, reverse=True)
        return [job for job in newest if not states or job.state in states][:limit]

    def log(self, job):
        return self.entries[job]

    def cancel(self, job):
        return self.move(job, OPEN, JobState.CANCELLED)

    def retry(self, job):
        return self.move(job, (JobState.FAILED, JobState.CANCELLED), JobState.QUEUED)

    def move(self, job, allowed, state):
        if self.get(job).state not in allowed:
            raise IndexingError("not now", code="job-state")
        self.records[job] = evolve(self.records[job], state=state)
        return self.records[job]

    def work(self, run, options):
        done = 0
        while waiting := self.jobs(states=[JobState.QUEUED]):
            done += 1
            self.perform(waiting[-1].id, run, options)
        return done

    def perform(self, job, run, options):
        for attempt in itertools.count(1):
            self.records[job] = evolve(self.records[job], state=JobState.RUNNING, attempts=attempt)
            running = Running(self.records[job], self.entries[job])
            running.log("started")
            try:
                result = run(running)
            except CodeGraphError as error:
                again = options.delay(error, attempt)
                running.log("failed" if again is None else "retry")
                if again is None:
                    self.records[job] = evolve(self.records[job], state=JobState.FAILED, error=error.to_dict())
                    return
                continue
            running.log("completed")
            self.records[job] = evolve(self.records[job], state=JobState.COMPLETED, result=result)
            return

    def close(self):
        pass


class Running:
    lost = False

    def __init__(self, job, entries):
        self.id, self.kind, self.arguments, self.attempt, self.entries = (
            job.id, job.kind, job.arguments, job.attempts, entries,
        )  # fmt: skip

    def confirm(self):
        pass

    def progress(self, stage, done, total, unit):
        pass

    def log(self, event, *, stage="", seconds=0.0, facts=None):
        self.entries.append(
            JobEntry(at="", attempt=self.attempt, worker="", event=event, stage=stage, facts=dict(facts or {}))
        )


class MemoryStore:
    name = "memory"

    def __init__(self, board: Callable[[], MemoryBoard] = MemoryBoard) -> None:
        self.board = board

    def open(self, url):
        return self.board()


def broken(**methods):
    return MemoryStore(type("Broken", (MemoryBoard,), methods))


def refused(store) -> str:
    with pytest.raises(ConformanceError) as raised:
        check_job_store(store, "memory:")
    return raised.value.code


def test_a_store_in_memory_passes():
    check_job_store(MemoryStore(), "memory:")


def test_a_third_partys_store_is_chosen_by_its_name_in_the_url(tmp_path):
    class Plugin:
        @hookimpl
        def codegraph_job_stores(self):
            return [MemoryStore()]

    (tmp_path / "a.py").write_text("x = 1\n")
    with CodeGraph(plugins=[Plugin()]).jobs("memory:") as jobs:
        job = jobs.submit(tmp_path)
        assert jobs.work() == 1
        assert jobs.get(job).state == "completed"


@pytest.mark.parametrize(
    ("code", "methods"),
    [
        ("job-store-key", {"submit": lambda self, kind, arguments, **_: MemoryBoard.submit(self, kind, arguments)}),
        ("job-store-order", {"jobs": lambda self, **more: MemoryBoard.jobs(self, **more)[::-1]}),
        ("job-store-record", {"get": lambda self, job: self.records.get(job)}),
        ("job-store-state", {"move": lambda self, job, _, state: MemoryBoard.move(self, job, tuple(JobState), state)}),
        ("job-store-log", {"log": lambda self, job: MemoryBoard.log(self, job)[:-1]}),
        ("job-store-work", {"work": lambda self, run, options: 0}),
    ],
)
def test_what_is_broken_is_named(code, methods):
    assert refused(broken(**methods)) == code


def test_what_is_no_store_is_named():
    assert refused(object()) == "job-store-type"

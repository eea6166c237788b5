"""What a job does: effects that happen once, errors that decide about another attempt, the SDK's own words."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraph, CodeGraphError, IndexingConfig, JobState, StorageError
from codegraph._internal.indexing import Indexer
from codegraph._internal.jobs.running import JobToken, delay_policy, run_job
from codegraph._internal.pipeline.cancel import Cancelled
from codegraph_hookspecs import ConflictError, IndexingError, WorkerOptions

FAST = WorkerOptions(drain=True, poll_s=0.05)


class Running:
    """A job that no store knows."""

    def __init__(self, kind: str, arguments: Mapping[str, Any], job: str = "j1") -> None:
        self.id, self.kind, self.arguments, self.attempt = job, kind, arguments, 1
        self.lost = False
        self.asked = 0
        self.entries: list[tuple[str, str]] = []

    def confirm(self) -> None:
        self.asked += 1
        if self.lost:
            raise IndexingError("lost", code="job-lost")

    def log(self, event, *, stage="", seconds=0.0, facts=None) -> None:
        self.entries.append((event, stage))

    def progress(self, stage, done, total, unit) -> None:
        pass


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "a.py").write_text("def f():\n    return 1\n")
    return folder


def arguments(root: Path, **settings: Any) -> dict[str, Any]:
    return {"path": str(root), "settings": {"mode": "full", **settings}}


def test_a_job_that_is_done_twice_has_one_snapshot(root):
    first = Running("index", arguments(root))
    made = run_job(CodeGraph(), first)
    again = run_job(CodeGraph(), Running("index", arguments(root)))
    assert again["snapshot_id"] == made["snapshot_id"]
    assert len(CodeGraph().snapshots(root)) == 1
    assert ("stage", "parse") in first.entries
    assert first.entries[-1] == ("committed", "commit")
    assert first.asked == 1
    other = run_job(CodeGraph(), Running("index", arguments(root), job="j2"))
    assert other["snapshot_id"] != made["snapshot_id"]


def test_a_job_that_was_lost_commits_nothing(root):
    job = Running("index", arguments(root))
    job.confirm = lambda: (_ for _ in ()).throw(IndexingError("lost", code="job-lost"))  # type: ignore[method-assign]
    with pytest.raises(IndexingError) as raised:
        run_job(CodeGraph(), job)
    assert raised.value.code == "job-lost"
    assert len(CodeGraph().snapshots(root)) == 0


def test_a_run_stops_when_its_job_is_lost(root):
    job = Running("index", arguments(root))
    token = JobToken(job)
    token.check()
    job.lost = True
    with pytest.raises(Cancelled):
        token.check()
    with pytest.raises(Cancelled):
        run_job(CodeGraph(), job)


def test_exports_and_verifications_are_jobs_too(root, tmp_path):
    output = tmp_path / "x.scip"
    given = {**arguments(root), "sink": "scip", "output": str(output)}
    told = run_job(CodeGraph(), Running("export", given))
    assert told["indexed"]
    assert told["files"] == [str(output)]
    assert output.stat().st_size == told["bytes"]
    assert run_job(CodeGraph(), Running("verify", arguments(root)))["ok"]


def test_delays_follow_the_error_contract():
    delay = delay_policy()
    transient, machine, permanent = ConflictError("c"), StorageError("s"), IndexingError("i")
    assert [round(delay(transient, failed) or 0) in (wanted, wanted + 1) for failed, wanted in ((1, 1), (2, 2), (3, 4))]
    assert delay(transient, 4) is None
    assert delay(machine, 1) is not None
    assert delay(machine, 2) is None
    assert delay(permanent, 1) is None
    assert delay(Cancelled("x"), 1) is None


def test_the_sdk_submits_waits_and_reads_logs(root, url):
    with CodeGraph().jobs(url) as jobs:
        job = jobs.submit(root, key="mine", settings={"mode": "full"})
        assert jobs.submit(root, key="mine") == job
        with pytest.raises(CodeGraphError) as raised:
            jobs.wait(job, timeout_s=0.0)
        assert raised.value.code == "job-timeout"
        assert jobs.work(FAST) == 1
        record = jobs.wait(job)
        assert (record.state, record.key, record.attempts) == (JobState.COMPLETED, "mine", 1)
        assert record.result is not None
        assert record.result["snapshot_id"] == CodeGraph().snapshots(root)[-1].id
        assert next(entry.event for entry in jobs.log(job)) == "started"
        assert jobs.submit(root, key="mine") != job  # the first has ended


def test_every_call_has_its_twin(root, sqlite_url):
    async def story() -> list[object]:
        jobs = await CodeGraph().ajobs(sqlite_url)
        job = await jobs.asubmit(root)
        told = [(await jobs.aget(job)).state, (await jobs.acancel(job)).state, (await jobs.aretry(job)).state]
        told.append([each.id == job for each in await jobs.alist("queued")])
        told.append([entry.event for entry in await jobs.alog(job)])
        await jobs.acancel(job)
        told.append((await jobs.await_end(job)).state)
        await jobs.asubmit(root)
        told.append(await jobs.awork(WorkerOptions(drain=True)))
        await jobs.aclose()
        return told

    known = ["queued", "cancelled", "queued", [True], ["cancelled", "retried"], "cancelled", 1]
    assert asyncio.run(story()) == known


def test_a_worker_ends_with_its_task(root, sqlite_url):
    async def story() -> None:
        async with await CodeGraph().ajobs(sqlite_url) as jobs:
            worker = asyncio.create_task(jobs.awork())
            job = await jobs.asubmit(root)
            ended = asyncio.create_task(jobs.await_end(job, 60))
            await asyncio.wait({worker, ended}, return_when=asyncio.FIRST_COMPLETED)
            assert not worker.done(), worker
            assert (await ended).state == "completed"
            worker.cancel()
            with pytest.raises(asyncio.CancelledError):
                await worker

    asyncio.run(story())


def test_a_job_whose_worker_dies_again_and_again_fails(sqlite_url):
    from codegraph_plugins.jobs.store import DurableJobStore

    board = DurableJobStore().open(sqlite_url)
    job = board.submit("lethal", {})

    def run(running):
        (name,) = board.ledger.roll()
        board.ledger.leave(name)  # as if this worker had died
        while not running.lost:
            threading.Event().wait(0.02)
        raise IndexingError("gone")

    board.work(run, WorkerOptions(drain=True, poll_s=0.05, lease_s=2.0, max_attempts=2))
    record = board.get(job)
    assert record.state is JobState.FAILED
    assert record.error is not None
    assert record.error["code"] == "job-worker-lost"
    assert record.attempts == 2
    assert board.retry(job).state is JobState.QUEUED
    board.close()


def test_settings_of_the_repository_cannot_choose_the_database(root, monkeypatch):
    monkeypatch.setenv("CODEGRAPH_JOBS_URL", "sqlite:////nowhere/else")
    assert CodeGraph().index(root).config.root_path == root
    assert "jobs_url" not in IndexingConfig(root_path=root).to_dict()


class Woken(Running):
    """A job whose earlier attempt goes on, from where it was stopped, as this one has begun to parse."""

    def log(self, event, *, stage="", seconds=0.0, facts=None) -> None:
        super().log(event, stage=stage, seconds=seconds, facts=facts)
        if (event, stage) == ("stage", "parse") and not self.entries[:-1]:
            self.other()


@pytest.mark.parametrize("when", ["before the run begins", "while it runs"])
def test_an_attempt_that_wakes_up_and_commits_is_the_only_one(root, when, monkeypatch):
    woken = []

    def wake() -> None:
        woken.append(run_job(CodeGraph(), Running("index", arguments(root))))

    job = Woken("index", arguments(root))
    job.other = wake if when == "while it runs" else lambda: None
    if when == "before the run begins":
        original = Indexer.run

        def run(self):
            if not woken:
                woken.append(None)  # the attempt below must not wake another one
                woken[0] = run_job(CodeGraph(), Running("index", arguments(root)))
            return original(self)

        monkeypatch.setattr(Indexer, "run", run)
    try:
        made = run_job(CodeGraph(), job)
    except ConflictError:
        assert when == "while it runs"
        made = run_job(CodeGraph(), Running("index", arguments(root)))  # the next attempt
    assert made["snapshot_id"] == woken[0]["snapshot_id"]
    assert [info.summary["job"] for info in CodeGraph().snapshots(root)] == ["j1"]

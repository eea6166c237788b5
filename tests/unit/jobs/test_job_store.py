"""The built-in store of jobs, in SQLite and PostgreSQL: the contract, leases, what is refused."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from pathlib import Path

import pytest

from codegraph import CodeGraph, CodeGraphError
from codegraph._internal.plugin_host import PluginHost
from codegraph_hookspecs import JOB_TRANSITIONS, IndexingError, JobState, WorkerOptions
from codegraph_hookspecs.testing import check_job_store
from codegraph_plugins.jobs.ledger import Ledger, Watch
from codegraph_plugins.jobs.records import JobFailed, JsonSerializer
from codegraph_plugins.jobs.store import DurableJobStore, shown

FAST = {"poll_s": 0.05}


def test_the_store_comes_through_the_hook_like_everybody_elses() -> None:
    (store,) = [store for store in PluginHost.load().job_stores() if store.name == "durable"]
    assert isinstance(store, DurableJobStore)


def test_the_built_in_store_conforms(url: str) -> None:
    check_job_store(DurableJobStore(), url)


def test_a_running_job_is_cancelled_and_its_attempt_told(url: str) -> None:
    board = DurableJobStore().open(url)
    job = board.submit("wait", {})
    seen = []

    def run(running):
        threading.Thread(target=board.cancel, args=(running.id,)).start()
        while not running.lost:
            time.sleep(0.02)
        with pytest.raises(IndexingError) as raised:
            running.confirm()
        seen.append(raised.value.code)
        raise raised.value

    board.work(run, WorkerOptions(drain=True, **FAST))
    assert seen == ["cancelled"]
    assert board.get(job).state is JobState.CANCELLED
    assert [entry.event for entry in board.log(job)] == ["started", "cancelled", "lost"]
    board.close()


def test_a_job_that_is_adopted_while_it_is_done_is_refused_and_done_again(url: str) -> None:
    board = DurableJobStore().open(url)
    job = board.submit("once", {})
    codes = []

    def run(running):
        if running.attempt > 1:
            return {"by": running.attempt}
        assert isinstance(board.ledger, Ledger)
        (name,) = board.ledger.roll()
        board.ledger.leave(name)  # as another worker does that saw no beat for a lease
        while not running.lost:
            time.sleep(0.02)
        with pytest.raises(IndexingError) as raised:
            running.confirm()
        codes.append(raised.value.code)
        return {"by": "the one that lost it"}

    board.work(run, WorkerOptions(drain=True, lease_s=2.0, **FAST))
    assert codes == ["job-lost"]
    record = board.get(job)
    assert (record.state, record.result, record.attempts) == (JobState.COMPLETED, {"by": 2}, 2)
    board.close()


def test_a_worker_that_is_stopped_puts_its_job_back(url: str) -> None:
    board = DurableJobStore().open(url)
    job = board.submit("long", {})
    begun, over = threading.Event(), threading.Event()

    def run(running):
        begun.set()
        while not (running.lost or over.is_set()):
            time.sleep(0.02)
        if running.lost:
            raise IndexingError("stopped", code="cancelled")
        return {}

    assert board.work(run, WorkerOptions(stop=begun.is_set, **FAST)) == 0
    assert board.get(job).state is JobState.QUEUED
    over.set()
    assert board.work(run, WorkerOptions(drain=True, **FAST)) == 1
    assert board.get(job).state is JobState.COMPLETED
    board.close()


def test_there_is_one_worker_in_a_process(sqlite_url: str) -> None:
    board = DurableJobStore().open(sqlite_url)
    board.submit("nested", {})
    codes = []

    def run(_running):
        with pytest.raises(IndexingError) as raised:
            board.work(run, WorkerOptions())
        codes.append(raised.value.code)
        return {}

    board.work(run, WorkerOptions(drain=True, **FAST))
    assert codes == ["job-worker-busy"]
    board.close()


def test_a_worker_works_after_one_whose_standard_error_is_closed(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("dbos"), "handlers", [])
    board = DurableJobStore().open(sqlite_url)
    for number in range(2):
        board.submit(f"job {number}", {})
        with (tmp_path / "stderr").open("w") as stream, contextlib.redirect_stderr(stream):
            assert board.work(lambda _running: {}, WorkerOptions(drain=True, **FAST)) == 1
    board.close()


def test_a_database_that_is_not_there_is_said_at_once_and_without_the_password() -> None:
    with pytest.raises(CodeGraphError) as raised:
        DurableJobStore().open("postgresql://me:secret@127.0.0.1:1/nothing")
    assert raised.value.code == "job-store-unreachable"
    assert "secret" not in str(raised.value.to_dict())
    assert shown("postgresql://me:secret@h/d") == "postgresql://me:***@h/d"


def test_a_url_that_nobody_opens_is_refused() -> None:
    with pytest.raises(CodeGraphError) as raised:
        CodeGraph().jobs("carrier-pigeon://roof")
    assert raised.value.code == "job-store-unknown"


def test_states_and_transitions_are_closed() -> None:
    assert set(JOB_TRANSITIONS) == set(JobState)
    assert not JOB_TRANSITIONS[JobState.COMPLETED]
    assert all(JobState.QUEUED in JOB_TRANSITIONS[state] for state in (JobState.FAILED, JobState.CANCELLED))


def test_a_worker_is_lost_when_its_beat_stands_still_for_a_lease_and_at_once_when_its_process_is_gone() -> None:
    clock = [0.0]
    watch = Watch(10.0, clock=lambda: clock[0])
    assert watch.lost({"a": (1, False), "b": (1, False)}) == {}
    clock[0] = 9.0
    assert watch.lost({"a": (2, False), "b": (1, False), "c": (0, True)}) == {"c": 0}
    clock[0] = 11.0
    assert watch.lost({"a": (2, False), "b": (1, False)}) == {"b": 1}
    clock[0] = 30.0  # as after this observer was stopped itself: who has beaten meanwhile lives
    assert watch.lost({"a": (5, False)}) == {}


def test_what_a_record_holds_is_json_and_never_code() -> None:
    serializer = JsonSerializer()
    text = serializer.serialize(IndexingError("no", code="cancelled"))
    error = serializer.deserialize(text)
    assert isinstance(error, JobFailed)
    assert error.facts["code"] == "cancelled"
    assert serializer.deserialize(serializer.serialize({"args": ["index", {}], "kwargs": {}})) == {
        "args": ["index", {}],
        "kwargs": {},
    }
    with pytest.raises(TypeError):
        serializer.serialize(object())

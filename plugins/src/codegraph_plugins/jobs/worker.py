"""A worker: takes jobs from the queue, tells that it lives, adopts the jobs of those that do not.

Who may write about a job is DBOS's to decide: every claim gives the job a new owner token, and what an execution with
an older token records is refused. So a worker that was stopped past its lease may wake up at any moment and harm
nothing; what it would show outside the database it has to `confirm` first.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field
from dbos import DBOS, DBOSConfig

from codegraph_hookspecs import CodeGraphError, IndexingError, JobEntry, RunningJob, WorkerOptions
from codegraph_plugins.jobs.ledger import SCHEMA, Watch, now
from codegraph_plugins.jobs.records import (
    APPLICATION,
    OPEN,
    QUEUE,
    VERSION,
    WORKFLOW,
    JobFailed,
    JsonSerializer,
    error_facts,
)

if TYPE_CHECKING:
    from codegraph_plugins.jobs.board import Board

_TICK_S: Final = 0.1
_LOOK_S: Final = 1.0
"""Between two looks whether the job is still ours, two lines of progress, two writes of the log."""

_BUSY: Final = threading.Lock()
"""DBOS is one to a process, and so is a worker."""


class Parted(BaseException):
    """Ends the thread of an attempt that lost its job, with nothing recorded."""


class Worker:
    """One worker.

    Args:
        board: The store.
        run: Does a job.
        options: How.
    """

    def __init__(self, board: Board, run: Callable[[RunningJob], Mapping[str, Any]], options: WorkerOptions) -> None:
        self._board = board
        self._run = run
        self._options = options
        self.name = options.name or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._watch = Watch(options.lease_s)
        self._claims: set[Claim] = set()
        self._lock = threading.Lock()
        self._done = 0
        self._dbos: Any = None
        self._over = threading.Event()

    def work(self) -> int:
        """Work until told to stop, or until nothing is left when draining; return how many jobs were done."""
        if not _BUSY.acquire(blocking=False):
            raise IndexingError(
                "There is a worker in this process already.",
                code="job-worker-busy",
                context={"remedy": "Start another process: codegraph jobs worker."},
            )
        try:
            self._board.ledger.enter(self.name)  # before the first claim, or others would take it for a lost one's
            self._launch()
            beating = threading.Thread(target=self._beat, name="codegraph-beat", daemon=True)
            beating.start()
            try:
                self._wait()
            finally:
                self._over.set()
                beating.join(self._options.lease_s)
                self._give_back()
                DBOS.destroy(destroy_registry=True)
        finally:
            _BUSY.release()
        return self._done

    # -- DBOS ----------------------------------------------------------------------------------------

    def _launch(self) -> None:
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": self._board.url,
            "dbos_system_schema": SCHEMA,
            "executor_id": self.name,
            "application_version": VERSION,
            "serializer": JsonSerializer(),
            "log_level": "CRITICAL",
        }
        logger = logging.getLogger("dbos")
        if not logger.handlers:
            # DBOS would take what standard error is now, and fail once that is closed: who redirects it may.
            logger.addHandler(logging.NullHandler())
        self._dbos = DBOS(config=config)

        def perform(kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
            return self._perform(kind, arguments)

        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=self._options.max_attempts - 1)(perform)
        DBOS.listen_queues([QUEUE])
        DBOS.launch()
        # After the launch, or there is no table to register it in.
        DBOS.register_queue(
            QUEUE, worker_concurrency=1, polling_interval_sec=self._options.poll_s, on_conflict="always_update"
        )

    def _perform(self, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Do a job: attempts as durable steps, and durable pauses between them."""
        job = str(DBOS.workflow_id)
        failed: dict[str, int] = {}
        while True:
            outcome = DBOS.run_step({"name": kind}, self._attempt, job, kind, arguments, dict(failed))
            if "error" not in outcome:
                self._done += 1
                return dict(outcome["result"])
            if outcome["delay_s"] is None:
                self._done += 1
                raise JobFailed(outcome["error"])
            category = outcome["error"]["category"]
            failed[category] = failed.get(category, 0) + 1
            DBOS.sleep(outcome["delay_s"])

    def _attempt(self, job: str, kind: str, arguments: dict[str, Any], failed: dict[str, int]) -> dict[str, Any]:
        """Do a job once and return what came of it; errors are values here, since they decide what comes next."""
        claim = Claim(self._board, self.name, job, kind, arguments)
        with self._lock:
            self._claims.add(claim)
        began = time.perf_counter()
        try:
            claim.log("started")
            result = self._run(claim)
            claim.confirm()
            claim.log("completed", seconds=time.perf_counter() - began)
            return {"result": dict(result)}
        except Exception as error:
            if claim.lost:
                claim.log("lost", seconds=time.perf_counter() - began)
                claim.let_go()
                raise Parted from None
            facts = error_facts(error)
            tried = failed.get(facts["category"], 0) + 1
            delay_s = self._options.delay(error, tried) if isinstance(error, CodeGraphError) else None
            again = {} if delay_s is None else {"delay_s": delay_s}
            claim.log(
                "failed" if delay_s is None else "retry",
                seconds=time.perf_counter() - began,
                facts={"error": facts, **again},
            )
            return {"error": facts, "delay_s": delay_s}
        finally:
            with contextlib.suppress(Exception):  # a line of the log is not worth the job
                claim.flush()
            with self._lock:  # last: a worker that leaves waits for its claims, and then the database is closed
                self._claims.discard(claim)

    # -- living --------------------------------------------------------------------------------------

    def _wait(self) -> None:
        looked = 0.0
        while not self._options.stop():
            if self._options.drain and time.monotonic() - looked > _LOOK_S:
                looked = time.monotonic()
                client = self._board.client
                if not client.list_workflows(
                    name=WORKFLOW, status=list(OPEN), limit=1, load_input=False, load_output=False
                ):
                    return
            time.sleep(_TICK_S)

    def _beat(self) -> None:
        """Beat, look after the claims of this worker and after the other workers."""
        next_beat = 0.0
        while not self._over.wait(_LOOK_S):
            with contextlib.suppress(Exception):  # the database may be away; what matters is refused anyway
                if time.monotonic() >= next_beat:
                    if not self._board.ledger.beat(self.name):
                        self._return()
                    next_beat = time.monotonic() + self._options.lease_s / 4
                for claim in self._current():
                    claim.look()
                self._adopt()

    def _adopt(self) -> None:
        """Put the jobs of lost workers back into the queue."""
        ledger = self._board.ledger
        for worker, beat in self._watch.lost(ledger.roll()).items():
            ledger.leave(worker, beat)  # refused if it has beaten meanwhile
        pending = self._board.client.list_workflows(
            name=WORKFLOW, status="PENDING", load_input=False, load_output=False
        )
        if not pending:
            return
        living = ledger.roll()
        for row in pending:
            if row.executor_id not in living:
                DBOS._recover_pending_workflows([str(row.executor_id)])

    def _return(self) -> None:
        """Come back after the others took this worker for lost: its jobs go to whoever takes them first."""
        for claim in self._current():
            claim.lost = True
        DBOS._recover_pending_workflows([self.name])
        self._board.ledger.enter(self.name)

    def _give_back(self) -> None:
        """Leave: what is not done goes back to the queue."""
        for event in self._dbos.background_thread_stop_events:  # or this worker would claim it again
            event.set()
        until = time.monotonic() + self._options.lease_s
        with contextlib.suppress(Exception):  # without a database the others adopt it when the lease is over
            self._board.ledger.leave(self.name)
            while self._current() and time.monotonic() < until:
                for claim in self._current():
                    claim.lost = True
                DBOS._recover_pending_workflows([self.name])
                time.sleep(_TICK_S)

    def _current(self) -> list[Claim]:
        with self._lock:
            return list(self._claims)


@define(eq=False)
class Claim:
    """Implements `codegraph_hookspecs.RunningJob`: one attempt at one job by one worker."""

    _board: Board
    _worker: str
    id: str
    kind: str
    arguments: Mapping[str, Any]
    attempt: int = field(init=False)
    lost: bool = field(init=False, default=False)
    _dispatch: int = field(init=False)
    _entries: list[JobEntry] = field(init=False, factory=list)
    _flushed: float = field(init=False, default=0.0)
    _told: float = field(init=False, default=0.0)
    _guard: threading.Lock = field(init=False, factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        status = self._board.status(self.id, whole=False)
        self._dispatch = status.recovery_attempts or 0
        self.attempt = self._board.ledger.attempts([self.id])[self.id] + 1
        self.lost = self._gone(status)

    def look(self) -> None:
        """See whether the job is still this attempt's."""
        if self._gone(self._board.status(self.id, whole=False)):
            self.lost = True

    def let_go(self) -> None:
        """Make sure that nothing this attempt records counts; waits for a database that is away."""
        while True:
            with contextlib.suppress(Exception):
                if self._gone(self._board.status(self.id, whole=False)):
                    return
                DBOS._recover_pending_workflows([self._worker])
                continue
            time.sleep(_LOOK_S)

    def confirm(self) -> None:
        """See `RunningJob.confirm`."""
        status = self._board.status(self.id, whole=False)
        if status.status == "CANCELLED":
            self.lost = True
            raise IndexingError(f"The job {self.id} was cancelled.", code="cancelled")
        if self.lost or self._gone(status):
            self.lost = True
            raise IndexingError(
                f"The job {self.id} is another worker's by now.", code="job-lost", context={"job": self.id}
            )

    def log(self, event: str, *, stage: str = "", seconds: float = 0.0, facts: Mapping[str, Any] | None = None) -> None:
        """See `RunningJob.log`."""
        with self._guard:
            self._entries.append(
                JobEntry(
                    at=now(),
                    attempt=self.attempt,
                    worker=self._worker,
                    event=event,
                    stage=stage,
                    seconds=round(seconds, 4),
                    facts=dict(facts or {}),
                )
            )
        if event == "started" or time.monotonic() - self._flushed > _LOOK_S:
            self.flush()

    def flush(self) -> None:
        """Write the lines that wait."""
        with self._guard:
            entries, self._entries, self._flushed = self._entries, [], time.monotonic()
        self._board.ledger.write(self.id, entries)

    def progress(self, stage: str, done: int, total: int, unit: str) -> None:
        """See `RunningJob.progress`."""
        if time.monotonic() - self._told > _LOOK_S and not self.lost:
            self._told = time.monotonic()
            told = {"stage": stage, "done": done, "total": total, "unit": unit}
            self._board.client.update_workflow_attributes(self.id, {"progress": told}, merge=True)

    def _gone(self, status: Any) -> bool:
        return (status.status, status.executor_id, status.recovery_attempts) != (
            "PENDING",
            self._worker,
            self._dispatch,
        )

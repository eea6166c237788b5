"""Jobs under workers that are killed and stopped at random; used by the tests and, at full size, by the benchmark."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from codegraph import CodeGraph, IndexingConfig, Jobs
from codegraph._internal.store.records import SnapshotInfo
from codegraph._internal.store.repository import open_store
from codegraph_hookspecs import StorageError

SOURCE = "def outer():\n    return inner()\n\n\ndef inner():\n    return {number}\n"


@dataclass
class Outcome:
    """What came of a run under chaos."""

    jobs: int
    seconds: float
    states: Counter[str] = field(default_factory=Counter)
    snapshots: Counter[int] = field(default_factory=Counter)  # snapshots of a job's store → how many stores
    named: int = 0  # stores whose one snapshot names their job
    errors: Counter[str] = field(default_factory=Counter)  # what jobs that are not completed say
    attempts: Counter[int] = field(default_factory=Counter)
    kills: int = 0
    stops: int = 0
    seed: int = 0

    def to_dict(self) -> dict[str, object]:
        """Return JSON-ready values."""
        return {
            "jobs": self.jobs,
            "seconds": round(self.seconds, 1),
            "jobs_per_second": round(self.jobs / self.seconds, 2),
            "states": dict(self.states),
            "snapshots_per_store": dict(self.snapshots),
            "named": self.named,
            "errors": dict(self.errors),
            "attempts": dict(sorted(self.attempts.items())),
            "kills": self.kills,
            "stops": self.stops,
            "seed": self.seed,
        }


class Crew:
    """Worker processes that are kept at a number."""

    def __init__(self, url: str, number: int, lease_s: float) -> None:
        self._command = [
            sys.executable, "-m", "codegraph.cli", "jobs", "worker", "--quiet", "--url", url,
            "--lease", str(lease_s), "--poll", "0.1", "--max-attempts", "50",
        ]  # fmt: skip
        self.workers = [self._start() for _ in range(number)]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdout=subprocess.DEVNULL, start_new_session=True)

    def kill(self, position: int) -> None:
        """Kill a worker and start another in its place."""
        self.workers[position].kill()
        self.workers[position].wait()
        self.workers[position] = self._start()

    def signal(self, position: int, number: signal.Signals) -> None:
        """Send a worker a signal, if it lives."""
        if self.workers[position].poll() is None:
            os.kill(self.workers[position].pid, number)

    def revive(self) -> None:
        """Start another worker for each that ended by itself."""
        for position, worker in enumerate(self.workers):
            if worker.poll() is not None:
                self.workers[position] = self._start()

    def end(self) -> None:
        """End all workers."""
        for worker in self.workers:
            worker.kill()
            worker.wait()


def make_repository(folder: Path, number: int) -> Path:
    """Make a repository of two files."""
    folder.mkdir(parents=True)
    (folder / "a.py").write_text(SOURCE.format(number=number))
    (folder / "b.py").write_text("from a import outer\n\nouter()\n")
    return folder


def run(
    folder: Path,
    url: str,
    *,
    jobs: int,
    workers: int,
    lease_s: float = 3.0,
    pause_s: tuple[float, float] = (0.5, 2.0),
    seed: int = 0,
    chaos: bool = True,
    most: int = 1_000_000,
    busy_only: bool = False,
    limit_s: float = 3_600.0,
) -> Outcome:
    """Do jobs while workers are killed, or stopped past their lease, every few moments; return what came of them.

    Args:
        folder: Where repositories are made.
        url: An empty store of jobs.
        jobs: How many, each on a repository of its own.
        workers: How many processes.
        lease_s: Their lease.
        pause_s: Between two blows, at least and at most.
        seed: Of the choices.
        chaos: False for no blows.
        most: No more blows than these.
        busy_only: Hit only workers that are doing a job.
        limit_s: Give up after so long.
    """
    chance = random.Random(seed)
    cg = CodeGraph()
    with cg.jobs(url) as board:
        ids = {}
        for number in range(jobs):
            path = make_repository(folder / f"{number:04}", number)
            ids[board.submit(path, settings={"mode": "full", "parallel_workers": 1})] = path
        began = time.monotonic()
        crew = Crew(url, workers, lease_s)
        outcome = Outcome(jobs=jobs, seconds=0.0, seed=seed)
        stopped: dict[int, float] = {}
        try:
            while time.monotonic() - began < limit_s:
                time.sleep(chance.uniform(*pause_s))
                if not board.list("queued", "running", limit=1):
                    break
                for position in [each for each, until in stopped.items() if time.monotonic() > until]:
                    del stopped[position]
                    crew.signal(position, signal.SIGCONT)
                crew.revive()
                able = [position for position in range(workers) if position not in stopped]
                if not chaos or len(able) < 2 or outcome.kills + outcome.stops >= most:
                    continue
                if busy_only:  # worker names hold process ids
                    doing = {int(job.worker.split("-")[-2]) for job in board.list("running") if job.worker}
                    able = [position for position in able if crew.workers[position].pid in doing]
                    if not able:
                        continue
                position = chance.choice(able)
                if chance.random() < 0.5:
                    outcome.kills += 1
                    crew.kill(position)
                else:
                    outcome.stops += 1
                    crew.signal(position, signal.SIGSTOP)
                    stopped[position] = time.monotonic() + lease_s * chance.uniform(1.5, 2.5)
            # Whoever is stopped still wakes up, to do what it was about to do.
            for position in stopped:
                crew.signal(position, signal.SIGCONT)
            if stopped:
                time.sleep(lease_s)
        finally:
            crew.end()
        outcome.seconds = time.monotonic() - began
        _count(outcome, board, ids)
    return outcome


def _count(outcome: Outcome, board: Jobs, ids: dict[str, Path]) -> None:
    for record in board.list(limit=len(ids) + 10):
        if record.id in ids:
            outcome.states[str(record.state)] += 1
            outcome.attempts[record.attempts] += 1
            if record.error:
                outcome.errors[str(record.error)] += 1
    for job, path in ids.items():
        made = _snapshots(path)
        outcome.snapshots[len(made)] += 1
        outcome.named += [info.summary.get("job") for info in made] == [job]


def _snapshots(path: Path) -> list[SnapshotInfo]:
    try:
        store = open_store(IndexingConfig(root_path=path), reading=True)
    except StorageError as error:
        if error.code != "store-missing":
            raise
        return []  # what the job came to says more than this
    try:
        return store.snapshots()
    finally:
        store.close()


if __name__ == "__main__":
    where, address, number, crew_size, first_seed, quiet = sys.argv[1:7]  # folder URL jobs workers seed calm|chaos
    print(
        json.dumps(
            run(
                Path(where), address, jobs=int(number), workers=int(crew_size), seed=int(first_seed),
                chaos=quiet != "calm", pause_s=(2.0, 6.0),
            ).to_dict()
        )
    )  # fmt: skip

"""What jobs cost: python -m tests.bench.bench_jobs URL [JOBS].

Printed are milliseconds for submitting a job, for a job that does nothing (claim, attempt, log, outcome), and for a
durable step of the library alone, in one worker that does not wait between jobs longer than 50 ms.
"""

from __future__ import annotations

import json
import os
import sys
import time

from codegraph_hookspecs import WorkerOptions
from codegraph_plugins.jobs.store import DurableJobStore


def measure(url: str, jobs: int) -> dict[str, object]:
    """Return the figures for an empty database."""
    began = time.perf_counter()
    board = DurableJobStore().open(url)
    opened = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(jobs):
        board.submit("nothing", {})
    submitted = time.perf_counter() - began
    moments: list[float] = []

    def run(_job: object) -> dict[str, object]:
        moments.append(time.perf_counter())
        return {}

    board.work(run, WorkerOptions(drain=True, poll_s=0.05))
    steps = _steps(board, 200)
    board.close()
    return {
        "url": url.partition(":")[0],
        "jobs": jobs,
        "open_s": round(opened, 2),
        "submit_ms": round(submitted / jobs * 1000, 1),
        "job_ms": round((moments[-1] - moments[0]) / (jobs - 1) * 1000, 1),
        "durable_step_ms": round(steps * 1000, 1),
        "load": os.getloadavg()[0],
    }


def _steps(board: object, number: int) -> float:
    """Return the seconds of a durable step, by a job that takes so many of them."""
    from dbos import DBOS

    took: list[float] = []

    from codegraph_plugins.jobs.worker import Worker

    class Stepping(Worker):
        def _perform(self, kind: str, arguments: dict[str, object]) -> dict[str, object]:
            began = time.perf_counter()
            for position in range(number):
                DBOS.run_step({"name": "step"}, lambda position=position: position)
            took.append((time.perf_counter() - began) / number)
            return {}

    board.submit("steps", {})  # type: ignore[attr-defined]
    Stepping(board, lambda _job: {}, WorkerOptions(drain=True, poll_s=0.05)).work()  # type: ignore[arg-type]
    return took[0]


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100), indent=2))

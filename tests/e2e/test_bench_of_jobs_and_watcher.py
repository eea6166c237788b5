"""The benches of jobs and of the watcher run at a tiny size, so that their commands work when somebody needs them."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def bench(module: str, *words: object) -> dict[str, object]:
    command = [sys.executable, "-m", f"tests.bench.{module}", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=380)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_bench_of_the_watcher_gives_median_and_p95():
    told = bench("bench_watch", 20, 3, 50)
    assert told["latency_ms"].keys() == {"median", "p95", "max"}
    assert 50 <= told["latency_ms"]["median"] < 60_000


def test_the_bench_of_jobs_gives_the_cost_of_a_job_and_of_a_step(tmp_path):
    told = bench("bench_jobs", f"sqlite:///{tmp_path / 'jobs.sqlite'}", 3)
    assert told["job_ms"] > 0
    assert told["durable_step_ms"] > 0

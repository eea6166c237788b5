"""The bench runs from start to end on a small corpus, so that its command works when somebody needs it."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HAS_NATIVE = importlib.util.find_spec("codegraph_parser_rust") is not None
HAS_COMPILER = shutil.which("cc") is not None


@pytest.mark.skipif(not HAS_COMPILER, reason="the floor P is compiled with the system's C compiler")
def test_the_smoke_bench_measures_every_engine_that_is_installed(tmp_path):
    report = tmp_path / "bench.json"
    command = [sys.executable, str(ROOT / "tests/bench/run.py"), "--smoke", "--json", str(report)]
    environment = {**os.environ, "CODEGRAPH_BENCH_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert report.exists(), done.stderr
    result = json.loads(report.read_text())
    assert set(result["failures"]) == (set() if HAS_NATIVE else {"native, 1 worker", "native, 2 workers"})
    measured = {line["name"] for line in result["numbers"] if line["value"] is not None}
    assert "full index, reference engine, CPU" in measured
    assert "re-index, nothing changed, of a bare stat of every file, CPU" in measured
    assert ("full index, native, 1 worker, CPU" in measured) == HAS_NATIVE
    assert ("walk, extract, intern of it, CPU" in measured) == HAS_NATIVE
    assert result["floor"]["files"] > 100
    assert "P = " in done.stdout


def test_the_benches_of_store_and_queries_run_on_a_tiny_graph(tmp_path):
    store, queries = tmp_path / "store.json", tmp_path / "queries.json"
    for script, report in (("bench_store.py", store), ("bench_query.py", queries)):
        command = [sys.executable, str(ROOT / "tests/bench" / script), "--scale", "0.002", "--json", str(report)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert report.exists(), done.stderr
    steps = json.loads(store.read_text())["steps"]
    assert {"bulk load", "one-file commit", "open", "point lookup", "callers", "3-hop BFS"} <= steps.keys()
    asked = json.loads(queries.read_text())["questions"]
    assert {"point", "callers", "3 hops", "filter, order, limit", "group by", "typed objects"} <= asked.keys()
    assert all({"ours", "DuckDB"} <= question["engines"].keys() for question in asked.values())
    command = [sys.executable, str(ROOT / "tests/bench/bench_query.py"), "--page", str(queries)]
    page = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert page.count("\n| ") >= len(asked)

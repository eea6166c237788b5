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
    assert result["floor"]["files"] > 100
    assert "P = " in done.stdout

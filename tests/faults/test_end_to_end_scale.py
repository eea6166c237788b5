"""Memory does not grow with the number of files, apart from the symbol table: 200,000 of them, and a small trial."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.hostile import put


def generate(root: Path, files: int) -> None:
    for number in range(files):
        folder = root / f"d{number % 97:02}" / f"e{number // 97 % 97:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"m{number}.py").write_bytes(b"import os\n\n\ndef f(a):\n    return os.path.join(a)\n")


def indexed(root: Path, cache: Path) -> dict[str, Any]:
    """Index in a process of its own, whose peak is that of this run alone."""
    command = [sys.executable, "-P", "-m", "codegraph.cli", "index", str(root), "--cache-dir", str(cache), "--json"]
    environ = {**os.environ, "CODEGRAPH_PARALLEL_WORKERS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def grown_bytes_per_file(tmp_path: Path, few: int, many: int) -> float:
    peaks = []
    for files in (few, many):
        root = tmp_path / str(files)
        generate(root, files)
        put(root, "broken.py", "def (:\n")
        summary = indexed(root, tmp_path / f"cache-{files}")
        assert summary["files"] | {"seen": files + 1, "ok": files, "degraded": 1} == summary["files"]
        peaks.append(summary["peak_rss_bytes"])
    return (peaks[1] - peaks[0]) / (many - few)


FLAT_BYTES_PER_FILE = 6_000
"""What a file may add: three nodes of the symbol table, its rows in the commit's sort, its entry in the walk."""


def test_memory_grows_by_little_more_than_the_symbol_table(tmp_path: Path) -> None:
    assert grown_bytes_per_file(tmp_path, 500, 4_000) < 5 * FLAT_BYTES_PER_FILE  # chunks and spools are not full yet


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_two_hundred_thousand_files(tmp_path: Path) -> None:
    assert grown_bytes_per_file(tmp_path, 50_000, 200_000) < FLAT_BYTES_PER_FILE

"""Sessions of several processes, and on a machine that refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codegraph import CodeGraph
from tests.graph_rows import full_index, graph_rows

ROOT = Path(__file__).parents[2]
WRITER = ROOT / "tests/faults/session_writer.py"
PLUGINS = "language-python,parser-reference,stage-cross-file"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODEGRAPH_PLUGINS", PLUGINS)
    root = tmp_path / "repository"
    full_index(root, {"shared.py": b"n = 0\n"}).close()
    return root


def writer(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WRITER), *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def no_update_is_lost(root: Path, expected: Path, processes: int, commits: int) -> None:
    with CodeGraph().session(root) as pinned:
        before = graph_rows(pinned)
        running = [writer(root, name, commits) for name in range(processes)]
        for each in running:
            _, errors = each.communicate(timeout=3_000)
            assert each.returncode == 0, errors
        assert graph_rows(pinned) == before
        pinned.refresh()
        files = {
            f"w{name}/f{number}.py": f"def f{number}(): ...\n".encode()
            for name in range(processes)
            for number in range(commits)
        }
        files["shared.py"] = f"n = {processes * commits}\n".encode()
        with full_index(expected, files) as whole:
            assert graph_rows(pinned) == graph_rows(whole)


def test_writers_in_several_processes_lose_no_update_and_a_pinned_reader_sees_none(
    repository: Path, tmp_path: Path
) -> None:
    no_update_is_lost(repository, tmp_path / "expected", processes=3, commits=3)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_eight_processes_of_a_hundred_commits_lose_no_update(repository: Path, tmp_path: Path) -> None:
    no_update_is_lost(repository, tmp_path / "expected", processes=8, commits=100)


def test_a_full_disk_ends_the_session_and_leaves_the_head(repository: Path) -> None:
    with CodeGraph().open(repository) as graph:
        head, rows = graph.snapshot_id, graph_rows(graph)
    child = writer(repository, "x", 1, 40_000)
    output, errors = child.communicate(timeout=300)
    assert child.returncode == 0, errors
    assert output.splitlines() == ["disk-full 2 None", f"session-invalid {head}"]
    with CodeGraph().open(repository) as graph:
        assert (graph.snapshot_id, graph_rows(graph)) == (head, rows)
    with CodeGraph().session(repository) as session:
        session.add_file("more.py", "def more(): ...\n")
        assert session.commit() > head

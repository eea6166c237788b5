"""A run that is killed, interrupted or out of disk leaves the old snapshot; the next gives what a clean one gives."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from codegraph import CodeGraph, IndexingConfig
from tests.faults.hostile import in_any_order, index, put, rows_of
from tests.invariants import check_graph

ROOT = Path(__file__).parents[2]
SMALL_DISK_BYTES = 400_000

DRIVER = f"""
import os, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
import codegraph._internal.indexing.indexer, codegraph._internal.store, codegraph._internal.sdk.codegraph
from tests.faults.hostile import in_any_order, index
root, cache, action, at = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
# A step is an event of the interpreter that names the cache or a source file.
seen = 0

def step(event, arguments):
    global seen
    if event in ("open", "os.rename", "os.remove", "os.mkdir", "os.link", "os.truncate", "sqlite3.connect"):
        if str(cache) in repr(arguments) or "a.py" in repr(arguments):
            seen += 1
            if seen == at:
                os.write(1, b"now\\n")
                # To this thread: one for the process may come to any of its threads, and then later than here.
                signal.raise_signal(signal.SIGKILL if action == "kill" else signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background of a shell begins with it ignored
sys.addaudithook(step)
index(root, cache, mode="full")
os.write(1, f"steps {{seen}}\\n".encode())
"""


STARVED = """
import resource, sys
import codegraph._internal.indexing.indexer, codegraph._internal.store, pyarrow.compute, tree_sitter, rustworkx
from codegraph.cli import main
spare = int(sys.argv.pop(1))
mapped = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + spare, resource.RLIM_INFINITY))
sys.exit(main(sys.argv[1:]))
"""
"""The command line with little address space left once everything is imported."""


@pytest.fixture
def root(tmp_path) -> Path:
    root = tmp_path / "repository"
    put(root, "a.py", "import b\n\n\ndef f():\n    return b.g()\n")
    put(root, "b.py", "def g():\n    return 1\n")
    put(root, "web/c.ts", "export class C { d() { return this.d(); } }\n")
    return root


def edit(root: Path) -> None:
    put(root, "a.py", "from b import g\n\n\ndef f(x):\n    return g()\n\n\ndef new():\n    return f(1)\n")
    (root / "web/c.ts").unlink()
    put(root, "d.py", "class D:\n    def m(self):\n        return self.m()\n")


def steps_of_a_run(root: Path, cache: Path) -> int:
    done = drive(root, cache, "kill", 0)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])


def drive(root: Path, cache: Path, action: str, at: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", DRIVER, str(root), str(cache), action, str(at)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_a_kill_at_every_step_leaves_the_old_or_the_new_graph_and_a_rerun_is_a_clean_build(root, tmp_path):
    old = tmp_path / "old"
    index(root, old)
    before = in_any_order(root, old)
    edit(root)
    index(root, tmp_path / "clean")
    after = in_any_order(root, tmp_path / "clean")
    assert before != after
    shutil.copytree(old, tmp_path / "count")
    steps = steps_of_a_run(root, tmp_path / "count")
    assert steps >= 5
    left = []
    for at in sorted({1, 3, steps // 3, 2 * steps // 3, steps - 1, steps}):
        cache = tmp_path / f"cache-{at}"
        shutil.copytree(old, cache)
        done = drive(root, cache, "kill", at)
        assert done.returncode == -signal.SIGKILL, done.stderr
        found = in_any_order(root, cache)
        assert found in (before, after), f"after step {at}"
        left.append(found == before)
        summary = index(root, cache, mode="smart")
        assert in_any_order(root, cache) == after, f"after step {at}"
        check_graph(root, cache, summary)
        leftovers = [path.name for path in (cache / "tmp").glob("*")] if (cache / "tmp").exists() else []
        assert not leftovers, f"a later run does not clear what the killed one left: {leftovers}"
    assert left[0]


def test_an_interrupt_at_a_step_leaves_the_old_graph(root, tmp_path):
    cache = tmp_path / "cache"
    index(root, cache)
    before = in_any_order(root, cache)
    edit(root)
    done = drive(root, cache, "interrupt", 3)
    assert done.returncode != 0
    assert "now" in done.stdout
    assert in_any_order(root, cache) == before
    index(root, cache, mode="smart")
    index(root, tmp_path / "clean")
    assert in_any_order(root, cache) == in_any_order(root, tmp_path / "clean")


def big(root: Path) -> None:
    for number in range(40):
        lines = "".join(f"def f{line}(a, b):\n    return g{line}(a) + b.h{number}\n\n\n" for line in range(60))
        put(root, f"big_{number}.py", lines)


def refused(root: Path, cache: Path, before: dict[str, list[str]], done: subprocess.CompletedProcess[str]) -> None:
    """Check that a run failed as the machine's fault, told how to mend it, and left everything as it was."""
    assert done.returncode == 5, done.stdout + done.stderr
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["category"]) == ("disk-full", "infrastructure")
    assert str(cache) in error["context"]["path"]
    assert "cache_dir" in error["context"]["remedy"]
    assert "Traceback" not in done.stderr
    assert in_any_order(root, cache) == before


def command(root: Path, cache: Path) -> list[str]:
    return [sys.executable, "-P", "-m", "codegraph.cli", "index", str(root), "--cache-dir", str(cache), "--json"]


def test_a_file_size_limit_is_the_machines_fault_and_the_old_snapshot_stays(root, tmp_path):
    cache = tmp_path / "cache"
    index(root, cache)
    before = in_any_order(root, cache)
    big(root)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_DISK_BYTES // 4, SMALL_DISK_BYTES // 4))

    done = subprocess.run(
        command(root, cache), preexec_fn=limit, capture_output=True, text=True, check=False, timeout=300
    )
    refused(root, cache, before, done)
    index(root, cache, mode="smart")
    index(root, tmp_path / "clean")
    assert in_any_order(root, cache) == in_any_order(root, tmp_path / "clean")


def many(root: Path) -> None:
    """Add code whose graph takes some tens of megabytes."""
    body = "".join(f"def f{number}(a, b):\n    return f{number + 1}(a) + b.m{number}(a)\n\n\n" for number in range(600))
    for number in range(25):
        put(root, f"many/m{number}.py", body)


@pytest.mark.parametrize(
    ("backend", "spare_bytes"),
    [
        *(("auto", size * 2**20) for size in (8, 48, 96)),
        ("python", 48 * 2**20),
        *(pytest.param("python", size * 2**20, marks=pytest.mark.slow) for size in (8, 96)),
    ],
)
def test_an_address_space_that_is_too_small_leaves_the_old_snapshot(root, tmp_path, backend, spare_bytes):
    cache = tmp_path / "cache"
    index(root, cache)
    before = in_any_order(root, cache)
    many(root)
    done = subprocess.run(
        [sys.executable, "-P", "-c", STARVED, str(spare_bytes), *command(root, cache)[4:]],
        capture_output=True, text=True, check=False, timeout=300, env={**os.environ, "CODEGRAPH_BACKEND": backend},
    )  # fmt: skip
    if done.returncode == 0 and json.loads(done.stdout)["files"]["ok"] == 28:
        return  # it was enough after all
    if done.returncode:
        assert in_any_order(root, cache) == before
    else:  # a plugin was left out; what it lacks is said
        assert json.loads(done.stdout)["errors"]
    index(root, cache, mode="smart")
    index(root, tmp_path / "clean")
    assert in_any_order(root, cache) == in_any_order(root, tmp_path / "clean")


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="only root can mount a small disk")
def test_a_full_disk_is_the_machines_fault_and_the_old_snapshot_stays(root, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES}", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        cache = disk / "cache"
        index(root, cache)
        before = in_any_order(root, cache)
        big(root)
        done = subprocess.run(command(root, cache), capture_output=True, text=True, check=False, timeout=300)
        refused(root, cache, before, done)
        for path in root.glob("big_*"):
            path.unlink()
        edit(root)
        index(root, cache, mode="smart")
        index(root, tmp_path / "clean")
        assert in_any_order(root, cache) == in_any_order(root, tmp_path / "clean")
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_an_open_snapshot_stays_as_it_was_while_later_ones_are_made(root, tmp_path):
    cache = tmp_path / "cache"
    index(root, cache)
    with CodeGraph(config=IndexingConfig(root_path=root, cache_dir=cache)).open() as first:
        before = rows_of(first)
        edit(root)
        index(root, cache)
        assert rows_of(first) == before
        put(root, "a.py", "def f(")
        for _ in range(3):
            index(root, cache)
        assert rows_of(first) == before
    assert in_any_order(root, cache) != before

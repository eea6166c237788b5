"""A writer that dies, or whose disk fails, at any step: the store is as before or as after, and goes on working."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegraph._internal.store import Retention, Store
from codegraph._internal.store.verification import verify
from tests.faults.store_driver import COMMITTED, REFUSED, modules
from tests.unit.store.graphs import batch, commit, content, module

ROOT = Path(__file__).parents[2]
STEPS = {"pwrite64": 80, "fsync": 4, "fdatasync": 7, "rename": 2, "unlink": 12, "ftruncate": 5}
"""Faults are swept over so many calls; a commit makes fewer, so that the last writer of each sweep succeeds."""
LAST = 200
KILLED = -9


def may_trace() -> bool:
    """Say whether strace is there, and may do its work: containers often forbid it."""
    if shutil.which("strace") is None:
        return False
    command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=getcwd", "-e", "inject=getcwd:error=EIO:when=1000"]
    return subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0


strace = pytest.mark.skipif(not may_trace(), reason="strace injects the faults")


def drive(
    *arguments: object, prefix: list[str] | None = None, timeout: float = 390
) -> subprocess.CompletedProcess[str]:
    command = [*(prefix or []), sys.executable, "-m", "tests.faults.store_driver", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False, timeout=timeout)


def whole(store: Store) -> tuple[dict[str, list[dict[str, Any]]], int]:
    with store.snapshot() as snapshot:
        snapshot.verify()
        found = content(snapshot)
        for row in found["nodes"]:
            row["version"] = None
        return found, snapshot.info.summary["number"]


def expected(tmp_path: Path, number: int) -> dict[str, list[dict[str, Any]]]:
    with Store.open(tmp_path / f"expected{number}") as store:
        write(store, number)
        return whole(store)[0]


def write(store: Store, number: int) -> None:
    with store.begin(repo_id="r", reason="t") as transaction:
        for tables in modules(number):
            for table, rows in tables.items():
                transaction.append(table, batch(table, rows))
        transaction.commit({"number": number})


def sweep(tmp_path: Path, syscall: str, fault: str, stride: int = 1) -> list[int]:
    """Let the fault happen at each step of a commit, or each few; check each store; return how the writers ended."""
    base = tmp_path / "base"
    with Store.open(base) as store:
        write(store, 0)
    folders = [tmp_path / f"step{step}" for step in range(STEPS[syscall] // stride)]
    for folder in folders:
        shutil.copytree(base, folder)
    inject = f"inject={syscall}:{fault}:when={LAST}"
    prefix = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={syscall}", "-e", inject]
    done = drive("commit", syscall, LAST, stride, *folders, prefix=prefix)
    ends = [int(line.split()[2]) for line in done.stdout.splitlines() if line.startswith("child")]
    assert len(ends) == len(folders), done.stderr
    assert ends[-1] == COMMITTED
    contents = {number: expected(tmp_path, number) for number in (0, 1, 2)}
    for folder, end in zip(folders, ends, strict=True):
        with Store.open(folder, read_only=True) as store:
            found, number = whole(store)
        assert found == contents[number], (folder, end)
        assert number in {COMMITTED: {1}, REFUSED: {0}, KILLED: {0, 1}}[end], (folder, end)
        with Store.open(folder) as store:
            assert whole(store) == (contents[number], number)
            left = {entry.suffix for entry in (folder / "segments").iterdir()}
            assert left == {".seg"}, (folder, end)
            assert len(list((folder / "segments").iterdir())) == len(store.snapshots())
            write(store, 2)
            assert whole(store) == (contents[2], 2)
    return ends


@strace
@pytest.mark.parametrize(
    ("syscall", "stride"),
    [
        ("pwrite64", 8),
        pytest.param("pwrite64", 1, marks=pytest.mark.slow),
        ("fsync", 1),
        ("fdatasync", 1),
        ("rename", 1),
        ("unlink", 1),
        ("ftruncate", 1),
    ],
)
def test_a_kill_at_any_step_leaves_the_old_or_the_new_snapshot(tmp_path: Path, syscall: str, stride: int) -> None:
    ends = sweep(tmp_path, syscall, "signal=SIGKILL", stride=stride)
    assert set(ends) <= {KILLED, COMMITTED}
    if syscall != "unlink":  # SQLite, depending on how it was built, uses one of fsync and fdatasync
        assert KILLED in ends or syscall == "fdatasync"


@strace
@pytest.mark.parametrize("syscall", ["pwrite64", "fsync", "rename", "ftruncate"])
def test_an_input_output_error_at_any_step_is_reported_and_never_retried(tmp_path: Path, syscall: str) -> None:
    ends = sweep(tmp_path, syscall, "error=EIO", stride=8 if syscall == "pwrite64" else 1)
    assert set(ends) <= {REFUSED, COMMITTED}
    assert ends.count(REFUSED) >= {"pwrite64": 3, "fsync": 2, "rename": 1, "ftruncate": 1}[syscall]


@strace
def test_a_full_disk_is_named_and_leaves_the_old_snapshot(tmp_path: Path) -> None:
    ends = sweep(tmp_path, "pwrite64", "error=ENOSPC", stride=10)
    assert set(ends) <= {REFUSED, COMMITTED}
    assert REFUSED in ends


def built(folder: Path) -> tuple[list[str], dict[str, Any]]:
    """Make a store with several kept snapshots, on two branches, over a dozen small segments."""
    with Store.open(folder, retention=Retention(keep_last=4)) as store:
        write(store, 0)
        for number in range(5):
            commit(store, module(f"n{number}.py", ["f", "g"]), replaces=[f"n{number}.py"])
        with Store.open(folder, branch="topic") as topic:
            commit(topic, module("m0.py", ["t"]), replaces=["m0.py", "n2.py"])
        commit(store, module("n0.py", ["x"]), replaces=["n0.py", "n1.py"])
        return [info.id for info in store.snapshots()], contents_of(store)


def contents_of(store: Store) -> dict[str, Any]:
    found = {}
    for info in store.snapshots():
        with store.snapshot(info.id) as snapshot:
            snapshot.verify()
            found[info.id] = content(snapshot)
    return found


def clean_up_sweep(tmp_path: Path, operation: str, syscall: str, fault: str, stride: int = 1) -> list[int]:
    """Let the fault happen at each step of a clean-up; whatever is left of each snapshot is what it was."""
    base = tmp_path / "base"
    ids, before = built(base)
    folders = [shutil.copytree(base, tmp_path / f"step{step}") for step in range(STEPS[syscall] // stride)]
    inject = f"inject={syscall}:{fault}:when={LAST}"
    prefix = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={syscall}", "-e", inject]
    done = drive(operation, syscall, LAST, stride, *folders, prefix=prefix)
    ends = [int(line.split()[2]) for line in done.stdout.splitlines() if line.startswith("child")]
    assert len(ends) == len(folders), done.stderr
    assert ends[-1] == COMMITTED
    for folder, end in zip(folders, ends, strict=True):
        with Store.open(folder, read_only=True) as store:
            found = contents_of(store)
        assert found == {name: before[name] for name in found}, (folder, end)
        kept = set(ids) if operation == "compact" else set(ids[-1:]) | set(ids[-2:-1])
        assert kept <= set(found), (folder, end)
        with Store.open(folder) as store:
            assert contents_of(store) == found
            assert verify(store).problems == (), (folder, end)
            commit(store, module("later.py", ["z"]), replaces=["later.py"])
            store.compact(force=True)
            assert verify(store).problems == (), (folder, end)
            now = contents_of(store)
            assert all(now[name] == found[name] for name in found if name in now)
        shutil.rmtree(folder)
    return ends


@strace
def test_a_one_file_commit_waits_for_the_disk_at_most_five_times(tmp_path: Path) -> None:
    with Store.open(tmp_path / "cache") as store:
        write(store, 0)
        trace = tmp_path / "trace"
        prefix = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=fsync,fdatasync,renameat2,rename,renameat"]
        assert drive("add", tmp_path / "cache", "a", 4, prefix=prefix).returncode == 0
    commits = trace.read_text().split("rename")[1:]  # each segment gets its name once
    assert len(commits) == 4
    # From one name to the next: the folder, the catalog's log, and the next commit's segment.
    assert max(each.count("sync(") for each in commits) <= 5


@strace
@pytest.mark.parametrize("operation", ["gc", "compact"])
@pytest.mark.parametrize("syscall", ["pwrite64", "fsync", "fdatasync", "rename", "unlink", "ftruncate"])
def test_a_kill_at_any_step_of_a_clean_up_changes_no_snapshot(tmp_path: Path, operation: str, syscall: str) -> None:
    ends = clean_up_sweep(tmp_path, operation, syscall, "signal=SIGKILL", stride=16 if syscall == "pwrite64" else 1)
    assert set(ends) <= {KILLED, COMMITTED}
    if syscall == "pwrite64" or (syscall == "rename" and operation == "compact"):
        assert KILLED in ends


@strace
@pytest.mark.slow
@pytest.mark.parametrize("operation", ["gc", "compact"])
@pytest.mark.parametrize("fault", ["signal=SIGKILL", "error=EIO", "error=ENOSPC"])
def test_a_fault_at_every_write_of_a_clean_up_changes_no_snapshot(tmp_path: Path, operation: str, fault: str) -> None:
    assert clean_up_sweep(tmp_path, operation, "pwrite64", fault)


@strace
@pytest.mark.parametrize("operation", ["gc", "compact"])
@pytest.mark.parametrize(
    ("syscall", "fault", "stride"),
    [
        ("pwrite64", "EIO", 18),
        ("pwrite64", "ENOSPC", 18),
        ("fsync", "EIO", 1),
        ("rename", "EIO", 1),
        ("unlink", "EIO", 2),
    ],
)
def test_a_failing_disk_under_a_clean_up_changes_no_snapshot(
    tmp_path: Path, operation: str, syscall: str, fault: str, stride: int
) -> None:
    assert set(clean_up_sweep(tmp_path, operation, syscall, f"error={fault}", stride)) <= {REFUSED, COMMITTED}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_kills_at_random_times_never_tear_a_snapshot(tmp_path: Path) -> None:
    done = drive("random", tmp_path / "cache", 21, 1000, timeout=3600)
    assert done.returncode == 0, done.stderr


def test_kills_at_random_times_never_tear_a_snapshot(tmp_path: Path) -> None:
    done = drive("random", tmp_path / "cache", 20, 12)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split("last ")[1]) > 2


@pytest.mark.parametrize(
    ("limit", "code"),
    [(20_000, "storage-io"), (200_000, "disk-full"), (2_000_000, "disk-full")],  # SQLite does not say what it met first
)
def test_a_file_size_limit_is_an_infrastructure_error(tmp_path: Path, limit: int, code: str) -> None:
    with Store.open(tmp_path) as store:
        commit(store, *modules(0))
        with store.snapshot() as snapshot:
            before = content(snapshot)
    done = drive("limit", tmp_path, limit)
    assert done.returncode == REFUSED, done.stderr
    assert done.stdout.startswith(f"{code} infrastructure")
    assert "cache_dir" in done.stdout
    if code == "disk-full":
        assert str(tmp_path) in done.stdout
    with Store.open(tmp_path) as store, store.snapshot() as snapshot:
        assert content(snapshot) == before
        assert len(list((tmp_path / "segments").iterdir())) == 1


def test_a_full_file_system_leaves_the_old_snapshot(tmp_path: Path) -> None:
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path], check=False, capture_output=True
    )
    if mount.returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        with Store.open(tmp_path) as store:
            write(store, 0)
            before = whole(store)
        done = drive("limit", tmp_path, 1 << 40)
        assert done.returncode == REFUSED, done.stderr
        assert done.stdout.startswith("disk-full")
        with Store.open(tmp_path) as store:
            assert whole(store) == before
    finally:
        subprocess.run(["umount", tmp_path], check=True)


@pytest.fixture
def visible() -> Iterator[Path]:
    """Return a folder that every user may enter; pytest closes its own to others whenever it starts."""
    with tempfile.TemporaryDirectory(prefix="codegraph-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_cache_of_another_user_is_read_and_not_written(visible: Path) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("becoming another user needs root and setpriv")
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    with Store.open(visible / "cache") as store:
        commit(store, *modules(0))
        beside_writer = drive("read", visible / "cache", prefix=user)
    alone = drive("read", visible / "cache", prefix=user)
    for done in (beside_writer, alone):
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == "18"
        assert "store-read-only" in done.stdout
        assert "cache_dir" in done.stdout

"""Runs in a process of its own: forks children that write to stores and may be killed.

store_driver.py commit|gc|compact SYSCALL LAST STRIDE DIR...  child k dies, or fails, at its call number LAST, having
                                             made LAST - k * STRIDE harmless calls; strace injects the fault
store_driver.py random DIR SEED KILLS        children commit without pause and are killed at random times
store_driver.py limit DIR BYTES              one child that may not write files beyond a size
store_driver.py add DIR NAME COMMITS         adds one file per commit, again after each conflict
store_driver.py read DIR                     reads everything
"""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from codegraph._internal.store import Retention, Store
from codegraph_hookspecs import ConflictError, StorageError
from tests.unit.store.graphs import batch, commit, content, module, node

COMMITTED, REFUSED, BROKEN = 0, 3, 9


def one_commit(folder: Path, number: int) -> int:
    """Commit the modules of a number; a refusal must leave the transaction over."""
    try:
        with Store.open(folder) as store, store.begin(repo_id="r", reason=str(number)) as transaction:
            try:
                for tables in modules(number):
                    for table, rows in tables.items():
                        transaction.append(table, batch(table, rows))
                transaction.put_state("number", str(number).encode())
                transaction.commit({"number": number})
            except StorageError:
                for use in (lambda: transaction.commit({}), lambda: transaction.append("nodes", batch("nodes", []))):
                    try:
                        use()
                    except StorageError as error:
                        if error.code != "store-closed":
                            return BROKEN
                    else:
                        return BROKEN
                raise
    except StorageError as error:
        print(error.code, str(error.category), flush=True)
        return REFUSED
    return COMMITTED


def one_clean_up(folder: Path, operation: str) -> int:
    """Collect or compact what `TestCleanUp` built."""
    try:
        with Store.open(folder, retention=Retention(keep_last=1) if operation == "gc" else None) as store:
            if operation == "gc":
                store.gc()
            else:
                store.compact(force=True)
    except StorageError as error:
        print(error.code, str(error.category), flush=True)
        return REFUSED
    return COMMITTED


def modules(number: int) -> list[dict[str, list[dict[str, Any]]]]:
    """Return the content that a snapshot of this number has."""
    return [module(f"m{n}.py", ["f", "g", f"h{number}"], text=str(number)) for n in range(3 + number % 3)]


def spend(syscall: str, count: int) -> None:
    """Make harmless calls."""
    scratch = os.open("/dev/null", os.O_RDWR)
    pipe = os.pipe()
    for _ in range(count):
        try:
            match syscall:
                case "pwrite64":
                    os.pwrite(scratch, b"", 0)
                case "fsync":
                    os.fsync(scratch)
                case "fdatasync":
                    os.fdatasync(scratch)
                case "rename":
                    os.rename("/nonexistent/a", "/nonexistent/b")  # noqa: PTH104
                case "unlink":
                    os.unlink("/nonexistent/a")  # noqa: PTH108
                case "ftruncate":
                    os.ftruncate(pipe[0], 0)
                case _:
                    raise AssertionError(syscall)
        except OSError:
            pass


def children(operation: str, syscall: str, last: int, stride: int, folders: list[str]) -> None:
    """Let a child per folder do something, each with the fault some calls later; print how each ended."""
    for position, folder in enumerate(folders, 1):
        child = os.fork()
        if child == 0:
            spend(syscall, last - position * stride)
            os._exit(one_commit(Path(folder), 1) if operation == "commit" else one_clean_up(Path(folder), operation))
        _, status = os.waitpid(child, 0)
        print("child", position, os.waitstatus_to_exitcode(status), flush=True)


def commit_seconds(folder: Path) -> float:
    """Return what one commit takes here and now: a disk that others use may be a hundred times slower."""
    began = time.perf_counter()
    for number in range(1, 4):
        one_commit(folder, number)
    return (time.perf_counter() - began) / 3


def random_kills(folder: Path, seed: int, kills: int) -> None:
    """Kill writers at random times; after each the store must be some snapshot, whole, and never an older one.

    Where the machine has become slower since its pace was taken, so that hardly a writer got to a commit, more are
    killed, each later than the one before.
    """
    rng = random.Random(seed)
    last = 0
    pace = commit_seconds(folder.with_name("pace"))
    for turn in range(20 * kills):
        if turn >= kills:
            if last > kills // 4:
                break
            pace *= 1.3
        child = os.fork()
        if child == 0:
            number = last
            while True:
                number += 1
                one_commit(folder, number)
        time.sleep(rng.uniform(0.5, 8) * pace)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with Store.open(folder) as store:
            head = store.head()
            if head is not None:
                number = head.summary["number"]
                assert number >= last, (number, last)
                assert store.state("number") == str(number).encode()
                with store.snapshot() as snapshot:
                    snapshot.verify()
                    names = {row["name"] for row in content(snapshot)["nodes"]}
                    assert names == {"f", "g", f"h{number}"}, names
                    assert snapshot.count("files") == 3 + number % 3
                last = number
            held = {entry.name for entry in (folder / "segments").iterdir()}
            assert len(held) <= 2, held
    print("last", last)


def add_files(folder: Path, name: str, commits: int) -> None:
    """Add files one by one; each commit must find its turn."""
    with Store.open(folder) as store:
        for number in range(commits):
            path = f"{name}{number}.py"
            for _ in range(1000):
                try:
                    commit(store, module(path, ["f", "g"]), replaces=[path])
                    break
                except ConflictError:
                    continue
            else:
                raise AssertionError("never got a turn")


def main() -> int:
    """Do what the first argument says."""
    match sys.argv[1:]:
        case ["commit" | "gc" | "compact" as operation, syscall, last, stride, *folders]:
            children(operation, syscall, int(last), int(stride), folders)
        case ["random", folder, seed, kills]:
            random_kills(Path(folder), int(seed), int(kills))
        case ["limit", folder, size]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))
            rows = [node(f"function_with_a_long_name_{n}") for n in range(60_000)]
            try:
                with Store.open(Path(folder)) as store:
                    commit(store, {"nodes": rows})
            except StorageError as error:
                print(error.code, error.category, error.remedy)
                return REFUSED
        case ["add", folder, name, commits]:
            add_files(Path(folder), name, int(commits))
        case ["read", folder]:
            with Store.open(Path(folder), read_only=True) as store, store.snapshot() as snapshot:
                print(sum(map(len, content(snapshot).values())))
                try:
                    Store.open(Path(folder)).begin(repo_id="r", reason="t")
                except StorageError as error:
                    print(error.code, error.remedy)
        case _:
            return 2
    return COMMITTED


if __name__ == "__main__":
    sys.exit(main())

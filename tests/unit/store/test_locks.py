"""Named locks: one holder at a time over threads and processes, and none after its holder's death."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from codegraph._internal.store import Store, Transaction
from codegraph_hookspecs import ConflictError, StorageError
from tests.unit.store.graphs import batch, commit, module, rows

HOLD = """
import sys, time
from pathlib import Path
from codegraph._internal.store import Store
with Store.open(Path(sys.argv[1])) as store, store.lock("critical"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_threads_take_turns(tmp_path: Path) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with store.lock("count"):
            inside += 1
            most = max(most, inside)
            inside -= 1

    with Store.open(tmp_path) as store:
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 1


def test_a_lock_that_stays_held_is_a_transient_error_that_names_it(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.lock("odd/näme \udce9"):
        with store.lock("another"):
            pass
        with pytest.raises(StorageError) as caught, store.lock("odd/näme \udce9", timeout_s=0.02):
            raise AssertionError("two holders")
    assert (caught.value.code, caught.value.is_retryable()) == ("lock-timeout", True)
    assert caught.value.context["holder_pid"] == str(os.getpid())


def test_a_dead_process_holds_no_lock(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        holder = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StorageError, match="lock-timeout"), store.lock("critical", timeout_s=0.05):
            raise AssertionError("two holders")
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
        with store.lock("critical", timeout_s=60):
            pass


def on_duty(store: Store) -> set[str]:
    with store.snapshot() as snapshot:
        return {row["file_path"] for row in rows(snapshot, "nodes") if row["name"] == "on_duty"}


def leave(store: Store, path: str, other: str, reads: list[str]) -> Transaction | None:
    """Begin to take a file off duty, if the other one is on duty."""
    if other not in on_duty(store):
        return None
    transaction = store.begin(repo_id="r", reason="t", replaces=[path], reads=reads)
    for table, values in module(path, ["off_duty"]).items():
        if values:
            transaction.append(table, batch(table, values))
    return transaction


def test_write_skew_happens_unless_reads_are_declared_or_a_lock_is_held(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        for reads, conflicts in (([], False), (["a.py", "b.py"], True)):
            commit(store, module("a.py", ["on_duty"]), module("b.py", ["on_duty"]))
            one, two = leave(store, "a.py", "b.py", reads), leave(store, "b.py", "a.py", reads)
            assert one is not None
            assert two is not None
            one.commit({})
            if conflicts:
                with pytest.raises(ConflictError) as caught:
                    two.commit({})
                assert caught.value.context["files"] == ["a.py"]
            else:
                two.commit({})
            assert on_duty(store) == ({"b.py"} if conflicts else set())
        commit(store, module("a.py", ["on_duty"]), module("b.py", ["on_duty"]))
        for path, other in (("a.py", "b.py"), ("b.py", "a.py")):
            with store.lock("duty"):
                transaction = leave(store, path, other, [])
                if transaction is not None:
                    transaction.commit({})
        assert on_duty(store) == {"b.py"}

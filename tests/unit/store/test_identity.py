"""Ids go forward whatever the clock does, in all threads."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import time
import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codegraph._internal.store.identity import (
    SnapshotIds,
    UUIDv7,
    next_snapshot_stamp,
    repo_digest,
    snapshot_id,
    wall_clock_ms,
)


def test_uuids_are_version_7_with_the_time_of_the_clock() -> None:
    text = UUIDv7(lambda: 0x0123456789AB)()
    value = uuid.UUID(text)
    assert value.version == 7
    assert value.variant == uuid.RFC_4122
    assert value.int >> 80 == 0x0123456789AB


def test_uuids_increase_while_the_clock_stands_or_goes_back() -> None:
    times = iter([1000] * 6000 + [500] * 100 + [1003] * 100)
    generate = UUIDv7(lambda: next(times))
    made = [generate() for _ in range(6200)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_uuids_of_many_threads_are_unique() -> None:
    generate = UUIDv7()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: generate(), range(4000)))
    assert len(set(made)) == len(made)


def test_the_wall_clock_counts_milliseconds() -> None:
    assert abs(wall_clock_ms() - time.time() * 1000) < 5000


def test_snapshot_ids_have_the_contract_s_form() -> None:
    assert re.fullmatch(r"\d{13}_[0-9a-f]{8}_\d{4}", snapshot_id(next_snapshot_stamp(wall_clock_ms(), "0" * 8, None)))
    assert repo_digest("repo") == hashlib.sha256(b"repo").hexdigest()[:8]
    assert len(repo_digest("/caf\udce9")) == 8


def test_snapshot_ids_sort_in_the_order_given_out() -> None:
    last = None
    made = []
    for now, repo in [(1_700_000_000_500, "b")] * 10_050 + [(1_600_000_000_000, "a"), (1_700_000_000_500, "c")] * 3:
        last = next_snapshot_stamp(now, repo * 8, last)
        made.append(snapshot_id(last))
    assert made == sorted(made)
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("path", [None, "ids"])
def test_a_process_never_repeats_an_id_between_stores(tmp_path: Path, path: str | None) -> None:
    first, second = (SnapshotIds(tmp_path / f"{n}{path}" if path else None) for n in "12")
    far = 9_000_000_000_000
    made = [first.next(far, "a" * 8), second.next(far, "a" * 8), first.next(far, "a" * 8, (far + 9, "b" * 8, 4))]
    assert made == sorted(set(made))
    assert made[-1][0] > far + 9


def test_no_thread_of_a_store_gets_an_id_of_another(tmp_path: Path) -> None:
    ids = SnapshotIds(tmp_path / "ids")
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda _: [ids.next(1, "a" * 8) for _ in range(2500)], range(4)))
    assert len({stamp for part in parts for stamp in part}) == 10_000


PROCESS = """
import sys, time
from pathlib import Path
from codegraph._internal.store.identity import SnapshotIds, snapshot_id
ids = SnapshotIds(Path(sys.argv[1]))
now = iter(range(int(sys.argv[2]), 0, -1))  # a clock that runs backwards
print("ready", flush=True)
sys.stdin.readline()
print(*(snapshot_id(ids.next(next(now), "a" * 8)) for _ in range(2500)), sep="\\n")
"""


def test_processes_whose_clocks_run_backwards_share_ascending_ids(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "ids")]
    processes = [
        subprocess.Popen(
            [*command, str(9_500_000_000_000 - n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for n in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    made = [process.communicate()[0].split() for process in processes]
    for each in made:
        assert each == sorted(each)
    assert len({one for each in made for one in each}) == 10_000


def test_a_damaged_file_of_ids_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "ids"
    ids = SnapshotIds(path)
    first = ids.next(9_600_000_000_000, "a" * 8)
    good = path.read_bytes()
    assert good == b"%s %08x\n" % (snapshot_id(first).encode(), zlib.crc32(snapshot_id(first).encode()))
    for damaged in (b"", b"\0" * 60, good.replace(b"9600", b"9999", 1), b"99" + good):
        path.write_bytes(damaged)
        assert ids.next(9_600_000_000_000, "a" * 8, first)[0] == first[0]

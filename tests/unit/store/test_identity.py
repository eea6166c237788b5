"""Ids go forward whatever the clock does, in all threads."""

from __future__ import annotations

import hashlib
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from codegraph._internal.store.identity import (
    SnapshotStamps,
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


def test_a_process_never_repeats_an_id_between_stores() -> None:
    stamps = SnapshotStamps()
    first = stamps.after(1000, "a" * 8, None)
    second = stamps.after(1000, "a" * 8, None)
    third = stamps.after(1000, "a" * 8, (2000, "b" * 8, 4))
    assert first < second < third
    assert third[0] > 2000

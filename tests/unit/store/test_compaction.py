"""Compaction changes files and nothing else: every snapshot keeps its rows, their order and its answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegraph._internal.store import Snapshot, Store, segment_writer
from codegraph._internal.store.compaction import MANY_TINY, MOST_SEGMENTS
from codegraph._internal.store.packed import PackedChunk
from codegraph_hookspecs import ConflictError, StorageError
from tests.unit.store.graphs import batch, commit, content, edge, module, node

FILES = [f"m{number}.py" for number in range(6)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "cache") as opened:
        yield opened


def answers(snapshot: Snapshot) -> dict[str, Any]:
    found: dict[str, Any] = {"tables": content(snapshot), "counts": {t: snapshot.count(t) for t in snapshot.tables()}}
    for row in found["tables"].get("nodes", ()):
        key = row["id"]
        found[key] = [
            snapshot.nodes_by_id([key]).to_pylist(),
            snapshot.nodes_by_name(row["name"])["id"].to_pylist(),
            snapshot.nodes_by_fqn(row["fqn"]).num_rows,
            snapshot.edges_from([key])["id"].to_pylist(),
            snapshot.edges_to([key], kinds=["calls"])["id"].to_pylist(),
            snapshot.reachable([key], depth=5).to_pylist(),
        ]
    return found


def everything(store: Store) -> dict[str, dict[str, Any]]:
    found = {}
    for info in store.snapshots():
        with store.snapshot(info.id) as snapshot:
            found[info.id] = answers(snapshot)
    return found


def files_of(store: Store) -> int:
    return len(list((store.path / "segments").iterdir()))


def build(store: Store) -> None:
    """Several versions of some files, kept by tags, with external names, findings and a second branch."""
    commit(store, *(module(path, ["f", "g"]) for path in FILES), {"nodes": [node("os", None)]})
    store.tag("first")
    for number, path in enumerate(FILES[:4]):
        rows = module(path, ["f", f"h{number}"], text=str(number))
        rows["edges"].append(edge(f"m{number}.f@{path}", "os@external", path, "references"))
        commit(store, rows, {"nodes": [node("os", None), node(f"ext{number}", None)]}, replaces=[path], reads=[])
    store.tag("middle")
    with Store.open(store.path, branch="topic") as topic:
        commit(topic, module("m5.py", ["other"]), replaces=["m5.py"])
    with Store.open(store.path, branch="other") as other:
        commit(other, module("m1.py", ["other"]), replaces=["m1.py", "m2.py"])
    commit(store, module("m0.py", ["f"], text="again"), replaces=["m0.py", "m4.py", "/ext3@external"])


def test_every_snapshot_answers_as_before(store: Store) -> None:
    build(store)
    before = everything(store)
    assert len(before) >= 4
    done = store.compact(force=True)
    assert (done.after, done.rewritten) == (1, done.before)
    assert done.before >= 3
    assert everything(store) == before
    with store.snapshot() as snapshot:
        snapshot.verify()
        assert len(snapshot._parts) == 1
    again = store.compact(force=True)
    assert again.rewritten == 0 or everything(store) == before
    for name in ("first", "middle"):
        store.untag(name)
    store.gc()
    store.compact(force=True)
    now = everything(store)
    assert now == {key: before[key] for key in now}


def kinds_of_chunks(store: Store) -> list[bool]:
    """Say of each chunk of edges in the head's newest segment whether it is packed."""
    with store.snapshot() as snapshot:
        segment = snapshot.live_segments()[-1].segment
        return [isinstance(segment.chunk("edges", at), PackedChunk) for at in range(segment.chunk_count("edges"))]


@pytest.mark.parametrize(("unpacked", "packed"), [(0, [True, True]), (9_000, [False, True]), (1 << 20, [False, False])])
def test_an_update_is_packed_when_it_has_become_large_or_is_merged(
    store: Store, monkeypatch: pytest.MonkeyPatch, unpacked: int, packed: list[bool]
) -> None:
    monkeypatch.setattr(segment_writer, "PACKED_ROWS", 1)
    monkeypatch.setattr(segment_writer, "UNPACKED_BYTES", unpacked)
    monkeypatch.setattr(segment_writer, "COALESCE_ROWS", 4)
    commit(store, *(module(path, ["f", "g"]) for path in FILES))
    assert kinds_of_chunks(store) == [True, True]
    texts = [module(path, list("fghijk"), text="now") for path in FILES[:2]]
    texts[0]["edges"][-1] = edge(f"m0.f@{FILES[0]}", f"m5.f@{FILES[5]}", FILES[0])  # to a node of the other segment
    commit(store, *texts, replaces=FILES[:2], reads=[])
    assert kinds_of_chunks(store) == packed
    with store.snapshot() as snapshot:
        snapshot.verify()
        before = answers(snapshot)
    store.compact(force=True)
    assert all(kinds_of_chunks(store))
    with store.snapshot() as snapshot:
        snapshot.verify()
        assert answers(snapshot) == before


def test_commits_go_on_over_a_compacted_segment(store: Store) -> None:
    build(store)
    uuids = {row["id"]: row["version"] for row in everything(store)[store.find().id]["tables"]["nodes"]}
    early = store.begin(repo_id="r", reason="t", replaces=["m1.py"], reads=[])
    meets = store.begin(repo_id="r", reason="t", replaces=["m2.py"], reads=[])
    store.compact(force=True)
    commit(store, module("m2.py", ["z"]), replaces=["m2.py"])
    for table, rows in module("m1.py", ["f", "new"], text="1").items():
        early.append(table, batch(table, rows))
    early.commit({})
    with pytest.raises(ConflictError):
        meets.commit({})
    with store.snapshot() as snapshot:
        found = {row["id"]: row["version"] for row in content(snapshot)["nodes"]}
        assert "m1.new@m1.py" in found
        assert "m2.z@m2.py" in found
        assert "m1.h1@m1.py" not in found
        assert found["m3.f@m3.py"] == uuids["m3.f@m3.py"]
        assert found["m1.f@m1.py"] == uuids["m1.f@m1.py"]
        assert not snapshot.nodes_by_id(["m1.h1@m1.py", "m2.f@m2.py"]).num_rows


def test_an_open_reader_reads_on(store: Store) -> None:
    build(store)
    pinned = store.snapshot("first")
    before = answers(pinned)
    store.compact(force=True)
    assert answers(pinned) == before
    pinned.close()


def test_nothing_happens_without_need(store: Store) -> None:
    assert store.compact().rewritten == 0
    build(store)
    names = files_of(store)
    assert store.compact().rewritten == 0
    assert files_of(store) == names


def test_a_segment_that_is_mostly_dead_is_written_anew(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        commit(store, *(module(path, ["f"]) for path in FILES))
        for text in "ab":
            commit(store, *(module(path, ["f"], text=text) for path in FILES[:3]), replaces=FILES[:3])
        with store.snapshot() as snapshot:
            before = answers(snapshot)
        sizes = sum(path.stat().st_size for path in (tmp_path / "segments").iterdir())
    with Store.open(tmp_path) as store, store.snapshot() as snapshot:
        assert answers(snapshot) == before
        first = min((tmp_path / "segments").iterdir())
        assert sum(path.stat().st_size for path in (tmp_path / "segments").iterdir()) < sizes
        assert {row["path"] for row in before["tables"]["files"]} == set(FILES)
        assert first.exists()


def test_many_small_commits_never_leave_many_segments(store: Store) -> None:
    commit(store, *(module(path, ["f"]) for path in FILES))
    most = 0
    for number in range(2 * MOST_SEGMENTS + 9):
        path = f"n{number % (MOST_SEGMENTS + 20)}.py"
        commit(store, module(path, ["k"], text=str(number)), replaces=[path])
        most = max(most, len({part.segment for part in store._open_catalog().parts("head")}))
    assert most <= MOST_SEGMENTS
    with store.snapshot() as snapshot:
        assert snapshot.count("files") == len(FILES) + MOST_SEGMENTS + 20
        texts = {row["file_path"]: row["content_hash"] for row in content(snapshot)["nodes"]}
        assert texts["n0.py"] == node("k", "n0.py", text=str(MOST_SEGMENTS + 20))["content_hash"]


def test_tiny_segments_are_merged_when_the_store_is_closed_and_large_ones_are_left(tmp_path: Path) -> None:
    def names() -> list[str]:
        return sorted(path.name for path in (tmp_path / "segments").iterdir())

    with Store.open(tmp_path) as store:
        commit(store, *(module(f"m{number}.py", [f"f{each}" for each in range(2000)]) for number in range(20)))
    (large,) = names()
    assert (tmp_path / "segments" / large).stat().st_size > 1 << 20
    most = 0
    for number in range(3 * MANY_TINY):
        with Store.open(tmp_path) as store:
            commit(store, module(f"n{number}.py", ["k"], text=str(number)), replaces=[f"n{number}.py"])
            most = max(most, len(names()))
    assert large in names()
    assert len(names()) <= MANY_TINY + 1
    assert most == MANY_TINY + 2
    with Store.open(tmp_path) as store, store.snapshot() as snapshot:
        assert snapshot.count("files") == 20 + 3 * MANY_TINY


def test_one_process_compacts_at_a_time(store: Store) -> None:
    build(store)
    names = files_of(store)
    with store.lock("compaction"):
        done = store.compact(force=True)
    assert (done.rewritten, done.before) == (0, done.after)
    assert files_of(store) == names


def test_a_damaged_segment_is_not_copied(store: Store, tmp_path: Path) -> None:
    build(store)
    store.close()
    copy = shutil.copytree(store.path, tmp_path / "copy")
    for path in (copy / "segments").iterdir():
        data = bytearray(path.read_bytes())
        data[100] ^= 1
        path.write_bytes(data)
    with Store.open(copy) as again, pytest.raises(StorageError, match="segment-corrupt"):
        again.compact(force=True)
    assert not list((copy / "segments").glob("*.tmp"))

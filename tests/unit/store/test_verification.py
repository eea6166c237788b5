"""`verify` names what is wrong in each part of a store, and mends what it may."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import numpy as np
import pytest

from codegraph._internal.store import Store, graph_indexes, verification
from codegraph._internal.store.liveness import Holder
from codegraph._internal.store.parts import from_text, to_text
from codegraph._internal.store.verification import verify
from tests.unit.store.graphs import commit, content, edge, module, node


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "cache"
    with Store.open(path) as store:
        commit(store, module("a.py", "fg"), module("b.py", "k"), {"nodes": [node("os", None)]})
        commit(store, module("a.py", "gh"), replaces=["a.py"])
        store.tag("good")
    return path


@pytest.fixture
def database(folder: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(folder / "catalog.sqlite", isolation_level=None)
    yield connection
    connection.close()


def codes(folder: Path, *, repair: bool = False) -> list[str]:
    with Store.open_reading(folder) as store:
        return [problem.code for problem in verify(store, repair=repair).problems]


def test_a_sound_store_has_no_problem(folder: Path) -> None:
    with Store.open(folder) as store:
        found = verify(store)
        assert found.ok
        assert found.problems == ()
        assert found.checked["snapshots"] == found.checked["segments"] == 2
        assert found.checked["files"] == 4
        assert found.checked["nodes"] == 8
        store.compact(force=True)
        assert verify(store).problems == ()


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        ("UPDATE fv SET file = 'x.py' WHERE file = 'b.py'", "versions-wrong"),
        ("DELETE FROM fv WHERE file = 'b.py'", "versions-wrong"),
        ("INSERT INTO tag VALUES('lost', 99, '', '')", "tag-broken"),
        ("INSERT INTO branch VALUES('lost', 99)", "branch-broken"),
    ],
)
def test_the_catalog_is_mended_from_the_segments(
    folder: Path, database: sqlite3.Connection, harm: str, code: str
) -> None:
    with Store.open(folder) as store, store.snapshot() as snapshot:
        before = content(snapshot)
    assert database.execute(harm).rowcount > 0
    assert code in codes(folder)
    with Store.open(folder) as store:
        done = verify(store, repair=True)
        assert done.ok
        assert all(problem.repaired for problem in done.problems)
        assert verify(store).problems == ()
        with store.snapshot() as snapshot:
            assert content(snapshot) == before


def test_counts_are_those_of_the_segments(folder: Path, database: sqlite3.Connection) -> None:
    for seq, text in database.execute("SELECT seq, parts FROM snapshot").fetchall():
        wrong = [attrs.evolve(part, live=part.live + 3) for part in from_text(text)]
        database.execute("UPDATE snapshot SET parts = ? WHERE seq = ?", (to_text(wrong), seq))
    assert codes(folder) == ["counts-wrong", "counts-wrong"]
    assert codes(folder, repair=True) == ["counts-wrong", "counts-wrong"]
    assert codes(folder) == []


def test_what_a_writer_is_about_to_delete_is_no_leftover(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    merged = folder / "segments" / "merged.seg"
    merged.write_bytes(b"its rows lie elsewhere")
    monkeypatch.setattr(verification.time, "sleep", lambda _: merged.unlink(missing_ok=True))
    assert codes(folder) == []


@pytest.mark.parametrize("table", ["lease", "intent"])
def test_what_the_dead_left_is_found_and_swept(folder: Path, database: sqlite3.Connection, table: str) -> None:
    with Store.open(folder) as store:
        gone = attrs.evolve(Holder.current(), pid=2**22 + 1)
        database.execute(f"INSERT INTO {table} VALUES(?,?,?,?,?,?,?)", ("x", 1, *attrs.astuple(gone), 0.0))
        (folder / "segments" / "y.seg").write_bytes(b"nobody's")
        found = [problem.code for problem in verify(store).problems]
        assert found == [{"lease": "lease-of-the-dead", "intent": "intent-of-the-dead"}[table], "file-orphaned"]
        assert verify(store, repair=True).ok
        assert verify(store).problems == ()
        assert not (folder / "segments" / "y.seg").exists()


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"x"), "flip"])
def test_a_snapshot_whose_segment_is_damaged_is_dropped_and_the_one_before_stays(
    folder: Path, harm: Callable[[Path], object] | str
) -> None:
    with Store.open(folder) as store:
        first = store.find("head~1").id
    newest = max((folder / "segments").iterdir())
    if callable(harm):
        harm(newest)
    else:
        data = bytearray(newest.read_bytes())
        start = len(data) // 3 // 64 * 64
        for place in range(start, start + 64):  # more than lies between two parts
            data[place] ^= 4
        newest.write_bytes(data)
    assert codes(folder) == ["segment-damaged", "snapshot-damaged"]
    with Store.open(folder) as store:
        found = verify(store, repair=True)
        assert [problem.repaired for problem in found.problems] == [False, True]
        assert verify(store, repair=True).ok
        assert verify(store).problems == ()
        assert store.find().id == first
        assert store.tags() == []
        commit(store, module("a.py", "z"))
        assert verify(store).problems == ()


def test_dangling_edges_and_repeated_ids_are_counted(folder: Path) -> None:
    with Store.open(folder) as store:
        commit(
            store,
            {"nodes": [node("f"), node("f")], "edges": [edge("a.f@a.py", "gone"), edge("lost", "a.f@a.py")]},
        )
        found = {problem.code: problem.message for problem in verify(store).problems}
    assert set(found) == {"edges-dangling", "ids-repeated"}
    assert found["ids-repeated"].startswith("1 ")


def test_an_index_of_other_rows_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = graph_indexes.GraphIndexes.order

    def wrong(self: graph_indexes.GraphIndexes, table: str, column: str) -> tuple[object, object]:
        keys, rows = order(self, table, column)
        return keys, (np.roll(rows, 1) if column == "name" else rows)

    monkeypatch.setattr(graph_indexes.GraphIndexes, "order", wrong)
    with Store.open(tmp_path) as store:
        commit(store, module("a.py", "fgh"))
        assert [problem.code for problem in verify(store).problems] == ["index-wrong"]


def test_a_catalog_with_a_damaged_page_is_named(folder: Path) -> None:
    with Store.open(folder) as store:
        for number in range(200):
            store.tag(f"tag{number:04d}" + "x" * 80)
    sqlite3.connect(folder / "catalog.sqlite").execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    path = folder / "catalog.sqlite"
    data = bytearray(path.read_bytes())
    place = data.rindex(b"tag0100")
    data[place : place + 7] = b"tag0000"
    path.write_bytes(data)
    assert "catalog-inconsistent" in codes(folder)

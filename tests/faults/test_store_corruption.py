"""Changed bytes are an error with a remedy; never other data, never a crash."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegraph._internal.store import Snapshot, Store, segment_writer
from codegraph_hookspecs import StorageError
from tests.unit.store.graphs import commit, content, module

MODULES = [module(f"m{n}.py", [f"f{k}" for k in range(40)]) for n in range(5)]
ID = "m3.f7@m3.py"


def everything(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "tables": content(snapshot),
        "node": snapshot.nodes_by_id([ID]).to_pylist(),
        "name": snapshot.nodes_by_name("f7").to_pylist(),
        "fqn": snapshot.nodes_by_fqn("m3.f7").to_pylist(),
        "out": snapshot.edges_from([ID]).to_pylist(),
        "in": snapshot.edges_to([ID]).to_pylist(),
        "near": snapshot.reachable([ID], depth=3).to_pylist(),
    }


@pytest.fixture(scope="module", params=["plain", "packed"])
def original(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("original")
    with Store.open(folder) as store:
        with pytest.MonkeyPatch.context() as patch:
            if request.param == "packed":
                patch.setattr(segment_writer, "PACKED_ROWS", 1)
            commit(store, *MODULES)
        with store.snapshot() as snapshot:
            yield folder, everything(snapshot)


def damaged(original: Path, folder: Path, *changes: tuple[int, int]) -> Path:
    shutil.copytree(original, folder)
    (segment,) = (folder / "segments").iterdir()
    data = bytearray(segment.read_bytes())
    for position, flip in changes:
        data[position] ^= flip
    segment.write_bytes(data)
    return segment


def read(folder: Path) -> dict[str, Any]:
    with Store.open(folder, read_only=True) as store, store.snapshot() as snapshot:
        return everything(snapshot)


def test_flipped_bits_are_found_before_they_are_used(original: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    source, wanted = original
    (segment,) = (source / "segments").iterdir()
    size = segment.stat().st_size
    rng = random.Random(5)
    errors: list[StorageError] = []
    positions = [0, 7, size - 1, size - 9, size - 20, size - 33, *(rng.randrange(size) for _ in range(250))]
    for number, position in enumerate(positions):
        damaged(source, tmp_path / str(number), (position, 1 << rng.randrange(8)))
        try:
            assert read(tmp_path / str(number)) == wanted, position  # a byte between two parts
        except StorageError as error:
            errors.append(error)
            with Store.open(tmp_path / str(number), read_only=True) as store, pytest.raises(StorageError):
                store.snapshot().verify()
        shutil.rmtree(tmp_path / str(number))
    assert len(errors) > len(positions) * 0.8
    assert {error.code for error in errors} == {"segment-corrupt"}
    assert all("codegraph index" in error.remedy and segment.name in error.context["path"] for error in errors)


@pytest.mark.parametrize("length", [0, 10, 1000, -1])
def test_a_segment_that_was_cut_or_deleted_is_corrupt(
    original: tuple[Path, dict[str, Any]], tmp_path: Path, length: int
) -> None:
    path = damaged(original[0], tmp_path / "cut")
    if length:
        path.write_bytes(path.read_bytes()[:length])
    else:
        path.unlink()
    with pytest.raises(StorageError) as caught:
        read(tmp_path / "cut")
    assert caught.value.code == "segment-corrupt"


@pytest.mark.parametrize("where", ["toc", "keys", "everything"])
def test_indexing_again_repairs_a_damaged_store(
    original: tuple[Path, dict[str, Any]], tmp_path: Path, where: str
) -> None:
    folder = tmp_path / "cache"
    path = damaged(original[0], folder)
    size = path.stat().st_size
    data = bytearray(path.read_bytes())
    if where == "toc":
        data[size - 100] ^= 1
    elif where == "everything":
        data = bytearray(size)
    else:
        for position in range(64, size - 4000, 512):
            data[position] ^= 1
    path.write_bytes(data)
    with Store.open(folder) as store:
        with pytest.raises(StorageError, match="segment-corrupt"):
            commit(store, *MODULES[:1], replaces=["m0.py"])
        commit(store, *MODULES)
        with store.snapshot() as snapshot:
            repaired = everything(snapshot)
    for row in repaired["tables"]["nodes"]:
        assert row.pop("version")
    wanted = [{key: value for key, value in row.items() if key != "version"} for row in original[1]["tables"]["nodes"]]
    assert repaired["tables"]["nodes"] == wanted


def test_a_damaged_catalog_is_named(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        commit(store, *MODULES)
    (tmp_path / "catalog.sqlite").write_bytes(b"no database " * 1000)
    for read_only in (True, False):
        with pytest.raises(StorageError) as caught:
            Store.open(tmp_path, read_only=read_only)
        assert caught.value.code == "catalog-corrupt"
        assert caught.value.remedy


def test_catalog_rows_that_make_no_sense_are_named(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        commit(store, *MODULES)
    database = sqlite3.connect(tmp_path / "catalog.sqlite")
    for column, text in (("parts", "[[1, 2]]"), ("parts", "x"), ("summary", "{")):
        database.execute(f"UPDATE snapshot SET {column} = ?", (text,))
        database.commit()
        for read_only in (True, False):
            with Store.open(tmp_path, read_only=read_only) as store:
                with pytest.raises(StorageError, match="catalog-corrupt"):
                    store.snapshot()
                if not read_only:
                    with pytest.raises(StorageError, match="catalog-corrupt"):
                        store.begin(repo_id="r", reason="t")
    database.close()


@pytest.mark.parametrize(
    "kind", ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "ids", "locks", "verified"]
)
def test_a_flipped_bit_in_any_other_file_gives_a_committed_snapshot_or_an_error(tmp_path: Path, kind: str) -> None:
    base = tmp_path / "base"
    with Store.open(base) as store:
        for count in (2, 3):
            commit(store, *MODULES[:count])
        with store.lock("x"):
            pass
        (base / "verified").write_text(f"{store.find().id} 1790000000000000000\n")
        commit(store, *MODULES[3:4], replaces=["m0.py"])
        wanted = []
        for info in store.snapshots():
            with store.snapshot(info.id) as snapshot:
                wanted.append(everything(snapshot))
        # Copied while it is open, so that the log and its index are there, as after a crash.
        source = shutil.copytree(base, tmp_path / "copy")
    if kind == "catalog.sqlite":
        source = base
    (path,) = [path for path in source.rglob("*") if path.is_file() and kind in (path.name, path.parent.name)]
    original, rng = path.read_bytes(), random.Random(7)
    for number in range(50 if kind in ("catalog.sqlite", "catalog.sqlite-wal") else 12):
        folder = tmp_path / f"flip{number}"
        shutil.copytree(source, folder)
        data = bytearray(original)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (folder / path.relative_to(source)).write_bytes(data)
        with contextlib.suppress(StorageError), Store.open_reading(folder) as store:
            with store.snapshot() as snapshot:
                assert everything(snapshot) in wanted, number
            made = commit(store, *MODULES[4:], replaces=["m1.py"])
            assert store.find().id == made
        shutil.rmtree(folder)

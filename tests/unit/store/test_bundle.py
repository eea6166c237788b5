"""A snapshot leaves as one file that others read, and comes back row for row."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codegraph._internal.store import Store
from codegraph._internal.store.bundle import MANIFEST, export_bundle, import_bundle, read_manifest
from codegraph_hookspecs import ErrorCategory, StorageError
from tests.unit.store.graphs import commit, content, edge, module, node


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "cache") as opened:
        rows = module("a.py", "fgh", text="ä\0")
        rows["edges"].append(edge("a.f@a.py", "os@external"))
        commit(opened, rows, module("b.py", "k"), {"nodes": [node("os", None, docstring=None, metadata="{}")]})
        commit(
            opened, module("b.py", "m"), {"metrics": [{"node_id": "x", "name": "n", "value": 0.5}]}, replaces=["b.py"]
        )
        own = pa.record_batch({"file_path": pa.array(["a.py"]), "score": pa.array([3])})
        with opened.begin(repo_id="r", reason="plugin", replaces=[], reads=[]) as transaction:
            transaction.append("plugin_scores", own)
            transaction.commit({"lines": 3})
        yield opened


@pytest.fixture
def bundle(store: Store, tmp_path: Path) -> Path:
    with store.snapshot() as snapshot:
        export_bundle(snapshot, tmp_path / "graph.zip")
    return tmp_path / "graph.zip"


def everything(store: Store, name: str | None = None) -> tuple[dict[str, list[dict[str, Any]]], list[Any]]:
    with store.snapshot(name) as snapshot:
        found = content(snapshot)
        ids = [row["id"] for row in found["nodes"]]
        return found, [snapshot.nodes_by_id(ids).to_pylist(), snapshot.edges_from(ids).to_pylist()]


def test_a_bundle_comes_back_row_for_row_in_another_store(store: Store, bundle: Path, tmp_path: Path) -> None:
    before = everything(store)
    with Store.open(tmp_path / "other") as other:
        commit(other, module("z.py", "z"))
        made = import_bundle(other, bundle)
        assert everything(other, made) == before
        origin = store.find().id
        assert other.find(f"imported/{origin}").id == made
        assert other.find(made).summary["imported_from"] == origin
        assert [row["name"] for row in everything(other)[0]["nodes"]] == ["z"]
        for text in "abc":
            commit(other, module("z.py", "z", text=text))
        assert everything(other, made) == before
        assert set(other.branches()) == {"default"}
        other.untag(f"imported/{origin}")
        assert made in other.gc().snapshots
    with Store.open(tmp_path / "empty") as empty:
        import_bundle(empty, bundle, tag="theirs")
        assert everything(empty) == before
        with pytest.raises(StorageError, match="tag-exists"):
            import_bundle(empty, bundle, tag="theirs")


def test_other_tools_read_the_tables(store: Store, bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive, store.snapshot() as snapshot:
        manifest = json.loads(archive.read(MANIFEST))
        assert set(manifest["tables"]) == set(snapshot.tables())
        for table, entry in manifest["tables"].items():
            with archive.open(entry["file"]) as member:
                found = pq.read_table(member)
            assert found.num_rows == entry["rows"] == snapshot.count(table)
            assert found.to_pylist() == content(snapshot)[table]
        assert manifest["snapshot"]["id"] == snapshot.id
    assert read_manifest(bundle) == manifest


def test_a_file_is_replaced_only_when_asked_and_only_as_a_whole(store: Store, bundle: Path) -> None:
    before = bundle.read_bytes()
    with store.snapshot() as snapshot:
        with pytest.raises(StorageError) as caught:
            export_bundle(snapshot, bundle)
        assert (caught.value.code, caught.value.category) == ("bundle-exists", ErrorCategory.PERMANENT)
        assert bundle.read_bytes() == before
        export_bundle(snapshot, bundle, overwrite=True)
    with pytest.raises(StorageError, match="snapshot is closed"):
        export_bundle(snapshot, bundle, overwrite=True)
    assert [path.name for path in bundle.parent.iterdir() if path.is_file()] == ["graph.zip"]
    assert read_manifest(bundle)


def changed(bundle: Path, change: Any) -> Path:
    """Write the bundle again with a changed manifest."""
    with zipfile.ZipFile(bundle) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members[MANIFEST])
    replacement = change(manifest)
    members[MANIFEST] = replacement if isinstance(replacement, bytes) else json.dumps(manifest).encode()
    other = bundle.with_name("changed.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return other


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: b"{",
        lambda manifest: b"[]",
        lambda manifest: manifest.update(format="other"),
        lambda manifest: manifest.update(version=2),
        lambda manifest: manifest.pop("snapshot"),
        lambda manifest: manifest["tables"]["nodes"].update(sha256="0" * 64),
        lambda manifest: manifest["tables"]["nodes"].update(bytes=3),
        lambda manifest: manifest["tables"]["nodes"].update(rows=1),
        lambda manifest: manifest["tables"]["nodes"].update(rows="1"),
        lambda manifest: manifest["tables"]["nodes"].update(file="tables/missing.parquet"),
        lambda manifest: manifest["tables"].update({"../x": manifest["tables"]["nodes"]}),
    ],
)
def test_what_is_not_as_its_manifest_says_is_refused(bundle: Path, tmp_path: Path, change: Any) -> None:
    bad = changed(bundle, change)
    with Store.open(tmp_path / "other") as other:
        with pytest.raises(StorageError) as caught:
            import_bundle(other, bad)
        assert (caught.value.code, caught.value.category) == ("bundle-invalid", ErrorCategory.PERMANENT)
        assert other.snapshots() == []
        assert not list((other.path / "segments").iterdir())


def test_any_changed_byte_is_noticed_or_harmless(bundle: Path, store: Store, tmp_path: Path) -> None:
    before = everything(store)
    data = bundle.read_bytes()
    bad, accepted = tmp_path / "bad.zip", 0
    with Store.open(tmp_path / "other") as other:
        for position in range(0, len(data), max(1, len(data) // 150)):
            flipped = bytearray(data)
            flipped[position] ^= 0x10
            bad.write_bytes(flipped)
            with contextlib.suppress(StorageError):
                made = import_bundle(other, bad)
                accepted += 1
                assert everything(other, made) == before, position
                other.untag(other.tags()[0].name)
        assert accepted < 30  # the zip's own dates and the like
        bad.write_bytes(data[: len(data) // 2])
        with pytest.raises(StorageError, match="bundle-invalid"):
            import_bundle(other, bad)

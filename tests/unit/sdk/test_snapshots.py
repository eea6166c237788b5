"""`cg.snapshots()`, `cg.at()`, `graph.diff()`, `graph.history()` and their async twins."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pyarrow as pa
import pytest

from codegraph import CodeGraph, Graph, SnapshotDiff, SnapshotEntry, StorageError


@pytest.fixture
def cg(repository: Path) -> CodeGraph:
    cg = CodeGraph()
    cg.index(repository).execute().close()
    source = repository / "pkg/b.py"
    source.write_text(source.read_text() + "\n\ndef added():\n    return g(2)\n")
    cg.index(repository).execute().close()
    return cg


def test_snapshots_are_a_sequence_oldest_first_that_finds_by_name(cg: CodeGraph, repository: Path) -> None:
    snapshots = cg.snapshots(repository)
    older, newer = snapshots
    assert isinstance(older, SnapshotEntry)
    assert (len(snapshots), snapshots[-1], snapshots[:1]) == (2, newer, [older])
    assert newer.parent_id == older.id
    assert (newer.head, older.head) == (True, False)
    assert newer.summary["nodes"]["total"] == snapshots.rows()["nodes"]
    assert snapshots.get("head~1") == older
    assert snapshots.tag("before", older.id, note="n").tags == ("before",)
    assert snapshots.get("before").to_dict()["tags"] == ["before"]
    with cg.at("before", repository) as graph:
        assert not graph.nodes().filter(name="added").exists()
    assert "2" in repr(snapshots)
    assert snapshots.untag("before")
    with pytest.raises(StorageError) as caught:
        snapshots.get("before")
    assert caught.value.code == "snapshot-missing"


def test_graphs_are_compared_by_object_and_by_name(cg: CodeGraph, repository: Path) -> None:
    with cg.open(repository) as newer, cg.at("head~1", repository) as older:
        for difference in (newer.diff(older), newer.diff("head~1"), cg.snapshots(repository).diff()):
            assert isinstance(difference, SnapshotDiff)
            table = difference.to_arrow("nodes")
            assert isinstance(table, pa.Table)
            changes = {row["name"]: row["change"] for row in table.to_pylist()}
            assert changes["added"] == "added"
            assert difference.counts()["files"] == {"added": 0, "removed": 0, "changed": 1, "moved": 0}
        assert newer.diff(newer).counts() == {}


def test_a_run_s_result_is_compared_with_what_was_there_before(cg: CodeGraph, repository: Path) -> None:
    before = cg.open(repository)
    (repository / "pkg/b.py").unlink()
    result = cg.index(repository)
    removed = [row["path"] for row in result.diff(before).to_arrow("files").to_pylist() if row["change"] == "removed"]
    assert removed == ["pkg/b.py"]


def test_the_history_of_a_node(cg: CodeGraph, repository: Path) -> None:
    with cg.open(repository) as graph:
        node = graph.nodes().filter(fqn="pkg.b").first()
        assert node is not None
        assert graph.history(node).column("change").to_pylist() == ["added", "changed"]
        assert graph.history(node.id).column("content_hash").to_pylist()[-1] == node.content_hash
    assert cg.snapshots(repository).history(node.id).num_rows == 2


@pytest.mark.parametrize("indexed", [True, False])
def test_a_bundle_goes_to_another_repository_s_store(
    cg: CodeGraph, repository: Path, tmp_path: Path, indexed: bool
) -> None:
    path = cg.snapshots(repository).export(tmp_path / "graph.zip", "head~1")
    other = tmp_path / "other"
    other.mkdir()
    if indexed:
        (other / "z.py").write_text("z = 1\n")
        cg.index(other).execute().close()
    entry = cg.snapshots(other, create=not indexed).load(path)
    with cg.at(entry.tags[0], other) as theirs, cg.at("head~1", repository) as ours:
        assert theirs.diff(ours).counts() == {}
        assert theirs.snapshot_id != ours.snapshot_id


def test_clean_up_check_and_compaction(cg: CodeGraph, repository: Path) -> None:
    snapshots = cg.snapshots(repository)
    assert snapshots.verify().ok
    assert snapshots.compact(force=True).after == 1
    assert not snapshots.gc().snapshots
    assert len(snapshots) == 2


def test_async_twins(cg: CodeGraph, repository: Path, tmp_path: Path) -> None:
    async def use() -> None:
        snapshots = await cg.asnapshots(repository)
        entry = await snapshots.atag("first", "head~1")
        older: Graph = await cg.aat(entry.id, repository)
        async with await cg.aopen(repository) as graph:
            difference = await graph.adiff(older)
            assert await difference.acounts() == (await snapshots.adiff("first", "head")).counts()
            table = await difference.ato_arrow("nodes")
            assert table.equals(difference.to_arrow("nodes"))
            assert sum([batch.num_rows async for batch in difference.abatches("nodes")]) == table.num_rows
            assert [each async for each in difference.adefinitions()] == list(difference.definitions())
            assert (await graph.ahistory("pkg.b@py")).equals(await snapshots.ahistory("pkg.b@py"))
            assert await snapshots.arows() == snapshots.rows()
            assert await snapshots.aget("first") in await snapshots.aline()
        path = await snapshots.aexport(tmp_path / "graph.zip")
        assert (await snapshots.aload(path, tag="again")).tags == ("again",)
        assert (await snapshots.averify()).ok
        assert (await snapshots.acompact()).rewritten == 0
        assert (await snapshots.agc()).snapshots == ()
        assert await snapshots.auntag("first")
        await older.aclose()

    asyncio.run(use())


def test_without_an_index_there_are_no_snapshots(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        CodeGraph().snapshots(tmp_path)
    assert caught.value.code == "store-missing"

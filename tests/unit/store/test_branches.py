"""Branches, tags and retention: what a name means, and what stays."""

from __future__ import annotations

import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegraph._internal.store import Retention, Store
from codegraph._internal.store.catalog_schema import MIGRATIONS, SCHEMA_VERSION
from codegraph_hookspecs import ConflictError, ErrorCategory, StorageError
from tests.unit.store.graphs import commit, content, module, rows

STORES = Path(__file__).parents[2] / "fixtures/stores"
DAY_MS = 86_400_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "cache", branch="main") as opened:
        yield opened


def names(store: Store, name: str | None = None) -> list[str]:
    with store.snapshot(name) as snapshot:
        return sorted(row["name"] for row in rows(snapshot, "nodes"))


class TestBranches:
    def test_each_branch_has_its_own_head_and_they_share_segments(self, store: Store) -> None:
        commit(store, *(module(f"m{n}.py", "f", text=str(n)) for n in range(5)))
        with Store.open(store.path, branch="topic") as topic:
            assert names(topic) == names(store)
            commit(topic, module("m0.py", "x"), replaces=["m0.py"])
            commit(store, module("m1.py", "y"), replaces=["m1.py"])
            assert names(topic) == ["f", "f", "f", "f", "x"]
            assert names(store) == ["f", "f", "f", "f", "y"]
            assert names(store, "topic") == names(topic)
            assert {info.branch for info in store.snapshots("topic")} == {"topic"}
            assert len(list((store.path / "segments").iterdir())) == 3
            head = topic.head()
            assert head is not None
            assert head.parent_id == store.snapshots("main")[0].id

    def test_commits_on_other_branches_are_no_conflict(self, store: Store) -> None:
        commit(store, module("a.py", "f"))
        with Store.open(store.path, branch="topic") as topic:
            commit(topic, module("a.py", "g"), replaces=["a.py"])
            transaction = store.begin(repo_id="r", reason="t", replaces=["a.py"])
            commit(topic, module("a.py", "h"), replaces=["a.py"])
            transaction.commit({})
            assert (names(store), names(topic)) == ([], ["h"])
            transaction = topic.begin(repo_id="r", reason="t", replaces=["a.py"])
            commit(topic, module("a.py", "i"), replaces=["a.py"])
            with pytest.raises(ConflictError):
                transaction.commit({})

    def test_two_branches_may_begin_in_an_empty_store_at_once(self, store: Store) -> None:
        with Store.open(store.path, branch="topic") as topic:
            one, two = (each.begin(repo_id="r", reason="t") for each in (store, topic))
            one.commit({})
            two.commit({})
            assert [info.parent_id for info in store.snapshots()] == [None, None]

    def test_a_dropped_branch_gives_its_snapshots_up(self, store: Store) -> None:
        commit(store, module("a.py", "f"))
        with Store.open(store.path, branch="topic") as topic:
            for text in "abc":
                commit(topic, module("b.py", "g", text=text))
        assert set(store.branches()) == {"main", "topic"}
        assert store.drop_branch("topic")
        assert not store.drop_branch("topic")
        commit(store, module("a.py", "f"))
        assert {info.branch for info in store.snapshots()} == {"main"}


class TestNames:
    def test_a_snapshot_is_found_by_id_tag_branch_and_steps_back(self, store: Store) -> None:
        made = [commit(store, module("a.py", name)) for name in "fg"]
        store.tag("v1", made[0], note="first")
        assert [store.find(name).id for name in (None, "head", "main", made[1])] == [made[1]] * 4
        assert [store.find(name).id for name in ("v1", "head~1", "main~1", f"{made[1]}~1", "v1~0")] == [made[0]] * 5
        for missing in ("v2", "head~2", "v1~1", "", "~1", "head~x", f"{made[0]}x"):
            with pytest.raises(StorageError) as caught:
                store.find(missing or " ")
            assert caught.value.code == "snapshot-missing"
        assert names(store, "v1") == ["f"]
        (tag,) = store.tags()
        assert (tag.name, tag.snapshot_id, tag.note) == ("v1", made[0], "first")

    @pytest.mark.parametrize(
        "name",
        ["", "head", "-x", "a b", "a~1", "x" * 101, "1790000005000_071ca222_0000", "a\n", "ä/b", "a//b", "a/", "/a"],
    )
    def test_a_tag_that_could_mean_something_else_is_refused(self, store: Store, name: str) -> None:
        commit(store, module("a.py", "f"))
        with pytest.raises(StorageError) as caught:
            store.tag(name)
        assert (caught.value.code, caught.value.category) == ("tag-invalid", ErrorCategory.PERMANENT)

    def test_a_tag_moves_only_when_told_to(self, store: Store) -> None:
        first, second = (commit(store, module("a.py", name)) for name in "fg")
        assert store.tag("release/1.0", first).id == first
        assert store.tag("release/1.0", first).id == first
        with pytest.raises(StorageError, match="tag-exists"):
            store.tag("release/1.0", second)
        store.tag("release/1.0", second, move=True)
        assert store.find("release/1.0").id == second
        assert store.untag("release/1.0")
        assert not store.untag("release/1.0")


class TestRetention:
    def test_tagged_snapshots_stay_until_untagged(self, store: Store) -> None:
        first = commit(store, module("a.py", "f"))
        store.tag("keep", first)
        for text in "abc":
            commit(store, module("a.py", "g", text=text))
        assert names(store, "keep") == ["f"]
        store.untag("keep")
        assert first in store.gc().snapshots
        with pytest.raises(StorageError, match="snapshot-missing"):
            store.find(first)

    def test_the_policy_is_kept_with_the_store_for_those_who_know_no_settings(self, tmp_path: Path) -> None:
        with Store.open(tmp_path, retention=Retention(keep_last=4)) as store:
            for text in "abc":
                commit(store, module("a.py", "f", text=text))
        with Store.open_reading(tmp_path) as reader:
            assert not reader.gc().snapshots
            for text in "def":
                commit(reader, module("a.py", "f", text=text))
            assert len(reader.snapshots()) == 4
        with Store.open(tmp_path, retention=Retention(keep_last=1)) as store:
            assert len(store.gc().snapshots) == 3
            assert len(list((tmp_path / "segments").iterdir())) == 1

    def test_young_snapshots_stay(self, tmp_path: Path) -> None:
        now = 0
        with Store.open(tmp_path, retention=Retention(keep_last=1, keep_days=2), clock=lambda: now) as store:
            old = commit(store, module("a.py", "f"))
            now = int(old.partition("_")[0]) + DAY_MS  # ids do not go back, whatever other tests' clocks said
            young = commit(store, module("a.py", "g"))
            now += DAY_MS + 1
            last = commit(store, module("a.py", "h"))
            assert [info.id for info in store.snapshots()] == [young, last]
            assert old < young

    @pytest.mark.parametrize("bad", [{"keep_last": 0}, {"keep_last": 1.5}, {"keep_days": -1}])
    def test_a_policy_that_keeps_nothing_is_refused(self, bad: dict[str, float]) -> None:
        with pytest.raises((ValueError, TypeError)):
            Retention(**bad)  # type: ignore[arg-type]


class TestMigration:
    def test_every_schema_before_this_one_has_a_stored_store_and_a_step(self) -> None:
        stored = {int(path.name.removeprefix("schema-").partition(".")[0]) for path in STORES.glob("schema-*.tar.gz")}
        assert stored == set(range(1, SCHEMA_VERSION + 1))
        assert set(MIGRATIONS) == set(range(1, SCHEMA_VERSION))

    @pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
    def test_a_store_of_an_earlier_version_reads_as_before(self, tmp_path: Path, version: int) -> None:
        with tarfile.open(STORES / f"schema-{version}.tar.gz") as archive:
            archive.extractall(tmp_path, filter="data")
        with Store.open(tmp_path) as store:
            before, last = store.snapshots()
            assert (before.id, last.id) == ("1790000005000_071ca222_0000", "1790000007000_071ca222_0000")
            assert names(store) == names(store, "head~1") == ["g", "h", "k", "l", "m", "os", "y"]
            assert store.state("walk") == b"\0\1"
            with store.snapshot() as snapshot:
                snapshot.verify()
                found = content(snapshot)
                assert len(found["edges"]) == 3
                assert len({row["version"] for row in found["nodes"]}) == 3
            commit(store, module("a.py", "z"), replaces=["a.py", "d.py"])
            assert names(store) == ["k", "l", "m", "os", "z"]
        database = sqlite3.connect(tmp_path / "catalog.sqlite")
        assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        fresh = tmp_path / "fresh"
        Store.open(fresh).close()
        assert _columns(tmp_path) == _columns(fresh)
        database.close()


def test_text_in_blocks_of_an_earlier_format_reads_as_before(tmp_path: Path) -> None:
    with tarfile.open(STORES / "segments-2.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    with Store.open(tmp_path) as store, store.snapshot() as snapshot:
        snapshot.verify()
        nodes = content(snapshot)["nodes"]
        assert [row["name"] for row in nodes] == [f"f{number}" for number in range(1100)]
        assert [row["docstring"] for row in nodes[:4]] == ["Says ä 0.", None, None, "Says ä 3."]
        assert [row["modifiers"] for row in nodes[:4]] == [[], ["async"], ["async", "async"], []]
        table = snapshot.nodes_by_id(["a.f3@a.py", "a.f1000@a.py"], ["docstring", "signature"])
        assert table.to_pylist() == [
            {"docstring": "Says ä 3.", "signature": "(x3: int)"},
            {"docstring": None, "signature": "(x1000: int)"},
        ]


def _columns(folder: Path) -> dict[str, set[str]]:
    database = sqlite3.connect(folder / "catalog.sqlite")
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
    found = {name: {row[1] for row in database.execute(f"PRAGMA table_info({name})")} for name in tables}
    database.close()
    return found

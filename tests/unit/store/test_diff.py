"""Differences between snapshots, and the history of a node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegraph._internal.store import Retention, Store
from codegraph._internal.store.diff import SnapshotDiff, diff_schema
from codegraph._internal.store.history import HISTORY_SCHEMA, node_history
from codegraph_hookspecs import TABLES, QueryError
from tests.unit.store.graphs import commit, content, edge, file, module, node

NAMES = st.lists(st.sampled_from("fghij"), unique=True, max_size=4)
STATE = st.dictionaries(st.sampled_from(["a.py", "b.py", "c.py", "d.py"]), st.tuples(NAMES, st.sampled_from("xyz")))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "cache", retention=Retention(keep_last=50)) as opened:
        yield opened


def changes(store: Store, before: str, after: str, table: str) -> dict[str, tuple[str, list[str] | None]]:
    with store.snapshot(before) as one, store.snapshot(after) as two:
        found = SnapshotDiff(one, two).to_arrow(table)
    assert found.schema.equals(diff_schema(TABLES[table].schema))
    key = TABLES[table].key
    return {row[key]: (row["change"], row["fields"]) for row in found.to_pylist()}


def test_added_removed_changed_and_moved_rows_are_told_apart(store: Store) -> None:
    rows = module("a.py", "fgh")
    rows["nodes"][0] |= {"docstring": "old", "modifiers": ["async"]}
    first = commit(store, rows, module("b.py", "k"), {"nodes": [node("os", None)]})
    rows = module("a.py", "fgi")
    rows["nodes"][0] |= {"docstring": None, "modifiers": ["async", "static"], "start_line": 7}
    rows["nodes"][1] |= {"start_line": 9}
    rows["files"][0] |= {"mtime_ns": 99}
    second = commit(store, rows, {"nodes": [node("os", None), node("sys", None)]}, replaces=["a.py"])
    assert changes(store, first, second, "nodes") == {
        "a.f@a.py": ("changed", ["start_line", "modifiers", "docstring"]),
        "a.g@a.py": ("moved", ["start_line"]),
        "a.h@a.py": ("removed", None),
        "a.i@a.py": ("added", None),
        "sys@external": ("added", None),
    }
    assert changes(store, second, first, "nodes")["a.h@a.py"] == ("added", None)
    assert changes(store, first, second, "files") == {}
    edges = changes(store, first, second, "edges")
    assert sorted(change for change, _ in edges.values()) == ["added", "removed"]
    with store.snapshot(first) as one, store.snapshot(second) as two:
        difference = SnapshotDiff(one, two)
        assert difference.tables() == ["edges", "files", "nodes"]
        assert difference.counts() == {
            "edges": {"added": 1, "removed": 1, "changed": 0, "moved": 0},
            "nodes": {"added": 2, "removed": 1, "changed": 1, "moved": 1},
        }


def test_files_that_came_went_and_changed(store: Store) -> None:
    first = commit(store, {"files": [{**file("a.py"), "content_hash": "1"}, file("b.py"), file("c.py")]})
    second = commit(store, {"files": [{**file("a.py"), "content_hash": "2"}, file("d.py")]}, replaces=["a.py", "b.py"])
    assert changes(store, first, second, "files") == {
        "a.py": ("changed", ["content_hash"]), "b.py": ("removed", None), "d.py": ("added", None),
    }  # fmt: skip


def test_a_snapshot_does_not_differ_from_itself_nor_from_an_equal_full_build(store: Store) -> None:
    rows = [module("a.py", "fg"), module("b.py", "k"), {"nodes": [node("os", None)]}]
    rows[0]["edges"].append(edge("a.f@a.py", "os@external"))
    first, second = commit(store, *rows), commit(store, *rows)
    with store.snapshot(first) as one, store.snapshot(second) as two:
        assert SnapshotDiff(one, one).tables() == []
        assert SnapshotDiff(one, two).counts() == {}


def test_untouched_files_are_not_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first = commit(store, *(module(f"m{n}.py", "fg") for n in range(20)))
    second = commit(store, module("m3.py", "f"), replaces=["m3.py"])
    with store.snapshot(first) as one, store.snapshot(second) as two:
        difference = SnapshotDiff(one, two)
        assert {
            owner for only in (difference._only_before, difference._only_after) for owner in only.owners("nodes")
        } == {"m3.py"}
        assert difference._only_before.rows("nodes", ["m3.py"]).num_rows == 2


@pytest.mark.parametrize(("table", "code"), [("nothing", "table-unknown"), ("metrics", "argument-invalid")])
def test_a_table_without_a_key_cannot_be_compared(store: Store, table: str, code: str) -> None:
    commit(store, module("a.py", "f"))
    with store.snapshot() as one, pytest.raises(QueryError) as caught:
        list(SnapshotDiff(one, one).batches(table))
    assert caught.value.code == code


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(states=st.lists(STATE, min_size=2, max_size=4), full=st.booleans(), compact=st.booleans())
def test_differences_are_those_of_the_whole_contents(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[str, Any]], full: bool, compact: bool
) -> None:
    made: list[tuple[str, dict[str, dict[str, Any]]]] = []
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("store")
        store = stack.enter_context(Store.open(folder, retention=Retention(keep_last=9)))
        before: dict[str, Any] = {}
        for state in states:
            gone = [path for path, value in before.items() if state.get(path) != value]
            rows = [module(path, *value) for path, value in state.items() if full or before.get(path) != value]
            sid = commit(store, *rows, **({} if full else {"replaces": gone}))
            with store.snapshot(sid) as snapshot:
                made.append((sid, {row["id"]: row for row in content(snapshot).get("nodes", ())}))
            before = state
        if compact:
            store.compact(force=True)
        (one, had), (two, has) = made[0], made[-1]
        expected = dict.fromkeys(had.keys() - has.keys(), "removed") | dict.fromkeys(has.keys() - had.keys(), "added")
        expected |= {
            key: "changed" for key in had.keys() & has.keys() if had[key]["content_hash"] != has[key]["content_hash"]
        }
        assert {key: change for key, (change, _) in changes(store, one, two, "nodes").items()} == expected


def test_the_history_of_a_node_has_a_row_for_each_version(store: Store) -> None:
    made = [commit(store, module("a.py", "f"), module("b.py", "k"))]
    made.append(commit(store, module("b.py", "m"), replaces=["b.py"]))
    made.append(commit(store, module("a.py", "f", text="2"), replaces=["a.py"]))
    made.append(commit(store, replaces=["a.py"]))
    made.append(commit(store, module("a.py", "f"), replaces=["a.py"]))
    with Store.open(store.path, branch="topic") as topic:
        commit(topic, module("a.py", "f", text="3"), replaces=["a.py"])
        assert node_history(topic, "a.f@a.py").num_rows == 5
    table = node_history(store, "a.f@a.py")
    assert table.schema.equals(HISTORY_SCHEMA)
    found = table.to_pylist()
    assert [row["change"] for row in found] == ["added", "changed", "removed", "added"]
    assert [(row["snapshot_id"], row["last_snapshot_id"]) for row in found] == [
        (made[0], made[1]), (made[2], made[2]), (made[3], made[3]), (made[4], made[4]),
    ]  # fmt: skip
    uuids = [info.uuid for info in store.snapshots()]
    assert [row["version"] for row in found] == [uuids[0], uuids[2], None, uuids[4]]
    assert found[0]["content_hash"] == found[3]["content_hash"] != found[1]["content_hash"]
    assert all(row["since"] <= row["created_at"] for row in found if row["version"])
    assert node_history(store, "a.f@a.py", made[1]).num_rows == 1
    assert node_history(store, "nothing").num_rows == 0


def test_the_history_of_a_node_goes_on_where_it_was_moved(store: Store) -> None:
    made = [commit(store, module("a.py", "f", text="1"))]
    made.append(commit(store, module("b.py", "f", text="1"), replaces=["a.py", "b.py"]))
    made.append(commit(store, module("c.py", "k"), replaces=["c.py"]))
    made.append(commit(store, module("b.py", "f", text="2"), replaces=["b.py"]))
    made.append(commit(store, module("d.py", "f", text="2"), replaces=["b.py", "d.py"]))
    found = node_history(store, "d.f@d.py").to_pylist()
    assert [(row["change"], row["node_id"], row["snapshot_id"], row["last_snapshot_id"]) for row in found] == [
        ("added", "a.f@a.py", made[0], made[0]), ("moved", "b.f@b.py", made[1], made[2]),
        ("changed", "b.f@b.py", made[3], made[3]), ("moved", "d.f@d.py", made[4], made[4]),
    ]  # fmt: skip
    assert [row["file_path"] for row in found] == ["a.py", "b.py", "b.py", "d.py"]
    ended = node_history(store, "b.f@b.py").to_pylist()
    assert [row["change"] for row in ended] == ["added", "moved", "changed", "removed"]


def test_a_node_that_two_could_have_been_begins_anew(store: Store) -> None:
    commit(store, module("a.py", "f"), module("b.py", "f"))
    commit(store, module("c.py", "f"), replaces=["a.py", "b.py", "c.py"])
    assert [row["change"] for row in node_history(store, "c.f@c.py").to_pylist()] == ["added"]

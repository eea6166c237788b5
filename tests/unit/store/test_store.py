"""What is written is read back; snapshots stay as they were; old ones go when nobody reads them."""

from __future__ import annotations

import gc
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import xxhash

from codegraph._internal.store import Store, catalog, indexes
from codegraph._internal.store import snapshot as snapshot_module
from codegraph._internal.store.hashing import Keys, text_keys
from codegraph_hookspecs import TABLES, ConflictError, ErrorCategory, StorageError
from tests.unit.store.graphs import batch, commit, content, edge, file, module, node, rows


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "cache") as opened:
        yield opened


def files_of(store: Store) -> set[str]:
    return {entry.name for entry in (store.path / "segments").iterdir()}


class TestRoundTrip:
    @pytest.mark.parametrize("apart", [1, 40, 400])
    @pytest.mark.parametrize("count", [10, 100])
    def test_nodes_are_found_by_key_however_near_each_other_they_lie(
        self, store: Store, apart: int, count: int
    ) -> None:
        names = [f"f{number:05d}" for number in range(40_000)]
        commit(store, {"nodes": [node(name, signature=f"def {name}()") for name in names]})
        wanted = [names[(7 * place % count) * apart] for place in range(count)]
        keys = text_keys([*(f"a.{name}@a.py" for name in wanted), "unknown@a.py"])
        with store.snapshot() as snapshot:
            found = snapshot.nodes_by_key(keys, ["signature", "id"])
            levels = np.array([place % 3 for place in range(count + 1)])
            by_level = snapshot.nodes_by_key(keys, ["name"], levels)
        assert found.to_pylist() == [{"signature": f"def {name}()", "id": f"a.{name}@a.py"} for name in wanted]
        ordered = [name for level in range(3) for name in sorted(wanted[level::3])]
        assert by_level.to_pylist() == [{"name": name} for name in ordered]
        assert not any(map(pa.types.is_dictionary, [*found.schema.types, *by_level.schema.types]))

    def test_every_table_comes_back_row_for_row_in_order(self, store: Store) -> None:
        span = dict.fromkeys(("start_line", "start_column", "end_line", "end_column", "start_byte", "end_byte"), 1)
        tables: dict[str, list[dict[str, Any]]] = {
            "files": [file("a.py"), file("dir/caf\\xe9.py")],
            "nodes": [node("f"), node("g", "dir/caf\\xe9.py"), node("os.path", None, kind="external")],
            "edges": [edge("a.f@a.py", "os.path@external")],
            "call_sites": [
                {"id": "c#call1", "caller_id": "a.f@a.py", "callee_text": "g", "arity": 0, "file_path": "a.py",
                 "span": span, "status": "resolved", "candidates": ["x", "y"]},
            ],
            "diagnostics": [{"stage": "parse", "code": "slow", "category": "permanent", "message": "m"}],
            "metrics": [{"node_id": "a.f@a.py", "name": "rank", "value": 0.5}],
        }  # fmt: skip
        commit(store, tables)
        with store.snapshot() as snapshot:
            assert snapshot.tables() == sorted(tables)
            for table, wanted in tables.items():
                found = rows(snapshot, table)
                assert snapshot.count(table) == len(wanted)
                for have, row in zip(found, wanted, strict=True):
                    assert {**row, **({"version": have["version"]} if table == "nodes" else {})} == {
                        key: value for key, value in have.items() if key in row or value is not None
                    }
                for part in snapshot.scan(table):
                    assert part.schema.equals(TABLES[table].physical_schema)

    def test_many_small_batches_become_few_chunks_and_one_large_batch_several(self, store: Store) -> None:
        with store.begin(repo_id="r", reason="t") as transaction:
            for first in range(0, 20_000, 100):
                transaction.append("nodes", batch("nodes", [node(f"f{n}") for n in range(first, first + 100)]))
            many = pa.Table.from_batches([batch("edges", [edge("a.f0@a.py", "a.f1@a.py")])] * 70_000)
            transaction.append("edges", many.unify_dictionaries().combine_chunks().to_batches()[0])
            transaction.commit({})
        with store.snapshot() as snapshot:
            sizes = [part.num_rows for part in snapshot.scan("nodes", ["kind"])]
            assert max(sizes[:-1]) <= 32_768
            assert min(sizes[:-1]) >= 8_192
            assert max(part.num_rows for part in snapshot.scan("nodes")) <= 4_096  # unpacked at once
            assert [row["name"] for row in rows(snapshot, "nodes", ["name"])] == [f"f{n}" for n in range(20_000)]
            assert [part.num_rows for part in snapshot.scan("edges", ["kind"])] == [23_334, 23_334, 23_332]

    def test_a_repository_wide_dictionary_is_cut_to_each_chunk(self, store: Store) -> None:
        shared = pa.array([f"a.f{n}@a.py" for n in range(50_000)])
        schema = TABLES["edges"].physical_schema
        one = batch("edges", [edge("x", "y")])
        with store.begin(repo_id="r", reason="t") as transaction:
            for first in range(0, 50_000, 10_000):
                codes = np.arange(first, first + 10_000, dtype=np.int32)
                mask = codes % 1000 == 0
                wide = pa.Table.from_batches([one] * 10_000).unify_dictionaries().combine_chunks().to_batches()[0]
                columns = {name: wide.column(name) for name in schema.names}
                columns["source_id"] = pa.DictionaryArray.from_arrays(pa.array(codes, mask=mask), shared)
                transaction.append("edges", pa.record_batch(list(columns.values()), schema=schema))
            transaction.commit({})
        with store.snapshot() as snapshot:
            sources = [row["source_id"] for row in rows(snapshot, "edges", ["source_id"])]
            assert sources == [None if n % 1000 == 0 else f"a.f{n}@a.py" for n in range(50_000)]
            assert all(len(part.column(0).dictionary) < 10_000 for part in snapshot.scan("edges", ["source_id"]))
            assert snapshot.edges_from(["a.f49999@a.py"]).num_rows == 1

    def test_batches_may_have_other_encodings_and_column_order(self, store: Store) -> None:
        plain = batch("nodes", [node("f"), node("g")])
        columns = {name: plain.column(name) for name in reversed(plain.schema.names)}
        columns["id"] = columns["id"].dictionary_encode()
        columns["kind"] = columns["kind"].dictionary_decode()
        columns["language"] = pa.array(["py", None]).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string()))
        columns["start_line"] = columns["start_line"].cast(pa.int64())
        with store.begin(repo_id="r", reason="t") as transaction:
            transaction.append("nodes", pa.record_batch(columns))
            transaction.append("nodes", batch("nodes", [node("h")]))
            transaction.commit({})
        with store.snapshot() as snapshot:
            assert [row["id"] for row in rows(snapshot, "nodes")] == ["a.f@a.py", "a.g@a.py", "a.h@a.py"]
            assert [row["language"] for row in rows(snapshot, "nodes")] == ["py", None, None]
            assert snapshot.nodes_by_id(["a.g@a.py"]).schema.equals(TABLES["nodes"].physical_schema)
            assert all(part.schema.equals(TABLES["nodes"].physical_schema) for part in snapshot.scan("nodes"))

    def test_given_keys_are_used_and_do_not_become_columns(self, store: Store) -> None:
        def keys(texts: list[str]) -> pa.Array:
            return pa.array([xxhash.xxh3_64_intdigest(text.encode()) for text in texts], pa.uint64())

        nodes = batch("nodes", [node("f"), node("g")])
        for name, column in (("key", "id"), ("name_key", "name"), ("fqn_key", "fqn")):
            nodes = nodes.append_column(name, keys(nodes.column(column).to_pylist()))
        edges = batch("edges", [edge("a.f@a.py", "a.g@a.py")])
        edges = edges.append_column("source_key", keys(["a.f@a.py"])).append_column("target_key", keys(["a.g@a.py"]))
        with store.begin(repo_id="r", reason="t") as transaction:
            transaction.append("nodes", nodes)
            transaction.append("edges", edges)
            assert not any(transaction.dangling().values())
            transaction.commit({})
        with store.snapshot() as snapshot:
            assert snapshot.nodes_by_name("g")["id"].to_pylist() == ["a.g@a.py"]
            assert snapshot.edges_to(["a.g@a.py"])["source_id"].to_pylist() == ["a.f@a.py"]
            assert next(snapshot.scan("nodes")).schema.names == TABLES["nodes"].schema.names

    def test_a_plugin_s_own_table_is_kept_in_its_schema(self, store: Store) -> None:
        own = pa.record_batch({"file_path": pa.array(["a.py", "b.py"]), "score": pa.array([1, 2])})
        with store.begin(repo_id="r", reason="t") as transaction:
            transaction.append("plugin_scores", own)
            transaction.commit({})
        with store.snapshot() as snapshot:
            assert snapshot.tables() == ["plugin_scores"]
            assert rows(snapshot, "plugin_scores", ["score"]) == [{"score": 1}, {"score": 2}]
            assert snapshot.schema("plugin_scores").names == ["file_path", "score"]
            assert snapshot.schema("nodes").equals(TABLES["nodes"].physical_schema)
            assert snapshot.schema("unknown").names == []
            assert (snapshot.count("unknown"), rows(snapshot, "unknown")) == (0, [])

    def test_an_empty_snapshot_is_a_snapshot(self, store: Store) -> None:
        with store.begin(repo_id="r", reason="t") as transaction:
            transaction.append("nodes", batch("nodes", []))
            transaction.commit({})
        with store.snapshot() as snapshot:
            assert (snapshot.tables(), snapshot.count("nodes"), rows(snapshot, "nodes")) == ([], 0, [])
            assert snapshot.nodes_by_id(["x"]).num_rows == 0
            assert snapshot.edges_from(["x"]).num_rows == 0
            assert snapshot.reachable(["x"], depth=3).num_rows == 0

    @pytest.mark.parametrize(
        ("table", "row", "column"),
        [("files", file("a.py"), "size"), ("nodes", node("f"), "id"), ("edges", edge("a.f@a.py", "a.f@a.py"), "kind")],
    )
    def test_a_batch_outside_the_schema_is_refused_and_the_transaction_goes_on(
        self, store: Store, table: str, row: dict[str, Any], column: str
    ) -> None:
        good = batch(table, [row])
        position = good.schema.get_field_index(column)
        with store.begin(repo_id="r", reason="t") as transaction:
            for bad in (good.drop_columns([column]), good.set_column(position, column, pa.array([[b"\xff"]]))):
                with pytest.raises(StorageError) as caught:
                    transaction.append(table, bad)
                assert (caught.value.code, caught.value.category) == ("batch-invalid", ErrorCategory.PERMANENT)
            transaction.append(table, good)
            transaction.commit({})
        with store.snapshot() as snapshot:
            assert snapshot.count(table) == 1


class TestReading:
    @pytest.fixture
    def graph(self, store: Store) -> Iterator[snapshot_module.Snapshot]:
        ids = [f"a.{name}@a.py" for name in "fgh"]
        edges = [
            edge(ids[0], ids[1]),
            edge(ids[0], ids[2], kind="references"),
            edge(ids[1], ids[2]),
            edge(ids[2], ids[1]),
        ]
        again = node("f", "b.py", fqn="a.f")
        commit(store, {"nodes": [node("f", complexity=1), node("g", complexity=2), node("h"), again], "edges": edges})
        with store.snapshot() as snapshot:
            yield snapshot

    def test_nodes_are_found_by_id_in_the_order_asked(self, graph: snapshot_module.Snapshot) -> None:
        found = graph.nodes_by_id(["a.h@a.py", "nothing", "a.f@a.py", "a.h@a.py"])
        assert found["id"].to_pylist() == ["a.h@a.py", "a.f@a.py"]
        assert found.schema.equals(TABLES["nodes"].physical_schema)
        assert graph.nodes_by_id(["a.g@a.py"], ["name", "complexity"]).to_pylist() == [{"name": "g", "complexity": 2}]
        assert graph.nodes_by_id([]).num_rows == 0

    def test_nodes_have_one_schema_however_many_are_found(self, graph: snapshot_module.Snapshot) -> None:
        columns = ["kind", "id", "modifiers", "is_test"]
        ids = ["a.f@a.py", "a.g@a.py", "b.f@b.py"]
        one, few = (graph.nodes_by_id(ids[:count], columns) for count in (1, 3))
        assert few.column("id").to_pylist() == ids
        assert one.schema == few.schema
        assert pa.types.is_dictionary(few.schema.field("kind").type)

    def test_nodes_are_found_by_name_and_qualified_name(self, graph: snapshot_module.Snapshot) -> None:
        assert graph.nodes_by_name("f")["id"].to_pylist() == ["a.f@a.py", "b.f@b.py"]
        assert graph.nodes_by_fqn("a.f")["id"].to_pylist() == ["a.f@a.py", "b.f@b.py"]
        assert graph.nodes_by_fqn("b.f").num_rows == 0

    def test_edges_are_found_at_both_ends_and_by_kind(self, graph: snapshot_module.Snapshot) -> None:
        def pairs(table: pa.Table) -> list[tuple[str, str]]:
            return [(row["source_id"][2], row["target_id"][2]) for row in table.to_pylist()]

        assert pairs(graph.edges_from(["a.g@a.py", "a.f@a.py"])) == [("g", "h"), ("f", "g"), ("f", "h")]
        assert pairs(graph.edges_from(["a.f@a.py"], kinds=["references"])) == [("f", "h")]
        assert pairs(graph.edges_from(["a.f@a.py"], kinds=["no-such-kind"])) == []
        assert pairs(graph.edges_to(["a.h@a.py"])) == [("f", "h"), ("g", "h")]
        assert graph.edges_to(["a.h@a.py"], ["calls"], ["id"]).schema.names == ["id"]
        assert graph.edges_to(["nothing"]).num_rows == 0

    def test_reachable_gives_each_node_once_with_its_distance(self, graph: snapshot_module.Snapshot) -> None:
        def reached(*args: Any, **options: Any) -> dict[str, int]:
            return {row["id"][2]: row["depth"] for row in graph.reachable(*args, **options).to_pylist()}

        assert reached(["a.f@a.py"], depth=5) == {"g": 1, "h": 1}
        assert reached(["a.f@a.py"], depth=5, kinds=["calls"]) == {"g": 1, "h": 2}
        assert reached(["a.f@a.py"], depth=1, kinds=["calls"]) == {"g": 1}
        assert reached(["a.h@a.py"], depth=5, reverse=True, kinds=["calls"]) == {"g": 1, "f": 2}

    @pytest.mark.parametrize(
        ("predicate", "names"),
        [
            (pc.field("name") == "f", ["f", "f"]),
            (pc.field("kind") == "function", ["f", "g", "h", "f"]),
            (pc.field("kind").isin(["class"]), []),
            ((pc.field("complexity") > 1) | (pc.field("file_path") == "b.py"), ["g", "f"]),
            (pc.match_substring(pc.field("file_path"), "b."), ["f"]),
        ],
    )
    def test_scan_keeps_the_rows_a_predicate_holds_for(
        self, graph: snapshot_module.Snapshot, predicate: pc.Expression, names: list[str]
    ) -> None:
        found = [name for part in graph.scan("nodes", ["name"], predicate) for name in part.column(0).to_pylist()]
        assert found == names

    def test_a_shared_hash_never_gives_another_node(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, chunks: str
    ) -> None:
        clash = pa.array([1, 1, 2], pa.uint64())
        nodes = batch("nodes", [node("f"), node("g"), node("h")]).append_column("key", clash)
        edges = batch("edges", [edge("a.f@a.py", "a.h@a.py"), edge("a.g@a.py", "a.h@a.py")])
        edges = edges.append_column("source_key", clash[:2]).append_column("target_key", pa.array([2, 2], pa.uint64()))
        with store.begin(repo_id="r", reason="t") as transaction:
            transaction.append("nodes", nodes)
            transaction.append("edges", edges)
            assert transaction.dangling()["duplicate_id"] == 1
            transaction.commit({})
        wanted = {"a.f@a.py": 1, "a.g@a.py": 1, "a.h@a.py": 2}
        monkeypatch.setattr(
            snapshot_module, "text_keys", lambda texts: np.array([wanted.get(text, 1) for text in texts], np.uint64)
        )
        with store.snapshot() as snapshot:
            assert snapshot.nodes_by_id(["a.g@a.py"])["id"].to_pylist() == ["a.g@a.py"]
            assert snapshot.nodes_by_id(["a.g@a.py", "a.f@a.py"])["id"].to_pylist() == ["a.g@a.py", "a.f@a.py"]
            assert snapshot.nodes_by_id(["a.x@a.py"]).num_rows == 0
            if chunks == "plain":  # packed edges name nodes by their hash: decision 15
                assert snapshot.edges_from(["a.g@a.py"])["source_id"].to_pylist() == ["a.g@a.py"]
            assert snapshot.edges_from(["a.x@a.py"]).num_rows == 0

    def test_a_closed_snapshot_and_a_closed_store_say_so(self, store: Store) -> None:
        commit(store, module("a.py", "fg"))
        snapshot = store.snapshot()
        kept = list(snapshot.scan("nodes"))
        snapshot.close()
        snapshot.close()
        for use in (lambda: snapshot.count("nodes"), lambda: snapshot.nodes_by_id(["x"])):
            with pytest.raises(StorageError, match="snapshot is closed"):
                use()
        store.close()
        store.close()
        with pytest.raises(StorageError, match="store is closed"):
            store.head()
        assert kept[0].column("name").to_pylist() == ["f", "g"]


class TestTransactions:
    def test_a_commit_is_the_head_with_its_summary_and_state(self, store: Store) -> None:
        assert store.head() is None
        assert store.state("walk") is None
        with store.begin(repo_id="r", reason="first") as transaction:
            transaction.put_state("walk", b"\0\1")
            first = transaction.commit({"lines": 3, "files": {"seen": 1}})
        head = store.head()
        assert head is not None
        assert (head.id, head.parent_id, head.reason, head.uuid) == (first, None, "first", transaction.uuid)
        assert head.summary == {"lines": 3, "files": {"seen": 1}, "snapshot_id": first}
        assert store.state("walk") == b"\0\1"
        second = commit(store)
        assert [(info.id, info.parent_id) for info in store.snapshots()] == [(first, None), (second, first)]
        assert store.state("walk") is None
        assert second > first

    def test_leaving_the_block_without_commit_changes_nothing(self, store: Store) -> None:
        commit(store, module("a.py", "f"))
        before = files_of(store)
        with store.begin(repo_id="r", reason="t") as transaction:
            transaction.append("nodes", batch("nodes", [node("g")]))
            assert len(files_of(store)) == len(before) + 1
        assert files_of(store) == before
        assert len(store.snapshots()) == 1
        for use in (lambda: transaction.append("nodes", batch("nodes", [])), lambda: transaction.commit({})):
            with pytest.raises(StorageError, match="transaction is closed"):
                use()

    def test_dangling_edges_and_repeated_ids_are_counted(self, store: Store) -> None:
        with store.begin(repo_id="r", reason="t") as transaction:
            assert transaction.dangling() == {"source_id": 0, "target_id": 0, "duplicate_id": 0}
            transaction.append("nodes", batch("nodes", [node("f"), node("f"), node("g")]))
            transaction.append("edges", batch("edges", [edge("a.f@a.py", "gone"), edge("gone", "gone")]))
            assert transaction.dangling() == {"source_id": 1, "target_id": 2, "duplicate_id": 1}
            transaction.append("nodes", batch("nodes", [node("x", None, id="gone")]))
            assert transaction.dangling() == {"source_id": 0, "target_id": 0, "duplicate_id": 1}

    def test_indexes_that_are_written_ahead_are_those_of_the_commit(self, store: Store) -> None:
        counts = {"source_id": 0, "target_id": 1, "duplicate_id": 0}
        found = []
        for ahead in (False, True):
            with store.begin(repo_id="r", reason="t") as transaction:
                transaction.append("nodes", batch("nodes", [node("f"), node("g")]))
                transaction.append("edges", batch("edges", [edge("a.f@a.py", "gone")]))
                if ahead:
                    transaction.index()
                    transaction.index()
                assert transaction.dangling() == counts
                transaction.append("files", batch("files", [file("a.py")]))
                transaction.commit({})
            with store.snapshot() as snapshot:
                found.append(content(snapshot))
        assert found[0] == found[1]

    def test_what_goes_wrong_in_the_other_thread_ends_the_transaction(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sort = indexes.sort_rows

        def refuse(keys: Keys) -> tuple[Keys, indexes.Rows]:
            if threading.current_thread() is not threading.main_thread():
                raise MemoryError("no room to sort")
            return sort(keys)

        monkeypatch.setattr(indexes, "sort_rows", refuse)
        with store.begin(repo_id="r", reason="t") as transaction:
            transaction.append("nodes", batch("nodes", [node("f"), node("g")]))
            with pytest.raises(MemoryError, match="no room to sort"):
                transaction.index()
            with pytest.raises(StorageError, match="transaction is closed"):
                transaction.commit({})
        assert store.snapshots() == []
        assert files_of(store) == set()

    @pytest.mark.parametrize("table", ["nodes", "edges"])
    def test_nothing_is_indexed_that_comes_later(self, store: Store, table: str) -> None:
        late = batch("nodes", [node("g")]) if table == "nodes" else batch("edges", [edge("a.f@a.py", "a.f@a.py")])
        with store.begin(repo_id="r", reason="t") as transaction:
            transaction.append("nodes", batch("nodes", [node("f")]))
            transaction.index()
            with pytest.raises(StorageError, match="table is closed"):
                transaction.append(table, late)
        assert store.snapshots() == []

    def test_a_node_keeps_its_version_while_its_content_stays(self, store: Store) -> None:
        commit(store, module("a.py", "fgh"))
        commit(store, {"nodes": [node("f"), node("g", text="new"), node("k"), node("n", content_hash=None)]})
        commit(store, {"nodes": [node("g", text="new"), node("f"), node("k", text="2"), node("n", content_hash=None)]})
        uuids = [info.uuid for info in store.snapshots()]
        with store.snapshot() as snapshot:
            found = {row["name"]: row["version"] for row in rows(snapshot, "nodes")}
        assert found["g"] == uuids[-2]
        assert found["n"] == uuids[-2]
        assert found["k"] == uuids[-1]
        assert found["f"] < uuids[-2]

    def test_snapshot_ids_go_forward_when_the_clock_goes_back(self, tmp_path: Path) -> None:
        times = iter([5_000_000_000_000, 4_000_000_000_000, 4_000_000_000_000, 5_000_000_000_000] * 10)
        with Store.open(tmp_path, clock=lambda: next(times)) as store:
            made = [commit(store, module("a.py", "f")) for _ in range(6)]
        assert made == sorted(made)
        assert len(set(made)) == len(made)

    def test_threads_share_a_store_and_one_commit_wins(self, store: Store) -> None:
        commit(store, module("a.py", "f"))
        barrier = threading.Barrier(4)
        outcomes: list[str] = []

        def work(number: int) -> None:
            with store.begin(repo_id="r", reason=str(number)) as transaction:
                transaction.append("nodes", batch("nodes", [node(f"f{number}")]))
                barrier.wait()
                try:
                    outcomes.append(transaction.commit({}))
                except ConflictError as error:
                    outcomes.append(f"{error.code} {error.category} {error.context['files']}")

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count("commit-conflict transient ['a.py']") == 3
        assert len(store.snapshots()) == 2
        assert len(files_of(store)) == 2


class TestPartialCommits:
    def test_only_the_named_files_change(self, store: Store) -> None:
        commit(store, module("a.py", "fg"), module("b.py", "kl"), {"nodes": [node("os", None)]})
        commit(store, module("a.py", "g", text="new"), replaces=["a.py"])
        with store.snapshot() as snapshot:
            assert sorted(row["id"] for row in rows(snapshot, "nodes")) == [
                "a.g@a.py", "b.k@b.py", "b.l@b.py", "os@external",
            ]  # fmt: skip
            assert [row["path"] for row in rows(snapshot, "files")] == ["b.py", "a.py"]
            assert snapshot.count("edges") == 1
            assert snapshot.nodes_by_name("f").num_rows == 0
            assert snapshot.edges_from(["a.f@a.py"]).num_rows == 0
            assert snapshot.reachable(["b.k@b.py"], depth=2)["id"].to_pylist() == ["b.l@b.py"]

    def test_a_removed_file_leaves_and_rows_of_the_repository_are_replaced_when_given(self, store: Store) -> None:
        metric = {"node_id": "b.k@b.py", "name": "rank", "value": 1.0}
        commit(store, module("a.py", "f"), module("b.py", "k"), {"metrics": [metric]})
        commit(store, replaces=["a.py"])
        commit(store, {"metrics": [{**metric, "value": 2.0}]}, replaces=[])
        with store.snapshot() as snapshot:
            assert [row["name"] for row in rows(snapshot, "nodes")] == ["k"]
            assert [row["value"] for row in rows(snapshot, "metrics")] == [2.0]
        commit(store, replaces=["b.py", ""])
        with store.snapshot() as snapshot:
            assert snapshot.tables() == []

    def test_new_rows_of_a_layer_leave_the_file_s_other_layers_alone(self, store: Store) -> None:
        finding = {
            "id": "1", "analyzer": "a", "rule_id": "r", "type": "t", "message": "m", "severity": "low",
            "confidence": 1.0, "file_path": "a.py",
        }  # fmt: skip
        commit(store, module("a.py", "f"), {"findings": [finding]})
        commit(store, {"findings": [{**finding, "id": "2"}]}, replaces=[])
        with store.snapshot() as snapshot:
            assert [row["id"] for row in rows(snapshot, "findings")] == ["2"]
            assert snapshot.count("nodes") == 1

    def test_a_node_without_a_file_owns_itself(self, store: Store) -> None:
        commit(store, module("a.py", "f"), {"nodes": [node("os", None)]})
        first = store.head()
        one = store.begin(repo_id="r", reason="t", replaces=["a.py"], reads=[])
        two = store.begin(repo_id="r", reason="t", replaces=["b.py"], reads=[])
        for transaction in (one, two):
            transaction.append("nodes", batch("nodes", [node("os", None), node("sys", None)]))
        one.commit({})
        two.commit({})
        assert first is not None
        with store.snapshot() as snapshot:
            versions = {row["name"]: row["version"] for row in rows(snapshot, "nodes")}
            assert versions == {"os": first.uuid, "sys": one.uuid}
            assert snapshot.count("nodes") == 2
            assert snapshot.nodes_by_name("sys")["version"].to_pylist() == [one.uuid]

    def test_whoever_needs_a_node_without_a_file_conflicts_with_its_removal(self, store: Store) -> None:
        commit(store, module("a.py", "f"), {"nodes": [node("os", None)]})
        user = store.begin(repo_id="r", reason="t", replaces=["b.py"], reads=["/os@external"])
        adder = store.begin(repo_id="r", reason="t", replaces=["c.py"], reads=[])
        adder.append("nodes", batch("nodes", [node("os", None)]))
        commit(store, replaces=["/os@external"], reads=[])
        with pytest.raises(ConflictError) as caught:
            user.commit({})
        assert caught.value.context["files"] == ["/os@external"]
        adder.commit({})
        with store.snapshot() as snapshot:
            assert sorted(row["name"] for row in rows(snapshot, "nodes")) == ["f", "os"]

    def test_dangling_looks_at_what_stays(self, store: Store) -> None:
        commit(store, module("a.py", "f"), module("b.py", "k"))
        with store.begin(repo_id="r", reason="t", replaces=["a.py"]) as transaction:
            ends = [edge("b.k@b.py", "a.f@a.py")]
            transaction.append("edges", batch("edges", ends))
            assert transaction.dangling() == {"source_id": 0, "target_id": 1, "duplicate_id": 0}
            transaction.append("nodes", batch("nodes", [node("f")]))
            assert transaction.dangling() == {"source_id": 0, "target_id": 0, "duplicate_id": 0}

    def test_versions_and_state_carry_over(self, store: Store) -> None:
        with store.begin(repo_id="r", reason="t") as transaction:
            transaction.append("nodes", batch("nodes", [node("f"), node("k", "b.py")]))
            transaction.put_state("one", b"1")
            transaction.put_state("two", b"2")
            transaction.commit({})
        with store.begin(repo_id="r", reason="t", replaces=["a.py"]) as transaction:
            transaction.append("nodes", batch("nodes", [node("f"), node("g")]))
            transaction.put_state("two", b"3")
            transaction.commit({})
        first, second = (info.uuid for info in store.snapshots())
        with store.snapshot() as snapshot:
            assert {row["name"]: row["version"] for row in rows(snapshot, "nodes")} == {
                "f": first, "k": first, "g": second,
            }  # fmt: skip
        assert (store.state("one"), store.state("two")) == (b"1", b"3")

    def test_disjoint_writes_rebase_and_overlapping_ones_conflict_by_name(self, store: Store) -> None:
        commit(store, module("a.py", "f"), module("b.py", "k"), module("c.py", "x"))
        ours = store.begin(repo_id="r", reason="ours", replaces=["b.py"], reads=["b.py"])
        reader = store.begin(repo_id="r", reason="reader", replaces=["c.py"], reads=["a.py"])
        cautious = store.begin(repo_id="r", reason="cautious", replaces=["c.py"])
        same = store.begin(repo_id="r", reason="same", replaces=["a.py"], reads=[])
        commit(store, module("a.py", "g"), replaces=["a.py"])
        ours.append("nodes", batch("nodes", [node("l", "b.py")]))
        ours.commit({})
        for transaction, named in ((reader, ["a.py"]), (same, ["a.py"]), (cautious, ["a.py", "b.py"])):
            with pytest.raises(ConflictError) as caught:
                transaction.commit({})
            assert caught.value.context["files"] == named
        with store.snapshot() as snapshot:
            assert sorted(row["name"] for row in rows(snapshot, "nodes")) == ["g", "l", "x"]

    def test_files_can_be_named_until_the_commit(self, store: Store) -> None:
        commit(store, module("a.py", "f"), module("b.py", "k"), module("c.py", "x"))
        with store.begin(repo_id="r", reason="t", replaces=[], reads=[]) as transaction:
            assert transaction.base is not None
            assert transaction.base.count("nodes") == 3
            transaction.replace("a.py", "c.py")
            transaction.append("nodes", batch("nodes", [node("y", "c.py")]))
            commit(store, module("b.py", "l"), replaces=["b.py"])
            made = transaction.commit({})
        assert transaction.rebased == store.snapshots()[-2].id
        with store.snapshot(made) as snapshot:
            assert sorted(row["name"] for row in rows(snapshot, "nodes")) == ["l", "y"]
        with store.begin(repo_id="r", reason="t", replaces=["a.py"], reads=[]) as transaction:
            transaction.read("b.py")
            commit(store, module("b.py", "m"), replaces=["b.py"])
            with pytest.raises(ConflictError) as caught:
                transaction.commit({})
        assert caught.value.context["files"] == ["b.py"]
        assert (caught.value.context["base"], caught.value.context["head"]) == tuple(
            info.id for info in store.snapshots()
        )

    def test_rows_may_be_computed_from_an_older_snapshot(self, store: Store) -> None:
        first = commit(store, module("a.py", "f"), module("b.py", "k"))
        commit(store, module("a.py", "g"), replaces=["a.py"])
        with store.begin(repo_id="r", reason="t", base=first, replaces=["b.py"], reads=[]) as transaction:
            transaction.append("nodes", batch("nodes", [node("l", "b.py")]))
            transaction.commit({})
        with store.snapshot() as snapshot:
            assert sorted(row["name"] for row in rows(snapshot, "nodes")) == ["g", "l"]
        with (
            store.begin(repo_id="r", reason="t", base=first, replaces=["a.py"]) as transaction,
            pytest.raises(ConflictError),
        ):
            transaction.commit({})
        with pytest.raises(StorageError, match="snapshot-missing"):
            store.begin(repo_id="r", reason="t", base="1_00000000_0000")


class TestRetention:
    def test_old_snapshots_go_and_their_segments_with_them(self, store: Store) -> None:
        made = [commit(store, module("a.py", "f", text=str(number))) for number in range(5)]
        assert [info.id for info in store.snapshots()] == made[-2:]
        assert len(files_of(store)) == 2
        with pytest.raises(StorageError) as caught:
            store.snapshot(made[0])
        assert caught.value.code == "snapshot-missing"

    def test_a_pinned_snapshot_stays_bit_for_bit_while_writers_commit(self, store: Store) -> None:
        first = commit(store, module("a.py", "fgh"), module("b.py", "k"))
        pinned = store.snapshot()
        before = content(pinned)
        for number in range(5):
            commit(store, module("a.py", "xyz", text=str(number)), **({"replaces": ["a.py"]} if number % 2 else {}))
        assert content(pinned) == before
        with store.snapshot(first) as again:
            assert content(again) == before
        pinned.close()
        commit(store, module("a.py", "f"))
        assert first not in {info.id for info in store.snapshots()}
        assert len(files_of(store)) == 2

    def test_a_snapshot_that_was_dropped_without_close_gives_its_lease_back(self, store: Store) -> None:
        first = commit(store, module("a.py", "f"))
        snapshot = store.snapshot()
        del snapshot
        gc.collect()
        for number in range(3):
            commit(store, module("a.py", "f", text=str(number)))
        assert first not in {info.id for info in store.snapshots()}

    def test_a_long_reader_renews_its_lease(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        commit(store, module("a.py", "f"))
        with store.snapshot() as snapshot:
            database = sqlite3.connect(store.path / "catalog.sqlite")
            database.execute("UPDATE lease SET heartbeat = 0")
            database.commit()
            monkeypatch.setattr(snapshot_module, "_RENEW_S", -1.0)
            snapshot.count("nodes")
            (heartbeat,) = database.execute("SELECT max(heartbeat) FROM lease").fetchone()
            database.close()
        assert heartbeat > 0


class TestOpening:
    def test_reading_where_nothing_was_indexed_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError) as caught:
            Store.open(tmp_path / "none", read_only=True)
        assert (caught.value.code, caught.value.category) == ("store-missing", ErrorCategory.PERMANENT)
        assert "codegraph index" in caught.value.remedy
        assert not (tmp_path / "none").exists()
        with Store.open(tmp_path / "new") as store, pytest.raises(StorageError) as caught:
            store.snapshot()
        assert caught.value.code == "store-missing"

    def test_the_cache_is_ignored_by_git(self, store: Store) -> None:
        assert (store.path / ".gitignore").read_text() == "*\n"

    def test_a_read_only_store_reads_and_refuses_to_write(self, store: Store) -> None:
        commit(store, module("a.py", "f"))
        with Store.open(store.path, read_only=True) as reader:
            with reader.snapshot() as snapshot:
                assert snapshot.count("nodes") == 1
            with pytest.raises(StorageError) as caught:
                reader.begin(repo_id="r", reason="t")
        assert caught.value.code == "store-read-only"
        assert "cache_dir" in caught.value.remedy

    def test_a_newer_store_is_not_written_and_read_only_if_it_allows_it(self, store: Store) -> None:
        commit(store, module("a.py", "f"))
        store.close()
        database = sqlite3.connect(store.path / "catalog.sqlite", isolation_level=None)
        database.execute("PRAGMA user_version = 99")
        with pytest.raises(StorageError) as caught:
            Store.open(store.path)
        assert caught.value.code == "store-newer"
        assert "99" in caught.value.message
        with Store.open(store.path, read_only=True) as reader, reader.snapshot() as snapshot:
            assert snapshot.count("nodes") == 1
        database.execute("UPDATE meta SET value = '50' WHERE name = 'min_reader'")
        with pytest.raises(StorageError, match="store-newer"):
            Store.open(store.path, read_only=True)
        database.close()

    def test_an_older_store_is_migrated_by_the_first_writer(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        commit(store, module("a.py", "f"))
        store.close()
        version = catalog.SCHEMA_VERSION
        monkeypatch.setattr(catalog, "SCHEMA_VERSION", version + 1)
        step = lambda db: db.execute("INSERT INTO meta VALUES('migrated', '1')")  # noqa: E731
        monkeypatch.setitem(catalog.MIGRATIONS, version, step)
        with pytest.raises(StorageError, match="store-older"):
            Store.open(store.path, read_only=True)
        Store.open(store.path).close()
        with Store.open(store.path, read_only=True) as reader, reader.snapshot() as snapshot:
            assert snapshot.count("nodes") == 1
        database = sqlite3.connect(store.path / "catalog.sqlite")
        assert database.execute("SELECT value FROM meta WHERE name = 'migrated'").fetchone() == ("1",)
        assert database.execute("PRAGMA user_version").fetchone() == (version + 1,)
        database.close()

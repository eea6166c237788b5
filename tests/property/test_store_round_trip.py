"""Any rows in any batches come back; any sequence of commits reads like a dictionary of files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from codegraph._internal.store import Snapshot, Store
from codegraph._internal.store.verification import verify
from codegraph_hookspecs import TABLES
from tests.unit.store.graphs import batch, commit, content, edge, module, node

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SPAN = ("start_line", "start_column", "end_line", "end_column", "start_byte", "end_byte")


def values(field: pa.Field) -> st.SearchStrategy[Any]:
    kind = field.type
    made: st.SearchStrategy[Any]
    if pa.types.is_string(kind):
        made = TEXT
    elif pa.types.is_list(kind):
        made = st.lists(TEXT, max_size=3)
    elif pa.types.is_struct(kind):
        made = st.fixed_dictionaries(dict.fromkeys(SPAN, st.integers(0, 2**31 - 1)))
    elif pa.types.is_boolean(kind):
        made = st.booleans()
    elif pa.types.is_floating(kind):
        made = st.floats(width=32, allow_nan=False)
    else:
        made = st.integers(-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1)
    return st.none() | made if field.nullable else made


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[list[dict[str, Any]]]]:
    name = draw(st.sampled_from([name for name, spec in TABLES.items() if spec.public]))
    row = st.fixed_dictionaries({field.name: values(field) for field in TABLES[name].fields})
    return name, draw(st.lists(st.lists(row, max_size=6), max_size=4))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(tables(), max_size=3))
def test_any_rows_in_any_batches_come_back_in_order(written: list[tuple[str, list[list[dict[str, Any]]]]]) -> None:
    wanted: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        with store.begin(repo_id="r", reason="t") as transaction:
            for table, batches in written:
                for rows in batches:
                    transaction.append(table, batch(table, rows))
                    wanted.setdefault(table, []).extend(rows)
            transaction.commit({})
        with store.snapshot() as snapshot:
            for row in wanted.get("nodes", ()):
                row["version"] = snapshot.info.uuid
                same = [other for other in wanted["nodes"] if other["id"] == row["id"]]
                assert snapshot.nodes_by_id([row["id"]]).num_rows == len(same)
            for row in wanted.get("edges", ()):
                source = [other for other in wanted["edges"] if other["source_id"] == row["source_id"]]
                target = [other for other in wanted["edges"] if other["target_id"] == row["target_id"]]
                assert snapshot.edges_from([row["source_id"]]).to_pylist() == source
                assert snapshot.edges_to([row["target_id"]]).to_pylist() == target
            assert content(snapshot) == {table: rows for table, rows in wanted.items() if rows}


FILES = st.sampled_from(["a.py", "b.py", "dir/c.py", "d.py"])
NAMES = st.lists(st.sampled_from("fghij"), unique=True, max_size=4)


class SnapshotIsolation(RuleBasedStateMachine):
    """A model of the store: every snapshot is a dictionary from file to (names, text)."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store.open(Path(self.folder.name))
        self.files: dict[str, tuple[tuple[str, ...], str]] = {}
        self.versions: dict[tuple[str, str], str] = {}
        self.pinned: list[tuple[Snapshot, dict[str, list[dict[str, Any]]]]] = []
        self.ids: list[str] = []

    @initialize()
    def start(self) -> None:
        self.full({})

    @rule(files=st.dictionaries(FILES, st.tuples(NAMES.map(tuple), st.sampled_from("xyz"))))
    def full(self, files: dict[str, tuple[tuple[str, ...], str]]) -> None:
        self.files = files
        self._committed(commit(self.store, *self._modules(files)))

    @rule(path=FILES, names=NAMES.map(tuple), text=st.sampled_from("xyz"))
    def edit(self, path: str, names: tuple[str, ...], text: str) -> None:
        self.files = {**self.files, path: (names, text)}
        self._committed(commit(self.store, module(path, names, text), replaces=[path]))

    @rule(path=FILES)
    def remove(self, path: str) -> None:
        self.files = {known: value for known, value in self.files.items() if known != path}
        self._committed(commit(self.store, replaces=[path]))

    @rule()
    def abandon(self) -> None:
        with self.store.begin(repo_id="r", reason="t") as transaction:
            transaction.append("nodes", batch("nodes", [node("never")]))
            transaction.append("edges", batch("edges", [edge("never", "never")]))

    @rule()
    def pin(self) -> None:
        snapshot = self.store.snapshot()
        self.pinned.append((snapshot, content(snapshot)))

    @rule()
    def collect(self) -> None:
        self.store.gc()

    @rule()
    def compact(self) -> None:
        self.store.compact(force=True)

    @rule(path=FILES, names=NAMES.map(tuple))
    def edit_on_another_branch(self, path: str, names: tuple[str, ...]) -> None:
        with Store.open(Path(self.folder.name), branch="topic") as topic:
            self.ids.append(commit(topic, module(path, names, "topic"), replaces=[path]))

    @rule()
    def sound(self) -> None:
        assert verify(self.store).problems == ()

    @rule()
    def unpin(self) -> None:
        if self.pinned:
            self.pinned.pop(0)[0].close()

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store.open(Path(self.folder.name))

    @invariant()
    def reads_like_the_model(self) -> None:
        if not self.ids:
            return
        with self.store.snapshot() as snapshot:
            found = content(snapshot)
            assert {row["path"] for row in found.get("files", ())} == set(self.files)
            nodes = {(row["file_path"], row["name"]): row for row in found.get("nodes", ())}
            wanted = {(path, name): text for path, (names, text) in self.files.items() for name in names}
            assert set(nodes) == set(wanted)
            for (path, name), row in nodes.items():
                assert row["version"] == self.versions[path, name], (path, name)
                assert snapshot.nodes_by_id([row["id"]]).to_pylist() == [row]
                names = self.files[path][0]
                following = names[names.index(name) + 1 :]
                assert snapshot.reachable([row["id"]], depth=9).num_rows == len(following)
                assert snapshot.edges_from([row["id"]]).num_rows == bool(following)

    @invariant()
    def pinned_snapshots_stay(self) -> None:
        for snapshot, before in self.pinned:
            assert content(snapshot) == before

    def teardown(self) -> None:
        for snapshot, _ in self.pinned:
            snapshot.close()
        self.store.close()
        self.folder.cleanup()

    def _modules(self, files: dict[str, tuple[tuple[str, ...], str]]) -> list[dict[str, list[dict[str, Any]]]]:
        return [module(path, names, text) for path, (names, text) in files.items()]

    def _committed(self, made: str) -> None:
        assert not self.ids or made > self.ids[-1]
        self.ids.append(made)
        head = self.store.head()
        assert head is not None
        before, self.versions = self.versions, {}
        contents = {(path, name): text for path, (names, text) in self.files.items() for name in names}
        known = getattr(self, "contents", {})
        for place, text in contents.items():
            same = place in before and known.get(place) == text
            self.versions[place] = before[place] if same else head.uuid
        self.contents = contents


TestSnapshotIsolation = SnapshotIsolation.TestCase
TestSnapshotIsolation.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)

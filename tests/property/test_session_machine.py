"""Several sessions on one repository against a model: snapshot isolation, and equality with a full rebuild.

The model is a dictionary from path to bytes for the head and for the base of each session. What a session shows is
compared with an index, from nothing, of exactly the files that the model says it has.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from json import dumps
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from codegraph import CodeGraph, ConflictError, Graph, IndexingError, Session
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store.repository import open_store
from tests.graph_rows import full_index, graph_rows
from tests.property.session_child import MOMENTS

ROOT = Path(__file__).parents[2]
PLUGINS = "language-python,{},stage-cross-file,stage-module-graph,analyzer-import-cycle"
ENGINES = ("parser-rust", "parser-reference")

Files = dict[str, bytes]
PATHS = ("a.py", "b.py", "p/__init__.py", "p/c.py", "p/d.py")
TEXTS = (
    b"",
    b"def f():\n    return g()\n\n\ndef g():\n    return 1\n",
    b"from a import f\nfrom p.c import K\n\n\ndef h():\n    return f() + K().m()\n",
    b"import b\n\n\nclass K:\n    def m(self):\n        return b.h()\n",
    b"from p import d\nfrom .c import K\n\n\nclass L(K):\n    def m(self):\n        return super().m()\n",
    b"def broken(:\n",
    b"# -*- coding: latin-1 -*-\nname = '\xe9'\n",
    b"nul\0\n",
)
paths, texts = st.sampled_from(PATHS), st.sampled_from(TEXTS)


class Open:
    """A session and what the model knows of it."""

    def __init__(self, session: Session, base: Files, seq: int) -> None:
        self.session = session
        self.base = dict(base)
        self.snapshot = session.snapshot_id
        self.changes: dict[str, bytes | None] = {}
        self.reads: set[str] = set()
        self.seq = seq

    def pending(self) -> Files:
        return {path: content for path, content in {**self.base, **self.changes}.items() if content is not None}


class Sessions(RuleBasedStateMachine):
    """Drives sessions of one repository."""

    sessions: Bundle[Open] = Bundle("sessions")
    expected: ClassVar[dict[frozenset[tuple[str, bytes]], dict[str, list[str]]]] = {}
    """Rows of a full index by files; shared by all runs of a test."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="codegraph-machine-")
        self.root = Path(self.folder.name)
        self.graph = CodeGraph()
        self.open: list[Open] = []
        self.previews: list[tuple[Graph, Files]] = []
        self.head: Files = {}
        self.ids: list[str] = []
        self.count = 0

    @initialize(files=st.dictionaries(paths, texts, min_size=1))
    def begin(self, files: Files) -> None:
        self.index(files)

    # -- the working tree ----------------------------------------------------------------------------

    @rule(files=st.dictionaries(paths, texts, min_size=1))
    def index(self, files: Files) -> None:
        """Write a working tree and index it: one commit that takes nothing from the sessions."""
        for path in PATHS:
            (self.root / path).unlink(missing_ok=True)
        with full_index(self.root, files) as graph:
            self.committed(graph.snapshot_id, files)

    @rule(path=paths, text=texts)
    def scribble(self, path: str, text: bytes) -> None:
        """Change the disk; nobody may notice."""
        (self.root / path).parent.mkdir(exist_ok=True)
        (self.root / path).write_bytes(text)

    @rule(files=st.dictionaries(paths, texts, min_size=1))
    def update(self, files: Files) -> None:
        """Write a working tree and take in what is other than in the newest snapshot, whoever made that."""
        for path in PATHS:
            (self.root / path).unlink(missing_ok=True)
        for path, content in files.items():
            (self.root / path).parent.mkdir(exist_ok=True)
            (self.root / path).write_bytes(content)
        with self.graph.index(self.root, mode="incremental").execute() as graph:
            if graph.snapshot_id != self.ids[-1]:
                self.committed(graph.snapshot_id, files)
        assert self.head == files

    # -- sessions ------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.open) < 4)
    @rule(target=sessions)
    def open_session(self) -> Open:
        opened = Open(self.graph.session(self.root), self.head, self.count)
        assert opened.snapshot == self.ids[-1]
        self.open.append(opened)
        return opened

    @rule(one=sessions, path=paths, text=texts)
    def add(self, one: Open, path: str, text: bytes) -> None:
        if path in one.pending():
            with pytest.raises(IndexingError):
                one.session.add_file(path, text)
        else:
            one.session.add_file(path, text)
            one.changes[path] = text

    @rule(one=sessions, path=paths, text=texts)
    def change(self, one: Open, path: str, text: bytes) -> None:
        one.session.add_change(path, text)
        one.changes[path] = text

    @rule(one=sessions, path=paths, data=st.data())
    def edit(self, one: Open, path: str, data: st.DataObject) -> None:
        present = one.pending().get(path)
        if present is None or one.session.pending(path) is None:  # a binary file has no text to edit
            return
        start = data.draw(st.integers(0, len(present)))
        end = data.draw(st.integers(start, len(present)))
        one.session.add_change(path, b"x", start_byte=start, end_byte=end)
        one.changes[path] = present[:start] + b"x" + present[end:]

    @rule(one=sessions, path=paths)
    def remove(self, one: Open, path: str) -> None:
        if path not in one.pending():
            with pytest.raises(IndexingError):
                one.session.remove_file(path)
            return
        one.session.remove_file(path)
        if path in one.base:
            one.changes[path] = None
        else:
            del one.changes[path]

    @rule(one=sessions, path=paths)
    def read(self, one: Open, path: str) -> None:
        one.session.read_set(path)
        one.reads.add(path)

    @rule(one=sessions, kept=st.booleans())
    def preview(self, one: Open, kept: bool) -> None:
        """Look at what a commit would give; the preview may be open still when something is committed."""
        graph = one.session.preview()
        assert graph_rows(graph) == self.rows_of(one.pending())
        if kept:
            self.previews.append((graph, one.pending()))
        else:
            graph.close()

    @precondition(lambda self: self.previews)
    @rule()
    def look_again(self) -> None:
        graph, files = self.previews.pop()
        assert graph_rows(graph) == self.rows_of(files)
        graph.close()

    @rule(one=sessions, looked=st.booleans())
    def commit(self, one: Open, looked: bool) -> None:
        rows = None
        if looked and one.base == self.head:
            with one.session.preview() as graph:
                rows = graph_rows(graph)
        changed = {path for path in PATHS if one.base.get(path) != self.head.get(path)}
        conflict = changed & (one.changes.keys() | one.reads)
        if one.changes and conflict:
            with pytest.raises(ConflictError) as caught:
                one.session.commit()
            assert caught.value.context["files"] == sorted(conflict)
            return
        made = one.session.commit()
        assert rows is None or graph_rows(one.session) == rows
        if one.changes:
            files = {p: content for p, content in {**self.head, **one.changes}.items() if content is not None}
            self.committed(made, files)
            one.base, one.snapshot, one.reads = dict(files), made, set()
        one.changes = {}
        assert one.session.snapshot_id == one.snapshot

    @rule(one=sessions)
    def rollback(self, one: Open) -> None:
        one.session.rollback()
        one.changes = {}

    @rule(one=sessions)
    def refresh(self, one: Open) -> None:
        if one.changes:
            with pytest.raises(IndexingError):
                one.session.refresh()
            return
        assert one.session.refresh() == self.ids[-1]
        one.base, one.snapshot, one.reads = dict(self.head), self.ids[-1], set()

    @rule(one=consumes(sessions))
    def close(self, one: Open) -> None:
        one.session.close()
        self.open.remove(one)

    @precondition(lambda self: len(self.open) < 4)
    @rule(target=sessions, one=sessions)
    def reopen(self, one: Open) -> object:
        """Open the same snapshot a second time."""
        again = Open(CodeGraph().session(self.root, snapshot_id=one.snapshot), one.base, one.seq)
        self.open.append(again)
        return multiple(again)

    # -- other processes and housekeeping ------------------------------------------------------------

    @rule(moment=st.sampled_from(MOMENTS), path=paths, text=texts.filter(lambda text: b"\xe9" not in text))
    def other_process(self, moment: str, path: str, text: bytes) -> None:
        """Commit in a process that is killed on the way."""
        changes = dumps({path: text.decode()})
        done = subprocess.run(
            [sys.executable, str(ROOT / "tests/property/session_child.py"), str(self.root), moment, changes],
            capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == (0 if moment == "none" else -9), done.stderr
        if moment in {"none", "committed"}:
            with CodeGraph().open(self.root) as graph:
                self.committed(graph.snapshot_id, {**self.head, path: text})

    @rule()
    def collect(self) -> None:
        with open_store(IndexingConfig(root_path=self.root)) as store:
            store.gc()

    @rule()
    def compact(self) -> None:
        with open_store(IndexingConfig(root_path=self.root)) as store:
            store.compact(force=True)

    # -- what must hold ------------------------------------------------------------------------------

    def committed(self, snapshot_id: str, files: Mapping[str, bytes]) -> None:
        assert not self.ids or snapshot_id > self.ids[-1]
        self.ids.append(snapshot_id)
        self.head = dict(files)
        self.count += 1

    @invariant()
    def one_session_shows_its_own_files(self) -> None:
        if self.open:
            one = self.open[self.count % len(self.open)]
            assert one.session.snapshot_id == one.snapshot
            assert graph_rows(one.session) == self.rows_of(one.base)
            assert {change.path for change in one.session.changes()} == one.changes.keys()

    def teardown(self) -> None:
        for graph, _ in self.previews:
            graph.close()
        for one in self.open:
            assert graph_rows(one.session) == self.rows_of(one.base)
            one.session.close()
        if self.ids:
            with CodeGraph().open(self.root) as graph:
                assert graph.snapshot_id == self.ids[-1]
                assert graph_rows(graph) == self.rows_of(self.head)
        self.folder.cleanup()

    def rows_of(self, files: Files) -> dict[str, list[str]]:
        key = frozenset(files.items())
        if key not in self.expected:
            with tempfile.TemporaryDirectory() as folder, full_index(Path(folder), files) as graph:
                self.expected[key] = graph_rows(graph)
        return self.expected[key]


CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@pytest.fixture(autouse=True, params=ENGINES)
def _few_plugins(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGRAPH_PLUGINS", PLUGINS.format(request.param))
    monkeypatch.setattr(Sessions, "expected", {})


def run(examples: int, steps: int) -> None:
    """Run the machine with seed 23, with `CODEGRAPH_SEED`, or, exploring, with a new one, which it prints."""
    explores = examples > 10 or "CODEGRAPH_EXPLORE" in os.environ
    number = int(os.environ.get("CODEGRAPH_SEED", random.getrandbits(32) if explores else 23))
    print(f"CODEGRAPH_SEED={number}")
    run_state_machine_as_test(
        seed(number)(Sessions),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=CHECKS,
            print_blob=True,
        ),
    )


@pytest.mark.timeout(600)
def test_sessions_are_isolated_and_equal_to_a_full_rebuild() -> None:
    run(examples=6, steps=20)


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_many_sessions_are_isolated_and_equal_to_a_full_rebuild() -> None:
    run(examples=int(os.environ.get("CODEGRAPH_EXAMPLES", "200")), steps=40)

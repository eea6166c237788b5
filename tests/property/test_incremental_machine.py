"""Incremental == full rebuild: random changes to a repository, and after each the rows of both, in every table.

Two stores see every state: one is updated, the other is built anew each time. Versions of nodes name snapshots, so
they are compared by the step in which their snapshot was made. Where the call graph waits, all tables but those that
are said to be older are equal, and after a refresh all.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import blake3
import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from codegraph import CodeGraph
from codegraph._internal.indexing import RunResult
from codegraph._internal.indexing.incremental import engine, views
from codegraph._internal.indexing.incremental.views import Seen
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store.equality import differences
from codegraph._internal.store.held import HeldSnapshot
from tests.graph_rows import built
from tests.property.incremental_texts import CONFIGS, PLACES, TEXTS
from tests.property.session_child import MOMENTS

ROOT = Path(__file__).parents[2]
COUNTED = ("files", "lines", "nodes", "edges", "call_sites", "imports", "findings", "diagnostics", "other_files")
BACKENDS = ("auto", "auto", "python")
SETTINGS: tuple[dict[str, Any], ...] = ({}, {"exclude": ("web/**", "pkg/sub")}, {"languages": ("python", "java")})
LAZY: dict[str, Any] = {"call-graph": {"lazy": True}}
LAYERS: tuple[dict[str, Any], ...] = (
    {},
    {"occurrences": {}},
    {"call-graph": {}},
    LAZY,
    {"occurrences": {}, "call-graph": {}},
    {"occurrences": {}, **LAZY},
)
BROKEN = ("def broken(:\n", "class {{{ ((", "\0", "é = '\\")
languages = st.sampled_from(sorted(PLACES))
places = languages.flatmap(lambda name: st.tuples(st.sampled_from(PLACES[name]), TEXTS[name]()))
paths = languages.flatmap(lambda name: st.sampled_from(PLACES[name]))
configs = st.sampled_from(sorted(CONFIGS)).flatmap(
    lambda name: st.tuples(st.just(name), st.none() | st.sampled_from(CONFIGS[name]))
)


class Repository(RuleBasedStateMachine):
    """Changes a repository and indexes it twice."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="codegraph-incremental-")
        base = Path(self.folder.name)
        self.root = base / "repository"
        self.root.mkdir()
        self.backend = "auto"
        self.settings: dict[str, Any] = {}
        self.layers: dict[str, Any] = {}
        self.graph = CodeGraph()
        self.committed = self.waited = False
        self.times: dict[tuple[str, str], set[int]] = {}
        self.kept: dict[str, bytes] = {}
        self.steps: dict[str, int] = {}
        self.step = 0
        self.stored_aside = engine.STORED_ASIDE

    def live_at(self, root: Path) -> None:
        base = Path(self.folder.name)
        self.root = root
        common = {"root_path": root, "backend": self.backend, "plugins": self.layers, **self.settings}
        self.waited = self.waited or self.layers.get("call-graph") == {"lazy": True}
        self.updated = IndexingConfig(cache_dir=base / "updated", mode="incremental", **common)
        self.rebuilt = IndexingConfig(cache_dir=base / "rebuilt", mode="full", **common)
        self.sessions = CodeGraph(config=self.updated)

    # -- changes -------------------------------------------------------------------------------------

    @initialize(
        files=st.lists(places, min_size=2, max_size=10),
        backend=st.sampled_from(BACKENDS),
        aside=st.sampled_from((1, 3, 32)),
        layers=st.sampled_from(LAYERS),
    )
    def begin(self, files: list[tuple[str, str]], backend: str, aside: int, layers: dict[str, Any]) -> None:
        engine.STORED_ASIDE = aside
        self.backend = backend
        self.layers = layers
        self.live_at(self.root)
        for path, text in files:
            self.put(path, text)
        self.check()

    @rule(files=st.lists(places, min_size=1, max_size=3))
    def write(self, files: list[tuple[str, str]]) -> None:
        for path, text in files:
            self.put(path, text)
        self.check()

    @rule(path=paths, number=st.integers(0, 9))
    def edit_body(self, path: str, number: int) -> None:
        if (self.root / path).exists():
            comment = "#" if path.endswith(".py") else "//"
            content = (self.root / path).read_bytes()
            (self.root / path).write_bytes(f"{comment} {number}\n\n".encode() + content)
        self.check()

    @rule(
        data=st.data(), places=st.lists(st.tuples(st.integers(0, 12), st.sampled_from((0, 2))), min_size=1, max_size=3)
    )
    def edit_lines(self, data: st.DataObject, places: list[tuple[int, int]]) -> None:
        """Take lines out of a file that calls may lead into or out of, or have them there twice."""
        found = [path for path in self.root.rglob("*") if path.suffix in (".py", ".ts", ".js", ".tsx")]
        if found:
            path = data.draw(st.sampled_from(sorted(found)))
            lines = path.read_bytes().splitlines(keepends=True)
            for at, times in places:
                lines[at : at + 1] *= times
            path.write_bytes(b"".join(lines))
        self.check()

    @rule(path=paths, other=paths)
    def rename(self, path: str, other: str) -> None:
        if (self.root / path).exists():
            (self.root / other).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).rename(self.root / other)
        self.check()

    @rule(path=paths, other=paths)
    def swap(self, path: str, other: str) -> None:
        one, two = self.root / path, self.root / other
        if one.exists() and two.exists() and one != two:
            first, second = one.read_bytes(), two.read_bytes()
            one.write_bytes(second)
            two.write_bytes(first)
        self.check()

    @rule(path=paths)
    def delete(self, path: str) -> None:
        if (self.root / path).exists():
            self.kept[path] = (self.root / path).read_bytes()
            (self.root / path).unlink()
        self.check()

    @rule(folder=st.sampled_from(("pkg", "web/c", "src/p", "go/lib", "rs/src", "kt")))
    def delete_folder(self, folder: str) -> None:
        shutil.rmtree(self.root / folder, ignore_errors=True)
        self.check()

    @rule(path=paths, text=st.sampled_from(BROKEN))
    def break_syntax(self, path: str, text: str) -> None:
        if (self.root / path).exists():
            self.kept[path] = (self.root / path).read_bytes()
            self.put(path, text)
        self.check()

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(self.kept)))
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(self.kept.pop(path))
        self.check()

    @rule(path=paths)
    def touch(self, path: str) -> None:
        if (self.root / path).exists():
            os.utime(self.root / path)
        self.check()

    @rule(config=configs)
    def change_config(self, config: tuple[str, str | None]) -> None:
        path, text = config
        if text is None:
            (self.root / path).unlink(missing_ok=True)
        else:
            self.put(path, text)
        self.check()

    @rule(
        files=st.lists(st.tuples(places, st.booleans()), min_size=1, max_size=3),
        gone=st.none() | paths,
        configured=st.none() | configs,
        saved=st.booleans(),
    )
    def commit_in_session(
        self,
        files: list[tuple[tuple[str, str], bool]],
        gone: str | None,
        configured: tuple[str, str | None] | None,
        saved: bool,
    ) -> None:
        """Commit texts that are in memory alone, or on the disk as well: the rows are those of a build of them."""
        with self.sessions.session() as session:
            texts: dict[str, str | None] = {path: text for (path, text), _ in files}
            if configured is not None:
                texts[configured[0]] = configured[1]
            if gone is not None:
                texts[gone] = None
            for path, text in texts.items():
                if text is not None:
                    session.add_change(path, text)
                elif session.pending(path) is not None:
                    session.remove_file(path)
            with session.preview() as preview, built(session) as expected:
                session.commit()
                for other in (preview, expected):
                    older = left(session.summary)
                    assert other is preview or not left(other.summary)
                    held = differences(session._held, other._held)
                    found = {each.table: each.examples for each in held if other is preview or each.table not in older}
                    assert not found, found
        self.committed = True
        for path, text in texts.items():
            if saved and text is not None:
                self.put(path, text)
        self.check()

    @rule(settings=st.sampled_from(SETTINGS))
    def change_settings(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.live_at(self.root)
        self.check()

    @precondition(lambda self: "call-graph" in self.layers)
    @rule(is_lazy=st.booleans())
    def change_laziness(self, is_lazy: bool) -> None:
        self.layers = {**self.layers, "call-graph": {"lazy": True} if is_lazy else {}}
        self.live_at(self.root)
        self.check()

    @precondition(lambda self: "call-graph" in self.layers)
    @rule()
    def refresh(self) -> None:
        self.check(refresh=())

    @rule()
    def go_elsewhere(self) -> None:
        """Go on with a copy in another folder, as a new worktree is one: no file has the time that it had."""
        root = Path(self.folder.name) / f"copy{self.step}"
        shutil.copytree(self.root, root, copy_function=shutil.copyfile)
        shutil.rmtree(self.root)
        self.live_at(root)
        self.check()

    # -- other processes -----------------------------------------------------------------------------

    @rule()
    def forget(self) -> None:
        """Go on in a process that knows nothing yet."""
        self.graph = CodeGraph()

    @rule(file=places, moment=st.sampled_from(MOMENTS))
    def other_process(self, file: tuple[str, str], moment: str) -> None:
        """Have another process index, which is killed on the way, and resume."""
        self.put(*file)
        child = ROOT / "tests/property/incremental_child.py"
        where = [str(self.root), str(self.updated.store_path)]
        done = subprocess.run(
            [sys.executable, str(child), *where, moment, self.backend, *self.layers],
            capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode in (0, -9), done.stderr
        self.check()

    # -- what must hold ------------------------------------------------------------------------------

    def put(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def check(self, refresh: tuple[str, ...] | None = None) -> None:
        """Index both ways and compare."""
        for path in self.root.rglob("*"):
            if path.is_file():
                content = blake3.blake3(path.read_bytes()).hexdigest()
                key = (path.relative_to(self.root).as_posix(), content)
                self.times.setdefault(key, set()).add(path.stat().st_mtime_ns)
        result = self.graph.run(self.updated, refresh=refresh)
        ours = result.held
        assert ours is not None
        assert not (result.summary["stale"] and (refresh is not None or not self.layers["call-graph"]))
        try:
            if ours.info.uuid in self.steps:
                assert not result.changed
                return

            expected = CodeGraph().run(self.rebuilt)
            other = expected.held
            assert other is not None
            try:
                self.steps[ours.info.uuid] = self.steps[other.info.uuid] = self.step
                self.step += 1
                self.compare(result, ours, expected, other)
            finally:
                other.close()
        finally:
            ours.close()

    def compare(self, result: RunResult, ours: HeldSnapshot, expected: RunResult, other: HeldSnapshot) -> None:
        older = left(result.summary)
        found = {each.table: each.examples for each in differences(ours, other) if each.table not in older}
        assert not found, (result.summary["mode_run"], result.summary["mode_reason"], found)
        assert "failed:" not in result.summary["mode_reason"]  # building everything hides what stages do wrong
        if result.changed:
            counted = [name for name in COUNTED if name not in older]
            assert {name: result.summary[name] for name in counted} == {
                name: expected.summary[name] for name in counted
            }
        looks, expected_looks = self.looks(ours), self.looks(other)
        if looks is not None and expected_looks is not None and not older:  # digests that are wrong would hide a change
            assert looks.files.tolist() == expected_looks.files.tolist()
            assert looks.digests.tolist() == expected_looks.digests.tolist()
        if not self.committed:  # the other store, and the disk, never saw what a session made
            for batch in ours.scan("files", ["path", "content_hash", "mtime_ns"]):
                for path, content, mtime_ns in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    assert content is None or mtime_ns in self.times[path, content]
            assert self.versions(ours) == self.versions(other)

    def versions(self, snapshot: HeldSnapshot) -> dict[str, int]:
        found: dict[str, int] = {}
        waits = self.waited  # what is outside may have been named later
        for batch in snapshot.scan("nodes", ["id", "version", "file_path"]):
            for identifier, version, path in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                if path is not None or not waits:
                    found[identifier] = self.steps[version]
        return found

    def looks(self, snapshot: HeldSnapshot) -> Seen | None:
        """Return how the files of a snapshot look to those that run over everything."""
        blob = snapshot.store.state(views.STATE_NAME, snapshot.id)
        head = json.loads(blob.partition(b"\n")[0]) if blob else {}
        return Seen.from_bytes(blob, head.get("views", ""))

    def teardown(self) -> None:
        engine.STORED_ASIDE = self.stored_aside
        self.folder.cleanup()


def left(summary: Mapping[str, Any]) -> set[str]:
    """Return the tables whose rows are said to be older than the snapshot."""
    return {table for said in summary["stale"].values() for table in said["tables"]}


def run(examples: int, steps: int) -> None:
    """Run the machine with seed 23, with `CODEGRAPH_SEED`, or, exploring, with a new one, which it prints."""
    explores = examples > 10 or "CODEGRAPH_EXPLORE" in os.environ
    number = int(os.environ.get("CODEGRAPH_SEED", random.getrandbits(32) if explores else 23))
    print(f"CODEGRAPH_SEED={number}")
    run_state_machine_as_test(
        seed(number)(Repository),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
            print_blob=True,
        ),
    )


@pytest.mark.timeout(900)
def test_an_updated_store_is_what_a_full_rebuild_gives() -> None:
    run(examples=int(os.environ.get("CODEGRAPH_EXAMPLES", "3")), steps=15)


@pytest.mark.slow
@pytest.mark.timeout(14_400)
def test_an_updated_store_is_what_a_full_rebuild_gives_after_many_changes() -> None:
    run(examples=int(os.environ.get("CODEGRAPH_EXAMPLES", "300")), steps=40)

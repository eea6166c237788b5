"""Re-indexing returns the current snapshot exactly when a full run would find the same files and bytes."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from codegraph._internal.discovery import WatchKind
from codegraph._internal.indexing import Indexer, RunResult, unchanged
from codegraph._internal.indexing.incremental.base import FileRow
from codegraph._internal.indexing.incremental.tree import tree_change
from codegraph._internal.settings import IndexingConfig
from codegraph_hookspecs import Analyzer, Stage, StageContext, TableBatch
from tests.unit.indexing.fakes import Plugin, ToyParser, pack, toy

OLD = time.time() - 3_600


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / "sub/deep").mkdir(parents=True)
    (folder / "a.toy").write_text("def f\n")
    (folder / "sub/b.toy").write_text("def g\n")
    (folder / "sub/deep/notes.txt").write_text("x")
    (folder / "sub/.gitignore").write_text("*.log\n")
    (folder / "script").write_text("echo\n")
    (folder / "script").chmod(0o755)
    age(folder)
    return folder


def age(folder: Path) -> None:
    """Make everything look an hour old."""
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (OLD, OLD))


def tick(root: Path) -> None:
    """Wait until the clock of the file system is another than all that was written before."""
    probe = root.parent / "probe"
    probe.write_text("")
    began = probe.stat().st_ctime_ns
    while probe.stat().st_ctime_ns == began:
        time.sleep(0.002)
        probe.write_text("")


def run(root: Path, *plugins: object, analyzers: Iterable[Analyzer] = (), **values: Any) -> RunResult:
    config = IndexingConfig(**{"root_path": root, "parallel_workers": 1, "cache_dir": root.parent / "cache", **values})
    return Indexer(config, plugins=plugins or (shell(),), analyzers=tuple(analyzers)).run()


def shell() -> Plugin:
    return toy(packs=[pack(shebangs=("toysh",))])


@pytest.fixture(autouse=True)
def _no_clock_grain(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Files of a test are younger than the grain by nature; most tests are about older ones."""
    if "young" not in request.keywords and "young" not in request.node.name:
        monkeypatch.setattr(unchanged, "GRAIN_NS", -(10**12))


def test_nothing_changed_returns_the_same_snapshot_for_every_plugin_order(root: Path) -> None:
    first = run(root)
    again = run(root)
    assert (again.snapshot_id, again.changed) == (first.snapshot_id, False)
    assert again.summary["files"] == first.summary["files"]
    assert (again.summary["mode_run"], again.summary["mode_reason"]) == ("unchanged", "nothing changed")


def test_mode_full_builds_all_the_same(root: Path) -> None:
    assert run(root).snapshot_id != run(root, mode="full").snapshot_id


def test_smart_without_detection_builds_all(root: Path) -> None:
    run(root)
    assert run(root, auto_detect_mode=False).changed
    assert not run(root, mode="incremental", auto_detect_mode=False).changed


CHANGES: dict[str, Callable[[Path], Any]] = {
    "content": lambda root: (root / "a.toy").write_text("def ff\n"),
    "new file": lambda root: (root / "sub/deep/c.toy").write_text(""),
    "deleted": lambda root: (root / "a.toy").unlink(),
    "renamed": lambda root: (root / "a.toy").rename(root / "z.toy"),
    "new folder": lambda root: (root / "fresh").mkdir(),
    "deleted folder": lambda root: shutil.rmtree(root / "sub"),
    "ignore rules": lambda root: (root / "sub/.gitignore").write_text("*.toy\n"),
    "new ignore file": lambda root: (root / ".gitignore").write_text("*.toy\n"),
    "script becomes toy": lambda root: (root / "script").write_text("#!/bin/toysh\n"),
    "file becomes link": lambda root: ((root / "a.toy").unlink(), (root / "a.toy").symlink_to("sub/b.toy")),
    "folder becomes unreadable": lambda root: (root / "sub/deep").chmod(0),
    "same size and old time": lambda root: (
        (root / "a.toy").write_text("def x\n"),
        os.utime(root / "a.toy", ns=(0, int(OLD * 1e9))),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(root: Path, change: str) -> None:
    if "unreadable" in change and os.geteuid() == 0:
        pytest.skip("root reads whatever its mode")
    first = run(root)
    tick(root)
    CHANGES[change](root)
    try:
        again = run(root)
    finally:
        (root / "sub/deep").is_dir() and (root / "sub/deep").chmod(0o755)
    assert again.changed
    assert again.summary["mode_reason"].startswith("/") or "changed" in again.summary["mode_reason"]
    assert again.snapshot_id != first.snapshot_id


def test_an_ignore_file_above_the_root_is_seen(root: Path) -> None:
    (root.parent / ".git/info").mkdir(parents=True)
    run(root)
    assert not run(root).changed
    (root.parent / ".gitignore").write_text("b.toy\n")
    assert [run(root).changed, run(root).summary["files"]["seen"]] == [True, 1]


def test_a_new_change_time_alone_is_settled_by_content(root: Path) -> None:
    run(root)
    tick(root)
    (root / "a.toy").chmod(0o600)
    assert not run(root).changed


@pytest.mark.parametrize("values", [{"exclude": ["x"]}, {"max_file_bytes": 10}, {"languages": ["toy"]}])
def test_other_settings_are_a_change(root: Path, values: dict[str, Any]) -> None:
    run(root)
    assert run(root, **values).summary["mode_reason"] == "settings, plugins or versions changed"


def test_a_snapshot_of_another_folder_is_told_from_other_settings(root: Path, tmp_path: Path) -> None:
    cache = tmp_path / "shared"
    run(root, cache_dir=cache)
    other = shutil.copytree(root, tmp_path / "other")
    assert run(other, cache_dir=cache).summary["mode_reason"] == f"the snapshot is of another folder, {root}"


def test_settings_that_do_not_matter_are_none(root: Path) -> None:
    run(root)
    assert not run(root, parallel_workers=2, memory_budget_bytes=2**22).changed


def test_another_plugin_version_or_analyzer_is_a_change(root: Path) -> None:
    class Nothing(Analyzer):
        name = "nothing"

        def analyze(self, document: Any) -> Iterable[Mapping[str, object]]:
            return ()

    run(root)
    assert run(root, toy(version="1.1", packs=[pack(shebangs=("toysh",))])).changed
    assert run(root, analyzers=[Nothing()]).changed
    assert not run(root, analyzers=[Nothing()]).changed


def test_after_a_failed_stage_the_next_run_tries_again(root: Path) -> None:
    class Flaky(Stage):
        name, layer, fail = "flaky", "L3", True

        def run(self, context: StageContext) -> Iterable[TableBatch]:
            if self.fail:
                raise OSError("not now")
            return ()

    run(root, shell(), Plugin("flaky", stages=[Flaky()]))
    Flaky.fail = False
    again = run(root, shell(), Plugin("flaky", stages=[Flaky()]))
    assert (again.changed, again.errors) == (True, ())
    assert not run(root, shell(), Plugin("flaky", stages=[Flaky()])).changed


def test_young_files_are_compared_by_content(root: Path) -> None:
    # No pause: all of this can happen within one tick of the file system's clock.
    target = root / "a.toy"
    target.write_text("def f\n")
    run(root)
    assert not run(root).changed
    status = target.stat()
    target.write_text("def q\n")
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert run(root).changed


@pytest.mark.parametrize("mode", ["full", "incremental"])
@pytest.mark.parametrize("name", ["sub/late.toy", "sub/.gitignore"])
def test_what_comes_into_a_young_folder_during_a_run_is_seen_by_the_next(root: Path, mode: str, name: str) -> None:
    texts = {"sub/late.toy": "def late\n", "sub/.gitignore": "b.toy\n"}

    class Saving(Stage):
        name, layer = "saving", "L3"

        def run(self, context: StageContext) -> Iterable[TableBatch]:
            if (root / "sub/early.toy").exists():
                (root / name).write_text(texts[name])
            return ()

    plugins = (shell(), Plugin("saving", stages=[Saving()]))
    run(root, *plugins)
    (root / "sub/early.toy").write_text("def early\n")
    assert run(root, *plugins, mode=mode).changed
    seen = run(root, *plugins, mode="incremental")
    assert seen.held is not None
    paths = {path for batch in seen.held.scan("files") for path in batch.column("path").to_pylist()}
    assert ("sub/late.toy" in paths) == name.endswith(".toy")
    assert ("sub/b.toy" in paths) == name.endswith(".toy")


def test_paranoia_sees_a_change_that_no_time_shows(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(root)
    real = os.lstat(root / "a.toy")
    (root / "a.toy").write_text("def x\n")
    lstat = os.lstat

    def forged(path: Any, **values: Any) -> os.stat_result:
        return real if os.fsencode(path).endswith(b"/a.toy") else lstat(path, **values)

    monkeypatch.setattr(os, "lstat", forged)
    assert not run(root).changed
    assert run(root, paranoid=True).changed


@pytest.mark.parametrize("blob", [None, b"", b"junk", b'{"format": 1}\n', b'{"format": 9}\n'])
def test_a_record_that_cannot_be_read_means_changed(blob: bytes | None) -> None:
    assert unchanged.difference(blob, environment="e", content_hashes=dict) != ""


def test_a_damaged_record_means_changed(root: Path) -> None:
    status = (root / "a.toy").lstat()
    entry = (0, os.fsencode(root / "a.toy"), status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    blob = unchanged.encode([entry] * 3, environment="e", recorded_ns=10**19)
    hashes = {entry[1]: unchanged.content_hash(entry[1])}
    assert unchanged.difference(blob, environment="e", content_hashes=lambda: hashes) == ""
    for length in range(len(blob)):
        assert unchanged.difference(blob[:length], environment="e", content_hashes=lambda: hashes) != ""
    for position in range(blob.index(b"\n") + 1, len(blob)):
        damaged = bytes([*blob[:position], blob[position] ^ 0x41, *blob[position + 1 :]])
        found = unchanged.difference(damaged, environment="e", content_hashes=lambda: hashes)
        assert found == "there is no record of the last walk"


def test_a_second_look_begins_where_the_first_one_found_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"f{number:03}.py" for number in range(200)]
    for path in paths:
        path.write_text("x = 1\n", encoding="utf-8")
    age(tmp_path)
    watched = []
    for path in paths:
        status = path.lstat()
        entry = (WatchKind.SOURCE, os.fsencode(path), status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        watched.append(entry)
    later = max(entry[4] for entry in watched) + 10**10
    record = unchanged.record(watched, environment="e", recorded_ns=later)
    assert unchanged.look(record, environment="e", content_hashes=dict) == unchanged.Look("", 200, [])
    assert list(record.unsure(0)) == list(range(200))  # no time proves anything
    rows = {path.name: FileRow("toy", unchanged.content_hash(os.fsencode(path)), 6, 0, "ok") for path in paths}
    os.utime(paths[20], ns=(0, watched[20][3]))  # only the change time is another
    paths[150].write_text("x = 22\n", encoding="utf-8")
    look = unchanged.look(record, environment="e", content_hashes=dict)
    assert (look.reason, look.until, look.doubtful) == (f"{paths[150]} changed", 150, [20])
    seen: list[bytes] = []
    lstat = os.lstat
    monkeypatch.setattr(os, "lstat", lambda path: (seen.append(path), lstat(path))[1])
    change = tree_change(
        record, environment="e", recorded_ns=later, files=rows, packs={"toy": pack()}, sources=None,  # type: ignore[arg-type]
        prefix=os.fsencode(tmp_path) + b"/", verified_ns=0, paranoid=False, look=look,
    )  # fmt: skip
    assert list(change.modified) == ["f150.py"]
    assert set(seen) == {watched[20][1], *(entry[1] for entry in watched[150:])}
    paths[199].unlink()
    assert {150, 199} <= set(record.unsure(later, 140))


def test_the_same_parser_is_not_asked_again(root: Path) -> None:
    parser = ToyParser()
    plugin = toy(parsers=[parser])
    run(root, plugin)
    parsed = list(parser.parsed)
    run(root, plugin)
    assert parser.parsed == parsed


def test_a_look_at_many_files_has_no_garbage_looked_for(tmp_path: Path) -> None:
    location = os.fsencode(tmp_path)
    watched = [(WatchKind.DIRECTORY, location, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
               for status in [os.lstat(location)]] * 20_000  # fmt: skip
    record = unchanged.record(watched, environment="", recorded_ns=time.time_ns())
    began: list[int] = []
    here = threading.get_ident()

    def collecting(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and threading.get_ident() == here:
            began.append(info["generation"])

    gc.collect()
    gc.callbacks.append(collecting)
    try:
        assert list(record.unsure(time.time_ns() + 10**9)) == []
    finally:
        gc.callbacks.remove(collecting)
    assert len(began) <= 1
    assert list(record.unsure(0, 19_998)) == [19_998, 19_999]


def test_a_run_that_finds_nothing_changed_imports_no_clients_and_no_processes(root: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from codegraph._internal.indexing import Indexer\n"
        "from codegraph._internal.settings import IndexingConfig\n"
        "result = Indexer(IndexingConfig(root_path=Path(sys.argv[1]), backend='python')).run()\n"
        "print(result.changed, *(name for name in sys.argv[2:] if name in sys.modules))\n"
    )
    heavy = ["asyncio", "ssl", "http.client", "multiprocessing.connection", "codegraph_plugins.stages.lsp_types.stage"]
    command = [sys.executable, "-c", program, str(root), *heavy]
    environment = {name: value for name, value in os.environ.items() if name != "CODEGRAPH_PLUGINS"}
    first, second = (
        subprocess.run(command, capture_output=True, text=True, env=environment, check=False) for _ in range(2)
    )
    assert first.stdout.split()[0] == "True", first.stderr
    assert second.stdout.split() == ["False"], second.stderr

"""A stage that crashes or takes too much memory costs its worker process, and at most one file its rows."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegraph import IndexingConfig
from codegraph._internal.indexing import Indexer, RunResult, given_up
from codegraph._internal.indexing.incremental.resident import Resident
from codegraph._internal.store import Store
from codegraph_plugins.executors import plugin as executors
from tests.faults.lethal_stages import ByFile, Here, Whole
from tests.unit.indexing.fakes import toy

FILES = 40


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CODEGRAPH_PLUGINS", "none")
    folder = tmp_path / "repo"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"m{number:03}.toy").write_text(f"def f{number}\ncall f\n")
    return folder


def run(root: Path, *stages: Any, resident: Resident | None = None, **values: Any) -> RunResult:
    settings = {
        "root_path": root, "parallel_workers": 2, "mode": "full", "executor": "processes",
        "worker_memory_bytes": 400 * 2**20, **values,
    }  # fmt: skip
    plugins = (toy(stages=list(stages)), executors)
    return Indexer(IndexingConfig(**settings), plugins=plugins, resident=resident).run()


def rows(root: Path, table: str, cache: Path | None = None) -> list[dict[str, Any]]:
    with Store.open(cache or root / ".codegraph", read_only=True) as store, store.snapshot() as snapshot:
        return [row for part in snapshot.scan(table) for row in part.to_pylist()]


def seen(root: Path) -> list[str]:
    return sorted(row["file_path"] for row in rows(root, "findings") if row["analyzer"] == "by-file")


def due(root: Path) -> None:
    """Let five minutes pass."""
    path = root / ".codegraph" / given_up.NAME
    said = json.loads(path.read_text())
    for file in said["files"]:
        file["until_ns"] = time.time_ns() - 1
    path.write_text(json.dumps(said))


@pytest.mark.parametrize(("word", "code"), [("segfault", "worker-crashed"), ("hog", "worker-memory")])
def test_a_stage_loses_the_file_that_it_dies_of_and_no_other(root, word, code) -> None:
    lethal = f"m005-{word}.toy"
    (root / lethal).write_text("def lethal\n")
    result = run(root, ByFile(), Whole())
    assert result.summary["files"]["ok"] == FILES + 1
    assert seen(root) == sorted(path.name for path in root.glob("m*.toy") if path.name != lethal)
    said = {row["file_path"]: row["code"] for row in rows(root, "diagnostics") if row["stage"] == "by-file"}
    assert said == {lethal: code, **dict.fromkeys(seen(root), "seen")}
    assert [(error["code"], error["context"]["file"]) for error in result.errors] == [(code, lethal)]
    assert {row["type"] for row in rows(root, "findings") if row["analyzer"] == "whole"} == {"nothing"}


@pytest.mark.parametrize(("word", "code"), [("segfault", "worker-crashed"), ("hog", "worker-memory")])
def test_a_stage_over_the_repository_fails_alone(root, word, code) -> None:
    (root / "build.txt").write_text(word)
    result = run(root, ByFile(), Whole())
    assert code in {error["code"] for error in result.errors}
    assert len(seen(root)) == FILES
    assert not [row for row in rows(root, "findings") if row["analyzer"] == "whole"]


def test_rows_and_what_was_read_are_those_of_a_run_without_workers(root, tmp_path) -> None:
    (root / "build.txt").write_text("make")
    given = []
    for executor in ("threads", "processes"):
        run(root, ByFile(), Whole(), executor=executor, cache_dir=tmp_path / executor)
        given.append(
            {table: rows(root, table, tmp_path / executor) for table in ("findings", "diagnostics", "sources")}
        )
    assert given[0] == given[1]
    assert {row["type"] for row in given[0]["findings"]} == {"seen", "make"}


def test_a_build_file_that_a_worker_read_is_watched(root) -> None:
    (root / "build.txt").write_text("make")
    run(root, Whole())
    assert run(root, Whole(), mode="smart").changed is False
    (root / "build.txt").write_text("ninja")
    assert run(root, Whole(), mode="smart").changed is True
    assert {row["type"] for row in rows(root, "findings")} == {"ninja"}


def test_a_stage_that_asks_for_it_runs_in_the_runs_process(root) -> None:
    Here.processes.clear()
    run(root, Here())
    assert Here.processes == {os.getpid()}


def test_a_stage_that_cannot_be_sent_runs_here_and_says_so(root) -> None:
    class Local(ByFile):
        pass

    result = run(root, Local())
    assert len(seen(root)) == FILES
    assert {error["code"] for error in result.errors} == {"executor-unsendable"}


class TestGivenUp:
    """For five minutes nobody tries what killed two workers."""

    def test_an_edit_elsewhere_is_incremental_and_leaves_the_file_alone(self, root) -> None:
        (root / "m005-segfault.toy").write_text("def lethal\n")
        resident = Resident()
        run(root, ByFile(), resident=resident)
        assert run(root, ByFile(), mode="smart", resident=resident).changed is False
        (root / "m001.toy").write_text("def other\n")
        result = run(root, ByFile(), mode="incremental", resident=resident)
        assert result.summary["mode_run"] == "incremental"
        assert [error["context"]["file"] for error in result.errors] == ["m005-segfault.toy"]
        before = {table: rows(root, table) for table in ("findings", "diagnostics")}
        full = run(root, ByFile(), cache_dir=root.parent / "other")
        assert full.summary["mode_run"] == "full"
        for table, known in before.items():
            again = rows(root, table, root.parent / "other")
            assert sorted(map(repr, known)) == sorted(map(repr, again))

    def test_a_full_run_does_not_try_it_before_its_time(self, root, monkeypatch) -> None:
        (root / "m005-segfault.toy").write_text("def lethal\n")
        run(root, ByFile())
        tried = []
        monkeypatch.setattr(given_up.GivenUp, "add", lambda _self, _by, path, *_, **__: tried.append(path))
        result = run(root, ByFile())
        assert not tried
        assert [error["context"]["file"] for error in result.errors] == ["m005-segfault.toy"]
        assert len(seen(root)) == FILES

    def test_after_its_time_it_is_tried_again(self, root) -> None:
        (root / "m005-segfault.toy").write_text("def lethal\n")
        run(root, ByFile())
        due(root)
        noted = json.loads((root / ".codegraph" / given_up.NAME).read_text())["files"][0]["until_ns"]
        run(root, ByFile())
        assert json.loads((root / ".codegraph" / given_up.NAME).read_text())["files"][0]["until_ns"] > noted

    def test_after_its_time_an_incremental_run_tries_it_and_no_other(self, root, monkeypatch) -> None:
        (root / "m005-segfault.toy").write_text("def lethal\n")
        monkeypatch.setattr(given_up, "GIVEN_UP_NS", 1)
        run(root, ByFile())
        before = {table: sorted(map(repr, rows(root, table))) for table in ("findings", "diagnostics")}
        for _ in range(2):
            result = run(root, ByFile(), mode="smart")
            assert result.summary["mode_run"] == "incremental"
            assert result.summary["mode_reason"] == "files that were given up are tried again"
            assert result.summary["changes"] == {"added": 0, "modified": 1, "removed": 0, "affected": 0}
            assert [error["context"]["file"] for error in result.errors] == ["m005-segfault.toy"]
            assert {table: sorted(map(repr, rows(root, table))) for table in before} == before

    def test_a_snapshot_says_which_files_are_tried_again_and_when(self, root) -> None:
        from codegraph._internal.indexing import unchanged

        (root / "m005-segfault.toy").write_text("def lethal\n")
        run(root, ByFile())
        with Store.open(root / ".codegraph", read_only=True) as store, store.snapshot() as snapshot:
            assert given_up.given_up_files(snapshot) == {"m005-segfault.toy"}
            record = unchanged.decode(store.state(unchanged.STATE_NAME))
        assert record is not None
        assert 0 < record.retry_ns - time.time_ns() <= given_up.GIVEN_UP_NS

    def test_one_that_does_better_after_its_time_has_its_rows(self, root, monkeypatch) -> None:
        (root / "m005-segfault.toy").write_text("def lethal\n")
        monkeypatch.setattr(given_up, "GIVEN_UP_NS", 1)
        run(root, ByFile())
        monkeypatch.setattr(given_up, "GIVEN_UP_NS", 10**12)
        monkeypatch.setenv("CODEGRAPH_TEST_SPARED", "1")
        result = run(root, ByFile(), mode="smart")
        assert (result.summary["mode_run"], result.errors) == ("incremental", ())
        assert len(seen(root)) == FILES + 1
        assert not run(root, ByFile(), mode="smart").changed
        assert not [row for row in rows(root, "diagnostics") if row["code"].startswith("worker-")]

    def test_a_file_that_kills_workers_does_so_in_an_incremental_run(self, root) -> None:
        run(root, ByFile())
        (root / "m005-segfault.toy").write_text("def lethal\n")
        result = run(root, ByFile(), mode="incremental")
        assert result.summary["mode_run"] == "incremental"
        assert [error["context"]["file"] for error in result.errors] == ["m005-segfault.toy"]
        before = {table: sorted(map(repr, rows(root, table))) for table in ("findings", "diagnostics")}
        other = root.parent / "other"
        run(root, ByFile(), cache_dir=other)
        assert {table: sorted(map(repr, rows(root, table, other))) for table in before} == before

    def test_an_error_goes_with_its_file(self, root) -> None:
        lethal = root / "m005-segfault.toy"
        lethal.write_text("def lethal\n")
        run(root, ByFile())
        lethal.rename(root / "m005.toy")
        result = run(root, ByFile(), mode="smart")
        assert not result.errors
        assert len(seen(root)) == FILES

    def test_a_broken_note_costs_another_try(self, root) -> None:
        (root / "m005-segfault.toy").write_text("def lethal\n")
        run(root, ByFile())
        (root / ".codegraph" / given_up.NAME).write_text("{")
        result = run(root, ByFile())
        assert [error["code"] for error in result.errors] == ["worker-crashed"]

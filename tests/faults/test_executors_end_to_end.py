"""Files that kill, starve or hang their parser cost themselves; parsers that do are left out; the run goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraph, IndexingConfig
from codegraph._internal.indexing import CancelToken, Indexer, RunResult, chunks
from codegraph._internal.store import Store
from codegraph_hookspecs import CodeGraphError, ConfigError, PluginError, hookimpl
from codegraph_plugins.executors import plugin as executors
from tests.faults import lethal
from tests.faults.hostile import hostile_repository, tables
from tests.faults.lethal import Blind, Lethal
from tests.unit.indexing.fakes import Plugin, ToyParser, toy

FILES = 150


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CODEGRAPH_PLUGINS", "none")
    monkeypatch.setattr(chunks, "GRACE_S", 4.5)  # a busy machine may let a process wait for seconds
    lethal.RELEASE.clear()
    lethal.HANGING.clear()
    lethal.RELEASED.clear()
    folder = tmp_path / "repo"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"m{number:03}.toy").write_text(f"def f{number}\ncall f\n")
    yield folder
    lethal.RELEASE.set()
    lethal.wait_for_released()


def run(root: Path, *plugins: object, cancel: CancelToken | None = None, **values: Any) -> RunResult:
    settings = {"root_path": root, "parallel_workers": 2, "mode": "full", "parse_timeout_s": 0.5, **values}
    return Indexer(IndexingConfig(**settings), plugins=(*plugins, executors), cancel=cancel).run()


def rows(root: Path, table: str) -> list[dict[str, Any]]:
    with Store.open(root / ".codegraph", read_only=True) as store, store.snapshot() as snapshot:
        return [row for part in snapshot.scan(table) for row in part.to_pylist()]


def failed(root: Path) -> dict[str, str]:
    """Return file → code of the diagnostics of all files that failed; each has one."""
    diagnostics = {row["file_path"]: row["code"] for row in rows(root, "diagnostics") if row["file_path"]}
    states = {row["path"]: row["status"] for row in rows(root, "files")}
    assert len(states) == len(rows(root, "files"))
    return {path: diagnostics[path] for path, status in states.items() if status == "failed"}


class TestProcesses:
    def test_worker_processes_give_the_rows_of_threads(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr(chunks, "WORKER_CHUNK_FILES", 5)
        root = hostile_repository(tmp_path / "repository", tmp_path / "outside")
        given = []
        for executor in ("threads", "serial", "processes"):
            graph = CodeGraph().index(root, executor=executor, cache_dir=tmp_path / executor, parallel_workers=2)
            graph.execute()
            given.append(tables(root, tmp_path / executor))
        assert given[0] == given[1] == given[2]

    @pytest.mark.parametrize("parser", [Lethal(), Blind()], ids=["one-by-one", "all-at-once"])
    @pytest.mark.parametrize(
        ("word", "code"),
        [
            ("segfault", "worker-crashed"),
            ("exit", "worker-crashed"),
            ("hog", "worker-memory"),
        ],
    )
    def test_the_file_at_fault_is_quarantined_and_the_rest_is_indexed(
        self, root, parser, word, code, monkeypatch
    ) -> None:
        monkeypatch.setattr(chunks, "GRACE_S", 30.0)
        for name in ("m007", "m099"):
            (root / f"{name}.toy").write_text(f"{word}\n")
        result = run(root, toy(parsers=[parser]), executor="processes", worker_memory_bytes=400 * 2**20)
        assert result.summary["files"]["ok"] == FILES - 2
        assert failed(root) == {"m007.toy": code, "m099.toy": code}
        assert sorted(error["context"]["file"] for error in result.errors) == ["m007.toy", "m099.toy"]
        assert {error["code"] for error in result.errors} == {code}
        assert [row["path"] for row in rows(root, "files")] == sorted(path.name for path in root.glob("*.toy"))

    def test_a_file_that_hangs_is_quarantined(self, root) -> None:
        (root / "m050.toy").write_text("hang\n")
        result = run(root, toy(parsers=[Lethal()]), executor="processes")
        assert failed(root) == {"m050.toy": "worker-timeout"}
        assert result.summary["files"]["ok"] == FILES - 1

    def test_a_parser_that_crashes_everywhere_is_left_out(self, root, monkeypatch) -> None:
        monkeypatch.setattr(chunks, "QUARANTINE_LIMIT", 3)
        for path in root.glob("*.toy"):
            path.write_text("segfault\n")
        result = run(root, toy(parsers=[Lethal(), ToyParser()]), executor="processes")
        assert [error["code"] for error in result.errors].count("worker-crashed") == chunks.QUARANTINE_LIMIT
        assert "parser-unreliable" in {error["code"] for error in result.errors}
        assert result.summary["files"]["failed"] == chunks.QUARANTINE_LIMIT
        assert result.summary["files"]["ok"] == FILES - chunks.QUARANTINE_LIMIT

    def test_a_parser_that_raises_is_left_out_once_and_the_next_takes_its_files(self, root) -> None:
        (root / "m010.toy").write_text("raise\n")
        result = run(root, toy(parsers=[Lethal(), ToyParser()]), executor="processes")
        assert result.summary["files"]["ok"] == FILES
        assert [error["code"] for error in result.errors] == ["parser-failed", "parser-failed"]  # and its plugin's
        assert result.summary["backend"] == "toy-parser"

    def test_a_parser_that_cannot_be_sent_works_here(self, root) -> None:
        class Local(ToyParser):
            pass

        result = run(root, toy(parsers=[Local()]), executor="processes")
        assert result.summary["files"]["ok"] == FILES
        assert [error["code"] for error in result.errors] == ["executor-unsendable"]

    def test_cancelling_ends_the_workers(self, root) -> None:
        (root / "m000.toy").write_text("hang\n")
        cancel = CancelToken()
        timer = threading.Timer(1.0, cancel.cancel)
        timer.start()
        began = time.monotonic()
        with pytest.raises(CodeGraphError) as caught:
            run(root, toy(parsers=[Lethal()]), executor="processes", parse_timeout_s=600, cancel=cancel)
        timer.join()
        assert caught.value.code == "cancelled"
        assert time.monotonic() - began < 300  # the file hangs longer

    def test_a_file_is_tried_again_by_the_next_run(self, root) -> None:
        (root / "m007.toy").write_text("segfault\n")
        run(root, toy(parsers=[Lethal()]), executor="processes")
        (root / "m007.toy").write_text("def f\n")
        result = run(root, toy(parsers=[Lethal()]), executor="processes", mode="smart")
        assert (result.changed, result.summary["files"]["failed"]) == (True, 0)


class TestInThisProcess:
    @pytest.mark.parametrize("workers", [1, 2])
    def test_a_parser_that_hangs_is_left_out_and_the_next_takes_its_files(self, root, workers) -> None:
        (root / "m050.toy").write_text("hang\n")
        result = run(root, toy(parsers=[Lethal(), ToyParser()]), parallel_workers=workers)
        assert not lethal.RELEASED  # it hangs still
        assert result.summary["files"]["ok"] == FILES
        hung = next(error for error in result.errors if error["code"] == "parser-timeout")
        assert (hung["context"]["parser"], hung["context"]["file"]) == ("lethal", "m050.toy")
        assert {record["code"] for record in result.errors} == {"parser-timeout"}

    def test_without_another_parser_its_files_fail(self, root) -> None:
        (root / "m050.toy").write_text("hang\n")
        result = run(root, toy(parsers=[Lethal()]))
        assert result.summary["files"]["failed"] == FILES
        assert set(failed(root).values()) == {"no-parser"}

    def test_a_call_that_returns_after_all_touches_nothing(self, root) -> None:
        (root / "m050.toy").write_text("hang\n")
        other = ToyParser()
        result = run(root, toy(parsers=[Lethal(), other]), parse_timeout_s=0.001)
        assert result.summary["files"]["ok"] == FILES
        assert lethal.HANGING
        lethal.RELEASE.set()
        lethal.wait_for_released()
        time.sleep(0.5)  # for what it would touch
        assert sorted(other.parsed) == sorted(path.name for path in root.glob("*.toy"))

    def test_serial_runs_in_the_callers_thread(self, root) -> None:
        seen: set[threading.Thread] = set()

        class Where(ToyParser):
            def open(self, packs: object, options: Any) -> Any:
                seen.add(threading.current_thread())
                return super().open(packs, options)

        run(root, toy(parsers=[Where()]), executor="serial")
        assert seen == {threading.current_thread()}


class Foreign:
    """A third party's executor: no supervision, no threads."""

    name = "foreign"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.tasks = 0
        self.closed = 0

    def map(self, function: Any, tasks: Any, *, workers: int) -> Iterator[Any]:
        for task in tasks:
            if self.error is not None:
                raise self.error
            self.tasks += 1
            yield function(task)

    def close(self) -> None:
        self.closed += 1


class Brings(Plugin):
    def __init__(self, executor: object) -> None:
        super().__init__("brings")
        self.executor = executor

    @hookimpl
    def codegraph_executors(self) -> list[Any]:
        return [self.executor]


class TestChoosing:
    def test_a_third_partys_executor_is_selected_by_name_and_closed(self, root) -> None:
        foreign = Foreign()
        result = run(root, toy(), Brings(foreign), executor="foreign")
        assert result.summary["files"]["ok"] == FILES
        assert result.summary["executor"] == "foreign"
        assert foreign.tasks == -(-FILES // chunks.WORKER_CHUNK_FILES)
        assert foreign.closed >= 1

    def test_an_executor_that_raises_is_named(self, root) -> None:
        config = IndexingConfig(root_path=root, executor="foreign")
        plugins = (toy(), Brings(Foreign(OSError("cluster gone"))))
        with pytest.raises(PluginError) as caught:
            Indexer(config, plugins=plugins, sleep=lambda _: None).run()
        assert caught.value.code == "executor-failed"
        assert "foreign" in caught.value.message

    def test_an_executor_that_is_not_there_is_a_mistake_of_the_user(self, root) -> None:
        with pytest.raises(ConfigError) as caught:
            run(root, toy(), executor="proceses")
        assert caught.value.code == "executor-unknown"
        assert "'processes'" in caught.value.context["remedy"]

    def test_without_any_executor_the_default_is_the_callers_thread(self, root) -> None:
        config = IndexingConfig(root_path=root, mode="full")
        result = Indexer(config, plugins=(toy(),)).run()
        assert result.summary["files"]["ok"] == FILES

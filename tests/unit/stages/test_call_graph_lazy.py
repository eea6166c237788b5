"""The call graph that waits: what an edit keeps of it, what a snapshot says of that, and what a refresh gives."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from codegraph import CodeGraph, WatchOptions
from codegraph._internal.indexing import RunResult
from codegraph.cli import main
from codegraph_plugins.stages.points_to import stage
from tests.unit.stages.test_call_graph_incremental import FILES, Repository

pytest.importorskip("codegraph_parser_rust")

LAZY: Mapping[str, Any] = {"lazy": True}
WAITING = ["call_sites", "edges", "nodes"]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    found = Repository(tmp_path, monkeypatch, LAZY)
    found.analyses = 0
    return found


def edges(result: RunResult, path: str, kind: str = "calls") -> set[tuple[int, str, str]]:
    """Return the edges of a kind in a file: line, target, resolver."""
    assert result.held is not None
    rows = (row for batch in result.held.scan("edges") for row in batch.to_pylist())
    return {
        (row["line_number"], row["target_id"], row["resolver"])
        for row in rows
        if row["kind"] == kind and row["file_path"] == path
    }


def of_other_files(result: RunResult, path: str) -> dict[str, list[str]]:
    """Return the edges and call sites of all files but one."""
    assert result.held is not None
    return {
        table: sorted(
            json.dumps(row, sort_keys=True, default=str)
            for batch in result.held.scan(table)
            for row in batch.to_pylist()
            if row["file_path"] != path
        )
        for table in ("edges", "call_sites")
    }


def ended(result: RunResult) -> RunResult:
    """Close a run's snapshot."""
    assert result.summary["mode_run"] == "incremental", result.summary["mode_reason"]
    assert result.held is not None
    result.held.close()
    return result


def refreshed(repository: Repository) -> RunResult:
    """Refresh, and compare with a full run."""
    result = repository.run(())
    assert result.summary["stale"] == {}
    repository.compare(result)
    return result


def test_an_edit_keeps_what_is_there_and_leaves_new_calls_to_linking(repository: Repository) -> None:
    before = repository.run()
    repository.edit(
        "pkg/heir.py", lambda text: text.replace("    Heir(act).run()\n", "    act()\n\n    Heir(act).run()\n")
    )
    result = repository.run()
    assert repository.analyses == 0
    assert result.summary["mode_run"] == "incremental", result.summary["mode_reason"]
    known = edges(before, "pkg/heir.py")
    assert (12, "pkg.base:Base.run@py", "points-to") in known
    moved = {(line + 2 if line >= 12 else line, target, resolver) for line, target, resolver in known}
    now = edges(result, "pkg/heir.py")
    assert moved <= now
    ((line, target, resolver),) = now - moved
    assert (line, target) == (12, "pkg.heir:act@py")
    assert resolver != "points-to"
    assert of_other_files(result, "pkg/heir.py") == of_other_files(before, "pkg/heir.py")
    for one in (before, result):
        assert one.held is not None
        one.held.close()
    refreshed(repository)
    assert repository.analyses == 2  # of the refresh, and of the full run beside it


def test_calls_that_are_gone_have_no_edges(repository: Repository) -> None:
    repository.edit("pkg/base.py", lambda text: text.replace("        self.action()\n", ""))
    result = repository.run()
    assert {target for _, target, _ in edges(result, "pkg/base.py")} == {"pkg.heir:Heir.step@py"}
    assert repository.analyses == 0
    ended(result)
    refreshed(repository)


def test_the_snapshot_says_what_waits_until_a_refresh(repository: Repository) -> None:
    first = repository.run()
    assert first.held is not None
    first.held.close()
    for at, path in enumerate(("pkg/heir.py", "pkg/base.py", "pkg/heir.py")):
        repository.edit(path, lambda text, at=at: f"{text}\ndef added_{at}():\n    print(len)\n")
        result = ended(repository.run())
    said = result.summary["stale"]["cross-file"]
    assert (said["since"], said["files"]) == (first.snapshot_id, 2)
    assert set(said["tables"]) >= set(WAITING)
    assert repository.analyses == 0
    graph = CodeGraph(config=repository.config("updated", "incremental"))
    with graph.open() as opened:
        assert [each.stage for each in opened.stale("edges")] == ["cross-file"]
        assert opened.stale("imports") == ()
        assert opened.refresh_stale().stale() == ()
    refreshed(repository)


def test_the_same_constraints_do_not_end_the_waiting_and_begin_none(repository: Repository) -> None:
    def commented(text: str) -> str:
        return f"# more\n{text}"

    repository.edit("pkg/heir.py", commented)
    assert ended(repository.run()).summary["stale"] == {}
    repository.edit("pkg/base.py", lambda text: text.replace("        self.action()\n", ""))
    assert ended(repository.run()).summary["stale"]["cross-file"]["files"] == 1
    repository.edit("pkg/heir.py", commented)
    assert ended(repository.run()).summary["stale"]["cross-file"]["files"] == 2
    assert not repository.run().changed
    assert repository.analyses == 0
    refreshed(repository)


def test_files_that_come_and_go_and_java_do_not_wait(repository: Repository) -> None:
    for path, text in (
        ("pkg/new.py", "from pkg import heir\n\nheir.main()\n"),
        ("pkg/new.py", None),
        ("src/p/Ham.java", FILES["src/p/Ham.java"].replace("void beta() { }", "void beta() { alpha(); }")),
    ):
        repository.edit("pkg/heir.py", lambda text: text.replace("main()\n", "main()\nmain()\n"))
        repository.edit("web/b.ts", lambda text: text + "go(() => go(() => ham.alpha()));\n")
        assert set(ended(repository.run()).summary["stale"]) == {"cross-file"}
        if text is None:
            (repository.root / path).unlink()
        else:
            repository.write(path, text)
        result = repository.run()
        assert result.summary["stale"] == {}
        repository.compare(result)


def test_an_edit_that_is_taken_back_waits_for_the_refresh(repository: Repository) -> None:
    repository.edit("pkg/base.py", lambda text: text.replace("        self.action()\n", ""))
    ended(repository.run())
    repository.write("pkg/base.py", FILES["pkg/base.py"])
    assert set(ended(repository.run()).summary["stale"]) == {"cross-file"}
    refreshed(repository)


def test_settings_that_no_longer_let_it_wait_bring_it_up_to_date(repository: Repository) -> None:
    repository.edit("pkg/base.py", lambda text: text.replace("        self.action()\n", ""))
    ended(repository.run())
    repository.settings = {}
    result = repository.run()
    assert "cross-file refreshed" in result.summary["mode_reason"]
    assert (result.summary["mode_run"], result.summary["stale"]) == ("incremental", {})
    repository.compare(result)
    repository.settings = LAZY
    assert not repository.run().changed


def test_a_full_run_meanwhile_ends_the_waiting(repository: Repository) -> None:
    repository.edit("pkg/base.py", lambda text: text.replace("        self.action()\n", ""))
    ended(repository.run())
    full = repository.graph.run(repository.config("updated", "full"))
    assert full.summary["stale"] == {}
    repository.compare(full)
    repository.edit("pkg/heir.py", lambda text: text.replace("    Heir(act).run()\n", ""))
    assert set(ended(repository.run()).summary["stale"]) == {"cross-file"}
    refreshed(repository)


def test_two_languages_wait_and_only_they_are_analysed(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[str] = []
    before = stage._add

    def noted(engine: Any, files: Any) -> Any:
        solved.extend(language for _, language, _ in files.units())
        return before(engine, files)

    repository.edit("pkg/heir.py", lambda text: text.replace("    Heir(act).run()\n", ""))
    ended(repository.run())
    repository.edit("web/b.ts", lambda text: text.replace("ham.alpha()", "go(ham.alpha)"))
    ended(repository.run())
    assert repository.analyses == 0
    monkeypatch.setattr(stage, "_add", noted)
    result = repository.run(())
    assert {*solved} == {"python", "typescript"}
    repository.compare(result)


def test_units_that_move_in_the_file_are_still_who_they_are_for_others(repository: Repository) -> None:
    """What other files know of `Heir.step` and `act` by their numbers are other numbers while the analysis waits."""
    known = edges(repository.run(), "pkg/base.py")
    assert (10, "pkg.heir:act@py", "points-to") in known
    repository.edit(
        "pkg/heir.py", lambda text: text.replace("def act():", "def first():\n    [x for x in ()]\n\ndef act():")
    )
    ended(repository.run())
    repository.edit("pkg/base.py", lambda text: f"# more\n{text}")
    result = repository.run()
    assert repository.analyses == 0
    assert edges(result, "pkg/base.py") == {(line + 1, target, resolver) for line, target, resolver in known}
    ended(result)
    repository.edit("pkg/heir.py", lambda text: text.replace("    def step(self):", "    def stepped(self):"))
    repository.graph = CodeGraph()
    result = repository.run()
    assert "pkg.heir:Heir.step@py" not in {target for _, target, _ in edges(result, "pkg/base.py")}
    ended(result)
    refreshed(repository)


def test_definitions_that_come_are_meant_by_others_after_the_refresh(repository: Repository) -> None:
    repository.write("two/b.py", "class B:\n    pass\n")
    repository.write("two/m.py", "from two.b import B\n\ndef go(b=B()):\n    b.seen = print\n    return b.seen\n")
    ended(repository.run())
    repository.analyses = 0
    repository.edit("two/b.py", lambda text: text.replace("    pass\n", "    seen = None\n"))
    result = repository.run()
    assert (repository.analyses, edges(result, "two/m.py", "writes")) == (0, set())
    ended(result)
    result = repository.run(())
    assert {target for _, target, _ in edges(result, "two/m.py", "writes")} == {"two.b:B.seen@py"}
    repository.compare(result)


def test_a_preview_and_a_commit_of_a_session_wait_as_well(repository: Repository) -> None:
    text = FILES["pkg/base.py"].replace("        self.action()\n", "        self.action()\n        self.step()\n")
    graph = CodeGraph(config=repository.config("updated", "incremental"))
    with graph.session() as session:
        session.add_change("pkg/base.py", text)
        with session.preview() as preview:
            assert [each.stage for each in preview.stale("edges")] == ["cross-file"]
        session.commit()
        assert [each.stage for each in session.stale("edges")] == ["cross-file"]
    repository.write("pkg/base.py", text)
    refreshed(repository)


@pytest.mark.parametrize("moment", ["edit", "refresh"])
def test_what_waits_outlives_a_process_that_is_killed(repository: Repository, moment: str) -> None:
    repository.edit("pkg/base.py", lambda text: text.replace("        self.action()\n", ""))
    if moment == "refresh":
        ended(repository.run())
    program = (
        "import os, signal, sys\nfrom codegraph import CodeGraph\n"
        "from codegraph._internal.settings import IndexingConfig\n"
        "from codegraph._internal.store.transaction import Transaction\n"
        "Transaction.commit = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "config = IndexingConfig(root_path=sys.argv[1], cache_dir=sys.argv[2], mode='incremental',\n"
        "                        plugins={'call-graph': {'lazy': True}})\n"
        "CodeGraph().run(config, refresh=() if sys.argv[3] == 'refresh' else None)\n"
    )
    store = repository.folder / "updated"
    done = subprocess.run([sys.executable, "-c", program, str(repository.root), str(store), moment], check=False)
    assert done.returncode == -9
    repository.graph = CodeGraph()
    assert set(repository.run().summary["stale"]) == {"cross-file"}
    refreshed(repository)


@pytest.mark.parametrize("is_named", [True, False])
def test_the_command_line_lets_it_wait_and_refreshes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], is_named: bool
) -> None:
    source = tmp_path / "a.py"
    source.write_text("def f(): ...\n\ndef g():\n    f()\n")
    index = ["index", str(tmp_path), "--with", "call-graph", "--lazy", "call-graph"]
    refresh = [*(index if is_named else index[:2]), "--refresh"]
    assert main([*index, "--quiet"]) == 0
    source.write_text("def f(): ...\n\ndef g():\n    f()\n    g()\n")
    assert main([*index, "--quiet"]) == 0
    assert main(["status", "--root", str(tmp_path)]) == 0
    assert "cross-file: of " in capsys.readouterr().out
    for how in ("--incremental", "--rebuild"):
        assert main(["verify", "--root", str(tmp_path), how]) == 0
        assert "older" in capsys.readouterr().out
    assert main([*refresh, "--quiet"]) == 0
    assert main(["status", "--root", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["stale_rows"], said["stale"]["everything"]) == ({}, "")
    assert main(["verify", "--root", str(tmp_path), "--incremental"]) == 0


def test_a_graph_that_is_opened_refreshes_the_layers_that_it_has(repository: Repository) -> None:
    repository.run()
    repository.edit("pkg/base.py", lambda text: text.replace("        self.action()\n", ""))
    ended(repository.run())
    with CodeGraph(config=evolve(repository.config("updated", "incremental"), plugins={})).open() as graph:
        assert graph.stale()
        assert not graph.refresh_stale().stale()
    ended_as = repository.run()
    assert (ended_as.changed, ended_as.summary["layers"]) == (False, ["call-graph"])
    repository.compare(ended_as)


def test_a_stage_that_fails_to_say_whether_it_waits_does_not(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bool:
        raise ValueError("nobody knows")

    repository.run()
    monkeypatch.setattr(stage.CallGraphStage, "waits", fail)
    repository.edit("pkg/base.py", lambda text: text.replace("        self.action()\n", ""))
    result = repository.run()
    assert (result.summary["mode_run"], result.summary["stale"]) == ("incremental", {})
    repository.compare(result)


@pytest.mark.parametrize(
    "options", [{"poll_s": 0.3}, {"reconcile_s": 0.2}, {"force_polling": True, "poll_s": 0.2}], ids=str
)
def test_a_watcher_refreshes_when_nothing_changed_for_a_while(repository: Repository, options: dict[str, Any]) -> None:
    graph = CodeGraph(config=repository.config("updated", "incremental"))
    with graph.watch(options=WatchOptions(debounce_ms=50, refresh_s=0.5, **options)) as watcher:
        events = watcher.events()
        repository.edit("pkg/base.py", lambda text: text.replace("        self.action()\n", ""))
        told = [events.get(60.0), events.get(60.0)]
        assert [event.reason for event in told if event is not None][1:] == ["refresh"]
        assert repository.analyses == 1
    result = repository.run()
    assert (result.changed, result.summary["stale"]) == (False, {})
    repository.compare(result)


@pytest.mark.parametrize("number", range(2))
def test_any_edits_give_what_a_full_run_gives_after_a_refresh(repository: Repository, number: int) -> None:
    """Lines are taken out, doubled and exchanged, files come and go, processes end; then rows are refreshed."""
    chance = random.Random(number)
    for _ in range(10):
        for _ in range(chance.randint(1, 3)):
            path = chance.choice([path for path in FILES if FILES[path]])
            text = (repository.root / path).read_text(encoding="utf-8") if (repository.root / path).exists() else ""
            lines = text.splitlines(keepends=True)
            at = chance.randrange(len(lines)) if lines else 0
            other = chance.choice(FILES[path].splitlines(keepends=True))
            lines[at : at + 1] = chance.choice(
                [[], [*lines[at : at + 1] * 2], [other, *lines[at : at + 1]], lines[at : at + 2][::-1], [other]]
            )
            if chance.random() < 0.1:
                lines = FILES[path].splitlines(keepends=True)
            repository.write(path, "".join(lines))
            if chance.random() < 0.08:
                (repository.root / path).unlink()
            if chance.random() < 0.2:
                repository.graph = CodeGraph()
            result = repository.run()
            assert "failed:" not in result.summary["mode_reason"]
            assert result.held is not None
            result.held.close()
        refreshed(repository)

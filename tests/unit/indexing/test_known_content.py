"""What was indexed once is not parsed again: touched files, branches, worktrees, moved repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from codegraph import CodeGraph
from codegraph._internal.indexing import Indexer, RunResult, given_up, unchanged
from codegraph._internal.indexing.incremental.engine import IncrementalRun
from codegraph._internal.indexing.incremental.stale import stale_files
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store.equality import differences
from codegraph._internal.store.repository import open_store
from codegraph_hookspecs import LanguagePack, ParsedBatch, ParseOptions, SourceFile
from tests.unit.indexing.fakes import ToyParser, ToySession, table, toy

NOTHING = {"added": 0, "modified": 0, "removed": 0, "affected": 0}


def git(folder: Path, *arguments: str) -> None:
    settings = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)


def index(root: Path, **settings: object) -> RunResult:
    """Index in a process that knows nothing, and compare with a full run elsewhere."""
    config = IndexingConfig(root_path=root, **settings)  # type: ignore[arg-type]
    result = CodeGraph().run(config)
    scratch = root.parent / "scratch"
    expected = CodeGraph().run(IndexingConfig(root_path=root, cache_dir=scratch, mode="full"))
    assert result.held is not None
    assert expected.held is not None
    assert [each.examples for each in differences(result.held, expected.held)] == []
    result.held.close()
    expected.held.close()
    shutil.rmtree(scratch)
    return result


def segments(root: Path, snapshot: str) -> set[Path]:
    with open_store(IndexingConfig(root_path=root)) as store, store.snapshot(snapshot) as found:
        return {part.segment.path for part in found.live_segments()}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CODEGRAPH_PLUGINS", raising=False)
    made = tmp_path / "main"
    files = {
        "pkg/__init__.py": "",
        "pkg/a.py": "from pkg.b import f\n\n\ndef g():\n    return f()\n",
        "pkg/b.py": "def f():\n    return 1\n",
        "web/a.ts": 'import { b } from "@/b";\nb();\n',
        "web/b.ts": "export function b() {}\n",
        "web/tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./*"]}}}',
        "package.json": '{"name": "web", "version": "1.0.0"}',
        ".gitignore": "made/\n.codegraph/\n",
    }
    for path, text in files.items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(text)
    git(made, "init")
    git(made, "add", ".")
    git(made, "commit", "-m", "one")
    return made


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the paths that incremental runs parse from now on."""
    found: list[str] = []
    original = IncrementalRun.parse

    def parse(self: IncrementalRun, sources):  # type: ignore[no-untyped-def]
        found.extend(source.path for source in sources)
        return original(self, sources)

    monkeypatch.setattr(IncrementalRun, "parse", parse)
    return found


def test_a_new_worktree_parses_no_file_that_is_known(root: Path, parsed: list[str]) -> None:
    first = index(root)
    git(root, "worktree", "add", "../other", "-b", "feature")
    other = root.parent / "other"
    made = index(other)
    assert (made.summary["mode_run"], made.summary["changes"], parsed) == ("incremental", NOTHING, [])
    assert made.summary["mode_reason"] == f"the snapshot is of another folder, {root}"
    assert segments(root, first.snapshot_id) <= segments(root, made.snapshot_id)
    assert not index(other).changed
    assert not index(root).changed


def test_a_worktree_parses_the_files_in_which_it_differs(root: Path, parsed: list[str]) -> None:
    index(root)
    git(root, "worktree", "add", "../other", "-b", "feature")
    other = root.parent / "other"
    (other / "pkg/b.py").write_text("def other():\n    return 1\n")
    (other / "pkg/c.py").write_text("from pkg.a import g\n")
    (other / "web/b.ts").unlink()
    made = index(other)
    assert made.summary["changes"] == {"added": 1, "modified": 1, "removed": 1, "affected": 2}
    assert sorted(parsed) == ["pkg/a.py", "pkg/b.py", "pkg/c.py", "web/a.ts"]


def test_a_build_file_that_differs_in_a_worktree_has_everything_built(root: Path) -> None:
    index(root)
    git(root, "worktree", "add", "../other", "-b", "feature")
    other = root.parent / "other"
    (other / "web/tsconfig.json").write_text("{}")
    made = index(other)
    assert made.summary["mode_run"] == "full"
    assert made.summary["mode_reason"] == f"{other}/web/tsconfig.json changed"


def test_an_ignored_file_of_a_worktree_counts_where_its_rules_differ(root: Path) -> None:
    (root / "made").mkdir()
    (root / "made/x.py").write_text("x = 1\n")
    index(root)
    git(root, "worktree", "add", "../other", "-b", "feature")
    other = root.parent / "other"
    (other / ".gitignore").write_text(".codegraph/\n")
    (other / "made").mkdir()
    (other / "made/x.py").write_text("x = 1\n")
    assert index(other).summary["changes"]["added"] == 1


def test_a_repository_that_was_moved_is_known(root: Path, parsed: list[str]) -> None:
    store = root.parent / "store"
    index(root, cache_dir=store)
    moved = root.parent / "moved"
    root.rename(moved)
    assert index(moved, cache_dir=store).summary["changes"] == NOTHING
    assert not index(moved, cache_dir=store).changed
    assert parsed == []


def test_status_compares_a_worktree_by_content(root: Path) -> None:
    index(root)
    git(root, "worktree", "add", "../other", "-b", "feature")
    other = root.parent / "other"
    (other / "pkg/b.py").write_text("x = 1\n")
    config = IndexingConfig(root_path=other)
    with open_store(config, reading=True) as store:
        stale = stale_files(store, config)
    assert (stale.everything, stale.added, stale.modified, stale.removed) == ("", [], ["pkg/b.py"], [])


def test_a_branch_that_is_checked_out_again_has_its_snapshot(root: Path, parsed: list[str]) -> None:
    first = index(root)
    git(root, "switch", "-c", "feature")
    (root / "pkg/b.py").write_text("def f():\n    return 2\n")
    index(root)
    git(root, "commit", "-am", "two")
    git(root, "switch", "main")
    del parsed[:]
    again = index(root)
    assert (again.changed, again.snapshot_id, parsed) == (False, first.snapshot_id, [])


def test_touched_files_are_read_once_and_make_no_snapshot(
    root: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, "GRAIN_NS", -(10**12))  # no time is too young to trust
    first = index(root)
    os.utime(root / "pkg/a.py")
    (root / "pkg/junk").write_text("")
    (root / "pkg/junk").unlink()
    again = index(root)
    assert (again.changed, again.snapshot_id, parsed) == (False, first.snapshot_id, [])
    monkeypatch.setattr(unchanged, "content_hash", lambda location: pytest.fail(f"{location!r} is read again"))
    assert not index(root).changed


class BusySession(ToySession):
    """Has no time for one file as long as the machine is busy."""

    def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
        found = super().parse(sources)
        late = [source.path for source in sources if source.path == "slow.toy" and self.parser.busy]
        said = {
            "stage": "parse",
            "code": "parse-timeout",
            "category": "permanent",
            "message": "Too long.",
            "span": None,
        }
        rows = [{"file_path": path, **said} for path in late]
        return ParsedBatch(tables={**found.tables, "diagnostics": table("diagnostics", rows)})


class BusyParser(ToyParser):
    busy = True

    def open(self, packs: Sequence[LanguagePack], options: ParseOptions) -> ToySession:
        return BusySession(self)


def test_a_file_that_took_too_long_is_tried_again_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGRAPH_PLUGINS", "none")
    monkeypatch.setattr(given_up, "GIVEN_UP_NS", 1)
    for name in ("a", "slow"):
        (tmp_path / f"{name}.toy").write_text(f"def {name}\n")
    parser = BusyParser()

    def run() -> RunResult:
        return Indexer(IndexingConfig(root_path=tmp_path), plugins=(toy(parsers=[parser]),)).run()

    assert run().summary["diagnostics"] == 1
    del parser.parsed[:]
    again = run()
    assert (again.summary["mode_run"], again.summary["mode_reason"]) == ("incremental", unchanged.RETRIED)
    assert (again.summary["diagnostics"], parser.parsed) == (1, ["slow.toy"])
    parser.busy = False
    assert run().summary["diagnostics"] == 0
    assert parser.parsed == ["slow.toy", "slow.toy"]
    assert not run().changed

"""Incremental runs: what is written anew, and the cases in which that was once too little."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codegraph import CodeGraph
from codegraph._internal.indexing import RunResult
from codegraph._internal.indexing.incremental.stale import stale_files
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store.equality import differences
from codegraph._internal.store.repository import open_store
from codegraph.cli import main


class Tree:
    """A repository and two stores of it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        self.root.mkdir()
        self.graph = CodeGraph()
        self.config = IndexingConfig(root_path=self.root, cache_dir=folder / "updated", mode="incremental")
        self.full = IndexingConfig(root_path=self.root, cache_dir=folder / "rebuilt", mode="full")

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def index(self) -> RunResult:
        """Index, and compare with a full run."""
        result, expected = self.graph.run(self.config), CodeGraph().run(self.full)
        assert result.held is not None
        assert expected.held is not None
        try:
            assert [each.examples for each in differences(result.held, expected.held)] == []
        finally:
            result.held.close()
            expected.held.close()
        return result


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    monkeypatch.delenv("CODEGRAPH_PLUGINS", raising=False)
    made = Tree(tmp_path)
    made.write("pkg/__init__.py", "from .a import A\n")
    made.write("pkg/a.py", "from .b import B\n\n\nclass A(B):\n    def run(self):\n        return self.go()\n")
    made.write("pkg/b.py", "import os\n\n\nclass B:\n    def go(self):\n        return os.getcwd()\n")
    made.write("main.py", "from pkg import A\nfrom .gone import x\n\n\ndef main():\n    A().run()\n    A.stop()\n")
    assert made.index().summary["mode_run"] == "full"
    return made


def changes(result: RunResult) -> dict[str, int]:
    assert result.summary["mode_run"] == "incremental", result.summary["mode_reason"]
    return dict(result.summary["changes"])


def test_a_changed_body_affects_no_other_file(tree: Tree) -> None:
    tree.write(
        "pkg/b.py", "import os\n\n\nclass B:\n    def go(self):\n        here = os.getcwd()\n        return here\n"
    )
    assert changes(tree.index()) == {"added": 0, "modified": 1, "removed": 0, "affected": 0}


def test_a_new_member_affects_the_files_whose_calls_it_answers(tree: Tree) -> None:
    tree.write("pkg/b.py", "class B:\n    def go(self): ...\n    def stop(self): ...\n")
    assert changes(tree.index()) == {"added": 0, "modified": 1, "removed": 0, "affected": 1}


def test_a_file_that_answers_an_import_affects_the_importer(tree: Tree) -> None:
    tree.write("gone.py", "x = 1\n")
    assert changes(tree.index()) == {"added": 1, "modified": 0, "removed": 0, "affected": 1}


def test_a_moved_file_keeps_the_versions_of_what_others_have(tree: Tree) -> None:
    (tree.root / "pkg/b.py").rename(tree.root / "pkg/c.py")
    assert changes(tree.index())["removed"] == 1


def test_external_nodes_go_with_their_last_use(tree: Tree) -> None:
    tree.write("pkg/b.py", "class B:\n    def go(self): ...\n")
    changes(tree.index())
    with tree.graph.index(tree.root, cache_dir=tree.config.cache_dir, mode="incremental").execute() as graph:
        assert not graph.query().nodes().filter(kind="external", fqn="os.getcwd").exists()


def test_a_new_process_goes_on_where_another_one_stopped(tree: Tree) -> None:
    tree.write("pkg/b.py", "class B:\n    def stop(self): ...\n")
    changes(tree.index())
    tree.graph = CodeGraph()
    tree.write("pkg/b.py", "class B:\n    def go(self): ...\n")
    assert changes(tree.index())["affected"] >= 1


def test_a_file_that_comes_to_be_readable_brings_its_folder(tree: Tree) -> None:
    tree.write("pkg/sub/__init__.py", "nothing\0")
    changes(tree.index())
    tree.write("pkg/sub/__init__.py", "def f(): ...\n")
    changes(tree.index())
    tree.write("pkg/sub/__init__.py", "nothing\0")
    changes(tree.index())


def test_a_tree_without_files_is_built_in_full(tree: Tree) -> None:
    for path in ("pkg/__init__.py", "pkg/a.py", "pkg/b.py", "main.py"):
        (tree.root / path).unlink()
    assert tree.index().summary["mode_run"] == "full"


def test_a_build_file_that_appears_is_a_reason_to_build_everything(tree: Tree) -> None:
    tree.write("web/a.ts", "import { b } from './b';\n")
    changes(tree.index())
    tree.write("web/tsconfig.json", '{"compilerOptions": {"baseUrl": "."}}')
    result = tree.index()
    assert result.summary["mode_run"] == "full"
    assert "tsconfig.json appeared" in result.summary["mode_reason"]


def test_the_root_folder_that_an_analyzer_listed_is_kept_with_the_tree(tree: Tree) -> None:
    tree.write("main.py", "from .gone import x\nfrom .there import y\n")
    changes(tree.index())
    tree.write("notes.txt", "nothing")
    changes(tree.index())
    tree.write("main.py", "import os\n")
    changes(tree.index())


def test_smart_builds_everything_when_most_files_changed(tree: Tree) -> None:
    for number in range(80):
        tree.write(f"many/m{number}.py", f"def f{number}(): ...\n")
    tree.index()
    for number in range(80):
        tree.write(f"many/m{number}.py", f"def g{number}(): ...\n")
    tree.config = IndexingConfig(root_path=tree.root, cache_dir=tree.config.cache_dir, mode="smart")
    result = tree.index()
    assert result.summary["mode_run"] == "full"
    assert "files are written anew" in result.summary["mode_reason"]


def test_findings_stay_where_nothing_changed_that_their_analyzer_looks_at(tree: Tree) -> None:
    tree.write("pkg/b.py", "from .a import A\n\n\nclass B:\n    def go(self):\n        return A\n")
    tree.index()

    def cycles() -> list[str]:
        with open_store(tree.config) as store, store.snapshot() as snapshot:
            found = [row for batch in snapshot.scan("findings") for row in batch.to_pylist()]
        return [row["id"] for row in found if row["analyzer"] == "import-cycle"]

    before = cycles()
    assert before
    tree.write("pkg/a.py", "from .b import B\n\n\nclass A(B):\n    def run(self):\n        return self.go() or 1\n")
    tree.write("pkg/b.py", "from .a import A\n\n\nclass B:\n    def go(self):\n        return A or 1\n")
    result = tree.index()
    assert "analyzer:import-cycle" not in result.summary["seconds"]["stages"]
    assert cycles() == before
    tree.write("pkg/b.py", "class B:\n    def go(self):\n        return 1\n")
    assert "analyzer:import-cycle" in tree.index().summary["seconds"]["stages"]
    assert cycles() == []


def test_stale_files_are_named(tree: Tree) -> None:
    with open_store(tree.config) as store:
        assert stale_files(store, tree.config).is_fresh
        tree.write("pkg/b.py", "class B: ...\n")
        (tree.root / "main.py").unlink()
        tree.write("new.py", "\n")
        stale = stale_files(store, tree.config)
    assert (stale.added, stale.modified, stale.removed) == (["new.py"], ["pkg/b.py"], ["main.py"])


def test_a_whole_run_at_once_differs_where_rows_differ(tree: Tree) -> None:
    first = tree.graph.run(tree.config)
    tree.write("pkg/b.py", "class B: ...\n")
    second = tree.graph.run(tree.config)
    assert first.held is not None
    assert second.held is not None
    found = {each.table: (each.missing, each.surplus) for each in differences(second.held, first.held)}
    first.held.close()
    second.held.close()
    assert {"nodes", "edges", "files", "sources"} <= found.keys()


def test_status_looks_at_a_snapshot_as_it_was_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CODEGRAPH_PLUGINS", raising=False)
    (tmp_path / "a.py").write_text("def f(): ...\n")
    assert main(["index", str(tmp_path), "--with", "occurrences", "--quiet"]) == 0
    capsys.readouterr()
    for text, stale in (("def f(): ...\n", False), ("def g(): ...\n", True)):
        if stale:
            (tmp_path / "a.py").write_text(text)
        assert main(["status", "--root", str(tmp_path), "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["layers"] == ["occurrences"]
        assert said["stale"]["everything"] == ""
        assert said["stale"]["modified"] == (["a.py"] if stale else [])


def test_a_stub_that_comes_changes_and_goes_affects_its_source_and_who_asks_for_its_names(tree: Tree) -> None:
    tree.write("pkg/b.pyi", "class B:\n    def go(self) -> str: ...\n    def stop(self) -> None: ...\n")
    assert changes(tree.index()) == {"added": 1, "modified": 0, "removed": 0, "affected": 2}
    tree.write("pkg/b.pyi", "class B:\n    def halt(self) -> None: ...\n    def go(self) -> str: ...\n")
    assert changes(tree.index()) == {"added": 0, "modified": 1, "removed": 0, "affected": 1}
    tree.write("pkg/b.py", "import os\n\n\n\nclass B:\n    def go(self):\n        return os.getcwd()\n")
    assert changes(tree.index()) == {"added": 0, "modified": 1, "removed": 0, "affected": 0}
    (tree.root / "pkg/b.pyi").unlink()
    assert changes(tree.index()) == {"added": 0, "modified": 0, "removed": 1, "affected": 1}

"""Sessions' commits are incremental runs over bytes in memory, and the disk is compared with them afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from codegraph import CodeGraph, Session
from codegraph._internal.indexing import RunResult
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store.equality import differences

FILES = {
    "pkg/__init__.py": "from .a import A\n",
    "pkg/a.py": "from .b import B\n\n\nclass A(B):\n    def run(self):\n        return self.go()\n",
    "pkg/b.py": "import os\n\n\nclass B:\n    def go(self):\n        return os.getcwd()\n",
    "main.py": "from pkg import A\n\n\ndef main():\n    A().run()\n",
    ".gitignore": "made/\n",
}


class Tree:
    """A repository, a store of it that sessions commit to, and one that is always built from nothing."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        self.root.mkdir()
        self.full = IndexingConfig(root_path=self.root, cache_dir=folder / "rebuilt", mode="full")
        self.config = IndexingConfig(root_path=self.root, cache_dir=folder / "updated")
        self.graph = CodeGraph(config=self.config)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def index(self, graph: CodeGraph | None = None) -> RunResult:
        """Index the disk, and compare with a full run."""
        result, expected = (graph or self.graph).run(self.config), CodeGraph().run(self.full)
        assert result.held is not None
        assert expected.held is not None
        try:
            assert [each.examples for each in differences(result.held, expected.held)] == []
        finally:
            result.held.close()
            expected.held.close()
        return result

    def commit(self, texts: Mapping[str, str | None], graph: CodeGraph | None = None) -> dict[str, int] | None:
        """Commit texts in a session, and compare with a build of them; return what changed, None after a full one."""
        with (graph or self.graph).session() as session:
            change(session, texts)
            with session.preview() as expected:
                session.commit()
                held, other = session._held, expected._held
                assert held is not None
                assert other is not None
                assert [each.examples for each in differences(held, other)] == []
            summary = held.info.summary
            assert summary["mode_run"] == "session"
            return summary.get("changes")


def change(session: Session, texts: Mapping[str, str | None]) -> None:
    for path, text in texts.items():
        if text is None:
            session.remove_file(path)
        else:
            session.add_change(path, text)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    monkeypatch.delenv("CODEGRAPH_PLUGINS", raising=False)
    made = Tree(tmp_path)
    for path, text in FILES.items():
        made.write(path, text)
    made.index()
    return made


def numbers(added: int = 0, modified: int = 0, removed: int = 0, affected: int = 0) -> dict[str, int]:
    return {"added": added, "modified": modified, "removed": removed, "affected": affected}


def test_a_body_in_memory_costs_one_file(tree: Tree) -> None:
    assert tree.commit({"pkg/b.py": FILES["pkg/b.py"].replace("os.getcwd()", "os.sep")}) == numbers(modified=1)


def test_an_interface_in_memory_costs_its_dependents(tree: Tree) -> None:
    assert tree.commit({"pkg/b.py": "class B:\n    pass\n"}) == numbers(modified=1, affected=1)


def test_files_in_memory_come_and_go(tree: Tree) -> None:
    assert tree.commit({"new.py": "from pkg.a import A\n", "pkg/b.py": None}) == numbers(added=1, removed=1, affected=1)


def test_each_commit_starts_from_the_one_before_it_in_this_process_and_in_another(tree: Tree) -> None:
    first, second = FILES["pkg/b.py"] + "\nX = 1\n", FILES["pkg/b.py"] + "\nX = 2\n"
    assert tree.commit({"pkg/b.py": first}) == numbers(modified=1)
    assert tree.commit({"pkg/b.py": second}) == numbers(modified=1)
    assert tree.commit({"pkg/b.py": first}, CodeGraph(config=tree.config)) == numbers(modified=1)


def test_a_commit_of_a_process_that_indexed_nothing_is_incremental(tree: Tree) -> None:
    assert tree.commit({"main.py": "x = 1\n"}, CodeGraph(config=tree.config)) == numbers(modified=1)


@pytest.mark.parametrize("resident", [True, False])
def test_the_next_look_at_the_disk_takes_back_what_was_not_saved(tree: Tree, resident: bool) -> None:
    tree.commit({"main.py": "x = 1\n", "only/here.py": "y = 2\n", "pkg/b.py": None})
    result = tree.index(tree.graph if resident else CodeGraph())
    assert result.summary["mode_run"] == "incremental", result.summary["mode_reason"]
    assert result.summary["changes"] == numbers(added=1, modified=1, removed=1, affected=1)
    assert not tree.index().changed


def test_what_was_saved_as_it_was_committed_is_looked_at_once(tree: Tree) -> None:
    text = FILES["main.py"] + "\n\nmain()\n"
    tree.commit({"main.py": text})
    tree.write("main.py", text)
    assert tree.index().summary["changes"] == numbers(modified=1)  # its time is another
    assert not tree.index().changed


def test_a_file_that_a_walk_passes_over_is_in_no_later_snapshot_of_the_disk(tree: Tree) -> None:
    tree.write("made/by.py", "x = 1\n")
    tree.index()
    assert tree.commit({"made/by.py": "y = 1\n"}) == numbers(added=1)
    assert tree.index().summary["changes"] == numbers(removed=1)


def test_a_build_file_in_memory_has_everything_computed_and_the_disk_is_asked_again(tree: Tree) -> None:
    tree.write("web/a.ts", 'import { b } from "@/b";\nb();\n')
    tree.write("web/lib/b.ts", "export function b() {}\n")
    tree.write("web/tsconfig.json", "{}")
    tree.index()
    paths = {"compilerOptions": {"paths": {"@/*": ["./lib/*"]}}}
    assert tree.commit({"web/tsconfig.json": json.dumps(paths)}) is None
    assert tree.commit({"web/lib/b.ts": "export function b() { b(); }\n"}) == numbers(modified=1)
    assert tree.index().summary["mode_run"] == "full"
    assert tree.commit({"web/tsconfig.json": json.dumps(paths)}) is None
    tree.write("web/tsconfig.json", json.dumps(paths))
    tree.index()


def test_what_a_session_asks_for_first_is_asked_of_the_disk_afterwards(tree: Tree) -> None:
    paths = {"compilerOptions": {"paths": {"@/*": ["./lib/*"]}}}
    tree.write("web/tsconfig.json", json.dumps(paths))  # of no interest while there is no TypeScript
    tree.index()
    files = {"web/a.ts": 'import { b } from "@/b";\nb();\n', "web/lib/b.ts": "export function b() {}\n"}
    tree.commit(files)
    for path, text in files.items():
        tree.write(path, text)
    result = tree.index()
    held = result.held
    assert held is not None
    assert result.summary["imports"]["resolved"] > 0


def test_status_names_what_a_session_changed(tree: Tree) -> None:
    from codegraph._internal.indexing.incremental.stale import stale_files
    from codegraph._internal.store.repository import open_store

    tree.commit({"main.py": "x = 1\n", "only/here.py": "y = 2\n"})
    with open_store(tree.config) as store:
        stale = stale_files(store, tree.config)
    assert (stale.everything, stale.modified, stale.removed) == ("", ["main.py"], ["only/here.py"])


def test_a_commit_keeps_the_layers_of_its_snapshot(tree: Tree) -> None:
    with tree.graph.index().with_occurrences().execute() as graph:
        known = graph.query().occurrences().count()
    with tree.graph.session() as session:
        session.add_change("main.py", FILES["main.py"] + "\n\nmain()\n")
        session.commit()
        assert session.query().occurrences().count() == known + 1
        assert session._held.info.summary["changes"]["modified"] == 1  # nothing else was computed anew


def test_mode_full_computes_a_commit_from_nothing(tree: Tree) -> None:
    graph = CodeGraph(config=IndexingConfig(root_path=tree.root, cache_dir=tree.config.cache_dir, mode="full"))
    assert tree.commit({"main.py": "x = 1\n"}, graph) is None
    assert tree.commit({"main.py": "x = 2\n"}) == numbers(modified=1)

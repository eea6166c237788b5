"""Sessions' commits are incremental runs over bytes in memory, and the disk is compared with them afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from codegraph import CodeGraph, Session
from codegraph._internal.indexing import RunResult
from codegraph._internal.indexing.following import expects
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store.equality import differences
from codegraph_hookspecs import Change, PluginInfo, Stage, StageContext, TableBatch, UpdateContext, hookimpl
from codegraph_plugins.stages.cross_file.incremental import LinkState
from tests.graph_rows import built

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
            with session.preview() as preview, built(session) as expected:
                session.commit()
                held = session._held
                assert held is not None
                for other in (preview, expected):
                    assert other._held is not None
                    assert [each.examples for each in differences(held, other._held)] == []
                assert preview.summary.get("changes") == held.info.summary.get("changes")
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


def test_a_preview_leaves_what_the_process_keeps_where_it_was(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[LinkState] = []
    original = LinkState.__init__

    def noted(self: LinkState, *arguments: Any) -> None:
        made.append(self)
        original(self, *arguments)

    monkeypatch.setattr(LinkState, "__init__", noted)
    tree.commit({"main.py": "x = 1\n"})
    made.clear()
    body = FILES["pkg/b.py"].replace("os.getcwd()", "os.sep")
    interface = "class B:\n    pass\n"
    with tree.graph.session() as session:
        for text in (body, interface, interface, body):
            session.add_change("pkg/b.py", text)
            with session.preview() as preview, built(session) as expected:
                assert preview.summary["changes"] == numbers(modified=1, affected=1 if text == interface else 0)
                assert not list(differences(preview._held, expected._held))
        session.rollback()
    assert tree.commit({"pkg/b.py": body}) == numbers(modified=1)
    assert len(made) == 0


def test_a_preview_builds_everything_where_its_commit_would(tree: Tree) -> None:
    tree.write("web/tsconfig.json", "{}")
    tree.write("web/a.ts", "import { b } from './b';\nb();\n")
    tree.write("web/b.ts", "export function b() {}\n")
    tree.index()
    assert tree.commit({"web/tsconfig.json": '{"compilerOptions": {"baseUrl": "."}}'}) is None


def test_a_preview_of_an_older_snapshot_leaves_what_belongs_to_the_newest(tree: Tree) -> None:
    with tree.graph.session() as old:
        tree.commit({"main.py": "x = 1\n"})
        old.add_change("pkg/b.py", "class B:\n    pass\n")
        with old.preview() as preview, built(old) as expected:
            assert not list(differences(preview._held, expected._held))
            assert preview.nodes().filter(fqn="main.main").exists()
    assert tree.commit({"main.py": "x = 2\n"}) == numbers(modified=1)


class Counting(Stage):
    """Keeps how often it updated; it never says how to go back."""

    name = "counting"
    layer = "L9"
    outputs = ("counted",)
    tables = ("metrics",)
    reads: ClassVar[Mapping[str, Sequence[str]]] = {"files": ("path",)}
    seen: ClassVar[list[int]] = []

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Give nothing."""
        yield from ()

    def affected(self, context: UpdateContext, change: Change) -> frozenset[str]:
        """Count."""
        context.resident["count"] = context.resident.get("count", 0) + 1
        self.seen.append(context.resident["count"])
        return frozenset()

    def update(self, context: UpdateContext, change: Change) -> Iterator[TableBatch]:
        """Give nothing."""
        yield from ()


def test_what_a_stage_keeps_is_forgotten_after_a_preview_that_it_cannot_undo(tree: Tree) -> None:
    class Plugin:
        @hookimpl
        def codegraph_plugin_info(self) -> PluginInfo:
            return PluginInfo(name="counting", version="1", requires_hookspec=">=1.0,<2")

        @hookimpl
        def codegraph_stages(self) -> list[Stage]:
            return [Counting()]

    Counting.seen.clear()
    tree.graph = CodeGraph(config=tree.config, plugins=[Plugin()])
    tree.graph.run(tree.config).held.close()
    with tree.graph.session() as session:
        for number in range(2):
            session.add_change("main.py", f"x = {number}\n")
            session.commit()
        session.add_change("main.py", "x = 2\n")
        session.preview().close()
        session.commit()
    assert Counting.seen == [1, 2, 3, 1]


class Expecting(Counting):
    """Notes what it is asked, and what it can read then."""

    name = "expecting"
    outputs = ("expected",)
    asked: ClassVar[list[tuple[str, Change, int, int]]] = []
    fails: ClassVar[bool] = False

    def expect(self, context: UpdateContext, change: Change) -> None:
        """Note it."""
        self._note("expect", context, change)
        if self.fails:
            raise ValueError("not ready")

    def affected(self, context: UpdateContext, change: Change) -> frozenset[str]:
        """Note it."""
        self._note("affected", context, change)
        return frozenset()

    def _note(self, what: str, context: UpdateContext, change: Change) -> None:
        before = sum(batch.num_rows for batch in context.previous("files", ["path"]))
        now = sum(batch.num_rows for batch in context.current("files"))
        self.asked.append((what, change, before, now))


@pytest.fixture
def expecting(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Tree:
    class Plugin:
        @hookimpl
        def codegraph_plugin_info(self) -> PluginInfo:
            return PluginInfo(name="expecting", version="1", requires_hookspec=">=1.0,<2")

        @hookimpl
        def codegraph_stages(self) -> list[Stage]:
            return [Expecting()]

    tree.graph = CodeGraph(config=tree.config, plugins=[Plugin()])
    tree.graph.run(tree.config).held.close()
    monkeypatch.setattr(Expecting, "asked", [])
    return tree


def test_a_stage_gets_ready_while_changed_files_are_parsed(expecting: Tree) -> None:
    files = len([path for path in expecting.root.rglob("*.py") if ".codegraph" not in path.parts])
    expecting.write("main.py", "x = 7\n")
    expecting.graph.run(expecting.config).held.close()
    change = Change(added=frozenset(), modified=frozenset({"main.py"}), removed=frozenset(), affected=frozenset())
    assert Expecting.asked == [("expect", change, files, 0), ("affected", change, files, 1)]
    Expecting.asked.clear()
    (expecting.root / "main.py").unlink()
    expecting.graph.run(expecting.config).held.close()
    assert [what for what, *_ in Expecting.asked] == ["affected"]


def test_a_stage_that_fails_to_get_ready_has_everything_built(expecting: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Expecting, "fails", True)
    expecting.write("main.py", "x = 8\n")
    result = expecting.graph.run(expecting.config)
    result.held.close()
    assert result.summary["mode_run"] == "full"
    assert result.summary["mode_reason"].startswith("expecting failed")
    assert result.summary["mode_reason"].endswith("not ready")


def test_what_gets_a_stage_ready_is_not_its_heir_s() -> None:
    class Heir(Expecting):
        def affected(self, context: UpdateContext, change: Change) -> frozenset[str]:
            return frozenset()

    assert [expects(each()) for each in (Counting, Expecting, Heir)] == [False, True, False]

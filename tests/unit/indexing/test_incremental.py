"""Incremental runs: what is written anew, and the cases in which that was once too little."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import attrs
import pytest

from codegraph import CodeGraph
from codegraph._internal.indexing import Indexer, RunResult, unchanged
from codegraph._internal.indexing.incremental import counting, engine, views
from codegraph._internal.indexing.incremental.producers import Producers
from codegraph._internal.indexing.incremental.reasons import FullRunNeeded
from codegraph._internal.indexing.incremental.rows import IncrementalRows
from codegraph._internal.indexing.incremental.stale import stale_files
from codegraph._internal.indexing.parsing import ParseTeam
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store.equality import differences
from codegraph._internal.store.held import HeldSnapshot
from codegraph._internal.store.repository import open_store
from codegraph._internal.store.transaction import Transaction
from codegraph.cli import main
from codegraph_hookspecs import Diagnostic, ParsedBatch, Stage, StageContext, StorageError, TableBatch
from codegraph_plugins.stages.cross_file.incremental import LinkState
from codegraph_plugins.stages.occurrences.values.expressions import Facts
from codegraph_plugins.stages.occurrences.values.places import Places
from tests.unit.indexing.fakes import toy


class Tree:
    """A repository and two stores of it."""

    def __init__(self, folder: Path, backend: str = "auto") -> None:
        self.root = folder / "tree"
        self.root.mkdir()
        self.graph = CodeGraph()
        self.config = IndexingConfig(
            root_path=self.root, cache_dir=folder / "updated", mode="incremental", backend=backend
        )
        self.full = IndexingConfig(root_path=self.root, cache_dir=folder / "rebuilt", mode="full", backend=backend)

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
            assert looks(result.held) == looks(expected.held)
        finally:
            result.held.close()
            expected.held.close()
        return result


def looks(snapshot: HeldSnapshot) -> dict[int, list[int]]:
    """Return the digests of what stages and analyzers see, by file."""
    blob = snapshot.store.state(views.STATE_NAME, snapshot.id)
    assert blob
    seen = views.Seen.from_bytes(blob, json.loads(blob.partition(b"\n")[0])["views"])
    assert seen is not None
    return dict(zip(seen.files.tolist(), seen.digests.tolist(), strict=True))


@pytest.fixture(params=["auto", "python"])
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Tree:
    monkeypatch.delenv("CODEGRAPH_PLUGINS", raising=False)
    made = Tree(tmp_path, request.param)
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


def test_only_a_file_of_the_same_size_is_read_to_find_that_it_changed(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    time.sleep(unchanged.GRAIN_NS / 1e9 + 0.1)  # what is younger is read in any case
    tree.index()
    read: list[str] = []
    content_hash = unchanged.content_hash

    def noted(location: bytes) -> str:
        read.append(os.fsdecode(location).rpartition("/")[2])
        return content_hash(location)

    monkeypatch.setattr(unchanged, "content_hash", noted)
    tree.write("pkg/a.py", (tree.root / "pkg/a.py").read_text().replace("run", "ran"))
    tree.write("pkg/b.py", (tree.root / "pkg/b.py").read_text() + "# more\n")
    changes(tree.index())
    assert read == ["a.py"]


def test_what_a_body_says_is_not_compared_with_the_rows_before(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    differ = IncrementalRows.differ

    def noted(rows: IncrementalRows, table: str, *given: Any) -> bool:
        compared.append(table)
        return differ(rows, table, *given)

    monkeypatch.setattr(IncrementalRows, "differ", noted)
    here = "import os\n\n\nclass B:\n    def go(self):\n        here = os.getcwd()\n        return here\n"
    for text in (here, here.replace("here", "there")):
        tree.write("pkg/b.py", text)
        assert changes(tree.index())["modified"] == 1
        tree.graph = CodeGraph()  # the next time the digests come from the store
    assert compared == []
    tree.write("pkg/b.py", here.replace("import os", "import os, sys"))
    tree.index()
    assert compared != []


@pytest.mark.parametrize("text", ["def f{}():\n    return 2\n", "def g{}():\n    return f{}()\n", "def broken(:\n"])
def test_rows_of_many_files_are_stored_beside_what_comes_next(tree: Tree, text: str) -> None:
    for at in range(40):
        tree.write(f"many/m{at}.py", f"from pkg import A\n\n\ndef f{at}():\n    return A()\n")
        tree.write(f"users/u{at}.py", f"from many.m{at} import f{at}\n\nf{at}()\n")
    assert changes(tree.index())["added"] == 80
    for at in range(40):
        tree.write(f"many/m{at}.py", text.format(at, at))
    assert changes(tree.index())["modified"] == 40


@pytest.mark.parametrize("aside", [1, 1000])
def test_what_a_summary_counts_is_that_of_a_full_run_when_rows_of_further_files_end(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, aside: int
) -> None:
    monkeypatch.setattr(engine, "STORED_ASIDE", aside)
    done: list[tuple[str, int]] = []
    take_off, begin, parse = counting.take_off, ParseTeam.prefetch, ParseTeam.parse

    def noted(summary: Any, snapshot: Any, owners: frozenset[str], language_of: Any) -> None:
        done.append(("counted", len(owners)))
        take_off(summary, snapshot, owners, language_of)

    def begun(team: ParseTeam, loaded: Any) -> None:
        done.append(("begun", len(loaded.sources)))
        begin(team, loaded)

    def parsed(team: ParseTeam, sources: Any, loaded: Any) -> Any:
        done.append(("parsed", len(sources)))
        return parse(team, sources, loaded)

    monkeypatch.setattr(counting, "take_off", noted)
    monkeypatch.setattr(ParseTeam, "prefetch", begun)
    monkeypatch.setattr(ParseTeam, "parse", parsed)
    tree.write("pkg/b.py", "import os\n\n\nclass B:\n    def stop(self):\n        return os.getcwd()\n")
    (tree.root / "pkg/__init__.py").unlink()
    result = tree.index()
    assert changes(result) == {"added": 0, "modified": 1, "removed": 1, "affected": 2}
    assert done[:3] == [("begun", 1), ("counted", 2), ("parsed", 1)]  # the parser is at work meanwhile
    assert [step for step in done[3:] if step[0] == "counted"] == [("counted", 2)]
    expected = CodeGraph().run(tree.full).summary
    for name in ("files", "lines", "nodes", "edges", "call_sites", "calls_by_language", "imports", "diagnostics"):
        assert result.summary[name] == expected[name]


def test_rows_stored_aside_go_with_a_run_that_gives_up(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "STORED_ASIDE", 1)
    stored: list[str] = []
    begin, append = engine._append_all, Transaction.append

    began, given_up = threading.Event(), threading.Event()

    def noted(transaction: Transaction, rows: Any) -> None:
        began.set()
        assert given_up.wait(60)
        begin(transaction, rows)

    monkeypatch.setattr(engine, "_append_all", noted)

    def counted(transaction: Transaction, table: str, batch: Any) -> None:
        stored.append(table)
        append(transaction, table, batch)

    monkeypatch.setattr(Transaction, "append", counted)

    def gives_up(*_: Any) -> Any:
        assert began.wait(60)
        given_up.set()
        raise FullRunNeeded("no more")

    with monkeypatch.context() as patched:
        patched.setattr(Producers, "affected", gives_up)
        tree.write("pkg/b.py", "class B: ...\n")
        assert tree.index().summary["mode_reason"] == "no more"
    assert stored.count("files") >= 2  # of the run that gave up, and of the one that did not
    tree.write("pkg/b.py", "class B:\n    def go(self): ...\n")
    assert changes(tree.index())["modified"] == 1


def test_a_disk_that_refuses_rows_stored_aside_is_reported(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "STORED_ASIDE", 1)

    def refused(*_: Any) -> None:
        raise StorageError("no space", code="disk-full")

    before = tree.graph.run(tree.config)
    assert before.held is not None
    before.held.close()
    with monkeypatch.context() as patched:
        patched.setattr(engine, "_append_all", refused)
        tree.write("pkg/b.py", "class B: ...\n")
        with pytest.raises(StorageError, match="no space"):
            tree.graph.run(tree.config)
    assert changes(tree.index())["modified"] == 1


def test_a_new_member_affects_the_files_whose_calls_it_answers(tree: Tree) -> None:
    tree.write("pkg/b.py", "class B:\n    def go(self): ...\n    def stop(self): ...\n")
    assert changes(tree.index()) == {"added": 0, "modified": 1, "removed": 0, "affected": 1}


def test_a_file_that_answers_an_import_affects_the_importer(tree: Tree) -> None:
    tree.write("gone.py", "x = 1\n")
    assert changes(tree.index()) == {"added": 1, "modified": 0, "removed": 0, "affected": 1}


def test_a_moved_file_keeps_the_versions_of_what_others_have(tree: Tree) -> None:
    (tree.root / "pkg/b.py").rename(tree.root / "pkg/c.py")
    assert changes(tree.index())["removed"] == 1


def test_what_a_stage_says_of_a_file_goes_with_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGRAPH_PLUGINS", "none")

    class Complains(Stage):
        name = "complains"
        layer = "L2"
        scope = "file"

        def run_batch(self, context: StageContext, batch: ParsedBatch) -> list[TableBatch]:
            nodes = batch.tables["nodes"].select(["name", "file_path"]).to_pylist()
            for path in sorted({row["file_path"] for row in nodes if row["name"] == "bad"}):
                context.report(Diagnostic(code="bad", message="Bad.", file_path=path))
            return []

    def said(first: str) -> list[str]:
        (tmp_path / "a.toy").write_text(f"def {first}\n")
        config = IndexingConfig(root_path=tmp_path, mode="incremental")
        Indexer(config, plugins=(toy(stages=[Complains()]),)).run()
        with open_store(config) as store, store.snapshot() as snapshot:
            return [row["file_path"] for batch in snapshot.scan("diagnostics") for row in batch.to_pylist()]

    (tmp_path / "b.toy").write_text("def bad\n")
    assert said("bad") == ["a.toy", "b.toy"]
    assert said("good") == ["b.toy"]
    assert sorted(said("bad")) == ["a.toy", "b.toy"]


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
    tree.config = attrs.evolve(tree.config, mode="smart")
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


def test_an_analyzer_that_lists_the_same_folders_looks_at_changed_files_alone(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[str] = []
    run_whole = Producers._run_whole

    def noted(self: Producers, each: Any) -> Any:
        whole.append(each.name)
        return run_whole(self, each)

    monkeypatch.setattr(Producers, "_run_whole", noted)
    tree.write("p/a.py", "from .gone import x\n")
    tree.write("p/c.py", "import os\n")
    tree.write("q/b.py", "from .gone import y\n")
    tree.index()
    whole.clear()
    tree.write("p/a.py", "import os\nfrom .gone import x\n")
    changes(tree.index())
    tree.write("p/a.py", "import os\n\nfrom .gone import x\n")
    tree.write("p/c.py", "import os\nfrom .missing import z\n")
    changes(tree.index())
    assert "unresolved-import" not in whole
    tree.write("p/missing.json", "{}")  # what was found in one file alone ends here
    changes(tree.index())
    assert "unresolved-import" in whole
    whole.clear()
    tree.write("p/a.py", "import os\n")
    tree.write("p/c.py", "import os\n")
    changes(tree.index())
    assert "unresolved-import" in whole  # nobody lists the folder any more


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


def test_a_layer_of_file_facts_is_updated(tree: Tree) -> None:
    for config in (tree.config, tree.full):
        config.plugins = {"occurrences": {}}
    tree.index()
    tree.write("pkg/b.py", "class B:\n    def go(self):\n        return 1\n")
    assert changes(tree.index())["modified"] == 1
    (tree.root / "pkg/b.py").unlink()
    assert changes(tree.index())["removed"] == 1


def test_the_first_run_of_a_process_surveys_other_files_only_where_it_must(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    surveyed: list[str] = []
    original = LinkState._survey_all

    def noted(self: LinkState, context: Any) -> None:
        surveyed.append("all")
        original(self, context)

    monkeypatch.setattr(LinkState, "_survey_all", noted)
    text = (tree.root / "pkg/b.py").read_text()
    body = text.replace("os.getcwd()", "os.sep")  # the node of `os.getcwd` ends: nobody names it any more
    for process in range(2):
        tree.graph = CodeGraph()  # as a new process has it
        surveyed.clear()
        tree.write("pkg/b.py", body if process == 0 else text)
        assert changes(tree.index())["affected"] == 0
        assert surveyed == []
        tree.write("pkg/b.py", body.replace("def go", "def gone"))
        assert changes(tree.index())["affected"] == 1
        assert surveyed == ["all", "all"]  # before the change and after it
        tree.write("pkg/b.py", body)
        assert changes(tree.index())["affected"] == 1


def test_the_first_run_of_a_process_after_another_interface(tree: Tree) -> None:
    text = (tree.root / "pkg/b.py").read_text()
    tree.graph = CodeGraph()
    tree.write("pkg/b.py", text.replace("def go", "def gone"))
    assert changes(tree.index())["affected"] == 1
    tree.graph = CodeGraph()
    tree.write("pkg/more.py", "import json\nfrom pkg.b import B\n\n\ndef more():\n    return json.dumps(B())\n")
    assert changes(tree.index())["added"] == 1
    tree.graph = CodeGraph()
    (tree.root / "pkg/more.py").unlink()
    assert changes(tree.index())["removed"] == 1


@pytest.mark.parametrize("again", [False, True], ids=["resident", "from the store"])
def test_files_of_no_language_that_came_without_others_are_counted_by_the_next_run(tree: Tree, again: bool) -> None:
    before = tree.index().summary["other_files"]
    tree.write("notes.txt", "Read me.\n")
    tree.index()
    tree.write("main.py", "x = 1\n")
    if again:
        tree.graph = CodeGraph()
    assert tree.index().summary["other_files"] == before + 1


def test_a_run_leaves_no_rows_to_the_collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEGRAPH_PLUGINS", raising=False)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/a.py").write_text("class A:\n    def go(self): ...\n\n\nA().go()\n")
    config = IndexingConfig(root_path=tmp_path / "tree", cache_dir=tmp_path / "store", plugins={"occurrences": {}})
    graph = CodeGraph()
    graph.run(config).held.close()
    gc.collect()
    gc.disable()
    try:
        (tmp_path / "tree/a.py").write_text("class A:\n    def go(self): ...\n\n\none = A()\none.go()\n")
        result = graph.run(config)
        result.held.close()
        assert result.summary["mode_run"] == "incremental"
        known = gc.get_objects()
        assert not [each for each in known if isinstance(each, (Facts, Places))]
        assert [each.new for each in known if isinstance(each, IncrementalRows)] in ([], [{}])
    finally:
        gc.enable()

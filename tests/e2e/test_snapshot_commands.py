"""`codegraph snapshots` and `codegraph verify` on a real repository: answers, machine form, exit codes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.e2e.conftest import Cli


def cli(root: Path, *words: object, code: int = 0) -> str:
    return Cli(root)(*map(str, words), code=code).stdout


def answer(root: Path, *words: object, code: int = 0) -> Any:
    return Cli(root).json(*map(str, words), code=code)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("built")
    (root / "a.py").write_text("def f():\n    return 1\n\n\ndef g():\n    return f()\n")
    (root / "b.py").write_text("import a\n")
    cli(root, "index", ".")
    (root / "a.py").write_text("import os\n\n\ndef f():\n    return 2\n\n\ndef h():\n    return f()\n")
    cli(root, "index", ".")
    return root


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "copy")


def test_list_show_tag_untag(root: Path) -> None:
    newest, oldest = answer(root, "snapshots", "list")["snapshots"]
    assert newest["parent_id"] == oldest["id"]
    assert (newest["head"], oldest["head"]) == (True, False)
    assert answer(root, "snapshots", "tag", "v1", oldest["id"], "--note", "first") == {
        "tag": "v1", "snapshot_id": oldest["id"],
    }  # fmt: skip
    assert answer(root, "snapshots", "tag", "v1", code=3)["error"]["code"] == "tag-exists"
    assert answer(root, "snapshots", "tag", "-bad-", code=2)["error"]["code"] == "usage"
    assert answer(root, "snapshots", "tag", "a b", code=3)["error"]["code"] == "tag-invalid"
    shown = answer(root, "snapshots", "show", "v1")
    assert (shown["id"], shown["tags"], shown["tables"]["files"]) == (oldest["id"], ["v1"], 2)
    assert "v1" in cli(root, "snapshots", "list")
    assert answer(root, "query", "nodes", "--snapshot", "v1", "--where", "name=g")["rows"][0]["fqn"] == "a.g"
    assert answer(root, "snapshots", "show", "v2", code=3)["error"]["code"] == "snapshot-missing"
    cli(root, "snapshots", "untag", "v1")
    cli(root, "snapshots", "untag", "v1", code=1)


def test_diff_as_counts_and_as_rows(root: Path) -> None:
    found = answer(root, "snapshots", "diff", code=1)
    assert found["files"] == [{"change": "changed", "path": "a.py"}]
    assert found["tables"]["nodes"] == {"added": 3, "removed": 1, "changed": 2, "moved": 0}
    rows = answer(root, "snapshots", "diff", "head~1", "head", "--table", "nodes", code=1)["rows"]
    changes = {row["id"]: row["change"] for row in rows}
    assert (changes["a:g@py"], changes["a:h@py"], changes["a:f@py"]) == ("removed", "added", "changed")
    assert "content_hash" in next(row["fields"] for row in rows if row["id"] == "a:f@py")
    assert "a.py" in cli(root, "snapshots", "diff", code=1)
    assert "a.h" in cli(root, "snapshots", "diff", "head~1", "head", "--table", "nodes", code=1)
    cli(root, "snapshots", "diff", "head~1", "--table", "edges", "-f", "parquet", "-o", "edges.parquet", code=1)
    assert "change" in pq.read_table(root / "edges.parquet").column_names
    assert answer(root, "snapshots", "diff", "head", "head")["tables"] == {}
    cli(root, "snapshots", "diff", "head", "head", "--table", "nodes")
    cli(root, "snapshots", "diff", "--format", "csv", code=2)
    assert answer(root, "snapshots", "diff", "--table", "nodez", code=2)["error"]["code"] == "table-unknown"


def test_history(root: Path) -> None:
    versions = answer(root, "snapshots", "history", "a.f")["versions"]
    assert [row["change"] for row in versions] == ["added", "changed"]
    assert versions[0]["content_hash"] != versions[1]["content_hash"]
    gone = answer(root, "snapshots", "history", "a:g@py")["versions"]
    assert [row["change"] for row in gone] == ["added", "removed"]
    assert answer(root, "snapshots", "history", "a.g") == {"node_id": "a:g@py", "versions": gone}
    assert answer(root, "snapshots", "history", "nothing", code=1)["versions"] == []
    assert "changed" in cli(root, "snapshots", "history", "a.f")


def test_bundle_gc_and_compact(root: Path, tmp_path: Path) -> None:
    newest, oldest = answer(root, "snapshots", "list")["snapshots"]
    done = answer(root, "snapshots", "export", "head~1", tmp_path / "graph.zip")
    assert done["snapshot_id"] == oldest["id"]
    assert (
        answer(root, "snapshots", "export", "head", tmp_path / "graph.zip", code=3)["error"]["code"] == "bundle-exists"
    )
    assert answer(root, "snapshots", "gc", "--keep-last", 1)["snapshots"] == [oldest["id"]]
    loaded = answer(root, "snapshots", "import", tmp_path / "graph.zip", "--tag", "old")
    assert (loaded["tags"], loaded["head"], loaded["branch"]) == (["old"], False, "")
    assert answer(root, "snapshots", "diff", "old", "head", code=1)["tables"]["nodes"]["removed"] == 1
    assert answer(root, "snapshots", "show", "head")["id"] == newest["id"]
    assert answer(root, "snapshots", "compact")["rewritten"] == 0
    assert answer(root, "verify")["ok"]
    (tmp_path / "graph.zip").write_bytes(b"x")
    assert answer(root, "snapshots", "import", tmp_path / "graph.zip", code=3)["error"]["code"] == "bundle-invalid"


def test_verify_finds_repairs_and_rebuilds(root: Path) -> None:
    assert "Nothing is wrong" in cli(root, "verify", "--rebuild")
    (root / ".codegraph/segments/left.seg").write_bytes(b"x")
    with (root / "a.py").open("a") as file:
        file.write("\n\ndef later():\n    pass\n")
    # The orphan is swept when the store is opened, as any writer does; the tree has moved on since the snapshot.
    found = answer(root, "verify", "--rebuild", code=1)
    assert {problem["code"] for problem in found["problems"]} == {"rebuild-differs"}
    segment = max((root / ".codegraph/segments").glob("*.seg"))
    data = bytearray(segment.read_bytes())
    data[200] ^= 1
    segment.unlink()  # a new file: this process may have the old one mapped
    segment.write_bytes(data)
    found = answer(root, "verify", code=1)
    assert [problem["code"] for problem in found["problems"]] == ["segment-damaged", "snapshot-damaged"]
    assert "snapshot-damaged" in cli(root, "verify", "--repair", code=1)
    assert answer(root, "verify")["ok"]
    assert "later" in cli(root, "index", ".") or answer(root, "query", "nodes", "--where", "name=later")["rows"]


def test_a_bundle_is_opened_where_nothing_was_indexed(root: Path, tmp_path: Path) -> None:
    answer(root, "snapshots", "export", "head", str(tmp_path / "g.zip"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    missing = answer(elsewhere, "snapshots", "import", "nothing.zip", code=2)["error"]
    assert "There is no file" in missing["message"]
    assert list(elsewhere.iterdir()) == []
    tag = answer(elsewhere, "snapshots", "import", str(tmp_path / "g.zip"))["tags"][0]
    wanted = answer(root, "query", "nodes")["rows"]
    assert answer(elsewhere, "query", "nodes", "--snapshot", tag)["rows"] == wanted


def test_reading_needs_a_store(tmp_path: Path) -> None:
    for words in (("snapshots", "list"), ("verify",)):
        assert answer(tmp_path, *words, "--root", tmp_path, code=3)["error"]["code"] == "store-missing"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("git") is None, reason="git makes the branches")
def test_branches_and_worktrees_share_one_store(tmp_path: Path) -> None:
    root = tmp_path / "main"
    root.mkdir()
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

    def run(folder: Path, *words: str) -> None:
        subprocess.run([*git, *words], cwd=folder, env=environment, check=True, capture_output=True)

    run(root, "init", "-q", "-b", "trunk")
    (root / "a.py").write_text("def f(): pass\n")
    run(root, "add", ".")
    run(root, "commit", "-q", "-m", "m")
    cli(root, "index", ".")
    run(root, "worktree", "add", "-q", str(tmp_path / "side"), "-b", "topic")
    (tmp_path / "side/a.py").write_text("def g(): pass\n")
    assert answer(tmp_path / "side", "query", "nodes", "--where", "kind=function")["rows"][0]["name"] == "f"
    cli(tmp_path / "side", "index", ".")
    assert not (tmp_path / "side/.codegraph").exists()
    names = {
        folder: [row["name"] for row in answer(folder, "query", "nodes", "--where", "kind=function")["rows"]]
        for folder in (root, tmp_path / "side")
    }
    assert names == {root: ["f"], tmp_path / "side": ["g"]}
    assert {entry["branch"] for entry in answer(root, "snapshots", "list")["snapshots"]} == {"trunk", "topic"}
    assert answer(root, "snapshots", "diff", "trunk", "topic", code=1)["tables"]["nodes"]["removed"] == 1
    run(root, "worktree", "remove", "--force", str(tmp_path / "side"))
    run(root, "branch", "-D", "topic")
    assert len(answer(root, "snapshots", "gc", "--gone-branches", "--keep-last", "1")["snapshots"]) == 1
    assert answer(root, "snapshots", "list")["snapshots"][0]["branch"] == "trunk"

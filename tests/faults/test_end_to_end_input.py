"""A repository with every odd input at once goes through the whole run; nothing is lost, nothing crashes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from codegraph._internal.discovery import path_bytes
from codegraph._internal.indexing import chunks
from codegraph.cli import main
from tests.faults.hostile import (
    DEGRADED,
    IGNORED,
    NEVER_SEEN,
    SKIPPED,
    hostile_repository,
    in_any_order,
    index,
    put,
    tables,
)
from tests.invariants import check_graph

CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Indexed(NamedTuple):
    """A hostile repository that was indexed once; tests must not change it."""

    root: Path
    cache: Path
    summary: dict[str, Any]
    rows: dict[str, list[str]]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Indexed:
    folder = tmp_path_factory.mktemp("hostile")
    root = folder / "repository"
    root.mkdir()
    hostile_repository(root, folder / "outside")
    cache = folder / "cache"
    summary = index(root, cache)
    return Indexed(root, cache, summary, tables(root, cache))


def expected_paths(root: Path) -> set[bytes]:
    """Return the source files by an oracle of its own: a plain walk, and the rules written out."""
    wanted = set()
    for folder, directories, names in os.walk(root):
        directories[:] = [name for name in directories if name not in (".git", "ignored")]
        for path in (Path(folder, name) for name in names):
            regular = path.is_file() and not path.is_symlink()
            if regular and path.suffix in (".py", ".ts", ".js") and path.name != "generated.py":
                wanted.add(os.fsencode(path.relative_to(root)))
    return wanted


def parsed(rows: list[str]) -> list[dict[str, Any]]:
    return [json.loads(row) for row in rows]


def test_every_invariant_of_a_graph_holds(hostile):
    check_graph(hostile.root, hostile.cache, hostile.summary)


def test_exactly_the_regular_source_files_that_are_not_ignored_are_seen(hostile):
    seen = {path_bytes(row["path"]) for row in parsed(hostile.rows["files"])}
    assert seen == expected_paths(hostile.root)
    assert not {path.decode() for path in seen if path.isascii()} & IGNORED


def test_each_file_has_the_status_that_its_content_deserves(hostile):
    status = {row["path"]: row["status"] for row in parsed(hostile.rows["files"])}
    assert {path for path, word in status.items() if word == "skipped"} == SKIPPED
    assert {path for path, word in status.items() if word == "degraded"} == DEGRADED
    assert "failed" not in status.values()


def test_each_entry_that_is_no_regular_file_has_a_diagnostic_and_no_row(hostile):
    codes = {row["file_path"]: row["code"] for row in parsed(hostile.rows["diagnostics"])}
    assert codes["pipe.py"] == codes["socket.py"] == "not-a-regular-file"
    links = NEVER_SEEN - {"pipe.py", "socket.py"}
    assert {codes[name] for name in links} == {"symlink-skipped"}
    assert not NEVER_SEEN & {row["path"] for row in parsed(hostile.rows["files"])}


def test_each_code_of_an_odd_file_is_the_one_that_names_its_defect(hostile):
    codes = {row["file_path"]: row["code"] for row in parsed(hostile.rows["diagnostics"])}
    assert codes["binary.py"] == "file-binary"
    assert codes["huge_line.py"] == codes["big.min.js"] == "file-too-large"
    assert {codes[name] for name in ("truncated.py", "truncated.ts", "noise.py")} == {"syntax-error"}
    assert codes["nested.ts"] == "nesting-too-deep"


def test_nothing_outside_the_repository_is_read(hostile):
    text = json.dumps(hostile.rows)
    assert "secret" not in text
    assert "/etc" not in {row["target_file"] for row in parsed(hostile.rows["imports"])}


def test_the_good_file_is_whole_among_the_bad(hostile):
    names = {row["fqn"] for row in parsed(hostile.rows["nodes"])}
    assert {"good", "good.good", "good.helper"} <= names
    calls = [row for row in parsed(hostile.rows["call_sites"]) if row["file_path"] == "good.py"]
    assert [(row["callee_text"], row["status"]) for row in calls] == [("helper", "resolved")]


@pytest.mark.parametrize("workers", [2, 4])
@pytest.mark.parametrize("backend", ["python", "rust"])
def test_any_number_of_workers_chunks_budget_and_engine_give_the_same_rows(
    hostile, tmp_path, monkeypatch, workers, backend
):
    if backend == "rust":
        pytest.importorskip("codegraph_parser_rust")
    monkeypatch.setattr(chunks, "CHUNK_FILES", {2: 7, 4: 1}[workers])
    monkeypatch.setattr(chunks, "CHUNK_BYTES", {2: 50_000, 4: 10}[workers])
    index(
        hostile.root, tmp_path, parallel_workers=workers, backend=backend,
        memory_budget_bytes={2: 16 * 2**20, 4: 2**30}[workers],
    )  # fmt: skip
    found = tables(hostile.root, tmp_path)
    for name, rows in hostile.rows.items():
        assert found[name] == rows, name


def as_nobody(root: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run `codegraph index` as a user without rights."""
    command = [sys.executable, "-P", "-m", "codegraph.cli", "index", str(root), "--cache-dir", str(cache), "--json"]
    done = subprocess.run(
        ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *command],
        cwd="/", capture_output=True, text=True, check=False, env={**os.environ, "HOME": "/nonexistent"},
    )  # fmt: skip
    if "No module named" in done.stderr or "can't open" in done.stderr:
        pytest.skip("another user cannot read this interpreter's packages")
    return done


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


COMMANDS = [
    ("query", "files"),
    ("query", "nodes"),
    ("query", "diagnostics"),
    ("query", "imports"),
    ("query", "call_sites", "--where", "file_path=escape.py"),
    ("status",),
    ("show", "escape.f"),
    ("show", "\x1b[31mno such\x1b[0m"),
    ("query", "nodes", "--where", "no\x1bfield=1"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words).replace("\x1b", "ESC"))
def test_what_reaches_a_terminal_has_no_control_characters(hostile, words):
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with contextlib.chdir(hostile.root), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*words, "--cache-dir", str(hostile.cache)])
    out.flush()
    printed = out.buffer.getvalue().decode() + err.getvalue()
    assert code in (0, 1, 2)
    assert printed
    assert not CONTROLS.search(printed), CONTROLS.search(printed)


def test_progress_and_summary_have_no_control_characters_either(hostile, tmp_path):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "codegraph.cli", "index", ".", "--cache-dir", str(tmp_path)],
        cwd=hostile.root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not CONTROLS.search(done.stdout + done.stderr)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")
def test_what_may_not_be_read_is_failed_with_a_diagnostic(open_folder):
    root = open_folder / "repository"
    put(root, "good.py")
    put(root, "unreadable.py")
    put(root, "closed/inner.py")
    (root / "unreadable.py").chmod(0)
    (root / "closed").chmod(0)
    cache = open_folder / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    done = as_nobody(root, cache)
    assert done.returncode == 0, done.stderr + done.stdout
    summary = json.loads(done.stdout)
    assert summary["files"] | {"seen": 2, "ok": 1, "failed": 1} == summary["files"]
    found = check_graph(root, cache, summary)
    codes = {row["file_path"]: row["code"] for row in found["diagnostics"]}
    assert codes == {"unreadable.py": "file-unreadable", "closed": "unreadable-directory"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")
@pytest.mark.parametrize(("closed", "code"), [("", "root-unreadable"), ("..", "root-not-a-directory")])
def test_a_root_that_may_not_be_read_is_an_error_and_no_empty_graph(open_folder, closed, code):
    root = open_folder / "above" / "repository"
    put(root, "good.py")
    (open_folder / "cache").mkdir(mode=0o777)
    (root / closed).resolve().chmod(0)
    done = as_nobody(root, open_folder / "cache")
    assert done.returncode == 3, done.stdout
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["context"]["path"]) == (code, str(root))
    assert error["context"]["remedy"]


def test_files_that_change_and_vanish_during_the_run_leave_a_graph_that_holds(tmp_path):
    root, cache = tmp_path / "repository", tmp_path / "cache"
    for number in range(150):
        put(root, f"m{number}.py", "def f():\n    pass\n" * 20)
    stop = threading.Event()

    def write() -> None:
        turn = 0
        while not stop.is_set():
            path = root / f"m{turn * 7 % 150}.py"
            match turn % 3:
                case 0:
                    path.unlink(missing_ok=True)
                case 1:
                    path.write_text("class A:\n    def f(self):\n        g()\n" * (turn % 40))
                case _:
                    path.write_text("def f(")
            turn += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            check_graph(root, cache, index(root, cache))
    finally:
        stop.set()
        writer.join()
    index(root, cache, mode="smart")
    index(root, tmp_path / "clean")
    assert in_any_order(root, cache) == in_any_order(root, tmp_path / "clean")


def test_a_file_that_vanishes_after_the_walk_is_failed_and_transient(tmp_path, monkeypatch):
    root, cache = tmp_path / "repository", tmp_path / "cache"
    put(root, "good.py")
    put(root, "gone.py")
    put(root, "linked.py")
    real = chunks.split

    def split(sources, *limits):
        (root / "gone.py").unlink(missing_ok=True)
        (root / "linked.py").unlink(missing_ok=True)
        (root / "linked.py").symlink_to("/dev/zero")
        return real(sources, *limits)

    monkeypatch.setattr(chunks, "split", split)
    summary = index(root, cache)
    assert summary["files"] | {"seen": 3, "ok": 1, "failed": 1, "skipped": 1} == summary["files"]
    diagnostics = {row["file_path"]: row for row in check_graph(root, cache, summary)["diagnostics"]}
    assert (diagnostics["gone.py"]["code"], diagnostics["gone.py"]["category"]) == ("file-vanished", "transient")
    assert diagnostics["linked.py"]["code"] == "file-not-regular"


def test_a_file_is_tried_again_after_it_vanished(tmp_path, monkeypatch):
    root, cache = tmp_path / "repository", tmp_path / "cache"
    put(root, "good.py")
    put(root, "gone.py")
    real = chunks.split

    def split(sources, *limits):
        (root / "gone.py").unlink(missing_ok=True)
        return real(sources, *limits)

    with monkeypatch.context() as patch:
        patch.setattr(chunks, "split", split)
        assert index(root, cache)["files"]["failed"] == 1
    put(root, "gone.py")
    assert index(root, cache, mode="smart")["files"]["failed"] == 0


def test_the_bytes_that_were_parsed_are_the_bytes_that_were_hashed(tmp_path, monkeypatch):
    import blake3

    root, cache = tmp_path / "repository", tmp_path / "cache"
    put(root, "grows.py", "def old():\n    pass\n")
    real = chunks.split
    new = "def new():\n    pass\n\n\ndef more():\n    pass\n"

    def split(sources, *limits):
        put(root, "grows.py", new)
        return real(sources, *limits)

    monkeypatch.setattr(chunks, "split", split)
    found = check_graph(root, cache, index(root, cache))
    assert found["files"][0]["content_hash"] == blake3.blake3(new.encode()).hexdigest()
    assert found["files"][0]["size"] == len(new)
    assert {row["name"] for row in found["nodes"] if row["kind"] == "function"} == {"new", "more"}


def test_a_parse_that_never_ends_is_cancelled_and_its_file_degraded(tmp_path):
    root, cache = tmp_path / "repository", tmp_path / "cache"
    put(root, "slow.py", "f(" * 300_000)
    put(root, "good.py")
    summary = index(root, cache, parse_timeout_s=0.05)
    assert summary["files"] | {"seen": 2, "ok": 1, "degraded": 1} == summary["files"]
    codes = {row["file_path"]: row["code"] for row in check_graph(root, cache, summary)["diagnostics"]}
    assert codes == {"slow.py": "parse-timeout"}


@pytest.mark.parametrize("name", ["", "bare.git", "submodule", "worktree", "folder.py"])
def test_a_submodule_a_worktree_and_a_bare_repository_are_indexed_like_any_folder(hostile, tmp_path, name):
    summary = index(hostile.root / name, tmp_path)
    assert summary["files"]["seen"] == len(expected_paths(hostile.root / name))


def test_an_empty_repository_has_an_empty_graph(tmp_path):
    (tmp_path / "repository").mkdir()
    summary = index(tmp_path / "repository", tmp_path / "cache")
    found = check_graph(tmp_path / "repository", tmp_path / "cache", summary)
    assert not any(found.values())

"""Branches and worktrees as real git makes them, read without running it; and impostors."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from codegraph._internal.discovery.worktree import find_worktree
from codegraph._internal.settings.config import default_store

git_is_here = pytest.mark.skipif(shutil.which("git") is None, reason="git makes the repositories")


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *identity, *words], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "main"
    (root / "sub").mkdir(parents=True)
    git(root, "init", "-q", "-b", "trunk")
    (root / "sub" / "a.py").write_text("a = 1\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    return root


def test_a_folder_without_version_control_has_no_worktree(tmp_path: Path) -> None:
    if find_worktree(tmp_path.parent) is not None:
        pytest.skip("the temporary folder is inside a repository")
    assert find_worktree(tmp_path) is None
    assert default_store(tmp_path) == tmp_path / ".codegraph"


@git_is_here
def test_the_branch_is_the_one_checked_out(repository: Path) -> None:
    found = find_worktree(repository / "sub")
    assert found is not None
    assert (found.top, found.branch, found.main, found.linked) == (repository, "trunk", repository, False)
    git(repository, "switch", "-q", "-c", "topic/näme")
    found = find_worktree(repository)
    assert found is not None
    assert found.branch == "topic/näme"
    git(repository, "switch", "-q", "--detach")
    found = find_worktree(repository)
    assert found is not None
    assert found.branch == "@detached"


@git_is_here
def test_linked_worktrees_share_the_main_one_s_store(repository: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "-q", str(linked), "-b", "side")
    found = find_worktree(linked / "sub")
    assert found is not None
    assert (found.top, found.branch, found.linked) == (linked, "side", True)
    assert default_store(linked) == repository / ".codegraph"
    assert default_store(linked / "sub") == repository / "sub" / ".codegraph"
    assert default_store(repository) == repository / ".codegraph"
    git(linked, "switch", "-q", "--detach")
    found = find_worktree(linked)
    assert found is not None
    assert found.branch == "@detached/linked"
    (linked / ".codegraph").mkdir()
    assert default_store(linked) == linked / ".codegraph"


@git_is_here
def test_worktrees_of_a_bare_repository_share_a_store_inside_it(repository: Path, tmp_path: Path) -> None:
    bare, linked = tmp_path / "bare.git", tmp_path / "linked"
    git(tmp_path, "clone", "-q", "--bare", str(repository), str(bare))
    git(bare, "worktree", "add", "-q", str(linked), "trunk")
    assert default_store(linked) == bare / "codegraph"


@git_is_here
def test_a_git_file_that_its_repository_does_not_know_shares_nothing(repository: Path, tmp_path: Path) -> None:
    linked, copied = tmp_path / "linked", tmp_path / "copied"
    git(repository, "worktree", "add", "-q", str(linked), "-b", "side")
    copied.mkdir()
    shutil.copy(linked / ".git", copied / ".git")
    assert default_store(copied) == copied / ".codegraph"
    own = copied / "fake"
    own.mkdir()
    (own / "HEAD").write_text("ref: refs/heads/side\n")
    (own / "commondir").write_text(f"{repository}/.git\n")
    (own / "gitdir").write_text(f"{copied}/.git\n")
    (copied / ".git").write_text("gitdir: fake\n")
    found = find_worktree(copied)
    assert found is not None
    assert (found.branch, found.linked) == ("side", False)
    assert default_store(copied) == copied / ".codegraph"


@pytest.mark.parametrize(
    "content", [b"", b"gitdir: nowhere\n", b"gitdir: a\0b\n", b"\xff\xfe", b"gitdir:" + b"x" * 9000]
)
def test_a_strange_git_file_is_no_worktree(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".git").write_bytes(content)
    assert find_worktree(tmp_path) is None


@pytest.mark.parametrize("head", [b"", b"ref: refs/heads/.invalid\n", b"ref: refs/heads/a b\n", b"\0\1", b"ref: x/y"])
def test_a_head_that_names_no_branch_is_unknown(tmp_path: Path, head: bytes) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_bytes(head)
    found = find_worktree(tmp_path)
    assert found is not None
    assert found.branch == "@unknown"


def test_a_pipe_in_place_of_the_head_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    os.mkfifo(tmp_path / ".git" / "HEAD")
    assert find_worktree(tmp_path) is None

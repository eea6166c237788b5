"""What a folder's version control says, read from git's own files: which branch, and whose worktree.

No git command runs: a repository's configuration can make `git status` run programs. Nothing here is trusted either: a
linked worktree counts only if the repository that its `.git` file names points back at it, so that an unpacked archive
cannot make us write elsewhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from attrs import frozen

_LIMIT: Final = 4096
_REF: Final = re.compile(rb"ref: refs/heads/([^\s\0]+)\s*")
_COMMIT: Final = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?\s*")


@frozen
class Worktree:
    """The git worktree that a folder is in.

    Args:
        top: Its top folder.
        branch: The branch that is checked out; `@detached` or `@unknown` where there is none or git does not say. A
            linked worktree's name follows then, since several may be so.
        main: The folder where what worktrees share belongs: the main worktree, or the repository when it is bare.
        linked: Whether this is a linked worktree (`git worktree add`).
    """

    top: Path
    branch: str
    main: Path
    linked: bool


def find_worktree(folder: Path) -> Worktree | None:
    """Return the worktree that a folder is in, or None outside of version control."""
    here = folder.absolute()
    for top in (here, *here.parents):
        entry = top / ".git"
        if entry.is_dir():
            return Worktree(top, _branch(entry, ""), top, linked=False) if (entry / "HEAD").is_file() else None
        if entry.is_file():
            try:
                return _from_file(top, entry)
            except (OSError, ValueError):  # it names what no path can be
                return None
    return None


def branches_gone(folder: Path, names: Iterable[str]) -> list[str]:
    """Return those of some branches that the folder's repository no longer has; none where that cannot be told."""
    worktree = find_worktree(folder)
    if worktree is None:
        return []
    git = worktree.main / ".git"
    if git.is_file():  # a submodule
        git = _resolved(worktree.main, _read(git).removeprefix(b"gitdir:").strip())
    git = git if git.is_dir() else worktree.main
    if not (git / "refs" / "heads").is_dir() or (git / "reftable").exists():
        return []
    try:
        packed = (git / "packed-refs").read_bytes()
    except FileNotFoundError:
        packed = b""
    except OSError:
        return []
    listed = {line.partition(b" ")[2] for line in packed.splitlines()}
    return [
        name
        for name in names
        if not name.startswith("@")
        and name != worktree.branch
        and f"refs/heads/{name}".encode() not in listed
        and not os.path.lexists(git / "refs" / "heads" / name)
    ]


def _from_file(top: Path, entry: Path) -> Worktree | None:
    """Follow a `.git` file: of a linked worktree, or of a submodule, which is a repository of its own."""
    content = _read(entry)
    if not content.startswith(b"gitdir:"):
        return None
    own = _resolved(top, content.removeprefix(b"gitdir:").strip())
    if not (own / "HEAD").is_file():
        return None
    common = _read(own / "commondir").strip()
    if not common:
        return Worktree(top, _branch(own, ""), top, linked=False)
    repository = _resolved(own, common)
    back = _read(own / "gitdir").strip()
    known = own.parent == repository / "worktrees" and back and _resolved(own, back) == entry.resolve()
    if not known:
        return Worktree(top, _branch(own, ""), top, linked=False)
    main = repository.parent if repository.name == ".git" else repository
    return Worktree(top, _branch(own, own.name), main, linked=True)


def _branch(git: Path, worktree: str) -> str:
    head = _read(git / "HEAD")
    if (found := _REF.fullmatch(head)) and found[1] != b".invalid":  # what the reftable format writes there
        return found[1].decode("utf-8", "backslashreplace")
    state = "@detached" if _COMMIT.fullmatch(head) else "@unknown"
    return f"{state}/{worktree}" if worktree else state


def _resolved(folder: Path, path: bytes) -> Path:
    return (folder / os.fsdecode(path)).resolve()


def _read(path: Path) -> bytes:
    """Return the beginning of a small regular file; nothing where it cannot be read."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            return file.read(_LIMIT)
    except (OSError, ValueError):
        return b""

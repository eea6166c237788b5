"""Files as a session's callers name and give them: any path inside the repository, text, bytes, or the disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from codegraph._internal.discovery.paths import path_text
from codegraph_hookspecs.errors import IndexingError

if TYPE_CHECKING:
    from codegraph._internal.settings import IndexingConfig
    from codegraph._internal.store import Snapshot

PathLike = str | os.PathLike[str]

_REMEDIES: Final = {
    "session-file-exists": "Use update_file or add_change.",
    "session-file-missing": "Use add_file, or add_change with the whole text.",
    "session-file-unreadable": "Give the content.",
    "session-path-invalid": "Give a path relative to the repository.",
    "session-edit-invalid": "Give bytes, and a range of the file as `pending` returns it.",
}


def refused(code: str, message: str, path: str) -> IndexingError:
    """Return the error for a change that cannot be meant."""
    return IndexingError(message, code=code, context={"path": path, "remedy": _REMEDIES[code]})


def path_name(root: Path, path: PathLike) -> str:
    """Return a path as `files.path` has it.

    Args:
        root: The repository.
        path: Relative to it, or absolute and inside it; need not exist.

    Raises:
        IndexingError: `session-path-invalid`: it leaves the repository, or names no file.
    """
    raw = os.fsencode(path)
    if os.path.isabs(raw):  # noqa: PTH117 -- raw bytes, which Path has not
        given = os.path.normpath(raw)
        roots = {os.fsencode(root.resolve()), os.fsencode(root)}
        inside = next((given[len(one) + 1 :] for one in roots if given.startswith(one.rstrip(b"/") + b"/")), b"")
    else:
        inside = os.path.normpath(raw) if raw else b""
    if not inside or inside in {b".", b".."} or inside.startswith((b"../", b"/")) or b"\0" in inside:
        shown = path_text(raw)
        raise refused("session-path-invalid", f"{shown!r} names no file of the repository.", shown)
    return path_text(inside)


def encoded(text: str | bytes, name: str) -> bytes:
    """Return text as UTF-8, and bytes as they are.

    Raises:
        IndexingError: `session-edit-invalid`: the text has lone surrogates.
    """
    if isinstance(text, bytes):
        return text
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        message = f"The text of {name!r} cannot be stored as UTF-8; give its bytes."
        raise refused("session-edit-invalid", message, name) from error


def disk_bytes(config: IndexingConfig, name: str) -> bytes:
    """Read a file of the repository from the disk, now.

    Raises:
        IndexingError: `session-file-unreadable`: it is no regular file, or larger than `max_file_bytes`.
    """
    from codegraph._internal.indexing.disk import DiskFiles

    limit = config.max_file_bytes
    found = DiskFiles(config.root_path).read(name, limit)
    if found is None or len(found) > limit:
        why = "it is no regular file, or cannot be read" if found is None else f"it has more than {limit} bytes"
        raise refused("session-file-unreadable", f"The file {name!r} cannot be taken from the disk: {why}.", name)
    return found


def has_file(snapshot: Snapshot, name: str) -> bool:
    """Say whether a snapshot has a file: one that was seen, or one that a stage read."""
    from codegraph._internal.indexing.sources import PROJECT_ROLE

    if snapshot.rows_of_file("files", name, ["path"]).num_rows:
        return True
    kept = snapshot.rows_of_file("sources", name, ["role", "source"]).to_pylist()
    return any(row["role"] == PROJECT_ROLE and row["source"] is not None for row in kept)

"""Reading the repository's own folder, and nothing outside it: regular files only, no link is followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from codegraph._internal.discovery import path_bytes, path_text


class DiskFiles:
    """Files below a root, by path text (`/` separators, as in `files.path`).

    Args:
        root: The repository.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(os.fsencode(root)).rstrip(b"/") or b"/"

    def read(self, path: str, max_bytes: int) -> bytes | None:
        """Return at most `max_bytes` + 1 bytes of a regular file, or None where there is none that may be read."""
        location = self.inside(path)
        if location is None:
            return None
        try:
            handle = os.open(location, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            with os.fdopen(handle, "rb") as stream:
                return stream.read(max_bytes + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else None
        except OSError:
            return None

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names in a folder as path texts, sorted; none where there is no such folder."""
        location = self.inside(folder)
        if location is None or os.path.realpath(location) != location:
            return ()
        try:
            with os.scandir(location) as entries:
                return tuple(sorted(path_text(entry.name) for entry in entries))
        except OSError:
            return ()

    def inside(self, path: str) -> bytes | None:
        """Return the absolute raw path, or None if the text leaves the root or a folder on the way is a link."""
        if path.startswith("/") or any(part in {".", ".."} for part in path.split("/")):
            return None
        try:
            raw = path_bytes(path)
        except ValueError:
            return None
        if b"\0" in raw:
            return None
        full = os.path.join(self._root, raw).rstrip(b"/")  # noqa: PTH118 -- raw bytes, which Path has not
        folder = os.path.dirname(full) if raw else full  # noqa: PTH120
        return full if os.path.realpath(folder) == folder else None

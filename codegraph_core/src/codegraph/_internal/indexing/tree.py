"""The names in every folder of a repository, as a snapshot keeps them: what lies there besides the sources.

Kept as raw bytes: for each folder its path (`./` and a trailing slash) and its names, separated by one NUL; two NULs
between folders.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from codegraph._internal.discovery import path_text


def encode_tree(listing: Iterable[tuple[bytes, list[bytes]]]) -> bytes:
    """Return a walk's listing as it is kept; the same for any order of the file system."""
    return b"\0\0".join(b"\0".join([b"./" + folder, *sorted(names)]) for folder, names in sorted(listing))


class Tree:
    """Names by folder, as path texts; "" is the root.

    Args:
        content: What `encode_tree` gave, or None where nothing was kept.
    """

    def __init__(self, content: bytes | None) -> None:
        self._names: dict[str, set[str]] = {}
        for part in path_text(content).split("\0\0") if content else ():
            folder, *names = part.split("\0")
            self._names[folder[2:].rstrip("/")] = set(names)

    def add(self, path: str) -> None:
        """Add a file and the folders that lead to it."""
        while path:
            folder, name = posixpath.split(path)
            self._names.setdefault(folder, set()).add(name)
            path = folder

    def remove(self, path: str) -> None:
        """Remove a file; its folder stays."""
        folder, name = posixpath.split(path)
        self._names.get(folder, set()).discard(name)

    def names(self, folder: str) -> set[str] | None:
        """Return a folder's names, or None for one that is not there."""
        return self._names.get(folder)

    def encode(self) -> bytes:
        """Return the tree as it is kept."""
        from codegraph._internal.discovery import path_bytes

        listing = [
            (path_bytes(f"{folder}/" if folder else ""), [path_bytes(name) for name in names])
            for folder, names in self._names.items()
        ]
        return encode_tree(listing)

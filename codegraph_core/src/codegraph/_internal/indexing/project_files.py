"""What stages and analyzers read of the repository besides its sources: asked for once, kept with the snapshot.

Kept is the answer, "there is no such file" too: a later session that computes the snapshot anew gives the same.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import Final

import pyarrow as pa

from codegraph._internal.discovery import Watched, WatchKind, path_bytes, path_text
from codegraph._internal.indexing.sources import FOLDER_ROLE, PROJECT_ROLE, TREE_ROLE, SourceSet, source_rows

MAX_BYTES: Final = 1 << 20


class ProjectFiles:
    """Reads files and folders for the stages of one run. Thread-safe.

    Args:
        sources: Where they come from.
        parsed: Paths of the run's own sources, which are kept anyway.
        walked: Whether the folders were walked for this run, so that what a folder does not name is not looked for.
    """

    def __init__(self, sources: SourceSet, parsed: Iterable[str], *, walked: bool = False) -> None:
        self._sources = sources
        self.parsed = frozenset(parsed)
        self._lock = threading.Lock()
        self._read: dict[str, tuple[int, bytes | None]] = {}
        self._listed: dict[str, tuple[str, ...]] = {}
        self._stamps: dict[tuple[WatchKind, str], Watched] = {}
        self._folders: dict[bytes, bytes] | None = None if walked else {}  # as in the tree → it and the names in it

    def read(self, path: str, max_bytes: int = MAX_BYTES) -> bytes | None:
        """Return a file's bytes, at most `max_bytes` + 1 of them, or None."""
        with self._lock:
            limit, content = self._read.get(path, (-1, None))
            if limit < max_bytes and (limit < 0 or (content is not None and len(content) > limit)):
                if self._absent(path):
                    content = None
                else:
                    self._stamp(WatchKind.RULES, path)
                    content = self._sources.read(path, max_bytes)
                self._read[path] = (max_bytes, content)
            return None if content is None else content[: max_bytes + 1]

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names in a folder, sorted."""
        with self._lock:
            if folder not in self._listed:
                self._stamp(WatchKind.DIRECTORY, folder)
                self._listed[folder] = self._sources.names(folder)
            return self._listed[folder]

    def find(self, names: Iterable[str]) -> list[str]:
        """Return the sorted paths of what has one of some names, in every folder that was walked.

        The names of those folders are kept, and their times compared, whether anybody asks or not.
        """
        wanted = {path_bytes(name) for name in names}
        found = []
        for part in self._sources.tree().split(b"\0\0"):
            folder, *inside = part.split(b"\0")
            found += [path_text(folder[2:] + name) for name in wanted.intersection(inside)]
        return sorted(found)

    def answers(self) -> dict[str, bytes | None]:
        """Return what was read, by path; None is said of what was not there."""
        with self._lock:
            return {path: content for path, (_, content) in self._read.items()}

    def listed(self) -> set[str]:
        """Return the folders whose names were asked for."""
        with self._lock:
            return {*self._listed}

    def rows(self) -> pa.RecordBatch:
        """Return what was read as rows of `sources`, sorted, and the names in all folders."""
        files = [(path, PROJECT_ROLE, kept[1]) for path, kept in sorted(self._read.items()) if path not in self.parsed]
        folders = [(path, FOLDER_ROLE, "\0".join(names).encode()) for path, names in sorted(self._listed.items())]
        return source_rows([*files, *folders, ("", TREE_ROLE, self._sources.tree())])

    def noted(self) -> FilesOf:
        """Return a reader that notes what is read through it."""
        return FilesOf(self)

    def unnoted(self) -> _Unnoted:
        """Return a reader that keeps nothing of what is read through it."""
        return _Unnoted(self._sources, self)

    def watched(self, walked: Iterable[Watched]) -> list[Watched]:
        """Return what a later look at the disk must compare besides what the walk saw.

        Args:
            walked: What the walk saw. A name that was missing in a folder of the walk needs no watch of its own.
        """
        known = {entry[1] for entry in walked}
        return [
            entry
            for _, entry in sorted(self._stamps.items())
            if entry[1] not in known and (entry[2] >= 0 or os.path.dirname(entry[1]) + b"/" not in known)  # noqa: PTH120
        ]

    def _absent(self, path: str) -> bool:
        """Say whether the walk saw a file's folder and not the file: a stage asks for build files in every folder."""
        if self._folders is None:
            parts = self._sources.tree().split(b"\0\0")
            self._folders = {part.partition(b"\0")[0]: part for part in parts}
        folder, slash, name = path.rpartition("/")
        try:
            part = self._folders.get(b"./" + path_bytes(folder + slash))
            return part is not None and path_bytes(name) not in part.split(b"\0")[1:]
        except ValueError:  # no path at all
            return False

    def _stamp(self, kind: WatchKind, path: str) -> None:
        """Note a file's times, before it is read."""
        stamp = None if path in self.parsed else self._sources.stamp(kind, path)
        if stamp is not None:
            self._stamps.setdefault((kind, path), stamp)


class FilesOf:
    """What one stage or analyzer reads of the repository. Thread-safe.

    Args:
        files: The run's.
    """

    def __init__(self, files: ProjectFiles) -> None:
        self._files = files
        self.files: set[str] = set()
        self.folders: set[str] = set()
        self.finds = False

    def read(self, path: str, max_bytes: int = MAX_BYTES) -> bytes | None:
        """Return a file's bytes; see `ProjectFiles.read`."""
        self.files.add(path)
        return self._files.read(path, max_bytes)

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names in a folder; see `ProjectFiles.names`."""
        self.folders.add(folder)
        return self._files.names(folder)

    def find(self, names: Iterable[str]) -> list[str]:
        """Return what has one of some names; see `ProjectFiles.find`."""
        self.finds = True
        return self._files.find(names)


class _Unnoted:
    """Reads like `ProjectFiles`; nothing is kept."""

    def __init__(self, sources: SourceSet, files: ProjectFiles) -> None:
        self.read = sources.read
        self.names = sources.names
        self.find = files.find

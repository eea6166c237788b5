"""Which notices matter: files of the installed languages and those that stages asked for, where the walk goes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from codegraph._internal.discovery import LanguageDetector, discover, path_bytes
from codegraph._internal.discovery.walk import NEVER_WALKED
from codegraph._internal.settings import IndexingConfig
from codegraph_hookspecs import LanguagePack

if TYPE_CHECKING:
    from codegraph._internal.store.held import HeldSnapshot

_RULES = b".gitignore"
_HEAD = (b".git/HEAD", b".git/info/exclude")
"""Files inside .git that decide what is indexed, and into which branch."""


class Relevance:
    """Decides about notices. Ignore rules count as the last walk met them: what it did not enter is not looked at.

    Args:
        config: Root, include and exclude globs, the cache folder.
        packs: Languages in use, by name.
        max_file_bytes: Larger files do not matter at once.
    """

    def __init__(self, config: IndexingConfig, packs: Mapping[str, LanguagePack], max_file_bytes: int) -> None:
        self._config = config
        self._packs = packs
        self._detector = LanguageDetector(packs.values())
        self._limit = max_file_bytes
        self._root = os.fsencode(config.root_path.resolve()).rstrip(b"/") + b"/"
        self._store = os.fsencode(config.store_path.resolve()).rstrip(b"/") + b"/"
        self._folders: frozenset[bytes] = frozenset()
        self._asked: set[bytes] = set()  # folders that notices named and no walk has entered yet
        self._left_out: frozenset[bytes] = frozenset()  # those that a walk did not enter
        self._endings: frozenset[bytes] = frozenset()

    def refresh(self, held: HeldSnapshot | None) -> None:
        """Learn which folders there are, and what kind of files the stages of a snapshot asked for."""
        found = discover(
            self._config.root_path.resolve(),
            self._packs,
            include=self._config.include,
            exclude=self._config.exclude,
            skip=[self._config.store_path.resolve()],
            watch=True,
        )
        self._folders = frozenset(folder for folder, _names in found.listing)
        asked = frozenset(self._asked)
        self._left_out = (self._left_out | asked) - self._folders
        self._asked -= asked
        if held is not None:
            self._endings = frozenset(_endings(held))

    def relative(self, path: str) -> str:
        """Return a path below the root as a person reads it."""
        return path.removeprefix(os.fsdecode(self._root))

    def judge(self, path: str) -> tuple[bool, bool]:
        """Say whether a notice matters, and whether it is about a folder."""
        raw = os.fsencode(path)
        if not raw.startswith(self._root) or (raw + b"/").startswith(self._store):
            return False, False
        inside = raw[len(self._root) :]
        if inside in _HEAD:
            return True, False
        parts = inside.split(b"/")
        if not inside or not NEVER_WALKED.isdisjoint(parts):
            return False, False
        name = parts[-1]
        unknown = self._first_unknown(parts[:-1])
        if unknown is not None:
            if unknown in self._left_out:
                return False, False
            self._asked.add(unknown)
            return True, True
        if name == _RULES:
            self._left_out = frozenset()
            return True, True  # other folders may be entered now
        if inside + b"/" in self._folders:
            return True, True  # a folder that was there: it may be gone
        try:
            status = os.lstat(raw)
        except OSError:
            return self._named(name), False
        if stat.S_ISDIR(status.st_mode):
            self._asked.add(inside + b"/")
            return inside + b"/" not in self._left_out, True
        return status.st_size <= self._limit and self._named(name), False

    def _first_unknown(self, parts: list[bytes]) -> bytes | None:
        """Return the outermost folder of a path that the last walk did not enter, or None."""
        folder = b""
        for part in parts:
            folder += part + b"/"
            if folder not in self._folders:
                return folder
        return None

    def _named(self, name: bytes) -> bool:
        if self._detector.by_name(name) is not None:
            return True
        _, dot, ending = name.rpartition(b".")
        return not dot or ending in self._endings


def _endings(held: HeldSnapshot) -> Iterable[bytes]:
    """Yield the endings of the files that stages asked for: manifests and settings of build tools."""
    from codegraph._internal.indexing.sources import PROJECT_ROLE
    from codegraph_hookspecs import SOURCES_TABLE

    for batch in held.snapshot.scan(SOURCES_TABLE, ["path", "role"]):
        for path, role in zip(batch.column("path").to_pylist(), batch.column("role").to_pylist(), strict=True):
            if role == PROJECT_ROLE:
                _, dot, ending = path_bytes(path).rpartition(b"/")[2].rpartition(b".")
                if dot:
                    yield ending

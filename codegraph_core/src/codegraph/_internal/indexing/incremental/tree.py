"""What changed in the tree since a snapshot: by times and sizes, then by content; a walk only where folders changed."""

from __future__ import annotations

import os
import stat as stat_module
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from codegraph._internal.discovery import Discovery, Watched, WatchKind, path_bytes, path_text
from codegraph._internal.indexing import unchanged
from codegraph._internal.indexing.incremental.reasons import FullRunNeeded
from codegraph._internal.indexing.sources import DiskSources
from codegraph_hookspecs import LanguagePack, SourceFile, module_name

if TYPE_CHECKING:
    from codegraph._internal.indexing.incremental.base import FileRow

_RULE_FILES = (b".gitignore", b"/info/exclude")
"""How the paths of files end that a walk reads; other files of that kind were asked for by stages."""


@frozen(kw_only=True)
class TreeChange:
    """What a run has to look at.

    Args:
        added: New files.
        modified: Files with other bytes or times.
        removed: Paths of files that are gone.
        watched: What a later look compares, with the present times of what the walk saw.
        asked: Entries of the record that no walk saw: what stages asked for. Nothing of it changed.
        found: What the walk found, or None when there was no need for one.
        folders: Whether the names in some folder changed.
    """

    added: Mapping[str, SourceFile]
    modified: Mapping[str, SourceFile]
    removed: frozenset[str]
    watched: list[Watched]
    asked: list[Watched]
    found: Discovery | None
    folders: bool


def tree_change(
    blob: bytes | None,
    *,
    environment: str,
    files: Mapping[str, FileRow],
    packs: Mapping[str, LanguagePack],
    sources: DiskSources,
    prefix: bytes,
    verified_ns: int,
    paranoid: bool,
) -> TreeChange:
    """Compare the tree with what was kept with a snapshot.

    Args:
        blob: What `unchanged.encode` gave.
        environment: Hash of everything but the tree.
        files: The snapshot's rows of `files`.
        packs: Languages in use.
        sources: The disk.
        prefix: The root's raw path with a slash.
        verified_ns: As in `unchanged.difference`.
        paranoid: Compare every file by content.

    Raises:
        FullRunNeeded: There is no record, or something changed that every file may depend on.
    """
    record = unchanged.decode(blob)
    if record is None:
        raise FullRunNeeded("there is no record of the last walk")
    if record.environment != environment:
        raise FullRunNeeded("settings, plugins or versions changed")
    look = _Look(record, files, prefix, max(record.recorded_ns, verified_ns) - unchanged.GRAIN_NS, paranoid)
    look.compare()
    for location in record.absent:
        if os.path.lexists(location):
            raise FullRunNeeded(f"{path_text(location)} appeared")
    if not look.walk:
        modified = {path: _source(path, files[path], packs, prefix, entry) for path, entry in look.modified.items()}
        asked = [entry for entry in look.entries if _asked(entry, prefix)]
        asked += [(WatchKind.RULES, location, -1, -1, -1) for location in record.absent]
        kept = {entry[1] for entry in asked}
        watched = [entry for entry in look.entries if entry[1] not in kept]
        return TreeChange(
            added={}, modified=modified, removed=frozenset(), watched=watched, asked=asked, found=None, folders=False
        )
    found = sources.find(packs)
    present = {source.path: source for source in found.sources}
    seen = {entry[1] for entry in found.watched}
    modified = {}
    for path in look.modified:
        if path in present:
            modified[path] = present[path]
    by_location = {entry[1]: entry for entry in look.entries}
    for entry in found.watched:
        if entry[0] != WatchKind.SOURCE:
            continue
        path = path_text(entry[1][len(prefix) :])
        before = by_location.get(entry[1])
        if path in present and path in files and (before is None or before[2:4] != entry[2:4]):
            modified.setdefault(path, present[path])
    asked = [entry for entry in look.entries if entry[1] not in seen and _asked(entry, prefix)]
    asked += [(WatchKind.RULES, location, -1, -1, -1) for location in record.absent]
    asked = [entry for entry in asked if entry[1] not in look.folders]  # whoever asked is asked to look again
    return TreeChange(
        added={path: source for path, source in present.items() if path not in files},
        modified={path: source for path, source in modified.items() if path in files},
        removed=frozenset(path for path in files if path not in present),
        watched=list(found.watched),
        asked=asked,
        found=found,
        folders=bool(look.folders),
    )


def _asked(entry: Watched, prefix: bytes) -> bool:
    """Say whether a stage asked for what is watched; a walk watches it otherwise."""
    kind, location = entry[0], entry[1]
    if kind == WatchKind.RULES:
        return not location.endswith(_RULE_FILES)
    return kind == WatchKind.DIRECTORY and not location.endswith(b"/") and location + b"/" != prefix


def _source(path: str, row: FileRow, packs: Mapping[str, LanguagePack], prefix: bytes, entry: Watched) -> SourceFile:
    return evolve(source_file(path, row, packs, prefix), size=entry[2], mtime_ns=entry[3])


def source_file(path: str, row: FileRow, packs: Mapping[str, LanguagePack], prefix: bytes) -> SourceFile:
    """Return a file of a snapshot as parsers take it.

    Raises:
        FullRunNeeded: Its language is not in use any more.
    """
    pack = packs.get(row.language or "")
    if pack is None:
        raise FullRunNeeded(f"the language of {path} is not in use any more")
    return SourceFile(
        path=path,
        location=prefix + path_bytes(path),
        language=pack.name,
        module=module_name(path, pack),
        size=row.size,
        mtime_ns=row.mtime_ns,
    )


class _Look:
    """One look at everything that was recorded."""

    def __init__(
        self,
        record: unchanged.Record,
        files: Mapping[str, FileRow],
        prefix: bytes,
        threshold: int,
        paranoid: bool,
    ) -> None:
        self._record = record
        self._files = files
        self._prefix = prefix
        self._threshold = threshold
        self._paranoid = paranoid
        self.entries: list[Watched] = []
        self.modified: dict[str, Watched] = {}
        self.folders: set[bytes] = set()
        self.walk = False

    def compare(self) -> None:
        """Compare every entry.

        Raises:
            FullRunNeeded: A file changed that a stage asked for.
        """
        record, threshold, paranoid = self._record, self._threshold, self._paranoid
        lstat, source, entries = os.lstat, int(WatchKind.SOURCE), self.entries
        places = zip(record.kinds, record.locations, record.sizes, record.mtimes, record.ctimes, strict=True)
        for index, entry in enumerate(places):
            kind, location, size, mtime, ctime = entry
            try:
                status = lstat(location)
            except OSError:
                self._gone(kind, location)
                continue
            same = status.st_mtime_ns == mtime and status.st_size == size
            if same and status.st_ctime_ns == ctime and ctime < threshold and not paranoid:
                entries.append((WatchKind(kind), location, size, mtime, ctime) if kind != source else entry)
                continue
            now: Watched = (WatchKind(kind), location, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            entries.append(now)
            if kind == source:
                self._file(now, same, stat_module.S_ISREG(status.st_mode))
            elif not self._same_digest(index, kind, location):
                self._other(kind, location)

    def _file(self, now: Watched, same: bool, regular: bool) -> None:
        path = path_text(now[1][len(self._prefix) :])
        row = self._files.get(path)
        if row is None or not regular:
            self.walk = True
        elif not same or row.content_hash is None or unchanged.content_hash(now[1]) != row.content_hash:
            self.modified[path] = now

    def _same_digest(self, index: int, kind: int, location: bytes) -> bool:
        known = self._record.digests[index]
        return known != 0 and unchanged.digest(kind, location) == known

    def _other(self, kind: int, location: bytes) -> None:
        if kind == WatchKind.RULES and not location.endswith(_RULE_FILES):
            raise FullRunNeeded(f"{path_text(location)} changed")
        if kind == WatchKind.DIRECTORY:
            self.folders.add(location)
        self.walk = True

    def _gone(self, kind: int, location: bytes) -> None:
        if kind == WatchKind.RULES and not location.endswith(_RULE_FILES):
            raise FullRunNeeded(f"{path_text(location)} is gone")
        self.walk = True

"""What changed in the tree since a snapshot: by times and sizes, then by content; a walk only where folders changed."""

from __future__ import annotations

import os
import stat as stat_module
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from attrs import frozen

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
        modified: Files with other bytes.
        removed: Paths of files that are gone.
        reason: What changed first, or an empty string when nothing did.
        found: What the walk found, or None when there was no need for one.
        folders: Whether the names in some folder changed.
        record: What was recorded before, with the present times; where there was a walk, as it was.
        elsewhere: Whether the snapshot is of another copy of the tree, such as another git worktree.
    """

    added: Mapping[str, SourceFile]
    modified: Mapping[str, SourceFile]
    removed: frozenset[str]
    reason: str
    found: Discovery | None
    folders: bool
    record: unchanged.Record
    _look: _Look
    elsewhere: bool = False

    @property
    def watched(self) -> list[Watched]:
        """What a later look compares, with the present times of what the walk saw."""
        if self.found is not None:
            return list(self.found.watched)
        return [entry for entry in self._look.entries() if not _asked(entry, self._look.prefix)]

    @property
    def asked(self) -> list[Watched]:
        """Entries of the record that no walk saw: what stages asked for. Nothing of it changed."""
        look = self._look
        seen = {entry[1] for entry in self.found.watched} if self.found is not None else frozenset()
        asked = [entry for entry in look.entries() if entry[1] not in seen and _asked(entry, look.prefix)]
        asked += [(WatchKind.RULES, location, -1, -1, -1) for location in self.record.absent]
        return [entry for entry in asked if entry[1] not in look.folders]  # whoever asked is asked to look again


def tree_change(
    record: unchanged.Record | None,
    *,
    environment: str,
    recorded_ns: int,
    files: Mapping[str, FileRow],
    packs: Mapping[str, LanguagePack],
    sources: DiskSources,
    prefix: bytes,
    verified_ns: int,
    paranoid: bool,
    look: unchanged.Look | None = None,
    given_up: Callable[[], Collection[str]] = tuple,
) -> TreeChange:
    """Compare the tree with what was kept with a snapshot.

    Args:
        record: What was recorded with the snapshot.
        environment: Hash of everything but the tree.
        recorded_ns: Wall clock before this look.
        files: The snapshot's rows of `files`.
        packs: Languages in use.
        sources: The disk.
        prefix: The root's raw path with a slash.
        verified_ns: As in `unchanged.difference`.
        paranoid: Compare every file by content.
        look: What a look at the same record found a moment ago: what it saw unchanged is not looked at again.
        given_up: Gives the files to try again when it is time; without any, everything is.

    Raises:
        FullRunNeeded: There is no record, or something changed that every file may depend on.
    """
    if record is None:
        raise FullRunNeeded("there is no record of the last walk")
    elsewhere = None
    if record.environment != environment:
        elsewhere = unchanged.other_folder(record.environment, environment)
        if elsewhere is None:
            raise FullRunNeeded(unchanged.environment_reason(record.environment, environment))
        record = record.elsewhere(elsewhere.rstrip(b"/") + b"/", prefix, environment=environment)
    again = frozenset(given_up()) if record.is_due else None
    if again is not None and not again:
        raise FullRunNeeded(unchanged.RETRIED)
    seen = _Look(record, files, prefix, max(record.recorded_ns, verified_ns) - unchanged.GRAIN_NS, paranoid)
    seen.try_again(again or ())
    if look is None or paranoid or elsewhere is not None:
        seen.compare((), 0)
        seen.walk = seen.walk or elsewhere is not None
    else:
        seen.compare(look.doubtful, look.until)
    for location in record.absent:
        if os.path.lexists(location):
            raise FullRunNeeded(f"{path_text(location)} appeared")
    if not seen.walk:
        modified = {path: _source(path, files[path], packs, prefix, entry) for path, entry in seen.modified.items()}
        return TreeChange(
            added={},
            modified=modified,
            removed=frozenset(),
            reason=seen.reason,
            found=None,
            folders=False,
            record=record.moved(seen.now, recorded_ns=recorded_ns),
            look=seen,
        )
    found = sources.find(packs)
    present = {source.path: source for source in found.sources}
    modified = {}
    for path in seen.modified:
        if path in present:
            modified[path] = present[path]
    by_location = {entry[1]: entry for entry in seen.entries()}
    for entry in found.watched:
        if entry[0] != WatchKind.SOURCE:
            continue
        path = path_text(entry[1][len(prefix) :])
        before = by_location.get(entry[1])
        if path in present and path in files and (before is None or before[2:4] != entry[2:4]):
            modified.setdefault(path, present[path])
    return TreeChange(
        added={path: source for path, source in present.items() if path not in files},
        modified={path: source for path, source in modified.items() if path in files},
        removed=frozenset(path for path in files if path not in present),
        reason=seen.reason,
        found=found,
        folders=bool(seen.folders),
        record=record,
        look=seen,
        elsewhere=elsewhere is not None,
    )


def _asked(entry: Watched, prefix: bytes) -> bool:
    """Say whether a stage asked for what is watched; a walk watches it otherwise."""
    kind, location = entry[0], entry[1]
    if kind == WatchKind.RULES:
        return not location.endswith(_RULE_FILES)
    return kind == WatchKind.DIRECTORY and not location.endswith(b"/") and location + b"/" != prefix


def _source(path: str, row: FileRow, packs: Mapping[str, LanguagePack], prefix: bytes, entry: Watched) -> SourceFile:
    return source_file(path, row, packs, prefix, entry)


def source_file(
    path: str, row: FileRow, packs: Mapping[str, LanguagePack], prefix: bytes, entry: Watched | None = None
) -> SourceFile:
    """Return a file of a snapshot as parsers take it.

    Args:
        path: Its path.
        row: What the snapshot says of it.
        packs: Languages in use.
        prefix: The root's raw path with a slash.
        entry: Its present size and time, where they are others.

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
        size=row.size if entry is None else entry[2],
        mtime_ns=row.mtime_ns if entry is None else entry[3],
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
        self.prefix = prefix
        self._threshold = threshold
        self._paranoid = paranoid
        self.now: dict[int, Watched] = {}
        self.gone: set[int] = set()
        self.modified: dict[str, Watched] = {}
        self.folders: set[bytes] = set()
        self.walk = False
        self.reason = ""

    def entries(self) -> list[Watched]:
        """Return what is there of what was recorded, with present times."""
        record = self._record
        places = zip(record.kinds, record.locations, record.sizes, record.mtimes, record.ctimes, strict=True)
        return [
            self.now.get(index) or (WatchKind(kind), location, size, mtime, ctime)
            for index, (kind, location, size, mtime, ctime) in enumerate(places)
            if index not in self.gone
        ]

    def try_again(self, paths: Collection[str]) -> None:
        """Take some files for changed."""
        for path in sorted(paths):
            index = self._record.position(self.prefix + path_bytes(path))
            if index is not None and path in self._files:
                record = self._record
                times = (record.sizes[index], record.mtimes[index], record.ctimes[index])
                self.modified[path] = (WatchKind.SOURCE, record.locations[index], *times)
                self._differs(unchanged.RETRIED)

    def compare(self, doubtful: Sequence[int], start: int) -> None:
        """Compare some entries and all from a position on; the others are as they were.

        Raises:
            FullRunNeeded: A file changed that a stage asked for.
        """
        record = self._record
        for index in chain(doubtful, record.unsure(-1 if self._paranoid else self._threshold, start)):
            location = record.locations[index]
            try:
                status = os.lstat(location)
            except OSError:
                self.gone.add(index)
                self._differs(f"{path_text(location)} is gone")
                self._gone(record.kinds[index], location)
                continue
            mtime, size = status.st_mtime_ns == record.mtimes[index], status.st_size == record.sizes[index]
            if mtime and size and status.st_ctime_ns == record.ctimes[index] < self._threshold and not self._paranoid:
                continue
            self._doubtful(index, status)

    def _differs(self, how: str) -> None:
        self.reason = self.reason or how

    def _doubtful(self, index: int, status: os.stat_result) -> None:
        """Look closer at something whose times prove nothing."""
        kind, location = WatchKind(self._record.kinds[index]), self._record.locations[index]
        now: Watched = (kind, location, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        self.now[index] = now
        if kind == WatchKind.SOURCE:
            self._file(now, stat_module.S_ISREG(status.st_mode))
        elif not self._same_digest(index, kind, location):
            self._differs(f"{path_text(location)} changed")
            self._other(kind, location)

    def _file(self, now: Watched, regular: bool) -> None:
        path = path_text(now[1][len(self.prefix) :])
        row = self._files.get(path)
        if row is None or not regular:
            self.walk = True
        elif (
            row.content_hash is None
            or row.size != now[2]  # then it is not read to know, but once, by the parser
            or unchanged.content_hash(now[1]) != row.content_hash
        ):
            self.modified[path] = now
        else:
            return
        self._differs(f"{path_text(now[1])} changed")

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

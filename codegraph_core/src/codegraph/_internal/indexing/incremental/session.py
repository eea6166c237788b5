"""A session's changes as an incremental run takes them, and what a later look at the disk must not take for granted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from codegraph._internal.discovery import Discovery, LanguageDetector, WatchKind, path_bytes
from codegraph._internal.indexing import unchanged
from codegraph._internal.indexing.incremental.reasons import FullRunNeeded
from codegraph._internal.indexing.stored import SnapshotSources, language_of
from codegraph_hookspecs import LanguagePack, SourceFile

if TYPE_CHECKING:
    from codegraph._internal.indexing.incremental.base import FileRow
    from codegraph._internal.indexing.incremental.outputs import Output
    from codegraph._internal.indexing.project_files import ProjectFiles


@frozen(kw_only=True)
class SessionChange:
    """What a session's commit has to look at; the attributes are those of `TreeChange`.

    Args:
        added: New files.
        modified: Files with other bytes.
        removed: Paths of files that are gone.
        found: All files, or None where names and what a walk says of files are as before.
        folders: Whether the names in some folder changed.
        record: What was recorded with the snapshot that the changes are made on.
        sources: The snapshot with the changes.
    """

    added: Mapping[str, SourceFile]
    modified: Mapping[str, SourceFile]
    removed: frozenset[str]
    found: Discovery | None
    folders: bool
    record: unchanged.Record
    sources: SnapshotSources

    def record_after(
        self, environment: str, files: ProjectFiles, known: Iterable[Output], prefix: bytes
    ) -> unchanged.Record:
        """Return what a look at the disk compares with the snapshot that is made; see `record_after`."""
        return record_after(self.record, self.sources, files, known, environment=environment, prefix=prefix)


def session_change(
    sources: SnapshotSources,
    record: unchanged.Record | None,
    *,
    environment: str,
    files: Mapping[str, FileRow],
    known: Iterable[Output],
    packs: Mapping[str, LanguagePack],
) -> SessionChange:
    """Return what a session's changes are to a snapshot.

    Args:
        sources: The snapshot with the changes.
        record: What was recorded with it.
        environment: Hash of what the run is made with.
        files: The snapshot's rows of `files`.
        known: What its stages and analyzers gave, and read.
        packs: Languages in use.

    Raises:
        FullRunNeeded: There is no record, or something changes that every file may depend on.
    """
    if record is None:
        raise FullRunNeeded("there is no record of the last walk")
    if record.environment != environment:
        raise FullRunNeeded(unchanged.environment_reason(record.environment, environment))
    read = {path for output in known for path in output.files}
    detector = LanguageDetector(packs.values())
    added: dict[str, SourceFile] = {}
    modified: dict[str, SourceFile] = {}
    removed: set[str] = set()
    named = False
    for path, change in sources.changes.items():
        if path in read:
            raise FullRunNeeded(f"{path} changed")
        row = files.get(path)
        if change.content is None:
            named = True
            if row is not None:
                removed.add(path)
            continue
        pack = packs.get((row.language if row is not None else None) or "")
        pack = pack or language_of(path, change.content, detector)
        if row is not None and pack is None:
            raise FullRunNeeded(f"the language of {path} is not in use any more")
        if pack is not None:
            (added if row is None else modified)[path] = sources.changed_file(path, pack, change)
        named = named or row is None
    return SessionChange(
        added=added,
        modified=modified,
        removed=frozenset(removed),
        found=sources.find(packs) if named or sources.walk_said(modified) else None,
        folders=named,
        record=record,
        sources=sources,
    )


def record_after(
    record: unchanged.Record,
    sources: SnapshotSources,
    files: ProjectFiles,
    known: Iterable[Output],
    *,
    environment: str,
    prefix: bytes,
) -> unchanged.Record:
    """Return what a look at the disk compares with a snapshot whose bytes are a session's in some places.

    What the session changed counts as changed on the disk too, whatever its times say there. What a stage asked for
    that nobody had asked for before was answered without the disk, and is compared with the answer.

    Args:
        record: What was recorded with the snapshot before.
        sources: That snapshot with the changes.
        files: What stages read this time.
        known: What stages and analyzers read before.
        environment: Hash of what the run was made with.
        prefix: The root's raw path with a slash.
    """
    given = list(known)
    asked = {path for output in given for path in output.files}
    listed = {path for output in given for path in output.folders}
    entries: dict[bytes, tuple[WatchKind, int]] = {}
    absent: set[bytes] = set()
    present: set[bytes] = set()
    named = record.environment != environment
    for path, change in sources.changes.items():
        location = prefix + path_bytes(path)
        named = named or change.content is None or not sources.had(path)
        if path in files.parsed or sources.had(path):
            entries[location] = (WatchKind.SOURCE, 0)
    for path, content in files.answers().items():
        if path in files.parsed or (path in asked and path not in sources.changes):
            continue
        location = prefix + path_bytes(path)
        if content is None:
            absent.add(location)
        else:
            entries[location] = (WatchKind.RULES, unchanged.digest_of_rules(content))
            present.add(location)
    for path in files.listed() - listed:
        entries[prefix + path_bytes(path)] = (WatchKind.DIRECTORY, 0)
    if named:  # only a walk tells which files there are
        entries[prefix] = (WatchKind.DIRECTORY, 0)
    return record.doubting(entries, _without(record.absent, present, absent), environment=environment)


def _without(locations: Iterable[bytes], gone: Collection[bytes], more: Iterable[bytes]) -> list[bytes]:
    return sorted({location for location in locations if location not in gone} | {*more})

"""A snapshot's own files with a session's changes on top: what a commit is computed from, never the disk.

An incremental commit asks for little of it, so the snapshot's tables are read when somebody needs all of them. `load`
answers with rows instead of bytes (`Loaded.rows`) for files that were not parsed (skipped, unreadable), whose bytes
nobody has.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from codegraph._internal.discovery import Discovery, FirstFiles, LanguageDetector, Watched, WatchKind, path_bytes
from codegraph._internal.indexing.parsing import empty_batch
from codegraph._internal.indexing.sources import (
    FOLDER_ROLE,
    PROJECT_ROLE,
    SOURCE_ROLE,
    TREE_ROLE,
    Loaded,
    decompressed,
)
from codegraph._internal.indexing.tree import Tree
from codegraph_hookspecs import (
    IR_TABLES,
    SOURCES_TABLE,
    TABLES,
    Diagnostic,
    IndexingError,
    LanguagePack,
    SourceFile,
    module_name,
)

if TYPE_CHECKING:
    from codegraph._internal.store import Snapshot

_PARSED: Final = frozenset({"ok", "degraded"})
_LOOKED_UP: Final = 64
"""So many files at most are looked up one by one."""


@frozen(kw_only=True)
class FileChange:
    """What a session does to one file.

    Args:
        path: As in `files.path`.
        content: The whole file, or None to remove it.
        mtime_ns: When it was changed.
    """

    path: str
    content: bytes | None
    mtime_ns: int


class SnapshotSources:
    """The files of a snapshot, changed.

    Args:
        snapshot: Leased by the caller for as long as this is used.
        changes: By path.
        root: The repository; only names files that are not opened.
    """

    def __init__(self, snapshot: Snapshot, changes: Mapping[str, FileChange], root: Path) -> None:
        self.base: str | None = snapshot.id
        self.changes = changes
        self._snapshot = snapshot
        self._prefix = os.fsencode(root.resolve()).rstrip(b"/") + b"/"
        self._kept = _Kept(snapshot)
        self._lock = threading.Lock()
        self._tree: Tree | None = None

    @cached_property
    def _rows(self) -> dict[str, dict[str, Any]]:
        return {row["path"]: row for batch in self._snapshot.scan("files") for row in batch.to_pylist()}

    def had(self, path: str) -> bool:
        """Say whether the snapshot has a file of that path, without the changes."""
        return bool(self._snapshot.rows_of_file("files", path, ["path"]).num_rows)

    def walk_said(self, paths: Iterable[str]) -> bool:
        """Say whether the snapshot has something to report of one of some files that a walk found out."""
        said = (self._snapshot.rows_of_file("diagnostics", path, ["stage"]) for path in paths)
        return any("discover" in rows.column("stage").to_pylist() for rows in said)

    def changed_file(self, path: str, pack: LanguagePack, change: FileChange) -> SourceFile:
        """Return a changed file as parsers take it, with its bytes."""
        content = change.content or b""
        return attrs.evolve(self._source(path, pack, len(content), change.mtime_ns)[1], content=content)

    def content(self, path: str) -> bytes | None:
        """Return a file's bytes with the changes, or None where it is not there or was never parsed."""
        if path in self.changes:
            return self.changes[path].content
        return self._kept.content(SOURCE_ROLE, path)

    # -- what a run asks -----------------------------------------------------------------------------

    def find(self, packs: Mapping[str, LanguagePack], first: FirstFiles | None = None) -> Discovery:
        """Return the files, sorted by raw path; nothing is walked, so nobody is told of the first ones before.

        Raises:
            IndexingError: `source-missing`: a file was parsed and its bytes were not kept.
        """
        detector = LanguageDetector(packs.values())
        found: list[tuple[bytes, SourceFile]] = []
        for path, row in self._rows.items():
            pack = packs.get(row["language"] or "")
            if path not in self.changes and pack is not None:
                if row["status"] in _PARSED and not self._kept.has(SOURCE_ROLE, path):
                    raise _source_missing(path)
                found.append(self._source(path, pack, row["size"], row["mtime_ns"]))
        for path, change in self.changes.items():
            if change.content is not None:
                known = self._rows.get(path, {}).get("language")
                pack = packs.get(known or "") or language_of(path, change.content, detector)
                if pack is not None:
                    found.append(self._source(path, pack, len(change.content), change.mtime_ns))
        found.sort(key=lambda item: item[0])
        return Discovery(
            sources=[source for _, source in found],
            other=int(self._snapshot.info.summary.get("other_files", 0)),
            diagnostics=list(self._walk_diagnostics()),
        )

    def load(self, sources: Sequence[SourceFile]) -> Loaded:
        """Return a chunk with the bytes of each file; files that were never parsed keep their rows."""
        ready: list[SourceFile] = []
        known: list[SourceFile] = []
        for source in sources:
            content = self.content(source.path) if source.content is None else source.content
            if content is None:
                known.append(source)
            else:
                ready.append(attrs.evolve(source, content=content))
        return Loaded(sources=ready, known=known, rows=self._carried(known) if known else None)

    def read(self, path: str, max_bytes: int) -> bytes | None:
        """Return a file that is no source, as it was when the snapshot was made; None for one that nobody asked for."""
        if path in self.changes:
            content = self.changes[path].content
        else:
            content = self._kept.content(PROJECT_ROLE, path)
            if content is None:
                content = self._kept.content(SOURCE_ROLE, path)
        return None if content is None else content[: max_bytes + 1]

    def names(self, folder: str) -> tuple[str, ...]:
        """Return a folder's names as they were; the store's copy is changed like the files."""
        tree = self._changed_tree()
        names = tree.names(folder)
        if names is None:  # a folder that the walk passed over, and a stage asked for
            kept = self._kept.content(FOLDER_ROLE, folder)
            names = set(kept.decode().split("\0")) - {""} if kept is not None else set()
        return tuple(sorted(names))

    def tree(self) -> bytes:
        """Return the snapshot's names with the changes."""
        return self._changed_tree().encode()

    def stamp(self, kind: WatchKind, path: str) -> Watched | None:
        """Return None: nothing of this is on the disk."""
        return None

    # -- parts ---------------------------------------------------------------------------------------

    def _changed_tree(self) -> Tree:
        with self._lock:
            if self._tree is None:
                tree = Tree(self._kept.content(TREE_ROLE, ""))
                for path in self._rows:
                    tree.add(path)
                for path, change in self.changes.items():
                    (tree.add if change.content is not None else tree.remove)(path)
                self._tree = tree
            return self._tree

    def _source(self, path: str, pack: LanguagePack, size: int, mtime_ns: int) -> tuple[bytes, SourceFile]:
        raw = path_bytes(path)
        source = SourceFile(
            path=path,
            location=self._prefix + raw,
            language=pack.name,
            module=module_name(path, pack),
            size=size,
            mtime_ns=mtime_ns,
        )
        return raw, source

    def _walk_diagnostics(self) -> Iterator[Diagnostic]:
        for batch in self._snapshot.scan("diagnostics", predicate=pc.field("stage") == "discover"):
            for row in batch.to_pylist():
                if row["file_path"] not in self.changes:
                    yield Diagnostic(
                        code=row["code"],
                        message=row["message"],
                        category=row["category"],
                        file_path=row["file_path"],
                        span=row["span"],
                    )

    def _carried(self, sources: Sequence[SourceFile]) -> dict[str, pa.RecordBatch]:
        batches = {name: empty_batch(name) for name in IR_TABLES}
        schema = TABLES["files"].physical_schema
        rows = [self._rows[source.path] for source in sources]
        batches["files"] = pa.RecordBatch.from_pylist(rows, schema=schema)
        diagnostics = [
            row
            for source in sources
            for row in self._snapshot.rows_of_file("diagnostics", source.path).to_pylist()
            if row["stage"] == "parse"
        ]
        if diagnostics:
            schema = TABLES["diagnostics"].physical_schema
            batches["diagnostics"] = pa.RecordBatch.from_pylist(diagnostics, schema=schema)
        return batches


class _Kept:
    """The rows of `sources` by role and path; the blocks stay where they are mapped.

    A few files are looked up one by one; for more the table is read, once.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._asked = 0
        self._batches: list[pa.RecordBatch] = []
        self._places: dict[tuple[str, str], tuple[int, int]] | None = None

    def has(self, role: str, path: str) -> bool:
        return (role, path) in self._all()

    def content(self, role: str, path: str) -> bytes | None:
        with self._lock:
            self._asked += 1
            few = self._places is None and self._asked <= _LOOKED_UP
        if few:
            rows = self._snapshot.rows_of_file(SOURCES_TABLE, path, ["role", "size", "source"])
            for known, size, block in zip(rows.column("role"), rows.column("size"), rows.column("source"), strict=True):
                if known.as_py() == role:
                    return decompressed(block, size.as_py()) if block.is_valid else None
            return None
        place = self._all().get((role, path))
        if place is None:
            return None
        batch, row = self._batches[place[0]], place[1]
        block = batch.column("source")[row]
        return decompressed(block, batch.column("size")[row].as_py()) if block.is_valid else None

    def _all(self) -> dict[tuple[str, str], tuple[int, int]]:
        with self._lock:
            if self._places is None:
                places: dict[tuple[str, str], tuple[int, int]] = {}
                for batch in self._snapshot.scan(SOURCES_TABLE):
                    number = len(self._batches)
                    self._batches.append(batch)
                    keys = zip(batch.column("role").to_pylist(), batch.column("path").to_pylist(), strict=True)
                    places.update((key, (number, row)) for row, key in enumerate(keys))
                self._places = places
            return self._places


def language_of(path: str, content: bytes, detector: LanguageDetector) -> LanguagePack | None:
    """Return the language of a file by its name, or else by its `#!` line; a buffer has no executable bit."""
    name = path_bytes(path).rpartition(b"/")[2]
    pack = detector.by_name(name)
    return detector.by_first_line(content[:256]) if pack is None and b"." not in name else pack


def _source_missing(path: str) -> IndexingError:
    return IndexingError(
        f"The snapshot has not kept the bytes of {path!r}, so nothing can be computed from it.",
        code="source-missing",
        context={"path": path, "remedy": "Run `codegraph index --mode full` once, then open a new session."},
    )


def differing_paths(old: Snapshot, new: Snapshot) -> frozenset[str]:
    """Return the paths of files that one of two snapshots has and the other has not, or has with other bytes."""
    return frozenset(path for path, _ in _states(old) ^ _states(new))


def _states(snapshot: Snapshot) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for batch in snapshot.scan("files", ["path", "content_hash", "status", "size", "mtime_ns"]):
        for path, digest, *rest in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            found.add((path, digest or repr(rest)))
    asked = (pc.field("role") == PROJECT_ROLE) & pc.field("source").is_valid()
    for batch in snapshot.scan(SOURCES_TABLE, predicate=asked):
        for path, block in zip(batch.column("path").to_pylist(), batch.column("source").to_pylist(), strict=True):
            found.add((path, repr(block)))
    return found

"""Where the files of a run come from: the disk, or a snapshot's own bytes with a session's changes.

A run asks nothing else for bytes or for file names, so that what it builds is a function of its sources alone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import blake3
import pyarrow as pa
from attrs import frozen

from codegraph._internal.discovery import Discovery, FirstFiles, Watched, WatchKind, discover
from codegraph._internal.indexing.disk import DiskFiles
from codegraph._internal.indexing.tree import encode_tree
from codegraph._internal.settings import IndexingConfig
from codegraph_hookspecs import SOURCES_TABLE, TABLES, LanguagePack, SourceFile

LZ4: Final = pa.Codec("lz4_raw")
"""How `sources.source` is compressed: one block, whose size the column `size` gives."""
SOURCE_ROLE: Final = "source"
PROJECT_ROLE: Final = "project"
FOLDER_ROLE: Final = "folder"
TREE_ROLE: Final = "tree"


@frozen(kw_only=True)
class Loaded:
    """Files on their way to a parser.

    Args:
        sources: Files to parse, in the order given; those not read from the disk have their `content`.
        known: Files whose rows need no parser, in the order given.
        rows: One batch for each of `IR_TABLES` with the rows of `known`; None when there are none.
    """

    sources: Sequence[SourceFile]
    known: Sequence[SourceFile] = ()
    rows: Mapping[str, pa.RecordBatch] | None = None


class SourceSet(Protocol):
    """The files of one run.

    Attributes:
        base: Id of the snapshot that the run's rows replace, or None for the head.
    """

    base: str | None

    def find(self, packs: Mapping[str, LanguagePack], first: FirstFiles | None = None) -> Discovery:
        """Return the files of known languages, sorted by raw path; who asks may be told of the first ones before."""
        ...

    def load(self, sources: Sequence[SourceFile]) -> Loaded:
        """Return a chunk of files as parsers take them; called in the parse thread, once for each chunk."""
        ...

    def read(self, path: str, max_bytes: int) -> bytes | None:
        """Return the first `max_bytes` + 1 bytes of any file of the repository, or None; from any thread."""
        ...

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the sorted names in a folder of the repository; from any thread."""
        ...

    def stamp(self, kind: WatchKind, path: str) -> Watched | None:
        """Return the present times of a file or folder, or None where times mean nothing."""
        ...

    def tree(self) -> bytes:
        """Return all names in all folders (`Tree`), after `find`."""
        ...


class DiskSources:
    """The working tree as it is.

    Args:
        config: Root, cache folder, include and exclude globs.
    """

    base: str | None = None

    def __init__(self, config: IndexingConfig) -> None:
        self._config = config
        self._files = DiskFiles(config.root_path)
        self.read = self._files.read
        self.names = self._files.names
        self._tree = b""

    def find(self, packs: Mapping[str, LanguagePack], first: FirstFiles | None = None) -> Discovery:
        """Walk the tree."""
        found = discover(
            self._config.root_path.resolve(),
            packs,
            include=self._config.include,
            exclude=self._config.exclude,
            skip=[self._config.store_path.resolve()],
            watch=True,
            first=first,
        )
        self._tree = encode_tree(found.listing)
        return found

    def tree(self) -> bytes:
        """Return the names that the walk saw."""
        return self._tree

    def load(self, sources: Sequence[SourceFile]) -> Loaded:
        """Return the files as they are: parsers read them."""
        return Loaded(sources=sources)

    def stamp(self, kind: WatchKind, path: str) -> Watched | None:
        """Return the present times of a file or folder; None outside the repository."""
        location = self._files.inside(path)
        if location is None:
            return None
        try:
            status = os.lstat(location)
        except OSError:
            return (kind, location, -1, -1, -1)
        return (kind, location, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def source_rows(rows: Sequence[tuple[str, str, bytes | None]]) -> pa.RecordBatch:
    """Return a batch of the table `sources`.

    Args:
        rows: Path, role, and the bytes or None, in the order to keep.
    """
    schema = TABLES[SOURCES_TABLE].physical_schema
    blocks = [None if content is None else LZ4.compress(content, asbytes=True) for *_, content in rows]
    columns = [
        pa.array([path for path, _, _ in rows], pa.string()),
        pa.array([role for _, role, _ in rows], pa.string()).dictionary_encode(),
        pa.array([len(content or b"") for _, _, content in rows], pa.int32()),
        pa.array(blocks, pa.binary()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def kept_sources(files: pa.RecordBatch, sources: Sequence[SourceFile]) -> pa.RecordBatch:
    """Return the rows of `sources` for a parser that gives none, from the files' bytes where they are still the same.

    Args:
        files: The parser's rows of `files`, one for each of `sources`.
        sources: The files that were parsed.
    """
    rows: list[tuple[str, str, bytes | None]] = []
    columns = [files.column(name).to_pylist() for name in ("status", "content_hash", "size")]
    for source, status, digest, size in zip(sources, *columns, strict=True):
        if status not in {"ok", "degraded"}:
            continue
        content = source.content if source.content is not None else _bytes_of(source.location, size)
        if content is not None and blake3.blake3(content).hexdigest() == digest:
            rows.append((source.path, SOURCE_ROLE, content))
    return source_rows(rows)


def _bytes_of(location: bytes, size: int) -> bytes | None:
    try:
        handle = os.open(location, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as stream:
        return stream.read(size + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else None


class FileRows(Protocol):
    """What is needed of a snapshot to find a file's bytes."""

    def rows_of_file(self, table: str, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of a table that one file owns."""
        ...


def kept_source(snapshot: FileRows, path: str) -> bytes | None:
    """Return the bytes of a parsed file that a snapshot keeps, or None."""
    rows = snapshot.rows_of_file(SOURCES_TABLE, path, ["role", "size", "source"])
    for role, size, block in zip(rows.column("role"), rows.column("size"), rows.column("source"), strict=True):
        if role.as_py() == SOURCE_ROLE and block.is_valid:
            return decompressed(block, size.as_py())
    return None


def decompressed(block: pa.Scalar, size: int) -> bytes:
    """Return the bytes of a row of `sources`."""
    if not size:
        return b""
    content: bytes = LZ4.decompress(block.as_buffer(), decompressed_size=size, asbytes=True)
    return content

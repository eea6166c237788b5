"""One snapshot as one file that other tools read: a zip of Parquet tables and a manifest.

The members are not compressed by the zip (Parquet is), so a member is a Parquet file in place. `manifest.json` names
each with its rows and SHA-256; a bundle that is not what its manifest says is refused before a row is stored.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from codegraph._internal.cancellation import check_cancelled
from codegraph._internal.store.failures import shown, translated
from codegraph._internal.store.records import check_tag
from codegraph._internal.store.segment_writer import decoded
from codegraph._internal.store.snapshot import Snapshot
from codegraph._internal.store.store import Store
from codegraph_hookspecs import ErrorCategory, StorageError

FORMAT: Final = "codegraph-bundle"
VERSION: Final = 1
DATA_CONTRACT: Final = "2.0"
"""The version of the tables' schemas (data contract)."""
MANIFEST: Final = "manifest.json"
_ROW_GROUP: Final = 131_072
_BATCH: Final = 32_768
_TABLE: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_LARGEST_MANIFEST: Final = 64 << 20
_BLOCK: Final = 1 << 20


def export_bundle(snapshot: Snapshot, path: Path, *, overwrite: bool = False) -> dict[str, Any]:
    """Write a snapshot as one file, whole or not at all; memory does not grow with the snapshot.

    Args:
        snapshot: The snapshot, open.
        path: The file.
        overwrite: Replace a file that is there.

    Returns:
        The manifest.

    Raises:
        StorageError: `bundle-exists`; `disk-full` and the like; `segment-corrupt`.
    """
    if path.exists() and not overwrite:
        raise StorageError(
            f"There is a file {shown(path)} already.",
            code="bundle-exists",
            category=ErrorCategory.PERMANENT,
            context={"path": shown(path), "remedy": "Choose another name, or overwrite it (--overwrite)."},
        )
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with translated(path):
        try:
            with temporary.open("wb") as raw:
                manifest = _write(snapshot, raw)
                raw.flush()
                os.fsync(raw.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return manifest


def _write(snapshot: Snapshot, raw: IO[bytes]) -> dict[str, Any]:
    info = snapshot.info
    tables: dict[str, Any] = {}
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED) as archive:
        for table in snapshot.tables():
            schema = snapshot.schema(table)
            member = f"tables/{table}.parquet"
            with archive.open(member, "w", force_zip64=True) as plain:
                counted = _Counted(plain)
                with pq.ParquetWriter(counted, schema, compression="zstd", write_page_checksum=True) as writer:
                    for batch in snapshot.scan(table):
                        check_cancelled()
                        writer.write_batch(decoded(batch, schema), row_group_size=_ROW_GROUP)
            tables[table] = {
                "file": member,
                "rows": snapshot.count(table),
                "bytes": counted.size,
                "sha256": counted.digest.hexdigest(),
            }
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "data_contract": DATA_CONTRACT,
            "snapshot": {
                "id": info.id, "parent_id": info.parent_id, "created_at": info.created_at, "reason": info.reason,
                "branch": info.branch, "uuid": info.uuid, "summary": dict(info.summary),
            },
            "tables": tables,
        }  # fmt: skip
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1, default=str))
    return manifest


class _Counted:
    """Hashes and counts what is written."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, part: Any) -> int:
        data = bytes(part)
        self.digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """Leave the member open: the archive closes it."""

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def read_manifest(path: Path) -> dict[str, Any]:
    """Return what a bundle says of itself.

    Raises:
        StorageError: `bundle-invalid`.
    """
    with translated(path), _opened(path) as archive:
        return _manifest(path, archive)


def import_bundle(store: Store, path: Path, *, tag: str | None = None) -> str:
    """Store a bundle's snapshot beside the others; no branch moves.

    A tag keeps it (`untag` lets it go): the one given, or `imported/` and its id in the store that it came from.

    Args:
        store: The store.
        path: The bundle.
        tag: A name for it.

    Returns:
        The snapshot's id in this store.

    Raises:
        StorageError: `bundle-invalid`: it is no bundle, a newer one, or not what its manifest says; `tag-exists`.
    """
    with translated(path), _opened(path) as archive:
        manifest = _manifest(path, archive)
        for table, entry in manifest["tables"].items():
            if _digest(path, archive, entry["file"]) != (entry["sha256"], entry["bytes"]):
                raise _invalid(path, f"the table {table!r} is not the one that was exported")
        origin = manifest["snapshot"]
        name = tag or f"imported/{origin['id']}"
        check_tag(name)
        summary = {**origin["summary"], "imported_from": origin["id"]}
        with store.begin_import(repo_id=str(origin["id"]), reason=f"imported {origin['id']}") as transaction:
            for table, entry in manifest["tables"].items():
                for batch in _batches(path, archive, table, entry):
                    check_cancelled()
                    transaction.append(table, batch)
            made = transaction.commit(summary)
    store.tag(name, made, note=f"imported from {path.name}", move=False)
    return made


def _batches(path: Path, archive: zipfile.ZipFile, table: str, entry: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    rows = 0
    try:
        with archive.open(entry["file"]) as member:
            for batch in pq.ParquetFile(member, page_checksum_verification=True).iter_batches(_BATCH):
                rows += batch.num_rows
                yield batch
    except (pa.ArrowException, OSError) as error:
        raise _invalid(path, f"the table {table!r} cannot be read", error) from error
    if rows != entry["rows"]:
        raise _invalid(path, f"the table {table!r} has {rows} rows instead of {entry['rows']}")


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise _invalid(path, "it is no zip file", error) from error


def _manifest(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
            raise _invalid(path, "its manifest is too large")
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
        if manifest["format"] != FORMAT:
            raise _invalid(path, "its manifest is of something else")
        if manifest["version"] > VERSION:
            raise _invalid(path, f"it is of version {manifest['version']}, and this CodeGraph knows {VERSION}")
        for table, entry in manifest["tables"].items():
            if not _TABLE.fullmatch(table) or not isinstance(entry["rows"], int):
                raise _invalid(path, f"its manifest has a strange table {table!r}")
            stored = archive.getinfo(entry["file"])
            if (stored.file_size, stored.compress_type) != (entry["bytes"], zipfile.ZIP_STORED):
                raise _invalid(path, f"the table {table!r} is not the one that was exported")
        _ = manifest["snapshot"]["id"], dict(manifest["snapshot"]["summary"])
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise _invalid(path, "its manifest cannot be read", error) from error
    return manifest


def _digest(path: Path, archive: zipfile.ZipFile, member: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        with archive.open(member) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except zipfile.BadZipFile as error:  # the zip's own checksum
        raise _invalid(path, f"the member {member!r} changed", error) from error
    return digest.hexdigest(), size


def _invalid(path: Path, why: str, cause: BaseException | None = None) -> StorageError:
    return StorageError(
        f"{shown(path)} is no bundle that can be imported: {why}.",
        code="bundle-invalid",
        category=ErrorCategory.PERMANENT,
        context={"path": shown(path), "remedy": "Export it again."},
        cause=cause,
    )

"""Failures of the disk and of SQLite, as `StorageError`s with a code and a remedy."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from codegraph_hookspecs import ErrorCategory, StorageError

SEGMENT_CORRUPT: Final = "segment-corrupt"

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class DamagedCatalogError(ValueError):
    """The catalog has something that it was never given; becomes `catalog-corrupt` where its path is known."""


def shown(path: Path) -> str:
    """Return a path as printable text (paths may hold bytes that are no UTF-8)."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def disk_full(path: Path, cause: BaseException) -> StorageError:
    """Return the error for a full disk, quota or file size limit."""
    return StorageError(
        "There is no room to write the snapshot; the previous one is unchanged.",
        code="disk-full",
        context={
            "path": shown(path),
            "remedy": f"Free space on the disk that holds cache_dir ({shown(path)}), or set cache_dir to another disk.",
        },
        cause=cause,
    )


def read_only(path: Path, cause: BaseException | None = None) -> StorageError:
    """Return the error for a write to a cache that cannot be written."""
    return StorageError(
        "The cache directory cannot be written.",
        code="store-read-only",
        category=ErrorCategory.PERMANENT,
        context={"path": shown(path), "remedy": "Set cache_dir to a directory that you may write to."},
        cause=cause,
    )


def corrupt_segment(path: Path, what: str, cause: BaseException | None = None) -> StorageError:
    """Return the error for bytes of a segment that are not the bytes that were written."""
    return StorageError(
        f"A segment of the store is damaged: {what}.",
        code=SEGMENT_CORRUPT,
        context={"path": shown(path), "remedy": "Run `codegraph index` again to rebuild it from the sources."},
        cause=cause,
    )


def corrupt_catalog(path: Path, cause: BaseException) -> StorageError:
    """Return the error for a catalog that is no database, or whose rows make no sense."""
    return StorageError(
        "The store's catalog is damaged.",
        code="catalog-corrupt",
        context={"path": shown(path), "remedy": "Delete cache_dir and run `codegraph index` again."},
        cause=cause,
    )


def missing_store(path: Path) -> StorageError:
    """Return the error for reading where nothing was ever indexed."""
    return StorageError(
        "There is no index here.",
        code="store-missing",
        category=ErrorCategory.PERMANENT,
        context={"path": shown(path), "remedy": "Run `codegraph index` first, or set cache_dir to where the index is."},
    )


def missing_snapshot(path: Path, wanted: str) -> StorageError:
    """Return the error for a snapshot, tag or branch that the store does not have."""
    return StorageError(
        f"There is no snapshot {wanted!r} in the store.",
        code="snapshot-missing",
        category=ErrorCategory.PERMANENT,
        context={
            "path": shown(path),
            "remedy": "`codegraph snapshots list` shows what there is; older snapshots are dropped unless tagged.",
        },
    )


def busy(path: Path, cause: BaseException | None = None) -> StorageError:
    """Return the error for a catalog that others keep locked or keep changing."""
    return StorageError(
        "Another process holds the store's catalog.",
        code="store-busy",
        category=ErrorCategory.TRANSIENT,
        context={"path": shown(path), "remedy": "Try again."},
        cause=cause,
    )


def closed(what: str) -> StorageError:
    """Return the error for using something that was closed, committed, aborted or has failed."""
    return StorageError(
        f"The {what} is closed.",
        code="store-closed",
        category=ErrorCategory.PERMANENT,
        context={"remedy": f"Open a new {what}."},
    )


def from_os(error: OSError, path: Path) -> StorageError:
    """Translate an `OSError`."""
    if error.errno in _FULL:
        return disk_full(path, error)
    if error.errno in _FORBIDDEN:
        return read_only(path, error)
    return StorageError(
        f"The disk refused an operation on the store ({error.strerror or type(error).__name__}).",
        code="storage-io",
        context={
            "path": shown(path),
            "errno": error.errno,
            "remedy": "Check the disk that holds cache_dir, then retry.",
        },
        cause=error,
    )


def from_sqlite(error: sqlite3.Error, path: Path) -> StorageError:
    """Translate an error of the catalog's database."""
    name = str(getattr(error, "sqlite_errorname", ""))
    context: dict[str, Any] = {"path": shown(path), "sqlite": name}
    if name.startswith("SQLITE_FULL"):
        return disk_full(path.parent, error)
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return read_only(path.parent, error)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return busy(path, error)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return corrupt_catalog(path, error)
    return StorageError(
        "The store's catalog cannot be used.",
        code="storage-io",
        context={**context, "remedy": "Check the disk that holds cache_dir, then retry."},
        cause=error,
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise `StorageError` for whatever the system or SQLite raises inside the block."""
    try:
        yield
    except DamagedCatalogError as error:
        raise corrupt_catalog(path, error) from error
    except sqlite3.Error as error:
        raise from_sqlite(error, path) from error
    except OSError as error:
        raise from_os(error, path) from error

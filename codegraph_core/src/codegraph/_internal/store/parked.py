"""Connections to catalogs that nobody uses just now, for whoever opens the same one next.

The last connection to close writes SQLite's log back into the database and deletes it, and the next one begins it anew:
each waits for the disk. A process that runs again and again keeps its connection instead.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Final

from codegraph._internal.store.catalog import Catalog
from codegraph_hookspecs import StorageError

Identity = tuple[int, int, int]
"""Process, device, inode."""

_OTHERS: Final[list[Catalog]] = []
"""Connections of the process that this one is a fork of: SQLite allows no use of them, and not to close them."""


class ParkedCatalogs:
    """Keeps one open connection for each catalog; they are closed with this. Thread-safe."""

    def __init__(self) -> None:
        self._parked: dict[Path, tuple[Identity, Catalog]] = {}
        weakref.finalize(self, _close_all, self._parked)

    def take(self, path: Path, *, branch: str, repo_id: str) -> Catalog | None:
        """Return a connection for writing, with nobody else using it; None where there is none to this very file.

        Args:
            path: The database file.
            branch: As in `Catalog`.
            repo_id: As in `Catalog`.
        """
        known = self._parked.pop(path, None)
        if known is None:
            return None
        identity, catalog = known
        if identity != _identity(path) or not catalog.again(branch, repo_id):
            _close(identity, catalog)
            return None
        return catalog

    def park(self, catalog: Catalog) -> bool:
        """Keep a connection; False where it has to be closed instead."""
        identity = _identity(catalog.path)
        if catalog.read_only or identity is None:
            return False
        return self._parked.setdefault(catalog.path, (identity, catalog))[1] is catalog


def _identity(path: Path) -> Identity | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return os.getpid(), status.st_dev, status.st_ino


def _close(identity: Identity, catalog: Catalog) -> None:
    if identity[0] != os.getpid():
        _OTHERS.append(catalog)
        return
    with suppress(sqlite3.Error, StorageError):
        catalog.close()


def _close_all(parked: dict[Path, tuple[Identity, Catalog]]) -> None:
    while parked:
        _close(*parked.popitem()[1])

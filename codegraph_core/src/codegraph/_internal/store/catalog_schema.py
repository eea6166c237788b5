"""Tables of the catalog's database, and the steps from each earlier schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

SCHEMA_VERSION: Final = 1
"""Raise it with every change below, together with a step in `MIGRATIONS`."""

SCHEMA: Final = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE snapshot(
    seq INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE, parent TEXT, uuid TEXT NOT NULL, repo_id TEXT NOT NULL,
    created_at TEXT NOT NULL, reason TEXT NOT NULL, summary TEXT NOT NULL,
    parts TEXT NOT NULL -- JSON [[segment id, layer, live slots, slots], ...] so that opening reads one row
);
CREATE TABLE segment(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, checksum TEXT NOT NULL,
    born INTEGER NOT NULL, retired_epoch INTEGER
);
CREATE TABLE fv(
    segment INTEGER NOT NULL, layer TEXT NOT NULL, slot INTEGER NOT NULL, file TEXT NOT NULL,
    born INTEGER NOT NULL, died INTEGER, PRIMARY KEY(segment, layer, slot)
) WITHOUT ROWID;
CREATE INDEX fv_live ON fv(file) WHERE died IS NULL;
CREATE INDEX fv_dead ON fv(segment, layer, died) WHERE died IS NOT NULL;
CREATE TABLE lease(
    id TEXT PRIMARY KEY, seq INTEGER NOT NULL, pid INTEGER NOT NULL, start TEXT NOT NULL, boot TEXT NOT NULL,
    namespace TEXT NOT NULL, heartbeat REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE intent(
    uuid TEXT PRIMARY KEY, base INTEGER, pid INTEGER NOT NULL, start TEXT NOT NULL, boot TEXT NOT NULL,
    namespace TEXT NOT NULL, heartbeat REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE state(
    seq INTEGER NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY(seq, name)
) WITHOUT ROWID;
CREATE TABLE index_state(name TEXT PRIMARY KEY, watermark INTEGER NOT NULL, detail TEXT) WITHOUT ROWID;
INSERT INTO meta VALUES('min_reader', '1');
"""

MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {}
"""From a schema version to the step that makes it the next one; run inside one transaction."""

"""Tables of the catalog's database, and the steps from each earlier schema."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Final

import numpy as np

from codegraph._internal.store.parts import SnapshotPart, encoded_slots, to_text

SCHEMA_VERSION: Final = 4
"""Raise it with every change below, together with a step in `MIGRATIONS` and a stored store in `tests/fixtures`."""

DEFAULT_BRANCH: Final = "default"
"""The branch of a folder that is not under version control."""

SCHEMA: Final = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE snapshot(
    seq INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE, parent TEXT, uuid TEXT NOT NULL, repo_id TEXT NOT NULL,
    created_at TEXT NOT NULL, reason TEXT NOT NULL, branch TEXT NOT NULL, summary TEXT NOT NULL,
    parts TEXT NOT NULL -- store/parts.py, so that opening reads one row
);
CREATE INDEX snapshot_branch ON snapshot(branch, seq);
CREATE TABLE branch(name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tag(
    name TEXT PRIMARY KEY, seq INTEGER NOT NULL, note TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE segment(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, checksum TEXT NOT NULL,
    born INTEGER NOT NULL
);
CREATE TABLE fv(
    segment INTEGER NOT NULL, layer TEXT NOT NULL, slot INTEGER NOT NULL, file TEXT NOT NULL,
    PRIMARY KEY(segment, layer, slot)
) WITHOUT ROWID;
CREATE INDEX fv_file ON fv(file);
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
INSERT INTO meta VALUES('min_reader', '4');
"""

_BRANCHES: Final = f"""
CREATE TABLE branch(name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tag(
    name TEXT PRIMARY KEY, seq INTEGER NOT NULL, note TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;
ALTER TABLE snapshot ADD COLUMN branch TEXT NOT NULL DEFAULT '{DEFAULT_BRANCH}';
CREATE INDEX snapshot_branch ON snapshot(branch, seq);
INSERT INTO branch SELECT '{DEFAULT_BRANCH}', max(seq) FROM snapshot HAVING max(seq) IS NOT NULL;
DROP INDEX fv_live;
DROP INDEX fv_dead;
ALTER TABLE fv DROP COLUMN died;
ALTER TABLE fv DROP COLUMN born;
CREATE INDEX fv_file ON fv(file);
ALTER TABLE segment DROP COLUMN retired_epoch;
UPDATE meta SET value = '2' WHERE name = 'min_reader'"""


def _from_1(db: sqlite3.Connection) -> None:
    """Schema 1 had one line of snapshots, and said of each file version in which of them it died."""
    for seq, text in db.execute("SELECT seq, parts FROM snapshot").fetchall():
        parts = []
        for segment, layer, live, total in json.loads(text):
            dead = db.execute(
                "SELECT slot FROM fv WHERE segment = ? AND layer = ? AND died <= ?", (segment, layer, seq)
            ).fetchall()
            slots = np.array(sorted(slot for (slot,) in dead), np.int64)
            parts.append(SnapshotPart(segment, layer, live, total, encoded_slots(slots)))
        db.execute("UPDATE snapshot SET parts = ? WHERE seq = ?", (to_text(parts), seq))
    for statement in _BRANCHES.split(";\n"):
        db.execute(statement)


def _from_2(db: sqlite3.Connection) -> None:
    """Schema 2 has segments of format 1 only, which are still read; what is written now, its readers do not know."""
    db.execute("UPDATE meta SET value = '3' WHERE name = 'min_reader'")


def _from_3(db: sqlite3.Connection) -> None:
    """Schema 3 has segments of formats 1 and 2, which are still read; what is written now, its readers do not know."""
    db.execute("UPDATE meta SET value = '4' WHERE name = 'min_reader'")


MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _from_1, 2: _from_2, 3: _from_3}
"""From a schema version to the step that makes it the next one; run inside one transaction."""

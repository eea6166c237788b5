"""Which snapshots stay. Everything else goes with the next commit or `gc`, and its segments with the last user."""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from attrs import asdict, field, frozen, validators

from codegraph._internal.store.identity import timestamp
from codegraph._internal.store.parts import segments_in

KEPT_SNAPSHOTS: Final = 2
"""The newest snapshots of a branch that stay anyway: its head and the one before."""

_DAY_MS: Final = 86_400_000


@frozen(kw_only=True)
class Retention:
    """What is kept besides every branch's head, tagged snapshots, and those that a living reader holds.

    Args:
        keep_last: Newest snapshots of each branch, at least 1.
        keep_days: Also every snapshot younger than this.
    """

    keep_last: int = field(default=KEPT_SNAPSHOTS, validator=[validators.instance_of(int), validators.ge(1)])
    keep_days: float = field(default=0.0, validator=[validators.instance_of((int, float)), validators.ge(0)])


@frozen
class Forgotten:
    """What a clean-up took out of the catalog.

    Args:
        snapshots: Ids, oldest first.
        segments: Names of segments whose files may go.
        used: Names of the segments that stay.
    """

    snapshots: tuple[str, ...]
    segments: tuple[str, ...]
    used: frozenset[str]


_HELD: Final = (
    "SELECT seq FROM lease UNION SELECT base FROM intent UNION SELECT seq FROM tag"
    " UNION SELECT seq FROM branch"
    " UNION SELECT max(seq) FROM snapshot WHERE NOT EXISTS(SELECT 1 FROM branch)"
)


def settled(db: sqlite3.Connection, asked: Retention | None) -> Retention:
    """Return the store's policy: the one asked for, which the store keeps from then on, else the one it keeps.

    Readers tidy up as well, and know nothing of the settings.
    """
    row = db.execute("SELECT value FROM meta WHERE name = 'retention'").fetchone()
    if asked is None:
        return Retention() if row is None else Retention(**json.loads(row[0]))
    text = json.dumps(asdict(asked), sort_keys=True)
    if row is None or row[0] != text:
        db.execute("INSERT OR REPLACE INTO meta VALUES('retention', ?)", (text,))
    return asked


def forget(db: sqlite3.Connection, asked: Retention | None, now_ms: int) -> Forgotten:
    """Drop snapshots that nobody needs and segments that no snapshot uses; run inside a transaction."""
    retention = settled(db, asked)
    needed = {seq for (seq,) in db.execute(_HELD)}
    youngest = timestamp(now_ms - round(retention.keep_days * _DAY_MS)) if retention.keep_days else "9"
    gone = []
    by_branch: dict[str, int] = {}
    rows = db.execute("SELECT seq, sid, branch, created_at FROM snapshot ORDER BY seq DESC").fetchall()
    heads = {name for (name,) in db.execute("SELECT name FROM branch")}
    for seq, sid, branch, created_at in rows:
        position = by_branch[branch] = by_branch.get(branch, 0) + 1
        recent = branch in heads and (position <= retention.keep_last or created_at >= youngest)
        if not recent and seq not in needed:
            gone.append((seq, sid))
    numbers = [(seq,) for seq, _ in gone]
    db.executemany("DELETE FROM snapshot WHERE seq = ?", numbers)
    db.executemany("DELETE FROM state WHERE seq = ?", numbers)
    unused, used = drop_unused_segments(db)
    return Forgotten(snapshots=tuple(sid for _, sid in reversed(gone)), segments=unused, used=used)


def drop_unused_segments(db: sqlite3.Connection) -> tuple[tuple[str, ...], frozenset[str]]:
    """Take the segments that no snapshot has out of the catalog; return their names and those of the others."""
    used: set[int] = set()
    for (parts,) in db.execute("SELECT parts FROM snapshot"):
        used |= segments_in(parts)
    names = dict(db.execute("SELECT id, name FROM segment").fetchall())
    unused = [segment for segment in names if segment not in used]
    for segment in unused:
        db.execute("DELETE FROM fv WHERE segment = ?", (segment,))
        db.execute("DELETE FROM segment WHERE id = ?", (segment,))
    return tuple(names[segment] for segment in unused), frozenset(names[segment] for segment in used)

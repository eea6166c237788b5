"""The step that makes a durable segment the head of a branch; runs inside one transaction of the catalog.

Every row is owned: by a file, by the repository ("", one owner for each layer), or, for a node that no file owns (an
external name), by itself ("/" and its id; paths never begin with a slash). What moved between the base of a commit and
the head of its branch is what their lists of parts differ in, so a rebase costs what changed and not what there is.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from codegraph._internal.store import parts as parts_
from codegraph._internal.store.failures import shown
from codegraph._internal.store.identity import Stamp, snapshot_id, timestamp
from codegraph._internal.store.layout import SHARED
from codegraph._internal.store.parts import SnapshotPart
from codegraph._internal.store.records import Commit, SnapshotInfo
from codegraph_hookspecs import ConflictError

_NAMED_FILES: Final = 20
_ASKED_AT_ONCE: Final = 500
"""Owners in one query; SQLite takes 999 values at least."""


def owners_changed(db: sqlite3.Connection, one: Sequence[SnapshotPart], other: Sequence[SnapshotPart]) -> set[str]:
    """Return the owners of rows that only one of two snapshots has."""
    changed: set[str] = set()
    for (segment, layer), a, b in parts_.differing(one, other):
        held = db.execute("SELECT slot, file FROM fv WHERE segment = ? AND layer = ?", (segment, layer)).fetchall()
        if a is None or b is None:
            lacked = set((b if a is None else a).tolist())  # type: ignore[union-attr]
            changed.update(file for slot, file in held if slot not in lacked)
        else:
            only = set(np.setxor1d(a, b).tolist())
            changed.update(file for slot, file in held if slot in only)
    return changed


def refuse_conflict(
    db: sqlite3.Connection, path: Path, commit: Commit, base: SnapshotInfo | None, head: SnapshotInfo
) -> None:
    """Compare what moved since the base with what the commit wrote and read.

    Raises:
        ConflictError: They meet.
    """
    moved = owners_changed(db, parts_of(db, commit.base), parts_of(db, head.seq))
    everything = commit.replaces is None or commit.reads is None
    if commit.replaces is None or commit.reads is None:
        both = moved
    else:
        written = {owner for held in commit.sealed.files.values() for owner in held.values()}
        both = moved & (commit.replaces | commit.reads | {owner for owner in written if not owner.startswith(SHARED)})
    if not both and not everything:
        return
    named = sorted(file for file in both if file)
    more = [f"… and {len(named) - _NAMED_FILES} more"] * (len(named) > _NAMED_FILES)
    raise ConflictError(
        f"Another writer committed snapshot {head.id} first.",
        context={
            "path": shown(path),
            "files": named[:_NAMED_FILES] + more,
            "base": base.id if base else None,
            "head": head.id,
            "remedy": "Run again on top of the new snapshot.",
        },
    )


def parts_of(db: sqlite3.Connection, seq: int) -> list[SnapshotPart]:
    """Return a snapshot's parts; none for a snapshot that is not there."""
    row = db.execute("SELECT parts FROM snapshot WHERE seq = ?", (seq,)).fetchone()
    return [] if row is None else parts_.from_text(row[0])


def put_on(db: sqlite3.Connection, commit: Commit, onto: SnapshotInfo | None, seq: int) -> list[SnapshotPart]:
    """Enter the new segment and its file versions; return the parts of the new snapshot, old segments first."""
    query = "INSERT INTO segment(name, size, checksum, born) VALUES(?,?,?,?)"
    new = db.execute(query, (commit.segment, commit.sealed.size, commit.sealed.checksum, seq)).lastrowid
    assert new is not None
    files = commit.sealed.files
    rows = ((new, layer, slot, file) for layer, held in files.items() for slot, file in held.items())
    db.executemany("INSERT INTO fv(segment, layer, slot, file) VALUES(?,?,?,?)", rows)
    stillborn: dict[str, list[int]] = {}
    kept: list[SnapshotPart] = []
    if commit.replaces is not None and onto is not None:
        kept, stillborn = _replaced(db, commit, parts_of(db, onto.seq), new)
    added = []
    for layer, held in files.items():
        part = SnapshotPart(new, layer, len(held), len(held))
        if layer in stillborn:
            part = part.without(stillborn[layer])
        if part.live:
            added.append(part)
    return kept + added


def _replaced(
    db: sqlite3.Connection, commit: Commit, before: list[SnapshotPart], new: int
) -> tuple[list[SnapshotPart], dict[str, list[int]]]:
    """Let the owners that the commit writes die in the old parts.

    Returns:
        The old parts that still have rows, and slots of the new segment that are dead from the start: nodes that
        own themselves and that the head has already, from this commit's base or from another writer since.
    """
    assert commit.replaces is not None
    live = {part.place: part for part in before}
    lacked = {place: set(part.dead_slots().tolist()) for place, part in live.items() if part.dead}
    dying: dict[parts_.Place, list[int]] = {}
    stillborn: dict[str, list[int]] = {}

    def versions(owners: Iterable[str]) -> Iterator[tuple[str, parts_.Place, int]]:
        every = list(owners)
        for start in range(0, len(every), _ASKED_AT_ONCE):
            some = every[start : start + _ASKED_AT_ONCE]
            query = f"SELECT file, segment, layer, slot FROM fv WHERE file IN ({','.join('?' * len(some))})"
            for owner, segment, layer, old in db.execute(query, some):
                place = (segment, layer)
                if segment != new and place in live and old not in lacked.get(place, ()):
                    yield owner, place, old

    for _, place, old in versions(commit.replaces):
        dying.setdefault(place, []).append(old)
    for layer, held in commit.sealed.files.items():
        added = {owner: slot for slot, owner in held.items() if owner not in commit.replaces}
        for owner, place, old in versions(added):
            if place[1] != layer:
                continue
            if owner.startswith(SHARED):
                stillborn.setdefault(layer, []).append(added[owner])
            else:
                dying.setdefault(place, []).append(old)
    kept = [part.without(dying[part.place]) if part.place in dying else part for part in before]
    return [part for part in kept if part.live], stillborn


def next_seq(db: sqlite3.Connection) -> int:
    """Return the next position in commit order; one of a snapshot that was dropped never comes back."""
    (newest,) = db.execute("SELECT coalesce(max(seq), 0) FROM snapshot").fetchone()
    last = db.execute("SELECT value FROM meta WHERE name = 'last_seq'").fetchone()
    return max(int(newest), 0 if last is None else int(last[0])) + 1


def enter(
    db: sqlite3.Connection,
    commit: Commit,
    stamp: Stamp,
    onto: SnapshotInfo | None,
    parts: Iterable[SnapshotPart],
    seq: int,
) -> SnapshotInfo:
    """Write the snapshot's row and make it the head of its branch."""
    info = SnapshotInfo(
        id=snapshot_id(stamp),
        parent_id=onto.id if onto else None,
        created_at=timestamp(stamp[0]),
        reason=commit.reason,
        uuid=commit.uuid,
        summary={**commit.summary, "snapshot_id": snapshot_id(stamp)},
        seq=seq,
        branch=commit.branch,
    )
    db.executemany(
        "INSERT OR REPLACE INTO meta VALUES(?,?)", [("last_stamp", json.dumps(stamp)), ("last_seq", str(seq))]
    )
    db.execute(
        "INSERT INTO snapshot(seq, sid, parent, uuid, repo_id, created_at, reason, branch, summary, parts)"
        " VALUES(?,?,?,?,?,?,?,?,?,?)",
        (seq, info.id, info.parent_id, info.uuid, commit.repo_id, info.created_at, info.reason, info.branch,
         json.dumps(info.summary, default=str), parts_.to_text(parts)),
    )  # fmt: skip
    if info.branch:
        db.execute("INSERT OR REPLACE INTO branch VALUES(?,?)", (info.branch, seq))
    if commit.replaces is not None and onto is not None:
        stays = [name for (name,) in db.execute("SELECT name FROM state WHERE seq = ?", (onto.seq,))]
        copied = [(seq, name, onto.seq) for name in stays if name not in commit.state]
        query = "INSERT INTO state SELECT ?, name, value FROM state WHERE name = ? AND seq = ?"
        db.executemany(query, copied)
    rows = [(seq, name, value) for name, value in commit.state.items()]
    db.executemany("INSERT OR REPLACE INTO state VALUES(?,?,?)", rows)
    return info

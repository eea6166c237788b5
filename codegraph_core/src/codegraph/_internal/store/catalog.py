"""The catalog: snapshots and what they are made of, branches, tags, and who is reading or writing.

SQLite in WAL mode with synchronous=FULL, so a commit is one durable transaction that other processes see whole or not
at all. A snapshot lists its parts (`store/parts.py`): which slots of which segments it has. A file version (`fv`) says
which file a slot of a segment belongs to; the segment itself knows which row ranges a slot has.

It is longer than 400 lines because every statement about these tables, and so every assumption about the schema, is
here or in `commits.py` and `retention.py`, which work inside its transactions.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from codegraph._internal.store import commits
from codegraph._internal.store.catalog_schema import DEFAULT_BRANCH, MIGRATIONS, SCHEMA, SCHEMA_VERSION
from codegraph._internal.store.failures import (
    corrupt_catalog,
    missing_snapshot,
    missing_store,
    read_only,
    shown,
    translated,
)
from codegraph._internal.store.identity import SnapshotIds, Stamp, repo_digest
from codegraph._internal.store.layout import TINY_BYTES
from codegraph._internal.store.liveness import Holder, since_boot
from codegraph._internal.store.parts import SnapshotPart, from_text, to_text
from codegraph._internal.store.records import Commit, Committed, Part, SnapshotInfo, Tag
from codegraph._internal.store.retention import Forgotten, Retention, drop_unused_segments, forget
from codegraph._internal.store.segment_writer import SealedSegment
from codegraph_hookspecs import ErrorCategory, StorageError

_BUSY_TIMEOUT_S: Final = 30.0
_COLUMNS: Final = "sid, parent, created_at, reason, uuid, summary, seq, branch"


class Catalog:
    """Connection to one catalog. Threads take turns.

    Args:
        path: The database file.
        read_only: Never write; leases are then not taken either.
        branch: Whose head is meant where no snapshot is named.
        repo_id: Whose newest snapshot a branch without a head begins at.
    """

    def __init__(self, path: Path, *, read_only: bool, branch: str = DEFAULT_BRANCH, repo_id: str = "") -> None:
        self.path = path
        self.read_only = read_only
        self.branch = branch
        self.repo_id = repo_id
        self._ids = SnapshotIds(None if read_only else path.with_name("ids"))
        self._lock = threading.RLock()
        self._durable: bool | None = None
        with translated(path):
            self._db = self._connect()
            try:
                self._check_version()
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._db.close()

    def head(self, branch: str | None = None) -> SnapshotInfo | None:
        """Return the newest snapshot of a branch; of a branch that has none yet, the newest of all."""
        with self._lock, translated(self.path):
            return self._head(branch) or self._newest()

    def _head(self, branch: str | None = None) -> SnapshotInfo | None:
        found = self._snapshots("WHERE seq = (SELECT seq FROM branch WHERE name = ?)", branch or self.branch)
        return found[0] if found else None

    def _newest(self) -> SnapshotInfo | None:
        found = self._snapshots("WHERE repo_id = ? ORDER BY seq DESC LIMIT 1", self.repo_id)
        found = found or self._snapshots("ORDER BY seq DESC LIMIT 1")
        return found[0] if found else None

    def snapshots(self, branch: str | None = None) -> list[SnapshotInfo]:
        """Return every snapshot that can be read, of one branch or of all, oldest first."""
        if branch is None:
            return self._snapshots("ORDER BY seq")
        return self._snapshots("WHERE branch = ? ORDER BY seq", branch)

    def branches(self) -> dict[str, str]:
        """Return each branch's head."""
        query = "SELECT name, sid FROM branch JOIN snapshot USING (seq) ORDER BY name"
        with self._lock, translated(self.path):
            return dict(self._db.execute(query).fetchall())

    def drop_branch(self, name: str) -> bool:
        """Forget a branch's head; its snapshots go with the next clean-up. Say whether there was one."""
        with self._transaction(durable=True):
            return self._db.execute("DELETE FROM branch WHERE name = ?", (name,)).rowcount > 0

    def tags(self) -> list[Tag]:
        """Return every tag, by name."""
        query = "SELECT name, sid, note, tag.created_at FROM tag JOIN snapshot USING (seq) ORDER BY name"
        with self._lock, translated(self.path):
            return [Tag(*row) for row in self._db.execute(query)]

    def tag(self, name: str, wanted: str | None, note: str, created_at: str, *, move: bool) -> SnapshotInfo:
        """Name a snapshot; it stays until the tag goes.

        Raises:
            StorageError: `tag-exists` unless `move`, `snapshot-missing`.
        """
        with self._transaction(durable=True):
            info = self._find(wanted)
            row = self._db.execute("SELECT seq FROM tag WHERE name = ?", (name,)).fetchone()
            if row is not None and row[0] != info.seq and not move:
                raise StorageError(
                    f"There is a tag {name!r} already.",
                    code="tag-exists",
                    category=ErrorCategory.PERMANENT,
                    context={"tag": name, "remedy": "Choose another name, or move the tag (--move)."},
                )
            self._db.execute("INSERT OR REPLACE INTO tag VALUES(?,?,?,?)", (name, info.seq, note, created_at))
            return info

    def untag(self, name: str) -> bool:
        """Take a tag away; say whether there was one."""
        with self._transaction(durable=True):
            return self._db.execute("DELETE FROM tag WHERE name = ?", (name,)).rowcount > 0

    def find(self, wanted: str | None) -> SnapshotInfo:
        """Return the snapshot that a name means.

        Args:
            wanted: None or "head": the branch's head. A snapshot id, a tag or a branch, each also with `~N`: the N-th
                snapshot before it, as long as it is kept.

        Raises:
            StorageError: `snapshot-missing`, `store-missing`.
        """
        with self._lock, translated(self.path):
            return self._find(wanted)

    def _find(self, wanted: str | None) -> SnapshotInfo:
        name, tilde, steps = (wanted or "head").rpartition("~")
        if not tilde or not steps.isdecimal():
            name, steps = wanted or "head", "0"
        found: list[SnapshotInfo] = []
        if name == "head":
            head = self.head()
            if head is None:
                raise missing_store(self.path.parent)
            found = [head]
        found = (
            found
            or self._snapshots("WHERE sid = ?", name)
            or self._snapshots("WHERE seq = (SELECT seq FROM tag WHERE name = ?)", name)
            or self._snapshots("WHERE seq = (SELECT seq FROM branch WHERE name = ?)", name)
        )
        for _ in range(min(int(steps[:9]), 1_000_000)):
            found = self._snapshots("WHERE sid = ?", found[0].parent_id) if found else []
            if not found:
                break
        if not found:
            raise missing_snapshot(self.path.parent, wanted or "head")
        return found[0]

    def _snapshots(self, tail: str, *values: Any) -> list[SnapshotInfo]:
        query = f"SELECT {_COLUMNS} FROM snapshot {tail}"
        with self._lock, translated(self.path):
            rows = self._db.execute(query, values).fetchall()
        try:
            return [
                SnapshotInfo(
                    id=sid, parent_id=parent, created_at=at, reason=why, uuid=uuid, summary=json.loads(text), seq=seq,
                    branch=branch,
                )
                for sid, parent, at, why, uuid, text, seq, branch in rows
            ]  # fmt: skip
        except (ValueError, TypeError) as error:
            raise corrupt_catalog(self.path, error) from error

    def state(self, name: str, snapshot: str | None) -> bytes | None:
        """Return a named blob of a snapshot (None: the head)."""
        with self._lock, translated(self.path):
            head = self._find(snapshot) if snapshot else self.head()
            query = "SELECT value FROM state WHERE seq = ? AND name = ?"
            row = None if head is None else self._db.execute(query, (head.seq, name)).fetchone()
        return None if row is None else bytes(row[0])

    def put_state(self, name: str, value: bytes, snapshot: str) -> None:
        """Replace a named blob of a snapshot; nothing happens where the snapshot is gone, and a crash may undo it."""
        query = "INSERT OR REPLACE INTO state SELECT seq, ?, ? FROM snapshot WHERE sid = ?"
        with self._transaction(durable=False):
            self._db.execute(query, (name, value, snapshot))

    def open_snapshot(self, wanted: str | None, lease: str) -> tuple[SnapshotInfo, list[Part]]:
        """Find a snapshot (see `find`), hold it with a lease in the same transaction, and return its parts.

        Args:
            wanted: The snapshot.
            lease: Name of the lease; empty for none.

        Raises:
            StorageError: There is no such snapshot.
        """
        with self._transaction(durable=False, write=bool(lease)):
            info = self._find(wanted)
            if lease:
                self._lease(lease, info.seq)
            return info, self._parts(info.seq)

    def hold_head(self, lease: str) -> SnapshotInfo | None:
        """Hold the head with a lease (an empty name: with none) and return it; None for an empty store."""
        with self._transaction(durable=False, write=bool(lease)):
            info = self.head()
            if lease and info is not None:
                self._lease(lease, info.seq)
            return info

    def begin(self, wanted: str | None, uuid: str) -> tuple[SnapshotInfo | None, list[Part]]:
        """Declare that this process writes a segment named after a transaction; the intent holds its base.

        It need not survive a power cut: without it the file is an orphan, which the next sweep removes.

        Args:
            wanted: The base (see `find`); None for the head.
            uuid: The transaction.

        Returns:
            The base and its parts; None for an empty store.

        Raises:
            StorageError: There is no such snapshot.
        """
        with self._transaction(durable=False):
            info = self.head() if wanted is None else self._find(wanted)
            self._intend(uuid, 0 if info is None else info.seq)
            return info, [] if info is None else self._parts(info.seq)

    def parts(self, wanted: str) -> list[SnapshotPart]:
        """Return what a snapshot is made of."""
        with self._lock, translated(self.path):
            return commits.parts_of(self._db, self._find(wanted).seq)

    def segment_parts(self, wanted: str) -> list[Part]:
        """Return a snapshot's parts with the segments' names; changes when it is compacted."""
        with self._lock, translated(self.path):
            return self._parts(self._find(wanted).seq)

    def owners_of(self, place: tuple[int, str]) -> dict[int, str]:
        """Return the owner of every slot of a segment's layer."""
        with self._lock, translated(self.path):
            return dict(self._db.execute("SELECT slot, file FROM fv WHERE segment = ? AND layer = ?", place).fetchall())

    def segments(self) -> dict[int, tuple[str, int, str]]:
        """Return name, size and checksum of every segment, by its number."""
        with self._lock, translated(self.path):
            rows = self._db.execute("SELECT id, name, size, checksum FROM segment ORDER BY id").fetchall()
        return {number: (name, size, checksum) for number, name, size, checksum in rows}

    def _parts(self, seq: int) -> list[Part]:
        try:
            known = self.segments()
            parts = []
            for part in commits.parts_of(self._db, seq):
                name, size, checksum = known[part.segment]
                parts.append(Part(segment=name, size=size, checksum=checksum, layer=part.layer, dead=part.dead_slots()))
            return parts
        except (ValueError, TypeError, KeyError, zlib.error) as error:
            raise corrupt_catalog(self.path, error) from error

    def _lease(self, lease: str, seq: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO lease VALUES(?,?,?,?,?,?,?)", (lease, seq, *_holder(), since_boot()))

    def renew(self, lease: str) -> None:
        """Note that the holder of a lease or an intent is still there."""
        with self._transaction(durable=False):
            self._db.execute("UPDATE lease SET heartbeat = ? WHERE id = ?", (since_boot(), lease))
            self._db.execute("UPDATE intent SET heartbeat = ? WHERE uuid = ?", (since_boot(), lease))

    def release(self, leases: Iterable[str]) -> None:
        """Give leases back."""
        with self._transaction(durable=False):
            self._db.executemany("DELETE FROM lease WHERE id = ?", [(lease,) for lease in leases])

    def intend(self, uuid: str) -> None:
        """Declare that this process writes a segment that has no base, as `begin` does for others."""
        with self._transaction(durable=False):
            self._intend(uuid, 0)

    def _intend(self, uuid: str, base: int) -> None:
        self._db.execute("INSERT INTO intent VALUES(?,?,?,?,?,?,?)", (uuid, base, *_holder(), since_boot()))

    def withdraw(self, uuid: str) -> None:
        """Take an intent back."""
        with self._transaction(durable=False):
            self._db.execute("DELETE FROM intent WHERE uuid = ?", (uuid,))

    def commit(self, commit: Commit, now_ms: int, retention: Retention | None) -> Committed:
        """Make a durable segment the head of a branch, atomically, and forget what nobody needs any more.

        Raises:
            ConflictError: The head moved, and the files that changed matter to the commit.
            StorageError: SQLite or the disk refused; the old head stays.
        """
        with self._transaction(durable=True):
            head = self._head(commit.branch) if commit.branch else None
            if head is None or head.seq != commit.base:
                found = self._snapshots("WHERE seq = ?", commit.base) if commit.base else []
                base = found[0] if found else None
                if head is not None:
                    commits.refuse_conflict(self._db, self.path.parent, commit, base, head)
                else:
                    head = base  # a branch without a head of its own begins at whatever the rows were computed from
            stamp = self._ids.next(now_ms, repo_digest(commit.repo_id), self._last_stamp())
            seq = commits.next_seq(self._db)
            parts = commits.put_on(self._db, commit, head, seq)
            info = commits.enter(self._db, commit, stamp, head, parts, seq)
            self._lease(commit.lease, info.seq)
            forgotten = forget(self._db, retention, now_ms)
            small = {each for (each,) in self._db.execute("SELECT id FROM segment WHERE size < ?", (TINY_BYTES,))}
            self._db.execute("DELETE FROM intent WHERE uuid = ?", (commit.uuid,))  # it held the base up to here
        slots: dict[int, tuple[int, int]] = {}
        for part in parts:
            live, total = slots.get(part.segment, (0, 0))
            slots[part.segment] = (live + part.live, total + part.total)
        return Committed(
            info=info,
            onto=head,
            forgotten=forgotten,
            segments=len(slots),
            tiny=len(slots.keys() & small),
            dead_share=max((1 - live / total for live, total in slots.values()), default=0.0),
        )

    def all_parts(self) -> dict[int, list[SnapshotPart]]:
        """Return what every snapshot is made of, by its position in commit order."""
        with self._lock, translated(self.path):
            return {seq: from_text(text) for seq, text in self._db.execute("SELECT seq, parts FROM snapshot")}

    def repoint(
        self, uuid: str, sealed: SealedSegment, change: Callable[[str, int], list[SnapshotPart] | None]
    ) -> list[str]:
        """Enter a segment that takes the place of others, and write the snapshots' parts anew; nothing else changes.

        Args:
            uuid: The intent's and the segment's name.
            sealed: The segment.
            change: Gives a snapshot's new parts from its old ones and the segment's number, or None where they stay.

        Returns:
            Names of segments that no snapshot has any more, and so of the new one if none needs it.
        """
        with self._transaction(durable=True):
            query = "INSERT INTO segment(name, size, checksum, born) VALUES(?,?,?,(SELECT max(seq) FROM snapshot))"
            new = self._db.execute(query, (uuid, sealed.size, sealed.checksum)).lastrowid
            assert new is not None
            rows = ((new, layer, slot, file) for layer, held in sealed.files.items() for slot, file in held.items())
            self._db.executemany("INSERT INTO fv(segment, layer, slot, file) VALUES(?,?,?,?)", rows)
            for seq, text in self._db.execute("SELECT seq, parts FROM snapshot").fetchall():
                parts = change(text, new)
                if parts is not None:
                    self._db.execute("UPDATE snapshot SET parts = ? WHERE seq = ?", (to_text(parts), seq))
            self._db.execute("DELETE FROM intent WHERE uuid = ?", (uuid,))
            return list(drop_unused_segments(self._db)[0])

    def integrity(self) -> list[str]:
        """Return what SQLite finds wrong with the database's own structure."""
        with self._lock, translated(self.path):
            found = [str(line) for (line,) in self._db.execute("PRAGMA integrity_check(20)")]
        return [] if found == ["ok"] else found

    def versions_of(self, segment: int) -> dict[str, dict[int, str]]:
        """Return the owners of a segment's slots, by layer."""
        found: dict[str, dict[int, str]] = {}
        with self._lock, translated(self.path):
            for layer, slot, file in self._db.execute("SELECT layer, slot, file FROM fv WHERE segment = ?", (segment,)):
                found.setdefault(layer, {})[slot] = file
        return found

    def replace_versions(self, segment: int, versions: Mapping[str, Mapping[int, str]]) -> None:
        """Write the owners of a segment's slots anew."""
        rows = ((segment, layer, slot, file) for layer, held in versions.items() for slot, file in held.items())
        with self._transaction(durable=True):
            self._db.execute("DELETE FROM fv WHERE segment = ?", (segment,))
            self._db.executemany("INSERT INTO fv(segment, layer, slot, file) VALUES(?,?,?,?)", rows)

    def replace_parts(self, seq: int, parts: Iterable[SnapshotPart]) -> None:
        """Write what a snapshot is made of anew."""
        with self._transaction(durable=True):
            self._db.execute("UPDATE snapshot SET parts = ? WHERE seq = ?", (to_text(parts), seq))

    def drop_snapshot(self, seq: int) -> None:
        """Drop a snapshot that cannot be read, and its tags; its branch goes back to the newest one before."""
        with self._transaction(durable=True):
            (branch,) = self._db.execute("SELECT branch FROM snapshot WHERE seq = ?", (seq,)).fetchone()
            for table in ("snapshot", "state", "tag", "lease"):
                self._db.execute(f"DELETE FROM {table} WHERE seq = ?", (seq,))
            self._db.execute("DELETE FROM branch WHERE seq = ?", (seq,))
            query = "INSERT OR IGNORE INTO branch SELECT ?, max(seq) FROM snapshot WHERE branch = ? HAVING max(seq) > 0"
            self._db.execute(query, (branch, branch))
            drop_unused_segments(self._db)

    def broken_names(self) -> list[tuple[str, str]]:
        """Return ("tag" or "branch", name) of those that name no snapshot."""
        query = "SELECT '{0}', name FROM {0} WHERE seq NOT IN (SELECT seq FROM snapshot)"
        with self._lock, translated(self.path):
            return self._db.execute(f"{query.format('tag')} UNION ALL {query.format('branch')}").fetchall()

    def holders(self) -> list[tuple[str, str, Holder, float]]:
        """Return ("lease" or "intent", name, process, heartbeat) of every reader and writer."""
        columns = "pid, start, boot, namespace, heartbeat FROM"
        query = f"SELECT 'lease', id, {columns} lease UNION ALL SELECT 'intent', uuid, {columns} intent"
        with self._lock, translated(self.path):
            rows = self._db.execute(query).fetchall()
        return [(kind, name, Holder(*holder), heartbeat) for kind, name, *holder, heartbeat in rows]

    def next_id(self, repo_id: str, now_ms: int) -> Stamp:
        """Return a snapshot id's stamp that no process has had or will have."""
        with self._lock, translated(self.path):
            return self._ids.next(now_ms, repo_digest(repo_id), self._last_stamp())

    def _last_stamp(self) -> Stamp | None:
        row = self._db.execute("SELECT value FROM meta WHERE name = 'last_stamp'").fetchone()
        if row is None:
            return None
        try:
            timestamp, repo, counter = json.loads(row[0])
            return int(timestamp), str(repo), int(counter)
        except (ValueError, TypeError) as error:
            raise corrupt_catalog(self.path, error) from error

    def untidy(self, files: Iterable[str]) -> bool:
        """Say whether `collect` would find something to do; only reads.

        Args:
            files: Transaction names of the files in the segment folder, listed before this call.
        """
        with self._lock, translated(self.path):
            holders = "SELECT pid, start, boot, namespace, heartbeat FROM"
            rows = self._db.execute(f"{holders} lease UNION ALL {holders} intent").fetchall()
            if any(not Holder(*row[:4]).lives(row[4]) for row in rows):
                return True
            known = {name for (name,) in self._db.execute("SELECT name FROM segment UNION ALL SELECT uuid FROM intent")}
        return not known.issuperset(files)

    def collect(self, retention: Retention | None, now_ms: int) -> tuple[Forgotten, frozenset[str]]:
        """Forget snapshots that nobody needs and processes that are gone.

        Returns:
            What went, and the names of everything in the segment folder that a snapshot or a living writer still uses.
        """
        with self._transaction(durable=True):
            for table, key in (("lease", "id"), ("intent", "uuid")):
                rows = self._db.execute(f"SELECT {key}, pid, start, boot, namespace, heartbeat FROM {table}").fetchall()
                dead = [(row[0],) for row in rows if not Holder(*row[1:5]).lives(row[5])]
                if dead:
                    self._db.executemany(f"DELETE FROM {table} WHERE {key} = ?", dead)
            forgotten = forget(self._db, retention, now_ms)
            writing = {uuid for (uuid,) in self._db.execute("SELECT uuid FROM intent")}
            return forgotten, forgotten.used | writing

    @contextmanager
    def _transaction(self, *, durable: bool, write: bool = True) -> Iterator[None]:
        """Run the block as one transaction; only a durable one waits for the disk."""
        if write and self.read_only:
            raise read_only(self.path.parent)
        with self._lock, translated(self.path):
            if write and durable != self._durable:
                self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            self._db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _connect(self) -> sqlite3.Connection:
        if not self.read_only:
            db = sqlite3.connect(self.path, _BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA journal_mode=WAL")
            return db
        if not self.path.exists():
            raise missing_store(self.path.parent)
        uri = self.path.absolute().as_uri()
        wal = self.path.with_name(self.path.name + "-wal")
        # SQLite cannot read a WAL database without its -shm file where it may not create one. With no WAL content
        # nobody is writing, and the database file alone is the whole truth.
        modes = ["mode=ro"] if wal.exists() and wal.stat().st_size else ["mode=ro", "mode=ro&immutable=1"]
        for mode in modes:
            db = sqlite3.connect(
                f"{uri}?{mode}", _BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, uri=True
            )
            try:
                db.execute("PRAGMA user_version").fetchone()
                db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.OperationalError:
                db.close()
                if mode == modes[-1]:
                    raise
            else:
                return db
        raise AssertionError("unreachable: the last mode returns or raises")

    def _check_version(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == SCHEMA_VERSION:
            return
        if version > SCHEMA_VERSION:
            row = self._db.execute("SELECT value FROM meta WHERE name = 'min_reader'").fetchone()
            if self.read_only and row is not None and int(row[0]) <= SCHEMA_VERSION:
                return
            raise StorageError(
                f"The store was written by a newer version (schema {version}, this one knows {SCHEMA_VERSION}).",
                code="store-newer",
                category=ErrorCategory.PERMANENT,
                context={"path": shown(self.path), "remedy": "Upgrade codegraph, or set cache_dir to a new directory."},
            )
        if self.read_only:
            if version == 0:
                raise missing_store(self.path.parent)
            raise StorageError(
                f"The store has the older schema {version}.",
                code="store-older",
                category=ErrorCategory.PERMANENT,
                context={
                    "path": shown(self.path),
                    "remedy": "Open it once for writing (`codegraph index`) to migrate it.",
                },
            )
        with self._transaction(durable=True):
            (version,) = self._db.execute("PRAGMA user_version").fetchone()  # another process may have been faster
            if version == 0:
                for statement in SCHEMA.split(";\n"):
                    self._db.execute(statement)
                version = SCHEMA_VERSION
            while version < SCHEMA_VERSION:
                MIGRATIONS[version](self._db)
                version += 1
            self._db.execute(f"PRAGMA user_version = {version:d}")


def _holder() -> tuple[int, str, str, str]:
    holder = Holder.current()
    return holder.pid, holder.start, holder.boot, holder.namespace

"""The catalog: which segments, and which files' versions in them, make up each snapshot.

SQLite in WAL mode with synchronous=FULL, so a commit is one durable transaction that other processes see whole or not
at all. A file version (`fv`) says that the rows which segment `segment` holds for file slot `slot` in layer `layer`
belong to every snapshot from `born` until before `died`, or until before the segment's `retired_epoch`; the segment
itself knows which row ranges a slot has. A partial commit ends the versions of its files; a full one retires every
segment at once, which costs no write per file. Readers treat both alike.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from codegraph._internal.store.catalog_schema import MIGRATIONS, SCHEMA, SCHEMA_VERSION
from codegraph._internal.store.failures import corrupt_catalog, missing_store, read_only, shown, translated
from codegraph._internal.store.identity import SNAPSHOT_STAMPS, repo_digest, snapshot_id
from codegraph._internal.store.liveness import Holder, since_boot
from codegraph._internal.store.records import Commit, Part, SnapshotInfo
from codegraph_hookspecs import ConflictError, ErrorCategory, StorageError

KEPT_SNAPSHOTS: Final = 2
"""The newest snapshots that stay without a lease: the head and the one before."""
_BUSY_TIMEOUT_S: Final = 30.0
_NAMED_FILES: Final = 20


class Catalog:
    """Connection to one catalog. Threads take turns.

    Args:
        path: The database file.
        read_only: Never write; leases are then not taken either.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._lock = threading.RLock()
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

    def head(self) -> SnapshotInfo | None:
        """Return the newest snapshot."""
        rows = self._snapshots("ORDER BY seq DESC LIMIT 1")
        return rows[0] if rows else None

    def snapshots(self) -> list[SnapshotInfo]:
        """Return every snapshot that can be read, oldest first."""
        return self._snapshots("ORDER BY seq")

    def _snapshots(self, tail: str, *values: Any) -> list[SnapshotInfo]:
        query = f"SELECT sid, parent, created_at, reason, uuid, summary, seq FROM snapshot {tail}"
        with self._lock, translated(self.path):
            rows = self._db.execute(query, values).fetchall()
        return [
            SnapshotInfo(
                id=sid, parent_id=parent, created_at=at, reason=why, uuid=uuid, summary=json.loads(text), seq=seq
            )
            for sid, parent, at, why, uuid, text, seq in rows
        ]

    def state(self, name: str) -> bytes | None:
        """Return a named blob of the head snapshot."""
        query = "SELECT value FROM state WHERE seq = (SELECT max(seq) FROM snapshot) AND name = ?"
        with self._lock, translated(self.path):
            row = self._db.execute(query, (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def open_snapshot(self, sid: str | None, lease: str) -> tuple[SnapshotInfo, list[Part]]:
        """Find a snapshot (None: the head), hold it with a lease, and return its parts.

        Raises:
            StorageError: There is no such snapshot.
        """
        with self._transaction(durable=False, write=not self.read_only):
            found = self._snapshots("WHERE sid = ?", sid) if sid else self._snapshots("ORDER BY seq DESC LIMIT 1")
            if not found:
                if sid is None:
                    raise missing_store(self.path.parent)
                raise StorageError(
                    f"There is no snapshot {sid!r} in the store.",
                    code="snapshot-missing",
                    category=ErrorCategory.PERMANENT,
                    context={
                        "path": shown(self.path.parent),
                        "remedy": "Older snapshots are dropped; open the newest.",
                    },
                )
            info = found[0]
            if not self.read_only:
                self._db.execute("INSERT INTO lease VALUES(?,?,?,?,?,?,?)", (lease, info.seq, *_holder(), since_boot()))
            try:
                return info, self._parts(info.seq)
            except (ValueError, TypeError) as error:
                raise corrupt_catalog(self.path, error) from error

    def _parts(self, seq: int) -> list[Part]:
        (text,) = self._db.execute("SELECT parts FROM snapshot WHERE seq = ?", (seq,)).fetchone()
        parts = []
        for segment, layer, live, total in json.loads(text):
            name, size, checksum = self._db.execute(
                "SELECT name, size, checksum FROM segment WHERE id = ?", (segment,)
            ).fetchone()
            dead: tuple[int, ...] = ()
            if live != total:
                query = "SELECT slot FROM fv WHERE segment = ? AND layer = ? AND died <= ?"
                dead = tuple(slot for (slot,) in self._db.execute(query, (segment, layer, seq)))
            parts.append(Part(segment=name, size=size, checksum=checksum, layer=layer, dead=dead))
        return parts

    def renew(self, lease: str) -> None:
        """Note that a lease's holder is still there."""
        with self._transaction(durable=False):
            self._db.execute("UPDATE lease SET heartbeat = ? WHERE id = ?", (since_boot(), lease))

    def release(self, leases: Iterable[str]) -> None:
        """Give leases back."""
        with self._transaction(durable=False):
            self._db.executemany("DELETE FROM lease WHERE id = ?", [(lease,) for lease in leases])

    def intend(self, uuid: str, base: int) -> None:
        """Declare that this process writes a segment named after the transaction.

        It need not survive a power cut: without it the file is an orphan, which the next sweep removes.
        """
        with self._transaction(durable=False):
            self._db.execute("INSERT INTO intent VALUES(?,?,?,?,?,?,?)", (uuid, base, *_holder(), since_boot()))

    def withdraw(self, uuid: str) -> None:
        """Take an intent back."""
        with self._transaction(durable=False):
            self._db.execute("DELETE FROM intent WHERE uuid = ?", (uuid,))

    def commit(self, commit: Commit, now_ms: int) -> tuple[SnapshotInfo, list[str]]:
        """Make a durable segment the head, atomically, and forget what nobody needs any more.

        Returns:
            The new head, and the names of the segments forgotten, whose files may go.

        Raises:
            ConflictError: The head moved, and the files that changed matter to the commit.
            StorageError: SQLite or the disk refused; the old head stays.
        """
        with self._transaction(durable=True):
            head = self.head()
            if (head.seq if head else 0) != commit.base:
                self._refuse_conflict(commit, head)
            stamp = SNAPSHOT_STAMPS.after(now_ms, repo_digest(commit.repo_id), self._last_stamp())
            seq = (head.seq if head else 0) + 1
            info = SnapshotInfo(
                id=snapshot_id(stamp),
                parent_id=head.id if head else None,
                created_at=datetime.fromtimestamp(stamp[0] / 1000, UTC).isoformat(timespec="milliseconds"),
                reason=commit.reason,
                uuid=commit.uuid,
                summary={**commit.summary, "snapshot_id": snapshot_id(stamp)},
                seq=seq,
            )
            parts = self._replace_files(commit, head, seq)
            self._db.execute("INSERT OR REPLACE INTO meta VALUES('last_stamp', ?)", (json.dumps(stamp),))
            self._db.execute(
                "INSERT INTO snapshot VALUES(?,?,?,?,?,?,?,?,?)",
                (seq, info.id, info.parent_id, info.uuid, commit.repo_id, info.created_at, info.reason,
                 json.dumps(info.summary, default=str), json.dumps(parts)),
            )  # fmt: skip
            if commit.replaces is not None and head is not None:
                query = "INSERT INTO state SELECT ?, name, value FROM state WHERE seq = ?"
                self._db.execute(query, (seq, head.seq))
            rows = [(seq, name, value) for name, value in commit.state.items()]
            self._db.executemany("INSERT OR REPLACE INTO state VALUES(?,?,?)", rows)
            self._db.execute("DELETE FROM intent WHERE uuid = ?", (commit.uuid,))
            gone, _ = self._forget()
        return info, gone

    def _replace_files(self, commit: Commit, head: SnapshotInfo | None, seq: int) -> list[list[Any]]:
        """Let the old file versions die and the new ones be born; return the parts of the new snapshot."""
        query = "INSERT INTO segment(name, size, checksum, born) VALUES(?,?,?,?)"
        new = self._db.execute(query, (commit.segment, commit.sealed.size, commit.sealed.checksum, seq)).lastrowid
        kept: list[list[Any]] = []
        if commit.replaces is None:
            self._db.execute("UPDATE segment SET retired_epoch = ? WHERE retired_epoch IS NULL AND id <> ?", (seq, new))
        elif head is not None:
            (text,) = self._db.execute("SELECT parts FROM snapshot WHERE seq = ?", (head.seq,)).fetchone()
            live = {(segment, layer): [count, total] for segment, layer, count, total in json.loads(text)}
            for file in commit.replaces:
                query = "SELECT segment, layer, slot FROM fv WHERE file = ? AND died IS NULL"
                for place in self._db.execute(query, (file,)).fetchall():
                    if place[:2] in live:  # else the version belongs to a retired segment
                        live[place[:2]][0] -= 1
                        update = "UPDATE fv SET died = ? WHERE segment = ? AND layer = ? AND slot = ?"
                        self._db.execute(update, (seq, *place))
            kept = [[segment, layer, *counts] for (segment, layer), counts in live.items() if counts[0]]
            for segment in {segment for segment, _ in live} - {part[0] for part in kept}:
                self._db.execute("UPDATE segment SET retired_epoch = ? WHERE id = ?", (seq, segment))
        files = commit.sealed.files
        rows = ((new, layer, slot, file, seq) for layer, held in files.items() for slot, file in held.items())
        self._db.executemany("INSERT INTO fv(segment, layer, slot, file, born) VALUES(?,?,?,?,?)", rows)
        return kept + [[new, layer, len(held), len(held)] for layer, held in files.items() if held]

    def _refuse_conflict(self, commit: Commit, head: SnapshotInfo | None) -> None:
        query = (
            "SELECT DISTINCT file FROM fv JOIN segment ON segment.id = fv.segment"
            " WHERE fv.born > ?1 OR died > ?1 OR retired_epoch > ?1"
        )
        changed = {file for (file,) in self._db.execute(query, (commit.base,))}
        written = changed if commit.replaces is None else changed & commit.replaces
        both = written if commit.reads is None else written | (changed & commit.reads)
        if not both and commit.reads is not None and head is not None:
            return
        named = sorted(file for file in both if file)
        shown_files = named[:_NAMED_FILES] + ([f"… and {len(named) - _NAMED_FILES} more"] * (len(named) > _NAMED_FILES))
        raise ConflictError(
            f"Another writer committed snapshot {head.id if head else 'none'} first.",
            context={
                "path": shown(self.path.parent),
                "files": shown_files,
                "remedy": "Run again on top of the new snapshot.",
            },
        )

    def _last_stamp(self) -> tuple[int, str, int] | None:
        row = self._db.execute("SELECT value FROM meta WHERE name = 'last_stamp'").fetchone()
        if row is None:
            return None
        timestamp, repo, counter = json.loads(row[0])
        return int(timestamp), str(repo), int(counter)

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

    def collect(self) -> set[str]:
        """Forget snapshots that nobody needs and processes that are gone.

        Returns:
            Names of every segment that a snapshot or a living writer still uses; other files may go.
        """
        with self._transaction(durable=True):
            for table, key in (("lease", "id"), ("intent", "uuid")):
                rows = self._db.execute(f"SELECT {key}, pid, start, boot, namespace, heartbeat FROM {table}").fetchall()
                dead = [(row[0],) for row in rows if not Holder(*row[1:5]).lives(row[5])]
                if dead:
                    self._db.executemany(f"DELETE FROM {table} WHERE {key} = ?", dead)
            _, used = self._forget()
            return used | {uuid for (uuid,) in self._db.execute("SELECT uuid FROM intent")}

    def _forget(self) -> tuple[list[str], set[str]]:
        """Drop snapshots that are neither new nor leased, and segments that no snapshot uses.

        Returns:
            Names of the segments dropped and of those still used.
        """
        leased = {seq for (seq,) in self._db.execute("SELECT seq FROM lease UNION SELECT base FROM intent")}
        snapshots = self._db.execute("SELECT seq, parts FROM snapshot ORDER BY seq DESC").fetchall()
        needed: set[int] = set()
        for position, (seq, parts) in enumerate(snapshots):
            if position < KEPT_SNAPSHOTS or seq in leased:
                needed.update(part[0] for part in json.loads(parts))
            else:
                self._db.execute("DELETE FROM snapshot WHERE seq = ?", (seq,))
                self._db.execute("DELETE FROM state WHERE seq = ?", (seq,))
        segments = dict(self._db.execute("SELECT id, name FROM segment").fetchall())
        gone = [segment for segment in segments if segment not in needed]
        for segment in gone:
            self._db.execute("DELETE FROM fv WHERE segment = ?", (segment,))
            self._db.execute("DELETE FROM segment WHERE id = ?", (segment,))
        return [segments[segment] for segment in gone], {segments[segment] for segment in needed}

    @contextmanager
    def _transaction(self, *, durable: bool, write: bool = True) -> Iterator[None]:
        """Run the block as one transaction; only a durable one waits for the disk."""
        if write and self.read_only:
            raise read_only(self.path.parent)
        with self._lock, translated(self.path):
            if write:
                self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
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

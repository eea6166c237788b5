"""The store of one cache directory: begins writes, opens snapshots, and removes what nobody needs.

It is longer than 400 lines because it is the whole interface of the store; the modules beside it do what it promises.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import uuid
import weakref
from collections import deque
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from codegraph._internal.store.anchor import CatalogAnchor
from codegraph._internal.store.catalog import Catalog
from codegraph._internal.store.catalog_schema import DEFAULT_BRANCH
from codegraph._internal.store.compaction import MANY_TINY, MOST_DEAD, MOST_SEGMENTS, Compacted, Compaction
from codegraph._internal.store.failures import SEGMENT_CORRUPT, busy, closed, missing_store, translated
from codegraph._internal.store.identity import Clock, UUIDv7, snapshot_id, timestamp, wall_clock_ms
from codegraph._internal.store.locks import named_lock
from codegraph._internal.store.records import Committed, Part, SnapshotInfo, Tag, check_tag
from codegraph._internal.store.retention import Forgotten, Retention
from codegraph._internal.store.segment import Segment, open_segment
from codegraph._internal.store.segment_writer import SealedSegment
from codegraph._internal.store.snapshot import Snapshot
from codegraph._internal.store.tidying import GiveWay, Tidying
from codegraph._internal.store.transaction import Transaction
from codegraph_hookspecs import StorageError

CATALOG: Final = "catalog.sqlite"
SEGMENTS: Final = "segments"
LOCKS: Final = "locks"

_UNWRITABLE: Final = {"store-read-only", "store-newer", "disk-full", "storage-io", "store-busy"}
"""Why a reader may go without a lease."""
_REPOINTED: Final = 5
"""How often a reader looks again when a compaction took the files that it was told of."""

_new_uuid = UUIDv7()


def _nothing() -> None:
    """Stand in for the lease of a read-only store, and for who merges without giving way."""


class Store:
    """A cache directory: one catalog and immutable segments. Safe for several threads and processes.

    Use `Store.open` or `Store.open_reading`. Any number of processes may read and write; of two writers whose files
    meet one gets `ConflictError`. Branches of one store share segments.
    """

    def __init__(
        self, folder: Path, catalog: Catalog, *, read_only: bool, retention: Retention | None = None, clock: Clock
    ) -> None:
        self.path = folder
        self.read_only = read_only
        self.retention = retention
        self._segments = folder / SEGMENTS
        self._catalog: Catalog | None = catalog
        self._clock = clock
        self._uuid = _new_uuid if clock is wall_clock_ms else UUIDv7(clock)
        self._lock = threading.Lock()
        self._released: deque[str] = deque()
        self._recent: dict[tuple[str, str], Segment] = {}
        self._own_lease = uuid.uuid4().hex
        self._holds = False
        self._dead = False
        self._many = False
        self.tidying: Tidying | None = None
        """Merges segments once the store is closed, beside what the process does next; None: `close` does."""

    @classmethod
    def open(
        cls,
        cache_dir: Path,
        *,
        read_only: bool = False,
        must_exist: bool = False,
        branch: str = DEFAULT_BRANCH,
        repo_id: str = "",
        retention: Retention | None = None,
        clock: Clock = wall_clock_ms,
    ) -> Store:
        """Open a cache directory; create it unless `read_only` or told otherwise.

        Leftovers of processes that died are removed on the way.

        Args:
            cache_dir: The directory.
            read_only: Never write anything, not even a lease; works where the user may not write.
            must_exist: Open only what is there.
            branch: Whose head is meant where no snapshot is named.
            repo_id: A branch that has no head yet begins at this repository's newest snapshot, else at the newest of
                all.
            retention: Which snapshots stay, from the next commit or clean-up on; None: as the store was told before.
            clock: Milliseconds since 1970.

        Raises:
            StorageError: `store-missing` (read-only or `must_exist`, and never indexed), `store-read-only`,
                `store-newer`, `catalog-corrupt`, `disk-full`, `storage-io`.
        """
        segments = cache_dir / SEGMENTS
        if (read_only or must_exist) and not (cache_dir / CATALOG).exists():
            raise missing_store(cache_dir)
        if not read_only:
            with translated(cache_dir):
                if not must_exist:
                    segments.mkdir(parents=True, exist_ok=True)
                ignore = cache_dir / ".gitignore"
                if not ignore.exists():
                    ignore.write_text("*\n", encoding="ascii")
        catalog = Catalog(cache_dir / CATALOG, read_only=read_only, branch=branch, repo_id=repo_id)
        store = cls(cache_dir, catalog, read_only=read_only, retention=retention, clock=clock)
        if not read_only:
            with contextlib.suppress(StorageError):  # tidying can wait; what the caller wants may still work
                names = [entry.name.partition(".")[0] for entry in segments.iterdir()]
                if store._open_catalog().untidy(names):
                    store._sweep()
        return store

    @classmethod
    def open_reading(
        cls, cache_dir: Path, *, branch: str = DEFAULT_BRANCH, repo_id: str = "", clock: Clock = wall_clock_ms
    ) -> Store:
        """Open a cache directory for reading under leases; never create one.

        Where nothing can be written (another user's cache, a full disk, a newer schema) reading works as well, only
        without leases: `read_only` then says so.

        Raises:
            StorageError: `store-missing`, `store-newer`, `store-older`, `catalog-corrupt`.
        """
        if not (cache_dir / CATALOG).exists():
            raise missing_store(cache_dir)
        if os.access(cache_dir, os.W_OK | os.X_OK) and os.access(cache_dir / CATALOG, os.W_OK):
            try:
                return cls.open(cache_dir, branch=branch, repo_id=repo_id, clock=clock)
            except StorageError as error:
                if error.code not in _UNWRITABLE:
                    raise
        return cls.open(cache_dir, read_only=True, branch=branch, repo_id=repo_id, clock=clock)

    def again(self) -> Store:
        """Open the same store once more for reading, with a life of its own."""
        catalog = self._open_catalog()
        return Store.open_reading(self.path, branch=catalog.branch, repo_id=catalog.repo_id, clock=self._clock)

    @property
    def catalog(self) -> Catalog:
        """The catalog, for what looks at the whole store.

        Raises:
            StorageError: The store is closed.
        """
        return self._open_catalog()

    def anchored(self, anchor: CatalogAnchor | None = None) -> CatalogAnchor | None:
        """Return what makes it cheap for this process to close and open this store again, or None where nothing does.

        Args:
            anchor: What a store of this process was anchored with before; it is closed where that was another one.
        """
        path = self.path / CATALOG
        if anchor is not None and anchor.holds(path):
            return anchor
        if anchor is not None:
            anchor.close()
        if not self.read_only:
            with contextlib.suppress(sqlite3.Error, OSError):  # only time is lost
                return CatalogAnchor(path)
        return None

    @property
    def branch(self) -> str:
        """The branch whose head this store reads and moves."""
        return self._open_catalog().branch

    def begin(
        self,
        *,
        repo_id: str,
        reason: str,
        base: str | None = None,
        replaces: Iterable[str] | None = None,
        reads: Iterable[str] | None = None,
        folder: Path | None = None,
    ) -> Transaction:
        """Begin a snapshot that replaces the present head.

        Nothing is locked: writers work side by side, and the commit compares what changed between the base and the
        head of that moment with what this transaction wrote and read. Disjoint sets rebase by themselves, others are
        a `ConflictError`. Two transactions that read each other's files and declare it conflict as well; what they
        read and do not declare (write skew) needs `lock`.

        Args:
            repo_id: Names the repository in snapshot ids.
            reason: Why it is made.
            base: The snapshot that the new rows are computed from; None for the present head.
            replaces: None for a full snapshot. Otherwise only the rows of these files (`files.path`; "" for rows that
                no file owns) and of files that get rows are replaced, and all others stay. More files can be named
                until the commit (`Transaction.replace`).
            reads: The files that the new rows depend on. None means all, so that any other commit in between is a
                conflict. More can be named until the commit (`Transaction.read`).
            folder: Where the new segment is written instead, for a `Transaction.preview`.

        Raises:
            StorageError: The directory cannot be written, or `snapshot-missing`: the base is gone.
        """
        catalog = self._open_catalog()
        self._release_dropped()
        name = self._uuid()
        info, parts = catalog.begin(base, name)  # in one step: the head may be another by now, and that one gone
        opened = None
        try:
            if info is not None:
                try:
                    segments = self._open_parts(info.id, parts)
                    opened = Snapshot(info, segments, renew=lambda: catalog.renew(name), release=_nothing)
                except StorageError as error:
                    if error.code != SEGMENT_CORRUPT or replaces is not None:
                        raise  # only a full snapshot can do without what is damaged
            return Transaction(
                catalog,
                folder or self._segments,
                uuid=name,
                repo_id=repo_id,
                reason=reason,
                branch=catalog.branch,
                base_seq=0 if info is None else info.seq,
                base=opened,
                replaces=None if replaces is None else frozenset(replaces),
                reads=None if reads is None else frozenset(reads),
                retention=self.retention,
                clock=self._clock,
                lease=self._own_lease,
                committed=self._after_commit,
            )
        except BaseException:
            with contextlib.suppress(StorageError):
                catalog.withdraw(name)
            raise

    def begin_import(self, *, repo_id: str, reason: str) -> Transaction:
        """Begin a snapshot on no branch, of rows that have their versions already; to be tagged, or it goes again."""
        catalog = self._open_catalog()
        name = self._uuid()
        catalog.intend(name)
        try:
            return Transaction(
                catalog,
                self._segments,
                uuid=name,
                repo_id=repo_id,
                reason=reason,
                branch="",
                base_seq=0,
                base=None,
                replaces=None,
                reads=None,
                retention=self.retention,
                clock=self._clock,
                lease=self._own_lease,
                committed=self._after_commit,
            )
        except BaseException:
            with contextlib.suppress(StorageError):
                catalog.withdraw(name)
            raise

    def lock(self, name: str, *, timeout_s: float = 30.0) -> AbstractContextManager[None]:
        """Return a lock on a name, held over threads and processes inside `with`; not reentrant.

        For critical sections that a declared read set cannot describe, such as "at most one of these files may …".
        It excludes only those that take the same lock. The system frees it when its holder dies.

        Args:
            name: Any text.
            timeout_s: How long to wait for another holder.

        Raises:
            StorageError: On entering: `lock-timeout` (transient), `store-read-only`.
        """
        self._open_catalog()
        return named_lock(self.path / LOCKS, name, timeout_s)

    def head(self) -> SnapshotInfo | None:
        """Return the branch's newest snapshot (of a new branch: the newest of all), or None for an empty store."""
        return self._open_catalog().head()

    def hold(self) -> SnapshotInfo | None:
        """Return the head, which stays until this store holds or commits another or is closed."""
        catalog = self._open_catalog()
        info = catalog.hold_head("" if self.read_only else self._own_lease)
        self._holds = info is not None and not self.read_only
        return info

    def find(self, name: str | None = None) -> SnapshotInfo:
        """Return the snapshot that a name means.

        Args:
            name: An id, a tag, a branch or "head", each also with `~N` for the N-th before it; None is the head.

        Raises:
            StorageError: `snapshot-missing`, `store-missing`.
        """
        return self._open_catalog().find(name)

    def snapshots(self, branch: str | None = None) -> list[SnapshotInfo]:
        """Return every snapshot that can be opened, of one branch or of all, oldest first."""
        return self._open_catalog().snapshots(branch)

    def branches(self) -> dict[str, str]:
        """Return the id of each branch's head."""
        return self._open_catalog().branches()

    def drop_branch(self, name: str) -> bool:
        """Forget a branch's head, so that its snapshots go with the next clean-up; say whether there was one."""
        return self._open_catalog().drop_branch(name)

    def tags(self) -> list[Tag]:
        """Return every tag, by name."""
        return self._open_catalog().tags()

    def tag(self, name: str, snapshot: str | None = None, *, note: str = "", move: bool = False) -> SnapshotInfo:
        """Give a snapshot a name that keeps it.

        Args:
            name: Letters, digits and `._-/`, beginning with a letter; not what `find` reads in another way.
            snapshot: As in `find`; None for the head.
            note: Why.
            move: Take the name from the snapshot that has it now.

        Raises:
            StorageError: `tag-invalid`, `tag-exists`, `snapshot-missing`.
        """
        check_tag(name)
        return self._open_catalog().tag(name, snapshot, note, timestamp(self._clock()), move=move)

    def untag(self, name: str) -> bool:
        """Take a tag away; say whether there was one."""
        return self._open_catalog().untag(name)

    def gc(self) -> Forgotten:
        """Drop what retention does not keep and no living reader holds, and every leftover of dead processes."""
        return self._sweep()

    def compact(self, *, force: bool = False) -> Compacted:
        """Merge segments when there are more than 64, and write those anew of which more than 30 % is dead.

        Snapshots, their rows and the rows' order stay; so do readers. One process does it at a time: where another does
        it already, nothing happens.

        Args:
            force: Make one segment of everything that the head has.

        Raises:
            StorageError: The disk refused; everything is as before. `segment-corrupt`: run `verify`.
        """
        return self._compact(force=force)

    def _compact(
        self, *, force: bool = False, small_only: bool = False, tiny: bool = False, give_way: GiveWay = _nothing
    ) -> Compacted:
        try:
            with self.lock("compaction", timeout_s=0):
                compaction = Compaction(self._open_catalog(), self._segments, self._uuid, give_way)
                done, gone = compaction.run(force=force, small_only=small_only, tiny=tiny)
        except StorageError as error:
            if error.code != "lock-timeout":
                raise
            head = self.head()
            segments = len({part.segment for part in self._open_catalog().parts(head.id)}) if head else 0
            return Compacted(segments, segments)
        self._delete(gone)
        return done

    def next_id(self, repo_id: str) -> str:
        """Return a snapshot id that was never given out; greater than all before, in every process."""
        with translated(self.path):
            return snapshot_id(self._open_catalog().next_id(repo_id, self._clock()))

    def snapshot(self, name: str | None = None) -> Snapshot:
        """Open a snapshot for reading; it stays readable until closed.

        Args:
            name: As in `find`; None for the head.

        Raises:
            StorageError: `store-missing` (nothing committed), `snapshot-missing`, `segment-corrupt`.
        """
        catalog = self._open_catalog()
        self._release_dropped()
        lease = "" if self.read_only else uuid.uuid4().hex
        try:
            info, parts = catalog.open_snapshot(name, lease)
        except StorageError as error:
            if not lease or error.code not in _UNWRITABLE:
                raise
            lease = ""  # a full disk keeps nobody from reading
            info, parts = catalog.open_snapshot(name, lease)
        released = self._released
        try:
            segments = self._open_parts(info.id, parts)
        except BaseException:
            if lease:
                released.append(lease)
                self._release_dropped()
            raise
        if not lease:
            return Snapshot(info, segments, renew=_nothing, release=_nothing)
        # A snapshot that was dropped without `close` is released by a finalizer, which may run at any moment, also
        # inside a transaction of this thread: so it only notes the lease.
        dropped: list[weakref.finalize[..., Snapshot]] = []

        def release() -> None:
            dropped[0].detach()
            released.append(lease)
            self._release_dropped()

        snapshot = Snapshot(info, segments, renew=lambda: catalog.renew(lease), release=release)
        dropped.append(weakref.finalize(snapshot, released.append, lease))
        dropped[0].atexit = False
        return snapshot

    def state(self, name: str, snapshot: str | None = None) -> bytes | None:
        """Return a named blob of a snapshot (None: the head), or None."""
        return self._open_catalog().state(name, snapshot)

    def put_state(self, name: str, value: bytes, snapshot: str) -> None:
        """Replace a named blob of a snapshot by one that says the same of its rows; a crash may undo it."""
        self._open_catalog().put_state(name, value, snapshot)

    def close(self) -> None:
        """Close the catalog. Open snapshots stay readable.

        A store that committed until much of a segment was dead, or until there were many tiny ones, writes them anew
        now (`compact`), or begins to (`tidying`).
        """
        if (self._dead or self._many) and self._catalog is not None:
            dead, self._dead, self._many = self._dead, False, False
            if self.tidying is None:
                self._tidy(small_only=not dead)
            else:
                self._tidy_aside(self.tidying, self._catalog, small_only=not dead)
        if self._holds:
            self._released.append(self._own_lease)
            self._holds = False
        with self._lock:
            catalog, self._catalog = self._catalog, None
            self._recent = {}
        if catalog is not None:
            with contextlib.suppress(StorageError):
                self._release_dropped(catalog)
            catalog.close()

    def _tidy(self, *, small_only: bool, give_way: GiveWay = _nothing) -> None:
        with contextlib.suppress(StorageError, OSError):
            self._compact(small_only=small_only, tiny=True, give_way=give_way)

    def _tidy_aside(self, tidying: Tidying, catalog: Catalog, *, small_only: bool) -> None:
        """Have the folder tidied through another store; it may be gone by then."""
        path, branch, repo_id, clock = self.path, catalog.branch, catalog.repo_id, self._clock

        def tidy(give_way: GiveWay) -> None:
            with (
                contextlib.suppress(StorageError, OSError),
                Store.open(path, must_exist=True, branch=branch, repo_id=repo_id, clock=clock) as store,
            ):
                store._tidy(small_only=small_only, give_way=give_way)

        tidying.begin(tidy)

    def _open_catalog(self) -> Catalog:
        catalog = self._catalog
        if catalog is None:
            raise closed("store")
        return catalog

    def _open_parts(self, snapshot: str, parts: list[Part]) -> list[tuple[Segment, dict[str, npt.NDArray[np.int64]]]]:
        folder = os.fspath(self._segments)
        recent = self._recent
        for _ in range(_REPOINTED):
            opened: dict[str, tuple[Segment, dict[str, npt.NDArray[np.int64]]]] = {}
            try:
                for part in parts:
                    if part.segment not in opened:
                        segment = recent.get((part.segment, part.checksum)) or open_segment(
                            f"{folder}{os.sep}{part.segment}.seg", part.size, part.checksum
                        )
                        opened[part.segment] = (segment, {})
                    opened[part.segment][1][part.layer] = part.dead
            except StorageError as error:
                if error.code != SEGMENT_CORRUPT:
                    raise
                now = self._open_catalog().segment_parts(snapshot)
                if {part.segment for part in now} == {part.segment for part in parts}:
                    raise  # no compaction took the file away
                parts = now
            else:
                # Held until another snapshot is opened: the next reader or writer finds them mapped and verified.
                self._recent = {(part.segment, part.checksum): opened[part.segment][0] for part in parts}
                return list(opened.values())
        raise busy(self.path)

    def _release_dropped(self, catalog: Catalog | None = None) -> None:
        """Give back the leases of snapshots that are gone; a busy catalog does not matter, the next call does it."""
        catalog = catalog or self._catalog
        leases = [self._released.popleft() for _ in range(len(self._released))]
        if leases and catalog is not None:
            try:
                catalog.release(leases)
            except StorageError:
                self._released.extend(leases)

    def _after_commit(self, made: Committed, sealed: SealedSegment) -> None:
        self._holds = True
        with contextlib.suppress(StorageError):  # whoever reads it meets that again
            path = f"{os.fspath(self._segments)}{os.sep}{made.info.uuid}.seg"
            segment = open_segment(path, sealed.size, sealed.checksum, sealed.toc)
            self._recent = {**self._recent, (made.info.uuid, sealed.checksum): segment}
        self._dead = self._dead or made.dead_share > MOST_DEAD
        self._many = made.tiny > MANY_TINY
        if made.segments > MOST_SEGMENTS:
            with contextlib.suppress(StorageError, OSError):  # the commit is done; the next one tries again
                self._compact(small_only=True)
        self._delete(made.forgotten.segments)

    def _delete(self, names: Iterable[str]) -> None:
        """Delete segments that the catalog has forgotten; what cannot be deleted now is swept at the next open."""
        for name in names:
            with contextlib.suppress(OSError):
                (self._segments / f"{name}.seg").unlink(missing_ok=True)

    def _sweep(self) -> Forgotten:
        with translated(self._segments):
            # Listed first: a file that appears later belongs to an intent that `collect` sees or that comes later.
            found = [(entry, entry.name.partition(".")[0]) for entry in self._segments.iterdir()]
            forgotten, used = self._open_catalog().collect(self.retention, self._clock())
            for path, name in found:
                if name not in used:
                    path.unlink(missing_ok=True)
            return forgotten

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

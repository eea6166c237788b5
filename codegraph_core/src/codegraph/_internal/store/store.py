"""The store of one cache directory: begins writes, opens snapshots, and removes what nobody needs."""

from __future__ import annotations

import contextlib
import threading
import uuid
import weakref
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from codegraph._internal.store.catalog import Catalog
from codegraph._internal.store.failures import SEGMENT_CORRUPT, closed, missing_store, translated
from codegraph._internal.store.identity import Clock, UUIDv7, wall_clock_ms
from codegraph._internal.store.records import Part, SnapshotInfo
from codegraph._internal.store.segment import Segment, open_segment
from codegraph._internal.store.snapshot import Snapshot
from codegraph._internal.store.transaction import Transaction
from codegraph_hookspecs import StorageError

CATALOG = "catalog.sqlite"
SEGMENTS = "segments"

_new_uuid = UUIDv7()


class Store:
    """A cache directory: one catalog and immutable segments. Safe for several threads and processes.

    Use `Store.open`. Any number of processes may read while one writes; of two writers one gets `ConflictError`.
    """

    def __init__(self, folder: Path, catalog: Catalog, *, read_only: bool, clock: Clock) -> None:
        self.path = folder
        self.read_only = read_only
        self._segments = folder / SEGMENTS
        self._catalog: Catalog | None = catalog
        self._clock = clock
        self._uuid = _new_uuid if clock is wall_clock_ms else UUIDv7(clock)
        self._lock = threading.Lock()
        self._released: deque[str] = deque()
        self._recent: list[Segment] = []

    @classmethod
    def open(cls, cache_dir: Path, *, read_only: bool = False, clock: Clock = wall_clock_ms) -> Store:
        """Open a cache directory; create it unless `read_only`.

        Leftovers of processes that died are removed on the way.

        Args:
            cache_dir: The directory.
            read_only: Never write anything, not even a lease; works where the user may not write.
            clock: Milliseconds since 1970.

        Raises:
            StorageError: `store-missing` (read-only and never indexed), `store-read-only`, `store-newer`,
                `catalog-corrupt`, `disk-full`, `storage-io`.
        """
        segments = cache_dir / SEGMENTS
        if read_only and not (cache_dir / CATALOG).exists():
            raise missing_store(cache_dir)
        if not read_only:
            with translated(cache_dir):
                segments.mkdir(parents=True, exist_ok=True)
                ignore = cache_dir / ".gitignore"
                if not ignore.exists():
                    ignore.write_text("*\n", encoding="ascii")
        store = cls(cache_dir, Catalog(cache_dir / CATALOG, read_only=read_only), read_only=read_only, clock=clock)
        if not read_only:
            with contextlib.suppress(StorageError):  # tidying can wait; what the caller wants may still work
                names = [entry.name.partition(".")[0] for entry in segments.iterdir()]
                if store._open_catalog().untidy(names):
                    store._sweep()
        return store

    def begin(
        self,
        *,
        repo_id: str,
        reason: str,
        replaces: Iterable[str] | None = None,
        reads: Iterable[str] | None = None,
    ) -> Transaction:
        """Begin a snapshot that replaces the present head.

        Args:
            repo_id: Names the repository in snapshot ids.
            reason: Why it is made.
            replaces: None for a full snapshot. Otherwise only the rows of these files (`files.path`; "" for rows that
                no file owns) and of files that get rows are replaced, and all others stay.
            reads: With `replaces`: the files that the new rows depend on. None means all, so that any other commit in
                between is a conflict.

        Raises:
            StorageError: The directory cannot be written.
        """
        catalog = self._open_catalog()
        head = catalog.head()
        base = None
        if head is not None:
            try:
                base = self.snapshot(head.id)
            except StorageError as error:
                if error.code != SEGMENT_CORRUPT or replaces is not None:
                    raise  # only a full snapshot can do without what is damaged
        try:
            return Transaction(
                catalog,
                self._segments,
                uuid=self._uuid(),
                repo_id=repo_id,
                reason=reason,
                base_seq=head.seq if head else 0,
                base=base,
                replaces=None if replaces is None else frozenset(replaces),
                reads=None if reads is None else frozenset(reads),
                clock=self._clock,
                forgotten=self._delete,
            )
        except BaseException:
            if base is not None:
                base.close()
            raise

    def head(self) -> SnapshotInfo | None:
        """Return the newest snapshot, or None where nothing was committed."""
        return self._open_catalog().head()

    def snapshots(self) -> list[SnapshotInfo]:
        """Return every snapshot that can be opened, oldest first."""
        return self._open_catalog().snapshots()

    def snapshot(self, snapshot_id: str | None = None) -> Snapshot:
        """Open a snapshot for reading; it stays readable until closed.

        Args:
            snapshot_id: None for the head.

        Raises:
            StorageError: `store-missing` (nothing committed), `snapshot-missing`, `segment-corrupt`.
        """
        catalog = self._open_catalog()
        self._release_dropped()
        lease = uuid.uuid4().hex
        info, parts = catalog.open_snapshot(snapshot_id, lease)
        released = self._released
        if self.read_only:
            return Snapshot(info, self._open_parts(parts), renew=_nothing, release=_nothing)
        try:
            segments = self._open_parts(parts)
        except BaseException:
            released.append(lease)
            self._release_dropped()
            raise
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

    def state(self, name: str) -> bytes | None:
        """Return a named blob of the head snapshot, or None."""
        return self._open_catalog().state(name)

    def close(self) -> None:
        """Close the catalog. Open snapshots stay readable."""
        with self._lock:
            catalog, self._catalog = self._catalog, None
            self._recent = []
        if catalog is not None:
            with contextlib.suppress(StorageError):
                self._release_dropped(catalog)
            catalog.close()

    def _open_catalog(self) -> Catalog:
        catalog = self._catalog
        if catalog is None:
            raise closed("store")
        return catalog

    def _open_parts(self, parts: list[Part]) -> list[tuple[Segment, dict[str, tuple[int, ...]]]]:
        opened: dict[str, tuple[Segment, dict[str, tuple[int, ...]]]] = {}
        for part in parts:
            if part.segment not in opened:
                path = self._segments / f"{part.segment}.seg"
                opened[part.segment] = (open_segment(path, part.size, part.checksum), {})
            opened[part.segment][1][part.layer] = part.dead
        # Held until another snapshot is opened: the next reader or writer finds them mapped and verified.
        self._recent = [segment for segment, _ in opened.values()]
        return list(opened.values())

    def _release_dropped(self, catalog: Catalog | None = None) -> None:
        """Give back the leases of snapshots that are gone; a busy catalog does not matter, the next call does it."""
        catalog = catalog or self._catalog
        leases = [self._released.popleft() for _ in range(len(self._released))]
        if leases and catalog is not None:
            try:
                catalog.release(leases)
            except StorageError:
                self._released.extend(leases)

    def _delete(self, names: Iterable[str]) -> None:
        """Delete segments that the catalog has forgotten; what cannot be deleted now is swept at the next open."""
        for name in names:
            with contextlib.suppress(OSError):
                (self._segments / f"{name}.seg").unlink(missing_ok=True)

    def _sweep(self) -> None:
        with translated(self._segments):
            # Listed first: a file that appears later belongs to an intent that `collect` sees or that comes later.
            found = [(entry, entry.name.partition(".")[0]) for entry in self._segments.iterdir()]
            used = self._open_catalog().collect()
            for path, name in found:
                if name not in used:
                    path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _nothing() -> None:
    """Stand in for the lease of a read-only store."""

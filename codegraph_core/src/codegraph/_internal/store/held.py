"""A leased snapshot together with its store, for readers that live longer than a `with` block."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from codegraph._internal.store.repository import open_store
from codegraph._internal.store.segment import Segment
from codegraph._internal.store.snapshot import Snapshot
from codegraph._internal.store.store import Store
from codegraph_hookspecs import CodeGraphError, ErrorCategory, StorageError

if TYPE_CHECKING:
    import pyarrow as pa

    from codegraph._internal.settings import IndexingConfig


class HeldSnapshot:
    """A leased snapshot: the lease is given back by `close()`, or when nothing refers to this any more.

    Reads like a `Snapshot`. The system frees the lease of a process that dies.

    Args:
        store: The store; this closes it in the end.
        name: Snapshot, tag or branch; None for the head.
        snapshot: The snapshot where it is open already; no name is looked up then.
    """

    def __init__(self, store: Store, name: str | None = None, *, snapshot: Snapshot | None = None) -> None:
        snapshot = snapshot or store.snapshot(name)
        self._snapshot = snapshot
        self._store = store
        self.tell: Callable[[CodeGraphError], None] | None = None
        """Gets errors that reading meets; set by whoever opened this."""
        self._finalizer = weakref.finalize(self, _release, store, snapshot)

    @classmethod
    def open(cls, config: IndexingConfig, name: str | None = None) -> HeldSnapshot:
        """Open a snapshot of a repository that was indexed; its lease begins in the step that finds it.

        Raises:
            StorageError: There is no store, or no such snapshot.
        """
        store = open_store(config, reading=True)
        try:
            return cls(store, name)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Give the lease back."""
        self._finalizer()

    @property
    def closed(self) -> bool:
        """Whether the lease was given back."""
        return not self._finalizer.alive

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot itself; closed with this.

        Raises:
            StorageError: It is closed (`snapshot-closed`).
        """
        self._require_open()
        return self._snapshot

    @property
    def store(self) -> Store:
        """Its store; closed with this.

        Raises:
            StorageError: It is closed (`snapshot-closed`).
        """
        self._require_open()
        return self._store

    def segments(self) -> list[Segment]:
        """Return its segments; whoever keeps them spares the next reader of this process to map and verify them."""
        return [part.segment for part in self._snapshot.live_segments()]

    def history(self, node_id: str) -> pa.Table:
        """Return the versions of a node up to this snapshot; see `node_history`."""
        from codegraph._internal.store.history import node_history

        return node_history(self.store, node_id, self.snapshot.id)

    def sibling(self, name: str) -> HeldSnapshot:
        """Open another snapshot of the same store.

        Raises:
            StorageError: There is no such snapshot.
        """
        found = HeldSnapshot(self.store.again(), name)
        found.tell = self.tell
        return found

    @property
    def summary(self) -> Mapping[str, Any]:
        """The summary of the run that made the snapshot."""
        # The run does not know its snapshot's id before the commit that stores the summary.
        return {**self._snapshot.info.summary, "snapshot_id": self._snapshot.id}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self._require_open()
        return getattr(self._snapshot, name)

    def _require_open(self) -> None:
        if self.closed:
            raise StorageError(
                "The snapshot was closed.",
                code="snapshot-closed",
                category=ErrorCategory.PERMANENT,
                context={"remedy": "Open it again with CodeGraph().open(path)."},
            )


def _release(store: Store, snapshot: Snapshot) -> None:
    snapshot.close()
    store.close()

"""A snapshot in a store of its own that nobody else sees and that goes with its last reader."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from codegraph._internal.indexing.incremental.engine import Preview
from codegraph._internal.store.held import HeldSnapshot
from codegraph._internal.store.history import node_history
from codegraph._internal.store.repository import open_store
from codegraph._internal.store.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from codegraph._internal.indexing import CancelToken
    from codegraph._internal.indexing.sources import SourceSet
    from codegraph._internal.indexing.stored import SnapshotSources
    from codegraph._internal.sdk.codegraph import CodeGraph
    from codegraph._internal.settings import IndexingConfig
    from codegraph._internal.store import Snapshot

_PREFIX: Final = "preview-"


class ScratchSnapshot(HeldSnapshot):
    """A snapshot whose folder is removed when it is closed, or when nothing refers to it any more.

    Args:
        store: Its store.
        folder: What is removed.
        snapshot: The snapshot; the head of the store when not given.
    """

    def __init__(self, store: Store, folder: Path, snapshot: Snapshot | None = None) -> None:
        super().__init__(store, snapshot=snapshot)
        self._removal = weakref.finalize(self, shutil.rmtree, folder, True)

    def close(self) -> None:
        """Give the lease back and remove the folder."""
        super().close()
        self._removal()

    def history(self, node_id: str) -> pa.Table:
        """Return the versions of a node; see `HeldSnapshot.history`."""
        return node_history(self.store, node_id, also=self.snapshot)


def preview_snapshot(
    owner: CodeGraph, config: IndexingConfig, sources: SnapshotSources, cancel: CancelToken | None
) -> HeldSnapshot:
    """Make what a commit of some changes would make, seen by nobody else.

    Where an incremental run can make it, it shares the segments of the snapshot that is changed, and has one of its
    own; else everything is built in a store of its own.

    Raises:
        CodeGraphError: As `Indexer.commit`, but for conflicts.
    """
    with _scratch(config) as folder:
        store = open_store(config, reading=True)
        try:
            if not store.read_only:
                preview = Preview(store.snapshot(sources.base), folder)
                try:
                    owner.indexer(config, cancel).preview(store, sources, preview)
                    if preview.made is not None:
                        return ScratchSnapshot(store, folder, preview.made)
                finally:
                    if preview.made is None:
                        preview.head.close()
        except BaseException:
            store.close()
            raise
        store.close()
        sources.base = None  # the scratch store has no other snapshot
        return _built(owner, config, sources, cancel, folder)


def scratch_snapshot(
    owner: CodeGraph, config: IndexingConfig, sources: SourceSet, cancel: CancelToken | None
) -> HeldSnapshot:
    """Build a snapshot of some sources beside the repository's store.

    Raises:
        CodeGraphError: As `Indexer.commit`.
    """
    with _scratch(config) as folder:
        return _built(owner, config, sources, cancel, folder)


@contextmanager
def _scratch(config: IndexingConfig) -> Iterator[Path]:
    """Make a folder, and remove it if the block raises."""
    parent = config.store_path / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _built(
    owner: CodeGraph, config: IndexingConfig, sources: SourceSet, cancel: CancelToken | None, folder: Path
) -> HeldSnapshot:
    store = Store.open(folder)
    try:
        owner.indexer(attrs.evolve(config, cache_dir=folder), cancel).commit(store, sources, "preview")
        return ScratchSnapshot(store, folder)
    except BaseException:
        store.close()
        raise


def _sweep(parent: Path) -> None:
    """Remove what processes left behind that were killed."""
    for folder in parent.glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (OSError, ValueError):
            continue

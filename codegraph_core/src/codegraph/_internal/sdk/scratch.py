"""A snapshot in a store of its own that nobody else sees and that goes with its last reader."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from codegraph._internal.store.held import HeldSnapshot
from codegraph._internal.store.store import Store

if TYPE_CHECKING:
    from codegraph._internal.indexing import CancelToken
    from codegraph._internal.indexing.sources import SourceSet
    from codegraph._internal.sdk.codegraph import CodeGraph
    from codegraph._internal.settings import IndexingConfig

_PREFIX: Final = "preview-"


class ScratchSnapshot(HeldSnapshot):
    """A snapshot whose store is removed when it is closed, or when nothing refers to it any more."""

    def __init__(self, store: Store, folder: Path) -> None:
        super().__init__(store)
        self._removal = weakref.finalize(self, shutil.rmtree, folder, True)

    def close(self) -> None:
        """Give the lease back and remove the store."""
        super().close()
        self._removal()


def scratch_snapshot(
    owner: CodeGraph, config: IndexingConfig, sources: SourceSet, cancel: CancelToken | None
) -> HeldSnapshot:
    """Build a snapshot of some sources beside the repository's store.

    Raises:
        CodeGraphError: As `Indexer.commit`.
    """
    parent = config.store_path / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    try:
        store = Store.open(folder)
        try:
            owner.indexer(attrs.evolve(config, cache_dir=folder), cancel).commit(store, sources, "preview")
            return ScratchSnapshot(store, folder)
        except BaseException:
            store.close()
            raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
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

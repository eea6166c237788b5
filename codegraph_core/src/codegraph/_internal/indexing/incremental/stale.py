"""Which files changed since a snapshot, for those who only want to know."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from codegraph._internal.indexing import freshness, unchanged
from codegraph._internal.indexing.environment import gather
from codegraph._internal.indexing.given_up import given_up_files
from codegraph._internal.indexing.incremental.base import file_rows
from codegraph._internal.indexing.incremental.reasons import FullRunNeeded
from codegraph._internal.indexing.incremental.tree import tree_change
from codegraph._internal.indexing.sources import DiskSources
from codegraph._internal.plugin_host import PluginHost

if TYPE_CHECKING:
    from codegraph._internal.settings import IndexingConfig
    from codegraph._internal.store import Store


@frozen(kw_only=True)
class Stale:
    """How a tree differs from a snapshot.

    Args:
        everything: Why every file counts as changed, or an empty string.
        added: New files, sorted.
        modified: Files with other bytes or times, sorted.
        removed: Files that are gone, sorted.
    """

    everything: str
    added: Sequence[str] = ()
    modified: Sequence[str] = ()
    removed: Sequence[str] = ()

    @property
    def is_fresh(self) -> bool:
        """Whether nothing changed."""
        return not (self.everything or self.added or self.modified or self.removed)


def stale_files(store: Store, config: IndexingConfig) -> Stale:
    """Compare the working tree with a store's head, by times and sizes and, where those prove nothing, by content.

    Nothing is written. A plugin that was registered in code and took part in the last run counts as a changed setting.

    Raises:
        StorageError: There is no snapshot.
        ConfigError: A setting does not fit what is installed.
    """
    host = PluginHost.load(tables=config.plugins, root=config.root_path)
    environment = gather(host, config, ())
    with store.snapshot() as head:
        try:
            change = tree_change(
                unchanged.decode(store.state(unchanged.STATE_NAME, head.id)),
                environment=freshness.environment_digest(config.root_path.resolve(), environment),
                recorded_ns=time.time_ns(),
                files=file_rows(head),
                packs=environment.packs,
                sources=DiskSources(config),
                prefix=os.fsencode(config.root_path.resolve()).rstrip(b"/") + b"/",
                verified_ns=unchanged.read_verified(config.store_path, head.id),
                paranoid=config.paranoid,
                given_up=lambda: given_up_files(head),
            )
        except FullRunNeeded as why:
            return Stale(everything=str(why))
    return Stale(
        everything="", added=sorted(change.added), modified=sorted(change.modified), removed=sorted(change.removed)
    )

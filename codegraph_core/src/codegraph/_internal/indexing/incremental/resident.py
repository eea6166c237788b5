"""What one process keeps of a repository between runs; everything in it can be had from the store again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, field

if TYPE_CHECKING:
    from codegraph._internal.indexing.incremental.base import FileRow
    from codegraph._internal.plugin_host import PluginHost


@define
class Kept:
    """What belongs to one snapshot of one repository.

    Args:
        snapshot: Its id.
        environment: Hash of what it was made with.
        files: Its rows of `files`, by path.
        shared: Its nodes without a file, by id.
        stages: Each stage's own, by name.
    """

    snapshot: str
    environment: str
    files: dict[str, FileRow]
    shared: dict[str, tuple[object, ...]]
    stages: dict[str, dict[str, Any]] = field(factory=dict)


class Resident:
    """Keeps what runs leave for the next one, by store. Thread-safe: a run takes it and gives it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Path, Kept] = {}
        self._host: tuple[Hashable, PluginHost | None] = (None, None)

    def host(self, key: Hashable, load: Callable[[], PluginHost]) -> PluginHost:
        """Return the plugins of the last run if they are still what this one needs; one that lost a plugin is not.

        Args:
            key: What they were loaded with.
            load: Loads them.
        """
        with self._lock:
            known, host = self._host
        if host is None or known != key or any(record.state != "enabled" for record in host.plugins()):
            host = load()
            with self._lock:
                self._host = (key, host)
        return host

    def take(self, store: Path, snapshot: str, environment: str) -> Kept | None:
        """Return what belongs to a snapshot and forget it; None when there is nothing, or it belongs to another one."""
        with self._lock:
            kept = self._kept.pop(store, None)
        return kept if kept is not None and (kept.snapshot, kept.environment) == (snapshot, environment) else None

    def keep(self, store: Path, kept: Kept) -> None:
        """Keep something for the next run."""
        with self._lock:
            self._kept[store] = kept

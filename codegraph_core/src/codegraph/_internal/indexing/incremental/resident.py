"""What one process keeps of a repository between runs; everything in it can be had from the store again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, field

from codegraph._internal.store.tidying import Tidying

if TYPE_CHECKING:
    import pyarrow as pa

    from codegraph._internal.indexing import unchanged
    from codegraph._internal.indexing.environment import Environment
    from codegraph._internal.indexing.incremental.base import FileRow
    from codegraph._internal.indexing.incremental.outputs import Output
    from codegraph._internal.indexing.incremental.views import Seen
    from codegraph._internal.indexing.parsing import ParseTeam
    from codegraph._internal.plugin_host import PluginHost
    from codegraph._internal.store import Store
    from codegraph._internal.store.anchor import CatalogAnchor
    from codegraph._internal.store.segment import Segment


Said = tuple[Any, ...]
"""A row of `diagnostics`: stage, file, code, category, message, span."""


@define
class Kept:
    """What belongs to one snapshot of one repository.

    Args:
        snapshot: Its id.
        environment: Hash of what it was made with.
        files: Its rows of `files`, by path.
        shared: Its nodes without a file, by id.
        outputs: What its stages and analyzers gave.
        tree: The names in all folders.
        stages: Each stage's own, by name.
        record: What a later look at the tree compares.
        shared_rows: By stage or analyzer, the nodes without a file that it gave when it ran last.
        encoded: `outputs` as they are kept with the snapshot, and what they were made of.
        said: Its rows of `diagnostics`; None where they have to be read again.
        checked: Batches that a stage gave in the last run, by identity, and what they were checked to be: what it gives
            again need not be checked again.
        seen: How its files look to the stages and analyzers that run over everything.
    """

    snapshot: str
    environment: str
    files: dict[str, FileRow]
    shared: dict[str, tuple[object, ...]]
    outputs: Mapping[str, Output]
    tree: bytes
    stages: dict[str, dict[str, Any]] = field(factory=dict)
    record: unchanged.Record | None = None
    shared_rows: dict[str, tuple[list[pa.RecordBatch], dict[str, tuple[object, ...]]]] = field(factory=dict)
    encoded: tuple[Mapping[str, Output], bytes] | None = None
    said: list[Said] | None = None
    checked: dict[int, tuple[pa.RecordBatch, pa.RecordBatch]] = field(factory=dict)
    seen: Seen | None = None


class Resident:
    """Keeps what runs leave for the next one, by store. Thread-safe: a run takes it and gives it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Path, Kept] = {}
        self._host: tuple[Hashable, PluginHost | None] = (None, None)
        self._environment: tuple[PluginHost, Hashable, Environment] | None = None
        self._team: tuple[Hashable, ParseTeam] | None = None
        self._segments: dict[Path, list[Segment]] = {}
        self._anchor: CatalogAnchor | None = None
        self._tidying = Tidying()

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

    def environment(self, host: PluginHost, key: Hashable, gather: Callable[[], Environment]) -> Environment:
        """Return what the last run was made with if its plugins and settings are still the same.

        Args:
            host: The plugins.
            key: The settings and what else was passed.
            gather: Asks the plugins.
        """
        with self._lock:
            known = self._environment
        if known is None or known[0] is not host or known[1] != key:
            known = (host, key, gather())
            with self._lock:
                self._environment = known
        return known[2]

    def take_team(self, key: Hashable) -> ParseTeam | None:
        """Return parsers whose sessions are open and forget them; None where there are none for this."""
        with self._lock:
            known, self._team = self._team, None
        if known is not None and known[0] != key:
            known[1].close()
            return None
        return None if known is None else known[1]

    def keep_team(self, key: Hashable, team: ParseTeam) -> None:
        """Keep parsers for the next run."""
        with self._lock:
            known, self._team = self._team, (key, team)
        if known is not None:
            known[1].close()

    def keep_open(self, store: Store, segments: list[Segment]) -> None:
        """Keep a snapshot's segments mapped and verified for the next run, and the store quick to open and to close."""
        self.tidy_aside(store)
        with self._lock:
            self._segments[store.path] = segments
            self._anchor = store.anchored(self._anchor)

    def working(self) -> AbstractContextManager[None]:
        """Have no segments merged while the block runs."""
        return self._tidying.working()

    def tidy_aside(self, store: Store) -> None:
        """Have a store's segments merged beside what comes after it is closed."""
        store.tidying = self._tidying

    def close(self) -> None:
        """Let go of the store that was kept quick to open, and wait until nothing is merged in it any more."""
        self._tidying.wait()
        with self._lock:
            anchor, self._anchor = self._anchor, None
        if anchor is not None:
            anchor.close()

    def record(self, store: Path, snapshot: str) -> unchanged.Record | None:
        """Return what a look at the tree compares, if what is kept belongs to a snapshot."""
        with self._lock:
            kept = self._kept.get(store)
        return kept.record if kept is not None and kept.snapshot == snapshot else None

    def take(self, store: Path, snapshot: str, environment: str) -> Kept | None:
        """Return what belongs to a snapshot and forget it; None when there is nothing, or it belongs to another one."""
        with self._lock:
            kept = self._kept.pop(store, None)
        return kept if kept is not None and (kept.snapshot, kept.environment) == (snapshot, environment) else None

    def borrow(self, store: Path, snapshot: str, environment: str) -> Kept | None:
        """Return what belongs to a snapshot and forget it; what belongs to another one stays."""
        with self._lock:
            kept = self._kept.get(store)
            if kept is None or (kept.snapshot, kept.environment) != (snapshot, environment):
                return None
            return self._kept.pop(store)

    def lend_back(self, store: Path, kept: Kept) -> None:
        """Keep something that belongs to a snapshot which may not be the newest, unless there is something."""
        with self._lock:
            self._kept.setdefault(store, kept)

    def keep(self, store: Path, kept: Kept) -> None:
        """Keep something for the next run."""
        with self._lock:
            self._kept[store] = kept

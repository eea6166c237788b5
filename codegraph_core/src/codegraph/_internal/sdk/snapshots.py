"""`Snapshots`: what the store of a repository keeps; naming, comparing, checking and carrying it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from attrs import asdict, evolve, frozen

from codegraph._internal.sdk.asynchronous import in_thread
from codegraph._internal.sdk.recovery import recovering, teller
from codegraph._internal.store.held import HeldSnapshot
from codegraph._internal.store.repository import open_store
from codegraph._internal.store.tidying import wait_for_all

if TYPE_CHECKING:
    import pyarrow as pa

    from codegraph._internal.settings import IndexingConfig
    from codegraph._internal.store import Store
    from codegraph._internal.store.compaction import Compacted
    from codegraph._internal.store.diff import SnapshotDiff
    from codegraph._internal.store.retention import Forgotten
    from codegraph._internal.store.verification import Verification


T = TypeVar("T")


@frozen(kw_only=True)
class SnapshotEntry:
    """One snapshot that can be opened.

    Args:
        id: `{timestamp_ms}_{repository}_{counter}`; later snapshots have greater ids.
        parent_id: The snapshot that it was made on top of, which may be dropped already; None for the first.
        created_at: UTC, ISO 8601 with milliseconds.
        reason: Why it was made.
        branch: The branch it was made on; empty for an imported one.
        tags: Its names.
        head: Whether it is its branch's newest.
        summary: What the run that made it counted.
    """

    id: str
    parent_id: str | None
    created_at: str
    reason: str
    branch: str
    tags: tuple[str, ...]
    head: bool
    summary: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {**asdict(self, recurse=False), "tags": list(self.tags), "summary": dict(self.summary)}


class Snapshots(Sequence[SnapshotEntry]):
    """The snapshots of a repository, oldest first, as they were when this was made.

    Wherever a snapshot is named, an id, a tag, a branch or "head" will do, each also with `~N` for the N-th before it.

    Args:
        config: The settings.
        create: Whether to make an empty store where there is none.
        plugins: Plugins beside the installed ones; they are told of errors of the machine.
    """

    def __init__(self, config: IndexingConfig, *, create: bool = False, plugins: Sequence[object] = ()) -> None:
        self._config = config
        self._tell = teller(config, plugins)
        if create:
            self._with_store(lambda _: None, reading=False)
        self._entries = self._read()

    @overload
    def __getitem__(self, index: int) -> SnapshotEntry: ...

    @overload
    def __getitem__(self, index: slice) -> list[SnapshotEntry]: ...

    def __getitem__(self, index: int | slice) -> SnapshotEntry | list[SnapshotEntry]:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[SnapshotEntry]:
        return iter(self._entries)

    def get(self, name: str | None = None) -> SnapshotEntry:
        """Return the snapshot that a name means; None is the newest of the branch that is checked out.

        Raises:
            StorageError: There is none (code `snapshot-missing`).
        """
        found = self._with_store(lambda store: store.find(name).id)
        known = {entry.id: entry for entry in self._entries}
        if found not in known:  # it is younger than this list
            self._entries = self._read()
            known = {entry.id: entry for entry in self._entries}
        return known[found]

    def line(self, name: str | None = None) -> list[SnapshotEntry]:
        """Return a snapshot and those it was made from, newest first, as far as they are kept.

        Raises:
            StorageError: There is no such snapshot (code `snapshot-missing`).
        """
        entry: SnapshotEntry | None = self.get(name)
        known = {each.id: each for each in self._entries}
        found = []
        while entry is not None:
            found.append(entry)
            entry = known.get(entry.parent_id or "")
        return found

    def rows(self, name: str | None = None) -> dict[str, int]:
        """Return the number of rows of each table of a snapshot."""

        def count(held: HeldSnapshot) -> dict[str, int]:
            return {table: held.snapshot.count(table) for table in held.snapshot.tables()}

        return self._with_snapshot(name, count)

    def tag(self, name: str, snapshot: str | None = None, *, note: str = "", move: bool = False) -> SnapshotEntry:
        """Give a snapshot a name, which keeps it until `untag`.

        Args:
            name: Letters, digits and `._-/`, beginning with a letter.
            snapshot: The snapshot; None is the newest.
            note: Why.
            move: Take the name from the snapshot that has it now.

        Raises:
            StorageError: `tag-invalid`, `tag-exists`, `snapshot-missing`.
        """
        made = self._with_store(lambda store: store.tag(name, snapshot, note=note, move=move).id)
        self._entries = self._read()
        return self.get(made)

    def untag(self, name: str) -> bool:
        """Take a tag away; say whether there was one."""
        gone = self._with_store(lambda store: store.untag(name))
        self._entries = self._read()
        return gone

    def diff(self, before: str | None = None, after: str | None = None) -> SnapshotDiff:
        """Compare two snapshots; by default the newest with the one before it."""
        from codegraph._internal.store.diff import SnapshotDiff

        def compare(store: Store) -> SnapshotDiff:
            newer = store.find(after).id
            older = store.find(before or f"{newer}~1").id
            held = [HeldSnapshot.open(self._config, each) for each in (older, newer)]
            for each in held:
                each.tell = self._tell
            return SnapshotDiff(*held)

        return self._with_store(compare)

    def history(self, node_id: str, snapshot: str | None = None) -> pa.Table:
        """Return the versions of a node, oldest first; see `Graph.history`."""
        from codegraph._internal.store.history import node_history

        return self._with_store(lambda store: node_history(store, node_id, snapshot))

    def gc(self, *, gone_branches: bool = False) -> Forgotten:
        """Drop what the settings `keep_snapshots` and `keep_days` do not keep, and what nobody uses.

        Heads, tagged snapshots, and those that a living reader in any process holds stay.

        Args:
            gone_branches: Also forget the heads of branches that git no longer has.
        """
        from codegraph._internal.discovery.worktree import branches_gone

        def clean(store: Store) -> Forgotten:
            if gone_branches:
                for name in branches_gone(self._config.root_path, store.branches()):
                    store.drop_branch(name)
            return store.gc()

        done = self._with_store(clean, reading=False)
        self._entries = self._read()
        return done

    def compact(self, *, force: bool = False) -> Compacted:
        """Merge small and mostly dead segments; no snapshot changes. `force`: make one of all that the head has."""
        wait_for_all()  # else it finds that somebody else does it, and does nothing
        return self._with_store(lambda store: store.compact(force=force))

    def verify(self, *, repair: bool = False) -> Verification:
        """Check every byte, reference and id of the store.

        Args:
            repair: Mend what can be told from something else; drop snapshots that lost their rows.
        """
        from codegraph._internal.store.verification import verify

        return self._with_store(lambda store: verify(store, repair=repair))

    def export(self, path: str | os.PathLike[str], snapshot: str | None = None, *, overwrite: bool = False) -> Path:
        """Write a snapshot as one file: a zip of Parquet tables and a manifest.

        Returns:
            The file.

        Raises:
            StorageError: `bundle-exists`, `snapshot-missing`, `disk-full`.
        """
        from codegraph._internal.store.bundle import export_bundle

        self._with_snapshot(snapshot, lambda held: export_bundle(held.snapshot, Path(path), overwrite=overwrite))
        return Path(path)

    def load(self, path: str | os.PathLike[str], *, tag: str | None = None) -> SnapshotEntry:
        """Store an exported snapshot beside the others; no branch moves.

        Args:
            path: What `export` wrote.
            tag: Its name here; by default `imported/` and the id it had.

        Raises:
            StorageError: `bundle-invalid`, `tag-exists`, `tag-invalid`.
        """
        from codegraph._internal.store.bundle import import_bundle

        made = self._with_store(lambda store: import_bundle(store, Path(path), tag=tag), reading=False)
        self._entries = self._read()
        return self.get(made)

    async def aget(self, name: str | None = None) -> SnapshotEntry:
        """Find a snapshot in a worker thread; see `get`."""
        return await in_thread(self.get, name)

    async def aline(self, name: str | None = None) -> list[SnapshotEntry]:
        """Find a snapshot's line in a worker thread; see `line`."""
        return await in_thread(self.line, name)

    async def arows(self, name: str | None = None) -> dict[str, int]:
        """Count a snapshot's rows in a worker thread; see `rows`."""
        return await in_thread(self.rows, name)

    async def adiff(self, before: str | None = None, after: str | None = None) -> SnapshotDiff:
        """Compare two snapshots from a worker thread; see `diff`."""
        return await in_thread(self.diff, before, after)

    async def ahistory(self, node_id: str, snapshot: str | None = None) -> pa.Table:
        """Return a node's versions from a worker thread; see `history`."""
        return await in_thread(self.history, node_id, snapshot)

    async def atag(
        self, name: str, snapshot: str | None = None, *, note: str = "", move: bool = False
    ) -> SnapshotEntry:
        """Tag in a worker thread; see `tag`."""
        return await in_thread(lambda: self.tag(name, snapshot, note=note, move=move))

    async def auntag(self, name: str) -> bool:
        """Untag in a worker thread; see `untag`."""
        return await in_thread(self.untag, name)

    async def agc(self, *, gone_branches: bool = False) -> Forgotten:
        """Clean up in a worker thread; see `gc`."""
        return await in_thread(lambda: self.gc(gone_branches=gone_branches))

    async def acompact(self, *, force: bool = False) -> Compacted:
        """Compact in a worker thread; see `compact`."""
        return await in_thread(lambda: self.compact(force=force))

    async def averify(self, *, repair: bool = False) -> Verification:
        """Check in a worker thread; see `verify`."""
        return await in_thread(lambda: self.verify(repair=repair))

    async def aexport(
        self, path: str | os.PathLike[str], snapshot: str | None = None, *, overwrite: bool = False
    ) -> Path:
        """Export in a worker thread; see `export`."""
        return await in_thread(lambda: self.export(path, snapshot, overwrite=overwrite))

    async def aload(self, path: str | os.PathLike[str], *, tag: str | None = None) -> SnapshotEntry:
        """Import in a worker thread; see `load`."""
        return await in_thread(lambda: self.load(path, tag=tag))

    def _with_store(self, work: Callable[[Store], T], *, reading: bool = True) -> T:
        """Open the store, do something, close it; as the error contract says when that fails."""

        def once() -> T:
            with open_store(self._config, reading=reading) as store:
                return work(store)

        return recovering(once, self._tell)

    def _with_snapshot(self, name: str | None, work: Callable[[HeldSnapshot], T]) -> T:
        def once() -> T:
            held = HeldSnapshot.open(self._config, name)
            try:
                return work(held)
            finally:
                held.close()

        return recovering(once, self._tell)

    def _read(self) -> list[SnapshotEntry]:
        return self._with_store(self._listed)

    def _listed(self, store: Store) -> list[SnapshotEntry]:
        heads, tags = set(store.branches().values()), store.tags()
        entries = [
            SnapshotEntry(
                id=info.id,
                parent_id=info.parent_id,
                created_at=info.created_at,
                reason=info.reason,
                branch=info.branch,
                tags=(),
                head=info.id in heads,
                summary={**info.summary, "snapshot_id": info.id},
            )
            for info in store.snapshots()
        ]
        named: dict[str, list[str]] = {}
        for tag in tags:
            named.setdefault(tag.snapshot_id, []).append(tag.name)
        return [evolve(entry, tags=tuple(named.get(entry.id, ()))) for entry in entries]

    def __repr__(self) -> str:
        return f"<Snapshots of {self._config.root_path}: {len(self)}>"

"""`Session`: reads of one snapshot, changes to its files, and a commit that is computed from those bytes alone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from attrs import frozen

from codegraph._internal import cancellation
from codegraph._internal.cancellation import check_cancelled
from codegraph._internal.logging import get_logger
from codegraph._internal.sdk.asynchronous import cancellable, in_thread
from codegraph._internal.sdk.graph import Graph
from codegraph._internal.sdk.read_set import ReadSet
from codegraph._internal.sdk.session_files import PathLike, disk_bytes, encoded, has_file, path_name, refused
from codegraph._internal.store.held import HeldSnapshot
from codegraph_hookspecs.errors import CodeGraphError, ErrorCategory, IndexingError, StorageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from codegraph._internal.indexing import CancelToken
    from codegraph._internal.indexing.stored import FileChange
    from codegraph._internal.sdk.codegraph import CodeGraph
    from codegraph._internal.settings import IndexingConfig
    from codegraph._internal.store import Snapshot, Store

_log = get_logger("codegraph.session")


@frozen(kw_only=True)
class PendingChange:
    """A change that the next commit makes.

    Args:
        path: As in `files.path`.
        kind: "added", "updated" or "removed", against the session's snapshot.
        size: Bytes of the new content; 0 for a removed file.
    """

    path: str
    kind: str
    size: int


class Session(Graph):
    """One snapshot of a repository, and changes on top of it that nobody sees before the commit.

    Reads (queries, `show`, `source`) answer from the session's snapshot, however often they are repeated, in whatever
    thread, whatever others commit and whatever the disk holds; a change shows in them after `commit()`. `pending`
    gives a file's text with the session's own changes, `preview` the graph with them.

    A context manager: leaving it, with or without an exception, discards what was not committed and gives the lease
    back; the session can be read afterwards, but not changed. Methods may be called from several threads; a commit
    holds the others up.
    """

    def __init__(
        self, owner: CodeGraph, config: IndexingConfig, held: HeldSnapshot, store: Store, reads: Iterable[PathLike] = ()
    ) -> None:
        super().__init__(held)
        self._owner = owner
        self._config = config
        self._store: Store | None = store
        self._changes: dict[str, FileChange] = {}
        self._broken: CodeGraphError | None = None
        self._last_commit: str | None = None
        self._closed_on: str | None = None
        self._mutex = threading.RLock()
        self._reads = ReadSet()
        self.read_set(*reads)

    # -- changes -------------------------------------------------------------------------------------

    def add_file(self, path: PathLike, content: str | bytes | None = None) -> None:
        """Add a file that the snapshot does not have.

        Args:
            path: Relative to the repository, or absolute and inside it. Ignore rules are not asked.
            content: The file's text (stored as UTF-8) or bytes; None reads the disk, now.

        Raises:
            IndexingError: `session-file-exists`, `session-path-invalid`, `session-file-unreadable`.
        """
        with self._usable():
            name = self._name(path)
            if self._there(name):
                raise refused("session-file-exists", f"The file {name!r} is there already.", name)
            self._put(name, self._content(name, content))

    def update_file(self, path: PathLike, content: str | bytes | None = None) -> None:
        """Replace a file that the snapshot has; as `add_file` otherwise.

        Raises:
            IndexingError: `session-file-missing`, `session-path-invalid`, `session-file-unreadable`.
        """
        with self._usable():
            name = self._name(path)
            self._require(name)
            self._put(name, self._content(name, content))

    def remove_file(self, path: PathLike) -> None:
        """Remove a file that the snapshot has; the disk is not touched.

        Raises:
            IndexingError: `session-file-missing`, `session-path-invalid`.
        """
        with self._usable():
            name = self._name(path)
            self._require(name)
            if self._in_snapshot(name):
                self._put(name, None)
            else:
                del self._changes[name]

    def add_change(
        self, path: PathLike, text: str | bytes, *, start_byte: int | None = None, end_byte: int | None = None
    ) -> None:
        """Change a file in memory, as an editor does: the whole text, or the bytes of a range.

        Args:
            path: A file of the snapshot or of this session; with a whole text also a new one.
            text: The new text of the file or of the range.
            start_byte: First byte to replace, 0-based, in the file with this session's changes so far.
            end_byte: First byte after those to replace; `start_byte` when not given, which inserts.

        Raises:
            IndexingError: `session-edit-invalid`: the range is not in the file; `session-file-missing`: there is no
                file whose range this could be; `session-path-invalid`.
        """
        with self._usable():
            name = self._name(path)
            content = encoded(text, name)
            if start_byte is None:
                if end_byte is not None:
                    raise refused("session-edit-invalid", "end_byte needs start_byte.", name)
                self._put(name, content)
                return
            present = self.pending(name)
            if present is None:
                raise refused("session-file-missing", f"There is no text of {name!r} to edit.", name)
            end = start_byte if end_byte is None else end_byte
            if not 0 <= start_byte <= end <= len(present):
                message = f"Bytes {start_byte} to {end} are not in {name!r}, which has {len(present)}."
                raise refused("session-edit-invalid", message, name)
            self._put(name, present[:start_byte] + content + present[end:])

    def pending(self, path: PathLike) -> bytes | None:
        """Return a file's bytes as a commit would store them: the session's own change, or else the snapshot's.

        Returns:
            None for a file that is not there, or that was never parsed.
        """
        with self._usable():
            name = self._name(path)
            change = self._changes.get(name)
            return change.content if change is not None else self.source(name)

    def changes(self) -> list[PendingChange]:
        """Return what the next commit changes, sorted by path."""
        with self._usable():
            found = []
            for name, change in sorted(self._changes.items()):
                kind = "removed" if change.content is None else "updated" if self._in_snapshot(name) else "added"
                found.append(PendingChange(path=name, kind=kind, size=len(change.content or b"")))
            return found

    def read_set(self, *paths: PathLike) -> None:
        """Declare files that the session's decisions rest on: if somebody changes one, the commit is a conflict.

        Args:
            *paths: Paths, or globs as in queries (`pkg/**/*.py`), which also cover files that do not exist yet.
        """
        with self._usable():
            for path in paths:
                text = os.fspath(path)
                self._reads.add(text if self._reads.is_glob(text) else self._name(text))

    def preview(self) -> Graph:
        """Return the graph that a commit on this session's snapshot would make, without committing.

        It is computed like a commit, costs about as much, and has its rows; those of lazy stages are as stale. What is
        new lies in a folder of its own, which goes when the graph is closed or no query needs it any more. Its snapshot
        id, and the `version` of nodes that the changes made, mean nothing elsewhere.

        Raises:
            CodeGraphError: As `commit`, but for conflicts: others' commits are not looked at.
        """
        return self._preview(None)

    # -- transaction ---------------------------------------------------------------------------------

    @property
    def last_commit(self) -> str | None:
        """The id of the snapshot that this session committed last, or None: also after a commit that was cancelled."""
        return self._last_commit

    def commit(self, reason: str = "session") -> str:
        """Make the changes the repository's new snapshot, and move the session to it.

        What is committed is this session's snapshot (or the newest one, if others committed meanwhile and touched no
        file that this session wrote or declared as read) with the changes; the disk is not looked at. The rows are
        those that indexing exactly these bytes gives. Without changes nothing is committed.

        Args:
            reason: Kept with the snapshot.

        Returns:
            The id of the session's snapshot from now on.

        Raises:
            ConflictError: Somebody else changed the same files; `context["files"]` names them. The session stays as it
                was: `rollback()`, `refresh()`, and decide anew.
            StorageError: The machine failed. Nothing was committed, and the session is of no more use.
        """
        return self._commit(reason, None)

    async def acommit(self, reason: str = "session") -> str:
        """Commit in a worker thread; cancelling the task cancels the commit and leaves the session as it was.

        A commit that is already being written is not torn: it ends, and then the cancellation is raised. `last_commit`
        says which of the two it was.
        """
        return await cancellable(lambda token: self._commit(reason, token))

    def rollback(self) -> None:
        """Discard the changes; the session stays on its snapshot, and its read set stays declared."""
        with self._usable():
            self._changes.clear()

    def refresh(self) -> str:
        """Move to the repository's newest snapshot, and forget the read set.

        Returns:
            Its id.

        Raises:
            IndexingError: There are changes (`session-has-changes`): commit them or roll back first.
        """
        with self._usable() as store:
            if self._changes:
                raise IndexingError(
                    "The session has changes that a newer snapshot may not fit.",
                    code="session-has-changes",
                    context={"remedy": "Commit, or roll back first."},
                )
            self._move(store, None)
            return self.snapshot_id

    def lock(self, name: str, *, timeout_s: float = 30.0) -> AbstractContextManager[None]:
        """Return a lock that excludes everyone who asks this repository for the same name; not reentrant.

        For decisions that a read set cannot guard. Take it, `refresh()`, read, change, commit, and only then leave it.

        Args:
            name: Any text.
            timeout_s: How long to wait for another holder.

        Raises:
            StorageError: On entering: `lock-timeout` (transient), `store-read-only`.
        """
        with self._usable() as store:
            return store.lock(f"session:{name}", timeout_s=timeout_s)

    def close(self) -> None:
        """Discard what was not committed, release the snapshot, and take no more changes.

        Reads that begin afterwards open the snapshot of the last commit again, as long as the store keeps it.
        """
        with self._mutex:
            if self._store is None:
                super().close()
                return
            if self._changes:
                _log.warning("session closed with changes that were not committed", files=len(self._changes))
            self._changes.clear()
            self._closed_on = self.snapshot_id
            store, self._store = self._store, None
            super().close()
            store.close()

    # -- asynchronous twins --------------------------------------------------------------------------

    async def aadd_file(self, path: PathLike, content: str | bytes | None = None) -> None:
        """Add a file in a worker thread; see `add_file`."""
        await in_thread(self.add_file, path, content)

    async def aupdate_file(self, path: PathLike, content: str | bytes | None = None) -> None:
        """Replace a file in a worker thread; see `update_file`."""
        await in_thread(self.update_file, path, content)

    async def aremove_file(self, path: PathLike) -> None:
        """Remove a file in a worker thread; see `remove_file`."""
        await in_thread(self.remove_file, path)

    async def aadd_change(
        self, path: PathLike, text: str | bytes, *, start_byte: int | None = None, end_byte: int | None = None
    ) -> None:
        """Change a file in a worker thread; see `add_change`."""
        await in_thread(self.add_change, path, text, start_byte=start_byte, end_byte=end_byte)

    async def apending(self, path: PathLike) -> bytes | None:
        """Read a file with the changes in a worker thread; see `pending`."""
        return await in_thread(self.pending, path)

    async def achanges(self) -> list[PendingChange]:
        """Return what the next commit changes from a worker thread; see `changes`."""
        return await in_thread(self.changes)

    async def apreview(self) -> Graph:
        """Compute a preview in a worker thread; cancelling the task cancels it. See `preview`."""
        return await cancellable(self._preview, undo=Graph.close)

    @asynccontextmanager
    async def alock(self, name: str, *, timeout_s: float = 30.0) -> AsyncIterator[None]:
        """Hold a lock, waiting for it in a worker thread; a cancelled task stops waiting. See `lock`."""
        held = await in_thread(self.lock, name, timeout_s=timeout_s)
        release = partial(held.__exit__, None, None, None)
        # Whoever stops waiting must not keep the lock that came in the same moment.
        await cancellation.in_thread(held.__enter__, undo=lambda _: release())
        try:
            yield
        finally:
            await in_thread(release)

    async def arollback(self) -> None:
        """Discard the changes in a worker thread; see `rollback`."""
        await in_thread(self.rollback)

    async def arefresh(self) -> str:
        """Move to the newest snapshot in a worker thread; see `refresh`."""
        return await in_thread(self.refresh)

    # -- parts ---------------------------------------------------------------------------------------

    def _commit(self, reason: str, cancel: CancelToken | None) -> str:
        from codegraph._internal.indexing.rebase import commit_changes

        with self._usable() as store:
            if not self._changes:
                return self.snapshot_id
            indexer = self._owner.indexer(self._config, cancel)
            base = cast("Snapshot", self._snapshot())
            try:
                result = commit_changes(indexer, store, base, dict(self._changes), self._reads.among, reason)
                self._last_commit = result.snapshot_id
                self._changes.clear()
                self._move(store, result.snapshot_id)
            except CodeGraphError as error:
                if error.category is ErrorCategory.INFRASTRUCTURE:
                    self._broken = error
                raise
            return self.snapshot_id

    def _preview(self, cancel: CancelToken | None) -> Graph:
        from codegraph._internal.indexing.stored import SnapshotSources
        from codegraph._internal.sdk.scratch import preview_snapshot

        with self._usable():
            base, changes = cast("Snapshot", self._snapshot()), dict(self._changes)
        sources = SnapshotSources(base, changes, self._config.root_path)
        return Graph(preview_snapshot(self._owner, self._config, sources, cancel), self._owner.plugins)

    def _move(self, store: Store, snapshot_id: str | None) -> None:
        # Queries that were made over the old snapshot hold it themselves.
        with store.snapshot(snapshot_id) as found:  # leased meanwhile; `None` is the head of the session's branch
            self._held = self._owner.hold(self._config, found.id)
        self._reads.clear()

    @contextmanager
    def _usable(self) -> Iterator[Store]:
        with self._mutex:
            check_cancelled()  # a task may have given up while another thread's commit was under way
            if self._broken is not None:
                raise StorageError(
                    f"The session ended with an error of the machine: {self._broken.message}",
                    code="session-invalid",
                    category=ErrorCategory.PERMANENT,
                    context={"remedy": "See to the cause, then open a new session.", "cause": self._broken.code},
                    cause=self._broken,
                )
            if self._store is None:
                raise StorageError(
                    "The session is closed.",
                    code="session-closed",
                    category=ErrorCategory.PERMANENT,
                    context={"remedy": "Open a new session."},
                )
            yield self._store

    def _name(self, path: PathLike) -> str:
        return path_name(self._config.root_path, path)

    def _content(self, name: str, content: str | bytes | None) -> bytes:
        return disk_bytes(self._config, name) if content is None else encoded(content, name)

    def _put(self, name: str, content: bytes | None) -> None:
        from codegraph._internal.indexing.stored import FileChange

        self._changes[name] = FileChange(path=name, content=content, mtime_ns=time.time_ns())

    def _in_snapshot(self, name: str) -> bool:
        return has_file(cast("Snapshot", self._snapshot()), name)

    def _there(self, name: str) -> bool:
        change = self._changes.get(name)
        return change.content is not None if change is not None else self._in_snapshot(name)

    def _require(self, name: str) -> None:
        if not self._there(name):
            raise refused("session-file-missing", f"There is no file {name!r} in the session.", name)

    def _snapshot(self) -> HeldSnapshot:
        held = super()._snapshot()
        if not held.closed:  # reads do not wait for a commit
            return held
        with self._mutex:
            if self._store is None and super()._snapshot().closed:
                self._held = self._owner.hold(self._config, self._closed_on)
            return super()._snapshot()

    def _root(self) -> Path | None:
        return self._config.root_path

    def __repr__(self) -> str:
        return f"<Session of {self._config.root_path}: {self.snapshot_id}, {len(self._changes)} changed>"

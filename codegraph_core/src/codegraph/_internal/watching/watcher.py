"""The watcher: keeps the newest snapshot of a repository up to date while its files change."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from attrs import evolve

from codegraph._internal.cancellation import check_cancelled, handing_over
from codegraph._internal.logging import get_logger
from codegraph._internal.sdk.asynchronous import in_thread
from codegraph._internal.watching.inbox import Batch, Inbox
from codegraph._internal.watching.notices import Notices, Watch
from codegraph._internal.watching.options import ChangeEvent, WatchOptions
from codegraph._internal.watching.relevance import Relevance
from codegraph._internal.watching.stream import Stream, Streams

if TYPE_CHECKING:
    from codegraph._internal.indexing import CancelToken, RunResult
    from codegraph._internal.settings import IndexingConfig
    from codegraph_hookspecs import LanguagePack

_log = get_logger("codegraph.watching")

AFTER_FOLDER_S: Final = (0.5, 2.0)
"""When the tree is looked at again after a folder appeared: what was written into it before the system watched it, or
while, is told by nobody."""

SHARE: Final = 0.05
"""Periodic looks may take this part of the time: a large tree is looked at less often."""


class Run(Protocol):
    """Runs the indexer."""

    def __call__(
        self, config: IndexingConfig, cancel: CancelToken, *, refresh: Sequence[str] | None = None
    ) -> RunResult:
        """Run, and bring stale rows of lazy stages up to date unless `refresh` is None."""
        ...


class Watcher:
    """Watches one repository. Start it, and stop it; or use it with `with`.

    Every change leads to a run like any other, so what is committed is what a full build gives. Open graphs and
    sessions keep their snapshot; those opened later have the newest.

    Args:
        config: The repository and its settings.
        run: Runs the indexer.
        packs: Languages in use, by name.
        options: How to watch.
        watch: Gives the system's notices.
    """

    def __init__(
        self,
        config: IndexingConfig,
        run: Run,
        packs: Mapping[str, LanguagePack],
        options: WatchOptions | None = None,
        *,
        watch: Watch | None = None,
    ) -> None:
        from codegraph._internal.indexing import CancelToken

        self.config = config
        self.options = options or WatchOptions()
        self._run = run
        self._cancel = CancelToken()
        self._relevance = Relevance(config, packs, self.options.max_file_bytes)
        self._inbox = Inbox(self.options.queue)
        self._streams = Streams(self.options.stream)
        self._notices = Notices(
            config.root_path.resolve(),
            on_paths=self._noticed,
            on_lost=self._inbox.overflow,
            on_state=self._state,
            watch=watch,
        )
        self._thread = threading.Thread(target=self._work, name="codegraph-watcher", daemon=True)
        self._polling = self.options.force_polling
        self._looked_s = 0.0  # what the last look at an unchanged tree took
        self._again: list[float] = []
        self._refresh_at: float | None = None
        self._snapshot = ""
        self._started = False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Bring the snapshot up to date, and watch from now on.

        Raises:
            CodeGraphError: The first run failed.
        """
        began = time.monotonic()
        with handing_over(self._cancel.cancel):
            self._update(Batch(reason="start"), began)
        check_cancelled()
        self._started = True
        if self.options.force_polling:
            self._tell(ChangeEvent(kind="polling", snapshot_id=self._snapshot, message="Polling was asked for."))
        else:
            self._notices.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop watching: an update that has begun is cancelled, its snapshot before stays."""
        self._inbox.close()
        self._cancel.cancel()
        self._notices.stop()
        if self._thread.is_alive():
            self._thread.join()
        self._streams.close()

    async def astart(self) -> Self:
        """Start from a worker thread; cancelling the task cancels the first run, and then nothing watches."""
        return await in_thread(self.start)

    async def astop(self) -> None:
        """Stop watching from a worker thread; see `stop`."""
        await in_thread(self.stop)

    async def __aenter__(self) -> Self:
        return await self.astart()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.astop()

    @property
    def running(self) -> bool:
        """Whether it watches."""
        return self._thread.is_alive()

    @property
    def polling(self) -> bool:
        """Whether the tree is looked at because the system gives no notices."""
        return self._polling

    @property
    def snapshot_id(self) -> str:
        """The newest snapshot that this watcher saw."""
        return self._snapshot

    def events(self) -> Stream:
        """Return the events from now on: `for event in watcher.events()`, or `async for`. Each call is a reader."""
        return self._streams.open()

    # -- notices -------------------------------------------------------------------------------------

    def _noticed(self, paths: set[str]) -> None:
        for path in paths:
            matters, folder = self._relevance.judge(path)
            if matters:
                self._inbox.put(self._relevance.relative(path), folder=folder)

    def _state(self, notices: bool, why: str) -> None:
        if notices == (not self._polling) and (notices or not why):
            return
        self._polling = not notices
        if not notices:
            _log.warning("no notices", reason=why)
            self._inbox.overflow()  # so that the updater learns when to look next
        kind = "watching" if notices else "polling"
        self._tell(ChangeEvent(kind=kind, snapshot_id=self._snapshot, message=why))

    # -- updates -------------------------------------------------------------------------------------

    def _work(self) -> None:
        options = self.options
        while True:
            batch = self._inbox.take(
                quiet_s=options.debounce_ms / 1000, longest_s=options.longest_wait_ms / 1000, until=self._next()
            )
            if batch is None:
                return
            began = time.monotonic()
            self._again = [moment for moment in self._again if moment > began]
            if batch.reason == "reconciliation" and self._refresh_at is not None and self._refresh_at <= began:
                batch = evolve(batch, reason="refresh")
            try:
                self._update(batch, began)
            except Exception as error:  # the next look tries again
                if self._inbox.closed:
                    return
                self._failed(batch, error, began)
            if batch.folders:
                self._again += [time.monotonic() + seconds for seconds in AFTER_FOLDER_S]

    def _next(self) -> float | None:
        """Return when the tree is looked at without a notice."""
        moments = list(self._again)
        if self._refresh_at is not None:
            moments.append(self._refresh_at)
        every = self.options.poll_s if self._polling else self.options.reconcile_s
        if every:
            moments.append(time.monotonic() + max(every, self._looked_s / SHARE))
        return min(moments, default=None)

    def _update(self, batch: Batch, began: float) -> None:
        due, self._refresh_at = self._refresh_at, None
        result = self._run(self.config, self._cancel, refresh=() if batch.reason == "refresh" else None)
        try:
            took = time.monotonic() - began
            if result.summary.get("stale") and self.options.refresh_s:
                is_quiet = due is not None and not result.changed and batch.reason == "reconciliation"
                self._refresh_at = due if is_quiet else time.monotonic() + self.options.refresh_s
            if not result.changed:
                self._looked_s = took
            first = not self._started and not self._snapshot
            if first or batch.folders or (result.changed and _moved(result.summary)):
                self._relevance.refresh(result.held)
            known, self._snapshot = self._snapshot, result.snapshot_id
        finally:
            if result.held is not None:
                result.held.close()
        if result.snapshot_id != known:
            self._tell(
                ChangeEvent(
                    kind="updated",
                    snapshot_id=result.snapshot_id,
                    reason=batch.reason,
                    paths=batch.paths,
                    changes=result.summary.get("changes", {}),
                    seconds=took,
                    latency_ms=None
                    if batch.first is None or not batch.paths
                    else (time.monotonic() - batch.first) * 1000,
                )
            )

    def _failed(self, batch: Batch, error: Exception, began: float) -> None:
        code = str(getattr(error, "code", "internal-error"))
        _log.warning("update failed", code=code, message=str(error))
        self._again.append(time.monotonic() + self.options.poll_s)
        self._tell(
            ChangeEvent(
                kind="failed",
                snapshot_id=self._snapshot,
                reason=batch.reason,
                paths=batch.paths,
                seconds=time.monotonic() - began,
                message=str(error),
                code=code,
            )
        )

    def _tell(self, event: ChangeEvent) -> None:
        self._streams.send(event)


def _moved(summary: Mapping[str, Any]) -> bool:
    """Say whether folders may have come or gone with a run."""
    changes = summary.get("changes")
    return changes is None or bool(changes.get("added") or changes.get("removed"))

"""The indexer: runs until one succeeds or there is no sense in trying again."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, TypeVar

import attrs

from codegraph._internal.indexing.events import Event, EventSink, RunResult
from codegraph._internal.indexing.run import Run
from codegraph._internal.pipeline.cancel import CancelToken
from codegraph._internal.plugin_host import PluginHost
from codegraph._internal.retry import Retry, RetryPolicy, Sleep, retried
from codegraph._internal.settings import IndexingConfig
from codegraph_hookspecs import Analyzer, CodeGraphError, ConflictError, ErrorCategory

if TYPE_CHECKING:
    from codegraph._internal.indexing.checkpoints import Checkpoints
    from codegraph._internal.indexing.incremental.engine import Preview
    from codegraph._internal.indexing.incremental.resident import Resident
    from codegraph._internal.indexing.sources import SourceSet
    from codegraph._internal.store import Store

_POLL_S: Final = 0.1
Result = TypeVar("Result", RunResult, RunResult | None)


class Indexer:
    """Builds a snapshot of a repository.

    Args:
        config: The settings.
        plugins: Plugins as objects, besides the installed ones.
        on_event: Gets every `Event`, in the thread that calls `run`.
        analyzers: Analyzers besides those of plugins.
        cancel: Stops the run; the snapshot before it stays.
        origins: Where settings came from, for the errors of plugin settings.
        retry: Which errors are tried again, and when.
        sleep: Waits between tries.
        resident: What this process keeps of repositories between runs.
        checkpoints: What a durable job keeps of its attempts; nothing is kept without.
        refresh: Lazy stages and analyzers whose rows must not be stale in the end; all of them where none is named.
            None leaves them.
    """

    def __init__(
        self,
        config: IndexingConfig,
        *,
        plugins: Sequence[object] = (),
        on_event: Callable[[Event], None] | None = None,
        analyzers: Sequence[Analyzer] = (),
        cancel: CancelToken | None = None,
        origins: Mapping[str, object] | None = None,
        retry: RetryPolicy | None = None,
        sleep: Sleep = time.sleep,
        resident: Resident | None = None,
        checkpoints: Checkpoints | None = None,
        refresh: Collection[str] | None = None,
    ) -> None:
        self.config = config
        self._plugins = tuple(plugins)
        self._events = EventSink(on_event)
        self._analyzers = tuple(analyzers)
        self._cancel = cancel or CancelToken()
        self._retry = retry or RetryPolicy()
        self._sleep = sleep
        self._resident = resident
        self._checkpoints = checkpoints
        self._refresh = None if refresh is None else frozenset(refresh)
        self._origins = {key: str(origin) for key, origin in (origins or {}).items()}

    def run(self) -> RunResult:
        """Index the repository.

        Transient errors are tried again up to three times (after 1, 2 and 4 s), infrastructure errors once; the
        summary's `retries` says so.

        Returns:
            The new snapshot, or the current one when nothing changed and the mode allows to see that.

        Raises:
            IndexingError: `cancelled`, `backend-unavailable`, `parity-difference`.
            ConfigError: A setting does not fit what is installed.
            StorageError: The snapshot could not be written; the one before it is unchanged.
            ConflictError: Another indexer committed first, three times over.
        """
        return self._retried(lambda host: self._attempt(host, None).run())

    def commit(self, store: Store, sources: SourceSet, reason: str) -> RunResult:
        """Build a snapshot of given sources and make it the head, unless another commit was faster.

        Errors are tried again as in `run`, but for a conflict: the caller knows what to compute anew.

        Raises:
            ConflictError: The head is not `sources.base` any more.
            CodeGraphError: As `run`.
        """
        policy = attrs.evolve(self._retry, final=frozenset({*self._retry.final, ConflictError.default_code}))
        return self._retried(lambda host: self._attempt(host, sources).commit(store, reason), policy)

    def preview(self, store: Store, sources: SourceSet, preview: Preview) -> None:
        """Make what `commit` would make; `preview.made` stays None where everything has to be built.

        Raises what `commit` raises, but for conflicts.
        """

        def attempt(host: PluginHost) -> RunResult | None:
            self._attempt(host, sources).preview(store, preview)
            return None

        self._retried(attempt)

    def _attempt(self, host: PluginHost, sources: SourceSet | None) -> Run:
        return Run(
            self.config,
            host,
            self._events,
            self._analyzers,
            self._cancel,
            sources,
            self._resident,
            checkpoints=self._checkpoints,
            refresh=self._refresh,
        )

    def _retried(self, attempt: Callable[[PluginHost], Result], policy: RetryPolicy | None = None) -> Result:
        host = self._host()
        retries: list[Retry] = []
        try:
            with nullcontext() if self._resident is None else self._resident.working():
                result = retried(lambda: attempt(host), policy=policy or self._retry, sleep=self._pause, notes=retries)
        except CodeGraphError as error:
            if error.category is ErrorCategory.INFRASTRUCTURE:
                host.notify("codegraph_alert", error=error.to_dict())
            raise
        if retries and result is not None:
            result.summary["retries"] = [attrs.asdict(retry) for retry in retries]
        return result

    def _host(self) -> PluginHost:
        def load() -> PluginHost:
            return PluginHost.load(
                objects=self._plugins,
                tables=self.config.plugins,
                origins=self._origins,
                root=self.config.root_path,
            )

        if self._resident is None:
            return load()
        tables = json.dumps([self.config.plugins, self._origins], sort_keys=True, default=str)
        key = (tuple(map(id, self._plugins)), tables, self.config.root_path, os.environ.get("CODEGRAPH_PLUGINS"))
        return self._resident.host(key, load)

    def _pause(self, seconds: float) -> None:
        """Wait, and look at the token meanwhile."""
        left = seconds
        while left > 0:
            self._cancel.check()
            self._sleep(min(left, _POLL_S))
            left -= _POLL_S

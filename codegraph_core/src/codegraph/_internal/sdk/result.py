"""`IndexResult`: an indexing run that has not happened yet, and the graph that it commits."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from codegraph._internal.rows import Finding
from codegraph._internal.sdk.asynchronous import cancellable
from codegraph._internal.sdk.graph import Graph
from codegraph._internal.sdk.recovery import teller
from codegraph._internal.sdk.run_errors import RunError

if TYPE_CHECKING:
    from codegraph._internal.indexing import CancelToken, RunResult
    from codegraph._internal.sdk.codegraph import CodeGraph
    from codegraph._internal.settings import IndexingConfig
    from codegraph._internal.store.held import HeldSnapshot


class IndexResult(Graph):
    """A lazy run: it happens once, on `execute()`, on `await`, or when something is first read from it.

    The methods that choose options return a new, still lazy result.
    """

    def __init__(self, owner: CodeGraph, config: IndexingConfig) -> None:
        self._owner = owner
        self._config = config
        self._held = None
        self._run_result: RunResult | None = None
        self._analyzers_seen = -1
        self._lock = threading.RLock()

    # -- options ----------------------------------------------------------------------------------

    def with_taint(self, **settings: Any) -> IndexResult:
        """Ask for taint analysis; `settings` go to the plugin."""
        return self._with_plugin("with_taint()", "taint", settings)

    def with_repomap(self, **settings: Any) -> IndexResult:
        """Ask for the repository map; `settings` go to the plugin."""
        return self._with_plugin("with_repomap()", "repomap", settings)

    def with_clone_detection(self, **settings: Any) -> IndexResult:
        """Ask for clone detection; `settings` go to the plugin."""
        return self._with_plugin("with_clone_detection()", "clones", settings)

    def with_embeddings(self, **settings: Any) -> IndexResult:
        """Ask for embeddings; `settings` go to the plugin."""
        return self._with_plugin("with_embeddings()", "embeddings", settings)

    def with_occurrences(self, **settings: Any) -> IndexResult:
        """Ask for occurrences: where every symbol is defined and used; `settings` go to the plugin."""
        return self._with_plugin("with_occurrences()", "occurrences", settings)

    def with_call_graph(self, **settings: Any) -> IndexResult:
        """Ask for calls decided by a points-to analysis; `settings` go to the plugin."""
        return self._with_plugin("with_call_graph()", "call-graph", settings)

    def with_lsp_types(self, **settings: Any) -> IndexResult:
        """Ask for types from language servers; `settings` go to the plugin."""
        return self._with_plugin("with_lsp_types()", "lsp-types", settings)

    def parallel(self, workers: int) -> IndexResult:
        """Use this many workers."""
        return self._with(parallel_workers=workers)

    def backend(self, name: str) -> IndexResult:
        """Choose the parser: auto, rust, python or both."""
        return self._with(backend=name)

    def mode(self, name: str) -> IndexResult:
        """Choose how much is rebuilt: full, incremental or smart."""
        return self._with(mode=name)

    @property
    def config(self) -> IndexingConfig:
        """The settings that the run uses; a copy, which may be changed without effect on the run."""
        return _copied(self._config)

    # -- running ----------------------------------------------------------------------------------

    def execute(self) -> Self:
        """Run now, unless it ran already.

        Returns:
            This result.

        Raises:
            CodeGraphError: The run failed; the previous snapshot is untouched.
        """
        self._run(None)
        return self

    async def aexecute(self) -> Self:
        """Run in a worker thread. Cancelling the task cancels the run; the previous snapshot stays."""
        await cancellable(self._run)
        return self

    def __await__(self) -> Generator[Any, None, Self]:
        return self.aexecute().__await__()

    @property
    def executed(self) -> bool:
        """Whether the run has happened."""
        return self._run_result is not None

    @property
    def changed(self) -> bool:
        """Whether the run committed a new snapshot; False when nothing had changed."""
        return self._ran().changed

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the run counted: the object that `codegraph index --json` prints."""
        return self._ran().summary

    @property
    def errors(self) -> tuple[RunError, ...]:
        """What failed without stopping the run; `summary["errors"]` has the same in JSON-ready form."""
        return tuple(map(RunError.from_dict, self._ran().errors))

    def custom_results(self, type: str) -> list[Finding]:  # noqa: A002 -- the customer's name
        """Return the findings of a type, as analyzers named it.

        Analyzers registered after the run are run first: the repository is indexed again with them.
        """
        with self._lock:
            if self.executed and self._analyzers_seen != self._owner.analyzers_registered:
                self._again()
        return super().custom_results(type)

    def _snapshot(self) -> HeldSnapshot:
        with self._lock:
            self._ran()
            return super()._snapshot()

    def _ran(self) -> RunResult:
        return self._run_result or self._run(None)

    def _run(self, cancel: CancelToken | None) -> RunResult:
        with self._lock:
            if self._run_result is None:
                seen = self._owner.analyzers_registered
                run = self._owner.run(self._config, cancel)
                self._held = run.held
                if self._held is not None:
                    self._held.tell = teller(self._config, self._owner.plugins)
                if self._config.file_watcher:
                    self._owner.watcher(self._config)
                self._run_result, self._analyzers_seen = run, seen
            return self._run_result

    def _refresh_stale(self, stages: Sequence[str], cancel: CancelToken | None) -> None:
        with self._lock:
            run = self._owner.run(self._config, cancel, refresh=stages)
            if run.held is not None:
                run.held.tell = teller(self._config, self._owner.plugins)
            self._held, self._run_result = run.held, run

    def _again(self) -> None:
        # The old snapshot stays open for queries that were made over it; they hold it themselves.
        self._run_result = None
        self._run(None)

    def _with(self, **changes: Any) -> IndexResult:
        return IndexResult(self._owner, _copied(self._config, **changes))

    def _with_plugin(self, call: str, plugin: str, settings: Mapping[str, Any]) -> IndexResult:
        """Enable a plugin, or say that it is missing: at the call, before any work is done."""
        self._owner.require_plugin(call, plugin, self._config)
        from codegraph._internal.settings.plugin_tables import with_table

        return self._with(plugins=with_table(self._config.plugins, plugin, settings))

    def _plugins_given(self) -> Sequence[object]:
        return self._owner._plugins

    def _root(self) -> Path | None:
        return self._config.root_path

    def __repr__(self) -> str:
        state = self._run_result.snapshot_id if self._run_result is not None else "not run yet"
        return f"<IndexResult of {self._config.root_path}: {state}>"


def _copied(config: IndexingConfig, **changes: Any) -> IndexingConfig:
    import attrs

    return attrs.evolve(config, **changes)

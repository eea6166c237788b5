"""`CodeGraph`: the entrance of the SDK. Every call has a twin for tasks and a docstring, hence its length."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import attrs

from codegraph._internal.cancellation import handing_over
from codegraph._internal.query import GraphQuery
from codegraph._internal.query.missing import not_installed
from codegraph._internal.sdk.asynchronous import in_thread
from codegraph._internal.sdk.graph import Graph
from codegraph._internal.sdk.result import IndexResult
from codegraph_hookspecs.errors import ConfigError, PluginError
from codegraph_hookspecs.stages import Analyzer

if TYPE_CHECKING:
    from codegraph._internal.indexing import CancelToken, Event, Indexer, RunResult
    from codegraph._internal.indexing.incremental.resident import Resident
    from codegraph._internal.sdk.asynchronous import Opening
    from codegraph._internal.sdk.exporting import Export
    from codegraph._internal.sdk.jobs import Jobs
    from codegraph._internal.sdk.session import Session
    from codegraph._internal.sdk.snapshots import Snapshots
    from codegraph._internal.settings import IndexingConfig
    from codegraph._internal.store.held import HeldSnapshot
    from codegraph._internal.watching.options import ChangeEvent, WatchOptions
    from codegraph._internal.watching.watcher import Watcher

A = TypeVar("A", bound=Analyzer)


class CodeGraph:
    """Indexes repositories and opens their graphs.

    Args:
        config: Settings of every run; without it they come from defaults, the repository's configuration
            file and the environment.
        plugins: Modules or objects with hook implementations, beside the installed ones.
        on_event: Called with progress events from the thread that runs.

    Nothing is loaded or read until a graph is needed, so making one is cheap.
    """

    def __init__(
        self,
        config: IndexingConfig | None = None,
        *,
        plugins: Sequence[object] = (),
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self._config = config
        self._plugins = tuple(plugins)
        self._on_event = on_event
        self._analyzers: dict[str, Analyzer] = {}
        self._watchers: dict[tuple[Path, Path], Watcher] = {}
        self._watching = threading.Lock()
        self._registered = 0
        self._resident: Resident | None = None

    def index(self, path: str | os.PathLike[str] | None = None, **options: Any) -> IndexResult:
        """Return a lazy result: the run happens on `execute()`, on `await`, or on first use.

        Args:
            path: The repository; None is the configuration's `root_path`, or the working directory.
            **options: Settings by name, stronger than every other source.

        Raises:
            ConfigError: The path is no directory, or an option is unknown or not allowed.
        """
        return IndexResult(self, self._settings(path, options))

    async def aindex(self, path: str | os.PathLike[str] | None = None, **options: Any) -> IndexResult:
        """Index in a worker thread and return the finished result; cancelling the task cancels the run."""
        return await self.index(path, **options).aexecute()

    def open(self, path: str | os.PathLike[str] | None = None, *, snapshot_id: str | None = None) -> Graph:
        """Open the graph of a repository that was indexed before; indexes nothing.

        Args:
            path: The repository; None as in `index`.
            snapshot_id: A snapshot; None is the newest.

        Raises:
            StorageError: The repository has no index (code `store-missing`), or no such snapshot.
        """
        from codegraph._internal.settings.plugin_tables import as_made

        config = self._settings(path, {})
        held = self.hold(config, snapshot_id)
        graph = Graph(held, self._plugins)
        # Without the layers that there are a run would leave them out, and not refresh them.
        layered = as_made(config, held.info.summary)
        graph._refreshed = lambda stages, cancel: self.run(layered, cancel, refresh=stages).held
        return graph

    def hold(self, config: IndexingConfig, name: str | None = None) -> HeldSnapshot:
        """Open a snapshot of a store; `open` is the friendlier way.

        Raises:
            StorageError: There is no store, or no such snapshot.
        """
        from codegraph._internal.sdk.recovery import recovering, teller
        from codegraph._internal.store.held import HeldSnapshot

        tell = teller(config, self._plugins)
        held = recovering(lambda: HeldSnapshot.open(config, name), tell)
        held.tell = tell
        return held

    async def aopen(self, path: str | os.PathLike[str] | None = None, *, snapshot_id: str | None = None) -> Graph:
        """Open an existing graph in a worker thread; see `open`."""
        from codegraph._internal.sdk.asynchronous import Opening

        return await Opening(lambda: self.open(path, snapshot_id=snapshot_id))

    def at(self, snapshot: str, path: str | os.PathLike[str] | None = None) -> Graph:
        """Open one snapshot of a repository.

        Args:
            snapshot: Its id, a tag, a branch or "head", each also with `~N` for the N-th snapshot before it.
            path: The repository; None as in `index`.

        Raises:
            StorageError: There is no such snapshot (code `snapshot-missing`), or no index (`store-missing`).
        """
        return self.open(path, snapshot_id=snapshot)

    async def aat(self, snapshot: str, path: str | os.PathLike[str] | None = None) -> Graph:
        """Open one snapshot in a worker thread; see `at`."""
        return await self.aopen(path, snapshot_id=snapshot)

    def snapshots(self, path: str | os.PathLike[str] | None = None, *, create: bool = False) -> Snapshots:
        """Return the snapshots of a repository: a sequence, oldest first, that also tags, compares, checks and exports.

        Args:
            path: The repository; None as in `index`.
            create: Make an empty store where there is none, to load exported snapshots into.

        Raises:
            StorageError: The repository has no index (code `store-missing`).
        """
        from codegraph._internal.sdk.snapshots import Snapshots

        return Snapshots(self._settings(path, {}), create=create, plugins=self._plugins)

    async def asnapshots(self, path: str | os.PathLike[str] | None = None, *, create: bool = False) -> Snapshots:
        """Return the snapshots from a worker thread; see `snapshots`."""
        return await in_thread(self.snapshots, path, create=create)

    def query(self, path: str | os.PathLike[str] | None = None) -> GraphQuery:
        """Query a repository that was indexed before: `open(path).query()`."""
        return self.open(path).query()

    async def aquery(self, path: str | os.PathLike[str] | None = None) -> GraphQuery:
        """Open a graph in a worker thread and return its query; see `query`."""
        return (await self.aopen(path)).query()

    def register_analyzer(self, analyzer: A) -> A:
        """Run an analyzer in every run from now on; one of the same name is replaced.

        While an analyzer's class sets no `version` (to be raised whenever its findings change), every run
        builds everything, since nothing tells whether the analyzer is still the one of the last run.

        Args:
            analyzer: An instance, for example of a `codegraph.plugins.CustomAnalyzer`.

        Returns:
            The analyzer.

        Raises:
            PluginError: It is no analyzer instance, or has no name (code `analyzer-invalid`).
        """
        name = getattr(analyzer, "name", None)
        if isinstance(analyzer, type) or not isinstance(analyzer, Analyzer) or not isinstance(name, str) or not name:
            raise PluginError(
                "register_analyzer() takes an instance of an Analyzer class that has a name.",
                code="analyzer-invalid",
                context={"remedy": "Derive from codegraph.plugins.CustomAnalyzer and register an instance."},
            )
        self._analyzers[name] = analyzer
        self._registered += 1
        return analyzer

    @property
    def analyzers_registered(self) -> int:
        """How often an analyzer was registered so far."""
        return self._registered

    def session(
        self,
        repo: str | os.PathLike[str] | None = None,
        *,
        snapshot_id: str | None = None,
        reads: Iterable[str | os.PathLike[str]] = (),
    ) -> Session:
        """Open a session: one snapshot to read, and changes to commit. Indexes the repository if nothing was so far.

        Args:
            repo: The repository; None as in `index`.
            snapshot_id: The snapshot to start from; None is the newest.
            reads: Files, or globs, that the session's decisions rest on (`Session.read_set`).

        Raises:
            StorageError: `snapshot-missing`, or the cache cannot be written (`store-read-only`).
            IndexingError: A path of `reads` is not in the repository.
        """
        from codegraph._internal.sdk.recovery import recovering, teller
        from codegraph._internal.sdk.session import Session
        from codegraph._internal.settings.plugin_tables import as_made
        from codegraph._internal.store.repository import open_store

        config = self._settings(repo, {})
        store = recovering(lambda: open_store(config), teller(config, self._plugins))
        self._kept_between_runs().tidy_aside(store)
        try:
            if snapshot_id is None and store.head() is None:
                self.run(config)
            held = self.hold(config, snapshot_id)
            try:
                return Session(self, as_made(config, held.info.summary), held, store, reads)
            except BaseException:
                held.close()
                raise
        except BaseException:
            store.close()
            raise

    def asession(
        self,
        repo: str | os.PathLike[str] | None = None,
        *,
        snapshot_id: str | None = None,
        reads: Iterable[str | os.PathLike[str]] = (),
    ) -> Opening[Session]:
        """Open a session in a worker thread: `async with cg.asession(repo) as sess`, or `await` it; see `session`.

        Cancelling the task cancels the run that a repository without an index needs.
        """
        from codegraph._internal.sdk.asynchronous import Opening

        return Opening(lambda: self.session(repo, snapshot_id=snapshot_id, reads=reads))

    def export(
        self,
        sink: str,
        path: str | os.PathLike[str] | None = None,
        *,
        output: str | os.PathLike[str] | None = None,
        snapshot: str | None = None,
        **options: Any,
    ) -> Export:
        """Write a repository's graph through a sink, such as "scip".

        The repository is indexed first, as far as it changed, with the layers that the sink needs.

        Args:
            sink: The sink's name.
            path: The repository; None as in `index`.
            output: What to write; default: "index" and the sink's suffix in the working directory.
            snapshot: Write this snapshot (id, tag or branch), and index nothing.
            **options: The sink's own.

        Raises:
            PluginError: There is no such sink (code `sink-unknown`), or a plugin that it needs is missing
                (`not-installed`).
            QueryError: The snapshot was made without what the sink needs (`layer-missing`).
        """
        from codegraph._internal.plugin_host import PluginHost
        from codegraph._internal.sdk.exporting import export

        config = self._settings(path, {})
        host = PluginHost.load(objects=self._plugins)
        return export(self, config, host, sink, Path(output) if output is not None else None, snapshot, options)

    async def aexport(
        self,
        sink: str,
        path: str | os.PathLike[str] | None = None,
        *,
        output: str | os.PathLike[str] | None = None,
        snapshot: str | None = None,
        **options: Any,
    ) -> Export:
        """Export in a worker thread; see `export`. Cancelling the task cancels the run, or the writing."""
        return await in_thread(self.export, sink, path, output=output, snapshot=snapshot, **options)

    def run(
        self, config: IndexingConfig, cancel: CancelToken | None = None, *, refresh: Sequence[str] | None = None
    ) -> RunResult:
        """Run the kernel now; `index` is the friendlier way.

        Args:
            config: The settings.
            cancel: Stops the run.
            refresh: Lazy stages and analyzers to run where their rows are stale; none named are all, None is nothing.
        """
        from codegraph._internal.indexing import CancelToken

        token = cancel or CancelToken()
        with handing_over(token.cancel):
            return self.indexer(config, token, refresh=refresh).run()

    def indexer(self, config: IndexingConfig, cancel: CancelToken | None = None, **more: Any) -> Indexer:
        """Return the kernel's indexer with this object's plugins and analyzers; `more` are further arguments of it."""
        from codegraph._internal.indexing import Indexer

        return Indexer(
            config if all(map(_has_version, self._analyzers.values())) else attrs.evolve(config, mode="full"),
            plugins=self._plugins,
            analyzers=tuple(self._analyzers.values()),
            cancel=cancel,
            resident=self._kept_between_runs(),
            **{"on_event": self._on_event, **more},
        )

    def _kept_between_runs(self) -> Resident:
        from codegraph._internal.indexing.incremental.resident import Resident

        if self._resident is None:
            self._resident = Resident()
        return self._resident

    @property
    def plugins(self) -> tuple[object, ...]:
        """The plugins that this object was given, beside the installed ones."""
        return self._plugins

    def watch(self, path: str | os.PathLike[str] | None = None, options: WatchOptions | None = None) -> Watcher:
        """Return a watcher, which keeps a repository's newest snapshot up to date once it is started.

        Args:
            path: The repository; None as in `index`.
            options: How to watch.

        Raises:
            ConfigError: The path is no directory.
        """
        return self._watcher(self._settings(path, {}), options)

    def awatch(
        self, path: str | os.PathLike[str] | None = None, options: WatchOptions | None = None
    ) -> AsyncIterator[ChangeEvent]:
        """Watch a repository as long as the events are asked for: `async for event in cg.awatch(repo)`; see `watch`."""
        return self._awatch(self._settings(path, {}), options)

    async def _awatch(self, config: IndexingConfig, options: WatchOptions | None) -> AsyncIterator[ChangeEvent]:
        watcher = self._watcher(config, options)
        stream = watcher.events()
        try:
            await watcher.astart()
            async for event in stream:
                yield event
        finally:
            await watcher.astop()

    def watcher(self, config: IndexingConfig) -> Watcher:
        """Return the running watcher of a repository whose settings ask for one; there is one for each root and store.

        It ends with `close`, or with the process.
        """
        key = (config.root_path.resolve(), config.store_path.resolve())
        with self._watching:
            known = self._watchers.get(key)
            if known is None or not known.running:
                known = self._watchers[key] = self._watcher(config, None).start()
            return known

    def _watcher(self, config: IndexingConfig, options: WatchOptions | None) -> Watcher:
        from codegraph._internal.plugin_host import PluginHost
        from codegraph._internal.watching.watcher import Watcher

        packs = {
            pack.name: pack
            for pack in PluginHost.load(objects=self._plugins).languages()
            if not config.languages or pack.name in config.languages
        }
        return Watcher(config, self.run, packs, options)

    def close(self) -> None:
        """Stop the watchers that settings asked for (`file_watcher`), and let go of the store indexed last.

        Waits while segments are merged, which runs leave to a thread. Graphs that are open stay so.
        """
        with self._watching:
            watchers, self._watchers = list(self._watchers.values()), {}
        for watcher in watchers:
            watcher.stop()
        if self._resident is not None:
            self._resident.close()

    async def aclose(self) -> None:
        """Stop the watchers from a worker thread; see `close`."""
        await in_thread(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def jobs(self, url: str | None = None) -> Jobs:
        """Open the durable jobs of a database: submit, look at, cancel, retry and do them.

        Args:
            url: `sqlite:////absolute/path` or `postgresql://user@host/database`; None is the environment's
                `CODEGRAPH_JOBS_URL`, else an SQLite file of this user.

        Raises:
            PluginError: `dependency-missing`: the extra `jobs` is not installed.
            StorageError: `job-store-unreachable`.
        """
        from codegraph._internal.sdk.jobs import Jobs

        return Jobs(self, url)

    async def ajobs(self, url: str | None = None) -> Jobs:
        """Open durable jobs in a worker thread; see `jobs`."""
        from codegraph._internal.sdk.asynchronous import Opening

        return await Opening(lambda: self.jobs(url))

    def require_plugin(self, call: str, plugin: str, config: IndexingConfig) -> None:
        """Raise unless a plugin of this name is installed and enabled.

        Raises:
            PluginError: It is not (code `not-installed`), or it runs other programs, and the repository is not
                trusted (`repository-not-trusted`).
        """
        from codegraph._internal.plugin_host import PluginHost
        from codegraph._internal.settings.trusted import is_trusted, not_trusted

        host = PluginHost.load(objects=self._plugins)
        states = {record.name: record for record in host.plugins()}
        if plugin not in states:
            raise not_installed(call, plugin)
        if states[plugin].state == "disabled":
            raise not_installed(call, plugin, reason=states[plugin].reason)
        if host.needs_trust(plugin) and not is_trusted(config.root_path):
            raise not_trusted(call, plugin, config.root_path)

    def _settings(self, path: str | os.PathLike[str] | None, options: dict[str, Any]) -> IndexingConfig:
        from codegraph._internal.settings import load_settings
        from codegraph._internal.settings.config import IndexingConfig, check_keys

        if not isinstance(path, (str, os.PathLike, type(None))):
            configured = isinstance(path, IndexingConfig)
            raise ConfigError(
                f"A path was expected, not {type(path).__name__}.",
                code="config-invalid",
                context={"remedy": f"Give {'CodeGraph(config=…)' if configured else 'a str or a pathlib.Path'}."},
            )
        if self._config is not None:
            changes = dict(options) if path is None else {**options, "root_path": Path(path)}
            check_keys(changes)
            config = attrs.evolve(self._config, **changes)
        else:
            config = load_settings(Path.cwd() if path is None else Path(path), code=options).config
        # Absolute from here on: a lazy run or a later read may happen in another working directory.
        cache_dir = config.cache_dir.absolute() if config.cache_dir is not None else None
        return attrs.evolve(config, root_path=config.root_path.absolute(), cache_dir=cache_dir)


def _has_version(analyzer: Analyzer) -> bool:
    """Say whether an analyzer's class gives a version: only then can an unchanged repository be skipped."""
    return any("version" in cls.__dict__ for cls in type(analyzer).__mro__ if cls is not Analyzer)

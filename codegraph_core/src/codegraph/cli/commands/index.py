"""`codegraph index`: run the pipeline on a repository and say what came out."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.options import Common, layer_tables

if TYPE_CHECKING:
    from codegraph._internal.settings import IndexingConfig

Many = Annotated[list[str] | None, Parameter(negative=())]

EXAMPLES: Final = """\
Examples:
  codegraph index .
  codegraph index ~/src/project --workers 2 --exclude 'vendor/**'
  codegraph index . --backend python --json
  codegraph index . --with occurrences
"""

app = App(name="index", help_epilogue=EXAMPLES)


@app.default
def index(
    path: Path = Path(),
    /,
    *,
    mode: Literal["full", "incremental", "smart"] | None = None,
    backend: Literal["auto", "rust", "python", "both"] | None = None,
    workers: Annotated[int | None, Parameter(name=["--workers", "-w"])] = None,
    executor: str | None = None,
    include: Many = None,
    exclude: Many = None,
    languages: Many = None,
    layers: Annotated[list[str] | None, Parameter(name=["--with"], negative=())] = None,
    lazy: Many = None,
    refresh: Annotated[bool, Parameter(negative=())] = False,
    common: Common | None = None,
) -> int:
    """Build the graph of a repository, or refresh it.

    The graph is committed as one snapshot: until then, and whatever happens, the previous one stays readable.

    Args:
        path: The repository's folder.
        mode: full builds everything anew; incremental and smart reuse what did not change.
        backend: Parsing engine; auto takes the native one when it is installed, both compares the two.
        workers: Threads or processes that parse, 1 to 32; default: the number of processors.
        executor: Where files are parsed: threads, processes (a file that crashes costs only itself), serial, or
            one that a plugin brings.
        include: Only files that match this pattern, as in .gitignore; repeatable.
        exclude: No files that match this pattern; repeatable.
        languages: Only these languages, as in --languages python; repeatable.
        layers: Also run an optional plugin, as in --with occurrences; repeatable.
        lazy: The same, of a plugin that can leave work for later: after an edit its rows may be older than the files,
            as in --lazy call-graph; repeatable.
        refresh: Also compute anew what lazy stages and analyzers left as it was (codegraph status names it).
    """
    from codegraph._internal.pandas_later import import_pandas_later

    import_pandas_later()
    from codegraph._internal.indexing import CancelToken, Indexer
    from codegraph._internal.logging import configure_logging
    from codegraph._internal.settings import load_settings
    from codegraph.cli.progress import Progress
    from codegraph.cli.summary import print_summary
    from codegraph.cli.terminal import print_json

    common = common or Common()
    configure_logging(level="error" if common.quiet else None, json=common.json)
    given = {
        "mode": mode,
        "backend": backend,
        "parallel_workers": workers,
        "executor": executor,
        "include": include,
        "exclude": exclude,
        "languages": languages,
    }
    overrides: dict[str, Any] = common.overrides() | {name: value for name, value in given.items() if value is not None}
    if tables := layer_tables(layers, lazy):
        overrides["plugins"] = tables
    settings = load_settings(path.expanduser(), overrides)
    for name in tables:
        from codegraph._internal.sdk import CodeGraph

        CodeGraph(config=settings.config).require_plugin(f"--with {name}", name, settings.config)
    config = _with_layers_of_last(settings.config) if refresh else settings.config
    cancel, wanted = CancelToken(), () if refresh else None
    with _interruptible(cancel), Progress(quiet=common.quiet or common.json) as progress:
        try:
            result = Indexer(config, on_event=progress.on_event, cancel=cancel, refresh=wanted).run()
        except Exception:
            if cancel.cancelled:
                raise KeyboardInterrupt from None
            raise
    if common.json:
        print_json(result.summary)
    elif not common.quiet:
        print_summary(result.summary, changed=result.changed)
    return failures.SUCCESS


def _with_layers_of_last(config: IndexingConfig) -> IndexingConfig:
    """Return settings with the optional plugins of the newest snapshot, if there is one: they are to be refreshed."""
    from codegraph._internal.settings.plugin_tables import as_made
    from codegraph._internal.store.held import HeldSnapshot
    from codegraph_hookspecs import StorageError

    try:
        held = HeldSnapshot.open(config)
    except StorageError:  # the run says what is wrong, if anything is
        return config
    try:
        return as_made(config, held.summary)
    finally:
        held.close()


@contextmanager
def _interruptible(cancel: Any) -> Iterator[None]:
    """Turn the first Ctrl-C into a cancelled run, which keeps the old snapshot; the second ends at once."""

    def on_interrupt(*_: object) -> None:
        cancel.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)

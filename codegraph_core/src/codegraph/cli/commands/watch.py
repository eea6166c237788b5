"""`codegraph watch`: keep the graph up to date while files change."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.options import Common, layer_tables
from codegraph.cli.terminal import escape

if TYPE_CHECKING:
    from codegraph._internal.watching.options import ChangeEvent

Many = Annotated[list[str] | None, Parameter(negative=())]

EXAMPLES: Final = """\
Examples:
  codegraph watch .
  codegraph watch ~/src/project --debounce-ms 100 --with occurrences
  codegraph watch . --lazy call-graph --refresh-s 10
  codegraph watch . --poll --poll-s 5
  codegraph watch . --json | jq -r 'select(.kind == "updated").snapshot_id'
"""

app = App(name="watch", help_epilogue=EXAMPLES)


@app.default
def watch(
    path: Path = Path(),
    /,
    *,
    debounce_ms: int = 300,
    longest_wait_ms: int = 3_000,
    reconcile_s: float = 30.0,
    refresh_s: float = 5.0,
    max_file_bytes: int = 1_000_000,
    poll: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    poll_s: float = 2.0,
    updates: int | None = None,
    workers: Annotated[int | None, Parameter(name=["--workers", "-w"])] = None,
    include: Many = None,
    exclude: Many = None,
    layers: Annotated[list[str] | None, Parameter(name=["--with"], negative=())] = None,
    lazy: Many = None,
    common: Common | None = None,
) -> int:
    """Bring the graph up to date, and keep it so until interrupted. With --json, one object a line.

    Args:
        path: The repository's folder.
        debounce_ms: An update begins when nothing was noticed for so long.
        longest_wait_ms: An update begins so long after the first notice, whatever goes on.
        reconcile_s: The whole tree is looked at this often, in case a notice was lost; 0 for never.
        refresh_s: Rows that lazy stages and plugins left as they were are brought up to date when nothing changed for
            so long; 0 for never.
        max_file_bytes: Changes of larger files wait for that look.
        poll: Look at the tree every --poll-s instead of asking the system, as for network file systems.
        poll_s: How often the tree is looked at where the system gives no notices.
        updates: End after so many updates, the first included.
        workers: How many CPUs to use.
        include: Only files that match this pattern, as in .gitignore; repeatable.
        exclude: No files that match this pattern; repeatable.
        layers: Also run an optional plugin, as in --with occurrences; repeatable.
        lazy: The same, of a plugin that can leave work for later: after an edit its rows may be older than the files,
            as in --lazy call-graph; repeatable.
    """
    from codegraph._internal.logging import configure_logging
    from codegraph._internal.sdk import CodeGraph
    from codegraph._internal.settings import load_settings
    from codegraph._internal.watching.options import WatchOptions

    common = common or Common()
    configure_logging(level="error", json=common.json)
    given = {"parallel_workers": workers, "include": include, "exclude": exclude}
    overrides: dict[str, Any] = common.overrides() | {name: value for name, value in given.items() if value is not None}
    if tables := layer_tables(layers, lazy):
        overrides["plugins"] = tables
    try:
        options = WatchOptions(
            debounce_ms=debounce_ms,
            longest_wait_ms=longest_wait_ms,
            reconcile_s=reconcile_s,
            refresh_s=refresh_s,
            max_file_bytes=max_file_bytes,
            force_polling=poll,
            poll_s=poll_s,
        )
    except ValueError as error:
        raise failures.UsageError(str(error)) from None
    config = load_settings(path.expanduser(), overrides).config
    owner = CodeGraph(config=config)
    for name in tables:
        owner.require_plugin(f"--with {name}", name, config)
    watcher = owner.watch(options=options)
    stream = watcher.events()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stream.close())
    left = updates
    with watcher:
        while (event := stream.get(1.0)) is not None or not stream.ended:
            if event is None:
                continue
            _print(event, common)
            if event.kind == "updated" and left is not None:
                left -= 1
                if left <= 0:
                    break
    return failures.SUCCESS


def _print(event: ChangeEvent, common: Common) -> None:
    if common.json:
        print(json.dumps(event.to_dict(), ensure_ascii=False), flush=True)
        return
    if event.kind == "updated" and not common.quiet:
        latency = "" if event.latency_ms is None else f", {event.latency_ms:.0f} ms after the first notice"
        changes = ", ".join(f"{number} {name}" for name, number in event.changes.items() if number)
        told = f" ({changes})" if changes else ""
        print(escape(f"{event.snapshot_id} {event.reason}{told}: {event.seconds:.2f} s{latency}"), flush=True)
    elif event.kind in ("failed", "polling"):
        print(escape(f"{event.kind}: {event.message}"), file=sys.stderr, flush=True)

"""`codegraph status`: what the store holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cyclopts import App

from codegraph.cli import failures
from codegraph.cli.options import Common, Reading, find_root
from codegraph.cli.terminal import count, duration, escape, print_json, print_table, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegraph._internal.indexing.incremental.stale import Stale

SNAPSHOTS_SHOWN: Final = 10
FILES_SHOWN: Final = 20

EXAMPLES: Final = """\
Examples:
  codegraph status
  codegraph status --root ~/src/project --json
"""

app = App(name="status", help_epilogue=EXAMPLES)


@app.default
def status(*, reading: Reading | None = None, common: Common | None = None) -> int:
    """Say what the store of a repository holds, how old it is, and which files changed since.

    Exit code 1: nothing is indexed yet.
    """
    from codegraph._internal.indexing.incremental.stale import stale_files
    from codegraph._internal.settings import load_settings
    from codegraph._internal.settings.plugin_tables import as_made, asked_for
    from codegraph._internal.store.repository import open_store
    from codegraph.cli.summary import error_lines, summary_lines

    common, reading = common or Common(), reading or Reading()
    root = find_root(reading.root)
    config = load_settings(root, common.overrides()).config
    cache_dir = config.store_path
    if not cache_dir.is_dir():
        return _nothing(root, cache_dir, as_json=common.json)
    store = open_store(config, reading=True)
    try:
        snapshots = store.snapshots()
        head = store.head()
        if head is None:
            return _nothing(root, cache_dir, as_json=common.json)
        with store.snapshot(reading.snapshot) as snapshot:
            chosen = snapshot.info
            rows = {name: snapshot.count(name) for name in sorted(snapshot.tables())}
        layers = sorted({*head.summary.get("layers", ())} - asked_for(config.plugins))
        stale = stale_files(store, as_made(config, head.summary))
    finally:
        store.close()
    stored = sum(path.stat().st_size for path in cache_dir.rglob("*") if path.is_file())
    listed = [
        {
            "id": each.id,
            "parent_id": each.parent_id,
            "created_at": str(each.created_at),
            "branch": each.branch,
            "reason": each.reason,
        }
        for each in snapshots
    ]
    # The run that made a snapshot counted before the commit gave it its id.
    summary = {**chosen.summary, "snapshot_id": chosen.id} if chosen.summary else {}
    facts: dict[str, Any] = {
        "indexed": True,
        "root": str(root),
        "cache_dir": str(cache_dir),
        "stored_bytes": stored,
        "snapshot_id": chosen.id,
        "age_seconds": round(_age_seconds(str(chosen.created_at)), 3),
        "stale": {
            "everything": stale.everything,
            "added": list(stale.added),
            "modified": list(stale.modified),
            "removed": list(stale.removed),
        },
        "stale_rows": summary.get("stale", {}),
        "layers": layers,
        "tables": rows,
        "snapshots": listed,
        "summary": summary,
    }
    if common.json:
        print_json(facts)
        return failures.SUCCESS
    print(f"{escape(str(root))}: {len(snapshots)} snapshot(s), {size(stored)} in {escape(str(cache_dir))}")
    print(f"Snapshot {chosen.id} is {duration(_age_seconds(str(chosen.created_at)))} old.")
    print("".join(f"{line}\n" for line in [*_stale_lines(stale, layers), *left_lines(facts["stale_rows"])]), end="")
    print_table(("table", "rows"), [(name, count(number)) for name, number in rows.items()], right=["rows"])
    newest = sorted(listed, key=lambda each: str(each["id"]), reverse=True)[:SNAPSHOTS_SHOWN]
    columns = ("id", "created_at", "branch", "reason")
    print_table(columns, [[each[name] for name in columns] for each in newest], title="Snapshots, newest first")
    if summary:
        for label, text in summary_lines(summary):
            print(f"{label:<10} {text}")
        print("".join(f"{line}\n" for line in error_lines(summary.get("errors", ()))), end="")
    return failures.SUCCESS


def _age_seconds(created_at: str) -> float:
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(created_at)).total_seconds())


def _stale_lines(stale: Stale, layers: Sequence[str]) -> list[str]:
    """Say what `codegraph index` would have to look at."""
    again = "".join(f" --with {escape(name)}" for name in layers)
    if stale.is_fresh:
        return [f"The newest snapshot{f', made{again},' if again else ''} is what the tree is now."]
    if stale.everything:
        return [f"The newest snapshot is stale: {escape(stale.everything)}. The next run builds everything."]
    counts = {"added": stale.added, "modified": stale.modified, "removed": stale.removed}
    said = ", ".join(f"{len(paths)} {kind}" for kind, paths in counts.items() if paths)
    named = [f"  {kind:<8} {escape(path)}" for kind, paths in counts.items() for path in paths]
    more = [f"  … and {len(named) - FILES_SHOWN} more"] if len(named) > FILES_SHOWN else []
    return [f"The newest snapshot is stale: {said}. Run: codegraph index{again}", *named[:FILES_SHOWN], *more]


def left_lines(said: dict[str, Any]) -> list[str]:
    """Say which rows are older than the snapshot."""
    lines = [
        f"  {escape(name)}: of {each['since']}, {each['files']} file(s) changed since ({', '.join(each['tables'])})"
        for name, each in sorted(said.items())
    ]
    return ["Lazy stages whose rows are older. Run: codegraph index --refresh", *lines] if lines else []


def _nothing(root: Any, cache_dir: Any, *, as_json: bool) -> int:
    if as_json:
        print_json({"indexed": False, "root": str(root), "cache_dir": str(cache_dir)})
    else:
        print(f"Nothing is indexed in {escape(str(root))} yet. Run: codegraph index {escape(str(root))}")
    return failures.NO

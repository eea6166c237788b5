"""`codegraph snapshots`: what the store keeps, by name; differences, history, clean-up, bundles.

Ten small commands of one family, hence its length; each is a few lines over `Snapshots`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.failures import UsageError
from codegraph.cli.options import Common, Format, Reading, Repository
from codegraph.cli.reading import open_graph, open_snapshots
from codegraph.cli.terminal import count, escape, print_json, print_table, size

if TYPE_CHECKING:
    from codegraph._internal.sdk import SnapshotEntry, Snapshots

FILES_SHOWN: Final = 30
ROWS_SHOWN: Final = 50
BRIEF: Final = {
    "files": ("change", "path", "fields", "language", "status", "lines"),
    "nodes": ("change", "kind", "fqn", "file_path", "start_line", "fields"),
    "edges": ("change", "kind", "source_id", "target_id", "file_path", "line_number", "fields"),
}

EXAMPLES: Final = """\
Examples:
  codegraph snapshots list
  codegraph snapshots tag v1.2 --note "before the rewrite"
  codegraph snapshots diff v1.2 head
  codegraph snapshots diff head~1 head --table nodes --format csv
  codegraph snapshots history app.db.Session.get
  codegraph snapshots export v1.2 graph.zip
  codegraph snapshots gc --keep-last 5

A snapshot is named by id, tag, branch or "head"; name~N is the N-th before it.
"""

app = App(name="snapshots", help_epilogue=EXAMPLES)


@app.command(name="list")
def list_snapshots(
    *, branch: str | None = None, repository: Repository | None = None, common: Common | None = None
) -> int:
    """List the snapshots that can be opened, newest first.

    Args:
        branch: Only those made on this branch.
    """
    common, snapshots = _open(common, repository)
    chosen = [entry for entry in reversed(snapshots) if branch is None or entry.branch == branch]
    if common.json:
        print_json({"snapshots": [entry.to_dict() for entry in chosen]})
        return failures.SUCCESS
    columns = ("id", "created_at", "branch", "tags", "files", "nodes", "edges", "reason")
    rows = [
        [
            entry.id + (" *" if entry.head else ""),
            entry.created_at,
            entry.branch,
            entry.tags,
            *_counts(entry),
            entry.reason,
        ]
        for entry in chosen
    ]
    print_table(columns, rows, title="* newest of its branch", right=("files", "nodes", "edges"))
    return failures.SUCCESS


@app.command(name="show")
def show_snapshot(
    snapshot: str = "head", /, *, repository: Repository | None = None, common: Common | None = None
) -> int:
    """Say when, why, on what and with how many rows a snapshot was made.

    Args:
        snapshot: The snapshot.
    """
    common, snapshots = _open(common, repository)
    entry = snapshots.get(snapshot)
    rows = snapshots.rows(entry.id)
    if common.json:
        print_json({**entry.to_dict(), "tables": rows})
        return failures.SUCCESS
    for name in ("id", "parent_id", "created_at", "branch", "tags", "reason"):
        value = getattr(entry, name)
        print(f"{name:<12} {escape(', '.join(value) if isinstance(value, tuple) else str(value or ''))}")
    print_table(("table", "rows"), [(name, count(number)) for name, number in rows.items()], right=["rows"])
    return failures.SUCCESS


@app.command(name="tag")
def tag_snapshot(
    name: str,
    snapshot: str = "head",
    /,
    *,
    note: str = "",
    move: Annotated[bool, Parameter(negative=())] = False,
    repository: Repository | None = None,
    common: Common | None = None,
) -> int:
    """Give a snapshot a name, which keeps it.

    Args:
        name: Letters, digits and ._-/, beginning with a letter.
        snapshot: The snapshot.
        note: Why.
        move: Take the name from the snapshot that has it now.
    """
    common, snapshots = _open(common, repository)
    entry = snapshots.tag(name, snapshot, note=note, move=move)
    return _told(common, {"tag": name, "snapshot_id": entry.id}, f"{name} is {entry.id}.")


@app.command(name="untag")
def untag_snapshot(name: str, /, *, repository: Repository | None = None, common: Common | None = None) -> int:
    """Take a tag away; its snapshot goes with the next clean-up. Exit code 1: there is no such tag.

    Args:
        name: The tag.
    """
    common, snapshots = _open(common, repository)
    gone = snapshots.untag(name)
    _told(common, {"tag": name, "removed": gone}, f"{name} is no tag any more." if gone else f"There is no tag {name}.")
    return failures.SUCCESS if gone else failures.NO


@app.command(name="diff")
def diff_snapshots(
    before: str | None = None,
    after: str = "head",
    /,
    *,
    table: str | None = None,
    form: Annotated[Format | None, Parameter(name=["--format", "-f"])] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    repository: Repository | None = None,
    common: Common | None = None,
) -> int:
    """Compare two snapshots: which rows were added, removed, changed, or only moved. Exit code 1: they differ.

    Args:
        before: The older one; default: the one before AFTER.
        after: The newer one.
        table: Print this table's rows (nodes, edges, files, call_sites, …); without it, how many of each there are.
        form: table, json, jsonl, csv, parquet or arrow; of --table.
        output: File to write; of --table.
    """
    from codegraph.cli.formats import write_rows

    common, snapshots = _open(common, repository)
    if table is None and (form is not None or output is not None):
        raise UsageError("--format and --output need --table TABLE.")
    if common.json and form not in (None, "json"):
        raise UsageError(f"--json and --format {form} contradict each other.")
    difference = snapshots.diff(before, after)
    ends = {"before": difference.before.id, "after": difference.after.id}
    if table is None:
        counts = difference.counts()
        files = difference.to_arrow("files").select(["change", "path"]).to_pylist()
        if common.json:
            print_json({**ends, "tables": counts, "files": files})
        else:
            _print_counts(ends, counts, files)
        return failures.NO if counts else failures.SUCCESS
    chosen: Format = "json" if common.json else form or "table"
    schema, batches = difference.schema(table), difference.batches(table)
    if chosen == "table" and table in BRIEF:
        import pyarrow as pa

        schema = pa.schema([schema.field(name) for name in BRIEF[table]])
        batches = (batch.select(list(BRIEF[table])) for batch in batches)
    written = write_rows(batches, schema, chosen, output, head={**ends, "table": table})
    return failures.NO if written else failures.SUCCESS


@app.command(name="history")
def node_history(
    symbol: str, /, *, snapshot: str = "head", repository: Repository | None = None, common: Common | None = None
) -> int:
    """Print the versions of one symbol over the snapshots that are kept, oldest first.

    Args:
        symbol: An id, a fully qualified name, or the end of one; of the newest snapshot that has such a symbol.
        snapshot: Where the line of snapshots ends.
    """
    common, snapshots = _open(common, repository)
    node_id = symbol
    for entry in snapshots.line(snapshot):
        with open_graph(common, Reading(root=(repository or Repository()).root, snapshot=entry.id)) as graph:
            found = graph.find_symbol(symbol)
        if len(found) > 1:
            raise UsageError(f"{len(found)} symbols are named {symbol!r}; codegraph show {symbol} lists them.")
        if found:
            node_id = found[0].id
            break
    rows = snapshots.history(node_id, snapshot).to_pylist()
    if common.json:
        print_json({"node_id": node_id, "versions": rows})
    elif rows:
        columns = (
            "change",
            "since",
            "snapshot_id",
            "last_snapshot_id",
            "content_hash",
            "file_path",
            "start_line",
            "signature",
        )
        print_table(columns, [[row[name] for name in columns] for row in rows], title=node_id, right=["start_line"])
    else:
        print(f"No snapshot that is kept has a node {escape(node_id)}.")
    return failures.SUCCESS if rows else failures.NO


@app.command(name="gc")
def clean_up(
    *,
    keep_last: Annotated[int | None, Parameter(help="Snapshots of each branch that stay (keep_snapshots).")] = None,
    keep_days: Annotated[float | None, Parameter(help="Also keep what is younger than so many days.")] = None,
    gone_branches: Annotated[bool, Parameter(negative=(), help="Also drop branches that git no longer has.")] = False,
    repository: Repository | None = None,
    common: Common | None = None,
) -> int:
    """Drop snapshots that the settings do not keep, and the files that nobody uses any more.

    Heads, tagged snapshots and those that a living process reads stay.
    """
    common, snapshots = _open(common, repository, keep_snapshots=keep_last, keep_days=keep_days)
    done = snapshots.gc(gone_branches=gone_branches)
    facts = {"snapshots": list(done.snapshots), "segments": len(done.segments), "kept": len(snapshots)}
    return _told(common, facts, f"Dropped {len(done.snapshots)} snapshot(s); {len(snapshots)} stay.")


@app.command(name="compact")
def compact_segments(
    *,
    force: Annotated[bool, Parameter(negative=())] = False,
    repository: Repository | None = None,
    common: Common | None = None,
) -> int:
    """Merge segments when there are more than 64, and write those anew of which more than 30 % is dead.

    Args:
        force: Make one segment of everything that the newest snapshot has.
    """
    common, snapshots = _open(common, repository)
    done = snapshots.compact(force=force)
    names = ("before", "after", "rewritten", "bytes_before", "bytes_after")
    text = f"{done.before} → {done.after} segments; {size(done.bytes_before)} became {size(done.bytes_after)}."
    return _told(common, {name: getattr(done, name) for name in names}, text if done.rewritten else "Nothing to do.")


@app.command(name="export")
def export_snapshot(
    snapshot: str,
    path: Path,
    /,
    *,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    repository: Repository | None = None,
    common: Common | None = None,
) -> int:
    """Write a snapshot as one file: a zip of Parquet tables and a manifest.

    Args:
        snapshot: The snapshot.
        path: The file.
        overwrite: Replace a file that is there.
    """
    common, snapshots = _open(common, repository)
    entry = snapshots.get(snapshot)
    written = snapshots.export(path, entry.id, overwrite=overwrite)
    length = written.stat().st_size
    facts = {"snapshot_id": entry.id, "path": str(written), "bytes": length}
    return _told(common, facts, f"{entry.id} → {written} ({size(length)})")


@app.command(name="import")
def import_snapshot(
    path: Path,
    /,
    *,
    tag: str | None = None,
    repository: Repository | None = None,
    common: Common | None = None,
) -> int:
    """Store an exported snapshot beside the others; no branch moves. Its tag keeps it.

    Args:
        path: What `export` wrote.
        tag: Its name; default: imported/ and the id it had.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    common, snapshots = _open(common, repository, create=True)
    entry = snapshots.load(path, tag=tag)
    return _told(common, entry.to_dict(), f"{path} is {entry.id}, tagged {', '.join(entry.tags)}.")


def _open(common: Common | None, repository: Repository | None, **settings: Any) -> tuple[Common, Snapshots]:
    common = common or Common()
    return common, open_snapshots(common, repository or Repository(), **settings)


def _told(common: Common, facts: dict[str, Any], text: str) -> int:
    if common.json:
        print_json(facts)
    elif not common.quiet:
        print(escape(text))
    return failures.SUCCESS


def _counts(entry: SnapshotEntry) -> list[str]:
    """Return the numbers of files, nodes and edges that the run counted; blank where it did not."""
    found = [
        entry.summary.get("files", {}).get("seen") if isinstance(entry.summary.get("files"), dict) else None,
        *(
            entry.summary[name].get("total") if isinstance(entry.summary.get(name), dict) else None
            for name in ("nodes", "edges")
        ),
    ]
    return ["" if number is None else count(number) for number in found]


def _print_counts(ends: dict[str, str], counts: dict[str, dict[str, int]], files: list[dict[str, Any]]) -> None:
    from codegraph._internal.store.diff import CHANGES

    if not counts:
        print(f"{ends['before']} and {ends['after']} have the same rows.")
        return
    rows = [[table, *(count(numbers[change]) for change in CHANGES)] for table, numbers in counts.items()]
    print_table(("table", *CHANGES), rows, title=f"{ends['before']} → {ends['after']}", right=CHANGES)
    if files:
        shown = [[each["change"], each["path"]] for each in files[:FILES_SHOWN]]
        print_table(("change", "file"), shown)
        if len(files) > FILES_SHOWN:
            print(f"… {len(files) - FILES_SHOWN} more; --table files has all of them.")

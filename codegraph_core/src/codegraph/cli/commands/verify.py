"""`codegraph verify`: is the store sound, and is it what a fresh build would give?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.options import Common, Repository, find_root
from codegraph.cli.reading import open_snapshots
from codegraph.cli.terminal import count, print_json, print_table, size

if TYPE_CHECKING:
    from codegraph._internal.store.held import HeldSnapshot

EXAMPLES: Final = """\
Examples:
  codegraph verify
  codegraph verify --repair
  codegraph verify --incremental
  codegraph verify --rebuild --json
"""

app = App(name="verify", help_epilogue=EXAMPLES)


@app.default
def verify(
    *,
    repair: Annotated[bool, Parameter(negative=())] = False,
    rebuild: Annotated[bool, Parameter(negative=())] = False,
    incremental: Annotated[bool, Parameter(negative=())] = False,
    repository: Repository | None = None,
    common: Common | None = None,
) -> int:
    """Check the store: checksums of every byte, references, file versions, counts, ids, leftovers of the dead.

    Exit code 1: something is wrong, and was not repaired. Tables whose rows are said to be older than the snapshot are
    named, and compared with no build.

    Args:
        repair: Mend what can be told from something else; drop snapshots that lost their rows.
        rebuild: Also build the tree as it is now in a temporary store, and compare it with the newest snapshot.
        incremental: Also build the newest snapshot anew from the bytes that it was made of, and compare every row of
            every table: what many small updates left must be what one full run gives. The tree is not looked at.
    """
    common, repository = common or Common(), repository or Repository()
    snapshots = open_snapshots(common, repository)
    found = snapshots.verify(repair=repair)
    problems = [problem.to_dict() for problem in found.problems]
    older: set[str] = set()
    for compared in [_rebuilt] * rebuild + [_built_at_once] * incremental:
        differing, left = compared(common, repository)
        problems += differing
        older |= left
    sound = all(problem["repaired"] for problem in problems)
    if common.json:
        print_json({"ok": sound, "checked": found.checked, "problems": problems, "not_compared": sorted(older)})
        return failures.SUCCESS if sound else failures.NO
    checked = {name: size(value) if name == "bytes" else count(value) for name, value in found.checked.items()}
    if not common.quiet:
        print(
            "Checked " + ", ".join(f"{value} {name}" if name != "bytes" else value for name, value in checked.items())
        )
        if older:
            names = ", ".join(sorted(older))
            print(f"Not compared, since their rows are older: {names}. Run: codegraph index --refresh")
    if problems:
        columns = ("code", "subject", "message", "repaired")
        print_table(columns, [[problem[name] for name in columns] for problem in problems])
        if not sound and not repair and any(problem["repairable"] for problem in problems):
            print("codegraph verify --repair mends what can be mended.")
    elif not common.quiet:
        print("Nothing is wrong.")
    return failures.SUCCESS if sound else failures.NO


def _rebuilt(common: Common, repository: Repository) -> tuple[list[dict[str, Any]], set[str]]:
    """Build everything anew beside the store, from the tree as it is now.

    Returns:
        The tables whose rows differ from the newest snapshot's, and those that were not compared.
    """
    from codegraph._internal.indexing import Indexer
    from codegraph._internal.settings import load_settings
    from codegraph._internal.settings.plugin_tables import as_made
    from codegraph._internal.store.diff import SnapshotDiff
    from codegraph._internal.store.held import HeldSnapshot

    root = find_root(repository.root)
    ours = HeldSnapshot.open(load_settings(root, common.overrides()).config)
    try:
        with tempfile.TemporaryDirectory(prefix="codegraph-verify-") as folder:
            values = {**common.overrides(), "cache_dir": Path(folder), "mode": "full"}
            fresh = Indexer(as_made(load_settings(root, values).config, ours.summary)).run().held
            if fresh is None:
                return [], set()
            try:
                counts = SnapshotDiff(ours, fresh).counts()
            finally:
                fresh.close()
        left = _left(ours)
        problems = [
            {
                "code": "rebuild-differs",
                "subject": table,
                "message": ", ".join(f"{number} {change}" for change, number in changes.items() if number),
                "repairable": False,
                "repaired": False,
            }
            for table, changes in counts.items()
            if table not in left
        ]
        return problems, left
    finally:
        ours.close()


def _left(held: HeldSnapshot) -> set[str]:
    """Return the tables that have rows which lazy stages left as they were, and say so."""
    return {table for said in held.summary.get("stale", {}).values() for table in said["tables"]}


def _built_at_once(common: Common, repository: Repository) -> tuple[list[dict[str, Any]], set[str]]:
    """Build the newest snapshot from its own bytes beside the store.

    Returns:
        The tables whose rows differ, and those that were not compared.
    """
    from codegraph._internal.indexing.stored import SnapshotSources
    from codegraph._internal.sdk import CodeGraph
    from codegraph._internal.sdk.scratch import scratch_snapshot
    from codegraph._internal.settings import load_settings
    from codegraph._internal.settings.plugin_tables import as_made
    from codegraph._internal.store.equality import differences
    from codegraph._internal.store.held import HeldSnapshot

    config = load_settings(find_root(repository.root), common.overrides()).config
    ours = HeldSnapshot.open(config)
    try:
        config, left = as_made(config, ours.summary), _left(ours)
        sources = SnapshotSources(ours.snapshot, {}, config.root_path)
        sources.base = None
        fresh = scratch_snapshot(CodeGraph(config=config), config, sources, None)
        try:
            problems = [
                {
                    "code": "incremental-differs",
                    "subject": each.table,
                    "message": f"{each.missing} rows missing, {each.surplus} too many: {each.examples[0]}",
                    "repairable": False,
                    "repaired": False,
                }
                for each in differences(ours, fresh)
                if each.table not in left
            ]
            return problems, left
        finally:
            fresh.close()
    finally:
        ours.close()

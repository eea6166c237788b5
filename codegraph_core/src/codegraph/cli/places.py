"""What the commands `definition` and `references` share: places in files, and lists of occurrences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codegraph.cli import failures
from codegraph.cli.failures import UsageError
from codegraph.cli.options import Common
from codegraph.cli.terminal import print_json, print_table

if TYPE_CHECKING:
    from codegraph._internal.rows import Occurrence
    from codegraph._internal.sdk import Graph


def place_of(text: str) -> tuple[str, int, int] | None:
    """Return path, line and column of `FILE:LINE:COLUMN`, or None for any other text."""
    path, _, column = text.rpartition(":")
    path, _, line = path.rpartition(":")
    return (path, int(line), int(column)) if path and line.isdecimal() and column.isdecimal() else None


def path_in(graph: Graph, path: str) -> str:
    """Return a path as the graph has it: as it is, or relative to the repository's folder."""
    if graph.files().filter(path=path).exists():
        return path
    root = Path(str(graph.summary.get("root", ".")))
    try:
        inside = Path(path).resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        inside = path
    if not graph.files().filter(path=inside).exists():
        raise UsageError(f"The snapshot has no file {path!r}.")
    return inside


def print_places(common: Common, graph: Graph, found: Sequence[Occurrence], facts: dict[str, Any]) -> int:
    """Print occurrences; exit code 1 where there is none."""
    if common.json:
        rows = [one.to_dict() for one in found]
        print_json({"snapshot_id": graph.snapshot_id, **facts, "occurrences": rows})
    elif found:
        places = [f"{one.file_path}:{one.span.start_line}:{one.span.start_column}" for one in found]
        named = [(place, one.role, one.symbol) for place, one in zip(places, found, strict=True)]
        print_table(("place", "role", "symbol"), named)
    elif not common.quiet:
        print("Nothing is known there.")
    return failures.SUCCESS if found else failures.NO

"""Rows of a snapshot in a form that can be compared: sorted, without what names the moment and not the content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from codegraph import CodeGraph, Graph, Session
from codegraph._internal.indexing.stored import SnapshotSources
from codegraph._internal.sdk.scratch import scratch_snapshot
from codegraph._internal.store import Snapshot

TABLES = ("files", "nodes", "edges", "call_sites", "imports", "diagnostics", "findings", "metrics")
MOMENTS = {"files": {"mtime_ns"}, "nodes": {"version"}}


def graph_rows(graph: Graph) -> dict[str, list[str]]:
    """Return the rows of every public table as sorted JSON."""
    return {table: sorted(_rows(graph, table)) for table in TABLES}


def _rows(graph: Graph, table: str) -> list[str]:
    left_out = MOMENTS.get(table, set())
    rows: list[Mapping[str, Any]] = graph.query().table(table).to_arrow().to_pylist()
    return [
        json.dumps({key: value for key, value in row.items() if key not in left_out}, sort_keys=True, default=repr)
        for row in rows
    ]


def full_index(folder: Path, files: Mapping[str, bytes], graph: CodeGraph | None = None, **options: Any) -> Graph:
    """Write files into an empty folder and index them from nothing."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return (graph or CodeGraph()).index(folder, mode="full", **options).execute()


def built(session: Session) -> Graph:
    """Build everything from a session's snapshot with its changes, beside the store; no incremental run is asked."""
    snapshot, config = cast("Snapshot", session._snapshot()), session._config
    sources = SnapshotSources(snapshot, dict(session._changes), config.root_path)
    sources.base = None
    return Graph(scratch_snapshot(CodeGraph(config=config), config, sources, None))

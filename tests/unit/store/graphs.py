"""Small graphs as batches, and the whole content of a snapshot as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import xxhash

from codegraph._internal.store import Snapshot, Store
from codegraph_hookspecs import TABLES


def batch(table: str, rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """Return rows as a batch in the table's physical schema."""
    schema = TABLES[table].physical_schema
    return pa.record_batch([pa.array([row.get(f.name) for row in rows], f.type) for f in schema], schema=schema)


def node(name: str, path: str | None = "a.py", text: str = "", **more: Any) -> dict[str, Any]:
    """Return a node whose content hash follows from `text`."""
    fqn = f"{path.removesuffix('.py').replace('/', '.')}.{name}" if path else name
    return {
        "id": f"{fqn}@{path or 'external'}", "kind": "function", "name": name, "fqn": fqn, "file_path": path,
        "modifiers": ["async"], "visibility": "public", "is_test": False, "taint_sources": [],
        "content_hash": xxhash.xxh3_128_hexdigest(f"{name}{text}".encode()), "start_line": 1, **more,
    }  # fmt: skip


def edge(source: str, target: str, path: str | None = "a.py", kind: str = "calls") -> dict[str, Any]:
    """Return an edge between two node ids."""
    return {
        "id": xxhash.xxh3_64_hexdigest(f"{kind}\0{source}\0{target}\0{path}".encode()), "kind": kind,
        "source_id": source, "target_id": target, "file_path": path, "resolver": "lexical", "confidence": 1.0,
    }  # fmt: skip


def file(path: str) -> dict[str, Any]:
    """Return a row of `files`."""
    return {"path": path, "size": 1, "mtime_ns": 2, "lines": 3, "status": "ok", "parse_errors": 0}


def module(path: str, names: Iterable[str], text: str = "") -> dict[str, list[dict[str, Any]]]:
    """Return the rows of one file whose functions call each other in a row."""
    nodes = [node(name, path, text) for name in names]
    edges = [edge(a["id"], b["id"], path) for a, b in pairwise(nodes)]
    return {"files": [file(path)], "nodes": nodes, "edges": edges}


def commit(store: Store, *modules: Mapping[str, list[dict[str, Any]]], **options: Any) -> str:
    """Commit some modules as one snapshot and return its id."""
    with store.begin(repo_id="repo", reason="test", **options) as transaction:
        for tables in modules:
            for table, rows in tables.items():
                if rows:
                    transaction.append(table, batch(table, rows))
        return transaction.commit({"modules": len(modules)})


def rows(snapshot: Snapshot, table: str, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return a table as plain values."""
    return [row for part in snapshot.scan(table, columns) for row in part.to_pylist()]


def content(snapshot: Snapshot) -> dict[str, list[dict[str, Any]]]:
    """Return every table as plain values."""
    return {table: rows(snapshot, table) for table in snapshot.tables()}

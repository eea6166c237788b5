"""A small graph in a real store, for tests that need its indexes, its leases, or its physical batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from codegraph._internal.store import Snapshot, Store
from codegraph_hookspecs import TABLES

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "nodes": {"kind": "function", "modifiers": [], "visibility": "public", "is_test": False, "taint_sources": []},
    "edges": {"kind": "calls", "resolver": "lexical", "confidence": 1.0},
    "files": {"size": 1, "mtime_ns": 1, "lines": 1, "status": "ok", "parse_errors": 0},
}


def commit(store: Store, batch_rows: int = 7, **tables: Sequence[Mapping[str, Any]]) -> str:
    """Commit some rows as one snapshot; tables of the contract get the columns that are not given."""
    with store.begin(repo_id="repo", reason="test") as transaction:
        for table, rows in tables.items():
            for start in range(0, len(rows), batch_rows):
                part = [{**_DEFAULTS.get(table, {}), **row} for row in rows[start : start + batch_rows]]
                transaction.append(table, _batch(table, part))
        return transaction.commit({})


def _batch(table: str, rows: list[dict[str, Any]]) -> pa.RecordBatch:
    if table not in TABLES:
        return pa.RecordBatch.from_pylist(rows)
    schema = TABLES[table].physical_schema
    return pa.record_batch([pa.array([row.get(f.name) for row in rows], f.type) for f in schema], schema=schema)


@contextmanager
def opened(folder: Path, **tables: Sequence[Mapping[str, Any]]) -> Iterator[Snapshot]:
    """Store some rows and open the snapshot that has them."""
    with Store.open(folder) as store:
        commit(store, **tables)
        with store.snapshot() as snapshot:
            yield snapshot

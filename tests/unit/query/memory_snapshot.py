"""A snapshot over tables in memory: what queries read when the store is not what a test is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from codegraph._internal.store.hashing import text_key
from codegraph_hookspecs import TABLES

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "nodes": {"kind": "function", "modifiers": [], "visibility": "public", "is_test": False, "taint_sources": []},
    "edges": {"kind": "calls", "resolver": "test", "confidence": 1.0},
    "files": {"size": 1, "mtime_ns": 1, "lines": 1, "status": "ok", "parse_errors": 0},
}


class MemorySnapshot:
    """Tables in batches of a given size, each batch with dictionaries of its own.

    Attributes:
        scanned: (table, columns) of every scan, in order.
        looked_up: Name of every index lookup, in order.
    """

    def __init__(self, batch_rows: int = 3, **tables: Sequence[Mapping[str, Any]]) -> None:
        self.id = "snapshot-1"
        self.scanned: list[tuple[str, tuple[str, ...]]] = []
        self.looked_up: list[str] = []
        self._batches = {name: _batches(name, rows, batch_rows) for name, rows in tables.items()}

    def tables(self) -> list[str]:
        return sorted(self._batches)

    def count(self, table: str) -> int:
        return sum(batch.num_rows for batch in self._batches.get(table, ()))

    def scan(
        self, table: str, columns: Sequence[str] | None = None, predicate: pc.Expression | None = None
    ) -> Iterator[pa.RecordBatch]:
        assert predicate is None
        self.scanned.append((table, tuple(columns or ())))
        for batch in self._batches.get(table, ()):
            yield batch if columns is None else batch.select(list(columns))

    def nodes_by_id(self, ids: Sequence[str], columns: Sequence[str] | None = None) -> pa.Table:
        return self._lookup("nodes", "id", ids, columns)

    def nodes_by_fqn(self, fqn: str, columns: Sequence[str] | None = None) -> pa.Table:
        return self._lookup("nodes", "fqn", [fqn], columns)

    def nodes_by_name(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        return self._lookup("nodes", "name", [name], columns)

    def edges_from(
        self, ids: Sequence[str], kinds: Sequence[str] | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        return self._edges("source_id", ids, kinds, columns)

    def edges_to(
        self, ids: Sequence[str], kinds: Sequence[str] | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        return self._edges("target_id", ids, kinds, columns)

    def chosen(self, table: str, first: Sequence[str], columns: Sequence[str]) -> Iterator[Any]:
        for batch in self.scan(table, list(dict.fromkeys([*first, *columns]))):
            picked = batch.select(list(columns))
            yield batch.select(list(first)), lambda rows, picked=picked: picked.take(pa.array(rows))

    def rows_at(self, table: str, places: Any, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        whole = pa.Table.from_batches(self.scan(table, columns)).unify_dictionaries()
        yield from whole.take(pa.array(places)).to_batches()

    def edge_ends(
        self,
        keys: Any,
        near: str,
        *,
        kinds: Sequence[str] | None = None,
        resolvers: Sequence[str] | None = None,
        min_confidence: float | None = None,
    ) -> tuple[Any, Any]:
        far = "target_id" if near == "source_id" else "source_id"
        self.looked_up.append(f"edges.{near}")
        positions = {key: position for position, key in enumerate(keys.tolist())}
        found = [
            (positions[text_key(row[near])], text_key(row[far]))
            for row in self._rows("edges")
            if text_key(row[near]) in positions
            and (kinds is None or row["kind"] in kinds)
            and (resolvers is None or row["resolver"] in resolvers)
            and (min_confidence is None or row["confidence"] >= min_confidence - 1e-6)
        ]
        return np.array([p for p, _ in found], np.int64), np.array([k for _, k in found], np.uint64)

    def nodes_by_key(self, keys: Any, columns: Sequence[str], levels: Any = None) -> pa.RecordBatch:
        ids = {text_key(row["id"]): row["id"] for row in self._rows("nodes")}
        numbers = np.zeros(len(keys)) if levels is None else levels
        wanted = [(n, ids[key]) for key, n in zip(keys.tolist(), numbers.tolist(), strict=True) if key in ids]
        ordered = [node_id for _, node_id in (wanted if levels is None else sorted(wanted))]
        found = self.nodes_by_id(ordered, columns).to_pylist()
        schema = TABLES["nodes"].schema
        return pa.RecordBatch.from_pylist(found, schema=pa.schema([schema.field(name) for name in columns]))

    def _rows(self, table: str) -> list[dict[str, Any]]:
        return [row for batch in self._batches.get(table, ()) for row in batch.to_pylist()]

    def _lookup(self, table: str, column: str, values: Sequence[str], columns: Sequence[str] | None) -> pa.Table:
        self.looked_up.append(f"{table}.{column}")
        whole = pa.Table.from_batches(self._batches.get(table, ()), schema=TABLES[table].physical_schema)
        plain = whole[column].cast(pa.string())
        rows = [whole.filter(pc.equal(plain, value)) for value in values]
        found = pa.concat_tables(rows) if rows else whole.slice(0, 0)
        return found if columns is None else found.select(list(columns))

    def _edges(
        self, column: str, ids: Sequence[str], kinds: Sequence[str] | None, columns: Sequence[str] | None
    ) -> pa.Table:
        found = self._kinds(self._lookup("edges", column, ids, None), kinds)
        return found if columns is None else found.select(list(columns))

    @staticmethod
    def _kinds(edges: pa.Table, kinds: Sequence[str] | None) -> pa.Table:
        if kinds is None:
            return edges
        return edges.filter(pc.is_in(edges["kind"].cast(pa.string()), value_set=pa.array(kinds, pa.string())))


def _batches(name: str, rows: Sequence[Mapping[str, Any]], batch_rows: int) -> list[pa.RecordBatch]:
    if name not in TABLES:
        return list(pa.Table.from_pylist([dict(row) for row in rows]).to_batches(max_chunksize=batch_rows))
    schema, physical = TABLES[name].schema, TABLES[name].physical_schema
    defaults = _DEFAULTS.get(name, {})
    filled = [{**defaults, **row} for row in rows]
    chunks = [filled[start : start + batch_rows] for start in range(0, len(filled), batch_rows)]
    made = []
    for chunk in chunks:
        plain = pa.RecordBatch.from_pylist(chunk, schema=schema)
        made.append(
            pa.RecordBatch.from_arrays(
                [c.cast(f.type) for c, f in zip(plain.columns, physical, strict=True)], schema=physical
            )
        )
    return made


def node(id: str, **columns: Any) -> dict[str, Any]:  # noqa: A002 -- the column's name
    """Return a node's values; the name and fqn follow from the id."""
    fqn = id.partition("@")[0]
    return {"id": id, "fqn": fqn, "name": fqn.rpartition(".")[2], **columns}


def edge(source: str, target: str, kind: str = "calls", **columns: Any) -> dict[str, Any]:
    """Return an edge's values."""
    return {"id": f"{kind}:{source}>{target}", "kind": kind, "source_id": source, "target_id": target, **columns}

"""From what the analysis found to rows: edges of calls, statuses of call sites, external nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from codegraph_hookspecs import TABLES, TableBatch
from codegraph_plugins.stages.cross_file.rows import node_batch

CALLS: Final = ("calls", "instantiates", "raises")
_EDGES: Final = TABLES["edges"].physical_schema
_SITES: Final = TABLES["call_sites"].physical_schema
_DYNAMIC: Final = 1
_OPAQUE: Final = 2
_CLASS: Final = 1

RESOLVER: Final = "points-to"
SURE: Final = 0.95
"""Confidence where one callee is known."""
SEVERAL: Final = 0.85
"""Confidence where several callees are possible."""

Place = tuple[str, int, int]
"""A file, a line and a column."""
_Edge = tuple[str, str, str, str, int | None, int | None, str, float]
"""Kind, source, target, file, line, column, resolver, confidence."""


class CallRows:
    """Rows of calls in the analysed files.

    Args:
        paths: The files, in the order in which the analysis numbers them.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._analysed = pa.array(paths, pa.string())
        self._edges: list[pa.RecordBatch] = []
        self._sites: list[pa.RecordBatch] = []
        self._externals: set[str] = set()
        self._nodes: dict[tuple[str, int, int], str] = {}
        self._modules: dict[str, str] = {}

    def held_back(self, table: str, batch: pa.RecordBatch) -> pa.RecordBatch | None:
        """Keep the rows of a batch that the analysis may correct, and return the others."""
        if table == "nodes":
            kinds = batch.column("kind").to_pylist()
            ids = batch.column("id").to_pylist()
            self._externals.update(one for one, kind in zip(ids, kinds, strict=True) if kind == "external")
            return batch
        if table not in ("edges", "call_sites") or not self._paths:
            return batch
        ours = pc.is_in(batch.column("file_path").cast(pa.string()), self._analysed)
        if table == "edges":
            ours = pc.and_(ours, pc.is_in(batch.column("kind").cast(pa.string()), pa.array(CALLS)))
        held = batch.filter(ours)
        if held.num_rows:
            (self._edges if table == "edges" else self._sites).append(held)
        return batch.filter(pc.invert(ours))

    def take_nodes(self, batch: pa.RecordBatch) -> None:
        """Learn the ids of definitions by where they stand."""
        columns = (batch.column(name).to_pylist() for name in ("id", "kind", "file_path", "start_byte", "end_byte"))
        for node, kind, path, start, end in zip(*columns, strict=True):
            if kind == "module":
                self._modules[path] = node
            elif kind in ("function", "method", "class", "property", "enum"):
                self._nodes[path, start, end] = node

    def corrected(self, tables: Mapping[str, pa.RecordBatch]) -> Iterator[TableBatch]:
        """Yield the final rows of calls, and the external nodes that they name and that nobody has named before."""
        units = _columns(tables["units"])
        ids = [
            self._modules.get(self._paths[file]) if kind == 0 else self._nodes.get((self._paths[file], start, end))
            for file, start, end, kind in zip(units["file"], units["start"], units["end"], units["kind"], strict=True)
        ]
        found = _Found(self._paths, ids, units["kind"], tables)
        yield "call_sites", self._call_sites(found)
        edges, named = self._call_edges(found)
        fresh = sorted(named - self._externals)
        if fresh:
            names = [one.removesuffix("@external") for one in fresh]
            yield (
                "nodes",
                node_batch("external", fresh, [name.rpartition(".")[2] for name in names], names, [None] * len(names)),
            )
        yield "edges", edges

    def _call_sites(self, found: _Found) -> pa.RecordBatch:
        table = pa.Table.from_batches(self._sites, _SITES).unify_dictionaries() if self._sites else _SITES.empty_table()
        paths = table.column("file_path").to_pylist()
        spans = table.column("span").to_pylist()
        statuses, reasons = table.column("status").to_pylist(), table.column("reason").to_pylist()
        candidates = table.column("candidates").to_pylist()
        callers = table.column("caller_id").to_pylist()
        self._undecided: dict[Place, set[str]] = {}
        self._known: set[Place] = set()
        for row, (path, span) in enumerate(zip(paths, spans, strict=True)):
            place = (path, span["start_line"], span["start_column"])
            self._known.add(place)
            at = found.sites.get((path, span["start_byte"], span["end_byte"]))
            targets = found.targets[at] if at is not None else []
            if at is None and found.is_dead(callers[row]):
                statuses[row], reasons[row], candidates[row] = "unresolved", "dead-code", []
                continue
            if at is None or not targets:
                self._undecided.setdefault(place, set()).update(candidates[row])
                if at is not None and found.status[at] & _DYNAMIC and statuses[row] == "unresolved":
                    statuses[row], reasons[row] = "dynamic", "computed-callee"
                continue
            candidates[row] = sorted({target for target, _, _ in targets})
            inside = any(not target.endswith("@external") for target in candidates[row])
            statuses[row], reasons[row] = ("resolved" if inside else "external"), None
            if found.status[at] & _DYNAMIC and not inside:
                statuses[row], reasons[row] = "dynamic", "dynamic-attribute"
        columns: dict[str, Any] = {name: table.column(name).combine_chunks() for name in _SITES.names}
        columns["status"] = pa.array(statuses, pa.string()).dictionary_encode()
        columns["reason"] = pa.array(reasons, pa.string()).dictionary_encode()
        columns["candidates"] = pa.array(candidates, _SITES.field("candidates").type)
        arrays = [_one(columns[name]) for name in _SITES.names]
        return pa.RecordBatch.from_arrays(arrays, schema=_SITES)

    def _call_edges(self, found: _Found) -> tuple[pa.RecordBatch, set[str]]:
        edges: dict[_Edge, None] = {}
        for batch in self._edges:
            names = ("kind", "source_id", "target_id", "file_path", "line_number", "column", "resolver", "confidence")
            for row in zip(*(batch.column(name).to_pylist() for name in names), strict=True):
                place = (row[3], row[4], row[5])
                undecided = self._undecided.get(place, ())
                if row[2] in undecided if place in self._known else place not in found.decided:
                    edges[row] = None
        seen = {row[:6] for row in edges}
        for row in found.edges():
            if row[:6] not in seen:
                seen.add(row[:6])
                edges[row] = None
        order = {path: at for at, path in enumerate(self._paths)}
        rows = sorted(edges, key=lambda row: (order[row[3]], row[4] or 0, row[5] or 0, row[0], row[1], row[2]))
        return _edge_batch(rows), {row[2] for row in rows if row[2].endswith("@external")}


class _Found:
    """What the analysis found, with ids in the place of numbers."""

    def __init__(
        self,
        paths: Sequence[str],
        ids: Sequence[str | None],
        kinds: Sequence[int],
        tables: Mapping[str, pa.RecordBatch],
    ) -> None:
        sites = _columns(tables["sites"])
        count = len(sites["file"])
        self._paths, self._ids, self._kinds = paths, ids, kinds
        self.status = sites["status"]
        self._place = list(zip((paths[file] for file in sites["file"]), sites["line"], sites["column"], strict=True))
        self._caller = sites["caller"]
        self.sites = {
            (paths[file], start, end): at
            for at, (file, start, end) in enumerate(zip(sites["file"], sites["start"], sites["end"], strict=True))
        }
        self.targets: list[list[tuple[str, str, bool]]] = [[] for _ in range(count)]
        self._all: list[list[tuple[str, str, bool]]] = [[] for _ in range(count)]
        targets = _columns(tables["targets"])
        for site, implicit, unit, external in zip(
            targets["site"], targets["implicit"], targets["unit"], targets["external"], strict=True
        ):
            target = f"{external}@external" if unit < 0 else ids[unit]
            if target is None:
                continue
            kind = "instantiates" if unit >= 0 and kinds[unit] == _CLASS else "calls"
            one = (target, kind, bool(implicit))
            self._all[site].append(one)
            if not implicit or target.endswith(".__init__@py"):
                self.targets[site].append(one)
        self.decided = {self._place[at] for at in range(count) if any(not one[2] for one in self._all[at])}
        self._raises = _columns(tables["raises"])
        reached = tables["units"].column("reached").to_pylist()
        self._reached = {one for one, known in zip(ids, reached, strict=True) if known and one is not None}

    def is_dead(self, caller: str) -> bool:
        """Say whether a call that the analysis has not met is in code of a frame that it has analysed."""
        return caller in self._reached

    def edges(self) -> Iterator[_Edge]:
        """Yield the edges, sites in order."""
        for at, targets in enumerate(self._all):
            source = self._ids[self._caller[at]]
            if source is None:
                continue
            path, line, column = self._place[at]
            explicit = sum(not implicit for _, _, implicit in targets)
            for target, kind, implicit in targets:
                confidence = SURE if implicit or explicit <= 1 else SEVERAL
                yield kind, source, target, path, line, column, RESOLVER, confidence
        raises = self._raises
        for file, caller, line, column, unit, external in zip(
            *(raises[name] for name in ("file", "caller", "line", "column", "unit", "external")), strict=True
        ):
            source = self._ids[caller]
            target = f"{external}@external" if unit < 0 else self._ids[unit]
            if source is not None and target is not None:
                yield "raises", source, target, self._paths[file], line, column, RESOLVER, SURE


def _columns(batch: pa.RecordBatch) -> dict[str, list[Any]]:
    return {name: batch.column(name).to_pylist() for name in batch.schema.names}


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        return column.chunk(0) if column.num_chunks else pa.array([], column.type)
    return column


def _edge_batch(rows: Sequence[_Edge]) -> pa.RecordBatch:
    """Return edges as a batch; equal ones of a file are numbered, which tells their ids apart."""
    numbers: dict[tuple[str, str, str, str], int] = {}
    ids: list[str] = []
    for kind, source, target, path, *_ in rows:
        key = (path, kind, source, target)
        number = numbers[key] = numbers.get(key, -1) + 1
        text = "\0".join((kind, source, target, str(number)))
        ids.append(f"{xxhash.xxh3_64_intdigest(text.encode()):016x}")
    columns = list(zip(*rows, strict=True)) if rows else [()] * 8
    kinds, sources, targets, paths, lines, places, resolvers, confidences = columns
    given: dict[str, pa.Array] = {
        "id": pa.array(ids, pa.string()),
        "kind": pa.array(kinds, pa.string()).dictionary_encode(),
        "source_id": pa.array(sources, pa.string()).dictionary_encode(),
        "target_id": pa.array(targets, pa.string()).dictionary_encode(),
        "file_path": pa.array(paths, pa.string()).dictionary_encode(),
        "line_number": pa.array(lines, pa.int32()),
        "column": pa.array(places, pa.int32()),
        "resolver": pa.array(resolvers, pa.string()).dictionary_encode(),
        "confidence": pa.array(confidences, pa.float32()),
        "metadata": pa.nulls(len(rows), pa.string()),
    }
    return pa.RecordBatch.from_arrays([given[name] for name in _EDGES.names], schema=_EDGES)

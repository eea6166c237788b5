"""From what the analysis knows of values to edges: `reads`, `writes`, `has_type`, `returns_type`.

Attributes are decided by the objects that get to the receiver, names by the link stage: its references to variables and
fields are reads or writes by what the code does there. All is done on whole columns, as in `rows.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import TABLES, TableBatch
from codegraph_plugins.stages.cross_file.rows import node_batch
from codegraph_plugins.stages.points_to.columns import (
    Flags,
    Numbers,
    codes,
    firsts,
    keys,
    last_of,
    numbers,
    occurrences,
    plain,
    symbols,
)
from codegraph_plugins.stages.points_to.rows import EXTERNAL, SEVERAL, SURE, edge_ids

KINDS: Final = ("reads", "writes", "has_type", "returns_type")
_READS, _WRITES, _HAS_TYPE, _RETURNS_TYPE = range(4)
_RETURNED, _PARAMETER = 0, 1
"""Slots: what a function returns, its parameter; 2 is a member of a module or class."""
ANNOTATION: Final = "annotation"
"""Resolver of types that are declared."""
RESOLVER: Final = "points-to"
INFERRED: Final = 0.85
"""Confidence where all values that are seen are of one class."""
INFERRED_SEVERAL: Final = 0.7
MOST_TYPES: Final = 8
"""What has values of more classes has no type."""
ROWS_PER_BATCH: Final = 65_536

_VALUES: Final = pa.array(["variable", "field", "property", "constant", "enum_member"])
_NO_MEMBERS: Final = pa.array(["parameter", "package"])
_RETURNING: Final = pa.array(["function", "method", "property"])
_DECIDED: Final = pa.array(["java"])
"""Languages whose fields are decided by static types alone: nothing is left to the link stage."""
_EDGES: Final = TABLES["edges"].physical_schema
_REFERENCE_COLUMNS: Final = ("source_id", "target_id", "file_path", "line_number", "column", "resolver", "confidence")


class FactRows:
    """Edges of what is read, written and of what type it is, in the analysed files.

    Memory is the nodes of the files, their references, and what the analysis found, as numbers.

    Args:
        paths: The files, in the order in which the analysis numbers them.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = pa.array(paths, pa.string())
        self._references: list[pa.RecordBatch] = []
        self._nodes: list[pa.RecordBatch] = []

    def take_links(self, table: str, batch: pa.RecordBatch) -> None:
        """Note the link stage's references; the rows stay as they are."""
        if table != "edges":
            return
        ours = pc.is_in(batch.column("file_path").cast(pa.string()), self._paths)
        ours = pc.and_(ours, pc.equal(plain(batch.column("kind")), "references"))
        kept = batch.select(list(_REFERENCE_COLUMNS)).filter(ours)
        if kept.num_rows:
            self._references.append(kept)

    def take_nodes(self, batch: pa.RecordBatch) -> None:
        """Learn where definitions belong and what they declare."""
        file = codes(batch.column("file_path"), self._paths)
        wanted = pa.array(np.flatnonzero(file >= 0))
        if not len(wanted):
            return
        rows = batch.take(wanted)
        kind, metadata = plain(rows.column("kind")), pc.fill_null(rows.column("metadata"), "")
        declared = [pc.match_substring(metadata, f'"{word}"') for word in ("returns", "annotation")]
        given = {
            "id": rows.column("id"),
            "parent": plain(rows.column("parent_id")),
            "name": rows.column("name"),
            "file": pa.array(file[file >= 0]),
            "line": rows.column("start_line"),
            "is_value": pc.is_in(kind, _VALUES),
            "is_parameter": pc.equal(kind, "parameter"),
            "is_member": pc.invert(pc.is_in(kind, _NO_MEMBERS)),
            "is_returning": pc.is_in(kind, _RETURNING),
            "is_decided": pc.is_in(plain(rows.column("language")), _DECIDED),
            "has_returns": declared[0],
            "has_annotation": declared[1],
        }
        self._nodes.append(pa.RecordBatch.from_pydict(given))

    def rows(
        self, tables: Mapping[str, pa.RecordBatch], units: pa.Array, named: Sequence[pa.Array]
    ) -> Iterator[TableBatch]:
        """Yield the edges, by files, and before them the external nodes that only they name.

        Args:
            tables: What the engine returns.
            units: Ids of the analysis's units, null where no node stands: string[n].
            named: Ids of the external nodes that there are.
        """
        if not self._nodes:
            return
        names = _Names(pa.Table.from_batches(self._nodes), tables, units)
        self._nodes = []
        accesses = names.accesses(tables["accesses"])
        parts = [accesses, self._by_name(names, accesses, tables["stores"]), names.types(tables["types"])]
        edges = _Edges.joined(parts)
        edges = edges.take(np.flatnonzero(firsts(edges.key())))
        fresh = names.outside.filter(pc.invert(pc.is_in(names.outside, pa.concat_arrays([_NO_TEXT, *named]))))
        used = np.unique(edges.target[edges.target >= names.count]) - names.count
        fresh = fresh.filter(pc.is_in(fresh, names.outside.take(pa.array(used))))
        if len(fresh):
            full = [one.removesuffix(EXTERNAL) for one in fresh.to_pylist()]
            lasts = [name.rpartition(".")[2] for name in full]
            yield "nodes", node_batch("external", fresh.to_pylist(), lasts, full, [None] * len(full))
        yield from edges.batches(pa.concat_arrays([names.ids, names.outside]), self._paths)

    def _by_name(self, names: _Names, accesses: _Edges, stores: pa.RecordBatch) -> _Edges:
        """Return what the link stage's references to variables and fields read and write."""
        if not self._references:
            return _Edges.empty()
        links = pa.Table.from_batches(self._references).unify_dictionaries().combine_chunks().to_batches()[0]
        self._references = []
        target = names.node(links.column("target_id"))
        source = names.node(links.column("source_id"))
        rows = np.flatnonzero((target >= 0) & (source >= 0) & names.is_value[target] & ~names.is_decided[source])
        links, source, target = links.take(pa.array(rows)), source[rows], target[rows]
        file = codes(links.column("file_path"), self._paths)
        line, column = numbers(links.column("line_number")), numbers(links.column("column"))
        name = names.name[target]
        stored = [numbers(stores.column(each)) for each in ("file", "line", "column")]
        here, there = keys((file, line, column, name), (*stored, names.code(stores.column("name"))))
        at = last_of(here, there)
        is_write = at >= 0
        is_read = ~is_write
        if len(there):
            is_read |= numbers(stores.column("read"))[at] > 0
        resolver = plain(links.column("resolver"))
        confidence = np.asarray(links.column("confidence")).astype(np.float64)
        parts = []
        for kind, wanted in ((_READS, is_read), (_WRITES, is_write)):
            of_kind = np.full(len(rows), kind)
            found, known = keys(
                (of_kind, file, line, column, name),
                (accesses.kind, accesses.file, accesses.line, accesses.column, names.name[accesses.target]),
            )
            # Where the receiver's objects are known, they have decided.
            kept = np.flatnonzero(wanted & (last_of(found, known) < 0))
            columns = (of_kind, source, target, file, line, column)
            parts.append(_Edges([each[kept] for each in columns], confidence[kept], resolver.take(pa.array(kept))))
        return _Edges.joined(parts)


class _Names:
    """Nodes as positions, and what names of units mean; externals are numbered after the nodes."""

    def __init__(self, nodes: pa.Table, tables: Mapping[str, pa.RecordBatch], units: pa.Array) -> None:
        columns = {name: nodes.column(name).combine_chunks() for name in nodes.column_names}
        self.ids = columns["id"].cast(pa.string())
        self.count = len(self.ids)
        self._texts = tables["accesses"].column("name").dictionary
        self.name = numbers(pc.index_in(columns["name"].cast(pa.string()), self._texts))
        self._parent = numbers(pc.index_in(columns["parent"].cast(pa.string()), self.ids))
        self._file, self._line = numbers(columns["file"]), numbers(columns["line"])
        flags = {
            name: np.asarray(column).astype(bool)
            for name, column in columns.items()
            if name.startswith(("is_", "has_"))
        }
        self.is_value, self.is_decided = flags["is_value"], flags["is_decided"]
        self._is_returning = flags["is_returning"]
        self._says = {_HAS_TYPE: flags["has_annotation"], _RETURNS_TYPE: flags["has_returns"]}
        self._unit = numbers(pc.index_in(units.cast(pa.string()), self.ids))
        self._members = self._index(flags["is_member"])
        self._parameters = self._index(flags["is_parameter"])
        unit, base = (numbers(tables["bases"].column(name)) for name in ("unit", "base"))
        order = np.argsort(unit, kind="stable")
        self._base = base[order]
        everyone = np.arange(len(self._unit))
        self._base_start = np.searchsorted(unit[order], everyone)
        self._base_count = np.searchsorted(unit[order], everyone, side="right") - self._base_start
        outside = tables["types"].column("external")
        self.outside = pc.binary_join_element_wise(outside.dictionary.cast(pa.string()), EXTERNAL, "")

    def node(self, ids: pa.Array) -> Numbers:
        """Return the positions of ids, -1 of those that are no nodes of the files."""
        return codes(ids, self.ids)

    def code(self, names: pa.DictionaryArray) -> Numbers:
        """Return the codes of the engine's names, -1 of nulls: all its columns share one dictionary."""
        return numbers(names.indices)

    def _index(self, wanted: Flags) -> tuple[Numbers, Numbers]:
        """Return the keys of nodes by parent and name, sorted, and the nodes; of equals the first comes first."""
        rows = np.flatnonzero(wanted & (self._parent >= 0) & (self.name >= 0))
        key = self._parent[rows] << 32 | self.name[rows]
        order = np.argsort(key, kind="stable")
        return key[order], rows[order]

    @staticmethod
    def _find(index: tuple[Numbers, Numbers], parent: Numbers, name: Numbers) -> Numbers:
        known, rows = index
        if not known.size:
            return np.full(parent.size, -1)
        wanted = parent << 32 | name
        at = np.minimum(np.searchsorted(known, wanted), known.size - 1)
        return np.where((known[at] == wanted) & (parent >= 0) & (name >= 0), rows[at], -1)

    def member(self, holder: Numbers, name: Numbers) -> Numbers:
        """Return the members of units by name, along their bases: -1 where there is none."""
        pairs, inverse = np.unique(holder << 32 | np.maximum(name, 0), return_inverse=True)
        owner, wanted = pairs >> 32, pairs & 0xFFFF_FFFF
        found = self._find(self._members, self._unit[owner], wanted)
        deepest = int(self._base_count[owner].max()) if owner.size else 0
        for step in range(deepest):
            missing = np.flatnonzero((found < 0) & (self._base_count[owner] > step))
            if not missing.size:
                break
            base = self._base[self._base_start[owner[missing]] + step]
            found[missing] = self._find(self._members, self._unit[base], wanted[missing])
        return np.where(name >= 0, found[inverse], -1)

    def accesses(self, table: pa.RecordBatch) -> _Edges:
        """Return what is read and written through objects."""
        columns = ("file", "caller", "line", "column", "holder", "write")
        file, caller, line, column, holder, write = (numbers(table.column(name)) for name in columns)
        source, target = self._unit[caller], self.member(holder, self.code(table.column("name")))
        known = (source >= 0) & (target >= 0)
        known &= np.append(self.is_value, False)[target]
        # What a class writes to its own fields is their definition.
        known &= ~((write > 0) & (np.append(self._parent, -1)[target] == source))
        rows = np.flatnonzero(known)
        kind = np.where(write[rows] > 0, _WRITES, _READS)
        edges = _Edges.found(kind, source[rows], target[rows], file[rows], line[rows], column[rows])
        edges = edges.take(np.flatnonzero(firsts(edges.key())))
        (place,) = keys((edges.kind, edges.source, edges.file, edges.line, edges.column, self.name[edges.target]))
        _, inverse, counts = np.unique(place, return_inverse=True, return_counts=True)
        edges.confidence = np.where(counts[inverse] == 1, SURE, SEVERAL)
        return edges

    def types(self, table: pa.RecordBatch) -> _Edges:
        """Return what is of what type: what is declared, or where nothing is, what the values are."""
        owner, slot, inferred, unit = (numbers(table.column(name)) for name in ("owner", "slot", "inferred", "unit"))
        name, interface = self.code(table.column("name")), self.code(table.column("interface"))
        external = table.column("external")
        place = self._unit[owner]
        source = np.where(slot == _RETURNED, place, -1)
        source[(source >= 0) & ~self._is_returning[source]] = -1
        parameters = slot == _PARAMETER
        source[parameters] = self._find(self._parameters, place[parameters], name[parameters])
        members = slot > _PARAMETER
        found = self.member(owner[members], name[members])
        # A property is a function here: what it returns is said of it.
        has_type = np.append(self.is_value & ~self._is_returning, False)
        source[members] = np.where(has_type[found], found, -1)
        target = np.where(unit >= 0, np.append(self._unit, -1)[unit], -1)
        inner = np.flatnonzero(interface >= 0)
        target[inner] = self._find(self._members, target[inner], interface[inner])
        outside = numbers(external.indices)
        target = np.where((unit < 0) & (outside >= 0), self.count + outside, target)
        kind = np.where(slot == _RETURNED, _RETURNS_TYPE, _HAS_TYPE)
        is_inferred = inferred > 0
        says_so = np.zeros(len(kind), bool)
        for each, flags in self._says.items():
            says_so |= (kind == each) & flags[source]
        rows = np.flatnonzero((source >= 0) & (target >= 0) & ~(is_inferred & says_so))
        source, target, kind, is_inferred = source[rows], target[rows], kind[rows], is_inferred[rows]
        (node,) = keys((kind, source))
        declared = np.unique(node[~is_inferred])
        rows = np.flatnonzero(~is_inferred | ~np.isin(node, declared))
        source, target, kind, is_inferred = source[rows], target[rows], kind[rows], is_inferred[rows]
        nothing = np.full(rows.size, -1)
        edges = _Edges.found(kind, source, target, self._file[source], self._line[source], nothing)
        distinct = np.flatnonzero(firsts(edges.key()))
        edges, is_inferred = edges.take(distinct), is_inferred[distinct]
        (node,) = keys((edges.kind, edges.source))
        _, inverse, counts = np.unique(node, return_inverse=True, return_counts=True)
        several = counts[inverse]
        edges.confidence = np.where(is_inferred, np.where(several == 1, INFERRED, INFERRED_SEVERAL), SURE)
        edges.resolver = pa.array([ANNOTATION, RESOLVER]).take(pa.array(is_inferred.astype(np.int64)))
        return edges.take(np.flatnonzero(~is_inferred | (several <= MOST_TYPES)))


class _Edges:
    """Edges as numbers; a line or column that is not known is -1."""

    def __init__(
        self,
        columns: Sequence[Numbers],
        confidence: np.ndarray[tuple[int], np.dtype[np.float64]],
        resolver: pa.Array,
    ) -> None:
        self.kind, self.source, self.target, self.file, self.line, self.column = columns
        self.confidence, self.resolver = confidence, resolver

    @classmethod
    def found(
        cls, kind: Numbers, source: Numbers, target: Numbers, file: Numbers, line: Numbers, column: Numbers
    ) -> _Edges:
        """Return edges that the analysis makes, each the only one of its place."""
        resolver = pa.array([RESOLVER]).take(pa.array(np.zeros(len(kind), np.int64)))
        return cls((kind, source, target, file, line, column), np.full(len(kind), SURE), resolver)

    @classmethod
    def empty(cls) -> _Edges:
        """Return no edges."""
        none = np.zeros(0, np.int64)
        return cls.found(none, none, none, none, none, none)

    @classmethod
    def joined(cls, parts: Sequence[_Edges]) -> _Edges:
        """Return edges of several as one."""
        columns = [np.concatenate(each) for each in zip(*(part._numbers() for part in parts), strict=True)]
        confidence = np.concatenate([part.confidence for part in parts])
        return cls(columns, confidence, pa.concat_arrays([part.resolver for part in parts]))

    def _numbers(self) -> tuple[Numbers, ...]:
        return self.kind, self.source, self.target, self.file, self.line, self.column

    def key(self) -> Numbers:
        """Return a number for each edge; equal edges have equal ones."""
        return keys(self._numbers())[0]

    def take(self, rows: Numbers) -> _Edges:
        """Return some of them."""
        resolver = self.resolver.take(pa.array(rows))
        return _Edges([each[rows] for each in self._numbers()], self.confidence[rows], resolver)

    def batches(self, known: pa.Array, paths: pa.Array) -> Iterator[TableBatch]:
        """Yield them as rows, files in order, some files at a time."""
        order = np.lexsort((self.target, self.source, self.kind, self.column, self.line, self.file))
        file = self.file[order]
        starts = np.flatnonzero(np.append(True, file[1:] != file[:-1])) if file.size else np.zeros(0, np.int64)
        ends = np.append(starts[1:], file.size)
        first = 0
        for at, end in enumerate(ends.tolist()):
            if end - first >= ROWS_PER_BATCH or at + 1 == len(ends):
                yield "edges", self.take(order[first:end])._batch(known, paths)
                first = end

    def _batch(self, known: pa.Array, paths: pa.Array) -> pa.RecordBatch:
        (same,) = keys((self.file, self.kind, self.source, self.target))
        kinds = pa.array(KINDS)
        given: dict[str, pa.Array] = {
            "id": edge_ids((self.kind, self.source, self.target), occurrences(same), kinds, known),
            "kind": symbols(self.kind, kinds),
            "source_id": symbols(self.source, known),
            "target_id": symbols(self.target, known),
            "file_path": symbols(self.file, paths),
            "line_number": pa.array(self.line.astype(np.int32), mask=self.line < 0),
            "column": pa.array(self.column.astype(np.int32), mask=self.column < 0),
            "resolver": self.resolver.dictionary_encode(),
            "confidence": pa.array(self.confidence.astype(np.float32)),
            "metadata": pa.nulls(len(self.kind), pa.string()),
        }
        return pa.RecordBatch.from_arrays([given[name] for name in _EDGES.names], schema=_EDGES)


_NO_TEXT: Final = pa.array([], pa.string())

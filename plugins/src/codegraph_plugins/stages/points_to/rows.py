"""From what the analysis found to rows: edges of calls, statuses of call sites, external nodes.

Everything is done on whole columns: texts become positions in one sorted vocabulary, places become keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

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
    runs,
    symbols,
    vocabulary,
)

CALLS: Final = ("calls", "instantiates", "raises")
_EDGES: Final = TABLES["edges"].physical_schema
_SITES: Final = TABLES["call_sites"].physical_schema
_DEFINITIONS: Final = pa.array(["function", "method", "class", "interface", "enum", "enum_member", "property"])
_DYNAMIC: Final = 1
_REFLECTIVE: Final = 4
_NOT_WRITTEN: Final = 1
"""How a callee's call is written: 0 plainly, 1 not at all, 2 as a new object whose constructor it is."""
_CLASS: Final = 1
EXTERNAL: Final = "@external"
_CONSTRUCTOR: Final = r"\.(__init__|constructor)@(py|js|ts|tsx|jsx|mjs|cjs|mts|cts)$"

RESOLVER: Final = "points-to"
SURE: Final = 0.95
"""Confidence where one callee is known."""
SEVERAL: Final = 0.85
"""Confidence where several callees are possible."""
ASSUMED: Final = 0.7
"""Confidence where a declared type says of what class a receiver is."""
RESOLVERS: Final = (RESOLVER, RESOLVER, "rta", "cha")
"""Resolver by how a callee is known: by values, by a declared type, or where no object is seen to arrive by the static
type of the receiver: classes that objects are made of (rapid type analysis), all classes (class hierarchy analysis)."""
INSTANTIATED: Final = 0.7
HIERARCHY: Final = 0.5


class CallRows:
    """Rows of calls in the analysed files.

    Args:
        paths: The files, in the order in which the analysis numbers them.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = pa.array(paths, pa.string())
        self._edges: list[pa.RecordBatch] = []
        self._sites: list[pa.RecordBatch] = []
        self._externals: list[pa.Array] = []
        self._nodes: list[pa.RecordBatch] = []

    @property
    def externals(self) -> Sequence[pa.Array]:
        """Ids of the external nodes that there are so far."""
        return self._externals

    def held_back(self, table: str, batch: pa.RecordBatch) -> pa.RecordBatch | None:
        """Keep the rows of a batch that the analysis may correct, and return the others."""
        if table == "nodes":
            is_external = pc.equal(plain(batch.column("kind")), "external")
            self._externals.append(batch.column("id").filter(is_external))
            return batch
        if table not in ("edges", "call_sites") or not len(self._paths):
            return batch
        ours = pc.is_in(batch.column("file_path").cast(pa.string()), self._paths)
        if table == "edges":
            ours = pc.and_(ours, pc.is_in(batch.column("kind").cast(pa.string()), pa.array(CALLS)))
        held = batch.filter(ours)
        if held.num_rows:
            (self._edges if table == "edges" else self._sites).append(held)
        return batch.filter(pc.invert(ours))

    def take_nodes(self, batch: pa.RecordBatch) -> None:
        """Learn the ids of definitions by where they stand."""
        file, kind = codes(batch.column("file_path"), self._paths), plain(batch.column("kind"))
        is_module = np.asarray(pc.equal(kind, "module"))
        wanted = np.flatnonzero((file >= 0) & (is_module | np.asarray(pc.is_in(kind, _DEFINITIONS))))
        if wanted.size:
            # A module is the unit that begins nowhere: its nodes need not cover the whole text.
            start, end = (numbers(batch.column(name)) for name in ("start_byte", "end_byte"))
            given = {
                "id": batch.column("id").take(wanted),
                "file": pa.array(file[wanted]),
                "start": pa.array(np.where(is_module, -1, start)[wanted]),
                "end": pa.array(np.where(is_module, -1, end)[wanted]),
            }
            self._nodes.append(pa.RecordBatch.from_pydict(given))

    def corrected(self, tables: Mapping[str, pa.RecordBatch]) -> Iterator[TableBatch]:
        """Yield the final rows of calls, and the external nodes that they name and that nobody has named before."""
        ids = self.unit_ids(tables["units"])
        sites, links = _table(self._sites, _SITES), _table(self._edges, _EDGES)
        self._sites, self._edges = [], []
        outside = [_outside(tables[name].column("external")) for name in ("targets", "raises")]
        candidates = sites.column("candidates").flatten()
        known = vocabulary(ids, *outside, candidates, links.column("source_id"), links.column("target_id"))
        found = _Found(codes(ids, known), [codes(one, known) for one in outside], known, tables)
        rows, undecided = self._call_sites(sites, found)
        yield "call_sites", rows
        del sites, rows, candidates
        edges, named = self._call_edges(links, found, undecided)
        fresh = pc.filter(named, pc.invert(pc.is_in(named, pa.concat_arrays([_NO_TEXT, *self._externals]))))
        if len(fresh):
            self._externals.append(fresh)
            names = [one.removesuffix(EXTERNAL) for one in fresh.to_pylist()]
            lasts = [name.rpartition(".")[2] for name in names]
            yield "nodes", node_batch("external", fresh.to_pylist(), lasts, names, [None] * len(names))
        yield "edges", edges

    def unit_ids(self, units: pa.RecordBatch) -> pa.Array:
        """Return the ids of the analysis's units: string[n], null where no node stands."""
        file, start, end, kind = (numbers(units.column(name)) for name in ("file", "start", "end", "kind"))
        start, end = np.where(kind == 0, -1, start), np.where(kind == 0, -1, end)
        nodes = pa.Table.from_batches(self._nodes).combine_chunks() if self._nodes else None
        if nodes is None:
            return pa.nulls(len(file), pa.string())
        places = [numbers(nodes.column(name).combine_chunks()) for name in ("file", "start", "end")]
        wanted, there = keys((file, start, end), places)
        at = last_of(wanted, there)
        return nodes.column("id").combine_chunks().take(pa.array(at, mask=at < 0))

    def _call_sites(self, sites: pa.RecordBatch, found: _Found) -> tuple[pa.RecordBatch, _Undecided]:
        span = sites.column("span")
        file = codes(sites.column("file_path"), self._paths)
        line, place, start, end = (
            numbers(span.field(name)) for name in ("start_line", "start_column", "start_byte", "end_byte")
        )
        wanted, there = keys((file, start, end), (found.file, found.start, found.end))
        at = last_of(wanted, there)
        met = at >= 0
        count = np.where(met, found.candidate_counts[at], 0) if found.file.size else np.zeros(len(at), np.int64)
        decided = count > 0
        is_dynamic = met & (found.status[at] & _DYNAMIC > 0) if found.file.size else np.zeros(len(at), bool)
        is_reflective = met & (found.status[at] & _REFLECTIVE > 0) if found.file.size else np.zeros(len(at), bool)
        dead = ~met & found.is_reached(codes(sites.column("caller_id"), found.known))
        inside = decided & found.has_inside[at] if found.file.size else decided
        was_unresolved = np.asarray(pc.equal(plain(sites.column("status")), "unresolved"))

        status, reason = plain(sites.column("status")), plain(sites.column("reason"))
        changes: list[tuple[Flags, str, str | None]] = [
            (dead, "unresolved", "dead-code"),
            (met & ~decided & is_dynamic & was_unresolved, "dynamic", "computed-callee"),
            (met & ~decided & is_reflective, "dynamic", "reflection"),
            (inside, "resolved", None),
            (decided & ~inside, "external", None),
            (decided & ~inside & is_dynamic, "dynamic", "dynamic-attribute"),
        ]
        for rows, new_status, new_reason in changes:
            status = pc.if_else(pa.array(rows), new_status, status)
            reason = pc.if_else(pa.array(rows), pa.scalar(new_reason, pa.string()), reason)

        lists = sites.column("candidates")
        old = codes(lists.flatten(), found.known)
        offsets = np.asarray(lists.offsets).astype(np.int64) - lists.offsets[0].as_py()
        old_count = np.diff(offsets)
        first = (
            np.where(decided, old.size + found.candidate_starts[at], offsets[:-1]) if found.file.size else offsets[:-1]
        )
        length = np.where(decided, count, np.where(dead, 0, old_count))
        values = np.concatenate([old, found.candidates])[runs(first, length)]
        given = {
            "status": status.dictionary_encode(),
            "reason": reason.dictionary_encode(),
            "candidates": pa.ListArray.from_arrays(
                pa.array(np.append(0, np.cumsum(length)).astype(np.int32)),
                found.known.take(pa.array(values)),
                type=_SITES.field("candidates").type,
            ),
        }
        arrays = [given[name] if name in given else sites.column(name) for name in _SITES.names]
        open_rows = ~decided & ~dead
        named = runs(np.where(open_rows, offsets[:-1], 0), np.where(open_rows, old_count, 0))
        owner = np.repeat(np.arange(len(at)), np.where(open_rows, old_count, 0))
        undecided = _Undecided((file, line, place), (file[owner], line[owner], place[owner], old[named]))
        return pa.RecordBatch.from_arrays(arrays, schema=_SITES), undecided

    def _call_edges(
        self, links: pa.RecordBatch, found: _Found, undecided: _Undecided
    ) -> tuple[pa.RecordBatch, pa.Array]:
        kinds = pa.array(CALLS)
        before = _Edges(
            codes(links.column("kind"), kinds),
            codes(links.column("source_id"), found.known),
            codes(links.column("target_id"), found.known),
            codes(links.column("file_path"), self._paths),
            numbers(links.column("line_number")),
            numbers(links.column("column")),
        )
        place = (before.file, before.line, before.column)
        here, known, decided = keys(place, undecided.known, found.decided_places)
        pair, named = keys((*place, before.target), undecided.named)
        keep = np.where(last_of(here, known) >= 0, last_of(pair, named) >= 0, last_of(here, decided) < 0)
        resolvers = plain(links.column("resolver")).take(np.flatnonzero(keep))
        old, new = before.take(np.flatnonzero(keep)), found.edges()
        old_key, new_key = keys(old.columns(), new.columns())
        fresh = np.flatnonzero((last_of(new_key, old_key) < 0) & firsts(new_key))
        confidence = np.concatenate([np.asarray(links.column("confidence"))[keep], found.confidence()[fresh]])
        both = old.followed_by(new.take(fresh))
        resolver = pa.concat_arrays([resolvers, pa.array(RESOLVERS, pa.string()).take(found.certainty()[fresh])])
        order = np.lexsort(
            (
                both.target,
                both.source,
                both.kind,
                np.maximum(both.column, 0),
                np.maximum(both.line, 0),
                both.file,
            )
        )
        rows = both.take(order)
        (same,) = keys((rows.file, rows.kind, rows.source, rows.target))
        target = symbols(rows.target, found.known)
        given: dict[str, pa.Array] = {
            "id": edge_ids((rows.kind, rows.source, rows.target), occurrences(same), kinds, found.known),
            "kind": symbols(rows.kind, kinds),
            "source_id": symbols(rows.source, found.known),
            "target_id": target,
            "file_path": symbols(rows.file, self._paths),
            "line_number": pa.array(rows.line.astype(np.int32), mask=rows.line < 0),
            "column": pa.array(rows.column.astype(np.int32), mask=rows.column < 0),
            "resolver": resolver.take(order).dictionary_encode(),
            "confidence": pa.array(confidence[order].astype(np.float32)),
            "metadata": pa.nulls(order.size, pa.string()),
        }
        batch = pa.RecordBatch.from_arrays([given[name] for name in _EDGES.names], schema=_EDGES)
        return batch, target.dictionary.filter(pc.ends_with(target.dictionary, EXTERNAL))


class _Undecided:
    """Places of calls, and who the link stage takes for their callees where the analysis knows nothing."""

    def __init__(self, known: Sequence[Numbers], named: Sequence[Numbers]) -> None:
        self.known, self.named = known, named


class _Edges:
    """Edges as numbers; a line or column that is not known is -1."""

    def __init__(self, kind: Numbers, source: Numbers, target: Numbers, file: Numbers, line: Numbers, column: Numbers):
        self.kind, self.source, self.target = kind, source, target
        self.file, self.line, self.column = file, line, column

    def columns(self) -> tuple[Numbers, ...]:
        return self.kind, self.source, self.target, self.file, self.line, self.column

    def take(self, rows: Numbers) -> _Edges:
        return _Edges(*(column[rows] for column in self.columns()))

    def followed_by(self, other: _Edges) -> _Edges:
        return _Edges(*map(np.concatenate, zip(self.columns(), other.columns(), strict=True)))


class _Found:
    """What the analysis found, in numbers: ids are positions in `known`.

    Args:
        units: Id of each unit, -1 where it has none.
        outside: Ids of the outside names of targets and of raised classes, -1 where the program defines them.
        known: The vocabulary.
        tables: What the engine returns.
    """

    def __init__(
        self, units: Numbers, outside: Sequence[Numbers], known: pa.Array, tables: Mapping[str, pa.RecordBatch]
    ) -> None:
        self.known = known
        self._units = units
        columns = {name: numbers(tables["sites"].column(name)) for name in tables["sites"].schema.names}
        self.file, self.start, self.end = columns["file"], columns["start"], columns["end"]
        self.status, self._line, self._column = columns["status"], columns["line"], columns["column"]
        self._caller = units[columns["caller"]]
        names = ("site", "implicit", "assumed", "unit")
        site, implicit, assumed, unit = (numbers(tables["targets"].column(name)) for name in names)
        target = np.where(unit < 0, outside[0], units[unit]) if units.size else outside[0]
        named = target >= 0
        self._site, self._implicit, self._target = site[named], implicit[named] > 0, target[named]
        self._certainty = assumed[named]
        is_written = implicit[named] != _NOT_WRITTEN
        is_class = (unit >= 0) & (numbers(tables["units"].column("kind"))[unit] == _CLASS) if units.size else unit < -1
        self._kind = np.where(is_class[named], CALLS.index("instantiates"), CALLS.index("calls"))
        raises = {
            name: numbers(tables["raises"].column(name))
            for name in ("file", "caller", "line", "column", "assumed", "unit")
        }
        self._raises = raises
        inner = units[raises["unit"]] if units.size else raises["unit"]
        self._raised = np.where(raises["unit"] < 0, outside[1], inner)
        reached = numbers(tables["units"].column("reached")) > 0
        self._reached = np.zeros(len(known) + 1, bool)
        self._reached[units[reached & (units >= 0)]] = True

        # Candidates of a site: who is called by what is written there, and the constructor of a class.
        is_constructor = np.append(np.asarray(pc.match_substring_regex(known, _CONSTRUCTOR)), False)
        shown = np.flatnonzero(is_written | is_constructor[self._target])
        pairs = np.unique(self._site[shown] << 32 | self._target[shown])
        owners = pairs >> 32
        self.candidates = pairs & 0xFFFF_FFFF
        numbered = np.arange(self.file.size)
        self.candidate_starts = np.searchsorted(owners, numbered)
        self.candidate_counts = np.searchsorted(owners, numbered, side="right") - self.candidate_starts
        is_inside = np.append(~np.asarray(pc.ends_with(known, EXTERNAL)), False)
        self.has_inside = np.zeros(self.file.size, bool)
        self.has_inside[owners[is_inside[self.candidates]]] = True
        explicit = np.unique(self._site[~self._implicit])
        self.decided_places = (self.file[explicit], self._line[explicit], self._column[explicit])

    def is_reached(self, callers: Numbers) -> Flags:
        """Say whether code is of a frame that was analysed: a call there that was not met cannot run."""
        return self._reached[callers]

    def edges(self) -> _Edges:
        """Return the edges of calls, sites in order, then those of what is raised."""
        calls, raises = self._known_calls(), self._known_raises()
        site = self._site[calls]
        found = _Edges(
            self._kind[calls],
            self._caller[site],
            self._target[calls],
            self.file[site],
            self._line[site],
            self._column[site],
        )
        columns = {name: column[raises] for name, column in self._raises.items()}
        raised = _Edges(
            np.full(raises.size, CALLS.index("raises")),
            self._units[columns["caller"]],
            self._raised[raises],
            columns["file"],
            columns["line"],
            columns["column"],
        )
        return found.followed_by(raised)

    def confidence(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return the confidence of each edge of `edges`."""
        explicit = np.bincount(self._site[~self._implicit], minlength=self.file.size)
        calls = self._known_calls()
        is_sure = self._implicit[calls] | (explicit[self._site[calls]] <= 1)
        by_certainty = np.array([0, ASSUMED, INSTANTIATED, HIERARCHY])[self._certainty[calls]]
        of_calls = np.where(by_certainty > 0, by_certainty, np.where(is_sure, SURE, SEVERAL))
        of_raises = np.where(self._raises["assumed"][self._known_raises()] > 0, ASSUMED, SURE)
        return np.append(of_calls, of_raises)

    def certainty(self) -> Numbers:
        """Return how the callee of each edge of `edges` is known: a position in `RESOLVERS`."""
        of_calls = self._certainty[self._known_calls()]
        return np.append(of_calls, np.zeros(self._known_raises().size, of_calls.dtype))

    def _known_calls(self) -> Numbers:
        return np.flatnonzero(self._caller[self._site] >= 0)

    def _known_raises(self) -> Numbers:
        return np.flatnonzero((self._units[self._raises["caller"]] >= 0) & (self._raised >= 0))


_NO_TEXT: Final = pa.array([], pa.string())
_CHUNK: Final = 16_384
"""Edges whose ids are made at a time: as Python's objects they take ten times the memory."""


def _outside(names: pa.Array) -> pa.Array:
    """Return the ids of outside names."""
    texts = pc.binary_join_element_wise(names.dictionary.cast(pa.string()), EXTERNAL, "")
    return pa.DictionaryArray.from_arrays(names.indices, texts)


def _table(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Return batches as one."""
    plain_batches = [batch.select(schema.names) for batch in batches]  # the link stage adds columns of keys
    table = pa.Table.from_batches(plain_batches).unify_dictionaries() if batches else schema.empty_table()
    columns = [_one(column) for column in table.combine_chunks().columns]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _one(column: pa.ChunkedArray) -> Any:
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def edge_ids(rows: Sequence[Numbers], ordinals: Numbers, kinds: pa.Array, known: pa.Array) -> pa.Array:
    """Return edges' ids; equal ones of a file are numbered, which tells their ids apart.

    Args:
        rows: Kinds, sources and targets, as positions.
        ordinals: How many equals each edge has before it.
        kinds: What positions of kinds mean.
        known: What positions of sources and targets mean.
    """
    digest = xxhash.xxh3_64_intdigest
    parts = [_NO_TEXT]
    for start in range(0, ordinals.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        texts = pc.binary_join_element_wise(
            kinds.take(rows[0][part]),
            known.take(rows[1][part]),
            known.take(rows[2][part]),
            pa.array(ordinals[part]).cast(pa.string()),
            "\0",
        )
        ids = [f"{digest(text):016x}" for text in texts.cast(pa.binary()).to_pylist()]
        parts.append(pa.array(ids, pa.string()))
    return pa.concat_arrays(parts)

"""The sorted arrays of a segment's nodes and edges, gathered while rows are appended and written at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from attrs import frozen

from codegraph._internal.store import indexes
from codegraph._internal.store.hashing import Keys, dictionary_address, dictionary_codes
from codegraph._internal.store.layout import ENDS, ENDS_OF, ENDS_SCHEMA, PACKED_ROWS
from codegraph._internal.store.segment_writer import SegmentWriter
from codegraph_hookspecs import start_thread

NODE_KEYS: Final = ("id", "name", "fqn")
EDGE_KEYS: Final = ENDS_OF["edges"]
PARENT: Final = "parent_id"
_SORTED_ASIDE: Final = (("edges", "target_id"), ("nodes", PARENT), ("nodes", "name"), ("nodes", "fqn"))
"""Half of what `dangling` and `put` sort, in the order in which they need it."""
_SORTED_AHEAD: Final = 20_000
"""Rows from which on a column is worth sorting before its last row is known."""
_FEW_NAMES: Final = 0.7
"""Share of distinct keys below which an index has each key once."""


class _Keys:
    """A growing set of keys: sorted runs, each more than twice as long as the next."""

    def __init__(self) -> None:
        self._runs: list[Keys] = []

    def add(self, keys: Keys) -> None:
        run = np.sort(keys)
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate((self._runs.pop(), run)), kind="stable")  # merges
        self._runs.append(run)

    def missing(self, keys: Keys) -> npt.NDArray[np.int64]:
        """Return the positions of keys that are not in the set. Sorted keys are found several times faster."""
        left = np.arange(len(keys))
        for run in reversed(self._runs):
            left = left[~indexes.contains(run, keys[left])]
        return left


@frozen
class EndGroups:
    """The distinct ends of the rows of a table.

    Args:
        distinct: Their keys, ascending.
        starts: Where each one's rows begin among the rows in order of their ends; one entry more.
        places: The place of each among the sorted keys of the segment's nodes, …
        strange: … if it is one of those.
    """

    distinct: Keys
    starts: indexes.Rows
    places: npt.NDArray[np.int64]
    strange: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, ordered: Keys, nodes: Keys) -> EndGroups:
        """Group the sorted keys of a column."""
        distinct, starts = indexes.group(ordered)
        places = nodes.searchsorted(distinct)
        strange = nodes.take(places, mode="clip") != distinct if len(nodes) else np.ones(len(distinct), np.bool_)
        return cls(distinct, starts, places, strange)


@frozen
class IndexesMark:
    """How much was added at one moment.

    Args:
        keys: Parts of each column.
        strange: Parts of ids without a node.
        unseen: Ends that were not looked at yet, …
        unseen_rows: … and how many rows they have.
        nodes: Parts of nodes.
        edges: Parts of edges.
    """

    keys: Mapping[tuple[str, str], int]
    strange: int
    unseen: Sequence[tuple[Sequence[pa.Array], Sequence[Keys]]]
    unseen_rows: int
    nodes: int
    edges: int


class GraphIndexes:
    """What lookups need of the nodes and edges of one segment; 76 bytes a node and 18 an edge until written.

    Packed chunks have numbers instead of ids of nodes: the place among the sorted keys of the segment's nodes, and
    above those the place among the ids that are no node's here (`ENDS`). So equal keys mean equal ids; of a million
    ids, two share a key with a probability of 3 in 10**8.

    Args:
        packs: As in `SegmentWriter`.
    """

    def __init__(self, *, packs: bool = True) -> None:
        self._packs = packs
        self._keys: dict[tuple[str, str], list[Keys]] = {("nodes", name): [] for name in NODE_KEYS}
        self._keys |= {("edges", name): [] for name in EDGE_KEYS}
        self._sorted: dict[tuple[str, str], tuple[Keys, indexes.Rows]] = {}  # of the first rows, or of all
        self._coming: dict[tuple[str, str], Future[tuple[Keys, indexes.Rows]]] = {}
        self._begun: dict[tuple[str, str], int] = {}  # how many rows are sorted, or being sorted
        self._groups: dict[tuple[str, str], tuple[Keys, Keys, EndGroups]] = {}
        self._keys["nodes", PARENT] = []
        self._known = _Keys()
        self._strange: list[tuple[Keys, pa.Array]] = []
        self._unseen: list[tuple[Sequence[pa.Array], Sequence[Keys]]] = []
        self._unseen_rows = 0
        self._stamps: list[Keys] = []
        self._version_codes: list[npt.NDArray[np.int32]] = []
        self._edge_kinds: list[npt.NDArray[np.uint16]] = []
        self._versions: dict[str, int] = {}
        self._kinds: dict[str, int] = {}

    @property
    def versions(self) -> list[str]:
        """Names of the versions that nodes have, by code."""
        return list(self._versions)

    def version_codes(self, names: Sequence[str]) -> npt.NDArray[np.int32]:
        """Return the codes of versions; a new name gets the next one."""
        return np.array([self._versions.setdefault(name, len(self._versions)) for name in names], np.int32)

    def kind_codes(self, names: Sequence[str]) -> npt.NDArray[np.uint16]:
        """Return the codes of edge kinds; a new name gets the next one."""
        return np.array([self._kinds.setdefault(name, len(self._kinds)) for name in names], np.uint16)

    def add_nodes(self, keys: Mapping[str, Keys], stamps: Keys, versions: npt.NDArray[np.int32]) -> None:
        """Add nodes in row order: keys of id, name and fqn, stamps of their content, codes of their versions."""
        for name in NODE_KEYS:
            self._keys["nodes", name].append(keys[name])
        self._known.add(keys["id"])
        self._stamps.append(stamps)
        self._version_codes.append(versions)

    def add_parents(self, column: pa.Array, keys: Keys) -> None:
        """Add the parents of the nodes added last and their keys; a missing one has the key of the empty string."""
        self._keys["nodes", PARENT].append(keys)
        self.note_ends([column], [keys])

    def note_ends(self, columns: Sequence[pa.Array], keys: Sequence[Keys]) -> None:
        """Keep the text of ids that no node added so far has: they may be none's in this segment.

        Only packed chunks need it: few rows, and those of segments that are not to be packed, wait until `put`.

        Args:
            columns: Columns of ids, of the same rows; those that share a dictionary are looked at together.
            keys: The keys of each.
        """
        self._unseen.append((columns, keys))
        self._unseen_rows += len(columns[0])
        if self._packs and self._unseen_rows >= PACKED_ROWS:
            self._see_ends()

    def _see_ends(self) -> None:
        unseen, self._unseen, self._unseen_rows = self._unseen, [], 0
        for columns, keys in unseen:
            self._keep_strange(columns, keys)

    def _keep_strange(self, columns: Sequence[pa.Array], keys: Sequence[Keys]) -> None:
        for texts, of_value, places in _distinct(columns, keys):
            order = np.argsort(of_value)
            of_value, places = of_value[order], places[order]
            strange = self._known.missing(of_value)
            if len(strange):
                self._strange.append((of_value[strange], texts.take(pa.array(places[strange]))))
                self._known.add(of_value[strange])

    def add_edges(self, keys: Mapping[str, Keys], kinds: npt.NDArray[np.uint16]) -> None:
        """Add edges in row order: keys of both ends, codes of their kinds."""
        for name in EDGE_KEYS:
            self._keys["edges", name].append(keys[name])
        self._edge_kinds.append(kinds)

    def mark(self) -> IndexesMark:
        """Return what `undo` goes back to."""
        return IndexesMark(
            {place: len(parts) for place, parts in self._keys.items()},
            len(self._strange),
            list(self._unseen),
            self._unseen_rows,
            len(self._stamps),
            len(self._edge_kinds),
        )

    def undo(self, mark: IndexesMark) -> None:
        """Forget what was added since a mark; codes of versions and kinds stay."""
        for place, count in mark.keys.items():
            del self._keys[place][count:]
        del self._strange[mark.strange :], self._stamps[mark.nodes :], self._version_codes[mark.nodes :]
        del self._edge_kinds[mark.edges :]
        self._unseen, self._unseen_rows = list(mark.unseen), mark.unseen_rows
        self._sorted.clear()
        self._coming.clear()
        self._begun.clear()
        self._groups.clear()
        self._known = _Keys()
        for keys in (*self._keys["nodes", "id"], *(keys for keys, _ in self._strange)):
            self._known.add(keys)

    def sort_ahead(self) -> None:
        """Have the rows added so far sorted in another thread; those that follow are sorted and merged later.

        A column is sorted where that doubles what is sorted of it at least, so that merging stays cheap.
        """
        count = {place: sum(map(len, parts)) for place, parts in self._keys.items()}
        self._sort_aside(
            [place for place in self._keys if count[place] >= max(_SORTED_AHEAD, 2 * self._begun.get(place, 0))]
        )

    def sort_aside(self) -> None:
        """Have half of the columns sorted in another thread, beside what comes next; no row may follow."""
        self._sort_aside(_SORTED_ASIDE)

    def _sort_aside(self, places: Sequence[tuple[str, str]]) -> None:
        if not places:
            return
        coming = {place: Future[tuple[Keys, indexes.Rows]]() for place in places}
        work = {place: (self._sorted.get(place), self._coming.get(place), [*self._keys[place]]) for place in places}

        def sort() -> None:
            for place, done in coming.items():
                known, before, parts = work.pop(place)
                try:
                    done.set_result(_sorted(known if before is None else before.result(), parts))
                except BaseException as error:  # handed to whoever waits
                    done.set_exception(error)

        try:
            start_thread(sort)
        except (MemoryError, RuntimeError):  # there can be no thread: they are sorted when they are needed
            return
        self._begun |= {place: sum(map(len, self._keys[place])) for place in places}
        self._coming |= coming

    def order(self, table: str, column: str) -> tuple[Keys, indexes.Rows]:
        """Return the sorted keys of a column and their rows; what was sorted before is merged with further rows."""
        place = (table, column)
        coming = self._coming.pop(place, None)
        known = self._sorted.get(place) if coming is None else coming.result()
        found = self._sorted[place] = _sorted(known, self._keys[place])
        return found

    def ends(self, table: str, column: str) -> EndGroups:
        """Return the distinct ends of a table's rows; grouped again only after further rows of it or further nodes."""
        nodes, ordered = self.order("nodes", "id")[0], self.order(table, column)[0]
        found = self._groups.get((table, column))
        if found is None or found[0] is not nodes or found[1] is not ordered:
            found = self._groups[table, column] = (nodes, ordered, EndGroups.of(ordered, nodes))
        return found[2]

    def put(self, writer: SegmentWriter) -> dict[str, Any]:
        """Write the arrays into a segment, each freed once it is written; return the facts that belong to them."""
        nodes, node_rows = self.order("nodes", "id")
        ends = [("edges", name) for name in EDGE_KEYS] if writer.rows("edges") else []
        packed = writer.flush("nodes")
        if packed:
            ends.append(("nodes", PARENT))
        ends_packed = writer.flush("edges") or packed
        groups = {place: self.ends(*place) for place in ends}
        others = [group.distinct[group.strange] for group in groups.values()]
        foreign = np.unique(np.concatenate(others)) if others else np.zeros(0, np.uint64)
        if len(foreign):
            writer.put_array("ends/key", foreign)
            if ends_packed:
                self._see_ends()
                writer.put_rows(ENDS, pa.record_batch([self._texts(foreign)], ENDS_SCHEMA))
        self._strange, self._unseen = [], []
        self._groups.clear()
        for table, name in ends:
            self._put_ends(writer, table, name, groups.pop((table, name)), len(nodes), foreign)
        if writer.rows("edges"):
            writer.put_numbers("edges.kind/of_row", np.concatenate(self._edge_kinds))
        if writer.rows("nodes"):
            writer.put_array("nodes.id/key", nodes)
            writer.put_numbers("nodes.id/row", node_rows)
            writer.put_array("nodes.id/stamp", np.concatenate(self._stamps)[node_rows])
            writer.put_numbers("nodes.id/version", np.concatenate(self._version_codes)[node_rows])
            for name in NODE_KEYS[1:]:
                self._put_index(writer, name)
        return {"versions": list(self._versions), "kinds": list(self._kinds)}

    def _put_index(self, writer: SegmentWriter, name: str) -> None:
        ordered, rows = self.order("nodes", name)
        distinct, starts = indexes.group(ordered)
        if len(distinct) < _FEW_NAMES * len(ordered):
            writer.put_array(f"nodes.{name}/key", distinct)
            writer.put_numbers(f"nodes.{name}/start", starts)
        else:
            writer.put_array(f"nodes.{name}/key", ordered)
        writer.put_numbers(f"nodes.{name}/row", rows)
        del self._sorted["nodes", name], self._keys["nodes", name]

    def _put_ends(
        self, writer: SegmentWriter, table: str, name: str, group: EndGroups, nodes: int, foreign: Keys
    ) -> None:
        """Write the number of each row's end, and of edges where to find the rows of each end."""
        _, rows = self.order(table, name)
        lengths = np.diff(group.starts)
        numbers, strange = group.places, group.strange
        some_strange = bool(strange.any())
        if some_strange:
            numbers[strange] = nodes + foreign.searchsorted(group.distinct[strange])
        of_row = np.empty(len(rows), np.uint32)
        of_row[rows] = np.repeat(numbers.astype(np.uint32), lengths)
        writer.put_numbers(f"{table}.{name}/end", of_row)
        if table == "edges":
            if some_strange:  # those of nodes come first, as their numbers do
                late = np.repeat(strange, lengths)
                rows = np.concatenate((rows[~late], rows[late]))
            starts = np.zeros(nodes + len(foreign) + 1, np.int64)
            starts[numbers + 1] = lengths
            writer.put_numbers(f"edges.{name}/start", starts.cumsum())
            writer.put_numbers(f"edges.{name}/row", rows)
        del self._sorted[table, name], self._keys[table, name]

    def _texts(self, wanted: Keys) -> pa.Array:
        """Return the ids with some keys; the key of the empty string is that of a missing parent."""
        keys = np.concatenate([keys for keys, _ in self._strange] or [np.zeros(0, np.uint64)])
        texts = pa.chunked_array([texts.cast(pa.string()) for _, texts in self._strange], pa.string())
        order = np.argsort(keys)
        place = np.minimum(np.searchsorted(keys, wanted, sorter=order), max(0, len(keys) - 1))
        found = keys[order[place]] == wanted if len(keys) else np.zeros(len(wanted), np.bool_)
        places = order[place] if len(keys) else np.zeros(len(wanted), np.int64)
        return texts.take(pa.array(places, mask=~found)).combine_chunks()


def _sorted(known: tuple[Keys, indexes.Rows] | None, parts: Sequence[Keys]) -> tuple[Keys, indexes.Rows]:
    """Sort the keys of all parts; `known` is what the first ones gave."""
    done, rest = 0 if known is None else len(known[0]), list[Keys]()
    for part in parts:
        if done <= 0:
            rest.append(part)
        done -= len(part)
    if known is not None and not rest:
        return known
    later = indexes.sort_rows(np.concatenate(rest) if rest else np.zeros(0, np.uint64))
    return later if known is None else indexes.merge_rows(known, later)


def _distinct(
    columns: Sequence[pa.Array], keys: Sequence[Keys]
) -> Iterator[tuple[pa.Array, Keys, npt.NDArray[np.int64]]]:
    """Yield texts with the keys and places of those that rows have, once for each dictionary."""
    shared: dict[tuple[int, ...], tuple[pa.Array, Keys, npt.NDArray[np.bool_]]] = {}
    for column, own in zip(columns, keys, strict=True):
        if not len(column) or column.null_count == len(column):
            continue
        if not pa.types.is_dictionary(column.type):
            distinct, places = np.unique(own, return_index=True)
            yield column, distinct, places
            continue
        dictionary = column.dictionary
        count = len(dictionary)
        _, of_value, used = shared.setdefault(
            dictionary_address(dictionary), (dictionary, np.zeros(count, np.uint64), np.zeros(count, np.bool_))
        )
        codes, present = dictionary_codes(column), own
        if column.indices.null_count:
            there = np.asarray(column.indices.is_valid())
            codes, present = codes[there], own[there]
        of_value[codes] = present
        used[codes] = True
    for dictionary, of_value, used in shared.values():
        places = np.flatnonzero(used)
        yield dictionary, of_value[places], places

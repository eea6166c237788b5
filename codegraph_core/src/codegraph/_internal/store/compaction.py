"""Writes many small or mostly dead segments anew as one, and repoints every snapshot to it.

The new segment has every row that some snapshot has of the old ones, in their order, so each snapshot keeps its rows,
their order and its answers. Whoever has the old files open goes on reading them; whoever was just told of them looks
again (`Store._open_parts`). A crash leaves the old segments or the new one; the other is swept.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from attrs import frozen

from codegraph._internal.cancellation import check_cancelled
from codegraph._internal.store.catalog import Catalog
from codegraph._internal.store.failures import busy
from codegraph._internal.store.graph_indexes import EDGE_KEYS, NODE_KEYS, PARENT, GraphIndexes
from codegraph._internal.store.hashing import DictionaryKeys, Keys
from codegraph._internal.store.layout import TINY_BYTES
from codegraph._internal.store.parts import Place, SnapshotPart, encoded_slots, from_text
from codegraph._internal.store.segment import Segment, open_segment
from codegraph._internal.store.segment_writer import SegmentWriter
from codegraph._internal.store.tidying import GiveWay
from codegraph_hookspecs import StorageError

MOST_SEGMENTS: Final = 64
"""So many are merged by the commit that comes upon them."""
MANY_TINY: Final = 12
"""More tiny ones are merged when the store is closed: each costs every run a little, and merging them costs little."""
MOST_DEAD: Final = 0.3
"""Share of a segment's file versions that no snapshot has any more."""
_MOST_MERGES: Final = 8
_SMALL_BYTES: Final = 16 << 20
"""Segments below this are merged when there are too many; a large one is written anew only for its dead rows."""

Slots = npt.NDArray[np.int64]


@frozen
class Compacted:
    """What a compaction did.

    Args:
        before: Segments of the branch's head before.
        after: And after.
        rewritten: Segments that were written anew.
        bytes_before: Their bytes.
        bytes_after: Bytes of what took their place.
    """

    before: int
    after: int
    rewritten: int = 0
    bytes_before: int = 0
    bytes_after: int = 0


class NotCopiedError(Exception):
    """A snapshot has a file version that was not there when the compaction looked."""


@frozen
class _Source:
    """A segment to be merged: its number, the open file, and for each layer the slots that some snapshot has."""

    number: int
    segment: Segment
    alive: Mapping[str, Slots]
    owners: Mapping[str, Mapping[int, str]]


class Compaction:
    """One compaction of a store; the caller holds the store's compaction lock.

    Args:
        catalog: The catalog.
        folder: Where segments are.
        new_uuid: Gives names of segments.
        give_way: Called between batches.
    """

    def __init__(self, catalog: Catalog, folder: Path, new_uuid: Callable[[], str], give_way: GiveWay) -> None:
        self._catalog = catalog
        self._folder = folder
        self._new_uuid = new_uuid
        self._give_way = give_way
        self._known: dict[int, tuple[str, int, str]] = {}

    def run(self, *, force: bool, small_only: bool = False, tiny: bool = False) -> tuple[Compacted, list[str]]:
        """Merge what should be merged.

        Args:
            force: Make one segment of all that the head has.
            small_only: Leave large segments alone, however much of them is dead.
            tiny: Merge tiny segments when there are more than a dozen.

        Returns:
            What was done, and names of segments whose files may go.
        """
        if self._catalog.head() is None:
            return Compacted(0, 0), []
        lease = self._new_uuid()
        head, _ = self._catalog.open_snapshot(None, lease)
        try:
            return self._run(head.seq, force=force, small_only=small_only, tiny=tiny)
        finally:
            self._catalog.release([lease])

    def _run(self, head: int, *, force: bool, small_only: bool, tiny: bool) -> tuple[Compacted, list[str]]:
        before = len(_segments(self._catalog.all_parts()[head]))
        rewritten, bytes_before, bytes_after, gone = 0, 0, 0, list[str]()
        for _ in range(_MOST_MERGES):
            known = self._known = self._catalog.segments()
            everyone = [_segments(parts) for parts in self._catalog.all_parts().values()]
            lacked = _lacked(self._catalog.all_parts().values())
            order = _segments(self._catalog.all_parts()[head])
            dead = {number: self._dead_share(number, lacked) for number in order}
            chosen = set(order) if force else self._chosen(order, dead, small_only=small_only, tiny=tiny)
            runs = [_neighbours(run, everyone) for run in _runs(order, chosen)]
            run = next((run for run in runs if len(run) > 1 or any(dead.get(number, 0) > 0 for number in run)), None)
            if run is None:
                break
            merged, freed = self._merge(run, lacked)
            gone += freed
            rewritten += len(run)
            bytes_before += sum(known[number][1] for number in run)
            bytes_after += merged
            if force:
                break
        after = len(_segments(self._catalog.all_parts()[head]))
        return Compacted(before, after, rewritten, bytes_before, bytes_after), gone

    def _chosen(self, order: Sequence[int], dead: Mapping[int, float], *, small_only: bool, tiny: bool) -> set[int]:
        """Return the segments that should be written anew."""
        small = {number for number in order if self._known[number][1] < _SMALL_BYTES}
        chosen = {number for number in order if dead[number] > MOST_DEAD and (number in small or not small_only)}
        if len(order) > MOST_SEGMENTS:
            chosen |= small if len(order) - len(small) < MOST_SEGMENTS else set(order)
        few_files = {number for number in order if self._known[number][1] < TINY_BYTES}
        if tiny and len(few_files) > MANY_TINY:
            chosen |= few_files
        return chosen

    def _dead_share(self, number: int, lacked: Mapping[Place, Slots]) -> float:
        """Return the share of a segment's file versions that no snapshot has."""
        places = [place for place in lacked if place[0] == number]
        held = sum(len(self._catalog.owners_of(place)) for place in places)
        return sum(len(lacked[place]) for place in places) / max(1, held)

    def _merge(self, run: Sequence[int], lacked: Mapping[Place, Slots]) -> tuple[int, list[str]]:
        """Write some segments as one and repoint; return its bytes and the names of segments to delete."""
        uuid = self._new_uuid()
        self._catalog.intend(uuid)
        final = self._folder / f"{uuid}.seg"
        writer: SegmentWriter | None = None
        try:
            sources = [self._source(number, lacked) for number in run]
            alive = {(source.number, layer): slots for source in sources for layer, slots in source.alive.items()}
            writer = SegmentWriter(self._folder / f"{uuid}.seg.tmp")
            gathered = GraphIndexes()
            moved: dict[int, dict[int, int]] = {}
            for source in sources:
                moved[source.number] = _copy(source, writer, gathered, self._give_way)
            sealed = writer.publish(gathered.put(writer), final)
            freed = self._catalog.repoint(
                uuid, sealed, lambda text, new: repointed(from_text(text), new, moved, sealed.files, alive)
            )
        except BaseException as error:
            with contextlib.suppress(OSError):
                if writer is not None:
                    writer.discard()
            with contextlib.suppress(StorageError):
                self._catalog.withdraw(uuid)  # a file that got its name goes with the next sweep
            if isinstance(error, NotCopiedError):
                raise busy(self._folder, error) from error
            raise
        return sealed.size, freed

    def _source(self, number: int, lacked: Mapping[Place, Slots]) -> _Source:
        name, size, checksum = self._known[number]
        segment = open_segment(os.fspath(self._folder / f"{name}.seg"), size, checksum)
        owners = {layer: self._catalog.owners_of((at, layer)) for at, layer in lacked if at == number}
        alive = {
            layer: np.setdiff1d(np.array(sorted(held), np.int64), lacked[number, layer])
            for layer, held in owners.items()
        }
        return _Source(number, segment, alive, owners)


def repointed(
    parts: Sequence[SnapshotPart],
    new: int,
    moved: Mapping[int, Mapping[int, int]],
    files: Mapping[str, Mapping[int, str]],
    alive: Mapping[Place, Slots],
) -> list[SnapshotPart] | None:
    """Return a snapshot's parts with the merged segments replaced, or None where it has none of them.

    Args:
        parts: Its parts.
        new: Number of the new segment.
        moved: Merged segment → old slot → new slot.
        files: Layer → slots of the new segment.
        alive: The slots that were copied.

    Raises:
        NotCopiedError: The snapshot has a slot that was not copied; nothing may be changed.
    """
    if not any(part.segment in moved for part in parts):
        return None
    has: dict[str, list[Slots]] = {}
    for part in parts:
        if part.segment in moved:
            slots = np.setdiff1d(alive.get(part.place, np.zeros(0, np.int64)), part.dead_slots())
            if len(slots) != part.live:
                raise NotCopiedError
            mapping = moved[part.segment]
            has.setdefault(part.layer, []).append(np.array([mapping[slot] for slot in slots.tolist()], np.int64))
    merged = []
    for layer, moved_slots in has.items():
        every = np.array(sorted(files[layer]), np.int64)
        kept = np.concatenate(moved_slots)
        dead = np.setdiff1d(every, kept)
        merged.append(SnapshotPart(new, layer, len(kept), len(every), encoded_slots(dead)))
    first = next(position for position, part in enumerate(parts) if part.segment in moved)
    rest = [part for part in parts[first:] if part.segment not in moved]
    return [*parts[:first], *(part for part in merged if part.live), *rest]


def _lacked(everyone: Iterable[Sequence[SnapshotPart]]) -> dict[Place, Slots]:
    """Return for every segment and layer the slots that no snapshot has."""
    lacked: dict[Place, Slots] = {}
    for parts in everyone:
        for part in parts:
            dead = part.dead_slots()
            lacked[part.place] = np.intersect1d(lacked[part.place], dead) if part.place in lacked else dead
    return lacked


def _segments(parts: Iterable[SnapshotPart]) -> list[int]:
    """Return the segments of a snapshot in the order of its rows."""
    return list(dict.fromkeys(part.segment for part in parts))


def _neighbours(run: Sequence[int], everyone: Sequence[Sequence[int]]) -> list[int]:
    """Return a run with every segment that some snapshot has between two of it, in an order that suits all snapshots.

    Merging them keeps the order of rows in each. Nothing is returned where two snapshots order them differently.
    """
    merged = set(run)
    while True:
        between = set(merged)
        for order in everyone:
            places = [position for position, number in enumerate(order) if number in merged]
            if places:
                between.update(order[places[0] : places[-1] + 1])
        if between == merged:
            break
        merged = between
    sorter: TopologicalSorter[int] = TopologicalSorter({number: set() for number in sorted(merged)})
    for order in everyone:
        for earlier, later in pairwise([number for number in order if number in merged]):
            sorter.add(later, earlier)
    try:
        return list(sorter.static_order())
    except CycleError:
        return []


def _runs(order: Sequence[int], chosen: set[int]) -> list[list[int]]:
    """Cut the chosen segments into runs of neighbours: only those can be merged without moving rows."""
    runs: list[list[int]] = [[]]
    for number in order:
        if number in chosen:
            runs[-1].append(number)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _copy(source: _Source, writer: SegmentWriter, gathered: GraphIndexes, give_way: GiveWay) -> dict[int, int]:
    """Copy the rows that some snapshot has; return the new slot of each old one."""
    segment = source.segment
    slots = {slot: source.owners[layer][slot] for layer, living in source.alive.items() for slot in living.tolist()}
    moved = {slot: writer.add_owner(owner) for slot, owner in sorted(slots.items())}
    table_of = np.zeros(max(moved, default=0) + 2, np.uint32)
    for old, new in moved.items():
        table_of[old] = new
    hashes = DictionaryKeys()
    # Nodes first: ids that edges mean need no text then.
    for table in sorted(segment.tables, key=lambda name: name != "nodes"):
        if segment.layer(table) not in source.alive:
            continue
        owners = segment.row_owners(table)
        keep = np.isin(owners, source.alive[segment.layer(table)])
        if not keep.any():
            continue
        if table == "nodes":
            _copy_node_keys(segment, keep, gathered)
        elif table == "edges":
            _copy_edge_keys(segment, keep, gathered)
        for first, count, read in segment.pieces(table):
            check_cancelled()
            give_way()
            here = keep[first : first + count]
            if not here.any():
                continue
            rows = read(None)
            rows = rows if here.all() else rows.filter(pa.array(here))
            writer.append(table, rows, table_of[owners[first : first + count][here]])
            if table == "nodes":
                gathered.add_parents(rows.column(PARENT), hashes.rows(rows.column(PARENT)))
            elif table == "edges":
                for name in EDGE_KEYS:
                    gathered.note_ends([rows.column(name)], [hashes.rows(rows.column(name))])
    return moved


def _copy_node_keys(segment: Segment, keep: npt.NDArray[np.bool_], gathered: GraphIndexes) -> None:
    def by_row(column: str, values: str) -> npt.NDArray[np.generic]:
        ordered = segment.whole(f"nodes.{column}/{values}")
        unsorted = np.empty_like(ordered)
        unsorted[segment.whole(f"nodes.{column}/row")] = ordered
        return unsorted[keep]

    keys: dict[str, Keys] = {name: segment.node_keys(name)[keep] for name in NODE_KEYS}
    codes = gathered.version_codes(segment.facts["versions"])
    stamps = by_row("id", "stamp").astype(np.uint64, copy=False)
    gathered.add_nodes(keys, stamps, codes[by_row("id", "version").astype(np.int64)])


def _copy_edge_keys(segment: Segment, keep: npt.NDArray[np.bool_], gathered: GraphIndexes) -> None:
    keys: dict[str, Keys] = {name: segment.end_keys(name, np.flatnonzero(keep)) for name in EDGE_KEYS}
    codes = gathered.kind_codes(segment.facts["kinds"])
    gathered.add_edges(keys, codes[segment.whole("edges.kind/of_row")[keep]])

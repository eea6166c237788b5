"""A snapshot that no catalog knows: another one's rows, less those that a new segment takes the place of.

What dies is decided as `commits.put_on` decides it for a commit, but from the segments alone: the catalog's numbers of
them may have changed by a compaction since the base was opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from codegraph._internal.store.layout import OWNERS, SHARED
from codegraph._internal.store.live import LiveSegment
from codegraph._internal.store.segment import Segment

Slots = npt.NDArray[np.int64]
Parts = list[tuple[Segment, dict[str, Slots]]]
"""Segments, and by layer the slots of each that are dead."""
_NONE: Final[Slots] = np.zeros(0, np.int64)


def parts_over(
    base: Sequence[LiveSegment], new: Segment, files: Mapping[str, Mapping[int, str]], replaces: frozenset[str]
) -> Parts:
    """Return what a snapshot is made of whose new rows lie over another's.

    Args:
        base: The other snapshot's parts.
        new: The segment with the new rows.
        files: Layer → the owners of its slots.
        replaces: Owners whose rows die in every layer; those of new rows die in those rows' layer.
    """
    added = {layer: frozenset(held.values()) - replaces for layer, held in files.items()}
    known = replaces.union(*added.values())
    found: Parts = []
    there: dict[str, set[str]] = {}
    for part in base:
        dead: dict[str, Slots] = {}
        owners = _slots_of(part.segment, known)
        for layer, lacked in part.dead.items():
            dying = [slot for slot, owner in owners if owner in replaces]
            for slot, owner in owners:
                if owner not in replaces and owner in added.get(layer, ()):
                    if not owner.startswith(SHARED):
                        dying.append(slot)
                    elif len(_held(part.segment, layer, [slot])) and slot not in lacked:
                        there.setdefault(layer, set()).add(owner)
            lacks = np.union1d(lacked, _held(part.segment, layer, dying)) if dying else lacked
            if len(lacks) < part.segment.slots[layer]:
                dead[layer] = lacks
        if dead:
            found.append((part.segment, dead))
    # A node that owns itself and that the base has already stays as it is there.
    stillborn = {layer: [slot for slot, owner in held.items() if owner in there.get(layer, ())]
                 for layer, held in files.items()}  # fmt: skip
    fresh = {layer: np.array(sorted(stillborn[layer]), np.int64) for layer, held in files.items()
             if len(stillborn[layer]) < len(held)}  # fmt: skip
    return [*found, (new, fresh)] if fresh else found


def _slots_of(segment: Segment, owners: Iterable[str]) -> list[tuple[int, str]]:
    """Return the slots that some owners have in a segment, in whatever layer."""
    column = segment.read(OWNERS, 0).column(0)
    slots = np.flatnonzero(np.asarray(pc.is_in(column, value_set=pa.array(list(owners), pa.string()))))
    return list(zip(slots.tolist(), column.take(pa.array(slots)).to_pylist(), strict=True))


def _held(segment: Segment, layer: str, slots: Sequence[int]) -> Slots:
    """Return those of some slots that have rows in a layer."""
    wanted = np.array(slots, np.int64)
    held = [_NONE]
    for table in segment.tables:
        if segment.layer(table) == layer:
            own = segment.array(f"{table}/owner.slot")
            held.append(wanted[np.isin(wanted, own)])
    return np.unique(np.concatenate(held))

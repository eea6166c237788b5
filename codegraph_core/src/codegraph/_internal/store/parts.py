"""What a snapshot is made of: for each segment and layer, which file slots it has.

A snapshot writes this list itself, so that snapshots of any branch share segments without knowing of each other, and a
compaction repoints them by writing their lists anew. Slots that a snapshot lacks are a compressed bitmap: a thousand
dead slots cost a few hundred bytes.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash
from attrs import evolve, frozen

from codegraph._internal.store.failures import DamagedCatalogError

Place = tuple[int, str]
"""Segment number in the catalog, and layer."""


@frozen
class SnapshotPart:
    """The slots of one segment's layer that a snapshot has.

    Args:
        segment: The segment's number in the catalog.
        layer: Its layer.
        live: Slots that the snapshot has.
        total: Slots that the segment has in the layer.
        dead: The others, encoded; an empty string where there is none.
    """

    segment: int
    layer: str
    live: int
    total: int
    dead: str = ""

    @property
    def place(self) -> Place:
        """Segment and layer."""
        return self.segment, self.layer

    def dead_slots(self) -> npt.NDArray[np.int64]:
        """Return the slots that the snapshot lacks, ascending."""
        return _decoded(self.dead)

    def without(self, slots: Iterable[int]) -> SnapshotPart:
        """Return the part with further slots dead."""
        before = self.dead_slots()
        dead = np.union1d(before, np.fromiter(slots, np.int64))
        return evolve(self, live=self.live - (len(dead) - len(before)), dead=encoded_slots(dead))


@lru_cache(maxsize=1024)
def _decoded(text: str) -> npt.NDArray[np.int64]:
    if not text:
        return np.zeros(0, np.int64)
    packed = zlib.decompress(base64.b85decode(text))
    slots = np.flatnonzero(np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little"))
    slots.flags.writeable = False  # shared by whoever asks
    return slots


def encoded_slots(slots: npt.NDArray[np.int64]) -> str:
    """Return slots as the text that a part holds."""
    if not len(slots):
        return ""
    bits = np.zeros(int(slots.max()) + 1, np.uint8)
    bits[slots] = 1
    return base64.b85encode(zlib.compress(np.packbits(bits, bitorder="little").tobytes(), 1)).decode("ascii")


def to_text(parts: Iterable[SnapshotPart]) -> str:
    """Return parts as the catalog stores them: JSON and its checksum, since SQLite has none of its own."""
    text = json.dumps([[p.segment, p.layer, p.live, p.total, p.dead] for p in parts], separators=(",", ":"))
    return f"{text}\n{xxhash.xxh3_64_hexdigest(text.encode())}"


def from_text(text: str) -> list[SnapshotPart]:
    """Read parts back, in the order of their rows.

    Raises:
        DamagedCatalogError: The text is not what `to_text` wrote.
    """
    return list(_parts_in(text))


@lru_cache(maxsize=32)
def _parts_in(text: str) -> tuple[SnapshotPart, ...]:
    """A commit reads the same few lists several times: base, head, and those that stay."""
    return tuple(SnapshotPart(*row) for row in _checked(text))


def segments_in(text: str) -> set[int]:
    """Return the numbers of the segments that parts name.

    Raises:
        DamagedCatalogError: The text is not what `to_text` wrote.
    """
    return {part.segment for part in _parts_in(text)}


def _checked(text: str) -> list[list[Any]]:
    body, _, checksum = text.rpartition("\n")
    if xxhash.xxh3_64_hexdigest(body.encode("utf-8", "surrogateescape")) != checksum:
        raise DamagedCatalogError("what a snapshot is made of changed")
    rows: list[list[Any]] = json.loads(body)
    return rows


def differing(
    one: Sequence[SnapshotPart], other: Sequence[SnapshotPart]
) -> Iterator[tuple[Place, Any | None, Any | None]]:
    """Yield where two snapshots may differ; what they share costs nothing.

    Yields:
        Segment and layer, and for each of the two snapshots the slots it lacks there, or None where it has no slot.
    """
    ours = {part.place: part for part in one}
    theirs = {part.place: part for part in other}
    for place in ours.keys() | theirs.keys():
        a, b = ours.get(place), theirs.get(place)
        if a is None or b is None or a.dead != b.dead:
            yield place, None if a is None else a.dead_slots(), None if b is None else b.dead_slots()

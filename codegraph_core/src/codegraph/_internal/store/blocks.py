"""Blocks of text: some consecutive rows of the columns of a packed chunk that have no narrower encoding.

    (raw size, packed size)* payload*         sizes are u32, one pair for each column

Each column is compressed for itself (LZ4), so that a reader unpacks what it wants; one of equal sizes is not
compressed. A column of strings is, before that, all numbers little-endian:

    missing rows: u32, 0: u32, ends of the rows: i32 each after a first 0, [validity bits], bytes

Ends and bits are padded to eight bytes; bits are there if rows are missing. In a column of lists of strings the second
number counts the missing strings, and the bytes are the strings themselves: ends, [validity bits], bytes. Columns of
other types are Arrow IPC streams. An IPC stream for all columns, as chunks of format 2 have it, takes a quarter more
space and five times as long to open.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from codegraph._internal.store.columns import stream_of
from codegraph._internal.store.hashing import text_layout

_CODEC: Final = pa.Codec("lz4_raw")
_SIZES: Final = struct.Struct("<II")
_SPAN: Final = struct.Struct("<ii")
_ZERO: Final = bytes(4)
_NONE_MISSING: Final = bytes(12)
"""How a column begins in which no string is missing: two counts and the first end."""
_GAPS: Final = (b"", bytes(4))
"""What ends of four bytes lack to a multiple of eight."""
_POOL: Final = pa.system_memory_pool()
"""Arrow's own pool keeps pages for each of the many sizes of blocks; malloc joins what is freed: 2 MB less."""
_LEAST_PACKED: Final = 64
"""Fewer bytes are not worth a call."""

Cuts = npt.NDArray[Any]
"""Numbers of rows between which blocks lie, the first and the last among them."""


def blocks_of(columns: Sequence[pa.Array], rows: int) -> Iterator[bytes]:
    """Yield the blocks of some columns.

    Args:
        columns: Of one length, without dictionaries.
        rows: Of a block; the last one may have fewer.
    """
    count = len(columns[0])
    cuts = np.append(np.arange(0, count, rows), count)
    sizes_of = struct.Struct(f"<{2 * len(columns)}I").pack
    compress = _CODEC.compress
    for raws in zip(*(_raw_of(column, cuts) for column in columns), strict=True):
        payloads: list[bytes] = []
        sizes: list[int] = []
        for raw in raws:
            size = packed = len(raw)
            payload = raw
            if size >= _LEAST_PACKED:
                shorter = compress(raw, asbytes=True)
                if len(shorter) < size:
                    payload, packed = shorter, len(shorter)
            payloads.append(payload)
            sizes += (size, packed)
        yield b"".join((sizes_of(*sizes), *payloads))


def _raw_of(column: pa.Array, cuts: Cuts) -> Iterator[bytes]:
    """Yield the bytes of a column between each two cuts."""
    kind = column.type
    if pa.types.is_string(kind):
        if not column.null_count:
            yield from _whole_strings(column, cuts)
            return
        for missing, parts in _strings(column, cuts):
            yield b"".join((_SIZES.pack(missing, 0), *parts))
    elif pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        ends, values = np.asarray(column.offsets), column.values
        for outer, inner in zip(_ends(column, ends, cuts), _strings(values, ends[cuts]), strict=True):
            yield b"".join((_SIZES.pack(outer[0], inner[0]), *outer[1], *inner[1]))
    else:
        for start, stop in pairwise(cuts.tolist()):
            yield stream_of(pa.record_batch([column.slice(start, stop - start)], names=[""])).to_pybytes()


def _whole_strings(column: pa.Array, cuts: Cuts) -> Iterator[bytes]:
    """Yield the bytes of a column of strings, none of which is missing, between each two cuts: most columns are."""
    ends, text = text_layout(column)
    view, own = memoryview(text or b""), memoryview(_own_ends(ends, cuts))
    rows, places = (4 * cuts).tolist(), ends[cuts].tolist()
    for start, stop, first, last in zip(rows, rows[1:], places, places[1:]):  # noqa: B905 - it ends with the cuts
        yield b"".join((_NONE_MISSING, own[start:stop], _GAPS[(stop - start + 4) % 8 // 4], view[first:last]))


def _own_ends(ends: npt.NDArray[np.int32], cuts: Cuts) -> bytes:
    """Return the ends of all rows between cuts, counted from the cut before them."""
    own: bytes = (
        (ends[cuts[0] + 1 : cuts[-1] + 1] - np.repeat(ends[cuts[:-1]], np.diff(cuts)))
        .astype("<i4", copy=False)
        .tobytes()
    )
    return own


def _strings(column: pa.Array, cuts: Cuts) -> Iterator[tuple[int, list[Any]]]:
    """Yield for each two cuts how many strings between them are missing, and the parts: ends, bits, bytes."""
    ends, text = text_layout(column)
    view = memoryview(text or b"")
    for (missing, parts), (first, last) in zip(_ends(column, ends, cuts), pairwise(ends[cuts].tolist()), strict=True):
        parts.append(view[first:last])
        yield missing, parts


def _ends(column: pa.Array, ends: npt.NDArray[np.int32], cuts: Cuts) -> Iterator[tuple[int, list[Any]]]:
    """Yield for each two cuts how many rows between them are missing, and the parts: ends from 0 on, and bits."""
    own = _own_ends(ends, cuts)
    valid = np.asarray(column.is_valid()) if column.null_count else None
    missing = [0] * (len(cuts) - 1)
    if valid is not None:
        missing = np.diff(np.concatenate(([0], (~valid).cumsum()))[cuts]).tolist()
    begin = int(cuts[0])
    for (start, stop), gone in zip(pairwise(cuts.tolist()), missing, strict=True):
        parts = [_ZERO, own[4 * (start - begin) : 4 * (stop - begin)], _GAPS[(stop - start + 1) % 2]]
        if gone and valid is not None:
            bits = np.packbits(valid[start:stop], bitorder="little").tobytes()
            parts += [bits, bytes(-len(bits) % 8)]
        yield gone, parts


class Block:
    """Reads a block; columns are unpacked when they are first wanted. Safe to use from several threads.

    Args:
        content: Its bytes, verified.
        kinds: The types of its columns.
        rows: Its rows.

    Attributes:
        size: Bytes of all columns unpacked.
    """

    def __init__(self, content: pa.Buffer, kinds: Sequence[pa.DataType], rows: int) -> None:
        self._kinds = kinds
        self._rows = rows
        numbers = struct.unpack_from(f"<{2 * len(kinds)}I", content)
        self._places: list[tuple[int, int, int]] = []
        offset = _SIZES.size * len(kinds)
        for raw, packed in zip(numbers[::2], numbers[1::2], strict=True):
            self._places.append((offset, raw, packed))
            offset += packed
        # A copy, some kilobytes: blocks are kept, and must not keep the mapping of a segment that is gone.
        self._content = content.to_pybytes()
        self._unpacked: dict[int, bytes] = {}
        self._arrays: dict[int, pa.Array] = {}
        self._texts = [pa.types.is_string(kind) for kind in kinds]
        self._strings_at = _SIZES.size + _eights(4 * rows + 4)
        self.size: int = content.size + sum(numbers[::2])

    def array(self, field: int) -> pa.Array:
        """Return a column."""
        array = self._arrays.get(field)
        if array is None:
            array = self._arrays[field] = self._made(field)
        return array

    def _made(self, field: int) -> pa.Array:
        raw, kind = pa.py_buffer(self._raw(field)), self._kinds[field]
        if pa.types.is_string(kind):
            return self._strings(raw, _SIZES.size, self._rows, _SIZES.unpack_from(raw)[0], kind)
        if pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
            missing, inner = _SIZES.unpack_from(raw)
            valid, ends, place = _rows_of(raw, _SIZES.size, self._rows, missing)
            within = int.from_bytes(memoryview(ends)[-4:], "little")
            child = self._strings(raw, place, within, inner, kind.value_type)
            return pa.Array.from_buffers(kind, self._rows, [valid, ends], missing, children=[child])
        return pa.ipc.open_stream(raw).read_next_batch().column(0)

    def values(self, fields: Sequence[int], row: int) -> list[Any]:
        """Return the values of some columns in one row, for a few rows faster than through arrays."""
        found: list[Any] = []
        ends, texts = _SIZES.size + 4 * row, self._texts
        for field in fields:
            if not texts[field]:
                found.append(self.array(field)[row].as_py())
                continue
            raw = self._raw(field)
            start = self._strings_at
            if raw[:4] != _ZERO:  # some rows are missing
                if not raw[start + row // 8] >> row % 8 & 1:
                    found.append(None)
                    continue
                start += _eights(-(-self._rows // 8))
            first, last = _SPAN.unpack_from(raw, ends)
            found.append(raw[start + first : start + last].decode())
        return found

    def _raw(self, field: int) -> bytes:
        raw = self._unpacked.get(field)
        if raw is None:
            offset, size, packed = self._places[field]
            content = self._content[offset : offset + packed]
            raw = _CODEC.decompress(content, size, asbytes=True) if packed < size else content
            self._unpacked[field] = raw
        return raw

    @staticmethod
    def _strings(raw: pa.Buffer, place: int, count: int, missing: int, kind: pa.DataType) -> pa.Array:
        valid, ends, place = _rows_of(raw, place, count, missing)
        return pa.Array.from_buffers(kind, count, [valid, ends, raw.slice(place)], missing)


class StreamBlock:
    """Reads a block of format 2: an Arrow stream with LZ4 bodies. As `Block` otherwise."""

    def __init__(self, content: pa.Buffer, kinds: Sequence[pa.DataType], rows: int) -> None:
        self._batch = pa.ipc.open_stream(content, memory_pool=_POOL).read_next_batch()
        self.size: int = self._batch.nbytes

    def array(self, field: int) -> pa.Array:
        """Return a column."""
        return self._batch.column(field)

    def values(self, fields: Sequence[int], row: int) -> list[Any]:
        """Return the values of some columns in one row."""
        return [self._batch.column(field)[row].as_py() for field in fields]


AnyBlock = Block | StreamBlock


def _rows_of(raw: pa.Buffer, place: int, count: int, missing: int) -> tuple[pa.Buffer | None, pa.Buffer, int]:
    """Return validity bits, if there are any, ends, and where they stop."""
    ends = raw.slice(place, 4 * count + 4)
    place += _eights(4 * count + 4)
    if not missing:
        return None, ends, place
    size = -(-count // 8)
    return raw.slice(place, size), ends, place + _eights(size)


def _eights(size: int) -> int:
    return -(-size // 8) * 8

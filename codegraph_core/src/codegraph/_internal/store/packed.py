"""A packed chunk: columns that are read in place, then text in blocks that are compressed one by one.

    block* buffer* head length

The head (JSON) has the encoding of each column (`columns.py`; `text` and `ends` besides), and place and checksum of
each block (`blocks.py`). A lookup unpacks the blocks it hits, and of those the columns it wants. Blocks lie before the
chunk, so that its own checksum is over what is mapped.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from attrs import frozen

from codegraph._internal.store.blocks import AnyBlock, Block, StreamBlock, blocks_of
from codegraph._internal.store.columns import Column, Rows, code_counts, encoded, undictionaried
from codegraph._internal.store.layout import (
    ALIGNMENT,
    BLOCK_BYTES,
    BLOCK_ROWS,
    LEAST_BLOCK_ROWS,
    PIECE_BLOCKS,
    PIECE_ROWS,
)

_LENGTH_BYTES: Final = 8
_KEPT_BYTES: Final = 3 << 20
_PLANS_KEPT: Final = 8
_DENSE: Final = 3
_LOOKED_UP: Final = 64
"""Rows of a lookup at most: what more of them unpack is not kept, since it would be all that is."""

PACKING: Final = 2
"""How blocks are written; 1, which is still read, had Arrow streams (format 2 of segments)."""
TEXT: Final = "text"
END: Final = "end"

Ends = Callable[[str, Rows, pa.Array | None], pa.Array]
"""Returns the ids that a column has in some rows of the table, by its name; the rows' own ids, where they are read as
well, spare it to unpack them again."""


class Place(Protocol):
    """Writes parts and returns where they start in the file, and their checksum."""

    def __call__(self, parts: list[Any]) -> tuple[int, int]: ...


def pack(batch: pa.RecordBatch, ends: Sequence[str], place: Place, *, long_blocks: bool = False) -> list[Any]:
    """Write a chunk.

    Args:
        batch: Its rows, at least one.
        ends: Columns that are not written, because the segment has the nodes they mean.
        place: Appends to the file.
        long_blocks: Whether blocks of text have twice as much.

    Returns:
        Offset, bytes, rows and checksum of the chunk, and how its blocks are written.
    """
    parts: list[Any] = []
    size = 0

    def put(content: Any) -> int:
        nonlocal size
        view = memoryview(content).cast("B") if len(content) else memoryview(b"")
        start = size
        parts.append(view)
        size += len(view)
        if gap := -size % ALIGNMENT:
            parts.append(bytes(gap))
            size += gap
        return start

    columns: dict[str, list[Any]] = {}
    texts: dict[str, pa.Array] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        there = name in ends and column.null_count < batch.num_rows
        encoding = [END] if there else encoded(column, put)
        if encoding is None:
            texts[name] = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
            encoding = [TEXT, len(texts) - 1]
        columns[name] = encoding
    rows, blocks = _put_blocks(texts, batch.num_rows, place, 2 if long_blocks else 1)
    head = json.dumps({"columns": columns, "block_rows": rows, "blocks": blocks}, separators=(",", ":")).encode()
    parts += [head, len(head).to_bytes(_LENGTH_BYTES, "little")]
    offset, checksum = place(parts)
    return [offset, size + len(head) + _LENGTH_BYTES, batch.num_rows, f"{checksum:016x}", PACKING]


def _put_blocks(texts: dict[str, pa.Array], rows: int, place: Place, times: int) -> tuple[int, list[list[Any]]]:
    if not texts:
        return BLOCK_ROWS, []
    size = sum(column.nbytes for column in texts.values())
    count = times * max(LEAST_BLOCK_ROWS, min(BLOCK_ROWS, BLOCK_BYTES * rows // max(1, size)))
    blocks = []
    for content in blocks_of(list(texts.values()), count):
        offset, checksum = place([content])
        blocks.append([offset, len(content), f"{checksum:016x}"])
    return count, blocks


class _Unpacked:
    """The blocks that lookups of this process unpacked last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: OrderedDict[tuple[int, int], AnyBlock] = OrderedDict()
        self._bytes = 0

    def get(self, key: tuple[int, int]) -> AnyBlock | None:
        with self._lock:
            block = self._blocks.get(key)
            if block is not None:
                self._blocks.move_to_end(key)
            return block

    def put(self, key: tuple[int, int], block: AnyBlock) -> None:
        with self._lock:
            if key in self._blocks:
                return
            self._blocks[key] = block
            self._bytes += block.size
            while self._bytes > _KEPT_BYTES and len(self._blocks) > 1:
                self._bytes -= self._blocks.popitem(last=False)[1].size


_UNPACKED: Final = _Unpacked()


class Chunk(Protocol):
    """Some consecutive rows of a table."""

    num_rows: int
    schema: pa.Schema

    def rows_at_once(self, names: Sequence[str] | None) -> int:
        """Return how many rows to read at once of columns (None: all) so that little memory is used."""
        ...

    def read(self, rows: Rows, names: Sequence[str] | None) -> pa.RecordBatch:
        """Return some rows, a range or positions in the order wanted, with some columns or all."""
        ...

    def read_values(self, rows: npt.NDArray[Any], names: Sequence[str]) -> list[list[Any]]:
        """Return the values of a few rows, column by column."""
        ...

    def counts(self, rows: npt.NDArray[Any], name: str) -> dict[str | None, int]:
        """Return how often the values of a column of texts occur in some rows."""
        ...

    def verify(self) -> None:
        """Check what was not checked when the chunk was opened."""
        ...


class PlainChunk:
    """A chunk that is one Arrow stream."""

    def __init__(self, content: pa.Buffer) -> None:
        self._batch = pa.ipc.open_stream(content).read_next_batch()
        self.num_rows: int = self._batch.num_rows
        self.schema = self._batch.schema

    def rows_at_once(self, names: Sequence[str] | None) -> int:
        """Return all: they are not copied."""
        return self.num_rows

    def read(self, rows: Rows, names: Sequence[str] | None) -> pa.RecordBatch:
        """Return some rows with some columns or all, without a copy where they are a range."""
        batch = self._batch if names is None else self._batch.select(list(names))
        if isinstance(rows, slice):
            return batch.slice(rows.start, rows.stop - rows.start)
        return batch.slice(int(rows[0]), 1) if len(rows) == 1 else batch.take(pa.array(rows))

    def read_values(self, rows: npt.NDArray[Any], names: Sequence[str]) -> list[list[Any]]:
        """Return the values of a few rows, column by column."""
        return [column.to_pylist() for column in self.read(rows, names).columns]

    def counts(self, rows: npt.NDArray[Any], name: str) -> dict[str | None, int]:
        """Return how often the values of a column of texts occur in some rows."""
        column = self._batch.column(name)
        if not pa.types.is_dictionary(column.type):
            return _counted(column.take(pa.array(rows)))
        indices = column.indices
        missing = bool(indices.null_count)
        codes = np.asarray(indices.fill_null(len(column.dictionary)) if missing else indices)
        return code_counts(codes[rows], column.dictionary, missing=missing)

    def verify(self) -> None:
        """Do nothing: the chunk's checksum is over all of it."""


@frozen
class _Plan:
    """How to read some columns.

    Args:
        schema: Of the result.
        texts: Those that are in blocks, in the blocks' order.
        fields: Their numbers there.
        columns: Every column's name, and its reader where it is read in place.
    """

    schema: pa.Schema
    texts: list[str]
    fields: list[int]
    columns: list[tuple[str, Column | None]]


class PackedChunk:
    """Reads a packed chunk of a mapped segment. Safe to use from several threads.

    Args:
        mapped: The segment's bytes.
        serial: A number that no other segment of this process has or had.
        content: The chunk's bytes, verified.
        rows: Its rows.
        schema: The table's schema.
        packing: How its blocks are written.
        ends: Reads columns of ids of nodes, by rows of this chunk.
        damaged: Makes the error for a block that changed.
    """

    def __init__(
        self,
        mapped: pa.Buffer,
        serial: int,
        content: pa.Buffer,
        rows: int,
        schema: pa.Schema,
        packing: int,
        ends: Ends,
        damaged: Callable[[], Exception],
    ) -> None:
        self._mapped = mapped
        self._serial = serial
        self._content = content
        self.num_rows = rows
        self._ends = ends
        self._damaged = damaged
        view = memoryview(content)
        length = int.from_bytes(view[-_LENGTH_BYTES:], "little")
        head = json.loads(bytes(view[-_LENGTH_BYTES - length : -_LENGTH_BYTES]))
        self._encodings: dict[str, list[Any]] = head["columns"]
        self._block_rows: int = head["block_rows"]
        self._blocks: list[tuple[int, int, str]] = head["blocks"]
        self.schema = pa.schema([schema.field(name) for name in self._encodings], metadata=schema.metadata)
        texts = sorted((int(encoding[1]), name) for name, encoding in self._encodings.items() if encoding[0] == TEXT)
        self._kinds = [_plain(self.schema.field(name).type) for _, name in texts]
        self._reader: Callable[[pa.Buffer, Sequence[pa.DataType], int], AnyBlock] = (
            Block if packing == PACKING else StreamBlock
        )
        self._plans: dict[tuple[str, ...] | None, _Plan] = {}
        self._columns: dict[str, Column] = {}

    def rows_at_once(self, names: Sequence[str] | None) -> int:
        """Return how many rows to read at once of columns (None: all): all of those that are narrow anyway."""
        used = {self._encodings[name][0] for name in (self._encodings if names is None else names)}
        if TEXT in used:  # whole blocks, so that none is unpacked twice
            return min(PIECE_ROWS // self._block_rows, PIECE_BLOCKS) * self._block_rows
        return PIECE_ROWS if used & {END, "hex"} else self.num_rows

    def read(self, rows: Rows, names: Sequence[str] | None) -> pa.RecordBatch:
        """Return some rows, a range or positions in the order wanted, with some columns or all.

        Raises:
            StorageError: A block changed.
        """
        if isinstance(rows, np.ndarray) and len(rows) == 1:
            rows = slice(int(rows[0]), int(rows[0]) + 1)
        plan = self._plans.get(None if names is None else tuple(names)) or self._plan(names)
        unpacked = self._texts(rows, plan) if plan.texts else {}
        arrays = [
            column.read(rows) if column is not None
            else unpacked[name] if name in unpacked
            else self._ends(name, rows, unpacked.get("id"))
            for name, column in plan.columns
        ]  # fmt: skip
        return pa.RecordBatch.from_arrays(arrays, schema=plan.schema)

    def read_values(self, rows: npt.NDArray[Any], names: Sequence[str]) -> list[list[Any]]:
        """Return the values of a few rows, column by column.

        Raises:
            StorageError: A block changed.
        """
        plan = self._plans.get(tuple(names)) or self._plan(names)
        texts = dict(zip(plan.texts, zip(*self._text_values(rows.tolist(), plan), strict=True), strict=True))
        return [
            column.values(rows) if column is not None
            else list(texts[name]) if name in texts
            else self._ends(name, rows, None).to_pylist()
            for name, column in plan.columns
        ]  # fmt: skip

    def counts(self, rows: npt.NDArray[Any], name: str) -> dict[str | None, int]:
        """Return how often the values of a column of texts occur in some rows.

        Raises:
            StorageError: A block changed.
        """
        column = self._column(name)
        found = None if column is None else column.counts(rows)
        return _counted(self.read(rows, [name]).column(0)) if found is None else found

    def verify(self) -> None:
        """Check every block."""
        for number in range(len(self._blocks)):
            self._verified(number)

    def _plan(self, names: Sequence[str] | None) -> _Plan:
        wanted = list(self._encodings) if names is None else list(names)
        schema = self.schema if names is None else pa.schema([self.schema.field(name) for name in wanted])
        texts = [name for name in wanted if self._encodings[name][0] == TEXT]
        texts.sort(key=lambda name: int(self._encodings[name][1]))
        columns = [(name, self._column(name)) for name in wanted]
        plan = _Plan(schema, texts, [int(self._encodings[name][1]) for name in texts], columns)
        if len(self._plans) < _PLANS_KEPT:
            self._plans[None if names is None else tuple(names)] = plan
        return plan

    def _column(self, name: str) -> Column | None:
        encoding = self._encodings[name]
        if encoding[0] in (TEXT, END):
            return None
        column = self._columns.get(name)
        if column is None:
            kind = self.schema.field(name).type
            column = self._columns[name] = Column(kind, encoding, self._content, self.num_rows)
        return column

    def _texts(self, rows: Rows, plan: _Plan) -> dict[str, pa.Array]:
        """Return columns of text by name, each as the table's schema has it."""
        if isinstance(rows, slice):
            first, last = rows.start // self._block_rows, (rows.stop - 1) // self._block_rows
            parts: list[pa.RecordBatch] = []
            for number in range(first, last + 1):
                start = number * self._block_rows
                block = self._batch(number, plan.fields, keep=rows.stop - rows.start == 1)
                parts.append(block.slice(max(0, rows.start - start), rows.stop - max(start, rows.start)))
        else:
            parts = self._taken(rows, plan.fields)
        arrays = {}
        for position, name in enumerate(plan.texts):
            columns = [part.column(position) for part in parts]
            column = columns[0] if len(columns) == 1 else pa.concat_arrays(columns)
            coded = pa.types.is_dictionary(self.schema.field(name).type)
            arrays[name] = column.dictionary_encode() if coded else column
        return arrays

    def _text_values(self, rows: Sequence[int], plan: _Plan) -> list[list[Any]]:
        """Return the texts of some rows, row by row; a block is looked for once."""
        places = sorted((divmod(row, self._block_rows), position) for position, row in enumerate(rows))
        found: list[list[Any]] = [[]] * len(places)
        number = -1
        for (of, local), position in places if plan.fields else ():
            if of != number:
                block, number = self._block(of, keep=True), of
            found[position] = block.values(plan.fields, local)
        return found

    def _taken(self, rows: npt.NDArray[Any], fields: list[int]) -> list[pa.RecordBatch]:
        keep = len(rows) <= _LOOKED_UP
        numbers = rows // self._block_rows
        local = rows - numbers * self._block_rows
        order = np.argsort(numbers, kind="stable")
        numbers, local = numbers[order], local[order]
        cuts = [0, *(np.flatnonzero(numbers[1:] != numbers[:-1]) + 1).tolist(), len(rows)]
        if len(rows) > _DENSE * (len(cuts) - 1):  # one `take` of all blocks is cheaper than one for each
            blocks = [self._batch(number, fields, keep=keep) for number in numbers[cuts[:-1]].tolist()]
            shift = np.concatenate(([0], np.cumsum([block.num_rows for block in blocks[:-1]], dtype=np.int64)))
            place = np.empty(len(rows), np.int64)
            place[order] = np.repeat(shift, np.diff(cuts)) + local
            return [pa.concat_batches(blocks).take(pa.array(place))]
        parts: list[pa.RecordBatch] = []
        for start, end in pairwise(cuts):
            block = self._batch(int(numbers[start]), fields, keep=keep)
            if end - start <= _DENSE:  # a few slices are cheaper than one `take`
                parts.extend(block.slice(row, 1) for row in local[start:end].tolist())
            else:
                parts.append(block.take(pa.array(local[start:end])))
        joined = parts[0] if len(parts) == 1 else pa.concat_batches(parts)
        if (order[1:] > order[:-1]).all():
            return [joined]
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return [joined.take(pa.array(back))]

    def _batch(self, number: int, fields: list[int], *, keep: bool) -> pa.RecordBatch:
        """Return some columns of a block; they have no names here."""
        block = self._block(number, keep=keep)
        return pa.RecordBatch.from_arrays([block.array(field) for field in fields], names=[""] * len(fields))

    def _block(self, number: int, *, keep: bool) -> AnyBlock:
        key = (self._serial, self._blocks[number][0])
        block = _UNPACKED.get(key)
        if block is None:
            rows = min(self._block_rows, self.num_rows - number * self._block_rows)
            block = self._reader(self._verified(number), self._kinds, rows)
            if keep:
                _UNPACKED.put(key, block)
        return block

    def _verified(self, number: int) -> pa.Buffer:
        """Return the bytes of a block that are those that were written."""
        offset, length, checksum = self._blocks[number]
        content = self._mapped.slice(offset, length)
        if f"{xxhash.xxh3_64_intdigest(content):016x}" != checksum:
            raise self._damaged()
        return content


def _counted(column: pa.Array) -> dict[str | None, int]:
    counted = pc.value_counts(undictionaried(column))
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind

"""Reads one segment: a read-only mapping, of which each part is verified before its first use."""

from __future__ import annotations

import base64
import json
import mmap
import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import count as counting
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from weakref import WeakValueDictionary, proxy

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from codegraph._internal.store import indexes
from codegraph._internal.store.columns import Rows
from codegraph._internal.store.failures import corrupt_segment, translated
from codegraph._internal.store.hashing import Keys
from codegraph._internal.store.layout import ENDS, FOOTER, MAGIC, MAGICS, OWNERS, SYMBOL
from codegraph._internal.store.numbers import THREE_BYTES, Packed
from codegraph._internal.store.packed import Chunk, PackedChunk, PlainChunk
from codegraph._internal.store.segment_writer import decoded
from codegraph_hookspecs import TABLES, StorageError

_CHUNKS_KEPT = 1024
"""Chunks kept per segment. They point into the mapping, so each costs kilobytes, not its rows."""
_SPARSE: Final = 16
_NO_ROWS: Final = np.zeros(0, np.uint32)
_FIRST: Final = pa.Array.from_buffers(pa.int32(), 1, [None, pa.py_buffer(bytes(4))])  # [0]; `pa.array` imports pandas
_NOWHERE: Final = np.zeros(0, np.int64)
_INTERNAL: Final = (OWNERS, ENDS)
_SERIALS: Final = counting()
_POOL: Final = pa.default_memory_pool()
_MANY_ROWS: Final = 1024


class Segment:
    """A mapped segment. Safe to use from several threads.

    Args:
        path: The file.
        size: Its size by the catalog.
        checksum: Checksum of its TOC by the catalog.
        toc: The TOC where this process wrote it: to read it back takes as long as the disk, which has it alone.

    Raises:
        StorageError: The file is missing, has another size, or its TOC is not the one that was written.
    """

    def __init__(self, path: Path, size: int, checksum: str, toc: bytes = b"") -> None:
        self.path = path
        self._serial = next(_SERIALS)
        self._lock = threading.Lock()
        self._chunks: OrderedDict[tuple[str, int], Chunk] = OrderedDict()
        self._arrays: dict[str, Any] = {}
        self._verified: set[tuple[str, int]] = set()
        with translated(path):
            self._map = self._open(size)
        known = json.loads(toc) if toc else self._read_toc(checksum)
        self._tables: dict[str, Any] = known["tables"]
        self._places: dict[str, Any] = known["arrays"]
        self._with_keys = known["format"] == 1
        self.slots: dict[str, int] = known["slots"]
        self.facts: dict[str, Any] = known["facts"]
        self.chunk_starts: dict[str, npt.NDArray[np.int64]] = {
            name: np.concatenate(([0], np.cumsum([chunk[2] for chunk in table["chunks"]], dtype=np.int64)))
            for name, table in self._tables.items()
        }

    def _open(self, size: int) -> pa.Buffer:
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise corrupt_segment(self.path, "its file is missing", error) from error
        try:
            found = os.fstat(fd).st_size
            if found != size or size < len(MAGIC) + FOOTER.size:
                raise corrupt_segment(self.path, f"it has {found} bytes instead of {size}")
            return pa.py_buffer(mmap.mmap(fd, size, access=mmap.ACCESS_READ))
        finally:
            os.close(fd)

    def _read_toc(self, checksum: str) -> Any:
        view = memoryview(self._map)
        offset, length, digest, magic = FOOTER.unpack(view[-FOOTER.size :])
        if magic not in MAGICS or bytes(view[: len(MAGIC)]) != magic or f"{digest:016x}" != checksum:
            raise corrupt_segment(self.path, "its first or last bytes changed")
        if (
            offset + length + FOOTER.size != len(view)
            or xxhash.xxh3_64_intdigest(view[offset : -FOOTER.size]) != digest
        ):
            raise corrupt_segment(self.path, "its table of contents changed")
        return json.loads(bytes(view[offset : offset + length]))

    @property
    def tables(self) -> list[str]:
        """Names of the tables that have rows."""
        return [name for name, table in self._tables.items() if table["rows"] and name not in _INTERNAL]

    def rows(self, table: str) -> int:
        """Return the number of rows of a table."""
        found = self._tables.get(table)
        return int(found["rows"]) if found else 0

    def layer(self, table: str) -> str:
        """Return the layer a table belongs to."""
        return str(self._tables[table]["layer"])

    def schema(self, table: str) -> pa.Schema:
        """Return the schema of a table's rows as `pieces` and `take` give them."""
        if table in TABLES:
            return TABLES[table].physical_schema
        text = self._tables[table].get("schema")
        return self.chunk(table, 0).schema if text is None else _schema_of(text)

    def chunk_count(self, table: str) -> int:
        """Return the number of chunks of a table."""
        found = self._tables.get(table)
        return len(found["chunks"]) if found else 0

    def chunk(self, table: str, number: int) -> Chunk:
        """Return a chunk, verified.

        Raises:
            StorageError: Its bytes are not those that were written (`segment-corrupt`).
        """
        place = (table, number)
        with self._lock:
            chunk = self._chunks.get(place)
            if chunk is not None:
                self._chunks.move_to_end(place)
                return chunk
        offset, length, rows, checksum, *packed = self._tables[table]["chunks"][number]
        content = self._map.slice(offset, length)
        if place not in self._verified:
            if f"{xxhash.xxh3_64_intdigest(content):016x}" != checksum:
                raise self._damaged(table, number)
            self._verified.add(place)
        if packed:
            first = int(self.chunk_starts[table][number])
            home = proxy(self)  # a cycle would keep the mapping after its last reader
            chunk = PackedChunk(
                self._map, self._serial, content, rows, _schema_of(self._tables[table]["schema"]), packed[0],
                lambda column, wanted, ids: home._ends(table, column, _moved(wanted, first), ids),
                lambda: home._damaged(table, number),
            )  # fmt: skip
        else:
            chunk = PlainChunk(content)
        with self._lock:
            self._chunks[place] = chunk
            if len(self._chunks) > _CHUNKS_KEPT:
                self._chunks.popitem(last=False)
        return chunk

    def _damaged(self, table: str, number: int) -> StorageError:
        return corrupt_segment(self.path, f"chunk {number} of table {table!r} changed")

    def read(
        self, table: str, number: int, rows: Rows | None = None, columns: Sequence[str] | None = None
    ) -> pa.RecordBatch:
        """Return rows of a chunk (None: all) in the table's physical schema."""
        chunk = self.chunk(table, number)
        batch = chunk.read(slice(0, chunk.num_rows) if rows is None else rows, columns)
        if table not in TABLES:
            return batch
        return decoded(batch, rows_schema(table, None if columns is None else tuple(columns)))

    def pieces(
        self, table: str, columns: Sequence[str] | None = None, also: Sequence[str] = ()
    ) -> Iterator[tuple[int, int, Callable[[Sequence[str] | None], pa.RecordBatch]]]:
        """Stream a table in row order without unpacking much at once.

        Args:
            table: The table.
            columns: What is going to be read; None for all.
            also: What else may be read.

        Yields:
            First row, number of rows, and a function that reads columns of them in the table's physical schema.
        """
        wanted = None if columns is None else [*columns, *also]
        for number in range(self.chunk_count(table)):
            chunk = self.chunk(table, number)
            first = int(self.chunk_starts[table][number])
            size = chunk.rows_at_once(wanted)
            for start in range(0, chunk.num_rows, size):
                rows = slice(start, min(start + size, chunk.num_rows))
                yield first + start, rows.stop - start, partial(self.read, table, number, rows)
                # The pool takes fresh pages for each size before it uses freed ones again: 5 MB more in each way.
                if rows.stop - start >= _MANY_ROWS:
                    _POOL.release_unused()

    def take(self, table: str, rows: npt.NDArray[Any], columns: Sequence[str] | None = None) -> list[pa.RecordBatch]:
        """Return some rows in the given order, one batch for each run of rows in one chunk."""
        return [self.read(table, number, local, columns) for number, local in self._runs(table, rows)]

    def values(self, table: str, rows: npt.NDArray[Any], columns: Sequence[str]) -> list[list[Any]]:
        """Return the values of a few rows, column by column, in the order given."""
        found: list[list[Any]] = [[] for _ in columns]
        for number, local in self._runs(table, rows):
            places = np.arange(local.start, local.stop) if isinstance(local, slice) else local
            for column, values in zip(found, self.chunk(table, number).read_values(places, columns), strict=True):
                column += values
        return found

    def counts(self, table: str, rows: npt.NDArray[Any], column: str) -> Counter[str | None]:
        """Return how often the values of a column of texts occur in some rows."""
        found: Counter[str | None] = Counter()
        for number, local in self._runs(table, rows):
            places = np.arange(local.start, local.stop) if isinstance(local, slice) else local
            found.update(self.chunk(table, number).counts(places, column))
        return found

    def _runs(self, table: str, rows: npt.NDArray[Any]) -> list[tuple[int, Rows]]:
        """Cut rows where the chunk changes; return the number of each run's chunk and its rows there."""
        if len(rows) == 0:
            return []
        starts = self.chunk_starts[table]
        if len(rows) == 1:
            row = int(rows[0])
            number = int(starts.searchsorted(row, "right")) - 1
            return [(number, slice(row - int(starts[number]), row - int(starts[number]) + 1))]
        rows = rows.astype(np.int64, copy=False)
        numbers = starts.searchsorted(rows, "right") - 1
        local = rows - starts[numbers]
        cuts = [0, *(np.flatnonzero(numbers[1:] != numbers[:-1]) + 1).tolist(), len(rows)]
        return [(int(numbers[start]), local[start:end]) for start, end in pairwise(cuts)]

    def array(self, name: str) -> Any:
        """Return an array of numbers, verified, without copying it; empty if the segment has none of that name.

        It has a length and is read by a range or by positions, as numpy's are.
        """
        found = self._arrays.get(name)
        if found is not None:
            return found
        place = self._places.get(name)
        if place is None:
            return np.zeros(0, np.uint64)
        offset, length, dtype, checksum = place
        content = memoryview(self._map.slice(offset, length))
        if f"{xxhash.xxh3_64_intdigest(content):016x}" != checksum:
            raise corrupt_segment(self.path, f"array {name!r} changed")
        values = Packed(content) if dtype == THREE_BYTES else np.frombuffer(content, np.dtype(dtype))
        self._arrays[name] = values
        return values

    def whole(self, name: str) -> npt.NDArray[Any]:
        """Return all of an array."""
        values: npt.NDArray[Any] = self.array(name)[:]
        return values

    def nodes_at(self, column: str, keys: Keys) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """Return the rows of nodes that have one of some keys in a column, and which key each has."""
        known: Keys = self.array(f"nodes.{column}/key")
        if len(keys) == 1:  # the steps for many cost several times as much
            place = _place(known, keys[0])
            if place < 0:
                return _NO_ROWS, _NOWHERE
            if f"nodes.{column}/start" in self._places:
                start, end = self.array(f"nodes.{column}/start")[place : place + 2].tolist()
            else:
                start, end = place, place + 1
                if end < len(known) and known[end] == keys[0]:
                    end = int(known.searchsorted(keys[0], "right"))
            return self.array(f"nodes.{column}/row")[start:end], np.zeros(end - start, np.int64)
        if f"nodes.{column}/start" in self._places:
            groups, present = _present(known, keys)
            starts = self.array(f"nodes.{column}/start")
            positions, which = indexes.expand(starts[groups], starts[groups + 1])
            wanted = present[which]
        else:
            positions, wanted = indexes.matches(known, keys)
        return self.array(f"nodes.{column}/row")[positions], wanted

    def node_keys(self, column: str) -> Keys:
        """Return the key of every node in a column, by row."""
        keys = self.whole(f"nodes.{column}/key")
        if f"nodes.{column}/start" in self._places:
            starts = self.whole(f"nodes.{column}/start").astype(np.int64)
            keys = np.repeat(keys, starts[1:] - starts[:-1])
        by_row = np.empty(len(keys), np.uint64)
        by_row[self.whole(f"nodes.{column}/row")] = keys
        return by_row

    def edges_at(self, column: str, keys: Keys) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """Return the rows of edges at nodes with some keys, and which key each is at."""
        if len(keys) == 1:  # the steps for many cost several times as much
            group = self._group_of(column, keys[0])
            if group < 0:
                return _NO_ROWS, _NOWHERE
            start, end = self.array(f"edges.{column}/start")[group : group + 2].tolist()
            return self.array(f"edges.{column}/row")[start:end], np.zeros(end - start, np.int64)
        if self._with_keys:
            groups, present = _present(self.array(f"edges.{column}/key"), keys)
        else:
            nodes = self.array("nodes.id/key")
            groups, present = _present(nodes, keys)
            if "ends/key" in self._places:
                others, strange = _present(self.array("ends/key"), keys)
                groups = np.concatenate((groups, others + len(nodes)))
                present = np.concatenate((present, strange))
                if len(strange):
                    order = np.argsort(present, kind="stable")
                    groups, present = groups[order], present[order]
        if not len(groups):
            return np.zeros(0, np.uint32), groups
        starts = self.array(f"edges.{column}/start")
        positions, which = indexes.expand(starts[groups], starts[groups + 1])
        return self.array(f"edges.{column}/row")[positions], present[which]

    def _group_of(self, column: str, key: np.uint64) -> int:
        """Return the number of the node with a key among those that edges are grouped by; -1 where there is none."""
        if self._with_keys:
            return _place(self.array(f"edges.{column}/key"), key)
        nodes: Keys = self.array("nodes.id/key")
        place = _place(nodes, key)
        if place < 0 and "ends/key" in self._places:
            place = _place(self.array("ends/key"), key)
            place += len(nodes) if place >= 0 else 0
        return place

    def end_keys(self, column: str, rows: Rows) -> Keys:
        """Return the key of an end of some edges."""
        if self._with_keys:
            keys: Keys = self.array(f"edges.{column}/of_row")[rows]
            return keys
        numbers = self.array(f"edges.{column}/end")[rows].astype(np.int64)
        nodes: Keys = self.array("nodes.id/key")
        if "ends/key" not in self._places:
            return np.asarray(nodes[numbers])
        keys = np.empty(len(numbers), np.uint64)
        here = numbers < len(nodes)
        keys[here] = nodes[numbers[here]]
        keys[~here] = self.array("ends/key")[numbers[~here] - len(nodes)]
        return keys

    def ends_among(self, column: str, keys: Keys) -> npt.NDArray[np.int32]:
        """Say for an end of every edge which of some distinct keys it has, or -1."""
        if self._with_keys:
            return _which(self.array(f"edges.{column}/of_row"), keys)
        parts = [_which(self.array(name), keys) for name in ("nodes.id/key", "ends/key") if name in self._places]
        by_edge: npt.NDArray[np.int32] = np.concatenate(parts)[self.whole(f"edges.{column}/end")]
        return by_edge

    def _ends(self, table: str, column: str, rows: Rows, ids: pa.Array | None = None) -> pa.DictionaryArray:
        """Return the ids that a column of a packed chunk has in some rows of the table.

        Args:
            table: The table.
            column: The column.
            rows: The rows.
            ids: The ids of these rows, a range of those of `nodes`, which need not be unpacked again.
        """
        numbers = self.array(f"{table}.{column}/end")[rows].astype(np.int64)
        nodes = self.rows("nodes")
        if len(numbers) == 1:
            return self._one_end(int(numbers[0]), nodes)
        here = numbers < nodes
        places = numbers  # rows of nodes, and above those rows of ENDS
        places[here] = self.array("nodes.id/row")[numbers[here]]
        distinct, codes = _distinct(places)
        split = int(np.searchsorted(distinct, nodes))
        if ids is not None and isinstance(rows, slice) and table == "nodes":
            low, high = np.searchsorted(distinct, (rows.start, rows.stop)).tolist()
            parts = [batch.column(0) for batch in self.take("nodes", distinct[:low], ["id"])]
            parts.append(ids.take(pa.array(distinct[low:high] - rows.start)))
            parts += [batch.column(0) for batch in self.take("nodes", distinct[high:split], ["id"])]
        else:
            parts = [batch.column(0) for batch in self.take("nodes", distinct[:split], ["id"])]
        if split < len(distinct):
            parts += [batch.column(0) for batch in self.take(ENDS, distinct[split:] - nodes)]
        texts = parts[0] if len(parts) == 1 else pa.concat_arrays(parts)
        missing = None
        if texts.null_count:  # at most one, and no dictionary may have it
            gone = int(np.flatnonzero(np.asarray(texts.is_null()))[0])
            missing = codes == gone
            codes = codes - (codes > gone).astype(np.int32)
            texts = texts.drop_null()
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=missing), texts)

    def _one_end(self, number: int, nodes: int) -> pa.DictionaryArray:
        if number < nodes:
            (found,) = self.take("nodes", self.array("nodes.id/row")[number : number + 1], ["id"])
        else:
            (found,) = self.take(ENDS, np.array([number - nodes]))
        text = found.column(0)
        return pa.nulls(1, SYMBOL) if text.null_count else pa.DictionaryArray.from_arrays(_FIRST, text)

    def owners(self, slots: npt.NDArray[Any] | None = None) -> list[str]:
        """Return the owners of some slots, or of all; a slot may repeat an owner that another has."""
        column = self.read(OWNERS, 0).column(0)
        return [str(path) for path in (column if slots is None else column.take(pa.array(slots))).to_pylist()]

    def slots_of(self, path: str) -> npt.NDArray[np.int64]:
        """Return the slots of one owner; several where compaction brought its layers together."""
        return np.flatnonzero(np.asarray(pc.equal(self.read(OWNERS, 0).column(0), path)))

    def row_owners(self, table: str) -> npt.NDArray[np.uint32]:
        """Return the slot of every row's owner."""
        starts = self.array(f"{table}/owner.start").astype(np.int64)
        lengths = np.diff(np.append(starts, self.rows(table)))
        return np.repeat(self.array(f"{table}/owner.slot").astype(np.uint32, copy=False), lengths)

    def verify(self) -> None:
        """Check every byte that a reader could use.

        Raises:
            StorageError: A part is damaged (`segment-corrupt`).
        """
        for name in self._tables:
            for number in range(self.chunk_count(name)):
                self.chunk(name, number).verify()
        for name in self._places:
            self.array(name)


def _place(known: Keys, key: np.uint64) -> int:
    """Return where a sorted array has a key first, or -1."""
    place = int(known.searchsorted(key))
    return place if place < len(known) and known[place] == key else -1


def _present(known: Keys, keys: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where the keys lie in a sorted array that has them, and which keys those are."""
    place = np.searchsorted(known, keys)
    present = place < len(known)
    present[present] = known[place[present]] == keys[present]
    return place[present], np.flatnonzero(present)


def _which(known: Keys, keys: Keys) -> npt.NDArray[np.int32]:
    """Say for each of some keys which of others it is, or -1."""
    order = np.argsort(keys)
    place = keys[order].searchsorted(known)
    found = order.take(place, mode="clip").astype(np.int32) if len(order) else np.zeros(len(known), np.int32)
    found[keys[found] != known if len(order) else slice(None)] = -1
    return found


def _moved(rows: Rows, first: int) -> Rows:
    return slice(rows.start + first, rows.stop + first) if isinstance(rows, slice) else rows + first


def _distinct(numbers: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return the distinct numbers, ascending, and for each number which of them it is."""
    least = int(numbers.min())
    span = int(numbers.max()) - least + 1
    if span > _SPARSE * len(numbers):
        distinct, codes = np.unique(numbers, return_inverse=True)
        return distinct, codes.astype(np.int32)
    present = np.zeros(span, np.bool_)  # without sorting: 5 times as fast
    present[numbers - least] = True
    code = np.cumsum(present, dtype=np.int32) - 1
    return np.flatnonzero(present) + least, code[numbers - least]


@cache
def rows_schema(table: str, columns: tuple[str, ...] | None) -> pa.Schema:
    """Return the physical schema of some columns of a declared table."""
    schema = TABLES[table].physical_schema
    if columns is None:
        return schema
    return pa.schema([schema.field(name) for name in columns], metadata=schema.metadata)


@cache
def _schema_of(text: str) -> pa.Schema:
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))


_OPEN: WeakValueDictionary[tuple[str, str], Segment] = WeakValueDictionary()
_OPEN_LOCK = threading.Lock()


def open_segment(path: str, size: int, checksum: str, toc: bytes = b"") -> Segment:
    """Return the process's one mapping of a segment, so that its parts are verified once per process; see `Segment`."""
    key = (path, checksum)
    with _OPEN_LOCK:
        segment = _OPEN.get(key)
        if segment is None:
            segment = _OPEN[key] = Segment(Path(path), size, checksum, toc)
        return segment

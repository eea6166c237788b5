"""Reads one segment: a read-only mapping, of which each part is verified before its first use."""

from __future__ import annotations

import json
import mmap
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from codegraph._internal.store.failures import corrupt_segment, translated
from codegraph._internal.store.layout import FOOTER, MAGIC, OWNERS

_CHUNKS_KEPT = 1024
"""Decoded chunks kept per segment. They point into the mapping, so each costs kilobytes, not its rows."""


class Segment:
    """A mapped segment. Safe to use from several threads.

    Args:
        path: The file.
        size: Its size by the catalog.
        checksum: Checksum of its TOC by the catalog.

    Raises:
        StorageError: The file is missing, has another size, or its TOC is not the one that was written.
    """

    def __init__(self, path: Path, size: int, checksum: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._batches: OrderedDict[tuple[str, int], pa.RecordBatch] = OrderedDict()
        self._arrays: dict[str, npt.NDArray[Any]] = {}
        self._verified: set[tuple[str, int]] = set()
        with translated(path):
            self._map = self._open(size)
        toc = self._read_toc(checksum)
        self._tables: dict[str, Any] = toc["tables"]
        self._places: dict[str, Any] = toc["arrays"]
        self.slots: dict[str, int] = toc["slots"]
        self.facts: dict[str, Any] = toc["facts"]
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
        if magic != MAGIC or bytes(view[: len(MAGIC)]) != MAGIC or f"{digest:016x}" != checksum:
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
        return [name for name, table in self._tables.items() if table["rows"] and name != OWNERS]

    def rows(self, table: str) -> int:
        """Return the number of rows of a table."""
        found = self._tables.get(table)
        return int(found["rows"]) if found else 0

    def layer(self, table: str) -> str:
        """Return the layer a table belongs to."""
        return str(self._tables[table]["layer"])

    def chunk_count(self, table: str) -> int:
        """Return the number of chunks of a table."""
        found = self._tables.get(table)
        return len(found["chunks"]) if found else 0

    def chunk(self, table: str, number: int) -> pa.RecordBatch:
        """Return a chunk, verified, without copying it.

        Raises:
            StorageError: Its bytes are not those that were written (`segment-corrupt`).
        """
        place = (table, number)
        with self._lock:
            batch = self._batches.get(place)
            if batch is not None:
                self._batches.move_to_end(place)
                return batch
        offset, length, _, checksum = self._tables[table]["chunks"][number]
        content = self._map.slice(offset, length)
        if place not in self._verified:
            if f"{xxhash.xxh3_64_intdigest(content):016x}" != checksum:
                raise corrupt_segment(self.path, f"chunk {number} of table {table!r} changed")
            self._verified.add(place)
        batch = pa.ipc.open_stream(content).read_next_batch()
        with self._lock:
            self._batches[place] = batch
            if len(self._batches) > _CHUNKS_KEPT:
                self._batches.popitem(last=False)
        return batch

    def chunks(self, table: str) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Stream a table: first row and chunk, in row order."""
        for number in range(self.chunk_count(table)):
            yield int(self.chunk_starts[table][number]), self.chunk(table, number)

    def array(self, name: str) -> npt.NDArray[Any]:
        """Return an array, verified, without copying it; empty if the segment has none of that name."""
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
        values = np.frombuffer(content, np.dtype(dtype))
        self._arrays[name] = values
        return values

    def owners(self) -> list[str]:
        """Return the file of every slot; slot 0 is "", the repository itself."""
        return [str(path) for _, batch in self.chunks(OWNERS) for path in batch.column("path").to_pylist()]

    def verify(self) -> None:
        """Check every byte that a reader could use.

        Raises:
            StorageError: A part is damaged (`segment-corrupt`).
        """
        for name in self._tables:
            for number in range(self.chunk_count(name)):
                self.chunk(name, number)
        for name in self._places:
            self.array(name)


_OPEN: WeakValueDictionary[tuple[str, str], Segment] = WeakValueDictionary()
_OPEN_LOCK = threading.Lock()


def open_segment(path: Path, size: int, checksum: str) -> Segment:
    """Return the process's one mapping of a segment, so that its parts are verified once per process."""
    key = (os.fspath(path), checksum)
    with _OPEN_LOCK:
        segment = _OPEN.get(key)
        if segment is None:
            segment = _OPEN[key] = Segment(path, size, checksum)
        return segment

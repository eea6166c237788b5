"""Where tables wait between stages: in memory up to a shared budget, then in Arrow IPC streams on disk."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

Columns = frozenset[str] | None
"""Names of the columns of a table that something reads; None for all, empty for none."""


@frozen
class Wanted:
    """What is read of a table.

    Args:
        columns: Of every row.
        where: Column → values: rows that have another value there are not read.
        partly: Column → what `where` would be if only that column were read; not of columns that decide about rows.
    """

    columns: Columns
    where: Mapping[str, frozenset[str]] = {}
    partly: Mapping[str, Mapping[str, frozenset[str]]] = {}

    def __bool__(self) -> bool:
        return self.columns is None or bool(self.columns)

    def of(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return what is wanted of a batch; no row is left out for the sake of a column that it does not have.

        Texts of `partly` are empty in rows where nobody reads them.
        """
        mask = _rows_where(batch, self.where)
        chosen = batch if self.columns is None else selected(batch, self.columns)
        for name, where in self.partly.items():
            position = chosen.schema.get_field_index(name)
            if position >= 0 and pa.types.is_string(chosen.schema.field(position).type):
                read = _rows_where(batch, where)
                if read is not None:
                    texts = pc.if_else(read, chosen.column(position), "")
                    chosen = chosen.set_column(position, chosen.schema.field(position), texts)
        return chosen if mask is None else _without_idle_texts(chosen.filter(mask))


def _rows_where(batch: pa.RecordBatch, where: Mapping[str, frozenset[str]]) -> pa.Array | None:
    return rows_with(batch, {name: where[name] for name in where if name in batch.schema.names})


NOTHING: Final = Wanted(frozenset())
EVERYTHING: Final = Wanted(None)
_KEYS: Final = frozenset({"id", "file_path"})
"""Columns that say which row it is: a reader may keep rows by them before it looks at what they are."""


def wanted_by_all(each: Iterable[tuple[Columns, Mapping[str, Sequence[str]]]]) -> Wanted:
    """Return what several readers of a table want.

    Args:
        each: Of each the columns, and column → the values of the rows that it looks at.
    """
    readers = list(each)
    where = _common(own for _, own in readers)
    if any(names is None for names, _ in readers):
        return Wanted(None, where)
    columns = frozenset(name for names, _ in readers for name in names or ())
    decide = {name for _, own in readers for name in own}
    of_columns = {
        name: _common(own for names, own in readers if name in (names or ())) for name in columns - decide - _KEYS
    }
    partly = {name: narrower for name, narrower in sorted(of_columns.items()) if narrower and narrower != where}
    return Wanted(columns, where, partly)


def _common(each: Iterable[Mapping[str, Sequence[str]]]) -> dict[str, frozenset[str]]:
    """Return the values that any of several conditions takes, of the columns that all of them look at."""
    found: dict[str, frozenset[str]] | None = None
    for own in each:
        chosen = {name: frozenset(values) for name, values in own.items()}
        if found is not None:
            chosen = {name: found[name] | values for name, values in chosen.items() if name in found}
        found = chosen
    return found or {}


def rows_with(batch: pa.RecordBatch, where: Mapping[str, Iterable[str]]) -> pa.Array | None:
    """Say for each row whether it has one of the wanted values in each column named; None where none is named."""
    mask = None
    for name, values in where.items():
        column, wanted = batch.column(name), pa.array(list(values), pa.string())
        if pa.types.is_dictionary(column.type):
            found = pc.is_in(column.dictionary, value_set=wanted).take(column.indices).fill_null(False)
        else:
            found = pc.is_in(column, value_set=wanted)
        mask = found if mask is None else pc.and_(mask, found)
    return mask


def _without_idle_texts(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch whose dictionaries are no longer than its columns: few rows would hold the texts of many."""
    columns = [
        column.dictionary_decode().dictionary_encode().cast(column.type)
        if pa.types.is_dictionary(column.type) and len(column.dictionary) > len(column)
        else column
        for column in batch.columns
    ]
    return pa.record_batch(columns, schema=batch.schema)


def selected(batch: pa.RecordBatch, columns: frozenset[str]) -> pa.RecordBatch:
    """Return a batch with these of its columns, in the batch's order."""
    names = [name for name in batch.schema.names if name in columns]
    return batch if len(names) == batch.num_columns else batch.select(names)


class SpoolDirectory:
    """The budget and the temporary directory that the spools of one run share.

    A buffer that several batches share (a stage passes most columns of its input on) counts once.

    Args:
        parent: Where the directory is made on the first spill; it is removed by `close`.
        budget_bytes: Bytes that all spools together keep in memory.
    """

    def __init__(self, parent: Path, budget_bytes: int) -> None:
        self._parent = parent
        self._path: Path | None = None
        self._lock = threading.Lock()
        self._left = budget_bytes
        self._holders: dict[int, int] = {}  # how many batches hold the buffer at an address
        self._count = 0
        self.spilled_bytes = 0

    def take(self, batch: pa.RecordBatch, *, anyway: bool = False) -> bool:
        """Take what holding a batch costs from the budget; False when it does not have that much.

        Args:
            batch: What is to be held.
            anyway: Take it even if the budget is exceeded: the batch is in memory already.
        """
        buffers = _buffers(batch)
        with self._lock:
            holders = self._holders
            size = sum(size for address, size in buffers.items() if address not in holders)
            if size > self._left and not anyway:
                return False
            self._left -= size
            for address in buffers:
                holders[address] = holders.get(address, 0) + 1
            return True

    def give_back(self, batch: pa.RecordBatch) -> None:
        """Return to the budget what holding a batch took."""
        with self._lock:
            for address, size in _buffers(batch).items():
                self._holders[address] -= 1
                if not self._holders[address]:
                    del self._holders[address]
                    self._left += size

    def new_file(self) -> Path:
        """Return the path of a new file in the directory."""
        with self._lock:
            if self._path is None:
                self._parent.mkdir(parents=True, exist_ok=True)
                self._path = Path(tempfile.mkdtemp(prefix="spool-", dir=self._parent))
            self._count += 1
            return self._path / f"{self._count:06d}.arrows"

    def close(self) -> None:
        """Remove the directory."""
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)
            self._path = None


class Spool:
    """Batches by table, in the order they were appended. One writer at a time; readers after `seal`.

    Args:
        directory: Budget and disk space, shared with other spools.
        readers: Says how many read a table: one that more read takes the memory of those that fewer do.
    """

    def __init__(self, directory: SpoolDirectory, readers: Callable[[str], int] = lambda _table: 0) -> None:
        self._directory = directory
        self._readers = readers
        self._memory: dict[str, list[pa.RecordBatch]] = {}
        self._writers: dict[str, tuple[pa.ipc.RecordBatchStreamWriter, pa.OSFile]] = {}
        self._files: dict[str, list[Path]] = {}
        self.rows: dict[str, int] = {}

    def append(self, table: str, batch: pa.RecordBatch) -> None:
        """Add a batch; once a table went to disk, all its later batches follow."""
        self.rows[table] = self.rows.get(table, 0) + batch.num_rows
        while table not in self._files:
            if self._directory.take(batch):
                self._memory.setdefault(table, []).append(batch)
                return
            less = self._less_read_than(table)
            if less is None:
                break
            self._move_to_disk(less)
        self._spill(table, batch)

    def _less_read_than(self, table: str) -> str | None:
        """Return the table in memory that the fewest read, if that is fewer than read another."""
        there = (name for name, batches in self._memory.items() if batches)
        least = min(there, key=lambda name: (self._readers(name), name), default=None)
        return None if least is None or self._readers(least) >= self._readers(table) else least

    def _move_to_disk(self, table: str) -> None:
        """Write what is in memory of a table before what is on disk of it."""
        writer, files = self._writers.pop(table, None), self._files.pop(table, [])
        for batch in self._memory.pop(table):
            self._spill(table, batch)
            self._directory.give_back(batch)
        self._files[table] += files
        moved = self._writers.pop(table, None)  # what comes next goes behind the files that were there
        if not files:
            if moved is not None:
                self._writers[table] = moved
            return
        if moved is not None:
            self._close_writer(moved)
        if writer is not None:
            self._writers[table] = writer

    def _spill(self, table: str, batch: pa.RecordBatch) -> None:
        writer = self._writers.get(table)
        if writer is None or writer[0].schema != batch.schema:
            if writer is not None:
                self._close_writer(writer)
            path = self._directory.new_file()
            sink = pa.OSFile(str(path), "wb")
            writer = (_StreamWriter(sink, batch.schema), sink)
            self._writers[table] = writer
            self._files.setdefault(table, []).append(path)
        writer[0].write_batch(batch)
        self._directory.spilled_bytes += batch.nbytes

    @staticmethod
    def _close_writer(writer: tuple[pa.ipc.RecordBatchStreamWriter, pa.OSFile]) -> None:
        writer[0].close()
        writer[1].close()

    def seal(self) -> None:
        """End writing; what was appended can be read now. More may be appended after it."""
        for writer in self._writers.values():
            self._close_writer(writer)
        self._writers.clear()

    def tables(self) -> list[str]:
        """Return the names of the tables that have batches, sorted."""
        return sorted(self.rows)

    def read(self, table: str, columns: Columns = None) -> Iterator[pa.RecordBatch]:
        """Stream a table from its beginning; memory does not grow with what is on disk but for columns asked for.

        Args:
            table: Its name.
            columns: The only columns to read; those of them that the table does not have are not missed.
        """
        for batch in list(self._memory.get(table, ())):
            yield batch if columns is None else selected(batch, columns)
        for path in self._files.get(table, ()):
            with _opened(path, columns) as source, pa.ipc.open_stream(source) as reader:
                for batch in reader:
                    yield batch if columns is None else selected(batch, columns)

    def keep(self, needed: Callable[[str], Wanted]) -> None:
        """Drop from memory what nobody reads any more; what is on disk stays.

        Args:
            needed: Table → what is read of it.
        """
        for table, batches in list(self._memory.items()):
            wanted = needed(table)
            if wanted == EVERYTHING:
                continue
            kept = [wanted.of(batch) for batch in batches] if wanted else []
            for batch in kept:
                self._directory.take(batch, anyway=True)
            for batch in batches:
                self._directory.give_back(batch)
            self._memory[table] = kept

    def clear(self) -> None:
        """Drop everything and give the memory back."""
        self.seal()
        for batches in self._memory.values():
            for batch in batches:
                self._directory.give_back(batch)
        self._memory.clear()
        for paths in self._files.values():
            for path in paths:
                with contextlib.suppress(OSError):
                    path.unlink()
        self._files.clear()
        self.rows.clear()


def _opened(path: Path, columns: Columns) -> pa.NativeFile:
    """Open a stream so that reading few of its columns does not copy the others.

    Mapped pages count as ours and stay until the file is closed, so a file that is mostly wanted is not mapped.
    """
    if columns is not None:
        with pa.OSFile(str(path), "rb") as source, pa.ipc.open_stream(source) as reader:
            names = reader.schema.names
        if 2 * len(columns.intersection(names)) < len(names):
            return pa.memory_map(str(path))
    return pa.OSFile(str(path), "rb")


def _buffers(batch: pa.RecordBatch) -> dict[int, int]:
    """Return address and size in bytes of every buffer that a batch holds on to, dictionaries too."""
    waiting: list[pa.Array] = list(batch.columns)
    found: dict[int, int] = {}
    while waiting:
        array = waiting.pop()
        found.update((buffer.address, buffer.size) for buffer in array.buffers() if buffer is not None and buffer.size)
        if pa.types.is_dictionary(array.type):
            waiting.append(array.dictionary)
    return found


class _StreamWriter:
    """An IPC stream writer that remembers its schema."""

    def __init__(self, sink: pa.OSFile, schema: pa.Schema) -> None:
        self.schema = schema
        self._writer = pa.ipc.new_stream(sink, schema)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)

    def close(self) -> None:
        self._writer.close()

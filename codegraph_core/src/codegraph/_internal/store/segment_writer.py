"""Writes one segment: appended batches become checksummed chunks at once; only key arrays stay in memory."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash
from attrs import define, evolve, field, frozen

from codegraph._internal.store.direct_file import DirectFile
from codegraph._internal.store.failures import from_os, translated
from codegraph._internal.store.hashing import dictionary_codes
from codegraph._internal.store.layout import (
    ALIGNMENT,
    CHUNK_ROWS,
    COALESCE_BYTES,
    COALESCE_ROWS,
    ENDS,
    ENDS_OF,
    FOOTER,
    FORMAT,
    LOOKED_UP,
    MAGIC,
    OWNERS,
    OWNERS_SCHEMA,
    PACKED_ROWS,
    SHARED,
    SYMBOL,
    UNPACKED_BYTES,
    layer_of,
)
from codegraph._internal.store.numbers import narrowed
from codegraph._internal.store.packed import pack
from codegraph_hookspecs import TABLES, ErrorCategory, StorageError

_SMALL_BATCH_BYTES: Final = 1 << 20
_COPIED_BYTES: Final = 1 << 14
_GAPS: Final = tuple(bytes(length) for length in range(ALIGNMENT))
_DICTIONARY: Final = SYMBOL.id
_IPC_OPTIONS: Final = pa.ipc.IpcWriteOptions(use_threads=False)


class _Gather:
    """File object that collects what the IPC writer emits without copying the columns' buffers."""

    closed = False

    def __init__(self) -> None:
        self.parts: list[Any] = []
        self.size = 0

    def write(self, part: Any) -> int:
        self.parts.append(part)
        self.size += len(part)
        return len(part)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        """Do nothing: the parts are written together."""

    def close(self) -> None:
        """Do nothing: the parts are written together."""

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


@define
class _Table:
    """What is known of a table while its segment is written."""

    name: str
    schema: pa.Schema
    owner: str
    layer: str
    shared: bool
    rows: int = 0
    pending: list[pa.RecordBatch] = field(factory=list)
    pending_rows: int = 0
    pending_bytes: int = 0
    heavy: bool = False
    chunks: list[list[Any]] = field(factory=list)
    packed: bool = False
    run_slots: list[npt.NDArray[np.uint32]] = field(factory=list)
    run_starts: list[npt.NDArray[np.uint32]] = field(factory=list)

    def copy(self) -> _Table:
        """Return what stays as it is when rows are added to this."""
        return evolve(
            self,
            pending=list(self.pending),
            chunks=list(self.chunks),
            run_slots=list(self.run_slots),
            run_starts=list(self.run_starts),
        )


WriterMark = dict[str, _Table]
"""What is known of the tables at one moment."""


@frozen
class SealedSegment:
    """A segment whose file is complete and durable under its temporary name.

    Args:
        size: Bytes of the file.
        checksum: Checksum of the TOC, 16 hex digits.
        files: Layer → the owner paths of its rows by slot.
        toc: The TOC itself, for who opens it next.
    """

    size: int
    checksum: str
    files: Mapping[str, Mapping[int, str]]
    toc: bytes


class SegmentWriter:
    """Streams record batches into a new segment file.

    Args:
        path: File to create; it must not exist.
        packs: Whether chunks of many rows are packed; else those after `UNPACKED_BYTES` alone are.
    """

    def __init__(self, path: Path, *, packs: bool = True) -> None:
        self.path = path
        self._packs = packs
        self._tables: dict[str, _Table] = {}
        self._arrays: dict[str, list[Any]] = {}
        self._paths: list[str] = [""]
        self._slots: dict[str, int] = {"": 0}
        with translated(path):
            self._file = DirectFile(path)
            self._put([MAGIC])

    def append(self, table: str, batch: pa.RecordBatch, slots: npt.NDArray[np.uint32] | None = None) -> None:
        """Add rows to a table.

        Args:
            table: Table name.
            batch: Rows in the table's physical schema; columns may be in any order and further ones dictionaries.
            slots: The slot of each row's owner, where the rows themselves do not say which of its versions they are.

        Raises:
            StorageError: A column is missing or has another type (`batch-invalid`), or the disk refused.
        """
        state = self._tables.get(table)
        if state is None:
            spec = TABLES.get(table)
            schema = spec.physical_schema if spec else batch.schema.remove_metadata()
            owner = spec.owner if spec else "file_path" if "file_path" in schema.names else ""
            state = self._tables[table] = _Table(table, schema, owner, layer_of(table), table == "nodes")
            state.heavy = any(map(pa.types.is_binary, schema.types))
        if batch.num_rows == 0:
            return
        batch = fitted(table, batch, state.schema)
        self._own(state, self._slots_of(state, batch) if slots is None else slots)
        state.rows += batch.num_rows
        if state.pending and batch.num_rows >= COALESCE_ROWS:
            self._flush(state)  # joining copies, and this batch is large enough alone
        state.pending.append(batch)
        state.pending_rows += batch.num_rows
        if state.heavy:
            state.pending_bytes += batch.nbytes
        if state.pending_rows >= COALESCE_ROWS or state.pending_bytes >= COALESCE_BYTES:
            self._flush(state)

    def mark(self) -> WriterMark:
        """Return what `undo` goes back to."""
        return {name: state.copy() for name, state in self._tables.items()}

    def undo(self, mark: WriterMark) -> None:
        """Forget the rows added since a mark, which can be used once; what was written of them stays unused."""
        self._tables = mark

    def owners_in(self, table: str) -> list[str]:
        """Return who owns a row of a table appended so far: files, "" (the repository), nodes without a file."""
        state = self._tables.get(table)
        if state is None or not state.run_slots:
            return []
        used = np.unique(np.concatenate(state.run_slots))
        return [self._paths[slot] for slot in used.tolist()]

    def add_owner(self, owner: str) -> int:
        """Return a new slot for an owner, which may have others: those of its other versions."""
        self._paths.append(owner)
        return len(self._paths) - 1

    def rows(self, table: str) -> int:
        """Return how many rows a table has so far."""
        state = self._tables.get(table)
        return 0 if state is None else state.rows

    def put_array(self, name: str, values: npt.NDArray[Any]) -> None:
        """Write an array of numbers; its name must be new."""
        if values.nbytes <= _COPIED_BYTES:
            content: Any = values.tobytes()  # a view of it takes longer than a copy
        else:
            content = memoryview(np.ascontiguousarray(values).data).cast("B")
        try:
            offset, checksum = self._put([content])
        except OSError as error:
            raise from_os(error, self.path) from error
        self._arrays[name] = [offset, len(content), values.dtype.str, f"{checksum:016x}"]

    def put_numbers(self, name: str, values: npt.NDArray[Any]) -> None:
        """Write an array of unsigned numbers below 2**32, as narrow as they allow; its name must be new."""
        width, content = narrowed(values)
        self.put_array(name, content)
        self._arrays[name][2] = width

    def put_rows(self, name: str, rows: pa.RecordBatch) -> None:
        """Write an internal table, which nobody owns."""
        state = self._tables[name] = _Table(name, rows.schema, "", "", False, rows.num_rows)
        state.pending = [rows]
        self._flush(state)

    def flush(self, table: str) -> bool:
        """Write what is pending of a table; say whether any of its chunks is packed."""
        state = self._tables.get(table)
        if state is None:
            return False
        self._flush(state)
        return state.packed

    def seal(self, facts: Mapping[str, Any], *, durable: bool = True) -> SealedSegment:
        """Write what is pending, the TOC and the footer, and make the file durable.

        A failed fsync is never repeated: the kernel may have dropped the pages, so a second one proves nothing.

        Args:
            facts: JSON-ready facts about the segment, kept in the TOC.
            durable: False for a segment that goes with this process.
        """
        for state in self._tables.values():
            self._flush(state)
        files: dict[str, dict[int, str]] = {}
        paths = self._paths
        for name, state in self._tables.items():
            if name == ENDS:
                continue
            starts, slots = _joined_runs(state.run_starts), _joined_runs(state.run_slots)
            if state.rows:
                held = files.setdefault(state.layer, {})
                held.update({slot: paths[slot] for slot in sorted(set(slots.tolist()))})
            self.put_array(f"{name}/owner.start", starts)
            self.put_array(f"{name}/owner.slot", slots)
        owners = pa.record_batch([pa.array(paths, pa.string())], OWNERS_SCHEMA)
        with translated(self.path):
            place = self._put_chunk(owners)
            toc = {
                "format": FORMAT,
                "tables": {
                    name: {"rows": state.rows, "layer": state.layer, "chunks": state.chunks}
                    # The schema of a declared table is known, and a chunk that is not packed begins with its own.
                    | ({} if name in TABLES and not state.packed else {"schema": _schema_text(state.schema)})
                    for name, state in self._tables.items()
                }
                | {OWNERS: {"rows": len(paths), "layer": "", "chunks": [place]}},
                "arrays": self._arrays,
                "slots": {layer: len(held) for layer, held in files.items()},
                "facts": dict(facts),
            }
            text = json.dumps(toc, separators=(",", ":"), sort_keys=True).encode()
            offset, checksum = self._put([text])
            self._put([FOOTER.pack(offset, len(text), checksum, MAGIC)], align=False)
            self._file.sync(read_next=place[0], durable=durable)
        return SealedSegment(self._file.size, f"{checksum:016x}", files, text)

    def publish(self, facts: Mapping[str, Any], final: Path) -> SealedSegment:
        """Seal the segment and give it its name, durably.

        Args:
            facts: As in `seal`.
            final: Where it goes; in the same folder.
        """
        sealed = self.seal(facts)
        with translated(final):
            self.path.rename(final)
            folder = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return sealed

    def discard(self) -> None:
        """Close and delete the file; never raises for a file that is gone."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _own(self, state: _Table, slots: npt.NDArray[np.uint32]) -> None:
        """Note which owner's rows lie where, as runs of rows with one owner."""
        changes = np.flatnonzero(slots[1:] != slots[:-1])
        starts = np.zeros(len(changes) + 1, np.int64)
        np.add(changes, 1, out=starts[1:])
        codes = slots[starts]
        if state.run_slots and state.run_slots[-1][-1] == codes[0]:
            starts, codes = starts[1:], codes[1:]
        if len(codes):
            state.run_slots.append(codes)
            state.run_starts.append((starts + state.rows).astype(np.uint32))

    def _slots_of(self, state: _Table, batch: pa.RecordBatch) -> npt.NDArray[np.uint32]:
        if not state.owner:
            return np.full(batch.num_rows, self._slot(""), np.uint32)
        column = batch.column(state.owner)
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        indices = dictionary_codes(column)
        texts = column.dictionary
        if len(texts) == 1 and not column.indices.null_count:  # rows of one file, as most commits have
            return np.full(len(indices), self._slot(texts[0].as_py()), np.uint32)
        by_code = np.fromiter((self._slot(path) for path in texts.to_pylist()), np.uint32)
        rows = by_code[indices] if len(by_code) else np.zeros(len(indices), np.uint32)
        if column.indices.null_count:
            unowned = np.flatnonzero(np.asarray(column.indices.is_null()))
            rows[unowned] = self._unowned(state, batch, unowned)
        return rows

    def _unowned(self, state: _Table, batch: pa.RecordBatch, rows: npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
        """Return slots of rows without a file: a node owns itself, everything else is the repository's."""
        if not state.shared:
            return np.full(len(rows), self._slot(""), np.uint32)
        ids = batch.column("id").take(pa.array(rows)).to_pylist()
        return np.fromiter((self._slot(f"{SHARED}{node}") for node in ids), np.uint32, len(rows))

    def _slot(self, owner: str) -> int:
        slot = self._slots.get(owner)
        if slot is None:
            slot = self._slots[owner] = self.add_owner(owner)
        return slot

    def _flush(self, state: _Table) -> None:
        if not state.pending:
            return
        batches, state.pending, state.pending_rows, state.pending_bytes = state.pending, [], 0, 0
        joined = batches[0] if len(batches) == 1 else _joined(batches, state.schema)
        pieces = -(-joined.num_rows // CHUNK_ROWS)
        size = -(-joined.num_rows // pieces)
        with translated(self.path):
            for start in range(0, joined.num_rows, size):
                piece = joined.slice(start, size)
                if piece.num_rows < PACKED_ROWS or not (self._packs or self._file.size >= UNPACKED_BYTES):
                    state.chunks.append(self._put_chunk(piece))
                else:
                    ends = ENDS_OF.get(state.name, ())
                    rows = decoded(_compacted(piece, ends), state.schema)
                    state.chunks.append(pack(rows, ends, self._put, long_blocks=state.name not in LOOKED_UP))
                    state.packed = True

    def _put_chunk(self, batch: pa.RecordBatch) -> list[Any]:
        batch = _compacted(batch)
        # A large batch is not copied once more; a small one is cheaper as one piece than as fifty.
        sink: Any = pa.BufferOutputStream() if batch.nbytes < _SMALL_BATCH_BYTES else _Gather()
        with pa.ipc.new_stream(sink, batch.schema, options=_IPC_OPTIONS) as writer:
            writer.write_batch(batch)
        parts = sink.parts if isinstance(sink, _Gather) else [memoryview(sink.getvalue())]
        offset, checksum = self._put(parts)
        return [offset, sum(map(len, parts)), batch.num_rows, f"{checksum:016x}"]

    def _put(self, parts: list[Any], align: bool = True) -> tuple[int, int]:
        """Write parts one after another; return where they start and their checksum."""
        write = self._file.write
        if align and (gap := -self._file.size % ALIGNMENT):
            write(_GAPS[gap])
        offset = self._file.size
        if len(parts) == 1:
            (part,) = parts
            write(part)
            return offset, xxhash.xxh3_64_intdigest(part)
        digest = xxhash.xxh3_64()
        for part in parts:
            if len(part):
                digest.update(part)
                write(part)
        return offset, digest.intdigest()


def _joined_runs(runs: list[npt.NDArray[np.uint32]]) -> npt.NDArray[np.uint32]:
    if len(runs) == 1:
        return runs[0]
    return np.concatenate(runs) if runs else np.zeros(0, np.uint32)


@cache
def _schema_text(schema: pa.Schema) -> str:
    return base64.b64encode(schema.serialize()).decode("ascii")


def fitted(table: str, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch with a table's columns in the table's order.

    Columns that the schema has as dictionaries become dictionaries; extra dictionaries stay (the reader decodes them).

    Raises:
        StorageError: A column is missing or cannot become the schema's type.
    """
    have = batch.schema
    if have.equals(schema) or (have.names == schema.names and have.types == schema.types):
        return batch
    columns = []
    for wanted in schema:
        position = have.get_field_index(wanted.name)
        if position < 0:
            raise _invalid(table, f"it has no column {wanted.name!r}")
        column = batch.column(position)
        if column.type != wanted.type:
            column = _fit_column(table, column, wanted)
        columns.append(column)
    fields = [wanted.with_type(column.type) for wanted, column in zip(schema, columns, strict=True)]
    return pa.record_batch(columns, schema=pa.schema(fields, metadata=schema.metadata))


def _fit_column(table: str, column: pa.Array, wanted: pa.Field) -> pa.Array:
    try:
        if wanted.type == SYMBOL:
            if not pa.types.is_dictionary(column.type):
                return column.cast(pa.string()).dictionary_encode()
            return column.cast(SYMBOL)
        if wanted.type == pa.string() and pa.types.is_dictionary(column.type):
            return column.cast(SYMBOL)
        return column.cast(wanted.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _invalid(table, f"column {wanted.name!r} is {column.type}, not {wanted.type}") from error


def _invalid(table: str, why: str) -> StorageError:
    return StorageError(
        f"A batch for table {table!r} is not in its schema: {why}.",
        code="batch-invalid",
        category=ErrorCategory.PERMANENT,
        context={"table": table, "remedy": "Hand over batches in the table's physical schema."},
    )


def _joined(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Join small batches; where their encodings differ, in the table's own schema."""
    if any(batch.schema.types != batches[0].schema.types for batch in batches):
        batches = [decoded(batch, schema) for batch in batches]
    return pa.Table.from_batches(batches).unify_dictionaries().combine_chunks().to_batches()[0]


def decoded(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch in exactly the given schema: extra dictionaries become plain strings."""
    if batch.schema is schema or batch.schema.equals(schema) or batch.schema.types == schema.types:
        return batch
    columns = [
        column if column.type == wanted.type else column.cast(wanted.type)
        for column, wanted in zip(batch.columns, schema, strict=True)
    ]
    return pa.record_batch(columns, schema=schema)


def _compacted(batch: pa.RecordBatch, unwritten: Sequence[str] = ()) -> pa.RecordBatch:
    """Drop dictionary values that no row uses, where a dictionary is much larger than the batch.

    A producer may share one dictionary of a whole repository between batches; each chunk must stand alone.

    Args:
        batch: The rows.
        unwritten: Columns that are left as they are: their texts are not written.
    """
    columns: list[pa.Array] = []
    for position, kind in enumerate(batch.schema.types):
        if kind.id != _DICTIONARY:
            continue
        column = batch.column(position)
        texts = column.dictionary
        if len(texts) <= batch.num_rows // 2 + 64 or batch.schema.names[position] in unwritten:
            continue
        shorter = _with_used(column, texts)
        if shorter is not None:
            columns = columns or batch.columns
            columns[position] = shorter
    return pa.record_batch(columns, schema=batch.schema) if columns else batch


def _with_used(column: pa.DictionaryArray, texts: pa.Array) -> pa.DictionaryArray | None:
    """Return a column whose dictionary has only values that rows use; None where that would save little."""
    codes = dictionary_codes(column)
    mask = np.asarray(column.indices.is_null()) if column.indices.null_count else None
    used = np.zeros(len(texts), np.bool_)
    used[codes if mask is None else codes[~mask]] = True
    kept = np.flatnonzero(used)
    if len(kept) * 4 > len(used) * 3:
        return None
    place = np.zeros(len(used), np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(place[codes], mask=mask), texts.take(pa.array(kept)))

"""What stages and analyzers gave to whom, kept with a snapshot: the next run compares with it owner by owner.

Kept for those that run over the whole repository. A stage that can update itself says which files' rows change, and
only its reading is noted.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import xxhash
from attrs import define, field

from codegraph._internal.indexing.incremental.base import unowned_key
from codegraph_hookspecs import TABLES, Analyzer, Stage

STATE_NAME: Final = "outputs"
_FORMAT: Final = 2
_PRODUCED_IDS: Final = ("nodes", "edges")
_FEW_ROWS: Final = 64
"""Up to here an owner's rows are written as Python's; a stream of Arrow's has a head of its own."""
_ROWS_AT_ONCE: Final = 4_096


@define(kw_only=True)
class Output:
    """What one producer gave.

    Args:
        owners: Owner (`unowned_key` where rows belong to no file) → digest of its rows in all tables.
        shared: Ids of its nodes without a file.
        ids: Ids of its other nodes and of its edges; names of its metrics.
        files: What it read besides tables.
        folders: Folders that it listed.
        finds: Whether it searched all folders for names.
    """

    owners: dict[str, str] = field(factory=dict)
    shared: list[str] = field(factory=list)
    ids: dict[str, list[str]] = field(factory=dict)
    files: list[str] = field(factory=list)
    folders: list[str] = field(factory=list)
    finds: bool = False

    @property
    def reads(self) -> bool:
        """Whether it read anything but tables."""
        return bool(self.files or self.folders or self.finds)


def producer_name(each: Stage | Analyzer) -> str:
    """Return the name under which something's output is noted."""
    return each.name if isinstance(each, Stage) else f"analyzer:{each.name}"


def output_of(rows: Iterable[tuple[str, pa.RecordBatch]]) -> Output:
    """Return what some rows are, without what was read for them."""
    output = Output()
    tables: dict[str, list[pa.RecordBatch]] = {}
    for name, batch in rows:
        if batch.num_rows:
            tables.setdefault(name, []).append(batch)
    digests: dict[str, xxhash.xxh3_64] = {}
    for name, batches in sorted(tables.items()):
        spec = TABLES[name]
        table = pa.Table.from_batches([_plain(batch, spec.schema) for batch in batches], spec.schema).combine_chunks()
        if name == "nodes":
            unowned = table.column("file_path").is_null()
            output.shared = table.filter(unowned).column("id").to_pylist()
            table = table.filter(_inverted(unowned))
        if name in _PRODUCED_IDS:
            output.ids[name] = table.column("id").to_pylist()
        elif name == "metrics":
            output.ids[name] = sorted({*table.column("name").to_pylist()})
        for owner, content in _by_owner(table, spec.owner):
            digest = digests.setdefault(owner or unowned_key(name), xxhash.xxh3_64())
            digest.update(name.encode())
            digest.update(content)
    output.owners = {owner: digest.hexdigest() for owner, digest in digests.items()}
    return output


def encode(outputs: Mapping[str, Output]) -> bytes:
    """Return what is kept with a snapshot."""
    said = {
        name: [each.owners, each.shared, each.ids, each.files, each.folders, each.finds]
        for name, each in outputs.items()
    }
    return zlib.compress(json.dumps({"format": _FORMAT, "outputs": said}, separators=(",", ":")).encode(), 1)


def decode(blob: bytes | None) -> dict[str, Output] | None:
    """Read it back, or return None."""
    try:
        said: dict[str, Any] = json.loads(zlib.decompress(blob)) if blob else {}
        if said.get("format") != _FORMAT:
            return None
        return {
            name: Output(owners=owners, shared=shared, ids=ids, files=files, folders=folders, finds=finds)
            for name, (owners, shared, ids, files, folders, finds) in said["outputs"].items()
        }
    except (ValueError, KeyError, TypeError, zlib.error):
        return None


def _plain(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [batch.column(part.name).cast(part.type) for part in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _inverted(mask: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.invert(mask)


def _by_owner(table: pa.Table, owner: str) -> Iterable[tuple[str, bytes]]:
    """Give the rows of each owner as bytes that are the same for the same rows."""
    if not table.num_rows:
        return
    if not owner:
        yield "", _bytes(table, _Rows(table), 0, table.num_rows)
        return
    column = table.column(owner).combine_chunks().fill_null("").dictionary_encode()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0)
    codes = column.indices.to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    names = column.dictionary.to_pylist()
    table, codes = table.take(pa.array(order)), codes[order]
    starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    ends = np.append(starts[1:], len(codes))
    rows = _Rows(table)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield names[codes[start]], _bytes(table, rows, start, end)


class _Rows:
    """Rows of a table as tuples, in order; made for many owners at a time, since each conversion has a price."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._first, self._made = 0, list[tuple[Any, ...]]()

    def of(self, start: int, end: int) -> list[tuple[Any, ...]]:
        """Return some rows, none before those of the last call."""
        if end > self._first + len(self._made):
            part = self._table.slice(start, max(_ROWS_AT_ONCE, end - start))
            self._first, self._made = start, list(zip(*(each.to_pylist() for each in part.columns), strict=True))
        return self._made[start - self._first : end - self._first]


def _bytes(table: pa.Table, rows_of: _Rows, start: int, end: int) -> bytes:
    if end - start <= _FEW_ROWS:
        return repr(rows_of.of(start, end)).encode("utf-8", "surrogatepass")
    sink = pa.BufferOutputStream()
    # Taken anew, so that no slice of a larger table leaves its traces.
    rows = table.take(pa.array(np.arange(start, end))).combine_chunks()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    content: bytes = sink.getvalue().to_pybytes()
    return content

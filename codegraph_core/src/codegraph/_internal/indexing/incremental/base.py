"""The snapshot that an incremental run starts from: rows by owner, whole tables in path order, nodes without a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from codegraph._internal.discovery import path_bytes
from codegraph._internal.pipeline.validate import without_keys
from codegraph._internal.store.layout import OWNERS, layer_of
from codegraph._internal.store.segment_writer import decoded

if TYPE_CHECKING:
    from codegraph._internal.store import Snapshot

SHARED_COLUMNS: Final = ("id", "kind", "name", "fqn", "parent_id", "metadata")
"""What decides whether a node without a file is still the same."""
_KINDS: Final = ("external", "package")


@frozen
class FileRow:
    """What is known of a file: its row of `files`, as far as it is needed."""

    language: str | None
    content_hash: str | None
    size: int
    mtime_ns: int
    status: str


def file_rows(snapshot: Snapshot) -> dict[str, FileRow]:
    """Return what a snapshot says of its files, by path."""
    found: dict[str, FileRow] = {}
    for batch in snapshot.scan("files", ["path", "language", "content_hash", "size", "mtime_ns", "status"]):
        columns = [column.to_pylist() for column in batch.columns]
        found.update((path, FileRow(*values)) for path, *values in zip(*columns, strict=True))
    return found


def rows_of(snapshot: Snapshot, table: str, owners: Iterable[str], columns: Sequence[str] | None = None) -> pa.Table:
    """Return the rows of a table that some owners have, in row order; other rows are not read."""
    batches: list[pa.RecordBatch] = []
    wanted = pa.array(list(owners), pa.string())
    for part in snapshot.live_segments():
        if not part.has(table):
            continue
        held = np.flatnonzero(np.asarray(pc.is_in(part.segment.read(OWNERS, 0).column(0), value_set=wanted)))
        held = held[~np.isin(held, part.dead[part.segment.layer(table)])]
        if len(held):
            batches += part.take(table, part.rows_of(table, held), columns)
    schema = snapshot.schema(table)
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns])
    if not batches:
        return schema.empty_table()
    return pa.Table.from_batches([decoded(batch, schema) for batch in batches]).unify_dictionaries()


def in_path_order(batches: Iterable[pa.RecordBatch], owner: str) -> Iterator[pa.RecordBatch]:
    """Give rows that are grouped by file in the order of the files' raw paths; rows of no file are left out.

    Args:
        batches: The rows; a file may be spread over neighbouring batches.
        owner: The column with the file's path.
    """
    given: list[pa.RecordBatch] = []
    runs: list[tuple[bytes, int, int, int]] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        codes, paths = codes_of(batch.column(owner))
        starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
        ends = np.append(starts[1:], len(codes))
        number = len(given)
        given.append(batch)
        runs += [
            (path_bytes(paths[code] or ""), number, start, end)
            for code, start, end in zip(codes[starts].tolist(), starts.tolist(), ends.tolist(), strict=True)
            if code >= 0
        ]
    runs.sort()
    at = 0
    while at < len(runs):
        _, number, start, end = runs[at]
        at += 1
        while at < len(runs) and runs[at][1] == number and runs[at][2] == end:
            end = runs[at][3]
            at += 1
        yield given[number].slice(start, end - start)


def without(batch: pa.RecordBatch, owner: str, owners: frozenset[str]) -> pa.RecordBatch:
    """Return the rows of a batch that none of some owners has; None among rows of no owner is kept."""
    codes, paths = codes_of(batch.column(owner))
    gone = np.array([path in owners for path in paths], bool)
    if not gone.any():
        return batch
    return batch.take(pa.array(np.flatnonzero(~np.append(gone, False)[codes])))


def only(batch: pa.RecordBatch, owner: str, owners: frozenset[str]) -> pa.RecordBatch:
    """Return the rows of a batch that some owners have; "" are the rows of no file."""
    codes, paths = codes_of(batch.column(owner))
    kept = np.array([path in owners for path in paths], bool)
    mask = np.append(kept, "" in owners)[codes]
    return batch if mask.all() else batch.take(pa.array(np.flatnonzero(mask)))


def selected(
    batch: pa.RecordBatch, conditions: Mapping[str, Sequence[str]], columns: Sequence[str] | None = None
) -> pa.RecordBatch:
    """Return the rows that have one of the wanted values in each column named."""
    mask = None
    for name, values in conditions.items():
        column = batch.column(name)
        wanted = pa.array(values, pa.string())
        if pa.types.is_dictionary(column.type):
            found = pc.is_in(column.dictionary, value_set=wanted).take(column.indices).fill_null(False)
        else:
            found = pc.is_in(column, value_set=wanted)
        mask = found if mask is None else pc.and_(mask, found)
    batch = batch if mask is None else batch.filter(mask)
    return batch if columns is None else batch.select(list(columns))


def shared_nodes(snapshot: Snapshot) -> dict[str, tuple[object, ...]]:
    """Return the nodes without a file, by id."""
    found: dict[str, tuple[object, ...]] = {}
    # The kinds are narrow to read; of the others' columns nothing is unpacked.
    for batch, read in snapshot.chosen("nodes", ["kind", "file_path"], SHARED_COLUMNS):
        rows = np.flatnonzero(np.asarray(batch.column("file_path").is_null()))
        if len(rows):
            found.update(shared_rows(read(rows)))
    return found


def shared_rows(batch: pa.RecordBatch) -> dict[str, tuple[object, ...]]:
    """Return the rows of nodes without a file as values, by id."""
    columns = [batch.column(name).to_pylist() for name in SHARED_COLUMNS]
    return {row[0]: row for row in zip(*columns, strict=True)}


def merged(table: str, batches: Iterable[pa.RecordBatch]) -> pa.RecordBatch | None:
    """Return rows as one batch: each costs a store as much as a thousand rows."""
    given = [batch for batch in batches if batch.num_rows]
    if not given:
        return None
    if len(given) == 1:
        return given[0]
    if any(batch.schema.names != given[0].schema.names for batch in given):
        given = [without_keys(table, batch) for batch in given]
    schema = given[0].schema
    if any(batch.schema.types != schema.types for batch in given):
        given = [
            pa.RecordBatch.from_arrays(
                [
                    column if column.type == wanted.type else column.cast(wanted.type)
                    for column, wanted in zip(batch.columns, schema, strict=True)
                ],
                schema=schema,
            )
            for batch in given
        ]
    return (
        pa.Table.from_batches([batch.cast(schema) for batch in given])
        .unify_dictionaries()
        .combine_chunks()
        .to_batches()[0]
    )


def merged_rows(rows: Iterable[tuple[str, pa.RecordBatch]]) -> list[tuple[str, pa.RecordBatch]]:
    """Return rows as one batch for each table."""
    tables: dict[str, list[pa.RecordBatch]] = {}
    for table, batch in rows:
        tables.setdefault(table, []).append(batch)
    return [(table, batch) for table, batches in tables.items() if (batch := merged(table, batches)) is not None]


def unowned_key(table: str) -> str:
    """Return the owner of a table's rows that belong to no file: one for each layer, as the store has it."""
    return f"\0{layer_of(table)}"


def codes_of(column: pa.Array) -> tuple[npt.NDArray[np.int64], list[str | None]]:
    """Return a text column as codes and the texts they stand for; null is code -1."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    values = column.dictionary.to_pylist()
    if None in values:  # a null among the values of a dictionary
        codes = np.where(codes == values.index(None), -1, codes)
    return codes, values

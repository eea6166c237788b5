"""Rows in the formats of `codegraph query`, written batch by batch: memory does not grow with the result."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa

from codegraph.cli.failures import UsageError
from codegraph.cli.options import Format
from codegraph.cli.terminal import print_table

Batches = Iterable[pa.RecordBatch]

BINARY: Final = frozenset({"parquet", "arrow"})


def write_rows(
    batches: Batches, schema: pa.Schema, form: Format, output: Path | None, *, head: Mapping[str, Any]
) -> int:
    """Write rows and return how many there were.

    Args:
        batches: Rows in order, all with `schema`.
        schema: Logical schema; it decides the columns even when there are no rows.
        form: Output format.
        output: File to write (complete or not there at all), or None for standard output.
        head: Facts that precede the rows in the format "json".

    Raises:
        UsageError: A binary format was asked for on a terminal.
    """
    if output is None:
        if form in BINARY and sys.stdout.isatty():
            raise UsageError(f"--format {form} is binary; add --output FILE or redirect standard output.")
        return _WRITERS[form](batches, schema, sys.stdout.buffer, head)
    partial = output.with_name(output.name + ".partial")
    try:
        with partial.open("wb") as stream:
            rows = _WRITERS[form](batches, schema, stream, head)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def _table(batches: Batches, schema: pa.Schema, stream: IO[bytes], head: Mapping[str, Any]) -> int:
    if stream is not sys.stdout.buffer:
        raise UsageError("--format table is for reading; --output needs json, jsonl, csv, parquet or arrow.")
    # The widths of a table depend on every row, so this format alone holds the rows.
    rows = [row for batch in batches for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)]
    if not rows:
        print("No rows.")
        return 0
    numbers = [field.name for field in schema if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)]
    print_table(schema.names, rows, right=numbers)
    return len(rows)


def _json(batches: Batches, schema: pa.Schema, stream: IO[bytes], head: Mapping[str, Any]) -> int:
    opening = json.dumps({**head, "columns": schema.names}, indent=2, ensure_ascii=False, default=str)
    stream.write(_utf8(opening.removesuffix("\n}") + ',\n  "rows": ['))
    total = 0
    for row in _rows(batches):
        stream.write(_utf8((",\n    " if total else "\n    ") + _line(row)))
        total += 1
    stream.write(_utf8(("\n  " if total else "") + f'],\n  "count": {total}\n}}\n'))
    return total


def _jsonl(batches: Batches, schema: pa.Schema, stream: IO[bytes], head: Mapping[str, Any]) -> int:
    total = 0
    for row in _rows(batches):
        stream.write(_utf8(_line(row) + "\n"))
        total += 1
    return total


def _csv(batches: Batches, schema: pa.Schema, stream: IO[bytes], head: Mapping[str, Any]) -> int:
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
    total = 0
    try:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(schema.names)
        for batch in batches:
            columns = [
                [None if value is None else _line(value) for value in column.to_pylist()]
                if pa.types.is_nested(column.type)
                else column.to_pylist()
                for column in batch.columns
            ]
            writer.writerows(zip(*columns, strict=True))
            total += batch.num_rows
    finally:
        text.detach()
    return total


def _parquet(batches: Batches, schema: pa.Schema, stream: IO[bytes], head: Mapping[str, Any]) -> int:
    import pyarrow.parquet as pq

    total = 0
    with pq.ParquetWriter(pa.PythonFile(stream, mode="w"), schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            total += batch.num_rows
    return total


def _arrow(batches: Batches, schema: pa.Schema, stream: IO[bytes], head: Mapping[str, Any]) -> int:
    total = 0
    with pa.ipc.new_stream(pa.PythonFile(stream, mode="w"), schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            total += batch.num_rows
    return total


def _rows(batches: Batches) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch.to_pylist()


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_json_value)


def _json_value(value: object) -> object:
    """Return a value that JSON has no type for as one that it has; integers of any size stay integers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


_WRITERS: Final[Mapping[str, Callable[[Batches, pa.Schema, IO[bytes], Mapping[str, Any]], int]]] = {
    "table": _table,
    "json": _json,
    "jsonl": _jsonl,
    "csv": _csv,
    "parquet": _parquet,
    "arrow": _arrow,
}

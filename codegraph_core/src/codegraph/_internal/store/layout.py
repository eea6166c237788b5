"""Bytes of a segment file.

    magic  chunk* array* TOC footer

A chunk is a complete Arrow IPC stream (schema, dictionaries, one record batch; not compressed, so that a reader maps it
without a copy). An array is a run of fixed-width numbers. Both start at multiples of 64 bytes. The TOC (JSON) gives the
place and xxh3 checksum of each; the footer gives the place and checksum of the TOC, and the catalog repeats that
checksum, so that one number in the catalog vouches for every byte that is ever read.
"""

from __future__ import annotations

import struct
from typing import Final

import pyarrow as pa

from codegraph_hookspecs import TABLES

FORMAT: Final = 1
MAGIC: Final = b"CGSEGMT" + bytes([FORMAT])
FOOTER: Final = struct.Struct("<QQQ8s")
"""TOC offset, TOC length, TOC checksum, magic."""
ALIGNMENT: Final = 64

CHUNK_ROWS: Final = 32_768
"""Most rows of a chunk: verifying a chunk (its first use) stays below 1 ms."""
COALESCE_ROWS: Final = 8_192
"""Appended batches are joined until they hold this many rows."""

OWNERS: Final = "$owners"
"""Internal table of a segment: the file of each slot. Slot 0 is "", the repository itself."""
OWNERS_SCHEMA: Final = pa.schema([pa.field("path", pa.string(), nullable=False)])

KEY_COLUMNS: Final = {
    "nodes": {"key": "id", "name_key": "name", "fqn_key": "fqn"},
    "edges": {"source_key": "source_id", "target_key": "target_id"},
}
"""Optional uint64 columns of appended batches that give the keys (xxh3_64) of another column."""

SYMBOL: Final = pa.dictionary(pa.int32(), pa.string())


def layer_of(table: str) -> str:
    """Return the layer whose file versions own the table's rows; layers can be replaced one without another."""
    if table in {"findings", "metrics"}:
        return "analysis"
    return "structure" if table in TABLES else table

"""Bytes of a segment file.

    magic  (block* chunk)* array* TOC footer

A small chunk is a complete Arrow IPC stream (schema, dictionaries, one record batch), mapped without a copy. A larger
one is packed (`packed.py`): columns of numbers and of few values as narrow arrays, text in compressed blocks of some
hundred rows, ids of nodes as numbers of nodes. An array is a run of fixed-width numbers. All start at multiples of 64
bytes. The TOC (JSON) gives the place and xxh3 checksum of each, a packed chunk those of its blocks; the footer gives
the place and checksum of the TOC, and the catalog repeats that checksum, so that one number in the catalog vouches for
every byte that is ever read. Earlier formats are still read: 1 had no packed chunks, and keys instead of numbers of
nodes; 2 had Arrow streams for blocks.
"""

from __future__ import annotations

import struct
from typing import Final

import pyarrow as pa

from codegraph_hookspecs import TABLES

FORMAT: Final = 3
MAGICS: Final = tuple(b"CGSEGMT" + bytes([known]) for known in range(1, FORMAT + 1))
"""First and last bytes of a segment of each format, oldest first."""
MAGIC: Final = MAGICS[-1]
FOOTER: Final = struct.Struct("<QQQ8s")
"""TOC offset, TOC length, TOC checksum, magic."""
ALIGNMENT: Final = 64

CHUNK_ROWS: Final = 32_768
"""Most rows of a chunk: verifying a chunk (its first use) stays below 1 ms."""
PACKED_ROWS: Final = 1_024
"""Fewer rows are kept as they are: packing costs a commit of one file more than it saves."""
UNPACKED_BYTES: Final = 32 << 20
"""An update's segment of fewer bytes is not packed: it would take a fifth of what the update takes besides parsing.
Merging segments packs them; until then they take 2.4 times the room."""
BLOCK_ROWS: Final = 256
"""Rows of a block of text. Reading one row unpacks one block, 20 µs for all text of a node; four times as many rows
would save 13 % of the bytes and take twice as long."""
BLOCK_BYTES: Final = 64 << 10
"""… or fewer rows, where they have more text than this, …"""
LOOKED_UP: Final = frozenset({"nodes"})
"""Tables of which single rows are read. Blocks of the others have twice as much of both: packing takes a fifth less."""
LEAST_BLOCK_ROWS: Final = 32
"""… though never fewer than these."""
PIECE_ROWS: Final = 4_096
"""Most rows of which ids or hexadecimal text are unpacked at once while streaming, …"""
PIECE_BLOCKS: Final = 12
"""… and most blocks of text: 0.8 MB."""
COALESCE_ROWS: Final = 8_192
"""Appended batches are joined until they hold this many rows."""
COALESCE_BYTES: Final = 1 << 20
"""… or, in tables with a column of bytes, this many bytes: a row of `sources` is a file."""

TINY_BYTES: Final = 2 << 20
"""Segments below this are merged when there are more than a dozen (`compaction.py`)."""

OWNERS: Final = "$owners"
"""Internal table of a segment: the owner of each slot, a file's path. Slot 0 is "", the repository itself."""
SHARED: Final = "/"
"""What the owner of a node without a file begins with; its id follows. Paths are relative, so none begins so."""
OWNERS_SCHEMA: Final = pa.schema([pa.field("path", pa.string(), nullable=False)])

ENDS: Final = "$ends"
"""Internal table of a segment: ids that rows of it refer to and no node of it has, in the order of their keys."""
ENDS_SCHEMA: Final = pa.schema([pa.field("id", pa.string())])
ENDS_OF: Final = {"nodes": ("parent_id",), "edges": ("source_id", "target_id")}
"""Columns whose values are ids of nodes: packed chunks have numbers of nodes instead."""

SYMBOL: Final = pa.dictionary(pa.int32(), pa.string())


def layer_of(table: str) -> str:
    """Return the layer whose file versions own the table's rows; layers can be replaced one without another."""
    if table in {"findings", "metrics"}:
        return "analysis"
    return "structure" if table in TABLES else table

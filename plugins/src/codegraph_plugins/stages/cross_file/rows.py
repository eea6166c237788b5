"""From arrays of entities to Arrow batches: edge ids, dictionary columns, node rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from attrs import define

from codegraph_hookspecs import TABLES
from codegraph_plugins.stages.cross_file import codes

Array = npt.NDArray[np.int64]

_EDGES: Final = TABLES["edges"].physical_schema
_NODES: Final = TABLES["nodes"].physical_schema
_HEX: Final = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)
"""Two digits for each byte, as one number: taking pairs of numbers takes five times as long."""
_HASHED_AT_ONCE: Final = 2_000
_ZERO_BYTE: Final = pa.scalar(b"\0", pa.binary())


@define
class EdgeArrays:
    """Edges as columns of numbers, in any order.

    Args:
        file: Position of the owning file, or -1.
        rank: Order within the file.
        kind, source, target, resolver: Codes and entities.
        ambiguous: Whether a name on the way has several definitions.
        line, column: Position, or -1.
    """

    file: Array
    rank: Array
    kind: Array
    source: Array
    target: Array
    resolver: Array
    ambiguous: npt.NDArray[np.bool_]
    line: Array
    column: Array

    @staticmethod
    def concatenate(parts: Sequence[EdgeArrays]) -> EdgeArrays:
        """Join edges and sort them by file and rank."""
        names = ("file", "rank", "kind", "source", "target", "resolver", "ambiguous", "line", "column")
        joined = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
        order = np.argsort((joined[0] << 40) | joined[1], kind="stable")
        return EdgeArrays(*(column[order] for column in joined))


def hexadecimal(digests: npt.NDArray[np.uint64]) -> pa.Array:
    """Return each number as 16 hexadecimal digits."""
    characters = np.take(_HEX, digests.astype(">u8").view(np.uint8)).tobytes()
    offsets = np.arange(len(digests) + 1, dtype=np.int32) * 16
    return pa.StringArray.from_buffers(len(digests), pa.py_buffer(offsets), pa.py_buffer(characters))


def ordinals(kind: Array, source: Array, target: Array, size: int) -> Array:
    """Number equal (kind, source, target) from 0 in the order given; entities are below `size`."""
    keys = (source * size + target) * len(codes.EDGES) + kind
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.empty(len(keys), bool)
    starts[:1] = True
    starts[1:] = ordered[1:] != ordered[:-1]
    positions = np.arange(len(keys))
    numbered = np.empty(len(keys), np.int64)
    numbered[order] = positions - np.maximum.accumulate(np.where(starts, positions, 0))
    return numbered


def distinct_of(values: Array, size: int) -> tuple[Array, Array]:
    """Return the distinct values, ascending, and where each value is among them; all are from 0 up to `size`.

    As `np.unique` with the inverse, which sorts: to mark entities takes less, unless there are far more of them.
    """
    if size > 32 * len(values):
        found, position = np.unique(values, return_inverse=True)
        return found, position.astype(np.int64)
    seen = np.zeros(size, bool)
    seen[values] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[values]


def _nullable(values: Array) -> pa.Array:
    return pa.array(values.astype(np.int32), mask=values < 0)


def dictionary(indices: npt.NDArray[np.integer], texts: Sequence[str] | pa.Array, mask: object = None) -> pa.Array:
    """Return a dictionary column of the physical schemas."""
    values = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(indices.astype(np.int32), mask=mask), values)


def edge_digests(edges: EdgeArrays, ids: pa.Array, numbers: Array) -> npt.NDArray[np.uint64]:
    """Return the hash that is each edge's id.

    What is hashed is put together by Arrow: half the time of doing it in Python. It is some hundred bytes an edge, so a
    few edges at a time: that much memory is used again and again, and more would come from the system each time.
    """
    texts = ids.cast(pa.binary())
    kinds = pa.array(codes.EDGES, pa.binary())
    ordinal = pa.array(numbers).cast(pa.string()).cast(pa.binary())
    hashed = np.empty(len(numbers), np.uint64)
    for start in range(0, len(numbers), _HASHED_AT_ONCE):
        part = slice(start, start + _HASHED_AT_ONCE)
        columns = (
            kinds.take(pa.array(edges.kind[part])),
            texts.take(pa.array(edges.source[part])),
            texts.take(pa.array(edges.target[part])),
            ordinal[part],
        )
        joined = pc.binary_join_element_wise(*columns, _ZERO_BYTE).to_pylist()
        hashed[part] = np.fromiter(map(xxhash.xxh3_64_intdigest, joined), np.uint64, len(joined))
    return hashed


def edge_batch(
    edges: EdgeArrays,
    ids: pa.Array,
    entities: Array,
    first_external: int,
    paths: pa.Array,
    first_file: int,
    away: npt.NDArray[np.bool_],
) -> pa.RecordBatch:
    """Return edges as a batch of the physical schema.

    Args:
        edges: Sorted edges whose sources and targets are positions in `entities`.
        ids: Id of each entity.
        entities: The entities in use, sorted.
        first_external: Entities from here on are external.
        paths: Path of each file of the group.
        first_file: Position of the group's first file.
        away: Edges whose source stands in another file than they do: the file is part of their ids.
    """
    count = len(edges.kind)
    numbers = np.zeros(count, np.int64)
    numbers[~away] = ordinals(edges.kind[~away], edges.source[~away], edges.target[~away], len(entities))
    hashed = edge_digests(edges, ids, numbers)
    seen: dict[tuple[int, int, int, int], int] = {}
    for row in np.flatnonzero(away).tolist():
        kind, source, target = int(edges.kind[row]), int(edges.source[row]), int(edges.target[row])
        file = int(edges.file[row])
        number = seen[file, kind, source, target] = seen.get((file, kind, source, target), -1) + 1
        parts = (
            codes.EDGES[kind],
            ids[source].as_py(),
            ids[target].as_py(),
            str(number),
            paths[file - first_file].as_py(),
        )
        hashed[row] = xxhash.xxh3_64_intdigest("\0".join(parts).encode())
    sure = np.array(codes.CONFIDENCE, np.float32)[edges.resolver]
    outside = (entities >= first_external)[edges.source] | (entities >= first_external)[edges.target]
    inherited = outside & ((edges.resolver == codes.R_SELF) | (edges.resolver == codes.R_MEMBER))
    sure[inherited] = codes.CONFIDENCE_OUTSIDE
    unsure = np.array(codes.CONFIDENCE_AMBIGUOUS, np.float32)[edges.resolver]
    columns = {
        "id": hexadecimal(hashed),
        "kind": dictionary(edges.kind, codes.EDGES),
        "source_id": dictionary(edges.source, ids),
        "target_id": dictionary(edges.target, ids),
        "file_path": dictionary(np.maximum(edges.file - first_file, 0), paths, edges.file < 0),
        "line_number": _nullable(edges.line),
        "column": _nullable(edges.column),
        "resolver": dictionary(edges.resolver, codes.RESOLVERS),
        "confidence": pa.array(np.where(edges.ambiguous, unsure, sure)),
        "metadata": pa.nulls(count, pa.string()),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in _EDGES.names], schema=_EDGES)


def node_batch(
    kind: str, ids: Sequence[str], names: Sequence[str], fqns: Sequence[str], parents: Sequence[str | None]
) -> pa.RecordBatch:
    """Return nodes that no file owns (packages, externals) as a batch of the physical schema."""
    count = len(ids)
    given: dict[str, pa.Array] = {
        "id": pa.array(ids, pa.string()),
        "name": pa.array(names, pa.string()),
        "fqn": pa.array(fqns, pa.string()),
        "parent_id": pa.array(parents, pa.string()).dictionary_encode(),
        "is_test": pa.array(np.zeros(count, bool)),
        "kind": dictionary(np.zeros(count, np.int32), [kind]),
        "visibility": dictionary(np.zeros(count, np.int32), ["public"]),
    }
    columns = []
    for field in _NODES:
        if field.name in given:
            columns.append(given[field.name])
        elif pa.types.is_list(field.type):
            columns.append(pa.array([[]] * count, field.type))
        else:
            columns.append(pa.nulls(count, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=_NODES)

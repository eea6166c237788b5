"""Call sites as nodes of kind `call`, which the data contract lists among the node kinds but the store does not repeat.

They appear only where a filter asks for the kind; an unfiltered `nodes()` has definitions, not calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from codegraph._internal.query.snapshot import SnapshotLike
from codegraph_hookspecs.tables import NODES

CALL_KIND: Final = "call"
_SPANS: Final = ("start_line", "end_line", "start_byte", "end_byte")
_COLUMNS: Final = ("id", "caller_id", "callee_text", "file_path", "span")


def call_nodes(snapshot: SnapshotLike, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Stream the call sites as rows of `nodes`.

    The name is the last part of the callee as written, the parent is the caller, and the fqn is the caller's
    with the number of the call.
    """
    languages = _languages(snapshot) if "language" in columns else None
    schema = pa.schema([NODES.schema.field(name) for name in columns])
    for batch in snapshot.scan("call_sites", columns=list(_COLUMNS)):
        arrays = [_column(name, batch, languages) for name in columns]
        yield pa.RecordBatch.from_arrays(
            [array.cast(field.type) for array, field in zip(arrays, schema, strict=True)], schema=schema
        )


def _column(name: str, batch: pa.RecordBatch, languages: tuple[pa.Array, pa.Array] | None) -> Any:
    rows = batch.num_rows
    if name == "id":
        return batch.column("id")
    if name == "name":
        return pc.replace_substring_regex(_plain(batch.column("callee_text")), r"(?s)^.*\.", "")
    if name == "fqn":
        return pc.replace_substring(pc.replace_substring_regex(batch.column("id"), "@.*#", "#"), ":", ".")
    if name in {"parent_id", "file_path"}:
        return _plain(batch.column("caller_id" if name == "parent_id" else name))
    if name in _SPANS:
        return pc.struct_field(batch.column("span"), [name])
    if name == "language" and languages is not None:
        paths, values = languages
        return values.take(pc.index_in(_plain(batch.column("file_path")), value_set=paths))
    constants = {"kind": CALL_KIND, "visibility": "public", "is_test": False}
    if name in constants:
        return pa.repeat(pa.scalar(constants[name]), rows)
    type_ = NODES.schema.field(name).type
    if pt.is_list(type_):
        offsets = pa.array(np.zeros(rows + 1, dtype=np.int32))
        return pa.ListArray.from_arrays(offsets, pa.array([], pa.string())).cast(type_)
    return pa.nulls(rows, type_)


def _languages(snapshot: SnapshotLike) -> tuple[pa.Array, pa.Array]:
    batches = list(snapshot.scan("files", columns=["path", "language"]))
    paths = [_plain(batch.column("path")) for batch in batches]
    values = [_plain(batch.column("language")) for batch in batches]
    empty = pa.array([], pa.string())
    return pa.concat_arrays([empty, *paths]), pa.concat_arrays([empty, *values])


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pt.is_dictionary(values.type) else values

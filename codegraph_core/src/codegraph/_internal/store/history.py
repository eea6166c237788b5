"""The versions that one node had over the snapshots that are kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from codegraph._internal.store.identity import timestamp
from codegraph._internal.store.records import SnapshotInfo
from codegraph._internal.store.store import Store
from codegraph_hookspecs import StorageError

_NODE_COLUMNS: Final = ("version", "content_hash", "kind", "fqn", "file_path", "start_line", "end_line", "signature")

HISTORY_SCHEMA: Final = pa.schema(
    [
        pa.field("change", pa.string(), nullable=False),  # added | changed | removed
        pa.field("snapshot_id", pa.string(), nullable=False),
        pa.field("last_snapshot_id", pa.string(), nullable=False),
        pa.field("created_at", pa.string(), nullable=False),
        pa.field("version", pa.string()),
        pa.field("since", pa.string()),
        *(pa.field(name, pa.int32() if name.endswith("_line") else pa.string()) for name in _NODE_COLUMNS[1:]),
    ]
)
"""`snapshot_id`: the oldest kept snapshot with this version, `last_snapshot_id` the newest, `since`: when the version
first appeared, read from its UUIDv7, so it may be long before the oldest snapshot that is kept."""


def node_history(store: Store, node_id: str, snapshot: str | None = None) -> pa.Table:
    """Return the versions of a node in a snapshot's line of ancestors, as far as they are kept; oldest first.

    Costs one lookup for each snapshot.

    Args:
        store: The store.
        node_id: The node's id.
        snapshot: Where the line ends, as in `Store.find`; None is the head.

    Returns:
        One row for each version (`HISTORY_SCHEMA`), and one with `change` "removed" where the node is missing after it
        was there. No row for a node that was never there.
    """
    rows: list[dict[str, Any]] = []
    for info in reversed(list(_line(store, snapshot))):
        found = _at(store, info, node_id)
        if found is _GONE:
            continue
        last = rows[-1] if rows else None
        there = last is not None and last["change"] != "removed"
        if last is not None and there == bool(found) and last["version"] == found.get("version"):
            last["last_snapshot_id"] = info.id
            continue
        if not found and not there:
            continue
        change = "removed" if not found else "changed" if there else "added"
        place = {"change": change, "snapshot_id": info.id, "last_snapshot_id": info.id, "created_at": info.created_at}
        rows.append({**dict.fromkeys(HISTORY_SCHEMA.names), **found, **place, "since": _since(found.get("version"))})
    return pa.Table.from_pylist(rows, schema=HISTORY_SCHEMA)


_GONE: Final[dict[str, Any]] = {"gone": True}


def _line(store: Store, snapshot: str | None) -> Iterator[SnapshotInfo]:
    """Yield a snapshot and its ancestors that are kept, newest first."""
    info: SnapshotInfo | None = store.find(snapshot)
    known = {each.id: each for each in store.snapshots()}
    while info is not None:
        yield info
        info = known.get(info.parent_id or "")


def _at(store: Store, info: SnapshotInfo, node_id: str) -> dict[str, Any]:
    """Return the node's columns in a snapshot, none where it lacks the node, `_GONE` where it was dropped meanwhile."""
    try:
        with store.snapshot(info.id) as snapshot:
            found = snapshot.nodes_by_id([node_id], list(_NODE_COLUMNS)).to_pylist()
    except StorageError as error:
        if error.code != "snapshot-missing":
            raise
        return _GONE
    return found[0] if found else {}


def _since(version: str | None) -> str | None:
    return None if version is None else timestamp(uuid.UUID(version).int >> 80)

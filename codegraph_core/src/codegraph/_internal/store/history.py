"""The versions that one node had over the snapshots that are kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import pyarrow as pa

from codegraph._internal.cancellation import check_cancelled
from codegraph._internal.store.diff import SnapshotDiff
from codegraph._internal.store.identity import timestamp
from codegraph._internal.store.records import SnapshotInfo
from codegraph._internal.store.snapshot import Snapshot
from codegraph._internal.store.store import Store
from codegraph_hookspecs import StorageError

_NODE_COLUMNS: Final = ("version", "content_hash", "kind", "fqn", "file_path", "start_line", "end_line", "signature")

HISTORY_SCHEMA: Final = pa.schema(
    [
        pa.field("change", pa.string(), nullable=False),  # added | changed | moved | removed
        pa.field("node_id", pa.string(), nullable=False),
        pa.field("snapshot_id", pa.string(), nullable=False),
        pa.field("last_snapshot_id", pa.string(), nullable=False),
        pa.field("created_at", pa.string(), nullable=False),
        pa.field("version", pa.string()),
        pa.field("since", pa.string()),
        *(pa.field(name, pa.int32() if name.endswith("_line") else pa.string()) for name in _NODE_COLUMNS[1:]),
    ]
)
"""`node_id`: what the node was called then, `snapshot_id`: the oldest kept snapshot with this version,
`last_snapshot_id` the newest, `since`: when the version first appeared, read from its UUIDv7, so it may be long before
the oldest snapshot that is kept."""


def node_history(store: Store, node_id: str, snapshot: str | None = None, also: Snapshot | None = None) -> pa.Table:
    """Return the versions of a node in a snapshot's line of ancestors, as far as they are kept; oldest first.

    Where the node appears, and just one definition with its kind, name and text went in the same snapshot, it was moved
    (its file or the scope around it has another name, or it went elsewhere), and what it was before belongs to its
    history. Costs one lookup for each snapshot, and a look at the files that differ where the node appears.

    Args:
        store: The store.
        node_id: The node's id.
        snapshot: Where the line ends, as in `Store.find`; None is the head.
        also: An open snapshot that the store does not know; the line ends there then.

    Returns:
        One row for each version (`HISTORY_SCHEMA`), and one with `change` "removed" where the node is missing after it
        was there. No row for a node that was never there.
    """
    rows: list[dict[str, Any]] = []
    line = _Line(store, snapshot, also)
    for info, identifier, found in reversed(list(_followed(line, node_id))):
        last = rows[-1] if rows else None
        there = last is not None and last["change"] != "removed"
        same = last is not None and last["version"] == found.get("version") and last["node_id"] == identifier
        if last is not None and there == bool(found) and (same or not found):
            last["last_snapshot_id"] = info.id
            continue
        if not found and not there:
            continue
        moved = last is not None and there and last["node_id"] != identifier
        change = "removed" if not found else "moved" if moved else "changed" if there else "added"
        place = {"change": change, "snapshot_id": info.id, "last_snapshot_id": info.id, "created_at": info.created_at}
        row = {**dict.fromkeys(HISTORY_SCHEMA.names), **found, **place}
        rows.append({**row, "node_id": identifier, "since": _since(found.get("version"))})
    return pa.Table.from_pylist(rows, schema=HISTORY_SCHEMA)


def _followed(line: _Line, node_id: str) -> Iterator[tuple[SnapshotInfo, str, dict[str, Any]]]:
    """Yield snapshots, newest first, with the id that the node has there, and its columns, none where it is missing."""
    newer: SnapshotInfo | None = None  # the snapshot behind, if it has the node
    for info in line.infos():
        check_cancelled()
        found = _at(line, info, node_id)
        if found is _GONE:
            continue
        if not found and newer is not None:
            before = _moved_from(line, info, newer, node_id)
            if before is not None:
                node_id, found = before, _at(line, info, before)
                if found is _GONE:
                    continue
        newer = info if found else None
        yield info, node_id, found


def _moved_from(line: _Line, older: SnapshotInfo, newer: SnapshotInfo, node_id: str) -> str | None:
    """Return the id that a node had in the snapshot before the one where its id appears; None where it is new."""
    try:
        with line.opened(older) as one, line.opened(newer) as other:
            for each in SnapshotDiff(one, other).definitions():
                if each.change == "moved" and each.node_id == node_id:
                    return each.node_id_before
    except StorageError as error:
        if error.code != "snapshot-missing":
            raise
    return None


_GONE: Final[dict[str, Any]] = {"gone": True}


class _Line:
    """A snapshot and its ancestors.

    Args:
        store: The store.
        snapshot: Where the line ends, as in `Store.find`.
        also: An open snapshot where it ends, which the store does not know.
    """

    def __init__(self, store: Store, snapshot: str | None, also: Snapshot | None) -> None:
        self._store, self._end, self._also = store, snapshot, also

    def infos(self) -> Iterator[SnapshotInfo]:
        """Yield those that are kept, newest first."""
        info: SnapshotInfo | None = self._store.find(self._end) if self._also is None else self._also.info
        known = {each.id: each for each in self._store.snapshots()}
        while info is not None:
            yield info
            info = known.get(info.parent_id or "")

    def opened(self, info: SnapshotInfo) -> AbstractContextManager[Snapshot]:
        """Open one of them."""
        if self._also is not None and info.id == self._also.id:
            return nullcontext(self._also)
        return self._store.snapshot(info.id)


def _at(line: _Line, info: SnapshotInfo, node_id: str) -> dict[str, Any]:
    """Return the node's columns in a snapshot, none where it lacks the node, `_GONE` where it was dropped meanwhile."""
    try:
        with line.opened(info) as snapshot:
            found = snapshot.nodes_by_id([node_id], list(_NODE_COLUMNS)).to_pylist()
    except StorageError as error:
        if error.code != "snapshot-missing":
            raise
        return _GONE
    return found[0] if found else {}


def _since(version: str | None) -> str | None:
    return None if version is None else timestamp(uuid.UUID(version).int >> 80)

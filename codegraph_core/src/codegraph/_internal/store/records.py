"""What the catalog says and is asked, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from codegraph._internal.store.segment_writer import SealedSegment


@frozen(kw_only=True)
class SnapshotInfo:
    """One committed snapshot.

    Args:
        id: `{timestamp_ms}_{repository digest}_{counter}`; text order is commit order.
        parent_id: The snapshot it replaced as head, or None.
        created_at: UTC, ISO 8601 with milliseconds.
        reason: Why it was made, as given to `begin`.
        uuid: UUIDv7 that `nodes.version` holds for content new in it.
        summary: What `codegraph index --json` printed; the store fills in `snapshot_id`.
        seq: Position in commit order.
    """

    id: str
    parent_id: str | None
    created_at: str
    reason: str
    uuid: str
    summary: Mapping[str, Any]
    seq: int


@frozen(kw_only=True)
class Part:
    """The rows that one segment gives to one layer of a snapshot.

    Args:
        dead: Slots whose rows the snapshot does not have.
    """

    segment: str
    size: int
    checksum: str
    layer: str
    dead: tuple[int, ...]


@frozen(kw_only=True)
class Commit:
    """What a transaction asks the catalog to make the head.

    Args:
        base: `seq` of the snapshot it was computed from, or 0.
        replaces: Files whose versions die, or None for all.
        reads: Files that the new rows depend on, or None for all.
        state: Named blobs; a partial commit keeps the base's others.
    """

    uuid: str
    repo_id: str
    reason: str
    base: int
    segment: str
    sealed: SealedSegment
    replaces: frozenset[str] | None
    reads: frozenset[str] | None
    state: Mapping[str, bytes]
    summary: Mapping[str, Any]

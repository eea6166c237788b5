"""What the catalog says and is asked, as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from codegraph._internal.store.retention import Forgotten
from codegraph._internal.store.segment_writer import SealedSegment
from codegraph_hookspecs import ErrorCategory, StorageError


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
        branch: The branch whose head it became.
    """

    id: str
    parent_id: str | None
    created_at: str
    reason: str
    uuid: str
    summary: Mapping[str, Any]
    seq: int
    branch: str = ""


@frozen
class Tag:
    """A name for a snapshot, which keeps it.

    Args:
        name: The name.
        snapshot_id: The snapshot.
        note: What its author said.
        created_at: UTC, ISO 8601 with milliseconds.
    """

    name: str
    snapshot_id: str
    note: str
    created_at: str


_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]*(/[A-Za-z0-9._-]+)*")
_TAG_LENGTH: Final = 100


def check_tag(name: str) -> None:
    """Raise unless a text may be a tag.

    Raises:
        StorageError: It may not (`tag-invalid`).
    """
    if _TAG.fullmatch(name) is None or len(name) > _TAG_LENGTH or name.lower() == "head":
        raise StorageError(
            f"A tag cannot be called {name!r}.",
            code="tag-invalid",
            category=ErrorCategory.PERMANENT,
            context={
                "tag": name,
                "remedy": f"Begin with a letter; letters, digits and ._-/ follow, at most {_TAG_LENGTH} in all.",
            },
        )


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
    dead: npt.NDArray[np.int64]


@frozen(kw_only=True)
class Commit:
    """What a transaction asks the catalog to make the head of a branch.

    Args:
        base: `seq` of the snapshot it was computed from, or 0.
        replaces: Owners whose versions die in every layer, or None for all. Owners of new rows die in those rows' layer
            only.
        reads: Owners that the new rows depend on, or None for all.
        lease: The store's own lease, which moves to the new head: no commit after it can drop it before it is opened.
        state: Named blobs; a partial commit keeps the base's others.
    """

    uuid: str
    repo_id: str
    reason: str
    branch: str
    base: int
    segment: str
    sealed: SealedSegment
    replaces: frozenset[str] | None
    reads: frozenset[str] | None
    lease: str
    state: Mapping[str, bytes]
    summary: Mapping[str, Any]


@frozen
class Committed:
    """What a commit made.

    Args:
        info: The new head.
        onto: The snapshot it was put on, or None for the first.
        forgotten: What went with it.
        segments: Segments of the new head.
        tiny: Those of them that are tiny.
        dead_share: The largest share of slots that one of them holds in vain.
    """

    info: SnapshotInfo
    onto: SnapshotInfo | None
    forgotten: Forgotten
    segments: int
    tiny: int
    dead_share: float

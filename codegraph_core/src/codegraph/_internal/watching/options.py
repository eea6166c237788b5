"""What a watcher can be told, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen, validators


@frozen(kw_only=True)
class WatchOptions:
    """How a tree is watched.

    Args:
        debounce_ms: An update begins when nothing was noticed for so long.
        longest_wait_ms: An update begins so long after the first notice, whatever goes on.
        reconcile_s: The whole tree is looked at this often, noticed or not; 0 for never.
        refresh_s: Rows that lazy stages left as they were are brought up to date when nothing was noticed for so long;
            0 for never. What changes meanwhile waits for that.
        max_file_bytes: Changes of larger files wait for that look.
        poll_s: How often the tree is looked at while the system gives no notices.
        force_polling: Ask the system for no notices: network file systems give none.
        queue: Notices that may wait during an update; with more, everything is looked at instead.
        stream: Events that wait for each reader; the oldest are dropped and counted in `ChangeEvent.missed`.
    """

    debounce_ms: int = field(default=300, validator=validators.ge(0))
    longest_wait_ms: int = field(default=3_000, validator=validators.ge(0))
    reconcile_s: float = field(default=30.0, validator=validators.ge(0))
    refresh_s: float = field(default=5.0, validator=validators.ge(0))
    max_file_bytes: int = field(default=1_000_000, validator=validators.ge(1))
    poll_s: float = field(default=2.0, validator=validators.gt(0))
    force_polling: bool = False
    queue: int = field(default=10_000, validator=validators.ge(1))
    stream: int = field(default=1_000, validator=validators.ge(1))


@frozen(kw_only=True)
class ChangeEvent:
    """Something that happened to a watched repository.

    Args:
        kind: "updated": a new snapshot is visible. "failed": an update failed and will be tried again. "polling": the
            system gives no notices, the tree is looked at instead. "watching": it gives them (again).
        snapshot_id: The newest snapshot.
        reason: What led to it: "start", "notices", "reconciliation", "overflow", "refresh".
        paths: Some of what was noticed, relative to the root.
        changes: How many files were added, modified, removed and affected, where the run could tell.
        seconds: What the update took.
        latency_ms: From the first notice to the visible snapshot; None for what nobody noticed.
        message: For a person: the error, or why there are no notices and what helps.
        code: The error's code.
        missed: Events that were dropped before this one, since their reader was slow.
    """

    kind: str
    snapshot_id: str = ""
    reason: str = ""
    paths: tuple[str, ...] = ()
    changes: Mapping[str, int] = field(factory=dict)
    seconds: float = 0.0
    latency_ms: float | None = None
    message: str = ""
    code: str = ""
    missed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "kind": self.kind,
            "snapshot_id": self.snapshot_id,
            "reason": self.reason,
            "paths": list(self.paths),
            "changes": dict(self.changes),
            "seconds": round(self.seconds, 4),
            "latency_ms": None if self.latency_ms is None else round(self.latency_ms, 1),
            "message": self.message,
            "code": self.code,
            "missed": self.missed,
        }

"""What a run tells while it runs, and what it returns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

if TYPE_CHECKING:
    from codegraph._internal.store.held import HeldSnapshot

EVENT_KINDS: Final = (
    "discovered", "progress", "stage_started", "stage_finished", "stage_failed", "plugin_disabled", "committed",
)  # fmt: skip
_PROGRESS_INTERVAL_S: Final = 0.1


@frozen(kw_only=True)
class Event:
    """Something that happened in a run.

    Args:
        kind: One of `EVENT_KINDS`.
        stage: Stage or plugin it is about; "discover", "parse" and "commit" are the kernel's own.
        done: How many units are done.
        total: How many there are, or 0 when that is not known.
        unit: What is counted ("files", or the stage's own).
        seconds: Wall time of the stage so far.
        data: Further facts, JSON-ready.
    """

    kind: str
    stage: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    seconds: float = 0.0
    data: Mapping[str, Any] = field(factory=dict)


@frozen(kw_only=True)
class RunResult:
    """How a run ended.

    Args:
        snapshot_id: The snapshot that holds the result: a new one, or the current one when nothing changed.
        summary: The object that `codegraph index --json` prints.
        changed: Whether a new snapshot was committed.
        errors: What failed without stopping the run, as in the summary.
        held: The snapshot under a lease that began with its commit, so that no later commit can drop it first.
    """

    snapshot_id: str
    summary: dict[str, Any]
    changed: bool
    errors: tuple[dict[str, Any], ...] = ()
    held: HeldSnapshot | None = field(default=None, eq=False, repr=False)


class EventSink:
    """Hands events to a listener; progress at most ten times a second for each stage.

    Args:
        listener: Gets every event in the thread that runs the indexer, or None.
    """

    def __init__(self, listener: Callable[[Event], None] | None) -> None:
        self._listener = listener
        self._next: dict[str, float] = {}

    def send(self, kind: str, stage: str = "", **values: Any) -> None:
        """Send an event."""
        if self._listener is not None:
            self._listener(Event(kind=kind, stage=stage, **values))

    def progress(self, stage: str, done: int, total: int, unit: str, seconds: float = 0.0, **data: Any) -> None:
        """Send progress, unless the last was too short ago; the last step is always sent."""
        if self._listener is None:
            return
        now = time.monotonic()
        if now < self._next.get(stage, 0.0) and done != total:
            return
        self._next[stage] = now + _PROGRESS_INTERVAL_S
        self.send("progress", stage, done=done, total=total, unit=unit, seconds=seconds, data=data)

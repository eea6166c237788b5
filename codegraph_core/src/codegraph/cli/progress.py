"""Progress of a run: bars with rate and remaining time on a terminal, plain lines elsewhere, on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from codegraph.cli.terminal import count, escape

if TYPE_CHECKING:
    from codegraph._internal.indexing import Event

LINE_INTERVAL_S: Final = 2.0
"""Seconds between two plain lines of one stage."""


class Progress:
    """Shows the events of one run.

    Args:
        quiet: Show nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._show: _Bars | _Lines | None = None
        if not quiet:
            self._show = _Bars() if sys.stderr.isatty() else _Lines()

    def __enter__(self) -> Self:
        if self._show is not None:
            self._show.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._show is not None:
            self._show.close()

    def on_event(self, event: Event) -> None:
        """Show one event; called in the thread that runs the pipeline."""
        if self._show is None:
            return
        if event.kind == "discovered":
            self._show.note(f"discovered {count(event.total or event.done or 0)} files")
        elif event.kind == "stage_started":
            self._show.started(event.stage, event.total or 0, event.unit or "")
        elif event.kind == "progress":
            self._show.moved(event.stage, event.done or 0, event.total or 0, event.unit or "")
        elif event.kind == "stage_finished":
            self._show.finished(event.stage, event.seconds or 0.0)
        elif event.kind == "stage_failed":
            self._show.note(f"{event.stage} failed: {_reason(event)}")
        elif event.kind == "plugin_disabled":
            self._show.note(f"plugin {event.stage} is disabled: {_reason(event)}")


def _reason(event: Event) -> str:
    data: Any = event.data or {}
    return str(data.get("message") or data.get("reason") or data.get("error") or "see the errors of the summary")


class _Lines:
    """One line when a stage starts to take long, one when it is done."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._done: dict[str, tuple[int, str]] = {}

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def note(self, text: str) -> None:
        print(escape(text), file=sys.stderr, flush=True)

    def started(self, stage: str, total: int, unit: str) -> None:
        self._started[stage] = self._last[stage] = time.monotonic()

    def moved(self, stage: str, done: int, total: int, unit: str) -> None:
        now = time.monotonic()
        begun = self._started.setdefault(stage, now)
        self._done[stage] = (done, unit)
        if now - self._last.setdefault(stage, now) < LINE_INTERVAL_S or now == begun:
            return
        self._last[stage] = now
        rate = done / (now - begun)
        remaining = f", {(total - done) / rate:.0f} s left" if rate and total >= done > 0 else ""
        amount = f"{count(done)}/{count(total)} {unit}".rstrip()
        self.note(f"{stage}: {amount}, {count(rate)}/s{remaining}")

    def finished(self, stage: str, seconds: float) -> None:
        done, unit = self._done.get(stage, (0, ""))
        amount = f" {f'{count(done)} {unit}'.rstrip()}," if done else ""
        rate = f", {count(done / seconds)}/s" if done and seconds > 0 else ""
        self.note(f"{stage}:{amount} {seconds:.2f} s{rate}")


class _Bars:
    """One bar per stage."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        from codegraph.cli.terminal import console

        self._bars = RichProgress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[amount]}", markup=False, justify="right"),
            TimeElapsedColumn(),
            TextColumn("ETA", style="dim"),
            TimeRemainingColumn(compact=True),
            console=console(stderr=True),
            # A redraw costs a millisecond or two of the one core that indexes.
            refresh_per_second=5,
        )
        self._tasks: dict[str, Any] = {}

    def open(self) -> None:
        self._bars.start()

    def close(self) -> None:
        self._bars.stop()

    def note(self, text: str) -> None:
        self._bars.console.print(escape(text))

    def started(self, stage: str, total: int, unit: str) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(escape(stage), total=total or None, amount="")

    def moved(self, stage: str, done: int, total: int, unit: str) -> None:
        self.started(stage, total, unit)
        task = self._bars.tasks[self._tasks[stage]]
        rate = f"{count(task.speed)}/s" if task.speed else ""
        amount = f"{count(done)}/{count(total)} {unit} {rate}".rstrip()
        self._bars.update(task.id, completed=done, total=total or None, amount=amount)

    def finished(self, stage: str, seconds: float) -> None:
        self.started(stage, 0, "")
        task = self._bars.tasks[self._tasks[stage]]
        total = task.total or task.completed or 1
        self._bars.update(task.id, total=total, completed=total)

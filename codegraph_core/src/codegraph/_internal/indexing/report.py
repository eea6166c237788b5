"""What went wrong in a run: errors of its summary, rows of `diagnostics`, and plugins that were disabled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from codegraph._internal.indexing.events import EventSink
from codegraph._internal.indexing.summary import SummaryBuilder
from codegraph._internal.logging import get_logger
from codegraph._internal.plugin_host import PluginHost, PluginRecord
from codegraph_hookspecs import TABLES, CodeGraphError, Diagnostic, Parser, PluginError, Stage

_log = get_logger("codegraph.indexing")


class Report:
    """Collects the failures that do not end a run.

    Args:
        host: The plugins; one whose work failed is disabled there.
        summary: Gets every error.
        events: Told of every plugin that is disabled.
    """

    def __init__(self, host: PluginHost, summary: SummaryBuilder, events: EventSink) -> None:
        self._host = host
        self._summary = summary
        self._events = events
        self._disabled: set[str] = set()
        self._unsubscribe: Callable[[], None] = lambda: None
        self._rows: list[dict[str, Any]] = []
        self.incomplete = False
        """Something failed that may succeed next time, so the next run must not call this one up to date."""

    def begin(self) -> None:
        """Report the plugins that are disabled already, and from now on each that will be."""
        for record in self._host.plugins():
            if record.state == "disabled":
                self._plugin_disabled(record)
        self._unsubscribe = self._host.on_disabled(self._plugin_disabled)

    def again(self, summary: SummaryBuilder) -> None:
        """Begin anew: what was tried first is not part of the run."""
        self.end()
        self._summary = summary
        self._rows.clear()
        self.incomplete = False
        self.begin()

    def end(self) -> None:
        """Hear no more of plugins: another attempt of the run has its own report."""
        self._unsubscribe()
        self._unsubscribe = lambda: None

    def disabled(self, plugin: str) -> bool:
        """Say whether a plugin was disabled."""
        return plugin in self._disabled

    def diagnostics(self) -> pa.RecordBatch | None:
        """Return the rows for `diagnostics` so far, or None."""
        if not self._rows:
            return None
        return pa.RecordBatch.from_pylist(self._rows, schema=TABLES["diagnostics"].physical_schema)

    def diagnose(self, stage: str, diagnostic: Diagnostic) -> None:
        """Add a row to `diagnostics`."""
        self._rows.append(
            {
                "file_path": diagnostic.file_path,
                "stage": stage,
                "code": diagnostic.code,
                "category": diagnostic.category,
                "message": diagnostic.message,
                "span": dict(diagnostic.span) if diagnostic.span else None,
            }
        )

    def error(self, error: CodeGraphError, *, stage: str) -> None:
        """Add an error that another run would meet again."""
        self._summary.errors.append(error.to_dict())
        _log.info("error", code=error.code, category=str(error.category), message=error.message, stage=stage)
        self.diagnose(stage, Diagnostic(code=error.code, message=error.message, category=str(error.category)))

    def noted(self, error: CodeGraphError) -> None:
        """Add an error to the summary alone, such as one that a file's own row of `diagnostics` says already."""
        self._summary.errors.append(error.to_dict())
        _log.info("error", code=error.code, category=str(error.category), message=error.message)

    def failed(self, error: CodeGraphError, *, stage: str) -> None:
        """Add an error that leaves something out of the snapshot which the next run may put in."""
        self.incomplete = True
        self.error(error, stage=stage)

    def left_out(self, error: CodeGraphError, stages: Sequence[Stage]) -> None:
        """Report stages that cannot be composed, and disable their plugins."""
        self.error(error, stage="pipeline")
        for plugin in {self._host.owner(stage) for stage in stages} - {""}:
            self._host.disable(plugin, error.message, error.code)

    def parser_failed(self, parser: Parser, error: CodeGraphError) -> None:
        """Report a parser that is left out, and disable its plugin."""
        self.failed(error, stage="parse")
        plugin = self._host.owner(parser)
        if plugin:
            self._host.disable(plugin, error.message, error.code)

    def _plugin_disabled(self, record: PluginRecord) -> None:
        self._disabled.add(record.name)
        message = f"The plugin {record.name!r} is disabled: {record.reason}"
        error = PluginError(message, code=record.code or "plugin-failed", context={"plugin": record.name})
        self.error(error, stage="plugin-host")
        self._events.send("plugin_disabled", record.name, data=record.to_dict())

"""Runs the analyzers of a run, one after the other; one that fails costs its findings and its plugin, no more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from codegraph._internal.indexing.analysis import FindingRows, GraphContext, analyze_all
from codegraph._internal.indexing.environment import Environment
from codegraph._internal.indexing.events import EventSink
from codegraph._internal.indexing.project_files import ProjectFiles
from codegraph._internal.indexing.report import Report
from codegraph._internal.indexing.summary import SummaryBuilder
from codegraph._internal.indexing.tables import RunTables
from codegraph._internal.pipeline.cancel import CancelToken, Deadline
from codegraph._internal.plugin_host import PluginHost, call_with_deadline
from codegraph._internal.settings import IndexingConfig
from codegraph_hookspecs import Analyzer, CodeGraphError, PluginError

if TYPE_CHECKING:
    from codegraph._internal.store import Transaction

ANALYZER_DEADLINE_S = 3_600.0
_SHOWN_PROBLEMS: Final = 10


class AnalyzerRunner:
    """Runs the analyzers of one run.

    Args:
        config: The settings.
        host: The plugins; one whose analyzer fails is disabled.
        environment: Languages and analyzers in use.
        files: What analyzers read besides tables.
        tables: What analyzers read, and the way of findings to the store.
        report: Gets every failure.
        summary: Gets the time of every analyzer.
        events: Told of every step.
        cancel: The run's token.
    """

    def __init__(
        self,
        *,
        config: IndexingConfig,
        host: PluginHost,
        environment: Environment,
        files: ProjectFiles,
        tables: RunTables,
        report: Report,
        summary: SummaryBuilder,
        events: EventSink,
        cancel: CancelToken,
    ) -> None:
        self._config = config
        self._host = host
        self._environment = environment
        self._files = files
        self._tables = tables
        self._report = report
        self._summary = summary
        self._events = events
        self._cancel = cancel

    def run(self, transaction: Transaction) -> None:
        """Run all analyzers but those of disabled plugins."""
        for analyzer in self._environment.analyzers:
            self._cancel.check()
            plugin = self._host.owner(analyzer)
            if not self._report.disabled(plugin):
                self._run_one(transaction, analyzer, plugin)

    def _run_one(self, transaction: Transaction, analyzer: Analyzer, plugin: str) -> None:
        name = f"analyzer:{analyzer.name}"
        what = f"The analyzer {analyzer.name!r}"
        rows = FindingRows()
        context = GraphContext(
            root=self._config.root_path,
            packs=self._environment.packs,
            config=self._host.config(plugin),
            reader=self._tables.read,
            files=self._tables.reading(name, self._files),
            cancel=self._cancel,
            deadline=Deadline(ANALYZER_DEADLINE_S, what),
        )
        began = time.perf_counter()
        self._events.send("stage_started", name)

        def call() -> None:
            analyze_all(analyzer, rows, context, self._tables.read)

        try:
            if self._config.isolation == "none":
                call()
            else:
                call_with_deadline(call, deadline_s=ANALYZER_DEADLINE_S, what=f"the analyzer {analyzer.name!r}")
        except Exception as error:
            self._cancel.check()
            self._failed(analyzer, plugin, error)
            return
        seconds = time.perf_counter() - began
        self._summary.spent(name, seconds)
        for problem in rows.problems[:_SHOWN_PROBLEMS]:
            message = f"{what} gave a finding that was dropped: {problem}."
            values = {"analyzer": analyzer.name, "plugin": plugin, "dropped": len(rows.problems)}
            self._report.error(PluginError(message, code="finding-malformed", context=values), stage=name)
        batch = rows.batch()
        self._tables.gave(name, () if batch is None else [("findings", batch)])
        if batch is not None:
            self._tables.store(transaction, "findings", batch)
        self._events.send("stage_finished", name, seconds=seconds, data={"rows": {"findings": len(batch or ())}})

    def _failed(self, analyzer: Analyzer, plugin: str, error: Exception) -> None:
        name = f"analyzer:{analyzer.name}"
        failure = error if isinstance(error, CodeGraphError) else PluginError(str(error), cause=error)
        notes = "; ".join(getattr(failure.cause, "__notes__", ()))
        failure = PluginError(
            f"{failure.message} ({notes})" if notes else failure.message,
            code="analyzer-failed" if failure.code.startswith("plugin-hook") else failure.code,
            context={"analyzer": analyzer.name, "plugin": plugin},
            cause=failure.cause,
        )
        self._report.failed(failure, stage=name)
        self._events.send("stage_failed", name, data=failure.to_dict())
        if plugin:
            self._host.disable(plugin, failure.message, failure.code)

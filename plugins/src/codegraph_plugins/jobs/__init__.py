"""Durable jobs in SQLite and PostgreSQL. Importing this loads no database: that takes seconds."""

from __future__ import annotations

from codegraph_hookspecs import JobStore, PluginInfo, hookimpl


class DurableJobs:
    """The plugin that brings the job store for URLs of SQLite and PostgreSQL."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="jobs-durable", version="0.1.0", summary="jobs in SQLite and PostgreSQL")

    @hookimpl
    def codegraph_job_stores(self) -> list[JobStore]:
        """Give the store; nothing is connected before it is opened."""
        from codegraph_plugins.jobs.store import DurableJobStore

        return [DurableJobStore()]


plugin = DurableJobs()

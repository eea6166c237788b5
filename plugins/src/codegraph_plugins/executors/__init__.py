"""Where work runs on this machine: in the caller's thread, in watched threads, in supervised processes."""

from __future__ import annotations

from codegraph_hookspecs import Executor, PluginInfo, hookimpl


class LocalExecutors:
    """The plugin that brings the executors `serial`, `threads` and `processes`."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="executors-local", version="0.1.0", summary="serial, threads and processes")

    @hookimpl
    def codegraph_executors(self) -> list[Executor]:
        """Give the executors; nothing is started before they are used."""
        from codegraph_plugins.executors.processes import ProcessesExecutor
        from codegraph_plugins.executors.serial import SerialExecutor
        from codegraph_plugins.executors.threads import ThreadsExecutor

        return [SerialExecutor(), ThreadsExecutor(), ProcessesExecutor()]


plugin = LocalExecutors()

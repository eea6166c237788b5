"""Which modules load which, their order, and the cycles among them (L3)."""

from __future__ import annotations

from codegraph_hookspecs import PluginInfo, Stage, hookimpl


class ModuleGraph:
    """The plugin that brings the module graph."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="stage-module-graph", version="0.1.0", summary="module order and import cycles")

    @hookimpl
    def codegraph_stages(self) -> list[Stage]:
        """Give the stage; pyarrow is imported here, not when plugins are listed."""
        from codegraph_plugins.stages.module_graph.stage import ModuleGraphStage

        return [ModuleGraphStage()]


plugin = ModuleGraph()

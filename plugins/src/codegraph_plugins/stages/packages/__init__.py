"""Packages and their manifests (L3): who brings what, and what depends on what.

`stage.py` is the stage, `graph.py` what it does; `manifests.py` reads files; one module for each ecosystem turns its
manifests into `Package` values (`model.py`) and decides which dependencies lie in the repository; `rows.py` writes
Arrow. Nothing is executed and nothing is asked of a registry: what only a build tool could compute is left out.
"""

from __future__ import annotations

from codegraph_hookspecs import PluginInfo, Stage, hookimpl


class Packages:
    """The plugin that brings packages."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="stage-packages", version="0.1.0", summary="packages and their dependencies")

    @hookimpl
    def codegraph_stages(self) -> list[Stage]:
        """Give the stage; its readers are imported when it runs."""
        from codegraph_plugins.stages.packages.stage import PackagesStage

        return [PackagesStage()]


plugin = Packages()

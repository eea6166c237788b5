"""Lua for CodeGraph: one plugin with a language pack, a stage and an analyzer."""

from __future__ import annotations

from typing import Final

from codegraph_hookspecs import Analyzer, LanguagePack, PluginInfo, Stage, hookimpl
from codegraph_lua.documentation import DocumentationStage
from codegraph_lua.global_names import GlobalNames
from codegraph_lua.language import PACK

__all__ = ["PACK", "DocumentationStage", "GlobalNames", "LuaPlugin", "plugin"]

VERSION: Final = "0.1.0"


class LuaPlugin:
    """The plugin that the entry point names."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="lua", version=VERSION, summary="Lua: language pack, doc metrics, globals analyzer")

    @hookimpl
    def codegraph_languages(self) -> list[LanguagePack]:
        """Give the language pack."""
        return [PACK]

    @hookimpl
    def codegraph_stages(self) -> list[Stage]:
        """Give the stage that measures documentation."""
        return [DocumentationStage()]

    @hookimpl
    def codegraph_analyzers(self) -> list[Analyzer]:
        """Give the analyzer of global names."""
        return [GlobalNames()]


plugin = LuaPlugin()

"""The plugin that brings JavaScript and TypeScript, which import each other freely."""

from __future__ import annotations

from codegraph_hookspecs import LanguagePack, PluginInfo, hookimpl
from codegraph_plugins.languages import javascript, typescript

PACKS = (javascript.PACK, typescript.PACK)


class WebLanguages:
    """The plugin that brings JavaScript, JSX, TypeScript and TSX."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="languages-web", version="0.1.0", summary="JavaScript and TypeScript language packs")

    @hookimpl
    def codegraph_languages(self) -> list[LanguagePack]:
        """Give the packs."""
        return list(PACKS)


plugin = WebLanguages()

"""The plugin that brings Java and Kotlin, which call each other."""

from __future__ import annotations

from codegraph_hookspecs import LanguagePack, PluginInfo, hookimpl
from codegraph_plugins.languages import java, kotlin


class JvmLanguages:
    """Gives both packs."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="languages-jvm", version="0.1.0", summary="Java and Kotlin language packs")

    @hookimpl
    def codegraph_languages(self) -> list[LanguagePack]:
        """Give the packs."""
        return [java.PACK, kotlin.PACK]


plugin = JvmLanguages()

"""C# for CodeGraph: one plugin with a language pack."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from codegraph_csharp.language import PACK
from codegraph_hookspecs import LanguagePack, PluginInfo, hookimpl

__all__ = ["PACK", "CsharpPlugin", "plugin"]


class CsharpPlugin:
    """The plugin that the entry point names."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="language-csharp", version=_version(), summary="C#: language pack")

    @hookimpl
    def codegraph_languages(self) -> list[LanguagePack]:
        """Give the language pack."""
        return [PACK]


def _version() -> str:
    """Return the distribution's version; "0.1.0" in a folder that is not installed."""
    try:
        return version("codegraph-csharp")
    except PackageNotFoundError:
        return "0.1.0"


plugin = CsharpPlugin()

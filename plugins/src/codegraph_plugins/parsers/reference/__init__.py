"""The reference engine: tree-sitter through its Python binding, the walker in Python.

It defines what the native engine must equal, and serves where that one is not installed.
"""

from __future__ import annotations

from collections.abc import Sequence

from codegraph_hookspecs import LanguagePack, ParseOptions, Parser, ParseSession, PluginInfo, hookimpl


class ReferenceParser:
    """Parses any language pack in the calling thread."""

    name = "python"
    priority = 10
    version = "2"

    def supports(self, pack: LanguagePack) -> bool:
        """Say yes: every pack has a tree-sitter grammar and a kind table."""
        return bool(pack.kinds)

    def open(self, packs: Sequence[LanguagePack], options: ParseOptions) -> ParseSession:
        """Open a session; py-tree-sitter is imported here, not at start."""
        from codegraph_plugins.parsers.reference.session import ReferenceSession

        return ReferenceSession(packs, options)


class ReferencePlugin:
    """The plugin that brings the reference engine."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="parser-reference", version="0.1.0", summary="Reference parser in Python")

    @hookimpl
    def codegraph_parsers(self) -> list[Parser]:
        """Give the parser."""
        return [ReferenceParser()]


plugin = ReferencePlugin()

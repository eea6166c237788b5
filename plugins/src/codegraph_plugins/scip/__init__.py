"""SCIP: symbols by its grammar, and the sink that writes a snapshot as a SCIP index.

`scip.proto` is the protocol's own schema and `scip_pb2.py` what `protoc` makes of it; `grammar.py` reads and writes
symbols, `writing.py` and `reading.py` indexes, both a document at a time.
"""

from __future__ import annotations

from codegraph_hookspecs import PluginInfo, Sink, hookimpl


class Scip:
    """The plugin that brings the sink."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(
            name="sink-scip",
            version="0.1.0",
            requires_hookspec=">=1.2,<2",
            summary="writes a snapshot as a SCIP index",
        )

    @hookimpl
    def codegraph_sinks(self) -> list[Sink]:
        """Give the sink; protobuf is imported when it writes."""
        from codegraph_plugins.scip.sink import ScipSink

        return [ScipSink()]


plugin = Scip()

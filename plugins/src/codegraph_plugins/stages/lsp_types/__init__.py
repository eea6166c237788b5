"""Types from language servers (L3): servers are asked whom the calls mean that linking leaves unresolved.

An optional plugin: it runs when asked for (`codegraph index --with lsp-types`), in repositories that their user trusts.
`connection.py` and `server.py` are a client for any server that speaks LSP, `servers.py` describes servers,
`questions.py` finds where names of callees stand, `answers.py` finds the nodes at places, `memory.py` keeps answers,
`stage.py` puts them together around the link stage.
"""

from __future__ import annotations

from codegraph_hookspecs import Pipeline, PluginInfo, Stage, hookimpl
from codegraph_plugins.stages.lsp_types.settings import LspTypesSettings


class LspTypes:
    """The plugin that asks language servers."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(
            name="lsp-types",
            version="0.1.0",
            requires_hookspec=">=1.3,<2",
            summary="callees of unresolved calls, by language servers",
            config=LspTypesSettings,
            optional=True,
            needs_trust=True,
        )

    @hookimpl
    def codegraph_stages(self) -> list[Stage]:
        """Give the mark that the plugin was asked for; the work is done around the link stage."""
        from codegraph_plugins.stages.lsp_types.stage import AskedStage

        return [AskedStage()]

    @hookimpl(trylast=True)
    def codegraph_modify_pipeline(self, pipeline: Pipeline) -> None:
        """Have servers asked about the calls that the link stage, and the call graph where it runs, leave open."""
        if "lsp-types" not in pipeline:  # nobody asked: every run comes here, and a client is much to import
            return
        from codegraph_plugins.stages.cross_file import CrossFileStage
        from codegraph_plugins.stages.lsp_types.stage import AskedStage, LspTypesStage

        pipeline.remove(AskedStage.name)
        if "cross-file" not in pipeline:
            return
        links = pipeline.get("cross-file")
        if isinstance(links, CrossFileStage):
            pipeline.replace(LspTypesStage(links))


plugin = LspTypes()

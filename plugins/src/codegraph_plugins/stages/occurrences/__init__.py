"""Occurrences (L4): where every symbol is defined and used, to the identifier, named as SCIP names symbols.

An optional plugin: it runs when asked for (`codegraph index --with occurrences`). `walker.py` finds the places in one
file, `sites.py` is the file stage around it, `stage.py` has the link stage's engine say what each place means, and
`symbols.py` names nodes.
"""

from __future__ import annotations

from codegraph_hookspecs import Pipeline, PluginInfo, Stage, hookimpl


class Occurrences:
    """The plugin that brings occurrences."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(
            name="occurrences",
            version="0.1.0",
            requires_hookspec=">=1.2,<2",
            summary="where symbols are defined and used, by SCIP's names",
            optional=True,
        )

    @hookimpl
    def codegraph_stages(self) -> list[Stage]:
        """Give the two stages; pyarrow and py-tree-sitter are imported here, not when plugins are listed."""
        from codegraph_plugins.stages.occurrences.sites import OccurrenceSitesStage
        from codegraph_plugins.stages.occurrences.stage import OccurrencesStage

        return [OccurrenceSitesStage(), OccurrencesStage()]

    @hookimpl(trylast=True)
    def codegraph_modify_pipeline(self, pipeline: Pipeline) -> None:
        """Link with the engine that the cross-file stage links with."""
        if "occurrences" not in pipeline or "cross-file" not in pipeline:
            return
        from codegraph_plugins.stages.cross_file import CrossFileStage
        from codegraph_plugins.stages.occurrences.stage import OccurrencesStage

        links = pipeline.get("cross-file")
        if isinstance(links, CrossFileStage):
            pipeline.replace(OccurrencesStage(links))


plugin = Occurrences()

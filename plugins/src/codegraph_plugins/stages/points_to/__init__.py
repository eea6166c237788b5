"""Points-to (L6): what values are, and who really calls whom, in the languages that have a semantic IR.

An optional plugin: it runs when asked for (`codegraph index --with call-graph`), with the native engine. `units.py`
is the file stage that lowers each file, `stage.py` solves all files together and corrects what the link stage said of
calls (`rows.py`, whose rules are in the native engine; `incremental.py` after a change), `summaries.py` reads the flow
summaries of builtins and libraries in `models/`.
"""

from __future__ import annotations

from codegraph_hookspecs import EdgeExplainer, Pipeline, PluginInfo, Stage, hookimpl
from codegraph_plugins.stages.points_to.settings import CallGraphSettings


class CallGraph:
    """The plugin that brings exact call graphs."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(
            name="call-graph",
            version="0.1.0",
            requires_hookspec=">=1.3,<2",
            summary="who calls whom, by a points-to analysis",
            config=CallGraphSettings,
            optional=True,
        )

    @hookimpl
    def codegraph_stages(self) -> list[Stage]:
        """Give the file stage; pyarrow is imported here, not when plugins are listed."""
        from codegraph_plugins.stages.points_to.units import FlowUnitsStage

        return [FlowUnitsStage()]

    @hookimpl
    def codegraph_explainers(self) -> list[EdgeExplainer]:
        """Give the explainer."""
        from codegraph_plugins.stages.points_to.explain import PointsToExplainer

        return [PointsToExplainer()]

    @hookimpl(trylast=True)
    def codegraph_modify_pipeline(self, pipeline: Pipeline) -> None:
        """Let the link stage's calls be what the analysis finds."""
        if "flow-units" not in pipeline or "cross-file" not in pipeline:
            return
        from codegraph_plugins.stages.cross_file import CrossFileStage
        from codegraph_plugins.stages.points_to.stage import CallGraphStage

        links = pipeline.get("cross-file")
        if isinstance(links, CrossFileStage):
            pipeline.replace(CallGraphStage(links))


plugin = CallGraph()

"""Cross-file linking (L3): imports, calls, references and inheritance that lexical and import rules decide.

`stage.py` streams, `reference.py` links, `namespaces.py` and `members.py` answer questions about names,
`modules.py` finds modules, `project_config.py` reads tsconfig and package.json, `rows.py` writes Arrow.
The native twin is the crate `codegraph-link`; the parser-rust plugin puts it in this stage's place.
"""

from __future__ import annotations

from codegraph_hookspecs import PluginInfo, Stage, hookimpl
from codegraph_plugins.stages.cross_file.project_config import ProjectConfig
from codegraph_plugins.stages.cross_file.stage import CrossFileStage, Linker

__all__ = ["CrossFile", "CrossFileStage", "Linker", "ProjectConfig", "plugin"]


class CrossFile:
    """The plugin that links files."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(
            name="stage-cross-file", version="0.1.0", summary="imports, calls and references across files"
        )

    @hookimpl
    def codegraph_stages(self) -> list[Stage]:
        """Give the stage."""
        return [CrossFileStage()]


plugin = CrossFile()

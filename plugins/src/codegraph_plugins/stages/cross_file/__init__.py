"""Cross-file linking (L3): imports, calls, references and inheritance that lexical and import rules decide.

`stage.py` streams, `reference.py` links, `namespaces.py` and `members.py` answer questions about names,
`modules.py` finds modules, `project_config.py` reads tsconfig and package.json, `rows.py` writes Arrow.
The native twin is the crate `codegraph-link`; the parser-rust plugin puts it in this stage's place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegraph_hookspecs import PluginInfo, Stage, hookimpl

if TYPE_CHECKING:
    from codegraph_plugins.stages.cross_file.stage import CrossFileStage, Linker

__all__ = ["CrossFile", "CrossFileStage", "Linker", "plugin"]


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
        """Give the stage; pyarrow is imported here, not when plugins are listed."""
        from codegraph_plugins.stages.cross_file.stage import CrossFileStage

        return [CrossFileStage()]


plugin = CrossFile()


def __getattr__(name: str) -> Any:
    """Load the stage's own module when it is first used (PEP 562)."""
    if name not in ("CrossFileStage", "Linker"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from codegraph_plugins.stages.cross_file import stage

    return getattr(stage, name)

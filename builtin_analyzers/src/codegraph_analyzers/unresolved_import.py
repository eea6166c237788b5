"""unresolved-import: relative imports of something that is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pyarrow.compute as pc

from codegraph_analyzers.reading import read_columns
from codegraph_hookspecs import AnalysisContext, Analyzer, PluginInfo, hookimpl


class UnresolvedImport(Analyzer):
    """Finds relative imports that hit nothing.

    What it does:
        Reports each import whose module starts with a dot and is not there. What lies at that place in a
        form that is not indexed (a compiled extension, a style sheet, a JSON file, an ignored file) is not
        reported. Absolute imports are not looked at: what they name may be installed elsewhere.

    Why:
        A relative import can only mean a file of the repository. One that hits nothing fails when it
        runs, and such code is often what a rename or deletion left behind.

    Example:
        ```python
        from .helpers import slugify     # finding when there is no helpers.py, helpers/ or helpers.*.so
        ```
    """

    name = "unresolved-import"
    version = "1"
    scope = "repo"
    reads: ClassVar[Mapping[str, Sequence[str]] | None] = {"imports": ("id", "file_path", "span", "module", "reason")}

    def analyze(self, document: Any) -> Iterator[Mapping[str, object]]:
        """Yield one finding for each import, in file order."""
        context: AnalysisContext = document
        imports = read_columns(context, "imports", ["id", "file_path", "span", "module", "reason"])
        wanted = pc.and_(pc.equal(imports["reason"], "module-not-found"), pc.starts_with(imports["module"], "."))
        for row in imports.filter(wanted).to_pylist():
            context.check()
            if _lies_there(context.root, row["file_path"], row["module"]):
                continue
            yield {
                "type": self.name,
                "message": f"The import of {row['module']!r} hits nothing.",
                "severity": "medium",
                "node_id": row["id"],
                "file_path": row["file_path"],
                "span": row["span"],
                "properties": {"module": row["module"]},
            }


def _lies_there(root: Path, importer: str, module: str) -> bool:
    """Say whether a file that is not indexed stands where an import points."""
    if "\\" in importer:
        return False  # an escaped path text: its file cannot be named from here
    folder = (root / importer).parent
    if "/" in module:
        return _exists_in_some_form(root, folder / module)
    names = module.lstrip(".")
    for _ in range(len(module) - len(names) - 1):
        folder = folder.parent
    return bool(names) and _exists_in_some_form(root, folder.joinpath(*names.split(".")))


def _exists_in_some_form(root: Path, place: Path) -> bool:
    parent = place.parent.resolve()
    if not parent.is_relative_to(root.resolve()) or not parent.is_dir():
        return False
    stem = f"{place.name}."
    return any(entry.name == place.name or entry.name.startswith(stem) for entry in parent.iterdir())


class UnresolvedImportPlugin:
    """The plugin that brings the analyzer."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(
            name="analyzer-unresolved-import", version="0.1.0", summary="Relative imports of what is not there"
        )

    @hookimpl
    def codegraph_analyzers(self) -> list[Analyzer]:
        """Give the analyzer."""
        return [UnresolvedImport()]


plugin = UnresolvedImportPlugin()

"""unresolved-import: relative imports of something that is not there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

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
    selects: ClassVar[Mapping[str, Mapping[str, Sequence[str]]]] = {"imports": {"reason": ("module-not-found",)}}
    by_file: ClassVar[bool] = True

    def analyze(self, document: Any) -> Iterator[Mapping[str, object]]:
        """Yield one finding for each import, in file order."""
        from codegraph_analyzers.reading import is_in, read_columns

        context: AnalysisContext = document
        missing = read_columns(
            context,
            "imports",
            ["id", "file_path", "span", "module"],
            where=lambda batch: is_in(batch.column("reason"), ["module-not-found"]),
        )
        for row in missing.to_pylist():
            context.check()
            if not row["module"].startswith(".") or _lies_there(context, row["file_path"], row["module"]):
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


def _lies_there(context: AnalysisContext, importer: str, module: str) -> bool:
    """Say whether a file that is not indexed stands where an import points."""
    if "\\" in importer:
        return False  # an escaped path text: its file cannot be named from here
    folder = posixpath.dirname(importer)
    if "/" in module:
        return _exists_in_some_form(context, posixpath.normpath(posixpath.join(folder, module)))
    names = module.lstrip(".")
    for _ in range(len(module) - len(names) - 1):
        if not folder:
            return False
        folder = posixpath.dirname(folder)
    return bool(names) and _exists_in_some_form(context, posixpath.join(folder, *names.split(".")))


def _exists_in_some_form(context: AnalysisContext, place: str) -> bool:
    if place == ".." or place.startswith("../"):
        return False
    folder, _, name = place.rpartition("/")
    return any(entry == name or entry.startswith(f"{name}.") for entry in context.list_folder(folder))


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

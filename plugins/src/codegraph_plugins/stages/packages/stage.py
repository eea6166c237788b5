"""The stage `packages`; what it does stands in `graph.py`, which is imported when it runs, with every reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from codegraph_hookspecs import IR_ARTIFACT, Stage, StageContext, TableBatch


class PackagesStage(Stage):
    """Makes nodes of packages and edges of what they contain and depend on (layer L3)."""

    name: ClassVar[str] = "packages"
    in_process: ClassVar[bool] = True
    layer: ClassVar[str] = "L3"
    inputs: ClassVar[Sequence[str]] = (IR_ARTIFACT, "links")
    outputs: ClassVar[Sequence[str]] = ("packages",)
    tables: ClassVar[Sequence[str]] = ("nodes", "edges", "diagnostics")
    version: ClassVar[str] = "1"
    reads: ClassVar[Mapping[str, Sequence[str]] | None] = {"nodes": ("id", "kind", "file_path")}
    selects: ClassVar[Mapping[str, Mapping[str, Sequence[str]]]] = {"nodes": {"kind": ("module", "package")}}

    def follow(self, context: StageContext) -> None:
        """Import what `run` needs."""
        import codegraph_plugins.stages.packages.graph  # noqa: F401

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield the nodes of packages, then their edges, then the nodes of packages outside."""
        from codegraph_plugins.stages.packages.graph import package_rows

        yield from package_rows(context)

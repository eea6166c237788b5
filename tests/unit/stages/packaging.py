"""Runs the stage `packages` on manifests in memory: what its tests share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import define, field

from codegraph_hookspecs import TABLES
from codegraph_hookspecs.testing.memory import MemoryContext
from codegraph_plugins.stages.packages.stage import PackagesStage


@define
class Described:
    """What the stage gives: rows with their metadata read, and the diagnostics."""

    nodes: dict[str, dict[str, Any]] = field(factory=dict)
    edges: list[dict[str, Any]] = field(factory=list)
    reports: list[tuple[str | None, str]] = field(factory=list)

    def depends(self, package: str = "") -> list[tuple[str, str, str]]:
        """Return (target, kind, requirement) of the dependencies of packages whose id has a text in it."""
        return [
            (edge["target_id"], edge["metadata"]["dependency"], edge["metadata"].get("requirement", ""))
            for edge in self.edges
            if edge["kind"] == "depends_on" and package in edge["source_id"]
        ]

    def said(self, target: str) -> dict[str, Any]:
        """Return the metadata of the one dependency whose target has a text in it."""
        (edge,) = (edge for edge in self.edges if edge["kind"] == "depends_on" and target in edge["target_id"])
        return dict(edge["metadata"])

    def lines(self) -> dict[str, int | None]:
        return {edge["target_id"]: edge["line_number"] for edge in self.edges if edge["kind"] == "depends_on"}

    def contains(self) -> set[tuple[str, str]]:
        return {(edge["source_id"], edge["target_id"]) for edge in self.edges if edge["kind"] == "contains"}


def describe(files: Mapping[str, str | bytes], artifacts: Mapping[str, Any] | None = None) -> Described:
    """Run the stage; rows are checked against the physical schemas."""
    context = MemoryContext(files=files, artifacts=artifacts or {})
    found = Described()
    for table, batch in PackagesStage().run(context):
        assert batch.schema.equals(TABLES[table].physical_schema)
        batch.validate(full=True)
        for row in batch.to_pylist():
            row["metadata"] = json.loads(row["metadata"]) if row["metadata"] else {}
            if table == "edges":
                found.edges.append(row)
            else:
                assert row["id"] not in found.nodes
                found.nodes[row["id"]] = row
    ends = {edge[end] for edge in found.edges if edge["kind"] == "depends_on" for end in ("source_id", "target_id")}
    assert ends <= found.nodes.keys()
    assert len({edge["id"] for edge in found.edges}) == len(found.edges)
    found.reports = [(one.file_path, one.message) for one in context.diagnostics]
    assert all(one.code == "manifest-ignored" for one in context.diagnostics)
    return found

"""The stage `cross-file` with a call graph: what the link stage says of calls is corrected by the analysis.

Names decide imports, references and bases; values decide calls. So the link stage runs as ever, its rows of calls are
held back, and where the analysis knows who is called at a place, its answer takes theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import IR_ARTIFACT, Diagnostic, StageContext, TableBatch
from codegraph_plugins.stages.cross_file.stage import CrossFileStage, Linker
from codegraph_plugins.stages.points_to.engine import keep_tables_apart, native, return_freed_memory
from codegraph_plugins.stages.points_to.rows import CorrectedRows, plain
from codegraph_plugins.stages.points_to.specifiers import resolved
from codegraph_plugins.stages.points_to.summaries import java_models, summaries_json


class CallGraphStage(CrossFileStage):
    """Links files, and decides calls by a points-to analysis (layer L6).

    Memory is that of the constraint graph, and after it that of the link stage and the rows of calls of the analysed
    languages.

    Args:
        links: The stage whose rows are corrected.
    """

    inputs: ClassVar[Sequence[str]] = (IR_ARTIFACT, "flow-units")
    tables: ClassVar[Sequence[str]] = CrossFileStage.tables
    version: ClassVar[str] = CrossFileStage.version + ".3"
    in_order: ClassVar[bool] = False
    reads: ClassVar[Mapping[str, Sequence[str]] | None] = {
        **(CrossFileStage.reads or {}),
        "nodes": (*(CrossFileStage.reads or {})["nodes"], "fqn", "start_byte", "end_byte"),
        "flow_units": ("file_path", "language", "units"),
    }

    def __init__(self, links: CrossFileStage) -> None:
        self._links = links

    def linker(self, context: StageContext) -> Linker:
        """Return the link engine."""
        return self._links.linker(context)

    def affected(self, context: Any, change: Any) -> frozenset[str] | None:
        """Return None: a value may reach any file, so the stage runs over everything."""
        return None

    def update(self, context: Any, change: Any) -> Iterator[TableBatch] | None:
        """Return None, as `affected` does."""
        return None

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield the link stage's rows with the calls of the analysed files corrected."""
        # The constraints' memory is free before the link stage takes its own, and what it finds is small.
        keep_tables_apart()
        rows, counts = _found(context)
        return_freed_memory()
        for table, batch in self._links.run(context):
            kept = rows.final(table, batch)
            if kept.num_rows:
                yield table, kept
        for batch in context.read(IR_ARTIFACT, "nodes"):
            rows.add_nodes(batch)
        if counts["out_of_budget"] or counts["full_nodes"]:
            context.report(
                Diagnostic(
                    code="call-graph-degraded",
                    category="permanent",
                    message=f"Some callees are missing: {counts['full_nodes']} places hold more values than are told"
                    " apart, or the analysis ended early.",
                )
            )
        yield from rows.calls()
        yield from rows.facts()


def _found(context: StageContext) -> tuple[CorrectedRows, dict[str, int]]:
    """Analyse all files, and return what makes rows of what was found, and the engine's counts."""
    tables, counts = _solved(context)
    return CorrectedRows(_paths(context), tables), counts


def _paths(context: StageContext) -> list[str]:
    """Return the analysed files, in the order in which the analysis numbers them."""
    return [
        path
        for batch in context.read("flow-units", "flow_units")
        for path in batch.column("file_path").cast(pa.string()).to_pylist()
    ]


def _solved(context: StageContext) -> tuple[list[tuple[str, Any]], dict[str, int]]:
    """Analyse all files, and return the engine's tables and counts."""
    engine = native().PointsTo(summaries_json())
    # What was read is free before the constraint graph grows.
    if _add(engine, context):
        for model in java_models(context.packs["java"].grammar.load()):
            engine.add_java(model, True)
    return_freed_memory()
    context.check()
    solved: tuple[list[tuple[str, Any]], dict[str, int]] = engine.solve()
    return solved


def _add(engine: Any, context: StageContext) -> bool:
    """Give the engine all files, and say whether there is one of Java."""
    modules = _modules(context)
    has_java = False
    languages: dict[str, str] = {}
    for batch in context.read("flow-units", "flow_units"):
        columns = (batch.column(name).cast(pa.string()).to_pylist() for name in ("file_path", "language"))
        for path, language, units in zip(*columns, batch.column("units"), strict=True):
            languages[path] = language
            if language == "java":
                engine.add_java(units.as_buffer().to_pybytes(), False)
                has_java = True
            else:
                engine.add(path, modules.get(path, ""), units.as_buffer().to_pybytes())
    for folder, specifier, target in resolved(context, list(modules), languages):
        engine.resolve(folder, specifier, target)
    return has_java


def _modules(context: StageContext) -> dict[str, str]:
    """Return the dotted name of each file's module by its path."""
    found: dict[str, str] = {}
    for batch in context.read(IR_ARTIFACT, "nodes"):
        modules = batch.select(["file_path", "fqn"]).filter(pc.equal(plain(batch.column("kind")), "module"))
        for path, fqn in zip(*(column.to_pylist() for column in modules.columns), strict=True):
            found.setdefault(path, fqn)
    return found

"""The stage `cross-file` with a call graph: what the link stage says of calls is corrected by the analysis.

Names decide imports, references and bases; values decide calls. So the link stage runs as ever, its rows of calls are
held back, and where the analysis knows who is called at a place, its answer takes theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import IR_ARTIFACT, Diagnostic, StageContext, TableBatch
from codegraph_plugins.stages.cross_file.stage import CrossFileStage, Linker
from codegraph_plugins.stages.points_to.engine import FAMILIES, keep_tables_apart, native, return_freed_memory
from codegraph_plugins.stages.points_to.rows import CorrectedRows, facts_batch, plain
from codegraph_plugins.stages.points_to.settings import CallGraphSettings
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
    tables: ClassVar[Sequence[str]] = (*CrossFileStage.tables, "call_facts")
    version: ClassVar[str] = CrossFileStage.version + ".9"
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

    def waits(self, config: Any) -> bool:
        """Say whether the analysis may wait."""
        return isinstance(config, CallGraphSettings) and config.lazy

    def expect(self, context: Any, change: Any) -> None:
        """Have linking get ready."""
        from codegraph_plugins.stages.points_to.incremental import Watching

        self._links.expect(cast("Any", Watching(context)), change)

    def affected(self, context: Any, change: Any) -> frozenset[str] | None:
        """Return the unchanged files whose linked rows differ, or of which the analysis finds something else."""
        from codegraph_plugins.stages.points_to.incremental import CallState, Watching, counts_moved

        moved = cache(lambda: counts_moved(context, change))
        watching: Any = Watching(context)
        linked = self._links.affected(watching, change)
        if linked is None:
            return None
        state = context.resident.get(_STATE)
        if state is None:
            state = CallState.of(context)
            if state is None:
                return None
            context.resident[_STATE] = state
        context.undo_with(lambda: context.resident.pop(_STATE, None))

        def solve(program: Any, families: Collection[str]) -> dict[str, bytes]:
            units = program.units(families)
            found, degraded = _analysed(_Now(context, program, units, again=not moved()))
            return _by_file({path: language for path, (language, _) in units.items()}, found, degraded)

        corrected: frozenset[str] | None = state.change(context, change, solve)
        if corrected is None:
            return None
        if state.is_degraded and (watching.has_read or moved()):
            context.report(_DEGRADED)
        return linked | corrected

    def update(self, context: Any, change: Any) -> Iterator[TableBatch] | None:
        """Yield the rows of the files that are written anew, corrected, and packages and external nodes."""
        state = context.resident.get(_STATE)
        linked = self._links.update(context, change)
        return None if state is None or linked is None else state.rows(linked, change.written)

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield the link stage's rows with the calls of the analysed files corrected."""
        # The constraints' memory is free before the link stage takes its own, and what it finds is small.
        keep_tables_apart()
        found, degraded = _solved(context)
        languages = _languages(context)
        if languages:
            facts = _by_file(languages, found, degraded)
            yield "call_facts", facts_batch(facts)
            del facts
        rows = CorrectedRows(list(languages), found)
        del found
        return_freed_memory()
        for table, batch in self._links.run(context):
            kept = rows.final(table, batch)
            if kept.num_rows:
                yield table, kept
        for batch in context.read(IR_ARTIFACT, "nodes"):
            rows.add_nodes(batch)
        if degraded:
            context.report(_DEGRADED)
        yield from rows.calls()
        yield from rows.facts()


_STATE: Final = "calls"
"""Name of what the stage keeps between runs, beside what linking keeps."""
_DEGRADED: Final = Diagnostic(
    code="call-graph-degraded",
    category="permanent",
    message="Some callees are missing: places hold more values than are told apart, or the analysis ended early.",
)


def _by_file(languages: Mapping[str, str], found: list[tuple[str, Any]], degraded: Collection[str]) -> dict[str, bytes]:
    """Cut what was found into what was found in each file.

    Args:
        languages: The language of each analysed file, in the order in which the analysis numbers them.
        found: The engine's tables.
        degraded: The families of languages of which bounds were met.
    """
    is_degraded = [FAMILIES[language] in degraded for language in languages.values()]
    return dict(zip(languages, native().split_facts(list(languages), found, is_degraded), strict=True))


def _languages(context: StageContext) -> dict[str, str]:
    """Return the language of each analysed file, in the order in which the analysis numbers them."""
    return {
        path: language
        for batch in context.read("flow-units", "flow_units")
        for path, language in zip(
            *(plain(batch.column(name)).to_pylist() for name in ("file_path", "language")), strict=True
        )
    }


class _Read:
    """The files of a full run, as the analysis takes them.

    Args:
        context: Of the run.
    """

    def __init__(self, context: StageContext) -> None:
        self._context = context
        self.project = context

    def units(self) -> Iterator[tuple[str, str, bytes]]:
        """Give path, language and units of each file, in path order."""
        for batch in self._context.read("flow-units", "flow_units"):
            columns = (batch.column(name).cast(pa.string()).to_pylist() for name in ("file_path", "language"))
            for path, language, units in zip(*columns, batch.column("units"), strict=True):
                yield path, language, units.as_buffer().to_pybytes()

    def modules(self) -> dict[str, str]:
        """Return the dotted name of each file's module by its path."""
        found: dict[str, str] = {}
        for batch in self._context.read(IR_ARTIFACT, "nodes"):
            modules = batch.select(["file_path", "fqn"]).filter(pc.equal(plain(batch.column("kind")), "module"))
            for path, fqn in zip(*(column.to_pylist() for column in modules.columns), strict=True):
                found.setdefault(path, fqn)
        return found

    def imports(self) -> Iterator[pa.RecordBatch]:
        """Give the rows of `imports`."""
        yield from self._context.read(IR_ARTIFACT, "imports")


class _Now:
    """The files of an incremental run, as `_Read` has them.

    Args:
        context: Of the run.
        program: All files.
        units: Their units.
        again: The project's files were read before, and are not to be noted again.
    """

    def __init__(self, context: Any, program: Any, units: Mapping[str, tuple[str, bytes]], *, again: bool) -> None:
        self.project = context.before() if again else context
        self._units = units
        self.modules = program.modules
        self.imports = program.imports

    def units(self) -> Iterator[tuple[str, str, bytes]]:
        """Give path, language and units of each file, in path order."""
        for path, (language, units) in self._units.items():
            yield path, language, units


def _solved(context: StageContext) -> tuple[list[tuple[str, Any]], list[str]]:
    """Analyse all files, and return the engine's tables and the families of languages of which bounds were met."""
    return _analysed(_Read(context))


def _analysed(files: Any) -> tuple[list[tuple[str, Any]], list[str]]:
    """Analyse files, and return the engine's tables and the families of languages of which bounds were met."""
    engine = native().PointsTo(summaries_json())
    # What was read is free before the constraint graph grows.
    if _add(engine, files):
        for model in java_models(files.project.packs["java"].grammar.load()):
            engine.add_java(model, True)
    return_freed_memory()
    files.project.check()
    found: list[tuple[str, Any]]
    degraded: list[str]
    found, _, degraded = engine.solve()
    return found, degraded


def _add(engine: Any, files: Any) -> bool:
    """Give the engine all files, and say whether there is one of Java."""
    modules = files.modules()
    has_java = False
    languages: dict[str, str] = {}
    for path, language, units in files.units():
        languages[path] = language
        if language == "java":
            engine.add_java(units, False)
            has_java = True
        else:
            engine.add(path, modules.get(path, ""), units)
    for folder, specifier, target in resolved(files.project, files.imports, list(modules), languages):
        engine.resolve(folder, specifier, target)
    return has_java

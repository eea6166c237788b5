"""The stage `flow-units`: lowers each file to what flows in its frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import ClassVar, Final

import pyarrow as pa

from codegraph_hookspecs import (
    IR_ARTIFACT,
    SOURCES_TABLE,
    TABLES,
    Diagnostic,
    ParsedBatch,
    Stage,
    StageContext,
    TableBatch,
)
from codegraph_plugins.stages.points_to.engine import LANGUAGES, keep_tables_apart, native

_LZ4: Final = pa.Codec("lz4_raw")
_SCHEMA: Final = TABLES["flow_units"].physical_schema


class FlowUnitsStage(Stage):
    """Lowers files through the semantic IR to constraints (layer L5). Memory is one batch of files."""

    name: ClassVar[str] = "flow-units"
    in_process: ClassVar[bool] = True
    layer: ClassVar[str] = "L5"
    inputs: ClassVar = (IR_ARTIFACT,)
    outputs: ClassVar = ("flow-units",)
    tables: ClassVar = ("flow_units",)
    scope: ClassVar = "file"
    version: ClassVar[str] = "11"

    def run_batch(self, context: StageContext, batch: ParsedBatch) -> Iterator[TableBatch]:
        """Yield a row for each file of a language that is analysed, files in order."""
        if SOURCES_TABLE not in batch.tables:
            return
        keep_tables_apart()
        files = batch.tables["files"]
        languages = dict(zip(files.column("path").to_pylist(), files.column("language").to_pylist(), strict=True))
        found: dict[tuple[str, str], list[tuple[str, bytes]]] = {}
        for rows in batch.tables[SOURCES_TABLE].to_batches():
            for path, role, size, block in zip(*(rows.column(i) for i in range(4)), strict=True):
                language = languages.get(path.as_py())
                if role.as_py() != "source" or language not in LANGUAGES or not block.is_valid:
                    continue
                source = _LZ4.decompress(block.as_buffer(), size.as_py()).to_pybytes() if size.as_py() else b""
                suffix = PurePosixPath(path.as_py()).suffix
                dialect = suffix if suffix in context.packs[language].grammars else ""
                found.setdefault((language, dialect), []).append((path.as_py(), source))
        lowered: list[_Lowered] = []
        for (language, dialect), sources in sorted(found.items()):
            context.check()
            lowered += _lowered(context, language, dialect, sources)
        if lowered:
            yield "flow_units", _batch(sorted(lowered))


_Lowered = tuple[str, str, bytes]
"""A file, its language, its units."""


def _lowered(
    context: StageContext, language: str, dialect: str, sources: list[tuple[str, bytes]]
) -> Iterator[_Lowered]:
    """Yield the units of files of one grammar: that of their language, or of an extension that has one of its own."""
    pack = context.packs[language]
    grammar = pack.grammars.get(dialect, pack.grammar).load()
    lowered = native().flow_units(language, grammar, [source for _, source in sources], context.workers)
    for (path, _), (one, reason) in zip(sources, lowered, strict=True):
        if one is None:
            message = f"The file's calls were not analysed: {reason}."
            context.report(Diagnostic(code="flow-units-skipped", message=message, file_path=path))
        else:
            yield path, language, one


def _batch(lowered: list[_Lowered]) -> pa.RecordBatch:
    paths, languages, units = zip(*lowered, strict=True)
    given = {
        "file_path": pa.array(paths, pa.string()).dictionary_encode(),
        "language": pa.array(languages, pa.string()).dictionary_encode(),
        "units": pa.array(units, pa.binary()),
    }
    return pa.RecordBatch.from_arrays([given[name] for name in _SCHEMA.names], schema=_SCHEMA)

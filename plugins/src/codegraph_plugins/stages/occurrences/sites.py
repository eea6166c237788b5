"""The stage `occurrence-sites`: walks each file's own bytes again and keeps where its names stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa

from codegraph_hookspecs import (
    IR_ARTIFACT,
    SOURCES_TABLE,
    SPAN,
    TABLES,
    Diagnostic,
    LanguagePack,
    ParsedBatch,
    Stage,
    StageContext,
    TableBatch,
    module_name,
)
from codegraph_plugins.parsers.reference.compiled import CompiledLanguage, compile_language
from codegraph_plugins.parsers.reference.deadline import Deadline, OutOfTimeError
from codegraph_plugins.parsers.reference.reading import SourceText, source_text
from codegraph_plugins.parsers.reference.session import extension_of, is_test_file, parse_tree
from codegraph_plugins.stages.occurrences.walker import OccurrenceWalker, Site

TIME_LIMIT_S: Final = 30.0
"""Seconds that one file may take; the parse stage's own limit was met before."""

_BATCH_ROWS: Final = 20_000
"""Sites that are joined to one batch: dictionaries cost as much as a few hundred rows each."""
_LZ4: Final = pa.Codec("lz4_raw")
_SCHEMA: Final = TABLES["occurrence_sites"].physical_schema
_VALUES: Final = TABLES["occurrence_values"].physical_schema


class OccurrenceSitesStage(Stage):
    """Finds the places of names in each file (layer L4).

    The parser's tables have no positions of identifiers and no locals, and every run would pay for them; so the
    files are walked once more here, whatever engine parsed them. Memory is one batch of files.
    """

    name: ClassVar[str] = "occurrence-sites"
    in_process: ClassVar[bool] = True
    layer: ClassVar[str] = "L4"
    inputs: ClassVar[Sequence[str]] = (IR_ARTIFACT,)
    outputs: ClassVar[Sequence[str]] = ("occurrence-sites",)
    tables: ClassVar[Sequence[str]] = ("occurrence_sites", "occurrence_values")
    scope: ClassVar = "file"
    version: ClassVar[str] = "15"

    def __init__(self) -> None:
        self._languages: dict[tuple[str, str], CompiledLanguage] = {}

    def run_batch(self, context: StageContext, batch: ParsedBatch) -> Iterator[TableBatch]:
        """Yield the sites of a batch's files, files in order."""
        if SOURCES_TABLE not in batch.tables:
            return
        languages = dict(
            zip(*(batch.tables["files"].column(name).to_pylist() for name in ("path", "language")), strict=True)
        )
        counts: dict[str, int] = {}
        for path in batch.tables["nodes"].column("file_path").to_pylist():
            counts[path] = counts.get(path, 0) + 1
        parts: list[pa.RecordBatch] = []
        values: dict[str, str] = {}
        waiting = 0
        for rows in batch.tables[SOURCES_TABLE].to_batches():
            columns = (rows.column(name) for name in ("path", "role", "size", "source"))
            for path, role, size, block in zip(*columns, strict=True):
                context.check()
                pack = context.packs.get(languages.get(path.as_py()) or "")
                if role.as_py() != "source" or pack is None or not pack.kinds or not block.is_valid:
                    continue
                content = _LZ4.decompress(block.as_buffer(), size.as_py()).to_pybytes() if size.as_py() else b""
                part = self._file(context, path.as_py(), content, pack, counts.get(path.as_py(), 0), values)
                if part is not None:
                    parts.append(part)
                    waiting += part.num_rows
                if waiting >= _BATCH_ROWS:
                    yield from _joined(parts)
                    yield from _facts(values)
                    waiting = 0
                    parts.clear()
                    values.clear()
        yield from _joined(parts)
        yield from _facts(values)

    def _file(
        self,
        context: StageContext,
        path: str,
        content: bytes,
        pack: LanguagePack,
        nodes: int,
        values: dict[str, str],
    ) -> pa.RecordBatch | None:
        text = source_text(content)
        if not isinstance(text, SourceText):
            return None
        language = self._language(pack, extension_of(path, pack))
        module = module_name(path, pack)
        walker = OccurrenceWalker(
            language,
            text.content,
            text.decode,
            utf8=text.encoding == "utf8",
            bytewise=text.encoding in {"utf8", "latin1"},
            fqn=module.fqn,
            suffix=module.suffix,
            package_id=module.package_id,
            test_file=is_test_file(path, pack),
            content_hash=text.content_hash,
            deadline=Deadline(TIME_LIMIT_S),
        )
        try:
            sites = walker.find(parse_tree(language.language, text, walker.deadline, pack).root_node)
        except OutOfTimeError:
            sites = []
        if len(walker.rows.nodes) != nodes or not sites:
            # The parser gave up on the file, or is not a tree-sitter one: ordinals would mean other nodes.
            message = "The file's names were not looked up: its definitions are not those that were indexed."
            context.report(Diagnostic(code="occurrences-skipped", message=message, file_path=path))
            return None
        if walker.facts is not None:
            values[path] = walker.facts.text()
        return site_batch(path, text, sites)

    def _language(self, pack: LanguagePack, extension: str) -> CompiledLanguage:
        key = (pack.name, extension if extension in pack.grammars else "")
        if key not in self._languages:
            self._languages[key] = compile_language(pack, key[1])
        return self._languages[key]


def site_batch(path: str, text: SourceText, sites: Sequence[Site]) -> pa.RecordBatch:
    """Return a file's sites as a batch of the physical schema."""
    count = len(sites)
    starts = text.line_starts()
    start = np.fromiter((site.start for site in sites), np.int64, count)
    end = np.fromiter((site.end for site in sites), np.int64, count)
    start_row, end_row = (np.searchsorted(starts, places, side="right") - 1 for places in (start, end))
    parts = (start_row + 1, start - starts[start_row], end_row + 1, end - starts[end_row], start, end)
    given: Mapping[str, pa.Array] = {
        "file_path": pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([path])),
        "span": pa.StructArray.from_arrays([pa.array(part, pa.int32()) for part in parts], fields=list(SPAN)),
        "site": _texts([site.kind for site in sites]),
        "role": _texts([site.role for site in sites]),
        "node": pa.array([site.node for site in sites], pa.int32()),
        "target": pa.array([site.target for site in sites], pa.int32()),
        "use": _texts([site.use for site in sites]),
        "name": _texts([site.name for site in sites]),
        "binding": _texts([site.binding for site in sites]),
        "call_site": pa.array([site.call_site for site in sites], pa.int32()),
    }
    return pa.RecordBatch.from_arrays([given[name] for name in _SCHEMA.names], schema=_SCHEMA)


def _facts(values: Mapping[str, str]) -> Iterator[TableBatch]:
    if values:
        paths = pa.array(values).dictionary_encode().cast(_VALUES.field("file_path").type)
        yield "occurrence_values", pa.RecordBatch.from_arrays([paths, pa.array(values.values())], schema=_VALUES)


def _joined(parts: Sequence[pa.RecordBatch]) -> Iterator[TableBatch]:
    if parts:
        table = pa.Table.from_batches(parts).unify_dictionaries().combine_chunks()
        yield from (("occurrence_sites", part) for part in table.to_batches())


def _texts(values: Sequence[str]) -> pa.DictionaryArray:
    return pa.array(values, pa.string()).dictionary_encode()

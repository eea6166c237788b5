"""The parse step: chunks of files through the right parsers, results checked, in file order.

A parser that raises or breaks the table contract is left out for the rest of the run and the chunk is
parsed by the next one; files that no parser can take become rows with the status failed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, frozen

from codegraph._internal.indexing.backends import choose, pair, ranked, support_table
from codegraph._internal.indexing.parity import ParityReport
from codegraph._internal.indexing.worker import Worker
from codegraph._internal.pipeline.cancel import CancelToken
from codegraph._internal.pipeline.validate import BatchProblem, checked_batch
from codegraph._internal.plugin_host.calls import DEFAULT_DEADLINE_S, call_with_deadline, describe
from codegraph_hookspecs import (
    IR_TABLES,
    TABLES,
    CodeGraphError,
    LanguagePack,
    ParsedBatch,
    ParseOptions,
    Parser,
    ParseSession,
    PluginError,
    SourceFile,
)

CHUNK_FILES = 512
CHUNK_BYTES = 8_000_000


@frozen(kw_only=True)
class Chunk:
    """Files that are parsed together, and their checked tables: exactly one batch for each of `IR_TABLES`."""

    sources: Sequence[SourceFile]
    batches: Mapping[str, pa.RecordBatch]

    def parsed(self) -> ParsedBatch:
        """Return the tables as stages get them."""
        return ParsedBatch(tables={name: pa.Table.from_batches([batch]) for name, batch in self.batches.items()})


@define(kw_only=True)
class _Seat:
    parser: Parser
    session: ParseSession


class ParseTeam:
    """The parsers of one run.

    Args:
        backend: The `backend` setting.
        parsers: All parsers.
        packs: Languages in use.
        options: For every session.
        cancel: Looked at between chunks and while one is parsed.
        on_failure: Told of a parser that is left out: parser, error.
    """

    def __init__(
        self,
        *,
        backend: str,
        parsers: Sequence[Parser],
        packs: Mapping[str, LanguagePack],
        options: ParseOptions,
        cancel: CancelToken,
        on_failure: Callable[[Parser, CodeGraphError], None],
    ) -> None:
        self._backend = backend
        self._packs = packs
        self._options = options
        self._cancel = cancel
        self._on_failure = on_failure
        self._parsers = list(parsers)
        self._support: dict[str, dict[str, bool]] = {}
        self._seats: dict[str, _Seat] = {}
        self.parity: ParityReport | None = None
        self._pair: tuple[Parser, Parser] | None = None
        if packs:
            ranked(backend, parsers)  # a backend that is not there is the user's mistake, not a parser's failure
            if backend == "both":
                self._pair = pair(parsers)
                self.parity = ParityReport(self._pair[0].name, self._pair[1].name)
        self._chosen = self._choose()

    @property
    def backend(self) -> str:
        """The parsers in use, as the summary names them."""
        if self._pair is not None:
            return "both"
        names = sorted({parser.name for parser in self._chosen.values()})
        return "+".join(names) or self._backend

    def chunks(self, sources: Sequence[SourceFile]) -> Iterator[Chunk]:
        """Parse files in chunks and yield them in order; with several workers one chunk ahead."""
        worker = Worker("codegraph parse")
        pending = None
        try:
            for group in split(sources):
                following = worker.submit(partial(self._parse, group))
                if pending is not None:
                    yield worker.wait(pending, self._cancel)
                pending = following
                if self._options.workers == 1:
                    yield worker.wait(pending, self._cancel)
                    pending = None
            if pending is not None:
                yield worker.wait(pending, self._cancel)
        finally:
            worker.stop()

    def close(self) -> None:
        """Close all sessions."""
        for seat in self._seats.values():
            with contextlib.suppress(Exception):
                seat.session.close()
        self._seats.clear()

    # -- choosing ------------------------------------------------------------------------------------

    def _choose(self) -> dict[str, Parser]:
        return choose(self._backend, self._parsers, self._packs, self._supports) if self._parsers else {}

    def _supports(self, parser: Parser, pack: LanguagePack) -> bool:
        answers = self._support.get(parser.name)
        if answers is None:
            try:
                answers = call_with_deadline(
                    lambda: support_table(parser, self._packs), deadline_s=DEFAULT_DEADLINE_S, what="supports()"
                )
            except PluginError as error:
                self._on_failure(parser, error)
                answers = {}
            self._support[parser.name] = answers
        return answers.get(pack.name, False)

    def _leave_out(self, parser: Parser, error: CodeGraphError) -> None:
        self._on_failure(parser, error)
        self._parsers = [other for other in self._parsers if other is not parser]
        self._seats.pop(parser.name, None)
        if self._backend in ("auto", "both"):
            self._chosen = self._choose()
        else:
            self._chosen = {name: chosen for name, chosen in self._chosen.items() if chosen is not parser}

    def _session(self, parser: Parser) -> ParseSession:
        seat = self._seats.get(parser.name)
        if seat is None:
            packs = [pack for pack in self._packs.values() if self._supports(parser, pack)]
            seat = _Seat(parser=parser, session=parser.open(packs, self._options))
            self._seats[parser.name] = seat
        return seat.session

    # -- parsing -------------------------------------------------------------------------------------

    def _parse(self, sources: Sequence[SourceFile]) -> Chunk:
        if self._pair is not None:
            return self._parse_twice(sources)
        parts: list[tuple[Sequence[SourceFile], Mapping[str, pa.RecordBatch]]] = []
        waiting = list(sources)
        while waiting:
            parser = self._chosen.get(waiting[0].language)
            mine = [source for source in waiting if self._chosen.get(source.language) is parser]
            if parser is None:
                batches: Mapping[str, pa.RecordBatch] | None = failed_batches(mine)
            else:
                batches = self._try(parser, mine)
            if batches is None:
                continue  # the parser was left out; its files go to the next one
            parts.append((mine, batches))
            taken = {source.path for source in mine}
            waiting = [source for source in waiting if source.path not in taken]
        if len(parts) == 1:
            return Chunk(sources=sources, batches=parts[0][1])
        return Chunk(sources=sources, batches=merge([batches for _, batches in parts], sources))

    def _parse_twice(self, sources: Sequence[SourceFile]) -> Chunk:
        if self._pair is None or self.parity is None:
            raise AssertionError("only with backend 'both'")
        results = []
        for parser in self._pair:
            known = [source for source in sources if self._supports(parser, self._packs[source.language])]
            batches = self._run(parser, known) if len(known) == len(sources) else self._partial(parser, known, sources)
            results.append(Chunk(sources=sources, batches=batches))
        self.parity.compare(results[0].parsed(), results[1].parsed())
        return results[0]

    def _partial(
        self, parser: Parser, known: Sequence[SourceFile], sources: Sequence[SourceFile]
    ) -> Mapping[str, pa.RecordBatch]:
        paths = {source.path for source in known}
        unknown = [source for source in sources if source.path not in paths]
        return merge([self._run(parser, known), failed_batches(unknown)], sources)

    def _try(self, parser: Parser, sources: Sequence[SourceFile]) -> Mapping[str, pa.RecordBatch] | None:
        try:
            return self._run(parser, sources)
        except BaseException as error:  # SystemExit must not end the host either
            if isinstance(error, CodeGraphError):
                failure = error
            else:
                failure = PluginError(
                    f"The parser {parser.name!r} raised {type(error).__name__}: {describe(error)}",
                    code="parser-failed",
                    context={"parser": parser.name, "file": sources[0].path},
                    cause=error,
                )
            self._leave_out(parser, failure)
            return None

    def _run(self, parser: Parser, sources: Sequence[SourceFile]) -> Mapping[str, pa.RecordBatch]:
        result = self._session(parser).parse(sources)
        try:
            return checked_tables(result, sources)
        except BatchProblem as problem:
            raise PluginError(
                f"The parser {parser.name!r} breaks the table contract: {problem}.",
                code=problem.code,
                context={"parser": parser.name, "file": sources[0].path if sources else ""},
            ) from problem


def split(sources: Sequence[SourceFile]) -> Iterator[Sequence[SourceFile]]:
    """Cut files into chunks of at most 512 files and about 8 MB."""
    start, size = 0, 0
    for position, source in enumerate(sources):
        if position > start and (position - start >= CHUNK_FILES or size + source.size > CHUNK_BYTES):
            yield sources[start:position]
            start, size = position, 0
        size += source.size
    if start < len(sources):
        yield sources[start:]


def checked_tables(result: object, sources: Sequence[SourceFile]) -> dict[str, pa.RecordBatch]:
    """Return one checked batch for each IR table.

    Raises:
        BatchProblem: A table is missing or breaks its contract, or `files` does not list the input files.
    """
    tables = getattr(result, "tables", None)
    if not isinstance(tables, Mapping):
        raise BatchProblem("batch-not-arrow", f"parse() returned a {type(result).__name__}, not a ParsedBatch")
    missing = [name for name in IR_TABLES if name not in tables]
    if missing:
        raise BatchProblem("batch-schema", f"parse() returned no {', '.join(missing)}")
    batches = {name: checked_batch(name, _one_batch(name, tables[name])) for name in IR_TABLES}
    paths = batches["files"].column("path").to_pylist()
    if paths != [source.path for source in sources]:
        raise BatchProblem("batch-files", "the rows of files are not the input files, in input order")
    return batches


def _one_batch(name: str, table: Any) -> Any:
    if not isinstance(table, pa.Table):
        return table
    if len(table.to_batches()) > 1:
        table = table.unify_dictionaries().combine_chunks()
    batches = table.to_batches()
    return batches[0] if batches else empty_batch(name) if not table.num_rows else table


def empty_batch(name: str) -> pa.RecordBatch:
    """Return a batch of a table without rows."""
    schema = TABLES[name].physical_schema
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def merge(parts: Sequence[Mapping[str, pa.RecordBatch]], sources: Sequence[SourceFile]) -> dict[str, pa.RecordBatch]:
    """Put batches of disjoint sets of files together, rows in the order of `sources`."""
    order = pa.array([source.path for source in sources], pa.string())
    merged: dict[str, pa.RecordBatch] = {}
    for name in IR_TABLES:
        table = pa.Table.from_batches([part[name] for part in parts]).unify_dictionaries().combine_chunks()
        if not table.num_rows:
            merged[name] = empty_batch(name)
            continue
        owner = table.column(TABLES[name].owner)
        positions = pc.fill_null(pc.index_in(owner.cast(pa.string()), value_set=order), len(sources))
        taken = table.take(pa.array(np.argsort(positions.to_numpy(), kind="stable")))
        merged[name] = taken.combine_chunks().to_batches()[0]
    return merged


def failed_batches(sources: Sequence[SourceFile]) -> dict[str, pa.RecordBatch]:
    """Return the tables of files that no parser could take: status failed, with a diagnostics row each."""
    batches = {name: empty_batch(name) for name in IR_TABLES}
    files = [
        {
            "path": source.path,
            "language": source.language,
            "content_hash": None,
            "size": source.size,
            "mtime_ns": source.mtime_ns,
            "lines": 0,
            "status": "failed",
            "parse_errors": 0,
            "module_fqn": source.module.fqn,
        }
        for source in sources
    ]
    diagnostics = [
        {
            "file_path": source.path,
            "stage": "parse",
            "code": "no-parser",
            "category": "permanent",
            "message": f"No parser could parse this {source.language} file.",
            "span": None,
        }
        for source in sources
    ]
    if sources:
        batches["files"] = pa.RecordBatch.from_pylist(files, schema=TABLES["files"].physical_schema)
        batches["diagnostics"] = pa.RecordBatch.from_pylist(diagnostics, schema=TABLES["diagnostics"].physical_schema)
    return batches

"""The parse step: chunks of files through the right parsers, results checked, in file order.

A parser that raises or breaks the table contract is left out for the rest of the run and the chunk is
parsed by the next one; files that no parser can take become rows with the status failed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, evolve, frozen

from codegraph._internal.indexing import notebooks
from codegraph._internal.indexing.backends import choose, pair, ranked, support_table
from codegraph._internal.indexing.parity import ParityReport
from codegraph._internal.indexing.sources import Loaded, kept_sources
from codegraph._internal.pipeline.validate import BatchProblem, checked_batch, without_keys
from codegraph._internal.plugin_host.calls import DEFAULT_DEADLINE_S, call_with_deadline, describe, is_users
from codegraph_hookspecs import (
    IR_TABLES,
    SOURCES_TABLE,
    TABLES,
    CodeGraphError,
    LanguagePack,
    ParsedBatch,
    ParseOptions,
    Parser,
    ParseSession,
    PluginError,
    PrefetchingSession,
    SourceFile,
    sign_of_life,
)


@frozen(kw_only=True)
class Chunk:
    """Files that are parsed together, and their checked tables: exactly one batch for each of `IR_TABLES`."""

    sources: Sequence[SourceFile]
    batches: Mapping[str, pa.RecordBatch]

    def parsed(self) -> ParsedBatch:
        """Return the tables as stages get them."""
        plain = {name: without_keys(name, batch) for name, batch in self.batches.items()}
        return ParsedBatch(tables={name: pa.Table.from_batches([batch]) for name, batch in plain.items()})


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
        on_failure: Told of a parser that is left out: parser, error.
        load: Makes a chunk's files ready to be parsed.
        apart: Whether this is a worker process: there a MemoryError is the file's doing and ends the worker,
            here it is the parser's failure.
    """

    def __init__(
        self,
        *,
        backend: str,
        parsers: Sequence[Parser],
        packs: Mapping[str, LanguagePack],
        options: ParseOptions,
        on_failure: Callable[[Parser, CodeGraphError], None],
        load: Callable[[Sequence[SourceFile]], Loaded],
        apart: bool = False,
    ) -> None:
        self._backend = backend
        self._packs = packs
        self._options = options
        self._on_failure = on_failure
        self._load = load
        self._apart = apart
        self._parsers = list(parsers)
        self._support: dict[str, dict[str, bool]] = {}
        self._seats: dict[str, _Seat] = {}
        self.parity: ParityReport | None = None
        self._pair: tuple[Parser, Parser] | None = None
        self._attempt: object | None = None  # the call to `parse` that counts
        self._sources: Sequence[SourceFile] = ()
        self._running: tuple[Parser, Sequence[SourceFile]] | None = None
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

    def resume(
        self,
        *,
        load: Callable[[Sequence[SourceFile]], Loaded],
        on_failure: Callable[[Parser, CodeGraphError], None],
    ) -> None:
        """Go on in another run: its files are loaded another way, and failures are told to somebody else."""
        self._load = load
        self._on_failure = on_failure
        self._attempt = None
        self._sources, self._running = (), None

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

    @property
    def parsers(self) -> tuple[Parser, ...]:
        """The parsers that are not left out."""
        return tuple(self._parsers)

    def chosen(self, language: str) -> Parser | None:
        """Return the parser of a language."""
        return self._chosen.get(language)

    def leave_out(self, name: str, error: CodeGraphError) -> bool:
        """Leave a parser out and report why; False when it is left out already."""
        parser = next((parser for parser in self._parsers if parser.name == name), None)
        if parser is not None:
            self._leave_out(parser, error)
        return parser is not None

    def give_up(self, position: int | None, how: str) -> None:
        """Leave out the parser of a call to `parse` that does not return.

        Args:
            position: Which of the call's files it was at, or None.
            how: What it did, as a sentence.

        Raises:
            PluginError: `parser-timeout`: no parser was at work.
        """
        self._attempt = None  # should the call ever return, it must touch nothing any more
        running = self._running
        at = [] if running is None or position is None else [s.path for s in running[1] if s is self._at(position)]
        error = PluginError(
            f"The parser {running[0].name if running else ''!r} hangs{f' at {at[0]}' if at else ''}. {how}",
            code="parser-timeout",
            context={"parser": running[0].name if running else "", "file": at[0] if at else ""},
        )
        if running is None:
            raise error
        self._leave_out(running[0], error)

    # -- parsing -------------------------------------------------------------------------------------

    def load(self, sources: Sequence[SourceFile]) -> Loaded:
        """Make files ready to be parsed; notebooks become the modules that parsers read."""
        loaded, refused = notebooks.prepared(self._load(sources), self._options.max_file_bytes)
        if not refused:
            return loaded
        rows = [
            failed_batches([source], code=error.code, message=str(error), status=error.status)
            for source, error in refused
        ]
        known = [*loaded.known, *(source for source, _ in refused)]
        parts = rows if loaded.rows is None else [loaded.rows, *rows]
        return evolve(loaded, known=known, rows=merge(parts, known))

    def prefetch(self, loaded: Loaded) -> None:
        """Tell the parsers that can go ahead which files `parse` will bring; failures are met there."""
        if self._pair is not None or self._options.workers == 1:
            return
        for parser in dict.fromkeys(self._chosen.values()):
            with contextlib.suppress(Exception):
                session = self._session(parser)
                if isinstance(session, PrefetchingSession):
                    session.prefetch([s for s in loaded.sources if self._chosen.get(s.language) is parser])

    def parse(self, sources: Sequence[SourceFile], loaded: Loaded | None = None) -> Chunk:
        """Parse files; a parser that fails is left out and the next one takes its files.

        Args:
            sources: The files.
            loaded: What `load` gave for them, or None to have it called.
        """
        loaded = loaded or self.load(sources)
        attempt = self._attempt = object()
        self._sources = loaded.sources
        if self._pair is not None and loaded.rows is None:
            return self._parse_twice(loaded.sources)
        parts: list[tuple[Sequence[SourceFile], Mapping[str, pa.RecordBatch]]] = []
        if loaded.rows is not None:
            parts.append((loaded.known, loaded.rows))
        waiting = list(loaded.sources)
        positions = {source.path: position for position, source in enumerate(loaded.sources)}
        while waiting:
            if self._attempt is not attempt:
                raise PluginError("This call was given up.", code="parser-timeout")
            parser = self._chosen.get(waiting[0].language)
            mine = [source for source in waiting if self._chosen.get(source.language) is parser]
            if parser is None:
                batches: Mapping[str, pa.RecordBatch] | None = failed_batches(mine)
            else:
                batches = self._try(parser, mine, [positions[source.path] for source in mine], attempt)
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

    def _try(
        self, parser: Parser, sources: Sequence[SourceFile], positions: Sequence[int], attempt: object
    ) -> Mapping[str, pa.RecordBatch] | None:
        self._running = (parser, sources)
        try:
            return self._run(parser, Watched(sources, positions))
        except BaseException as error:  # SystemExit must not end the host either
            if self._attempt is not attempt or is_users(error) or (self._apart and isinstance(error, MemoryError)):
                raise
            self._leave_out(parser, _parser_failure(parser, sources, error))
            return None
        finally:
            if self._attempt is attempt:
                self._running = None

    def _at(self, position: int) -> SourceFile | None:
        return self._sources[position] if position < len(self._sources) else None

    def _run(self, parser: Parser, sources: Sequence[SourceFile]) -> Mapping[str, pa.RecordBatch]:
        result = self._session(parser).parse(sources)
        try:
            batches = checked_tables(result, sources)
            if self._options.keep_sources and SOURCES_TABLE not in batches:
                batches[SOURCES_TABLE] = kept_sources(batches["files"], sources)
            return batches
        except BatchProblem as problem:
            raise PluginError(
                f"The parser {parser.name!r} breaks the table contract: {problem}.",
                code=problem.code,
                context={"parser": parser.name, "file": sources[0].path if sources else ""},
            ) from problem


def _parser_failure(parser: Parser, sources: Sequence[SourceFile], error: BaseException) -> CodeGraphError:
    if isinstance(error, CodeGraphError):
        return error
    return PluginError(
        f"The parser {parser.name!r} raised {type(error).__name__}: {describe(error)}",
        code="parser-failed",
        context={"parser": parser.name, "file": sources[0].path},
        cause=error,
    )


class Watched(Sequence[SourceFile]):
    """Files that tell which of them a parser takes, so that one at which it hangs or dies is known.

    Args:
        sources: The files.
        positions: What to tell for each.
    """

    def __init__(self, sources: Sequence[SourceFile], positions: Sequence[int]) -> None:
        self._sources = sources
        self._positions = positions

    def __len__(self) -> int:
        return len(self._sources)

    def __getitem__(self, index: Any) -> Any:
        """Return files without telling: only iteration has an order."""
        return self._sources[index]

    def __iter__(self) -> Iterator[SourceFile]:
        for source, position in zip(self._sources, self._positions, strict=True):
            sign_of_life(position)
            yield source
        sign_of_life(-1)


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
    given = (*IR_TABLES, SOURCES_TABLE) if SOURCES_TABLE in tables else IR_TABLES
    batches = {name: checked_batch(name, _one_batch(name, tables[name])) for name in given}
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
    for name in (*IR_TABLES, SOURCES_TABLE):
        # One engine gives keys and another none.
        given = [without_keys(name, part[name]) if name in part else empty_batch(name) for part in parts]
        table = pa.Table.from_batches(given).unify_dictionaries().combine_chunks()
        if not table.num_rows:
            merged[name] = empty_batch(name)
            continue
        owner = table.column(TABLES[name].owner)
        positions = pc.fill_null(pc.index_in(owner.cast(pa.string()), value_set=order), len(sources))
        taken = table.take(pa.array(np.argsort(positions.to_numpy(), kind="stable")))
        merged[name] = taken.combine_chunks().to_batches()[0]
    return merged


def failed_batches(
    sources: Sequence[SourceFile], *, code: str = "no-parser", message: str = "", status: str = "failed"
) -> dict[str, pa.RecordBatch]:
    """Return the tables of files that no parser could take, with a diagnostics row each."""
    batches = {name: empty_batch(name) for name in IR_TABLES}
    files = [
        {
            "path": source.path,
            "language": source.language,
            "content_hash": None,
            "size": source.size,
            "mtime_ns": source.mtime_ns,
            "lines": 0,
            "status": status,
            "parse_errors": 0,
            "module_fqn": source.module.fqn,
        }
        for source in sources
    ]
    diagnostics = [
        {
            "file_path": source.path,
            "stage": "parse",
            "code": code,
            "category": "permanent",
            "message": message or f"No parser could parse this {source.language} file.",
            "span": None,
        }
        for source in sources
    ]
    if sources:
        batches["files"] = pa.RecordBatch.from_pylist(files, schema=TABLES["files"].physical_schema)
        batches["diagnostics"] = pa.RecordBatch.from_pylist(diagnostics, schema=TABLES["diagnostics"].physical_schema)
    return batches

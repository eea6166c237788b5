"""Checks of a parser: its attributes, what it promises for odd files, and that batching and workers change nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import pyarrow as pa
from attrs import evolve

from codegraph_hookspecs.languages import LanguagePack
from codegraph_hookspecs.parsing import (
    IR_TABLES,
    SOURCES_TABLE,
    ParsedBatch,
    ParseOptions,
    Parser,
    ParseSession,
    PrefetchingSession,
    SourceFile,
)
from codegraph_hookspecs.testing.failures import fail, require
from codegraph_hookspecs.testing.memory import Samples, pack_for, source_file
from codegraph_hookspecs.testing.parsing import check_batch, check_same_rows
from codegraph_hookspecs.testing.tables import check_tables

T = TypeVar("T")


def check_parser(parser: Parser, packs: Sequence[LanguagePack], samples: Samples) -> None:
    """Check a parser on samples of the languages that it supports.

    Checked: attributes; an empty batch; rows (`check_batch`); the same rows from a second session, from
    two workers, from one file at a time, and from files begun early where the session can do that
    (`PrefetchingSession`); files that are missing, binary, over `max_file_bytes` or empty get a `files` row and
    never an exception; the table `sources`, where the parser gives it, has the bytes that were parsed.

    Args:
        parser: The parser.
        packs: Language packs; those it does not support are left out.
        samples: Path → source text.

    Raises:
        ConformanceError: A `parser-…` code, or one of `check_batch`.
    """
    _check_attributes(parser)
    able = [pack for pack in packs if _call(parser, "supports", partial(parser.supports, pack))]
    require(able, "parser-supports", f"the parser {parser.name!r} supports none of the given packs")
    sources = [source_file(path, samples[path], pack_for(path, packs)) for path in sorted(samples)]
    sources = [source for source in sources if source.language in {pack.name for pack in able}]
    require(sources, "parser-supports", f"no sample is in a language that the parser {parser.name!r} supports")
    whole = _parse(parser, able, sources)
    check_batch(whole, sources)
    check_batch(_parse(parser, able, []), [])
    name = f"parser {parser.name!r}:"
    check_same_rows(whole, _parse(parser, able, sources), f"{name} two sessions", code="parser-unstable")
    threaded = _parse(parser, able, sources, ParseOptions(workers=2))
    check_same_rows(whole, threaded, f"{name} workers=1 and workers=2", code="parser-workers")
    single = _joined([_parse(parser, able, [source]) for source in sources])
    check_same_rows(whole, single, f"{name} one batch and one file at a time", code="parser-batching")
    _check_prefetch(parser, able, sources, whole)
    _check_odd_files(parser, able, sources[0])
    _check_sources(_parse(parser, able, sources, ParseOptions(keep_sources=True)), sources, name)


def _check_prefetch(
    parser: Parser, packs: Sequence[LanguagePack], sources: Sequence[SourceFile], whole: ParsedBatch
) -> None:
    session: ParseSession = _call(parser, "open()", lambda: parser.open(packs, ParseOptions(workers=2)))
    try:
        if not isinstance(session, PrefetchingSession):
            return
        ahead = session
        middle = len(sources) // 2
        parts = [sources[:middle], sources[middle:]]
        for part in (sources[:1], *parts):  # the first one is never asked for
            _call(parser, "prefetch()", partial(ahead.prefetch, part))
        batches = [_call(parser, "parse()", partial(ahead.parse, part)) for part in parts]
    finally:
        _call(parser, "close()", session.close)
    name = f"parser {parser.name!r}:"
    check_same_rows(whole, _joined(batches), f"{name} files begun early and not", code="parser-prefetch")


def _check_sources(batch: ParsedBatch, sources: Sequence[SourceFile], name: str) -> None:
    if SOURCES_TABLE not in batch.tables:
        return
    kept = check_tables({SOURCES_TABLE: batch.tables[SOURCES_TABLE]})[SOURCES_TABLE].to_pylist()
    statuses = batch.tables["files"].column("status").to_pylist()
    parsed = [source for source, status in zip(sources, statuses, strict=True) if status in {"ok", "degraded"}]
    wanted = [(source.path, "source", len(source.content or b"")) for source in parsed]
    given = [(row["path"], row["role"], row["size"]) for row in kept]
    require(given == wanted, "parser-sources", f"{name} `sources` has {given}, not {wanted}")
    for row, source in zip(kept, parsed, strict=True):
        content = _decompressed(row["source"], row["size"])
        require(content == source.content, "parser-sources", f"{name} the source of {row['path']!r} has other bytes")


def _decompressed(block: bytes | None, size: int) -> bytes | None:
    """Return the bytes of an LZ4 block, or None if it is none of this size."""
    if not size or block is None:
        return None if block is None else b""
    try:
        content: bytes = pa.Codec("lz4_raw").decompress(block, decompressed_size=size, asbytes=True)
    except OSError:
        return None
    return content


def _check_attributes(parser: Parser) -> None:
    require(isinstance(parser, Parser), "parser-type", f"{type(parser).__name__} lacks what a Parser has")
    require(isinstance(parser.name, str) and parser.name, "parser-name", "a parser needs a name")
    require(isinstance(parser.priority, int), "parser-name", f"the priority of {parser.name!r} must be an int")
    require(isinstance(parser.version, str) and parser.version, "parser-name", f"{parser.name!r} needs a version")


def _call(parser: Parser, what: str, function: Callable[[], T]) -> T:
    try:
        return function()
    except Exception as error:
        fail("parser-raised", f"{parser.name!r}: {what} raised {error!r}", cause=error)


def _parse(
    parser: Parser, packs: Sequence[LanguagePack], sources: Sequence[SourceFile], options: ParseOptions | None = None
) -> ParsedBatch:
    session: ParseSession = _call(parser, "open()", lambda: parser.open(packs, options or ParseOptions()))
    try:
        return _call(parser, "parse()", lambda: session.parse(sources))
    finally:
        _call(parser, "close()", session.close)


def _joined(batches: Sequence[ParsedBatch]) -> ParsedBatch:
    return ParsedBatch(
        tables={
            name: pa.concat_tables([batch.tables[name] for batch in batches]).unify_dictionaries() for name in IR_TABLES
        }
    )


def _check_odd_files(parser: Parser, packs: Sequence[LanguagePack], example: SourceFile) -> None:
    cases = {
        "a file that is not there": (evolve(example, content=None), None, ("failed", "skipped")),
        "a file with NUL bytes": (evolve(example, content=b"a\x00b\x00"), None, ("skipped",)),
        "a file over max_file_bytes": (example, ParseOptions(max_file_bytes=1), ("skipped",)),
        "an empty file": (evolve(example, content=b"", size=0), None, ("ok",)),
    }
    for what, (source, options, allowed) in cases.items():
        batch = _parse(parser, packs, [source], options)
        check_batch(batch, [source])
        status = batch.tables["files"].column("status")[0].as_py()
        require(
            status in allowed, "parser-odd-file", f"{parser.name!r}: {what} is {status!r}, not {' or '.join(allowed)}"
        )

"""Parses texts with any engine: what the tests of parsers, faults and properties share."""

from __future__ import annotations

from typing import Any, Final

import pytest

from codegraph_hookspecs import LanguagePack, ParsedBatch, ParseOptions, Parser, SourceFile
from codegraph_hookspecs.testing import check_batch, installed_parsers, source_file
from codegraph_plugins.languages import go, java, javascript, kotlin, python, rust, typescript

PACKS: Final[tuple[LanguagePack, ...]] = (
    python.PACK,
    javascript.PACK,
    typescript.PACK,
    go.PACK,
    java.PACK,
    kotlin.PACK,
    rust.PACK,
)
PARSERS: Final = [pytest.param(parser, id=parser.name) for parser in installed_parsers()]
"""Every installed engine, for `pytest.mark.parametrize`."""


def pack_of(path: str) -> LanguagePack:
    """Return the built-in pack of a path."""
    return next(pack for pack in PACKS if path.endswith(pack.extensions))


class Parsed:
    """Tables of one parsed file as rows."""

    def __init__(self, batch: ParsedBatch) -> None:
        self.batch = batch
        self.file: dict[str, Any] = self.rows("files")[0]
        self.status: str = self.file["status"]
        self.codes = [row["code"] for row in self.rows("diagnostics")]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return a table's rows."""
        rows: list[dict[str, Any]] = self.batch.tables[table].to_pylist()
        return rows

    def names(self, *kinds: str) -> list[str]:
        """Return the names of nodes of some kinds, in row order."""
        return [row["name"] for row in self.rows("nodes") if not kinds or row["kind"] in kinds]


def parse_source(parser: Parser, source: SourceFile, **options: Any) -> Parsed:
    """Parse one file and check its tables."""
    session = parser.open([pack_of(source.path)], ParseOptions(**options))
    try:
        batch = session.parse([source])
    finally:
        session.close()
    return Parsed(batch)


def parse_text(parser: Parser, path: str, content: str | bytes, *, checked: bool = True, **options: Any) -> Parsed:
    """Parse a text as one file; `checked` runs the conformance kit's checks of a batch."""
    source = source_file(path, content, pack_of(path))
    parsed = parse_source(parser, source, **options)
    if checked:
        check_batch(parsed.batch, [source])
    return parsed

"""Parsers that do one thing wrong each: what the conformance kit must find."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import pyarrow as pa
from attrs import define

from codegraph_hookspecs import TABLES, LanguagePack, ParsedBatch, ParseOptions, ParseSession, SourceFile
from codegraph_plugins.parsers.reference import ReferenceParser

Rows = list[dict]
Change = Callable[[dict[str, Rows]], None]


def with_rows(batch: ParsedBatch, change: Change) -> ParsedBatch:
    """Return a batch after a change to its rows as dictionaries."""
    rows = {name: table.to_pylist() for name, table in batch.tables.items()}
    change(rows)
    return ParsedBatch(tables={name: table_of(name, mine) for name, mine in rows.items()})


def table_of(name: str, rows: Rows) -> pa.Table:
    """Return rows as a table in the physical schema, nulls where none may be included."""
    schema = TABLES[name].physical_schema
    columns = []
    for field in schema:
        values = [row[field.name] for row in rows]
        if pa.types.is_dictionary(field.type):
            columns.append(pa.array(values, pa.string()).dictionary_encode())
        else:
            columns.append(pa.array(values, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


@define
class ChangedParser:
    """The reference parser with a change to what it returns."""

    change: Callable[[ParsedBatch, Sequence[SourceFile], ParseOptions], ParsedBatch]
    name: str = "changed"
    priority: int = 1
    version: str = "1"

    def supports(self, pack: LanguagePack) -> bool:
        return True

    def open(self, packs: Sequence[LanguagePack], options: ParseOptions) -> ParseSession:
        return ChangedSession(self.change, options, ReferenceParser().open(packs, options))


@define
class ChangedSession:
    change: Callable[[ParsedBatch, Sequence[SourceFile], ParseOptions], ParsedBatch]
    options: ParseOptions
    inner: ParseSession

    def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
        return self.change(self.inner.parse(sources), sources, self.options)

    def close(self) -> None:
        self.inner.close()


@define
class AheadParser(ChangedParser):
    """The reference parser with a session that begins early, and may give rows of the wrong files for it."""

    mixed_up: bool = False

    def open(self, packs: Sequence[LanguagePack], options: ParseOptions) -> ParseSession:
        inner = ReferenceParser().open(packs, options)
        return AheadSession(self.change, options, inner, self.mixed_up)


@define
class AheadSession(ChangedSession):
    mixed_up: bool
    begun: list[tuple[Sequence[SourceFile], ParsedBatch]] = attrs.field(factory=list)

    def prefetch(self, sources: Sequence[SourceFile]) -> None:
        self.begun.append((sources, self.inner.parse(sources)))

    def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
        if self.begun and self.mixed_up:
            return self.begun.pop(0)[1]
        return next((batch for files, batch in self.begun if files is sources), None) or super().parse(sources)

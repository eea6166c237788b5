"""IR rows of a batch of files → Arrow tables in their physical schemas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from codegraph_hookspecs import IR_TABLES, SPAN, TABLES, ParsedBatch, SourceFile
from codegraph_plugins.parsers.reference.walker import FileRows


class BatchRows:
    """Collects rows of several files, column by column, and turns them into tables."""

    def __init__(self) -> None:
        self._columns: dict[str, dict[str, list[Any]]] = {
            name: {column.name: [] for column in TABLES[name].fields} for name in IR_TABLES
        }

    def add_file(self, source: SourceFile, **values: Any) -> None:
        """Add a file's row; columns that are not given come from the directory walk."""
        row = {
            "path": source.path,
            "language": source.language,
            "content_hash": None,
            "size": source.size,
            "mtime_ns": source.mtime_ns,
            "lines": 0,
            "status": "ok",
            "parse_errors": 0,
            "module_fqn": source.module.fqn,
        } | values
        for name, column in self._columns["files"].items():
            column.append(row[name])

    def add_diagnostic(
        self, path: str, code: str, message: str, category: str, span: tuple[int, ...] | None = None
    ) -> None:
        """Add a diagnostic of the parse stage."""
        self._extend("diagnostics", [(path, "parse", code, category, message, span)])

    def add_rows(self, path: str, language: str, rows: FileRows) -> None:
        """Add what the walk of one file gave."""
        nodes = rows.nodes
        complexity = rows.complexity
        self._extend(
            "nodes",
            [
                (
                    *row[:5], path, *row[5:9], language, *row[9:14],
                    complexity.get(ordinal), row[14], None, [], row[15],
                )
                for ordinal, row in enumerate(nodes)
            ],
        )  # fmt: skip
        used = {row[7] for row in rows.uses if row[7] >= 0}
        self._extend(
            "call_sites",
            [
                (*row[:5], path, row[5], row[6], None if ordinal in used else row[7], [])
                for ordinal, row in enumerate(rows.call_sites)
            ],
        )
        self._extend(
            "imports",
            [
                (row[0], path, row[1], row[2], row[3], row[4], row[5], None, None, "unresolved", None)
                for row in rows.imports
            ],
        )
        self._extend("uses", [(path, *row) for row in rows.uses])
        self._extend("exports", [(path, *row) for row in rows.exports])

    def _extend(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            for column, values in zip(self._columns[table].values(), zip(*rows, strict=True), strict=True):
                column.extend(values)

    def to_batch(self) -> ParsedBatch:
        """Return the tables; the collector must not be used afterwards."""
        return ParsedBatch(tables={name: self._table(name) for name in IR_TABLES})

    def _table(self, name: str) -> pa.Table:
        schema = TABLES[name].physical_schema
        arrays = [
            _array(values, column.type) for values, column in zip(self._columns[name].values(), schema, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: list[Any], type_: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(type_):
        return pa.array(values, type=type_.value_type).dictionary_encode()
    if type_ == SPAN:
        columns = zip(*(value or (0,) * 6 for value in values), strict=True) if values else [()] * 6
        mask = pa.array([value is None for value in values]) if None in values else None
        return pa.StructArray.from_arrays(
            [pa.array(column, pa.int32()) for column in columns], fields=list(SPAN), mask=mask
        )
    return pa.array(values, type=type_)

"""IR rows of a batch of files → Arrow tables in their physical schemas.

Rows of all files are collected as they come and turned into columns once. What is the same for all rows of a
file, and lines and columns of positions, is made by numpy: no Python object for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from codegraph_hookspecs import SOURCES_TABLE, SPAN, TABLES, ParsedBatch, SourceFile
from codegraph_plugins.parsers.reference.reading import SourceText
from codegraph_plugins.parsers.reference.walker import FileRows

Positions = npt.NDArray[np.int64]
Columns = dict[str, Any]
"""A table's columns by name: lists, numpy arrays or Arrow arrays; a column that is missing is all null, or
all empty lists."""

_NODES: Final = (
    "id", "kind", "name", "fqn", "parent_id", "start_byte", "end_byte", "modifiers", "visibility", "is_test",
    "signature", "docstring", "content_hash", "metadata",
)  # fmt: skip
_CALL_SITES: Final = ("caller", "number", "callee_text", "receiver_text", "arity", "start_byte", "end_byte")
_IMPORTS: Final = ("id", "start_byte", "end_byte", "raw", "module", "name", "alias")
_USES: Final = ("use", "node", "name", "binding", "target", "start_byte", "call_site")
_EXPORTS: Final = ("name", "node", "module", "source_name")
"""What the walker's rows hold, in order. A call site's caller is the ordinal of a node of its file."""
_STATUSES: Final = ("unresolved", "dynamic")


@define(eq=False)
class _Rows:
    """Rows of one table from several files, and how many of them each file has.

    The rows' cells lie one after the other in one list: a column is a slice of it, which takes a third of the time
    of taking rows apart, and rows that are put there at once need not be kept.
    """

    names: Sequence[str]
    """What a row has, in order."""
    cells: list[Any] = field(factory=list)
    counts: list[int] = field(factory=list)

    def __len__(self) -> int:
        return len(self.cells) // len(self.names)

    def extend(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add a file's rows."""
        add = self.cells.extend
        for row in rows:
            add(row)
        self.counts.append(len(rows))

    def extend_cells(self, cells: Sequence[Any]) -> None:
        """Add a file's rows, given as their cells."""
        self.cells.extend(cells)
        self.counts.append(len(cells) // len(self.names))

    def columns(self) -> Columns:
        width = len(self.names)
        return {name: self.cells[at::width] for at, name in enumerate(self.names)}

    def numbers(self, columns: Columns, names: Sequence[str]) -> None:
        """Turn columns of whole numbers into arrays."""
        for name in names:
            columns[name] = np.fromiter(columns[name], np.int64, len(self))


class _Lines:
    """Where lines start in the files of a batch, laid out one after the other with a line end between them."""

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self._starts: Positions | None = None
        self._bases = self._first = np.zeros(0, np.int64)  # of each file: its first byte, and line, in all of them

    def add(self, text: SourceText) -> None:
        self._texts.append(text.with_line_feeds())

    def find(self, counts: Sequence[int], start_bytes: Positions) -> tuple[Positions, Positions]:
        """Return rows and columns, from 0, of byte offsets; `counts` says how many belong to each file."""
        if not len(start_bytes):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        if self._starts is None:  # all files at once: a file has too few lines to be worth numpy's while
            joined = np.frombuffer(b"\n".join(self._texts), np.uint8)
            self._starts = np.concatenate(([0], np.flatnonzero(joined == _LINE_FEED) + 1))
            self._bases = np.cumsum([0, *(len(text) + 1 for text in self._texts[:-1])])
            self._first = np.searchsorted(self._starts, self._bases)
        offsets = start_bytes + np.repeat(self._bases, counts)
        lines = np.searchsorted(self._starts, offsets, side="right") - 1
        return lines - np.repeat(self._first, counts), offsets - self._starts[lines]


_LINE_FEED: Final = 10
_LZ4: Final = pa.Codec("lz4_raw")


class BatchRows:
    """Collects rows of several files, and turns them into tables.

    Args:
        keep_sources: Also collect the table `sources`.
    """

    def __init__(self, *, keep_sources: bool = False) -> None:
        self._sources: list[tuple[Any, ...]] | None = [] if keep_sources else None
        self._files: list[dict[str, Any]] = []
        self._diagnostics: list[tuple[Any, ...]] = []
        self._walked: list[tuple[str, str]] = []
        self._lines = _Lines()
        self._nodes, self._call_sites, self._imports = _Rows(_NODES), _Rows(_CALL_SITES), _Rows(_IMPORTS)
        self._uses, self._exports = _Rows(_USES), _Rows(_EXPORTS)
        self._complexity: dict[int, int] = {}
        self._reasons: list[str | None] = []
        self._dynamic: list[int] = []

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
        }
        self._files.append(row | values)

    def add_source(self, path: str, content: bytes) -> None:
        """Keep a file's bytes, if they are wanted."""
        if self._sources is not None:
            self._sources.append((path, "source", len(content), _LZ4.compress(content, asbytes=True)))

    def add_diagnostic(
        self, path: str, code: str, message: str, category: str, span: tuple[int, ...] | None = None
    ) -> None:
        """Add a diagnostic of the parse stage."""
        self._diagnostics.append((path, "parse", code, category, message, span))

    def add_rows(self, path: str, language: str, text: SourceText, rows: FileRows) -> None:
        """Add what the walk of one file gave."""
        self._walked.append((path, language))
        self._lines.add(text)
        first = len(self._nodes)
        for ordinal, complexity in rows.complexity.items():
            self._complexity[first + ordinal] = complexity
        self._nodes.extend(rows.nodes)
        self._dynamic.extend(len(self._call_sites) + site for site in rows.dynamic)
        self._call_sites.extend_cells(rows.call_sites)
        self._reasons.extend(rows.reasons)
        self._imports.extend(rows.imports)
        self._uses.extend_cells(rows.uses)
        self._exports.extend(rows.exports)

    def to_batch(self) -> ParsedBatch:
        """Return the tables; the collector must not be used afterwards."""
        diagnostics = zip(*self._diagnostics, strict=True) if self._diagnostics else ((),) * 6
        nodes = self._node_columns()
        columns = {
            "files": {name: [row[name] for row in self._files] for name in TABLES["files"].schema.names},
            "nodes": nodes,
            "call_sites": self._call_site_columns(nodes["id"]),
            "imports": self._import_columns(),
            "uses": self._use_columns(),
            "exports": {"file_path": self._paths(self._exports), **self._exports.columns()},
            "diagnostics": dict(zip(TABLES["diagnostics"].schema.names, diagnostics, strict=True)),
        }
        if self._sources is not None:
            sources = zip(*self._sources, strict=True) if self._sources else ((),) * 4
            columns[SOURCES_TABLE] = dict(zip(TABLES[SOURCES_TABLE].schema.names, sources, strict=True))
        return ParsedBatch(tables={name: _table(name, values) for name, values in columns.items()})

    def _paths(self, rows: _Rows) -> pa.Array:
        return _repeated([path for path, _ in self._walked], rows.counts)

    def _node_columns(self) -> Columns:
        rows = self._nodes
        columns = rows.columns()
        rows.numbers(columns, ("start_byte", "end_byte"))
        start, end = columns["start_byte"], columns["end_byte"]
        start_row, _ = self._lines.find(rows.counts, start)
        end_row, end_column = self._lines.find(rows.counts, end)
        complexity = np.zeros(len(rows), np.int32)
        known = np.zeros(len(rows), bool)
        at = np.fromiter(self._complexity, np.int64, len(self._complexity))
        complexity[at] = np.fromiter(self._complexity.values(), np.int32, len(self._complexity))
        known[at] = True
        return columns | {
            "id": pa.array(columns["id"], pa.string()),
            "file_path": self._paths(rows),
            "language": _repeated([language for _, language in self._walked], rows.counts),
            "start_line": start_row + 1,
            "end_line": np.maximum(end_row + (end_column > 0), start_row + 1),
            "complexity": pa.array(complexity, mask=~known),
        }

    def _call_site_columns(self, node_ids: pa.Array) -> Columns:
        rows = self._call_sites
        columns = rows.columns()
        rows.numbers(columns, ("caller", "number", "arity", "start_byte", "end_byte"))
        first_nodes = np.cumsum([0, *self._nodes.counts])[:-1]
        callers = pa.array(columns.pop("caller") + np.repeat(first_nodes, rows.counts)).dictionary_encode()
        caller_ids = node_ids.take(callers.dictionary)
        numbers = pa.array(columns.pop("number"), pa.int64()).cast(pa.string())
        status = np.zeros(len(rows), np.int32)
        status[self._dynamic] = 1
        return columns | {
            # Arrow joins the parts of ids in a fifth of the time.
            "id": pc.binary_join_element_wise(caller_ids.take(callers.indices), numbers, "#call"),
            "caller_id": pa.DictionaryArray.from_arrays(callers.indices, caller_ids),
            "file_path": self._paths(rows),
            "span": self._span(rows, columns),
            "status": pa.DictionaryArray.from_arrays(pa.array(status), pa.array(_STATUSES, pa.string())),
            "reason": self._reasons,
        }

    def _import_columns(self) -> Columns:
        columns = self._imports.columns()
        self._imports.numbers(columns, ("start_byte", "end_byte"))
        span = self._span(self._imports, columns)
        status = _repeated(["unresolved"], [len(self._imports)])
        return columns | {"file_path": self._paths(self._imports), "span": span, "status": status}

    def _use_columns(self) -> Columns:
        columns = self._uses.columns()
        self._uses.numbers(columns, ("node", "target", "start_byte", "call_site"))
        row, column = self._lines.find(self._uses.counts, columns["start_byte"])
        return columns | {"file_path": self._paths(self._uses), "line_number": row + 1, "column": column}

    def _span(self, rows: _Rows, columns: Columns) -> pa.Array:
        start, end = columns["start_byte"], columns["end_byte"]
        start_row, start_column = self._lines.find(rows.counts, start)
        end_row, end_column = self._lines.find(rows.counts, end)
        parts = (start_row + 1, start_column, end_row + 1, end_column, start, end)
        return pa.StructArray.from_arrays([pa.array(part, pa.int32()) for part in parts], fields=list(SPAN))


def _repeated(values: Sequence[str], counts: Sequence[int]) -> pa.DictionaryArray:
    """Return a column of each value as often as its count says."""
    codes = np.repeat(np.arange(len(values), dtype=np.int32), counts)
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(values, pa.string()))


def _table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    schema = TABLES[name].physical_schema
    length = max((len(values) for values in columns.values()), default=0)
    arrays = [_array(columns.get(column.name), column.type, length) for column in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: Iterable[Any] | None, type_: pa.DataType, length: int) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    if values is None:
        if pa.types.is_list(type_):
            return pa.ListArray.from_arrays(pa.array(np.zeros(length + 1, np.int32)), pa.array([], type_.value_type))
        if pa.types.is_dictionary(type_):
            empty = pa.array([], type_.value_type)
            return pa.DictionaryArray.from_arrays(pa.nulls(length, type_.index_type), empty)
        return pa.nulls(length, type_)
    if pa.types.is_dictionary(type_):
        return pa.array(values, type_.value_type).dictionary_encode()
    return pa.array(values, type_)

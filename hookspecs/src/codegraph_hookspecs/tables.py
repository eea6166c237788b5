"""Data contract 2.0: the Arrow schema of every table.

A `TableSpec` has the *logical* schema (what users see: plain strings) and the *physical* one (what
parsers and stages exchange and the store writes: columns with few distinct values are dictionaries).
Positions: `start_line`, `end_line` 1-based inclusive; columns 0-based UTF-8 bytes; `start_byte`,
`end_byte` 0-based half-open offsets into the file's original bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Final

import pyarrow as pa
from attrs import field, frozen

_text = pa.string()
_texts = pa.list_(pa.field("item", pa.string(), nullable=False))
_int = pa.int32()
_symbol = pa.dictionary(pa.int32(), pa.string())

SPAN: Final = pa.struct(
    [
        pa.field(name, pa.int32(), nullable=False)
        for name in ("start_line", "start_column", "end_line", "end_column", "start_byte", "end_byte")
    ]
)
"""A range of source text: both ends, as lines and columns and as bytes."""


def _names(values: Iterable[str]) -> frozenset[str]:
    return frozenset(values)


@frozen(kw_only=True)
class TableSpec:
    """One table of the data contract.

    Args:
        name: Table name, as in `query().<name>()`.
        fields: Logical fields in column order.
        key: Name of the unique column, or an empty string where rows have none.
        owner: Column whose value is the path of the file that owns the row, or an empty string.
        symbols: Columns stored as dictionaries.
        public: Whether the table is part of the query contract (False: between parser and stages only).
    """

    name: str
    fields: tuple[pa.Field, ...]
    key: str = ""
    owner: str = ""
    symbols: frozenset[str] = field(default=frozenset(), converter=_names)
    public: bool = True

    @cached_property
    def schema(self) -> pa.Schema:
        """The logical schema: dictionaries appear as plain strings."""
        return pa.schema(list(self.fields), metadata={"codegraph.table": self.name})

    @cached_property
    def physical_schema(self) -> pa.Schema:
        """The schema of batches that parsers and stages hand over and the store writes."""
        columns = [f.with_type(_symbol) if f.name in self.symbols else f for f in self.fields]
        return pa.schema(columns, metadata={"codegraph.table": self.name})


def _f(name: str, type_: pa.DataType, nullable: bool = False) -> pa.Field:
    return pa.field(name, type_, nullable=nullable)


FILES: Final = TableSpec(
    name="files",
    key="path",
    owner="path",
    symbols=["language", "status"],
    fields=(
        _f("path", _text),
        _f("language", _text, nullable=True),
        _f("content_hash", _text, nullable=True),  # BLAKE3 of the bytes that were read, 64 hex digits
        _f("size", pa.int64()),
        _f("mtime_ns", pa.int64()),  # of the file when these bytes were taken in
        _f("lines", _int),
        _f("status", _text),  # ok | degraded | skipped | failed
        _f("parse_errors", _int),
        _f("module_fqn", _text, nullable=True),
    ),
)

NODES: Final = TableSpec(
    name="nodes",
    key="id",
    owner="file_path",
    symbols=["kind", "parent_id", "file_path", "language", "visibility", "version"],
    fields=(
        _f("id", _text),
        _f("kind", _text),
        _f("name", _text),
        _f("fqn", _text),
        _f("parent_id", _text, nullable=True),
        _f("file_path", _text, nullable=True),  # null for external nodes
        _f("start_line", _int, nullable=True),
        _f("end_line", _int, nullable=True),
        _f("start_byte", _int, nullable=True),
        _f("end_byte", _int, nullable=True),
        _f("language", _text, nullable=True),
        _f("modifiers", _texts),
        _f("visibility", _text),  # public | protected | internal | private
        _f("is_test", pa.bool_()),
        _f("signature", _text, nullable=True),
        _f("docstring", _text, nullable=True),
        _f("complexity", _int, nullable=True),
        _f("content_hash", _text, nullable=True),  # BLAKE3-128 of the node's bytes, 32 hex digits
        _f("version", _text, nullable=True),  # UUIDv7; null between parser and store, which fills it
        _f("taint_sources", _texts),
        _f("metadata", _text, nullable=True),  # JSON object, keys sorted
    ),
)

EDGES: Final = TableSpec(
    name="edges",
    key="id",
    owner="file_path",
    symbols=["kind", "source_id", "target_id", "file_path", "resolver"],
    fields=(
        _f("id", _text),  # 16 hex digits: xxh3_64 of "kind\0source\0target\0ordinal"
        _f("kind", _text),
        _f("source_id", _text),
        _f("target_id", _text),
        _f("file_path", _text, nullable=True),
        _f("line_number", _int, nullable=True),
        _f("column", _int, nullable=True),
        _f("resolver", _text),
        _f("confidence", pa.float32()),
        _f("metadata", _text, nullable=True),
    ),
)

CALL_SITES: Final = TableSpec(
    name="call_sites",
    key="id",
    owner="file_path",
    symbols=["caller_id", "file_path", "status", "reason"],
    fields=(
        _f("id", _text),
        _f("caller_id", _text),
        _f("callee_text", _text),
        _f("receiver_text", _text, nullable=True),
        _f("arity", _int),
        _f("file_path", _text),
        _f("span", SPAN),
        _f("status", _text),  # resolved | external | unresolved | dynamic
        _f("reason", _text, nullable=True),  # why it is not resolved
        _f("candidates", _texts),
    ),
)

IMPORTS: Final = TableSpec(
    name="imports",
    key="id",
    owner="file_path",
    symbols=["file_path", "module", "status", "reason"],
    fields=(
        _f("id", _text),
        _f("file_path", _text),
        _f("span", SPAN),
        _f("raw", _text),
        _f("module", _text),
        _f("name", _text, nullable=True),
        _f("alias", _text, nullable=True),
        _f("target_id", _text, nullable=True),
        _f("target_file", _text, nullable=True),
        _f("status", _text),
        _f("reason", _text, nullable=True),
    ),
)

DIAGNOSTICS: Final = TableSpec(
    name="diagnostics",
    owner="file_path",
    symbols=["file_path", "stage", "code", "category"],
    fields=(
        _f("file_path", _text, nullable=True),
        _f("stage", _text),
        _f("code", _text),
        _f("category", _text),
        _f("message", _text),
        _f("span", SPAN, nullable=True),
    ),
)

FINDINGS: Final = TableSpec(
    name="findings",
    key="id",
    owner="file_path",
    symbols=["analyzer", "rule_id", "type", "severity", "file_path"],
    fields=(
        _f("id", _text),
        _f("analyzer", _text),
        _f("rule_id", _text),
        _f("type", _text),
        _f("message", _text),
        _f("severity", _text),
        _f("confidence", pa.float32()),
        _f("cwe", _text, nullable=True),
        _f("node_id", _text, nullable=True),
        _f("file_path", _text, nullable=True),
        _f("span", SPAN, nullable=True),
        _f("properties", _text, nullable=True),
    ),
)

METRICS: Final = TableSpec(
    name="metrics",
    symbols=["node_id", "name"],
    fields=(_f("node_id", _text), _f("name", _text), _f("value", pa.float64())),
)

OCCURRENCES: Final = TableSpec(
    name="occurrences",
    owner="file_path",
    symbols=["symbol", "node_id", "file_path", "role", "enclosing_id"],
    fields=(
        _f("symbol", _text),  # by the grammar of SCIP; "local N" is the file's own
        _f("node_id", _text, nullable=True),  # null for locals, and for names outside that no edge leads to
        _f("file_path", _text),
        _f("span", SPAN),  # of the identifier
        _f("role", _text),  # definition | import | write | read | reference
        _f("enclosing_id", _text),  # the definition around it
    ),
)

OCCURRENCE_SITES: Final = TableSpec(
    name="occurrence_sites",
    owner="file_path",
    symbols=["file_path", "site", "role", "use", "name", "binding"],
    public=False,
    fields=(
        _f("file_path", _text),
        _f("span", SPAN),
        _f("site", _text),  # node | local | import | module | use | fact | key | member | value: what `target` is
        _f("role", _text),  # definition | import | write | read
        _f("node", _int),  # ordinal, within the file's node rows, of the definition around it
        _f("target", _int),  # ordinal of a node, of an import row, number of a local, of a value, as in `uses`, or -1
        _f("use", _text),  # this and the rest as in `uses`
        _f("name", _text),
        _f("binding", _text),
        _f("call_site", _int),
    ),
)

OCCURRENCE_VALUES: Final = TableSpec(
    name="occurrence_values",
    owner="file_path",
    symbols=["file_path"],
    public=False,
    fields=(
        _f("file_path", _text),
        _f("facts", _text),  # JSON: what the file says of its values' types, by place
    ),
)

FLOW_UNITS: Final = TableSpec(
    name="flow_units",
    owner="file_path",
    symbols=["file_path", "language"],
    public=False,
    fields=(
        _f("file_path", _text),
        _f("language", _text),
        _f("units", pa.binary()),  # what flows in the file's frames, as the native engine writes it
    ),
)

CALL_FACTS: Final = TableSpec(
    name="call_facts",
    owner="file_path",
    symbols=["file_path"],
    public=False,
    fields=(
        _f("file_path", _text),
        _f("facts", pa.binary()),  # what the points-to analysis found in the file, as the native engine writes it
    ),
)

USES: Final = TableSpec(
    name="uses",
    owner="file_path",
    symbols=["file_path", "use", "binding", "name"],
    public=False,
    fields=(
        _f("file_path", _text),
        _f("use", _text),  # call | reference | base | implements | decorator | method | owner | overrides | type
        _f("node", _int),  # ordinal, within the file's node rows, of the definition that uses the name
        _f("name", _text),  # dotted text as written: "os.path.join", "self.save", "Base"
        _f("binding", _text),  # definition | import | self | super | global | type
        _f("target", _int),  # ordinal of the bound node (definition, import, enclosing class) or -1
        _f("line_number", _int),
        _f("column", _int),
        _f("call_site", _int),  # ordinal within the file's call_sites rows, or -1
    ),
)

EXPORTS: Final = TableSpec(
    name="exports",
    owner="file_path",
    symbols=["file_path", "module"],
    public=False,
    fields=(
        _f("file_path", _text),
        _f("name", _text),  # exported name; "*" re-exports everything; "default"; "=" is the whole module
        _f("node", _int),  # ordinal of the exported node (definition or import), or -1
        _f("module", _text, nullable=True),  # for re-exports: the module specifier
        _f("source_name", _text, nullable=True),  # for re-exports: the name in that module
    ),
)

SOURCES: Final = TableSpec(
    name="sources",
    owner="path",
    symbols=["role"],
    public=False,
    fields=(
        _f("path", _text),
        _f("role", _text),  # source: a file that was parsed; project, folder: what a stage asked for; tree: all names
        _f("size", _int),  # bytes before compression
        _f("source", pa.binary(), nullable=True),  # one LZ4 block; null: there was no such file
    ),
)

TABLES: Final[Mapping[str, TableSpec]] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            FILES, NODES, EDGES, CALL_SITES, IMPORTS, OCCURRENCES, DIAGNOSTICS, FINDINGS, METRICS, USES, EXPORTS,
            OCCURRENCE_SITES, OCCURRENCE_VALUES, FLOW_UNITS, CALL_FACTS, SOURCES,
        )
    }
)  # fmt: skip
"""Every table that exists so far, by name."""

KEY_COLUMNS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "nodes": MappingProxyType({"key": "id", "name_key": "name", "fqn_key": "fqn"}),
        "edges": MappingProxyType({"source_key": "source_id", "target_key": "target_id"}),
    }
)
"""Optional columns that a batch may have after those of its physical schema, by table: each is uint64 without
nulls and gives the xxh3_64 of another column's UTF-8 text, which saves the store hashing it. They go no further
than the store: stages and analyzers never see them."""

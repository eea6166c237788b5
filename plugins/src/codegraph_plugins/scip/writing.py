"""Writing a SCIP index: the metadata, then one document after the other, never the whole index in memory."""

from __future__ import annotations

import codecs
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import SnapshotReader
from codegraph_plugins.scip import scip_pb2 as scip
from codegraph_plugins.scip.conventions import KOTLIN, RUST, Accessors, impl_names, own_locals
from codegraph_plugins.scip.ecma import PACKS, EcmaNames, Given, is_own
from codegraph_plugins.scip.grammar import LOCAL, SCHEME, parse_symbol
from codegraph_plugins.scip.packages import Rename

_METADATA, _DOCUMENTS, _EXTERNAL_SYMBOLS = 1, 2, 3
"""Field numbers of `Index`."""
_LENGTH_DELIMITED: Final = 2

KINDS: Final[Mapping[str, int]] = {
    "class": scip.SymbolInformation.Class,
    "constant": scip.SymbolInformation.Constant,
    "enum": scip.SymbolInformation.Enum,
    "enum_member": scip.SymbolInformation.EnumMember,
    "field": scip.SymbolInformation.Field,
    "function": scip.SymbolInformation.Function,
    "interface": scip.SymbolInformation.Interface,
    "macro": scip.SymbolInformation.Macro,
    "method": scip.SymbolInformation.Method,
    "module": scip.SymbolInformation.Module,
    "namespace": scip.SymbolInformation.Namespace,
    "package": scip.SymbolInformation.Package,
    "parameter": scip.SymbolInformation.Parameter,
    "property": scip.SymbolInformation.Property,
    "struct": scip.SymbolInformation.Struct,
    "trait": scip.SymbolInformation.Trait,
    "type_alias": scip.SymbolInformation.TypeAlias,
    "variable": scip.SymbolInformation.Variable,
}
"""SCIP's kind of each node kind."""
_SHARPER: Final[Mapping[tuple[str, str], int]] = {
    ("method", "abstract"): scip.SymbolInformation.AbstractMethod,
    ("method", "static"): scip.SymbolInformation.StaticMethod,
    ("field", "static"): scip.SymbolInformation.StaticField,
    ("property", "static"): scip.SymbolInformation.StaticProperty,
    ("property", "get"): scip.SymbolInformation.Getter,
    ("property", "set"): scip.SymbolInformation.Setter,
}
"""SCIP's kind of a node kind that has a modifier."""
_CALLABLE: Final = frozenset({"function", "method"})
_CONSTRUCTORS: Final = ("`<constructor>`().", "`<init>`().")
ROLES: Final[Mapping[str, int]] = {
    "definition": scip.Definition,
    "import": scip.Import,
    "write": scip.WriteAccess,
    "read": scip.ReadAccess,
    "reference": 0,
}
"""SCIP's role of each value of `occurrences.role`; what stands in a test has the role Test too."""
_FOLDER: Final = f"{SCHEME} . "
"""What the symbol of a folder begins with: it has no manager, and no file defines it."""
_LINE_FEED: Final = 10
_RELATIONS: Final = ("inherits", "implements", "overrides")
_NODE_COLUMNS: Final = (
    "id", "kind", "name", "signature", "docstring", "is_test", "modifiers", "start_line", "start_byte", "end_byte",
)  # fmt: skip


class IndexWriter:
    """Appends the fields of an `Index` to a file; close it, or use it in a `with` block.

    Args:
        path: The file; replaced when the writer is closed without an error.
        root: The repository.
        version: Of the tool, for the metadata.
        arguments: Of the command that was called.
    """

    def __init__(self, path: Path, root: Path, *, version: str, arguments: Sequence[str] = ()) -> None:
        self._path = path
        self._draft = path.with_name(path.name + ".part")
        self._stream: BinaryIO = self._draft.open("wb")
        metadata = scip.Metadata(
            tool_info=scip.ToolInfo(name="codegraph", version=version, arguments=list(arguments)),
            project_root=root.resolve().as_uri(),
            text_document_encoding=scip.UTF8,
        )
        self._field(_METADATA, metadata)

    def document(self, document: Any) -> None:
        """Append a document."""
        self._field(_DOCUMENTS, document)

    def external(self, symbol: Any) -> None:
        """Append what is known of a symbol that is defined outside."""
        self._field(_EXTERNAL_SYMBOLS, symbol)

    def close(self) -> None:
        """Finish the file."""
        self._stream.close()
        self._draft.replace(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
            return
        self._stream.close()
        self._draft.unlink(missing_ok=True)

    def _field(self, number: int, message: Any) -> None:
        content = message.SerializeToString(deterministic=True)
        self._stream.write(bytes([number << 3 | _LENGTH_DELIMITED]) + _varint(len(content)))
        self._stream.write(content)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def write_index(
    snapshot: SnapshotReader,
    writer: IndexWriter,
    rename: Rename,
) -> dict[str, int]:
    """Write every file that has occurrences, then the symbols that only stand outside.

    Args:
        snapshot: Has the table `occurrences`.
        writer: Gets the documents, by path.
        rename: Gives symbols their package.

    Returns:
        How many documents, occurrences, symbols and external symbols were written.
    """
    related = _related(snapshot)
    files = list(_files(snapshot))
    accessors = Accessors(snapshot, [path for path, language in files if language == KOTLIN], rename)
    ecma = EcmaNames(snapshot, [one for one in files if one[1] in PACKS])
    outside: dict[str, str] = {}
    counts = {"documents": 0, "occurrences": 0, "symbols": 0, "external_symbols": 0}
    for path, language in files:
        rows = snapshot.rows_of_file("occurrences", path)
        if not rows.num_rows:
            continue
        listed = rows.to_pylist()
        named = ecma.given(path, listed) if language in PACKS else None
        if named is not None:
            document = _ecma_document(snapshot, path, language, named, ecma, rename, outside)
        else:
            document = _document(snapshot, path, language, listed, related, accessors, rename, outside)
        writer.document(document)
        counts["documents"] += 1
        counts["occurrences"] += len(document.occurrences)
        counts["symbols"] += len(document.symbols)
    for symbol in sorted(outside):
        writer.external(scip.SymbolInformation(symbol=symbol, display_name=outside[symbol]))
    counts["external_symbols"] = len(outside)
    return counts


def _files(snapshot: SnapshotReader) -> Iterator[tuple[str, str]]:
    found = [
        pair
        for batch in snapshot.read("files")
        for pair in zip(batch.column("path").to_pylist(), batch.column("language").to_pylist(), strict=True)
    ]
    return iter(sorted((path, language or "") for path, language in found))


def _related(snapshot: SnapshotReader) -> dict[str, str]:
    """Return the symbol of each node that another inherits from, implements or overrides."""
    wanted: set[str] = set()
    for batch in snapshot.read("edges"):
        rows = batch.filter(pc.is_in(batch.column("kind"), value_set=pa.array(_RELATIONS)))
        wanted.update(rows.column("target_id").to_pylist())
    values = pa.array(sorted(wanted), pa.string())
    found: dict[str, str] = {}
    for batch in snapshot.read("occurrences"):
        rows = batch.filter(pc.is_in(batch.column("node_id"), value_set=values))
        pairs = zip(rows.column("node_id").to_pylist(), rows.column("symbol").to_pylist(), strict=True)
        found.update(pair for pair in pairs if not pair[1].endswith(_CONSTRUCTORS))  # a class's is of its node, too
    return found


def _document(
    snapshot: SnapshotReader,
    path: str,
    language: str,
    listed: Sequence[Mapping[str, Any]],
    related: Mapping[str, str],
    accessors: Accessors,
    rename: Rename,
    outside: dict[str, str],
) -> Any:
    document, nodes = _empty(path, language), _nodes(snapshot, path)
    relations: dict[str, list[tuple[str, str]]] = {}
    for row in snapshot.rows_of_file("edges", path).select(["kind", "source_id", "target_id"]).to_pylist():
        if row["kind"] in _RELATIONS:
            relations.setdefault(row["source_id"], []).append((row["kind"], row["target_id"]))
    source = snapshot.source(path)
    lines = _Lines(source)
    overridden = {
        node_id: related[target]
        for node_id, found in relations.items()
        for kind, target in found
        if kind == "overrides" and target in related
    }
    named = impl_names(listed, nodes, source, overridden) if language == RUST else {}
    symbol_of: dict[str, str] = {}
    own: dict[str, tuple[str | None, str]] = {}
    locals_ = own_locals(language, listed, nodes)
    for at, row in enumerate(listed):
        symbol = locals_.get(row["symbol"]) or rename(named.get(at, row["symbol"]))
        tested = nodes.get(row["enclosing_id"], {}).get("is_test", False)
        span = row["span"]
        place = [span["start_line"] - 1, span["start_column"]]
        if span["end_line"] != span["start_line"]:
            place.append(span["end_line"] - 1)
        defined = nodes.get(row["node_id"]) if row["role"] == "definition" else None
        if _is_implied(symbol, defined):
            defined = None
        document.occurrences.append(
            scip.Occurrence(
                range=[*place, span["end_column"]],
                symbol=symbol,
                symbol_roles=ROLES[row["role"]] | (scip.Test if tested else 0),
                enclosing_range=[] if defined is None else lines.around(defined, span),
            )
        )
        document.occurrences.extend(_of_accessors(accessors, row, symbol, document.occurrences[-1]))
        node_id = row["node_id"]
        if at in named:
            continue  # the block, or what another type defines
        if node_id in nodes or symbol.startswith(LOCAL) or symbol.endswith("]"):
            own.setdefault(symbol, (node_id, row["enclosing_id"]))
            if node_id is not None and not _is_implied(symbol, nodes.get(node_id)):
                symbol_of[node_id] = symbol
        else:
            _take_outside(symbol, node_id, outside)
    for symbol, (node_id, enclosing) in own.items():
        facts = nodes.get(node_id) if node_id is not None else None
        if _is_implied(symbol, facts):
            document.symbols.append(_constructor(symbol))
            continue
        information = _information(symbol, facts, language)
        if facts is None:
            information.enclosing_symbol = symbol_of.get(enclosing, "")
        for kind, target in relations.get(node_id or "", ()):
            if target in related:
                # An override stands for what it overrides wherever references are looked for.
                overrides = kind == "overrides"
                information.relationships.append(
                    scip.Relationship(symbol=rename(related[target]), is_implementation=True, is_reference=overrides)
                )
        document.symbols.append(information)
        for one, accessor in accessors.of(node_id, symbol):
            kind = scip.SymbolInformation.Getter if one.prefix == "get" else scip.SymbolInformation.Setter
            name = facts["name"] if facts is not None else ""
            document.symbols.append(scip.SymbolInformation(symbol=accessor, kind=kind, display_name=name))
    return document


def _ecma_document(
    snapshot: SnapshotReader,
    path: str,
    language: str,
    given: Sequence[Given],
    names: EcmaNames,
    rename: Rename,
    outside: dict[str, str],
) -> Any:
    """Return the document of a file of JavaScript or TypeScript."""
    document, nodes = _empty(path, language), _nodes(snapshot, path)
    lines = _Lines(snapshot.source(path))
    seen: set[tuple[str, bool, int, int]] = set()
    own: dict[str, Given] = {}
    symbol_of: dict[str | None, str] = {}
    for one in given:
        key = (one.symbol, one.defines, one.start, one.end)
        if key in seen:
            continue  # a parameter that is a field is one thing
        seen.add(key)
        symbol, tested = rename(one.symbol), nodes.get(one.row["enclosing_id"], {}).get("is_test", False)
        role = scip.Definition if one.defines else 0 if one.row["role"] == "definition" else ROLES[one.row["role"]]
        document.occurrences.append(
            scip.Occurrence(
                range=lines.range(one.start, one.end),
                symbol=symbol,
                symbol_roles=role | (scip.Test if tested else 0),
                enclosing_range=[] if one.enclosing is None else lines.range(*one.enclosing),
            )
        )
        if one.defines or symbol.startswith(LOCAL):
            kept = own.setdefault(symbol, one)
            if one.defines and not kept.defines:
                own[symbol] = one
            if one.defines:
                symbol_of.setdefault(one.row["node_id"], symbol)
        elif not is_own(one.row["symbol"]):
            _take_outside(symbol, one.row["node_id"], outside)
    for symbol, one in own.items():
        facts = nodes.get(one.row["node_id"] or "")
        information = _information(symbol, facts, language)
        if facts is None:
            information.enclosing_symbol = symbol_of.get(one.row["enclosing_id"], "")
        for target, is_reference in names.related(one):
            relation = scip.Relationship(symbol=rename(target), is_implementation=True, is_reference=is_reference)
            information.relationships.append(relation)
        document.symbols.append(information)
    return document


def _empty(path: str, language: str) -> Any:
    """Return a document without occurrences."""
    return scip.Document(
        language=LANGUAGES.get(language, language),
        relative_path=path,
        position_encoding=scip.UTF8CodeUnitOffsetFromLineStart,
    )


def _nodes(snapshot: SnapshotReader, path: str) -> dict[str, dict[str, Any]]:
    """Return the nodes of a file by id."""
    return {row["id"]: row for row in snapshot.rows_of_file("nodes", path).select(list(_NODE_COLUMNS)).to_pylist()}


def _take_outside(symbol: str, node_id: str | None, outside: dict[str, str]) -> None:
    """Note a symbol that is defined outside of the repository."""
    if node_id is None or node_id.endswith("@external") or symbol.startswith(_FOLDER):
        outside.setdefault(symbol, parse_symbol(symbol).descriptors[-1].name)


def _of_accessors(accessors: Accessors, row: Mapping[str, Any], symbol: str, occurrence: Any) -> Iterator[Any]:
    """Yield the occurrences of a property's accessors that go with one of its own."""
    for one, accessor in accessors.of(row["node_id"], symbol):
        is_written = one.line >= 0
        if row["role"] != "definition" and is_written:
            continue  # scip-kotlin names those alone that nobody writes
        place = [one.line, one.column, one.column + len(one.prefix)] if is_written else occurrence.range
        roles = occurrence.symbol_roles
        yield scip.Occurrence(range=place, symbol=accessor, symbol_roles=roles)


def _is_implied(symbol: str, facts: Mapping[str, Any] | None) -> bool:
    """Say whether a symbol is the constructor that a class has without one that is written."""
    return facts is not None and facts["kind"] not in _CALLABLE and symbol.endswith(_CONSTRUCTORS)


def _constructor(symbol: str) -> Any:
    """Return what is known of a constructor that is written nowhere."""
    name = parse_symbol(symbol).descriptors[-1].name
    return scip.SymbolInformation(symbol=symbol, kind=scip.SymbolInformation.Constructor, display_name=name)


class _Lines:
    """Finds lines and columns of bytes.

    Args:
        source: A file's bytes; None where they are not known.
    """

    def __init__(self, source: bytes | None) -> None:
        if source is not None and source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            source = None  # its lines are not those of its bytes
        self._size = -1 if source is None else len(source)
        self._starts = [0]
        if source is not None:
            ends = np.flatnonzero(np.frombuffer(source, np.uint8) == _LINE_FEED)
            self._starts += (ends + 1).tolist()

    def around(self, node: Mapping[str, Any], span: Mapping[str, int]) -> list[int]:
        """Return the range of a node as SCIP writes it: nothing if the file's bytes are not what it was read from.

        Args:
            node: Row of `nodes`.
            span: Of its name, which the range has to enclose.
        """
        first, end = node["start_byte"], node["end_byte"]
        if (
            first is None
            or end is None
            or end > self._size
            or not first <= span["start_byte"] <= span["end_byte"] <= end
        ):
            return []
        if self._place(first)[0] + 1 != node["start_line"]:
            return []
        return self.range(first, end)

    def range(self, start: int, end: int) -> list[int]:
        """Return bytes as SCIP writes a range."""
        line, column = self._place(start)
        last, end_column = self._place(end)
        return [line, column, end_column] if line == last else [line, column, last, end_column]

    def _place(self, byte: int) -> tuple[int, int]:
        line = bisect_right(self._starts, byte) - 1
        return line, byte - self._starts[line]


def _information(symbol: str, facts: Mapping[str, Any] | None, language: str) -> Any:
    if facts is None and symbol.endswith("]"):
        name = parse_symbol(symbol).descriptors[-1].name
        return scip.SymbolInformation(symbol=symbol, kind=scip.SymbolInformation.TypeParameter, display_name=name)
    if facts is None:
        return scip.SymbolInformation(symbol=symbol, kind=scip.SymbolInformation.Variable)
    kind = _kind(symbol, facts)
    information = scip.SymbolInformation(symbol=symbol, kind=kind, display_name=facts["name"])
    if facts["docstring"]:
        information.documentation.append(facts["docstring"])
    if facts["signature"]:
        information.signature_documentation.language = LANGUAGES.get(language, language)
        information.signature_documentation.text = facts["signature"]
    return information


def _kind(symbol: str, facts: Mapping[str, Any]) -> int:
    """Return SCIP's kind of a node: its modifiers tell more than its kind."""
    said, kind = frozenset(facts["modifiers"] or ()), facts["kind"]
    if kind in _CALLABLE and ("constructor" in said or symbol.endswith(_CONSTRUCTORS)):
        return int(scip.SymbolInformation.Constructor)
    for modifier in ("abstract", "static", "get", "set"):
        if modifier in said and (kind, modifier) in _SHARPER:
            return _SHARPER[kind, modifier]
    return KINDS.get(kind, int(scip.SymbolInformation.UnspecifiedKind))


LANGUAGES: Final[Mapping[str, str]] = {
    "csharp": "CSharp",
    "go": "Go",
    "java": "Java",
    "javascript": "JavaScript",
    "kotlin": "Kotlin",
    "lua": "Lua",
    "python": "Python",
    "ruby": "Ruby",
    "rust": "Rust",
    "typescript": "TypeScript",
}
"""SCIP's name of each language (`Language` in `scip.proto`)."""

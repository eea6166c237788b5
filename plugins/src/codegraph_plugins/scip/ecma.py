"""What an index has of JavaScript and TypeScript as scip-typescript writes it, document by document.

`occurrences` has one symbol for what a scope defines under one name, and names what functions define below them.
scip-typescript has a symbol for each declaration, and locals for all that no other file can name. A symbol that other
files do name stays global here whatever it stands in: a local would lead nowhere from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import tree_sitter
from attrs import define, field

from codegraph_hookspecs import LanguagePack, SnapshotReader
from codegraph_plugins.languages.javascript import PACK as JAVASCRIPT
from codegraph_plugins.languages.typescript import PACK as TYPESCRIPT
from codegraph_plugins.parsers.reference.compiled import compile_language
from codegraph_plugins.parsers.reference.deadline import Deadline, OutOfTimeError
from codegraph_plugins.parsers.reference.reading import SourceText, source_text
from codegraph_plugins.parsers.reference.session import extension_of, parse_tree
from codegraph_plugins.scip.ecma_syntax import NAMED_VALUES, Declaration, Names, Range, declaration_at, outer_spaces
from codegraph_plugins.scip.grammar import LOCAL, SCHEME, identifier

PACKS: Final[Mapping[str, LanguagePack]] = {"javascript": JAVASCRIPT, "typescript": TYPESCRIPT}
"""The languages that are named so."""
_TIME_LIMIT_S: Final = 30.0
_OWN: Final = f"{SCHEME} npm . . "
_QUOTES: Final = b"\"'`"
_OWN_NAME: Final = re.compile(rb"(?:class|function|\*)\s*$")
_BEFORE: Final = 16
"""Bytes looked at before a name."""
_TRIVIA: Final = frozenset({"comment", "hash_bang_line"})
_DEFINING: Final = frozenset({"definition", "write"})
_PROPERTIES: Final = frozenset({"pair", "shorthand_property_identifier"})
_CLASSES: Final = frozenset({"class_declaration", "abstract_class_declaration"})
_OVERRIDING: Final = frozenset(
    {
        "method_definition",
        "method_signature",
        "abstract_method_signature",
        "public_field_definition",
        "field_definition",
    }
)
_BASES: Final = ("inherits", "implements")
_TYPES: Final = frozenset({"class", "interface"})
_ACCESSORS: Final = ("`<get>", "`<set>", "`<constructor>")


@define(slots=True)
class Given:
    """An occurrence to write.

    Args:
        row: Of `occurrences`.
        symbol: Without its package.
        defines: Whether the symbol is defined there.
        start, end: Bytes.
        declaration: What declares it there.
        enclosing: What its definition encloses.
    """

    row: Mapping[str, Any]
    symbol: str
    defines: bool
    start: int
    end: int
    declaration: Declaration | None = None
    enclosing: Range | None = None


def _head(path: str) -> str:
    """Return what the symbols of a file begin with."""
    return _OWN + "".join(f"{identifier(part)}/" for part in path.split("/"))


def is_own(symbol: str) -> bool:
    """Say whether a stored symbol is one of the repository's."""
    return symbol.startswith(_OWN)


@define(slots=True)
class _File:
    """The names of one file.

    Args:
        source: Its bytes.
        root: Of its tree.
        head: What its symbols begin with.
        foreign: Symbols that other files name.
    """

    source: bytes
    root: tree_sitter.Node
    head: str
    foreign: frozenset[str]
    names: Names = field(init=False)
    homes: dict[str, list[Declaration]] = field(init=False, factory=dict)
    outer: dict[str, list[Declaration]] = field(init=False, factory=dict)
    renamed: dict[str, tuple[str, ...]] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self.names = Names(self.head, self.source)

    def given(self, rows: Iterable[Mapping[str, Any]], others: Mapping[str, tuple[str, ...]]) -> list[Given]:
        """Return what a file's rows become, in source order; `others` are symbols of other files by ours."""
        placed = sorted(((self._place(row["span"]), row) for row in rows), key=lambda one: one[0])
        declared: dict[Range, Declaration | None] = {}
        for place, row in placed:
            if place not in declared:
                declared[place] = None
            if declared[place] is None and place[1] > place[0] and self._may_declare(row["role"], place[0]):
                declared[place] = declaration_at(self.root, *place)
            declaration = declared[place]
            if declaration is not None and self._is_home(row, declaration):
                self.homes.setdefault(row["symbol"], []).append(declaration)
                for outer in outer_spaces(declaration):
                    self.outer.setdefault(row["symbol"], []).append(outer)
        found: list[Given] = []
        loose: dict[str, str] = {}
        for place, row in placed:
            symbol, declaration = row["symbol"], declared[place]
            if declaration is not None and self._is_home(row, declaration):
                defines = row["role"] in _DEFINING and declaration.node.type != "class"
                name = self._kept(symbol, self.names.of(declaration))
                for outer in reversed(outer_spaces(declaration)):
                    at = (outer.name.start_byte, outer.name.end_byte)
                    found.append(Given(row, self.names.of(outer), defines, *at, outer))
                around = declaration.enclosing() if defines and not name.startswith(LOCAL) else None
                found.append(Given(row, name, defines, *place, declaration, around))
                continue
            defines = row["role"] == "definition"
            for name in self._meant(symbol, place, others):
                around = self._module() if defines and place[0] == place[1] else None
                found.append(Given(row, name, defines, *place, None, around))
                if name.startswith(LOCAL) and symbol not in self.homes:
                    loose[name] = ""
        for name in loose:  # what scip-typescript has no symbol for, such as labels
            loose[name] = self.names.local()
        for one in found:
            if one.row["symbol"] == one.symbol and one.symbol in loose:
                one.symbol = loose[one.symbol]
        for symbol, homes in self.homes.items():
            if not symbol.startswith(LOCAL):
                self.renamed[symbol] = self._names_of(symbol, homes)
        return found

    def _text(self, declaration: Declaration) -> bytes:
        return self.source[declaration.name.start_byte : declaration.name.end_byte]

    def _module(self) -> Range:
        """Return what a file's module encloses: all from the first word on."""
        first = next((child for child in self.root.children if child.type not in _TRIVIA), None)
        return (first.start_byte if first is not None else self.root.end_byte), self.root.end_byte

    def _may_declare(self, role: str, start: int) -> bool:
        """Say whether a row may stand where its symbol is declared: a value's own name may be a use of a variable."""
        return role in _DEFINING or _OWN_NAME.search(self.source, max(start - _BEFORE, 0), start) is not None

    def _is_home(self, row: Mapping[str, Any], declaration: Declaration) -> bool:
        """Say whether a row stands where its symbol is declared."""
        kind = declaration.node.type
        if kind in _PROPERTIES:
            return bool(row["role"] == "definition")
        return row["role"] in _DEFINING or (kind in NAMED_VALUES and declaration.name.parent == declaration.node)

    def _meant(self, symbol: str, place: Range, others: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        homes = self.homes.get(symbol)
        if not homes:
            return others.get(symbol, (symbol,))
        text = self.source[place[0] : place[1]]
        outer = [one for one in self.outer.get(symbol, ()) if self._text(one) == text]
        if outer:
            return self._names_of(symbol, outer[:1])
        if len(homes) > 1:
            inner = [one for one in homes if one.is_around(place[0]) and self._text(one) == text]
            homes = inner or [one for one in homes if not one.is_seen_inside] or homes
        return self._names_of(symbol, homes)

    def _names_of(self, symbol: str, homes: Sequence[Declaration]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._kept(symbol, self.names.of(one)) for one in homes))

    def _kept(self, symbol: str, name: str) -> str:
        """Return the symbol to write: ours for a local that other files name."""
        return symbol if name.startswith(LOCAL) and symbol in self.foreign else name

    def _place(self, span: Mapping[str, int]) -> Range:
        """Return where a name stands, with the quotes around it."""
        start, end = span["start_byte"], span["end_byte"]
        before, behind = self.source[max(start - 1, 0) : start], self.source[end : end + 1]
        if start < end and before and before == behind and before in _QUOTES:
            return start - 1, end + 1
        return start, end


class EcmaNames:
    """Names the occurrences of JavaScript and TypeScript. Memory: the symbols that have another name here.

    Args:
        snapshot: Has `nodes`, `edges`, `occurrences` and sources.
        files: Path and language of the files.
    """

    def __init__(self, snapshot: SnapshotReader, files: Sequence[tuple[str, str]]) -> None:
        self._snapshot = snapshot
        self._languages: dict[tuple[str, str], tree_sitter.Language] = {}
        self._files = dict(files)
        self._hashes = _hashes(snapshot) if files else {}
        self._foreign = self._named_elsewhere() if files else frozenset()
        self._renamed: dict[str, tuple[str, ...]] = {}
        self._types = _Hierarchy(snapshot, files)
        for path, language in files:
            file = self._file(path, language)
            if file is not None:
                file.given(snapshot.rows_of_file("occurrences", path).to_pylist(), {})
                self._renamed.update((one, names) for one, names in file.renamed.items() if names != (one,))

    def given(self, path: str, rows: Sequence[Mapping[str, Any]]) -> list[Given] | None:
        """Return what a file's rows become, in source order; None if that cannot be said of the file."""
        file = self._file(path, self._files.get(path, ""))
        return file.given(rows, self._renamed) if file is not None else None

    def related(self, one: Given) -> Iterator[tuple[str, bool]]:
        """Yield the symbols that a definition implements, and whether its references are theirs."""
        declaration = one.declaration
        if declaration is None or one.symbol.startswith(LOCAL):
            return
        kind, seen = declaration.node.type, {one.symbol}
        is_type = kind in _CLASSES
        if not is_type and (kind not in _OVERRIDING or any(mark in one.symbol for mark in _ACCESSORS)):
            return
        if is_type:
            wanted = list(self._types.above(one.row["node_id"]))
        else:
            wanted = list(self._types.overridden(one.row["node_id"]))
        for node_id in wanted:
            symbol = self._types.symbol(node_id)
            for name in self._renamed.get(symbol, (symbol,)):
                if name and name not in seen and not name.startswith(LOCAL):
                    seen.add(name)
                    yield name, not is_type

    def _named_elsewhere(self) -> frozenset[str]:
        """Return the symbols that other files than their own name."""
        found: set[str] = set()
        for path in self._files:
            head = _head(path)
            symbols = pc.unique(self._snapshot.rows_of_file("occurrences", path).column("symbol").combine_chunks())
            texts = symbols.cast(pa.string()).to_pylist()
            found.update(one for one in texts if is_own(one) and not one.startswith(head))
        return frozenset(found)

    def _file(self, path: str, language: str) -> _File | None:
        source = self._snapshot.source(path)
        text = source_text(source) if source is not None else None
        pack = PACKS.get(language)
        if pack is None or not isinstance(text, SourceText) or text.encoding != "utf8":
            return None
        if text.content_hash != self._hashes.get(path):
            return None  # the places are not those of this text
        extension = extension_of(path, pack)
        key = (language, extension if extension in pack.grammars else "")
        if key not in self._languages:
            self._languages[key] = compile_language(pack, key[1]).language
        try:
            tree = parse_tree(self._languages[key], text, Deadline(_TIME_LIMIT_S), pack)
        except OutOfTimeError:
            return None
        return _File(text.content, tree.root_node, _head(path), self._foreign)


def _hashes(snapshot: SnapshotReader) -> dict[str, str | None]:
    """Return what the contents of the files hash to."""
    return {
        path: content_hash
        for batch in snapshot.read("files")
        for path, content_hash in zip(
            batch.column("path").to_pylist(), batch.column("content_hash").to_pylist(), strict=True
        )
    }


class _Hierarchy:
    """Classes and interfaces with what they inherit from, and the members that those have."""

    def __init__(self, snapshot: SnapshotReader, files: Sequence[tuple[str, str]]) -> None:
        self._bases: dict[str, list[str]] = {}
        self._names: dict[str, tuple[str, str]] = {}  # of members: what has them, and their name
        self._members: dict[tuple[str, str], list[str]] = {}
        self._symbols: dict[str, str] = {}
        for path, _ in files:
            edges = snapshot.rows_of_file("edges", path)
            chosen = edges.filter(pc.is_in(edges.column("kind"), value_set=pa.array(_BASES)))
            listed = chosen.select(["source_id", "target_id", "line_number", "column"]).to_pylist()
            for edge in sorted(listed, key=lambda one: (one["line_number"] or 0, one["column"] or 0)):
                self._bases.setdefault(edge["source_id"], []).append(edge["target_id"])
        if not self._bases:
            return
        above = {one for bases in self._bases.values() for one in bases}
        for path, _ in files:
            known: set[str] = set(above)
            for row in snapshot.rows_of_file("nodes", path).select(["id", "kind", "name", "parent_id"]).to_pylist():
                parent = row["parent_id"] or ""
                if parent in above or parent in self._bases:
                    self._names[row["id"]] = (parent, row["name"])
                    if parent in above:
                        self._members.setdefault((parent, row["name"]), []).append(row["id"])
                        known.add(row["id"])
            rows = snapshot.rows_of_file("occurrences", path)
            defining = rows.filter(pc.equal(rows.column("role"), "definition"))
            pairs = zip(defining.column("node_id").to_pylist(), defining.column("symbol").to_pylist(), strict=True)
            self._symbols.update((node, symbol) for node, symbol in pairs if node in known)

    def symbol(self, node_id: str) -> str:
        """Return a node's symbol, empty for one from outside."""
        return self._symbols.get(node_id, "")

    def above(self, node_id: str | None) -> Iterator[str]:
        """Yield what a type inherits from, and what that does, depth first."""
        seen: set[str] = set()
        waiting = list(reversed(self._bases.get(node_id or "", ())))
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                yield current
                waiting.extend(reversed(self._bases.get(current, ())))

    def overridden(self, node_id: str | None) -> Iterator[str]:
        """Yield the members of that name that the types above a member's have."""
        holder, name = self._names.get(node_id or "", ("", ""))
        for one in self.above(holder):
            yield from self._members.get((one, name), ())

"""What the languages' own indexers write besides, or in another way than `occurrences` has it, document by document.

scip-java, scip-go and rust-analyzer have locals for parameters. scip-kotlin has the accessors of a property beside it:
defined where the property is unless they are written, and named wherever it is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow.compute as pc
from attrs import define

from codegraph_hookspecs import SnapshotReader
from codegraph_plugins.scip.grammar import LOCAL, identifier

RUST: Final = "rust"
_SELF: Final = b"Self"
_IMPL: Final = re.compile(r"impl#(?:\[(?:[A-Za-z0-9_+$-]+|`(?:[^`]|``)+`)\])+")
"""The descriptors of an `impl` block."""
_LOCAL_PARAMETERS: Final = frozenset({"go", "java", "rust"})
KOTLIN: Final = "kotlin"
_PROPERTIES: Final = frozenset({"property", "field"})
_WRITTEN: Final = re.compile(
    rb"""(?:^[^=\n]*?[\s:]|\n\s*(?:(?:private|protected|internal|public|inline|@[\w.:]+(?:\(\s*\))?)\s+)*)"""
    rb"""(get|set)\s*(?:\(|\n|$)"""
)
"""An accessor behind a property's name: in its line before any value, or at the beginning of a line."""
_GOES_ON: Final = re.compile(rb"(?:[^\w\s)\]}\"'`?!;>]|\bby|\bin|\bis|\bas|\belse|\?:)\s*$")
"""The end of what is not whole yet: what follows is its value, or a part of that."""
_BY: Final = re.compile(rb"\bby\b")
_SKIPPED: Final = re.compile(
    rb"""//[^\n]*|/\*.*?\*/|\"{3}.*?\"{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|`[^`\n]*`|[(){}\[\]]""", re.DOTALL
)
"""Comments, texts and names in quotes, and brackets."""
_COMMENTS: Final = (b"//", b"/*")
_OPENING: Final = frozenset([b"(", b"[", b"{"])
_CLOSING: Final = frozenset([b")", b"]", b"}"])
_FUNCTION: Final = r"[/#.`](get|set)[^/#]*\(\)\.$"
_LINE: Final = b"\n"


def own_locals(
    language: str, rows: Iterable[Mapping[str, Any]], nodes: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Return the symbols of a document's parameters that its language's indexer has as locals, and those locals.

    Args:
        language: The document's.
        rows: Its occurrences, in order.
        nodes: Its nodes by id.
    """
    if language not in _LOCAL_PARAMETERS:
        return {}
    numbers, parameters = [-1], dict[str, None]()
    for row in rows:
        symbol = row["symbol"]
        if symbol.startswith(LOCAL):
            numbers.append(int(symbol.removeprefix(LOCAL)))
        elif nodes.get(row["node_id"] or "", {}).get("kind") == "parameter":
            parameters[symbol] = None
    return {symbol: f"{LOCAL}{max(numbers) + 1 + at}" for at, symbol in enumerate(parameters)}


def impl_names(
    rows: Sequence[Mapping[str, Any]],
    nodes: Mapping[str, Mapping[str, Any]],
    source: bytes | None,
    overridden: Mapping[str, str],
) -> dict[int, str]:
    """Return what rust-analyzer says instead of a type's own names in a file of Rust, by the numbers of the rows.

    `Self` in an `impl` block is the block, and an associated type that is asked for the trait's.

    Args:
        rows: Of `occurrences`.
        nodes: Of the file, by id.
        source: The file's bytes, None where they are not known.
        overridden: Symbol of what a node overrides.
    """
    if source is None:
        return {}
    blocks: list[tuple[int, int, str]] = []
    for row in rows:
        node, found = nodes.get(row["node_id"] or ""), _IMPL.search(row["symbol"])
        if row["role"] == "definition" and node is not None and found is not None and node["end_byte"] is not None:
            blocks.append((node["start_byte"], node["end_byte"], row["symbol"][: found.end()]))
    blocks.sort()
    starts, named = [start for start, *_ in blocks], {}
    for at, row in enumerate(rows):
        start, end, node_id = row["span"]["start_byte"], row["span"]["end_byte"], row["node_id"] or ""
        if source[start:end] == _SELF:
            before = bisect_right(starts, start) - 1
            around = next((one for one in reversed(blocks[: before + 1]) if one[1] > start), None)
            if around is not None:
                named[at] = around[2]
        elif row["role"] == "reference" and nodes.get(node_id, {}).get("kind") == "type_alias":
            named.update({at: overridden[node_id]} if node_id in overridden else {})
    return named


@define(frozen=True, slots=True)
class Accessor:
    """A property's accessor.

    Args:
        prefix: `get` or `set`.
        line, column: Of the keyword, both from 0, if it is written; else -1.
    """

    prefix: str
    line: int = -1
    column: int = -1


class Accessors:
    """The accessors of Kotlin's properties.

    Args:
        snapshot: Has `nodes`, `occurrences` and sources.
        paths: Of the files of Kotlin.
        rename: Gives symbols their package.
    """

    def __init__(self, snapshot: SnapshotReader, paths: Iterable[str], rename: Callable[[str], str]) -> None:
        self._of: dict[str, tuple[str, tuple[Accessor, ...]]] = {}
        self._taken: set[str] = set()  # by functions that are written
        for path in paths:
            source = snapshot.source(path)
            columns = ["id", "kind", "name", "modifiers", "start_byte", "end_byte"]
            for row in snapshot.rows_of_file("nodes", path).select(columns).to_pylist():
                said = row["modifiers"] or ()
                if row["kind"] in _PROPERTIES and ("val" in said or "var" in said):
                    self._of[row["id"]] = (row["name"], tuple(_accessors(row, "var" in said, source)))
            rows = snapshot.rows_of_file("occurrences", path)
            functions = pc.and_(
                pc.equal(rows.column("role"), "definition"),
                pc.match_substring_regex(rows.column("symbol"), _FUNCTION),
            )
            self._taken.update(map(rename, rows.column("symbol").filter(functions).to_pylist()))

    def of(self, node_id: str | None, symbol: str) -> Iterator[tuple[Accessor, str]]:
        """Yield the accessors of a property with their symbols, none for anything else.

        A function that is written keeps its symbol: an accessor of that name, which only a private property may have,
        has none.
        """
        name, found = self._of.get(node_id or "", ("", ()))
        end = f"{identifier(name)}." if found else ""
        if not end or not symbol.endswith(end):
            return
        around = symbol.removesuffix(end)
        for one in found:
            accessor = f"{around}{identifier(one.prefix + name[:1].upper() + name[1:])}()."
            if accessor not in self._taken:
                yield one, accessor


def _top_level(text: bytes) -> bytes:
    """Return a property's text with blanks for comments, texts and what is in brackets: as many bytes."""
    parts, at, depth = [], 0, 0
    for found in _SKIPPED.finditer(text):
        word, between = found[0], text[at : found.start()]
        parts.append(between if not depth else _blank(between))
        at = found.end()
        if word in _CLOSING:
            depth = max(depth - 1, 0)
        if word in _OPENING or word in _CLOSING:
            parts.append(word if not depth else b" ")
        elif word.startswith(_COMMENTS) or depth:
            parts.append(_blank(word))
        else:
            parts.append(word[:1] + _blank(word[1:-1]) + word[-1:])
        if word in _OPENING:
            depth += 1
    parts.append(text[at:] if not depth else _blank(text[at:]))
    return b"".join(parts)


def _blank(text: bytes) -> bytes:
    return b" " * len(text)


def _accessors(row: Mapping[str, Any], mutable: bool, source: bytes | None) -> Iterator[Accessor]:
    """Yield a property's getter, and the setter that one has which can be set."""
    written: dict[str, Accessor] = {}
    start, end = row["start_byte"], row["end_byte"]
    if source is not None and start is not None and end is not None and end <= len(source):
        text = source[start:end]
        name = re.search(rb"\b" + re.escape(row["name"].encode()) + rb"\b", text)
        first = name.end() if name is not None else 0
        top = _top_level(text[first:])
        for found in _WRITTEN.finditer(top):
            before = top[: found.start(1)] if found[0][:1] != _LINE else top[: found.start()]
            if _GOES_ON.search(before) or (found.start() == 0 and _BY.search(before)):
                continue
            at = start + first + found.start(1)
            line = source.count(_LINE, 0, at)
            prefix = found[1].decode()
            written.setdefault(prefix, Accessor(prefix, line, at - source.rfind(_LINE, 0, at) - 1))
    for prefix in ("get", "set") if mutable else ("get",):
        yield written.get(prefix, Accessor(prefix))

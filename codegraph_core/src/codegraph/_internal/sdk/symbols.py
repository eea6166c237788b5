"""From what a user types to nodes, and everything that `show` says about one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Literal

from attrs import frozen

from codegraph._internal.discovery.paths import path_bytes
from codegraph._internal.query import GraphQuery
from codegraph._internal.query.traversal import CALL_KINDS
from codegraph._internal.rows import Edge, Node

SourceState = Literal["ok", "changed", "missing", "none"]

STUBS: Final = (".pyi",)
"""Extensions of files that only declare."""
STUB: Final = "stub"
"""Resolver of the edges from definitions to what stubs declare of them."""
_SECONDARY: Final = frozenset({"import", "parameter", "external"})
"""Kinds that stand for a name defined elsewhere: candidates only when there is no other."""


@frozen(kw_only=True)
class Relation:
    """An edge and the node at its other end.

    Args:
        edge: With resolver and confidence.
        node: The other node; None if the edge names a row that is not there.
    """

    edge: Edge
    node: Node | None


@frozen(kw_only=True)
class SymbolView:
    """What is known about a symbol.

    Args:
        node: The symbol.
        source: Its source text, decoded as UTF-8 with replacement characters; None unless `source_state` is "ok".
        source_state: "ok"; "none": the symbol has no source (it is external, or a package). Where the snapshot has
            not kept the file's bytes, the disk is read: "changed": the file is not what was indexed; "missing": it
            cannot be read.
        callers: Calls and instantiations that reach it, in source order of the callers.
        callees: Calls and instantiations that leave it, in source order.
    """

    node: Node
    source: str | None
    source_state: SourceState
    callers: tuple[Relation, ...]
    callees: tuple[Relation, ...]


def find_symbol(query: GraphQuery, text: str) -> list[Node]:
    """Resolve a user's text to nodes.

    Tried in this order, the first that finds anything decides: exact id, exact fqn, dotted suffix of an fqn
    (`Class.method`), name. Imports, parameters and external names are left out when there is a definition, and so is
    what a stub declares when what implements it is found as well.

    Returns:
        Every candidate, sorted by id; empty when there is none.
    """
    attempts: tuple[Callable[[], Iterable[Node]], ...] = (
        lambda: query.nodes().filter(id=text),
        lambda: query.nodes().filter(fqn=text),
        lambda: query.nodes().filter(name=text.rpartition(".")[2], fqn__endswith=f".{text}") if "." in text else (),
        lambda: query.nodes().filter(name=text),
    )
    for attempt in attempts:
        if found := sorted(attempt(), key=lambda node: node.id):
            return _without_stubs(query, [node for node in found if node.kind not in _SECONDARY] or found)
    return []


def _without_stubs(query: GraphQuery, found: list[Node]) -> list[Node]:
    stubs = [node.id for node in found if (node.file_path or "").endswith(STUBS)]
    if not stubs or len(stubs) == len(found):
        return found
    edges = query.edges().filter(target_id__in=stubs, kind="implements", resolver=STUB)
    known = {node.id for node in found}
    declared = {edge.target_id for edge in edges if edge.source_id in known}
    return [node for node in found if node.id not in declared]


def show_symbol(
    query: GraphQuery, node: Node, root: Path | None, kept: Callable[[str], bytes | None] | None = None
) -> SymbolView:
    """Collect everything about a node.

    Args:
        query: Over the snapshot.
        node: What to show.
        root: The repository's folder, for a file whose bytes the snapshot has not kept.
        kept: From a file's path to the bytes that the snapshot has kept, or None.
    """
    source, state = _source(node, root, kept)
    incoming = sorted(query.edges().filter(target_id=node.id, kind=CALL_KINDS), key=_position)
    outgoing = sorted(query.edges().filter(source_id=node.id, kind=CALL_KINDS), key=_position)
    ends = {edge.source_id for edge in incoming} | {edge.target_id for edge in outgoing}
    nodes = {found.id: found for found in query.nodes().filter(id=sorted(ends))} if ends else {}
    return SymbolView(
        node=node,
        source=source,
        source_state=state,
        callers=tuple(Relation(edge=edge, node=nodes.get(edge.source_id)) for edge in incoming),
        callees=tuple(Relation(edge=edge, node=nodes.get(edge.target_id)) for edge in outgoing),
    )


def _position(edge: Edge) -> tuple[str, int, int, str]:
    return (edge.file_path or "", edge.line_number or 0, edge.column or 0, edge.id)


def _source(
    node: Node, root: Path | None, kept: Callable[[str], bytes | None] | None
) -> tuple[str | None, SourceState]:
    if node.file_path is None or node.start_byte is None or node.end_byte is None:
        return None, "none"
    content = kept(node.file_path) if kept is not None else None
    if content is not None:
        return content[node.start_byte : node.end_byte].decode("utf-8", "replace"), "ok"
    if root is None:
        return None, "missing"
    try:
        content = _read_at(root, node.file_path)[node.start_byte : node.end_byte]
    except OSError:
        return None, "missing"
    if node.content_hash is not None and _digest(content) != node.content_hash:
        return None, "changed"
    return content.decode("utf-8", "replace"), "ok"


def _read_at(root: Path, path: str) -> bytes:
    """Read a regular file below the root; the store's text names it, so links out of the root are refused."""
    base = os.fsencode(root.resolve())
    location = os.path.realpath(os.path.join(base, path_bytes(path)))  # noqa: PTH118 -- raw bytes, which Path has not
    if not location.startswith(base.rstrip(b"/") + b"/") or not os.path.isfile(location):  # noqa: PTH113
        raise FileNotFoundError(path)
    with open(location, "rb") as file:  # noqa: PTH123
        return file.read()


def _digest(content: bytes) -> str:
    from blake3 import blake3

    return blake3(content).hexdigest(length=16)

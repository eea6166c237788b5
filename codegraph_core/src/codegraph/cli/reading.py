"""What the reading commands share: opening a snapshot, and finding the symbol that a person means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from codegraph.cli.options import Common, Reading, find_root

if TYPE_CHECKING:
    from codegraph._internal.query import GraphQuery
    from codegraph._internal.store import Snapshot

CANDIDATES_SHOWN: Final = 20
SYMBOL_KINDS_HIDDEN: Final = ("import", "call", "parameter")
"""Kinds that a bare name never means: they would make every name ambiguous. Their full ids still work."""


@frozen(kw_only=True)
class Opened:
    """A snapshot under a lease, and the repository it is of."""

    root: Path
    snapshot: Snapshot
    query: GraphQuery


@contextmanager
def open_snapshot(common: Common, reading: Reading) -> Iterator[Opened]:
    """Open the snapshot that the options mean and close it afterwards.

    Raises:
        StorageError: There is no store, or no such snapshot.
    """
    from codegraph._internal.query import GraphQuery
    from codegraph._internal.settings import load_settings
    from codegraph._internal.store import Store

    root = find_root(reading.root)
    settings = load_settings(root, common.overrides())
    store = Store.open(settings.config.store_path, read_only=True)
    try:
        with store.snapshot(reading.snapshot) as snapshot:
            yield Opened(root=root, snapshot=snapshot, query=GraphQuery(snapshot))
    finally:
        store.close()


def find_symbol(query: GraphQuery, text: str) -> list[dict[str, Any]]:
    """Return the nodes that a text may mean, as rows.

    Tried in turn, the first with a result wins: node id, fully qualified name, dotted end of one
    (`Session.get` finds `app.db.Session.get`), name.
    """
    nodes = query.nodes()
    named = nodes.exclude(kind__in=list(SYMBOL_KINDS_HIDDEN))
    tail = text.rpartition(".")[2]
    tries = (
        nodes.filter(id=text),
        named.filter(fqn=text),
        named.filter(name=tail, fqn__endswith=f".{text}"),
        named.filter(name=text),
    )
    for attempt in tries:
        rows: list[dict[str, Any]] = attempt.order_by("id").to_arrow().to_pylist()
        if rows:
            return rows
    return []


def similar_names(query: GraphQuery, text: str, limit: int = 5) -> list[str]:
    """Return fully qualified names that contain the last part of a text, shortest first."""
    tail = text.rpartition(".")[2]
    if not tail:
        return []
    found = query.nodes().filter(name__contains=tail).exclude(kind__in=list(SYMBOL_KINDS_HIDDEN)).select("fqn")
    names = {str(name) for name in found.limit(1000).to_arrow()["fqn"].to_pylist()}
    return sorted(names, key=lambda name: (len(name), name))[:limit]

"""What the reading commands share: opening the snapshot that the options mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from codegraph._internal.pandas_later import import_pandas_later
from codegraph.cli.options import Common, Reading, Repository, find_root

if TYPE_CHECKING:
    from codegraph._internal.query import GraphQuery
    from codegraph._internal.sdk import Graph, Snapshots

SIMILAR_SHOWN: Final = 5
_SCANNED: Final = 1000


def open_graph(common: Common, reading: Reading) -> Graph:
    """Open the snapshot that the options mean, under a lease that the caller closes.

    Raises:
        StorageError: There is no store, or no such snapshot.
    """
    import_pandas_later()
    from codegraph._internal.sdk import CodeGraph
    from codegraph._internal.settings import load_settings

    settings = load_settings(find_root(reading.root), common.overrides())
    return CodeGraph(config=settings.config).open(snapshot_id=reading.snapshot)


def open_snapshots(common: Common, repository: Repository, *, create: bool = False, **settings: Any) -> Snapshots:
    """Return the snapshots of the repository that the options mean; `create` makes a store where there is none.

    Raises:
        StorageError: There is no store.
    """
    import_pandas_later()
    from codegraph._internal.sdk import Snapshots
    from codegraph._internal.settings import load_settings

    values = {name: value for name, value in settings.items() if value is not None}
    config = load_settings(find_root(repository.root), {**common.overrides(), **values}).config
    return Snapshots(config, create=create)


def similar_names(query: GraphQuery, text: str) -> list[str]:
    """Return fully qualified names of definitions whose name has the text's last part in it, shortest first."""
    tail = text.rpartition(".")[2]
    if not tail:
        return []
    found = query.nodes().filter(name__contains=tail).exclude(kind__in=["import", "parameter"]).select("fqn")
    names = {str(row["fqn"]) for row in found.limit(_SCANNED)}
    return sorted(names, key=lambda name: (len(name), name))[:SIMILAR_SHOWN]

"""Query 1.0: lazy, immutable builders over a snapshot.

A query is data until it runs: `conditions` (what was asked), `plan` (what will run), `execution` (running
it batch by batch). `builder` is the part that users see.
"""

from codegraph._internal.query.builder import (
    EdgeQuery,
    NodeQuery,
    Query,
    TableQuery,
)
from codegraph._internal.query.conditions import Q
from codegraph._internal.query.graph import GraphQuery
from codegraph._internal.query.plan import Explanation
from codegraph._internal.query.snapshot import SnapshotLike

__all__ = [
    "EdgeQuery",
    "Explanation",
    "GraphQuery",
    "NodeQuery",
    "Q",
    "Query",
    "SnapshotLike",
    "TableQuery",
]

"""Query 1.0: lazy, immutable builders over a snapshot.

A query is data until it runs: `conditions` (what was asked), `sources` (where rows come from, by which index),
`plan` (what will run, and running it batch by batch). `results` is what every query gives, `builder` the part
that users see, `sql` the other way to ask.
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
from codegraph._internal.query.prefetch import Prefetched, RelatedEdge, RelatedNode
from codegraph._internal.query.snapshot import SnapshotLike
from codegraph._internal.query.sql import SqlQuery, sql

__all__ = [
    "EdgeQuery",
    "Explanation",
    "GraphQuery",
    "NodeQuery",
    "Prefetched",
    "Q",
    "Query",
    "RelatedEdge",
    "RelatedNode",
    "SnapshotLike",
    "SqlQuery",
    "TableQuery",
    "sql",
]

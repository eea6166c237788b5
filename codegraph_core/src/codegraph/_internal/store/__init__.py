"""Segments plus a catalog: snapshots that several processes read while one writes."""

from codegraph._internal.store.records import SnapshotInfo, Tag
from codegraph._internal.store.retention import Retention
from codegraph._internal.store.snapshot import Snapshot
from codegraph._internal.store.store import Store
from codegraph._internal.store.transaction import Transaction

__all__ = ["Retention", "Snapshot", "SnapshotInfo", "Store", "Tag", "Transaction"]

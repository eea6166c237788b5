"""Checks a whole store: every byte, every reference, every id; and mends what can be told from something else.

What a check finds is a `Problem` with a code. Damage is never mended by guessing: the owners of rows are written in the
segments, so the catalog's copy can be made anew; what nobody refers to can go; but a snapshot whose rows are lost is
only dropped, so that the next run builds it again.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from attrs import asdict, evolve, frozen

from codegraph._internal.cancellation import check_cancelled
from codegraph._internal.store import indexes
from codegraph._internal.store.catalog import Catalog
from codegraph._internal.store.failures import SEGMENT_CORRUPT
from codegraph._internal.store.graph_indexes import EDGE_KEYS, NODE_KEYS
from codegraph._internal.store.hashing import DictionaryKeys
from codegraph._internal.store.parts import SnapshotPart
from codegraph._internal.store.segment import Segment
from codegraph._internal.store.snapshot import Snapshot
from codegraph._internal.store.store import SEGMENTS, Store
from codegraph_hookspecs import StorageError


@frozen(kw_only=True)
class Problem:
    """One thing that is wrong.

    Args:
        code: Kebab-case name of the defect.
        subject: The segment, snapshot, tag, branch or process it is about.
        message: What is wrong.
        repairable: Whether `repair` can mend it.
        repaired: Whether it did.
    """

    code: str
    subject: str
    message: str
    repairable: bool
    repaired: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return asdict(self)


@frozen
class Verification:
    """What a check saw.

    Args:
        checked: How many of each thing were looked at.
        problems: What is wrong, in the order found.
    """

    checked: dict[str, int]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong any more."""
        return all(problem.repaired for problem in self.problems)


def verify(store: Store, *, repair: bool = False) -> Verification:
    """Check a store; readers and writers go on meanwhile.

    Args:
        store: The store.
        repair: Mend what can be mended; the store must be writable.

    Raises:
        StorageError: `catalog-corrupt`: nothing can be read at all.
    """
    return _Check(store, repair=repair).run()


class _Check:
    def __init__(self, store: Store, *, repair: bool) -> None:
        self._store = store
        self._catalog: Catalog = store.catalog
        self._repair = repair
        self._problems: list[Problem] = []
        self._checked = dict.fromkeys(("snapshots", "segments", "files", "nodes", "edges", "bytes"), 0)
        self._segments: dict[int, Segment] = {}
        self._damaged: set[int] = set()

    def run(self) -> Verification:
        for line in self._catalog.integrity():
            self._add("catalog-inconsistent", CATALOG_NAME, line)
        known = self._catalog.segments()
        for number, place in known.items():
            self._segment(number, *place)
        for number in self._segments:
            self._versions(number)
        everyone = self._catalog.all_parts()
        ids = {info.seq: info.id for info in self._catalog.snapshots()}
        for seq, name in ids.items():
            self._parts(seq, name, everyone.get(seq, []), set(known))
        self._names()
        self._leftovers({place[0] for place in known.values()})
        for name in ids.values():
            self._rows(name)
        return Verification(self._checked, tuple(self._problems))

    def _add(self, code: str, subject: str, message: str, mend: Callable[[], object] | None = None) -> None:
        problem = Problem(code=code, subject=subject, message=message, repairable=mend is not None)
        if mend is not None and self._repair:
            mend()
            problem = evolve(problem, repaired=True)
        self._problems.append(problem)

    # -- segments ------------------------------------------------------------------------------------

    def _segment(self, number: int, name: str, size: int, checksum: str) -> None:
        check_cancelled()
        path = self._store.path / SEGMENTS / f"{name}.seg"
        self._checked["segments"] += 1
        try:
            # Not the process's shared mapping: that one was verified before, perhaps long ago.
            segment = Segment(path, size, checksum)
            segment.verify()
        except StorageError as error:
            if error.code != SEGMENT_CORRUPT:
                raise
            self._damaged.add(number)
            self._add("segment-damaged", name, error.message)
            return
        self._checked["bytes"] += size
        self._segments[number] = segment
        for message in _wrong_indexes(segment):
            self._add("index-wrong", name, message)

    def _versions(self, number: int) -> None:
        """Compare the catalog's owners of slots with those in the segment itself."""
        segment = self._segments[number]
        owners = segment.owners()
        wanted: dict[str, dict[int, str]] = {}
        for table in segment.tables:
            slots = np.unique(segment.array(f"{table}/owner.slot")).tolist()
            wanted.setdefault(segment.layer(table), {}).update({slot: owners[slot] for slot in slots})
        found = self._catalog.versions_of(number)
        self._checked["files"] += sum(map(len, wanted.values()))
        if found != wanted:
            self._add(
                "versions-wrong", segment.path.stem, "The catalog's list of its file versions is not what it holds.",
                lambda: self._catalog.replace_versions(number, wanted),
            )  # fmt: skip

    # -- snapshots -----------------------------------------------------------------------------------

    def _parts(self, seq: int, name: str, parts: list[SnapshotPart], known: set[int]) -> None:
        self._checked["snapshots"] += 1
        lost = sorted({part.segment for part in parts if part.segment in self._damaged or part.segment not in known})
        if lost:
            message = f"{len(lost)} of its {len({part.segment for part in parts})} segments are damaged or gone."
            self._add("snapshot-damaged", name, message, lambda: self._catalog.drop_snapshot(seq))
            return
        right = []
        for part in parts:
            held = self._catalog.owners_of(part.place)
            dead = np.intersect1d(part.dead_slots(), np.array(sorted(held), np.int64))
            counts = (len(held) - len(dead), len(held))
            right.append(evolve(part, live=counts[0], total=counts[1]))
        if right != parts:
            message = "Its counts of file versions are not those of its segments."
            self._add("counts-wrong", name, message, lambda: self._catalog.replace_parts(seq, right))

    def _rows(self, name: str) -> None:
        """Look every id of a snapshot up: no edge may name a node that is not there, no two nodes one id."""
        check_cancelled()
        try:
            with self._store.snapshot(name) as snapshot:
                ids = _living_keys(snapshot, "nodes", "id")
                for column in EDGE_KEYS:
                    ends = _living_keys(snapshot, "edges", column)
                    missing = int((~indexes.contains(ids, ends)).sum())
                    if missing:
                        self._add("edges-dangling", name, f"{missing} edges have a {column} that is no node's id.")
                twice = int((ids[1:] == ids[:-1]).sum())
                if twice:
                    self._add("ids-repeated", name, f"{twice} nodes have an id that another node has.")
                self._checked["nodes"] += len(ids)
                self._checked["edges"] += snapshot.count("edges")
        except StorageError as error:
            if error.code not in (SEGMENT_CORRUPT, "snapshot-missing"):  # reported above; or dropped meanwhile
                raise

    # -- names and leftovers -------------------------------------------------------------------------

    def _names(self) -> None:
        for kind, name in self._catalog.broken_names():
            self._add(
                _BROKEN[kind], name, f"The {kind} names a snapshot that is not there.",
                partial(self._catalog.untag if kind == "tag" else self._catalog.drop_branch, name),
            )  # fmt: skip

    def _leftovers(self, known: set[str]) -> None:
        holders = self._catalog.holders()
        for kind, name, holder, heartbeat in holders:
            if not holder.lives(heartbeat):
                self._add(_DEAD[kind], name, f"Its process ({holder.pid}) is gone.", self._store.gc)
        for path in self._orphans(known):
            with contextlib.suppress(FileNotFoundError):
                size = path.stat().st_size
                self._add("file-orphaned", path.name, f"{size} bytes that no snapshot has.", self._store.gc)

    def _orphans(self, known: set[str]) -> list[Path]:
        """Return the files that nobody needs; who merges segments forgets the old ones just before they are deleted."""
        until = time.monotonic() + _DELETED_S
        while True:
            # Listed first: a file that appears later belongs to an intent, or a segment, that is seen or comes later.
            paths = sorted((self._store.path / SEGMENTS).iterdir())
            writing = {name for kind, name, _, _ in self._catalog.holders() if kind == "intent"}
            used = known | writing | {name for name, _, _ in self._catalog.segments().values()}
            found = [path for path in paths if path.name.partition(".")[0] not in used]
            if not found or time.monotonic() > until:
                return found
            time.sleep(_DELETED_S / 10)


_DELETED_S: Final = 0.5
"""So long a file may lie there that its writer has forgotten and is about to delete."""
CATALOG_NAME: Final = "catalog.sqlite"
_BROKEN: Final = {"tag": "tag-broken", "branch": "branch-broken"}
_DEAD: Final = {"lease": "lease-of-the-dead", "intent": "intent-of-the-dead"}


def _living_keys(snapshot: Snapshot, table: str, column: str) -> Any:
    """Return the sorted keys of a column, of the rows that the snapshot has."""
    found = []
    for part in snapshot.live_segments():
        if table not in part.tables():
            continue
        rows = np.arange(part.segment.rows(table))
        keys = part.segment.node_keys(column) if table == "nodes" else part.segment.end_keys(column, rows)
        found.append(keys[part.live(table, rows)])
    return np.sort(np.concatenate(found)) if found else np.zeros(0, np.uint64)


def _wrong_indexes(segment: Segment) -> Iterator[str]:
    """Compare the sorted arrays with the rows themselves."""
    for table, columns in (("nodes", NODE_KEYS), ("edges", EDGE_KEYS)):
        if not segment.rows(table):
            continue
        hashes = DictionaryKeys()
        for column in columns:
            pieces = [read([column]).column(0) for _, _, read in segment.pieces(table, [column])]
            keys = np.concatenate([hashes.rows(piece) for piece in pieces])
            ordered, rows = indexes.sort_rows(keys)
            distinct, _ = indexes.group(ordered)
            if table == "nodes":
                found = segment.node_keys(column), *segment.nodes_at(column, distinct)
            else:
                found = segment.end_keys(column, np.arange(len(keys))), *segment.edges_at(column, distinct)
            if not np.array_equal(found[0], keys) or not np.array_equal(found[1], rows):
                yield f"The index of {table}.{column} does not belong to its rows."

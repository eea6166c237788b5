"""One write: streams rows into a new segment and makes it the head, or leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from codegraph._internal.store.catalog import Catalog
from codegraph._internal.store.failures import SEGMENT_CORRUPT, closed, translated
from codegraph._internal.store.graph_indexes import EDGE_KEYS, NODE_KEYS, PARENT, GraphIndexes, IndexesMark
from codegraph._internal.store.hashing import DictionaryKeys, Keys, content_stamps, dictionary_codes
from codegraph._internal.store.identity import snapshot_id, timestamp
from codegraph._internal.store.layout import SYMBOL
from codegraph._internal.store.preview import parts_over
from codegraph._internal.store.records import Commit, Committed, SnapshotInfo
from codegraph._internal.store.retention import Retention
from codegraph._internal.store.segment import open_segment
from codegraph._internal.store.segment_writer import SealedSegment, SegmentWriter, WriterMark, fitted
from codegraph._internal.store.snapshot import Snapshot
from codegraph_hookspecs import KEY_COLUMNS, TABLES, ConflictError, StorageError

Mark = tuple[WriterMark, IndexesMark]
"""How far a transaction was at one moment."""

_NODES: Final = TABLES["nodes"].physical_schema
_EDGES: Final = TABLES["edges"].physical_schema
_VERSION: Final = _NODES.get_field_index("version")


class Transaction:
    """A snapshot in the making. Use as a context manager: it is aborted unless committed. Threads take turns.

    The catalog has its intent already, which also holds the base.

    Attributes:
        uuid: UUIDv7 of the snapshot; `nodes.version` of content that is new in it.
        reason: Why it is made; may be set until the commit.
    """

    def __init__(
        self,
        catalog: Catalog,
        folder: Path,
        *,
        uuid: str,
        repo_id: str,
        reason: str,
        branch: str,
        base_seq: int,
        base: Snapshot | None,
        replaces: frozenset[str] | None,
        reads: frozenset[str] | None,
        retention: Retention | None,
        clock: Callable[[], int],
        lease: str,
        committed: Callable[[Committed, SealedSegment], None],
    ) -> None:
        self.uuid = uuid
        self._catalog = catalog
        self._folder = folder
        self._final = folder / f"{uuid}.seg"
        self._repo_id = repo_id
        self.reason = reason
        self._branch = branch
        self._base_seq = base_seq
        self._base = base
        self._replaces = replaces
        self._reads = reads
        self._retention = retention
        self._clock = clock
        self._lease = lease
        self._committed = committed
        self._lock = threading.RLock()
        self._open = True
        self._rebased: str | None = None
        self._state: dict[str, bytes] = {}
        self._hashes = DictionaryKeys()
        packs = replaces is None
        self._indexes = GraphIndexes(packs=packs)
        self._indexes.version_codes([uuid])
        self._indexed: tuple[dict[str, int], dict[str, Any]] | None = None  # what `index` counted, and its facts
        self._writer = SegmentWriter(folder / f"{uuid}.seg.tmp", packs=packs)

    def append(self, table: str, batch: pa.RecordBatch) -> None:
        """Stream rows to disk; `nodes.version` is filled in.

        Args:
            table: A table of the data contract, or a plugin's own.
            batch: Its physical schema; further columns may be dictionaries. Optional uint64 columns `key`, `name_key`,
                `fqn_key` (nodes) and `source_key`, `target_key` (edges) give xxh3_64 of the UTF-8 text of id, name,
                fqn, source_id, target_id, and save hashing them here.

        Raises:
            StorageError: The batch is not in the table's schema, the disk refused (the transaction is then invalid), or
                the transaction is over.
        """
        with self._lock, self._invalid_on_error():
            rows, given = _without_keys(table, batch)
            if rows.num_rows == 0:
                self._writer.append(table, rows)
            elif table in {"nodes", "edges"}:
                if self._indexed is not None:
                    raise closed("table")
                (self._append_nodes if table == "nodes" else self._append_edges)(rows, given)
            else:
                self._writer.append(table, rows)

    def write(self, *tables: str) -> None:
        """Write the rows of some tables that wait for more; worth it where few are to come, and time is to spare."""
        with self._lock, self._invalid_on_error():
            for table in tables:
                self._writer.flush(table)

    def mark(self) -> Mark:
        """Return what `undo` goes back to."""
        with self._lock:
            self._require_open()
            return self._writer.mark(), self._indexes.mark()

    def undo(self, mark: Mark) -> None:
        """Forget the rows appended since a mark; a mark is used once."""
        with self._lock:
            self._require_open()
            if self._indexed is not None:
                raise closed("table")
            written, indexed = mark
            self._writer.undo(written)
            self._indexes.undo(indexed)

    def _append_nodes(self, rows: pa.RecordBatch, given: Mapping[str, Keys]) -> None:
        own = rows if not self._branch and "version" in rows.schema.names else None  # imported
        if own is None and "version" not in rows.schema.names:
            rows = rows.append_column("version", pa.nulls(rows.num_rows, SYMBOL))
        rows = fitted("nodes", rows, _NODES)
        keys = {name: given[name] if name in given else self._hashes.rows(rows.column(name)) for name in NODE_KEYS}
        stamps = content_stamps(rows.column("content_hash"))
        codes = self._known_versions(keys["id"], stamps) if own is None else self._own_versions(own.column("version"))
        versions = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(self._indexes.versions, pa.string()))
        self._writer.append("nodes", rows.set_column(_VERSION, _NODES.field(_VERSION), versions))
        self._indexes.add_nodes(keys, stamps, codes)
        parents = rows.column(PARENT)
        self._indexes.add_parents(parents, self._hashes.rows(parents))

    def _own_versions(self, column: pa.Array) -> npt.NDArray[np.int32]:
        """Return the codes of the versions that rows bring along; this snapshot's for those that bring none."""
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        codes = self._indexes.version_codes([name or self.uuid for name in column.dictionary.to_pylist()])
        own = codes[dictionary_codes(column)] if len(codes) else np.zeros(len(column), np.int32)
        own[np.asarray(column.is_null())] = 0
        return own

    def _append_edges(self, rows: pa.RecordBatch, given: Mapping[str, Keys]) -> None:
        rows = fitted("edges", rows, _EDGES)
        kind = rows.column("kind")
        if not pa.types.is_dictionary(kind.type):
            kind = kind.dictionary_encode()
        by_code = self._indexes.kind_codes(kind.dictionary.to_pylist())
        self._writer.append("edges", rows)
        keys = {name: given[name] if name in given else self._hashes.rows(rows.column(name)) for name in EDGE_KEYS}
        self._indexes.add_edges(keys, by_code[dictionary_codes(kind)])
        self._indexes.note_ends([rows.column(name) for name in EDGE_KEYS], [keys[name] for name in EDGE_KEYS])

    def _known_versions(self, keys: Keys, stamps: Keys) -> npt.NDArray[np.int32]:
        """Return for every node the code of the version that its content has in the base, or 0 (this snapshot)."""
        codes = np.zeros(len(keys), np.int32)
        if self._base is None:
            return codes
        try:
            for positions, versions, names in self._base.node_versions(keys, stamps):
                # Only versions that nodes of this segment have: else each segment would list those of all before it.
                used, places = np.unique(versions, return_inverse=True)
                codes[positions] = self._indexes.version_codes([names[code] for code in used.tolist()])[places]
        except StorageError as error:
            if error.code != SEGMENT_CORRUPT or self._replaces is not None:
                raise
            # A full snapshot repairs the store; that its content is older than it cannot be known any more.
            self._base.close()
            self._base = None
            codes[:] = 0
        return codes

    @property
    def rebased(self) -> str | None:
        """After a commit: the newer head that the rows were put on top of, or None when the base still was the head."""
        return self._rebased

    def put_state(self, name: str, value: bytes) -> None:
        """Keep a small named blob with the snapshot (`Store.state`)."""
        with self._lock:
            self._require_open()
            self._state[name] = bytes(value)

    @property
    def base(self) -> Snapshot | None:
        """The snapshot that the rows are computed from, open while the transaction is; None for an empty store."""
        return self._base

    def replace(self, *paths: str) -> None:
        """End the base's rows of some files at the commit; rows appended for them take their place, or none do.

        A full transaction replaces every file anyway.
        """
        with self._lock:
            self._require_open()
            if self._replaces is not None:
                self._replaces |= frozenset(paths)

    def read(self, *paths: str) -> None:
        """Declare that the new rows depend on some files: a commit that changed one of them is then a conflict."""
        with self._lock:
            self._require_open()
            if self._reads is not None:
                self._reads |= frozenset(paths)

    def sort_ahead(self) -> None:
        """Begin to sort what lookups need of the rows appended so far, in a thread, while more come."""
        with self._lock:
            self._require_open()
            if self._indexed is None:
                self._indexes.sort_ahead()

    def index(self) -> None:
        """Write now what lookups need of nodes and edges: in two threads, while something else is computed.

        No node or edge can follow, and what came before cannot be undone any more.
        """
        with self._lock, self._invalid_on_error():
            if self._indexed is None:
                self._indexes.sort_aside()
                self._indexed = self.dangling(), self._indexes.put(self._writer)

    def dangling(self) -> dict[str, int]:
        """Count what would break the graph, among the rows appended so far.

        Returns:
            `source_id` and `target_id`: edges that name no node. `duplicate_id`: nodes whose id another node has.
            Costs one sort, which `commit` uses again.
        """
        with self._lock:
            self._require_open()
            if self._indexed is not None:
                return dict(self._indexed[0])
            nodes, _ = self._indexes.order("nodes", "id")
            counts = {}
            for name in EDGE_KEYS:
                ends = self._indexes.ends("edges", name)
                unknown = ends.strange
                if self._replaces is not None and self._base is not None and unknown.any():
                    unknown = unknown.copy()
                    unknown[unknown] = ~self._base.has_nodes(ends.distinct[unknown], outside=self._dying())
                counts[name] = int(np.diff(ends.starts.astype(np.int64))[unknown].sum())
            counts["duplicate_id"] = int((nodes[1:] == nodes[:-1]).sum())
            return counts

    def commit(self, summary: Mapping[str, Any]) -> str:
        """Make the rows the new head, durably and atomically.

        Args:
            summary: JSON-ready facts, kept with the snapshot.

        Returns:
            The snapshot id.

        Raises:
            ConflictError: The head moved, and a file that changed is in the write set or the read set; `context` names
                the `files`, the `base` and the `head`. Begin again on the head.
            StorageError: The disk refused. Nothing is retried, the transaction is over, the old head stays.
        """
        with self._lock, self._invalid_on_error():
            facts = self._indexes.put(self._writer) if self._indexed is None else self._indexed[1]
            sealed = self._writer.publish(facts, self._final)
            commit = Commit(
                uuid=self.uuid,
                repo_id=self._repo_id,
                reason=self.reason,
                branch=self._branch,
                base=self._base_seq,
                segment=self.uuid,
                sealed=sealed,
                replaces=self._replaces,
                reads=self._reads,
                lease=self._lease,
                state=self._state,
                summary=summary,
            )
            made = self._catalog.commit(commit, self._clock(), self._retention)
            if made.onto is not None and made.onto.seq != self._base_seq:
                self._rebased = made.onto.id
            self._finish()
        self._committed(made, sealed)
        return made.info.id

    def preview(self, summary: Mapping[str, Any], held: Snapshot) -> Snapshot:
        """Return what the commit would make of the base, without telling the catalog; the transaction is over.

        Args:
            summary: As in `commit`.
            held: The base, leased; the preview holds it from now on.

        Raises:
            StorageError: The disk refused.
        """
        assert self._replaces is not None  # a full snapshot has no use for a base
        with self._lock, self._invalid_on_error():
            facts = self._indexes.put(self._writer) if self._indexed is None else self._indexed[1]
            sealed = self._writer.seal(facts, durable=False)
            segment = open_segment(os.fspath(self._writer.path), sealed.size, sealed.checksum, sealed.toc)
            now_ms = self._clock()
            name = snapshot_id(self._catalog.next_id(self._repo_id, now_ms))
            info = SnapshotInfo(
                id=name,
                parent_id=held.id,
                created_at=timestamp(now_ms),
                reason=self.reason,
                uuid=self.uuid,
                summary={**summary, "snapshot_id": name},
                seq=0,
            )
            parts = parts_over(held.live_segments(), segment, sealed.files, self._replaces)
            self._finish()
            self._catalog.withdraw(self.uuid)
        return held.over(info, parts)

    def abort(self) -> None:
        """Leave nothing behind; does nothing after a commit or an earlier abort."""
        with self._lock:
            if not self._open:
                return
            self._finish()
            with translated(self._writer.path):
                self._writer.discard()
            self._catalog.withdraw(self.uuid)

    def _dying(self) -> frozenset[str]:
        """Return the owners whose nodes in the base end."""
        return frozenset(self._writer.owners_in("nodes")) | (self._replaces or frozenset())

    def _require_open(self) -> None:
        if not self._open:
            raise closed("transaction")

    def _invalid_on_error(self) -> _InvalidOnError:
        self._require_open()
        return _InvalidOnError(self)

    def _fail(self, error: BaseException) -> None:
        """End the transaction after an error, whose own report matters more than what cleaning up meets.

        A segment already renamed goes only after a conflict: a commit that SQLite reported as failed may still be found
        in its log after a crash. The next sweep knows whether the catalog has it.
        """
        self._finish()
        with contextlib.suppress(OSError):
            self._writer.discard()
            if isinstance(error, ConflictError):
                self._final.unlink(missing_ok=True)
        with contextlib.suppress(StorageError):
            self._catalog.withdraw(self.uuid)

    def _finish(self) -> None:
        self._open = False
        base, self._base = self._base, None
        if base is not None:
            base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


class _InvalidOnError:
    """Ends the transaction when the block raises."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not (isinstance(error, StorageError) and error.code == "batch-invalid"):
            self._transaction._fail(error)


def _without_keys(table: str, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, dict[str, Keys]]:
    """Split precomputed key columns off a batch."""
    known = KEY_COLUMNS.get(table)
    names = batch.schema.names if known else ()
    if not known or known.keys().isdisjoint(names):
        return batch, {}
    keys = {known[name]: np.asarray(batch.column(name)).copy() for name in names if name in known}
    return batch.select([name for name in names if name not in known]), keys

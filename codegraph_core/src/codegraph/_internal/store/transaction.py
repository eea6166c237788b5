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

from codegraph._internal.store import indexes
from codegraph._internal.store.catalog import Catalog
from codegraph._internal.store.failures import SEGMENT_CORRUPT, closed, translated
from codegraph._internal.store.hashing import DictionaryKeys, Keys, content_stamps, dictionary_codes
from codegraph._internal.store.layout import KEY_COLUMNS, SYMBOL
from codegraph._internal.store.records import Commit
from codegraph._internal.store.segment_writer import SegmentWriter, fitted
from codegraph._internal.store.snapshot import Snapshot
from codegraph_hookspecs import TABLES, ConflictError, StorageError

_NODES: Final = TABLES["nodes"].physical_schema
_EDGES: Final = TABLES["edges"].physical_schema
_NODE_KEYS: Final = ("id", "name", "fqn")
_EDGE_KEYS: Final = ("source_id", "target_id")


class Transaction:
    """A snapshot in the making. Use as a context manager: it is aborted unless committed. Threads take turns.

    Attributes:
        uuid: UUIDv7 of the snapshot; `nodes.version` of content that is new in it.
    """

    def __init__(
        self,
        catalog: Catalog,
        folder: Path,
        *,
        uuid: str,
        repo_id: str,
        reason: str,
        base_seq: int,
        base: Snapshot | None,
        replaces: frozenset[str] | None,
        reads: frozenset[str] | None,
        clock: Callable[[], int],
        forgotten: Callable[[list[str]], None],
    ) -> None:
        self.uuid = uuid
        self._catalog = catalog
        self._folder = folder
        self._final = folder / f"{uuid}.seg"
        self._repo_id = repo_id
        self._reason = reason
        self._base_seq = base_seq
        self._base = base
        self._replaces = replaces
        self._reads = reads
        self._clock = clock
        self._forgotten = forgotten
        self._lock = threading.RLock()
        self._open = True
        self._state: dict[str, bytes] = {}
        self._hashes = DictionaryKeys()
        self._keys: dict[tuple[str, str], list[Keys]] = {("nodes", name): [] for name in _NODE_KEYS}
        self._keys |= {("edges", name): [] for name in _EDGE_KEYS}
        self._sorted: dict[tuple[str, str], tuple[int, Keys, indexes.Rows]] = {}
        self._stamps: list[Keys] = []
        self._version_codes: list[npt.NDArray[np.int32]] = []
        self._versions: dict[str, int] = {uuid: 0}
        self._kinds: dict[str, int] = {}
        self._edge_kinds: list[npt.NDArray[np.uint16]] = []
        catalog.intend(uuid, base_seq)
        try:
            self._writer = SegmentWriter(folder / f"{uuid}.seg.tmp")
        except BaseException:
            catalog.withdraw(uuid)
            raise

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
            elif table == "nodes":
                self._append_nodes(rows, given)
            elif table == "edges":
                self._append_edges(rows, given)
            else:
                self._writer.append(table, rows)

    def _append_nodes(self, rows: pa.RecordBatch, given: Mapping[str, Keys]) -> None:
        rows = fitted("nodes", _with_column(rows, "version", pa.nulls(rows.num_rows, SYMBOL)), _NODES)
        keys = {name: given[name] if name in given else self._hashes.rows(rows.column(name)) for name in _NODE_KEYS}
        stamps = content_stamps(rows.column("content_hash"))
        codes = self._known_versions(keys["id"], stamps)
        versions = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(self._versions), pa.string()))
        self._writer.append("nodes", _with_column(rows, "version", versions))
        for name in _NODE_KEYS:
            self._keys["nodes", name].append(keys[name])
        self._stamps.append(stamps)
        self._version_codes.append(codes)

    def _append_edges(self, rows: pa.RecordBatch, given: Mapping[str, Keys]) -> None:
        rows = fitted("edges", rows, _EDGES)
        kind = rows.column("kind")
        if not pa.types.is_dictionary(kind.type):
            kind = kind.dictionary_encode()
        kinds = self._kinds
        by_code = [kinds.setdefault(str(name), len(kinds)) for name in kind.dictionary.to_pylist()]
        self._writer.append("edges", rows)
        for name in _EDGE_KEYS:
            keys = given[name] if name in given else self._hashes.rows(rows.column(name))
            self._keys["edges", name].append(keys)
        self._edge_kinds.append(np.array(by_code, np.uint16)[dictionary_codes(kind)])

    def _known_versions(self, keys: Keys, stamps: Keys) -> npt.NDArray[np.int32]:
        """Return for every node the code of the version that its content has in the base, or 0 (this snapshot)."""
        codes = np.zeros(len(keys), np.int32)
        if self._base is None:
            return codes
        try:
            for positions, versions, names in self._base.node_versions(keys, stamps):
                known = [self._versions.setdefault(name, len(self._versions)) for name in names]
                codes[positions] = np.array(known, np.int32)[versions]
        except StorageError as error:
            if error.code != SEGMENT_CORRUPT or self._replaces is not None:
                raise
            # A full snapshot repairs the store; that its content is older than it cannot be known any more.
            self._base.close()
            self._base = None
            codes[:] = 0
        return codes

    def put_state(self, name: str, value: bytes) -> None:
        """Keep a small named blob with the snapshot (`Store.state`)."""
        with self._lock:
            self._require_open()
            self._state[name] = bytes(value)

    def dangling(self) -> dict[str, int]:
        """Count what would break the graph, among the rows appended so far.

        Returns:
            `source_id` and `target_id`: edges that name no node. `duplicate_id`: nodes whose id another node has.
            Costs one sort, which `commit` uses again.
        """
        with self._lock:
            self._require_open()
            nodes, _ = self._order("nodes", "id")
            counts = {}
            for name in _EDGE_KEYS:
                ordered, _ = self._order("edges", name)
                distinct, starts = indexes.group(ordered)
                known = indexes.contains(nodes, distinct)
                if self._replaces is not None and self._base is not None and not known.all():
                    known[~known] = self._base.has_nodes(distinct[~known], outside=self._dying())
                counts[name] = int(np.diff(starts.astype(np.int64))[~known].sum())
            counts["duplicate_id"] = int((nodes[1:] == nodes[:-1]).sum())
            return counts

    def commit(self, summary: Mapping[str, Any]) -> str:
        """Make the rows the new head, durably and atomically.

        Args:
            summary: JSON-ready facts, kept with the snapshot.

        Returns:
            The snapshot id.

        Raises:
            ConflictError: Another writer committed first; names the files on which both worked.
            StorageError: The disk refused. Nothing is retried, the transaction is over, the old head stays.
        """
        with self._lock, self._invalid_on_error():
            self._put_indexes()
            sealed = self._writer.seal({"versions": list(self._versions), "kinds": list(self._kinds)})
            with translated(self._final):
                self._writer.path.rename(self._final)
                _sync_folder(self._folder)
            replaces = None if self._replaces is None else self._dying()
            commit = Commit(
                uuid=self.uuid,
                repo_id=self._repo_id,
                reason=self._reason,
                base=self._base_seq,
                segment=self.uuid,
                sealed=sealed,
                replaces=replaces,
                reads=self._reads,
                state=self._state,
                summary=summary,
            )
            info, gone = self._catalog.commit(commit, self._clock())
            self._finish()
        self._forgotten(gone)
        return info.id

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
        """Return the files whose present versions end; "" stands for the rows that no file owns."""
        owners = frozenset(self._writer.owners)
        if not self._writer.owns_unowned():
            owners -= {""}
        return owners | (self._replaces or frozenset())

    def _put_indexes(self) -> None:
        put = self._writer.put_array
        if self._writer.rows("nodes"):
            for name in _NODE_KEYS:
                ordered, rows = self._order("nodes", name)
                put(f"nodes.{name}/key", ordered)
                put(f"nodes.{name}/row", rows)
                if name == "id":
                    put("nodes.id/stamp", np.concatenate(self._stamps)[rows])
                    put("nodes.id/version", np.concatenate(self._version_codes)[rows])
                del self._sorted["nodes", name], self._keys["nodes", name]
        if self._writer.rows("edges"):
            for name in _EDGE_KEYS:
                ordered, rows = self._order("edges", name)
                distinct, starts = indexes.group(ordered)
                put(f"edges.{name}/key", distinct)
                put(f"edges.{name}/start", starts)
                put(f"edges.{name}/row", rows)
                put(f"edges.{name}/of_row", np.concatenate(self._keys["edges", name]))
                del self._sorted["edges", name], self._keys["edges", name]
            put("edges.kind/of_row", np.concatenate(self._edge_kinds))

    def _order(self, table: str, column: str) -> tuple[Keys, indexes.Rows]:
        """Return the sorted keys of a column and their rows; sorted again only after further appends."""
        parts = self._keys[table, column]
        count = sum(map(len, parts))
        found = self._sorted.get((table, column))
        if found is None or found[0] != count:
            joined = np.concatenate(parts) if parts else np.zeros(0, np.uint64)
            found = self._sorted[table, column] = (count, *indexes.sort_rows(joined))
        return found[1], found[2]

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
    known = KEY_COLUMNS.get(table, {})
    present = [name for name in batch.schema.names if name in known]
    if not present:
        return batch, {}
    keys = {known[name]: np.asarray(batch.column(name)) for name in present}
    return batch.select([name for name in batch.schema.names if name not in known]), keys


def _with_column(batch: pa.RecordBatch, name: str, column: pa.Array) -> pa.RecordBatch:
    position = batch.schema.get_field_index(name)
    if position < 0:
        return batch.append_column(name, column)
    return batch.set_column(position, pa.field(name, SYMBOL), column)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

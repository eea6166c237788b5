"""The tables of an incremental run: rows of the snapshot before for what stays, new rows for what is written anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from codegraph._internal.indexing.incremental import base
from codegraph._internal.indexing.incremental.reasons import FullRunNeeded
from codegraph._internal.indexing.summary import COUNTED
from codegraph._internal.pipeline.validate import without_keys
from codegraph._internal.store.columns import undictionaried
from codegraph._internal.store.hashing import DictionaryKeys
from codegraph_hookspecs import IR_ARTIFACT, TABLES

if TYPE_CHECKING:
    from codegraph._internal.indexing.incremental.outputs import Output
    from codegraph._internal.store import Snapshot

Rows = list[tuple[str, pa.RecordBatch]]
PARSE: Final = "parse"
_PROVISIONAL: Final = ("imports", "call_sites")
_PARSED: Final = ("files", "nodes", "uses", "exports")


class IncrementalRows:
    """Old and new rows of one run.

    Args:
        snapshot: What the run starts from; leased.
        outputs: What its stages and analyzers gave, by producer.
        providers: Artifact → producer.
        updating: Producers that update themselves.
        likely: What is going to be read of old rows, by table.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        outputs: Mapping[str, Output],
        providers: Mapping[str, str],
        updating: frozenset[str],
        likely: Mapping[str, base.Likely],
    ) -> None:
        self._snapshot = snapshot
        self._outputs = outputs
        self._providers = providers
        self._updating = updating
        self._likely = likely
        self.written: frozenset[str] = frozenset()
        """Owners whose rows are written anew, or end."""
        self.new: dict[str, Rows] = {}
        """Rows by producer: of owners that are written anew, and of no owner; of producers that ran over everything,
        all rows."""
        self.whole: set[str] = set()
        """Producers that ran over everything."""
        self._owned: tuple[frozenset[str], base.OwnedRows] | None = None

    # -- the rows before -----------------------------------------------------------------------------

    def old(self, table: str, columns: Sequence[str], where: Mapping[str, Sequence[str]] | None = None) -> pa.Table:
        """Return some columns of the rows that the owners written anew had."""
        if self._owned is None or self._owned[0] != self.written:
            self._owned = (self.written, base.OwnedRows(self._snapshot, self.written, self._likely))
        return self._owned[1].read(table, columns, where)

    def findings(self, analyzer: str, owners: frozenset[str]) -> pa.Table:
        """Return the findings that an analyzer had for some owners."""
        columns = TABLES["findings"].schema.names
        return base.OwnedRows(self._snapshot, owners).read("findings", columns, {"analyzer": [analyzer]})

    def foreign(self, table: str, *but: str) -> frozenset[str]:
        """Return the ids of rows that producers besides some gave, as far as ids tell."""
        return frozenset(
            identifier
            for name, output in self._outputs.items()
            if name not in but
            for identifier in output.ids.get(table, ())
        )

    # -- what stages read ----------------------------------------------------------------------------

    def artifact(
        self, artifact: str, table: str, columns: Sequence[str] | None, where: Mapping[str, Sequence[str]]
    ) -> Iterator[pa.RecordBatch]:
        """Stream a table of an artifact as it is now, in path order, then rows of no file.

        Raises:
            FullRunNeeded: It cannot be had without a full run.
        """
        provider = PARSE if artifact == IR_ARTIFACT else self._providers[artifact]
        if provider in self.whole:
            for name, batch in self.new[provider]:
                if name == table:
                    yield base.selected(without_keys(name, batch), where)
            return
        if provider == PARSE and table in _PARSED:
            yield from self._combined(table, (PARSE,), columns, where)
        elif provider in self._updating and TABLES[table].owner:
            yield from self._combined(table, (provider,), columns, where)
        else:
            raise FullRunNeeded(f"{table!r} of {artifact!r} is not kept between runs")

    def public(
        self, table: str, columns: Sequence[str] | None, where: Mapping[str, Sequence[str]]
    ) -> Iterator[pa.RecordBatch]:
        """Stream a public table as it will be stored, but for findings."""
        if not TABLES[table].owner:
            fresh = [batch for rows in self.new.values() for name, batch in rows if name == table]
            yield from fresh or self._snapshot.scan(table, columns)
            return
        yield from self._combined(table, None, columns, where)

    def changed(self, table: str, where: Mapping[str, Sequence[str]]) -> Iterator[pa.RecordBatch]:
        """Stream the new rows of a public table that belong to owners written anew."""
        for batch in self._fresh(table, None):
            kept = base.only(batch, TABLES[table].owner, self.written)
            if kept.num_rows:
                yield base.selected(kept, where)

    def _combined(
        self,
        table: str,
        producers: Sequence[str] | None,
        columns: Sequence[str] | None,
        where: Mapping[str, Sequence[str]],
    ) -> Iterator[pa.RecordBatch]:
        owner = TABLES[table].owner
        needed = None if columns is None else list(dict.fromkeys([*columns, *where, owner]))
        foreign = self.foreign(table, *producers) if producers else frozenset()
        if needed is not None and foreign and "id" not in needed:
            needed.append("id")
        streams = list(self._kept(table, owner, needed, where, foreign))
        unowned: list[pa.RecordBatch] = []
        for batch in self._fresh(table, producers):
            part = base.selected(batch if needed is None else batch.select(needed), where)
            if not part.num_rows:
                continue
            written = base.only(part, owner, self.written)
            if written.num_rows:
                streams.append(written)
            rest = base.only(part, owner, frozenset({""}))
            if rest.num_rows:
                unowned.append(rest)
        names = None if columns is None else list(columns)
        for batch in base.in_path_order(streams, owner):
            yield batch if names is None else batch.select(names)
        if producers is None:
            unowned += self._kept_unowned(table, needed, where)
        for batch in unowned:
            yield batch if names is None else batch.select(names)

    def _kept(
        self,
        table: str,
        owner: str,
        columns: Sequence[str] | None,
        where: Mapping[str, Sequence[str]],
        foreign: frozenset[str],
    ) -> Iterator[pa.RecordBatch]:
        first = list(dict.fromkeys([*where, owner]))
        names = list(columns) if columns is not None else self._snapshot.schema(table).names
        for batch, read in self._snapshot.chosen(table, first, names):
            mask = base.matching(batch, where)
            codes, paths = base.codes_of(batch.column(owner))
            mask &= np.array([path not in self.written for path in paths] + [False], bool)[codes]
            rows = np.flatnonzero(mask)
            if not len(rows):
                continue
            kept = read(rows)
            if foreign:
                ids = kept.column("id").to_pylist()
                mine = np.fromiter((identifier not in foreign for identifier in ids), bool, len(ids))
                kept = kept if mine.all() else kept.take(pa.array(np.flatnonzero(mine)))
            yield kept

    def _kept_unowned(
        self, table: str, columns: Sequence[str] | None, where: Mapping[str, Sequence[str]]
    ) -> Iterator[pa.RecordBatch]:
        """Stream rows of no file that producers gave which did not run this time."""
        silent = {name: output for name, output in self._outputs.items() if name not in self.new}
        if table == "nodes":
            ids = [identifier for output in silent.values() for identifier in output.shared]
            if ids:
                rows = self._snapshot.nodes_by_id(ids, None if columns is None else list(columns))
                yield from (base.selected(batch, where) for batch in rows.to_batches())
        elif table not in ("files", "call_sites", "imports") and any(
            base.unowned_key(table) in output.owners for output in silent.values()
        ):
            raise FullRunNeeded(f"rows of {table!r} that belong to no file are read")

    def _fresh(self, table: str, producers: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        replaced = {name for rows in self.new.values() for name, _ in rows if name in _PROVISIONAL}
        for name, rows in self.new.items():
            if producers is not None and name not in producers:
                continue
            for known, batch in rows:
                if known == table and not (name == PARSE and producers is None and known in replaced):
                    yield without_keys(table, batch)

    # -- what changed --------------------------------------------------------------------------------

    def differ(
        self,
        table: str,
        columns: Sequence[str] | None,
        where: Mapping[str, Sequence[str]],
        producers: Sequence[str] | None,
    ) -> bool:
        """Say whether the rows of owners written anew differ from those before, in some columns."""
        if table not in TABLES or not TABLES[table].owner:
            return table in TABLES
        owner = TABLES[table].owner
        names = list(columns) if columns is not None else TABLES[table].schema.names
        foreign = self.foreign(table, *producers) if producers is not None else frozenset()
        also = [owner, "id"] if foreign else [owner]
        old = self.old(table, list(dict.fromkeys([*names, *also])), where)
        if foreign:
            mine = [identifier not in foreign for identifier in old.column("id").to_pylist()]
            old = old.filter(pa.array(mine, pa.bool_()))
        compared = list(dict.fromkeys([*names, owner]))
        fresh = []
        for batch in self._fresh(table, producers):
            rows = base.only(base.selected(batch, where, list(dict.fromkeys([*compared, *where]))), owner, self.written)
            if rows.num_rows:
                fresh.append(rows.select(compared))
        if not fresh or not old.num_rows:
            return bool(fresh) or bool(old.num_rows)
        return not base.same_rows(old.select(compared), _stacked(table, fresh), owner)

    def ended(self) -> Iterator[tuple[str, pa.Table]]:
        """Give the old rows of the owners written anew, by table that a summary counts, with what it counts."""
        for table in (*COUNTED, "diagnostics"):
            more = ("lines",) if table == "files" else ()
            yield table, self.old(table, list(dict.fromkeys([*COUNTED.get(table, ()), *more, TABLES[table].owner])))


def _stacked(table: str, batches: Sequence[pa.RecordBatch]) -> pa.Table:
    """Return batches as one table, whatever their dictionaries; the ends of edges as keys."""
    columns = {}
    for name in batches[0].schema.names:
        keyed = table == "edges" and name in base.EDGE_ENDS
        given = [batch.column(name) for batch in batches]
        columns[name] = pa.chunked_array([_keys(column) if keyed else undictionaried(column) for column in given])
    return pa.table(columns)


def _keys(column: pa.Array) -> pa.Array:
    return pa.array(DictionaryKeys().rows(column))

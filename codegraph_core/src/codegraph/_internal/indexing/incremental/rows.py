"""The tables of an incremental run: rows of the snapshot before for what stays, new rows for what is written anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from codegraph._internal.indexing.incremental import base
from codegraph._internal.indexing.incremental.reasons import FullRunNeeded
from codegraph._internal.indexing.incremental.views import Looking, Seen, View
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
_FEW_OWNERS: Final = 32
_FEW_ROWS: Final = 1024
"""Of so many files and rows at most every value is compared; of more, columns are."""


class FewRows:
    """Some rows of a table as values, for comparing a few of them; the ends of edges as keys.

    Args:
        columns: Name → the values, by row.
    """

    def __init__(self, columns: Mapping[str, Sequence[object]]) -> None:
        self._columns = columns

    @classmethod
    def of(cls, table: str, rows: pa.RecordBatch | pa.Table) -> FewRows:
        """Take rows out of Arrow."""
        if not rows.num_rows:
            return cls(dict.fromkeys(rows.schema.names, ()))
        found: dict[str, Sequence[object]] = {}
        for name in rows.schema.names:
            column = rows.column(name)
            if table == "edges" and name in base.EDGE_ENDS and column.type != pa.uint64():
                column = _keys(column)
            elif pa.types.is_dictionary(column.type):
                column = column.cast(column.type.value_type)
            found[name] = column.to_pylist()
        return cls(found)

    def rows(
        self, names: Sequence[str], where: Mapping[str, Sequence[str]], but: frozenset[str]
    ) -> list[tuple[object, ...]]:
        """Return some columns of the rows that have one of the wanted values in each column named.

        Args:
            names: The columns.
            where: Columns and the values that rows must have one of.
            but: Ids of rows that do not count.
        """
        rows = list(zip(*(self._columns[name] for name in names), strict=True))
        if not where and not but:
            return rows
        kept = [True] * len(rows)
        for name, values in where.items():
            kept = [keep and value in values for keep, value in zip(kept, self._columns[name], strict=True)]
        if but:
            kept = [keep and known not in but for keep, known in zip(kept, self._columns["id"], strict=True)]
        return [row for row, keep in zip(rows, kept, strict=True) if keep]


class IncrementalRows:
    """Old and new rows of one run.

    Args:
        snapshot: What the run starts from; leased.
        outputs: What its stages and analyzers gave, by producer.
        providers: Artifact → producer.
        updating: Producers that update themselves.
        kept: Tables that are stored though they are not public, by producer.
        likely: What is going to be read of old rows, by table.
        views: What stages and analyzers see that do not update themselves.
        seen: How files looked to them, where that is known.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        outputs: Mapping[str, Output],
        providers: Mapping[str, str],
        updating: frozenset[str],
        kept: Mapping[str, frozenset[str]],
        likely: Mapping[str, base.Likely],
        views: Sequence[View] = (),
        seen: Seen | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._outputs = outputs
        self._providers = providers
        self._updating = updating
        self._stored_besides = kept
        self._likely = likely
        self.written: frozenset[str] = frozenset()
        """Owners whose rows are written anew, or end."""
        self.new: dict[str, Rows] = {}
        """Rows by producer: of owners that are written anew, and of no owner; of producers that ran over everything,
        all rows."""
        self.whole: set[str] = set()
        """Producers that ran over everything."""
        self._views = views
        self._seen = seen
        self._now: tuple[frozenset[str] | None, list[pa.RecordBatch], Seen | None] = (None, [], None)
        self._same: frozenset[str] = frozenset()
        self._owned: tuple[frozenset[str], base.OwnedRows] | None = None
        self._few_old: tuple[frozenset[str], dict[str, FewRows | None]] = (frozenset(), {})
        self._few_new: dict[tuple[str, int], tuple[frozenset[str], pa.RecordBatch, FewRows]] = {}

    def close(self) -> None:
        """Let go of all rows."""
        self.new, self._now, self._owned = {}, (None, [], None), None
        self._few_old, self._few_new = (frozenset(), {}), {}

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

    def left(self, table: str, owners: frozenset[str]) -> list[pa.RecordBatch]:
        """Return the rows that some owners had in a table that one producer alone gives."""
        columns = TABLES[table].schema.names
        return [*base.OwnedRows(self._snapshot, owners).read(table, columns).to_batches()]

    def metrics(self, names: Sequence[str]) -> list[pa.RecordBatch]:
        """Return the metrics of some names."""
        return [base.selected(batch, {"name": names}) for batch in self._snapshot.scan("metrics")]

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
        elif TABLES[table].owner and (
            provider in self._updating or table in self._stored_besides.get(provider, frozenset())
        ):
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
        for batch in self._given(table, producers):
            yield without_keys(table, batch)

    def _given(self, table: str, producers: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        replaced = {name for rows in self.new.values() for name, _ in rows if name in _PROVISIONAL}
        for name, rows in self.new.items():
            if producers is not None and name not in producers:
                continue
            for known, batch in rows:
                if known == table and not (name == PARSE and producers is None and known in replaced):
                    yield batch

    # -- what changed --------------------------------------------------------------------------------

    def looks_same(self, producer: str) -> bool:
        """Say whether a stage or analyzer certainly sees what it saw before in the files that are written anew."""
        if self._seen is None:
            return False
        self._look()
        return producer in self._same

    def seen(self) -> Seen | None:
        """Return how all files look now; None where it is not known of some."""
        if self._seen is None:
            return None
        now = self._look()
        return None if now is None else self._seen.moved(self.written, now)

    def _look(self) -> Seen | None:
        """Look at the new rows of the owners written anew."""
        if self._seen is None:
            return None
        looking = Looking(self._views)
        given = [(table, batch) for table in looking.tables for batch in self._given(table, None)]
        written, known, _ = self._now
        alike = len(given) == len(known) and all(one is other for (_, one), other in zip(given, known, strict=True))
        if written is not self.written or not alike:
            for table, batch in given:
                looking.add(table, batch, self.written)
            now = looking.seen()
            self._now = (self.written, [batch for _, batch in given], now)
            same = () if now is None else self._seen.same(self.written, now).tolist()
            self._same = frozenset(view.name for view, is_same in zip(self._views, same, strict=False) if is_same)
        return self._now[2]

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
        compared = list(dict.fromkeys([*names, owner]))
        few = self._few_differ(table, compared, where, producers, foreign)
        if few is not None:
            return few
        old = self.old(table, [*compared, *(["id"] if foreign and "id" not in compared else [])], where)
        if foreign:
            mine = [identifier not in foreign for identifier in old.column("id").to_pylist()]
            old = old.filter(pa.array(mine, pa.bool_()))
        fresh = []
        for batch in self._fresh(table, producers):
            rows = base.only(base.selected(batch, where, list(dict.fromkeys([*compared, *where]))), owner, self.written)
            if rows.num_rows:
                fresh.append(rows.select(compared))
        if not fresh or not old.num_rows:
            return bool(fresh) or bool(old.num_rows)
        return not base.same_rows(old.select(compared), _stacked(table, fresh), owner)

    def _few_differ(
        self,
        table: str,
        compared: Sequence[str],
        where: Mapping[str, Sequence[str]],
        producers: Sequence[str] | None,
        foreign: frozenset[str],
    ) -> bool | None:
        """Answer `differ` row by row; None where there are many rows, or columns that nobody was expected to read.

        The rows of one file are few, and each step over columns costs as much as a few hundred values.
        """
        likely = self._likely.get(table)
        if likely is None or not {*compared, *where} <= {*likely.columns} or not base.within(where, likely.where):
            return None
        if self._few_old[0] != self.written:
            self._few_old = (self.written, {})
        known = self._few_old[1]
        if table not in known:
            rows = self.old(table, likely.columns, likely.where) if len(self.written) <= _FEW_OWNERS else None
            known[table] = None if rows is None or rows.num_rows > _FEW_ROWS else FewRows.of(table, rows)
        old = known[table]
        if old is None:
            return None
        fresh: list[tuple[object, ...]] = []
        for batch in self._given(table, producers):
            rows_now = self._few_of(table, batch, likely)
            if rows_now is None:
                return None
            fresh += rows_now.rows(compared, where, frozenset())
        before = old.rows(compared, where, foreign)
        if len(before) != len(fresh):
            return True
        place = compared.index(TABLES[table].owner)
        return sorted(before, key=lambda row: str(row[place])) != sorted(fresh, key=lambda row: str(row[place]))

    def _few_of(self, table: str, batch: pa.RecordBatch, likely: base.Likely) -> FewRows | None:
        """Return what may be compared of a new batch; None where that is much."""
        key = (table, id(batch))
        found = self._few_new.get(key)
        if found is None or found[0] != self.written:
            rows = base.only(batch, TABLES[table].owner, self.written)
            if rows.num_rows and likely.where:
                places = np.flatnonzero(base.matching(rows, likely.where))
                rows = rows.select(list(likely.columns)).take(pa.array(places))
            if rows.num_rows > _FEW_ROWS:
                return None
            found = self._few_new[key] = (self.written, batch, FewRows.of(table, rows.select(list(likely.columns))))
        return found[2]


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

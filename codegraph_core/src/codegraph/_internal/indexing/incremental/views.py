"""What stages and analyzers see of each file, as one number for each of them: whether a change is theirs to look at.

A stage or analyzer that runs over the whole repository runs again only where rows differ that it reads, in the columns
that it reads. To read the rows that a hundred files had costs more than to link those files anew, so a digest of every
file's rows is made when they are stored, and kept with the snapshot. Where digests are equal, so are the rows; where
they are not, or there are none, the rows themselves are compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from attrs import frozen

from codegraph._internal.indexing.incremental.base import codes_of, matching
from codegraph._internal.indexing.incremental.outputs import producer_name
from codegraph._internal.store.hashing import DictionaryKeys, Keys, column_keys, text_key, text_keys
from codegraph_hookspecs import IR_TABLES, KEY_COLUMNS, SOURCES_TABLE, TABLES, Analyzer, Stage

STATE_NAME: Final = "views"
_FORMAT: Final = 1
_PROVISIONAL: Final = frozenset({"imports", "call_sites"})
_FACTOR, _STEP, _NULL = (np.uint64(n) for n in (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
_SHIFT: Final = np.uint64(29)
MOST_VALUES: Final = 200
"""Values hashed for one reader, a file: who reads more than that gets no digests, so that full runs stay as fast."""
_ALLOWANCE: Final = 50_000
"""So many are hashed in any case."""


@frozen
class View:
    """What one stage or analyzer reads.

    Args:
        name: As in `producer_name`.
        reads: Table → the columns, and the values that rows have one of.
    """

    name: str
    reads: Mapping[str, tuple[Sequence[str], Mapping[str, Sequence[str]]]]


def views_of(readers: Iterable[Stage | Analyzer]) -> tuple[View, ...]:
    """Return what some stages and analyzers see, of those of which it can be told from stored rows.

    Args:
        readers: Those that run over the whole repository and do not update themselves.
    """
    return tuple(view for view in map(_view, readers) if view is not None)


def _view(each: Stage | Analyzer) -> View | None:
    if each.reads is None or getattr(each, "by_file", False) or (each.scope == "file" and isinstance(each, Analyzer)):
        return None
    reads = {}
    for table, columns in each.reads.items():
        spec = TABLES.get(table)
        if spec is None:
            continue
        stored = spec.public or (table in IR_TABLES and table != SOURCES_TABLE)
        # Of these tables a stage gets the parser's rows, and others are stored.
        if not spec.owner or not stored or (isinstance(each, Stage) and table in _PROVISIONAL):
            return None
        reads[table] = (tuple(sorted({*columns} - {spec.owner})), each.selects.get(table, {}))
    return View(producer_name(each), reads)


def signature(views: Sequence[View]) -> str:
    """Return a text that is the same only for the same views."""
    said = [
        [view.name, *([table, *columns, sorted((name, sorted(values)) for name, values in where.items())]
                      for table, (columns, where) in sorted(view.reads.items()))]
        for view in views
    ]  # fmt: skip
    return json.dumps(said)


@frozen(eq=False)
class Seen:
    """Digests by file and view.

    Args:
        signature: Of the views.
        files: `text_key` of the files' paths, ascending.
        digests: uint64[files, views]; 0 where a view has no row of the file.
        known: Whether there are digests, by view.
    """

    signature: str
    files: Keys
    digests: npt.NDArray[np.uint64]
    known: tuple[bool, ...]

    def same(self, paths: Iterable[str], now: Seen) -> npt.NDArray[np.bool_]:
        """Say for each view whether some files look as they did.

        Args:
            paths: The files.
            now: How they look, with the same signature.
        """
        files = text_keys(list(paths))
        same: npt.NDArray[np.bool_] = (self._of(files) == now._of(files)).all(axis=0)
        same &= np.array([*map(all, zip(self.known, now.known, strict=True))], bool)
        return same

    def moved(self, paths: Iterable[str], now: Seen) -> Seen:
        """Return the digests with those of some files taken from others, as far as these have any."""
        files = text_keys(list(paths))
        stays = ~np.isin(self.files, files)
        fresh = np.isin(now.files, files)
        together = np.concatenate([self.files[stays], now.files[fresh]])
        order = np.argsort(together)
        digests = np.concatenate([self.digests[stays], now.digests[fresh]])
        known = tuple(before and after for before, after in zip(self.known, now.known, strict=True))
        return Seen(self.signature, together[order], digests[order], known)

    def _of(self, files: Keys) -> npt.NDArray[np.uint64]:
        if not len(self.files):
            return np.zeros((len(files), self.digests.shape[1]), np.uint64)
        places = self.files.searchsorted(files)
        known = self.files.take(places, mode="clip") == files
        found: npt.NDArray[np.uint64] = self.digests.take(places, axis=0, mode="clip")
        found[~known] = 0
        return found

    def to_bytes(self) -> bytes:
        """Return the blob that is kept with a snapshot."""
        head = {"format": _FORMAT, "views": self.signature, "shape": self.digests.shape, "known": self.known}
        return b"".join([json.dumps(head).encode(), b"\n", self.files.tobytes(), self.digests.tobytes()])

    @classmethod
    def from_bytes(cls, blob: bytes | None, signature: str) -> Self | None:
        """Read it back; None where there are no digests of these views."""
        try:
            line, _, rest = (blob or b"").partition(b"\n")
            head = json.loads(line or b"{}")
            if head.get("format") != _FORMAT or head["views"] != signature:
                return None
            count, width = head["shape"]
            numbers = np.frombuffer(rest, np.uint64)
            digests = numbers[count:].reshape(count, width)
            return cls(signature, numbers[:count], digests, tuple(map(bool, head["known"])))
        except (ValueError, KeyError, TypeError):
            return None


class Looking:
    """Makes digests of rows as they come, those of each table in the order in which they are stored.

    Args:
        views: What is looked at.
    """

    def __init__(self, views: Sequence[View]) -> None:
        self._views = views
        self._tables: dict[str, list[tuple[int, Sequence[str], Mapping[str, Sequence[str]]]]] = {}
        for number, view in enumerate(views):
            for table, (columns, where) in view.reads.items():
                self._tables.setdefault(table, []).append((number, columns, where))
        self._places: dict[str, int] = {}
        self._digests = np.zeros((0, len(views)), np.uint64)
        self._rows: dict[tuple[str, int], npt.NDArray[np.uint64]] = {}  # rows so far of each file, by table and view
        self._hashed = [0] * len(views)
        self._hashes = DictionaryKeys()
        self._spoiled = False

    @property
    def tables(self) -> list[str]:
        """The tables that somebody looks at."""
        return list(self._tables)

    def spoil(self) -> None:
        """Give no digests: rows were taken back."""
        self._spoiled = True

    def add(self, table: str, batch: pa.RecordBatch, owners: frozenset[str] | None = None) -> None:
        """Look at rows; rows of no file do not count.

        Args:
            table: Their table.
            batch: All its columns; key columns save hashing.
            owners: The files whose rows count; None are all.
        """
        readers = self._tables.get(table)
        if self._spoiled or not readers or not batch.num_rows:
            return
        owner = batch.column(TABLES[table].owner)
        if owner.null_count == len(owner):  # external names, and edges between folders: more rows than a file has
            return
        codes, paths = codes_of(owner)
        wanted = (path is not None and (owners is None or path in owners) for path in paths)
        known = [self._place(path or "") if mine else -1 for path, mine in zip(paths, wanted, strict=True)]
        places = np.array([*known, -1], np.int64)[codes]
        if len(self._digests) < len(self._places):
            self._digests = _grown(self._digests, len(self._places))
        for number, columns, where in readers:
            chosen = places >= 0
            if where:
                chosen &= matching(batch, where)
            self._look(table, batch, np.flatnonzero(chosen), places, number, columns)

    def seen(self) -> Seen | None:
        """Return the digests, or None where there are none."""
        files = text_keys(list(self._places))
        order = np.argsort(files)
        files = files[order]
        if self._spoiled or (files[1:] == files[:-1]).any():
            return None
        digests = _grown(self._digests, len(files))[order]
        seen = digests.any(axis=1)  # dictionaries name files that have no rows
        files, digests = files[seen], digests[seen]
        return Seen(signature(self._views), files, digests, tuple(hashed >= 0 for hashed in self._hashed))

    def _place(self, path: str) -> int:
        return self._places.setdefault(path, len(self._places))

    def _look(
        self,
        table: str,
        batch: pa.RecordBatch,
        rows: npt.NDArray[np.int64],
        places: npt.NDArray[np.int64],
        number: int,
        columns: Sequence[str],
    ) -> None:
        if self._hashed[number] < 0 or not len(rows):
            return
        self._hashed[number] += len(rows) * len(columns)
        if self._hashed[number] > _ALLOWANCE + MOST_VALUES * len(self._places):
            self._hashed[number] = -1
            return
        files, whole = places[rows], len(rows) == batch.num_rows
        starts = np.flatnonzero(np.concatenate(([True], files[1:] != files[:-1])))
        if len(np.unique(files[starts])) != len(starts):  # a file's rows are not all together
            order = np.argsort(files, kind="stable")
            rows, files, whole = rows[order], files[order], False
            starts = np.flatnonzero(np.concatenate(([True], files[1:] != files[:-1])))
        lengths = np.diff(np.append(starts, len(files)))
        owners = files[starts]
        before = self._rows.get((table, number), np.zeros(0, np.uint64))
        before = self._rows[table, number] = _grown(before, len(self._places))
        # A row counts with its place among the file's rows: readers meet them in that order.
        ranks = np.arange(len(rows), dtype=np.uint64) - np.repeat(starts.astype(np.uint64) - before[owners], lengths)
        digests = np.full(len(rows), text_key(table), np.uint64)
        for name in columns:
            digests = _mixed(digests ^ self._values(table, batch, name, None if whole else rows))
        digests = _mixed(digests + (ranks + np.uint64(1)) * _STEP)
        before[owners] += lengths.astype(np.uint64)
        self._digests[owners, number] += np.add.reduceat(digests, starts)

    def _values(self, table: str, batch: pa.RecordBatch, name: str, rows: npt.NDArray[np.int64] | None) -> Keys:
        """Return a number for each value of a column, in some rows."""
        for key, text in KEY_COLUMNS.get(table, {}).items():
            if text == name and key in batch.schema.names and not batch.column(name).null_count:
                keys: Keys = np.asarray(batch.column(key))
                return keys if rows is None else keys[rows]
        column = batch.column(name)
        if rows is not None:
            column = column.take(pa.array(rows))
        if pa.types.is_dictionary(column.type) and column.dictionary.null_count:
            column = column.dictionary_decode()
        if pa.types.is_dictionary(column.type):
            values = self._hashes.rows(column)
        elif pa.types.is_string(column.type):
            values = column_keys(column)
        elif pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
            filled = column.fill_null(0) if column.null_count else column
            values = np.asarray(filled.cast(pa.int64())).view(np.uint64)
        else:
            values = text_keys([repr(value) for value in column.to_pylist()])
        if column.null_count:
            values = np.where(np.asarray(column.is_null()), _NULL, values)
        return values


def _mixed(values: Keys) -> Keys:
    values = values * _FACTOR
    values ^= values >> _SHIFT
    return values


def _grown(values: npt.NDArray[np.uint64], length: int) -> npt.NDArray[np.uint64]:
    """Return an array with zeros at its end, or the array itself where it is long enough."""
    if len(values) >= length:
        return values
    grown = np.zeros((length, *values.shape[1:]), np.uint64)
    grown[: len(values)] = values
    return grown

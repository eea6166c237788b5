"""Aligning streams: the IR's tables arrive in batches of their own; linking needs them file by file.

Every stream has its rows grouped by file, files in one common order. A *group* is a run of files; a
`Cursor` hands out each table's rows of one group after the other, as slices without a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int32s = npt.NDArray[np.int32]

Group = Mapping[str, Sequence[pa.RecordBatch]]
"""Rows of one run of files: `imports`, `call_sites` and `uses`."""


def codes(column: pa.Array) -> tuple[Int32s, list[str | None]]:
    """Return a text column as codes and the texts they stand for; null is code -1.

    Args:
        column: A dictionary column, or a plain one. Texts may be there that no row has.
    """
    column = _encoded(column)
    return _numbers(column), column.dictionary.to_pylist()


def beginnings(column: pa.Array) -> tuple[Int32s, list[str | None]]:
    """Return where each run of equal texts starts, and the texts; others of the dictionary are not looked at."""
    column = _encoded(column)
    starts = runs(_numbers(column))
    return starts, _texts_at(column, starts)


def languages_of(batch: pa.RecordBatch) -> Iterator[tuple[str, str | None]]:
    """Yield the path and language of each file that a batch has nodes of.

    Args:
        batch: Rows of `nodes`, grouped by file.
    """
    starts, paths = beginnings(batch.column("file_path"))
    for path, language in zip(paths, _texts_at(_encoded(batch.column("language")), starts), strict=True):
        yield path or "", language


def _texts_at(column: pa.DictionaryArray, rows: Int32s) -> list[str | None]:
    """Return the texts in some rows of a column that has many more."""
    numbers = _numbers(column)[rows]
    texts: list[str | None] = column.dictionary.take(pa.array(numbers, mask=numbers < 0)).to_pylist()
    return texts


def _encoded(column: pa.Array) -> pa.DictionaryArray:
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _numbers(column: pa.Array) -> Int32s:
    indices = _encoded(column).indices
    if indices.null_count:
        indices = indices.fill_null(-1)
    numbers: Int32s = indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return numbers


def runs(values: Int32s) -> Int32s:
    """Return where each run of equal values starts."""
    if not len(values):
        return np.zeros(0, np.int32)
    return np.concatenate(([0], np.flatnonzero(values[1:] != values[:-1]) + 1)).astype(np.int32)


def whole_files(batches: Iterable[pa.RecordBatch], owner: str) -> Iterator[pa.RecordBatch]:
    """Move rows between neighbouring batches until no file is spread over two of them.

    Args:
        batches: Rows grouped by file.
        owner: The column with the file's path.
    """
    held: pa.RecordBatch | None = None
    for batch in batches:
        if not batch.num_rows:
            continue
        if held is not None and _first(held, owner, held.num_rows - 1) == _first(batch, owner, 0):
            # Only the one file's rows are copied, however many batches there are.
            start, end = _last_run(held, owner), _first_run(batch, owner)
            if start:
                yield held.slice(0, start)
            held = _joined(held.slice(start), batch.slice(0, end))
            if end == batch.num_rows:
                continue
            batch = batch.slice(end)
        if held is not None:
            yield held
        held = batch
    if held is not None:
        yield held


def _joined(one: pa.RecordBatch, other: pa.RecordBatch) -> pa.RecordBatch:
    """Return a few rows as one batch; whole dictionaries would be more than the rows."""
    columns = []
    for left, right in zip(one.columns, other.columns, strict=True):
        if pa.types.is_dictionary(left.type):
            texts = pa.concat_arrays([left.dictionary_decode(), right.dictionary_decode()])
            columns.append(texts.dictionary_encode())
        else:
            columns.append(pa.concat_arrays([left, right]))
    return pa.RecordBatch.from_arrays(columns, schema=one.schema)


def _first(batch: pa.RecordBatch, owner: str, row: int) -> object:
    return batch.column(owner)[row].as_py()


def _last_run(batch: pa.RecordBatch, owner: str) -> int:
    """Return the row where the last file begins."""
    return int(runs(_numbers(batch.column(owner)))[-1])


def _first_run(batch: pa.RecordBatch, owner: str) -> int:
    """Return the row after those of the first file."""
    starts = runs(_numbers(batch.column(owner)))
    return int(starts[1]) if len(starts) > 1 else batch.num_rows


class Cursor:
    """One table's stream, cut into groups of files.

    Args:
        batches: The stream.
        owner: The column with the file's path.
        files: Path → position in file order.
    """

    def __init__(self, batches: Iterable[pa.RecordBatch], owner: str, files: dict[str, int]) -> None:
        self._batches = iter(batches)
        self._owner = owner
        self._files = files
        self._batch: pa.RecordBatch | None = None
        self._positions: Int32s = np.zeros(0, np.int32)
        self._start = 0

    def until(self, end: int) -> list[pa.RecordBatch]:
        """Return the rows of files before position `end` that were not handed out yet.

        Raises:
            ValueError: The stream has rows of a file that has no nodes, or files out of order.
        """
        found: list[pa.RecordBatch] = []
        while True:
            if self._batch is None and not self._advance():
                return found
            assert self._batch is not None
            stop = int(np.searchsorted(self._positions, end))
            if stop > self._start:
                found.append(self._batch.slice(self._start, stop - self._start))
                self._start = stop
            if self._start < self._batch.num_rows:
                return found
            self._batch = None

    def _advance(self) -> bool:
        for batch in self._batches:
            if not batch.num_rows:
                continue
            indices, paths = codes(batch.column(self._owner))
            table = np.array([self._files.get(path, -1) if path else -1 for path in paths], np.int32)
            positions = table[indices]
            if int(positions.min()) < 0 or bool(np.any(positions[1:] < positions[:-1])):
                raise ValueError("rows are not grouped by file in the order of the nodes table")
            self._batch, self._positions, self._start = batch, positions, 0
            return True
        return False


class Cursors:
    """A stream of rows, of which those of some files may come after those of all others, cut into groups of files.

    A stage that corrects the rows of some languages gives them last. Each part in which files ascend gets a cursor.

    Args:
        read: Gives the stream, from its beginning at each call.
        owner: The column with the file's path.
        files: Path → position in file order.
    """

    def __init__(self, read: Callable[[], Iterable[pa.RecordBatch]], owner: str, files: dict[str, int]) -> None:
        self._owner, self._files = owner, files
        parts = 1 + max((part for part, _ in self._parts(read())), default=0)
        self._cursors = [Cursor(self._part(read(), part), owner, files) for part in range(parts)]

    def until(self, end: int) -> list[pa.RecordBatch]:
        """Return what `Cursor.until` does, file by file where several parts have rows."""
        given = [found for cursor in self._cursors if (found := cursor.until(end))]
        if len(given) < 2:
            return given[0] if given else []
        slices = [
            (self._files[path or ""], batch.slice(start, stop - start))
            for batch in (batch for found in given for batch in found)
            for path, start, stop in self._slices(batch)
        ]
        return [batch for _, batch in sorted(slices, key=lambda one: one[0])]

    def _part(self, batches: Iterable[pa.RecordBatch], wanted: int) -> Iterator[pa.RecordBatch]:
        return (batch for part, batch in self._parts(batches) if part == wanted)

    def _parts(self, batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield rows with the number of their part."""
        part, last = 0, -1
        for batch in batches:
            begin = 0
            for path, start, _ in self._slices(batch):
                position = self._files.get(path or "", -1)
                if position < last:
                    if start > begin:
                        yield part, batch.slice(begin, start - begin)
                    part, begin = part + 1, start
                last = position
            if batch.num_rows > begin:
                yield part, batch.slice(begin)

    def _slices(self, batch: pa.RecordBatch) -> Iterator[tuple[str | None, int, int]]:
        starts, paths = beginnings(batch.column(self._owner))
        return zip(paths, starts.tolist(), [*starts[1:].tolist(), batch.num_rows], strict=True)

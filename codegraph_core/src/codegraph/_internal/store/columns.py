"""Columns of a packed chunk: numbers in the narrowest width, few distinct values as codes, hexadecimal text as bytes.

An encoding is a JSON list: its name, and what its reader needs. Each reads any rows at the same cost for each row and
nothing for the others. What has no encoding here is text, which is compressed in blocks (`packed.py`).
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from codegraph._internal.store.hashing import dictionary_codes, text_layout

Put = Callable[[Any], int]
"""Appends a buffer to the chunk and returns where it starts."""
Rows = slice | npt.NDArray[Any]
"""Which rows of a chunk: a range with both ends, or positions."""

_WIDTHS: Final = ((1 << 8, "<u1"), (1 << 16, "<u2"), (1 << 32, "<u4"))
_MOST_SYMBOLS: Final = 64
_HEX_WIDTHS: Final = range(8, 129, 2)


def encoded(column: pa.Array, put: Put) -> list[Any] | None:
    """Return the encoding of a column, its buffers appended to the chunk; None where it is text to compress."""
    kind = column.type
    if column.null_count == len(column):
        return ["null"]
    if pa.types.is_dictionary(kind):
        return _symbols(column, put)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return _integers(column, put)
    if pa.types.is_string(kind):
        return _hexadecimal(column, put)
    if pa.types.is_list(kind):
        return ["empty"] if not column.null_count and not len(column.flatten()) else None
    if pa.types.is_struct(kind) and not column.null_count:
        parts = [encoded(column.field(index), put) for index in range(kind.num_fields)]
        return None if None in parts else ["struct", *parts]
    if pa.types.is_floating(kind) and not column.null_count:
        values = np.asarray(column)
        if (values == values[0]).all():
            return ["same", float(values[0])]
        return ["plain", values.dtype.str, put(np.ascontiguousarray(values))]
    return _as_it_is(column, put)


def _as_it_is(column: pa.Array, put: Put) -> list[Any]:
    """`arrow`: place and size of an Arrow stream."""
    content = stream_of(pa.record_batch([column], names=[""]))
    return ["arrow", put(content), content.size]


def stream_of(batch: pa.RecordBatch, options: pa.ipc.IpcWriteOptions | None = None) -> pa.Buffer:
    """Return a batch as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def narrow(values: npt.NDArray[Any], least: int, most: int) -> npt.NDArray[Any] | None:
    """Return what numbers are above the least of them, in the narrowest width; None where nothing is narrower."""
    for limit, dtype in _WIDTHS:
        if most - least < limit and np.dtype(dtype).itemsize <= values.dtype.itemsize:
            above: npt.NDArray[Any] = (values - values.dtype.type(least)).astype(dtype)
            return above
    return None


def _integers(column: pa.Array, put: Put) -> list[Any]:
    """`integers`: least value, code of a missing one (or -1), dtype and place ("" where all rows have the least)."""
    missing = np.asarray(column.is_null()) if column.null_count else None
    if pa.types.is_boolean(column.type):
        values = np.asarray(column.fill_null(False) if missing is not None else column).astype(np.int32)
    else:
        values = np.asarray(column.fill_null(0) if missing is not None else column)
    present = values if missing is None else values[~missing]
    least, most = int(present.min()), int(present.max())
    if missing is None and least == most:
        return ["integers", least, -1, "", 0]
    absent = -1
    if missing is not None:
        absent = most - least + 1
        values = np.where(missing, values.dtype.type(least), values)
    codes = narrow(values, least, most + (missing is not None))
    if codes is None:
        return _as_it_is(column, put)
    if missing is not None:
        codes[missing] = absent
    return ["integers", least, absent, codes.dtype.str, put(codes)]


def _symbols(column: pa.DictionaryArray, put: Put) -> list[Any] | None:
    """`symbols`: places of offsets and text of the values, their number, whether the last code means missing; codes.

    Codes are flat, or runs (starts and codes) where that is shorter.
    """
    values = column.dictionary
    if not pa.types.is_string(values.type) or values.null_count:
        return None
    if len(values) > max(_MOST_SYMBOLS, len(column) // 8):
        return None
    codes = dictionary_codes(column)
    if column.indices.null_count:
        codes = np.where(np.asarray(column.indices.is_null()), len(values), codes)
    codes = codes.astype(next(dtype for limit, dtype in _WIDTHS if len(values) < limit), copy=False)
    ends, text = text_layout(values)
    first, size = int(ends[0]), int(ends[-1] - ends[0])
    content = put(memoryview(text)[first : first + size]) if text is not None and size else 0
    known = [put(ends - ends[0]), content, size, len(values), bool(column.indices.null_count)]
    starts = np.concatenate(([0], np.flatnonzero(codes[1:] != codes[:-1]) + 1)).astype(np.uint32)
    if len(starts) * (4 + codes.itemsize) < len(codes) * codes.itemsize:
        return ["symbols", *known, codes.dtype.str, put(codes[starts]), len(starts), put(starts)]
    return ["symbols", *known, codes.dtype.str, put(codes), -1, 0]


def _hexadecimal(column: pa.Array, put: Put) -> list[Any] | None:
    """`hex`: digits of each row, place of the bytes, place of a byte for each row that says if it is there (or -1)."""
    present = column.drop_null() if column.null_count else column
    ends, text = text_layout(present)
    width = int(ends[1] - ends[0])
    if text is None or width not in _HEX_WIDTHS or not (np.diff(ends) == width).all():
        return None
    digits = text.slice(int(ends[0]), int(ends[-1] - ends[0]))
    try:
        content = binascii.unhexlify(memoryview(digits))
    except binascii.Error:
        return None
    if (np.frombuffer(digits, np.uint8) - np.uint8(ord("A")) < len("ABCDEF")).any():  # would come back in lower case
        return None
    rows = np.frombuffer(content, np.uint8).reshape(len(present), width // 2)
    if not column.null_count:
        return ["hex", width, put(rows), -1]
    there = np.asarray(column.is_valid())
    spread = np.zeros((len(column), width // 2), np.uint8)
    spread[there] = rows
    return ["hex", width, put(spread), put(there.astype(np.uint8))]


def code_counts(codes: npt.NDArray[Any], values: pa.Array, *, missing: bool) -> dict[str | None, int]:
    """Return how often values occur.

    Args:
        codes: Places among the values.
        values: Distinct values, and perhaps a null.
        missing: Whether the code after the last one means null.
    """
    counts = np.bincount(codes, minlength=len(values) + missing)
    found: dict[str | None, int] = {}
    for code in np.flatnonzero(counts).tolist():
        value = values[code].as_py() if code < len(values) else None
        found[value] = found.get(value, 0) + int(counts[code])
    return found


def undictionaried(column: pa.Array) -> pa.Array:
    """Return a column with its dictionary, if it has one, decoded."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


class Column:
    """Reads a column of a packed chunk.

    Args:
        kind: Its type.
        encoding: What `encoded` returned.
        content: The chunk's bytes.
        rows: Rows of the chunk.
    """

    def __init__(self, kind: pa.DataType, encoding: list[Any], content: pa.Buffer, rows: int) -> None:
        self._kind = kind
        self._rows = rows
        self._content = content
        self._encoding = encoding
        self._read: Callable[[Rows, int], pa.Array] = getattr(self, f"_{encoding[0]}")
        self._children: list[Column] = []
        self._whole: pa.Array | None = None
        self._one: pa.Array | None = None
        self._words: list[str] | None = None
        self._all_same = encoding[0] in {"null", "empty", "same"} or (encoding[0] == "integers" and not encoding[3])
        if encoding[0] == "struct":
            self._fields = list(kind)
            self._children = [
                Column(kind.field(index).type, child, content, rows) for index, child in enumerate(encoding[1:])
            ]
        elif encoding[0] == "symbols":
            self._begin_symbols()
        elif encoding[0] == "integers":
            self._dtype = np.dtype(np.bool_ if pa.types.is_boolean(kind) else kind.to_pandas_dtype())
            if encoding[3]:
                self._codes = self._view(encoding[3], encoding[4], rows)

    def read(self, rows: Rows) -> pa.Array:
        """Return some rows, in the order given; a single one is read fastest as a range."""
        count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        if count != 1 or not self._all_same:
            return self._read(rows, count)
        if self._one is None:
            self._one = self._read(rows, count)
        return self._one

    def values(self, rows: npt.NDArray[Any]) -> list[Any]:
        """Return the values of some rows, a few: for so few an array would cost more than it saves."""
        encoding = self._encoding
        match encoding[0]:
            case "null":
                return [None] * len(rows)
            case "empty":
                return [[] for _ in range(len(rows))]
            case "integers":
                least, absent = encoding[1], encoding[2]
                codes = self._codes[rows].tolist() if encoding[3] else [0] * len(rows)
                if pa.types.is_boolean(self._kind):
                    return [None if code == absent else bool(code + least) for code in codes]
                return [None if code == absent else code + least for code in codes]
            case "symbols":
                missing = encoding[4] if encoding[5] else -1
                return [None if code == missing else self._word(code) for code in self._codes_of(rows).tolist()]
            case "hex":
                _, width, place, there = encoding
                content = self._view("<u1", place, self._rows * (width // 2)).reshape(self._rows, width // 2)[rows]
                texts: list[Any] = [row.hex() for row in map(np.ndarray.tobytes, content)]
                if there >= 0:
                    present = self._view("<u1", there, self._rows)[rows].tolist()
                    texts = [text if is_there else None for text, is_there in zip(texts, present, strict=True)]
                return texts
            case "struct":
                names = [field.name for field in self._fields]
                children = [child.values(rows) for child in self._children]
                return [dict(zip(names, row, strict=True)) for row in zip(*children, strict=True)]
        found: list[Any] = self._read(rows, len(rows)).to_pylist()
        return found

    def counts(self, rows: npt.NDArray[Any]) -> dict[str | None, int] | None:
        """Return how often values occur in some rows; None for a column that is no codes."""
        if self._encoding[0] != "symbols":
            return None
        return code_counts(self._codes_of(rows), self._values, missing=bool(self._encoding[5]))

    def _word(self, code: int) -> str:
        if self._words is None and self._encoding[4] <= _MOST_SYMBOLS:
            self._words = self._values.to_pylist()
        return str(self._values[code]) if self._words is None else self._words[code]

    def _view(self, dtype: str, place: int, count: int) -> npt.NDArray[Any]:
        return np.frombuffer(self._content, np.dtype(dtype), count, place)

    def _null(self, rows: Rows, count: int) -> pa.Array:
        return pa.nulls(count, self._kind)

    def _empty(self, rows: Rows, count: int) -> pa.Array:
        offsets = pa.py_buffer(np.zeros(count + 1, np.int32))
        return pa.Array.from_buffers(self._kind, count, [None, offsets], children=[pa.nulls(0, self._kind.value_type)])

    def _same(self, rows: Rows, count: int) -> pa.Array:
        return pa.array(np.full(count, self._encoding[1], self._kind.to_pandas_dtype()))

    def _plain(self, rows: Rows, count: int) -> pa.Array:
        return pa.array(self._view(self._encoding[1], self._encoding[2], self._rows)[rows])

    def _struct(self, rows: Rows, count: int) -> pa.Array:
        return pa.StructArray.from_arrays([child.read(rows) for child in self._children], fields=self._fields)

    def _arrow(self, rows: Rows, count: int) -> pa.Array:
        if self._whole is None:
            content = self._content.slice(self._encoding[1], self._encoding[2])
            self._whole = pa.ipc.open_stream(content).read_next_batch().column(0)
        return self._whole[rows] if isinstance(rows, slice) else self._whole.take(pa.array(rows))

    def _integers(self, rows: Rows, count: int) -> pa.Array:
        _, least, absent, dtype, _ = self._encoding
        wanted = self._dtype
        if not dtype:
            return pa.array(np.full(count, least, wanted))
        codes = self._codes[rows]
        if count == 1:  # the steps for many cost several times as much
            code = int(codes[0])
            return pa.nulls(1, self._kind) if code == absent else pa.array(np.array([code + least], wanted))
        if wanted == np.bool_:
            values = (codes + least).astype(np.bool_)
        else:
            values = codes.astype(wanted)  # modulo the width, and so is the sum
            if least:
                values += np.array(least, wanted)
        return pa.array(values, mask=None if absent < 0 else codes == absent)

    def _begin_symbols(self) -> None:
        _, offsets, text, size, count, _, dtype, place, runs, starts = self._encoding
        buffers = [None, self._content.slice(offsets, 4 * (count + 1)), self._content.slice(text, size)]
        self._values = pa.StringArray.from_buffers(count, *buffers[1:])
        self._codes = self._view(dtype, place, self._rows if runs < 0 else runs)
        self._starts = self._view("<u4", starts, runs) if runs >= 0 else None
        self._ones: dict[int, pa.Array] = {}

    def _codes_of(self, rows: Rows) -> npt.NDArray[Any]:
        codes: npt.NDArray[Any] = self._codes
        if self._starts is None:
            return codes[rows]
        if isinstance(rows, slice) and rows.stop - rows.start > 1:
            return np.repeat(codes, np.diff(self._starts, append=self._rows))[rows]
        places = np.array([rows.start], np.uint32) if isinstance(rows, slice) else rows.astype(np.uint32, copy=False)
        # Of one type: numpy would convert all the starts.
        return codes[self._starts.searchsorted(places, "right") - 1]

    def _symbols(self, rows: Rows, count: int) -> pa.Array:
        if count == 1:
            return self._symbol(rows.start if isinstance(rows, slice) else int(rows[0]))
        codes = self._codes_of(rows)
        mask = codes == self._encoding[4] if self._encoding[5] else None
        indices = pa.array(codes.astype(np.int32), mask=mask)
        return pa.DictionaryArray.from_arrays(indices, self._values)

    def _symbol(self, row: int) -> pa.Array:
        """Return one row; kept for the next lookup, as a chunk has few distinct values."""
        if self._starts is not None:
            row = int(self._starts.searchsorted(np.uint32(row), "right")) - 1
        code = int(self._codes[row])
        found = self._ones.get(code)
        if found is None:
            mask = np.array([True]) if self._encoding[5] and code == self._encoding[4] else None
            found = pa.DictionaryArray.from_arrays(pa.array(np.array([code], np.int32), mask=mask), self._values)
            if len(self._ones) < _MOST_SYMBOLS:
                self._ones[code] = found
        return found

    def _hex(self, rows: Rows, count: int) -> pa.Array:
        _, width, place, there = self._encoding
        content = self._view("<u1", place, self._rows * (width // 2)).reshape(self._rows, width // 2)[rows]
        if count == 1:
            if there >= 0 and not self._view("<u1", there, self._rows)[rows][0]:
                return pa.nulls(1, pa.string())
            digits = content.tobytes().hex().encode()
            return pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, width], np.int32)), pa.py_buffer(digits))
        if there < 0:
            digits = binascii.hexlify(content)  # type: ignore[arg-type]
            offsets = np.arange(count + 1, dtype=np.int32) * width
            return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(digits))
        present = self._view("<u1", there, self._rows)[rows].astype(np.bool_)
        digits = binascii.hexlify(content[present])  # type: ignore[arg-type]
        offsets = np.concatenate(([0], np.cumsum(present, dtype=np.int32) * width)).astype(np.int32)
        valid = pa.array(present).buffers()[1]
        return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(digits), valid)

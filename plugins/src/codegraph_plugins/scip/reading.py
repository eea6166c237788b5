"""Reading a SCIP index: one field of `Index` at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from codegraph_plugins.scip import scip_pb2 as scip

_TYPES: Final[dict[int, Any]] = {1: scip.Metadata, 2: scip.Document, 3: scip.SymbolInformation}
_LENGTH_DELIMITED: Final = 2
_LONGEST_VARINT: Final = 70


class IndexFormatError(ValueError):
    """The bytes are no SCIP index."""


def read_index(path: Path) -> Iterator[Any]:
    """Yield the metadata, documents and external symbols of an index, in file order; memory is that of one of them.

    Raises:
        IndexFormatError: The file is cut off, or is something else.
    """
    with path.open("rb") as stream:
        while (tag := _varint(stream, first=True)) is not None:
            number, wire = tag >> 3, tag & 7
            length = _varint(stream)
            if wire != _LENGTH_DELIMITED or length is None or number not in _TYPES:
                raise IndexFormatError(f"The index has a field {number} of wire type {wire}.")
            content = stream.read(length)
            if len(content) != length:
                raise IndexFormatError("The index is cut off.")
            yield _TYPES[number].FromString(content)


def _varint(stream: BinaryIO, *, first: bool = False) -> int | None:
    value = shift = 0
    while shift < _LONGEST_VARINT:
        byte = stream.read(1)
        if not byte:
            if first and not shift:
                return None
            raise IndexFormatError("The index is cut off.")
        value |= (byte[0] & 0x7F) << shift
        if not byte[0] & 0x80:
            return value
        shift += 7
    raise IndexFormatError("The index has a number that is too long.")

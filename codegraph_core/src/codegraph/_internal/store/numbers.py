"""Arrays of whole numbers in a segment: as narrow as their greatest allows, three bytes included."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

THREE_BYTES: Final = "u3"
_LIMITS: Final = ((1 << 8, "|u1"), (1 << 16, "<u2"), (1 << 24, THREE_BYTES))
_MASK: Final = np.uint32(0xFFFFFF)

Numbers = npt.NDArray[Any]


def narrowed(values: Numbers) -> tuple[str, Numbers]:
    """Return the width that some numbers fit (a numpy dtype, or `THREE_BYTES`), and them in it.

    Args:
        values: Unsigned, below 2**32.

    Returns:
        Three-byte numbers are bytes, with one more at the end, so that each can be read as a part of four.
    """
    most = int(values.max(initial=0))
    width = next((width for limit, width in _LIMITS if most < limit), "<u4")
    if width != THREE_BYTES:
        return width, values.astype(width, copy=False)
    packed = np.zeros(3 * len(values) + 1, np.uint8)
    whole = np.ascontiguousarray(values, np.dtype("<u4")).view(np.uint8).reshape(-1, 4)
    for byte in range(3):  # a quarter of the time of all three at once
        packed[byte:-1:3] = whole[:, byte]
    return width, packed


class Packed:
    """Three-byte numbers in a buffer, read like an array.

    Args:
        content: What `narrowed` returned.
    """

    def __init__(self, content: memoryview) -> None:
        self._parts = np.ndarray((max(0, (len(content) - 1) // 3),), np.dtype("<u4"), content, 0, (3,))

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, rows: slice | Numbers) -> Numbers:
        """Return the numbers at some positions, as uint32."""
        return self._parts[rows] & _MASK

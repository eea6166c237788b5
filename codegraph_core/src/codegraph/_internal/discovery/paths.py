"""Raw path bytes ↔ the text that names them everywhere else. The mapping is one-to-one."""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(r"\\(\\|x[0-9a-f]{2})")


def path_text(raw: bytes) -> str:
    r"""Return the text of a path: UTF-8 stays, other bytes become ``\xNN``, a backslash becomes two.

    Args:
        raw: Path as the file system's bytes.
    """
    if b"\\" in raw:
        raw = raw.replace(b"\\", b"\\\\")
    return raw.decode("utf-8", "backslashreplace")


def path_bytes(text: str) -> bytes:
    """Return the raw bytes of a path text; the inverse of `path_text`.

    Raises:
        ValueError: The text holds a backslash that `path_text` would not have written.
    """
    if "\\" not in text:
        return text.encode("utf-8")
    raw, position = bytearray(), 0
    while (slash := text.find("\\", position)) >= 0:
        match = _ESCAPE.match(text, slash)
        if match is None:
            raise ValueError(f"not a path text: stray backslash at {slash}")
        raw += text[position:slash].encode("utf-8")
        raw += b"\\" if match[1] == "\\" else bytes([int(match[1][1:], 16)])
        position = match.end()
    return bytes(raw + text[position:].encode("utf-8"))

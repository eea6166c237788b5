"""Reading a source file: regular files only, capped, hashed, decoded without moving a byte offset."""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import Final, Literal

import blake3
import numpy as np
import numpy.typing as npt
from attrs import frozen

Encoding = Literal["utf8", "latin1", "utf16le", "utf16be"]

_COOKIE: Final = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_LATIN1: Final = frozenset({"latin-1", "latin1", "latin", "iso-8859-1", "iso8859-1", "iso-latin-1", "l1", "8859"})
_CODECS: Final[dict[Encoding, str]] = {
    "utf8": "utf-8",
    "latin1": "latin-1",
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
}
_UNITS: Final[dict[Encoding, str]] = {"utf16le": "<u2", "utf16be": ">u2"}
"""Code units of encodings in which an ASCII character is not one byte."""
_NEWLINE: Final = 10
_READ_BYTES: Final = 1 << 20
"""What is read at once. 64 kB made runs 2 % slower: most likely, such room has glibc keep more of what is freed."""


@frozen(kw_only=True)
class Unreadable:
    """Why a file has no text: its row's status and a diagnostic."""

    status: str
    code: str
    message: str
    category: str = "permanent"
    content_hash: str | None = None
    size: int | None = None


@frozen(kw_only=True)
class SourceText:
    """A file's bytes and how to read them."""

    content: bytes
    encoding: Encoding
    content_hash: str
    lines: int

    def decode(self, raw: bytes) -> str:
        """Return a slice of the content as text; what is not valid becomes U+FFFD."""
        return raw.decode(_CODECS[self.encoding], errors="replace")

    def line_starts(self) -> npt.NDArray[np.int64]:
        """Return the byte offset at which each line starts, the first one included."""
        marked = np.frombuffer(self.with_line_feeds(), np.uint8)
        return np.concatenate(([0], np.flatnonzero(marked == _NEWLINE) + 1))

    def with_line_feeds(self) -> bytes:
        """Return as many bytes as the content has, where each line ends, and no other byte is, a line feed."""
        units = _UNITS.get(self.encoding)
        if units is None:
            return self.content
        ends = np.flatnonzero(np.frombuffer(self.content, units, len(self.content) // 2) == _NEWLINE)
        marked = np.zeros(len(self.content), np.uint8)
        marked[ends * 2 + 1] = _NEWLINE
        return marked.tobytes()


def read_bytes(location: bytes, max_bytes: int) -> bytes | Unreadable:
    """Read a regular file without following a link or blocking on a FIFO or device."""
    try:
        descriptor = os.open(location, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        return _open_failure(error)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return Unreadable(status="skipped", code="file-not-regular", message="Not a regular file.")
        if status.st_size > max_bytes:
            return Unreadable(
                status="skipped",
                code="file-too-large",
                message=f"The file has {status.st_size} bytes; max_file_bytes is {max_bytes}.",
                size=status.st_size,
            )
        chunks: list[bytes] = []
        total = 0
        while chunk := os.read(descriptor, _READ_BYTES):
            chunks.append(chunk)
            total += len(chunk)
            if total > max_bytes:
                return Unreadable(
                    status="skipped",
                    code="file-too-large",
                    message=f"The file has more than max_file_bytes ({max_bytes}) bytes.",
                )
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    except OSError as error:
        return Unreadable(
            status="failed",
            code="file-unreadable",
            message=f"The file cannot be read: {os.strerror(error.errno or errno.EIO)}.",
            category="infrastructure",
        )
    finally:
        os.close(descriptor)


def _open_failure(error: OSError) -> Unreadable:
    if error.errno == errno.ENOENT:
        return Unreadable(
            status="failed", code="file-vanished", message="The file vanished during the run.", category="transient"
        )
    if error.errno in {errno.ELOOP, errno.ENXIO}:
        return Unreadable(status="skipped", code="file-not-regular", message="Not a regular file.")
    return Unreadable(
        status="failed",
        code="file-unreadable",
        message=f"The file cannot be opened: {os.strerror(error.errno or errno.EIO)}.",
    )


def source_text(content: bytes) -> SourceText | Unreadable:
    """Hash a file's bytes and find its encoding: BOM, coding cookie, UTF-8, Latin-1."""
    content_hash = blake3.blake3(content).hexdigest()
    encoding = detect_encoding(content)
    if encoding is None:
        return Unreadable(
            status="skipped",
            code="file-binary",
            message="The file has NUL bytes: binary.",
            content_hash=content_hash,
        )
    if encoding in {"utf16le", "utf16be"}:
        text = content.decode(_CODECS[encoding], errors="replace")
        lines = text.count("\n") + (not text.endswith("\n") and len(text) > 1)
    else:
        lines = content.count(b"\n") + (not content.endswith(b"\n") and len(content) > 0)
    return SourceText(content=content, encoding=encoding, content_hash=content_hash, lines=lines)


def detect_encoding(content: bytes) -> Encoding | None:
    """Return a file's encoding, or None if it is binary."""
    if content.startswith(b"\xff\xfe"):
        return "utf16le"
    if content.startswith(b"\xfe\xff"):
        return "utf16be"
    if b"\x00" in content:
        return None
    if not content.startswith(b"\xef\xbb\xbf"):
        for line in content[:1_000].split(b"\n", 2)[:2]:
            cookie = _COOKIE.match(line)
            if cookie is not None:
                name = cookie.group(1).decode("ascii", "replace").lower().replace("_", "-")
                if name in _LATIN1:
                    return "latin1"
    if content.isascii():
        return "utf8"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "latin1"
    return "utf8"

"""Appends to a new file around the page cache.

A segment is written once and read later in small parts. Through the page cache, filling fresh pages costs 0.3–2.5 ms of
CPU per MB (virtual machines pay most: the host backs each page on first touch), up to 0.4 s for 150 MB. Two aligned
blocks that are used in turn cost 0.1 ms per MB, and one thread writes a block while the other is filled. A file begins
in a small block: a commit of one file needs no more. As many blocks as one file needs are kept for the next, which
touches no fresh page then.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

from codegraph_hookspecs import start_thread

BLOCK_BYTES: Final = 4 << 20
_FIRST_BYTES: Final = 256 << 10
_FREE: Final[dict[int, list[mmap.mmap]]] = {_FIRST_BYTES: [], BLOCK_BYTES: []}
"""Blocks of files that are done, for the next, by size."""
_KEPT: Final = {_FIRST_BYTES: 1, BLOCK_BYTES: 2}
"""How many of each: what a file is filled from at once."""
_SECTOR: Final = 4096


class DirectFile:
    """A file that is written from start to end. Where the system has no O_DIRECT it is written through the page cache.

    Args:
        path: File to create; it must not exist.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._direct: int = getattr(os, "O_DIRECT", 0)
        try:
            self._fd = os.open(path, flags | self._direct, 0o644)
        except OSError as error:
            if not self._direct or error.errno != errno.EINVAL:
                raise
            self._direct = 0
            path.unlink(missing_ok=True)  # some file systems create it before they refuse
            self._fd = os.open(path, flags, 0o644)
        self.size = 0
        self._written = 0
        self._block = _block(_FIRST_BYTES)
        self._spare: mmap.mmap | None = None
        self._filled = 0
        self._busy: Future[None] | None = None

    def write(self, part: Any) -> None:
        """Append bytes.

        Raises:
            OSError: This or an earlier block could not be written.
        """
        view = part
        if type(part) is not bytes:
            view = memoryview(part)
            if view.format != "B" or view.ndim != 1:
                view = view.cast("B")
        count = len(view)
        self.size += count
        end = self._filled + count
        if len(self._block) <= end and len(self._block) < BLOCK_BYTES:
            self._grow()
        if end < len(self._block):
            self._block[self._filled : end] = view
            self._filled = end
            return
        while view:
            count = min(len(view), BLOCK_BYTES - self._filled)
            self._block[self._filled : self._filled + count] = view[:count]
            self._filled += count
            view = view[count:]
            if self._filled == BLOCK_BYTES:
                self._hand_over()

    def sync(self, read_next: int | None = None, *, durable: bool = True) -> None:
        """Write the rest, make the file durable, and close it. An fsync that fails is not repeated.

        Args:
            durable: False for a file that nobody wants after a power cut.
            read_next: From this byte on the file is read next; it begins to be fetched, since it is in no cache.

        Raises:
            OSError: The disk refused.
        """
        try:
            self._wait()
            padded = -(-self._filled // _SECTOR) * _SECTOR
            self._write_block(self._block, padded)
            os.ftruncate(self._fd, self.size)
            if durable:
                os.fsync(self._fd)
            if read_next is not None and hasattr(os, "posix_fadvise"):
                with contextlib.suppress(OSError):
                    os.posix_fadvise(self._fd, read_next, 0, os.POSIX_FADV_WILLNEED)
        finally:
            self.close()

    def close(self) -> None:
        """Close the file as it is; does nothing the second time."""
        busy, self._busy = self._busy, None
        if busy is not None:
            busy.exception()  # the block must not be written to a descriptor that is another file's by then
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            _give_back(self._block)
            if self._spare is not None:
                _give_back(self._spare)

    def _grow(self) -> None:
        first, self._block = self._block, _block(BLOCK_BYTES)
        with memoryview(first) as whole, whole[: self._filled] as used:
            self._block[: self._filled] = used
        _give_back(first)

    def _hand_over(self) -> None:
        self._wait()
        spare = self._spare or _block(BLOCK_BYTES)
        busy: Future[None] = Future()
        full = self._block

        def write() -> None:
            try:
                self._write_block(full, BLOCK_BYTES)
                busy.set_result(None)
            except BaseException as error:  # handed to whoever waits
                busy.set_exception(error)

        try:
            start_thread(write)
        except (MemoryError, RuntimeError):  # there can be no thread, as in a process that ends
            write()
        self._busy = busy
        self._block, self._spare = spare, full
        self._filled = 0

    def _wait(self) -> None:
        busy, self._busy = self._busy, None
        if busy is not None:
            busy.result()

    def _write_block(self, block: mmap.mmap, length: int) -> None:
        with memoryview(block) as whole:
            done = 0
            while done < length:
                with whole[done:length] as rest:
                    done += self._pwrite(rest, self._written + done)
        self._written += length

    def _pwrite(self, part: memoryview, offset: int) -> int:
        try:
            return os.pwrite(self._fd, part, offset)
        except OSError as error:
            if error.errno != errno.EINVAL or not self._direct:
                raise
        # Some file systems refuse O_DIRECT only now, and so does one that can take only part of the block: the page
        # cache then says what is really wrong (disk full, file too large).
        fcntl.fcntl(self._fd, fcntl.F_SETFL, fcntl.fcntl(self._fd, fcntl.F_GETFL) & ~self._direct)
        self._direct = 0
        return os.pwrite(self._fd, part, offset)


def _block(size: int) -> mmap.mmap:
    try:
        return _FREE[size].pop()
    except IndexError:
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # a fork has its own


def _give_back(block: mmap.mmap) -> None:
    """Keep a block for the next file, unless enough of its size are kept already."""
    size = len(block)
    if len(_FREE[size]) < _KEPT[size]:
        _FREE[size].append(block)
    else:
        block.close()

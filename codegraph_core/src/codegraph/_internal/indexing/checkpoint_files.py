"""Files of checkpoints: batches as Arrow IPC streams one after the other, facts as JSON, a checksum over all.

    stream … stream | JSON footer | u64 length of the footer | 32 bytes BLAKE3 of everything before

A file appears under its name when it is complete. It is not synced: after a power cut the checksum says that it is no
checkpoint, and the work is done again.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import blake3
import pyarrow as pa
from attrs import frozen

_OPTIONS: Final = pa.ipc.IpcWriteOptions(compression="lz4")
_LENGTH_BYTES: Final = 8
_CHECKSUM_BYTES: Final = 32


@frozen
class Checkpoint:
    """What a file holds.

    Args:
        facts: As they were given.
        rows: Table and batch, in the order they were added; read when asked for.
    """

    facts: dict[str, Any]
    _content: memoryview
    _parts: list[tuple[str, int, int]]

    @property
    def rows(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield tables' names and batches."""
        for table, start, length in self._parts:
            with pa.ipc.open_stream(pa.py_buffer(self._content[start : start + length])) as reader:
                for batch in reader:
                    yield table, batch


class CheckpointWriter:
    """Writes one file; left by an exception, or never closed, it leaves nothing under the name.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        self._parts: list[tuple[str, int, int]] = []
        self._hasher = blake3.blake3()
        self._stream: BinaryIO | None = None
        self._position = 0
        self.facts: dict[str, Any] = {}

    def __enter__(self) -> Self:
        # A checkpoint is worth no failure: where the disk refuses, the work goes on without one.
        with contextlib.suppress(OSError):
            self._stream = self._temporary.open("wb")
        return self

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema, options=_OPTIONS) as writer:
            writer.write_batch(batch)
        content = memoryview(sink.getvalue())
        self._parts.append((table, self._position, len(content)))
        self._write(content)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            footer = json.dumps({"facts": self.facts, "parts": self._parts}).encode()
            self._write(footer)
            self._write(len(footer).to_bytes(_LENGTH_BYTES, "little"))
            self._write(self._hasher.digest())
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self._stream.close()
                if error is None:
                    self._temporary.replace(self._path)
                    return
        with contextlib.suppress(OSError):
            self._temporary.unlink()

    def _write(self, content: Any) -> None:
        if self._stream is None:
            return
        self._hasher.update(content)
        self._position += len(content)
        try:
            self._stream.write(content)
        except OSError:
            with contextlib.suppress(OSError):
                self._stream.close()
            self._stream = None


def read_checkpoint(path: Path) -> Checkpoint | None:
    """Return what a file holds, or None where there is none that is whole."""
    try:
        content = memoryview(path.read_bytes())
    except OSError:
        return None
    end = len(content) - _CHECKSUM_BYTES
    if end < _LENGTH_BYTES or blake3.blake3(content[:end]).digest() != content[end:]:
        return None
    length = int.from_bytes(content[end - _LENGTH_BYTES : end], "little")
    footer = json.loads(bytes(content[end - _LENGTH_BYTES - length : end - _LENGTH_BYTES]))
    return Checkpoint(footer["facts"], content, [tuple(part) for part in footer["parts"]])

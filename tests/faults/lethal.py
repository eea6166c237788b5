"""A parser that some files kill, starve or hang, importable in worker processes."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from codegraph_hookspecs import ParsedBatch, ParseOptions, SourceFile
from tests.unit.indexing.fakes import ToyParser, ToySession

RELEASE = threading.Event()
"""Ends the hangs of this process, so that tests leave no busy thread behind."""
HANGING: list[bytes] = []
RELEASED: list[bytes] = []
"""What hangs or hung in this process, and what does so no more."""


def wait_for_released() -> None:
    """Wait until nothing hangs in this process any more."""
    until = time.monotonic() + 60
    while len(RELEASED) < len(HANGING):
        assert time.monotonic() < until
        time.sleep(0.01)


def obey(content: bytes) -> None:
    """Do to this process what a file says."""
    if b"segfault" in content:
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"exit" in content:
        os._exit(0)
    if b"hang" in content:
        HANGING.append(content)
        RELEASE.wait(600)
        RELEASED.append(content)
    if b"hog" in content:  # more than is allowed, and no more than that: whoever watches may be late
        held = [b"x" * (16 * 1024 * 1024) for _ in range(32)]
        time.sleep(600)
        del held
    if b"raise" in content:
        raise ValueError("broken parser")


class LethalSession(ToySession):
    """Obeys each file before it parses it."""

    def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
        """Parse files, if they let it."""
        return super().parse(list(self._obeyed(sources)) if self.parser.name == "lethal" else sources)

    def _obeyed(self, sources: Sequence[SourceFile]) -> Iterator[SourceFile]:
        for source in sources:
            obey(Path(os.fsdecode(source.location)).read_bytes())
            yield source


class Lethal(ToyParser):
    """The parser; best of all by its own account."""

    def __init__(self, name: str = "lethal", priority: int = 99) -> None:
        super().__init__(name, priority)

    def open(self, packs: object, options: ParseOptions) -> LethalSession:
        """Open a session."""
        self.options = options
        return LethalSession(self)


class Blind(Lethal):
    """Takes all files of a batch before it looks at any, as an engine with its own threads does."""

    def open(self, packs: object, options: ParseOptions) -> LethalSession:
        """Open a session."""
        return BlindSession(self)


class BlindSession(LethalSession):
    """Obeys all files after it has taken them all."""

    def _obeyed(self, sources: Sequence[SourceFile]) -> Iterator[SourceFile]:
        taken = list(sources)
        for source in taken:
            obey(Path(os.fsdecode(source.location)).read_bytes())
        yield from taken

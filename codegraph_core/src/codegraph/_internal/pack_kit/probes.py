"""Small texts in the manner of many languages: what a new pack is tried on before its author brings sources.

They stand in templates/probes.txt, and none belongs to one language. Which text suits a grammar is found out: it is
read without an error, and the guessed table makes functions and calls of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Final

_SEPARATOR: Final = "%%%\n"

COMMENTS: Final = ("#", "//", "--", ";;", "%")
"""What begins a comment of one line; literate cases are written in these."""


def comment_marks() -> Iterator[tuple[str, bytes]]:
    """Yield each mark with a text that is nothing but such a comment."""
    for mark in COMMENTS:
        yield mark, f"{mark} note\n".encode()


def probes() -> list[bytes]:
    """Return the texts."""
    text = resources.files(__package__).joinpath("templates/probes.txt").read_text(encoding="utf-8")
    return [probe.encode() for probe in text.split(_SEPARATOR)]

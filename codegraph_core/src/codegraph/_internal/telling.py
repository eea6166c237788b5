"""Errors that reading a snapshot meets reach whoever opened it, for `codegraph_alert`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from codegraph_hookspecs.errors import CodeGraphError


@contextmanager
def telling(snapshot: object) -> Iterator[None]:
    """Give an error of the block to the snapshot's `tell`, if it has one, and raise it."""
    try:
        yield
    except CodeGraphError as error:
        tell = getattr(snapshot, "tell", None)
        if tell is not None:
            tell(error)
        raise

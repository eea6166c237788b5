"""Giving freed memory back to the system.

Engines free whole batches at a time, and glibc keeps what it was given: on Django 100 MB that nobody used
stayed resident between parsing and the commit. Other C libraries return it by themselves.
"""

from __future__ import annotations

import ctypes
from functools import cache


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):  # no dynamic loading, or a platform where it needs a name
        return None
    return library if hasattr(library, "malloc_trim") else None


def return_freed_memory() -> bool:
    """Return free pages of the C heap to the system; False where the C library has no call for it."""
    library = _library()
    if library is None:
        return False
    library.malloc_trim(0)
    return True

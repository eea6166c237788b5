"""Freed memory goes back to the system where the C library can do that."""

from __future__ import annotations

import gc
import platform
import resource
from pathlib import Path

import pyarrow as pa
import pytest

from codegraph._internal.indexing.memory import process_of_a_run, return_freed_memory


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps and returns memory this way")
def test_memory_below_a_living_allocation_returns_to_the_system() -> None:
    import ctypes

    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    library.free.argtypes = [ctypes.c_void_p]
    blocks = [library.malloc(100_000) for _ in range(500)]
    for block in blocks:
        ctypes.memset(block, 1, 100_000)
    held = _resident_bytes()
    for block in blocks[:-1]:  # the last one keeps the heap's top in use
        library.free(block)

    assert return_freed_memory()

    assert held - _resident_bytes() > 30_000_000
    library.free(blocks[-1])


def test_a_run_takes_tables_from_the_heap_and_leaves_the_process_as_it_was() -> None:
    before, frozen = pa.default_memory_pool().backend_name, gc.get_freeze_count()

    with process_of_a_run(), process_of_a_run():
        inside = pa.default_memory_pool().backend_name
        assert frozen or gc.get_freeze_count() > 0
        kept = pa.array(range(1_000))

    assert inside == ("system" if platform.libc_ver()[0] == "glibc" else before)
    assert (pa.default_memory_pool().backend_name, gc.get_freeze_count()) == (before, frozen)
    assert kept[999].as_py() == 999

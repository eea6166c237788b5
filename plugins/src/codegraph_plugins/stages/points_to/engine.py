"""The native engine that the stages need, and the error where it is missing."""

from __future__ import annotations

import ctypes
import importlib
from functools import cache
from typing import Any, Final

from codegraph_hookspecs import PluginError

LANGUAGES: Final = ("python", "javascript", "typescript", "java")
"""Languages whose calls are analysed."""
FAMILIES: Final = {language: "javascript" if language == "typescript" else language for language in LANGUAGES}
"""The family of each: those of two families have nothing in common, and are solved each on its own."""


def native() -> Any:
    """Return the extension module.

    Raises:
        PluginError: It is not installed, or is of another make than its Python package.
    """
    try:
        return importlib.import_module("codegraph_parser_rust._engine").native()
    except ImportError as error:
        raise PluginError(
            "The call graph needs the native engine, which is not installed.",
            code="native-engine-missing",
            context={"remedy": "Install codegraph-parser-rust, or leave the plugin `call-graph` out."},
            cause=error,
        ) from error


@cache
def _library() -> ctypes.CDLL | None:
    """Return the C library if it is one with glibc's calls for its heap."""
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):  # no dynamic loading, or a platform where it needs a name
        return None
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None


@cache
def keep_tables_apart() -> None:
    """Have tables from 1 MB on mapped on their own, for the process.

    glibc moves that limit up to 32 MB when such a table is freed. Tables that grow then leave holes in the heap, which
    on Django are 70 MB at the peak.
    """
    library = _library()
    if library is not None:
        library.mallopt(_MMAP_THRESHOLD, 1 << 20)


def return_freed_memory() -> None:
    """Give free pages of the C heap back to the system: a solved constraint graph leaves a hundred MB of them."""
    library = _library()
    if library is not None:
        library.malloc_trim(0)


_MMAP_THRESHOLD: Final = -3
"""`M_MMAP_THRESHOLD` of `mallopt(3)`."""

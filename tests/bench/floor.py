"""Measure the floor P: CPU seconds that tree-sitter's core alone needs for a corpus.

    python tests/bench/floor.py LANGUAGE PATH [--repeats 5] [--json]

P is the median of the repeats: parse + delete, one thread, files read in advance, the same core
version and the same grammar wheel as the native engine, `-O2 -DNDEBUG`, libc malloc.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import json
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CORE = HERE.parents[1] / "plugins/parser_rust/crates/codegraph-syntax/vendor/tree-sitter"
FLAGS = ("-O2", "-DNDEBUG", "-fPIC", "-fvisibility=hidden", "-fno-semantic-interposition", "-std=gnu11", "-w")
GRAMMARS = {
    "python": ("tree_sitter_python", "language", (".py", ".pyi")),
    "javascript": ("tree_sitter_javascript", "language", (".js", ".jsx", ".mjs", ".cjs")),
    "typescript": ("tree_sitter_typescript", "language_typescript", (".ts", ".mts", ".cts")),
    "java": ("tree_sitter_java", "language", (".java",)),
    "kotlin": ("tree_sitter_kotlin", "language", (".kt", ".kts")),
    "go": ("tree_sitter_go", "language", (".go",)),
    "rust": ("tree_sitter_rust", "language", (".rs",)),
    "tsx": ("tree_sitter_typescript", "language_tsx", (".tsx",)),
}

Arguments = tuple[int, Any, Any, int]
"""A language's address, the texts, their lengths, and how many there are."""


def build_floor(folder: Path) -> ctypes.CDLL:
    """Compile floor.c and load it."""
    library = folder / "floor.so"
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    includes = [f"-I{CORE / 'src'}", f"-I{CORE / 'include'}"]
    subprocess.run([compiler, *FLAGS, *includes, "-shared", str(HERE / "floor.c"), "-o", str(library)], check=True)
    floor = ctypes.CDLL(str(library))
    floor.floor_seconds.restype = ctypes.c_double
    floor.floor_seconds.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    return floor


def language_pointer(module: str, function: str) -> int:
    """Return the address in a grammar wheel's capsule."""
    capsule = getattr(importlib.import_module(module), function)()
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype = ctypes.c_void_p
    get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return int(get_pointer(capsule, b"tree_sitter.Language"))


def arguments(language: int, sources: Sequence[bytes]) -> Arguments:
    """Return what `floor_seconds` of the library takes."""
    count = len(sources)
    return language, (ctypes.c_char_p * count)(*sources), (ctypes.c_uint32 * count)(*map(len, sources)), count


def corpus(root: Path, extensions: Sequence[str]) -> list[Path]:
    """Return the corpus's files, sorted; `node_modules` and hidden folders are left out."""
    return sorted(
        path
        for path in root.rglob("*")
        if path.suffix in extensions
        and path.is_file()
        and not path.is_symlink()
        and path.stat().st_size <= 2_000_000
        and not any(part == "node_modules" or part.startswith(".") for part in path.relative_to(root).parts)
    )


def measure(language: str, root: Path, repeats: int) -> dict[str, float]:
    """Return P (`seconds`, the median; `best`) and the corpus's `files`, `bytes`, `lines`."""
    module, function, extensions = GRAMMARS[language]
    sources = [path.read_bytes() for path in corpus(root, extensions)]
    with tempfile.TemporaryDirectory() as folder:
        floor = build_floor(Path(folder))
        given = arguments(language_pointer(module, function), sources)
        runs = [float(floor.floor_seconds(*given)) for _ in range(repeats)]
    if min(runs) < 0:
        raise RuntimeError("the grammar does not fit the core")
    seconds = statistics.median(runs)
    lines = sum(source.count(b"\n") for source in sources)
    return {
        "seconds": seconds,
        "best": min(runs),
        "files": len(sources),
        "bytes": sum(map(len, sources)),
        "lines": lines,
        "lines_per_second": lines / seconds,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("language", choices=sorted(GRAMMARS))
    parser.add_argument("path", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    result = measure(options.language, options.path, options.repeats)
    print(json.dumps(result) if options.json else "\n".join(f"{key}: {value:,.3f}" for key, value in result.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

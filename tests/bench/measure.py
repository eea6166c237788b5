"""Child process of the bench: does one thing once and prints what it took as one JSON object.

CPU is taken inside the process around the work itself: from the start of discovery to the durable commit.
Interpreter start and imports are outside it, and are printed beside it.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def cpu_seconds() -> float:
    """Return the CPU time of this process and of the children it has waited for."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def peak_rss_bytes() -> int:
    """Return this process's peak resident memory; on Linux from VmHWM, which exec resets (ru_maxrss is inherited)."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def index(root: Path, cache_dir: Path, backend: str, workers: int, mode: str) -> dict[str, Any]:
    """Index a folder and return the run's summary with CPU and wall seconds taken here."""
    import codegraph._internal.store  # noqa: F401
    import codegraph_hookspecs.tables  # noqa: F401
    from codegraph._internal.indexing import Indexer
    from codegraph._internal.settings import IndexingConfig

    config = IndexingConfig(root_path=root, cache_dir=cache_dir, backend=backend, parallel_workers=workers, mode=mode)
    imported = cpu_seconds()
    wall, cpu = time.perf_counter(), cpu_seconds()
    result = Indexer(config).run()
    spent = {"cpu": cpu_seconds() - cpu, "wall": time.perf_counter() - wall, "before": imported}
    return {**spent, "parser": parser_seconds(), "changed": result.changed, "summary": dict(result.summary)}


def call_graph(root: Path, cache_dir: Path) -> dict[str, Any]:
    """Index a folder with the call graph, from nothing and with one worker."""
    import codegraph_hookspecs.tables  # noqa: F401
    from codegraph import CodeGraph

    wanted = CodeGraph().index(root, cache_dir=cache_dir, backend="rust", mode="full").parallel(1).with_call_graph()
    imported = cpu_seconds()
    wall, cpu = time.perf_counter(), cpu_seconds()
    result = wanted.execute()
    spent = {"cpu": cpu_seconds() - cpu, "wall": time.perf_counter() - wall, "before": imported}
    return {**spent, "parser": parser_seconds(), "changed": result.changed, "summary": dict(result.summary)}


def flow(root: Path) -> dict[str, Any]:
    """Lower every file that has a lowering, and build the SSA form of all its functions; files are read in advance."""
    from codegraph_parser_rust._native import Flow

    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from floor import GRAMMARS, corpus

    work = []
    for language in Flow.languages():
        if language in GRAMMARS:
            module, function, extensions = GRAMMARS[language]
            lowering = Flow(language, getattr(importlib.import_module(module), function)())
            work += [(lowering, path.read_bytes()) for path in corpus(root, extensions)]
    wall, cpu, bodies = time.perf_counter(), cpu_seconds(), 0
    for lowering, content in work:
        bodies += lowering.measure(content)[0]
    return {"cpu": cpu_seconds() - cpu, "wall": time.perf_counter() - wall, "files": len(work), "bodies": bodies}


def parser_seconds() -> dict[str, float] | None:
    """Return the CPU seconds of the native parser's threads by work; None where it was not loaded."""
    native = sys.modules.get("codegraph_parser_rust._native")
    return None if native is None else dict(native.cpu_seconds())


def stat_files(root: Path) -> dict[str, Any]:
    """Read every folder and stat every file below a folder, as cheaply as Python can."""
    wall, cpu, files = time.perf_counter(), cpu_seconds(), 0
    for entry in _entries(os.fsencode(root)):
        entry.stat(follow_symlinks=False)
        files += 1
    return {"cpu": cpu_seconds() - cpu, "wall": time.perf_counter() - wall, "files": files}


def _entries(folder: bytes) -> Iterator[os.DirEntry[bytes]]:
    folders = [folder]
    while folders:
        with os.scandir(folders.pop()) as listed:
            for entry in listed:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    yield entry


class _WithoutPandas:
    """Hides pandas, which pyarrow imports at its first array wherever it is installed (0.3 s, 40 MB).

    The tests need it, so the environment that measures has it; the product does not depend on it.
    """

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def main() -> None:
    """Do what the JSON object in the first argument asks for."""
    sys.meta_path.insert(0, _WithoutPandas())
    task = json.loads(sys.argv[1])
    root = Path(task["root"])
    if task["do"] == "flow":
        outcome = flow(root)
    elif task["do"] == "call graph":
        outcome = call_graph(root, Path(task["cache_dir"]))
    elif task["do"] == "stat":
        outcome = min((stat_files(root) for _ in range(5)), key=lambda each: float(each["cpu"]))
    else:
        outcome = index(root, Path(task["cache_dir"]), task["backend"], task["workers"], task["mode"])
    print(json.dumps({**outcome, "peak_rss_bytes": peak_rss_bytes()}))


if __name__ == "__main__":
    main()

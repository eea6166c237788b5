"""How many of the calls that a run makes the call graph of JavaScript has: `traced_js.py COMPILER FOLDER DRIVER`.

COMPILER is the npm package `typescript`, unpacked; FOLDER an unpacked npm package of CommonJS modules; DRIVER a script
that exercises it, given FOLDER as its argument (`js_drivers` has some). The driver runs in a process of its own, with
`traced_js.js`; the package is indexed and never run by this process. Prints recall on the calls between the package's
own functions, the misses by cause, and each miss. Not collected by pytest: docs/explanation/call-graph.md has a recipe.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from codegraph import CodeGraph

_TRACER: Final = Path(__file__).with_suffix(".js")
_FUNCTIONS: Final = ("function", "method", "property", "class")

Place = tuple[str, int, int]
"""A file, first byte, byte past the last; -1 of a module."""


def traced(compiler: Path, folder: Path, driver: Path) -> set[tuple[Place, Place]]:
    """Run a driver and return the calls that it makes."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, "calls.json")
        given = {"TRACED_COMPILER": str(compiler), "TRACED_ROOT": str(folder), "TRACED_OUT": str(out)}
        command = ["node", "-r", str(_TRACER), str(driver), str(folder)]
        environment = {"PATH": os.environ["PATH"], "HOME": scratch, **given}
        subprocess.run(command, env=environment, check=True, timeout=600, stdout=subprocess.DEVNULL)
        rows = json.loads(out.read_text(encoding="utf-8"))

    def place(file: str, start: int, end: int) -> Place:
        return Path(file).relative_to(folder).as_posix(), start, end

    return {(place(*row[:3]), place(*row[3:])) for row in rows}


def main() -> None:
    """Measure one package."""
    compiler, folder, driver = (Path(one).resolve() for one in sys.argv[1:4])
    calls = traced(compiler, folder, driver)
    with tempfile.TemporaryDirectory() as cache:
        result = CodeGraph().index(folder, cache_dir=Path(cache)).with_call_graph().execute()
        nodes = list(result.query().nodes().execute())
        edges = list(result.query().edges().filter(kind="calls").execute())
        sites = list(result.query().call_sites().execute())
    ids: dict[Place, str] = {}
    for node in nodes:
        if node.kind == "module":
            ids[node.file_path, -1, -1] = node.id
        elif node.kind in _FUNCTIONS:
            ids[node.file_path, node.start_byte, node.end_byte] = node.id
    static = {(edge.source_id, edge.target_id) for edge in edges}
    reached = {target for _, target in static}
    dynamic = {site.caller_id for site in sites if site.status == "dynamic"}
    found, missed = 0, Counter[str]()
    shown: list[str] = []
    wanted = sorted((source, target) for source, target in calls if source != target or source in ids)
    for source, target in wanted:
        if (ids.get(source, ""), ids.get(target, "")) in static:
            found += 1
            continue
        match source in ids, target in ids:
            case False, _:
                cause = "caller has no node"
            case _, False:
                cause = "callee has no node"
            case _ if ids[source] in dynamic:
                cause = "caller has dynamic calls"
            case _:
                cause = "other" if ids[target] in reached else "callee never reached"
        missed[cause] += 1
        shown.append(f"{cause}: {ids.get(source, source)} -> {ids.get(target, target)}")
    recall = found / max(len(wanted), 1)
    print(f"{folder.name}: {found} of {len(wanted)} traced calls, recall {recall:.3f}; missed {dict(missed)}")
    for line in sorted(shown):
        print("  missed", line)


if __name__ == "__main__":
    main()

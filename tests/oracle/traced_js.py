"""How many of the calls that a run makes the call graph of JavaScript has.

`traced_js.py COMPILER FOLDER DRIVER`, or `traced_js.py COMPILER FOLDER -- COMMAND…`: COMPILER is the npm package
`typescript`, unpacked; FOLDER an unpacked npm package; DRIVER a script that exercises it, given FOLDER as its argument
(`js_drivers` has some); COMMAND what runs the package's own tests, in FOLDER. Both run in processes of their own, with
`traced_js.js`; the package is indexed and never run by this process. With `--of SUBFOLDER` before COMPILER the calls
between functions below it count alone, so that a package's tests are read and not measured. Prints recall on the calls
between the package's own functions, the misses by cause, and each miss. Not collected by pytest:
docs/explanation/call-graph.md has recipes.
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


def traced(compiler: Path, folder: Path, command: list[str]) -> set[tuple[Place, Place]]:
    """Run a command in the folder and return the calls that it makes; those that nothing of ours makes are left out."""
    with tempfile.TemporaryDirectory() as scratch:
        given = {"TRACED_COMPILER": str(compiler), "TRACED_ROOT": str(folder), "TRACED_OUT": scratch}
        environment = {"PATH": os.environ["PATH"], "HOME": scratch, **given}
        tracing = environment | {"NODE_OPTIONS": f"--require={_TRACER}"}
        # Tests that fail under a changed stack have made their calls all the same.
        subprocess.run(command, cwd=folder, env=tracing, check=False, timeout=600, stdout=subprocess.DEVNULL)
        resolved = subprocess.run(["node", str(_TRACER)], env=environment, check=True, timeout=600, capture_output=True)
        rows = json.loads(resolved.stdout)

    def place(file: str, start: int, end: int) -> Place:
        return Path(file).relative_to(folder).as_posix(), start, end

    return {(place(*row[:3]), place(*row[3:])) for row in rows if row[0] is not None}


def main() -> None:
    """Measure one package."""
    arguments = sys.argv[1:]
    below = ""
    if arguments[0] == "--of":
        below = arguments[1].rstrip("/") + "/"
        del arguments[:2]
    compiler, folder = (Path(one).resolve() for one in arguments[:2])
    own = arguments[2] == "--"
    command = arguments[3:] if own else ["node", str(Path(arguments[2]).resolve()), str(folder)]
    every = traced(compiler, folder, command)
    calls = {
        (source, target) for source, target in every if source[0].startswith(below) and target[0].startswith(below)
    }
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

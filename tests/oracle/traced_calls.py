"""How many of the calls that a package's own tests make the call graph has: `traced_calls.py FOLDER PACKAGE [TESTS]`.

FOLDER is an unpacked source distribution, PACKAGE the package in it whose calls count (a dotted folder below FOLDER,
`src/attr`), TESTS what pytest is given. The tests run in a process of their own, under `sys.setprofile`; the package is
indexed and never imported by this process. Prints recall on the calls between the package's own functions, and what is
missed by kind. Not collected by pytest: a recipe is in docs/explanation/call-graph.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from codegraph import CodeGraph

TRACER = """
import json, linecache, sys, threading
package, out, *arguments = sys.argv[1:]
edges, elsewhere = set(), set()
HIDDEN = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")

def name(code):
    parts = [part for part in code.co_qualname.split(".") if part != "<locals>"]
    while parts and parts[-1] in HIDDEN:
        parts.pop()
    return ".".join(parts) or "<module>"

def profile(frame, event, argument):
    if event != "call":
        return
    code, back = frame.f_code, frame.f_back
    if back is None or not code.co_filename.startswith(package) or not back.f_code.co_filename.startswith(package):
        return
    if code.co_name in HIDDEN or code.co_name == "<module>" or not code.co_flags & 2:
        return
    if code.co_flags & 0x2A0:
        if frame.f_lasti > 8:
            return  # a generator or coroutine goes on
        # Only the frame that runs it first is seen. Who made it is another where its text does not name it.
        line = linecache.getline(back.f_code.co_filename, back.f_lineno)
        if not code.co_name.startswith("__") and code.co_name not in line:
            elsewhere.add((back.f_code.co_filename, name(back.f_code), code.co_filename, name(code)))
            return
    edges.add((back.f_code.co_filename, name(back.f_code), code.co_filename, name(code), code.co_firstlineno))

import pytest
sys.setprofile(profile)
threading.setprofile(profile)
status = pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments])
sys.setprofile(None)
with open(out, "w") as handle:
    json.dump([sorted(edges), len(elsewhere)], handle)
"""


def traced(folder: Path, package: Path, tests: list[str]) -> tuple[list[tuple[str, str, str, str, int]], int]:
    """Run the tests and return their calls: caller's file and name, callee's file, name and first line.

    The number is that of generators which ran first somewhere else than where they were made: the profiler sees who
    asks for the first item, not who made the call.
    """
    with tempfile.TemporaryDirectory() as scratch:
        script, out = Path(scratch, "tracer.py"), Path(scratch, "calls.json")
        script.write_text(TRACER, encoding="utf-8")
        command = [sys.executable, "-W", "ignore", str(script), str(package), str(out), *tests]
        environment = {"PYTHONPATH": str(package.parent), "PATH": "/usr/bin:/bin", "HOME": scratch}
        environment["PYTHONPATH"] += os.pathsep + os.environ.get("PYTHONPATH", "")
        subprocess.run(command, cwd=folder, env=environment, check=False, timeout=1_800, stdout=subprocess.DEVNULL)
        rows, elsewhere = json.loads(out.read_text(encoding="utf-8"))
        return [tuple(row) for row in rows], elsewhere


def main() -> None:
    """Measure one package."""
    folder = Path(sys.argv[1]).resolve()
    package = folder / sys.argv[2]
    calls, elsewhere = traced(folder, package, sys.argv[3:])
    with tempfile.TemporaryDirectory() as cache:
        result = CodeGraph().index(folder, cache_dir=Path(cache)).with_call_graph().execute()
        nodes = list(result.query().nodes().execute())
        edges = list(result.query().edges().filter(kind="calls").execute())
    names = {node.id: node.fqn for node in nodes}
    modules = {node.file_path: node.fqn for node in nodes if node.kind == "module"}
    lambdas = {(node.file_path, node.start_line): node.fqn for node in nodes if "<lambda" in node.name}
    static = {(names[edge.source_id], names[edge.target_id]) for edge in edges}
    reached = {source for source, _ in static} | {target for _, target in static}
    found, missed = 0, Counter[str]()
    shown: list[str] = []
    wanted = set()
    for from_file, caller, to_file, callee, line in calls:
        paths = [Path(one).relative_to(folder).as_posix() for one in (from_file, to_file)]
        if "<lambda>" in caller or any(path not in modules for path in paths):
            continue
        source = modules[paths[0]] + ("" if caller == "<module>" else f".{caller}")
        target = f"{modules[paths[1]]}.{callee}"
        if callee.endswith("<lambda>"):
            target = lambdas.get((paths[1], line), target)
        wanted.add((source, target))
    for source, target in sorted(wanted):
        if (source, target) in static:
            found += 1
            continue
        last = target.rpartition(".")[2]
        kind = "lambda" if "<lambda" in last else "special method" if last.startswith("__") else "other"
        missed[kind if target in reached else f"{kind}, callee never reached"] += 1
        shown.append(f"{source} -> {target}")
    recall = found / max(len(wanted), 1)
    print(f"{folder.name}: {found} of {len(wanted)} traced calls, recall {recall:.3f}; missed {dict(missed)}")
    print(f"  not counted: {elsewhere} generators that ran first elsewhere than where they were made")
    for line in shown:
        print("  missed", line)


if __name__ == "__main__":
    main()

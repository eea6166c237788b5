"""Imports of Python against the import system's own path finder: an oracle that shares no code with the linker.

    python -m tests.oracle.python_imports FOLDER [ROOT …]

The standard library's `ast` reads the imports, `importlib.machinery.PathFinder` looks the modules up below the roots
(folders of FOLDER, itself by default), one part of a dotted name after the other; no module is run. An import has its
target inside if the finder gives a file, or a folder without an index, of FOLDER. What is compared is the module that
a row of the import's lines or an edge of its file leads to (a file has one edge to a module, not one for each import).
Every miss is listed.
"""

from __future__ import annotations

import ast
import importlib.machinery
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import define, field

from codegraph import CodeGraph, IndexingConfig


@define
class Agreement:
    """How many imports with a target inside lead to it; `misses` has (place, module, what was found)."""

    inside: int = 0
    right: int = 0
    misses: list[tuple[str, str, str]] = field(factory=list)


def found(name: str, roots: Sequence[str]) -> str | None:
    """Return the file of a module, or the folder of a package without an index; None if there is none."""
    paths, origin = list(roots), None
    for part in name.split("."):
        spec = importlib.machinery.PathFinder.find_spec(part, paths)
        if spec is None:
            return None
        paths = list(spec.submodule_search_locations or ())
        origin = spec.origin or next(iter(paths), None)
    return origin


def wanted(path: Path, folder: Path, roots: Sequence[str]) -> Iterator[tuple[range, str, str]]:
    """Yield (lines, module, file or folder) of a file's imports with a target inside, paths relative to the folder."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        asked: list[tuple[str, list[str]]] = []
        if isinstance(node, ast.Import):
            asked = [(alias.name, list(roots)) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            around = path.parents[node.level - 1]
            if node.module is not None:
                asked = [(node.module, [str(around)])]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            asked = [(node.module, list(roots))]
        for name, places in asked:
            target = found(name, places)
            if target is not None and Path(target).is_relative_to(folder):
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                yield lines, name, Path(target).relative_to(folder).as_posix()


def compare(folder: Path, roots: Sequence[str]) -> Agreement:
    """Index a folder and compare every import."""
    agreement = Agreement()
    with (
        tempfile.TemporaryDirectory() as cache,
        CodeGraph(config=IndexingConfig(root_path=folder, cache_dir=Path(cache), mode="full")).index() as graph,
    ):
        nodes = graph.query().nodes().filter(kind__in=["module", "package"])
        homes = {node.id: node.file_path or node.fqn.replace(".", "/") for node in nodes}
        reached: dict[tuple[str, int], set[str]] = defaultdict(set)
        for row in graph.query().imports():
            place = (row.file_path, row.span.start_line)
            reached[place].update(filter(None, (row.target_file, homes.get(row.target_id or ""))))
        for edge in graph.query().edges().filter(kind="imports"):
            if edge.target_id in homes:
                reached[edge.file_path or "", 0].add(homes[edge.target_id])
    modules = {path for path in homes.values() if path.endswith(".py")}
    for name in sorted(modules):
        for lines, module, target in wanted(folder / name, folder, roots):
            got = set().union(*(reached[name, line] for line in (0, *lines)))
            agreement.inside += 1
            if target == name or target in got or any(one.startswith(f"{target}/") for one in got):
                agreement.right += 1
            else:
                agreement.misses.append((f"{name}:{lines[0]}", module, f"{sorted(got)[:4]} for {target}"))
    return agreement


def main(arguments: Sequence[str]) -> None:
    """Compare a folder."""
    folder = Path(arguments[0]).resolve()
    agreement = compare(folder, [str(folder / root) for root in arguments[1:] or [""]])
    share = agreement.right / agreement.inside if agreement.inside else 1.0
    print(f"{folder}: {agreement.right} of {agreement.inside} imports with a target inside ({share:.2%})")
    for miss in agreement.misses[:40]:
        print("  " + " | ".join(miss))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Go to definition in JavaScript and TypeScript against TypeScript's own language service, as tsserver runs it.

    python -m tests.oracle.ts_definitions [--sample N] FOLDER …

Runs with node and the npm package `typescript`, as `ts_imports.py`. The language service is asked for the definition of
every identifier (`ts_definitions.js`); those that have one in an indexed file are compared, declarations aside.
A name is right if it leads to some of those places and to no other. They are counted by what decides them: scopes
("scope"), imports ("import"), members of `this`, `super`, classes, enums and namespaces ("class"), or the type of a
value ("type"). Every miss is listed with its cause.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from attrs import define, field

from codegraph import CodeGraph, IndexingConfig
from tests.oracle.misses import print_misses
from tests.oracle.ts_imports import EXTENSIONS, compiler

DECIDED: Final = ("scope", "import", "class")
"""What lexical scope, imports and classes decide."""
_SCRIPT: Final = Path(__file__).with_suffix(".js")
_SEED: Final = 20_260_101
_MEMORY: Final = "--max-old-space-size=6000"


@define
class Agreement:
    """Names by what decides them: how many were asked for, answered, and answered right."""

    asked: Counter[str] = field(factory=Counter)
    answered: Counter[str] = field(factory=Counter)
    right: Counter[str] = field(factory=Counter)
    misses: list[tuple[str, str, str, str]] = field(factory=list)
    """Cause, place, name, what was found and wanted."""

    def precision(self) -> float:
        """Right answers of all answers."""
        return self.right.total() / max(self.answered.total(), 1)

    def recall(self) -> float:
        """Right answers of the names that scopes, imports and classes decide."""
        return sum(self.right[one] for one in DECIDED) / max(sum(self.asked[one] for one in DECIDED), 1)


Row = tuple[str, int, int, str, str, list[tuple[str, int]]]
"""File, line, column, name, what decides it, and where it is defined."""


def wanted(root: Path, files: Sequence[str], library: str) -> list[Row]:
    """Return what the language service says of the names in files, declarations aside."""
    task = json.dumps({"root": str(root), "files": list(files)})
    command = ["node", _MEMORY, "-e", _SCRIPT.read_text(), library]
    done = subprocess.run(command, input=task, capture_output=True, text=True, check=True)
    rows: list[Row] = [tuple(row) for row in json.loads(done.stdout)]
    return [row for row in rows if row[4] != "declaration"]


def compare(folder: Path, library: str, sample: int = 0) -> Agreement:
    """Index a folder and compare a sample of its names with the language service; 0: all of them."""
    root, agreement = folder.resolve(), Agreement()
    with tempfile.TemporaryDirectory() as cache:
        config = IndexingConfig(root_path=root, cache_dir=cache, mode="full", parse_timeout_s=300)
        with CodeGraph(config=config).index().with_occurrences().execute() as graph:
            paths = [row["path"] for row in graph.query().files().select("path").to_arrow().to_pylist()]
            rows = wanted(root, sorted(path for path in paths if path.endswith(EXTENSIONS)), library)
            if 0 < sample < len(rows):
                rows = random.Random(_SEED).sample(sorted(rows), sample)
            for path, line, column, name, decided, places in sorted(rows):
                truth = {(file, at) for file, at in places}
                found = {(one.file_path, one.span.start_line) for one in graph.definitions_at(path, line, column)}
                agreement.asked[decided] += 1
                agreement.answered[decided] += bool(found)
                if found and found <= truth:
                    agreement.right[decided] += 1
                    continue
                cause = f"{decided}: {'another place' if found else 'nothing'}"
                shown = f"{sorted(found)} instead of {sorted(truth)}"
                agreement.misses.append((cause, f"{path}:{line}:{column}", name, shown))
    return agreement


def report(title: str, agreement: Agreement, shown: int = 15) -> None:
    """Print the figures and the misses by cause."""
    print(f"{title}: precision {agreement.precision():.2%}, recall {agreement.recall():.2%} of what is decided")
    for decided, asked in sorted(agreement.asked.items()):
        print(f"  {decided}: {agreement.right[decided]} of {asked} right, {agreement.answered[decided]} answered")
    print_misses(agreement.misses, shown)


def main(arguments: Iterable[str]) -> None:
    """Compare each folder.

    Raises:
        SystemExit: node or TypeScript is missing.
    """
    given = list(arguments)
    sample = int(given[given.index("--sample") + 1]) if "--sample" in given else 0
    folders = [one for at, one in enumerate(given) if one != "--sample" and (not at or given[at - 1] != "--sample")]
    library = compiler()
    if library is None:
        raise SystemExit("node and the npm package typescript are needed; CODEGRAPH_TYPESCRIPT may name its folder")
    for folder in folders:
        report(folder, compare(Path(folder), library, sample))


if __name__ == "__main__":
    main(sys.argv[1:])

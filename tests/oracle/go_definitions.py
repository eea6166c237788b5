"""Go to definition in Go against the language's own type checker, `go/types`.

    python -m tests.oracle.go_definitions [--sample N] FOLDER …

Builds `go_drivers/definitions.go` and has it list every identifier below a folder with what it is and where that is
defined: of the files that are built on this system, those of tests included. A name with a definition in the folder is
right if it leads to that place and to no other; one that is defined outside, or nowhere, if it leads nowhere. Names of
packages are counted apart ("package"): the checker says that an import declares them. Every miss is listed.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from attrs import define, field, frozen

from codegraph import CodeGraph, IndexingConfig, Occurrence
from tests.oracle.misses import print_misses

_DRIVER: Final = Path(__file__).with_name("go_drivers") / "definitions.go"
_SEED: Final = 20_260_101
PACKAGE: Final = "package"


@frozen(order=True)
class Name:
    """An identifier, the class of what it means, and where that is defined; columns from 0, `target` "" if outside."""

    file: str
    line: int
    column: int
    text: str
    kind: str
    target: str
    target_line: int
    target_column: int


@define
class Agreement:
    """Names by class: how many were asked for, have a definition inside, were answered, and answered right."""

    asked: Counter[str] = field(factory=Counter)
    inside: Counter[str] = field(factory=Counter)
    answered: Counter[str] = field(factory=Counter)
    right: Counter[str] = field(factory=Counter)
    misses: list[tuple[str, str, str, str]] = field(factory=list)
    """Cause, place, name, what was found and wanted."""

    def precision(self) -> float:
        """Right answers of all answers, names of packages aside."""
        return self._sum(self.right) / max(self._sum(self.answered), 1)

    def recall(self) -> float:
        """Right answers of the names that are defined inside, names of packages aside."""
        return self._sum(self.right) / max(self._sum(self.inside), 1)

    @staticmethod
    def _sum(counter: Counter[str]) -> int:
        return sum(count for kind, count in counter.items() if kind != PACKAGE)


def names(root: Path) -> Iterator[Name]:
    """Yield what the type checker says of the identifiers below a folder.

    Raises:
        CalledProcessError: The checker cannot be built, or a package cannot be listed.
    """
    modules = sorted({path.parent for path in root.rglob("go.mod")}) or [root]
    folders = [one.relative_to(root).as_posix() for one in modules if "vendor" not in one.relative_to(root).parts]
    environment = os.environ | {"GOPROXY": "off", "CGO_ENABLED": "0", "GOFLAGS": "", "GO111MODULE": "on"}
    with tempfile.TemporaryDirectory() as work:
        built = Path(work, "definitions")
        subprocess.run(["go", "build", "-o", built, _DRIVER], check=True, env=environment)
        done = subprocess.run([built, root, *folders], check=True, env=environment, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        file, row, column, text, kind, target, target_row, target_column = line.split("\t")
        yield Name(file, int(row), int(column) - 1, text, kind, target, int(target_row), int(target_column) - 1)


def _place(one: Occurrence) -> tuple[str, int, int]:
    return one.file_path, one.span.start_line, one.span.start_column


def compare(folder: Path, sample: int = 0) -> Agreement:
    """Index a folder and compare a sample of its names with the type checker; 0: all of them."""
    root, agreement = folder.resolve(), Agreement()
    with tempfile.TemporaryDirectory() as cache:
        config = IndexingConfig(root_path=root, cache_dir=cache, mode="full", parse_timeout_s=300)
        with CodeGraph(config=config).index().with_occurrences().execute() as graph:
            rows = sorted(names(root))
            if 0 < sample < len(rows):
                rows = sorted(random.Random(_SEED).sample(rows, sample))
            for name in rows:
                _judge(
                    name, {_place(one) for one in graph.definitions_at(name.file, name.line, name.column)}, agreement
                )
    return agreement


def _judge(name: Name, found: set[tuple[str, int, int]], agreement: Agreement) -> None:
    truth = {(name.target, name.target_line, name.target_column)} if name.target else set()
    agreement.asked[name.kind] += 1
    agreement.inside[name.kind] += bool(truth)
    agreement.answered[name.kind] += bool(found)
    if found == truth:
        agreement.right[name.kind] += bool(truth)
        return
    place = (name.file, name.line, name.column)
    cause = "nothing" if not found else "too much" if truth <= found else "another place"
    at = f"{name.file}:{name.line}:{name.column}"
    own = " (definition)" if truth == {place} else ""
    agreement.misses.append(
        (f"{name.kind}{own}: {cause}", at, name.text, f"{sorted(found)} instead of {sorted(truth)}")
    )


def report(title: str, agreement: Agreement, shown: int = 40) -> None:
    """Print the figures and the misses by cause."""
    print(f"{title}: precision {agreement.precision():.2%}, recall {agreement.recall():.2%}")
    for kind, asked in sorted(agreement.asked.items()):
        inside, answered, right = (one[kind] for one in (agreement.inside, agreement.answered, agreement.right))
        print(f"  {kind}: {asked} asked, {inside} inside, {answered} answered, {right} right")
    print_misses(agreement.misses, shown)


def main(arguments: Iterable[str]) -> None:
    """Compare each folder."""
    given = list(arguments)
    sample = int(given[given.index("--sample") + 1]) if "--sample" in given else 0
    folders = [one for at, one in enumerate(given) if one != "--sample" and (not at or given[at - 1] != "--sample")]
    for folder in folders:
        report(folder, compare(Path(folder), sample))


if __name__ == "__main__":
    main(sys.argv[1:])

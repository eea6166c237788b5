"""Go to definition in Java against the compiler's own resolution, which its tree API gives.

    python -m tests.oracle.java_definitions [--sample N] FOLDER [JAVAC-OPTION …]

Needs a JDK of 17 or later. `java_drivers/Definitions.java` has javac resolve every name of the folder's files; those
that one of the files declares are compared by file and line. For a folder that is a module of the JDK itself give
`--patch-module=java.base=FOLDER`. A name is right if it leads to that place and to no other; what `new` makes should
lead to the constructor that is written for it, or else to the class, and a reference to a constructor to the class.
Every miss is listed with its cause.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from attrs import define, field, frozen

from codegraph import CodeGraph, IndexingConfig
from tests.oracle.misses import print_misses

_DRIVER: Final = Path(__file__).parent / "java_drivers" / "Definitions.java"
_SEED: Final = 20_260_101


@frozen(order=True)
class Name:
    """A name, what kind of thing it means, and where that is declared; lines from 1, columns in UTF-8 bytes."""

    file: str
    line: int
    column: int
    text: str
    kind: str
    target: str
    target_line: int


@define
class Agreement:
    """Names by kind of what they mean: how many were asked for, answered and right; `misses` says the others."""

    asked: Counter[str] = field(factory=Counter)
    answered: Counter[str] = field(factory=Counter)
    right: Counter[str] = field(factory=Counter)
    misses: list[tuple[str, str, str, str]] = field(factory=list)
    """Cause, place, name, what was found and wanted."""


class _Lines:
    """Turns character offsets of files into lines and byte columns."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, list[int]]] = {}

    def place(self, file: str, at: int) -> tuple[int, int]:
        if file not in self._files:
            text = Path(file).read_text(encoding="utf-8", errors="replace")
            starts = [0]
            for written in text.splitlines(keepends=True):
                starts.append(starts[-1] + len(written))
            self._files[file] = (text, starts)
        text, starts = self._files[file]
        line = bisect_right(starts, at)
        return line, len(text[starts[line - 1] : at].encode())


def names(root: Path, files: Sequence[Path], options: Sequence[str]) -> list[Name]:
    """Return what javac says of the names in files.

    Raises:
        CalledProcessError: There is no JDK, or it is too old.
    """
    command = ["java", "-Xmx4g", str(_DRIVER), *options, "--", *map(str, files)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = _Lines()
    found = []
    for row in said.stdout.splitlines():
        file, at, text, kind, target, there = row.split("\t")
        line, column = lines.place(file, int(at))
        found.append(
            Name(
                str(Path(file).relative_to(root)),
                line,
                column,
                text,
                kind,
                str(Path(target).relative_to(root)),
                lines.place(target, int(there))[0],
            )
        )
    return found


def compare(root: Path, options: Sequence[str] = (), sample: int = 0) -> Agreement:
    """Index a folder and compare its names with javac's."""
    root = root.resolve()
    wanted = names(root, sorted(root.rglob("*.java")), options)
    if 0 < sample < len(wanted):
        wanted = random.Random(_SEED).sample(sorted(wanted), sample)
    agreement = Agreement()
    with tempfile.TemporaryDirectory() as work:
        config = IndexingConfig(root_path=root, cache_dir=Path(work, "cache"), mode="full")
        with CodeGraph(config=config).index().with_occurrences().execute() as graph:
            for name in sorted(wanted):
                found = {
                    (one.file_path, one.span.start_line)
                    for one in graph.definitions_at(name.file, name.line, name.column)
                }
                agreement.asked[name.kind] += 1
                agreement.answered[name.kind] += bool(found)
                if found == {(name.target, name.target_line)}:
                    agreement.right[name.kind] += 1
                    continue
                cause = f"{name.kind}: {'another place' if found else 'nothing'}"
                shown = f"{sorted(found)} instead of {name.target}:{name.target_line}"
                agreement.misses.append((cause, f"{name.file}:{name.line}:{name.column}", name.text, shown))
    return agreement


def report(title: str, agreement: Agreement, shown: int = 25) -> None:
    """Print the figures and the misses by cause."""
    right, answered, asked = agreement.right.total(), agreement.answered.total(), agreement.asked.total()
    print(f"{title}: {right} of {asked} right ({right / max(asked, 1):.2%}), precision {right / max(answered, 1):.2%}")
    for kind, count in sorted(agreement.asked.items()):
        print(f"  {kind}: {agreement.right[kind]} of {count} right, {agreement.answered[kind]} answered")
    print_misses(agreement.misses, shown)


def main(arguments: Iterable[str]) -> None:
    """Compare a folder."""
    given = list(arguments)
    sample = 0
    if given[:1] == ["--sample"]:
        sample = int(given[1])
        given = given[2:]
    report(given[0], compare(Path(given[0]), given[1:], sample))


if __name__ == "__main__":
    main(sys.argv[1:])

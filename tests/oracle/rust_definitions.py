"""Names of Rust sources against the compiler's own resolution, as rustdoc writes it into its source pages.

    python -m tests.oracle.rust_definitions PACKAGE …

Runs `cargo rustdoc` with `--generate-link-to-definition`, which links each path, local and method call that the
compiler resolved to the line where it is defined. PACKAGE is the folder of a crate whose dependencies cargo has
fetched. Compared are the names whose definition is in the same folder: those in `use` declarations (the imports), and
the others. Every miss is listed with its cause. Nothing of a crate runs but its build scripts and procedural macros,
and those in the oracle, never in what is tested.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from attrs import define, field, frozen

from codegraph import CodeGraph, IndexingConfig

_PAGES: Final = "doc/src"
_SUFFIX: Final = ".html"


@frozen
class Name:
    """A name at a place, and the first and last line of what it leads to; lines from 1, columns in UTF-8 bytes."""

    file: str
    line: int
    column: int
    text: str
    target: str
    first: int
    last: int


class _Page(HTMLParser):
    """Reads a source page: the text without line numbers, and where its links stand."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = [""]
        self.links: list[tuple[int, int, str, str]] = []
        self._href: str | None = None
        self._inside = False
        self._number = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "pre":
            self._inside = True
        elif tag == "a":
            self._number = "data-nosnippet" in given
            self._href = None if self._number else given.get("href")

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._inside = False
        elif tag == "a":
            self._href, self._number = None, False

    def handle_data(self, data: str) -> None:
        if not self._inside or self._number:
            return
        for number, part in enumerate(data.split("\n")):
            if number:
                self.lines.append("")
            if self._href and part:
                column = len(self.lines[-1].encode())
                self.links.append((len(self.lines), column, part, self._href))
            self.lines[-1] += part


def names(package: Path, build: Path) -> Iterator[Name]:
    """Yield the names that rustdoc links to a place in the package, by file and place.

    Raises:
        CalledProcessError: The crate does not compile.
    """
    command = ["cargo", "rustdoc", "--offline", "--quiet", "--lib", "--target-dir", str(build), "--"]
    options = [
        "-Z",
        "unstable-options",
        "--generate-link-to-definition",
        "--document-private-items",
        "--cap-lints=allow",
    ]
    environment = {**os.environ, "RUSTC_BOOTSTRAP": "1"}
    subprocess.run([*command, *options], cwd=package, env=environment, check=True, capture_output=True)
    pages: dict[Path, str] = {}
    for page in sorted((build / _PAGES).rglob(f"*.rs{_SUFFIX}")):
        below = page.relative_to(build / _PAGES).parts[1:]
        name = str(Path("src", *below)).removesuffix(_SUFFIX)
        if (package / name).is_file():
            pages[page] = name
    for page, name in pages.items():
        read = _Page()
        read.feed(page.read_text())
        written = (package / name).read_text().splitlines()
        for line, column, text, href in _whole(read.links):
            target, _, lines = href.partition("#")
            if target.startswith("http") or not lines.partition("-")[0].isdigit():
                continue
            at = pages.get((page.parent / target).resolve() if target else page)
            first, _, last = lines.partition("-")
            if at is None or written[line - 1 : line] != [read.lines[line - 1]]:
                continue  # another crate, or a page that shows something else than the file
            yield Name(name, line, column, text, at, int(first), int(last or first))


def _whole(links: list[tuple[int, int, str, str]]) -> Iterator[tuple[int, int, str, str]]:
    """Give the last names of links: of a path that a keyword begins (`crate::a::B`), rustdoc links both parts."""
    for at, (line, column, text, href) in enumerate(links):
        following = links[at + 1] if at + 1 < len(links) else (0, 0, "", "")
        if following[0] == line and following[1] == column + len(text.encode()) and following[2].startswith("::"):
            continue
        before, mark, last = text.rpartition("::")
        yield line, column + len((before + mark).encode()), last, href


@define
class Agreement:
    """How many names lead to the right place; `misses` has (place, name, wanted, cause)."""

    asked: int = 0
    right: int = 0
    answered: int = 0
    misses: list[tuple[str, str, str, str]] = field(factory=list)


def _line(root: Path, path: str, line: int) -> str:
    return (root / path).read_text().splitlines()[line - 1]


def compare(package: Path) -> Mapping[str, Agreement]:
    """Index a package and compare its names with rustdoc: "imports" and "others"."""
    found = {"imports": Agreement(), "others": Agreement()}
    with tempfile.TemporaryDirectory() as work:
        root = package.resolve()
        config = IndexingConfig(root_path=root, cache_dir=Path(work, "cache"), mode="full")
        with CodeGraph(config=config).index().with_occurrences().execute() as graph:
            starts = {row["id"]: row["start_line"] for row in graph.query().nodes().to_arrow().to_pylist()}
            lines_of = {
                row["id"]: (row["file_path"], row["start_line"]) for row in graph.query().nodes().to_arrow().to_pylist()
            }
            edges = (
                graph.query().edges().filter(kind="overrides").select("source_id", "target_id").to_arrow().to_pylist()
            )
            overridden = {edge["source_id"]: lines_of.get(edge["target_id"]) for edge in edges}
            for name in names(root, Path(work, "target")):
                inside = graph.occurrences_at(name.file, name.line, name.column)
                agreement = found["imports" if any(one.role == "import" for one in inside) else "others"]
                agreement.asked += 1
                places = {
                    (one.file_path, one.span.start_line, starts.get(one.node_id or "", one.span.start_line))
                    for one in graph.definitions_at(name.file, name.line, name.column)
                }
                agreement.answered += bool(places)
                written = (root / name.target).read_text().splitlines()[name.first - 1]
                declares = any(f"mod {name.text};" in text for text in (written, _line(root, name.file, name.line)))
                ids = [one.node_id or "" for one in graph.definitions_at(name.file, name.line, name.column)]
                if (
                    any(file == name.target and name.first in {line, start} for file, line, start in places)
                    or (declares and any(line == 1 for _, line, _ in places))
                    or any(overridden.get(one) == (name.target, name.first) for one in ids)
                ):
                    agreement.right += 1
                    continue
                cause = "another place" if places else "known outside" if inside else "not known"
                shown = " ".join(f"{file}:{line}" for file, line, _ in sorted(places))
                at = f"{name.file}:{name.line}:{name.column}"
                agreement.misses.append((at, name.text, f"{name.target}:{name.first}", f"{cause} {shown}".strip()))
    return found


def main(folders: Iterable[str]) -> None:
    """Compare each package."""
    for folder in folders:
        for title, agreement in compare(Path(folder)).items():
            share = agreement.right / agreement.asked if agreement.asked else 1.0
            precise = agreement.right / agreement.answered if agreement.answered else 1.0
            print(f"{folder} {title}: {agreement.right} of {agreement.asked} ({share:.2%}), precision {precise:.2%}")
            print("  misses by cause:", dict(Counter(" ".join(miss[3].split()[:2]) for miss in agreement.misses)))
            for miss in agreement.misses[:60]:
                print("  " + " | ".join(miss))


if __name__ == "__main__":
    main(sys.argv[1:])

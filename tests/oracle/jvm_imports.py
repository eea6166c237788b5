"""Imports of Java and Kotlin against what the files themselves declare: an oracle that shares no code with the linker.

    python -m tests.oracle.jvm_imports FOLDER …

Texts are read with regular expressions, without a parser: a file declares the package of its first `package` line and
the names that its top-level declarations give. An import has its target inside the repository if some file of the
package in its name declares the name that follows; the rest of a longer name (`a.b.Outer.Inner`) is looked for as a
declaration in that file. What is compared is the file. Every miss is listed with its cause.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from attrs import define, field

from codegraph import CodeGraph, IndexingConfig

_COMMENT: Final = re.compile(
    r"\"\"\"(?:.|\n)*?\"\"\"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|//[^\n]*|/\*(?:.|\n)*?\*/"
)
_PACKAGE: Final = re.compile(r"^\s*(?:@\S+\s+)*package\s+([\w.`]+)", re.MULTILINE)
_IMPORT: Final = re.compile(r"^\s*import\s+(?:static\s+)?([\w.`$]+?)(\.\*)?\s*(?:as\s+\w+\s*)?;?\s*$", re.MULTILINE)
_TYPE: Final = re.compile(r"\b(?:class|interface|enum(?!\s+class)|record|object|typealias)\s+`?(\w+)`?")
_FACADE: Final = re.compile(r"@file:JvmName\(\s*\"?(\w+)")
_KOTLIN: Final = re.compile(
    r"\b(?:fun|va[lr])\s+(?:<[^(]*?>\s*)?(?:[\w.<>?*, ()]+?\.)?`?(\w+)`?\s*(?=[(:=<\n]|by\b|get\(|$)", re.MULTILINE
)


@define
class Text:
    """What one file declares.

    Args:
        package: The declared package.
        names: Names of its declarations, of any depth.
        top: Names of those whose line is not indented, and of the file's facade.
        imports: (full name, whether all of it is imported).
    """

    package: str
    names: set[str]
    top: set[str]
    imports: list[tuple[str, bool]]


@define
class Agreement:
    """How many imports with a target inside lead to the right file; `misses` has (file, import, cause)."""

    inside: int = 0
    right: int = 0
    outside: int = 0
    misses: list[tuple[str, str, str]] = field(factory=list)

    @property
    def share(self) -> float:
        """Right ones of those inside."""
        return self.right / self.inside if self.inside else 1.0


def read(path: Path) -> Text:
    """Read a file's declarations and imports."""
    raw = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
    text = _COMMENT.sub(lambda match: " " if match[0].startswith("/") else '""', raw)
    package = _PACKAGE.search(text)
    unindented = "\n".join(line for line in text.split("\n") if line[:1].strip())
    names, top = (set(_TYPE.findall(each)) for each in (text, unindented))
    if path.suffix == ".kt":
        names |= set(_KOTLIN.findall(text))
        facade = _FACADE.search(raw)
        top |= {*_KOTLIN.findall(unindented), facade[1] if facade else path.stem[:1].upper() + path.stem[1:] + "Kt"}
    else:
        names.add(path.stem)
        top.add(path.stem)
    imports = [(name.replace("`", ""), bool(star)) for name, star in _IMPORT.findall(text)]
    return Text(package[1].replace("`", "") if package else "", names | top, top, imports)


def expected(texts: dict[str, Text]) -> Iterator[tuple[str, str, set[str]]]:
    """Yield (file, import, files that it may lead to) of imports with a target inside."""
    by_package: dict[str, list[str]] = defaultdict(list)
    for name, text in texts.items():
        by_package[text.package].append(name)
    for name, text in texts.items():
        for full, star in text.imports:
            found = set(by_package.get(full, ())) if star else set()
            parts = full.split(".")
            for size in range(len(parts) - 1, 0, -1):
                if found:
                    break
                wanted = parts[size]
                here = by_package.get(".".join(parts[:size]), ())
                rest = set(parts[size + 1 :])
                found = {other for other in here if wanted in texts[other].top and rest <= texts[other].names}
            if found:
                yield name, full + (".*" if star else ""), found


def compare(root: Path) -> Agreement:
    """Index a folder and compare every import."""
    texts = {
        str(path.relative_to(root)): read(path)
        for path in sorted(root.rglob("*"))
        if path.suffix in {".java", ".kt"} and path.is_file()
    }
    with tempfile.TemporaryDirectory() as cache:
        result = CodeGraph(IndexingConfig(root_path=root, cache_dir=cache)).index().execute()
        rows = result.query().imports().to_arrow().to_pylist()
        modules = {row["id"]: row["file_path"] for row in result.query().nodes().to_arrow().to_pylist()}
        folders: dict[str, set[str]] = defaultdict(set)
        for name in texts:
            folders[str(Path(name).parent).replace("/", ".")].add(name)
        packages = {
            row["id"]: row["fqn"] for row in result.query().nodes().filter(kind="package").to_arrow().to_pylist()
        }
    found: dict[tuple[str, str], dict[str, object]] = {}
    for row in rows:
        full = row["module"] + (f".{row['name']}" if row["name"] else "")
        found[(row["file_path"], full)] = row
    agreement = Agreement()
    for name, full, wanted in expected(texts):
        agreement.inside += 1
        got = found.get((name, full))
        if got is None:
            agreement.misses.append((name, full, "no import row"))
        elif got["target_file"] in wanted or folders[packages.get(str(got["target_id"]), "")] & wanted:
            agreement.right += 1
        else:
            reached = got["target_file"] or modules.get(str(got["target_id"])) or got["target_id"]
            agreement.misses.append((name, full, f"{got['status']} {got['reason'] or ''} {reached or ''}".strip()))
    agreement.outside = len(rows) - agreement.inside
    return agreement


def report(title: str, agreement: Agreement, shown: int = 40) -> None:
    """Print the figures and the misses."""
    print(f"{title}: {agreement.right} of {agreement.inside} imports with a target inside ({agreement.share:.2%})")
    causes = Counter(cause.split(" ")[0] for _, _, cause in agreement.misses)
    print("  misses by status:", dict(causes))
    for name, full, cause in agreement.misses[:shown]:
        print(f"  {name}: {full}: {cause}")


def main(folders: Iterable[str]) -> None:
    """Compare each folder."""
    for folder in folders:
        report(folder, compare(Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])

"""Imports of Go against `go list`: the language's own resolver.

    python -m tests.oracle.go_imports FOLDER …

`go list` names every package below a folder with its imports, for each of a few systems, so that files with build
constraints count too. An import has its target inside the repository if `go list` gives that package a folder of it.
What is compared is the folder. Every miss is listed with its cause.
"""

from __future__ import annotations

import json
import os
import posixpath
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from codegraph import CodeGraph, IndexingConfig

SYSTEMS: Final = ("linux", "windows", "darwin")


@define
class Agreement:
    """How many imports with a target inside lead to the right folder; `misses` has (folder, import, cause)."""

    inside: int = 0
    right: int = 0
    misses: list[tuple[str, str, str]] = field(factory=list)

    @property
    def share(self) -> float:
        """Right ones of those inside."""
        return self.right / self.inside if self.inside else 1.0


def listed(root: Path, system: str) -> Iterator[dict[str, Any]]:
    """Yield what `go list` says of every package below a folder, broken ones too."""
    modules = any(root.rglob("go.mod"))
    vendored = any(root.rglob("vendor/modules.txt"))
    environment = os.environ | {
        "GOOS": system,
        "GOPROXY": "off",
        "GOFLAGS": "-mod=mod" if modules and not vendored else "",
        "GO111MODULE": "on" if modules else "off",
        "CGO_ENABLED": "1",
    }
    if not modules:
        environment["GOPATH"] = str(root)
    folders = sorted({path.parent for path in root.rglob("go.mod")}) if modules else [root / "src"]
    for folder in folders:
        if modules and not vendored:
            _drop_requirements(folder, environment)
        done = subprocess.run(
            ["go", "list", "-e", "-json", "./..."],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        decoder, text = json.JSONDecoder(), done.stdout
        while text := text.lstrip():
            package, end = decoder.raw_decode(text)
            yield package
            text = text[end:]


def _drop_requirements(folder: Path, environment: Mapping[str, str]) -> None:
    """Take out what a module needs from elsewhere: without a proxy, `go list` fails on the first of these."""
    said = subprocess.run(["go", "mod", "edit", "-json"], cwd=folder, env=environment, capture_output=True, check=True)
    drops = [f"-droprequire={one['Path']}" for one in json.loads(said.stdout).get("Require") or ()]
    if drops:
        subprocess.run(["go", "mod", "edit", *drops], cwd=folder, env=environment, check=True)


def expected(root: Path) -> dict[tuple[str, str], str]:
    """Return (importing folder, import path) → folder of the package, both relative, for those inside."""
    found: dict[tuple[str, str], str] = {}
    for system in SYSTEMS:
        packages = list(listed(root, system))
        folder_of = {str(one["ImportPath"]): str(one["Dir"]) for one in packages if one.get("Dir")}
        for one in packages:
            here = _relative(str(one.get("Dir") or ""), root)
            renamed = one.get("ImportMap") or {}
            for path in {*one.get("Imports", ()), *one.get("TestImports", ()), *one.get("XTestImports", ())}:
                written = next((old for old, new in renamed.items() if new == path), path)
                there = _relative(folder_of.get(path, ""), root)
                if here is not None and there is not None:
                    found[here, written] = there
    return found


def _relative(folder: str, root: Path) -> str | None:
    path = Path(folder)
    if not folder or not path.is_relative_to(root):
        return None
    relative = path.relative_to(root).as_posix()
    return "" if relative == "." else relative


def compare(folder: Path) -> Agreement:
    """Index a copy of a folder and compare its imports with `go list`."""
    with tempfile.TemporaryDirectory() as work:
        root = Path(work, "repository").resolve()
        shutil.copytree(folder, root, ignore=shutil.ignore_patterns(".git", ".codegraph"))
        config = IndexingConfig(root_path=root, cache_dir=Path(work, "cache"), mode="full", parse_timeout_s=300)
        result = CodeGraph(config=config).index()
        rows = result.query().imports().select("file_path", "module", "target_id", "target_file", "status", "reason")
        nodes = result.query().nodes().filter(kind="package").select("id", "fqn").to_arrow().to_pylist()
        fqn_of = {row["id"]: row["fqn"] for row in nodes}
        got: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in rows.to_arrow().to_pylist():
            here = posixpath.dirname(row["file_path"])
            if row["status"] == "resolved":
                reached = fqn_of.get(row["target_id"], posixpath.dirname(row["target_file"] or "").replace("/", "."))
            else:
                reached = f"{row['status']} {row['reason'] or ''}".strip()
            got[here, row["module"]].add(reached)
        agreement = Agreement()
        for (here, path), there in sorted(expected(root).items()):
            agreement.inside += 1
            found = got.get((here, path), {"not seen"})
            if there.replace("/", ".") in found:
                agreement.right += 1
            else:
                agreement.misses.append((here, path, "; ".join(sorted(found))))
    return agreement


def report(title: str, agreement: Agreement, shown: int = 40) -> None:
    """Print the figures and the misses."""
    print(f"{title}: {agreement.right} of {agreement.inside} imports with a target inside ({agreement.share:.2%})")
    print("  misses by cause:", dict(Counter(cause for _, _, cause in agreement.misses)))
    for here, path, cause in agreement.misses[:shown]:
        print(f"  {here}: {path}: {cause}")


def main(folders: Iterable[str]) -> None:
    """Compare each folder."""
    for folder in folders:
        report(folder, compare(Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])

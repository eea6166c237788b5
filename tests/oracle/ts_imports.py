"""Imports of JavaScript and TypeScript against tsc's own resolution.

    python -m tests.oracle.ts_imports FOLDER …

Runs with node and the npm package `typescript`, named by CODEGRAPH_TYPESCRIPT (the folder that holds its package.json)
or found as node finds it. tsc reads each file's imports (`ts.preProcessFile`), resolves each (`ts.resolveModuleName`)
with the options of the nearest tsconfig. Compared are those that it finds inside the repository, in a file that was
indexed, by the file. Every miss is listed with its cause.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import define, field

from codegraph import CodeGraph, IndexingConfig

EXTENSIONS: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")

_SCRIPT: Final = """
const ts = require(process.argv[1]), fs = require("fs"), path = require("path");
const { root, files } = JSON.parse(fs.readFileSync(0, "utf8"));
const fallback = { moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext, allowJs: true };
const known = new Map(), answers = [];
const optionsOf = (folder) => {
  if (known.has(folder)) return known.get(folder);
  const find = (name) => ts.findConfigFile(folder, ts.sys.fileExists, name);
  const file = find("tsconfig.json") || find("jsconfig.json");
  let options = fallback;
  if (file && file.startsWith(root)) {
    const read = ts.readConfigFile(file, ts.sys.readFile);
    const parsed = ts.parseJsonConfigFileContent(read.config || {}, ts.sys, path.dirname(file), undefined, file);
    options = { ...parsed.options, allowJs: true };
    if (!options.moduleResolution && !options.module) options = { ...fallback, ...options };
  }
  known.set(folder, options);
  return options;
};
for (const name of files) {
  const full = path.join(root, name), options = optionsOf(path.dirname(full));
  const mode = ts.getImpliedNodeFormatForFile(full, undefined, ts.sys, options);
  for (const { fileName } of ts.preProcessFile(fs.readFileSync(full, "utf8"), true, true).importedFiles) {
    const found = ts.resolveModuleName(fileName, full, options, ts.sys, undefined, undefined, mode).resolvedModule;
    if (found) answers.push([name, fileName, path.relative(root, found.resolvedFileName)]);
  }
}
process.stdout.write(JSON.stringify(answers));
"""


@define
class Agreement:
    """How many imports with a target inside lead to the right file; `misses` has (file, import, wanted, cause)."""

    inside: int = 0
    right: int = 0
    misses: list[tuple[str, str, str, str]] = field(factory=list)

    @property
    def share(self) -> float:
        """Right ones of those inside."""
        return self.right / self.inside if self.inside else 1.0


def compiler() -> str | None:
    """Return what `require` takes for TypeScript, or None where node or it is missing."""
    if shutil.which("node") is None:
        return None
    name = os.environ.get("CODEGRAPH_TYPESCRIPT") or "typescript"
    probe = subprocess.run(["node", "-e", f"require({json.dumps(name)})"], capture_output=True, check=False)
    return name if probe.returncode == 0 else None


def resolved(root: Path, files: Sequence[str], library: str) -> dict[tuple[str, str], str]:
    """Return (file, specifier) → file, as tsc resolves it."""
    task = json.dumps({"root": str(root), "files": list(files)})
    done = subprocess.run(["node", "-e", _SCRIPT, library], input=task, capture_output=True, text=True, check=True)
    return {(file, specifier): target for file, specifier, target in json.loads(done.stdout)}


def compare(folder: Path, library: str) -> Agreement:
    """Index a copy of a folder and compare its imports with tsc."""
    with tempfile.TemporaryDirectory() as work:
        root = Path(work, "repository").resolve()
        shutil.copytree(folder, root, ignore=shutil.ignore_patterns(".git", ".codegraph", "node_modules"))
        config = IndexingConfig(root_path=root, cache_dir=Path(work, "cache"), mode="full", parse_timeout_s=300)
        result = CodeGraph(config=config).index()
        indexed = {row["path"] for row in result.query().files().select("path", "status").to_arrow().to_pylist()}
        files = sorted(path for path in indexed if path.endswith(EXTENSIONS))
        wanted = resolved(root, files, library)
        modules = result.query().nodes().filter(kind="module").select("id", "file_path").to_arrow().to_pylist()
        file_of = {row["id"]: row["file_path"] for row in modules}
        columns = ("file_path", "module", "span", "target_file", "status", "reason")
        rows = result.query().imports().select(*columns).to_arrow().to_pylist()
        edges = result.query().edges().filter(kind="imports").select("file_path", "line_number", "target_id")
        at: dict[tuple[str, int], set[str]] = defaultdict(set)
        for edge in edges.to_arrow().to_pylist():
            if edge["target_id"] in file_of:
                at[edge["file_path"], edge["line_number"]].add(file_of[edge["target_id"]])
        reached: dict[tuple[str, str], set[str]] = defaultdict(set)
        causes: dict[tuple[str, str], str] = {}
        for row in rows:
            key = (row["file_path"], row["module"])
            reached[key] |= at[row["file_path"], row["span"]["start_line"]]
            if row["target_file"]:
                reached[key].add(row["target_file"])
            causes[key] = f"{row['status']} {row['reason'] or ''}".strip()
        return _agreement({key: file for key, file in wanted.items() if file in indexed}, reached, causes)


def _agreement(
    wanted: Mapping[tuple[str, str], str],
    reached: Mapping[tuple[str, str], set[str]],
    causes: Mapping[tuple[str, str], str],
) -> Agreement:
    agreement = Agreement()
    for key, file in sorted(wanted.items()):
        agreement.inside += 1
        if file in reached.get(key, ()):
            agreement.right += 1
        else:
            others = " ".join(sorted(reached.get(key, ())))
            agreement.misses.append((*key, file, f"{causes.get(key, 'not seen')} {others}".strip()))
    return agreement


def report(title: str, agreement: Agreement, shown: int = 40) -> None:
    """Print the figures and the misses."""
    print(f"{title}: {agreement.right} of {agreement.inside} imports with a target inside ({agreement.share:.2%})")
    print("  misses by cause:", dict(Counter(" ".join(cause.split()[:2]) for *_, cause in agreement.misses)))
    for miss in agreement.misses[:shown]:
        print("  " + " | ".join(miss))


def main(folders: Iterable[str]) -> None:
    """Compare each folder.

    Raises:
        SystemExit: node or TypeScript is missing.
    """
    library = compiler()
    if library is None:
        raise SystemExit("node and the npm package typescript are needed; CODEGRAPH_TYPESCRIPT may name its folder")
    for folder in folders:
        report(folder, compare(Path(folder), library))


if __name__ == "__main__":
    main(sys.argv[1:])

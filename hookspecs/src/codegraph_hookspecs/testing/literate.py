r"""Literate cases of a language pack: Markdown files whose fences are source files and whose comments are assertions.

`## Title` opens a case. A fence's info string is the language and the file's path (```` ```python a/b.py ````);
files that no language reads (`tsconfig.json`) are written to disk. A line `Skip: reason` before the
first fence skips the case visibly. Assertions are comments of any fence, one a line:

- `node: <kind> <name> [key=value …]`: a node. Keys: visibility, test, complexity, modifiers (`a,b`),
  doc (line ends written `\n`), signature, lines (`3-5`), parent, name, fqn, and `meta.<key>` (lists
  joined with `; `).
- `no node: <name>`: nothing has that id.
- `members: <name> = a b …`: names of all children of a node, in row order, without calls.
- `edge: <kind> <source> -> <target>` and `no edge: …` (`*` stands for anything).
- `call: <callee text> -> <status> [reason] [targets …]`: some call site with that text is so.
- `import: <module> [name=… alias=…] -> <status> [target or reason]`
- `export: <name> -> <target>`, `<module>:<name>` for a re-export, `-` for a value without a node.
- `file: <path> <status>`.

Names are ids without the file suffix: `pkg.mod.Class.method`, `mod.f~2`.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from attrs import define, field, frozen

from codegraph_hookspecs.languages import LanguagePack
from codegraph_hookspecs.parsing import Parser
from codegraph_hookspecs.stages import Stage
from codegraph_hookspecs.testing.memory import MemoryContext, ir_artifact, pack_for, parse_samples

_ASSERTION: Final = re.compile(
    r"^\s*(?:#|//|--|;+|%|\{/\*)\s*"
    r"(node|no node|members|edge|no edge|call|import|export|file):\s*(.*?)(?:\s*\*/\})?\s*$"
)
PLACES: Final = "places.md"
"""Name of the files whose cases say where names lead."""
_FENCE: Final = re.compile(r"^(`{3,})\s*(\S+)\s+(\S+)\s*$")


@frozen
class Assertion:
    """One assertion and where it stands."""

    kind: str
    text: str
    line: int


@define
class Case:
    """One case of a Markdown file."""

    title: str
    line: int
    skip: str | None = None
    files: dict[str, str] = field(factory=dict)
    assertions: list[Assertion] = field(factory=list)


def read_cases(path: Path) -> list[Case]:
    """Read a Markdown file's cases.

    Raises:
        ValueError: A case without files or assertions, a fence without a path, a title used twice.
    """
    cases: list[Case] = []
    fence: str | None = None
    name = ""
    lines: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if fence is not None:
            if line.strip() == fence:
                cases[-1].files[name] = "".join(f"{one}\n" for one in lines)
                fence = None
                continue
            lines.append(line)
            if found := _ASSERTION.match(line):
                cases[-1].assertions.append(Assertion(found[1], found[2], number))
        elif line.startswith("## "):
            cases.append(Case(title=line[3:].strip(), line=number))
        elif line.startswith("Skip:") and cases:
            cases[-1].skip = line.removeprefix("Skip:").strip()
        elif line.startswith("```"):
            opened = _FENCE.match(line)
            if opened is None or not cases:
                raise ValueError(f"{path.name}:{number}: a fence needs a language, a path and a case around it")
            fence, name, lines = opened[1], opened[3], []
    titles = [case.title for case in cases]
    for case in cases:
        if not case.files or not case.assertions or titles.count(case.title) > 1:
            raise ValueError(f"{path.name}:{case.line}: {case.title!r} is empty or not the only one of its name")
    return cases


@define
class Graph:
    """Every table of one case."""

    tables: dict[str, list[dict[str, Any]]]

    def node(self, name: str) -> list[dict[str, Any]]:
        """Return the nodes whose id without suffix is `name`."""
        return [row for row in self.tables["nodes"] if bare(row["id"]) == name]


def build(case: Case, packs: Sequence[LanguagePack], parser: Parser, linker: Stage) -> Graph:
    """Parse and link a case's files in memory.

    Args:
        case: The case; files that no pack takes are project files, which the linker may read.
        packs: Language packs.
        parser: The parser to run.
        linker: The stage that makes edges (`installed_linkers`).
    """
    sources = {path: text for path, text in case.files.items() if _taken(path, packs)}
    parsed = parse_samples(parser, packs, sources)
    context = MemoryContext(artifacts=ir_artifact(parsed), packs={pack.name: pack for pack in packs}, files=case.files)
    linked: dict[str, list[pa.RecordBatch]] = {}
    for table, batch in linker.run(context):
        linked.setdefault(table, []).append(batch)
    return graph(parsed.tables, {name: pa.Table.from_batches(batches) for name, batches in linked.items()})


def _taken(path: str, packs: Sequence[LanguagePack]) -> bool:
    try:
        pack_for(path, packs)
    except ValueError:
        return False
    return True


def graph(parsed: Mapping[str, pa.Table], linked: Mapping[str, pa.Table]) -> Graph:
    """Return the tables that assertions are about: the linker's, with the parser's nodes, files and exports."""
    tables = {name: _rows(table) for name, table in linked.items()}
    for name in ("edges", "call_sites", "imports"):
        tables.setdefault(name, [])
    tables["nodes"] = _rows(parsed["nodes"]) + tables.get("nodes", [])
    tables["files"] = _rows(parsed["files"])
    tables["exports"] = _exports(parsed["exports"], parsed["nodes"])
    return Graph(tables)


def bare(identifier: str) -> str:
    """Return an id as a dotted name, without its file suffix: `a:b~2@py` → `a.b~2`; specifiers keep their `@`."""
    name, mark, suffix = identifier.rpartition("@")
    return identifier if not mark else (name if suffix == "external" else name.replace(":", "."))


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _exports(exports: pa.Table, nodes: pa.Table) -> list[dict[str, Any]]:
    """Return export rows with the node's id in place of its ordinal within the file."""
    ids: dict[str, list[str]] = {}
    for row in _rows(nodes):
        ids.setdefault(row["file_path"], []).append(row["id"])
    rows = _rows(exports)
    for row in rows:
        row["node_id"] = ids[row["file_path"]][row["node"]] if row["node"] >= 0 else None
    return rows


def check(assertion: Assertion, graph: Graph) -> str | None:
    """Return why an assertion does not hold, or None."""
    kind, text = assertion.kind, assertion.text
    match kind:
        case "node":
            return _check_node(text, graph)
        case "no node":
            found = graph.node(text.strip())
            return f"there is {found[0]['kind']} {text}" if found else None
        case "members":
            return _check_members(text, graph)
        case "edge" | "no edge":
            return _check_edge(text, graph, wanted=kind == "edge")
        case "call":
            return _check_call(text, graph)
        case "import":
            return _check_import(text, graph)
        case "export":
            return _check_export(text, graph)
        case _:
            path, status = text.split()
            seen = {row["path"]: row["status"] for row in graph.tables["files"]}
            return None if seen.get(path) == status else f"{path} is {seen.get(path)}"


def _check_node(text: str, graph: Graph) -> str | None:
    kind, name, *rest = shlex.split(text)
    found = graph.node(name)
    if not found:
        return f"no node {name}; there are: {' '.join(bare(row['id']) for row in graph.tables['nodes'])}"
    wanted = dict(item.split("=", 1) for item in rest)
    reasons = []
    for row in found:
        actual = {key: _value(row, key) for key in wanted} | {"kind": row["kind"]}
        if actual == wanted | {"kind": kind}:
            return None
        reasons.append(f"{name} is {actual}")
    return "; ".join(reasons)


def _value(row: dict[str, Any], key: str) -> str:
    if key.startswith("meta."):
        value = json.loads(row["metadata"] or "{}").get(key.removeprefix("meta."))
        return "; ".join(value) if isinstance(value, list) else str(value)
    match key:
        case "modifiers":
            return ",".join(row["modifiers"])
        case "test":
            return str(row["is_test"]).lower()
        case "doc":
            return str(row["docstring"] or "").replace("\n", "\\n")
        case "lines":
            return f"{row['start_line']}-{row['end_line']}"
        case "parent":
            return bare(row["parent_id"] or "")
        case _:
            return str(row[key])


def _check_members(text: str, graph: Graph) -> str | None:
    name, _, members = text.partition("=")
    parents = {row["id"] for row in graph.node(name.strip())}
    found = [row["name"] for row in graph.tables["nodes"] if row["parent_id"] in parents]
    return None if found == members.split() else f"members of {name.strip()}: {' '.join(found)}"


def _check_edge(text: str, graph: Graph, *, wanted: bool) -> str | None:
    kind, source, arrow, target = text.split()
    if arrow != "->":
        return "an edge is written <kind> <source> -> <target>"
    edges = [(row["kind"], bare(row["source_id"]), bare(row["target_id"])) for row in graph.tables["edges"]]
    found = [
        edge for edge in edges if edge[0] == kind and fnmatchcase(edge[1], source) and fnmatchcase(edge[2], target)
    ]
    if bool(found) == wanted:
        return None
    near = [f"{a} -> {b}" for k, a, b in edges if k == kind]
    return f"{kind} edges: {'; '.join(near)}"


def _check_call(text: str, graph: Graph) -> str | None:
    callee, _, wanted = text.rpartition(" -> ")
    status, *rest = wanted.split()
    found = []
    for row in graph.tables["call_sites"]:
        if row["callee_text"] == callee:
            actual = [row["status"], *([row["reason"]] if row["reason"] else []), *map(bare, row["candidates"])]
            if actual == [status, *rest] or actual[: 1 + len(rest)] == [status, *rest]:
                return None
            found.append(" ".join(actual))
    known = {row["callee_text"] for row in graph.tables["call_sites"]}
    return f"{callee}: {found}" if found else f"no call of {callee}; there are: {sorted(known)}"


def _check_import(text: str, graph: Graph) -> str | None:
    left, _, right = text.partition(" -> ")
    module, *keys = left.split()
    wanted = {"name": None, "alias": None} | dict(key.split("=", 1) for key in keys)
    status, *target = right.split()
    found = []
    for row in graph.tables["imports"]:
        if row["module"] != module:
            continue
        reached = bare(row["target_id"] or "") or row["target_file"] or ""
        actual = {"name": row["name"], "alias": row["alias"]}
        if actual == wanted and row["status"] == status and (not target or target[0] in {reached, row["reason"]}):
            return None
        found.append(f"{actual} -> {row['status']} {row['reason']} {reached}")
    return f"imports of {module}: {found}"


def _check_export(text: str, graph: Graph) -> str | None:
    name, _, target = text.partition(" -> ")
    found = []
    for row in graph.tables["exports"]:
        if row["name"] != name:
            continue
        if row["module"] is not None:
            reached = f"{row['module']}:{row['source_name'] or '*'}"
        else:
            reached = bare(row["node_id"]) if row["node_id"] else "-"
        if reached == target:
            return None
        found.append(reached)
    names = [row["name"] for row in graph.tables["exports"]]
    return f"{name} is exported as {found}; exports: {names}"


def failures(case: Case, graph: Graph) -> Sequence[str]:
    """Return what of a case does not hold in its graph, one text an assertion."""
    return [
        f"line {assertion.line}: {assertion.kind}: {assertion.text}\n      {reason}"
        for assertion in case.assertions
        if (reason := check(assertion, graph)) is not None
    ]


def all_cases(folder: Path) -> Iterator[tuple[Path, Case]]:
    """Yield every case below a folder, files in path order; `places.md` is read by `places.py`."""
    for path in sorted(folder.rglob("*.md")):
        if path.name != PLACES:
            for case in read_cases(path):
                yield path, case

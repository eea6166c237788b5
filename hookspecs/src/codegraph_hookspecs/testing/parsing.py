"""Checks of IR: what must hold for the rows of any file, whichever parser made them and however broken the file."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import pyarrow as pa

from codegraph_hookspecs.parsing import IR_TABLES, ParsedBatch, SourceFile
from codegraph_hookspecs.testing.failures import fail, require
from codegraph_hookspecs.testing.tables import check_tables, first_difference

_ORDINAL: Final = re.compile(r"~\d+(?=\.|\Z)")
_TYPE_KINDS: Final = frozenset({"class", "struct", "enum", "interface", "trait", "type_alias"})

Row = dict[str, Any]


def check_batch(batch: ParsedBatch, sources: Sequence[SourceFile]) -> None:
    """Check the IR of a batch of files.

    Checked: physical schemas (`check_tables`); one `files` row per input, in input order; every file
    that is not ok has a diagnostic; rows grouped by file in that order; ids are unique and say module,
    path in it and suffix; spans lie in the file and in the span of their parent, lines agree with bytes;
    call sites are numbered per caller; each import row has its node; ordinals in `uses` and `exports`
    exist.

    Raises:
        ConformanceError: A `batch-…` code, or one of `check_tables`.
    """
    require(isinstance(batch, ParsedBatch), "batch-type", f"parse() returned a {type(batch).__name__}")
    missing = [name for name in IR_TABLES if name not in batch.tables]
    require(not missing, "batch-tables", f"the batch lacks the tables {', '.join(missing)}")
    tables = check_tables({name: batch.tables[name] for name in IR_TABLES})
    _check_files(tables, sources)
    paths = [source.path for source in sources]
    rows = {name: _by_file(name, table, paths) for name, table in tables.items() if name != "files"}
    for source, file in zip(sources, tables["files"].to_pylist(), strict=True):
        _check_file(source, file, {name: parts.get(source.path, []) for name, parts in rows.items()})


def check_same_rows(left: ParsedBatch, right: ParsedBatch, what: str, code: str = "batch-different") -> None:
    """Check that two batches have equal rows in equal order.

    Args:
        left: One batch.
        right: The other.
        what: What the two are, for the message: "workers=1 and workers=2".
        code: Code of the failure.

    Raises:
        ConformanceError: They differ; the message names the first difference.
    """
    for name in IR_TABLES:
        difference = first_difference(left.tables[name], right.tables[name])
        require(not difference, code, f"{what} differ in {name!r}: {difference}")


def _check_files(tables: Mapping[str, pa.Table], sources: Sequence[SourceFile]) -> None:
    files = tables["files"].to_pylist()
    given = [row["path"] for row in files]
    wanted = [source.path for source in sources]
    require(given == wanted, "batch-files", f"`files` must have the input's paths in order; has {given}, not {wanted}")
    reported = set(tables["diagnostics"].column("file_path").to_pylist())
    for row in files:
        if row["status"] != "ok":
            require(
                row["path"] in reported, "batch-diagnostic", f"{row['path']!r} is {row['status']} without a diagnostic"
            )
        if row["status"] == "ok" and row["parse_errors"]:
            fail("batch-files", f"{row['path']!r} has {row['parse_errors']} syntax errors and is not degraded")


def _by_file(name: str, table: pa.Table, paths: Sequence[str]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    order = {path: position for position, path in enumerate(paths)}
    last = -1
    for path, rows in groupby(table.to_pylist(), key=lambda row: row["file_path"]):
        if path is None and name == "diagnostics":
            continue
        require(path in order, "batch-order", f"{name!r} has rows of {path!r}, which was not given")
        require(order[path] > last, "batch-order", f"rows of {name!r} must be grouped by file in input order")
        last = order[path]
        grouped[path] = list(rows)
    return grouped


def _check_file(source: SourceFile, file: Row, rows: Mapping[str, list[Row]]) -> None:
    nodes, status = rows["nodes"], file["status"]
    if status in {"skipped", "failed"}:
        present = [name for name, mine in rows.items() if mine and name != "diagnostics"]
        require(not present, "batch-skipped", f"{source.path!r} is {status} but has rows in {', '.join(present)}")
        return
    require(nodes, "batch-module", f"{source.path!r} has no nodes, not even its module")
    told, wanted = file["module_fqn"], nodes[0]["fqn"]
    require(told == wanted, "batch-files", f"{source.path!r} has module_fqn {told!r}, not {wanted!r}")
    _check_module(source, nodes[0])
    by_id = {row["id"]: row for row in nodes}
    lines = _line_starts(source.content) if source.content is not None else None
    qualifiers = _qualifiers(nodes[0], told)
    for row in nodes[1:]:
        _check_node(source, row, by_id, qualifiers)
    for row in nodes:
        _check_position(source, row, lines, f"the node {row['id']!r}")
    _check_calls(source, rows["call_sites"], by_id, lines)
    _check_imports(source, rows["imports"], by_id, lines)
    for name in ("uses", "exports"):
        for row in rows[name]:
            _check_ordinals(source, name, row, len(nodes), len(rows["call_sites"]))


def _check_module(source: SourceFile, row: Row) -> None:
    wanted = {
        "kind": "module",
        "id": f"{source.module.fqn}@{source.module.suffix}",
        "parent_id": source.module.package_id,
        "language": source.language,
        "start_byte": 0,
    }
    for column, value in wanted.items():
        if row[column] != value:
            fail("batch-module", f"the first node of {source.path!r} has {column} {row[column]!r}, not {value!r}")


def _qualifiers(module: Row, told: str) -> tuple[str, ...]:
    """Return what the fqn of a file's definitions may begin with: the module's, or a package that the file declares."""
    facts = json.loads(module["metadata"] or "{}")
    if "package" not in facts:
        return (f"{told}.",)
    return f"{told}.", f"{facts['package']}." if facts["package"] else ""


def _check_node(source: SourceFile, row: Row, by_id: Mapping[str, Row], qualifiers: tuple[str, ...]) -> None:
    name, suffix = row["id"], f"@{source.module.suffix}"
    require(name.endswith(suffix), "batch-id", f"the id {name!r} must end with {suffix!r}")
    own = name.removesuffix(suffix)
    names = [row["fqn"].removeprefix(begin) for begin in qualifiers if row["fqn"].startswith(begin)]
    wanted = f"{source.module.fqn}:{names[0] if names else row['fqn']}"
    require(
        _ORDINAL.sub("", own) in {_ORDINAL.sub("", f"{source.module.fqn}:{one}") for one in names},
        "batch-id",
        f"the id {name!r} must be {wanted + suffix!r}, with redefinitions numbered",
    )
    parent = by_id.get(row["parent_id"] or "")
    if parent is None:
        fail("batch-parent", f"the parent {row['parent_id']!r} of {name!r} is no node of its file")
    # A member of a type that is not in the file has that type's name between its parent's and its own, and those of
    # several where damage puts one such block into another.
    begin, end = f"{parent['fqn']}.", f".{row['name']}"
    require(
        (row["fqn"].startswith(begin) and row["fqn"].endswith(end) and len(row["fqn"]) >= len(begin) + len(end) - 1)
        or (parent["kind"] == "module" and row["fqn"] in {begin + row["name"] for begin in qualifiers}),
        "batch-id",
        f"the fqn {row['fqn']!r} must be its parent's, {parent['fqn']!r}, and its name {row['name']!r}",
    )
    inside = parent["start_byte"] <= row["start_byte"] and row["end_byte"] <= parent["end_byte"]
    apart = row["end_byte"] <= parent["start_byte"] or parent["end_byte"] <= row["start_byte"]
    require(
        # A method by receiver, a member of an `impl`; a method that a value gets behind it: `f.g = function () {}`.
        inside or (apart and (parent["kind"] in _TYPE_KINDS or row["kind"] == "method")),
        "batch-nesting",
        f"the span of {name!r} is not inside its parent's",
    )
    if row["complexity"] is not None:
        require(row["complexity"] >= 1, "batch-complexity", f"{name!r} has complexity {row['complexity']}")


def _line_starts(content: bytes) -> list[int]:
    starts = [0]
    starts.extend(position + 1 for position, byte in enumerate(content) if byte == 0x0A)
    return starts


def _check_position(source: SourceFile, span: Row, lines: list[int] | None, what: str) -> None:
    content = source.content
    if content is None or lines is None or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return  # the bytes are not at hand, or lines of UTF-16 are not made of single bytes
    require(span["end_byte"] <= len(content), "batch-position", f"{what} ends after the file")
    line = span["start_line"]
    fits = line <= len(lines) and lines[line - 1] <= span["start_byte"]
    fits = fits and (line == len(lines) or span["start_byte"] < lines[line])
    require(fits, "batch-position", f"{what} starts on line {line}, but its first byte is {span['start_byte']}")
    column = span.get("start_column")
    if column is not None:
        require(
            lines[line - 1] + column == span["start_byte"],
            "batch-position",
            f"{what} starts at column {column} of line {line}, but its first byte is {span['start_byte']}",
        )


def _check_calls(source: SourceFile, rows: list[Row], by_id: Mapping[str, Row], lines: list[int] | None) -> None:
    counts: Counter[str] = Counter()
    for row in rows:
        caller = by_id.get(row["caller_id"])
        if caller is None:
            fail("batch-caller", f"the caller {row['caller_id']!r} is no node of {source.path!r}")
        counts[row["caller_id"]] += 1
        wanted = f"{row['caller_id']}#call{counts[row['caller_id']]}"
        require(row["id"] == wanted, "batch-call-id", f"the call site {row['id']!r} must have the id {wanted!r}")
        require(row["arity"] >= 0, "batch-call-id", f"the call site {row['id']!r} has arity {row['arity']}")
        _check_position(source, row["span"], lines, f"the call site {row['id']!r}")


def _check_imports(source: SourceFile, rows: list[Row], by_id: Mapping[str, Row], lines: list[int] | None) -> None:
    wanted = {name for name, node in by_id.items() if node["kind"] == "import"}
    given = {row["id"] for row in rows}
    require(
        wanted == given,
        "batch-import",
        f"in {source.path!r} these ids are not both an import row and an import node: {sorted(wanted ^ given)}",
    )
    for row in rows:
        _check_position(source, row["span"], lines, f"the import {row['id']!r}")


def _check_ordinals(source: SourceFile, table: str, row: Row, nodes: int, calls: int) -> None:
    limits = {"node": nodes, "target": nodes, "call_site": calls}
    for column, limit in limits.items():
        value = row.get(column)
        if value is not None and not -1 <= value < limit:
            fail("batch-ordinal", f"{table}.{column} is {value} in {source.path!r}, which has {limit} such rows")

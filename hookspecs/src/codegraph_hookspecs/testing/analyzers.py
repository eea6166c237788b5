"""Checks of an analyzer: each finding says what and why, twice the same, and its input stays as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from codegraph_hookspecs.languages import LanguagePack
from codegraph_hookspecs.parsing import IRDocument, ParsedBatch
from codegraph_hookspecs.stages import Analyzer
from codegraph_hookspecs.testing.failures import fail, require
from codegraph_hookspecs.testing.memory import MemoryContext, documents, empty_table
from codegraph_hookspecs.testing.tables import SEVERITIES, fingerprint

_SPAN_KEYS: Final = frozenset(("start_line", "start_column", "end_line", "end_column", "start_byte", "end_byte"))
_TEXTS: Final = ("type", "message", "rule_id", "severity", "cwe", "node_id", "file_path")

Finding = Mapping[str, object]


def check_analyzer(
    analyzer: Analyzer,
    batch: ParsedBatch,
    *,
    tables: Mapping[str, pa.Table] | None = None,
    packs: Mapping[str, LanguagePack] | None = None,
    config: Any = None,
) -> list[Finding]:
    """Check an analyzer on parsed files.

    Checked: name, version, scope; findings are mappings with `type` and `message`, a known severity, a
    confidence from 0 to 1, a node and a file that exist, JSON-ready properties; two runs give equal
    findings; the input tables are not written to.

    Args:
        analyzer: The analyzer.
        batch: What a parser returned (`parse_samples`).
        tables: Rows that stages would have added or replaced, in physical schemas: `edges`, `imports` …
        packs: Language packs by name.
        config: The plugin's settings.

    Returns:
        The findings, in order.

    Raises:
        ConformanceError: An `analyzer-…` or `finding-…` code.
    """
    check_analyzer_declaration(analyzer)
    given = {"edges": empty_table("edges"), **batch.tables, **(tables or {})}
    nodes = set(given["nodes"].column("id").to_pylist())
    paths = set(given["files"].column("path").to_pylist())

    def run_once() -> list[Finding]:
        found: list[Finding] = []
        for target in _targets(analyzer, batch, given, packs or {}, config):
            before = fingerprint(target.tables)
            try:
                found.extend(analyzer.analyze(target))
            except Exception as error:
                fail("analyzer-raised", f"{analyzer.name} raised {error!r}", cause=error)
            if fingerprint(target.tables) != before:
                fail("analyzer-mutates", f"{analyzer.name} writes into its input tables")
        return found

    findings = run_once()
    for finding in findings:
        check_finding(analyzer.name, finding, nodes=nodes, paths=paths)
    again = run_once()
    if [dict(finding) for finding in findings] != [dict(finding) for finding in again]:
        fail("analyzer-unstable", f"{analyzer.name}: two runs give different findings")
    return findings


def check_analyzer_declaration(analyzer: Analyzer) -> None:
    """Check an analyzer's class attributes."""
    require(isinstance(analyzer, Analyzer), "analyzer-type", f"this is a {type(analyzer).__name__}, not an Analyzer")
    for attribute in ("name", "version"):
        value = getattr(analyzer, attribute, None)
        good = isinstance(value, str) and value
        require(good, "analyzer-declaration", f"{type(analyzer).__name__} needs a text `{attribute}`")
    require(
        analyzer.scope in {"file", "repo"},
        "analyzer-declaration",
        f"{analyzer.name}: the scope is {analyzer.scope!r}, not 'file' or 'repo'",
    )


def _targets(
    analyzer: Analyzer,
    batch: ParsedBatch,
    tables: Mapping[str, pa.Table],
    packs: Mapping[str, LanguagePack],
    config: Any,
) -> Sequence[IRDocument | MemoryContext]:
    if analyzer.scope == "file":
        return documents(batch, **tables)
    return [MemoryContext(tables=MappingProxyType(dict(tables)), packs=MappingProxyType(dict(packs)), config=config)]


def check_finding(analyzer: str, finding: object, *, nodes: set[str], paths: set[str]) -> None:
    """Check one finding.

    Args:
        analyzer: Name, for messages.
        finding: What `analyze` yielded.
        nodes: Ids that `node_id` may have.
        paths: Paths that `file_path` may have.

    Raises:
        ConformanceError: `finding-type`, `finding-text`, `finding-value`, `finding-dangling` or
            `finding-json`.
    """
    if not isinstance(finding, Mapping):
        fail("finding-type", f"{analyzer} yields a {type(finding).__name__}, not a mapping")
    for key in ("type", "message"):
        value = finding.get(key)
        require(isinstance(value, str) and value, "finding-text", f"{analyzer}: a finding has no text under {key!r}")
    for key in _TEXTS:
        value = finding.get(key)
        require(value is None or isinstance(value, str), "finding-text", f"{analyzer}: {key} is {value!r}, not a text")
    severity = finding.get("severity", "medium")
    require(
        severity in SEVERITIES,
        "finding-value",
        f"{analyzer}: the severity is {severity!r}; allowed: {', '.join(SEVERITIES)}",
    )
    confidence = finding.get("confidence", 1.0)
    if not isinstance(confidence, (int, float)) or not 0 <= confidence <= 1:
        fail("finding-value", f"{analyzer}: the confidence is {confidence!r}, not a number from 0 to 1")
    span = finding.get("span")
    if span is not None and (not isinstance(span, Mapping) or set(span) != _SPAN_KEYS):
        fail("finding-value", f"{analyzer}: a span has the keys {', '.join(sorted(_SPAN_KEYS))}")
    for key, known in (("node_id", nodes), ("file_path", paths)):
        value = finding.get(key)
        require(value is None or value in known, "finding-dangling", f"{analyzer}: {key} is {value!r}, which is no row")
    rest = {key: value for key, value in finding.items() if key != "span"}
    try:
        json.dumps(rest)
    except (TypeError, ValueError) as error:
        fail("finding-json", f"{analyzer}: a finding is not JSON-ready: {error}", cause=error)

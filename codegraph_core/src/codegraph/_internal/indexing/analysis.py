"""Analyzers: IR documents and the whole graph go in, checked findings come out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from attrs import define, field

from codegraph._internal.pipeline.cancel import CancelToken, Deadline
from codegraph._internal.pipeline.context import FileReader
from codegraph_hookspecs import SPAN, TABLES, Analyzer, IRDocument, LanguagePack, PluginError

DOCUMENT_TABLES: Final = ("nodes", "edges", "call_sites", "imports")
SEVERITIES: Final = ("info", "low", "medium", "high", "critical")
Reader = Callable[[str], Iterator[pa.RecordBatch]]

_COLUMNS: Final = frozenset(
    {"type", "message", "node_id", "rule_id", "severity", "confidence", "cwe", "file_path", "span", "properties"}
)
_SPAN_FIELDS: Final = tuple(part.name for part in SPAN)


@define(kw_only=True)
class GraphContext:
    """Implements `codegraph_hookspecs.AnalysisContext`."""

    root: Path
    packs: Mapping[str, LanguagePack]
    config: Any
    reader: Reader
    files: FileReader
    cancel: CancelToken
    deadline: Deadline
    ended: bool = field(default=False)

    def read(self, table: str) -> Iterator[pa.RecordBatch]:
        """Stream a public table of the run."""
        spec = TABLES.get(table)
        if spec is None or not spec.public:
            raise PluginError(f"There is no public table {table!r}.", code="stage-undeclared-input")
        for batch in self.reader(table):
            self.check()
            yield batch

    def read_file(self, path: str, max_bytes: int = 1 << 20) -> bytes | None:
        """Return the bytes of a file of the repository, or None."""
        self.check()
        return self.files.read(path, max_bytes)

    def list_folder(self, folder: str) -> Sequence[str]:
        """Return the sorted names in a folder of the repository."""
        self.check()
        return self.files.names(folder)

    def find_files(self, names: Iterable[str]) -> Sequence[str]:
        """Return the sorted paths of what has one of some names, in every folder that was searched for sources."""
        self.check()
        return self.files.find(names)

    def check(self) -> None:
        """Raise if the run was cancelled or the deadline has passed."""
        self.cancel.check()
        self.deadline.check()


class _Cutter:
    """Cuts each table of a run by file, when somebody first looks at it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._cut: dict[str, tuple[dict[str, pa.Table], pa.Table]] = {}

    def rows(self, name: str, path: str) -> pa.Table:
        if name not in self._cut:
            table = pa.Table.from_batches(list(self._reader(name)), schema=TABLES[name].physical_schema)
            self._cut[name] = (_by_file(table), table.slice(0, 0))
        by_file, empty = self._cut[name]
        return by_file.get(path, empty)


class _FileTables(Mapping[str, pa.Table]):
    """The tables of one file; an analyzer that passes over a language's files costs next to nothing for them."""

    __slots__ = ("_cutter", "_path")

    def __init__(self, cutter: _Cutter, path: str) -> None:
        self._cutter = cutter
        self._path = path

    def __getitem__(self, name: str) -> pa.Table:
        if name not in DOCUMENT_TABLES:
            raise KeyError(name)
        return self._cutter.rows(name, self._path)

    def __iter__(self) -> Iterator[str]:
        return iter(DOCUMENT_TABLES)

    def __len__(self) -> int:
        return len(DOCUMENT_TABLES)


def documents(reader: Reader) -> Iterator[IRDocument]:
    """Give one document for each file, in path order."""
    cutter = _Cutter(reader)
    for batch in reader("files"):
        paths, languages = batch.column("path").to_pylist(), batch.column("language").to_pylist()
        for path, language in zip(paths, languages, strict=True):
            yield IRDocument(file_path=path, language=language or "", tables=_FileTables(cutter, path))


def _by_file(table: pa.Table) -> dict[str, pa.Table]:
    """Cut a table by its `file_path`; rows of one file keep their order, rows of no file are left out."""
    if not table.num_rows:
        return {}
    owners = table.unify_dictionaries().column("file_path").combine_chunks()
    if isinstance(owners, pa.ChunkedArray):
        owners = owners.chunk(0)
    codes = pc.fill_null(owners.indices, -1).to_numpy(zero_copy_only=False)
    if np.any(codes[1:] < codes[:-1]):
        order = np.argsort(codes, kind="stable")
        table, codes = table.take(pa.array(order)), codes[order]
    starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    ends = np.append(starts[1:], len(codes))
    names = owners.dictionary.to_pylist()
    return {
        names[codes[start]]: table.slice(start, end - start)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        if codes[start] >= 0
    }


class FindingRows:
    """Turns what analyzers yield into rows of `findings`; what is malformed is counted, not kept."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._ordinals: dict[str, int] = {}
        self.problems: list[str] = []

    def collect(
        self, analyzer: str, yielded: Iterable[object], file_path: str | None, check: Callable[[], None]
    ) -> None:
        """Take the findings of one analyzer about one file, or about the repository."""
        for finding in yielded or ():
            check()
            problem, row = self._row(analyzer, finding, file_path)
            if row is None:
                self.problems.append(problem)
            else:
                self._rows.append(row)

    def batch(self) -> pa.RecordBatch | None:
        """Return the rows, or None when there are none."""
        if not self._rows:
            return None
        return pa.RecordBatch.from_pylist(self._rows, schema=TABLES["findings"].physical_schema)

    def _row(self, analyzer: str, finding: object, file_path: str | None) -> tuple[str, dict[str, Any] | None]:
        if not isinstance(finding, Mapping):
            return f"a finding is a {type(finding).__name__}, not a mapping", None
        for name in ("type", "message"):
            if not isinstance(finding.get(name), str) or not finding[name]:
                return f"a finding has no {name!r} text", None
        for name in ("node_id", "rule_id", "cwe", "file_path"):
            if not isinstance(finding.get(name), (str, type(None))):
                return f"{name!r} of a finding is no text", None
        severity, confidence = finding.get("severity", "medium"), finding.get("confidence", 1.0)
        if severity not in SEVERITIES:
            return f"'severity' of a finding must be one of {', '.join(SEVERITIES)}", None
        if isinstance(confidence, bool) or not isinstance(confidence, (int, float)) or not 0 <= confidence <= 1:
            return "'confidence' of a finding must lie between 0 and 1", None
        span = finding.get("span")
        if span is not None and not _is_span(span):
            return "'span' of a finding is no span", None
        given = finding.get("properties")
        extra = {str(key): value for key, value in finding.items() if key not in _COLUMNS}
        try:
            properties = json.dumps({**(given or {}), **extra}, sort_keys=True, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError):
            return "'properties' of a finding are not JSON-ready", None
        row = {
            "analyzer": analyzer,
            "rule_id": finding.get("rule_id") or finding["type"],
            "type": finding["type"],
            "message": finding["message"],
            "severity": severity,
            "confidence": float(confidence),
            "cwe": finding.get("cwe"),
            "node_id": finding.get("node_id"),
            "file_path": finding.get("file_path") or file_path,
            "span": {name: int(span[name]) for name in _SPAN_FIELDS} if span is not None else None,
            "properties": properties if properties != "{}" else None,
        }
        return "", {"id": self._id(row), **row}

    def _id(self, row: Mapping[str, Any]) -> str:
        span = row["span"]
        places = [str(span[name]) for name in _SPAN_FIELDS] if span else []
        parts = [row["analyzer"], row["rule_id"], row["file_path"], row["node_id"], ",".join(places), row["message"]]
        key = "\0".join(part or "" for part in parts)
        ordinal = self._ordinals.get(key, 0)
        self._ordinals[key] = ordinal + 1
        return xxhash.xxh3_64_hexdigest(f"{key}\0{ordinal}".encode("utf-8", "surrogatepass"))


def _is_span(span: object) -> bool:
    if not isinstance(span, Mapping) or any(
        isinstance(span.get(name), bool) or not isinstance(span.get(name), int) for name in _SPAN_FIELDS
    ):
        return False
    lines = 1 <= span["start_line"] <= span["end_line"] < 2**31
    return bool(lines and 0 <= span["start_byte"] <= span["end_byte"] < 2**31)


def analyze_all(analyzer: Analyzer, rows: FindingRows, context: GraphContext, reader: Reader) -> None:
    """Run one analyzer over everything that it looks at. Raises what the analyzer raises."""
    if analyzer.scope == "repo":
        rows.collect(analyzer.name, analyzer.analyze(context), None, context.check)
        return
    for document in documents(reader):
        context.check()
        try:
            rows.collect(analyzer.name, analyzer.analyze(document), document.file_path, context.check)
        except PluginError:
            raise
        except Exception as error:
            error.add_note(f"while analyzing {document.file_path}")
            raise

"""Tiny plugins for tests of the kernel: a language whose files are lists of `def name` and `call name` lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import blake3
import pyarrow as pa

from codegraph_hookspecs import (
    IR_TABLES,
    TABLES,
    Analyzer,
    Grammar,
    LanguagePack,
    ParsedBatch,
    ParseOptions,
    PluginInfo,
    SourceFile,
    Stage,
    hookimpl,
)


def pack(name: str = "toy", *extensions: str, **values: Any) -> LanguagePack:
    return LanguagePack(
        name=name, version="1", extensions=extensions or (".toy",), grammar=Grammar(module="none"), kinds={}, **values
    )


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=TABLES[name].physical_schema)


def batch(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=TABLES[name].physical_schema)


def node(identifier: str, **values: Any) -> dict[str, Any]:
    row = {
        "id": identifier, "kind": "function", "name": identifier.partition("@")[0], "fqn": identifier.partition("@")[0],
        "parent_id": None, "file_path": None, "start_line": 1, "end_line": 1, "start_byte": 0, "end_byte": 1,
        "language": "toy", "modifiers": [], "visibility": "public", "is_test": False, "signature": None,
        "docstring": None, "complexity": None, "content_hash": None, "version": None, "taint_sources": [],
        "metadata": None,
    }  # fmt: skip
    return {**row, **values}


def edge(identifier: str, source: str, target: str, **values: Any) -> dict[str, Any]:
    row = {
        "id": identifier, "kind": "calls", "source_id": source, "target_id": target, "file_path": None,
        "line_number": 1, "column": 0, "resolver": "test", "confidence": 1.0, "metadata": None,
    }  # fmt: skip
    return {**row, **values}


def span(line: int, start: int, end: int) -> dict[str, int]:
    return {
        "start_line": line, "start_column": 0, "end_line": line, "end_column": end - start,
        "start_byte": start, "end_byte": end,
    }  # fmt: skip


class ToySession:
    def __init__(self, parser: ToyParser) -> None:
        self.parser = parser

    def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in IR_TABLES}
        for source in sources:
            self._parse(source, rows)
        return ParsedBatch(tables={name: table(name, rows[name]) for name in IR_TABLES})

    def _parse(self, source: SourceFile, rows: dict[str, list[dict[str, Any]]]) -> None:
        with open(source.location, "rb") as stream:  # noqa: PTH123
            content = stream.read()
        self.parser.parsed.append(source.path)
        lines = content.splitlines()
        rows["files"].append(
            {
                "path": source.path, "language": source.language, "content_hash": blake3.blake3(content).hexdigest(),
                "size": len(content), "mtime_ns": source.mtime_ns, "lines": len(lines), "status": "ok",
                "parse_errors": 0, "module_fqn": source.module.fqn,
            }
        )  # fmt: skip
        module = f"{source.module.fqn}@{source.module.suffix}"
        owner, start, calls = module, 0, 0
        rows["nodes"].append(
            node(module, kind="module", file_path=source.path, end_line=max(1, len(lines)), end_byte=len(content))
        )
        for number, raw in enumerate(lines, start=1):
            word, _, name = raw.decode("utf-8", "replace").partition(" ")
            end = start + len(raw)
            if word == "def":
                owner = f"{source.module.fqn}.{name}@{source.module.suffix}"
                rows["nodes"].append(
                    node(owner, name=name, parent_id=module, file_path=source.path, start_line=number,
                         end_line=number, start_byte=start, end_byte=end)
                )  # fmt: skip
            elif word == "call":
                calls += 1
                rows["call_sites"].append(
                    {
                        "id": f"{owner}#call{calls}", "caller_id": owner, "callee_text": name, "receiver_text": None,
                        "arity": 0, "file_path": source.path, "span": span(number, start, end),
                        "status": "unresolved", "reason": "provisional", "candidates": [],
                    }
                )  # fmt: skip
            start = end + 1

    def close(self) -> None:
        self.parser.closed += 1


class ToyParser:
    def __init__(self, name: str = "toy-parser", priority: int = 10, languages: Iterable[str] = ("toy",)) -> None:
        self.name = name
        self.priority = priority
        self.version = "1"
        self.languages = set(languages)
        self.parsed: list[str] = []
        self.closed = 0

    def supports(self, pack: LanguagePack) -> bool:
        return pack.name in self.languages

    def open(self, packs: Sequence[LanguagePack], options: ParseOptions) -> ToySession:
        self.options = options
        return ToySession(self)


class Plugin:
    """A plugin whose contributions are given to it."""

    def __init__(
        self,
        name: str = "toy",
        *,
        version: str = "1.0",
        packs: Sequence[LanguagePack] = (),
        parsers: Sequence[Any] = (),
        stages: Sequence[Stage] = (),
        analyzers: Sequence[Analyzer] = (),
        config: type[Any] | None = None,
        requires: str = ">=1.0,<2",
    ) -> None:
        self.info = PluginInfo(name=name, version=version, config=config, requires_hookspec=requires)
        self.given = {"packs": packs, "parsers": parsers, "stages": stages, "analyzers": analyzers}

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        return self.info

    @hookimpl
    def codegraph_languages(self) -> Sequence[LanguagePack]:
        return self.given["packs"]

    @hookimpl
    def codegraph_parsers(self) -> Sequence[Any]:
        return self.given["parsers"]

    @hookimpl
    def codegraph_stages(self) -> Sequence[Stage]:
        return self.given["stages"]

    @hookimpl
    def codegraph_analyzers(self) -> Sequence[Analyzer]:
        return self.given["analyzers"]


def toy(**values: Any) -> Plugin:
    """The toy language with its parser."""
    values.setdefault("packs", [pack()])
    values.setdefault("parsers", [ToyParser()])
    return Plugin(**values)

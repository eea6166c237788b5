"""Runs the cross-file stage on source texts: what the tests of this folder and the spec runner share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import xxhash
from attrs import define, field

from codegraph._internal.indexing.disk import DiskFiles
from codegraph_hookspecs import (
    IR_ARTIFACT,
    KEY_COLUMNS,
    TABLES,
    Diagnostic,
    LanguagePack,
    ParsedBatch,
    SourceFile,
    module_name,
)
from codegraph_hookspecs.parsing import ParseOptions
from codegraph_plugins.languages.go import plugin as go
from codegraph_plugins.languages.jvm import plugin as jvm
from codegraph_plugins.languages.python import plugin as python
from codegraph_plugins.languages.rust import plugin as rust
from codegraph_plugins.languages.web import plugin as web
from codegraph_plugins.parsers.reference import plugin as reference
from codegraph_plugins.stages.cross_file import CrossFileStage
from codegraph_plugins.stages.cross_file.native import NativeCrossFileStage


def language_packs() -> dict[str, LanguagePack]:
    """Return the built-in packs by name."""
    plugins = (go, jvm, python, rust, web)
    return {pack.name: pack for plugin in plugins for pack in plugin.codegraph_languages()}


def pack_of(path: str, packs: Mapping[str, LanguagePack]) -> LanguagePack | None:
    """Return the pack with the longest extension that fits, or None."""
    fitting = [
        (len(extension), pack) for pack in packs.values() for extension in pack.extensions if path.endswith(extension)
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


@define
class Context:
    """A `StageContext` over tables in memory."""

    root: Path
    packs: Mapping[str, LanguagePack]
    artifacts: dict[str, dict[str, list[pa.RecordBatch]]]
    workers: int = 1
    config: Any = None
    backend: str = "auto"
    diagnostics: list[Diagnostic] = field(factory=list)

    def read(self, artifact: str, table: str) -> Iterator[pa.RecordBatch]:
        return iter(self.artifacts[artifact].get(table, []))

    def read_file(self, path: str, max_bytes: int = 1 << 20) -> bytes | None:
        return DiskFiles(self.root).read(path, max_bytes)

    def list_folder(self, folder: str) -> tuple[str, ...]:
        return DiskFiles(self.root).names(folder)

    def find_files(self, names: Iterable[str]) -> list[str]:
        wanted = set(names)
        found = (path for path in self.root.rglob("*") if path.name in wanted)
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def check(self) -> None:
        """Never cancelled."""

    def progress(self, done: int, total: int) -> None:
        """Not shown."""

    def report(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)


@define
class Linked:
    """What a run yielded, and the parser's rows it came from."""

    tables: dict[str, pa.Table]
    context: Context

    def parsed(self, table: str) -> list[dict[str, Any]]:
        """Return the parser's rows of a table."""
        batches = self.context.artifacts[IR_ARTIFACT].get(table, [])
        return [row for batch in batches for row in batch.to_pylist()]

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.tables[table].to_pylist()

    def edges(self, *kinds: str) -> set[tuple[str, str, str]]:
        """Return (kind, source, target) by fqn-like ids without their suffix."""
        return {
            (row["kind"], bare(row["source_id"]), bare(row["target_id"]))
            for row in self.rows("edges")
            if not kinds or row["kind"] in kinds
        }

    def calls(self) -> dict[str, tuple[str, str | None, list[str]]]:
        """Return callee text → (status, reason, candidates); callee texts must be distinct."""
        return {
            row["callee_text"]: (row["status"], row["reason"], [bare(one) for one in row["candidates"]])
            for row in self.rows("call_sites")
        }


def bare(identifier: str) -> str:
    """Return an id as a dotted name, without its file suffix: `a:b~2@py` → `a.b~2`; specifiers keep their `@`."""
    name, mark, suffix = identifier.rpartition("@")
    return identifier if not mark else (name if suffix == "external" else name.replace(":", "."))


def parse(sources: Mapping[str, str | bytes], packs: Mapping[str, LanguagePack]) -> ParsedBatch:
    """Parse texts with the reference engine, files in path order."""
    files = []
    for path in sorted(sources, key=str.encode):
        pack = pack_of(path, packs)
        if pack is None:
            continue
        text = sources[path]
        content = text.encode() if isinstance(text, str) else text
        files.append(
            SourceFile(
                path=path,
                location=b"/nowhere/" + path.encode(),
                language=pack.name,
                module=module_name(path, pack),
                size=len(content),
                mtime_ns=0,
                content=content,
            )
        )
    parser = reference.codegraph_parsers()[0]
    session = parser.open(list(packs.values()), ParseOptions())
    try:
        return session.parse(files)
    finally:
        session.close()


def run_stage(context: Context, stage: CrossFileStage) -> Linked:
    """Run the stage and collect its rows by table, checked against the physical schemas."""
    return Linked(tables=collect(stage.run(context)), context=context)


def collect(yielded: Iterable[tuple[str, pa.RecordBatch]]) -> dict[str, pa.Table]:
    """Gather batches into one table each, in the logical schema."""
    batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in ("nodes", "edges", "call_sites", "imports")}
    for name, batch in yielded:
        batch = check_keys(name, batch)
        assert batch.schema.equals(TABLES[name].physical_schema), f"{name}: {batch.schema}"
        batch.validate(full=True)
        batches.setdefault(name, []).append(batch)
    return {
        name: pa.Table.from_batches(found, TABLES[name].physical_schema).cast(TABLES[name].schema)
        for name, found in batches.items()
    }


def check_keys(name: str, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Check the optional key columns, and return the batch without them."""
    keys = [key for key in KEY_COLUMNS.get(name, {}) if key in batch.schema.names]
    for key in keys:
        texts = batch.column(KEY_COLUMNS[name][key]).to_pylist()
        assert batch.column(key).to_pylist() == [xxhash.xxh3_64_intdigest(text.encode()) for text in texts], key
    return batch.select([column for column in batch.schema.names if column not in keys])


def engines() -> list[str]:
    """Return the installed engines: the reference one, and the native one where it can be imported."""
    return ["reference", *(["native"] if find_spec("codegraph_parser_rust") else [])]


def native_stage() -> CrossFileStage:
    """Return the stage with the native engine."""
    native = import_module("codegraph_parser_rust._native")
    return NativeCrossFileStage(native.Linker)


def link(
    sources: Mapping[str, str],
    root: Path,
    *,
    engine: str = "reference",
    split: Sequence[int] = (),
    workers: int = 1,
    backend: str = "auto",
) -> Linked:
    """Parse and link texts; files without a language (tsconfig.json) are written below `root`.

    Args:
        sources: Path → text.
        root: An empty folder.
        engine: One of `engines()`.
        split: Numbers of rows after which every table is cut into batches.
        workers: Threads that the stage may use.
        backend: The run's `backend` setting.
    """
    packs = language_packs()
    for path, text in sources.items():
        if pack_of(path, packs) is None:
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    parsed = parse(sources, packs)
    tables = {name: cut(table, split) for name, table in parsed.tables.items()}
    context = Context(root=root, packs=packs, artifacts={IR_ARTIFACT: tables}, workers=workers, backend=backend)
    return run_stage(context, native_stage() if engine == "native" else CrossFileStage())


def cut(table: pa.Table, split: Sequence[int]) -> list[pa.RecordBatch]:
    """Cut a table into batches of the given sizes, and one of the rest."""
    batches, start = [], 0
    for size in split:
        batches.extend(table.slice(start, size).combine_chunks().to_batches())
        start += size
    batches.extend(table.slice(start).combine_chunks().to_batches())
    return batches

"""The kernel's side of the contract in memory: contexts and a snapshot, for checks and for a plugin's own tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from codegraph_hookspecs.errors import PluginError
from codegraph_hookspecs.languages import LanguagePack, module_name
from codegraph_hookspecs.parsing import IRDocument, ParsedBatch, ParseOptions, Parser, SourceFile
from codegraph_hookspecs.stages import IR_ARTIFACT, Diagnostic
from codegraph_hookspecs.tables import TABLES
from codegraph_hookspecs.testing.tables import plain

Samples = Mapping[str, str | bytes]
"""Repository-relative path → source text."""

_DOCUMENT_TABLES = ("nodes", "edges", "call_sites", "imports")


def source_file(path: str, content: str | bytes, pack: LanguagePack) -> SourceFile:
    """Return a file to parse whose content is given, not read."""
    raw = content.encode() if isinstance(content, str) else content
    return SourceFile(
        path=path,
        location=b"/nonexistent/" + path.encode("utf-8", "surrogateescape"),
        language=pack.name,
        module=module_name(path, pack),
        size=len(raw),
        mtime_ns=0,
        content=raw,
    )


def parse_samples(
    parser: Parser, packs: Sequence[LanguagePack], samples: Samples, *, options: ParseOptions | None = None
) -> ParsedBatch:
    """Parse samples in path order; each goes to the pack with the longest fitting extension.

    Raises:
        ValueError: No pack fits a sample's path.
    """
    sources = [source_file(path, samples[path], pack_for(path, packs)) for path in sorted(samples)]
    session = parser.open(packs, options or ParseOptions())
    try:
        return session.parse(sources)
    finally:
        session.close()


def pack_for(path: str, packs: Sequence[LanguagePack]) -> LanguagePack:
    """Return the pack that a path belongs to.

    Raises:
        ValueError: No pack fits.
    """
    name = path.rpartition("/")[2]
    fitting = [
        (len(extension), pack)
        for pack in packs
        for extension in (*pack.extensions, *(one for one in pack.filenames if one == name))
        if name.lower().endswith(extension.lower())
    ]
    if not fitting:
        raise ValueError(f"no language pack takes {path!r}")
    return max(fitting, key=lambda pair: pair[0])[1]


@define(kw_only=True)
class MemoryContext:
    """A `StageContext` and an `AnalysisContext` over tables in memory.

    Args:
        artifacts: Artifact → table → rows.
        tables: Public tables, for analyzers of scope "repo".
        packs: Language packs by name.
        inputs: Artifacts that may be read; None allows all.
        diagnostics: What the plugin reported.
        files: Files that are no sources: path → content.
        backend: The run's `backend` setting.
    """

    artifacts: Mapping[str, Mapping[str, pa.Table]] = field(factory=dict)
    tables: Mapping[str, pa.Table] = field(factory=dict)
    packs: Mapping[str, LanguagePack] = field(factory=dict)
    inputs: Sequence[str] | None = None
    root: Path = Path("/nonexistent")
    workers: int = 1
    config: Any = None
    diagnostics: list[Diagnostic] = field(factory=list)
    files: Samples = field(factory=dict)
    backend: str = "auto"

    def read_file(self, path: str, max_bytes: int = 1 << 20) -> bytes | None:
        """Return the bytes of one of `files`."""
        content = self.files.get(path)
        raw = content.encode() if isinstance(content, str) else content
        return None if raw is None else raw[: max_bytes + 1]

    def list_folder(self, folder: str) -> Sequence[str]:
        """Return the names that `files` has in a folder."""
        prefix = f"{folder}/" if folder else ""
        return sorted({path[len(prefix) :].partition("/")[0] for path in self.files if path.startswith(prefix)})

    def find_files(self, names: Iterable[str]) -> Sequence[str]:
        """Return the paths in `files` that have one of some names."""
        wanted = set(names)
        return sorted(path for path in self.files if path.rpartition("/")[2] in wanted)

    def read(self, artifact: str, table: str | None = None) -> Iterator[pa.RecordBatch]:
        """Stream a table of an artifact, or a public table when only its name is given."""
        if table is None:
            rows = self.tables.get(artifact)
            return iter(rows.to_batches() if rows is not None else [])
        if self.inputs is not None and artifact not in self.inputs:
            raise PluginError(f"The artifact {artifact!r} is not a declared input.", code="stage-undeclared-input")
        found = self.artifacts.get(artifact, {}).get(table)
        return iter(found.to_batches() if found is not None else [])

    def check(self) -> None:
        """Return: nothing is cancelled here."""

    def progress(self, done: int, total: int) -> None:
        """Take the report and show nothing."""

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep the diagnostic."""
        self.diagnostics.append(diagnostic)


@define(kw_only=True)
class MemorySnapshot:
    """A `SnapshotReader` over tables in memory, and the files' bytes."""

    contents: Mapping[str, pa.Table]
    snapshot_id: str = "0000000000000_00000000_0000"
    sources: Mapping[str, bytes] = MappingProxyType({})

    def tables(self) -> Sequence[str]:
        """Return the names of the tables that have rows."""
        return sorted(name for name, table in self.contents.items() if table.num_rows)

    def read(self, table: str) -> Iterator[pa.RecordBatch]:
        """Stream a public table in its logical schema."""
        rows = self.contents.get(table)
        if rows is None:
            return iter(())
        logical = pa.Table.from_arrays(plain(rows).columns, schema=TABLES[table].schema)
        return iter(logical.to_batches())

    def rows_of_file(self, table: str, path: str) -> pa.Table:
        """Return the rows of a public table that belong to a file."""
        rows = pa.Table.from_batches(self.read(table), TABLES[table].schema)
        return rows.filter(pc.equal(rows.column(TABLES[table].owner), path))

    def source(self, path: str) -> bytes | None:
        """Return the bytes of a file."""
        return self.sources.get(path)


def empty_table(name: str) -> pa.Table:
    """Return a table of the data contract without rows, in its physical schema."""
    return TABLES[name].physical_schema.empty_table()


def documents(batch: ParsedBatch, **tables: pa.Table) -> list[IRDocument]:
    """Return the IR documents of a parsed batch, one for each file, as analyzers of scope "file" get them.

    Args:
        batch: What a parser returned.
        tables: Rows instead of the parser's, or beside them: `edges=…`.
    """
    given = {**batch.tables, **tables}
    files = batch.tables["files"]
    found = []
    for path, language in zip(
        files.column("path").to_pylist(), files.column("language").cast(pa.string()).to_pylist(), strict=True
    ):
        parts = {}
        for name in _DOCUMENT_TABLES:
            rows = given.get(name, empty_table(name))
            mine = rows.filter(pc.equal(rows.column("file_path").cast(pa.string()), path))
            parts[name] = mine
        found.append(IRDocument(file_path=path, language=language or "", tables=MappingProxyType(parts)))
    return found


def ir_artifact(batch: ParsedBatch) -> Mapping[str, Mapping[str, pa.Table]]:
    """Return the artifact that parsing provides, for `MemoryContext.artifacts`."""
    return MappingProxyType({IR_ARTIFACT: MappingProxyType(dict(batch.tables))})

"""Parsers: batches of source files in, IR tables out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from attrs import field, frozen

from codegraph_hookspecs.languages import LanguagePack, ModuleName

if TYPE_CHECKING:
    import pyarrow as pa

IR_TABLES = ("files", "nodes", "call_sites", "imports", "uses", "exports", "diagnostics")
"""Tables that a parser returns, each in its physical schema, rows grouped by file in input order; the columns of
`KEY_COLUMNS` may follow."""
SOURCES_TABLE = "sources"
"""A further table that a parser returns when `ParseOptions.keep_sources` is set: the bytes that it parsed."""


@frozen(kw_only=True)
class SourceFile:
    r"""One file to parse.

    Args:
        path: Repository-relative path as shown text: `/` separators; bytes that are not UTF-8 and
            backslashes are escaped (`\xff`, `\\`), so that two files never share a text.
        location: Absolute path as the raw bytes of the file system; what is opened.
        language: Name of the language pack.
        module: Names derived from the path.
        size: Bytes, from the directory walk.
        mtime_ns: Modification time, from the directory walk.
        content: Text to parse instead of the file (an editor's buffer), or None to read the file.
    """

    path: str
    location: bytes
    language: str
    module: ModuleName
    size: int
    mtime_ns: int
    content: bytes | None = None


@frozen(kw_only=True)
class ParseOptions:
    """Limits and width of a parse session.

    Args:
        workers: Threads, or 1 for none.
        max_file_bytes: Larger files get a `files` row with status skipped and a diagnostic.
        parse_timeout_s: CPU seconds that one file's parse and walk may take together; then it is cancelled (degraded).
        keep_sources: Return the table `sources` too: a row, with the role "source", for every file whose status
            is ok or degraded.
    """

    workers: int = 1
    max_file_bytes: int = 2_000_000
    parse_timeout_s: float = 5.0
    keep_sources: bool = False


@frozen(kw_only=True)
class ParsedBatch:
    """IR tables of a batch of files.

    Args:
        tables: One `pyarrow.Table` for each name in `IR_TABLES`. `files` has one row per input file,
            whatever happened to it; every file whose status is not ok has a `diagnostics` row. `sources`
            may come with them.
    """

    tables: Mapping[str, pa.Table] = field()


class ParseSession(Protocol):
    """A parser opened for one run; used from one thread at a time."""

    def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
        """Parse a batch of files. Never raises for what a file contains."""
        ...

    def close(self) -> None:
        """Free what the session holds."""
        ...


@runtime_checkable
class PrefetchingSession(ParseSession, Protocol):
    """A session with threads of its own, which can go on with the next files while the rows of others are taken."""

    def prefetch(self, sources: Sequence[SourceFile]) -> None:
        """Begin to parse files that a later call of `parse` brings, the same objects in the same order.

        Calls come in the order of those of `parse`. Files that were begun may never be asked for. Does not wait.
        """
        ...


@runtime_checkable
class Parser(Protocol):
    """Turns source files into IR tables.

    Attributes:
        name: Value of the `backend` setting that selects it.
        priority: `backend = "auto"` takes the highest one that supports every language in use.
        version: Part of the cache key of everything it makes.
    """

    name: str
    priority: int
    version: str

    def supports(self, pack: LanguagePack) -> bool:
        """Say whether this parser can parse a language."""
        ...

    def open(self, packs: Sequence[LanguagePack], options: ParseOptions) -> ParseSession:
        """Open a session for these languages.

        Raises:
            PluginError: A grammar's ABI is not supported.
        """
        ...


@frozen(kw_only=True)
class IRDocument:
    """IR of one file, as analyzers see it.

    Args:
        file_path: The file.
        language: Its language.
        tables: Public tables restricted to the file's rows (`nodes`, `edges`, `call_sites`, `imports`).
    """

    file_path: str
    language: str
    tables: Mapping[str, pa.Table]

    def rows(self, table: str) -> Iterator[dict[str, object]]:
        """Iterate over a table's rows as dictionaries."""
        for batch in self.tables[table].to_batches(max_chunksize=1_000):
            yield from batch.to_pylist()

"""The reference engine's parse session: read, parse, walk, one file after the other."""

from __future__ import annotations

import fnmatch
import gc
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Final

import pyarrow as pa
import tree_sitter

from codegraph_hookspecs import LanguagePack, ParsedBatch, ParseOptions, SourceFile
from codegraph_plugins.parsers.reference.compiled import CompiledLanguage, compile_language
from codegraph_plugins.parsers.reference.deadline import Deadline, OutOfTimeError
from codegraph_plugins.parsers.reference.emit import BatchRows
from codegraph_plugins.parsers.reference.misreadings import rewritten
from codegraph_plugins.parsers.reference.reading import SourceText, Unreadable, read_bytes, source_text
from codegraph_plugins.parsers.reference.terminators import terminated
from codegraph_plugins.parsers.reference.trees import parsed
from codegraph_plugins.parsers.reference.walker import FileRows, Walker

_TABLE_BYTES: Final = 2_000_000
"""Rows of so much source become tables at a time: a bound on the memory of rows, and mostly one table for a chunk of
files, since several have to be joined."""


class ReferenceSession:
    """Parses files in the calling thread with py-tree-sitter, which holds the interpreter's lock anyway."""

    def __init__(self, packs: Sequence[LanguagePack], options: ParseOptions) -> None:
        self._packs = {pack.name: pack for pack in packs}
        self._options = options
        self._languages: dict[tuple[str, str], CompiledLanguage] = {}
        for pack in packs:
            self._language(pack, "")

    def _language(self, pack: LanguagePack, extension: str) -> CompiledLanguage:
        key = (pack.name, extension if extension in pack.grammars else "")
        if key not in self._languages:
            self._languages[key] = compile_language(pack, key[1])
        return self._languages[key]

    def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
        """Parse a batch of files."""
        with _collector_paused():
            return self._parse_files(sources)  # its rows are gone when the collector comes back

    def _parse_files(self, sources: Sequence[SourceFile]) -> ParsedBatch:
        parts: list[ParsedBatch] = []
        rows = BatchRows(keep_sources=self._options.keep_sources)
        size = 0
        for source in sources:
            self._parse_file(source, rows)
            size += source.size
            if size >= _TABLE_BYTES:
                parts.append(rows.to_batch())
                rows = BatchRows(keep_sources=self._options.keep_sources)
                size = 0
        parts.append(rows.to_batch())
        if len(parts) == 1:
            return parts[0]
        names = parts[0].tables
        return ParsedBatch(tables={name: pa.concat_tables([part.tables[name] for part in parts]) for name in names})

    def close(self) -> None:
        """Forget the compiled languages."""
        self._languages.clear()

    def _parse_file(self, source: SourceFile, rows: BatchRows) -> None:
        content = source.content
        if content is not None and len(content) > self._options.max_file_bytes:
            read: bytes | Unreadable = Unreadable(
                status="skipped",
                code="file-too-large",
                message=f"The text has {len(content)} bytes; max_file_bytes is {self._options.max_file_bytes}.",
            )
        else:
            read = content if content is not None else read_bytes(source.location, self._options.max_file_bytes)
        text = read if isinstance(read, Unreadable) else source_text(read)
        if isinstance(text, Unreadable):
            size = len(read) if isinstance(read, bytes) else source.size
            rows.add_file(source, status=text.status, content_hash=text.content_hash, size=size)
            rows.add_diagnostic(source.path, text.code, text.message, text.category)
            return
        rows.add_source(source.path, text.content)
        pack = self._packs[source.language]
        language = self._language(pack, extension_of(source.path, pack))
        values = {"content_hash": text.content_hash, "size": len(text.content), "lines": text.lines}
        found = self._walk(source, pack, language, text)
        if found is None:
            only = self._module_only(source, pack, language, text)
            values["module_fqn"] = only.nodes[0][3]
            rows.add_file(source, **values, status="degraded")
            rows.add_rows(source.path, pack.name, text, only)
            message = f"Parsing took longer than parse_timeout_s ({self._options.parse_timeout_s:g})."
            rows.add_diagnostic(source.path, "parse-timeout", message, "permanent")
            return
        walked, errors, first = found
        values["module_fqn"] = walked.nodes[0][3]
        rows.add_file(source, **values, status="degraded" if errors or walked.buried else "ok", parse_errors=errors)
        rows.add_rows(source.path, pack.name, text, walked)
        if walked.buried:
            message = f"{walked.buried} definitions are nested too deep to have a row."
            rows.add_diagnostic(source.path, "nesting-too-deep", message, "permanent")
        if first is not None:
            message = f"{errors} syntax errors or missing tokens; what lies outside them is indexed."
            rows.add_diagnostic(source.path, "syntax-error", message, "permanent", _span(first))

    def _walk(
        self, source: SourceFile, pack: LanguagePack, language: CompiledLanguage, text: SourceText
    ) -> tuple[FileRows, int, tree_sitter.Node | None] | None:
        """Return a file's rows, its errors, and the first of them, or None when the time is up.

        A function of its own because CPython 3.11 to 3.13 pushes a handler's place as an integer: past the 256th
        instruction that integer is allocated, and without memory for it the interpreter tries again for ever.
        """
        deadline = Deadline(self._options.parse_timeout_s)
        try:
            root = parse_tree(language.language, text, deadline, pack).root_node
            errors, first = count_errors(root)
            walked = self._walker(source, pack, language, text, deadline).walk(root)
        except OutOfTimeError:
            return None
        return walked, errors, first

    def _walker(
        self,
        source: SourceFile,
        pack: LanguagePack,
        language: CompiledLanguage,
        text: SourceText,
        deadline: Deadline | None = None,
    ) -> Walker:
        return Walker(
            language,
            text.content,
            text.decode,
            utf8=text.encoding == "utf8",
            bytewise=text.encoding in {"utf8", "latin1"},
            fqn=source.module.fqn,
            suffix=source.module.suffix,
            package_id=source.module.package_id,
            test_file=is_test_file(source.path, pack),
            content_hash=text.content_hash,
            deadline=deadline,
        )

    def _module_only(
        self, source: SourceFile, pack: LanguagePack, language: CompiledLanguage, text: SourceText
    ) -> FileRows:
        """Return just the module's row, for a file whose parse or walk was cancelled."""
        walker = self._walker(source, pack, language, text)
        walker.open_module(None)
        return walker.rows


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector: a batch makes millions of tuples and no cycles worth tracing.

    Measured on Django: 0.7 of the walk's time went to collections that freed nothing.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def extension_of(path: str, pack: LanguagePack) -> str:
    """Return the longest of a language's extensions that a path has, or an empty string."""
    lowered, longest = path.lower(), ""
    for extension in pack.extensions:
        if len(extension) > len(longest) and lowered.endswith(extension):
            longest = extension
    return longest


def _span(node: tree_sitter.Node) -> tuple[int, ...]:
    start, end = node.start_point, node.end_point
    return start[0] + 1, start[1], end[0] + 1, end[1], node.start_byte, node.end_byte


def parse_tree(
    language: tree_sitter.Language, text: SourceText, deadline: Deadline, pack: LanguagePack
) -> tree_sitter.Tree:
    """Return the tree.

    Args:
        language: The grammar.
        text: The file.
        deadline: Of the file.
        pack: Says what the grammar misreads.

    Raises:
        OutOfTimeError: The deadline passed.
    """
    tree = parsed(language, text.content, text.encoding, deadline)
    if not tree.root_node.has_error or text.encoding not in {"utf8", "latin1"}:
        return tree
    content = reread(text.content, pack)
    if content is None:
        return tree
    try:
        other = parsed(language, content, text.encoding, deadline)
    except OutOfTimeError:
        return tree
    return other if count_errors(other.root_node)[0] < count_errors(tree.root_node)[0] else tree


def reread(content: bytes, pack: LanguagePack) -> bytes | None:
    """Return what a text with syntax errors is parsed again as, of the same length, or None."""
    if pack.terminator:
        return terminated(content, pack.terminator)
    return rewritten(content) if pack.misread == "typescript" else None


def count_errors(root: tree_sitter.Node) -> tuple[int, tree_sitter.Node | None]:
    """Count ERROR and MISSING nodes; return the count and the first of them in source order."""
    if not root.has_error:
        return 0, None
    count, first = 0, None
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            count += 1
            first = first or node
        # An unexpected character is an error node of its own, without the flag.
        stack.extend(
            child for child in reversed(node.children) if child.has_error or child.is_missing or child.is_error
        )
    return count, first


class _TestFiles:
    """A pack's test-file patterns as one regular expression."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._patterns = patterns
        # What a path that matches must have in it: the longest literal part of each pattern. Looking for these takes a
        # fiftieth of the expression's time, and most paths have none of them.
        self._parts = tuple("" if "[" in one else max(re.split(r"[*?]+", one), key=len) for one in patterns)

    @cached_property
    def _expression(self) -> re.Pattern[str] | None:
        if not self._patterns:
            return None
        return re.compile("|".join(fnmatch.translate(pattern) for pattern in self._patterns))

    def match(self, path: str) -> bool:
        rooted = "/" + path
        for part in self._parts:
            if part in rooted:
                break
        else:
            return False
        expression = self._expression
        return expression is not None and bool(expression.match(path) or expression.match(rooted))


_TEST_FILES: dict[tuple[str, ...], _TestFiles] = {}


def is_test_file(path: str, pack: LanguagePack) -> bool:
    """Say whether a path matches one of the pack's test-file patterns."""
    patterns = pack.tests.files
    known = _TEST_FILES.get(patterns)
    if known is None:
        known = _TEST_FILES[patterns] = _TestFiles(patterns)
    return known.match(path)

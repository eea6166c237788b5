"""The native engine: parsing and walking in Rust, with the interpreter's lock released."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from codegraph_hookspecs import (
    Grammar,
    LanguagePack,
    ParsedBatch,
    ParseOptions,
    Parser,
    ParseSession,
    PluginError,
    PluginInfo,
    SourceFile,
    hookimpl,
)
from codegraph_parser_rust._engine import native

if TYPE_CHECKING:
    from codegraph_hookspecs import LoweredFile, Lowering, Pipeline
    from codegraph_parser_rust import _native

__version__ = "0.1.0"


def _load(pack: LanguagePack, grammar: Grammar) -> object:
    try:
        return grammar.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"The grammar of language {pack.name!r} cannot be loaded: {error}.",
            code="grammar-missing",
            context={
                "language": pack.name,
                "grammar": f"{grammar.module}.{grammar.function}",
                "remedy": f"Install the wheel that has the module {grammar.module!r}.",
            },
            cause=error,
        ) from error


class NativeSession:
    """Parses files in threads of the native engine."""

    def __init__(self, packs: Sequence[LanguagePack], options: ParseOptions) -> None:
        native()
        from codegraph_parser_rust import _native

        arguments = []
        for pack in packs:
            own = _load(pack, pack.grammar)
            others = [(extension, _load(pack, grammar)) for extension, grammar in pack.grammars.items()]
            arguments.append((pack, own, others))
        limits = (options.workers, options.max_file_bytes, options.parse_timeout_s, options.keep_sources)
        described = [(json.dumps(pack.to_dict()), own, others) for pack, own, others in arguments]
        try:
            self._session: _native.Session | None = _native.Session(described, *limits)
        except (TypeError, ValueError):
            # One by one, so that the error names the language.
            for (pack, _, _), one in zip(arguments, described, strict=True):
                try:
                    _native.Session([one], *limits)
                except (TypeError, ValueError) as error:
                    raise PluginError(
                        f"The grammar of language {pack.name!r} is not usable: {error}.",
                        code="grammar-abi",
                        context={
                            "language": pack.name,
                            "grammar": f"{pack.grammar.module}.{pack.grammar.function}",
                            "remedy": "Install a grammar wheel with ABI 13 to 15.",
                        },
                        cause=error,
                    ) from error
            raise
        self._begun: deque[tuple[list[SourceFile], _native.Begun]] = deque()

    def prefetch(self, sources: Sequence[SourceFile]) -> None:
        """Begin with files that `parse` will get next but one, or next; with one worker nothing happens yet."""
        files = list(sources)
        self._begun.append((files, self._open().begin(files)))

    def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
        """Parse a batch of files."""
        import pyarrow as pa

        session, files = self._open(), list(sources)
        begun = None
        if any(_same(ahead, files) for ahead, _ in self._begun):
            while begun is None:  # what was begun before it is not asked for any more
                ahead, first = self._begun.popleft()
                begun = first if _same(ahead, files) else None
        begun = begun or session.begin(files)
        tables = {name: pa.Table.from_batches([rows]) for name, rows in session.finish(begun)}
        return ParsedBatch(tables=tables)

    def close(self) -> None:
        """Free the workers' memory."""
        self._begun.clear()
        self._session = None

    def _open(self) -> _native.Session:
        if self._session is None:
            raise ValueError("the session is closed")
        return self._session


def _same(one: Sequence[SourceFile], other: Sequence[SourceFile]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


class NativeParser:
    """Parses any language pack; preferred over the reference engine where it is installed."""

    name = "rust"
    priority = 20
    version = "2"

    def supports(self, pack: LanguagePack) -> bool:
        """Say yes: every pack has a tree-sitter grammar and a kind table."""
        return bool(pack.kinds)

    def open(self, packs: Sequence[LanguagePack], options: ParseOptions) -> ParseSession:
        """Open a session."""
        return NativeSession(packs, options)


class NativeLowering:
    """Lowers files to the semantic IR."""

    name = "rust"
    version = "1"
    languages = ("python", "javascript", "typescript", "java", "go")

    def __init__(self) -> None:
        self._flows: dict[tuple[str, str], _native.Flow] = {}

    def lower(self, pack: LanguagePack, path: str, content: bytes) -> LoweredFile:
        """Lower a file with the grammar of its ending."""
        native()
        from codegraph_parser_rust import _native

        endings = [ending for ending in pack.grammars if path.lower().endswith(ending)]
        ending = max(endings, key=len, default="")
        flow = self._flows.get((pack.name, ending))
        if flow is None:
            grammar = pack.grammars[ending] if ending else pack.grammar
            flow = self._flows.setdefault((pack.name, ending), _native.Flow(pack.name, _load(pack, grammar)))
        return flow.lower(content)


class NativePlugin:
    """The plugin that brings the native parser, the native linker and the lowering to the semantic IR."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="parser-rust", version=__version__, summary="Native parser and linker in Rust")

    @hookimpl
    def codegraph_parsers(self) -> list[Parser]:
        """Give the parser."""
        return [NativeParser()]

    @hookimpl
    def codegraph_lowerings(self) -> list[Lowering]:
        """Give the lowering."""
        return [NativeLowering()]

    @hookimpl
    def codegraph_modify_pipeline(self, pipeline: Pipeline) -> None:
        """Let the built-in cross-file stage link with the native engine."""
        try:
            from codegraph_plugins.stages.cross_file.native import NativeCrossFileStage
            from codegraph_plugins.stages.cross_file.stage import CrossFileStage
        except ImportError:
            return
        extension = native()
        if "cross-file" in pipeline and type(pipeline.get("cross-file")) is CrossFileStage:
            pipeline.replace(NativeCrossFileStage(extension.Linker))


plugin = NativePlugin()

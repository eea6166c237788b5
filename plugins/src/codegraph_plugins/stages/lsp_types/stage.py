"""The stage `cross-file` with language servers: calls that are left unresolved get the callees that servers name.

The link stage runs as ever, with the call graph if that was asked for. Its call sites are held back, servers are asked
about those that types can decide, and what they name becomes a callee if it is a definition of the repository's, or has
a dotted name outside. Everything else stays as it was; a server that fails costs its answers, never the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, ClassVar, Final

import pyarrow as pa

from codegraph_hookspecs import IR_ARTIFACT, Diagnostic, Stage, StageContext, TableBatch
from codegraph_plugins.stages.cross_file.stage import CrossFileStage, Linker
from codegraph_plugins.stages.lsp_types.answers import COLUMNS, MADE, Definitions, chosen
from codegraph_plugins.stages.lsp_types.asking import Failure, ask_all
from codegraph_plugins.stages.lsp_types.keys import around, file_keys
from codegraph_plugins.stages.lsp_types.links import OpenCall, OpenCalls
from codegraph_plugins.stages.lsp_types.memory import Memory, Said, memory_file
from codegraph_plugins.stages.lsp_types.outside import OutsideNames
from codegraph_plugins.stages.lsp_types.places import Lines
from codegraph_plugins.stages.lsp_types.questions import Site, grammar_of, names_of, written_name
from codegraph_plugins.stages.lsp_types.server import Questions
from codegraph_plugins.stages.lsp_types.servers import FoundServer, described, found
from codegraph_plugins.stages.lsp_types.settings import LspTypesSettings

MOST_BYTES: Final = 4 << 20
"""Bytes of a file that is given to a server."""


class AskedStage(Stage):
    """Says that the plugin was asked for; taken out of the pipeline before it runs."""

    name: ClassVar[str] = "lsp-types"
    layer: ClassVar[str] = "L3"

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield nothing."""
        return iter(())


class LspTypesStage(CrossFileStage):
    """Links files, and asks language servers about the calls that stay unresolved (layer L3).

    Memory is that of the link stage, the rows of call sites, and the texts of the files that are being asked about.

    Args:
        links: The stage whose rows are completed.
    """

    version: ClassVar[str] = CrossFileStage.version + ".1"
    in_process: ClassVar[bool] = True

    def __init__(self, links: CrossFileStage) -> None:
        self._links = links
        own = {"nodes": COLUMNS, "files": ("path", "language", "content_hash")}
        inner = links.reads or {}
        self.reads = {  # type: ignore[misc]
            **inner,
            **{table: tuple(dict.fromkeys((*inner.get(table, ()), *names))) for table, names in own.items()},
        }
        self.inputs = links.inputs  # type: ignore[misc]
        self.tables = links.tables  # type: ignore[misc]
        self.version = f"{links.version}.{type(self).version}"  # type: ignore[misc]

    def linker(self, context: StageContext) -> Linker:
        """Return the link engine."""
        return self._links.linker(context)

    def affected(self, context: Any, change: Any) -> frozenset[str] | None:
        """Return None: a type may reach any file, so the stage runs over everything."""
        return None

    def update(self, context: Any, change: Any) -> Iterator[TableBatch] | None:
        """Return None, as `affected` does."""
        return None

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield the link stage's rows with the call sites that servers decide, and their edges."""
        calls = OpenCalls()
        for table, batch in self._links.run(context):
            kept = calls.held_back(table, batch)
            if kept is not None and kept.num_rows:
                yield table, kept
        files = _Files(context)
        settings = context.config if isinstance(context.config, LspTypesSettings) else LspTypesSettings()
        for language in sorted({files.language(call.path) for call in calls.open}):
            mine = [call for call in calls.open if files.language(call.path) == language]
            asked = False
            servers = [one for one in described(settings) if language in one.languages]
            for description in servers:
                server = found(description)
                if server is not None:
                    asked = True
                    mine = _Asked(context, settings, server, language, files, calls).decide(mine)
                    if not mine:
                        break
            if servers and not asked:
                context.report(_missing(language, [one.name for one in servers], len(mine)))
        yield from calls.rows()


class _Files:
    """The run's files: languages, hashes, texts."""

    def __init__(self, context: StageContext) -> None:
        self._context = context
        self.languages: dict[str, str] = {}
        self.hashes: dict[str, str] = {}
        for batch in context.read(IR_ARTIFACT, "files"):
            columns = (
                batch.column(name).cast(pa.string()).to_pylist() for name in ("path", "language", "content_hash")
            )
            for path, language, digest in zip(*columns, strict=True):
                self.languages[path], self.hashes[path] = language or "", digest or ""

    def language(self, path: str) -> str:
        return self.languages.get(path, "")

    def content(self, path: str) -> bytes | None:
        """Return a file's bytes, None where they are none that a server takes."""
        content = self._context.read_file(path, MOST_BYTES)
        return None if content is None or len(content) > MOST_BYTES else content

    def of_language(self, language: str) -> dict[str, str]:
        """Return the hashes of a language's files; JavaScript and TypeScript see each other's."""
        same = {"javascript", "typescript"} if language in {"javascript", "typescript"} else {language}
        return {path: self.hashes[path] for path, one in self.languages.items() if one in same}


class _Asked:
    """One server that is asked about the open calls of one language.

    Args:
        context: The stage's.
        settings: The plugin's.
        server: Which.
        language: Whose calls.
        files: The run's files.
        calls: Gets what is decided.
    """

    def __init__(
        self,
        context: StageContext,
        settings: LspTypesSettings,
        server: FoundServer,
        language: str,
        files: _Files,
        calls: OpenCalls,
    ) -> None:
        self._context, self._settings, self._server = context, settings, server
        self._language, self._files, self._calls = language, files, calls

    def decide(self, open_calls: Sequence[OpenCall]) -> list[OpenCall]:
        """Decide calls, and return those that are still open."""
        by_file: dict[str, list[OpenCall]] = {}
        for call in open_calls:
            by_file.setdefault(call.path, []).append(call)
        keys = file_keys(
            self._files.of_language(self._language),
            self._calls.imports,
            self._language,
            around(self._context, self._server),
        )
        memory = Memory(memory_file()) if self._settings.cache else None
        known = memory.recall(keys[path] for path in by_file if path in keys) if memory is not None else {}
        said: dict[str, Said] = {}
        names: dict[str, dict[int, int]] = {}
        questions: list[Questions] = []
        for path, calls in by_file.items():
            self._context.check()
            content = self._files.content(path)
            if content is None:
                continue
            names[path] = self._names(path, content, calls)
            offsets = sorted(set(names[path].values()))
            kept = known.get(keys.get(path, ""))
            if kept is not None and kept.keys() >= set(offsets) and self._still_true(kept):
                said[path] = kept
            elif offsets:
                identifier = self._server.description.languages[self._language]
                if path.endswith((".tsx", ".jsx")):
                    identifier += "react"
                questions.append(Questions(path=path, identifier=identifier, content=content, offsets=offsets))
        if questions:
            fresh = self._answers(questions)
            said.update(fresh)
            if memory is not None:
                whole = {one.path for one in questions if one.answers.keys() >= set(one.offsets)}
                memory.keep({keys[path]: one for path, one in fresh.items() if path in whole and path in keys})
        return self._decided(by_file, names, said)

    def _names(self, path: str, content: bytes, calls: Sequence[OpenCall]) -> dict[int, int]:
        pack = self._context.packs[self._language]
        sites = [Site(call.row, call.start, call.end, call.text) for call in calls if call.end <= len(content)]
        return names_of(content, grammar_of(pack, path), sites)

    def _still_true(self, said: Said) -> bool:
        answers = (one for places in said.values() for one in places)
        return all(one[0] == "out" or self._files.hashes.get(one[1]) == one[3] for one in answers)

    def _answers(self, questions: Sequence[Questions]) -> dict[str, Said]:
        """Ask the server, and return what it said by file."""
        root = self._context.root.resolve()
        total = len(questions)
        encoding, failures = ask_all(
            self._server,
            root,
            self._settings,
            questions,
            self._context.check,
            lambda done: self._context.progress(done, total),
        )
        for failure in failures:
            self._context.report(_failed(self._server.description.name, failure))
        outside = OutsideNames(self._context.packs, encoding)
        texts: dict[str, Lines | None] = {}
        found: dict[str, Said] = {}
        for one in questions:
            said: Said = {}
            for offset, places in one.answers.items():
                answers: list[list[Any]] = []
                for place in places:
                    path = PurePosixPath(place.path)
                    inside = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
                    if inside in self._files.hashes:
                        if inside not in texts:
                            content = self._files.content(inside)
                            texts[inside] = None if content is None else Lines(content, encoding)
                        lines = texts[inside]
                        at = lines.offset(place.line, place.column) if lines is not None else -1
                        if at >= 0:
                            answers.append(["in", inside, at, self._files.hashes[inside]])
                    elif name := outside.name(place, self._language):
                        answers.append(["out", name])
                said[offset] = [list(each) for each in dict.fromkeys(map(tuple, answers))]
            found[one.path] = said
        return found

    def _decided(
        self,
        by_file: Mapping[str, Sequence[OpenCall]],
        names: Mapping[str, Mapping[int, int]],
        said: Mapping[str, Said],
    ) -> list[OpenCall]:
        """Decide the calls whose callees were named, and return the others."""
        targets = {
            one[1] for of_file in said.values() for places in of_file.values() for one in places if one[0] == "in"
        }
        definitions = Definitions(self._context.read(IR_ARTIFACT, "nodes"), targets)
        texts: dict[str, bytes] = {path: self._files.content(path) or b"" for path in targets}
        left: list[OpenCall] = []
        for path, calls in by_file.items():
            for call in calls:
                at = names.get(path, {}).get(call.row)
                places = said.get(path, {}).get(at, []) if at is not None else []
                name = written_name(call.text)
                inside = []
                outside = []
                for place in places:
                    if place[0] == "out":
                        outside.append(place[1])
                        continue
                    definition = definitions.at(place[1], place[2], name, texts[place[1]])
                    if definition is not None:
                        inside.append(definition)
                targets_here = [(one.id, one.kind in MADE) for one in chosen(inside)]
                targets_here += [(f"{one}@external", False) for one in sorted(set(outside))]
                if targets_here:
                    self._calls.decide(call, targets_here, f"lsp:{self._server.description.name}")
                else:
                    left.append(call)
        return left


def _missing(language: str, servers: Sequence[str], count: int) -> Diagnostic:
    return Diagnostic(
        code="language-server-missing",
        message=f"None of {', '.join(servers)} is installed: {count} calls of {language} stay unresolved.",
    )


def _failed(server: str, failure: Failure) -> Diagnostic:
    return Diagnostic(
        code="language-server-failed",
        category="infrastructure",
        message=f"The language server {server} {failure.reason}.",
        file_path=failure.path or None,
    )

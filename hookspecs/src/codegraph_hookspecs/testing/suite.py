"""The conformance checks that fit a plugin, one after the other: what pytest and `codegraph plugins check` run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from codegraph_hookspecs.languages import LanguagePack
from codegraph_hookspecs.parsing import ParsedBatch, Parser
from codegraph_hookspecs.stages import IR_ARTIFACT
from codegraph_hookspecs.testing.analyzers import check_analyzer
from codegraph_hookspecs.testing.damage import check_damage
from codegraph_hookspecs.testing.failures import ConformanceError, require
from codegraph_hookspecs.testing.languages import check_language_pack, check_sample_rows
from codegraph_hookspecs.testing.memory import MemorySnapshot, empty_table, pack_for, parse_samples
from codegraph_hookspecs.testing.parsers import check_parser
from codegraph_hookspecs.testing.plugins import (
    check_plugin,
    installed_languages,
    installed_linkers,
    installed_parsers,
    load_plugin,
)
from codegraph_hookspecs.testing.resolved_edges import ResolvedEdges, check_resolved_edges, resolve_edges
from codegraph_hookspecs.testing.services import check_executor, check_sink
from codegraph_hookspecs.testing.stages import check_stage

NO_PARSER = "no parser is installed (install codegraph-framework)"
NO_SAMPLES = "there are no sources (pass a folder of samples)"


class CheckSkipped(Exception):  # noqa: N818 - nothing is wrong
    """A check cannot be run here; the message says what it lacks."""


@frozen
class Check:
    """One check of a plugin.

    Args:
        name: "hooks", or the sort of contribution and its name: `damage[lua]`.
        run: Raises `ConformanceError` or `CheckSkipped`.
    """

    name: str
    run: Callable[[], None]


def conformance_checks(
    plugin: object, samples_folder: Path | None = None, baseline: Path | None = None
) -> Iterator[Check]:
    """Yield the checks that fit a plugin.

    Args:
        plugin: The plugin, or its name: of an entry point in group "codegraph", or `module:attribute`.
        samples_folder: Source files to check on.
        baseline: File of resolved edges of the pack's last release (`resolved_edges`); None leaves the rule out.
    """
    try:
        given = check_plugin(load_plugin(plugin) if isinstance(plugin, str) else plugin)
    except ConformanceError as error:
        failure = error

        def refused() -> None:
            raise failure

        yield Check("hooks", refused)
        return
    yield Check("hooks", lambda: None)
    subjects = Subjects(given, samples_folder)
    yield from _language_checks(subjects, baseline)
    yield from _other_checks(subjects)


@define
class Subjects:
    """What checks are run with: packs and parsers of the plugin and of the installed ones, sources parsed once."""

    given: dict[str, tuple[Any, ...]]
    folder: Path | None
    _batch: ParsedBatch | None = field(default=None, init=False)

    def parsers(self, pack: LanguagePack | None = None) -> list[Parser]:
        """Return the plugin's parsers, then the installed ones; with a pack, those that support it."""
        own = list(self.given.get("codegraph_parsers", ()))
        found = own + [one for one in installed_parsers() if one.name not in {mine.name for mine in own}]
        return [parser for parser in found if pack is None or parser.supports(pack)]

    def packs(self) -> list[LanguagePack]:
        """Return the plugin's language packs, then the installed ones."""
        own = list(self.given.get("codegraph_languages", ()))
        return own + [one for one in installed_languages() if one.name not in {mine.name for mine in own}]

    def config(self) -> Any:
        """Return the plugin's settings with their defaults, or None."""
        for info in self.given.get("codegraph_plugin_info", ()):
            if info.config is not None:
                return info.config()
        return None

    def version(self) -> str:
        """Return the plugin's version, or "0" if it gives none."""
        return next((info.version for info in self.given.get("codegraph_plugin_info", ())), "0")

    def texts(self, packs: list[LanguagePack]) -> dict[str, bytes]:
        """Return the sources of these languages: path below the folder → text."""
        if self.folder is None:
            return {}
        found: dict[str, bytes] = {}
        for path in sorted(self.folder.rglob("*")):
            relative = path.relative_to(self.folder).as_posix()
            try:
                pack_for(relative, packs)
            except ValueError:
                continue
            if path.is_file():
                found[relative] = path.read_bytes()
        return found

    def able(self, pack: LanguagePack) -> tuple[list[Parser], dict[str, bytes]]:
        """Return parsers and sources of a language.

        Raises:
            CheckSkipped: There are none.
        """
        parsers, texts = self.parsers(pack), self.texts([pack])
        if not parsers:
            raise CheckSkipped(NO_PARSER)
        if not texts:
            raise CheckSkipped(NO_SAMPLES)
        return parsers, texts

    def batch(self) -> ParsedBatch:
        """Return what the first parser makes of all sources.

        Raises:
            CheckSkipped: There is no parser or no source.
        """
        if self._batch is None:
            packs, parsers = self.packs(), self.parsers()
            if not parsers:
                raise CheckSkipped(NO_PARSER)
            texts = self.texts(packs)
            if not texts:
                raise CheckSkipped(NO_SAMPLES)
            self._batch = parse_samples(parsers[0], [pack for pack in packs if parsers[0].supports(pack)], texts)
        return self._batch


def _language_checks(subjects: Subjects, baseline: Path | None) -> Iterator[Check]:
    def table(pack: LanguagePack) -> None:
        check_language_pack(pack, subjects.texts([pack]))

    def rows(pack: LanguagePack) -> None:
        parsers, texts = subjects.able(pack)
        for parser in parsers:
            check_sample_rows(pack, texts, [parser])

    def engines(pack: LanguagePack) -> None:
        parsers, texts = subjects.able(pack)
        if len(parsers) < 2:
            raise CheckSkipped(f"{parsers[0].name!r} is the only parser here (install codegraph-parser-rust)")
        check_sample_rows(pack, texts, parsers)

    def damage(pack: LanguagePack) -> None:
        parsers, texts = subjects.able(pack)
        for parser in parsers:
            check_damage(pack, texts, parser)

    def edges(pack: LanguagePack, baseline: Path) -> None:
        if not baseline.is_file():
            raise CheckSkipped("there is no baseline of resolved edges (--write-baseline makes one)")
        before = ResolvedEdges.from_json(baseline.read_text(encoding="utf-8"), str(baseline))
        check_resolved_edges(before, edges_of(subjects, pack), pack.name)

    checks: dict[str, Callable[[LanguagePack], None]] = {
        "language": table, "rows": rows, "engines": engines, "damage": damage,
    }  # fmt: skip
    if baseline is not None:
        checks["edges"] = partial(edges, baseline=baseline)
    for pack in subjects.given.get("codegraph_languages", ()):
        for name, check in checks.items():
            yield Check(f"{name}[{pack.name}]", partial(check, pack))


def edges_of(subjects: Subjects, pack: LanguagePack) -> ResolvedEdges:
    """Return the edges that a pack resolves in its samples today.

    Raises:
        CheckSkipped: There is no parser, no source, or no stage that links.
        ConformanceError: As `resolve_edges`.
    """
    parsers, texts = subjects.able(pack)
    stages = installed_linkers()
    if not stages:
        raise CheckSkipped("no stage that links is installed (install codegraph-framework)")
    return resolve_edges(pack, subjects.version(), texts, parsers, stages)


def write_baseline(plugin: object, samples_folder: Path, baseline: Path) -> ResolvedEdges:
    """Write the baseline of the one language that a plugin gives; one that would hide a lost edge is refused.

    Args:
        plugin: As for `conformance_checks`.
        samples_folder: Source files.
        baseline: File to write.

    Raises:
        CheckSkipped: There is no parser, no source, or no stage that links.
        ConformanceError: `edges-lost`, `baseline-invalid`, `plugin-…`; `language-type` if the plugin gives no
            language or several.
    """
    given = check_plugin(load_plugin(plugin) if isinstance(plugin, str) else plugin)
    packs = given.get("codegraph_languages", ())
    require(len(packs) == 1, "language-type", f"a baseline is of one language; the plugin gives {len(packs)}")
    now = edges_of(Subjects(given, samples_folder), packs[0])
    if baseline.is_file():
        before = ResolvedEdges.from_json(baseline.read_text(encoding="utf-8"), str(baseline))
        try:
            check_resolved_edges(before, now, packs[0].name)
        except ConformanceError as error:
            if error.code != "baseline-stale":
                raise
    baseline.write_text(now.to_json(), encoding="utf-8")
    return now


def _other_checks(subjects: Subjects) -> Iterator[Check]:
    given = subjects.given

    def parser(one: Parser) -> None:
        packs = subjects.packs()
        texts = subjects.texts(packs)
        if not texts:
            raise CheckSkipped(NO_SAMPLES)
        check_parser(one, packs, texts)

    def stage(one: Any) -> None:
        if set(one.inputs) - {IR_ARTIFACT}:
            raise CheckSkipped("it needs artifacts of other stages; call check_stage with them")
        check_stage(one, subjects.batch(), packs=_by_name(subjects), config=subjects.config())

    def analyzer(one: Any) -> None:
        check_analyzer(one, subjects.batch(), packs=_by_name(subjects), config=subjects.config())

    def sink(one: Any) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            check_sink(one, MemorySnapshot(contents={"files": empty_table("files")}), Path(folder))

    checks: dict[str, tuple[str, Callable[[Any], None]]] = {
        "codegraph_parsers": ("parser", parser),
        "codegraph_stages": ("stage", stage),
        "codegraph_analyzers": ("analyzer", analyzer),
        "codegraph_sinks": ("sink", sink),
        "codegraph_executors": ("executor", check_executor),
    }
    for hook, (label, check) in checks.items():
        for item in given.get(hook, ()):
            yield Check(f"{label}[{item.name}]", partial(check, item))


def _by_name(subjects: Subjects) -> dict[str, LanguagePack]:
    return {pack.name: pack for pack in subjects.packs()}

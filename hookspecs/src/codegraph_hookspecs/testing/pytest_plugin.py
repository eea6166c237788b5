"""`pytest --codegraph-plugin NAME`: the conformance checks of a plugin as tests, and fixtures for its own tests.

Loaded by every pytest run where codegraph-hookspecs is installed, so nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from codegraph_hookspecs.languages import LanguagePack
    from codegraph_hookspecs.parsing import ParsedBatch, Parser


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("codegraph", "CodeGraph plugins")
    group.addoption(
        "--codegraph-plugin",
        action="append",
        default=[],
        metavar="NAME",
        help="check the plugin with this entry point in group 'codegraph', or module:attribute (repeatable)",
    )
    group.addoption(
        "--codegraph-samples",
        metavar="DIR",
        help="source files to check the plugin on; needed for rows of languages, stages, analyzers",
    )


@pytest.fixture(scope="session")
def codegraph_parsers() -> list[Parser]:
    """Parsers of all installed plugins, highest priority first; empty where there is no kernel."""
    from codegraph_hookspecs.testing.plugins import installed_parsers

    return installed_parsers()


@pytest.fixture(scope="session")
def codegraph_parser(codegraph_parsers: list[Parser]) -> Parser:
    """The parser of highest priority; the test is skipped where none is installed."""
    if not codegraph_parsers:
        pytest.skip("no parser is installed (install codegraph-framework)")
    return codegraph_parsers[0]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add one test for each check that fits the plugins named on the command line."""
    for name in session.config.getoption("--codegraph-plugin"):
        items.extend(
            ConformanceItem.from_parent(session, name=f"{name}::{check}", function=function)
            for check, function in _checks(name, session.config.getoption("--codegraph-samples"))
        )


class ConformanceItem(pytest.Item):
    """One conformance check of one plugin."""

    def __init__(self, *, function: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._function = function

    def runtest(self) -> None:
        """Run the check."""
        self._function()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a broken rule as its message alone: the kit's own frames say nothing to a plugin's author."""
        from codegraph_hookspecs.testing.failures import ConformanceError

        if isinstance(excinfo.value, ConformanceError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the check in reports."""
        return self.path, None, f"codegraph plugin {self.name}"


def _checks(name: str, samples_folder: str | None) -> Iterator[tuple[str, Callable[[], None]]]:
    from codegraph_hookspecs.testing.failures import ConformanceError
    from codegraph_hookspecs.testing.plugins import check_plugin, load_plugin

    try:
        given = check_plugin(load_plugin(name))
    except ConformanceError as error:
        failure = error

        def refused() -> None:
            raise failure

        yield "hooks", refused
        return
    yield "hooks", lambda: None
    yield from _contribution_checks(given, _Samples(samples_folder, given))


class _Samples:
    """Sources to check on, parsed once; packs and parsers are the plugin's own and the installed ones."""

    def __init__(self, folder: str | None, given: dict[str, tuple[Any, ...]]) -> None:
        self._folder = folder
        self._given = given
        self._batch: ParsedBatch | None = None

    def parsers(self) -> list[Parser]:
        from codegraph_hookspecs.testing.plugins import installed_parsers

        own = list(self._given.get("codegraph_parsers", ()))
        return own + [one for one in installed_parsers() if one.name not in {mine.name for mine in own}]

    def packs(self) -> list[LanguagePack]:
        from codegraph_hookspecs.testing.plugins import installed_languages

        own = list(self._given.get("codegraph_languages", ()))
        return own + [one for one in installed_languages() if one.name not in {mine.name for mine in own}]

    def packs_by_name(self) -> dict[str, LanguagePack]:
        return {pack.name: pack for pack in self.packs()}

    def config(self) -> Any:
        """Return the plugin's settings with their defaults, or None."""
        for info in self._given.get("codegraph_plugin_info", ()):
            if info.config is not None:
                return info.config()
        return None

    def texts(self, packs: list[LanguagePack]) -> dict[str, bytes]:
        from codegraph_hookspecs.testing.memory import pack_for

        if self._folder is None:
            return {}
        root = Path(self._folder)
        found: dict[str, bytes] = {}
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root).as_posix()
            try:
                pack_for(relative, packs)
            except ValueError:
                continue
            if path.is_file():
                found[relative] = path.read_bytes()
        return found

    def batch(self) -> ParsedBatch:
        from codegraph_hookspecs.testing.memory import parse_samples

        if self._batch is None:
            packs, parsers = self.packs(), self.parsers()
            if not parsers:
                pytest.skip("no parser is installed (install codegraph-framework)")
            texts = self.texts(packs)
            if not texts:
                pytest.skip("there are no sources (pass --codegraph-samples DIR)")
            self._batch = parse_samples(parsers[0], [pack for pack in packs if parsers[0].supports(pack)], texts)
        return self._batch


def _contribution_checks(
    given: dict[str, tuple[Any, ...]], samples: _Samples
) -> Iterator[tuple[str, Callable[[], None]]]:
    from codegraph_hookspecs import testing
    from codegraph_hookspecs.stages import IR_ARTIFACT

    def language(pack: LanguagePack) -> None:
        testing.check_language_pack(pack, samples.texts([pack]), parsers=samples.parsers())

    def parser(one: Parser) -> None:
        packs = samples.packs()
        testing.check_parser(one, packs, samples.texts(packs))

    def stage(one: Any) -> None:
        if set(one.inputs) - {IR_ARTIFACT}:
            pytest.skip("it needs artifacts of other stages; call check_stage with them")
        testing.check_stage(one, samples.batch(), packs=samples.packs_by_name(), config=samples.config())

    def analyzer(one: Any) -> None:
        testing.check_analyzer(one, samples.batch(), packs=samples.packs_by_name(), config=samples.config())

    def sink(one: Any) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            snapshot = testing.MemorySnapshot(contents={"files": testing.empty_table("files")})
            testing.check_sink(one, snapshot, Path(folder))

    checks: dict[str, tuple[str, Callable[[Any], None]]] = {
        "codegraph_languages": ("language", language),
        "codegraph_parsers": ("parser", parser),
        "codegraph_stages": ("stage", stage),
        "codegraph_analyzers": ("analyzer", analyzer),
        "codegraph_sinks": ("sink", sink),
        "codegraph_executors": ("executor", testing.check_executor),
    }
    for hook, (label, check) in checks.items():
        for item in given.get(hook, ()):
            yield f"{label}[{item.name}]", partial(check, item)

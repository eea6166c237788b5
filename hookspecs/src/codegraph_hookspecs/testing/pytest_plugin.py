"""`pytest --codegraph-plugin NAME`: the conformance checks of a plugin as tests, and fixtures for its own tests.

Loaded by every pytest run where codegraph-hookspecs is installed, so nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from codegraph_hookspecs.parsing import Parser


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
    group.addoption(
        "--codegraph-baseline",
        metavar="FILE",
        help="resolved edges of the plugin's last release: none of them may be lost",
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
    names = session.config.getoption("--codegraph-plugin")
    if not names:
        return
    from codegraph_hookspecs.testing.suite import conformance_checks

    samples, baseline = (
        Path(given) if (given := session.config.getoption(option)) else None
        for option in ("--codegraph-samples", "--codegraph-baseline")
    )
    for name in names:
        items.extend(
            ConformanceItem.from_parent(session, name=f"{name}::{check.name}", function=check.run)
            for check in conformance_checks(name, samples, baseline)
        )


class ConformanceItem(pytest.Item):
    """One conformance check of one plugin."""

    def __init__(self, *, function: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._function = function

    def runtest(self) -> None:
        """Run the check."""
        from codegraph_hookspecs.testing.suite import CheckSkipped

        try:
            self._function()
        except CheckSkipped as reason:
            pytest.skip(str(reason))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a broken rule as its message alone: the kit's own frames say nothing to a plugin's author."""
        from codegraph_hookspecs.testing.failures import ConformanceError

        if isinstance(excinfo.value, ConformanceError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the check in reports."""
        return self.path, None, f"codegraph plugin {self.name}"

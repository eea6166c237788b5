"""Runs the conformance kit on a plugin and keeps what each check said."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from attrs import asdict, frozen

from codegraph_hookspecs import Parser, PluginError, Stage


@frozen
class Outcome:
    """What one check said.

    Args:
        check: The check's name, such as `damage[lua]`.
        status: "failed" is the plugin's fault, "skipped" what is missing here.
        code: Of the broken rule, or empty.
        message: What is wrong, or what is missing.
    """

    check: str
    status: Literal["passed", "failed", "skipped"]
    code: str = ""
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return asdict(self)


def check(plugin: str, samples: Path | None, baseline: Path | None) -> Iterator[Outcome]:
    """Yield the outcome of each check that fits a plugin.

    Args:
        plugin: Name of its entry point, or `module:attribute`.
        samples: Folder of source files.
        baseline: File of resolved edges.

    Raises:
        PluginError: `dependency-missing`.
    """
    require_kit()
    from codegraph_hookspecs.testing import CheckSkipped, ConformanceError, conformance_checks

    for one in conformance_checks(plugin, samples, baseline):
        try:
            one.run()
        except ConformanceError as error:
            yield Outcome(one.name, "failed", error.code, error.message)
        except CheckSkipped as reason:
            yield Outcome(one.name, "skipped", "", str(reason))
        else:
            yield Outcome(one.name, "passed")


def rebase(plugin: str, samples: Path, baseline: Path) -> Outcome:
    """Write the baseline of resolved edges; return what became of it.

    Raises:
        PluginError: `dependency-missing`.
    """
    require_kit()
    from codegraph_hookspecs.testing import CheckSkipped, ConformanceError, write_baseline

    try:
        written = write_baseline(plugin, samples, baseline)
    except ConformanceError as error:
        return Outcome("baseline", "failed", error.code, error.message)
    except CheckSkipped as reason:
        return Outcome("baseline", "skipped", "", str(reason))
    return Outcome("baseline", "passed", "", f"{len(written.edges)} edges of version {written.version} in {baseline}")


def installed_engines() -> tuple[Parser, list[Stage]]:
    """Return the best parser and the stages that link.

    Raises:
        PluginError: `not-installed`: no plugin gives a parser.
    """
    from codegraph_hookspecs.testing import installed_linkers, installed_parsers

    parsers = installed_parsers()
    if not parsers:
        raise PluginError(
            "No plugin gives a parser.",
            code="not-installed",
            context={"remedy": "Install codegraph-framework whole; `codegraph plugins list` shows what was found."},
        )
    return parsers[0], installed_linkers()


def require_kit() -> None:
    """Raise `dependency-missing` where what the kit needs beyond CodeGraph is not installed."""
    if find_spec("hypothesis") is None:
        raise PluginError(
            "The conformance kit needs hypothesis, which is not installed.",
            code="dependency-missing",
            context={"remedy": "Install it: pip install 'codegraph-hookspecs[testing]'."},
        )

"""The tests that every language pack has: the conformance kit, and the cases below `tests/spec`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegraph_hookspecs.languages import LanguagePack
from codegraph_hookspecs.parsing import Parser
from codegraph_hookspecs.testing.literate import PLACES, Case, all_cases, build, failures
from codegraph_hookspecs.testing.places import PlacesCase, read_places, wrong_places
from codegraph_hookspecs.testing.plugins import installed_linkers
from codegraph_hookspecs.testing.suite import Check, CheckSkipped, conformance_checks


def pack_tests(
    plugin: object, pack: LanguagePack, folder: Path
) -> tuple[Callable[..., None], Callable[..., None], Callable[..., None]]:
    """Return a pack's test functions, for a test module to give names to.

        test_conformance, test_rows, test_places = pack_tests(plugin, PACK, Path(__file__).parent)

    Args:
        plugin: The pack's plugin.
        pack: The pack.
        folder: Has `samples`, `resolved_edges.json` and `spec`.

    Returns:
        The conformance checks; the literate cases of `spec`, with every parser that is installed; the cases of
        `spec/places.md`, with every engine. Without the kernel the last two are skipped.
    """
    spec = folder / "spec"
    checks = list(conformance_checks(plugin, folder / "samples", folder / "resolved_edges.json"))
    cases = [pytest.param(case, id=f"{path.stem}: {case.title}") for path, case in all_cases(spec)]
    asked = read_places(spec / PLACES) if (spec / PLACES).is_file() else []
    places: list[Any] = [pytest.param(case, id=case.title) for case in asked]

    @pytest.mark.parametrize("check", checks, ids=lambda check: check.name)
    def test_the_plugin_conforms(check: Check) -> None:
        try:
            check.run()
        except CheckSkipped as reason:
            pytest.skip(str(reason))

    @pytest.mark.parametrize("case", cases)
    def test_what_the_case_says_holds(case: Case, codegraph_parsers: list[Parser]) -> None:
        if case.skip is not None:
            pytest.skip(case.skip)
        linkers = installed_linkers()
        if not linkers:
            pytest.skip("no stage that links is installed (install codegraph-framework)")
        for parser in codegraph_parsers:
            broken = failures(case, build(case, [pack], parser, linkers[0]))
            assert not broken, f"{parser.name}:\n" + "\n".join(broken)

    @pytest.mark.parametrize("case", places)
    def test_names_lead_where_the_case_says(case: PlacesCase, tmp_path: Path) -> None:
        if case.skip is not None:
            pytest.skip(case.skip)
        kernel = pytest.importorskip("codegraph", reason="install codegraph-framework")
        native = importlib.util.find_spec("codegraph_parser_rust") is not None
        for backend in ("python", "rust") if native else ("python",):
            root = tmp_path / backend
            root.mkdir()
            config = kernel.IndexingConfig(root_path=root, backend=backend, plugins={"occurrences": {}})
            wrong = wrong_places(case, root, lambda: kernel.CodeGraph(config=config, plugins=[plugin]).index())  # noqa: B023
            assert not wrong, f"{backend}:\n" + "\n".join(wrong)

    return test_the_plugin_conforms, test_what_the_case_says_holds, test_names_lead_where_the_case_says

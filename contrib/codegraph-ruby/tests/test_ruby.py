"""The Ruby pack: the conformance kit, and the literate cases of tests/spec."""

from __future__ import annotations

from pathlib import Path

import pytest
from codegraph_ruby import PACK, plugin

from codegraph_hookspecs import Parser
from codegraph_hookspecs.testing import Check, CheckSkipped, conformance_checks, installed_linkers
from codegraph_hookspecs.testing.literate import Case, all_cases, build, failures

HERE = Path(__file__).parent
CHECKS = list(conformance_checks(plugin, HERE / "samples", HERE / "resolved_edges.json"))
CASES = [pytest.param(case, id=f"{path.stem}: {case.title}") for path, case in all_cases(HERE / "spec")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_the_plugin_conforms(check: Check) -> None:
    try:
        check.run()
    except CheckSkipped as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("case", CASES)
def test_what_the_case_says_holds(case: Case, codegraph_parsers: list[Parser]) -> None:
    if case.skip is not None:
        pytest.skip(case.skip)
    linkers = installed_linkers()
    if not linkers:
        pytest.skip("no stage that links is installed (install codegraph-framework)")
    for parser in codegraph_parsers:
        broken = failures(case, build(case, [PACK], parser, linkers[0]))
        assert not broken, f"{parser.name}:\n" + "\n".join(broken)

"""Runs every literate case below this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.literate import Case, all_cases, failures, read_cases

FOLDER = Path(__file__).parent
CASES = [
    pytest.param(case, id=f"{path.relative_to(FOLDER).with_suffix('')}: {case.title}")
    for path, case in all_cases(FOLDER)
]


@pytest.mark.parametrize("case", CASES)
def test_what_the_case_says_holds(case: Case, tmp_path: Path) -> None:
    if case.skip is not None:
        pytest.skip(case.skip)
    broken = failures(case, tmp_path)
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize("language", ["python", "javascript", "typescript", "java", "kotlin", "go"])
def test_each_language_has_cases(language: str) -> None:
    cases = [case for path, case in all_cases(FOLDER / language) if case.skip is None]
    assert len(cases) >= 25


def test_a_wrong_assertion_fails(tmp_path: Path) -> None:
    written = tmp_path / "case.md"
    written.write_text(
        "## A case\n```python m.py\ndef f(): g()\n# node: class m.f\n# edge: calls m.f -> m.g\n# no node: m.f\n"
        "# call: g -> resolved\n# members: m.f = x\n# file: m.py degraded\n# node: function m.f complexity=2\n```\n"
    )
    (case,) = read_cases(written)
    assert len(failures(case, tmp_path)) == len(case.assertions) == 7

"""The native link engine gives the reference engine's rows, for any number of threads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.literate import Case, all_cases
from tests.unit.stages.linking import engines, link

ROOT = Path(__file__).parents[2]
SOURCES = ("codegraph_core/src", "plugins/src", "hookspecs/src", "builtin_analyzers/src", "tests")

pytestmark = pytest.mark.skipif("native" not in engines(), reason="the native engine is not installed")


def test_the_engines_agree_on_this_repository(tmp_path: Path) -> None:
    sources = {
        str(path.relative_to(ROOT)): path.read_text()
        for folder in SOURCES
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    wanted = link(sources, tmp_path, split=(1_000, 1_000))
    assert wanted.tables["edges"].num_rows > 10_000
    for workers in (1, 2, 5):
        found = link(sources, tmp_path, split=(1_000, 1_000), engine="native", workers=workers)
        for name, table in wanted.tables.items():
            assert found.tables[name].equals(table), (name, workers)


def test_both_engines_give_the_rows_of_one(tmp_path: Path) -> None:
    sources = {"a.py": "from b import f\nf()\nimport os\nos.getcwd()\n", "b.py": "def f(): pass\n"}
    wanted = link(sources, tmp_path)
    found = link(sources, tmp_path, engine="native", backend="both")
    assert wanted.tables["edges"].num_rows > 3
    for name, table in wanted.tables.items():
        assert found.tables[name].equals(table), name


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.title) for _, case in all_cases(ROOT / "tests/spec") if case.skip is None]
)
def test_the_engines_agree_on_every_literate_case(case: Case, tmp_path: Path) -> None:
    wanted = link(case.files, tmp_path)
    found = link(case.files, tmp_path, engine="native", workers=2)
    for name, table in wanted.tables.items():
        assert found.tables[name].equals(table), name

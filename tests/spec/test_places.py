"""Where names lead: `places.md` of each language, through `definitions_at` as users ask.

`codegraph_hookspecs.testing.places` says how the cases are written.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from codegraph import CodeGraph, IndexingConfig
from codegraph_hookspecs.testing.places import PlacesCase, read_places, wrong_places

FOLDER = Path(__file__).parent
BACKENDS = ("python", "rust") if importlib.util.find_spec("codegraph_parser_rust") else ("python",)

CASES = [
    pytest.param(case, id=f"{path.parent.name}: {case.title}")
    for path in sorted(FOLDER.glob("*/places.md"))
    for case in read_places(path)
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CASES)
def test_names_lead_where_the_case_says(case: PlacesCase, backend: str, tmp_path: Path) -> None:
    if case.skip is not None:
        pytest.skip(case.skip)
    config = IndexingConfig(root_path=tmp_path, backend=backend, plugins={"occurrences": {}})
    assert wrong_places(case, tmp_path, CodeGraph(config=config).index) == []

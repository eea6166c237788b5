"""A notebook in a repository: a module of the graph, in both engines, on the disk and in a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegraph import CodeGraph
from codegraph_hookspecs.testing import installed_parsers
from tests.unit.indexing.test_notebooks import notebook


@pytest.mark.parametrize("backend", [*(parser.name for parser in installed_parsers()), "both"])
def test_a_notebook_is_a_module_of_the_graph(tmp_path: Path, backend: str) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "tools.py").write_text("def clean(rows):\n    return rows\n")
    (root / "study.ipynb").write_bytes(
        notebook("%pip install x\nimport tools", "def run():\n    return tools.clean([])")
    )
    (root / "stats.ipynb").write_bytes(notebook("x <- 1", language="R"))
    (root / "torn.ipynb").write_bytes(b"{")
    result = CodeGraph().index(root).backend(backend).execute()
    files = {row.path: row.status for row in result.query().files()}
    assert files == {"stats.ipynb": "skipped", "study.ipynb": "ok", "tools.py": "ok", "torn.ipynb": "failed"}
    (edge,) = result.query().edges().filter(kind="calls")
    assert (edge.source_id, edge.target_id) == ("study:run@ipynb", "tools:clean@py")
    run = result.query().nodes().filter(name="run").first()
    assert run is not None
    assert run.start_line == 6
    assert {row["code"] for row in result.query().table("diagnostics")} >= {"notebook-language", "notebook-malformed"}


def test_a_notebook_in_a_session_is_read_the_same(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text("def clean(rows):\n    return rows\n")
    (tmp_path / "study.ipynb").write_bytes(notebook("import tools", "tools.clean([])"))
    cg = CodeGraph()
    cg.index(tmp_path).execute()
    with cg.session(repo=tmp_path) as session:
        session.update_file("tools.py", "def clean(rows):\n    return list(rows)\n")
        session.add_file("more.ipynb", notebook("!ls", "import tools\ntools.clean([1])").decode())
        session.commit()
    with cg.open(tmp_path) as graph:
        calls = sorted(edge.source_id for edge in graph.edges().filter(kind="calls"))
        assert calls == ["more@ipynb", "study@ipynb", "tools:clean@py"]
        assert (
            graph.source("study.ipynb") == b"# %% notebook\n# %% cell 1\nimport tools\n# %% cell 2\ntools.clean([])\n"
        )

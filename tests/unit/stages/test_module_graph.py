"""Module order, components and cycles."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegraph_hookspecs import TABLES
from codegraph_plugins.stages.module_graph.stage import ModuleGraphStage
from tests.unit.stages.linking import Context, bare, link


def graph(sources: dict[str, str], root: Path) -> tuple[dict[str, dict[str, float]], Context]:
    """Return metrics by module, and the context with its diagnostics."""
    linked = link(sources, root)
    edges = linked.tables["edges"].cast(TABLES["edges"].physical_schema).to_batches()
    linked.context.artifacts["links"] = {"edges": edges}
    metrics: dict[str, dict[str, float]] = {}
    for table, batch in ModuleGraphStage().run(linked.context):
        assert table == "metrics"
        assert batch.schema.equals(TABLES["metrics"].physical_schema)
        for row in batch.to_pylist():
            metrics.setdefault(bare(row["node_id"]), {})[row["name"]] = row["value"]
    return metrics, linked.context


def test_imported_modules_come_first(tmp_path: Path) -> None:
    metrics, context = graph({"a.py": "import b\nimport c\n", "b.py": "import c\n", "c.py": "import os\n"}, tmp_path)
    assert sorted(metrics, key=lambda module: metrics[module]["module_order"]) == ["c", "b", "a"]
    assert [metrics[module]["module_scc"] for module in "abc"] == [2, 1, 0]
    assert metrics["c"]["module_fan_in"] == 2
    assert metrics["a"]["module_fan_out"] == 2
    assert not context.diagnostics


def test_a_cycle_is_reported_once_with_its_modules(tmp_path: Path) -> None:
    metrics, context = graph(
        {"a.py": "import b\n", "b.py": "from c import x\n", "c.py": "import a\nx = 1\n", "d.py": "import a\n"}, tmp_path
    )
    assert [metrics[module]["module_cycle_size"] for module in "abcd"] == [3, 3, 3, 1]
    assert len({metrics[module]["module_scc"] for module in "abc"}) == 1
    (found,) = context.diagnostics
    assert (found.code, found.file_path) == ("import-cycle", "a.py")
    assert "3 modules" in found.message
    assert "a, b, c" in found.message


def test_a_long_cycle_names_ten_modules(tmp_path: Path) -> None:
    sources = {f"m{n:02}.py": f"import m{(n + 1) % 30:02}\n" for n in range(30)}
    _, context = graph(sources, tmp_path)
    assert context.diagnostics[0].message.endswith("m09 and 20 more.")


def test_an_import_inside_a_function_makes_no_cycle(tmp_path: Path) -> None:
    metrics, context = graph({"a.py": "import b\n", "b.py": "def f():\n  import a\n"}, tmp_path)
    assert metrics["a"]["module_cycle_size"] == 1
    assert not context.diagnostics


def test_barrels_are_modules_of_the_graph(tmp_path: Path) -> None:
    metrics, _ = graph(
        {
            "a.ts": "import { f } from './index';\n",
            "index.ts": "export * from './b';\n",
            "b.ts": "export function f() {}\n",
        },
        tmp_path,
    )
    order = sorted(metrics, key=lambda module: metrics[module]["module_order"])
    assert order == ["b", "index", "a"]


@pytest.mark.parametrize("sources", [{}, {"a.py": ""}])
def test_no_imports_make_no_cycles(sources: dict[str, str], tmp_path: Path) -> None:
    metrics, context = graph(sources, tmp_path)
    assert len(metrics) == len(sources)
    assert not context.diagnostics

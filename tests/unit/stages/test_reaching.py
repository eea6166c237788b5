"""Of a name that is bound several times, the bindings that reach a place, with either engine."""

from __future__ import annotations

import importlib.util
import re
import time
from pathlib import Path

import pytest

from codegraph import CodeGraph, IndexingConfig

BACKENDS = ("python", "rust") if importlib.util.find_spec("codegraph_parser_rust") else ("python",)
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXPECTED = re.compile(r"# (\w+) ->([ \d]*)$")


def _index(root, files, backend="python"):
    for name, text in files.items():
        (root / name).write_text(text)
    config = IndexingConfig(root_path=root, backend=backend)
    return CodeGraph(config=config).index().with_occurrences().execute()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_name_leads_to_the_bindings_that_reach_it(tmp_path, backend):
    blocks = _BLOCK.findall(Path(__file__).with_name("reaching.md").read_text())
    files = {f"case_{number}.py": text for number, text in enumerate(blocks)}
    wrong, asked = [], 0
    with _index(tmp_path, files, backend) as result:
        for path, text in files.items():
            for number, line in enumerate(text.splitlines(), 1):
                if (expected := _EXPECTED.search(line)) is None:
                    continue
                name, lines = expected.groups()
                code = line[: expected.start()]
                column = [found.start() for found in re.finditer(rf"\b{name}\b", code)][-1]
                asked += 1
                found = result.definitions_at(path, number, column)
                if [one.span.start_line for one in found] != [int(at) for at in lines.split()]:
                    wrong.append((path, number, line.strip(), [one.span.start_line for one in found]))
    assert asked > 50
    assert wrong == []


def test_another_file_sees_what_the_module_leaves_behind_and_references_are_all(tmp_path):
    files = {
        "lib.py": "import sys\nNAME = 1\nNAME = 2\nif sys.argv:\n    NAME = 3\n",
        "app.py": "import lib\nfrom lib import NAME\nprint(NAME, lib.NAME)\n",
    }
    result = _index(tmp_path, files)
    for line, column in ((2, 16), (3, 6), (3, 16)):
        found = result.definitions_at("app.py", line, column)
        assert [(one.file_path, one.span.start_line) for one in found] == [("lib.py", 3), ("lib.py", 5)]
    everywhere = [("app.py", 2), ("app.py", 3), ("app.py", 3), ("lib.py", 2), ("lib.py", 3), ("lib.py", 5)]
    assert [(one.file_path, one.span.start_line) for one in result.references_at("app.py", 3, 6)] == everywhere


def test_a_deletion_writes(tmp_path):
    result = _index(tmp_path, {"a.py": "def f(x):\n    y = x\n    del x, y\n"})
    rows = [(one.span.start_line, one.role) for one in result.occurrences() if one.span.start_line == 3]
    assert rows == [(3, "write"), (3, "write")]


def test_where_names_are_declared_the_declaration_is_the_definition(tmp_path):
    result = _index(tmp_path, {"a.ts": "let x = 1;\nx = 2;\nconsole.log(x);\n"})
    assert [one.span.start_line for one in result.definitions_at("a.ts", 3, 12)] == [1]


@pytest.mark.parametrize(
    "text",
    [
        "x = 0\n" + "".join(f"{' ' * n}while x:\n" for n in range(60)) + f"{' ' * 60}x = 1\nx\n",
        "x = 0\n" + "x = 1\n" * 5_000 + "x\n",
        "x = 0\nx = " + "(" * 500 + "x" + ")" * 500 + "\nx\n",
        "x = 0\n" + "".join(f"{' ' * n}try:\n{' ' * n} x = 1\n" for n in range(60)) + "x\n",
    ],
    ids=["loops", "bindings", "depth", "tries"],
)
def test_hostile_files_cost_little(tmp_path, text):
    result = _index(tmp_path, {"a.py": text})
    line = text.count("\n")
    started = time.process_time()
    assert all(one.file_path == "a.py" for one in result.definitions_at("a.py", line, 0))
    assert time.process_time() - started < 30

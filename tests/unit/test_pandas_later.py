"""Runs and commands leave pandas alone until somebody wants it; then pyarrow knows it as ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pandas")

LATER = "from codegraph._internal.pandas_later import import_pandas_later\nimport_pandas_later()\n"
AFTERWARDS = """
import sys
import pyarrow as pa
import numpy as np
pa.array(np.arange(3)), pa.table({"a": [1]}), np.asarray(pa.array([True]))
"""


def run(program: str) -> str:
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_arrays_are_made_without_pandas() -> None:
    looks = AFTERWARDS + "print('pandas' in sys.modules)"
    assert run(looks) == "True", "pyarrow imports it otherwise"
    assert run(LATER + looks) == "False"


def test_pyarrow_knows_a_series_of_whoever_imports_pandas() -> None:
    asks = "import pandas as pd\nprint(pa.array(pd.Series([1.0, float('nan')])).null_count)"
    assert run(LATER + AFTERWARDS + asks) == run(AFTERWARDS + asks) == "1"


def test_tables_go_to_pandas() -> None:
    assert run(LATER + AFTERWARDS + "print(len(pa.table({'a': [1, 2]}).to_pandas()))") == "2"


def test_pandas_is_loaded_by_its_own_loader() -> None:
    says = "import pandas, importlib.resources\nprint(type(pandas.__spec__.loader).__module__.split('.')[0])\n"
    says += "print(importlib.resources.files('pandas').joinpath('__init__.py').is_file())"
    assert run(LATER + says) == run(says)


def test_a_process_that_has_pandas_is_left_as_it_is() -> None:
    before = "import sys, pandas\nbefore = list(sys.meta_path)\n"
    assert run(before + LATER + "print(sys.meta_path == before)") == "True"


def test_a_second_call_does_nothing() -> None:
    counts = "import sys\nbefore = len(sys.meta_path)\nimport_pandas_later()\nprint(len(sys.meta_path) - before)"
    assert run(LATER + counts) == "0"


def test_another_thread_finds_pandas_meanwhile() -> None:
    program = """
import sys, threading
from codegraph._internal import pandas_later
finder = pandas_later._Finder()
sys.meta_path.insert(0, finder)
found = []
def look():
    import pandas
    found.append(pandas.__name__)
thread = threading.Thread(target=look)
thread.start(); thread.join()
print(found, finder in sys.meta_path)
"""
    assert run(program) == "['pandas'] False"


def test_indexing_leaves_pandas_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f() -> None: ...\n")
    program = f"""
import pathlib, sys
from codegraph import CodeGraph
for _ in range(2):
    CodeGraph().index({str(tmp_path)!r}).execute().nodes().count()
    pathlib.Path({str(tmp_path / "b.py")!r}).write_text("import a\\n")
print("pandas" in sys.modules)
"""
    assert run(program).splitlines()[-1] == "False"

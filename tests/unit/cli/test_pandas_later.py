"""The command line leaves pandas alone until somebody wants it; then pyarrow knows it as ever."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("pandas")

LATER = "from codegraph.cli.pandas_later import import_pandas_later\nimport_pandas_later()\n"
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

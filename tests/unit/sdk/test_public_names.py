"""`import codegraph` is cheap, and its public names are all there."""

from __future__ import annotations

import subprocess
import sys

import pytest

import codegraph
import codegraph.errors
import codegraph.plugins
from codegraph_hookspecs import Analyzer
from codegraph_hookspecs import errors as contract

PROBE = """
import sys, time
before = set(sys.modules)
start = time.process_time()
import codegraph
seconds = time.process_time() - start
own = [name for name in sys.modules if name.startswith("codegraph")]
print(seconds, len(set(sys.modules) - before), *own)
heavy = [name for name in ("pyarrow", "numpy", "attrs", "cattrs", "rustworkx", "asyncio") if name in sys.modules]
print(*heavy)
"""


def probe() -> tuple[list[str], list[str]]:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    first, second = done.stdout.split("\n")[:2]
    return first.split(), second.split()


def test_importing_codegraph_loads_nothing_heavy_and_little_else() -> None:
    (_, count, *own), heavy = probe()
    assert heavy == []
    assert own == ["codegraph"]
    assert int(count) <= 60  # 30 with Python 3.11


@pytest.mark.bench
def test_importing_codegraph_takes_under_30_ms() -> None:
    assert min(float(probe()[0][0]) for _ in range(3)) < 0.03


@pytest.mark.parametrize("name", codegraph.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(codegraph, name).__doc__
    assert name in dir(codegraph)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="CodeGrap"):
        codegraph.CodeGrap  # noqa: B018


def test_the_errors_are_those_of_the_contract() -> None:
    for name in codegraph.errors.__all__:
        assert getattr(codegraph.errors, name) is getattr(contract, name)
    classes = {n for n, v in vars(contract).items() if isinstance(v, type) and issubclass(v, contract.CodeGraphError)}
    assert classes <= set(codegraph.errors.__all__)
    assert classes <= set(codegraph.__all__)


def test_plugin_names_are_those_of_the_hookspecs() -> None:
    import codegraph_hookspecs

    for name in set(codegraph.plugins.__all__) - {"CustomAnalyzer", "ProcessIdentity"}:
        assert getattr(codegraph.plugins, name) is getattr(codegraph_hookspecs, name)


def test_a_custom_analyzer_is_an_analyzer_named_after_its_class() -> None:
    class FindHTTPCalls(codegraph.plugins.CustomAnalyzer):
        def analyze(self, document: object) -> list[dict[str, object]]:
            return []

    class Renamed(FindHTTPCalls):
        name = "other"

    assert FindHTTPCalls.name == "find-http-calls"
    assert Renamed.name == "other"
    assert isinstance(FindHTTPCalls(), Analyzer)
    assert FindHTTPCalls.scope == "file"

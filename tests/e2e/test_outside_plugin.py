"""A plugin from outside works with the built wheels: found through its entry point, used by every command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = (ROOT / "hookspecs", ROOT, ROOT / "contrib/codegraph-lua")
SOURCE = """\
local function area(width, height)
  return width * height
end

function describe(shape)
  counter = 1
  return area(shape.width, shape.height)
end
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An environment whose CodeGraph and plugin come from wheels: they stand before this one's editable installs."""
    wheels, target = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    for folder in DISTRIBUTIONS:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
        subprocess.run(
            command, cwd=folder, env={**os.environ, "CODEGRAPH_RELEASE": "1"}, check=True, capture_output=True
        )
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*pip, *map(str, wheels.glob("*.whl"))], check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(target)}


@pytest.fixture(scope="module")
def codegraph(installed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "shapes.lua").write_text(SOURCE)
    (folder / "other.py").write_text("def f():\n    return 1\n")

    def run(*words):
        command = [sys.executable, "-m", "codegraph.cli", *words, "--json"]
        done = subprocess.run(command, cwd=folder, env=installed, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    run("index", ".")
    return run


def test_the_plugin_is_found_through_its_entry_point(codegraph):
    record = next(
        each for each in codegraph("plugins", "list")["plugins"] if each["distribution"].startswith("codegraph-lua")
    )
    assert (record["state"], record["reason"]) == ("enabled", "")
    assert "lua" in record["gives"]["languages"]
    assert record["gives"]["stages"]
    assert record["gives"]["analyzers"]


def test_its_language_is_indexed_beside_the_built_in_ones(codegraph):
    rows = codegraph("query", "nodes", "--where", "kind=function", "--order-by", "name")["rows"]
    assert [(row["name"], row["language"]) for row in rows] == [("area", "lua"), ("describe", "lua"), ("f", "python")]


def test_its_stage_and_its_analyzer_have_run(codegraph):
    names = {stage["name"] for wave in codegraph("pipeline", "show")["waves"] for stage in wave}
    assert names > {"parse", "cross-file"}
    assert codegraph("query", "metrics")["count"] > 0
    findings = codegraph("query", "findings")["rows"]
    assert [row["file_path"] for row in findings] == ["shapes.lua"]

"""Wheels in an environment that has nothing else: what `pip install` gives a stranger, our outside plugin included."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = (ROOT / "hookspecs", ROOT, ROOT / "contrib/codegraph-lua")
NATIVE = ROOT / "plugins/parser_rust"

FILES = {
    "geo/shape.lua": 'local point = require("geo.point")\n\n-- Area.\nfunction area(w)\n  return point.scale(w)\nend\n',
    "geo/point.lua": "local M = {}\nfunction M.scale(x) return x end\nreturn M\n",
    "shop/basket.py": "from shop.prices import net\n\n\ndef total():\n    return net()\n",
    "shop/prices.py": "def net():\n    return 1\n",
}


def build(wheels):
    for folder in PURE:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
        subprocess.run(
            command, cwd=folder, env={**os.environ, "CODEGRAPH_RELEASE": "1"}, check=True, capture_output=True
        )
    if (NATIVE / "pyproject.toml").exists() and shutil.which("cargo"):
        command = [sys.executable, "-m", "maturin", "build", "--release", "--out", str(wheels), "--quiet"]
        subprocess.run(command, cwd=NATIVE, check=True, capture_output=True)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The folder of a fresh virtual environment with the built wheels and their dependencies."""
    folder = tmp_path_factory.mktemp("fresh")
    build(folder / "wheels")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    pip = [str(folder / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *map(str, sorted((folder / "wheels").glob("*.whl")))], check=True)
    return folder / "venv"


@pytest.fixture(scope="module")
def codegraph(environment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("repo")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CODEGRAPH_"))}

    def run(*words):
        command = [str(environment / "bin/codegraph"), *words, "--json"]
        done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    run("index", ".")
    return run


@pytest.mark.slow
def test_the_wheels_have_no_top_level_names_but_ours(environment):
    packages = next(environment.glob("lib/python*/site-packages"))
    ours = {path.name for path in packages.glob("codegraph*") if path.suffix != ".dist-info"}
    assert ours >= {"codegraph", "codegraph_analyzers", "codegraph_hookspecs", "codegraph_lua", "codegraph_plugins"}
    assert not {"plugins", "tests", "docs", "contrib"} & {path.name for path in packages.iterdir()}


@pytest.mark.slow
def test_the_plugin_from_outside_is_discovered(codegraph):
    records = {record["name"]: record for record in codegraph("plugins", "list")["plugins"]}
    assert records["lua"]["state"] == "enabled"
    assert records["lua"]["distribution"].startswith("codegraph-lua")
    assert [name for name, record in records.items() if record["state"] != "enabled"] == []


@pytest.mark.slow
def test_its_rows_stand_beside_those_of_the_built_in_languages(codegraph):
    edges = codegraph("query", "edges", "--where", "kind=calls")["rows"]
    assert {(edge["source_id"], edge["target_id"]) for edge in edges if "@external" not in edge["target_id"]} == {
        ("geo.shape:area@lua", "geo.point:scale@lua"),
        ("shop.basket:total@py", "shop.prices:net@py"),
    }
    metrics = codegraph("query", "metrics", "--where", "name=documented_functions")["rows"]
    assert {row["node_id"]: row["value"] for row in metrics} == {"geo.point@lua": 0.0, "geo.shape@lua": 1.0}
    findings = codegraph("query", "findings", "--where", "analyzer=lua-global-names")["rows"]
    assert [row["node_id"] for row in findings] == ["geo.shape:area@lua"]


@pytest.mark.slow
def test_the_conformance_kit_runs_where_only_the_plugin_and_a_parser_are_installed(environment, tmp_path):
    subprocess.run(
        [str(environment / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "pytest", "hypothesis"],
        check=True,
    )
    # Copied, because pytest looks for its settings above every path that it is given.
    shutil.copytree(ROOT / "contrib/codegraph-lua/tests/samples", tmp_path / "samples")
    command = [str(environment / "bin/python"), "-m", "pytest", "--codegraph-plugin", "lua"]
    done = subprocess.run(
        [*command, "--codegraph-samples", "samples"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    engines = len(list(environment.glob("lib/python*/site-packages/codegraph_parser_rust")))
    assert ("7 passed" if engines else "6 passed, 1 skipped") in done.stdout


@pytest.mark.slow
def test_a_new_language_pack_installs_is_indexed_and_passes_its_checks_at_once(environment, tmp_path):
    # Lua's pack would claim the same files, so the new one reads another extension.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CODEGRAPH_"))}

    def run(*words):
        done = subprocess.run(
            [str(environment / "bin" / words[0]), *words[1:]],
            cwd=tmp_path, env=clean, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pip = ("pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "tree-sitter-ruby", "pytest", "hypothesis", "hatchling")
    run("codegraph", "plugins", "new", "language", "ruby")
    run(*pip, "--no-build-isolation", "--editable", "codegraph-ruby")
    records = {
        record["name"]: record for record in json.loads(run("codegraph", "plugins", "list", "--json"))["plugins"]
    }
    assert records["language-ruby"]["state"] == "enabled"
    told = json.loads(run("codegraph", "plugins", "check", "--path", "codegraph-ruby", "--json"))
    assert {each["check"] for each in told["plugins"][0]["checks"] if each["status"] == "passed"} >= {
        "language[ruby]", "rows[ruby]", "damage[ruby]", "edges[ruby]",
    }  # fmt: skip
    run("python", "-m", "pytest", "-q", "codegraph-ruby")
    summary = json.loads(run("codegraph", "index", "codegraph-ruby/tests/samples", "--json"))
    assert summary["nodes"]["by_kind"]["function"] == 2
    assert summary["edges"]["by_kind"]["calls"] == 1

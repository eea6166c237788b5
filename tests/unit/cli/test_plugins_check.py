"""`codegraph plugins check`: what is checked, told and exited with."""

import json
import sys
from pathlib import Path

import pytest

from codegraph._internal.pack_kit import checking
from codegraph.cli import main

LUA = Path(__file__).parents[3] / "contrib/codegraph-lua"
PROJECT = '[project]\nname = "p"\nversion = "1"\n\n[project.entry-points.codegraph]\nmine = "my_language:plugin"\n'
MODULE = """
from attrs import evolve
from codegraph_hookspecs import KindRule, PluginInfo, hookimpl
from codegraph_plugins.languages.python import PACK


class plugin:
    @hookimpl
    def codegraph_plugin_info(self):
        return PluginInfo(name="mine", version="1.0.0")

    @hookimpl
    def codegraph_languages(self):
        return [evolve(PACK, name="snake", extensions=(".snake",), kinds={**PACK.kinds, **KINDS})]
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Write a project whose kind table has some more rules; return its folder."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(kinds="{}"):
        (tmp_path / "pyproject.toml").write_text(PROJECT)
        (tmp_path / "src").mkdir()
        (tmp_path / "src/my_language.py").write_text(f"{MODULE}\n\nKINDS = {kinds}\n")
        (tmp_path / "tests/samples").mkdir(parents=True)
        (tmp_path / "tests/samples/a.snake").write_text("def f():\n    return g()\n\n\ndef g():\n    return 1\n")
        return tmp_path

    yield write
    sys.modules.pop("my_language", None)


def run(capsys, *words):
    status = main(["plugins", "check", *map(str, words), "--json"])
    return status, json.loads(capsys.readouterr().out)


def statuses(told):
    return {each["check"]: each["status"] for plugin in told["plugins"] for each in plugin["checks"]}


def test_a_project_is_checked_without_being_installed(capsys, project):
    status, told = run(capsys, "--path", project())
    assert (status, told["passed"]) == (0, True)
    assert [each["plugin"] for each in told["plugins"]] == ["my_language:plugin"]
    found = statuses(told)
    assert found.pop("edges[snake]") == "skipped"
    assert found.pop("engines[snake]") in {"passed", "skipped"}
    assert found == dict.fromkeys(("hooks", "language[snake]", "rows[snake]", "damage[snake]"), "passed")


def test_a_table_that_names_an_unknown_kind_fails_with_its_code(capsys, project):
    status, told = run(capsys, "--path", project('{"no_such_kind": KindRule(complexity=1)}'))
    assert status == 1
    (failed,) = [each for each in told["plugins"][0]["checks"] if each["status"] == "failed"]
    assert (failed["check"], failed["code"]) == ("language[snake]", "kind-unknown")
    assert "no_such_kind" in failed["message"]


def test_a_baseline_is_written_and_then_held_against_the_pack(capsys, project):
    folder = project()
    status, told = run(capsys, "--path", folder, "--write-baseline")
    assert status == 0
    assert statuses(told)["edges[snake]"] == "passed"
    baseline = folder / "tests/resolved_edges.json"
    given = json.loads(baseline.read_text())
    assert ["calls", "a:f@snake", "a:g@snake"] in given["edges"]
    given["edges"].append(["calls", "a:g@snake", "a:f@snake"])
    baseline.write_text(json.dumps(given))
    status, told = run(capsys, "--path", folder)
    assert status == 1
    assert statuses(told)["edges[snake]"] == "failed"


def test_what_each_check_said_is_printed_for_people(capsys, project):
    assert main(["plugins", "check", "--path", str(project())]) == 0
    printed = capsys.readouterr().out
    assert "  passed   rows[snake]\n" in printed
    assert "  skipped  edges[snake]: there is no baseline" in printed


def test_an_installed_plugin_is_checked_by_its_name(capsys):
    status, told = run(capsys, "language-python")
    assert status == 0
    assert statuses(told)["rows[python]"] == "skipped"
    status, told = run(capsys, "no-such-plugin")
    assert (status, told["plugins"][0]["checks"][0]["code"]) == (1, "plugin-missing")


@pytest.mark.parametrize("text", [None, "", "[project]\nname = 'p'\n", "[project.entry-points.codegraph]\n", "= x"])
def test_a_folder_that_is_no_project_is_an_error_with_a_remedy(capsys, tmp_path, text):
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text)
    status, told = run(capsys, "--path", tmp_path)
    assert (status, told["error"]["code"], told["error"]["category"]) == (3, "plugin-project-invalid", "permanent")
    assert "project.entry-points.codegraph" in told["error"]["context"]["remedy"]


@pytest.mark.parametrize("words", [[], ["other", "--path", str(LUA)], ["language-python", "--write-baseline"]])
def test_a_wrong_command_line_exits_2(capsys, words):
    status, told = run(capsys, *words)
    assert (status, told["error"]["code"]) == (2, "usage")


def test_a_kit_that_is_not_installed_is_told_with_the_remedy(capsys, monkeypatch):
    monkeypatch.setattr(checking, "find_spec", lambda name: None)
    status, told = run(capsys, "language-python")
    assert (status, told["error"]["code"]) == (3, "dependency-missing")
    assert "codegraph-hookspecs[testing]" in told["error"]["context"]["remedy"]

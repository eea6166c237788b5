"""The kit's checks of whole plugins, and `pytest --codegraph-plugin`."""

import os
import subprocess
import sys
from itertools import count

import pytest
from attrs import frozen

from codegraph_hookspecs import PluginInfo, hookimpl
from codegraph_hookspecs.testing import ConformanceError, check_plugin, installed_parsers, load_plugin
from codegraph_plugins.languages.python import PACK
from codegraph_plugins.languages.python import plugin as python


def plugin(**hooks):
    """Return a plugin whose hooks give these values, or raise them."""

    def method(name, value):
        def call(self):
            if isinstance(value, Exception):
                raise value
            return value() if callable(value) else value

        return hookimpl(call, specname=name)

    return type("Given", (), {name: method(name, value) for name, value in hooks.items()})()


def code_of(subject):
    with pytest.raises(ConformanceError) as caught:
        check_plugin(subject)
    return caught.value.code


def test_a_good_plugin_passes_and_its_contributions_come_back():
    given = check_plugin(python)
    assert given["codegraph_languages"] == (PACK,)
    assert given["codegraph_plugin_info"][0].name == "language-python"
    assert check_plugin(type(python)) == given


@frozen
class Needs:
    value: int


class Unmarked:
    def codegraph_languages(self):
        return []


class Unknown:
    @hookimpl
    def codegraph_langauges(self):
        return []


class Extra:
    @hookimpl
    def codegraph_languages(self, everything):
        return []


NAMES = count()


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (Unmarked(), "plugin-unmarked"),
        (Unknown(), "plugin-hook"),
        (Extra(), "plugin-hook"),
        (object(), "plugin-hook"),
        (plugin(codegraph_plugin_info="me"), "plugin-info"),
        (plugin(codegraph_plugin_info=PluginInfo(name="", version="1")), "plugin-info"),
        (plugin(codegraph_plugin_info=PluginInfo(name="n", version="1", config=Needs)), "plugin-config"),
        (plugin(codegraph_languages=RuntimeError("boom")), "plugin-raised"),
        (plugin(codegraph_languages=["python"]), "plugin-result"),
        (plugin(codegraph_languages=[PACK, PACK]), "plugin-names"),
        (plugin(codegraph_parsers=[type("P", (), {"name": "", "priority": 1, "version": "1",
                                                  "supports": print, "open": print})()]), "plugin-names"),
        (plugin(codegraph_languages=lambda: [PACK] * (next(NAMES) % 2)), "plugin-unstable"),
    ],
)  # fmt: skip
def test_a_wrong_plugin_is_found(subject, code):
    assert code_of(subject) == code


def test_plugins_are_loaded_by_entry_point_or_path():
    assert load_plugin("language-python") is python
    assert load_plugin("codegraph_plugins.languages.python:plugin") is python
    for name, code in (("no-such-plugin", "plugin-missing"), ("no_such_module:plugin", "plugin-import")):
        with pytest.raises(ConformanceError) as caught:
            load_plugin(name)
        assert caught.value.code == code


def test_installed_parsers_come_highest_priority_first():
    parsers = installed_parsers()
    assert "python" in {parser.name for parser in parsers}
    assert [parser.priority for parser in parsers] == sorted((parser.priority for parser in parsers), reverse=True)


MODULE = """
from attrs import evolve
from codegraph_hookspecs import TABLES, Analyzer, Sink, Stage, hookimpl
from codegraph_plugins.languages.python import PACK


class Silent(Stage):
    name = "silent"
    layer = "L2"

    def run(self, context):
        return []


class Dependent(Silent):
    name = "dependent"
    inputs = ("ir", "types")


class Wrong(Analyzer):
    name = "wrong"

    def analyze(self, document):
        yield {"type": "t"}


class plugin:
    @hookimpl
    def codegraph_languages(self):
        return [evolve(PACK, name="snake", extensions=(".snake",))]

    @hookimpl
    def codegraph_stages(self):
        return [Silent(), Dependent()]

    @hookimpl
    def codegraph_analyzers(self):
        return [Wrong()]
"""


def run_pytest(folder, *arguments):
    command = [sys.executable, "-m", "pytest", "-v", "-rs", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_pytest_runs_one_test_for_each_contribution(tmp_path):
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples/a.snake").write_text("def f():\n    return 1\n")
    status, output = run_pytest(tmp_path, "--codegraph-plugin", "mine:plugin", "--codegraph-samples", "samples")
    assert status == 1
    for line in (
        "mine:plugin::hooks PASSED",
        "mine:plugin::language[snake] PASSED",
        "mine:plugin::rows[snake] PASSED",
        "mine:plugin::engines[snake] ",
        "mine:plugin::damage[snake] PASSED",
        "mine:plugin::stage[silent] PASSED",
    ):
        assert line in output
    assert "mine:plugin::stage[dependent] SKIPPED" in output
    assert "mine:plugin::analyzer[wrong] FAILED" in output
    assert "[finding-text] wrong: a finding has no text under 'message'" in output
    assert "mine:plugin::edges" not in output


def test_pytest_tells_what_a_plugin_that_cannot_be_loaded_lacks(tmp_path):
    status, output = run_pytest(tmp_path, "--codegraph-plugin", "nothing")
    assert status == 1
    assert "[plugin-missing] no entry point of group 'codegraph' is named 'nothing'" in output


def test_pytest_holds_a_pack_against_its_baseline(tmp_path):
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples/a.snake").write_text("def f():\n    return 1\n")
    (tmp_path / "edges.json").write_text(
        '{"version": "1", "samples": {}, "edges": [["calls", "a:f@snake", "a:g@snake"]]}'
    )
    words = (
        "--codegraph-plugin",
        "mine:plugin",
        "--codegraph-samples",
        "samples",
        "--codegraph-baseline",
        "edges.json",
    )
    status, output = run_pytest(tmp_path, *words, "-k", "edges")
    assert status == 1
    assert "[edges-lost] snake: version 0 loses 1 edges that 1 resolved: calls a:f@snake -> a:g@snake" in output

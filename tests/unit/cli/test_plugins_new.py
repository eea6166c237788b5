"""`codegraph plugins new language`: what is written, what is refused, and that the result passes its own checks."""

import ast
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from codegraph.cli import main
from codegraph_hookspecs.testing import ResolvedEdges
from codegraph_hookspecs.testing.literate import read_cases


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *words):
    status = main(["plugins", "new", "language", *map(str, words), "--json"])
    return status, json.loads(capsys.readouterr().out)


def refused(capsys, here, *words):
    before = sorted(here.rglob("*"))
    status, told = run(capsys, *words)
    assert status == 3
    assert sorted(here.rglob("*")) == before
    assert told["error"]["category"] == "permanent"
    assert told["error"]["context"]["remedy"]
    return told["error"]["code"]


def test_a_pack_is_written_with_all_that_it_needs(here, capsys):
    status, told = run(capsys, "lua")
    assert status == 0
    assert told["functions"] == ["scale", "area"]
    folder = here / "codegraph-lua"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        ".github/workflows/ci.yml", ".gitignore", "README.md", "pyproject.toml", "src/codegraph_lua/__init__.py",
        "src/codegraph_lua/language.py", "src/codegraph_lua/py.typed", "tests/resolved_edges.json",
        "tests/samples/shape.lua", "tests/spec/first_steps.md", "tests/test_lua.py",
    }  # fmt: skip
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["codegraph"] == {"language-lua": "codegraph_lua:plugin"}
    assert [one.split(">")[0] for one in project["dependencies"]] == ["codegraph-hookspecs", "tree-sitter-lua"]
    edges = ResolvedEdges.from_json((folder / "tests/resolved_edges.json").read_text(), "it")
    assert [str(edge) for edge in edges.edges] == ["calls shape:area@lua -> shape:scale@lua"]
    (case,) = read_cases(folder / "tests/spec/first_steps.md")
    assert "function shape.scale" in [one.text for one in case.assertions]


def test_every_guessed_rule_is_marked_for_review_and_nothing_is_left_to_fill_in(here, capsys):
    run(capsys, "lua")
    folder = here / "codegraph-lua"
    text = (folder / "src/codegraph_lua/language.py").read_text()
    table = next(node for node in ast.parse(text).body if isinstance(node, ast.AnnAssign) and node.target.id == "KINDS")
    lines = text.splitlines()
    for key in table.value.keys:
        assert lines[key.lineno - 2].strip().startswith("# review: "), key.value
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_text()
            assert "$" + "{" not in content.replace("${{ matrix.python }}", "")
            assert not {"TODO", "pass", "..."} & set(content.split())


def test_what_is_written_passes_its_own_tests_and_the_kit(here, capsys):
    run(capsys, "lua", "--out", "mine", "--extension", ".moon")
    plain = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    for words in (["-m", "pytest", "-q", "-p", "no:cacheprovider", "mine"],
                  ["-m", "codegraph.cli", "plugins", "check", "--path", "mine"]):  # fmt: skip
        done = subprocess.run(
            [sys.executable, *words], cwd=here, env=plain, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "passed" in done.stdout


def test_samples_of_the_author_are_taken_instead(here, capsys):
    sample = here / "geometry.lua"
    sample.write_text("local function volume(a)\n  return a\nend\n\nfunction edge(b)\n  return volume(b)\nend\n")
    status, told = run(capsys, "lua", "--sample", sample)
    assert (status, told["functions"], told["samples"]) == (0, ["volume", "edge"], ["tests/samples/geometry.lua"])


def test_people_are_told_what_comes_next(here, capsys):
    assert main(["plugins", "new", "language", "lua"]) == 0
    printed = capsys.readouterr().out
    assert "found in tests/samples/shape.lua: scale, area" in printed
    assert "  codegraph plugins check --path codegraph-lua\n" in printed


@pytest.mark.parametrize("name", ["Lua", "1a", "a_b", "a--b", "../a", "class", "", "a b"])
def test_a_name_that_cannot_name_a_package_is_refused(here, capsys, name):
    assert refused(capsys, here, name) == "pack-name-invalid"


def test_what_is_there_already_is_not_touched(here, capsys):
    (here / "codegraph-lua").mkdir()
    assert refused(capsys, here, "lua") == "pack-target-exists"


def test_a_grammar_that_is_not_installed_is_refused(here, capsys):
    assert refused(capsys, here, "klingon") == "grammar-missing"
    assert refused(capsys, here, "lua", "--grammar", "tree-sitter-klingon") == "grammar-missing"
    assert refused(capsys, here, "lua", "--function", "tongue") == "grammar-missing"


def test_a_language_whose_files_nobody_knows_is_refused(here, capsys):
    assert refused(capsys, here, "klingon", "--grammar", "tree-sitter-lua") == "pack-extension-unknown"


def test_a_sample_that_the_grammar_cannot_read_is_refused(here, capsys):
    (here / "bad.lua").write_text("function (((\n")
    assert refused(capsys, here, "lua", "--sample", "bad.lua") == "pack-sample-invalid"
    assert refused(capsys, here, "lua", "--sample", "gone.lua") == "pack-sample-invalid"


def test_without_any_text_that_suits_a_sample_is_asked_for(here, capsys, monkeypatch):
    monkeypatch.setattr("codegraph._internal.pack_kit.scaffold.probes", lambda: [b"local x = 1\n", b"class {"])
    assert refused(capsys, here, "lua") == "pack-sample-missing"


def test_the_template_of_the_version_is_the_one_of_the_baseline():
    from codegraph._internal.pack_kit import scaffold

    folder = Path(scaffold.__file__).parent / "templates"
    for name in ("pyproject.toml.tmpl", "init.py.tmpl"):
        assert f'"{scaffold.VERSION}"' in (folder / name).read_text()

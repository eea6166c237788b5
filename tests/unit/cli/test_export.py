"""`codegraph export`, `definition`, `references` and `index --with`, as a user calls them."""

from __future__ import annotations

import json

import pytest

from codegraph.cli.app import run

FILES = {"lib.py": "def helper(n):\n    return n\n", "app.py": "from lib import helper\n\nhelper(1)\n"}


@pytest.fixture
def root(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys, *words):
    code = run([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_an_export_says_what_it_wrote(root, capsys):
    code, facts = told(capsys, "export", "scip")
    assert code == 0
    assert (facts["sink"], facts["files"], facts["indexed"]) == ("scip", ["index.scip"], True)
    assert facts["bytes"] == (root / "index.scip").stat().st_size > 0
    assert run(["export", "scip", ".", "-o", "out/x.scip", "--quiet"]) == 0
    assert (root / "out" / "x.scip").read_bytes() == (root / "index.scip").read_bytes()
    assert run(["export", "scip", "-o", "named.scip", "--package", "app", "--package-version", "1"]) == 0
    assert b"pip app 1 lib/helper()." in (root / "named.scip").read_bytes()


def test_an_export_to_what_no_plugin_writes_fails(root, capsys):
    code, facts = told(capsys, "export", "nothing")
    assert (code, facts["error"]["code"]) == (3, "sink-unknown")


def test_an_optional_layer_is_asked_for_by_name(root, capsys):
    code, facts = told(capsys, "index", ".", "--with", "occurrences")
    assert code == 0
    assert "occurrences" in facts["seconds"]["stages"]
    code, facts = told(capsys, "index", ".")
    assert facts["changed"]
    assert "occurrences" not in facts["seconds"]["stages"]
    code, facts = told(capsys, "index", ".", "--with", "nothing")
    assert (code, facts["error"]["code"]) == (3, "not-installed")


def test_a_place_leads_to_definition_and_references(root, capsys):
    told(capsys, "index", ".", "--with", "occurrences")
    code, facts = told(capsys, "definition", "app.py:3:2")
    assert code == 0
    assert [(one["file_path"], one["span"]["start_line"]) for one in facts["occurrences"]] == [("lib.py", 1)]
    for wanted in ("app.py:3:0", "lib.helper", str(root / "lib.py") + ":1:4"):
        code, facts = told(capsys, "references", wanted)
        places = [(one["file_path"], one["span"]["start_line"], one["role"]) for one in facts["occurrences"]]
        assert (code, places) == (
            0,
            [("app.py", 1, "import"), ("app.py", 3, "reference"), ("lib.py", 1, "definition")],
        )
    assert run(["definition", "app.py:2:0"]) == 1
    assert "Nothing is known" in capsys.readouterr().out
    assert run(["definition", "app.py:3:0"]) == 0
    assert "lib.py:1:4" in capsys.readouterr().out
    assert run(["definition", "app.py"]) == 2
    assert run(["definition", "gone.py:1:1"]) == 2


def test_a_place_of_a_snapshot_without_occurrences_says_what_to_do(root, capsys):
    told(capsys, "index", ".")
    code, facts = told(capsys, "definition", "app.py:3:0")
    assert (code, facts["error"]["code"]) == (3, "layer-missing")
    assert "--with occurrences" in facts["error"]["context"]["remedy"]


def test_a_repository_s_own_file_asks_for_nothing_unless_it_is_trusted(root, capsys, monkeypatch):
    (root / "codegraph.toml").write_text("[plugins.occurrences]\n")
    _, facts = told(capsys, "index", ".")
    assert "occurrences" not in facts["seconds"]["stages"]
    monkeypatch.setenv("CODEGRAPH_REPOSITORY_CONFIG", "trust")
    _, facts = told(capsys, "index", ".")
    assert "occurrences" in facts["seconds"]["stages"]

import json

from codegraph_analyzers.import_cycle import plugin


def properties(finding):
    return json.loads(finding.properties)


def test_modules_that_import_each_other_are_one_finding_with_a_shortest_cycle(find):
    (finding,) = find(
        {
            "a.py": "import b\n",
            "b.py": "from c import x\n",
            "c.py": "import d\nx = 1\n",
            "d.py": "import a\nimport b\n",
            "outside.py": "import a\n",
        },
        plugin,
    )
    assert finding.message == "4 modules import each other: a.py → b.py → c.py → d.py → a.py."
    assert finding.node_id == "a@py"
    assert finding.file_path == "a.py"
    assert properties(finding) == {
        "files": ["a.py", "b.py", "c.py", "d.py"],
        "cycle": ["a.py", "b.py", "c.py", "d.py"],
    }


def test_the_cycle_shown_is_the_shortest_one(find):
    (finding,) = find(
        {"a.py": "import b, d\n", "b.py": "import c\n", "c.py": "import a\n", "d.py": "import a\n"}, plugin
    )
    assert properties(finding)["cycle"] == ["a.py", "d.py"]


def test_separate_cycles_are_separate_findings(find):
    found = find({"a.py": "import b\n", "b.py": "import a\n", "x.py": "import y\n", "y.py": "import x\n"}, plugin)
    assert [properties(finding)["files"] for finding in found] == [["a.py", "b.py"], ["x.py", "y.py"]]


def test_imports_that_run_later_or_never_make_no_cycle(find):
    files = {
        "a.py": "import b\n",
        "b.py": "def f():\n    import a\n",
        "x.ts": "import {Y} from './y';\nexport class X extends Y {}\n",
        "y.ts": "import type {X} from './x';\nexport class Y {}\n",
    }
    assert find(files, plugin) == []


def test_imports_without_a_cycle_and_of_oneself_are_fine(find):
    assert find({"a.py": "import b\nimport a\n", "b.py": "import os\n"}, plugin) == []

from codegraph_analyzers.unresolved_import import plugin


def test_relative_imports_that_hit_nothing_are_reported_with_their_place(find):
    found = find(
        {
            "pkg/__init__.py": "",
            "pkg/a.py": "from .gone import x\nfrom ..far.away import y\nfrom .b import z\nimport missing\n",
            "pkg/b.py": "z = 1\n",
            "web/a.ts": "import {q} from './gone';\nimport r from './b';\n",
            "web/b.ts": "export default 1;\n",
        },
        plugin,
    )
    places = [(finding.file_path, finding.message, finding.span.start_line) for finding in found]
    assert sorted(places) == [
        ("pkg/a.py", "The import of '..far.away' hits nothing.", 2),
        ("pkg/a.py", "The import of '.gone' hits nothing.", 1),
        ("web/a.ts", "The import of './gone' hits nothing.", 1),
    ]
    assert all(finding.node_id for finding in found)


def test_what_lies_there_in_a_form_that_is_not_indexed_is_not_reported(find):
    files = {
        "pkg/__init__.py": "",
        "pkg/a.py": "from .fast import f\nfrom ._version import version\n",
        "pkg/fast.cpython-311-x86_64-linux-gnu.so": b"\x7fELF",
        "pkg/_version.py": "version = '1'\n",
        ".gitignore": "_version.py\n",
        "web/a.js": "import './style.css';\nimport data from './data.json';\n",
        "web/style.css": "a {}\n",
        "web/data.json": "{}\n",
    }
    assert find(files, plugin) == []


def test_the_requires_of_a_bundles_modules_are_no_imports(find):
    bundle = 'const b = {1: [function (require, module) { const a = require("./gone"); require("./too"); }]};\n'
    assert find({"bundle.js": bundle, "lazy.js": "function f() { return require('./bundle'); }\n"}, plugin) == []
    (finding,) = find({"lazy.js": "function f() { return require('./gone'); }\n"}, plugin, mode="full")
    assert finding.file_path == "lazy.js"

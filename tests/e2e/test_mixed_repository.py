"""One repository in seven languages and six package formats is one graph."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codegraph import CodeGraph, Graph
from tests.graph_rows import graph_rows
from tests.invariants import check_graph

FILES = {
    "pyproject.toml": '[project]\nname = "tools"\nversion = "1.0"\ndependencies = ["attrs>=24"]\n',
    "tools/__init__.py": "import attrs\n",
    "setup.py": "from setuptools import setup\nsetup()\n",
    "web/package.json": '{"private": true, "workspaces": ["packages/*"], "devDependencies": {"typescript": "^5"}}',
    "web/packages/core/package.json": '{"name": "@shop/core", "version": "1.0.0", "main": "index.js"}',
    "web/packages/core/index.js": (
        "export function price(n) { return n; }\nexport class Cart { total() { return 1; } }\n"
    ),
    "web/packages/ui/package.json": (
        '{"name": "@shop/ui", "version": "1.0.0", "dependencies": {"@shop/core": "workspace:^", "react": "^18"}}'
    ),
    "web/packages/ui/view.ts": (
        'import { price, Cart } from "@shop/core";\nimport { helper } from "./helper.js";\n'
        "export class Basket extends Cart {}\nexport function show() { return helper(price(1)); }\n"
    ),
    "web/packages/ui/helper.js": 'import { show } from "./view";\nexport function helper(x) { return x ? show : x; }\n',
    "native/Cargo.toml": '[workspace]\nmembers = ["engine", "cli"]\n',
    "native/engine/Cargo.toml": '[package]\nname = "engine"\nversion = "0.1.0"\n[dependencies]\nserde = "1"\n',
    "native/engine/src/lib.rs": "pub fn run() {}\n",
    "native/cli/Cargo.toml": '[package]\nname = "cli"\n[dependencies]\nengine = { path = "../engine" }\n',
    "native/cli/src/main.rs": "fn main() { engine::run(); }\n",
    "server/go.mod": "module shop.example/server\n\nrequire golang.org/x/net v0.7.0\n",
    "server/main.go": 'package main\n\nimport "shop.example/server/db"\n\nfunc main() { db.Open() }\n',
    "server/db/db.go": "package db\n\nfunc Open() {}\n",
    "app/settings.gradle.kts": 'rootProject.name = "app"\ninclude(":model", ":ui")\n',
    "app/model/build.gradle.kts": 'dependencies {\n    api("com.google.guava:guava:31.1-jre")\n}\n',
    "app/model/src/main/java/shop/Price.java": (
        "package shop;\n\npublic class Price {\n    public static int of(int n) { return n; }\n"
        "    public int net() { return 1; }\n    public String note() { return LabelsKt.label(2); }\n}\n"
    ),
    "app/ui/build.gradle": "dependencies {\n    implementation project(':model')\n}\n",
    "app/ui/src/main/kotlin/shop/Labels.kt": (
        'package shop\n\nfun label(n: Int): String = "n" + Price.of(n)\n\n'
        "class Gross(val rate: Int) : Price() {\n    fun total(p: Price): Int = p.net()\n}\n"
    ),
    "legacy/pom.xml": (
        "<project><groupId>shop</groupId><artifactId>legacy</artifactId><version>2</version>\n"
        "<dependencies><dependency><groupId>junit</groupId><artifactId>junit</artifactId><scope>test</scope></dependency>\n"
        "</dependencies></project>\n"
    ),
    "legacy/src/main/java/old/Old.java": "package old;\n\nclass Old {}\n",
}


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    root = tmp_path_factory.mktemp("mixed")
    write(root, FILES)
    return CodeGraph().index(root, mode="full").execute()


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def edges(graph: Graph, *kinds: str) -> set[tuple[str, str, str]]:
    found = graph.query().edges().filter(kind__in=list(kinds)).execute()
    return {(edge.kind, edge.source_id, edge.target_id) for edge in found}


def test_packages_of_every_format_depend_on_each_other(indexed: Graph) -> None:
    named = {
        (source.partition("@")[0] if not source.startswith("pkg:npm/@") else source.rpartition("@")[0], target)
        for _, source, target in edges(indexed, "depends_on")
    }
    assert named == {
        ("pkg:pypi/tools", "pkg:pypi/attrs@external"),
        ("pkg:npm/web", "pkg:npm/typescript@external"),
        ("pkg:npm/@shop/ui", "pkg:npm/@shop/core@web/packages/core/package.json"),
        ("pkg:npm/@shop/ui", "pkg:npm/react@external"),
        ("pkg:cargo/engine", "pkg:cargo/serde@external"),
        ("pkg:cargo/cli", "pkg:cargo/engine@native/engine/Cargo.toml"),
        ("pkg:golang/shop.example/server", "pkg:golang/golang.org/x/net@external"),
        ("pkg:gradle/model", "pkg:maven/com.google.guava:guava@external"),
        ("pkg:gradle/ui", "pkg:gradle/model@app/model/build.gradle.kts"),
        ("pkg:maven/shop:legacy", "pkg:maven/junit:junit@external"),
    }
    assert indexed.query().edges().filter(kind="depends_on").execute()[0].resolver == "manifest"


def test_a_file_belongs_to_the_nearest_package_above(indexed: Graph) -> None:
    contains = {(source, target) for _, source, target in edges(indexed, "contains")}

    def owners(node: str, ecosystem: str) -> list[str]:
        """Return the first packages of an ecosystem on the way up."""
        level = {node}
        while level:
            level = {source for source, target in contains if target in level}
            found = sorted(one for one in level if one.startswith(f"pkg:{ecosystem}/"))
            if found:
                return found
        return []

    assert owners("web.packages.ui.view@ts", "npm") == ["pkg:npm/@shop/ui@web/packages/ui/package.json"]
    assert owners("native.cli.src@main.rs", "cargo") == ["pkg:cargo/cli@native/cli/Cargo.toml"]
    assert owners("server.db@db.go", "golang") == ["pkg:golang/shop.example/server@server/go.mod"]
    assert owners("setup@py", "pypi") == ["pkg:pypi/tools@pyproject.toml"]
    assert owners("tools@__init__.py", "pypi") == ["pkg:pypi/tools@pyproject.toml"]


def test_languages_refer_to_each_other_where_it_is_certain(indexed: Graph) -> None:
    calls = {(source.rpartition("@")[0], target.rpartition("@")[0]) for _, source, target in edges(indexed, "calls")}
    ui, core = "web.packages.ui", "web.packages.core"
    assert (f"{ui}.view:show", f"{core}:price") in calls  # TypeScript calls JavaScript of another package
    assert (f"{ui}.view:show", f"{ui}.helper:helper") in calls  # TypeScript calls JavaScript beside it
    types = {
        (kind, source.rpartition("@")[0], target.rpartition("@")[0])
        for kind, source, target in edges(indexed, "inherits", "references", "imports")
    }
    assert ("inherits", f"{ui}.view:Basket", f"{core}:Cart") in types
    assert ("references", f"{ui}.helper:helper", f"{ui}.view:show") in types  # JavaScript names TypeScript
    java, kotlin = "app.model.src.main.java.shop", "app.ui.src.main.kotlin.shop"
    named = {(source.rpartition(":")[2], target.rpartition(":")[2]) for source, target in calls}
    assert {("label", "Price.of"), ("Gross.total", "Price.net"), ("Price.note", "label")} <= named, (java, kotlin)
    assert any(source.endswith("Gross") and target.endswith("Price") for kind, source, target in types)


def test_every_invariant_holds(tmp_path: Path) -> None:
    write(tmp_path / "repo", FILES)
    result = CodeGraph().index(tmp_path / "repo", mode="full", cache_dir=tmp_path / "cache").execute()
    check_graph(tmp_path / "repo", tmp_path / "cache", dict(result.summary))


def test_a_package_is_shown_with_its_manifest(indexed: Graph) -> None:
    (found,) = indexed.find_symbol("@shop/ui")
    (view,) = indexed.show(found)
    assert view.source == FILES["web/packages/ui/package.json"]
    assert json.loads(found.metadata or "") == {"ecosystem": "npm", "version": "1.0.0"}


def test_a_damaged_manifest_is_told_and_the_rest_stands(tmp_path: Path) -> None:
    write(tmp_path, FILES | {"legacy/pom.xml": "<project>"})
    graph = CodeGraph().index(tmp_path, mode="full").execute()
    told = [(row.file_path, row.code) for row in graph.query().diagnostics().execute() if row.stage == "packages"]
    assert told == [("legacy/pom.xml", "manifest-ignored")]
    assert len(edges(graph, "depends_on")) == 9
    write(tmp_path, {"legacy/pom.xml": FILES["legacy/pom.xml"]})
    mended = CodeGraph().index(tmp_path).execute()
    assert mended.changed
    assert len(edges(mended, "depends_on")) == 10


def test_a_session_gives_what_a_fresh_index_gives(tmp_path: Path) -> None:
    write(tmp_path / "a", FILES)
    change = {
        "server/go.mod": "module shop.example/server\n\nrequire example.org/new v1.0.0\n",
        "tools/sub/pyproject.toml": '[project]\nname = "sub"\n',
    }
    graph = CodeGraph()
    graph.index(tmp_path / "a", mode="full").execute()
    with graph.session(repo=tmp_path / "a") as session:
        session.update_file("server/go.mod", change["server/go.mod"])
        session.add_file("tools/sub/pyproject.toml", change["tools/sub/pyproject.toml"])
        session.commit()
    write(tmp_path / "b", FILES | change)
    fresh = CodeGraph().index(tmp_path / "b", mode="full").execute()
    committed = CodeGraph().open(tmp_path / "a")
    ours, theirs = graph_rows(committed), graph_rows(fresh)
    for table in ("nodes", "edges", "diagnostics"):
        assert ours[table] == theirs[table], table

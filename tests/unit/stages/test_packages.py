"""Manifests of six ecosystems as package nodes and depends_on edges."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pytest

from codegraph_hookspecs import TABLES
from codegraph_plugins.stages.packages.gradle_script import arguments, head, statements
from codegraph_plugins.stages.packages.model import matching
from tests.unit.stages.linking import link
from tests.unit.stages.packaging import describe

# -- Python ----------------------------------------------------------------------------------------------


def test_a_pyproject_gives_what_a_distribution_requires_and_when() -> None:
    found = describe(
        {
            "pyproject.toml": """\
[build-system]
requires = ["hatchling>=1.26"]
[project]
name = "My_App"
version = "1.2"
description = "An app."
dependencies = [
    "Requests[socks] >=2,<3 ; python_version < '4'",
    "tool @ https://example.org/tool.whl",
]
[project.optional-dependencies]
fast = ["ujson"]
all = ["my-app[fast]"]
[dependency-groups]
dev = ["pytest>=8", {include-group = "lint"}]
"""
        }
    )
    assert found.depends() == [
        ("pkg:pypi/requests@external", "runtime", "<3,>=2"),
        ("pkg:pypi/tool@external", "runtime", "https://example.org/tool.whl"),
        ("pkg:pypi/ujson@external", "optional", ""),
        ("pkg:pypi/pytest@external", "dev", ">=8"),
        ("pkg:pypi/hatchling@external", "build", ">=1.26"),
    ]
    assert found.said("requests") == {
        "dependency": "runtime",
        "extras": ["socks"],
        "marker": 'python_version < "4"',
        "requirement": "<3,>=2",
    }
    assert (found.said("ujson")["extra"], found.said("pytest")["group"]) == ("fast", "dev")
    assert list(found.lines().values()) == [8, 9, 12, 15, 2]
    node = found.nodes["pkg:pypi/My_App@pyproject.toml"]
    assert (node["kind"], node["name"], node["signature"], node["docstring"]) == (
        "package",
        "My_App",
        "My_App 1.2",
        "An app.",
    )
    assert node["metadata"] == {"ecosystem": "pypi", "version": "1.2"}
    assert (node["file_path"], node["start_line"], node["end_line"], node["start_byte"]) == ("pyproject.toml", 1, 15, 0)
    outside = found.nodes["pkg:pypi/ujson@external"]
    assert (outside["kind"], outside["file_path"]) == ("external", None)


def test_poetry_names_versions_groups_and_folders() -> None:
    found = describe(
        {
            "a/pyproject.toml": """\
[tool.poetry]
name = "a"
version = "0.1"
[tool.poetry.dependencies]
python = "^3.9"
b = { path = "../b", develop = true }
flask = { version = "^2", optional = true, extras = ["async"] }
numpy = [{ version = "1", markers = "x" }, { version = "2" }]
[tool.poetry.group.test.dependencies]
pytest = "*"
[tool.poetry.dev-dependencies]
black = "^23"
""",
            "b/pyproject.toml": '[project]\nname = "b"\n',
        }
    )
    assert found.depends() == [
        ("pkg:pypi/b@b/pyproject.toml", "runtime", ""),
        ("pkg:pypi/flask@external", "optional", "^2"),
        ("pkg:pypi/numpy@external", "runtime", "1"),
        ("pkg:pypi/numpy@external", "runtime", "2"),
        ("pkg:pypi/black@external", "dev", "^23"),
        ("pkg:pypi/pytest@external", "dev", "*"),
    ]
    assert found.lines()["pkg:pypi/b@b/pyproject.toml"] == 6


def test_a_uv_workspace_has_members_that_depend_on_each_other() -> None:
    found = describe(
        {
            "pyproject.toml": """\
[project]
name = "root"
dependencies = ["Lib-A", "other", "near"]
[tool.uv.workspace]
members = ["libs/*"]
exclude = ["libs/b"]
[tool.uv.sources]
lib_a = { workspace = true }
other = { workspace = true }
near = { path = "libs/b" }
""",
            "libs/a/pyproject.toml": '[project]\nname = "lib.a"\n',
            "libs/b/pyproject.toml": '[project]\nname = "near"\n',
        }
    )
    assert [target for target, *_ in found.depends()] == [
        "pkg:pypi/lib.a@libs/a/pyproject.toml",
        "pkg:pypi/other@external",
        "pkg:pypi/near@libs/b/pyproject.toml",
    ]
    assert found.contains() == {("pkg:pypi/root@pyproject.toml", "pkg:pypi/lib.a@libs/a/pyproject.toml")}


def test_setup_cfg_is_read_where_pyproject_names_no_distribution() -> None:
    setup = """\
[metadata]
name = old
version = attr: old.__version__
description = Old style.
[options]
install_requires =
    six >= 1.0
    # a comment
    enum34; python_version < "3.4"
[options.extras_require]
docs = sphinx
"""
    found = describe({"setup.cfg": setup, "pyproject.toml": "[tool.black]\nline-length = 80\n"})
    assert found.depends() == [
        ("pkg:pypi/six@external", "runtime", ">=1.0"),
        ("pkg:pypi/enum34@external", "runtime", ""),
        ("pkg:pypi/sphinx@external", "optional", ""),
    ]
    assert found.nodes["pkg:pypi/old@setup.cfg"]["metadata"] == {"ecosystem": "pypi"}
    assert found.lines()["pkg:pypi/six@external"] == 7
    named = describe({"setup.cfg": setup, "pyproject.toml": '[project]\nname = "new"\n'})
    assert list(named.nodes) == ["pkg:pypi/new@pyproject.toml"]


# -- npm -------------------------------------------------------------------------------------------------


def test_a_package_json_gives_every_kind_of_dependency() -> None:
    found = describe(
        {
            "package.json": """\
{
  "name": "@x/app", "version": "1.0.0", "private": true,
  "dependencies": { "react": "^18", "old": "npm:@real/thing@^2", "gone": "1" },
  "devDependencies": { "typescript": "~5.4" },
  "peerDependencies": { "vue": "*" },
  "peerDependenciesMeta": { "vue": { "optional": true } },
  "optionalDependencies": { "gone": "1" }
}
"""
        }
    )
    assert found.depends() == [
        ("pkg:npm/react@external", "runtime", "^18"),
        ("pkg:npm/@real/thing@external", "runtime", "npm:@real/thing@^2"),
        ("pkg:npm/typescript@external", "dev", "~5.4"),
        ("pkg:npm/vue@external", "peer", "*"),
        ("pkg:npm/gone@external", "optional", "1"),
    ]
    assert found.said("@real/thing")["alias"] == "old"
    assert found.said("vue")["optional"] is True
    assert list(found.lines().values()) == [3, 3, 4, 5, 7]
    assert found.nodes["pkg:npm/@x/app@package.json"]["metadata"] == {
        "ecosystem": "npm",
        "private": True,
        "version": "1.0.0",
    }


def test_workspace_members_are_each_others_where_the_version_allows() -> None:
    found = describe(
        {
            "package.json": '{"workspaces": {"packages": ["packages/*", "!packages/out"]}}',
            "packages/a/package.json": """{"name": "a", "version": "2.1.0", "dependencies":
              {"b": "^1.0.0", "c": "workspace:^", "d": "1.x", "e": "file:../../e", "f": ">=1 <3", "git": "x/y#1"}}""",
            "packages/b/package.json": '{"name": "b", "version": "1.4.0"}',
            "packages/c/package.json": '{"name": "c"}',
            "packages/d/package.json": '{"name": "d", "version": "2.0.0"}',
            "packages/f/package.json": '{"name": "f", "version": "2.0.0"}',
            "packages/out/package.json": '{"name": "git"}',
            "e/package.json": '{"name": "e"}',
            "node_modules/a/package.json": '{"name": "a"}',
            "esm/package.json": '{"type": "module"}',
        }
    )
    assert [target for target, *_ in found.depends("npm/a@")] == [
        "pkg:npm/b@packages/b/package.json",
        "pkg:npm/c@packages/c/package.json",
        "pkg:npm/d@external",
        "pkg:npm/e@e/package.json",
        "pkg:npm/f@packages/f/package.json",
        "pkg:npm/git@external",
    ]
    members = sorted(target for source, target in found.contains() if source == "pkg:npm/.@package.json")
    assert members == [f"pkg:npm/{name}@packages/{name}/package.json" for name in "abcdf"]
    assert not any("node_modules" in node or "esm" in node for node in found.nodes)


def test_the_same_name_outside_the_workspace_is_no_member() -> None:
    found = describe(
        {
            "package.json": '{"name": "a", "version": "1.0.0"}',
            "examples/package.json": '{"name": "demo", "dependencies": {"a": "^1.0.0"}}',
        }
    )
    assert [target for target, *_ in found.depends()] == ["pkg:npm/a@external"]


def test_a_pnpm_workspace_lists_its_packages() -> None:
    found = describe(
        {
            "package.json": '{"name": "root"}',
            "pnpm-workspace.yaml": "# all\npackages:\n  - 'libs/*'\n  - apps/** # both\n\ncatalog:\n  - no/*\n",
            "libs/a/package.json": '{"name": "a", "version": "1.0.0"}',
            "apps/x/y/package.json": '{"name": "y", "dependencies": {"a": "^1.0.0"}}',
            "no/z/package.json": '{"name": "z"}',
        }
    )
    assert [target for target, *_ in found.depends()] == ["pkg:npm/a@libs/a/package.json"]
    assert {target for _, target in found.contains()} == {
        "pkg:npm/a@libs/a/package.json",
        "pkg:npm/y@apps/x/y/package.json",
    }


# -- Go --------------------------------------------------------------------------------------------------


def test_a_go_mod_requires_replaces_and_works_together() -> None:
    found = describe(
        {
            "go.work": "go 1.21\nuse (\n\t./app\n\t./shared\n)\n",
            "app/go.mod": """\
module example.com/app

go 1.21

require (
	example.com/lib v1.0.0
	example.com/shared v0.1.0
	golang.org/x/net v0.7.0 // indirect
	old.org/x v1.0.0
)

replace example.com/lib => ../lib

replace old.org/x v1.0.0 => new.org/x v1.1.0
""",
            "lib/go.mod": "module example.com/lib\n",
            "shared/go.mod": "module example.com/shared\n",
            "bad/go.mod": "go 1.21\n",
        }
    )
    assert found.depends() == [
        ("pkg:golang/example.com/lib@lib/go.mod", "runtime", "v1.0.0"),
        ("pkg:golang/example.com/shared@shared/go.mod", "runtime", "v0.1.0"),
        ("pkg:golang/golang.org/x/net@external", "runtime", "v0.7.0"),
        ("pkg:golang/old.org/x@external", "runtime", "v1.0.0"),
    ]
    assert found.said("x/net")["indirect"] is True
    assert found.said("old.org")["replaced_by"] == "new.org/x v1.1.0"
    assert found.lines()["pkg:golang/golang.org/x/net@external"] == 8
    assert [path for path, _ in found.reports] == ["bad/go.mod"]


# -- Cargo -----------------------------------------------------------------------------------------------


def test_a_cargo_workspace_shares_versions_and_dependencies() -> None:
    found = describe(
        {
            "Cargo.toml": """\
[workspace]
members = ["crates/*"]
[workspace.package]
version = "0.3.0"
[workspace.dependencies]
a = { path = "crates/a" }
serde = "1"
[patch.crates-io]
patched = { path = "third/patched" }
[package]
name = "top"
""",
            "crates/a/Cargo.toml": """\
[package]
name = "a"
version.workspace = true
description = "The a."
[dependencies]
serde = { workspace = true, optional = true }
json = { package = "serde_json", version = "1.0" }
patched = "2"
[dev-dependencies]
tempfile = "3"
[target.'cfg(unix)'.build-dependencies]
cc = { version = "1", git = "https://example.org/cc" }
""",
            "crates/b/Cargo.toml": '[package]\nname = "b"\n[dependencies.a]\nworkspace = true\n',
            "third/patched/Cargo.toml": '[package]\nname = "patched"\n',
        }
    )
    assert found.depends("cargo/a@") == [
        ("pkg:cargo/serde@external", "optional", "1"),
        ("pkg:cargo/serde_json@external", "runtime", "1.0"),
        ("pkg:cargo/patched@third/patched/Cargo.toml", "runtime", "2"),
        ("pkg:cargo/tempfile@external", "dev", "3"),
        ("pkg:cargo/cc@external", "build", "1"),
    ]
    assert found.said("serde_json")["alias"] == "json"
    assert found.said("cc@") == {
        "dependency": "build",
        "git": "https://example.org/cc",
        "requirement": "1",
        "target": "cfg(unix)",
    }
    assert found.depends("cargo/b@") == [("pkg:cargo/a@crates/a/Cargo.toml", "runtime", "")]
    assert found.nodes["pkg:cargo/a@crates/a/Cargo.toml"]["metadata"]["version"] == "0.3.0"
    assert found.nodes["pkg:cargo/a@crates/a/Cargo.toml"]["docstring"] == "The a."
    assert {target for _, target in found.contains()} == {
        "pkg:cargo/a@crates/a/Cargo.toml",
        "pkg:cargo/b@crates/b/Cargo.toml",
    }
    assert found.lines()["pkg:cargo/serde_json@external"] == 7
    assert found.lines()["pkg:cargo/cc@external"] == 12
    assert found.lines()["pkg:cargo/a@crates/a/Cargo.toml"] == 3


# -- Maven -----------------------------------------------------------------------------------------------

TOP = """\
<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <groupId>org.ex</groupId>
  <artifactId>top</artifactId>
  <version>${revision}</version>
  <packaging>pom</packaging>
  <properties><revision>1.5</revision><guava>31</guava></properties>
  <modules><module>core</module><module>app/pom.xml</module></modules>
  <dependencyManagement><dependencies>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.13</version><scope>test</scope></dependency>
    <dependency><groupId>b</groupId><artifactId>om</artifactId><version>1</version><scope>import</scope></dependency>
  </dependencies></dependencyManagement>
</project>
"""


def _pom(artifact: str, body: str, parent: str = "<version>1.5</version>") -> str:
    return (
        f"<project><parent><groupId>org.ex</groupId><artifactId>top</artifactId>{parent}</parent>\n"
        f"<artifactId>{artifact}</artifactId>\n{body}</project>\n"
    )


def _dependency(group: str, artifact: str, more: str = "") -> str:
    return f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>{more}</dependency>\n"


def test_a_maven_reactor_inherits_and_depends_inside() -> None:
    body = "".join(
        [
            "<dependencies>\n",
            _dependency("${project.groupId}", "core", "<version>${project.version}</version>"),
            _dependency("com.google", "guava", "<version>${guava}</version><optional>true</optional>"),
            _dependency("junit", "junit"),
            _dependency("org.ex", "core", "<version>0.9</version><classifier>old</classifier>"),
            _dependency("x", "y", "<version>${nowhere}</version><scope>provided</scope>"),
            "</dependencies>\n<build><plugins><plugin><artifactId>maven-jar-plugin</artifactId></plugin></plugins></build>",
        ]
    )
    found = describe(
        {
            "pom.xml": TOP,
            "core/pom.xml": _pom("core", ""),
            "app/pom.xml": _pom("app", body),
            "other/pom.xml": _pom("other", "", "<version>9</version><relativePath/>"),
        }
    )
    assert found.depends("org.ex:app@") == [
        ("pkg:maven/org.ex:top@pom.xml", "parent", "1.5"),
        ("pkg:maven/org.ex:core@core/pom.xml", "runtime", "1.5"),
        ("pkg:maven/com.google:guava@external", "optional", "31"),
        ("pkg:maven/junit:junit@external", "dev", "4.13"),
        ("pkg:maven/org.ex:core@external", "runtime", "0.9"),
        ("pkg:maven/x:y@external", "runtime", "${nowhere}"),
        ("pkg:maven/org.apache.maven.plugins:maven-jar-plugin@external", "build", ""),
    ]
    assert found.said("x:y")["scope"] == "provided"
    assert found.depends("org.ex:top@") == [("pkg:maven/b:om@external", "build", "1")]
    assert found.depends("org.ex:other@") == [("pkg:maven/org.ex:top@external", "parent", "9")]
    assert found.nodes["pkg:maven/org.ex:core@core/pom.xml"]["metadata"] == {
        "ecosystem": "maven",
        "packaging": "jar",
        "version": "1.5",
    }
    top = "pkg:maven/org.ex:top@pom.xml"
    assert found.contains() == {
        (top, "pkg:maven/org.ex:core@core/pom.xml"),
        (top, "pkg:maven/org.ex:app@app/pom.xml"),
    }
    assert found.lines()["pkg:maven/junit:junit@external"] == 6


def test_entities_are_neither_expanded_nor_fetched() -> None:
    laughs = '<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><project><artifactId>&b;</artifactId></project>'
    fetched = '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/hostname">]><project><artifactId>&x;</artifactId></project>'
    deep = "<project>" * 1_000 + "</project>" * 1_000
    found = describe({"a/pom.xml": laughs, "b/pom.xml": fetched, "c/pom.xml": deep})
    assert not found.nodes
    assert [path for path, _ in found.reports] == ["a/pom.xml", "b/pom.xml", "c/pom.xml"]


def test_parents_and_properties_in_a_circle_end() -> None:
    one = _pom("one", "<properties><v>${w}</v><w>${v}</w></properties>").replace("top", "two")
    two = _pom("two", "").replace("<artifactId>top", "<relativePath>../one</relativePath><artifactId>one")
    found = describe(
        {
            "one/pom.xml": one.replace("<groupId>", "<relativePath>../two/pom.xml</relativePath><groupId>", 1),
            "two/pom.xml": two,
        }
    )
    assert len(found.nodes) == 2
    assert not found.reports


# -- Gradle ----------------------------------------------------------------------------------------------


def test_a_gradle_build_has_projects_that_depend_on_each_other() -> None:
    found = describe(
        {
            "settings.gradle.kts": """\
rootProject.name = "demo"
include(":core", "app:web")
include("named")
project(":named").projectDir = file("elsewhere/named")
""",
            "gradle.properties": "org.gradle.jvmargs=-Xmx1g\nversion = 7.0\ngroup=com.acme\n",
            "gradle/libs.versions.toml": """\
[versions]
junit = { strictly = "5.9" }
[libraries]
junit-api = { module = "org.junit:junit-api", version.ref = "junit" }
okio = "com.squareup:okio:3.1"
plain = { group = "g", name = "n" }
[bundles]
test-all = ["junit-api", "okio"]
""",
            "build.gradle.kts": 'subprojects {\n    dependencies { implementation("not:ours:1") }\n}\n',
            "core/build.gradle.kts": """\
group = "com.acme.core"
dependencies {
    api("com.google.guava:guava:31.1-jre") { isTransitive = false }
    "custom"("a:b:1@aar")
    add("ksp", "k:s:1")
    testImplementation(libs.bundles.test.all)
    implementation(platform(libs.plain))
    implementation(kotlin("stdlib", "1.9"))
    implementation("x:y:$version")
    constraints { implementation("con:straint:1") }
    // implementation("com:ment:1")
}
""",
            "app/web/build.gradle": """\
buildscript { dependencies { classpath 'com.android:gradle:8' } }
dependencies {
    implementation project(':core'), "a:b:1"
    implementation project(path: ':named', configuration: 'x')
    runtimeOnly group: 'g', name: 'n', version: '3'
    api projects.core
    testFixturesApi(testFixtures(project(":core")))
    compileOnly files('libs/x.jar')
}
""",
            "elsewhere/named/build.gradle": "version '1.0'\n",
            "alone/build.gradle": "dependencies { implementation 'l:one:1' }\n",
        }
    )
    assert found.depends("gradle/core@") == [
        ("pkg:maven/com.google.guava:guava@external", "runtime", "31.1-jre"),
        ("pkg:maven/a:b@external", "runtime", "1"),
        ("pkg:maven/k:s@external", "build", "1"),
        ("pkg:maven/org.junit:junit-api@external", "dev", "5.9"),
        ("pkg:maven/com.squareup:okio@external", "dev", "3.1"),
        ("pkg:maven/g:n@external", "runtime", ""),
        ("pkg:maven/org.jetbrains.kotlin:kotlin-stdlib@external", "runtime", "1.9"),
        ("pkg:maven/x:y@external", "runtime", "$version"),
    ]
    core = "pkg:gradle/core@core/build.gradle.kts"
    assert found.depends("gradle/web@") == [
        ("pkg:maven/com.android:gradle@external", "build", "8"),
        (core, "runtime", ""),
        ("pkg:maven/a:b@external", "runtime", "1"),
        ("pkg:gradle/named@elsewhere/named/build.gradle", "runtime", ""),
        ("pkg:maven/g:n@external", "runtime", "3"),
        (core, "runtime", ""),
        (core, "dev", ""),
    ]
    assert found.depends("gradle/demo@") == []
    assert found.depends("gradle/alone@") == [("pkg:maven/l:one@external", "runtime", "1")]
    assert found.nodes[core]["metadata"] == {
        "ecosystem": "gradle",
        "group": "com.acme.core",
        "project": ":core",
        "version": "7.0",
    }
    assert found.nodes["pkg:gradle/named@elsewhere/named/build.gradle"]["metadata"]["version"] == "1.0"
    assert {target for source, target in found.contains() if "demo" in source} == {
        core,
        "pkg:gradle/web@app/web/build.gradle",
        "pkg:gradle/named@elsewhere/named/build.gradle",
    }
    assert found.lines()["pkg:maven/k:s@external"] == 5


def test_a_multiplatform_build_lists_dependencies_by_source_set() -> None:
    script = """\
kotlin {
    sourceSets {
        commonMain.dependencies { implementation("a:b:1") }
        val commonTest by getting { dependencies { implementation("t:t:1") } }
    }
}
"""
    found = describe({"build.gradle.kts": script})
    assert found.depends() == [
        ("pkg:maven/a:b@external", "runtime", "1"),
        ("pkg:maven/t:t@external", "dev", "1"),
    ]


def test_a_project_may_have_a_build_file_of_its_own_name() -> None:
    found = describe(
        {
            "settings.gradle": "include 'core',\n    'app'\n",
            "core/core.gradle": "",
            "app/app.gradle.kts": 'dependencies { api(project(":core")) }',
        }
    )
    assert [target for target, *_ in found.depends("app")] == ["pkg:gradle/core@core/core.gradle"]


def test_scripts_are_read_as_statements() -> None:
    script = statements("a.b 'x', \"y\"\nf(1, 'z') { g() }\nlist = [\n 'p',\n 'q'\n]\n/* c */ h '''long\n'''\n\"s\"(t)")
    assert [head(one) for one in script] == ["a.b", "f", "list", "h", "s"]
    assert [[token.value for token in one] for one in arguments(script[0])] == [["x"], ["y"]]
    assert [one[0].value for one in arguments(script[1])][1] == "z"
    assert [one[0].line for one in script] == [1, 2, 3, 7, 9]


# -- all -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("pyproject.toml", '[project]\nname = "a\n'),
        ("pyproject.toml", b'\xff\xfe[project]\nname = "a"'),
        ("setup.cfg", "name = a\n[metadata]\n"),
        ("package.json", '{"name": "a",, }'),
        ("package.json", "[1]"),
        ("package.json", "[" * 100_000),
        ("Cargo.toml", "[package\n"),
        ("go.mod", "\0"),
        ("pom.xml", "<project><artifactId>a</artifactId>"),
        ("pom.xml", "<other/>"),
        ("gradle/libs.versions.toml", "= 1"),
        ("package.json", b" " * ((1 << 20) + 1)),
    ],
)
def test_a_damaged_manifest_is_reported_and_the_others_are_read(path: str, content: str | bytes) -> None:
    found = describe({path: content, "settings.gradle": "", "sound/Cargo.toml": '[package]\nname = "sound"\n'})
    assert list(found.nodes) == ["pkg:cargo/sound@sound/Cargo.toml"]
    assert [where for where, _ in found.reports] == [path]


def test_entries_that_cannot_be_read_are_counted() -> None:
    found = describe(
        {
            "package.json": '{"name": "a", "dependencies": {"b": 1, "c": "2"}}',
            "pyproject.toml": '[project]\nname = "p"\ndependencies = ["ok", "not ok !"]\n',
        }
    )
    assert [target for target, *_ in found.depends()] == ["pkg:npm/c@external", "pkg:pypi/ok@external"]
    assert sorted(found.reports) == [
        ("package.json", "1 of the dependencies in package.json cannot be read and are left out"),
        ("pyproject.toml", "1 of the dependencies in pyproject.toml cannot be read and are left out"),
    ]


def test_halves_of_characters_do_not_reach_the_tables() -> None:
    found = describe({"package.json": r'{"name": "a\ud800", "dependencies": {"b\udfff": "1"}}'})
    assert set(found.nodes) == {"pkg:npm/a?@package.json", "pkg:npm/b?@external"}


def test_packages_contain_their_folders_and_the_top_one_what_is_left(tmp_path: Path) -> None:
    sources = {"top.ts": "", "lib/a.ts": "", "web/b.ts": "", "web/deep/c.ts": "", "go/x.go": "package x\n"}
    linked = link(sources, tmp_path)
    nodes = linked.tables["nodes"].cast(TABLES["nodes"].physical_schema)
    artifacts = {"ir": {"nodes": _rows(linked.parsed("nodes"))}, "links": {"nodes": nodes}}
    manifests = {
        "package.json": '{"name": "root"}',
        "web/package.json": '{"name": "web"}',
        "web/deep/package.json": '{"name": "deep"}',
        "nothing/package.json": '{"name": "nothing"}',
        "go.mod": "module m\n",
    }
    found = describe(manifests, artifacts)
    assert found.contains() == {
        ("pkg:npm/root@package.json", "top@ts"),
        ("pkg:npm/root@package.json", "lib@/"),
        ("pkg:npm/root@package.json", "go@/"),
        ("pkg:npm/web@web/package.json", "web@/"),
        ("pkg:npm/deep@web/deep/package.json", "web.deep@/"),
        *(("pkg:golang/m@go.mod", target) for target in ("top@ts", "lib@/", "web@/", "go@/")),
    }


def _rows(rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=TABLES["nodes"].physical_schema)


def test_patterns_match_folder_by_folder() -> None:
    folders = ["a", "a/b", "a/b/c", "x", "w/a/b", "w/q"]
    assert matching("", ["a/*"], folders) == ["a/b"]
    assert matching("", ["a/**"], folders) == ["a", "a/b", "a/b/c"]
    assert matching("", ["**/b", "!w/**"], folders) == ["a/b"]
    assert matching("w", ["./*"], folders) == ["w/q"]
    began = time.thread_time()
    assert matching("", ["**/*a*a*a*b/" * 20], ["/".join(["a" * 60] * 60)]) == []
    assert time.thread_time() - began < 60  # where it tries all ways, more than a life


def test_ids_do_not_depend_on_other_manifests() -> None:
    alone = describe({"a/package.json": '{"name": "a", "dependencies": {"x": "1"}}'})
    more = describe({"a/package.json": '{"name": "a", "dependencies": {"x": "1"}}', "package.json": '{"name": "a"}'})
    assert alone.nodes.keys() <= more.nodes.keys()
    assert {edge["id"] for edge in alone.edges} <= {edge["id"] for edge in more.edges}

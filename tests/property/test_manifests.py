"""Whatever a manifest holds, reading it ends, gives sound rows or a diagnostic, and the same ones each time."""

from __future__ import annotations

import time
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.stages.packaging import describe

TEXTS: Final = {
    "pyproject.toml": (
        '[project]\nname = "a"\nversion = "1"\ndependencies = ["b>=1; x == \'y\'", "c[d]"]\n'
        '[tool.poetry.dependencies]\ne = { path = "../f", extras = ["g"] }\n[tool.uv.workspace]\nmembers = ["p/*"]\n'
    ),
    "setup.cfg": "[metadata]\nname = a\n[options]\ninstall_requires =\n    b >= 1\n[options.extras_require]\nc = d\n",
    "package.json": (
        '{"name": "@a/b", "workspaces": ["p/*"], "dependencies": {"c": "workspace:^1", "d": "file:../x"},\n'
        '"peerDependenciesMeta": {"c": {"optional": true}}, "peerDependencies": {"c": "npm:e@1"}}'
    ),
    "pnpm-workspace.yaml": "packages:\n  - 'p/*'\n  - \"!p/q\"\n",
    "Cargo.toml": (
        '[package]\nname = "a"\nversion.workspace = true\n[dependencies]\nb = { path = "p/b", package = "c" }\n'
        '[target.\'cfg(x)\'.dev-dependencies]\nd = "1"\n[workspace]\nmembers = ["p/*"]\n'
    ),
    "go.mod": "module a.b/c\nrequire (\n\td.e/f v1 // indirect\n)\nreplace d.e/f v1 => ./p\n",
    "go.work": "use (\n\t.\n\t./p\n)\nreplace x => ./p\n",
    "pom.xml": (
        "<project><parent><artifactId>a</artifactId></parent><groupId>g</groupId><artifactId>${b}</artifactId>\n"
        "<properties><b>c${d}</b></properties><modules><module>p</module></modules><dependencies><dependency>\n"
        "<groupId>e</groupId><artifactId>f</artifactId><version>${b}</version></dependency></dependencies></project>"
    ),
    "build.gradle": (
        "buildscript { dependencies { classpath 'a:b:1' } }\ndependencies {\n  api project(':p'), \"c:d:$v\"\n}\n"
    ),
    "build.gradle.kts": 'dependencies {\n  api(platform(libs.a.b))\n  "x"(project(":p"))\n  add("y", "e:f:1")\n}\n',
    "settings.gradle": "include ':p', 'q:r'\nproject(':p').projectDir = file('s')\nrootProject.name = 'n'\n",
    "gradle/libs.versions.toml": '[libraries]\na-b = { module = "m:n", version.ref = "v" }\n[versions]\nv = "1"\n',
}
NEIGHBOURS: Final = {
    "p/package.json": '{"name": "c", "version": "1.0.0"}',
    "p/Cargo.toml": '[package]\nname = "c"\n',
    "p/go.mod": "module d.e/f\n",
    "p/pom.xml": "<project><groupId>e</groupId><artifactId>f</artifactId></project>",
    "p/build.gradle": "",
    "p/pyproject.toml": '[project]\nname = "b"\n',
}
PIECES: Final = [
    *"\"'{}[]()<>&$\\#\n\0é=:,.*1",
    *("", "${", "/*", "//", "..", "../..", "**", "null", "true", "'''", '"""', "<!DOCTYPE"),
]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    path=st.sampled_from(sorted(TEXTS)),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(PIECES)), max_size=4),
)
def test_any_edit_gives_sound_rows(path: str, edits: list[tuple[float, int, str]]) -> None:
    text = TEXTS[path]
    for place, cut, piece in edits:
        at = int(place * len(text))
        text = text[:at] + piece + text[at + cut :]
    files = {**TEXTS, **NEIGHBOURS, path: text}
    found = describe(files)
    again = describe(files)
    assert (found.nodes, found.edges, found.reports) == (again.nodes, again.edges, again.reports)
    untouched = describe({**TEXTS, **NEIGHBOURS})
    own = {"pyproject.toml": "pypi", "setup.cfg": "pypi", "Cargo.toml": "cargo", "pom.xml": "maven"}
    for ecosystem in {"pypi", "cargo", "maven"} - {own.get(path, "")}:
        kept = {name for name, node in untouched.nodes.items() if node["metadata"].get("ecosystem") == ecosystem}
        if ecosystem != "maven":  # Gradle's packages come from there too
            assert kept <= found.nodes.keys(), "damage in one ecosystem's manifest is no other's"


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(sorted(TEXTS)), content=st.binary(max_size=200))
def test_any_bytes_are_read_or_reported(path: str, content: bytes) -> None:
    describe({path: content})


@pytest.mark.parametrize("path", sorted(TEXTS))
@pytest.mark.parametrize("piece", ["(", "{", "[", '"', "'''", "/*", "a ", "a.", "$", "<a>", "\\", "- a\n", "*/"])
def test_long_repetitions_take_time_in_proportion(path: str, piece: str) -> None:
    began = time.process_time()
    describe({path: piece * (50_000 // len(piece))})
    assert time.process_time() - began < 30  # in proportion to the square of the length it takes minutes

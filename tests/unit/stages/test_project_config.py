"""Reading tsconfig and package.json: only inside the repository, and never at any cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegraph._internal.indexing.disk import DiskFiles
from codegraph_hookspecs import Diagnostic
from codegraph_plugins.stages.cross_file.project_config import MAX_JSON_BYTES, ProjectConfig, read_project
from tests.unit.stages.linking import language_packs


def read(root: Path, *folders: str) -> tuple[ProjectConfig, list[Diagnostic]]:
    found: list[Diagnostic] = []
    packs = [pack for pack in language_packs().values() if pack.imports.style == "path"]
    return read_project(DiskFiles(root).read, folders, packs, found.append), found


def test_paths_are_relative_to_base_url_and_inherited(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "tsconfig.base.json").write_text('{"compilerOptions": {"baseUrl": "./lib", "paths": {"@/*": ["x/*"]}}}')
    (tmp_path / "app/tsconfig.json").write_text('{"extends": "../tsconfig.base.json"}')
    config, found = read(tmp_path, "app")
    (path_map,) = config.path_maps
    assert (path_map.folder, path_map.base, path_map.paths) == ("app", "lib", (("@/*", ("lib/x/*",)),))
    assert not found


def test_the_nearer_of_two_extended_configs_wins(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"compilerOptions": {"paths": {"a": ["one"]}}}')
    (tmp_path / "two.json").write_text('{"compilerOptions": {"paths": {"a": ["two"]}}}')
    (tmp_path / "tsconfig.json").write_text('{"extends": ["./one.json", "./two"]}')
    assert read(tmp_path, "")[0].path_maps[0].paths == (("a", ("two",)),)


def test_extends_in_a_circle_ends(tmp_path: Path) -> None:
    (tmp_path / "tsconfig.json").write_text('{"extends": "./b.json", "compilerOptions": {"baseUrl": "."}}')
    (tmp_path / "b.json").write_text('{"extends": "./tsconfig.json"}')
    assert read(tmp_path, "")[0].path_maps[0].base == ""


@pytest.mark.parametrize("target", ["../outside.json", "/etc/outside.json", "some-package/tsconfig.json"])
def test_nothing_outside_the_repository_is_read(target: str, tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text('{"compilerOptions": {"baseUrl": "stolen"}}')
    root = tmp_path / "repo"
    root.mkdir()
    (root / "tsconfig.json").write_text(
        f'{{"extends": "{target}", "compilerOptions": {{"paths": {{"x": ["../../etc/*"], "y": ["in"]}}}}}}'
    )
    (path_map,) = read(root, "")[0].path_maps
    assert (path_map.base, path_map.paths) == (None, (("y", ("in",)),))


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text('{"name": "secret", "main": "x.js"}')
    root = tmp_path / "repo"
    root.mkdir()
    (root / "package.json").symlink_to(tmp_path / "real.json")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/package.json").write_text('{"name": "secret"}')
    (root / "linked").symlink_to(tmp_path / "folder")
    assert read(root, "", "linked")[0].packages == ()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1]",
        "[" * 100_000,
        '{"a":' * 50_000,
        '"\\' * 400_000,
        "/*" * 400_000,
        " " * (MAX_JSON_BYTES + 1),
        "\xff\xfe",
    ],
    ids=len,
)
def test_what_cannot_be_read_is_reported_and_ignored(text: str, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(text, encoding="latin-1")
    config, found = read(tmp_path, "")
    assert config.packages == ()
    assert [(one.code, one.file_path) for one in found] == [("project-config-ignored", "package.json")]


@pytest.mark.parametrize(
    "text",
    [
        '{ // c\n "compilerOptions": {"baseUrl": "src",}, /* d */ }',
        '{"compilerOptions": {"baseUrl": "src", "x": "// not, ] a comment"},}',
        "{compilerOptions: {baseUrl: 'src'}}",
    ],
)
def test_comments_and_trailing_commas_are_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "jsconfig.json").write_text(text)
    assert read(tmp_path, "")[0].path_maps[0].base == "src"


def test_package_entries_are_tried_in_order_and_fall_back_to_the_source(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/package.json").write_text(
        '{"name": "p", "main": "m.js", "exports": {".": {"types": "./t.d.ts", "import": "./i.mjs"},'
        ' "./sub/*": {"import": "./s/*.mjs"}, "./none": null}, "imports": {"#in/*": "./inner/*"}}'
    )
    (package,) = read(tmp_path, "p")[0].packages
    assert package.entries == ("p/t.d.ts", "p/i.mjs", "p/m.js", "p/src/index", "p/index")
    assert package.exports == (("sub/*", ("p/s/*.mjs",)), ("none", ()))
    assert package.imports == (("in/*", ("p/inner/*",)),)


def test_installed_packages_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "node_modules/x").mkdir(parents=True)
    (tmp_path / "node_modules/x/package.json").write_text('{"name": "x"}')
    assert read(tmp_path, "node_modules/x")[0].packages == ()

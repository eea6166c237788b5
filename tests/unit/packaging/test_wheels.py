"""What the wheels put where they are installed."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from codegraph_hookspecs import HOOKSPEC_VERSION

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """The wheels of the root and of hookspecs, built as a release, by distribution name."""
    out = tmp_path_factory.mktemp("wheels")
    environment = dict(os.environ, CODEGRAPH_RELEASE="1")
    for folder in (ROOT, ROOT / "hookspecs"):
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
            cwd=folder, env=environment, check=True, capture_output=True,
        )  # fmt: skip
    return {path.name.split("-")[0]: zipfile.ZipFile(path) for path in out.glob("*.whl")}


def top_level(wheel):
    return {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" not in name}


def metadata(wheel):
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return wheel.read(name).decode()


def requirements(wheel):
    """What an installation without extras needs."""
    lines = [line for line in metadata(wheel).splitlines() if line.startswith("Requires-Dist: ")]
    return [line.removeprefix("Requires-Dist: ") for line in lines if "extra ==" not in line]


def test_the_root_wheel_has_our_three_packages_and_nothing_else(wheels):
    assert top_level(wheels["codegraph_framework"]) == {"codegraph", "codegraph_analyzers", "codegraph_plugins"}


def test_the_hookspecs_wheel_has_one_package(wheels):
    assert top_level(wheels["codegraph_hookspecs"]) == {"codegraph_hookspecs"}


@pytest.mark.parametrize("distribution", ["codegraph_framework", "codegraph_hookspecs"])
def test_every_package_is_marked_as_typed(wheels, distribution):
    names = set(wheels[distribution].namelist())
    assert {f"{package}/py.typed" for package in top_level(wheels[distribution])} <= names


def test_a_release_depends_on_a_range_of_hookspecs_and_on_no_path(wheels):
    text = metadata(wheels["codegraph_framework"])
    assert f"Requires-Dist: codegraph-hookspecs<2,>={HOOKSPEC_VERSION}" in text
    assert "file:" not in text


def test_a_release_depends_on_everything_that_the_build_file_lists(wheels):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = project["tool"]["hatch"]["metadata"]["hooks"]["custom"]["static-dependencies"]
    required = {name.split(">")[0].split("<")[0].split("!")[0] for name in requirements(wheels["codegraph_framework"])}
    assert {name.split(">")[0] for name in listed} | {"codegraph-hookspecs"} == required


def test_hookspecs_depends_on_attrs_pluggy_and_arrow_alone(wheels):
    always = {name.split(">")[0] for name in requirements(wheels["codegraph_hookspecs"])}
    assert always == {"attrs", "pluggy", "pyarrow"}


def test_the_wheel_carries_the_license(wheels):
    assert any(name.endswith("/LICENSE") for name in wheels["codegraph_framework"].namelist())

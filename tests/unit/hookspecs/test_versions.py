"""The plugin API's package has the API's version, so that plugins can ask for what they use."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.specifiers import SpecifierSet

from codegraph_hookspecs import HOOKSPEC_VERSION

ROOT = Path(__file__).parents[3]


def test_the_package_has_the_version_of_the_api():
    project = tomllib.loads((ROOT / "hookspecs/pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"].rsplit(".", 1)[0] == HOOKSPEC_VERSION


def test_the_released_kernel_asks_for_this_version_of_the_api_at_least():
    (wanted,) = re.findall(r'"codegraph-hookspecs(\S+)" if release', (ROOT / "hatch_build.py").read_text("utf-8"))
    major, minor = map(int, HOOKSPEC_VERSION.split("."))
    assert SpecifierSet(wanted).contains(HOOKSPEC_VERSION)
    assert not SpecifierSet(wanted).contains(f"{major}.{minor - 1}")

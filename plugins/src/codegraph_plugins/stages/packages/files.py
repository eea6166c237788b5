"""Names of the files that describe packages, apart from the readers: which are imported only where such a file is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

GRADLE_BUILD: Final = ("build.gradle", "build.gradle.kts")
GRADLE_SETTINGS: Final = ("settings.gradle", "settings.gradle.kts")
GRADLE_CATALOG: Final = "libs.versions.toml"
GRADLE_PROPERTIES: Final = "gradle.properties"

READERS: Final[Mapping[str, Sequence[str]]] = {
    "cargo": ("Cargo.toml",),
    "golang": ("go.mod", "go.work"),
    "gradle": (*GRADLE_BUILD, *GRADLE_SETTINGS, GRADLE_CATALOG, GRADLE_PROPERTIES),
    "maven": ("pom.xml",),
    "npm": ("package.json", "pnpm-workspace.yaml"),
    "python": ("pyproject.toml", "setup.cfg"),
}
"""Modules of this package with a function `read(manifests)` that yields packages, in order, and what they read."""

"""A plugin's project folder: which plugins its pyproject.toml declares, and where its samples are."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

from codegraph_hookspecs import PluginError

SAMPLES: Final = "tests/samples"
BASELINE: Final = "tests/resolved_edges.json"


@frozen
class PluginProject:
    """A folder with a plugin that may not be installed.

    Args:
        folder: The folder that has the pyproject.toml.
        plugins: Entry point's name → `module:attribute`.
    """

    folder: Path
    plugins: Mapping[str, str]

    @property
    def samples(self) -> Path | None:
        """The folder of source files to check on, if there is one."""
        folder = self.folder / SAMPLES
        return folder if folder.is_dir() else None

    @property
    def baseline(self) -> Path:
        """The file of resolved edges, whether or not it is there."""
        return self.folder / BASELINE

    def make_importable(self) -> None:
        """Put the project's sources first on the import path, before what may be installed under their names."""
        for source in (self.folder, self.folder / "src"):
            if source.is_dir():
                sys.path.insert(0, str(source))


def read_project(folder: Path) -> PluginProject:
    """Read a plugin's project.

    Raises:
        PluginError: `plugin-project-invalid`.
    """
    path = folder / "pyproject.toml"
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
        points = declared["project"]["entry-points"]["codegraph"]
        plugins = {str(name): str(value) for name, value in points.items()}
    except OSError as error:
        raise _invalid(path, f"it cannot be read: {error.strerror}", error) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _invalid(path, "it declares no entry point of group 'codegraph'", error) from error
    if not plugins:
        raise _invalid(path, "it declares no entry point of group 'codegraph'", None)
    return PluginProject(folder, plugins)


def _invalid(path: Path, why: str, cause: BaseException | None) -> PluginError:
    return PluginError(
        f"{path.parent} is no plugin's project: {why}.",
        code="plugin-project-invalid",
        context={
            "path": str(path),
            "remedy": "Give a folder whose pyproject.toml has the table [project.entry-points.codegraph].",
        },
        cause=cause,
    )

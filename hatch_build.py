"""Metadata hook: a checkout depends on the hookspecs beside it, a release build on a version range."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class HookspecDependency(MetadataHookInterface):
    """Adds `codegraph-hookspecs` to the dependencies; set CODEGRAPH_RELEASE=1 to build for an index."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in the dependencies that the project declares as dynamic."""
        local = Path(self.root) / "hookspecs"
        release = os.environ.get("CODEGRAPH_RELEASE") == "1" or not local.is_dir()
        requirement = "codegraph-hookspecs>=1.5,<2" if release else f"codegraph-hookspecs @ {local.as_uri()}"
        metadata["dependencies"] = [*self.config["static-dependencies"], requirement]

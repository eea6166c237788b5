"""The sink `scip`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

from codegraph_hookspecs import Sink, SnapshotReader


class ScipSink(Sink):
    """Writes a snapshot as one SCIP index."""

    name: ClassVar[str] = "scip"
    suffix: ClassVar[str] = ".scip"
    needs: ClassVar[Sequence[str]] = ("occurrences",)

    def write(self, snapshot: SnapshotReader, destination: Path, **options: Any) -> Sequence[Path]:
        """Write the index to the file `destination`.

        Args:
            snapshot: Has the table `occurrences`.
            destination: The file; replaced when all is written.
            **options: `root`, the repository; `package` and `package_version`, which the repository's own symbols
                are given: those of their manifests without.

        Returns:
            The file.
        """
        from codegraph_plugins.scip.packages import renaming
        from codegraph_plugins.scip.writing import IndexWriter, write_index

        rename = renaming(snapshot, str(options.get("package") or ""), str(options.get("package_version") or ""))
        root = Path(options.get("root") or Path())
        with IndexWriter(
            destination, root, version=version("codegraph-framework"), arguments=["export", "scip"]
        ) as writer:
            write_index(snapshot, writer, rename)
        return [destination]

"""Options that every command takes, and the repository that a reading command means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from attrs import frozen
from cyclopts import Parameter

Format = Literal["table", "json", "jsonl", "csv", "parquet", "arrow"]
"""Formats of rows; `cli/formats.py` writes them."""


@Parameter(name="*")
@frozen(kw_only=True)
class Common:
    """Options of every command.

    Args:
        json: One JSON object on standard output, nothing else there.
        quiet: No progress and no notes; errors are still told.
        cache_dir: Where the store is; `<root>/.codegraph` unless a setting says otherwise.
    """

    json: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Print one JSON object on standard output.")
    ] = False
    quiet: Annotated[
        bool, Parameter(name=["--quiet", "-q"], negative=(), show_default=False, help="No progress, no notes.")
    ] = False
    cache_dir: Annotated[Path | None, Parameter(help="Folder of the store; default: .codegraph in the repository.")] = (
        None
    )

    def overrides(self) -> dict[str, Any]:
        """Return the settings that these options set."""
        return {} if self.cache_dir is None else {"cache_dir": self.cache_dir.expanduser().resolve()}


@Parameter(name="*")
@frozen(kw_only=True)
class Repository:
    """The option of the commands that work on a whole store.

    Args:
        root: The repository; unset, the nearest folder upwards that was indexed.
    """

    root: Annotated[
        Path | None, Parameter(help="The repository; default: the nearest folder upwards that was indexed.")
    ] = None


@Parameter(name="*")
@frozen(kw_only=True)
class Reading:
    """Options of the commands that read a committed snapshot.

    Args:
        root: The repository; unset, the nearest folder upwards with a `.codegraph` in it.
        snapshot: Snapshot id, tag or branch; unset, the newest.
    """

    root: Annotated[
        Path | None, Parameter(help="The repository; default: the nearest folder upwards that was indexed.")
    ] = None
    snapshot: Annotated[str | None, Parameter(help="Snapshot id, tag or branch; default: the newest.")] = None


def layer_tables(layers: Sequence[str] | None, lazy: Sequence[str] | None) -> dict[str, dict[str, Any]]:
    """Return tables of settings for the optional plugins that --with and --lazy name."""
    return {**{name: {} for name in layers or ()}, **{name: {"lazy": True} for name in lazy or ()}}


def find_root(root: Path | None) -> Path:
    """Return the repository that a command means: the one given, else the nearest indexed folder upwards."""
    if root is not None:
        return root.expanduser().resolve()
    here = Path.cwd()
    from codegraph._internal.settings.config import default_store

    return next((folder for folder in (here, *here.parents) if default_store(folder).is_dir()), here)

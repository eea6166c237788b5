"""Hook results that other machinery is built from: where jobs live, what embeds, rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from attrs import frozen

REPOSITORY_SETTING: Final = "codegraph.repository"
"""Key in the metadata of a field of a plugin's settings. True: an analysed repository's own file may set it,
too. Leave it out where the value names what runs, is sent somewhere, or lets more of the machine be used."""

TIMING_SETTING: Final = "codegraph.timing"
"""Key in the metadata of a field of a plugin's settings. True: it says when rows are computed, not which: a run with
another value goes on from the snapshot (1.5)."""


@frozen(kw_only=True)
class PluginInfo:
    """What a plugin says about itself.

    Args:
        name: Unique, kebab-case; also the name of its settings table.
        version: The plugin's own version.
        requires_hookspec: Range of `HOOKSPEC_VERSION` it was written for, such as ">=1.0,<2".
        config: attrs class of its settings, or None; every field must have a default. Its user sets
            them; an analysed repository only those with the metadata `{REPOSITORY_SETTING: True}`.
        summary: One line for `codegraph plugins list`.
        optional: Its stages and analyzers run only when asked for: by a settings table of its name, even an
            empty one, by `codegraph index --with NAME`, or by the SDK's `with_…()` (1.2).
        needs_trust: It runs other programs over the repository's files: its hooks are asked only in a repository that
            its user trusts (1.3).
    """

    name: str
    version: str
    requires_hookspec: str = ">=1.0,<2"
    config: type[Any] | None = None
    summary: str = ""
    optional: bool = False
    needs_trust: bool = False


@frozen(kw_only=True)
class RulePack:
    """Rules in a package's data file, read by the analyzer that the kind names.

    Args:
        name: Unique.
        kind: What reads it ("taint", "check").
        path: YAML file.
    """

    name: str
    kind: str
    path: Path


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors.

    Attributes:
        name: Value of the setting that selects it.
        model: Model name, stored beside every vector.
        model_version: Digest or version of the weights.
        dimensions: Length of each vector.
    """

    name: str
    model: str
    model_version: str
    dimensions: int

    def embed(self, texts: Sequence[str]) -> Any:
        """Return float32[len(texts), dimensions], L2-normalised."""
        ...


@frozen(kw_only=True)
class StageEvent:
    """What the observation hooks receive.

    Args:
        run_id: The run's id.
        stage: Stage name.
        layer: Stage layer.
        seconds: Wall time so far.
        rows: Rows yielded by table.
        error: JSON-ready error, for `codegraph_stage_failed`.
    """

    run_id: str
    stage: str
    layer: str = ""
    seconds: float = 0.0
    rows: Mapping[str, int] = {}
    error: Mapping[str, Any] | None = None

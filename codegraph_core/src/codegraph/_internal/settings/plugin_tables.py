"""Tables of plugin settings that remember where each value came from, wherever the configuration goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from codegraph._internal.settings import IndexingConfig


class PluginTables(dict[str, dict[str, Any]]):
    """Settings by plugin name and key.

    Args:
        tables: The settings.
        origins: Where values came from, by `plugins.<plugin>.<key>`.
        restricted: Those keys whose value an analysed repository gave, without its user's trust.
        asked: Plugins for which the user gave a table: those that are optional run.
    """

    def __init__(
        self,
        tables: Mapping[str, dict[str, Any]],
        *,
        origins: Mapping[str, str],
        restricted: Iterable[str],
        asked: Iterable[str] = (),
    ) -> None:
        super().__init__(tables)
        self.origins = dict(origins)
        self.restricted = frozenset(restricted)
        self.asked = frozenset(asked)


def with_table(
    tables: Mapping[str, Mapping[str, Any]], plugin: str, settings: Mapping[str, Any]
) -> Mapping[str, Mapping[str, Any]]:
    """Return tables with one more, or with more in one: what was known of the others stays known."""
    joined = {name: dict(table) for name, table in tables.items()}
    joined[plugin] = {**joined.get(plugin, {}), **settings}
    if not isinstance(tables, PluginTables):
        return joined
    changed = {f"plugins.{plugin}.{key}" for key in settings}
    return PluginTables(
        joined,
        origins={key: origin for key, origin in tables.origins.items() if key not in changed},
        restricted=tables.restricted - changed,
        asked=tables.asked | {plugin},
    )


def asked_for(tables: Mapping[str, Mapping[str, Any]] | None) -> frozenset[str]:
    """Return the plugins that settings ask for: a table in an analysed repository's own file asks for nothing."""
    return tables.asked if isinstance(tables, PluginTables) else frozenset(tables or ())


def with_layers(tables: Mapping[str, Mapping[str, Any]], layers: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
    """Return tables that also ask for each optional plugin that a snapshot was made with.

    Args:
        tables: The settings.
        layers: `summary["layers"]` of the snapshot.
    """
    for layer in layers:
        if layer not in asked_for(tables):
            tables = with_table(tables, layer, {})
    return tables


def as_made(config: IndexingConfig, summary: Mapping[str, Any]) -> IndexingConfig:
    """Return settings with the optional plugins that a snapshot with some summary was made with."""
    return attrs.evolve(config, plugins=with_layers(config.plugins, summary.get("layers", ())))

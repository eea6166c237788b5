"""Tables of plugin settings that remember where each value came from, wherever the configuration goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class PluginTables(dict[str, dict[str, Any]]):
    """Settings by plugin name and key.

    Args:
        tables: The settings.
        origins: Where values came from, by `plugins.<plugin>.<key>`.
        restricted: Those keys whose value an analysed repository gave, without its user's trust.
    """

    def __init__(
        self, tables: Mapping[str, dict[str, Any]], *, origins: Mapping[str, str], restricted: Iterable[str]
    ) -> None:
        super().__init__(tables)
        self.origins = dict(origins)
        self.restricted = frozenset(restricted)

"""Versions of the plugin API; a change to a public name in this package moves one of them."""

from __future__ import annotations

from typing import Final

HOOKSPEC_VERSION: Final = "1.5"
"""Version of the hook names, their arguments and the types in this package (`major.minor`)."""

IR_VERSION: Final = "2.0"
"""Version of the Arrow tables that parsers and stages exchange (data contract 2.0)."""

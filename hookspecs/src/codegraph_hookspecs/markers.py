"""The two pluggy markers. Plugins decorate with `hookimpl`; only this package uses `hookspec`."""

from __future__ import annotations

from typing import Final

import pluggy

PROJECT_NAME: Final = "codegraph"
"""Name under which pluggy finds our hooks, and the entry-point group of every plugin."""

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)

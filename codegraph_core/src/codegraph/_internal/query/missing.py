"""The error for what an uninstalled plugin would provide."""

from __future__ import annotations

from typing import Any

from codegraph_hookspecs.errors import PluginError


def not_installed(what: str, plugin: str, **context: Any) -> PluginError:
    """Return the error for a call that needs a plugin that is not installed.

    Args:
        what: The call, as the user wrote it.
        plugin: Name of the missing plugin.
        **context: More facts.
    """
    return PluginError(
        f"{what} needs the plugin {plugin!r}, which is not installed.",
        code="not-installed",
        context={
            "plugin": plugin,
            "remedy": f"Install a distribution that provides {plugin!r} (entry-point group 'codegraph'); "
            "`codegraph plugins list` shows what was found and what is disabled.",
            **context,
        },
    )

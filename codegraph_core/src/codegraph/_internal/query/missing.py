"""The errors for what a plugin would provide that is not installed, or that nobody asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from codegraph._internal.telling import telling
from codegraph_hookspecs.errors import PluginError, QueryError

if TYPE_CHECKING:
    from codegraph._internal.query.snapshot import SnapshotLike

OPTIONAL: Final = {"occurrences": "occurrences"}
"""Tables that only runs have that were asked for them → the plugin to ask for."""


def has_layer(snapshot: SnapshotLike, table: str) -> bool:
    """Say whether the snapshot was made with a table of `OPTIONAL`; one without files has whatever is asked for."""
    with telling(snapshot):
        return table in snapshot.tables() or not snapshot.count("files")


def require_layer(snapshot: SnapshotLike, table: str) -> None:
    """Refuse a table that the snapshot has no rows of because nobody asked for them.

    Raises:
        QueryError: There are none (code `layer-missing`).
    """
    if not has_layer(snapshot, table):
        plugin = OPTIONAL[table]
        raise QueryError(
            f"The snapshot was made without {table}.",
            code="layer-missing",
            context={
                "table": table,
                "remedy": f"Run `codegraph index --with {plugin}`, or index with `.with_{plugin}()`.",
            },
        )


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

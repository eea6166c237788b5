"""What `codegraph plugins list` shows about a plugin."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen


@frozen(kw_only=True)
class PluginRecord:
    """One plugin that was found.

    Args:
        name: Its own name, or its entry point's.
        version: Its own version, or "0".
        origin: The entry point (`name = module:attribute`), or "object" for one passed in code.
        distribution: The distribution that the entry point is from, with its version; or empty.
        state: "enabled" or "disabled".
        reason: Why it is disabled; empty when it is not.
        code: Kebab-case error code of the reason; empty when enabled.
        hooks: Names of the hooks it implements, sorted.
        requires_hookspec: Range of hookspecs it was written for.
        summary: One line by the plugin.
    """

    name: str
    version: str = "0"
    origin: str = "object"
    distribution: str = ""
    state: Literal["enabled", "disabled"] = "enabled"
    reason: str = ""
    code: str = ""
    hooks: tuple[str, ...] = ()
    requires_hookspec: str = ">=1.0,<2"
    summary: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "name": self.name,
            "version": self.version,
            "origin": self.origin,
            "distribution": self.distribution,
            "state": self.state,
            "reason": self.reason,
            "code": self.code,
            "hooks": list(self.hooks),
            "requires_hookspec": self.requires_hookspec,
            "summary": self.summary,
        }

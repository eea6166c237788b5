"""Settings of the plugin. None is a repository's to set: they say what runs and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen, validators


@frozen(kw_only=True)
class LspTypesSettings:
    """How language servers are asked.

    Args:
        servers: Command of the server by language, instead of those that are known: `{"python": ["ty", "server"]}`;
            an empty command has the language not asked about.
        start_timeout_s: Seconds until a server must be ready.
        request_timeout_s: Seconds until a server must answer a question.
        time_limit_s: Seconds that all questions to one server may take.
        cache: Whether answers are kept for later runs, below `$XDG_CACHE_HOME/codegraph`.
    """

    servers: Mapping[str, Sequence[str]] = field(factory=dict)
    start_timeout_s: float = field(default=60.0, validator=validators.gt(0))
    request_timeout_s: float = field(default=30.0, validator=validators.gt(0))
    time_limit_s: float = field(default=1_800.0, validator=validators.gt(0))
    cache: bool = True

    def __attrs_post_init__(self) -> None:
        """Refuse a command that is a text: its parts are given one by one."""
        for language, command in self.servers.items():
            if isinstance(command, str):
                raise ValueError(f"servers: the command for {language!r} must be a list of its parts")

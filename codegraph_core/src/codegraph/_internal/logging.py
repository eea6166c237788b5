"""Logging to stderr through structlog, silent below warnings, never with source text or secrets.

Structlog costs a quarter of a second to import, so it is imported with the first line that is written.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
LEVEL_VARIABLE: Final = "CODEGRAPH_LOG_LEVEL"
_SENSITIVE: Final = re.compile(
    r"(^|_)(content|source|text|code_text|snippet|docstring|password|passwd|secret|token|credential|credentials"
    r"|authorization|cookie|api_?key|key_material|private_key)($|_)",
    re.IGNORECASE,
)
_URL_SECRET: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s@]+@", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_VALUE_LIMIT: Final = 500

_state: dict[str, Any] = {"level": None, "json": False, "configured": False}


def configure_logging(*, level: str | None = None, json: bool = False) -> None:
    """Set what is written.

    Args:
        level: "debug", "info", "warning", "error" or "critical"; None takes `CODEGRAPH_LOG_LEVEL`, else warning.
        json: One JSON object a line instead of text.

    Raises:
        ConfigError: There is no such level.
    """
    chosen = (level or os.environ.get(LEVEL_VARIABLE) or "warning").lower()
    if chosen not in LEVELS:
        from codegraph_hookspecs.errors import ConfigError

        allowed = ", ".join(LEVELS)
        raise ConfigError(f"There is no log level {chosen!r}; there is: {allowed}.", context={"allowed": allowed})
    _state.update(level=LEVELS[chosen], json=json, configured=False)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: hide values whose name says secret or source text, and what hides in URLs."""
    for key, value in list(event.items()):
        if _SENSITIVE.search(key):
            event[key] = "[redacted]"
        elif isinstance(value, bytes):
            event[key] = f"[{len(value)} bytes]"
        elif isinstance(value, str):
            shown = _URL_SECRET.sub(r"\g<scheme>[redacted]@", _CONTROL.sub(" ", value))
            event[key] = shown if len(shown) <= _VALUE_LIMIT else shown[:_VALUE_LIMIT] + "…"
    return event


class Logger:
    """A named logger; below the level in force a call costs one comparison.

    Args:
        name: Dotted name, as `logger` in each line.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, event: str, **values: Any) -> None:
        """Write a line at level debug."""
        self._write("debug", event, values)

    def info(self, event: str, **values: Any) -> None:
        """Write a line at level info."""
        self._write("info", event, values)

    def warning(self, event: str, **values: Any) -> None:
        """Write a line at level warning."""
        self._write("warning", event, values)

    def error(self, event: str, **values: Any) -> None:
        """Write a line at level error."""
        self._write("error", event, values)

    def _write(self, level: str, event: str, values: dict[str, Any]) -> None:
        if _state["level"] is None:
            configure_logging()
        if LEVELS[level] >= _state["level"]:
            getattr(_structlog().get_logger(), level)(event, **{**values, "logger": self._name})


def get_logger(name: str) -> Logger:
    """Return the logger of a module."""
    return Logger(name)


def _structlog() -> Any:
    import structlog

    if not _state["configured"]:
        renderer = (
            structlog.processors.JSONRenderer(sort_keys=True)
            if _state["json"]
            else structlog.dev.ConsoleRenderer(colors=False)
        )
        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                redact,
                renderer,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(_state["level"]),
            logger_factory=lambda *_names: structlog.PrintLogger(file=sys.stderr),
            cache_logger_on_first_use=False,
        )
        _state["configured"] = True
    return structlog

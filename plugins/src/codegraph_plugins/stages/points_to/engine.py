"""The native engine that the stages need, and the error where it is missing."""

from __future__ import annotations

import importlib
from typing import Any, Final

from codegraph_hookspecs import PluginError

LANGUAGES: Final = ("python", "javascript", "typescript", "java")
"""Languages whose calls are analysed."""


def native() -> Any:
    """Return the extension module.

    Raises:
        PluginError: It is not installed.
    """
    try:
        return importlib.import_module("codegraph_parser_rust._native")
    except ImportError as error:
        raise PluginError(
            "The call graph needs the native engine, which is not installed.",
            code="native-engine-missing",
            context={"remedy": "Install codegraph-parser-rust, or leave the plugin `call-graph` out."},
            cause=error,
        ) from error

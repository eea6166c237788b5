"""The extension, if it is of the make that this package knows."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from codegraph_hookspecs import PluginError

if TYPE_CHECKING:
    from types import ModuleType

VERSION: Final = 8
"""`ENGINE_VERSION` of the extension that this package was written for."""


def native() -> ModuleType:
    """Return the extension module.

    Raises:
        ImportError: It is not there.
        PluginError: It is of another make: a checkout was updated and its extension was not built again.
    """
    # Not `from … import`: that would find the attribute of the package where the module is replaced.
    extension = importlib.import_module("codegraph_parser_rust._native")
    found = getattr(extension, "ENGINE_VERSION", 0)
    if found != VERSION:
        raise PluginError(
            f"The native engine is of version {found}, and its Python package needs {VERSION}.",
            code="native-engine-version",
            context={
                "file": str(getattr(extension, "__file__", "")),
                "remedy": "Install codegraph-parser-rust again; in a checkout: "
                "maturin develop --release -m plugins/parser_rust/crates/codegraph-py/Cargo.toml.",
            },
        )
    return extension

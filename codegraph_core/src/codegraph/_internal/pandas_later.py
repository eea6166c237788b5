"""Keeps pyarrow from importing pandas at the first array that it makes: a fifth of a short command's time.

pyarrow looks for pandas whenever it makes an array, to know a Series when it is given one. Nobody in this process has
one before somebody imports pandas, and then pyarrow is told. What needs pandas itself, such as `Table.to_pandas`,
imports it as ever.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Final

_NAME: Final = "pandas"
_ONCE: Final = threading.Lock()


class _Finder(MetaPathFinder):
    """Hides pandas from the thread in which pyarrow looks for it; afterwards tells pyarrow when pandas is imported."""

    def __init__(self) -> None:
        self.hides_from: int | None = threading.get_ident()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _NAME:
            return None
        if self.hides_from == threading.get_ident():
            raise ModuleNotFoundError(fullname, name=fullname)
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Telling(spec.loader)
        return spec


class _Telling(Loader):
    """Loads pandas as its own loader does, and then has pyarrow see it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader  # for who asks the module
        self._loader.exec_module(module)
        import pyarrow as pa

        shim = getattr(pa.lib, "_pandas_api", None)
        if shim is not None:
            _ = shim.pd


def import_pandas_later() -> None:
    """Have pyarrow find no pandas until something else imports it; does nothing where that happened already."""
    with _ONCE:
        if _NAME in sys.modules or any(isinstance(finder, _Finder) for finder in sys.meta_path):
            return
        finder = _Finder()
        sys.meta_path.insert(0, finder)
        try:
            import pyarrow as pa

            pa.array([0])
        finally:
            finder.hides_from = None

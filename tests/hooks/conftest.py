"""Hooks are tried through the kernel, with no installed plugin beside those that a test passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from codegraph import IndexingConfig
from codegraph._internal.indexing import Indexer, RunResult
from codegraph._internal.plugin_host import PluginHost
from tests.unit.indexing.fakes import toy

Index = Callable[..., RunResult]


@pytest.fixture(autouse=True)
def _hermetic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGRAPH_PLUGINS", "none")


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """Return a function: indexes one toy file with the toy language and the given plugins."""
    root = tmp_path / "repo"
    root.mkdir()
    (root / "a.toy").write_text("def f\ncall g\n")

    def run(*plugins: object, base: Sequence[object] | None = None) -> RunResult:
        given = [toy()] if base is None else list(base)
        config = IndexingConfig(root_path=root, cache_dir=tmp_path / "cache", mode="full")
        return Indexer(config, plugins=[*given, *plugins]).run()

    return run


@pytest.fixture
def host() -> Callable[..., PluginHost]:
    """Return a function: a plugin host with the given plugins."""

    def load(*plugins: Any) -> PluginHost:
        return PluginHost.load(objects=plugins)

    return load

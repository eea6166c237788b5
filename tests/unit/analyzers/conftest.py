"""Runs one built-in analyzer over source files through the SDK, with only the plugins that it needs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraph

NEEDED = "language-python,languages-web,parser-reference,stage-cross-file"

Find = Callable[..., list[Any]]


@pytest.fixture
def find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Find:
    """Return a function: files and a plugin in, its findings out."""
    monkeypatch.setenv("CODEGRAPH_PLUGINS", NEEDED)

    def run(files: Mapping[str, str | bytes], plugin: object, **settings: Any) -> list[Any]:
        for path, text in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode() if isinstance(text, str) else text)
        result = CodeGraph(plugins=[plugin]).index(tmp_path, **settings)
        return list(result.query().findings().order_by("file_path").execute())

    return run

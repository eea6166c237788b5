"""Examples in the docstrings of the SDK and of queries run as they are written."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = ["codegraph.plugins", "codegraph._internal.query.conditions", "codegraph._internal.query.glob"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted > 0
    assert results.failed == 0

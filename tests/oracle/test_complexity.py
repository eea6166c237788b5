"""Cyclomatic complexity against two tools that we did not write."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from codegraph_hookspecs import LanguagePack
from codegraph_plugins.languages import javascript, python, typescript
from tests.bench.corpora import CORPORA, fetch
from tests.oracle.complexity import Comparison, compare_with_lizard, compare_with_radon, source_files

SAMPLES = Path(__file__).parent / "samples"


def package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.mark.parametrize("name", ["attr", "pluggy", "cattrs", "packaging", "codegraph_plugins"])
def test_python_functions_of_installed_packages_have_radons_complexity(name: str) -> None:
    result = compare_with_radon(source_files(package(name), python.PACK))
    assert result.compared >= 20
    assert result.equal == result.compared, result
    assert result.theirs == result.compared + result.excluded["except-group"], result


@pytest.mark.parametrize("pack", [javascript.PACK, typescript.PACK], ids=lambda pack: pack.name)
def test_every_decision_of_the_samples_counts_like_lizards(pack: LanguagePack) -> None:
    result = compare_with_lizard(source_files(SAMPLES, pack), pack)
    assert result.compared == result.theirs >= 4, result
    assert result.equal == result.compared, result


@pytest.mark.slow
def test_django_has_radons_complexity() -> None:
    result = compare_with_radon(source_files(fetch(CORPORA["django"]), python.PACK))
    report("python / radon", result)
    assert result.compared > 20_000
    assert result.share >= 0.999, result


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("pack", [javascript.PACK, typescript.PACK], ids=lambda pack: pack.name)
def test_npm_packages_have_lizards_complexity(pack: LanguagePack) -> None:
    result = compare_with_lizard(source_files(fetch(CORPORA["ts"]), pack), pack)
    report("lizard", result)
    assert result.compared > 10_000
    assert result.share >= 0.99, result


def report(title: str, result: Comparison) -> None:
    """Show the figures with `-s` or `-rP`."""
    print(f"\n{title}: {result}")

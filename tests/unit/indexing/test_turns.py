"""Turns at the interpreter's lock are short while several threads work on a run, and then as they were."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegraph._internal.indexing import Indexer
from codegraph._internal.indexing.turns import TURN_S, short_turns
from codegraph._internal.settings import IndexingConfig


@pytest.fixture(autouse=True)
def usual() -> Iterator[float]:
    """Have the interval that Python starts with, whatever ran before."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.005)
    yield sys.getswitchinterval()
    sys.setswitchinterval(before)


def test_turns_are_short_until_the_last_run_has_ended(usual: float) -> None:
    first, second = short_turns(True), short_turns(True)
    first.__enter__()
    assert sys.getswitchinterval() == pytest.approx(TURN_S)
    second.__enter__()
    first.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(TURN_S)
    second.__exit__(None, None, None)
    assert sys.getswitchinterval() == usual


def test_turns_are_as_they_were_after_an_error(usual: float) -> None:
    with pytest.raises(ValueError, match="inside"), short_turns(True):
        raise ValueError("inside")
    assert sys.getswitchinterval() == usual


def test_a_program_keeps_what_it_sets_itself() -> None:
    sys.setswitchinterval(TURN_S / 10)
    shorter = sys.getswitchinterval()
    with short_turns(True):
        assert sys.getswitchinterval() == shorter
    assert sys.getswitchinterval() == shorter
    sys.setswitchinterval(0.005)
    with short_turns(True):
        sys.setswitchinterval(0.002)
    assert sys.getswitchinterval() == pytest.approx(0.002)


@pytest.mark.parametrize(("workers", "short"), [(1, False), (2, True)])
def test_a_run_takes_short_turns_with_several_workers_only(
    tmp_path: Path, usual: float, workers: int, short: bool
) -> None:
    (tmp_path / "m.py").write_text("x = 1\n")
    seen = []
    config = IndexingConfig(root_path=tmp_path, cache_dir=tmp_path / ".codegraph", parallel_workers=workers)

    Indexer(config, on_event=lambda _event: seen.append(sys.getswitchinterval())).run()

    assert (min(seen) < usual) is short
    assert sys.getswitchinterval() == usual

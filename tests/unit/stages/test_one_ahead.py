"""Calls that are begun one ahead keep their order, and run one at a time beside what is done with the results."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

from codegraph_plugins.stages.cross_file import ahead
from codegraph_plugins.stages.cross_file.ahead import one_ahead


def test_results_come_in_order_and_the_next_call_runs_meanwhile() -> None:
    began: list[int] = []
    seen: list[list[int]] = []
    second = threading.Event()

    def call(number: int) -> int:
        began.append(number)
        if number == 1:
            second.set()
        return number

    found = []
    for number in one_ahead((lambda number=number: call(number)) for number in range(5)):
        if number == 0:
            assert second.wait(60)  # runs though nobody asked for its result
        found.append(number)
        seen.append(list(began))
    assert found == [0, 1, 2, 3, 4] == began
    assert all(len(each) <= number + 2 for number, each in enumerate(seen))


def test_nothing_is_called_for_no_calls() -> None:
    assert list(one_ahead(())) == []


def test_what_a_call_raises_comes_in_its_turn() -> None:
    def fail() -> int:
        raise ValueError("the second")

    found = one_ahead([lambda: 1, fail, lambda: 3])
    assert next(found) == 1
    with pytest.raises(ValueError, match="the second"):
        next(found)


def test_a_result_that_was_taken_is_not_kept() -> None:
    class Rows:
        pass

    def calls() -> Iterator[Callable[[], Rows]]:
        for _ in range(3):
            yield Rows

    found = one_ahead(calls())
    rows = next(found)
    gone = weakref.ref(rows)
    del rows
    assert gone() is None
    assert len(list(found)) == 2


@pytest.mark.parametrize("error", [MemoryError, RuntimeError])
def test_where_there_can_be_no_thread_calls_run_here(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def refused(target: object) -> None:
        raise error("can't start new thread")

    monkeypatch.setattr(ahead, "start_thread", refused)
    assert list(one_ahead((lambda number=number: number) for number in range(3))) == [0, 1, 2]

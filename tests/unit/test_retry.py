"""Trying again by category: how often, after which delays, and what is told about it."""

from __future__ import annotations

import pytest

from codegraph import CodeGraphError, ConfigError, ConflictError, ErrorCategory, StorageError
from codegraph._internal.retry import Retry, RetryPolicy, retried


class Failing:
    """Raises its errors one after the other, then returns."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_a_call_that_succeeds_is_made_once() -> None:
    call = Failing()
    assert (retried(call, sleep=lambda _: pytest.fail("waited")), call.calls) == ("done", 1)


def test_transient_errors_wait_1_2_and_4_seconds_with_jitter() -> None:
    call, slept, notes = Failing(*(ConflictError(f"no {n}") for n in range(3))), [], []
    assert retried(call, sleep=slept.append, notes=notes) == "done"
    assert [round(seconds - wanted, 6) >= 0 for seconds, wanted in zip(slept, (1, 2, 4), strict=True)] == [True] * 3
    assert all(seconds <= wanted + 0.5 for seconds, wanted in zip(slept, (1, 2, 4), strict=True))
    assert [(note.attempt, note.code, note.category, note.message) for note in notes] == [
        (number + 1, "commit-conflict", "transient", f"no {number}") for number in range(3)
    ]
    assert [note.delay_s for note in notes] == [round(seconds, 3) for seconds in slept]


def test_the_fourth_transient_error_is_raised_with_the_number_of_tries() -> None:
    errors = [ConflictError(f"no {n}") for n in range(5)]
    call = Failing(*errors)
    with pytest.raises(ConflictError) as caught:
        retried(call, sleep=lambda _: None)
    assert (caught.value.message, caught.value.context["attempts"], call.calls) == ("no 3", 4, 4)


def test_infrastructure_errors_are_tried_again_once() -> None:
    call = Failing(StorageError("one"), StorageError("two"), StorageError("three"))
    with pytest.raises(StorageError) as caught:
        retried(call, sleep=lambda _: None)
    assert (caught.value.message, call.calls) == ("two", 2)


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("wrong"),
        ValueError("no error of ours"),
        CodeGraphError("stop", code="cancelled", category=ErrorCategory.TRANSIENT),
    ],
)
def test_other_errors_are_raised_at_once(error: Exception) -> None:
    call = Failing(error)
    with pytest.raises(type(error)) as caught:
        retried(call, sleep=lambda _: pytest.fail("waited"))
    assert caught.value is error
    assert call.calls == 1


def test_a_permanent_error_after_a_transient_one_ends_it() -> None:
    call = Failing(ConflictError("first"), ConfigError("second"))
    with pytest.raises(ConfigError) as caught:
        retried(call, sleep=lambda _: None)
    assert (caught.value.context["attempts"], call.calls) == (2, 2)


def test_no_delay_is_longer_than_a_minute() -> None:
    slept: list[float] = []
    call = Failing(*(ConflictError("no") for _ in range(12)))
    assert retried(call, policy=RetryPolicy(transient=12), sleep=slept.append) == "done"
    assert max(slept) <= 60
    assert slept[8] >= 59


def test_waiting_may_raise_to_give_up() -> None:
    class EnoughError(Exception):
        pass

    def refuse(_: float) -> None:
        raise EnoughError

    notes: list[Retry] = []
    with pytest.raises(EnoughError):
        retried(Failing(ConflictError("no")), sleep=refuse, notes=notes)
    assert len(notes) == 1


def test_each_further_try_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    retried(Failing(ConflictError("no")), sleep=lambda _: None)
    assert "commit-conflict" in capsys.readouterr().err

"""Trying again by category of error: exponential delays with jitter, through tenacity.

Error contract 1.0: transient errors are tried again three times, after 1, 2 and 4 s plus jitter, at most 60 s;
infrastructure errors once; permanent ones never.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import field, frozen

from codegraph._internal.logging import get_logger
from codegraph_hookspecs.errors import CodeGraphError, ErrorCategory

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")
Sleep = Callable[[float], None]

_log = get_logger("codegraph.retry")


@frozen(kw_only=True)
class RetryPolicy:
    """How often and after which delays.

    Args:
        transient: How often a transient error is tried again.
        infrastructure: How often an error of the machine is.
        first_delay_s: Before the first further try; doubled before each next one.
        jitter_s: Each delay is longer by a random part of this, so that several writers do not meet again.
        longest_delay_s: No delay is longer.
        final: Codes that are never tried again here: it was the caller who cancelled.
    """

    transient: int = 3
    infrastructure: int = 1
    first_delay_s: float = 1.0
    jitter_s: float = 0.5
    longest_delay_s: float = 60.0
    final: frozenset[str] = frozenset({"cancelled"})

    def retries(self, error: BaseException) -> int:
        """Return how often the call that raised this may be tried again."""
        if not isinstance(error, CodeGraphError) or error.code in self.final:
            return 0
        allowed = {ErrorCategory.TRANSIENT: self.transient, ErrorCategory.INFRASTRUCTURE: self.infrastructure}
        return allowed.get(error.category, 0)


def _milliseconds(seconds: float) -> float:
    return round(seconds, 3)


@frozen(kw_only=True)
class Retry:
    """One further try, as it stands in the summary of a run.

    Args:
        code: Of the error that made it necessary.
        category: Of the error.
        message: Of the error.
        attempt: The try that failed, from 1.
        delay_s: Seconds waited before the next.
    """

    code: str
    category: str
    message: str
    attempt: int
    delay_s: float = field(converter=_milliseconds)


def retried(
    call: Callable[[], T],
    *,
    policy: RetryPolicy | None = None,
    sleep: Sleep = time.sleep,
    notes: list[Retry] | None = None,
) -> T:
    """Call a function, and again after errors that may pass.

    Args:
        call: What to do; each try starts from the beginning.
        policy: How often; the error contract's when not given.
        sleep: Waits; may raise to give up.
        notes: Gets a `Retry` for each further try.

    Raises:
        CodeGraphError: The last try's error; its context has `attempts`, the number of tries, when there were several.
    """
    policy = policy or RetryPolicy()
    try:
        return call()
    except CodeGraphError as error:
        if not policy.retries(error):
            raise
        first: list[CodeGraphError] = [error]

    import tenacity  # slow to import, and only a failure needs it

    def again() -> T:
        if first:
            raise first.pop()
        return call()

    def note(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, CodeGraphError) and state.next_action is not None:
            retry = Retry(
                code=error.code,
                category=str(error.category),
                message=error.message,
                attempt=state.attempt_number,
                delay_s=state.next_action.sleep,
            )
            _log.warning("failed, trying again", code=retry.code, attempt=retry.attempt, delay_s=retry.delay_s)
            if notes is not None:
                notes.append(retry)

    def spent(state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome is not None else None
        return error is not None and state.attempt_number > policy.retries(error)

    delays = tenacity.wait_exponential(multiplier=policy.first_delay_s, max=policy.longest_delay_s - policy.jitter_s)
    controller = tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: policy.retries(error) > 0),
        stop=spent,
        wait=delays + tenacity.wait_random(0, policy.jitter_s),
        sleep=sleep,
        before_sleep=note,
        reraise=True,
    )
    tries = 0

    def counted() -> T:
        nonlocal tries
        tries += 1
        try:
            return again()
        except CodeGraphError as error:
            if tries > 1:
                raise with_attempts(error, tries) from error.__cause__
            raise

    result: T = controller(counted)
    return result


def with_attempts(error: CodeGraphError, attempts: int) -> CodeGraphError:
    """Return the error with the number of tries in its context."""
    context: dict[str, Any] = {**error.context, "attempts": attempts}
    error.context = context
    return error

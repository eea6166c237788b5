"""How a check says no: one exception with a code, so that a negative test can name what it expects."""

from __future__ import annotations

from typing import NoReturn


class ConformanceError(AssertionError):
    """A plugin breaks the plugin API's contract.

    Args:
        code: Kebab-case name of the broken rule; part of the API.
        message: What is wrong and where, for the plugin's author.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"[{code}] {message}")
        self.code = code
        self.message = message


def fail(code: str, message: str, *, cause: BaseException | None = None) -> NoReturn:
    """Raise `ConformanceError`."""
    raise ConformanceError(code, message) from cause


def require(condition: object, code: str, message: str) -> None:
    """Raise `ConformanceError` unless the condition holds."""
    if not condition:
        fail(code, message)

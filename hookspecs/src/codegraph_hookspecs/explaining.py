"""What an explainer is: it says how a callee's object got to a call (1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from attrs import frozen

from codegraph_hookspecs.languages import LanguagePack


@frozen(kw_only=True)
class ExplainedFile:
    """A file of the snapshot that an edge is in.

    Args:
        path: As in `files.path`.
        language: Its language pack's name.
        module: The module's dotted name.
        content: Its bytes; they are read, never run.
    """

    path: str
    language: str
    module: str
    content: bytes


@frozen(kw_only=True)
class ExplainedDefinition:
    """One end of an edge.

    Args:
        path: Its file.
        span: Its first byte and the one past its last; None is the module.
    """

    path: str
    span: tuple[int, int] | None


@frozen(kw_only=True)
class ExplanationStep:
    """One step of the way.

    Args:
        path: The file.
        line: From 1.
        column: In UTF-8 bytes, from 0.
        text: What happens there.
    """

    path: str
    line: int
    column: int
    text: str


@frozen(kw_only=True)
class CallExplanation:
    """Why a call has a callee.

    Args:
        call: Where it is called.
        steps: From where the callee's object, or the object that it is a method of, is made, to the call.
        is_implicit: The call is not written there: a protocol's, a constructor's, a callback's.
        is_assumed: It rests on a declared type.
    """

    call: ExplanationStep
    steps: tuple[ExplanationStep, ...]
    is_implicit: bool = False
    is_assumed: bool = False


@runtime_checkable
class EdgeExplainer(Protocol):
    """Explains calls in files of some languages.

    Attributes:
        name: Unique among explainers.
        languages: Names of the language packs whose files it reads.
    """

    name: str
    languages: Sequence[str]

    def explain(
        self,
        packs: Mapping[str, LanguagePack],
        files: Iterable[ExplainedFile],
        caller: ExplainedDefinition,
        callee: ExplainedDefinition,
    ) -> Sequence[CallExplanation]:
        """Say how a callee gets to the calls that a caller has of it.

        Args:
            packs: The languages, by name.
            files: All files of the explainer's languages, by path.
            caller: Who calls.
            callee: Who is called.

        Returns:
            One explanation for each place, in order; none for a call of which the explainer knows nothing.
        """
        ...

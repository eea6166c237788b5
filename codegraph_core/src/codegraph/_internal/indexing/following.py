"""Stages that take parsed batches while other files are parsed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from codegraph._internal.indexing.parsing import Chunk
from codegraph._internal.logging import get_logger
from codegraph._internal.pipeline.cancel import CancelToken
from codegraph._internal.pipeline.context import Context
from codegraph._internal.plugin_host import call_with_deadline
from codegraph._internal.plugin_host.calls import DEFAULT_DEADLINE_S
from codegraph_hookspecs import Diagnostic, Follower, ParsedBatch, Stage, StageContext, TableBatch

_log = get_logger("codegraph.indexing")


class Following:
    """The stages of one run that follow the parser.

    One that fails is not asked again, and runs as if it had not been asked: nothing is lost but time.

    Args:
        stages: Those that may.
        context_of: Gives a stage's context, without artifacts, given who takes what it reports.
        beside: Has something done beside parsing, in order; returns what waits for it.
        report: Gets what a stage that followed to the end has to say, with its name.
        cancel: The run's token: no call is waited for once it is set.
    """

    def __init__(
        self,
        stages: Iterable[Stage],
        context_of: Callable[[Stage, Callable[[Diagnostic], None]], Context],
        beside: Callable[[Callable[[], None]], Callable[[], None]],
        report: Callable[[str, Diagnostic], None],
        cancel: CancelToken,
    ) -> None:
        self._context_of = context_of
        self._beside = beside
        self._report = report
        self._cancel = cancel
        self._ended = False
        self._followers: dict[str, Follower] = {}
        self._contexts: dict[str, Context] = {}
        self._said: dict[str, list[Diagnostic]] = {}
        self._last: Callable[[], None] | None = None
        for stage in stages:
            if follows(stage):
                self._last = beside(lambda stage=stage: self._begin(stage))  # type: ignore[misc]

    def take(self, chunk: Chunk) -> None:
        """Have a chunk taken; does not wait."""
        if self._last is not None:
            parsed = chunk.parsed()
            self._last = self._beside(lambda: self._take(parsed))

    def over(self, stage: Stage) -> Stage:
        """Return what runs in the place of a stage, after the last `take`."""
        if self._last is not None:
            self._last()
        follower = self._followers.pop(stage.name, None)
        context = self._contexts.pop(stage.name, None)
        if context is not None:
            context.end()
        if follower is None:
            return stage
        for said in self._said.pop(stage.name, ()):
            self._report(stage.name, said)
        return _Followed(stage, follower)

    def end(self) -> None:
        """Have no stage follow any more; a call that goes on is not waited for."""
        self._ended = True

    def _is_over(self) -> bool:
        return self._ended or self._cancel.cancelled

    def _begin(self, stage: Stage) -> None:
        said: list[Diagnostic] = []
        context = self._context_of(stage, said.append)
        self._contexts[stage.name] = context
        follower = self._call(stage.name, lambda: stage.follow(context))
        if follower is not None:
            self._followers[stage.name], self._said[stage.name] = follower, said

    def _take(self, parsed: ParsedBatch) -> None:
        for name, follower in list(self._followers.items()):
            self._call(name, lambda follower=follower: follower.take(parsed))  # type: ignore[misc]

    def _call(self, name: str, call: Callable[[], Follower | None]) -> Follower | None:
        try:
            found: Follower | None = call_with_deadline(
                call,
                deadline_s=DEFAULT_DEADLINE_S,
                what=f"the stage {name!r}, following the parser,",
                unless=self._is_over,
            )
        except Exception as error:  # a thread that does not start, too: who misses one batch is of no use
            self._followers.pop(name, None)
            if name in self._contexts:
                self._contexts.pop(name).end()
            if not self._is_over():
                _log.warning("a stage does not follow the parser", stage=name, error=str(error))
            return None
        return found


def follows(stage: Stage) -> bool:
    """Say whether a stage's class has a `follow` that belongs to its `run`: the base's knows nothing of the heir's."""
    return _belong(stage, "follow", "run")


def expects(stage: Stage) -> bool:
    """Say whether a stage's class has an `expect` that belongs to its `affected`."""
    return _belong(stage, "expect", "affected")


def _belong(stage: Stage, before: str, then: str) -> bool:
    for each in type(stage).__mro__:
        if before in vars(each):
            return each is not Stage
        if then in vars(each):
            return False
    return False


class _Followed(Stage):
    """Runs a stage that has taken all batches already."""

    name = ""
    layer = ""

    def __init__(self, inner: Stage, follower: Follower) -> None:
        self._held = [follower]  # what it knows goes when it has run
        # The scheduler reads these; they are the inner stage's.
        self.name = inner.name  # type: ignore[misc]
        self.layer = inner.layer  # type: ignore[misc]
        self.tables = inner.tables  # type: ignore[misc]
        self.timeout_s = inner.timeout_s  # type: ignore[misc]

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield what the follower gives."""
        yield from self._held.pop().run(context) or ()

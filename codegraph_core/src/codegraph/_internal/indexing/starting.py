"""The parsers of a run, which begin with files while something else is done: while the others are looked for, say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, InvalidStateError, wait
from contextlib import suppress
from typing import Final

from codegraph._internal.discovery import FirstFiles
from codegraph._internal.indexing.chunks import CHUNK_FILES, GRACE_S, ChunkRunner
from codegraph._internal.indexing.parsing import ParseTeam
from codegraph._internal.logging import get_logger
from codegraph._internal.pipeline.cancel import Cancelled, CancelToken
from codegraph._internal.plugin_host.calls import is_users
from codegraph_hookspecs import ConfigError, LanguagePack, Parser, SourceFile, start_thread
from codegraph_hookspecs.execution import Watch

_log = get_logger("codegraph.indexing")
_POLL_S: Final = 0.1

_Made = tuple[dict[str, LanguagePack], ParseTeam, ChunkRunner]


class ParseStart:
    """Makes the parsers of a run once it is known which languages there are.

    Which ones that are is known when all files are; the first files tell it nearly always. Where they do not, the
    parsers are made anew, and what was begun is dropped.

    Args:
        packs: All language packs, by name.
        parsers: All parsers.
        make_team: Returns the parsers of some languages.
        make_runner: Returns what brings files through them.
        cancel: The run's token, looked at while parsers begin.
    """

    def __init__(
        self,
        *,
        packs: dict[str, LanguagePack],
        parsers: Sequence[Parser],
        make_team: Callable[[dict[str, LanguagePack], Sequence[Parser]], ParseTeam],
        make_runner: Callable[[dict[str, LanguagePack], ParseTeam], ChunkRunner],
        cancel: CancelToken,
    ) -> None:
        self._packs = packs
        self._parsers = parsers
        self._make_team = make_team
        self._make_runner = make_runner
        self._cancel = cancel
        self._made: _Made | None = None

    @property
    def first(self) -> FirstFiles:
        """What the walk tells of the first files."""
        return FirstFiles(count=CHUNK_FILES, begin=self.begin)  # not kept: a circle would keep the run and its store

    def ready(self, sources: Iterable[SourceFile]) -> tuple[ParseTeam, ChunkRunner]:
        """Return the parsers for all files, and what brings these through them.

        Raises:
            ConfigError: As making them does.
        """
        packs = self._of(sources)
        made = self._made_for(packs)
        if made is None:
            made = self._made = self._make(packs)
        return made[1:]

    def _made_for(self, packs: dict[str, LanguagePack]) -> _Made | None:
        """Return what was made, if it is for these languages; else it is closed."""
        if self._made is not None and self._made[0].keys() != packs.keys():
            self._parsers = self._made[1].parsers  # who was left out stays so
            self.close()
        return self._made

    def _make(self, packs: dict[str, LanguagePack]) -> _Made:
        team = self._make_team(packs, self._parsers)
        return packs, team, self._make_runner(packs, team)

    def close(self) -> None:
        """Close the parsers."""
        team = self.take()
        if team is not None:
            team.close()

    def take(self) -> ParseTeam | None:
        """Return the parsers, for another run, and forget them."""
        made, self._made = self._made, None
        return None if made is None else made[1]

    def begin(self, sources: Sequence[SourceFile], *, all_files: bool = False) -> bool:
        """Begin with some files: parsers are foreign code, so in a thread, and not for ever.

        Where that fails or takes long, the parsers are made anew later, under the watch that they have then. Those of
        a call that nobody waits for any more are closed in its thread, once they are free.

        Args:
            sources: As in `ChunkRunner.begin`.
            all_files: As there.

        Returns:
            Whether more can be begun.
        """
        packs = self._of(sources)
        known = self._made_for(packs)
        begun: Future[tuple[_Made, bool]] = Future()

        def begin() -> None:
            made = known
            try:
                made = made or self._make(packs)
                begun.set_result((made, made[2].begin(sources, all_files=all_files)))
            except BaseException as error:  # handed to whoever waits, if somebody still does
                if made is not None:
                    made[1].close()
                with suppress(InvalidStateError):
                    begun.set_exception(error)

        watch = Watch()
        until = watch.now() + GRACE_S
        try:
            start_thread(begin)
            self._made = None  # the thread's, until it hands it back
            while not begun.done() and watch.look() < until:
                self._cancel.check()
                wait([begun], timeout=_POLL_S)
            if begun.cancel():
                return False  # the call may still be in the parsers: they are closed when it returns
            self._made, more = begun.result()
        except BaseException as error:
            if not begun.cancel() and begun.exception() is None:
                self._made = begun.result()[0]  # `close` comes
            if isinstance(error, (ConfigError, Cancelled)) or is_users(error):
                raise
            _log.warning("parsers begin when all files are found", error=str(error))
            return False
        return more

    def _of(self, sources: Iterable[SourceFile]) -> dict[str, LanguagePack]:
        languages = {source.language for source in sources}
        return {name: pack for name, pack in self._packs.items() if name in languages}

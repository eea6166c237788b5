"""Asks a server about many files: several at a time, again after a crash, and never for ever.

Files that were with the server when it failed are asked about once more, each alone: one at fault costs only itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from codegraph_plugins.stages.lsp_types.connection import ServerFailure
from codegraph_plugins.stages.lsp_types.server import LanguageServer, Questions
from codegraph_plugins.stages.lsp_types.servers import FoundServer
from codegraph_plugins.stages.lsp_types.settings import LspTypesSettings

MOST_FAILURES: Final = 6
"""Failures after which a server is not started again."""
_POLL_S: Final = 0.1


@frozen
class Failure:
    """What went wrong with a server.

    Args:
        reason: How.
        path: The file that it was asked about alone, or an empty text.
    """

    reason: str
    path: str = ""


def ask_all(
    server: FoundServer,
    root: Path,
    settings: LspTypesSettings,
    questions: Sequence[Questions],
    check: Callable[[], None],
    progress: Callable[[int], None],
) -> tuple[str, list[Failure]]:
    """Have a server answer questions; answers are put where the questions are.

    Args:
        server: Which.
        root: The repository, absolute.
        settings: Limits of time.
        questions: One for each file.
        check: Raises when the work is not wanted any more; called ten times a second.
        progress: Gets how many files are done.

    Returns:
        The units of columns in answers, and what went wrong.
    """
    work = _Work(server, root, settings, questions, progress)

    async def watched() -> None:
        task = asyncio.create_task(work.run())
        try:
            while not (await asyncio.wait({task}, timeout=_POLL_S))[0]:
                check()
            await task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(watched())
    return work.encoding, work.failures


class _Work:
    """The questions to one server, and how far it got; see `ask_all`."""

    def __init__(
        self,
        server: FoundServer,
        root: Path,
        settings: LspTypesSettings,
        questions: Sequence[Questions],
        progress: Callable[[int], None],
    ) -> None:
        self._server, self._root, self._settings, self._progress = server, root, settings, progress
        self._waiting = deque(questions)
        self._suspects: deque[Questions] = deque()
        self._done = 0
        self.failures: list[Failure] = []
        self.encoding = ""

    async def run(self) -> None:
        """Ask until all is asked, or the server is given up."""
        limit = self._settings.time_limit_s
        try:
            async with asyncio.timeout(limit):
                while (self._waiting or self._suspects) and len(self.failures) < MOST_FAILURES:
                    if not await self._with_one_server():
                        return
        except TimeoutError:
            self.failures.append(Failure(f"needed more than {limit:g} s"))

    async def _with_one_server(self) -> bool:
        """Ask as long as one process lives; say whether another is worth it."""
        server = LanguageServer(self._server, self._root, self._settings)
        alone = not self._waiting
        try:
            try:
                await server.start()
            except ServerFailure as failure:
                self.failures.append(Failure(str(failure)))
                return False
            self.encoding = server.encoding
            waiting, most = (self._suspects, 1) if alone else (self._waiting, self._server.description.opens)
            while waiting:
                files = [waiting.popleft() for _ in range(min(most, len(waiting)))]
                try:
                    await server.ask(files)
                except ServerFailure as failure:
                    self.failures.append(Failure(str(failure), files[0].path if alone else ""))
                    for one in files:
                        one.answers.clear()
                        one.late = 0
                    if not alone:
                        self._suspects.extend(files)
                    break
                self._finished(files)
            return True
        finally:
            await asyncio.shield(server.close())

    def _finished(self, files: Sequence[Questions]) -> None:
        for one in files:
            if one.late:
                limit = self._settings.request_timeout_s
                self.failures.append(Failure(f"did not answer {one.late} questions within {limit:g} s", one.path))
        self._done += len(files)
        self._progress(self._done)

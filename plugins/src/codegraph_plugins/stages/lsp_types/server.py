"""A language server that is asked where names are defined: many questions at a time, none of them for ever."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from codegraph_plugins.stages.lsp_types.connection import AnswerError, Connection, ServerFailure
from codegraph_plugins.stages.lsp_types.places import UTF_8, UTF_16, Lines, Place, places_of
from codegraph_plugins.stages.lsp_types.servers import FoundServer, environ
from codegraph_plugins.stages.lsp_types.settings import LspTypesSettings

_WINDOW: Final = 64
"""Questions that a server has at a time: it never waits for us, and we hold few answers."""
_MOST_UNANSWERED: Final = 3
"""Questions in a row without an answer in time, after which a server is taken to hang."""
_AGAIN: Final = frozenset({-32801, -32802})
"""`ContentModified` and `ServerCancelled`: the server asks to be asked again."""
_TRIES: Final = 8
_PAUSE_S: Final = 0.1
_CAPABILITIES: Final[Mapping[str, Any]] = {
    "general": {"positionEncodings": [UTF_8, UTF_16]},
    "textDocument": {
        "definition": {"linkSupport": True},
        "synchronization": {"dynamicRegistration": False},
        # Who can be asked for diagnostics does not send them.
        "diagnostic": {"dynamicRegistration": False},
    },
    "workspace": {"configuration": True, "workspaceFolders": True},
    "window": {"workDoneProgress": True},
    "experimental": {"serverStatusNotification": True},
}


@define(kw_only=True, eq=False)
class Questions:
    """What is asked about one file.

    Args:
        path: Relative to the repository.
        identifier: The protocol's id of its language.
        content: Its bytes.
        offsets: First bytes of the names, sorted.
        answers: Places by offset, where the server answered.
        late: Questions without an answer in time.
    """

    path: str
    identifier: str
    content: bytes
    offsets: Sequence[int]
    answers: dict[int, list[Place]] = field(factory=dict)
    late: int = 0


class LanguageServer:
    """One server at work. Use `start` and `close`; all calls from one event loop.

    Args:
        server: Which.
        root: The workspace.
        settings: Limits of time.
    """

    def __init__(self, server: FoundServer, root: Path, settings: LspTypesSettings) -> None:
        self._server, self._root, self._settings = server, root, settings
        self._connection: Connection | None = None
        self._ready = asyncio.Event()
        self._window = asyncio.Semaphore(_WINDOW)
        self._unanswered = 0
        self._encoding = UTF_16

    async def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            ServerFailure: It does not get there.
        """
        name, limit = self._server.description, self._settings.start_timeout_s
        self._connection = await Connection.open(self._server.command, self._root, environ(), self._heard)
        uri = self._root.as_uri()
        parameters = {
            "processId": os.getpid(),  # servers end when that process is gone
            "clientInfo": {"name": "codegraph"},
            "rootUri": uri,
            "rootPath": str(self._root),
            "workspaceFolders": [{"uri": uri, "name": self._root.name or "root"}],
            "capabilities": _CAPABILITIES,
            "initializationOptions": name.options,
        }
        try:
            said = await self._connection.request("initialize", parameters, limit)
            able = said.get("capabilities") if isinstance(said, dict) else None
            if not isinstance(able, dict) or not able.get("definitionProvider"):
                raise ServerFailure("cannot say where names are defined")
            self._encoding = UTF_8 if able.get("positionEncoding") == UTF_8 else UTF_16
            await self._connection.notify("initialized", {})
            if name.ready is not None:
                async with asyncio.timeout(limit):
                    await self._ready.wait()
        except TimeoutError:
            raise ServerFailure(f"was not ready within {limit:g} s") from None
        except AnswerError as error:
            raise ServerFailure(f"refused to start ({error})") from None

    async def ask(self, files: Sequence[Questions]) -> None:
        """Open files, ask all questions about them, and close them.

        No file is opened or closed while questions are asked: servers drop what they are at when a text changes.

        Raises:
            ServerFailure: The server is of no use any more.
        """
        connection = self._open_connection()
        for one in files:
            text = one.content.decode("utf-8", "replace")
            item = {"uri": self._uri(one), "languageId": one.identifier, "version": 1, "text": text}
            await connection.notify("textDocument/didOpen", {"textDocument": item})
        try:
            async with asyncio.TaskGroup() as group:
                for one in files:
                    lines = Lines(one.content, self._encoding)
                    for offset in one.offsets:
                        await self._window.acquire()
                        group.create_task(self._one(connection, one, offset, lines))
        except* ServerFailure as failures:
            raise _first(failures) from None
        for one in files:
            await connection.notify("textDocument/didClose", {"textDocument": {"uri": self._uri(one)}})

    async def close(self) -> None:
        """End it."""
        if self._connection is not None:
            await self._connection.close()

    @property
    def encoding(self) -> str:
        """Units of the columns in answers."""
        return self._encoding

    def _open_connection(self) -> Connection:
        if self._connection is None:
            raise ServerFailure("was not started")
        return self._connection

    def _uri(self, questions: Questions) -> str:
        return (self._root / questions.path).as_uri()

    async def _one(self, connection: Connection, questions: Questions, offset: int, lines: Lines) -> None:
        try:
            line, column = lines.position(offset)
            parameters = {
                "textDocument": {"uri": self._uri(questions)},
                "position": {"line": line, "character": column},
            }
            answer = await self._answer(connection, parameters)
            self._unanswered = 0
            questions.answers[offset] = places_of(answer)
        except TimeoutError:
            self._unanswered += 1
            questions.late += 1
            if self._unanswered >= _MOST_UNANSWERED:
                limit = self._settings.request_timeout_s
                raise ServerFailure(f"did not answer {_MOST_UNANSWERED} questions within {limit:g} s each") from None
        finally:
            self._window.release()

    async def _answer(self, connection: Connection, parameters: Any) -> Any:
        """Return what the server says; an error is no answer, unless the server wants to be asked again."""
        for attempt in range(_TRIES):
            try:
                return await connection.request("textDocument/definition", parameters, self._settings.request_timeout_s)
            except AnswerError as error:
                if error.code not in _AGAIN:
                    return None
                await asyncio.sleep(_PAUSE_S * (attempt + 1))
        raise TimeoutError

    def _heard(self, method: str, parameters: Any) -> Any:
        """Answer what a server asks: it gets its configuration, and nothing else is done for it."""
        ready = self._server.description.ready
        if ready is not None and ready(method, parameters):
            self._ready.set()
        if method != "workspace/configuration":
            return None
        items = parameters.get("items") if isinstance(parameters, dict) else None
        settings = self._server.description.settings
        wanted = items if isinstance(items, list) else []
        return [settings.get(str(one.get("section"))) if isinstance(one, dict) else None for one in wanted]


def _first(group: BaseExceptionGroup[ServerFailure]) -> BaseException:
    one: BaseException = group
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    return one

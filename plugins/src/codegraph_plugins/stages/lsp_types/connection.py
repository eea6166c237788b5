"""JSON-RPC 2.0 with a process over its standard streams, framed as the Language Server Protocol says (LSP 3.17).

A transport of our own and not pygls's: that leaves the server's standard error unread, which stops a server that
writes much there, has no bound for a message, ends silently on a header line that is too long, and makes objects of
every message, where a few keys are all that is looked at. ADR 0023 has the comparison.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

MOST_BYTES: Final = 64 << 20
"""Bytes of a message from a server; answers about places have hundreds."""
_HEADERS: Final = 16
_SHUTDOWN_S: Final = 2.0
_KILLED_S: Final = 30.0
"""How long a killed process may take to be gone: one that waits for a slow disk goes when the disk has answered."""
_POLL_S: Final = 0.01

Handler = Callable[[str, Any], Any]
"""Gets a method and its parameters; what it returns answers a request, and is left out for a notification."""


class ServerFailure(Exception):  # noqa: N818 -- it is the server's, and is met and told, never raised to a user
    """A server is of no use any more: it ended, hangs, or does not speak the protocol."""


class AnswerError(Exception):
    """A server answered a request with an error.

    Args:
        code: JSON-RPC's or LSP's.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"error {code}")
        self.code = code


class Connection:
    """A running server. Use `open` and `close`; all calls from one event loop.

    Args:
        process: The server.
        handler: Gets the server's own requests and notifications.
    """

    def __init__(self, process: asyncio.subprocess.Process, handler: Handler) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a server needs its standard input and output")
        self._process, self._handler = process, handler
        self._writer, self._reader = process.stdin, process.stdout
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._failure: ServerFailure | None = None
        self._receiving = asyncio.create_task(self._receive())

    @classmethod
    async def open(
        cls, command: Sequence[str], folder: Path, environ: Mapping[str, str], handler: Handler
    ) -> Connection:
        """Start a server in a process group of its own.

        Raises:
            ServerFailure: It cannot be started.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env=dict(environ),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise ServerFailure(f"could not be started ({type(error).__name__})") from error
        return cls(process, handler)

    @property
    def failure(self) -> ServerFailure | None:
        """Why the server is of no use any more, if so."""
        return self._failure

    async def request(self, method: str, parameters: Any, timeout_s: float) -> Any:
        """Send a request and return its result.

        Raises:
            TimeoutError: No answer came in time; the server was told that none is wanted any more.
            AnswerError: The server answered with an error.
            ServerFailure: It is of no use any more.
        """
        self._number += 1
        number = self._number
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                await self._send({"id": number, "method": method, "params": parameters})
                return await answer
        except TimeoutError:
            with contextlib.suppress(TimeoutError, ServerFailure):
                async with asyncio.timeout(_SHUTDOWN_S):
                    await self.notify("$/cancelRequest", {"id": number})
            raise
        finally:
            self._waiting.pop(number, None)

    async def notify(self, method: str, parameters: Any) -> None:
        """Send a notification; see `request`."""
        await self._send({"method": method, "params": parameters})

    async def close(self) -> None:
        """End the server, politely first; its whole process group is gone afterwards."""
        try:
            if self._failure is None and self._process.returncode is None:
                with contextlib.suppress(TimeoutError, AnswerError, ServerFailure):
                    await self.request("shutdown", None, _SHUTDOWN_S)
                    await self.notify("exit", None)
                    async with asyncio.timeout(_SHUTDOWN_S):
                        await self._process.wait()
        finally:
            self._kill()
            self._receiving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._receiving
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_KILLED_S):
                    while self._process.returncode is None:  # `wait` also waits for pipes that nobody reads
                        await asyncio.sleep(_POLL_S)
            self._writer.close()
            # What a server wrote and nobody read keeps its pipe open; a process has no public way to close that.
            transport = getattr(self._process, "_transport", None)
            if transport is not None:
                transport.close()
                await asyncio.sleep(0)

    def _kill(self) -> None:
        # The group, for servers that are scripts around others; it outlives a leader that has ended.
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    async def _send(self, message: dict[str, Any]) -> None:
        if self._failure is not None:
            raise self._failure
        body = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
        try:
            self._writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await self._writer.drain()
        except (OSError, RuntimeError) as error:  # a broken pipe; the reader tells how the server ended
            raise self._failed("ended") from error

    async def _receive(self) -> None:
        try:
            while True:
                await self._take(await self._message())
        except ServerFailure:
            return  # it ended while it was answered, which is noted
        except (asyncio.IncompleteReadError, OSError):
            self._failed("ended")
        except (ValueError, RecursionError, MemoryError, asyncio.LimitOverrunError):
            self._failed("does not speak the protocol")

    async def _message(self) -> Any:
        length = -1
        for _ in range(_HEADERS):
            line = (await self._reader.readuntil(b"\n")).strip()
            if not line:
                break
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        if not 0 <= length <= MOST_BYTES:
            raise ValueError("no length, or one beyond all bounds")
        return json.loads(await self._reader.readexactly(length))

    async def _take(self, message: Any) -> None:
        if not isinstance(message, dict):
            raise ValueError("a message is no object")
        number, method = message.get("id"), message.get("method")
        if isinstance(method, str):
            result = self._handler(method, message.get("params"))
            if number is not None:
                await self._send({"id": number, "result": result})
            return
        answer = self._waiting.get(number) if isinstance(number, int) else None
        if answer is None or answer.done():
            return
        error = message.get("error")
        if error is None:
            answer.set_result(message.get("result"))
        else:
            code = error.get("code") if isinstance(error, dict) else None
            answer.set_exception(AnswerError(code if isinstance(code, int) else 0))

    def _failed(self, how: str) -> ServerFailure:
        """Note that the server is of no use any more, and tell those who wait."""
        if self._failure is None:
            self._failure = ServerFailure(how)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._failure)
        return self._failure

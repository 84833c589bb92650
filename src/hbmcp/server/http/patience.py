"""How long a client may take over a request, and how much it may send: who sends a byte a minute holds no place."""

import asyncio
from typing import Any

import h11
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD = 10.0  # seconds for the headers of a request, from the connection or the request's first byte on
BODY = 30.0  # for its body
MOST = 4 * 1024 * 1024  # bytes of it


class Patient(H11Protocol):
    """uvicorn's connection, closed where the head of a request doesn't come."""

    _too_late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._too_late = self.loop.call_later(HEAD, self._close)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._waits:
            self._stop_waiting()
        elif self._too_late is None:
            self._too_late = self.loop.call_later(HEAD, self._close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    @property
    def _waits(self) -> bool:
        """For the rest of a head, or for that of a request that was answered before it was here."""
        return self.conn.their_state is h11.IDLE or self.conn.our_state is h11.DONE

    def _stop_waiting(self) -> None:
        if self._too_late is not None:
            self._too_late.cancel()
            self._too_late = None

    def _close(self) -> None:
        self._too_late = None
        if self._waits and not self.transport.is_closing():
            self.transport.close()


class WholeBody:
    """Passes on a request when all of its body is here, and refuses one that is too long or too slow."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        body = await read(scope, receive)
        if isinstance(body, Response):
            return await body(scope, receive, send)
        return await self._app(scope, replayed(body, receive), send)


async def read(scope: Scope, receive: Receive) -> bytes | Response | None:
    """The body of a request, or its refusal; None where the client has gone before its end."""
    length = Headers(scope=scope).get("content-length", "")
    if length.isdecimal() and int(length) > MOST:
        return _TOO_LONG
    try:
        async with asyncio.timeout(BODY):
            return await _read(receive)
    except TimeoutError:
        return _TOO_SLOW
    except _TooLong:
        return _TOO_LONG


def replayed(body: bytes | None, receive: Receive) -> Receive:
    """What is received of a request whose body was read."""
    messages: list[Any] = [{"type": "http.disconnect"} if body is None else {"type": "http.request", "body": body}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


class _TooLong(Exception):
    pass


async def _read(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > MOST:
            raise _TooLong
        if not message.get("more_body", False):
            return bytes(body)


_TOO_LONG = PlainTextResponse(f"The body is longer than {MOST:,} bytes: nothing was done.", 413)
_TOO_SLOW = PlainTextResponse(f"The body didn't come within {BODY:.0f} s: nothing was done.", 408)

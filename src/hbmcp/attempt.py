"""One attempt at a request: whether it is out, and how to stop it."""

import asyncio
from typing import Any, TypeVar

from hbmcp.cancellation import cancelled_once
from hummingbot_api.client import Client, Response
from hummingbot_api.request import Request

T = TypeVar("T")

UNSENT = "cancelled before the request was sent"


class Attempt:
    """Sends a request once, in a task of its own.

    httpcore cleans up after a cancellation only where it waits for the network: where it keeps its books, a cancelled
    request leaves a connection that is never used again and never given back. It tells each step to its `trace`
    extension; a cancellation that comes between two waits until the next. What isn't sent over HTTP tells nothing.
    """

    def __init__(self, *, traced: bool) -> None:
        self._traced = traced
        self._out = False
        self._interruptible = False
        self._cancelled = False

    async def send(self, client: Client, request: Request[T]) -> Response[T]:
        """Client.send; a CancelledError is told of by `unsent`."""
        try:
            return await cancelled_once(self._send(client, request), self._cancel)
        except asyncio.CancelledError:
            if self._out:
                raise
            raise asyncio.CancelledError(UNSENT) from None

    async def _send(self, client: Client, request: Request[T]) -> Response[T]:
        if self._traced:
            return await client.send(request, trace=self._step)
        self._out = self._interruptible = True
        return await client.send(request)

    def _cancel(self, task: asyncio.Task[Any]) -> None:
        self._cancelled = True
        if self._interruptible:
            task.cancel()

    async def _step(self, name: str, info: dict[str, Any]) -> None:
        """`name` is e.g. connection.connect_tcp.started, http11.receive_response_body.complete."""
        self._interruptible = name.endswith(".started") and not name.endswith("response_closed.started")
        if self._interruptible and self._cancelled:
            raise asyncio.CancelledError
        if name.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":  # to a proxy
            self._out = True


def unsent(error: asyncio.CancelledError) -> bool:
    """Whether a request was cancelled before a byte of it was out."""
    return error.args == (UNSENT,)

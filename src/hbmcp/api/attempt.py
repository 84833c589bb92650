"""One attempt at a request: whether it is out, and how to stop it."""

import asyncio
from typing import Any, TypeVar

import httpx

from hbmcp.cancellation import UNSENT, cancelled_once
from hummingbot_api.client import Client, Response
from hummingbot_api.request import Request

T = TypeVar("T")

FOR_A_PLACE = 5.0  # seconds; less than any tool has, so who runs out of them has sent nothing


class Attempt:
    """Sends a request once, in a task of its own.

    httpcore cleans up after a cancellation only where it waits for the network: where it keeps its books, a cancelled
    request leaves a connection that is never used again and never given back. It tells each step to its `trace`
    extension; a cancellation that comes between two steps waits for the next. The paper exchange tells none, and keeps
    no books.
    """

    def __init__(self, places: asyncio.Semaphore, *, traced: bool) -> None:
        self._places = places  # as many as there may be connections, for the pool itself opens as many as it is asked
        self._traced = traced
        self._out = False
        self._interruptible = True
        self._cancelled = False

    async def send(self, client: Client, request: Request[T]) -> Response[T]:
        """Client.send, once there is a place. `unsent` tells of a CancelledError; raises PoolTimeout for no place."""
        try:
            return await cancelled_once(self._send(client, request), self._cancel)
        except asyncio.CancelledError:
            if self._out:
                raise
            raise asyncio.CancelledError(UNSENT) from None

    async def _send(self, client: Client, request: Request[T]) -> Response[T]:
        try:
            async with asyncio.timeout(FOR_A_PLACE):
                await self._places.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("no place") from None
        try:
            self._interruptible = self._out = not self._traced
            return await client.send(request, trace=self._step if self._traced else None)
        finally:
            self._places.release()

    def _cancel(self, task: asyncio.Task[Any]) -> None:
        self._cancelled = True
        if self._interruptible:
            task.cancel()

    async def _step(self, name: str, info: dict[str, Any]) -> None:
        """`name` is e.g. connection.connect_tcp.started, http11.receive_response_body.complete."""
        self._interruptible = name.endswith(".started") and not name.endswith("response_closed.started")
        if self._interruptible and self._cancelled:
            raise asyncio.CancelledError
        self._out = self._out or _goes_out(name.rpartition(".send_request_")[2], info.get("request"))


def _goes_out(part: str, request: Any) -> bool:
    """Whether somebody may act on the request when this part is written. Nobody acts on the headers of one that has a
    body; and CONNECT, which goes to a proxy, isn't what is meant."""
    if part == "headers.started":
        headers = {name.lower(): value for name, value in request.headers}
        has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        return not has_body and request.method != b"CONNECT"
    return part == "body.started" and request.method != b"CONNECT"

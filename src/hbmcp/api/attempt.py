"""One attempt at a request: once there is a place, and whether it is out."""

import asyncio
from typing import Any, TypeVar

import httpx

from hbmcp.cancellation import UNSENT, cancelled_once
from hummingbot_api.client import Client, Response
from hummingbot_api.request import Request

T = TypeVar("T")

FOR_A_PLACE = 5.0  # seconds; less than any tool has, so who runs out of them has sent nothing


class Attempt:
    """Sends a request once, in a task of its own. Whether it is out httpcore tells, which calls its `trace` extension
    at every step; who doesn't ask is told that it is."""

    def __init__(self, places: asyncio.Semaphore, *, traced: bool) -> None:
        self._places = places  # as many as there may be connections, for the pool itself opens as many as it is asked
        self._traced = traced
        self._out = False

    async def send(self, client: Client, request: Request[T]) -> Response[T]:
        """Client.send, once there is a place. `unsent` tells of a CancelledError; raises PoolTimeout for no place."""
        try:
            return await cancelled_once(self._send(client, request))
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
            self._out = not self._traced
            return await client.send(request, trace=self._step if self._traced else None)
        finally:
            self._places.release()

    async def _step(self, name: str, info: dict[str, Any]) -> None:
        """`name` is e.g. connection.connect_tcp.started, http11.receive_response_body.complete."""
        self._out = self._out or _goes_out(name.rpartition(".send_request_")[2], info.get("request"))


def _goes_out(part: str, request: Any) -> bool:
    """Whether somebody may act on the request when this part is written. Nobody acts on the headers of one that has a
    body; and CONNECT, which goes to a proxy, isn't what is meant."""
    if part == "headers.started":
        headers = {name.lower(): value for name, value in request.headers}
        has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        return not has_body and request.method != b"CONNECT"
    return part == "body.started" and request.method != b"CONNECT"

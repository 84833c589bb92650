"""Sends requests and reads answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import field, frozen

from hummingbot_api.errors import NotJson, TooLarge, UnexpectedStatus
from hummingbot_api.exact_json import loads
from hummingbot_api.request import Json, Request

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Trace = Callable[[str, dict[str, Any]], Awaitable[None]]

MEGABYTE = 1_000_000
AT_ONCE = MEGABYTE // 2  # bytes that are read within some milliseconds


@frozen
class Response(Generic[T]):
    """A good answer. `raw` is its JSON, with every number as an int or a Decimal. To parse a `large` one takes long."""

    status: int
    raw: Json = field(repr=False)
    _parse: Callable[[Json], T] = field(repr=False)
    large: bool = field(default=False, kw_only=True)

    def parse(self) -> T:
        """The answer, typed.

        Raises:
            UnexpectedShape: it isn't what the contract promises.
        """
        return self._parse(self.raw)


@frozen
class Client:
    """Sends requests over `http`, which holds the address, the credentials and the connections."""

    http: httpx.AsyncClient

    limit: int = 32 * MEGABYTE  # bytes of an answer, compressed or not

    async def send(
        self, request: Request[T], *, timeout: float | None = None, trace: Trace | None = None
    ) -> Response[T]:
        """Send one request, once. `timeout` is in seconds; without it, that of `http` holds. `trace` is called at every
        step on the way, see httpx's extension of that name.

        Raises:
            UnexpectedStatus: the API answered with another status than 2xx.
            TooLarge: the answer has more bytes than `limit`; the rest wasn't read.
            NotJson: the answer isn't JSON.
            httpx.TransportError: there was no answer.
        """
        http_request = request.build(self.http)
        if timeout is not None:
            http_request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        if trace is not None:
            http_request.extensions["trace"] = trace
        answer = await self.http.send(http_request, stream=True)
        try:
            body = await self._body(answer)
        finally:
            await answer.aclose()
        content_type = answer.headers.get("Content-Type", "")
        if not answer.is_success:
            raise UnexpectedStatus(answer.status_code, body, content_type)
        if answer.status_code in (204, 205):
            raw = None
        elif request.may_be_text and "json" not in content_type:
            raw = body.decode(answer.encoding or "utf-8", "replace")
        else:
            raw = await read_json(body)
        return Response(answer.status_code, raw, request.parse, large=len(body) > AT_ONCE)

    async def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        async for part in answer.aiter_bytes():
            body += part
            if max(len(body), answer.num_bytes_downloaded) > self.limit:
                raise TooLarge(self.limit, len(body))
        return bytes(body)


async def read_json(body: bytes) -> Json:
    """JSON with exact numbers, read beside the event loop where that takes long.

    Raises:
        NotJson: it isn't JSON, which has neither NaN nor Infinity.
    """
    try:
        return loads(body) if len(body) <= AT_ONCE else await asyncio.to_thread(loads, body, yielding=True)
    except ValueError as error:
        raise NotJson(body) from error

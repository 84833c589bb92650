"""Sends requests and reads answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import field, frozen

from hummingbot_api.errors import NotJson, UnexpectedStatus
from hummingbot_api.exact_json import loads
from hummingbot_api.request import Json, Request

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Trace = Callable[[str, dict[str, Any]], Awaitable[None]]


@frozen
class Response(Generic[T]):
    """A good answer. `raw` is its JSON, with every number as an int or a Decimal."""

    status: int
    raw: Json = field(repr=False)
    _parse: Callable[[Json], T] = field(repr=False)

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

    async def send(
        self, request: Request[T], *, timeout: float | None = None, trace: Trace | None = None
    ) -> Response[T]:
        """Send one request, once. `timeout` is in seconds; without it, that of `http` holds. `trace` is called at every
        step on the way, see httpx's extension of that name.

        Raises:
            UnexpectedStatus: the API answered with another status than 2xx.
            NotJson: the answer isn't JSON.
            httpx.TransportError: there was no answer.
        """
        http_request = request.build(self.http)
        if timeout is not None:
            http_request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        if trace is not None:
            http_request.extensions["trace"] = trace
        answer = await self.http.send(http_request)
        content_type = answer.headers.get("Content-Type", "")
        if not answer.is_success:
            raise UnexpectedStatus(answer.status_code, answer.content, content_type)
        if answer.status_code in (204, 205):
            raw = None
        elif request.may_be_text and "json" not in content_type:
            raw = answer.text
        else:
            raw = read_json(answer.content)
        return Response(answer.status_code, raw, request.parse)


def read_json(body: bytes) -> Json:
    """JSON with exact numbers.

    Raises:
        NotJson: it isn't JSON, which has neither NaN nor Infinity.
    """
    try:
        return loads(body)
    except ValueError as error:
        raise NotJson(body) from error

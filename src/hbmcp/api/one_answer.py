"""A connection that is kept alive carries one answer to one request.

What comes after the answer, in the same packet, would be taken for the answer to the next request: httpcore looks only
at what the socket still holds, and this is in its parser already. So the parser is looked into before the connection is
given back; where it holds more, or can't be looked into, the connection isn't used again.
"""

from collections.abc import AsyncIterator

import httpx

# From an httpx stream to the h11 connection that it comes from.
_WAYS = ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state")


async def one_answer(response: httpx.Response) -> None:
    """An httpx event hook: closes the connection of an answer that more comes after."""
    if isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = _Answer(response.stream, response)


class _Answer(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, response: httpx.Response) -> None:
        self._stream = stream
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        if _more(self._stream) and (connection := self._response.extensions.get("network_stream")):
            await connection.aclose()
        await self._stream.aclose()


def _more(stream: object) -> bool:
    """Whether more has come than the answer, as far as that can't be excluded."""
    for step in _WAYS:
        stream = getattr(stream, step, None)
    rest, _ = getattr(stream, "trailing_data", (b"unknown", False))
    return bool(rest)

"""The connections to an API, each lent to one request at a time.

httpcore's own pool looks at all its connections whenever a request comes or goes, and gives one that is idle to all the
requests of that moment, of which one gets it: with many at once that costs as much as all else that is done for them.
So each connection is a pool of its own, with nothing to choose from.
"""

import ssl
import time
from collections import deque
from collections.abc import AsyncIterator

import httpx

from hbmcp.api.one_answer import more_than_one

# Seconds. Less than the five after which the API's server closes an idle connection: a request must not meet that.
KEEP_ALIVE = 3.0
ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEP_ALIVE)

Connection = httpx.AsyncHTTPTransport


class Pool(httpx.AsyncBaseTransport):
    """Opens a connection where none is idle: how many requests there are at once is up to who sends them."""

    def __init__(self, tls: ssl.SSLContext, proxy: str | None) -> None:
        self._tls = tls
        self._proxy = proxy
        self.idle: deque[tuple[float, Connection]] = deque()  # since when; the latest is lent first
        self.lent: set[Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, which holds its connection until it is closed."""
        connection = await self._lend()
        try:
            answer = await connection.handle_async_request(request)
        except BaseException:
            await self.drop(connection)
            raise
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        answer.stream = _Answer(answer.stream, connection, self)
        return answer

    async def aclose(self) -> None:
        """Close all connections, also those that are lent."""
        closing = [*self.lent, *(connection for _, connection in self.idle)]
        self.idle.clear()
        for connection in closing:
            await connection.aclose()

    async def _lend(self) -> Connection:
        while self.idle and self.idle[0][0] < time.monotonic() - KEEP_ALIVE:
            _, unused = self.idle.popleft()
            await unused.aclose()
        connection = self.idle.pop()[1] if self.idle else Connection(self._tls, limits=ONE, proxy=self._proxy)
        self.lent.add(connection)
        return connection

    def take_back(self, connection: Connection) -> None:
        """For the next request."""
        self.lent.discard(connection)
        self.idle.append((time.monotonic(), connection))

    async def drop(self, connection: Connection) -> None:
        """Close it: no other request is to meet what this one left. httpcore itself cleans up after a cancellation only
        where it waits for the network; elsewhere it keeps a connection that is never used again nor given back."""
        self.lent.discard(connection)
        await connection.aclose()


class _Answer(httpx.AsyncByteStream):
    """Gives its connection back when it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, connection: Connection, pool: Pool) -> None:
        self._stream = stream
        self._connection = connection
        self._pool = pool

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        more = more_than_one(self._stream)
        try:
            await self._stream.aclose()
        except BaseException:
            more = True
            raise
        finally:
            if more:
                await self._pool.drop(self._connection)
            else:
                self._pool.take_back(self._connection)

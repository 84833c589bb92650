"""The paper exchange as a Hummingbot API in a process of its own, behind a proxy that breaks one order's way."""

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import httpx

from tests.conftest import PASSWORD, USERNAME
from tests.slow.paper_process import start_paper

LATE = 2.0  # seconds
PLACE = b"POST /trading/orders "
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: what is closed is reset


@dataclass(frozen=True)
class Break:
    """What happens to one request to place an order: whether it `reaches` the exchange, and what comes `then`."""

    reaches: bool
    then: Literal["reset", "half", "500", "silence", "late", "killed"]


class BreakingApi:
    """Use it as a context. `url` is the proxy's; `exchange` asks the API itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: set[asyncio.StreamWriter] = set()
        self._armed: Break | None = None
        self._api_port = self._port = 0
        self.broken = threading.Event()  # the order was met

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def exchange(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self._api_port}", auth=(USERNAME, PASSWORD))

    def arm(self, fault: Break) -> None:
        """The next order is broken so."""
        self._armed = fault
        self.broken.clear()

    def start(self) -> None:
        """Run the API, with all that it knew, and listen where it did."""
        self._paper, self._api_port = start_paper(self._folder, port=self._api_port, database="paper.sqlite")
        self._listen()

    def kill(self) -> None:
        """Kill the API, and every connection to it."""
        self._run(self._die())
        self._paper.communicate()

    def _listen(self) -> None:
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", self._port))
        self._port = self._server.sockets[0].getsockname()[1]

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _die(self) -> None:
        self._server.close()
        self._paper.kill()
        for writer in self._open:
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while True:
                request = await _message(reader)
                fault = None
                if request.startswith(PLACE):
                    fault, self._armed = self._armed, None
                answer = b"" if fault and not fault.reaches else await self._answer(request)
                if fault:
                    await self._break(fault.then, answer, reader, writer)
                else:
                    writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._api_port)
        try:
            writer.write(request)
            return await _message(reader)
        finally:
            writer.close()

    async def _break(
        self, then: str, answer: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.broken.set()
        if then == "late":
            await asyncio.sleep(LATE)
            writer.write(answer)
        elif then == "500":
            text = b"Internal Server Error"
            writer.write(b"HTTP/1.1 500 -\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n" % len(text) + text)
        elif then == "half":
            writer.write(answer[:-30])
            await writer.drain()
            raise ConnectionAbortedError
        elif then == "silence":
            await reader.read()
        elif then == "reset":
            _reset(writer)
        else:
            await self._die()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A request or an answer, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return head + await reader.readexactly(int(length[1]) if length else 0)


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    writer.transport.abort()

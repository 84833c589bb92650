"""The paper exchange as a Hummingbot API in a process of its own, behind a proxy that takes its time."""

import asyncio
import random
import re
import threading
from pathlib import Path
from typing import Any, Self

from tests.slow.paper_process import start_paper

SLOWEST = 0.03  # seconds for a part of a request on its way


class SlowApi:
    """Use it as a context. `url` is the proxy's. While `gate` isn't set, no order gets an answer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.gate = threading.Event()
        self.gate.set()
        self.orders = 0  # requests to place one that have reached the exchange

    def __enter__(self) -> Self:
        self._paper, self._port = start_paper(self._folder, port=0, database=":memory:")
        self._thread.start()
        server = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(server, self._loop).result(10)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._paper.kill()
        self._paper.communicate()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.wait(
            [asyncio.create_task(self._requests(reader, back)), asyncio.create_task(_pump(there, writer))]
        )

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                await asyncio.sleep(random.uniform(0, SLOWEST))
                body = await reader.readexactly(int(length[1]) if length else 0)
                await asyncio.sleep(random.uniform(0, SLOWEST))
                if head.startswith(b"POST /trading/orders "):
                    self.orders += 1
                    await asyncio.to_thread(self.gate.wait)
                writer.write(head + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: Any) -> None:
    try:
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()

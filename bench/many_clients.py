"""Many clients at once, of both eras, each with an access token: whether each of their calls gets the answer to what it
asked for."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from bench.wire import Wire

TOOLS = ("get_bot_status", "submit_cancel")  # a read; and what isn't one, so that policy and audit see it
ACTS = 10  # every so many calls is none
_ASKED = re.compile(r"client-\d+-\d+")


@asynccontextmanager
async def echo() -> AsyncIterator[str]:
    """Runs an API that answers with the path that it was asked for; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                await reader.readexactly(int(length[1]) if length else 0)
                body = json.dumps({"status": "success", "message": head.split(b" ", 2)[1].decode()}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
                writer.write(b"content-length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def crossed(url: str, tokens: Sequence[str], clients: int, calls: range) -> list[tuple[str, list[str]]]:
    """What was asked for, and answered with instead. `calls` are each client's, half of whom have a session.

    Raises:
        WireError: a call was lost, or failed.
    """
    wires = [Wire(url, tokens[one % len(tokens)], session=2 * one < clients) for one in range(clients)]
    found = await asyncio.gather(*(_client(wire, one, calls) for one, wire in enumerate(wires)))
    return [(asked, told) for answers in found for asked, told in answers if told != [asked]]


async def _client(wire: Wire, number: int, calls: range) -> list[tuple[str, list[str]]]:
    answers = []
    async with wire:
        for call in calls:
            asked = f"client-{number}-{call}"
            where = {"account_name": "master_account", "connector_name": "binance", "order_id": asked}
            acts = call % ACTS == 0
            text = await wire.call(TOOLS[acts], where if acts else {"bot_name": asked})
            answers.append((asked, _ASKED.findall(text)))
    return answers

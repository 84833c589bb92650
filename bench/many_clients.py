"""Many clients at once, of both eras, each with an access token: whether each of their calls gets the answer to what it
asked for, and what a server has grown by after ten thousand of them."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bench.report import OURS, Row
from bench.wire import Wire, WireError

TOOLS = ("get_bot_status", "submit_cancel")  # a read; and what isn't one, so that policy and audit see it
ACTS = 10  # every so many calls is none
TOKENS, CLIENTS = 10, 200
WARM, CALLS = 5, 50  # of each client
GROWN = 8  # MiB: what a heap leaves
_ASKED = re.compile(r"client-\d+-\d+")


def row(folder: Path) -> Row:
    """Ten thousand calls of two hundred clients, with access tokens, a policy and the audit on."""
    name = f"{CLIENTS * CALLS:,} calls over HTTP, {CLIENTS} clients"
    bar = f"none lost or crossed, ≤ {GROWN} MiB more"
    try:
        wrong, grown, rate = asyncio.run(_measured(folder))
    except WireError as error:
        return Row(name, {OURS: f"one was lost: {str(error)[:60]}"}, bar, False)
    return Row(
        name, {OURS: f"{wrong} crossed, {grown:+.1f} MiB ({rate:,.0f} a second)"}, bar, not wrong and grown <= GROWN
    )


async def _measured(folder: Path) -> tuple[int, float, float]:
    """How many answers were another's, MiB that the server has grown by once it was warm, calls a second."""
    folder.mkdir()
    (folder / "policy.toml").write_text("[limits]\norder = 100\nday = 1000\n")
    async with echo() as api:
        env = {
            **os.environ,
            "HUMMINGBOT_API_URL": api,
            "HUMMINGBOT_API_USERNAME": "user",
            "HUMMINGBOT_API_PASSWORD": "password",
            "HBMCP_COMPARE_API": "false",
            "HBMCP_STATE_URL": f"sqlite:///{folder / 'state.sqlite'}",
            "HBMCP_POLICY": str(folder / "policy.toml"),
            "HBMCP_TOOLS": ",".join(TOOLS),
            "XDG_DATA_HOME": str(folder),
            "LOG_LEVEL": "ERROR",
        }
        hbmcp = [sys.executable, "-m", "hbmcp"]
        tokens = [
            subprocess.run(
                [*hbmcp, "token", "create", f"token-{number}"],
                env=env,
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
            ).stdout.strip()
            for number in range(TOKENS)
        ]
        command = [*hbmcp, "serve", "--transport", "http", "--port", "0"]
        with subprocess.Popen(command, env=env, cwd=folder, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr
            try:
                url = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+/mcp", line) for line in server.stderr)))[0]
                wrong = await crossed(url, tokens, CLIENTS, range(WARM))
                warm, begin = _memory(server.pid), time.perf_counter()
                wrong += await crossed(url, tokens, CLIENTS, range(WARM, CALLS))
                seconds = time.perf_counter() - begin
                return len(wrong), _memory(server.pid) - warm, CLIENTS * (CALLS - WARM) / seconds
            finally:
                server.kill()


def _memory(pid: int) -> float:
    """MiB that a process has resident."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20


@asynccontextmanager
async def echo() -> AsyncIterator[str]:
    """Runs an API that answers with the path that it was asked for; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled it is as the event loop ends, which would say so of each connection.
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
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

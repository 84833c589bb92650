"""Calls a second over HTTP, of many clients at once, with access tokens, a policy and the audit on, to those of a bare
server of the SDK that has none of it."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from statistics import median

from bench.peers import ROOT
from bench.report import OURS, Row
from bench.wire import Wire

CLIENTS = 16  # with one access token, which lets call 32 times at once
ROUNDS = 7  # of each server, in turns; the first of each warms it up
CALLS = 20  # of each client in a round
BAR = 0.9
BARE = "bare SDK"
TOOLS = {OURS: "list_accounts", BARE: "get_accounts"}
ERAS = {True: "sessions of 2025", False: "no sessions, 2026"}


def rows(api: str, folder: Path) -> list[Row]:
    """A row an era of the protocol, in front of the null API at this address."""
    with ExitStack() as stack:
        servers = {OURS: stack.enter_context(_ours(api, folder)), BARE: stack.enter_context(_bare(api, folder))}
        return [_row(era, asyncio.run(_measured(servers, session=session))) for session, era in ERAS.items()]


def _row(era: str, found: dict[str, float]) -> Row:
    base = found[BARE]
    cells = {server: f"{value / base:.3f} x ({value:,.0f} a second)" for server, value in found.items()}
    return Row(f"calls over HTTP, {CLIENTS} clients, {era}", cells, f"≥ {BAR:.2f} x", found[OURS] / base >= BAR)


async def _measured(servers: dict[str, tuple[str, str]], *, session: bool) -> dict[str, float]:
    """Calls a second of each server, medians of its rounds."""
    rates: dict[str, list[float]] = {server: [] for server in servers}
    for turn in range(ROUNDS):
        for server in list(servers)[:: 1 if turn % 2 else -1]:
            async with AsyncExitStack() as stack:
                opening = [stack.enter_async_context(Wire(*servers[server], session=session)) for _ in range(CLIENTS)]
                clients = await asyncio.gather(*opening)
                begin = time.perf_counter()
                await asyncio.gather(*(_calls(one, TOOLS[server]) for one in clients))
                rates[server].append(CLIENTS * CALLS / (time.perf_counter() - begin))
    return {server: median(values[1:]) for server, values in rates.items()}


async def _calls(client: Wire, tool: str) -> None:
    for _ in range(CALLS):
        await client.call(tool, {})


@contextmanager
def _ours(api: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Address and access token of hbmcp."""
    (folder / "policy.toml").write_text("[limits]\norder = 100\nday = 1000\n")
    env = {
        **os.environ,
        "HUMMINGBOT_API_URL": api,
        "HUMMINGBOT_API_USERNAME": "user",
        "HUMMINGBOT_API_PASSWORD": "password",
        "HBMCP_STATE_URL": f"sqlite:///{folder / 'state.sqlite'}",
        "HBMCP_POLICY": str(folder / "policy.toml"),
        "HOME": str(folder),
        "LOG_LEVEL": "WARNING",
    }
    hbmcp = [sys.executable, "-m", "hbmcp"]
    made = subprocess.run(
        [*hbmcp, "token", "create", "bench"], env=env, cwd=folder, check=True, capture_output=True, text=True
    )
    command = [*hbmcp, "serve", "--transport", "http", "--port", "0", "--tools", TOOLS[OURS]]
    with _served(command, env, folder) as url:
        yield url, made.stdout.strip()


@contextmanager
def _bare(api: str, folder: Path) -> Iterator[tuple[str, str]]:
    command = [sys.executable, str(ROOT / "bench/servers/bare.py"), "--http"]
    with _served(command, {**os.environ, "HUMMINGBOT_API_URL": api}, folder) as url:
        yield url, ""


@contextmanager
def _served(command: list[str], env: dict[str, str], folder: Path) -> Iterator[str]:
    """The address that a server names on stderr."""
    with subprocess.Popen(command, env=env, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+/mcp", line) for line in process.stderr)))
            yield found[0]
        finally:
            process.kill()

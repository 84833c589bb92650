"""Clients of both eras that show access tokens, and the servers that they show them to."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from tests.conftest import address_of, environment, hbmcp
from tests.forked import HBMCP, Popen

PRICE = {"connector_names": ["binance"], "trading_pairs": ["BTC-USDT"]}
MODES = ["legacy", "auto"]  # of 2025, and of 2026
ACCEPT = {"accept": "application/json, text/event-stream"}
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "tests", "version": "0"}}
BUY = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": "0.001",
    "order_type": "MARKET",
}


def on_paper(folder: Path, **settings: str) -> dict[str, str]:
    """The environment of servers that share a paper exchange and a store of their own in a folder."""
    return environment(
        HBMCP_PAPER="true",
        HBMCP_PAPER_DB=str(folder / "paper.sqlite"),
        **{"HBMCP_STATE_URL": f"sqlite:///{folder / 'state.sqlite'}", "LOG_LEVEL": "WARNING", **settings},
    )


def made(name: str, *flags: str, env: Mapping[str, str], cwd: Path) -> str:
    """A new access token."""
    done = hbmcp("token", "create", name, *flags, env=env, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def revoked(name: str, env: Mapping[str, str], cwd: Path) -> None:
    done = hbmcp("token", "revoke", name, env=env, cwd=cwd)
    assert done.returncode == 0, done.stderr


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@contextmanager
def process(
    *flags: str, env: Mapping[str, str], cwd: Path, code: str = ""
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A server over HTTP on a free port, with its address; `code` is run in place of hbmcp."""
    run = [sys.executable, "-c", code] if code else HBMCP
    started = Popen(
        [*run, "serve", "--transport", "http", *([] if "--port" in flags else ["--port", "0"]), *flags],
        env=dict(env),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield started, address_of(started)
    finally:
        started.kill()
        started.communicate()


@asynccontextmanager
async def client(url: str, token: str = "", mode: Any = "auto", **other: Any) -> AsyncIterator[Client]:
    async with (
        create_mcp_http_client(bearer(token) if token else None) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode, **other) as opened,
    ):
        yield opened


class Raw:
    """A client of 2025 by hand, which shows what it is told to."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self.headers = {**ACCEPT, **headers}
        self.session = ""
        self._ids = count(1)

    def post(self, method: str, params: Any = None, **headers: str) -> httpx.Response:
        body: dict[str, Any] = {"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})}
        if not method.startswith("notifications/"):
            body["id"] = next(self._ids)
        with_session = {"mcp-session-id": self.session} if self.session else {}
        with httpx.Client(trust_env=False, timeout=30) as http:
            return http.post(self.url, json=body, headers={**self.headers, **with_session, **headers})

    def opened(self) -> "Raw":
        """With a session."""
        answer = self.post("initialize", HELLO)
        assert answer.status_code == 200, answer.text
        self.session = answer.headers["mcp-session-id"]
        self.post("notifications/initialized")
        return self

    def call(self, tool: str, **arguments: Any) -> httpx.Response:
        return self.post("tools/call", {"name": tool, "arguments": arguments})


def told(answer: httpx.Response) -> Any:
    """The message in an answer, a stream or not."""
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
    return json.loads(lines[-1] if lines else answer.text)


def text(result: Any) -> str:
    said: str = result.content[0].text
    return said

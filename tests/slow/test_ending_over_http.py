"""How a server over HTTP ends: at once, and without a traceback, whoever ends it and in the middle of what."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client

from tests.conftest import address_of, connected
from tests.faulty_api import HANG, FaultyApi, Reply
from tests.test_ending import CALL, SERVE

pytestmark = pytest.mark.slow

MODES = ["legacy", "auto"]


@contextmanager
def _http(env: Mapping[str, str], folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [*SERVE, "--transport", "http", "--port", "0"],
        env=dict(env),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process, address_of(process)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("told", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
async def test_a_signal_in_the_middle_of_a_call_ends_it(
    mode: str, told: signal.Signals, code: int, api: FaultyApi, tmp_path: Path
) -> None:
    api.always = HANG
    with _http(connected(api.url, HBMCP_TOOLS="all"), tmp_path) as (process, url):
        client = anyio.create_task_group()
        async with client:
            client.start_soon(_call_whatever_comes, url, mode)
            assert await anyio.to_thread.run_sync(api.arrived.wait, 10)
            process.send_signal(told)
            _, said = await anyio.to_thread.run_sync(lambda: process.communicate(timeout=30))
            client.cancel_scope.cancel()
        assert process.returncode == code
        assert "Traceback" not in said
        assert "ERROR" not in said
        assert api.left.wait(10)


async def _call_whatever_comes(url: str, mode: str) -> None:
    try:
        async with Client(url, mode=mode) as client:
            await client.call_tool("list_accounts", {})
    except Exception:
        pass  # the server has gone


CLIENT = """
import anyio, sys
from mcp import Client
async def main():
    async with Client(sys.argv[1], mode=sys.argv[2]) as client:
        await client.call_tool("list_accounts", {})
anyio.run(main)
"""


@pytest.mark.parametrize("mode", MODES)
def test_a_client_that_dies_leaves_no_traceback(mode: str, api: FaultyApi, tmp_path: Path) -> None:
    with _http(connected(api.url, HBMCP_TOOLS="all"), tmp_path) as (process, url):
        api.always = HANG
        client = subprocess.Popen([sys.executable, "-c", CLIENT, url, mode])
        assert api.arrived.wait(10)
        client.kill()
        client.wait()
        if mode == "auto":  # a client of 2025 may come back and ask for the answer
            assert api.left.wait(10)
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert "Traceback" not in said
    assert "ERROR" not in said


def test_sessions_deleted_in_the_middle_of_a_call_leave_room_for_others(api: FaultyApi, tmp_path: Path) -> None:
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "tests", "version": "0"},
    }
    with (
        _http(connected(api.url, HBMCP_TOOLS="all"), tmp_path) as (process, url),
        httpx.Client(trust_env=False) as http,
    ):

        def post(session: str | None, method: str, params: Any, **options: Any) -> httpx.Response:
            headers = {"accept": "application/json, text/event-stream"}
            headers |= {"mcp-session-id": session} if session else {}
            body = {"jsonrpc": "2.0", "method": method, "params": params}
            if not method.startswith("notifications/"):
                body["id"] = 1
            return http.post(url, json=body, headers=headers, **options)

        def opened() -> str:
            session = post(None, "initialize", hello).headers["mcp-session-id"]
            post(session, "notifications/initialized", {})
            return session

        for _ in range(8):
            session = opened()
            api.reset()
            api.then(Reply.json([f"account {number}" for number in range(8)]))
            api.always = HANG
            with ThreadPoolExecutor() as pool:
                call = pool.submit(post, session, "tools/call", {"name": "get_positions", "arguments": {}})
                while len(api.requests) < 9:
                    assert not call.done()
                    time.sleep(0.01)
                http.delete(url, headers={"mcp-session-id": session})
            assert api.left.wait(10)
        api.reset()
        api.always = Reply.json(["master_account"])
        assert "master_account" in post(opened(), "tools/call", CALL).text
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert "Traceback" not in said

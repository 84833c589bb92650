"""A call that comes again, and processes and calls that end in the middle: what was sent is sent once, and counted."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from hbmcp import settings
from hbmcp.bridge import Bridge
from hbmcp.catalog import Catalog
from hbmcp.policy.model import Policy
from hbmcp.server.protocol import IDEMPOTENCY_KEY
from tests.conftest import EVERY, PASSWORD, USERNAME, connected, hbmcp
from tests.faulty_api import HANG, FaultyApi, Reply
from tests.stdio_server import StdioServer

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ORDER: dict[str, Any] = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": 0.1,
    "order_type": "MARKET",
}
CALL = {"name": "submit_order", "arguments": ORDER}
PLACED = Reply.json(
    {
        "order_id": "X-1",
        "account_name": "master_account",
        "connector_name": "binance",
        "trading_pair": "BTC-USDT",
        "trade_type": "BUY",
        "amount": "0.1",
        "order_type": "MARKET",
        "price": None,
        "status": "submitted",
    }
)


@pytest.fixture
def env(api: FaultyApi, tmp_path: Path) -> dict[str, str]:
    api.always = PLACED
    unlimited = tmp_path / "policy.toml"  # so that the API is asked for no price
    unlimited.write_text('currency = "USDT"\n')
    return connected(
        api.url,
        HBMCP_POLICY=str(unlimited),
        HBMCP_TOOLS=",".join(EVERY),
        HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}",
    )


@pytest.fixture
async def bridge(api: FaultyApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bridge]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HBMCP_STATE_URL", f"sqlite:///{tmp_path / 'state.sqlite'}")
    told = settings.load({"api_url": api.url, "api_username": USERNAME, "api_password": PASSWORD})
    bridge = Bridge(Catalog.load().choose(tools=EVERY), told, policy=Policy())
    yield bridge
    await bridge.aclose()


def text_of(answer: dict[str, Any]) -> str:
    return str(answer["result"]["content"][0]["text"])


def test_the_same_request_twice_is_sent_once(env: dict[str, str], api: FaultyApi, tmp_path: Path) -> None:
    with StdioServer(env=env, cwd=tmp_path) as server:
        for _ in range(2):
            server._send({"id": 77, "method": "tools/call", "params": CALL})
        texts = [text_of(server.answer(77)) for _ in range(2)]
    assert len(api.requests) == 1
    assert sum("X-1" in one for one in texts) >= 1
    assert sum(one.startswith("The same was said 0 s ago") for one in texts) == 1


def test_a_key_in_meta_stands_for_what_was_sent_in_whatever_process(
    env: dict[str, str], api: FaultyApi, tmp_path: Path
) -> None:
    with_key = {**CALL, "_meta": {IDEMPOTENCY_KEY: "0b9f4f3e"}}
    for _ in range(2):
        with StdioServer(env=env, cwd=tmp_path) as server:
            result = server.request("tools/call", with_key)
            assert not result["isError"], result
            assert "X-1" in result["content"][0]["text"]
    with StdioServer(env=env, cwd=tmp_path) as server:
        assert server.request("tools/call", {**CALL, "_meta": {IDEMPOTENCY_KEY: 7}})["isError"]
    pairs = [f"{name}={value}" for name, value in ORDER.items()]
    called = hbmcp("call", "submit_order", *pairs, "--idempotency-key", "0b9f4f3e", env=env, cwd=tmp_path)
    assert called.returncode == 0
    assert called.stdout.startswith("Not sent again: under this idempotency key, ")
    assert len(api.requests) == 1


def test_a_server_that_is_killed_leaves_what_it_reserved(env: dict[str, str], api: FaultyApi, tmp_path: Path) -> None:
    api.then(HANG)
    with StdioServer(env=env, cwd=tmp_path) as server:
        server.start("tools/call", CALL)
        while not api.requests:
            pass
        server.process.kill()
    with StdioServer(env=env, cwd=tmp_path) as server:
        text, failed = server.call("submit_order", **ORDER)
    assert failed
    assert "is being sent, or whoever sent it never told what became of it" in text
    assert len(api.requests) == 1


async def test_cancelled_before_it_was_sent_nothing_counts(bridge: Bridge, api: FaultyApi) -> None:
    places = bridge._api.ours._places
    held = [places.acquire() for _ in range(places._value)]
    await asyncio.gather(*held)
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: bridge.call("submit_order", ORDER))
        with anyio.fail_after(10):
            while not await bridge.store.granted(0):
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    with anyio.fail_after(10):
        while await bridge.store.granted(0):  # it is taken back beside what goes on
            await anyio.sleep(0.01)
    assert not api.requests


async def test_cancelled_after_it_was_sent_it_counts(bridge: Bridge, api: FaultyApi) -> None:
    api.always = HANG
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: bridge.call("submit_order", ORDER))
        with anyio.fail_after(10):
            while not api.requests:
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    assert [row.state for row in await bridge.store.granted(0)] == ["unknown"]


async def test_at_whichever_step_it_is_cancelled_what_counts_is_what_was_sent(bridge: Bridge, api: FaultyApi) -> None:
    api.always = PLACED
    await bridge.call("submit_order", ORDER)  # opens the store, and a connection
    for steps in range(0, 60, 3):
        asked, counted = len(api.requests), len(await bridge.store.granted(0))
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: bridge.call("submit_order", {**ORDER, "again": True}))
            for _ in range(steps):
                await asyncio.sleep(0.0005)
            group.cancel_scope.cancel()
        await bridge.store._worker.aclose()
        assert len(await bridge.store.granted(0)) - counted >= len(api.requests) - asked

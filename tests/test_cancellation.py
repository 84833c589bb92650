"""What a cancelled call leaves behind: nothing that it didn't do."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp import settings

from hbmcp.bridge import Bridge

from hbmcp.catalog import Catalog
from hbmcp.errors import Refused
from hbmcp.installation.installation import together
from hbmcp.settings import Settings
from hummingbot_api.client import Client
from hbmcp_tools import accounts
from tests.conftest import PASSWORD, USERNAME
from tests.faulty_api import HANG, FaultyApi, Reply

pytestmark = pytest.mark.anyio

OFFER = Catalog.load().choose(tools=["all"])
MARKET = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": 0.1,
    "order_type": "MARKET",
}


@pytest.fixture
async def bridge(api: FaultyApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bridge]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HBMCP_STATE_URL", f"sqlite:///{tmp_path / 'state.sqlite'}")
    bridge = Bridge(OFFER, settings.load({"api_url": api.url, "api_username": USERNAME, "api_password": PASSWORD}))
    yield bridge
    await bridge.aclose()


def connections(bridge: Bridge) -> list[Any]:
    """Those that aren't idle, and so can't be used by others."""
    transport: Any = bridge._api._client.http._transport  # type: ignore[union-attr]
    return [one for one in transport._pool.connections if not one.is_idle()]


async def seen(api: FaultyApi, requests: int) -> None:
    with anyio.fail_after(10):
        while len(api.requests) < requests:
            await anyio.sleep(0.001)


async def test_cancelled_calls_give_their_connections_back(bridge: Bridge, api: FaultyApi) -> None:
    before = asyncio.all_tasks()
    for _ in range(8):
        api.reset()
        api.then(Reply.json([f"account {number}" for number in range(8)]))
        api.always = HANG
        async with anyio.create_task_group() as group:
            group.start_soon(bridge.call, "get_positions", {})
            await seen(api, 1 + 8)
            group.cancel_scope.cancel()
        assert connections(bridge) == []
    assert asyncio.all_tasks() == before
    api.always = Reply.json(["master_account"])
    assert (await bridge.call("list_accounts", {})).text == '["master_account"]'


@pytest.mark.parametrize("steps", range(40))
async def test_at_whichever_step_a_request_is_cancelled(bridge: Bridge, api: FaultyApi, steps: int) -> None:
    before = asyncio.all_tasks()
    async with anyio.create_task_group() as group:
        group.start_soon(bridge.call, "list_accounts", {})
        for _ in range(steps):
            await asyncio.sleep(0)
        group.cancel_scope.cancel()
    if bridge._api._client is not None:
        assert connections(bridge) == []
    assert asyncio.all_tasks() == before

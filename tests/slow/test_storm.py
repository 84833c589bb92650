"""Calls of every workflow, cancelled at random moments, over every transport: the server is as before."""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from hbmcp.catalog import Catalog
from tests.conftest import EVERY, connected
from tests.slow.slow_api import SlowApi

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

ROUNDS = 3  # of every workflow
LONGEST = 0.4  # seconds before a call is cancelled

ACCOUNT = {"account_name": "master_account"}
SPOT = {**ACCOUNT, "connector_name": "binance", "trading_pair": "BTC-USDT"}
PERPETUAL = {**SPOT, "connector_name": "binance_perpetual"}
EXECUTOR = {
    **ACCOUNT,
    "executor_type": "order_executor",
    "config": {
        "connector_name": "binance_perpetual",
        "trading_pair": "ETH-USDT",
        "leverage": 5,
        "side": 1,
        "amount": "0.1",
        "execution_strategy": "MARKET",
    },
}
CONTROLLER = {"controller_type": "market_making", "controller_name": "pmm_simple"}
CHAIN = {"network_id": "solana-mainnet-beta"}
POOL = {**CHAIN, "connector": "meteora"}

CALLS: dict[str, dict[str, Any]] = {
    "get_accounts": {},
    "connect_exchange": {"connector_name": "kucoin", "account_name": "second_account"},
    "delete_account": {"account_name": "second_account"},
    "delete_credential": {"account_name": "second_account", "connector_name": "binance"},
    "get_controller_template": CONTROLLER,
    "save_controller_config": {"config_name": "mine", "config": {"id": "mine", **CONTROLLER}},
    "update_bot_config": {"bot_name": "desk", "config_name": "mine", "updates": {"enabled": False}},
    "delete_controller_config": {"config_name": "mine"},
    "delete_controller": CONTROLLER,
    "get_executor_fields": {"executor_type": "grid_executor"},
    "create_executor": EXECUTOR,
    "set_executor_defaults": {"executor_type": "grid_executor", "config": {"leverage": 2}},
    "get_executor": {"executor_id": "none"},
    "list_executors": {},
    "stop_executor": {"executor_id": "none", "position": "keep"},
    "get_ticker": {"trading_pairs": ["BTC-USDT", "ETH-USDT"]},
    "estimate_trade": {"connector_name": "binance", "trading_pair": "BTC-USDT", "side": "BUY", "amount": 1},
    "get_funding_rates": {"trading_pairs": ["BTC-USDT", "ETH-USDT"]},
    "get_portfolio_balances": {},
    "get_account_balance": ACCOUNT,
    "get_portfolio_performance": {},
    "save_script_config": {"config_name": "script", "config": {"script_file_name": "v2_with_controllers.py"}},
    "delete_script_config": {"config_name": "script"},
    "delete_script": {"script_name": "v2_with_controllers"},
    "get_status": {},
    "place_order": {**SPOT, "side": "BUY", "amount": 0.001, "order_type": "MARKET", "again": True},
    "place_orders": {"orders": [{**SPOT, "side": "BUY", "amount": 0.001, "order_type": "MARKET"}], "again": True},
    "cancel_order": {"order_id": "none"},
    "replace_order": {"order_id": "none", "price": "1"},
    "cancel_orders": {"older_than": 10**6},
    "get_open_orders": {},
    "get_order": {"order_id": "none"},
    "get_order_history": {},
    "get_positions": {},
    "get_position_history": {},
    "get_fees": {},
    "create_trigger": {"connector_name": "binance", "trading_pair": "BTC-USDT", "below": "-50%"},
    "protect_position": {"trading_pair": "BTC-USDT", "stop": "-50%"},
    "list_triggers": {},
    "get_trigger": {"id": 1},
    "cancel_trigger": {"id": 10**6},
    "cancel_after": {"minutes": 60, "connector_name": "binance"},
    "wait_for": {"connector_name": "binance", "trading_pair": "BTC-USDT", "above": "1"},
    "close_position": {"trading_pair": "BTC-USDT"},
    "close_positions": {**ACCOUNT, "preview": False},
    "set_position_mode": {
        "account_name": "master_account",
        "connector_name": "binance_perpetual",
        "position_mode": "ONEWAY",
    },
    "set_leverage": {**PERPETUAL, "leverage": 3},
    "validate_controller_config": {**CONTROLLER, "config": {}},
    "get_controller_code": CONTROLLER,
    "save_controller_code": {"controller_type": "generic", "controller_name": "mine", "content": "x = 1"},
    "get_script_code": {"script_name": "v2_with_controllers"},
    "save_script_code": {"script_name": "mine", "content": "x = 1"},
    "run_backtest": {"config": CONTROLLER, "start_time": "1d"},
    "start_backtest": {"config": CONTROLLER, "start_time": "1d"},
    "list_wallets": {},
    "remove_wallet": {"chain": "solana", "address": "none"},
    "update_network": {"network_id": "solana-mainnet-beta", "updates": {"nodeURL": "http://x"}},
    "update_dex_connector": {"connector_name": "jupiter", "updates": {"slippagePct": 2}},
    "deploy_bot": {"instance_name": "bot", "account_name": "master_account", "config_names": ["mine"], "again": True},
    "deploy_script_bot": {
        "instance_name": "bot",
        "account_name": "master_account",
        "script_config": "script",
        "again": True,
    },
    "execute_swap": {**CHAIN, "connector": "jupiter", "trading_pair": "SOL-USDC", "side": "SELL", "amount": 1},
    "open_clmm_position": {
        **POOL,
        "pool_address": "none",
        "lower_price": 1,
        "upper_price": 2,
        "base_token_amount": 1,
    },
    "add_clmm_liquidity": {**POOL, "position_address": "none", "base_token_amount": 1},
    "remove_clmm_liquidity": {**POOL, "position_address": "none", "percentage": 50},
    "list_pool_positions": {"connector": "meteora", "network_id": "solana-mainnet-beta", "pool_address": "none"},
}
#: Serves as hbmcp does, with stderr in a file, and tells there at SIGUSR1 what it holds.
SERVER = """
import asyncio, gc, json, os, signal, sys
os.dup2(os.open(os.environ["LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
print("PID", os.getpid(), file=sys.stderr, flush=True)
from hbmcp import bridge
from hbmcp.bridge import progress

class Watched(bridge.Bridge):
    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self.tell)

    def tell(self):
        gc.collect()
        pool = self._api.ours._http._transport
        print("HOLDS", json.dumps({
            "connections in use": len(pool.lent),
            "requests": sum(len(one._pool._requests) for _, one in pool.idle),
            "places": self._api.ours._places._value,
            "store connections": self.store._rows._database._engine.pool.checkedout(),
            "tasks": sorted(task.get_coro().__qualname__ for task in asyncio.all_tasks()),
            "objects": len(gc.get_objects()),
        }), file=sys.stderr, flush=True)

bridge.Bridge = Watched
progress.REPORT_EVERY = 0.05
from hbmcp.cli import main
main()
"""
OBJECTS = 3000  # by which what the interpreter and libraries keep may differ: less than 30 a cancellation

Call = Callable[[str], Awaitable[Any]]
Cut = Callable[[str, float], Awaitable[None]]
Transport = AsyncIterator[tuple[Call, Cut]]


class Server:
    """The process, by what it writes to stderr."""

    def __init__(self, log: Path) -> None:
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    async def says(self, pattern: str, after: int = 0) -> str:
        """What it says."""
        with anyio.fail_after(60):
            while not (found := re.search(pattern, self.log[after:])):
                await anyio.sleep(0.01)
        return found[1]

    async def holds(self) -> dict[str, Any]:
        """What it holds now."""
        told = len(self.log)
        os.kill(int(await self.says(r"PID (\d+)\n")), signal.SIGUSR1)
        found: dict[str, Any] = json.loads(await self.says(r"HOLDS (.*)\n", told))
        return found


def _cancelling(client: Client) -> tuple[Call, Cut]:
    async def call(name: str) -> Any:
        return await client.call_tool(name, CALLS[name], progress_callback=_heard)

    async def cut(name: str, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await call(name)

    return call, cut


async def over_stdio(env: dict[str, str], _: Server) -> Transport:
    parameters = StdioServerParameters(command=sys.executable, args=["-c", SERVER, "serve"], env=env)
    async with Client(parameters) as client:
        yield _cancelling(client)


async def over_http(env: dict[str, str], server: Server) -> Transport:
    async with _http(env, server) as url, Client(url, mode="auto") as client:
        yield _cancelling(client)


async def over_http_of_2025(env: dict[str, str], server: Server) -> Transport:
    async with _http(env, server) as url, Client(url, mode="legacy") as client:
        yield _cancelling(client)


async def in_deleted_sessions(env: dict[str, str], server: Server) -> Transport:
    async def cut(name: str, seconds: float) -> None:
        async with anyio.create_task_group() as group, Client(url, mode="legacy") as client:
            group.start_soon(_call_whatever_comes, client, name)
            await anyio.sleep(seconds)

    async with _http(env, server) as url, Client(url, mode="legacy") as client:
        yield _cancelling(client)[0], cut


async def _call_whatever_comes(client: Client, name: str) -> None:
    with suppress(Exception):
        await client.call_tool(name, CALLS[name], progress_callback=_heard)


@asynccontextmanager
async def _http(env: dict[str, str], server: Server) -> AsyncIterator[str]:
    process = subprocess.Popen([sys.executable, "-c", SERVER, "serve", "--transport", "http", "--port", "0"], env=env)
    try:
        yield await server.says(r"(http://127\.0\.0\.1:\d+/mcp)")
    finally:
        process.terminate()
        await anyio.to_thread.run_sync(process.wait)


async def _heard(*_: Any) -> None:
    pass


def test_every_workflow_is_called() -> None:
    """Those over other services are spoiled in tests/services."""
    ours = (tool for tool in Catalog.load().tools.values() if not tool.service)
    assert set(CALLS) == {tool.name for tool in ours if tool.is_workflow}


@pytest.mark.parametrize("transport", [over_stdio, over_http, over_http_of_2025, in_deleted_sessions])
async def test_cancelled_calls_leave_nothing_behind(transport: Any, tmp_path: Path) -> None:
    chance = random.Random(4711)
    server = Server(tmp_path / "log")
    state = tmp_path / "state.sqlite"
    with SlowApi(tmp_path) as api:
        env = connected(
            api.url,
            HBMCP_TOOLS=",".join(EVERY),
            HBMCP_STATE_URL=f"sqlite:///{state}",
            LOG=str(server._log),
            LOG_LEVEL="INFO",
        )
        async with asynccontextmanager(transport)(env, server) as (call, cut):

            async def storm(rounds: int) -> None:
                for _ in range(rounds):
                    names = chance.sample(sorted(CALLS), len(CALLS))
                    while names:
                        async with anyio.create_task_group() as group:
                            for name in (names.pop() for _ in range(min(len(names), chance.randint(1, 8)))):
                                group.start_soon(cut, name, chance.uniform(0, LONGEST))

            for name in CALLS:
                await call(name)
            await storm(1)
            before = await _settled(server, None)
            await storm(ROUNDS)
            after = await _settled(server, before)
            result = await call("get_positions")
            assert not result.is_error, result
        assert {**after, "objects": 0} == {**before, "objects": 0}
        assert after["objects"] - before["objects"] < OBJECTS
        for trace in ("Traceback", "never awaited", "never retrieved", "Too many calls"):
            assert trace not in server.log
        with sqlite3.connect(state) as rows:
            ((remembered,),) = rows.execute("SELECT count(*) FROM hbmcp_orders")
        assert 0 < remembered <= api.orders


async def _settled(server: Server, wanted: dict[str, Any] | None) -> dict[str, Any]:
    """What it holds once that is as wanted, or once it no longer changes."""
    last = None
    for _ in range(100):
        now = await server.holds()
        same = wanted or last
        if same is not None and {**now, "objects": 0} == {**same, "objects": 0}:
            return now
        last = now
        await anyio.sleep(0.1)
    return now

"""An everyday of Gateway on the paper exchange, which has a stand-in of it once it is started: every tool answers."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hbmcp.paper.gateway import POOLS
from hbmcp.policy.model import Policy
from tests.paper.assistant import ALL, Assistant, assistant
from tests.paper.paper_api import PaperApi

pytestmark = pytest.mark.anyio

UNLIMITED = Policy()  # Raydium's pool can't be priced
NETWORK = "solana-mainnet-beta"
ON_POOL = {"connector": "meteora", "network_id": NETWORK, "pool_address": POOLS["meteora"]}
RANGE = {"lower_price": 100, "upper_price": 200, "base_token_amount": 1, "quote_token_amount": 100}
SWAP = {"connector": "jupiter", "network_id": NETWORK, "trading_pair": "SOL-USDC", "side": "SELL", "amount": 2}
KEYS = {"solana": "4" * 88, "ethereum": "0x" + "cd" * 32}


@asynccontextmanager
async def started(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Assistant]:
    """With Gateway, and a wallet on each chain."""
    async with assistant(api, monkeypatch, policy=UNLIMITED) as call:
        assert "started successfully" in await call.good("start_gateway")
        for chain, key in KEYS.items():
            assert key not in await call.good("add_wallet", chain=chain, private_key=key)
        yield call


async def test_nothing_answers_before_it_is_started(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        for tool in ALL.tools:
            if tool.name in ("list_wallets", "list_networks", "list_chains", "list_dex_connectors"):
                assert "isn't running or can't be reached" in await call.bad(tool.name)


async def test_a_swap(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started(api, monkeypatch) as call:
        assert '"amount_out":"300"' in await call.good("quote_swap", **SWAP)
        wrong = await call.bad("quote_swap", **SWAP | {"connector": "jupiter/router"})
        assert "Gateway gave no quote" in wrong
        assert '"No route found for SOL-USDC on jupiter/router"' in wrong
        slipped = await call.bad("execute_swap", **SWAP, slippage_pct=0)
        assert slipped.startswith("Outcome unknown: execute_swap was handed to Gateway")
        assert '"Slippage tolerance exceeded"' in slipped
        assert "No swap" in await call.good("list_swaps")
        done = json.loads((await call.good("execute_swap", **SWAP)).partition("\n")[0])["transaction_hash"]
        assert '"status":"CONFIRMED"' in await call.good("get_swap_status", transaction_hash=done)
        late = SWAP | {"connector": "0x", "network_id": "ethereum-mainnet", "trading_pair": "WETH-USDC"}
        await call.good("execute_swap", **late)
        assert "the API never learnt the amounts" in await call.good("list_swaps")
        assert '"total_swaps":2' in await call.good("get_swap_summary")


async def test_a_liquidity_position(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started(api, monkeypatch) as call:
        assert '"price":"150"' in await call.good("get_clmm_pool", **ON_POOL)
        assert '"Pool not found"' in await call.bad("get_clmm_pool", **ON_POOL | {"pool_address": "x"})
        assert "Gateway itself answers. Where Gateway runs this stays so" in await call.bad(
            "list_clmm_pools", connector="meteora"
        )
        assert "that isn't certain" in await call.good("list_pool_positions", **ON_POOL)

        opened = await call.good("open_clmm_position", **ON_POOL, **RANGE)
        address = json.loads(opened.partition("\n")[0])["position_address"]
        elsewhere = ON_POOL | {"connector": "raydium", "pool_address": POOLS["raydium"]}
        late = await call.bad("open_clmm_position", **elsewhere, **RANGE)
        assert "didn't name the position" in late
        assert address not in await call.good("list_pool_positions", **elsewhere)
        here = await call.good("list_pool_positions", **ON_POOL)
        assert address in here
        assert "1 more in other pools." in here
        assert address in await call.good("list_clmm_positions")

        position = {"connector": "meteora", "network_id": NETWORK, "position_address": address}
        assert "has no such operation" in await call.bad("add_clmm_liquidity", **position, base_token_amount=1)
        assert "has no such operation" in await call.bad("remove_clmm_liquidity", **position, percentage=50)
        await call.good("collect_clmm_fees", **position)
        await call.good("close_clmm_position", **position)
        assert "it knows no position of this address" in await call.bad("close_clmm_position", **position)
        events = await call.good("list_clmm_events", position_address=address)
        assert re.findall("CLOSE|COLLECT_FEES|OPEN", events) == ["CLOSE", "COLLECT_FEES", "OPEN"]
        assert "Pool not found: x" in await call.bad("open_clmm_position", **ON_POOL | {"pool_address": "x"}, **RANGE)


async def test_settings_keys_and_the_log(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started(api, monkeypatch) as call:
        secret = "https://node.invalid/v2/node-key-9"
        half = await call.good("update_network", network_id=NETWORK, updates={"node_url": secret, "nosuch": 1})
        assert '"changed":["node_url"],"not_changed":{"nosuch":' in half
        assert '"node_url":"***"' in await call.good("get_network", network_id=NETWORK)
        await call.bad("get_network", network_id="ethereum-nosuch")
        await call.good("update_dex_connector", connector_name="jupiter", updates={"slippage_pct": 0.5})
        assert '"slippage_pct":0.5' in await call.good("get_dex_connector", connector_name="jupiter")
        assert "helius" in await call.good("set_gateway_api_keys", api_keys={"helius": "hlx-key-9"})
        assert "hlx-key-9" not in await call.good("list_gateway_api_keys")
        await call.good("restart_gateway")
        shown = await call.good("get_gateway_logs")
        assert "version 2.13" in shown
        assert "node-key-9" not in shown
        assert "hlx-key-9" not in shown
        assert "paper-node-key" not in shown


async def test_tokens_and_pools(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started(api, monkeypatch) as call:
        on = {"network_id": NETWORK}
        assert "JUP" in await call.good("list_network_tokens", **on)
        await call.good("add_network_token", **on, address="PaperDog", symbol="DOG", decimals=6)
        await call.good("delete_network_token", **on, token_address="PaperDog")
        assert "GeckoTerminal request failed" in await call.bad("import_network_token", **on, token_address="x")
        assert "GeckoTerminal request failed" in await call.bad("import_network_pool", **on, pool_address="x")
        assert POOLS["meteora"] in await call.good("list_network_pools", **on, connector="meteora")
        pool = {
            "type": "clmm",
            "address": "P",
            "base": "SOL",
            "quote": "DOG",
            "base_address": "a",
            "quote_address": "b",
        }
        await call.good("add_network_pool", **on, connector_name="raydium", **pool)
        assert "Pool not found" in await call.bad("add_network_pool", **on, connector_name="meteora", **pool)
        assert "doesn't work with this Gateway" in await call.bad("delete_network_pool", **on, pool_address="P")


async def test_wallets(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        await call.good("start_gateway")
        assert "solana has no default wallet" in await call.good("list_wallets")
        bad = await call.bad("add_wallet", chain="ethereum", private_key="0xfeedbeef")
        assert "0xfee" not in bad
        assert "0xfee" not in await call.good("get_gateway_logs")
        address = json.loads(await call.good("add_wallet", chain="ethereum", private_key=KEYS["ethereum"]))["address"]
        await call.good("set_default_wallet", chain="ethereum", address=address)
        await call.bad("remove_wallet", chain="ethereum", address="0xelsewhere")
        assert "stays ethereum's default" in await call.good(
            "remove_wallet", chain="ethereum", address=address, preview=False
        )
        assert "so it was removed" in await call.good("list_wallets")
        assert "Gateway has no wallet for solana" in await call.bad("open_clmm_position", **ON_POOL, **RANGE)
        assert "Wallet not found" in await call.bad("execute_swap", **SWAP)
        await call.good("stop_gateway")
        assert "wasn't running" in await call.good("stop_gateway")
        assert '"running":false' in await call.good("get_gateway_status")


async def test_what_says_that_nothing_was_done_may_be_called_again(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = {"connector": "meteora", "network_id": NETWORK, "position_address": "x", "percentage": 50}
    async with assistant(api, monkeypatch, policy=UNLIMITED) as call:
        for _ in range(2):
            assert "Nothing was done." in await call.bad("remove_clmm_liquidity", **position)
        await call.good("start_gateway")
        for _ in range(2):
            assert "Nothing was done." in await call.bad("remove_clmm_liquidity", **position)

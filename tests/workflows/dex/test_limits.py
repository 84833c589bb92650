"""What moves on a chain is held to limits: at its quote's or pool's price, or the rate oracle's where it is dearer."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from hbmcp.paper.gateway import POOLS, Gateway, made_address
from hbmcp.policy.model import Policy
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import PaperApi
from tests.policy.planning import policy

pytestmark = pytest.mark.anyio

NETWORK = "solana-mainnet-beta"
KEY = "4" * 88
SOL, USDC = (made_address("solana", f"{NETWORK} {symbol}") for symbol in ("SOL", "USDC"))
SWAP = {"connector": "jupiter", "network_id": NETWORK, "trading_pair": "SOL-USDC", "side": "SELL", "amount": 2}
ON_POOL = {"connector": "meteora", "network_id": NETWORK, "pool_address": POOLS["meteora"]}
OPEN = {**ON_POOL, "lower_price": 100, "upper_price": 200}
SENDING = {"POST /gateway/swap/execute", "POST /gateway/clmm/open", "POST /gateway/clmm/add"}
PRICE = 150  # of SOL in the stand-in of Gateway, which is made to be the rate oracle's, too


@asynccontextmanager
async def started(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, told: Policy, rates: Mapping[str, Any] = {}
) -> AsyncIterator[Assistant]:
    """With Gateway, a wallet on Solana, and a rate oracle that knows these."""
    monkeypatch.setattr(
        "hbmcp.paper.api.routes.rate_oracle.rate", lambda _, __, pair, ___: {"SOL-USDT": PRICE, **rates}.get(pair)
    )
    async with assistant(api, monkeypatch, policy=told) as call:
        await call.good("start_gateway")
        await call.good("add_wallet", chain="solana", private_key=KEY)
        yield call


def sent(call: Assistant) -> list[str]:
    return [one for one in call.asked if one in SENDING]


async def test_a_swap_passes_up_to_the_limits(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started(api, monkeypatch, policy(order=1000, day=1000)) as call:
        shown = await call.good("execute_swap", **SWAP, preview=True)
        told = json.loads(shown.partition("\n")[0])
        assert told["would_swap"] == f"SELL 2 SOL-USDC on jupiter ({NETWORK}) at about 150"
        assert (told["price"], told["amount_in"], told["amount_out"], told["slippage_pct"]) == ("150", "2", "300", "1")
        assert (
            "Limits, with this: 300 of at most 1,000 USDT an order; 300 of at most 1,000 USDT sent to open today."
            in shown
        )
        text = await call.bad("execute_swap", **SWAP | {"amount": 7})
        assert "limit order is 1,000 USDT an order, and this is 1,050; its limit day is 1,000 USDT" in text
        assert "1,050 asked; 1,000 would pass" in text
        assert sent(call) == []
        assert "Submitted, not yet confirmed: get_swap_status" in await call.good("execute_swap", **SWAP)
        assert "limit day is 1,000 USDT sent to open today: 300 used already, 750 asked" in await call.bad(
            "execute_swap", **SWAP | {"amount": 5}
        )
        assert len(sent(call)) == 1


async def test_buying_counts_with_its_slippage(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    buy = SWAP | {"side": "BUY", "slippage_pct": 10}
    async with started(api, monkeypatch, policy(order=320)) as call:
        assert "this is 330" in await call.bad("execute_swap", **buy)
        await call.good("execute_swap", **buy | {"slippage_pct": 5})


async def test_the_oracle_s_price_counts_where_it_is_dearer(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started(api, monkeypatch, policy(order=500), {"SOL-USDT": 300}) as call:
        assert "this is 600" in await call.bad("execute_swap", **SWAP)
        # Of a deposit, only what is in the base token.
        assert "this is 700" in await call.bad(
            "open_clmm_position", **OPEN, base_token_amount=2, quote_token_amount=100
        )
    async with started(api, monkeypatch, policy(order=500), {"SOL-USDT": 1}) as call:
        assert "300 of at most 500" in await call.good("execute_swap", **SWAP, preview=True)


async def test_a_quote_in_another_token_is_turned_into_the_policy_s(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap = SWAP | {"trading_pair": "JUP-SOL", "amount": 900}  # 3 SOL
    async with started(api, monkeypatch, policy(order=1000), {"SOL-USDT": 160}) as call:
        assert "480 of at most 1,000 USDT" in await call.good("execute_swap", **swap, preview=True)
    async with started(api, monkeypatch, policy(order=1000), {"SOL-USDT": None, "ETH-USDT": 3000}) as call:
        assert "What this is worth isn't known" in await call.bad("execute_swap", **swap)
        wrapped = {"connector": "0x", "network_id": "ethereum-mainnet", "trading_pair": "USDC-WETH"}
        assert "300 of at most 1,000 USDT" in await call.good(
            "execute_swap", **SWAP | wrapped | {"amount": 300}, preview=True
        )


async def test_a_pair_of_addresses_is_that_of_their_symbols(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started(api, monkeypatch, policy(order=1000)) as call:
        monkeypatch.setattr(Gateway, "price", lambda *_: Decimal(PRICE))
        text = await call.good("execute_swap", **SWAP | {"trading_pair": f"{SOL}-{USDC}"}, preview=True)
        assert "300 of at most 1,000 USDT" in text
        unknown = SWAP | {"trading_pair": f"SOL-{USDC[::-1]}"}
        assert "What this is worth isn't known" in await call.bad("execute_swap", **unknown)
        assert sent(call) == []


async def test_liquidity_is_worth_both_tokens(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started(api, monkeypatch, policy(order=500)) as call:
        shown = await call.good("open_clmm_position", **OPEN, base_token_amount=2, quote_token_amount=100, preview=True)
        assert json.loads(shown.partition("\n")[0]) == {
            "would_do": "open a position of at most 2 SOL and 100 USDC from 100 to 200 in pool "
            f"{POOLS['meteora']} on meteora",
            "pair": "SOL-USDC",
            "price": 150,
            "value": 400,
        }
        assert "400 of at most 500 USDT an order" in shown
        opened = await call.good("open_clmm_position", **OPEN, base_token_amount=2, quote_token_amount=100)
        position = json.loads(opened.partition("\n")[0])["position_address"]
        more = {"connector": "meteora", "network_id": NETWORK, "position_address": position}
        api.paper.part("gateway", Gateway).lines.clear()  # which tell its version
        text = await call.bad("add_clmm_liquidity", **more, base_token_amount=1, quote_token_amount=400)
        assert "this is 550" in text
        assert sent(call) == ["POST /gateway/clmm/open"]
        assert "has no such operation" in await call.bad(
            "add_clmm_liquidity", **more, base_token_amount=1, quote_token_amount=100
        )


async def test_what_gateway_has_no_operation_for_is_refused_for_that_whatever_it_is_worth(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {"connector": "meteora", "network_id": NETWORK, "position_address": "x"}
    more = {"add_clmm_liquidity": {"base_token_amount": 1}, "remove_clmm_liquidity": {"percentage": 50}}
    async with started(api, monkeypatch, policy(order=500)) as call:
        for tool, how_much in more.items():
            for preview in (True, False):
                text = await call.bad(tool, **there, **how_much, preview=preview)
                assert "as its log says. Nothing was done. Gateway 2.13 has no such operation" in text
        assert sent(call) == []


async def test_of_one_token_as_much_of_the_other_counts_as_gateway_may_add(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = {**ON_POOL, "lower_price": 100, "upper_price": 151}
    async with started(api, monkeypatch, policy(order=1000)) as call:
        text = await call.bad("open_clmm_position", **narrow, base_token_amount=1)
        assert "limit order is 1,000 USDT an order, and this is 8,5" in text  # it wants 8,300 USDC beside the SOL
        beyond = {**ON_POOL, "lower_price": 160, "upper_price": 170}
        assert "150 of at most 1,000 USDT" in await call.good(
            "open_clmm_position", **beyond, base_token_amount=1, preview=True
        )


async def test_the_range_of_a_position_is_held_to_the_distance(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    far = {**ON_POOL, "lower_price": 160, "upper_price": 1000}
    async with started(api, monkeypatch, policy(distance_percent=5)) as call:
        text = await call.bad("open_clmm_position", **far, base_token_amount=1)
        assert "limit distance_percent is 5 % from the market, and this is 6.67" in text
        await call.good("open_clmm_position", **OPEN, base_token_amount=2, quote_token_amount=100, preview=True)


@pytest.mark.parametrize("limits", [{"order": 1_000_000}, {}])
async def test_a_pool_that_nobody_can_price_is_refused_where_a_limit_needs_it(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int]
) -> None:
    elsewhere = OPEN | {"connector": "raydium", "pool_address": POOLS["raydium"]}
    async with started(api, monkeypatch, policy(**limits)) as call:
        shown = await call.good("open_clmm_position", **elsewhere, base_token_amount=1, preview=True)
        assert "The pool's price isn't known: Gateway failed" in shown
        text = await call.bad("open_clmm_position", **elsewhere, base_token_amount=1)
        assert ("What this is worth isn't known" if limits else "Outcome unknown") in text
        assert len(sent(call)) == (0 if limits else 1)


async def test_no_limit_keeps_anybody_from_getting_out(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with started(api, monkeypatch, policy(order=1000, day=1000)) as call:
        opened = await call.good("open_clmm_position", **OPEN, base_token_amount=2, quote_token_amount=700)
        position = json.loads(opened.partition("\n")[0])["position_address"]
        assert "limit day" in await call.bad("execute_swap", **SWAP)
        out = {"connector": "meteora", "network_id": NETWORK, "position_address": position}
        assert "The policy allows it." in await call.good("close_clmm_position", **out, preview=True)
        assert "has no such operation" in await call.bad("remove_clmm_liquidity", **out, percentage=50)
        await call.good("collect_clmm_fees", **out)
        await call.good("close_clmm_position", **out)


async def test_pairs_and_exchanges_are_held_to_what_the_policy_allows(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Policy.model_validate({"allow": {"pairs": ["ETH-*"]}})
    async with started(api, monkeypatch, told) as call:
        assert "the pair SOL-USDC isn't among the pairs" in await call.bad(
            "open_clmm_position", **OPEN, base_token_amount=1
        )
        assert "the pair SOL-USDC isn't among the pairs" in await call.bad("execute_swap", **SWAP)
    told = Policy.model_validate({"deny": {"exchanges": ["meteora"]}})
    async with started(api, monkeypatch, told) as call:
        assert "denies the exchange meteora" in await call.bad("open_clmm_position", **OPEN, base_token_amount=1)
    assert sent(call) == []

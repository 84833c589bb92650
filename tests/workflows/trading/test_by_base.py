"""A base alone, ETH, where a pair is asked for: that exchange's pair in dollars, or as a filter all of its pairs."""

from typing import Any

import pytest

from hbmcp.installation.triggers.trigger import Trigger
from hbmcp.policy.model import Policy
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import open_position, sizes
from tests.paper.spot_account import WHERE, orders, rest

pytestmark = pytest.mark.anyio

BUY: dict[str, Any] = {**WHERE, "side": "BUY", "amount": 0.1, "order_type": "MARKET"}


@pytest.fixture
async def call(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with assistant(api, monkeypatch, policy=Policy()) as found:
        yield found


@pytest.mark.parametrize("base", ["ETH", "eth", " ETH "])
async def test_an_order_is_of_the_pair_in_dollars_and_says_so(call: Assistant, api: PaperApi, base: str) -> None:
    assert '"trading_pair":"ETH-USDT"' in await call.good("place_order", trading_pair=base, **BUY)
    await call.good("place_orders", orders=[{**BUY, "trading_pair": base}])
    assert [one.pair for one in orders(api)] == ["ETH-USDT", "ETH-USDT"]


async def test_a_base_that_the_exchange_hasn_t_is_refused(call: Assistant, api: PaperApi) -> None:
    text = await call.bad("place_order", trading_pair="NOPE", **BUY)
    assert text.startswith("NOPE isn't on binance. Nothing was sent.")
    told = await call.bad("create_trigger", connector_name="binance", trading_pair="NOPE", above="1")
    assert "NOPE isn't on binance." in told
    assert orders(api) == []


async def test_a_trigger_and_what_it_does_are_of_that_pair(call: Assistant) -> None:
    then = {"then": "place_order", "arguments": {"side": "BUY", "amount": 0.1, "order_type": "MARKET"}}
    await call.good("create_trigger", **WHERE, trading_pair="ETH", below="100", **then)
    (one,) = [Trigger.of(row) for row in await call.bridge.store.triggers()]
    assert one.spec.when.trading_pair == "ETH-USDT"
    assert one.spec.then is not None
    assert one.spec.then.arguments["trading_pair"] == "ETH-USDT"
    told = await call.good("wait_for", connector_name="binance", trading_pair="ETH", above="1")
    assert "ETH-USDT on binance is 1 or more" in told


async def test_a_filter_means_all_its_pairs(call: Assistant, api: PaperApi) -> None:
    first = rest(api, pair="ETH-USDT", price="1000")
    second = rest(api, pair="ETH-USD", price="1000", connector="hyperliquid_perpetual")
    other = rest(api, pair="BTC-USDT")
    told = await call.good("get_open_orders", trading_pair="ETH")
    assert first in told
    assert second in told
    assert other not in told
    await call.good("cancel_orders", trading_pair="eth")
    assert {one.id for one in orders(api) if one.status == "OPEN"} == {other}
    open_position(api, "BUY", "1", pair="ETH-USDT")
    open_position(api, "BUY", "0.1")
    assert "BTC-USDT" not in await call.good("get_positions", trading_pair="ETH")
    await call.good("close_positions", trading_pair="ETH", preview=False)
    assert sizes(api).keys() == {("BTC-USDT", "BOTH")}


async def test_the_rules_of_bases_are_those_of_the_exchange_s_pairs(call: Assistant) -> None:
    told = await call.good("get_trading_rules", connector_name="binance", trading_pairs=["SOL", "BTC-USDT", "eth"])
    assert "Of SOL-USDT, BTC-USDT, ETH-USDT." in told
    assert "# 3 rows" in told
    assert "Of " not in await call.good("get_trading_rules", connector_name="binance", trading_pairs=["SOL-USDT"])
    assert "NOPE isn't on binance." in await call.bad(
        "get_trading_rules", connector_name="binance", trading_pairs=["NOPE"]
    )


async def test_what_goes_on_of_a_coin_is_said(call: Assistant, api: PaperApi) -> None:
    """Other quotes of it, and its triggers: on both exchanges of a spread, of what it protects, of what it does."""
    rest(api, pair="ETH-USDT", price="1000")
    rest(api, pair="ETH-USD", price="1000", connector="hyperliquid_perpetual")
    for pair, exchange in (("ETH-USDT", "binance"), ("BTC-USDT", "binance"), ("ETH-USDT", "kucoin")):
        await call.good("create_trigger", connector_name=exchange, trading_pair=pair, below="1")
    told = await call.good("cancel_orders", trading_pair="ETH-USDT", preview=True)
    assert "Open orders stay: 1 of ETH-USD; trading_pair ETH means them too." in told
    assert "Triggers of it go on: 1, 3; cancel_trigger with trading_pair ends them." in told
    told = await call.good("cancel_orders", trading_pair="ETH-USDT", connector_name="kucoin")
    assert "Open orders stay" not in told
    assert "Triggers of it go on: 3; cancel_trigger with trading_pair ends them." in told
    told = await call.good("cancel_orders", trading_pair="ETH")
    assert "Open orders stay" not in told
    assert "Triggers of it go on: 1, 3; cancel_trigger with trading_pair ends them." in told
    assert "go on" not in await call.good("cancel_orders", account_name="second_account")


async def test_an_estimate_and_leverage_are_of_the_pair_in_dollars_and_say_so(call: Assistant) -> None:
    whole = await call.good("estimate_trade", connector_name="binance", trading_pair="ETH-USDT", side="BUY", amount=1)
    assert (
        await call.good("estimate_trade", connector_name="binance", trading_pair="eth", side="BUY", amount=1) == whole
    )
    perpetual = {"connector_name": "hyperliquid_perpetual", "trading_pair": "ETH", "leverage": 3}
    assert "leverage 3 is set for ETH-USD on hyperliquid_perpetual" in await call.good("set_leverage", **perpetual)
    assert "NOPE isn't on" in await call.bad("set_leverage", **{**perpetual, "trading_pair": "NOPE"})

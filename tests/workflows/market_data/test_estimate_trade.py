"""Estimates against what the paper exchange's engine then does with the order."""

import re
from decimal import Decimal
from typing import Any

import pytest

from hbmcp.paper.api.faults import EARLY_TIMES, Crash
from hbmcp.paper.market.listings import EXCHANGES
from hbmcp.paper.market.order_book import Book
from hbmcp.policy.model import Policy
from tests.paper.assistant import assistant
from tests.paper.paper_api import NOW, PaperApi
from tests.paper.scripted_faults import old_price
from tests.policy.planning import policy
from tests.workflows.answers import notes, value

pytestmark = pytest.mark.anyio
SPOT: dict[str, Any] = {"connector_name": "binance", "trading_pair": "BTC-USDT"}
MINE = {"account_name": "master_account"}
ORDER = {**SPOT, **MINE, "order_type": "MARKET"}


async def estimated(call: Any, **arguments: Any) -> tuple[dict[str, Any], str]:
    text = await call.good("estimate_trade", **arguments)
    return value(text), notes(text)


@pytest.mark.parametrize("side", ["BUY", "SELL"])
@pytest.mark.parametrize("amount", [Decimal("0.004"), Decimal("0.9")])
async def test_the_order_then_costs_what_was_said(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, side: str, amount: Decimal
) -> None:
    async with assistant(api, monkeypatch, {EARLY_TIMES}) as call:
        await call.good("submit_order", **ORDER, side="BUY", amount=Decimal("0.001"))  # tells the fee
        value, said = await estimated(call, **SPOT, **MINE, side=side, amount=amount)
        await call.good("submit_order", **ORDER, side=side, amount=amount)
    small = next(fill.order_id for fill in api.paper.engine.fills() if fill.amount == Decimal("0.001"))
    fills = [fill for fill in api.paper.engine.fills() if fill.order_id != small]
    assert said.splitlines()[0] == "The policy allows it."
    quote = sum((fill.amount * fill.price for fill in fills), Decimal(0))
    fee = sum((fill.fee for fill in fills), Decimal(0))
    assert sum(fill.amount for fill in fills) == amount == value["amount"]
    assert abs(value["value"] - quote) <= Decimal("0.01")
    assert abs(value["fee"] - fee) <= Decimal("0.01")
    assert abs(value["average_price"] - quote / amount) <= Decimal("0.01")
    prices = [fill.price for fill in fills]
    assert value["worst_price"] == (max(prices) if side == "BUY" else min(prices))
    total = value["cost_with_fee"] if side == "BUY" else value["proceeds_after_fee"]
    assert abs(total - (quote + fee if side == "BUY" else quote - fee)) <= Decimal("0.01")
    top = Book.snapshot(api.paper.market, "binance", "BTC-USDT", NOW)
    mid = (top.bids[0].price + top.asks[0].price) / 2
    assert value["mid_price"] == mid
    worse = quote / amount - mid if side == "BUY" else mid - quote / amount
    assert value["slippage_percent"] == round(100 * worse / mid, 4) > 0
    assert (value["book_holds_it"], value["balance_holds_it"], value["fee_percent"]) == (True, True, Decimal("0.1"))


async def test_a_value_buys_whole_steps(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        value, _ = await estimated(call, **SPOT, side="BUY", quote_amount=500)
    step = EXCHANGES["binance"].pairs["BTC-USDT"].lot
    assert value["amount"] % step == 0
    assert value["cost_with_fee"] <= 500 < value["cost_with_fee"] + step * value["worst_price"] * Decimal("1.001")
    assert "available" not in value


@pytest.mark.parametrize("side", ["BUY", "SELL"])
@pytest.mark.parametrize("money", [200, 555.55, 20_000])
async def test_so_much_money_is_as_many_units_as_the_order_would_have(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, side: str, money: float
) -> None:
    asked = {**SPOT, **MINE, "side": side, "quote_amount": money}
    async with assistant(api, monkeypatch, {EARLY_TIMES}) as call:
        value, _ = await estimated(call, **asked)
        preview = await call.good("place_order", **asked, order_type="MARKET", preview=True)
    assert f"{side} {value['amount']} BTC-USDT" in preview


async def test_the_fee_is_said_to_be_assumed_until_a_fill_tells_it(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = {"connector_name": "bybit_perpetual", "trading_pair": "ETH-USDT"}
    question = {**where, "side": "SELL", "amount": 1}
    async with assistant(api, monkeypatch) as call:
        before, said = await estimated(call, **question)
        assert "The fee is assumed" in said
        order = {**where, **MINE, "side": "BUY", "amount": 1, "order_type": "MARKET"}
        await call.good("submit_order", **order)
        after, silent = await estimated(call, **question)
        assert "The fee is assumed" not in silent
        assert "master_account and second_account are connected; give account_name" in silent
        _, other = await estimated(call, **question, account_name="second_account")
        assert "The fee is assumed" in other
    assert before["fee_percent"] == after["fee_percent"] == EXCHANGES["bybit_perpetual"].taker_fee * 100


async def test_without_fills_there_is_a_fee_all_the_same(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, {Crash("POST /trading/trades")}) as call:
        value, said = await estimated(call, **SPOT, side="BUY", amount=1)
    assert value["fee_percent"] == Decimal("0.1")
    assert "The fee is assumed" in said


async def test_more_than_the_book_holds(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    held = sum((level.amount for level in Book.snapshot(api.paper.market, "binance", "BTC-USDT", NOW).bids), Decimal(0))
    async with assistant(api, monkeypatch) as call:
        for size in ({"amount": 5000}, {"quote_amount": 500_000_000}):
            value, said = await estimated(call, **SPOT, side="SELL", **size)
            assert value["book_holds_it"] is False
            assert f"The book, as the API sees it, holds {held} BTC on this side" in said
            assert value["amount"] == held
            assert value.get("asked_amount") == size.get("amount")
        value, _ = await estimated(call, **SPOT, **MINE, side="SELL", amount=5000)
        assert (value["available"], value["balance_holds_it"]) == (1, False)


async def test_more_than_the_balance_holds(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        value, said = await estimated(call, **SPOT, **MINE, side="SELL", amount=3)
        assert (value["available"], value["balance_holds_it"]) == (1, False)
        assert "master_account lacks 2 BTC: 1 is available." in said
        value, said = await estimated(call, **SPOT, **MINE, side="BUY", amount=2)
        assert (value["available"], value["balance_holds_it"]) == (100_000, False)
        lacks = re.search(r"master_account lacks ([0-9.]+) USDT: 100000 is available", said)
        assert lacks
        assert abs(Decimal(lacks[1]) - (value["cost_with_fee"] - 100_000)) <= Decimal("0.01")


async def test_a_position_needs_leverage(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    perpetual = {**SPOT, **MINE, "connector_name": "binance_perpetual"}
    async with assistant(api, monkeypatch) as call:
        value, said = await estimated(call, **perpetual, side="BUY", amount=5)
    assert "balance_holds_it" not in value
    told = re.search(
        r"50000 USDT is available as margin: as a new position this takes leverage of ([0-9.]+) or more", said
    )
    assert told
    least = Decimal(told[1])
    assert (least - Decimal("0.01")) * 50_000 < value["value"] <= least * 50_000


@pytest.mark.parametrize(
    ("order", "asks"),
    [
        ({"side": "SELL", "amount": "0.2"}, False),
        ({"side": "SELL", "amount": "0.8"}, True),
        ({"side": "BUY", "quote_amount": 60_000}, False),  # says itself how much it may take
        ({"connector_name": "binance_perpetual", "side": "BUY", "amount": "0.4"}, False),
        ({"connector_name": "binance_perpetual", "side": "BUY", "amount": "0.9"}, True),
    ],
)
async def test_that_the_order_will_want_max_value_is_said(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, order: dict[str, Any], asks: bool
) -> None:
    asked = {**SPOT, **MINE, **order}
    async with assistant(api, monkeypatch) as call:
        _, said = await estimated(call, **asked)
        placing = call.bad if asks else call.good
        text = await placing("place_order", **asked, order_type="MARKET", preview=True)
    share = re.search(r"[0-9.]+% of the account's equity on \w+, [0-9.]+ USDT", text)
    wanted = f"place_order will ask for max_value: this is {share and share[0]}."
    assert (wanted in said) == ("max_value" in said) == asks == ("max_value" in text)


async def test_limits_of_the_exchange_are_told(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        _, said = await estimated(call, **SPOT, side="BUY", amount=Decimal("0.000015"))
        assert "Amounts are multiples of 0.00001 BTC: 0.000015 was rounded down." in said
        assert "Too small, the exchange takes orders from 5 USDT on." in said
        _, said = await estimated(call, **SPOT, side="BUY", amount=Decimal("0.000001"))
        assert "Too small, the exchange takes 0.00001 BTC or more." in said
    async with assistant(api, monkeypatch, {Crash("GET /connectors/{connector_name}/trading-rules")}) as call:
        value, said = await estimated(call, **SPOT, side="BUY", amount=Decimal("0.000015"))
        assert value["amount"] == Decimal("0.000015")
        assert "minimum and steps couldn't be read" in said


async def test_an_unread_balance_is_named(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, {Crash("POST /portfolio/state")}) as call:
        value, said = await estimated(call, **SPOT, **MINE, side="BUY", amount=1)
    assert "The balance couldn't be read" in said
    assert "balance_holds_it" not in value


async def test_what_isnt_there_is_refused(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    order = {"side": "BUY", "amount": 1}
    async with assistant(api, monkeypatch) as call:
        assert "binance has no pair NOPE-USDT" in await call.bad(
            "estimate_trade", connector_name="binance", trading_pair="NOPE-USDT", **order
        )
        assert "no account nobody" in await call.bad("estimate_trade", **SPOT, account_name="nobody", **order)
        elsewhere = {**SPOT, "connector_name": "kucoin", "account_name": "second_account"}
        assert "is not connected to kucoin" in await call.bad("estimate_trade", **elsewhere, **order)
        for size in ({}, {"amount": 1, "quote_amount": 1}):
            assert "either amount" in await call.bad("estimate_trade", **SPOT, side="BUY", **size)
        assert "POST /portfolio/state" not in call.asked


async def test_the_only_account_of_an_exchange_is_meant(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    question = {"connector_name": "kucoin", "trading_pair": "SOL-USDT", "side": "SELL", "amount": 1000}
    async with assistant(api, monkeypatch) as call:
        found, said = await estimated(call, **question)
    assert found["account_name"] == "master_account"
    assert found["balance_holds_it"] is False
    assert "master_account lacks 900 SOL: 100 is available." in said


async def test_a_price_that_the_book_denies_is_told(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, {old_price("120000")}) as call:
        _, said = await estimated(call, **SPOT, **MINE, side="BUY", amount=Decimal("0.1"))
    assert "The API's price of BTC-USDT on binance is 120000, but its order book has bid " in said


async def test_what_the_policy_would_say_of_it_is_told(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets = {"none": {"account": "second_account", "amount": 1}}
    both = {"connector_name": "bybit_perpetual", "trading_pair": "ETH-USDT", "side": "BUY", "amount": Decimal("0.01")}
    async with assistant(api, monkeypatch, policy=policy(budgets, order=1000)) as call:
        _, said = await estimated(call, **SPOT, **MINE, side="BUY", amount=Decimal("0.01"))
        assert said.splitlines()[-1] == "The policy allows it."
        _, said = await estimated(call, **SPOT, **MINE, side="BUY", amount=Decimal("0.02"))
        told = re.search(
            r"It would be refused: (The policy's limit order is 1,000 USDT an order, and this is .*?:)", said
        )
        assert told
        assert told[1] in await call.good("place_order", **ORDER, side="BUY", amount="0.02", preview=True)
        _, said = await estimated(call, **both)
        assert "master_account: The policy allows it." in said
        assert "second_account: It would be refused: The policy's limit budget none is 1 USDT" in said
        assert await call.bridge.store.granted(0) == []
    asks = Policy.model_validate({"confirm": "always"})
    async with assistant(api, monkeypatch, policy=asks) as call:
        _, said = await estimated(call, **SPOT, **MINE, side="BUY", amount=Decimal("0.01"))
        assert "It would be refused: The policy wants a person asked before this is sent, and nobody can be" in said
    off = Policy.model_validate({"deny": {"tools": ["place_order"]}})
    async with assistant(api, monkeypatch, policy=off) as call:
        _, said = await estimated(call, **SPOT, **MINE, side="BUY", amount=Decimal("0.01"))
        assert "policy" not in said


@pytest.mark.parametrize(
    ("amount", "margin", "does"),
    [
        ("0.1", False, "only lessens the open LONG 0.2 BTC-USDT on binance_perpetual (master_account), to 0.1."),
        ("0.2", False, "closes the open LONG 0.2"),
        ("0.5", True, "first closes the open LONG 0.2"),
    ],
)
async def test_a_position_that_it_would_close_is_named(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, amount: str, margin: bool, does: str
) -> None:
    perpetual = {**MINE, "connector_name": "binance_perpetual", "trading_pair": "BTC-USDT"}
    async with assistant(api, monkeypatch) as call:
        await call.good("place_order", **perpetual, side="BUY", amount="0.2", order_type="MARKET", max_value=10**6)
        _, said = await estimated(call, **perpetual, side="SELL", amount=Decimal(amount))
        _, more = await estimated(call, **perpetual, side="BUY", amount=Decimal(amount))
    assert f"This order {does}" in said
    assert ("available as margin: as a new position what it opens takes" in said) == margin
    assert "as a new position this takes" in more
    assert "LONG" not in more

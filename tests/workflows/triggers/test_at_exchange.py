"""at_exchange: what rests at the exchange in place of a trigger, where that does the same with nobody watching."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.paper.api.faults import Crash
from hbmcp.policy.model import Policy
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import ACCOUNT, PAIR, held, open_position
from tests.paper.scripted_faults import failing
from tests.paper.spot_account import PLACE, orders
from tests.workflows.answers import head, notes, value
from tests.workflows.triggers.test_create_trigger import MINE, kept

pytestmark = pytest.mark.anyio

BUY: dict[str, Any] = {"then": "place_order", "arguments": {"side": "BUY", "amount": 0.1}}
SURE = "bybit_perpetual"  # there Hummingbot makes CLOSE reduce-only; on binance_perpetual not every version does
COINS: dict[str, Any] = {"trading_pair": PAIR, "connector_name": "binance", "account_name": ACCOUNT, "amount": 0.1}


async def test_a_conditional_buy_rests_as_a_limit(talk: Any, api: PaperApi) -> None:
    async with talk() as call:
        market = {**BUY, "arguments": {**BUY["arguments"], "order_type": "MARKET"}}
        told = await call.good("create_trigger", **MINE, below="45000", **market)
        assert "With at_exchange=true a LIMIT at 45000 rests at binance with nobody watching." in notes(told)
        shown = await call.good("create_trigger", **MINE, below="45000", **BUY, at_exchange=True, preview=True)
        assert "BUY 0.1 BTC-USDT LIMIT at 45000 on binance" in head(shown)["would_place"]
        assert orders(api) == []
        text = await call.good("create_trigger", **MINE, below="45000", **BUY, at_exchange=True)
        assert len(await kept(call)) == 1, "the first one"
    (order,) = orders(api)
    assert (order.side, order.type, order.price, order.status) == ("BUY", "LIMIT", Decimal(45_000), "OPEN")
    assert head(text)["order_id"] == order.id


@pytest.mark.parametrize(
    "arguments",
    [
        {"above": "90000", **BUY},  # a stop: a LIMIT there would take at once
        {"trail_percent": 5, **BUY},
        {"above": "90000", "then": None},
        {"above": "900000000", "watch": "portfolio", **BUY},
        {"below": "45000", "then": "place_order", "arguments": {**BUY["arguments"], "trading_pair": "ETH-USDT"}},
        {"below": "45000", "then": "cancel_orders", "arguments": {"all": True}},
        {"below": "45000", **BUY, "expires": "1d"},
        {"below": "45000", "above": "90000", **BUY},
        {"below": "45000", **BUY, "holds_for": 5},
    ],
)
async def test_what_no_exchange_does_is_refused(talk: Any, api: PaperApi, arguments: dict[str, Any]) -> None:
    async with talk() as call:
        told = await call.bad("create_trigger", **MINE, **arguments, at_exchange=True)
        assert "at the exchange" in told
        assert await kept(call) == []
    assert orders(api) == []


async def test_policy_judges_it_as_the_order_that_it_is(talk: Any, api: PaperApi) -> None:
    limits = {"limits": {"order": 4000}}
    asks = {"confirm": [{"when": "always", "tools": ["place_order"], "ask": "terminal"}]}
    for policy, why in ((limits, "limit order is 4,000 USDT"), (asks, "The policy wants a person asked")):
        async with talk(policy=Policy.model_validate(policy)) as call:
            assert why in await call.bad("create_trigger", **MINE, below="45000", **BUY, at_exchange=True)
    assert orders(api) == []


@pytest.mark.parametrize("opening", ["BUY", "SELL"])
async def test_a_target_rests_and_can_only_reduce_and_its_stop_is_a_trigger(
    talk: Any, api: PaperApi, opening: str
) -> None:
    open_position(api, opening, "0.05", connector=SURE)
    (position,) = held(api, SURE)
    async with talk() as call:
        given = {"trading_pair": PAIR, "stop": "-5%", "target": "+10%", "at_exchange": True}
        shown = head(await call.good("protect_position", **given, preview=True))
        assert "LIMIT" in shown["would_place"]
        assert shown["would_arm"]["as"] == "stop"
        text = await call.good("protect_position", **given)
        (stop,) = await kept(call)
    target = orders(api)[-1]
    assert (target.action, target.type, target.amount, target.status) == ("CLOSE", "LIMIT", Decimal("0.05"), "OPEN")
    assert target.price is not None
    assert abs(target.price - position.entry * (Decimal("1.1") if opening == "BUY" else Decimal("0.9"))) < 1
    assert stop.spec.then is not None
    assert stop.spec.then.tool == "close_position"
    assert value(text)["at_exchange"]["order_id"] == target.id
    assert "can only reduce" in notes(text)


async def test_a_target_alone_rests_without_any_trigger(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.05")
    async with talk() as call:
        await call.good("protect_position", trading_pair=PAIR, target="+10%", at_exchange=True)
        assert await kept(call) == []
    assert orders(api)[-1].status == "OPEN"


async def test_a_stop_stays_where_the_exchange_takes_no_target(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.05", connector=SURE)
    for fault in (failing(PLACE, status=400, detail="no such order"), Crash(PLACE, acted=False)):
        async with talk(fault) as call:
            given = {"trading_pair": PAIR, "stop": "-5%", "target": "+10%", "at_exchange": True, "replace": True}
            told = value(await call.good("protect_position", **given))
            assert told["id"]
            assert isinstance(told["at_exchange"], str)
            assert [one.row.state for one in await kept(call)][-1] == "waiting"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"stop": "-5%"}, "at_exchange is of target."),
        ({**COINS, "stop": "-5%", "target": "+5%"}, "holds the coins that the stop must sell"),
    ],
)
async def test_what_cannot_rest_is_refused(talk: Any, api: PaperApi, arguments: dict[str, Any], why: str) -> None:
    open_position(api, "BUY", "0.05")
    async with talk() as call:
        assert why in await call.bad("protect_position", **{"trading_pair": PAIR, **arguments}, at_exchange=True)
        assert await kept(call) == []


async def test_coins_that_have_no_stop_may_rest(talk: Any, api: PaperApi) -> None:
    async with talk() as call:
        await call.good("protect_position", **COINS, target="+5%", at_exchange=True)
        assert await kept(call) == []
    (order,) = orders(api)
    assert (order.side, order.type, order.amount, order.status) == ("SELL", "LIMIT", Decimal("0.1"), "OPEN")


async def test_a_trigger_is_the_target_already(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.05")
    async with talk() as call:
        await call.good("protect_position", trading_pair=PAIR, target="+10%")
        given = {"trading_pair": PAIR, "target": "+5%", "at_exchange": True, "replace": True}
        assert "Trigger 1 is its target already" in await call.bad("protect_position", **given)

"""protect_position: a stop and a target that end each other, and nothing that could open or sell more."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.installation.triggers.trigger import Trigger
from hbmcp.policy.model import Policy
from tests.paper.assistant import Assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import ACCOUNT, CONNECTOR, PAIR, held, open_position
from tests.workflows.answers import head, notes, value

pytestmark = pytest.mark.anyio

COINS: dict[str, Any] = {"trading_pair": PAIR, "connector_name": "binance", "account_name": ACCOUNT}


async def kept(call: Assistant, *states: Any) -> list[Trigger]:
    return [Trigger.of(row) for row in await call.bridge.store.triggers(states=states or ["waiting"])]


@pytest.mark.parametrize(("opening", "side", "sign"), [("BUY", "LONG", 1), ("SELL", "SHORT", -1)])
async def test_stop_and_target_in_percent_of_entry(
    talk: Any, api: PaperApi, opening: str, side: str, sign: int
) -> None:
    """Below 0 is a loss, for a long as for a short."""
    open_position(api, opening, "0.05")
    (position,) = held(api)
    async with talk() as call:
        text = await call.good("protect_position", trading_pair="BTC", stop="-5%", target="+10%")
        stop, target = await kept(call)
    assert "The first that acts ends the others." in notes(text)
    assert [row["as"] for row in value(text)["triggers"]] == ["stop", "target"]
    assert stop.row.bond == target.row.bond
    assert stop.row.bond is not None
    assert stop.spec.when.level == position.entry * (1 - sign * Decimal("0.05"))
    assert target.spec.when.level == position.entry * (1 + sign * Decimal("0.1"))
    assert (stop.spec.when.goes, target.spec.when.goes) == (("below", "above") if sign > 0 else ("above", "below"))
    for one in (stop, target):
        assert one.spec.when.price == "mark"
        assert one.spec.expires is None
        assert one.spec.protects is not None
        assert (one.spec.protects.side, one.spec.protects.amount) == (side, None)
        assert one.spec.then is not None
        assert (one.spec.then.tool, one.spec.then.reduces) == ("close_position", True)
        assert one.spec.then.arguments["side"] == side
        assert one.spec.then.arguments["connector_name"] == CONNECTOR


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({}, "Neither stop, target nor trail_percent came."),
        ({"stop": "+5%"}, "is on the wrong side of the mark price"),
        ({"target": "-5%"}, "is on the wrong side of the mark price"),
        ({"stop": "1000000"}, "is on the wrong side of the mark price"),
        ({"stop": "-100%"}, "stop can't be"),
        ({"stop": "-5%", "amount": 1}, "amount is of coins on a spot exchange"),
        ({"stop": "-5%", "side": "SHORT"}, "There is no open SHORT position"),
        ({"stop": "-5%", "trail_from": 1}, "trail_from is of trail_percent."),
        ({"target": "+5%", "stop_limit": "-5%"}, "stop_limit is of stop."),
        ({"trail_percent": 5, "stop_limit": "-5%"}, "stop_limit is of stop."),
        ({"stop": "-5%", "stop_limit": "-4%"}, "isn't below the stop"),
        ({"stop": "-5%", "price": "best"}, "It is last, bid, ask, mark."),
    ],
)
async def test_what_protects_nothing_is_refused(talk: Any, api: PaperApi, arguments: dict[str, Any], why: str) -> None:
    open_position(api, "BUY", "0.05")
    async with talk() as call:
        assert why in await call.bad("protect_position", trading_pair=PAIR, **arguments)
        assert await kept(call) == []


async def test_a_second_stop_is_refused_or_takes_the_place_of_the_first(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.05")
    async with talk() as call:
        await call.good("protect_position", trading_pair=PAIR, stop="-5%", target="+10%")
        told = await call.bad("protect_position", trading_pair=PAIR, trail_percent=3)
        assert told.startswith("It is protected already: stop 1: mark price of BTC-USDT")
        assert told.endswith("replace=true puts this in its place; target 2 stays.")
        await call.good("protect_position", trading_pair=PAIR, trail_percent=3, replace=True)
        target, stop = await kept(call)
        assert (target.key, stop.key) == (2, 3)
        assert target.row.bond == stop.row.bond
        assert stop.memory.best is not None
        (gone,) = await kept(call, "cancelled")
        assert gone.key == 1
        assert "trigger 3 replaces it" in await call.good("get_trigger", id=1)


@pytest.mark.parametrize(
    ("opening", "first", "second", "says"),
    [
        ("BUY", {"stop": "40000"}, {"stop": "39000"}, "stop 40000 (1) by 39000, which loses more"),
        ("BUY", {"stop": "40000"}, {"stop": "41000"}, "stop 40000 (1) by 41000"),
        ("SELL", {"stop": "90000"}, {"stop": "91000"}, "stop 90000 (1) by 91000, which loses more"),
        ("BUY", {"trail_percent": 5}, {"trail_percent": 9}, "stop 5% trailing (1) by 9% trailing, which loses more"),
        ("BUY", {"target": "90000"}, {"target": "91000"}, "target 90000 (1) by 91000"),
    ],
)
async def test_what_is_replaced_is_said_in_a_line(
    talk: Any, api: PaperApi, opening: str, first: dict[str, Any], second: dict[str, Any], says: str
) -> None:
    open_position(api, opening, "0.05")
    async with talk() as call:
        await call.good("protect_position", trading_pair=PAIR, **first)
        seen = await call.good("protect_position", trading_pair=PAIR, **second, replace=True, preview=True)
        assert head(seen)["replaces"] == says
        assert head(await call.good("protect_position", trading_pair=PAIR, **second, replace=True))["replaces"] == says


@pytest.mark.parametrize(("opening", "side"), [("BUY", "SELL"), ("SELL", "BUY")])
async def test_a_target_says_what_rests_and_does_the_same(talk: Any, api: PaperApi, opening: str, side: str) -> None:
    open_position(api, opening, "0.05")
    async with talk() as call:
        text = await call.good("protect_position", trading_pair=PAIR, target="+5%", stop="-5%")
    assert f"With at_exchange=true the target is a {side} LIMIT at" in notes(text)


async def test_a_target_later_is_bonded_to_the_stop(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.05")
    async with talk() as call:
        await call.good("protect_position", trading_pair=PAIR, stop="-5%")
        await call.good("protect_position", trading_pair=PAIR, target="+5%")
        first, second = await kept(call)
    assert first.row.bond == second.row.bond is not None


async def test_in_hedge_mode_each_side_has_its_own(talk: Any, api: PaperApi) -> None:
    api.paper.engine.set_position_mode(ACCOUNT, CONNECTOR, "HEDGE")
    open_position(api, "BUY", "0.05")
    open_position(api, "SELL", "0.02")
    async with talk() as call:
        assert "2 positions match" in await call.bad("protect_position", trading_pair=PAIR, stop="-5%")
        await call.good("protect_position", trading_pair=PAIR, stop="-5%", side="long")
        await call.good("protect_position", trading_pair=PAIR, stop="-5%", side="SHORT")
        long, short = await kept(call)
        assert (long.spec.when.goes, short.spec.when.goes) == ("below", "above")
        rows = {row["side"]: row["protected_by"] for row in value(await call.good("get_positions"))["positions"]}
    assert rows["LONG"].startswith("stop ")
    assert rows["LONG"].endswith(" (1)")
    assert rows["SHORT"].endswith(" (2)")


class TestCoins:
    async def test_no_more_than_was_given_is_sold_and_nothing_rests(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            text = await call.good("protect_position", **COINS, amount=0.1, stop="-5%", target="+10%")
            both = await kept(call)
        now = api.paper.market.price("binance", PAIR, api.clock.now())
        assert api.paper.engine.orders() == []
        assert "ends with the position" not in text
        for one, share in zip(both, ("0.95", "1.1"), strict=True):
            assert one.spec.when.price == "last"
            assert one.spec.when.level is not None
            assert abs(one.spec.when.level - now * Decimal(share)) < 1
            assert one.spec.protects is not None
            assert one.spec.protects.amount == Decimal("0.1")
            assert one.spec.then is not None
            assert one.spec.then.reduces
            assert one.spec.then.arguments["side"] == "SELL"
            assert one.spec.then.arguments["order_type"] == "MARKET"

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            ({"stop": "-5%"}, "amount must be said"),
            ({"stop": "-5%", "amount": 500}, "Selling 500 BTC takes 500 BTC"),
            ({"stop": "-5%", "amount": 0.00001}, "less than the smallest order of BTC-USDT"),
            ({"stop": "-5%", "amount": 1, "side": "SHORT"}, "neither SHORT nor have a mark price"),
        ],
    )
    async def test_what_cannot_be_sold_is_not_protected(self, talk: Any, arguments: dict[str, Any], why: str) -> None:
        async with talk() as call:
            assert why in await call.bad("protect_position", **COINS, **arguments)
            assert await kept(call) == []


async def test_limits_hold_nothing_back_that_reduces(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.05")
    async with talk(policy=Policy.model_validate({"limits": {"order": 1, "day": 1}})) as call:
        await call.good("protect_position", trading_pair=PAIR, stop="-5%")
        assert "The policy allows it." in await call.good(
            "protect_position", trading_pair=PAIR, target="+5%", preview=True
        )


async def test_closing_says_what_becomes_of_it(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.05")
    async with talk() as call:
        await call.good("protect_position", trading_pair=PAIR, stop="-5%")
        half = await call.good("close_position", trading_pair=PAIR, fraction=0.5)
        assert "What is left stays protected by stop " in half
        whole = await call.good("close_position", trading_pair=PAIR)
        assert "(1): that ends with it." in whole

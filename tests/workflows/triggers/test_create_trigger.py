"""create_trigger on the paper exchange: what it arms, what it says, and what it refuses before anything is kept."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.installation.triggers.trigger import Trigger
from hbmcp.policy.model import Limits, Policy
from tests.paper.assistant import Assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import open_position
from tests.workflows.answers import head, notes

pytestmark = pytest.mark.anyio

BTC: dict[str, Any] = {"connector_name": "binance", "trading_pair": "BTC-USDT"}
MINE: dict[str, Any] = {**BTC, "account_name": "master_account"}
BUY: dict[str, Any] = {"then": "place_order", "arguments": {"side": "BUY", "amount": 0.1, "order_type": "MARKET"}}


async def kept(call: Assistant) -> list[Trigger]:
    return [Trigger.of(row) for row in await call.bridge.store.triggers()]


async def test_a_conditional_buy_is_one_call(talk: Any, api: PaperApi) -> None:
    async with talk() as call:
        text = await call.good("create_trigger", **MINE, below="45000", **BUY)
        (one,) = await kept(call)
    told = head(text)
    assert told["will"] == (
        "when last price of BTC-USDT on binance is 45000 or less: BUY 0.1 BTC-USDT MARKET on binance, account "
        "master_account"
    )
    assert told["id"] == one.key
    assert told["now"] == api.paper.market.price("binance", "BTC-USDT", api.clock.now()).quantize(told["now"])
    assert told["distance_percent"] < -30
    assert 4499 < told["worth"] < 4502, "valued at the level, not at the price of now"
    assert told["expires"] == "2026-12-22T08:43:23Z"
    assert told["watched_by"].startswith("nobody; ")
    assert "With at_exchange=true a LIMIT at 45000 rests at binance with nobody watching." in notes(text)
    assert one.row.state == "waiting"
    assert one.spec.then is not None
    assert one.spec.then.arguments["account_name"] == "master_account"
    assert api.paper.engine.orders() == []


async def test_an_order_without_a_price_is_one_at_market(talk: Any) -> None:
    async with talk() as call:
        for order in ({"side": "BUY", "amount": 0.1}, {"side": "BUY", "amount": 0.1, "price": 44000}):
            await call.good("create_trigger", **MINE, below="45000", then="place_order", arguments=order)
        kinds = [one.spec.then.arguments.get("order_type") for one in await kept(call) if one.spec.then]
    assert kinds == ["MARKET", None]


async def test_one_that_is_there_already_is_told(talk: Any) -> None:
    async with talk() as call:
        first = await call.good("create_trigger", **BTC, below="45000")
        other = await call.good("create_trigger", **BTC, below="44000")
        again = await call.good("create_trigger", **BTC, below="45000", note="mine")
        third = await call.good("create_trigger", **BTC, below="45000")
        await call.good("cancel_trigger", id=head(other)["id"])
        instead = await call.good("create_trigger", **BTC, below="44000")
        keys = [one.key for one in await kept(call)]
    assert "for the same" not in first + other + instead
    assert f"Trigger {keys[0]} waits for the same, to do the same: cancel_trigger ends what is too many." in again
    assert f"Triggers {keys[0]}, {keys[2]} wait for the same" in third


async def test_an_alert_on_either_side_is_one_call_and_says_where_it_tells(talk: Any) -> None:
    async with talk() as call:
        text = await call.good("create_trigger", **BTC, above="+3%", below="-3%")
        high, low = await kept(call)
    assert "The first that acts ends the other." in notes(text)
    assert "It is told with the answer to your next call after that, in the log" in notes(text)
    assert (high.spec.when.goes, low.spec.when.goes) == ("above", "below")
    assert high.row.bond == low.row.bond is not None


async def test_a_level_that_is_close_isn_t_shown_at_no_distance(talk: Any, api: PaperApi) -> None:
    level = api.paper.market.price("binance", "BTC-USDT", api.clock.now()) * Decimal("1.00004")
    async with talk() as call:
        told = head(await call.good("create_trigger", **BTC, above=f"{level:f}"))
    assert 0 < told["distance_percent"] < Decimal("0.005")


async def test_of_two_sides_one_counts_against_limits(talk: Any) -> None:
    """The larger: only one of them acts."""
    sides = {"above": "90000", "below": "45000"}
    async with talk(policy=Policy(limits=Limits(open_orders=1))) as call:
        await call.good("create_trigger", **MINE, **sides, **BUY)
    async with talk(policy=Policy(limits=Limits(order=8000))) as call:
        assert "limit order is 8,000 USDT an order" in await call.bad("create_trigger", **MINE, **sides, **BUY)
        await call.good("create_trigger", **MINE, **(sides | {"above": "70000"}), **BUY)


async def test_a_preview_arms_nothing(talk: Any) -> None:
    async with talk() as call:
        text = await call.good("create_trigger", **MINE, below="45000", **BUY, preview=True)
        assert await kept(call) == []
    assert text.startswith('{"would_arm":{"will":"when last price')
    assert "The policy allows it." in text


async def test_limits_are_held_against_what_it_arms(talk: Any) -> None:
    async with talk(policy=Policy(limits=Limits(order=4000))) as call:
        assert "limit order is 4,000 USDT an order" in await call.bad("create_trigger", **MINE, below="45000", **BUY)
        assert "It would be refused" in await call.good("create_trigger", **MINE, below="45000", **BUY, preview=True)
        await call.good("create_trigger", **MINE, below="35000", **BUY)
        assert len(await kept(call)) == 1


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"above": "1"}, "It holds already: the last price of BTC-USDT on binance is"),
    ({}, "One of above, below and trail_percent is needed, and none came."),
    ({"above": "1", "trail_percent": -2}, "and above and trail_percent came"),
    ({"above": "1", "below": "2"}, "It holds already"),
    ({"above": "1d", "below": "2d", "watch": "time"}, "A time goes only above."),
    ({"above": "x"}, "above can't be x."),
    ({"below": "5%"}, "has no sign."),
    ({"below": "-100%"}, "it must be above 0"),
    ({"trail_percent": 0}, "trail_percent must be between -100 and 100"),
    ({"below": "1", "trail_from": 5}, "trail_from is of trail_percent."),
    ({"below": "1", "price": "mark"}, "has no mark price"),
    ({"below": "1", "price": "middle"}, "expected one of last, bid, ask, mark"),
    ({"below": "1", "watch": "funding_rate"}, "pays no funding"),
    ({"below": "1", "watch": "spread"}, "other_connector must be said"),
    ({"below": "1", "other_connector": "kucoin"}, "other_connector is of watch spread."),
    ({"below": "1", "side": "UP"}, "side can't be UP. Nothing was set. It is LONG, SHORT."),
    ({"below": "1", "holds_for": -1}, "holds_for can't be -1."),
    ({"below": "1", "expires": "yesterday"}, "expires can't be yesterday: that is past."),
    ({"below": "1", "every": 60}, "every needs times"),
    ({"below": "1", "every": 1, "times": 2}, "every can't be 1."),
    ({"below": "1", "total": 60}, "times and total are of every."),
    ({"below": "1", "arguments": {"amount": 1}}, "arguments came without then."),
    ({"below": "1", "cancels": [7]}, "One of 7 doesn't wait any more."),
    ({"below": "1", "watch": "time"}, "A time goes only above."),
    ({"above": "yesterday", "watch": "time"}, "above can't be yesterday: that is past."),
]


@pytest.mark.parametrize(("arguments", "why"), REFUSED)
async def test_what_cannot_be_meant_is_refused(talk: Any, arguments: dict[str, Any], why: str) -> None:
    async with talk() as call:
        assert why in await call.bad("create_trigger", **{**BTC, **arguments})
        assert await kept(call) == []


ORDERS: list[tuple[dict[str, Any], str]] = [
    ({"side": "BUY", "order_type": "MARKET"}, "No size is given"),
    ({"side": "BUY", "amount": 1e-7, "order_type": "MARKET"}, "is less than the smallest order of BTC-USDT"),
    ({"side": "BUY", "amount": 0.00008, "order_type": "MARKET"}, "at 45"),  # worth enough now, but not then
    (
        {"side": "BUY", "amount": 0.01, "price": "60000"},
        "With the price at 45000: BUY at 60000 is more than 10% beyond",
    ),
    ({"side": "SELL", "amount": 500, "order_type": "MARKET"}, "Selling 500 BTC takes 500 BTC"),
    ({"side": "UP", "amount": 1, "order_type": "MARKET"}, "side"),
    ({"side": "BUY", "amount": 1, "order_type": "MARKET", "trading_pair": "NOPE-USDT"}, "has no pair NOPE-USDT"),
]


@pytest.mark.parametrize(("order", "why"), ORDERS)
async def test_an_order_that_would_be_refused_then_is_refused_now(talk: Any, order: dict[str, Any], why: str) -> None:
    async with talk() as call:
        assert why in await call.bad("create_trigger", **MINE, below="45000", then="place_order", arguments=order)
        assert await kept(call) == []


async def test_an_order_beyond_the_price_of_now_is_no_slip_at_its_level(talk: Any) -> None:
    """BUY at 80,000 looks like a slip today; it doesn't when the price has gone there."""
    order = {"side": "BUY", "amount": 0.01, "price": "80500"}
    async with talk() as call:
        await call.good("create_trigger", **MINE, above="80000", then="place_order", arguments=order)
        assert len(await kept(call)) == 1


async def test_a_size_in_money_is_worked_out_at_the_level(talk: Any) -> None:
    order = {"side": "BUY", "quote_amount": 100, "order_type": "MARKET"}
    async with talk() as call:
        told = head(await call.good("create_trigger", **MINE, below="45000", then="place_order", arguments=order))
        (one,) = await kept(call)
    assert "BUY 0.002" in told["will"]
    assert 95 < told["worth"] <= 100
    assert one.spec.then is not None
    assert "amount" not in one.spec.then.arguments, "it is worked out by the price of then"


async def test_what_is_off_cannot_be_armed(talk: Any) -> None:
    async with talk(policy=Policy.model_validate({"deny": {"tools": ["place_order"]}})) as call:
        assert "place_order" in await call.bad("create_trigger", **MINE, below="45000", **BUY)
        assert await kept(call) == []


async def test_it_acts_at_once_only_where_that_is_said(talk: Any) -> None:
    async with talk() as call:
        await call.bad("create_trigger", **BTC, above="1")
        await call.good("create_trigger", **BTC, above="1", now_if_met=True)


async def test_what_would_be_too_far_beyond_its_level_to_act_at_once_is_not_armed(talk: Any) -> None:
    """It would wait unseen until the price comes back. What only tells acts at any distance."""
    async with talk() as call:
        told = await call.bad("create_trigger", **MINE, above="66000", now_if_met=True, **BUY)
        assert "It holds already, and wouldn't act: last price of BTC-USDT on binance is" in told
        assert "more than 2% beyond the level. Nothing was set. place_order itself acts at once; or raise slip." in told
        assert await kept(call) == []
        await call.good("create_trigger", **MINE, above="66000", now_if_met=True, slip=50, **BUY)


async def test_closing_is_bound_to_the_position_of_now(talk: Any, api: PaperApi) -> None:
    open_position(api, "SELL", "0.05")
    async with talk() as call:
        assert "There is no open position of ETH" in await call.bad(
            "create_trigger", watch="pnl", trading_pair="ETH-USDT", below="-5%", then="close_position"
        )
        await call.good("create_trigger", watch="pnl", trading_pair="BTC-USDT", below="-5%", then="close_position")
        (one,) = await kept(call)
    assert one.spec.protects is not None
    assert one.spec.protects.side == "SHORT"
    assert one.spec.then is not None
    assert one.spec.then.reduces
    assert one.spec.then.arguments["side"] == "SHORT"
    assert one.spec.when.side == "SHORT"


async def test_a_part_is_closed_although_as_much_was_a_moment_before(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.05")
    part = {"then": "close_position", "arguments": {"fraction": 0.5}}
    async with talk() as call:
        told = await call.good("create_trigger", watch="pnl", trading_pair="BTC-USDT", above="5%", **part)
        (one,) = await kept(call)
    assert "close 50% of the LONG position BTC-USDT" in told
    assert one.spec.then is not None
    assert one.spec.then.arguments["again"] is True


async def test_one_cancels_the_other(talk: Any) -> None:
    async with talk() as call:
        for level in ("1", "2", "3"):
            await call.good("create_trigger", **BTC, below=level)
        await call.good("create_trigger", **BTC, below="4", cancels=[1])
        await call.good("create_trigger", **BTC, below="5", cancels=[1])
        bonds = [one.row.bond for one in await kept(call)]
        assert bonds[0] == bonds[3] == bonds[4]
        assert bonds[1:3] == [None, None]
        assert bonds[0] is not None


@pytest.mark.parametrize(
    ("arguments", "will", "away"),
    [
        ({**BTC, "trail_percent": -5}, "5% below its highest since", {"distance_percent": -5}),
        ({**BTC, "above": "+5%", "price": "bid", "holds_for": 60}, "or more, for 60 s", {}),
        ({"watch": "time", "above": "30m"}, "time is 2026-11-22T09:13:23Z or later", {"in": "30 min"}),
        ({"watch": "portfolio", "below": "-10%"}, "worth of the portfolio is", {"distance_percent": -10}),
        ({"watch": "spread", **BTC, "other_connector": "kucoin", "above": "2%"}, "on kucoin is 2% or more", {}),
        (
            {"watch": "funding_rate", "connector_name": "binance_perpetual", "trading_pair": "BTC", "above": "0.5"},
            "is 0.5% or more",
            {"now": 0.01},
        ),
    ],
)
async def test_every_kind_of_condition(talk: Any, arguments: dict[str, Any], will: str, away: dict[str, Any]) -> None:
    arguments = {**arguments, "trading_pair": "BTC-USDT"} if "trading_pair" in arguments else arguments
    async with talk() as call:
        told = head(await call.good("create_trigger", **arguments))
        assert len(await kept(call)) == 1
    assert will in told["will"]
    assert {name: float(told[name]) if name != "in" else told[name] for name in away} == away

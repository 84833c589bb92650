"""wait_for: at once where it holds, as soon as it does, and no longer than it was told."""

import asyncio
from typing import Any

import pytest

from hbmcp.installation.triggers import waiting
from hbmcp.paper.api.faults import Bug
from hbmcp.paper.api.routes.base import Call, Handler, Json
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import PRICES, open_position
from tests.workflows.answers import flat, notes
from tests.workflows.triggers.test_create_trigger import BTC

pytestmark = pytest.mark.anyio

BOOK = "POST /market-data/order-book"
WIDE = {"bids": [{"price": 92, "amount": 1}], "asks": [{"price": 101, "amount": 1}]}


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "EVERY", 0.001)


def prices(*told: Any) -> Bug:
    """The prices that are answered, one after the other, the last for ever; None is an answer without. The book holds
    what is between 92 and 101."""
    left = list(told)

    def wrap(_: Handler) -> Handler:
        def handle(call: Call) -> Json:
            one = left.pop(0) if len(left) > 1 else left[0]
            return {
                "connector": call.body["connector_name"],
                "prices": {} if one is None else {"BTC-USDT": one},
                "timestamp": call.engine.clock.now() / 1000,
            }

        return handle

    return Bug("prices that a test tells", {PRICES: wrap, BOOK: lambda handler: lambda call: {**handler(call), **WIDE}})  # type: ignore[dict-item]


async def test_it_returns_at_once_where_it_holds(talk: Any) -> None:
    async with talk() as call:
        told = flat(await call.good("wait_for", **BTC, above="1"))
        assert sorted(call.asked) == [BOOK, PRICES]
    assert told["result"] == "Last price of BTC-USDT on binance is 1 or more."
    assert told["time"] == "2026-11-22T08:43:23Z"


async def test_it_returns_as_soon_as_it_holds(talk: Any) -> None:
    async with talk(prices(100, 99, 98, 94, 93)) as call:
        told = flat(await call.good("wait_for", **BTC, below="-5%"))
        assert call.asked.count(PRICES) == 4
    assert told["value"] == 94


async def test_a_reading_that_fails_is_told_and_not_the_end(talk: Any) -> None:
    async with talk(prices(100, None, 93)) as call:
        assert flat(await call.good("wait_for", **BTC, below="95"))["value"] == 93
    async with talk(prices(100, None)) as call:
        text = await call.good("wait_for", **BTC, below="95", timeout=1)
    assert flat(text)["result"] == "Not within 1 s: last price of BTC-USDT on binance is 95 or less."
    assert notes(text).startswith("The last reading failed: ")


async def test_one_wrong_tick_doesnt_end_it(talk: Any) -> None:
    async with talk(prices(100, 40, 99, 94)) as call:
        assert flat(await call.good("wait_for", **BTC, below="95"))["value"] == 94


async def test_a_price_that_its_book_denies_is_no_beginning(talk: Any) -> None:
    async with talk(prices(40)) as call:
        for tool in ("wait_for", "create_trigger"):
            assert "40 by one source and 96.5 by another" in await call.bad(tool, **BTC, below="-5%")


async def test_it_must_hold_for_as_long_as_is_said(talk: Any, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    at = api.clock.now()
    async with talk(prices(93, 100, 93)) as call:
        seconds = iter(range(1000))
        monkeypatch.setattr("hbmcp.times._clock", lambda: at + 1000 * next(seconds))
        told = flat(await call.good("wait_for", **BTC, below="95", holds_for=20))
        assert call.asked.count(PRICES) > 5
    assert told["value"] == 93


async def test_who_hangs_up_ends_it(talk: Any) -> None:
    async with talk() as call:
        waiting_call = asyncio.create_task(call("wait_for", **BTC, below="1", timeout=600))
        while not call.asked:
            await asyncio.sleep(0)
        waiting_call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting_call


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"watch": "weather", "above": "1"}, "It is price, spread, funding_rate, pnl, portfolio, time."),
        ({"above": "1", "timeout": 601}, "timeout"),
        ({}, "One of above, below and trail_percent is needed"),
        ({"trading_pair": "NOPE-USDT", "above": "1"}, "NOPE-USDT"),
    ],
)
async def test_what_cannot_be_waited_for_is_refused(talk: Any, arguments: dict[str, Any], why: str) -> None:
    async with talk() as call:
        assert why in await call.bad("wait_for", **{**BTC, **arguments})


async def test_in_hedge_mode_the_p_l_of_one_side_is_waited_for(talk: Any, api: PaperApi) -> None:
    api.paper.engine.set_position_mode("master_account", "binance_perpetual", "HEDGE")
    for side in ("BUY", "SELL"):
        open_position(api, side, "0.1")
    given = {"watch": "pnl", "connector_name": "binance_perpetual", "trading_pair": "BTC-USDT", "above": "-50"}
    async with talk() as call:
        assert "side" in await call.bad("wait_for", **given)
        told = await call.good("wait_for", **given, side="SHORT", measure="margin")
    assert "P&L of the SHORT position BTC-USDT on binance_perpetual in percent of margin" in told

"""place_order with a size in money, as a share and as a risk, on the paper exchange."""

import re
from decimal import Decimal
from typing import Any

import pytest

from hbmcp.figures import money
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import open_position, sizes
from tests.paper.scripted_faults import failing
from tests.paper.spot_account import BUY, PLACE, PRICES, SELL, STATE, orders
from tests.workflows.answers import flat, notes, value

pytestmark = pytest.mark.anyio

D = Decimal
PERPETUAL = {**BUY, "connector_name": "binance_perpetual"}


def balance(api: PaperApi, token: str) -> Decimal:
    return api.paper.engine.balances("master_account", "binance")[token].total


async def test_a_hundred_dollars_cost_no_more_with_the_fee(talk: Any, api: PaperApi) -> None:
    before = balance(api, "USDT")
    async with talk() as call:
        text = await call.good("place_order", **BUY, quote_amount=100, order_type="MARKET")
    spent = before - balance(api, "USDT")
    assert D(95) < spent <= D(100)
    assert "100 USDT, a fee of 0.1% included, at " in notes(text)
    assert D(flat(text)["quote_total"]) <= 100


async def test_a_preview_shows_what_it_comes_to(talk: Any, api: PaperApi) -> None:
    async with talk() as call:
        text = await call.good("place_order", **BUY, quote_amount=100, price="50000", preview=True)
        assert PLACE not in call.asked
    assert "BUY 0.00199 BTC-USDT LIMIT at 50000" in text
    assert orders(api) == []


@pytest.mark.parametrize("side", ["BUY", "SELL"])
async def test_a_preview_tells_price_fee_and_what_is_lost_at_the_stop(talk: Any, api: PaperApi, side: str) -> None:
    api.paper.engine.set_leverage("master_account", "hyperliquid_perpetual", "BTC-USD", 20)
    buys = side == "BUY"
    exits = {"stop_loss": 40_000 if buys else 90_000, "take_profit": 90_000 if buys else 40_000}
    where = {**PERPETUAL, "connector_name": "hyperliquid_perpetual", "trading_pair": "BTC-USD"}  # more than at the top
    order = {**where, "side": side, "amount": "0.5", "order_type": "MARKET", "max_value": 10**6}
    async with talk() as call:
        found = flat(await call.good("place_order", **order, **exits, preview=True))
        done = flat(await call.good("place_order", **order))
    assert found["expected_price"] == done["average_price"]
    assert (found["fee"], found["fee_percent"]) == (money(done["fee"]), D("0.045"))
    assert found["fee_assumed"] is True
    paid = done["average_price"]
    said = [
        f"{name} {level}: {money((abs(level - paid) + worse * D('0.00045') * (paid + level)) / 2):f} USD {what}"
        for (name, what, worse), level in zip(
            (("stop", "lost", 1), ("target", "gained", -1)), exits.values(), strict=True
        )
    ]
    assert found["when_filled"] == f"{', '.join(said)}; both fees included"


async def test_a_fee_that_a_fill_told_isnt_assumed(talk: Any) -> None:
    async with talk() as call:
        await call.good("place_order", **BUY, quote_amount=100, order_type="MARKET")
        found = flat(await call.good("place_order", **BUY, quote_amount=100, price="50000", preview=True))
    assert found.keys().isdisjoint({"expected_price", "fee_assumed"})
    assert found["fee"] == found["notional"] / 1000


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({**BUY, "price": "+2%"}, "It fills at once: the book offers "),
        ({**SELL, "price": "-2%"}, "It fills at once: the book offers "),
        ({**BUY, "price": "-2%"}, ""),
        ({**SELL, "price": "+2%"}, ""),
        ({**BUY, "price": "+2%", "order_type": "LIMIT_MAKER"}, "can't rest, so it may be refused."),
        ({**BUY, "price": "-2%", "order_type": "LIMIT_MAKER"}, ""),
    ],
)
async def test_what_fills_at_once_is_said_to(talk: Any, order: dict[str, Any], said: str) -> None:
    async with talk() as call:
        text = notes(await call.good("place_order", **order, amount="0.01", preview=True))
    assert said in text
    assert ("the book offers" in text.lower()) == bool(said)


async def test_of_several_it_is_said_which_fills_at_once(talk: Any) -> None:
    orders = [{**BUY, "amount": "0.01", "price": price} for price in ("-2%", "+2%")]
    async with talk() as call:
        text = await call.good("place_orders", orders=orders, preview=True)
        done = await call.good("place_order", **orders[1])
        first = flat(await call.good("place_order", **orders[0], wait=0))["order_id"]
        anew = await call.good("replace_order", order_id=first, price="+1%", preview=True)
    assert text.count("It fills at once") == 1
    assert "orders[1]: It fills at once: the book offers" in text
    assert "It fills at once" not in done
    assert "It fills at once" in anew


@pytest.mark.parametrize(("most", "said"), [(100, True), (139, False)])
async def test_what_rounding_leaves_of_the_money_is_said(talk: Any, most: int, said: bool) -> None:
    order = {**PERPETUAL, "connector_name": "hyperliquid_perpetual", "trading_pair": "BTC-USD", "price": "46000"}
    async with talk() as call:
        text = await call.good("place_order", **order, quote_amount=most, preview=True)
    assert ("was rounded down to 0.002, a multiple of 0.001." in text) == ("was rounded" in text) == said


async def test_all_of_the_money_is_not_taken_for_a_slip(talk: Any, api: PaperApi) -> None:
    async with talk() as call:
        await call.good("place_order", **BUY, share=100, price="50000")
        (order,) = orders(api)
    assert D(99_000) < order.amount * 50_000 <= D(100_000) / D("1.001")


async def test_a_share_of_what_is_held_is_sold(talk: Any, api: PaperApi) -> None:
    async with talk() as call:
        text = await call.good("place_order", **SELL, share=50, order_type="MARKET")
    assert orders(api)[0].amount == D("0.5")
    assert "50% of 1 BTC available." in text


async def test_a_share_of_a_position_is_closed(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.1")
    close = {**PERPETUAL, "side": "SELL", "position_action": "CLOSE", "order_type": "MARKET"}
    async with talk() as call:
        await call.good("place_order", **close, share=40)
    assert set(sizes(api).values()) == {D("0.06")}


async def test_the_refusal_of_a_large_size_says_what_it_was_worked_out_from(talk: Any) -> None:
    """Of an amount that nobody gave it says no unit, but what is lost, of what."""
    async with talk() as call:
        text = await call.bad("place_order", **PERPETUAL, risk="1%", stop_loss="49900", price="50000")
    assert "that may be a slip." in text
    assert re.search(r" USDT, 1% of the [\d.]+ in all accounts, is lost from 50000 to 49900, both fees included,", text)
    assert "amount is in" not in text


async def test_one_percent_is_risked(talk: Any, api: PaperApi) -> None:
    async with talk() as call:
        total = D(value(await call.good("get_portfolio_balances"))["total_value"])
        await call.good("place_order", **PERPETUAL, risk="1%", stop_loss=40_000, price="50000")
    (order,) = orders(api)
    lost = order.amount * (10_000 + D("0.0005") * 90_000)
    assert total / 100 * D("0.98") < lost <= total / 100 * D("1.001")


async def test_too_little_is_refused_with_the_figures(talk: Any) -> None:
    async with talk() as call:
        text = await call.bad("place_order", **BUY, quote_amount=1, price="50000")
        assert PLACE not in call.asked
    assert "1 USDT, a fee of 0.1% included, at 50000 is 0.0000199800199" in text
    assert "BTC-USDT, " in text


@pytest.mark.parametrize("size", [{}, {"amount": 0.1, "quote_amount": 100}])
async def test_one_size_and_no_other(talk: Any, api: PaperApi, size: dict[str, Any]) -> None:
    async with talk() as call:
        text = await call.bad("place_order", **BUY, **size, price="50000")
        assert call.asked == []
    assert "one of amount, quote_amount, share and risk says how much" in text
    assert orders(api) == []


async def test_what_can_t_be_read_gives_no_size(talk: Any, api: PaperApi) -> None:
    async with talk(failing(STATE)) as call:
        assert "How much USDT is available can't be read" in await call.bad(
            "place_order", **BUY, share=10, price="50000"
        )
    async with talk(failing(PRICES, "POST /market-data/order-book")) as call:
        assert "No price of BTC-USDT can be read" in await call.bad(
            "place_order", **BUY, quote_amount=10, order_type="MARKET"
        )
    assert orders(api) == []

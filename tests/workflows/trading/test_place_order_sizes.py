"""place_order with a size in money, as a share and as a risk, on the paper exchange."""

from decimal import Decimal
from typing import Any

import pytest

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

"""place_orders on the paper exchange: checked together before the first is sent, and each answered."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.paper.api.faults import BUGS, Bug, Cut, Fault
from hbmcp.paper.api.routes.base import Call, Handler, Json, Refusal
from tests.paper.paper_api import PaperApi
from tests.paper.scripted_faults import failing
from tests.paper.spot_account import BUY, PLACE, SEARCH, SELL, orders
from tests.workflows.answers import head, value

pytestmark = pytest.mark.anyio

D = Decimal
LOW = {**BUY, "amount": 0.01, "price": "50000"}


def rows(text: str) -> list[str]:
    return [row["status"] for row in value(text)["orders"]]


@pytest.mark.parametrize("faults", [(), BUGS])
async def test_each_is_placed_and_answered(talk: Any, api: PaperApi, faults: tuple[Fault, ...]) -> None:
    given = [
        {**BUY, "quote_amount": "100", "order_type": "MARKET"},
        {**LOW, "trading_pair": "btc-usdt", "side": "buy"},
        {**SELL, "amount": "0.1", "price": 99_000, "position_action": None},
    ]
    async with talk(*faults) as call:
        shown = await call.good("place_orders", orders=given, preview=True)
        assert PLACE not in call.asked
        assert "BUY 0.01 BTC-USDT LIMIT at 50000" in shown
        text = await call.good("place_orders", orders=given)
        assert call.asked.count(PLACE) == 3
    assert rows(text) == ["FILLED", "OPEN", "OPEN"]
    assert [one.amount for one in orders(api)][1:] == [D("0.01"), D("0.1")]
    assert (head(text)["FILLED"], head(text)["OPEN"]) == (1, 2)
    assert [row["order_id"] for row in value(text)["orders"]] == [one.id for one in orders(api)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "- orders: is empty"),
        ([LOW] * 21, "21 orders are given"),
        ([LOW, {**LOW, "amont": 1}], "- orders[1].amont: isn't taken here; did you mean amount?"),
        ([{"side": "BUY", "amount": 1}], "- orders[0].account_name: is missing"),
        ([{**LOW, "side": "HOLD"}], "- orders[0].side: HOLD isn't BUY or SELL"),
        ([{**LOW, "amount": -1}], '- orders[0].amount: "-1" isn\'t a number above 0'),
        ([{**LOW, "amount": "lots"}], "- orders[0].amount: lots isn't a number above 0"),
        ([{**LOW, "share": 5}], "- orders[0]: amount and share are given"),
        ([{**LOW, "trading_pair": "BTC-"}], "- orders[0].trading_pair: BTC- is no pair"),
        ([LOW, {**LOW, "trading_pair": "NO-USDT"}], "- orders[1]: binance has no pair NO-USDT"),
        ([LOW, {**LOW, "price": "900000"}], "- orders[1]: BUY at 900000 is more than 10% beyond"),
    ],
)
async def test_one_that_is_wrong_holds_back_all(
    talk: Any, api: PaperApi, given: list[dict[str, Any]], said: str
) -> None:
    async with talk() as call:
        text = await call.bad("place_orders", orders=given)
        assert PLACE not in call.asked
    assert said in text
    assert "Nothing was sent." in text
    assert orders(api) == []


async def test_together_they_must_fit_the_balance(talk: Any, api: PaperApi) -> None:
    """Each of these could be paid, and not all."""
    async with talk() as call:
        text = await call.bad("place_orders", orders=[{**BUY, "amount": 0.4, "price": "50000"}] * 6, max_value=10**7)
        assert "Together these orders take 120000 USDT on binance, account master_account, and 100000 is" in text
        sells = [{**SELL, "amount": 0.6, "price": "900000"}] * 2
        assert "Together these orders take 1.2 BTC on binance" in await call.bad(
            "place_orders", orders=sells, max_value=10**7
        )
    assert orders(api) == []


async def test_together_they_may_not_look_like_a_slip(talk: Any, api: PaperApi) -> None:
    async with talk() as call:
        given = [{**BUY, "amount": 0.3, "price": "50000"}] * 4
        text = await call.bad("place_orders", orders=given)
        assert "Together 4 orders are worth about 60000 USDT, " in text
        assert "max_value" in text
        assert "more than max_value" in await call.bad("place_orders", orders=given, max_value=50_000)
        assert orders(api) == []
        await call.good("place_orders", orders=given, max_value=60_000)
    assert len(orders(api)) == 4


@pytest.mark.parametrize("acted", [True, False])
async def test_none_is_sent_after_one_of_unknown_outcome(talk: Any, api: PaperApi, acted: bool) -> None:
    given = [{**LOW, "price": str(price)} for price in (50_000, 50_001, 50_002)]
    asked: list[None] = []

    def wrap(handler: Handler) -> Handler:
        def handled(call: Call) -> Json:
            asked.append(None)
            if len(asked) != 2:
                return handler(call)
            if acted:
                handler(call)
            raise Refusal(500, "broken")

        return handled

    async with talk(Bug("no answer to the second", {PLACE: wrap})) as call:
        text = await call.good("place_orders", orders=given)
        assert call.asked.count(PLACE) == 2
    assert rows(text) == ["OPEN", "UNKNOWN", "NOT_SENT"]
    assert "Outcome unknown" in value(text)["orders"][1]["reason"]
    assert len(orders(api)) == 1 + acted


async def test_one_that_is_lost_on_the_way_is_the_last(talk: Any) -> None:
    async with talk(Cut(PLACE, acted=True)) as call:
        text = await call.good("place_orders", orders=[LOW, {**LOW, "amount": 0.02}])
        assert call.asked.count(PLACE) == 1
    assert rows(text) == ["UNKNOWN", "NOT_SENT"]


async def test_one_that_the_exchange_refuses_doesn_t_stop_the_others(talk: Any, api: PaperApi) -> None:
    """It is known only after all were sent."""
    async with talk(failing("POST /portfolio/state")) as call:
        given = [LOW, {**BUY, "amount": 9, "price": "50000"}, {**LOW, "amount": 0.02}]
        text = await call.good("place_orders", orders=given, max_value=10**7)
    assert rows(text) == ["OPEN", "FAILED", "OPEN"]
    assert "alance" in value(text)["orders"][1]["reason"]
    assert SEARCH in call.asked
    assert [one.status for one in orders(api)] == ["OPEN", "FAILED", "OPEN"]


async def test_the_same_twice_is_asked_again(talk: Any, api: PaperApi) -> None:
    async with talk() as call:
        await call.good("place_orders", orders=[LOW])
        assert "again=true" in await call.bad("place_orders", orders=[LOW])
        await call.good("place_orders", orders=[LOW], again=True)
    assert len(orders(api)) == 2

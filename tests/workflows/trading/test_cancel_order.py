"""cancel_order on the paper exchange: asked once, and it says whether the order is gone and what had filled."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.paper.api.faults import BUGS, RACING_CANCEL, Crash, Cut, Fault
from tests.paper.paper_api import HOUR, PaperApi
from tests.paper.scripted_faults import before, changed, failing
from tests.paper.spot_account import ACTIVE, BUY, CANCEL, SEARCH, SELL, WHERE, orders, rest, take
from tests.workflows.answers import flat

pytestmark = pytest.mark.anyio

GONE = "Cancelled, as the API's record says; 0 of 0.01 BTC filled."


def status(api: PaperApi, order: str) -> str:
    return api.paper.engine.order(order).status


@pytest.mark.parametrize("faults", [(), BUGS])
@pytest.mark.parametrize("named", [{}, WHERE])
async def test_it_is_cancelled(talk: Any, api: PaperApi, faults: tuple[Fault, ...], named: dict[str, Any]) -> None:
    order = rest(api)
    rest(api, price="1001")
    api.clock.advance(30 * HOUR)
    async with talk(*faults) as call:
        shown = flat(await call.good("cancel_order", order_id=order, **named))
        assert call.asked.count(CANCEL) == 1
    assert status(api, order) == "CANCELLED"
    assert [one.status for one in orders(api)] == ["CANCELLED", "OPEN"]
    assert (shown["result"], shown["status"]) == (
        GONE,
        "CANCELLED",
    )
    assert "order_id" not in shown
    assert {name: shown.get(name) for name in WHERE} == (dict.fromkeys(WHERE) if named else WHERE)
    assert (shown["trading_pair"], shown["side"], shown["price"]) == ("BTC-USDT", "BUY", 1000)
    assert "created_at" not in shown


async def test_the_exchange_s_id_will_do(talk: Any, api: PaperApi) -> None:
    order = rest(api)
    async with talk() as call:
        text = await call.good("cancel_order", order_id=api.paper.engine.order(order).exchange_id)
    assert flat(text)["order_id"] == order
    assert status(api, order) == "CANCELLED"


async def test_what_had_filled_is_told(talk: Any, api: PaperApi) -> None:
    api.paper.engine.deposit("master_account", "binance", "BTC", Decimal(100))
    best = api.paper.engine._feed.best("binance", "BTC-USDT", api.clock.now(), "SELL")
    assert best is not None
    async with talk() as call:
        await call.good("place_order", **SELL, amount=30, price=str(best), max_value=10**7)
        (order,) = orders(api)
        assert order.status == "PARTIALLY_FILLED"
        shown = flat(await call.good("cancel_order", order_id=order.id))
    assert shown["result"] == GONE.replace("0 of 0.01", f"{order.filled.normalize():f} of 30")
    assert shown["filled_amount"] == order.filled


@pytest.mark.parametrize("faults", [(), (RACING_CANCEL,), BUGS])
async def test_twice_asks_once(talk: Any, api: PaperApi, faults: tuple[Fault, ...]) -> None:
    order = rest(api)
    async with talk(*faults) as call:
        await call.good("cancel_order", order_id=order)
        shown = flat(await call.good("cancel_order", order_id=order))
        assert call.asked.count(CANCEL) == 1
    assert shown["result"] == f"Nothing was sent, it had ended before. {GONE}"


async def test_one_that_is_filled_is_not_cancelled(talk: Any, api: PaperApi) -> None:
    order = take(api, "SELL", "0.5")
    async with talk() as call:
        text = await call.good("cancel_order", order_id=order)
        assert CANCEL not in call.asked
    assert "Nothing was sent, it had ended before. It wasn't cancelled: it is filled, as the API's record says." in text


async def test_one_that_fills_meanwhile_is_told(talk: Any, api: PaperApi) -> None:
    """The API answers 404 for it, and its record is late."""
    order = take(api, "SELL", "0.5")
    as_open = changed(
        SEARCH,
        lambda rows, asked: [{**row, "status": "OPEN", "filled_amount": 0.0} for row in rows] if asked < 4 else rows,
    )
    no_fills = changed("POST /trading/trades", lambda rows, asked: [] if asked < 4 else rows)
    async with talk(as_open, no_fills) as call:
        shown = flat(await call.good("cancel_order", order_id=order))
        assert call.asked.count(CANCEL) == 1
    assert shown["result"] == "It wasn't cancelled: it is filled, as the API's record says."
    assert (shown["status"], shown["filled_amount"]) == ("FILLED", Decimal("0.5"))


async def test_one_that_somebody_else_cancels_meanwhile(talk: Any, api: PaperApi) -> None:
    order = rest(api)
    other = before(CANCEL, lambda: api.paper.engine.cancel("master_account", "binance", order))
    async with talk(other) as call:
        assert GONE in await call.good("cancel_order", order_id=order)


async def test_one_that_the_api_has_lost_is_not_said_to_be_gone(talk: Any, api: PaperApi) -> None:
    """It refuses with 404, and goes on to show it open."""
    order = rest(api)
    lost = failing(CANCEL, status=404, detail=f"Order '{order}' not found in active orders")
    async with talk(lost) as call:
        text = await call.bad("cancel_order", order_id=order, wait=0.05)
    assert "not found in active orders" in text
    assert "It isn't cancelled: the API still shows it OPEN, 0 of 0.01 BTC filled." in text
    assert "Nothing was done" not in text


@pytest.mark.parametrize("fault", [Cut, Crash])
@pytest.mark.parametrize("acted", [True, False])
async def test_without_an_answer_it_looks(talk: Any, api: PaperApi, fault: Any, acted: bool) -> None:
    order = rest(api)
    async with talk(fault(CANCEL, acted=acted)) as call:
        outcome_ = await call("cancel_order", order_id=order, wait=0.05)
        assert call.asked.count(CANCEL) == 1
    assert outcome_.is_error != acted
    if acted:
        assert flat(outcome_.text)["result"] == GONE
    else:
        assert outcome_.text.startswith("Outcome unknown: ")
        assert "may be cancelled or still be open: the API still shows it OPEN, 0 of 0.01 BTC filled." in outcome_.text
        assert "Probably nothing" not in outcome_.text


async def test_one_that_takes_its_time_is_not_said_to_be_gone(talk: Any, api: PaperApi) -> None:
    order = rest(api)
    still = changed(SEARCH, lambda rows, _: [{**row, "status": "OPEN"} for row in rows])
    async with talk(still) as call:
        shown = flat(await call.good("cancel_order", order_id=order, wait=0.05))
    assert shown["result"].startswith("Asked to cancel, and not gone after 0.05 s: it can still fill.")
    assert shown["status"] == "OPEN"


async def test_nobody_looks_when_told_not_to(talk: Any, api: PaperApi) -> None:
    order = rest(api)
    async with talk() as call:
        shown = flat(await call.good("cancel_order", order_id=order, wait=0))
        assert call.asked[-1] == CANCEL
    assert shown["result"] == "Asked to cancel, not looked at: get_order tells more."
    assert status(api, order) == "CANCELLED"


class TestFinding:
    async def test_an_order_that_nobody_knows(self, talk: Any) -> None:
        async with talk() as call:
            text = await call.bad("cancel_order", order_id="x-nothing")
            assert CANCEL not in call.asked
        assert text.startswith("There is no order x-nothing among the API's orders. Nothing was done.")

    async def test_is_left_to_the_api_where_the_exchange_is_named(self, talk: Any) -> None:
        async with talk() as call:
            text = await call.bad("cancel_order", order_id="x-nothing", wait=0.05, **WHERE)
            assert call.asked.count(CANCEL) == 1
        assert "Order 'x-nothing' not found in active orders" in text
        assert "Nothing was done" in text

    async def test_records_that_can_not_be_read_do_not_keep_it_from_being_cancelled(
        self, talk: Any, api: PaperApi
    ) -> None:
        order = rest(api)
        async with talk(failing(SEARCH, ACTIVE)) as call:
            assert "can't be looked for" in await call.bad("cancel_order", order_id=order)
            shown = flat(await call.good("cancel_order", order_id=order, wait=0.05, **WHERE))
        assert status(api, order) == "CANCELLED"
        assert shown["result"].startswith("Asked to cancel, and not gone after 0.05 s")

    async def test_the_connectors_know_one_that_is_not_recorded(self, talk: Any, api: PaperApi) -> None:
        order = rest(api)
        async with talk(changed(SEARCH, lambda rows, asked: [] if asked == 1 else rows)) as call:
            await call.good("cancel_order", order_id=order)
        assert status(api, order) == "CANCELLED"

    async def test_an_order_of_another_account_is_not_there(self, talk: Any, api: PaperApi) -> None:
        order = rest(api)
        async with talk() as call:
            assert "There is no order" in await call.bad("cancel_order", order_id=order, account_name="second_account")
        assert status(api, order) == "OPEN"

    async def test_what_was_sent_is_found_where_it_went(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            await call.good("place_order", **BUY, amount=0.01, price="1000")
            (order,) = orders(api)
            api.clock.advance(500 * HOUR)
            await call.good("cancel_order", order_id=order.id)
        assert status(api, order.id) == "CANCELLED"

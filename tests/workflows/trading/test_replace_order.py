"""replace_order on the paper exchange: the new one only once the old one is gone, and for what hadn't filled."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from hbmcp.installation.orders import cancellation, replacement
from hbmcp.installation.orders.replaced import COMING
from hbmcp.paper.api.faults import BUGS, Bug, Cut, Fault
from hbmcp.paper.api.routes.base import Call, Handler, Json
from hbmcp.policy import grant
from hbmcp.times import ticking
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import open_position
from tests.paper.scripted_faults import before, changed, failing, failing_after
from tests.paper.spot_account import (
    BUY,
    CANCEL,
    PLACE,
    SEARCH,
    SELL,
    TRADES,
    WHERE,
    near,
    orders,
    rest,
    until_filled,
)
from tests.workflows.answers import flat, head, value

pytestmark = pytest.mark.anyio

D = Decimal


def told(api: PaperApi) -> list[tuple[str, Decimal, Decimal | None]]:
    return [(one.status, one.amount, one.price) for one in orders(api)]


@pytest.mark.parametrize("faults", [(), BUGS])
@pytest.mark.parametrize(
    ("given", "amount", "price"),
    [
        ({"price": "2000"}, "0.01", "2000"),
        ({"amount": 0.02}, "0.02", "1000"),
        ({"amount": 0.02, "price": "2000"}, "0.02", "2000"),
    ],
)
async def test_another_takes_its_place(
    talk: Any, api: PaperApi, faults: tuple[Fault, ...], given: dict[str, Any], amount: str, price: str
) -> None:
    old = rest(api)
    async with talk(*faults) as call:
        shown = await call.good("replace_order", order_id=old, **given, preview=True)
        assert {CANCEL, PLACE}.isdisjoint(call.asked)
        text = await call.good("replace_order", order_id=old, **given)
        assert call.asked.index(CANCEL) < call.asked.index(PLACE)
    assert "would_cancel" in shown
    assert told(api) == [("CANCELLED", D("0.01"), D(1000)), ("OPEN", D(amount), D(price))]
    assert (flat(shown)["old_price"], flat(shown)["new_price"]) == (1000, D(price))
    assert flat(text)["replaced"] == {"order_id": old, "price": 1000, "filled_amount": 0}
    assert flat(text)["order_id"] == orders(api)[1].id


@pytest.mark.parametrize(
    ("side", "price", "asked", "way"), [("BUY", "1000", "-1%", "above"), ("SELL", "1000000", "+1%", "below")]
)
@pytest.mark.parametrize("preview", [True, False])
async def test_an_offset_that_moves_its_price_the_other_way_is_refused(
    talk: Any, api: PaperApi, side: str, price: str, asked: str, way: str, preview: bool
) -> None:
    """Which it counts from, the market or the order's own price, may be meant either way."""
    old = rest(api, side=side, price=price)
    async with talk() as call:
        said = await call.bad("replace_order", order_id=old, price=asked, preview=preview)
        assert {CANCEL, PLACE}.isdisjoint(call.asked)
        figure = {"BUY": "990", "SELL": "1010000"}[side]
        assert said.startswith(f"{asked} counts from the market and comes to ")
        assert f", {way} the order's own price, {price}. Nothing was sent." in said
        assert said.endswith(f"Give the new price as a figure; {asked} of its own is {figure}.")
        await call.good("replace_order", order_id=old, price=figure, max_value=10**6, preview=preview)
        beyond = {"BUY": "-98.6%", "SELL": "+9000%"}[side]
        last = orders(api)[-1].id
        await call.good("replace_order", order_id=last, price=beyond, max_value=10**6, preview=True)


async def test_it_may_use_what_the_old_one_holds(talk: Any, api: PaperApi) -> None:
    """Of 1 BTC all is in the order that is replaced."""
    old = rest(api, side="SELL", amount="1", price="100000")
    async with talk() as call:
        await call.good("replace_order", order_id=old, price="99000", max_value=10**6)
        assert "is available" in await call.bad(
            "replace_order", order_id=orders(api)[1].id, amount=1.5, max_value=10**6
        )
    assert [one.status for one in orders(api)] == ["CANCELLED", "OPEN"]


async def test_only_the_rest_is_placed(talk: Any, api: PaperApi) -> None:
    """Of 30 BTC some fills at once."""
    api.paper.engine.deposit("master_account", "binance", "BTC", D(100))
    best = api.paper.engine._feed.best("binance", "BTC-USDT", api.clock.now(), "SELL")
    assert best is not None
    async with talk() as call:
        await call.good("place_order", **SELL, amount=30, price=str(best), max_value=10**8)
        (old,) = orders(api)
        assert old.status == "PARTIALLY_FILLED"
        await call.good("replace_order", order_id=old.id, price="99000", max_value=10**8)
    assert orders(api)[1].amount == 30 - old.filled
    assert [one.status for one in orders(api)] == ["CANCELLED", "OPEN"]


async def test_one_that_fills_while_it_is_cancelled_is_not_replaced(talk: Any, api: PaperApi) -> None:
    old = near(api)
    async with talk(before(CANCEL, lambda: until_filled(api, old))) as call:
        text = await call.good("replace_order", order_id=old, price="50000")
        assert PLACE not in call.asked
    assert "It wasn't cancelled: it is filled" in text
    assert "Nothing was placed in its place." in text
    assert len(orders(api)) == 1


async def test_what_fills_in_part_meanwhile_isn_t_placed_again(talk: Any, api: PaperApi) -> None:
    """Between the plan and the cancellation 0.004 of 0.01 fill, as the API tells from then on."""
    old = rest(api)
    cancelled = [False]

    def record(rows: list[Any], _: int) -> list[Any]:
        if not cancelled[0]:
            return rows
        return [{**row, "filled_amount": 0.004} if row["order_id"] == old else row for row in rows]

    def gone() -> None:
        cancelled[0] = True

    async with talk(before(CANCEL, gone), changed(SEARCH, record)) as call:
        text = await call.good("replace_order", order_id=old, price="2000")
    assert told(api)[1] == ("OPEN", D("0.006"), D(2000))
    assert flat(text)["replaced"]["filled_amount"] == D("0.004")


async def test_what_is_left_may_be_too_small(talk: Any, api: PaperApi) -> None:
    old = rest(api)
    cancelled = [False]

    def record(rows: list[Any], _: int) -> list[Any]:
        return [{**row, "filled_amount": 0.00999} if cancelled[0] else row for row in rows]

    async with talk(before(CANCEL, lambda: cancelled.insert(0, True)), changed(SEARCH, record)) as call:
        text = await call.bad("replace_order", order_id=old, price="2000")
        assert PLACE not in call.asked
    assert "The old order is gone (0.00999 of 0.01 BTC filled), and the new one wasn't placed: " in text
    assert "less than the smallest order" in text


@pytest.mark.parametrize(
    "fault",
    [
        Cut(CANCEL, acted=False),
        failing(CANCEL, status=404, detail="not found in active orders"),
        failing_after(CANCEL, SEARCH, TRADES),
    ],
)
async def test_nothing_is_placed_while_the_old_one_isn_t_known_to_be_gone(
    talk: Any, api: PaperApi, fault: Fault
) -> None:
    old = rest(api)
    async with talk(fault) as call:
        text = await call.bad("replace_order", order_id=old, price="2000")
        assert call.asked.count(CANCEL) == 1
        assert PLACE not in call.asked
    assert "Nothing was placed in its place." in text
    assert len(orders(api)) == 1


async def test_nor_where_what_had_filled_can_t_be_read(talk: Any, api: PaperApi) -> None:
    old = rest(api)
    async with talk(failing_after(CANCEL, TRADES)) as call:
        text = await call.bad("replace_order", order_id=old, price="2000")
        assert PLACE not in call.asked
    assert "What of it had filled isn't sure" in text
    assert [one.status for one in orders(api)] == ["CANCELLED"]


async def test_a_cancellation_without_an_answer_that_shows_effect_is_one(talk: Any, api: PaperApi) -> None:
    old = rest(api)
    async with talk(Cut(CANCEL, acted=True)) as call:
        await call.good("replace_order", order_id=old, price="2000")
    assert [one.status for one in orders(api)] == ["CANCELLED", "OPEN"]


@pytest.mark.parametrize("acted", [True, False])
async def test_a_new_one_of_unknown_outcome_says_that_the_old_one_is_gone(
    talk: Any, api: PaperApi, acted: bool
) -> None:
    old = rest(api)
    async with talk(Cut(PLACE, acted=acted)) as call:
        text = await call.bad("replace_order", order_id=old, price="2000")
        assert call.asked.count(PLACE) == 1
    assert "The old order is gone (0 of 0.01 BTC filled), and of the new one: Outcome unknown: " in text
    assert len(orders(api)) == 1 + acted


async def test_checks_that_grow_old_once_the_old_one_is_gone_place_nothing(
    talk: Any, api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [3600.0, 0.0]
    monkeypatch.setattr(grant, "ticking", lambda: ticking() + late.pop())
    old = rest(api)
    async with talk() as call:
        text = await call.bad("replace_order", order_id=old, price="2000")
        assert PLACE not in call.asked
    assert "The old order is gone (0 of 0.01 BTC filled), and the new one wasn't placed: Between the checks" in text
    assert [one.status for one in orders(api)] == ["CANCELLED"]


async def test_checks_hold_back_both(talk: Any, api: PaperApi) -> None:
    old = rest(api)
    async with talk() as call:
        for given in ({"price": "900000"}, {"amount": 500}, {"amount": D("0.000001")}, {}):
            await call.bad("replace_order", order_id=old, **given)
        assert {CANCEL, PLACE}.isdisjoint(call.asked)
    assert [one.status for one in orders(api)] == ["OPEN"]


async def test_one_that_has_ended_is_not_replaced(talk: Any, api: PaperApi) -> None:
    old = rest(api)
    async with talk() as call:
        await call.good("cancel_order", order_id=old)
        text = await call.good("replace_order", order_id=old, price="2000")
        assert PLACE not in call.asked
    assert head(text)["result"].startswith("Nothing was sent, it had ended before. Cancelled")


async def test_one_that_several_calls_replace_is_replaced_once(talk: Any, api: PaperApi) -> None:
    old = rest(api)
    async with talk() as call:
        prices = ("2000", "2100", "2200")
        told = await asyncio.gather(*(call("replace_order", order_id=old, price=price) for price in prices))
    (now,) = (one.id for one in orders(api) if one.status == "OPEN")
    assert sum(f'"order_id":"{now}"' in one.text for one in told) == 1
    others = [one.text for one in told if one.is_error]
    assert len(others) == 2
    said = (f"in the place of {old}", "cancelled it first")
    assert all(any(one in text for one in said) for text in others)


@pytest.mark.parametrize(("tool", "given"), [("cancel_order", {}), ("cancel_orders", {**WHERE, "preview": False})])
@pytest.mark.parametrize("twice", [True, False])
async def test_who_cancels_one_that_is_being_replaced_is_told(
    talk: Any, api: PaperApi, monkeypatch: pytest.MonkeyPatch, tool: str, given: dict[str, Any], twice: bool
) -> None:
    """Both cancel it at one moment, the replacement after the other: where the API takes that again, it is replaced,
    and else it is left as who cancelled it wants it."""
    old = rest(api)
    if tool == "cancel_order":
        given = {"order_id": old}
    planned, asked, told = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def cancelling(*given: Any) -> Any:
        planned.set()
        await asked.wait()
        return await cancellation.request_cancellation(*given)

    async def waiting(*given: Any) -> Any:
        await told.wait()
        return await cancellation.wait_for_end(*given)

    def cancelled(handler: Handler) -> Handler:
        def answer(call: Call) -> Json:
            again = twice and asked.is_set()
            asked.set()
            return {"message": "again"} if again else handler(call)

        return answer

    monkeypatch.setattr(replacement, "request_cancellation", cancelling)
    monkeypatch.setattr(replacement, "wait_for_end", waiting)
    async with talk(Bug("cancelled at one moment", {CANCEL: cancelled})) as call:
        replacing = asyncio.create_task(call("replace_order", order_id=old, price="2000"))
        await planned.wait()
        text = await call.good(tool, **given)
        told.set()
        replaced = await replacing
    assert COMING in text
    assert [one.status for one in orders(api)] == ["CANCELLED", *(["OPEN"] if twice else [])]
    assert replaced.is_error is not twice
    if not twice:
        assert "cancelled it first (0 of 0.01 BTC filled). This call placed nothing." in replaced.text


@pytest.mark.parametrize("tool", ["cancel_order", "replace_order"])
async def test_an_id_that_the_api_gives_twice_leads_in_no_circle(talk: Any, api: PaperApi, tool: str) -> None:
    old = rest(api)
    given = {"price": "2100"} if tool == "replace_order" else {}
    twice = Bug("the old one's id", {PLACE: lambda place: lambda call: {**place(call), "order_id": old}})
    async with talk(twice) as call:
        await call("replace_order", order_id=old, price="2000")
        async with asyncio.timeout(10):
            await call(tool, order_id=old, **given)


async def test_one_that_was_replaced_says_by_which(talk: Any, api: PaperApi) -> None:
    """The last of them: that one may rest."""
    old = rest(api)
    async with talk() as call:
        await call.good("replace_order", order_id=old, price="2000")
        await call.good("replace_order", order_id=orders(api)[-1].id, price="2100")
        first, last = [one.id for one in orders(api)][1:]
        gone = f"Order {last} took its place: OPEN, 0 of 0.01 BTC filled."
        for tool, given in (("cancel_order", {}), ("replace_order", {"price": "2000"})):
            assert gone in head(await call.good(tool, order_id=old, **given))["result"]
        assert flat(await call.good("get_order", order_id=old))["reason"] == f"replaced by {first}"
        rows = value(await call.good("get_order_history"))
        assert {row["order_id"]: row.get("reason") for row in rows} == {
            old: f"replaced by {first}",
            first: f"replaced by {last}",
            last: None,
        }
        await call.good("cancel_order", order_id=last)
        assert "took its place: CANCELLED" in await call.good("cancel_order", order_id=old)
        assert "took its place" not in await call.good("cancel_order", order_id=last)


async def test_of_a_position_it_must_be_known_whether_it_closes(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.1")
    theirs = rest(api, side="SELL", price="99000", connector="binance_perpetual")
    target = {**BUY, "connector_name": "binance_perpetual", "side": "SELL", "position_action": "CLOSE"}
    async with talk() as call:
        assert "nor whether it opens or closes" in await call.bad("replace_order", order_id=theirs, price="98000")
        await call.good("place_order", **target, amount=0.1, price="99000")
        await call.good("replace_order", order_id=orders(api)[-1].id, price="98000")
    assert orders(api)[-1].action == "CLOSE"
    assert [one.status for one in orders(api)][-2:] == ["CANCELLED", "OPEN"]

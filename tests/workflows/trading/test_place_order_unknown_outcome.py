"""An order whose answer never comes: it is sent once, and nothing is claimed of it that isn't known."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from hbmcp.catalog import Catalog, Offer
from hbmcp.paper.api.faults import BUGS, Bug, Crash, Cut, Fault, Late
from hbmcp.paper.api.routes.base import Call, Handler, Json, Refusal
from tests.paper.assistant import ALL, assistant
from tests.paper.paper_api import PaperApi
from tests.paper.scripted_faults import before, changed, failing
from tests.paper.spot_account import BUY, PLACE, SEARCH, SELL, WHERE, orders, rest
from tests.sampling import sampled
from tests.workflows.answers import value

pytestmark = pytest.mark.anyio


def hurried() -> Offer:
    """All tools, of which sending an order hardly waits for the answer."""
    catalog = Catalog.load()
    catalog.tools["submit_order"] = replace(catalog.tools["submit_order"], timeout=0.2)
    return catalog.choose(["all"])


def spoiled(kind: str, acted: bool) -> tuple[Fault, Offer]:
    if kind == "late":
        return Late(PLACE, acted=acted, seconds=3600), hurried()
    return (Cut if kind == "cut" else Crash)(PLACE, acted=acted), ALL


LIMIT = {**BUY, "amount": 0.01, "price": "1000", "wait": 0}
MARKET = {**SELL, "amount": 0.01, "order_type": "MARKET", "wait": 0}


@pytest.mark.parametrize(
    ("kind", "acted", "asked_for", "bugs"),
    sampled(product(["cut", "late", "crash"], [True, False], [LIMIT, MARKET], [(), BUGS]), 5),
)
async def test_it_is_sent_once_and_looked_for(
    api: PaperApi,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    acted: bool,
    asked_for: dict[str, Any],
    bugs: tuple[Fault, ...],
) -> None:
    rest(api)  # just like the limit order, but of before
    api.clock.advance(1000)
    fault, offer = spoiled(kind, acted)
    async with assistant(api, monkeypatch, (*bugs, fault), offer) as call:
        text = await call.bad("place_order", **asked_for)
        assert call.asked.count(PLACE) == 1
        history = value(await call.good("get_order_history"))
        asked_again = call.asked.count(PLACE)
        resting = await call.good("get_open_orders")
    assert asked_again == 1
    old, *new = orders(api)
    assert len(new) == acted
    assert text.startswith("Outcome unknown: ")
    assert "Outcome unknown: Outcome" not in text
    what = "BUY 0.01 BTC-USDT LIMIT at 1000" if asked_for is LIMIT else "SELL 0.01 BTC-USDT MARKET"
    assert f"Sent was {what} on binance, account master_account." in text
    assert "Nothing was" not in text
    assert old.id not in text
    if acted:
        assert f"One order just like it has appeared since, most likely this one: {new[0].id}, {new[0].status}," in text
        assert "Don't send it again; get_order tells more of it." in text
    else:
        assert "It may have been placed, or still be. The API shows no new order like it so far: no proof." in text
        assert "Don't send it again before get_order_history shows what became of it." in text
    (unknown,) = [row for row in history if row["status"] == "UNKNOWN"]
    assert unknown["reason"].startswith("sent and never answered")
    assert all(order.id in unknown["reason"] for order in new)
    assert "1 sent within 24 h, never answered, may rest too" in resting


async def test_one_that_appears_late_is_found(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = changed(SEARCH, lambda rows, asked: [] if asked < 4 else rows)
    async with assistant(api, monkeypatch, (Cut(PLACE), hidden)) as call:
        text = await call.bad("place_order", **{**LIMIT, "wait": 2})
    assert f"most likely this one: {orders(api)[0].id}, OPEN" in text


async def test_one_that_was_refused_has_lost_what_was_asked_for(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, (Cut(PLACE),)) as call:
        text = await call.bad("place_order", **{**LIMIT, "side": "SELL", "order_type": "LIMIT_MAKER"})
    (order,) = orders(api)
    assert order.status == "FAILED"
    assert "It may have been placed, or still be. What the API shows that may be it: " in text
    assert f'{order.id}, created 08:43:23 UTC, refused: "the exchange answered HTTP 400: Order would' in text
    assert "its pair isn't recorded" in text


async def test_two_that_appear_are_not_told_apart(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile = before(PLACE, lambda: rest(api))
    async with assistant(api, monkeypatch, (Cut(PLACE), meanwhile)) as call:
        text = await call.bad("place_order", **LIMIT)
    first, second = orders(api)
    assert "What the API shows that may be it: " in text
    assert first.id in text
    assert second.id in text
    assert "most likely" not in text


async def test_where_orders_could_not_be_read_before_it_is_not_certain_which_is_new(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with assistant(api, monkeypatch, (Cut(PLACE), failing(SEARCH, times=1))) as call:
        text = await call.bad("place_order", **LIMIT)
    assert f"What the API shows that may be it: {orders(api)[0].id}, OPEN" in text
    assert "most likely" not in text


async def test_where_orders_can_not_be_read_nothing_is_said_of_them(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with assistant(api, monkeypatch, (Cut(PLACE), failing(SEARCH))) as call:
        text = await call.bad("place_order", **LIMIT)
    assert "It may have been placed, or still be. The API's orders couldn't be read: " in text


async def test_an_answer_without_an_id_is_no_answer(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    nameless = Bug("no id", {PLACE: lambda place: lambda call: {**place(call), "order_id": ""}})
    async with assistant(api, monkeypatch, (nameless,)) as call:
        text = await call.bad("place_order", **LIMIT)
        assert call.asked.count(PLACE) == 1
    assert text.startswith("Outcome unknown: The Hummingbot API took the order and gave it no id. Sent was BUY 0.01")
    assert f"most likely this one: {orders(api)[0].id}" in text


@pytest.mark.parametrize("detail", ["after placing: code=-2013 Order does not exist", "Connector cache not found"])
async def test_one_that_failed_after_it_was_placed_is_not_forgotten(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, detail: str
) -> None:
    def wrap(place: Handler) -> Handler:
        def failed(call: Call) -> Json:
            place(call)
            raise Refusal(500, f"Unexpected error placing trade: {detail}")

        return failed

    async with assistant(api, monkeypatch, (Bug("it fails when it was placed", {PLACE: wrap}),)) as call:
        text = await call.bad("place_order", **LIMIT)
        history = value(await call.good("get_order_history"))
    assert "Outcome unknown: " in text
    assert f"most likely this one: {orders(api)[0].id}" in text
    assert "Nothing was" not in text
    assert {row["status"] for row in history} == {"UNKNOWN", "OPEN"}


async def test_a_client_that_gives_up_leaves_an_order_of_unknown_outcome(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with assistant(api, monkeypatch, (Late(PLACE, seconds=3600),)) as call:
        task = asyncio.create_task(call("place_order", **LIMIT))
        while PLACE not in call.asked or not orders(api):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.1)
        assert call.asked.count(PLACE) == 1
        history = value(await call.good("get_order_history"))
    (order,) = orders(api)
    by_status = {row["status"]: row for row in history}
    assert set(by_status) == {"UNKNOWN", "OPEN"}
    assert order.id in by_status["UNKNOWN"]["reason"]


async def test_the_second_of_two_alike_is_not_taken_for_the_first(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is lost on its way back; the second never arrives."""
    async with assistant(api, monkeypatch, (Cut(PLACE, times=1),)) as call:
        first = await call.bad("place_order", **LIMIT)
    (order,) = orders(api)
    assert order.id in first
    async with assistant(api, monkeypatch, (Cut(PLACE, acted=False),)) as call:
        second = await call.bad("place_order", **LIMIT)
    assert order.id not in second
    assert "no new order like it so far" in second
    assert len(orders(api)) == 1


async def test_balances_show_that_money_moved_once(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, (Cut(PLACE),)) as call:
        await call.bad("place_order", **{**MARKET, "wait": 1})
    held = api.paper.engine.balances(WHERE["account_name"], WHERE["connector_name"])["BTC"]
    assert held.total == Decimal("0.99")

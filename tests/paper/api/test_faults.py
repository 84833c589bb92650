"""Each of the real API's bugs shows when it is switched on, and the bridge tells an assistant what to make of it."""

import re
from dataclasses import replace
from typing import Any

import pytest

from hbmcp.catalog import Catalog, Offer
from hbmcp.paper.api import application
from hbmcp.paper.api.faults import (
    BUGS,
    EARLY_TIMES,
    ENDLESS_PAGES,
    EXCHANGE_DOWN,
    HIDDEN_ORDERS,
    LOST_FILLS,
    NO_FUNDING,
    RACING_CANCEL,
    UNCHANGED_MODE,
    Crash,
    Cut,
    Fault,
    Late,
    faulty_routes,
    faulty_wire,
)
from hbmcp.policy.model import Policy
from tests.conftest import EVERY
from tests.paper.assistant import ALL, assistant
from tests.paper.paper_api import AUTH, HOUR, NOW, PERPETUAL, SPOT, PaperApi

SEARCH = "/trading/orders/search"
PLACE = "POST /trading/orders"
ACCOUNTS = "GET /accounts/"
MODE = "/trading/master_account/binance_perpetual/position-mode"
RESTING: dict[str, Any] = {"order_type": "LIMIT", "price": "1000"}
ORDER = {("side" if name == "trade_type" else name): value for name, value in SPOT.items()} | {"amount": 0.01}
LIMIT = {**ORDER, "order_type": "LIMIT", "price": 1000}
MARKET = {**ORDER, "order_type": "MARKET"}


def break_(api: PaperApi, *faults: Fault) -> None:
    api.app = application.application(api.paper, *AUTH, faults=faults)


def rows(api: PaperApi, path: str, **body: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.good("POST", path, body)["data"]
    return found


class TestTheyShow:
    """At the API. What `good` returns is still what the contract promises: that is what makes them bugs."""

    def test_nothing_is_wrong_by_default(self, api: PaperApi) -> None:
        assert faulty_routes(application.ROUTES, ()) is application.ROUTES
        assert faulty_wire(api.app, ()) is api.app

    def test_every_bug_is_about_operations_that_there_are(self) -> None:
        assert {key for bug in BUGS for key in bug.wraps} <= set(application.ROUTES)
        assert len({bug.name for bug in BUGS}) == len(BUGS)

    def test_pages_that_never_end_and_overlap(self, api: PaperApi) -> None:
        ids = [api.order(**RESTING) for _ in range(5)][::-1]
        break_(api, ENDLESS_PAGES)
        cursor, pages = None, []
        for _ in range(4):
            page = api.good("POST", SEARCH, {"limit": 2, "cursor": cursor})
            cursor = page["pagination"]["next_cursor"]
            assert page["pagination"] == {"limit": 2, "has_more": True, "next_cursor": "0:", "total_count": 4}
            pages.append([row["order_id"] for row in page["data"]])
        assert pages == [ids[:2], ids[1:3], ids[1:3], ids[1:3]]
        assert [row["order_id"] for row in rows(api, SEARCH, limit=100)] == ids

    def test_orders_that_rest_unseen(self, api: PaperApi) -> None:
        order = api.order(**RESTING)
        break_(api, HIDDEN_ORDERS)
        assert rows(api, "/trading/orders/active") == []
        assert [row["order_id"] for row in rows(api, SEARCH, status="OPEN")] == [order]

    def test_fills_that_the_order_lost(self, api: PaperApi) -> None:
        order = api.order(order_type="MARKET", amount="1", trade_type="SELL")  # too large for the best price
        break_(api, LOST_FILLS)
        (found,) = rows(api, SEARCH)
        assert (found["order_id"], found["status"]) == (order, "FILLED")
        fills = rows(api, "/trading/trades")
        assert len(fills) > 1
        assert found["filled_amount"] == fills[0]["amount"] < found["amount"]
        assert sum(fill["amount"] for fill in fills) == pytest.approx(found["amount"])

    def test_an_exchange_that_fails_in_silence(self, api: PaperApi) -> None:
        break_(api, EXCHANGE_DOWN)
        before = api.good("POST", "/portfolio/state", {})
        api.good("POST", "/trading/orders", PERPETUAL)
        api.clock.advance(HOUR)
        assert api.good("POST", "/portfolio/state", {}) == before
        assert rows(api, "/trading/positions") == []
        break_(api)
        assert api.good("POST", "/portfolio/state", {}) != before
        assert len(rows(api, "/trading/positions")) == 1

    def test_a_cancellation_that_races(self, api: PaperApi) -> None:
        order = api.order(**RESTING)
        break_(api, RACING_CANCEL)
        path = "/trading/master_account/binance/orders/{}/cancel"
        assert [api.request("POST", path.format(order)).status_code for _ in range(3)] == [200, 200, 404]
        assert api.request("POST", path.format("paper-nothing")).status_code == 404
        assert [row["status"] for row in rows(api, SEARCH)] == ["CANCELLED"]

    def test_a_position_mode_that_stays(self, api: PaperApi) -> None:
        break_(api, UNCHANGED_MODE)
        assert api.good("POST", MODE, {"position_mode": "HEDGE"})["status"] == "success"
        assert api.good("GET", MODE)["position_mode"] == "ONEWAY"
        assert api.request("POST", MODE, {"position_mode": "SIDEWAYS"}).status_code == 400

    def test_funding_that_is_not_recorded(self, api: PaperApi) -> None:
        api.good("POST", "/trading/orders", PERPETUAL)
        api.clock.advance(9 * HOUR)
        assert len(rows(api, "/trading/funding-payments")) == 1
        break_(api, NO_FUNDING)
        assert rows(api, "/trading/funding-payments") == []

    def test_times_five_minutes_early(self, api: PaperApi) -> None:
        api.order(order_type="MARKET")
        api.order(**RESTING)
        (fill,), (order,) = rows(api, "/trading/trades"), rows(api, "/trading/orders/active")
        break_(api, EARLY_TIMES)
        assert fill["timestamp"].startswith("2026-11-22T08:43:23.445")
        assert [row["timestamp"] for row in rows(api, "/trading/trades")] == [
            fill["timestamp"].replace("08:43", "08:38")
        ]
        (early,) = rows(api, "/trading/orders/active")
        assert early["created_at"] == order["created_at"].replace("08:43", "08:38")
        assert rows(api, "/trading/trades", start_time=NOW - 60_000) == []
        assert len(rows(api, "/trading/trades", start_time=NOW - 6 * 60_000, end_time=NOW - 60_000)) == 1


def id_of(placed: str) -> str:
    found = re.search(r"paper\w{8,}", placed)
    assert found, placed
    return found[0]


@pytest.mark.anyio
class TestTheBridgeCopes:
    """What an assistant reads: never a wrong certainty, and where the truth is."""

    @pytest.fixture
    def talk(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> Any:
        def begin(*faults: Fault, offer: Offer = ALL) -> Any:
            return assistant(api, monkeypatch, faults, offer, Policy())

        return begin

    async def test_history_is_one_page(self, talk: Any) -> None:
        async with talk(ENDLESS_PAGES) as call:
            ids = [id_of(await call.good("submit_order", **LIMIT, again=True)) for _ in range(5)]
            call.asked.clear()
            text = await call.good("search_orders", limit=2)
            assert call.asked == [f"POST {SEARCH}"]
            assert [order in text for order in ids] == [False, False, False, True, True]
            assert "there may be more. Raise limit" in text
            assert "take them from get_trades" in text
            assert "0:" not in re.sub(r"\d\d:\d\d", "", text)
            assert "cursor" not in ALL.find("search_orders").schema["properties"]
            whole = await call.good("search_orders", limit=1000)
            assert all(order in whole for order in ids)

    async def test_hidden_orders_are_in_the_history(self, talk: Any) -> None:
        async with talk(HIDDEN_ORDERS) as call:
            order = id_of(await call.good("submit_order", **LIMIT))
            text = await call.good("list_active_orders")
            assert "No resting orders of this API seen." in text
            assert "get_order_history with status OPEN" in text
            assert order in await call.good("search_orders", status="OPEN")

    async def test_lost_fills_are_in_the_trades(self, talk: Any) -> None:
        async with talk(LOST_FILLS) as call:
            order = id_of(await call.good("submit_order", **MARKET | {"side": "SELL", "amount": 1}))
            history = await call.good("search_orders")
            assert "FILLED" in history
            assert "amounts and fees can lag here: take them from get_trades" in history
            fills = await call.good("get_trades")
            assert int(re.search(r"(\d+) rows", fills)[1]) > 1  # type: ignore[index]
            assert order in fills

    async def test_no_positions_is_no_proof(self, talk: Any) -> None:
        async with talk(EXCHANGE_DOWN) as call:
            perpetual = {**MARKET, "connector_name": "binance_perpetual"}
            order = id_of(await call.good("submit_order", **perpetual))
            text = await call.good("list_positions")
            assert "No positions seen, which is no proof" in text
            assert order in await call.good("get_trades", connector_name="binance_perpetual")

    async def test_a_second_cancellation_does_no_harm(self, talk: Any) -> None:
        async with talk(RACING_CANCEL) as call:
            order = id_of(await call.good("submit_order", **LIMIT))
            which = {"account_name": "master_account", "connector_name": "binance", "order_id": order}
            for _ in range(2):
                text = await call.good("submit_cancel", **which)
                assert "Requested, not done" in text
                assert "get_order_history shows CANCELLED or FILLED" in text
            assert f"Order '{order}' not found in active orders" in await call.bad("submit_cancel", **which)
            assert "CANCELLED" in await call.good("search_orders")

    async def test_a_position_mode_is_looked_at(self, talk: Any) -> None:
        async with talk(UNCHANGED_MODE) as call:
            where = {"account_name": "master_account", "connector_name": "binance_perpetual"}
            text = await call.good("submit_position_mode", **where, position_mode="HEDGE")
            assert "even when nothing changed: check get_position_mode" in text
            assert "ONEWAY" in await call.good("get_position_mode", **where)

    async def test_no_funding_is_not_none_paid(self, talk: Any, api: PaperApi) -> None:
        async with talk(NO_FUNDING) as call:
            await call.good("submit_order", **{**MARKET, "connector_name": "binance_perpetual"})
            api.clock.advance(9 * HOUR)
            assert "doesn't mean nothing was paid" in await call.good("get_funding_payments")

    async def test_a_period_begins_five_minutes_before(self, talk: Any) -> None:
        async with talk(EARLY_TIMES) as call:
            order = id_of(await call.good("submit_order", **MARKET))
            assert order not in await call.good("get_trades", start_time="2026-11-22T08:43:00Z")
            text = await call.good("get_trades", start_time="2026-11-22T08:38:00Z")
            assert order in text
            assert "Times can be up to five minutes early." in text

    @pytest.mark.parametrize("acted", [True, False])
    @pytest.mark.parametrize("fault", [Cut, Late])
    async def test_an_order_without_an_answer(self, talk: Any, fault: Any, acted: bool) -> None:
        """It isn't repeated, nobody says that it failed, and looking tells."""
        late = {"seconds": HOUR} if fault is Late else {}
        offer = hurried("submit_order") if fault is Late else ALL
        async with talk(fault(PLACE, acted=acted, **late), offer=offer) as call:
            text = await call.bad("submit_order", **LIMIT)
            assert call.asked == [PLACE]
            assert text.startswith("Outcome unknown: submit_order was sent, but ")
            assert "may have been placed" in text
            assert "Don't repeat it." in text
            looks = re.findall(r"get_\w+", text)
            assert looks
            await call.good("list_active_orders")
            history = await call.good("search_orders")
            assert len(re.findall(r"paper\w{8,}", history)) == (1 if acted else 0)

    async def test_a_late_read_times_out(self, talk: Any) -> None:
        async with talk(Late(ACCOUNTS, seconds=HOUR), offer=hurried("list_accounts")) as call:
            text = await call.bad("list_accounts")
            assert call.asked == [ACCOUNTS]  # slow once is slow again
            assert "didn't answer list_accounts in time" in text
            assert "Nothing was changed. Ask for less" in text

    async def test_a_read_that_is_late_but_in_time_answers(self, talk: Any) -> None:
        for acted in (True, False):
            async with talk(Late(ACCOUNTS, seconds=0.01, acted=acted)) as call:
                assert "master_account" in await call.good("list_accounts")
                assert call.asked == [ACCOUNTS]

    async def test_a_read_that_was_cut_is_repeated(self, talk: Any) -> None:
        async with talk(Cut(ACCOUNTS, times=1)) as call:
            assert "master_account" in await call.good("list_accounts")
            assert call.asked == [ACCOUNTS] * 2

    async def test_a_read_that_is_always_cut_gives_up(self, talk: Any) -> None:
        async with talk(Cut(ACCOUNTS)) as call:
            text = await call.bad("list_accounts")
            assert len(call.asked) == 3
            assert "broke before the whole answer" in text
            assert "Nothing was changed." in text

    async def test_a_crash_after_the_order_is_no_refusal(self, talk: Any) -> None:
        async with talk(Crash(PLACE)) as call:
            text = await call.bad("submit_order", **LIMIT)
            assert call.asked == [PLACE]
            assert "Nothing was" not in text
            assert "look with" in text
            assert len(re.findall(r"paper\w{8,}", await call.good("search_orders"))) == 1

    async def test_a_crash_of_a_read(self, talk: Any) -> None:
        async with talk(Crash(ACCOUNTS)) as call:
            text = await call.bad("list_accounts")
            assert call.asked == [ACCOUNTS]  # 500 is this API's word for bad requests, too
            assert "gave no reason (HTTP 500)" in text


def hurried(name: str) -> Offer:
    """All tools, of which this one hardly waits."""
    catalog = Catalog.load()
    catalog.tools[name] = catalog.names[name] = replace(catalog.tools[name], timeout=0.3)
    return catalog.choose(tools=EVERY)

"""get_order_history on the paper exchange: everything that was asked for, and what became of it."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.errors import StoreError
from hbmcp.paper.api.faults import BUGS, ENDLESS_PAGES, LOST_FILLS, Cut, Fault
from hbmcp.store import SentOrder, Store
from hbmcp.times import utc
from tests.paper.assistant import Assistant
from tests.paper.paper_api import HOUR, PaperApi
from tests.paper.scripted_faults import changed, empty, failing
from tests.paper.spot_account import ACCOUNT_AFTER_ACCOUNT, BUY, PLACE, SEARCH, SELL, TRADES, orders, rest, take
from tests.workflows.answers import notes, value

pytestmark = pytest.mark.anyio

FORGOTTEN = "A refused order without a pair wasn't sent by this server"
REFUSED = {**SELL, "amount": 0.1, "price": "1000", "order_type": "LIMIT_MAKER"}


async def ids(call: Assistant, **filters: Any) -> list[str]:
    text = await call.good("get_order_history", **filters)
    return [] if text.startswith("No orders match.") else [row["order_id"] for row in value(text)]


@pytest.mark.parametrize("faults", [(), (LOST_FILLS,), BUGS])
async def test_each_order_is_as_the_engine_has_it(talk: Any, api: PaperApi, faults: tuple[Fault, ...]) -> None:
    rest(api)
    api.clock.advance(1000)
    whole = take(api, "SELL", "0.95")
    api.clock.advance(1000)
    take(api, "SELL", "1", pair="ETH-USDT")
    api.clock.advance(HOUR)
    api.paper.engine.cancel("master_account", "binance", rest(api, connector="binance"))
    async with talk(*faults) as call:
        text = await call.good("get_order_history")
    rows = value(text)
    assert len(rows) == 4
    for row, order in zip(rows, reversed(orders(api)), strict=True):
        assert (row["order_id"], row["trading_pair"], row["side"], row["order_type"], row["status"]) == (
            order.id,
            order.pair,
            order.side,
            order.type,
            order.status,
        )
        assert Decimal(row["amount"]) == order.amount
        assert Decimal(row["filled_amount"]) == order.filled
        assert Decimal(row.get("fee") or 0) == order.fee
        if order.filled:
            assert abs(Decimal(row["average_price"]) - (order.average_price or 0)) < Decimal("0.01")
        assert row["created_at"].startswith("2026-11-22T")
    assert (f"Recorded with less than was filled, shown by their fills: {whole}" in text) == bool(faults)


class TestWindow:
    """Which time was looked through, and since when there is anything."""

    async def test_also_by_default(self, talk: Any, api: PaperApi) -> None:
        began = utc(api.clock.now())
        rest(api)
        api.clock.advance(48 * HOUR)
        rest(api)
        async with talk() as call:
            everything = notes(await call.good("get_order_history"))
            of_a_pair = notes(await call.good("get_order_history", trading_pair="ETH-USDT"))
        assert f"Window: all until now; records begin {began}." in everything
        assert f"Window: all until now; records begin {began}." in of_a_pair

    async def test_what_it_leaves_out(self, talk: Any, api: PaperApi) -> None:
        began = utc(api.clock.now())
        rest(api)
        api.clock.advance(48 * HOUR)
        day, week = (utc(api.clock.now() - hours * HOUR) for hours in (24, 168))
        async with talk() as call:
            narrow = notes(await call.good("get_order_history", start_time="24h"))
            wide = notes(await call.good("get_order_history", start_time="7d", end_time="1h"))
            of_a_pair = notes(await call.good("get_order_history", start_time="7d", trading_pair="ETH-USDT"))
        assert f"Window: {day} until now; older orders are recorded too." in narrow
        assert f"Window: {week} until {utc(api.clock.now() - HOUR)}; records begin {began}." in wide
        assert f"Window: {week} until now; records begin {began}." in of_a_pair

    async def test_before_all_records(self, talk: Any, api: PaperApi) -> None:
        api.clock.advance(48 * HOUR)
        began = utc(api.clock.now())
        rest(api)
        api.clock.advance(HOUR)
        window = {"start_time": "48h", "end_time": "24h"}
        async with talk() as call:
            for more in ({}, {"trading_pair": "BTC-USDT"}, {"status": "FAILED"}, {"status": "OPEN"}):
                said = notes(await call.good("get_order_history", **window, **more))
                assert f"; records begin {began}, after this window." in said

    @pytest.mark.parametrize("window", [{}, {"start_time": "7d"}, {"end_time": "1h"}, {"status": "FILLED"}])
    async def test_where_nothing_is_recorded(self, talk: Any, window: dict[str, str]) -> None:
        async with talk() as call:
            everywhere = notes(await call.good("get_order_history", **window))
            here = notes(await call.good("get_order_history", **window, connector_name="binance"))
        assert everywhere.endswith("; no order is recorded at all.")
        assert here.endswith("; no order is recorded there at all.")


class TestRefusedOrders:
    async def test_are_found_by_what_was_asked_for(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            await call.bad("place_order", **REFUSED)
            api.clock.advance(1000)
            await call.good("place_order", **BUY, amount=0.01, price="1000")
            refused, resting = (order.id for order in orders(api))
            assert await ids(call, trading_pair="BTC-USDT") == [resting, refused]
            assert await ids(call, status="FAILED") == [refused]
            assert await ids(call, status="failed", trading_pair="BTC-USDT") == [refused]
            assert await ids(call, trading_pair="ETH-USDT") == []
            (row,) = value(await call.good("get_order_history", status="FAILED"))
        assert (row["side"], row["order_type"], row["amount"], row["price"]) == ("SELL", "LIMIT_MAKER", "0.1", "1000")
        assert row["reason"] == "the exchange answered HTTP 400: Order would immediately match and take. (code -2010)"

    async def test_that_somebody_else_sent_are_listed_without_a_pair(self, talk: Any, api: PaperApi) -> None:
        api.paper.engine.place("master_account", "binance", "BTC-USDT", "SELL", Decimal(50))
        async with talk() as call:
            (row,) = value(await call.good("get_order_history"))
            assert await ids(call, trading_pair="BTC-USDT") == []
        assert (row["status"], row.get("trading_pair")) == ("FAILED", None)

    async def test_that_it_has_no_pair_is_explained_once_and_only_then(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            await call.bad("place_order", **REFUSED)
            assert FORGOTTEN not in await call.good("get_order_history")
            for _ in range(2):
                api.paper.engine.place("master_account", "binance", "BTC-USDT", "SELL", Decimal(50))
            assert (await call.good("get_order_history")).count(FORGOTTEN) == 1
            assert FORGOTTEN not in await call.good("get_order_history", trading_pair="BTC-USDT")

    async def test_that_it_is_not_explained_by_what_could_not_be_read(
        self, talk: Any, api: PaperApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def broken(*_: Any, **__: Any) -> Any:
            raise StoreError("The store is broken.")

        api.paper.engine.place("master_account", "binance", "BTC-USDT", "SELL", Decimal(50))
        monkeypatch.setattr(Store, "sent_orders", broken)
        async with talk() as call:
            texts = [
                await call.good("get_order_history"),
                await call.good("get_order", order_id=orders(api)[0].id),
            ]
        for text in texts:
            assert "The store is broken." in text
            assert FORGOTTEN not in text


class TestOrdersOfUnknownOutcome:
    async def test_are_listed(self, talk: Any) -> None:
        async with talk(Cut(PLACE, acted=False)) as call:
            await call.bad("place_order", **BUY, amount=0.01, price="1000", wait=0)
            (row,) = value(await call.good("get_order_history"))
            (same,) = value(await call.good("get_order_history", status="UNKNOWN", trading_pair="BTC-USDT"))
            assert same == row
            assert "No orders match" in await call.good("get_order_history", trading_pair="ETH-USDT")
            assert "No orders match" in await call.good("get_order_history", account_name="second_account")
            assert "No orders match" in await call.good("get_order_history", status="OPEN")
        assert (row["status"], row["side"], row["amount"], row["reason"]) == (
            "UNKNOWN",
            "BUY",
            "0.01",
            "sent and never answered",
        )

    async def test_that_have_an_id_and_do_not_show(self, talk: Any, api: PaperApi) -> None:
        async with talk(empty(SEARCH)) as call:
            await call.good("place_order", **BUY, amount=0.01, price="1000", wait=0)
            (row,) = value(await call.good("get_order_history"))
        assert (row["order_id"], row["status"], row["reason"]) == (
            orders(api)[0].id,
            "UNKNOWN",
            "accepted by the API, which shows nothing of it",
        )

    async def test_are_not_those_that_another_filter_leaves_out(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            await call.good("place_order", **BUY, amount=0.01, price="1000")
            assert await ids(call, status="UNKNOWN") == []
            assert await ids(call, status="CANCELLED") == []
            assert await ids(call, status="OPEN") == [orders(api)[0].id]

    async def test_are_not_those_beyond_the_end_of_the_list(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            await call.good("place_order", **BUY, amount=0.01, price="1000")
            for _ in range(3):
                api.clock.advance(HOUR)
                take(api, "SELL", "0.01")
            rows = value(await call.good("get_order_history", limit=2))
        assert [row["order_id"] for row in rows] == [order.id for order in orders(api)[:1:-1]]

    async def test_are_not_those_just_beyond_it_by_another_clock(self, talk: Any, api: PaperApi) -> None:
        old = rest(api)
        api.clock.advance(1000)
        newer = [take(api, "SELL", "0.01"), take(api, "SELL", "0.01")]
        sent = SentOrder(
            "master_account",
            "binance",
            "BTC-USDT",
            "BUY",
            "LIMIT",
            Decimal("0.01"),
            Decimal(1000),
            None,
            api.clock.now() + 1,
            old,
        )
        async with talk() as call:
            await call.bridge.store.remember_order(sent)
            assert await ids(call, limit=2) == newer[::-1]


class TestPeriodsAndLimits:
    @pytest.mark.parametrize("faults", [(), (ENDLESS_PAGES,), BUGS])
    async def test_the_newest_and_where_the_list_ends(
        self, talk: Any, api: PaperApi, faults: tuple[Fault, ...]
    ) -> None:
        placed = []
        for _ in range(5):
            placed.append(take(api, "SELL", "0.01"))
            api.clock.advance(HOUR)
        async with talk(*faults) as call:
            text = await call.good("get_order_history", limit=2)
            assert [row["order_id"] for row in value(text)] == placed[:2:-1]
            assert "Older ones may be missing" in text
            assert "end_time=2026-11-22T11:43:23Z" in text
            assert call.asked.count(SEARCH) == len(api.paper.engine.accounts()) == 2
            text = await call.good("get_order_history", end_time="2026-11-22T11:43:23Z", limit=2)
            assert [row["order_id"] for row in value(text)] == placed[2:0:-1]
            assert "Older ones may be missing" not in await call.good("get_order_history")

    async def test_one_account_does_not_fill_the_page_of_all(self, talk: Any, api: PaperApi) -> None:
        first, second = api.paper.engine.accounts()
        old = [rest(api, account=first) for _ in range(3)]
        api.clock.advance(HOUR)
        new = rest(api, account=second, connector="bybit_perpetual")
        async with talk(ACCOUNT_AFTER_ACCOUNT) as call:
            assert await ids(call, limit=2) == [new, old[-1]]
            assert await ids(call, limit=1, connector_name="bybit_perpetual") == [new]
            call.asked.clear()
            assert await ids(call, limit=2, account_name=second) == [new]
            assert call.asked.count(SEARCH) == 1

    async def test_accounts_that_can_not_be_listed(self, talk: Any, api: PaperApi) -> None:
        order = rest(api)
        async with talk(failing("GET /accounts/")) as call:
            text = await call.good("get_order_history")
        assert order in text
        assert "Accounts couldn't be listed, so where one has many orders others' may be missing" in notes(text)

    async def test_a_period(self, talk: Any, api: PaperApi) -> None:
        placed = []
        for _ in range(4):
            placed.append(take(api, "SELL", "0.01"))
            api.clock.advance(60_000)
        async with talk() as call:
            assert await ids(call, start_time="150s") == placed[:1:-1]
            assert await ids(call, start_time="190s", end_time="100s") == placed[2:0:-1]
            assert await ids(call, start_time="10s") == []

    async def test_filters_by_account_exchange_and_pair(self, talk: Any, api: PaperApi) -> None:
        one, two = take(api, "SELL", "0.01"), rest(api, connector="kucoin", pair="ETH-USDT", amount="0.5")
        async with talk() as call:
            assert await ids(call, connector_name="kucoin") == [two]
            assert await ids(call, trading_pair="BTC-USDT") == [one]
            assert await ids(call, account_name="second_account") == []
            for wrong in ({"account_name": "nobody"}, {"connector_name": "nope"}, {"status": "DONE"}):
                assert "Nothing was" in await call.bad("get_order_history", **wrong)

    async def test_a_status_is_that_which_fills_prove(self, talk: Any, api: PaperApi) -> None:
        order = take(api, "SELL", "0.9")

        as_open = changed(SEARCH, lambda rows, _: [{**row, "status": "OPEN", "filled_amount": 0.0} for row in rows])
        async with talk(as_open) as call:
            assert await ids(call, status="FILLED") == [order]
            assert await ids(call, status="OPEN") == []


class TestWhatFails:
    async def test_fills(self, talk: Any, api: PaperApi) -> None:
        order = take(api, "SELL", "0.01")
        async with talk(failing(TRADES)) as call:
            text = await call.good("get_order_history")
        (row,) = value(text)
        assert (row["order_id"], row["status"]) == (order, "FILLED")
        assert "Fills couldn't be read, so these are the orders' own records" in text

    async def test_some_records(self, talk: Any, api: PaperApi) -> None:
        take(api, "SELL", "0.01")
        async with talk(failing(SEARCH, times=1)) as call:
            text = await call.good("get_order_history", trading_pair="BTC-USDT")
        assert "Some records couldn't be read, so orders may be missing" in notes(text)

    async def test_all_records(self, talk: Any) -> None:
        async with talk(failing(SEARCH)) as call:
            await call.bad("get_order_history", trading_pair="BTC-USDT")

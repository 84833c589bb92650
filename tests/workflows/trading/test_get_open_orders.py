"""get_open_orders and get_order on the paper exchange: both of the API's sources, each order once."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from hbmcp.installation.orders import api_orders
from hbmcp.paper.api.faults import BUGS, EARLY_TIMES, HIDDEN_ORDERS, LOST_FILLS, Bug, Cut, Fault
from hbmcp.paper.api.routes.base import Call, Handler, Json
from hbmcp.store import SentOrder
from tests.paper.paper_api import HOUR, PaperApi
from tests.paper.scripted_faults import changed, empty, failing
from tests.paper.spot_account import ACCOUNT_AFTER_ACCOUNT, ACTIVE, PLACE, SEARCH, SELL, TRADES, orders, rest, take
from tests.workflows.answers import flat, notes, value

pytestmark = pytest.mark.anyio

NONE = "No open orders seen. Only orders placed through this API are known to it, no bot's, and none placed elsewhere."


class TestOpenOrders:
    async def test_all_of_them_newest_first(self, talk: Any, api: PaperApi) -> None:
        first = rest(api)
        api.clock.advance(2 * HOUR + 5 * 60_000)
        second = rest(api, "BUY", "1000", "0.5", pair="ETH-USDT", connector="kucoin")
        take(api, "SELL", "0.1")
        async with talk() as call:
            text = await call.good("get_open_orders")
        rows = value(text)
        assert [(row["order_id"], row["age"]) for row in rows] == [(second, "0s"), (first, "2h 5m")]
        assert rows[0] == {
            "order_id": second,
            "account_name": "master_account",
            "connector_name": "kucoin",
            "trading_pair": "ETH-USDT",
            "side": "BUY",
            "order_type": "LIMIT",
            "amount": "0.5",
            "price": "1000",
            "status": "OPEN",
            "filled_amount": "0",
            "age": "0s",
            "rests": "yes",
        }
        assert notes(text) == ""

    async def test_filters(self, talk: Any, api: PaperApi) -> None:
        one = rest(api)
        rest(api, pair="ETH-USDT")
        rest(api, connector="kucoin")
        async with talk() as call:
            rows = value(await call.good("get_open_orders", connector_name="binance", trading_pair="BTC-USDT"))
            assert [row["order_id"] for row in rows] == [one]
            assert await call.good("get_open_orders", account_name="second_account") == NONE
            for wrong in ({"account_name": "nobody"}, {"connector_name": "nope"}):
                assert "Nothing was done." in await call.bad("get_open_orders", **wrong)

    async def test_none(self, talk: Any) -> None:
        async with talk() as call:
            assert await call.good("get_open_orders") == NONE

    @pytest.mark.parametrize("faults", [(HIDDEN_ORDERS,), BUGS])
    async def test_those_that_the_connectors_hide(self, talk: Any, api: PaperApi, faults: tuple[Fault, ...]) -> None:
        order = rest(api)
        async with talk(*faults) as call:
            text = await call.good("get_open_orders")
        assert [(row["order_id"], row["rests"]) for row in value(text)] == [(order, "recorded")]
        assert "rests=recorded: the API's record says that it rests; the connectors list no orders at all" in text

    async def test_those_that_only_some_connectors_hide(self, talk: Any, api: PaperApi) -> None:
        hidden, shown = rest(api), rest(api, connector="kucoin")
        partly = changed(ACTIVE, lambda rows, _: [row for row in rows if row["order_id"] == shown])
        async with talk(partly) as call:
            text = await call.good("get_open_orders")
        assert {row["order_id"]: row["rests"] for row in value(text)} == {hidden: "recorded", shown: "yes"}
        assert "the exchange's connector doesn't list it, so it may be gone; cancel_order finds out." in text

    async def test_those_that_are_not_recorded(self, talk: Any, api: PaperApi) -> None:
        order = rest(api)
        api.clock.advance(60_000)
        async with talk(EARLY_TIMES, empty(SEARCH)) as call:
            text = await call.good("get_open_orders")
        (row,) = value(text)
        assert (row["order_id"], row["rests"], row["age"]) == (order, "yes", "≤6m")
        assert "What only a connector has isn't recorded yet; it rests." in text

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            (ACTIVE, "The connectors' open orders couldn't be read"),
            (SEARCH, "The API's records of open orders couldn't be"),
        ],
    )
    async def test_a_source_that_fails_is_named(self, talk: Any, api: PaperApi, source: str, said: str) -> None:
        order = rest(api)
        async with talk(failing(source)) as call:
            text = await call.good("get_open_orders")
        (row,) = value(text)
        assert row["order_id"] == order
        assert row["rests"] == ("recorded" if source == ACTIVE else "yes")
        assert "rests=" not in text
        assert said in text

    async def test_both_failing_is_no_empty_list(self, talk: Any) -> None:
        async with talk(failing(ACTIVE, SEARCH)) as call:
            await call.bad("get_open_orders")

    async def test_fills_that_are_not_read_are_named(self, talk: Any, api: PaperApi) -> None:
        rest(api)
        async with talk(failing(TRADES)) as call:
            assert "Fills couldn't be read, and may be ahead of these records" in await call.good("get_open_orders")

    async def test_one_that_is_filled_is_not_open(self, talk: Any, api: PaperApi) -> None:
        order = take(api, "SELL", "0.1")

        def late(search: Handler) -> Handler:
            """The exchange has filled it, and the order's record hasn't heard of it."""

            def handler(call: Call) -> Json:
                answer = search(evolve(call, body={**call.body, "status": None}))
                rows = answer["data"] if call.body["status"] == "OPEN" else []
                return {**answer, "data": [{**row, "status": "OPEN", "filled_amount": 0.0} for row in rows]}

            return handler

        async with talk(Bug("a late record", {SEARCH: late})) as call:
            text = await call.good("get_open_orders")
        assert text == NONE
        assert api.paper.engine.fills(order_ids=[order])

    async def test_one_of_unknown_outcome_is_mentioned(self, talk: Any) -> None:
        async with talk(Cut(PLACE, acted=False)) as call:
            await call.bad("place_order", **SELL, amount=0.01, price="900000", wait=0.05)
            text = await call.good("get_open_orders")
        assert text.startswith(NONE)
        assert "1 sent within 24 h, never answered, may rest too: get_order_history has them." in text

    async def test_what_a_perpetual_order_is_for_is_remembered(self, talk: Any, api: PaperApi) -> None:
        api.paper.engine.place("master_account", "binance_perpetual", "BTC-USDT", "BUY", Decimal("0.1"))
        perpetual = {**SELL, "connector_name": "binance_perpetual"}
        async with talk() as call:
            await call.good("place_order", **perpetual, amount=0.1, price="900000", position_action="CLOSE")
            (row,) = value(await call.good("get_open_orders"))
        assert row["position_action"] == "CLOSE"


class TestOneOrder:
    @pytest.mark.parametrize("faults", [(), (LOST_FILLS,), BUGS])
    async def test_with_its_fills(self, talk: Any, api: PaperApi, faults: tuple[Fault, ...]) -> None:
        take(api, "SELL", "0.2")
        order = take(api, "SELL", "0.8")
        api.clock.advance(50 * HOUR)
        take(api, "BUY", "0.1")
        fills = api.paper.engine.fills(order_ids=[order])[::-1]
        assert len(fills) > 1
        async with talk(*faults) as call:
            text = await call.good("get_order", order_id=order)
        answer = value(text)
        assert (answer["order_id"], answer["status"], Decimal(answer["filled_amount"])) == (
            order,
            "FILLED",
            Decimal("0.8"),
        )
        assert Decimal(answer["fee"]) == sum(fill.fee for fill in fills)
        assert Decimal(answer["quote_total"]) == sum(fill.amount * fill.price for fill in fills)
        shown = [(Decimal(row["amount"]), Decimal(row["price"]), Decimal(row["fee"])) for row in answer["fills"]]
        assert shown == [(fill.amount, fill.price, fill.fee) for fill in fills]
        assert ("Its own record says " in text) == bool(faults)

    async def test_that_was_refused(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            await call.bad("place_order", **SELL, amount=0.1, price="1000", order_type="LIMIT_MAKER")
            shown = flat(await call.good("get_order", order_id=orders(api)[0].id))
        assert (shown["status"], shown["trading_pair"], shown["side"], shown["amount"]) == (
            "FAILED",
            "BTC-USDT",
            "SELL",
            Decimal("0.1"),
        )
        assert shown["reason"] == (
            "the exchange answered HTTP 400: Order would immediately match and take. (code -2010)"
        )

    async def test_that_was_refused_and_sent_by_somebody_else(self, talk: Any, api: PaperApi) -> None:
        api.paper.engine.place("master_account", "binance", "BTC-USDT", "SELL", Decimal(50))
        async with talk() as call:
            text = await call.good("get_order", order_id=orders(api)[0].id)
            assert "trading_pair" not in flat(text)
            assert text.endswith("side or amount of those, and no tool tells them.")
            assert "this server" not in await call.good("get_order", order_id=rest(api))

    async def test_of_which_only_we_know(self, talk: Any, api: PaperApi) -> None:
        async with talk(empty(SEARCH, ACTIVE)) as call:
            await call.good("place_order", **SELL, amount=0.1, price="900000", max_value=90_000, wait=0)
            text = await call.good("get_order", order_id=orders(api)[0].id)
        shown = flat(text)
        assert (shown["status"], shown["amount"], shown["price"]) == ("UNKNOWN", Decimal("0.1"), Decimal(900000))
        assert "hbmcp sent it, and the API shows nothing of it." in text

    async def test_that_was_sent_by_a_clock_that_was_wrong(self, talk: Any, api: PaperApi) -> None:
        order = rest(api)
        wrong = api.clock.now() - 90 * HOUR
        sent = SentOrder(
            "master_account", "binance", "BTC-USDT", "BUY", "LIMIT", Decimal("0.01"), Decimal(1000), None, wrong, order
        )
        async with talk(empty(ACTIVE)) as call:
            await call.bridge.store.remember_order(sent)
            assert flat(await call.good("get_order", order_id=order))["status"] == "OPEN"

    async def test_of_another_exchange_is_not_shown(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            await call.good("place_order", **SELL, amount=0.1, price="900000", max_value=90_000)
            for other in ({"connector_name": "kucoin"}, {"account_name": "second_account"}):
                assert "There is no order" in await call.bad("get_order", order_id=orders(api)[0].id, **other)

    async def test_that_nobody_knows(self, talk: Any) -> None:
        async with talk() as call:
            assert "There is no order x-1 among the API's orders." in await call.bad("get_order", order_id="x-1")

    async def test_that_can_not_be_looked_for(self, talk: Any, api: PaperApi) -> None:
        order = rest(api)
        async with talk(failing(SEARCH, ACTIVE)) as call:
            text = await call.bad("get_order", order_id=order)
        assert f"Order {order} can't be looked for." in text

    async def test_beyond_the_first_page(self, talk: Any, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        order = take(api, "SELL", "0.001")
        for _ in range(6):
            api.clock.advance(1000)
            take(api, "SELL", "0.001")
        plain = api_orders.recorded_orders

        async def three(*args: Any, **named: Any) -> Any:
            return await plain(*args, **named, limit=3)

        monkeypatch.setattr("hbmcp.installation.orders.lookup.recorded_orders", three)
        async with talk(empty(ACTIVE)) as call:
            assert value(await call.good("get_order", order_id=order))["order_id"] == order

    async def test_behind_the_orders_of_another_account(
        self, talk: Any, api: PaperApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = api.paper.engine.accounts()
        for _ in range(4):
            rest(api, account=first)
            api.clock.advance(1000)
        order = rest(api, account=second, connector="bybit_perpetual")
        plain = api_orders.recorded_orders

        async def three(*args: Any, **named: Any) -> Any:
            return await plain(*args, **named, limit=3)

        monkeypatch.setattr("hbmcp.installation.orders.lookup.recorded_orders", three)
        async with talk(ACCOUNT_AFTER_ACCOUNT, empty(ACTIVE)) as call:
            assert flat(await call.good("get_order", order_id=order))["account_name"] == second
            assert "There is no order x-1 among the API's orders." in await call.bad("get_order", order_id="x-1")

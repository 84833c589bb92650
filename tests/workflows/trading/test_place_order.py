"""place_order on the paper exchange: what it checks, what it sends, and what it says became of it."""

import re
from decimal import Decimal
from typing import Any

import pytest

from hbmcp.bridge import Bridge
from hbmcp.errors import StoreError
from hbmcp.installation.orders import preparation
from hbmcp.paper.api.faults import (
    BUGS,
    EARLY_TIMES,
    ENDLESS_PAGES,
    EXCHANGE_DOWN,
    HIDDEN_ORDERS,
    LOST_FILLS,
    Fault,
    Late,
)
from hbmcp.settings import Settings
from hbmcp.store import SentOrder, Store, rows
from tests.paper.assistant import ALL
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import open_position, sizes
from tests.paper.scripted_faults import changed, empty, failing
from tests.paper.spot_account import BUY, PLACE, PRICES, RULES, SEARCH, SELL, STATE, TRADES, orders, rest
from tests.workflows.answers import flat, notes, value

pytestmark = pytest.mark.anyio

PERPETUAL = {**BUY, "connector_name": "binance_perpetual"}


def price(api: PaperApi) -> Decimal:
    """On binance, without asking the API."""
    return api.paper.market.price("binance", "BTC-USDT", api.clock.now())


class TestWhatBecameOfIt:
    async def test_it_rests(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            text = await call.good("place_order", **BUY, amount=0.01, price="1000")
        (order,) = orders(api)
        shown = flat(text)
        assert shown == {
            "result": "Rests on the exchange, nothing filled.",
            "order_id": order.id,
            "status": "OPEN",
            "filled_amount": 0,
        }
        assert notes(text) == ""

    @pytest.mark.parametrize("faults", [(), (LOST_FILLS,), (EARLY_TIMES,), BUGS])
    async def test_it_is_filled(self, talk: Any, api: PaperApi, faults: tuple[Fault, ...]) -> None:
        async with talk(*faults) as call:
            text = await call.good("place_order", **SELL, amount=1, order_type="MARKET", max_value=10**6)
        (order,) = orders(api)
        fills = api.paper.engine.fills(order_ids=[order.id])
        assert len(fills) > 1
        worth = sum((fill.amount * fill.price for fill in fills), Decimal(0))
        answer = value(text)
        for name, expected in {
            "filled_amount": Decimal(1),
            "quote_total": worth,
            "fee": sum((fill.fee for fill in fills), Decimal(0)),
        }.items():
            assert Decimal(answer[name]) == expected
        assert abs(Decimal(answer["average_price"]) - worth) < Decimal("0.01")
        assert (answer["result"], answer["status"], answer["fee_currency"]) == ("Filled.", "FILLED", "USDT")
        assert answer["fills"] == len(fills)
        assert answer.keys().isdisjoint({*SELL, "amount", "order_type", "price"})

    async def test_it_is_filled_in_part_and_the_rest_rests(self, talk: Any, api: PaperApi) -> None:
        api.paper.engine.deposit("master_account", "binance", "BTC", Decimal(100))
        best = api.paper.engine._feed.best("binance", "BTC-USDT", api.clock.now(), "SELL")
        assert best is not None
        async with talk() as call:
            text = await call.good("place_order", **SELL, amount=30, price=str(best), max_value=10**7)
        (order,) = orders(api)
        assert order.status == "PARTIALLY_FILLED"
        answer = value(text)
        assert answer["result"] == f"{order.filled.normalize():f} of 30 BTC filled, the rest rests."
        assert Decimal(answer["filled_amount"]) == order.filled
        assert Decimal(answer["fee"]) == order.fee

    async def test_the_exchange_cancels_what_its_book_does_not_hold(self, talk: Any, api: PaperApi) -> None:
        api.paper.engine.deposit("master_account", "binance", "BTC", Decimal(10**6))
        async with talk() as call:
            text = await call.good("place_order", **SELL, amount=900000, order_type="MARKET", max_value=10**12)
        (order,) = orders(api)
        assert order.status == "CANCELLED"
        answer = value(text)
        assert (
            answer["result"] == f"{order.filled.normalize():f} of 900000 BTC filled, the exchange cancelled the rest."
        )
        assert Decimal(answer["quote_total"]) == sum(
            fill.amount * fill.price for fill in api.paper.engine.fills(order_ids=[order.id])
        )

    async def test_it_is_refused(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            text = await call.bad("place_order", **SELL, amount=0.1, price="1000", order_type="LIMIT_MAKER")
        (order,) = orders(api)
        assert order.status == "FAILED"
        assert text == (
            'The order was refused: "the exchange answered HTTP 400: Order would immediately match and take. '
            '(code -2010)". It was SELL 0.1 BTC-USDT LIMIT_MAKER at 1000 on binance, account master_account; its '
            f"order_id is {order.id}. Nothing was bought or sold. Correct the cause before you send another."
        )

    async def test_a_reduction_of_nothing_is_refused(self, talk: Any) -> None:
        async with talk() as call:
            text = await call.bad("place_order", **PERPETUAL, amount=0.1, order_type="MARKET", position_action="CLOSE")
        assert "ReduceOnly Order is rejected" in text
        assert "BUY 0.1 BTC-USDT MARKET, CLOSE on binance_perpetual" in text

    async def test_closing_reduces_a_position_and_nothing_more(self, talk: Any, api: PaperApi) -> None:
        open_position(api, "SELL", "0.1")
        async with talk() as call:
            text = await call.good("place_order", **PERPETUAL, amount=0.5, order_type="MARKET", position_action="CLOSE")
        assert sizes(api) == {}
        answer = value(text)
        assert answer["status"] == "CANCELLED"
        assert api.paper.engine.fills(order_ids=[answer["order_id"]])[0].action == "CLOSE"
        assert answer["result"] == "0.1 of 0.5 BTC filled, the exchange cancelled the rest."

    async def test_nobody_looks_when_told_not_to(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            text = await call.good("place_order", **BUY, amount=0.01, price="1000", wait=0)
            assert call.asked[-1] == PLACE
        assert flat(text)["result"] == "Sent, not looked at: get_order tells more."
        assert flat(text)["order_id"] == orders(api)[0].id

    async def test_it_is_not_seen_in_time(self, talk: Any, api: PaperApi) -> None:
        async with talk(empty(SEARCH, TRADES)) as call:
            text = await call.good("place_order", **BUY, amount=0.01, price="1000", wait=0.05)
            assert call.asked.count(PLACE) == 1
        shown = flat(text)
        assert shown["status"] == "UNKNOWN"
        assert shown["order_id"] == orders(api)[0].id
        assert (
            shown["result"]
            == "Unknown: the API took it, and shows nothing of it yet. Don't send it again: get_order tells more."
        )

    async def test_it_is_not_seen_because_nothing_can_be_read(self, talk: Any, api: PaperApi) -> None:
        async with talk(failing(SEARCH, TRADES)) as call:
            text = await call.good("place_order", **BUY, amount=0.01, price="1000", wait=0.05)
        assert flat(text)["order_id"] == orders(api)[0].id
        assert flat(text)["status"] == "UNKNOWN"
        assert "The API's record of it couldn't be read: " in text
        assert "Its fills couldn't be read: " in text

    async def test_lists_of_another_shape_do_not_lose_the_order_id(self, talk: Any, api: PaperApi) -> None:
        async with talk(changed(SEARCH, lambda *_: [{"id": 1}]), changed(TRADES, lambda *_: [None])) as call:
            text = await call.good("place_order", **BUY, amount=0.01, price="1000", wait=0.05)
            call.unlike.clear()
        assert flat(text)["order_id"] == orders(api)[0].id
        assert "isn't what its contract promises" in text

    async def test_a_record_that_comes_late_is_waited_for(self, talk: Any) -> None:
        """First nothing, then SUBMITTED, then OPEN and its fill on the way, then FILLED."""

        def late(rows: list[Any], asked: int) -> list[Any]:
            if asked <= 3:  # the first is the one before sending
                return []
            early = {4: "SUBMITTED", 5: "OPEN", 6: "OPEN", 7: "OPEN"}.get(asked)
            return [{**row, "status": early, "filled_amount": 0.0} for row in rows] if early else rows

        async with talk(changed(SEARCH, late), changed(TRADES, lambda rows, asked: rows if asked > 6 else [])) as call:
            text = await call.good("place_order", **SELL, amount=0.01, order_type="MARKET")
        assert flat(text)["status"] == "FILLED"

    async def test_fills_that_come_after_the_last_word_of_the_record_are_waited_for(self, talk: Any) -> None:
        less = changed(SEARCH, lambda rows, _: [{**row, "filled_amount": 0.0, "fee_paid": None} for row in rows])
        async with talk(less, changed(TRADES, lambda rows, asked: rows if asked > 3 else [])) as call:
            text = await call.good("place_order", **SELL, amount=0.01, order_type="MARKET")
        assert flat(text)["result"] == "Filled."
        assert flat(text)["filled_amount"] == Decimal("0.01")

    async def test_fills_that_do_not_come_in_time_are_missed(self, talk: Any) -> None:
        less = changed(SEARCH, lambda rows, _: [{**row, "filled_amount": 0.0, "fee_paid": None} for row in rows])
        async with talk(less, empty(TRADES)) as call:
            text = await call.good("place_order", **SELL, amount=0.01, order_type="MARKET", wait=0.05)
        assert "Filled, but of its fills so far only some are recorded: 0 of 0.01 BTC filled." in text

    async def test_fills_of_one_that_is_recorded_open_are_believed(self, talk: Any) -> None:
        as_open = changed(SEARCH, lambda rows, _: [{**row, "status": "OPEN", "filled_amount": 0.0} for row in rows])
        async with talk(as_open) as call:
            text = await call.good("place_order", **SELL, amount=0.01, order_type="MARKET")
        assert flat(text)["status"] == "FILLED"

    async def test_a_market_order_is_not_said_to_rest(self, talk: Any) -> None:
        as_open = changed(SEARCH, lambda rows, _: [{**row, "status": "OPEN", "filled_amount": 0.0} for row in rows])
        async with talk(as_open, empty(TRADES)) as call:
            text = await call.good("place_order", **SELL, amount=0.01, order_type="MARKET", wait=0.05)
        assert flat(text)["result"].startswith("On the exchange and not filled whole yet: 0 of 0.01 BTC filled.")

    @pytest.mark.parametrize("tool", ["place_order", "cancel_order"])
    async def test_what_was_not_looked_at_is_not_told(self, talk: Any, api: PaperApi, tool: str) -> None:
        order = rest(api)
        what = {"order_id": order} if tool == "cancel_order" else {**SELL, "amount": 0.01, "order_type": "MARKET"}
        async with talk() as call:
            text = await call.good(tool, **what, wait=0)
        assert flat(text)["result"].endswith("not looked at: get_order tells more.")
        assert flat(text).keys().isdisjoint({"status", "filled_amount", "fee"})

    async def test_a_position_that_it_works_against_is_named(self, talk: Any, api: PaperApi) -> None:
        open_position(api, "BUY", "0.5")
        async with talk() as call:
            order = {**PERPETUAL, "order_type": "MARKET"}
            with_it = await call.good("place_order", **order, amount=0.1)
            against = await call.good("place_order", **{**order, "side": "SELL"}, amount=1, max_value=10**6)
            closing = await call.good("place_order", **{**order, "position_action": "CLOSE"}, amount=0.1)
        assert "in one-way mode" not in with_it + closing
        assert (
            "This order first closes the open LONG 0.6 BTC-USDT on binance_perpetual (master_account); only" in against
        )
        assert sizes(api) == {("BTC-USDT", "BOTH"): Decimal("-0.3")}


class TestBeforeSending:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"account_name": "nobody"}, "There is no account nobody"),
            ({"connector_name": "nope"}, "master_account is not connected to nope"),
            ({"trading_pair": "BTCUSDT"}, "BTCUSDT isn't on binance. Nothing was sent. Did you mean BTC-USDT?"),
            ({"trading_pair": "BTC-USTD"}, "binance has no pair BTC-USTD. Nothing was sent. Did you mean BTC-USDT"),
            ({"trading_pair": "?-?"}, 'binance has no pair "?-?". Nothing was sent. get_trading_rules lists its pairs'),
            ({"trading_pair": ""}, "trading_pair: is empty"),
            ({"price": "+900%"}, "is more than 10% beyond the current price"),
            ({"side": "SELL", "price": "-11%"}, "it would fill at once, which looks like a slip"),
            ({"amount": 0.000001}, "0.000001 BTC is less than the smallest order of BTC-USDT, 0.00001 BTC."),
            (
                {"amount": 0.00001},
                "0.00001 BTC at 1000 is worth 0.01 USDT, less than the smallest order of BTC-USDT, 5",
            ),
            ({"price": None}, "A LIMIT order needs a price"),
            ({"price": "3%"}, "can't be the price of an order"),
            ({"order_type": "MARKET"}, "A MARKET order takes no price"),
            ({"position_action": "CLOSE"}, "no positions to CLOSE on binance"),
            ({"side": "SELL", "amount": 50, "price": "90000"}, "Selling 50 BTC takes 50 BTC"),
            ({"amount": 1000}, "Buying 1000 BTC takes 1000000 USDT"),
            ({"amount": 1000, "price": "90000"}, "Nothing was sent."),
            ({"amount": -1}, "amount"),
            ({"side": "HOLD"}, "side"),
        ],
    )
    async def test_it_is_refused_and_nothing_is_sent(
        self, talk: Any, api: PaperApi, changes: dict[str, Any], said: str
    ) -> None:
        async with talk() as call:
            text = await call.bad("place_order", **{**BUY, "amount": 0.01, "price": "1000", **changes})
            assert PLACE not in call.asked
            remembered = await call.bridge.store.sent_orders()
        assert said in text
        assert "othing was" in text
        assert orders(api) == []
        assert remembered == []

    async def test_an_account_that_is_not_there_is_not_asked_about(self, talk: Any) -> None:
        async with talk() as call:
            await call.bad("place_order", **{**BUY, "account_name": "nobody"}, amount=0.01, price="1000")
            assert STATE not in call.asked

    async def test_the_price_is_an_offset(self, talk: Any, api: PaperApi) -> None:
        current = price(api)
        async with talk() as call:
            text = await call.good("place_order", **BUY, amount=0.01, price="-3%")
        (order,) = orders(api)
        assert order.price is not None
        exact = current * 97 / 100
        assert 0 <= exact - order.price < Decimal("0.01")
        assert notes(text) == f"The price is -3% of the current {current:f}: {order.price.normalize():f}."
        assert flat(text)["price"] == order.price

    async def test_an_amount_is_rounded_down_and_that_is_said(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            text = await call.good("place_order", **BUY, amount="0.0123456789", price="1000.019")
        (order,) = orders(api)
        assert (order.amount, order.price) == (Decimal("0.01234"), Decimal("1000.01"))
        assert (flat(text)["amount"], flat(text)["price"]) == (order.amount, order.price)
        assert "The amount 0.0123456789 was rounded down to 0.01234, a multiple of 0.00001." in text
        assert "The price 1000.019 was rounded to 1000.01, the pair's step being 0.01." in text

    async def test_what_can_not_be_checked_is_said_and_stops_nothing(self, talk: Any, api: PaperApi) -> None:
        faults = failing(RULES), failing(PRICES), failing(STATE), failing("GET /accounts/")
        async with talk(*faults) as call:
            text = await call.good("place_order", **BUY, amount=0.01, price="1000")
        assert len(orders(api)) == 1
        for what in (
            "Account and exchange couldn't be checked",
            "The pair's trading rules couldn't be checked",
            "The current price couldn't be read",
            "The balance couldn't be checked",
        ):
            assert what in text

    async def test_an_offset_without_a_price_is_refused(self, talk: Any, api: PaperApi) -> None:
        async with talk(failing(PRICES)) as call:
            text = await call.bad("place_order", **BUY, amount=0.01, price="-3%")
        assert "the current price, which can't be read. Nothing was sent." in text
        assert orders(api) == []

    async def test_a_check_that_never_ends_is_given_up(self, talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(preparation, "PATIENCE", 0.1)
        async with talk(Late(STATE, seconds=3600)) as call:
            text = await call.good("place_order", **BUY, amount=0.01, price="1000")
        assert "The balance couldn't be checked: No answer came within 0 s." in text

    async def test_a_stale_balance_says_how_it_is_known(self, talk: Any, api: PaperApi) -> None:
        """Prices tell whether the exchange answers."""
        async with talk(EXCHANGE_DOWN, failing(PRICES)) as call:
            await call.good("place_order", **SELL, amount=0.1, order_type="MARKET")
            api.paper.engine.deposit("master_account", "binance", "BTC", Decimal(100))
            text = await call.bad("place_order", **SELL, amount=50, order_type="MARKET")
        assert "if it doesn't answer, that is its last known balance, so look again." in text
        async with talk() as call:
            text = await call.bad("place_order", **SELL, amount=200, order_type="MARKET")
        assert text.endswith("is available. Nothing was sent. Order less.")

    async def test_what_is_held_is_told_apart(self, talk: Any, api: PaperApi) -> None:
        rest(api, "SELL", "900000", "0.75")
        async with talk() as call:
            text = await call.bad("place_order", **SELL, amount=1, order_type="MARKET")
        assert re.search(r"takes 1 BTC, and 0\.25 is available \(0\.75 more are held by open orders\)", text)


class TestWhatIsRemembered:
    async def test_before_it_is_sent_and_under_its_id(self, talk: Any, api: PaperApi) -> None:
        seen: list[list[SentOrder]] = []

        async with talk() as call:
            store = call.bridge.store
            submit = call.bridge._operations.ask

            async def watched(tool: Any, *rest_: Any, **named: Any) -> Any:
                if tool.operation == PLACE:
                    seen.append(await store.sent_orders())
                return await submit(tool, *rest_, **named)

            call.bridge._operations.ask = watched
            await call.good("place_order", **BUY, amount=0.01, price="1000")
            after = await store.sent_orders()
        (order,) = orders(api)
        assert [[one.order_id for one in many] for many in seen] == [[None]]
        (one,) = after
        assert (one.order_id, one.pair, one.side, one.type) == (order.id, "BTC-USDT", "BUY", "LIMIT")
        assert (one.amount, one.price, one.action) == (Decimal("0.01"), Decimal(1000), None)
        assert one.time == api.clock.now()

    async def test_what_the_api_refuses_at_once_is_not_an_order_of_unknown_outcome(self, talk: Any) -> None:
        async with talk(failing(PLACE, status=400, detail="Trading is paused")) as call:
            text = await call.bad("place_order", **BUY, amount=0.01, price="1000")
            assert 'The Hummingbot API refused place_order (HTTP 400): "Trading is paused". Nothing was done.' in text
            assert "No orders match" in await call.good("get_order_history")
            assert "never answered" not in await call.good("get_open_orders")

    @pytest.mark.parametrize(
        ("fails", "ask"),
        [
            ({"remember_order"}, {**SELL, "price": "900000"}),
            ({"name_order"}, {**BUY, "price": "1000"}),
            ({"remember_order", "name_order", "sent_orders"}, {**SELL, "price": "900000"}),
        ],
    )
    async def test_a_store_that_fails_stops_nothing_that_only_reduces(
        self, talk: Any, api: PaperApi, monkeypatch: pytest.MonkeyPatch, fails: set[str], ask: dict[str, Any]
    ) -> None:
        break_store(monkeypatch, *fails)
        async with talk() as call:
            text = await call.good("place_order", **ask, amount=0.01)
            assert "The store is broken." in text
            assert call.asked.count(PLACE) == 1
            assert flat(text)["status"] == "OPEN"
            assert orders(api)[0].id in await call.good("get_order_history")
            assert orders(api)[0].id in await call.good("get_open_orders")
            assert orders(api)[0].id in await call.good("get_order", order_id=orders(api)[0].id)
            await call.good("cancel_order", order_id=orders(api)[0].id)
        assert len(orders(api)) == 1

    @pytest.mark.parametrize("ask", [BUY, PERPETUAL, {**PERPETUAL, "side": "SELL"}])
    async def test_what_adds_risk_and_cannot_be_remembered_is_not_sent(
        self, talk: Any, api: PaperApi, monkeypatch: pytest.MonkeyPatch, ask: dict[str, Any]
    ) -> None:
        break_store(monkeypatch, "remember_order")
        async with talk() as call:
            text = await call.bad("place_order", **ask, amount=0.01, order_type="MARKET")
        assert text == (
            "The order can't be remembered, and was it sent and its answer lost, nobody could find it: The store is "
            "broken. Nothing was sent. Mend it. What only reduces is sent all the same."
        )
        assert PLACE not in call.asked
        assert orders(api) == []

    async def test_closing_goes_on_without_a_store(
        self, talk: Any, api: PaperApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_position(api, "BUY", "0.1")
        break_store(monkeypatch, "remember_order")
        close = {**PERPETUAL, "side": "SELL", "position_action": "CLOSE", "order_type": "MARKET"}
        async with talk() as call:
            assert "The store is broken." in await call.good("place_order", **close, amount=0.04)
            assert "The store is broken." in await call.good("close_position", trading_pair="BTC-USDT")
        assert sizes(api) == {}


def break_store(monkeypatch: pytest.MonkeyPatch, *methods: str) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise StoreError("The store is broken.", "Nothing was remembered.", "Mend it.")

    for name in methods:
        monkeypatch.setattr(Store, name, broken)


async def test_every_kind_of_order_is_sent_once(talk: Any, api: PaperApi) -> None:
    for faults in ((), (HIDDEN_ORDERS, ENDLESS_PAGES), BUGS):
        before = len(orders(api))
        async with talk(*faults) as call:
            for kind, at in (("MARKET", None), ("LIMIT", "1000"), ("LIMIT_MAKER", "1000")):
                call.asked.clear()
                await call.good("place_order", **BUY, amount=0.01, order_type=kind, **({"price": at} if at else {}))
                assert call.asked.count(PLACE) == 1
        assert len(orders(api)) == before + 3


async def test_the_store_forgets_what_is_old_by_the_clock_of_a_paper_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a thread of its own, where the exchange's database can't be asked."""
    monkeypatch.setattr(rows, "PRUNED_ONCE_IN", 1)
    bridge = Bridge(ALL, Settings.model_construct(paper=True, paper_db=":memory:", paper_speed=60))
    try:
        outcome = await bridge.call("place_order", {**BUY, "amount": 0.01, "price": "-50%"})
        assert "Rests on the exchange" in outcome.text
        assert len(await bridge.store.sent_orders()) == 1
    finally:
        await bridge.aclose()

"""Closing one position on the paper exchange: what is sent, what is said, and what the engine's records are then."""

import asyncio
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from hbmcp.catalog import Catalog, Offer
from hbmcp.paper.api.faults import EXCHANGE_DOWN, LOST_FILLS, Bug, Crash, Cut, Late
from hbmcp.paper.api.routes.base import Call, Handler, Json
from hbmcp.paper.exchange.records import Side
from tests.paper.assistant import assistant
from tests.paper.paper_api import HOUR, PaperApi
from tests.paper.perpetual_account import ACCOUNT, CONNECTOR, ORDERS, PAIR, POSITIONS, held, open_position, sizes
from tests.paper.scripted_faults import DOWN, empty, failing_after
from tests.workflows.answers import flat, notes

pytestmark = pytest.mark.anyio

SEARCH = "POST /trading/orders/search"
MODES = pytest.mark.parametrize("mode", ["ONEWAY", "HEDGE"])
OPENING: list[Side] = ["BUY", "SELL"]


def last_fills(api: PaperApi, order_id: str) -> list[Any]:
    found = api.paper.engine.fills(order_ids=[order_id])
    assert found
    return found


def meanwhile(act: Any, operation: str = ORDERS, count: int = 1) -> Bug:
    """`act(engine)` happens just before the operation is carried out for the `count`-th time."""
    seen = 0

    def wrap(handler: Handler) -> Handler:
        def handle(call: Call) -> Json:
            nonlocal seen
            seen += 1
            if seen == count:
                act(call.engine)
            return handler(call)

        return handle

    return Bug("somebody else trades", {operation: wrap})


def hurried(name: str, seconds: float = 0.3) -> Offer:
    """All tools, of which this one hardly waits."""
    catalog = Catalog.load()
    catalog.tools[name] = catalog.names[name] = replace(catalog.tools[name], timeout=seconds)
    return catalog.choose(["all"])


class TestClosing:
    @MODES
    @pytest.mark.parametrize("side", OPENING)
    async def test_all_of_it(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch, mode: Any, side: Side) -> None:
        api.paper.engine.set_position_mode(ACCOUNT, CONNECTOR, mode)
        open_position(api, side, "0.05")
        (before,) = held(api)
        api.clock.advance(4 * HOUR)
        async with assistant(api, monkeypatch) as call:
            text = await call.good("close_position", trading_pair=PAIR)
            assert call.asked.count(ORDERS) == 1
        row = flat(text)
        assert notes(text) == (
            "net_pnl leaves out opening fees and funding: get_position_history counts them, funding where it is "
            "recorded."
        )
        assert held(api) == []
        fills = last_fills(api, row["order_id"])
        assert {(one.action, one.type) for one in fills} == {("CLOSE", "MARKET")}
        value = sum((one.amount * one.price for one in fills), Decimal(0))
        assert (row["side"], row["status"]) == ("LONG" if side == "BUY" else "SHORT", "FILLED")
        assert (row["account_name"], row["connector_name"], row["trading_pair"]) == (ACCOUNT, CONNECTOR, PAIR)
        assert (row["closed"], row["left"]) == (Decimal("0.05"), 0)
        assert abs(row["average_price"] - value / Decimal("0.05")) < Decimal("0.01")
        assert abs(row["realized_pnl"] - sum(one.realized for one in fills)) < Decimal("0.000001")
        assert row["fee"] == sum(one.charged for one in fills)
        assert row["fee_currency"] == "USDT"
        assert abs(row["net_pnl"] - sum(one.realized - one.charged for one in fills)) < Decimal("0.000001")
        assert row["net_pnl"] < row["realized_pnl"]
        assert row["entry_price"] == before.entry

    @MODES
    async def test_a_fraction(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch, mode: Any) -> None:
        api.paper.engine.set_position_mode(ACCOUNT, CONNECTOR, mode)
        open_position(api, "SELL", "0.05")
        async with assistant(api, monkeypatch) as call:
            row = flat(await call.good("close_position", trading_pair=PAIR, fraction=0.333))
        assert (row["closed"], row["left"]) == (Decimal("0.016"), Decimal("0.034"))
        assert set(sizes(api).values()) == {Decimal("-0.034")}

    async def test_a_large_one_has_many_fills(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        """The average is over all of them, also where the order's own record lost some."""
        api.paper.engine.set_leverage(ACCOUNT, CONNECTOR, PAIR, 50)
        open_position(api, "BUY", "10")
        (before,) = held(api)
        async with assistant(api, monkeypatch, {LOST_FILLS}) as call:
            row = flat(await call.good("close_position", trading_pair=PAIR))
        fills = last_fills(api, row["order_id"])
        assert len(fills) > 1
        value = sum((one.amount * one.price for one in fills), Decimal(0))
        assert row["closed"] == 10
        assert abs(row["average_price"] - value / 10) < Decimal("0.01")
        assert abs(row["realized_pnl"] - (value - 10 * before.entry)) < Decimal("0.01")
        assert row["fee"] == sum(one.fee for one in fills)

    async def test_hedge_mode_closes_the_named_side_only(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        api.paper.engine.set_position_mode(ACCOUNT, CONNECTOR, "HEDGE")
        open_position(api, "BUY", "0.02")
        open_position(api, "SELL", "0.03")
        async with assistant(api, monkeypatch) as call:
            text = await call.bad("close_position", trading_pair=PAIR)
            assert ORDERS not in call.asked
            assert "2 positions match: LONG 0.02 BTC-USDT" in text
            assert "side" in text
            row = flat(await call.good("close_position", trading_pair=PAIR, side="SHORT"))
        assert (row["side"], row["closed"], row["left"]) == ("SHORT", Decimal("0.03"), 0)
        assert sizes(api) == {(PAIR, "LONG"): Decimal("0.02")}

    async def test_several_exchanges_match(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        open_position(api, "BUY", "0.02", connector="bybit_perpetual")
        async with assistant(api, monkeypatch) as call:
            text = await call.bad("close_position", trading_pair=PAIR)
            assert ORDERS not in call.asked
            assert "Nothing was sent." in text
            assert f"LONG 0.02 BTC-USDT on bybit_perpetual ({ACCOUNT})" in text
            await call.good("close_position", trading_pair=PAIR, connector_name="bybit_perpetual")
        assert (sizes(api), sizes(api, "bybit_perpetual")) == ({(PAIR, "BOTH"): Decimal("0.02")}, {})

    async def test_what_was_sent_is_remembered(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch) as call:
            row = flat(await call.good("close_position", trading_pair=PAIR))
            (sent,) = await call.bridge.store.sent_orders()
        assert (sent.order_id, sent.side, sent.amount, sent.action, sent.type) == (
            row["order_id"],
            "SELL",
            Decimal("0.02"),
            "CLOSE",
            "MARKET",
        )

    async def test_without_waiting(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch) as call:
            row = flat(await call.good("close_position", trading_pair=PAIR, wait=0))
        assert row["status"] == "FILLED"  # the paper exchange is that fast


class TestNothingSent:
    @pytest.fixture(autouse=True)
    def _nothing_is_sent(self, api: PaperApi) -> Any:
        yield
        assert [one for one in api.paper.engine.orders() if one.action == "CLOSE"] == []

    async def test_no_position(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "5", "SOL-USDT")
        async with assistant(api, monkeypatch) as call:
            text = await call.bad("close_position", trading_pair=PAIR)
        assert text.startswith(f"There is no open position of {PAIR}. Nothing was sent.")

    async def test_the_other_side_is_named(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch) as call:
            text = await call.bad("close_position", trading_pair=PAIR, side="SHORT")
        assert "no open SHORT position of BTC-USDT" in text
        assert "Open is LONG 0.02 BTC-USDT" in text

    async def test_a_spot_exchange(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        async with assistant(api, monkeypatch) as call:
            text = await call.bad("close_position", trading_pair=PAIR, connector_name="binance")
        assert "no perpetual exchange" in text
        assert "Nothing was done." in text

    async def test_too_small_a_part(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch) as call:
            text = await call.bad("close_position", trading_pair=PAIR, fraction=0.01)
        assert "that part of it, 0.0002, is less than the smallest order, 0.001" in text
        assert "Nothing was sent." in text

    @pytest.mark.parametrize("fraction", [0, -1, 1.01])
    async def test_no_fraction_at_all(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch, fraction: float) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch) as call:
            text = await call.bad("close_position", trading_pair=PAIR, fraction=fraction)
            assert call.asked == []
        assert "fraction" in text

    async def test_an_exchange_that_does_not_answer(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch, {EXCHANGE_DOWN}) as call:
            text = await call.bad("close_position", trading_pair=PAIR)
        assert text.startswith(f"No position of {PAIR} could be read. Nothing was sent.")
        assert "LONG 0.02 BTC-USDT open" in text

    async def test_below_the_smallest_value(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.002")  # the smallest value is 100 USDT, more than 0.001 BTC is worth
        async with assistant(api, monkeypatch) as call:
            text = await call.bad("close_position", trading_pair=PAIR, fraction=0.5)
        assert "below minimum notional size 100" in text
        assert "Nothing was done." in text


class TestChangedMeanwhile:
    """Between the reading of the position and the order's arrival."""

    async def test_gone_before_it_is_read_again(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        elsewhere = meanwhile(
            lambda engine: engine.place(ACCOUNT, CONNECTOR, PAIR, "SELL", Decimal("0.02"), action="CLOSE"), POSITIONS, 2
        )
        async with assistant(api, monkeypatch, {elsewhere}) as call:
            text = await call.bad("close_position", trading_pair=PAIR, connector_name=CONNECTOR)
            assert ORDERS not in call.asked
        assert "isn't listed any more. Nothing was sent." in text

    async def test_smaller_when_it_is_read_again(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.04")
        elsewhere = meanwhile(
            lambda engine: engine.place(ACCOUNT, CONNECTOR, PAIR, "SELL", Decimal("0.01"), action="CLOSE"), POSITIONS, 2
        )
        async with assistant(api, monkeypatch, {elsewhere}) as call:
            row = flat(await call.good("close_position", trading_pair=PAIR, connector_name=CONNECTOR))
        assert (row["closed"], row["left"]) == (Decimal("0.03"), 0)

    @MODES
    async def test_gone_when_the_order_arrives(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch, mode: Any) -> None:
        api.paper.engine.set_position_mode(ACCOUNT, CONNECTOR, mode)
        open_position(api, "BUY", "0.02")
        elsewhere = meanwhile(
            lambda engine: engine.place(ACCOUNT, CONNECTOR, PAIR, "SELL", Decimal("0.02"), action="CLOSE")
        )
        async with assistant(api, monkeypatch, {elsewhere}) as call:
            text = await call.bad("close_position", trading_pair=PAIR)
            assert call.asked.count(ORDERS) == 1
        assert "ReduceOnly Order is rejected" in text
        assert "closed nothing" in text
        assert "http" not in text.replace("HTTP", "")
        assert sizes(api) == {}

    @MODES
    async def test_smaller_when_the_order_arrives(
        self, api: PaperApi, monkeypatch: pytest.MonkeyPatch, mode: Any
    ) -> None:
        api.paper.engine.set_position_mode(ACCOUNT, CONNECTOR, mode)
        open_position(api, "SELL", "0.02")
        elsewhere = meanwhile(
            lambda engine: engine.place(ACCOUNT, CONNECTOR, PAIR, "BUY", Decimal("0.015"), action="CLOSE")
        )
        async with assistant(api, monkeypatch, {elsewhere}) as call:
            text = await call.good("close_position", trading_pair=PAIR)
        row = flat(text)
        assert (row["closed"], row["status"]) == (Decimal("0.005"), "CANCELLED")
        assert row.get("left") is None  # 0.015 by what is known here, and the exchange lists none
        assert "0.02 less 0.005 would leave 0.015 BTC, the exchange lists 0" in text
        assert sizes(api) == {}

    async def test_turned_when_the_order_arrives(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        elsewhere = meanwhile(lambda engine: engine.place(ACCOUNT, CONNECTOR, PAIR, "SELL", Decimal("0.05")))
        async with assistant(api, monkeypatch, {elsewhere}) as call:
            text = await call.bad("close_position", trading_pair=PAIR)
        assert "ReduceOnly Order is rejected" in text
        assert "The exchange lists SHORT 0.03 BTC now, before it was 0" in text
        assert sizes(api) == {(PAIR, "BOTH"): Decimal("-0.03")}

    async def test_a_turn_that_is_seen_afterwards_is_told(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        elsewhere = meanwhile(
            lambda engine: engine.place(ACCOUNT, CONNECTOR, PAIR, "SELL", Decimal("0.03")), POSITIONS, 3
        )
        async with assistant(api, monkeypatch, {elsewhere}) as call:
            text = await call.good("close_position", trading_pair=PAIR, connector_name=CONNECTOR)
        assert "The exchange lists SHORT 0.03 BTC now, before it was 0: somebody else traded meanwhile." in text

    async def test_an_order_that_opened_the_other_side_has_closed_nothing(
        self, api: PaperApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An API of another version ignores that it is to close, and hedge mode has room for both."""
        api.paper.engine.set_position_mode(ACCOUNT, CONNECTOR, "HEDGE")
        open_position(api, "BUY", "0.02")

        def wrap(handler: Handler) -> Handler:
            return lambda call: handler(evolve(call, body={**call.body, "position_action": "OPEN"}))

        deaf = Bug("an order's action goes unheard", {"POST /trading/orders": wrap})
        async with assistant(api, monkeypatch, {deaf}) as call:
            text = await call.bad("close_position", trading_pair=PAIR)
        assert f"which was to close LONG 0.02 {PAIR}" in text
        assert "opened SHORT 0.02 beside it: this API doesn't take it as one that closes. Nothing was closed." in text
        assert len(sizes(api)) == 2

    async def test_what_no_order_can_close(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        """A position off the lot step, as fees taken in base or another rule leave it."""
        open_position(api, "BUY", "0.02")

        def wrap(handler: Handler) -> Handler:
            def handle(call: Call) -> Json:
                answer = handler(call)
                for one in answer["data"]:
                    one["amount"] += Decimal("0.0004")
                if not answer["data"] and call.engine.fills(sides=["SELL"]):
                    row = {"account_name": ACCOUNT, "connector_name": CONNECTOR, "trading_pair": PAIR, "side": "BOTH"}
                    figures = {"amount": Decimal("0.0004"), "entry_price": 1, "unrealized_pnl": 0, "leverage": 1}
                    answer["data"].append(row | figures)
                return answer

            return handle

        off_step = Bug("a position off the lot step", {POSITIONS: wrap})
        async with assistant(api, monkeypatch, {off_step}) as call:
            text = await call.good("close_position", trading_pair=PAIR, connector_name=CONNECTOR)
            assert (flat(text)["closed"], flat(text)["left"]) == (Decimal("0.02"), Decimal("0.0004"))
            assert "0.0004 BTC is left, less than the smallest order: no order can close it." in text
            again = await call.bad("close_position", trading_pair=PAIR, connector_name=CONNECTOR)
        assert "its size, 0.0004, is less than the smallest order, 0.001" in again


class TestSentOnce:
    @pytest.mark.parametrize("acted", [True, False])
    @pytest.mark.parametrize("fault", [Cut, Crash, Late])
    async def test_no_answer(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch, fault: Any, acted: bool) -> None:
        open_position(api, "BUY", "0.02")
        late = {"seconds": HOUR} if fault is Late else {}
        offer = hurried("submit_order")
        async with assistant(api, monkeypatch, {fault(ORDERS, acted=acted, **late)}, offer) as call:
            text = await call.bad("close_position", trading_pair=PAIR)
            assert call.asked.count(ORDERS) == 1
        assert text.startswith("Outcome unknown: ")
        assert "SELL 0.02 BTC-USDT MARKET, CLOSE on binance_perpetual, account master_account" in text
        assert re.search("Don't send it again|Don't repeat", text)
        assert "Nothing was" not in text
        assert sizes(api) == ({} if acted else {(PAIR, "BOTH"): Decimal("0.02")})

    async def test_a_refusal_of_the_exchange(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        """It went down after the position was read: the order fails, the positions are empty, and nothing is closed."""
        open_position(api, "BUY", "0.02")
        failing = False

        def refused(_: Handler) -> Handler:
            def handle(call: Call) -> Json:
                nonlocal failing
                failing = True
                wanted = call.body
                return {
                    "order_id": "paper-refused",
                    **{name: wanted[name] for name in ("account_name", "connector_name", "trading_pair", "trade_type")},
                    "amount": str(wanted["amount"]),
                    "order_type": "MARKET",
                    "price": None,
                    "status": "submitted",
                }

            return handle

        def empty(handler: Handler) -> Handler:
            def handle(call: Call) -> Json:
                answer = handler(call)
                return {**answer, "data": []} if failing else answer

            return handle

        def failed(handler: Handler) -> Handler:
            def handle(call: Call) -> Json:
                answer = handler(call)
                row = {**answer["data"][0], "order_id": "paper-refused", "status": "FAILED", "error_message": DOWN}
                lost = {"trading_pair": "UNKNOWN", "trade_type": "UNKNOWN", "order_type": "UNKNOWN", "amount": 0.0}
                row |= lost | {"filled_amount": 0.0, "average_fill_price": None, "fee_paid": None, "fee_currency": None}
                return {**answer, "data": [row, *answer["data"]]}

            return handle

        gone = Bug("the exchange goes down", {ORDERS: refused, POSITIONS: empty, SEARCH: failed})
        async with assistant(api, monkeypatch, {gone}) as call:
            text = await call.bad("close_position", trading_pair=PAIR)
        assert "refused order paper-refused, which was to close LONG 0.02 BTC-USDT" in text
        assert "HTTP 503: Service unavailable" in text
        assert "lists no such position now, which is no proof" in text

    async def test_an_order_that_nobody_saw(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch, {empty(SEARCH, "POST /trading/trades")}) as call:
            text = await call.bad("close_position", trading_pair=PAIR, wait=0.5)
            assert call.asked.count(ORDERS) == 1
        assert text.startswith("Outcome unknown: order paper")
        assert "nothing was seen of it within 0.5 s" in text
        assert "lists no such position now, which is no proof" in text
        assert "Don't repeat it" in text

    async def test_what_is_left_cannot_be_read(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch, {failing_after(ORDERS, POSITIONS)}) as call:
            text = await call.good("close_position", trading_pair=PAIR)
        row = flat(text)
        assert (row["closed"], row.get("left")) == (Decimal("0.02"), None)
        assert "What is left couldn't be read" in notes(text)

    async def test_a_client_that_goes_away(self, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
        open_position(api, "BUY", "0.02")
        async with assistant(api, monkeypatch, {Late(ORDERS, seconds=0.2)}) as call:
            task = asyncio.create_task(call("close_position", trading_pair=PAIR))
            while ORDERS not in call.asked:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.3)
            assert call.asked.count(ORDERS) == 1


async def test_what_is_left_and_worth_too_little_is_said(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """0.001 ETH, some 3 USDT: the smallest amount, and worth less than the smallest order."""
    open_position(api, "BUY", "1.001", "ETH-USDT")
    async with assistant(api, monkeypatch) as call:
        text = await call.good("close_position", trading_pair="ETH-USDT", fraction="0.9991")
        refused = await call.bad("close_position", trading_pair="ETH-USDT")
    assert sizes(api) == {("ETH-USDT", "BOTH"): Decimal("0.001")}
    assert "0.001 ETH is left, worth less than the smallest order" in text
    assert "Add to the position, then close all of it." in refused

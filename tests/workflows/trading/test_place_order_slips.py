"""What place_order asks again before it sends: a size that looks like a slip, a price that may be of yesterday; and
what it says of a position that is open the other way."""

import re
from decimal import Decimal
from typing import Any

import pytest

from hbmcp.installation.balances import Balance
from hbmcp.installation.orders.size_check import order_size
from hbmcp.paper.market.order_book import Book
from hbmcp.store import SentOrder
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import ACCOUNT, held, open_position, sizes
from tests.paper.scripted_faults import failing, old_price
from tests.paper.spot_account import BUY, PLACE, SELL, STATE, orders
from tests.workflows.answers import flat, notes, value

pytestmark = pytest.mark.anyio

PERPETUAL = {**BUY, "connector_name": "binance_perpetual", "order_type": "MARKET"}
MODE = "GET /trading/{account_name}/{connector_name}/position-mode"


def best_ask(api: PaperApi, connector: str = "binance") -> Decimal:
    return Book.snapshot(api.paper.market, connector, "BTC-USDT", api.clock.now()).asks[0].price


def lever(api: PaperApi) -> None:
    """Orders beyond the equity are then the exchange's to take."""
    api.paper.engine.set_leverage(ACCOUNT, "binance_perpetual", "BTC-USDT", 20)


class TestSize:
    async def test_dollars_meant_as_amount_are_asked_again(self, talk: Any, api: PaperApi) -> None:
        async with talk() as call:
            text = await call.bad("place_order", **PERPETUAL, amount=100)
            assert PLACE not in call.asked
            worth = re.match(r"BUY 100 BTC is worth about ([\d.]+) USDT, ", text)
            assert worth
            assert Decimal(worth[1]) > 100 * best_ask(api, "binance_perpetual")  # the book is walked
            assert "% of the account's equity on binance_perpetual, 50000 USDT: that may be a slip. Nothing was" in text
            assert "amount is in BTC, not in USDT." in text
            assert "repeat it with max_value, the most that it may be worth in USDT." in text
            assert "max_value=" not in text  # what can be copied isn't thought about
            less = await call.bad("place_order", **PERPETUAL, amount=100, max_value=100)
            assert "more than max_value, 100. Nothing was sent." in less
            assert orders(api) == []

    @pytest.mark.parametrize(
        ("order", "amount", "asked"),
        [
            ({**PERPETUAL}, "0.4", False),
            ({**PERPETUAL}, "0.8", True),
            ({**SELL, "order_type": "MARKET"}, "0.3", False),
            ({**SELL, "order_type": "MARKET"}, "0.95", True),
            ({**BUY, "price": "the best"}, "0.4", False),
            ({**BUY, "price": "the best"}, "0.9", True),
            ({**SELL, "price": "the best"}, "0.95", True),
            ({**BUY, "price": "60000", "order_type": "LIMIT_MAKER"}, "0.95", True),
            ({**PERPETUAL, "order_type": "LIMIT", "price": "the best"}, "0.8", True),
        ],
    )
    async def test_beyond_a_share_of_the_account(
        self, talk: Any, api: PaperApi, order: dict[str, Any], amount: str, asked: bool
    ) -> None:
        """25 % on spot, all of it on perpetuals, whatever its type."""
        lever(api)
        order = {**order, "price": f"{best_ask(api):f}"} if order.get("price") == "the best" else order
        async with talk() as call:
            if not asked:
                await call.good("place_order", **order, amount=amount)
                return
            assert "that may be a slip" in await call.bad("place_order", **order, amount=amount)
            await call.good("place_order", **order, amount=amount, max_value=10**6)

    async def test_what_only_reduces_is_never_asked(self, talk: Any, api: PaperApi) -> None:
        lever(api)
        open_position(api, "BUY", "2")
        async with talk(failing(STATE)) as call:
            close = {**PERPETUAL, "side": "SELL", "position_action": "CLOSE"}
            limit = {"order_type": "LIMIT", "price": f"{best_ask(api):f}"}
            await call.good("place_order", **{**close, **limit}, amount=1, preview=True)
            await call.good("place_order", **close, amount=2)
        assert sizes(api) == {}

    async def test_what_closes_no_position_that_is_known_is_asked(self, talk: Any, api: PaperApi) -> None:
        lever(api)
        async with talk(failing("POST /trading/positions")) as call:
            text = await call.bad("place_order", **PERPETUAL, amount=2, position_action="CLOSE")
        assert "that may be a slip" in text

    @pytest.mark.parametrize("order", [PERPETUAL, {**BUY, "order_type": "MARKET"}])
    async def test_what_no_balance_carries_is_refused_whatever_max_value(
        self, talk: Any, api: PaperApi, order: dict[str, Any]
    ) -> None:
        """And what the book doesn't hold is said as well."""
        connector = order["connector_name"]
        levels = Book.snapshot(api.paper.market, connector, "BTC-USDT", api.clock.now()).asks
        async with talk() as call:
            text = await call.bad("place_order", **order, amount=5000)
            again = await call.bad("place_order", **order, amount=5000, max_value=10**9)
            assert PLACE not in call.asked
        assert text == again
        assert f"holds only {sum(one.amount for one in levels).normalize():f} BTC on this side. Nothing was" in text
        assert "max_value" not in text
        assert ("no exchange gives more than 200" in text) == (order is PERPETUAL)

    async def test_the_leverage_of_an_open_position_is_what_more_of_it_runs_at(self, talk: Any, api: PaperApi) -> None:
        lever(api)
        open_position(api, "BUY", "0.1")
        async with talk() as call:
            text = await call.bad("place_order", **PERPETUAL, amount=100, max_value=10**9)
            assert PLACE not in call.asked
        assert "BTC-USDT runs at leverage 20. Nothing was sent. Order less, or raise it with set_leverage" in text

    async def test_an_account_that_cant_be_read_is_asked_for_its_figure(self, talk: Any) -> None:
        async with talk(failing(STATE)) as call:
            text = await call.bad("place_order", **PERPETUAL, amount="0.1")
            assert "how much of the account on binance_perpetual that is can't be read" in text
            await call.good("place_order", **PERPETUAL, amount="0.1", max_value=20_000)

    async def test_the_answer_says_how_large_it_was(self, talk: Any, api: PaperApi) -> None:
        open_position(api, "BUY", "0.5")
        async with talk() as call:
            perpetual = flat(await call.good("place_order", **PERPETUAL, amount="0.1"))
            spot = value(await call.good("place_order", **SELL, amount="0.1", order_type="MARKET"))
        worth = best_ask(api, "binance_perpetual") / 10
        assert abs(perpetual["quote_total"] / worth - 1) < Decimal("0.001")
        assert "notional" not in perpetual
        assert abs(perpetual["notional_of_exchange_equity_percent"] - worth / 500) < Decimal("0.1")
        assert abs(perpetual["with_open_positions_percent"] - 6 * worth / 500) < 2
        assert perpetual["position_leverage"] == held(api)[0].leverage
        assert not {"with_open_positions_percent", "position_leverage"} & spot.keys()
        assert Decimal(spot["notional_of_exchange_equity_percent"]) < 5

    def test_in_the_pair_s_own_currency(self) -> None:
        order = SentOrder("a", "binance", "ETH-BTC", "BUY", "MARKET", Decimal(10), None, None, 0)
        rows = [
            Balance("BTC", Decimal(2), None, Decimal(50_000), Decimal(100_000)),
            Balance("USDT", Decimal(50_000), None, Decimal(1), Decimal(50_000)),
        ]
        size = order_size(order, [Decimal("0.05"), Decimal("0.06")], rows, None)
        assert size is not None
        assert (size.notional, size.equity) == (Decimal("0.6"), 3)
        unknown = order_size(order, [Decimal("0.05")], rows[1:], None)
        assert unknown is not None
        assert unknown.equity is None


class TestOldPrices:
    async def test_an_offset_from_a_price_that_the_book_denies_is_refused(self, talk: Any, api: PaperApi) -> None:
        """It would have bought at the best ask at once."""
        stale = old_price(f"{best_ask(api) * Decimal('1.2'):.2f}")
        async with talk(stale) as call:
            text = await call.bad("place_order", **BUY, amount=0.01, price="-3%")
            assert PLACE not in call.asked
        assert (
            "-3% counts from the current price, which isn't known. The API's price of BTC-USDT on binance is " in text
        )
        assert f"ask {best_ask(api):f}: one is old. Nothing was sent." in text

    async def test_an_offset_that_is_to_wait_does_not_fill_at_once(self, talk: Any, api: PaperApi) -> None:
        async with talk(old_price(f"{best_ask(api) * Decimal('1.009'):.2f}")) as call:
            text = await call.bad("place_order", **BUY, amount=0.01, price="-0.1%")
            assert "would fill at once: the book offers" in text
            await call.good("place_order", **BUY, amount=0.01, price="-3%")

    async def test_a_price_far_beyond_the_book_is_a_slip_whatever_the_api_s_price(
        self, talk: Any, api: PaperApi
    ) -> None:
        ask = best_ask(api)
        async with talk(old_price(f"{ask * 2:.2f}")) as call:
            text = await call.bad("place_order", **BUY, amount=0.01, price=f"{ask * Decimal('1.5'):.2f}")
            assert f"is more than 10% beyond the best ask, {ask:f}" in text
            rests = await call.good("place_order", **BUY, amount=0.01, price="1000")
        assert "one is old" in notes(rests)


class TestTheOtherSide:
    async def test_in_hedge_mode_a_short_opens_beside_the_long(self, talk: Any, api: PaperApi) -> None:
        api.paper.engine.set_position_mode(ACCOUNT, "binance_perpetual", "HEDGE")
        open_position(api, "BUY", "0.2")
        async with talk() as call:
            text = await call.good("place_order", **{**PERPETUAL, "side": "SELL"}, amount="0.1")
        assert "one-way" not in text
        assert (
            "LONG 0.2 BTC-USDT on binance_perpetual (master_account) stays open: in hedge mode this order opens" in text
        )
        assert {side for _, side in sizes(api)} == {"LONG", "SHORT"}

    @pytest.mark.parametrize(
        ("amount", "said"),
        [
            ("0.5", "This order first closes the open LONG 0.2 {}; only what is left, 0.3, opens a SHORT. close"),
            ("0.2", "This order closes the open LONG 0.2 {}. With position_action CLOSE it does no more"),
            ("0.1", "This order only lessens the open LONG 0.2 {}, to 0.1. With position_action CLOSE it"),
        ],
    )
    async def test_in_one_way_mode_it_closes_first(self, talk: Any, api: PaperApi, amount: str, said: str) -> None:
        open_position(api, "BUY", "0.2")
        async with talk() as call:
            text = await call.good("place_order", **{**PERPETUAL, "side": "SELL"}, amount=amount)
        assert said.format("BTC-USDT on binance_perpetual (master_account)") in text

    @pytest.mark.parametrize(
        ("hedged", "action", "amount", "left"),
        [
            (False, "CLOSE", "0.1", "0.4"),
            (False, "OPEN", "0.1", "0.4"),
            (False, "OPEN", "0.8", "0.3"),
            (True, "CLOSE", "0.1", "0.4"),
            (True, "OPEN", "0.1", "0.6"),
        ],
    )
    async def test_what_it_closes_isn_t_open_any_more(
        self, talk: Any, api: PaperApi, hedged: bool, action: str, amount: str, left: str
    ) -> None:
        if hedged:
            api.paper.engine.set_position_mode(ACCOUNT, "binance_perpetual", "HEDGE")
        open_position(api, "BUY", "0.5")
        order = {**PERPETUAL, "side": "SELL", "position_action": action, "amount": amount, "max_value": 10**6}
        async with talk() as call:
            found = flat(await call.good("place_order", **order, preview=True))
        in_percent = found["notional_of_exchange_equity_percent"] / found["notional"]
        worth = best_ask(api, "binance_perpetual") * Decimal(left)
        assert found["with_open_positions_percent"] == pytest.approx(worth * in_percent, rel=Decimal("0.01"))

    async def test_what_looks_like_a_slip_says_what_it_would_close(self, talk: Any, api: PaperApi) -> None:
        open_position(api, "BUY", "0.2")
        async with talk() as call:
            text = await call.bad("place_order", **{**PERPETUAL, "side": "SELL"}, amount=5)
        assert "that may be a slip. This order first closes the open LONG 0.2" in text

    async def test_a_mode_that_cant_be_read_is_not_guessed(self, talk: Any, api: PaperApi) -> None:
        open_position(api, "BUY", "0.2")
        async with talk(failing(MODE)) as call:
            text = await call.good("place_order", **{**PERPETUAL, "side": "SELL"}, amount="0.1")
        assert "Which mode holds couldn't be read." in text

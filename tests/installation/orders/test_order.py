"""Witnesses of one order put together, prices and amounts worked out, and balances checked: no exchange needed."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.errors import BadArguments, Refused
from hbmcp.installation.balances import Balance
from hbmcp.installation.fills.fills import Fill
from hbmcp.installation.levels import Level
from hbmcp.installation.markets.trading_rules import Rule, on_step
from hbmcp.installation.orders import balance_check, pricing
from hbmcp.installation.orders.order import Order, fresher_order, merged_orders, orders_like
from hbmcp.installation.orders.view import age, fills_disagreement
from hbmcp.installation.positions.position import Position
from hbmcp.store import SentOrder

AT = 1_795_337_015_421  # 2026-11-22 08:43:35.421 UTC

# As orders/search recorded a refused order.
REFUSED: dict[str, Any] = {
    "order_id": "x-1",
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "UNKNOWN",
    "trade_type": "UNKNOWN",
    "order_type": "UNKNOWN",
    "amount": Decimal("0.0"),
    "price": None,
    "status": "FAILED",
    "filled_amount": Decimal("0.0"),
    "average_fill_price": None,
    "fee_paid": None,
    "fee_currency": None,
    "created_at": "2026-11-22T08:43:35.421050+00:00",
    "updated_at": "2026-11-22T08:43:35.421050+00:00",
    "exchange_order_id": None,
    "error_message": "Error executing request POST http://127.0.0.1:8090/api/v3/order. HTTP status is 400. Error: "
    '{"code": -2010, "msg": "Account has insufficient balance for requested action."}',
}
# And a market order of 0.6 with two fills at one moment, of which the record kept one.
LESS: dict[str, Any] = {
    **REFUSED,
    "trading_pair": "BTC-USDT",
    "trade_type": "BUY",
    "order_type": "MARKET",
    "amount": Decimal("0.6"),
    "price": Decimal("100856.96"),
    "status": "FILLED",
    "filled_amount": Decimal("0.3116"),
    "average_fill_price": Decimal("100869.11"),
    "fee_paid": Decimal("31.430814676"),
    "fee_currency": "USDT",
    "exchange_order_id": "1000002",
    "error_message": None,
}
SENT = SentOrder("master_account", "binance", "BTC-USDT", "BUY", "MARKET", Decimal("0.6"), None, None, AT, "x-1")


def fill(amount: str, price: str, fee: str = "0", currency: str = "USDT", order_id: str = "x-1") -> Fill:
    numbers = Decimal(amount), Decimal(price), Decimal(fee)
    return Fill(order_id, "master_account", "binance", "BTC-USDT", "BUY", *numbers, currency, AT)


BOTH = (fill("0.2884", "100859.02", "29.087741368"), fill("0.3116", "100869.11", "31.430814676"))


class TestTheRecord:
    def test_what_the_api_lost_of_a_refused_order_is_not_taken_for_something(self) -> None:
        order = Order.from_row(REFUSED)
        assert (order.pair, order.side, order.type, order.amount) == (None, None, None, None)
        assert order.reason == (
            "the exchange answered HTTP 400: Account has insufficient balance for requested action. (code -2010)"
        )
        assert order.created == AT

    def test_what_was_sent_is_remembered_of_it(self) -> None:
        order = Order.from_row(REFUSED).remembered(SENT)
        assert (order.pair, order.side, order.type, order.amount) == ("BTC-USDT", "BUY", "MARKET", Decimal("0.6"))
        assert order.status == "FAILED"

    def test_a_record_that_knows_better_is_kept(self) -> None:
        order = Order.from_row(LESS).remembered(evolve(SENT, amount=Decimal("0.60001"), price=Decimal(5)))
        assert order.amount == Decimal("0.6")

    def test_a_market_order_has_no_price(self) -> None:
        assert Order.from_row(LESS).price is None


class TestFillsAreTheBetterWitness:
    def test_of_an_order_that_lost_some(self) -> None:
        order = Order.from_row(LESS).witnessed([*BOTH, fill("9", "1", order_id="x-2")])
        assert (order.status, order.filled, order.recorded) == ("FILLED", Decimal("0.6"), Decimal("0.3116"))
        assert order.fees == {"USDT": Decimal("60.518556044")}
        assert order.quote_total == Decimal("60518.556044")
        assert order.average_price == Decimal("100864.26")  # 60518.556044 / 0.6 = 100864.260073…
        assert "Its own record says 0.3116 filled" in fills_disagreement(order)

    @pytest.mark.parametrize("status", ["SUBMITTED", "OPEN", "PARTIALLY_FILLED", "CANCELLED", "FAILED"])
    def test_of_one_that_is_filled_and_recorded_otherwise(self, status: str) -> None:
        assert Order.from_row({**LESS, "status": status}).witnessed(BOTH).status == "FILLED"

    @pytest.mark.parametrize(
        ("recorded", "shown"),
        [
            ("OPEN", "PARTIALLY_FILLED"),
            ("SUBMITTED", "PARTIALLY_FILLED"),
            ("CANCELLED", "CANCELLED"),
            ("FAILED", "FAILED"),
        ],
    )
    def test_of_one_that_is_partly_filled(self, recorded: str, shown: str) -> None:
        order = Order.from_row({**LESS, "status": recorded, "filled_amount": Decimal(0)}).witnessed(BOTH[:1])
        assert (order.status, order.filled) == (shown, Decimal("0.2884"))

    def test_but_not_where_they_tell_less(self) -> None:
        order = Order.from_row({**LESS, "filled_amount": Decimal("0.6")}).witnessed(BOTH[:1])
        assert (order.filled, order.average_price) == (Decimal("0.6"), Decimal("100869.11"))
        assert "only fills of 0.2884 are recorded" in fills_disagreement(order)

    def test_a_filled_order_misses_what_no_witness_has(self) -> None:
        assert Order.from_row(LESS).missing == Decimal("0.2884")
        assert Order.from_row(LESS).witnessed(BOTH).missing == 0

    def test_fees_of_several_currencies_stay_apart(self) -> None:
        order = Order.from_row(LESS).witnessed([fill("0.3", "1", "0.1", "BNB"), fill("0.3", "1", "2", "USDT")])
        assert order.fees == {"BNB": Decimal("0.1"), "USDT": Decimal(2)}

    def test_one_price_is_shown_as_it_is(self) -> None:
        price = "0.000012345678901"
        assert Order.from_row(LESS).witnessed([fill("0.3", price), fill("0.3", price)]).average_price == Decimal(price)

    def test_of_an_order_of_which_there_is_no_record(self) -> None:
        assert Order.from_sent(SENT).status == "UNKNOWN"
        assert Order.from_sent(SENT).witnessed(BOTH).status == "FILLED"


def test_merging_lists_each_order_once_newest_first() -> None:
    old, new = Order.from_row(LESS), evolve(Order.from_row(LESS), order_id="x-9", created=AT + 1)
    found = merged_orders([old, new, old], BOTH, [SENT])
    assert [order.order_id for order in found] == ["x-9", "x-1"]
    assert [order.filled for order in found] == [Decimal("0.3116"), Decimal("0.6")]


def test_a_connector_that_knows_of_more_is_believed_until_the_record_has_ended() -> None:
    open_ = evolve(Order.from_row(LESS), status="OPEN", filled=Decimal(0))
    more = evolve(open_, status="PARTIALLY_FILLED", filled=Decimal("0.1"))
    found = fresher_order(open_, more)
    assert found is not None
    assert (found.status, found.filled) == ("PARTIALLY_FILLED", Decimal("0.1"))
    ended = evolve(open_, status="CANCELLED")
    assert fresher_order(ended, more) == ended
    assert fresher_order(None, more) == more
    assert fresher_order(open_, None) == open_


class TestLikeness:
    def test_is_of_everything_that_was_asked_for(self) -> None:
        order = Order.from_row(LESS)
        assert orders_like(SENT, [order], ()) == [order]
        for other in (
            evolve(SENT, side="SELL"),
            evolve(SENT, pair="ETH-USDT"),
            evolve(SENT, amount=Decimal("0.61")),
            evolve(SENT, type="LIMIT", price=Decimal(1)),
            evolve(SENT, account="other"),
            evolve(SENT, connector="kucoin"),
        ):
            assert orders_like(other, [order], ()) == []

    def test_a_refused_order_may_be_any(self) -> None:
        refused = Order.from_row(REFUSED)
        assert orders_like(SENT, [refused], ()) == [refused]
        assert orders_like(evolve(SENT, connector="kucoin"), [refused], ()) == []

    def test_one_that_is_known_to_be_another_is_not(self) -> None:
        assert orders_like(SENT, [Order.from_row(LESS)], {"x-1"}) == []

    def test_one_of_another_time_is_not(self) -> None:
        assert orders_like(SENT, [evolve(Order.from_row(LESS), created=AT - 1001)], (), 1000) == []


RULE = Rule(Decimal("0.00001"), Decimal("0.00001"), Decimal(5), Decimal("0.01"))
amounts = st.decimals("0.00001", "1000000", places=12)
steps = st.sampled_from([Decimal(step) for step in ("1", "0.5", "0.01", "0.00001", "0.00000001", "25")])


class TestPricesAndAmounts:
    @given(amounts, steps)
    def test_an_amount_is_never_more_than_asked_for(self, amount: Decimal, step: Decimal) -> None:
        down = on_step(amount, step)
        assert down <= amount < down + step
        assert down % step == 0

    @given(amounts, steps, st.sampled_from(["BUY", "SELL"]))
    def test_a_price_is_never_worse_than_asked_for(self, price: Decimal, step: Decimal, side: str) -> None:
        found = Rule(price_step=step).price(price, side)
        assert found % step == 0
        assert abs(found - price) < step
        assert found <= price if side == "BUY" else found >= price

    @given(amounts)
    def test_no_step_rounds_nothing(self, amount: Decimal) -> None:
        assert Rule().amount(amount) == amount

    @pytest.mark.parametrize(
        ("text", "side", "expected"),
        [
            ("-3%", "BUY", "66066.2"),  # 0.97 * 68109.49 = 66066.2053
            ("-3%", "SELL", "66066.21"),
            ("+0.5 %", "SELL", "68450.04"),  # 1.005 * 68109.49 = 68450.03745
            ("+ 0.5%", "BUY", "68450.03"),
            ("97000", "BUY", "97000"),
            ("97000.009", "BUY", "97000"),
            ("97000.001", "SELL", "97000.01"),
        ],
    )
    def test_a_price(self, text: str, side: str, expected: str) -> None:
        wanted = pricing.parse_price("LIMIT", text)
        assert wanted is not None
        price, note = pricing.price_to_send(wanted, side, RULE, Decimal("68109.49"))
        assert price == Decimal(expected)
        assert bool(note) == (text != "97000")
        if "%" in text:
            assert "of the current 68109.49" in note

    def test_an_offset_without_a_known_step_keeps_the_price_s_places(self) -> None:
        price, _ = pricing.price_to_send(Level(percent=Decimal(-1)), "BUY", Rule(), Decimal("0.1234"))
        assert price == Decimal("0.1221")  # 0.122166

    @pytest.mark.parametrize(
        "text", ["3%", "-100%", "-250%", "0", "-5", "cheap", "NaN", "Infinity", "45,000", "$45000", "1%2", "", "-3%%"]
    )
    def test_what_is_no_price_is_refused(self, text: str) -> None:
        with pytest.raises(BadArguments, match=r"can't be the price of an order.*Nothing was sent"):
            pricing.parse_price("LIMIT", text)

    def test_a_price_below_the_step_is_refused(self) -> None:
        with pytest.raises(BadArguments, match="less than the pair's price step"):
            pricing.price_to_send(Level(fixed=Decimal("0.001")), "BUY", RULE, None)

    def test_an_offset_of_an_unknown_price_is_refused(self) -> None:
        with pytest.raises(BadArguments, match="which can't be read"):
            pricing.price_to_send(Level(percent=Decimal(-3)), "BUY", RULE, None)

    def test_market_orders_take_no_price_and_others_need_one(self) -> None:
        assert pricing.parse_price("MARKET", None) is None
        with pytest.raises(BadArguments, match="takes no price"):
            pricing.parse_price("MARKET", "45000")
        with pytest.raises(BadArguments, match="LIMIT_MAKER order needs a price"):
            pricing.parse_price("LIMIT_MAKER", None)


def check(**changes: Any) -> str:
    values: dict[str, Any] = {
        "perpetual": False,
        "reducing": False,
        "trading_pair": "BTC-USDT",
        "side": "BUY",
        "amount": Decimal(1),
        "price": None,
        "current": Decimal(100),
    }
    balances = [
        Balance("BTC", Decimal(2), Decimal("1.5")),
        Balance("USDT", Decimal(1000), Decimal(1000)),
    ]
    given = changes.pop("balances", balances)
    return balance_check.check_balance(given, balance_check.Taking(**{**values, **changes}))


class TestBalances:
    def test_selling_more_than_is_available_is_refused_with_what_is_known(self) -> None:
        assert check(side="SELL", amount=Decimal("1.5")) == ""
        with pytest.raises(Refused, match=r"takes 1.51 BTC, and 1.5 is available \(0.5 more are held by open orders\)"):
            check(side="SELL", amount=Decimal("1.51"))

    @pytest.mark.parametrize(
        ("amount", "price", "outcome"),
        [
            ("9", None, ""),
            ("10", None, "warned"),  # the fee doesn't fit
            ("10.05", None, "warned"),  # at 100, which may be 1 % less when the order arrives
            ("10.2", None, "refused"),
            ("10.01", "100", "refused"),  # a limit at or below the price costs what it says
            ("20", "50", "warned"),
            ("10.05", "200", "warned"),  # a limit above it may fill at the price
            ("10.2", "200", "refused"),
        ],
    )
    def test_buying(self, amount: str, price: str | None, outcome: str) -> None:
        changes = {"amount": Decimal(amount), "price": price and Decimal(price)}
        if outcome == "refused":
            with pytest.raises(Refused, match="Nothing was sent"):
                check(**changes)
        else:
            assert bool(check(**changes)) == (outcome == "warned")

    def test_nothing_is_refused_where_no_price_or_balance_is_known(self) -> None:
        assert check(amount=Decimal(10**9), current=None) == ""
        assert check(amount=Decimal(10**9), balances=[]) == ""
        assert check(side="SELL", trading_pair="SOL-USDT") == "The account's balances list no SOL."

    def test_margin_is_the_exchange_s_business(self) -> None:
        assert check(perpetual=True, amount=Decimal(1000)) == ""
        with pytest.raises(Refused, match="takes leverage of 300: no exchange gives more than 200"):
            check(perpetual=True, amount=Decimal(3000))
        assert "takes leverage of 300" in check(perpetual=True, amount=Decimal(3000), positions=None)
        rich = [
            Balance("USDT", Decimal(1000), Decimal(1000)),
            Balance("BTC", Decimal(9), None, Decimal(100), Decimal(900)),
        ]
        assert "takes leverage of 300" in check(perpetual=True, amount=Decimal(3000), balances=rich)
        assert check(perpetual=True, amount=Decimal(3000), reducing=True) == ""
        assert check(perpetual=True, amount=Decimal(3000), trading_pair="BTC-USD") == ""

    @pytest.mark.parametrize("side", ["LONG", "SHORT"])
    def test_a_position_tells_at_what_leverage(self, side: Any) -> None:
        open_one = Position("a", "x_perpetual", "BTC-USDT", side, Decimal(1), None, None, None, Decimal(5))
        assert check(perpetual=True, amount=Decimal(50), positions=[open_one]) == ""
        if side == "SHORT":  # closing it frees margin
            assert "takes leverage of 60" in check(perpetual=True, amount=Decimal(600), positions=[open_one])
            return
        with pytest.raises(Refused, match=r"takes leverage of 6: BTC-USDT runs at leverage 5\. Nothing.*set_leverage"):
            check(perpetual=True, amount=Decimal(60), positions=[open_one])


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(-5, "0s"), (45_999, "45s"), (60_000, "1m"), (7_500_000, "2h 5m"), (86_400_000, "1d"), (190_800_000, "2d 5h")],
)
def test_ages(milliseconds: int, text: str) -> None:
    assert age(milliseconds) == text

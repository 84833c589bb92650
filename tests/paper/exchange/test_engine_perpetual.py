"""Positions on a perpetual exchange: margin, profit, funding, liquidation, leverage and modes.

Maker fee 0.02 %, taker fee 0.05 %, leverage up to 125: the maintenance rate is 0.4 %.
"""

from decimal import Decimal

import pytest

from hbmcp.paper.errors import BadValue, ExchangeRefused, NotPerpetual, UnknownPair
from hbmcp.paper.exchange.positions import Holding, maintenance_rate, takeover
from hbmcp.paper.exchange.records import Order, Position
from tests.paper.exchange.ledger_audit import audit
from tests.paper.exchange.scripted_exchange import TICK, D, ScriptedExchange, scripted
from tests.paper.scripted_market import BEGIN, EIGHT_HOURS

ME, PERP, PAIR = "master_account", "binance_perpetual", "BTC-USDT"


def place(
    a: ScriptedExchange, side: str, amount: object, kind: str = "MARKET", price: object = None, action: str = "OPEN"
) -> Order:
    at = None if price is None else D(str(price))
    order = a.engine.place(ME, PERP, PAIR, side, D(str(amount)), kind, at, action)  # type: ignore[arg-type]
    audit(a.store.db)
    return order


def leverage(a: ScriptedExchange, value: int) -> None:
    a.engine.set_leverage(ME, PERP, PAIR, value)
    audit(a.store.db)


def position(a: ScriptedExchange) -> Position:
    (only,) = a.engine.positions(ME, PERP)
    return only


def balance(a: ScriptedExchange) -> tuple[Decimal, Decimal]:
    held = a.engine.balances(ME, PERP)["USDT"]
    return held.total, held.available


def go(a: ScriptedExchange, ticks: int = 1) -> None:
    a.clock.advance(ticks * TICK)
    a.engine.advance()
    audit(a.store.db)


def test_a_position_is_opened_marked_and_closed() -> None:
    a = scripted(1000, 1100)
    leverage(a, 10)
    opened = place(a, "BUY", 2)  # 1 at 1001, 1 at 1002
    assert opened.fee == D("1.0015")  # 0.05 % of 2003
    assert position(a) == Position(
        ME, PERP, PAIR, "BOTH", D(2), D("1001.5"), D(1000), D(-3), 10, D("200.3"), D("904.9")
    )
    assert balance(a) == (D(100_000) - D("1.0015"), D(100_000) - D("201.3015"))
    go(a)
    assert position(a).unrealized == 197
    half = place(a, "SELL", 1, action="CLOSE")  # at 1099
    assert a.engine.fills(order_ids=[half.id])[0].realized == D("97.5")
    assert (position(a).amount, position(a).entry, position(a).margin) == (1, D("1001.5"), D("100.15"))
    place(a, "SELL", 1, action="CLOSE")  # at 1098: the first level is taken
    assert a.engine.positions(ME, PERP) == []
    fees = sum(fill.fee for fill in a.engine.fills())
    assert balance(a) == (D(100_000) + D("97.5") + D("96.5") - fees,) * 2


def test_a_short_gains_when_the_price_falls() -> None:
    a = scripted(1000, 900)
    place(a, "SELL", 1)  # at 999
    go(a)
    assert (position(a).amount, position(a).side, position(a).unrealized) == (-1, "BOTH", 99)
    fill = a.engine.fills(order_ids=[place(a, "BUY", 1, action="CLOSE").id])[0]  # at 901
    assert (fill.realized, fill.fee) == (98, D("0.4505"))


def test_an_opening_order_of_the_other_side_turns_the_position() -> None:
    a = scripted(1000)
    place(a, "BUY", 1)  # at 1001
    turned = place(a, "SELL", 3)  # 1 at 999, 2 at 998
    assert turned.status == "FILLED"
    assert (position(a).amount, position(a).entry) == (-2, 998)
    assert sum(fill.realized for fill in a.engine.fills()) == -2


def test_closing_takes_the_position_and_no_more() -> None:
    a = scripted(1000)
    place(a, "BUY", 1)
    closed = place(a, "SELL", 5, action="CLOSE")
    assert (closed.status, closed.filled) == ("CANCELLED", 1)
    refused = place(a, "SELL", 1, action="CLOSE")
    assert (refused.status, refused.error) == (
        "FAILED",
        "Error executing request POST https://binance_perpetual.paper.invalid/fapi/v1/order. HTTP status is 400. "
        'Error: {"code": -2022, "msg": "ReduceOnly Order is rejected."}',
    )
    assert place(a, "BUY", 1, action="CLOSE").status == "FAILED"
    place(a, "BUY", 1)
    assert place(a, "BUY", 1, action="CLOSE").status == "FAILED"  # that would be more of it


def test_a_resting_close_goes_with_its_position() -> None:
    a = scripted(1000, 1100)
    place(a, "BUY", 1)
    target = place(a, "SELL", 1, "LIMIT", 1050, "CLOSE")
    other = place(a, "SELL", 1, "LIMIT", 1060, "CLOSE")
    assert (target.status, other.status) == ("OPEN", "OPEN")
    assert balance(a)[0] - balance(a)[1] == position(a).margin  # they lock nothing
    go(a)
    assert a.engine.order(target.id).status == "FILLED"
    assert a.engine.order(other.id).status == "CANCELLED"
    assert a.engine.positions(ME, PERP) == []


def test_orders_to_close_are_cancelled_once_there_is_nothing_to_close() -> None:
    a = scripted(1000)
    place(a, "BUY", 1)
    target = place(a, "SELL", 1, "LIMIT", 5000, "CLOSE")
    place(a, "SELL", 1, action="CLOSE")
    assert a.engine.orders(statuses=["CANCELLED"])[0].id == target.id


def test_a_resting_close_larger_than_the_position_closes_just_that() -> None:
    a = scripted(1000, 1100)
    place(a, "BUY", "0.5")
    order = place(a, "SELL", 5, "LIMIT", 1050, "CLOSE")
    go(a)
    assert (a.engine.order(order.id).filled, a.engine.order(order.id).status) == (D("0.5"), "CANCELLED")
    assert a.engine.positions(ME, PERP) == []


@pytest.mark.parametrize(("opening", "closing"), [("BUY", "SELL"), ("SELL", "BUY")])
def test_the_cost_of_a_part_is_rounded_against_the_owner_and_none_is_lost(opening: str, closing: str) -> None:
    a = scripted(1000)
    place(a, opening, 3)  # one at 1 from the mid, two at 2: on average 1.666… from it
    first, *rest = [a.engine.fills(order_ids=[place(a, closing, 1, action="CLOSE").id])[0] for _ in range(3)]
    assert first.realized == D("-2.66666667")
    assert first.realized + sum(fill.realized for fill in rest) == -10  # 5 to open, and as much to close


def test_leverage_decides_what_can_be_opened() -> None:
    a = scripted(1000, amounts=(D(500), D(500), D(500)))
    refused = place(a, "BUY", 150)
    assert refused.status == "FAILED"
    assert '"code": -2019, "msg": "Margin is insufficient."' in (refused.error or "")
    assert place(a, "BUY", 150, "LIMIT", 900).status == "FAILED"
    leverage(a, 2)
    assert place(a, "BUY", 150).status == "FILLED"
    assert position(a).margin == D("75075")
    reducing = place(a, "SELL", 150, "LIMIT", 1200)  # opens nothing, so locks but the fee
    assert reducing.status == "OPEN"
    total, available = balance(a)
    assert total - available == D("75075") + 150 * 1200 * D("0.0005")


def test_a_resting_order_locks_its_margin_and_fee() -> None:
    a = scripted(1000, 900)
    leverage(a, 3)
    order = place(a, "BUY", 1, "LIMIT", 950)
    assert balance(a) == (100_000, D(100_000) - D("316.66666667") - D("0.475"))
    go(a)
    assert a.engine.order(order.id).fee == D("0.19")  # a maker's
    assert position(a).margin == D("316.66666666")
    assert balance(a)[0] == D("99999.81")


def test_a_part_of_an_order_takes_its_part_of_the_lock() -> None:
    a = scripted(1000, 950)
    leverage(a, 10)
    order = place(a, "BUY", 4, "LIMIT", 950)
    go(a)
    assert a.engine.order(order.id).filled == 1
    assert position(a).margin == 95
    total, available = balance(a)
    assert total - available == 95 + 3 * 95 + 3 * 950 * D("0.0005")


def test_funding_is_paid_every_eight_hours() -> None:
    a = scripted(1000, rate=D("0.0001"))
    place(a, "BUY", 1)
    before = balance(a)[0]
    a.clock.advance(EIGHT_HOURS - 1)
    assert a.engine.funding_payments() == []
    a.clock.advance(2 * EIGHT_HOURS + 1)
    payments = a.engine.funding_payments()
    assert [payment.at for payment in payments] == [BEGIN + n * EIGHT_HOURS for n in (3, 2, 1)]
    assert [payment.rate for payment in payments] == [D("0.0003"), D("0.0002"), D("0.0001")]  # of what ended then
    assert [payment.payment for payment in payments] == [D("-0.3"), D("-0.2"), D("-0.1")]
    assert {(p.currency, p.amount, p.mark, p.side) for p in payments} == {("USDT", D(1), D(1000), "BOTH")}
    assert balance(a)[0] == before - D("0.6")
    audit(a.store.db)


def test_a_short_receives_funding_and_rounding_is_against_the_owner() -> None:
    a = scripted(1000, rate=D("0.000012345678901"))
    place(a, "SELL", 1)
    a.clock.advance(EIGHT_HOURS)
    assert a.engine.funding_payments()[0].payment == D("0.01234567")
    a = scripted(1000, rate=D("0.000012345678901"))
    place(a, "BUY", 1)
    a.clock.advance(EIGHT_HOURS)
    assert a.engine.funding_payments()[0].payment == D("-0.01234568")


def test_funding_that_the_balance_cannot_pay_comes_out_of_the_margin() -> None:
    a = scripted(1000, rate=D("0.3"), amounts=(D(90), D(9), D(9)))
    place(a, "BUY", 90)  # 90090 of margin, some 9865 left
    a.clock.advance(EIGHT_HOURS)  # 27000 is due
    assert balance(a)[1] == 0
    assert position(a).margin == balance(a)[0] == D(100_000) - D("45.045") - 27_000
    a.clock.advance(4 * EIGHT_HOURS)
    a.engine.advance()
    audit(a.store.db)
    assert balance(a) == (0, 0)


@pytest.mark.parametrize(("side", "fall"), [("BUY", 910), ("SELL", 1090)])
def test_a_position_lives_until_its_margin_is_used_up(side: str, fall: int) -> None:
    a = scripted(1000, fall, 1000)
    leverage(a, 10)
    place(a, side, 1)
    level = position(a).liquidation
    assert level is not None
    go(a, 2)
    assert position(a).amount
    a = scripted(1000, level, 1000)
    leverage(a, 10)
    place(a, side, 1)
    assert position(a).liquidation == level
    go(a, 2)
    assert a.engine.positions(ME, PERP) == []


def test_a_liquidation_costs_the_margin_however_far_the_price_jumps() -> None:
    a = scripted(1000, 100)
    leverage(a, 10)
    opened = place(a, "BUY", 1)
    target = place(a, "SELL", 1, "LIMIT", 2000, "CLOSE")
    before = balance(a)[0]
    margin = position(a).margin
    # margin + price - 1001 = 0.004 of the price
    assert (
        position(a).liquidation == D("904.5") == ((D(1001) - margin) / (1 - maintenance_rate(125))).quantize(D("0.1"))
    )
    go(a, 3)
    assert balance(a) == (before - margin, before - margin)
    fill = a.engine.fills()[0]
    assert (fill.liquidation, fill.side, fill.action, fill.price, fill.at) == (
        True,
        "SELL",
        "CLOSE",
        D("904.5"),
        BEGIN + TICK,
    )
    assert fill.realized - fill.fee == -margin
    assert a.engine.order(fill.order_id).status == "FILLED"
    assert fill.order_id not in (opened.id, target.id)
    assert a.engine.order(target.id).status == "CANCELLED"


def test_hedge_mode_holds_both_sides() -> None:
    a = scripted(1000)
    assert a.engine.position_mode(ME, PERP) == "ONEWAY"
    assert a.engine.set_position_mode(ME, PERP, "HEDGE")
    place(a, "BUY", 1)
    place(a, "SELL", "0.5")
    assert [(one.side, one.amount) for one in a.engine.positions(ME, PERP)] == [("LONG", 1), ("SHORT", D("-0.5"))]
    place(a, "BUY", "0.5", action="CLOSE")
    assert [(one.side, one.amount) for one in a.engine.positions(ME, PERP)] == [("LONG", 1)]
    assert place(a, "BUY", "0.5", action="CLOSE").status == "FAILED"
    assert not a.engine.set_position_mode(ME, PERP, "ONEWAY")
    place(a, "SELL", 1, action="CLOSE")
    order = place(a, "SELL", 1, "LIMIT", 1100)
    assert not a.engine.set_position_mode(ME, PERP, "ONEWAY")
    assert a.engine.set_position_mode(ME, PERP, "HEDGE")
    a.engine.cancel(ME, PERP, order.id)
    assert a.engine.set_position_mode(ME, PERP, "ONEWAY")
    assert a.engine.position_mode(ME, PERP) == "ONEWAY"


def test_leverage_is_changed_under_what_is_open() -> None:
    a = scripted(1000)
    assert a.engine.leverage(ME, PERP, PAIR) == 1
    place(a, "BUY", 1)
    place(a, "BUY", 1, "LIMIT", 900)
    leverage(a, 10)
    assert a.engine.leverage(ME, PERP, PAIR) == 10
    assert position(a).margin == D("100.1")
    assert balance(a)[0] - balance(a)[1] == D("100.1") + 90 + D("0.45")
    for wrong in (0, 126):
        with pytest.raises(BadValue):
            leverage(a, wrong)
    with pytest.raises(UnknownPair):
        a.engine.set_leverage(ME, PERP, "NOPE-USDT", 2)


def test_leverage_that_the_exchange_refuses_changes_nothing() -> None:
    a = scripted(1000, 960, amounts=(D(500), D(500), D(500)))
    leverage(a, 10)
    place(a, "BUY", 500)
    with pytest.raises(ExchangeRefused, match="-2019"):
        leverage(a, 2)
    go(a)
    with pytest.raises(ExchangeRefused, match="-2028"):  # at 50, it would be liquidated at some 985
        leverage(a, 50)
    assert a.engine.leverage(ME, PERP, PAIR) == 10
    assert position(a).margin == 50_050
    audit(a.store.db)


def test_what_spot_exchanges_do_not_have() -> None:
    engine = scripted(1000).engine
    assert engine.positions(ME, "binance") == []
    for ask in (
        lambda: engine.leverage(ME, "binance", PAIR),
        lambda: engine.set_leverage(ME, "binance", PAIR, 2),
        lambda: engine.position_mode(ME, "binance"),
        lambda: engine.set_position_mode(ME, "binance", "HEDGE"),
    ):
        with pytest.raises(NotPerpetual):
            ask()


def test_a_tick_coarser_than_the_maintenance_margin_costs_no_more_than_the_margin() -> None:
    holding = Holding(amount=D(1), cost=D("10.05"), margin=D("0.1"))  # broke at 9.95, liquidated at 9.99
    assert takeover(holding, D(9), D(1)) == (D(10), D("-0.05"), D("0.05"))
    short = Holding(amount=D(-1), cost=D("-9.95"), margin=D("0.1"))
    assert takeover(short, D(11), D(1)) == (D(10), D("-0.05"), D("0.05"))
